package formats

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/parquet-go/bitpack"
)

// A hybrid reads Parquet's mix of repeated and bit-packed numbers, which holds
// levels and dictionary codes. It never unpacks more than was asked for: a run of
// two thousand million equal values is five bytes and stays five bytes.
//
//	06 05          three times 5           (width 8)
//	03 88 c6 fa    eight values of 3 bits  0 1 2 3 4 5 6 7
type hybrid struct {
	b      []byte // runs to come
	width  uint   // bits of a value, 0 to 32
	n      int    // values left of the current run
	packed bool
	val    uint32 // of a repeated run
	bits   []byte // of a packed run
	at     int    // index of the next value in bits
}

var errLevels = fmt.Errorf("%w: levels or codes end early", errMetadata)

func newHybrid(b []byte, width uint) hybrid { return hybrid{b: b, width: width} }

// packedLevels reads n one-bit levels of the oldest encoding: no runs, the
// first value in the highest bit. The bytes are turned round into buf.
func packedLevels(b, buf []byte, n int) (hybrid, []byte, error) {
	size := (n + 7) / 8
	if len(b) < size {
		return hybrid{}, buf, errLevels
	}
	buf = grow(buf, size)
	for i, c := range b[:size] {
		buf[i] = bits.Reverse8(c)
	}
	return hybrid{width: 1, n: n, packed: true, bits: buf}, buf, nil
}

// load makes sure that the current run has values.
func (h *hybrid) load() bool {
	for h.n == 0 {
		head, k := binary.Uvarint(h.b)
		if k <= 0 || head > 1<<33 {
			return false
		}
		h.b = h.b[k:]
		if head&1 == 0 {
			size := int(h.width+7) / 8
			if len(h.b) < size {
				return false
			}
			h.val = 0
			for i, c := range h.b[:size] {
				h.val |= uint32(c) << (8 * i)
			}
			h.b = h.b[size:]
			h.packed, h.n = false, int(head>>1)
			continue
		}
		if h.width == 0 {
			h.packed, h.val, h.n = false, 0, int(head>>1)*8
			continue
		}
		groups := int(head >> 1)
		// Some writers cut the last group off at the last value.
		size := min(groups*int(h.width), len(h.b))
		h.bits, h.b = h.b[:size], h.b[size:]
		h.packed, h.at = true, 0
		h.n = min(groups*8, size*8/int(h.width))
	}
	return true
}

// value returns the i-th value of a packed run.
func (h *hybrid) value(i int) uint32 {
	bit := i * int(h.width)
	off := bit >> 3
	var w uint64
	if off+8 <= len(h.bits) {
		w = binary.LittleEndian.Uint64(h.bits[off:])
	} else {
		for j, c := range h.bits[off:] {
			w |= uint64(c) << (8 * j)
		}
	}
	return uint32(w>>(bit&7)) & (1<<h.width - 1)
}

// peek returns the next value without taking it.
func (h *hybrid) peek() (uint32, bool) {
	if !h.load() {
		return 0, false
	}
	if h.packed {
		return h.value(h.at), true
	}
	return h.val, true
}

// skip passes over n values.
func (h *hybrid) skip(n int) bool {
	for n > 0 {
		if !h.load() {
			return false
		}
		k := min(n, h.n)
		h.n -= k
		h.at += k
		n -= k
	}
	return true
}

// to passes over n values and returns the one behind them without taking it.
func (h *hybrid) to(n int) (uint32, bool) {
	if n >= h.n {
		if !h.skip(n) || !h.load() {
			return 0, false
		}
		n = 0
	}
	h.n -= n
	h.at += n
	if h.packed {
		return h.value(h.at), true
	}
	return h.val, true
}

// read fills dst, at most to the end of the current run, and returns how many
// values it gave; 0 at the end.
func (h *hybrid) read(dst []uint32) int {
	if len(dst) == 0 || !h.load() {
		return 0
	}
	k := min(len(dst), h.n)
	dst = dst[:k]
	switch {
	case !h.packed:
		for i := range dst {
			dst[i] = h.val
		}
	default:
		i := 0
		if h.at&7 == 0 {
			src := h.bits[h.at*int(h.width)/8:]
			// The kernel reads beyond its input, up to the padding of the
			// page buffer, and its plain form wants that within the slice's
			// length; without padding the values are taken one by one.
			m := k &^ 7
			if padded := m*int(h.width)/8 + bitpack.PaddingInt32 + 8; m > 0 && cap(src) >= padded {
				bitpack.Unpack(dst[:m], src[:padded], h.width)
				i = m
			}
		}
		for ; i < k; i++ {
			dst[i] = h.value(h.at + i)
		}
	}
	h.n -= k
	h.at += k
	return k
}

// ones counts the ones among the next n values of width 1.
func (h hybrid) ones(n int) (int, error) {
	count := 0
	for n > 0 {
		if !h.load() {
			return 0, errLevels
		}
		k := min(n, h.n)
		count += h.onesTo(k)
		h.n -= k
		h.at += k
		n -= k
	}
	return count, nil
}

// onesTo counts the ones among the next k values of the current run, of width 1.
func (h *hybrid) onesTo(k int) (count int) {
	if !h.packed {
		return k * int(h.val&1)
	}
	at := h.at
	for ; k >= 56 && at>>3+8 <= len(h.bits); k, at = k-56, at+56 {
		count += bits.OnesCount64(binary.LittleEndian.Uint64(h.bits[at>>3:]) >> (at & 7) << 8)
	}
	for ; k > 0; k, at = k-1, at+1 {
		count += int(h.bits[at>>3]>>(at&7)) & 1
	}
	return count
}

// ones64 counts the ones of the first 64 one-bit values.
func ones64(b []byte) int { return bits.OnesCount64(binary.LittleEndian.Uint64(b)) }

// A nullMap leads from the stored values of a page to their rows: nulls are rows without
// a stored value. It only goes forward.
type nullMap struct {
	all bool   // no nulls: a value's number is its row
	h   hybrid // of width 1: whether a row has a value, from row on
	row int    // next row
	ord int    // number of values before it
}

// rowOf says which row holds the stored value ord.
func (m *nullMap) rowOf(ord int) (int, error) {
	if m.all {
		return ord, nil
	}
	for {
		if !m.h.load() {
			return 0, errLevels
		}
		k := 1
		switch {
		case m.h.packed && m.h.at&7 == 0 && m.h.n >= 64 && m.ord+ones64(m.h.bits[m.h.at>>3:]) <= ord:
			m.ord += ones64(m.h.bits[m.h.at>>3:])
			m.h.n -= 64
			m.h.at += 64
			m.row += 64
			continue
		case !m.h.packed && m.h.val == 0:
			k = m.h.n
		case !m.h.packed && m.ord < ord:
			k = min(m.h.n, ord-m.ord)
		case m.h.packed && m.h.at&7 == 0 && m.h.n >= 8 && m.ord+bits.OnesCount8(m.h.bits[m.h.at>>3]) <= ord:
			m.ord += bits.OnesCount8(m.h.bits[m.h.at>>3])
			m.h.n -= 8
			m.h.at += 8
			m.row += 8
			continue
		}
		v, _ := m.h.peek()
		if v != 0 && m.ord == ord {
			return m.row, nil
		}
		if v != 0 {
			m.ord += k
		}
		m.h.n -= k
		m.h.at += k
		m.row += k
	}
}

// nullBits lead from the rows of a page to its stored values, in any order. The
// memory is used again from page to page.
type nullBits struct {
	rows   int      // rows from the page's first for which levels are there
	all    bool     // no nulls: a value's number is its row
	there  []uint64 // bit n: row n has a value
	before []uint32 // values before each word of there
}

// fill takes over the null map of a page of that many rows. If its levels end early,
// b.rows is less.
func (b *nullBits) fill(m nullMap, rows int) error {
	b.rows, b.all = rows, m.all
	if m.all {
		return nil
	}
	if rows > maxPageValues {
		return fmt.Errorf("%w: page of %d values", ErrTooLarge, rows)
	}
	// One word more than there are rows, for what a run gives beyond the last.
	b.there = slices.Grow(b.there[:0], rows/64+2)[:rows/64+2]
	clear(b.there)
	h := &m.h
	for row := 0; row < rows; {
		if !h.load() {
			b.rows = row
			break
		}
		n := min(h.n, rows-row)
		switch {
		case h.packed:
			b.put(row, n, h.bits[h.at>>3:], uint(h.at&7))
		case h.val&1 != 0:
			b.put(row, n, nil, 0)
		}
		h.n -= n
		h.at += n
		row += n
	}
	b.before = slices.Grow(b.before[:0], len(b.there))[:len(b.there)]
	sum := uint32(0)
	for i, w := range b.there {
		b.before[i] = sum
		sum += uint32(bits.OnesCount64(w))
	}
	return nil
}

// size is what the memory takes, in bytes.
func (b *nullBits) size() int { return cap(b.there)*8 + cap(b.before)*4 }

// put sets the bits of n rows from row on: to those of src from bit from on, or to ones
// if src is nil.
func (b *nullBits) put(row, n int, src []byte, from uint) {
	for n > 0 {
		k := min(n, 56)
		w := ^uint64(0)
		switch {
		case len(src) >= 8:
			w = binary.LittleEndian.Uint64(src) >> from
		case src != nil:
			w = 0
			for i, c := range src {
				w |= uint64(c) << (8 * i)
			}
			w >>= from
		}
		w &= 1<<k - 1
		shift := row & 63
		b.there[row>>6] |= w << shift
		b.there[row>>6+1] |= w >> (63 - shift) >> 1
		row, n = row+k, n-k
		if src != nil {
			src = src[min(7, len(src)):]
		}
	}
}

// value returns the number of the stored value that a row has; ok is false for a null.
func (b *nullBits) value(row int) (ord int, ok bool) {
	if b.all {
		return row, true
	}
	w := b.there[row>>6]
	bit := uint64(1) << (row & 63)
	return int(b.before[row>>6]) + bits.OnesCount64(w&(bit-1)), w&bit != 0
}
