package ioc

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"unsafe"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// Screen appends to dst the indices of the cells, pieces of data, that may
// hold something. All other cells are proven not to: Match finds nothing in them.
//
// Nearly every cell of a log is a plain address or name that is not held. A
// look at its bytes, 16 at once and without a branch for each, tells that much
// faster than parsing. Other spellings are left to Match, and so are cells in the last
// bytes of data.
func Screen[C ~struct{ Off, Len uint32 }](s *Set, k Kind, data []byte, cells []C, dst []uint32) []uint32 {
	if (k == KindIP || k == KindIPList) && simd.ScreensQuickly() && len(cells) > 0 {
		from := len(dst)
		dst = slices.Grow(dst, len(cells))[:from+len(cells)]
		spans := unsafe.Slice((*simd.Span)(unsafe.Pointer(&cells[0])), len(cells))
		maybe := dst[from:][:s.quads.Screen(data, spans, k == KindIPList, dst[from:])]
		dst = dst[:from]
		for _, i := range maybe { // IPv6, other spellings, what is near
			if c := spans[i]; !s.absent(k, data, int(c.Off), int(c.Off+c.Len)) {
				dst = append(dst, i)
			}
		}
		return dst
	}
	for i := range cells {
		c := (struct{ Off, Len uint32 })(cells[i])
		if c.Len > 0 && !s.absent(k, data, int(c.Off), int(c.Off+c.Len)) {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}

// absent reports whether the cell data[from:to] surely holds nothing. False means that
// it may hold something.
func (s *Set) absent(k Kind, data []byte, from, to int) bool {
	switch k {
	case KindIP:
		q, n := simd.QuadAt(data, from, to)
		if n != to-from {
			return s.absent6(data[from:to]) == to-from
		}
		return s.quads.Absent(q, n)
	case KindIPList:
		return s.absentList(data, from, to)
	case KindList:
		return s.absentMembers(data, from, to)
	case KindDomain:
		return s.absentName(data, from, to)
	case KindHash:
		return s.absentHash(data, from, to)
	case KindHost, KindURL:
		return s.absentHost(data, from, to)
	case KindURLOrText:
		return to-from >= 8 && schemeLen(binary.LittleEndian.Uint64(data[from:])) > 0 && s.absentHost(data, from, to)
	}
	return false
}

const (
	screenOnes  = 0x0101010101010101
	screenLow7  = 0x7f7f7f7f7f7f7f7f
	screenHigh1 = 0x8080808080808080
)

// equalBytes sets the top bit of each byte that is b, and no other.
func equalBytes(x uint64, b byte) uint64 {
	x ^= screenOnes * uint64(b)
	return ^((x&screenLow7 + screenLow7) | x) & screenHigh1
}

// notDigits sets the top bit of each byte that is no decimal digit.
func notDigits(x uint64) uint64 {
	x ^= screenOnes * '0' // digits become 0 to 9
	return (x&screenLow7 + screenOnes*(0x80-10) | x) & screenHigh1
}

// quadOf is the text of an address in normal form.
func quadOf(addr uint32) simd.Quad {
	a, b, c, d := octets[addr>>24], octets[addr>>16&255], octets[addr>>8&255], octets[addr&255]
	// The first two are eight bytes at most, the last two seven without the full stop.
	first, n := a.text|b.text<<(8*a.n), 8*(a.n+b.n)
	last := (c.text | d.text<<(8*c.n)) & (1<<(8*(c.n+d.n-1)) - 1)
	return simd.Quad{Lo: first | last<<n, Hi: last >> (64 - n)}
}

// An octet is a part of an address as text, with the full stop behind it.
type octet struct {
	text uint64
	n    uint // length
}

var octets = func() (t [256]octet) {
	for v := range t {
		var b [8]byte
		text := append(strconv.AppendUint(b[:0], uint64(v), 10), '.')
		t[v] = octet{binary.LittleEndian.Uint64(b[:]), uint(len(text))}
	}
	return t
}()

// absentList is absent for addresses between separators.
func (s *Set) absentList(data []byte, from, to int) bool {
	for {
		q, n := simd.QuadAt(data, from, to)
		if n == 0 || from+n < to && !listSep[data[from+n]] {
			n = s.absent6(data[from:to])
			if n == 0 || from+n < to && !listSep[data[from+n]] {
				return false
			}
		} else if !s.quads.Absent(q, n) {
			return false
		}
		if from += n; from == to {
			return true
		}
		for from < to && listSep[data[from]] {
			from++
		}
		if from == to {
			return true
		}
	}
}

// absent6 returns the length of the IPv6 address that c begins with, 0 if it may be
// held or there is none.
func (s *Set) absent6(c []byte) int {
	a, n := parse6(c)
	if n == 0 || s.has6 {
		return 0
	}
	addr := netip.AddrFrom16(a)
	if addr.Is4In6() || s.v6.n > 0 && s.v6.filter.has(hash16(addr)) {
		return 0
	}
	return n
}

// absentMembers is absent for addresses and names between separators, also as the text
// of a JSON array in a string of JSON: its brackets and escaped quotes separate as well.
// Any other escape may spell a part of a name.
func (s *Set) absentMembers(data []byte, from, to int) bool {
	for {
		for from < to && memberByte[data[from]]&separates != 0 {
			if data[from] == '\\' && (from+1 == to || data[from+1] != '"') {
				return false
			}
			from++
		}
		if from == to {
			return true
		}
		start := from
		for from < to && memberByte[data[from]]&ofHost != 0 {
			from++
		}
		switch {
		case from < to && data[from] == ':':
			n := s.absent6(data[start:to])
			if from = start + n; n == 0 || from < to && memberByte[data[from]]&separates == 0 {
				return false // a URL, a host with its port
			}
		case from == start, from < to && memberByte[data[from]]&separates == 0:
			return false // a name that is not ASCII
		case isDigit(data[start]):
			if q, n := simd.QuadAt(data, start, from); n != from-start || !s.quads.Absent(q, n) {
				return false
			}
		case numericEnd(data[start:from]) || !s.absentName(data, start, from):
			return false
		}
	}
}

// numericEnd reports whether the last label of a host does not begin with a letter:
// then it may be an address.
func numericEnd(host []byte) bool {
	i := len(host) - 1
	for i >= 0 && host[i] != '.' {
		i--
	}
	return i+1 == len(host) || host[i+1]|0x20 < 'a'
}

// memberByte says what bytes are among the members of a list.
var memberByte = func() (t [256]uint8) {
	for i := range t {
		switch {
		case listSep[i], i == '[', i == ']':
			t[i] = separates
		case hostByte[i]:
			t[i] = ofHost
		}
	}
	return t
}()

const (
	separates = 1 << iota
	ofHost
)

// An anchor is the end of a name, as two words: its last two labels, or the last 16
// bytes of these. Letters are in lower case; other bytes may be changed too, but always
// in the same way.
type anchor struct{ lo, hi uint64 }

// anchorMask[n] keeps the last n of 16 bytes.
var anchorMask = func() (t [17]anchor) {
	for n := range t {
		t[n].hi = ^uint64(0)
		if n < 8 {
			t[n].hi = ^(^uint64(0) >> (8 * n))
		} else {
			t[n].lo = ^(^uint64(0) >> (8 * (n - 8)))
		}
	}
	return t
}()

// anchorAt finds the anchor of the name data[from:to]; data has at least 16 bytes before
// to. dots is how many full stops were met, at most 2; whole means that the anchor begins
// where the name does. ok is false if the last two labels hold anything but ASCII: then
// their normal form has another end.
func anchorAt(data []byte, from, to int) (a anchor, dots int, whole, ok bool) {
	p := (*[16]byte)(data[to-16:])
	n := min(to-from, 16)
	a = anchor{binary.LittleEndian.Uint64(p[:8]) & anchorMask[n].lo, binary.LittleEndian.Uint64(p[8:]) & anchorMask[n].hi}
	hi, lo := equalBytes(a.hi, '.'), equalBytes(a.lo, '.')
	dots = bits.OnesCount64(hi) + bits.OnesCount64(lo)
	ok = (a.lo|a.hi)&screenHigh1 == 0
	whole = to-from <= 16
	if dots < 2 && !whole {
		// The labels go on to the left.
		for i, more := to-17, 2-dots; i >= from && ok; i-- {
			if data[i] == '.' {
				if more--; more == 0 {
					break
				}
			}
			ok = data[i] < 0x80
		}
	}
	if dots >= 2 {
		// The second from the end.
		if bits.OnesCount64(hi) >= 2 {
			hi &^= 1 << (63 - bits.LeadingZeros64(hi))
			n = bits.LeadingZeros64(hi) >> 3
		} else {
			if hi == 0 {
				lo &^= 1 << (63 - bits.LeadingZeros64(lo))
			}
			n = 8 + bits.LeadingZeros64(lo)>>3
		}
		dots, whole = 2, false
		a.lo, a.hi = a.lo&anchorMask[n].lo, a.hi&anchorMask[n].hi
	}
	a.lo |= screenOnes * 0x20 & anchorMask[n].lo
	a.hi |= screenOnes * 0x20 & anchorMask[n].hi
	return a, dots, whole, ok
}

// hash mixes an anchor as wyhash does.
func (a anchor) hash() uint64 {
	hi, lo := bits.Mul64(a.lo^prime1, a.hi^prime2)
	return (hi ^ lo) * prime3
}

// anchorOf is the anchor of a name in normal form, which has several labels.
func anchorOf(name []byte) anchor {
	if n := len(name); n >= 16 {
		a, _, _, _ := anchorAt(name, 0, n)
		return a
	}
	var b [32]byte
	n := copy(b[16:], name)
	a, _, _, _ := anchorAt(b[:], 16, 16+n)
	return a
}

// absentName is absent for a cell or host that is a name.
func (s *Set) absentName(data []byte, from, to int) bool {
	if s.names.n+s.urls.n == 0 {
		return true
	}
	if data[to-1] == '.' {
		to--
	}
	if s.single || to < 16 || to <= from || !isAlnum(data[to-1]) {
		return false // what is to be trimmed, and (3)com(0)
	}
	a, dots, whole, ok := anchorAt(data, from, to)
	if !ok || blank(data[from]) {
		return false
	}
	if dots == 0 && (whole || s.url.single && bytes.IndexByte(data[from:to], '.') < 0) {
		return !s.url.single
	}
	return !s.anchors.has(a.hash())
}

// hostByte are the bytes of plain hosts.
var hostByte = func() (t [256]bool) {
	for i := range t {
		b := byte(i)
		t[i] = isAlnum(b) || b == '.' || b == '-' || b == '_'
	}
	return t
}()

// schemeLen is the length of http:// or https://, any letters in upper case,
// if the first eight bytes of a cell begin so.
func schemeLen(first uint64) int {
	const https, http = 0x2f2f3a7370747468, 0x2f2f3a70747468
	switch {
	case first|0x2020202020 == https:
		return 8
	case (first|0x20202020)&(1<<56-1) == http:
		return 7
	}
	return 0
}

// absentHost is absent for URLs and hosts.
func (s *Set) absentHost(data []byte, from, to int) bool {
	start := from
	if to-from >= 8 {
		start += schemeLen(binary.LittleEndian.Uint64(data[from:]))
	}
	end := start
	for end < to && hostByte[data[end]] {
		end++
	}
	if end == start {
		return false
	}
	if end < to {
		switch data[end] {
		case '/', '?', '#':
		case ':': // a port, or else a password
			i := end + 1
			for i < to && isDigit(data[i]) {
				i++
			}
			if i == end+1 || i > end+6 || i < to && data[i] != '/' {
				return false
			}
		default:
			return false
		}
	}
	return !numericEnd(data[start:end]) && s.absentName(data, start, end)
}
