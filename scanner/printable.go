package scanner

import (
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// hidden reports whether a character beyond ASCII moves the cursor, turns the
// direction of text, or shows nothing at all.
func hidden(r rune) bool {
	switch {
	case r < 0xa0, // C1 controls; callers deal with ASCII
		r == 0xad, r == 0x61c, r == 0x180e, r == 0xfeff,
		r >= 0x200b && r <= 0x200f,
		r >= 0x2028 && r <= 0x202e,
		r >= 0x2060 && r <= 0x206f,
		r >= 0xfff9 && r <= 0xfffb,
		r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}

// Printable returns s with everything that could drive a terminal shown
// instead of sent: \x1b, \n, \u202e, and \xff for bytes that are no UTF-8.
func Printable(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= ' ' && s[i] < 0x7f
	}
	if clean {
		return s
	}
	var dst []byte
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, '\\', 'x', hexDigits[s[i]>>4], hexDigits[s[i]&15])
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < ' ' || r == 0x7f:
			dst = append(dst, '\\', 'x', hexDigits[r>>4], hexDigits[r&15])
		case r > 0x7f && hidden(r):
			dst = append(dst, '\\', 'u')
			if r > 0xffff {
				dst = append(dst, hexDigits[r>>16&15])
			}
			dst = append(dst, hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = append(dst, s[i:i+n]...)
		}
		i += n
	}
	return string(dst)
}

// PrintableLines is Printable for text that we laid out ourselves: its line
// breaks and tabs stay.
func PrintableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		cells := strings.Split(l, "\t")
		for n, c := range cells {
			cells[n] = Printable(c)
		}
		lines[i] = strings.Join(cells, "\t")
	}
	return strings.Join(lines, "\n")
}
