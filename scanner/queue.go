package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/iocsweep/iocsweep/formats"
)

// state is how far an input has come. Inputs only move forward.
type state uint8

const (
	fresh   state = iota
	opening       // one worker looks at it
	open          // blocks can be claimed
	closing       // its last worker completes the report
	done
)

// An input is one of the inputs of a run. Its mutable fields are guarded by
// run.mu, but for those that say otherwise.
type input struct {
	n       int
	in      formats.Input
	state   state
	src     formats.Source
	plan    *plan
	workers int
	drained bool // some worker has seen the end
	opts    formats.Options
	chain   *chain
	dates   *dates // the order of d/d/y dates; has its own lock

	mu     sync.Mutex // guards what follows
	report *FileReport
	first  []problem // the first few problems, in file order
	more   int       // further problems
	failed [2]int    // place of what report.Reason says
	tables map[string]int64
	spans  []spanCell // wait for the order of their dates
}

// A problem is something that went wrong in a block.
type problem struct {
	seq, n int
	err    error
}

// maxProblems is how many problems of one input are printed one by one.
const maxProblems = 5

func newInput(n int, in formats.Input) *input {
	return &input{n: n, in: in, chain: newChain(), report: &FileReport{Input: in, Bytes: -1, Status: Unfinished},
		tables: map[string]int64{}}
}

// problem notes what went wrong at a place in the file order. The first few
// are kept, whatever the order in which blocks are read.
func (i *input) problem(seq, n int, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	p := problem{seq, n, err}
	at := len(i.first)
	for at > 0 && (i.first[at-1].seq > seq || i.first[at-1].seq == seq && i.first[at-1].n > n) {
		at--
	}
	i.first = append(i.first[:at], append([]problem{p}, i.first[at:]...)...)
	if len(i.first) > maxProblems {
		i.first = i.first[:maxProblems]
		i.more++
	}
}

// fail gives the input a status other than Complete and its reason, unless it
// has one already.
func (i *input) fail(s Status, err error) { i.failAt(-1, 0, s, err) }

// failAt does so for a place in the file order, as problem has it: the reason is
// that of the first place, whatever the order in which blocks are read.
func (i *input) failAt(seq, n int, s Status, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	at := [2]int{seq, n}
	if i.report.Reason == "" || slices.Compare(at[:], i.failed[:]) < 0 {
		i.report.Status, i.report.Reason, i.failed = s, err.Error(), at
	}
}

// behindColumns is the place in a block of what is wrong with its records, behind
// what is wrong with its columns.
const behindColumns = 1 << 40

// reject enters the n-th record of a block that could not be read as it should: the
// input is incomplete, or has one more that was repaired or lost.
func (i *input) reject(seq, n int, bad *formats.Reject) {
	if incomplete(bad) {
		i.failAt(seq, behindColumns+n, Partial, bad.Err)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if bad.Matched {
		i.report.Repaired++
	} else {
		i.report.Rejected++
	}
}

// work sweeps inputs until none is left.
func (w *worker) work() {
	defer func() {
		if err := w.handOver(); err != nil {
			w.stop(err)
		}
	}()
	for {
		in := w.take()
		if in == nil {
			return
		}
		w.sweep(in)
		w.leave(in)
	}
}

// take returns the input that a worker should go to: the first one that has
// blocks to claim. A source that only one goroutine can feed is left to the
// worker that feeds it while other inputs wait; after that it is joined, so
// that decompression runs beside matching.
func (r *run) take() *input {
	r.mu.Lock()
	defer r.mu.Unlock()
again:
	for r.ctx.Err() == nil || r.bad != nil {
		var join *input
		busy := false
		for _, in := range r.inputs[r.first:] {
			if r.bad != nil && in.n >= r.bad.input {
				break // what stands before the bad record has been claimed
			}
			switch in.state {
			case fresh:
				in.state = opening
				r.openUnlocked(in)
				r.cond.Broadcast()
				if in.state == open {
					in.workers++
					return in
				}
				r.finished()
				// What was seen before the lock was given up may be stale.
				continue again
			case opening, closing:
				busy = true
			case open:
				switch {
				case in.drained:
				case !in.plan.serial:
					in.workers++
					return in
				case join == nil || in.workers < join.workers:
					join = in
				}
			}
		}
		if join != nil {
			join.workers++
			return join
		}
		if !busy {
			return nil
		}
		r.cond.Wait()
	}
	return nil
}

// openUnlocked opens an input without run.mu, which take holds, before and after:
// also where it panics, so that it is that panic which is told.
func (r *run) openUnlocked(in *input) {
	r.mu.Unlock()
	defer r.mu.Lock()
	r.openInput(in)
}

// openInput opens an input and plans how it is read; what cannot be scanned is
// done at once. It is called without run.mu by the one worker that set opening.
func (r *run) openInput(in *input) {
	in.opts = r.Formats
	in.opts.Times, in.opts.Table = &r.stats.Input, r.surely
	in.opts.Whole = r.generic // what stands round records is swept, too
	in.opts.Strict = in.opts.Strict || r.Strict || r.Rejects != nil
	src, err := formats.Open(in.in, in.opts)
	if bare := (*formats.NoHeaderError)(nil); errors.As(err, &bare) {
		switch unread := eventLines(bare.First); {
		case unread != nil:
			err = unread
		case in.in.Rereadable(): // to borrow a header is to open the input again
			if header, from := r.siblingHeader(in, bare.Cells); header != nil {
				in.report.note("header taken from " + from)
				in.opts.Header = header
				src, err = formats.Open(in.in, in.opts)
			}
		}
	}
	if err == nil {
		info := src.Info()
		in.report.Format, in.report.Compression, in.report.Bytes = info.Format, info.Compression, info.Size
		in.report.Notes = append(in.report.Notes, info.Notes...)
		if in.plan, err = r.newPlan(in, info); err == nil {
			in.src = src
			r.missed(in, info)
			in.dates = newDates(r, in)
			r.mu.Lock()
			in.state = open
			r.mu.Unlock()
			return
		}
		if broken := cutShort(src, info); broken != nil {
			err = broken
		}
		_ = src.Close()
	}
	var unknown *unknownTable
	switch {
	case errors.Is(err, formats.ErrEmpty):
		// An empty file in a folder is common; one that was named lacks its rows.
		in.fail(Empty, errors.New("empty"))
		if in.in.Named {
			in.problem(0, 0, named(in.in, formats.ErrEmpty))
		}
	case errors.As(err, &unknown):
		in.fail(unknown.status, err)
		if unknown.status == Unknown && in.in.Named {
			in.problem(0, 0, fmt.Errorf("%s: %w", in.in, err))
		}
	case errors.Is(err, formats.ErrPacked):
		in.fail(Unreadable, cause(err))
		in.problem(0, 0, err)
	case errors.Is(err, formats.ErrUnknownFormat), errors.Is(err, formats.ErrBinary):
		// A folder holds all kinds of things; what was named was meant.
		in.fail(Unknown, cause(err))
		if in.in.Named {
			in.problem(0, 0, err)
		}
	default:
		in.fail(Unreadable, cause(err))
		in.problem(0, 0, named(in.in, err))
	}
	r.out.end(in.n, 0)
	r.mu.Lock()
	in.state = done
	r.mu.Unlock()
}

// missed makes the input partial if a column that is matched cannot be read, and
// says so if there is none.
func (r *run) missed(in *input, info formats.Info) {
	if info.Format != "jsonl" && info.Format != "json" && !slices.ContainsFunc(in.plan.keys, func(k planKey) bool { return len(k.groups) > 0 }) {
		in.report.note("none of its columns is matched: it cannot show a hit")
	}
next:
	for _, column := range info.Unread {
		bare, _ := formats.BareName(column)
		for _, t := range in.plan.tables {
			for i := range t.Keys {
				if _, ok := r.keyGroup(t, &t.Keys[i]); !ok || !strings.EqualFold(t.Keys[i].Column, bare) {
					continue
				}
				err := fmt.Errorf("column %s is nested in a way that is not read", Printable(column))
				in.fail(Partial, err)
				in.problem(0, 0, named(in.in, err))
				continue next
			}
		}
	}
}

// cutShort returns why an input whose first bytes show no table may have one
// all the same: compressed data ends early, or rows come before what they are.
func cutShort(src formats.Source, info formats.Info) error {
	if info.Compression == "" && info.Format != "json" {
		return nil
	}
	reader := src.NewReader(formats.Want{})
	for range 2 {
		if _, err := reader.Next(); err != nil {
			if errors.Is(err, io.EOF) || info.Compression == "" {
				return nil
			}
			return err
		}
		for range reader.Runs() {
		}
		for _, bad := range reader.Rejects() {
			if errors.Is(bad.Err, formats.ErrRowsFirst) {
				return bad.Err
			}
		}
	}
	return nil
}

// cause strips the position off an error that a report shows beside the name.
func cause(err error) error {
	var e *formats.Error
	if errors.As(err, &e) && e.Pos.Line <= 0 && e.Pos.Record <= 0 && e.Pos.Group < 0 && e.Pos.Offset <= 0 {
		return e.Err
	}
	return err
}

// named gives an error the name of its input, unless it bears one already.
func named(in formats.Input, err error) error {
	var e *formats.Error
	if errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: %w", in, err)
}

// sweep claims and matches blocks of one input until none is left.
func (w *worker) sweep(in *input) {
	w.reset(in)
	reader := w.reader
	for w.ctx.Err() == nil || w.strictGoesOn(in) {
		w.lap.last = time.Now()
		b, err := in.chain.claim(reader)
		w.lap.add(&w.stats.Claim)
		if err != nil {
			w.mu.Lock()
			in.drained = true
			w.mu.Unlock()
			if !errors.Is(err, io.EOF) {
				in.failAt(1<<62, 0, Partial, cause(err))
				in.problem(1<<62, 0, named(in.in, err))
				w.badInput(in)
			}
			return
		}
		if err := w.block(in, b); err != nil {
			w.stop(err)
			return
		}
		w.stats.Bytes.Add(b.Size)
		w.stats.Records.Add(int64(b.Records))
	}
}

// strictGoesOn says that a strict scan which has met a bad record still needs
// this input: a worse one may stand before it.
func (w *worker) strictGoesOn(in *input) bool {
	if !errors.Is(context.Cause(w.ctx), errBadRecord) {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return in.n < w.bad.input
}

// leave ends a worker's part in an input; the last one closes it.
func (w *worker) leave(in *input) {
	w.mu.Lock()
	in.workers--
	last := in.workers == 0 && (in.drained || w.ctx.Err() != nil)
	if last {
		in.state = closing
	}
	w.mu.Unlock()
	if !last {
		return
	}
	if err := in.dates.end(w); err != nil {
		w.stop(err)
	}
	in.lateSpan()
	w.out.end(in.n, in.chain.blocks())
	if err := in.src.Close(); err != nil {
		in.failAt(1<<62, 1, Partial, cause(err))
	}
	in.close(w.ctx.Err() != nil && !in.drained)
	w.stats.Files.Add(1)
	w.mu.Lock()
	in.state = done
	w.finished()
	w.mu.Unlock()
	w.cond.Broadcast()
}

// cutOff are the numbers of rows at which portals and query interfaces end a
// result without a word.
var cutOff = []int64{10_000, 30_000, 100_000, 500_000}

// close completes the report of an input that has been read.
func (i *input) close(cut bool) {
	t := i.chain.total()
	i.mu.Lock()
	defer i.mu.Unlock()
	r := i.report
	r.Records = t.records
	i.plan.describe(r, i.tables)
	if slices.Contains(cutOff, r.Records) && r.Table != "" {
		r.note(fmt.Sprintf("exactly %d records: exports are cut off at that number, so later ones may be missing", r.Records))
	}
	if r.Status != Unfinished { // failed on the way
		return
	}
	switch {
	case cut:
		r.Reason = "the scan was stopped before its end"
	case r.Table == "" && r.Other > 0:
		r.Status, r.Reason = Unknown, "only records of "+joinTables(r.OtherTables)
	case r.Rejected > 0:
		r.Status = Partial
		r.Reason = fmt.Sprintf("%d of %d records could not be read", r.Rejected, r.Records)
	default:
		r.Status = Complete
	}
}

// finished prints the warnings of inputs whose turn has come. Callers hold run.mu.
func (r *run) finished() {
	for r.first < len(r.inputs) && r.inputs[r.first].state == done {
		r.first++
	}
	for r.warned < r.first {
		in := r.inputs[r.warned]
		r.warned++
		in.mu.Lock()
		for _, p := range in.first {
			r.warn(p.err)
		}
		if in.more > 0 {
			r.warn(fmt.Errorf("%s: %d more problems of this kind", in.in, in.more))
		}
		in.mu.Unlock()
	}
}
