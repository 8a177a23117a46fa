package formats

import (
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// A pqTree is a nested column: a struct, a map, or a list of structs or maps. Its cells
// are printed as JSON, so that they read as in exports that have it as text:
//
//	optional group AdditionalFields {            {"query":"x.example","answers":["192.0.2.7"]}
//	  optional binary query (STRING);
//	  optional group answers (LIST) { … } }
type pqTree struct {
	root   pqNode
	leaves []pqColumn // each with its levels in list
}

// A pqNode is an element of a nested column.
type pqNode struct {
	name     string
	kind     nodeKind
	repeated bool
	def      uint32 // level from which on it is there (repeated: has an entry)
	rep      uint32 // level of its repetitions, where repeated
	leaf     int    // index of the first leaf at or below
	kids     []pqNode
	variant  pqVariant // of nodeVariant
}

type nodeKind uint8

const (
	nodeValue nodeKind = iota
	nodeStruct
	nodeList  // its only kid is repeated: an array of that
	nodeEntry // repeated kid of a list that only wraps the element
	nodeMap   // its only kid is repeated and has a key and a value
	nodeVariant
)

// Bounds of nested columns. Deeper or wider ones are not read.
const (
	maxTreeDepth  = 16
	maxTreeLeaves = 256
)

// newTree describes a nested column, its element and those below; nil if it is
// beyond the bounds, or empty.
func newTree(sub []pqElement) *pqTree {
	t := &pqTree{}
	root, n, ok := t.node(sub, 0, 0, 0)
	if !ok || n != len(sub) || len(t.leaves) == 0 {
		return nil
	}
	t.root = root
	return t
}

// node describes elems[0], which lies where the levels are def and rep, and
// returns how many elements it spans.
func (t *pqTree) node(elems []pqElement, def, rep uint32, depth int) (x pqNode, n int, ok bool) {
	e := &elems[0]
	x = pqNode{name: e.name, leaf: len(t.leaves)}
	switch e.rep {
	case format.Optional:
		def++
	case format.Repeated:
		x.repeated = true
		def, rep = def+1, rep+1
	}
	x.def, x.rep = def, rep
	n = 1
	if e.children == 0 {
		if !e.hasPhys || len(t.leaves) == maxTreeLeaves {
			return x, 0, false
		}
		col := pqColumn{name: e.name, list: &pqList{elem: def, reps: rep}}
		if col.typed(e) != nil {
			return x, 0, false
		}
		t.leaves = append(t.leaves, col)
		return x, n, true
	}
	if depth == maxTreeDepth {
		return x, 0, false
	}
	x.kind = nodeStruct
	for range e.children {
		kid, m, ok := t.node(elems[n:], def, rep, depth+1)
		if !ok {
			return x, 0, false
		}
		x.kids = append(x.kids, kid)
		n += m
	}
	if isVariant(e, x.kids, t.leaves) {
		x.shred(t.leaves)
		x.variant.guessed = e.logical != logicalVariant
	}
	if x.repeated || len(x.kids) != 1 || !x.kids[0].repeated {
		return x, n, true
	}
	switch kid := &x.kids[0]; {
	case e.logical == logicalList, e.logical == logicalNone && e.hasConv && e.converted == deprecated.List:
		x.kind = nodeList
		// The names are those of writers that had no wrapper.
		if len(kid.kids) == 1 && kid.name != "array" && kid.name != e.name+"_tuple" {
			kid.kind = nodeEntry
		}
	case len(kid.kids) != 2:
	case kid.name == "key_value" && kid.kids[0].name == "key": // some writers leave out what it is
		x.kind = nodeMap
	case e.logical == logicalMap, e.logical == logicalNone && e.hasConv && (e.converted == deprecated.Map || e.converted == deprecated.MapKeyValue):
		x.kind = nodeMap
	}
	return x, n, true
}

// A treeWalk reads a nested column from front to back, one row at a time: all
// its leaves go on together.
type treeWalk struct {
	tree   *pqTree
	leaves []listWalk
	row    int64 // rows given
	buf    []byte
	names  variantNames // of the variant at which it stands
}

// newTreeWalk begins a walk of a column in a group.
func (r *parquetReader) newTreeWalk(col int, g *pqGroup) (*treeWalk, error) {
	pc := &r.s.footer.columns[col]
	w := &treeWalk{tree: pc.tree, leaves: make([]listWalk, len(pc.tree.leaves))}
	for i := range w.leaves {
		c := &chunkReader{t: &r.t, b: new(pqBuffers), into: new(pqDict)}
		if err := c.reset(&pc.tree.leaves[i], &g.chunks[pc.leaf+i], g.rows); err != nil {
			return nil, err
		}
		w.leaves[i].c = c
	}
	return w, nil
}

// next reads the value of the next row, empty for a null; it lives until the
// next call.
func (w *treeWalk) next() ([]byte, error) {
	held := 0
	for i := range w.leaves {
		if rep, _, err := w.leaves[i].levels(); err != nil {
			return nil, err
		} else if rep != 0 {
			return nil, fmt.Errorf("%w: a list that never began", errMetadata)
		}
		// A page of every leaf is in memory at the same time.
		if held += len(w.leaves[i].c.body); held > 2*maxPage {
			return nil, fmt.Errorf("%w: pages of a nested column", ErrTooLarge)
		}
	}
	w.buf = w.buf[:0]
	there, err := w.print(&w.tree.root, true)
	if err != nil {
		return nil, noEOF(err)
	}
	if !there {
		w.buf = w.buf[:0]
	}
	w.row++
	return w.buf, nil
}

// print appends the node at which the walk stands, and reports whether it is there; if
// not, nothing was appended. plain means that a plain value is the whole cell, and is
// not to be written as JSON.
func (w *treeWalk) print(x *pqNode, plain bool) (there bool, err error) {
	first := &w.leaves[x.leaf]
	_, def, err := first.levels()
	if err != nil {
		return false, err
	}
	if !x.repeated {
		if def < x.def {
			return false, w.pass(x)
		}
		if x.kind == nodeVariant {
			return w.variant(x, plain, false)
		}
		return true, w.value(x, plain)
	}
	w.buf = append(w.buf, '[')
	if def < x.def {
		w.buf = append(w.buf, ']')
		return true, w.pass(x)
	}
	for n := 0; ; n++ {
		if n > 0 {
			rep, def, err := first.levels()
			if err == io.EOF || err == nil && rep < x.rep {
				break
			}
			if err != nil {
				return false, err
			}
			if rep != x.rep || def < x.def {
				return false, errLevels
			}
			w.buf = append(w.buf, ',')
		}
		if err := w.value(x, false); err != nil {
			return false, err
		}
	}
	w.buf = append(w.buf, ']')
	return true, nil
}

// pass takes the one entry that each leaf of an absent node has.
func (w *treeWalk) pass(x *pqNode) error {
	if len(x.kids) == 0 {
		_, def, err := w.leaves[x.leaf].levels()
		if err == nil && def >= x.def {
			err = errLevels
		}
		w.leaves[x.leaf].take()
		return err
	}
	for i := range x.kids {
		if err := w.pass(&x.kids[i]); err != nil {
			return err
		}
	}
	return nil
}

// value appends one value of a node that is there.
func (w *treeWalk) value(x *pqNode, plain bool) error {
	if len(w.buf) > DefaultMaxRecord {
		return fmt.Errorf("%w: nested value", ErrTooLarge)
	}
	switch x.kind {
	case nodeValue:
		return w.leaf(x, plain)
	case nodeList, nodeMap:
		if x.kind == nodeMap {
			return w.entries(&x.kids[0])
		}
		_, err := w.print(&x.kids[0], false)
		return err
	case nodeVariant:
		there, err := w.variant(x, false, true)
		if !there {
			w.buf = append(w.buf, "null"...)
		}
		return err
	case nodeEntry:
		there, err := w.print(&x.kids[0], false)
		if !there {
			w.buf = append(w.buf, "null"...)
		}
		return err
	}
	w.buf = append(w.buf, '{')
	for i, sep := 0, false; i < len(x.kids); i++ {
		at := len(w.buf)
		if sep {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(appendJSONString(w.buf, []byte(x.kids[i].name)), ':')
		there, err := w.print(&x.kids[i], false)
		if err != nil {
			return err
		}
		if !there { // null and missing are the same
			w.buf = w.buf[:at]
			continue
		}
		sep = true
	}
	w.buf = append(w.buf, '}')
	return nil
}

// entries appends a map, x being what is repeated: a key and a value.
func (w *treeWalk) entries(x *pqNode) error {
	first := &w.leaves[x.leaf]
	_, def, err := first.levels()
	if err != nil {
		return err
	}
	w.buf = append(w.buf, '{')
	if def < x.def {
		w.buf = append(w.buf, '}')
		return w.pass(x)
	}
	for n := 0; ; n++ {
		if n > 0 {
			rep, def, err := first.levels()
			if err == io.EOF || err == nil && rep < x.rep {
				break
			}
			if err != nil {
				return err
			}
			if rep != x.rep || def < x.def {
				return errLevels
			}
			w.buf = append(w.buf, ',')
		}
		at := len(w.buf)
		there, err := w.print(&x.kids[0], false)
		if err != nil {
			return err
		}
		switch {
		case !there:
			w.buf = append(w.buf, `""`...)
		case w.buf[at] != '"': // a number, an object
			key := string(w.buf[at:])
			w.buf = appendJSONString(w.buf[:at], []byte(key))
		}
		w.buf = append(w.buf, ':')
		if there, err = w.print(&x.kids[1], false); err != nil {
			return err
		}
		if !there {
			w.buf = append(w.buf, "null"...)
		}
		if len(w.buf) > DefaultMaxRecord {
			return fmt.Errorf("%w: nested value", ErrTooLarge)
		}
	}
	w.buf = append(w.buf, '}')
	return nil
}

// leaf appends the value at which a leaf stands.
func (w *treeWalk) leaf(x *pqNode, plain bool) error {
	l := &w.leaves[x.leaf]
	_, def, err := l.levels()
	if err != nil {
		return err
	}
	if def != x.def {
		return errLevels
	}
	l.take()
	l.buf = w.buf
	if plain {
		err = l.plain()
	} else {
		err = l.value()
	}
	w.buf, l.buf = l.buf, nil
	return err
}

// levels returns the levels of the entry at which the walk of a leaf stands;
// io.EOF behind the last.
func (w *listWalk) levels() (rep, def uint32, err error) {
	if w.left == 0 {
		if err := w.page(); err != nil {
			return 0, 0, err
		}
	}
	l, ok := w.c.col.list, true
	if l.reps > 0 {
		if rep, ok = w.reps.peek(); !ok || rep > l.reps {
			return 0, 0, errLevels
		}
	}
	if l.elem > 0 {
		if def, ok = w.defs.peek(); !ok || def > l.elem {
			return 0, 0, errLevels
		}
	}
	return rep, def, nil
}

// take goes on to the next entry.
func (w *listWalk) take() {
	w.reps.skip(1)
	w.defs.skip(1)
	w.left--
}

// treeRuns yields a nested column in runs of about a mebibyte.
func (r *parquetReader) treeRuns(key, col int, give func(*Run) bool) (bool, error) {
	cl := &r.s.claims[r.claim]
	w, err := r.newTreeWalk(col, &r.s.footer.groups[cl.group])
	if err != nil {
		return true, err
	}
	return r.walkRuns(key, w.next, give)
}

// trees fills one column of a grid from a nested column.
func (lc *lateColumn) trees(r *parquetReader, cl *pqClaim, rows []uint32, g *Grid, j int) error {
	for i, row := range rows {
		at := cl.lo + int64(row)
		if at >= cl.hi {
			return fmt.Errorf("formats: row %d of %d", row, cl.hi-cl.lo)
		}
		if lc.tree == nil || lc.tree.row > at+1 {
			var err error
			if lc.tree, err = r.newTreeWalk(lc.n, &r.s.footer.groups[cl.group]); err != nil {
				return err
			}
		}
		for lc.tree.row <= at {
			if _, err := lc.tree.next(); err != nil {
				lc.tree = nil
				return noEOF(err)
			}
		}
		if err := g.set(i, j, lc.tree.buf); err != nil {
			return err
		}
	}
	return nil
}

// envelope reports whether a column is the envelope of a streamed record: its members
// are the columns.
func envelope(e *pqElement, all []pqElement) bool {
	if !strings.EqualFold(e.name, "properties") || e.children == 0 || e.rep == format.Repeated {
		return false
	}
	for i := range all {
		if strings.EqualFold(all[i].name, "category") {
			return true
		}
	}
	return false
}
