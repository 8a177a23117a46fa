package ioc

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// A Sieve finds the records of a text that may hold something, before they are
// split into cells. It is for sets of few indicators. It never changes and may be
// used by any number of goroutines.
//
// If Match, MatchJSON, In or HasAny find something in a cell, the text of its record, as
// exported, has one of these signs:
//
//   - a literal of the indicator: see literals. The text of a cell differs from
//     that of its record in quotes that are taken out and JSON escapes that are decoded.
//     No literal has a character that these stand for, except as the next signs say.
//   - a character that is not ASCII. Names and hosts are mapped by UTS 46, which makes
//     ASCII of some characters and drops others; ASCII itself it only makes lower case.
//     Characters whose label cannot become ASCII are no sign.
//   - \u with four digits that stand for such a character, or for one that a
//     literal may hold. So it is in JSON inside JSON as well: there all backslashes but
//     the last are doubled.
//   - % with two digits that stand for one, whatever follows: hosts of URLs are
//     percent-decoded, once, and perhaps only the first or last byte of a character is
//     escaped.
//   - 0x, or a full stop, 0 and another digit, in a number that may be a host: a URL
//     may have an IPv4 address in another than its normal form.
type Sieve struct {
	marks  simd.Literals
	groups [8][]literal // what the groups of marks stand for
	addrs  []uint32     // IPv4 addresses, of URLs too: hosts that are numbers may be one
	idn    bool         // names have A-labels: labels in ASCII that stand for others
}

// A literal is a text that some spelling of an indicator shows. Letters are in
// lower case, and match in either.
type literal struct {
	text string
	off  int    // where the bytes begin that marks goes by
	head uint32 // these bytes
	fold uint32 // those bits of head that are the case of a letter
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
	maxChance   = 1.0 / 256 // largest estimate of how likely a mark is at a byte
	mostMarks   = 128       // bytes of text for each mark, on average, at least
	mostPlaces  = 1024      // and for each place that Find returns
)

// Sieve returns a sieve for the indicators of a set, nil if there are too many, or some,
// such as networks, that a few texts cannot stand for.
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

// enter adds to a group of marks the characters that its texts may have at each place.
func enter(marks *simd.Literals, group int, places ...string) {
	for place, chars := range places {
		for i := range len(chars) {
			marks.Add(group, place, chars[i])
		}
	}
}

// add enters a literal in the group that then has the least more marks by chance.
func (v *Sieve) add(text string) {
	l := literal{text: text}
	for off, least := 0, 1.0; off+simd.LiteralLen <= len(text); off++ {
		chance := 1.0
		for _, b := range []byte(text[off : off+simd.LiteralLen]) {
			chance *= shares[b]
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
				sum += shares[b]
			}
		}
		chance *= sum
	}
	return chance
}

// shares estimates how large a part of a log each ASCII character is.
var shares = func() (t [0x80]float64) {
	for i := range t {
		switch b := byte(i); {
		case isDigit(b), b == ',', b == '"':
			t[i] = 1.0 / 20
		case strings.IndexByte("etaionsrlcdmpu.:-", b) >= 0:
			t[i] = 1.0 / 40
		case isAlnum(b):
			t[i] = 1.0 / 150
		default:
			t[i] = 1.0 / 500
		}
	}
	return t
}()

// sieveChunk is how many words of marks are made at a time.
const sieveChunk = 64

// Find appends to dst, ascending, places of a text: at least one in each record that may
// hold something. It returns false once there are more than one in a thousand bytes, or
// so many marks that looking at them costs more than it saves; then the whole text has
// to be looked at.
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

// markLast marks the first 64 bytes of a text that is too short for Mark.
func (v *Sieve) markLast(text []byte) uint64 {
	var room [64 + simd.LiteralLen - 1]byte
	var mark [1]uint64
	n := copy(room[:], text)
	if v.marks.Mark(room[:], mark[:]); n < 64 {
		mark[0] &= 1<<n - 1
	}
	return mark[0]
}
