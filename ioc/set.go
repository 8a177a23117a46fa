package ioc

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/gaissmai/bart"
)

// A Set is a collection of indicators that cells are looked up in. It is
// immutable once built, and any number of goroutines may use it at once
// without locks. Looking up does not allocate.
//
// Addresses and names go into hash tables that are sharded by hash, so that
// they are built in parallel; a filter of a few bits per entry, small enough
// for the cache, stands before them. Keys are compared in full: a hash
// collision cannot invent a hit. Networks go into a prefix tree.
type Set struct {
	list    []Indicator
	grouped []*Indicator // entry by entry, ascending by value within one
	entries []uint32     // where each entry starts in grouped; one more at the end

	addrs index
	names index
	nets  bart.Table[uint32] // network to entry
	hasNets,
	has4, has6 bool

	minLabels, maxLabels int // of domain indicators
	minName, maxName     int // their lengths in bytes
}

// shards is the number of parts of an index. A power of two.
const shards = 64

// An index finds entries by the hash of their key.
type index struct {
	filter []uint64
	shift  uint
	shards [shards]shard
}

// A shard is an open-addressing table of slots: the upper half of the hash and
// the entry plus 1 in one word, 0 where empty.
type shard struct {
	slots []uint64
	mask  uint64
}

// NewSet builds a set. The list is copied; indicators that are equal in type
// and value should have been merged before. Building uses all cores.
func NewSet(list []Indicator) *Set {
	s := &Set{list: slices.Clone(list), minLabels: 1 << 30, minName: 1 << 30}
	var addrs, names, nets []uint32
	for i := range s.list {
		switch ind := &s.list[i]; ind.Type {
		case IP, IPPort:
			addrs = append(addrs, uint32(i))
			if ind.Addr().Is4() {
				s.has4 = true
			} else {
				s.has6 = true
			}
		case CIDR:
			nets = append(nets, uint32(i))
			s.hasNets = true
			if ind.Addr().Is4() {
				s.has4 = true
			} else {
				s.has6 = true
			}
		case Domain:
			names = append(names, uint32(i))
			n := strings.Count(ind.Value, ".") + 1
			s.minLabels, s.maxLabels = min(s.minLabels, n), max(s.maxLabels, n)
			s.minName, s.maxName = min(s.minName, len(ind.Value)), max(s.maxName, len(ind.Value))
		}
	}
	s.grouped = make([]*Indicator, 0, len(s.list))
	s.addrs.build(s, addrs, func(i *Indicator) uint64 { return hashAddr(i.Addr()) },
		func(a, b *Indicator) bool { return a.Addr() == b.Addr() })
	s.names.build(s, names, func(i *Indicator) uint64 { return xxhash.Sum64String(i.Value) },
		func(a, b *Indicator) bool { return a.Value == b.Value })
	for _, n := range nets {
		ind := &s.list[n]
		if e, ok := s.nets.Get(ind.Prefix); ok && s.grouped[s.entries[e]].Value == ind.Value {
			continue
		}
		s.nets.Insert(ind.Prefix, uint32(len(s.entries)))
		s.entries = append(s.entries, uint32(len(s.grouped)))
		s.grouped = append(s.grouped, ind)
	}
	s.entries = append(s.entries, uint32(len(s.grouped)))
	return s
}

// hashed is an indicator on its way into a shard.
type hashed struct {
	hash uint64
	n    uint32
}

// build adds the indicators of the given numbers to the set's entries and
// indexes them.
func (x *index) build(s *Set, numbers []uint32, hash func(*Indicator) uint64, same func(a, b *Indicator) bool) {
	words := 1
	for words*4 < len(numbers) { // 16 bits an entry
		words *= 2
	}
	x.shift = uint(64 - bits.TrailingZeros(uint(words)))
	x.filter = make([]uint64, words)

	all := make([]hashed, len(numbers))
	parallel(len(numbers), func(from, to int) {
		for i := from; i < to; i++ {
			all[i] = hashed{hash(&s.list[numbers[i]]), numbers[i]}
		}
	})
	var counts [shards + 1]int
	for _, h := range all {
		counts[h.hash%shards+1]++
	}
	for i := range shards {
		counts[i+1] += counts[i]
	}
	parts := make([]hashed, len(all))
	next := counts
	for _, h := range all {
		parts[next[h.hash%shards]] = h
		next[h.hash%shards]++
		x.filter[h.hash>>x.shift] |= bloom(h.hash)
	}

	// Each shard groups its own: the members of one entry become neighbours.
	starts := make([][]int, shards) // where the entries of a shard start in parts
	parallel(shards, func(from, to int) {
		for k := from; k < to; k++ {
			part := parts[counts[k]:counts[k+1]]
			slices.SortFunc(part, func(a, b hashed) int {
				if c := cmp.Compare(a.hash, b.hash); c != 0 {
					return c
				}
				return compareKeyed(&s.list[a.n], &s.list[b.n])
			})
			for i := range part {
				if i == 0 || part[i].hash != part[i-1].hash || !same(&s.list[part[i].n], &s.list[part[i-1].n]) {
					starts[k] = append(starts[k], counts[k]+i)
				}
			}
		}
	})
	base := len(s.grouped)
	for _, h := range parts {
		s.grouped = append(s.grouped, &s.list[h.n])
	}
	first := make([]int, shards) // the first entry of each shard
	for k := range shards {
		first[k] = len(s.entries)
		for _, at := range starts[k] {
			s.entries = append(s.entries, uint32(base+at))
		}
	}
	parallel(shards, func(from, to int) {
		for k := from; k < to; k++ {
			t := &x.shards[k]
			size := 2
			for size < 2*len(starts[k]) {
				size *= 2
			}
			t.slots, t.mask = make([]uint64, size), uint64(size-1)
			for i, at := range starts[k] {
				h := parts[at].hash
				j := h / shards & t.mask
				for t.slots[j] != 0 {
					j = (j + 1) & t.mask
				}
				t.slots[j] = h>>32<<32 | uint64(first[k]+i+1)
			}
		}
	})
}

// compareKeyed orders indicators of one entry by value, and keeps entries apart
// that share a hash.
func compareKeyed(a, b *Indicator) int {
	if c := a.Prefix.Addr().Compare(b.Prefix.Addr()); c != 0 {
		return c
	}
	return cmp.Compare(a.Value, b.Value)
}

// parallel calls do for ranges that cover 0 to n, on all cores.
func parallel(n int, do func(from, to int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		do(0, n)
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { do(n*w/workers, n*(w+1)/workers) })
	}
	wg.Wait()
}

// bloom is the two bits of the filter word that stand for a hash.
func bloom(h uint64) uint64 { return 1<<(h>>6&63) | 1<<(h>>12&63) }

// maybe says that the filter does not rule a hash out.
func (x *index) maybe(h uint64) bool {
	m := bloom(h)
	return x.filter[h>>x.shift]&m == m
}

func hashAddr(a netip.Addr) uint64 {
	if a.Is4() {
		b := a.As4()
		return hash4(binary.BigEndian.Uint32(b[:]))
	}
	b := a.As16()
	return xxhash.Sum64(b[:])
}

func hash4(v uint32) uint64 {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	return xxhash.Sum64(b[:])
}

// Len returns the number of indicators.
func (s *Set) Len() int { return len(s.list) }

// All returns the indicators in the order given. The caller must not change them.
func (s *Set) All() []Indicator { return s.list }

// Indicators returns those of one entry: for an address its ip and ip:port
// indicators, else the one network or domain. Ascending by value. The caller
// must not change the slice.
func (s *Set) Indicators(entry uint32) []*Indicator {
	return s.grouped[s.entries[entry]:s.entries[entry+1]]
}

// find4 returns the entry of an IPv4 address.
func (s *Set) find4(v uint32) (uint32, bool) {
	h := hash4(v)
	if !s.addrs.maybe(h) {
		return 0, false
	}
	return s.findAddr(h, addr4(v))
}

func (s *Set) findAddr(h uint64, a netip.Addr) (uint32, bool) {
	t := &s.addrs.shards[h%shards]
	for j := h / shards & t.mask; t.slots[j] != 0; j = (j + 1) & t.mask {
		if t.slots[j]>>32 == h>>32 {
			e := uint32(t.slots[j]) - 1
			if s.grouped[s.entries[e]].Prefix.Addr() == a {
				return e, true
			}
		}
	}
	return 0, false
}

// findName returns the entry of a name in normal form.
func (s *Set) findName(name []byte) (uint32, bool) {
	h := xxhash.Sum64(name)
	if !s.names.maybe(h) {
		return 0, false
	}
	t := &s.names.shards[h%shards]
	for j := h / shards & t.mask; t.slots[j] != 0; j = (j + 1) & t.mask {
		if t.slots[j]>>32 == h>>32 {
			e := uint32(t.slots[j]) - 1
			if s.grouped[s.entries[e]].Value == string(name) {
				return e, true
			}
		}
	}
	return 0, false
}
