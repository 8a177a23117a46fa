package formats

import (
	"bytes"
	"encoding/json"
	"io"
)

// Not every program quotes cells. PostgreSQL's COPY TO, SELECT INTO OUTFILE and
// mysql --batch, jq's @tsv, Miller's TSV and a csv.writer with QUOTE_NONE escape by
// backslashes what would end a cell; sqlite3's tabs and R's quote=FALSE do nothing at all:
//
//	2026-05-02T00:00:05Z⇥"C:\\tools\\a.exe" -q⇥{"answers":"[\\"x\\"]"}⇥\N
//
// Read as CSV, all from the first quote to the next would be one cell, rows and all.
// Such text is rewritten as CSV with quotes while it is read. Lines are counted as they
// are in the file: a line break that is written as \n becomes a carriage return.

// An unquoted says how the cells of a text are written, none of which is quoted.
type unquoted struct {
	sep     byte
	escapes bool   // backslashes escape
	null    string // how a null is written: such a cell is empty
}

// unquotedIn returns how the records of text are written, nil if cells are quoted or
// may be. faulty means that, read as CSV, some have stray quotes or too many cells.
func unquotedIn(text []byte, sep byte, width int, faulty bool) *unquoted {
	for _, escapes := range []bool{true, false} {
		u := &unquoted{sep: sep, escapes: escapes}
		if sep == '\t' {
			u.null = "NULL" // as mysql --batch has it
		}
		if u.fits(text, width, faulty) {
			return u
		}
	}
	return nil
}

// mayBeUnquoted reports whether unquotedIn may return something. It is quick, so that
// other files cost no more to open.
func mayBeUnquoted(text []byte, sep byte) bool {
	if sep == '\t' || sep == '|' {
		return bytes.ContainsAny(text, `"\`)
	}
	for at := 0; ; at += 2 {
		i := bytes.IndexByte(text[at:], '\\')
		if i < 0 || at+i+1 == len(text) {
			return false
		}
		at += i
		if c := text[at+1]; c == sep || c == '\n' || c == 'N' && at > 0 && text[at-1] == sep && bytes.HasPrefix(text[at+2:], []byte{sep}) {
			return true
		}
	}
}

// fits reports whether the records that end in text are written as u says: all have the
// width of the header, and something in them shows it.
func (u *unquoted) fits(text []byte, width int, faulty bool) bool {
	rows, signs := 0, 0      // signs: escapes that only text of this kind has
	opened, enclosed := 0, 0 // cells that begin with a quote, and that end with one too
	for {
		cells, n := u.record(text)
		if n == 0 {
			break
		}
		if text = text[n:]; len(cells) == 1 && len(cells[0]) == 0 {
			continue // a blank line
		}
		if rows++; len(cells) != width {
			return false
		}
		for _, cell := range cells {
			if len(cell) > 0 && cell[0] == '"' {
				opened++
				if len(cell) > 1 && cell[len(cell)-1] == '"' {
					if doubles(cell[1 : len(cell)-1]) {
						return false
					}
					enclosed++
				}
			}
			if !u.escapes {
				continue
			}
			n, ok := u.escapesIn(cell, faulty)
			if !ok {
				return false
			}
			if signs += n; string(cell) == `\N` {
				u.null = `\N`
			}
		}
	}
	switch {
	case rows == 0 || enclosed*4 > rows:
		return false
	case u.escapes:
		return signs > 0 && (faulty || opened == 0)
	}
	// With commas as separators the text may fit by chance: quoted cells have them, too.
	return faulty && (u.sep == '\t' || u.sep == '|')
}

// doubles reports whether text has quotes, all of them in pairs, as within a quoted cell.
func doubles(text []byte) bool {
	single := bytes.ReplaceAll(text, []byte(`""`), nil)
	return len(single) < len(text) && bytes.IndexByte(single, '"') < 0
}

// record splits the first record of text; n is 0 if it does not end there.
func (u *unquoted) record(text []byte) (cells [][]byte, n int) {
	from := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && u.escapes:
			i++
		case c == u.sep:
			cells = append(cells, text[from:i])
			from = i + 1
		case c == '\n':
			return append(cells, bytes.TrimSuffix(text[from:i], []byte{'\r'})), i + 1
		}
	}
	return nil, 0
}

// escapesIn counts the backslashes of a cell that escape something for sure: another
// backslash, a separator, a line break, or the N of a null. Other letters do not count,
// since they may be part of a path or an account (corp\bob), nor do two backslashes
// that may begin the name of a share. ok is false if a backslash escapes nothing, or if
// the cell is JSON that unescaping would break. quotes means that backslashes may escape
// quotes: only some programs do that, and in JSON quotes are escaped anyway.
func (u *unquoted) escapesIn(cell []byte, quotes bool) (n int, ok bool) {
	if string(cell) == `\N` {
		return 1, true
	}
	for i := 0; i < len(cell); i++ {
		if cell[i] != '\\' {
			continue
		}
		if i++; i == len(cell) {
			return n, false
		}
		c := cell[i]
		if _, known := u.unescape(c); !known && (c != '"' || !quotes) {
			return n, false
		}
		if c < '0' || c == u.sep || c == '\\' && !beginsShare(cell, i) {
			n++
		}
	}
	if n > 0 && (cell[0] == '{' || cell[0] == '[') && json.Valid(cell) {
		return n, json.Valid(u.append(nil, cell))
	}
	return n, true
}

// beginsShare reports whether the backslash at i may be the second of a name such as
// \\dc01: no letter, digit or backslash stands before the first. A colon may: a drive
// has one, but so has much else (path:\\dc01).
func beginsShare(cell []byte, i int) bool {
	word := func(c byte) bool { return isLetter(c) || '0' <= c && c <= '9' }
	return (i < 2 || !word(cell[i-2]) && cell[i-2] != '\\') && (i+1 == len(cell) || word(cell[i+1]))
}

// unescape returns what a backslash and c stand for, and whether that is an escape.
func (u *unquoted) unescape(c byte) (byte, bool) {
	switch c {
	case 't':
		return '\t', true
	case 'n', 'r':
		return '\r', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'v':
		return '\v', true
	case '0':
		return 0, true
	case '"':
		return c, false // see escapesIn
	}
	return c, c == '\\' || c == '\n' || c == '\r' || c == u.sep
}

// An unquotedReader rewrites text without quoted cells as CSV with quotes.
type unquotedReader struct {
	unquoted
	r   io.Reader
	max int    // the longest cell that is kept together
	in  []byte // room to read into
	err error  // what reading has ended with

	cell    []byte // the cell at hand, as it is written
	escaped bool   // the next byte is escaped, and so ends no cell
	out     []byte // rewritten text
	rest    []byte // the part of out that is not yet read
}

// requote has the text behind its header rewritten if no cell of it is quoted, and
// returns a note about that, else "".
func (s *csvSource) requote(whole bool, start int, o Options) (note string, err error) {
	c := s.c
	text := c.Head[start:]
	if !mayBeUnquoted(text, s.sep) || bytes.IndexByte(c.Head[:start], '"') >= 0 {
		return "", nil
	}
	if whole && !bytes.HasSuffix(text, []byte{'\n'}) {
		// The last record ends, too. No line break is put behind the last one: if a
		// backslash stands before that, it is text (C:\tools\), and escapes nothing.
		text = append(bytes.Clone(text), '\n')
	}
	u := unquotedIn(text, s.sep, len(s.part.Columns), s.faults(c.Head, whole, start) > 0)
	if u == nil {
		return "", nil
	}
	s.info.Serial = true
	note = "cells are not quoted: quotes are text"
	if u.escapes {
		note = "cells are not quoted but escaped by backslashes"
	}
	return note, u.rewritten(c, start, o.maxRecord())
}

// rewritten has the text of c rewritten from start on. A cell of more than max bytes is
// put out in pieces: its record is too large anyway.
func (u *unquoted) rewritten(c *Content, start, max int) error {
	head := bytes.Clone(c.Head[:start])
	r := c.reader()
	if _, err := io.CopyN(io.Discard, r, int64(start)); err != nil {
		return err
	}
	c.Stream = io.MultiReader(bytes.NewReader(head), &unquotedReader{unquoted: *u, r: r, max: max, in: make([]byte, headSize)})
	return c.readHead()
}

func (u *unquotedReader) Read(p []byte) (int, error) {
	for len(u.rest) == 0 && u.err == nil {
		u.out = u.out[:0]
		var n int
		n, u.err = u.r.Read(u.in)
		u.rewrite(u.in[:n])
		if u.err != nil && len(u.cell) > 0 {
			u.end("")
		}
		u.rest = u.out
	}
	if len(u.rest) == 0 {
		return 0, u.err
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

// rewrite appends to out what the next piece of the text becomes.
func (u *unquotedReader) rewrite(text []byte) {
	from := 0
	for i, c := range text {
		switch {
		case u.escaped:
			u.escaped = false
		case c == '\\':
			u.escaped = u.escapes
		case c == u.sep || c == '\n':
			u.cell = append(u.cell, text[from:i]...)
			u.end(string(c))
			from = i + 1
		}
	}
	if u.cell = append(u.cell, text[from:]...); len(u.cell) > u.max {
		u.out, u.cell = append(u.out, u.cell...), u.cell[:0] // its record is refused
	}
}

// end appends the cell at hand to out, and by, which ended it: a separator, a line break,
// "" at the end of the text.
func (u *unquotedReader) end(by string) {
	cell := u.cell
	if by != string(rune(u.sep)) && bytes.HasSuffix(cell, []byte{'\r'}) {
		cell, by = cell[:len(cell)-1], "\r"+by
	}
	if string(cell) != u.null {
		from := len(u.out)
		if u.out = u.append(u.out, cell); u.needsQuotes(u.out[from:]) {
			plain := bytes.ReplaceAll(u.out[from:], []byte(`"`), []byte(`""`))
			u.out = append(append(append(u.out[:from], '"'), plain...), '"')
		}
	}
	u.out, u.cell = append(u.out, by...), u.cell[:0]
}

// needsQuotes reports whether CSV would take a cell for something else.
func (u *unquoted) needsQuotes(cell []byte) bool {
	return len(cell) > 0 && cell[0] == '"' || bytes.IndexByte(cell, '\r') >= 0 ||
		u.escapes && (bytes.IndexByte(cell, '\n') >= 0 || bytes.IndexByte(cell, u.sep) >= 0)
}

// append appends to dst what a cell stands for. An unknown escape stays as it is.
func (u *unquoted) append(dst, cell []byte) []byte {
	for u.escapes {
		i := bytes.IndexByte(cell, '\\')
		if i < 0 || i+1 == len(cell) {
			break
		}
		c, known := u.unescape(cell[i+1])
		if dst = append(dst, cell[:i]...); !known && c != '"' {
			dst = append(dst, '\\')
		}
		dst, cell = append(dst, c), cell[i+2:]
	}
	return append(dst, cell...)
}
