package formats

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// A sharedLate holds late cells of all rows of a group that have a kept cell, so that the
// pieces do not unpack the same pages and dictionaries one after the other. The first
// reader to want a column fetches it for all these rows.
type sharedLate struct {
	rows []uint32 // of the group, ascending; nil if there are too many
	cols []lateCells
}

// A lateCells is one column of a sharedLate.
type lateCells struct {
	busy, done bool // a reader fetches it; it is fetched, and does not change any more
	large      bool // it would take more than maxLateBytes: each piece fetches its own
	data       []byte
	cells      []Cell // one for each row
	err        error
}

// maxLateRows is the largest number of rows for which a group holds late cells. If there
// are more, each piece has enough of them to be worth reading its own pages.
const maxLateRows = 64 << 10

// maxLateBytes is how much of a column a group holds, and lateStep how many of its rows
// are fetched at a time to see how much it is: a value of 100 kB, which the file has once,
// may be that of all rows.
const (
	maxLateBytes = 8 << 20
	lateStep     = 512
)

// plan finds the rows that have kept cells of keys. columns is how many the file has.
func (l *sharedLate) plan(keys []sharedColumn, columns int) {
	n := 0
	for k := range keys {
		n += len(keys[k].refs)
	}
	if n == 0 || n > 4*maxLateRows { // 4: a row may have several
		return
	}
	rows := make([]uint32, 0, n)
	for k := range keys {
		for _, ref := range keys[k].refs {
			rows = append(rows, ref.Row)
		}
	}
	slices.Sort(rows)
	if rows = slices.Compact(rows); len(rows) <= maxLateRows {
		l.rows, l.cols = rows, make([]lateCells, columns)
	}
}

// lateOf returns the claimed group if it holds late cells for all the given rows, else nil.
func (r *parquetReader) lateOf(cl *pqClaim, rows []uint32) *pqShared {
	sh := r.sharedGroup()
	if sh == nil || !sh.ready || len(sh.late.rows) == 0 {
		return nil
	}
	for _, row := range rows {
		if _, ok := slices.BinarySearch(sh.late.rows, uint32(cl.lo)+row); !ok {
			return nil
		}
	}
	return sh
}

// fetch fills the stage's grid, whose cells are empty. Columns that another reader is
// fetching come last.
func (sh *pqShared) fetch(r *parquetReader, st *lateStage, rows []uint32) (*Grid, error) {
	g := &st.grid
	errs := make([]error, len(st.cols))
	var waiting []int
	sh.mu.Lock()
	defer sh.mu.Unlock()
	take := func(j int, wait bool) {
		lc := st.cols[j]
		if lc.n < 0 || r.s.footer.columns[lc.n].unread() {
			return
		}
		c := &sh.late.cols[lc.n]
		for c.busy {
			if !wait {
				waiting = append(waiting, j)
				return
			}
			sh.cond.Wait()
		}
		if !c.done {
			c.busy = true
			c.err = sh.unlocked(func() error { return c.read(r, lc, sh) })
			c.busy, c.done = false, true
			sh.cond.Broadcast()
		}
		all, cl := sh.late.rows, &r.s.claims[r.claim]
		err := sh.unlocked(func() error { // what is done does not change
			if c.large {
				return r.column(lc, cl, rows, g, j)
			}
			return c.copy(g, j, rows, all, uint32(cl.lo))
		})
		if c.err != nil {
			err = c.err
		}
		if err != nil {
			errs[j] = r.failed(lc.n, err)
		}
	}
	for j := range st.cols {
		take(j, false)
	}
	for _, j := range waiting {
		take(j, true)
	}
	return g, errors.Join(errs...)
}

// read fetches a column for all rows, unless it turns out to be large.
func (c *lateCells) read(r *parquetReader, lc *lateColumn, sh *pqShared) error {
	all := pqClaim{group: r.s.claims[r.claim].group, hi: sh.rows}
	var data []byte
	var errs error
	cells := make([]Cell, len(sh.late.rows))
	for at := 0; at < len(cells); at += lateStep {
		to := min(at+lateStep, len(cells))
		g := Grid{Cols: 1, Down: 1, Data: data, Cells: cells[at:to]}
		errs = cmp.Or(errs, r.column(lc, &all, sh.late.rows[at:to], &g, 0))
		if data = g.Data; len(data) > maxLateBytes {
			c.large = true
			return nil
		}
	}
	c.data, c.cells = data, cells
	return errs
}

// copy fills column j of a grid with the cells of rows, which count from the group's row
// base. all are the rows that the cells belong to.
func (c *lateCells) copy(g *Grid, j int, rows, all []uint32, base uint32) error {
	at := 0
	for i, row := range rows {
		if row += base; all[at] > row || i == 0 { // they nearly always go up
			at, _ = slices.BinarySearch(all, row)
		}
		for all[at] < row {
			at++
		}
		cell := c.cells[at]
		off := len(g.Data)
		if uint64(off)+uint64(cell.Len) > math.MaxUint32 {
			return fmt.Errorf("%w: late cells of more than 4 GiB; fetch fewer rows at once", ErrTooLarge)
		}
		g.Data = append(g.Data, c.data[cell.Off:cell.Off+cell.Len]...)
		g.Cells[i*g.Down+j*g.Right] = Cell{uint32(off), cell.Len}
	}
	return nil
}
