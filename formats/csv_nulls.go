package formats

import (
	"bufio"
	"bytes"
	"io"
)

// SELECT INTO OUTFILE with ESCAPED BY '"', which many recipes give because it doubles
// quotes as CSV does, writes a null as an escaped N:
//
//	"2026-05-02T00:00:05Z","N,"10.0.0.5","N
//
// No quote closes such a cell. Since "N is as long as "", the text is made CSV while its
// bytes are read, and all positions stay what they are.

// withoutNulls has the nulls of the text made empty cells, and reports whether it has
// any. The head behind the header, which starts at start, tells: as it stands records
// have stray quotes or too few cells, and without the nulls at most a quarter as many.
// whole means that the head is all of the text.
func (s *csvSource) withoutNulls(whole bool, start int) (bool, error) {
	c := s.c
	text := c.Head[start:]
	// Nearly all text has no quote before an N, which shows sooner than the rest.
	if !bytes.Contains(text, []byte(`"N`)) || !bytes.Contains(text, []byte{s.sep, '"', 'N', s.sep}) {
		return false, nil
	}
	head := bytes.Clone(c.Head)
	nulls := nullReader{r: bufio.NewReader(bytes.NewReader(c.Head)), sep: s.sep}
	if _, err := io.ReadFull(&nulls, head); err != nil {
		return false, nil
	}
	if before := s.faults(c.Head, whole, start); before == 0 || s.faults(head, whole, start) > before/4 {
		return false, nil
	}
	c.Stream = &nullReader{r: bufio.NewReaderSize(c.reader(), headSize), sep: s.sep}
	s.info.Serial = true
	return true, c.readHead()
}

// A nullReader makes empty cells of the nulls in what it reads.
type nullReader struct {
	r    *bufio.Reader
	sep  byte
	last [2]byte // the two bytes before the next one
}

func (n *nullReader) Read(p []byte) (int, error) {
	k, err := n.r.Read(p)
	for i, c := range p[:k] {
		if c == 'N' && n.last[1] == '"' && (n.last[0] == n.sep || n.last[0] == '\n') && n.ends(p[i+1:k]) {
			p[i] = '"'
		}
		n.last = [2]byte{n.last[1], c}
	}
	return k, err
}

// ends reports whether a cell ends before text, what is left of the bytes read. If
// nothing is, the next byte of the input says so.
func (n *nullReader) ends(text []byte) bool {
	if len(text) == 0 {
		text, _ = n.r.Peek(1)
	}
	return len(text) == 0 || text[0] == n.sep || text[0] == '\n' || text[0] == '\r'
}
