package feed

import (
	"bytes"
	"io"
	"runtime"
	"sync"

	"github.com/iocsweep/iocsweep/ioc"
)

// pieceLen is how many bytes of a list are parsed by one goroutine at a time.
// It is small because all pieces under way are memory that a short list would
// not need.
const pieceLen = 32 << 10

// A piece is a stretch of a list with what was found in it.
type piece struct {
	text []byte // whole lines
	line int    // number of the first
	long bool   // text is the beginning of a line that is too long

	judge
	buf  []byte // memory of text
	done chan struct{}
}

// readPieces reads a list. Pieces of it are parsed at the same time, and what
// is in them is merged in order: the result is that of readList.
func (r *reading) readPieces(in io.Reader) error {
	c := cutter{r: in}
	size, workers := r.options.piece, r.options.workers
	if size == 0 {
		size = pieceLen
	}
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	one := func() *piece {
		return &piece{judge: judge{options: r.options}, buf: make([]byte, 0, size), done: make(chan struct{}, 1)}
	}
	// Most lists are short: helpers would have nothing to do.
	first := one()
	for n := 0; n < 2 || workers == 1; n++ {
		if err := c.next(first); err != nil {
			return c.end()
		}
		before, bytes := r.list.Len(), len(first.text)
		first.read()
		r.apply(&first.judge)
		if n == 0 {
			// The rest of the file is likely to be like its beginning.
			r.list.Grow(int(float64(r.list.Len()-before) * float64(r.size) / float64(bytes)))
		}
	}

	free, work, order := make(chan *piece, workers+2), make(chan *piece, workers+2), make(chan *piece, workers+2)
	free <- first
	for range workers + 1 {
		free <- one()
	}
	var all sync.WaitGroup
	all.Go(func() {
		defer close(order)
		defer close(work)
		for p := range free {
			if c.next(p) != nil {
				return
			}
			order <- p
			work <- p
		}
	})
	for range workers {
		all.Go(func() {
			for p := range work {
				p.read()
				p.done <- struct{}{}
			}
		})
	}
	for p := range order {
		<-p.done
		r.apply(&p.judge)
		free <- p
	}
	all.Wait()
	return c.end()
}

// read judges all lines of a piece.
func (p *piece) read() {
	if p.long {
		reject(p.take, p.line, string(p.text), errLongLine.Error())
		return
	}
	no := p.line
	for text := p.text; len(text) > 0; no++ {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		// Most lines are an indicator and nothing else.
		if i, ok := ioc.ParsePlain(line); ok && p.batch.Add(&i, no, nil) {
			continue
		}
		listLine(line, no, p.take)
	}
}

// A cutter cuts a text into pieces at the ends of lines.
type cutter struct {
	r     io.Reader
	lines int    // cut off so far
	rest  []byte // the beginning of the next line, read with the last piece
	err   error  // what ended reading
}

// end is the error of the whole text, with the line that it hit; nil where the
// text has just come to its end.
func (c *cutter) end() error {
	if c.err == io.EOF {
		return nil
	}
	return &LineError{c.lines + 1, c.err}
}

// next fills a piece, or says that there are no more. A last line that a read
// error cuts off is not handed out.
func (c *cutter) next(p *piece) error {
	p.buf = append(p.buf[:0], c.rest...)
	c.rest = c.rest[:0]
	p.line, p.long = c.lines+1, false
	for {
		c.fill(p)
		cut := bytes.LastIndexByte(p.buf, '\n') + 1
		if cut == 0 && c.err == nil && len(p.buf) <= maxLine {
			// Room for the longest line and its end.
			p.buf = append(make([]byte, 0, min(2*cap(p.buf), maxLine+1)), p.buf...)
			continue
		}
		if c.err == io.EOF {
			cut = len(p.buf)
		}
		if cut == 0 && c.err != nil {
			return c.err
		}
		first := bytes.IndexByte(p.buf, '\n') + 1
		if first > maxLine || first == 0 && len(p.buf) > maxLine {
			return c.skip(p, first)
		}
		p.text = p.buf[:cut]
		c.rest = append(c.rest, p.buf[cut:]...)
		c.lines += bytes.Count(p.text, []byte("\n"))
		if cut > 0 && p.text[cut-1] != '\n' {
			c.lines++
		}
		return nil
	}
}

// fill reads until the piece is full.
func (c *cutter) fill(p *piece) {
	for idle := 0; len(p.buf) < cap(p.buf) && c.err == nil; {
		n, err := c.r.Read(p.buf[len(p.buf):cap(p.buf)])
		p.buf, c.err = p.buf[:len(p.buf)+n], err
		if idle++; n > 0 {
			idle = 0
		} else if idle == 100 && err == nil {
			c.err = io.ErrNoProgress
		}
	}
}

// skip makes a piece of the beginning of a line that is too long, and reads on
// to its end. end is where it ends in the buffer, 0 if that is still to come.
func (c *cutter) skip(p *piece, end int) error {
	p.long, p.text = true, bytes.Clone(p.buf[:2*maxShown])
	for end == 0 && c.err == nil {
		p.buf = p.buf[:0]
		c.fill(p)
		end = bytes.IndexByte(p.buf, '\n') + 1
	}
	if end == 0 && c.err != io.EOF {
		return c.err
	}
	if end > 0 {
		c.rest = append(c.rest, p.buf[end:]...)
	}
	c.lines++
	return nil
}
