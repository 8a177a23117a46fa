package scanner

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A Trace follows one record through a scan: what was read, which table it was
// taken for, what its columns were found to hold, what became of that. It is
// filled by the scan itself, at the places where it decides.
type Trace struct {
	Record int64 // which one, from 1
	Found  bool  // the input has it, and it could be read
	Bad    error // why it could not be read, or what had to be repaired

	File      FileReport // of the input, as far as it was read
	Encoding  string     // utf-16le, utf-16be, windows-1252; "" for UTF-8
	Line      int64      // from 1, 0 where lines mean nothing
	Group     int        // Parquet row group from 0, -1 otherwise
	Fields    []Cell     // every cell of the record, with the names of the file
	Table     *table.Table
	TableBy   string        // what showed the table; or, where Table is nil, that it is none to sweep for
	Columns   []TraceColumn // those of the table that can hold an indicator, in the order of its definition
	Tests     []TraceTest   // every indicator that a column holds, against the row's port
	HasTime   bool          // the time was asked for, which it is once a column holds an indicator
	Time      string        // as the hit shows it, "" where it could not be read
	TimeBasis string
	Outside   bool // the time lies outside the window, so the row counts for nothing
	Hits      []TraceHit
}

// A TraceColumn is one column and what the scan found in it.
type TraceColumn struct {
	Key    *table.Key
	Value  string   // the record's cell
	Has    bool     // the input has the column
	Asked  bool     // the scan's flags have it matched
	Listed []string // the indicators that it holds, were it asked or not
}

// A TraceTest is one indicator against one element of the row.
type TraceTest struct {
	Column    string // AdditionalFields.query for a member of a JSON cell
	Value     string // as exported
	Indicator *ioc.Indicator
	CellPort  int    // in the element itself, -1 without one
	Port      string // name of the paired column, "" without one
	PortText  string // its cell
	Match     bool
	Class     Class // where it matches
}

// A TraceHit is a hit of the record, kept or suppressed, and what each rule
// says of it.
type TraceHit struct {
	Hit   *Hit
	Rules []rule.Account
}

// errTraced ends a scan that has seen what it was for.
var errTraced = errors.New("record traced")

// Trace scans one input for the sake of one record, counted from 1. The
// scan's flags apply; nothing is written. The error is one of those of Run.
// What kept the record from being read stands in the Trace.
func (s *Scan) Trace(ctx context.Context, in formats.Input, record int64) (*Trace, error) {
	one := *s
	one.Output, one.Suppressed, one.Rejects, one.Each, one.Groups = nil, nil, nil, nil, nil
	one.Near, one.Repeats, one.Met, one.MetSuppressed = nil, nil, nil, nil
	one.Threads = 1
	r, err := one.prepare(ctx, []formats.Input{in})
	if err != nil {
		return nil, err
	}
	defer r.out.close()
	defer r.stop(nil)
	tr := &Trace{Record: record, Group: -1}
	w := r.newWorker()
	w.trace, w.rowed = tr, true
	w.work()
	if err := context.Cause(r.ctx); err != nil && !errors.Is(err, errTraced) && !errors.Is(err, errBadRecord) {
		return nil, err
	}
	tr.File = *r.inputs[0].report
	return tr, nil
}

// traceBlock notes the record if the block that has just been matched holds
// it. It returns true where nothing more of the record is to come.
func (w *worker) traceBlock(in *input, b formats.Block, def int8) bool {
	tr := w.trace
	before, known := in.chain.before(b.Seq)
	if n := tr.Record - before.records; !known || n < 1 || n > int64(b.Records) {
		return false
	}
	for _, bad := range w.reader.Rejects() {
		if pos := w.place(bad.Pos); pos.Record == tr.Record {
			tr.Bad, tr.Line, tr.Group = bad.Err, pos.Line, pos.Group
		}
	}
	at := func(row int) formats.Pos { return w.place(w.reader.Pos(uint32(row))) }
	row := sort.Search(b.Rows, func(row int) bool { return at(row).Record >= tr.Record })
	if row == b.Rows || at(row).Record != tr.Record {
		return true
	}
	tr.Found = true
	pos := at(row)
	tr.Line, tr.Group, tr.Encoding = pos.Line, pos.Group, in.src.Info().Encoding
	if fields, err := w.reader.Record(uint32(row)); err == nil {
		for _, f := range fields {
			tr.Fields = append(tr.Fields, Cell{string(f.Name), string(f.Value)})
		}
	} else if tr.Bad == nil {
		tr.Bad = err
	}
	p := in.plan
	early, _ := w.reader.Fetch(0, []uint32{uint32(row)})
	late, _ := w.reader.Fetch(1, []uint32{uint32(row)})
	cells := cellsOf(p, early, late, 0, nil, &w.texts)
	n := w.rowTable(p, cells, uint32(row), def)
	w.traceTable(in, b, n)
	if n < 0 {
		return true
	}
	held := w.traceColumns(p, &table.Row{Columns: p.columns, Cells: cells}, row, int(n))
	return !held
}

// traceTable says which table the row was taken for and by what.
func (w *worker) traceTable(in *input, b formats.Block, n int8) {
	tr, p := w.trace, in.plan
	if n < 0 {
		tr.TableBy = "the record is of no table that is swept for"
		return
	}
	tr.Table = p.tables[n]
	if n == p.generic {
		tr.TableBy = "it is of no known table, and --table generic sweeps those as well"
		return
	}
	is := func(e table.Evidence) bool {
		t, _, _ := table.Detect(w.run.tables, e)
		return t == tr.Table
	}
	named := false
	for _, f := range tr.Fields {
		for _, column := range discriminating {
			named = named || strings.EqualFold(f.Name, column) && is(table.Evidence{Types: []string{f.Value}})
		}
	}
	switch {
	case p.forced:
		tr.TableBy = "it was given with --table"
	case named:
		tr.TableBy = "the record names it"
	case is(table.Evidence{Types: typeCells(w.run.tables, b.Part)}):
		tr.TableBy = "other records of the file name it"
	case is(table.Evidence{Path: in.in.String()}):
		tr.TableBy = "the path names it"
	default:
		tr.TableBy = "the file has the columns of that table"
	}
}

// traceColumns lists the table's columns with what the block's look-ups gave
// for the row, and says whether that is anything. What stands in columns that
// the flags leave out is looked up here, to be told of, not to be a hit.
func (w *worker) traceColumns(p *plan, r *table.Row, row, t int) (held bool) {
	tr := w.trace
	if t == int(p.generic) {
		return w.traceGeneric(p, row)
	}
	asked := map[*table.Key]bool{}
	var keys []*table.Key
	for i := range tr.Table.Keys {
		keys = append(keys, &tr.Table.Keys[i])
	}
	for i := range p.keys {
		for g := range p.keys[i].groups {
			k := p.keys[i].groups[g].use(t)
			if asked[k] = true; k != nil && tr.Table.Key(k.Column) == nil { // of a join
				keys = append(keys, k)
			}
		}
	}
	found := map[*table.Key][]string{}
	list := func(k *table.Key, entry uint32) {
		for _, i := range w.Indicators.Indicators(entry) {
			found[k] = append(found[k], i.Type.String()+" "+i.Value)
		}
	}
	for _, l := range w.found {
		e := &w.held[l.held]
		k := p.keys[e.Key].groups[e.Group].use(t)
		if l.row != uint32(row) || !p.holds(e, t, r.Cells) {
			continue
		}
		held = true
		for _, c := range e.Cands {
			list(k, c.Entry)
		}
	}
	for _, k := range keys {
		if k.Level >= table.Never {
			continue
		}
		c := TraceColumn{Key: k, Asked: asked[k]}
		if c.Asked {
			c.Value, c.Has = r.Get(k.Column)
		}
		for _, f := range tr.Fields {
			if !c.Has && strings.EqualFold(formats.BareName(f.Name), k.Column) {
				c.Value, c.Has = f.Value, true
			}
		}
		if !c.Has && tr.Table.Key(k.Column) == nil {
			continue // a record may have it, this one does not
		}
		if !c.Asked {
			for _, x := range w.Indicators.Match(k.Kind, []byte(c.Value), nil) {
				list(k, x.Entry)
			}
		}
		c.Listed = found[k]
		tr.Columns = append(tr.Columns, c)
	}
	return held
}

// traced returns the trace if it is that of a finding, and notes its time.
func (w *worker) traced(f *finding, m *moment, outside bool) *Trace {
	tr := w.trace
	if f.Record != tr.Record {
		return nil
	}
	tr.HasTime, tr.TimeBasis, tr.Outside = true, m.basis, outside
	if m.ok {
		tr.Time = m.time.String()
	}
	return tr
}

// lost notes that hits of the record may be missing for a fault.
func (tr *Trace) lost(err error) {
	tr.Found, tr.Bad = tr.Found && len(tr.Hits) > 0, err
}

// test notes how one indicator fared against one element.
func (tr *Trace) test(e *element, k *table.Key, row *table.Row, c ioc.Candidate, i *ioc.Indicator, class Class, ok bool) {
	x := TraceTest{Column: member(k.Column, e.Member), Value: strings.Clone(e.Value), Indicator: i, CellPort: int(c.Port), Port: k.Port, Match: ok, Class: class}
	if k.Port != "" {
		x.PortText, _ = row.Get(k.Port)
	}
	tr.Tests = append(tr.Tests, x)
}

// traceHit notes a hit and what the rules say of it. The hit is the worker's, so
// a copy is kept; the texts in it are left to it, see report.
func (w *worker) traceHit(h *Hit, c *rule.Context) {
	kept := *h
	kept.Also, kept.Matches = slices.Clone(h.Also), slices.Clone(h.Matches)
	kept.Row, kept.SuppressedBy, kept.Reasons = slices.Clone(h.Row), slices.Clone(h.SuppressedBy), slices.Clone(h.Reasons)
	kept.Labels = slices.Clone(h.Labels)
	if h.Table == &w.room.named {
		named := *h.Table
		kept.Table = &named
	}
	t := TraceHit{Hit: &kept}
	for _, x := range w.rules {
		t.Rules = append(t.Rules, x.Explain(c))
	}
	w.tracing.Hits = append(w.tracing.Hits, t)
}
