package formats

import (
	"errors"
	"fmt"
	"math"
)

// Parquet keeps its footer, page headers and indexes in Thrift's compact
// protocol. This reader is written by hand, because a general one allocates as
// many elements as a list claims to have: a footer of a hundred bytes could ask
// for gigabytes. Here lists grow with the bytes that are really there, and page
// headers, of which there may be millions, are read without allocation.
type thrift struct {
	b   []byte
	pos int
	err error // the first problem; all reads give zero after it
}

var (
	errMetadata    = errors.New("malformed metadata")
	errThriftShort = fmt.Errorf("%w: it ends early", errMetadata)
)

// Thrift compact type numbers.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftI8     = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
	thriftUUID   = 13
)

// A thriftField is the header of one field of a struct: `for f.next(t)`.
type thriftField struct {
	id  int32
	typ byte
}

func (t *thrift) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.pos = len(t.b)
}

func (t *thrift) byte() byte {
	if t.pos >= len(t.b) {
		t.fail(errThriftShort)
		return 0
	}
	c := t.b[t.pos]
	t.pos++
	return c
}

func (t *thrift) uvarint() uint64 {
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		c := t.byte()
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	t.fail(errMetadata)
	return 0
}

func (t *thrift) varint() int64 {
	u := t.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// next reads the next field header; false at the end of the struct.
func (f *thriftField) next(t *thrift) bool {
	c := t.byte()
	if t.err != nil || c == thriftStop {
		return false
	}
	f.typ = c & 15
	if d := c >> 4; d != 0 {
		f.id += int32(d)
	} else {
		f.id = int32(t.varint())
	}
	return t.err == nil
}

func (t *thrift) int64(f thriftField) int64 {
	switch f.typ {
	case thriftI16, thriftI32, thriftI64:
		return t.varint()
	case thriftI8:
		return int64(int8(t.byte()))
	}
	t.fail(errMetadata)
	return 0
}

func (t *thrift) int32(f thriftField) int32 {
	v := t.int64(f)
	if v < math.MinInt32 || v > math.MaxInt32 {
		t.fail(errMetadata)
		return 0
	}
	return int32(v)
}

func (t *thrift) bool(f thriftField) bool {
	if f.typ != thriftTrue && f.typ != thriftFalse {
		t.fail(errMetadata)
	}
	return f.typ == thriftTrue
}

// binary returns a part of t.b.
func (t *thrift) binary(f thriftField) []byte {
	if f.typ != thriftBinary {
		t.fail(errMetadata)
		return nil
	}
	return t.bytes()
}

func (t *thrift) bytes() []byte {
	n := t.uvarint()
	if t.err != nil {
		return nil
	}
	if n > uint64(len(t.b)-t.pos) {
		t.fail(errThriftShort)
		return nil
	}
	b := t.b[t.pos : t.pos+int(n) : t.pos+int(n)]
	t.pos += int(n)
	return b
}

// list reads the header of a list of the given type and returns its length. Every element
// takes at least one byte, so the length is bounded by what is left.
func (t *thrift) list(f thriftField, elem byte) int {
	if f.typ != thriftList && f.typ != thriftSet {
		t.fail(errMetadata)
		return 0
	}
	typ, n := t.listHead()
	if n > 0 && typ != elem && !(elem == thriftTrue && typ == thriftFalse) {
		t.fail(errMetadata)
		return 0
	}
	return n
}

func (t *thrift) listHead() (typ byte, n int) {
	c := t.byte()
	size := uint64(c >> 4)
	if size == 15 {
		size = t.uvarint()
	}
	if t.err == nil && size > uint64(len(t.b)-t.pos) {
		t.fail(errThriftShort)
	}
	if t.err != nil {
		return 0, 0
	}
	return c & 15, int(size)
}

// open checks that the field is a struct, whose fields follow.
func (t *thrift) open(f thriftField) {
	if f.typ != thriftStruct {
		t.fail(errMetadata)
	}
}

// skip passes over the value of a field.
func (t *thrift) skip(f thriftField) { t.skipType(f.typ, 0, false) }

func (t *thrift) skipType(typ byte, depth int, element bool) {
	if depth > 64 {
		t.fail(fmt.Errorf("%w: nested too deeply", errMetadata))
	}
	if t.err != nil {
		return
	}
	switch typ {
	case thriftTrue, thriftFalse:
		// As a field the value is in the type; as an element it is a byte.
		if element {
			t.byte()
		}
	case thriftI8:
		t.byte()
	case thriftI16, thriftI32, thriftI64:
		t.uvarint()
	case thriftDouble, thriftUUID:
		n := 8
		if typ == thriftUUID {
			n = 16
		}
		if len(t.b)-t.pos < n {
			t.fail(errThriftShort)
			return
		}
		t.pos += n
	case thriftBinary:
		t.bytes()
	case thriftList, thriftSet:
		elem, n := t.listHead()
		for range n {
			if t.err != nil {
				return
			}
			t.skipType(elem, depth+1, true)
		}
	case thriftMap:
		n := t.uvarint()
		if n == 0 || t.err != nil {
			return
		}
		c := t.byte()
		for range n {
			if t.err != nil {
				return
			}
			t.skipType(c>>4, depth+1, true)
			t.skipType(c&15, depth+1, true)
		}
	case thriftStruct:
		var f thriftField
		for f.next(t) {
			t.skipType(f.typ, depth+1, false)
		}
	default:
		t.fail(errMetadata)
	}
}
