package formats

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// plainMixed is mixedText, character by character.
func plainMixed(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(text[0])
		}
		out.WriteRune(r)
		text = text[n:]
	}
	return out.String()
}

// plainNulls is a nullReader with all of the text before it.
func plainNulls(text string, sep byte) string {
	out := []byte(text)
	for i, c := range text {
		begins := i > 1 && text[i-1] == '"' && (text[i-2] == sep || text[i-2] == '\n')
		ends := i+1 == len(text) || strings.IndexByte("\r\n"+string(rune(sep)), text[i+1]) >= 0
		if c == 'N' && begins && ends {
			out[i] = '"'
		}
	}
	return string(out)
}

// FuzzRewritten holds that what is rewritten while it is read does not depend on the
// pieces that it is read in.
func FuzzRewritten(f *testing.F) {
	for _, s := range []string{"b\xfccher,\xe9,b\u00fccher \U0001f600\xf0\x9f\x98", "\x81\x80\xc3", strings.Repeat("x", 4095) + "\u00e9\xe9",
		"a\n\"N,\"N\r\n\"N", "\"N,\"x \"\"N,\"\n\"NN,\"N\"", ",\"N" + strings.Repeat(",\"N", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
			got, err := io.ReadAll(transform.NewReader(r, mixedText{}))
			if want := plainMixed(text); err != nil || string(got) != want {
				t.Errorf("mixed: %q, %v; want %q", got, err, want)
			}
		}
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
			got, err := io.ReadAll(iotest.HalfReader(&nullReader{r: bufio.NewReaderSize(r, 16), sep: ','}))
			if want := plainNulls(text, ','); err != nil || string(got) != want {
				t.Errorf("nulls: %q, %v; want %q", got, err, want)
			}
		}
	})
}
