package scanner

import (
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/scanner/table"
)

// An export may have a table's columns under names that are nearly theirs. A join
// in KQL gives those of its right side a digit (RemoteIP1), and custom tables that
// came through the old collector have the type behind theirs (SourceIP_s).

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

// typeSuffixes say what a column of an old custom table holds.
var typeSuffixes = []string{"_s", "_d", "_g", "_t", "_b"}

// typedNames returns the names that end in a type, without those that are a table's own.
func typedNames(names []name, tables []*table.Table) []name {
	var list []name
	for _, n := range names {
		if at := len(n.bare) - len("_s"); at > 0 && slices.Contains(typeSuffixes, n.bare[at:]) &&
			!slices.ContainsFunc(tables, func(t *table.Table) bool { return t.Holds(n.bare) != "" }) {
			list = append(list, n)
		}
	}
	return list
}

// untyped finds the column among typed ones that stands for another, where a file
// or a record has not got that itself.
func untyped(typed []name, column string) (name, bool) {
	for _, n := range typed {
		if strings.EqualFold(n.bare[:len(n.bare)-len("_s")], column) {
			return n, true
		}
	}
	return name{}, false
}

// findTyped finds a column, or what stands for it.
func findTyped(names, typed []name, column string) (name, bool) {
	if n, ok := find(names, column); ok {
		return n, true
	}
	return untyped(typed, column)
}
