package feed

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is the longest line that is read, in bytes. Nothing that is one
// indicator comes near it.
const maxLine = 1 << 20

var (
	errLongLine  = errors.New("line longer than 1 MiB")
	errOpenQuote = errors.New("quoted cell never ends")
)

// A lineReader hands out physical lines and counts them.
type lineReader struct {
	r   *bufio.Reader
	no  int // of the line last handed out, from 1
	buf []byte
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: buffered(r)}
}

// buffered returns r itself where it can peek far enough for sampling.
func buffered(r io.Reader) *bufio.Reader {
	if b, ok := r.(*bufio.Reader); ok && b.Size() >= headSize {
		return b
	}
	return bufio.NewReaderSize(r, headSize)
}

// next returns the next line without its end; it lives until the next call.
// With errLongLine it is the line's beginning, and reading can go on. A last
// line that a read error cuts off is not handed out: half a name is another
// name.
func (l *lineReader) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		line, err = l.long(line)
	}
	if err != nil && err != errLongLine {
		if err != io.EOF {
			l.no++
			return nil, err
		}
		if len(line) == 0 {
			return nil, io.EOF
		}
		err = nil
	}
	l.no++
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), err
}

// each calls line for every line that is left, and rejects those that are too
// long.
func (l *lineReader) each(emit func(*Entry), line func(text []byte, no int)) error {
	for {
		text, err := l.next()
		switch {
		case err == io.EOF:
			return nil
		case err == errLongLine:
			reject(emit, l.no, string(text), err.Error())
		case err != nil:
			return &LineError{l.no, err}
		default:
			line(text, l.no)
		}
	}
}

// long reads on in a line that does not fit the buffer.
func (l *lineReader) long(begin []byte) ([]byte, error) {
	l.buf = append(l.buf[:0], begin...)
	over := false
	for {
		more, err := l.r.ReadSlice('\n')
		if over = over || len(l.buf)+len(more) > maxLine; !over {
			l.buf = append(l.buf, more...)
		}
		switch {
		case err == bufio.ErrBufferFull:
		case over && (err == nil || err == io.EOF):
			return l.buf[:min(len(l.buf), maxShown*2)], errLongLine
		default:
			return l.buf, err
		}
	}
}

// sampleLines calls yield with the lines of head until it says false. A last
// line that the head cuts off is left out.
func sampleLines(head []byte, yield func(line []byte) bool) {
	cut := len(head) >= headSize
	for len(head) > 0 {
		line, rest, ended := bytes.Cut(head, []byte("\n"))
		if !ended && cut {
			return
		}
		if !yield(bytes.TrimSuffix(line, []byte("\r"))) {
			return
		}
		head = rest
	}
}
