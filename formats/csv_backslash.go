package formats

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Spark, and what is built on it, writes a quote inside a quoted cell behind a
// backslash, and not twice:
//
//	2026-05-02T00:00:05Z,"THREAT \"x\", medium",10.0.0.5
//
// Read as any other CSV such a record has its cells in wrong columns. Since \" is as
// long as "", a file of this kind is turned into the usual one while its bytes are
// read: places stay what they are, and nothing else needs to know. A backslash before
// another one escapes that, where a quote follows.

// doubledQuotes returns the source's text with its quotes doubled instead of escaped, nil
// if they are not escaped. The head behind the header, which starts at start, tells: as
// it stands some records have stray quotes or too many cells, or all quotes within cells
// are escaped; and with doubled quotes no record is at fault. whole means that the head is all of the text.
func (s *csvSource) doubledQuotes(whole bool, start int) *Content {
	c := s.c
	if !bytes.Contains(c.Head[start:], []byte(`\"`)) {
		return nil
	}
	doubled := *c
	doubled.Head = bytes.Clone(c.Head)
	doubleQuotes(doubled.Head, false)
	if s.faults(c.Head, whole, start) == 0 && !escapesAll(c.Head[start:], s.sep) || s.faults(wholeRecords(doubled.Head, whole, start), true, start) > 0 {
		return nil
	}
	if c.At != nil {
		doubled.At = slashedAt{c.At}
	} else {
		doubled.Stream = &slashedReader{r: bufio.NewReaderSize(c.Stream, headSize)}
	}
	return &doubled
}

// faults counts the rejects of the records in a head, which begin at start.
func (s *csvSource) faults(head []byte, whole bool, start int) (n int) {
	r := s.headReader(head, whole, start)
	for r != nil {
		if _, err := r.Next(); err != nil {
			return n
		}
		n += len(r.Rejects())
	}
	return n
}

// escapesAll reports whether quoted cells hold single quotes, and each behind a
// backslash. Without a separator in the cell no other quote tells: "{\"query\":\"x\"}",
// which is no JSON until it is read right.
func escapesAll(text []byte, sep byte) (found bool) {
	quoted, begins := false, true // a cell
	for i := 0; i < len(text); i++ {
		c := text[i]
		if !quoted {
			quoted = begins && c == '"'
			begins = c == sep || c == '\n'
			continue
		}
		if c == '\\' && i+1 < len(text) && text[i+1] == '\\' {
			i++
			continue
		}
		if c != '"' || i+1 == len(text) {
			continue
		}
		switch next := text[i+1]; {
		case next == '"':
			i++
		case next == sep || next == '\n' || next == '\r':
			quoted = false
		case text[i-1] != '\\':
			return false
		default:
			found = true
		}
	}
	return found
}

// wholeRecords is head without a last record that lacks its end, unless it is the whole
// input: to the last line break behind start that stands outside quotes.
func wholeRecords(head []byte, whole bool, start int) []byte {
	if whole {
		return head
	}
	end, quoted := start, false
	for i, c := range head[start:] {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			end = start + i + 1
		}
	}
	return head[:end]
}

// doubleQuotes puts a quote in place of each backslash that escapes one. odd means
// that an odd number of backslashes stands before text. It returns the same for what
// follows text.
func doubleQuotes(text []byte, odd bool) bool {
	for i, c := range text {
		switch {
		case c == '\\':
			odd = !odd
			continue
		case c == '"' && odd && i > 0:
			text[i-1] = '"'
		}
		odd = false
	}
	return odd
}

// addEscaped adds ErrEscaped to err, a fault of the record buf[at:end], if a backslash
// escapes a quote within a quoted cell of it. The head of the file had no such quote,
// else all of them would have been doubled.
func (r *csvReader) addEscaped(err error, at, end int) error {
	start, quoted, odd := true, false, false
	for i := at; i+1 < end; i++ {
		c := r.buf[i]
		escaped := odd
		odd = c == '\\' && !odd
		switch {
		case !quoted:
			quoted = start && c == '"'
		case c != '"' || r.buf[i+1] == '"':
		case r.closes(i + 1):
			quoted = false
		case escaped:
			return fmt.Errorf("%w: %w", err, ErrEscaped)
		}
		start = !quoted && c == r.sep
	}
	return err
}

// A slashedAt doubles the quotes of what it reads.
type slashedAt struct{ at io.ReaderAt }

func (s slashedAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.at.ReadAt(p, off)
	if doubleQuotes(p[:n], s.oddBefore(off)) { // the last byte may escape the next one
		var next [1]byte
		if m, _ := s.at.ReadAt(next[:], off+int64(n)); m == 1 && next[0] == '"' {
			p[n-1] = '"'
		}
	}
	return n, err
}

// oddBefore reports whether an odd number of backslashes stands before offset off.
func (s slashedAt) oddBefore(off int64) (odd bool) {
	var buf [64]byte
	for off > 0 {
		n := min(int64(len(buf)), off)
		off -= n
		if _, err := s.at.ReadAt(buf[:n], off); err != nil {
			return odd
		}
		run := int(n) - len(strings.TrimRight(string(buf[:n]), `\`))
		odd = odd != (run%2 == 1)
		if run < int(n) {
			break
		}
	}
	return odd
}

// A slashedReader doubles the quotes of a stream.
type slashedReader struct {
	r   *bufio.Reader
	odd bool
}

func (s *slashedReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.odd = doubleQuotes(p[:n], s.odd)
	if s.odd && n > 0 {
		if next, _ := s.r.Peek(1); len(next) == 1 && next[0] == '"' {
			p[n-1] = '"'
		}
	}
	return n, err
}
