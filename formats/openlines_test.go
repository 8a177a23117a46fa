package formats

import (
	"strings"
	"testing"
	"testing/iotest"
)

// Lines that end in a carriage return alone are lines like others; whatever
// has a line feed outside quotes, and all JSON, is left as it is.
func TestLoneCR(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"lines", "a,b\r1,2\r3,4\r", "a,b\n1,2\n3,4\n"},
		{"no last end", "a,b\r1,2", "a,b\n1,2"},
		{"blank lines", "\r\ra,b\r\r1,2\r", "\n\na,b\n\n1,2\n"},
		{"feeds in quotes", "a,b\r\"x\ny\r\nz\",2\r", "a,b\n\"x\ny\r\nz\",2\n"},
		{"byte order mark", "\ufeffa,b\r1,2\r", "\ufeffa,b\n1,2\n"},
		{"both", "a,b\r\n1,2\r\n", "a,b\r\n1,2\r\n"},
		{"twice and a feed", "a,b\r\r\n1,2\r\r\n", "a,b\r\r\n1,2\r\r\n"},
		{"one stray", "a,b\n1,\r2\n", "a,b\n1,\r2\n"},
		{"in quotes only", "a,\"b\rc\"", "a,\"b\rc\""},
		{"JSON", "[{\"a\":1},\r{\"a\":2}]\r", "[{\"a\":1},\r{\"a\":2}]\r"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, in := range []Input{Stdin(strings.NewReader(tt.text)), Stdin(pipe{iotest.OneByteReader(strings.NewReader(tt.text))})} {
				c, err := openContent(in, Options{})
				if err != nil {
					t.Fatal(err)
				}
				if got, err := readAll(c); got != tt.want || err != nil {
					t.Errorf("got %q, %v; want %q", got, err, tt.want)
				}
				c.Close()
			}
		})
	}
}

// A long text goes through buffers of its own, and keeps its length.
func TestLoneCRLong(t *testing.T) {
	text := strings.Repeat("10.0.0.1,\"a\r\nb\",x\r", 20000)
	c, err := openContent(Stdin(strings.NewReader(text)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := readAll(c); got != strings.ReplaceAll(text, "x\r", "x\n") || err != nil {
		t.Errorf("differs (%d bytes of %d), %v", len(got), len(text), err)
	}
}
