package scanner

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/formats/mem"
	"github.com/iocsweep/iocsweep/scanner/clock"
)

// dates finds out in which order an input writes d/d/y dates. Until that is
// known the rows that hold a candidate wait, first in memory, then in a
// temporary file: their time decides on the window, the rules, the life and
// the order of the hits. Evidence counts in file order, so that the result is
// the same whichever block is read first.
type dates struct {
	in    *input
	share int
	tempFile

	given bool                         // the order was given with the scan
	known atomic.Pointer[[]dateColumn] // columns as last decided, for those who only ask

	mu      sync.Mutex
	columns []dateColumn // of plan.times
	blocks  map[int]dateBlock
	next    int // blocks before it have given their evidence
	bytes   int // of findings in memory
}

// A dateColumn is a time column whose dates may be ambiguous.
type dateColumn struct {
	key    int         // index into plan.keys where its cells are read for every row, else -1
	order  clock.Order // once known
	proven bool        // order comes from the data
	utc    bool        // its header says [UTC], as portals write for en-US text by default
	open   bool        // it holds dates whose order matters
	proof  string      // the date of the first records that proved the order
	torn   bool        // another one of them proves the other order
}

type dateBlock struct {
	evidence []clock.Order
	findings []byte // as appendFinding writes them
	at       span   // in the file, where the share was full
}

func newDates(r *run, in *input) *dates {
	d := &dates{in: in, share: r.memory() / 8, tempFile: tempFile{dir: r.Formats.TempDir, name: "iocsweep-dates-*"}, given: r.DateOrder != clock.None, blocks: map[int]dateBlock{}}
	d.decide(in.plan.dates)
	return d
}

// decide publishes what is known of the columns. They must not be written any more,
// since they are read without a lock. The caller holds d.mu or is the only user.
func (d *dates) decide(columns []dateColumn) {
	d.columns = slices.Clone(columns)
	d.known.Store(&columns)
}

// watching reports whether evidence is still wanted.
func (d *dates) watching() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.undecided()
}

func (d *dates) undecided() bool {
	for _, c := range d.columns {
		if c.key >= 0 && c.order == clock.None {
			return true
		}
	}
	return false
}

// held reports whether blocks wait.
func (d *dates) held() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.blocks) > 0
}

// column returns what is known of a time column, which is only to be read.
func (d *dates) column(n int) *dateColumn { return &(*d.known.Load())[n] }

// put takes the evidence of the block in hand and the findings that wait for a
// decision. A decision releases every block that waits.
func (d *dates) put(w *worker, seq int) error {
	size := len(w.waiting)
	b, failed := d.keep(w)
	d.mu.Lock()
	d.blocks[seq] = b // the evidence of lost findings counts as well
	if d.weigh() {
		d.decide(d.columns)
	}
	if failed != nil {
		d.mu.Unlock()
		return failed
	}
	if d.undecided() {
		d.mu.Unlock()
		if w.waiting == nil && size > 0 { // the next block is likely to be like this one
			w.waiting = mem.Make[byte](size + size/8)[:0]
		}
		return nil
	}
	ready := d.blocks
	d.blocks, d.bytes = map[int]dateBlock{}, 0
	d.mu.Unlock()
	return d.release(w, ready)
}

// weigh takes the evidence of the blocks whose turn it is, in file order, until no order is
// open, and reports whether it proves one. The caller holds d.mu.
func (d *dates) weigh() (proven bool) {
	for {
		b, ok := d.blocks[d.next]
		if !ok {
			return proven
		}
		d.next++
		for i := range d.columns {
			c := &d.columns[i]
			if c.key < 0 || c.order != clock.None || b.evidence == nil {
				continue
			}
			if o := b.evidence[c.key]; o != clock.None {
				c.order, c.proven, proven = o, true, true
			}
		}
		if !d.undecided() {
			return proven
		}
	}
}

// keep puts the findings of the block in hand aside: in memory, whose owner is
// then the dates, until the share is full, and from there on in the temporary
// file. With an error they are lost.
func (d *dates) keep(w *worker) (b dateBlock, err error) {
	b.evidence = w.now.evidence
	if len(w.waiting) == 0 {
		return b, nil
	}
	room := cap(w.waiting)
	if sparse(w.waiting) {
		room = len(w.waiting)
	}
	d.mu.Lock()
	if d.bytes+room <= d.share {
		d.bytes += room
		d.mu.Unlock()
		if sparse(w.waiting) {
			b.findings = bytes.Clone(w.waiting)
		} else {
			b.findings, w.waiting = w.waiting, nil
		}
		return b, nil
	}
	at, err := d.take(len(w.waiting))
	d.mu.Unlock()
	if err == nil { // not under the lock: others may write at the same time
		err = d.write(w.waiting, at)
	}
	if err != nil {
		return b, err
	}
	b.at = at
	return b, nil
}

// end decides what the whole input left open: month first where the header
// says [UTC], as the portal writes it, else the dates stay ambiguous.
func (d *dates) end(w *worker) error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	for _, seq := range slices.Sorted(maps.Keys(d.blocks)) {
		if seq >= d.next { // behind one that could not be claimed
			d.next = seq
			d.weigh()
		}
	}
	for i := range d.columns {
		c := &d.columns[i]
		if c.order != clock.None {
			continue
		}
		open := "are null; give --date-order mdy or dmy"
		if c.utc {
			c.order = clock.MDY
			open = "are read as mdy, which portals write by default; give --date-order if that is wrong"
		}
		if c.key >= 0 && c.open {
			d.in.mu.Lock()
			d.in.report.note(d.in.plan.times[i].name + ": no date shows whether day or month comes first: times of that form " + open)
			d.in.mu.Unlock()
		}
	}
	d.decide(d.columns)
	ready := d.blocks
	d.blocks = nil
	d.mu.Unlock()
	err := d.release(w, ready)
	d.close()
	return err
}

// release reports the blocks that have waited. They may be all of a scan, so the work
// is shared out to workers of its own: the others are busy or gone.
func (d *dates) release(w *worker, blocks map[int]dateBlock) error {
	seqs := slices.Sorted(maps.Keys(blocks))
	var next atomic.Int64
	share := func(w *worker) error {
		for {
			n := int(next.Add(1)) - 1
			if n >= len(seqs) {
				return nil
			}
			if err := d.releaseBlock(w, seqs[n], blocks[seqs[n]]); err != nil {
				return err
			}
		}
	}
	helpers := max(0, min(w.threads, len(seqs)/minRelease)-1)
	errs := make([]error, helpers+1)
	var wait sync.WaitGroup
	for i := range helpers {
		h := w.newWorker()
		h.plan = w.plan
		wait.Go(func() { errs[i] = errors.Join(share(h), h.handOver()) })
	}
	errs[helpers] = share(w)
	wait.Wait()
	return errors.Join(errs...)
}

// minRelease is how many blocks a worker that helps to release them is worth.
const minRelease = 4

func (d *dates) releaseBlock(w *worker, seq int, b dateBlock) error {
	if n := int(b.at.end - b.at.off); n > 0 {
		if w.trace != nil {
			w.waiting = nil // the findings point into this buffer, so give it up rather than reuse it
		}
		w.waiting = mem.Grow(w.waiting[:0], n)[:n]
		b.findings = w.waiting
		if _, err := d.file.ReadAt(b.findings, b.at.off); err != nil {
			return fmt.Errorf("read waiting hits: %w", err)
		}
	}
	w.payload, w.seq = w.payload[:0], seq
	defer w.tell(d.in)
	r := &w.waited
	r.Reset(b.findings)
	for {
		list, err := r.next()
		switch {
		case err == io.EOF:
			return w.commit(d.in, seq, true)
		case err != nil:
			return fmt.Errorf("read waiting hits: %w", err)
		}
		w.entries = w.entries[:0]
		for i := range list {
			w.entries = list[i].appendEntries(w.entries)
		}
		w.touched += w.Indicators.Prefetch(w.entries)
		for i := range list {
			if err := w.report(d.in, &list[i]); err != nil {
				return err
			}
		}
	}
}

// proof returns the order of d/d/y dates that the cells of a run prove, by the
// first cell that proves one.
func (w *worker) proof(run *formats.Run) clock.Order {
	var open []byte // a day that leaves the order open: many rows have the same
	for i := range run.Cells {
		cell := run.Cell(i)
		if n := len(open); n > 0 && len(cell) > n && cell[n] == ' ' && bytes.Equal(cell[:n], open) {
			continue
		}
		r := clock.Parse(cell, clock.None, nil)
		if r.Proves != clock.None {
			return r.Proves
		}
		if r.Dated && r.Status != clock.Bad {
			open = cell[:max(bytes.IndexByte(cell, ' '), 0)]
		}
	}
	return clock.None
}
