package scanner

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/iocsweep/iocsweep/formats"
)

// outputs are the streams of a run: hits, suppressed hits, rejected records.
type outputs struct {
	run        *run
	hits       *sorter   // nil where hits are streamed or not wanted
	streamed   *sequence // nil where hits are sorted
	suppressed *sorter
	rejects    *sorter
	begun      bool // Header has been written
}

func newOutputs(r *run) *outputs {
	o := &outputs{run: r}
	dir, memory := r.Formats.TempDir, r.memory()
	switch {
	case r.Output == nil && r.Each == nil:
	case r.Order == AsFound:
		o.streamed = newSequence(dir, memory/4, o.emit)
	default:
		o.hits = newSorter(dir, memory/4)
	}
	if r.Suppressed != nil {
		o.suppressed = newSorter(dir, memory/8)
	}
	if r.Rejects != nil {
		o.rejects = newSorter(dir, memory/8)
	}
	return o
}

// emit writes encoded hits, one or more.
func (o *outputs) emit(payload []byte) error {
	r := o.run
	if r.Each != nil {
		for line := range bytes.Lines(payload) {
			h, err := decode(line, r.tables) // it is what JSONL has just made
			if err != nil {
				return err
			}
			if err := r.Each(h); err != nil {
				return err
			}
		}
		return nil
	}
	if err := o.begin(); err != nil {
		return err
	}
	_, err := r.Output.Write(payload)
	return err
}

func (o *outputs) begin() error {
	if o.begun || o.run.Output == nil {
		return nil
	}
	o.begun = true
	_, err := o.run.Output.Write(o.run.Header)
	return err
}

// end says how many blocks an input had.
func (o *outputs) end(input, blocks int) {
	if o.streamed != nil {
		if err := o.streamed.end(input, blocks); err != nil {
			o.run.stop(fmt.Errorf("write hits: %w", err))
		}
	}
}

// finish writes what has been held back, in order.
func (o *outputs) finish() error {
	var err error
	if o.streamed != nil {
		err = o.streamed.flush()
	}
	if o.hits != nil && err == nil {
		err = o.merge()
	}
	if err == nil {
		err = o.begin()
	}
	if err != nil {
		return fmt.Errorf("write hits: %w", err)
	}
	if err := drain(o.suppressed, o.run.Suppressed); err != nil {
		return fmt.Errorf("write suppressed hits: %w", err)
	}
	if err := drain(o.rejects, o.run.Rejects); err != nil {
		return fmt.Errorf("write rejected records: %w", err)
	}
	return nil
}

// merge writes the sorted hits.
func (o *outputs) merge() (err error) {
	r := o.run
	emit := o.each()
	if r.Each == nil {
		if err := o.begin(); err != nil {
			return err
		}
		e := newEncoding(r, r.Output)
		defer func() { err = cmp.Or(err, e.close()) }()
		emit = e.add
	}
	return o.hits.flush(func(k key, payload []byte) error {
		return emit(k.input, payload)
	})
}

// each hands on waiting hits to Scan.Each, which may keep them.
func (o *outputs) each() func(input int32, payload []byte) error {
	reader := newWaitingReader(o.run)
	var line []byte
	return func(input int32, payload []byte) (err error) {
		if line, err = reader.line(line[:0], input, payload); err != nil {
			return err
		}
		return o.emit(line)
	}
}

func drain(s *sorter, to io.Writer) error {
	if s == nil {
		return nil
	}
	w := bufio.NewWriterSize(to, 64<<10)
	err := s.flush(func(_ key, payload []byte) error {
		_, err := w.Write(payload)
		return err
	})
	return errors.Join(err, w.Flush())
}

func (o *outputs) close() {
	for _, s := range []*sorter{o.hits, o.suppressed, o.rejects} {
		if s != nil {
			s.close()
		}
	}
	if o.streamed != nil {
		o.streamed.close()
	}
}

// encodeReject makes the JSON line of a record that could not be read.
func encodeReject(in formats.Input, pos formats.Pos, reason error, raw []byte) []byte {
	line := struct {
		File   string  `json:"file"`
		Member *string `json:"member"`
		Record *int64  `json:"record"`
		Line   *int64  `json:"line"`
		Offset *int64  `json:"offset"`
		Reason string  `json:"reason"`
		Raw    string  `json:"raw"`
	}{File: in.Path, Reason: reason.Error(), Raw: string(raw)}
	if in.Member != "" {
		line.Member = &in.Member
	}
	if pos.Record > 0 {
		line.Record = &pos.Record
	}
	if pos.Line > 0 {
		line.Line = &pos.Line
	}
	if pos.Offset >= 0 {
		line.Offset = &pos.Offset
	}
	b, err := json.Marshal(line)
	if err != nil {
		panic("scanner: " + err.Error())
	}
	return append(b, '\n')
}
