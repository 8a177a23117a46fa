package ioc

import (
	"bytes"
	"net/netip"
)

// A Host is what a URL, host:port or mail address leads to.
type Host struct {
	Addr netip.Addr // valid where the host is an address
	Name []byte     // else the name in normal form
	Port int        // written in the cell, -1 without one; no scheme implies a port
}

// AppendHost finds the host of a URL with or without its scheme, of host:port,
// or of a mail address, as browsers do (WHATWG URL): userinfo ends at the last
// @, a backslash ends the authority, and after a scheme a host is
// percent-decoded once and numbers are addresses in any of their forms
// (http://2957085447/). The name is appended to dst; it lives as dst does.
func AppendHost(dst, cell []byte) (h Host, ok bool) {
	h.Addr, h.Name, h.Port, ok = appendHost(dst, cell)
	return h, ok
}

// appendHost returns what AppendHost does, but not in one struct: an address
// that escapes would take the buffer behind the name with it.
func appendHost(dst, cell []byte) (addr netip.Addr, name []byte, port int, ok bool) {
	c := trim(cell)
	c, scheme := cutScheme(c)
	if i := bytes.IndexAny(c, `/\?#`); i >= 0 {
		if !scheme && c[i] == '/' {
			// 2001:db8::1/128 or 176.65.139.7/32 in a host cell.
			if a, port, ok := ParseAddr(c); ok {
				return a, nil, port, true
			}
		}
		if c[i] == '#' && !scheme { // BIND's 176.65.139.7#53
			if a, port, ok := ParseAddr(c); ok {
				return a, nil, port, true
			}
		}
		c = c[:i]
	}
	if i := bytes.LastIndexByte(c, '@'); i >= 0 {
		c = c[i+1:]
	}
	if len(c) == 0 {
		return netip.Addr{}, nil, -1, false
	}
	if a, port, ok := ParseAddr(c); ok {
		return a, nil, port, true
	}
	port = -1
	if i := bytes.LastIndexByte(c, ':'); i >= 0 && c[0] != '[' {
		if i < len(c)-1 {
			if port, ok = parsePort(c[i+1:]); !ok {
				return netip.Addr{}, nil, -1, false
			}
		}
		c = c[:i]
	}
	n := len(dst)
	if scheme {
		if bytes.IndexByte(c, '%') >= 0 {
			dst = appendUnescaped(dst, c)
			c = dst[n:]
		}
		if v, ok := numericHost(c); ok {
			return addr4(v), nil, port, true
		}
	}
	at := len(dst)
	dst, q := appendName(dst, c)
	if q == badName || q == oddName {
		return netip.Addr{}, nil, -1, false
	}
	return netip.Addr{}, dst[at:], port, true
}

// cutScheme cuts off http://, // and the like.
func cutScheme(c []byte) (rest []byte, cut bool) {
	i := 0
	for i < len(c) && (isAlnum(c[i]) || i > 0 && (c[i] == '+' || c[i] == '-' || c[i] == '.')) {
		i++
	}
	switch {
	case i > 0 && i < len(c) && c[i] == ':':
		if len(c) > i+2 && slash(c[i+1]) && slash(c[i+2]) {
			return c[i+3:], true
		}
	case i == 0 && len(c) > 2 && slash(c[0]) && slash(c[1]):
		return c[2:], true
	}
	return c, false
}

func slash(b byte) bool { return b == '/' || b == '\\' }

// appendUnescaped decodes %41.
func appendUnescaped(dst, c []byte) []byte {
	for i := 0; i < len(c); i++ {
		if c[i] == '%' && i+2 < len(c) && unhex[c[i+1]] < 16 && unhex[c[i+2]] < 16 {
			dst = append(dst, unhex[c[i+1]]<<4|unhex[c[i+2]])
			i += 2
			continue
		}
		dst = append(dst, c[i])
	}
	return dst
}

// numericHost reads a host of one to four numbers in decimal, octal or
// hexadecimal, the last of which fills what is left of the 32 bits.
func numericHost(c []byte) (uint32, bool) {
	if len(c) > 0 && c[len(c)-1] == '.' {
		c = c[:len(c)-1]
	}
	var parts [4]uint64
	n := 0
	for len(c) > 0 {
		if n == 4 {
			return 0, false
		}
		i := bytes.IndexByte(c, '.')
		part := c
		if i >= 0 {
			part, c = c[:i], c[i+1:]
			if len(c) == 0 {
				return 0, false
			}
		} else {
			c = nil
		}
		v, ok := hostNumber(part)
		if !ok {
			return 0, false
		}
		parts[n] = v
		n++
	}
	if n == 0 {
		return 0, false
	}
	var v uint64
	for i, p := range parts[:n-1] {
		if p > 255 {
			return 0, false
		}
		v |= p << (24 - 8*i)
	}
	last := parts[n-1]
	if last >= 1<<(8*(5-n)) {
		return 0, false
	}
	return uint32(v | last), true
}

func hostNumber(p []byte) (uint64, bool) {
	base := uint64(10)
	switch {
	case len(p) >= 2 && p[0] == '0' && p[1]|0x20 == 'x':
		base, p = 16, p[2:]
		if len(p) == 0 {
			return 0, true
		}
	case len(p) >= 2 && p[0] == '0':
		base, p = 8, p[1:]
	}
	if len(p) == 0 || len(p) > 16 {
		return 0, false
	}
	var v uint64
	for _, b := range p {
		d := uint64(unhex[b])
		if d >= base {
			return 0, false
		}
		v = v*base + d
	}
	return v, v <= 1<<32-1
}
