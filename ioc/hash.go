package ioc

import (
	"bytes"
	"encoding/binary"
)

// isHashLen reports whether n is the number of hexadecimal digits of an MD5, a SHA-1 or a
// SHA-256: these are matched. The length tells which of them a hash is.
func isHashLen(n int) bool { return n == 32 || n == 40 || n == 64 }

// emptyHashes are those of a file without content. Every such file has them.
var emptyHashes = []string{
	"d41d8cd98f00b204e9800998ecf8427e",
	"da39a3ee5e6b4b0d3255bfef95601890afd80709",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}

func isEmptyHash(digits []byte) bool {
	for _, e := range emptyHashes {
		if len(e) == len(digits) && hasFold(digits, e) {
			return true
		}
	}
	return false
}

func allHex(c []byte) bool {
	for _, b := range c {
		if unhex[b] > 15 {
			return false
		}
	}
	return true
}

// appendHash appends the bytes of a hash that is matched.
func appendHash(dst []byte, digits string) ([]byte, bool) {
	if c := []byte(digits); isHashLen(len(c)) && allHex(c) {
		return appendUnhex(dst, c), true
	}
	return dst, false
}

// appendUnhex appends the bytes that pairs of digits stand for.
func appendUnhex(dst, digits []byte) []byte {
	for i := 0; i+1 < len(digits); i += 2 {
		dst = append(dst, unhex[digits[i]]<<4|unhex[digits[i+1]])
	}
	return dst
}

// findHash returns the entry of a hash whose own hash is h.
func (s *Set) findHash(raw []byte, h uint64) (uint32, bool) {
	x := &s.hashes
	for j := x.home(h); x.slots[j] != 0; j = x.next(j) {
		if x.tagged(j, h) && bytes.Equal(s.list.hashAt(x.entry(j)), raw) {
			return uint32(x.entry(j)), true
		}
	}
	return 0, false
}

// hashAt is the bytes of an entry of classHash.
func (l *List) hashAt(n int) []byte { return l.textAt(l.records.at(n).key) }

// matchHash looks up the hashes in a cell: runs of hexadecimal digits in either case
// that are as long as a hash, with no letter or digit on either side. So cells
// such as MD5=…,SHA256=… or sha1:… give every hash in them.
func (s *Set) matchHash(c []byte, dst []Candidate) []Candidate {
	if s.hashes.n == 0 {
		return dst
	}
	for start, end := nextHash(c, 0); start >= 0; start, end = nextHash(c, end) {
		dst = s.addHash(c, start, end, dst)
	}
	return dst
}

// textHashes is matchHash for free text, which may say the same thing a million
// times: see unrepeat.
func (s *Set) textHashes(c []byte, dst []Candidate) []Candidate {
	if s.hashes.n == 0 {
		return dst
	}
	t := text{s: s, c: c, from: len(dst), dst: dst}
	for start, end := nextHash(c, 0); start >= 0; start, end = nextHash(c, end) {
		n := len(t.dst)
		t.dst = s.addHash(c, start, end, t.dst)
		t.unrepeat(n)
	}
	return t.dst
}

// nextHash finds the next hash in c[from:], which must not begin within a word; start is
// -1 if there is none. A run of 32 digits or more has one at each 32nd byte
// of a text, so most bytes need not be looked at.
func nextHash(c []byte, from int) (start, end int) {
	for i := from + 31; i < len(c); i += 32 {
		if unhex[c[i]] > 15 {
			continue
		}
		start, end = i, i+1
		for start > from && unhex[c[start-1]] <= 15 {
			start--
		}
		for end < len(c) && unhex[c[end]] <= 15 {
			end++
		}
		if (start == from || !isAlnum(c[start-1])) && (end == len(c) || !isAlnum(c[end])) && isHashLen(end-start) {
			return start, end
		}
		for end < len(c) && isAlnum(c[end]) {
			end++
		}
		from, i = end, end-1
	}
	return -1, 0
}

// addHash appends the entry of the hash c[start:end], if there is one.
func (s *Set) addHash(c []byte, start, end int, dst []Candidate) []Candidate {
	var buf [32]byte
	raw := appendUnhex(buf[:0], c[start:end])
	h := hashKey(raw)
	if !s.hashes.filter.has(h) {
		return dst
	}
	if e, ok := s.findHash(raw, h); ok {
		dst = append(dst, Candidate{Entry: e, Port: -1, Off: uint32(start), Len: uint32(end - start)})
	}
	return dst
}

// inHash is In for hashes.
func (s *Set) inHash(c []byte, dst []Candidate) []Candidate {
	if s.hashes.n == 0 || !isHashLen(len(c)) {
		return dst
	}
	for _, b := range c {
		if unhex[b] > 15 || 'A' <= b && b <= 'F' {
			return dst
		}
	}
	return s.addHash(c, 0, len(c), dst)
}

// absentHash is absent for cells of KindHash. A cell that is one hash, as
// nearly all are, is turned away by its first 16 digits. A cell of 40 or 64 bytes may
// instead hold a shorter hash behind a sign, but not if all bytes before its last 32
// are digits of a hash.
func (s *Set) absentHash(data []byte, from, to int) bool {
	n := to - from
	if s.hashes.n == 0 || n < 32 {
		return true
	}
	if !isHashLen(n) || s.heads.has(headOf(data[from:to])) {
		return false
	}
	for i := from; i+32 < to; i += 8 {
		if notHex(binary.LittleEndian.Uint64(data[i:])) != 0 {
			return false
		}
	}
	return true
}

// headOf mixes the first 16 of at least 32 digits. The case of letters does
// not count; other bytes may be changed too, but always in the same way.
func headOf(digits []byte) uint64 {
	p := (*[16]byte)(digits[:16])
	return anchor{
		binary.LittleEndian.Uint64(p[:8]) | screenOnes*0x20,
		binary.LittleEndian.Uint64(p[8:]) | screenOnes*0x20,
	}.hash()
}

// notHex has the top bit of each byte set that is no hexadecimal digit.
func notHex(x uint64) uint64 {
	y := x | screenOnes*0x20 ^ screenOnes*0x60 // letters become 1 to 6
	return notDigits(x) & ((y&screenLow7+screenOnes*(0x80-7)|y)&screenHigh1 | equalBytes(y, 0))
}
