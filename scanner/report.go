package scanner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/allow"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A finding is a row that holds at least one candidate, with all that is
// needed to make hits of it. Its memory is the worker's, until the next one.
type finding struct {
	Table    int      // index into plan.tables
	Cells    []string // of plan.columns
	All      []Cell   // every cell of the record, with RowAll and of a generic table only
	Elements []element
	Record   int64 // from 1
	Line     int64 // from 1, 0 where lines mean nothing
	Group    int
	N        int // row within the block, for a total order where records cannot be numbered
}

// batch is how many rows have their late cells fetched at once: enough to
// read a page once, few enough to bound memory where every row is a hit. bench
// has the same number.
const batch = 512

// ahead is for how many rows at a time the indicators of their hits are read ahead.
const ahead = 64

// appendEntries appends the entries that an element's candidates are of.
func (e *element) appendEntries(dst []uint32) []uint32 {
	for _, c := range e.Cands {
		dst = append(dst, c.Entry)
	}
	return dst
}

func (f *finding) appendEntries(dst []uint32) []uint32 {
	for i := range f.Elements {
		dst = f.Elements[i].appendEntries(dst)
	}
	return dst
}

// reportAll fetches the late cells of the rows in w.found, which is sorted by
// row, and makes their hits, or adds them to what has to wait. Rows of tables
// that are not swept for are dropped, and so are elements whose column is no
// key of the row's table. Late cells that cannot be read are empty: the row has
// matched, and is worth more without them than not at all.
func (w *worker) reportAll(in *input, def int8, wait bool) error {
	w.rows = w.rows[:0]
	for _, f := range w.found {
		if n := len(w.rows); n == 0 || w.rows[n-1] != f.row {
			w.rows = append(w.rows, f.row)
		}
	}
	found := w.found
	var keep *texts // what waits is copied at once, hits are written before the next cells are read
	if w.trace != nil {
		keep = &w.texts // it is for later
	}
	lost := false // once is enough for a block
	lose := func(err error) {
		if err != nil && !lost {
			w.lose(err)
			lost = true
		}
	}
	f := &w.row
	for rows := range slices.Chunk(w.rows, batch) {
		early, err := w.reader.Fetch(0, rows)
		lose(err)
		late, err := w.reader.Fetch(1, rows)
		lose(err)
		w.lap.add(&w.stats.Late)
		for i, row := range rows {
			if i%ahead == 0 && !wait {
				w.readAhead(found[:min(ahead, len(found))])
			}
			n := 0
			for n < len(found) && found[n].row == row {
				n++
			}
			f.N = int(row)
			f.Cells = cellsOf(in.plan, early, late, i, f.Cells, keep)
			f.Table = int(w.rowTable(in.plan, f.Cells, row, def))
			if f.Table != int(def) && f.Table >= 0 && !in.plan.mixed { // else it has been counted
				in.count(in.plan, int8(f.Table), 1)
			}
			w.gather(in.plan, f, found[:n])
			found = found[n:]
			if len(f.Elements) == 0 {
				continue
			}
			f.All = f.All[:0]
			if w.Row == RowAll || f.Table == int(in.plan.generic) {
				lose(w.wholeRecord(f, row, keep))
			}
			pos := w.place(w.reader.Pos(row))
			f.Record, f.Line, f.Group = pos.Record, pos.Line, pos.Group
			if wait {
				w.waiting = appendFinding(w.waiting, f)
			} else if err := w.report(in, f); err != nil {
				return err
			}
		}
		w.lap.add(&w.stats.Output)
	}
	return nil
}

// readAhead prefetches the indicators that hits of some elements need.
func (w *worker) readAhead(found []located) {
	w.entries = w.entries[:0]
	for _, l := range found {
		w.entries = w.held[l.held].appendEntries(w.entries)
	}
	w.touched += w.Indicators.Prefetch(w.entries)
}

// gather takes the elements of a row that are in columns of its table, in the order
// of the table's keys. Where an input may be of several tables, its columns are read
// in the order of the first table that has them.
func (w *worker) gather(p *plan, f *finding, found []located) {
	f.Elements = f.Elements[:0]
	if f.Table < 0 {
		return
	}
	for _, l := range found {
		if e := &w.held[l.held]; p.holds(e, f.Table, f.Cells) {
			f.Elements = append(f.Elements, *e)
		}
	}
	if len(p.tables) > 1 && len(f.Elements) > 1 {
		slices.SortStableFunc(f.Elements, func(a, b element) int {
			return cmp.Compare(p.orderOf(&a, f.Table), p.orderOf(&b, f.Table))
		})
	}
}

// orderOf is where the column of an element stands among the keys of a table.
func (p *plan) orderOf(e *element, table int) int {
	return p.keys[e.Key].groups[e.Group].uses[table].order
}

// wholeRecord adds every cell of a row's record that is not empty: as they are, or in
// memory of keep.
func (w *worker) wholeRecord(f *finding, row uint32, keep *texts) error {
	text := borrow
	if keep != nil {
		text = keep.add
	}
	fields, err := w.reader.Record(row)
	for _, c := range fields {
		if len(c.Value) > 0 {
			f.All = append(f.All, Cell{text(c.Name), text(c.Value)})
		}
	}
	return err
}

// holds reports whether an element of a row is in a column of its table, or in one that
// stands for it in this row.
func (p *plan) holds(e *element, table int, cells []string) bool {
	k := &p.keys[e.Key]
	if k.groups[e.Group].use(table) == nil {
		return false
	}
	return k.stand == nil || table == int(p.generic) || !k.stand.idle(cells)
}

// cellsOf puts the late cells of one row into dst, which it returns: as they are,
// or in memory of keep. A grid is nil where nothing of its stage could be read.
func cellsOf(p *plan, early, late *formats.Grid, i int, dst []string, keep *texts) []string {
	n := len(p.columns.Names())
	dst = slices.Grow(dst[:0], n)[:n]
	clear(dst)
	for stage, g := range [...]*formats.Grid{early, late} {
		if g == nil {
			continue
		}
		at := i * g.Down
		for _, n := range p.fetched[stage] {
			c := g.Cells[at] // copying an empty one costs less than a check
			dst[n] = borrow(g.Data[c.Off : c.Off+c.Len])
			at += g.Right
		}
	}
	for i := range p.stands {
		p.stands[i].fill(dst)
	}
	if keep != nil {
		for n, s := range dst {
			dst[n] = keep.add(bytesOf(s))
		}
	}
	return dst
}

// room is what the making of a row's hits needs. All of it is used again for
// the next row: the hits live until then.
type room struct {
	row      table.Row
	elements []resolved
	hits     []Hit
	beside   []numbers // of each hit's Also
	cells    []Cell
	matched  []table.Element
	ruled    []rule.Match
	name     []byte            // of an element, in normal form
	by       []allow.Answer    // of each allow list
	ports    map[string]string // of a row of a generic table, see plainPorts
	members  [8]joined         // that matched
	picked   ioc.Picked        // the indicators
	ids      []byte            // of the hits
	identity []byte            // what the last one is made of
	named    table.Table       // the generic table under the name that a row gives it
}

// more makes a list one longer. The new element keeps what it held before, whose memory
// is used again.
func more[T any](list []T) []T {
	if len(list) < cap(list) {
		return list[:len(list)+1]
	}
	var zero T
	return append(list, zero)
}

// counted holds a worker's counts for one block; they are added to the shared report
// once per block, so the lock is not taken per hit. They are those of FileReport.
type counted struct{ hits, suppressed, below, badTimes int64 }

// tell adds what was counted to the report of the input.
func (w *worker) tell(in *input) {
	in.mu.Lock()
	in.report.Hits += w.sum.hits
	in.report.Suppressed += w.sum.suppressed
	in.report.Below += w.sum.below
	in.report.BadTimes += w.sum.badTimes
	in.mu.Unlock()
	w.stats.Hits.Add(w.sum.hits)
	w.sum = counted{}
}

// report makes the hits of one row. An error ends the scan.
func (w *worker) report(in *input, f *finding) error {
	if b := w.bad; b != nil && in.n == b.input && f.Record >= b.record { // there is one worker
		return nil
	}
	err := w.hitsOf(in, f)
	if fault := asFault(err); fault != nil {
		return w.faulty(in, f, fault)
	}
	return err
}

// hitsOf makes the hits of one row: what its elements match given the row's
// ports, when it happened, which rules remove it.
func (w *worker) hitsOf(in *input, f *finding) (err error) {
	defer caught(&err)
	p := in.plan
	t := p.tables[f.Table]
	if w.tracing != nil {
		w.room = room{} // what is told of the row before stands in its memory, and is for later
	}
	room := &w.room
	row := &room.row
	row.Reset(p.columns, f.Cells)
	room.picked.Reset()
	room.ids = room.ids[:0]
	when := w.eventTime(in, f.Table, row)
	outside := when.ok && (w.HasFrom && when.time < w.From || w.HasTo && when.time >= w.To)
	if w.trace != nil {
		w.tracing = w.traced(f, &when, outside)
	}
	if outside {
		return nil
	}
	direction := t.Direction(row)
	if f.Table == int(p.generic) {
		room.plainPorts(f)
	}
	room.elements = room.elements[:0]
	for i := range f.Elements {
		room.elements = more(room.elements)
		if n := len(room.elements) - 1; !w.resolve(in, t, f, row, direction, &f.Elements[i], &room.elements[n]) {
			room.elements = room.elements[:n]
		}
	}
	if len(room.elements) == 0 {
		return nil
	}
	if when.bad {
		w.sum.badTimes++
	}
	room.group()
	named := t
	if f.Table == int(p.generic) {
		room.named = *t
		room.named.Name = genericName(p, f)
		named = &room.named
	}
	for n := range room.hits {
		h := &room.hits[n]
		h.Table, h.Time, h.HasTime, h.TimeBasis = named, when.time, when.ok, when.basis
		h.Source = Source{Input: in.in, Record: f.Record, Line: f.Line, Group: f.Group}
		h.Hunt = w.KQL || hunts(t, row, h.Indicator)
		h.Life = life(h)
		h.Who = t.Who(row, direction, room.told(h))
		as := w.showRow(p, f, h)
		if err := w.send(in, f, row, direction, h, as, n); err != nil {
			return err
		}
	}
	return nil
}

// showRow gives a hit its ID and its row: the cells, or a shape that says which of
// the finding's they are.
func (w *worker) showRow(p *plan, f *finding, h *Hit) (as shape) {
	room := &w.room
	if f.Table == int(p.generic) {
		h.Matches = distinctMatches(h.Matches)
		h.ID = genericIdentity(h)
		h.Row = room.genericRow(f, h, w.Row)
		return shape{}
	}
	of := &p.projections[f.Table]
	h.ID = of.identity(f.Cells, h, room)
	if w.Row == RowAll {
		h.Row = f.All
		return shape{}
	}
	if as = of.shape(h, w.Row == RowHunt); !as.projected || w.rowed {
		room.cells = of.cells(room.cells[:0], f.Cells, h, as)
		h.Row = room.cells
	}
	return as
}

// hunts says whether the table's KQL hunt returns the row for an indicator.
func hunts(t *table.Table, row *table.Row, i *ioc.Indicator) bool {
	for _, q := range t.KQL {
		cell, _ := row.Get(q.Column)
		switch {
		case cell == "":
		case q.HasAny:
			if i.Type == ioc.Domain && ioc.Has(bytesOf(cell), i.Value) {
				return true
			}
		case i.Type == ioc.Hash:
			if cell == i.Value && holdsHashes(t, q.Column) {
				return true
			}
		case i.Type == ioc.IP:
			if cell == i.Value {
				return true
			}
		case i.Type == ioc.IPPort && i.Addr().Is4():
			if port, ok := strings.CutPrefix(i.Value, cell); ok && strings.HasPrefix(port, ":") {
				return true
			}
		case i.Type == ioc.IPPort && cell == i.Addr().String():
			return true
		}
	}
	return false
}

// holdsHashes reports whether a column is one of hashes, to which a hunt compares
// hashes and nothing else.
func holdsHashes(t *table.Table, column string) bool {
	k := t.Key(column)
	return k != nil && k.Kind == ioc.KindHash
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

// keyOf places the n-th hit of a finding in the output.
func (w *worker) keyOf(in *input, f *finding, h *Hit, n int) key {
	k := key{input: int32(in.n), record: w.recordKey(f.Record, f.N), n: int32(n)}
	switch {
	case w.Order == AsFound:
	case !h.HasTime:
		k.time = noTime
	case w.Order == Newest:
		k.time = -int64(h.Time)
	default:
		k.time = int64(h.Time)
	}
	return k
}

// recordKey places a record of the block in hand in the output, with the n-th row or
// reject: behind all others where an earlier block of the input could not be read, so that
// its number is not known.
func (w *worker) recordKey(record int64, n int) int64 {
	if record > 0 {
		return record
	}
	return 1<<61 + int64(w.seq)<<32 + int64(n)
}

// send hands a hit to the stream where it belongs, and counts it.
func (w *worker) send(in *input, f *finding, row *table.Row, d table.Direction, h *Hit, as shape, n int) error {
	w.removing = w.removing[:0]
	if len(w.rules) > 0 {
		w.exclude(in.plan.tables[f.Table], row, d, h)
	}
	w.lists(h)
	if w.tracing != nil {
		context := w.context(in.plan.tables[f.Table], row, d, h)
		w.traceHit(h, &context)
	}
	k := w.keyOf(in, f, h, n)
	switch {
	case len(h.SuppressedBy) > 0:
		if w.out.suppressed != nil {
			w.suppressed.payload = w.jsonl(w.suppressed.payload, in, f, h, as)
			if err := w.suppressed.end(k); err != nil {
				return err
			}
		}
	case w.out.hits != nil:
		w.hits.payload = appendHit(w.hits.payload, f.Table, in.plan, f.Cells, as, h)
		if err := w.hits.end(k); err != nil {
			return err
		}
	case w.out.streamed == nil:
	case w.lines:
		w.payload = w.jsonl(w.payload, in, f, h, as)
	default:
		w.payload = w.encode(w.payload, h)
	}
	w.add(h)
	if w.out.streamed != nil && len(w.payload) >= payloadSize {
		return w.commit(in, w.seq, false)
	}
	return nil
}

// add counts a hit that has been made: one that a fault kept from being written is not
// counted.
func (w *worker) add(h *Hit) {
	if w.Met != nil {
		w.meet(h)
	}
	if len(h.SuppressedBy) > 0 {
		w.sum.suppressed++
		w.enter(h)
		return
	}
	w.sum.hits++
	if w.Repeats != nil && w.stats.Hits.Load()+w.sum.hits <= maxIDs {
		w.ids = append(w.ids, idBits(h.ID))
	}
	if w.tally != nil {
		if w.tally.add(h); w.tally.large() {
			w.addGroups()
		}
	}
}

// meet notes the indicators of a hit: the leading one and those beside it.
func (w *worker) meet(h *Hit) {
	met := w.Met
	if len(h.SuppressedBy) > 0 {
		met = w.MetSuppressed
	}
	met.Add(h.Indicator)
	for _, a := range h.Also {
		met.Add(a.Indicator)
	}
}

// jsonl is JSONL for a hit of a finding whose row is of a shape.
func (w *worker) jsonl(dst []byte, in *input, f *finding, h *Hit, as shape) []byte {
	if !as.projected {
		return JSONL(dst, h)
	}
	return jsonlOf(dst, h, w.shown.turn(&in.plan.projections[f.Table], as, false), f.Cells)
}
