package gen

import (
	"fmt"
	"io"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// ArrowOptions says how Arrow IPC is written.
type ArrowOptions struct {
	Stream bool // the stream format, else the file format
	// Dictionary stores text columns as dictionary arrays. A file then has one
	// record batch, since its dictionaries cannot be replaced.
	Dictionary bool
	Batch      int // rows in a record batch; 0 is 16,384
}

type arrowWriter struct {
	t *Table
	o ArrowOptions
	b *array.RecordBuilder
	n int // rows in the builder
	w interface {
		Write(arrow.Record) error
		Close() error
	}
}

// NewArrow returns a Writer of Arrow IPC. All columns are nullable; times are
// nanoseconds in UTC.
func NewArrow(w io.Writer, t *Table, o ArrowOptions) (Writer, error) {
	var fields []arrow.Field
	for _, c := range t.Columns {
		var typ arrow.DataType
		switch c.Type {
		case Int:
			typ = arrow.PrimitiveTypes.Int32
		case Long:
			typ = arrow.PrimitiveTypes.Int64
		case Real:
			typ = arrow.PrimitiveTypes.Float64
		case Bool:
			typ = arrow.FixedWidthTypes.Boolean
		case Time:
			typ = &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
		default:
			typ = arrow.BinaryTypes.String
			if o.Dictionary {
				typ = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
			}
		}
		fields = append(fields, arrow.Field{Name: c.Name, Type: typ, Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	a := &arrowWriter{t: t, o: o, b: array.NewRecordBuilder(memory.DefaultAllocator, schema)}
	if a.o.Batch == 0 {
		a.o.Batch = 16_384
	}
	if o.Stream {
		a.w = ipc.NewWriter(w, ipc.WithSchema(schema))
		return a, nil
	}
	file, err := ipc.NewFileWriter(&teller{w: w}, ipc.WithSchema(schema))
	if err != nil {
		return nil, err
	}
	a.w = file
	return a, nil
}

func (a *arrowWriter) Write(r *Row) error {
	for i, c := range a.t.Columns {
		cell := r.Cell(i)
		f := a.b.Field(i)
		if len(cell) == 0 {
			f.AppendNull()
			continue
		}
		var err error
		switch f := f.(type) {
		case *array.StringBuilder:
			f.BinaryBuilder.Append(cell)
		case *array.BinaryDictionaryBuilder:
			err = f.Append(cell)
		case *array.TimestampBuilder:
			f.Append(arrow.Timestamp(r.Ticks(i) * 100))
		case *array.Int32Builder:
			var n int64
			n, err = strconv.ParseInt(string(cell), 10, 32)
			f.Append(int32(n))
		case *array.Int64Builder:
			var n int64
			n, err = strconv.ParseInt(string(cell), 10, 64)
			f.Append(n)
		case *array.Float64Builder:
			var x float64
			x, err = strconv.ParseFloat(string(cell), 64)
			f.Append(x)
		case *array.BooleanBuilder:
			f.Append(string(cell) == "true")
		default:
			panic(fmt.Sprintf("gen: builder %T", f))
		}
		if err != nil {
			return fmt.Errorf("record %d: %s: %w", r.N, c.Name, err)
		}
	}
	a.n++
	if a.n < a.o.Batch || a.o.Dictionary && !a.o.Stream {
		return nil
	}
	return a.flush()
}

func (a *arrowWriter) flush() error {
	rec := a.b.NewRecord()
	defer rec.Release()
	a.n = 0
	return a.w.Write(rec)
}

func (a *arrowWriter) Close() error {
	if a.n > 0 {
		if err := a.flush(); err != nil {
			return err
		}
	}
	a.b.Release()
	return a.w.Close()
}

// teller is what the file format's writer asks for: a place to write that
// knows how far it is. It never goes elsewhere.
type teller struct {
	w io.Writer
	n int64
}

func (t *teller) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	t.n += int64(n)
	return n, err
}

func (t *teller) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, fmt.Errorf("seek %d from %d: an Arrow file is written in one go", offset, whence)
	}
	return t.n, nil
}
