package scanner

import (
	"slices"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/allow"
)

// An OnList is an entry of an allow or label list that has something of a hit.
type OnList struct {
	List  *allow.List
	Label bool   // a label list
	Of    string // what the entry has: an element that matched, in normal form, or the indicator
	Entry allow.Entry
	Above bool // the entry stands above the indicator, of which it may be wrong
	Acts  bool // it suppresses or labels the hit
}

// OnLists says which entries of the scan's lists have what a hit shows, allow
// lists first, one of each list, and whether together they suppress the hit.
// What decides is what decides in a scan.
func (s *Scan) OnLists(h *Hit) (on []OnList, suppressed bool) {
	w := &worker{run: &run{Scan: s}}
	by, suppressed := w.allowed(h)
	for n, l := range s.Allow {
		if x, ok := w.onList(l, h); ok {
			x.Acts = suppressed && by[n] != allow.No
			on = append(on, x)
		}
	}
	for _, l := range s.Label {
		if x, ok := w.onList(l, h); ok {
			x.Label, x.Acts = true, w.labelled(l, h)
			on = append(on, x)
		}
	}
	return on, suppressed
}

// onList finds the entry of a list that has an element of a hit, else one that
// has its indicator.
func (w *worker) onList(l *allow.List, h *Hit) (OnList, bool) {
	for i := range h.Matches {
		m := &h.Matches[i]
		name := w.nameOf(h, m)
		if elementOn(l, h, m, name) == allow.No {
			continue
		}
		x := OnList{List: l, Of: h.Indicator.Value}
		var answer allow.Answer
		switch {
		case name != nil:
			x.Of = string(name)
			x.Entry, answer = l.EntryOfName(name, h.Indicator.Value)
		case m.addr.IsValid() && m.Class != ClassURL:
			x.Of = m.addr.Unmap().WithZone("").String()
			x.Entry, answer = l.EntryOfAddr(m.addr)
		default:
			x.Entry, answer = l.EntryOf(h.Indicator)
		}
		x.Above = answer == allow.Above
		return x, true
	}
	e, answer := l.EntryOf(h.Indicator)
	return OnList{List: l, Of: h.Indicator.Value, Entry: e, Above: answer == allow.Above}, answer != allow.No
}

// ElementHits makes hits of a row that shows one element and nothing else, for
// the indicators that match it: first the one of a scan, which the most specific
// leads, then one for each of the others, as if that did. They say nothing of a
// row.
func ElementHits(value string, found []Also) (hits []*Hit) {
	found = slices.Clone(found)
	slices.SortStableFunc(found, moreSpecific)
	for n, lead := range found {
		m := Match{Value: value, Class: lead.Class, port: -1}
		if m.Class < ClassDomain {
			if host, ok := ioc.AppendHost(nil, []byte(value)); ok {
				m.addr = host.Addr
			}
		}
		hits = append(hits, &Hit{Indicator: lead.Indicator, Also: slices.Delete(slices.Clone(found), n, n+1), Matches: []Match{m}})
	}
	return hits
}
