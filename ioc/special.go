package ioc

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// specialText is the networks of IANA's special-purpose address registries and
// the multicast ranges, the narrower before those that hold them. An indicator
// in one of them is legitimate (responders pivot on private addresses) but
// worth a word.
const specialText = `0.0.0.0/32 this host
0.0.0.0/8 this network
10.0.0.0/8 private
100.64.0.0/10 shared address space
127.0.0.0/8 loopback
169.254.0.0/16 link-local
172.16.0.0/12 private
192.0.0.0/29 IPv4 service continuity
192.0.0.8/32 dummy address
192.0.0.9/32 port control anycast
192.0.0.10/32 TURN anycast
192.0.0.170/31 NAT64/DNS64 discovery
192.0.0.0/24 IETF protocol assignments
192.0.2.0/24 documentation
192.31.196.0/24 AS112
192.52.193.0/24 AMT
192.88.99.2/32 6a44 relay
192.88.99.0/24 6to4 relay
192.168.0.0/16 private
192.175.48.0/24 AS112
198.18.0.0/15 benchmarking
198.51.100.0/24 documentation
203.0.113.0/24 documentation
224.0.0.0/4 multicast
255.255.255.255/32 limited broadcast
240.0.0.0/4 reserved
::/128 unspecified
::1/128 loopback
64:ff9b::/96 NAT64
64:ff9b:1::/48 NAT64
100::/64 discard
100:0:0:1::/64 dummy prefix
2001::/32 Teredo
2001:1::1/128 port control anycast
2001:1::2/128 TURN anycast
2001:1::3/128 DNS-SD anycast
2001:2::/48 benchmarking
2001:3::/32 AMT
2001:4:112::/48 AS112
2001:10::/28 deprecated ORCHID
2001:20::/28 ORCHIDv2
2001:30::/28 drone remote identification
2001::/23 IETF protocol assignments
2001:db8::/32 documentation
2002::/16 6to4
2620:4f:8000::/48 AS112
3fff::/20 documentation
5f00::/16 segment routing
fc00::/7 unique local
fe80::/10 link-local
ff00::/8 multicast`

// specialNets is specialText for look-up. Most addresses are turned away by
// their beginning.
type specialNets struct {
	nets   []netip.Prefix
	names  []string
	first4 [256 / 64]uint64     // bit n: a network touches n/8
	first6 [1 << 16 / 64]uint64 // bit n: a network touches n::/16
}

// special is made when first asked for: most runs of the command need it, but
// for some it would be a good part of their time.
var special = sync.OnceValue(func() *specialNets {
	s := new(specialNets)
	for line := range strings.Lines(specialText) {
		text, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		p := netip.MustParsePrefix(text)
		s.nets, s.names = append(s.nets, p), append(s.names, name)
		a := p.Addr().AsSlice()
		first, width, words := uint32(a[0]), 8, s.first4[:]
		if p.Addr().Is6() {
			first, width, words = first<<8|uint32(a[1]), 16, s.first6[:]
		}
		for n := range uint32(1) << max(width-p.Bits(), 0) {
			words[(first+n)>>6] |= 1 << ((first + n) & 63)
		}
	}
	return s
})

// may4 reports whether an address may be special.
func (s *specialNets) may4(v uint32) bool { return s.first4[v>>30]>>(v>>24&63)&1 != 0 }

// may6 does so for an address with these first two bytes.
func (s *specialNets) may6(hi, lo byte) bool {
	n := uint(hi)<<8 | uint(lo)
	return s.first6[n>>6]>>(n&63)&1 != 0
}

// Special returns what an address is set aside for ("private", "loopback",
// "documentation"), "" for public addresses.
func Special(a netip.Addr) string {
	a = a.Unmap()
	s := special()
	if b := a.As16(); a.Is4() && !s.may4(value4(a)) || a.Is6() && !s.may6(b[0], b[1]) {
		return ""
	}
	for i := range s.nets {
		if s.nets[i].Contains(a) {
			return s.names[i]
		}
	}
	return ""
}

// broad4 and broad6 say from which prefix length on a network is no longer called over-broad.
const (
	broad4 = 8
	broad6 = 32
)

// Warnings says what is odd about an indicator that is used all the same.
func (i *Indicator) Warnings() []string {
	var w []string
	switch i.Type {
	case URL:
		return nil
	case Hash:
		if isEmptyHash([]byte(i.Value)) {
			w = append(w, "hash of a file without content: every empty file matches")
		}
		return w
	case Domain:
		suffix, icann := publicsuffix.PublicSuffix(i.Value)
		switch {
		case suffix != i.Value:
		case icann:
			w = append(w, "public suffix: everyone below it matches")
		case strings.Contains(suffix, "."):
			w = append(w, "whole of a hosting or dynamic-DNS suffix: everyone below it matches")
		default:
			w = append(w, "single label: every name that ends in it matches")
		}
		return w
	}
	if name := Special(i.Addr()); name != "" {
		w = append(w, "special-purpose address: "+name)
	}
	if i.Type == CIDR {
		bits, limit := i.Prefix.Bits(), broad4
		if i.Prefix.Addr().Is6() {
			limit = broad6
		}
		if bits < limit {
			w = append(w, fmt.Sprintf("over-broad network: /%d is wider than /%d", bits, limit))
		}
	}
	return w
}
