package formats

import (
	"bytes"
	"fmt"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// JSONL is JSON Lines: an object a line. Each object is a record, either flat or in
// the envelope of Defender's streaming export (its properties are the columns),
// or holds several records:
//
//	{"TimeGenerated":"2025-04-01T02:13:07.482Z","Type":"DnsEvents","Name":"x.example"}
//	{"time":"…","category":"AdvancedHunting-DeviceNetworkEvents","properties":{"RemoteIP":"192.0.2.7"}}
//	{"records":[{"TimeGenerated":"…"},{"time":"…","properties":{"RemoteIP":"192.0.2.7"}}]}
//
// Lines of events that hold such records are replaced by them; see takeEvents.
var JSONL = Format{
	Name:  "jsonl",
	Sniff: sniffJSONL,
	Open:  openJSONL,
}

// sniffJSONL reports whether a text has an object on each line. If the first line is an
// object, that says so, unless it is a wrapper of a document format. If not, as in a
// piece of a larger file that begins in the middle of a record, two objects on lines that
// follow one another say so: a document would have a comma between them.
func sniffJSONL(head []byte) bool {
	cut := len(head) >= headSize
	head = trimJSONHead(head)
	last := false // the line before is an object
	for n := 0; len(head) > 0; n++ {
		line, rest, whole := bytes.Cut(head, []byte{'\n'})
		if !whole && cut {
			return false
		}
		object, wrapper := sniffObject(line)
		switch {
		case n == 0 && object:
			return !wrapper
		case wrapper, string(bytes.TrimSpace(line)) == "{}": // any text may have that
			object = false
		case object && last:
			return true
		}
		last = object
		head = bytes.TrimLeft(rest, " \t\r\n")
	}
	return false
}

// sniffObject reports whether a line is a whole object, and a wrapper.
func sniffObject(line []byte) (object, wrapper bool) {
	if len(line) == 0 || line[0] != '{' {
		return false, false
	}
	b, end := padded(line), len(line)
	p, fault := jsonSkip(b, 0, end, 0)
	if fault != jsonOK || jsonSpace(b, p, end) != end {
		return false, false
	}
	return true, isJSONDocument(b, end)
}

// trimJSONHead takes a byte order mark and white space off.
func trimJSONHead(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte(utf8BOM)), " \t\r\n")
}

type jsonlSource struct {
	info  Info
	text  *text
	body  int64 // where the first record is, behind a preamble
	made  bool  // see Content.made
	part  *Part
	close func() error
}

func openJSONL(c *Content, o Options) (Source, error) {
	start := 0
	if bytes.HasPrefix(c.Head, []byte(utf8BOM)) {
		start = len(utf8BOM)
	}
	search := newJSONSearch(o)
	body := int64(start + c.preamble)
	part, wrapped := search.lines(c.Head[body:])
	if wrapped {
		return openJSON(c, o)
	}
	if o.Table != nil {
		envelope := ""
		if o.isTable(part) {
			envelope = search.envelope
		}
		if envelope == "" || envelope != jsonEnvelopes[0] && holdsOthers(c.Head, envelope, o) {
			if taken, err := c.takeEvents(envelope, o); err != nil {
				return nil, err
			} else if taken {
				return openJSONL(c, o)
			}
		}
	}
	s := &jsonlSource{close: c.Close, made: c.made(), body: body, part: part}
	s.text = newText(c, jsonLimits(o), int64(start))
	s.info = Info{Input: c.Input, Format: "jsonl", Compression: c.Compression, Encoding: c.Encoding,
		Size: c.Size, Serial: c.At == nil, Parts: []*Part{s.part}, Envelope: search.envelope, Notes: c.notes()}
	return s, nil
}

// jsonLimits keeps positions within a block to 32 bits.
func jsonLimits(o Options) Options {
	o.BlockSize = min(o.blockSize(), 1<<30)
	o.MaxRecord = min(o.maxRecord(), 1<<30)
	return o
}

// lines describes the records of the first lines. wrapped means that the lines are no
// records of a known table, but have some inside.
func (s *jsonSearch) lines(head []byte) (part *Part, wrapped bool) {
	r := jsonRows{keys: newJSONStage(nil, s.envelope)}
	r.begin(head, 0, nil)
	b := r.buf[:len(head)+jsonPad]
	for p := 0; p < len(head) && len(r.rows) < maxSample; {
		end := len(head)
		if i := bytes.IndexByte(head[p:], '\n'); i >= 0 {
			end = p + i
		} else if len(head) >= headSize-len(utf8BOM) && len(r.rows) > 0 {
			break // a line that the head cuts off
		}
		r.line(p, end)
		p = end + 1
	}
	rows := r.rows
	if p := jsonSpace(head, 0, len(head)); len(rows) == 0 && p < len(head) {
		rows = []jsonRow{{uint32(p), uint32(len(head))}}
		s.tableOf(b, rows)
		part = jsonSample(b, rows, s.envelope)
		part.Sample = nil
		return part, false
	}
	s.unwrap(b, rows)
	part, name := s.sample(b, rows)
	if name == "" && s.active() {
		envelope := s.envelope
		for _, row := range rows {
			if what, _ := s.find(b, '{', int(row.off)+1, int(row.end), jsonNesting); what != holdsNothing {
				return nil, true
			}
		}
		if s.envelope != envelope { // a record deeper inside has shown it
			part = jsonSample(b, rows, s.envelope)
		}
	}
	return part, false
}

func (s *jsonlSource) Info() Info { return s.info }

func (s *jsonlSource) Close() error { return s.close() }

func (s *jsonlSource) NewReader(want Want) Reader {
	r, ok := want.Spare.(*jsonlReader)
	if !ok {
		r = new(jsonlReader)
	}
	r.turn(want, s.info.Envelope)
	r.src, r.body, r.made = s, s.body, s.made
	return r
}

type jsonlReader struct {
	jsonRows
	src   *jsonlSource
	store []byte // what the blocks are read into; their text starts some way in
}

func (r *jsonlReader) Next() (Block, error) {
	if cap(r.buf) > cap(r.store) {
		r.store = r.buf[:cap(r.buf)] // cells were unescaped beyond its end
	}
	var lines lineBlock
	var err error
	if lines, r.store, err = r.src.text.lines(r.store); err != nil {
		r.begin(nil, 0, r.src.part)
		return Block{}, err
	}
	r.begin(lines.data, lines.off, r.src.part)
	breaks := 0
	for p := 0; p < r.size; {
		end := r.size
		if i := simd.Next(r.marks.nls, p, r.size); i >= 0 {
			end = i
			breaks++
		} else if lines.cut {
			breaks++
			r.reject(p, end, fmt.Errorf("%w: a line of more than %d bytes", ErrTooLarge, r.src.text.max), false)
			break
		}
		r.line(p, end)
		p = end + 1
	}
	return Block{Seq: lines.seq, Part: r.src.part, Rows: len(r.rows), Records: r.records(), Lines: breaks,
		Size: lines.size, Group: -1, Line: -1, Record: -1}, nil
}

// line reads the records of the line buf[p:end].
func (r *jsonRows) line(p, end int) {
	if end > p && r.buf[end-1] == '\r' {
		end--
	}
	if p < end && r.buf[p] != '{' {
		p = jsonSpace(r.buf, p, end)
	}
	if p == end {
		return
	}
	if r.buf[p] != '{' {
		if r.base+int64(p) >= r.body {
			r.reject(p, end, &jsonError{jsonNotObject, 0}, false)
		}
		return
	}
	r.record(p, end)
}
