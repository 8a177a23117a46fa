package ioc

import (
	"bytes"
	"net/netip"
)

// Match appends what a cell may match: a candidate per entry and member of the
// cell (the address, each network round it, each domain that is the name or
// above it). An address in a host or URL cell counts as an address; in a
// domain cell it does not. Empty cells match nothing.
func (s *Set) Match(k Kind, cell []byte, dst []Candidate) []Candidate {
	if len(cell) == 0 {
		return dst
	}
	switch k {
	case KindIP:
		return s.matchIP(cell, 0, len(cell), dst)
	case KindDomain:
		return s.matchName(cell, 0, len(cell), dst)
	case KindHost, KindURL:
		dst, _ = s.matchHost(cell, dst)
		return dst
	case KindURLOrText:
		dst, ok := s.matchHost(cell, dst)
		if ok && bytes.IndexByte(cell, ' ') < 0 {
			return dst
		}
		return s.matchText(cell, dst)
	case KindIPList:
		return s.matchList(cell, false, dst)
	case KindList:
		return s.matchList(cell, true, dst)
	case KindEmail:
		return s.matchMail(cell, dst)
	case KindKV, KindText:
		// The keys of key=value lists hold neither addresses nor dots that
		// could make a name, so the whole cell is scanned as text.
		return s.matchText(cell, dst)
	}
	panic("ioc: unknown kind")
}

// matchIP looks up a cell that holds one address.
func (s *Set) matchIP(cell []byte, off, n int, dst []Candidate) []Candidate {
	c := trim(cell)
	// The common case first: a dotted quad and nothing else.
	if v, m := parse4(c); m > 0 && m == len(c) {
		if !s.has4 {
			return dst
		}
		if e, ok := s.find4(v); ok {
			dst = append(dst, Candidate{Entry: e, Port: -1, Off: uint32(off), Len: uint32(n)})
		}
		if s.hasNets {
			return s.matchNets(addr4(v), -1, off, n, dst)
		}
		return dst
	}
	a, port, ok := ParseAddr(c)
	if !ok {
		return dst
	}
	return s.matchAddr(a, port, off, n, dst)
}

// matchAddr looks up an address.
func (s *Set) matchAddr(a netip.Addr, port, off, n int, dst []Candidate) []Candidate {
	if a.Is4() && !s.has4 || a.Is6() && !s.has6 {
		return dst
	}
	if h := hashAddr(a); s.addrs.maybe(h) {
		if e, ok := s.findAddr(h, a); ok {
			dst = append(dst, Candidate{Entry: e, Port: int32(port), Off: uint32(off), Len: uint32(n)})
		}
	}
	if s.hasNets {
		return s.matchNets(a, port, off, n, dst)
	}
	return dst
}

func (s *Set) matchNets(a netip.Addr, port, off, n int, dst []Candidate) []Candidate {
	if !s.nets.Contains(a) {
		return dst
	}
	for _, e := range s.nets.Supernets(netip.PrefixFrom(a, a.BitLen())) {
		dst = append(dst, Candidate{Entry: e, Port: int32(port), Off: uint32(off), Len: uint32(n)})
	}
	return dst
}

// matchName looks up a cell that holds one name.
func (s *Set) matchName(cell []byte, off, n int, dst []Candidate) []Candidate {
	if s.maxLabels == 0 {
		return dst
	}
	var buf [maxName + 8]byte
	name, q := appendName(buf[:0], trim(cell))
	if q == badName {
		return dst
	}
	// oddName: what stands left of a suffix does not change whose name it is,
	// but a name that resolvers refuse is no contact either.
	if q == oddName {
		return dst
	}
	return s.suffixes(name, -1, off, n, dst)
}

// suffixes looks up a name in normal form and everything above it.
func (s *Set) suffixes(name []byte, port, off, n int, dst []Candidate) []Candidate {
	labels := 1
	for i := len(name) - 1; i >= 0; i-- {
		if i > 0 && name[i-1] != '.' {
			continue
		}
		if labels >= s.minLabels {
			if e, ok := s.findName(name[i:]); ok {
				dst = append(dst, Candidate{Entry: e, Port: int32(port), Off: uint32(off), Len: uint32(n), Sub: i > 0})
			}
			if labels == s.maxLabels {
				break
			}
		}
		labels++
		i-- // the dot
	}
	return dst
}

// matchHost looks up the host of a cell. ok says that the cell has one.
func (s *Set) matchHost(cell []byte, dst []Candidate) (_ []Candidate, ok bool) {
	c := trim(cell)
	if v, m := parse4(c); m > 0 && m == len(c) {
		return s.matchAddr(addr4(v), -1, 0, len(cell), dst), true
	}
	var buf [maxName + 8]byte
	addr, name, port, ok := appendHost(buf[:0], c)
	switch {
	case !ok:
		return dst, false
	case addr.IsValid():
		return s.matchAddr(addr, port, 0, len(cell), dst), true
	case s.maxLabels == 0:
		return dst, true
	}
	return s.suffixes(name, port, 0, len(cell), dst), true
}

// matchList looks up the members of a list: separated by comma, semicolon or
// blank, or a JSON array. Names count only where the column may hold them.
func (s *Set) matchList(cell []byte, names bool, dst []Candidate) []Candidate {
	for i := 0; i < len(cell); {
		if listGap(cell[i]) {
			i++
			continue
		}
		from := i
		for i < len(cell) && !listGap(cell[i]) {
			i++
		}
		// Brackets belong to a JSON array unless they hold an address.
		if cell[from] == '[' && (from+1 == i || cell[from+1] == '"') {
			from++
		}
		to := i
		if to > from && cell[to-1] == ']' && bytes.IndexByte(cell[from:to], '[') < 0 {
			to--
		}
		for to > from && cell[from] == '"' {
			from++
		}
		for to > from && cell[to-1] == '"' {
			to--
		}
		if from == to {
			continue
		}
		member := cell[from:to]
		if cell[from] == '[' && bytes.IndexByte(member, ':') < 0 {
			member, from = member[1:], from+1
			if len(member) == 0 {
				continue
			}
		}
		n := len(dst)
		dst = s.matchIP(member, from, len(member), dst)
		if names && len(dst) == n {
			dst = s.matchName(member, from, len(member), dst)
		}
	}
	return dst
}

func listGap(b byte) bool { return b <= ' ' || b == ',' || b == ';' }

// matchMail looks up the hosts of mail addresses.
func (s *Set) matchMail(cell []byte, dst []Candidate) []Candidate {
	for i := 0; i < len(cell); {
		at := bytes.IndexByte(cell[i:], '@')
		if at < 0 {
			return dst
		}
		from := i + at + 1
		to := from
		for to < len(cell) && !listGap(cell[to]) && cell[to] != '>' && cell[to] != '"' && cell[to] != ')' {
			to++
		}
		start := i + at
		for start > i && !listGap(cell[start-1]) && cell[start-1] != '<' && cell[start-1] != '"' && cell[start-1] != '(' {
			start--
		}
		if from < to {
			dst = s.matchName(cell[from:to], start, to-start, dst)
		}
		i = to
	}
	return dst
}
