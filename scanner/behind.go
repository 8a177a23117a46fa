package scanner

import (
	"io"
	"sync/atomic"
)

// A behind writes to another writer from a goroutine of its own, so that what
// is to be written next can be made meanwhile. It belongs to one goroutine,
// which must close it.
type behind struct {
	buf    []byte
	full   chan []byte
	empty  chan []byte
	done   chan struct{}
	failed atomic.Pointer[error] // the first error
}

const behindSize = 256 << 10

func newBehind(w io.Writer) *behind {
	b := &behind{buf: make([]byte, 0, behindSize), full: make(chan []byte, 1), empty: make(chan []byte, 2), done: make(chan struct{})}
	b.empty <- make([]byte, 0, behindSize)
	go func() {
		defer close(b.done)
		for p := range b.full {
			if b.failed.Load() == nil {
				if _, err := w.Write(p); err != nil {
					b.failed.Store(&err)
				}
			}
			b.empty <- p[:0]
		}
	}()
	return b
}

func (b *behind) Write(p []byte) (int, error) {
	if len(b.buf)+len(p) > cap(b.buf) && len(b.buf) > 0 {
		b.full <- b.buf
		b.buf = <-b.empty
	}
	b.buf = append(b.buf, p...)
	return len(p), b.err()
}

// Close writes what is left and returns the first error of all writes.
func (b *behind) Close() error {
	b.full <- b.buf
	close(b.full)
	<-b.done
	return b.err()
}

func (b *behind) err() error {
	if err := b.failed.Load(); err != nil {
		return *err
	}
	return nil
}
