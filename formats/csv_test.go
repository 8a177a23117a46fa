package formats

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

// csvRead is all that one way of reading a CSV file gave, in file order.
type csvRead struct {
	rows    [][]string // every cell of every row
	keys    [][]string // the cells of the first keys, by Runs
	dull    []bool     // of each row: sifting may leave its cells out
	late    [][]string // the same columns from the last, by Fetch
	lines   []int64    // physical line of each row, from 0
	offsets []int64
	rejects []string // "record:line:offset error|raw"
	records int
	total   int // line breaks
}

// siftFor makes a Want.Sift that finds a byte, and gives up where that is common.
func siftFor(sign byte) func(text []byte, dst []uint32) ([]uint32, bool) {
	return func(text []byte, dst []uint32) ([]uint32, bool) {
		for i, b := range text {
			if b == sign {
				dst = append(dst, uint32(i))
			}
		}
		return dst, len(dst) < 3+len(text)/8
	}
}

// readCSV reads c with several readers and puts the blocks together. If there are
// more than one, they sift.
func readCSV(t testing.TB, c *Content, o Options, readers int) csvRead {
	t.Helper()
	src, err := openCSV(c, o)
	if err != nil {
		t.Fatal(err)
	}
	width := len(src.Info().Parts[0].Columns)
	var keys, late []Column
	for i := range width {
		if i%2 == 0 {
			keys = append(keys, Column{N: i})
		}
		late = append(late, Column{N: width - 1 - i})
	}
	type piece struct {
		Block
		csvRead
		rejects []Reject
	}
	sifted := readers > 1
	var mu sync.Mutex
	var pieces []piece
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			want := Want{Keys: append(keys, Column{N: 0}), Late: [][]Column{late}}
			if sifted {
				want.Sift, want.Sifted = siftFor('b'), make([]bool, len(keys)+1)
				for k := range want.Sifted {
					want.Sifted[k] = k != 1
				}
			}
			r := src.NewReader(want)
			for {
				b, err := r.Next()
				if err == io.EOF {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				p := piece{Block: b}
				p.keys = make([][]string, b.Rows)
				for i := range p.keys {
					p.keys[i] = make([]string, len(keys)+1)
				}
				runs := 0
				for run := range r.Runs() {
					runs++
					cellsOf(t, run, func(row uint32, cell string) { p.keys[row][run.Key] = cell })
				}
				if want := len(keys) + 1; b.Rows > 0 && runs != want {
					t.Errorf("%d runs, want %d", runs, want)
				}
				p.late = make([][]string, b.Rows)
				for i := range b.Rows {
					g, err := r.Fetch(0, []uint32{uint32(i)})
					if err != nil {
						t.Error(err)
					}
					for j := range late {
						p.late[i] = append(p.late[i], string(g.Cell(0, j)))
					}
					var cells []string
					fields, _ := r.Record(uint32(i))
					for _, f := range fields {
						cells = append(cells, string(f.Value))
					}
					p.rows = append(p.rows, cells)
					p.dull = append(p.dull, sifted && !bytes.ContainsRune(r.Raw(uint32(i)), 'b'))
					pos := r.Pos(uint32(i))
					p.lines = append(p.lines, pos.Line)
					p.offsets = append(p.offsets, pos.Offset)
				}
				p.rejects = r.Rejects()
				p.rejects = slices.Clone(p.rejects)
				mu.Lock()
				pieces = append(pieces, p)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.SortFunc(pieces, func(a, b piece) int { return a.Seq - b.Seq })
	var all csvRead
	for i, p := range pieces {
		if p.Seq != i {
			t.Fatalf("block %d has seq %d", i, p.Seq)
		}
		all.rows = append(all.rows, p.rows...)
		all.keys = append(all.keys, p.keys...)
		all.late = append(all.late, p.late...)
		all.dull = append(all.dull, p.dull...)
		all.offsets = append(all.offsets, p.offsets...)
		for _, l := range p.lines {
			all.lines = append(all.lines, l+int64(all.total))
		}
		for _, r := range p.rejects {
			all.rejects = append(all.rejects, fmt.Sprintf("%d:%d:%d %v %v|%.40q",
				r.Pos.Record+int64(all.records), r.Pos.Line+int64(all.total), r.Pos.Offset, r.Matched, r.Err, r.Raw))
		}
		all.records += p.Records
		all.total += p.Lines
	}
	// The three ways to a cell agree.
	for i, row := range all.rows {
		for k, cell := range all.keys[i] {
			col := 2 * k
			if k == len(keys) {
				col = 0
			}
			if want := cellOf(row, col); cell != want && !(cell == "" && all.dull[i] && k != 1) {
				t.Errorf("row %d key %d: %q by Runs, %q by Record", i, col, cell, want)
			}
		}
		for j, cell := range all.late[i] {
			if want := cellOf(row, width-1-j); cell != want {
				t.Errorf("row %d column %d: %q by Fetch, %q by Record", i, width-1-j, cell, want)
			}
		}
	}
	all.keys, all.late, all.dull = nil, nil, nil
	return all
}

func cellOf(row []string, i int) string {
	if i < len(row) {
		return row[i]
	}
	return ""
}

// everyWay reads text in all storage forms and block sizes, with one and
// three readers, checks that all agree and returns what they gave.
func everyWay(t testing.TB, text string, o Options, blocks ...int) csvRead {
	t.Helper()
	if len(blocks) == 0 {
		blocks = []int{1, 2, 3, 5, 8, 16, 31, 64, 100, 1 << 20}
	}
	var first csvRead
	for i, block := range blocks {
		for how, c := range contents([]byte(text)) {
			for _, readers := range []int{1, 3} {
				o.BlockSize = block
				if c.At == nil {
					c.Stream = bytes.NewReader([]byte(text))
					if how == "trickled" {
						c.Stream = iotest.OneByteReader(c.Stream)
					}
				}
				got := readCSV(t, c, o, readers)
				if i == 0 && first.rows == nil && first.rejects == nil {
					first = got
					continue
				}
				if fmt.Sprint(got) != fmt.Sprint(first) || fmt.Sprintf("%q", got.rows) != fmt.Sprintf("%q", first.rows) {
					t.Fatalf("%s, block=%d, readers=%d:\ngot  %q %v\nwant %q %v\nin %q", how, block, readers, got.rows, got, first.rows, first, text)
				}
			}
		}
	}
	return first
}

// oracleCSV reads text with encoding/csv. It returns false where the two are
// known to differ: where a cell spans lines in a record of wrong width or with
// a bare quote in it, and where a quote never closes (see stray and doubt).
func oracleCSV(text string, sep byte, width int) ([][]string, bool) {
	// It makes \r\n inside quotes \n, so its answer is for text with a
	// placeholder in the place of those that are not record ends.
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = rune(sep), true, -1
	var rows [][]string
	for {
		at := r.InputOffset()
		cells, err := r.Read()
		if err == io.EOF {
			return rows, true
		}
		if err != nil {
			return nil, false
		}
		raw := strings.TrimLeft(text[at:r.InputOffset()], "\r\n")
		if strings.Contains(strings.TrimRight(raw, "\r\n"), "\n") && (len(cells) != width || strings.Contains(raw, `"`) && !cleanQuotes(raw, sep)) {
			return nil, false
		}
		if opensAtEnd(raw, sep) {
			return nil, false
		}
		for i, c := range cells {
			if c == "null" && !strings.Contains(raw, `"null"`) {
				cells[i] = ""
			}
		}
		if strings.Contains(raw, `"null"`) {
			return nil, false
		}
		rows = append(rows, cells)
	}
}

// quoteWalk goes through a record byte by byte, the plain way.
func quoteWalk(raw string, sep byte) (bare, open bool) {
	const start, plain, quoted = 0, 1, 2
	state := start
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case state == quoted && c == '"':
			rest := raw[i+1:]
			switch {
			case strings.HasPrefix(rest, `"`):
				i++
			case rest == "", rest[0] == sep, rest[0] == '\n', strings.HasPrefix(rest, "\r\n"), rest == "\r":
				state = plain
			default:
				bare = true
			}
		case state == quoted:
		case c == sep || c == '\n':
			state = start
		case c == '"' && state == start:
			state = quoted
		default:
			state = plain
		}
	}
	return bare, state == quoted
}

func cleanQuotes(raw string, sep byte) bool { bare, _ := quoteWalk(raw, sep); return !bare }
func opensAtEnd(raw string, sep byte) bool  { _, open := quoteWalk(raw, sep); return open }

func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"1,2,3\n", "a,b\r\n", "\"a\"\"b\",c,d\n", "\"x\ny\",2,3\n1,2,3", "a\"b,\"c\"d,e\n", "\"a,b\nc,d,e\n\"f\",g,h\n",
		"\n\n,,\n", "\r\n1,2,3\r", "\"\r\n\",\"\"\"\",\n", "null,\"null\",x\n", "\"\"\"\",\"\"\"\",\"\"", "\"a\",\"b\"\r\n\"", "1,2,\"3\"\r", "a,\rb,c\n",
		strings.Repeat("\"a\",\"b\"\"\",\"\"\n", 12), "x\"\"\n\"y\"\"\n", "\x00,\xff,\"\n",
		"1,2\nc1,c2,c3\n\"x\n\",2\n\"c1\",C2,c3\r\n3,\"\n\ufeffc1,c2,c3\n1,2\nc2,c1,x\n", "C1,C1\n0", "1,2,3\na\",c,\\\n", "1,2,x\\\n",
	} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, body string, block uint8) {
		if len(body) > 2000 {
			return
		}
		text := "c1,c2,c3\n" + body
		got := everyWay(t, text, Options{}, 1, int(block)%64+1, 64, 1<<20)
		want, ok := oracleCSV(body, ',', 3)
		if !ok || strings.Contains(body, "\r") && strings.Contains(body, `"`) {
			return // CRLF in quotes: encoding/csv rewrites it, TestCSV has it
		}
		if strings.Contains(strings.ToLower(body), "c2") {
			return // the header again, which is no record: TestHeaderAgain has it
		}
		if fmt.Sprintf("%q", got.rows) != fmt.Sprintf("%q", want) {
			t.Errorf("got  %q\nwant %q\nin %q", got.rows, want, body)
		}
	})
}

// TestCSVRandom does what FuzzCSV does with text that has many quotes and line
// breaks at the seams.
func TestCSVRandom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	parts := []string{`"`, `""`, ",", "\n", "\r\n", "a", "bc", `","`, "\"\n", `x"y`, ",\"", "1,2,3\n", "\"q,\nr\",s,t\n", strings.Repeat("z", 70)}
	oracles := 0
	for range 300 {
		var b strings.Builder
		for range rnd.IntN(40) {
			b.WriteString(parts[rnd.IntN(len(parts))])
		}
		text := "c1,c2,c3\n" + b.String()
		o := Options{MaxRecord: []int{0, 50, 200}[rnd.IntN(3)]}
		got := everyWay(t, text, o, 1, 1+rnd.IntN(100), 1<<20)
		if strings.Contains(b.String(), "\r") || o.MaxRecord > 0 && b.Len() > o.MaxRecord {
			continue
		}
		want, ok := oracleCSV(b.String(), ',', 3)
		if !ok {
			continue
		}
		oracles++
		if fmt.Sprintf("%q", got.rows) != fmt.Sprintf("%q", want) {
			t.Fatalf("got  %q\nwant %q\nin %q", got.rows, want, b.String())
		}
	}
	if oracles < 30 {
		t.Errorf("compared only %d texts with encoding/csv", oracles)
	}
}

func TestCSV(t *testing.T) {
	tests := []struct {
		name, text string
		rows       string // cells joined by |, rows by /
		rejects    []error
	}{
		{"plain", "a,b\n1,2\n3,4\n", "1|2/3|4", nil},
		{"no final newline", "a,b\n1,2", "1|2", nil},
		{"CRLF", "a,b\r\n1,2\r\n", "1|2", nil},
		{"final CR", "a,b\n1,2\r", "1|2", nil},
		{"CR is data", "a,b\n1\r2,3\n", "1\r2|3", nil},
		{"blank lines", "\n\r\na,b\n\n1,2\n\r\n\n3,4\n\n", "1|2/3|4", nil},
		{"quotes", "a,b\n\"1,2\",\"say \"\"hi\"\"\"\n", `1,2|say "hi"`, nil},
		{"newline in quotes", "a,b\n\"1\n2\",\"x\r\ny\"\n", "1\n2|x\r\ny", nil},
		{"quote in an unquoted cell", "a,b\n5\" pipe,x\"\n", `5" pipe|x"`, nil},
		{"bare quote in quotes", "a,b\n\"a \"b\" c\",d\n", `a "b" c|d`, nil},
		{"empty quotes", "a,b\n\"\",\"\"\n", "|", nil},
		{"null", "a,b,c\nnull,\"null\",NULL\n", "|null|NULL", nil},
		{"short", "a,b,c\n1,2\n3,4,5\n", "1|2/3|4|5", []error{ErrRagged}},
		{"long", "a,b\n1,2,3,4\n5,6\n", "1|2|3|4/5|6", []error{ErrRagged}},
		{"separators at the end, over two lines", "a,b,c\n1,\"x\ny\",3,\n4,5,6,\n", "1|x\ny|3|/4|5|6|", nil},
		{"separators at the end, not of all", "a,b,c\n1,2,3,\n4,5,6\n", "1|2|3|/4|5|6", []error{ErrRagged}},
		{"separators at the end, and a cell behind one", "a,b,c\n" + strings.Repeat("1,2,3,\n", maxSample) + "4,5,6,7\n8,9,1,\"\"\n",
			strings.Repeat("1|2|3|/", maxSample) + "4|5|6|7/8|9|1|", []error{ErrRagged}},
		{"NUL", "a,b\n\x00,\xff\xfe\n", "\x00|\xff\xfe", nil},
		{"BOM", "\ufeffa,b\n1,2\n", "1|2", nil},
		{"header over two lines", "\"a\nx\",b\n1,2\n", "1|2", nil},
		{"quote never ends", "a,b\n1,2\n3,\"4\n5,6\n7,8\n", "1|2/3|\"4/5|6/7|8", []error{ErrOpenQuote}},
		{"two quotes never end", "a,b\n1,\"2\n3,\"4\n5,6", "1|\"2/3|\"4/5|6", []error{ErrOpenQuote, ErrOpenQuote}},
		{"quote never ends behind good cells", "a,b,c\n\"1\n1\",\"x,y\",\"2\n3,4,5\n", "1\n1|x,y|\"2/3|4|5", []error{ErrOpenQuote}},
		{"quote opens at the very end", "a,b\n1,2\n3,\"", "1|2/3|\"", []error{ErrNoLineEnd}},
		{"cut off in a record", "a,b,c\n1,2,3\n4,5", "1|2|3/4|5", []error{ErrNoLineEnd}},
		{"cut off in quotes", "a,b,c\n1,2,3\n4,5,\"6", "1|2|3/4|5|\"6", []error{ErrNoLineEnd}},
		{"cut off in the quotes of a first cell", "a,b,c\n1,2,3\n\"4", "1|2|3/\"4", []error{ErrNoLineEnd}},
		{"zeros in a cell", "a,b,c\n1,2,3\n4," + strings.Repeat("\x00", 600) + ",8\n1,2,3\n", "1|2|3/4|" + strings.Repeat("\x00", 600) + "|8/1|2|3", nil},
		{"a hole over separators", "a,b,c\n1,2,3\n4," + strings.Repeat("\x00", 600) + "\n1,2,3\n", "1|2|3/4|" + strings.Repeat("\x00", 600) + "/1|2|3", []error{ErrHole}},
		{"a hole at the end", "a,b,c\n1,2,3\n" + strings.Repeat("\x00", 4096), "1|2|3/" + strings.Repeat("\x00", 4096), []error{ErrHole}},
		{"NULs in a short record", "a,b,c\n1,\x00\x00\x00\x00\n", "1|\x00\x00\x00\x00", []error{ErrRagged}},
		{"cut off behind a backslash", "a,b,c\n1,2,3\n4,\"5\\\"6\"", `1|2|3/4|5\"6`, []error{ErrEscaped}},
		{"cut off behind a sentence in quotes", "a,b,c,d\n1,2,3,4\n5,\"x, y, z\",6", "1|2|3|4/5|x, y, z|6", []error{ErrNoLineEnd}},
		{"a sentence below the records", "a,b,c,d\n1,2,3,4\nMade on Friday, November 27, 2026", "1|2|3|4/Made on Friday| November 27| 2026", []error{ErrRagged}},
		{"a line below the records", "a,b,c\n1,2,3\nend of page", "1|2|3/end of page", []error{ErrRagged}},
		{"short last record of a whole file", "a,b,c\n1,2,3\n4,5\n", "1|2|3/4|5", []error{ErrRagged}},
		{"stray quote swallows a row", "a,b,c\n1,\"2,3\n4,\"x\",6\n7,8,9\n", "1|\"2|3/4|x|6/7|8|9", []error{ErrBareQuote}},
		{"missing end in a quoted column", "a,b,c\n1,\"2,3\n4,\"5\",6\n7,\"8\",9\n", "1|\"2|3/4|5|6/7|8|9", []error{ErrBareQuote}},
		{"stray before a cell of two lines", "a,b,c\n1,\"2,3\n4,\"x\ny\",6\n7,8,9\n", "1|\"2|3/4|x\ny|6/7|8|9", []error{ErrBareQuote}},
		{"unquoted speech over two lines", "a,b\n\"he said \"hi\" to\nme\",x\n1,2\n", "he said \"hi\" to\nme|x/1|2", []error{ErrBareQuote}},
		{"stray quote with a comma behind it", "a,b,c\n1,2,\"x\" y, z\n4,5,6\n7,8,\"9\"\n", "1|2|\"x\" y| z/4|5|6/7|8|9", []error{ErrBareQuote}},
		{"two files without a line break between", "a,b,c\n1,2,\"{\"\"x\"\":1}\"a,b,c\n4,5,\"{\"\"y\"\":2}\"\n", "1|2|\"{\"\"x\"\":1}\"a|b|c/4|5|{\"y\":2}", []error{ErrBareQuote}},
		{"ragged and over two lines", "a,b,c\n\"1\n2\",3\n4,5,6\n", "1\n2|3/4|5|6", []error{ErrRagged}},
		{"one column", "a\n1\n\n2\n", "1/2", nil},
		{"header only", "a,b\n", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := everyWay(t, tt.text, Options{})
			var rows []string
			for _, r := range got.rows {
				rows = append(rows, strings.Join(r, "|"))
			}
			if s := strings.Join(rows, "/"); s != tt.rows {
				t.Errorf("got  %q\nwant %q", s, tt.rows)
			}
			if len(got.rejects) != len(tt.rejects) {
				t.Fatalf("rejects %q, want %v", got.rejects, tt.rejects)
			}
			for i, err := range tt.rejects {
				if _, said, ok := strings.Cut(got.rejects[i], " true "); !ok || !strings.Contains(said, err.Error()) {
					t.Errorf("reject %q, want %v", got.rejects[i], err)
				}
			}
			if n := strings.Count(tt.text, "\n"); got.total != n && tt.rows != "" {
				t.Errorf("%d line breaks, want %d", got.total, n)
			}
			for i, off := range got.offsets {
				if l := strings.Count(tt.text[:off], "\n"); int64(l) != got.lines[i] {
					t.Errorf("row %d at %d is on line %d, want %d", i, off, got.lines[i], l)
				}
			}
		})
	}
}

// TestCSVTooLarge: a record above the largest size is rejected, and what
// follows its line is read.
func TestCSVTooLarge(t *testing.T) {
	text := "a,b\n1,2\n3," + strings.Repeat("x", 100) + "\n5,6\n"
	got := everyWay(t, text, Options{MaxRecord: 40}, 1, 7, 39, 1000)
	if s := fmt.Sprint(got.rows); s != "[[1 2] [5 6]]" || got.records != 3 || len(got.rejects) != 1 || !strings.Contains(got.rejects[0], "false record too large") {
		t.Errorf("%s, %d records, %q", s, got.records, got.rejects)
	}
	// A quote whose end is too far away is stray.
	text = "a,b\n1,\"2\n" + strings.Repeat("3,4\n", 30) + "\",6\n7,8\n"
	got = everyWay(t, text, Options{MaxRecord: 40}, 1, 7, 39, 1000)
	if len(got.rows) != 33 || got.rows[0][1] != "\"2" {
		t.Errorf("%q, %q", got.rows, got.rejects)
	}
}

// TestCSVEndless: of a record that is too large a stream keeps no more than of others,
// and what follows its line is read, wherever blocks end.
func TestCSVEndless(t *testing.T) {
	const size = 8 << 20
	for _, tail := range []string{"\n5,6\n7,8\n", strings.Repeat("x", 3000) + "\n5,6\n7,8\n", "\n5,6\n7,8\n" + strings.Repeat("9,9\n", 5000), ""} {
		for readers := 1; readers <= 3; readers++ {
			text := "a,b\n1,2\n3," + strings.Repeat("x", size) + tail
			o := Options{MaxRecord: 64 << 10, BlockSize: 4 << 10}
			c := contents([]byte(text))["stream"]
			got := readCSV(t, c, o, readers)
			want := 1 + strings.Count(tail, ",")
			if len(got.rows) != want || got.records != want+1 || want > 2 && fmt.Sprint(got.rows[1:3]) != "[[5 6] [7 8]]" {
				t.Errorf("%d readers: %d rows, %d records, want %d", readers, len(got.rows), got.records, want)
			}
			src, err := openCSV(contents([]byte(text))["stream"], o)
			if err != nil {
				t.Fatal(err)
			}
			var wait sync.WaitGroup
			for range readers {
				wait.Go(func() {
					r := src.NewReader(Want{})
					for {
						if _, err := r.Next(); err != nil {
							return
						}
					}
				})
			}
			wait.Wait()
			if held := cap(src.(*csvSource).t.window.buf); held > 1<<20 {
				t.Errorf("%d readers: window of %d bytes", readers, held)
			}
		}
	}
}

// TestCSVDoubtful: text that is nothing but stray quotes is read on in pieces, and not
// anew for each of its lines.
func TestCSVDoubtful(t *testing.T) {
	const lines = 100_000
	for _, line := range []string{"\"\n", "a,\",b\n", "a,\"b,c\n"} {
		text := "a,b,c\n" + strings.Repeat(line, lines)
		at := &countingAt{r: strings.NewReader(text)}
		c := contentOf("t.csv", at, int64(len(text)))
		c.Head = []byte(text[:64<<10])
		readCSV(t, c, Options{BlockSize: 64 << 10}, 1)
		if calls := at.calls.Load(); calls > 200 {
			t.Errorf("%q: %d reads of %d bytes", line, calls, at.bytes.Load())
		}
	}
}

// TestCSVEmptyAfterStray: behind a quote that nothing closes, a cell that is nothing but
// quotes ends with the last of them, wherever they stand.
func TestCSVEmptyAfterStray(t *testing.T) {
	for pad := range 12 {
		text := "a,b,c\n1,\"" + strings.Repeat("x", pad) + ",3\n" + strings.Repeat("4,\"\",6\n7,\"\"\"\",9\n", 200)
		got := everyWay(t, text, Options{}, 1<<10, 1<<20)
		if len(got.rows) != 401 || len(got.rejects) != 1 {
			t.Fatalf("pad %d: %d rows, %q", pad, len(got.rows), got.rejects)
		}
		for i, row := range got.rows[1:] {
			if want := [][]string{{"4", "", "6"}, {"7", `"`, "9"}}[i%2]; !slices.Equal(row, want) {
				t.Fatalf("pad %d: row %d is %q", pad, i+1, row)
			}
		}
	}
}

// TestCSVRunAtLimit: where the largest record would end is inside a run of quotes, which
// count whole also for the records behind.
func TestCSVRunAtLimit(t *testing.T) {
	text := "a,b,c\n" +
		"1,\"" + strings.Repeat("x", 19) + ",3\n" +
		"4,\"" + strings.Repeat("y", 32) + ",6\n" +
		"\"\"\"\",8,9\n" + strings.Repeat("0,0,0\n", 40)
	got := everyWay(t, text, Options{MaxRecord: 64}, 16, 1<<20)
	if want := 43; len(got.rows) != want || got.records != want {
		t.Errorf("%d rows of %d, want %d: %q", len(got.rows), got.records, want, got.rejects)
	}
}

func TestCSVHeader(t *testing.T) {
	tests := []struct {
		name, text string
		header     []string
		columns    string
		noHeader   bool
		sep        byte
		err        error
	}{
		{"comma", "a,b\n1,2\n", nil, "a|b", false, ',', nil},
		{"semicolon", "a;b\n1;2,5\n", nil, "a|b", false, ';', nil},
		{"tab", "a b\tc\n", nil, "a b|c", false, '\t', nil},
		{"bar", "a|b\n", nil, "a|b", false, '|', nil},
		{"other separators in quotes", "\"x, y, z\";b\n", nil, "x, y, z|b", false, ';', nil},
		{"zone", "TimeGenerated [UTC],\"StartTime [Pacific Time (US and Canada)]\"\n", nil, "TimeGenerated [UTC]|StartTime [Pacific Time (US and Canada)]", false, ',', nil},
		{"sep line", "sep=;\r\na;b\r\n", nil, "a|b", false, ';', nil},
		{"type line", "#TYPE System.Object\r\n\"a\",\"b\"\r\n", nil, "a|b", false, ',', nil},
		{"empty and repeated names", "a,,a\n1,2,3\n", nil, "a||a", false, ',', nil},
		{"blanks outside quotes", "a,\"b\" ,c\r\n1,2,\"3\"\r\n", nil, "a|b|c", false, ',', nil},
		{"name of two lines", "a,\"b\nc\",d\n1,2,3\n", nil, "a|b\nc|d", false, ',', nil},
		{"text above", "Report of 2 May\n\nmade by Bob, for you\na,b,c\n1,2,3\n", nil, "a|b|c", false, ',', nil},
		{"warning above", "WARNING: a newer version is there: 1.2, 1.3\r\na\tb\tc\r\n1\t2\t3\r\n", nil, "a|b|c", false, '\t', nil},
		{"one line above, semicolons", "Query: all\na;b;c\n1;2;3\n4;5;6\n", nil, "a|b|c", false, ';', nil},
		{"word above, semicolons", "Report\r\n\r\na;b;c\r\n1;2;3\r\n", nil, "a|b|c", false, ';', nil},
		{"word that names a column", "Hosts\na;b;c\n1;2;3\n", nil, "Hosts", false, ',', nil},
		{"comment above, tabs", "# all\na\tb\tc\n1\t2\t3\n", nil, "a|b|c", false, '\t', nil},
		{"comment above a long record", "# all\na,b,c\n1,2,3\n4,\"" + strings.Repeat("x", headSize) + "\",6\n", nil, "a|b|c", false, ',', nil},
		{"words below", "a,b,c\nx\np,q,r\nu,v,w\n", nil, "a|b|c", false, ',', nil},
		{"two words below", "a,b\n1\np,q,r\nu,v\n", nil, "a|b", false, ',', nil},
		{"records above", "0.0.1,7\n192.0.2.1,7,8\na,b,c\n1,2,3\n", nil, "", false, ',', ErrNoHeader},
		{"too far below", strings.Repeat("text\n", 21) + "a,b,c\n1,2,3\n", nil, "text", false, ',', nil},
		{"none", "2024-01-01T00:00:00Z,host,10.0.0.1\n", nil, "", false, ',', ErrNoHeader},
		{"none, given", "2024-01-01T00:00:00Z,host,10.0.0.1\n", []string{"t", "h", "ip"}, "t|h|ip", true, ',', nil},
		{"given and its own", "a,b\n1,2\n", []string{"x", "y"}, "a|b", false, ',', nil},
		{"blank", "\n\r\n", nil, "", false, 0, ErrEmpty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			head := []byte(tt.text[:min(len(tt.text), headSize)])
			s, err := openCSV(&Content{At: strings.NewReader(tt.text), Len: int64(len(tt.text)), Head: head}, Options{Header: tt.header})
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			info := s.Info()
			if got := strings.Join(info.Parts[0].Columns, "|"); got != tt.columns || info.NoHeader != tt.noHeader || info.Delimiter != tt.sep {
				t.Errorf("%q, NoHeader %v, delimiter %q", got, info.NoHeader, info.Delimiter)
			}
			if tt.noHeader && len(info.Parts[0].Sample) != 1 {
				t.Errorf("sample %q lacks the first record", info.Parts[0].Sample)
			}
		})
	}
}

// TestCSVLong: records longer than kernels reach, beside short ones, lose nothing and
// have their cells where they belong.
func TestCSVLong(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 9))
	for range 5 {
		var b strings.Builder
		for range 60 {
			for i, end := range []string{",", ",", ",", "\n"} {
				size := rnd.IntN(70)
				if rnd.IntN(40) == 0 {
					size = 1<<16 - rnd.IntN(150)
				}
				cell := strings.Repeat(string(rune('a'+i)), size)
				if rnd.IntN(3) == 0 {
					cell = `"` + cell + `,"`
				}
				b.WriteString(cell + end)
			}
		}
		got := everyWay(t, "c1,c2,c3,c4\n"+b.String(), Options{}, 1<<20, 1<<16, 5001)
		want, ok := oracleCSV(b.String(), ',', 4)
		if !ok || fmt.Sprint(got.rows) != fmt.Sprint(want) || len(got.rejects) > 0 {
			t.Fatalf("%d rows, want %d, of %d bytes, %.1000q", len(got.rows), len(want), b.Len(), got.rejects)
		}
	}
}

// A file whose quotes are escaped by backslashes reads like one in which they are
// doubled, in blocks of any size, from the disk and as a stream.
func TestCSVBackslashes(t *testing.T) {
	const escaped = `a,b,c
1,"x \"y\", z",2
3,"\"q\"",C:\dir\
4,"C:\dir\\",5
6,"\"","7
\"8\""
`
	doubled := strings.ReplaceAll(escaped, `\"`, `""`)
	doubled = strings.ReplaceAll(doubled, `\"",5`, `\\",5`)
	want := everyWay(t, doubled, Options{}, 1<<20)
	for size := 1; size <= 64; size++ {
		got := everyWay(t, escaped, Options{}, size)
		if fmt.Sprintf("%q", got.rows) != fmt.Sprintf("%q", want.rows) || len(got.rejects) > 0 {
			t.Fatalf("blocks of %d: %q, want %q, from %s", size, got.rows, want.rows, escaped)
		}
	}
	// No cell may hold a separator that would tell.
	if got := everyWay(t, "a\tb\n1\t\"{\\\"x\\\":\\\"y\\\\\\\"\\\"}\"\n", Options{}, 1<<20); fmt.Sprintf("%q", got.rows) != `[["1" "{\"x\":\"y\\\\\"\"}"]]` {
		t.Errorf("%q", got.rows)
	}
	// The first bytes may end within a cell of several lines.
	long := escaped + "8,\"" + strings.Repeat("x\n", headSize) + "\",9\n"
	if got := everyWay(t, long, Options{}, 1<<20); len(got.rejects) > 0 {
		t.Errorf("%v", got.rejects)
	}
	// A backslash at the end of a cell escapes nothing where quotes are doubled.
	for _, text := range []string{"a,b\n\"C:\\\",1\n", "a,b\n\"{\"\"k\"\":\"\"\\\"\"\"\"}\",1\n"} {
		src, err := openCSV(&Content{At: strings.NewReader(text), Len: int64(len(text)), Head: []byte(text)}, Options{})
		if err != nil || len(src.Info().Notes) > 0 {
			t.Errorf("%s: %v, %v", text, src.Info().Notes, err)
		}
	}
}

// Where only a later record has its quotes escaped, it is said that its cells may
// stand in other columns.
func TestCSVBackslashLate(t *testing.T) {
	text := "a,b,c\n" + strings.Repeat("1,2,3\n", headSize/6+1) + "4,\"x \\\"y\\\", z\",5\n" + "6,\"C:\\\",7,8\n" + "9,cmd /c \\\"x\\\" y,10,11\n"
	got := everyWay(t, text, Options{}, 1000, 1<<20)
	if len(got.rejects) != 3 {
		t.Fatalf("%v", got.rejects)
	}
	for i, bad := range got.rejects { // a path in quotes and quotes in a bare cell are only ragged
		if escaped := strings.Contains(fmt.Sprint(bad), ErrEscaped.Error()); escaped != (i == 0) {
			t.Errorf("%v", bad)
		}
	}
}

// A panickyAt panics when it is read from one of some offsets.
type panickyAt struct {
	io.ReaderAt
	from int64
}

func (p panickyAt) ReadAt(b []byte, off int64) (int, error) {
	if off >= p.from && off < p.from+4<<10 {
		panic("panicky")
	}
	return p.ReaderAt.ReadAt(b, off)
}

// No reader waits for the seam of one that panicked, and those of blocks before it are not
// held up.
func TestCSVPanics(t *testing.T) {
	data := "a,b\n" + strings.Repeat("1,2\n", 40_000)
	for range 20 {
		csvPanics(t, data)
	}
}

func csvPanics(t *testing.T, data string) {
	t.Helper()
	c := contentOf("x.csv", panickyAt{strings.NewReader(data), 100_000}, int64(len(data)))
	c.Head = []byte(data[:1000])
	s, err := CSV.Open(c, Options{BlockSize: 4 << 10})
	if err != nil {
		t.Fatal(err)
	}
	var rows, panics atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panics.Add(1)
				}
			}()
			r := s.NewReader(Want{Keys: []Column{{N: 0}}})
			for {
				b, err := r.Next()
				if err != nil {
					if err != io.EOF {
						t.Error(err)
					}
					return
				}
				rows.Add(int64(b.Rows))
			}
		})
	}
	wg.Wait()
	if n := rows.Load(); panics.Load() != 1 || n != 25*1024 {
		t.Errorf("%d panics, %d rows", panics.Load(), n)
	}
}
