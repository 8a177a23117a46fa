package ioc

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Has is KQL's has operator for one term or phrase: the term occurs in the
// cell, without regard to case, at a place where at each end either the
// term's edge character or the cell's next one is not alphanumeric. It is
// false for an empty term.
func Has(cell []byte, term string) bool {
	if term == "" {
		return false
	}
	if before := len(cell) - len(term); before == 0 || before > 0 && cell[before-1] == '.' {
		if string(cell[before:]) == term { // itself, or a name below it
			return true
		}
	}
	first, _ := utf8.DecodeRuneInString(term)
	last, _ := utf8.DecodeLastRuneInString(term)
	for i := 0; i < len(cell); {
		if b := cell[i]; b|0x20 != byte(first)|0x20 && b|byte(first) < utf8.RuneSelf && first < utf8.RuneSelf {
			i++ // another letter, as nearly all are
			continue
		}
		_, width := utf8.DecodeRune(cell[i:])
		if n := foldPrefix(cell[i:], term); n > 0 &&
			!(isWord(first) && wordBefore(cell, i)) && !(isWord(last) && wordAt(cell, i+n)) {
			return true
		}
		i += width
	}
	return false
}

// foldPrefix returns the length of the text at the start of c that equals term
// but for case, 0 if it does not.
func foldPrefix(c []byte, term string) int {
	n := 0
	for _, want := range term {
		got, width := utf8.DecodeRune(c[n:])
		if width == 0 || got != want && !equalFold(got, want) {
			return 0
		}
		n += width
	}
	return n
}

// equalFold compares two characters without regard to case. An ASCII letter
// equals no other than its own capital: U+212A is no k to KQL.
func equalFold(a, b rune) bool {
	if a < utf8.RuneSelf || b < utf8.RuneSelf {
		return a < utf8.RuneSelf && b < utf8.RuneSelf && isAlnum(byte(a)) && a|0x20 == b|0x20 && a >= 'A' && b >= 'A'
	}
	return unicode.ToLower(a) == unicode.ToLower(b)
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isAlnum(byte(r))
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

func wordBefore(c []byte, i int) bool {
	if i > 0 && c[i-1] < utf8.RuneSelf {
		return isAlnum(c[i-1])
	}
	r, width := utf8.DecodeLastRune(c[:i])
	return width > 0 && isWord(r)
}

func wordAt(c []byte, i int) bool {
	if i < len(c) && c[i] < utf8.RuneSelf {
		return isAlnum(c[i])
	}
	r, width := utf8.DecodeRune(c[i:])
	return width > 0 && isWord(r)
}

// In is KQL's in operator: it appends the entry whose hash, for cells of
// KindHash, or else whose address is in normal form the cell's text, byte for
// byte.
func (s *Set) In(k Kind, cell []byte, dst []Candidate) []Candidate {
	if k == KindHash {
		return s.inHash(cell, dst)
	}
	a, port, ok := ParseAddr(cell)
	if !ok || port >= 0 {
		return dst
	}
	var buf [64]byte
	if string(a.AppendTo(buf[:0])) != string(cell) {
		return dst
	}
	m := Candidate{Port: -1, Len: uint32(len(cell))}
	if a.Is4() {
		v := value4(a)
		return s.addAddr4(v, hash4(v), m, dst)
	}
	return s.addAddr6(a, hash16(a), m, dst)
}

// HasAny is KQL's has_any operator for the domain indicators: it appends every
// entry whose name the cell has, in the sense of Has. Candidates are the whole
// cell; what matters is that it occurs, not where.
func (s *Set) HasAny(cell []byte, dst []Candidate) []Candidate {
	if s.names.n == 0 {
		return dst
	}
	from := len(dst)
	for i := 0; i < len(cell); i++ {
		b := cell[i]
		// Where a term may start: at the edge of a word, or at a sign that is
		// itself no part of a word.
		if isAlnum(b) {
			if wordBefore(cell, i) {
				continue
			}
		} else if !s.edges || b != '-' && b != '_' {
			continue
		}
		dst = s.hasFrom(cell, i, from, dst)
	}
	return dst
}

// hasFrom appends the entries whose name stands at cell[i:] and ends at an
// edge. dst[from:] is what the cell has already given.
func (s *Set) hasFrom(cell []byte, i, from int, dst []Candidate) []Candidate {
	var buf [256]byte
	n := 0
	for n < maxName && i+n < len(cell) {
		b := cell[i+n]
		if !isAlnum(b) && b != '.' && b != '-' && b != '_' {
			break
		}
		buf[n] = nameByte[b]
		n++
		if b == '.' || !s.hasLength(n) || isAlnum(b) && wordAt(cell, i+n) || !isAlnum(b) && !s.edges {
			continue
		}
		e, ok := s.findName(buf[:n])
		if ok && !slices.ContainsFunc(dst[from:], func(c Candidate) bool { return c.Entry == e }) {
			dst = append(dst, Candidate{Entry: e, Port: -1, Len: uint32(len(cell))})
		}
	}
	return dst
}
