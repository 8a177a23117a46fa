package formats

import (
	"bytes"

	"golang.org/x/text/transform"
)

// toLF ends lines with a line feed where all that ends them is a carriage
// return, as old spreadsheets on Macintosh write them: to the readers such a
// file is one record. The text keeps its length.
func (c *Content) toLF() error {
	if !endsLinesWithCR(c.Head) || hasTableMagic(c.Head) || foreign(c.Head) != "" || isBinary(c.Head) {
		return nil
	}
	c.Stream = transform.NewReader(c.reader(), loneCR{})
	return c.readHead()
}

// endsLinesWithCR reports whether text that is not JSON has carriage returns
// outside quotes, all of them alone, and not one line feed there.
func endsLinesWithCR(head []byte) bool {
	if text := trimJSONHead(head); len(text) == 0 || text[0] == '{' || text[0] == '[' {
		return false
	}
	quoted, found := false, false
	for len(head) > 0 {
		i := bytes.IndexAny(head, "\"\r\n")
		if i < 0 {
			break
		}
		b := head[i]
		head = head[i+1:]
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n':
			return false
		default:
			found = true
		}
	}
	return found
}

// loneCR makes a line feed of each carriage return that has none behind it.
type loneCR struct{ transform.NopResetter }

func (loneCR) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	n := copy(dst, src)
	if n < len(src) {
		err = transform.ErrShortDst
	}
	for i := 0; ; i++ {
		j := bytes.IndexByte(dst[i:n], '\r')
		if j < 0 {
			return n, n, err
		}
		i += j
		switch {
		case i+1 < len(src):
			if src[i+1] != '\n' {
				dst[i] = '\n'
			}
		case atEOF:
			dst[i] = '\n'
		default:
			return i, i, transform.ErrShortSrc
		}
	}
}
