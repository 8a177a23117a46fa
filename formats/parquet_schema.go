package formats

import (
	"fmt"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// schema turns the stored elements, which are a tree written depth first, into
// top-level columns.
func (ft *pqFooter) schema(elems []pqElement) error {
	if len(elems) == 0 {
		return fmt.Errorf("%w: no schema", errMetadata)
	}
	rest := elems[1:]
	for range elems[0].children {
		if len(rest) == 0 {
			return fmt.Errorf("%w: schema ends early", errMetadata)
		}
		n, leaves, err := subtree(rest)
		if err != nil {
			return err
		}
		if !envelope(&rest[0], elems) || !ft.members(rest[:n]) {
			col, err := newColumn(rest[:n])
			if err != nil {
				return err
			}
			col.leaf = ft.leaves
			ft.columns = append(ft.columns, col)
		}
		ft.leaves += leaves
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: schema has elements that belong nowhere", errMetadata)
	}
	return nil
}

// members adds what a struct holds as columns of their own, whose values are
// read like those of nested columns: the levels of the struct count.
func (ft *pqFooter) members(sub []pqElement) bool {
	t := newTree(sub)
	if t == nil || t.root.kind != nodeStruct {
		return false
	}
	for _, kid := range t.root.kids {
		end := len(t.leaves)
		for _, o := range t.root.kids {
			if o.leaf > kid.leaf {
				end = min(end, o.leaf)
			}
		}
		col := pqColumn{name: kid.name, nested: true, leaf: ft.leaves + kid.leaf}
		col.tree = &pqTree{root: kid, leaves: t.leaves[kid.leaf:end]}
		col.tree.root.shift(-kid.leaf)
		ft.columns = append(ft.columns, col)
	}
	return true
}

// shift renumbers the leaves of a node.
func (x *pqNode) shift(by int) {
	x.leaf += by
	for i := range x.kids {
		x.kids[i].shift(by)
	}
}

// subtree returns how many elements the first one spans, and how many of them
// are leaves.
func subtree(elems []pqElement) (n, leaves int, err error) {
	for open := 1; open > 0; open-- {
		if n == len(elems) {
			return 0, 0, fmt.Errorf("%w: schema ends early", errMetadata)
		}
		e := &elems[n]
		n++
		switch {
		case e.children < 0 || int(e.children) > len(elems):
			return 0, 0, fmt.Errorf("%w: column %q has %d children", errMetadata, e.name, e.children)
		case e.children > 0:
			open += int(e.children)
		case e.hasPhys:
			leaves++
		}
	}
	return n, leaves, nil
}

// newColumn describes a top-level column: the first element, and those below.
func newColumn(sub []pqElement) (pqColumn, error) {
	e := &sub[0]
	col := pqColumn{name: e.name}
	leaf := e
	optional := func(e *pqElement) uint32 {
		if e.rep == format.Optional {
			return 1
		}
		return 0
	}
	switch {
	case len(sub) == 1 && e.hasPhys && e.rep != format.Repeated:
		col.optional = e.rep == format.Optional
	case len(sub) == 1 && e.hasPhys:
		col.list = &pqList{list: 0, entry: 1, elem: 1, reps: 1}
	case len(sub) == 2 && e.rep != format.Repeated && sub[1].rep == format.Repeated && sub[1].hasPhys:
		leaf = &sub[1]
		n := optional(e)
		col.list = &pqList{list: n, entry: n + 1, elem: n + 1, reps: 1}
	case len(sub) == 3 && e.rep != format.Repeated && sub[1].rep == format.Repeated && sub[1].children == 1 &&
		sub[2].hasPhys && sub[2].rep != format.Repeated:
		leaf = &sub[2]
		n := optional(e)
		col.list = &pqList{list: n, entry: n + 1, elem: n + 1 + optional(leaf), reps: 1}
	default:
		col.nested, col.tree = true, newTree(sub)
		return col, nil
	}
	return col, col.typed(leaf)
}

// typed takes the type of values from an element without any below.
func (c *pqColumn) typed(leaf *pqElement) error {
	c.phys, c.width = leaf.phys, int(leaf.width)
	switch {
	case c.phys < format.Boolean || c.phys > format.FixedLenByteArray:
		return fmt.Errorf("%w: column %q has unknown type %d", errMetadata, c.name, c.phys)
	case c.phys == format.FixedLenByteArray && (c.width <= 0 || c.width > maxPage):
		return fmt.Errorf("%w: column %q has values of %d bytes", errMetadata, c.name, c.width)
	}
	c.print = leaf.printer()
	return nil
}

// printer chooses how values of a leaf are printed. The logical type wins over
// the older converted type; what does not fit the physical type is ignored.
func (e *pqElement) printer() printer {
	p := printer{scale: int(e.scale), width: int(e.width)}
	text := func() {
		switch e.logical {
		case logicalString, logicalEnum, logicalJSON:
			p.kind = printText
		case logicalNone:
			if e.hasConv && (e.converted == deprecated.UTF8 || e.converted == deprecated.Enum || e.converted == deprecated.Json) {
				p.kind = printText
			}
		}
	}
	conv := func(c deprecated.ConvertedType) bool {
		return e.logical == logicalNone && e.hasConv && e.converted == c
	}
	integer := func(bits int) {
		p.kind = printInt
		switch {
		case e.logical == logicalInteger && e.unsigned, conv(deprecated.Uint8), conv(deprecated.Uint16), conv(deprecated.Uint32), conv(deprecated.Uint64):
			p.kind = printUint
		case e.logical == logicalDecimal || conv(deprecated.Decimal):
			p.kind = printDecimal
		case e.logical == logicalDate || conv(deprecated.Date):
			if bits == 32 {
				p.kind = printDate
			}
		case e.logical == logicalTime:
			p.kind, p.unit, p.utc = printClock, unitOf(e.unit), e.utc
		case conv(deprecated.TimeMillis), conv(deprecated.TimeMicros):
			p.kind, p.unit, p.utc = printClock, unitMilli, true
			if e.converted == deprecated.TimeMicros {
				p.unit = unitMicro
			}
		case e.logical == logicalTimestamp:
			p.kind, p.unit, p.utc = printTime, unitOf(e.unit), e.utc
		case conv(deprecated.TimestampMillis), conv(deprecated.TimestampMicros):
			p.kind, p.unit, p.utc = printTime, unitMilli, true
			if e.converted == deprecated.TimestampMicros {
				p.unit = unitMicro
			}
		}
	}
	switch e.phys {
	case format.Boolean:
		p.kind = printBool
	case format.Int32:
		p.width = 4
		integer(32)
	case format.Int64:
		p.width = 8
		integer(64)
	case format.Int96:
		p.kind, p.width, p.utc = printInt96, 12, true
	case format.Float:
		p.kind, p.width = printFloat32, 4
	case format.Double:
		p.kind, p.width = printFloat64, 8
	case format.ByteArray:
		p.kind, p.width = printBytes, 0
		text()
		if e.logical == logicalDecimal || conv(deprecated.Decimal) {
			p.kind = printBigDecimal
		}
	case format.FixedLenByteArray:
		p.kind = printBytes
		text()
		switch {
		case e.logical == logicalDecimal || conv(deprecated.Decimal):
			p.kind = printBigDecimal
		case e.logical == logicalUUID && e.width == 16:
			p.kind = printUUID
		case e.logical == logicalFloat16 && e.width == 2:
			p.kind = printFloat16
		}
	}
	return p
}

// unitOf maps the field number of Parquet's TimeUnit union.
func unitOf(n int32) timeUnit {
	switch n {
	case 1:
		return unitMilli
	case 2:
		return unitMicro
	}
	return unitNano
}
