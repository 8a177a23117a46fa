package formats

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// avroValues reads the values of a block and prints them as JSON, with cells as the
// readers of Parquet and Arrow print them.
type avroValues struct {
	in    *bufio.Reader
	large bytes.Buffer // of a value that in does not hold
	event eventLines
	aside []byte // what is printed of values that nobody wants

	start  int   // of the record in hand in its text
	max    int   // bytes of its text
	room   int   // bytes of one value
	bytes  int64 // that were read
	values int64 // that were read
}

// Values that take no bytes (nulls, records of nothing) may be any number, said in some
// bytes: freeNulls of them in a file, and nullsPerByte for each byte of others, are read.
const (
	freeNulls    = 1 << 20
	nextNulls    = 1 << 10 // behind a block that had too many
	nullsPerByte = 64
)

var (
	errAvroValues = errors.New("more values than it has bytes for")
	errAvroDepth  = fmt.Errorf("values are nested more than %d deep", maxAvroDepth)
)

// forgive lets what follows a block that said too much of itself be read. Another such
// block ends soon: a file may have one in every twenty bytes.
func (d *avroValues) forgive() { d.values = freeNulls + nullsPerByte*d.bytes - nextNulls }

// line appends one record as one line or, of an event, what its body holds as lines.
func (d *avroValues) line(dst []byte, plan *avroPlan, max int) ([]byte, error) {
	d.start, d.max, d.room = len(dst), max, max
	t := plan.root
	if !plan.event {
		d.room = max / 4 // as JSON it may be six times as long
		var err error
		if t.kind == avroUnion {
			if t, err = d.branch(t); err != nil {
				return dst, err
			}
		}
		dst, err = d.value(dst, t, 0)
		return append(dst, '\n'), err
	}
	if t.kind != avroRecord {
		body, err := d.body(t)
		if err != nil {
			return dst, err
		}
		return d.event.append(dst, body, max), nil
	}
	for i, f := range t.fields {
		if i == plan.body {
			body, err := d.body(f.avroType)
			if err != nil {
				return dst, err
			}
			dst = d.event.append(dst, body, max)
			continue
		}
		d.start = 0
		var err error
		if d.aside, err = d.value(d.aside[:0], f.avroType, 1); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// body reads the body of an event; nil for null. It lives until the next read.
func (d *avroValues) body(t *avroType) ([]byte, error) {
	var err error
	if t.kind == avroUnion {
		if t, err = d.branch(t); err != nil || t.kind == avroNull {
			return nil, err
		}
	}
	return d.sized()
}

// value appends a value as JSON.
func (d *avroValues) value(dst []byte, t *avroType, depth int) ([]byte, error) {
	if d.values++; d.values > freeNulls+nullsPerByte*d.bytes {
		return dst, errAvroValues
	}
	if depth > maxAvroDepth {
		return dst, errAvroDepth
	}
	if len(dst)-d.start > d.max {
		return dst, fmt.Errorf("%w: a record of more than %d bytes", ErrTooLarge, d.max)
	}
	switch t.kind {
	case avroNull:
		return append(dst, "null"...), nil
	case avroBool:
		b, err := d.fixed(1)
		if err != nil {
			return dst, err
		}
		return strconv.AppendBool(dst, b[0] != 0), nil
	case avroInt:
		n, err := d.long()
		if err != nil {
			return dst, err
		}
		if !t.print.quoted() {
			return t.print.appendInt(dst, n), nil
		}
		return append(t.print.appendInt(append(dst, '"'), n), '"'), nil
	case avroFloat, avroDouble:
		return d.float(dst, t)
	case avroBytes, avroString:
		v, err := d.sized()
		if err != nil {
			return dst, err
		}
		return appendAvroBytes(dst, t, v), nil
	case avroFixed, avroDuration:
		v, err := d.fixed(int64(t.size))
		if err != nil {
			return dst, err
		}
		return appendAvroBytes(dst, t, v), nil
	case avroEnum:
		n, err := d.long()
		if err == nil && (n < 0 || n >= int64(len(t.symbols))) {
			err = fmt.Errorf("symbol %d of %d", n, len(t.symbols))
		}
		if err != nil {
			return dst, err
		}
		return append(dst, t.symbols[n]...), nil
	case avroUnion:
		of, err := d.branch(t)
		if err != nil {
			return dst, err
		}
		return d.value(dst, of, depth+1)
	case avroRecord:
		return d.record(dst, t, depth)
	}
	return d.items(dst, t, depth)
}

// branch returns the type that a value of a union has.
func (d *avroValues) branch(t *avroType) (*avroType, error) {
	n, err := d.long()
	if err == nil && (n < 0 || n >= int64(len(t.union))) {
		err = fmt.Errorf("branch %d of a union of %d", n, len(t.union))
	}
	if err != nil {
		return nil, err
	}
	return t.union[n], nil
}

// record appends a record as an object. What is null in it has no place there if it lies
// in another, as with Parquet; the outermost shows its columns.
func (d *avroValues) record(dst []byte, t *avroType, depth int) ([]byte, error) {
	dst = append(dst, '{')
	first := len(dst)
	for i := range t.fields {
		f := &t.fields[i]
		before := len(dst)
		if before > first {
			dst = append(dst, ',')
		}
		dst = append(dst, f.key...)
		at := len(dst)
		var err error
		if dst, err = d.value(dst, f.avroType, depth+1); err != nil {
			return dst, err
		}
		if depth > 0 && string(dst[at:]) == "null" {
			dst = dst[:before]
		}
	}
	return append(dst, '}'), nil
}

// items appends an array, or a map as an object. They come in pieces, each with a count
// of its own; behind a negative one stands the size of the piece.
func (d *avroValues) items(dst []byte, t *avroType, depth int) ([]byte, error) {
	ends := [2]byte{'[', ']'}
	if t.kind == avroMap {
		ends = [2]byte{'{', '}'}
	}
	dst = append(dst, ends[0])
	first := len(dst)
	for {
		count, err := d.long()
		if err == nil && count < 0 {
			count = -count
			_, err = d.long()
		}
		if err == nil && count < 0 {
			err = errAvroNumber
		}
		if err != nil {
			return dst, err
		}
		if count == 0 {
			return append(dst, ends[1]), nil
		}
		for ; count > 0; count-- {
			if len(dst) > first {
				dst = append(dst, ',')
			}
			if t.kind == avroMap {
				key, err := d.sized()
				if err != nil {
					return dst, err
				}
				dst = append(appendJSONString(dst, key), ':')
			}
			if dst, err = d.value(dst, t.items, depth+1); err != nil {
				return dst, err
			}
		}
	}
}

func (d *avroValues) float(dst []byte, t *avroType) ([]byte, error) {
	bits := 32
	if t.kind == avroDouble {
		bits = 64
	}
	v, err := d.fixed(int64(bits / 8))
	if err != nil {
		return dst, err
	}
	var f float64
	if bits == 32 {
		f = float64(math.Float32frombits(binary.LittleEndian.Uint32(v)))
	} else {
		f = math.Float64frombits(binary.LittleEndian.Uint64(v))
	}
	if math.IsNaN(f) || math.IsInf(f, 0) { // JSON has no number for it
		return append(appendFloat(append(dst, '"'), f, bits), '"'), nil
	}
	return appendFloat(dst, f, bits), nil
}

// appendAvroBytes appends a value of bytes, fixed or string.
func appendAvroBytes(dst []byte, t *avroType, v []byte) []byte {
	switch {
	case t.kind == avroString:
		return appendJSONString(dst, v)
	case t.kind == avroDuration:
		le := binary.LittleEndian
		milli := le.Uint32(v[8:])
		dst = fmt.Appendf(dst, `"P%dM%dDT%d`, le.Uint32(v), le.Uint32(v[4:]), milli/1000)
		if milli%1000 > 0 {
			dst = fmt.Appendf(dst, ".%03d", milli%1000)
		}
		return append(dst, `S"`...)
	case t.print.kind == printBigDecimal && len(v) <= maxDecimal:
		return t.print.append(dst, v)
	case t.print.kind == printUUID:
		return append(appendUUID(append(dst, '"'), v), '"')
	}
	return appendJSONString(dst, appendBytes(nil, v))
}

// long reads a number.
func (d *avroValues) long() (int64, error) {
	n, err := avroLong(d.in)
	if err == nil {
		d.bytes++
	}
	return n, err
}

// sized reads bytes behind their number. They live until the next read.
func (d *avroValues) sized() ([]byte, error) {
	n, err := d.long()
	if err == nil && n < 0 {
		err = fmt.Errorf("a value of %d bytes", n)
	}
	if err == nil && n > int64(d.room) {
		err = fmt.Errorf("%w: a value of %d bytes", ErrTooLarge, n)
	}
	if err != nil {
		return nil, err
	}
	return d.fixed(n)
}

// fixed reads n bytes. They live until the next read. Room is made for what there is,
// not for what is said, and that alone is counted.
func (d *avroValues) fixed(n int64) ([]byte, error) {
	if n <= int64(d.in.Size()) {
		v, err := d.in.Peek(int(n))
		if err != nil {
			return nil, err
		}
		d.bytes += n
		_, err = d.in.Discard(int(n))
		return v, err
	}
	if d.large.Cap() > 1<<20 && n < 1<<20 {
		d.large = bytes.Buffer{}
	}
	d.large.Reset()
	read, err := io.CopyN(&d.large, d.in, n)
	d.bytes += read
	return d.large.Bytes(), err
}
