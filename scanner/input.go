package scanner

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

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
	short  error     // how the last record was cut off, nil if it was not
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
	at := len(i.first)
	for at > 0 && (i.first[at-1].seq > seq || i.first[at-1].seq == seq && i.first[at-1].n > n) {
		at--
	}
	i.first = slices.Insert(i.first, at, problem{seq, n, err})
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
const behindColumns = 1 << 30

// atEnd is the place in the file order behind all blocks.
const atEnd = math.MaxInt

// reject enters the n-th record of a block that could not be read as it should: the
// input is incomplete, or has one more that was repaired or lost. What a last record that
// was cut off means is said at the end.
func (i *input) reject(seq, n int, bad *formats.Reject) {
	if incomplete(bad) {
		i.failAt(seq, behindColumns+n, Partial, bad.Err)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if bad.Matched && errors.Is(bad.Err, formats.ErrNoLineEnd) {
		i.short = bad.Err
	}
	if bad.Matched {
		i.report.Repaired++
	} else {
		i.report.Rejected++
	}
}

// cutOff are the numbers of rows at which portals and query interfaces end a
// result without a word.
var cutOff = []int64{10_000, 30_000, 100_000, 500_000}

// errCut is why an input was not read to its end where nothing is wrong with it.
var errCut = errors.New("the scan was stopped before its end")

// close completes the report of an input that has been read.
func (i *input) close(cut bool) {
	t := i.chain.total()
	i.mu.Lock()
	defer i.mu.Unlock()
	r := i.report
	r.Records = t.records
	i.plan.describe(r, i.tables)
	for _, n := range i.src.Info().Notes { // some are known only now
		r.note(n)
	}
	if slices.Contains(cutOff, r.Records) && r.Table != "" {
		r.note(fmt.Sprintf("exactly %d records: exports are cut off at that number, so later ones may be missing", r.Records))
	}
	if r.Status != Unfinished { // failed on the way
		return
	}
	switch {
	case cut:
		r.Reason = errCut.Error()
	case r.Table == "" && r.Other > 0:
		r.Status, r.Reason = Unknown, "only records of "+joinTables(r.OtherTables)
	case i.short != nil && 4*(r.Repaired-1) <= r.Records: // where all are ragged, that says nothing
		r.Status, r.Reason = Partial, fmt.Sprintf("%v: %v", formats.ErrTruncated, i.short)
	case r.Rejected > 0:
		r.Status = Partial
		r.Reason = fmt.Sprintf("%d of %d records could not be read", r.Rejected, r.Records)
	default:
		r.Status = Complete
	}
}
