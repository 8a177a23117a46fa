package table

import "math/bits"

// Columns is the column list of one input with an index that is built once.
// It is immutable and shared by all rows of the input.
type Columns struct {
	names []string
	has   []bool
	index map[string]int // by lower-case name
	exact []exactName    // by a hash of the name as spelled, which nearly all callers use; see spot
	shift uint           // from a hash to an index in exact
}

// An exactName is a column under one spelling; the empty one is a free place.
type exactName struct {
	name string
	at   int
}

// NewColumns indexes bare column names (see formats.BareName). has says for
// each whether the input is known to have the column: if it has not, the cells are
// missing, which a rule tells from empty. A nil has means that all columns are there. Of
// repeated names the first counts.
func NewColumns(names []string, has []bool) *Columns {
	size := bits.Len(uint(2 * len(names)))
	c := &Columns{names: names, has: has, index: make(map[string]int, len(names)), exact: make([]exactName, 1<<size), shift: uint(64 - size)}
	for i, n := range names {
		key := string(lower(nil, n))
		if _, ok := c.index[key]; !ok {
			c.index[key] = i
		}
	}
	for _, n := range names {
		at := c.Index(n)
		if e := c.spot(n); e != nil && e.name == "" {
			*e = exactName{n, at}
		}
	}
	return c
}

// spot returns the place of a spelling in exact, or the free place for it; nil if more
// than a few others are in the way, since anyone can write a header. A row is asked for
// two dozen columns by name, and names differ in their ends: a map takes twice as long.
func (c *Columns) spot(name string) *exactName {
	h := uint64(len(name))
	if n := len(name); n >= 8 {
		b := name[n-8:]
		h ^= uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
	} else {
		for i := range n {
			h = h<<8 ^ uint64(name[i])
		}
	}
	h *= 0x9e3779b97f4a7c15
	for i := range 8 {
		e := &c.exact[(int(h>>c.shift)+i)&(len(c.exact)-1)]
		if e.name == "" || e.name == name {
			return e
		}
	}
	return nil
}

// Index returns the number of a column, -1 without it. Names compare without
// regard to ASCII case. It does not allocate.
func (c *Columns) Index(column string) int {
	if e := c.spot(column); e != nil && e.name != "" {
		return e.at
	}
	var buf [96]byte
	if i, ok := c.index[string(lower(buf[:0], column))]; ok {
		return i
	}
	return -1
}

// Names returns the column names in the order of a Row's cells.
func (c *Columns) Names() []string { return c.names }

// Row is one record: its cells in the order of the Columns. It may have fewer
// cells than there are columns; the rest are empty. It is for one goroutine.
type Row struct {
	*Columns
	Cells []string

	// The last JSON cell that was asked for a member, taken apart: several answers come
	// from the same cell.
	parsed object

	memory *memory // nil before the first Reset
}

// Reset makes the row another record. Nothing of the last record's cells is kept, since
// their memory may hold other cells by now. The texts made for answers end as well: from
// the first Reset on they live only as long as the cells do.
func (r *Row) Reset(columns *Columns, cells []string) {
	if r.memory == nil {
		r.memory = new(memory)
	}
	if r.memory.text = r.memory.text[:0]; cap(r.memory.text) > maxKept {
		r.memory.text = nil
	}
	r.Columns, r.Cells, r.parsed.cell = columns, cells, ""
	r.parsed.members = r.parsed.members[:0]
}

// Get returns the cell of a column, and whether the input has that column: it
// does if the Columns say so, or if this row has something in it, since the
// records of a JSON stream may have columns that its head did not show. Names compare
// without regard to ASCII case. It does not allocate.
func (r *Row) Get(column string) (cell string, has bool) {
	i := r.Index(column)
	if i < 0 {
		return "", false
	}
	if i < len(r.Cells) {
		cell = r.Cells[i]
	}
	return cell, cell != "" || r.has == nil || r.has[i]
}

// member is object.member for a cell of the row.
func (r *Row) member(cell, key string) (value string, has bool) {
	if r.parsed.cell != cell {
		r.parsed.read(cell)
	}
	return r.parsed.member(key)
}

// cell is Get for those who need not tell a missing cell from an empty one.
func (r *Row) cell(column string) string {
	s, _ := r.Get(column)
	return s
}

func lower(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
