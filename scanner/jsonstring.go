package scanner

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// appendString appends s as a JSON string. Beyond what JSON asks for, it
// escapes everything that could drive a terminal (C1 controls, bidi and
// zero-width characters, line separators), so that a hit may be looked at with
// cat; bytes that are no UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, `""`...)
	}
	dst, s = appendPlain(append(dst, '"'), s)
	for s != "" {
		if c := s[0]; c < utf8.RuneSelf {
			switch c {
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			if s = s[1:]; s != "" && s[0] >= ' ' && s[0] < utf8.RuneSelf {
				dst, s = appendPlain(dst, s)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, "\ufffd"...)
		case hidden(r) && r <= 0xffff:
			dst = append(dst, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = append(dst, s[:n]...)
		}
		if s = s[n:]; s != "" && s[0] >= ' ' && s[0] < utf8.RuneSelf {
			dst, s = appendPlain(dst, s)
		}
	}
	return append(dst, '"')
}

// appendPlain appends the beginning of s as the inside of a JSON string: bytes
// that such a string holds as they are, and quotes and backslashes behind a
// backslash each. It returns the rest, which begins with something else; for most
// texts there is none.
func appendPlain(dst []byte, s string) ([]byte, string) {
	at, i := len(dst), 0
	dst = slices.Grow(dst, len(s)+8)
	to := dst[at : at+len(s)+8]
	if last := len(s) - 8; last >= 0 {
		for ; i < last; i += 8 {
			x := load8(s, i)
			if otherThanPlain(x) != 0 {
				return appendEscaped(dst[:at+i], s[i:])
			}
			binary.LittleEndian.PutUint64(to[i:], x)
		}
		x := load8(s, last) // the last 8 bytes, overlapping the previous word
		if otherThanPlain(x) != 0 {
			return appendEscaped(dst[:at+i], s[i:])
		}
		binary.LittleEndian.PutUint64(to[last:], x)
	} else {
		x := loadShort(s) | letters<<(8*len(s))
		if otherThanPlain(x) != 0 {
			return appendEscaped(dst[:at], s)
		}
		binary.LittleEndian.PutUint64(to, x)
	}
	return dst[:at+len(s)], ""
}

// appendEscaped is appendPlain for a text that has something to be escaped. It
// takes eight bytes at a time and writes as many: what follows a character that is
// escaped is written over.
func appendEscaped(dst []byte, s string) ([]byte, string) {
	if len(s) > largeText {
		return appendLarge(dst, s)
	}
	at := len(dst)
	dst = slices.Grow(dst, 2*len(s)+8)
	to := dst[at:cap(dst)]
	i, n := 0, 0 // read, written
	for i < len(s) {
		var x uint64
		left := len(s) - i
		switch {
		case left >= 8:
			x, left = load8(s, i), 8
		case len(s) >= 8:
			x = load8(s, len(s)-8)>>(64-8*left) | letters<<(8*left)
		default:
			x = loadShort(s)>>(8*i) | letters<<(8*left)
		}
		binary.LittleEndian.PutUint64(to[n:], x)
		other := otherThanPlain(x)
		if other == 0 {
			i, n = i+left, n+left
			continue
		}
		k := bits.TrailingZeros64(other) >> 3
		i, n = i+k, n+k
		if c := s[i]; c != '"' && c != '\\' {
			break
		}
		to[n], to[n+1] = '\\', s[i]
		i, n = i+1, n+2
	}
	return dst[:at+n], s[i:]
}

// largeText is up to which length room is made for a text twice over.
const largeText = 32 << 10

// appendLarge is appendEscaped for a large text.
func appendLarge(dst []byte, s string) ([]byte, string) {
	for s != "" {
		n := min(len(s), largeText)
		var rest string
		if dst, rest = appendEscaped(dst, s[:n]); rest != "" {
			return dst, s[n-len(rest):]
		}
		s = s[n:]
	}
	return dst, ""
}

// letters are eight bytes that a JSON string holds as they are.
const letters = 0x6161616161616161

// otherThanPlain has the top bit set of the first of eight bytes that a JSON string
// does not hold as it is, and of none before it; 0 if there is no such byte.
func otherThanPlain(x uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quote, slash := x^'"'*ones, x^'\\'*ones
	return (x | (x + ones) | (x - ' '*ones) | (quote-ones)&^quote | (slash-ones)&^slash) & tops
}

// loadShort returns the bytes of a text of at most seven, the first one lowest.
func loadShort(s string) uint64 {
	switch n := len(s); {
	case n >= 4:
		return uint64(load4(s, 0)) | uint64(load4(s, n-4))<<(8*(n-4))
	case n > 0:
		return uint64(s[0]) | uint64(s[n/2])<<(8*(n/2)) | uint64(s[n-1])<<(8*(n-1))
	}
	return 0
}

func load8(s string, at int) uint64 {
	b := s[at : at+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

func load4(s string, at int) uint32 {
	b := s[at : at+4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
