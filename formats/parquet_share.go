package formats

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// A pqShared is a group of many rows that is claimed in pieces. A piece is a range of
// rows, but the work is not: a dictionary serves all rows of the group, and a page may
// have a million of them. If each worker looked through its own piece alone, all would
// do the same. So the readers that hold pieces look through the key columns of the
// group together, before any of them hands out its piece. Each takes some of the work
// that is left: a dictionary, a page, or some thousand cells that another reader has
// unpacked. The cells that Want.Keep keeps are noted with their rows, and each piece
// hands out those in its own rows: few as a rule, which are then matched once more.
type pqShared struct {
	rows   int64
	pieces atomic.Int32 // pieces that no reader has left yet

	mu      sync.Mutex
	cond    sync.Cond
	cols    []sharedColumn // by key, as the first reader asked for them
	batches []*sharedBatch // those that other readers may help with
	ready   bool           // the work is done: cols does not change any more
	late    sharedLate
}

// A sharedColumn is how far a key column has come, and what was kept of it.
type sharedColumn struct {
	col     int
	whole   bool // all its cells are wanted: each piece reads it for itself
	begun   bool
	busy    bool // a reader looks for its next page
	ended   bool // it has no more pages
	running int  // pages that readers are looking through
	at      pqCursor
	dict    sharedDict
	table   []byte   // by code of the dictionary: 1 if it is kept
	wanted  []string // the values kept; nil where they do not help to pass over pages

	codes []uint32 // codes kept, ascending
	first uint32   // of cells: the first of codes
	data  []byte
	cells []Cell
	refs  []Ref // the rows of cells, counted in the group
	err   error // the first in the file's order
	errAt int64 // row of err
}

// A sharedDict says how far the dictionary of a column has come.
type sharedDict uint8

const (
	dictUnread  sharedDict = iota
	dictUseless            // none of its values is kept, or it cannot be read
	dictKept
)

// A sharedBatch holds cells that one reader has unpacked and several look at. The cells
// lie in that reader's buffers, so it waits until the others are through.
type sharedBatch struct {
	key   int
	data  []byte
	cells []Cell
	next  int      // first cell that nobody has taken yet
	done  int      // number of cells that have been looked at
	kept  []uint32 // cells to be kept
}

// batchCells is how many cells a reader takes of a batch at a time.
const batchCells = 4096

// sharedGroup returns the claimed group if it is to be looked through together, else nil.
func (r *parquetReader) sharedGroup() *pqShared {
	sh := r.s.footer.groups[r.s.claims[r.claim].group].shared
	if sh == nil || r.keep == nil {
		return nil
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.cols == nil {
		sh.cond.L = &sh.mu
		sh.cols = r.s.spareColumns(len(r.keys))
		for k := range r.keys {
			c := &sh.cols[k]
			c.col = r.keys[k].col
			r.part = Run{Key: k}
			if _, ok := r.keep(&r.part, nil); !ok || c.col >= 0 && r.s.footer.columns[c.col].tree != nil {
				c.whole, c.ended = true, true
			} else if col := r.keys[k].col; col < 0 || r.s.footer.columns[col].nested {
				c.ended = true
			}
		}
	}
	for k := range sh.cols {
		if len(sh.cols) != len(r.keys) || sh.cols[k].col != r.keys[k].col {
			return nil // another reader has begun it for other columns
		}
	}
	return sh
}

// help works on the group until all is done. It begins with the column from: readers
// begin with different ones.
func (sh *pqShared) help(r *parquetReader, from int) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for !sh.ready {
		if k := sh.idle(from); k >= 0 {
			sh.cols[k].busy = true
			sh.step(r, k)
			continue
		}
		if b := sh.openBatch(); b != nil {
			sh.look(r, b)
			continue
		}
		if sh.allDone() {
			for k := range sh.cols {
				slices.SortFunc(sh.cols[k].refs, func(a, b Ref) int { return cmp.Compare(a.Row, b.Row) })
			}
			sh.late.plan(sh.cols, len(r.s.part.Columns))
			sh.ready = true
			sh.cond.Broadcast()
			return
		}
		sh.cond.Wait()
	}
}

// idle returns a column whose next page can be looked for, from the column from on; -1 if
// there is none.
func (sh *pqShared) idle(from int) int {
	for i := range sh.cols {
		k := (from + i) % len(sh.cols)
		if c := &sh.cols[k]; !c.ended && !c.busy {
			return k
		}
	}
	return -1
}

// openBatch returns a batch with cells that nobody has taken, nil if there is none.
func (sh *pqShared) openBatch() *sharedBatch {
	for _, b := range sh.batches {
		if b.next < len(b.cells) {
			return b
		}
	}
	return nil
}

func (sh *pqShared) allDone() bool {
	for k := range sh.cols {
		if c := &sh.cols[k]; !c.ended || c.running > 0 {
			return false
		}
	}
	return true
}

// unlocked calls do without sh.mu, which the caller holds before and after. A panic is an
// error: others wait for what this reader has in hand.
func (sh *pqShared) unlocked(do func() error) (err error) {
	sh.mu.Unlock()
	defer sh.mu.Lock()
	defer recovered(&err)
	return do()
}

// look takes some cells of a batch and looks at them. Those that Want.Keep cannot judge are
// kept: they are matched once more. sh.mu is held before and after.
func (sh *pqShared) look(r *parquetReader, b *sharedBatch) {
	lo, hi := b.next, min(b.next+batchCells, len(b.cells))
	b.next = hi
	err := sh.unlocked(func() error {
		r.part = Run{Key: b.key, Data: b.data, Cells: b.cells[lo:hi]}
		r.kept, _ = r.keep(&r.part, r.kept[:0])
		return nil
	})
	if err != nil {
		r.kept = r.kept[:0]
		for i := range hi - lo {
			r.kept = append(r.kept, uint32(i))
		}
	}
	for _, i := range r.kept {
		b.kept = append(b.kept, uint32(lo)+i)
	}
	if b.done += hi - lo; b.done == len(b.cells) {
		sh.cond.Broadcast()
	}
}

// judge returns the cells of a text that are to be kept, ascending, with the help of
// other readers if they are many.
func (sh *pqShared) judge(r *parquetReader, key int, t *pqText) []uint32 {
	b := &r.batch
	*b = sharedBatch{key: key, data: t.data, cells: t.cells, kept: b.kept[:0]}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if len(b.cells) > batchCells {
		sh.batches = append(sh.batches, b)
		sh.cond.Broadcast()
	}
	for b.next < len(b.cells) {
		sh.look(r, b)
	}
	sh.batches = slices.DeleteFunc(sh.batches, func(o *sharedBatch) bool { return o == b })
	for b.done < len(b.cells) {
		sh.cond.Wait()
	}
	slices.Sort(b.kept)
	return b.kept
}

// step looks through the dictionary or the next page of a column. sh.mu is held before
// and after.
func (sh *pqShared) step(r *parquetReader, key int) {
	col := &sh.cols[key]
	var page bool
	err := sh.unlocked(func() (err error) {
		page, err = sh.advance(r, key, col)
		return err
	})
	col.busy = false
	col.at = r.c.pqCursor
	if err != nil {
		col.ended = true
		if err != io.EOF {
			col.fail(r.c.row, err)
		}
	}
	if !page || err != nil {
		sh.cond.Broadcast()
		return
	}
	col.running++
	first := r.c.first
	sh.cond.Broadcast()
	err = sh.unlocked(func() error {
		if isDictEncoding(r.c.head.enc) {
			return sh.codesPage(r, col)
		}
		return sh.plainPage(r, key, col)
	})
	if err != nil {
		col.fail(first, err)
	}
	col.running--
	sh.cond.Broadcast()
}

// fail notes an error at a row, unless there is one at an earlier row.
func (c *sharedColumn) fail(row int64, err error) {
	if c.err == nil || row < c.errAt {
		c.err, c.errAt = err, row
	}
}

// advance goes to the next page that has to be looked into: then page is true. It
// returns io.EOF behind the last one. At its first call it may look through the
// dictionary alone, since that may be all; then page is false.
func (sh *pqShared) advance(r *parquetReader, key int, col *sharedColumn) (page bool, err error) {
	c := &r.c
	if err := r.setKey(key); err != nil {
		return false, err
	}
	if !col.begun {
		col.begun = true
		if r.absent(key) {
			return false, io.EOF
		}
		if c.meta.onlyDict() {
			if err := sh.dictionary(r, key, col); err != nil {
				return false, err
			}
			if col.dict == dictUseless {
				return false, io.EOF
			}
			return false, nil
		}
	} else {
		c.pqCursor = col.at
	}
	for {
		values := col.wanted
		if values == nil {
			values = r.onlyOf(key)
		}
		if err := r.nextPage(c.ahead(values)); err != nil {
			return false, err
		}
		if !isDictEncoding(c.head.enc) {
			if only := r.onlyOf(key); only != nil && c.lacks(only) {
				continue
			}
			return true, nil
		}
		if col.dict == dictUnread {
			at := c.pqCursor
			err := sh.dictionary(r, key, col)
			c.pqCursor = at
			if err != nil {
				// The pages that do not use it may be sound.
				sh.mu.Lock()
				col.fail(c.first, err)
				sh.mu.Unlock()
			}
		}
		if col.dict == dictKept && (col.wanted == nil || !c.lacks(col.wanted)) {
			return true, nil
		}
	}
}

// dictionary reads the dictionary of a column and notes which of its cells are kept.
func (sh *pqShared) dictionary(r *parquetReader, key int, col *sharedColumn) error {
	c := &r.c
	col.dict = dictUseless
	if err := r.readDict(key); err != nil {
		return err
	}
	kept := sh.judge(r, key, &r.text)
	if len(kept) == 0 {
		return nil
	}
	col.dict = dictKept
	col.table = slices.Grow(col.table[:0], c.dict.vals.n)[:c.dict.vals.n]
	clear(col.table)
	for _, i := range kept {
		col.table[i] = 1
	}
	col.codes = append(col.codes[:0], kept...)
	col.wanted = c.wanted(kept)
	sh.mu.Lock() // pages without a dictionary may be in hand
	defer sh.mu.Unlock()
	col.first = uint32(len(col.cells))
	for _, i := range kept {
		if err := col.add(&r.text, i); err != nil {
			return err
		}
	}
	return nil
}

// add notes a kept cell.
func (c *sharedColumn) add(t *pqText, i uint32) error {
	cell := t.cells[i]
	off := len(c.data)
	if uint64(off)+uint64(cell.Len) > math.MaxUint32 {
		return fmt.Errorf("%w: cells to be matched of more than 4 GiB", ErrTooLarge)
	}
	c.data = append(c.data, t.data[cell.Off:cell.Off+cell.Len]...)
	c.cells = append(c.cells, Cell{uint32(off), cell.Len})
	return nil
}

// codesPage finds the rows of the dictionary's kept cells in the current page.
func (sh *pqShared) codesPage(r *parquetReader, col *sharedColumn) error {
	c := &r.c
	refs, err := func() (refs []Ref, err error) {
		defer recovered(&err)
		if err := c.load(); err != nil {
			return nil, err
		}
		return c.findPage(col.table, 0, sh.rows, r.refs[:0])
	}()
	r.refs = refs
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, ref := range refs {
		n, _ := slices.BinarySearch(col.codes, ref.Cell)
		col.refs = append(col.refs, Ref{ref.Row, col.first + uint32(n)})
	}
	return err
}

// plainPage looks at the cells of the current page, which has no dictionary.
func (sh *pqShared) plainPage(r *parquetReader, key int, col *sharedColumn) error {
	c := &r.c
	m, err := r.readPage()
	if err != nil {
		return err
	}
	kept := sh.judge(r, key, &r.text)
	if len(kept) == 0 {
		return nil
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, i := range kept {
		row, err := m.rowOf(int(i))
		if err != nil {
			return err
		}
		if err := col.add(&r.text, i); err != nil {
			return err
		}
		col.refs = append(col.refs, Ref{uint32(c.first + int64(row)), uint32(len(col.cells) - 1)})
	}
	return nil
}

// sharedRun returns the kept cells of a key in the rows of the claimed piece.
func (r *parquetReader) sharedRun(key int, col *sharedColumn) *Run {
	cl := &r.s.claims[r.claim]
	row := func(ref Ref, row int64) int { return cmp.Compare(int64(ref.Row), row) }
	lo, _ := slices.BinarySearchFunc(col.refs, cl.lo, row)
	hi, _ := slices.BinarySearchFunc(col.refs, cl.hi, row)
	run := r.emptyRun(key)
	if lo == hi {
		return run
	}
	run.Data = col.data
	// The cells that the piece has, in the order in which they first occur.
	at := make([]uint32, len(col.cells)) // place in run.Cells, plus one
	refs := make([]Ref, hi-lo)
	for i, ref := range col.refs[lo:hi] {
		if at[ref.Cell] == 0 {
			run.Cells = append(run.Cells, col.cells[ref.Cell])
			at[ref.Cell] = uint32(len(run.Cells))
		}
		refs[i] = Ref{ref.Row - uint32(cl.lo), at[ref.Cell] - 1}
	}
	n := len(run.Cells)
	run.Find = func(cells []uint32, dst []Ref) ([]Ref, error) {
		if len(cells) == n {
			return append(dst, refs...), nil
		}
		for _, ref := range refs {
			if _, ok := slices.BinarySearch(cells, ref.Cell); ok {
				dst = append(dst, ref)
			}
		}
		return dst, nil
	}
	return run
}

// sharedRuns yields the run of a key whose group was looked through together, and
// reports whether more are wanted. An error is reported with the first piece alone.
func (r *parquetReader) sharedRuns(key int, col *sharedColumn, yield func(*Run, error) bool) bool {
	if !yield(r.sharedRun(key, col), nil) {
		return false
	}
	if col.err != nil && r.s.claims[r.claim].lo == 0 {
		return yield(r.emptyRun(key), r.failed(r.keys[key].col, col.err))
	}
	return true
}

// leave gives up the claimed piece. With the last piece all kept cells are dropped.
func (sh *pqShared) leave(s *parquetSource) {
	if sh.pieces.Add(-1) > 0 {
		return
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if len(sh.cols) > 0 {
		s.mu.Lock()
		s.spare = append(s.spare, sh.cols)
		s.mu.Unlock()
	}
	sh.cols, sh.late, sh.ready = nil, sharedLate{}, false
}

// spareColumns returns n columns to begin a group with, in the memory of a group that is
// done if there is one.
func (s *parquetSource) spareColumns(n int) []sharedColumn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, cols := range s.spare {
		if len(cols) != n {
			continue
		}
		s.spare = slices.Delete(s.spare, i, i+1)
		for k := range cols {
			c := &cols[k]
			*c = sharedColumn{table: c.table[:0], codes: c.codes[:0], data: c.data[:0], cells: c.cells[:0], refs: c.refs[:0]}
		}
		return cols
	}
	return make([]sharedColumn, n)
}
