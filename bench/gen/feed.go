package gen

import (
	"math/bits"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// A Feed is a list of indicators that is not stored but worked out: the i-th
// is a function of i and the seed, so that a list of ten million costs
// nothing, and whether a value is in the list can be asked backwards. Of every
// twenty indicators twelve are domains, five ip:port and three addresses; one
// in four of the addresses is IPv6.
//
// No innocent value of this package is in any Feed: innocent public addresses
// have other first octets, innocent registered names do not end in a digit.
type Feed struct {
	Seed uint64
	N    int // how many; at most 1 << 25
}

// A Kind is the type of an indicator.
type Kind uint8

// The kinds of indicators.
const (
	Domain Kind = iota
	AddrPort
	Addr
)

// String is the kind as feeds spell it.
func (k Kind) String() string { return [...]string{"domain", "ip:port", "ip"}[k] }

// An Indicator is one line of a Feed.
type Indicator struct {
	Kind  Kind
	Value string     // normal form
	Name  string     // Domain: lower-case A-labels
	Addr  netip.Addr // Addr and AddrPort
	Port  int        // AddrPort
}

// pattern says which indicators of twenty are what: domains (d), ip:port (p)
// and addresses (a), spread so that short lists have them all.
const pattern = "dpddadpddpdaddpddapd"

// ordinal returns i as a count among its kind's indicators.
func ordinal(i int, of string) int {
	n := i / len(pattern) * count(pattern, of)
	return n + count(pattern[:i%len(pattern)], of)
}

func count(s, of string) int {
	n := 0
	for _, c := range s {
		if strings.ContainsRune(of, c) {
			n++
		}
	}
	return n
}

// At returns indicator i of the list, from 0 to N-1.
func (f *Feed) At(i int) Indicator {
	switch pattern[i%len(pattern)] {
	case 'd':
		name := f.domain(ordinal(i, "d"))
		return Indicator{Kind: Domain, Value: name, Name: name}
	case 'p':
		n := ordinal(i, "pa")
		a := f.addr(n)
		port := ports[mix(f.Seed^uint64(n))%uint64(len(ports))]
		return Indicator{Kind: AddrPort, Value: netip.AddrPortFrom(a, uint16(port)).String(), Addr: a, Port: port}
	default:
		a := f.addr(ordinal(i, "pa"))
		return Indicator{Kind: Addr, Value: a.String(), Addr: a}
	}
}

// addrs is how many addresses the list holds, with port or without.
func (f *Feed) addrs() int { return ordinal(f.N, "pa") }

var ports = [...]int{23, 81, 443, 666, 1312, 2323, 3778, 4444, 5555, 6667, 8080, 8443, 9506, 13372, 38241, 60195}

// The first octets of IPv4 indicators. Innocent addresses have none of them.
var badOctets = [4]byte{45, 91, 176, 185}

const (
	addrBits  = 26 // four first octets and 24 bits
	addrMask  = 1<<addrBits - 1
	scatter   = 0x9E3779B1 // odd: multiplication modulo a power of two can be undone
	v6Every   = 4
	nameBits  = 28
	nameMask  = 1<<nameBits - 1
	idnEvery  = 40
	firstPart = "\x2a\x0e\x97\xc0" // the first 32 bits of IPv6 indicators
)

// addr is the n-th address of the list. The n-th number is scattered over the
// range by a multiplication that keeps all of them different.
func (f *Feed) addr(n int) netip.Addr {
	x := (uint32(n)*scatter + uint32(f.Seed)) & addrMask
	if n%v6Every == v6Every-1 {
		var a [16]byte
		copy(a[:], firstPart)
		a[4], a[5], a[6], a[7] = byte(x>>24), byte(x>>16), byte(x>>8), byte(x)
		if x&7 != 0 { // some networks, most hosts
			h := mix(uint64(x))
			a[8], a[9], a[14], a[15] = byte(h>>8), byte(h), byte(h>>16), byte(h>>24)|1
		} else {
			a[15] = 1
		}
		return netip.AddrFrom16(a)
	}
	return netip.AddrFrom4([4]byte{badOctets[x>>24], byte(x >> 16), byte(x >> 8), byte(x)})
}

// HasAddr reports whether an IPv4 address is in the list.
func (f *Feed) HasAddr(a [4]byte) bool {
	for q, o := range badOctets {
		if a[0] != o {
			continue
		}
		x := uint32(q)<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
		n := int((x - uint32(f.Seed)) * inverse(scatter) & addrMask)
		return n < f.addrs() && n%v6Every != v6Every-1
	}
	return false
}

// inverse returns the number by which a product with odd x is undone modulo
// 1 << 32 (Newton's iteration; each step doubles the right bits).
func inverse(x uint32) uint32 {
	y := x
	for range 5 {
		y *= 2 - x*y
	}
	return y
}

var (
	syllables = [32]string{
		"ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qi", "ro", "su", "ta",
		"ve", "wi", "xo", "zu", "bra", "cle", "dri", "fro", "glu", "kra", "ple", "tri", "sto", "snu", "vra", "ske",
	}
	badTLDs  = [...]string{"su", "top", "xyz", "com", "net", "ru", "pw", "cc", "info", "org"}
	subNames = [...]string{"tvt", "cnc", "gate", "api", "cdn", "update", "bot", "scan"}
	accented = [...]string{"ü", "é", "ø", "ñ", "ж", "ł"}
)

// domain is the n-th domain of the list. Registered labels end in a digit,
// which no innocent one does.
func (f *Feed) domain(n int) string {
	x := (uint32(n)*scatter + uint32(mix(f.Seed))) & nameMask
	var b []byte
	if x%3 == 0 {
		b = append(append(b, subNames[x/3%uint32(len(subNames))]...), '.')
	}
	// Five syllables of five bits, and the last three bits as a digit: all of
	// x is in the label, so no two are the same.
	for v, k := x, 0; k < 5; k++ {
		b = append(b, syllables[v&31]...)
		v >>= 5
	}
	idn := n%idnEvery == idnEvery-1
	if idn {
		b = append(b, accented[x%uint32(len(accented))]...)
	}
	b = append(b, '0'+byte(x>>25), '.')
	b = append(b, badTLDs[mix(uint64(x))%uint64(len(badTLDs))]...)
	if !idn {
		return string(b)
	}
	a, err := idna.Punycode.ToASCII(string(b))
	if err != nil {
		panic("gen: " + err.Error()) // our own letters
	}
	return a
}

// mix is a finaliser: every bit of x moves every bit of the answer.
func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)
	hi, lo = bits.Mul64(hi^lo^0xA0761D6478BD642F, 0xE7037ED1A0B428DB)
	return hi ^ lo
}
