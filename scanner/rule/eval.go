package rule

import (
	"strings"

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A program is a rule bound to one table: its names are looked up once.
type program struct {
	and, or []*program
	not     *program
	test    *test
}

// A test is a predicate with the places that its field has in a table.
type test struct {
	*Predicate
	table  *table.Table
	values []table.Source // none: the table lacks the field
}

// bind looks up the rule's names in a table.
func (r *Rule) bind(t *table.Table) *program {
	if !r.applies(t) {
		return &program{}
	}
	return bind(r.When, t)
}

func bind(e *Expr, t *table.Table) *program {
	p := &program{}
	for _, kid := range e.And {
		p.and = append(p.and, bind(kid, t))
	}
	for _, kid := range e.Or {
		p.or = append(p.or, bind(kid, t))
	}
	if e.Not != nil {
		p.not = bind(e.Not, t)
	}
	if e.Pred != nil {
		f, _ := t.Field(e.Pred.Field)
		p.test = &test{e.Pred, t, f.Values}
	}
	return p
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

// cell is the value of one place in one row.
type cell struct {
	table   *table.Table
	compare table.Compare
	text    string
	domain  string // of an account
	time    clock.Time
	hasTime bool
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
	for i := range t.values {
		x, has, empty := get(&t.values[i], t.table, c)
		if !has || empty {
			continue
		}
		switch r := t.apply(&x); {
		case r == True:
			return True
		case !asked:
			v, asked = r, true
		default:
			v = v.Or(r)
		}
	}
	if !asked {
		return Unknown
	}
	return v
}

// null is true where the input has the columns and all of them are empty. It
// is never true of a who field: that is the hit's answer, not a column.
func (t *test) null(c *Context) Tri {
	v := Unknown
	for i := range t.values {
		_, has, empty := get(&t.values[i], t.table, c)
		switch {
		case has && !empty:
			return False
		case has && t.values[i].Func != table.WhoField:
			v = True
		}
	}
	return v
}

// get reads a place. has is false where the input lacks the column, or the
// direction that decides on it is not known or another one.
func get(s *table.Source, t *table.Table, c *Context) (x cell, has, empty bool) {
	x = cell{table: t, compare: s.Compare}
	switch s.When {
	case table.WhenOut:
		if c.Direction != table.Outbound {
			return x, false, true
		}
	case table.WhenIn:
		if c.Direction != table.Inbound {
			return x, false, true
		}
	}
	switch s.Func {
	case table.EventTime:
		x.time, x.hasTime = c.Time, c.TimeKnown
		empty = true
		for _, column := range t.Times {
			text, ok := c.Row.Get(column)
			has = has || ok
			if text != "" && empty {
				x.text, empty = text, false
			}
		}
		if c.TimeKnown {
			has, empty, x.text = true, false, c.Time.String()
		}
		return x, has, empty
	case table.WhoField:
		x.text = c.Who.Get(s.Column)
		return x, true, x.text == ""
	}
	x.text, has = s.Value(c.Row)
	if s.Domain != "" {
		x.domain, _ = c.Row.Get(s.Domain)
	}
	return x, has, x.text == ""
}

// apply tests one cell that is not empty.
func (t *test) apply(x *cell) Tri {
	switch t.Op {
	case Like:
		return truth(x.like(t.pattern))
	case Eq, In:
		v := False
		for i := range t.Args {
			v = v.Or(x.equals(&t.Args[i]))
		}
		return v
	case Between:
		return t.order(x, &t.Args[0], Ge).And(t.order(x, &t.Args[1], Le))
	}
	return t.order(x, &t.Args[0], t.Op)
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
		base := baseName(fold(x.text))
		return p.match(base) || p.match(strings.TrimSuffix(base, ".EXE"))
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
