package scanner

import (
	"errors"
	"fmt"
	"io"
	"time"
)

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
	for r.ctx.Err() == nil {
		var join *input
		busy := false
		for _, in := range r.inputs[r.first:] {
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

// openUnlocked opens an input without run.mu, which the caller holds before and after.
// It is held again after a panic too, so that this panic is reported, and not one about
// the lock.
func (r *run) openUnlocked(in *input) {
	r.mu.Unlock()
	defer r.mu.Lock()
	r.openInput(in)
}

// maxFaults is how often a worker goes on behind a block of an input that could not be
// claimed for a fault of ours. Those behind it may be sound, or show the same fault.
const maxFaults = 8

// sweep claims and matches blocks of one input until none is left.
func (w *worker) sweep(in *input) {
	if err := w.reset(in); err != nil {
		w.unclaimed(in, err, false)
		return
	}
	faults := 0
	for w.ctx.Err() == nil {
		w.lap.last = time.Now()
		b, err := in.chain.claim(w.reader)
		w.lap.add(&w.stats.Claim)
		if err != nil {
			again := asFault(err) != nil && faults < maxFaults
			w.unclaimed(in, err, again)
			if !again {
				return
			}
			faults++
			w.spoiled = true
		} else {
			if err := w.block(in, b); err != nil {
				w.stop(err)
				return
			}
			w.stats.Bytes.Add(b.Size)
			w.stats.Records.Add(int64(b.Records))
		}
		if w.spoiled {
			if err := w.renew(); err != nil {
				w.stop(err)
				return
			}
			if err := w.reset(in); err != nil {
				w.unclaimed(in, err, false)
				return
			}
		}
	}
}

// unclaimed notes why no block of an input could be claimed; again says that the worker
// tries once more.
func (w *worker) unclaimed(in *input, err error, again bool) {
	ended := errors.Is(err, io.EOF)
	if !ended && w.interrupted() {
		return
	}
	if !again {
		w.mu.Lock()
		in.drained = true
		w.mu.Unlock()
	}
	if !ended {
		in.failAt(atEnd, 0, Partial, cause(err))
		in.problem(atEnd, 0, named(in.in, err))
		w.badInput(in)
	}
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
		in.failAt(atEnd, 1, Partial, cause(err))
		in.problem(atEnd, 1, named(in.in, err))
		w.badInput(in)
	}
	in.close(w.ctx.Err() != nil && !in.drained)
	w.stats.Files.Add(1)
	w.mu.Lock()
	in.src = nil
	in.plan.shrink()
	in.state = done
	w.finished()
	w.mu.Unlock()
	w.cond.Broadcast()
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
