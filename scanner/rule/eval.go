package rule

import (
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/scanner/table"
)

// A program is an expression bound to one table: its names are looked up once.
type program struct {
	and, or []*program
	not     *program
	test    *test
	columns []string // that it reads; of the whole only
}

// A test is a predicate with the places that its operand has in a table.
type test struct {
	*Predicate
	left operand
}

// A source is one value of a field: of the row, or of the hit itself.
type source struct {
	table.Source
	own own
}

// A finder looks up a field by its name.
type finder func(name string) ([]source, bool)

// fieldsOf finds the fields of a hit: its own, then those of its table.
func fieldsOf(t *table.Table) finder {
	return func(name string) ([]source, bool) {
		if s, ok := ownField(name); ok {
			return []source{s}, true
		}
		values, ok := t.Field(name)
		list := make([]source, len(values))
		for i, v := range values {
			list[i].Source = v
		}
		return list, ok
	}
}

// bind looks up the rule's names in a table. The program of a table that the
// rule is not made for is empty.
func (r *Rule) bind(t *table.Table) *program {
	if !r.applies(t) {
		return &program{}
	}
	return bind(r.When, t, r.zone(), fieldsOf(t))
}

func bind(e *Expr, t *table.Table, zone *time.Location, find finder) *program {
	p := &program{}
	for _, kid := range e.And {
		p.and = append(p.and, bind(kid, t, zone, find))
	}
	for _, kid := range e.Or {
		p.or = append(p.or, bind(kid, t, zone, find))
	}
	if e.Not != nil {
		p.not = bind(e.Not, t, zone, find)
	}
	if e.Pred != nil {
		p.test = &test{e.Pred, bindOperand(&e.Pred.Left, t, zone, find)}
	}
	return p
}

// tests yields the predicates of a program from left to right.
func (p *program) tests(yield func(*test) bool) bool {
	if p.test != nil {
		return yield(p.test)
	}
	if p.not != nil {
		return p.not.tests(yield)
	}
	for _, list := range [...][]*program{p.and, p.or} {
		for _, kid := range list {
			if !kid.tests(yield) {
				return false
			}
		}
	}
	return true
}

// eval is Unknown for the empty program of a rule made for other tables.
func (p *program) eval(c *Context) Tri {
	switch {
	case p.test != nil:
		return p.test.eval(c)
	case p.not != nil:
		return p.not.eval(c).Not()
	case p.and != nil:
		v := True
		for _, kid := range p.and {
			if v = v.And(kid.eval(c)); v == False {
				return False
			}
		}
		return v
	case p.or != nil:
		v := False
		for _, kid := range p.or {
			if v = v.Or(kid.eval(c)); v == True {
				return True
			}
		}
		return v
	}
	return Unknown
}

// eval is true if the positive predicate is true of any place that exists and
// is not empty, false if it is false of all those, Unknown if there are none;
// the negated forms are its NOT.
func (t *test) eval(c *Context) Tri {
	v := t.positive(c)
	if t.Not {
		v = v.Not()
	}
	return v
}

func (t *test) positive(c *Context) Tri {
	if t.Op == Null {
		return t.null(c)
	}
	v, asked := False, false
	for i := range t.left.places(c) {
		x, s := t.left.place(c, i)
		r := Unknown
		switch s {
		case present:
			r = t.apply(&x)
		case untold:
		default:
			continue
		}
		if r == True {
			return True
		}
		v, asked = v.Or(r), true
	}
	if !asked {
		return Unknown
	}
	return v
}

// null is true where the places are there and all of them are empty.
func (t *test) null(c *Context) Tri {
	v, sure := Unknown, true
	for i := range t.left.places(c) {
		switch _, s := t.left.place(c, i); s {
		case present:
			return False
		case empty:
			v = True
		case blank, untold:
			sure = false
		}
	}
	if !sure {
		return Unknown
	}
	return v
}

// get reads a place of the row. It is absent where the input lacks the column,
// or the direction that decides on it is not known or another one. So is an
// empty field of who: that is the hit's answer, not a column.
func (s *source) get(t *table.Table, c *Context) (x cell, st state) {
	x = cell{table: t, compare: s.Compare}
	switch s.When {
	case table.WhenOut:
		if c.Direction != table.Outbound {
			return x, absent
		}
	case table.WhenIn:
		if c.Direction != table.Inbound {
			return x, absent
		}
	}
	switch s.Func {
	case table.EventTime:
		return s.eventTime(t, c, x)
	case table.WhoField:
		if x.text = c.Who.Get(s.Column); x.text == "" {
			return x, absent
		}
		return x, present
	}
	var has bool
	x.text, has = s.Value(c.Row)
	if s.Domain != "" {
		x.domain, _ = c.Row.Get(s.Domain)
	}
	switch {
	case x.text != "":
		return x, present
	case c.ReadBack && !c.WholeRow && c.Row.Index(s.Column) < 0:
		return x, untold
	case c.ReadBack:
		return x, blank
	case has:
		return x, empty
	}
	return x, absent
}

func (s *source) eventTime(t *table.Table, c *Context, x cell) (cell, state) {
	if c.TimeKnown {
		x.time, x.hasTime, x.text = c.Time, true, c.Time.String()
		return x, present
	}
	st := absent
	if c.ReadBack {
		st = blank // the hit has its time; which of the columns the file had, it does not say
	}
	for _, column := range t.Times {
		text, has := c.Row.Get(column)
		if text != "" {
			x.text = text
			return x, present
		}
		if has && st == absent {
			st = empty
		}
	}
	return x, st
}

// apply tests one cell that is not empty.
func (t *test) apply(x *cell) Tri {
	switch t.Op {
	case Like, Contains, StartsWith, EndsWith:
		return truth(x.like(t.pattern))
	case Regexp:
		return x.regexp(t.re)
	case In:
		if t.File != "" {
			return t.list.holds(x)
		}
		fallthrough
	case Eq:
		v := False
		for i := range t.Args {
			if v = v.Or(x.equals(&t.Args[i])); v == True {
				break
			}
		}
		return v
	}
	if x.compare != table.CompareAddrs {
		return t.ordered(x)
	}
	// A list is above or between where one of its addresses is.
	v := False
	for _, e := range table.List(x.text) {
		one := *x
		one.text = e
		v = v.Or(t.ordered(&one))
	}
	return v
}

// ordered is apply for the operators that put values in order.
func (t *test) ordered(x *cell) Tri {
	if t.Op != Between {
		return t.order(x, &t.Args[0], t.Op)
	}
	low, high := t.order(x, &t.Args[0], Ge), t.order(x, &t.Args[1], Le)
	if wraps(x.compare, &t.Args[0], &t.Args[1]) {
		return low.Or(high)
	}
	return low.And(high)
}

// wraps reports whether a BETWEEN goes round: from 22:00 over midnight to 04:00, from
// Saturday to Monday.
func wraps(c table.Compare, low, high *Literal) bool {
	return c == compareTimeOfDay && low.clock > high.clock || c == compareWeekday && low.weekday > high.weekday
}

func (t *test) order(x *cell, l *Literal, op Op) Tri {
	n, ok := x.against(l)
	if !ok {
		return Unknown
	}
	switch op {
	case Lt:
		return truth(n < 0)
	case Le:
		return truth(n <= 0)
	case Gt:
		return truth(n > 0)
	}
	return truth(n >= 0)
}

// like tries the spellings of a cell that a person may have had in mind.
func (x *cell) like(p *pattern) bool {
	if p.match(fold(x.text)) {
		return true
	}
	switch x.compare {
	case table.CompareAddr:
		a, ok := address(x.text)
		return ok && p.match(fold(a.String()))
	case table.CompareProcess:
		name := fold(x.text)
		return p.match(baseName(name)) || p.match(processName(name))
	case table.CompareHost, table.CompareName:
		name := strings.TrimSuffix(fold(x.text), ".")
		return p.match(name)
	case table.CompareAddrs:
		for _, e := range table.List(x.text) {
			if p.match(fold(e)) {
				return true
			}
			if a, ok := address(e); ok && p.match(fold(a.String())) {
				return true
			}
		}
	case table.CompareProtocol:
		return p.match(fold(table.Protocol(x.text)))
	}
	return false
}
