package ioc

import (
	"bytes"
	"net/netip"
	"unicode"
	"unicode/utf8"
)

// matchText finds addresses and whole names in free text. Two scanners look
// for addresses, so that "add:176.65.139.7" is not read as hexadecimal; names
// are maximal runs of what names are made of, and the suffix rule applies to
// the whole run, never to a part of it.
func (s *Set) matchText(cell []byte, dst []Candidate) []Candidate {
	start := len(dst)
	if s.has6 || s.has4 { // mapped addresses are IPv4
		dst = s.text6(cell, dst)
	}
	six := len(dst)
	if s.has4 {
		dst = s.text4(cell, dst, start, six)
	}
	if s.maxLabels > 0 {
		dst = s.textNames(cell, dst)
	}
	return dst
}

// text4 finds dotted quads: not part of a longer number, word or dotted
// sequence. 176.65.139.7.5 and v176.65.139.7 are none; a full stop, :port and
// /n may follow.
func (s *Set) text4(c []byte, dst []Candidate, from6, to6 int) []Candidate {
	for i := 0; i+7 <= len(c); {
		if !isDigit(c[i]) {
			i++
			continue
		}
		end := i
		for end < len(c) && (isAlnum(c[end]) || c[end] == '.' && end+1 < len(c) && isDigit(c[end+1])) {
			end++
		}
		if i > 0 && (wordByte(c, i-1) || c[i-1] == '.' && i > 1 && isDigit(c[i-2])) {
			i = end
			continue
		}
		v, n := parse4(c[i:])
		if n == 0 || i+n != end || end < len(c) && c[end] >= utf8.RuneSelf && wordByte(c, end) {
			i = max(end, i+1)
			continue
		}
		if !covered(dst[from6:to6], i, n) {
			dst = s.matchAddr(addr4(v), textPort(c[end:]), i, n, dst)
		}
		i = end
	}
	return dst
}

// covered says that an IPv6 candidate holds the text at off.
func covered(list []Candidate, off, n int) bool {
	for _, c := range list {
		if int(c.Off) <= off && off+n <= int(c.Off+c.Len) {
			return true
		}
	}
	return false
}

// textPort reads the port behind an address in text, -1 without one.
func textPort(c []byte) int {
	if len(c) < 2 || c[0] != ':' {
		return -1
	}
	n := 1
	for n < len(c) && isDigit(c[n]) {
		n++
	}
	if n < len(c) && (isAlnum(c[n]) || c[n] == ':') {
		return -1
	}
	p, ok := parsePort(c[1:n])
	if !ok {
		return -1
	}
	return p
}

// wordByte says that the character which holds byte i is a letter or digit.
func wordByte(c []byte, i int) bool {
	if c[i] < utf8.RuneSelf {
		return isAlnum(c[i])
	}
	for i > 0 && !utf8.RuneStart(c[i]) {
		i--
	}
	r, _ := utf8.DecodeRune(c[i:])
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// text6 finds IPv6 addresses: maximal runs of hexadecimal digits, colons and
// dots with two colons or more. Edge colons of prose are cut off; where that
// is ambiguous (dst:::1) the run is skipped.
func (s *Set) text6(c []byte, dst []Candidate) []Candidate {
	for i := 0; i < len(c); {
		k := bytes.IndexByte(c[i:], ':')
		if k < 0 {
			return dst
		}
		from, to := i+k, i+k
		for from > i && hexOrDot(c[from-1]) {
			from--
		}
		colons := 0
		for to < len(c) && (hexOrDot(c[to]) || c[to] == ':') {
			if c[to] == ':' {
				colons++
			}
			to++
		}
		i = max(to, i+k+1)
		if colons < 2 {
			continue
		}
		if from > 0 && wordByte(c, from-1) {
			// src:2001:db8::1, of whose word only the c is hexadecimal.
			cut := bytes.IndexByte(c[from:to], ':')
			from += cut + 1
			if from < to && c[from] == ':' {
				continue
			}
		}
		if to < len(c) && wordByte(c, to) {
			continue
		}
		run := c[from:to]
		for len(run) > 0 && (run[len(run)-1] == '.' || run[len(run)-1] == ':' && !bytes.HasSuffix(run, []byte("::"))) {
			run = run[:len(run)-1]
		}
		if len(run) > 1 && run[0] == ':' && run[1] != ':' {
			run, from = run[1:], from+1
		}
		for len(run) > 0 && run[0] == '.' {
			run, from = run[1:], from+1
		}
		a, n := parse6(run)
		if n == 0 || n != len(run) {
			continue
		}
		port := -1
		if from > 0 && c[from-1] == '[' && from+n+1 < len(c) && c[from+n] == ']' {
			port = textPort(c[from+n+1:])
		}
		dst = s.matchAddr(netip.AddrFrom16(a).Unmap(), port, from, n, dst)
	}
	return dst
}

func hexOrDot(b byte) bool { return unhex[b] < 16 || b == '.' }

// textNames finds names.
func (s *Set) textNames(c []byte, dst []Candidate) []Candidate {
	for i := 0; i < len(c); {
		n := nameRune(c[i:])
		if n == 0 {
			_, size := utf8.DecodeRune(c[i:])
			i += size
			continue
		}
		from := i
		dot := false
		for i < len(c) {
			if n = nameRune(c[i:]); n == 0 {
				break
			}
			dot = dot || c[i] == '.' || c[i] >= utf8.RuneSelf
			i += n
		}
		to := i
		for from < to && c[from] == '.' {
			from++
		}
		for to > from && c[to-1] == '.' {
			to--
		}
		if from < to && (dot || s.minLabels == 1) && to-from <= 4*maxName {
			dst = s.matchName(c[from:to], from, to-from, dst)
		}
	}
	return dst
}

// nameRune returns the size of the character at the start of c if names in
// text are made of it, else 0.
func nameRune(c []byte) int {
	b := c[0]
	if b < utf8.RuneSelf {
		if isAlnum(b) || b == '.' || b == '-' || b == '_' {
			return 1
		}
		return 0
	}
	r, n := utf8.DecodeRune(c)
	if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == 0x3002 || r == 0xff0e || r == 0xff61 {
		return n
	}
	return 0
}
