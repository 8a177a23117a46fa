package ioc

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/gaissmai/bart"

	"github.com/iocsweep/iocsweep/formats/mem"
)

// newSet builds a set on a list. The same list gives the same entries,
// whatever the number of processors.
func newSet(l *List) *Set {
	s := &Set{list: l, made: make([]atomic.Pointer[entry], max(1, min(l.Len(), maxMade)))}

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
	room := l.lookup.slots
	l.lookup = table{}
	slots := slotsFor(sum[className]) + slotsFor(sum[class4]) + slotsFor(sum[class6]) + slotsFor(sum[classURL]) + slotsFor(sum[classHash])
	if slots <= len(room) && len(room) < 3*slots {
		// The table that merging needed is as large as all indexes together.
		clear(room[:slots])
	} else {
		room = mem.Make[uint64](slots)
	}
	for class, x := range [...]*index{className: &s.names, class4: &s.v4, class6: &s.v6, classURL: &s.urls, classHash: &s.hashes} {
		if x == nil {
			continue // networks have a table of their own
		}
		*x, room = makeIndex(sum[class], room)
	}
	s.anchors, s.quads = makeFilter(sum[className]+sum[classURL]), makeFilter(sum[class4])
	s.url.hosts, s.heads = makeFilter(sum[classURL]), makeFilter(sum[classHash])
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
		s.url.merge(&b.url)
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

// A builder enters a stretch of the list.
type builder struct {
	set  *Set
	nets []uint32
	more []uint32 // indicators whose entry is another one
	url  urlFacts
	nameFacts
}

// fill enters the records lo to hi-1. The tables are larger than any cache:
// all words of a group are fetched before the first is needed, and with nothing
// between them, so that the waits for memory overlap.
func (b *builder) fill(lo, hi int) {
	const ahead = 32
	s, l := b.set, b.set.list
	var hashes, texts [ahead]uint64 // of the key; of what Screen looks for
	var class [ahead]uint8
	var words [3 * ahead]*uint64
	fetched := uint64(0)
	for ; lo < hi; lo += ahead {
		group, fetch := min(ahead, hi-lo), words[:0]
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
				fetch = append(fetch, s.names.slot(hashes[k]), s.names.filter.word(hashes[k]), s.anchors.word(texts[k]))
			case class4:
				v := l.addr4Of(n)
				q := quadOf(v)
				hashes[k], texts[k] = hash4(v), q.hash()
				s.near4.set(v >> 16)
				s.near4Text.set(q.half())
				fetch = append(fetch, s.v4.slot(hashes[k]), s.v4.filter.word(hashes[k]), s.quads.word(texts[k]))
			case class6:
				hashes[k] = hash16(l.addr6Of(n))
				fetch = append(fetch, s.v6.slot(hashes[k]), s.v6.filter.word(hashes[k]))
			case classURL:
				u := l.urlAt(n)
				host := xxhash.Sum64(u.host)
				hashes[k], texts[k] = u.hash(host), b.url.add(u)
				s.url.hosts.share(host)
				fetch = append(fetch, s.urls.slot(hashes[k]), s.urls.filter.word(hashes[k]))
			case classHash:
				var digits [64]byte
				raw := l.hashAt(n)
				hashes[k], texts[k] = xxhash.Sum64(raw), headOf(digits[:hex.Encode(digits[:], raw)])
				fetch = append(fetch, s.hashes.slot(hashes[k]), s.hashes.filter.word(hashes[k]))
			}
		}
		for _, word := range fetch {
			fetched += atomic.LoadUint64(word)
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
			case classURL:
				if texts[k] != 0 {
					s.anchors.share(texts[k])
				}
				b.put(&s.urls, hashes[k], n, s.sameURL)
			case classHash:
				s.heads.share(texts[k])
				b.put(&s.hashes, hashes[k], n, s.sameHash)
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
func (s *Set) sameURL(a, b uint32) bool {
	return s.list.urlAt(int(a)).equal(s.list.urlAt(int(b)))
}
func (s *Set) sameHash(a, b uint32) bool {
	return bytes.Equal(s.list.hashAt(int(a)), s.list.hashAt(int(b)))
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
	case classURL:
		e, _ = s.findURL(l.urlAt(int(n)))
	case classHash:
		raw := l.hashAt(int(n))
		e, _ = s.findHash(raw, xxhash.Sum64(raw))
	}
	return e
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
