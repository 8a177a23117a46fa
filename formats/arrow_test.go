package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// arrowCase is a type with values as JSON and the cells they print as.
type arrowCase struct {
	name  string
	typ   arrow.DataType
	json  string
	cells []string
}

var arrowCases = []arrowCase{
	{"String", arrow.BinaryTypes.String, `["a",null,"10.0.0.1","","é"]`, []string{"a", "", "10.0.0.1", "", "é"}},
	{"LargeString", arrow.BinaryTypes.LargeString, `["a",null,"b","c",""]`, []string{"a", "", "b", "c", ""}},
	{"StringView", arrow.BinaryTypes.StringView, `["a",null,"a long string beyond twelve","c",""]`, []string{"a", "", "a long string beyond twelve", "c", ""}},
	{"BinaryText", arrow.BinaryTypes.Binary, `["YQ==",null,"Yg==","Yw==",""]`, []string{"a", "", "b", "c", ""}},
	{"BinaryHex", arrow.BinaryTypes.Binary, `["/wA=",null,"Yg==","Yw==",""]`, []string{"ff00", "", "b", "c", ""}},
	{"Fixed", &arrow.FixedSizeBinaryType{ByteWidth: 2}, `["/wA=",null,"YWI=","YWI=","YWI="]`, []string{"ff00", "", "ab", "ab", "ab"}},
	{"Dict", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}, `["x","y",null,"x","z"]`, []string{"x", "y", "", "x", "z"}},
	{"Bool", arrow.FixedWidthTypes.Boolean, `[true,false,null,true,true]`, []string{"true", "false", "", "true", "true"}},
	{"Int8", arrow.PrimitiveTypes.Int8, `[-1,2,null,3,4]`, []string{"-1", "2", "", "3", "4"}},
	{"Uint8", arrow.PrimitiveTypes.Uint8, `[255,2,null,3,4]`, []string{"255", "2", "", "3", "4"}},
	{"Int64", arrow.PrimitiveTypes.Int64, `[-9000000000,2,null,3,4]`, []string{"-9000000000", "2", "", "3", "4"}},
	{"Uint64", arrow.PrimitiveTypes.Uint64, `[18000000000000000000,2,null,3,4]`, []string{"18000000000000000000", "2", "", "3", "4"}},
	{"Float", arrow.PrimitiveTypes.Float64, `[22,0.5,null,1e-9,-3]`, []string{"22", "0.5", "", "1e-09", "-3"}},
	{"Float32", arrow.PrimitiveTypes.Float32, `[22,0.1,null,1,-3]`, []string{"22", "0.1", "", "1", "-3"}},
	{"Second", &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, `[1743472800,null,0,-1,1]`,
		[]string{"2025-04-01T02:00:00.0000000Z", "", "1970-01-01T00:00:00.0000000Z", "1969-12-31T23:59:59.0000000Z", "1970-01-01T00:00:01.0000000Z"}},
	{"Milli", &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "Europe/Berlin"}, `[1743472800123,null,0,-1,1]`,
		[]string{"2025-04-01T02:00:00.1230000Z", "", "1970-01-01T00:00:00.0000000Z", "1969-12-31T23:59:59.9990000Z", "1970-01-01T00:00:00.0010000Z"}},
	{"Micro", &arrow.TimestampType{Unit: arrow.Microsecond}, `[1743472800123456,null,0,-1,1]`,
		[]string{"2025-04-01T02:00:00.1234560", "", "1970-01-01T00:00:00.0000000", "1969-12-31T23:59:59.9999990", "1970-01-01T00:00:00.0000010"}},
	{"Nano", &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}, `[1743472800123456789,null,0,-1,100]`,
		[]string{"2025-04-01T02:00:00.1234567Z", "", "1970-01-01T00:00:00.0000000Z", "1969-12-31T23:59:59.9999999Z", "1970-01-01T00:00:00.0000001Z"}},
	{"Date", arrow.FixedWidthTypes.Date32, `[20179,null,0,-1,1]`, []string{"2025-04-01", "", "1970-01-01", "1969-12-31", "1970-01-02"}},
	{"Clock", arrow.FixedWidthTypes.Time64us, `["02:00:00.123456",null,"00:00:00","23:59:59","00:00:01"]`,
		[]string{"02:00:00.1234560", "", "00:00:00.0000000", "23:59:59.0000000", "00:00:01.0000000"}},
	{"List", arrow.ListOf(arrow.BinaryTypes.String), `[["1.1.1.1","a\"b"],null,[],["x",null],["y"]]`,
		[]string{`["1.1.1.1","a\"b"]`, "", "[]", `["x",null]`, `["y"]`}},
	{"Ints", arrow.ListOf(arrow.PrimitiveTypes.Int32), `[[1,2],null,[],[null,3],[4]]`, []string{`[1,2]`, "", "[]", `[null,3]`, `[4]`}},
}

func arrowBatches(t testing.TB) (*arrow.Schema, []arrow.Record, [][]string) {
	t.Helper()
	mem := memory.NewGoAllocator()
	var fields []arrow.Field
	var cols []arrow.Array
	want := make([][]string, 5)
	for _, c := range arrowCases {
		arr, _, err := array.FromJSON(mem, c.typ, strings.NewReader(c.json), array.WithUseNumber())
		if err != nil {
			t.Fatal(c.name, err)
		}
		fields = append(fields, arrow.Field{Name: c.name, Type: c.typ, Nullable: true})
		cols = append(cols, arr)
		for i := range want {
			want[i] = append(want[i], c.cells[i])
		}
	}
	b := array.NewDecimal128Builder(mem, &arrow.Decimal128Type{Precision: 10, Scale: 2})
	for i, s := range []string{"-0.05", "1.00", "123.45", "0.00", "-7.10"} {
		n, err := decimal128.FromString(s, 10, 2)
		if err != nil {
			t.Fatal(err)
		}
		b.Append(n)
		want[i] = append(want[i], s)
	}
	fields = append(fields, arrow.Field{Name: "Decimal", Type: b.Type()})
	cols = append(cols, b.NewArray())
	schema := arrow.NewSchema(fields, nil)
	rec := array.NewRecord(schema, cols, 5)
	// A slice begins in the middle of its buffers.
	return schema, []arrow.Record{rec, rec.NewSlice(1, 4), rec.NewSlice(4, 5)},
		append(append(append([][]string{}, want...), want[1:4]...), want[4])
}

type seekBuffer struct {
	bytes.Buffer
}

func (s *seekBuffer) Seek(off int64, whence int) (int64, error) { return int64(s.Len()), nil }

func writeArrow(t testing.TB, file bool, schema *arrow.Schema, recs []arrow.Record, opts ...ipc.Option) []byte {
	t.Helper()
	var b seekBuffer
	opts = append(opts, ipc.WithSchema(schema))
	var w interface {
		Write(arrow.Record) error
		Close() error
	}
	w = ipc.NewWriter(&b, opts...)
	if file {
		fw, err := ipc.NewFileWriter(&b, opts...)
		if err != nil {
			t.Fatal(err)
		}
		w = fw
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

func compareCells(t testing.TB, s Source, want [][]string, step int) {
	t.Helper()
	names := s.Info().Parts[0].Columns
	got := readCells(t, s, step)
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		for j := range want[i] {
			if got[i][j] != want[i][j] {
				t.Errorf("row %d column %s: %q, want %q", i, names[j], got[i][j], want[i][j])
			}
		}
	}
}

func TestArrowCells(t *testing.T) {
	schema, recs, want := arrowBatches(t)
	for _, file := range []bool{true, false} {
		for name, opts := range map[string][]ipc.Option{"none": nil, "lz4": {ipc.WithLZ4()}, "zstd": {ipc.WithZstd()}} {
			t.Run(fmt.Sprintf("file=%v/codec=%s", file, name), func(t *testing.T) {
				b := writeArrow(t, file, schema, recs, opts...)
				s, err := Open(Bytes("t.arrow", b), Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				if s.Info().Serial == file {
					t.Errorf("Serial is %v", file)
				}
				compareCells(t, s, want, 1)
			})
		}
	}
}

func TestArrowRecords(t *testing.T) {
	schema, recs, want := arrowBatches(t)
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	i := 0
	in := Records("mine", schema, func() (arrow.Record, error) {
		if i == len(recs) {
			return nil, io.EOF
		}
		i++
		recs[i-1].Retain()
		return recs[i-1], nil
	})
	s, err := Open(in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compareCells(t, s, want, 2)
	mem.AssertSize(t, 0)
	if _, err := Open(in, Options{}); err == nil || !strings.HasPrefix(err.Error(), "mine: ") {
		t.Errorf("second Open: %v", err)
	}
}

// A dictionary is matched by value, and only rows that hold one are named.
func TestArrowDictionary(t *testing.T) {
	schema, recs, _ := arrowBatches(t)
	s, err := Open(Bytes("t.arrow", writeArrow(t, true, schema, recs[:1])), Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := s.NewReader(Want{Keys: []Column{{Name: "dict", N: -1}}})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for run, err := range r.Runs() {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if len(run.Cells) != 3 || string(run.Cell(0)) != "x" {
			t.Fatalf("%d cells, the first %q", len(run.Cells), run.Cell(0))
		}
		refs, err := run.Rows([]uint32{0}, nil)
		if err != nil || fmt.Sprint(refs) != "[{0 0} {3 0}]" {
			t.Errorf("rows %v %v", refs, err)
		}
	}
	if n != 1 {
		t.Errorf("%d runs", n)
	}
}

// Every batch of a file goes to exactly one of several readers.
func TestArrowWorkers(t *testing.T) {
	schema, recs, _ := arrowBatches(t)
	var many []arrow.Record
	for range 40 {
		many = append(many, recs[0])
	}
	s, err := Open(Bytes("t.arrow", writeArrow(t, true, schema, many)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rows, size atomic.Int64
	var wg sync.WaitGroup
	for range 7 {
		wg.Go(func() {
			r := s.NewReader(wantAll(s))
			for {
				b, err := r.Next()
				if err != nil {
					return
				}
				rows.Add(int64(b.Rows))
				size.Add(b.Size)
				for run, err := range r.Runs() {
					if err != nil || len(run.Cells) == 0 {
						t.Error("run:", err)
					}
				}
			}
		})
	}
	wg.Wait()
	if rows.Load() != 200 || size.Load() != s.Info().Size {
		t.Errorf("%d rows of 200, %d bytes of %d", rows.Load(), size.Load(), s.Info().Size)
	}
}

func TestArrowDamage(t *testing.T) {
	schema, recs, want := arrowBatches(t)
	t.Run("file without footer", func(t *testing.T) {
		b := writeArrow(t, true, schema, recs)
		n := int(binary.LittleEndian.Uint32(b[len(b)-10:]))
		cut := b[:len(b)-10-n]
		s, err := Open(Bytes("t.arrow", cut), Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := s.NewReader(wantAll(s))
		rows := 0
		for {
			var b Block
			if b, err = r.Next(); err != nil {
				break
			}
			rows += b.Rows
		}
		if rows != len(want) || err == io.EOF {
			t.Errorf("%d rows of %d, then %v", rows, len(want), err)
		}
	})
	t.Run("stream cut short", func(t *testing.T) {
		b := writeArrow(t, false, schema, recs)
		s, err := Open(Bytes("t.arrow", b[:len(b)/2]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := s.NewReader(wantAll(s))
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, ErrTruncated) || !strings.HasPrefix(err.Error(), "t.arrow: ") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("huge message", func(t *testing.T) {
		b := writeArrow(t, false, schema, recs)
		binary.LittleEndian.PutUint32(b[4:], 0x7fffffff)
		if _, err := Open(Bytes("t.arrow", b), Options{}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("union", func(t *testing.T) {
		typ := arrow.SparseUnionOf([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Int32}}, []arrow.UnionTypeCode{0})
		b := array.NewSparseUnionBuilder(memory.NewGoAllocator(), typ)
		b.Append(0)
		b.Child(0).(*array.Int32Builder).Append(1)
		schema := arrow.NewSchema([]arrow.Field{{Name: "Deep", Type: typ}}, nil)
		s, err := Open(Bytes("t.arrow", writeArrow(t, true, schema, []arrow.Record{array.NewRecord(schema, []arrow.Array{b.NewArray()}, 1)})), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if notes := s.Info().Notes; len(notes) != 1 || !strings.Contains(notes[0], "Deep") {
			t.Errorf("notes %q", notes)
		}
		compareCells(t, s, [][]string{{""}}, 1)
	})
}

func FuzzArrow(f *testing.F) {
	schema, recs, _ := arrowBatches(f)
	f.Add(writeArrow(f, true, schema, recs))
	f.Add(writeArrow(f, false, schema, recs))
	f.Add(writeArrow(f, false, schema, recs, ipc.WithZstd()))
	schema, rec, _ := nestedBatch(f, 12)
	f.Add(writeArrow(f, true, schema, []arrow.Record{rec}))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Arrow.Open(&Content{At: bytes.NewReader(b), Len: int64(len(b)), Size: int64(len(b)), Head: b, Close: func() error { return nil }}, Options{})
		if err == nil {
			drain(s)
		}
	})
}

// drain reads all that can be read and ignores errors.
func drain(s Source) {
	r := s.NewReader(wantAll(s))
	for {
		b, err := r.Next()
		if err != nil {
			return
		}
		for run, err := range r.Runs() {
			if err == nil && len(run.Cells) > 0 {
				run.Cell(len(run.Cells) - 1)
				run.Rows([]uint32{0, uint32(len(run.Cells) - 1)}, nil)
			}
		}
		if b.Rows > 0 {
			r.Fetch(0, []uint32{0, uint32(b.Rows / 2), uint32(b.Rows - 1)})
			r.Record(uint32(b.Rows - 1))
		}
		r.Rejects()
	}
}

// A buffer that is refused does not count as one that is held, and is not called malformed:
// a sound file may have one batch of gigabytes.
func TestArrowLimit(t *testing.T) {
	a := newArrowLimit(-1)
	a.live.Store(maxArrowLive - 100)
	for range 3 {
		var err error
		func() {
			defer recovered(&err)
			a.Allocate(101)
		}()
		if !errors.Is(err, ErrTooLarge) || strings.Contains(err.Error(), errMetadata.Error()) || a.live.Load() != maxArrowLive-100 {
			t.Fatalf("%v, %d bytes held", err, a.live.Load())
		}
	}
	a.Free(a.Allocate(100))
}
