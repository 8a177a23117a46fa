package ioc

import (
	_ "embed"
	"encoding/binary"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// suffixFile holds the version of the list of public suffixes that package
// publicsuffix has, a newline, and a filter of its rules: two bits for each.
//
//go:generate go test -run TestSuffixFilter -update-suffixes .
//go:embed suffixes.bin
var suffixFile string

// suffixBits is the logarithm of the filter's length in bits, which leaves 26
// bits for a rule: of other names some one in a hundred passes.
const suffixBits = 18

// suffixFilter is the filter, "" if it is not of the version in use.
var suffixFilter = func() string {
	version, filter, _ := strings.Cut(suffixFile, "\n")
	if version != publicsuffix.List.String() || len(filter) != 1<<suffixBits/8 {
		return ""
	}
	return filter
}()

// maybeSuffix is false for names of several labels, of which the first ends at dot,
// that are surely no public suffix. Asking the list itself takes a fifth of a
// microsecond, which is more than all else that a name in a feed costs.
func maybeSuffix(name []byte, dot int) bool {
	f := suffixFilter
	return f == "" || suffixHas(f, suffixHash(name)) || suffixHas(f, ^suffixHash(name[dot+1:])) // *.ck is kept as ck
}

func suffixHas(f string, h uint64) bool {
	a, b := h>>(64-suffixBits), h<<suffixBits>>(64-suffixBits)
	return (f[a>>3]>>(a&7))&(f[b>>3]>>(b&7))&1 != 0
}

// suffixHash looks at the first four bytes and the last eight: few rules have
// more, and those that differ only between them share their bits.
func suffixHash(name []byte) uint64 {
	var head, tail uint64
	if n := len(name); n >= 8 {
		head, tail = uint64(binary.LittleEndian.Uint32(name)), binary.LittleEndian.Uint64(name[n-8:])
	} else {
		for _, b := range name {
			tail = tail<<8 | uint64(b)
		}
	}
	h := tail*prime1 ^ (head<<8+uint64(len(name)))*prime2
	h ^= h >> 29
	h *= prime3
	return h ^ h>>32
}
