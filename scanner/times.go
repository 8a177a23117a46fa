package scanner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// moment is when a row happened, and how sure that is.
type moment struct {
	time  clock.Time
	ok    bool
	bad   bool   // there was a text, but no time could be read from it
	basis string // the column and, after a colon, what was assumed
}

// originalTime is the time of the event in the result of a search job, whose
// TimeGenerated is when the job ran.
const originalTime = "_OriginalTimeGenerated"

// timesOf returns the time columns of a table in an input, in order of preference.
func timesOf(t *table.Table, names []name, fixed bool) []string {
	at := slices.IndexFunc(t.Times, func(c string) bool { return strings.EqualFold(c, "TimeGenerated") })
	if at < 0 {
		return t.Times
	}
	if fixed {
		if _, has := find(names, originalTime); !has {
			return t.Times
		}
	}
	return slices.Insert(slices.Clone(t.Times), at, originalTime)
}

// eventTime reads a row's time from the first of the time columns of its table,
// an index into plan.tables, that is not empty.
func (w *worker) eventTime(in *input, t int, row *table.Row) moment {
	m := moment{basis: in.plan.tables[t].Times[0]}
	for _, column := range in.plan.timesBy[t] {
		cell, _ := row.Get(column)
		if cell == "" {
			continue
		}
		c := slices.IndexFunc(in.plan.times, func(c timeColumn) bool { return c.name == column })
		read := in.readTime(c, cell)
		if read.ok || !m.bad {
			// An unreadable text falls back to the next column as an empty cell does.
			bad := m.bad || read.bad
			m = read
			m.bad = bad && !read.ok
		}
		if m.ok {
			break
		}
	}
	return m
}

// parseTime reads one cell of a time column, with the order of its dates as
// far as it is known, and says whether the cell proves another one.
func parseTime[T string | []byte](i *input, column int, cell T) (r clock.Result, c *dateColumn, other bool) {
	c = i.dates.column(column)
	r = clock.Parse(cell, c.order, i.plan.times[column].loc)
	return r, c, r.Status == clock.OK && r.Dated && r.Proves != clock.None && c.order != clock.None && r.Proves != c.order
}

// noteOther notes a date that proves another order than its column's. Which of
// them it is depends on what is read, so it is not named.
func (i *input) noteOther(column int, r clock.Result, c *dateColumn) {
	why := "was given or assumed"
	switch {
	case c.torn: // which has been noted
		return
	case c.proven:
		why = "is what others prove"
	}
	i.mu.Lock()
	i.report.note(fmt.Sprintf("%s: a date reads %s only, though %s %s", i.plan.times[column].name, r.Proves, c.order, why))
	i.mu.Unlock()
}

// contradiction is what two dates of a column have to say.
func contradiction(column, a string, order clock.Order, b string, other clock.Order) string {
	return Printable(fmt.Sprintf("%s: dates contradict each other: %s reads %s only, %s %s only; where both are possible it is %s", column, a, order, b, other, order))
}

// readTime reads one cell of a time column and says what it took for granted.
func (i *input) readTime(column int, cell string) moment {
	tc := &i.plan.times[column]
	r, c, other := parseTime(i, column, cell)
	if other {
		i.noteOther(column, r, c)
	}
	m := moment{time: r.Time, ok: r.Status == clock.OK, bad: r.Status == clock.Bad || r.Status == clock.Ambiguous, basis: tc.name}
	if r.Status == clock.Null {
		return moment{basis: tc.name}
	}
	if !m.ok {
		return m
	}
	said := 0
	if r.Dated {
		switch {
		case other:
			said = int(r.Proves)
		case c.proven:
			said = int(c.order)
		case i.dates.given:
		case c.order != clock.None && r.Proves == clock.None:
			said = int(c.order) | orderAssumed
		case r.Proves != clock.None:
			said = int(r.Proves)
		}
	}
	if tc.assumed && !r.Zoned {
		said |= zoneAssumed
	}
	m.basis = tc.said[said]
	return m
}

// A spanner is a Reader that knows the range of a block's column without
// reading it.
type spanner interface {
	Span(c formats.Column) (first, last []byte, ok bool)
}

// A spanCell is an ambiguous time, which belongs to the input's span once the order
// of its dates is known: at most two for each block, and no longer than clock.Parse
// takes a text for a time.
type spanCell struct {
	column int
	cell   string
}

// widen adds a time to the input's span, if it can be read.
func widen[T string | []byte](i *input, column int, cell T) clock.Status {
	t, c, other := parseTime(i, column, cell)
	if t.Status != clock.OK {
		return t.Status
	}
	if other && (!c.proven || c.proof != "") { // else it depends on the workers whether the order is known yet
		i.noteOther(column, t, c)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.report.widen(t.Time)
	return clock.OK
}

// span adds a time to the input's span, at once or when the order of its dates is
// known. It says false for what cannot be read now.
func (i *input) span(column int, cell []byte) bool {
	status := widen(i, column, cell)
	if status == clock.Ambiguous {
		i.mu.Lock()
		i.spans = append(i.spans, spanCell{column, string(cell)})
		i.mu.Unlock()
	}
	return status == clock.OK
}

// lateSpan adds the times that had to wait for the order of their dates.
func (i *input) lateSpan() {
	for _, s := range i.spans {
		widen(i, s.column, s.cell)
	}
}

// seen widens the input's time span by what the block's first and last row show.
func (w *worker) seen(in *input, b formats.Block) error {
	p := in.plan
	if b.Rows == 0 || len(p.times) == 0 {
		return nil
	}
	if s, ok := w.reader.(spanner); ok {
		for i := range p.times {
			for _, col := range p.want.Late[0] {
				if !strings.EqualFold(col.Name, p.times[i].name) {
					continue
				}
				if first, last, ok := s.Span(col); ok {
					if in.span(i, first) && in.span(i, last) {
						return nil
					}
				}
			}
		}
	}
	w.rows = append(w.rows[:0], 0)
	if b.Rows > 1 {
		w.rows = append(w.rows, uint32(b.Rows-1))
	}
	g, err := w.reader.Fetch(0, w.rows)
	if err != nil {
		return err
	}
	for i := range w.rows {
		for n := range p.times {
			at := slices.IndexFunc(p.fetched[0], func(c int) bool { return p.columns.Names()[c] == p.times[n].name })
			if at >= 0 {
				if cell := g.Cell(i, at); len(cell) > 0 && in.span(n, cell) {
					break
				}
			}
		}
	}
	return nil
}
