package scanner

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A plan says how one input is read: which columns are keys, how each is
// looked up for which table, and which columns are fetched for the rows that
// hold a candidate. But for def it does not change once made.
type plan struct {
	tables    []*table.Table // rows may belong to
	mu        sync.Mutex
	def       map[*formats.Part]int8   // default table of a part's rows; guarded by mu
	copies    map[string]*table.Table  // of tables that are named otherwise; guarded by mu
	late      func(*formats.Part) int8 // finds it for parts that the head did not show
	mixed     bool                     // rows are told apart by a cell,
	byColumns bool                     // where it is empty, by their columns: all rows,
	rowwise   bool                     // or, if the stream is not mixed, those that hold a candidate
	timeline  bool                     // a file of one table, the first, with columns of others, of which rows may be
	labelled  bool                     // category has names of tables, of unknown ones too: see categorised
	keys      []planKey
	uses      int // of the keys' groups, so far
	lastNamer int // of keys: the last one that discriminates
	*latePlan     // what rows that hold a candidate are fetched with
	times     []timeColumn
	dates     []dateColumn // beside times
	want      formats.Want
	sifted    []bool // of keys: those whose cells matter only for what they match
	serial    bool
	forced    bool
	beside    []*table.Table // known ones, of which rows may be where the scan names its table
	generic   int8           // of tables: that of rows of no known table; -1 where those are not swept
	name      string         // of the generic table, as far as the input says it
	envelope  string         // formats.Info.Envelope
	part      *formats.Part  // the first
}

// Rows that name no table, and rows of a table that is not swept for.
const (
	unsaid int8 = -2
	other  int8 = -1
)

// leaveOut reports a part that is not read because nobody has said which table it is.
// The input is incomplete, unless it has a known table and this part only resembles
// one.
func (i *input) leaveOut(err error, known bool) {
	var u *unknownTable
	if !known || !errors.As(err, &u) || !u.weak {
		i.fail(Partial, err)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.report.note("a table in it is not read: " + u.reason)
}

// newPlan decides how an opened input is read.
func (r *run) newPlan(in *input, info formats.Info) (*plan, error) {
	if len(info.Parts) == 0 {
		return nil, formats.ErrEmpty
	}
	p := &plan{serial: info.Serial, def: map[*formats.Part]int8{}, copies: map[string]*table.Table{}, part: info.Parts[0], envelope: info.Envelope}
	fixed := !isJSON(info.Format)
	types := r.typesIn(info.Parts)
	p.labelled = slices.ContainsFunc(info.Parts, func(part *formats.Part) bool { return categorised(r.tables, part) })
	p.mixed = !fixed && len(types) > 0 || slices.ContainsFunc(types, func(cell string) bool { return cell != types[0] }) || fixed && r.mayMix(info.Parts[0])
	p.tables = r.tables
	if r.forced != nil {
		r.force(in, p, types)
	}
	p.generic = -1
	if r.generic {
		r.addGeneric(p, info.Parts, fixed)
	}
	if err := r.planTables(in, p, info, fixed, len(types) > 0); err != nil {
		return nil, err
	}
	p.byColumns = p.timeline || !fixed && !p.forced && len(p.tables) > 1
	p.rowwise = p.mixed && p.byColumns
	names := columnNames(info.Parts)
	text := info.Format != "parquet" && info.Format != "arrow"
	r.planTimes(in, p, names, text, fixed)
	if !fixed && !allSampled(info) {
		names = r.laterNames(p, names)
	}
	r.planKeys(p, names, fixed)
	p.latePlan = r.planLate(p, names, fixed)
	p.linkStands()
	p.want.Late = p.stages
	return p, nil
}

// isJSON reports whether the records of a format may each have columns of their own.
func isJSON(format string) bool { return format == "json" || format == "jsonl" }

// typesIn lists the cells of the parts' first records that name a table.
func (r *run) typesIn(parts []*formats.Part) (types []string) {
	for _, part := range parts {
		last, names := "", false
		for _, cell := range typeCells(r.tables, part) {
			if cell != last { // nearly all repeat it
				t, unknown, _ := table.Detect(r.tables, table.Evidence{Types: []string{cell}})
				last, names = cell, t != nil || unknown != ""
			}
			if names {
				types = append(types, cell)
			}
		}
	}
	return types
}

// planTables finds the tables of the parts that the head shows, and says how those
// of later ones are found. named says that the first records name theirs. The error is
// that of an input that has no known table.
func (r *run) planTables(in *input, p *plan, info formats.Info, fixed, named bool) error {
	var reason error
	var open []error // of parts whose table is to be chosen
	matched := false
	for _, part := range info.Parts {
		t, err := r.detect(in, part)
		if err != nil && r.isGeneric(in, p, part, err) {
			t, err = p.tables[p.generic], nil
		}
		if err != nil {
			reason = cmp.Or(reason, err)
			if toChoose(err) {
				open = append(open, err)
			}
			p.def[part] = other
			continue
		}
		p.def[part] = int8(slices.Index(p.tables, t))
		p.learn(part, t)
		matched = true
	}
	if !matched && !p.mixed && !info.More && (fixed || len(info.Parts) == 1) {
		return reason
	}
	for _, err := range open {
		in.leaveOut(err, matched)
	}
	if fixed && !p.mixed && matched {
		// One table only: its keys alone are read. But a timeline has rows of several.
		t := p.tables[p.def[p.part]]
		only := []*table.Table{t}
		if p.generic == p.def[p.part] {
			p.generic = 0
		} else {
			p.generic = -1
			if !named && !p.forced {
				only = append(only, t.Beside(r.tables, bareNames(p.part.Columns))...)
				p.timeline = len(only) > 1
			}
		}
		p.tables, p.def[p.part] = only, 0
	}
	p.late = func(part *formats.Part) int8 {
		t, err := r.detect(in, part)
		if err != nil {
			if p.generic < 0 && toChoose(err) {
				in.leaveOut(err, matched)
			}
			return p.generic // other, where that is not swept
		}
		p.learn(part, t)
		return int8(slices.Index(p.tables, t))
	}
	return nil
}

// name is a column of the input.
type name struct {
	full, bare, zone string
	n                int
	cells            []string // sample
	later            bool     // the first records lack it
	inner            bool     // it has names of envelopes before its own
}

// columnNames lists the columns of the parts, those of the first with their
// numbers.
func columnNames(parts []*formats.Part) []name {
	var list []name
	if len(parts) > 0 {
		list = make([]name, 0, len(parts[0].Columns))
	}
	for k, part := range parts {
		for i, c := range part.Columns {
			bare := formats.BareName(c)
			if k > 0 && slices.ContainsFunc(list, func(o name) bool { return strings.EqualFold(o.bare, bare) }) {
				continue
			}
			_, zone := formats.Undecorated(c)
			n := name{full: c, bare: bare, zone: zone, n: i, inner: formats.IsInner(c, bare)}
			n.cells = cellsIn(part.Sample, i)
			list = append(list, n)
		}
	}
	return list
}

// cellsIn returns the cells of column i in the rows of a sample that are not empty.
func cellsIn(sample [][]string, i int) []string {
	n := 0
	for _, row := range sample {
		if i < len(row) && row[i] != "" {
			n++
		}
	}
	cells := make([]string, 0, n)
	for _, row := range sample {
		if i < len(row) && row[i] != "" {
			cells = append(cells, row[i])
		}
	}
	return cells
}

// find returns the first column of a name, if there is one. One in an envelope stands
// back: beside Timestamp, properties.Timestamp is something else.
func find(names []name, column string) (found name, ok bool) {
	for _, n := range names {
		if strings.EqualFold(n.bare, column) && (!ok || found.inner && !n.inner) {
			found, ok = n, true
		}
	}
	return found, ok
}

// tableOf returns the table of a part's rows: index into tables, or other.
func (p *plan) tableOf(part *formats.Part) int8 {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.def[part]
	if !ok {
		t = p.late(part)
		p.def[part] = t
	}
	return t
}

// tableNamed returns the table that a discriminating cell names: index into
// tables, other, or unsaid. byCategory says that it is one of category.
func (p *plan) tableNamed(cell string, byCategory bool) int8 {
	t, unknown, err := table.Detect(p.tables, table.Evidence{Types: []string{cell}})
	switch {
	case t != nil:
		return int8(slices.Index(p.tables, t))
	case unknown == "" && err == nil:
		return unsaid // no name of a table at all
	case byCategory && !p.labelled && !table.IsHunting(cell):
		return unsaid
	case p.beside != nil && table.ByName(p.beside, unknown) == nil:
		return unsaid // which all inputs are taken for
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.copies[unknown]; t != nil {
		return int8(slices.Index(p.tables, t))
	}
	return p.generic // other, where that is not swept
}

// learn notes the name that the rows of a part give their table, if they give one that
// is not known: the columns have told which it is.
func (p *plan) learn(part *formats.Part, t *table.Table) {
	if _, unknown, _ := table.Detect(p.tables, table.Evidence{Types: typeCells(p.tables, part)}); unknown != "" {
		p.copies[unknown] = t
	}
}

// shrink forgets what an input was recognised by and read with, and keeps what waiting
// hits are shown by. In a folder of thousands of files, the first records of each would
// be most of what is kept.
func (p *plan) shrink() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.def, p.late, p.copies, p.part = nil, nil, nil, nil
	p.keys, p.times, p.dates, p.sifted, p.want = nil, nil, nil, nil, formats.Want{}
}

// describe fills in what a report says of the tables met.
func (p *plan) describe(r *FileReport, rows map[string]int64) {
	var known []string
	for i, t := range p.tables {
		if rows[t.Name] > 0 || i == 0 && (p.timeline || len(p.tables) == 1) {
			known = append(known, t.Name)
		}
	}
	for name, n := range rows {
		if !slices.ContainsFunc(p.tables, func(t *table.Table) bool { return t.Name == name }) {
			r.Other += n
			r.OtherTables = append(r.OtherTables, name)
		}
	}
	slices.Sort(r.OtherTables)
	r.Table = joinTables(known)
}
