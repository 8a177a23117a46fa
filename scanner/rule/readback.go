package rule

import (
	"slices"

	"github.com/iocsweep/iocsweep/scanner/table"
)

// Could says whether a rule that is not True for a hit that was read back could be True
// for its whole row, and for want of which columns that is open: hidden are those that
// the hit does not show, blank those that it shows empty, which the input may have
// lacked.
func (r *Rule) Could(c *Context) (could bool, hidden, blank []string) {
	p := r.program(c.Table)
	if p.best(c, false) != True {
		return false, nil, nil
	}
	p.tests(func(t *test) bool {
		h, b := t.untold(c)
		hidden, blank = append(hidden, h...), append(blank, b...)
		return true
	})
	slices.Sort(hidden)
	slices.Sort(blank)
	return true, slices.Compact(hidden), slices.Compact(blank)
}

// best is eval where each predicate whose columns the hit does not show has the value
// that serves the rule best; not is set under an odd number of NOTs.
func (p *program) best(c *Context, not bool) Tri {
	switch {
	case p.test != nil:
		v := p.test.eval(c)
		if hidden, empty := p.test.untold(c); v == Unknown && len(hidden)+len(empty) > 0 {
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

// untold lists the columns of a predicate of which the hit says nothing, and
// those of which it says too little for IS NULL.
func (t *test) untold(c *Context) (hidden, empty []string) {
	for _, s := range t.left.sources(nil) {
		if s.own != notOwn {
			continue
		}
		columns := []string{s.Column}
		if s.Func == table.EventTime {
			columns = c.Table.Times
		}
		switch _, st := s.get(c.Table, c); {
		case st == untold:
			hidden = append(hidden, columns...)
		case st == blank && t.Op == Null:
			empty = append(empty, columns...)
		}
	}
	return hidden, empty
}
