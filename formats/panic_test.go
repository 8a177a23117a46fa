package formats

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// A lossyReader panics once, at a place of its text, with some bytes of it in hand.
type lossyReader struct {
	io.Reader
	left int
}

func (r *lossyReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p[:min(len(p), 1000)])
	before := r.left
	if r.left -= n; before > 0 && r.left <= 0 {
		panic("lossy")
	}
	return n, err
}

// What comes behind a panic in the midst of a stream does not follow on what came before:
// no record is made of both.
func TestStreamPanics(t *testing.T) {
	const n = 3000
	text := func(before, record, between, after string) string {
		var b strings.Builder
		b.WriteString(before)
		for i := range n {
			if i > 0 {
				b.WriteString(between)
			}
			fmt.Fprintf(&b, record, i, i)
		}
		return b.String() + after
	}
	object := `{"a":"v%05d","n":[{"a":"x","b":"y"}],"b":"v%05d"}`
	for name, c := range map[string]struct {
		format Format
		text   string
	}{
		"csv":   {CSV, text("a,b\n", "v%05d,v%05d\n", "", "")},
		"jsonl": {JSONL, text("", object+"\n", "", "")},
		"json":  {JSON, text("[", object, ",", "]")},
	} {
		for at := 80_000; at < 82_000; at += 100 {
			at := min(at, len(c.text)/2+at-80_000)
			head := c.text[:min(len(c.text), 8<<10)]
			s, err := c.format.Open(&Content{Stream: &lossyReader{strings.NewReader(c.text), at}, Head: []byte(head), Size: -1}, Options{BlockSize: 4 << 10})
			if err != nil {
				t.Fatal(err)
			}
			columns := s.Info().Parts[0].Columns
			r := s.NewReader(Want{Late: [][]Column{{findNamed(columns, "a"), findNamed(columns, "b")}}})
			rows, panics := 0, 0
			for {
				b, err := func() (b Block, err error) {
					defer func() {
						if recover() != nil {
							panics++
						}
					}()
					return r.Next()
				}()
				if err != nil {
					break
				}
				for row := range b.Rows {
					g, err := r.Fetch(0, []uint32{uint32(row)})
					if err != nil {
						t.Fatal(err)
					}
					if a, b := string(g.Cell(0, 0)), string(g.Cell(0, 1)); !strings.HasPrefix(a, b) || len(a) > 6 {
						t.Errorf("%s at %d: %q, %q", name, at, a, b)
					}
					rows++
				}
			}
			if panics != 1 || rows < n/4 || rows > n*3/4 {
				t.Errorf("%s at %d: %d rows, %d panics", name, at, rows, panics)
			}
		}
	}
}

func findNamed(columns []string, name string) Column {
	for i, c := range columns {
		if c == name {
			return Column{N: i, Name: c}
		}
	}
	return Column{N: -1, Name: name}
}
