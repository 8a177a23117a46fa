package formats

import (
	"bytes"
	"io"
)

// A JSON text sequence (RFC 7464) has a record separator before each of its records,
// as jq --seq writes them:
//
//	\x1e{"TimeGenerated":"2025-04-01T02:13:07.482Z","SourceIP":"10.0.0.5"}
//	\x1e{"TimeGenerated":"2025-04-01T02:13:07.519Z","SourceIP":"10.0.0.6"}
//
// JSON itself has no place for that byte, so the readers are given a blank for it: the
// text keeps its length, and its records their places.
const recordSeparator = 0x1e

// unsequence blanks the record separators of a JSON text sequence.
func (c *Content) unsequence() {
	text := trimJSONHead(c.Head)
	if len(text) == 0 || text[0] != recordSeparator {
		return
	}
	text = bytes.TrimLeft(text, "\x1e \t\r\n")
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return
	}
	blankSeparators(c.Head)
	if c.At != nil {
		c.At = sequenceAt{c.At}
	} else {
		c.Stream = sequenceReader{c.Stream}
	}
}

type sequenceAt struct{ r io.ReaderAt }

func (s sequenceAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.r.ReadAt(p, off)
	blankSeparators(p[:n])
	return n, err
}

type sequenceReader struct{ r io.Reader }

func (s sequenceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	blankSeparators(p[:n])
	return n, err
}

func blankSeparators(text []byte) {
	for {
		i := bytes.IndexByte(text, recordSeparator)
		if i < 0 {
			return
		}
		text[i], text = ' ', text[i+1:]
	}
}
