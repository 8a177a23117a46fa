package formats

import (
	"context"
	"io"
	"os"
)

// Interruptible returns a reader of r that fails with the context's error once
// the context is done, also while a read of r waits for something to be written. r is
// read ahead in a goroutine that ends with r or, if r waits, with the process.
func Interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &pump{ctx: ctx, open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
}

// pipeContent reads a file that is not regular until ctx is done. Opening a pipe blocks
// until somebody writes to it, as reading does, so that is left to the pump as well.
func pipeContent(ctx context.Context, path string) *Content {
	p := &pump{ctx: ctx, open: func() (io.ReadCloser, error) { return os.Open(path) }}
	r := &counted{r: p}
	return &Content{Size: -1, Stream: r, Consumed: r.n.Load, Close: p.Close}
}

// A pump reads ahead by one buffer in a goroutine of its own, which opens and
// closes what it reads.
type pump struct {
	ctx  context.Context
	open func() (io.ReadCloser, error)
	full chan filled // nil until the first read
	free chan []byte
	now  filled // the buffer that is being read
	rest []byte // the part of it that has not been read
}

// A filled is a buffer with what a read has given: n bytes and an error.
type filled struct {
	buf []byte
	n   int
	err error
}

func (p *pump) run() {
	from, err := p.open()
	if err != nil {
		p.full <- filled{err: err}
		return
	}
	defer from.Close()
	for buf := range p.free {
		n, err := from.Read(buf)
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

// Close has the goroutine end. Nothing may be read any more.
func (p *pump) Close() error {
	if p.free != nil {
		close(p.free)
	}
	return nil
}
