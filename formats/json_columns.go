package formats

import (
	"bytes"
	"io"
	"slices"
)

// pandas, R's jsonlite and other programs that keep tables by column write them so:
//
//	{"ClientIP":{"0":"10.0.0.5","1":"10.0.0.6"},"Name":{"0":"a.example","1":null}}
//	{"ClientIP":["10.0.0.5","10.0.0.6"],"Name":["a.example",null]}
//
// Read as it stands that would be one record, with all values of a column in one cell, and
// no time. So it is turned into JSON Lines in memory. A table of more than
// Options.MaxRecord bytes stays as it is, and is refused for its size. A table whose
// lines would be too long for maxTurned stays one record.

// maxTurned is how many times Options.MaxRecord the lines may have in bytes. Each line
// repeats all names: with a name of megabytes no memory would hold the lines.
const maxTurned = 2

// turnColumns turns a document that is a known table by columns into lines, one for
// each of its rows, and reports whether it was one.
func (c *Content) turnColumns(o Options) (bool, error) {
	if o.Table == nil || c.Len > int64(o.maxRecord()) || !beginsByColumn(c.Head) {
		return false, nil
	}
	read := c.Stream
	if c.At != nil {
		read = io.NewSectionReader(c.At, 0, c.Len)
	}
	var all bytes.Buffer
	if c.At != nil {
		all.Grow(int(c.Len) + bytes.MinRead + jsonPad) // and no second copy
	}
	_, err := all.ReadFrom(io.LimitReader(read, int64(o.maxRecord())+1))
	text := slices.Grow(all.Bytes(), jsonPad)
	var lines []byte
	rows := 0
	if err == nil && len(text) <= o.maxRecord() {
		lines, rows = linesOfColumns(text, o.Table, maxTurned*o.maxRecord())
	}
	if lines == nil {
		if c.At == nil {
			c.Stream = io.MultiReader(bytes.NewReader(text), endsWith(read, err))
		}
		return false, nil
	}
	c.At, c.Len, c.Stream, c.Consumed = bytes.NewReader(lines), int64(len(lines)), nil, nil
	c.remark("the table is written column by column: each of its %d rows counts as a line", rows)
	return true, c.readHead()
}

// endsWith returns what is left of r, where reading has met err: r itself if that is nil,
// else a stream that gives err alone.
func endsWith(r io.Reader, err error) io.Reader {
	if err == nil {
		return r
	}
	return &replay{err: err}
}

// beginsByColumn reports whether text may be a table by columns: one object whose first
// members are all lists or all objects. The first values of its first member are plain.
func beginsByColumn(head []byte) bool {
	text := trimJSONHead(head)
	if !firstHoldsMany(text) {
		return false
	}
	b, end := padded(text), len(text)
	n, bracket := 0, byte(0)
	for _, value := range jsonItems(b, '{', 1, end) {
		if n++; n == 1 {
			bracket = b[value.off]
			cells := 0
			for _, cell := range jsonItems(b, bracket, int(value.off)+1, int(value.end)) {
				if b[cell.off] == '{' || b[cell.off] == '[' {
					return false
				}
				if cells++; cells == maxSample {
					break
				}
			}
		}
		if b[value.off] != bracket || bracket != '[' && bracket != '{' {
			return false
		}
		if n == maxSample {
			break
		}
	}
	p, fault := jsonSkip(b, 0, end, 0)
	return n > 0 && (fault != jsonOK || jsonSpace(b, p, end) == end) // another record may follow
}

// firstHoldsMany reports whether text is an object whose first member is a list or an
// object. Records seldom are, and to look at no more than that costs next to nothing.
func firstHoldsMany(text []byte) bool {
	const space = " \t\r\n"
	rest, ok := bytes.CutPrefix(text, []byte{'{'})
	if rest = bytes.TrimLeft(rest, space); !ok || len(rest) == 0 || rest[0] != '"' {
		return false
	}
	_, rest, _ = bytes.Cut(rest[1:], []byte{'"'})
	rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, space), []byte{':'})
	rest = bytes.TrimLeft(rest, space)
	return ok && len(rest) > 0 && (rest[0] == '[' || rest[0] == '{')
}

// linesOfColumns turns a table by columns into at most max bytes of JSON Lines. It
// returns nil if text is no such table, if its columns do not all have the same rows, or
// if they are not the columns of a known table. text has room for jsonPad bytes behind it.
func linesOfColumns(text []byte, table func(*Part) string, max int) (lines []byte, rows int) {
	text = trimJSONHead(text)
	b, end := text[:len(text)+jsonPad], len(text)
	if p, fault := jsonSkip(b, 0, end, 0); fault != jsonOK || jsonSpace(b, p, end) != end {
		return nil, 0
	}
	var names []string
	var columns []turnedColumn
	for key, value := range jsonItems(b, '{', 1, end) {
		if b[value.off] != '[' && b[value.off] != '{' {
			return nil, 0 // the head did not show it
		}
		names = append(names, string(jsonUnquote(nil, key)))
		columns = append(columns, turnedColumn{key, b[value.off], int(value.off) + 1, int(value.end)})
	}
	if len(columns) < 2 || table(&Part{Columns: names}) == "" {
		return nil, 0
	}
	for range jsonItems(b, columns[0].bracket, columns[0].next, columns[0].end) {
		rows++
	}
	line := len("}\n")
	for _, c := range columns {
		line += len(c.key) + len(`,"":`)
	}
	size := rows*line + len(text)
	if rows == 0 || size > max {
		return nil, 0
	}
	lines = make([]byte, 0, size)
	for range rows {
		var first []byte // the index of the row in the first column
		sep := byte('{')
		for n := range columns {
			c := &columns[n]
			index, cell, next, ok := jsonItem(b, c.bracket, c.next, c.end)
			if n == 0 {
				first = index
			}
			if !ok || !bytes.Equal(index, first) {
				return nil, 0
			}
			c.next = next
			lines = append(append(append(lines, sep, '"'), c.key...), '"', ':')
			lines = appendUnbroken(lines, b[cell.off:cell.end])
			sep = ','
		}
		lines = append(lines, '}', '\n')
	}
	for _, c := range columns {
		if _, _, _, more := jsonItem(b, c.bracket, c.next, c.end); more {
			return nil, 0
		}
	}
	return lines, rows
}

// A turnedColumn is a column of a table by columns, and the place of its next cell.
type turnedColumn struct {
	key       []byte
	bracket   byte
	next, end int
}

// appendUnbroken appends a well-formed value without line breaks between its tokens.
func appendUnbroken(dst, value []byte) []byte {
	for _, c := range value {
		if c != '\n' && c != '\r' { // in strings they are escaped
			dst = append(dst, c)
		}
	}
	return dst
}
