package scanner

import (
	"slices"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
)

// An element is one address or name of a row that an indicator may match: a
// whole cell, or one member of a list, JSON value or text.
type element struct {
	Key, Group int    // of plan.keys
	Member     string // key inside a JSON cell, "" otherwise
	Value      string // as exported
	Cands      []ioc.Candidate
}

// A part of worker.held: the elements of one cell.
type part struct{ from, to uint32 }

// A located element, and the row of the block in hand that holds it.
type located struct {
	row  uint32
	held uint32 // number of the element
}

// takeRun matches one run of the block in hand. It returns false where nothing
// more is wanted.
func (w *worker) takeRun(run *formats.Run, err error) bool {
	if err != nil {
		w.lose(err)
		return true
	}
	if err := w.matchKey(run); err != nil {
		w.lose(err)
	}
	return w.now.err == nil
}

// matchKey does so for a run that could be read.
func (w *worker) matchKey(run *formats.Run) (err error) {
	defer caught(&err)
	in := w.now.in
	k := &in.plan.keys[run.Key]
	switch {
	case k.discriminates && run.Key == in.plan.lastNamer && w.allNamed(in.plan, w.now.def, k, run) &&
		!(in.plan.rowwise && w.leavesUnnamed(run, w.now.block.Rows)):
	case k.discriminates:
		if w.now.err = w.sortRows(in, w.now.block, k, run); w.now.err != nil {
			return nil
		}
		if in.plan.rowwise && run.Key == in.plan.lastNamer {
			if w.now.err = w.nameRest(in, w.now.def); w.now.err != nil {
				return nil
			}
		}
	case k.dates:
		if e := w.now.evidence; e != nil && e[run.Key] == clock.None {
			e[run.Key] = w.proof(run)
		}
	}
	return w.matchRun(k, run)
}

// matchRun looks up the cells of one run and adds what the rows hold to w.found.
func (w *worker) matchRun(k *planKey, run *formats.Run) error {
	for g := range k.groups {
		if !k.groups[g].wanted(w.met) {
			continue
		}
		w.lookUp(k, g, run)
		if w.near != nil && k.groups[g].how == howKind {
			if err := w.nearRun(k, g, run); err != nil {
				return err
			}
		}
		if len(w.cells) == 0 {
			continue
		}
		refs, err := run.Rows(w.cells, w.refs[:0])
		if err != nil {
			return err
		}
		w.refs = refs
		for _, ref := range refs {
			i, ok := slices.BinarySearch(w.cells, ref.Cell)
			if !ok {
				panic("scanner: row of a cell that was not asked for")
			}
			for n := w.parts[i].from; n < w.parts[i].to; n++ {
				w.found = append(w.found, located{ref.Row, n})
			}
		}
	}
	return nil
}

// keep appends the cells of a run that may match, as [formats.Want].Keep. Keys whose
// cells also tell of something else, such as the row's table, are not judged.
func (w *worker) keep(run *formats.Run, dst []uint32) ([]uint32, bool) {
	k := &w.plan.keys[run.Key]
	if k.discriminates || k.dates || w.near != nil {
		return dst, false
	}
	for g := range k.groups {
		w.lookUp(k, g, run)
		dst = append(dst, w.cells...)
	}
	if len(k.groups) > 1 {
		slices.Sort(dst)
		dst = slices.Compact(dst)
	}
	return dst, true
}

// lookUp fills w.cells and w.parts with the cells of a run that may match.
func (w *worker) lookUp(k *planKey, g int, run *formats.Run) {
	w.cells, w.parts = w.cells[:0], w.parts[:0]
	group := &k.groups[g]
	set := w.Indicators
	switch group.how {
	case howKind:
		w.maybe = ioc.Screen(set, group.kind, run.Data, run.Cells, w.maybe[:0])
	default:
		w.maybe = w.maybe[:0]
		for i, c := range run.Cells {
			if c.Len > 0 {
				w.maybe = append(w.maybe, uint32(i))
			}
		}
	}
	for _, i := range w.maybe {
		cell := run.Cell(int(i))
		switch group.how {
		case howJSON:
			c := run.Cells[i]
			w.json = set.MatchJSON(group.json, group.rest, run.Data[c.Off:c.Off+c.Len], w.json[:0])
			if len(w.json) == 0 {
				continue
			}
			w.cells, w.parts = append(w.cells, i), append(w.parts, w.holdJSON(k.n, g))
			continue
		case howRecord:
			w.json = set.MatchJSON(nil, true, cell, w.json[:0])
			if len(w.json) == 0 {
				continue
			}
			w.cells, w.parts = append(w.cells, i), append(w.parts, w.holdRecord(k.n, g, cell))
			continue
		case howIn:
			w.cands = set.In(group.kind, cell, w.cands[:0])
		case howHas:
			w.cands = set.HasAny(cell, w.cands[:0])
		default:
			w.cands = set.Match(group.kind, cell, w.cands[:0])
		}
		if len(w.cands) == 0 {
			continue
		}
		w.cells, w.parts = append(w.cells, i), append(w.parts, w.hold(k.n, g, group.members(), cell))
	}
}

// hold splits the candidates of a cell by the member that holds them.
func (w *worker) hold(key, g int, members bool, cell []byte) part {
	from := len(w.held)
	for n, c := range w.cands {
		if n > 0 && c.Off == w.cands[n-1].Off && c.Len == w.cands[n-1].Len {
			w.alsoHold(c)
			continue
		}
		value := cell
		if members {
			value = cell[c.Off : c.Off+c.Len]
		}
		w.held = append(w.held, element{Key: key, Group: g, Value: w.texts.add(value)})
		w.alsoHold(c)
	}
	return part{uint32(from), uint32(len(w.held))}
}

// alsoHold adds a candidate to the last element.
func (w *worker) alsoHold(c ioc.Candidate) {
	e := &w.held[len(w.held)-1]
	n := len(e.Cands)
	w.slab = append(w.slab, c)
	e.Cands = w.slab[len(w.slab)-n-1 : len(w.slab) : len(w.slab)]
}

// holdJSON is hold for what a JSON cell holds.
func (w *worker) holdJSON(key, g int) part {
	from := len(w.held)
	for n, c := range w.json {
		if n > 0 {
			if o := w.json[n-1]; o.Key == c.Key && o.Value == c.Value && o.Off == c.Off && o.Len == c.Len {
				w.alsoHold(c.Candidate)
				continue
			}
		}
		w.held = append(w.held, element{Key: key, Group: g, Member: c.Key, Value: c.Value})
		w.alsoHold(c.Candidate)
	}
	return part{uint32(from), uint32(len(w.held))}
}
