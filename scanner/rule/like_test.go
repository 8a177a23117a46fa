package rule

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// TestLikeVectors runs testdata/vectors/like.tsv: value, pattern, escape, result.
func TestLikeVectors(t *testing.T) {
	data, err := os.ReadFile("../../testdata/vectors/like.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	if len(lines) < 20 {
		t.Fatalf("only %d lines", len(lines))
	}
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		t.Run(f[4], func(t *testing.T) {
			value, pattern, escape := unescape(f[0]), unescape(f[1]), f[2]
			when := "InitiatingProcessCommandLine LIKE " + quote(pattern)
			if escape != "" {
				when += " ESCAPE " + quote(escape)
			}
			want := map[string]Tri{"true": True, "false": False, "unknown": Unknown}[f[3]]
			if value == "" { // the matcher alone: an empty cell is Unknown
				p, err := compile(pattern, escape)
				if err != nil || truth(p.match(fold(value))) != want {
					t.Errorf("empty text: want %s", want)
				}
				want = Unknown
			}
			if value == "<null>" {
				value = ""
			}
			if got := inline(t, when).Eval(context(dne, "InitiatingProcessCommandLine", value)); got != want {
				t.Errorf("%q LIKE %q ESCAPE %q: %s, want %s", value, pattern, escape, got, want)
			}
		})
	}
}

// unescape decodes \uXXXX, and leaves every other backslash alone.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.HasPrefix(s[i:], `\u`) && len(s) >= i+6 {
			if n, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
				b.WriteRune(rune(n))
				i += 5
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		text, pattern string
		want          bool
	}{
		{"STRASSE", "strasse", true},
		{"ÄÖÜ", "äöü", true},
		{"ΣΑΣ", "σας", true},
		{"\u212aelvin", "kelvin", true},
		{"é", "_", true},
		{"日本", "__", true},
		{"日本", "_", false},
		{"\xff\xfe", "__", true},
		{"\xff", "_%_", false},
		{"abcabc", "%abc", true},
		{"abab", "%a_", true},
		{"ab", "a%b%", true},
		{"aXbXc", "a_b%_c", true},
		{"x", "%%%", true},
		{"", "_", false},
		{"aba", "ab%ba", false},
		{`C:\x`, `c:\%`, true},
	} {
		p, err := compile(c.pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := p.match(fold(c.text)); got != c.want {
			t.Errorf("%q LIKE %q: %v", c.text, c.pattern, got)
		}
	}
}

// TestLikeCost shows that a hostile cell and pattern do not blow up: the
// matcher that tries every split would not end in the life of the universe.
func TestLikeCost(t *testing.T) {
	p, err := compile(strings.Repeat("%a_", 500)+"b", "")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if p.match(fold(strings.Repeat("a", 1<<20))) {
		t.Error("matches")
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

// slowLike tries every split of the text.
func slowLike(text, pattern []string) bool {
	// fits[j]: the rest of the text from i fits the pattern from j.
	fits := make([]bool, len(pattern)+1)
	for i := len(text); i >= 0; i-- {
		now := make([]bool, len(pattern)+1)
		for j := len(pattern); j >= 0; j-- {
			switch {
			case j == len(pattern):
				now[j] = i == len(text)
			case strings.HasPrefix(pattern[j], "\x00") && len(pattern[j]) > 1: // not special
				now[j] = i < len(text) && fits[j+1] && text[i] == pattern[j][1:]
			case pattern[j] == "%":
				now[j] = now[j+1] || i < len(text) && fits[j]
			default:
				now[j] = i < len(text) && fits[j+1] && (pattern[j] == "_" || equalFold(text[i], pattern[j]))
			}
		}
		fits = now
	}
	return fits[0]
}

func equalFold(a, b string) bool {
	r, n := utf8.DecodeRuneInString(a)
	s, m := utf8.DecodeRuneInString(b)
	if r == utf8.RuneError && n == 1 || s == utf8.RuneError && m == 1 {
		return a == b
	}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if f == s {
			return true
		}
	}
	return r == s
}

// split cuts a text into characters; bytes that are not UTF-8 are one each.
func split(s string) []string {
	var list []string
	for len(s) > 0 {
		_, n := utf8.DecodeRuneInString(s)
		list = append(list, s[:n])
		s = s[n:]
	}
	return list
}

func FuzzLike(f *testing.F) {
	f.Add("nc -z 192.168.1.100", "%NC -z%1_0")
	f.Add("aaaa", "%a_a%")
	f.Add("ΣΑΣ\u212a", "_σ%k")
	f.Add("\xe3\x81", "_%_")
	f.Add("", "%")
	f.Fuzz(func(t *testing.T, text, pattern string) {
		if !utf8.ValidString(pattern) || len(text) > 300 || len(pattern) > 100 {
			return
		}
		p, err := compile(pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.match(fold(text)), slowLike(split(text), split(pattern)); got != want {
			t.Errorf("%q LIKE %q: %v, the slow matcher says %v", text, pattern, got, want)
		}
	})
}
