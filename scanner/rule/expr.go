package rule

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

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
	Regexp
	Contains
	StartsWith
	EndsWith
)

// A Predicate compares one operand with literals.
type Predicate struct {
	Left   Operand
	Op     Op
	Not    bool      // != and NOT LIKE, NOT IN, NOT BETWEEN, IS NOT NULL, …
	Args   []Literal // one; two for Between; one or more for In; none for Null and for In with a File
	Escape string    // of Like: "" or one character
	File   string    // of In: the file of the list, as written; "" for a list in parentheses

	pattern *pattern       // of Like, Contains, StartsWith, EndsWith
	re      *regexp.Regexp // of Regexp
	fileAt  int            // byte of the expression at which File stands
	list    *list          // what File holds, once it has been read
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
	clock      clock.Time // a time of day, in ticks since midnight
	hasClock   bool
	weekday    int // a day of the week from 1, Monday; 0 if it is none
}

// newLiteral reads what is read when the rule is, not for every row. Times
// without a zone are in UTC until in is told of another.
func newLiteral(text string, number bool, at int) Literal {
	l := Literal{Text: text, Number: number, at: at, fold: fold(text)}
	if a, port, ok := ioc.ParseAddr([]byte(text)); ok && port < 0 {
		l.addr = a
	}
	if p, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil && !l.addr.IsValid() {
		l.prefix = unmapped(p)
	}
	l.num, l.hasNum = parseDecimal(text)
	l.clock, l.hasClock = parseTimeOfDay(text)
	l.weekday = parseWeekday(text)
	l.in(nil)
	return l
}

// in reads the literal as a time of a zone, nil for UTC.
func (l *Literal) in(zone *time.Location) {
	r := clock.Parse(l.Text, clock.None, zone)
	l.time, l.hasTime, l.timeStatus = r.Time, r.Status == clock.OK, r.Status
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
	if d.whole && e.whole {
		return cmp.Compare(d.i, e.i)
	}
	return cmp.Compare(d.f, e.f)
}

// predicates yields the predicates of an expression from left to right.
func (e *Expr) predicates(yield func(*Predicate) bool) {
	e.walk(false, func(p *Predicate, _ bool) bool { return yield(p) })
}

// polarity yields the predicates from left to right, and whether each stands under an
// odd number of NOTs.
func (e *Expr) polarity(yield func(p *Predicate, not bool) bool) { e.walk(false, yield) }

func (e *Expr) walk(not bool, yield func(*Predicate, bool) bool) bool {
	switch {
	case e.Pred != nil:
		return yield(e.Pred, not)
	case e.Not != nil:
		return e.Not.walk(!not, yield)
	}
	for _, kid := range slices.Concat(e.And, e.Or) {
		if !kid.walk(not, yield) {
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
	if p.Not && p.Op >= Lt && p.Op <= Ge {
		b.WriteString("NOT ") // in a branch: there the rest has its own forms
	}
	p.Left.print(b)
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
	case Regexp, Contains, StartsWith, EndsWith:
		b.WriteString(" " + not + opNames[p.Op] + " " + p.Args[0].String())
	case In:
		if p.File != "" {
			b.WriteString(" " + not + "IN FILE " + quote(p.File))
			return
		}
		b.WriteString(" " + not + "IN (")
		for i, a := range p.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(a.String())
		}
		b.WriteByte(')')
	default:
		op := opNames[p.Op]
		if p.Not && p.Op == Eq {
			op = "!="
		}
		b.WriteString(" " + op + " " + p.Args[0].String())
	}
}

var opNames = [...]string{Eq: "=", Lt: "<", Le: "<=", Gt: ">", Ge: ">=", Like: "LIKE", In: "IN", Between: "BETWEEN", Null: "IS NULL",
	Regexp: "REGEXP", Contains: "CONTAINS", StartsWith: "STARTS WITH", EndsWith: "ENDS WITH"}

// String is the literal as written in a rule.
func (l Literal) String() string {
	if l.Number {
		return l.Text
	}
	return quote(l.Text)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
