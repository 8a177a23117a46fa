package formats

import (
	"github.com/iocsweep/iocsweep/formats/mem"
	"github.com/iocsweep/iocsweep/formats/simd"
)

// The bytes that give a CSV file its structure, found 64 at a time: bit i of
// word w says that byte 64*w+i is one. From here on the reader works on bits:
// columns are skipped by counting them, whatever the cells hold.
type masks struct {
	seps, nls, quotes, crs []uint64
}

// resize makes room for the words of n bytes and two more: the end of the
// input may count as a line break, and the word after a quote is looked at.
func (m *masks) resize(n int) {
	words := n/64 + 2
	m.seps, m.nls, m.quotes, m.crs = grown(m.seps, words), grown(m.nls, words), grown(m.quotes, words), grown(m.crs, words)
}

func grown(s []uint64, n int) []uint64 {
	if cap(s) >= n {
		return s[:n]
	}
	return append(mem.Make[uint64](n + n/4)[:0], s...)[:n]
}

// fill sets the words [from, to) from data; bytes behind its end count as none
// of the four.
func (m *masks) fill(data []byte, sep byte, from, to int) {
	whole := min(to, len(data)/64)
	if from < whole {
		simd.CSV(data[from*64:whole*64], sep, m.seps[from:whole], m.nls[from:whole], m.quotes[from:whole], m.crs[from:whole])
		from = whole
	}
	for ; from < to; from++ {
		var rest [64]byte
		if at := from * 64; at < len(data) {
			copy(rest[:], data[at:])
		}
		simd.CSV(rest[:], sep, m.seps[from:from+1], m.nls[from:from+1], m.quotes[from:from+1], m.crs[from:from+1])
	}
}
