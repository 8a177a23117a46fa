package ioc

import (
	"bytes"
	"cmp"
	"iter"
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
// that are equal, and domains. An entry is the number that its first indicator
// has in the list.
type Set struct {
	list *List

	v4, v6, names index
	more          []uint64 // entry<<32 | number, sorted: the indicators of an entry that are not its first

	quads   filter    // of every IPv4 address as text, see Screen
	anchors filter    // of every domain: most names go no further
	single  bool      // a domain of one label is held, so anchors say nothing
	labels  uint64    // bit n: a domain of n labels is held (63: or more)
	lengths [4]uint64 // bit n: a domain of n bytes is held
	edges   bool      // a domain begins or ends with a hyphen or underscore

	nets    *bart.Table[uint32] // network to its place in netIDs
	netIDs  []uint32            // entries that are networks
	parents []uint32            // by place: place+1 of the next wider network, 0 for none
	has6    bool                // IPv6 networks are held

	// Halves of the IPv4 addresses held, and of those that the networks touch,
	// so that larger tables are seldom asked. The Text ones are for Screen.
	near4, near4Text, wide4, wide4Text *halves

	// What Indicators has made last, by the end of the entry's number.
	made [1 << 8]atomic.Pointer[entry]
}

// An entry is what Indicators returns.
type entry struct {
	number     uint32
	indicators []*Indicator
}

// halves has a bit for each n.n, the first half of an IPv4 address. At 8 KB it
// stays in the first cache, whatever the number of indicators, and the addresses
// of one's own networks, of which logs are full, seldom share their half with an
// indicator. A nil one is empty.
type halves [1 << 10]uint64

func (h *halves) has(n uint32) bool { return h != nil && h[n>>6&(1<<10-1)]>>(n&63)&1 != 0 }

// set sets a bit, while others do the same.
func (h *halves) set(n uint32) {
	if word := &h[n>>6&(1<<10-1)]; atomic.LoadUint64(word)>>(n&63)&1 == 0 {
		atomic.OrUint64(word, 1<<(n&63))
	}
}

// The classes by which indicators are kept.
const (
	className = iota
	class4
	class6
	classNet
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

// newSet builds a set on a list. The same list gives the same entries,
// whatever the number of processors.
func newSet(l *List) *Set {
	s := &Set{list: l}

	// What there is of each class decides on the size of all tables.
	pieces := 1
	if l.Len() >= 1<<13 { // short lists are built before helpers would have started
		pieces = 4 * runtime.GOMAXPROCS(0)
	}
	piece := func(c int) (lo, hi int) { return c * l.Len() / pieces, (c + 1) * l.Len() / pieces }
	counts := make([][classes]int, pieces)
	parallel(pieces, func(c int) {
		for n, end := piece(c); n < end; n++ {
			counts[c][l.classOf(n)]++
		}
	})
	var sum [classes]int
	for _, c := range counts {
		for class := range c {
			sum[class] += c[class]
		}
	}
	// The table that merging needed is as large as all indexes together.
	room := l.lookup.slots
	l.lookup = table{}
	clear(room)
	for class, x := range [...]*index{className: &s.names, class4: &s.v4, class6: &s.v6} {
		*x, room = makeIndex(sum[class], room)
	}
	s.anchors, s.quads = makeFilter(sum[className]), makeFilter(sum[class4])
	if sum[class4] > 0 {
		s.near4, s.near4Text = new(halves), new(halves)
	}

	// All enter their own at the same time.
	builders := make([]builder, pieces)
	parallel(pieces, func(c int) {
		lo, hi := piece(c)
		builders[c].set = s
		builders[c].fill(lo, hi)
	})
	var nets []uint32
	for i := range builders {
		b := &builders[i]
		s.single = s.single || b.single
		s.edges = s.edges || b.edges
		s.labels |= b.labels
		for i := range s.lengths {
			s.lengths[i] |= b.lengths[i]
		}
		nets = append(nets, b.nets...)
		for _, n := range b.more {
			s.more = append(s.more, uint64(s.entryOf(n))<<32|uint64(n))
		}
	}
	s.addNets(nets)
	slices.Sort(s.more)
	return s
}

// classOf returns what a record is kept as.
func (l *List) classOf(n int) int {
	switch key := l.records.at(n).key; key >> formShift {
	case formName:
		return className
	case form4, form4Port:
		return class4
	case form6, form6Port:
		return class6
	case formNet4, formNet6:
		return classNet
	default:
		i := l.oddOf(key)
		switch {
		case i.Type == Domain && i.Value != "":
			return className
		case i.Type == Domain || !i.Prefix.IsValid():
			return classNone
		case i.Type == CIDR:
			return classNet
		case i.Addr().Is4():
			return class4
		}
		return class6
	}
}

// nameOf is the name of an entry of className.
func (l *List) nameOf(n int) []byte {
	key := l.records.at(n).key
	if key>>formShift == formOdd {
		return []byte(l.oddOf(key).Value)
	}
	return l.name(key)
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

// A builder enters a stretch of the list.
type builder struct {
	set  *Set
	nets []uint32
	more []uint32 // indicators whose entry is another one
	nameFacts
}

// fill enters the records lo to hi-1. The tables are larger than any cache:
// every word is fetched before the first is needed, so that the waits for
// memory overlap.
func (b *builder) fill(lo, hi int) {
	const ahead = 32
	s, l := b.set, b.set.list
	var hashes, texts [ahead]uint64 // of the key; of what Screen looks for
	var class [ahead]uint8
	fetched := uint64(0)
	for ; lo < hi; lo += ahead {
		group := min(ahead, hi-lo)
		for k := range group {
			n := lo + k
			c := l.classOf(n)
			class[k] = uint8(c)
			switch c {
			case className:
				name := l.nameOf(n)
				hashes[k] = xxhash.Sum64(name)
				texts[k] = anchorOf(name).hash()
				b.add(name)
				fetched += s.names.peek(hashes[k]) + s.anchors.peek(texts[k])
			case class4:
				v := l.addr4Of(n)
				q := quadOf(v)
				hashes[k], texts[k] = hash4(v), q.hash()
				s.near4.set(v >> 16)
				s.near4Text.set(q.half())
				fetched += s.v4.peek(hashes[k]) + s.quads.peek(texts[k])
			case class6:
				hashes[k] = hash16(l.addr6Of(n))
				fetched += s.v6.peek(hashes[k])
			}
		}
		for k := range group {
			n := uint32(lo + k)
			switch class[k] {
			case className:
				s.anchors.share(texts[k])
				b.put(&s.names, hashes[k], n, s.sameName)
			case class4:
				s.quads.share(texts[k])
				b.put(&s.v4, hashes[k], n, s.same4)
			case class6:
				b.put(&s.v6, hashes[k], n, s.same6)
			case classNet:
				b.nets = append(b.nets, n)
			}
		}
	}
	b.fetched = fetched
}

// put enters a record, or notes it where one with the same key has the entry.
// The first of the list has it in the end, whoever comes first here.
func (b *builder) put(x *index, h uint64, n uint32, same func(a, b uint32) bool) {
	x.filter.share(h)
	word := h<<32 | uint64(n+1)
	for j := x.home(h); ; {
		have := atomic.LoadUint64(&x.slots[j])
		switch {
		case have == 0:
			if atomic.CompareAndSwapUint64(&x.slots[j], 0, word) {
				return
			}
		case have>>32 == word>>32 && same(uint32(have)-1, n):
			first, later := word, uint32(have)-1
			if later < n {
				first, later = have, n
			}
			if atomic.CompareAndSwapUint64(&x.slots[j], have, first) {
				b.more = append(b.more, later)
				return
			}
		default:
			j = x.next(j)
		}
	}
}

func (s *Set) sameName(a, b uint32) bool {
	return bytes.Equal(s.list.nameOf(int(a)), s.list.nameOf(int(b)))
}
func (s *Set) same4(a, b uint32) bool { return s.list.addr4Of(int(a)) == s.list.addr4Of(int(b)) }
func (s *Set) same6(a, b uint32) bool { return s.list.addr6Of(int(a)) == s.list.addr6Of(int(b)) }

// entryOf returns the entry of a record.
func (s *Set) entryOf(n uint32) uint32 {
	l := s.list
	var e uint32
	switch l.classOf(int(n)) {
	case className:
		e, _ = s.findName(l.nameOf(int(n)))
	case class4:
		v := l.addr4Of(int(n))
		e, _ = s.find4(v, hash4(v))
	case class6:
		a := l.addr6Of(int(n))
		e, _ = s.find6(a, hash16(a))
	}
	return e
}

// findName returns the entry of a name in normal form.
func (s *Set) findName(name []byte) (uint32, bool) {
	x, h := &s.names, xxhash.Sum64(name)
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

// nameFacts is what look-ups ask of all domains together.
type nameFacts struct {
	single, edges bool
	labels        uint64
	lengths       [4]uint64
	fetched       uint64 // so that fetching ahead is not left out as useless
}

func (f *nameFacts) add(name []byte) {
	n := bytes.Count(name, dot) + 1
	f.labels |= 1 << min(n, 63)
	f.lengths[min(len(name), 255)>>6] |= 1 << (min(len(name), 255) & 63)
	first, last := name[0], name[len(name)-1]
	f.edges = f.edges || !isAlnum(first) || !isAlnum(last)
	f.single = f.single || n == 1
}

var dot = []byte(".")

// addNets enters the networks and links each to the next wider.
func (s *Set) addNets(numbers []uint32) {
	if len(numbers) == 0 {
		return
	}
	s.nets = new(bart.Table[uint32])
	s.wide4, s.wide4Text = new(halves), new(halves)
	prefix := func(n uint32) netip.Prefix { return s.list.identity(s.list.records.at(int(n)).key).Prefix }
	for _, n := range numbers {
		p := prefix(n)
		if at, ok := s.nets.Get(p); ok {
			s.more = append(s.more, uint64(s.netIDs[at])<<32|uint64(n))
			continue
		}
		s.nets.Insert(p, uint32(len(s.netIDs)))
		s.netIDs = append(s.netIDs, n)
		if !p.Addr().Is4() {
			s.has6 = true
			continue
		}
		first := value4(p.Addr()) >> 16
		for n := range uint32(1) << max(16-p.Bits(), 0) {
			s.wide4.set(first + n)
			s.wide4Text.set(quadOf((first + n) << 16).half())
		}
	}
	s.parents = make([]uint32, len(s.netIDs))
	for at, n := range s.netIDs {
		p := prefix(n)
		if p.Bits() == 0 {
			continue
		}
		if wider, ok := s.nets.LookupPrefix(netip.PrefixFrom(p.Addr(), p.Bits()-1)); ok {
			s.parents[at] = wider + 1
		}
	}
}

// Len is the number of indicators.
func (s *Set) Len() int { return s.list.Len() }

// All returns the indicators in the order of the list that the set was built
// from.
func (s *Set) All() iter.Seq[Indicator] { return s.list.All() }

// Indicators returns the indicators of an entry, ascending by value: those of
// one address, or one network, or one domain. They must not be changed. They
// are made when asked for and the last ones are kept, so that another call may
// return others that are equal.
func (s *Set) Indicators(number uint32) []*Indicator {
	cached := &s.made[number%uint32(len(s.made))]
	if e := cached.Load(); e != nil && e.number == number {
		return e.indicators
	}
	e := &entry{number: number}
	make := func(n int) {
		i := s.list.At(n)
		e.indicators = append(e.indicators, &i)
	}
	make(int(number))
	at, _ := slices.BinarySearch(s.more, uint64(number)<<32)
	for ; at < len(s.more) && uint32(s.more[at]>>32) == number; at++ {
		make(int(uint32(s.more[at])))
	}
	slices.SortStableFunc(e.indicators, func(a, b *Indicator) int {
		return cmp.Or(strings.Compare(a.Value, b.Value), cmp.Compare(a.Type, b.Type))
	})
	e.indicators = slices.Clip(e.indicators)
	cached.Store(e)
	return e.indicators
}

// parallel calls f for 0 to n-1 on all processors and waits.
func parallel(n int, f func(int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
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
