package formats

import (
	"bytes"
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

// eventColumns are the columns of events.
type eventColumns struct {
	names []string
	// Those that hold records, the one that mostly does first. They may stand in another
	// one behind another header, or in a row with a cell too few.
	hold     []int
	envelope bool // the only one has the columns of a record, and the others of what is round it
	packed   bool // it has those of the others, which are of a table, and more
}

// newEventColumns returns the columns of events of which there is a sample. hold is empty
// if they have no records of a known table.
func newEventColumns(names []string, sample [][]string, o Options) eventColumns {
	e := eventColumns{names: names}
	count := make([]int, len(names))
	met := map[string]bool{} // names of columns with JSON, the first of which is read
	for i, name := range names {
		for _, cells := range sample {
			if mayBeEvent([]byte(cells[i])) {
				count[i]++
			}
		}
		if count[i] == 0 || strings.EqualFold(name, jsonEnvelopes[0]) {
			continue
		}
		name = strings.ToLower(payloadName(name))
		// Lines of this column alone: there may be thousands of others.
		if !met[name] && payloadsShowTable(sampleLines(names, sample, i, i+1), name, o) {
			e.hold = append(e.hold, i)
		}
		met[name] = true
	}
	if len(e.hold) > 0 {
		slices.SortStableFunc(e.hold, func(i, j int) int { return count[j] - count[i] })
		return e
	}
	column := slices.IndexFunc(names, func(c string) bool { return strings.EqualFold(c, jsonEnvelopes[0]) })
	isJSON := func(cells []string) bool { return json.Valid([]byte(cells[column])) }
	if column >= 0 && slices.ContainsFunc(sample, isJSON) && linesShowTable(sampleLines(names, sample, 0, len(names)), o) {
		e.hold, e.envelope = []int{column}, true
	}
	return e
}

// name is that of the column under which the lines have what was sent.
func (e *eventColumns) name() string { return e.names[e.hold[0]] }

// holding returns the column that holds the record of an event.
func (e *eventColumns) holding(cell func(int) []byte) int {
	for _, i := range e.hold {
		if mayBeEvent(cell(i)) {
			return i
		}
	}
	return e.hold[0]
}

// append appends an event as a line, or as one for each of its columns with a record of its
// own.
func (e *eventColumns) append(dst []byte, cell func(int) []byte) []byte {
	if e.packed {
		return e.appendPacked(dst, cell)
	}
	if len(e.hold) == 1 {
		return e.appendHeld(dst, e.hold[0], cell)
	}
	var own []int
	for _, has := range e.hold {
		if mayBeEvent(cell(has)) {
			own = append(own, has)
		}
	}
	if len(own) < 2 {
		return e.appendHeld(dst, append(own, e.hold[0])[0], cell)
	}
	cells, records := make([][]byte, len(own)), make([]*Part, len(own))
	for n, has := range own {
		cells[n], records[n] = cell(has), recordIn(cell(has))
	}
	for n, has := range own {
		if !repeats(cells, records, n) {
			dst = e.appendHeld(dst, has, cell)
		}
	}
	return dst
}

// appendHeld appends an event as a line, with the record that a column of hold has.
func (e *eventColumns) appendHeld(dst []byte, has int, cell func(int) []byte) []byte {
	first := e.hold[0]
	return appendEvent(dst, e.names, func(i int) []byte {
		switch i {
		case first:
			return cell(has)
		case has:
			return cell(first)
		}
		return cell(i)
	})
}

// repeats reports whether the n-th of the records that some cells have stands in another one
// as well, in an envelope perhaps, or with more members: what was sent, and what was made of it.
// Of those that are the same the first is none.
func repeats(cells [][]byte, records []*Part, n int) bool {
	x := records[n]
	for o, y := range records {
		switch {
		case o == n:
		case x == nil || y == nil:
			if o < n && bytes.Equal(cells[o], cells[n]) {
				return true
			}
		case x.within(y, false) && (o < n || !y.within(x, false)):
			return true
		}
	}
	return false
}

// recordIn describes the record that a cell holds; nil if it is no object.
func recordIn(cell []byte) *Part {
	cell = bytes.TrimSpace(cell)
	if len(cell) == 0 || cell[0] != '{' {
		return nil
	}
	b := append(bytes.Clone(cell), make([]byte, jsonPad)...)
	if q, fault := jsonSkip(b, 0, len(cell), 0); fault != jsonOK || q != len(cell) {
		return nil
	}
	return jsonSample(b, []jsonRow{{0, uint32(len(cell))}}, jsonEnvelopes[0])
}

// within reports whether all cells of a record that are not empty are those of another, too;
// timesDiffer says that these may write times in two ways.
func (p *Part) within(o *Part, timesDiffer bool) bool {
	for i, name := range p.Columns {
		cell := p.Sample[0][i]
		if cell == "" {
			continue
		}
		n := findColumn(o.Columns, Column{Name: name, N: -1})
		if n < 0 || !strings.EqualFold(o.Sample[0][n], cell) && !(timesDiffer && strings.Contains(strings.ToLower(name), "time")) {
			return false
		}
	}
	return true
}

// appendPacked appends what the one column holds as a line, and before it the row itself where
// this is not in it: a record of its own.
func (e *eventColumns) appendPacked(dst []byte, cell func(int) []byte) []byte {
	column := e.hold[0]
	var cells []string
	for i := range e.names {
		cells = append(cells, string(cell(i)))
	}
	record := recordIn(cell(column))
	if record == nil || !rowBeside(e.names, cells, column).within(record, true) {
		dst = appendEvent(dst, e.names, cell)
	}
	switch {
	case record != nil:
		dst = appendEvent(dst, e.names[column:column+1], func(int) []byte { return cell(column) })
	case mayBeEvent(cell(column)): // it was cut off
		dst = appendNoJSON(dst, cell(column))
	}
	return dst
}

// rowBeside is what a row has beside a column.
func rowBeside(names, cells []string, column int) *Part {
	return &Part{Columns: slices.Concat(names[:column], names[column+1:]), Sample: [][]string{slices.Concat(cells[:column], cells[column+1:])}}
}

// packing returns the column of a table that has each of its rows once more, whole and with
// more members, as where a query keeps some columns beside pack_all(): then that is what to
// read. It is -1 if there is none.
func packing(names []string, sample [][]string) int {
next:
	for column := range names {
		for _, cells := range sample {
			record := recordIn([]byte(cells[column]))
			if record == nil || len(record.Columns) < len(names) || !rowBeside(names, cells, column).within(record, true) {
				continue next
			}
		}
		if len(sample) > 0 {
			return column
		}
	}
	return -1
}

// mayBeEvent reports whether an object or a list may begin in a cell.
func mayBeEvent(cell []byte) bool {
	cell = bytes.TrimLeft(cell, " \t\r\n")
	return len(cell) > 0 && (cell[0] == '{' || cell[0] == '[')
}

// sampleLines returns lines with the cells of columns[from:to].
func sampleLines(columns []string, sample [][]string, from, to int) (lines []byte) {
	for _, cells := range sample {
		lines = appendEvent(lines, columns[from:to], func(i int) []byte { return []byte(cells[from+i]) })
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

// openEvents opens what events with these columns hold, of which lines has one a line.
func (c *Content) openEvents(e eventColumns, lines io.Reader, o Options) (Source, error) {
	c.At, c.Len = nil, 0
	if !e.envelope {
		if err := c.replaceBy(payloadName(e.name()), lines, o); err != nil {
			return nil, err
		}
		return openJSONL(c, o)
	}
	c.replaced(e.name())
	c.Stream = lines
	if err := c.readHead(); err != nil {
		return nil, err
	}
	return openJSONL(c, o)
}

// eventRows is how many records a recordReader has at most at a time. Those of a hub may
// be of a megabyte each, and it begins with one.
const eventRows = 256

// A recordReader reads the records of a source that has no rejects, each as a line. What
// cannot be read is a line that is no object, and so rejected.
type recordReader struct {
	r       Reader // its first late stage has all columns
	columns eventColumns
	rows    []uint32
	most    int // rows that it has at a time
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
		r.next, r.of = 0, b.Rows
		return nil
	}
	from := len(r.out)
	r.rows = r.rows[:0]
	for ; r.next < r.of && len(r.rows) < max(r.most, 1); r.next++ {
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
		r.out = r.columns.append(r.out, func(j int) []byte { return g.Cell(i, j) })
	}
	if size := len(r.out) - from; size < textPiece {
		r.most = min(2*len(r.rows), eventRows)
	} else {
		r.most = max(len(r.rows)*textPiece/size, 1)
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
