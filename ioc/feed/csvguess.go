package feed

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// maxSample is how many records of a table are looked at beforehand.
const maxSample = 100

// headRecords reads the records of head, without the line that it cuts off.
func headRecords(head []byte, delim byte) *recordReader {
	if i := bytes.LastIndexByte(head, '\n'); len(head) >= headSize && i >= 0 {
		head = head[:i]
	}
	return newRecordReader(bytes.NewReader(head), delim)
}

// sampleRecords returns copies of the first records of head.
func sampleRecords(head []byte, delim byte) (records [][]string) {
	c := headRecords(head, delim)
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

// sample decides by the first records whether the column called type holds the types of
// indicators, which its name leaves open.
func (r *rows) sample(records [][]string) {
	if len(r.others) > 0 && !holdValues(records, r.values[:1]) && holdValues(records, r.others) {
		r.useOthers()
	}
	known, typed := 0, 0
	for _, cells := range records {
		if r.typ == none || r.typ >= len(cells) {
			continue
		}
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
	if typed > 0 && known == 0 {
		// Words such as c2 or phishing say what the threat is.
		if r.threat == none {
			r.threat = r.typ
		}
		r.typ = none
	}
}

// prove finds the order in which the dates of a table are written: that which one of them
// in head proves, else with the month first under the header of a portal. In any other
// table a date that can be read in two ways is none.
func (r *rows) prove(head []byte, delim byte, emit func(*Entry)) {
	c := headRecords(head, delim)
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

// holdValues reports whether one of the records has an indicator in one of the columns.
func holdValues(records [][]string, columns []column) bool {
	for _, cells := range records {
		for _, c := range columns {
			if c.n < len(cells) && holdsIndicator([]byte(cells[c.n])) {
				return true
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
	if first == nil || startsJSON(first) || startsTag(first) {
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
		if l, score := guessColumns(sampleRecords(head, d)); score > bestScore {
			best, delim, bestScore = l, d, score
		}
	}
	return best, delim, bestScore > 0
}

// guessColumns finds the columns of records without a header. The score is higher if more
// records have a value that can be used, and 0 if no column has values.
func guessColumns(records [][]string) (l layout, score int) {
	width := 0
	for _, cells := range records {
		width = max(width, len(cells))
	}
	if width < 2 {
		return layout{}, 0
	}
	l = bareLayout(width)
	l.beside = true
	value := none
	for n := range width {
		usable, readable, types := tallyColumn(records, n)
		if s := usable*1000 + readable; readable*2 > len(records) && s > score {
			value, score = n, s
		}
		if l.typ == none && types == len(records) {
			l.typ = n
		}
	}
	if value == none {
		return layout{}, 0
	}
	l.values = []column{{value, ""}}
	if value > 0 && allDates(records, 0) {
		l.first = 0
	}
	return l, score
}

// tallyColumn counts the cells of a column that are indicators: all of them, and
// those that a table is likely to be about; and those that are words for types.
func tallyColumn(records [][]string, n int) (usable, readable, types int) {
	for _, cells := range records {
		if n >= len(cells) {
			continue
		}
		i, err := ioc.Parse(cells[n])
		switch {
		case errors.Is(err, ioc.ErrFileName), err == nil && i.Type == ioc.Domain && looksLikeFile(i.Value):
		case err == nil && i.Type != ioc.URL && i.Type != ioc.Hash:
			usable++
			readable++
		case err == nil, notMatched(err) != "":
			// A URL may as well lead to the source of the row, and a hash be a
			// number.
			readable++
		}
		if c := classOf(cells[n]); c != classAny && c != classOther && len(cells[n]) < 20 {
			types++
		}
	}
	return usable, readable, types
}

// unknownNames reports whether the first record of a table that was taken for one without
// a header names its columns, and so the value that it seems to hold is none: no other
// record has a name there, and another column begins with a name of its kind, too.
//
//	host.name,destination.ip
//	cam-gw,203.0.113.7
func (l *layout) unknownNames(records [][]string) bool {
	if l.full || len(records) < 2 || len(l.values) == 0 || slices.ContainsFunc(records[0], func(cell string) bool { return !fieldName().MatchString(cell) }) {
		return false
	}
	begins := func(n int, like func(string) bool) bool {
		in := func(cells []string) bool { return n < len(cells) && like(cells[n]) }
		return in(records[0]) && !slices.ContainsFunc(records[1:], in)
	}
	value := l.values[0].n
	for n := range records[0] {
		if n != value && begins(n, partedName().MatchString) {
			return begins(value, valueField().MatchString)
		}
	}
	return false
}

var (
	fieldName  = lazily(`^@?[A-Za-z_]+([._ -][A-Za-z][A-Za-z0-9_]*)*$`)
	partedName = lazily(`^@?[a-z]+([._][a-z][a-z0-9]*)+$`)
	// valueField ends in words that are no top-level domains, as name and host are: a
	// domain that a list begins with is not lost.
	valueField = lazily(`^[a-z]+([._][a-z][a-z0-9]*)*[._](ip|address|domain|hostname|fqdn|url|uri|full|original|hash|md5|sha1|sha256)$`)
)

// bareLayout is the layout of a table of which no column is known yet.
func bareLayout(width int) layout {
	l := detailLayout(make([]string, width))
	l.bare = true
	return l
}

// fullTable finds the delimiter of a table whose cells are all indicators, with several in
// some rows; width is 0 if it is no such table. Behind a blank and a semicolon there is a
// remark, and behind a tab mostly the name of an address. A column of names beside one of
// addresses says what resolved to what, and many names that are not an attacker's may share
// an address. Beside hashes, mail addresses are an attacker's, too; beside others whom to
// write to, with the network that an address is in.
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
			most = max(most, countValues(cells))
		}
		hashed := slices.ContainsFunc(records, func(cells []string) bool { return slices.ContainsFunc(cells, isHash) })
		other := func(cell string) bool { return !isNone(cell) && !isValue(cell) && !(hashed && isMailAddress(cell)) }
		if most > 1 && !slices.ContainsFunc(records, func(cells []string) bool { return slices.ContainsFunc(cells, other) }) && !resolutions(records) {
			return width, d
		}
	}
	return 0, 0
}

// resolutions reports whether records are pairs of a name and an address, in one order.
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

// countValues counts the cells that are indicators.
func countValues(cells []string) (n int) {
	for _, c := range cells {
		if isValue(c) {
			n++
		}
	}
	return n
}

func isHash(cell string) bool {
	i, err := ioc.Parse(cell)
	return err == nil && i.Type == ioc.Hash
}

func isMailAddress(cell string) bool {
	_, err := ioc.Parse(cell)
	return errors.Is(err, ioc.ErrEmail)
}

// isValue reports whether a cell of a table without a header is an indicator whatever
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

// isPlainURL reports whether a cell is a URL that may as well lead to a report.
func isPlainURL(cell string) bool {
	i, err := ioc.Parse(cell)
	return (err == nil && i.Type == ioc.URL || notMatched(err) == hostOnly) && !isValue(cell)
}

// takeDefanged takes values from the columns of a table of hashes that are not named for
// them, but hold what is defanged in most cells: where the file came from, or what it asks.
// Beside a name, an address or a URL may as well stand whom it imitates or leads to.
func (l *layout) takeDefanged(names []string, records [][]string) {
	if !l.hashesOnly(records) {
		return
	}
	for n, name := range names {
		if l.uses(n) || slices.Contains(originNames, plain(name)) || othersNames().MatchString(name) {
			continue
		}
		held := 0
		for _, cells := range records {
			if n < len(cells) && isValue(cells[n]) && isDefanged(cells[n]) {
				held++
			}
		}
		if held*2 > len(records) {
			l.values = append(l.values, column{n, anyType})
		}
	}
}

// hashesOnly reports whether what is taken from records is nothing but hashes.
func (l *layout) hashesOnly(records [][]string) bool {
	return !slices.ContainsFunc(records, func(cells []string) bool {
		return slices.ContainsFunc(l.values, func(c column) bool {
			if c.n >= len(cells) {
				return false
			}
			i, err := ioc.Parse(cells[c.n])
			return err == nil && i.Type != ioc.Hash || notMatched(err) == hostOnly
		})
	})
}

// othersNames is found in the names of columns of what is not the attacker's.
var othersNames = lazily(`(?i)victim|target|legit|benign|decoy|lure|redirect|spoof|imitat|impersonat|mimic|brand`)

// originNames are columns that say where an indicator comes from.
var originNames = []string{"reference", "references", "ref", "refs", "source", "sources", "sourceurl", "link", "links", "report", "reports", "blog", "externalreferences"}

// noteOthers notes how many values stand in columns from which they are not taken.
func (l *layout) noteOthers(names []string, records [][]string, emit func(*Entry)) {
	if l.full || len(l.values) == 0 {
		return
	}
	called := func(n int) string {
		if n < len(names) {
			return "column " + Clean(names[n])
		}
		return fmt.Sprintf("column %d", n+1)
	}
	taken := ""
	if l.bare {
		taken = "; " + called(l.values[0].n) + " is taken"
	}
	for n := range l.width {
		switch {
		case l.bare && n == l.values[0].n, !l.bare && l.uses(n):
			continue
		case n < len(names) && (classOf(names[n]) == classOtherHash || strings.HasSuffix(plain(names[n]), "id")):
			continue
		}
		held, links, shown := 0, 0, ""
		for _, cells := range records {
			switch {
			case n >= len(cells):
			case isValue(cells[n]) && (!l.beside || ioc.Refang(cells[n]) == cells[n]):
				held++
				shown = cells[n]
			case l.bare && l.typ == none && isPlainURL(cells[n]):
				links++
				shown = cmp.Or(shown, cells[n])
			}
		}
		if (held+links)*2 > len(records) { // else they are now and then of a report
			held += links
		}
		if held > 0 {
			note(emit, 1, shown, fmt.Sprintf("not taken from %s: %d of the first %d records have what would be an indicator there%s", called(n), held, len(records), taken))
		}
	}
}

// allDates reports whether a column holds ISO dates and nothing else.
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
