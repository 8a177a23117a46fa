package ioc

import (
	"bytes"
	"net/netip"
)

// A Host is what a URL, or a cell that may be one, points at.
type Host struct {
	Addr netip.Addr // valid if the host is an address
	Name []byte     // normal form of a name otherwise; part of the buffer given to AppendHost
	Port int        // the port in the cell, -1 without one; no scheme implies a port
}

// AppendHost finds the host of a URL as browsers do (WHATWG), and appends its
// normal form to dst if it is a name. The scheme may be missing: host,
// host:port, host/path, //host/path, user@host and \\host\share are read as
// well, and a bare address under the rules of ParseAddr. A backslash ends the
// authority, user names are dropped, and IPv4 hosts may be one number, short,
// octal or hexadecimal, but only if the cell has the form of a URL: a bare
// 2957085447 is no address. In URLs the host is percent-decoded, once.
// It allocates only for percent signs and non-ASCII names, and to grow dst.
func AppendHost(dst, cell []byte) (h Host, ok bool) {
	var tmp []byte
	if bytes.IndexByte(cell, '%') >= 0 {
		tmp = make([]byte, 0, len(cell))
	}
	p, ok := splitHost(cell, tmp)
	if !ok {
		return Host{Port: -1}, false
	}
	h.Addr, h.Port = p.addr, p.port
	if p.addr.IsValid() {
		return h, true
	}
	start := len(dst)
	dst, q := appendName(dst, p.name)
	if q == badName || q == oddName || numericLast(dst[start:]) { // a number in letters that IDNA maps to digits is no name
		return Host{Port: -1}, false
	}
	h.Name = dst[start:]
	return h, true
}

// A hostPart is a host before its name is brought to normal form.
type hostPart struct {
	addr netip.Addr
	name []byte // part of the cell or of tmp
	port int
}

// splitHost finds the host of a cell. tmp is room for percent-decoding: without room for
// len(cell) bytes nothing is decoded.
func splitHost(cell, tmp []byte) (p hostPart, ok bool) {
	c := trim(cell)
	p.port = -1
	if len(c) == 0 {
		return p, false
	}
	if isDigit(c[0]) || c[0] == '[' || unhex[c[0]] <= 15 || c[0] == ':' {
		if a, port, ok := ParseAddr(c); ok {
			return hostPart{addr: a, port: port}, true
		}
	}
	rest, special, url, unc := cutScheme(c)
	if !url {
		// A URL that was encoded as a whole: http%3A%2F%2Fhost%2Fpath.
		if i := bytes.IndexByte(c, '%'); i > 0 && i < 8 && len(c) <= cap(tmp) && hasFold(c[i:], "%3a%2f%2f") {
			c = appendUnescaped(tmp, c)
			tmp = nil
			rest, special, url, unc = cutScheme(c)
		}
	}
	end := authorityLen(rest, special)
	pathed := end < len(rest) && rest[end] == '/'
	auth := rest[:end]
	if at := bytes.LastIndexByte(auth, '@'); at >= 0 {
		tail := auth[at+1:]
		port, isPort := parsePort(tail)
		// \\host@SSL@443\share, as WebDAV clients write; before the host of file://user@host/share
		// stands a user.
		if unc && (c[0] == '\\' || isPort || len(tail) == len("ssl") && hasFold(tail, "ssl")) {
			p.port = port
			auth = auth[:bytes.IndexByte(auth, '@')]
		} else {
			auth = tail
		}
	}
	host := auth
	if len(auth) > 0 && auth[0] == '[' {
		a, port, ok := bracketed(bytes.TrimSuffix(auth, []byte(":")))
		return hostPart{addr: a, port: port}, ok
	}
	if i := bytes.IndexByte(auth, ':'); i >= 0 {
		host = auth[:i]
		if i+1 < len(auth) {
			if p.port, ok = parsePort(auth[i+1:]); !ok {
				// Several colons and no brackets: an address inside a URL.
				if a, n := parse6(auth); n > 0 && n == len(auth) {
					return hostPart{addr: netip.AddrFrom16(a).Unmap(), port: -1}, true
				}
				return hostPart{port: -1}, false
			}
		}
	}
	if url && bytes.IndexByte(host, '%') >= 0 && len(host) <= cap(tmp) {
		host = appendUnescaped(tmp, host)
	}
	if len(host) == 0 {
		return p, false
	}
	if numericLast(host) {
		var v uint32
		if url || pathed {
			v, ok = parseNumber4(host)
		} else {
			var n int
			v, n = parse4(bytes.TrimSuffix(host, []byte(".")))
			ok = n > 0 && n >= len(host)-1
		}
		p.addr = addr4(v)
		return p, ok
	}
	p.name = host
	return p, true
}

// cutScheme drops the scheme and the slashes after it. special means that a backslash is
// a slash, as with the schemes of browsers and without a scheme. url means that there
// was a scheme, or two slashes; unc that these were backslashes, or the scheme of files.
func cutScheme(c []byte) (rest []byte, special, url, unc bool) {
	if len(c) >= 2 && isSlash(c[0]) && isSlash(c[1]) {
		return c[2:], true, true, c[0] == '\\'
	}
	i := 0
	for i < len(c) && (isAlnum(c[i]) || c[i] == '+' || c[i] == '-' || c[i] == '.') {
		i++
	}
	if i == 0 || i >= len(c) || c[i] != ':' || isDigit(c[0]) {
		return c, true, false, false
	}
	scheme, after := c[:i], c[i+1:]
	for _, s := range [...]string{"http", "https", "ftp", "ws", "wss"} {
		if len(scheme) == len(s) && hasFold(scheme, s) {
			if len(after) > 0 && isDigit(after[0]) && !isURLNumber(after) {
				return c, true, false, false // a host called http, with a port
			}
			for len(after) > 0 && isSlash(after[0]) {
				after = after[1:]
			}
			return after, true, true, false
		}
	}
	if len(after) >= 2 && after[0] == '/' && after[1] == '/' {
		return after[2:], false, true, len(scheme) == 4 && hasFold(scheme, "file")
	}
	return c, true, false, false
}

// isURLNumber reports whether digits after a scheme's colon cannot be a port.
func isURLNumber(c []byte) bool {
	for i, b := range c {
		if b == '/' {
			return i > 5
		}
		if !isDigit(b) {
			return true
		}
	}
	return len(c) > 5
}

func isSlash(b byte) bool { return b == '/' || b == '\\' }

// numericLast reports whether the last label is a number, decimal or with 0x.
func numericLast(host []byte) bool {
	host = bytes.TrimSuffix(host, []byte("."))
	last := host[bytes.LastIndexByte(host, '.')+1:]
	if len(last) == 0 {
		return false
	}
	digits := true
	for _, b := range last {
		digits = digits && isDigit(b)
	}
	if digits {
		return true
	}
	if len(last) < 2 || last[0] != '0' || last[1]|0x20 != 'x' {
		return false
	}
	for _, b := range last[2:] {
		if unhex[b] > 15 {
			return false
		}
	}
	return true
}

// parseNumber4 reads an IPv4 host the WHATWG way: one to four parts, each
// decimal, octal (0…) or hexadecimal (0x…); the last fills what is left.
func parseNumber4(host []byte) (v uint32, ok bool) {
	host = bytes.TrimSuffix(host, []byte("."))
	for left := 4; ; left-- {
		part, rest, more := bytes.Cut(host, []byte("."))
		if len(part) == 0 || left == 0 || more && left == 1 {
			return 0, false
		}
		base := uint64(10)
		switch {
		case len(part) > 1 && part[0] == '0' && part[1]|0x20 == 'x':
			base, part = 16, part[2:]
		case len(part) > 1 && part[0] == '0':
			base, part = 8, part[1:]
		}
		var n uint64
		for _, b := range part {
			d := uint64(unhex[b])
			if d >= base {
				return 0, false
			}
			if n = n*base + d; n > 1<<32-1 {
				return 0, false
			}
		}
		if !more {
			if n >= 1<<(8*left) {
				return 0, false
			}
			return uint32(uint64(v)<<(8*left)) | uint32(n), true
		}
		if n > 255 {
			return 0, false
		}
		v = v<<8 | uint32(n)
		host = rest
	}
}

// appendUnescaped percent-decodes c once.
func appendUnescaped(dst, c []byte) []byte {
	for i := 0; i < len(c); i++ {
		if c[i] == '%' && i+2 < len(c) && unhex[c[i+1]] <= 15 && unhex[c[i+2]] <= 15 {
			dst = append(dst, unhex[c[i+1]]<<4|unhex[c[i+2]])
			i += 2
			continue
		}
		dst = append(dst, c[i])
	}
	return dst
}

// hasFold reports whether c starts with s, which is in lower case.
func hasFold(c []byte, s string) bool {
	if len(c) < len(s) {
		return false
	}
	for i := range len(s) {
		b := c[i]
		if b-'A' <= 25 {
			b |= 0x20
		}
		if b != s[i] {
			return false
		}
	}
	return true
}
