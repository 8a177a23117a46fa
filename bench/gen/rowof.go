package gen

import (
	"fmt"
	"time"
)

// RowOf returns a row of its own with the given cells, by column name. Times
// are given as RFC 3339 in UTC. It panics on a column that the table lacks and
// on a time that it cannot read.
func RowOf(t *Table, n int64, cells map[string]string) *Row {
	r := &Row{Table: t, N: n, cells: make([]span, len(t.Columns)), ticks: make([]int64, len(t.Columns))}
	for name := range cells {
		if t.Column(name) < 0 {
			panic(fmt.Sprintf("gen: %s has no column %s", t.Name, name))
		}
	}
	// By column, not by map: the buffer is to be the same every time.
	for i, c := range t.Columns {
		if text := cells[c.Name]; text != "" {
			r.Set(i, text)
		}
	}
	return r
}

// Set changes the text of a cell; the empty text is null. Times are given as
// RFC 3339 in UTC; Set panics on one that it cannot read.
func (r *Row) Set(column int, text string) {
	switch {
	case text == "":
		r.null(column)
	case r.Table.Columns[column].Type == Time:
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			panic("gen: " + err.Error())
		}
		r.time(column, at.Unix()*ticksPerSecond+int64(at.Nanosecond()/100))
	default:
		r.str(column, text)
	}
}
