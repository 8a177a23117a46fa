package ioc

import (
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"

	"github.com/iocsweep/iocsweep/formats/mem"
)

// An index finds the entries whose key has a given hash. It is only read once
// a sorter has filled it.
//
// The filter is asked before the slots: a word of 64 bits for four keys on
// average, two bits for each. It holds 100,000 keys in 256 KB, which a cache can
// hold, and turns away about 98 of 100 absent keys. A slot has the lower
// half of a hash in its upper half, and the entry plus one in its lower; 0 is a
// free slot, and a third of them are free. Keys themselves are not in the index: whoever
// finds an entry compares the key, so that equal hashes cannot make a hit.
type index struct {
	filter filter
	slots  []uint64
	n      int // keys
}

// slotsFor is how many slots the index of n keys has.
func slotsFor(n int) int { return n + n/2 + 1 }

// makeIndex makes an index for n keys. It takes its slots off the beginning of room and
// does not clear them.
func makeIndex(n int, room []uint64) (x index, rest []uint64) {
	slots := slotsFor(n)
	return index{makeFilter(n), room[:slots:slots], n}, room[slots:]
}

// home is where the search for h starts; it goes on with next until a free one.
func (x *index) home(h uint64) int { return int(uint64(uint32(h)) * uint64(len(x.slots)) >> 32) }

func (x *index) next(j int) int {
	if j++; j == len(x.slots) {
		return 0
	}
	return j
}

// tagged reports whether a slot has the lower half of hash h.
func (x *index) tagged(j int, h uint64) bool { return x.slots[j]>>32 == uint64(uint32(h)) }

func (x *index) entry(j int) int { return int(uint32(x.slots[j])) - 1 }

// A filter is a blocked Bloom filter on the lower halves of hashes, as slots
// have them. Their top bits choose the word, so that keys that are close in the
// slots are close here too.
type filter struct {
	words []uint64 // their number is a power of two
	shift uint8
}

func makeFilter(n int) filter {
	b := bits.Len(uint(max(n/4, 1) - 1))
	return filter{mem.Make[uint64](1 << b), uint8(32 - b)}
}

func (f *filter) has(h uint64) bool {
	m := filterBits(h)
	return *f.word(h)&m == m
}

func (f *filter) word(h uint64) *uint64 { return &f.words[uint64(uint32(h))>>(f.shift&63)] }

// set adds a key.
func (f *filter) set(h uint64) { *f.word(h) |= filterBits(h) }

// share adds a key while other goroutines do so too.
func (f *filter) share(h uint64) {
	word, m := f.word(h), filterBits(h)
	if atomic.LoadUint64(word)&m != m { // many names share their last labels
		atomic.OrUint64(word, m)
	}
}

// filterBits returns a bit in each half of a word, which does as well as any two, by the
// last ten bits of the hash. The other bits choose the word, of up to the four million
// that sixteen million keys need. With more words the bits begin to depend on the word,
// and a few more absent keys pass.
func filterBits(h uint64) uint64 { return 1<<(h&31) | 1<<32<<(h>>5&31) }

// Constants of xxHash64.
const (
	prime1 = 11400714785074694791
	prime2 = 14029467366897019727
	prime3 = 1609587929392839161
	prime5 = 2870177450012600261
)

// scatterBy keeps those who write feeds from choosing keys that crowd in one
// place of an index, where each would be compared with all before it.
var scatterBy = rand.Uint64() | 1

// scatter makes of h a hash that nobody can know beforehand.
func scatter(h uint64) uint64 { return bits.RotateLeft64(h*scatterBy, 32) }

// hashKey is the hash of a name, a host or a file's hash in an index.
func hashKey(key []byte) uint64 { return scatter(xxhash.Sum64(key)) }

// hash4 is hashKey of the four bytes of an IPv4 address, written out so that it
// inlines: at four bytes the call costs more than the hash.
func hash4(v uint32) uint64 {
	h := uint64(prime5) + 4
	h ^= uint64(bits.ReverseBytes32(v)) * prime1
	h = bits.RotateLeft64(h, 23)*prime2 + prime3
	h ^= h >> 33
	h *= prime2
	h ^= h >> 29
	h *= prime3
	h ^= h >> 32
	return scatter(h)
}

// hash16 is the hash of an IPv6 address.
func hash16(a netip.Addr) uint64 {
	b := a.As16()
	return hashKey(b[:])
}
