package formats

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// A variant (VARIANT in Parquet, Spark and Delta) is a column of values of any shape:
// JSON in a binary form. The names of members stand once in metadata:
//
//	metadata  01 01 00 05 "query"              version 1, one name, from 0 to 5
//	value     02 01 00 00 0a 25 "x.example"    object of one member, name 0, at 0 to 10: short text of 9
//
// A writer may shred it: what has the same type in most rows goes into columns
// of its own, and value has the rest.
//
//	optional group AdditionalFields (VARIANT) {
//	  required binary metadata;
//	  optional binary value;                   members that have no column
//	  optional group typed_value {
//	    required group query {
//	      optional binary value;               where query is no text
//	      optional binary typed_value (STRING); } } }
//
// It is printed as JSON. A pqVariant has the indexes of a node's kids that are its parts,
// -1 for none.
type pqVariant struct {
	metadata, value, typed int
	guessed                bool // nothing but its parts shows that it is one
}

var errVariant = fmt.Errorf("%w: variant", ErrCorrupt)

// Levels of arrays and objects in a variant.
const maxVariantDepth = 64

// isVariant reports whether a group holds a variant. Spark 4.0 wrote them without
// saying so: then metadata and value have to be there, as bytes, and nothing else. A
// group that is no variant may look the same, so the metadata of each row is checked.
func isVariant(e *pqElement, kids []pqNode, leaves []pqColumn) bool {
	v, ok := variantOf(kids, leaves)
	if !ok || v.metadata < 0 {
		return false
	}
	return e.logical == logicalVariant || e.logical == logicalNone && !e.hasConv && v.value >= 0 && v.typed < 0
}

// variantOf finds the parts of a variant; false if a group has others, or one of
// them twice.
func variantOf(kids []pqNode, leaves []pqColumn) (v pqVariant, ok bool) {
	v = pqVariant{metadata: -1, value: -1, typed: -1}
	for i := range kids {
		x := &kids[i]
		binary := x.kind == nodeValue && !x.repeated && leaves[x.leaf].phys == format.ByteArray && leaves[x.leaf].print.kind == printBytes
		switch {
		case x.name == "metadata" && binary && v.metadata < 0:
			v.metadata = i
		case x.name == "value" && binary && v.value < 0:
			v.value = i
		case x.name == "typed_value" && v.typed < 0:
			v.typed = i
		default:
			return v, false
		}
	}
	return v, true
}

// shred makes a variant of a group, and of those that its columns are made of.
func (x *pqNode) shred(leaves []pqColumn) {
	v, ok := variantOf(x.kids, leaves)
	if x.kind != nodeStruct || !ok {
		return
	}
	x.kind, x.variant = nodeVariant, v
	if v.typed < 0 {
		return
	}
	switch typed := &x.kids[v.typed]; typed.kind {
	case nodeList:
		elem := &typed.kids[0]
		if elem.kind == nodeEntry {
			elem = &elem.kids[0]
		}
		elem.shred(leaves)
	case nodeStruct:
		for i := range typed.kids {
			typed.kids[i].shred(leaves)
		}
	}
}

// raw takes the bytes of a leaf, nil for a null. They live until its next page.
func (w *treeWalk) raw(x *pqNode) ([]byte, error) {
	l := &w.leaves[x.leaf]
	_, def, err := l.levels()
	if err != nil || def < x.def {
		l.take()
		return nil, err
	}
	l.take()
	return l.stored()
}

// variant appends the value of a variant, and reports whether it has one: a null inside
// the variant counts as one only if null is true.
func (w *treeWalk) variant(x *pqNode, plain, null bool) (there bool, err error) {
	v := x.variant
	var metadata, rest []byte
	named := true
	if v.metadata >= 0 {
		if metadata, err = w.raw(&x.kids[v.metadata]); err != nil {
			return false, err
		}
		err = w.names.read(metadata)
		if named = err == nil; !named && !v.guessed {
			return false, err
		}
	}
	if v.value >= 0 {
		if rest, err = w.raw(&x.kids[v.value]); err != nil {
			return false, err
		}
	}
	if !named {
		w.pair(x, metadata, rest)
		return true, nil
	}
	if v.typed >= 0 {
		at := len(w.buf)
		if there, err = w.typed(&x.kids[v.typed], rest, plain); there || err != nil {
			return there, err
		}
		w.buf = w.buf[:at]
	}
	if len(rest) == 0 || !null && rest[0] == 0 {
		return false, nil
	}
	w.names.left = len(rest)
	w.buf, err = w.names.append(w.buf, rest, plain, 0)
	return err == nil, err
}

// pair appends metadata and value as the two columns of bytes that they are: they only
// looked like a variant.
func (w *treeWalk) pair(x *pqNode, metadata, value []byte) {
	w.buf = append(w.buf, '{')
	first := len(w.buf)
	for i := range x.kids {
		v := value
		if i == x.variant.metadata {
			v = metadata
		}
		if v == nil {
			continue
		}
		if len(w.buf) > first {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(appendJSONString(w.buf, []byte(x.kids[i].name)), ':')
		w.buf = appendJSONString(w.buf, appendBytes(nil, v))
	}
	w.buf = append(w.buf, '}')
}

// typed appends the part of a variant that has columns of its own. rest has
// those members of an object that have none.
func (w *treeWalk) typed(x *pqNode, rest []byte, plain bool) (there bool, err error) {
	_, def, err := w.leaves[x.leaf].levels()
	if err != nil {
		return false, err
	}
	if x.repeated || x.kind != nodeStruct {
		return w.print(x, plain)
	}
	if def < x.def {
		return false, w.pass(x)
	}
	w.buf = append(w.buf, '{')
	first := len(w.buf)
	for i := range x.kids {
		kid := &x.kids[i]
		at := len(w.buf)
		if at > first {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(appendJSONString(w.buf, []byte(kid.name)), ':')
		if there, err = w.member(kid); err != nil {
			return false, err
		}
		if !there {
			w.buf = w.buf[:at]
		}
	}
	if len(rest) > 0 {
		w.names.left = len(rest)
		if w.buf, err = w.names.members(w.buf, rest, len(w.buf) > first, 0); err != nil {
			return false, err
		}
	}
	w.buf = append(w.buf, '}')
	return true, nil
}

// member appends a member of a shredded object.
func (w *treeWalk) member(x *pqNode) (there bool, err error) {
	if x.kind != nodeVariant {
		return w.print(x, false)
	}
	_, def, err := w.leaves[x.leaf].levels()
	if err != nil {
		return false, err
	}
	if def < x.def {
		return false, w.pass(x)
	}
	return w.variant(x, false, true)
}

// variantNames are the names of members of a variant's objects.
type variantNames struct {
	size    int // bytes of an offset
	offsets []byte
	text    []byte
	left    int // values that may still come: one takes a byte at least
}

// read takes the metadata of a variant.
func (m *variantNames) read(b []byte) error {
	if len(b) == 0 || b[0]&15 != 1 {
		return fmt.Errorf("%w: metadata", errVariant)
	}
	size := int(b[0]>>6) + 1
	n, ok := leastFirst(b[1:], 0, size)
	if b = b[1:]; !ok || n >= len(b)/size {
		return fmt.Errorf("%w: metadata", errVariant)
	}
	b = b[size:]
	if first, _ := leastFirst(b, 0, size); len(b) < (n+1)*size || first != 0 {
		return fmt.Errorf("%w: metadata", errVariant)
	}
	*m = variantNames{size: size, offsets: b[:(n+1)*size], text: b[(n+1)*size:]}
	return nil
}

// leastFirst returns the i-th of some numbers of that many bytes each, 4 at most. A larger one
// than maxVariant is that: it lies beyond all there is.
func leastFirst(b []byte, i, size int) (n int, ok bool) {
	if len(b) < (i+1)*size {
		return 0, false
	}
	var v uint32
	for j := range size {
		v |= uint32(b[i*size+j]) << (8 * j)
	}
	return int(min(v, maxVariant)), true
}

// maxVariant is as many bytes as a page has at most, and so few that what is worked out of it
// fits in 32 bits.
const maxVariant = 1 << 28

// name returns the i-th name.
func (m *variantNames) name(i int) ([]byte, bool) {
	from, ok := leastFirst(m.offsets, i, m.size)
	to, ok2 := leastFirst(m.offsets, i+1, m.size)
	if !ok || !ok2 || from > to || to > len(m.text) {
		return nil, false
	}
	return m.text[from:to], true
}

// append prints the value at the start of b, as JSON or, where plain is true, as
// it stands alone.
func (m *variantNames) append(dst, b []byte, plain bool, depth int) ([]byte, error) {
	m.left--
	switch {
	case len(b) == 0 || m.left < 0:
		return dst, errVariant
	case len(dst) > DefaultMaxRecord:
		return dst, fmt.Errorf("%w: variant", ErrTooLarge)
	case depth > maxVariantDepth:
		return dst, fmt.Errorf("%w: variant of more than %d levels", ErrTooLarge, maxVariantDepth)
	}
	head, kind := int(b[0]>>2), b[0]&3
	switch kind {
	case 0:
		return appendVariant(dst, head, b[1:], plain)
	case 1:
		if len(b) <= head {
			return dst, errVariant
		}
		return appendVariantText(dst, b[1:1+head], plain), nil
	case 2:
		dst, err := m.members(append(dst, '{'), b, false, depth)
		return append(dst, '}'), err
	}
	dst = append(dst, '[')
	parts, err := variantParts(b[1:], head>>2&1 != 0, 0, head&3+1)
	for i := 0; i < parts.n && err == nil; i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		var v []byte
		if v, err = parts.at(i); err == nil {
			dst, err = m.append(dst, v, false, depth+1)
		}
	}
	return append(dst, ']'), err
}

// members prints the members of an object, without its braces. more says that
// others stand before them.
func (m *variantNames) members(dst, b []byte, more bool, depth int) ([]byte, error) {
	if b[0]&3 != 2 {
		return dst, errVariant
	}
	head := int(b[0] >> 2)
	parts, err := variantParts(b[1:], head>>4&1 != 0, head>>2&3+1, head&3+1)
	for i := 0; i < parts.n && err == nil; i++ {
		id, _ := leastFirst(parts.ids, i, parts.idSize)
		name, ok := m.name(id)
		v, bad := parts.at(i)
		if !ok || bad != nil {
			return dst, errVariant
		}
		if more {
			dst = append(dst, ',')
		}
		more = true
		dst = append(appendJSONString(dst, name), ':')
		dst, err = m.append(dst, v, false, depth+1)
	}
	return dst, err
}

// variantList is what an array or an object holds.
type variantList struct {
	n, idSize, size    int
	ids, offsets, data []byte
}

// variantParts cuts an array or object, its header taken off, apart. An array
// has no names, of 0 bytes.
func variantParts(b []byte, large bool, idSize, size int) (p variantList, err error) {
	width := 1
	if large {
		width = 4
	}
	n, ok := leastFirst(b, 0, width)
	if !ok || n > len(b) {
		return p, errVariant
	}
	b = b[width:]
	if len(b) < n*idSize+(n+1)*size {
		return p, errVariant
	}
	ids, b := b[:n*idSize], b[n*idSize:]
	return variantList{n, idSize, size, ids, b[:(n+1)*size], b[(n+1)*size:]}, nil
}

// at returns the data from the i-th value on. Where the value ends shows in itself, since
// values need not stand in the order of their names.
func (p *variantList) at(i int) ([]byte, error) {
	off, ok := leastFirst(p.offsets, i, p.size)
	if !ok || off >= len(p.data) {
		return nil, errVariant
	}
	return p.data[off:], nil
}

// variantTypes are what values of one type take, in bytes, and how they are
// printed: by type, from number 3 on.
var variantTypes = [...]struct {
	size int
	printer
}{
	{1, printer{kind: printInt}}, {2, printer{kind: printInt}}, {4, printer{kind: printInt}}, {8, printer{kind: printInt}},
	{8, printer{kind: printFloat64}},
	{5, printer{kind: printBigDecimal}}, {9, printer{kind: printBigDecimal}}, {17, printer{kind: printBigDecimal}},
	{4, printer{kind: printDate}},
	{8, printer{kind: printTime, unit: unitMicro, utc: true}}, {8, printer{kind: printTime, unit: unitMicro}},
	{4, printer{kind: printFloat32}},
	{4, printer{kind: printBytes}}, {4, printer{kind: printText}}, // behind a length of 4 bytes
	{8, printer{kind: printClock, unit: unitMicro}},
	{8, printer{kind: printTime, unit: unitNano, utc: true}}, {8, printer{kind: printTime, unit: unitNano}},
	{16, printer{kind: printUUID}},
}

// appendVariant prints a value that is neither a short text nor made of others.
func appendVariant(dst []byte, typ int, b []byte, plain bool) ([]byte, error) {
	switch {
	case typ == 0 && plain:
		return dst, nil
	case typ == 0:
		return append(dst, "null"...), nil
	case typ < 3:
		return append(dst, []string{"true", "false"}[typ-1]...), nil
	case typ-3 >= len(variantTypes):
		return dst, fmt.Errorf("%w: value of type %d", errVariant, typ)
	}
	t := variantTypes[typ-3]
	if len(b) < t.size {
		return dst, errVariant
	}
	v := b[:t.size]
	switch t.kind {
	case printBytes, printText:
		n := binary.LittleEndian.Uint32(b)
		if uint64(n) > uint64(len(b)-4) || n > math.MaxInt32 {
			return dst, errVariant
		}
		v = b[4 : 4+n]
	case printBigDecimal:
		t.scale = int(v[0])
		v = slices.Clone(v[1:])
		slices.Reverse(v)
	}
	switch {
	case plain || !t.quoted():
		return t.printer.append(dst, v), nil
	case t.kind == printText:
		return appendVariantText(dst, v, false), nil
	}
	return appendVariantText(dst, t.printer.append(nil, v), false), nil
}

func appendVariantText(dst, v []byte, plain bool) []byte {
	if plain {
		return append(dst, v...)
	}
	return appendJSONString(dst, v)
}
