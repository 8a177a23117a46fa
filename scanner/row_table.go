package scanner

import (
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
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
