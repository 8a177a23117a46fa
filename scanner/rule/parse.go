package rule

import (
	"fmt"
	"strings"
	"unicode/utf8"
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
	Try  string // the same in this language, "" where that is not known
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
	// A window of a long line is enough to recognise the place. On a terminal of
	// 80 columns it has to stay on one line, or the caret points elsewhere.
	const width = 76
	from := max(start, min(at-width/2, end-width))
	to := min(end, from+width)
	show := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == utf8.RuneError {
				return ' '
			}
			return r
		}, s)
	}
	before := show(e.Text[from:at])
	text := fmt.Sprintf("column %d: %s\n    %s%s\n    %s^", utf8.RuneCountInString(e.Text[start:at])+1, e.Msg,
		before, show(e.Text[at:to]), strings.Repeat(" ", utf8.RuneCountInString(before)))
	if e.Try != "" {
		text += "\n  write:\n    " + show(e.Try)
	}
	return text
}

// Parse reads an expression. The parser is written by hand rather than with a
// grammar library because it has to bound its depth and to explain the
// mistakes that people make (unquoted text, = NULL, a field on the right).
//
//	or        = and { OR and }
//	and       = not { AND not }
//	not       = NOT not | "(" or ")" | predicate
//	predicate = operand ( op literal
//	                    | [NOT] LIKE literal [ESCAPE literal]
//	                    | [NOT] (CONTAINS | STARTS WITH | ENDS WITH | REGEXP) literal
//	                    | [NOT] IN "(" literal { "," literal } ")"
//	                    | [NOT] IN FILE 'path'
//	                    | [NOT] BETWEEN literal AND literal
//	                    | IS [NOT] NULL )
//	operand   = field | function "(" operand { "," operand | literal } ")"
//	function  = lower | time_of_day | day_of_week | host | basename | coalesce
//	op        = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">="
//	literal   = 'text' | "text" | number | true | false | datetime(time)
//
// What the expression says of files is not read: see [Load] and [Inline].
func Parse(text string) (*Expr, error) {
	e, err := parse(text)
	if err != nil {
		err.Try = rewrite(text)
		return nil, err
	}
	return e, nil
}

// parse is Parse without a look for what may have been meant.
func parse(text string) (e *Expr, err *SyntaxError) {
	p := &parser{text: text}
	if len(text) > maxExpression {
		return nil, &SyntaxError{Text: text[:200], Msg: fmt.Sprintf("expression over %d bytes", maxExpression)}
	}
	if !utf8.ValidString(text) {
		for i, r := range text {
			if _, n := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && n == 1 {
				return nil, &SyntaxError{Text: text, At: i, Msg: "not UTF-8"}
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
		p.fail(p.tok.at, p.leftOver())
	}
	return e, nil
}

// leftOver says what is wrong with a token behind a whole expression.
func (p *parser) leftOver() string {
	switch before := p.text[:p.tok.at]; {
	case p.tok.kind == symbol && p.tok.text == ")":
		return "no parenthesis is open here"
	case p.tok.kind == word && (strings.HasSuffix(before, "'") || strings.HasSuffix(before, `"`)):
		return fmt.Sprintf("%s is left over: a quote inside quotes is doubled, as in 'it''s'", p.tok)
	}
	return fmt.Sprintf("%s is left over: AND or OR missing?", p.tok)
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

// A parser reads an expression token by token. A method that cannot go on panics with a
// *SyntaxError, which parse recovers.
type parser struct {
	text string
	pos  int   // where the next token begins, or blanks before it
	tok  token // in hand
}

func (p *parser) fail(at int, msg string) { panic(&SyntaxError{Text: p.text, At: at, Msg: msg}) }

func wordByte(c byte) bool {
	return c == '_' || c == '.' || c == '@' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// next reads a token into p.tok.
func (p *parser) next() {
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
		if hint := foreign(p.text[at:]); hint != "" {
			p.fail(at, hint)
		}
		for _, s := range []string{"==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","} {
			if strings.HasPrefix(p.text[at:], s) {
				p.pos += len(s)
				p.tok.kind, p.tok.text = symbol, s
				return
			}
		}
		p.fail(at, unexpected(p.text[at:]))
	}
}

// quoted reads a string; the quote itself is doubled inside.
func (p *parser) quoted(q byte) string {
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

func (p *parser) or(depth int) *Expr {
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

func (p *parser) and(depth int) *Expr {
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

func (p *parser) not(depth int) *Expr {
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
