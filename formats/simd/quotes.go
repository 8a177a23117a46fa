package simd

import "math/bits"

// Quoting is what [Hide] knows of the text before a word.
type Quoting struct {
	In     uint64 // all bits where a quoted cell goes on, else none
	Closed uint64 // 1 where the byte before is a quote that closes one; a quote that follows opens it again
	Delim  uint64 // 1 where the byte before is a separator or line break
	Hidden int    // the last line break that was hidden
	Breaks int    // how many were
}

// Hide takes the separators and line breaks inside quotes out of seps and nls, from
// word from on, as long as all is well-formed: a quote opens behind a separator, a
// line break or a quote that has closed, and closes before one, or before a quote;
// a carriage return may stand before the line break. It stops at the first word that
// has another one, or at to, and returns that word; q is what is known before it. Of
// each of the four there is one word more than to.
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

// Parity returns for each bit whether the number of set bits up to and with it
// is odd: of quotes, what lies between them.
func Parity(x uint64) uint64 {
	x ^= x << 1
	x ^= x << 2
	x ^= x << 4
	x ^= x << 8
	x ^= x << 16
	return x ^ x<<32
}
