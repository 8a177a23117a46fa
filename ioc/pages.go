package ioc

import (
	"hash/maphash"
	"math/bits"

	"github.com/iocsweep/iocsweep/formats/mem"
)

// pages is a slice that grows without copying. An append to millions of elements would
// need as much memory again for the old ones as the rest of the program has.
type pages[T any] struct {
	pages [][]T
	n     int
}

// pageLen is the elements of a page, a power of two.
const (
	pageShift = 12
	pageLen   = 1 << pageShift
)

// at returns the n-th element.
func (p *pages[T]) at(n int) *T { return &p.pages[n>>pageShift][n&(pageLen-1)] }

// grow adds an element and returns it.
func (p *pages[T]) grow() *T {
	if p.n>>pageShift == len(p.pages) {
		p.pages = append(p.pages, mem.Make[T](pageLen))
	}
	p.n++
	return p.at(p.n - 1)
}

// cut drops the elements from the n-th on.
func (p *pages[T]) cut(n int) {
	p.n = n
	p.pages = p.pages[:(n+pageLen-1)>>pageShift]
}

// An arena holds short texts one behind the other. A place in it is the number
// of a block and, in the last 16 bits, an offset.
type arena struct {
	blocks [][]byte
}

const (
	blockShift = 16
	blockLen   = 1 << blockShift
)

// add copies a text and returns its place.
func (a *arena) add(text []byte) uint64 {
	last := len(a.blocks) - 1
	if last < 0 || cap(a.blocks[last])-len(a.blocks[last]) < len(text) {
		a.blocks = append(a.blocks, mem.Make[byte](max(blockLen, len(text)))[:0])
		last++
	}
	b := &a.blocks[last]
	at := uint64(last)<<blockShift | uint64(len(*b))
	*b = append(*b, text...)
	return at
}

// at returns the text of n bytes at a place.
func (a *arena) at(place uint64, n int) []byte {
	off := int(place & (blockLen - 1))
	return a.blocks[place>>blockShift][off : off+n]
}

// A table finds records by their hash. A slot holds a hash in its upper half
// and the number of the record, plus one, in its lower; 0 is a free slot. The
// hash alone says where its search begins, so that a table is enlarged without
// looking at the records.
type table struct {
	slots       []uint64
	used, limit int
	fetched     uint64 // written only so that the compiler keeps the prefetching loads
}

func (t *table) home(h uint32) int { return int(uint64(h) * uint64(len(t.slots)) >> 32) }

func (t *table) next(slot int) int {
	if slot++; slot == len(t.slots) {
		return 0
	}
	return slot
}

func (t *table) id(slot int) int { return int(uint32(t.slots[slot])) - 1 }

func (t *table) hash(slot int) uint32 { return uint32(t.slots[slot] >> 32) }

// put fills a free slot.
func (t *table) put(slot int, h uint32, id int) {
	t.slots[slot] = uint64(h)<<32 | uint64(id+1)
	t.used++
}

// grow makes room for n more records.
func (t *table) grow(n int) {
	if t.used+n <= t.limit {
		return
	}
	old := t.slots
	// A little more than a Set will need, so that it can take the memory over.
	size := max(256, 2*len(old), (t.used+n)*8/5)
	t.slots, t.limit = mem.Make[uint64](size), size*3/4
	for _, s := range old {
		if s != 0 {
			slot := t.home(uint32(s >> 32))
			for t.slots[slot] != 0 {
				slot = t.next(slot)
			}
			t.slots[slot] = s
		}
	}
}

// seed is random so that nobody who writes a feed can choose names with equal hashes.
var seed = maphash.MakeSeed()

var mixSeed = maphash.String(seed, "")

// hashOf is the hash of a key without place and its text.
func hashOf(key uint64, text []byte) uint32 {
	switch key >> formShift {
	case formName, formOdd, formURL, formHash:
		return uint32(maphash.Bytes(seed, text))
	}
	hi, lo := bits.Mul64(key^mixSeed, prime1)
	h := hi ^ lo
	if len(text) > 0 {
		h ^= maphash.Bytes(seed, text)
	}
	return uint32(h)
}
