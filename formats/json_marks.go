package formats

import (
	"math/bits"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// jsonMarks are the bytes that give the text of a block its structure, found
// 64 at a time: with them a string costs the words it covers, not its bytes.
type jsonMarks struct {
	quotes  []uint64 // those that no backslash escapes
	slashes []uint64
	nls     []uint64
}

// fill finds the marks of text.
func (m *jsonMarks) fill(text []byte) {
	words := (len(text) + 63) / 64
	m.quotes, m.slashes, m.nls = grown(m.quotes, words+2), grown(m.slashes, words), grown(m.nls, words)
	m.quotes[words], m.quotes[words+1] = 0, 0 // see simd.Members
	whole := len(text) / 64
	escaped := simd.JSON(text, 0, m.quotes[:whole], m.slashes[:whole], m.nls[:whole])
	if whole < words {
		var rest [64]byte
		copy(rest[:], text[whole*64:])
		simd.JSON(rest[:], escaped, m.quotes[whole:words], m.slashes[whole:], m.nls[whole:])
	}
}

// next returns the first mark in [p, end), else -1.
func next(marks []uint64, p, end int) int {
	if p >= end {
		return -1
	}
	w := p >> 6
	x := marks[w] >> uint(p&63) << uint(p&63)
	for x == 0 {
		if w++; w<<6 >= end {
			return -1
		}
		x = marks[w]
	}
	if p = w<<6 + bits.TrailingZeros64(x); p >= end {
		return -1
	}
	return p
}
