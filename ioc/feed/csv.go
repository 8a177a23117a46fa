package feed

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// headedCSV is a table whose header names a column of values. The header may be
// the last comment before the first record, as abuse.ch has it:
//
//	DateAdded,IoC,Type
//	2/4/2022,acetica.online,domainname
//
//	# Firstseen,DstIP,DstPort
//	2026-03-15 04:11:02,203.0.113.7,443
var headedCSV = Kind{Name: "csv", Sniff: sniffHeadedCSV, Read: readCSV, pieces: csvInPieces}

// bareCSV is a table without a header, in which some column mostly parses, or
// every cell:
//
//	2026-08-16 01:04:58,masaomi346,domain,hndjsy.com,#phishing
//
//	203.0.113.7,198.51.100.4,evil.example
//
// What is defanged is taken from the other columns too.
var bareCSV = Kind{Name: "csv-noheader", Sniff: sniffBareCSV, Read: readCSV, pieces: csvInPieces}

func sniffHeadedCSV(head []byte) bool {
	first := firstLine(head)
	if first == nil || first[0] == '{' || first[0] == '<' || looksLikeJSONArray(first) {
		return false
	}
	l, delim, headed, commented := header(head)
	if headed && l.width == 1 {
		// A word and a colon are as well the title of a list in a report.
		records := sampleRecords(head, delim)
		return len(records) < 2 || holdValues(records[1:], l.values)
	}
	return headed || commented
}

// header finds the header of a table: its first record, or the last comment
// before that.
func header(head []byte) (l layout, delim byte, headed, commented bool) {
	first := firstLine(head)
	if l, delim, headed = splitHeader(first); headed || first == nil {
		return l, delim, headed, false
	}
	var last []byte
	sampleLines(head, func(line []byte) bool {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] == '#' {
			last = bytes.TrimLeft(line, "# \t")
		}
		return len(line) == 0 || line[0] == '#'
	})
	if l, delim, commented = splitHeader(last); commented {
		c := recordReader{delim: delim}
		commented = l.width > 1 && c.split(first) && len(c.cells) == l.width
	}
	return l, delim, false, commented
}

func sniffBareCSV(head []byte) bool {
	_, _, ok := guessTable(head)
	return ok
}

// firstLine returns the first line that is neither blank nor a comment, nil
// where there is none. A Zeek file gives none: its header is a comment.
func firstLine(head []byte) (first []byte) {
	sampleLines(head, func(line []byte) bool {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("#fields")) {
			return false
		}
		if len(line) > 0 && line[0] != '#' && !isSeparator(line) {
			first = line
		}
		return first == nil
	})
	return first
}

// isSeparator says that a line is the first that Excel writes and reads where
// cells are not split at commas: sep=;
func isSeparator(line []byte) bool {
	line = bytes.Trim(line, `" `)
	return len(line) == len("sep=;") && bytes.EqualFold(line[:4], []byte("sep=")) && bytes.IndexByte(delimiters, line[4]) >= 0 ||
		bytes.EqualFold(line, []byte("sep=\t")) || bytes.EqualFold(line, []byte("sep="))
}

// readCSV reads a table with or without a header.
func readCSV(r io.Reader, emit func(*Entry)) error {
	t, c, err := openCSV(buffered(r), emit)
	if t == nil {
		return err
	}
	return t.read(c, emit)
}

func csvInPieces(r *reading, in *bufio.Reader) error {
	t, c, err := openCSV(in, r.take)
	if t == nil {
		return err
	}
	return t.readInPieces(c, in, r)
}

// openCSV finds out what the columns of a table hold. The table is nil if there
// is nothing to be read.
func openCSV(b *bufio.Reader, emit func(*Entry)) (*rows, *recordReader, error) {
	head, _ := b.Peek(headSize) // a read error comes again
	l, delim, headed, commented := header(head)
	if !headed && !commented {
		var ok bool
		if l, delim, ok = guessTable(head); !ok {
			if len(bytes.TrimSpace(head)) == 0 {
				return nil, nil, nil
			}
			return nil, nil, errors.New("no column of indicators found")
		}
		noteOthers(head, l, delim, emit)
	}
	t := &rows{layout: l, words: newInterner(), headed: headed, promised: none}
	t.sample(head, delim, headed)
	t.prove(head, delim, emit)
	return t, newRecordReader(b, delim), nil
}

// read emits all records.
func (r *rows) read(c *recordReader, emit func(*Entry)) error {
	c.comment = r.comment
	for {
		if more, err := r.next(c, emit); !more {
			return err
		}
	}
}

// next reads a record, and says whether more may follow.
func (r *rows) next(c *recordReader, emit func(*Entry)) (more bool, err error) {
	cells, line, err := c.next()
	switch {
	case err == io.EOF:
		r.end(emit)
		return false, nil
	case err != nil && err != errLongLine && err != errOpenQuote:
		return false, &LineError{line, err}
	}
	r.record(cells, line, err, emit)
	return true, nil
}

// record emits one record, with which recordReader.next gave err.
func (r *rows) record(cells [][]byte, line int, err error, emit func(*Entry)) {
	headed := r.headed
	r.headed = false
	switch {
	case err == errLongLine || err == errOpenQuote && len(cells) < r.width:
		reject(emit, line, show(cells), err.Error())
	case r.threatfox && isThreatFoxHeader(cells):
		if l, ok := readHeader(cells); ok {
			r.layout = l
		}
	case !headed:
		r.entries++
		r.emit(cells, line, emit)
	}
}

// readInPieces does what read does. Records are one line each in nearly all
// tables; from the first that is not, they are read one by one.
func (r *rows) readInPieces(c *recordReader, in *bufio.Reader, to *reading) error {
	// What stands in front of the first record, and the header, may change
	// how the others are read.
	c.comment = r.comment
	if more, err := r.next(c, to.take); !more {
		return err
	}
	if c.single > 0 {
		return r.read(c, to.take) // lines that were read ahead in vain
	}
	rest, err := to.inPieces(in, c.lines.no, func(p *piece) bool {
		if p.table.words == nil {
			p.table.words = newInterner()
		}
		p.table.layout, p.table.order, p.table.threatfox = r.layout, r.order, r.threatfox
		p.table.entries, p.table.promised = 0, none
		return p.table.piece(p, c.delim)
	}, func(p *piece) {
		r.entries += p.table.entries
		if p.table.promised != none {
			r.promised, r.promise = p.table.promised, p.table.promise
		}
	})
	switch {
	case rest != nil:
		c.lines = rest
		return r.read(c, to.take)
	case err != nil:
		return err
	}
	r.end(to.take)
	return nil
}

// piece reads a piece of a table. It says false where a record goes on in the
// next line, or where a header follows.
func (r *rows) piece(p *piece, delim byte) bool {
	p.records.delim = delim
	for line, no := range p.lines {
		bare := bytes.TrimSpace(line)
		switch {
		case len(bare) == 0:
		case bare[0] == '#':
			if r.threatfox && bytes.Contains(bare, []byte("ioc_value")) {
				return false
			}
			r.comment(bare, no)
		default:
			if !p.records.split(line) || r.threatfox && isThreatFoxHeader(p.records.cells) {
				return false
			}
			r.record(p.records.cells, no, nil, p.take)
		}
	}
	return true
}

// maxSample is how many records of a table are looked at beforehand.
const maxSample = 100

// sampleRecords returns copies of the first records of head.
func sampleRecords(head []byte, delim byte) (records [][]string) {
	if i := bytes.LastIndexByte(head, '\n'); len(head) >= headSize && i >= 0 {
		head = head[:i]
	}
	c := newRecordReader(bytes.NewReader(head), delim)
	for len(records) < maxSample {
		cells, _, err := c.next()
		if cells == nil {
			break
		}
		if err != nil {
			continue
		}
		record := make([]string, min(len(cells), 100))
		for i := range record {
			record[i] = string(cells[i])
		}
		records = append(records, record)
	}
	return records
}

// sample decides from the first records what the header leaves open: whether
// the column called type holds the types of indicators.
func (r *rows) sample(head []byte, delim byte, headed bool) {
	records := sampleRecords(head, delim)
	if headed && len(records) > 0 {
		records = records[1:]
	}
	if len(r.others) > 0 && !holdValues(records, r.values) && holdValues(records, r.others) {
		r.useOthers()
	}
	known, typed := 0, 0
	for _, cells := range records {
		if r.typ != none && r.typ < len(cells) {
			switch classOf(cells[r.typ]) {
			case classAny:
			case classOther:
				typed++
				if namesType(cells[r.typ]) {
					known++
				}
			default:
				known++
				typed++
			}
		}
	}
	if typed > 0 && known == 0 {
		// Words such as c2 or phishing say what the threat is.
		if r.threat == none {
			r.threat = r.typ
		}
		r.typ = none
	}
}

// prove finds out in which order the dates of a table are written: as one of them
// in head proves, or else with the month first under the header of a portal. What
// can be read in two ways in another table is no date.
func (r *rows) prove(head []byte, delim byte, emit func(*Entry)) {
	if i := bytes.LastIndexByte(head, '\n'); len(head) >= headSize && i >= 0 {
		head = head[:i]
	}
	c := newRecordReader(bytes.NewReader(head), delim)
	open, no := "", 0 // a date that can be read in two ways
	for n := 0; n < maxSample || open != ""; n++ {
		cells, line, err := c.next()
		if cells == nil {
			break
		}
		if err != nil {
			continue
		}
		for _, d := range []int{r.first, r.last, r.until, r.added} {
			text := string(r.cell(cells, d))
			if o := provenOrder(text); o != anyOrder {
				r.order = o
				return
			}
			if open == "" && hasTwoReadings(text) {
				open, no = text, line
			}
		}
	}
	portal := bytes.Contains(firstLine(head), []byte("[UTC]"))
	switch {
	case portal && open != "":
		r.order = monthFirst
		note(emit, no, open, "dates taken as month/day/year")
	case portal:
		r.order = monthFirst
	case open != "":
		r.order = noOrder
		note(emit, no, open, twoReadings)
	}
}

// holdValues says that one of the records has an indicator in one of the columns.
func holdValues(records [][]string, columns []column) bool {
	for _, cells := range records {
		for _, c := range columns {
			if c.n < len(cells) {
				if _, err := ioc.Parse(cells[c.n]); err == nil || notMatched(err) != "" {
					return true
				}
			}
		}
	}
	return false
}

// guessTable finds the columns of a table without a header by what is in them:
// the values stand where most cells parse, the types where all are words for
// types, the time of sighting in a first column of dates.
func guessTable(head []byte) (best layout, delim byte, ok bool) {
	first := firstLine(head)
	if first == nil || first[0] == '{' || first[0] == '<' || looksLikeJSONArray(first) {
		return best, 0, false
	}
	if _, _, _, labelled := cutLabel(string(first)); labelled {
		return best, 0, false
	}
	if width, delim := fullTable(head, first); width > 0 {
		l := bareLayout(width)
		l.full = true
		return l, delim, true
	}
	bestScore := 0
	for _, d := range delimiters {
		records := sampleRecords(head, d)
		width := 0
		for _, cells := range records {
			width = max(width, len(cells))
		}
		if width < 2 {
			continue
		}
		l := bareLayout(width)
		value, score := none, 0
		for n := range width {
			usable, readable, words := 0, 0, 0
			for _, cells := range records {
				if n >= len(cells) {
					continue
				}
				i, err := ioc.Parse(cells[n])
				switch {
				case err == nil && i.Type == ioc.Domain && looksLikeFile(i.Value):
				case err == nil && i.Type != ioc.URL && i.Type != ioc.Hash:
					usable++
					readable++
				case err == nil, notMatched(err) != "":
					// A URL may as well be where the row was told of, and a
					// hash a number.
					readable++
				}
				if c := classOf(cells[n]); c != classAny && c != classOther && len(cells[n]) < 20 {
					words++
				}
			}
			if readable*2 > len(records) && usable*1000+readable > score {
				value, score = n, usable*1000+readable
			}
			if l.typ == none && words == len(records) {
				l.typ = n
			}
		}
		if value != none && score > bestScore {
			l.values = []column{{value, ""}}
			if value > 0 && allDates(records, 0) {
				l.first = 0
			}
			best, delim, ok, bestScore = l, d, true, score
		}
	}
	return best, delim, ok
}

// bareLayout is that of a table without a header, of which no column is known.
func bareLayout(width int) layout {
	return layout{port: none, typ: none, threat: none, confidence: none, compromised: none, tags: none, first: none, last: none,
		until: none, added: none, action: none, length: none, width: width, bare: true}
}

// fullTable finds the delimiter of a table of which every cell is an indicator,
// some of them beside others; width is 0 where it is none. What follows a blank
// and a semicolon is a remark, and what follows a tab more often than not the
// name of an address. A column of names beside one of addresses says what resolved
// to what, and many names that are none of an attacker's may share an address.
func fullTable(head, first []byte) (width int, delim byte) {
	for _, d := range []byte{',', ';'} {
		if bytes.IndexByte(first, d) < 0 || d == ';' && bytes.Contains(head, []byte(" ;")) {
			continue
		}
		records := sampleRecords(head, d)
		width = 0
		most := 0 // values in one record
		for _, cells := range records {
			width = max(width, len(cells))
			most = max(most, len(cells)-countNone(cells))
		}
		other := func(cell string) bool { return !isNone(cell) && !isValue(cell) }
		if most > 1 && !slices.ContainsFunc(records, func(cells []string) bool { return slices.ContainsFunc(cells, other) }) && !resolutions(records) {
			return width, d
		}
	}
	return 0, 0
}

// resolutions says that records are pairs of a name and an address, in one order.
func resolutions(records [][]string) bool {
	isName := func(cell string) bool {
		i, err := ioc.Parse(cell)
		return err == nil && i.Type == ioc.Domain
	}
	for n := range 2 {
		other := func(cells []string) bool { return len(cells) != 2 || !isName(cells[n]) || isName(cells[1-n]) }
		if !slices.ContainsFunc(records, other) {
			return true
		}
	}
	return false
}

// countNone counts the cells that are empty.
func countNone(cells []string) (n int) {
	for _, c := range cells {
		if isNone(c) {
			n++
		}
	}
	return n
}

// isValue says that a cell of a table without a header is an indicator whatever
// its column. A URL that is not defanged may as well lead to a report.
func isValue(cell string) bool {
	i, err := ioc.Parse(cell)
	switch {
	case err != nil:
		return false
	case i.Type == ioc.URL:
		return !strings.EqualFold(ioc.Refang(cell), cell) || onAddress(cell)
	}
	return i.Type != ioc.Domain || !looksLikeFile(i.Value)
}

// noteOthers notes how many values stand in columns from which they are not
// taken.
func noteOthers(head []byte, l layout, delim byte, emit func(*Entry)) {
	if l.full {
		return
	}
	records := sampleRecords(head, delim)
	for n := range l.width {
		if n == l.values[0].n {
			continue
		}
		held, shown := 0, ""
		for _, cells := range records {
			if n < len(cells) && isValue(cells[n]) && ioc.Refang(cells[n]) == cells[n] {
				held++
				shown = cells[n]
			}
		}
		if held > 0 {
			note(emit, 1, shown, fmt.Sprintf("not taken from column %d: %d of the first %d records have what would be an indicator there; column %d is taken",
				n+1, held, len(records), l.values[0].n+1))
		}
	}
}

// allDates says that a column holds ISO dates and nothing else.
func allDates(records [][]string, n int) bool {
	for _, cells := range records {
		if n >= len(cells) || len(cells[n]) < 10 || cells[n][4] != '-' {
			return false
		}
		if d, ok := readDate(cells[n], anyOrder); !ok || d.IsZero() {
			return false
		}
	}
	return true
}
