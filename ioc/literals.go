package ioc

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// literals appends texts for the n-th indicator, each of at least simd.LiteralLen bytes:
// every spelling of the indicator has at least one of them, or another of the signs of a
// [Sieve]. It returns false if there are no such texts.
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

// nameLiterals appends the longest label of a name: every spelling has the labels whole,
// whatever separates them, the debug form of Windows DNS servers included.
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
