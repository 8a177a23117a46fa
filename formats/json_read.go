package formats

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// jsonRows holds the records of one block and does all of a Reader but Next:
// JSON Lines and JSON documents differ only in how they find their records.
type jsonRows struct {
	want Want   // without Spare
	buf  []byte // the block's text, then unescaped key cells
	size int    // length of the text
	base int64  // offset of buf[0] in the input
	body int64  // offset before which there are no records
	made bool   // see Content.made: lines and offsets of the text are no places

	marks  jsonMarks // of the text
	rows   []jsonRow
	part   *Part
	keys   jsonStage
	cols   []jsonColumn // by slot
	always []int32      // slots that are wanted of every record
	whole  jsonColumn   // the records themselves, if a key is WholeRecord
	run    Run
	find   func([]uint32, []Ref) ([]Ref, error)
	held   []uint32 // rows of run.Cells
	runs   iter.Seq2[*Run, error]
	late   []jsonStage
	grids  []Grid

	everyWhole bool // every record is wanted as a whole, whatever sifting says

	sifter sifter
	sifted bool // only the records with one of sifter.at may have wanted cells of sifted keys
	next   int  // index in sifter.at of the first that does not lie before the record

	rejects []Reject
	lost    []int // for each record that is no row, the number of rows before it
	counted Pos   // where lines were last counted up to: Offset in buf, Line
	fields  jsonFields
}

// A jsonRow is the range of an object or, in tables by position, an array.
type jsonRow struct{ off, end uint32 }

// A jsonColumn holds the cells of a block that are not empty, and their rows.
type jsonColumn struct {
	cells []Cell
	rows  []uint32
}

// A jsonStage finds one set of columns.
type jsonStage struct {
	walk  *jsonWalker
	slot  []int32 // of each wanted column; -1 for the whole record
	same  []int   // for each wanted column, the first that has its slot
	whole bool    // one of them is the whole record
	at    []int32 // slot of each position in a row of part
	part  *Part
}

func newJSONStage(columns []Column, envelope string) jsonStage {
	s := jsonStage{slot: make([]int32, len(columns))}
	var names []string
next:
	for i, c := range columns {
		if c.N == WholeRecord {
			s.slot[i], s.same = -1, append(s.same, i)
			s.whole = true
			continue
		}
		bare := BareName(c.Name)
		for j, name := range names {
			if strings.EqualFold(name, bare) {
				s.slot[i] = int32(j)
				s.same = append(s.same, slices.Index(s.slot[:i], int32(j)))
				continue next
			}
		}
		s.slot[i] = int32(len(names))
		s.same = append(s.same, i)
		names = append(names, bare)
	}
	s.walk = newJSONWalker(names, envelope)
	return s
}

// find walks the record at b[p:end] of a part.
func (s *jsonStage) find(b []byte, p, end int, part *Part) (int, jsonFault) {
	if b[p] != '[' {
		return s.walk.record(b, p, end)
	}
	s.bind(part)
	q, _, fault := s.walk.tuple(b, p, end, s.at)
	return q, fault
}

// bind finds the slots of the positions in rows of a part.
func (s *jsonStage) bind(part *Part) {
	if s.part == part {
		return
	}
	s.part, s.at = part, s.at[:0]
	for _, name := range part.Columns {
		bare := BareName(name)
		slot := s.walk.slot(bare)
		s.walk.meet(slot)
		s.at = append(s.at, slot)
	}
}

// turn has r read what is wanted of another source, whose records may also have columns
// in one of their members, the envelope. If that is the same as before, what the walkers
// know of keys stays, unless there is too little room for others; memory stays in any
// case. The zero jsonRows can be turned, too.
func (r *jsonRows) turn(want Want, envelope string) {
	same := r.keys.walk != nil && envelope == r.fields.envelope && slices.Equal(want.Keys, r.want.Keys) &&
		slices.EqualFunc(want.Late, r.want.Late, slices.Equal) &&
		!r.keys.walk.spent() && !slices.ContainsFunc(r.late, func(s jsonStage) bool { return s.walk.spent() })
	r.fields.envelope = envelope
	want.Spare = nil
	r.want, r.sifter = want, newSifter(want)
	if !same {
		r.keys, r.late = newJSONStage(want.Keys, envelope), r.late[:0]
		for _, columns := range want.Late {
			r.late = append(r.late, newJSONStage(columns, envelope))
		}
		r.cols = slices.Grow(r.cols[:0], len(r.keys.walk.names))[:len(r.keys.walk.names)]
		r.grids = slices.Grow(r.grids[:0], len(r.late))[:len(r.late)]
	}
	r.everyWhole, r.always = false, r.always[:0]
	for k := range want.Keys {
		switch slot := r.keys.slot[k]; {
		case !r.sifter.always(k):
		case slot < 0:
			r.everyWhole = true
		case !slices.Contains(r.always, slot):
			r.always = append(r.always, slot)
		}
	}
}

// begin takes over the text of a block. Cells are unescaped into the room
// behind it, so buf may be replaced by a larger one.
func (r *jsonRows) begin(text []byte, base int64, part *Part) {
	r.size, r.base, r.part = len(text), base, part
	r.buf = text
	r.pad()
	r.marks.fill(text)
	r.keys.walk.marks = &r.marks
	for i := range r.late {
		r.late[i].walk.marks = &r.marks
	}
	r.rows, r.rejects, r.lost = r.rows[:0], r.rejects[:0], r.lost[:0]
	for i := range r.cols {
		r.cols[i].cells, r.cols[i].rows = r.cols[i].cells[:0], r.cols[i].rows[:0]
	}
	r.whole.cells, r.whole.rows = r.whole.cells[:0], r.whole.rows[:0]
	r.counted = Pos{}
	r.sifted, r.next = r.sifter.ready() && r.sifter.sift(text), 0
}

// passes reports whether the record at buf[p:end] may have wanted cells of sifted keys.
// Records have to be asked about in their order.
func (r *jsonRows) passes(p, end int) bool {
	if !r.sifted {
		return true
	}
	for r.next < len(r.sifter.at) && int(r.sifter.at[r.next]) < p {
		r.next++
	}
	return r.next < len(r.sifter.at) && int(r.sifter.at[r.next]) < end
}

// pad makes sure that jsonPad bytes can be read behind buf.
func (r *jsonRows) pad() {
	if n := len(r.buf); cap(r.buf) < n+jsonPad {
		r.buf = append(r.buf, make([]byte, jsonPad+n/64)...)[:n]
	}
}

// record reads the record that fills buf[p:end], or those that it holds.
func (r *jsonRows) record(p, end int) {
	w := r.keys.walk
	b := r.buf[:r.size+jsonPad]
	if b[p] == '[' {
		r.positional(b, p, end)
		return
	}
	q, fault := w.record(b, p, end)
	switch {
	case fault != jsonOK:
		r.reject(p, end, &jsonError{fault, q - p}, false)
	case w.recOff > 0 && jsonAllObjects(b, w.recOff, w.recEnd):
		r.several(b, w.recOff, w.recEnd)
	default:
		r.keep(p, end)
	}
}

// several reads the records of {"records":[…]}; b[p:end] is the array, known
// to be well-formed.
func (r *jsonRows) several(b []byte, p, end int) {
	w := r.keys.walk
	for p = jsonSpace(b, p+1, end); b[p] == '{'; {
		q, _ := jsonSkip(b, p, end, 1)
		w.record(b, p, q)
		r.keep(p, q)
		b = r.buf[:r.size+jsonPad]
		if p = jsonSpace(b, q, end); b[p] == ',' {
			p = jsonSpace(b, p+1, end)
		}
	}
}

// jsonAllObjects reports whether the array at b[p:end] holds only objects.
func jsonAllObjects(b []byte, p, end int) bool {
	for p = jsonSpace(b, p+1, end); b[p] != ']'; {
		if b[p] != '{' {
			return false
		}
		p, _ = jsonSkip(b, p, end, 1)
		if p = jsonSpace(b, p, end); b[p] == ',' {
			p = jsonSpace(b, p+1, end)
		}
	}
	return true
}

// positional reads a row of a table whose cells go by position.
func (r *jsonRows) positional(b []byte, p, end int) {
	r.keys.bind(r.part)
	q, n, fault := r.keys.walk.tuple(b, p, end, r.keys.at)
	if fault != jsonOK {
		r.reject(p, end, &jsonError{fault, q - p}, false)
		return
	}
	if n != len(r.part.Columns) {
		r.reject(p, end, fmt.Errorf("%w: %d values for %d columns", ErrRagged, n, len(r.part.Columns)), true)
	}
	r.keep(p, end)
}

// keep takes the key cells that the walker has found as the next row.
func (r *jsonRows) keep(p, end int) {
	row := uint32(len(r.rows))
	r.rows = append(r.rows, jsonRow{uint32(p), uint32(end)})
	slots, passes := r.keys.walk.met, r.passes(p, end)
	if !passes {
		slots = r.always
	}
	if r.keys.whole && (passes || r.everyWhole) {
		r.whole.cells, r.whole.rows = append(r.whole.cells, Cell{uint32(p), uint32(end - p)}), append(r.whole.rows, row)
	}
	w := r.keys.walk
	for _, slot := range slots {
		v := w.value(int(slot))
		if v.Len == 0 {
			continue
		}
		c := Cell{v.Off, v.Len}
		if v.Kind&jsonInText != 0 || w.escaped(r.buf, v) {
			c.Off = uint32(len(r.buf))
			r.buf = w.append(r.buf, r.buf, v)
			c.Len = uint32(len(r.buf)) - c.Off
		}
		col := &r.cols[slot]
		col.cells, col.rows = append(col.cells, c), append(col.rows, row)
	}
}

// reject notes a record that could not be read, or only in part.
func (r *jsonRows) reject(p, end int, err error, matched bool) {
	pos := r.pos(p)
	pos.Record = int64(len(r.rows) + len(r.lost))
	if !matched {
		r.lost = append(r.lost, len(r.rows))
	}
	raw := r.buf[p:min(end, p+maxRaw)]
	r.rejects = append(r.rejects, Reject{Pos: pos, Err: err, Raw: bytes.Clone(raw), Matched: matched})
}

// pos is where the byte at p of the block lies. Asked about ascending positions it
// counts the lines of the block once.
func (r *jsonRows) pos(p int) Pos {
	if int64(p) < r.counted.Offset {
		r.counted = Pos{}
	}
	if r.made {
		return Pos{Record: -1, Line: -1, Group: -1, Offset: -1}
	}
	r.counted.Line += int64(bytes.Count(r.buf[r.counted.Offset:p], []byte{'\n'}))
	r.counted.Offset = int64(p)
	return Pos{Record: -1, Line: r.counted.Line, Group: -1, Offset: r.base + int64(p)}
}

// records is how many records the block has, those that are no rows included.
func (r *jsonRows) records() int { return len(r.rows) + len(r.lost) }

func (r *jsonRows) Runs() iter.Seq2[*Run, error] {
	if r.runs == nil {
		r.runs, r.find = r.yield, r.findRows
	}
	return r.runs
}

func (r *jsonRows) yield(yield func(*Run, error) bool) {
	for i, slot := range r.keys.slot {
		col := &r.whole
		if slot >= 0 {
			col = &r.cols[slot]
		}
		r.held = col.rows
		r.run = Run{Key: i, Data: r.buf, Cells: col.cells, Find: r.find}
		if !yield(&r.run, nil) {
			return
		}
	}
}

func (r *jsonRows) findRows(cells []uint32, dst []Ref) ([]Ref, error) {
	for _, c := range cells {
		dst = append(dst, Ref{Row: r.held[c], Cell: c})
	}
	return dst, nil
}

// Fetch walks the asked records again.
func (r *jsonRows) Fetch(stage int, rows []uint32) (*Grid, error) {
	s, g := &r.late[stage], &r.grids[stage]
	g.Data = g.Data[:0]
	g.byRow(len(s.slot))
	for _, row := range rows {
		at := r.rows[row]
		s.find(r.buf[:cap(r.buf)], int(at.off), int(at.end), r.part)
		first := len(g.Cells)
		for i, slot := range s.slot {
			if j := s.same[i]; j < i {
				g.Cells = append(g.Cells, g.Cells[first+j])
				continue
			}
			off := len(g.Data)
			g.Data = s.walk.append(g.Data, r.buf, s.walk.value(int(slot)))
			g.Cells = append(g.Cells, Cell{uint32(off), uint32(len(g.Data) - off)})
		}
	}
	return g, nil
}

func (r *jsonRows) Record(row uint32) ([]Field, error) {
	at := r.rows[row]
	b := r.buf[:cap(r.buf)]
	r.fields.reset()
	if b[at.off] == '[' {
		r.fields.tuple(b, int(at.off), int(at.end), r.part.Columns)
	} else {
		r.fields.object(b, int(at.off), int(at.end), 0)
	}
	return r.fields.list(), nil
}

func (r *jsonRows) Pos(row uint32) Pos {
	pos := r.pos(int(r.rows[row].off))
	lost, _ := slices.BinarySearch(r.lost, int(row)+1) // how many stand before the row
	pos.Record = int64(row) + int64(lost)
	return pos
}

func (r *jsonRows) Raw(row uint32) []byte {
	at := r.rows[row]
	return r.buf[at.off:at.end:at.end]
}

func (r *jsonRows) Rejects() []Reject { return r.rejects }
