package rule

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/scanner/clock"
)

var reserved = map[string]bool{"and": true, "or": true, "not": true, "like": true, "in": true, "between": true,
	"is": true, "null": true, "escape": true, "true": true, "false": true, "regexp": true, "contains": true}

func (p *parser) predicate() *Predicate {
	x := &Predicate{Left: p.operand(0)}
	if p.tok.is("is") {
		p.null(x)
		return x
	}
	if p.tok.is("not") {
		x.Not = true
		p.next()
	}
	switch {
	case p.tok.is("like"):
		p.like(x)
	case p.tok.is("in"):
		p.in(x)
	case p.tok.is("contains"), p.tok.is("starts"), p.tok.is("ends"):
		p.part(x)
	case p.tok.is("regexp"):
		p.regexp(x)
	case p.tok.is("between"):
		p.between(x)
	default:
		p.comparison(x)
	}
	return x
}

// null reads IS NULL and IS NOT NULL.
func (p *parser) null(x *Predicate) {
	p.next()
	if p.tok.is("not") {
		x.Not = true
		p.next()
	}
	if !p.tok.is("null") {
		p.fail(p.tok.at, fmt.Sprintf("want NULL instead of %s", p.tok))
	}
	p.next()
	x.Op = Null
}

func (p *parser) in(x *Predicate) {
	p.next()
	x.Op = In
	if p.tok.is("file") {
		p.file(x)
	} else {
		p.list(x)
	}
}

func (p *parser) regexp(x *Predicate) {
	p.next()
	x.Op = Regexp
	at := p.tok.at
	x.Args = []Literal{p.literal()}
	re, err := compileRegexp(x.Args[0].Text)
	if err != nil {
		p.fail(at, err.Error())
	}
	x.re = re
}

func (p *parser) between(x *Predicate) {
	p.next()
	x.Op = Between
	low := p.literal()
	if !p.tok.is("and") {
		p.fail(p.tok.at, fmt.Sprintf("want AND and the upper end of BETWEEN instead of %s", p.tok))
	}
	p.next()
	x.Args = []Literal{low, p.literal()}
}

// comparisons are the operators by the signs that stand for them.
var comparisons = map[string]Op{"=": Eq, "==": Eq, "!=": Eq, "<>": Eq, "<": Lt, "<=": Le, ">": Gt, ">=": Ge}

// comparison reads a sign and a value.
func (p *parser) comparison(x *Predicate) {
	op, ok := comparisons[p.tok.text]
	if p.tok.kind != symbol || !ok || x.Not {
		if hint := wordHints[strings.ToLower(p.tok.text)]; hint != "" && p.tok.kind == word {
			p.fail(p.tok.at, fmt.Sprintf("%s is not a comparison here: %s", p.tok.text, hint))
		}
		alone := ""
		if p.tok.kind == end || p.tok.is("and") || p.tok.is("or") || p.tok.text == ")" {
			alone = fmt.Sprintf(": a name alone is no condition, write %s = 'text'", &x.Left)
		}
		p.fail(p.tok.at, fmt.Sprintf("want a comparison after %s instead of %s%s", &x.Left, p.tok, alone))
	}
	x.Op, x.Not = op, p.tok.text == "!=" || p.tok.text == "<>"
	p.next()
	if p.tok.is("null") {
		p.fail(p.tok.at, "nothing equals NULL: write IS NULL or IS NOT NULL")
	}
	x.Args = []Literal{p.literal()}
}

// part reads the rest of CONTAINS, STARTS WITH and ENDS WITH: patterns in which
// nothing is special.
func (p *parser) part(x *Predicate) {
	first := strings.ToLower(p.tok.text)
	p.next()
	if first != "contains" {
		if !p.tok.is("with") {
			p.fail(p.tok.at, fmt.Sprintf("want WITH after %s instead of %s", strings.ToUpper(first), p.tok))
		}
		p.next()
	}
	x.Args = []Literal{p.literal()}
	is, any := run{text: x.Args[0].fold}, run{}
	switch first {
	case "contains":
		x.Op, x.pattern = Contains, &pattern{[]run{any, is, any}}
	case "starts":
		x.Op, x.pattern = StartsWith, &pattern{[]run{is, any}}
	default:
		x.Op, x.pattern = EndsWith, &pattern{[]run{any, is}}
	}
}

func (p *parser) file(x *Predicate) {
	p.next()
	x.fileAt = p.tok.at
	if p.tok.kind != text || p.tok.text == "" {
		p.fail(p.tok.at, "IN FILE wants the name of a file in quotes")
	}
	x.File = p.tok.text
	p.next()
}

func (p *parser) like(x *Predicate) {
	p.next()
	x.Op = Like
	at := p.tok.at
	x.Args = []Literal{p.literal()}
	if p.tok.is("escape") {
		p.next()
		if p.tok.kind != text || utf8.RuneCountInString(p.tok.text) != 1 {
			p.fail(p.tok.at, "ESCAPE wants one character in quotes")
		}
		x.Escape = p.tok.text
		p.next()
	}
	pattern, err := compile(x.Args[0].Text, x.Escape)
	if err != nil {
		p.fail(at, err.Error())
	}
	x.pattern = pattern
}

func (p *parser) list(x *Predicate) {
	open := p.tok
	if open.kind != symbol || open.text != "(" {
		p.fail(open.at, "IN wants a list in parentheses")
	}
	for {
		p.next()
		if p.tok.kind == symbol && p.tok.text == ")" {
			p.fail(p.tok.at, "IN wants a value")
		}
		x.Args = append(x.Args, p.literal())
		switch {
		case p.tok.kind == symbol && p.tok.text == ",":
		case p.tok.kind == symbol && p.tok.text == ")":
			p.next()
			return
		case p.tok.kind == end:
			p.fail(open.at, "parenthesis is never closed")
		default:
			p.fail(p.tok.at, fmt.Sprintf("want , or ) instead of %s", p.tok))
		}
	}
}

func (p *parser) literal() Literal {
	t := p.tok
	switch {
	case t.kind == text:
		p.next()
		return newLiteral(t.text, false, t.at)
	case t.kind == number:
		p.next()
		return newLiteral(t.text, true, t.at)
	case t.is("true"), t.is("false"):
		p.next()
		return newLiteral(strings.ToLower(t.text), false, t.at)
	case t.is("datetime"):
		return p.datetime()
	case t.is("null"):
		p.fail(t.at, "NULL stands only in IS NULL and IS NOT NULL")
	case t.is("now"), t.is("ago"):
		p.fail(t.at, "a rule has fixed times, so that it means the same tomorrow: write '2025-04-01 02:00:00'")
	case t.kind == word && !reserved[strings.ToLower(t.text)]:
		p.fail(t.at, fmt.Sprintf("put text in quotes: '%s'", t.text))
	}
	p.fail(t.at, fmt.Sprintf("want a value instead of %s", t))
	return Literal{}
}

// datetime reads the rest of datetime(2025-04-01 02:00:00), quoted or not.
func (p *parser) datetime() Literal {
	at := p.tok.at
	rest := p.text[p.pos:]
	open := strings.IndexByte(rest, '(')
	if open < 0 || strings.TrimSpace(rest[:open]) != "" {
		p.fail(at, "datetime wants a time in parentheses")
	}
	body, _, ok := strings.Cut(rest[open+1:], ")")
	if !ok {
		p.fail(at, "parenthesis is never closed")
	}
	p.pos += open + 1 + len(body) + 1
	body = strings.TrimSpace(body)
	if n := len(body); n >= 2 && (body[0] == '\'' || body[0] == '"') && body[n-1] == body[0] {
		body = body[1 : n-1]
	}
	l := newLiteral(body, false, at)
	if l.timeStatus != clock.OK {
		p.fail(at, fmt.Sprintf("datetime(%s) is not a time", body))
	}
	p.next()
	return l
}
