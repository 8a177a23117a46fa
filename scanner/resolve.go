package scanner

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// resolved is what one element of a row turned out to hold.
type resolved struct {
	match Match
	found []Also // the most specific first
}

// resolve decides what one element matches, now that the row's ports are
// known, and says whether there is anything.
func (w *worker) resolve(in *input, t *table.Table, f *finding, row *table.Row, d table.Direction, e *element, r *resolved) bool {
	p := in.plan
	g := &p.keys[e.Key].groups[e.Group]
	k := g.use(f.Table)
	port, place := -1, k.Column
	if f.Table == int(p.generic) {
		place, port = w.room.genericPlace(p, e)
	} else if k.Port != "" {
		cell, _ := row.Get(k.Port)
		port = parsePort(cell)
	}
	r.found = r.found[:0]
	var other *ioc.Indicator // of another port
	var otherPort int
	for _, c := range e.Cands {
		for _, i := range w.indicators(c.Entry) {
			class, ok := w.class(i, c, port, g, e)
			if w.tracing != nil {
				w.tracing.test(e, k, row, c, i, class, ok)
			}
			if ok {
				r.found = append(r.found, Also{i, class})
			} else if i.Type == ioc.IPPort {
				other, otherPort = i, max(port, int(c.Port))
			}
		}
	}
	if len(r.found) == 0 {
		if w.near != nil && other != nil {
			w.nearPort(in, f, k, e, other, otherPort)
		}
		return false
	}
	slices.SortStableFunc(r.found, moreSpecific)
	r.match = Match{Column: place, Role: t.Role(k, row, d), Value: e.Value, Class: r.found[0].Class, key: k}
	switch lead := r.found[0].Indicator; {
	case lead.Type == ioc.IP || lead.Type == ioc.IPPort:
		r.match.addr = lead.Addr() // which is what the value says
	case r.match.Class < ClassDomain:
		if host, ok := ioc.AppendHost(nil, bytesOf(e.Value)); ok {
			r.match.addr = host.Addr
		}
	}
	r.match.port = int(e.Cands[0].Port)
	if e.Member != "" && f.Table != int(p.generic) {
		r.match.Column = w.room.memberOf(k.Column, e.Member)
	}
	return true
}

// maxJoined is how long a member's path may be that is worth to be remembered.
const maxJoined = 64

// A joined column is one with a member of its cells.
type joined struct{ column, member, text string }

// memberOf is column.member. Few members match, and those again and again.
func (r *room) memberOf(column, member string) string {
	if len(member) > maxJoined {
		return column + "." + member
	}
	j := &r.members[len(member)%len(r.members)]
	if j.column != column || j.member != member {
		*j = joined{strings.Clone(column), strings.Clone(member), column + "." + member}
	}
	return j.text
}

// indicators are those of an entry, for as long as the row is in hand.
func (w *worker) indicators(entry uint32) []*ioc.Indicator {
	if w.trace != nil { // they are for later
		return w.Indicators.Indicators(entry)
	}
	return w.Indicators.Pick(entry, &w.room.picked)
}

// told returns what the table needs to know of a hit's matches to fill in who.
func (r *room) told(h *Hit) []table.Element {
	r.matched = r.matched[:0]
	for i := range h.Matches {
		m := &h.Matches[i]
		column, _, _ := strings.Cut(m.Column, ".")
		r.matched = append(r.matched, table.Element{Column: column, Role: m.Role, Addr: m.addr, Port: m.port})
	}
	return r.matched
}

// class says how an indicator of an entry matches, if it does.
func (w *worker) class(i *ioc.Indicator, c ioc.Candidate, port int, g *keyGroup, e *element) (Class, bool) {
	switch i.Type {
	case ioc.Domain:
		switch {
		case g.how == howHas:
			return termClass(e.Value, i.Value), true
		case c.Sub && w.below(i, e.Value):
			w.sum.below++
			return 0, false
		case c.Sub:
			return ClassSubdomain, true
		}
		return ClassDomain, true
	case ioc.URL:
		return ClassURL, true
	case ioc.Hash:
		return ClassHash, true
	case ioc.CIDR:
		return ClassCIDR, true
	case ioc.IP:
		return ClassIP, true
	}
	switch {
	case w.Ports == PortIgnore:
		return ClassIP, true
	case int(c.Port) == int(i.Port), port == int(i.Port):
		return ClassIPPort, true
	case w.Ports == PortStrict:
		return 0, false
	}
	return ClassIPOnly, true
}

// termClass says whether what has_any sees is also a domain match.
func termClass(cell, domain string) Class {
	name, ok := ioc.AppendDomain(nil, []byte(cell))
	switch {
	case ok && string(name) == domain:
		return ClassDomain
	case ok && strings.HasSuffix(string(name), "."+domain):
		return ClassSubdomain
	}
	return ClassTerm
}

// moreSpecific orders what matches one element: url before ip:port before ip
// before cidr before ip-only, the longest path, the narrower network, the longest
// domain, the smaller value.
func moreSpecific(a, b Also) int {
	rank := func(c Class) Class {
		if c >= ClassDomain {
			return ClassDomain // among names only the length counts
		}
		return c
	}
	narrow := func(i *ioc.Indicator) int {
		switch i.Type {
		case ioc.URL:
			// Without the scheme, which says nothing of how far it reaches.
			return len(i.Value) - max(strings.Index(i.Value, "://"), 0)
		case ioc.Domain, ioc.Hash:
			return len(i.Value)
		}
		return i.Prefix.Bits()
	}
	return cmp.Or(cmp.Compare(rank(a.Class), rank(b.Class)), cmp.Compare(narrow(b.Indicator), narrow(a.Indicator)),
		cmp.Compare(a.Indicator.Value, b.Indicator.Value))
}

// group makes one hit per leading indicator, in the order of the elements. The
// other indicators of its elements go to Also unless they lead elsewhere.
func (r *room) group() {
	r.hits, r.beside = r.hits[:0], r.beside[:0]
	var leading numbers
	leads := func(i *ioc.Indicator) int {
		return leading.find(i, len(r.hits), func(n int) *ioc.Indicator { return r.hits[n].Indicator })
	}
	for i := range r.elements {
		e := &r.elements[i]
		n := leads(e.found[0].Indicator)
		if n < 0 {
			r.hits = more(r.hits)
			n = len(r.hits) - 1
			h := &r.hits[n]
			*h = Hit{Indicator: e.found[0].Indicator, Matches: h.Matches[:0], Also: h.Also[:0], Labels: h.Labels[:0], SuppressedBy: h.SuppressedBy[:0], Reasons: h.Reasons[:0]}
			r.beside = append(r.beside, nil)
		}
		r.hits[n].Matches = append(r.hits[n].Matches, e.match)
	}
	for i := range r.elements {
		e := &r.elements[i]
		if len(e.found) == 1 {
			continue
		}
		n := leads(e.found[0].Indicator)
		h := &r.hits[n]
		for _, a := range e.found[1:] {
			if leads(a.Indicator) >= 0 {
				continue
			}
			at := r.beside[n].find(a.Indicator, len(h.Also), func(n int) *ioc.Indicator { return h.Also[n].Indicator })
			switch {
			case at < 0:
				h.Also = append(h.Also, a)
			case moreSpecific(a, h.Also[at]) < 0:
				h.Also[at] = a
			}
		}
	}
	for i := range r.hits {
		slices.SortStableFunc(r.hits[i].Also, moreSpecific)
	}
}

// numbers knows where indicators stand in a list of different ones that grows, once
// it is long: a feed may list an address with all ports there are, and a row may hold
// thousands of addresses.
type numbers map[indicatorName]int

type indicatorName struct {
	of    ioc.Type
	value string
}

// fewNumbers is the length of lists that are compared one by one.
const fewNumbers = 16

// find returns the number of an indicator in a list of n, -1 if it is not there.
func (x *numbers) find(i *ioc.Indicator, n int, at func(n int) *ioc.Indicator) int {
	if n <= fewNumbers {
		for k := range n {
			if sameIndicator(at(k), i) {
				return k
			}
		}
		return -1
	}
	if *x == nil {
		*x = numbers{}
	}
	for k := len(*x); k < n; k++ {
		o := at(k)
		(*x)[indicatorName{o.Type, o.Value}] = k
	}
	if k, ok := (*x)[indicatorName{i.Type, i.Value}]; ok {
		return k
	}
	return -1
}

// sameIndicator compares indicators that the set may have made at different times.
func sameIndicator(a, b *ioc.Indicator) bool {
	return a == b || a.Type == b.Type && a.Value == b.Value
}

// parsePort reads a port's cell, -1 if it holds none. As round addresses, quotes are
// left out that became text because a blank stands before them.
func parsePort(cell string) int {
	cell = strings.TrimSpace(cell)
	if n := len(cell); n > 2 && cell[0] == '"' && cell[n-1] == '"' {
		cell = cell[1 : n-1]
	}
	n, err := strconv.ParseUint(trimFraction(cell), 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}
