package feed

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// rows turns the records of a table into entries.
type rows struct {
	layout
	words  *interner
	order  dayOrder
	headed bool  // the next record is the header
	entry  Entry // of the row at hand

	threatfox         bool // comments and records may be headers at any place
	entries           int
	promised, promise int // number of entries that a comment names, none if none; its line
}

func (r *rows) cell(cells [][]byte, n int) []byte {
	if n < 0 || n >= len(cells) {
		return nil
	}
	return cells[n]
}

func (r *rows) word(cells [][]byte, n int) string {
	if n < 0 || n >= len(cells) {
		return ""
	}
	return r.words.word(unquoteFormula(cells[n]))
}

// unquoteFormula takes off the apostrophe that keeps a spreadsheet from running
// a cell, as WriteCSV puts it.
func unquoteFormula(cell []byte) []byte {
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte(formulaStarts, cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}

// unwrapFormula takes the text out of ="text", which keeps a spreadsheet from
// reading it as a number or date.
func unwrapFormula(cell []byte) []byte {
	if len(cell) > 3 && cell[0] == '=' && cell[1] == '"' && cell[len(cell)-1] == '"' {
		return cell[2 : len(cell)-1]
	}
	return cell
}

// emit gives the entries of one record: one for each column of values that is
// not empty, or a rejected one where all are.
func (r *rows) emit(cells [][]byte, line int, emit func(*Entry)) {
	r.describe(cells, line, emit)
	found := r.emitValues(cells, emit)
	if r.beside {
		r.defanged(cells, line, emit)
	}
	r.skipScanned(cells, line, emit)
	if !found && !isUnderline(cells) {
		reject(emit, line, show(cells), "no value")
	}
}

// isUnderline reports whether a record is the line below the headings of a table of
// Markdown: |---|:--:|.
func isUnderline(cells [][]byte) bool {
	return !slices.ContainsFunc(cells, func(c []byte) bool { return len(bytes.Trim(c, "-: \t")) > 0 }) &&
		slices.ContainsFunc(cells, func(c []byte) bool { return bytes.IndexByte(c, '-') >= 0 })
}

// untitled is the type of values below a title that says nothing of types: names of
// files are as likely as names of hosts.
const untitled = "untitled"

// nameOfFile is the reason for which such names are skipped.
const nameOfFile = "name of a file"

// namesFile reports whether a value is the name of a file, as far as can be told.
func namesFile(value []byte) bool {
	i, err := ioc.Parse(string(value))
	return (errors.Is(err, ioc.ErrFileName) || err == nil && i.Type == ioc.Domain && looksLikeFile(i.Value)) && strings.EqualFold(ioc.Refang(string(value)), string(value))
}

// section reads a record of a table of one column that may be the title of what
// follows, as in
//
//	SHA256
//	6cc1…
//	C2 servers:
//	203.0.113.7 - down since May
//
// It says false where the record is a value like others.
func (r *rows) section(cells [][]byte, line int, emit func(*Entry)) bool {
	text := bytes.Join(cells, []byte(", ")) // a remark may have commas
	if l, ok := readHeader(cells); ok && len(cells) == 1 {
		r.values = l.values
		return true
	}
	if value, remark := leadingValue(text); value != nil {
		giveWithRemark(value, remark, line, emit)
		return true
	}
	if _, err := ioc.Parse(string(text)); err != nil && notMatched(err) == "" && len(cells) == 1 && isTitle(string(text)) {
		r.values = []column{{0, untitled}}
	}
	return false
}

// isTitle reports whether a text is more likely the title of what follows than a value
// that is none, as "not known": it has a colon behind it, or a word for a type or for
// an attacker among others.
func isTitle(text string) bool {
	if strings.HasSuffix(text, ":") {
		return true
	}
	words := typeParts(text)
	return len(words) > 1 && slices.ContainsFunc(words, func(w string) bool {
		_, typed := typeWords[w]
		return typed || slices.Contains(attackerRoles, w)
	})
}

// mayBeSection reports whether a record is worth asking section.
func (r *rows) mayBeSection(cells [][]byte) bool {
	if r.bare || r.width != 1 || len(cells[0]) == 0 {
		return false
	}
	c := cells[0]
	return bytes.IndexByte(c, ' ') >= 0 || c[len(c)-1] == ':' || len(c) < 32 && bytes.IndexByte(c, '.') < 0
}

// describe sets r.entry to what a record says of its values.
func (r *rows) describe(cells [][]byte, line int, emit func(*Entry)) {
	e := &r.entry
	*e = newEntry(line)
	e.Type, e.loose = r.word(cells, r.typ), true
	e.Port = r.cell(cells, r.port)
	e.ThreatType = r.word(cells, r.threat)
	for _, m := range r.malware {
		if e.Malware = r.word(cells, m); e.Malware != "" {
			break
		}
	}
	if r.confidence != none {
		e.Confidence = confidence(string(r.cell(cells, r.confidence)))
	}
	if r.compromised != none {
		e.Compromised = truth(string(r.cell(cells, r.compromised)))
	}
	if r.tags != none && r.tags < len(cells) {
		e.Tags = r.words.tags(unquoteFormula(cells[r.tags]))
	}
	for _, d := range []struct {
		n    int
		date *ioc.Date
	}{{r.first, &e.FirstSeen}, {r.last, &e.LastSeen}, {r.until, &e.ValidUntil}, {r.added, &e.Added}} {
		if d.n == none {
			continue
		}
		text := r.cell(cells, d.n)
		date, ok := readDate(string(text), r.order)
		if !ok {
			note(emit, line, string(text), dateFault(string(text)))
		}
		*d.date = date
	}
	if a := r.cell(cells, r.action); bytes.EqualFold(a, []byte("allowed")) || bytes.EqualFold(a, []byte("allow")) {
		e.Fate, e.Reason = Skipped, "allowed: an exception, not an indicator"
	}
	for _, s := range r.standing {
		if reason, ok := s.ends(r.cell(cells, s.n)); ok {
			e.Fate, e.Reason = Skipped, reason
		}
	}
}

// emitValues gives an entry for each value, and says whether there was one.
func (r *rows) emitValues(cells [][]byte, emit func(*Entry)) (found bool) {
	e := &r.entry
	for _, v := range r.values {
		text := unwrapFormula(r.cell(cells, v.n))
		if isNone(string(text)) {
			continue
		}
		found = true
		e.Value = text
		if v.typ != "" {
			e.Type = v.typ
		}
		if r.width == 1 && classOf(v.typ) == classHash && bytes.IndexByte(text, '.') >= 0 {
			e.Type = untitled // below hashes without a title of its own
		}
		if v.typ == anyType && truth(string(text)) >= 0 {
			continue // c2: yes
		}
		if e.Type == untitled {
			e.Type = ""
			if namesFile(text) {
				skipped(emit, e.Line, string(text), nameOfFile)
				continue
			}
		}
		switch length := r.cell(cells, r.length); {
		case r.pattern(cells, text, emit):
		case len(length) > 0:
			e.Value = slices.Concat(text, []byte("/"), length)
			emit(e)
		case e.Fate == Usable && strings.IndexByte(e.Type, '|') >= 0:
			typ := e.Type
			mispValue(e, string(text), emit)
			e.Type = typ
		default:
			emit(e)
		}
	}
	for n := 0; r.full && n < len(cells); n++ {
		if !isNone(string(cells[n])) {
			found = true
			e.Value = cells[n]
			emit(e)
		}
	}
	return found
}

// each emits the values of an object that has lists of them.
func (r *rows) each(cells [][]byte, lists [][]string, line int, emit func(*Entry)) {
	values := r.values
	defer func() { r.values = values }()
	for _, v := range values {
		r.values = []column{v}
		for _, value := range lists[v.n] {
			cells[v.n] = []byte(value)
			r.emit(cells, line, emit)
		}
		if len(lists[v.n]) == 0 && !isNone(string(cells[v.n])) {
			r.emit(cells, line, emit)
		}
	}
}

// pattern takes the values of a cell that is a pattern, and reports whether it is one. One
// of STIX is known by itself:
//
//	[ipv4-addr:value = '203.0.113.7' OR domain-name:value = 'evil.example']
func (r *rows) pattern(cells [][]byte, text []byte, emit func(*Entry)) bool {
	language := r.word(cells, r.language)
	switch {
	case language != "" && !strings.EqualFold(language, "stix"):
		skipped(emit, r.entry.Line, string(text), "pattern in "+language)
		return true
	case text[0] != '[' || bytes.IndexByte(text, '\'') < 0 || r.entry.Fate != Usable:
		return false
	}
	p, err := parsePattern(string(text))
	if err != nil {
		return false
	}
	e := r.entry
	p.emit(&e, string(text), emit)
	return true
}

// skipScanned counts the names of the provider of an address.
func (r *rows) skipScanned(cells [][]byte, line int, emit func(*Entry)) {
	for _, c := range r.scanned {
		for name := range strings.FieldsFuncSeq(string(r.cell(cells, c.n)), isListSign) {
			if holdsIndicator([]byte(name)) {
				skipped(emit, line, name, ofScanned)
			}
		}
	}
}

// ofScanned is why the names beside an address that was scanned are skipped.
const ofScanned = "name of an address that was scanned"

func isListSign(c rune) bool { return c == ',' || c == ';' || c == ' ' }

// defanged gives what is defanged in the columns from which values are not taken.
func (r *rows) defanged(cells [][]byte, line int, emit func(*Entry)) {
	for n, c := range cells {
		if slices.ContainsFunc(r.values, func(v column) bool { return v.n == n }) || bytes.IndexByte(c, '[') < 0 && bytes.IndexByte(c, '(') < 0 && !bytes.Contains(c, []byte("hxxp")) {
			continue
		}
		t := prose{quiet: true, emit: func(e *Entry) {
			if value := string(e.Value); e.Fate == Usable && !strings.EqualFold(ioc.Refang(value), value) {
				e.FirstSeen = r.entry.FirstSeen
				emit(e)
			}
		}}
		t.text(strings.ToValidUTF8(string(c), "?"), line, false)
	}
}

// show gives the text of a record for a report.
func show(cells [][]byte) string {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(c[:min(len(c), maxShown)])
		if b.Len() > maxShown {
			break
		}
	}
	return b.String()
}
