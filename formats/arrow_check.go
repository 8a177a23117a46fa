package formats

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Arrow describes schemas and batches in FlatBuffers. The library reserves
// memory for as many fields as a vector claims to have, and running out of
// memory cannot be recovered from. So every length is compared with the bytes
// that are there before the library sees it.
//
// A table begins with the signed distance back to its vtable: a list of 16 bit
// numbers, which are the vtable's size, the table's size, then for each field its
// offset in the table, 0 if it is absent. Strings, vectors and sub-tables are
// unsigned distances forward.
type flat struct {
	b      []byte
	budget int // fields of a schema that may still be visited
	views  *arrowViews
}

// arrowViews counts the columns of string and binary views, outside and inside of
// dictionaries. Batches must say how many buffers each of them has: the library reads
// those numbers without a look at how many there are.
type arrowViews struct{ plain, dict int }

var errFlat = fmt.Errorf("%w: Arrow metadata", errMetadata)

func (f *flat) u32(pos int) (int, error) {
	if pos < 0 || pos > len(f.b)-4 {
		return 0, errFlat
	}
	return int(binary.LittleEndian.Uint32(f.b[pos:])), nil
}

// field returns where field i of a table lies, 0 if it is absent.
func (f *flat) field(table, i int) (int, error) {
	back, err := f.u32(table)
	if err != nil {
		return 0, err
	}
	v := table - int(int32(back))
	if v < 0 || v > len(f.b)-4 {
		return 0, errFlat
	}
	size := int(binary.LittleEndian.Uint16(f.b[v:]))
	at := 4 + 2*i
	if at+2 > size {
		return 0, nil
	}
	if v+at+2 > len(f.b) {
		return 0, errFlat
	}
	off := int(binary.LittleEndian.Uint16(f.b[v+at:]))
	if off == 0 {
		return 0, nil
	}
	if table+off >= len(f.b) {
		return 0, errFlat
	}
	return table + off, nil
}

// ref follows field i of a table, 0 if it is absent.
func (f *flat) ref(table, i int) (int, error) {
	at, err := f.field(table, i)
	if at == 0 || err != nil {
		return 0, err
	}
	n, err := f.u32(at)
	return at + n, err
}

// vector returns where the elements of field i begin, and their number. Each
// takes size bytes.
func (f *flat) vector(table, i, size int) (at, n int, err error) {
	if at, err = f.ref(table, i); at == 0 || err != nil {
		return 0, 0, err
	}
	if n, err = f.u32(at); err != nil {
		return 0, 0, err
	}
	if n > (len(f.b)-at-4)/size {
		return 0, 0, fmt.Errorf("%w: list of %d elements", errFlat, n)
	}
	return at + 4, n, nil
}

// schema checks a Schema table.
func (f *flat) schema(table int) error {
	if _, _, err := f.vector(table, 2, 4); err != nil {
		return err
	}
	*f.views = arrowViews{}
	return f.fields(table, 1, 0, false)
}

// fields checks the vector of Field tables in field i.
func (f *flat) fields(table, i, depth int, dict bool) error {
	at, n, err := f.vector(table, i, 4)
	if err != nil {
		return err
	}
	// Many elements may lead to the same bytes, level after level.
	if f.budget -= n; f.budget < 0 || depth > 64 {
		return fmt.Errorf("%w: nested too deeply", errFlat)
	}
	for j := range n {
		d, err := f.u32(at + 4*j)
		if err != nil {
			return err
		}
		sub := at + 4*j + d
		if _, _, err := f.vector(sub, 6, 4); err != nil {
			return err
		}
		typ, err := f.field(sub, 2)
		if err != nil {
			return err
		}
		d, err = f.field(sub, 4)
		if err != nil {
			return err
		}
		dict := dict || d != 0
		if typ != 0 && (f.b[typ] == 23 || f.b[typ] == 24) {
			if dict {
				f.views.dict++
			} else {
				f.views.plain++
			}
		}
		if err := f.fields(sub, 5, depth+1, dict); err != nil {
			return err
		}
	}
	return nil
}

// batch checks a RecordBatch table, with as many columns of views.
func (f *flat) batch(table, views int) error {
	for i := 1; i <= 2; i++ {
		if _, _, err := f.vector(table, i, 16); err != nil {
			return err
		}
	}
	at, n, err := f.vector(table, 4, 8)
	if err != nil {
		return err
	}
	if at != 0 && n < views {
		return fmt.Errorf("%w: buffers of %d columns, want %d", errFlat, n, views)
	}
	for j := range n {
		if v := binary.LittleEndian.Uint64(f.b[at+8*j:]); v > uint64(len(f.b)) {
			return fmt.Errorf("%w: %d buffers", errFlat, v)
		}
	}
	return nil
}

// checkMessage checks a Message. A schema sets v; batches are checked by it.
func checkMessage(b []byte, v *arrowViews) error {
	f := &flat{b: b, budget: len(b), views: v}
	root, err := f.u32(0)
	if err != nil {
		return err
	}
	kind, err := f.field(root, 1)
	if err != nil || kind == 0 {
		return errFlat
	}
	head, err := f.ref(root, 2)
	if err != nil || head == 0 {
		return errFlat
	}
	switch f.b[kind] {
	case 1:
		return f.schema(head)
	case 2: // DictionaryBatch
		if head, err = f.ref(head, 1); err != nil || head == 0 {
			return errFlat
		}
		return f.batch(head, min(v.dict, 1))
	case 3:
		return f.batch(head, v.plain)
	}
	return fmt.Errorf("%w: message of type %d", errFlat, f.b[kind])
}

// An arrowBlock is where a message lies in a file.
type arrowBlock struct{ at, meta, body int64 }

// checkArrowFile checks the footer of a file and all dictionaries, and returns
// where the record batches lie.
func checkArrowFile(at io.ReaderAt, size int64, v *arrowViews) ([]arrowBlock, error) {
	var tail [10]byte
	if size < 20 {
		return nil, ErrTruncated
	}
	if _, err := at.ReadAt(tail[:], size-10); err != nil && err != io.EOF {
		return nil, err
	}
	if string(tail[4:]) != "ARROW1" {
		return nil, ErrTruncated
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > size-18 || n > maxArrowMeta {
		return nil, fmt.Errorf("%w: footer of %d bytes", errFlat, n)
	}
	b := make([]byte, n)
	if _, err := at.ReadAt(b, size-10-n); err != nil {
		return nil, err
	}
	f := &flat{b: b, budget: len(b), views: v}
	root, err := f.u32(0)
	if err != nil {
		return nil, err
	}
	schema, err := f.ref(root, 1)
	if err != nil || schema == 0 {
		return nil, errFlat
	}
	if err := f.schema(schema); err != nil {
		return nil, err
	}
	dicts, err := f.blocks(root, 2)
	if err != nil {
		return nil, err
	}
	for _, d := range dicts {
		if err := d.check(at, size, v); err != nil {
			return nil, err
		}
	}
	return f.blocks(root, 3)
}

func (f *flat) blocks(table, i int) ([]arrowBlock, error) {
	at, n, err := f.vector(table, i, 24)
	if err != nil {
		return nil, err
	}
	list := make([]arrowBlock, n)
	for j := range list {
		b := f.b[at+24*j:]
		list[j] = arrowBlock{int64(binary.LittleEndian.Uint64(b)), int64(int32(binary.LittleEndian.Uint32(b[8:]))), int64(binary.LittleEndian.Uint64(b[16:]))}
	}
	return list, nil
}

// check checks the message of a block.
func (b arrowBlock) check(at io.ReaderAt, size int64, v *arrowViews) error {
	if b.at < 0 || b.meta < 8 || b.body < 0 || b.at > size || b.meta > size-b.at || b.body > size-b.at-b.meta || b.meta > maxArrowMeta {
		return fmt.Errorf("%w: message at %d of %d bytes: %w", errFlat, b.at, b.meta+b.body, ErrTruncated)
	}
	meta := make([]byte, b.meta)
	if _, err := at.ReadAt(meta, b.at); err != nil && err != io.EOF {
		return err
	}
	switch binary.LittleEndian.Uint32(meta) {
	case 0:
	case 0xffffffff:
		meta = meta[8:]
	default:
		meta = meta[4:]
	}
	return checkMessage(meta, v)
}
