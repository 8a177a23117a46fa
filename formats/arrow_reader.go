package formats

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
)

// An arrowReader reads record batches of one source.
type arrowReader struct {
	s       *arrowSource
	file    *ipc.FileReader // nil until the first batch of a file
	rec     arrow.Record    // claimed batch, nil if it could not be read
	keys    []int
	late    [][]int
	grids   []Grid
	rejects []Reject
	text    []byte
	cells   []Cell
	table   []byte
	fields  []Field
}

func (r *arrowReader) release() {
	if r.rec != nil {
		r.rec.Release()
		r.rec = nil
	}
}

func (r *arrowReader) Next() (Block, error) {
	r.release()
	r.rejects = nil
	b := Block{Part: r.s.part, Group: -1, Line: -1, Record: -1}
	if r.s.file == nil {
		rec, seq, size, err := r.s.stream.claimNext(r.s.c)
		if err != nil {
			if err != io.EOF {
				err = inputError(r.s.info.Input, err)
			}
			return Block{}, err
		}
		r.rec, b.Seq, b.Size = rec, seq, size
	} else {
		i := int(r.s.claim.Add(1) - 1)
		if i >= len(r.s.blocks) {
			r.s.claim.Add(-1)
			return Block{}, io.EOF
		}
		b.Seq = i
		size, n := r.s.c.Size, int64(len(r.s.blocks))
		if size < 0 {
			size = r.s.c.Len
		}
		b.Size = size*int64(i+1)/n - size*int64(i)/n
		rec, err := r.batch(i)
		if err != nil {
			// The other batches of a file stand on their own.
			r.rejects = []Reject{r.lost(i, err)}
			return b, nil
		}
		r.rec = rec
	}
	if err := r.checkBatch(); err != nil {
		r.release()
		r.rejects = []Reject{r.lost(b.Seq, err)}
		return b, nil
	}
	b.Rows = int(r.rec.NumRows())
	b.Records = b.Rows
	return b, nil
}

// lost returns the Reject of a batch that cannot be read.
func (r *arrowReader) lost(batch int, err error) Reject {
	pos := r.Pos(0)
	pos.Record = -1
	return Reject{Pos: pos, Err: fmt.Errorf("record batch %d: %w", batch, err)}
}

func (r *arrowReader) checkBatch() (err error) {
	defer recovered(&err)
	n := r.rec.NumRows()
	if n < 0 || n > maxArrowRows {
		return fmt.Errorf("%w: batch of %d rows", ErrTooLarge, n)
	}
	if int(r.rec.NumCols()) != len(r.s.cols) {
		return fmt.Errorf("%w: %d columns, want %d", errMetadata, r.rec.NumCols(), len(r.s.cols))
	}
	for i := range r.s.cols {
		if int64(r.rec.Column(i).Len()) != n {
			return fmt.Errorf("%w: column %s has %d rows of %d", errMetadata, r.s.part.Columns[i], r.rec.Column(i).Len(), n)
		}
		if err := checkLists(r.rec.Column(i)); err != nil {
			return fmt.Errorf("column %s: %w", r.s.part.Columns[i], err)
		}
	}
	return nil
}

func (r *arrowReader) failed(col int, err error) error {
	return &Error{Pos: Pos{Input: r.s.info.Input, Record: -1, Line: -1, Offset: -1, Group: -1, Column: r.s.part.Columns[col]}, Err: err}
}

func (r *arrowReader) Runs() iter.Seq2[*Run, error] {
	return func(yield func(*Run, error) bool) {
		for k, col := range r.keys {
			if r.rec == nil || col < 0 || r.s.cols[col].nested {
				if !yield(&Run{Key: k}, nil) {
					return
				}
				continue
			}
			arr := storage(r.rec.Column(col))
			if arr.DataType().ID() == arrow.NULL {
				if !yield(&Run{Key: k}, nil) {
					return
				}
				continue
			}
			for row, n := 0, arr.Len(); ; {
				run, next, err := r.run(k, col, arr, row)
				if err != nil {
					if !yield(&Run{Key: k}, r.failed(col, err)) {
						return
					}
					break
				}
				if !yield(run, nil) {
					return
				}
				if row = next; row >= n {
					break
				}
			}
		}
	}
}

// storage returns the array that an extension type stores its values in.
func storage(arr arrow.Array) arrow.Array {
	for {
		e, ok := arr.(array.ExtensionArray)
		if !ok {
			return arr
		}
		arr = e.Storage()
	}
}

// run makes a run of the rows from row on, as many as 32 bit offsets allow. next is the
// first row that is not in it.
func (r *arrowReader) run(key, col int, arr arrow.Array, row int) (run *Run, next int, err error) {
	defer recovered(&err)
	if d, ok := arr.(*array.Dictionary); ok {
		return r.dictRun(key, col, d)
	}
	data, cells, next, err := r.cellsOf(arr, row, r.s.cols[col].uuid, false)
	if err != nil {
		return nil, 0, err
	}
	run = &Run{Key: key, Data: data, Cells: cells}
	if row > 0 {
		run.Find = rowsFrom(uint32(row))
	}
	return run, next, nil
}

// dictRun is the dictionary of an array as a run.
func (r *arrowReader) dictRun(key, col int, d *array.Dictionary) (*Run, int, error) {
	values := storage(d.Dictionary())
	data, cells, n, err := r.cellsOf(values, 0, r.s.cols[col].uuid, true)
	if err != nil {
		return nil, 0, err
	}
	if n < values.Len() {
		return nil, 0, fmt.Errorf("%w: dictionary", ErrTooLarge)
	}
	return &Run{Key: key, Data: data, Cells: cells, Find: func(cells []uint32, dst []Ref) (out []Ref, err error) {
		out = dst
		defer func() {
			if err != nil {
				err = r.failed(col, err)
			}
		}()
		defer recovered(&err)
		if cap(r.table) < n {
			r.table = make([]byte, n)
		}
		table := r.table[:n]
		clear(table)
		for _, c := range cells {
			table[c] = 1
		}
		for i := range d.Len() {
			if d.IsNull(i) {
				continue
			}
			c := d.GetValueIndex(i)
			if c < 0 || c >= n {
				return out, errCode
			}
			if table[c] != 0 {
				out = append(out, Ref{Row: uint32(i), Cell: uint32(c)})
			}
		}
		return out, nil
	}}, d.Len(), nil
}

// A textArray has its values one after the other.
type textArray interface {
	arrow.Array
	ValueBytes() []byte
}

// arrowPiece bounds the data of a run, so that offsets fit in 32 bits.
const arrowPiece = 1 << 31

const (
	maxArrowRows = 1 << 28 // of a batch
	arrowPrinted = 1 << 16 // rows that are printed at a time
)

// cellsOf returns the cells of the rows from row on; next is the first row without one.
// Text is not copied. Values that must be printed come some rows at a time, unless
// whole is true.
func (r *arrowReader) cellsOf(arr arrow.Array, row int, uuid, whole bool) (data []byte, cells []Cell, next int, err error) {
	n := arr.Len()
	var offset func(int) int64
	narrow := func(o []int32) { offset = func(i int) int64 { return int64(o[i]) } }
	wide := func(o []int64) { offset = func(i int) int64 { return o[i] } }
	if n > 0 { // without rows there may be no offsets
		switch a := arr.(type) {
		case *array.String:
			narrow(a.ValueOffsets())
		case *array.LargeString:
			wide(a.ValueOffsets())
		case *array.Binary:
			narrow(a.ValueOffsets())
		case *array.LargeBinary:
			wide(a.ValueOffsets())
		}
	}
	if t, ok := arr.(textArray); ok && offset != nil {
		zero := offset(0)
		all := t.ValueBytes()
		base := offset(row)
		r.cells = r.cells[:0]
		last := base
		plain := true
		_, binary := arr.DataType().(arrow.BinaryDataType)
		check := binary && !isArrowText(arr)
		if base < zero || base-zero > int64(len(all)) {
			return nil, nil, 0, errValues
		}
		data = all[base-zero:]
		for next = row; next < n; next++ {
			end := offset(next + 1)
			if end < last || end-zero > int64(len(all)) {
				return nil, nil, 0, errValues
			}
			if end-base > arrowPiece && next > row {
				break
			}
			if end-base > math.MaxUint32 {
				return nil, nil, 0, fmt.Errorf("%w: cell", ErrTooLarge)
			}
			c := Cell{uint32(last - base), uint32(end - last)}
			if arr.IsNull(next) {
				c.Len = 0
			}
			if check && plain && !utf8.Valid(data[c.Off:c.Off+c.Len]) {
				plain = false
			}
			r.cells = append(r.cells, c)
			last = end
		}
		if plain {
			return data, r.cells, next, nil
		}
	}
	r.text, r.cells = r.text[:0], r.cells[:0]
	for next = row; next < n; next++ {
		off := len(r.text)
		if !whole && (next-row == arrowPrinted || off > DefaultMaxRecord) || int64(off) > arrowPiece {
			break
		}
		if r.text, err = appendArrow(r.text, arr, next, uuid); err != nil {
			return nil, nil, 0, err
		}
		if int64(len(r.text)) > math.MaxUint32 {
			return nil, nil, 0, fmt.Errorf("%w: cell", ErrTooLarge)
		}
		r.cells = append(r.cells, Cell{uint32(off), uint32(len(r.text) - off)})
	}
	return r.text, r.cells, next, nil
}

func isArrowText(arr arrow.Array) bool {
	switch arr.(type) {
	case *array.String, *array.LargeString, *array.StringView:
		return true
	}
	return false
}

// appendArrow prints one value; nothing for a null.
func appendArrow(dst []byte, arr arrow.Array, i int, uuid bool) ([]byte, error) {
	arr = storage(arr)
	if arr.IsNull(i) {
		return dst, nil
	}
	p := printer{kind: printInt}
	var n int64
	switch a := arr.(type) {
	case *array.String:
		return append(dst, a.Value(i)...), nil
	case *array.LargeString:
		return append(dst, a.Value(i)...), nil
	case *array.StringView:
		return append(dst, a.Value(i)...), nil
	case *array.Binary:
		return appendBytes(dst, a.Value(i)), nil
	case *array.LargeBinary:
		return appendBytes(dst, a.Value(i)), nil
	case *array.BinaryView:
		return appendBytes(dst, a.Value(i)), nil
	case *array.FixedSizeBinary:
		if v := a.Value(i); uuid {
			return appendUUID(dst, v), nil
		} else {
			return appendBytes(dst, v), nil
		}
	case *array.Dictionary:
		c := a.GetValueIndex(i)
		if c < 0 || c >= a.Dictionary().Len() {
			return dst, errCode
		}
		return appendArrow(dst, a.Dictionary(), c, uuid)
	case *array.Struct:
		return appendArrowStruct(dst, a, i)
	case array.ListLike:
		return appendArrowList(dst, a, i)
	case *array.Boolean:
		p.kind = printBool
		if a.Value(i) {
			n = 1
		}
	case *array.Int8:
		n = int64(a.Value(i))
	case *array.Int16:
		n = int64(a.Value(i))
	case *array.Int32:
		n = int64(a.Value(i))
	case *array.Int64:
		n = a.Value(i)
	case *array.Uint8:
		n = int64(a.Value(i))
	case *array.Uint16:
		n = int64(a.Value(i))
	case *array.Uint32:
		n = int64(a.Value(i))
	case *array.Uint64:
		p.kind, n = printUint, int64(a.Value(i))
	case *array.Float16:
		return appendFloat(dst, float64(a.Value(i).Float32()), 32), nil
	case *array.Float32:
		return appendFloat(dst, float64(a.Value(i)), 32), nil
	case *array.Float64:
		return appendFloat(dst, a.Value(i), 64), nil
	case *array.Decimal128:
		return appendDecimal(dst, a.Value(i).BigInt().Append(nil, 10), int(a.DataType().(*arrow.Decimal128Type).Scale)), nil
	case *array.Decimal256:
		return appendDecimal(dst, a.Value(i).BigInt().Append(nil, 10), int(a.DataType().(*arrow.Decimal256Type).Scale)), nil
	case *array.Date32:
		p.kind, n = printDate, int64(a.Value(i))
	case *array.Date64:
		n = int64(a.Value(i))
		if n%86400e3 == 0 {
			p.kind, n = printDate, n/86400e3
		} else {
			p.kind, p.unit = printTime, unitMilli
		}
	case *array.Time32:
		p.kind, p.unit, n = printClock, arrowUnit(a.DataType().(*arrow.Time32Type).Unit), int64(a.Value(i))
	case *array.Time64:
		p.kind, p.unit, n = printClock, arrowUnit(a.DataType().(*arrow.Time64Type).Unit), int64(a.Value(i))
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		// With a zone the values are instants, whatever zone it is.
		p.kind, p.unit, p.utc, n = printTime, arrowUnit(t.Unit), t.TimeZone != "", int64(a.Value(i))
	case *array.Duration:
		n = int64(a.Value(i))
	default:
		return append(dst, arr.ValueStr(i)...), nil
	}
	return p.appendInt(dst, n), nil
}

func arrowUnit(u arrow.TimeUnit) timeUnit {
	switch u {
	case arrow.Second:
		return unitSecond
	case arrow.Millisecond:
		return unitMilli
	case arrow.Microsecond:
		return unitMicro
	}
	return unitNano
}

// Fetch gives a Grid even with an error: the cells of the columns that could
// not be read are empty in it.
func (r *arrowReader) Fetch(stage int, rows []uint32) (*Grid, error) {
	g := &r.grids[stage]
	g.byColumn(len(rows), len(r.late[stage]))
	var errs []error
	for j, col := range r.late[stage] {
		if r.rec == nil || col < 0 || r.s.cols[col].nested {
			continue
		}
		if err := r.column(col, rows, g, j); err != nil {
			errs = append(errs, r.failed(col, err))
		}
	}
	return g, errors.Join(errs...)
}

func (r *arrowReader) column(col int, rows []uint32, g *Grid, j int) (err error) {
	defer recovered(&err)
	arr := storage(r.rec.Column(col))
	for i, row := range rows {
		if int(row) >= arr.Len() {
			return fmt.Errorf("formats: row %d of %d", row, arr.Len())
		}
		off := len(g.Data)
		if g.Data, err = appendArrow(g.Data, arr, int(row), r.s.cols[col].uuid); err != nil {
			return err
		}
		if int64(len(g.Data)) > math.MaxUint32 {
			g.Data = g.Data[:off]
			return fmt.Errorf("%w: late cells of more than 4 GiB; fetch fewer rows at once", ErrTooLarge)
		}
		g.Cells[i*g.Down+j*g.Right] = Cell{uint32(off), uint32(len(g.Data) - off)}
	}
	return nil
}

func (r *arrowReader) Record(row uint32) ([]Field, error) {
	r.fields = r.fields[:0]
	var errs []error
	for col, name := range r.s.part.Columns {
		var g Grid
		g.byColumn(1, 1)
		if r.rec != nil && !r.s.cols[col].nested {
			if err := r.column(col, []uint32{row}, &g, 0); err != nil {
				errs = append(errs, r.failed(col, err))
			}
		}
		r.fields = append(r.fields, Field{Name: []byte(name), Value: g.Cell(0, 0)})
	}
	return r.fields, errors.Join(errs...)
}

func (r *arrowReader) Pos(row uint32) Pos {
	return Pos{Input: r.s.info.Input, Record: int64(row), Line: -1, Offset: -1, Group: -1}
}

func (r *arrowReader) Raw(uint32) []byte { return nil }

func (r *arrowReader) Rejects() []Reject { return r.rejects }
