package ioc

import (
	"iter"
	"math/bits"
	"slices"
	"sync/atomic"
)

// Met notes which indicators of a set have been met: a bit for each. It is
// safe for concurrent use.
type Met struct {
	set  *Set
	bits []uint64
}

// Met returns a Met of the set in which nothing is noted.
func (s *Set) Met() *Met { return &Met{set: s, bits: make([]uint64, (s.Len()+63)/64)} }

// Add notes an indicator. One that the set does not hold is passed over.
func (m *Met) Add(i *Indicator) {
	n, ok := m.set.Find(i)
	if !ok {
		return
	}
	word, bit := &m.bits[n/64], uint64(1)<<(n%64)
	if atomic.LoadUint64(word)&bit == 0 { // most have been noted before
		atomic.OrUint64(word, bit)
	}
}

// Find returns the number in the list of an indicator of the same type and
// value, if the set holds one.
func (s *Set) Find(i *Indicator) (number int, ok bool) {
	at, ok := s.numberOf(i)
	if !ok {
		return 0, false
	}
	is := func(n uint32) bool { return s.list.is(s.list.records.at(int(n)).key, i) }
	if is(at) {
		return int(at), true
	}
	next, _ := slices.BinarySearch(s.more, uint64(at)<<32)
	for ; next < len(s.more) && uint32(s.more[next]>>32) == at; next++ {
		if n := uint32(s.more[next]); is(n) {
			return int(n), true
		}
	}
	return 0, false
}

// Len is how many indicators have been met.
func (m *Met) Len() int {
	n := 0
	for _, w := range m.bits {
		n += bits.OnesCount64(w)
	}
	return n
}

func (m *Met) has(n int) bool { return m.bits[n/64]>>(n%64)&1 != 0 }

// Missing returns the indicators that have not been met, in the order of the
// list, each with whether it has been in the other Met of the same set.
func (m *Met) Missing(other *Met) iter.Seq2[Indicator, bool] {
	return func(yield func(Indicator, bool) bool) {
		for n := range m.set.Len() {
			if !m.has(n) && !yield(m.set.list.At(n), other.has(n)) {
				return
			}
		}
	}
}

// numberOf returns the entry that an indicator belongs to.
func (s *Set) numberOf(i *Indicator) (uint32, bool) {
	switch {
	case i.Type == Domain:
		if s.names.n == 0 {
			return 0, false
		}
		return s.findName([]byte(i.Value))
	case i.Type == URL:
		u, ok := cutURL([]byte(i.Value))
		if !ok || s.urls.n == 0 {
			return 0, false
		}
		return s.findURL(u)
	case i.Type == Hash:
		var buf [32]byte
		raw, ok := appendHash(buf[:0], i.Value)
		if !ok || s.hashes.n == 0 {
			return 0, false
		}
		return s.findHash(raw, hashKey(raw))
	case !i.Prefix.IsValid():
		return 0, false
	case i.Type == CIDR:
		if s.nets == nil {
			return 0, false
		}
		place, ok := s.nets.Get(i.Prefix)
		if !ok {
			return 0, false
		}
		return s.netIDs[place], true
	}
	switch a := i.Addr(); {
	case a.Is4() && s.v4.n > 0:
		return s.find4(value4(a), hash4(value4(a)))
	case a.Is6() && s.v6.n > 0:
		return s.find6(a, hash16(a))
	}
	return 0, false
}
