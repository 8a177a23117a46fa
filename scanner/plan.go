package scanner

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/clock"
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
	mixed     bool                     // rows are told apart by a cell
	keys      []planKey
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

// A planKey is one column that is read for every row.
type planKey struct {
	n             int
	name          string
	groups        []keyGroup
	discriminates bool   // its cells name the row's table
	dates         bool   // its cells may prove an order of dates
	stand         *stand // where it stands for a column that rows may have
}

// A timeColumn says how the times of one column are read.
type timeColumn struct {
	name    string
	loc     *time.Location // nil: UTC
	assumed bool           // nothing says which zone it is
	said    [maxSaid]string
}

// What a time's basis may say behind the column: the order of its date, by
// clock.Order, whether that was assumed, and whether its zone was.
const (
	orderAssumed = 4
	zoneAssumed  = 8
	maxSaid      = 16
)

// newTimeColumn makes a column with all that its times may say of themselves.
func newTimeColumn(name string, loc *time.Location) timeColumn {
	tc := timeColumn{name: name, loc: loc, assumed: loc == nil}
	for i := range tc.said {
		var said []string
		if o := clock.Order(i % orderAssumed); o != clock.None {
			said = append(said, o.String())
			if i&orderAssumed != 0 {
				said[0] += "-assumed"
			}
		}
		if i&zoneAssumed != 0 {
			said = append(said, "zone-assumed-utc")
		}
		if tc.said[i] = name; said != nil {
			tc.said[i] += ":" + strings.Join(said, "+")
		}
	}
	return tc
}

// leaveOut says that a part of an input is not read as its table is to be chosen.
// The input is incomplete, unless it has a known table and this is but a list of
// something beside that.
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
	fixed := info.Format != "jsonl" && info.Format != "json"
	var types []string
	for _, part := range info.Parts {
		for _, cell := range sampled(part, discriminating) {
			if t, unknown, _ := table.Detect(r.tables, table.Evidence{Types: []string{cell}}); t != nil || unknown != "" {
				types = append(types, cell)
			}
		}
	}
	p.mixed = !fixed && len(types) > 0 || distinct(types) > 1 || fixed && r.mayMix(info.Parts[0])
	p.tables = r.tables
	if r.forced != nil {
		r.force(in, p, types)
	}
	p.generic = -1
	if r.generic {
		p.addGeneric(info.Parts, fixed)
	}

	// Which table the parts are that the head shows.
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
		return nil, reason
	}
	for _, err := range open {
		in.leaveOut(err, matched)
	}
	if fixed && !p.mixed && matched {
		// One table only: its keys alone are read.
		t := p.tables[p.def[p.part]]
		if p.generic != p.def[p.part] {
			p.generic = -1
		} else {
			p.generic = 0
		}
		p.tables, p.def[p.part] = []*table.Table{t}, 0
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
	names := columnNames(info.Parts)
	text := info.Format != "parquet" && info.Format != "arrow"
	if err := r.planTimes(in, p, names, text, fixed); err != nil {
		return nil, err
	}
	if !fixed && !allSampled(info) {
		names = r.laterNames(p, names)
	}
	r.planKeys(p, names, fixed)
	p.latePlan = r.planLate(p, names, fixed)
	p.linkStands()
	p.want.Late = p.stages
	return p, nil
}

// name is a column of the input.
type name struct {
	full, bare, zone string
	n                int
	cells            []string // sample
	later            bool     // the first records lack it
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
			bare, zone := formats.BareName(c)
			if k > 0 && slices.ContainsFunc(list, func(o name) bool { return strings.EqualFold(o.bare, bare) }) {
				continue
			}
			n := name{full: c, bare: bare, zone: zone, n: i}
			for _, row := range part.Sample {
				if i < len(row) && row[i] != "" {
					n.cells = append(n.cells, row[i])
				}
			}
			list = append(list, n)
		}
	}
	return list
}

func find(names []name, column string) (name, bool) {
	for _, n := range names {
		if strings.EqualFold(n.bare, column) {
			return n, true
		}
	}
	return name{}, false
}

// planTimes works out zone and date order of the time columns. In text, a
// column that the first records leave empty may hold any date later.
func (r *run) planTimes(in *input, p *plan, names []name, text, fixed bool) error {
	typed := typedNames(names, p.tables)
	for _, t := range p.tables {
		for _, column := range timesOf(t, names, fixed) {
			if slices.ContainsFunc(p.times, func(o timeColumn) bool { return o.name == column }) {
				continue
			}
			n, has := findTyped(names, typed, column)
			tc := newTimeColumn(column, r.Zone)
			switch {
			case n.zone == "" || n.zone == "local":
				if n.zone == "local" && r.Zone == nil {
					in.report.note(fmt.Sprintf("%s is local time: taken as UTC; give --time-zone", Printable(n.full)))
				}
			default:
				loc, ok := clock.Zone(n.zone)
				if ok {
					tc.loc, tc.assumed = loc, false
				} else if r.Zone == nil {
					in.report.note(fmt.Sprintf("unknown time zone %q: taken as UTC; give --time-zone", Printable(n.zone)))
				}
			}
			p.times = append(p.times, tc)

			d := dateColumn{key: -1, order: r.DateOrder, utc: strings.EqualFold(n.zone, "UTC")}
			dated := text && has && len(n.cells) == 0
			for _, cell := range n.cells {
				c := clock.Parse(cell, clock.None, nil)
				if !c.Dated {
					continue
				}
				dated, d.open = true, true
				if c.Proves == clock.None {
					continue
				}
				switch {
				case d.order == clock.None:
					d.order, d.proven, d.proof = c.Proves, true, cell
				case d.order == c.Proves, d.torn:
				case d.proven:
					d.torn = true
					in.report.note(contradiction(column, d.proof, d.order, cell, c.Proves))
				default:
					in.report.note(fmt.Sprintf("%s: dates are written %s, not %s", Printable(n.full), c.Proves, d.order))
				}
			}
			if dated && d.order == clock.None {
				d.key = -2 // read for every row: planKeys gives it its number
			}
			p.dates = append(p.dates, d)
		}
	}
	return nil
}

// planKeys lists the columns that are read for every row.
func (r *run) planKeys(p *plan, names []name, fixed bool) {
	at := map[string]int{} // of the keys of a stream, which are many
	add := func(n name) *planKey {
		c := formats.Column{Name: n.bare, N: n.n}
		if fixed {
			if i := slices.IndexFunc(p.want.Keys, func(o formats.Column) bool { return o.N == n.n }); i >= 0 {
				return &p.keys[i]
			}
		} else {
			key := strings.ToLower(n.bare)
			if i, ok := at[key]; ok {
				return &p.keys[i]
			}
			at[key], c.N = len(p.keys), -1
		}
		p.want.Keys = append(p.want.Keys, c)
		p.keys = append(p.keys, planKey{n: len(p.keys), name: n.bare})
		return &p.keys[len(p.keys)-1]
	}
	// First what names the tables of rows: then it is known which of the keys
	// a block's tables have at all.
	if p.mixed && !p.forced {
		for _, column := range discriminating {
			n, ok := find(names, column)
			switch {
			case ok:
			case fixed, column == originalType: // to look for it in every record would cost too much
				continue
			default:
				// A stream of both kinds may show the other one later.
				n = name{full: column, bare: column, n: -1}
			}
			k := add(n)
			k.discriminates, p.lastNamer = true, k.n
		}
	}
	typed := typedNames(names, p.tables)
	for ti, t := range p.tables {
		for i := range t.Keys {
			k := &t.Keys[i]
			g, ok := r.keyGroup(t, k)
			if !ok {
				continue
			}
			// Names may repeat: then each column of that name is matched.
			known := false
			for _, n := range names {
				if n.later {
					break // they come last and are no table's own
				}
				if strings.EqualFold(n.bare, k.Column) {
					add(n).use(g, ti, len(p.tables), k)
					known = true
					if !fixed {
						break
					}
				}
			}
			if n, ok := untyped(typed, k.Column); ok {
				add(n).use(g, ti, len(p.tables), k)
			}
			if !known && !fixed {
				// Later records may have what the first lack.
				add(name{full: k.Column, bare: k.Column, n: -1}).use(g, ti, len(p.tables), k)
			}
		}
		for _, k := range joinedKeys(t, names) {
			if g, ok := r.keyGroup(t, k); ok {
				n, _ := find(names, k.Column)
				add(n).use(g, ti, len(p.tables), k)
			}
		}
	}
	p.planGeneric(names, fixed)
	for i := range p.dates {
		if d := &p.dates[i]; d.key == -2 {
			n, _ := findTyped(names, typed, p.times[i].name)
			k := add(n)
			k.dates = true
			d.key = k.n
		}
	}
	for i := range p.keys {
		p.sifted = append(p.sifted, !p.keys[i].discriminates && !p.keys[i].dates)
	}
	if only := r.spellings(); only != nil {
		p.want.Only = make([][]string, len(p.keys))
		for i := range p.keys {
			if k := &p.keys[i]; !k.discriminates && !k.dates {
				p.want.Only[i] = only.of(k.groups)
			}
		}
	}
}

// linkStands finds the keys that stand for other columns.
func (p *plan) linkStands() {
	columns := p.columns.Names()
	for n := range p.stands {
		s := &p.stands[n]
		for i := range p.keys {
			if strings.EqualFold(p.keys[i].name, columns[s.from]) {
				p.keys[i].stand = s
			}
		}
	}
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
// tables, other, or unsaid.
func (p *plan) tableNamed(cell string) int8 {
	t, unknown, err := table.Detect(p.tables, table.Evidence{Types: []string{cell}})
	switch {
	case t != nil:
		return int8(slices.Index(p.tables, t))
	case unknown == "" && err == nil:
		return unsaid // no name of a table at all
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

// learn notes what the rows of a part call its table, where the columns told it.
func (p *plan) learn(part *formats.Part, t *table.Table) {
	if _, unknown, _ := table.Detect(p.tables, table.Evidence{Types: sampled(part, discriminating)}); unknown != "" {
		p.copies[unknown] = t
	}
}

// describe fills in what a report says of the tables met.
func (p *plan) describe(r *FileReport, rows map[string]int64) {
	var known []string
	for _, t := range p.tables {
		if rows[t.Name] > 0 || len(p.tables) == 1 {
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
