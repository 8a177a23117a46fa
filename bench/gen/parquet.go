package gen

import (
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// An Encoding is how a Parquet file stores the values of its text columns.
type Encoding uint8

// The encodings.
const (
	Dictionary Encoding = iota // a dictionary for every column
	Overflow                   // dictionaries that are given up when they grow, as most writers do
	Plain                      // none
)

// ParquetOptions says how Parquet is written. The zero value is what an
// exporter for analysts would write: zstd and dictionaries.
type ParquetOptions struct {
	Codec    string // zstd (or ""), snappy, gzip, lz4, brotli, none
	Encoding Encoding
	// DictionaryBytes is how large a dictionary may grow under Overflow before
	// it is given up; 0 is 4 KiB. It is looked at when a page is full.
	DictionaryBytes int64
	Group           int64 // rows in a row group; 0 is 100,000, as Azure Data Explorer exports
	// PageBytes is the size of a data page before compression; 0 is 256 KiB,
	// and 4 KiB under Overflow, so that even a thousand rows have several pages.
	PageBytes int
	// Unit is what times are counted in: ns (or ""), us, ms. Only ns carries
	// all that the rows have. "text" writes times as ISO strings.
	Unit string
	V1   bool // data pages of version 1
}

// codecs are the compressions by name.
var codecs = map[string]compress.Codec{
	"": &parquet.Zstd, "zstd": &parquet.Zstd, "snappy": &parquet.Snappy, "gzip": &parquet.Gzip,
	"lz4": &parquet.Lz4Raw, "brotli": &parquet.Brotli, "none": &parquet.Uncompressed,
}

// ordered is a group whose fields stand in an order of their own; those of
// parquet.Group are sorted by name.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

func (o *ordered) Fields() []parquet.Field { return o.fields }

type parquetWriter struct {
	t     *Table
	o     ParquetOptions
	w     *parquet.GenericWriter[any]
	rows  []parquet.Row
	n     int // rows gathered
	arena []byte
	// text of the gathered rows: Values point into it, and it must not move
}

// gather is how many rows are handed over at once.
const gather = 64

// NewParquet returns a Writer of Parquet. All columns are optional.
func NewParquet(w io.Writer, t *Table, o ParquetOptions) (Writer, error) {
	codec, ok := codecs[o.Codec]
	if !ok {
		return nil, fmt.Errorf("%q is no Parquet codec", o.Codec)
	}
	var unit parquet.TimeUnit
	switch o.Unit {
	case "", "ns":
		unit = parquet.Nanosecond
	case "us":
		unit = parquet.Microsecond
	case "ms":
		unit = parquet.Millisecond
	case "text":
	default:
		return nil, fmt.Errorf("%q is no unit of time", o.Unit)
	}
	g := parquet.Group{}
	for _, c := range t.Columns {
		var n parquet.Node
		switch {
		case c.Type == Int:
			n = parquet.Int(32)
		case c.Type == Long:
			n = parquet.Int(64)
		case c.Type == Real:
			n = parquet.Leaf(parquet.DoubleType)
		case c.Type == Bool:
			n = parquet.Leaf(parquet.BooleanType)
		case c.Type == Time && unit != nil:
			n = parquet.Timestamp(unit)
		default:
			n = parquet.String()
			if o.Encoding != Plain {
				n = parquet.Encoded(n, &parquet.RLEDictionary)
			}
		}
		g[c.Name] = parquet.Optional(n)
	}
	byName := map[string]parquet.Field{}
	for _, f := range g.Fields() {
		byName[f.Name()] = f
	}
	root := &ordered{Group: g}
	for _, c := range t.Columns {
		root.fields = append(root.fields, byName[c.Name])
	}
	page := int64(256 << 10)
	if o.Encoding == Overflow {
		page = 4 << 10
	}
	options := []parquet.WriterOption{
		parquet.NewSchema(t.Name, root), parquet.Compression(codec),
		parquet.MaxRowsPerRowGroup(or(o.Group, 100_000)), parquet.PageBufferSize(int(or(int64(o.PageBytes), page))),
		parquet.DataPageStatistics(true),
		// Else it is taken from the binary that writes: not the same bytes.
		parquet.CreatedBy("iocsweep bench", "1", "0"),
	}
	if o.Encoding == Overflow {
		options = append(options, parquet.DictionaryMaxBytes(or(o.DictionaryBytes, 4<<10)))
	}
	if o.V1 {
		options = append(options, parquet.DataPageVersion(1))
	}
	p := &parquetWriter{t: t, o: o, w: parquet.NewGenericWriter[any](w, options...), rows: make([]parquet.Row, gather)}
	for i := range p.rows {
		p.rows[i] = make(parquet.Row, len(t.Columns))
	}
	return p, nil
}

func or(n, otherwise int64) int64 {
	if n == 0 {
		return otherwise
	}
	return n
}

func (p *parquetWriter) Write(r *Row) error {
	// The row's buffer is used again for the next one. Values keep pointing
	// into an arena that was outgrown, so growing it does no harm.
	from := len(p.arena)
	p.arena = append(p.arena, r.buf...)
	text := p.arena[from:]
	row := p.rows[p.n]
	for i, c := range p.t.Columns {
		cell := r.Cell(i)
		if len(cell) == 0 {
			row[i] = parquet.NullValue().Level(0, 0, i)
			continue
		}
		v, err := p.value(c.Type, r, i, text[r.cells[i].off:r.cells[i].end])
		if err != nil {
			return fmt.Errorf("record %d: %s: %w", r.N, c.Name, err)
		}
		row[i] = v.Level(0, 1, i)
	}
	if p.n++; p.n < gather {
		return nil
	}
	return p.hand()
}

func (p *parquetWriter) value(typ Type, r *Row, i int, cell []byte) (v parquet.Value, err error) {
	switch typ {
	case Int:
		n, err := strconv.ParseInt(string(cell), 10, 32)
		return parquet.Int32Value(int32(n)), err
	case Long:
		n, err := strconv.ParseInt(string(cell), 10, 64)
		return parquet.Int64Value(n), err
	case Real:
		x, err := strconv.ParseFloat(string(cell), 64)
		return parquet.DoubleValue(x), err
	case Bool:
		b, err := strconv.ParseBool(string(cell))
		return parquet.BooleanValue(b), err
	case Time:
		switch p.o.Unit {
		case "", "ns":
			return parquet.Int64Value(r.Ticks(i) * 100), nil
		case "us":
			return parquet.Int64Value(r.Ticks(i) / 10), nil
		case "ms":
			return parquet.Int64Value(r.Ticks(i) / 1e4), nil
		}
	}
	return parquet.ByteArrayValue(cell), nil
}

func (p *parquetWriter) hand() error {
	_, err := p.w.WriteRows(p.rows[:p.n])
	p.n, p.arena = 0, p.arena[:0]
	return err
}

func (p *parquetWriter) Close() error {
	if err := p.hand(); err != nil {
		return err
	}
	return p.w.Close()
}
