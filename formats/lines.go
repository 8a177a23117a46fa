package formats

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/iocsweep/iocsweep/formats/mem"
)

// text is the unpacked bytes of one input in a line format, shared by all its
// readers. It is cut into spans of equal size; a reader claims the next span,
// reads it into a buffer of its own and owns the records that start in it,
// wherever they end. So a claim is one atomic add and no lock is held while
// bytes are read or split.
//
// A stream has the same spans: window keeps what the active readers may still
// ask for. Blocks are therefore the same however an input is stored.
type text struct {
	at    io.ReaderAt // nil: window
	size  int64       // length, with at
	start int64       // where the records begin, after header or BOM
	block int64       // bytes per span
	max   int         // bytes of the largest record

	seq    atomic.Int64
	broken atomic.Bool // an error was reported: nothing more is claimed
	window *window
}

// A span is the range of bytes [from, to) that a reader has claimed. It says
// which records are the reader's: those that start in it.
type span struct {
	seq      int
	from, to int64
	size     int64 // bytes on disk that it accounts for
}

// newText returns the bytes of c from start on, to be claimed in pieces.
func newText(c *Content, o Options, start int64) *text {
	// A span is never larger than a record may be: then a record that is too
	// large is always the last of its span, whatever the block size.
	t := &text{at: c.At, size: c.Len, start: start, max: o.maxRecord()}
	t.block = int64(min(o.blockSize(), t.max))
	if c.At == nil {
		t.window = newWindow(c, start)
	}
	return t
}

// claim takes the next span. After the last it returns io.EOF, or once the
// error that ended a stream early.
func (t *text) claim() (span, error) {
	if t.broken.Load() {
		return span{}, io.EOF
	}
	if t.window != nil {
		return t.window.claim(t)
	}
	// Asked again and again after the end, the counter would overflow in some
	// 10^12 calls at the earliest.
	k := t.seq.Add(1) - 1
	s := span{seq: int(k), from: t.start + k*t.block}
	s.to = min(s.from+t.block, t.size)
	if s.from >= t.size {
		return span{}, io.EOF
	}
	s.size = s.to - s.from
	if k == 0 {
		s.size += s.from
	}
	return s, nil
}

// done is called when the claimer of s reads no more of the text.
func (t *text) done(s span) {
	if t.window != nil {
		t.window.release(s.from)
	}
}

// pass says that the record which begins in s, and which its claimer passes over,
// reaches beyond off. Whoever reads what is before, in s or behind it, gets zeros.
func (t *text) pass(s span, off int64) {
	if t.window != nil {
		t.window.pass(s.from, off)
	}
}

// fail has nothing more claimed, after an error that a reader reports.
func (t *text) fail() { t.broken.Store(true) }

// read fills p from off on. It returns fewer bytes than asked only at the end
// of the text, without an error. A claimer may read from the byte before its
// span to any place after it.
func (t *text) read(p []byte, off int64) (int, error) {
	if t.window != nil {
		return t.window.read(p, off), nil
	}
	if off >= t.size {
		return 0, nil
	}
	p = p[:min(int64(len(p)), t.size-off)]
	n, err := t.at.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = ErrTruncated // the file shrank
	}
	return n, err
}

// A lineBlock is the lines that start in a span.
type lineBlock struct {
	span
	off  int64  // offset of data[0] in the text
	data []byte // whole lines; only the input's last may lack its line break. Empty if no line starts in the span
	// cut is true when the last line is longer than the largest record: data
	// ends with its first bytes, without a line break, and the rest is skipped.
	cut bool
}

// lines claims the next span and reads the lines that start in it into buf,
// which it may replace by a larger one. The caller passes the returned buf to
// its next call; the block lives until then. Errors are as for Reader.Next.
func (t *text) lines(buf []byte) (lineBlock, []byte, error) {
	s, err := t.claim()
	if err != nil {
		return lineBlock{}, buf, err
	}
	defer t.done(s)
	b := lineBlock{span: s, off: s.from}
	lead := int64(1) // the byte before, to see whether a line starts at from
	if s.from == t.start {
		lead = 0
	}
	// 4 KiB more than the span: most last lines end there.
	want := int(s.to - s.from + lead + min(4096, t.block))
	buf = sized(buf, want, 0)
	n, err := t.read(buf[:want], s.from-lead)
	if err != nil {
		t.fail()
		return lineBlock{}, buf, err
	}
	inner := int(min(int64(n), s.to-s.from+lead)) // end of the span in buf
	first := 0
	if lead == 1 {
		nl := bytes.IndexByte(buf[:inner], '\n')
		if nl < 0 || nl+1 >= inner {
			return b, buf, nil
		}
		first = nl + 1
	}
	if first >= inner {
		return b, buf, nil
	}
	// The last line that starts in the span begins after the last line break
	// before inner-1; what ends at inner needs nothing from beyond.
	end, from := -1, inner-1
	last := first + bytes.LastIndexByte(buf[first:inner-1], '\n') + 1
	for {
		if nl := bytes.IndexByte(buf[from:n], '\n'); nl >= 0 {
			end = from + nl + 1
		}
		if end > 0 && end-last <= t.max {
			break
		}
		if n-last > t.max {
			end, b.cut = last+t.max, true
			break
		}
		if n < want {
			end = n // the input's last line
			break
		}
		from, want = n, n+max(4096, n-last)
		buf = sized(buf, want, n)
		m, err := t.read(buf[n:want], s.from-lead+int64(n))
		if err != nil {
			t.fail()
			return lineBlock{}, buf, err
		}
		n += m
	}
	b.off = s.from - lead + int64(first)
	b.data = buf[first:end]
	return b, buf, nil
}

// sized returns buf with a length of n, keeping its first keep bytes. A much
// larger buf than n is given up, so that one huge record costs its memory only
// once.
func sized(buf []byte, n, keep int) []byte {
	if c := cap(buf); c >= n && (c <= 4*n || c <= 1<<20) {
		return buf[:n]
	}
	next := mem.Make[byte](n)
	copy(next, buf[:min(keep, len(buf))])
	return next
}

// window makes a stream readable at offsets for as long as a claimer may ask
// for them: it holds the bytes from the first active span on.
type window struct {
	mu     sync.Mutex
	src    io.Reader
	buf    []byte // the bytes held
	base   int64  // offset of buf[0]
	ended  bool
	err    error   // what ended it, nil for a proper end
	next   int64   // where the next span starts
	active []int64 // starts of the spans that are being read
	huge   int64   // start of the span in which a record begins that is passed over
	passed int64   // up to where it is: neither that span nor a later one needs what is before
	used   func() int64
	disk   int64 // bytes on disk accounted for so far
	times  *Times
}

func newWindow(c *Content, start int64) *window {
	// A head shorter than 64 KiB is the whole input.
	return &window{src: c.Stream, next: start, used: c.Consumed, times: c.times, buf: make([]byte, 0, len(c.Head)+512)}
}

func (w *window) claim(t *text) (span, error) {
	w.times.lock(&w.mu)
	defer w.mu.Unlock()
	s := span{seq: int(t.seq.Load()), from: w.next}
	w.fill(s.from + t.block)
	s.to = min(s.from+t.block, w.base+int64(len(w.buf)))
	if s.to <= s.from {
		if err := w.err; err != nil {
			w.err = nil
			return span{}, err
		}
		return span{}, io.EOF
	}
	t.seq.Add(1)
	w.next = s.to
	w.active = append(w.active, s.from)
	s.size = s.to - s.from
	if w.used != nil {
		now := w.used()
		s.size, w.disk = now-w.disk, now
	}
	return s, nil
}

func (w *window) release(from int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.active, from); i >= 0 {
		w.active = slices.Delete(w.active, i, i+1)
	}
}

func (w *window) read(p []byte, off int64) int {
	w.times.lock(&w.mu)
	defer w.mu.Unlock()
	w.fill(off + int64(len(p)))
	if off >= w.base+int64(len(w.buf)) {
		return 0
	}
	gone := int(min(max(w.base-off, 0), int64(len(p)))) // inside a record that was passed over
	clear(p[:gone])
	if gone == len(p) {
		return gone
	}
	return gone + copy(p[gone:], w.buf[off+int64(gone)-w.base:])
}

// pass forgets the record that begins in the span at from and is known to reach
// beyond off: however long it is, its bytes are not kept for spans that lie in it.
func (w *window) pass(from, off int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.huge, w.passed = from, off
}

// needs is where the bytes begin that a span from some place on needs.
func (w *window) needs(from int64) int64 {
	if from >= w.huge {
		return max(from, w.passed)
	}
	return from
}

// fill reads on until the byte before end is held or the stream ends.
func (w *window) fill(end int64) {
	for !w.ended && w.base+int64(len(w.buf)) < end {
		if len(w.buf) == cap(w.buf) {
			w.grow(int(end - w.base))
		}
		w.ended = true // should it panic: what it gives afterwards does not follow
		n, err := w.src.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		if w.ended = err != nil; w.ended && err != io.EOF {
			w.err = err
		}
	}
}

// grow makes room for more bytes, first by forgetting those before the active
// spans (all but one, which tells whether a record starts there).
func (w *window) grow(need int) {
	low := w.needs(w.next)
	for _, a := range w.active {
		low = min(low, w.needs(a))
	}
	if drop := low - 1 - w.base; drop > int64(len(w.buf)/2) && drop <= int64(len(w.buf)) {
		w.buf = w.buf[:copy(w.buf, w.buf[drop:])]
		w.base += drop
		need -= int(drop)
	}
	if free := cap(w.buf) - len(w.buf); free == 0 || need > cap(w.buf) {
		w.buf = slices.Grow(w.buf, max(need-len(w.buf), len(w.buf)/2, 512))
	}
}
