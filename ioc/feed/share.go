package feed

import (
	"bufio"
	"io"
)

// Unpack returns the text of a file that is read as feeds are: decompressed
// (gzip, zstd, bzip2, a zip archive of one file), in UTF-8, without byte order
// mark. done frees what unpacking holds, not r, and may be called with an error
// too.
func Unpack(r io.Reader) (text *bufio.Reader, done func(), err error) {
	text, _, done, err = unpack(r)
	return text, done, err
}

// Lines calls value for what each line of a plain list holds, as the kind
// "list" takes it: nothing for a comment, each name of a hosts line. The text
// lives until value returns. skip says why it is no value, "" if it is one.
// The error, a [LineError], is one that ends the list early.
func Lines(r io.Reader, value func(text []byte, line int, skip string)) error {
	return readList(r, func(e *Entry) { value(e.Value, e.Line, e.Reason) })
}
