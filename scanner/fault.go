package scanner

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
)

// A fault is a panic, which is to say a mistake of ours or of a library, met while an input
// was read. It costs the row, the column of a block or the block in which it was met, and
// makes the input partial: hits of terabytes are not thrown away for one row.
type fault struct {
	said string // by what panicked
	at   string // function and line
}

// maxFaultText is how many bytes of what a panic says are shown: it may hold a whole record.
const maxFaultText = 200

func newFault(p any, at string) *fault {
	said := fmt.Sprint(p) // at once: it may hold pieces of memory that is used again
	if len(said) > maxFaultText {
		said = said[:maxFaultText] + "…"
	}
	return &fault{said, at}
}

func (f *fault) Error() string {
	return Printable(fmt.Sprintf("internal error at %s: %s; please report it", f.at, f.said))
}

// asFault returns the fault that an error is, nil if it is none.
func asFault(err error) *fault {
	if err == nil {
		return nil
	}
	var f *fault
	errors.As(err, &f)
	return f
}

// faultsPanic makes tests and fuzzing stop at a fault.
var faultsPanic bool

// caught, deferred, turns a panic into a fault.
func caught(err *error) {
	p := recover()
	if p == nil {
		return
	}
	if faultsPanic {
		panic(p)
	}
	*err = newFault(p, panickedAt())
}

// panickedAt names the innermost function of this module that panicked, or called what did.
func panickedAt() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // not this, not caught
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if name, ours := strings.CutPrefix(f.Function, "github.com/iocsweep/iocsweep/"); ours {
			return fmt.Sprintf("%s (%s:%d)", name, path.Base(f.File), f.Line)
		}
	}
	return "an unknown place"
}

// faulty notes a fault in the making of a finding's hits. The worker's memory may be left
// half done: it is not used for another block.
func (w *worker) faulty(in *input, f *finding, err error) error {
	w.spoiled = true
	if w.trace != nil && f.Record == w.trace.Record {
		w.trace.lost(err)
	}
	n := behindColumns + f.N
	in.failAt(w.seq, n, Partial, err)
	pos := formats.Pos{Input: in.in, Record: f.Record, Line: f.Line, Group: f.Group, Offset: -1}
	in.problem(w.seq, n, &formats.Error{Pos: pos, Err: err})
	w.badInput(in)
	if w.out.rejects == nil {
		return nil
	}
	w.rejected.payload = append(w.rejected.payload, encodeReject(in.in, pos, err, nil)...)
	return w.rejected.end(key{input: int32(in.n), record: w.recordKey(f.Record, f.N), n: int32(f.N)})
}

// unwritten notes a fault in the encoding of a hit that has waited for its place. All
// inputs have been read.
func (r *run) unwritten(input int, h *Hit, f *fault) {
	in := r.inputs[input]
	pos := formats.Pos{Input: in.in, Record: h.Source.Record, Line: h.Source.Line, Group: h.Source.Group, Offset: -1}
	in.failAt(atEnd, int(h.Source.Record), Partial, f)
	in.mu.Lock()
	in.report.Hits--
	in.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warn(&formats.Error{Pos: pos, Err: f})
}

// renew gives the worker memory of its own anew. It has to be turned to an input then.
func (w *worker) renew() error {
	err := w.handOver()
	trace, rowed := w.trace, w.rowed
	*w = *w.run.newWorker()
	w.each, w.trace, w.rowed = w.takeRun, trace, rowed
	return err
}
