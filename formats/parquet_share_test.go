package formats

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/crc32"
	"io"
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

// A wanted cell is one that keepSome keeps.
type wantedCell struct {
	row  int64
	key  int
	cell string
}

// keepSome keeps one cell in n, whatever it is.
func keepSome(n uint32) func(*Run, []uint32) ([]uint32, bool) {
	return func(r *Run, dst []uint32) ([]uint32, bool) {
		for i := range r.Cells {
			if kept(r.Cell(i), n) {
				dst = append(dst, uint32(i))
			}
		}
		return dst, true
	}
}

func kept(cell []byte, n uint32) bool { return len(cell) > 0 && crc32.ChecksumIEEE(cell)%n == 0 }

// matchKept reads a source with some workers as a scan does: it asks for the
// rows of kept cells, and for the late cells of those rows. It returns the
// cells in the order of rows and keys, the late cells, and the errors.
func matchKept(t testing.TB, s Source, want Want, n uint32, workers int) (found []wantedCell, late []string, errs []string) {
	t.Helper()
	type block struct {
		seq   int
		found []wantedCell
		late  []string
		errs  []string
	}
	var mu sync.Mutex
	var blocks []block
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			r := s.NewReader(want)
			for {
				b, err := r.Next()
				if err == io.EOF {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				out := block{seq: b.Seq}
				for run, err := range r.Runs() {
					if err != nil {
						out.errs = append(out.errs, err.Error())
						continue
					}
					cells, _ := keepSome(n)(run, nil)
					refs, err := run.Rows(cells, nil)
					if err != nil {
						out.errs = append(out.errs, err.Error())
					}
					for i, ref := range refs {
						if i > 0 && refs[i-1].Row >= ref.Row {
							t.Errorf("rows of a run go from %d to %d", refs[i-1].Row, ref.Row)
						}
						out.found = append(out.found, wantedCell{b.Record + int64(ref.Row), run.Key, string(run.Cell(int(ref.Cell)))})
					}
				}
				slices.SortStableFunc(out.found, func(a, b wantedCell) int {
					return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.key, b.key))
				})
				var rows []uint32
				for _, f := range out.found {
					if row := uint32(f.row - b.Record); len(rows) == 0 || rows[len(rows)-1] != row {
						rows = append(rows, row)
					}
				}
				for piece := range slices.Chunk(rows, 50) {
					for stage := range want.Late {
						g, err := r.Fetch(stage, piece)
						if err != nil {
							out.errs = append(out.errs, err.Error())
						}
						for i, row := range piece {
							for j := range g.Cols {
								out.late = append(out.late, fmt.Sprintf("%d %d.%d %s", b.Record+int64(row), stage, j, g.Cell(i, j)))
							}
						}
					}
				}
				mu.Lock()
				blocks = append(blocks, out)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.SortFunc(blocks, func(a, b block) int { return cmp.Compare(a.seq, b.seq) })
	for i, b := range blocks {
		if b.seq != i {
			t.Fatalf("block %d follows %d", b.seq, i-1)
		}
		found, late, errs = append(found, b.found...), append(late, b.late...), append(errs, b.errs...)
	}
	return found, late, errs
}

// sharedFiles are one-group files of the same rows: dictionaries, dictionaries
// that are given up, plain pages, nulls, by two writers.
func sharedFiles(t testing.TB, n int) (files map[string][]byte, cells [][]string) {
	t.Helper()
	type row struct {
		Dict  string  `parquet:",dict"`
		Maybe *string `parquet:",optional,dict"`
		Plain string  `parquet:",plain"`
		Null  *string `parquet:",optional,plain"`
		Late  string  `parquet:",dict"`
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Dict", Type: arrow.BinaryTypes.String},
		{Name: "Maybe", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "Plain", Type: arrow.BinaryTypes.String},
		{Name: "Null", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "Late", Type: arrow.BinaryTypes.String},
	}, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	var rows []row
	for i := range n {
		r := row{Dict: fmt.Sprintf("10.0.%d.%d", i%7, i%131), Plain: fmt.Sprint("plain value ", i*i), Late: fmt.Sprint("late ", i/3)}
		if i%3 != 0 {
			s := fmt.Sprintf("host-%d.example.com", i%900)
			r.Maybe = &s
		}
		if i/500%2 == 0 {
			s := fmt.Sprintf("https://%d.example/%d", i%50, i)
			r.Null = &s
		}
		rows = append(rows, r)
		text := func(s *string) string {
			if s == nil {
				return ""
			}
			return *s
		}
		line := []string{r.Dict, text(r.Maybe), r.Plain, text(r.Null), r.Late}
		cells = append(cells, line)
		for c, s := range line {
			if s == "" {
				b.Field(c).AppendNull()
			} else {
				b.Field(c).(*array.StringBuilder).Append(s)
			}
		}
	}
	rec := b.NewRecord()
	small := []apq.WriterProperty{apq.WithDataPageSize(3000), apq.WithBatchSize(100)}
	files = map[string][]byte{
		"small pages": writeParquet(t, rows, n, parquet.PageBufferSize(2000), parquet.Compression(&parquet.Zstd)),
		"one page":    writeParquet(t, rows, n, parquet.PageBufferSize(64<<20), parquet.Compression(&parquet.Snappy)),
		"v1":          writeParquet(t, rows, n, parquet.PageBufferSize(3000), parquet.DataPageVersion(1)),
		"overflow": writePQArrow(t, schema, []arrow.Record{rec}, false,
			append(small, apq.WithDictionaryPageSizeLimit(5000))...),
		"other plain": writePQArrow(t, schema, []arrow.Record{rec}, false, append(small, apq.WithDictionaryDefault(false))...),
		"other v2":    writePQArrow(t, schema, []arrow.Record{rec}, false, append(small, apq.WithDataPageVersion(apq.DataPageV2))...),
	}
	return files, cells
}

func openPieces(t testing.TB, b []byte, blockSize int) *parquetSource {
	t.Helper()
	s, err := Parquet.Open(contentOf("t.parquet", bytes.NewReader(b), int64(len(b))), Options{BlockSize: blockSize})
	if err != nil {
		t.Fatal(err)
	}
	return s.(*parquetSource)
}

// A file of one group is shared by several readers, and what they find does
// not depend on their number or on the size of the pieces.
func TestParquetShared(t *testing.T) {
	const n = 6000
	files, cells := sharedFiles(t, n)
	for name, file := range files {
		for _, one := range []uint32{3, 200, 100_000} {
			t.Run(fmt.Sprintf("%s/one in %d", name, one), func(t *testing.T) {
				var want []wantedCell
				var wantLate []string
				for i, line := range cells {
					some := false
					for k, cell := range line[:4] {
						if kept([]byte(cell), one) {
							want = append(want, wantedCell{int64(i), k, cell})
							some = true
						}
					}
					if some {
						for j, c := range []int{4, 0, 3} {
							wantLate = append(wantLate, fmt.Sprintf("%d 0.%d %s", i, j, line[c]))
						}
					}
				}
				ask := Want{Keys: []Column{{N: 0}, {N: 1}, {N: 2}, {N: 3}}, Late: [][]Column{{{N: 4}, {N: 0}, {N: 3}}}, Keep: keepSome(one)}
				for _, size := range []int{0, 8 * 700, 8 * 64} {
					for _, workers := range []int{1, 2, 7} {
						s := openPieces(t, file, size)
						if shared := s.footer.groups[0].shared != nil; len(s.footer.groups) != 1 || shared != (size > 0) || shared != (len(s.claims) > 1) {
							t.Fatalf("%d groups, %d claims, shared: %v", len(s.footer.groups), len(s.claims), shared)
						}
						found, late, errs := matchKept(t, s, ask, one, workers)
						if len(errs) > 0 || !slices.Equal(found, want) {
							t.Fatalf("pieces of %d rows, %d workers: %d cells, want %d; %q", size/8, workers, len(found), len(want), errs)
						}
						if !slices.Equal(late, wantLate) {
							t.Fatalf("pieces of %d rows, %d workers: other late cells", size/8, workers)
						}
					}
				}
			})
		}
	}
}

// A long value that the file has once may be that of every row with a kept cell: then it is
// not held for all of them, and the pieces read it themselves.
func TestParquetSharedLarge(t *testing.T) {
	type row struct {
		Key  string `parquet:",dict"`
		Long string `parquet:",dict"`
		Late string `parquet:",dict"`
	}
	const n, size = 4000, maxLateBytes / 2000
	var rows []row
	var wantLate []string
	for i := range n {
		r := row{"key", strings.Repeat(string(rune('a'+i%3)), size), fmt.Sprint("late ", i)}
		rows = append(rows, r)
		wantLate = append(wantLate, fmt.Sprintf("%d 0.0 %s", i, r.Long), fmt.Sprintf("%d 0.1 %s", i, r.Late))
	}
	file := writeParquet(t, rows, n, parquet.PageBufferSize(2000))
	ask := Want{Keys: []Column{{N: 0}}, Late: [][]Column{{{N: 1}, {N: 2}}}, Keep: keepSome(1)}
	for _, workers := range []int{1, 7} {
		found, late, errs := matchKept(t, openPieces(t, file, 8*700), ask, 1, workers)
		if len(errs) > 0 || len(found) != n || !slices.Equal(late, wantLate) {
			t.Fatalf("%d workers: %d cells, %d late cells; %q", workers, len(found), len(late), errs)
		}
	}
	s := openPieces(t, file, 8*700)
	r := s.NewReader(ask)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	for _, err := range r.Runs() {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Fetch(0, []uint32{0}); err != nil {
		t.Fatal(err)
	}
	held := s.footer.groups[0].shared.late.cols
	if len(held[1].data) > 0 || len(held[2].data) == 0 {
		t.Errorf("%d bytes of long values are held, %d of short ones", len(held[1].data), len(held[2].data))
	}
}

// Readers of one source may want different columns, or judge nothing.
func TestParquetSharedOthers(t *testing.T) {
	files, cells := sharedFiles(t, 3000)
	for name, file := range files {
		s := openPieces(t, file, 8*100)
		keys := [][]Column{{{N: 0}, {N: 2}}, {{N: 1}}, {{N: 2}}}
		readers := make([]Reader, len(keys))
		for i, k := range keys {
			want := Want{Keys: k}
			if i < 2 {
				want.Keep = keepSome(10)
			}
			readers[i] = s.NewReader(want)
		}
		for i := 0; ; i++ {
			r, k := readers[i%len(readers)], keys[i%len(readers)]
			b, err := r.Next()
			if err == io.EOF {
				break
			}
			got, want := 0, 0
			for run, err := range r.Runs() {
				if err != nil {
					t.Fatal(err)
				}
				cells, _ := keepSome(10)(run, nil)
				refs, err := run.Rows(cells, nil)
				if err != nil {
					t.Fatal(err)
				}
				got += len(refs)
			}
			for _, line := range cells[b.Record : b.Record+int64(b.Rows)] {
				for _, c := range k {
					if kept([]byte(line[c.N]), 10) {
						want++
					}
				}
			}
			if got != want {
				t.Fatalf("%s: block %d has %d cells, want %d", name, b.Seq, got, want)
			}
		}
	}
}

// What cannot be read of a shared group is reported once, with its column, and
// what can be read is matched.
func TestParquetSharedCorrupt(t *testing.T) {
	files, cells := sharedFiles(t, 4000)
	file := bytes.Clone(files["small pages"])
	s := openPieces(t, file, 0)
	for c, at := range []func(*pqChunk) int64{
		0: func(c *pqChunk) int64 { return c.start + 40 },     // the dictionary
		2: func(c *pqChunk) int64 { return c.start + 10_000 }, // some page
		4: func(c *pqChunk) int64 { return c.dataStart + 40 }, // the first page
	} {
		if at == nil {
			continue
		}
		from := at(&s.footer.groups[0].chunks[c])
		for i := from; i < from+30; i++ {
			file[i] ^= 0x5a
		}
	}
	ask := Want{Keys: []Column{{N: 0}, {N: 1}, {N: 2}, {N: 3}}, Late: [][]Column{{{N: 4}, {N: 1}}}, Keep: keepSome(20)}
	var first []wantedCell
	var firstLate, firstErrs []string
	for _, workers := range []int{1, 2, 7} {
		found, late, errs := matchKept(t, openPieces(t, file, 8*300), ask, 20, workers)
		if workers > 1 {
			if !slices.Equal(found, first) || !slices.Equal(late, firstLate) || !slices.Equal(errs, firstErrs) {
				t.Fatalf("%d workers find something else than one: %q, %q", workers, errs, firstErrs)
			}
			continue
		}
		first, firstLate, firstErrs = found, late, errs
		count := map[string]int{}
		for _, e := range errs {
			count[strings.Join(strings.SplitN(e, ":", 4)[:3], ":")]++
		}
		if count["t.parquet:group 0: column Dict"] != 1 || count["t.parquet:group 0: column Plain"] != 1 || count["t.parquet:group 0: column Late"] == 0 || len(count) != 3 {
			t.Errorf("errors %q", errs)
		}
		has := map[wantedCell]bool{}
		for _, f := range found {
			if cells[f.row][f.key] != f.cell {
				t.Errorf("row %d: %q, want %q", f.row, f.cell, cells[f.row][f.key])
			}
			has[f] = true
		}
		plain := 0
		for i, line := range cells {
			for _, k := range []int{1, 3} {
				if kept([]byte(line[k]), 20) && !has[wantedCell{int64(i), k, line[k]}] {
					t.Fatalf("row %d lost the sound cell %q", i, line[k])
				}
			}
			if has[wantedCell{int64(i), 2, line[2]}] {
				plain++
			}
		}
		if plain < 100 {
			t.Errorf("%d cells of the pages that are sound", plain)
		}
	}
}

// A dictionary without a match reads no data page, in whatever pieces.
func TestParquetSharedReads(t *testing.T) {
	const n = 200_000
	b := writeParquet(t, makeAddrs(n), n, parquet.PageBufferSize(64<<10))
	at := &countingAt{r: bytes.NewReader(b)}
	s, err := Parquet.Open(contentOf("t.parquet", at, int64(len(b))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.(*parquetSource).claims); n < 4 {
		t.Fatalf("%d claims", n)
	}
	start := at.bytes.Load()
	none := func(_ *Run, dst []uint32) ([]uint32, bool) { return dst, true }
	matchKept(t, s, Want{Keys: []Column{{N: 0}}, Keep: none}, 1, 3)
	if got := at.bytes.Load() - start; got > 550*24 {
		t.Errorf("%d bytes read for a dictionary without match", got)
	}
}

// In the steady state a group without a match costs no memory.
func TestParquetAllocations(t *testing.T) {
	rows := makeAddrs(40_000)
	b := writeParquet(t, rows, 1000, parquet.PageBufferSize(4000), parquet.Compression(&parquet.Zstd))
	for _, keep := range []bool{false, true} {
		s := openPieces(t, b, 8*200)
		if !keep {
			s = openPieces(t, b, 0)
		}
		want := Want{Keys: []Column{{N: 0}, {N: 1}, {N: 2}}}
		none := func(_ *Run, dst []uint32) ([]uint32, bool) { return dst, true }
		if keep {
			want.Keep = none
		}
		r := s.NewReader(want)
		sum := 0
		each := func(run *Run, err error) bool {
			if err != nil {
				t.Fatal(err)
			}
			sum += len(run.Cells)
			return true
		}
		group := func() {
			for range len(s.claims) / len(s.footer.groups) {
				if _, err := r.Next(); err != nil {
					t.Fatal(err)
				}
				r.Runs()(each)
			}
		}
		for range 10 {
			group()
		}
		if n := testing.AllocsPerRun(20, group); n > 0 && !raced {
			t.Errorf("pieces %v: %v allocations for a group", keep, n)
		}
	}
}

// What a judge that panics would have kept is found all the same, and no reader waits for
// the one that it took.
func TestParquetSharedPanics(t *testing.T) {
	files, _ := sharedFiles(t, 6000)
	const one = 50
	for name, file := range files {
		ask := Want{Keys: []Column{{N: 0}, {N: 1}, {N: 2}, {N: 3}}, Late: [][]Column{{{N: 4}}}, Keep: keepSome(one)}
		want, wantLate, _ := matchKept(t, openPieces(t, file, 8*700), ask, one, 1)
		ask.Keep = func(run *Run, dst []uint32) ([]uint32, bool) {
			if len(run.Cells) > 0 {
				panic("judge")
			}
			return dst, true
		}
		for _, workers := range []int{1, 3} {
			found, late, errs := matchKept(t, openPieces(t, file, 8*700), ask, one, workers)
			if len(want) == 0 || !slices.Equal(found, want) || !slices.Equal(late, wantLate) || len(errs) > 0 {
				t.Errorf("%s, %d workers: %d cells, want %d; %q", name, workers, len(found), len(want), errs)
			}
		}
	}
}
