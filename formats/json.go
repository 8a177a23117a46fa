package formats

import (
	"bytes"
	"io"
	"slices"
	"sync"
)

// JSON is every JSON document that is not JSON Lines: an array of records, one
// object or several one after the other, and what query APIs answer:
//
//	[{"TimeGenerated":"…","Name":"x.example"},{…}]
//	{"value":[{…}]}  {"records":[{…}]}
//	{"tables":[{"name":"PrimaryResult","columns":[{"name":"Name","type":"string"}],"rows":[["x.example"]]}]}
//	{"Stats":{},"Schema":[{"Name":"RemoteIP","Type":"String"}],"Results":[{"RemoteIP":"192.0.2.7"}]}
//	[{"FrameType":"DataTable","TableKind":"PrimaryResult","Columns":[{"ColumnName":"Name"}],"Rows":[["x.example"]]}]
//
// With Options.Table the records may also be wrapped in other things; see jsonSearch,
// and takeEvents for those that events hold as text.
//
// A document is never held whole. Each claim matches brackets under the
// Source's lock and takes away a block of whole records, which are parsed
// outside it.
var JSON = Format{
	Name:  "json",
	Sniff: sniffJSON,
	Open:  openJSON,
}

// maxJSONHead is how much of a document is looked at for its first table when
// it is opened, and maxHeadRecord the largest record that may show it there: a document
// that begins with a larger one is looked at as far as the largest of all may reach.
const (
	maxJSONHead   = 8 << 20
	maxHeadRecord = 7 << 20
)

type jsonSource struct {
	info  Info
	close func() error
	times *Times
	made  bool // see Content.made

	mu   sync.Mutex
	cut  *jsonCutter
	seq  int
	used func() int64 // see Content.Consumed
	disk int64        // bytes on disk accounted for
	over bool
}

func openJSON(c *Content, o Options) (Source, error) {
	o = jsonLimits(o)
	s := &jsonSource{close: c.Close, used: c.Consumed, times: c.times, made: c.made()}
	s.info = Info{Input: c.Input, Format: "json", Compression: c.Compression, Encoding: c.Encoding, Size: c.Size, Serial: c.At == nil}
	start := int64(0)
	if bytes.HasPrefix(c.Head, []byte(utf8BOM)) {
		start = int64(len(utf8BOM))
	}
	if c.At == nil {
		if _, err := io.CopyN(io.Discard, c.Stream, start); err != nil {
			return nil, err
		}
	}
	// A first pass over the head finds the tables.
	first, in := c.jsonHead(start, min(o.MaxRecord, maxHeadRecord), maxJSONHead, o)
	if first.unshown() && o.MaxRecord > maxHeadRecord {
		if c.At == nil {
			c.Stream = in
		}
		first, in = c.jsonHead(start, o.MaxRecord, maxJSONHead+int64(o.MaxRecord), o)
	}
	if o.Table != nil {
		envelope := ""
		if first.showsTable(o) {
			envelope = first.search.envelope
		}
		if envelope == "" || envelope != jsonEnvelopes[0] && elementsHoldOthers(c.Head, envelope, o) {
			if c.At == nil {
				c.Stream = in
			}
			if taken, err := c.takeEvents(envelope, o); err != nil {
				return nil, err
			} else if taken {
				return openJSONL(c, o)
			}
			if c.At == nil {
				in = c.Stream
			}
		}
	}
	s.cut = newJSONCutter(in, o)
	s.cut.base, s.cut.size, s.cut.skip = start, c.Len, c.preamble
	s.cut.tables = first.tables
	// Readers are to know the envelope before they begin.
	s.cut.search.envelope, s.cut.search.settled = first.search.envelope, true
	if first.objects != nil && len(first.objects.Columns) > 0 {
		s.cut.objects = first.objects
		s.info.Parts = append(s.info.Parts, first.objects)
	}
	s.info.Parts = append(s.info.Parts, first.tables...)
	if len(s.info.Parts) == 0 {
		s.info.Parts = []*Part{s.cut.loosePart()}
		s.cut.unsampled = nil
	}
	s.info.Notes = append(c.notes(), first.remarks...)
	s.info.Envelope = first.search.envelope
	s.info.More = len(first.tables) > 0 && !first.done
	s.info.Unshown = first.unshown()
	return s, nil
}

// jsonHead cuts the first n bytes of the text, which begins at offset start, behind a byte
// order mark, to find its first table, with records of at most max bytes. all has the whole
// text again: what is read ahead of a stream is kept for it.
func (c *Content) jsonHead(start int64, max int, n int64, o Options) (first *jsonCutter, all io.Reader) {
	var head io.Reader
	if c.At != nil {
		head = io.NewSectionReader(c.At, start, min(c.Len, n))
		all = io.NewSectionReader(c.At, start, c.Len-start)
	} else {
		saved := new(bytes.Buffer)
		head = io.TeeReader(io.LimitReader(c.Stream, n), saved)
		all = io.MultiReader(saved, c.Stream)
	}
	first = newJSONCutter(head, Options{BlockSize: headSize, MaxRecord: max, Table: o.Table, Whole: o.Whole})
	first.base, first.size, first.skip = start, c.Len, c.preamble
	var buf []byte
	for !first.done && (first.base < headSize || first.objects == nil && len(first.tables) == 0 || first.unnamed() || first.unshown()) {
		text, _ := first.cut(buf)
		first.taken(text)
		buf = first.buf
	}
	return first, all
}

// unshown reports whether all that was cut is a record that is too large, so that no
// columns of the document's records are known.
func (c *jsonCutter) unshown() bool {
	return c.tooLarge && len(c.tables) == 0 && (c.objects == nil || len(c.objects.Columns) == 0)
}

// unnamed reports whether there is a part whose columns no record has shown yet.
func (c *jsonCutter) unnamed() bool {
	return slices.ContainsFunc(c.tables, func(p *Part) bool { return len(p.Columns) == 0 })
}

// showsTable reports whether a part that the cutter has met is of a known table.
func (c *jsonCutter) showsTable(o Options) bool {
	return c.objects != nil && o.isTable(c.objects) || slices.ContainsFunc(c.tables, o.isTable)
}

func (s *jsonSource) Info() Info { return s.info }

func (s *jsonSource) Close() error { return s.close() }

// maxSpare is how large a spare reader's text may be. Few documents have records of
// megabytes; those after them are not to keep the memory of these.
const maxSpare = 4 << 20

func (s *jsonSource) NewReader(want Want) Reader {
	r, ok := want.Spare.(*jsonReader)
	if !ok || cap(r.store) > maxSpare {
		r = new(jsonReader)
	}
	r.turn(want, s.info.Envelope)
	r.src, r.made = s, s.made
	return r
}

type jsonReader struct {
	jsonRows
	src   *jsonSource
	store []byte
	found []jsonRow
	notes []jsonNote
}

func (r *jsonReader) Next() (Block, error) {
	b, text, base, err := r.claim()
	if err != nil {
		r.begin(nil, 0, nil)
		return Block{}, err
	}
	r.begin(text, base, b.Part)
	for _, row := range r.found {
		r.rejectNotes(int(row.off))
		r.record(int(row.off), int(row.end))
	}
	r.rejectNotes(len(text))
	b.Rows, b.Records = len(r.rows), r.records()
	return b, nil
}

// claim takes the next block off the document.
func (r *jsonReader) claim() (b Block, text []byte, base int64, err error) {
	s := r.src
	s.times.lock(&s.mu)
	defer s.mu.Unlock()
	if s.over {
		return b, nil, 0, io.EOF
	}
	if cap(r.buf) > cap(r.store) {
		r.store = r.buf
	}
	c := s.cut
	base = c.base
	line := c.lines
	s.over = true // should the cutter panic: what it has in hand is lost, and with it where records begin
	text, ok := c.cut(r.store[:0])
	r.store = c.buf
	c.buf = nil
	r.found = append(r.found[:0], c.rows...)
	r.notes = append(r.notes[:0], c.notes...)
	lines := c.taken(text)
	if s.over = !ok && len(c.notes) == 0 && c.done; s.over {
		if c.err != nil {
			pos := Pos{Input: s.info.Input, Record: -1, Line: c.lines + 1, Group: -1, Offset: c.base}
			if s.made {
				pos.Line, pos.Offset = -1, -1
			}
			return b, nil, 0, &Error{pos, c.err}
		}
		return b, nil, 0, io.EOF
	}
	b = Block{Seq: s.seq, Part: c.part, Lines: lines, Size: c.base - base, Group: -1, Line: line, Record: -1}
	if s.seq == 0 {
		b.Size = c.base
	}
	if s.used != nil {
		now := s.used()
		b.Size, s.disk = now-s.disk, now
	}
	s.seq++
	return b, text, base, nil
}

// rejectNotes makes rejects of the cutter's notes up to off, where a record starts.
func (r *jsonReader) rejectNotes(off int) {
	for len(r.notes) > 0 && r.notes[0].off <= off {
		n := r.notes[0]
		r.notes = r.notes[1:]
		end := min(n.end, r.size)
		from := min(n.off, r.size)
		r.reject(from, max(from, end), n.err, n.matched || !n.record)
		last := &r.rejects[len(r.rejects)-1]
		last.Matched = n.matched
		if !n.record {
			last.At, last.Pos.Record = last.Pos.Record, -1
		}
		if n.raw != nil {
			last.Raw = n.raw
		}
	}
}

// sample fills in the columns of a part, unless a schema has given them, and its sample,
// from its first records, which are those of the block: text.
func (c *jsonCutter) sample(p *Part, text []byte) {
	b, rows := padded(text), c.rows
	if !c.search.settled && b[rows[0].off] == '{' {
		c.search.tableOf(b, rows) // for the envelope that it takes up
	}
	if len(p.Columns) == 0 {
		q := jsonSample(b, rows, c.search.envelope)
		p.Columns, p.Sample = q.Columns, q.Sample
		return
	}
	f := jsonFields{envelope: c.search.envelope}
	number := map[string]int{}
	for i, name := range p.Columns {
		number[name] = i
	}
	for _, row := range rows[:min(len(rows), maxSample)] {
		f.reset()
		positional := b[row.off] == '['
		if positional {
			f.tuple(b, int(row.off), int(row.end), p.Columns)
		} else {
			f.object(b, int(row.off), int(row.end), 0)
		}
		cells := make([]string, len(p.Columns))
		for i, field := range f.list() {
			at, ok := number[string(field.Name)]
			if positional {
				at, ok = i, i < len(cells)
			}
			if ok {
				cells[at] = string(field.Value)
			}
		}
		p.Sample = append(p.Sample, cells)
	}
}
