package rule

import (
	"bufio"
	"io"

	"golang.org/x/text/encoding/unicode"
)

// decoded is the text of r in UTF-8: UTF-16 with a byte order mark, as PowerShell
// writes what is redirected to a file, becomes that. All else stays as it is, the
// mark of UTF-8 too.
func decoded(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	switch mark, _ := b.Peek(2); string(mark) { // what fails here fails again below
	case "\xff\xfe", "\xfe\xff":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(b)
	}
	return b
}
