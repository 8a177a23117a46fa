package scanner

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// A sequence hands payloads on in the order of input and block. Those of the
// block whose turn it is go on at once, so that a block of any size takes little
// memory; others wait in memory, and beyond the share in a temporary file. Whoever
// hands on does so without the lock, and also what comes in the meantime.
type sequence struct {
	tempFile
	share int
	emit  func(payload []byte) error

	mu      sync.Mutex
	eased   sync.Cond // something has been handed on
	busy    bool      // a goroutine is emitting
	turn    ticket    // the block whose payloads are emitted
	waiting map[ticket]*held
	ends    map[int]int // input -> number of its blocks, once known
	free    [][]byte    // memory of payloads that have been handed on
	inMem   int
	err     error
}

// A ticket is a block of an input.
type ticket struct{ input, seq int }

// held is what waits of a block.
type held struct {
	parts []piece
	whole bool // no more follows
}

// A piece is one payload, in memory or in the temporary file.
type piece struct {
	mem []byte
	at  span
}

func newSequence(dir string, share int, emit func([]byte) error) *sequence {
	s := &sequence{tempFile: tempFile{dir: dir, name: "iocsweep-wait-*"}, share: share, emit: emit, waiting: map[ticket]*held{}, ends: map[int]int{}}
	s.eased.L = &s.mu
	return s
}

// put takes a payload of a block, which may be empty; last says that no more
// follows. The payload's memory is kept if it has to wait: what put returns is
// the caller's in its place, empty, and without memory if there is none to spare.
func (s *sequence) put(of ticket, payload []byte, last bool) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy && s.inMem > s.share/2 && s.err == nil {
		s.eased.Wait() // the output is slow: what it cannot take need not be spilled
	}
	if s.err != nil {
		return payload[:0], s.err
	}
	if of == s.turn && !s.busy {
		s.busy = true
		if s.hand(payload); s.err == nil && last {
			s.turn.seq++
		}
		s.emitReady()
		return payload[:0], s.err
	}
	h := s.waiting[of]
	if h == nil {
		h = new(held)
		s.waiting[of] = h
	}
	h.whole = last
	if len(payload) > 0 {
		var p piece
		p, payload = s.keep(payload)
		h.parts = append(h.parts, p)
	}
	return payload[:0], s.err
}

// hand emits a payload; the caller must have set busy.
func (s *sequence) hand(payload []byte) {
	if len(payload) == 0 {
		return
	}
	s.mu.Unlock()
	err := s.emitted(payload)
	s.mu.Lock()
	s.err = cmp.Or(s.err, err)
}

// emitted emits a payload. A panic is an error, which ends the scan: others wait.
func (s *sequence) emitted(payload []byte) (err error) {
	defer caught(&err)
	return s.emit(payload)
}

// keep puts a payload aside and returns memory to use in its place.
func (s *sequence) keep(payload []byte) (piece, []byte) {
	if sparse(payload) && s.inMem+len(payload) <= s.share {
		p := piece{mem: bytes.Clone(payload)}
		s.inMem += cap(p.mem)
		return p, payload
	}
	if !sparse(payload) && s.inMem+cap(payload) <= s.share {
		s.inMem += cap(payload)
		var spare []byte
		if n := len(s.free); n > 0 {
			spare, s.free = s.free[n-1], s.free[:n-1]
		}
		return piece{mem: payload}, spare
	}
	at, err := s.add(payload)
	if err != nil {
		s.err = err
		return piece{}, payload
	}
	return piece{at: at}, payload
}

// sparse reports whether a buffer is too large for what it holds, and to be kept for
// something else.
func sparse(b []byte) bool { return len(b) < cap(b)/4 }

// end says how many blocks an input had.
func (s *sequence) end(input, blocks int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends[input] = blocks
	if s.err == nil {
		s.drain()
	}
	return s.err
}

// drain emits every block whose turn has come unless another goroutine does.
func (s *sequence) drain() {
	if !s.busy {
		s.busy = true
		s.emitReady()
	}
}

// emitReady emits every block whose turn has come. The caller has set busy; emitReady
// clears it.
func (s *sequence) emitReady() {
	defer func() {
		s.busy = false
		s.eased.Broadcast()
	}()
	for s.err == nil {
		if n, ok := s.ends[s.turn.input]; ok && s.turn.seq >= n {
			delete(s.ends, s.turn.input)
			s.turn = ticket{input: s.turn.input + 1}
			continue
		}
		h := s.waiting[s.turn]
		if h == nil {
			return
		}
		if len(h.parts) > 0 {
			p := h.parts[0]
			h.parts[0], h.parts = piece{}, h.parts[1:]
			s.release(p)
			continue // others may have added to them
		}
		delete(s.waiting, s.turn)
		if !h.whole {
			return
		}
		s.turn.seq++
	}
}

// maxFree is how many payloads' memory is kept for those to come: as many as
// wait of a row group where one row in ten is a hit. Fresh memory costs more than
// what is written there, and has to be collected.
const maxFree = 64

// release emits a part that has waited.
func (s *sequence) release(p piece) {
	payload := p.mem
	if n := p.at.end - p.at.off; n > 0 {
		payload = make([]byte, n)
		if _, err := s.file.ReadAt(payload, p.at.off); err != nil {
			s.err = fmt.Errorf("read spilled hits: %w", err)
			return
		}
	}
	s.hand(payload)
	if p.mem != nil {
		s.inMem -= cap(p.mem)
		s.eased.Broadcast()
		if len(s.free) < maxFree && cap(p.mem) <= 2*payloadSize {
			s.free = append(s.free, p.mem[:0])
		}
	}
}

// flush hands on what still waits, in order and across gaps: after an
// interrupt the blocks between were never read.
func (s *sequence) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.SortedFunc(maps.Keys(s.waiting), func(a, b ticket) int {
		return cmp.Or(cmp.Compare(a.input, b.input), cmp.Compare(a.seq, b.seq))
	})
	for _, t := range left {
		s.turn = t
		s.drain()
	}
	return s.err
}
