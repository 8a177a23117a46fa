package formats

import (
	"encoding/binary"
)

// The bytes that give a CSV file its structure, found 64 at a time: bit i of
// word w says that byte 64*w+i is one. From here on the reader works on bits:
// columns are skipped by counting them, whatever the cells hold.
type masks struct {
	seps, nls, quotes []uint64
}

// resize makes room for the words of n bytes and two more: the end of the
// input may count as a line break, and the word after a quote is looked at.
func (m *masks) resize(n int) {
	words := n/64 + 2
	m.seps, m.nls, m.quotes = grown(m.seps, words), grown(m.nls, words), grown(m.quotes, words)
}

func grown(s []uint64, n int) []uint64 {
	if cap(s) >= n {
		return s[:n]
	}
	return append(make([]uint64, 0, n+n/4), s...)[:n]
}

// fill sets the words [from, to) from data; bytes behind its end count as none
// of the three.
func (m *masks) fill(data []byte, sep byte, from, to int) {
	whole := min(to, len(data)/64)
	if from < whole {
		maskWords(data[from*64:whole*64], sep, m.seps[from:whole], m.nls[from:whole], m.quotes[from:whole])
		from = whole
	}
	for ; from < to; from++ {
		var rest [64]byte
		if at := from * 64; at < len(data) {
			copy(rest[:], data[at:])
		}
		maskWords(rest[:], sep, m.seps[from:from+1], m.nls[from:from+1], m.quotes[from:from+1])
	}
}

const (
	ones  = 0x0101010101010101
	low7  = 0x7f7f7f7f7f7f7f7f
	high1 = 0x8080808080808080
	// gather moves the top bits of eight bytes, multiplied, into the top byte.
	gather = 0x0002040810204081
)

// maskWords is the inner loop: len(data) is 64 for each word. Eight bytes at a
// time; a byte equals c where x^c has a zero byte, found without carries
// between bytes, so that the answer is exact.
func maskWords(data []byte, sep byte, seps, nls, quotes []uint64) {
	const newline, quote = ones * '\n', ones * '"'
	sepx := ones * uint64(sep)
	nls, quotes = nls[:len(seps)], quotes[:len(seps)]
	for w := range seps {
		var s, n, q uint64
		chunk := (*[64]byte)(data[w*64:])
		for i := 0; i < 64; i += 8 {
			x := binary.LittleEndian.Uint64(chunk[i : i+8])
			a, b, c := x^sepx, x^newline, x^quote
			a = ((a & low7) + low7) | a
			b = ((b & low7) + low7) | b
			c = ((c & low7) + low7) | c
			s |= (^a & high1) * gather >> 56 << i
			// Most groups of eight have no line break and no quote.
			if b&c&high1 != high1 {
				n |= (^b & high1) * gather >> 56 << i
				q |= (^c & high1) * gather >> 56 << i
			}
		}
		seps[w], nls[w], quotes[w] = s, n, q
	}
}

// parity returns for each bit whether the number of set bits up to and with it
// is odd: between quotes.
func parity(x uint64) uint64 {
	x ^= x << 1
	x ^= x << 2
	x ^= x << 4
	x ^= x << 8
	x ^= x << 16
	return x ^ x<<32
}
