package formats

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"slices"

	"github.com/parquet-go/parquet-go/format"

	"github.com/iocsweep/iocsweep/formats/mem"
)

const (
	// maxPage is the largest page, as stored or unpacked, in bytes. Writers
	// make pages of about 1 MiB; DuckDB goes to 100 MB.
	maxPage = 256 << 20
	// maxPageValues is the largest number of values that are unpacked at once.
	// Levels and dictionary codes are not: they are walked.
	maxPageValues = 16 << 20
	// maxHeader is the largest page header, in bytes. It holds statistics,
	// which may be two long values.
	maxHeader = 1 << 20
)

// pqTools are what one worker reads with, whatever the column.
type pqTools struct {
	u      unpacker
	win    pqWindow // of pages
	index  pqWindow // of offset indexes, which lie side by side, and Bloom filters
	ranges pqWindow // of column indexes
}

func (t *pqTools) reset(at io.ReaderAt) { t.win.at, t.index.at, t.ranges.at = at, at, at }

// A pqWindow holds the bytes of a file that were read last. A call to the
// system costs as much as copying 10 KB, so more is read than was asked for
// where the rest is likely to be wanted next.
type pqWindow struct {
	at  io.ReaderAt
	off int64
	buf []byte
}

// bytes returns n bytes from off on, and reads up to ahead bytes if it has to
// read. They stay until the next call.
func (w *pqWindow) bytes(off int64, n, ahead int) ([]byte, error) {
	if off >= w.off && off+int64(n) <= w.off+int64(len(w.buf)) {
		i := int(off - w.off)
		return w.buf[i : i+n], nil
	}
	want := max(n, ahead)
	var keep []byte
	if off >= w.off && off < w.off+int64(len(w.buf)) {
		keep = w.buf[off-w.off:]
	}
	buf := w.buf
	if cap(buf) < want+pagePad {
		buf = mem.Make[byte](want + want/4 + pagePad)
	}
	buf = buf[:want]
	have := copy(buf, keep)
	w.buf, w.off = buf[:0], off
	m, err := w.at.ReadAt(buf[have:], off+int64(have))
	w.buf = buf[:have+m]
	if len(w.buf) < n {
		if err == io.EOF || err == nil {
			err = ErrTruncated
		}
		return nil, err
	}
	return w.buf[:n], nil
}

// fill reads into dst the bytes from off on, from the window as far as it has them.
func (w *pqWindow) fill(dst []byte, off int64) error {
	n := 0
	if off >= w.off && off < w.off+int64(len(w.buf)) {
		n = copy(dst, w.buf[off-w.off:])
	}
	if n == len(dst) {
		return nil
	}
	m, err := w.at.ReadAt(dst[n:], off+int64(n))
	if n+m == len(dst) {
		return nil
	}
	if err == io.EOF || err == nil {
		err = ErrTruncated
	}
	return err
}

// pqBuffers hold what a page unpacks to. They are used again for the next.
type pqBuffers struct {
	page   []byte
	levels []byte // of a page of version 2, which come apart from its values
	ones   []byte // levels of the oldest encoding, with the bits of each byte reversed
	nulls  nullBits
	vals   pqValues
}

// A pqDict is the dictionary of a column chunk. It does not change once read.
type pqDict struct {
	vals pqValues
	page []byte
}

// A chunkReader walks the data pages of one column chunk. Pages are found by their
// headers; their bodies are read only when asked for. In a plain column every value is
// a row, so a page can be passed over without looking into it.
type chunkReader struct {
	col  *pqColumn
	meta *pqChunk
	rows int64 // of the group
	t    *pqTools
	b    *pqBuffers
	into *pqDict // where the dictionary goes
	dict *pqDict // the dictionary, nil until it is there: into, or another reader's of this chunk

	locs    []pageLoc // offset index, nil without a usable one
	indexed bool      // locs has been looked for
	indexOK bool
	pages   pqRanges // column index
	ranged  bool     // pages has been looked for

	pqCursor

	defs    []byte // definition levels of the loaded page
	oldDefs bool   // in the oldest encoding
	reps    []byte
	body    []byte // values of the loaded page
}

// A pqCursor is where a walk stands.
type pqCursor struct {
	at     int64 // next page header in the file
	row    int64 // first row of the next page; not known in lists
	seen   int64 // values of the pages passed; used in lists only
	head   pageHeader
	headAt int64
	bodyAt int64
	first  int64 // first row of the current page
	loc    int   // entry of locs that led to the next page, -1 without
	loaded int64 // bodyAt of the loaded page; 0 for none
}

// reset turns the reader to another chunk, of a group with this number of rows. An error
// means that the chunk cannot be read.
func (c *chunkReader) reset(col *pqColumn, meta *pqChunk, rows int64) error {
	c.col, c.meta, c.rows = col, meta, rows
	c.locs, c.indexed, c.indexOK = c.locs[:0], false, true
	c.ranged = false
	c.dict = nil
	c.pqCursor = pqCursor{at: meta.start, loc: -1}
	switch {
	case meta.encrypted:
		return ErrEncrypted
	case meta.remote != "":
		return fmt.Errorf("the column lies in another file, %s", meta.remote)
	case meta.bad != nil:
		return meta.bad
	case meta.phys != col.phys:
		return fmt.Errorf("%w: column of %v holds %v", errMetadata, col.phys, meta.phys)
	case col.list == nil && meta.values != rows:
		return fmt.Errorf("%w: %d values for %d rows", errMetadata, meta.values, rows)
	}
	return nil
}

// header reads the page header at off, with ahead bytes at least if it has to read.
// body is where the page's body begins.
func (c *chunkReader) header(off int64, ahead int) (h pageHeader, body int64, err error) {
	left := c.meta.end - off
	for n := int64(64); ; n *= 4 {
		n = min(n, left)
		b, err := c.t.win.bytes(off, int(n), int(min(int64(ahead), left)))
		if err != nil {
			return h, 0, err
		}
		t := thrift{b: b}
		h = readPageHeader(&t)
		if t.err == nil {
			body = off + int64(t.pos)
			if err := h.check(); err != nil {
				return h, 0, err
			}
			if int64(h.packed) > c.meta.end-body {
				return h, 0, fmt.Errorf("page: %w", ErrTruncated)
			}
			return h, body, nil
		}
		if n == left || n >= maxHeader || t.err != errThriftShort {
			return h, 0, fmt.Errorf("page header: %w", t.err)
		}
	}
}

// How many bytes are read with a page's header.
const (
	headerAhead = 512      // where the body may not be needed: as a rule, the header takes less
	pageAhead   = 64 << 10 // where it is
	readAhead   = 1 << 20  // at most, where the page's size is known
)

// next goes to the next data page; io.EOF after the last.
func (c *chunkReader) next(ahead int) error {
	if c.loc >= 0 {
		ahead = min(max(ahead, int(c.locs[c.loc].size)), readAhead)
	}
	for {
		if c.col.list == nil && c.row >= c.rows || c.col.list != nil && c.seen >= c.meta.values {
			return io.EOF
		}
		if c.at >= c.meta.end {
			return fmt.Errorf("pages hold %d of %d rows: %w", c.row, c.rows, ErrTruncated)
		}
		at := c.at
		h, body, err := c.header(at, ahead)
		if err != nil {
			return err
		}
		c.at = body + int64(h.packed)
		if h.typ != format.DataPage && h.typ != format.DataPageV2 {
			continue
		}
		c.head, c.headAt, c.bodyAt, c.first = h, at, body, c.row
		c.seen += int64(h.values)
		if c.col.list != nil {
			return nil
		}
		if c.row+int64(h.values) > c.rows {
			return fmt.Errorf("%w: pages hold more than %d rows", errMetadata, c.rows)
		}
		c.row += int64(h.values)
		if c.loc >= 0 {
			// The index is believed only where it agrees with the page.
			end := c.rows
			if c.loc+1 < len(c.locs) {
				end = c.locs[c.loc+1].first
			}
			if c.row != end {
				c.indexOK, c.locs = false, c.locs[:0]
				return errIndex
			}
			c.loc++
			if c.loc == len(c.locs) {
				c.loc = -1
			}
		}
		return nil
	}
}

var errIndex = fmt.Errorf("%w: offset index does not fit its pages", errMetadata)

// seek makes the page that holds a row the current one. With its header up to ahead
// bytes are read.
func (c *chunkReader) seek(row int64, ahead int) error {
	if c.bodyAt > 0 && row >= c.first && row < c.row {
		return nil
	}
	for {
		err := c.seekOnce(row, ahead)
		if err == nil {
			return nil
		}
		c.rewind()
		if err != errIndex {
			return err
		}
	}
}

func (c *chunkReader) rewind() {
	c.pqCursor = pqCursor{at: c.meta.start, loc: -1}
}

func (c *chunkReader) seekOnce(row int64, ahead int) error {
	if row < c.row {
		c.rewind()
	}
	if row > c.row && c.indexOK {
		c.jump(row)
	}
	if size := c.meta.end - c.meta.start; size <= 16<<10 {
		ahead = int(size)
	}
	for {
		if err := c.next(ahead); err != nil {
			if err == io.EOF {
				err = fmt.Errorf("%w: row %d of %d", errMetadata, row, c.rows)
			}
			return err
		}
		if row < c.row {
			return nil
		}
	}
}

// jump passes over pages before a row by the offset index. If there is no usable one
// that costs time, not rows: the pages are walked.
func (c *chunkReader) jump(row int64) {
	c.readIndex()
	if i := findLoc(c.locs, row); i >= 0 && c.locs[i].first > c.row {
		c.at, c.row, c.loc = c.locs[i].at, c.locs[i].first, i
	}
}

// readIndex reads the offset index, once.
func (c *chunkReader) readIndex() {
	if c.indexed {
		return
	}
	c.indexed = true
	n := int64(c.meta.indexLen)
	if n <= 0 || n > maxIndex || c.meta.indexAt <= 0 {
		return
	}
	if b, err := c.t.index.bytes(c.meta.indexAt, int(n), indexAhead); err == nil {
		c.locs = readOffsetIndex(b, c.meta, c.rows, c.locs)
	}
}

const (
	maxIndex = 64 << 20
	// indexAhead is how many bytes of the indexes are read at once: those of the columns
	// of a group stand side by side, and take 50 bytes for a few pages.
	indexAhead = 16 << 10
)

// findLoc returns the last page that begins at or before row, -1 without any.
func findLoc(locs []pageLoc, row int64) int {
	lo, hi := 0, len(locs)
	for lo < hi {
		if m := (lo + hi) / 2; locs[m].first <= row {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo - 1
}

// load reads and unpacks the current page into reps, defs and body. They stay
// until the next load into the same buffers.
func (c *chunkReader) load() error {
	h := &c.head
	c.loaded = 0
	c.reps, c.defs, c.oldDefs = nil, nil, false
	v2 := h.typ == format.DataPageV2
	if c.meta.codec == format.Uncompressed || v2 && h.plainBody {
		// Into the page's own buffer: the window moves on.
		c.b.page = grow(c.b.page, int(h.packed))
		if err := c.t.win.fill(c.b.page, c.bodyAt); err != nil {
			return err
		}
		if err := h.checkSum(c.b.page); err != nil {
			return err
		}
		if h.size != h.packed {
			return fmt.Errorf("%w: page of %d bytes, want %d", errMetadata, h.packed, h.size)
		}
		c.body = c.b.page
		if v2 {
			c.cutLevels(c.body)
			c.body = c.body[h.repLen+h.defLen:]
		}
	} else {
		raw, err := c.t.win.bytes(c.bodyAt, int(h.packed), 0)
		if err != nil {
			return err
		}
		if err := h.checkSum(raw); err != nil {
			return err
		}
		size := int(h.size)
		if v2 {
			n := h.repLen + h.defLen
			c.b.levels = append(c.b.levels[:0], raw[:n]...)
			c.cutLevels(c.b.levels)
			raw, size = raw[n:], int(h.size-n)
		}
		if c.body, err = c.expand(raw, &c.b.page, size); err != nil {
			return err
		}
	}
	if !v2 {
		if err := c.takeLevels(); err != nil {
			return err
		}
	}
	c.loaded = c.bodyAt
	return nil
}

// checkSum compares the checksum of a page, if it has one, with that of its bytes.
func (h *pageHeader) checkSum(raw []byte) error {
	if h.hasCRC && crc32.ChecksumIEEE(raw) != h.crc {
		return fmt.Errorf("%w: checksum of a page", ErrCorrupt)
	}
	return nil
}

// cutLevels takes the levels of a page of version 2 off the start of b.
func (c *chunkReader) cutLevels(b []byte) {
	h := &c.head
	c.reps, c.defs = b[:h.repLen], b[h.repLen:h.repLen+h.defLen]
}

// takeLevels takes the levels of a page of version 1 off its body.
func (c *chunkReader) takeLevels() (err error) {
	h := &c.head
	l := c.col.list
	if l != nil && l.reps > 0 {
		if c.reps, err = c.levels(h.repEnc); err != nil {
			return err
		}
	}
	switch {
	case !c.col.optional && l == nil, l != nil && l.elem == 0:
	case h.defEnc == format.BitPacked && l == nil:
		n := (int(h.values) + 7) / 8
		if len(c.body) < n {
			return errLevels
		}
		c.defs, c.body, c.oldDefs = c.body[:n], c.body[n:], true
	default:
		c.defs, err = c.levels(h.defEnc)
	}
	return err
}

// expand unpacks raw into *buf.
func (c *chunkReader) expand(raw []byte, buf *[]byte, size int) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	out, err := c.t.u.unpack(c.meta.codec, *buf, raw, size)
	*buf = out
	return out, err
}

// levels cuts length-prefixed levels off the body.
func (c *chunkReader) levels(enc format.Encoding) ([]byte, error) {
	if enc != format.RLE {
		return nil, fmt.Errorf("encoding %v of levels is not supported", enc)
	}
	if len(c.body) < 4 {
		return nil, errLevels
	}
	n := binary.LittleEndian.Uint32(c.body)
	if uint64(n) > uint64(len(c.body)-4) {
		return nil, errLevels
	}
	b := c.body[4 : 4+n]
	c.body = c.body[4+n:]
	return b, nil
}

// nullMap returns the null map of the loaded page.
func (c *chunkReader) nullMap() (m nullMap, err error) {
	if !c.col.optional || c.head.nulls == 0 {
		return nullMap{all: true}, nil
	}
	m.h = newHybrid(c.defs, 1)
	if c.oldDefs {
		m.h, c.b.ones, err = packedLevels(c.defs, c.b.ones, int(c.head.values))
	}
	return m, err
}

// nulls returns the null map of the loaded page and its number of values.
func (c *chunkReader) nulls() (m nullMap, values int, err error) {
	n := int(c.head.values)
	if m, err = c.nullMap(); err != nil || m.all {
		return m, n, err
	}
	values, err = m.h.ones(n)
	m.all = values == n && err == nil
	return m, values, err
}

// codes returns the dictionary codes of the loaded page.
func (c *chunkReader) codes() (hybrid, error) {
	if len(c.body) == 0 {
		return hybrid{}, nil // a page of nulls
	}
	if c.body[0] > 32 {
		return hybrid{}, fmt.Errorf("%w: codes of %d bits", errMetadata, c.body[0])
	}
	return newHybrid(c.body[1:], uint(c.body[0])), nil
}

// loadDict reads the dictionary, once per chunk.
func (c *chunkReader) loadDict() error {
	if c.dict != nil {
		return nil
	}
	// If the footer says how long the dictionary is, all of it is read at once, and
	// nothing of the data pages: they may not be needed.
	ahead := 4096
	if d := c.meta.dataStart - c.meta.start; d > 0 {
		ahead = int(min(d, readAhead))
	}
	h, body, err := c.header(c.meta.start, ahead)
	if err != nil {
		return err
	}
	if h.typ != format.DictionaryPage {
		return fmt.Errorf("%w: no dictionary", errMetadata)
	}
	d := c.into
	var page []byte
	if c.meta.codec == format.Uncompressed {
		if h.size != h.packed {
			return fmt.Errorf("%w: dictionary of %d bytes, want %d", errMetadata, h.packed, h.size)
		}
		d.page = grow(d.page, int(h.packed))
		if err := c.t.win.fill(d.page, body); err != nil {
			return err
		}
		page = d.page
		err = h.checkSum(page)
	} else {
		var raw []byte
		if raw, err = c.t.win.bytes(body, int(h.packed), 0); err != nil {
			return err
		}
		if err = h.checkSum(raw); err == nil {
			page, err = c.expand(raw, &d.page, int(h.size))
		}
	}
	if err == nil {
		err = d.vals.decode(c.col, h.enc, page, int(h.values))
	}
	if err != nil {
		return fmt.Errorf("dictionary: %w", err)
	}
	c.dict = d
	return nil
}

// find appends to dst the rows of [lo, hi), relative to lo, whose values are the given
// entries of the dictionary. It reads the pages of codes. table is room for a byte for
// each entry, and is returned to be used again.
func (c *chunkReader) find(cells []uint32, lo, hi int64, table []byte, dst []Ref) ([]Ref, []byte, error) {
	n := c.dict.vals.n
	if cap(table) < n {
		table = make([]byte, n, n+n/4)
	}
	table = table[:n]
	clear(table)
	for _, i := range cells {
		table[i] = 1
	}
	values := c.wanted(cells)
	for row := lo; row < hi; row = c.row {
		if err := c.seek(row, c.ahead(values)); err != nil {
			return dst, table, err
		}
		if !isDictEncoding(c.head.enc) || values != nil && c.lacks(values) {
			continue
		}
		if err := c.load(); err != nil {
			return dst, table, err
		}
		var err error
		if dst, err = c.findPage(table, lo, hi, dst); err != nil {
			return dst, table, err
		}
	}
	return dst, table, nil
}

// ahead is how much to read with a page's header: little where the page may
// turn out to have none of the values.
func (c *chunkReader) ahead(values []string) int {
	if values != nil && len(c.ranges().nulls) > 0 {
		return headerAhead
	}
	return pageAhead
}

// maxWanted is the largest number of values for which the ranges of pages are asked: of
// more values nearly every page has one.
const maxWanted = 64

// wanted returns entries of the dictionary as text, ascending; nil if the ranges of
// pages are not to be asked for them.
func (c *chunkReader) wanted(cells []uint32) []string {
	if !c.col.ranged() || c.meta.rangesLen == 0 || len(cells) > maxWanted {
		return nil
	}
	values := make([]string, len(cells))
	for i, n := range cells {
		values[i] = string(c.dict.vals.at(int(n)))
	}
	slices.Sort(values)
	return values
}

// findPage is find for the loaded page: table has a 1 for each wanted entry of the
// dictionary. The null levels are walked only for codes that are wanted.
func (c *chunkReader) findPage(table []byte, lo, hi int64, dst []Ref) ([]Ref, error) {
	m, values, err := c.nulls()
	if err != nil {
		return dst, err
	}
	h, err := c.codes()
	if err != nil {
		return dst, err
	}
	add := func(ord int, code uint32) error {
		row, err := m.rowOf(ord)
		if r := c.first + int64(row); err == nil && r >= lo && r < hi {
			dst = append(dst, Ref{Row: uint32(r - lo), Cell: code})
		}
		return err
	}
	var buf [1024]uint32
	for ord := 0; ord < values; {
		if !h.load() {
			return dst, errLevels
		}
		if !h.packed {
			k := min(h.n, values-ord)
			if int(h.val) >= len(table) {
				return dst, errCode
			}
			if table[h.val] != 0 {
				for i := range k {
					if err := add(ord+i, h.val); err != nil {
						return dst, err
					}
				}
			}
			h.skip(k)
			ord += k
			continue
		}
		k := h.read(buf[:min(len(buf), values-ord)])
		for i, code := range buf[:k] {
			if int(code) >= len(table) {
				return dst, errCode
			}
			if table[code] != 0 {
				if err := add(ord+i, code); err != nil {
					return dst, err
				}
			}
		}
		ord += k
	}
	return dst, nil
}

var errCode = fmt.Errorf("%w: code beyond the dictionary", errMetadata)

// decodePage decodes the values of the loaded page, which has no dictionary.
func (c *chunkReader) decodePage() (nullMap, error) {
	m, values, err := c.nulls()
	if err != nil {
		return m, err
	}
	return m, c.b.vals.decode(c.col, c.head.enc, c.body, values)
}

// levelWidth is the number of bits that levels up to n take.
func levelWidth(n uint32) uint { return uint(bits.Len32(n)) }
