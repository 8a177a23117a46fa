package formats

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// wideCSV has rows of cols cells as exports have them: most of them empty or
// short, a few long; with quotes round every n-th that is not empty (0: none).
func wideCSV(size, cols, quoted int) []byte {
	var b bytes.Buffer
	for i := range cols {
		fmt.Fprintf(&b, "column%d,", i)
	}
	b.Truncate(b.Len() - 1)
	b.WriteByte('\n')
	cells := []string{"", "", "443", "", "10.5.192.226", "", "OpsManager", "", "", "2020-11-20T16:20:29.443Z", "SonicWall", "84c4c1b1-e590-4e0a-9f02-8290917541ca", "", "an event of some length, as messages are"}
	for row := 0; b.Len() < size; row++ {
		for i := range cols {
			c := cells[(i*7+row)%len(cells)]
			if quoted > 0 && c != "" && i%quoted == 0 || strings.Contains(c, ",") {
				c = `"` + c + `"`
			}
			b.WriteString(c)
			b.WriteByte(",\n"[min(i/(cols-1), 1)])
		}
	}
	return b.Bytes()
}

func benchKeys(cols, keys int) (want []Column) {
	for i := range keys {
		want = append(want, Column{N: cols * (2*i + 1) / (2 * keys)})
	}
	return want
}

func BenchmarkCSV(b *testing.B) {
	for _, bb := range []struct{ cols, keys, quoted int }{{150, 8, 0}, {150, 8, 10}, {150, 8, 1}, {40, 4, 0}, {12, 3, 0}} {
		b.Run(fmt.Sprintf("cols=%d/keys=%d/quoted=%d", bb.cols, bb.keys, bb.quoted), func(b *testing.B) {
			data := wideCSV(32<<20, bb.cols, bb.quoted)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				s, err := openCSV(&Content{At: bytes.NewReader(data), Len: int64(len(data)), Head: data[:headSize]}, Options{})
				if err != nil {
					b.Fatal(err)
				}
				r := s.NewReader(Want{Keys: benchKeys(bb.cols, bb.keys)})
				for {
					if _, err := r.Next(); err != nil {
						break
					}
					for range r.Runs() {
					}
				}
			}
		})
	}
}

// TestCSVAllocs: in the steady state a block costs no allocation.
func TestCSVAllocs(t *testing.T) {
	data := wideCSV(8<<20, 50, 3)
	s, err := openCSV(&Content{At: bytes.NewReader(data), Len: int64(len(data)), Head: data[:headSize]}, Options{BlockSize: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	r := s.NewReader(Want{Keys: benchKeys(50, 5), Late: [][]Column{benchKeys(50, 7)}})
	rows := []uint32{0, 3, 4}
	// A loop over Runs would allocate its body, which is the caller's affair.
	look := func(run *Run, err error) bool { return err == nil && len(run.Cell(0)) >= 0 }
	read := func() {
		b, err := r.Next()
		if err != nil || b.Rows == 0 {
			t.Fatal(b, err)
		}
		r.Runs()(look)
		if _, err := r.Fetch(0, rows); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		read()
	}
	if n := testing.AllocsPerRun(50, read); n != 0 {
		t.Errorf("%v allocations per block", n)
	}
}

// TestCSVSmall: a small file costs small buffers.
func TestCSVSmall(t *testing.T) {
	text := "a,b\n1,2\n"
	s, err := openCSV(&Content{At: strings.NewReader(text), Len: int64(len(text)), Head: []byte(text)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := s.NewReader(Want{}).(*csvReader)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if cap(r.buf) > 16<<10 {
		t.Errorf("buffer of %d bytes for a file of %d", cap(r.buf), len(text))
	}
}

// TestCSVStrays: text of nothing but stray quotes takes time in proportion to
// its size, and none of its lines is lost. (Any other way would run into the
// time limit of go test.)
func TestCSVStrays(t *testing.T) {
	const n = 1 << 20
	for name, line := range map[string]string{
		"never closed":     "\"x\n",
		"cell after cell":  "a,\"b,\"c\n",
		"closed at random": "a,\"b\n\"c\",d\ne\",f\n",
		"one line":         ",\"x",
		"one long line":    "\"x\"y,",
	} {
		t.Run(name, func(t *testing.T) {
			text := "h1,h2,h3\n" + strings.Repeat(line, n/len(line))
			if strings.HasSuffix(line, "\n") {
				text += "last,\"1\",2\n" // ends what the last stray quote began
			} else {
				text += "\nlast,1,2\n"
			}
			s, err := openCSV(&Content{At: strings.NewReader(text), Len: int64(len(text)), Head: []byte(text)[:headSize]}, Options{BlockSize: 100 << 10})
			if err != nil {
				t.Fatal(err)
			}
			r := s.NewReader(Want{Keys: []Column{{N: 0}}})
			lines, lastRow := 0, ""
			for {
				b, err := r.Next()
				if err == io.EOF {
					break
				}
				lines += b.Lines
				for run := range r.Runs() {
					if n := len(run.Cells); n > 0 {
						lastRow = string(run.Cell(n - 1))
					}
				}
			}
			if want := strings.Count(text, "\n"); lines != want || lastRow != "last" {
				t.Errorf("%d lines, want %d; last row %q", lines, want, lastRow)
			}
		})
	}
}
