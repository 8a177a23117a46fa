package ioc

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// A urlPart is a URL in normal form, taken apart for comparison. The scheme
// counts only for the port that it implies.
type urlPart struct {
	host []byte // a name, an address, or an IPv6 address in brackets
	rest []byte // path and query
	port int32  // webPort or another; anyPort if there is neither port nor known scheme
}

// Ports of a urlPart. 80 and 443 are both webPort: they serve the same pages, logs mix
// them, and feeds often name only one.
const (
	anyPort int32 = -1
	webPort int32 = 0
)

func urlPort(scheme []byte, port int) int32 {
	if port < 0 {
		port = impliedPort(scheme)
	}
	if port == 80 || port == 443 {
		return webPort
	}
	return int32(port)
}

// cutURL takes apart a URL in normal form. ok is false if there is no path.
func cutURL(v []byte) (u urlPart, ok bool) {
	var scheme []byte
	slash := bytes.IndexByte(v, '/')
	if slash > 0 && v[slash-1] == ':' && slash+1 < len(v) {
		scheme, v = v[:slash-1], v[slash+2:]
		slash = bytes.IndexByte(v, '/')
	}
	if slash <= 0 {
		return u, false
	}
	u.host, u.rest = v[:slash], v[slash:]
	port := -1
	if colon := bytes.LastIndexByte(u.host, ':'); colon > 0 && u.host[slash-1] != ']' {
		n, err := strconv.ParseUint(string(u.host[colon+1:]), 10, 16)
		if err != nil {
			return u, false
		}
		u.host, port = u.host[:colon], int(n)
	}
	u.port = urlPort(scheme, port)
	return u, true
}

// isNormalURL reports whether a text is the normal form of a URL that is more than
// its host, and that parseURL would read it as such.
func isNormalURL(v []byte) bool {
	if len(v) > maxURL {
		return false
	}
	if _, odd := schemeOf(string(v)); odd {
		return false
	}
	again, ok := AppendURL(nil, v)
	if !ok || !bytes.Equal(again, v) {
		return false
	}
	u, ok := cutURL(v)
	return ok && len(u.rest) > 1 && isURLHost(string(u.host))
}

// urlAt is the URL of an entry of classURL.
func (l *List) urlAt(n int) urlPart {
	u, _ := cutURL(l.textAt(l.records.at(n).key))
	return u
}

func (u urlPart) equal(o urlPart) bool {
	return u.port == o.port && bytes.Equal(u.host, o.host) && bytes.Equal(u.rest, o.rest)
}

// hash is the hash of a URL by that of its host. The port is not in it, since a cell
// without one agrees with any. It is made step by step, so that the hash of a path leads
// to those of the paths below.
func (u urlPart) hash(host uint64) uint64 {
	h := host
	path, query, asked := bytes.Cut(u.rest, []byte("?"))
	for segment := range bytes.SplitSeq(path[1:], []byte("/")) {
		h = urlStep(h, segment)
	}
	if asked {
		h++
	}
	for len(query) > 0 {
		n := queryPart(query)
		h, query = urlStep(h, query[:n]), query[n:]
	}
	return h
}

// queryPart is the length of the first part of a query: a name with its =, a value, or
// an & between two. An indicator matches with a query that is the first one or more such
// parts of the cell's.
func queryPart(query []byte) int {
	switch n := bytes.IndexAny(query, "=&"); {
	case n < 0:
		return len(query)
	case query[n] == '=' || n == 0:
		return n + 1
	default:
		return n
	}
}

func urlStep(h uint64, part []byte) uint64 {
	hi, lo := bits.Mul64(h^prime1, xxhash.Sum64(part)^prime2)
	return (hi ^ lo) * prime3
}

// urlFacts is what look-ups ask of all URLs together.
type urlFacts struct {
	hosts  filter // most cells go no further
	single bool   // a host of one label is held, so anchors say nothing of these
	depth  int    // most segments of a path
	parts  int    // most parts of a query
}

// add notes a URL and returns the hash of its host's anchor, 0 if it has none.
func (f *urlFacts) add(u urlPart) (anchor uint64) {
	path, query, _ := bytes.Cut(u.rest, []byte("?"))
	parts := 0
	for ; len(query) > 0; parts++ {
		query = query[queryPart(query):]
	}
	f.parts = max(f.parts, parts)
	f.depth = max(f.depth, bytes.Count(path, []byte("/")))
	switch {
	case u.host[0] == '[' || numericLast(u.host):
		return 0
	case bytes.IndexByte(u.host, '.') < 0:
		f.single = true
		return 0
	}
	return anchorOf(u.host).hash()
}

func (f *urlFacts) merge(o *urlFacts) {
	f.single, f.depth, f.parts = f.single || o.single, max(f.depth, o.depth), max(f.parts, o.parts)
}

// findURL returns the entry of a URL.
func (s *Set) findURL(u urlPart) (uint32, bool) {
	x, h := &s.urls, u.hash(hashKey(u.host))
	for j := x.home(h); x.slots[j] != 0; j = x.next(j) {
		if x.tagged(j, h) && s.list.urlAt(x.entry(j)).equal(u) {
			return uint32(x.entry(j)), true
		}
	}
	return 0, false
}

// matchURL looks up a cell that holds a URL, and its host. A URL indicator
// matches a cell with the same host and either the same path, or one that goes on behind
// the indicator's with a slash, or with anything if the indicator's ends in a slash. An
// indicator with a query matches the same path with the same query, or with one that
// goes on behind the indicator's with &, or with anything if that ends in = or &. Ports
// are compared as in urlPart, and a cell with neither scheme nor port agrees with any.
func (s *Set) matchURL(c []byte, m Candidate, dst []Candidate) []Candidate {
	if s.urls.n > 0 {
		dst, _ = s.addURLs(c, m, dst)
	}
	return s.matchHost(c, m, dst)
}

// addURLs appends the URLs of a cell, and returns the length of what stands
// before its path.
func (s *Set) addURLs(c []byte, m Candidate, dst []Candidate) ([]Candidate, int) {
	if bytes.IndexByte(c, '%') >= 0 {
		return s.addEscapedURLs(c, m, dst)
	}
	return s.addURLsIn(c, [2][]byte{}, m, dst)
}

// addEscapedURLs is a function of its own so that only cells with a percent sign pay for
// the room on the stack.
func (s *Set) addEscapedURLs(c []byte, m Candidate, dst []Candidate) ([]Candidate, int) {
	var tmp [2][2048]byte
	return s.addURLsIn(c, [2][]byte{tmp[0][:0], tmp[1][:0]}, m, dst)
}

func (s *Set) addURLsIn(c []byte, room [2][]byte, m Candidate, dst []Candidate) ([]Candidate, int) {
	p, ok := splitHost(c, room[0])
	if !ok {
		return dst, 0
	}
	var names [256]byte
	host, q := appendURLHost(names[:0], p)
	hash := hashKey(host)
	if q == badName || !s.url.hosts.has(hash) {
		return dst, 0
	}
	r := splitRest(c, room[1])
	var paths [1024]byte
	u := urlPart{host: host, port: urlPort(r.scheme, p.port)}
	rest := appendPath(paths[:0], r.path, r.special)
	m.Port = int32(p.port)

	path, query, _ := bytes.Cut(rest, []byte("?"))
	h, deep := hash, 0
	for i := 0; i < len(path) && deep < s.url.depth; deep++ {
		end := len(path)
		if n := bytes.IndexByte(path[i+1:], '/'); n >= 0 {
			end = i + 1 + n
		}
		if i > 0 && end > i+1 { // the indicator ends with this slash
			u.rest = path[:i+1]
			dst = s.addURL(u, urlStep(h, nil), m, dst)
		}
		h = urlStep(h, path[i+1:end])
		u.rest = path[:end]
		dst = s.addURL(u, h, m, dst)
		if i = end; i < len(path) {
			continue
		}
		h++
		for n, parts := len(path)+1, 0; len(query) > 0 && parts < s.url.parts; parts++ {
			part := queryPart(query)
			h = urlStep(h, query[:part])
			query, n = query[part:], n+part
			u.rest = rest[:n]
			dst = s.addURL(u, h, m, dst)
		}
	}
	return dst, len(c) - len(r.path)
}

// addURL appends the entries of a URL, one for each port that agrees.
func (s *Set) addURL(u urlPart, h uint64, m Candidate, dst []Candidate) []Candidate {
	x := &s.urls
	if !x.filter.has(h) {
		return dst
	}
	from := len(dst)
	for j := x.home(h); x.slots[j] != 0; j = x.next(j) {
		if !x.tagged(j, h) {
			continue
		}
		o := s.list.urlAt(x.entry(j))
		if (o.port == u.port || o.port == anyPort || u.port == anyPort) && bytes.Equal(o.host, u.host) && bytes.Equal(o.rest, u.rest) {
			m.Entry, m.Sub = uint32(x.entry(j)), false
			dst = append(dst, m)
		}
	}
	if len(dst) > from+1 {
		// Their order in the slots depends on how the set was built.
		slices.SortFunc(dst[from:], func(a, b Candidate) int { return cmp.Compare(a.Entry, b.Entry) })
	}
	return dst
}
