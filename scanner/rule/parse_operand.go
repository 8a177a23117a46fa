package rule

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFuncs bounds how deep functions nest.
const maxFuncs = 8

// operand reads a field or a function of fields.
func (p *parser) operand(depth int) Operand {
	t := p.tok
	switch {
	case t.kind == text:
		p.fail(t.at, "a field name has no quotes, and stands on the left")
	case t.kind == number:
		p.fail(t.at, "the field stands on the left, the value on the right")
	case t.kind != word || reserved[strings.ToLower(t.text)]:
		p.fail(t.at, fmt.Sprintf("want a field instead of %s", t))
	case depth > maxFuncs:
		p.fail(t.at, fmt.Sprintf("functions nested deeper than %d", maxFuncs))
	}
	p.next()
	if p.tok.kind != symbol || p.tok.text != "(" {
		return Operand{Field: t.text, at: t.at}
	}
	open := p.tok.at
	f := Func(max(slices.Index(funcNames[:], strings.ToLower(t.text)), 0))
	if f == NoFunc {
		known := funcNames[Lower:]
		if hint := funcHints[strings.ToLower(t.text)]; hint != "" {
			p.fail(t.at, fmt.Sprintf("unknown function %s: %s", t.text, hint))
		}
		p.fail(t.at, fmt.Sprintf("unknown function %s%s: want one of %s", t.text, suggest(t.text, known), strings.Join(known, ", ")))
	}
	o := Operand{Func: f, at: t.at}
	for {
		p.next()
		if f == Coalesce && len(o.Args) > 0 && p.tok.kind == text {
			if p.tok.text == "" {
				p.fail(p.tok.at, "an empty text is no value to fall back to")
			}
			l := newLiteral(p.tok.text, false, p.tok.at)
			o.Args = append(o.Args, Operand{Value: &l, at: p.tok.at})
			p.next()
			if p.tok.kind == symbol && p.tok.text == "," {
				p.fail(p.tok.at, "a text is what coalesce falls back to: it stands last")
			}
		} else {
			o.Args = append(o.Args, p.operand(depth+1))
		}
		switch {
		case p.tok.kind == symbol && p.tok.text == "," && f == Coalesce:
		case p.tok.kind == symbol && p.tok.text == ",":
			p.fail(p.tok.at, fmt.Sprintf("%s takes one field", funcNames[f]))
		case p.tok.kind == symbol && p.tok.text == ")":
			p.next()
			if f == Coalesce && len(o.Args) < 2 {
				p.fail(t.at, "coalesce wants at least two fields")
			}
			return o
		case p.tok.kind == end:
			p.fail(open, "parenthesis is never closed")
		default:
			p.fail(p.tok.at, fmt.Sprintf("want , or ) instead of %s", p.tok))
		}
	}
}

// funcHints says what to write for functions of other languages.
var funcHints = map[string]string{
	"tolower":       "write lower, or nothing: text compares without regard to case",
	"toupper":       "text compares without regard to case",
	"upper":         "text compares without regard to case",
	"parse_url":     "write host",
	"dayofweek":     "write day_of_week(timestamp) = 'Monday'",
	"hourofday":     "write time_of_day(timestamp) BETWEEN '22:00' AND '04:00'",
	"hour":          "write time_of_day(timestamp) BETWEEN '22:00' AND '04:00'",
	"cidrmatch":     "write source_ip = '10.0.0.0/8'",
	"ipv4_is_match": "write source_ip = '10.0.0.0/8'",
	"isnull":        "write IS NULL",
	"isempty":       "write IS NULL",
	"isnotempty":    "write IS NOT NULL",
	"matches":       "write REGEXP",
	"wildcard":      "write LIKE, with % for *",
	"ifnull":        "write coalesce",
	"nvl":           "write coalesce",
}

// wordHints says what to write for operators of other languages.
var wordHints = map[string]string{
	"has":        "write CONTAINS, or REGEXP '\\bword\\b' for whole words",
	"has_any":    "write REGEXP '\\b(one|two)\\b'",
	"hasprefix":  "write STARTS WITH",
	"startswith": "write STARTS WITH",
	"endswith":   "write ENDS WITH",
	"matches":    "write REGEXP",
	"rlike":      "write REGEXP",
	"ilike":      "write LIKE, which has no regard to case",
	"glob":       "write LIKE, with % for * and _ for ?",
	"similar":    "write REGEXP",
	"equals":     "write =",
	"eq":         "write =",
	"ne":         "write !=",
	"cidr":       "write = '10.0.0.0/8'",
	"exists":     "write IS NOT NULL",
	"isnull":     "write IS NULL",
	"is_not":     "write !=",
	"regex":      "write REGEXP",
	"cidrmatch":  "write = '10.0.0.0/8'",
}

// foreign recognises operators of other languages by what text begins with,
// and says what to write; "" for what is not one of them.
func foreign(text string) string {
	for _, s := range []struct{ sign, hint string }{
		{"=~", "write =: text compares without regard to case (and REGEXP for a pattern)"},
		{"!~", "write !=, or NOT REGEXP for a pattern"},
		{"===", "write ="},
		{"~", "write REGEXP for a pattern; = and IN have no regard to case anyway"},
		{"&&", "write AND"},
		{"||", "write OR"},
		{"|", "a rule is one expression, without pipes"},
		{":", "write =, or LIKE for a pattern"},
		{"*", "write LIKE 'text%', in quotes and with % for *"},
		{"`", "a field name has no quotes"},
		{"[", "a field name has no brackets, and IN wants a list in parentheses"},
		{"‘", "a typographic quote: write '"}, {"’", "a typographic quote: write '"},
		{"“", "a typographic quote: write \""}, {"”", "a typographic quote: write \""}, {"„", "a typographic quote: write \""},
	} {
		if strings.HasPrefix(text, s.sign) {
			return fmt.Sprintf("unexpected %q: %s", s.sign, s.hint)
		}
	}
	if strings.HasPrefix(text, "!") && !strings.HasPrefix(text, "!=") {
		return "unexpected !: write NOT"
	}
	return ""
}

// unexpected says that a character means nothing here.
func unexpected(text string) string {
	r, _ := utf8.DecodeRuneInString(text)
	return fmt.Sprintf("unexpected %q", r)
}
