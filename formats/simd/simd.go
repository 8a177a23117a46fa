// Package simd finds the bytes that give text its structure, 64 at a time: bit
// i of word w says that byte 64*w+i is one. It uses AVX-512, AVX2 or NEON where the
// processor has them; plain Go gives the same words everywhere else, and with
// the build tag purego. What goes by its findings is here as well, what takes
// text out of quotes or puts it there, and what finds where literals may begin.
package simd

import (
	"math/bits"
	"slices"
	"unsafe"
)

//go:generate go run -modfile=../../.ci/tools.mod gen.go gen_quotes.go gen_rows.go gen_walk.go gen_literals.go gen_quads.go gen_text.go -out kernels_amd64.s -stubs kernels_amd64.go -pkg simd

// A Level is a way to find them.
type Level uint8

// The levels, slowest first.
const (
	Go   Level = iota
	NEON       // of arm64: finds what CSV and JSON do, all else is plain Go
	AVX2
	AVX512 // F, BW and BMI2, as of 2017
	VBMI2  // and that, VL and VPCLMULQDQ, as of 2019: bytes of a vector can be drawn together
)

// String is the level's name.
func (l Level) String() string { return [...]string{"go", "neon", "avx2", "avx512", "vbmi2"}[l] }

// level is the one in use.
var level = Best()

// Levels are those of this processor, slowest first.
func Levels() []Level { return slices.Clone(levels) }

// Best is the fastest level of this processor.
func Best() Level { return levels[len(levels)-1] }

// Use makes all calls that follow use a level, or the next slower one that this
// processor has, and returns the one before. It is for tests and benchmarks, and not
// to be called while other goroutines use the package.
func Use(l Level) (before Level) {
	before = level
	for _, has := range levels {
		if has <= l {
			level = has
		}
	}
	return before
}

// UseNamed makes all calls that follow use the level of a name, as Use does. It
// reports whether there is such a level on this processor.
func UseNamed(name string) bool {
	for _, l := range levels {
		if l.String() == name {
			level = l
			return true
		}
	}
	return false
}

// CSV finds separators, line breaks, quotes and carriage returns: seps, nls, quotes
// and crs have a word for each 64 bytes of data, whose length is a multiple of 64.
func CSV(data []byte, sep byte, seps, nls, quotes, crs []uint64) {
	n := len(seps)
	if n == 0 {
		return
	}
	_, _, _, _ = data[64*n-1], nls[n-1], quotes[n-1], crs[n-1]
	csv(data, n, sep, seps, nls, quotes, crs)
}

// JSON finds quotes that no backslash escapes, backslashes and line breaks.
// escaped is 1 if a backslash before data escapes its first byte, and the
// result the same for the byte behind data. Lengths are as in CSV.
func JSON(data []byte, escaped uint64, quotes, slashes, nls []uint64) uint64 {
	n := len(quotes)
	if n == 0 {
		return escaped
	}
	_, _, _ = data[64*n-1], slashes[n-1], nls[n-1]
	return json(data, n, escaped&1, quotes, slashes, nls)
}

// Next returns the first place in [p, end) that is marked, else -1.
func Next(marks []uint64, p, end int) int {
	if p >= end {
		return -1
	}
	w := p >> 6
	x := marks[w] >> uint(p&63) << uint(p&63)
	for x == 0 {
		if w++; w<<6 >= end {
			return -1
		}
		x = marks[w]
	}
	if p = w<<6 + bits.TrailingZeros64(x); p >= end {
		return -1
	}
	return p
}

// A Key is a member of JSON records by what stands before its values, from behind
// the comma or brace on: `"RemoteIP":`, with the white space that it had last.
// It knows which followed it. Keys go by their numbers, their places in a list.
type Key struct {
	glue   [64]byte // of which the first is the comma
	mask   uint64   // bit n: glue[n] counts
	n      int32    // length of the glue
	Slot   int32    // where values go, -1 for nowhere
	follow [followers]int32
}

const (
	followers = 4
	keySize   = int32(unsafe.Sizeof(Key{})) // follow has places in bytes, as the kernels want them

	// A key that is not to be taken has a byte in its glue that none begins with, nor
	// a value: should a text have it, nothing is taken there.
	deadByte, deadMask = 0xff, 3
)

// NewKey returns a key that is taken nowhere yet. follow is the number of the one that
// is expected behind it.
func NewKey(slot, follow int32) Key {
	k := Key{Slot: slot}
	for i := range k.follow {
		k.follow[i] = follow * keySize
	}
	k.Stick("")
	return k
}

// Followers are the numbers of the keys that followed it, the last one first.
func (k *Key) Followers() (list [followers]int32) {
	for i, f := range k.follow {
		list[i] = f / keySize
	}
	return list
}

// Expect puts a key first of those that may follow.
func (k *Key) Expect(number int32) {
	f := number * keySize
	at := slices.Index(k.follow[:], f)
	if at < 0 {
		at = followers - 1
	}
	copy(k.follow[1:at+1], k.follow[:at])
	k.follow[0] = f
}

// Stick sets what comes before values. Members takes the key only if that is
// some text of up to 63 bytes, and may be what comes before a value of JSON.
func (k *Key) Stick(glue string) {
	if n := len(glue); n == 0 || n >= len(k.glue) || glue[0] == deadByte {
		k.glue, k.mask, k.n = [64]byte{',', deadByte}, deadMask, 1
		return
	}
	k.glue = [64]byte{','}
	k.n = 1 + int32(copy(k.glue[1:], glue))
	k.mask = ^uint64(0) >> (64 - k.n)
}

// A Value is where a value was found: for a string, its inside.
type Value struct {
	Off, Len uint32
	Kind     Kind
}

// A Kind says what was found.
type Kind uint8

// Kinds. Callers may have more bits.
const (
	Set    Kind = 1 << iota // the member is there; null has no place
	String                  // a string
)

// beyond is how far behind the comma before a key members may read.
const beyond = 80

// Members steps over members of the JSON object in b[:end], from the brace or comma at
// p on. It takes those whose key is expected behind prev, the number of the one before,
// and whose value is a string, null, true, false or a number of up to 15 digits: their
// places go to vals, by the keys' slots. A key that has come changes places with the one
// that was expected first, whatever its value. Members stops before the first other
// member, or earlier, and returns where that is, behind the last value that it took or
// at p, and the number of the last key that it took or prev. What is behind a value has
// not been looked at: it may go on. All of keys are made by [NewKey].
//
// b may be longer than end, and should be: of the last 80 bytes nothing is taken. quotes
// has the unescaped quotes of b, as JSON finds them, in end/64 + 3 words at least; with
// fewer nothing is taken either.
func Members(b []byte, quotes []uint64, p, end int, keys []Key, prev int32, vals []Value) (next int, last int32) {
	if end = min(end, len(b)-beyond); p < 0 || p >= end || len(quotes) < end>>6+3 || len(vals) == 0 {
		return p, prev
	}
	return members(b, quotes, p, end, keys, prev, vals)
}

// Slack is how much longer than src the dst of [Undouble] and [Unescape] must
// be: they write whole words.
const Slack = 64

// Undouble copies src, the inside of a quoted CSV cell, to dst, and of each two
// quotes one. It returns the bytes written; ok is false if a quote is not
// doubled, and then what has been written means nothing.
func Undouble(dst, src []byte) (n int, ok bool) {
	if len(src) == 0 {
		return 0, true
	}
	return undouble(dst[:len(src)+Slack], src)
}

// Unescape copies src, the inside of a JSON string, to dst, and of \", \/ and
// \\ what they stand for. It returns the bytes written; ok is false if there
// are other escapes, and then what has been written means nothing.
func Unescape(dst, src []byte) (n int, ok bool) {
	if len(src) == 0 {
		return 0, true
	}
	return unescape(dst[:len(src)+Slack], src)
}

// A Field is a string in JSON: what stands there before its quotes, and which of
// a list of texts it has.
type Field struct {
	Before string
	At     int // a text that is not in the list is empty
}

// Fields writes fields to dst, in order, with quotes and backslashes of their
// texts behind a backslash each. It stops at the first that has anything but
// printable ASCII in its text, for which dst may be too short (it takes all of the
// text to be escaped), or earlier: without a kernel it writes none. It returns how
// many bytes it has written, and how many fields. Texts that have been written just
// before take long to read: the kernel takes more bytes at once than they were
// written by.
func Fields(dst []byte, fields []Field, texts []string) (n, done int) {
	if len(dst) == 0 || len(fields) == 0 {
		return 0, 0
	}
	return writeFields(dst, fields, texts)
}
