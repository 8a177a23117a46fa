package ioc

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/encoding/charmap"
)

// Limits of RFC 1035, in octets.
const (
	maxName  = 253
	maxLabel = 63
)

// AppendDomain appends the normal form of the DNS name in a cell to dst: lower
// case, A-labels, no root dot. Surrounding ASCII space and quotes are dropped.
// Any byte that turns up in real names is kept (_dmarc, r3---sn-4g5e, and the
// signs that tunnels use). A cell that can only be a pattern, a path, a port or a
// URL is refused, and so is a numeric last label: that is an address or
// garbage. Non-ASCII labels are mapped by UTS 46, non-transitional; a label
// that has no A-label stays as it is, in lower case, unless it holds a
// character that names cannot have. The debug form of Windows DNS servers,
// (3)www(7)example(3)com(0), is decoded. Pure ASCII cells do not allocate
// except to grow dst.
func AppendDomain(dst, cell []byte) (name []byte, ok bool) {
	n := len(dst)
	dst, q := appendName(dst, trim(cell))
	if q == badName || q == oddName {
		return dst[:n], false
	}
	return dst, true
}

// A quality says how far a name could be brought to normal form.
type quality uint8

const (
	goodName quality = iota
	rawName          // a label has no A-label and was kept as it is
	oddName          // likewise, because of a character that names cannot have
	badName          // not a name
)

// appendName appends the normal form of a trimmed cell. With oddName the
// labels that are sound are in normal form all the same: who looks for suffixes can use
// them, since the labels before a suffix do not change whose name it is.
func appendName(dst, c []byte) ([]byte, quality) {
	start := len(dst)
	if len(c) > 0 && c[0] == '(' {
		var ok bool
		if dst, ok = appendDebugName(dst, c); !ok {
			return dst[:start], badName
		}
		return dst, checkName(dst[start:])
	}
	rooted := len(c) > 0 && c[len(c)-1] == '.'
	if rooted {
		c = c[:len(c)-1]
	}
	// Longer text can only become a name where UTS 46 shortens it.
	if len(c) > 4*maxName || len(c) > maxName && isASCII(c) {
		return dst, badName
	}
	var class byte
	for _, b := range c {
		b = nameByte[b]
		class |= b // letters never set the top bit, only the others do
		dst = append(dst, b)
		if b == 0 {
			return dst[:start], badName
		}
	}
	if class&0x80 != 0 {
		return appendIDN(dst[:start], c, rooted)
	}
	return dst, checkName(dst[start:])
}

// nameByte maps the bytes of names to lower case, those of non-ASCII
// characters to 0x80 and others to 0.
var nameByte = func() (t [256]byte) {
	for i := range t {
		switch b := byte(i); {
		case b >= utf8.RuneSelf:
			t[i] = 0x80
		case b >= 'A' && b <= 'Z':
			t[i] = b | 0x20
		case isAlnum(b), strings.IndexByte("-_.!$&'+=`{}~^#", b) >= 0:
			t[i] = b
		}
	}
	return t
}()

// checkName checks lengths, empty labels and the last label of a name in
// normal form.
func checkName(name []byte) quality {
	if len(name) == 0 || len(name) > maxName {
		return badName
	}
	label, numeric := 0, true
	for _, b := range name {
		if b == '.' {
			if label == 0 || label > maxLabel {
				return badName
			}
			label, numeric = 0, true
			continue
		}
		label++
		if b-'0' > 9 {
			numeric = false
		}
	}
	if label == 0 || label > maxLabel || numeric {
		return badName
	}
	return goodName
}

// lookup maps as browsers and resolvers do. Whole names never go through it:
// it refuses hyphens in the third and fourth place, which CDNs use.
var lookup = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// appendIDN appends the normal form of a name with non-ASCII characters,
// label by label. rooted means that its root dot has been taken off.
func appendIDN(dst, c []byte, rooted bool) ([]byte, quality) {
	start, worst := len(dst), goodName
	for first := true; ; first = false {
		i, width := nextDot(c)
		label := c[:i]
		if !first {
			dst = append(dst, '.')
		}
		var q quality
		dst, q = appendLabel(dst, label)
		worst = max(worst, q)
		if width == 0 {
			break
		}
		c = c[i+width:]
	}
	// U+3002 and its like may be the root dot.
	if n := len(dst); n > start && dst[n-1] == '.' && !rooted {
		dst = dst[:n-1]
	}
	if checkName(dst[start:]) == badName {
		return dst[:start], badName
	}
	return dst, worst
}

// nextDot finds the first full stop in any of the forms of UTS 46. width is 0
// if there is none, and i then len(c).
func nextDot(c []byte) (i, width int) {
	for i = 0; i < len(c); i++ {
		switch {
		case c[i] == '.':
			return i, 1
		case c[i] == 0xE3 && bytes.HasPrefix(c[i:], []byte("\u3002")),
			c[i] == 0xEF && (bytes.HasPrefix(c[i:], []byte("\uFF0E")) || bytes.HasPrefix(c[i:], []byte("\uFF61"))):
			return i, 3
		}
	}
	return len(c), 0
}

// appendLabel appends the normal form of one label.
func appendLabel(dst, label []byte) ([]byte, quality) {
	if isASCII(label) {
		for _, b := range label {
			dst = append(dst, nameByte[b])
		}
		return dst, goodName
	}
	if a, err := lookup.ToASCII(asUTF8(label)); err == nil {
		sound := true
		for i := range len(a) {
			b := nameByte[a[i]]
			sound = sound && b != 0 && b != 0x80 && b != '.'
		}
		if sound {
			return append(dst, strings.ToLower(a)...), goodName
		}
	} else if !utf8.Valid(label) || !disallowed(err) {
		return append(dst, bytes.ToLower(label)...), rawName
	}
	return append(dst, bytes.ToLower(label)...), oddName
}

// asUTF8 takes a label that is no UTF-8 for Windows-1252, in which spreadsheets save CSV.
// A file shows that only by such letters, which may be far behind its first bytes.
func asUTF8(label []byte) string {
	if utf8.Valid(label) {
		return string(label)
	}
	var text strings.Builder
	for _, b := range label { // a Decoder would let label escape to the heap
		text.WriteRune(charmap.Windows1252.DecodeByte(b))
	}
	return text.String()
}

// disallowed reports whether idna refused a character, not the form of a label.
func disallowed(err error) bool {
	// x/net/idna has no exported error types.
	return strings.Contains(err.Error(), "disallowed rune")
}

// appendDebugName decodes (3)www(7)example(3)com(0), lengths checked.
func appendDebugName(dst, c []byte) ([]byte, bool) {
	start := len(dst)
	for {
		end := bytes.IndexByte(c, ')')
		if len(c) == 0 || c[0] != '(' || end < 2 || end > 3 {
			return dst, false
		}
		n, ok := parsePort(c[1:end])
		if c = c[end+1:]; !ok || n > len(c) {
			return dst, false
		}
		if n == 0 {
			return dst, len(c) == 0 && len(dst) > start
		}
		if len(dst) > start {
			dst = append(dst, '.')
		}
		for _, b := range c[:n] {
			b = nameByte[b]
			if b == 0 || b == 0x80 || b == '.' {
				return dst, false
			}
			dst = append(dst, b)
		}
		c = c[n:]
	}
}

func isASCII(c []byte) bool {
	for _, b := range c {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
