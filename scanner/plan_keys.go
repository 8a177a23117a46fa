package scanner

import (
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
)

// A planKey is one column that is read for every row.
type planKey struct {
	n             int
	name          string
	groups        []keyGroup
	discriminates bool   // its cells name the row's table
	category      bool   // and it is category
	dates         bool   // its cells may prove an order of dates
	stand         *stand // where it stands for a column that rows may have
}

// planKeys lists the columns that are read for every row.
func (r *run) planKeys(p *plan, names []name, fixed bool) {
	keys := keyColumns{plan: p, fixed: fixed, at: map[string]int{}}
	// First what names the tables of rows: then it is known which of the keys
	// a block's tables have at all.
	if p.mixed && !p.forced {
		keys.discriminate(names)
	}
	list := typedNames(names, p.tables)
	for ti := range p.tables {
		r.planTableKeys(&keys, ti, names, list)
	}
	p.planGeneric(names, fixed)
	for i := range p.dates {
		if d := &p.dates[i]; d.key == unnumbered {
			n, _ := findTyped(names, list, p.times[i].name)
			k := keys.add(n)
			k.dates = true
			d.key = k.n
		}
	}
	for i := range p.keys {
		p.sifted = append(p.sifted, !p.keys[i].discriminates && !p.keys[i].dates)
	}
	if only := r.spellings(); only != nil {
		p.want.Only = make([][]string, len(p.keys))
		for i := range p.keys {
			if p.sifted[i] {
				p.want.Only[i] = only.of(p.keys[i].groups)
			}
		}
	}
}

// keyColumns adds to the columns that a plan reads for every row.
type keyColumns struct {
	*plan
	fixed bool           // columns go by number, not by name
	at    map[string]int // of the keys of a stream, which are many, by name
}

// add returns the key of a column, which is made where there is none yet. It is
// good until the next add.
func (k *keyColumns) add(n name) *planKey {
	c := formats.Column{Name: n.bare, N: n.n}
	if k.fixed {
		if i := slices.IndexFunc(k.want.Keys, func(o formats.Column) bool { return o.N == n.n }); i >= 0 {
			return &k.keys[i]
		}
	} else {
		key := strings.ToLower(n.bare)
		if i, ok := k.at[key]; ok {
			return &k.keys[i]
		}
		k.at[key], c.N = len(k.keys), -1
	}
	k.want.Keys = append(k.want.Keys, c)
	k.keys = append(k.keys, planKey{n: len(k.keys), name: n.bare})
	return &k.keys[len(k.keys)-1]
}

// discriminate adds the columns whose cells name the table of their row.
func (k *keyColumns) discriminate(names []name) {
	for _, column := range discriminating {
		n, ok := find(names, column)
		switch {
		case ok:
		case k.fixed, column == originalType: // to look for it in every record would cost too much
			continue
		default:
			// A stream of both kinds may show the other one later.
			n = name{full: column, bare: column, n: -1}
		}
		key := k.add(n)
		key.discriminates, key.category, k.lastNamer = true, column == category, key.n
	}
}

// planTableKeys adds the columns that are matched in rows of a table, of which ti
// is the number.
func (r *run) planTableKeys(keys *keyColumns, ti int, names []name, list []typed) {
	t := keys.tables[ti]
	for i := range t.Keys {
		k := &t.Keys[i]
		g, ok := r.keyGroup(t, k)
		if !ok {
			continue
		}
		use := func(n name) { keys.use(keys.add(n), g, ti, k) }
		// Names may repeat: then each column of that name is matched.
		known := false
		for _, n := range names {
			if n.later {
				break // they come last and are no table's own
			}
			if strings.EqualFold(n.bare, k.Column) {
				use(n)
				known = true
				if !keys.fixed {
					break
				}
			}
		}
		for n := range untyped(list, k.Column) {
			use(n)
		}
		if !known && !keys.fixed {
			// Later records may have what the first lack.
			use(name{full: k.Column, bare: k.Column, n: -1})
		}
	}
	for _, k := range joinedKeys(t, names) {
		if g, ok := r.keyGroup(t, k); ok {
			n, _ := find(names, k.Column)
			keys.use(keys.add(n), g, ti, k)
		}
	}
}

// linkStands finds the keys that stand for other columns.
func (p *plan) linkStands() {
	columns := p.columns.Names()
	for n := range p.stands {
		s := &p.stands[n]
		for i := range p.keys {
			if strings.EqualFold(p.keys[i].name, columns[s.from]) {
				p.keys[i].stand = s
			}
		}
	}
}
