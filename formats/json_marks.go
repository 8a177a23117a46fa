package formats

import "github.com/iocsweep/iocsweep/formats/simd"

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
	m.quotes, m.slashes, m.nls = grown(m.quotes, words+3), grown(m.slashes, words), grown(m.nls, words)
	clear(m.quotes[words:]) // see simd.Members
	whole := len(text) / 64
	escaped := simd.JSON(text, 0, m.quotes[:whole], m.slashes[:whole], m.nls[:whole])
	if whole < words {
		var rest [64]byte
		copy(rest[:], text[whole*64:])
		simd.JSON(rest[:], escaped, m.quotes[whole:words], m.slashes[whole:], m.nls[whole:])
	}
}
