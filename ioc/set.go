package ioc

import (
	"bytes"
	"iter"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/gaissmai/bart"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// A Set holds indicators for look-up. It never changes once built and may be
// used by any number of goroutines without locks. Look-ups do not allocate
// except to grow the slice that they append to.
//
// Indicators that match the same cells share an entry: those of one address (ip and
// ip:port), equal networks, domains and hashes, and URLs that differ in nothing but http
// and https. An entry is the number of its first indicator in the list.
type Set struct {
	list *List

	v4, v6, names index
	urls, hashes  index
	more          []uint64 // entry<<32 | number, sorted: the indicators of an entry that are not its first

	quads   simd.Quads // of every IPv4 address, and the halves that networks touch
	anchors filter     // of every domain and URL's host: most names get no further
	single  bool       // a domain of one label is held, so anchors say nothing
	labels  uint64     // bit n: a domain of n labels is held (63: or more)
	lengths [4]uint64  // bit n: a domain of n bytes is held
	edges   bool       // a domain begins or ends with a hyphen or underscore

	heads filter   // of the first 16 digits of every hash
	url   urlFacts // of all URLs

	nets    *bart.Table[uint32] // from a network to its place in netIDs
	netIDs  []uint32            // by place: entries that are networks
	parents []uint32            // by place: place+1 of the next wider network, 0 for none
	has6    bool                // IPv6 networks are held

	// The first 16 bits of the IPv4 addresses held, and of those in networks, so that
	// larger tables are seldom asked.
	near4, wide4 *simd.Halves
}

// setHalf sets the bit of a half and reports whether it was clear. Others may do so at
// the same time.
func setHalf(h *simd.Halves, n uint32) bool {
	word := &h[n>>6&(1<<10-1)]
	if atomic.LoadUint64(word)>>(n&63)&1 != 0 {
		return false
	}
	atomic.OrUint64(word, 1<<(n&63))
	return true
}

// The classes by which indicators are kept.
const (
	className = iota
	class4
	class6
	classNet
	classURL
	classHash
	classNone // cannot match
	classes
)

// NewSet builds a set of indicators in their normal form, as Parse gives them.
// Those that repeat are kept as they are; a List merges them.
func NewSet(indicators []Indicator) *Set {
	l := new(List)
	for i := range indicators {
		l.append(&indicators[i])
	}
	return l.Set()
}

// formClasses is the class of a record by its form, except formOdd.
var formClasses = [16]uint8{
	formName: className, formURL: classURL, formHash: classHash,
	form4: class4, form4Port: class4, form6: class6, form6Port: class6, formNet4: classNet, formNet6: classNet,
}

// classOf returns the class of a record.
func (l *List) classOf(n int) int {
	key := l.records.at(n).key
	if form := key >> formShift; form != formOdd {
		return int(formClasses[form])
	}
	return l.oddClass(key)
}

// oddClass is classOf for a record of formOdd.
func (l *List) oddClass(key uint64) int {
	i := l.oddOf(key)
	switch {
	case i.Type == Domain && i.Value != "":
		return className
	case i.Type == Domain || i.Type == URL || i.Type == Hash || !i.Prefix.IsValid():
		return classNone
	case i.Type == CIDR:
		return classNet
	case i.Addr().Is4():
		return class4
	}
	return class6
}

// nameOf is the name of an entry of className.
func (l *List) nameOf(n int) []byte {
	key := l.records.at(n).key
	if key>>formShift == formOdd {
		return []byte(l.oddOf(key).Value)
	}
	return l.textAt(key)
}

// addr4Of is the address of an entry of class4.
func (l *List) addr4Of(n int) uint32 {
	key := l.records.at(n).key
	if key>>formShift == formOdd {
		return value4(l.oddOf(key).Addr())
	}
	return uint32(key)
}

// addr6Of is the address of an entry of class6.
func (l *List) addr6Of(n int) netip.Addr {
	key := l.records.at(n).key
	if key>>formShift == formOdd {
		return l.oddOf(key).Addr()
	}
	return l.addr6(key)
}

// findName returns the entry of a name in normal form.
func (s *Set) findName(name []byte) (uint32, bool) {
	x, h := &s.names, hashKey(name)
	if !x.filter.has(h) {
		return 0, false
	}
	for j := x.home(h); x.slots[j] != 0; j = x.next(j) {
		if x.tagged(j, h) && bytes.Equal(s.list.nameOf(x.entry(j)), name) {
			return uint32(x.entry(j)), true
		}
	}
	return 0, false
}

// find4 returns the entry of an address whose hash is h.
func (s *Set) find4(v uint32, h uint64) (uint32, bool) {
	x := &s.v4
	for j := x.home(h); x.slots[j] != 0; j = x.next(j) {
		if x.tagged(j, h) && s.list.addr4Of(x.entry(j)) == v {
			return uint32(x.entry(j)), true
		}
	}
	return 0, false
}

// find6 returns the entry of an address whose hash is h.
func (s *Set) find6(a netip.Addr, h uint64) (uint32, bool) {
	x := &s.v6
	for j := x.home(h); x.slots[j] != 0; j = x.next(j) {
		if x.tagged(j, h) && s.list.addr6Of(x.entry(j)) == a {
			return uint32(x.entry(j)), true
		}
	}
	return 0, false
}

// Len is the number of indicators.
func (s *Set) Len() int { return s.list.Len() }

// Count is the number of indicators of a type.
func (s *Set) Count(t Type) int { return s.list.Count(t) }

// All returns the indicators in the order of the list that the set was built
// from.
func (s *Set) All() iter.Seq[Indicator] { return s.list.All() }

// Indicators returns the indicators of an entry, ascending by value. They are made anew
// at each call; [Set.Pick] makes many of them faster. Their tags must not be changed.
func (s *Set) Indicators(number uint32) []*Indicator {
	var e picked
	e.fill(s, number)
	return slices.Clip(e.indicators)
}

// Prefetch loads the records that Pick will need. They lie all over memory: with a few
// dozen entries at once their loads overlap. The sum that it returns means nothing; the
// caller stores it so that the compiler keeps the loads.
func (s *Set) Prefetch(numbers []uint32) (touched int) {
	for _, n := range numbers {
		touched += int(s.list.records.at(int(n)).line)
	}
	for _, n := range numbers {
		if key := s.list.records.at(int(n)).key; key>>formShift == formName {
			if name := s.list.textAt(key); len(name) > 0 {
				touched += int(name[0])
			}
		}
	}
	return touched
}

func value4(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
