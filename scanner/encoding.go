package scanner

import (
	"io"
	"sync"
	"sync/atomic"
)

// An encoding encodes waiting hits on several cores at once and writes them in
// the order in which they are added, from a goroutine of its own. It belongs to
// one goroutine, which must close it.
type encoding struct {
	run    *run
	lot    *lot
	work   chan *lot // to be encoded
	order  chan *lot // the same, to be written
	free   chan *lot
	ends   sync.WaitGroup
	failed atomic.Pointer[error] // the first error
}

// A lot is some hits, of about lotSize bytes as they wait.
type lot struct {
	hits    []waitingHit
	payload []byte // of all hits
	out     []byte // they encoded
	done    chan struct{}
}

// A waitingHit ends at a place of its lot's payload.
type waitingHit struct {
	input int32
	to    int
}

const (
	lotSize  = 64 << 10
	largeLot = 2 << 20
)

func newEncoding(r *run, to io.Writer) *encoding {
	n := 2*r.threads + 1
	e := &encoding{run: r, work: make(chan *lot, n), order: make(chan *lot, n), free: make(chan *lot, n)}
	for range n {
		e.free <- &lot{done: make(chan struct{}, 1)}
	}
	e.lot = <-e.free
	for range r.threads {
		e.ends.Go(e.encode)
	}
	e.ends.Go(func() { e.write(to) })
	return e
}

// add takes over a copy of a hit of an input, as appendHit writes it.
func (e *encoding) add(input int32, payload []byte) error {
	l := e.lot
	l.payload = append(l.payload, payload...)
	l.hits = append(l.hits, waitingHit{input, len(l.payload)})
	if len(l.payload) < lotSize {
		return nil
	}
	e.hand()
	return e.err()
}

// hand gives the lot away and takes an empty one.
func (e *encoding) hand() {
	e.work <- e.lot
	e.order <- e.lot
	e.lot = <-e.free
}

func (e *encoding) encode() {
	reader := newWaitingReader(e.run)
	for l := range e.work {
		from := 0
	hits:
		for _, w := range l.hits {
			out, err := e.encodeOne(reader, l.out, w.input, l.payload[from:w.to])
			switch f := asFault(err); {
			case f != nil:
				e.run.unwritten(int(w.input), &reader.hit, f)
				reader = newWaitingReader(e.run)
			case err != nil:
				e.fail(err)
				break hits
			default:
				l.out = out
			}
			from = w.to
		}
		l.done <- struct{}{}
	}
}

func (e *encoding) encodeOne(reader *waitingReader, dst []byte, input int32, payload []byte) (out []byte, err error) {
	defer caught(&err)
	if e.run.lines {
		return reader.line(dst, input, payload)
	}
	h, err := reader.read(input, payload)
	if err != nil {
		return dst, err
	}
	return e.run.encode(dst, h), nil
}

func (e *encoding) write(to io.Writer) {
	for l := range e.order {
		<-l.done
		if e.failed.Load() == nil {
			if _, err := to.Write(l.out); err != nil {
				e.fail(err)
			}
		}
		if l.hits, l.payload, l.out = l.hits[:0], l.payload[:0], l.out[:0]; cap(l.payload)+cap(l.out) > largeLot {
			l.payload, l.out = nil, nil // one hit of some megabytes is no reason to keep them
		}
		e.free <- l
	}
}

func (e *encoding) fail(err error) { e.failed.CompareAndSwap(nil, &err) }

func (e *encoding) err() error {
	if err := e.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// close writes what is left and returns the first error of all.
func (e *encoding) close() error {
	e.hand()
	close(e.work)
	close(e.order)
	e.ends.Wait()
	return e.err()
}
