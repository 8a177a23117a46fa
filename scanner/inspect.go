package scanner

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// An Inspection is what one input is, found out without matching anything.
type Inspection struct {
	FileReport             // First and Last are exact
	Encoding   string      // utf-16le, utf-16be; "" for UTF-8
	Delimiter  byte        // of CSV, else 0
	Header     []string    // names as in the file
	Matched    []string    // the columns that a scan with the same flags matches
	TimeColumn string      // where the event time is read, as in the file; "" if it is nowhere
	TimeForm   string      // what such a time looks like and what is assumed of it
	Order      clock.Order // of d/d/y dates, None where it does not matter or is not known
}

// Inspect reads an input whole, but only its time columns. The scan's flags
// about opening, tables, columns and times apply; indicators are not needed.
// Problems of the input stand in the Inspection; the error is the context's.
func (s *Scan) Inspect(ctx context.Context, inputs []formats.Input, n int) (*Inspection, error) {
	r := &run{Scan: s, tables: s.Tables, warn: func(error) {}, stats: new(Stats)}
	r.cond.L = &r.mu
	if r.tables == nil {
		r.tables = table.Builtin()
	}
	if err := r.choose(); err != nil {
		return nil, err
	}
	r.out = newOutputs(r)
	for i, in := range inputs {
		r.inputs = append(r.inputs, newInput(i, in))
	}
	in := r.inputs[n]
	r.openInput(in)
	out := &Inspection{}
	if in.state == open {
		defer in.src.Close()
		info := in.src.Info()
		out.Encoding, out.Delimiter, out.Header = info.Encoding, info.Delimiter, info.Parts[0].Columns
		p := in.plan
		for i := range p.keys {
			if p.keys[i].n == p.record() {
				out.Matched = append(out.Matched, "every member of each record")
			} else if len(p.keys[i].groups) > 0 && hasColumn(info.Parts, p.keys[i].name) {
				out.Matched = append(out.Matched, p.keys[i].name)
			}
		}
		if err := r.times(ctx, in, info, out); err != nil {
			return nil, err
		}
		in.close(false)
	}
	out.FileReport = *in.report
	return out, nil
}

func hasColumn(parts []*formats.Part, column string) bool {
	_, ok := find(columnNames(parts), column)
	return ok
}

// span of a time column under one order of d/d/y dates.
type timeSpan struct {
	first, last clock.Time
	any         bool
}

func (s *timeSpan) add(t clock.Time) {
	if !s.any {
		s.first, s.last, s.any = t, t, true
	}
	s.first, s.last = min(s.first, t), max(s.last, t)
}

// times reads all time cells of an input. Dates whose order is not known yet
// are kept under both readings until the whole column has been seen.
func (r *run) times(ctx context.Context, in *input, info formats.Info, out *Inspection) error {
	p := in.plan
	names := columnNames(info.Parts)
	typed := typedNames(names, p.tables)
	var want formats.Want
	var columns []int // of p.times
	for i := range p.times {
		n, ok := findTyped(names, typed, p.times[i].name)
		if !ok {
			continue
		}
		c := formats.Column{Name: n.bare, N: n.n}
		if info.Format == "json" || info.Format == "jsonl" {
			c.N = -1
		}
		want.Keys = append(want.Keys, c)
		columns = append(columns, i)
	}
	spans := make([][2]timeSpan, len(columns)) // as MDY, as DMY
	proven := make([]clock.Order, len(columns))
	proofs := make([]string, len(columns)) // what proved it; "" once it has been contradicted
	forms := make([]string, len(columns))
	dated := make([]bool, len(columns))
	zoned := make([]bool, len(columns))
	reader := in.src.NewReader(want)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := in.chain.claim(reader)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // what came before has been read
			in.fail(Partial, cause(err))
			break
		}
		in.count(p, p.tableOf(b.Part), int64(b.Rows))
		for run, err := range reader.Runs() {
			if err != nil {
				in.fail(Partial, cause(err))
				continue
			}
			k := run.Key
			tc := p.times[columns[k]]
			for i, cell := range run.Cells {
				if cell.Len == 0 {
					continue
				}
				text := run.Cell(i)
				m := clock.Parse(text, clock.MDY, tc.loc)
				if m.Status != clock.OK {
					continue
				}
				if forms[k] == "" {
					forms[k] = Printable(string(text))
					zoned[k] = m.Zoned
				}
				spans[k][0].add(m.Time)
				if !m.Dated {
					spans[k][1].add(m.Time)
					continue
				}
				dated[k] = true
				switch {
				case m.Proves == clock.None || m.Proves == proven[k]:
				case proven[k] == clock.None:
					proven[k], proofs[k] = m.Proves, string(text)
				case proofs[k] != "" && r.DateOrder == clock.None:
					in.report.note(contradiction(tc.name, proofs[k], proven[k], string(text), m.Proves))
					proofs[k] = ""
				}
				if d := clock.Parse(text, clock.DMY, tc.loc); d.Status == clock.OK {
					spans[k][1].add(d.Time)
				}
			}
		}
		for i, bad := range reader.Rejects() {
			in.reject(b.Seq, i, &bad)
		}
	}
	for k, c := range columns {
		if forms[k] == "" {
			continue
		}
		tc, d := p.times[c], p.dates[c]
		out.TimeColumn, out.TimeForm = Printable(want.Keys[k].Name), forms[k]
		order := proven[k]
		switch {
		case !dated[k]:
		case d.order != clock.None && !d.proven:
			order = d.order
			out.TimeForm += ", order " + order.String() + " as given"
		case order != clock.None:
			out.TimeForm += ", order " + order.String() + " as the data prove"
		case d.utc:
			order = clock.MDY
			out.TimeForm += ", order mdy assumed"
		default:
			out.TimeForm += ", order of day and month unknown: give --date-order"
			return nil
		}
		if tc.assumed && !zoned[k] {
			out.TimeForm += ", no zone: taken as UTC"
		}
		s := spans[k][0]
		if order == clock.DMY {
			s = spans[k][1]
		}
		out.Order = order
		in.report.First, in.report.Last, in.report.Timed = s.first, s.last, s.any
		return nil
	}
	for i := range p.times {
		if n, ok := findTyped(names, typed, p.times[i].name); ok {
			out.TimeColumn = n.full
			break
		}
	}
	return nil
}

// ColumnsOf lists the columns of a table that are matched under the scan's
// flags, for reports.
func (s *Scan) ColumnsOf(t *table.Table) []string {
	r := &run{Scan: s}
	var out []string
	for i := range t.Keys {
		if _, ok := r.keyGroup(t, &t.Keys[i]); ok && !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, t.Keys[i].Column) }) {
			out = append(out, t.Keys[i].Column)
		}
	}
	return out
}
