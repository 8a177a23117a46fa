package formats

import (
	"fmt"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// A pqFooter is the part of a Parquet footer that is needed. Byte slices point into
// the footer's bytes.
type pqFooter struct {
	columns []pqColumn
	groups  []pqGroup
	leaves  int   // columns without any below, which have the chunks
	end     int64 // offset at which the footer begins
}

// A pqColumn is a top-level column of the schema.
type pqColumn struct {
	name     string
	leaf     int  // number of its first leaf: the index of its chunk in a group
	optional bool // may be null: has definition levels
	ordered  bool // statistics are made by the order of its type
	phys     format.Type
	width    int // of FIXED_LEN_BYTE_ARRAY
	print    printer
	nested   bool // neither a plain column nor a list of plain values
	list     *pqList
	tree     *pqTree // of a nested column that is read
}

// unread reports whether the column is one whose cells are not read.
func (c *pqColumn) unread() bool { return c.nested && c.tree == nil }

// A pqList has the definition levels of a list of plain values (LIST or a
// bare repeated field), which is printed as a JSON array: below list there is
// no list, below entry the list is empty, below elem the element is null. reps is the
// number of repetition levels: one for such a list. For the leaves of nested columns
// it may be any, and list and entry are not used.
type pqList struct{ list, entry, elem, reps uint32 }

type pqGroup struct {
	rows   int64
	first  int64 // rows of the groups before
	size   int64 // compressed bytes
	chunks []pqChunk
	shared *pqShared // where the group is claimed in pieces that are looked through together
}

// A pqChunk is the stored form of one column in one group.
type pqChunk struct {
	phys              format.Type
	codec             format.CompressionCodec
	values            int64
	start, end        int64 // of the pages in the file
	dataStart         int64 // where the footer says that data pages begin
	indexAt           int64 // offset index
	indexLen          int32
	rangesAt          int64 // column index
	rangesLen         int32
	bloomAt, bloomLen int64
	nulls             int64  // -1 if not known
	inexact           bool   // min or max may be no value
	encodings         uint32 // bit set by format.Encoding
	stats             bool   // dictPages and otherPages are known, from page encoding statistics
	dictPages         bool   // there are data pages that use the dictionary
	otherPages        bool   // there are data pages that do not
	min, max          []byte // min_value, max_value
	oldMin, oldMax    []byte // the deprecated pair, of use for signed numbers only
	encrypted         bool
	remote            string // file in which it lies, empty for this one
	bad               error
}

// A pqElement is an element of the schema as stored.
type pqElement struct {
	phys      format.Type
	hasPhys   bool
	width     int32
	rep       format.FieldRepetitionType
	name      string
	children  int32
	converted deprecated.ConvertedType
	hasConv   bool
	scale     int32
	logical   int32 // one of the constants below
	unit      int32 // of TIME and TIMESTAMP: 1 millis, 2 micros, 3 nanos
	utc       bool
	unsigned  bool
}

// Field numbers of the LogicalType union in parquet.thrift.
const (
	logicalNone      = 0 // the element has none
	logicalString    = 1
	logicalMap       = 2
	logicalList      = 3
	logicalEnum      = 4
	logicalDecimal   = 5
	logicalDate      = 6
	logicalTime      = 7
	logicalTimestamp = 8
	logicalInteger   = 10
	logicalJSON      = 12
	logicalUUID      = 14
	logicalFloat16   = 15
	logicalVariant   = 16
)

// readFooter decodes the file metadata. end is where the footer begins, so
// that no chunk may reach beyond it.
func readFooter(b []byte, end int64) (*pqFooter, error) {
	t := &thrift{b: b}
	var elems []pqElement
	var ordered []bool // by leaf
	ft := &pqFooter{end: end}
	var f thriftField
	for f.next(t) {
		switch f.id {
		case 2:
			for range t.list(f, thriftStruct) {
				e := readElement(t)
				if t.err != nil {
					return nil, t.err
				}
				elems = append(elems, e)
			}
		case 4:
			for range t.list(f, thriftStruct) {
				g := readGroup(t, end)
				if t.err != nil {
					return nil, t.err
				}
				ft.groups = append(ft.groups, g)
			}
		case 7:
			for range t.list(f, thriftStruct) {
				ordered = append(ordered, readOrder(t))
			}
		default:
			t.skip(f)
		}
	}
	if t.err != nil {
		return nil, t.err
	}
	if err := ft.schema(elems); err != nil {
		return nil, err
	}
	ft.order(ordered)
	if err := ft.number(); err != nil {
		return nil, err
	}
	return ft, nil
}

// readOrder decodes a ColumnOrder: whether it is the only one that the format
// defines, that of the column's type.
func readOrder(t *thrift) (ordered bool) {
	var f thriftField
	for f.next(t) {
		ordered = f.id == 1 // TYPE_ORDER
		t.skip(f)
	}
	return ordered
}

// order notes which columns have statistics by the order of their type. ordered goes by
// leaf; with another number of leaves it is not believed.
func (ft *pqFooter) order(ordered []bool) {
	if len(ordered) != ft.leaves {
		return
	}
	for i := range ft.columns {
		if c := &ft.columns[i]; !c.nested {
			c.ordered = ordered[c.leaf]
		}
	}
}

// number counts the rows before each group. The footer has a number of rows too, but
// it may be wrong.
func (ft *pqFooter) number() error {
	var sum int64
	for i := range ft.groups {
		g := &ft.groups[i]
		if g.rows < 0 || g.rows > maxRows-sum {
			return fmt.Errorf("%w: group %d has %d rows", errMetadata, i, g.rows)
		}
		if len(g.chunks) != ft.leaves {
			return fmt.Errorf("%w: group %d has %d columns, the schema %d", errMetadata, i, len(g.chunks), ft.leaves)
		}
		g.first = sum
		sum += g.rows
	}
	return nil
}

func readElement(t *thrift) pqElement {
	var e pqElement
	var f thriftField
	for f.next(t) {
		switch f.id {
		case 1:
			e.phys, e.hasPhys = format.Type(t.int32(f)), true
		case 2:
			e.width = t.int32(f)
		case 3:
			e.rep = format.FieldRepetitionType(t.int32(f))
		case 4:
			e.name = string(t.binary(f))
		case 5:
			e.children = t.int32(f)
		case 6:
			e.converted, e.hasConv = deprecated.ConvertedType(t.int32(f)), true
		case 7:
			e.scale = t.int32(f)
		case 10:
			t.open(f)
			readLogical(t, &e)
		default:
			t.skip(f)
		}
	}
	return e
}

func readLogical(t *thrift, e *pqElement) {
	var f thriftField
	for f.next(t) {
		e.logical = f.id
		if f.typ != thriftStruct {
			t.skip(f)
			continue
		}
		var g thriftField
		for g.next(t) {
			switch {
			case f.id == logicalDecimal && g.id == 1:
				e.scale = t.int32(g)
			case (f.id == logicalTime || f.id == logicalTimestamp) && g.id == 1:
				e.utc = t.bool(g)
			case (f.id == logicalTime || f.id == logicalTimestamp) && g.id == 2:
				t.open(g)
				var u thriftField
				for u.next(t) {
					e.unit = u.id
					t.skip(u)
				}
			case f.id == logicalInteger && g.id == 1:
				t.int64(g) // bits: the physical type has them
			case f.id == logicalInteger && g.id == 2:
				e.unsigned = !t.bool(g)
			default:
				t.skip(g)
			}
		}
	}
}

func readGroup(t *thrift, end int64) pqGroup {
	var g pqGroup
	var f thriftField
	for f.next(t) {
		switch f.id {
		case 1:
			for range t.list(f, thriftStruct) {
				c := readChunk(t, end)
				if t.err != nil {
					return g
				}
				g.chunks = append(g.chunks, c)
			}
		case 3:
			g.rows = t.int64(f)
		default:
			t.skip(f)
		}
	}
	for i := range g.chunks {
		if c := &g.chunks[i]; c.end > c.start {
			g.size += c.end - c.start
		}
	}
	return g
}

func readChunk(t *thrift, end int64) pqChunk {
	c := pqChunk{values: -1, nulls: -1}
	meta := false
	var f thriftField
	var size int64
	var dict int64
	for f.next(t) {
		switch f.id {
		case 1:
			c.remote = string(t.binary(f))
		case 3:
			meta = true
			t.open(f)
			size, dict = readChunkMeta(t, &c)
		case 4:
			c.indexAt = t.int64(f)
		case 5:
			c.indexLen = t.int32(f)
		case 6:
			c.rangesAt = t.int64(f)
		case 7:
			c.rangesLen = t.int32(f)
		case 8:
			c.encrypted = true
			t.skip(f)
		default:
			t.skip(f)
		}
	}
	if t.err != nil {
		return c
	}
	// A struct without its fields cannot be counted as a column: it would let
	// a footer of zeros claim millions of them.
	if meta && c.values < 0 || !meta && !c.encrypted {
		t.fail(fmt.Errorf("%w: column without description", errMetadata))
		return c
	}
	c.start = c.dataStart
	if dict > 0 && dict < c.dataStart {
		c.start = dict
	}
	switch {
	case !meta:
	case c.start < 4 || c.start > end || size < 0:
		c.bad = fmt.Errorf("%w: pages at %d, beyond the file", errMetadata, c.start)
	case size > end-c.start:
		// What is there may still be read; the missing pages are noticed.
		c.end = end
	default:
		// Old writers forget the dictionary page's header in the size: 128
		// bytes are more than it can take. Reading stops at the last value.
		c.end = min(c.start+size+128, end)
	}
	return c
}

func readChunkMeta(t *thrift, c *pqChunk) (size, dict int64) {
	var f thriftField
	for f.next(t) {
		switch f.id {
		case 1:
			c.phys = format.Type(t.int32(f))
		case 2:
			for range t.list(f, thriftI32) {
				if e := t.varint(); e >= 0 && e < 32 {
					c.encodings |= 1 << e
				}
			}
		case 4:
			c.codec = format.CompressionCodec(t.int32(f))
		case 5:
			c.values = t.int64(f)
		case 7:
			size = t.int64(f)
		case 9:
			c.dataStart = t.int64(f)
		case 11:
			dict = t.int64(f)
		case 12:
			t.open(f)
			readStatistics(t, c)
		case 13:
			for range t.list(f, thriftStruct) {
				readEncodingStat(t, c)
				if t.err != nil {
					return
				}
			}
		case 14:
			c.bloomAt = t.int64(f)
		case 15:
			c.bloomLen = t.int64(f)
		default:
			t.skip(f)
		}
	}
	return size, dict
}

func readStatistics(t *thrift, c *pqChunk) {
	var f thriftField
	for f.next(t) {
		switch f.id {
		case 1:
			c.oldMax = t.binary(f)
		case 2:
			c.oldMin = t.binary(f)
		case 3:
			c.nulls = t.int64(f)
		case 5:
			c.max = t.binary(f)
		case 6:
			c.min = t.binary(f)
		case 7, 8:
			c.inexact = c.inexact || !t.bool(f)
		default:
			t.skip(f)
		}
	}
}

func readEncodingStat(t *thrift, c *pqChunk) {
	var f thriftField
	var page format.PageType
	var enc format.Encoding
	var n int32
	for f.next(t) {
		switch f.id {
		case 1:
			page = format.PageType(t.int32(f))
		case 2:
			enc = format.Encoding(t.int32(f))
		case 3:
			n = t.int32(f)
		default:
			t.skip(f)
		}
	}
	if n <= 0 || (page != format.DataPage && page != format.DataPageV2) {
		return
	}
	c.stats = true
	if isDictEncoding(enc) {
		c.dictPages = true
	} else {
		c.otherPages = true
	}
}

func isDictEncoding(e format.Encoding) bool {
	return e == plainDictionary || e == format.RLEDictionary
}

// onlyDict reports whether all data pages are proven to use the dictionary. That
// there is a dictionary page proves nothing: writers give dictionaries up part way.
// Without page statistics the list of encodings has to show it. PLAIN_DICTIONARY stands
// for the dictionary page as well; beside RLE_DICTIONARY, PLAIN may be the encoding of
// the dictionary page or of a data page.
func (c *pqChunk) onlyDict() bool {
	if c.stats {
		return c.dictPages && !c.otherPages
	}
	const levels = 1<<format.RLE | 1<<format.BitPacked
	rest := c.encodings &^ levels
	return rest == 1<<plainDictionary || rest == 1<<format.RLEDictionary
}
