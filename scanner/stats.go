package scanner

import (
	"sync/atomic"
	"time"

	"github.com/iocsweep/iocsweep/formats"
)

// Stats counts while a scan runs. Its fields may be read at any time.
type Stats struct {
	Bytes   atomic.Int64 // read so far, on disk
	Records atomic.Int64
	Hits    atomic.Int64
	Files   atomic.Int64 // inputs that are done

	// What the workers spent their time on, in nanoseconds, summed over them. The clock
	// is read a few times a block, which costs nothing that can be measured.
	Input  formats.Times
	Claim  atomic.Int64 // claiming blocks: reading, unpacking and splitting them
	Match  atomic.Int64 // looking up key cells
	Late   atomic.Int64 // fetching the other cells of rows with a candidate
	Output atomic.Int64 // rules, hits, and their order
}

// A Cost is one kind of work and the time spent on it.
type Cost struct {
	What string
	Time time.Duration
}

// Costs lists what the workers did, in the order in which a block meets it.
func (s *Stats) Costs() []Cost {
	read, unpack, wait := s.Input.Read.Load(), s.Input.Unpack.Load(), s.Input.Wait.Load()
	return []Cost{
		{"read", time.Duration(read)},
		{"decompress", time.Duration(unpack)},
		// Columns that are read as they are asked for are no part of claims.
		{"split", time.Duration(max(0, s.Claim.Load()-read-unpack-wait))},
		{"match", time.Duration(s.Match.Load())},
		{"late columns", time.Duration(s.Late.Load())},
		{"output", time.Duration(s.Output.Load())},
	}
}

// A lap adds the time since the last one to a sum.
type lap struct{ last time.Time }

func (l *lap) add(sum *atomic.Int64) {
	now := time.Now()
	sum.Add(int64(now.Sub(l.last)))
	l.last = now
}
