package scanner

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"math/bits"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats/simd"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A projection says which cells of a row the hits of one table show, and which
// make their IDs. It is made once for inputs that are alike, so that a hit costs no
// look at a name.
type projection struct {
	table  *table.Table
	hunt   []shown        // the hunt's projected columns
	more   []shown        // those that are for triage or may match, in the definition's order
	place  map[string]int // of more, by name
	triage uint64         // bit n: more[n] is for triage
	ids    []idCell
}

// A shown column has its cell at a place of a finding's cells, -1 for one that
// the input lacks.
type shown struct {
	name string
	json string // a comma, the name as a string of JSON, a colon
	at   int
}

func newShown(name string, at int) shown {
	return shown{name, string(append(appendString([]byte{','}, name), ':')), at}
}

type idCell struct {
	at    int
	key   *table.Key // nil for a column that holds no address or name
	time  bool
	whole bool // of whole numbers
}

func newProjection(t *table.Table, columns *table.Columns) projection {
	p := projection{table: t, place: map[string]int{}}
	for _, c := range t.Hunt {
		at := columns.Index(c)
		holds := t.Holds(c)
		p.ids = append(p.ids, idCell{at, t.Key(c), slices.Contains(t.Times, c), holds == "int" || holds == "long"})
		if !slices.ContainsFunc(p.hunt, func(s shown) bool { return s.name == c }) {
			p.hunt = append(p.hunt, newShown(c, at))
		}
	}
	for _, c := range t.Native() {
		triage := slices.Contains(t.Triage, c)
		if slices.Contains(t.Hunt, c) || !triage && t.Key(c) == nil {
			continue
		}
		n := len(p.more)
		p.place[c] = n
		if triage && n < maxShape {
			p.triage |= 1 << n
		}
		p.more = append(p.more, newShown(c, columns.Index(c)))
	}
	return p
}

func cellAt(cells []string, at int) string {
	if at < 0 || at >= len(cells) {
		return ""
	}
	return cells[at]
}

// A shape is which columns of a projection a hit shows beside those of the hunt.
type shape struct {
	projected bool   // false: the cells of the hit say it, and nothing else
	more      uint64 // bit n: more[n]
}

// maxShape is how many columns beside the hunt's a shape can have.
const maxShape = 64

// shape is that of a hit, unless the table has too many columns.
func (p *projection) shape(h *Hit, huntOnly bool) shape {
	switch {
	case huntOnly:
		return shape{projected: true}
	case len(p.more) > maxShape:
		return shape{}
	}
	more := p.triage
	for i := range h.Matches {
		if n, ok := p.place[h.Matches[i].key.Column]; ok {
			more |= 1 << n
		}
	}
	return shape{true, more}
}

// columns are those of a shape, in the definition's order, so that equal tables
// give equal columns.
func (p *projection) columns(s shape) iter.Seq[*shown] {
	return func(yield func(*shown) bool) {
		for i := range p.hunt {
			if !yield(&p.hunt[i]) {
				return
			}
		}
		for more := s.more; more != 0; more &= more - 1 {
			if !yield(&p.more[bits.TrailingZeros64(more)]) {
				return
			}
		}
	}
}

// cells appends the cells of a row that a hit shows, in the row's cached shape if it
// has one.
func (p *projection) cells(out []Cell, row []string, h *Hit, s shape) []Cell {
	if s.projected {
		for c := range p.columns(s) {
			out = append(out, Cell{c.name, cellAt(row, c.at)})
		}
		return out
	}
	for _, c := range p.hunt {
		out = append(out, Cell{c.name, cellAt(row, c.at)})
	}
	for _, c := range p.more {
		matched := func(m Match) bool { return m.key.Column == c.name }
		if slices.Contains(p.table.Triage, c.name) || slices.ContainsFunc(h.Matches, matched) {
			out = append(out, Cell{c.name, cellAt(row, c.at)})
		}
	}
	return out
}

// fields appends the cells of a shape as fields of JSON.
func (p *projection) fields(dst []simd.Field, s shape) []simd.Field {
	from := len(dst)
	for c := range p.columns(s) {
		dst = append(dst, simd.Field{Before: c.json, At: c.at})
	}
	if len(dst) > from {
		dst[from].Before = dst[from].Before[1:] // without the first comma
	}
	return dst
}

// rowFields are the fields of the rows of one shape. Hits that follow each other
// have the same as a rule.
type rowFields struct {
	of   *projection
	as   shape
	list []simd.Field
}

// turn returns the fields of a shape. Their texts are the cells of a finding, at their
// places, or packed one behind the other.
func (f *rowFields) turn(p *projection, as shape, packed bool) []simd.Field {
	if f.of != p || f.as != as {
		f.of, f.as, f.list = p, as, p.fields(f.list[:0], as)
		for i := range f.list {
			if packed {
				f.list[i].At = i
			}
		}
	}
	return f.list
}

// maxIdentity is how much memory is kept for what makes an ID, which has the cells
// of a row.
const maxIdentity = 64 << 10

// identity is the hit's ID: the row as appendRow has it and the leading
// indicator. Exports and formats that spell the same event differently agree
// on it. It lives as long as the row.
func (p *projection) identity(row []string, h *Hit, room *room) string {
	b := p.appendRow(room.identity[:0], row, h.Time, h.HasTime)
	b = append(append(b, h.Indicator.Type.String()...), 0)
	b = append(append(b, h.Indicator.Value...), 0)
	if room.identity = b; cap(b) > maxIdentity {
		room.identity = nil
	}
	sum := sha256.Sum256(b)
	from := len(room.ids)
	room.ids = hex.AppendEncode(room.ids, sum[:8])
	return borrow(room.ids[from:])
}

// appendRow appends what makes a row the same in every export: the table, the
// time cut to milliseconds and the hunt's projected columns in normal form.
func (p *projection) appendRow(b []byte, row []string, when clock.Time, timed bool) []byte {
	b = append(append(b, p.table.Name...), 0)
	if timed {
		b = when.Milli().Append(b)
	}
	b = append(b, 0)
	for _, c := range p.ids {
		cell := cellAt(row, c.at)
		switch {
		case c.whole:
			b = append(appendNormal(b, c.key, trimFraction(strings.TrimSpace(cell))), 0)
		case !c.time:
			b = append(appendNormal(b, c.key, cell), 0)
		case !timed:
			b = append(append(b, cell...), 0)
		}
	}
	return b
}
