package scanner

import (
	"iter"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// An export may have a table's columns under names that are nearly theirs. A join
// in KQL gives those of its right side a digit (RemoteIP1), custom tables that came
// through the old collector have the type behind theirs (SourceIP_s), and so do,
// spelled out, columns of a union of tables that give them different types
// (AdditionalFields_string).

// joinedKeys returns keys for the columns that a join has made of a table's keys.
// The port of each is that of its own side, if it is there.
func joinedKeys(t *table.Table, names []name) []*table.Key {
	var keys []*table.Key
	for _, n := range names {
		at := len(n.bare) - 1
		if at < 1 || n.bare[at] < '1' || n.bare[at] > '9' || t.Holds(n.bare) != "" {
			continue
		}
		left := t.Key(n.bare[:at])
		if left == nil {
			continue
		}
		k := *left
		k.Column = n.bare
		beside := func(column string) string {
			o, _ := find(names, column+n.bare[at:])
			return o.bare
		}
		if k.Port != "" {
			k.Port = beside(k.Port)
		}
		if k.RoleBy != "" {
			k.RoleBy = beside(k.RoleBy)
		}
		keys = append(keys, &k)
	}
	return keys
}

// typeSuffixes say what a column of an old custom table or of a union holds.
var typeSuffixes = []string{"_s", "_d", "_g", "_t", "_b",
	"_string", "_int", "_long", "_real", "_decimal", "_datetime", "_timespan", "_bool", "_guid", "_dynamic"}

// A typed is a name that ends in a type, and what stands before that.
type typed struct {
	name
	column string
}

// typedNames returns the names that end in a type, without those that are a table's own.
func typedNames(names []name, tables []*table.Table) []typed {
	var list []typed
	for _, n := range names {
		at := strings.LastIndexByte(n.bare, '_')
		if at > 0 && slices.Contains(typeSuffixes, n.bare[at:]) &&
			!slices.ContainsFunc(tables, func(t *table.Table) bool { return t.Holds(n.bare) != "" }) {
			list = append(list, typed{n, n.bare[:at]})
		}
	}
	return list
}

// untyped yields the typed columns that stand for another, where a file or a record
// has not got that itself. In rows of a union one of them has a cell.
func untyped(list []typed, column string) iter.Seq[name] {
	return func(yield func(name) bool) {
		for i := range list {
			if strings.EqualFold(list[i].column, column) && !yield(list[i].name) {
				return
			}
		}
	}
}

// findTyped finds a column, or what stands for it.
func findTyped(names []name, list []typed, column string) (name, bool) {
	if n, ok := find(names, column); ok {
		return n, true
	}
	for n := range untyped(list, column) {
		return n, true
	}
	return name{}, false
}

// allSampled reports whether the first records of a stream are all that it has.
func allSampled(info formats.Info) bool {
	return len(info.Parts) == 1 && !info.More && info.Compression == "" && info.Size >= 0 && info.Size < 16<<10 &&
		len(info.Parts[0].Sample) < 64
}

// laterNames adds to the names in the first records of a stream those that later ones
// may have for the columns that are matched, and their ports: what a join with one
// other table gives, and the types of texts and numbers. Only the tables that the first
// records are of have them: for all tables, to plan a small file took three times as long.
func (r *run) laterNames(p *plan, names []name) []name {
	list := slices.Clip(names)
	has := make(map[string]bool, len(names))
	for _, n := range names {
		has[strings.ToLower(n.bare)] = true
	}
	add := func(column string) {
		if key := strings.ToLower(column); !has[key] {
			has[key] = true
			list = append(list, name{full: column, bare: column, n: -1, later: true})
		}
	}
	shown := make([]bool, len(p.tables))
	for _, ti := range p.def {
		if ti >= 0 && ti != p.generic {
			shown[ti] = true
		}
	}
	for ti, t := range p.tables {
		if !shown[ti] {
			continue
		}
		for i := range t.Keys {
			k := &t.Keys[i]
			if _, ok := r.keyGroup(t, k); !ok {
				continue
			}
			add(k.Column + "1")
			add(k.Column + "_s")
			for _, beside := range []string{k.Port, k.RoleBy} {
				if beside != "" {
					add(beside + "1")
				}
			}
			if k.Port != "" {
				add(k.Port + "_d")
			}
		}
	}
	return list
}
