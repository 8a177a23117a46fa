package formats

import (
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go/format"
)

// A listWalk reads a column of lists from front to back, one row at a time. A
// list may go on in the next page, and how many rows a page has is known only
// when its levels are read, so there is no seeking.
type listWalk struct {
	c          *chunkReader
	row        int64 // rows given
	left       int   // entries left in the page
	reps, defs hybrid
	codes      hybrid
	dict       bool
	ord        int // next value of the page
	buf        []byte
	done       bool
}

// next reads the list of the next row as a JSON array, empty for a null; it
// lives until the next call.
func (w *listWalk) next() (text []byte, err error) {
	l := w.c.col.list
	w.buf = w.buf[:0]
	for entries := 0; ; entries++ {
		if w.left == 0 {
			err := w.page()
			if err == io.EOF && entries > 0 {
				break
			}
			if err != nil {
				return nil, err
			}
		}
		rep, ok := w.reps.peek()
		if !ok {
			return nil, errLevels
		}
		if rep > 1 || (rep == 0) != (entries == 0) {
			if rep == 0 {
				break
			}
			return nil, fmt.Errorf("%w: a list that never began", errMetadata)
		}
		def, ok := w.defs.peek()
		if !ok || def > l.elem {
			return nil, errLevels
		}
		w.reps.skip(1)
		w.defs.skip(1)
		w.left--
		switch {
		case def < l.list:
			continue
		case def < l.entry:
			w.buf = append(w.buf, '[')
			continue
		}
		if len(w.buf) > DefaultMaxRecord {
			return nil, fmt.Errorf("%w: list", ErrTooLarge)
		}
		sep := byte(',')
		if len(w.buf) == 0 {
			sep = '['
		}
		w.buf = append(w.buf, sep)
		if def < l.elem {
			w.buf = append(w.buf, "null"...)
			continue
		}
		if err := w.value(); err != nil {
			return nil, err
		}
	}
	w.row++
	if len(w.buf) > 0 {
		w.buf = append(w.buf, ']')
	}
	return w.buf, nil
}

// stored returns the next stored value.
func (w *listWalk) stored() (v []byte, err error) {
	c := w.c
	if w.dict {
		code, ok := w.codes.peek()
		if !ok {
			return nil, errLevels
		}
		if int(code) >= c.dict.vals.n {
			return nil, errCode
		}
		w.codes.skip(1)
		return c.dict.vals.at(int(code)), nil
	}
	if w.ord >= c.b.vals.n {
		return nil, errValues
	}
	w.ord++
	return c.b.vals.at(w.ord - 1), nil
}

// plain prints the next stored value as it stands alone.
func (w *listWalk) plain() error {
	v, err := w.stored()
	if err == nil {
		w.buf = w.c.col.print.append(w.buf, v)
	}
	return err
}

// value prints the next stored value as JSON.
func (w *listWalk) value() error {
	v, err := w.stored()
	if err != nil {
		return err
	}
	p := &w.c.col.print
	if !p.quoted() {
		w.buf = p.append(w.buf, v)
		return nil
	}
	if p.asIs() {
		w.buf = appendJSONString(w.buf, v)
		return nil
	}
	w.buf = appendJSONString(w.buf, p.append(nil, v))
	return nil
}

// page goes to the next page with levels.
func (w *listWalk) page() error {
	c := w.c
	for w.left == 0 {
		if w.done {
			return io.EOF
		}
		if err := c.next(pageAhead); err != nil {
			w.done = err == io.EOF
			return err
		}
		if w.dict = isDictEncoding(c.head.enc); w.dict {
			// The dictionary first: the page may lie in the window.
			if err := c.loadDict(); err != nil {
				return err
			}
		}
		if err := c.load(); err != nil {
			return err
		}
		n := int(c.head.values)
		l := c.col.list
		w.reps = newHybrid(c.reps, levelWidth(l.reps))
		w.defs = newHybrid(c.defs, levelWidth(l.elem))
		w.ord = 0
		if w.dict {
			var err error
			if w.codes, err = c.codes(); err != nil {
				return err
			}
		} else {
			values := n
			if l.elem > 0 {
				var err error
				if values, err = countLevel(w.defs, l.elem, n); err != nil {
					return err
				}
			}
			if c.head.typ == format.DataPageV2 && values+int(c.head.nulls) > n {
				return fmt.Errorf("%w: page with more nulls than values", errMetadata)
			}
			if err := c.b.vals.decode(c.col, c.head.enc, c.body, values); err != nil {
				return err
			}
		}
		w.left = n
	}
	return nil
}

// countLevel counts how many of the next n levels are level.
func countLevel(h hybrid, level uint32, n int) (count int, err error) {
	for n > 0 {
		if !h.load() {
			return 0, errLevels
		}
		k := min(n, h.n)
		if !h.packed && h.val == level {
			count += k
		}
		if h.packed {
			for i := range k {
				if h.value(h.at+i) == level {
					count++
				}
			}
		}
		h.skip(k)
		n -= k
	}
	return count, nil
}

// listRun is how many bytes of printed lists make a run.
const listRun = 1 << 20

// listRuns yields a column of lists in runs of about a mebibyte.
func (r *parquetReader) listRuns(key int, c *chunkReader, give func(*Run) bool) (bool, error) {
	w := &listWalk{c: c}
	return r.walkRuns(key, w.next, give)
}

// walkRuns yields what next gives row by row, from the first of the group on.
func (r *parquetReader) walkRuns(key int, next func() ([]byte, error), give func(*Run) bool) (bool, error) {
	cl := &r.s.claims[r.claim]
	row := int64(0)
	for ; row < cl.lo; row++ {
		if _, err := next(); err != nil {
			return true, noEOF(err)
		}
	}
	for row < cl.hi {
		first := uint32(row - cl.lo)
		text, cells := r.text.buf[:0], r.text.own[:0]
		var err error
		for ; row < cl.hi && len(text) < listRun && len(cells) < listRun/8; row++ {
			var t []byte
			if t, err = next(); err != nil {
				break
			}
			cells = append(cells, Cell{uint32(len(text)), uint32(len(t))})
			text = append(text, t...)
		}
		r.text.buf, r.text.own = text, cells
		run := &Run{Key: key, Data: text, Cells: cells}
		if first > 0 {
			run.Find = rowsFrom(first)
		}
		if !give(run) {
			return false, nil
		}
		if err != nil {
			return true, noEOF(err)
		}
	}
	return true, nil
}

// noEOF makes an error of io.EOF, where rows are still missing.
func noEOF(err error) error {
	if err == io.EOF {
		return fmt.Errorf("pages hold too few rows: %w", ErrTruncated)
	}
	return err
}

// lists fills one column of a grid from a column of lists.
func (lc *lateColumn) lists(cl *pqClaim, rows []uint32, g *Grid, j int) error {
	for i, row := range rows {
		at := cl.lo + int64(row)
		if at >= cl.hi {
			return fmt.Errorf("formats: row %d of %d", row, cl.hi-cl.lo)
		}
		if lc.list == nil || lc.list.row > at+1 {
			lc.c.rewind()
			lc.list = &listWalk{c: &lc.c}
		}
		var err error
		for err == nil && lc.list.row <= at {
			_, err = lc.list.next()
		}
		if err != nil {
			lc.list = nil
			return noEOF(err)
		}
		// The walk has given the rows before lc.list.row: buf is the last one's, at.
		if err := g.set(i, j, lc.list.buf); err != nil {
			return err
		}
	}
	return nil
}

// set fills a cell.
func (g *Grid) set(i, j int, text []byte) error {
	if uint64(len(g.Data))+uint64(len(text)) > math.MaxUint32 {
		return fmt.Errorf("%w: late cells of more than 4 GiB; fetch fewer rows at once", ErrTooLarge)
	}
	g.Cells[i*g.Down+j*g.Right] = Cell{uint32(len(g.Data)), uint32(len(text))}
	g.Data = append(g.Data, text...)
	return nil
}
