package ioc

import (
	"iter"
	"strings"
)

// A Likeness is how two indicators of a set are nearly the same.
type Likeness uint8

// The kinds of likeness. Of the first four, Other already matches all that the
// indicator does.
const (
	WWW       Likeness = iota // www.x, and x is held
	Below                     // a domain below another
	WithPort                  // an ip:port whose address is held without
	Within                    // an address or network within a held network
	LooksLike                 // an internationalised name that can be taken for another
	Likenesses
)

// String says it in a few words, for reports.
func (l Likeness) String() string {
	return [Likenesses]string{"www beside the name itself", "below another domain", "ip:port beside the address itself", "within a network",
		"spelled to look like another"}[l]
}

// Alike is an indicator with another that it is like.
type Alike struct {
	Likeness
	Indicator, Other *Indicator
}

// Alikes finds the indicators that are like others, in the order of the list,
// each with the nearest other of each likeness. It looks every indicator up
// once.
func (s *Set) Alikes() iter.Seq[Alike] {
	return func(yield func(Alike) bool) {
		looks := map[string]uint32{} // of internationalised names: number by what they look like
		var found []Candidate
		others := likeable{}
		for n := range uint32(s.Len()) {
			i := s.list.At(int(n))
			kind := KindIP
			cell := i.Value
			switch i.Type {
			case Domain:
				kind = KindDomain
			case IP, IPPort, CIDR:
				cell = i.Addr().String()
			default: // no other matches a URL or a hash
				continue
			}
			found = s.Match(kind, []byte(cell), found[:0])
			var done [Likenesses]bool
			give := func(l Likeness, other *Indicator) bool {
				if done[l] {
					return true
				}
				done[l] = true
				return yield(Alike{l, &i, other})
			}
			for _, c := range found {
				for _, other := range others.of(s, c.Entry) {
					if l, ok := i.like(other, c.Sub); ok && !give(l, other) {
						return
					}
				}
			}
			if i.Type != Domain || !strings.Contains(i.Value, "xn--") {
				continue
			}
			look := inLatin(i.Value)
			number, known := looks[look]
			if !known {
				looks[look] = n
				number, known = s.findName([]byte(look))
			}
			if known && number != n {
				if other := s.list.At(int(number)); !give(LooksLike, &other) {
					return
				}
			}
		}
	}
}

// likeable are the indicators of entries that others can be like, by entry. Feeds
// have thousands of ports of one address, all of one entry.
type likeable map[uint32][]*Indicator

// of returns the indicators of an entry that others can be like: all but ip:port.
func (m likeable) of(s *Set, entry uint32) []*Indicator {
	if of, ok := m[entry]; ok {
		return of
	}
	all := s.Indicators(entry)
	var of []*Indicator
	for _, i := range all {
		if i.Type != IPPort {
			of = append(of, i)
		}
	}
	if len(all) > fewIndicators {
		m[entry] = of
	}
	return of
}

// fewIndicators of one entry are made anew each time: to remember them would take
// more memory than it saves time.
const fewIndicators = 8

// like compares an indicator with another that matches its value; sub says
// that it is a name below the other.
func (i *Indicator) like(other *Indicator, sub bool) (Likeness, bool) {
	switch {
	case i.Type == Domain:
		if i.Value == "www."+other.Value {
			return WWW, true
		}
		return Below, sub
	case i.Type == IPPort && other.Type == IP:
		return WithPort, true
	case other.Type == CIDR:
		return Within, i.Type != CIDR || other.Prefix.Bits() < i.Prefix.Bits()
	}
	return 0, false
}
