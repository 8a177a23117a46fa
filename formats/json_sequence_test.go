package formats

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// A sequence of JSON texts is read as the records that it is of, whether they have lines
// of their own or several, and each stays where it is.
func TestJSONSequence(t *testing.T) {
	for _, c := range []struct{ name, text, format, offsets string }{
		{"a line each", "\x1e{\"a\":1}\n\x1e{\"a\":2}\n", "jsonl", "1 10"},
		{"below a mark", "\ufeff\x1e\n\x1e{\"a\":1}\n", "jsonl", "6"},
		{"on many lines", "\x1e{\n \"a\":1\n}\n\x1e{\n \"a\":2\n}\n", "json", "1 13"},
		{"arrays", "\x1e[{\"a\":1},{\"a\":2}]\n\x1e[{\"a\":3}]\n", "json", "2 10 21"},
		{"beyond the head", "\x1e{\"a\":1}\n\x1e{\"a\":\"" + strings.Repeat("x", headSize) + "\"}\n\x1e{\"a\":2}\n", "jsonl", "1 10 65556"},
	} {
		for _, stream := range []bool{false, true} {
			in := Bytes("x", []byte(c.text))
			if stream {
				in = Stdin(io.MultiReader(strings.NewReader(c.text)))
			}
			src, err := Open(in, Options{BlockSize: 1 << 10})
			if err != nil {
				t.Fatal(c.name, err)
			}
			r := src.NewReader(Want{})
			var got []string
			for {
				b, err := r.Next()
				if err != nil {
					break
				}
				for row := range uint32(b.Rows) {
					got = append(got, fmt.Sprint(r.Pos(row).Offset))
				}
				if bad := r.Rejects(); len(bad) > 0 {
					t.Errorf("%s, stream %v: %v", c.name, stream, bad[0].Err)
				}
			}
			if offsets := strings.Join(got, " "); offsets != c.offsets || src.Info().Format != c.format {
				t.Errorf("%s, stream %v: %s at %s, want %s at %s", c.name, stream, src.Info().Format, offsets, c.format, c.offsets)
			}
			src.Close()
		}
	}
}
