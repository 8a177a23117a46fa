package scanner

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// Bounds of a tally, whatever the hits hold.
var (
	maxTallyHosts = 200_000  // hosts under all indicators
	maxForeign    = 100_000  // indicators that the list lacks
	maxTallyText  = 64 << 20 // bytes that all of them have
)

// A Tally counts the hits of an earlier scan by the indicators of a list. An
// indicator has the hits that it leads and those in which it stands beside
// another, as in what a scan calls met. It belongs to one goroutine.
type Tally struct {
	Hits       int64 // kept ones
	Suppressed int64
	Foreign    int64 // hits, kept or not, that an indicator leads which the list lacks
	Others     int64 // of Foreign, those of indicators beyond the bound
	Period           // of the kept hits that have a time

	list    *ioc.List
	set     *ioc.Set
	known   map[int]*IndicatorTally    // by number in the list
	foreign map[string]*IndicatorTally // by type and value
	text    int                        // bytes of what is kept
	hosts   int                        // kept under all
}

// An IndicatorTally counts the hits of one indicator.
type IndicatorTally struct {
	Indicator  ioc.Indicator
	Listed     bool  // the list has it
	Hits       int64 // kept ones that it leads
	Beside     int64 // kept ones in which it stands beside another
	Suppressed int64 // of either kind
	Period           // of the kept hits that have a time
	MoreHosts  bool  // there were others than Hosts lists

	hosts map[string]*int64
}

// NewTally begins a tally by the indicators of a list.
func NewTally(list *ioc.List) *Tally {
	return &Tally{list: list, set: list.Set(), known: map[int]*IndicatorTally{}, foreign: map[string]*IndicatorTally{}}
}

// Add counts a hit that was read back.
func (t *Tally) Add(h *Hit) {
	kept := len(h.SuppressedBy) == 0
	if kept {
		t.Hits++
		t.join(h.period())
	} else {
		t.Suppressed++
	}
	t.count(h, h.Indicator, true, kept)
	for _, a := range h.Also {
		t.count(h, a.Indicator, false, kept)
	}
}

func (t *Tally) count(h *Hit, i *ioc.Indicator, leads, kept bool) {
	x := t.of(i, leads)
	if x == nil {
		return
	}
	switch {
	case !kept:
		x.Suppressed++
		return
	case leads:
		x.Hits++
	default:
		x.Beside++
	}
	x.join(h.period())
	host := h.host()
	switch n := x.hosts[host]; {
	case n != nil:
		*n++ // to assign to it would make host its key
	case len(x.hosts) == maxHosts, t.hosts == maxTallyHosts, t.text+len(host) > maxTallyText:
		x.MoreHosts = true
	default:
		if x.hosts == nil {
			x.hosts = map[string]*int64{}
		}
		first := int64(1)
		x.hosts[strings.Clone(host)] = &first // it is a piece of the hit's memory
		t.hosts++
		t.text += len(host)
	}
}

// of returns the tally of an indicator, nil for one that is beyond the bound.
func (t *Tally) of(i *ioc.Indicator, leads bool) *IndicatorTally {
	if n, ok := t.set.Find(i); ok {
		if t.known[n] == nil {
			t.known[n] = &IndicatorTally{Indicator: t.list.At(n), Listed: true}
		}
		return t.known[n]
	}
	if leads {
		t.Foreign++
	}
	key := i.Type.String() + " " + i.Value
	x := t.foreign[key]
	if x == nil && len(t.foreign) < maxForeign {
		size := 2*len(key) + len(i.Malware)
		for _, f := range i.Feeds {
			size += 16 + len(f)
		}
		if t.text+size <= maxTallyText {
			t.text += size
			x = &IndicatorTally{Indicator: ownCopy(i)}
			t.foreign[key] = x
		}
	}
	if x == nil && leads {
		t.Others++
	}
	return x
}

// ownCopy copies what a tally tells of an indicator, in memory of its own.
func ownCopy(i *ioc.Indicator) ioc.Indicator {
	c := ioc.Indicator{Type: i.Type, Value: strings.Clone(i.Value), Details: ioc.NoDetails()}
	c.Malware = strings.Clone(i.Malware)
	for _, f := range i.Feeds {
		c.Feeds = append(c.Feeds, strings.Clone(f))
	}
	return c
}

// Hosts lists the hosts of the kept hits with their counts, those with most
// first.
func (x *IndicatorTally) Hosts() []HostCount { return sortedHosts(x.hosts) }

// Met returns the listed indicators of a type that kept hits show, those with
// most hits first.
func (t *Tally) Met(of ioc.Type) (list []*IndicatorTally) {
	for _, x := range t.known {
		if x.Indicator.Type == of && x.Hits+x.Beside > 0 {
			list = append(list, x)
		}
	}
	return byHits(list)
}

// NotListed returns the indicators in the hits that the list lacks, those with
// most hits first.
func (t *Tally) NotListed() (list []*IndicatorTally) {
	for _, x := range t.foreign {
		list = append(list, x)
	}
	return byHits(list)
}

func byHits(list []*IndicatorTally) []*IndicatorTally {
	slices.SortFunc(list, func(a, b *IndicatorTally) int {
		return cmp.Or(cmp.Compare(b.Hits+b.Beside, a.Hits+a.Beside), cmp.Compare(b.Suppressed, a.Suppressed),
			cmp.Compare(a.Indicator.Type, b.Indicator.Type), strings.Compare(a.Indicator.Value, b.Indicator.Value))
	})
	return list
}

// Unmet yields the listed indicators of a type that no kept hit shows, in the
// order of the list.
func (t *Tally) Unmet(of ioc.Type) iter.Seq[*IndicatorTally] {
	return func(yield func(*IndicatorTally) bool) {
		if t.list.Count(of) == 0 {
			return // without a look at millions of others
		}
		for n := range t.list.Len() {
			i := t.list.At(n)
			x := t.known[n]
			if i.Type != of || x != nil && x.Hits+x.Beside > 0 {
				continue
			}
			if x == nil {
				x = &IndicatorTally{Indicator: i, Listed: true}
			}
			if !yield(x) {
				return
			}
		}
	}
}

// All yields what the tally has: type by type the listed indicators with hits
// and those without, then those that the list lacks.
func (t *Tally) All() iter.Seq[*IndicatorTally] {
	return func(yield func(*IndicatorTally) bool) {
		for of := ioc.IP; of <= ioc.Hash; of++ {
			for _, x := range t.Met(of) {
				if !yield(x) {
					return
				}
			}
			for x := range t.Unmet(of) {
				if !yield(x) {
					return
				}
			}
		}
		for _, x := range t.NotListed() {
			if !yield(x) {
				return
			}
		}
	}
}
