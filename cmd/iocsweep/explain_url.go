package main

import (
	"net/netip"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// urlForm is the normal form of a value that is a URL with a path or query, ""
// for anything else.
func urlForm(value []byte) string {
	url, ok := ioc.AppendURL(nil, value)
	if _, path := cutHost(string(url)); !ok || len(path) < 2 {
		return ""
	}
	return string(url)
}

// urlOfHost is the URL of a host alone, "" where there is none.
func urlOfHost(addr netip.Addr, name string) string {
	switch {
	case addr.Is6():
		return "[" + addr.String() + "]/"
	case addr.IsValid():
		return addr.String() + "/"
	case name != "":
		return name + "/"
	}
	return ""
}

func isHash(value string) bool {
	i, err := ioc.Parse(value)
	return err == nil && i.Type == ioc.Hash
}

// algorithm names what gives hashes of that many digits.
func algorithm(digits string) string {
	return map[int]string{32: "MD5", 40: "SHA-1", 64: "SHA-256"}[len(digits)]
}

// cutHost splits a URL in normal form at its path. The scheme does not count.
func cutHost(url string) (host, path string) {
	if i := strings.IndexByte(url, '/'); i > 0 && url[i-1] == ':' {
		url = url[i+2:]
	}
	slash := strings.IndexByte(url, '/')
	if slash < 0 {
		return url, ""
	}
	return url[:slash], url[slash:]
}

// whyURL says by which rule a URL indicator matches. url is "" where the value
// is text that holds it.
func whyURL(indicator, url string) string {
	_, wanted := cutHost(indicator)
	_, path := cutHost(url)
	path, query, _ := strings.Cut(path, "?")
	switch {
	case strings.Contains(wanted, "?"):
		return "url: the same host and path, and the query begins with the indicator's"
	case path == wanted && query != "":
		return "url: the same host and path; the indicator asks for no query"
	case url == "" || path == wanted:
		return "url: the same host and path"
	}
	return "url: the same host, and a path below the indicator's"
}

// nearURL says in what a URL indicator comes near a URL that it does not match,
// "" where it does not.
func nearURL(indicator, url string) string {
	host, wanted := cutHost(indicator)
	name, path := cutHost(url)
	bare := func(s string) string {
		if i := strings.LastIndexByte(s, ':'); i > 0 && !strings.HasSuffix(s, "]") {
			return s[:i]
		}
		return s
	}
	wantedPath, _, asked := strings.Cut(wanted, "?")
	path, _, _ = strings.Cut(path, "?")
	switch {
	case url == "" || bare(host) != bare(name):
		return ""
	case asked && wantedPath == path:
		return "the same path with another query"
	case wantedPath == path || strings.HasPrefix(path, strings.TrimSuffix(wantedPath, "/")+"/") && wantedPath != path+"/":
		return "the same host and path on another port"
	case strings.HasPrefix(wanted, strings.TrimSuffix(path, "/")+"/"):
		return "lies below the value: an indicator matches itself and what is below it, not what is above"
	case strings.EqualFold(wantedPath, path):
		return "the same path in other letters: paths are compared exactly"
	case strings.HasPrefix(path, wantedPath):
		return "the value begins with it, but does not go on with a slash"
	}
	return "another path on the same host"
}
