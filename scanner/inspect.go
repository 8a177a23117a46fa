package scanner

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// An Inspection is what one input is, found out without matching anything.
type Inspection struct {
	FileReport             // First and Last are exact
	Encoding   string      // utf-16le, utf-16be, windows-1252; "" for UTF-8
	Delimiter  byte        // of CSV, else 0
	Header     []string    // names as in the file
	Matched    []string    // the columns that a scan with the same flags matches
	TimeColumn string      // where the event time is read, as in the file; "" if it is nowhere
	TimeForm   string      // what such a time looks like and what is assumed of it
	Order      clock.Order // of d/d/y dates, None where it does not matter or is not known
}

// Inspect reads inputs one after the other, each whole, but only its time columns.
// The scan's flags about opening, tables, columns and times apply; indicators are
// not needed. Problems of an input stand in its Inspection; an error is the
// context's or one of the flags, and the last.
func (s *Scan) Inspect(ctx context.Context, inputs []formats.Input) iter.Seq2[*Inspection, error] {
	return func(yield func(*Inspection, error) bool) {
		r, err := s.newRun(ctx, inputs)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.stop(nil)
		for _, in := range r.inputs {
			if out, err := r.inspect(ctx, in); !yield(out, err) || err != nil {
				return
			}
		}
	}
}

// inspect says what one input is, and forgets what it was read with.
func (r *run) inspect(ctx context.Context, in *input) (*Inspection, error) {
	r.openInput(in)
	out := &Inspection{}
	if in.state == open {
		defer func() {
			if err := in.src.Close(); err != nil {
				in.fail(Partial, cause(err))
				out.FileReport = *in.report
			}
			in.src, in.plan = nil, nil
		}()
		info := in.src.Info()
		out.Encoding, out.Delimiter, out.Header = info.Encoding, info.Delimiter, info.Parts[0].Columns
		p := in.plan
		if err := r.times(ctx, in, info, out); err != nil {
			return nil, err
		}
		in.close(false)
		for i := range p.keys {
			if p.keys[i].n == p.record() {
				out.Matched = append(out.Matched, "every member of each record")
			} else if (p.timeline || p.keys[i].of(p.tables, in.report.Table)) && hasColumn(info.Parts, p.keys[i].name) {
				out.Matched = append(out.Matched, p.keys[i].name)
			}
		}
	}
	out.FileReport = *in.report
	return out, nil
}

// of reports whether a key is one of a table with a name in the list of those of which
// there are records, which are joined by +: a stream is read as if any might come.
func (k *planKey) of(tables []*table.Table, list string) bool {
	names := strings.Split(list, "+")
	return slices.ContainsFunc(k.groups, func(g keyGroup) bool {
		for ti, use := range g.uses {
			if use.key != nil && (list == "" || slices.Contains(names, tables[ti].Name)) {
				return true
			}
		}
		return false
	})
}

func hasColumn(parts []*formats.Part, column string) bool {
	_, ok := find(columnNames(parts), column)
	return ok
}

// times reads all time cells of an input, and says what its time column is.
func (r *run) times(ctx context.Context, in *input, info formats.Info, out *Inspection) error {
	names := columnNames(info.Parts)
	columns, want := in.plan.timeCells(names, info)
	if err := r.readTimes(ctx, in, want, columns); err != nil {
		return err
	}
	for i := range columns {
		if c := &columns[i]; c.form != "" {
			c.describe(in.plan, out)
			if p, ok := c.period(out.Order); ok {
				in.report.Period = p
			}
			return nil
		}
	}
	// No time could be read: the column is the first that the file has.
	if len(columns) > 0 {
		out.TimeColumn = columns[0].full
	}
	return nil
}

// readTimes reads the input's blocks, of each the cells of time columns.
func (r *run) readTimes(ctx context.Context, in *input, want formats.Want, columns []inspectedTimes) error {
	reader := in.src.NewReader(want)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := in.chain.claim(reader)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil { // what came before has been read
			in.fail(Partial, cause(err))
			return nil
		}
		in.count(in.plan, in.plan.tableOf(b.Part), int64(b.Rows))
		for run, err := range reader.Runs() {
			if err != nil {
				in.fail(Partial, cause(err))
				continue
			}
			c := &columns[run.Key]
			for i, cell := range run.Cells {
				if cell.Len == 0 {
					continue
				}
				if note := c.add(run.Cell(i)); note != "" && r.DateOrder == clock.None {
					in.report.note(note)
				}
			}
		}
		for i, bad := range reader.Rejects() {
			in.reject(b.Seq, i, &bad)
		}
	}
}

// ColumnsOf lists the columns of a table that are matched under the scan's
// flags, for reports.
func (s *Scan) ColumnsOf(t *table.Table) []string {
	r := &run{Scan: s}
	var out []string
	for i := range t.Keys {
		if _, ok := r.keyGroup(t, &t.Keys[i]); ok && !hasName(out, t.Keys[i].Column) {
			out = append(out, t.Keys[i].Column)
		}
	}
	return out
}
