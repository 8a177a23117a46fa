package rule

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
)

// An Expr is a parsed expression: exactly one of its fields is set.
type Expr struct {
	And, Or []*Expr // at least two
	Not     *Expr
	Pred    *Predicate
}

// Op is the operator of a predicate.
type Op uint8

// The operators. != and the NOT forms are these with Predicate.Not set.
const (
	Eq Op = iota
	Lt
	Le
	Gt
	Ge
	Like
	In
	Between
	Null
)

// A Predicate compares one field with literals.
type Predicate struct {
	Field  string
	Op     Op
	Not    bool      // != NOT LIKE, NOT IN, NOT BETWEEN, IS NOT NULL
	Args   []Literal // one; two for Between; one or more for In; none for Null
	Escape string    // of Like: "" or one character

	at      int // byte of the expression at which the field stands
	pattern *pattern
}

// A Literal is a value in a rule, with what it may be read as.
type Literal struct {
	Text   string
	Number bool // written without quotes

	at         int
	fold       string
	addr       netip.Addr
	prefix     netip.Prefix // a CIDR
	num        decimal
	hasNum     bool
	time       clock.Time
	hasTime    bool
	timeStatus clock.Status
}

func newLiteral(text string, number bool, at int) Literal {
	l := Literal{Text: text, Number: number, at: at, fold: fold(text)}
	if a, port, ok := ioc.ParseAddr([]byte(text)); ok && port < 0 {
		l.addr = a
	}
	if p, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil && !l.addr.IsValid() {
		l.prefix = unmapped(p)
	}
	l.num, l.hasNum = parseDecimal(text)
	r := clock.Parse(text, clock.None, nil)
	l.time, l.hasTime, l.timeStatus = r.Time, r.Status == clock.OK, r.Status
	return l
}

// unmapped turns ::ffff:10.0.0.0/104 into 10.0.0.0/8, as addresses are.
func unmapped(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

// decimal is a number: an integer where the text is one, so that long ids
// compare exactly.
type decimal struct {
	i     int64
	f     float64
	whole bool
}

func parseDecimal(s string) (decimal, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 64 || strings.Trim(s, "0123456789+-.eE") != "" {
		return decimal{}, false
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return decimal{i, float64(i), true}, true
	}
	f, err := strconv.ParseFloat(s, 64)
	return decimal{f: f}, err == nil
}

func (d decimal) compare(e decimal) int {
	switch {
	case d.whole && e.whole && d.i < e.i, !(d.whole && e.whole) && d.f < e.f:
		return -1
	case d.whole && e.whole && d.i > e.i, !(d.whole && e.whole) && d.f > e.f:
		return 1
	}
	return 0
}

// predicates yields the predicates of an expression from left to right.
func (e *Expr) predicates(yield func(*Predicate) bool) { e.walk(yield) }

func (e *Expr) walk(yield func(*Predicate) bool) bool {
	switch {
	case e.Pred != nil:
		return yield(e.Pred)
	case e.Not != nil:
		return e.Not.walk(yield)
	}
	for _, kid := range append(e.And[:len(e.And):len(e.And)], e.Or...) {
		if !kid.walk(yield) {
			return false
		}
	}
	return true
}

// String prints the expression so that Parse reads the same one.
func (e *Expr) String() string {
	var b strings.Builder
	e.print(&b, 0)
	return b.String()
}

// print writes the expression; level is what stands around it: 0 nothing or
// OR, 1 AND, 2 NOT.
func (e *Expr) print(b *strings.Builder, level int) {
	list := func(kids []*Expr, word string, own int) {
		if level >= own {
			b.WriteByte('(')
			defer b.WriteByte(')')
		}
		for i, kid := range kids {
			if i > 0 {
				b.WriteString(word)
			}
			kid.print(b, own)
		}
	}
	switch {
	case e.Or != nil:
		list(e.Or, " OR ", 1)
	case e.And != nil:
		list(e.And, " AND ", 2)
	case e.Not != nil:
		b.WriteString("NOT ")
		e.Not.print(b, 2)
	default:
		e.Pred.print(b)
	}
}

// String prints the predicate alone.
func (p *Predicate) String() string {
	var b strings.Builder
	p.print(&b)
	return b.String()
}

func (p *Predicate) print(b *strings.Builder) {
	b.WriteString(p.Field)
	not := ""
	if p.Not {
		not = "NOT "
	}
	switch p.Op {
	case Null:
		b.WriteString(" IS " + not + "NULL")
	case Like:
		b.WriteString(" " + not + "LIKE " + p.Args[0].String())
		if p.Escape != "" {
			b.WriteString(" ESCAPE " + quote(p.Escape))
		}
	case Between:
		b.WriteString(" " + not + "BETWEEN " + p.Args[0].String() + " AND " + p.Args[1].String())
	case In:
		b.WriteString(" " + not + "IN (")
		for i, a := range p.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(a.String())
		}
		b.WriteByte(')')
	default:
		op := [...]string{Eq: "=", Lt: "<", Le: "<=", Gt: ">", Ge: ">="}[p.Op]
		if p.Not {
			op = "!="
		}
		b.WriteString(" " + op + " " + p.Args[0].String())
	}
}

// String is the literal as written in a rule.
func (l Literal) String() string {
	if l.Number {
		return l.Text
	}
	return quote(l.Text)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
