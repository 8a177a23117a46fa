package table

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// ErrTie is the cause when the columns fit two tables equally well.
var ErrTie = errors.New("columns fit several tables equally well: choose with --table")

// Evidence is what is known of an input before it is read whole.
type Evidence struct {
	Types   []string // cells of Type and category, from the first records
	Path    string   // with folders, and the member of an archive
	Columns []string // bare names
}

// Detect says which table an input holds. In this order: a Type or category
// cell, the path (am-TABLE, insights-logs-advancedhunting-TABLE, Type=TABLE),
// a header fingerprint, the table that shares most column names with at least
// one of level hunt (which is not for optional tables: lists of URLs and of
// hashes resemble those), the name of the file. Where nothing fits, t is nil;
// unknown is then the name of the table that the input says it holds, if it
// says so. A tie is ErrTie, unless one of the tables is no optional one.
func Detect(tables []*Table, d Evidence) (t *Table, unknown string, err error) {
	for _, name := range d.Types {
		name = typeName(name)
		if !plausible(name) {
			continue // cells that a broken export has shifted here say nothing
		}
		if t := ByName(tables, name); t != nil {
			return t, "", nil
		}
		if unknown == "" {
			unknown = name
		}
	}
	if unknown != "" {
		return nil, unknown, nil
	}
	if t, unknown := fromPath(tables, d.Path); t != nil || unknown != "" {
		return t, unknown, nil
	}
	t, unknown, err = fromColumns(tables, d.Columns)
	if t == nil && unknown == "" {
		if f := fromFile(tables, d); f != nil {
			return f, "", nil
		}
	}
	return t, unknown, err
}

// fromFile looks for a table whose name stands in the name of the file, and one
// of whose matched columns is there: DeviceFileEvents.csv, DnsEvents-May.csv.
func fromFile(tables []*Table, d Evidence) *Table {
	for t := range inFileName(tables, d.Path) {
		matched := func(k Key) bool {
			return slices.ContainsFunc(d.Columns, func(c string) bool { return strings.EqualFold(c, k.Column) })
		}
		if slices.ContainsFunc(t.KeysAt(Wide), matched) {
			return t
		}
	}
	return nil
}

// inFileName yields the tables whose names stand in the name of a file.
func inFileName(tables []*Table, path string) iter.Seq[*Table] {
	return func(yield func(*Table) bool) {
		file := path[strings.LastIndexAny(path, `/\`)+1:]
		words := strings.FieldsFunc(file, func(r rune) bool {
			return !('a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9')
		})
		for _, word := range words {
			if t := ByName(tables, word); t != nil && !yield(t) {
				return
			}
		}
	}
}

// InFileName is the first table whose name stands in the name of a file, nil
// without one.
func InFileName(tables []*Table, path string) *Table {
	for t := range inFileName(tables, path) {
		return t
	}
	return nil
}

// plausible says that a cell could name a table. One or two letters are
// something else: a DNS record type, a flag.
func plausible(s string) bool { return len(s) > 2 && nameChars(s) }

// nameChars says that a text has what names of tables are made of.
func nameChars(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || i > 0 && '0' <= c && c <= '9') {
			return false
		}
	}
	return s != ""
}

const hunting = "advancedhunting-"

// typeName cuts AdvancedHunting- off a category cell.
func typeName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > len(hunting) && strings.EqualFold(s[:len(hunting)], hunting) {
		return s[len(hunting):]
	}
	return s
}

// plainName strips the suffixes that copies of a table carry.
func plainName(name string) string {
	name = strings.TrimSpace(name)
	for {
		cut := name
		for _, suffix := range []string{"_KQL_CL", "_CL", "_SRCH", "_RST"} {
			if n := len(cut) - len(suffix); n > 0 && strings.EqualFold(cut[n:], suffix) {
				cut = cut[:n]
			}
		}
		if cut == name {
			return name
		}
		name = cut
	}
}

// fromPath looks at folder and file names, the innermost first. An am- folder
// with another name is no evidence against the columns (am-backup), the other
// two forms are.
func fromPath(tables []*Table, path string) (t *Table, unknown string) {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' })
	for i := len(parts) - 1; i >= 0; i-- {
		p := strings.ToLower(parts[i])
		var name string
		sure := true
		switch {
		case strings.HasPrefix(p, "insights-logs-"+hunting):
			name = p[len("insights-logs-"+hunting):]
		case strings.HasPrefix(p, "type="):
			name = parts[i][len("type="):]
		case strings.HasPrefix(p, "am-"):
			name, sure = p[len("am-"):], false
		default:
			continue
		}
		if t := ByName(tables, name); t != nil {
			return t, ""
		}
		if sure && unknown == "" && name != "" {
			unknown = name
		}
	}
	return nil, unknown
}

// common are columns that nearly every table has: they tell nothing.
func common(name string) bool {
	switch name {
	case "type", "tenantid", "sourcesystem", "tablename":
		return true
	}
	return strings.HasPrefix(name, "_")
}

func fromColumns(tables []*Table, columns []string) (*Table, string, error) {
	names := map[string]bool{}
	for _, c := range columns {
		if c = strings.ToLower(c); c != "" && !common(c) {
			names[c] = true
		}
	}
	var fit []*Table
	for _, t := range tables {
		if hasAll(names, t.Fingerprint) {
			fit = append(fit, t)
		}
	}
	if len(fit) == 1 {
		return fit[0], "", nil
	}
	if len(fit) == 0 {
		for _, t := range tables {
			if !t.Optional && t.fits(names) {
				fit = append(fit, t)
			}
		}
	}
	// A timeline of all kinds of events has the columns of many tables. It goes
	// to one that every sweep should have before an optional one, unless the
	// optional one has all of the columns that both could have.
	fit = slices.DeleteFunc(slices.Clone(fit), func(f *Table) bool {
		return f.Optional && slices.ContainsFunc(fit, func(o *Table) bool { return !o.Optional && !f.covers(o, names) })
	})
	var best []string
	var t *Table
	most := 0
	for _, f := range fit {
		switch n := f.shares(names); {
		case n > most, n == most && t.Optional && !f.Optional:
			t, most, best = f, n, []string{f.Name}
		case n == most && t.Optional == f.Optional:
			best = append(best, f.Name)
		}
	}
	if len(best) > 1 {
		return nil, "", fmt.Errorf("%w (%s)", ErrTie, strings.Join(best, ", "))
	}
	return t, "", nil
}

func hasAll(names map[string]bool, want []string) bool {
	for _, w := range want {
		if !names[strings.ToLower(w)] {
			return false
		}
	}
	return len(want) > 0
}

// covers says that all of the named columns that o has are columns of t too.
func (t *Table) covers(o *Table, names map[string]bool) bool {
	for name := range names {
		_, has := t.native.get(name)
		if _, other := o.native.get(name); other && !has {
			return false
		}
	}
	return true
}

func (t *Table) shares(names map[string]bool) int {
	n := 0
	for name := range names {
		if _, ok := t.native.get(name); ok {
			n++
		}
	}
	return n
}

// fits says whether columns could be an export of the table at all: one that
// the hunt reads, and then an event time or half of all columns, so that a
// package.json with a name and a description is not taken for DNS events.
func (t *Table) fits(names map[string]bool) bool {
	hunted, timed := false, false
	for _, k := range t.Keys {
		hunted = hunted || k.Level == Hunt && names[strings.ToLower(k.Column)]
	}
	for _, c := range t.Times {
		timed = timed || names[strings.ToLower(c)]
	}
	n := t.shares(names)
	return hunted && (n >= 2 && (timed || 2*n >= len(names)) || n == len(names))
}
