package scanner

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/formats/simd"
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

// Fields are what their names and strings are one after the other, whatever is in
// them and wherever the room ends.
func TestAppendFields(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	odd := []string{`"`, `\`, "\n", "\x7f", "\xff", "é", "\u202e", `C:\dir\"x"`, strings.Repeat(`\`, 40), strings.Repeat("long ", 50)}
	for range 20_000 {
		var fields []simd.Field
		var texts []string
		odds := rng.IntN(6)
		for i := range rng.IntN(12) {
			var b strings.Builder
			for range rng.IntN(100) {
				if rng.IntN(60) < odds {
					b.WriteString(odd[rng.IntN(len(odd))])
				} else {
					b.WriteByte(byte('a' + rng.IntN(26)))
				}
			}
			texts = append(texts, b.String())
			fields = append(fields, simd.Field{Before: `,"` + strings.Repeat("n", rng.IntN(80)) + `":`, At: i})
		}
		rng.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		if len(fields) > 0 {
			fields[rng.IntN(len(fields))].At = -rng.IntN(2)
			fields[rng.IntN(len(fields))].At = len(texts) + rng.IntN(2)
		}
		want := []byte("...")
		for _, f := range fields {
			want = append(append(want, f.Before...), slowString(cellAt(texts, f.At))...)
		}
		room := make([]byte, 3, 3+rng.IntN(8000))
		copy(room, "...")
		if got := appendFields(room, fields, texts); !bytes.Equal(got, want) {
			t.Fatalf("%v of %q: %s, want %s", fields, texts, got, want)
		}
	}
}

// A list of addresses in normal form is its members in normal form.
func TestAppendAddrs(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	pieces := []string{",", ";", " ", ", ", "192.0.2.7", "192.0.2.07", "10.0.0.1", "2001:DB8::1", "2001:0db8:0:0:0:0:0:1", "::ffff:1.2.3.4", "1.2.3.4:80", "x.example", "1.2.3", "."}
	for range 20_000 {
		list := ""
		for range rng.IntN(8) {
			list += pieces[rng.IntN(len(pieces))]
		}
		var members []string
		for _, m := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",; ", r) }) {
			if a, err := netip.ParseAddr(m); err == nil {
				m = a.Unmap().String()
			}
			members = append(members, m)
		}
		if got, want := string(appendAddrs([]byte("x"), list)), "x"+strings.Join(members, ","); got != want {
			t.Fatalf("%q: %q, want %q", list, got, want)
		}
	}
	for _, list := range []string{`["192.0.2.7","2001:DB8::1"]`, `["192.0.2.7", "2001:db8::1"]`, "[\n  \"192.0.2.7\",\n  \"2001:db8::1\"\n]"} {
		if got := string(appendAddrs(nil, list)); got != "192.0.2.7,2001:db8::1" {
			t.Errorf("%q: %q", list, got)
		}
	}
}
