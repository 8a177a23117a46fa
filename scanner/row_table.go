package scanner

import (
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
)

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
		if cell := run.Cell(i); string(cell) != w.named || k.category != w.byCategory {
			w.named, w.byCategory = string(cell), k.category
			w.namedTable = p.tableNamed(w.named, k.category)
		}
		if w.namedTable != def {
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
		if cell := run.Cell(int(ref.Cell)); string(cell) != w.named || k.category != w.byCategory {
			in.countNamed(in.plan, w.namedTable, w.named, n)
			n, w.named, w.byCategory = 0, string(cell), k.category
			w.namedTable = in.plan.tableNamed(w.named, k.category)
		}
		if w.namedTable != unsaid {
			w.tables[ref.Row] = w.namedTable
			if w.namedTable >= 0 {
				w.met[w.namedTable] = true
			}
			n++
		}
	}
	in.countNamed(in.plan, w.namedTable, w.named, n)
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
		case cell != w.hitNamed || (n == p.category) != w.hitByCategory:
			w.hitNamed, w.hitByCategory = strings.Clone(cell), n == p.category
			w.hitNamedTable = p.tableNamed(cell, w.hitByCategory)
		}
		if w.hitNamedTable != unsaid {
			return w.hitNamedTable
		}
	}
	return def
}
