package formats

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// takeEvents opens what the records hold as JSON if that shows records of a known table;
// nil if it does not. whole means that the head, whose records begin at start, is all.
func (s *csvSource) takeEvents(whole bool, start int, o Options) (Source, error) {
	if search := newJSONSearch(o); !search.enabled() || bytes.IndexByte(s.c.Head[start:], '{') < 0 {
		return nil, nil
	}
	sample := s.part.Sample
	packed := -1
	if o.isTable(s.part) {
		if packed = packing(s.part.Columns, sample); packed < 0 {
			return nil, nil
		}
	}
	if len(sample) == 0 && !whole { // a batch, as long as hubs take them
		head, err := s.c.far(eventHead)
		if err != nil {
			return nil, err
		}
		sample = s.readSample(head, len(head) < eventHead, start)
	}
	names := slices.Clone(s.part.Columns)
	for i := range names {
		names[i] = strings.TrimSpace(names[i]) // of a table that is padded with blanks
	}
	columns := newEventColumns(names, sample, o)
	if packed >= 0 && slices.Contains(columns.hold, packed) {
		columns.hold, columns.envelope, columns.packed = []int{packed}, false, true
	} else if packed >= 0 || len(columns.hold) == 0 {
		return nil, nil
	}
	c := s.c
	c.remarks = s.info.Notes
	from := *c
	from.Stream = c.reader()
	from.At, from.Len, from.Consumed = nil, 0, c.Consumed
	s.c, s.t = &from, newText(&from, o, int64(start))
	s.seam.next = int64(start)
	lines := &csvEventReader{columns: columns, r: s.NewReader(Want{})}
	return c.openEvents(columns, lines, o)
}

// A csvEventReader is a recordReader for CSV, whose records may be repaired, or behind
// another header: one in whose cell is no JSON then is rejected, if there may be some in
// others. A line below the header has none anywhere.
type csvEventReader struct {
	r       Reader
	columns eventColumns
	behind  bool // another header, which may have the records elsewhere

	piecewise
}

func (r *csvEventReader) Read(p []byte) (int, error) { return r.read(p, r.step) }

// step reads a block of records.
func (r *csvEventReader) step() error {
	b, err := r.r.Next()
	if err != nil {
		return err
	}
	for _, err := range r.r.Runs() {
		if err != nil {
			return err
		}
	}
	rejects := r.r.Rejects()
	refuse := func(before int64) {
		for ; len(rejects) > 0 && rejects[0].Pos.Offset < before; rejects = rejects[1:] {
			if !rejects[0].Matched {
				r.out = appendNoJSON(r.out, rejects[0].Raw)
			}
		}
	}
	for row := range b.Rows {
		at := r.r.Pos(uint32(row)).Offset
		refuse(at)
		fields, err := r.r.Record(uint32(row))
		if err != nil {
			return err
		}
		cell := func(i int) []byte {
			if i < len(fields) {
				return fields[i].Value
			}
			return nil
		}
		raw, text := r.r.Raw(uint32(row)), cell(r.columns.holding(cell))
		doubtful := false
		for i := 0; i < len(rejects) && rejects[i].Pos.Offset == at; i++ {
			doubtful = true
			r.behind = r.behind || rejects[i].Err == ErrOtherHeader
		}
		doubtful = (doubtful || r.behind) && bytes.IndexByte(raw, '{') >= 0
		if doubtful && !mayBeEvent(text) || r.columns.envelope && len(text) > 0 && !json.Valid(text) {
			r.out = appendNoJSON(r.out, raw)
			continue
		}
		r.out = r.columns.append(r.out, cell)
	}
	refuse(1<<63 - 1)
	return nil
}
