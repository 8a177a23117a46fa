package formats

import (
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// CSV reads comma, semicolon, tab or bar separated text as encoding/csv does
// with LazyQuotes: a quote opens only at the start of a cell; inside, two
// quotes are one, a quote before a separator or line end closes, and any other
// is part of the text. Blank lines are skipped. Unlike encoding/csv it keeps
// \r\n inside quotes, takes an unquoted null as an empty cell, and does not let
// a stray quote swallow a file (see csvReader.repairStray and csvReader.cutJoined).
var CSV = Format{Name: "csv", Sniff: sniffCSV, Open: openCSV}

type csvSource struct {
	c     *Content
	t     *text
	info  Info
	part  *Part
	sep   byte
	width int // cells of a record that is whole

	linesAbove int          // line breaks before the first record
	headers    atomic.Int64 // records, so far, that repeated the header

	mu   sync.Mutex
	cond sync.Cond
	turn int // the block whose seam is known
	seam seam
	bad  int // the first block that could not be read, beyond all others if there is none
}

// A seam is all that a block must know about the text before it: where its
// first record starts. Whether a byte lies between quotes depends on everything
// before it, so seams are handed on from block to block, each as soon as the
// block knows where its own last record ends. Before a block waits for its seam
// it has read its bytes and guessed the seam, and by that guess resolved its
// quotes. If the quotes alone do not show where its last record ends, it has
// split its records as well.
type seam struct {
	next int64 // where the next record starts
	// clear: between next and clear no quote can end a quoted cell, apart from
	// those that touch its opening quote. Found once, it spares later stray
	// quotes the search over the same bytes.
	clear int64
	// region and budget bound the work on doubtful records, see cutJoined.
	region, budget int64
}

// await returns the seam before block seq, once it is known; false if a block before it
// could not be read.
func (s *csvSource) await(seq int) (seam, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn != seq && seq <= s.bad {
		start := time.Now()
		for s.turn != seq && seq <= s.bad {
			s.cond.Wait()
		}
		s.c.times.waited(start)
	}
	return s.seam, s.turn == seq
}

// publish hands on the seam behind block seq, whose seam await has returned.
func (s *csvSource) publish(seq int, m seam) {
	s.mu.Lock()
	s.turn, s.seam = seq+1, m
	s.mu.Unlock()
	s.cond.Broadcast()
}

// fail ends the source at block seq, which could not be read; readers that wait for its
// seam wake up. Those of blocks before it go on.
func (s *csvSource) fail(seq int) {
	s.t.fail()
	s.mu.Lock()
	s.bad = min(s.bad, seq)
	s.mu.Unlock()
	s.cond.Broadcast()
}

func (s *csvSource) Info() Info {
	info := s.info
	if n := s.headers.Load(); n > 0 {
		info.Notes = append(slices.Clip(info.Notes), againNote(n))
	}
	return info
}

func (s *csvSource) Close() error { return s.c.Close() }

func (s *csvSource) NewReader(w Want) Reader {
	r, ok := w.Spare.(*csvReader)
	if !ok {
		r = new(csvReader)
	}
	*r = csvReader{s: s, sep: s.sep, width: s.width, late: slices.Grow(r.late[:0], len(w.Late))[:len(w.Late)],
		buf: r.buf, masks: r.masks, bare: r.bare, scan: r.scan, rows: r.rows, places: r.places, out: r.out, rejects: r.rejects, headers: r.headers,
		cells: r.cells, holders: r.holders, kept: r.kept, keptRows: r.keptRows, keptPlaces: r.keptPlaces, all: r.all, fields: r.fields}
	r.keys, r.sifter = newStops(s.part, w.Keys), newSifter(w)
	if r.stops = &r.keys; w.Sift != nil {
		var always []Column
		for k, c := range w.Keys {
			if r.sifter.always(k) {
				always = append(always, c)
			}
		}
		r.always = newStops(s.part, always)
	}
	for i, l := range w.Late {
		r.late[i].stops = newStops(s.part, l)
	}
	r.yield, r.find = r.runs, r.findRows
	return r
}

// csvStops says which separators of a record bound the wanted cells.
type csvStops struct {
	*simd.Stops
	ords []int // numbers of separators in a record, from 1, ascending
	cols []csvBounds
}

// csvBounds are indices into csvStops.ords; start -1 is the record's start,
// end -1 means that the file lacks the column.
type csvBounds struct{ start, end int }

// A csvStage holds the late cells of one stage.
type csvStage struct {
	stops csvStops
	grid  Grid
}

// csvReader reads the blocks of a csvSource.
type csvReader struct {
	s     *csvSource
	sep   byte
	width int
	keys  csvStops
	late  []csvStage

	// A block that is sifted is split by the columns alone that are wanted of
	// every record.
	sifter sifter
	always csvStops
	stops  *csvStops // &keys or &always: what the block is split by

	yield iter.Seq2[*Run, error]

	span span // the block

	// The text of the block and some beyond it: buf[:n] starts at offset base.
	// Behind it stand unescaped cells.
	buf  []byte
	n    int
	base int64
	eof  bool // buf[n] is behind the input's last byte

	// The words of the masks below limit are resolved: separators and line
	// breaks inside quotes are taken out. The fields behind limit are the state
	// at that word.
	masks
	limit  int
	lo     uint64 // the bits of word limit that are to be resolved
	in     bool   // inside quotes
	skip   bool   // the first byte is the second quote of a pair
	delim  bool   // the byte before is a separator or line break
	hidden int    // last line break found inside quotes, -1 for none
	breaks int    // how many there are
	bare   []int  // quotes inside quotes that are neither doubled nor closing
	cutTo  int    // where cut last ended a record
	scan   []byte // a piece of the input, of closer and skipHuge

	first   int         // where the block's first record starts
	rows    []simd.Row  // records in buf, without their line ends
	places  csvPlaces   // of stops in rows
	out     []uint32    // places of the separators of one record
	one     [1]simd.Row // what Fetch walks
	rejects []Reject
	unread  int    // rejected records that are no row
	headers []int  // rows that repeat the header
	noName  []byte // the latest first cell of a row that names no column

	linesAbove int  // line breaks before first
	counted    int  // line breaks before countedTo, with linesAbove
	countedTo  int  // a position in buf
	oneLine    bool // every row is one line, and there are no others

	run        Run
	cells      []Cell   // of the column at hand
	holders    []uint32 // the rows of cells
	kept       []uint32 // numbers of the rows that sifting has left,
	keptRows   []simd.Row
	keptPlaces csvPlaces // of keys in keptRows
	find       func(cells []uint32, dst []Ref) ([]Ref, error)

	// The cells of one record, and their names.
	all    []Cell
	fields []Field
	names  [][]byte
}

// Next claims a block, finds the structure of its bytes, waits for its seam
// and splits it.
func (r *csvReader) Next() (Block, error) {
	sp, err := r.s.t.claim()
	if err != nil {
		return Block{}, err
	}
	failed := true // also where a panic goes on: others wait for the seam
	defer func() {
		r.s.t.done(sp)
		if failed {
			r.s.fail(sp.seq)
		}
	}()
	b, err := r.block(sp)
	failed = err != nil && err != io.EOF
	return b, err
}

func (r *csvReader) block(sp span) (Block, error) {
	r.linesAbove = 0
	if sp.seq == 0 {
		r.linesAbove = r.s.linesAbove
	}
	if r.stops = &r.keys; r.sifter.ready() {
		r.stops = &r.always
	}
	r.begin(0)
	if err := r.load(sp); err != nil {
		return Block{}, err
	}
	end := int(sp.to - r.base)
	next, lines := 0, 0
	endKnown, rowsKnown := false, false // where the next block begins; what the rows are
	if first := r.guess(sp); first >= 0 {
		r.begin(first)
		r.restart(first)
		if next, endKnown = r.plainEnd(end); !endKnown {
			m := seam{next: r.base + int64(first)}
			var err error
			lines, err = r.split(&m, end, true)
			next, rowsKnown = int(m.next-r.base), err == nil
			endKnown = rowsKnown
		}
	}
	m, ok := r.s.await(sp.seq)
	if !ok {
		return Block{}, io.EOF
	}
	b := Block{Seq: sp.seq, Part: r.s.part, Size: sp.size, Group: -1, Line: -1, Record: -1}
	b.Lines = r.linesAbove
	if m.next >= sp.to { // one record covers the whole span
		r.s.publish(sp.seq, m)
		r.begin(0)
		return b, nil
	}
	first := int(m.next - r.base)
	doubtful := m.region > m.next // text to be taken with care
	if first != r.first || doubtful || !endKnown || rowsKnown && m.clear > m.next {
		r.begin(first)
		r.refill(0, len(r.seps), 0)
		r.restart(first)
		next, endKnown, rowsKnown = 0, false, false
		if !doubtful {
			next, endKnown = r.plainEnd(end)
		}
	}
	if endKnown {
		m.next = r.base + int64(next)
		r.s.publish(sp.seq, m)
	}
	if !rowsKnown {
		var err error
		if lines, err = r.split(&m, end, false); err != nil {
			return Block{}, err
		}
	}
	if !endKnown {
		r.s.publish(sp.seq, m)
	}
	// As many lines as rows, each of which has a line break of its own.
	r.oneLine = lines == len(r.rows) && len(r.rejects) == 0 && !(r.eof && r.n > 0 && r.buf[r.n-1] != '\n')
	r.headersAgain()
	b.Lines += lines
	b.Rows = len(r.rows)
	b.Records = len(r.rows) + r.unread
	return b, nil
}

// begin forgets what was found in the block, and takes its first record to start
// at first.
func (r *csvReader) begin(first int) {
	r.rows, r.rejects, r.bare = r.rows[:0], r.rejects[:0], r.bare[:0]
	r.unread, r.first, r.countedTo, r.counted, r.oneLine = 0, first, first, r.linesAbove, false
}

// guess returns where the first record of a span starts if the line breaks before
// it are not inside quotes, -1 if none starts there. It is nearly always right, and
// then a block's successors wait for no more than a comparison.
func (r *csvReader) guess(sp span) int {
	if sp.from == r.s.t.start {
		return 0
	}
	for w, l := range r.nls[:r.n/64+1] {
		if l != 0 {
			if at := w*64 + lowest(l) + 1; int64(at) < sp.to-r.base {
				return at
			}
			break
		}
	}
	return -1
}

// plainEnd resolves the whole block from r.first on, where its first record
// starts. If its records hold no line break inside quotes none of them can be in
// doubt, and it is certain before one is split where the next block's first record
// starts: next, with ok true.
func (r *csvReader) plainEnd(end int) (next int, ok bool) {
	last := r.resolvable()
	r.resolve(min(last, (end-1)/64+1))
	for w := (end - 1) / 64; ; w++ {
		if w >= r.limit {
			if r.limit >= last {
				return 0, false
			}
			r.resolve(r.limit + 1)
		}
		l := r.nls[w]
		if w == (end-1)/64 {
			l &= ^uint64(0) << uint((end-1)&63)
		}
		if l == 0 {
			continue
		}
		next = min(w*64+lowest(l)+1, r.n)
		return next, r.hidden < r.first && next-r.first <= r.s.t.max
	}
}

// load reads the span and a little more, and finds its masks.
func (r *csvReader) load(sp span) error {
	lead := int64(1)
	if sp.from == r.s.t.start {
		lead = 0
	}
	r.span, r.base = sp, sp.from-lead
	want := int(sp.to-r.base) + int(min(4096, r.s.t.block)) + 2
	r.buf = sized(r.buf, want, 0)
	n, err := r.s.t.read(r.buf[:want], r.base)
	if err != nil {
		return err
	}
	r.n, r.eof = n, n < want
	r.buf = r.buf[:n]
	r.resize(n)
	r.refill(0, len(r.seps), 0)
	return nil
}

// grow reads on until at least want bytes are held or the input ends.
func (r *csvReader) grow(want int) error {
	if r.eof || want <= r.n {
		return nil
	}
	old := r.n
	r.buf = sized(r.buf, want, old)
	n, err := r.s.t.read(r.buf[old:want], r.base+int64(old))
	if err != nil {
		return err
	}
	r.n += n
	r.eof = r.n < want
	r.buf = r.buf[:r.n]
	r.resize(r.n)
	var keep uint64
	if old/64 == r.limit {
		keep = ^r.lo
	}
	r.refill(old/64, len(r.seps), keep)
	return nil
}

// refill finds the masks of the words [word, to) afresh, as if nothing had been
// resolved there. The bits keep of the first word stay as they are: they belong to
// records already split. The end of the input counts as a line break.
func (r *csvReader) refill(word, to int, keep uint64) {
	sep, nl := r.seps[word]&keep, r.nls[word]&keep
	r.fill(r.buf[:r.n], r.sep, word, to)
	if w := r.n / 64; r.eof && w >= word && w < to {
		r.nls[w] |= 1 << uint(r.n&63)
	}
	r.seps[word] = r.seps[word]&^keep | sep
	r.nls[word] = r.nls[word]&^keep | nl
}

// resolvable is the number of words whose quotes can be judged: to judge one takes
// the two bytes behind it.
func (r *csvReader) resolvable() int {
	if r.eof {
		return r.n/64 + 1
	}
	return max(r.n-2, 0) / 64
}
