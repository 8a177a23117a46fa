package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A wholeRow is a row that was read without being matched. It lives until the
// next one.
type wholeRow struct {
	row    table.Row
	when   moment
	record int64 // from 1
	key    rowKey
}

// A rowReader reads all rows of an input in file order, by one goroutine: the
// columns that a hit of them would show, not what is matched.
type rowReader struct {
	s    *Scan
	each func(*wholeRow) error
}

// read reads one input and returns its report. The error is that of each, or
// the context's; what is wrong with the input stands in the report.
func (x *rowReader) read(ctx context.Context, file formats.Input) (*FileReport, *plan, error) {
	scan := *x.s
	scan.Each, scan.Output, scan.Suppressed, scan.Rejects, scan.Groups, scan.Rules = nil, nil, nil, nil, nil, nil
	scan.Warn, scan.Stats, scan.Threads = nil, nil, 1
	r, err := scan.newRun(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	defer r.stop(nil)
	in, err := r.openRows(ctx, file)
	if err != nil || in.state != open {
		return in.report, nil, err
	}
	defer in.src.Close()
	w := r.newWorker()
	if err := w.reset(in); err != nil {
		return in.report, in.plan, err
	}
	var row wholeRow
	record := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return in.report, in.plan, err
		}
		b, err := in.chain.claim(w.reader)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			in.fail(Partial, cause(err))
			break
		}
		if err := x.block(w, in, b, record, &row); err != nil {
			return in.report, in.plan, err
		}
		record += int64(b.Records)
	}
	in.close(false)
	return in.report, in.plan, nil
}

// openRows opens an input and finds out in which order it writes its dates,
// for which it may have to be read twice.
func (r *run) openRows(ctx context.Context, file formats.Input) (*input, error) {
	in := newInput(0, file)
	r.openInput(in)
	if in.state != open || !in.dates.watching() {
		return in, nil
	}
	w := r.newWorker()
	if err := w.reset(in); err != nil {
		return in, errors.Join(err, in.src.Close())
	}
	for in.dates.watching() {
		if err := ctx.Err(); err != nil {
			return in, errors.Join(err, in.src.Close())
		}
		b, err := in.chain.claim(w.reader)
		if err != nil {
			break // it is met again, and said then
		}
		evidence := make([]clock.Order, len(in.plan.keys))
		for run, err := range w.reader.Runs() {
			if err == nil && in.plan.keys[run.Key].dates && evidence[run.Key] == clock.None {
				evidence[run.Key] = w.proof(run)
			}
		}
		w.now = claimed{in: in, block: b, evidence: evidence}
		if err := in.dates.put(w, b.Seq); err != nil {
			return in, errors.Join(err, in.src.Close())
		}
	}
	err := errors.Join(in.dates.end(w), in.src.Close())
	if err != nil {
		return in, err
	}
	again := newInput(0, file)
	r.openInput(again)
	if again.state == open {
		again.dates.decide(in.dates.columns)
		again.report.Notes = in.report.Notes
	}
	return again, nil
}

// block hands on the rows of a block, before which stand so many records.
func (x *rowReader) block(w *worker, in *input, b formats.Block, before int64, row *wholeRow) error {
	p := in.plan
	def := other
	if b.Rows > 0 {
		def = p.tableOf(b.Part)
	}
	for _, err := range w.reader.Runs() {
		if err != nil {
			in.fail(Partial, cause(err))
		}
	}
	w.tables = w.tables[:0]
	for from := 0; from < b.Rows; from += batch {
		w.rows = w.rows[:0]
		for n := from; n < min(from+batch, b.Rows); n++ {
			w.rows = append(w.rows, uint32(n))
		}
		early, err := w.reader.Fetch(0, w.rows)
		if err != nil {
			in.fail(Partial, cause(err))
		}
		late, err := w.reader.Fetch(1, w.rows)
		if err != nil {
			in.fail(Partial, cause(err))
		}
		for i, n := range w.rows {
			row.row.Columns = p.columns
			row.row.Cells = cellsOf(p, early, late, i, row.row.Cells, &w.texts)
			for i, cell := range row.row.Cells {
				if !utf8.ValidString(cell) {
					row.row.Cells[i] = string([]rune(cell)) // as hits have it
				}
			}
			t := w.rowTable(p, row.row.Cells, n, def)
			if t < 0 || t == p.generic {
				in.count(p, other, 1)
				continue
			}
			in.count(p, t, 1)
			row.when = w.eventTime(in, int(t), &row.row)
			row.record = before + int64(n) + 1
			row.key = keyOf(&p.projections[t], row.row.Cells, row.when.time, row.when.ok)
			if err := x.each(row); err != nil {
				return err
			}
		}
	}
	for i, bad := range w.reader.Rejects() {
		in.reject(b.Seq, i, &bad)
	}
	return nil
}

// lacks names a column of the hunt's projection that an input has not, ""
// where it has all. Of JSON nobody knows: a record need not have all columns.
func (p *plan) lacks(t *table.Table, format string) string {
	if isJSON(format) {
		return ""
	}
	row := table.Row{Columns: p.columns}
	for _, column := range t.Hunt {
		if _, has := row.Get(column); !has {
			return column
		}
	}
	return ""
}

// hunted returns the table of a portal's result, which must be one that has a
// hunt whose projection is all there.
func (p *plan) hunted(format string) (*table.Table, error) {
	n := p.tableOf(p.part)
	if n < 0 || n == p.generic {
		return nil, errors.New("its columns are those of no table that has a hunt")
	}
	t := p.tables[n]
	if len(t.KQL) == 0 {
		return nil, fmt.Errorf("its columns are those of %s, which no hunt reads", t.Name)
	}
	for _, q := range t.KQL {
		if t.Key(q.Column) == nil {
			return nil, fmt.Errorf("the hunt of %s reads %s, which holds nothing to match: it cannot be compared", t.Name, q.Column)
		}
	}
	if column := p.lacks(t, format); column != "" {
		return nil, fmt.Errorf("it lacks the column %s, which the hunt of %s projects", column, t.Name)
	}
	return t, nil
}
