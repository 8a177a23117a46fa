package simd

import (
	"encoding/binary"
	"math/bits"
)

// A Quad is the digits and full stops that a text begins with, as the bytes of two
// words: at most 15, which is the longest text of an IPv4 address. Other bytes are 0.
type Quad struct{ Lo, Hi uint64 }

// quadMask[n] keeps the first n of 16 bytes.
var quadMask = func() (t [17]Quad) {
	for n := range t {
		t[n] = Quad{1<<(8*n) - 1, 0}
		if n > 8 {
			t[n] = Quad{^uint64(0), 1<<(8*(n-8)) - 1}
		}
	}
	return t
}()

// QuadAt reads the quad at data[from:], before to, and its length, 0 if it is
// too long or the end of data too near.
func QuadAt(data []byte, from, to int) (q Quad, n int) {
	if from < 0 || from+16 > len(data) {
		return q, 0
	}
	p := (*[16]byte)(data[from:])
	lo, hi := binary.LittleEndian.Uint64(p[:8]), binary.LittleEndian.Uint64(p[8:])
	endLo, endHi := notQuad(lo), notQuad(hi)
	n = bits.TrailingZeros64(endLo) >> 3
	if endLo == 0 {
		n += bits.TrailingZeros64(endHi) >> 3
	}
	if n = min(n, to-from); n > 15 {
		return q, 0
	}
	m := &quadMask[n&15]
	return Quad{lo & m.Lo, hi & m.Hi}, n
}

// notQuad has the top bit of each byte set that is neither digit nor full stop.
func notQuad(x uint64) uint64 {
	d := x ^ '0'*ones // digits become 0 to 9
	return (d&low7 + (0x80-10)*ones | d) & unequal(x, '.'*ones) & high1
}

// Hash is a hash of the text.
func (q Quad) Hash() uint64 {
	hi, lo := bits.Mul64(q.Lo^quadPrime1, q.Hi^quadPrime2)
	return (hi ^ lo) * quadPrime3
}

// Half is 16 bits made of the text before the second full stop. A text without one
// gives some bits, too.
func (q Quad) Half() uint32 {
	d := ^unequal(q.Lo, '.'*ones) & high1
	d &= d - 1
	return uint32(q.Lo & (d&-d>>7 - 1) * quadPrime1 >> 48)
}

// Constants of xxHash64.
const (
	quadPrime1 = 11400714785074694791
	quadPrime2 = 14029467366897019727
	quadPrime3 = 1609587929392839161
)

// Halves has a bit for each half of IPv4 addresses: their first 16 bits, or those
// of [Quad.Half]. At 8 KB it stays in the first cache, however many there are.
type Halves [1 << 10]uint64

// Has reports whether a half is there.
func (h *Halves) Has(half uint32) bool { return h[half>>6&(1<<10-1)]>>(half&63)&1 != 0 }

// Quads tells IPv4 addresses that may be of a set from those that surely are not,
// by their text. Most addresses in a log are of one's own networks, and these seldom
// share their half with one that is looked for.
type Quads struct {
	Either *Halves // halves of the addresses in the set, and those in Wide
	Wide   *Halves // any address with such a half may be of the set
	Filter []uint64
	Shift  uint64 // Filter[uint32(hash)>>Shift] has two bits of each address in the set
}

// Absent reports whether an address with a text of n bytes is surely not of the set. It
// is compared as text: digits and full stops spell an address of the set only in its
// normal form, or with all four octets filled up with zeros to three digits.
func (s *Quads) Absent(q Quad, n int) bool {
	if n == 15 && (unequal(q.Lo, '0'*ones)&unequal(q.Hi, '0'*ones)&(0x80|0x80<<32)) != 0x80|0x80<<32 {
		return false // an octet begins with 0
	}
	half := q.Half()
	if !s.Either.Has(half) {
		return true
	}
	h := q.Hash()
	m := uint64(1)<<(h&31) | 1<<32<<(h>>5&31)
	return !s.Wide.Has(half) && s.Filter[uint64(uint32(h))>>(s.Shift&63)]&m != m
}

// A Span is a piece of some text.
type Span struct{ Off, Len uint32 }

// ScreensQuickly reports whether Screen has a kernel. Without one it is no faster than
// asking Absent about each cell.
func ScreensQuickly() bool { return level >= AVX2 }

// Screen leaves in dst, which has room for all, the numbers of the cells that may
// hold an address of the set, and returns how many there are. It knows only cells that
// are an IPv4 address in its common form, or with list several of them between commas,
// semicolons and blanks: all other cells may hold one, and so may those in the last
// bytes of data. Empty cells do not.
func (s *Quads) Screen(data []byte, cells []Span, list bool, dst []uint32) int {
	if len(cells) == 0 {
		return 0
	}
	_ = dst[len(cells)-1]
	return screenQuads(s, data, cells, list, dst)
}

func screenQuadsGo(s *Quads, data []byte, cells []Span, list bool, dst []uint32) (n int) {
	for i, c := range cells {
		if c.Len > 0 && !s.absent(data, int(c.Off), int(c.Off+c.Len), list) {
			dst[n] = uint32(i)
			n++
		}
	}
	return n
}

func (s *Quads) absent(data []byte, from, to int, list bool) bool {
	for {
		q, n := QuadAt(data, from, to)
		if n == 0 || !s.Absent(q, n) {
			return false
		}
		if from += n; from == to {
			return true
		}
		if !list || !between(data[from]) {
			return false
		}
		for from < to && between(data[from]) {
			from++
		}
		if from == to {
			return true
		}
	}
}

func between(c byte) bool { return c == ',' || c == ' ' || c == ';' }
