package ioc

import (
	"cmp"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/gaissmai/bart"
)

// A Set holds indicators for look-up. It never changes once built and may be
// used by any number of goroutines without locks. Look-ups do not allocate
// beyond the growth of the slice that they append to.
//
// Indicators of one address (ip and ip:port) share an entry; so do networks
// that are equal, and domains. An entry is the place of its first indicator in
// Set.order, where all are grouped by entry.
type Set struct {
	list  []Indicator
	order []*Indicator

	v4, v6, names index

	quads   filter    // of every IPv4 address as text, see Screen
	anchors filter    // of every domain: most names go no further
	single  bool      // a domain of one label is held, so anchors say nothing
	labels  uint64    // bit n: a domain of n labels is held (63: or more)
	lengths [4]uint64 // bit n: a domain of n bytes is held
	edges   bool      // a domain begins or ends with a hyphen or underscore

	nets    *bart.Table[uint32] // network to entry
	netBase uint32              // first entry that is a network
	parents []uint32            // by entry - netBase: entry+1 of the next wider network, 0 for none
	wide4   *[1 << 10]uint64    // bit n: a network touches n.n/16, so that nets is seldom asked
	halves  *[1 << 10]uint64    // the same for n.n as text, see quad.half
	has6    bool                // IPv6 networks are held
}

// The classes by which indicators are kept.
const (
	classV4 = iota
	classV6
	className
	classNet
	classNone // cannot match
	classes
)

// shardBits is the shards' number, as a power of two, for a list of n: short
// lists are built before helpers would have started.
func shardBits(n int) int {
	if n < 1<<13 {
		return 0
	}
	return 6
}

// NewSet builds a set of indicators in their normal form, as Parse gives them.
// The set keeps list, which must not be changed afterwards. The same list
// gives the same entries, whatever the number of processors.
func NewSet(list []Indicator) *Set {
	s := &Set{list: list, order: make([]*Indicator, len(list))}
	bits := shardBits(len(list))
	s.anchors, s.quads = makeFilter(len(list), 0), makeFilter(len(list), 0)

	// Hash everything and count by bucket (class and shard), chunk by chunk.
	chunks := 1
	if bits > 0 {
		chunks = 4 * runtime.GOMAXPROCS(0)
	}
	hashes := make([]uint64, len(list))
	buckets := make([]uint16, len(list))
	counts := make([][]int, chunks)
	facts := make([]nameFacts, chunks)
	chunk := func(c int) (lo, hi int) { return c * len(list) / chunks, (c + 1) * len(list) / chunks }
	parallel(chunks, func(c int) {
		counts[c] = make([]int, classes<<bits)
		lo, hi := chunk(c)
		for i := lo; i < hi; i++ {
			class, h := hashOf(&list[i])
			switch class {
			case className:
				facts[c].add(list[i].Value, &s.anchors)
			case classV4:
				s.quads.share(quadOf(list[i].Addr().String()).hash())
			}
			b := class << bits
			if class < classNet {
				b |= int(h >> (64 - bits))
			}
			hashes[i], buckets[i] = h, uint16(b)
			counts[c][b]++
		}
	})
	for _, f := range facts {
		s.single = s.single || f.single
		s.edges = s.edges || f.edges
		s.labels |= f.labels
		for i := range s.lengths {
			s.lengths[i] |= f.lengths[i]
		}
	}

	// Sort by bucket: counts become the places where each chunk writes.
	starts := make([]int, classes<<bits+1)
	at := 0
	for b := range classes << bits {
		starts[b] = at
		for c := range chunks {
			n := counts[c][b]
			counts[c][b] = at
			at += n
		}
	}
	starts[classes<<bits] = at
	perm := make([]uint32, len(list))
	parallel(chunks, func(c int) {
		lo, hi := chunk(c)
		for i := lo; i < hi; i++ {
			p := &counts[c][buckets[i]]
			perm[*p] = uint32(i)
			*p++
		}
	})

	// Fill the indexes, one shard at a time.
	indexes := [...]*index{classV4: &s.v4, classV6: &s.v6, className: &s.names}
	for class, x := range indexes {
		most := 0
		for b := class << bits; b < (class+1)<<bits; b++ {
			most = max(most, starts[b+1]-starts[b])
		}
		*x = makeIndex(starts[(class+1)<<bits]-starts[class<<bits], most, bits)
	}
	parallel(classes<<bits, func(b int) {
		part := perm[starts[b]:starts[b+1]]
		slices.SortFunc(part, func(i, j uint32) int {
			if c := cmp.Compare(hashes[i], hashes[j]); c != 0 {
				return c
			}
			return cmp.Or(compare(&list[i], &list[j]), cmp.Compare(i, j))
		})
		for k, i := range part {
			e := starts[b] + k
			s.order[e] = &list[i]
			if class := b >> bits; class < classNet && (k == 0 || !sameEntry(&list[part[k-1]], &list[i])) {
				indexes[class].add(hashes[i], uint32(e))
			}
		}
	})
	s.addNets(starts[classNet<<bits], starts[classNone<<bits])
	return s
}

// hashOf returns what an indicator is kept as, and the hash of its key.
func hashOf(i *Indicator) (class int, h uint64) {
	switch {
	case i.Type == Domain && i.Value != "":
		return className, xxhash.Sum64String(i.Value)
	case i.Type == Domain || !i.Prefix.IsValid():
		return classNone, 0
	case i.Type == CIDR:
		return classNet, 0
	case i.Addr().Is4():
		return classV4, hash4(value4(i.Addr()))
	}
	return classV6, hash16(i.Addr())
}

// compare orders the indicators of a bucket: by key, then by value.
func compare(a, b *Indicator) int {
	return cmp.Or(a.Prefix.Addr().Compare(b.Prefix.Addr()), cmp.Compare(a.Prefix.Bits(), b.Prefix.Bits()), strings.Compare(a.Value, b.Value))
}

// sameEntry says that two indicators have the same key.
func sameEntry(a, b *Indicator) bool {
	if a.Type == Domain || b.Type == Domain {
		return a.Type == b.Type && a.Value == b.Value
	}
	return a.Prefix == b.Prefix && (a.Type == CIDR) == (b.Type == CIDR)
}

// nameFacts is what look-ups ask of all domains together.
type nameFacts struct {
	single, edges bool
	labels        uint64
	lengths       [4]uint64
}

func (f *nameFacts) add(name string, anchors *filter) {
	n := strings.Count(name, ".") + 1
	f.labels |= 1 << min(n, 63)
	f.lengths[min(len(name), 255)>>6] |= 1 << (min(len(name), 255) & 63)
	first, last := name[0], name[len(name)-1]
	f.edges = f.edges || !isAlnum(first) || !isAlnum(last)
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		f.single = true
		return
	}
	anchors.share(anchorOf(name).hash())
}

// addNets enters the networks order[lo:hi] and links each to the next wider.
func (s *Set) addNets(lo, hi int) {
	if lo == hi {
		return
	}
	s.nets, s.netBase = new(bart.Table[uint32]), uint32(lo)
	s.parents = make([]uint32, hi-lo)
	s.wide4, s.halves = new([1 << 10]uint64), new([1 << 10]uint64)
	for e := lo; e < hi; e++ {
		if e > lo && sameEntry(s.order[e-1], s.order[e]) {
			continue
		}
		p := s.order[e].Prefix
		s.nets.Insert(p, uint32(e))
		if !p.Addr().Is4() {
			s.has6 = true
			continue
		}
		first := value4(p.Addr()) >> 16
		for n := range uint32(1) << max(16-p.Bits(), 0) {
			s.wide4[(first+n)>>6] |= 1 << ((first + n) & 63)
			h, _ := quadOf(addr4((first + n) << 16).String()).half()
			bit := halfBit(h)
			s.halves[bit>>6] |= 1 << (bit & 63)
		}
	}
	for e := lo; e < hi; e++ {
		p := s.order[e].Prefix
		if p.Bits() == 0 {
			continue
		}
		if wider, ok := s.nets.LookupPrefix(netip.PrefixFrom(p.Addr(), p.Bits()-1)); ok {
			s.parents[e-lo] = wider + 1
		}
	}
}

// Len is the number of indicators.
func (s *Set) Len() int { return len(s.list) }

// All returns the indicators in the order of the list that the set was built
// from. They must not be changed.
func (s *Set) All() []Indicator { return s.list }

// Indicators returns the indicators of an entry, ascending by value: those of
// one address, or one network, or one domain. They must not be changed.
func (s *Set) Indicators(entry uint32) []*Indicator {
	end := entry + 1
	for int(end) < len(s.order) && sameEntry(s.order[entry], s.order[end]) {
		end++
	}
	return s.order[entry:end:end]
}

// parallel calls f for 0 to n-1 on all processors and waits.
func parallel(n int, f func(int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 || n < 8 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

func value4(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
