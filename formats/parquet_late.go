package formats

import (
	"errors"
	"fmt"
	"math"
)

// A lateStage holds the columns of one stage of Fetch.
type lateStage struct {
	cols []*lateColumn
	grid Grid
}

// A lateColumn is a column that is read for some rows. It remembers its last
// page, so that rows may be fetched piece by piece: a page is read and decoded
// once as long as the rows go up. Columns with large pages take turns with one
// set of buffers, and get buffers of their own only if they are fetched from again in
// the same group: as a rule all rows of a block are fetched at once, and to touch fresh
// memory for each of sixty columns costs more than to unpack into it.
type lateColumn struct {
	n       int   // its number in the file, -1 if the file lacks it
	key     int   // index in parquetReader.keys of the same column, whose dictionary may be there already; -1 for none
	group   int   // number of the group that c is set to, plus one
	met     bool  // it has been fetched from in this group
	err     error // why the group's chunk cannot be read
	c       chunkReader
	own     *lateBuffers // nil: it takes turns
	decoded int64        // bodyAt of the page in the buffers' values
	walk    lateWalk
	list    *listWalk
	tree    *treeWalk
}

// A lateWalk is how far the rows of a page have been taken. The next rows go on from
// there.
type lateWalk struct {
	page  int64  // bodyAt of the page, whose nulls are in the buffers; 0 for none
	next  int    // first row that codes can still give
	codes hybrid // of a page with a dictionary
	taken int    // codes passed over
}

type lateBuffers struct {
	pqBuffers
	dict pqDict
}

// forget gives the column's buffers up.
func (lc *lateColumn) forget() {
	lc.decoded, lc.walk.page, lc.c.loaded, lc.c.dict = 0, 0, 0, nil
}

const (
	// Pages of more than lentPage bytes, with the dictionary as stored, are large.
	// Writers make pages of up to 1 MiB; DuckDB one of a million rows.
	lentPage = 1 << 20
	// maxKept bounds the dictionary that a key keeps for the rest of its
	// block, and maxOwned what the late columns of a reader keep, in bytes.
	// Files with sound pages stay far below.
	maxKept  = 32 << 20
	maxOwned = 128 << 20
)

// lend gives a late column, whose walk stands at a page, buffers to read into.
func (r *parquetReader) lend(lc *lateColumn) {
	if lc.own != nil {
		return
	}
	c := &lc.c
	list := c.col.list != nil // a walk that goes on from call to call
	large := int64(c.head.size)+c.meta.dataStart-c.meta.start > lentPage
	again := lc.met && r.lent != lc
	lc.met = true
	if list || (!large || again) && r.owned() < maxOwned {
		lc.forget()
		if r.lent == lc {
			r.lent = nil
		}
		lc.own = new(lateBuffers)
		c.b, c.into = &lc.own.pqBuffers, &lc.own.dict
		return
	}
	if r.lent != lc {
		if r.lent != nil {
			r.lent.forget()
		}
		lc.forget()
		r.lent = lc
	}
	c.b, c.into = &r.spare, &r.dict
}

// owned is how many bytes the late columns keep for themselves.
func (r *parquetReader) owned() int {
	n := 0
	count := func(st *lateStage) {
		for _, lc := range st.cols {
			if o := lc.own; o != nil {
				n += cap(o.page) + o.nulls.size() + o.vals.size() + cap(o.dict.page) + o.dict.vals.size()
			}
		}
	}
	for _, st := range r.stages {
		count(st)
	}
	if r.all != nil {
		count(r.all)
	}
	return n
}

func (r *parquetReader) lateStage(cols []Column) *lateStage {
	st := &lateStage{}
	for _, c := range cols {
		lc := &lateColumn{n: findColumn(r.s.part.Columns, c), key: -1}
		for k := range r.keys {
			if lc.n >= 0 && r.keys[k].col == lc.n {
				lc.key = k
			}
		}
		st.cols = append(st.cols, lc)
	}
	return st
}

// Fetch gives a Grid even with an error: the cells of the columns that could
// not be read are empty in it. The last page of each column is remembered, so
// that many rows are best fetched in pieces, going up.
func (r *parquetReader) Fetch(stage int, rows []uint32) (*Grid, error) {
	return r.fetch(r.stages[stage], rows)
}

func (r *parquetReader) fetch(st *lateStage, rows []uint32) (*Grid, error) {
	g := &st.grid
	g.byColumn(len(rows), len(st.cols))
	cl := &r.s.claims[r.claim]
	if late := r.lateOf(cl, rows); late != nil {
		return late.fetch(r, st, rows)
	}
	var errs []error
	for j, lc := range st.cols {
		if lc.n < 0 || r.s.footer.columns[lc.n].unread() {
			continue
		}
		if err := r.column(lc, cl, rows, g, j); err != nil {
			errs = append(errs, r.failed(lc.n, err))
		}
	}
	return g, errors.Join(errs...)
}

// column fills one column of a grid with the cells of rows of a claim.
func (r *parquetReader) column(lc *lateColumn, cl *pqClaim, rows []uint32, g *Grid, j int) (err error) {
	defer recovered(&err)
	c := &lc.c
	if r.s.footer.columns[lc.n].tree != nil {
		if lc.group != cl.group+1 {
			lc.group, lc.tree = cl.group+1, nil
		}
		return lc.trees(r, cl, rows, g, j)
	}
	if lc.group != cl.group+1 { // pieces of a group share pages
		lc.group, lc.met, lc.list = cl.group+1, false, nil
		lc.err = r.set(c, lc.n)
		lc.forget()
	}
	if lc.err != nil {
		return lc.err
	}
	if c.col.list != nil {
		r.lend(lc)
		return lc.lists(cl, rows, g, j)
	}
	var first error
	for i := 0; i < len(rows); {
		row := cl.lo + int64(rows[i])
		if row >= cl.hi {
			return fmt.Errorf("formats: row %d of %d", rows[i], cl.hi-cl.lo)
		}
		if err := c.seek(row, headerAhead); err != nil {
			lc.decoded, lc.walk.page = 0, 0
			return err
		}
		r.lend(lc)
		if lc.key >= 0 {
			switch k := &r.keys[lc.key]; {
			case k.group == lc.group:
				c.dict = &k.dict
			case c.dict == &k.dict:
				c.dict = nil
			}
		}
		end := i + 1
		for end < len(rows) && cl.lo+int64(rows[end]) < c.row && rows[end] >= rows[end-1] {
			end++
		}
		if err := lc.page(cl, rows[i:end], g, j, i); err != nil {
			// The rows of other pages may be well.
			lc.decoded, lc.walk.page = 0, 0
			c.loaded = 0
			if first == nil {
				first = err
			}
			if errors.Is(err, ErrTooLarge) {
				return first
			}
		}
		i = end
	}
	return first
}

// page fills the cells of rows that are all in the current page, into g's rows from at on.
func (lc *lateColumn) page(cl *pqClaim, rows []uint32, g *Grid, j, at int) error {
	c := &lc.c
	dict := isDictEncoding(c.head.enc)
	if c.loaded != c.bodyAt {
		lc.decoded, lc.walk.page = 0, 0
		if err := c.load(); err != nil {
			return err
		}
	}
	vals := &c.b.vals
	if dict {
		if err := c.loadDict(); err != nil {
			return err
		}
		vals = &c.dict.vals
	}
	first := int(cl.lo - c.first)
	w := &lc.walk
	if w.page != c.bodyAt || first+int(rows[0]) < w.next {
		if err := lc.begin(dict); err != nil {
			return err
		}
	}
	w.next = first + int(rows[len(rows)-1])
	nulls := &c.b.nulls
	fill := g.fill(at, j, &c.col.print)
	defer fill.end()
	for _, row := range rows {
		n := first + int(row)
		if n < 0 || n >= nulls.rows {
			return errLevels
		}
		n, there := nulls.value(n)
		if there && dict {
			code, ok := w.codes.to(n - w.taken)
			if !ok {
				return errLevels
			}
			w.taken = n
			n = int(code)
		}
		switch {
		case !there:
			fill.skip()
		case n < vals.n:
			if err := fill.put(vals, n); err != nil {
				return err
			}
		case dict:
			return errCode
		default:
			return errLevels
		}
	}
	return nil
}

// begin starts the walk of the loaded page, and decodes its values if it does not use
// the dictionary.
func (lc *lateColumn) begin(dict bool) (err error) {
	c, w := &lc.c, &lc.walk
	*w = lateWalk{}
	var m nullMap
	switch {
	case dict:
		if m, err = c.nullMap(); err == nil {
			w.codes, err = c.codes()
		}
	case lc.decoded != c.bodyAt:
		if m, err = c.decodePage(); err == nil {
			lc.decoded = c.bodyAt
		}
	default:
		m, err = c.nullMap()
	}
	if err == nil {
		err = c.b.nulls.fill(m, int(c.head.values))
	}
	if err == nil {
		w.page = c.bodyAt
	}
	return err
}

// A gridFill writes cells of one column of a grid, from row to row. The grid
// has what was written after end.
type gridFill struct {
	g     *Grid
	print *printer
	data  []byte
	at    int // of the next cell
}

func (g *Grid) fill(row, column int, p *printer) gridFill {
	return gridFill{g, p, g.Data, row*g.Down + column*g.Right}
}

func (f *gridFill) end() { f.g.Data = f.data }

// skip leaves a cell empty.
func (f *gridFill) skip() { f.at += f.g.Down }

// put prints a value.
func (f *gridFill) put(vals *pqValues, n int) error {
	off := len(f.data)
	v := vals.at(n)
	if uint64(off)+2*uint64(len(v))+64 > math.MaxUint32 {
		return fmt.Errorf("%w: late cells of more than 4 GiB; fetch fewer rows at once", ErrTooLarge)
	}
	const short = 16
	switch {
	case !f.print.asIs():
		f.data = f.print.append(f.data, v)
	case len(v) <= short && cap(v) >= short && cap(f.data)-off >= short:
		// Most values are short: a fixed number of bytes is copied, whatever follows them.
		*(*[short]byte)(f.data[off : off+short]) = *(*[short]byte)(v[:short])
		f.data = f.data[:off+len(v)]
	default:
		f.data = append(f.data, v...)
	}
	f.g.Cells[f.at] = Cell{uint32(off), uint32(len(f.data) - off)}
	f.at += f.g.Down
	return nil
}
