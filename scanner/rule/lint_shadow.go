package rule

import (
	"slices"

	"github.com/iocsweep/iocsweep/scanner/table"
)

// shadows reports whether y removes all that x removes: in every table of x, every
// way of x is one of y's, or a narrower one. It may miss some.
func (r *Reader) shadows(y *Rule, of []branch, x *Rule, ways []branch) bool {
	if len(of) == 0 || len(ways) == 0 || !y.Expires.IsZero() && (x.Expires.IsZero() || x.Expires.After(y.Expires)) {
		return false
	}
	for _, t := range r.Tables {
		if !x.applies(t) {
			continue
		}
		if !y.applies(t) || x.zone() != y.zone() {
			return false
		}
		a := r.analyses[t]
		if a == nil {
			a = &analysis{table: t, zone: x.zone(), find: fieldsOf(t)} // comparing literals asks for no zone
			r.analyses[t] = a
		}
		for _, b := range ways {
			if !slices.ContainsFunc(of, func(wide branch) bool { return r.spend(len(b)*len(wide)) && a.within(b, wide) }) && a.possible(b) {
				return false
			}
		}
	}
	return true
}

// maxWork bounds how many pairs of predicates are compared to find rules that
// others shadow.
const maxWork = 5_000_000

// spend takes n from maxWork, and is false once nothing is left.
func (r *Reader) spend(n int) bool {
	r.work += n
	r.Unfinished = r.Unfinished || r.work > maxWork
	return !r.Unfinished
}

// within reports whether whenever all of narrow holds, all of wide does.
func (a *analysis) within(narrow, wide branch) bool {
	for _, q := range wide {
		if !slices.ContainsFunc(narrow, func(p *Predicate) bool { return a.implies(p, q) }) {
			return false
		}
	}
	return true
}

// implies reports whether q is true where p is, as far as that can be told from the
// two alone.
func (a *analysis) implies(p, q *Predicate) bool {
	f, g := a.operand(p), a.operand(q)
	if !sameOperand(f, g) || p.Not != q.Not {
		return false
	}
	if p.String() == q.String() {
		return true
	}
	if p.Not || p.File != "" || q.File != "" || p.Op == Null || q.Op == Null {
		return false
	}
	for _, c := range f.compares() {
		if !a.narrower(c, p, q) {
			return false
		}
	}
	return len(f.sources(nil)) > 0
}

// narrower reports whether a cell that makes p true makes q true.
func (a *analysis) narrower(c table.Compare, p, q *Predicate) bool {
	if p.Op == Eq || p.Op == In {
		for i := range p.Args {
			if !a.covers(c, &p.Args[i], q) {
				return false
			}
		}
		return true
	}
	if c == compareTimeOfDay || c == compareWeekday {
		return false
	}
	low, strict := lowest(q)
	high, strict2 := highest(q)
	if q.Op == Eq || low == nil && high == nil {
		return false
	}
	if low != nil {
		own, ownStrict := lowest(p)
		if own == nil {
			return false
		}
		n, ok := a.ends(c, own, low)
		if !ok || n < 0 || n == 0 && strict && !ownStrict {
			return false
		}
	}
	if high != nil {
		own, ownStrict := highest(p)
		if own == nil {
			return false
		}
		n, ok := a.ends(c, own, high)
		if !ok || n > 0 || n == 0 && strict2 && !ownStrict {
			return false
		}
	}
	return true
}

// covers reports whether every cell equal to the literal makes q true.
func (a *analysis) covers(c table.Compare, l *Literal, q *Predicate) bool {
	switch {
	case l.prefix.IsValid():
		return (q.Op == Eq || q.Op == In) && slices.ContainsFunc(q.Args, func(b Literal) bool {
			return b.prefix.IsValid() && b.prefix.Bits() <= l.prefix.Bits() && b.prefix.Contains(l.prefix.Addr())
		})
	case c == table.CompareUser, c == table.CompareHost, c == table.ComparePath, c == compareIndicator:
		// One literal stands for several cells: only the same one is sure.
		return (q.Op == Eq || q.Op == In) && slices.ContainsFunc(q.Args, func(b Literal) bool { return b.fold == l.fold })
	}
	t := test{Predicate: q}
	return alike(c, l, q) && t.apply(a.as(c, l)) == True
}
