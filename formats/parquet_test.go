package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// countingAt counts what is read through it.
type countingAt struct {
	r     io.ReaderAt
	calls atomic.Int64
	bytes atomic.Int64
}

func (c *countingAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.calls.Add(1)
	c.bytes.Add(int64(n))
	return n, err
}

func contentOf(name string, at io.ReaderAt, n int64) *Content {
	return &Content{Input: Input{Path: name}, At: at, Len: n, Size: n, Close: func() error { return nil }}
}

func mustParquet(t testing.TB, b []byte) Source {
	t.Helper()
	s, err := Parquet.Open(contentOf("t.parquet", bytes.NewReader(b), int64(len(b))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantAll asks for every column as key and as late column.
func wantAll(s Source) Want {
	var cols []Column
	for i, name := range s.Info().Parts[0].Columns {
		cols = append(cols, Column{Name: name, N: i})
	}
	return Want{Keys: cols, Late: [][]Column{cols}}
}

// readCells reads a source twice, through Runs with every cell asked for and
// through Fetch, checks that both agree, and returns the cells row by row.
// Every step-th row is fetched.
func readCells(t testing.TB, s Source, step int) [][]string {
	t.Helper()
	r := s.NewReader(wantAll(s))
	n := len(s.Info().Parts[0].Columns)
	var rows [][]string
	record := int64(0)
	for seq := 0; ; seq++ {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if b.Seq != seq || b.Record >= 0 && b.Record != record {
			t.Fatalf("block %d begins at record %d, want %d at %d", b.Seq, b.Record, seq, record)
		}
		record += int64(b.Records)
		block := make([][]string, b.Rows)
		for i := range block {
			block[i] = make([]string, n)
		}
		for run, err := range r.Runs() {
			if err != nil {
				t.Fatal(err)
			}
			all := make([]uint32, len(run.Cells))
			for i := range all {
				all[i] = uint32(i)
			}
			refs, err := run.Rows(all, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, ref := range refs {
				if i > 0 && refs[i-1].Row >= ref.Row {
					t.Fatalf("rows of a run go from %d to %d", refs[i-1].Row, ref.Row)
				}
				block[ref.Row][run.Key] = string(run.Cell(int(ref.Cell)))
			}
		}
		var asked []uint32
		for i := 0; i < b.Rows; i += step {
			asked = append(asked, uint32(i))
		}
		// In two pieces, so that a page is met twice.
		for _, piece := range [][]uint32{asked[:len(asked)/2], asked[len(asked)/2:], asked[:min(1, len(asked))]} {
			g, err := r.Fetch(0, piece)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range piece {
				for j := range n {
					if got, want := string(g.Cell(i, j)), block[row][j]; got != want {
						t.Fatalf("row %d column %d: Fetch gives %q, Runs %q", row, j, got, want)
					}
				}
			}
		}
		if b.Rows > 0 {
			f, err := r.Record(uint32(b.Rows - 1))
			if err != nil {
				t.Fatal(err)
			}
			for j := range f {
				if got, want := string(f[j].Value), block[b.Rows-1][j]; got != want {
					t.Fatalf("Record column %s: %q, want %q", f[j].Name, got, want)
				}
			}
		}
		rows = append(rows, block...)
	}
	return rows
}

// flow is a row with a column of each kind of storage.
type flow struct {
	Dict     string  `parquet:",dict"`
	DictNull *string `parquet:",optional,dict"`
	Plain    string  `parquet:",plain"`
	Null     *string `parquet:",optional,plain"`
	Length   string  `parquet:",delta"`
	Delta    int64   `parquet:",delta"`
	Delta32  int32   `parquet:",delta"`
	Port     int32   `parquet:",dict"`
	Split    float64 `parquet:",split"`
	Flag     bool
	MaybeInt *int64 `parquet:",optional"`
	Unsigned uint32
	Big      uint64
	Small    float32
	ID       [16]byte  `parquet:",uuid"`
	Milli    time.Time `parquet:",timestamp(millisecond)"`
	Micro    time.Time `parquet:",timestamp(microsecond)"`
	Nano     time.Time `parquet:",timestamp(nanosecond)"`
	Day      int32     `parquet:",date"`
	Price    int64     `parquet:",decimal(2:18)"`
	Tags     []string  `parquet:",list"`
	Bare     []string
}

func makeFlows(n int) []flow {
	at := time.Date(2025, 4, 1, 2, 0, 0, 123456700, time.UTC)
	rows := make([]flow, n)
	for i := range rows {
		r := &rows[i]
		r.Dict = fmt.Sprintf("10.0.%d.%d", i%7, i%31)
		if i%3 != 0 {
			s := fmt.Sprintf("host-%d.example.com", i%50)
			r.DictNull = &s
		}
		r.Plain = fmt.Sprintf("row %d of %s", i, strings.Repeat("x", i%17))
		if i%5 > 1 {
			s := fmt.Sprint("maybe ", i)
			r.Null = &s
		}
		r.Length = fmt.Sprintf("/path/%d", i*i)
		r.Delta = int64(i)*1000003 - int64(i%7)<<40
		r.Delta32 = int32(i*i*31) - 1000
		r.Port = int32(i % 1000)
		r.Split = float64(i) / 8
		r.Flag = i%11 < 4
		if i%4 == 1 {
			v := int64(-i)
			r.MaybeInt = &v
		}
		r.Unsigned = 4294967295 - uint32(i)
		r.Big = 18446744073709551615 - uint64(i)
		r.Small = float32(i) / 3
		r.ID = [16]byte{0: byte(i), 15: byte(i >> 8)}
		d := at.Add(time.Duration(i) * 1234567 * time.Microsecond)
		r.Milli, r.Micro, r.Nano = d, d, d
		r.Day = int32(20000 - i)
		r.Price = int64(i) - 5
		for j := range i % 4 {
			r.Tags = append(r.Tags, fmt.Sprintf("10.1.%d.%d", j, i%256))
		}
		r.Bare = r.Tags
	}
	return rows
}

func (f *flow) cells() []string {
	ptr := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	const seven = "2006-01-02T15:04:05.0000000Z"
	maybe := ""
	if f.MaybeInt != nil {
		maybe = fmt.Sprint(*f.MaybeInt)
	}
	id := fmt.Sprintf("%x-%x-%x-%x-%x", f.ID[:4], f.ID[4:6], f.ID[6:8], f.ID[8:10], f.ID[10:])
	abs, sign := f.Price, ""
	if abs < 0 {
		abs, sign = -abs, "-"
	}
	tags := "[]"
	if len(f.Tags) > 0 {
		tags = `["` + strings.Join(f.Tags, `","`) + `"]`
	}
	return []string{f.Dict, ptr(f.DictNull), f.Plain, ptr(f.Null), f.Length, fmt.Sprint(f.Delta), fmt.Sprint(f.Delta32),
		fmt.Sprint(f.Port), fmt.Sprint(f.Split), fmt.Sprint(f.Flag), maybe, fmt.Sprint(f.Unsigned), fmt.Sprint(f.Big),
		fmt.Sprint(f.Small), id, f.Milli.Truncate(time.Millisecond).Format(seven), f.Micro.Truncate(time.Microsecond).Format(seven),
		f.Nano.Format(seven), time.Unix(int64(f.Day)*86400, 0).UTC().Format("2006-01-02"),
		fmt.Sprintf("%s%d.%02d", sign, abs/100, abs%100), tags, strings.TrimSuffix(tags, "")}
}

func writeParquet[T any](t testing.TB, rows []T, perGroup int, opts ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, opts...)
	for chunk := range slices.Chunk(rows, perGroup) {
		if _, err := w.Write(chunk); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParquetCells(t *testing.T) {
	rows := makeFlows(3000)
	codecs := map[string]compress.Codec{"none": &parquet.Uncompressed, "snappy": &parquet.Snappy, "gzip": &parquet.Gzip,
		"zstd": &parquet.Zstd, "brotli": &parquet.Brotli, "lz4raw": &parquet.Lz4Raw,
		"lz4 of hadoop": oldLZ4{hadoopFrames}, "lz4 frame": oldLZ4{lz4Frame}, "lz4 block": oldLZ4{lz4Block}}
	for name, codec := range codecs {
		for _, version := range []int{1, 2} {
			for _, page := range []int{200, 64 << 10} {
				t.Run(fmt.Sprintf("codec=%s/pages=v%d/size=%d", name, version, page), func(t *testing.T) {
					b := writeParquet(t, rows, 1100, parquet.Compression(codec), parquet.DataPageVersion(version), parquet.PageBufferSize(page))
					s := mustParquet(t, b)
					compareFlows(t, s, rows, 1)
					compareFlows(t, mustParquet(t, b), rows, 371)
				})
			}
		}
	}
}

// An oldLZ4 writes what the deprecated codec LZ4 may stand for.
type oldLZ4 struct{ encode func(src []byte) []byte }

func (oldLZ4) String() string                            { return "LZ4" }
func (oldLZ4) CompressionCodec() format.CompressionCodec { return format.Lz4 }
func (c oldLZ4) Encode(dst, src []byte) ([]byte, error) {
	return append(dst[:0], c.encode(src)...), nil
}
func (oldLZ4) Decode(dst, src []byte) (out []byte, err error) { return nil, errors.ErrUnsupported }

func lz4Block(src []byte) []byte {
	dst := make([]byte, lz4.CompressBlockBound(len(src)))
	n, err := lz4.CompressBlock(src, dst, nil)
	if err != nil || n == 0 && len(src) > 0 {
		panic(fmt.Sprint("no block of ", len(src), " bytes: ", err))
	}
	return dst[:n]
}

// hadoopFrames are frames of 1000 bytes, in blocks of 600.
func hadoopFrames(src []byte) (dst []byte) {
	for frame := range slices.Chunk(src, 1000) {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(frame)))
		for part := range slices.Chunk(frame, 600) {
			b := lz4Block(part)
			dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(b))), b...)
		}
	}
	return dst
}

func lz4Frame(src []byte) []byte {
	var b bytes.Buffer
	w := lz4.NewWriter(&b)
	w.Write(src)
	w.Close()
	return b.Bytes()
}

func compareFlows(t testing.TB, s Source, rows []flow, step int) {
	t.Helper()
	names := s.Info().Parts[0].Columns
	got := readCells(t, s, step)
	if len(got) != len(rows) {
		t.Fatalf("%d rows, want %d", len(got), len(rows))
	}
	for i := range rows {
		want := rows[i].cells()
		for j := range want {
			if got[i][j] != want[j] {
				t.Fatalf("row %d column %s: %q, want %q", i, names[j], got[i][j], want[j])
			}
		}
	}
}
