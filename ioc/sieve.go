package ioc

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// A Sieve finds the records of a text that may hold something, before they are
// split into cells. It is for sets of few indicators. It never changes and may be
// used by any number of goroutines.
//
// What Match, MatchJSON, In and HasAny find in a cell shows in the text of its
// record, as it is exported, by one of these signs:
//
//   - a literal of the indicator: see literals. The text of a cell differs from
//     that of its record by quotes taken out and JSON escapes decoded, and no
//     literal holds what these stand for, but for the escapes below.
//   - a character that is not ASCII, unless it keeps a label from being ASCII: names
//     and hosts are mapped by UTS 46, which makes ASCII of some characters and drops
//     others. ASCII it maps to lower case only.
//   - \u with four digits that stand for such a character, or for one that a
//     literal may hold. This holds for JSON inside JSON as well: all its
//     backslashes but the last are doubled.
//   - %, with two digits that do, whatever follows: hosts of URLs are percent-decoded,
//     once, and it may be the first or last byte of a character alone that is escaped.
//   - 0x, or a full stop, 0 and another digit, in a number that may be a host: what
//     stands for an IPv4 address in a URL need not hold its normal form.
type Sieve struct {
	marks  simd.Literals
	groups [8][]literal // what the groups of marks stand for
	addrs  []uint32     // IPv4 addresses, of URLs too: hosts that are numbers may be one
	idn    bool         // names have labels that stand for such as are not ASCII
}

// A literal is a text that some spelling of an indicator shows. Letters are in
// lower case, and match in either.
type literal struct {
	text string
	off  int    // of the bytes that marks goes by
	head uint32 // these
	fold uint32 // the bit of them that is the case of a letter
}

// Groups of Sieve.marks.
const (
	escapeGroup  = iota // \u and 0x
	percentGroup        // %
	zeroGroup           // .0 and a digit
	firstLiteral        // and all that follow
)

const (
	maxSieved   = 64 // indicators
	maxLiterals = 128
	maxChance   = 1.0 / 256 // of a mark, at each byte, as far as can be told beforehand
	mostMarks   = 128       // on average, bytes that there must be for each mark
	mostPlaces  = 1024      // and for each place
)

// Sieve returns a sieve for the indicators of a set, nil if these are too many, or
// of kinds that no few texts show, such as networks.
func (s *Set) Sieve() *Sieve {
	if s.list.Len() == 0 || s.list.Len() > maxSieved {
		return nil
	}
	v := new(Sieve)
	var texts []string
	for n := range s.list.Len() {
		var ok bool
		if texts, ok = v.literals(texts, s.list, n); !ok || len(texts) > maxLiterals {
			return nil
		}
	}
	slices.Sort(texts)
	for _, t := range slices.Compact(texts) {
		v.add(t)
	}
	for _, two := range []string{`\u`, `\U`, `0x`, `0X`} {
		enter(&v.marks, escapeGroup, two[:1], two[1:])
	}
	v.marks.Any(escapeGroup, 2)
	const digits = "0123456789"
	enter(&v.marks, percentGroup, "%", digits+"abcdefABCDEF", digits+"abcdefABCDEF")
	v.marks.Any(percentGroup, 3)
	if len(v.addrs) > 0 {
		enter(&v.marks, zeroGroup, ".", "0", digits)
		v.marks.Any(zeroGroup, 3)
	}
	chance := 0.0
	for g := firstLiteral; g < len(v.groups); g++ {
		chance += chanceOf(&v.marks, g)
	}
	if chance > maxChance {
		return nil
	}
	return v
}

// enter adds to a group of marks what its texts may have at their first places.
func enter(marks *simd.Literals, group int, places ...string) {
	for place, chars := range places {
		for i := range len(chars) {
			marks.Add(group, place, chars[i])
		}
	}
}

// add enters a literal in the group that it makes least likely by chance.
func (v *Sieve) add(text string) {
	l := literal{text: text}
	for off, least := 0, 1.0; off+simd.LiteralLen <= len(text); off++ {
		chance := 1.0
		for _, b := range []byte(text[off : off+simd.LiteralLen]) {
			chance *= share(b)
		}
		if chance < least {
			least, l.off = chance, off
		}
	}
	places := make([]string, simd.LiteralLen)
	for i := range places {
		b := text[l.off+i]
		l.head |= uint32(b) << (8 * i)
		if places[i] = string(b); b >= 'a' && b <= 'z' {
			l.fold |= 0x20 << (8 * i)
			places[i] += string(b - 0x20)
		}
	}
	group, least := 0, 0.0
	for g := firstLiteral; g < len(v.groups); g++ {
		marks := v.marks
		enter(&marks, g, places...)
		if more := chanceOf(&marks, g) - chanceOf(&v.marks, g); group == 0 || more < least {
			group, least = g, more
		}
	}
	enter(&v.marks, group, places...)
	v.groups[group] = append(v.groups[group], l)
}

// chanceOf is how likely it is that a place of a log is marked for a group.
func chanceOf(marks *simd.Literals, group int) float64 {
	chance := 1.0
	for place := range simd.LiteralLen {
		sum := 0.0
		for b := range byte(0x80) {
			if marks.Has(group, place, b) {
				sum += share(b)
			}
		}
		chance *= sum
	}
	return chance
}

// share is about how many of the bytes of a log are b.
func share(b byte) float64 {
	switch {
	case isDigit(b), b == ',', b == '"':
		return 1.0 / 20
	case strings.IndexByte("etaionsrlcdmpu.:-", b) >= 0:
		return 1.0 / 40
	case isAlnum(b):
		return 1.0 / 150
	}
	return 1.0 / 500
}

// literals appends texts of which every spelling of the n-th indicator shows at
// least one, each of them at least simd.LiteralLen long, unless it shows another of
// the signs of a [Sieve]. It says false if there are no such texts.
func (v *Sieve) literals(dst []string, list *List, n int) ([]string, bool) {
	switch list.classOf(n) {
	case className:
		return v.nameLiterals(dst, list.nameOf(n))
	case classHash:
		return append(dst, hex.EncodeToString(list.hashAt(n))), true
	case class4, class6:
		i := list.identity(list.records.at(n).key)
		if i.Addr().Is4() {
			return v.literals4(dst, value4(i.Addr()))
		}
		return literals6(dst, i.Addr().As16())
	case classURL:
		host := list.urlAt(n).host
		if a, _, ok := ParseAddr(host); ok {
			if a.Is4() {
				return v.literals4(dst, value4(a))
			}
			return literals6(dst, a.As16())
		}
		return v.nameLiterals(dst, host)
	case classNone:
		return dst, true
	}
	return dst, false
}

// nameLiterals appends the longest label of a name: whatever separates labels, they
// stand there whole, in the debug form of Windows DNS servers as well.
func (v *Sieve) nameLiterals(dst []string, name []byte) ([]string, bool) {
	if !isASCII(name) {
		return dst, false // a label that has no other form
	}
	v.idn = v.idn || bytes.Contains(name, []byte("xn--"))
	longest := ""
	for label := range strings.SplitSeq(string(name), ".") {
		plain := true
		for i := range len(label) {
			plain = plain && (isAlnum(label[i]) || label[i] == '-' || label[i] == '_')
		}
		if plain && len(label) > len(longest) {
			longest = label
		}
	}
	if len(longest) < simd.LiteralLen {
		return dst, false
	}
	return append(dst, strings.ToLower(longest)), true
}

// literals4 appends those of an IPv4 address a.b.c.d.
//
// As a quad, of which the octets may be filled up with zeros or, in hosts of URLs, be
// octal or hexadecimal, it shows .b.c.d, or else a full stop before a zero and another
// digit, or 0x. The same holds for the shorter hosts, a.b.n, a.n and n. IPv6 has
// it as ::ffff:a.b.c.d, or as two groups.
func (v *Sieve) literals4(dst []string, addr uint32) ([]string, bool) {
	if addr>>24 == 0 || addr&0xffffff < 100 || addr&0xffff == 0 {
		return dst, false // some literals would be too short, or end with ::
	}
	v.addrs = append(v.addrs, addr)
	dec := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	dst = append(dst,
		"."+dec(addr>>16&0xff)+"."+dec(addr>>8&0xff)+"."+dec(addr&0xff),
		"."+dec(addr>>16&0xff)+"."+dec(addr&0xffff),
		"."+dec(addr&0xffffff),
		dec(addr),
		strconv.FormatUint(uint64(addr), 8))
	return groupLiterals(dst, uint16(addr>>16), uint16(addr)), true
}

// literals6 appends those of an IPv6 address: two groups, one after the other,
// between which no :: can stand, and that no quad can stand for.
func literals6(dst []string, a [16]byte) ([]string, bool) {
	var best []string
	for i := 0; i < 10; i += 2 {
		high, low := uint16(a[i])<<8|uint16(a[i+1]), uint16(a[i+2])<<8|uint16(a[i+3])
		if high == 0 || low == 0 {
			continue
		}
		texts := groupLiterals(nil, high, low)
		if slices.ContainsFunc(texts, func(t string) bool { return len(t) < simd.LiteralLen }) {
			continue
		}
		if best == nil || len(texts) < len(best) || len(texts) == len(best) && len(texts[0]) > len(best[0]) {
			best = texts
		}
	}
	return append(dst, best...), best != nil
}

// groupLiterals appends the spellings of two groups of an IPv6 address. Neither is
// zero; what fills up the first stands before it.
func groupLiterals(dst []string, high, low uint16) []string {
	group := func(n uint16) string { return strconv.FormatUint(uint64(n), 16) }
	dst = append(dst, group(high)+":"+group(low))
	if low < 0x1000 {
		dst = append(dst, group(high)+":0")
	}
	return dst
}

// sieveChunk is how many words of marks are made at a time.
const sieveChunk = 64

// Find appends to dst, ascending, places of a text such that there is one in each
// record which may hold something. It returns false, and the text is to be looked
// at whole, once they are more than one in a thousand bytes, or come close to
// signs so often that this costs more than it spares.
func (v *Sieve) Find(text []byte, dst []uint32) ([]uint32, bool) {
	var marks [sieveChunk]uint64
	most, marked := len(dst)+8+len(text)/mostPlaces, 64+len(text)/mostMarks
	for at := 0; at < len(text); {
		words := min(sieveChunk, (len(text)-at-(simd.LiteralLen-1))/64)
		if words > 0 {
			v.marks.Mark(text[at:], marks[:words])
		} else {
			words, marks[0] = 1, v.markLast(text[at:])
		}
		for w, m := range marks[:words] {
			if m == 0 {
				continue
			}
			if marked -= bits.OnesCount64(m); marked < 0 {
				return dst, false
			}
			for ; m != 0; m &= m - 1 {
				i := at + 64*w + bits.TrailingZeros64(m)
				if text[i] >= utf8.RuneSelf {
					if !v.idn && keepsLabel(text[i:]) {
						continue
					}
				} else if !v.suspect(text, i) {
					continue
				}
				if len(dst) == most {
					return dst, false
				}
				dst = append(dst, uint32(i))
			}
		}
		at += 64 * words
	}
	return dst, true
}

// markLast marks the first 64 bytes of a text that goes on for too few others.
func (v *Sieve) markLast(text []byte) uint64 {
	var room [64 + simd.LiteralLen - 1]byte
	var mark [1]uint64
	n := copy(room[:], text)
	if v.marks.Mark(room[:], mark[:]); n < 64 {
		mark[0] &= 1<<n - 1
	}
	return mark[0]
}

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

// literalByte says that a literal may hold a byte, or a host that is a number.
func literalByte(b byte) bool { return isAlnum(b) || b == '.' || b == '-' || b == '_' || b == ':' }

// isNumber says that the digits at the start of a text may be a part of a host that
// is a number, all of it and hexadecimal or not the first: it has eight digits at
// most. Most that look so go on as something else.
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

// isFraction says that the full stop at text[i] stands behind the seconds of a time.
// No address has two digits before its first full stop and is padded, no scheme ends
// with a digit.
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

// holdsNumber says that the bytes around text[i] of which hosts are made that are
// numbers may be one that is held, or a quad filled up with zeros.
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

// keepsLabel says that a label with the character at the start of a text has no
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
	for r := range rune(0x800) {
		if keptLong(r) {
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
