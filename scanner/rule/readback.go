package rule

import (
	"slices"

	"github.com/iocsweep/iocsweep/scanner/table"
)

// Could says whether a rule that is not True for a hit that was read back
// could have been True for its row, and for want of which columns that cannot
// be said.
func (r *Rule) Could(c *Context) (could bool, columns []string) {
	p := r.program(c.Table)
	if p.best(c, false) != True {
		return false, nil
	}
	p.tests(func(t *test) bool {
		for _, name := range t.untold(c) {
			if !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
		return true
	})
	slices.Sort(columns)
	return true, columns
}

// best is eval with the value for every predicate whose columns the hit does
// not show that serves the rule best; not is set under an odd number of NOTs.
func (p *program) best(c *Context, not bool) Tri {
	switch {
	case p.test != nil:
		v := p.test.eval(c)
		if v == Unknown && len(p.test.untold(c)) > 0 {
			v = truth(!not)
		}
		return v
	case p.not != nil:
		return p.not.best(c, !not).Not()
	case p.and != nil:
		v := True
		for _, kid := range p.and {
			v = v.And(kid.best(c, not))
		}
		return v
	case p.or != nil:
		v := False
		for _, kid := range p.or {
			v = v.Or(kid.best(c, not))
		}
		return v
	}
	return Unknown
}

// untold lists the columns of a predicate of which the hit says nothing.
func (t *test) untold(c *Context) (columns []string) {
	for _, s := range t.left.sources(nil) {
		if s.own != notOwn {
			continue
		}
		_, st := s.get(c.Table, c)
		if st != untold && (st != blank || t.Op != Null) {
			continue
		}
		if s.Func == table.EventTime {
			columns = append(columns, c.Table.Times...)
		} else {
			columns = append(columns, s.Column)
		}
	}
	return columns
}
