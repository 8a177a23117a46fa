package formats

import (
	"fmt"
	"strings"
	"testing"
)

// A header that stands among the records again is none of them, wherever a block ends
// and whatever else is wrong: numbers, places and cells are those of the others.
func TestHeaderAgain(t *testing.T) {
	const header = "TimeGenerated,SourceIP,DestinationIP\n"
	var text, want strings.Builder
	text.WriteString(header)
	lines := 0
	for i := range 40 {
		switch {
		case i%3 == 1:
			text.WriteString(header)
			lines++
		case i%7 == 1:
			text.WriteString("\"timegenerated\",SourceIP,DestinationIP\r\n\ufeff" + header)
			lines += 2
		}
		lines++
		fmt.Fprintf(&text, "%d,a%d\n", i, i)
		fmt.Fprintf(&want, "%d:%d,a%d ", lines, i, i)
	}
	for _, size := range []int{1, 30, 64, 100, 1000, 1 << 20} {
		for _, sift := range []bool{false, true} {
			src, err := Open(Bytes("x.csv", []byte(text.String())), Options{BlockSize: size})
			if err != nil {
				t.Fatal(err)
			}
			columns := []Column{{N: 0, Name: "TimeGenerated"}, {N: 1, Name: "SourceIP"}}
			read := Want{Keys: columns, Late: [][]Column{columns}}
			if sift {
				read.Sift, read.Sifted = func(_ []byte, at []uint32) ([]uint32, bool) { return at, true }, []bool{true, true}
			}
			r := src.NewReader(read)
			var got strings.Builder
			ragged, line := 0, int64(0)
			for {
				b, err := r.Next()
				if err != nil {
					break
				}
				if b.Records != b.Rows {
					t.Errorf("blocks of %d: %d records, %d rows", size, b.Records, b.Rows)
				}
				for row := range uint32(b.Rows) {
					g, err := r.Fetch(0, []uint32{row})
					if err != nil {
						t.Fatal(err)
					}
					fmt.Fprintf(&got, "%d:%s,%s ", line+r.Pos(row).Line, g.Cell(0, 0), g.Cell(0, 1))
				}
				for i, bad := range r.Rejects() {
					if int(bad.Pos.Record) != i || bad.Pos.Line != r.Pos(uint32(i)).Line {
						t.Errorf("blocks of %d: reject %d is of record %d", size, i, bad.Pos.Record)
					}
					ragged++
				}
				line += int64(b.Lines)
			}
			if got.String() != want.String() || ragged != 40 {
				t.Errorf("blocks of %d, sifted %v: %d ragged, %s\nwant %s", size, sift, ragged, got.String(), want.String())
			}
			if note := againNote(int64(lines - 40)); len(src.Info().Notes) != 1 || src.Info().Notes[0] != note {
				t.Errorf("%q, want %q", src.Info().Notes, note)
			}
			src.Close()
		}
	}
}
