package formats

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// Events also stand in documents, as those do that are records themselves:
//
//	[{"body":"{\"category\":\"…\"}","n":1}, {"body":{"category":"…","properties":{…}},"n":2}]
//	{"hits":{"hits":[{"_source":{"message":"{\"TimeGenerated\":\"…\"}"}}]}}
//	{"results":[{"_raw":"{\"TimeGenerated\":\"…\"}"}]}
//
// They are found as records are, by a search to which whatever holds records of a known
// table is of one, and become lines, from which an eventReader takes what was sent.

// After eventMisses payloads without records no other is searched: each may cost as much
// as a document of its own.
const eventMisses = 256

// eventTable returns an Options.Table that knows events: the first of names whose members
// hold records of a table that o knows.
func eventTable(names []string, o Options) func(*Part) string {
	misses := 0 // since the last event
	return func(p *Part) string {
		for _, name := range names {
			lines := sampledEvents(p, name, o.maxRecord())
			if lines == nil || misses == eventMisses {
				continue
			}
			if shows, may := linesShow(lines, o); shows || may && !ofAzure(p) {
				misses = 0
				return name
			}
			misses++
		}
		return ""
	}
}

// sampledEvents returns what members of a name hold in the sample of a part, as lines; nil
// if there are none.
func sampledEvents(p *Part, name string, max int) (lines []byte) {
	var e eventLines
	for _, cells := range p.Sample {
		for i, cell := range cells {
			if payload := payloadOfCell(p.Columns[i], cell, name); payload != nil {
				lines = e.append(lines, payload, max)
			}
		}
	}
	return lines
}

// payloadOfCell is payloadOf for one cell of an event.
func payloadOfCell(column, cell, name string) []byte {
	cell = strings.TrimSpace(cell)
	if cell == "" || cell[0] != '{' && cell[0] != '[' {
		return nil
	}
	if isPayload(column, name) {
		return []byte(cell)
	}
	payload, _ := payloadOf([]byte(cell), name)
	return payload
}

// isPayload reports whether a key or column, as event.original, has a name of jsonPayloads.
func isPayload(key, name string) bool { return strings.EqualFold(payloadName(key), name) }

// payloadName returns a key or column without what an envelope has put before its name.
func payloadName(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// payloadOfElements returns the first of names whose members hold records of a known
// table, in the events of the document that begins with head; "" if none do.
func payloadOfElements(head []byte, names []string, o Options) string {
	c := newElementReader(bytes.NewReader(head), names, o).cut
	var buf []byte
	for !c.done && (c.base < headSize || c.objects == nil && len(c.tables) == 0) {
		text, _ := c.cut(buf)
		c.taken(text)
		buf = c.buf
	}
	for _, part := range append(c.tables, c.objects) {
		if part == nil {
			continue
		}
		if name := c.search.table(part); name != "" {
			return name
		}
	}
	return ""
}

// elementsHoldOthers is holdsOthers for the events of the document that begins with head.
func elementsHoldOthers(head []byte, envelope string, o Options) bool {
	lines, _ := io.ReadAll(newElementReader(bytes.NewReader(head), []string{envelope}, o)) // the head breaks it off
	return holdsOthers(lines, envelope, o)
}

// An elementReader reads the events of documents, each as a line. What is broken there
// is a line that is no object, and so rejected.
type elementReader struct {
	cut   *jsonCutter
	names []string // of jsonPayloads: the one that is read
	buf   []byte

	piecewise
}

func newElementReader(in io.Reader, names []string, o Options) *elementReader {
	return &elementReader{names: names, cut: newJSONCutter(withoutMark(in), jsonLimits(Options{
		BlockSize: textPiece, MaxRecord: o.MaxRecord, Table: eventTable(names, o)}))}
}

func (r *elementReader) Read(p []byte) (int, error) { return r.read(p, r.step) }

// withoutMark returns a reader of a text without its byte order mark.
func withoutMark(in io.Reader) *bufio.Reader {
	text := bufio.NewReaderSize(in, textPiece)
	if mark, _ := text.Peek(len(utf8BOM)); string(mark) == utf8BOM {
		text.Discard(len(utf8BOM))
	}
	return text
}

// step reads a block of the document.
func (r *elementReader) step() error {
	c := r.cut
	text, ok := c.cut(r.buf)
	r.buf = c.buf
	notes := c.notes
	for _, row := range c.rows {
		for len(notes) > 0 && notes[0].off <= int(row.off) {
			r.fault(text, notes[0])
			notes = notes[1:]
		}
		r.event(text, row)
	}
	for _, n := range notes {
		r.fault(text, n)
	}
	c.taken(text)
	if ok || len(c.notes) > 0 || !c.done {
		return nil
	}
	if c.err != nil {
		return c.err
	}
	return io.EOF
}

// event makes a line of an event. Of one that is a row by position, what was sent is all
// that the line has.
func (r *elementReader) event(text []byte, row jsonRow) {
	n := 0
	if text[row.off] == '[' {
		for _, cell := range jsonItems(text[:len(text)+jsonPad], '[', int(row.off)+1, int(row.end)) {
			if columns := r.cut.part.Columns; n < len(columns) && isPayload(columns[n], r.names[0]) {
				r.out = append(appendJSONString(append(r.out, '{'), []byte(r.names[0])), ':')
				r.out = append(appendUnbroken(r.out, text[cell.off:cell.end]), '}', '\n')
				return
			}
			n++
		}
	}
	r.out = appendOneLine(r.out, text[row.off:row.end])
}

// fault makes a line of what is wrong at a place of text: of an event that is lost as
// much as a reject keeps, else of what is said about it.
func (r *elementReader) fault(text []byte, n jsonNote) {
	raw := n.raw
	switch {
	case !n.record:
		raw = []byte(n.err.Error())
	case raw == nil:
		raw = text[min(n.off, len(text)):min(n.end, len(text))]
	}
	r.out = appendNoJSON(r.out, raw)
}
