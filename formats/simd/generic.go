package simd

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	low7  = 0x7f7f7f7f7f7f7f7f
	high1 = 0x8080808080808080
	// gather moves the top bits of eight bytes, multiplied, into the top byte.
	gather = 0x0002040810204081

	newlines, returns, quoteBytes, backslashes = ones * '\n', ones * '\r', ones * '"', ones * '\\'
)

// unequal sets the top bit of each byte that differs between x and y. There are no
// carries between bytes, so that the answer is exact.
func unequal(x, y uint64) uint64 {
	x ^= y
	return (x&low7 + low7) | x
}

// bitsOf gives a bit for each byte whose top bit is clear.
func bitsOf(unequal uint64) uint64 { return (^unequal & high1) * gather >> 56 }

func csvGo(data []byte, sep byte, seps, nls, quotes, crs []uint64) {
	sepBytes := ones * uint64(sep)
	nls, quotes, crs = nls[:len(seps)], quotes[:len(seps)], crs[:len(seps)]
	for w := range seps {
		var s, n, q, r uint64
		chunk := (*[64]byte)(data[w*64:])
		for i := 0; i < 64; i += 8 {
			x := binary.LittleEndian.Uint64(chunk[i : i+8])
			s |= bitsOf(unequal(x, sepBytes)) << i
			b, c, d := unequal(x, newlines), unequal(x, quoteBytes), unequal(x, returns)
			// Most groups of eight have none of these.
			if b&c&d&high1 != high1 {
				n |= bitsOf(b) << i
				q |= bitsOf(c) << i
				r |= bitsOf(d) << i
			}
		}
		seps[w], nls[w], quotes[w], crs[w] = s, n, q, r
	}
}

func jsonGo(data []byte, escaped uint64, quotes, slashes, nls []uint64) uint64 {
	slashes, nls = slashes[:len(quotes)], nls[:len(quotes)]
	for w := range quotes {
		var q, n, b uint64
		chunk := (*[64]byte)(data[w*64:])
		for i := 0; i < 64; i += 8 {
			x := binary.LittleEndian.Uint64(chunk[i : i+8])
			q |= bitsOf(unequal(x, quoteBytes)) << i
			c, d := unequal(x, newlines), unequal(x, backslashes)
			if c&d&high1 != high1 {
				n |= bitsOf(c) << i
				b |= bitsOf(d) << i
			}
		}
		slashes[w] = b
		if b|escaped != 0 {
			var e uint64
			e, escaped = escapes(b, escaped)
			q &^= e
		}
		quotes[w], nls[w] = q, n
	}
	return escaped
}

func membersGo(b []byte, quotes []uint64, p, end int, keys []Key, prev int32, vals []Value) (next int, last int32) {
	for first := p; p == first || b[p] == ','; {
		k := keys[prev].take(keys, b[p:], p == first)
		if k == nil {
			break
		}
		at := p + int(k.n)
		if at >= end {
			break
		}
		v := Value{Off: uint32(at), Kind: Set}
		to := at // behind the value
		if b[at] == '"' {
			q := Next(quotes, at+1, end)
			if q < 0 {
				return p, prev
			}
			v, to = Value{uint32(at + 1), uint32(q - at - 1), Set | String}, q+1
		} else {
			n := wordLen(b[at:], end-at)
			if n == 0 {
				return p, prev
			}
			if v.Len, to = uint32(n), at+n; b[at] == 'n' {
				v.Off, v.Len = 0, 0
			}
		}
		if k.Slot >= 0 {
			vals[k.Slot] = v
		}
		p, prev = to, keys[prev].follow[0]/keySize
	}
	return p, prev
}

// wordLen returns the length of null, true, false or a number, as far as digits knows
// it, that b begins with and that ends before the end; 0 for anything else.
func wordLen(b []byte, end int) int {
	var word string
	switch b[0] {
	case 'n':
		word = "null"
	case 't':
		word = "true"
	case 'f':
		word = "false"
	default:
		if n := digits(b); n < end && (b[n] == ',' || b[n] == '}') {
			return n
		}
		return 0
	}
	if !bytes.HasPrefix(b[:end], []byte(word)) {
		return 0
	}
	return len(word)
}

// take returns the first of a key's followers that b begins with, and puts it before the
// others; nil if there is none. With first a brace may stand in place of the comma.
func (k *Key) take(keys []Key, b []byte, first bool) *Key {
	for i, f := range k.follow {
		n := &keys[f/keySize]
		if n.n == 1 || !first && b[0] != ',' || string(b[1:n.n]) != string(n.glue[1:n.n]) {
			continue
		}
		k.follow[0], k.follow[i] = f, k.follow[0]
		return n
	}
	return nil
}

// digits returns the length of the digits that b, of at least 16 bytes, begins with: 1 to
// 15, or 0 if they are no number, or may be one of another form.
func digits(b []byte) int {
	n := leadingDigits(b)
	if n == 8 {
		n += leadingDigits(b[8:])
	}
	if n > 15 || n > 1 && b[0] == '0' {
		return 0
	}
	return n
}

// leadingDigits is how many of eight bytes are digits before another one.
func leadingDigits(b []byte) int {
	d := binary.LittleEndian.Uint64(b) ^ '0'*ones
	return bits.TrailingZeros64(((d&low7)+(0x80-10)*ones|d)&high1) >> 3
}

// escapes returns what backslashes escape, by the places of backslashes and
// whether the first byte is escaped.
//
//	bytes      a \ \ \ n \ "
//	escaped        1   1   1
func escapes(backslashes, first uint64) (escaped, next uint64) {
	backslashes &^= first
	for backslashes != 0 {
		i := backslashes & -backslashes // escapes, and is not escaped itself
		if i == 1<<63 {
			return escaped | first, 1
		}
		escaped |= i << 1
		backslashes &^= i | i<<1
	}
	return escaped | first, 0
}

func undoubleGo(dst, src []byte) (n int, ok bool) {
	for {
		i := bytes.IndexByte(src, '"')
		if i < 0 {
			return n + copy(dst[n:], src), true
		}
		n += copy(dst[n:], src[:i+1])
		if i+1 == len(src) || src[i+1] != '"' {
			return 0, false
		}
		src = src[i+2:]
	}
}

func unescapeGo(dst, src []byte) (n int, ok bool) {
	for {
		i := bytes.IndexByte(src, '\\')
		if i < 0 {
			return n + copy(dst[n:], src), true
		}
		n += copy(dst[n:], src[:i])
		if i+1 == len(src) || src[i+1] != '"' && src[i+1] != '/' && src[i+1] != '\\' {
			return 0, false
		}
		dst[n] = src[i+1]
		n++
		src = src[i+2:]
	}
}
