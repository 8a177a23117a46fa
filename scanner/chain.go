package scanner

import (
	"errors"
	"io"
	"sync"

	"github.com/iocsweep/iocsweep/formats"
)

// A chain turns the record and line counts of blocks, claimed in any order,
// into the numbers that stand before each block. A block is counted as soon as
// it has been split, and a worker asks only if the block shows something worth
// a position; all earlier blocks were claimed before, so the wait is short.
type chain struct {
	mu       sync.Mutex
	cond     sync.Cond
	counts   []count // by block
	known    int     // bases[:known] are final
	bases    []base  // what stands before each block
	claiming int     // calls of claim that have not returned
	broken   bool    // a block failed: what follows it cannot be numbered
}

type count struct {
	records, lines int64
	known          bool
}

type base struct{ records, lines int64 }

func newChain() *chain {
	c := &chain{bases: []base{{}}}
	c.cond.L = &c.mu
	return c
}

// claim returns the reader's next block once it is counted.
func (c *chain) claim(r formats.Reader) (formats.Block, error) {
	c.mu.Lock()
	c.claiming++
	c.mu.Unlock()
	b, err := next(r)
	c.mu.Lock()
	c.claiming--
	switch {
	case err == nil:
		c.count(b)
	case !errors.Is(err, io.EOF):
		c.broken = true
	}
	c.mu.Unlock()
	c.cond.Broadcast()
	return b, err
}

// next is r.Next, of which a panic is an error: others wait for what is being claimed.
func next(r formats.Reader) (b formats.Block, err error) {
	defer caught(&err)
	return r.Next()
}

// count notes how many records and line breaks a block holds. The first block
// also says what stands before it: the lines of a header.
func (c *chain) count(blk formats.Block) {
	for len(c.counts) <= blk.Seq {
		c.counts = append(c.counts, count{})
	}
	c.counts[blk.Seq] = count{int64(blk.Records), int64(blk.Lines), true}
	if blk.Seq == 0 {
		c.bases[0].lines = max(blk.Line, 0)
	}
	for c.known < len(c.counts) && c.counts[c.known].known {
		b, n := c.bases[c.known], c.counts[c.known]
		c.bases = append(c.bases, base{b.records + n.records, b.lines + n.lines})
		c.known++
	}
}

// before returns the records and line breaks before a block that has been
// claimed. ok is false where an earlier block could not be read: that is
// certain only when no worker has one in hand that it may still count.
func (c *chain) before(seq int) (b base, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.known < seq && !(c.broken && c.claiming == 0) {
		c.cond.Wait()
	}
	if c.known < seq {
		return c.bases[c.known], false
	}
	return c.bases[seq], true
}

// total returns the sums over all blocks counted so far.
func (c *chain) total() base {
	c.mu.Lock()
	defer c.mu.Unlock()
	var t base
	for _, n := range c.counts {
		t.records += n.records
		t.lines += n.lines
	}
	return t
}

// blocks returns how many blocks have been counted.
func (c *chain) blocks() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.counts)
}
