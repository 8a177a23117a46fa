package feed

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
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
// Defanged values are taken from the other columns too.
var bareCSV = Kind{Name: "csv-noheader", Sniff: sniffBareCSV, Read: readCSV, pieces: csvInPieces}

func sniffHeadedCSV(head []byte) bool {
	first := firstLine(head)
	if first == nil || startsJSON(first) || startsTag(first) || isAsciiDoc(head) || markdownTables(head) > 1 {
		return false // one table of Markdown is one
	}
	l, delim, headed, commented := header(head)
	if headed && l.width == 1 {
		if isReport(head) {
			return false
		}
		// A word and a colon may as well be the title of a list in a report.
		records := sampleRecords(head, delim)
		return len(records) < 2 || holdValues(records[1:], l.values)
	}
	return headed || commented
}

// header finds the header of a table: its first record, or the last comment
// before that.
func header(head []byte) (l layout, delim byte, headed, commented bool) {
	first := firstLine(head)
	if first == nil {
		return l, 0, false, false
	}
	if l, delim, headed = splitHeader(first); headed {
		switch records := sampleRecords(head, delim); {
		case holdTypes(records, l.values):
		case !l.servers():
			return l, delim, true, false
		case holdValues(records[min(1, len(records)):], l.values): // as often they hold a yes, or the name of a program
			l.beside = true // as without a header
			return l, delim, true, false
		}
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

// servers reports whether all columns of values are called c2 or the like.
func (l *layout) servers() bool {
	return !slices.ContainsFunc(l.values, func(v column) bool { return v.typ != anyType })
}

// holdTypes reports whether what seems to be a header is a row like the others, of which the
// column holds the types and another the values:
//
//	URL,http://[BLOCKED].example/rato.zip
//	MD5,6cc175b9c0f1b6a831c399e269772661
func holdTypes(records [][]string, columns []column) bool {
	if len(columns) != 1 || len(records) < 2 {
		return false
	}
	n := columns[0].n
	return !slices.ContainsFunc(records, func(cells []string) bool {
		if n >= len(cells) || len(cells) < 2 || len(cells[n]) >= 20 {
			return true
		}
		c := classOf(cells[n])
		return c == classAny || c == classOther
	})
}

func sniffBareCSV(head []byte) bool {
	l, delim, ok := guessTable(head)
	return ok && !isReport(head) && !l.ofLinks(head, delim)
}

// ofLinks reports whether the values of a table of Markdown below text would be URLs that
// are not defanged, under a heading that is none of values: a list of articles.
//
//	What we wrote:
//
//	| Title | Published at |
//	|-------|--------------|
//	| Mirai | https://blog.example/mirai |
func (l *layout) ofLinks(head []byte, delim byte) bool {
	if len(l.values) == 0 || markdownTables(head) == 0 || bytes.HasPrefix(bytes.TrimSpace(head), []byte("|")) {
		return false
	}
	records, links := sampleRecords(head, delim), 0
	for _, cells := range records {
		switch n := l.values[0].n; {
		case n >= len(cells):
		case isPlainURL(cells[n]):
			links++
		case classOf(cells[n]) == classURL, slices.Contains(attackers, plain(cells[n])):
			return false
		}
	}
	return links*2 > len(records)
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

// isSeparator reports whether a line is the first that Excel writes and reads where
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
	}
	t := &rows{layout: l, words: newInterner(), promised: none}
	var names []string
	records := sampleRecords(head, delim)
	if t.headed = headed || l.bare && l.unknownNames(records); t.headed && len(records) > 0 {
		names, records = records[0], records[1:]
	}
	t.sample(records)
	t.takeDefanged(names, records)
	t.noteOthers(names, records, emit)
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

// next reads a record, and reports whether more may follow.
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

// record emits a record that recordReader.next has given, with err.
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
	case !headed && r.mayBeSection(cells) && r.section(cells, line, emit):
	case !headed:
		r.entries++
		r.emit(cells, line, emit)
	}
}

// readInPieces does what read does. Records are one line each in nearly all
// tables; from the first that is not, they are read one by one.
func (r *rows) readInPieces(c *recordReader, in *bufio.Reader, to *reading) error {
	// Lines before the first record, and the header, may change how the others
	// are read.
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

// piece reads a piece of a table. It returns false if a record goes on in the
// next line, or if a header or title follows.
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
			if !p.records.split(line) || r.threatfox && isThreatFoxHeader(p.records.cells) || r.mayBeSection(p.records.cells) {
				return false
			}
			r.record(p.records.cells, no, nil, p.take)
		}
	}
	return true
}
