package ioc

import (
	"cmp"
	"slices"
	"strings"
)

// Picked is memory for the indicators that Pick gives, which is used again and again:
// allocating and collecting them for each of a million hits would take as long as
// printing them. The zero Picked is ready. It belongs to one goroutine.
type Picked struct {
	made []*picked
	used int
}

// picked is the indicators of one entry.
type picked struct {
	indicators []*Indicator
	made       []*made // all that were ever made, in order
}

// made is an indicator in memory that is used again.
type made struct {
	Indicator
	feeds []string
	text  []byte
}

const (
	maxPicked      = 1 << 10  // entries that keep their memory when all are given back,
	maxPickedEach  = 1 << 6   // and how many indicators each of them has that do,
	maxPickedText  = 16 << 10 // with how much text
	maxPickedFeeds = 1 << 8   // and how many feeds
)

// Reset ends the life of all indicators that were picked.
func (p *Picked) Reset() {
	p.used = 0
	if len(p.made) > maxPicked {
		clear(p.made[maxPicked:])
		p.made = p.made[:maxPicked]
	}
}

// Pick returns what Indicators does, in memory of p: they live until p is reset,
// and must not be changed.
func (s *Set) Pick(number uint32, p *Picked) []*Indicator {
	if p.used == len(p.made) {
		p.made = append(p.made, new(picked))
	}
	e := p.made[p.used]
	p.used++
	e.fill(s, number)
	return e.indicators
}

// fill makes the indicators of an entry.
func (e *picked) fill(s *Set, number uint32) {
	if len(e.made) > maxPickedEach {
		clear(e.made[maxPickedEach:])
		e.made = e.made[:maxPickedEach]
	}
	e.indicators = e.indicators[:0]
	e.add(s, number)
	at, _ := slices.BinarySearch(s.more, uint64(number)<<32)
	for ; at < len(s.more) && uint32(s.more[at]>>32) == number; at++ {
		e.add(s, uint32(s.more[at]))
	}
	slices.SortStableFunc(e.indicators, func(a, b *Indicator) int {
		return cmp.Or(strings.Compare(a.Value, b.Value), cmp.Compare(a.Type, b.Type))
	})
}

// add makes one more indicator, the one of that number in the list.
func (e *picked) add(s *Set, number uint32) {
	n := len(e.indicators)
	if n == len(e.made) {
		e.made = append(e.made, new(made))
	}
	m := e.made[n]
	if cap(m.text) > maxPickedText || cap(m.feeds) > maxPickedFeeds {
		m.text, m.feeds = nil, nil
	}
	m.feeds, m.text = s.list.fill(int(number), &m.Indicator, m.feeds[:0], m.text[:0])
	e.indicators = append(e.indicators, &m.Indicator)
}
