package scanner

import (
	"errors"
	"fmt"

	"github.com/iocsweep/iocsweep/formats"
)

// badRecord is where a strict scan stops.
type badRecord struct {
	input  int
	record int64 // from 1, or wholeInput
}

// wholeInput is the record of an input that could not be read to its end: all that
// was read of it counts.
const wholeInput = 1<<62 - 1

// cut makes the report of an input that of a scan which stopped at the bad record: the
// rest of its block has been read as well.
func (b *badRecord) cut(in *input) {
	f := in.report
	switch {
	case in.n > b.input:
		*f = FileReport{Input: f.Input, Bytes: -1, Status: Unfinished, Reason: "the scan stopped at a bad record before it"}
	case b.record < wholeInput:
		f.Records, f.Rejected, f.Repaired, f.Timed = b.record, 1, 0, false
		f.Other, f.OtherTables = 0, nil
		f.Status, f.Reason = Unfinished, "the scan stopped at its first bad record"
	}
}

func (b *badRecord) before(o *badRecord) bool {
	if b.input != o.input {
		return b.input < o.input
	}
	return b.record < o.record
}

// lose notes that a column of the block in hand could not be read.
func (w *worker) lose(err error) {
	in, b := w.now.in, w.now.block
	w.now.broken++
	if asFault(err) != nil {
		w.spoiled = true
		if before, known := w.before(); known {
			last := before.records + int64(b.Records)
			err = fmt.Errorf("in records %d to %d: %w", before.records+1, last, err)
			if w.trace != nil && w.trace.Record > before.records && w.trace.Record <= last {
				w.trace.lost(err)
			}
		}
	}
	in.failAt(b.Seq, w.now.broken, Partial, cause(err))
	in.problem(b.Seq, w.now.broken, w.at(formats.Pos{Record: -1, Line: -1, Group: b.Group, Offset: -1}, err))
	w.badInput(in)
}

// at gives an error the input's position, unless it bears one already.
func (w *worker) at(pos formats.Pos, err error) error {
	var e *formats.Error
	if errors.As(err, &e) {
		return err
	}
	return &formats.Error{Pos: w.place(pos), Err: err}
}

// place turns a position within the block in hand into one within the input, from 1; 0
// where an earlier block could not be read, and so is not counted.
func (w *worker) place(pos formats.Pos) formats.Pos {
	before, known := w.before()
	pos.Input = w.now.in.in
	switch {
	case pos.Record < 0 || !known:
		pos.Record = 0
	default:
		pos.Record += before.records + 1
	}
	switch {
	case pos.Line < 0 || !known:
		pos.Line = 0
	default:
		pos.Line += before.lines + 1
	}
	return pos
}

// before returns the records and lines before the block in hand. Once known they are
// not asked for again, whatever the number of rows.
func (w *worker) before() (base, bool) {
	now := &w.now
	if !now.counted {
		now.before, now.counted = now.in.chain.before(now.block.Seq)
	}
	return now.before, now.counted
}

// rejects deals with the block's bad records.
func (w *worker) rejects(in *input, b formats.Block) error {
	list := w.reader.Rejects()
	for i, bad := range list {
		pos := w.place(bad.Pos)
		record := pos.Record // or where it would be
		if bad.Pos.Record < 0 {
			record = w.place(formats.Pos{Record: bad.At, Line: -1}).Record
		}
		in.problem(b.Seq, behindColumns+i, &formats.Error{Pos: pos, Err: bad.Err})
		in.reject(b.Seq, i, &bad)
		if w.out.rejects != nil {
			k := key{input: int32(in.n), record: w.recordKey(record, i), n: int32(i)}
			w.rejected.payload = append(w.rejected.payload, encodeReject(in.in, pos, bad.Err, bad.Raw)...)
			if err := w.rejected.end(k); err != nil {
				return err
			}
		}
		switch {
		case w.Strict && record == 0:
			w.badInput(in)
		case w.Strict:
			w.foundBad(&badRecord{in.n, record})
			return nil
		}
	}
	return nil
}

// incomplete reports whether a reject is more than a record, or less than one: how many are
// missing, of which file, or under which columns, is not known.
func incomplete(bad *formats.Reject) bool {
	return bad.Pos.Record < 0 || errors.Is(bad.Err, formats.ErrPartial) ||
		errors.Is(bad.Err, formats.ErrHole) || errors.Is(bad.Err, formats.ErrOtherHeader) || errors.Is(bad.Err, formats.ErrEscaped)
}

// foundBad makes a strict scan end at its first bad record in input order.
func (w *worker) foundBad(b *badRecord) {
	w.mu.Lock()
	if w.bad == nil || b.before(w.bad) {
		w.bad = b
	}
	w.mu.Unlock()
	w.stop(errBadRecord)
}

// badInput stops a strict scan at an input that could not be read whole.
func (w *worker) badInput(in *input) {
	if w.Strict {
		w.foundBad(&badRecord{in.n, wholeInput})
	}
}
