// Package simd finds the bytes that give text its structure, 64 at a time: bit
// i of word w says that byte 64*w+i is one. It uses AVX-512, AVX2 or NEON where the
// processor has them; plain Go gives the same words everywhere else, and with
// the build tag purego. It also has the kernels that work on these words, those that
// take text out of quotes or put it there, and those that find where literals and
// addresses may be.
//
// Where to start reading: simd.go, rows.go, quotes.go, quads.go and literals.go have the
// functions with what they promise, generic.go and the functions named …Go their plain
// Go form. simd_amd64.go chooses a kernel; the gen*.go write those of amd64.
package simd

import (
	"math/bits"
	"slices"
	"unsafe"
)

//go:generate go run -modfile=../../.ci/tools.mod gen.go gen_quotes.go gen_rows.go gen_walk.go gen_literals.go gen_quads.go gen_text.go -out kernels_amd64.s -stubs kernels_amd64.go -pkg simd

// A Level is a set of instructions that the kernels use.
type Level uint8

// The levels, slowest first.
const (
	Go   Level = iota
	NEON       // of arm64: CSV, JSON and Mark have kernels, all else is plain Go
	AVX2
	AVX512 // F, BW and BMI2, as of 2017
	VBMI2  // also VBMI2, VL and VPCLMULQDQ, as of 2019: bytes of a vector can be packed
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

// A Key is a member of JSON records by its glue: the text between the comma or brace
// before it and its value, such as `"RemoteIP":` with the white space that it had last.
// It knows which keys followed it. Keys go by their numbers, their places in a list.
type Key struct {
	glue   [64]byte // the comma, then the glue
	mask   uint64   // bit n: glue[n] counts
	n      int32    // length of both
	Slot   int32    // where values go, -1 for nowhere
	follow [followers]int32
}

const (
	followers = 4
	keySize   = int32(unsafe.Sizeof(Key{})) // follow has places in bytes, as the kernels want them

	// The glue of a key that is never taken is a byte with which neither a key nor a
	// value begins. Should a text have that byte, nothing is taken there.
	deadByte, deadMask = 0xff, 3
)

// NewKey returns a key without glue, which is taken nowhere. follow is the number of
// the key that is expected behind it.
func NewKey(slot, follow int32) Key {
	k := Key{Slot: slot}
	for i := range k.follow {
		k.follow[i] = follow * keySize
	}
	k.Stick("")
	return k
}

// Followers returns the numbers of the keys that followed it, the last one first.
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

// Stick sets the glue. Members takes the key only if the glue has 1 to 63 bytes and does
// not begin with a byte that no JSON has there.
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

// beyond is how many bytes behind the comma before a key members may read.
const beyond = 80

// Members steps over members of the JSON object in b[:end], from the brace or comma at
// p on. It takes a member if its key is one of those expected behind prev, the number of
// the key before, and its value is a string, null, true, false or a number of up to 15
// digits. The place of the value goes to vals, by the key's slot. A key that has come
// changes places with the one that was expected first, whatever its value.
//
// Members stops before the first other member, or earlier. next is the end of the last
// value that it took, and last the number of that value's key; p and prev if it took
// none. The bytes behind a value have not been looked at: the value may go on there. All
// of keys are made by [NewKey].
//
// b should be longer than end: nothing is taken from its last 80 bytes. quotes has the
// unescaped quotes of b, as JSON finds them, in end/64 + 3 words at least; with fewer
// nothing is taken either.
func Members(b []byte, quotes []uint64, p, end int, keys []Key, prev int32, vals []Value) (next int, last int32) {
	if end = min(end, len(b)-beyond); p < 0 || p >= end || len(quotes) < end>>6+3 || len(vals) == 0 {
		return p, prev
	}
	return members(b, quotes, p, end, keys, prev, vals)
}

// Slack is how much longer than src the dst of [Undouble] and [Unescape] must
// be: they write whole words.
const Slack = 64

// Undouble copies src, the inside of a quoted CSV cell, to dst with its doubled quotes
// halved. It returns the number of bytes written; ok is false if a quote is not doubled,
// and then the bytes in dst mean nothing.
func Undouble(dst, src []byte) (n int, ok bool) {
	if len(src) == 0 {
		return 0, true
	}
	return undouble(dst[:len(src)+Slack], src)
}

// Unescape copies src, the inside of a JSON string, to dst with \", \/ and \\
// replaced by what they stand for. It returns the number of bytes written; ok is false
// if there are other escapes, and then the bytes in dst mean nothing.
func Unescape(dst, src []byte) (n int, ok bool) {
	if len(src) == 0 {
		return 0, true
	}
	return unescape(dst[:len(src)+Slack], src)
}

// A Field is a string in JSON.
type Field struct {
	Before string // what stands before its quotes
	At     int    // index of its text in a list; the text is empty if the list ends before
}

// Fields writes fields to dst, in order, with a backslash before each quote and
// backslash of their texts. It stops at the first field whose text has anything but
// printable ASCII, or that may not fit in dst if all of its text were escaped; or
// earlier: without a kernel it writes none. It returns how many bytes and how many
// fields it has written. Texts that were written just before are slow to read, because
// the kernel loads more bytes at once than were stored at once.
func Fields(dst []byte, fields []Field, texts []string) (n, done int) {
	if len(dst) == 0 || len(fields) == 0 {
		return 0, 0
	}
	return writeFields(dst, fields, texts)
}
