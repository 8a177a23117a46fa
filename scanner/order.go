package scanner

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
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

// key places an encoded hit in the output.
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

// A sorter orders payloads by key within a share of memory: what exceeds the
// share is sorted and spilled to a temporary file as a compressed run, and the
// runs are merged at the end. It is safe for concurrent use until flush.
type sorter struct {
	dir   string // for spilled runs
	share int    // bytes of payload and keys held in memory

	mu     sync.Mutex
	items  []item
	chunks [][]byte // payloads; chunks, since growing one piece would need it twice
	free   [][]byte // chunks to use again
	held   int      // bytes of payload
	file   *os.File // holds all runs, one after the other; removed as soon as it is made where the system allows
	size   int64
	runs   []span
	err    error
}

type item struct {
	key
	chunk, off, len uint32
}

// chunkSize is the size of a chunk; a longer payload has one of its own.
const chunkSize = 1 << 20

type span struct{ off, end int64 }

// itemCost is what one item costs beside its payload, with room for growth.
const itemCost = 64

// frameSize is how much of a run is compressed at once. Merging holds one
// frame per run: 200 runs cost 13 MiB.
const frameSize = 64 << 10

func newSorter(dir string, share int) *sorter {
	return &sorter{dir: dir, share: max(share, 1<<20)}
}

// add copies a payload into the sorter.
func (s *sorter) add(k key, payload []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if len(s.items) > 0 && s.held+len(payload)+(len(s.items)+1)*itemCost > s.share {
		if s.err = s.spill(); s.err != nil {
			return s.err
		}
	}
	n := len(s.chunks)
	if n == 0 || len(s.chunks[n-1])+len(payload) > cap(s.chunks[n-1]) {
		s.chunks = append(s.chunks, s.chunk(len(payload)))
		n++
	}
	last := &s.chunks[n-1]
	s.items = append(s.items, item{k, uint32(n - 1), uint32(len(*last)), uint32(len(payload))})
	*last = append(*last, payload...)
	s.held += len(payload)
	return nil
}

func (s *sorter) chunk(size int) []byte {
	if n := len(s.free); n > 0 && size <= chunkSize {
		c := s.free[n-1]
		s.free = s.free[:n-1]
		return c
	}
	return make([]byte, 0, max(size, chunkSize))
}

// empty forgets the items, and keeps the chunks for the next ones.
func (s *sorter) empty() {
	for _, c := range s.chunks {
		if cap(c) == chunkSize {
			s.free = append(s.free, c[:0])
		}
	}
	clear(s.chunks)
	s.items, s.chunks, s.held = s.items[:0], s.chunks[:0], 0
}

func (s *sorter) payload(it item) []byte {
	return s.chunks[it.chunk][it.off : it.off+it.len]
}

func (s *sorter) sort() {
	slices.SortFunc(s.items, func(a, b item) int { return a.compare(b.key) })
}

// spill writes what is in memory as one run: frames of a 4-byte length and an
// S2 block each, which hold records of key, payload length and payload.
func (s *sorter) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "iocsweep-sort-*")
		if err != nil {
			return fmt.Errorf("spill hits: %w", err)
		}
		// An open file without a name is gone when the process is, however it
		// ends. Windows refuses; there close removes it.
		_ = os.Remove(f.Name())
		s.file = f
	}
	s.sort()
	w := bufio.NewWriterSize(&offsetWriter{s.file, s.size}, 256<<10)
	start := s.size
	var frame, packed []byte
	flush := func() error {
		if len(frame) == 0 {
			return nil
		}
		packed = s2.Encode(packed[:cap(packed)], frame)
		var n [4]byte
		binary.LittleEndian.PutUint32(n[:], uint32(len(packed)))
		frame = frame[:0]
		s.size += int64(len(packed)) + 4
		if _, err := w.Write(n[:]); err != nil {
			return err
		}
		_, err := w.Write(packed)
		return err
	}
	for _, it := range s.items {
		frame = it.appendTo(frame, s.payload(it))
		if len(frame) >= frameSize {
			if err := flush(); err != nil {
				return fmt.Errorf("spill hits: %w", err)
			}
		}
	}
	if err := cmp.Or(flush(), w.Flush()); err != nil {
		return fmt.Errorf("spill hits: %w", err)
	}
	s.runs = append(s.runs, span{start, s.size})
	s.empty()
	return nil
}

func (it item) appendTo(dst, payload []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(it.time))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(it.input))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(it.record))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(it.n))
	dst = binary.LittleEndian.AppendUint32(dst, it.len)
	return append(dst, payload...)
}

const recordHead = 8 + 4 + 8 + 4 + 4

// flush calls emit for every payload in order and empties the sorter. The
// payload lives until emit returns.
func (s *sorter) flush(emit func(k key, payload []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.sort()
	if len(s.runs) == 0 {
		for _, it := range s.items {
			if err := emit(it.key, s.payload(it)); err != nil {
				return err
			}
		}
		s.items, s.chunks, s.free = nil, nil, nil
		return nil
	}
	// The rest becomes a run as well, so that merging has all memory.
	if err := s.spill(); err != nil {
		return err
	}
	s.items, s.chunks, s.free = nil, nil, nil
	return s.merge(emit)
}

func (s *sorter) merge(emit func(k key, payload []byte) error) error {
	var h runHeap
	for _, r := range s.runs {
		c := &cursor{file: s.file, off: r.off, end: r.end}
		ok, err := c.next()
		if err != nil {
			return err
		}
		if ok {
			h = append(h, c)
		}
	}
	heap.Init(&h)
	for len(h) > 0 {
		c := h[0]
		if err := emit(c.key, c.payload); err != nil {
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

// close gives back the temporary file.
func (s *sorter) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
		s.file = nil
	}
}

// A cursor reads one run.
type cursor struct {
	file     *os.File
	off, end int64
	packed   []byte
	frame    []byte
	rest     []byte // what is left of frame
	key      key
	payload  []byte
}

func (c *cursor) next() (bool, error) {
	if len(c.rest) == 0 {
		if c.off >= c.end {
			return false, nil
		}
		var n [4]byte
		if _, err := c.file.ReadAt(n[:], c.off); err != nil {
			return false, fmt.Errorf("read spilled hits: %w", err)
		}
		size := int(binary.LittleEndian.Uint32(n[:]))
		c.packed = slices.Grow(c.packed[:0], size)[:size]
		if _, err := c.file.ReadAt(c.packed, c.off+4); err != nil {
			return false, fmt.Errorf("read spilled hits: %w", err)
		}
		c.off += int64(size) + 4
		var err error
		if c.frame, err = s2.Decode(c.frame[:cap(c.frame)], c.packed); err != nil {
			return false, fmt.Errorf("read spilled hits: %w", err)
		}
		c.rest = c.frame
	}
	b := c.rest
	c.key = key{
		time:   int64(binary.LittleEndian.Uint64(b)),
		input:  int32(binary.LittleEndian.Uint32(b[8:])),
		record: int64(binary.LittleEndian.Uint64(b[12:])),
		n:      int32(binary.LittleEndian.Uint32(b[20:])),
	}
	n := binary.LittleEndian.Uint32(b[24:])
	c.payload = b[recordHead : recordHead+n]
	c.rest = b[recordHead+n:]
	return true, nil
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

type offsetWriter struct {
	w   io.WriterAt
	off int64
}

func (o *offsetWriter) Write(b []byte) (int, error) {
	n, err := o.w.WriteAt(b, o.off)
	o.off += int64(n)
	return n, err
}

// A sequence hands payloads on in the order of input and block, as they
// become complete. Payloads whose turn has not come wait in memory, and
// beyond the share in a temporary file.
type sequence struct {
	dir   string
	share int
	emit  func(payload []byte) error

	mu      sync.Mutex
	input   int // whose blocks are being emitted
	seq     int // next block of it
	waiting map[ticket]held
	ends    map[int]int // input -> number of its blocks, once known
	inMem   int
	file    *os.File
	size    int64
	err     error
}

type ticket struct{ input, seq int }

type held struct {
	mem []byte
	at  span
}

func newSequence(dir string, share int, emit func([]byte) error) *sequence {
	return &sequence{dir: dir, share: share, emit: emit, waiting: map[ticket]held{}, ends: map[int]int{}}
}

// put takes the payload of one block; it is copied if it has to wait.
func (s *sequence) put(input, seq int, payload []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if input == s.input && seq == s.seq {
		s.seq++
		if len(payload) > 0 {
			if s.err = s.emit(payload); s.err != nil {
				return s.err
			}
		}
		return s.drain()
	}
	h := held{}
	switch {
	case len(payload) == 0:
	case s.inMem+len(payload) <= s.share:
		h.mem = bytes.Clone(payload)
		s.inMem += len(payload)
	default:
		if s.file == nil {
			f, err := os.CreateTemp(s.dir, "iocsweep-wait-*")
			if err != nil {
				s.err = fmt.Errorf("spill hits: %w", err)
				return s.err
			}
			_ = os.Remove(f.Name())
			s.file = f
		}
		if _, err := s.file.WriteAt(payload, s.size); err != nil {
			s.err = fmt.Errorf("spill hits: %w", err)
			return s.err
		}
		h.at = span{s.size, s.size + int64(len(payload))}
		s.size = h.at.end
	}
	s.waiting[ticket{input, seq}] = h
	return nil
}

// end says how many blocks an input had.
func (s *sequence) end(input, blocks int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends[input] = blocks
	if s.err == nil {
		s.err = s.drain()
	}
	return s.err
}

func (s *sequence) drain() error {
	for {
		if n, ok := s.ends[s.input]; ok && s.seq >= n {
			delete(s.ends, s.input)
			s.input, s.seq = s.input+1, 0
			continue
		}
		t := ticket{s.input, s.seq}
		h, ok := s.waiting[t]
		if !ok {
			return nil
		}
		delete(s.waiting, t)
		s.seq++
		payload := h.mem
		s.inMem -= len(h.mem)
		if n := h.at.end - h.at.off; n > 0 {
			payload = make([]byte, n)
			if _, err := s.file.ReadAt(payload, h.at.off); err != nil {
				s.err = fmt.Errorf("read spilled hits: %w", err)
				return s.err
			}
		}
		if len(payload) > 0 {
			if s.err = s.emit(payload); s.err != nil {
				return s.err
			}
		}
	}
}

// flush hands on what still waits, in order and across gaps: after an
// interrupt the blocks between were never read.
func (s *sequence) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	left := slices.SortedFunc(maps.Keys(s.waiting), func(a, b ticket) int {
		return cmp.Or(cmp.Compare(a.input, b.input), cmp.Compare(a.seq, b.seq))
	})
	for _, t := range left {
		s.input, s.seq = t.input, t.seq
		if err := s.drain(); err != nil {
			return err
		}
	}
	return nil
}

func (s *sequence) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
		s.file = nil
	}
}
