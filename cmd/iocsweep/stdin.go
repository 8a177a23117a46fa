package main

import (
	"bufio"
	"context"
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
	return &pump{ctx: ctx, from: r}
}

// A pump reads ahead by one buffer in a goroutine of its own, which ends with
// its source or, when that waits, with the process.
type pump struct {
	ctx  context.Context
	from io.Reader
	full chan filled // nil until the first read
	free chan []byte
	now  filled
	rest []byte
}

type filled struct {
	buf []byte
	n   int
	err error
}

func (p *pump) run() {
	for buf := range p.free {
		n, err := p.from.Read(buf)
		p.full <- filled{buf, n, err}
		if err != nil {
			return
		}
	}
}

func (p *pump) Read(b []byte) (int, error) {
	if p.full == nil {
		p.full, p.free = make(chan filled, 2), make(chan []byte, 2)
		p.free <- make([]byte, 256<<10)
		p.free <- make([]byte, 256<<10)
		go p.run()
	}
	for len(p.rest) == 0 {
		if p.now.err != nil {
			return 0, p.now.err
		}
		if p.now.buf != nil {
			p.free <- p.now.buf
			p.now.buf = nil
		}
		select {
		case p.now = <-p.full:
			p.rest = p.now.buf[:p.now.n]
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// spooled returns standard input as the scan should read it. An archive has
// its directory at its end: one that comes through a pipe is copied to a
// temporary file in dir first, so that its members are inputs of their own.
// done removes the file. All other input is read as it comes.
func spooled(r io.Reader, dir string) (in io.Reader, done func(), err error) {
	done = func() {}
	if f, ok := r.(*os.File); ok {
		if fi, err := f.Stat(); err == nil && formats.Regular(fi.Mode()) {
			return r, done, nil
		}
	}
	b := bufio.NewReader(r)
	// Too short or broken input is for the scan to report.
	if magic, _ := b.Peek(4); string(magic) != "PK\x03\x04" {
		return b, done, nil
	}
	f, err := os.CreateTemp(dir, "iocsweep-stdin-*")
	if err != nil {
		return nil, done, fmt.Errorf("spool standard input: %w", err)
	}
	done = func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
	if _, err = io.Copy(f, b); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		done()
		return nil, func() {}, fmt.Errorf("spool standard input: %w", err)
	}
	return f, done, nil
}
