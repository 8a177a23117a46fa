package rule

import (
	"fmt"
	"strings"

	"github.com/iocsweep/iocsweep/scanner/table"
)

// Lint returns what a careful reader would object to, one sentence each: what
// Check refuses, that the rule can never be true, that nothing bounds it in
// time or by address. It returns nothing for a rule that looks sound.
func (r *Rule) Lint(tables []*table.Table) []string {
	if err := r.Check(tables); err != nil {
		return []string{err.Error()}
	}
	var list []string
	say := func(format string, args ...any) {
		list = append(list, fmt.Sprintf("%s: rule %q: %s", r.at, r.Name, fmt.Sprintf(format, args...)))
	}
	l := lint{}
	possible, bounded := false, true
	for _, t := range tables {
		if r.applies(t) {
			l.table = t
			can := l.can(r.When)
			possible = possible || can.be
			bounded = bounded && (!can.be || l.bounded(r.When))
		}
	}
	switch {
	case !possible:
		say("can never be true: %s", l.why)
	case !bounded:
		say("is bound neither in time nor to an address: it removes such hits for ever and from everywhere")
	}
	return list
}

// lint looks at an expression in one table.
type lint struct {
	table *table.Table
	why   string // the first reason found
}

// outcomes says which truth values an expression can have; Unknown is always
// possible.
type outcomes struct{ be, fail bool }

func (l *lint) because(format string, args ...any) {
	if l.why == "" {
		l.why = fmt.Sprintf(format, args...)
	}
}

func (l *lint) can(e *Expr) outcomes {
	switch {
	case e.Not != nil:
		o := l.can(e.Not)
		return outcomes{o.fail, o.be}
	case e.And != nil:
		all := outcomes{true, false}
		for _, kid := range e.And {
			o := l.can(kid)
			all = outcomes{all.be && o.be, all.fail || o.fail}
		}
		if all.be && l.contradicts(conjuncts(e, nil)) {
			all = outcomes{false, true}
		}
		return all
	case e.Or != nil:
		any := outcomes{false, true}
		for _, kid := range e.Or {
			o := l.can(kid)
			any = outcomes{any.be || o.be, any.fail && o.fail}
		}
		return any
	}
	return l.predicate(e.Pred)
}

func (l *lint) predicate(p *Predicate) outcomes {
	f, ok := l.table.Field(p.Field)
	if !ok {
		l.because("%s has no field %s", l.table.Name, p.Field)
		return outcomes{}
	}
	o := outcomes{true, true}
	if p.Op == Between && l.reversed(f, p) {
		l.because("BETWEEN %s AND %s is empty", p.Args[0], p.Args[1])
		o.be = false
	}
	if p.Not {
		o = outcomes{o.fail, o.be}
	}
	return o
}

// reversed says whether the lower end of a BETWEEN is above the upper, for
// every place that the field has.
func (l *lint) reversed(f table.Field, p *Predicate) bool {
	for i := range f.Values {
		x := l.as(&f.Values[i], &p.Args[0])
		if n, ok := x.against(&p.Args[1]); !ok || n <= 0 {
			return false
		}
	}
	return len(f.Values) > 0
}

// as is a cell that holds what a literal says.
func (l *lint) as(s *table.Source, a *Literal) *cell {
	return &cell{table: l.table, compare: s.Compare, text: a.Text, time: a.time, hasTime: a.hasTime}
}

// conjuncts lists the predicates that must all hold for a nested AND.
func conjuncts(e *Expr, list []*Predicate) []*Predicate {
	if e.Pred != nil {
		return append(list, e.Pred)
	}
	for _, kid := range e.And {
		list = conjuncts(kid, list)
	}
	return list
}

// contradicts looks for two predicates about one place that exclude each
// other. Fields of several places, and lists, may hold two values at once.
func (l *lint) contradicts(list []*Predicate) bool {
	for i, p := range list {
		for _, q := range list[:i] {
			f, _ := l.table.Field(p.Field)
			g, _ := l.table.Field(q.Field)
			if len(f.Values) != 1 || len(g.Values) != 1 || f.Values[0] != g.Values[0] || f.Values[0].Compare == table.CompareAddrs {
				continue
			}
			if l.excludes(&f.Values[0], p, q) || l.excludes(&f.Values[0], q, p) {
				l.because("%s and %s exclude each other", q, p)
				return true
			}
		}
	}
	return false
}

// excludes says that p being true makes q not true.
func (l *lint) excludes(s *table.Source, p, q *Predicate) bool {
	if p.Op == Null && !p.Not && s.Func != table.WhoField {
		return q.Op != Null || q.Not
	}
	if p.Not || p.Op == Null || q.Op == Null {
		return false
	}
	if p.Op == Eq || p.Op == In {
		for i := range p.Args {
			if !l.rules(s, &p.Args[i], q) {
				return false
			}
		}
		return true
	}
	// Two ranges: the low end of p above the high end of q.
	low, strict := lowest(p)
	high, strict2 := highest(q)
	if low == nil || high == nil || q.Not {
		return false
	}
	n, ok := l.as(s, low).against(high)
	return ok && (n > 0 || n == 0 && (strict || strict2))
}

// rules says that a cell equal to the literal cannot make q true. A literal
// that stands for many cells (a CIDR, a short host name) is given the benefit.
func (l *lint) rules(s *table.Source, a *Literal, q *Predicate) bool {
	if a.prefix.IsValid() {
		if q.Not || q.Op != Eq && q.Op != In {
			return false
		}
		for i := range q.Args {
			b := &q.Args[i]
			if !b.prefix.IsValid() && !b.addr.IsValid() || b.prefix.IsValid() && b.prefix.Overlaps(a.prefix) || b.addr.IsValid() && a.prefix.Contains(b.addr) {
				return false
			}
		}
		return true
	}
	switch s.Compare {
	case table.CompareHost, table.CompareUser, table.CompareProcess, table.ComparePath:
		// "cam" also holds for cam.corp.example: compare both ways round, and
		// leave patterns and negations alone.
		if q.Not || q.Op != Eq && q.Op != In {
			return false
		}
		for i := range q.Args {
			b := &q.Args[i]
			if l.as(s, a).equals(b) != False || l.as(s, b).equals(a) != False {
				return false
			}
		}
		return true
	}
	t := test{Predicate: q, table: l.table}
	v := t.apply(l.as(s, a))
	if q.Not {
		v = v.Not()
	}
	return v == False
}

func lowest(p *Predicate) (l *Literal, strict bool) {
	switch p.Op {
	case Gt, Ge, Between:
		return &p.Args[0], p.Op == Gt
	}
	return nil, false
}

func highest(p *Predicate) (l *Literal, strict bool) {
	switch p.Op {
	case Lt, Le, Eq:
		return &p.Args[0], p.Op == Lt
	case Between:
		return &p.Args[1], false
	}
	return nil, false
}

// bounded says that the expression holds only within a time or for some
// addresses: in AND one part must say so, in OR each that can be true.
func (l *lint) bounded(e *Expr) bool {
	switch {
	case e.Not != nil:
		return false
	case e.And != nil:
		for _, kid := range e.And {
			if l.bounded(kid) {
				return true
			}
		}
		return false
	case e.Or != nil:
		for _, kid := range e.Or {
			if l.can(kid).be && !l.bounded(kid) {
				return false
			}
		}
		return true
	}
	p := e.Pred
	if p.Not || p.Op == Null {
		return false
	}
	f, _ := l.table.Field(p.Field)
	for _, v := range f.Values {
		switch v.Compare {
		case table.CompareTime:
			return true
		case table.CompareAddr, table.CompareAddrs:
			return p.Op != Like || strings.Trim(p.Args[0].Text, "%_") != ""
		case table.CompareHost:
			return p.Args[0].addr.IsValid() || p.Args[0].prefix.IsValid()
		}
	}
	return false
}
