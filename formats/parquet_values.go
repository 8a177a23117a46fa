package formats

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/format"
)

// A pqValues has the values of a page or dictionary in stored form: byte arrays by
// cells, all others one after the other, width bytes each, little-endian. data may lie
// in a page buffer; own, cells and nums are used again from page to page.
type pqValues struct {
	n     int
	width int // 0: cells
	data  []byte
	cells []Cell
	own   []byte // buffer for values that had to be computed
	nums  []int64
}

func (v *pqValues) at(i int) []byte {
	if v.width > 0 {
		return v.data[i*v.width : (i+1)*v.width]
	}
	c := v.cells[i]
	return v.data[c.Off : c.Off+c.Len]
}

// size is what the buffers take, in bytes.
func (v *pqValues) size() int { return cap(v.cells)*8 + cap(v.own) + cap(v.nums)*8 }

var errValues = fmt.Errorf("%w: values end early", errMetadata)

// plainDictionary is what old writers call both the encoding of a dictionary
// (plain) and that of the pages which use it (dictionary indices).
const plainDictionary format.Encoding = 2

// decode reads n values of a column from the body of a page. Its work and
// memory are bounded by n and maxPage.
func (v *pqValues) decode(col *pqColumn, enc format.Encoding, body []byte, n int) error {
	// A value may take less than a bit (delta, RLE), so bytes are no bound.
	if n > maxPageValues {
		return fmt.Errorf("%w: page of %d values", ErrTooLarge, n)
	}
	v.n, v.width, v.data, v.cells = n, col.print.width, nil, v.cells[:0]
	if n == 0 {
		return nil // some writers leave out all of an encoding then, its header too
	}
	switch col.phys {
	case format.Boolean:
		return v.booleans(enc, body, n)
	case format.ByteArray:
		v.width = 0
		switch enc {
		case format.Plain, plainDictionary:
			return v.plainBytes(body, n)
		case format.DeltaLengthByteArray:
			return v.deltaLength(body, n)
		case format.DeltaByteArray:
			return v.deltaBytes(body, n)
		}
	default:
		switch {
		case enc == format.Plain, enc == plainDictionary:
			if len(body) < n*v.width {
				return errValues
			}
			v.data = body[:n*v.width]
			return nil
		case enc == format.ByteStreamSplit && col.phys != format.Int96:
			return v.streams(body, n)
		case enc == format.DeltaBinaryPacked && (col.phys == format.Int32 || col.phys == format.Int64):
			return v.deltaInts(body, n)
		case enc == format.DeltaByteArray && col.phys == format.FixedLenByteArray:
			width := v.width
			v.width = 0
			if err := v.deltaBytes(body, n); err != nil {
				return err
			}
			for _, c := range v.cells {
				if int(c.Len) != width {
					return fmt.Errorf("%w: value of %d bytes, want %d", errMetadata, c.Len, width)
				}
			}
			return nil
		}
	}
	return fmt.Errorf("encoding %v of %v values is not supported", enc, col.phys)
}

func (v *pqValues) booleans(enc format.Encoding, body []byte, n int) error {
	v.width = 1
	v.own = grow(v.own, n)
	v.data = v.own
	switch enc {
	case format.Plain:
		if len(body) < (n+7)/8 {
			return errValues
		}
		for i := range n {
			v.own[i] = body[i>>3] >> (i & 7) & 1
		}
		return nil
	case format.RLE:
		if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
			return errValues
		}
		h := newHybrid(body[4:4+binary.LittleEndian.Uint32(body)], 1)
		var buf [256]uint32
		for i := 0; i < n; {
			k := h.read(buf[:min(len(buf), n-i)])
			if k == 0 {
				return errValues
			}
			for _, b := range buf[:k] {
				v.own[i] = byte(b)
				i++
			}
		}
		return nil
	}
	return fmt.Errorf("encoding %v of booleans is not supported", enc)
}

func (v *pqValues) plainBytes(body []byte, n int) error {
	if n > len(body)/4 {
		return errValues
	}
	v.data = body
	cells := growCells(v.cells, n)
	off := 0
	for i := range cells {
		if len(body)-off < 4 {
			return errValues
		}
		size := binary.LittleEndian.Uint32(body[off:])
		off += 4
		if uint64(size) > uint64(len(body)-off) {
			return errValues
		}
		cells[i] = Cell{uint32(off), size}
		off += int(size)
	}
	v.cells = cells
	return nil
}

func growCells(cells []Cell, n int) []Cell {
	if cap(cells) >= n {
		return cells[:n]
	}
	return make([]Cell, n, n+n/4)
}

// streams joins values whose first bytes come first, then their second bytes.
func (v *pqValues) streams(body []byte, n int) error {
	w := v.width
	if len(body) < n*w {
		return errValues
	}
	v.own = grow(v.own, n*w)
	for j := range w {
		for i, c := range body[j*n : j*n+n] {
			v.own[i*w+j] = c
		}
	}
	v.data = v.own
	return nil
}

func (v *pqValues) deltaInts(body []byte, n int) error {
	nums, _, err := deltaNums(body, v.nums, n)
	v.nums = nums
	if err != nil {
		return err
	}
	w := v.width
	v.own = grow(v.own, n*w)
	for i, x := range nums {
		if w == 4 {
			binary.LittleEndian.PutUint32(v.own[i*4:], uint32(x))
		} else {
			binary.LittleEndian.PutUint64(v.own[i*8:], uint64(x))
		}
	}
	v.data = v.own
	return nil
}

func (v *pqValues) deltaLength(body []byte, n int) error {
	nums, rest, err := deltaNums(body, v.nums, n)
	v.nums = nums
	if err != nil {
		return err
	}
	v.data = rest
	v.cells = growCells(v.cells, n)
	off := 0
	for i, size := range nums {
		if size < 0 || size > int64(len(rest)-off) {
			return errValues
		}
		v.cells[i] = Cell{uint32(off), uint32(size)}
		off += int(size)
	}
	return nil
}

// deltaBytes joins values that are stored as the length of the prefix which
// they share with the value before, and the rest.
func (v *pqValues) deltaBytes(body []byte, n int) error {
	prefixes, rest, err := deltaNums(body, v.nums, n)
	v.nums = prefixes
	if err != nil {
		return err
	}
	var suffixes pqValues
	if err := suffixes.deltaLength(rest, n); err != nil {
		return err
	}
	v.cells = growCells(v.cells, n)
	out := v.own[:0]
	var last Cell
	for i, p := range prefixes {
		if p < 0 || p > int64(last.Len) {
			return errValues
		}
		s := suffixes.at(i)
		// A page of a kilobyte may repeat a long value a million times.
		if len(out)+int(p)+len(s) > maxPage {
			return fmt.Errorf("%w: page unpacks to more than %d bytes", ErrTooLarge, maxPage)
		}
		c := Cell{uint32(len(out)), uint32(p) + uint32(len(s))}
		out = append(out, out[last.Off:int(last.Off)+int(p)]...)
		out = append(out, s...)
		v.cells[i], last = c, c
	}
	v.own, v.data = out, out
	return nil
}

// deltaNums reads DELTA_BINARY_PACKED: n numbers into dst, and what follows them.
func deltaNums(b []byte, dst []int64, n int) (nums []int64, rest []byte, err error) {
	bad := fmt.Errorf("%w: delta block", errMetadata)
	next := func() uint64 {
		u, k := binary.Uvarint(b)
		if k <= 0 {
			err = bad
			return 0
		}
		b = b[k:]
		return u
	}
	zigzag := func() int64 {
		u := next()
		return int64(u>>1) ^ -int64(u&1)
	}
	block, minis, total := next(), next(), next()
	first := zigzag()
	if err != nil {
		return dst, nil, err
	}
	if block == 0 || block > 1<<20 || minis == 0 || minis > block || block%minis != 0 || block/minis%8 != 0 || total != uint64(n) {
		return dst, nil, fmt.Errorf("%w of %d values, want %d", bad, total, n)
	}
	if cap(dst) < n {
		dst = make([]int64, 0, n+n/4)
	}
	dst = dst[:0]
	if n == 0 {
		return dst, b, nil
	}
	dst = append(dst, first)
	per := int(block / minis)
	last := first
	for len(dst) < n {
		least := zigzag()
		if err != nil || uint64(len(b)) < minis {
			return dst, nil, bad
		}
		widths := b[:minis]
		b = b[minis:]
		for _, w := range widths {
			if len(dst) >= n {
				// Widths of blocks that are not there may hold anything.
				break
			}
			width := uint(w)
			size := per / 8 * int(width)
			if width > 64 {
				return dst, nil, bad
			}
			count := min(per, n-len(dst))
			// The last block may be cut off at its last value.
			if len(b) < (count*int(width)+7)/8 {
				return dst, nil, bad
			}
			for i := range count {
				last += least + int64(bitsAt(b, uint(i)*width, width))
				dst = append(dst, last)
			}
			b = b[min(size, len(b)):]
		}
	}
	return dst, b, nil
}

// bitsAt returns width bits from bit on, lowest bit first.
func bitsAt(b []byte, bit, width uint) uint64 {
	if width == 0 {
		return 0
	}
	off, shift := bit>>3, bit&7
	var w uint64
	if off+8 <= uint(len(b)) {
		w = binary.LittleEndian.Uint64(b[off:]) >> shift
		if shift+width > 64 {
			w |= uint64(b[off+8]) << (64 - shift)
		}
	} else {
		for i := uint(0); i < 9 && off+i < uint(len(b)); i++ {
			if s := int(8*i) - int(shift); s >= 0 {
				w |= uint64(b[off+i]) << s
			} else {
				w |= uint64(b[off+i]) >> -s
			}
		}
	}
	if width == 64 {
		return w
	}
	return w & (1<<width - 1)
}

// A pqText is the values of a page or dictionary as text.
type pqText struct {
	data  []byte
	cells []Cell
	// Buffers for values that had to be printed. Text is not copied: then
	// data and cells are those of the values.
	buf []byte
	own []Cell
}

// print makes text of all values.
func (t *pqText) print(v *pqValues, p *printer) error {
	if v.width == 0 && (p.asIs() || p.kind == printBytes && v.valid()) {
		t.data, t.cells = v.data, v.cells
		return nil
	}
	t.own = growCells(t.own, v.n)
	buf := t.buf[:0]
	for i := range v.n {
		off := len(buf)
		buf = p.append(buf, v.at(i))
		if int64(len(buf)) > math.MaxUint32 {
			return fmt.Errorf("%w: printed values of a page", ErrTooLarge)
		}
		t.own[i] = Cell{uint32(off), uint32(len(buf) - off)}
	}
	t.buf = buf
	t.data, t.cells = buf, t.own
	return nil
}

// valid reports whether every value is UTF-8.
func (v *pqValues) valid() bool {
	for i := range v.n {
		if !utf8.Valid(v.at(i)) {
			return false
		}
	}
	return true
}
