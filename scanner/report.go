package scanner

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A finding is a row that holds at least one candidate, with all that is
// needed to make hits of it. It owns its memory; appendFindings writes it.
type finding struct {
	Table    int      // index into plan.tables
	Cells    []string // of plan.columns
	All      []Cell   // every cell of the record, with RowAll only
	Elements []element
	Record   int64 // from 1
	Line     int64 // from 1, 0 where lines mean nothing
	Group    int
	N        int // row within the block, for a total order where records cannot be numbered
}

func (f *finding) size() int {
	n := 200 + 100*len(f.Elements)
	for _, c := range f.Cells {
		n += len(c) + 16
	}
	for _, c := range f.All {
		n += len(c.Name) + len(c.Value) + 32
	}
	return n
}

// batch is how many rows have their late cells fetched at once: enough to
// read a page once, few enough to bound memory where every row is a hit.
const batch = 2048

// gather fetches the late cells of the rows in w.found, which is sorted by row.
// Rows of tables that are not swept for are dropped, and so are elements whose
// column is no key of the row's table. Late cells that cannot be read are
// empty: the row has matched, and is worth more without them than not at all.
func (w *worker) gather(in *input, b formats.Block, def int8) []finding {
	w.rows = w.rows[:0]
	for _, f := range w.found {
		if n := len(w.rows); n == 0 || w.rows[n-1] != f.row {
			w.rows = append(w.rows, f.row)
		}
	}
	var out []finding
	found := w.found
	lost := false // once is enough for a block
	lose := func(err error) {
		if !lost {
			w.lose(err)
		}
		lost = true
	}
	for rows := range slices.Chunk(w.rows, batch) {
		early, err := w.reader.Fetch(0, rows)
		if err != nil {
			lose(err)
		}
		late, err := w.reader.Fetch(1, rows)
		if err != nil {
			lose(err)
		}
		for i, row := range rows {
			n := 0
			for n < len(found) && found[n].row == row {
				n++
			}
			f := finding{N: int(row), Cells: w.cellsOf(in.plan, early, late, i)}
			f.Table = int(w.rowTable(in.plan, f.Cells, row, def))
			if f.Table >= 0 {
				for _, e := range found[:n] {
					if in.plan.keys[e.Key].groups[e.Group].use(f.Table) != nil {
						f.Elements = append(f.Elements, e.element)
					}
				}
			}
			found = found[n:]
			if len(f.Elements) == 0 {
				continue
			}
			if w.Row == RowAll {
				fields, err := w.reader.Record(row)
				if err != nil {
					lose(err)
				}
				for _, c := range fields {
					if len(c.Value) > 0 {
						f.All = append(f.All, Cell{string(c.Name), string(c.Value)})
					}
				}
			}
			pos := w.place(in, b.Seq, w.reader.Pos(row))
			f.Record, f.Line, f.Group = pos.Record, pos.Line, pos.Group
			out = append(out, f)
		}
	}
	return out
}

// cellsOf copies the late cells of one row, as many strings in one piece of
// memory. A grid is nil where nothing of its stage could be read.
func (w *worker) cellsOf(p *plan, early, late *formats.Grid, i int) []string {
	w.scratch = w.scratch[:0]
	cells := make([]string, len(p.cols))
	grids := [...]*formats.Grid{early, late}
	for _, c := range p.cols {
		if g := grids[c.stage]; g != nil && c.at >= 0 {
			w.scratch = append(w.scratch, g.Cell(i, c.at)...)
		}
	}
	all := string(w.scratch)
	for n, c := range p.cols {
		if g := grids[c.stage]; g != nil && c.at >= 0 {
			size := len(g.Cell(i, c.at))
			cells[n], all = all[:size], all[size:]
		}
	}
	return cells
}

// rowTable says which table a row belongs to: index into plan.tables, or -1.
func (w *worker) rowTable(p *plan, cells []string, row uint32, def int8) int8 {
	if len(w.tables) > 0 {
		if t := w.tables[row]; t != unsaid {
			return t
		}
		return def
	}
	for _, n := range p.discriminators {
		if cells[n] == "" {
			continue
		}
		if t := p.tableNamed(cells[n]); t != unsaid {
			return t
		}
	}
	return def
}

// resolved is what one element of a row turned out to hold.
type resolved struct {
	match Match
	found []Also // the most specific first
}

// report makes the hits of one row: what its elements match given the row's
// ports, when it happened, which rules remove it.
func (w *worker) report(in *input, f *finding) error {
	p := in.plan
	t := p.tables[f.Table]
	row := table.Row{Columns: p.columns, Cells: f.Cells}
	when := w.eventTime(in, t, &row)
	if when.ok && (w.HasFrom && when.time < w.From || w.HasTo && when.time >= w.To) {
		return nil
	}
	direction := t.Direction(&row)
	elements := make([]resolved, 0, len(f.Elements))
	for _, e := range f.Elements {
		if r, ok := w.resolve(p, t, f, &row, direction, e); ok {
			elements = append(elements, r)
		}
	}
	if len(elements) == 0 {
		return nil
	}
	if when.bad {
		in.mu.Lock()
		in.report.BadTimes++
		in.mu.Unlock()
	}
	hits := group(elements)
	for n := range hits {
		h := &hits[n]
		h.Table, h.Time, h.HasTime, h.TimeBasis = t, when.time, when.ok, when.basis
		h.Source = Source{Input: in.in, Record: f.Record, Line: f.Line, Group: f.Group}
		h.Hunt = w.KQL || hunts(t, &row, h.Indicator)
		h.Life = life(h)
		if h.Row = f.All; w.Row != RowAll {
			h.Row = p.projections[f.Table].cells(f.Cells, h, w.Row == RowHunt)
		}
		h.Who = t.Who(&row, matched(h))
		h.ID = p.projections[f.Table].identity(f.Cells, h)
		if err := w.send(in, f, &row, direction, h, n); err != nil {
			return err
		}
	}
	return nil
}

// resolve decides what one element matches, now that the row's ports are known.
func (w *worker) resolve(p *plan, t *table.Table, f *finding, row *table.Row, d table.Direction, e element) (resolved, bool) {
	g := &p.keys[e.Key].groups[e.Group]
	k := g.use(f.Table)
	var r resolved
	port := -1
	if k.Port != "" {
		cell, _ := row.Get(k.Port)
		port = parsePort(cell)
	}
	for _, c := range e.Cands {
		for _, i := range w.Indicators.Indicators(c.Entry) {
			class, ok := w.class(i, c, port, g, e)
			if ok {
				r.found = append(r.found, Also{i, class})
			}
		}
	}
	if len(r.found) == 0 {
		return r, false
	}
	slices.SortStableFunc(r.found, moreSpecific)
	r.match = Match{Column: k.Column, Role: t.Role(k, row, d), Value: e.Value, Class: r.found[0].Class}
	if r.match.Class < ClassDomain {
		if host, ok := ioc.AppendHost(nil, []byte(e.Value)); ok {
			r.match.addr = host.Addr
		}
	}
	r.match.port = int(e.Cands[0].Port)
	if e.Member != "" {
		r.match.Column += "." + e.Member
	}
	return r, true
}

// matched is what the table needs to know of a hit's matches to say who.
func matched(h *Hit) table.Matched {
	var m table.Matched
	for _, x := range h.Matches {
		column, _, _ := strings.Cut(x.Column, ".")
		m.Elements = append(m.Elements, table.Element{Column: column, Role: x.Role, Addr: x.addr, Port: x.port})
	}
	return m
}

// class says how an indicator of an entry matches, if it does.
func (w *worker) class(i *ioc.Indicator, c ioc.Candidate, port int, g *keyGroup, e element) (Class, bool) {
	switch i.Type {
	case ioc.Domain:
		switch {
		case g.how == howHas:
			return termClass(e.Value, i.Value), true
		case c.Sub:
			return ClassSubdomain, true
		}
		return ClassDomain, true
	case ioc.CIDR:
		return ClassCIDR, true
	case ioc.IP:
		return ClassIP, true
	}
	switch {
	case w.Ports == PortIgnore:
		return ClassIP, true
	case int(c.Port) == int(i.Port), port == int(i.Port):
		return ClassIPPort, true
	case w.Ports == PortStrict:
		return 0, false
	}
	return ClassIPOnly, true
}

// termClass says whether what has_any sees is also a domain match.
func termClass(cell, domain string) Class {
	name, ok := ioc.AppendDomain(nil, []byte(cell))
	switch {
	case ok && string(name) == domain:
		return ClassDomain
	case ok && strings.HasSuffix(string(name), "."+domain):
		return ClassSubdomain
	}
	return ClassTerm
}

// moreSpecific orders what matches one element: ip:port before ip before cidr
// before ip-only, the narrower network, the longest domain, the smaller value.
func moreSpecific(a, b Also) int {
	rank := func(c Class) Class {
		if c >= ClassDomain {
			return ClassDomain // among names only the length counts
		}
		return c
	}
	narrow := func(i *ioc.Indicator) int {
		if i.Type == ioc.Domain {
			return len(i.Value)
		}
		return i.Prefix.Bits()
	}
	return cmp.Or(cmp.Compare(rank(a.Class), rank(b.Class)), cmp.Compare(narrow(b.Indicator), narrow(a.Indicator)),
		cmp.Compare(a.Indicator.Value, b.Indicator.Value))
}

// group makes one hit per leading indicator, in the order of the elements. The
// other indicators of its elements go to Also unless they lead elsewhere.
func group(elements []resolved) []Hit {
	var hits []Hit
	leads := func(i *ioc.Indicator) int {
		return slices.IndexFunc(hits, func(h Hit) bool { return sameIndicator(h.Indicator, i) })
	}
	for _, e := range elements {
		n := leads(e.found[0].Indicator)
		if n < 0 {
			n = len(hits)
			hits = append(hits, Hit{Indicator: e.found[0].Indicator})
		}
		hits[n].Matches = append(hits[n].Matches, e.match)
	}
	for _, e := range elements {
		h := &hits[leads(e.found[0].Indicator)]
		for _, a := range e.found[1:] {
			if leads(a.Indicator) >= 0 {
				continue
			}
			at := slices.IndexFunc(h.Also, func(b Also) bool { return sameIndicator(b.Indicator, a.Indicator) })
			switch {
			case at < 0:
				h.Also = append(h.Also, a)
			case moreSpecific(a, h.Also[at]) < 0:
				h.Also[at] = a
			}
		}
	}
	for i := range hits {
		slices.SortStableFunc(hits[i].Also, moreSpecific)
	}
	return hits
}

// sameIndicator compares what a set made at different times.
func sameIndicator(a, b *ioc.Indicator) bool {
	return a == b || a.Type == b.Type && a.Value == b.Value
}

// parsePort reads a port's cell, -1 if it holds none. JSON, spreadsheets and
// columns of doubles write 23 as 23.0.
func parsePort(cell string) int {
	cell = strings.TrimSpace(cell)
	if whole, zeros, ok := strings.Cut(cell, "."); ok && strings.Trim(zeros, "0") == "" {
		cell = whole
	}
	n, err := strconv.ParseUint(cell, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// hunts says whether the table's KQL hunt returns the row for an indicator.
func hunts(t *table.Table, row *table.Row, i *ioc.Indicator) bool {
	for _, q := range t.KQL {
		cell, _ := row.Get(q.Column)
		switch {
		case cell == "":
		case q.HasAny:
			if i.Type == ioc.Domain && ioc.Has([]byte(cell), i.Value) {
				return true
			}
		case (i.Type == ioc.IP || i.Type == ioc.IPPort) && cell == i.Addr().String():
			return true
		}
	}
	return false
}

// life compares the event with the indicator's dates. last_seen is a sighting,
// not an end, so it says nothing.
func life(h *Hit) string {
	i := h.Indicator
	if !h.HasTime || i.FirstSeen.IsZero() && i.ValidUntil.IsZero() {
		return "unknown"
	}
	if !i.FirstSeen.IsZero() && h.Time < clock.FromStd(i.FirstSeen.Time()) {
		return "before"
	}
	if !i.ValidUntil.IsZero() && h.Time > clock.FromStd(i.ValidUntil.Time()) {
		return "after"
	}
	return "active"
}

// normal is a projected cell without what differs between exports of it:
// blanks, the spelling of addresses and names. k is nil for a column that
// holds neither.
func normal(k *table.Key, cell string) string {
	cell = strings.TrimSpace(cell)
	if k == nil {
		return cell
	}
	switch k.Kind {
	case ioc.KindIP:
		if a, port, ok := ioc.ParseAddr([]byte(cell)); ok && port < 0 {
			return a.String()
		}
	case ioc.KindIPList:
		parts := strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
		for i, part := range parts {
			if a, port, ok := ioc.ParseAddr([]byte(part)); ok && port < 0 {
				parts[i] = a.String()
			}
		}
		return strings.Join(parts, ",")
	case ioc.KindDomain:
		if name, ok := ioc.AppendDomain(nil, []byte(cell)); ok {
			return string(name)
		}
	}
	return cell
}

// send counts a hit and hands it to the stream where it belongs.
func (w *worker) send(in *input, f *finding, row *table.Row, d table.Direction, h *Hit, n int) error {
	context := rule.Context{Table: h.Table, Row: row, Direction: d, Who: &h.Who, Time: h.Time, TimeKnown: h.HasTime}
	for i, x := range w.Rules {
		if x.Eval(&context) == rule.True {
			h.SuppressedBy = append(h.SuppressedBy, x.Name)
			w.mu.Lock()
			w.run.suppressed[i]++
			w.mu.Unlock()
		}
	}
	k := key{input: int32(in.n), record: f.Record, n: int32(n)}
	if f.Record == 0 { // an earlier block of the input could not be read
		k.record = 1<<61 + int64(f.N)
	}
	switch {
	case w.Order == AsFound:
	case !h.HasTime:
		k.time = noTime
	case w.Order == Newest:
		k.time = -int64(h.Time)
	default:
		k.time = int64(h.Time)
	}
	in.mu.Lock()
	if h.SuppressedBy != nil {
		in.report.Suppressed++
	} else {
		in.report.Hits++
	}
	in.mu.Unlock()
	if h.SuppressedBy != nil {
		if w.out.suppressed == nil {
			return nil
		}
		w.scratch = JSONL(w.scratch[:0], h)
		return w.out.suppressed.add(k, w.scratch)
	}
	w.stats.Hits.Add(1)
	if w.tally != nil {
		w.tally.add(h)
	}
	if !w.out.wantHits() {
		return nil
	}
	if w.out.streamed != nil {
		w.payload = w.encode(w.payload, h)
		return nil
	}
	w.scratch = w.encode(w.scratch[:0], h)
	return w.out.hits.add(k, w.scratch)
}
