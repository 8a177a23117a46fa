package ioc

import (
	"unicode"
	"unicode/utf8"
)

// In looks up a cell as KQL's in does: the raw text must equal an address
// indicator's normal form, case and all.
func (s *Set) In(cell []byte, dst []Candidate) []Candidate {
	a, port, ok := ParseAddr(cell)
	if !ok || port >= 0 {
		return dst
	}
	var buf [64]byte
	if string(a.AppendTo(buf[:0])) != string(cell) {
		return dst
	}
	h := hashAddr(a)
	if !s.addrs.maybe(h) {
		return dst
	}
	if e, ok := s.findAddr(h, a); ok {
		dst = append(dst, Candidate{Entry: e, Port: -1, Len: uint32(len(cell))})
	}
	return dst
}

// HasAny looks up a cell as KQL's has_any does: a candidate for each domain
// indicator for which [Has] is true.
func (s *Set) HasAny(cell []byte, dst []Candidate) []Candidate {
	if s.maxLabels == 0 {
		return dst
	}
	start := len(dst)
	var buf [maxName]byte
	for i := range cell {
		if !edge(cell, i) {
			continue
		}
		// Lower-case as far as the longest indicator reaches.
		low := buf[:0]
		for j := i; j < len(cell) && len(low) < s.maxName; j++ {
			b := cell[j]
			if b-'A' <= 25 {
				b |= 0x20
			}
			low = append(low, b)
			if len(low) < s.minName || !edge(cell, j+1) {
				continue
			}
			if e, ok := s.findName(low); ok && !known(dst[start:], e) {
				dst = append(dst, Candidate{Entry: e, Port: -1, Len: uint32(len(cell))})
			}
		}
	}
	return dst
}

func known(list []Candidate, entry uint32) bool {
	for _, c := range list {
		if c.Entry == entry {
			return true
		}
	}
	return false
}

// Has says whether KQL's has operator finds a term in a cell: the term occurs,
// without regard to case, at a place where on either side the edge of the term
// or its neighbour is not alphanumeric. Separators inside the term are
// literal; an underscore separates. An empty term is found nowhere.
func Has(cell []byte, term string) bool {
	if term == "" {
		return false
	}
next:
	for i := 0; i+len(term) <= len(cell); i++ {
		for j := range len(term) {
			a, b := cell[i+j], term[j]
			if a-'A' <= 25 {
				a |= 0x20
			}
			if b-'A' <= 25 {
				b |= 0x20
			}
			if a != b {
				continue next
			}
		}
		if edge(cell, i) && edge(cell, i+len(term)) {
			return true
		}
	}
	return false
}

// edge says that a term may start or end at byte i: not both characters beside
// it are alphanumeric.
func edge(c []byte, i int) bool {
	if i == 0 || i >= len(c) {
		return true
	}
	// ASCII first: nearly all names are.
	if c[i-1] < utf8.RuneSelf && c[i] < utf8.RuneSelf {
		return !isAlnum(c[i-1]) || !isAlnum(c[i])
	}
	if !utf8.RuneStart(c[i]) {
		return false
	}
	before, _ := utf8.DecodeLastRune(c[:i])
	after, _ := utf8.DecodeRune(c[i:])
	return !alnumRune(before) || !alnumRune(after)
}

func alnumRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
