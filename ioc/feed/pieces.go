package feed

import (
	"bufio"
	"bytes"
	"io"
	"runtime"
	"sync"
)

// pieceLen is how many bytes of a feed are parsed by one goroutine at a time.
// It is small because all pieces under way are memory that a short feed would
// not need.
const pieceLen = 32 << 10

// maxGuess bounds the room that is made for a feed because of its beginning.
const maxGuess = 1 << 25

// A piece is a stretch of a feed with what was found in it.
type piece struct {
	text []byte // whole lines
	line int    // number of the first

	judge
	records recordReader // of kinds that are tables
	table   rows

	ok   bool // it could be parsed without what stands before and behind it
	buf  []byte
	done chan struct{}
}

// lines calls yield for every line of a piece, without its end, until that says
// false.
func (p *piece) lines(yield func(line []byte, no int) bool) {
	text := p.text
	for no := p.line; len(text) > 0; no++ {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		if !yield(bytes.TrimSuffix(line, []byte("\r")), no) {
			return
		}
	}
}

// inPieces reads a feed in pieces, which are parsed at the same time and
// settled in order, so that the result is that of reading line by line.
//
// parse says what a piece holds; settled is called before its indicators are
// merged. Where parse says that a piece needs what stands around it, or where a
// line is too long, rest is the feed from there on, to be read line by line. It
// is nil where all was read. lines is how many lines have been read of in.
func (r *reading) inPieces(in *bufio.Reader, lines int, parse func(*piece) bool, settled func(*piece)) (rest *lineReader, err error) {
	r.apply(&r.judge)
	size, workers := r.options.piece, r.options.workers
	if size == 0 {
		size = pieceLen
		if r.size > 0 {
			size = int(min(pieceLen, max(r.size, 4<<10))) // all of a short feed is one piece
		}
	}
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	newPiece := func() *piece {
		p := &piece{judge: judge{options: r.options}, buf: make([]byte, 0, size), done: make(chan struct{}, 1)}
		p.batch.Grow(size/16, size*3/4)
		return p
	}
	settle := func(p *piece) {
		settled(p)
		r.apply(&p.judge)
	}
	c := cutter{r: in, lines: lines}

	// Most feeds are short: several goroutines would have nothing to do.
	first := newPiece()
	for n := 0; n < 2 || workers == 1; n++ {
		if !c.next(first) {
			return c.end(nil)
		}
		if !parse(first) {
			return c.end([]*piece{first})
		}
		before, length := r.list.Len(), len(first.text)
		settle(first)
		if n == 0 {
			// The rest of the file is likely to be like its beginning.
			all := float64(r.list.Len()-before) * float64(r.size) / float64(length)
			r.list.Grow(int(min(all, maxGuess)))
		}
	}
	pieces := []*piece{first}
	for len(pieces) < workers+2 { // one to be filled, one to be settled
		pieces = append(pieces, newPiece())
	}
	return c.end(c.parallel(pieces, workers, parse, settle))
}

// parallel parses what is still to be cut, so many pieces at once, and settles
// them in order. It uses each piece again once it is settled. It returns those
// that are left: from the first that could not be parsed alone to the last that
// was cut.
func (c *cutter) parallel(pieces []*piece, workers int, parse func(*piece) bool, settle func(*piece)) (left []*piece) {
	free, work, order := make(chan *piece, len(pieces)), make(chan *piece, len(pieces)), make(chan *piece, len(pieces))
	for _, p := range pieces {
		free <- p
	}
	var running sync.WaitGroup
	running.Go(func() {
		defer close(order)
		defer close(work)
		for p := range free {
			if !c.next(p) {
				return
			}
			order <- p
			work <- p
		}
	})
	for range workers {
		running.Go(func() {
			for p := range work {
				p.ok = parse(p)
				p.done <- struct{}{}
			}
		})
	}
	for p := range order {
		<-p.done
		if len(left) > 0 || !p.ok {
			if left = append(left, p); len(left) == 1 {
				close(free)
			}
			continue
		}
		settle(p)
		free <- p
	}
	running.Wait()
	return left
}

// A cutter cuts a text into pieces at the ends of lines.
type cutter struct {
	r     io.Reader
	lines int    // cut off so far
	rest  []byte // what was read with the last piece and is not part of it
	err   error  // what ended reading, or errLongLine
}

// next fills a piece, or says that there are no more: the text is at its end, or
// end will say more. A last line that a read error cuts off is not handed out.
func (c *cutter) next(p *piece) bool {
	if c.err == errLongLine {
		return false
	}
	p.buf = append(p.buf[:0], c.rest...)
	c.rest = c.rest[:0]
	p.line = c.lines + 1
	c.fill(p)
	cut := bytes.LastIndexByte(p.buf, '\n') + 1
	for cut == 0 && c.err == nil {
		if len(p.buf) == maxLine {
			c.err, c.rest = errLongLine, append(c.rest, p.buf...)
			return false
		}
		p.buf = append(make([]byte, 0, 2*cap(p.buf)), p.buf...)
		c.fill(p)
		cut = bytes.LastIndexByte(p.buf, '\n') + 1
	}
	if c.err == io.EOF {
		cut = len(p.buf)
	}
	p.text = p.buf[:cut]
	c.rest = append(c.rest, p.buf[cut:]...)
	c.lines += bytes.Count(p.text, []byte("\n"))
	if cut > 0 && p.text[cut-1] != '\n' {
		c.lines++
	}
	return cut > 0
}

// fill reads until the piece is full. It never holds more than the longest line.
func (c *cutter) fill(p *piece) {
	full := min(cap(p.buf), maxLine)
	for idle := 0; len(p.buf) < full && c.err == nil; {
		n, err := c.r.Read(p.buf[len(p.buf):full])
		p.buf, c.err = p.buf[:len(p.buf)+n], err
		if idle++; n > 0 {
			idle = 0
		} else if idle == 100 && err == nil {
			c.err = io.ErrNoProgress
		}
	}
}

// end says how the text ended, or gives what has to be read line by line: the
// pieces left and what follows them.
func (c *cutter) end(left []*piece) (rest *lineReader, err error) {
	if len(left) == 0 && c.err != errLongLine {
		if c.err == io.EOF {
			return nil, nil
		}
		return nil, &LineError{c.lines + 1, c.err}
	}
	no := c.lines
	var parts []io.Reader
	for i, p := range left {
		if i == 0 {
			no = p.line - 1
		}
		parts = append(parts, bytes.NewReader(p.text))
	}
	parts = append(parts, bytes.NewReader(c.rest))
	switch {
	case c.err == nil || c.err == errLongLine:
		parts = append(parts, c.r)
	case c.err != io.EOF:
		parts = append(parts, failing{c.err})
	}
	rest = newLineReader(io.MultiReader(parts...))
	rest.no = no
	return rest, nil
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
