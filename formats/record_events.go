package formats

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// Programs that make tables of events have a column for what had been sent, as JSON: CSV
// of Splunk, Kafka, Graylog and Grafana, Parquet of Spark.
//
//	_time,_raw,host                  "{""TimeGenerated"":""…"",""SourceIP"":""10.0.0.5""}"
//	partition,offset,value
//	Time,Line,tsNs
//	time,category,properties         Defender's envelope, as Data Explorer and Spark have it
//	BlauhauntData                    what pack_all() of KQL has made of a row
//
// Where the columns are those of no known table, and what lies in one of them is, each
// record becomes the line of JSON that it would be, and what is known of such lines holds.

// eventColumn returns the column with JSON that holds records of a known table, whatever
// its name; -1 if there is none. envelope means that it has the columns of a record.
func eventColumn(columns []string, sample [][]string, o Options) (column int, envelope bool) {
	begins := func(i int) bool {
		return slices.ContainsFunc(sample, func(cells []string) bool {
			cell := strings.TrimLeft(cells[i], " \t\r\n")
			return cell != "" && (cell[0] == '{' || cell[0] == '[')
		})
	}
	var lines []byte
	for i := range columns {
		if !begins(i) || strings.EqualFold(columns[i], jsonEnvelopes[0]) {
			continue
		}
		if lines == nil {
			lines = sampleLines(columns, sample)
		}
		if payloadsShowTable(lines, payloadName(columns[i]), o) {
			return i, false
		}
	}
	column = slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(c, jsonEnvelopes[0]) })
	isJSON := func(cells []string) bool { return json.Valid([]byte(cells[column])) }
	if column < 0 || !slices.ContainsFunc(sample, isJSON) || !linesShowTable(sampleLines(columns, sample), o) {
		return -1, false
	}
	return column, true
}

func sampleLines(columns []string, sample [][]string) (lines []byte) {
	for _, cells := range sample {
		lines = appendEvent(lines, columns, func(i int) []byte { return []byte(cells[i]) })
	}
	return lines
}

// appendEvent appends a record as a line, an object of texts.
func appendEvent(dst []byte, columns []string, cell func(int) []byte) []byte {
	dst = append(dst, '{')
	from := len(dst)
	for i, name := range columns {
		if text := cell(i); len(text) > 0 {
			if len(dst) > from {
				dst = append(dst, ',')
			}
			dst = append(appendJSONString(dst, []byte(name)), ':')
			dst = appendJSONString(dst, text)
		}
	}
	return append(dst, '}', '\n')
}

// openEvents opens what the column of records has, of which lines has one a line.
func (c *Content) openEvents(column string, envelope bool, lines io.Reader, o Options) (Source, error) {
	c.At, c.Len = nil, 0
	if !envelope {
		if err := c.replaceBy(payloadName(column), lines, o); err != nil {
			return nil, err
		}
		return openJSONL(c, o)
	}
	c.payload, c.Stream = column, lines
	if err := c.readHead(); err != nil {
		return nil, err
	}
	return openJSONL(c, o)
}

// eventRows is how many records a recordReader has at a time.
const eventRows = 256

// A recordReader reads the records of a source, each as a line. What cannot be read is a
// line that is no object, and so rejected.
type recordReader struct {
	r       Reader // its first late stage has all columns
	columns []string
	rows    []uint32
	next    int // row of the block
	of      int // rows of the block

	piecewise
}

func (r *recordReader) Read(p []byte) (int, error) { return r.read(p, r.step) }

func (r *recordReader) step() error {
	if r.next == r.of {
		b, err := r.r.Next()
		if err != nil {
			return err
		}
		for _, err := range r.r.Runs() {
			if err != nil {
				r.out = appendNoJSON(r.out, []byte(err.Error()))
			}
		}
		for _, bad := range r.r.Rejects() {
			if !bad.Matched {
				r.out = appendNoJSON(r.out, []byte(bad.Err.Error()))
			}
		}
		r.next, r.of = 0, b.Rows
		return nil
	}
	r.rows = r.rows[:0]
	for ; r.next < r.of && len(r.rows) < eventRows; r.next++ {
		r.rows = append(r.rows, uint32(r.next))
	}
	g, err := r.r.Fetch(0, r.rows)
	if err != nil {
		r.out = appendNoJSON(r.out, []byte(err.Error()))
	}
	if g == nil {
		return nil
	}
	for i := range r.rows {
		r.out = appendEvent(r.out, r.columns, func(j int) []byte { return g.Cell(i, j) })
	}
	return nil
}

// allColumns returns the columns of these names, each by its number.
func allColumns(names []string) (cols []Column) {
	for i, name := range names {
		cols = append(cols, Column{Name: name, N: i})
	}
	return cols
}
