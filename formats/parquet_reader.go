package formats

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
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
	run    Run         // the one that was yielded last
	runs   iter.Seq2[*Run, error]
	find   struct {
		codes, ords func([]uint32, []Ref) ([]Ref, error)
	} // made once, not for every run
	text   pqText                                // of the run
	levels nullMap                               // of the run's page
	first  int64                                 // first row of that page
	table  []byte                                // room of chunkReader.find
	keep   func(*Run, []uint32) ([]uint32, bool) // Want.Keep
	only   [][]string                            // Want.Only
	batch  sharedBatch
	part   Run // piece of a batch that keep looks at
	kept   []uint32
	refs   []Ref
	spare  pqBuffers   // for late columns without buffers of their own, in turn
	dict   pqDict      // likewise
	lent   *lateColumn // the one that has spare and dict now
	fields []Field
	span   [2][]byte
}

// A pqKey is a column that is read for every row.
type pqKey struct {
	col   int // -1 for none
	dict  pqDict
	group int // number of the group whose dictionary is in dict, plus one; 0 for none
}

func (r *parquetReader) Next() (Block, error) {
	i := r.s.next.Add(1) - 1
	if i >= int64(len(r.s.claims)) {
		r.s.next.Add(-1)
		r.start(-1)
		r.t.u.close()
		return Block{}, io.EOF
	}
	r.start(int(i))
	cl := &r.s.claims[i]
	n := int(cl.hi - cl.lo)
	return Block{Seq: int(i), Part: r.s.part, Rows: n, Records: n, Size: cl.size, Group: cl.group,
		Line: -1, Record: r.s.footer.groups[cl.group].first + cl.lo}, nil
}

// start turns the reader to a claim, or to none.
func (r *parquetReader) start(claim int) {
	if r.claim >= 0 {
		if sh := r.s.footer.groups[r.s.claims[r.claim].group].shared; sh != nil {
			sh.leave(r.s)
		}
	}
	r.claim = claim
}

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

func (r *parquetReader) Runs() iter.Seq2[*Run, error] { return r.runs }

func (r *parquetReader) eachRun(yield func(*Run, error) bool) {
	sh := r.sharedGroup()
	if sh != nil {
		cl := &r.s.claims[r.claim]
		sh.help(r, int(cl.lo*int64(len(r.keys))/sh.rows))
	}
	for k := range r.keys {
		col := r.keys[k].col
		if sh != nil && !sh.cols[k].whole {
			if !r.sharedRuns(k, &sh.cols[k], yield) {
				return
			}
			continue
		}
		if col < 0 || r.s.footer.columns[col].unread() {
			if !yield(r.emptyRun(k), nil) {
				return
			}
			continue
		}
		more, err := r.keyRuns(k, col, yield)
		if err != nil && more {
			more = yield(r.emptyRun(k), r.failed(col, err))
		}
		if !more {
			return
		}
	}
}

// emptyRun is a run of a key that has no cells.
func (r *parquetReader) emptyRun(key int) *Run {
	r.run = Run{Key: key}
	return &r.run
}

// failed puts the position of the block before an error.
func (r *parquetReader) failed(col int, err error) error {
	return &Error{Pos: Pos{Input: r.s.info.Input, Record: -1, Line: -1, Offset: -1,
		Group: r.s.claims[r.claim].group, Column: r.s.part.Columns[col]}, Err: err}
}

// keyRuns yields the runs of one key. Pages behind one that cannot be read are read all
// the same; the first error is returned at the end. more is false if yield wants no more.
func (r *parquetReader) keyRuns(key, col int, yield func(*Run, error) bool) (more bool, err error) {
	inYield := false
	defer func() {
		if inYield {
			return // the caller's panic, not ours
		}
		if p := recover(); p != nil {
			more, err = true, fmt.Errorf("%w: %v", errMetadata, p)
		}
	}()
	give := func(run *Run) bool {
		inYield = true
		ok := yield(run, nil)
		inYield = false
		return ok
	}
	if r.s.footer.columns[col].tree != nil {
		return r.treeRuns(key, col, give)
	}
	c := &r.c
	if err := r.setKey(key); err != nil {
		return true, err
	}
	defer r.dropDict(key)
	cl := &r.s.claims[r.claim]
	if c.col.list != nil {
		return r.listRuns(key, c, give)
	}
	if r.absent(key) {
		return give(r.emptyRun(key)), nil
	}
	if c.meta.onlyDict() {
		run, err := r.dictRun(key)
		if err != nil {
			return true, err
		}
		return give(run), nil
	}
	return r.pageRuns(key, cl, give)
}

// pageRuns gives the runs of a key whose pages do not all use the dictionary. first is
// the first error.
func (r *parquetReader) pageRuns(key int, cl *pqClaim, give func(*Run) bool) (more bool, first error) {
	c := &r.c
	if err := c.seek(cl.lo, headerAhead); err != nil {
		return true, err
	}
	dict := false
	for {
		if isDictEncoding(c.head.enc) {
			if !dict {
				dict = true
				if run, err := r.dictRun(key); err != nil {
					first = cmp.Or(first, err)
				} else {
					at := c.pqCursor
					if !give(run) {
						return false, nil
					}
					c.pqCursor = at
				}
			}
		} else if only := r.onlyOf(key); only != nil && c.lacks(only) {
			if !give(r.emptyRun(key)) {
				return false, nil
			}
		} else if run, err := r.pageRun(key, cl); err != nil {
			first = cmp.Or(first, err)
		} else if !give(run) {
			return false, nil
		}
		if c.row >= cl.hi {
			return true, first
		}
		row := c.row
		if err := c.next(c.ahead(r.onlyOf(key))); err != nil {
			if err == errIndex {
				c.rewind()
				err = c.seek(row, headerAhead)
			}
			if err != nil {
				first = cmp.Or(first, err)
				return true, first
			}
		}
	}
}

// setKey turns r.c to a key column of the claimed block.
func (r *parquetReader) setKey(key int) error {
	c, k := &r.c, &r.keys[key]
	c.b, c.into = &r.pages, &k.dict
	if err := r.set(c, k.col); err != nil {
		return err
	}
	if k.group == r.s.claims[r.claim].group+1 {
		c.dict = &k.dict // the block before was a piece of the same group
	} else {
		k.group = 0
	}
	return nil
}

// dropDict gives up a dictionary that is too large to be kept.
func (r *parquetReader) dropDict(key int) {
	if k := &r.keys[key]; cap(k.dict.page) > maxKept {
		k.dict, k.group = pqDict{}, 0
	}
}

// nextPage goes to the next page of a key column.
func (r *parquetReader) nextPage(ahead int) (err error) {
	defer recovered(&err)
	return r.c.next(ahead)
}

// readDict reads the dictionary of a key column into r.text.
func (r *parquetReader) readDict(key int) (err error) {
	defer recovered(&err)
	c := &r.c
	if err := c.loadDict(); err != nil {
		return err
	}
	r.keys[key].group = r.s.claims[r.claim].group + 1
	return r.text.print(&c.dict.vals, &c.col.print)
}

// readPage reads the current page of a key column, which does not use the
// dictionary, into r.text.
func (r *parquetReader) readPage() (m nullMap, err error) {
	defer recovered(&err)
	c := &r.c
	if err := c.load(); err != nil {
		return m, err
	}
	if m, err = c.decodePage(); err != nil {
		return m, err
	}
	return m, r.text.print(&c.b.vals, &c.col.print)
}

// dictRun is the dictionary of the chunk as a run.
func (r *parquetReader) dictRun(key int) (*Run, error) {
	if err := r.readDict(key); err != nil {
		return nil, err
	}
	r.run = Run{Key: key, Data: r.text.data, Cells: r.text.cells, Find: r.find.codes}
	return &r.run, nil
}

// rowsOfCodes is Run.Find of a dictionary.
func (r *parquetReader) rowsOfCodes(cells []uint32, dst []Ref) (out []Ref, err error) {
	if len(cells) == 0 {
		return dst, nil
	}
	n, col := len(dst), r.keys[r.run.Key].col
	out = dst
	defer func() {
		if err != nil {
			out, err = out[:max(n, len(out))], r.failed(col, err)
		}
	}()
	defer recovered(&err)
	cl := &r.s.claims[r.claim]
	out, r.table, err = r.c.find(cells, cl.lo, cl.hi, r.table, dst)
	return out, err
}

// pageRun is the current page, which does not use the dictionary, as a run.
func (r *parquetReader) pageRun(key int, cl *pqClaim) (*Run, error) {
	m, err := r.readPage()
	if err != nil {
		return nil, err
	}
	r.run = Run{Key: key, Data: r.text.data, Cells: r.text.cells}
	if first := r.c.first; first != cl.lo || !m.all || r.c.row > cl.hi {
		r.run.Find, r.levels, r.first = r.find.ords, m, first
	}
	return &r.run, nil
}

// rowsOfOrds is Run.Find of a page: its cells are the stored values, by their order.
func (r *parquetReader) rowsOfOrds(cells []uint32, dst []Ref) ([]Ref, error) {
	cl := &r.s.claims[r.claim]
	m := r.levels // from the start, however often it is called
	for _, i := range cells {
		row, err := m.rowOf(int(i))
		if err != nil {
			return dst, err
		}
		if at := r.first + int64(row); at >= cl.lo && at < cl.hi {
			dst = append(dst, Ref{Row: uint32(at - cl.lo), Cell: i})
		}
	}
	return dst, nil
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

// Span returns the least and the greatest value of a column in the claimed block by the
// file's statistics, printed like the column's cells; ok is false if the file has none.
// Both live until the next call. All pieces of a group have the group's span.
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
		// A cut text may still read as a time: 2026-05-20T04:54 for
		// 2026-05-20T04:53:16.267Z, the greatest being made greater.
		if c.inexact {
			return nil, nil, false
		}
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
	r.span[0] = pc.print.append(r.span[0][:0], lo)
	r.span[1] = pc.print.append(r.span[1][:0], hi)
	return r.span[0], r.span[1], true
}
