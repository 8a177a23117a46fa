package scanner

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// slowString is appendString one character at a time.
func slowString(s string) []byte {
	dst := []byte{'"'}
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, "\ufffd"...)
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case strings.ContainsRune("\n\r\t", r):
			dst = append(dst, '\\', "nrt"[strings.IndexRune("\n\r\t", r)])
		case (r < ' ' || r >= 0x7f && hidden(r) || r == 0x7f) && r <= 0xffff:
			dst = append(dst, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = append(dst, s[:n]...)
		}
		s = s[n:]
	}
	return append(dst, '"')
}

// Strings of every length up to a few words, with and without what has to be
// escaped in every place, and some that are taken in pieces.
func TestAppendString(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	odd := []string{`"`, `\`, "\n", "\r", "\t", "\x00", "\x1f", "\x7f", "\x80", "\xff", "é", "\u200b", "\u202e", "\U000e0001", "\ufffd", "~", " "}
	check := func(s string) {
		t.Helper()
		room := make([]byte, 3, 3+rng.IntN(100))
		got := appendString(room, s)[3:]
		if want := slowString(s); !bytes.Equal(got, want) {
			t.Fatalf("%q: %s, want %s", s, got, want)
		}
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != strings.ToValidUTF8(s, "\ufffd") && utf8.ValidString(s) {
			t.Fatalf("%q reads back as %q, %v", s, back, err)
		}
	}
	for range 100_000 {
		var b strings.Builder
		odds := rng.IntN(8)
		for range rng.IntN(40) {
			if rng.IntN(8) < odds {
				b.WriteString(odd[rng.IntN(len(odd))])
			} else {
				b.WriteByte(byte('a' + rng.IntN(26)))
			}
		}
		check(b.String())
	}
	for _, sep := range odd {
		check(strings.Repeat(strings.Repeat("x", largeText/2-1)+sep, 5))
		check(strings.Repeat(sep, largeText+3))
	}
}
