package scanner

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// unknownTable says that an input is no export that the scan is for.
type unknownTable struct {
	status Status
	reason string
	table  string // what it says it is, "" if nothing
	weak   bool   // it shares little with a table
}

func (u *unknownTable) Error() string { return u.reason }

// toChoose says whether an input may be of a table that is swept for, but which one the
// user has to say.
func toChoose(err error) bool {
	var u *unknownTable
	return errors.As(err, &u) && u.status == Unreadable
}

// discriminating are the columns whose cells name a row's table, in order of
// preference. In Log Analytics that is Type; in the result of a search job Type names
// the job, and _OriginalType the table. The streaming envelope has category.
var discriminating = []string{originalType, "Type", category}

const (
	originalType = "_OriginalType"
	category     = "category"
)

// force plans for the table that the scan names. If the first records name it too,
// records that name another known table are told apart and counted. If they name others
// alone, the user knows better.
func (r *run) force(in *input, p *plan, types []string) {
	p.tables, p.forced = []*table.Table{r.forced}, true
	var others []string
	for _, cell := range types {
		switch t, _, _ := table.Detect(r.tables, table.Evidence{Types: []string{cell}}); {
		case t == r.forced:
			p.forced, p.beside = !p.mixed, r.tables
			return
		case t != nil && !slices.Contains(others, t.Name):
			others = append(others, t.Name)
		}
	}
	if len(others) > 0 {
		in.report.note(fmt.Sprintf("its records say that they are of %s: taken for %s, as --table asks", strings.Join(others, ", "), r.forced.Name))
	}
}

// mayMix says whether a file with one column list may hold several tables (a union),
// though its first records show one. Either they name a table that is not swept for,
// and the columns are those of one that is. Or a column names the table, and two tables
// each have a column that is matched, and one that their own hunt prints and the other
// table lacks.
func (r *run) mayMix(part *formats.Part) bool {
	names := bareNames(part.Columns)
	has := make(map[string]bool, len(names))
	for _, c := range names {
		has[strings.ToLower(c)] = true
	}
	if _, unknown, _ := table.Detect(r.tables, table.Evidence{Types: typeCells(r.tables, part)}); unknown != "" {
		t, _, _ := table.Detect(r.tables, table.Evidence{Columns: names})
		return t != nil
	}
	if !slices.ContainsFunc(discriminating, func(c string) bool { return has[strings.ToLower(c)] }) {
		return false
	}
	matched := make([]bool, len(r.tables))
	for i, t := range r.tables {
		matched[i] = slices.ContainsFunc(t.Keys, func(k table.Key) bool { return k.Level <= table.Wide && has[strings.ToLower(k.Column)] })
	}
	prints := func(t, o *table.Table) bool {
		return slices.ContainsFunc(t.Hunt, func(c string) bool { return has[strings.ToLower(c)] && o.Holds(c) == "" })
	}
	first, _, _ := table.Detect(r.tables, table.Evidence{Types: typeCells(r.tables, part), Columns: names})
	whole := first != nil && !slices.ContainsFunc(names, func(c string) bool { return c != "" && c[0] != '_' && first.Holds(c) == "" })
	for i, t := range r.tables {
		for j, o := range r.tables[:i] {
			// A table with all of the columns is no union with an optional one,
			// of which several have most of their columns in common.
			if whole && (t.Optional || o.Optional) {
				continue
			}
			if matched[i] && matched[j] && prints(t, o) && prints(o, t) {
				return true
			}
		}
	}
	return false
}

// detect finds out which table a part is.
func (r *run) detect(in *input, part *formats.Part) (*table.Table, error) {
	if r.forced != nil {
		return r.forced, nil
	}
	e := table.Evidence{Types: typeCells(r.tables, part), Path: in.in.String(), Columns: bareNames(part.Columns)}
	t, unknown, err := table.Detect(r.tables, e)
	few := t != nil && t.Outnumbered(e.Columns) && !r.named(t, e)
	switch {
	case few && r.generic:
		return nil, &unknownTable{Unknown, "no export of a known table", unknown, true}
	case few:
		in.mu.Lock()
		in.report.note("few of its columns are those of " + t.Name + ", the others are not matched: --table generic sweeps all")
		in.mu.Unlock()
		return t, nil
	case err != nil:
		return nil, &unknownTable{Unreadable, err.Error(), "", errors.Is(err, table.ErrWeak)}
	case t != nil:
		return t, nil
	case unknown != "":
		return nil, &unknownTable{Unknown, "no export of a known table: it is " + Printable(unknown), unknown, false}
	}
	reason := "no export of a known table"
	if isJSON(in.report.Format) {
		reason += ": no records of one are found in this JSON; --table generic sweeps all of it"
	}
	return nil, &unknownTable{Unknown, reason, "", false}
}

// named reports whether something other than columns says that an input is of a table.
func (r *run) named(t *table.Table, e table.Evidence) bool {
	said, _, _ := table.Detect(r.tables, table.Evidence{Types: e.Types, Path: e.Path})
	return said != nil || table.InFileName(r.tables, e.Path) == t
}

// surely is the name of the table that a part shows beyond doubt, "" without one: the
// part has a column that is matched, and a time column or a cell that names the table.
// A name or a message alone is a column of much else.
func (r *run) surely(part *formats.Part) string {
	t := r.matched(part, "")
	if t == nil {
		return ""
	}
	if bare := bareNames(part.Columns); !slices.ContainsFunc(t.Times, func(column string) bool { return hasName(bare, column) }) {
		tables := r.choice()
		if named, _, _ := table.Detect(tables, table.Evidence{Types: typeCells(tables, part)}); named != t {
			return ""
		}
	}
	return t.Name
}

// matched returns the table of a part that has a column that is matched, nil if there is
// none. path is of its file, "" if that is not to count.
func (r *run) matched(part *formats.Part, path string) *table.Table {
	tables, bare := r.choice(), bareNames(part.Columns)
	t, _, _ := table.Detect(tables, table.Evidence{Types: typeCells(tables, part), Path: path, Columns: bare})
	if t == nil || !slices.ContainsFunc(t.KeysAt(table.Wide), func(k table.Key) bool { return hasName(bare, k.Column) }) {
		return nil
	}
	return t
}

// choice returns the tables that a part may be of.
func (r *run) choice() []*table.Table {
	if r.forced != nil {
		return []*table.Table{r.forced}
	}
	return r.tables
}

// hasName reports whether a column is among names, in any case.
func hasName(names []string, column string) bool {
	return slices.ContainsFunc(names, func(c string) bool { return strings.EqualFold(c, column) })
}

// bareNames returns columns as [formats.BareName] has them.
func bareNames(columns []string) []string {
	bare := make([]string, len(columns))
	for i, c := range columns {
		bare[i] = formats.BareName(c)
	}
	return bare
}

// typeCells returns what a part's first records have in the first of the
// discriminating columns that says something.
func typeCells(tables []*table.Table, part *formats.Part) []string {
	for _, column := range discriminating {
		if cells := sampled(part, column); len(cells) > 0 && (column != category || categorised(tables, part)) {
			return cells
		}
	}
	return nil
}

// categorised reports whether what a part has in category are names of tables: it is in the
// envelope of Azure's logs, which has operationName beside it, or one of the names is
// known. Elsewhere the column is anybody's, as for what a proxy calls a site (Malware).
func categorised(tables []*table.Table, part *formats.Part) bool {
	return slices.ContainsFunc(part.Columns, func(c string) bool {
		return strings.EqualFold(formats.BareName(c), "operationName")
	}) || slices.ContainsFunc(sampled(part, category), func(cell string) bool {
		t, _, _ := table.Detect(tables, table.Evidence{Types: []string{cell}})
		return t != nil || table.IsHunting(cell)
	})
}

// sampled returns the cells of a column in a part's first records. Those of columns in
// envelopes count if there is no other of the name.
func sampled(part *formats.Part, column string) []string {
	var cells []string
	inner := true
	for i, c := range part.Columns {
		bare := formats.BareName(c)
		in := formats.IsInner(c, bare)
		if !strings.EqualFold(bare, column) || in && !inner {
			continue
		}
		if inner && !in {
			cells, inner = nil, false
		}
		cells = append(cells, cellsIn(part.Sample, i)...)
	}
	return cells
}
