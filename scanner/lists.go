package scanner

import (
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/allow"
)

// AllowPrefix begins the name under which an allow list stands among the rules.
const AllowPrefix = "allow:"

// A ListReport says what an allow list or a label list did.
type ListReport struct {
	List  *allow.List
	Label bool
	Hits  int64 // suppressed or labelled
	Above int64 // of Hits, those whose indicator stands below the entry; of allow lists only
}

// listed is what lists have done so far.
type listed struct {
	above    []int64 // by allow list
	labelled []int64 // by label list
}

// lists asks the allow and label lists about a hit. An allow list suppresses it
// if every element that matched is on some allow list: a row that shows the
// indicator in another place as well stays. Labels ask for less, because they
// remove nothing: one element, or the indicator, by whatever entry.
func (w *worker) lists(h *Hit) {
	if len(w.Allow) == 0 && len(w.Label) == 0 {
		return
	}
	by, all := w.allowed(h)
	for n, answer := range by {
		if !all || answer == allow.No {
			continue
		}
		entry := w.ledger[len(w.Rules)+n]
		h.SuppressedBy = append(h.SuppressedBy, entry.Name)
		w.removing = append(w.removing, entry)
		if answer == allow.Above {
			w.mu.Lock()
			w.run.listed.above[n]++
			w.mu.Unlock()
		}
	}
	w.labels(h)
}

// allowed asks each allow list about a hit, and says whether they have all of
// it together. The answers live until the next call.
func (w *worker) allowed(h *Hit) (by []allow.Answer, all bool) {
	by = w.room.by[:0]
	whole := false // some list has all that the indicator matches
	for _, l := range w.Allow {
		answer := allow.No
		if wholly(l, h) {
			answer, whole = l.Has(h.Indicator), true
		}
		by = append(by, answer)
	}
	w.room.by = by
	all = len(w.Allow) > 0
	for i := range h.Matches {
		name := w.nameOf(h, &h.Matches[i])
		found := whole
		for n, l := range w.Allow {
			answer := elementOn(l, h, &h.Matches[i], name)
			found = found || answer != allow.No
			by[n] = max(by[n], answer)
		}
		all = all && found
	}
	return by, all
}

// labels labels a hit.
func (w *worker) labels(h *Hit) {
	if len(w.Label) == 0 {
		return
	}
	if h.Labels == nil {
		h.Labels = []string{} // none, but asked for
	}
	for n, l := range w.Label {
		if w.labelled(l, h) {
			h.Labels = append(h.Labels, l.Name)
			w.mu.Lock()
			w.run.listed.labelled[n]++
			w.mu.Unlock()
		}
	}
}

// labelled reports whether a list labels a hit.
func (w *worker) labelled(l *allow.List, h *Hit) bool {
	on := l.Has(h.Indicator) != allow.No
	for i := 0; i < len(h.Matches) && !on; i++ {
		on = elementOn(l, h, &h.Matches[i], w.nameOf(h, &h.Matches[i])) != allow.No
	}
	return on
}

// nameOf returns the name in an element that a domain matched, in normal form,
// nil where that is not sure. It lives until the next call.
func (w *worker) nameOf(h *Hit, m *Match) []byte {
	if m.Class != ClassDomain && m.Class != ClassSubdomain {
		return nil // an address; or only what has_any sees, whose host may be anybody's
	}
	room := &w.room
	host, ok := ioc.AppendHost(room.name[:0], bytesOf(m.Value))
	if !ok || host.Addr.IsValid() {
		return nil
	}
	room.name = host.Name
	n := len(host.Name) - len(h.Indicator.Value)
	if n < 0 || string(host.Name[n:]) != h.Indicator.Value || n > 0 && host.Name[n-1] != '.' {
		return nil
	}
	return host.Name
}

// elementOn says whether a list has an element. name is its name.
func elementOn(l *allow.List, h *Hit, m *Match, name []byte) allow.Answer {
	switch {
	case name != nil:
		return l.HasName(name, h.Indicator.Value)
	case m.Class == ClassURL, m.Class == ClassHash:
		return l.Has(h.Indicator)
	case m.addr.IsValid() && h.Indicator.Prefix.Contains(m.addr):
		return l.HasAddr(m.addr)
	}
	return allow.No
}

// wholly reports whether a list has the hit's indicator and with it the others that
// match the same elements: what is said to be harmless must not hide what is not.
func wholly(l *allow.List, h *Hit) bool {
	if l.Has(h.Indicator) == allow.No {
		return false
	}
	for _, a := range h.Also {
		if l.Has(a.Indicator) == allow.No {
			return false
		}
	}
	return true
}

// listReports say what the lists did.
func (r *run) listReports() (out []ListReport) {
	for n, l := range r.Allow {
		out = append(out, ListReport{List: l, Hits: r.ledger[len(r.Rules)+n].Suppressed, Above: r.listed.above[n]})
	}
	for n, l := range r.Label {
		out = append(out, ListReport{List: l, Label: true, Hits: r.listed.labelled[n]})
	}
	return out
}
