package ioc

import (
	"bytes"
	"net/netip"
)

// Match appends to dst what a cell of kind k holds. A member is the whole cell, or a part
// of a list or text. Every member gives one candidate for each entry that it matches:
// its address, each network with that address, each domain that it is or lies below, its
// hash, each URL that it is or lies below. An empty cell holds nothing.
func (s *Set) Match(k Kind, cell []byte, dst []Candidate) []Candidate {
	if len(cell) == 0 {
		return dst
	}
	if k == KindIP {
		// Most cells of most logs: a dotted quad that is not held.
		if v, n := parse4(cell); n == len(cell) && s.absent4(v) {
			return dst
		}
	}
	m := Candidate{Port: -1, Len: uint32(len(cell))}
	switch k {
	case KindIP:
		return s.matchIP(cell, m, dst)
	case KindDomain:
		return s.matchName(cell, m, dst)
	case KindHost:
		return s.matchHost(cell, m, dst)
	case KindURL:
		return s.matchURL(cell, m, dst)
	case KindURLOrText:
		if i := bytes.IndexByte(cell, ':'); i > 0 && i < 20 && bytes.HasPrefix(cell[i:], []byte("://")) {
			return s.matchURL(cell, m, dst)
		}
		return s.textHashes(cell, s.matchText(cell, 0, dst))
	case KindIPList, KindList:
		return s.matchList(k, cell, 0, dst)
	case KindEmail:
		return s.matchEmail(cell, dst)
	case KindKV:
		return s.textHashes(cell, s.matchKV(cell, dst))
	case KindText:
		return s.textHashes(cell, s.matchText(cell, 0, dst))
	case KindHash:
		return s.matchHash(cell, dst)
	}
	return dst
}

// matchIP looks up a cell or member that is an address. m is the candidate without its
// entry and port.
func (s *Set) matchIP(c []byte, m Candidate, dst []Candidate) []Candidate {
	if v, n := parse4(c); n == len(c) && n > 0 {
		return s.match4(v, m, dst)
	}
	a, port, ok := ParseAddr(c)
	if !ok {
		return dst
	}
	m.Port = int32(port)
	return s.matchAddr(a, m, dst)
}

func (s *Set) matchAddr(a netip.Addr, m Candidate, dst []Candidate) []Candidate {
	if a.Is4() {
		return s.match4(value4(a), m, dst)
	}
	if s.v6.n > 0 {
		if h := hash16(a); s.v6.filter.has(h) {
			dst = s.addAddr6(a, h, m, dst)
		}
	}
	if s.has6 {
		dst = s.addNetsOf(a, m, dst)
	}
	return dst
}

// absent4 reports whether an IPv4 address is surely neither held nor in a held network.
func (s *Set) absent4(v uint32) bool {
	return !(s.near4.Has(v>>16) && s.v4.filter.has(hash4(v))) && !s.wide4.Has(v>>16)
}

func (s *Set) match4(v uint32, m Candidate, dst []Candidate) []Candidate {
	if s.near4.Has(v >> 16) {
		if h := hash4(v); s.v4.filter.has(h) {
			dst = s.addAddr4(v, h, m, dst)
		}
	}
	if s.wide4.Has(v >> 16) {
		dst = s.addNetsOf(addr4(v), m, dst)
	}
	return dst
}

// addAddr4 appends the entry of an address whose hash is h, if there is one.
func (s *Set) addAddr4(v uint32, h uint64, m Candidate, dst []Candidate) []Candidate {
	if e, ok := s.find4(v, h); ok {
		m.Entry = e
		return append(dst, m)
	}
	return dst
}

func (s *Set) addAddr6(a netip.Addr, h uint64, m Candidate, dst []Candidate) []Candidate {
	if e, ok := s.find6(a, h); ok {
		m.Entry = e
		return append(dst, m)
	}
	return dst
}

// addNetsOf appends all networks that hold an address, the narrowest first.
func (s *Set) addNetsOf(a netip.Addr, m Candidate, dst []Candidate) []Candidate {
	e, ok := s.nets.Lookup(a)
	for ok {
		m.Entry = s.netIDs[e]
		dst = append(dst, m)
		e = s.parents[e]
		ok = e != 0
		e--
	}
	return dst
}

// matchHost looks up the host of a URL, host:port or the like.
func (s *Set) matchHost(c []byte, m Candidate, dst []Candidate) []Candidate {
	if bytes.IndexByte(c, '%') >= 0 {
		return s.matchEscapedHost(c, m, dst)
	}
	if p, ok := splitHost(c, nil); ok {
		return s.matchPart(p, m, dst)
	}
	return dst
}

// matchEscapedHost is a function of its own so that only cells with a percent sign pay
// for the room on the stack.
func (s *Set) matchEscapedHost(c []byte, m Candidate, dst []Candidate) []Candidate {
	var tmp [2048]byte
	if p, ok := splitHost(c, tmp[:0]); ok {
		return s.matchPart(p, m, dst)
	}
	return dst
}

func (s *Set) matchPart(p hostPart, m Candidate, dst []Candidate) []Candidate {
	m.Port = int32(p.port)
	if p.addr.IsValid() {
		return s.matchAddr(p.addr, m, dst)
	}
	return s.matchName(p.name, m, dst)
}

// matchName looks up a name and its parents. Most names are turned away by their last
// two labels, with which no held domain ends.
func (s *Set) matchName(c []byte, m Candidate, dst []Candidate) []Candidate {
	if s.names.n == 0 {
		return dst
	}
	c = trim(c)
	if len(c) == 0 {
		return dst
	}
	if !s.single && !s.anchored(c) {
		return dst
	}
	var buf [256]byte
	name, q := appendName(buf[:0], c)
	if q == badName {
		return dst
	}
	labels := 0
	for end := len(name); end >= 0; {
		end = bytes.LastIndexByte(name[:end], '.')
		labels++
		suffix := name[end+1:]
		if s.labels>>min(labels, 63)&1 == 0 || !s.hasLength(len(suffix)) {
			continue
		}
		if e, ok := s.findName(suffix); ok {
			m.Entry, m.Sub = e, end >= 0
			dst = append(dst, m)
		}
	}
	return dst
}

// anchored is false if no held domain has the last two labels of a trimmed cell.
func (s *Set) anchored(c []byte) bool {
	if c[0] == '(' {
		return true // Windows writes (3)com(0)
	}
	c = bytes.TrimSuffix(c, []byte("."))
	var short [2 * 16]byte
	from, n := 0, len(c)
	if n < 16 {
		from = 16
		copy(short[from:], c)
		c = short[:]
	}
	a, dots, whole, ok := anchorAt(c, from, from+n)
	if !ok {
		return true // full-width text may hide dots, and an IDN has another spelling
	}
	return (dots > 0 || !whole) && s.anchors.has(a.hash())
}

func (s *Set) hasLength(n int) bool { return n < 256 && s.lengths[n>>6]>>(n&63)&1 != 0 }
