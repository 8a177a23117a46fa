package ioc

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// suspect looks closer at a mark.
func (v *Sieve) suspect(text []byte, i int) bool {
	rest := text[i+1:]
	switch text[i] {
	case '0':
		if len(rest) > 0 && rest[0]|0x20 == 'x' && len(v.addrs) > 0 && isNumber(rest[1:], 16) && v.holdsNumber(text, i, &ofHex) {
			return true
		}
	case '.':
		if len(rest) > 1 && rest[0] == '0' && isDigit(rest[1]) && len(v.addrs) > 0 && !isFraction(text, i) && isNumber(rest, 10) && v.holdsNumber(text, i, &ofDecimal) {
			return true
		}
	case '%':
		if len(rest) < 2 || unhex[rest[0]] > 15 || unhex[rest[1]] > 15 {
			return false
		}
		b := unhex[rest[0]]<<4 | unhex[rest[1]]
		if b == ':' { // in literals it stands between two groups
			return i > 0 && unhex[text[i-1]] <= 15 && len(rest) > 2 && unhex[rest[2]] <= 15
		}
		return b >= utf8.RuneSelf || b == '%' || literalByte(b)
	case '\\':
		if len(rest) == 0 || rest[0] != 'u' {
			return false
		}
		r, ok := hexRune(rest[1:])
		return ok && (r >= utf8.RuneSelf || r == '\\' || r == '%' || literalByte(byte(r)))
	}
	var first [simd.LiteralLen]byte
	copy(first[:], text[i:])
	head := binary.LittleEndian.Uint32(first[:])
	for groups := v.marks.Groups(&first) >> firstLiteral; groups != 0; groups &= groups - 1 {
		for _, l := range v.groups[firstLiteral+bits.TrailingZeros8(groups)] {
			if head|l.fold != l.head {
				continue
			}
			if from := i - l.off; from >= 0 && hasFold(text[from:], l.text) {
				return true
			}
		}
	}
	return false
}

// literalByte reports whether a literal may hold a byte, or a host that is a number.
func literalByte(b byte) bool { return isAlnum(b) || b == '.' || b == '-' || b == '_' || b == ':' }

// isNumber reports whether the digits of a base at the start of a text may be a part
// of a host that is a number: behind any zeros there are at most eight, and then no
// letter or digit. Most that look so go on as something else.
func isNumber(text []byte, base uint8) bool {
	i := 0
	for i < len(text) && text[i] == '0' {
		i++
	}
	for most := i + 8; i < len(text) && unhex[text[i]] < base; i++ {
		if i == most {
			return false
		}
	}
	return i == len(text) || !isAlnum(text[i])
}

// isFraction reports whether the full stop at text[i] stands behind the seconds of a
// time. No address has two digits before its first full stop and is padded, no
// scheme ends with a digit.
func isFraction(text []byte, i int) bool {
	return i >= 4 && text[i-3] == ':' && isDigit(text[i-1]) && isDigit(text[i-2]) && isDigit(text[i-4])
}

// The bytes of hosts that are numbers, decimal and octal or hexadecimal too.
var ofDecimal, ofHex = func() (decimal, hex [256]bool) {
	for i := range decimal {
		b := byte(i)
		decimal[i] = isDigit(b) || b == '.'
		hex[i] = unhex[b] <= 15 || b|0x20 == 'x' || b == '.'
	}
	return decimal, hex
}()

// maxNumber is the longest host that is looked at: there may be any zeros before
// a number.
const maxNumber = 64

// holdsNumber reports whether the number around text[i], made of the bytes in of,
// may be the host of a held address, or such an address as a quad filled up with
// zeros.
func (v *Sieve) holdsNumber(text []byte, i int, of *[256]bool) bool {
	from, to := i, i
	for from > 0 && of[text[from-1]] {
		if from--; i-from > maxNumber {
			return true
		}
	}
	for to < len(text) && of[text[to]] {
		if to++; to-i > maxNumber {
			return true
		}
	}
	if from > 0 && (text[from-1] == '\\' || text[from-1] == '%' || text[from-1] == 'u') {
		return true // its first digits are those of an escape
	}
	host := bytes.Trim(text[from:to], ".")
	if bytes.Contains(host, []byte("..")) {
		return true // two numbers
	}
	if addr, ok := parseNumber4(host); ok && slices.Contains(v.addrs, addr) {
		return true
	}
	addr, n := parse4(host)
	return n > 0 && n == len(host) && slices.Contains(v.addrs, addr)
}

// keepsLabel reports whether a label with the character at the start of a text has no
// normal form that is ASCII, other than one that begins with xn--. There are more
// such characters: these are the ones that logs have.
func keepsLabel(text []byte) bool {
	if len(text) > 1 && text[0] < 0xE0 && text[1]&0xC0 == 0x80 { // two bytes
		r := uint(text[0]&0x1F)<<6 | uint(text[1]&0x3F)
		return r < utf8.RuneSelf || keptShort[r>>6]>>(r&63)&1 != 0
	}
	r, _ := utf8.DecodeRune(text)
	return keptLong(r)
}

// keptShort has a bit for each character of keepLabels that takes two bytes.
var keptShort = func() (t [0x800 / 64]uint64) {
	for _, span := range keepLabels {
		for r := span[0]; r <= span[1] && r < 0x800; r++ {
			t[r>>6] |= 1 << (r & 63)
		}
	}
	return t
}()

func keptLong(r rune) bool {
	_, found := slices.BinarySearchFunc(keepLabels[:], r, func(span [2]rune, r rune) int {
		switch {
		case r > span[1]:
			return -1
		case r < span[0]:
			return 1
		}
		return 0
	})
	return found
}

var keepLabels = [...][2]rune{
	{0xA1, 0xA9}, {0xAB, 0xAC}, {0xAE, 0xB1}, {0xB4, 0xB8}, {0xBB, 0x12F}, {0x134, 0x17E}, // Latin, © ® °
	{0x386, 0x17FF},    // Greek to Khmer
	{0x2010, 0x2023},   // dashes, quotation marks, bullets
	{0x20A9, 0x20BF},   // currencies
	{0x2190, 0x245F},   // arrows, signs
	{0x2500, 0x2A73},   // boxes, signs
	{0x3003, 0x324F},   // Japanese, Bopomofo, Jamo
	{0x3400, 0xA7F1},   // Chinese
	{0xAC00, 0xD7A3},   // Hangul
	{0xFFFD, 0xFFFD},   // what could not be decoded
	{0x1F300, 0x1FBEF}, // emoji
}
