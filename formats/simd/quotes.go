package simd

import "math/bits"

// Quoting is what [Hide] knows of the text before a word.
type Quoting struct {
	In     uint64 // all bits set if the word begins inside quotes, else 0
	Closed uint64 // 1 if the byte before closes a quoted cell; a quote that follows opens it again
	Delim  uint64 // 1 if the byte before is a separator or line break
	Hidden int    // place of the last line break that was taken out
	Breaks int    // how many were taken out
}

// Hide takes the separators and line breaks inside quotes out of seps and nls, from
// word from on, as long as all quotes are well-formed: one that opens stands behind a
// separator, a line break or a closing quote; one that closes stands before a separator,
// a line break, a carriage return with a line break behind it, or a quote. It stops at
// the first word with another quote, or at to, and returns that word; then q is what is
// known of the text before it. All four slices have more than to words.
func Hide(seps, nls, quotes, crs []uint64, from, to int, q *Quoting) int {
	if from >= to {
		return from
	}
	_, _, _, _ = seps[to], nls[to], quotes[to], crs[to]
	return hide(seps, nls, quotes, crs, from, to, q)
}

func hideGo(seps, nls, quotes, crs []uint64, w, to int, state *Quoting) int {
	in, closed, delim := state.In, state.Closed, state.Delim
	for ; w < to; w++ {
		q := quotes[w]
		if q|in == 0 { // as most are
			for w+1 < to && quotes[w+1] == 0 {
				w++
			}
			closed, delim = 0, (seps[w]|nls[w])>>63
			continue
		}
		d := seps[w] | nls[w]
		inside := Parity(q) ^ in
		opens, closes := q&inside, q&^inside
		ends := d | q | crs[w]&(nls[w]>>1|nls[w+1]<<63)
		next := ends>>1 | (seps[w+1]|nls[w+1]|quotes[w+1]|crs[w+1]&(nls[w+1]>>1))<<63
		if opens&^((d|closes)<<1|delim|closed)|closes&^next != 0 {
			break
		}
		if h := nls[w] & inside; h != 0 {
			state.Hidden = w*64 + 63 - bits.LeadingZeros64(h)
			state.Breaks += bits.OnesCount64(h)
		}
		seps[w] &^= inside
		nls[w] &^= inside
		in, closed, delim = uint64(int64(inside)>>63), closes>>63, d>>63
	}
	state.In, state.Closed, state.Delim = in, closed, delim
	return w
}

// Parity sets each bit of x up to and including which the number of set bits is odd. Of
// quotes that gives the bytes between them, with the opening ones.
func Parity(x uint64) uint64 {
	x ^= x << 1
	x ^= x << 2
	x ^= x << 4
	x ^= x << 8
	x ^= x << 16
	return x ^ x<<32
}
