package formats

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/cespare/xxhash/v2"
	"github.com/parquet-go/parquet-go/format"
)

// Beside values a file has statistics of its columns. Here is what these prove about
// cells that need not be looked at. A wrong proof loses hits without a word, so each has
// to hold whatever the values are:
//
//   - A chunk of nulls has no cells.
//   - A chunk whose least value is its greatest has one cell, which Want.Keep judges
//     before the pages are read. (Not so with a dictionary: it is read as fast.)
//   - If the only cells that matter are known (Want.Only), the chunk's range
//     or Bloom filter may show that it has none of them; and the range of a page, in
//     the column index, that the page has none.
//   - Once a dictionary has been matched, the cells that matter are always
//     known: pages of codes whose range has none of them are not read.
//
// Ranges are used only if the footer says that text is ordered byte by byte (column
// orders). The older pair of values is not used: some writers compared signed bytes, or
// took the values from a buffer that had changed since.
//
// Rejected: ranges and filters where Want.Only is nil. An address or a name is
// matched under any spelling ("1.2.3.4", " 1.2.3.4", "[::ffff:102:304]:443",
// "http://1.2.3.4/", "WWW.X.EXAMPLE."): a filter would have to be asked for all
// of them, and a range without the plain spelling may have others. The common start of
// a range does prove something ("10.0.0.9" to "10.4.8.6" holds nothing outside
// 10.0.0.0/8), but too seldom: in the benchmark's three tables, no page or chunk of a
// column with outside addresses excludes even two indicators, and if all addresses are
// inside, the dictionary takes a few kilobytes. Rejected too: ranges of numbers and
// times, because no key is one; and the null pages of plain columns, because reading
// the index costs more than unpacking nothing.

const (
	// maxProbes is the largest number of cells for which a Bloom filter is asked.
	// Filters are wrong once in a hundred times, so of a few hundred absent cells one
	// nearly always seems present.
	maxProbes = 64
	// Filters of up to wholeFilter bytes are read at once; of a larger one the blocks
	// that are asked for, 32 bytes each.
	wholeFilter = 128 << 10
)

// absent reports whether the chunk of r.c is proven to have no wanted cell of a key.
func (r *parquetReader) absent(key int) bool {
	c := &r.c
	m := c.meta
	if c.col.list != nil {
		return false
	}
	if c.col.optional && m.values > 0 && m.nulls == m.values && len(m.min) == 0 && len(m.max) == 0 {
		return true
	}
	if !c.col.ranged() {
		return false
	}
	known := m.min != nil && m.max != nil && sound(m.min, m.max)
	if only := r.onlyOf(key); only != nil {
		if known {
			only = within(only, m.min, m.max)
		}
		return len(only) == 0 || r.filtered(m, only)
	}
	if known && r.keep != nil && bytes.Equal(m.min, m.max) && !m.inexact && !m.onlyDict() {
		r.part = Run{Key: key, Data: m.min, Cells: []Cell{{0, uint32(len(m.min))}}}
		kept, judged := r.keep(&r.part, r.kept[:0])
		r.kept = kept
		return judged && len(kept) == 0
	}
	return false
}

// onlyOf returns the only cells of a key that matter, nil if any may.
func (r *parquetReader) onlyOf(key int) []string {
	if key < len(r.only) {
		return r.only[key]
	}
	return nil
}

// ranged reports whether ranges in statistics hold for the cells of a column: its cells
// are its values as they stand, and ordered byte by byte.
func (c *pqColumn) ranged() bool {
	return c.ordered && c.phys == format.ByteArray && c.print.asIs()
}

// sound reports whether a range may be believed. Writers cut long values in it, and make
// the greatest one greater for that, which is impossible if all its bytes are 255.
func sound(lo, hi []byte) bool {
	return bytes.Compare(lo, hi) <= 0 && (len(hi) == 0 || hi[0] != 0xff)
}

// within returns those of some ascending cells that lie in a range.
func within(cells []string, lo, hi []byte) []string {
	from, _ := slices.BinarySearchFunc(cells, lo, compareText)
	to, found := slices.BinarySearchFunc(cells, hi, compareText)
	if found {
		to++
	}
	return cells[from:to]
}

func compareText(s string, b []byte) int { return bytes.Compare([]byte(s), b) }

// filtered reports whether a chunk's split-block Bloom filter proves that it has none of
// the given cells. The filter is a header, then blocks of 32 bytes.
func (r *parquetReader) filtered(m *pqChunk, cells []string) bool {
	if m.bloomAt <= 0 || len(cells) > maxProbes {
		return false
	}
	end := r.s.footer.end
	if m.bloomAt >= end {
		return false
	}
	w := &r.t.index
	ahead := int64(indexAhead)
	if m.bloomLen > 0 && m.bloomLen <= wholeFilter {
		ahead = m.bloomLen
	}
	b, err := w.bytes(m.bloomAt, int(min(64, end-m.bloomAt)), int(ahead))
	if err != nil {
		return false
	}
	t := thrift{b: b}
	size, ok := readFilterHeader(&t)
	at := m.bloomAt + int64(t.pos)
	if !ok || size > end-at || m.bloomLen > 0 && m.bloomLen != int64(t.pos)+size {
		return false
	}
	var whole []byte
	if size <= wholeFilter {
		if whole, err = w.bytes(at, int(size), 0); err != nil {
			return false
		}
		if !slices.ContainsFunc(whole, func(c byte) bool { return c != 0 }) {
			return false // it was never filled: there are values
		}
	}
	blocks := uint64(size / 32)
	var buf [32]byte
	for _, cell := range cells {
		h := xxhash.Sum64String(cell)
		off := int64(h>>32*blocks>>32) * 32
		block := buf[:]
		if whole != nil {
			block = whole[off : off+32]
		} else if n, err := w.at.ReadAt(block, at+off); n < len(block) && err != nil {
			return false
		}
		if blockHas(block, uint32(h)) {
			return false
		}
	}
	return true
}

// readFilterHeader returns the size of the filter behind the header; false if
// it is of an unknown kind.
func readFilterHeader(t *thrift) (size int64, ok bool) {
	var f thriftField
	known := 0
	for f.next(t) {
		switch f.id {
		case 1:
			size = t.int64(f)
		case 2, 3, 4: // unions: blocks, xxHash and no compression are number 1
			t.open(f)
			var u thriftField
			for u.next(t) {
				if u.id == 1 {
					known++
				}
				t.skip(u)
			}
		default:
			t.skip(f)
		}
	}
	return size, t.err == nil && known == 3 && size > 0 && size%32 == 0
}

// blockHas reports whether the eight bits of a hash are set, one in each word.
func blockHas(block []byte, h uint32) bool {
	for i, salt := range [8]uint32{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31} {
		if binary.LittleEndian.Uint32(block[i*4:])>>(h*salt>>27)&1 == 0 {
			return false
		}
	}
	return true
}

// A pqRanges is the column index of a chunk: the range of each page's values.
type pqRanges struct {
	nulls    []bool // pages without a value
	min, max [][]byte
	buf      []byte // holds them
}

// ranges reads the column index, once. It is used only together with the
// offset index, which says which page is which.
func (c *chunkReader) ranges() *pqRanges {
	if c.ranged {
		return &c.pages
	}
	c.ranged = true
	p := &c.pages
	p.nulls, p.min, p.max = p.nulls[:0], p.min[:0], p.max[:0]
	n := int64(c.meta.rangesLen)
	if !c.col.ranged() || n <= 0 || n > maxIndex || c.meta.rangesAt <= 0 {
		return p
	}
	if c.readIndex(); len(c.locs) == 0 {
		return p
	}
	b, err := c.t.ranges.bytes(c.meta.rangesAt, int(n), indexAhead)
	if err != nil {
		return p
	}
	p.buf = append(p.buf[:0], b...)
	p.read()
	if k := len(c.locs); len(p.nulls) != k || len(p.min) != k || len(p.max) != k {
		p.nulls = p.nulls[:0]
	}
	return p
}

func (p *pqRanges) read() {
	t := &thrift{b: p.buf}
	var f thriftField
	for f.next(t) {
		switch f.id {
		case 1:
			for range t.list(f, thriftTrue) {
				p.nulls = append(p.nulls, t.byte() == thriftTrue)
			}
		case 2, 3:
			list := &p.min
			if f.id == 3 {
				list = &p.max
			}
			for range t.list(f, thriftBinary) {
				*list = append(*list, t.bytes())
			}
		default:
			t.skip(f)
		}
	}
	if t.err != nil {
		p.nulls = p.nulls[:0]
	}
}

// lacks reports whether the current page is proven to have none of the given values,
// which are ascending.
func (c *chunkReader) lacks(values []string) bool {
	p := c.ranges()
	if len(p.nulls) == 0 {
		return false
	}
	// The index is believed only where it agrees with the page.
	i := findLoc(c.locs, c.first)
	if i < 0 || c.locs[i].first != c.first || c.locs[i].at != c.headAt {
		return false
	}
	if end := c.first + int64(c.head.values); i+1 < len(c.locs) && c.locs[i+1].first != end {
		return false
	}
	if p.nulls[i] {
		return true
	}
	return sound(p.min[i], p.max[i]) && len(within(values, p.min[i], p.max[i])) == 0
}
