package scanner

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/formats/mem"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
)

// A worker sweeps blocks. All its buffers are its own and are used again from
// block to block, so that a block without hits allocates nothing.
type worker struct {
	*run
	reader  formats.Reader
	plan    *plan // of the input in hand
	now     claimed
	lap     lap
	each    func(*formats.Run, error) bool // takeRun: made once, not for every block
	near    *nearby                        // nil unless near misses are looked for
	ids     []uint64                       // of this worker's hits, for Scan.Repeats
	tally   *Groups                        // this worker's share of the summary's groups; nil if not asked for
	trace   *Trace                         // set only when one record is being explained; otherwise nil
	tracing *Trace                         // the same while that record is in hand

	// What the cells of a run hold, see lookUp.
	cands []ioc.Candidate
	json  []ioc.JSONCandidate
	maybe []uint32      // cells that are to be looked at, ascending
	cells []uint32      // those that hold a candidate
	parts []part        // what each of them holds
	refs  []formats.Ref // rows that hold them

	// What the rows of the block hold.
	held  []element       // by the cells
	slab  []ioc.Candidate // of held
	texts texts           // of held
	found []located       // elements of the block's rows
	rows  []uint32        // rows that hold any, ascending, without repeats

	// Which table a row is of, see sortRows and rowTable.
	tables     []int8          // of each row, where a run says it; index into plan.tables, else -1
	met        []bool          // by plan.tables: whether the block may hold rows of it
	named      naming          // the last one: rows repeat it
	hitNamed   naming          // the last one of rows with hits
	ownColumns []byte          // of a row that names none: the block's table, and the columns by number
	byColumns  map[string]int8 // the tables of such rows

	// The hits of a row, see report.
	row      finding       // in hand
	room     room          // for its hits
	removing []*RuleReport // the entries of what removes the hit in hand
	rowed    bool          // hits need their Row, and not only what is made of it
	sum      counted
	entries  []uint32 // of the hits to come
	touched  int      // written only so that the compiler keeps the prefetching loads
	spoiled  bool     // a fault may have left all this half done, see renew

	// Where hits go: encoded and streamed, sorted, or held until the order of the
	// input's dates is known.
	payload                    []byte // encoded hits, where they are streamed
	seq                        int    // of the block that they are of
	shown                      rowFields
	hits, suppressed, rejected pile
	waiting                    []byte // findings of the block that have to wait
	waited                     findingReader
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
	rested   bool          // countRest has been called
	wait     bool          // its findings wait for the order of the input's dates
	traced   bool          // the record that is explained is in it, and no more is wanted
	err      error         // ends the scan
}

func (r *run) newWorker() *worker {
	w := &worker{run: r}
	w.each = w.takeRun
	w.rowed = r.out.streamed != nil && !r.lines
	w.hits.to, w.suppressed.to, w.rejected.to = r.out.hits, r.out.suppressed, r.out.rejects
	if r.Groups != nil {
		w.tally = r.Groups.empty()
	}
	if r.Near != nil {
		w.near = &nearby{around: r.around, found: NewNearMisses()}
	}
	return w
}

// addGroups adds the worker's groups to those of all.
func (w *worker) addGroups() {
	w.mu.Lock()
	w.Groups.merge(w.tally)
	w.mu.Unlock()
	w.tally = w.Groups.empty()
}

// handOver gives away what the worker has gathered. It is the last that the worker does
// with its memory, see renew.
func (w *worker) handOver() error {
	if w.tally != nil {
		w.addGroups()
	}
	if w.near != nil {
		w.mu.Lock()
		w.Near.merge(w.near.found)
		w.mu.Unlock()
	}
	if len(w.ids) > 0 {
		w.mu.Lock()
		w.Repeats.ids = append(w.Repeats.ids, w.ids)
		w.mu.Unlock()
	}
	return errors.Join(w.hits.flush(), w.suppressed.flush(), w.rejected.flush())
}

// reset turns the worker to an input.
func (w *worker) reset(in *input) (err error) {
	defer caught(&err)
	w.plan = in.plan
	want := in.plan.want
	want.Keep = w.keep
	if w.sieve != nil && w.trace == nil {
		want.Sift, want.Sifted = w.sieve.Find, w.plan.sifted
	}
	want.Spare = w.reader
	w.reader = in.src.NewReader(want)
	w.named, w.hitNamed = naming{}, naming{} // another input may have other tables
	w.byColumns = nil
	if in.plan.byColumns {
		w.byColumns = map[string]int8{}
	}
	return nil
}

// begin turns the worker to a block that the reader has just claimed, and returns the
// table of the rows that do not say which they are of.
func (w *worker) begin(in *input, b formats.Block) (def int8) {
	w.payload, w.waiting, w.seq = w.payload[:0], w.waiting[:0], b.Seq
	w.found, w.held, w.slab = w.found[:0], w.held[:0], w.slab[:0]
	w.tables = w.tables[:0]
	w.now = claimed{in: in, block: b, def: other}
	if w.now.wait = in.dates.watching(); w.now.wait { // the order of its dates is still looked for
		w.now.evidence = make([]clock.Order, len(in.plan.keys))
	}
	def = other
	if b.Rows > 0 {
		def = in.plan.tableOf(b.Part)
	}
	w.met = append(w.met[:0], make([]bool, len(in.plan.tables))...)
	for i := range w.met {
		// Where nothing is read that names tables, any row may turn out to do so.
		w.met[i] = i == int(def) || !in.plan.mixed && (len(in.plan.discriminators) > 0 || in.plan.timeline)
	}
	w.now.def = def
	return def
}

// block matches the block that the reader has just claimed.
func (w *worker) block(in *input, b formats.Block) error {
	err := w.search(in, b)
	if w.sum != (counted{}) {
		w.tell(in)
	}
	switch f := asFault(err); {
	case f != nil:
		w.lose(f)
		if !w.now.rested { // its records are none of an unknown table
			w.countRest(in, b, w.now.def)
		}
	case err != nil:
		return err
	}
	defer w.lap.add(&w.stats.Output)
	if w.now.traced || w.trace != nil && w.trace.Found && !w.now.wait {
		w.stop(errTraced)
	}
	if w.now.wait {
		return in.dates.put(w, b.Seq)
	}
	return w.commit(in, b.Seq, true)
}

// search finds the rows of the block in hand that match, and makes their hits.
func (w *worker) search(in *input, b formats.Block) (err error) {
	defer caught(&err)
	def := w.begin(in, b)
	w.reader.Runs()(w.each) // not ranged over: that would make a closure for each block
	if w.now.err != nil {
		return w.now.err
	}
	w.countRest(in, b, def)
	w.now.rested = true
	if w.near != nil {
		w.nearBlock(in, b, def)
	}
	w.now.traced = w.trace != nil && w.traceBlock(in, b, def)
	if err := w.seen(in, b); err != nil {
		w.lose(err)
	}
	if err := w.rejects(in, b); err != nil {
		return err
	}
	w.lap.add(&w.stats.Match)
	w.now.wait = w.now.wait || in.dates.held()
	if len(w.found) == 0 {
		return nil
	}
	slices.SortStableFunc(w.found, func(a, b located) int { return cmp.Compare(a.row, b.row) })
	return w.reportAll(in, def, w.now.wait)
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
