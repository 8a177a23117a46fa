package ioc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Reasons for which a text is no indicator that the engine can use.
var (
	ErrNotIndicator = errors.New("not an address, network, domain name, URL or hash")
	ErrURLHost      = errors.New("a URL without a path names no more than a host")
	ErrURLPath      = errors.New("a path without a host is not matched")
	ErrHash         = errors.New("of hashes, MD5, SHA-1 and SHA-256 are matched")
	ErrEmail        = errors.New("a mail address is not matched")
	ErrPublicSuffix = errors.New("a public suffix would match half the internet")
	ErrFileName     = errors.New("the name of a file: no top-level domain is so called")
	ErrSingleLabel  = errors.New("a single label would match a whole top-level domain")
)

// Parse reads one indicator, defanged or not: an address, address:port,
// network, domain name or *.domain (the domain and everything below), URL with
// or without its scheme, or hash, also as sha1:…. The error wraps one of the Err values.
func Parse(text string) (Indicator, error) { return parse(text, false) }

// ParseBroad is Parse that also accepts public suffixes and single labels, for those who
// really mean them.
func ParseBroad(text string) (Indicator, error) { return parse(text, true) }

// ParseAddrPort reads a value that is known to be address:port: it splits at
// the last colon, so that 2a02:cf40:1::5:40669 has port 40669.
func ParseAddrPort(text string) (Indicator, error) {
	s := Refang(text)
	colon := max(strings.LastIndexByte(s, ':'), 0)
	i, err := Parse(net.JoinHostPort(strings.Trim(s[:colon], "[]"), strings.TrimPrefix(s[colon:], ":")))
	if err == nil && i.Type != IPPort {
		return Indicator{}, fmt.Errorf("%w: no address before a port", ErrNotIndicator)
	}
	return i, err
}

func parse(text string, broad bool) (Indicator, error) {
	s := Refang(strings.TrimSpace(text))
	if s == "" {
		return Indicator{}, fmt.Errorf("%w: empty", ErrNotIndicator)
	}
	if h := cutAlgorithm(s); isHash(h) {
		s = h
		if !isHashLen(len(s)) {
			return Indicator{}, ErrHash
		}
		return Indicator{Type: Hash, Value: strings.ToLower(s), Details: NoDetails()}, nil
	}
	if u, ok := webDAV(s); ok {
		return parseURL(u, true)
	}
	if i := strings.Index(s, "://"); i >= 0 {
		// tcp://1.2.3.4:23 is an address with a port, not something to fetch.
		rest := strings.TrimSuffix(s[i+3:], "/")
		switch strings.ToLower(s[:i]) {
		case "tcp", "udp":
			s = rest
		default:
			return parseURL(s, false)
		}
	}
	if at := strings.IndexByte(s, '@'); at >= 0 && !strings.Contains(s[:at], "/") && !strings.Contains(s[:at], `\\`) {
		return Indicator{}, ErrEmail
	}
	if i := strings.IndexByte(s, '/'); i >= 0 {
		if i == len(s)-1 {
			s = s[:i]
		} else if p, err := netip.ParsePrefix(s); err == nil {
			return network(p)
		} else if a, aerr := netip.ParseAddr(s[:i]); aerr == nil && allDigits(s[i+1:]) {
			return Indicator{}, fmt.Errorf("%w: prefix length out of range", ErrNotIndicator)
		} else if m, merr := netip.ParseAddr(s[i+1:]); aerr == nil && merr == nil && a.Is4() && m.Is4() {
			return masked(a, m)
		} else if aerr == nil && isLengthCell(s[i+1:]) {
			return Indicator{}, fmt.Errorf("%w: a network with more behind it", ErrNotIndicator)
		} else {
			return parseURL(s, false)
		}
	}
	if a, port, ok := ParseAddr([]byte(s)); ok {
		if zeroPadded(s) {
			return Indicator{}, fmt.Errorf("%w: leading zeros may be octal", ErrNotIndicator)
		}
		if port >= 0 {
			return addrPort(a, port), nil
		}
		return address(a), nil
	}
	return domain(s, broad)
}

// masked returns the network of an address and a mask, as in 203.0.113.0/255.255.255.0.
func masked(addr, mask netip.Addr) (Indicator, error) {
	b := mask.As4()
	m := binary.BigEndian.Uint32(b[:])
	ones := bits.LeadingZeros32(^m)
	if m<<ones != 0 {
		return Indicator{}, fmt.Errorf("%w: not a network and its mask", ErrNotIndicator)
	}
	return network(netip.PrefixFrom(addr, ones))
}

func address(a netip.Addr) Indicator {
	return Indicator{Type: IP, Value: a.String(), Prefix: netip.PrefixFrom(a, a.BitLen()), Details: NoDetails()}
}

func addrPort(a netip.Addr, port int) Indicator {
	return Indicator{Type: IPPort, Value: netip.AddrPortFrom(a, uint16(port)).String(),
		Prefix: netip.PrefixFrom(a, a.BitLen()), Port: uint16(port), Details: NoDetails()}
}

func network(p netip.Prefix) (Indicator, error) {
	if a := p.Addr(); a.Is4In6() {
		if p.Bits() < 96 {
			return Indicator{}, fmt.Errorf("%w: network of mapped addresses", ErrNotIndicator)
		}
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	p = p.Masked()
	if p.IsSingleIP() {
		return Indicator{Type: IP, Value: p.Addr().String(), Prefix: p, Details: NoDetails()}, nil
	}
	return Indicator{Type: CIDR, Value: p.String(), Prefix: p, Details: NoDetails()}, nil
}

// domain reads a name. With broad it may be a public suffix or a single label.
func domain(s string, broad bool) (Indicator, error) {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "*"), ".")
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		// host:port: the name is what can be matched in every table.
		if _, ok := parsePort([]byte(s[i+1:])); !ok {
			return Indicator{}, ErrNotIndicator
		}
		s = s[:i]
	}
	name, q := appendName(nil, trim([]byte(s)))
	if q != goodName {
		return Indicator{}, ErrNotIndicator
	}
	for _, b := range name {
		// Log cells may hold odd names; a feed that has one is broken.
		if !isAlnum(b) && b != '-' && b != '_' && b != '.' {
			return Indicator{}, ErrNotIndicator
		}
	}
	v := string(name)
	if strings.Contains(v, "xn--") && strings.ContainsAny(s, "\u2012\u2013\u2014\u2015") { // dashes, of how many hyphens is not known
		return Indicator{}, ErrNotIndicator
	}
	if endsAsFile(name) {
		return Indicator{}, ErrFileName
	}
	if !broad {
		if strings.IndexByte(v, '.') < 0 {
			return Indicator{}, ErrSingleLabel
		}
		if suffix, icann := publicsuffix.PublicSuffix(v); icann && suffix == v {
			return Indicator{}, ErrPublicSuffix
		}
	}
	return Indicator{Type: Domain, Value: v, Details: NoDetails()}, nil
}

// cutAlgorithm cuts off the name of the algorithm that a hash may have before it: sha1:…,
// SHA-256=….
func cutAlgorithm(s string) string {
	i := strings.IndexAny(s[:min(len(s), len("SHA-256:"))], ":=")
	if i < 0 {
		return s
	}
	switch strings.ToLower(s[:i]) {
	case "md5", "sha1", "sha-1", "sha256", "sha-256", "sha512", "sha-512":
		return s[i+1:]
	}
	return s
}

func isHash(s string) bool {
	switch len(s) {
	case 32, 40, 56, 64, 96, 128:
	default:
		return false
	}
	for i := range len(s) {
		if unhex[s[i]] > 15 {
			return false
		}
	}
	return true
}

func allDigits(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// isLengthCell reports whether what follows an address and a slash is the length of a network
// and the next cell of a row, 24,EU, and no path.
func isLengthCell(s string) bool {
	i := strings.IndexAny(s, ",;|\t")
	return i > 0 && i <= len("128") && allDigits(s[:i])
}

func zeroPadded(s string) bool {
	if strings.Count(s, ".") != 3 || strings.Contains(s, "::") {
		return false
	}
	return padded([]byte(s))
}
