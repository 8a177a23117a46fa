package ioc

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gaissmai/bart"

	"github.com/iocsweep/iocsweep/formats/mem"
	"github.com/iocsweep/iocsweep/formats/simd"
)

// newSet builds a set on a list. The same list gives the same entries,
// whatever the number of processors.
func newSet(l *List) *Set {
	s := &Set{list: l}

	workers, pieces := 1, 1
	if l.Len() >= 1<<13 { // a shorter list is built before other goroutines would have started
		workers = runtime.GOMAXPROCS(0)
		pieces = 4 * workers
	}
	builders := make([]builder, workers)
	each := func(f func(b *builder, lo, hi int)) {
		parallel(workers, pieces, func(w, c int) { f(&builders[w], c*l.Len()/pieces, (c+1)*l.Len()/pieces) })
	}
	for w := range builders {
		builders[w].set = s
	}
	each((*builder).count)
	regions, slots := s.makeTables(builders)
	each((*builder).sort)
	for w := range builders {
		for _, t := range builders[w].trays {
			if t != nil {
				t.flush()
			}
		}
	}
	parallel(workers, len(regions), func(w, c int) {
		b := &builders[w]
		if b.room == nil {
			b.room = make([]uint64, slots)
		}
		b.trays[regions[c].class].fill(regions[c].number, b.room)
	})
	var nets, more []uint32
	for w := range builders {
		b := &builders[w]
		s.single = s.single || b.single
		s.edges = s.edges || b.edges
		s.url.merge(&b.url)
		s.labels |= b.labels
		for i := range s.lengths {
			s.lengths[i] |= b.lengths[i]
		}
		nets = append(nets, b.nets...)
		for _, t := range b.trays {
			if t != nil {
				t.finish()
				more = append(more, t.more...)
			}
		}
	}
	s.more = make([]uint64, len(more))
	parallel(workers, pieces, func(_, c int) {
		for i, end := c*len(more)/pieces, (c+1)*len(more)/pieces; i < end; i++ {
			s.more[i] = uint64(s.entryOf(more[i]))<<32 | uint64(more[i])
		}
	})
	slices.Sort(nets)
	s.addNets(nets)
	slices.Sort(s.more)
	return s
}

// A region is a region of the sorter of a class.
type region struct{ class, number int }

// makeTables makes all tables, with sizes by how many records of each class there are,
// and the builders' trays. It returns all regions and how many slots the largest has.
func (s *Set) makeTables(builders []builder) (regions []region, most int) {
	var sum [classes]int
	for w := range builders {
		for class, n := range builders[w].counts {
			sum[class] += n
		}
	}
	room := s.list.lookup.slots
	s.list.lookup = table{}
	slots := slotsFor(sum[className]) + slotsFor(sum[class4]) + slotsFor(sum[class6]) + slotsFor(sum[classURL]) + slotsFor(sum[classHash])
	if slots > len(room) || len(room) >= 3*slots {
		// Else the indexes take over the table that merging needed, as they mostly do.
		room = mem.Make[uint64](slots)
	}
	s.anchors = makeFilter(sum[className] + sum[classURL])
	texts := makeFilter(sum[class4])
	s.near4, s.wide4 = new(simd.Halves), new(simd.Halves)
	s.quads = simd.Quads{Either: new(simd.Halves), Wide: new(simd.Halves), Filter: texts.words, Shift: uint64(texts.shift)}
	s.url.hosts, s.heads = makeFilter(sum[classURL]), makeFilter(sum[classHash])
	for class, k := range [...]sorter{
		className: {index: &s.names, text: &s.anchors, same: s.sameName},
		class4:    {index: &s.v4, text: &texts, same: s.same4},
		class6:    {index: &s.v6, same: s.same6},
		classURL:  {index: &s.urls, text: &s.url.hosts, same: s.sameURL},
		classHash: {index: &s.hashes, text: &s.heads, same: s.sameHash},
	} {
		if k.index == nil {
			continue // networks have a table of their own
		}
		*k.index, room = makeIndex(sum[class], room)
		if sum[class] == 0 {
			clear(k.index.slots)
			continue
		}
		k := makeSorter(k, len(builders))
		for r := range k.used {
			lo, hi := k.region(r)
			regions, most = append(regions, region{class, r}), max(most, hi-lo)
		}
		for w := range builders {
			builders[w].trays[class] = makeTray(k)
		}
	}
	return regions, most
}

// A builder is a worker, which reads stretches of the list and fills regions.
type builder struct {
	set    *Set
	counts [classes]int
	trays  [classes]*tray // nil where there are no records
	room   []uint64       // to fill a region in
	nets   []uint32
	url    urlFacts
	nameFacts
}

// count counts the records lo to hi-1 by class.
func (b *builder) count(lo, hi int) {
	counts := b.counts // a copy: the builders' own lie side by side, and all count at once
	for n := lo; n < hi; n++ {
		counts[b.set.list.classOf(n)]++
	}
	b.counts = counts
}

// sort hands the records lo to hi-1 to the sorters.
func (b *builder) sort(lo, hi int) {
	s, l := b.set, b.set.list
	for n := lo; n < hi; n++ {
		c := l.classOf(n)
		t := b.trays[c]
		switch c {
		case className:
			name := l.nameOf(n)
			b.add(name)
			t.add(hashKey(name), n)
			t.addText(anchorOf(name).hash())
		case class4:
			v := l.addr4Of(n)
			q := quadOf(v)
			if setHalf(s.near4, v>>16) {
				setHalf(s.quads.Either, q.Half())
			}
			t.add(hash4(v), n)
			t.addText(q.Hash())
		case class6:
			t.add(hash16(l.addr6Of(n)), n)
		case classURL:
			u := l.urlAt(n)
			host := hashKey(u.host)
			t.add(u.hash(host), n)
			t.addText(host)
			if anchor := b.url.add(u); anchor != 0 {
				s.anchors.share(anchor)
			}
		case classHash:
			var digits [64]byte
			raw := l.hashAt(n)
			t.add(hashKey(raw), n)
			t.addText(headOf(digits[:hex.Encode(digits[:], raw)]))
		case classNet:
			b.nets = append(b.nets, uint32(n))
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
		e, _ = s.findHash(raw, hashKey(raw))
	}
	return e
}

// nameFacts is what look-ups ask of all domains together.
type nameFacts struct {
	single, edges bool
	labels        uint64
	lengths       [4]uint64
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
			setHalf(s.wide4, first+n)
			half := quadOf((first + n) << 16).Half()
			setHalf(s.quads.Wide, half)
			setHalf(s.quads.Either, half)
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

// parallel calls f for the pieces 0 to n-1, each on one of several workers, and
// waits.
func parallel(workers, n int, f func(worker, piece int)) {
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(w, i)
			}
		})
	}
	wg.Wait()
}
