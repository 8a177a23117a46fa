package formats

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Times counts the time that reading inputs takes, in nanoseconds, summed over all
// readers. It may be read at any time.
type Times struct {
	Read   atomic.Int64 // bytes from disk, or standard input
	Unpack atomic.Int64 // decompression
	Wait   atomic.Int64 // for other readers of the same input
}

// lock locks mu and counts the wait, if there is one.
func (t *Times) lock(mu *sync.Mutex) {
	if t == nil {
		mu.Lock()
		return
	}
	if mu.TryLock() {
		return
	}
	start := time.Now()
	mu.Lock()
	t.waited(start)
}

func (t *Times) waited(start time.Time) {
	if t != nil {
		t.Wait.Add(int64(time.Since(start)))
	}
}

// timed makes c count what it costs to read.
func (c *Content) timed(t *Times) {
	if c.times = t; t == nil {
		return
	}
	if c.At != nil {
		c.At = timedAt{c.At, t}
	}
	if c.Stream != nil {
		c.Stream = timedReader{c.Stream, &t.Read, 1}
	}
}

type timedAt struct {
	r io.ReaderAt
	t *Times
}

func (a timedAt) ReadAt(p []byte, off int64) (int, error) {
	start := time.Now()
	n, err := a.r.ReadAt(p, off)
	a.t.Read.Add(int64(time.Since(start)))
	return n, err
}

// A timedReader adds the time of its reads to sum, or takes it off where sign
// is -1: what a decompressor waits for its input is not decompression.
type timedReader struct {
	r    io.Reader
	sum  *atomic.Int64
	sign time.Duration
}

func (t timedReader) Read(p []byte) (int, error) {
	start := time.Now()
	n, err := t.r.Read(p)
	t.sum.Add(int64(t.sign * time.Since(start)))
	return n, err
}
