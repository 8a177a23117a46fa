package feed

import "github.com/iocsweep/iocsweep/ioc"

// hosts are those of the URLs of a feed. They wait until all feeds are read: a
// pack keeps them apart from the indicators, and must give what its feeds give,
// wherever a host stood among these.
type hosts struct {
	list  *ioc.List // nil for none
	lines []int     // of the report, by number in the list
}

// add takes the host that a verdict holds.
func (h *hosts) add(r *reading, v *verdict) {
	if h.list == nil {
		h.list = new(ioc.List)
	}
	i := &v.indicator
	if r.options.URLHosts && !i.ValidUntil.IsZero() && len(r.ends) < maxListed {
		r.ends = append(r.ends, ending{v.line, i.Value, i.ValidUntil})
	}
	i.Feeds = r.places(v)
	switch fresh := h.list.Add(i); {
	case fresh:
		h.lines = append(h.lines, v.line)
	case r.options.URLHosts:
		r.report.repeated(i.Type, 1)
	}
}

// addPacked takes the hosts of a pack, whose numbers follow those of its
// indicators.
func (h *hosts) addPacked(r *reading, list *ioc.List, indicators int) {
	if list == nil || !r.options.URLHosts && !r.options.ForPack {
		return
	}
	h.list = list
	for n := range list.Len() {
		h.lines = append(h.lines, indicators+n+1)
	}
}

// addHosts adds the hosts of a feed to the list, or keeps them for a pack.
func (r *reading) addHosts() {
	h := &r.hosts
	switch {
	case h.list == nil:
		return
	case !r.options.URLHosts:
		r.report.Hosts = h.list
		return
	}
	for n := range h.list.Len() {
		i := h.list.At(n)
		v := verdict{line: h.lines[n], value: i.Value}
		broad := !r.options.ForceBroad && h.list.Broad(n)
		if broad && !r.options.ForPack {
			_, err := ioc.Parse(i.Value)
			r.warn(&v, hostNotTaken+refusal(err))
			continue
		}
		switch fresh := r.list.Add(&i); {
		case broad: // refused already
		case fresh:
			r.report.took(i.Type, 1)
			for _, w := range i.Warnings() {
				r.warn(&v, w)
			}
		default:
			r.report.repeated(i.Type, 1)
		}
	}
	h.list, h.lines = nil, nil
}
