package ioc

import (
	"math/bits"
	"net/netip"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
)

// An index finds the entries whose key has a given hash. It is filled shard by
// shard, in parallel, and only read afterwards.
//
// A shard is a value of the hash's top bits. Every shard owns one stretch of
// the filter and one stretch of the slots, so that builders never meet, and a
// reader needs no shard header: both places follow from the hash alone.
//
// The filter stands in front of the slots: a word of 64 bits for four keys on
// average, two bits for each. It holds 100,000 keys in 256 KB, within reach of
// the caches, and turns away about 98 of 100 absent keys. A slot is a full
// hash and an entry; half of the slots or more are free. Keys themselves are
// not here: whoever finds an entry compares the key, so that equal hashes
// cannot make a hit.
type index struct {
	filter  filter
	hashes  []uint64
	entries []uint32 // entry + 1; 0 is a free slot
	mask    uint64   // slots of a shard, less one
	shift   uint8    // h >> shift is the shard
	n       int      // keys
}

// makeIndex makes an index for n keys in 1<<shardBits shards, the largest of
// which has most keys.
func makeIndex(n, most, shardBits int) index {
	slots := 1 << bits.Len(uint(max(2*most, 2)-1))
	total := slots << shardBits
	if n == 0 {
		slots, total, shardBits = 1, 1, 0
	}
	return index{
		filter:  makeFilter(n, shardBits),
		hashes:  make([]uint64, total),
		entries: make([]uint32, total),
		mask:    uint64(slots - 1),
		shift:   uint8(64 - shardBits),
		n:       n,
	}
}

// add puts an entry in. Calls for different shards may run at the same time.
func (x *index) add(h uint64, entry uint32) {
	x.filter.words[h>>x.filter.shift] |= filterBits(h)
	j := x.slot(h)
	for x.entries[j] != 0 {
		j = x.next(j)
	}
	x.hashes[j], x.entries[j] = h, entry+1
}

// slot is where the search for h starts; it goes on with next until a free one.
func (x *index) slot(h uint64) uint64 { return h>>x.shift*(x.mask+1) + h&x.mask }

func (x *index) next(j uint64) uint64 { return j&^x.mask | (j+1)&x.mask }

// A filter is a blocked Bloom filter: the top bits of a hash choose the word.
type filter struct {
	words []uint64 // their number is a power of two
	shift uint8
}

func makeFilter(n, shardBits int) filter {
	b := max(shardBits, bits.Len(uint(max(n/4, 1)-1)))
	return filter{make([]uint64, 1<<b), uint8(64 - b)}
}

func (f *filter) has(h uint64) bool {
	m := filterBits(h)
	return f.words[h>>f.shift]&m == m
}

// share adds a key while other goroutines do so too.
func (f *filter) share(h uint64) {
	word, m := &f.words[h>>f.shift], filterBits(h)
	if atomic.LoadUint64(word)&m != m { // many names share their last labels
		atomic.OrUint64(word, m)
	}
}

// filterBits takes two bits from the middle of the hash: its top chooses the
// word, its end the slot.
func filterBits(h uint64) uint64 { return 1<<(h>>26&63) | 1<<(h>>20&63) }

// Constants of xxHash64.
const (
	prime1 = 11400714785074694791
	prime2 = 14029467366897019727
	prime3 = 1609587929392839161
	prime5 = 2870177450012600261
)

// hash4 is xxhash.Sum64 of the four bytes of an IPv4 address, written out so
// that it inlines: at four bytes the call costs more than the hash.
func hash4(v uint32) uint64 {
	h := uint64(prime5) + 4
	h ^= uint64(bits.ReverseBytes32(v)) * prime1
	h = bits.RotateLeft64(h, 23)*prime2 + prime3
	h ^= h >> 33
	h *= prime2
	h ^= h >> 29
	h *= prime3
	h ^= h >> 32
	return h
}

// hash16 is the hash of an IPv6 address.
func hash16(a netip.Addr) uint64 {
	b := a.As16()
	return xxhash.Sum64(b[:])
}
