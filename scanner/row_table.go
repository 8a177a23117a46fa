package scanner

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A naming is a cell that names a table, and which it is.
type naming struct {
	cell       string
	byCategory bool // it stood in category
	table      int8 // as tableNamed has it
}

func (n *naming) is(cell []byte, byCategory bool) bool {
	return string(cell) == n.cell && byCategory == n.byCategory
}

func (p *plan) naming(cell string, byCategory bool) naming {
	return naming{cell, byCategory, p.tableNamed(cell, byCategory)}
}

// allNamed reports whether the cells of a run name no table but def, or none. Then nothing is
// to be learnt from their rows, and they are not looked up. Most files are so: a
// dictionary of one cell stands for a million rows.
func (w *worker) allNamed(p *plan, def int8, k *planKey, run *formats.Run) bool {
	if def == other {
		return false
	}
	for i, c := range run.Cells {
		if c.Len == 0 {
			continue
		}
		if cell := run.Cell(i); !w.named.is(cell, k.category) {
			w.named = p.naming(string(cell), k.category)
		}
		if w.named.table != def {
			return false
		}
	}
	return true
}

// sortRows reads which table each row of a mixed stream belongs to, and counts the rows
// that say so. An earlier one of the discriminating columns decides before a later one:
// the keys come in that order.
func (w *worker) sortRows(in *input, b formats.Block, k *planKey, run *formats.Run) error {
	if len(w.tables) < b.Rows {
		w.tables = slices.Grow(w.tables[:0], b.Rows)[:b.Rows]
		for i := range w.tables {
			w.tables[i] = unsaid
		}
	}
	w.cells = w.cells[:0]
	for i, c := range run.Cells {
		if c.Len > 0 {
			w.cells = append(w.cells, uint32(i))
		}
	}
	refs, err := run.Rows(w.cells, w.refs[:0])
	if err != nil {
		return err
	}
	w.refs = refs
	n := int64(0)
	for _, ref := range refs {
		if w.tables[ref.Row] != unsaid {
			continue
		}
		if cell := run.Cell(int(ref.Cell)); !w.named.is(cell, k.category) {
			in.countNamed(in.plan, w.named.table, w.named.cell, n)
			n, w.named = 0, in.plan.naming(string(cell), k.category)
		}
		if t := w.named.table; t != unsaid {
			w.tables[ref.Row] = t
			if t >= 0 {
				w.met[t] = true
			}
			n++
		}
	}
	in.countNamed(in.plan, w.named.table, w.named.cell, n)
	return nil
}

// leavesUnnamed reports whether there are rows that name no table, neither in a run that
// names no other than that of the block nor in those before it.
func (w *worker) leavesUnnamed(run *formats.Run, rows int) bool {
	n := 0
	for _, c := range run.Cells {
		if c.Len > 0 {
			n++
		}
	}
	return n < rows && slices.Contains(w.tables, unsaid)
}

// nameRest finds the tables of rows that name none, in a stream of which others do: each
// by its own columns. So records without an envelope are not taken for what those in one
// are, whichever kind the stream begins with.
func (w *worker) nameRest(in *input, def int8) error {
	w.rows = w.rows[:0]
	for row, t := range w.tables {
		if t == unsaid {
			w.rows = append(w.rows, uint32(row))
		}
	}
	for rows := range slices.Chunk(w.rows, batch) {
		early, err := w.reader.Fetch(0, rows)
		if err != nil {
			return err
		}
		late, err := w.reader.Fetch(1, rows)
		if err != nil {
			return err
		}
		for i, row := range rows {
			w.row.Cells = cellsOf(in.plan, early, late, i, w.row.Cells, nil)
			if t := w.shownTable(in.plan, w.row.Cells, def); t != def {
				w.tables[row], w.met[t] = t, true
				in.count(in.plan, t, 1)
			}
		}
	}
	return nil
}

// maxShown bounds how many sets of columns a worker knows the tables of.
const maxShown = 1 << 14

// shownTable is the table whose columns the cells of a row show, or def if that has all
// of them or none has, or if the row says that it is of def. In a stream whose first
// records name no table, it is another than def only if it has each of the columns that
// def has: what a row of def shows beside them, as after a join, does not take it away.
func (w *worker) shownTable(p *plan, cells []string, def int8) int8 {
	w.ownColumns = append(w.ownColumns[:0], byte(def))
	for n, cell := range cells {
		if cell != "" && p.telling[n] {
			w.ownColumns = binary.AppendUvarint(w.ownColumns, uint64(n))
		}
	}
	found, ok := w.byColumns[string(w.ownColumns)]
	if !ok {
		found = p.tableByColumns(cells, def)
		if len(w.byColumns) < maxShown {
			w.byColumns[string(w.ownColumns)] = found
		}
	}
	if found != def && def >= 0 && p.tables[def].Claims(p.columns, cells) {
		return def
	}
	return found
}

// tableByColumns is what shownTable has for a row of these columns.
func (p *plan) tableByColumns(cells []string, def int8) int8 {
	var names []string
	for n, cell := range cells {
		if cell != "" && p.telling[n] {
			names = append(names, p.columns.Names()[n])
		}
	}
	if def >= 0 && !slices.ContainsFunc(names, func(c string) bool { return p.tables[def].Holds(c) == "" }) {
		return def
	}
	t, _, err := table.Detect(p.tables, table.Evidence{Columns: names})
	if t == nil && def >= 0 {
		t, err = p.tables[def].Likeliest(p.tables, names), nil
	}
	lacks := func(c string) bool { return p.tables[def].Holds(c) != "" && t.Holds(c) == "" }
	if t == nil || err != nil || !p.mixed && slices.ContainsFunc(names, lacks) {
		return def
	}
	return int8(slices.Index(p.tables, t))
}

// countRest counts the rows of a block that do not say which table they are of.
func (w *worker) countRest(in *input, b formats.Block, def int8) {
	n := int64(b.Rows)
	for _, t := range w.tables {
		if t != unsaid {
			n--
		}
	}
	in.count(in.plan, def, n)
}

// rowTable says which table a row belongs to: index into plan.tables, or -1.
func (w *worker) rowTable(p *plan, cells []string, row uint32, def int8) int8 {
	if len(w.tables) > 0 {
		if t := w.tables[row]; t != unsaid {
			return t
		}
		return def
	}
	for _, n := range p.discriminators {
		switch cell := cells[n]; {
		case cell == "":
			continue
		case !w.hitNamed.is(bytesOf(cell), n == p.category):
			w.hitNamed = p.naming(strings.Clone(cell), n == p.category)
		}
		if w.hitNamed.table != unsaid {
			return w.hitNamed.table
		}
	}
	if p.byColumns && def >= 0 && def != p.generic {
		return w.shownTable(p, cells, def)
	}
	return def
}

// count adds rows of a table to the input's tally; other rows go by the part.
func (i *input) count(p *plan, t int8, n int64) {
	if n == 0 {
		return
	}
	name := "unknown tables"
	if t >= 0 {
		name = p.tables[t].Name
	}
	i.mu.Lock()
	i.tables[name] += n
	i.mu.Unlock()
}

// maxOtherTables bounds how many names of other tables are remembered.
const maxOtherTables = 64

// countNamed adds rows of the table that their cell names.
func (i *input) countNamed(p *plan, t int8, cell string, n int64) {
	if n == 0 {
		return
	}
	if t >= 0 {
		i.count(p, t, n)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, ok := i.tables[cell]; !ok && len(i.tables) >= maxOtherTables {
		cell = "unknown tables"
	}
	i.tables[cell] += n
}
