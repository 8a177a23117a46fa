package formats

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	apq "github.com/apache/arrow/go/v17/parquet"
	"github.com/parquet-go/parquet-go"
)

// proofRow has a column for each proof.
type proofRow struct {
	Null   *string `parquet:",optional,plain"`
	Const  string  `parquet:",plain"`
	Maybe  *string `parquet:",optional,plain"` // one value, and nulls
	Plain  string  `parquet:",plain"`          // ascending
	Dict   string  `parquet:",dict"`           // ascends, with each value 40 times
	Spread string  `parquet:",dict"`
}

const proofRows = 40_000

var makeProofRows = sync.OnceValue(func() []proofRow {
	rows := make([]proofRow, proofRows)
	for i := range rows {
		rows[i] = proofRow{Const: "10.1.1.1", Plain: fmt.Sprintf("10.9.%03d.%03d", i/200, i%200),
			Dict: fmt.Sprintf("172.16.%03d.%d", i/200, i%5), Spread: fmt.Sprintf("192.168.%d.%d", i%97, i%89)}
		if i%3 == 1 {
			rows[i].Maybe = &rows[i].Const
		}
	}
	return rows
})

func (r *proofRow) cells() []string {
	maybe := ""
	if r.Maybe != nil {
		maybe = *r.Maybe
	}
	return []string{"", r.Const, maybe, r.Plain, r.Dict, r.Spread}
}

// proofFiles are the rows by two writers, with statistics, page index and Bloom
// filters as far as each writes them, and without.
func proofFiles(t testing.TB) map[string][]byte {
	rows := makeProofRows()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Null", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "Const", Type: arrow.BinaryTypes.String},
		{Name: "Maybe", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "Plain", Type: arrow.BinaryTypes.String},
		{Name: "Dict", Type: arrow.BinaryTypes.String},
		{Name: "Spread", Type: arrow.BinaryTypes.String},
	}, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	for i := range rows {
		for c, s := range rows[i].cells() {
			if s == "" {
				b.Field(c).AppendNull()
			} else {
				b.Field(c).(*array.StringBuilder).Append(s)
			}
		}
	}
	rec := []arrow.Record{b.NewRecord()}
	other := []apq.WriterProperty{apq.WithDataPageSize(6000), apq.WithBatchSize(500), apq.WithDictionaryDefault(false),
		apq.WithDictionaryFor("Dict", true), apq.WithDictionaryFor("Spread", true)}
	filters := parquet.BloomFilters(parquet.SplitBlockFilter(10, "Plain"), parquet.SplitBlockFilter(10, "Dict"), parquet.SplitBlockFilter(10, "Spread"))
	return map[string][]byte{
		"parquet-go":         writeParquet(t, rows, proofRows, parquet.PageBufferSize(6000)),
		"parquet-go v1":      writeParquet(t, rows, proofRows, parquet.PageBufferSize(6000), parquet.DataPageVersion(1), parquet.Compression(&parquet.Snappy)),
		"parquet-go filters": writeParquet(t, rows, proofRows, parquet.PageBufferSize(6000), filters),
		"parquet-go groups":  writeParquet(t, rows, 9000, parquet.PageBufferSize(6000), filters),
		"pqarrow":            writePQArrow(t, schema, rec, false, other...),
		"pqarrow bare":       writePQArrow(t, schema, rec, false, append(other, apq.WithStats(false))...),
	}
}

// proofSource opens a file so that what is read of it is counted, and changes
// what the footer says.
func proofSource(t testing.TB, file []byte, blockSize int, change func(*pqFooter)) (*parquetSource, *countingAt) {
	t.Helper()
	at := &countingAt{r: bytes.NewReader(file)}
	s, err := Parquet.Open(contentOf("t.parquet", at, int64(len(file))), Options{BlockSize: blockSize})
	if err != nil {
		t.Fatal(err)
	}
	p := s.(*parquetSource)
	if change != nil {
		change(p.footer)
	}
	at.bytes.Store(0)
	return p, at
}

// keepOnly keeps the given cells.
func keepOnly(cells ...string) func(*Run, []uint32) ([]uint32, bool) {
	return func(r *Run, dst []uint32) ([]uint32, bool) {
		for i := range r.Cells {
			if slices.Contains(cells, string(r.Cell(i))) {
				dst = append(dst, uint32(i))
			}
		}
		return dst, true
	}
}

// lookFor returns the rows in which a column has one of the cells.
func lookFor(t testing.TB, s *parquetSource, col int, only bool, cells ...string) []int64 {
	t.Helper()
	slices.Sort(cells)
	want := Want{Keys: []Column{{N: col}}, Keep: keepOnly(cells...)}
	if only {
		want.Only = [][]string{cells}
	}
	r := s.NewReader(want)
	var rows []int64
	for {
		b, err := r.Next()
		if err != nil {
			return rows
		}
		for run, err := range r.Runs() {
			if err != nil {
				t.Fatal(err)
			}
			kept, _ := keepOnly(cells...)(run, nil)
			refs, err := run.Rows(kept, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, ref := range refs {
				rows = append(rows, b.Record+int64(ref.Row))
			}
		}
	}
}

func rowsWith(col int, cells ...string) (rows []int64) {
	for i, r := range makeProofRows() {
		if c := r.cells()[col]; c != "" && slices.Contains(cells, c) {
			rows = append(rows, int64(i))
		}
	}
	return rows
}

// each changes every chunk of a column.
func each(col int, f func(*pqChunk)) func(*pqFooter) {
	return func(ft *pqFooter) {
		for g := range ft.groups {
			f(&ft.groups[g].chunks[col])
		}
	}
}

const (
	colNull = iota
	colConst
	colMaybe
	colPlain
	colDict
	colSpread
)

// Every proof saves reading where it holds, and is not made where the file does
// not say enough.
func TestParquetProofs(t *testing.T) {
	files := proofFiles(t)
	for _, c := range []struct {
		name   string
		files  string // prefix
		col    int
		only   bool
		look   string
		change func(*pqFooter)
		least  int64 // bytes read
		most   int64
	}{
		{name: "all null", files: "parquet-go", col: colNull, look: "x", most: 0},
		{name: "all null", files: "pqarrow", col: colNull, look: "x", most: 0},
		{name: "null count missing", col: colNull, look: "x", change: each(colNull, func(c *pqChunk) { c.nulls = -1 }), least: 10, most: 1e6},
		{name: "null count and a value", col: colNull, look: "x", change: each(colNull, func(c *pqChunk) { c.min, c.max = []byte("a"), []byte("b") }), least: 10, most: 1e6},
		{name: "no statistics", files: "pqarrow bare", col: colNull, look: "x", least: 10, most: 1e6},

		{name: "one value, not wanted", files: "parquet-go", col: colConst, look: "x", most: 0},
		{name: "one value, not wanted", files: "pqarrow", col: colConst, look: "x", most: 0},
		{name: "one value, wanted", col: colConst, look: "10.1.1.1", least: 100, most: 1e6},
		{name: "one value and nulls, not wanted", files: "parquet-go", col: colMaybe, look: "x", most: 0},
		{name: "one value and nulls, wanted", col: colMaybe, look: "10.1.1.1", least: 100, most: 1e6},
		{name: "one value, inexact", col: colConst, look: "x", change: each(colConst, func(c *pqChunk) { c.inexact = true }), least: 100, most: 1e6},
		{name: "one value, unordered", col: colConst, look: "x", change: func(ft *pqFooter) { ft.columns[colConst].ordered = false }, least: 100, most: 1e6},
		{name: "one value, half said", col: colConst, look: "x", change: each(colConst, func(c *pqChunk) { c.max = nil }), least: 100, most: 1e6},
		{name: "one value, the old pair", col: colConst, look: "x", change: each(colConst, func(c *pqChunk) {
			c.oldMin, c.oldMax, c.min, c.max = c.min, c.max, nil, nil
		}), least: 100, most: 1e6},

		{name: "outside the range", files: "parquet-go", col: colDict, only: true, look: "99.1.1.1", most: 0},
		{name: "outside the range", files: "pqarrow", col: colPlain, only: true, look: "99.1.1.1", most: 0},
		{name: "outside the range, any spelling", col: colDict, look: "99.1.1.1", least: 1000, most: 1e6},
		{name: "range missing", col: colDict, only: true, look: "99.1.1.1",
			change: each(colDict, func(c *pqChunk) { c.min, c.max, c.bloomAt = nil, nil, 0 }), least: 1000, most: 1e6},
		{name: "range upside down", col: colDict, only: true, look: "172.16.100.2",
			change: each(colDict, func(c *pqChunk) { c.min, c.max = c.max, c.min }), least: 1000, most: 1e6},
		{name: "range of bytes 255", col: colDict, only: true, look: "99.1.1.1",
			change: each(colDict, func(c *pqChunk) { c.max, c.bloomAt = []byte("\xff\xff"), 0 }), least: 1000, most: 1e6},

		{name: "not in the filter", files: "parquet-go filters", col: colSpread, only: true, look: "192.168.5.96", least: 32, most: 40_000},
		{name: "in the filter", files: "parquet-go filters", col: colSpread, only: true, look: "192.168.5.5", least: 1000, most: 1e6},
		{name: "no filter", files: "parquet-go filters", col: colSpread, only: true, look: "192.168.5.96",
			change: each(colSpread, func(c *pqChunk) { c.bloomAt = 0 }), least: 50_000, most: 1e6},
		{name: "filter beyond the file", files: "parquet-go filters", col: colSpread, only: true, look: "192.168.5.5",
			change: each(colSpread, func(c *pqChunk) { c.bloomAt = 1 << 40 }), least: 1000, most: 1e6},
		{name: "filter is a page", files: "parquet-go filters", col: colSpread, only: true, look: "192.168.5.5",
			change: each(colSpread, func(c *pqChunk) { c.bloomAt, c.bloomLen = c.start, 0 }), least: 1000, most: 1e6},
		{name: "filter of another size", files: "parquet-go filters", col: colSpread, only: true, look: "192.168.5.96",
			change: each(colSpread, func(c *pqChunk) { c.bloomLen = 77 }), least: 50_000, most: 1e6},

		{name: "pages of codes", files: "parquet-go filters", col: colDict, look: "172.16.100.2", least: 100, most: 46_000},
		{name: "pages of values", files: "parquet-go filters", col: colPlain, only: true, look: "10.9.010.010", least: 100, most: 150_000},
		{name: "pages without column index", files: "parquet-go filters", col: colDict, look: "172.16.100.2", change: each(colDict, func(c *pqChunk) { c.rangesAt = 0 }), least: 60_000, most: 1e6},
		{name: "pages of values without column index", files: "parquet-go filters", col: colPlain, only: true, look: "10.9.010.010",
			change: each(colPlain, func(c *pqChunk) { c.rangesAt, c.bloomAt = 0, 0 }), least: 160_000, most: 2e6},
		{name: "pages without offset index", files: "parquet-go filters", col: colDict, look: "172.16.100.2", change: each(colDict, func(c *pqChunk) { c.indexAt = 0 }), least: 60_000, most: 1e6},
		{name: "an index of other pages", files: "parquet-go", col: colDict, look: "172.16.100.2", change: func(ft *pqFooter) {
			for g := range ft.groups {
				from, to := &ft.groups[g].chunks[colPlain], &ft.groups[g].chunks[colDict]
				to.rangesAt, to.rangesLen = from.rangesAt, from.rangesLen
			}
		}, least: 100, most: 1e6},
		{name: "an index that is none", files: "parquet-go", col: colDict, look: "172.16.100.2",
			change: each(colDict, func(c *pqChunk) { c.rangesAt = c.start }), least: 100, most: 1e6},
	} {
		for name, file := range files {
			if !strings.HasPrefix(name, c.files) || c.files == "pqarrow" && name == "pqarrow bare" {
				continue
			}
			for _, size := range []int{0, 8 * 5000} {
				t.Run(fmt.Sprintf("%s/%s/size=%d", c.name, name, size), func(t *testing.T) {
					s, at := proofSource(t, file, size, c.change)
					got := lookFor(t, s, c.col, c.only, c.look)
					if want := rowsWith(c.col, c.look); !slices.Equal(got, want) {
						t.Errorf("rows %v, want %v", got, want)
					}
					if n := at.bytes.Load(); n < c.least || n > c.most {
						t.Errorf("%d bytes read, want %d to %d", n, c.least, c.most)
					}
				})
			}
		}
	}
}

// A filter that was never filled proves nothing.
func TestParquetEmptyFilter(t *testing.T) {
	file := bytes.Clone(proofFiles(t)["parquet-go filters"])
	s, _ := proofSource(t, file, 0, nil)
	c := &s.footer.groups[0].chunks[colSpread]
	tr := thrift{b: file[c.bloomAt:]}
	size, ok := readFilterHeader(&tr)
	if !ok {
		t.Fatal("no filter")
	}
	clear(file[c.bloomAt+int64(tr.pos):][:size])
	if got, want := lookFor(t, s, colSpread, true, "192.168.5.5"), rowsWith(colSpread, "192.168.5.5"); !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
}

// With all proofs, every value is found where it is, and no other.
func TestParquetProofsAgree(t *testing.T) {
	rows := makeProofRows()
	rnd := rand.New(rand.NewPCG(1, 2))
	searches := 60
	if testing.Short() {
		searches = 15
	}
	for name, file := range proofFiles(t) {
		for range searches {
			col := rnd.IntN(colSpread + 1)
			var cells []string
			for range 1 + rnd.IntN(4) {
				cell := rows[rnd.IntN(len(rows))].cells()[col]
				if rnd.IntN(3) == 0 {
					cell += "0" // as a rule no value
				}
				cells = append(cells, cell)
			}
			slices.Sort(cells)
			cells = slices.Compact(cells)
			want := rowsWith(col, cells...)
			for _, only := range []bool{false, true} {
				for _, size := range []int{0, 8 * 5000} {
					s, _ := proofSource(t, file, size, nil)
					if got := lookFor(t, s, col, only, cells...); !slices.Equal(got, want) {
						t.Fatalf("%s: column %d, %q, only %v, size %d: %d rows, want %d", name, col, cells, only, size, len(got), len(want))
					}
				}
			}
		}
	}
}

func TestReadFilterHeader(t *testing.T) {
	head := func(algorithm, hash, compression byte, size byte) []byte {
		b := []byte{0x15, size << 1}
		for _, kind := range []byte{algorithm, hash, compression} {
			b = append(b, 0x1c, kind<<4|thriftStruct, 0, 0)
		}
		return append(b, 0)
	}
	for _, c := range []struct {
		name string
		b    []byte
		ok   bool
	}{
		{"blocks, xxHash, plain", head(1, 1, 1, 32), true},
		{"another algorithm", head(2, 1, 1, 32), false},
		{"another hash", head(1, 2, 1, 32), false},
		{"compressed", head(1, 1, 2, 32), false},
		{"half a block", head(1, 1, 1, 16), false},
		{"empty", head(1, 1, 1, 0), false},
		{"cut", head(1, 1, 1, 32)[:9], false},
	} {
		tr := thrift{b: c.b}
		if size, ok := readFilterHeader(&tr); ok != c.ok || ok && (size != 32 || tr.pos != len(c.b)) {
			t.Errorf("%s: %d, %v", c.name, size, ok)
		}
	}
}
