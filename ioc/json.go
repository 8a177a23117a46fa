package ioc

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how many levels deep JSON is followed, counting JSON text inside strings.
// Deeper values are scanned as text, not lost.
const maxDepth = 32

// A JSONCandidate is a candidate found in a JSON cell. Off and Len are the
// string that holds it, without quotes, as exported; or the member itself if its place
// in that string is known.
type JSONCandidate struct {
	Candidate
	Key   string // where it stands: query, or path.to.query below the top
	Value string // the member, decoded
}

// MatchJSON walks a cell that holds JSON: an object, or a string with JSON
// text in it. Values under the keys of members are matched by their kind, at
// any depth; arrays element by element, and a string that holds an array is
// decoded and taken as one. With rest, all other strings are scanned as text,
// and those that hold JSON are walked in turn; text that breaks off or is not JSON
// is scanned too, so that damage hides nothing.
//
// It does not allocate if nothing matches, as long as the same members are asked for
// and the keys of cells were met before. It may read up to cap(cell); bytes beyond
// len never change the result.
func (s *Set) MatchJSON(members []Member, rest bool, cell []byte, dst []JSONCandidate) []JSONCandidate {
	if string(cell) == "{}" { // as many cells are
		return dst
	}
	w := walkers.Get().(*walker)
	dst = w.match(s, members, rest, cell, dst)
	walkers.Put(w)
	return dst
}

// walkers keeps the buffers of past walks.
var walkers = sync.Pool{New: func() any { return new(walker) }}

// walker is the state of one MatchJSON.
type walker struct {
	jsonKeys
	s       *Set
	members []Member
	rest    bool
	dst     []JSONCandidate

	path []byte      // keys that lead to the value, joined by dots
	key  string      // the last path that led to a candidate
	text []byte      // decoded strings, each inside the one before
	got  []Candidate // of one value
	torn bool        // something stands in an object of the cell where a key should
}

// match is MatchJSON.
func (w *walker) match(s *Set, members []Member, rest bool, cell []byte, dst []JSONCandidate) []JSONCandidate {
	w.s, w.members, w.rest, w.dst = s, members, rest, dst
	if w.quotes = w.quotes[:0]; !rest {
		w.begin(members, cell)
	}
	cell = cell[:len(cell):len(cell)] // see leaf
	before := len(dst)
	w.torn = false
	w.whole(cell, 0, scope{exact: true, top: true})
	if w.torn {
		if undone := UndoubledJSON(cell); undone != nil {
			w.dst = w.dst[:before]
			w.whole(undone, 0, scope{top: true, len: uint32(len(cell))})
		}
	}
	dst = w.dst
	w.s, w.members, w.dst, w.room = nil, nil, nil, nil
	return dst
}

// UndoubledJSON gives a cell of JSON back its backslashes where a program that
// escapes by backslashes (COPY TO, SELECT INTO OUTFILE, a csv.writer with an
// escapechar) has doubled them, so that a quote in a string seems to end it:
//
//	{"query":"a.example","answers":"[\\"b.example\\"]"}
//
// It returns nil for a cell that is well-formed as it stands, or that is not even with
// them taken back.
func UndoubledJSON(cell []byte) []byte {
	if !bytes.Contains(cell, []byte(`\\"`)) || json.Valid(cell) {
		return nil
	}
	undone := bytes.ReplaceAll(cell, []byte(`\\`), []byte(`\`))
	if !json.Valid(undone) {
		return nil
	}
	return undone
}

// A scope says how a value is to be matched, and where it stands.
type scope struct {
	kind  Kind
	typed bool
	top   bool // the cell itself, or the string that is the cell
	depth int
	// exact means that the bytes being read are those of the exported cell, so
	// that offsets into them hold; else off and len are the string in the cell that
	// they were decoded from.
	exact    bool
	off, len uint32
}

// whole reads a text that begins as JSON does. Text behind the value, as in
// "[fw-1] blocked 192.0.2.7", is matched as a value of its own.
func (w *walker) whole(c []byte, base int, at scope) {
	n := 0
	if i := skipSpace(c, 0); i == len(c) || c[i] != '[' || !isAddrStart(c[i+1:]) {
		n = w.value(c, base, at)
	}
	if n = skipSpace(c, n); n < len(c) {
		w.leaf(c[n:], base+n, at)
	}
}

// value reads one value at the start of c, which stands at base, and returns
// the bytes used; anything it cannot read is used up as text.
func (w *walker) value(c []byte, base int, at scope) int {
	i := skipSpace(c, 0)
	if i == len(c) {
		return i
	}
	if at.depth > maxDepth {
		w.leaf(c, base, at)
		return len(c)
	}
	switch c[i] {
	case '{':
		return w.object(c, i+1, base, at)
	case '[':
		return w.array(c, i+1, base, at)
	case '"':
		end := stringEnd(c, i+1)
		if in := c[i+1 : end]; at.top && bytes.IndexByte(in, '\\') < 0 && !beginsJSON(in) {
			break // text in quotes, which are part of it
		}
		w.quoted(c[i+1:end], base+i+1, at)
		return min(end+1, len(c))
	}
	if at.top { // no JSON at all
		w.leaf(c, base, at)
		return len(c)
	}
	// A bare word or number.
	end := i + wordEnd(c[i:])
	w.leaf(c[i:end], base+i, at)
	return end
}

// wordEnd returns where an unquoted word at the start of c ends.
func wordEnd(c []byte) int {
	for i, b := range c {
		if b == ',' || b == '}' || b == ']' {
			return i
		}
	}
	return len(c)
}

func (w *walker) object(c []byte, i, base int, at scope) int {
	outer := len(w.path)
	in := at
	in.depth, in.top = at.depth+1, false
	stepped := at.exact && len(w.quotes) > 0 && in.depth <= maxDepth
	last := int32(0) // key
	for {
		for i = skipSpace(c, i); i < len(c) && c[i] == ','; {
			i = skipSpace(c, i+1)
		}
		if i == len(c) {
			return i
		}
		if c[i] == '}' {
			return i + 1
		}
		in.kind, in.typed = KindText, false
		if c[i] != '"' {
			w.torn = true
			w.leaf(c[i:], base+i, in)
			return len(c)
		}
		var key []byte
		if stepped {
			var to int
			if to, last = w.step(base+i, base+len(c), last); to > base+i {
				i = to - base
				continue
			}
			if n, ok := w.expected(c[i:], last); ok {
				k := &w.more[n]
				key, in.kind, in.typed, last = c[i+1:i+1+k.key], k.kind, k.typed, n
				i = skipSpace(c, i+len(k.glue))
			}
		}
		if key == nil {
			from, end := i, stringEnd(c, i+1)
			key = c[i+1 : end]
			i = skipSpace(c, min(end+1, len(c)))
			if i == len(c) || c[i] != ':' {
				w.leaf(key, base+from+1, in) // a value without its key
				continue
			}
			in.kind, in.typed = w.kind(key)
			i = skipSpace(c, i+1)
			if stepped {
				last = w.learn(last, c[from:i], len(key), in.kind, in.typed)
			}
		}
		if i < len(c) && c[i] == '"' {
			if !in.typed && !w.rest {
				i = min(stringEnd(c, i+1)+1, len(c)) // nobody wants it
				continue
			}
			if stepped {
				if end := w.absent(w.s, in.kind, base+i+1, base+len(c)); end > 0 {
					i = end - base + 1
					continue
				}
			}
		}
		if len(w.path) > 0 {
			w.path = append(w.path, '.')
		}
		w.path = appendJSONString(w.path, key)
		i += w.value(c[i:], base+i, in)
		w.path = w.path[:outer]
	}
}

func (w *walker) array(c []byte, i, base int, at scope) int {
	at.depth, at.top = at.depth+1, false
	for {
		for i = skipSpace(c, i); i < len(c) && (c[i] == ',' || c[i] == '}'); {
			i = skipSpace(c, i+1)
		}
		if i == len(c) {
			return i
		}
		if c[i] == ']' {
			return i + 1
		}
		i += w.value(c[i:], base+i, at)
	}
}

// kind returns the kind of the member with this key, however that is escaped; false if
// it is no member.
func (w *walker) kind(key []byte) (Kind, bool) {
	if bytes.IndexByte(key, '\\') >= 0 {
		n := len(w.text)
		w.text = appendJSONString(w.text, key)
		key, w.text = w.text[n:], w.text[:n]
	}
	for i := range w.members {
		if m := &w.members[i]; len(key) == len(m.Key) && strings.EqualFold(m.Key, string(key)) {
			return m.Kind, true
		}
	}
	return KindText, false
}

// quoted reads the inside of a string token: it is decoded, and walked in turn if
// it holds JSON.
func (w *walker) quoted(raw []byte, base int, at scope) {
	if !at.typed && !at.top && !w.rest {
		return
	}
	v := raw
	if bytes.IndexByte(raw, '\\') >= 0 {
		n := len(w.text)
		w.text = appendJSONString(w.text, raw)
		v = w.text[n:]
		defer func() { w.text = w.text[:n] }()
		if at.exact {
			at.exact, at.off, at.len = false, uint32(base), uint32(len(raw))
		}
		base = 0
	}
	if beginsJSON(v) {
		at.depth++
		w.whole(v, base, at)
		return
	}
	w.leaf(v, base, at)
}

// beginsJSON reports whether text begins as an object or an array.
func beginsJSON(v []byte) bool {
	i := skipSpace(v, 0)
	return i < len(v) && (v[i] == '{' || v[i] == '[' && !isAddrStart(v[i+1:]))
}

// isAddrStart reports whether a bracket opened an address, not an array. One of IPv4 is
// told by the port behind it: [192.0.2.7] alone is as well an array.
func isAddrStart(c []byte) bool {
	if _, n := parse6(c); n > 0 && n < len(c) && (c[n] == ']' || c[n] == '%') {
		return true
	}
	_, n := parse4(c)
	return n > 0 && bytes.HasPrefix(c[n:], []byte("]:"))
}

// leaf matches a value that has no JSON inside.
func (w *walker) leaf(v []byte, base int, at scope) {
	if len(v) == 0 {
		return
	}
	switch {
	case at.typed:
		// Bytes behind v may be looked at, if only to be left out.
		if w.s.absent(at.kind, v[:cap(v)], 0, len(v)) {
			return
		}
		w.got = w.s.Match(at.kind, v, w.got[:0])
	case w.rest:
		w.got = w.s.textHashes(v, w.s.matchValue(v, 0, w.got[:0]))
	default:
		return
	}
	if len(w.got) > 0 && w.key != string(w.path) {
		w.key = string(w.path)
	}
	for _, m := range w.got {
		found := JSONCandidate{Candidate: m, Key: w.key, Value: string(v[m.Off : m.Off+m.Len])}
		if at.exact {
			found.Off += uint32(base)
		} else {
			found.Off, found.Len = at.off, at.len
		}
		w.dst = append(w.dst, found)
	}
}

func skipSpace(c []byte, i int) int {
	for i < len(c) && (c[i] == ' ' || c[i] == '\t' || c[i] == '\n' || c[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns where the string that starts at c[i] ends: at its closing
// quote, or at the end of c.
func stringEnd(c []byte, i int) int {
	for i+8 <= len(c) {
		x := binary.LittleEndian.Uint64(c[i:])
		if x = equalBytes(x, '"') | equalBytes(x, '\\'); x != 0 {
			if i += bits.TrailingZeros64(x) >> 3; c[i] == '"' {
				return i
			}
			i += 2
			continue
		}
		i += 8
	}
	for i < len(c) && c[i] != '"' {
		if c[i] == '\\' {
			i++
		}
		i++
	}
	return min(i, len(c))
}

// appendJSONString decodes the inside of a string token. An escape that JSON
// does not know is kept as it is.
func appendJSONString(dst, raw []byte) []byte {
	for i := 0; i < len(raw); i++ {
		b := raw[i]
		if b != '\\' || i+1 == len(raw) {
			dst = append(dst, b)
			continue
		}
		i++
		switch raw[i] {
		case '"', '\\', '/':
			dst = append(dst, raw[i])
		case 'b', 'f', 'n', 'r', 't':
			dst = append(dst, controls[raw[i]-'a'])
		case 'u':
			r, ok := hexRune(raw[i+1:])
			if !ok {
				dst = append(dst, '\\', 'u')
				continue
			}
			i += 4
			if utf16.IsSurrogate(r) {
				low, ok := rune(-1), false
				if i+2 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' {
					low, ok = hexRune(raw[i+3:])
				}
				if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, '\\', raw[i])
		}
	}
	return dst
}

// controls holds the control characters of \b \f \n \r \t by letter.
var controls = [26]byte{'b' - 'a': '\b', 'f' - 'a': '\f', 'n' - 'a': '\n', 'r' - 'a': '\r', 't' - 'a': '\t'}

func hexRune(c []byte) (rune, bool) {
	if len(c) < 4 {
		return 0, false
	}
	var r rune
	for _, b := range c[:4] {
		d := unhex[b]
		if d > 15 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}
