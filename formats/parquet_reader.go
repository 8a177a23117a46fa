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
	keys   []int // column numbers, -1 for none
	stages []*lateStage
	all    *lateStage // every column, for Record
	u      unpacker
	key    chunkReader
	text   []byte
	cells  []Cell
	table  []byte
	fields []Field
}

// A lateStage holds the columns of one stage of Fetch.
type lateStage struct {
	cols []*lateColumn
	grid Grid
}

// A lateColumn remembers its last page, so that rows may be fetched piece by
// piece: a page is decoded once as long as the rows go up.
type lateColumn struct {
	n       int
	claim   int // claim that c is set to, plus one
	err     error
	c       chunkReader
	decoded int64 // bodyAt of the page in c.vals
	list    *listWalk
}

func (r *parquetReader) Next() (Block, error) {
	i := r.s.next.Add(1) - 1
	if i >= int64(len(r.s.claims)) {
		r.s.next.Add(-1)
		r.u.close()
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
	c.u = &r.u
	if pc.nested {
		return errors.New("nested column is not read")
	}
	return c.reset(r.s.c.At, pc, &g.chunks[pc.leaf], g.rows)
}

func (r *parquetReader) Runs() iter.Seq2[*Run, error] {
	return func(yield func(*Run, error) bool) {
		for k, col := range r.keys {
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
	c := &r.key
	if err := r.set(c, col); err != nil {
		return true, err
	}
	cl := &r.s.claims[r.claim]
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
	c := &r.key
	if err := c.loadDict(); err != nil {
		return nil, err
	}
	data, text, cells, err := c.dict.text(&c.col.print, r.text, r.cells)
	if err != nil {
		return nil, err
	}
	r.keepText(c, text, cells)
	cl := &r.s.claims[r.claim]
	return &Run{Key: key, Data: data, Cells: cells, Find: func(cells []uint32, dst []Ref) (out []Ref, err error) {
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

// keepText keeps buffers for the next run, unless the cells are the column's.
func (r *parquetReader) keepText(c *chunkReader, text []byte, cells []Cell) {
	r.text = text
	if len(cells) > 0 && (len(c.dict.cells) == 0 || &cells[0] != &c.dict.cells[0]) && (len(c.vals.cells) == 0 || &cells[0] != &c.vals.cells[0]) {
		r.cells = cells[:0]
	}
}

// pageRun is the current page, which does not use the dictionary, as a run.
func (r *parquetReader) pageRun(key int, cl *pqClaim) (*Run, error) {
	c := &r.key
	if err := c.load(); err != nil {
		return nil, err
	}
	m, err := c.decodePage()
	if err != nil {
		return nil, err
	}
	data, text, cells, err := c.vals.text(&c.col.print, r.text, r.cells)
	if err != nil {
		return nil, err
	}
	r.keepText(c, text, cells)
	run := &Run{Key: key, Data: data, Cells: cells}
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
	if lc.claim != r.claim+1 {
		lc.claim, lc.decoded, lc.list = r.claim+1, 0, nil
		lc.err = r.set(&lc.c, lc.n)
	}
	if lc.err != nil {
		return lc.err
	}
	cl := &r.s.claims[r.claim]
	c := &lc.c
	if c.col.list != nil {
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
		if dict {
			if err := c.loadDict(); err != nil {
				return err
			}
		}
		if err := c.load(); err != nil {
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
			if int(code) >= c.dict.n {
				return errCode
			}
			v = c.dict.at(int(code))
		} else {
			v = c.vals.at(ord)
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
		r.all = &lateStage{}
		for i := range r.s.part.Columns {
			r.all.cols = append(r.all.cols, &lateColumn{n: i})
		}
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
