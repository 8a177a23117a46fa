package ioc

import (
	"bytes"
	"strconv"
)

// maxURL is the length of the longest text that is taken for a URL indicator, and
// of the longest normal form: what is printed can be read.
const maxURL = 8192

// AppendURL appends the normal form of the URL in a cell to dst, much as
// browsers have it (WHATWG): scheme and host in lower case, the host as
// AppendHost gives it, no user, no port that the scheme implies, a path without
// . and .. in which a backslash is a slash, no fragment, no empty query. Characters that
// need not be written as %XX are written plainly, and those that must be are written so,
// in capitals: both spellings give the same. A cell without scheme gives a URL without
// scheme. ok is false if there is no host.
func AppendURL(dst, cell []byte) (url []byte, ok bool) {
	var room [2][]byte
	if bytes.IndexByte(cell, '%') >= 0 {
		room[0], room[1] = make([]byte, 0, len(cell)), make([]byte, 0, len(cell))
	}
	start := len(dst)
	p, ok := splitHost(cell, room[0])
	if !ok {
		return dst, false
	}
	rest := splitRest(cell, room[1])
	if len(rest.scheme) > 0 {
		dst = append(append(dst, bytes.ToLower(rest.scheme)...), "://"...)
	}
	host := len(dst)
	dst, q := appendURLHost(dst, p)
	if q == badName || !p.addr.IsValid() && numericLast(dst[host:]) { // see AppendHost
		return dst[:start], false
	}
	if p.port >= 0 && p.port != impliedPort(rest.scheme) {
		dst = strconv.AppendInt(append(dst, ':'), int64(p.port), 10)
	}
	return appendPath(dst, rest.path, rest.special), true
}

// appendURLHost appends a host as it stands in a URL.
func appendURLHost(dst []byte, p hostPart) ([]byte, quality) {
	switch {
	case !p.addr.IsValid():
		return appendName(dst, p.name)
	case p.addr.Is6():
		return append(p.addr.AppendTo(append(dst, '[')), ']'), goodName
	}
	return p.addr.AppendTo(dst), goodName
}

// A restPart is the parts of a URL beside its host.
type restPart struct {
	scheme  []byte // as written, empty without one
	path    []byte // all behind host and port, perhaps empty
	special bool   // a backslash is a slash
}

// splitRest finds the parts of a cell that splitHost leaves out. tmp is room for
// percent-decoding, other than that of splitHost.
func splitRest(cell, tmp []byte) (r restPart) {
	c := trim(cell)
	rest, special, url, _ := cutScheme(c)
	if !url {
		if i := bytes.IndexByte(c, '%'); i > 0 && i < 8 && len(c) <= cap(tmp) && hasFold(c[i:], "%3a%2f%2f") {
			c = appendUnescaped(tmp, c)
			rest, special, url, _ = cutScheme(c)
		}
	}
	if url && !isSlash(c[0]) {
		r.scheme = c[:bytes.IndexByte(c, ':')]
	}
	r.path, r.special = rest[authorityLen(rest, special):], special
	return r
}

// authorityLen is the length of user, host and port at the start of what
// follows the scheme.
func authorityLen(rest []byte, special bool) int {
	for i, b := range rest {
		if b == '/' || b == '?' || b == '#' || b == '\\' && special {
			return i
		}
	}
	return len(rest)
}

// impliedPort is the port of a scheme, -1 if it is not known.
func impliedPort(scheme []byte) int {
	for _, s := range [...]struct {
		name string
		port int
	}{{"http", 80}, {"https", 443}, {"ftp", 21}, {"ws", 80}, {"wss", 443}} {
		if len(scheme) == len(s.name) && hasFold(scheme, s.name) {
			return s.port
		}
	}
	return -1
}

// appendPath appends the normal form of path and query: a path that begins with
// a slash, and where it is not empty a question mark and the query.
func appendPath(dst, raw []byte, special bool) []byte {
	if i := bytes.IndexByte(raw, '#'); i >= 0 {
		raw = raw[:i]
		for len(raw) > 0 && blank(raw[len(raw)-1]) { // as at the end of a cell
			raw = raw[:len(raw)-1]
		}
	}
	path, query, _ := bytes.Cut(raw, []byte("?"))
	slash := func(b byte) bool { return b == '/' || b == '\\' && special }
	i := 0
	if len(path) > 0 && slash(path[0]) {
		i = 1
	}
	root := len(dst)
	dst = append(dst, '/')
	segment := len(dst) // where the last one begins
	for ; ; i++ {
		if i < len(path) && !slash(path[i]) {
			dst, i = appendURLByte(dst, path, i)
			continue
		}
		switch string(dst[segment:]) {
		case ".":
			dst = dst[:segment]
		case "..":
			dst = dst[:segment]
			if segment > root+1 {
				segment = root + bytes.LastIndexByte(dst[root:segment-1], '/') + 1
				dst = dst[:segment]
			}
		default:
			if i < len(path) {
				dst = append(dst, '/')
				segment = len(dst)
			}
		}
		if i >= len(path) {
			break
		}
	}
	asked := len(dst)
	dst = append(dst, '?')
	for i := 0; i < len(query); i++ {
		dst, i = appendURLByte(dst, query, i)
	}
	if len(dst) == asked+1 {
		dst = dst[:asked]
	}
	return dst
}

// What appendURLByte does with a byte.
const (
	urlEscape = iota // written as %XX
	urlSign          // as it is; its %XX is something else
	urlPlain         // as it is, and so is its %XX
	urlDrop          // left out, as browsers do
)

var urlByte = func() (t [256]uint8) {
	for _, b := range []byte("!$&'()*+,/:;=?@[]") {
		t[b] = urlSign
	}
	for _, b := range []byte("\t\n\r") {
		t[b] = urlDrop
	}
	for i := range t {
		if b := byte(i); isAlnum(b) || b == '-' || b == '.' || b == '_' || b == '~' {
			t[i] = urlPlain
		}
	}
	return t
}()

// appendURLByte appends the character at c[i] and returns where it ends. A
// percent sign before anything but two digits stands for itself.
func appendURLByte(dst, c []byte, i int) ([]byte, int) {
	b, escaped := c[i], false
	if b == '%' && i+2 < len(c) && unhex[c[i+1]] <= 15 && unhex[c[i+2]] <= 15 {
		b, escaped = unhex[c[i+1]]<<4|unhex[c[i+2]], true
		i += 2
	}
	switch what := urlByte[b]; {
	case what == urlPlain, what == urlSign && !escaped:
		dst = append(dst, b)
	case what == urlDrop && !escaped:
	default:
		const digits = "0123456789ABCDEF"
		dst = append(dst, '%', digits[b>>4], digits[b&15])
	}
	return dst, i
}
