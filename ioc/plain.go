package ioc

import (
	"bytes"
	"strings"
	"unsafe"

	"golang.org/x/net/publicsuffix"
)

// A Plain is an indicator in the form that most lines of most feeds have: an
// address, address:port or name as it would be printed, neither defanged nor in
// capitals, and without Warnings; or a hash. Reading it allocates nothing and takes a
// tenth of the time that Parse takes.
type Plain struct {
	key  uint64
	addr [16]byte // IPv6
	name []byte   // part of the text parsed: a name, or the digits of a hash
}

// ParsePlain reads a plain indicator. If ok is true, Parse gives the same indicator and
// it has no Warnings; if false, Parse decides.
func ParsePlain(text []byte) (p Plain, ok bool) {
	if len(text) == 0 || len(text) > maxName {
		return p, false
	}
	if isHashLen(len(text)) && allHex(text) {
		return Plain{key: textKey(formHash, len(text)/2), name: text}, !isEmptyHash(text)
	}
	switch c := text[0]; {
	case isDigit(c):
		if v, n := plainQuad(text); n == len(text) {
			return Plain{key: form4<<formShift | uint64(v)}, !special().may4(v)
		} else if n > 0 && text[n] == ':' {
			port, ok := parsePort(text[n+1:])
			return Plain{key: form4Port<<formShift | uint64(uint16(port))<<32 | uint64(v)}, ok && !special().may4(v)
		}
	case c == '[':
		return plainBracketed(text)
	}
	n, ok := plainName(text)
	switch {
	case ok:
		return Plain{key: textKey(formName, len(text)), name: text}, !isSuffix(text, n) && !endsAsFile(text)
	case n <= 4 && n < len(text) && text[n] == ':':
		return plain6(text)
	}
	return p, false
}

// ParsePlainAddrPort reads what is known to be address:port, which is split at
// the last colon: 2001:db8::5:443 is port 443 of 2001:db8::5.
func ParsePlainAddrPort(text []byte) (p Plain, ok bool) {
	colon := bytes.LastIndexByte(text, ':')
	if colon <= 0 || text[0] == '[' || bytes.IndexByte(text[:colon], ':') < 0 {
		p, ok = ParsePlain(text)
		return p, ok && p.Type() == IPPort
	}
	port, ok := parsePort(text[colon+1:])
	if !ok {
		return p, false
	}
	p, ok = plain6(text[:colon])
	return p.WithPort(uint16(port)), ok
}

// Type is the type of the indicator.
func (p *Plain) Type() Type { return formTypes[p.key>>formShift] }

// WithPort returns the ip:port indicator of an address.
func (p Plain) WithPort(port uint16) Plain {
	switch p.key >> formShift {
	case form4:
		p.key = form4Port<<formShift | uint64(port)<<32 | p.key&(1<<32-1)
	case form6:
		p.key = form6Port<<formShift | uint64(port)<<placeBits
	}
	return p
}

// appendText appends the text that goes with the key.
func (p *Plain) appendText(dst []byte) []byte {
	switch p.key >> formShift {
	case formName:
		return append(dst, p.name...)
	case formHash:
		return appendUnhex(dst, p.name)
	case form6, form6Port:
		return append(dst, p.addr[:]...)
	}
	return dst
}

// plainQuad reads a dotted quad without leading zeros at the start of c and
// returns the bytes used, 0 if there is none.
func plainQuad(c []byte) (v uint32, n int) {
	for k := range 4 {
		if k > 0 {
			if n >= len(c) || c[n] != '.' {
				return 0, 0
			}
			n++
		}
		start, o := n, uint32(0)
		for n < len(c) && isDigit(c[n]) && n-start < 3 {
			o = o*10 + uint32(c[n]-'0')
			n++
		}
		if n == start || o > 255 || c[start] == '0' && n-start > 1 {
			return 0, 0
		}
		v = v<<8 | o
	}
	if n < len(c) && isDigit(c[n]) {
		return 0, 0
	}
	return v, n
}

// Classes of bytes in plain names.
const (
	plainDigit  = 1 << iota
	plainLetter // and hyphen and underscore
	plainDot
	plainOther
)

var plainByte = func() (t [256]uint8) {
	for i := range t {
		switch b := byte(i); {
		case b >= 'a' && b <= 'z', b == '-', b == '_':
			t[i] = plainLetter
		case isDigit(b):
			t[i] = plainDigit
		case b == '.':
			t[i] = plainDot
		default:
			t[i] = plainOther
		}
	}
	return t
}()

// plainName reports whether a text is a name of two labels or more in normal form. at is
// where its first dot is, else the place that shows it is not such a name.
func plainName(c []byte) (at int, ok bool) {
	label, classes := 0, uint8(0) // where it begins, and what is in it
	for n, b := range c {
		class := plainByte[b]
		if classes |= class; class < plainDot {
			continue
		}
		if class == plainOther || n == label || n-label > maxLabel {
			return n, false
		}
		if label == 0 {
			at = n
		}
		label, classes = n+1, 0
	}
	if label == 0 {
		return len(c), false
	}
	last := len(c) - label
	return at, last > 0 && last <= maxLabel && classes&plainLetter != 0 && isAlnum(c[0]) && isAlnum(c[len(c)-1])
}

// IsPlainName reports whether a text is a name of two labels or more in normal form,
// whose last label begins as no number does: all that AppendDomain and AppendHost find
// in it is the text itself. It costs a tenth of what they do.
func IsPlainName(text string) bool {
	last := strings.LastIndexByte(text, '.') + 1
	if last == len(text) || isDigit(text[last]) || len(text) > maxName {
		return false
	}
	_, ok := plainName(unsafe.Slice(unsafe.StringData(text), len(text)))
	return ok
}

// plain6 reads an IPv6 address that is no IPv4 address in disguise.
func plain6(c []byte) (p Plain, ok bool) {
	a, n := parse6(c)
	if n == 0 || n < len(c) || !isAlnum(c[0]) || !isAlnum(c[n-1]) || bytes.IndexByte(c, '.') >= 0 ||
		a[0] == 0 && a[1] == 0 || special().may6(a[0], a[1]) {
		return p, false
	}
	return Plain{key: form6 << formShift, addr: a}, true
}

// plainBracketed reads [address]:port, the address as plain6 does.
func plainBracketed(c []byte) (p Plain, ok bool) {
	end := bytes.IndexByte(c, ']')
	if end < 0 || end+1 >= len(c) || c[end+1] != ':' {
		return p, false
	}
	port, ok := parsePort(c[end+2:])
	if !ok {
		return p, false
	}
	p, ok = plain6(c[1:end])
	return p.WithPort(uint16(port)), ok
}

// isSuffix reports whether a name, of which the first label ends at dot, is a
// public suffix of either section of the list.
func isSuffix(name []byte, dot int) bool {
	if !maybeSuffix(name, dot) {
		return false
	}
	// The string does not outlive the call.
	suffix, _ := publicsuffix.PublicSuffix(unsafe.String(unsafe.SliceData(name), len(name)))
	return len(suffix) == len(name)
}
