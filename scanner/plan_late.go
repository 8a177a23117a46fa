package scanner

import (
	"slices"
	"strings"
	"sync"

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
	stages         [][]formats.Column
	stands         []stand
}

// A stand says that one of the fetched columns stands for another in rows that
// lack that one.
type stand struct{ from, to int }

// fill puts a cell where it stands for one that is empty, and takes it out where it
// does not.
func (s *stand) fill(cells []string) {
	if cells[s.to] == "" {
		cells[s.to] = cells[s.from]
	} else {
		cells[s.from] = ""
	}
}

// idle says that what fill has been given holds the other column itself.
func (s *stand) idle(cells []string) bool { return cells[s.from] == "" && cells[s.to] != "" }

// latePlans are those made last. Exports come in many files alike, of which each
// is small: to plan one took as long as all else.
type latePlans struct {
	mu   sync.Mutex
	made []madeLate
	next int // to be replaced, of maxLatePlans
}

type madeLate struct {
	tables               []*table.Table
	names                []name // less their samples
	fixed, mixed, forced bool
	plan                 *latePlan
}

const maxLatePlans = 16

func (m *madeLate) fits(o *madeLate) bool {
	return m.fixed == o.fixed && m.mixed == o.mixed && m.forced == o.forced && slices.Equal(m.tables, o.tables) &&
		slices.EqualFunc(m.names, o.names, func(a, b name) bool { return a.n == b.n && a.bare == b.bare && a.later == b.later })
}

// planLate lists the columns that rows with a candidate are fetched with.
func (r *run) planLate(p *plan, names []name, fixed bool) *latePlan {
	m := madeLate{tables: p.tables, names: names, fixed: fixed, mixed: p.mixed, forced: p.forced}
	l := &r.lates
	l.mu.Lock()
	for i := range l.made {
		if l.made[i].fits(&m) {
			defer l.mu.Unlock()
			return l.made[i].plan
		}
	}
	l.mu.Unlock()
	m.plan = r.newLatePlan(&m)
	m.tables, m.names = slices.Clone(p.tables), make([]name, len(names))
	for i, n := range names {
		m.names[i] = name{bare: n.bare, n: n.n, later: n.later}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.made) < maxLatePlans {
		l.made = append(l.made, m)
	} else {
		l.made[l.next%maxLatePlans] = m
		l.next++
	}
	return m.plan
}

// newLatePlan lists first ports, times and the table's name, then the rest.
func (r *run) newLatePlan(m *madeLate) *latePlan {
	p := &latePlan{stages: make([][]formats.Column, 2)}
	var all []string
	var has []bool
	at, number := make(map[string]int, 64), make(map[string]int, len(m.names)) // of all, and in the file
	for _, n := range m.names {
		if key := strings.ToLower(n.bare); !n.later && !holds(number, key) {
			number[key] = n.n
		}
	}
	typed := typedNames(m.names, m.tables)
	put := func(column string, n int, there bool, stage int) int {
		if there || !m.fixed {
			col := formats.Column{Name: column, N: -1}
			if m.fixed {
				col.N = n
			}
			p.fetched[stage] = append(p.fetched[stage], len(all))
			p.stages[stage] = append(p.stages[stage], col)
		}
		all, has = append(all, column), append(has, there)
		return len(all) - 1
	}
	add := func(column string, stage int) int {
		key := strings.ToLower(column)
		if i, ok := at[key]; ok {
			return i
		}
		n, there := number[key]
		o, stands := untyped(typed, column)
		either := stands && (there || !m.fixed) // from row to row
		if stands && !there {
			n, there = o.n, !o.later
		}
		i := put(column, n, there, stage)
		at[key] = i
		if either {
			p.stands = append(p.stands, stand{from: put(o.bare, o.n, !o.later, stage), to: i})
		}
		return i
	}
	if !m.forced && (m.mixed || !m.fixed) {
		// Elsewhere a strange name is a cell that a broken record has shifted.
		for _, column := range discriminating {
			if holds(number, strings.ToLower(column)) || !m.fixed {
				p.discriminators = append(p.discriminators, add(column, 0))
			}
		}
	}
	matched := func(t *table.Table) func(*table.Key) bool {
		return func(k *table.Key) bool {
			_, ok := r.keyGroup(t, k)
			return ok
		}
	}
	for _, t := range m.tables {
		times := timesOf(t, m.names, m.fixed)
		p.timesBy = append(p.timesBy, times)
		for _, column := range times {
			add(column, 0)
		}
		for i := range t.Keys {
			if k := &t.Keys[i]; k.Port != "" && matched(t)(k) {
				add(k.Port, 0)
			}
		}
		for _, k := range joinedKeys(t, m.names) {
			for _, column := range []string{k.Port, k.RoleBy} {
				if column != "" && matched(t)(k) {
					add(column, 0)
				}
			}
		}
	}
	for _, t := range m.tables {
		for _, column := range t.Columns(matched(t)) {
			add(column, 1)
		}
		for _, column := range r.ruleColumns(t) {
			add(column, 1)
		}
	}
	p.columns = table.NewColumns(all, has)
	for _, t := range m.tables {
		p.projections = append(p.projections, newProjection(t, p.columns))
	}
	return p
}

func holds(m map[string]int, key string) bool {
	_, ok := m[key]
	return ok
}
