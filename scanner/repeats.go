package scanner

import (
	"math/bits"

	"github.com/iocsweep/iocsweep/formats/mem"
)

// Repeats counts kept hits that show an event which another one shows, too: with the same
// ID. Exports overlap, and what streams records to storage delivers some of them up to
// four times. The hits are written all the same.
type Repeats struct {
	Hits    int64 // that have the ID of another hit, without one for each ID
	Counted bool  // false after a scan with more than maxIDs hits

	ids [][]uint64 // of all workers
}

// maxIDs is how many hits can be compared: the IDs take 8 bytes each, and as many again
// two to four times when they are.
var maxIDs int64 = 2 << 20

// count compares the hits of all workers, so many in all.
func (r *Repeats) count(hits int64) {
	ids, n := r.ids, int64(0)
	for _, list := range ids {
		n += int64(len(list))
	}
	*r = Repeats{Counted: n == hits && n <= maxIDs}
	if !r.Counted || n == 0 {
		return
	}
	// The IDs are parts of a cryptographic hash: they need no other.
	table := mem.Make[uint64](1 << (bits.Len64(uint64(hits)) + 1))
	zero := false
	for _, list := range ids {
		for _, id := range list {
			if id == 0 {
				if zero {
					r.Hits++
				}
				zero = true
				continue
			}
			at := id & uint64(len(table)-1)
			for table[at] != 0 && table[at] != id {
				at = (at + 1) & uint64(len(table)-1)
			}
			if table[at] == id {
				r.Hits++
			}
			table[at] = id
		}
	}
}

// idBits is an ID of 16 hex digits as a number.
func idBits(id string) (n uint64) {
	for i := range len(id) {
		d := id[i] - '0'
		if d > 9 {
			d = id[i] - 'a' + 10
		}
		n = n<<4 | uint64(d)
	}
	return n
}
