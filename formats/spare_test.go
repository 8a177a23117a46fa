package formats

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// spareTexts are sources whose readers keep different things.
var spareTexts = map[string]string{
	"csv":       "SourceIP,Name,Note\n192.0.2.1,a.example,\"say \"\"x\"\"\"\n192.0.2.2,b.example,\"two\nlines\"\n",
	"wider":     "SourceIP;Extra;Name;Note\n192.0.2.3;1;c.example;x\n\n192.0.2.4;2;d.example;y\n",
	"ragged":    "SourceIP,Name,Note\n192.0.2.5\nSourceIP,Name,Note\n192.0.2.6,e.example,z,more\n",
	"stray":     "SourceIP,Name,Note\n192.0.2.7,\"f.example,x\n192.0.2.8,g.example,y\n192.0.2.9,h.example,\"z\n",
	"lines":     `{"SourceIP":"192.0.2.1","Name":"a.example"}` + "\n" + `{"Name":"b\u002eexample","SourceIP":"192.0.2.2","Note":"n"}` + "\nno object\n",
	"spaced":    `{ "Name" : "c.example" , "SourceIP" : "192.0.2.3" }` + "\n",
	"envelope":  `{"Type":"x","properties":{"SourceIP":"192.0.2.4","Name":"d.example"}}` + "\n" + `{"properties":"{\"SourceIP\":\"192.0.2.5\"}","Name":"e.example"}` + "\n",
	"records":   `{"records":[{"SourceIP":"192.0.2.6","Name":"f.example"},{"SourceIP":"192.0.2.7"}]}` + "\n",
	"document":  `[{"SourceIP":"192.0.2.8","Name":"h.example"},` + "\n" + `{"SourceIP":"192.0.2.9","Note":"\n"},17]`,
	"positions": `{"tables":[{"name":"PrimaryResult","columns":[{"name":"SourceIP"},{"name":"Name"}],"rows":[["192.0.2.1","a.example"],["192.0.2.2"]]}]}`,
}

// openSpare opens one of them, in blocks of some bytes.
func openSpare(t testing.TB, name string, block int) Source {
	t.Helper()
	o := Options{BlockSize: block, Table: func(p *Part) string {
		if slices.Contains(p.Columns, "SourceIP") {
			return "Flows"
		}
		return ""
	}}
	src, err := Open(Bytes(name, []byte(spareTexts[name])), o)
	if err != nil {
		t.Fatal(name, err)
	}
	return src
}

// readSpare reads up to some blocks of a source and returns the reader, with all that it
// handed out.
func readSpare(t testing.TB, src Source, spare Reader, blocks int) (Reader, string) {
	t.Helper()
	var columns []Column
	for _, name := range []string{"SourceIP", "Name", "Note"} {
		n := -1
		if src.Info().Format == "csv" {
			n = slices.Index(src.Info().Parts[0].Columns, name)
		}
		columns = append(columns, Column{name, n})
	}
	r := src.NewReader(Want{Keys: columns[:2], Late: [][]Column{columns, columns[1:]}, Spare: spare})
	var seen strings.Builder
	for range blocks {
		b, err := r.Next()
		if err != nil {
			if err != io.EOF {
				fmt.Fprintln(&seen, err)
			}
			break
		}
		fmt.Fprintln(&seen, b.Seq, b.Rows, b.Records, b.Lines, b.Size)
		for run, err := range r.Runs() {
			if err != nil {
				t.Fatal(err)
			}
			cellsOf(t, run, func(row uint32, cell string) { fmt.Fprintf(&seen, "%d %d %q\n", run.Key, row, cell) })
		}
		for row := range uint32(b.Rows) {
			for stage := range 2 {
				g, err := r.Fetch(stage, []uint32{row})
				if err != nil {
					t.Fatal(err)
				}
				for c := range g.Cols {
					fmt.Fprintf(&seen, "%q ", g.Cell(0, c))
				}
			}
			fields, err := r.Record(row)
			fmt.Fprintf(&seen, "%q %v %+v %q\n", fields, err, r.Pos(row), r.Raw(row))
		}
		for _, reject := range r.Rejects() {
			fmt.Fprintf(&seen, "%+v %v %q %v\n", reject.Pos, reject.Err, reject.Raw, reject.Matched)
		}
	}
	return r, seen.String()
}

// A reader that another one's memory was used for reads what any other would, whether
// that one had come to its end or not.
func TestSpare(t *testing.T) {
	for name := range spareTexts {
		for _, block := range []int{7, 1 << 20} {
			src := openSpare(t, name, block)
			_, want := readSpare(t, src, nil, 1000)
			if src.Close(); want == "" {
				t.Fatal(name, "nothing read")
			}
			for old := range spareTexts {
				for _, blocks := range []int{0, 1, 1000} {
					before, src := openSpare(t, old, 64), openSpare(t, name, block)
					spare, _ := readSpare(t, before, nil, blocks)
					before.Close()
					_, got := readSpare(t, src, spare, 1000)
					src.Close()
					if got != want {
						t.Fatalf("%s behind %d blocks of %s, blocks of %d:\n%s\nwant\n%s", name, blocks, old, block, got, want)
					}
				}
			}
		}
	}
}

// What is known of the keys of one file serves the next one, but does not keep it from
// being known as well.
func TestSpareKeys(t *testing.T) {
	var many, other, styles strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&many, `{"SourceIP":"192.0.2.1","Key%d":"x"}`+"\n", i)
	}
	for i := range 40 { // each with keys that no order predicts
		fmt.Fprintf(&other, `{"SourceIP":"192.0.2.1","Key%d":"x","Key%d":"y","Key%d":"z"}`+"\n", i*7%40, i*11%40, i*13%40)
		fmt.Fprintf(&styles, `{%*s"SourceIP":"192.0.2.1"}`+"\n", i%2, "")
	}
	for _, c := range []struct {
		name, text string
		kept       bool
	}{
		{"few keys", spareTexts["lines"], true},
		{"keys in several orders", other.String(), true},
		{"many keys", many.String(), false},
		{"two styles by turns", styles.String(), false},
	} {
		src, err := Open(Bytes("x", []byte(c.text)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := Want{Keys: []Column{{"SourceIP", 0}}}
		want.Spare = src.NewReader(want)
		if _, err := want.Spare.Next(); err != nil {
			t.Fatal(err)
		}
		before := want.Spare.(*jsonlReader).keys.walk
		if kept := src.NewReader(want).(*jsonlReader).keys.walk == before; kept != c.kept {
			t.Errorf("%s: kept %v, want %v", c.name, kept, c.kept)
		}
	}
}

// Reading a small file makes no buffers where the reader of another one is done with.
func TestSpareAllocates(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	text := "SourceIP,Name,Note\n" + strings.Repeat("192.0.2.1,a.example,x\n", 1000)
	lines := strings.Repeat(`{"SourceIP":"192.0.2.1","Name":"a.example","Note":"x"}`+"\n", 1000)
	for _, data := range []string{text, lines} {
		var sources []Source
		for range 12 {
			src, err := Open(Bytes("x", []byte(data)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, src)
		}
		want := Want{Keys: []Column{{"SourceIP", 0}, {"Name", 1}}}
		var before, after runtime.MemStats
		for i, src := range sources {
			if i == 2 { // by then all buffers have their size
				runtime.ReadMemStats(&before)
			}
			r := src.NewReader(want)
			want.Spare = r
			for {
				if _, err := r.Next(); err != nil {
					break
				}
				for _, err := range r.Runs() {
					if err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / uint64(len(sources)-2); n > 4<<10 {
			t.Errorf("%.10q: %d bytes for a file of %d", data, n, len(data))
		}
	}
}
