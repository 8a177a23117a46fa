package rule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// analysis finds out which truth values an expression can have in one table.
type analysis struct {
	table *table.Table
	zone  *time.Location
	find  finder
	why   string // the first reason found why something cannot be
	alien bool   // it is that the table has no such field
	bound map[*Predicate]*operand
}

// outcomes says whether an expression can be true (be) and false (fail). Where a cell
// is empty it is Unknown; open says that it can be so elsewhere. What has no field in
// the table can be neither true nor false.
type outcomes struct{ be, fail, open bool }

func (a *analysis) because(format string, args ...any) {
	if a.why == "" {
		a.why = fmt.Sprintf(format, args...)
	}
}

// operand is the operand of a predicate, bound once: predicates are compared
// with each other.
func (a *analysis) operand(p *Predicate) *operand {
	if o := a.bound[p]; o != nil {
		return o
	}
	o := bindOperand(&p.Left, a.table, a.zone, a.find)
	if a.bound == nil {
		a.bound = map[*Predicate]*operand{}
	}
	a.bound[p] = &o
	return &o
}

func (a *analysis) can(e *Expr) outcomes {
	switch {
	case e.Not != nil:
		o := a.can(e.Not)
		return outcomes{o.fail, o.be, o.open}
	case e.And != nil:
		all := outcomes{be: true}
		for _, kid := range e.And {
			o := a.can(kid)
			all = outcomes{all.be && o.be, all.fail || o.fail, all.open || o.open}
		}
		if all.be && a.contradicts(conjuncts(e, nil)) {
			all = outcomes{fail: true, open: all.open}
		}
		return all
	case e.Or != nil:
		any, sure := outcomes{fail: true}, false
		var closed []*Expr
		for _, kid := range e.Or {
			o := a.can(kid)
			any = outcomes{any.be || o.be, any.fail && o.fail, any.open || o.open}
			sure = sure || o.be && !o.fail && !o.open
			if !o.open {
				closed = append(closed, kid)
			}
		}
		// It is false where all of its parts are: not if that contradicts itself.
		if b := (&analysis{table: a.table, zone: a.zone, find: a.find}); b.contradicts(denied(&Expr{Or: closed}, nil)) {
			a.because("%s", b.why)
			any.fail, sure = false, true
		}
		any.open = any.open && !sure
		return any
	}
	return a.predicate(e.Pred)
}

// predicate looks at one predicate alone.
func (a *analysis) predicate(p *Predicate) outcomes {
	o := a.operand(p)
	if o.lacking() {
		for f := range p.Left.fields {
			a.alien = a.alien || a.why == ""
			a.because("%s has no field %s", a.table.Name, f.Field)
		}
		return outcomes{open: true}
	}
	can := outcomes{be: true, fail: true}
	compares := o.compares()
	switch p.Op {
	case Between:
		can.open = a.partial(compares, p)
		if a.reversed(compares, p) {
			a.because("BETWEEN %s AND %s is empty", p.Args[0], p.Args[1])
			can.be = false
		}
	case Lt, Le, Gt, Ge:
		if a.unordered(compares, p) {
			return outcomes{open: true}
		}
		can.open = a.partial(compares, p)
	case Like, Contains, StartsWith, EndsWith:
		can.fail = !p.pattern.any()
	case Regexp:
		can.fail = !holdsAlways(p.Args[0].Text)
	case Eq, In:
		if len(compares) != 1 || p.File != "" {
			break
		}
		words := o.words()
		if slices.ContainsFunc(p.Args, func(l Literal) bool { return l.fits(compares[0]) && a.oneOf(words, compares[0], &l) }) {
			break
		}
		if p.Args[0].Text == "" {
			a.because("an empty cell is unknown and equals nothing: write %s IS NULL", &p.Left)
		}
		if words != nil {
			a.because("%s is not what %s holds, which is one of %s", p.Args[0], &p.Left, strings.Join(words, ", "))
		}
		a.because("%s is not what %s holds", p.Args[0], &p.Left)
		can.be = false
	}
	if p.Not {
		can.be, can.fail = can.fail, can.be
	}
	if !can.be {
		a.because("%s holds for no cell", p)
	}
	return can
}

// lacks reports whether the table has no field for a part of the expression.
func (a *analysis) lacks(e *Expr) bool {
	for p := range e.predicates {
		if a.operand(p).lacking() {
			return true
		}
	}
	return false
}

// lacking reports whether the operand has no place in the table, nor a text of its own.
func (o *operand) lacking() bool { return len(o.sources(nil)) == 0 && !o.falls() }

// unordered reports whether a literal is neither above nor below what the operand
// holds, however that compares: a network, or a word where numbers are.
func (a *analysis) unordered(compares []table.Compare, p *Predicate) bool {
	for i := range p.Args {
		l := &p.Args[i]
		if len(compares) > 0 && !slices.ContainsFunc(compares, func(c table.Compare) bool {
			return c != table.CompareNumber && c != table.CompareAddr && c != table.CompareAddrs || c == table.CompareNumber && l.hasNum || l.addr.IsValid()
		}) {
			a.because("%s has no order among what %s holds", l, &p.Left)
			return true
		}
	}
	return false
}

// partial reports whether some of what the operand holds has no order to a literal:
// addresses of the other family, words where it is an unquoted number.
func (a *analysis) partial(compares []table.Compare, p *Predicate) bool {
	number := slices.ContainsFunc(p.Args, func(l Literal) bool { return l.Number })
	return slices.ContainsFunc(compares, func(c table.Compare) bool {
		return c == table.CompareAddr || c == table.CompareAddrs || number && c != table.CompareNumber && c != table.CompareTime
	})
}

// fits reports whether a literal can equal a cell of a kind. An empty cell equals
// nothing.
func (l *Literal) fits(c table.Compare) bool {
	switch c {
	case table.CompareText:
		return l.Text != ""
	case table.CompareAddr:
		return l.addr.IsValid() || l.prefix.IsValid()
	case table.CompareNumber:
		return l.hasNum
	}
	return true
}

// oneOf reports whether a literal equals one of the words that an operand can have;
// nil stands for all words.
func (a *analysis) oneOf(words []string, c table.Compare, l *Literal) bool {
	return words == nil || slices.ContainsFunc(words, func(w string) bool {
		return (&cell{table: a.table, compare: c, text: w}).equals(l) == True
	})
}

// any reports whether the pattern matches every text that is not empty.
func (p *pattern) any() bool {
	for _, r := range p.runs {
		if r.text != "" && !(len(p.runs) > 1 && r.text == string([]byte{any1})) {
			return false
		}
	}
	holes := 0
	for _, r := range p.runs {
		holes += len(r.text)
	}
	return len(p.runs) > 1 && holes <= 1
}

// reversed says whether the lower end of a BETWEEN is above the upper, however
// the operand compares, and does not mean to go round.
func (a *analysis) reversed(compares []table.Compare, p *Predicate) bool {
	for _, c := range compares {
		if n, ok := a.ends(c, &p.Args[0], &p.Args[1]); !ok || n <= 0 || wraps(c, &p.Args[0], &p.Args[1]) {
			return false
		}
	}
	return len(compares) > 0
}

// as is a cell that holds what a literal says.
func (a *analysis) as(c table.Compare, l *Literal) *cell {
	x := &cell{table: a.table, compare: c, text: l.Text, time: l.time, hasTime: l.hasTime}
	switch c {
	case compareTimeOfDay:
		x.time, x.hasTime = l.clock, l.hasClock
	case compareWeekday:
		x.time, x.hasTime = clock.Time(l.weekday), l.weekday > 0
	}
	return x
}

// conjuncts lists the predicates that must all hold for a nested AND.
func conjuncts(e *Expr, list []*Predicate) []*Predicate {
	switch {
	case e.Pred != nil:
		return append(list, e.Pred)
	case e.Not != nil:
		return denied(e.Not, list)
	}
	for _, kid := range e.And {
		list = conjuncts(kid, list)
	}
	return list
}

// denied lists the predicates of a nested OR, each turned into its NOT.
func denied(e *Expr, list []*Predicate) []*Predicate {
	switch {
	case e.Pred != nil:
		p := *e.Pred
		p.Not = !p.Not
		return append(list, &p)
	case e.Not != nil:
		return conjuncts(e.Not, list)
	}
	for _, kid := range e.Or {
		list = denied(kid, list)
	}
	return list
}

// maxPairs bounds the predicates of an AND that are compared with each other.
const maxPairs = 200

// contradicts looks for two predicates about one place that exclude each
// other. Fields of several places, and lists, may hold two values at once.
func (a *analysis) contradicts(list []*Predicate) bool {
	if len(list) > maxPairs {
		return false
	}
	for i, p := range list {
		for _, q := range list[:i] {
			c, same := a.onePlace(p, q)
			if same && (a.excludes(c, p, q) || a.excludes(c, q, p)) || a.empties(p, q) || a.empties(q, p) {
				a.because("%s and %s exclude each other", q, p)
				return true
			}
		}
	}
	return false
}

// onePlace says that two predicates look at the same single place, and how it
// compares.
func (a *analysis) onePlace(p, q *Predicate) (table.Compare, bool) {
	f, g := a.operand(p), a.operand(q)
	at := f.sources(nil)
	// Of what lies at either end of a connection, the direction picks one.
	ends := len(at) == 2 && f.fn == NoFunc && at[0].When != table.Always && at[1].When != table.Always && at[0].When != at[1].When
	if len(at) != 1 && !ends || !sameOperand(f, g) {
		return 0, false
	}
	c := f.compares()
	if at[0].own >= ownTags || len(c) != 1 || c[0] == table.CompareAddrs {
		return 0, false
	}
	return c[0], true
}

// empties reports whether p holds only where the operand of q is empty, and q does
// not hold there.
func (a *analysis) empties(p, q *Predicate) bool {
	return p.Op == Null && !p.Not && (q.Op != Null || q.Not) && sameOperand(a.operand(p), a.operand(q))
}

func sameOperand(f, g *operand) bool {
	if f.fn != g.fn || len(f.args) != len(g.args) || !slices.Equal(f.at, g.at) || (f.value == nil) != (g.value == nil) {
		return false
	}
	if f.value != nil && f.value.Text != g.value.Text {
		return false
	}
	for i := range f.args {
		if !sameOperand(&f.args[i], &g.args[i]) {
			return false
		}
	}
	return true
}

// excludes reports whether p being true makes q not true.
func (a *analysis) excludes(c table.Compare, p, q *Predicate) bool {
	if p.Not || p.Op == Null || q.Op == Null || p.File != "" || q.File != "" {
		return false
	}
	if p.Op == Eq || p.Op == In {
		for i := range p.Args {
			if !a.rules(c, &p.Args[i], q) {
				return false
			}
		}
		return true
	}
	if q.Not || q.Op == Eq || c == compareWeekday || c == compareTimeOfDay {
		return false
	}
	// Two ranges: the low end of p above the high end of q.
	low, strict := lowest(p)
	high, strict2 := highest(q)
	if low == nil || high == nil {
		return false
	}
	n, ok := a.ends(c, low, high)
	return ok && (n > 0 || n == 0 && (strict || strict2))
}

// ends compares the ends of two ranges. ok is false where their order is not
// that of the cells: '10' is above '9', but '5x' is above '10' and below '9'.
func (a *analysis) ends(c table.Compare, l, m *Literal) (n int, ok bool) {
	n, ok = a.as(c, l).against(m)
	switch {
	case c == table.CompareNumber, c == table.CompareTime, c == table.CompareAddr, c >= compareTimeOfDay:
		return n, ok
	case l.hasNum != m.hasNum, l.Number != m.Number:
		return 0, false
	}
	return n, ok && (l.Number || n == strings.Compare(l.fold, m.fold) || !l.hasNum)
}

// alike reports whether q is the same for all cells that equal the literal. It is not where q
// asks how a cell is spelled and several spellings are equal: 28 and AAAA, 10.0.0.5 and
// ::ffff:10.0.0.5, an unquoted 7 and 007.
func alike(c table.Compare, l *Literal, q *Predicate) bool {
	numbers := func(quoted bool) bool {
		return !l.Number || !slices.ContainsFunc(q.Args, func(m Literal) bool { return !m.hasNum || !m.Number && !quoted })
	}
	switch q.Op {
	case Eq, In:
		return c != table.CompareText || numbers(false)
	case Lt, Le, Gt, Ge, Between:
		return c == table.CompareText && numbers(true) || c == table.CompareNumber || c == table.CompareTime || c == table.CompareAddr || c >= compareTimeOfDay
	}
	return c == table.CompareText && !l.Number
}

// rules reports whether a cell equal to the literal cannot make q true. A literal
// that stands for many cells (a CIDR, a short host name) is given the benefit.
func (a *analysis) rules(c table.Compare, l *Literal, q *Predicate) bool {
	if l.prefix.IsValid() {
		if q.Not || q.Op != Eq && q.Op != In {
			return false
		}
		for i := range q.Args {
			b := &q.Args[i]
			if !b.prefix.IsValid() && !b.addr.IsValid() || b.prefix.IsValid() && b.prefix.Overlaps(l.prefix) || b.addr.IsValid() && l.prefix.Contains(b.addr) {
				return false
			}
		}
		return true
	}
	switch c {
	case table.CompareHost, table.CompareUser, table.CompareProcess, table.ComparePath, compareIndicator:
		// "cam" also holds for cam.corp.example: compare both ways round, and
		// leave patterns and negations alone, but for the very same text.
		if q.Op != Eq && q.Op != In {
			return false
		}
		if q.Not {
			return len(q.Args) == 1 && strings.EqualFold(q.Args[0].Text, l.Text)
		}
		for i := range q.Args {
			b := &q.Args[i]
			if a.as(c, l).equals(b) != False || a.as(c, b).equals(l) != False {
				return false
			}
			name, _ := account(l.fold)
			if c == table.CompareUser && sameUser(name, "", b.fold) {
				return false // a cell without a domain is either's
			}
		}
		return true
	}
	if !alike(c, l, q) {
		return false
	}
	t := test{Predicate: q}
	v := t.apply(a.as(c, l))
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
