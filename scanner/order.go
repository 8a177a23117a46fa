package scanner

import (
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"

	"github.com/iocsweep/iocsweep/formats/mem"
)

// Order is the order in which hits are written.
type Order uint8

// The orders. Null times come last in either time order, and ties go by input
// and record, so that the number of workers never shows.
const (
	Newest  Order = iota // as the KQL hunts do
	Oldest               // to find patient zero
	AsFound              // input and record, streamed
)

// key places a hit, or what else is sorted, in the output.
type key struct {
	time   int64 // ticks, negated for Newest; noTime for none
	input  int32
	n      int32 // several hits of one record
	record int64
}

// noTime sorts after every time.
const noTime = 1<<63 - 1

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.time, o.time), cmp.Compare(k.input, o.input),
		cmp.Compare(k.record, o.record), cmp.Compare(k.n, o.n))
}

// A sorter orders payloads by key within a share of memory. Workers hand it
// sorted, compressed runs, so that all that it does under its lock is to count
// them; what exceeds the share is merged into one run of a temporary file. All
// runs are merged at the end. It is safe for concurrent use until flush.
type sorter struct {
	tempFile     // of spilled runs, one after the other
	share    int // bytes of runs held in memory

	mu   sync.Mutex
	mem  []*cursor
	held int       // bytes of mem
	runs []*cursor // in the file
	err  error
}

// runSize is how much a worker gathers before it sorts. frameSize is how much
// of a run is compressed at once: merging holds one frame of each run.
const (
	runSize   = 1 << 20
	frameSize = 32 << 10
)

func newSorter(dir string, share int) *sorter {
	return &sorter{tempFile: tempFile{dir: dir, name: "iocsweep-sort-*"}, share: share}
}

// put takes a run, as runWriter makes it.
func (s *sorter) put(run []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.mem = append(s.mem, &cursor{rest: run})
	if s.held += len(run) + frameSize; s.held > s.share { // a frame, since rows that are alike pack into next to nothing
		s.err = s.spill()
	}
	return s.err
}

// spill merges what is in memory into one run of the file.
func (s *sorter) spill() error {
	from := s.size
	var w runWriter
	write := func() error {
		_, err := s.add(w.run)
		w.run = w.run[:0]
		return err
	}
	err := merge(s.mem, func(k key, payload []byte) error {
		w.add(k, payload)
		if len(w.run) >= runSize/4 {
			return write()
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.end()
	if err := write(); err != nil {
		return err
	}
	s.runs = append(s.runs, &cursor{file: s.file, off: from, end: s.size})
	s.mem, s.held = nil, 0
	return nil
}

// flush calls emit for every payload in order and empties the sorter. The
// payload lives until emit returns.
func (s *sorter) flush(emit func(k key, payload []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	all := append(s.runs, s.mem...)
	s.runs, s.mem = nil, nil
	return merge(all, emit)
}

// A pile gathers the payloads of one worker for a sorter.
type pile struct {
	to      *sorter
	items   []item
	payload []byte // of all items; the caller appends, then calls end
	writer  runWriter
}

type item struct {
	key
	from, to int
}

// end completes an item, which is what was appended to payload since the last one,
// under its key.
func (p *pile) end(k key) error {
	from := 0
	if n := len(p.items); n > 0 {
		from = p.items[n-1].to
	}
	p.items = append(p.items, item{k, from, len(p.payload)})
	if len(p.payload)+len(p.items)*itemCost < runSize {
		if len(p.payload) >= frameSize { // there are many hits: make room for all of a run
			p.payload = mem.Grow(p.payload, max(0, runSize+frameSize-len(p.payload)))
		}
		return nil
	}
	return p.flush()
}

// itemCost is what one item costs beside its payload.
const itemCost = 48

// flush hands the sorter all that was gathered.
func (p *pile) flush() error {
	if len(p.items) == 0 {
		return nil
	}
	slices.SortFunc(p.items, func(a, b item) int { return a.compare(b.key) })
	w := &p.writer
	for _, it := range p.items {
		w.add(it.key, p.payload[it.from:it.to])
	}
	w.end()
	run := append(mem.Make[byte](len(w.run))[:0], w.run...)
	p.items, p.payload, w.run = p.items[:0], p.payload[:0], w.run[:0]
	return p.to.put(run)
}

// A runWriter makes a run: frames of a 4-byte length and an S2 block each,
// which hold records of key, payload length and payload. A payload that is larger
// than a frame goes on in frames of its own: a hit may be as large as its row, and
// merging holds a frame of each run.
type runWriter struct {
	run   []byte
	frame []byte
}

const recordHead = 8 + 4 + 8 + 4 + 4

func (w *runWriter) add(k key, payload []byte) {
	f := w.frame
	f = binary.LittleEndian.AppendUint64(f, uint64(k.time))
	f = binary.LittleEndian.AppendUint32(f, uint32(k.input))
	f = binary.LittleEndian.AppendUint64(f, uint64(k.record))
	f = binary.LittleEndian.AppendUint32(f, uint32(k.n))
	f = binary.LittleEndian.AppendUint32(f, uint32(len(payload)))
	for len(payload) > frameSize {
		w.frame = append(f, payload[:frameSize]...)
		w.end()
		f, payload = w.frame, payload[frameSize:]
	}
	w.frame = append(f, payload...)
	if len(w.frame) >= frameSize {
		w.end()
	}
}

// end closes the frame.
func (w *runWriter) end() {
	if len(w.frame) == 0 {
		return
	}
	at := len(w.run)
	w.run = mem.Grow(w.run, 4+s2.MaxEncodedLen(len(w.frame)))
	packed := s2.Encode(w.run[at+4:cap(w.run)], w.frame)
	w.run = w.run[:at+4+len(packed)]
	binary.LittleEndian.PutUint32(w.run[at:], uint32(len(packed)))
	w.frame = w.frame[:0]
}

// A cursor reads one run: frames from memory, or from the file.
type cursor struct {
	rest []byte // frames of a run in memory

	file     *os.File
	off, end int64
	packed   []byte

	frame   []byte
	records []byte // what is left of frame
	key     key
	payload []byte // what frame has of it
	more    int    // how many bytes of it are in later frames
}

// next goes on to the next record, and says whether there is one. Of the one before,
// no part may be in later frames.
func (c *cursor) next() (bool, error) {
	if len(c.records) == 0 {
		if ok, err := c.unpack(); !ok {
			return false, err
		}
	}
	b := c.records
	c.key = key{
		time:   int64(binary.LittleEndian.Uint64(b)),
		input:  int32(binary.LittleEndian.Uint32(b[8:])),
		record: int64(binary.LittleEndian.Uint64(b[12:])),
		n:      int32(binary.LittleEndian.Uint32(b[20:])),
	}
	n := int(binary.LittleEndian.Uint32(b[24:]))
	held := min(n, len(b)-recordHead)
	c.payload, c.more = b[recordHead:recordHead+held], n-held
	c.records = b[recordHead+held:]
	return true, nil
}

// unpack takes the next frame, and says whether there is one.
func (c *cursor) unpack() (bool, error) {
	packed, err := c.nextFrame()
	if packed == nil || err != nil {
		return false, err
	}
	if n, err := s2.DecodedLen(packed); err == nil {
		c.frame = mem.Grow(c.frame[:0], n)
	}
	if c.frame, err = s2.Decode(c.frame[:cap(c.frame)], packed); err != nil {
		return false, fmt.Errorf("read spilled hits: %w", err)
	}
	c.records = c.frame
	return true, nil
}

// whole returns all of the record's payload: in buf, which it returns too, where
// parts of it are in later frames.
func (c *cursor) whole(buf []byte) (payload, _ []byte, err error) {
	if c.more == 0 {
		return c.payload, buf, nil
	}
	buf = append(mem.Grow(buf[:0], len(c.payload)+c.more), c.payload...)
	for c.more > 0 {
		ok, err := c.unpack()
		if err == nil && !ok {
			err = fmt.Errorf("read spilled hits: %w", io.ErrUnexpectedEOF)
		}
		if err != nil {
			return nil, buf, err
		}
		held := min(c.more, len(c.records))
		buf = append(buf, c.records[:held]...)
		c.records, c.more = c.records[held:], c.more-held
	}
	return buf, buf, nil
}

// nextFrame returns the next frame as it is packed, nil behind the last.
func (c *cursor) nextFrame() ([]byte, error) {
	if c.file == nil {
		if len(c.rest) == 0 {
			return nil, nil
		}
		end := 4 + binary.LittleEndian.Uint32(c.rest)
		packed := c.rest[4:end]
		c.rest = c.rest[end:]
		return packed, nil
	}
	if c.off >= c.end {
		return nil, nil
	}
	var n [4]byte
	if _, err := c.file.ReadAt(n[:], c.off); err != nil {
		return nil, fmt.Errorf("read spilled hits: %w", err)
	}
	size := int(binary.LittleEndian.Uint32(n[:]))
	c.packed = slices.Grow(c.packed[:0], size)[:size]
	if _, err := c.file.ReadAt(c.packed, c.off+4); err != nil {
		return nil, fmt.Errorf("read spilled hits: %w", err)
	}
	c.off += int64(size) + 4
	return c.packed, nil
}

// merge calls emit for what all runs hold, in order.
func merge(runs []*cursor, emit func(k key, payload []byte) error) error {
	var h runHeap
	for _, c := range runs {
		ok, err := c.next()
		if err != nil {
			return err
		}
		if ok {
			h = append(h, c)
		}
	}
	heap.Init(&h)
	var long []byte
	for len(h) > 0 {
		c := h[0]
		payload, buf, err := c.whole(long)
		if err != nil {
			return err
		}
		long = buf
		if err := emit(c.key, payload); err != nil {
			return err
		}
		ok, err := c.next()
		if err != nil {
			return err
		}
		if ok {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
	}
	return nil
}

type runHeap []*cursor

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(i, j int) bool { return h[i].key.compare(h[j].key) < 0 }
func (h runHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)        { *h = append(*h, x.(*cursor)) }
func (h *runHeap) Pop() any {
	old := *h
	c := old[len(old)-1]
	*h = old[:len(old)-1]
	return c
}
