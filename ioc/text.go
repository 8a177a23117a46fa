package ioc

import (
	"bytes"
	"net/netip"
	"unicode"
	"unicode/utf8"
)

// matchList looks up the members of a list. base is the offset of c in the exported
// cell.
func (s *Set) matchList(k Kind, c []byte, base uint32, dst []Candidate) []Candidate {
	for i := 0; i < len(c); {
		if listSep[c[i]] {
			i++
			continue
		}
		start := i
		for i < len(c) && !listSep[c[i]] {
			i++
		}
		// The brackets of a JSON array, unless they are those of [v6]:port.
		part := c[start:i]
		if part[0] == '[' && bytes.IndexByte(part, ']') < 0 {
			part, start = part[1:], start+1
		} else if part[len(part)-1] == ']' && bytes.IndexByte(part, '[') < 0 {
			part = part[:len(part)-1]
		}
		m := Candidate{Port: -1, Off: base + uint32(start), Len: uint32(len(part))}
		if k == KindIPList {
			dst = s.matchIP(part, m, dst)
			continue
		}
		if a, port, ok := ParseAddr(part); ok {
			m.Port = int32(port)
			dst = s.matchAddr(a, m, dst)
			continue
		}
		dst = s.matchName(part, m, dst)
	}
	return dst
}

// listSep is what separates members. A backslash is among them because a JSON
// array inside JSON text shows as [\"1.2.3.4\"].
var listSep = func() (t [256]bool) {
	for i := range ' ' + 1 {
		t[i] = true
	}
	for _, b := range []byte(`,;"'\`) {
		t[b] = true
	}
	return t
}()

// matchEmail looks up what stands behind each @. The member is the whole
// address.
func (s *Set) matchEmail(c []byte, dst []Candidate) []Candidate {
	for i := bytes.IndexByte(c, '@'); i >= 0; {
		start, from := i+1, i
		for from > 0 && !mailEdge(c[from-1]) {
			from--
		}
		end := start
		for end < len(c) && !mailEdge(c[end]) {
			end++
		}
		host := c[start:end]
		m := Candidate{Port: -1, Off: uint32(from), Len: uint32(end - from)}
		if a, _, ok := ParseAddr(host); ok {
			dst = s.matchAddr(a, m, dst)
		} else {
			dst = s.matchName(host, m, dst)
		}
		next := bytes.IndexByte(c[end:], '@')
		if next < 0 {
			break
		}
		i = end + next
	}
	return dst
}

// mailEdge reports whether a byte is part of neither side of a mail address: a separator,
// a bracket, or the @ itself.
func mailEdge(b byte) bool {
	return listSep[b] || b == '<' || b == '>' || b == '(' || b == ')' || b == '@'
}

// keyLen returns the length of a key at the start of c with = behind it, 0 if there is
// none.
func keyLen(c []byte) int {
	n := 0
	for n < len(c) && (isAlnum(c[n]) || c[n] == '_' || c[n] == '.') {
		n++
	}
	if n < len(c) && c[n] == '=' {
		return n
	}
	return 0
}

// matchKV looks up every value of key=value;key=value: an address, a URL, or
// else text. A value may hold both signs: it ends only at a ; with a key and = behind
// it. Anything before the first key is text.
func (s *Set) matchKV(c []byte, dst []Candidate) []Candidate {
	value, keyed := 0, false
	for i := 0; ; {
		n := keyLen(c[i:])
		if n > 0 {
			dst = s.matchPair(c[value:max(i-1, value)], value, keyed, dst)
			value, keyed = i+n+1, true
			i = value
		}
		next := bytes.IndexByte(c[i:], ';')
		if next < 0 {
			return s.matchPair(c[value:], value, keyed, dst)
		}
		i += next + 1
	}
}

func (s *Set) matchPair(v []byte, base int, keyed bool, dst []Candidate) []Candidate {
	if keyed {
		return s.matchValue(v, uint32(base), dst)
	}
	return s.matchText(v, uint32(base), dst)
}

// matchValue looks up text that may be one address or URL as a whole.
func (s *Set) matchValue(v []byte, base uint32, dst []Candidate) []Candidate {
	m := Candidate{Port: -1, Off: base, Len: uint32(len(v))}
	if len(v) < 64 {
		if a, port, ok := ParseAddr(v); ok {
			m.Port = int32(port)
			return s.matchAddr(a, m, dst)
		}
	}
	if i := bytes.IndexByte(v, ':'); i > 0 && i < 20 && bytes.HasPrefix(v[i:], []byte("://")) && bytes.IndexByte(v, ' ') < 0 {
		return s.matchURL(v, m, dst)
	}
	if len(v) > 0 && v[0] == '(' { // Windows writes (3)www(7)example(3)com(0)
		n := len(dst)
		if dst = s.matchName(v, m, dst); len(dst) > n {
			return dst
		}
	}
	return s.matchText(v, base, dst)
}

// What a byte is to the text scanner.
const (
	textSep   = iota
	textName  // letter, digit, hyphen, underscore
	textDot   //
	textColon //
	textHigh  // part of a character that is not ASCII
)

var textByte = func() (t [256]uint8) {
	for i := range t {
		switch b := byte(i); {
		case b >= utf8.RuneSelf:
			t[i] = textHigh
		case b == '.':
			t[i] = textDot
		case b == ':':
			t[i] = textColon
		case isAlnum(b) || b == '-' || b == '_':
			t[i] = textName
		}
	}
	return t
}()

// matchText looks up the addresses, names and URLs in free text. Names are taken
// whole: between two signs that no name has.
func (s *Set) matchText(c []byte, base uint32, dst []Candidate) []Candidate {
	t := text{s: s, c: c, base: base, from: len(dst), dst: dst}
	var urls []urlSpan
	if s.urls.n > 0 {
		urls = t.urls()
	}
	for i := 0; i < len(c); {
		if textByte[c[i]] == textSep {
			i++
			continue
		}
		start, colons, dots, high := i, 0, 0, false
		for i < len(c) {
			switch textByte[c[i]] {
			case textSep:
				goto end
			case textDot:
				dots++
			case textColon:
				colons++
			case textHigh:
				r, width := utf8.DecodeRune(c[i:])
				if !nameRune(r) {
					if i == start {
						i += width
						start = i
						continue
					}
					goto end
				}
				high = true
				i += width - 1
			}
			i++
		}
	end:
		if colons >= 2 {
			t.run6(start, i)
		} else if dots > 0 || colons > 0 || high || s.single {
			t.run(start, i)
		}
	}
	if len(urls) > 0 {
		t.join(urls)
	}
	return t.dst
}

// nameRune reports whether a character may stand in a name: letters, digits, what
// UTS 46 drops inside names, and its full stops.
func nameRune(r rune) bool {
	switch r {
	case 0x3002, 0xFF0E, 0xFF61, 0xAD, 0x200B, 0x200C, 0x200D:
		return true
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)
}

// text is the state of one scan.
type text struct {
	s    *Set
	c    []byte
	base uint32
	from int // dst[from:] is what this text has given
	dst  []Candidate
}

// run6 scans c[lo:hi], which holds colons, for IPv6 addresses, and the text between
// these as run does.
func (t *text) run6(lo, hi int) {
	for i := lo; i < hi; {
		if !hexColon(t.c[i]) {
			i++
			continue
		}
		p, q := i, i
		for q < hi && hexColon(t.c[q]) {
			q++
		}
		i = q
		a, p, q, ok := t.addr6(p, q)
		if !ok {
			continue
		}
		t.run(lo, p)
		t.add(a, p, q, t.port6(p, q))
		lo = q
	}
	t.run(lo, hi)
}

func hexColon(b byte) bool { return unhex[b] <= 15 || b == ':' || b == '.' }

// addr6 reads an IPv6 address from c[p:q], all bytes in a row that an address may have. A
// colon or full stop of the sentence round it is left out.
func (t *text) addr6(p, q int) (a netip.Addr, from, to int, ok bool) {
	for p < q && t.c[p] == '.' {
		p++
	}
	for p < q && t.c[q-1] == '.' {
		q--
	}
	lead, trail := 0, 0
	for p+lead < q && t.c[p+lead] == ':' {
		lead++
	}
	for q-trail > p && t.c[q-1-trail] == ':' {
		trail++
	}
	if lead > 2 || trail > 2 {
		return a, p, q, false // ::: may be read in two ways
	}
	if lead == 1 {
		p++
	}
	if trail == 1 {
		q--
	}
	if wordBefore(t.c, p) {
		// src:2001:db8::1, of whose word only the c is hexadecimal.
		for p < q && t.c[p] != ':' {
			p++
		}
		if p++; p < q && t.c[p] == ':' {
			return a, p, q, false
		}
	}
	if q-p < 3 || wordBefore(t.c, p) || wordAt(t.c, q) {
		return a, p, q, false
	}
	b, n := parse6(t.c[p:q])
	return netip.AddrFrom16(b).Unmap(), p, q, n > 0 && n == q-p
}

// port6 reads the port of [address]:port.
func (t *text) port6(p, q int) int32 {
	if p == 0 || t.c[p-1] != '[' || q >= len(t.c) || t.c[q] != ']' {
		return -1
	}
	return t.portAt(q + 1)
}

// portAt reads :port at c[i].
func (t *text) portAt(i int) int32 {
	if i >= len(t.c) || t.c[i] != ':' {
		return -1
	}
	end := i + 1
	for end < len(t.c) && end < i+7 && isDigit(t.c[end]) {
		end++
	}
	if wordAt(t.c, end) {
		return -1
	}
	port, _ := parsePort(t.c[i+1 : end])
	return int32(port)
}

// run scans c[lo:hi] for IPv4 addresses and names; colons separate.
func (t *text) run(lo, hi int) {
	for lo < hi {
		end := bytes.IndexByte(t.c[lo:hi], ':')
		if end < 0 {
			end = hi
		} else {
			end += lo
		}
		t.scan4(lo, end)
		t.name(lo, end)
		lo = end + 1
	}
}

// scan4 finds dotted quads that are not part of something longer.
func (t *text) scan4(lo, hi int) {
	c := t.c
	for p := lo; p+7 <= hi; p++ {
		if !isDigit(c[p]) || wordBefore(c, p) || p > 1 && c[p-1] == '.' && isDigit(c[p-2]) {
			continue
		}
		v, n := parse4(c[p:hi])
		q := p + n
		if n == 0 || wordAt(c, q) || q+1 < len(c) && c[q] == '.' && isDigit(c[q+1]) || hasFold(c[q:], ".in-addr.arpa") {
			continue
		}
		t.add(addr4(v), p, q, t.portAt(q))
		p = q
	}
}

func (t *text) add(a netip.Addr, p, q int, port int32) {
	n := len(t.dst)
	t.dst = t.s.matchAddr(a, Candidate{Port: port, Off: t.base + uint32(p), Len: uint32(q - p)}, t.dst)
	t.unrepeat(n)
}

func (t *text) name(lo, hi int) {
	for lo < hi && t.c[lo] == '.' {
		lo++
	}
	for lo < hi && t.c[hi-1] == '.' {
		hi--
	}
	n := len(t.dst)
	t.dst = t.s.matchName(t.c[lo:hi], Candidate{Port: t.portAt(hi), Off: t.base + uint32(lo), Len: uint32(hi - lo)}, t.dst)
	t.unrepeat(n)
}

// unrepeat drops candidates from n on that repeat one of the last few, so that
// a text which says the same thing a million times gives it once.
func (t *text) unrepeat(n int) {
	if n == len(t.dst) || n == t.from {
		return
	}
	seen := t.dst[max(t.from, n-32):n]
	kept := t.dst[:n]
	for _, m := range t.dst[n:] {
		again := false
		for _, o := range seen {
			again = again || o.Entry == m.Entry && o.Port == m.Port && bytes.Equal(t.member(o), t.member(m))
		}
		if !again {
			kept = append(kept, m)
		}
	}
	t.dst = kept
}

func (t *text) member(m Candidate) []byte {
	off := m.Off - t.base
	return t.c[off : off+m.Len]
}
