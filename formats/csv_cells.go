package formats

import (
	"bytes"
	"cmp"
	"iter"
	"math/bits"
	"slices"

	"github.com/iocsweep/iocsweep/formats/mem"
	"github.com/iocsweep/iocsweep/formats/simd"
)

// reject reports the record buf[at:end]. If that is to become a row it has not yet.
func (r *csvReader) reject(at, end int, err error, matched bool) {
	end = min(end, at+maxRaw)
	r.rejects = append(r.rejects, Reject{
		Pos: r.pos(len(r.rows), at), Err: err, Raw: bytes.Clone(r.buf[at:end]), Matched: matched,
	})
}

// pos is where the record with this number in the block is, which starts at at.
// Lines are counted on from the last position asked for, so that asking in order
// costs one pass over the block.
func (r *csvReader) pos(record, at int) Pos {
	if at < r.countedTo {
		r.countedTo, r.counted = r.first, r.linesAbove
	}
	r.counted += bytes.Count(r.buf[r.countedTo:at], []byte{'\n'})
	r.countedTo = at
	return Pos{Input: r.s.c.Input, Record: int64(record), Line: int64(r.counted), Group: -1, Offset: r.base + int64(at)}
}

// Pos implements [Reader].
func (r *csvReader) Pos(row uint32) Pos {
	at := int(r.rows[row].Start)
	if r.oneLine {
		r.countedTo, r.counted = at, r.linesAbove+int(row)
	}
	return r.pos(int(row), at)
}

// Raw implements [Reader]: the record without its line end.
func (r *csvReader) Raw(row uint32) []byte {
	w := r.rows[row]
	return r.buf[w.Start:w.End:w.End]
}

// Rejects implements [Reader].
func (r *csvReader) Rejects() []Reject { return r.rejects }

// newStops finds the wanted columns among those of a part.
func newStops(p *Part, want []Column) csvStops {
	var s csvStops
	number := make([]int, len(want))
	for i, c := range want {
		n := findColumn(p.Columns, c)
		number[i] = n
		if n > 0 {
			s.ords = append(s.ords, n)
		}
		if n >= 0 {
			s.ords = append(s.ords, n+1)
		}
	}
	slices.Sort(s.ords)
	s.ords = slices.Compact(s.ords)
	s.Stops = simd.NewStops(s.ords, len(p.Columns))
	for _, n := range number {
		b := csvBounds{-1, -1}
		if n >= 0 {
			b.end = slices.Index(s.ords, n+1)
		}
		if n > 0 {
			b.start = slices.Index(s.ords, n)
		}
		s.cols = append(s.cols, b)
	}
	return s
}

// cell returns the cell between two positions that walk found in a row.
func (r *csvReader) cell(w simd.Row, b csvBounds, at []uint32) Cell {
	if b.end < 0 {
		return Cell{}
	}
	from, to := w.Start, min(at[b.end], w.End)
	if b.start >= 0 {
		from = at[b.start] + 1
	}
	return r.value(from, to)
}

// value unquotes the cell buf[from:to]. A cell with pairs of quotes in it is
// written anew behind the text.
func (r *csvReader) value(from, to uint32) Cell {
	if from >= to {
		return Cell{Off: to}
	}
	switch r.buf[from] {
	case '"':
		switch i := simd.Next(r.quotes, int(from)+1, int(to)); {
		case i < 0: // a stray quote
		case i == int(to)-1:
			return Cell{Off: from + 1, Len: to - from - 2}
		default:
			return r.unescape(from, to)
		}
	case 'n':
		if to-from == 4 && string(r.buf[from:to]) == "null" {
			return Cell{Off: from}
		}
	}
	return Cell{Off: from, Len: to - from}
}

// unescape halves the doubled quotes of a quoted cell and keeps bare ones. A cell
// whose first quote no other closes is text as it stands.
func (r *csvReader) unescape(from, to uint32) Cell {
	off := len(r.buf)
	i, end := int(from)+1, int(to)
	if r.buf[end-1] == '"' {
		r.buf = mem.Grow(r.buf, end-1-i+simd.Slack)
		if n, ok := simd.Undouble(r.buf[off:cap(r.buf)], r.buf[i:end-1]); ok {
			r.buf = r.buf[:off+n]
			return Cell{Off: uint32(off), Len: uint32(n)}
		}
	}
	for i < end {
		j := bytes.IndexByte(r.buf[i:end], '"')
		if j < 0 {
			break
		}
		if i+j == end-1 {
			r.buf = append(r.buf, r.buf[i:i+j]...)
			return Cell{Off: uint32(off), Len: uint32(len(r.buf) - off)}
		}
		r.buf = append(r.buf, r.buf[i:i+j+1]...)
		i += j + 1
		if r.buf[i] == '"' {
			i++
		}
	}
	r.buf = r.buf[:off]
	return Cell{Off: from, Len: to - from}
}

// Runs implements [Reader]: one Run for each key, with the cells that are not
// empty: most of the matched columns are empty in most rows.
func (r *csvReader) Runs() iter.Seq2[*Run, error] { return r.yield }

func (r *csvReader) runs(yield func(*Run, error) bool) {
	if len(r.rows) == 0 {
		return
	}
	sifted := r.stops != &r.keys
	if sifted {
		r.sift()
	}
	always := 0 // number in r.always.cols of the next key that it has
	for k, b := range r.keys.cols {
		switch {
		case !sifted:
			r.column(b, r.rows, &r.places)
		case r.sifter.always(k):
			r.column(r.always.cols[always], r.rows, &r.places)
			always++
		default:
			r.column(b, r.keptRows, &r.keptPlaces)
			for i, n := range r.holders {
				r.holders[i] = r.kept[n]
			}
		}
		r.run = Run{Key: k, Data: r.buf, Cells: r.cells, Find: r.find}
		if !yield(&r.run, nil) {
			return
		}
	}
}

// sift finds the rows that may hold wanted cells of sifted keys, and splits them by all
// keys. Where too many may, it does so with all rows: so far the block has been split
// by r.always alone.
func (r *csvReader) sift() {
	r.kept, r.keptRows = r.kept[:0], r.keptRows[:0]
	first, end := r.rows[0].Start, r.rows[len(r.rows)-1].End
	if r.sifter.sift(r.buf[first:end]) {
		row := 0
		for _, at := range r.sifter.at {
			at += first
			n, _ := slices.BinarySearchFunc(r.rows[row:], at, func(w simd.Row, at uint32) int { return cmp.Compare(w.End, at+1) })
			if row += n; row == len(r.rows) {
				break
			}
			if r.rows[row].Start <= at {
				r.kept, r.keptRows = append(r.kept, uint32(row)), append(r.keptRows, r.rows[row])
				row++
			}
		}
	} else {
		for row, w := range r.rows {
			r.kept, r.keptRows = append(r.kept, uint32(row)), append(r.keptRows, w)
		}
	}
	r.keptPlaces.reserve(len(r.kept), 0, len(r.keys.ords))
	out := r.room(&r.keys)
	for i, w := range r.keptRows {
		r.walk(int(w.Start), len(r.nls), r.keys.ords, out)
		r.keptPlaces.put(i, out)
	}
}

// column collects the cells of a column that are not empty in r.cells, and in
// r.holders the numbers of their rows among those given.
func (r *csvReader) column(b csvBounds, rows []simd.Row, places *csvPlaces) {
	r.cells, r.holders = r.cells[:0], r.holders[:0]
	if b.end < 0 {
		return
	}
	// Room for all rows, so that the kernel need not check it for each.
	cells, holders := mem.Grow(r.cells, len(rows))[:len(rows)], mem.Grow(r.holders, len(rows))[:len(rows)]
	var starts []uint32
	if b.start >= 0 {
		starts = places.of(b.start)
	}
	n, quoted := simd.Cells(r.buf[:cap(r.buf)], rows, starts, places.of(b.end), cells, holders)
	r.cells, r.holders = cells[:n], holders[:n]
	if quoted {
		r.unquote()
	}
}

// unquote takes the collected cells out of their quotes, and drops those with nothing
// in them. No branch depends on whether a cell has quotes: where only some cells of a
// column have, that cannot be predicted.
func (r *csvReader) unquote() {
	n := 0
	for i, c := range r.cells {
		quoted := uint32(0)
		if r.buf[c.Off] == '"' {
			quoted = 1
		}
		inside := c.Off + 1
		w, bit := inside>>6, inside&63
		// How far the next quote is, as far as 64 bits reach: nearly always the last byte.
		left := uint32(bits.TrailingZeros64(r.quotes[w]>>bit | r.quotes[w+1]<<(64-bit)))
		if (left^(c.Len-2)|left>>6)&-quoted != 0 {
			c = r.value(c.Off, c.Off+c.Len)
		} else {
			c.Off += quoted
			c.Len -= 2 * quoted
		}
		r.cells[n], r.holders[n] = c, r.holders[i]
		if c.Len != 0 {
			n++
		}
	}
	r.cells, r.holders = r.cells[:n], r.holders[:n]
}

// findRows is Run.Find of the column that was collected last.
func (r *csvReader) findRows(cells []uint32, dst []Ref) ([]Ref, error) {
	for _, c := range cells {
		dst = append(dst, Ref{Row: r.holders[c], Cell: c})
	}
	return dst, nil
}

// Fetch implements [Reader]. The rows are walked once more.
func (r *csvReader) Fetch(stage int, rows []uint32) (*Grid, error) {
	s := &r.late[stage]
	out := r.room(&s.stops)
	s.grid.byRow(len(s.stops.cols))
	for _, row := range rows {
		w := r.rows[row]
		start := int(w.Start)
		if n, _ := s.stops.Rows(r.seps, r.nls, start, start+1, r.one[:], out, 1); n == 0 { // ragged, or the like
			r.walk(start, len(r.nls), s.stops.ords, out)
		}
		for _, b := range s.stops.cols {
			s.grid.Cells = append(s.grid.Cells, r.cell(w, b, out))
		}
	}
	s.grid.Data = r.buf
	return &s.grid, nil
}

// Record implements [Reader]. Cells beyond the header have no name.
func (r *csvReader) Record(row uint32) ([]Field, error) {
	if r.names == nil {
		r.names = make([][]byte, r.width)
		for i, c := range r.s.part.Columns {
			r.names[i] = []byte(c)
		}
	}
	r.fields = r.fields[:0]
	w := r.rows[row]
	r.all = r.all[:0]
	for from := w.Start; ; {
		to := r.nextSep(from, w.End)
		r.all = append(r.all, r.value(from, to))
		if to >= w.End {
			break
		}
		from = to + 1
	}
	for i, c := range r.all {
		f := Field{Value: r.buf[c.Off : c.Off+c.Len : c.Off+c.Len]}
		if i < len(r.names) {
			f.Name = r.names[i]
		}
		r.fields = append(r.fields, f)
	}
	return r.fields, nil
}

// nextSep returns the position of the first separator outside quotes in
// [from, to), or to.
func (r *csvReader) nextSep(from, to uint32) uint32 {
	for w := from / 64; w*64 < to; w++ {
		s := r.seps[w]
		if w == from/64 {
			s &= ^uint64(0) << (from & 63)
		}
		if s != 0 {
			return min(to, w*64+uint32(lowest(s)))
		}
	}
	return to
}
