package ioc

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// ParseURL reads what is known to be a URL, defanged or not.
func ParseURL(text string) (Indicator, error) {
	s := Refang(strings.TrimSpace(text))
	if s == "" {
		return Indicator{}, fmt.Errorf("%w: empty", ErrNotIndicator)
	}
	if u, ok := webDAV(s); ok {
		s = u
	}
	return parseURL(s, true)
}

// parseURL reads a URL that is more than a host. One without scheme that is not
// known to be a URL needs a host that cannot be a word: an address, or a name
// below a public suffix.
func parseURL(s string, known bool) (Indicator, error) {
	scheme, odd := schemeOf(s)
	switch {
	case len(s) > maxURL:
		return Indicator{}, errLongURL
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' }):
		return Indicator{}, fmt.Errorf("%w: blank in a URL", ErrNotIndicator)
	case s[0] == '/' && !strings.HasPrefix(s, "//"):
		return Indicator{}, ErrURLPath
	case odd:
		return Indicator{}, fmt.Errorf("%w: not a scheme before the URL", ErrNotIndicator)
	}
	v, ok := AppendURL(nil, []byte(s))
	if !ok || portForHost(s) {
		return Indicator{}, fmt.Errorf("%w: URL without a host that can be read", ErrNotIndicator)
	}
	if len(v) > maxURL {
		return Indicator{}, errLongURL
	}
	u, ok := cutURL(v)
	host := string(u.host)
	if !ok || !isURLHost(host) {
		return Indicator{}, fmt.Errorf("%w: host of a URL", ErrNotIndicator)
	}
	if !scheme && !known {
		authority := strings.TrimPrefix(s, "//")
		if i := strings.IndexByte(authority, '/'); i >= 0 {
			authority = authority[:i]
		}
		_, _, plain := ParseAddr([]byte(authority))
		suffix, listed := publicsuffix.PublicSuffix(host)
		if !plain && (numericLast(u.host) || !listed && !strings.Contains(suffix, ".") && !isReserved(suffix) || suffix == host && (listed || !strings.Contains(suffix, "."))) {
			return Indicator{}, fmt.Errorf("%w: neither a URL nor a path", ErrNotIndicator)
		}
	}
	if len(u.rest) == 1 {
		return Indicator{}, ErrURLHost
	}
	return Indicator{Type: URL, Value: string(v), Details: NoDetails()}, nil
}

// portForHost reports whether a URL has a port where its host should be, as people write
// what WebDAV clients ask for: https://203.0.113.7@80/share is no URL of 0.0.0.80.
func portForHost(s string) bool {
	scheme, s, _ := strings.Cut(s, "://")
	if strings.ContainsAny(scheme, `/\?#`) { // it is in the path
		return false
	}
	if end := strings.IndexAny(s, `/\?#`); end >= 0 {
		s = s[:end]
	}
	_, ok := parsePort([]byte(s[strings.LastIndexByte(s, '@')+1:]))
	return ok && strings.IndexByte(s, '@') >= 0
}

// webDAV returns the URL that Windows asks for where a path of the network names a port or
// TLS. DavWWWRoot stands for the root of the server.
//
//	\\203.0.113.7@80\share\a.cmd             http://203.0.113.7:80/share/a.cmd
//	\\evil.example@SSL@8443\DavWWWRoot\a.cmd  https://evil.example:8443/a.cmd
//	file://203.0.113.7@80/share/a.cmd         http://203.0.113.7:80/share/a.cmd
func webDAV(s string) (url string, ok bool) {
	if len(s) > len("file:") && strings.EqualFold(s[:len("file:")], "file:") {
		s = s[len("file:"):]
	}
	if len(s) < 2 || !isSlash(s[0]) || !isSlash(s[1]) {
		return "", false
	}
	server, path, _ := strings.Cut(strings.ReplaceAll(s[2:], `\`, "/"), "/")
	host, port, at := strings.Cut(server, "@")
	if !at || host == "" {
		return "", false
	}
	scheme := "http"
	if first, rest, _ := strings.Cut(port, "@"); strings.EqualFold(first, "SSL") {
		scheme, port = "https", rest
	}
	if port != "" {
		if _, ok := parsePort([]byte(port)); !ok {
			return "", false
		}
		host += ":" + port
	} else if scheme == "http" {
		return "", false
	}
	if root, rest, _ := strings.Cut(path, "/"); strings.EqualFold(root, "DavWWWRoot") {
		path = rest
	}
	return scheme + "://" + host + "/" + path, true
}

var errLongURL = fmt.Errorf("%w: URL longer than %d bytes", ErrNotIndicator, maxURL)

// isReserved reports whether a top-level domain is one that is kept for examples and
// private networks, where a public suffix is not to be expected.
func isReserved(tld string) bool {
	switch tld {
	case "example", "test", "invalid", "localhost", "local", "internal", "lan", "corp", "home", "onion":
		return true
	}
	return false
}

// schemeOf says whether a URL begins with a scheme, or with something odd in its
// place.
func schemeOf(s string) (scheme, odd bool) {
	before, _, cut := strings.Cut(s, "://")
	scheme = cut && isScheme(before)
	return scheme, !scheme && strings.Contains(s[:strings.IndexByte(s, '/')+1], ":/")
}

// isScheme reports whether a text can stand before ://.
func isScheme(s string) bool {
	for i := range len(s) {
		if b := s[i]; !isAlnum(b) && (i == 0 || b != '+' && b != '-' && b != '.') || i == 0 && isDigit(b) {
			return false
		}
	}
	return s != ""
}

// isURLHost reports whether the host of a normal form is an address, or a name with
// nothing odd in it: log cells may hold odd names; a feed that has one is broken.
func isURLHost(host string) bool {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	for i := range len(host) {
		if b := host[i]; !isAlnum(b) && b != '-' && b != '_' && b != '.' {
			return false
		}
	}
	return host != ""
}

// ParseURLHost reads the host of a URL, defanged or not, as an indicator of its
// own: a domain, an address, or an address with the port that the URL names.
// Names are refused as Parse refuses them, or as ParseBroad does.
func ParseURLHost(text string, broad bool) (Indicator, error) {
	p, ok := splitHost([]byte(Refang(strings.TrimSpace(text))), make([]byte, 0, len(text)))
	switch {
	case !ok:
		return Indicator{}, fmt.Errorf("%w: URL without a host", ErrNotIndicator)
	case !p.addr.IsValid():
		return domain(string(p.name), broad)
	case p.port >= 0:
		return addrPort(p.addr, p.port), nil
	}
	return address(p.addr), nil
}
