package scanner

import (
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A latePlan says which columns rows that hold a candidate are fetched with, and
// what their hits show of them. It never changes once made: inputs with the same
// columns share it.
type latePlan struct {
	projections    []projection   // by table
	timesBy        [][]string     // by table: its time columns, in order of preference
	columns        *table.Columns // that are fetched
	fetched        [2][]int       // by stage: which of them each column of its grid is
	discriminators []int          // of columns: the cells that name a row's table, in order of preference
	category       int            // which of these is category, -1 without
	stages         [][]formats.Column
	stands         []stand
	telling        []bool // of columns: whether a cell there tells which table a row is of
}

// A stand says that column from takes the place of column to in rows where that is
// missing or empty. Both are numbers of latePlan.columns.
type stand struct{ from, to int }

// fill copies the cell of from to an empty to, and otherwise empties from.
func (s *stand) fill(cells []string) {
	if cells[s.to] == "" {
		cells[s.to] = cells[s.from]
	} else {
		cells[s.from] = ""
	}
}

// idle says, of cells that fill has seen, that from stands for nothing in this row: it
// has a cell of to.
func (s *stand) idle(cells []string) bool { return cells[s.from] == "" && cells[s.to] != "" }

// A madeLate is a latePlan with what it was made for.
type madeLate struct {
	tables               []*table.Table
	names                []name // less their samples
	fixed, mixed, forced bool
	plan                 *latePlan
}

func (m *madeLate) fits(o *madeLate) bool {
	return m.fixed == o.fixed && m.mixed == o.mixed && m.forced == o.forced && slices.Equal(m.tables, o.tables) &&
		slices.EqualFunc(m.names, o.names, func(a, b name) bool {
			return a.n == b.n && a.bare == b.bare && a.later == b.later && a.inner == b.inner
		})
}

// planLate lists the columns that rows with a candidate are fetched with.
func (r *run) planLate(p *plan, names []name, fixed bool) *latePlan {
	m := madeLate{tables: p.tables, names: names, fixed: fixed, mixed: p.mixed, forced: p.forced}
	if made, ok := r.lates.find(m.fits); ok {
		return made.plan
	}
	m.plan = r.newLatePlan(&m)
	m.tables, m.names = slices.Clone(p.tables), make([]name, len(names))
	for i, n := range names {
		m.names[i] = name{bare: n.bare, n: n.n, later: n.later, inner: n.inner}
	}
	r.lates.keep(m)
	return m.plan
}

// newLatePlan lists first ports, times and the table's name, then the rest.
func (r *run) newLatePlan(m *madeLate) *latePlan {
	c := newLateColumns(m)
	if !m.forced && (m.mixed || !m.fixed) { // elsewhere a strange name is a cell that a broken record has shifted
		c.discriminate()
	}
	matched := func(t *table.Table) func(*table.Key) bool {
		return func(k *table.Key) bool {
			_, ok := r.keyGroup(t, k)
			return ok
		}
	}
	for _, t := range m.tables {
		times := timesOf(t, m.names, m.fixed)
		c.timesBy = append(c.timesBy, times)
		c.addAll(times, 0)
		for i := range t.Keys {
			if k := &t.Keys[i]; matched(t)(k) {
				c.addAll([]string{k.Port}, 0)
			}
		}
		for _, k := range joinedKeys(t, m.names) {
			if matched(t)(k) {
				c.addAll([]string{k.Port, k.RoleBy}, 0)
			}
		}
	}
	for _, t := range m.tables {
		c.addAll(t.Columns(matched(t)), 1)
		c.addAll(r.ruleColumns(t), 1)
	}
	c.columns = table.NewColumns(c.all, c.has)
	c.telling = slices.Repeat([]bool{true}, len(c.all))
	for _, n := range c.discriminators {
		c.telling[n] = false
	}
	for _, s := range c.stands {
		c.telling[s.from] = false // what it stands for does
	}
	for _, t := range m.tables {
		c.projections = append(c.projections, newProjection(t, c.columns))
	}
	return c.latePlan
}

// lateColumns collects the columns of a latePlan.
type lateColumns struct {
	*latePlan
	fixed  bool           // they go by number, not by name
	all    []string       // those there are so far,
	has    []bool         // whether the input shows them,
	at     map[string]int // and their places by name
	number map[string]int // of the input's columns
	typed  []typed
}

func newLateColumns(m *madeLate) *lateColumns {
	c := &lateColumns{
		latePlan: &latePlan{stages: make([][]formats.Column, 2), category: -1},
		fixed:    m.fixed,
		at:       make(map[string]int, 64),
		number:   make(map[string]int, len(m.names)),
		typed:    typedNames(m.names, m.tables),
	}
	for _, inner := range []bool{false, true} { // as find has them
		for _, n := range m.names {
			if key := strings.ToLower(n.bare); n.inner == inner && !n.later && !holds(c.number, key) {
				c.number[key] = n.n
			}
		}
	}
	return c
}

// discriminate adds the columns whose cells name a row's table.
func (c *lateColumns) discriminate() {
	for _, column := range discriminating {
		if c.fixed && !holds(c.number, strings.ToLower(column)) {
			continue
		}
		n := c.add(column, 0)
		c.discriminators = append(c.discriminators, n)
		if column == category {
			c.category = n
		}
	}
}

// addAll adds columns, of which the empty name is none.
func (c *lateColumns) addAll(columns []string, stage int) {
	for _, column := range columns {
		if column != "" {
			c.add(column, stage)
		}
	}
}

// add returns the place of a column, which is fetched at that stage unless it is
// already. Where columns of its name with a type behind it may stand for it, they
// are fetched as well.
func (c *lateColumns) add(column string, stage int) int {
	key := strings.ToLower(column)
	if i, ok := c.at[key]; ok {
		return i
	}
	n, there := c.number[key]
	stands := slices.Collect(untyped(c.typed, column)) // from row to row,
	if len(stands) > 0 && !there {
		n, there = stands[0].n, !stands[0].later
		if c.fixed {
			stands = stands[1:] // but in a file that has it under this name alone
		}
	}
	i := c.put(column, n, there, stage)
	c.at[key] = i
	for _, o := range stands {
		c.stands = append(c.stands, stand{from: c.put(o.bare, o.n, !o.later, stage), to: i})
	}
	return i
}

// put adds a column of the input, n by number. One that is not there is fetched only
// where later records may have it.
func (c *lateColumns) put(column string, n int, there bool, stage int) int {
	at := len(c.all)
	if there || !c.fixed {
		col := formats.Column{Name: column, N: -1}
		if c.fixed {
			col.N = n
		}
		c.fetched[stage] = append(c.fetched[stage], at)
		c.stages[stage] = append(c.stages[stage], col)
	}
	c.all, c.has = append(c.all, column), append(c.has, there)
	return at
}

func holds(m map[string]int, key string) bool {
	_, ok := m[key]
	return ok
}
