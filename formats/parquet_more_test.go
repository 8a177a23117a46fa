package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	apq "github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/parquet-go/parquet-go"
	thriftfmt "github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// writePQArrow writes a table with Arrow's own Parquet writer.
func writePQArrow(t testing.TB, schema *arrow.Schema, recs []arrow.Record, int96 bool, opts ...apq.WriterProperty) []byte {
	t.Helper()
	var b bytes.Buffer
	aw := []pqarrow.WriterOption{pqarrow.WithNoMapLogicalType()}
	if int96 {
		aw = append(aw, pqarrow.WithDeprecatedInt96Timestamps(true))
	}
	w, err := pqarrow.NewFileWriter(schema, &b, apq.NewWriterProperties(opts...), pqarrow.NewArrowWriterProperties(aw...))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A second writer: its pages, statistics and levels differ from parquet-go's.
func TestParquetOtherWriter(t *testing.T) {
	const n = 5000
	mem := memory.NewGoAllocator()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Same", Type: arrow.BinaryTypes.String},
		{Name: "Maybe", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "Many", Type: arrow.BinaryTypes.String}, // outgrows its dictionary
		{Name: "Bin", Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: "Port", Type: arrow.PrimitiveTypes.Uint16, Nullable: true},
		{Name: "Bytes", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "Flag", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "Time", Type: &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}},
		{Name: "Local", Type: &arrow.TimestampType{Unit: arrow.Millisecond}},
		{Name: "IPs", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(mem, schema)
	at := time.Date(2025, 4, 1, 2, 0, 0, 0, time.UTC)
	var want [][]string
	for i := range n {
		row := make([]string, schema.NumFields())
		str := func(c int, s string) {
			b.Field(c).(*array.StringBuilder).Append(s)
			row[c] = s
		}
		str(0, fmt.Sprintf("10.0.0.%d", i%9))
		if i/700%2 == 1 || i%3 == 0 {
			b.Field(1).AppendNull()
		} else {
			str(1, fmt.Sprintf("host%d", i%40))
		}
		str(2, fmt.Sprintf("192.0.%d.%d and a tail that fills the dictionary", i/256, i%256))
		if i%2 == 0 {
			b.Field(3).AppendNull()
		} else {
			b.Field(3).(*array.BinaryBuilder).Append([]byte{0xff, byte(i)})
			row[3] = fmt.Sprintf("ff%02x", byte(i))
		}
		if i%10 == 0 {
			b.Field(4).AppendNull()
			b.Field(6).AppendNull()
		} else {
			b.Field(4).(*array.Uint16Builder).Append(uint16(i * 13))
			row[4] = fmt.Sprint(uint16(i * 13))
			b.Field(6).(*array.BooleanBuilder).Append(i%4 == 1)
			row[6] = fmt.Sprint(i%4 == 1)
		}
		b.Field(5).(*array.Uint64Builder).Append(1<<63 + uint64(i))
		row[5] = fmt.Sprint(1<<63 + uint64(i))
		when := at.Add(time.Duration(i) * 1001 * time.Millisecond)
		b.Field(7).(*array.TimestampBuilder).Append(arrow.Timestamp(when.UnixNano()))
		row[7] = when.Format("2006-01-02T15:04:05.0000000Z")
		b.Field(8).(*array.TimestampBuilder).Append(arrow.Timestamp(when.UnixMilli()))
		row[8] = when.Format("2006-01-02T15:04:05.0000000")
		lb := b.Field(9).(*array.ListBuilder)
		if i%6 == 5 {
			lb.AppendNull()
		} else {
			lb.Append(true)
			var parts []string
			for j := range i % 3 {
				ip := fmt.Sprintf("172.16.%d.%d", j, i%250)
				lb.ValueBuilder().(*array.StringBuilder).Append(ip)
				parts = append(parts, `"`+ip+`"`)
			}
			row[9] = "[" + strings.Join(parts, ",") + "]"
		}
		want = append(want, row)
	}
	rec := b.NewRecord()
	for name, opts := range map[string][]apq.WriterProperty{
		"v1":           {apq.WithDataPageVersion(apq.DataPageV1), apq.WithDataPageSize(2000), apq.WithBatchSize(100)},
		"v2":           {apq.WithDataPageVersion(apq.DataPageV2), apq.WithDataPageSize(2000), apq.WithBatchSize(100)},
		"overflow":     {apq.WithDictionaryPageSizeLimit(20000), apq.WithDataPageSize(4000), apq.WithBatchSize(100), apq.WithCompression(compress.Codecs.Snappy)},
		"plain":        {apq.WithDictionaryDefault(false), apq.WithDataPageSize(3000), apq.WithBatchSize(100)},
		"zstd":         {apq.WithCompression(compress.Codecs.Zstd), apq.WithMaxRowGroupLength(1500)},
		"gzip":         {apq.WithCompression(compress.Codecs.Gzip), apq.WithStats(false)},
		"brotli":       {apq.WithCompression(compress.Codecs.Brotli), apq.WithVersion(apq.V1_0)},
		"delta length": {apq.WithDictionaryDefault(false), apq.WithEncodingFor("Many", apq.Encodings.DeltaLengthByteArray)},
		"delta bytes":  {apq.WithDictionaryDefault(false), apq.WithEncodingFor("Many", apq.Encodings.DeltaByteArray), apq.WithEncodingFor("Bytes", apq.Encodings.DeltaBinaryPacked)},
	} {
		for _, int96 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/int96=%v", name, int96), func(t *testing.T) {
				file := writePQArrow(t, schema, []arrow.Record{rec}, int96, opts...)
				s := mustParquet(t, file)
				if phys := s.(*parquetSource).footer.columns[7].phys; (phys == format.Int96) != int96 {
					t.Fatalf("times are stored as %v", phys)
				}
				compareCells(t, s, want, 1)
				compareCells(t, mustParquet(t, file), want, 97)
			})
		}
	}
}

type addr struct {
	IP   string  `parquet:",dict"`
	Note string  `parquet:",plain"`
	Late *string `parquet:",optional,plain"`
}

func makeAddrs(n int) []addr {
	rows := make([]addr, n)
	for i := range rows {
		s := fmt.Sprint("late ", i)
		rows[i] = addr{fmt.Sprintf("10.%d.%d.1", i%50, i%11), strings.Repeat("n", 40) + fmt.Sprint(i), &s}
	}
	return rows
}

// A dictionary without a match reads no data page; one with a match reads the
// codes; a few late rows read a page or two.
func TestParquetReads(t *testing.T) {
	const n = 60_000
	b := writeParquet(t, makeAddrs(n), n, parquet.PageBufferSize(16<<10))
	at := &countingAt{r: bytes.NewReader(b)}
	s, err := Parquet.Open(contentOf("t.parquet", at, int64(len(b))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := s.NewReader(Want{Keys: []Column{{N: 0}}, Late: [][]Column{{{N: 1}, {N: 2}}}})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	start := at.bytes.Load()
	var refs []Ref
	for run, err := range r.Runs() {
		if err != nil {
			t.Fatal(err)
		}
		if len(run.Cells) != 550 {
			t.Fatalf("%d cells, not a dictionary of 550", len(run.Cells))
		}
		if refs, err = run.Rows(nil, nil); err != nil || len(refs) > 0 {
			t.Fatal(refs, err)
		}
		if got := at.bytes.Load() - start; got > 550*24 {
			t.Errorf("%d bytes read for a dictionary without match", got)
		}
		if refs, err = run.Rows([]uint32{3}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(refs) != n/550+1 && len(refs) != n/550 {
		t.Errorf("%d rows", len(refs))
	}
	before, calls := at.bytes.Load(), at.calls.Load()
	g, err := r.Fetch(0, []uint32{45_000, 45_001})
	if err != nil || string(g.Cell(1, 1)) != "late 45001" {
		t.Fatalf("%q %v", g.Cell(1, 1), err)
	}
	if got := at.bytes.Load() - before; got > 100<<10 {
		t.Errorf("%d bytes read for two rows", got)
	}
	if got := at.calls.Load() - calls; got > 8 {
		t.Errorf("%d reads for two rows", got)
	}
	// The next rows of the same pages cost nothing.
	before = at.bytes.Load()
	if _, err := r.Fetch(0, []uint32{45_002}); err != nil || at.bytes.Load() != before {
		t.Errorf("page read again: %v", err)
	}
}

// A corrupt column does not take others or other groups with it.
func TestParquetCorruptColumn(t *testing.T) {
	rows := makeAddrs(3000)
	b := writeParquet(t, rows, 1000, parquet.Compression(&parquet.Snappy))
	s := mustParquet(t, b).(*parquetSource)
	c := s.footer.groups[1].chunks[1]
	for i := c.dataStart; i < c.dataStart+200; i++ {
		b[i] ^= 0x5a
	}
	s = mustParquet(t, b).(*parquetSource)
	r := s.NewReader(wantAll(s))
	var errs []string
	runs := 0
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		for run, err := range r.Runs() {
			if err != nil {
				errs = append(errs, err.Error())
				continue
			}
			if len(run.Cells) > 0 {
				runs++
			}
		}
		g, _ := r.Fetch(0, []uint32{5})
		if len(g.Cell(0, 0)) == 0 || len(g.Cell(0, 2)) == 0 {
			t.Error("a sound column is lost")
		}
	}
	if len(errs) != 1 || !strings.HasPrefix(errs[0], "t.parquet:group 1: column Note: ") {
		t.Errorf("errors %q", errs)
	}
	if runs < 8 {
		t.Errorf("%d runs", runs)
	}
}

func TestParquetRefused(t *testing.T) {
	good := writeParquet(t, makeAddrs(10), 10)
	footer := func(n uint32) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint32(b[len(b)-8:], n)
		return b
	}
	// A footer whose schema list claims 2^31-1 elements.
	huge := append([]byte("PAR1"), 0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07)
	huge = append(binary.LittleEndian.AppendUint32(huge, 9), "PAR1"...)
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"empty", nil, ErrTruncated},
		{"cut", good[:len(good)-20], ErrTruncated},
		{"footer longer than file", footer(1 << 30), errMetadata},
		{"huge list", huge, errMetadata},
		{"encrypted", append(bytes.Clone(good[:len(good)-4]), "PARE"...), ErrEncrypted},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parquet.Open(contentOf("t.parquet", bytes.NewReader(c.b), int64(len(c.b))), Options{})
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// A footer of a megabyte may claim so many rows that their claims alone would fill memory.
func TestParquetRows(t *testing.T) {
	for _, c := range []struct {
		name   string
		groups []int64
		ok     bool
	}{
		{"one group", []int64{maxRows}, true},
		{"two groups", []int64{maxRows / 2, 0, maxRows / 2}, true},
		{"one row more", []int64{maxRows / 2, maxRows/2 + 1}, false},
		{"each group for itself", []int64{maxRows, maxRows, maxRows}, false},
		{"beyond 64 bits", []int64{1, math.MaxInt64}, false},
		{"less than none", []int64{5, -1}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ft pqFooter
			for _, rows := range c.groups {
				ft.groups = append(ft.groups, pqGroup{rows: rows})
			}
			if err := ft.number(); (err == nil) != c.ok || !c.ok && !errors.Is(err, errMetadata) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Pieces of a large group, and groups, go to one reader each.
func TestParquetWorkers(t *testing.T) {
	rows := makeAddrs(9000)
	b := writeParquet(t, rows, 3000, parquet.PageBufferSize(1000))
	src := mustParquet(t, b).(*parquetSource)
	// Pieces of 700 rows, across page borders.
	var claims []pqClaim
	for _, c := range src.claims {
		for lo := int64(0); lo < c.hi; lo += 700 {
			claims = append(claims, pqClaim{group: c.group, lo: lo, hi: min(lo+700, c.hi)})
		}
	}
	src.claims = claims
	var seen [9000]atomic.Int32
	var wg sync.WaitGroup
	for range 7 {
		wg.Go(func() {
			r := src.NewReader(wantAll(src))
			for {
				b, err := r.Next()
				if err == io.EOF {
					return
				}
				for run, err := range r.Runs() {
					if err != nil {
						t.Error(err)
						return
					}
					all := make([]uint32, len(run.Cells))
					for i := range all {
						all[i] = uint32(i)
					}
					refs, err := run.Rows(all, nil)
					if err != nil {
						t.Error(err)
					}
					for _, ref := range refs {
						row := rows[b.Record+int64(ref.Row)]
						want := [3]string{row.IP, row.Note, *row.Late}[run.Key]
						if got := string(run.Cell(int(ref.Cell))); got != want {
							t.Errorf("row %d: %q, want %q", b.Record+int64(ref.Row), got, want)
							return
						}
						seen[b.Record+int64(ref.Row)].Add(1)
					}
				}
				g, err := r.Fetch(0, []uint32{0, uint32(b.Rows - 1)})
				if err != nil || string(g.Cell(1, 1)) != rows[b.Record+int64(b.Rows)-1].Note {
					t.Errorf("late cell %q %v", g.Cell(1, 1), err)
				}
			}
		})
	}
	wg.Wait()
	for i := range seen {
		if n := seen[i].Load(); n != 3 {
			t.Fatalf("row %d was seen %d times, want once per column", i, n)
		}
	}
}

func TestParquetSpan(t *testing.T) {
	b := writeParquet(t, makeFlows(100), 50)
	s := mustParquet(t, b)
	r := s.NewReader(Want{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	first, last, ok := r.(interface {
		Span(Column) ([]byte, []byte, bool)
	}).Span(Column{Name: "milli", N: -1})
	if !ok || string(first) != "2025-04-01T02:00:00.1230000Z" || string(last) != "2025-04-01T02:01:00.6170000Z" {
		t.Errorf("%q to %q, %v", first, last, ok)
	}
}

// A cut text may still read as a time, but is none of the column.
func TestParquetSpanCut(t *testing.T) {
	type row struct {
		Timestamp string `parquet:",plain"`
	}
	s := mustParquet(t, writeParquet(t, []row{{"2026-05-20T02:00:00.000Z"}, {"2026-05-20T04:53:16.267Z"}}, 2))
	r := s.NewReader(Want{}).(*parquetReader)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	col := Column{Name: "Timestamp", N: -1}
	if _, last, ok := r.Span(col); !ok || string(last) != "2026-05-20T04:53:16.267Z" {
		t.Errorf("%q, %v", last, ok)
	}
	c := &s.(*parquetSource).footer.groups[0].chunks[0]
	c.min, c.max, c.inexact = []byte("2026-05-20T02:00"), []byte("2026-05-20T04:54"), true
	if _, last, ok := r.Span(col); ok {
		t.Errorf("%q of a range that is cut", last)
	}
}

// Some writers leave out all of an encoding where a page has nulls only.
func TestParquetNoValues(t *testing.T) {
	types := []format.Type{format.Boolean, format.Int32, format.Int64, format.Double, format.ByteArray, format.FixedLenByteArray}
	for _, phys := range types {
		col := &pqColumn{phys: phys, print: printer{width: 4}}
		for _, enc := range []format.Encoding{format.Plain, format.RLE, format.DeltaBinaryPacked, format.DeltaLengthByteArray, format.DeltaByteArray, format.ByteStreamSplit} {
			v := pqValues{n: 7}
			if err := v.decode(col, enc, nil, 0); err != nil || v.n != 0 {
				t.Errorf("%v %v: %d values, %v", phys, enc, v.n, err)
			}
		}
	}
}

// What Spark and Dask write beside their parts has no rows.
func TestParquetSummary(t *testing.T) {
	file := writeParquet(t, makeAddrs(10), 5)
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	meta := *f.Metadata()
	for _, g := range meta.RowGroups {
		for i := range g.Columns {
			g.Columns[i].FilePath = "day=01/part-0.parquet"
		}
	}
	b, err := thriftfmt.Marshal(new(thriftfmt.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	b = append(binary.LittleEndian.AppendUint32(append([]byte("PAR1"), b...), uint32(len(b))), "PAR1"...)
	_, err = Parquet.Open(contentOf("_metadata", bytes.NewReader(b), int64(len(b))), Options{})
	if err == nil || !strings.Contains(err.Error(), "they lie in day=01/part-0.parquet") {
		t.Error(err)
	}
}

func FuzzParquet(f *testing.F) {
	values, _ := variantRows()
	f.Add(writeVariants(f, parquet.Variant(), encoded(values)))
	f.Add(writeParquet(f, makeFlows(40), 25, parquet.PageBufferSize(300)))
	f.Add(writeParquet(f, makeFlows(40), 25, parquet.DataPageVersion(1), parquet.Compression(&parquet.Zstd)))
	f.Add(writeParquet(f, makeAddrs(30), 30, parquet.Compression(&parquet.Gzip)))
	f.Add(writeParquet(f, makeAddrs(300), 300, parquet.PageBufferSize(500), parquet.BloomFilters(parquet.SplitBlockFilter(10, "IP"))))
	schema, rec, _ := nestedBatch(f, 40)
	f.Add(writePQArrow(f, schema, []arrow.Record{rec}, false, apq.WithDataPageSize(100), apq.WithBatchSize(8)))
	files, _ := sharedFiles(f, 300)
	f.Add(files["overflow"])
	f.Add(files["other v2"])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parquet.Open(contentOf("f.parquet", bytes.NewReader(b), int64(len(b))), Options{})
		if err != nil {
			return
		}
		if p := s.(*parquetSource); len(p.claims) > 50 {
			p.claims = p.claims[:50]
		}
		drain(s)

		// Whole groups and shared pieces hold the same. By one reader, so that the
		// fuzzer sees the same way through the code each time.
		groups := s.(*parquetSource).footer.groups
		if n := len(groups); n > 0 && groups[n-1].first+groups[n-1].rows > 20_000 {
			return
		}
		want := wantAll(s)
		want.Late, want.Keep = nil, keepSome(3)
		found, _, errs := matchKept(t, openPieces(t, b, 0), want, 3, 1)
		again, _, errs2 := matchKept(t, openPieces(t, b, 64), want, 3, 1)
		if len(errs)+len(errs2) == 0 && !slices.Equal(found, again) {
			t.Errorf("%d cells, in pieces %d", len(found), len(again))
		}
		want.Only = make([][]string, len(want.Keys))
		for k := range want.Only {
			want.Only[k] = []string{"10.1.1.1", "10.5.5.1", "x"}
		}
		matchKept(t, openPieces(t, b, 64), want, 1, 1)
	})
}

// BenchmarkParquet reads one key column, without and with a cell that matches.
func BenchmarkParquet(b *testing.B) {
	rows := makeAddrs(500_000)
	file := writeParquet(b, rows, 125_000, parquet.Compression(&parquet.Snappy))
	for _, bm := range []struct {
		name string
		col  int
		hits bool
	}{{"enc=dict/hits=0", 0, false}, {"enc=dict/hits=1", 0, true}, {"enc=plain/hits=0", 1, false}, {"enc=optional/hits=0", 2, false}} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			var refs []Ref
			for b.Loop() {
				s := mustParquet(b, file)
				r := s.NewReader(Want{Keys: []Column{{N: bm.col}}})
				for {
					if _, err := r.Next(); err != nil {
						break
					}
					for run, err := range r.Runs() {
						if err != nil {
							b.Fatal(err)
						}
						if bm.hits {
							refs, _ = run.Rows([]uint32{7}, refs[:0])
						}
					}
				}
			}
		})
	}
}
