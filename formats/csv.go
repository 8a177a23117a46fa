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
// a stray quote swallow a file (see [csvReader.stray] and [csvReader.doubt]).
var CSV = Format{Name: "csv", Exts: []string{".csv", ".tsv", ".txt"}, Sniff: sniffCSV, Open: openCSV}

type csvSource struct {
	c     *Content
	t     *text
	info  Info
	part  *Part
	sep   byte
	width int          // cells of a record that is whole
	lines int          // line breaks before the first record
	again atomic.Int64 // lines among the records that repeat the header

	mu   sync.Mutex
	cond sync.Cond
	turn int // the block whose seam is known
	seam seam
	dead bool
}

// A seam is what a block must know of the text before it, and all it must
// know: where its first record starts. Whether a byte lies between quotes
// depends on everything before it, so seams are handed on from block to block,
// each as soon as the block knows where its own last record ends. Every block
// has read its bytes, guessed its seam and, by that, resolved its quotes, and
// split its records if these do not show at once where the last one ends,
// before it waits.
type seam struct {
	next int64 // where the next record starts
	// clear: between next and clear no quote can end a quoted cell, apart from
	// those that touch its opening quote. Found once, it spares later stray
	// quotes the search over the same bytes.
	clear int64
	// region and budget bound the work on doubtful records, see doubt.
	region, budget int64
}

// await returns the seam before block seq, once it is known.
func (s *csvSource) await(seq int) (seam, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn != seq && !s.dead {
		start := time.Now()
		for s.turn != seq && !s.dead {
			s.cond.Wait()
		}
		s.c.times.waited(start)
	}
	return s.seam, !s.dead
}

// publish hands on the seam behind block seq, whose seam await has returned.
func (s *csvSource) publish(seq int, m seam) {
	s.mu.Lock()
	s.turn, s.seam = seq+1, m
	s.mu.Unlock()
	s.cond.Broadcast()
}

// fail ends the source at a read error; readers that wait wake up.
func (s *csvSource) fail() {
	s.t.fail()
	s.mu.Lock()
	s.dead = true
	s.mu.Unlock()
	s.cond.Broadcast()
}

func (s *csvSource) Info() Info {
	info := s.info
	if n := s.again.Load(); n > 0 {
		info.Notes = append(slices.Clip(info.Notes), againNote(n))
	}
	return info
}

func (s *csvSource) Close() error {
	if s.c.Close == nil {
		return nil
	}
	return s.c.Close()
}

func (s *csvSource) NewReader(w Want) Reader {
	r := &csvReader{s: s, sep: s.sep, width: s.width, late: make([]csvStage, len(w.Late))}
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

	// A block that is sifted is split by what is always wanted alone.
	sifter sifter
	always csvStops
	stops  *csvStops // of these two, by which the block is split

	yield iter.Seq2[*Run, error]

	// The text of the block and some beyond it: buf[:n] starts at offset base.
	// Behind it stand unescaped cells.
	buf  []byte
	n    int
	base int64
	eof  bool // buf[n] is behind the input's last byte

	// Words below limit are resolved: they no longer show what is inside
	// quotes. The rest is the state there.
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
	scan   []byte

	first   int        // where the block's first record starts
	rows    []simd.Row // records in buf, without their line ends
	bounds  csvPlaces  // of stops in rows
	out     []uint32   // of stops in one record
	one     [1]simd.Row
	rejects []Reject
	unread  int    // rejected records that are no row
	again   []int  // rows that repeat the header
	noName  []byte // the last first cell of a row that was no name of a column
	lineAt  int    // position up to which lines are counted
	lines   int
	head    int  // line breaks before first
	oneLine bool // every row is one line, and there are no others
	run     Run
	cells   []Cell
	holders []uint32 // the rows of cells
	kept    []uint32 // rows that sifting has left,
	keptAt  []simd.Row
	keptEnd csvPlaces // of keys in them
	find    func(cells []uint32, dst []Ref) ([]Ref, error)
	all     []Cell
	fields  []Field
	names   [][]byte
}

// Next claims a block, finds the structure of its bytes, waits for its seam
// and splits it.
func (r *csvReader) Next() (Block, error) {
	sp, err := r.s.t.claim()
	if err != nil {
		return Block{}, err
	}
	b, err := r.block(sp)
	r.s.t.done(sp)
	if err != nil && err != io.EOF {
		r.s.fail()
	}
	return b, err
}

func (r *csvReader) block(sp span) (Block, error) {
	r.head = 0
	if sp.seq == 0 {
		r.head = r.s.lines
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
	quick, done := false, false // the seam behind the block is known; its records are, too
	if first := r.guess(sp); first >= 0 {
		r.begin(first)
		r.restart(first)
		if next, quick = r.quick(end); !quick {
			m := seam{next: r.base + int64(first)}
			var err error
			lines, err = r.split(&m, end, true)
			next, done = int(m.next-r.base), err == nil
			quick = done
		}
	}
	m, ok := r.s.await(sp.seq)
	if !ok {
		return Block{}, io.EOF
	}
	b := Block{Seq: sp.seq, Part: r.s.part, Size: sp.size, Group: -1, Line: -1, Record: -1}
	b.Lines = r.head
	if m.next >= sp.to { // one record covers the whole span
		r.s.publish(sp.seq, m)
		r.begin(0)
		return b, nil
	}
	first := int(m.next - r.base)
	doubtful := m.region > m.next // text to be taken with care
	if first != r.first || doubtful || !quick || done && m.clear > m.next {
		r.begin(first)
		r.refill(0, len(r.seps), 0)
		r.restart(first)
		next, quick, done = 0, false, false
		if !doubtful {
			next, quick = r.quick(end)
		}
	}
	if quick {
		m.next = r.base + int64(next)
		r.s.publish(sp.seq, m)
	}
	if !done {
		var err error
		if lines, err = r.split(&m, end, false); err != nil {
			return Block{}, err
		}
	}
	if !quick {
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

// begin forgets what has been found in the block, of which the first record
// starts at first.
func (r *csvReader) begin(first int) {
	r.rows, r.rejects, r.bare = r.rows[:0], r.rejects[:0], r.bare[:0]
	r.unread, r.first, r.lineAt, r.lines, r.oneLine = 0, first, first, r.head, false
}

// guess says where the first record of a span starts if the line breaks before
// it are not inside quotes, -1 if none does. It is nearly always right, and
// then all that a block's successors wait for is a comparison.
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

// quick resolves the whole block, of which the first record starts at r.first,
// and reports whether its records hold no line break inside quotes: then none
// can be in doubt, and it is certain where the next record starts before one
// is split.
func (r *csvReader) quick(end int) (next int, ok bool) {
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

// load reads the span and a little more.
func (r *csvReader) load(sp span) error {
	lead := int64(1)
	if sp.from == r.s.t.start {
		lead = 0
	}
	r.base = sp.from - lead
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

// refill sets the words [word, to) to what the bytes are, as if nothing had
// been resolved there, but for the bits keep of the first: they belong to
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

// resolvable is the number of words whose quotes can be judged: that takes two
// bytes more.
func (r *csvReader) resolvable() int {
	if r.eof {
		return r.n/64 + 1
	}
	return max(r.n-2, 0) / 64
}
