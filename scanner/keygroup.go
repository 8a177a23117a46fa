package scanner

import (
	"slices"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// how a cell is looked up.
type how uint8

const (
	howKind   how = iota // by the kind of its column
	howJSON              // by the typed members of a JSON cell
	howIn                // as KQL's in
	howHas               // as KQL's has_any
	howRecord            // a whole JSON record, each member by what it holds
)

// A keyGroup is one way to look up a column, for the tables that share it.
type keyGroup struct {
	how  how
	kind ioc.Kind
	json []ioc.Member // the typed members
	rest bool         // JSON: scan all other values as text
	uses []keyUse     // by index into plan.tables
}

// A keyUse is the key of a table that a group looks up.
type keyUse struct {
	key   *table.Key // nil where the table does not use the group
	order int        // among the uses of the table: its elements go by it
}

// keyGroup says how a key is looked up under the scan's flags, if it is. Columns
// of hashes are not, where no hash is looked for.
func (r *run) keyGroup(t *table.Table, k *table.Key) (keyGroup, bool) {
	if k.Level >= table.Never {
		return keyGroup{}, false
	}
	if k.Kind == ioc.KindHash && r.Indicators != nil && r.Indicators.Count(ioc.Hash) == 0 {
		return keyGroup{}, false // nothing to read the column for
	}
	if r.KQL {
		for _, q := range t.KQL {
			switch {
			case q.Column != k.Column:
			case q.HasAny:
				return keyGroup{how: howHas}, true
			default:
				return keyGroup{how: howIn, kind: k.Kind}, true
			}
		}
		return keyGroup{}, false
	}
	switch r.Columns {
	case ColumnsHunt:
		if k.Level != table.Hunt {
			return keyGroup{}, false
		}
	case ColumnsWide:
		if k.Level == table.Deep {
			return keyGroup{}, false
		}
	}
	if k.JSON != nil {
		return keyGroup{how: howJSON, json: k.JSON, rest: r.Columns == ColumnsDeep}, true
	}
	return keyGroup{kind: k.Kind}, true
}

// use adds a table's key to the group of k that looks it up in the same way. The
// keys of one table come in its own order, whatever order the columns are read in.
func (p *plan) use(k *planKey, g keyGroup, ti int, key *table.Key) {
	p.uses++
	use := keyUse{key, p.uses}
	for i := range k.groups {
		o := &k.groups[i]
		if o.how == g.how && o.kind == g.kind && o.rest == g.rest && slices.Equal(o.json, g.json) {
			o.uses[ti] = use
			return
		}
	}
	g.uses = make([]keyUse, len(p.tables))
	g.uses[ti] = use
	k.groups = append(k.groups, g)
}

func (g *keyGroup) use(table int) *table.Key { return g.uses[table].key }

// wanted reports whether some of the given tables use the group.
func (g *keyGroup) wanted(tables []bool) bool {
	for i, met := range tables {
		if met && g.uses[i].key != nil {
			return true
		}
	}
	return false
}

// members reports whether the cells of the group hold several members, of which
// a match shows the one alone.
func (g *keyGroup) members() bool {
	switch g.kind {
	case ioc.KindIPList, ioc.KindList, ioc.KindKV, ioc.KindText, ioc.KindHash:
		return g.how == howKind
	}
	return false
}
