package ioc

import (
	"bytes"
	"cmp"
	"slices"
)

// maxTextURL is how many bytes of a URL in text are compared, from its path on. It bounds
// the cost of a text that repeats the host of an indicator again and again.
const maxTextURL = 1024

// urlStop are the bytes at which a URL in text ends.
var urlStop = func() (t [256]bool) {
	for i := range ' ' + 1 {
		t[i] = true
	}
	for _, b := range []byte("\"'`<>|\\^{}\x7f") {
		t[b] = true
	}
	return t
}()

// A urlSpan is a URL of a text that an indicator matches.
type urlSpan struct{ from, path, to int }

// urls looks up the URLs in a text, with a scheme or without: http://host/path,
// url=host/path, host:81/path.
func (t *text) urls() (found []urlSpan) {
	c := t.c
	for i := 0; i < len(c); {
		if urlStop[c[i]] {
			i++
			continue
		}
		lo := i
		for i < len(c) && !urlStop[c[i]] {
			i++
		}
		// Most words hold no slash.
		for at := lo; ; {
			n := bytes.IndexByte(c[at:i], '/')
			if n < 0 {
				break
			}
			from, next := urlStart(c, at, at+n, i)
			if at = next; from < 0 || !t.s.holdsHost(c[from:next]) {
				continue
			}
			to := urlEnd(c, next, i)
			had := len(t.dst)
			path := t.addURLs(from, to)
			if cut := urlCut(c[next:to]); path > 0 && len(t.dst) == had && cut >= 0 {
				to = next + cut
				t.addURLs(from, to)
			}
			t.unrepeat(had)
			if len(t.dst) > had {
				found = append(found, urlSpan{from, from + path, to})
			}
		}
	}
	return found
}

// addURLs looks up the URL c[from:to]. It returns the length of what stands
// before the path, 0 if no URL of that host is held.
func (t *text) addURLs(from, to int) (path int) {
	t.dst, path = t.s.addURLs(t.c[from:to], Candidate{Port: -1, Off: t.base + uint32(from), Len: uint32(to - from)}, t.dst)
	return path
}

// holdsHost is false if no URL of a host is held: then the rest of the URL need not be
// looked at. c is the URL up to its path.
func (s *Set) holdsHost(c []byte) bool {
	if bytes.IndexByte(c, '%') >= 0 {
		return true
	}
	p, ok := splitHost(c, nil)
	if !ok {
		return false
	}
	var buf [256]byte
	host, q := appendURLHost(buf[:0], p)
	return q != badName && s.url.hosts.has(hashKey(host))
}

// urlCut finds where the path of a URL may already end: before a sign that can be part
// of it but more often separates, as in wget http://host/path;sh. It returns -1 if there
// is no such sign.
func urlCut(path []byte) int {
	cut := bytes.IndexAny(path, ";,")
	if and := bytes.Index(path, []byte("&&")); and >= 0 && (cut < 0 || and < cut) {
		return and
	}
	return cut
}

// urlStart finds where the URL starts whose first slash is c[slash]. lo is where its
// word starts, or where a URL before it ends; next is where to look for the first slash
// of another one. from is -1 if it is no URL: the path of a file, or more of the path of
// a URL.
func urlStart(c []byte, lo, slash, hi int) (from, next int) {
	from = slash
	if slash > lo && c[slash-1] == ':' && slash+1 < hi && c[slash+1] == '/' {
		for from = slash - 1; from > lo && (isAlnum(c[from-1]) || c[from-1] == '+' || c[from-1] == '-' || c[from-1] == '.'); {
			from--
		}
		for from < slash-1 && !isLetter(c[from]) {
			from++
		}
		next = slash + 2 + authorityLen(c[slash+2:hi], true)
		if from == slash-1 {
			from = slash + 2
		}
		return from, min(next+1, hi)
	}
	for from > lo && (textByte[c[from-1]] != textSep || c[from-1] == '[' || c[from-1] == ']') {
		from--
	}
	if from == slash || from > 0 && c[from-1] == '/' {
		return -1, slash + 1
	}
	return from, slash + 1
}

// urlEnd finds where the URL ends whose path starts at c[path]: at the end of its word,
// without the signs of the sentence, or where a comma or semicolon stands before the
// scheme of another.
func urlEnd(c []byte, path, hi int) int {
	to := min(hi, path+maxTextURL)
	for at := path; at < to; {
		n := bytes.Index(c[at:to], []byte("://"))
		if n < 0 {
			break
		}
		scheme := at + n
		for scheme > path && isAlnum(c[scheme-1]) {
			scheme--
		}
		if b := c[scheme-1]; b == ',' || b == ';' {
			to = scheme - 1
			break
		}
		at += n + 3
	}
	for to > path {
		switch c[to-1] {
		case '.', ',', ';', ':', '!', '?', ']':
		case ')':
			if bytes.IndexByte(c[path:to], '(') >= 0 {
				return to
			}
		default:
			return to
		}
		to--
	}
	return to
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// join gives the candidates of a URL's host the place of the URL, so that all are one
// element, and sorts the candidates by place.
func (t *text) join(found []urlSpan) {
	own := t.dst[t.from:]
	for i := range own {
		m := &own[i]
		off := int(m.Off - t.base)
		n, _ := slices.BinarySearchFunc(found, off+1, func(u urlSpan, off int) int { return cmp.Compare(u.from, off) })
		if n == 0 {
			continue
		}
		if u := found[n-1]; off+int(m.Len) <= u.path {
			m.Off, m.Len = t.base+uint32(u.from), uint32(u.to-u.from)
		}
	}
	slices.SortStableFunc(own, func(a, b Candidate) int { return cmp.Or(cmp.Compare(a.Off, b.Off), cmp.Compare(a.Len, b.Len)) })
}
