package formats

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Programs that write events as CSV have a column for what had been sent, as JSON:
//
//	_time,_raw,host                      "{""TimeGenerated"":""…"",""SourceIP"":""10.0.0.5""}"     Splunk
//	partition,offset,value                                                                       Kafka
//	Time,Line,tsNs                                                                               Grafana
//	timestamp,source,message                                                                     Graylog
//	BlauhauntData                        what pack_all() of KQL has made of a row
//	time,category,properties             Defender's envelope, as Data Explorer exports it
//
// Where the columns are those of no known table, and what lies in one of them is, each
// record becomes the line of JSON that it would be, and what is known of such lines holds.

// takeEvents opens what the records hold as JSON if that shows records of a known table.
// nil if it does not. whole means that the head, whose records begin at start, is all.
func (s *csvSource) takeEvents(whole bool, start int, o Options) (Source, error) {
	if search := newJSONSearch(o); !search.enabled() {
		return nil, nil
	}
	sample := s.part.Sample
	if len(sample) == 0 && !whole && bytes.Contains(s.c.Head[start:], []byte(`"{""`)) { // a batch, as long as hubs take them
		head, err := s.c.far(eventHead)
		if err != nil {
			return nil, err
		}
		sample = s.readSample(head, len(head) < eventHead, start)
	}
	columns := jsonColumnsOf(sample, len(s.part.Columns))
	if len(columns) == 0 || o.isTable(s.part) {
		return nil, nil
	}
	var lines []byte
	for _, cells := range sample {
		lines = s.appendEvent(lines, len(cells), func(i int) []byte { return []byte(cells[i]) })
	}
	column := slices.IndexFunc(s.part.Columns, func(c string) bool { return strings.EqualFold(c, jsonEnvelopes[0]) })
	if i := slices.IndexFunc(columns, func(i int) bool {
		return i != column && payloadsShowTable(lines, payloadName(s.part.Columns[i]), o)
	}); i >= 0 {
		column = columns[i]
	} else if column < 0 || !slices.ContainsFunc(sample, func(cells []string) bool { return json.Valid([]byte(cells[column])) }) || !linesShowTable(lines, o) {
		return nil, nil
	}
	name := payloadName(s.part.Columns[column])
	c := s.c
	c.remarks = s.info.Notes[len(c.notes()):]
	from := *c
	from.Stream = c.reader()
	from.At, from.Len, from.Consumed = nil, 0, c.Consumed
	s.c, s.t = &from, newText(&from, o, int64(start))
	s.seam.next = int64(start)
	text := &csvEventReader{src: s, r: s.NewReader(Want{}), column: column}
	if text.envelope = strings.EqualFold(name, jsonEnvelopes[0]); !text.envelope {
		if err := c.replaceBy(name, text, o); err != nil {
			return nil, err
		}
		return openJSONL(c, o)
	}
	c.payload, c.Stream = name, text
	if err := c.readHead(); err != nil {
		return nil, err
	}
	return openJSONL(c, o)
}

// jsonColumnsOf returns which of n columns have an object or a list of JSON in a sample.
func jsonColumnsOf(sample [][]string, n int) (columns []int) {
	for i := range n {
		for _, cells := range sample {
			if cell := strings.TrimLeft(cells[i], " \t\r\n"); cell != "" && (cell[0] == '{' || cell[0] == '[') {
				columns = append(columns, i)
				break
			}
		}
	}
	return columns
}

// appendEvent appends a record of n cells as a line, an object of texts.
func (s *csvSource) appendEvent(dst []byte, n int, cell func(int) []byte) []byte {
	dst = append(dst, '{')
	for i := range min(n, len(s.part.Columns)) {
		if text := cell(i); len(text) > 0 {
			dst = append(appendJSONString(dst, []byte(s.part.Columns[i])), ':')
			dst = append(appendJSONString(dst, text), ',')
		}
	}
	return append(bytes.TrimSuffix(dst, []byte{','}), '}', '\n')
}

// A csvEventReader reads the records of CSV, each as a line. One that cannot be read, or
// that had to be repaired and has no JSON left, is a line that is no object, and so rejected.
type csvEventReader struct {
	src      *csvSource
	r        Reader
	column   int  // that has JSON
	envelope bool // it has the columns of a record, whose table others name

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
		var cell []byte
		if r.column < len(fields) {
			cell = fields[r.column].Value
		}
		if repaired := len(rejects) > 0 && rejects[0].Pos.Offset == at; (repaired || r.envelope && len(cell) > 0) && !json.Valid(cell) {
			r.out = appendNoJSON(r.out, r.r.Raw(uint32(row)))
			continue
		}
		r.out = r.src.appendEvent(r.out, len(fields), func(i int) []byte { return fields[i].Value })
	}
	refuse(1<<63 - 1)
	return nil
}
