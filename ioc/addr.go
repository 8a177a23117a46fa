package ioc

import "net/netip"

// ParseAddr reads a log cell that holds one address and nothing else.
// Surrounding ASCII space and quotes are dropped. IPv4-mapped IPv6 addresses
// become IPv4 and zones are dropped, so that results compare with ==. port is
// the port in the cell (1.2.3.4:23, 1.2.3.4|23, 1.2.3.4#53, [2001:db8::1]:443),
// -1 without one. A prefix is accepted only if it is a single address (/32,
// /128). Leading zeros are accepted only where all four octets have three
// digits; elsewhere they may mean octal, and the cell is no address.
// It does not allocate.
func ParseAddr(cell []byte) (addr netip.Addr, port int, ok bool) {
	c := trim(cell)
	if len(c) < 2 {
		return netip.Addr{}, -1, false
	}
	if v, n := parse4(c); n > 0 {
		port, ok = addrTail(c[n:], true)
		return addr4(v), port, ok
	}
	if c[0] != '[' {
		a, n := parse6(c)
		if n == 0 {
			return netip.Addr{}, -1, false
		}
		rest, ok := skipZone(c[n:])
		if !ok {
			return netip.Addr{}, -1, false
		}
		// A colon never introduces a port here: it would be part of the address.
		port, ok = addrTail(rest, false)
		return netip.AddrFrom16(a).Unmap(), port, ok
	}
	return bracketed(c)
}

// IsNormal4 reports whether a text is an IPv4 address and nothing else, in normal form.
func IsNormal4(s string) bool {
	n := Normal4(s)
	return n > 0 && n == len(s)
}

// Normal4 returns the length of the IPv4 address in normal form that a text begins
// with, 0 if it begins with none. No digit follows it, but anything else may.
func Normal4(s string) int {
	dots, digits, octet := 0, 0, uint(0)
	for i := range len(s) {
		switch d := uint(s[i]) - '0'; {
		case d <= 9:
			if digits > 0 && octet == 0 {
				return 0
			}
			if octet = octet*10 + d; octet > 255 {
				return 0
			}
			digits++
		case dots == 3 && digits > 0:
			return i
		case s[i] == '.' && digits > 0:
			dots, digits, octet = dots+1, 0, 0
		default:
			return 0
		}
	}
	if dots == 3 && digits > 0 {
		return len(s)
	}
	return 0
}

// bracketed reads [address] and [address]:port.
func bracketed(c []byte) (addr netip.Addr, port int, ok bool) {
	c = c[1:]
	if v, n := parse4(c); n > 0 {
		addr, c = addr4(v), c[n:]
	} else {
		a, n := parse6(c)
		if n == 0 {
			return netip.Addr{}, -1, false
		}
		addr = netip.AddrFrom16(a).Unmap()
		if c, ok = skipZone(c[n:]); !ok {
			return netip.Addr{}, -1, false
		}
	}
	if len(c) == 0 || c[0] != ']' {
		return netip.Addr{}, -1, false
	}
	if c = c[1:]; len(c) == 0 {
		return addr, -1, true
	}
	if c[0] != ':' {
		return netip.Addr{}, -1, false
	}
	port, ok = parsePort(c[1:])
	return addr, port, ok
}

// addrTail reads what may follow an address without brackets: nothing, a port,
// or the prefix length of a single address.
func addrTail(c []byte, v4 bool) (port int, ok bool) {
	if len(c) == 0 {
		return -1, true
	}
	switch c[0] {
	case ':':
		if v4 {
			return parsePort(c[1:])
		}
	case '|', '#':
		return parsePort(c[1:])
	case '/':
		if v4 {
			return -1, string(c) == "/32"
		}
		return -1, string(c) == "/128"
	}
	return -1, false
}

// parsePort reads 1 to 5 digits, 0 to 65535, that fill c.
func parsePort(c []byte) (int, bool) {
	if len(c) == 0 || len(c) > 5 {
		return -1, false
	}
	p := 0
	for _, b := range c {
		if b < '0' || b > '9' {
			return -1, false
		}
		p = p*10 + int(b-'0')
	}
	if p > 65535 {
		return -1, false
	}
	return p, true
}

// skipZone drops a zone (%eth0, or %25eth0 as in URLs) at the start of c.
func skipZone(c []byte) (rest []byte, ok bool) {
	if len(c) == 0 || c[0] != '%' {
		return c, true
	}
	n := 1
	for n < len(c) && (isAlnum(c[n]) || c[n] == '.' || c[n] == '_' || c[n] == '-' || c[n] == '~') {
		n++
	}
	return c[n:], n > 1
}

// parse4 reads a dotted quad at the start of c and returns the bytes used, 0
// if there is none. A digit may not follow.
func parse4(c []byte) (v uint32, n int) {
	i, wide, zero := 0, 0, false
	for k := range 4 {
		if k > 0 {
			if i >= len(c) || c[i] != '.' {
				return 0, 0
			}
			i++
		}
		if i >= len(c) {
			return 0, 0
		}
		o := uint32(c[i]) - '0'
		if o > 9 {
			return 0, 0
		}
		i++
		if i < len(c) {
			if d := uint32(c[i]) - '0'; d <= 9 {
				zero = zero || o == 0
				o = o*10 + d
				i++
				if i < len(c) {
					if d := uint32(c[i]) - '0'; d <= 9 {
						o = o*10 + d
						i++
						wide++
					}
				}
			}
		}
		if o > 255 {
			return 0, 0
		}
		v = v<<8 | o
	}
	if zero && wide < 4 || i < len(c) && isDigit(c[i]) {
		return 0, 0
	}
	return v, i
}

// parse6 reads an IPv6 address without zone at the start of c and returns the
// bytes used, 0 if there is none. It agrees with net/netip.
func parse6(c []byte) (a [16]byte, n int) {
	i, gap := 0, -1 // bytes of a filled; where :: stands
	if len(c) >= 2 && c[0] == ':' && c[1] == ':' {
		gap, n = 0, 2
	}
	for i < 16 {
		start, acc := n, uint32(0)
		for n < len(c) && n-start < 5 {
			d := unhex[c[n]]
			if d > 15 {
				break
			}
			acc = acc<<4 | uint32(d)
			n++
		}
		if n == start {
			if gap == i {
				break // the text ends with ::
			}
			return a, 0
		}
		if n < len(c) && c[n] == '.' {
			// A dotted tail takes the last four bytes, without padding.
			v, m := parse4(c[start:])
			if m == 0 || i > 12 || gap < 0 && i != 12 || padded(c[start:start+m]) {
				return a, 0
			}
			a[i], a[i+1], a[i+2], a[i+3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
			i, n = i+4, start+m
			break
		}
		if n-start > 4 {
			return a, 0
		}
		a[i], a[i+1] = byte(acc>>8), byte(acc)
		i += 2
		if n == len(c) || c[n] != ':' || i == 16 {
			break
		}
		n++
		if n < len(c) && c[n] == ':' {
			if gap >= 0 {
				return a, 0
			}
			gap = i
			n++
		}
	}
	if i == 16 {
		if gap >= 0 {
			return a, 0 // :: must stand for something
		}
		return a, n
	}
	if gap < 0 {
		return a, 0
	}
	tail := i - gap
	copy(a[16-tail:], a[gap:i])
	clear(a[gap : 16-tail])
	return a, n
}

// padded reports whether an octet has a leading zero.
func padded(quad []byte) bool {
	for i := range len(quad) - 1 {
		if quad[i] == '0' && isDigit(quad[i+1]) && (i == 0 || quad[i-1] == '.') {
			return true
		}
	}
	return false
}

func addr4(v uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// unhex maps hexadecimal digits to their value and other bytes to 255.
var unhex = func() (t [256]uint8) {
	for i := range t {
		t[i] = 255
	}
	for i := range 10 {
		t['0'+i] = uint8(i)
	}
	for i := range 6 {
		t['a'+i], t['A'+i] = uint8(10+i), uint8(10+i)
	}
	return t
}()

func isDigit(b byte) bool { return b-'0' <= 9 }

func isAlnum(b byte) bool { return b-'0' <= 9 || (b|0x20)-'a' <= 25 }

// trim drops ASCII space, controls and quotes from both ends.
func trim(c []byte) []byte {
	for len(c) > 0 && blank(c[0]) {
		c = c[1:]
	}
	for len(c) > 0 && blank(c[len(c)-1]) {
		c = c[:len(c)-1]
	}
	return c
}

func blank(b byte) bool { return b <= ' ' || b == '"' || b == '\'' }
