package scanner

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/formats/mem"
	"github.com/iocsweep/iocsweep/formats/simd"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
)

// A worker sweeps blocks. All its buffers are its own and are used again from
// block to block, so that a block without hits allocates nothing.
type worker struct {
	*run
	tally *Groups // this worker's share of the summary's groups; nil if not asked for

	reader formats.Reader

	cands   []ioc.Candidate
	json    []ioc.JSONCandidate
	maybe   []uint32        // cells of a run that are to be looked at, ascending
	cells   []uint32        // those that hold a candidate
	parts   []part          // what each of them holds
	held    []element       // what the cells of the block hold
	slab    []ioc.Candidate // of held
	refs    []formats.Ref   // rows that hold them
	found   []located       // elements of the block's rows
	rows    []uint32        // rows that hold any, ascending, without repeats
	tables  []int8          // table of each row, where a run says it; index into plan.tables, else -1
	met     []bool          // by plan.tables: whether the block may hold rows of it
	stage0  []uint32
	texts   texts
	row     finding // in hand
	room    room    // for its hits
	waiting []byte  // findings of the block that have to wait
	waited  findingReader
	shown   []simd.Field // of the row of a hit, which is
	shownOf *projection  // of this table
	shownAs shape
	payload []byte // encoded hits, where they are streamed
	seq     int    // of the block that they are of
	sum     counted
	entries []uint32 // of the hits to come
	touched int      // written only so that the compiler keeps the prefetching loads
	now     claimed

	removing []*RuleReport // the entries of what removes the hit in hand

	hits, suppressed, rejected pile // what is sorted
	lap                        lap
	each                       func(*formats.Run, error) bool // takeRun: made once, not for every block
	plan                       *plan                          // of the input in hand

	rowed bool // hits need their Row, and not only what is made of it

	near    *nearby // nil unless near misses are looked for
	trace   *Trace  // set only when one record is being explained; otherwise nil
	tracing *Trace  // the same while that record is in hand

	named         string // the last name of a table that a row gave, and
	namedTable    int8   // which it is: rows repeat it
	hitNamed      string // the same of rows with hits
	hitNamedTable int8
}

// claimed is the block that a worker has in hand.
type claimed struct {
	in       *input
	block    formats.Block
	def      int8          // table of the rows that do not say which they are of
	evidence []clock.Order // by key, what its dates prove; nil unless that is asked
	before   base          // the records and lines before it,
	counted  bool          // if they are known already
	broken   int           // columns that could not be read
	err      error         // ends the scan
}

func (r *run) newWorker() *worker {
	w := &worker{run: r, namedTable: unsaid}
	w.each = w.takeRun
	w.rowed = r.out.streamed != nil && !r.lines
	w.hits.to, w.suppressed.to, w.rejected.to = r.out.hits, r.out.suppressed, r.out.rejects
	if r.Groups != nil {
		w.tally = &Groups{By: r.Groups.By, groups: map[string]*Group{}}
	}
	if r.Near != nil {
		w.near = &nearby{around: r.around, found: NewNearMisses()}
	}
	return w
}

// handOver gives away what the worker has gathered. It is the last that it does.
func (w *worker) handOver() error {
	if w.tally != nil {
		w.mu.Lock()
		w.run.groups = append(w.run.groups, w.tally)
		w.mu.Unlock()
	}
	if w.near != nil {
		w.mu.Lock()
		w.Near.merge(w.near.found)
		w.mu.Unlock()
	}
	return errors.Join(w.hits.flush(), w.suppressed.flush(), w.rejected.flush())
}

// reset turns the worker to an input.
func (w *worker) reset(in *input) {
	w.plan = in.plan
	want := in.plan.want
	want.Keep = w.keep
	if w.sieve != nil && w.trace == nil {
		want.Sift, want.Sifted = w.sieve.Find, w.plan.sifted
	}
	w.reader = in.src.NewReader(want)
	w.named, w.namedTable, w.hitNamed = "", unsaid, "" // another input may have other tables
}

// An element is one address or name of a row that an indicator may match: a
// whole cell, or one member of a list, JSON value or text.
type element struct {
	Key, Group int    // of plan.keys
	Member     string // key inside a JSON cell, "" otherwise
	Value      string // as exported
	Cands      []ioc.Candidate
}

// A part of worker.held: the elements of one cell.
type part struct{ from, to uint32 }

type located struct {
	row  uint32
	held uint32 // number of the element
}

// block matches the block that the reader has just claimed.
func (w *worker) block(in *input, b formats.Block) error {
	w.payload, w.waiting, w.seq = w.payload[:0], w.waiting[:0], b.Seq
	w.found, w.held, w.slab = w.found[:0], w.held[:0], w.slab[:0]
	def := other
	if b.Rows > 0 {
		def = in.plan.tableOf(b.Part)
	}
	w.tables = w.tables[:0]
	w.met = append(w.met[:0], make([]bool, len(in.plan.tables))...)
	for i := range w.met {
		// Where nothing is read that names tables, any row may turn out to do so.
		w.met[i] = i == int(def) || !in.plan.mixed && len(in.plan.discriminators) > 0
	}
	w.now = claimed{in: in, block: b, def: def}
	undecided := in.dates.watching()
	if undecided {
		w.now.evidence = make([]clock.Order, len(in.plan.keys))
	}
	w.reader.Runs()(w.each) // not ranged over: that would make a closure for each block
	if w.now.err != nil {
		return w.now.err
	}
	w.countRest(in, b, def)
	if w.near != nil {
		w.nearBlock(in, b, def)
	}
	traced := w.trace != nil && w.traceBlock(in, b, def)
	if err := w.seen(in, b); err != nil {
		w.lose(err)
	}
	if err := w.rejects(in, b); err != nil {
		return err
	}
	w.lap.add(&w.stats.Match)
	wait := undecided || in.dates.held()
	if len(w.found) > 0 {
		slices.SortStableFunc(w.found, func(a, b located) int { return cmp.Compare(a.row, b.row) })
		err := w.reportAll(in, b, def, wait)
		w.tell(in)
		if err != nil {
			return err
		}
	}
	defer w.lap.add(&w.stats.Output)
	if traced || w.trace != nil && w.trace.Found && !wait {
		w.stop(errTraced)
	}
	if wait {
		return in.dates.put(w, b.Seq)
	}
	return w.commit(in, b.Seq, true)
}

// takeRun matches one run of the block in hand. It returns false where nothing
// more is wanted.
func (w *worker) takeRun(run *formats.Run, err error) bool {
	if err != nil {
		w.lose(err)
		return true
	}
	in := w.now.in
	k := &in.plan.keys[run.Key]
	switch {
	case k.discriminates && run.Key == in.plan.lastNamer && w.allNamed(in.plan, w.now.def, run):
	case k.discriminates:
		if w.now.err = w.sortRows(in, w.now.block, run); w.now.err != nil {
			return false
		}
	case k.dates:
		if e := w.now.evidence; e != nil && e[run.Key] == clock.None {
			e[run.Key] = w.proof(run)
		}
	}
	if err := w.matchRun(in, k, run); err != nil {
		w.lose(err)
	}
	return true
}

// matchRun looks up the cells of one run and adds what the rows hold to w.found.
func (w *worker) matchRun(in *input, k *planKey, run *formats.Run) error {
	for g := range k.groups {
		if !k.groups[g].wanted(w.met) {
			continue
		}
		w.lookUp(k, g, run)
		if w.near != nil && k.groups[g].how == howKind {
			if err := w.nearRun(k, g, run); err != nil {
				return err
			}
		}
		if len(w.cells) == 0 {
			continue
		}
		refs, err := run.Rows(w.cells, w.refs[:0])
		if err != nil {
			return err
		}
		w.refs = refs
		for _, ref := range refs {
			i, ok := slices.BinarySearch(w.cells, ref.Cell)
			if !ok {
				panic("scanner: row of a cell that was not asked for")
			}
			for n := w.parts[i].from; n < w.parts[i].to; n++ {
				w.found = append(w.found, located{ref.Row, n})
			}
		}
	}
	return nil
}

// keep appends the cells of a run that may match. Cells that say something of
// their rows beside that are not judged.
func (w *worker) keep(run *formats.Run, dst []uint32) ([]uint32, bool) {
	k := &w.plan.keys[run.Key]
	if k.discriminates || k.dates || w.near != nil {
		return dst, false
	}
	for g := range k.groups {
		w.lookUp(k, g, run)
		dst = append(dst, w.cells...)
	}
	if len(k.groups) > 1 {
		slices.Sort(dst)
		dst = slices.Compact(dst)
	}
	return dst, true
}

// lookUp fills w.cells and w.parts with the cells of a run that may match.
func (w *worker) lookUp(k *planKey, g int, run *formats.Run) {
	w.cells, w.parts = w.cells[:0], w.parts[:0]
	group := &k.groups[g]
	set := w.Indicators
	switch group.how {
	case howKind:
		w.maybe = ioc.Screen(set, group.kind, run.Data, run.Cells, w.maybe[:0])
	default:
		w.maybe = w.maybe[:0]
		for i, c := range run.Cells {
			if c.Len > 0 {
				w.maybe = append(w.maybe, uint32(i))
			}
		}
	}
	for _, i := range w.maybe {
		cell := run.Cell(int(i))
		switch group.how {
		case howJSON:
			c := run.Cells[i]
			w.json = set.MatchJSON(group.json, group.rest, run.Data[c.Off:c.Off+c.Len], w.json[:0])
			if len(w.json) == 0 {
				continue
			}
			w.cells, w.parts = append(w.cells, i), append(w.parts, w.holdJSON(k.n, g))
			continue
		case howRecord:
			w.json = set.MatchJSON(nil, true, cell, w.json[:0])
			if len(w.json) == 0 {
				continue
			}
			w.cells, w.parts = append(w.cells, i), append(w.parts, w.holdRecord(k.n, g, cell))
			continue
		case howIn:
			w.cands = set.In(group.kind, cell, w.cands[:0])
		case howHas:
			w.cands = set.HasAny(cell, w.cands[:0])
		default:
			w.cands = set.Match(group.kind, cell, w.cands[:0])
		}
		if len(w.cands) == 0 {
			continue
		}
		w.cells, w.parts = append(w.cells, i), append(w.parts, w.hold(k.n, g, group.members(), cell))
	}
}

// hold splits the candidates of a cell by the member that holds them.
func (w *worker) hold(key, g int, members bool, cell []byte) part {
	from := len(w.held)
	for n, c := range w.cands {
		if n > 0 && c.Off == w.cands[n-1].Off && c.Len == w.cands[n-1].Len {
			w.alsoHold(c)
			continue
		}
		value := cell
		if members {
			value = cell[c.Off : c.Off+c.Len]
		}
		w.held = append(w.held, element{Key: key, Group: g, Value: w.texts.add(value)})
		w.alsoHold(c)
	}
	return part{uint32(from), uint32(len(w.held))}
}

// alsoHold adds a candidate to the last element.
func (w *worker) alsoHold(c ioc.Candidate) {
	e := &w.held[len(w.held)-1]
	n := len(e.Cands)
	w.slab = append(w.slab, c)
	e.Cands = w.slab[len(w.slab)-n-1 : len(w.slab) : len(w.slab)]
}

func (w *worker) holdJSON(key, g int) part {
	from := len(w.held)
	for n, c := range w.json {
		if n > 0 {
			if o := w.json[n-1]; o.Key == c.Key && o.Value == c.Value && o.Off == c.Off && o.Len == c.Len {
				w.alsoHold(c.Candidate)
				continue
			}
		}
		w.held = append(w.held, element{Key: key, Group: g, Member: c.Key, Value: c.Value})
		w.alsoHold(c.Candidate)
	}
	return part{uint32(from), uint32(len(w.held))}
}

// allNamed says that the cells of a run name no table but def, or none. Then
// nothing is to be learnt from their rows, which are those of most files: a
// dictionary of one cell stands for a million of them.
func (w *worker) allNamed(p *plan, def int8, run *formats.Run) bool {
	if def == other {
		return false
	}
	for i, c := range run.Cells {
		if c.Len == 0 {
			continue
		}
		if cell := run.Cell(i); string(cell) != w.named {
			w.named = string(cell)
			w.namedTable = p.tableNamed(w.named)
		}
		if w.namedTable != def {
			return false
		}
	}
	return true
}

// sortRows reads which table each row of a mixed stream belongs to, and counts
// the rows that say so. What the first of the discriminating columns says stands
// before what others say: the keys come in that order.
func (w *worker) sortRows(in *input, b formats.Block, run *formats.Run) error {
	if len(w.tables) < b.Rows {
		w.tables = slices.Grow(w.tables[:0], b.Rows)[:b.Rows]
		for i := range w.tables {
			w.tables[i] = unsaid
		}
	}
	w.cells = w.cells[:0]
	for i, c := range run.Cells {
		if c.Len > 0 {
			w.cells = append(w.cells, uint32(i))
		}
	}
	refs, err := run.Rows(w.cells, w.refs[:0])
	if err != nil {
		return err
	}
	w.refs = refs
	n := int64(0)
	for _, ref := range refs {
		if w.tables[ref.Row] != unsaid {
			continue
		}
		if cell := run.Cell(int(ref.Cell)); string(cell) != w.named {
			in.countNamed(in.plan, w.namedTable, w.named, n)
			n, w.named = 0, string(cell)
			w.namedTable = in.plan.tableNamed(w.named)
		}
		if w.namedTable != unsaid {
			w.tables[ref.Row] = w.namedTable
			if w.namedTable >= 0 {
				w.met[w.namedTable] = true
			}
			n++
		}
	}
	in.countNamed(in.plan, w.namedTable, w.named, n)
	return nil
}

// countRest counts the rows of a block that do not say which table they are of.
func (w *worker) countRest(in *input, b formats.Block, def int8) {
	n := int64(b.Rows)
	for _, t := range w.tables {
		if t != unsaid {
			n--
		}
	}
	in.count(in.plan, def, n)
}

// proof returns the order of d/d/y dates that the cells of a run prove, by the
// first cell that proves one.
func (w *worker) proof(run *formats.Run) clock.Order {
	var open []byte // a day that leaves the order open: many rows have the same
	for i := range run.Cells {
		cell := run.Cell(i)
		if n := len(open); n > 0 && len(cell) > n && cell[n] == ' ' && bytes.Equal(cell[:n], open) {
			continue
		}
		r := clock.Parse(cell, clock.None, nil)
		if r.Proves != clock.None {
			return r.Proves
		}
		if r.Dated && r.Status != clock.Bad {
			open = cell[:max(bytes.IndexByte(cell, ' '), 0)]
		}
	}
	return clock.None
}

// lose notes that a column of the block in hand could not be read.
func (w *worker) lose(err error) {
	in, b := w.now.in, w.now.block
	w.now.broken++
	in.failAt(b.Seq, w.now.broken, Partial, cause(err))
	in.problem(b.Seq, w.now.broken, w.at(formats.Pos{Record: -1, Line: -1, Group: b.Group, Offset: -1}, err))
	w.badInput(in)
}

// at gives an error the input's position, unless it bears one already.
func (w *worker) at(pos formats.Pos, err error) error {
	var e *formats.Error
	if errors.As(err, &e) {
		return err
	}
	return &formats.Error{Pos: w.place(pos), Err: err}
}

// place turns a position within the block in hand into one within the input, from 1.
func (w *worker) place(pos formats.Pos) formats.Pos {
	before, known := w.before()
	pos.Input = w.now.in.in
	switch {
	case pos.Record < 0:
		pos.Record = 0
	case known:
		pos.Record += before.records + 1
	}
	switch {
	case pos.Line < 0:
		pos.Line = 0
	case known:
		pos.Line += before.lines + 1
	}
	return pos
}

// before returns what the chain does of the block in hand, and asks it once for all
// its rows.
func (w *worker) before() (base, bool) {
	now := &w.now
	if !now.counted {
		now.before, now.counted = now.in.chain.before(now.block.Seq)
	}
	return now.before, now.counted
}

// rejects deals with the block's bad records.
func (w *worker) rejects(in *input, b formats.Block) error {
	list := w.reader.Rejects()
	for i, bad := range list {
		pos := w.place(bad.Pos)
		record := pos.Record // or where it would be
		if bad.Pos.Record < 0 {
			record = w.place(formats.Pos{Line: -1}).Record
		}
		in.problem(b.Seq, behindColumns+i, &formats.Error{Pos: pos, Err: bad.Err})
		in.reject(b.Seq, i, &bad)
		if w.out.rejects != nil {
			k := key{input: int32(in.n), record: record, n: int32(i)}
			w.rejected.payload = append(w.rejected.payload, encodeReject(in.in, pos, bad.Err, bad.Raw)...)
			if err := w.rejected.end(k); err != nil {
				return err
			}
		}
		if w.Strict {
			w.foundBad(&badRecord{in.n, record})
		}
	}
	return nil
}

// incomplete says that what a reader could not make use of is more than a record, or
// less than one: how many are missing, or of which file, or under which columns, is not
// known.
func incomplete(bad *formats.Reject) bool {
	return bad.Pos.Record < 0 || errors.Is(bad.Err, formats.ErrPartial) ||
		errors.Is(bad.Err, formats.ErrOtherHeader) || errors.Is(bad.Err, formats.ErrEscaped)
}

// foundBad makes a strict scan end at its first bad record in input order.
func (w *worker) foundBad(b *badRecord) {
	w.mu.Lock()
	if w.bad == nil || b.before(w.bad) {
		w.bad = b
	}
	w.mu.Unlock()
	w.stop(errBadRecord)
}

// badInput stops a strict scan at an input that could not be read whole.
func (w *worker) badInput(in *input) {
	if w.Strict {
		w.foundBad(&badRecord{in.n, wholeInput})
	}
}

// payloadSize is how many bytes of encoded hits a worker gathers: a block, such
// as a row group, may have any number of hits.
const payloadSize = 256 << 10

// commit hands on the encoded hits of a block; last says that it has no more.
func (w *worker) commit(in *input, seq int, last bool) error {
	if w.out.streamed == nil {
		return nil
	}
	size := len(w.payload)
	var err error
	if w.payload, err = w.out.streamed.put(ticket{in.n, seq}, w.payload, last); err != nil {
		return fmt.Errorf("write hits: %w", err)
	}
	if cap(w.payload) == 0 && size > 0 { // what follows is likely to be like this
		w.payload = mem.Make[byte](size + size/8)[:0]
	}
	return nil
}
