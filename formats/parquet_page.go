package formats

import (
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// A pageHeader is the part of a page's header that is needed.
type pageHeader struct {
	typ          format.PageType
	size, packed int32 // uncompressed and stored bytes
	crc          uint32
	hasCRC       bool
	values       int32
	nulls        int32 // v2, else -1
	enc          format.Encoding
	defEnc       format.Encoding
	repEnc       format.Encoding
	defLen       int32 // v2
	repLen       int32 // v2
	plainBody    bool  // v2: the values are not compressed
	described    bool  // the part of the header for this type of page was there
}

// readPageHeader decodes a header at the start of t.b and leaves t.pos behind it.
func readPageHeader(t *thrift) pageHeader {
	h := pageHeader{nulls: -1, typ: -1, size: -1, packed: -1}
	var f thriftField
	for f.next(t) {
		switch f.id {
		case 1:
			h.typ = format.PageType(t.int32(f))
		case 2:
			h.size = t.int32(f)
		case 3:
			h.packed = t.int32(f)
		case 4:
			h.crc, h.hasCRC = uint32(t.int32(f)), true
		case 5, 7: // of a data page, of a dictionary page
			t.open(f)
			h.readV1(t, f.id == 5)
		case 8:
			t.open(f)
			h.readV2(t)
		default:
			t.skip(f)
		}
	}
	return h
}

// readV1 decodes the description of a data page of version 1, or of a dictionary
// page. The latter's field 3 is no encoding: it says whether the page is sorted.
func (h *pageHeader) readV1(t *thrift, data bool) {
	h.described = true
	var f thriftField
	for f.next(t) {
		switch {
		case f.id == 1:
			h.values = t.int32(f)
		case f.id == 2:
			h.enc = format.Encoding(t.int32(f))
		case f.id == 3 && data:
			h.defEnc = format.Encoding(t.int32(f))
		case f.id == 4:
			h.repEnc = format.Encoding(t.int32(f))
		default:
			t.skip(f)
		}
	}
}

// readV2 decodes the description of a data page of version 2.
func (h *pageHeader) readV2(t *thrift) {
	h.described = true
	var f thriftField
	for f.next(t) {
		switch f.id {
		case 1:
			h.values = t.int32(f)
		case 2:
			h.nulls = t.int32(f)
		case 3:
			t.int32(f) // rows
		case 4:
			h.enc = format.Encoding(t.int32(f))
		case 5:
			h.defLen = t.int32(f)
		case 6:
			h.repLen = t.int32(f)
		case 7:
			h.plainBody = !t.bool(f)
		default:
			t.skip(f)
		}
	}
}

// check refuses sizes and counts that no sound file has.
func (h *pageHeader) check() error {
	switch {
	case h.size < 0 || h.packed < 0 || h.values < 0 || h.defLen < 0 || h.repLen < 0:
		return fmt.Errorf("%w: negative page size", errMetadata)
	case h.size > maxPage || h.packed > maxPage:
		return fmt.Errorf("%w: page of %d bytes", ErrTooLarge, max(h.size, h.packed))
	case int64(h.defLen)+int64(h.repLen) > int64(h.packed) || int64(h.defLen)+int64(h.repLen) > int64(h.size):
		return fmt.Errorf("%w: levels longer than their page", errMetadata)
	}
	switch h.typ {
	case format.DataPage, format.DataPageV2, format.DictionaryPage:
		if !h.described {
			return fmt.Errorf("%w: page without description", errMetadata)
		}
	}
	return nil
}

// A pageLoc is one entry of an offset index.
type pageLoc struct {
	at    int64 // in the file
	first int64 // row of the group
	size  int32 // as stored, with its header; a hint
}

// readOffsetIndex decodes an offset index; empty if it cannot be used, which is
// no error, because the pages can be walked as well.
func readOffsetIndex(b []byte, c *pqChunk, rows int64, dst []pageLoc) []pageLoc {
	t := &thrift{b: b}
	dst = dst[:0]
	var f thriftField
	for f.next(t) {
		if f.id != 1 {
			t.skip(f)
			continue
		}
		for range t.list(f, thriftStruct) {
			p := pageLoc{at: -1, first: -1}
			var g thriftField
			for g.next(t) {
				switch g.id {
				case 1:
					p.at = t.int64(g)
				case 2:
					p.size = max(t.int32(g), 0)
				case 3:
					p.first = t.int64(g)
				default:
					t.skip(g)
				}
			}
			last := pageLoc{at: c.start - 1, first: -1}
			if n := len(dst); n > 0 {
				last = dst[n-1]
			}
			if t.err != nil || p.at <= last.at || p.at >= c.end || p.first < last.first || p.first < 0 || p.first >= rows {
				return dst[:0]
			}
			dst = append(dst, p)
		}
	}
	if t.err != nil || len(dst) == 0 || dst[0].first != 0 {
		return dst[:0]
	}
	return dst
}
