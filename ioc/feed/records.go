package feed

import (
	"bytes"
	"io"
	"slices"
)

// A quoted cell may run over several lines, but no feed has long ones: bounds
// within which its end is looked for, so that one stray quote costs one line
// and not the rest of the feed.
const (
	maxRecordLines = 100
	maxRecordBytes = 256 << 10
	maxRecordTries = 4
)

// A recordReader splits delimited text into records of cells.
type recordReader struct {
	lines *lineReader
	delim byte
	// comment is called with each line that begins with #; such lines are no
	// records. May be nil.
	comment func(line []byte, no int)

	cells [][]byte // of the current record, in the line or in buf
	buf   []byte   // cells that had quotes inside
	own   []byte   // the line, where it had to be copied

	pending []pendingLine // read in search of a quote that did not come
	single  int           // so many lines more are records of their own
}

type pendingLine struct {
	text []byte
	no   int
	err  error // nil or errLongLine
}

func newRecordReader(r io.Reader, delim byte) *recordReader {
	return &recordReader{lines: newLineReader(r), delim: delim}
}

// line returns the next physical line with its number.
func (c *recordReader) line() ([]byte, int, error) {
	if len(c.pending) > 0 {
		p := c.pending[0]
		c.pending = c.pending[1:]
		return p.text, p.no, p.err
	}
	text, err := c.lines.next()
	return text, c.lines.no, err
}

// next returns the cells of the next record that is not blank, with the line on
// which it starts. They live until the next call. With errLongLine and
// errOpenQuote it gives what could be made of the line, and reading can go on;
// other errors end the feed.
func (c *recordReader) next() ([][]byte, int, error) {
	for {
		line, no, err := c.line()
		if err == errLongLine {
			return [][]byte{line}, no, err
		}
		if err != nil {
			return nil, no, err
		}
		bare := bytes.TrimSpace(line)
		if len(bare) == 0 || no == 1 && isSeparator(bare) {
			continue
		}
		if bare[0] == '#' {
			if c.comment != nil {
				c.comment(bare, no)
			}
			continue
		}
		if c.single > 0 {
			c.single--
			if !c.split(line) {
				return c.cells, no, errOpenQuote
			}
			return c.cells, no, nil
		}
		if c.split(line) {
			return c.cells, no, nil
		}
		c.own = append(c.own[:0], line...)
		if c.join() {
			return c.cells, no, nil
		}
		c.split(c.own)
		return c.cells, no, errOpenQuote
	}
}

// join reads on until the quote that is open at the end of own is closed. Where
// it is not closed within bounds, the lines are kept to be read again.
func (c *recordReader) join() bool {
	joined := slices.Clone(c.own)
	var ahead []pendingLine
	tries := 0
	for len(ahead) < maxRecordLines && len(joined) < maxRecordBytes && tries < maxRecordTries {
		line, no, err := c.line()
		if err != nil && err != errLongLine {
			break // it comes again
		}
		ahead = append(ahead, pendingLine{slices.Clone(line), no, err})
		if err != nil {
			break
		}
		joined = append(append(joined, '\n'), line...)
		if bytes.IndexByte(line, '"') >= 0 {
			tries++
			if c.split(joined) {
				return true
			}
		}
	}
	c.single = len(ahead)
	c.pending = append(ahead, c.pending...)
	return false
}

// split cuts a record into cells and reports whether its last quote is closed.
func (c *recordReader) split(text []byte) bool {
	c.cells = c.cells[:0]
	if bytes.IndexByte(text, '"') < 0 {
		for {
			i := bytes.IndexByte(text, c.delim)
			if i < 0 {
				c.cells = append(c.cells, bytes.TrimSpace(text))
				return true
			}
			c.cells = append(c.cells, bytes.TrimSpace(text[:i]))
			text = text[i+1:]
		}
	}
	// Room for all: cells are never longer than their text, so buf does not
	// move under those already cut.
	c.buf = slices.Grow(c.buf[:0], len(text))
	for {
		for len(text) > 0 && (text[0] == ' ' || text[0] == '\t' && c.delim != '\t') {
			text = text[1:]
		}
		cell, closed := []byte(nil), true
		rest := text
		if len(text) > 0 && text[0] == '"' {
			if end := bytes.IndexByte(text[1:], '"') + 1; end > 0 && (end+1 == len(text) || text[end+1] == c.delim) {
				// Nearly all quoted cells: no quote inside, nothing behind.
				cell, rest = text[1:end], text[end+1:]
			} else {
				start := len(c.buf)
				rest, closed = c.quoted(text[1:])
				i := bytes.IndexByte(rest, c.delim)
				if i < 0 {
					i = len(rest)
				}
				c.buf = append(c.buf, bytes.TrimSpace(rest[:i])...)
				cell, rest = c.buf[start:], rest[i:]
			}
		} else {
			i := bytes.IndexByte(text, c.delim)
			if i < 0 {
				i = len(text)
			}
			cell, rest = text[:i], text[i:]
		}
		c.cells = append(c.cells, bytes.TrimSpace(cell))
		if len(rest) == 0 || !closed {
			return closed
		}
		text = rest[1:]
	}
}

// quoted appends a quoted cell to buf and returns what follows its end.
func (c *recordReader) quoted(text []byte) (rest []byte, closed bool) {
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			c.buf = append(c.buf, text...)
			return nil, false
		}
		c.buf = append(c.buf, text[:i]...)
		text = text[i+1:]
		if len(text) == 0 || text[0] != '"' {
			return text, true
		}
		c.buf = append(c.buf, '"')
		text = text[1:]
	}
}
