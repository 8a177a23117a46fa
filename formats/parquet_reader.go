package formats

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
)

// A parquetReader reads blocks of one Parquet file. Keys and late columns have
// chunk readers of their own, so that a Fetch does not disturb a Run.
type parquetReader struct {
	s      *parquetSource
	claim  int
	keys   []pqKey
	stages []*lateStage
	all    *lateStage // every column, for Record
	t      pqTools
	c      chunkReader // walks the key columns, one after the other
	pages  pqBuffers   // of c
	text   pqText      // of the run in hand
	table  []byte
	spare  pqBuffers   // of spareOf, the late column that was fetched last of those without buffers of their own
	dict   pqDict      // of spareOf
	lent   *lateColumn // spareOf
	fields []Field
}

// A pqKey is a column that is read for every row.
type pqKey struct {
	col   int // -1 for none
	dict  pqDict
	group int // whose dictionary is in dict, plus one; 0 for none
}

// A lateStage holds the columns of one stage of Fetch.
type lateStage struct {
	cols []*lateColumn
	grid Grid
}

// A lateColumn is a column that is read for some rows. It remembers its last
// page, so that rows may be fetched piece by piece: a page is read and decoded
// once as long as the rows go up. Columns with large pages take turns with one
// set of buffers until one of them is fetched from again: as a rule all rows
// of a block are fetched at once, and to touch fresh memory for each of sixty
// columns costs more than to unpack into it.
type lateColumn struct {
	n       int
	key     int // of parquetReader.keys: the same column, whose dictionary may be there already; -1
	group   int // that c is set to, plus one
	met     bool
	err     error
	c       chunkReader
	own     *lateBuffers
	decoded int64 // bodyAt of the page in the buffers' values
	list    *listWalk
}

type lateBuffers struct {
	pqBuffers
	dict pqDict
}

// forget gives the column's buffers up.
func (lc *lateColumn) forget() {
	lc.decoded, lc.c.loaded, lc.c.dict = 0, 0, nil
}

const (
	// lentPage is from which size on pages are large, in bytes, with their
	// dictionary as stored. Writers make pages of up to 1 MiB; DuckDB one of
	// a million rows.
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
				n += cap(o.page) + o.vals.size() + cap(o.dict.page) + o.dict.vals.size()
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

func (r *parquetReader) Next() (Block, error) {
	i := r.s.next.Add(1) - 1
	if i >= int64(len(r.s.claims)) {
		r.s.next.Add(-1)
		r.t.u.close()
		return Block{}, io.EOF
	}
	r.start(int(i))
	cl := &r.s.claims[i]
	n := int(cl.hi - cl.lo)
	return Block{Seq: int(i), Part: r.s.part, Rows: n, Records: n, Size: cl.size, Group: cl.group,
		Line: -1, Record: r.s.footer.groups[cl.group].first + cl.lo}, nil
}

func (r *parquetReader) start(claim int) { r.claim = claim }

// set turns a chunk reader to a column of the claimed block.
func (r *parquetReader) set(c *chunkReader, col int) error {
	cl := &r.s.claims[r.claim]
	g := &r.s.footer.groups[cl.group]
	pc := &r.s.footer.columns[col]
	c.t = &r.t
	if pc.nested {
		return errors.New("nested column is not read")
	}
	return c.reset(pc, &g.chunks[pc.leaf], g.rows)
}

func (r *parquetReader) Runs() iter.Seq2[*Run, error] {
	return func(yield func(*Run, error) bool) {
		for k := range r.keys {
			col := r.keys[k].col
			if col < 0 || r.s.footer.columns[col].nested {
				if !yield(&Run{Key: k}, nil) {
					return
				}
				continue
			}
			more, err := r.keyRuns(k, col, yield)
			if err != nil && more {
				more = yield(&Run{Key: k}, r.failed(col, err))
			}
			if !more {
				return
			}
		}
	}
}

// failed puts the position of the block before an error.
func (r *parquetReader) failed(col int, err error) error {
	return &Error{Pos: Pos{Input: r.s.info.Input, Record: -1, Line: -1, Offset: -1,
		Group: r.s.claims[r.claim].group, Column: r.s.part.Columns[col]}, Err: err}
}

// keyRuns yields the runs of one key. A page that cannot be read does not keep
// those after it from being read; the first error is returned at the end.
func (r *parquetReader) keyRuns(key, col int, yield func(*Run, error) bool) (more bool, err error) {
	inYield := false
	defer func() {
		if inYield {
			return // the caller's panic, not ours
		}
		if p := recover(); p != nil {
			more, err = true, fmt.Errorf("%w: %v", errThrift, p)
		}
	}()
	give := func(run *Run) bool {
		inYield = true
		ok := yield(run, nil)
		inYield = false
		return ok
	}
	c, k := &r.c, &r.keys[key]
	if err := r.set(c, col); err != nil {
		return true, err
	}
	cl := &r.s.claims[r.claim]
	c.b, c.into = &r.pages, &k.dict
	if k.group == cl.group+1 {
		c.dict = &k.dict // the block before was a piece of the same group
	} else {
		k.group = 0
	}
	defer func() {
		if cap(k.dict.page) > maxKept {
			k.dict, k.group = pqDict{}, 0
		}
	}()
	if c.col.list != nil {
		return r.listRuns(key, c, give)
	}
	if c.meta.onlyDict() {
		run, err := r.dictRun(key, col)
		if err != nil {
			return true, err
		}
		return give(run), nil
	}
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	if err := c.seek(cl.lo); err != nil {
		return true, err
	}
	dict := false
	for {
		if isDictEncoding(c.head.enc) {
			if !dict {
				dict = true
				if run, err := r.dictRun(key, col); err != nil {
					keep(err)
				} else {
					at := c.pqCursor
					if !give(run) {
						return false, nil
					}
					c.pqCursor = at
				}
			}
		} else if run, err := r.pageRun(key, cl); err != nil {
			keep(err)
		} else if !give(run) {
			return false, nil
		}
		if c.row >= cl.hi {
			return true, first
		}
		row := c.row
		if err := c.next(64 << 10); err != nil {
			if err == errIndex {
				c.rewind()
				err = c.seek(row)
			}
			if err != nil {
				keep(err)
				return true, first
			}
		}
	}
}

// dictRun is the dictionary of the chunk as a run.
func (r *parquetReader) dictRun(key, col int) (*Run, error) {
	c := &r.c
	if err := c.loadDict(); err != nil {
		return nil, err
	}
	cl := &r.s.claims[r.claim]
	r.keys[key].group = cl.group + 1
	if err := r.text.print(&c.dict.vals, &c.col.print); err != nil {
		return nil, err
	}
	return &Run{Key: key, Data: r.text.data, Cells: r.text.cells, Find: func(cells []uint32, dst []Ref) (out []Ref, err error) {
		if len(cells) == 0 {
			return dst, nil
		}
		n := len(dst)
		out = dst
		defer func() {
			if err != nil {
				out, err = out[:max(n, len(out))], r.failed(col, err)
			}
		}()
		defer recovered(&err)
		out, r.table, err = c.find(cells, cl.lo, cl.hi, r.table, dst)
		return out, err
	}}, nil
}

// pageRun is the current page, which does not use the dictionary, as a run.
func (r *parquetReader) pageRun(key int, cl *pqClaim) (*Run, error) {
	c := &r.c
	if err := c.load(); err != nil {
		return nil, err
	}
	m, err := c.decodePage()
	if err != nil {
		return nil, err
	}
	if err := r.text.print(&c.b.vals, &c.col.print); err != nil {
		return nil, err
	}
	run := &Run{Key: key, Data: r.text.data, Cells: r.text.cells}
	if first := c.first; first != cl.lo || !m.all || c.row > cl.hi {
		run.Find = func(cells []uint32, dst []Ref) ([]Ref, error) {
			m := m // from the start, however often it is called
			for _, i := range cells {
				row, err := m.rowOf(int(i))
				if err != nil {
					return dst, err
				}
				if at := first + int64(row); at >= cl.lo && at < cl.hi {
					dst = append(dst, Ref{Row: uint32(at - cl.lo), Cell: i})
				}
			}
			return dst, nil
		}
	}
	return run, nil
}

// Fetch gives a Grid even with an error: the cells of the columns that could
// not be read are empty in it. The last page of each column is remembered, so
// that many rows are best fetched in pieces, going up.
func (r *parquetReader) Fetch(stage int, rows []uint32) (*Grid, error) {
	return r.fetch(r.stages[stage], rows)
}

func (r *parquetReader) fetch(st *lateStage, rows []uint32) (*Grid, error) {
	g := &st.grid
	g.Cols = len(st.cols)
	g.Data = g.Data[:0]
	g.Cells = growCells(g.Cells, len(rows)*g.Cols)
	clear(g.Cells)
	var errs []error
	for j, lc := range st.cols {
		if lc.n < 0 || r.s.footer.columns[lc.n].nested {
			continue
		}
		if err := r.column(lc, rows, g, j); err != nil {
			errs = append(errs, r.failed(lc.n, err))
		}
	}
	return g, errors.Join(errs...)
}

// column fills one column of a grid.
func (r *parquetReader) column(lc *lateColumn, rows []uint32, g *Grid, j int) (err error) {
	defer recovered(&err)
	cl := &r.s.claims[r.claim]
	c := &lc.c
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
		if err := c.seek(row); err != nil {
			lc.decoded = 0
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
			lc.decoded = 0
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

// page fills cells of rows that are all in the current page; g's rows from at on.
func (lc *lateColumn) page(cl *pqClaim, rows []uint32, g *Grid, j, at int) error {
	c := &lc.c
	dict := isDictEncoding(c.head.enc)
	if c.loaded != c.bodyAt {
		lc.decoded = 0
		if err := c.load(); err != nil {
			return err
		}
	}
	if dict {
		if err := c.loadDict(); err != nil {
			return err
		}
	}
	var m nullMap
	var codes hybrid
	var err error
	switch {
	case dict:
		if m, _, err = c.nulls(); err == nil {
			codes, err = c.codes()
		}
	case lc.decoded != c.bodyAt:
		if m, err = c.decodePage(); err == nil {
			lc.decoded = c.bodyAt
		}
	default:
		m, _, err = c.nulls()
	}
	if err != nil {
		return err
	}
	taken := 0 // codes passed over
	for i, row := range rows {
		ord, there, err := m.value(int(cl.lo + int64(row) - c.first))
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		var v []byte
		if dict {
			if !codes.skip(ord - taken) {
				return errLevels
			}
			taken = ord
			code, ok := codes.peek()
			if !ok {
				return errLevels
			}
			if int(code) >= c.dict.vals.n {
				return errCode
			}
			v = c.dict.vals.at(int(code))
		} else {
			v = c.b.vals.at(ord)
		}
		if err := g.put(at+i, j, &c.col.print, v); err != nil {
			return err
		}
	}
	return nil
}

// put prints one value into a cell of the grid.
func (g *Grid) put(i, j int, p *printer, v []byte) error {
	off := len(g.Data)
	if uint64(off)+2*uint64(len(v))+64 > math.MaxUint32 {
		return fmt.Errorf("%w: late cells of more than 4 GiB; fetch fewer rows at once", ErrTooLarge)
	}
	g.Data = p.append(g.Data, v)
	g.Cells[i*g.Cols+j] = Cell{uint32(off), uint32(len(g.Data) - off)}
	return nil
}

func (r *parquetReader) Record(row uint32) ([]Field, error) {
	if r.all == nil {
		var cols []Column
		for i, name := range r.s.part.Columns {
			cols = append(cols, Column{Name: name, N: i})
		}
		r.all = r.lateStage(cols)
	}
	g, err := r.fetch(r.all, []uint32{row})
	r.fields = r.fields[:0]
	for j, name := range r.s.part.Columns {
		r.fields = append(r.fields, Field{Name: []byte(name), Value: g.Cell(0, j)})
	}
	return r.fields, err
}

func (r *parquetReader) Pos(row uint32) Pos {
	return Pos{Input: r.s.info.Input, Record: int64(row), Line: -1, Offset: -1, Group: r.s.claims[r.claim].group}
}

func (r *parquetReader) Raw(uint32) []byte { return nil }

func (r *parquetReader) Rejects() []Reject { return nil }

// Span returns the least and the greatest value of a column in the claimed
// block as the file's statistics have them, printed like its cells; false where
// the file does not say. A group that is claimed in pieces has the same span
// in each.
func (r *parquetReader) Span(col Column) (first, last []byte, ok bool) {
	n := findColumn(r.s.part.Columns, col)
	if n < 0 || r.claim < 0 {
		return nil, nil, false
	}
	pc := &r.s.footer.columns[n]
	if pc.nested || pc.list != nil {
		return nil, nil, false
	}
	c := &r.s.footer.groups[r.s.claims[r.claim].group].chunks[pc.leaf]
	lo, hi := c.min, c.max
	switch pc.print.kind {
	case printText:
	case printTime, printDate, printInt, printClock:
		// The deprecated pair was ordered as signed numbers: right for these.
		if lo == nil || hi == nil {
			lo, hi = c.oldMin, c.oldMax
		}
		if len(lo) != pc.print.width || len(hi) != pc.print.width {
			return nil, nil, false
		}
	default:
		return nil, nil, false
	}
	if lo == nil || hi == nil {
		return nil, nil, false
	}
	return pc.print.append(nil, lo), pc.print.append(nil, hi), true
}
