package formats

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// csvHead is what the head of a CSV file tells.
type csvHead struct {
	sep   byte
	cells []string // of the first record
	named bool     // they are column names
	start int      // where the records begin
	above int      // lines of text above the header
}

// csvSeparators in the order of preference at equal merit.
const csvSeparators = ",;\t|"

// readCSVHead looks for the header: the first record that is not blank, after
// a byte order mark, a line sep=; as Excel writes it, and a #TYPE line as
// PowerShell does. If that record has only a cell or two or is no header, and the next
// records are of another width, it may be text above the header: the title of a report,
// messages of a shell. whole means that head is the whole input.
func readCSVHead(head []byte, whole bool) (csvHead, error) {
	at, seps := skipCSVMarks(head)
	if at >= len(head) {
		return csvHead{}, ErrEmpty
	}
	h, err := csvHeadAt(head, at, seps, whole)
	if err == nil && (h.named && len(h.cells) >= leastNames || !h.title(head) && hasWidth(head[h.start:], h.sep, len(h.cells))) {
		return h, nil
	}
	before := ""
	for from, line := at, 1; line <= maxPreambleLines; line++ {
		i := bytes.IndexByte(head[from:], '\n')
		if i < 0 || from+i > maxPreamble || from+i+1 == len(head) {
			break
		}
		above := strings.TrimSpace(string(head[from : from+i]))
		if resemblesRecord(above, before) {
			break // the header may stand between records
		}
		from, before = from+i+1, above
		if below, err := csvHeadAt(head, from, seps, whole); err == nil && below.certain(head) {
			below.above = bytes.Count(head[:below.start], []byte{'\n'}) - 1
			return below, nil
		}
	}
	return h, err
}

// title reports whether the first record, of one cell, may be text above a header: it is no
// single word, or a blank line follows. All lines that are separated by something else
// have one cell, too.
func (h *csvHead) title(head []byte) bool {
	if len(h.cells) != 1 {
		return false
	}
	next, _, _ := bytes.Cut(head[h.start:], []byte{'\n'})
	return isProse(h.cells[0]) || len(bytes.TrimSpace(next)) == 0
}

// isProse reports whether the only cell of a record is more than a word.
func isProse(cell string) bool {
	return strings.ContainsAny(BareName(cell), " .:/")
}

// certain reports whether a line is a header, whatever stands above it: several names,
// and behind it records of as many cells. Bars do not count: tables in prose have them.
func (h *csvHead) certain(head []byte) bool {
	return h.sep != '|' && len(h.cells) >= leastNames && allNames(h.cells) &&
		h.start < len(head) && hasWidth(head[h.start:], h.sep, len(h.cells))
}

// leastNames is how many names a header needs to be one below other text.
const leastNames = 3

// allNames reports whether all cells are names of columns.
func allNames(cells []string) bool {
	for _, c := range cells {
		if !isColumnName(c) || strings.Contains(c, `"`) {
			return false
		}
	}
	return true
}

// skipCSVMarks returns where the text begins behind a byte order mark and lines that are
// marks of programs, and the bytes that may separate its cells.
func skipCSVMarks(head []byte) (at int, seps string) {
	if bytes.HasPrefix(head, []byte(utf8BOM)) {
		at = len(utf8BOM)
	}
	seps = csvSeparators
	for at < len(head) {
		line, rest, _ := bytes.Cut(head[at:], []byte("\n"))
		text := strings.Trim(string(line), "\r")
		unquoted := strings.Trim(text, `"`)
		if len(unquoted) == 5 && strings.EqualFold(unquoted[:4], "sep=") {
			seps = unquoted[4:]
		} else if text != "" && !strings.HasPrefix(text, "#TYPE ") {
			break
		}
		at = len(head) - len(rest)
	}
	return at, seps
}

// csvHeadAt reads the head as if the record at at were the first one, with the one of
// seps by which it has the most names, then the most cells.
func csvHeadAt(head []byte, at int, seps string, whole bool) (h csvHead, err error) {
	best := -1
	for i := range len(seps) {
		if seps[i] == '"' || seps[i] >= 0x80 {
			continue
		}
		cells, n, err := firstRecord(head[at:], seps[i])
		if err != nil {
			continue
		}
		if len(cells) == 1 && best >= 1 {
			continue // no better than the one before
		}
		names := 0
		for _, c := range cells {
			if isColumnName(c) {
				names++
			}
		}
		if len(cells) == 1 {
			names = 0
		}
		if merit := names*1000 + len(cells); merit > best {
			best = merit
			h.sep, h.cells, h.start = seps[i], cells, at+n
		}
	}
	if best < 0 || h.start == len(head) && !whole {
		return h, fmt.Errorf("%w: the first record has no end in the first %d bytes", ErrTooLarge, len(head))
	}
	h.named = looksNamed(h.cells)
	if !h.named {
		h.start = at
	}
	return h, nil
}

// firstRecord splits the first record of text and returns its length in bytes, with
// its line end.
func firstRecord(text []byte, sep byte) ([]string, int, error) {
	if cells, n := lineRecord(text, sep); cells != nil {
		return cells, n, nil
	}
	if cells, n := looseNames(text, sep); cells != nil {
		return cells, n, nil
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = rune(sep), true, -1
	cells, err := r.Read()
	if err != nil {
		return nil, 0, err
	}
	return cells, int(r.InputOffset()), nil
}

// lineRecord is firstRecord where the record is the first line, as in nearly
// every file. Otherwise it returns nil.
func lineRecord(text []byte, sep byte) (cells []string, n int) {
	raw, rest, _ := bytes.Cut(text, []byte("\n"))
	raw = bytes.TrimSuffix(raw, []byte("\r"))
	if len(raw) == 0 || strings.IndexByte(csvSeparators, sep) < 0 {
		return nil, 0
	}
	n = len(text) - len(rest)
	line := string(raw)
	cells = make([]string, 0, strings.Count(line, string(rune(sep)))+1)
	for {
		var cell string
		end := strings.IndexByte(line, sep)
		if line != "" && line[0] == '"' {
			if cell, end = quotedCell(line, sep); end == 0 {
				return nil, 0 // it goes on in the next line
			}
		} else if end < 0 {
			end, cell = len(line), line
		} else {
			cell = line[:end]
		}
		if cells = append(cells, cell); end == len(line) {
			return cells, n
		}
		line = line[end+1:]
	}
}

// looseNames is firstRecord for a first line of column names, some with blanks outside
// their quotes: A,"B" ,C. A strict reader would take all that follows the quote, row
// after row, for part of the name. It returns nil for any other line.
func looseNames(text []byte, sep byte) (cells []string, n int) {
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	cells = strings.Split(string(bytes.TrimSuffix(line, []byte("\r"))), string(rune(sep)))
	for i, c := range cells {
		c = strings.TrimSpace(c)
		if len(c) > 1 && c[0] == '"' && c[len(c)-1] == '"' {
			c = c[1 : len(c)-1]
		}
		if cells[i] = c; !isColumnName(c) || strings.Contains(c, `"`) {
			return nil, 0
		}
	}
	if len(cells) == 1 {
		return nil, 0
	}
	return cells, len(text) - len(rest)
}

// quotedCell reads the quoted cell that a line begins with and returns where it ends,
// 0 if that is not in this line.
func quotedCell(line string, sep byte) (cell string, end int) {
	var joined []byte // of a cell with quotes in it
	from, at := 1, 1  // what is not yet in joined; what is not yet looked at
	for {
		i := strings.IndexByte(line[at:], '"')
		if i < 0 {
			return "", 0
		}
		quote := at + i
		at = quote + 1
		switch {
		case at == len(line), line[at] == sep:
			if joined == nil {
				return line[from:quote], at
			}
			return string(append(joined, line[from:quote]...)), at
		case line[at] == '"':
			joined = append(joined, line[from:at]...) // two are one
			at++
			from = at
		}
		// Any other is part of the text.
	}
}

// isColumnName reports whether a cell of a first record could name a column:
// a word such as DeviceName, TimeGenerated [UTC], EventData.Ip or Source IP.
func isColumnName(cell string) bool {
	name := BareName(cell)
	if name == "" || len(name) > 128 || isValue(cell) {
		return false
	}
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 0x80:
		case i > 0 && (c >= '0' && c <= '9' || strings.ContainsRune(" .-/()$#@:", c)):
		case c == '$', c == '@':
		default:
			return false
		}
	}
	return true
}

// isValue reports whether a cell is of a kind that never names a column: a
// number, an address, a time, a GUID, a URL, null, true, false.
func isValue(cell string) bool {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return false
	}
	for _, word := range []string{"null", "true", "false"} {
		if len(cell) == len(word) && strings.EqualFold(cell, word) {
			return true
		}
	}
	// A parser that refuses a cell makes an error, which costs more than a look:
	// numbers begin with a digit, a sign or a dot, addresses begin with a digit or
	// have a colon.
	c := cell[0]
	digit, colon := c >= '0' && c <= '9', strings.IndexByte(cell, ':') >= 0
	if digit || c == '+' || c == '-' || c == '.' {
		if _, err := strconv.ParseFloat(cell, 64); err == nil {
			// NaN and Inf are words like any other.
			return strings.ContainsAny(cell, "0123456789")
		}
	}
	if digit || colon {
		if _, err := netip.ParseAddr(cell); err == nil {
			return true
		}
	}
	if colon {
		if _, err := netip.ParseAddrPort(cell); err == nil {
			return true
		}
	}
	if strings.Contains(cell, "://") || strings.HasPrefix(cell, "{") || strings.HasPrefix(cell, "[") {
		return true
	}
	if digit && strings.ContainsAny(cell, "-/:") {
		return true // a time or date
	}
	return len(cell) == 36 && strings.Count(cell, "-") == 4 && cell[8] == '-' && cell[23] == '-'
}

// looksNamed reports whether the cells of a first record are column names:
// some are words and none is a value.
func looksNamed(cells []string) bool {
	names := 0
	for _, c := range cells {
		if isValue(c) {
			return false
		}
		if isColumnName(c) {
			names++
		}
	}
	return names > 0
}

// sniffCSV reports whether the first record of a text has columns. CSV has no magic
// number: it is tried last.
func sniffCSV(head []byte) bool {
	h, err := readCSVHead(head, len(head) < headSize)
	if err != nil {
		return false
	}
	// A NUL in a cell may be what somebody sent to be logged. No header has one.
	front := head[:min(len(head), 4096)]
	if h.named {
		front = head[:h.start]
	}
	switch {
	case bytes.IndexByte(front, 0) >= 0:
		return false
	case len(h.cells) > 1:
		return h.named || hasWidth(head[h.start:], h.sep, len(h.cells))
	}
	// One column: a single word over a list. Lines of prose have spaces.
	return h.named && !isProse(h.cells[0]) && h.start < len(head)
}

// hasWidth reports whether the first records have that many cells, with their quotes
// doubled or escaped. The second may be longer than text, which is then no more than the
// first bytes.
func hasWidth(text []byte, sep byte, width int) bool {
	if recordsHaveWidth(text, sep, width) {
		return true
	}
	if !bytes.Contains(text, []byte(`\"`)) {
		return false
	}
	doubled := bytes.Clone(text)
	doubleQuotes(doubled, false)
	return recordsHaveWidth(doubled, sep, width)
}

// recordsHaveWidth is hasWidth for text with doubled quotes alone.
func recordsHaveWidth(text []byte, sep byte, width int) bool {
	for second := range 2 {
		cells, n, err := firstRecord(text, sep)
		if err == io.EOF || second == 1 && n == len(text) && len(cells) < width && text[n-1] != '\n' {
			return true
		}
		if err != nil || len(cells) != width {
			return false
		}
		text = text[n:]
	}
	return true
}

// numbersRows reports whether each record begins with its number, which the header does
// not name, as R's write.table writes them by default. Read as they stand, all cells
// would be taken for those of the next column. If the last cell of every
// record is empty, it is only that a separator ends each of them, and the numbers are
// the first column's.
func numbersRows(text []byte, sep byte, width int) bool {
	if !hasWidth(text, sep, width+1) {
		return false
	}
	filled := false
	for n := 1; !filled || n <= 2; n++ {
		cells, end, err := firstRecord(text, sep)
		if err != nil {
			return filled
		}
		if cells[0] != strconv.Itoa(n) {
			return false
		}
		filled = filled || len(cells) == width+1 && cells[width] != ""
		text = text[end:]
	}
	return true
}

// endsInSeparators reports whether the first records have a separator behind their last
// cell that the header, of that width, has not. Taken for ragged, those of several lines
// would be in doubt, and be split.
func endsInSeparators(text []byte, sep byte, width int, whole bool) bool {
	for n := range maxSample {
		cells, end, err := firstRecord(text, sep)
		if err != nil || end == len(text) && !whole && n > 0 {
			return n > 0
		}
		if len(cells) != width+1 || cells[width] != "" {
			return false
		}
		text = text[end:]
	}
	return true
}

// A NoHeaderError says that the first record of a CSV file is data, and what
// it is like. It wraps ErrNoHeader.
type NoHeaderError struct {
	Cells int    // of the first record
	First string // the first of them
}

func (e *NoHeaderError) Error() string {
	return fmt.Sprintf("%v (the first record has %d cells, the first is %.40q)", ErrNoHeader, e.Cells, e.First)
}

// Unwrap leads to ErrNoHeader.
func (e *NoHeaderError) Unwrap() error { return ErrNoHeader }

// openCSV reads the header. Without one, and without Options.Header, it
// returns a *NoHeaderError.
func openCSV(c *Content, o Options) (Source, error) {
	whole := len(c.Head) < headSize
	h, err := readCSVHead(c.Head, whole)
	if err != nil {
		return nil, err
	}
	if len(o.Header) == 0 && (!h.named || jsonBehind(c.Head[:h.start]) >= 0) {
		if cleared, err := c.withoutPrefixes(o); err != nil {
			return nil, err
		} else if cleared {
			return openJSONL(c, o)
		}
	}
	if !h.named && len(o.Header) == 0 {
		return nil, &NoHeaderError{Cells: len(h.cells), First: h.cells[0]}
	}
	s := &csvSource{c: c, bad: math.MaxInt, sep: h.sep, linesAbove: bytes.Count(c.Head[:h.start], []byte{'\n'})}
	s.cond.L = &s.mu
	if h.named && h.cells[0] != "" && numbersRows(c.Head[h.start:], h.sep, len(h.cells)) {
		h.cells = append([]string{""}, h.cells...)
	}
	s.part = &Part{Columns: h.cells}
	s.info = Info{
		Input: c.Input, Format: "csv", Compression: c.Compression, Encoding: c.Encoding,
		Delimiter: h.sep, NoHeader: !h.named, Size: c.Size, Serial: c.At == nil, Parts: []*Part{s.part}, Notes: c.notes(),
	}
	if !h.named {
		s.part.Columns = o.Header
		if len(o.Header) != len(h.cells) {
			s.info.Notes = append(s.info.Notes, fmt.Sprintf("the given header has %d columns, the first record %d cells", len(o.Header), len(h.cells)))
		}
	}
	s.width = len(s.part.Columns)
	if endsInSeparators(c.Head[h.start:], h.sep, s.width, whole) {
		s.width++
	}
	if h.above > 0 {
		s.info.Notes = append(s.info.Notes, fmt.Sprintf("the header is on line %d: what stands above it is no record", h.above+1))
	}
	note, err := s.normalize(whole, h.start, o)
	if err != nil {
		return nil, err
	}
	if note != "" {
		s.info.Notes = append(s.info.Notes, note)
	}
	s.part.Sample = s.readSample(s.c.Head, whole, h.start)
	if events, err := s.takeEvents(whole, h.start, o); events != nil || err != nil {
		return events, err
	}
	s.t = newText(s.c, o, int64(h.start))
	s.seam.next = int64(h.start)
	return s, nil
}

// normalize has text whose quotes or nulls are not those of CSV rewritten as CSV while
// it is read, and returns a note about that, "" for other text. The records begin at
// start of the head; whole means that the head is all of the text.
func (s *csvSource) normalize(whole bool, start int, o Options) (note string, err error) {
	if doubled := s.doubledQuotes(whole, start); doubled != nil {
		s.c = doubled
		return "quotes in cells are escaped by backslashes", nil
	}
	if nulls, err := s.withoutNulls(whole, start); nulls || err != nil {
		return `nulls are written "N: they are empty cells`, err
	}
	return s.requote(whole, start, o)
}

// headReader reads the records in a head, which begin at start; nil if there are none.
func (s *csvSource) headReader(head []byte, whole bool, start int) Reader {
	if !whole {
		// The last record may lack its end.
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	if start >= len(head) {
		return nil
	}
	from := &Content{Input: s.c.Input, At: bytes.NewReader(head), Len: int64(len(head))}
	of := &csvSource{c: from, bad: math.MaxInt, t: newText(from, Options{BlockSize: sampleBlock}, int64(start)), sep: s.sep, width: s.width, part: s.part}
	of.cond.L = &of.mu
	of.seam.next = int64(start)
	return of.NewReader(Want{})
}

// readSample returns the cells of the first records. They are read by a reader of
// their own, and so as they will be later.
func (s *csvSource) readSample(head []byte, whole bool, start int) [][]string {
	r := s.headReader(head, whole, start)
	if r == nil {
		return nil
	}
	var sample [][]string
	for len(sample) < maxSample {
		b, err := r.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				sample = nil
			}
			return sample
		}
		for row := range min(b.Rows, maxSample-len(sample)) {
			fields, err := r.Record(uint32(row))
			if err != nil {
				return sample
			}
			sample = append(sample, fieldTexts(fields, len(s.part.Columns)))
		}
	}
	return sample
}

// sampleBlock is how much text a sample is taken from at a time.
const sampleBlock = 16 << 10

// fieldTexts returns n values: those of the fields, then empty ones. They are pieces of
// one string, since a folder may have thousands of files, and a sample hundreds of cells.
func fieldTexts(fields []Field, n int) []string {
	var all strings.Builder
	size := 0
	for _, f := range fields[:min(n, len(fields))] {
		size += len(f.Value)
	}
	all.Grow(size)
	list := make([]string, n)
	for i, f := range fields[:min(n, len(fields))] {
		from := all.Len()
		all.Write(f.Value)
		list[i] = all.String()[from:]
	}
	return list
}
