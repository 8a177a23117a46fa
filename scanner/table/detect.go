package table

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// ErrTie is the cause if the columns fit two tables equally well. ErrWeak is the cause if
// they share too little with a table to be taken for it, but too much to be passed over.
var (
	ErrTie  = errors.New("columns fit several tables equally well: choose with --table")
	ErrWeak = errors.New("columns are not enough to tell the table: choose with --table")
)

// Evidence is what is known of an input before it is read whole.
type Evidence struct {
	Types   []string // cells of _OriginalType, Type or category that name tables, from the first records
	Path    string   // with folders, and the member of an archive
	Columns []string // bare names
}

// Detect says which table an input holds. In this order: a Type or category
// cell, the path (am-TABLE, insights-logs-advancedhunting-TABLE, Type=TABLE),
// a header fingerprint, the table that shares most column names with at least
// one of level hunt (which is not for optional tables: lists of URLs and of
// hashes resemble those), the name of the file. If nothing fits, t is nil and
// unknown the name of the table that the input says it holds, if it says so. A tie is
// ErrTie, unless one of the tables is not optional. A column that a hunt reads, with
// nothing to bear it out, is ErrWeak.
//
// The result of a search job, a restored and a custom table (_SRCH, _RST, _CL) may have
// any name. If no table has that name, path and fingerprint decide; a result or restored
// table that has only a hunt's columns is ErrWeak.
func Detect(tables []*Table, d Evidence) (t *Table, unknown string, err error) {
	t, names := fromTypes(tables, d.Types)
	if t != nil {
		return t, "", nil
	}
	if len(names) > 0 {
		if unknown = names[0]; len(names) > 1 || !isCopy(unknown) {
			return nil, unknown, nil
		}
	}
	if t, said := fromPath(tables, d.Path); t != nil || said != "" && unknown == "" {
		return t, said, nil
	}
	t, err = fromColumns(tables, d.Columns, unknown != "")
	switch {
	case t != nil:
		return t, "", nil
	case unknown == "":
		if f := fromFile(tables, d); f != nil {
			return f, "", nil
		}
	case hasSuffix(unknown, "_CL"):
		return nil, unknown, nil // there are many, of all kinds of things
	}
	return nil, unknown, err
}

// fromTypes returns the first table that a cell names, or the different names of
// tables that are not known.
func fromTypes(tables []*Table, cells []string) (t *Table, unknown []string) {
	for _, name := range cells {
		name = typeName(name)
		if !plausible(name) {
			continue // cells that a broken export has shifted here say nothing
		}
		if t := ByName(tables, name); t != nil {
			return t, nil
		}
		if !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	return nil, unknown
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

// plausible reports whether a cell could name a table. One or two letters are
// something else: a DNS record type, a flag.
func plausible(s string) bool { return len(s) > 2 && nameChars(s) }

// nameChars reports whether a text is made of the characters that names of tables have.
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

// IsHunting reports whether a category cell names a table of Advanced Hunting.
func IsHunting(cell string) bool { return typeName(cell) != strings.TrimSpace(cell) }

// copySuffixes are the suffixes that names of copies of a table have.
var copySuffixes = []string{"_KQL_CL", "_CL", "_SRCH", "_RST"}

// isCopy reports whether a name has such a suffix.
func isCopy(name string) bool {
	return slices.ContainsFunc(copySuffixes, func(suffix string) bool { return hasSuffix(name, suffix) })
}

// hasSuffix reports whether a name ends in a suffix, in any case, and is longer.
func hasSuffix(name, suffix string) bool {
	n := len(name) - len(suffix)
	return n > 0 && strings.EqualFold(name[n:], suffix)
}

// plainName strips the suffixes that copies of a table carry.
func plainName(name string) string {
	name = strings.TrimSpace(name)
	for {
		cut := name
		for _, suffix := range copySuffixes {
			if hasSuffix(cut, suffix) {
				cut = cut[:len(cut)-len(suffix)]
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

// nameSet has the names of columns in lower case, but for those that tell nothing.
func nameSet(columns []string) map[string]bool {
	names := map[string]bool{}
	for _, c := range columns {
		if c = strings.ToLower(c); c != "" && !common(c) {
			names[c] = true
		}
	}
	return names
}

// fromColumns returns the table that columns are of. One that is doubtful needs
// its fingerprint.
func fromColumns(tables []*Table, columns []string, doubtful bool) (*Table, error) {
	names := nameSet(columns)
	var fit []*Table
	for _, t := range tables {
		if hasAll(names, t.Fingerprint) {
			fit = append(fit, t)
		}
	}
	if len(fit) == 0 {
		var err error
		if fit, err = resembling(tables, names, doubtful); err != nil {
			return nil, err
		}
	}
	if len(fit) == 0 && !doubtful {
		return whole(tables, names)
	}
	fit = append(fit, outdoing(tables, fit, names)...)
	if f := fuller(tables, fit, names); f != nil {
		return f, nil
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
		return nil, fmt.Errorf("%w (%s)", ErrTie, strings.Join(best, ", "))
	}
	return t, nil
}

// whole returns the table that has all columns of an input, a time and a matched
// one among them: look-ups of names in DeviceEvents, from which the portal leaves
// out the RemoteIP. Fewer than half a dozen may be chance.
func whole(tables []*Table, names map[string]bool) (*Table, error) {
	if len(names) < 6 {
		return nil, nil
	}
	there := func(c string) bool { return names[strings.ToLower(c)] }
	var fit []*Table
	var all []string
	for _, t := range tables {
		if t.shares(names) == len(names) && slices.ContainsFunc(t.Times, there) &&
			slices.ContainsFunc(t.KeysAt(Wide), func(k Key) bool { return there(k.Column) }) {
			fit, all = append(fit, t), append(all, t.Name)
		}
	}
	switch len(fit) {
	case 0:
		return nil, nil
	case 1:
		return fit[0], nil
	}
	return nil, fmt.Errorf("%w (%s)", ErrTie, strings.Join(all, ", "))
}

// fuller returns the table that an input has most columns of, if it has all that
// each of fit has and a matched one that none of them has. Defender's portal leaves
// empty columns out of what it exports, and with them a part of a fingerprint:
// DeviceEvents without a RemoteIP looks like DeviceProcessEvents, whose LocalIP
// nobody would look for. It is nil where fit are as good.
func fuller(tables, fit []*Table, names map[string]bool) (best *Table) {
	most := 0
	for _, t := range tables {
		covers := func(f *Table) bool { return t != f && t.covers(f, names) && t.matchesMore(f, names) }
		if n := t.shares(names); n > most && len(fit) > 0 && !slices.ContainsFunc(fit, func(f *Table) bool { return !covers(f) }) {
			best, most = t, n
		}
	}
	return best
}

// matchesMore reports whether one of the named columns is matched in t and unknown to o.
func (t *Table) matchesMore(o *Table, names map[string]bool) bool {
	return slices.ContainsFunc(t.KeysAt(Wide), func(k Key) bool {
		_, has := o.native.folded(k.Column)
		return !has && names[strings.ToLower(k.Column)]
	})
}

// Beside returns the other tables of which a file with these columns may hold rows: it
// has their fingerprint, and a column of theirs that t does not know. Connections, files
// and processes of a device are so in one timeline, each row with its own cells.
func (t *Table) Beside(tables []*Table, columns []string) (others []*Table) {
	names := nameSet(columns)
	for _, o := range tables {
		strange := func(c string) bool { return o.Holds(c) != "" && t.Holds(c) == "" }
		if o != t && hasAll(names, o.Fingerprint) && slices.ContainsFunc(columns, strange) {
			others = append(others, o)
		}
	}
	return others
}

// Claims reports whether a row says that it is of t. A join gives connections the cells
// of logons or files, and where those that only connections have are empty, these may be
// all that another table has.
func (t *Table) Claims(columns *Columns, cells []string) bool {
	if t.rows == nil {
		return false
	}
	i := columns.Index(t.rows.column)
	return i >= 0 && matchesAny(t.rows.words, cells[i])
}

// Likeliest returns the table that a row with these columns is of where they show none
// beyond doubt, and t does not know them all: it does, one is matched in it that t does
// not know, and it has at least two columns of its fingerprint, and most of several such
// tables. What is known of a file by SHA1 alone is so no less of DeviceFileEvents, but a
// Name is nobody's. nil if there is none.
func (t *Table) Likeliest(tables []*Table, columns []string) (best *Table) {
	names, most := nameSet(columns), 1
	for _, o := range tables {
		strange := func(c string) bool { return o.Holds(c) == "" }
		gains := func(c string) bool { return o.Key(c) != nil && t.Holds(c) == "" }
		if o == t || slices.ContainsFunc(columns, strange) || !slices.ContainsFunc(columns, gains) {
			continue
		}
		n := 0
		for _, want := range o.Fingerprint {
			if names[strings.ToLower(want)] {
				n++
			}
		}
		if n > most {
			best, most = o, n
		}
	}
	return best
}

// outdoing returns the tables of hunts that optional ones would cost something: they
// match all that each of fit does, and a column that none of these knows. What is joined
// to logons has their LogonType, and the RemoteUrl of connections.
func outdoing(tables, fit []*Table, names map[string]bool) (better []*Table) {
	for _, t := range tables {
		loses := func(f *Table) bool { return !f.Optional || f.matchesMore(t, names) || !t.matchesMore(f, names) }
		hunted := t.hunted(names)
		if !t.Optional && len(fit) > 0 && len(hunted) > 0 && t.bearsOut(hunted, names) && !slices.ContainsFunc(fit, loses) {
			better = append(better, t)
		}
	}
	return better
}

func hasAll(names map[string]bool, want []string) bool {
	for _, w := range want {
		if !names[strings.ToLower(w)] {
			return false
		}
	}
	return len(want) > 0
}

// covers reports whether t has all those of the named columns that o has.
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

// resembling returns the tables that are borne out by the columns of an input that
// the hunt reads. Where none is, it is ErrWeak if such a column is no common word, and
// else none: much has a name. Columns of hunts alone, one of each, are a matter of choice.
func resembling(tables []*Table, names map[string]bool, doubtful bool) (fit []*Table, err error) {
	var alike []*Table
	var weak []string
	for _, t := range tables {
		hunted := t.hunted(names)
		if t.Optional || len(hunted) == 0 {
			continue
		}
		alike = append(alike, t)
		if t.bearsOut(hunted, names) {
			fit = append(fit, t)
		}
		if i := slices.IndexFunc(hunted, func(k Key) bool { return t.telling(k.Column) }); i >= 0 || doubtful {
			weak = append(weak, hunted[max(i, 0)].Column+" of "+t.Name)
		}
	}
	switch {
	case doubtful && len(weak) > 0, len(fit) == 0 && len(weak) > 0 && len(alike) != len(names):
		return nil, fmt.Errorf("%w (%s)", ErrWeak, strings.Join(weak, ", "))
	case len(fit) == 0 && len(weak) > 0:
		return alike, nil
	}
	return fit, nil
}

// Outnumbered reports whether an input shares so little with the table that there may be
// more of what it is about in columns that the table lacks: no event time, not its
// fingerprint, and less than a quarter of all columns. Events of Windows have a SourceIp
// and a DestinationIp, and addresses under a dozen other names.
func (t *Table) Outnumbered(columns []string) bool {
	names := nameSet(columns)
	return !hasAll(names, t.Fingerprint) && 4*t.shares(names) < len(names) &&
		!slices.ContainsFunc(t.Times, func(c string) bool { return names[strings.ToLower(c)] })
}

// telling reports whether a column of the table is neither that of a host nor one
// of the words that lists of all kinds have.
func (t *Table) telling(column string) bool {
	switch strings.ToLower(column) {
	case "name", "message", "description", "reason", "result", "severity", "confidence",
		"computer", "host", "hostname", "ip", "address", "domain", "url":
		return false
	}
	return t.Holds(column) != "host"
}

// hunted returns the keys of level hunt whose columns are there.
func (t *Table) hunted(names map[string]bool) []Key {
	return slices.DeleteFunc(t.KeysAt(Hunt), func(k Key) bool { return !names[strings.ToLower(k.Column)] })
}

// bearsOut reports whether columns which the hunt reads are no coincidence: there are
// two, or besides one an event time or half of all columns are the table's. A
// package.json has a name and a description, as DNS events could have. Beside an
// address under a name of several words there has to be a time, or another column
// that tells something and is called by several words, or one with a quarter of all: a
// list of hosts has one with their owners, and what a product logs in dozens of columns
// has its destinationip, activity and protocol, too, and more addresses under names of
// its own.
func (t *Table) bearsOut(hunted []Key, names map[string]bool) bool {
	n := t.shares(names)
	if len(hunted) > 1 || n == len(names) {
		return true
	}
	if n < 2 || slices.ContainsFunc(t.Times, func(c string) bool { return names[strings.ToLower(c)] }) {
		return n >= 2
	}
	if k := hunted[0]; k.Kind != ioc.KindIP || !severalWords(k.Column) {
		return 2*n >= len(names)
	}
	others, worded := 0, 0
	for name := range names {
		if c, ok := t.native.get(name); ok && t.telling(name) {
			others++
			if severalWords(c.name) {
				worded++
			}
		}
	}
	return others > 1 && (worded > 1 || 4*n >= len(names))
}

// severalWords reports whether a name is made of words, like SourceIP and src_ip: what
// is called ip or Address may be anything.
func severalWords(name string) bool {
	for i := 1; i < len(name); i++ {
		if name[i] == '_' || 'A' <= name[i] && name[i] <= 'Z' && 'a' <= name[i-1] && name[i-1] <= 'z' {
			return true
		}
	}
	return false
}
