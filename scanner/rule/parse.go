package rule

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/scanner/clock"
)

// Limits of an expression: what no person writes, and what would cost a stack.
const (
	maxExpression = 64 << 10 // bytes
	maxDepth      = 200      // of parentheses and NOTs
)

// A SyntaxError is what is wrong with an expression, and where.
type SyntaxError struct {
	Text string // the expression
	At   int    // byte in it
	Msg  string
}

// Error gives the message and, on lines of their own, the line of the
// expression with a caret under the place.
func (e *SyntaxError) Error() string {
	at := min(e.At, len(e.Text))
	start := strings.LastIndexByte(e.Text[:at], '\n') + 1
	end := len(e.Text)
	if n := strings.IndexByte(e.Text[at:], '\n'); n >= 0 {
		end = at + n
	}
	// A window of a long line is enough to recognise the place.
	from, to := max(start, at-60), min(end, at+60)
	show := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == utf8.RuneError {
				return ' '
			}
			return r
		}, s)
	}
	before := show(e.Text[from:at])
	return fmt.Sprintf("column %d: %s\n    %s%s\n    %s^", utf8.RuneCountInString(e.Text[start:at])+1, e.Msg,
		before, show(e.Text[at:to]), strings.Repeat(" ", utf8.RuneCountInString(before)))
}

// Parse reads an expression. The parser is written by hand rather than with a
// grammar library because it has to bound its depth and to explain the
// mistakes that people make (unquoted text, = NULL, a field on the right).
//
//	or        = and { OR and }
//	and       = not { AND not }
//	not       = NOT not | "(" or ")" | predicate
//	predicate = field ( op literal
//	                  | [NOT] LIKE literal [ESCAPE literal]
//	                  | [NOT] IN "(" literal { "," literal } ")"
//	                  | [NOT] BETWEEN literal AND literal
//	                  | IS [NOT] NULL )
//	op        = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">="
//	literal   = 'text' | "text" | number | true | false | datetime(time)
func Parse(text string) (e *Expr, err error) {
	p := &reader{text: text}
	if len(text) > maxExpression {
		return nil, &SyntaxError{text[:200], 0, fmt.Sprintf("expression over %d bytes", maxExpression)}
	}
	if !utf8.ValidString(text) {
		for i, r := range text {
			if _, n := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && n == 1 {
				return nil, &SyntaxError{text, i, "not UTF-8"}
			}
		}
	}
	defer func() {
		switch x := recover().(type) {
		case nil:
		case *SyntaxError:
			e, err = nil, x
		default:
			panic(x) // a bug of ours
		}
	}()
	p.next()
	if p.tok.kind == end {
		p.fail(p.tok.at, "empty expression")
	}
	e = p.or(0)
	if p.tok.kind != end {
		p.fail(p.tok.at, fmt.Sprintf("%s is left over: AND or OR missing?", p.tok))
	}
	return e, nil
}

type kind uint8

const (
	end kind = iota
	word
	text
	number
	symbol // = != < <= > >= ( ) ,
)

type token struct {
	kind kind
	text string // of a text: unquoted; of a symbol: in one spelling
	at   int
}

func (t token) String() string {
	switch t.kind {
	case end:
		return "the end"
	case text:
		return quote(t.text)
	}
	return fmt.Sprintf("%q", t.text)
}

// is compares a word without regard to case.
func (t token) is(w string) bool { return t.kind == word && strings.EqualFold(t.text, w) }

type reader struct {
	text string
	pos  int
	tok  token
}

func (p *reader) fail(at int, msg string) { panic(&SyntaxError{p.text, at, msg}) }

func wordByte(c byte) bool {
	return c == '_' || c == '.' || c == '@' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// next reads a token into p.tok.
func (p *reader) next() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
	at := p.pos
	p.tok = token{at: at}
	if at == len(p.text) {
		return
	}
	switch c := p.text[at]; {
	case c == '\'' || c == '"':
		p.tok.kind, p.tok.text = text, p.quoted(c)
	case '0' <= c && c <= '9', c == '-', c == '+':
		p.pos++
		for p.pos < len(p.text) && (wordByte(p.text[p.pos]) || p.text[p.pos] == ':' || p.text[p.pos] == '/') {
			p.pos++
		}
		p.tok.kind, p.tok.text = number, p.text[at:p.pos]
		if _, ok := parseDecimal(p.tok.text); !ok {
			p.fail(at, fmt.Sprintf("%s is not a number: put addresses, times and text in quotes", p.tok.text))
		}
	case wordByte(c):
		for p.pos < len(p.text) && wordByte(p.text[p.pos]) {
			p.pos++
		}
		p.tok.kind, p.tok.text = word, p.text[at:p.pos]
	default:
		for _, s := range []string{"==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","} {
			if strings.HasPrefix(p.text[at:], s) {
				p.pos += len(s)
				p.tok.kind, p.tok.text = symbol, s
				return
			}
		}
		r, _ := utf8.DecodeRuneInString(p.text[at:])
		p.fail(at, fmt.Sprintf("unexpected %q", r))
	}
}

// quoted reads a string; the quote itself is doubled inside.
func (p *reader) quoted(q byte) string {
	at := p.pos
	var b strings.Builder
	for i := at + 1; i < len(p.text); i++ {
		switch {
		case p.text[i] != q:
			b.WriteByte(p.text[i])
		case i+1 < len(p.text) && p.text[i+1] == q:
			b.WriteByte(q)
			i++
		default:
			p.pos = i + 1
			return b.String()
		}
	}
	p.fail(at, "quote is never closed")
	return ""
}

func (p *reader) or(depth int) *Expr {
	kids := []*Expr{p.and(depth)}
	for p.tok.is("or") {
		p.next()
		kids = append(kids, p.and(depth))
	}
	if len(kids) == 1 {
		return kids[0]
	}
	return &Expr{Or: kids}
}

func (p *reader) and(depth int) *Expr {
	kids := []*Expr{p.not(depth)}
	for p.tok.is("and") {
		p.next()
		kids = append(kids, p.not(depth))
	}
	if len(kids) == 1 {
		return kids[0]
	}
	return &Expr{And: kids}
}

func (p *reader) not(depth int) *Expr {
	if depth > maxDepth {
		p.fail(p.tok.at, fmt.Sprintf("nested deeper than %d", maxDepth))
	}
	switch {
	case p.tok.is("not"):
		p.next()
		return &Expr{Not: p.not(depth + 1)}
	case p.tok.kind == symbol && p.tok.text == "(":
		open := p.tok.at
		p.next()
		e := p.or(depth + 1)
		if p.tok.kind != symbol || p.tok.text != ")" {
			if p.tok.kind == end {
				p.fail(open, "parenthesis is never closed")
			}
			p.fail(p.tok.at, fmt.Sprintf("want AND, OR or ) instead of %s", p.tok))
		}
		p.next()
		return e
	}
	return &Expr{Pred: p.predicate()}
}

var reserved = map[string]bool{"and": true, "or": true, "not": true, "like": true, "in": true, "between": true,
	"is": true, "null": true, "escape": true, "true": true, "false": true}

func (p *reader) predicate() *Predicate {
	field := p.tok
	switch {
	case field.kind == text:
		p.fail(field.at, "a field name has no quotes, and stands on the left")
	case field.kind == number:
		p.fail(field.at, "the field stands on the left, the value on the right")
	case field.kind != word || reserved[strings.ToLower(field.text)]:
		p.fail(field.at, fmt.Sprintf("want a field instead of %s", field))
	}
	x := &Predicate{Field: field.text, at: field.at}
	p.next()
	switch {
	case p.tok.is("is"):
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
		return x
	case p.tok.is("not"):
		x.Not = true
		p.next()
	}
	switch {
	case p.tok.is("like"):
		p.next()
		x.Op = Like
		p.like(x)
	case p.tok.is("in"):
		p.next()
		x.Op = In
		p.list(x)
	case p.tok.is("between"):
		p.next()
		x.Op = Between
		low := p.literal()
		if !p.tok.is("and") {
			p.fail(p.tok.at, fmt.Sprintf("want AND and the upper end of BETWEEN instead of %s", p.tok))
		}
		p.next()
		x.Args = []Literal{low, p.literal()}
	default:
		op, ok := map[string]Op{"=": Eq, "==": Eq, "!=": Eq, "<>": Eq, "<": Lt, "<=": Le, ">": Gt, ">=": Ge}[p.tok.text]
		if p.tok.kind != symbol || !ok || x.Not {
			p.fail(p.tok.at, fmt.Sprintf("want a comparison after %s instead of %s", field.text, p.tok))
		}
		x.Op, x.Not = op, p.tok.text == "!=" || p.tok.text == "<>"
		p.next()
		if p.tok.is("null") {
			p.fail(p.tok.at, "nothing equals NULL: write IS NULL or IS NOT NULL")
		}
		x.Args = []Literal{p.literal()}
	}
	return x
}

func (p *reader) like(x *Predicate) {
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

func (p *reader) list(x *Predicate) {
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

func (p *reader) literal() Literal {
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
	case t.kind == word && !reserved[strings.ToLower(t.text)]:
		p.fail(t.at, fmt.Sprintf("put text in quotes: '%s'", t.text))
	}
	p.fail(t.at, fmt.Sprintf("want a value instead of %s", t))
	return Literal{}
}

// datetime reads the rest of datetime(2025-04-01 02:00:00), quoted or not.
func (p *reader) datetime() Literal {
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
