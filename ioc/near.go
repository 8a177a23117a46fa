package ioc

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// A NearKind says in which way an indicator comes close to a value that it
// does not match.
type NearKind uint8

// The kinds, the closest first.
const (
	NearLookAlike   NearKind = iota // looks the same (see skeleton)
	NearEdit                        // one character more, less or other
	NearBoundary                    // the value ends in it, but not where a label begins
	NearBelow                       // lies below the value
	NearInside                      // stands inside the value, which belongs to another domain
	NearNetwork                     // another address of the same /24, or /64 of IPv6
	NearRegistrable                 // another name under the same registrable domain
	nearKinds
)

var nearNames = [nearKinds]string{"look-alike", "one-edit", "no-label-boundary", "below", "inside", "same-network", "same-registrable-domain"}

// String is the kind as reports print it.
func (k NearKind) String() string { return nearNames[k] }

// A Near is an indicator that comes close to a value without matching it.
type Near struct {
	Indicator Indicator
	Kind      NearKind
	Shared    string // the network or registrable domain that both have, else ""
}

// Why says what the two have in common and why that is no match.
func (n *Near) Why() string {
	switch n.Kind {
	case NearLookAlike:
		return "looks alike, but its characters are others"
	case NearEdit:
		return "one edit away: a name matches only itself and what is below it"
	case NearBoundary:
		return "the value ends in it, but not at a label boundary"
	case NearBelow:
		return "lies below the value: an indicator matches itself and what is below it, not what is above"
	case NearInside:
		return "the value has it inside, but belongs to another domain"
	case NearNetwork:
		return fmt.Sprintf("another address in %s: only a network would match", n.Shared)
	}
	return fmt.Sprintf("another name under %s: neither is below the other", n.Shared)
}

// Registrable is the registrable domain of a name in normal form: its public
// suffix and one label more. "" for a public suffix and for a single label.
func Registrable(name string) string {
	r, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return ""
	}
	return r
}

// Neighbours is the network whose addresses count as near an address: its /24,
// or its /64 for IPv6.
func Neighbours(a netip.Addr) netip.Prefix {
	bits := 24
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // not valid for no address
	return p
}

// Near returns the indicators that come near an address, if it is valid, or a
// name in normal form, if it is not empty; at most max of them, the closest
// kinds first and within one in the order of the list, and how many there are
// beside. Those that match are the caller's to tell: skip is true for them. It
// looks at every indicator, so it is for single values, not for logs.
func (s *Set) Near(addr netip.Addr, name string, skip func(*Indicator) bool, max int) (list []Near, more int) {
	v := nearValue{name: name, registrable: Registrable(name), around: Neighbours(addr)}
	var kept [nearKinds]int
	for i := range s.All() {
		n, ok := v.near(&i)
		if !ok || skip(&i) {
			continue
		}
		if kept[n.Kind] >= max {
			more++
			continue
		}
		kept[n.Kind]++
		list = append(list, n)
	}
	slices.SortStableFunc(list, func(a, b Near) int { return cmp.Compare(a.Kind, b.Kind) })
	if len(list) > max {
		more += len(list) - max
		list = list[:max]
	}
	return list, more
}

// nearValue is a value with what near needs of it.
type nearValue struct {
	name, registrable string
	around            netip.Prefix
	looks             [8]string // skeleton of the last n labels, made when asked for
}

func (v *nearValue) near(i *Indicator) (n Near, ok bool) {
	n.Indicator = *i
	if i.Type != Domain {
		if i.Type == CIDR || !v.around.IsValid() || !v.around.Contains(i.Addr()) {
			return n, false
		}
		n.Kind, n.Shared = NearNetwork, v.around.String()
		return n, true
	}
	if v.name == "" || v.name == i.Value {
		return n, false
	}
	tail := lastLabels(v.name, strings.Count(i.Value, ".")+1)
	switch {
	case tail != i.Value && v.looksLike(tail, i.Value):
		n.Kind = NearLookAlike
	case oneEdit(tail, i.Value) || oneEdit(v.name, i.Value):
		n.Kind = NearEdit
	case strings.HasSuffix(v.name, i.Value):
		n.Kind = NearBoundary
	case strings.HasSuffix(i.Value, "."+v.name):
		n.Kind = NearBelow
	case strings.Contains(v.name, i.Value):
		n.Kind = NearInside
	case v.registrable != "" && (i.Value == v.registrable || strings.HasSuffix(i.Value, "."+v.registrable)):
		n.Kind, n.Shared = NearRegistrable, v.registrable
	default:
		return n, false
	}
	return n, true
}

// looksLike compares how the end of the value and an indicator look.
func (v *nearValue) looksLike(tail, indicator string) bool {
	labels := strings.Count(tail, ".")
	if labels >= len(v.looks) {
		return skeleton(tail) == skeleton(indicator)
	}
	if v.looks[labels] == "" {
		v.looks[labels] = skeleton(tail)
	}
	return v.looks[labels] == skeleton(indicator)
}

// lastLabels is the end of a name that has n labels, or all of it.
func lastLabels(name string, n int) string {
	for i := len(name); n > 0; n-- {
		if i = strings.LastIndexByte(name[:i], '.'); i < 0 {
			return name
		}
		if n == 1 {
			return name[i+1:]
		}
	}
	return name
}

// oneEdit reports whether two texts differ by one byte put in, left out or changed.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

// Neighbourhood finds the indicators near an address or a name without a look
// at all of them: those of the same Neighbours, or the same Registrable domain.
// It is immutable, and as large as the list has networks and domains.
type Neighbourhood struct {
	set   *Set
	nets  map[netip.Prefix]neighbour
	names map[string]neighbour
}

// neighbour is the first of those that share something, and how many they are.
type neighbour struct{ first, count uint32 }

// Neighbourhood returns that of the set.
func (s *Set) Neighbourhood() *Neighbourhood {
	h := &Neighbourhood{s, map[netip.Prefix]neighbour{}, map[string]neighbour{}}
	n := uint32(0)
	for i := range s.All() {
		switch {
		case i.Type == Domain:
			if r := Registrable(i.Value); r != "" {
				o := h.names[r]
				if o.count == 0 {
					o.first = n
				}
				o.count++
				h.names[r] = o
			}
		case i.Type != CIDR && i.Prefix.IsValid():
			p := Neighbours(i.Addr())
			o := h.nets[p]
			if o.count == 0 {
				o.first = n
			}
			o.count++
			h.nets[p] = o
		}
		n++
	}
	return h
}

// Of returns the first indicator near an address, if it is valid, else near a
// name in normal form, and how many there are beside. That the value matches
// none of them is for the caller to know.
func (h *Neighbourhood) Of(addr netip.Addr, name string) (near Near, more int, ok bool) {
	var n neighbour
	if addr.IsValid() {
		p := Neighbours(addr)
		if n = h.nets[p]; n.count == 0 {
			return near, 0, false
		}
		near.Kind, near.Shared = NearNetwork, p.String()
	} else {
		r := Registrable(name)
		if n = h.names[r]; n.count == 0 {
			return near, 0, false
		}
		near.Kind, near.Shared = NearRegistrable, r
	}
	near.Indicator = h.set.list.At(int(n.first))
	// What they share is known; they may be closer than that.
	v := nearValue{name: name, registrable: near.Shared}
	if closer, ok := v.near(&near.Indicator); ok && near.Kind == NearRegistrable {
		near = closer
	}
	return near, int(n.count) - 1, true
}
