package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/iocsweep/iocsweep/formats"
)

// interruptible makes reading end when the context does: a read from a pipe or
// a terminal that nothing is written to lasts for ever, and an interrupt is to
// write the hits so far. A regular file is left alone, its reads end.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	if f, ok := r.(*os.File); ok {
		if fi, err := f.Stat(); err == nil && formats.Regular(fi.Mode()) {
			return r
		}
	}
	return formats.Interruptible(ctx, r)
}

// spooled returns standard input as the scan should read it. An archive has
// its directory at its end: one that comes through a pipe is copied to a
// temporary file in dir first, so that its members are inputs of their own.
// done removes the file. All other input is read as it comes. broken is why an
// archive could not be read to its end: what came before that is in the file.
func spooled(r io.Reader, dir string) (in io.Reader, done func(), broken, err error) {
	done = func() {}
	if f, ok := r.(*os.File); ok {
		if fi, err := f.Stat(); err == nil && formats.Regular(fi.Mode()) {
			return r, done, nil, nil
		}
	}
	b := bufio.NewReader(r)
	// Too short or broken input is for the scan to report.
	if magic, _ := b.Peek(4); string(magic) != "PK\x03\x04" {
		return b, done, nil, nil
	}
	f, err := os.CreateTemp(dir, "iocsweep-stdin-*")
	if err != nil {
		return nil, done, nil, fmt.Errorf("spool standard input: %w", err)
	}
	_ = os.Remove(f.Name()) // where the system allows it, so that not even a kill leaves it behind
	done = func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
	from := &source{r: b}
	_, err = io.Copy(f, from)
	if err == from.err {
		broken, err = from.err, nil
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil && errors.Is(broken, context.Canceled) {
		err = broken
	}
	if err != nil {
		done()
		return nil, func() {}, nil, fmt.Errorf("spool standard input: %w", err)
	}
	return f, done, broken, nil
}

// A source remembers the error that ended reading it, nil at its end: io.Copy does not
// tell it from one of writing.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != io.EOF {
		s.err = err
	}
	return n, err
}
