package feed

import (
	"bytes"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// none is the number of a column that a feed lacks.
const none = -1

// A layout says which columns of a table hold what. Columns go by number from
// 0; none where there is no such column.
type layout struct {
	values []column // several where a row spreads its value over columns
	port   int

	typ, threat, confidence, compromised, tags int
	malware                                    []int // the first that is not empty counts
	first, last, until, added                  int
	action, active                             int
	width                                      int // columns in all
}

// A column holds values; typ is what its name says of them, "" for nothing.
type column struct {
	n   int
	typ string
}

// Names of columns, in the form that plain gives them and without a final utc;
// the better name first where a table may have several.
var (
	valueNames   = []string{"iocvalue", "ioc", "indicatorvalue", "observablevalue", "indicator", "observable", "value", "data"}
	addressNames = []string{"ipaddress", "ip", "ipv4", "ipv6", "ips", "dstip", "networkip", "networkdestinationip", "networksourceip", "cidr", "network", "subnet", "netblock", "ioip", "address"}
	domainNames  = []string{"domain", "domainname", "fqdn", "domains"}
	hostNames    = []string{"hostname", "host"} // beside an address it is only its name
	otherNames   = []string{"url", "uri", "md5", "sha1", "sha256", "md5hash", "sha1hash", "sha256hash", "filehash", "filehashvalue"}
	portNames    = []string{"port", "dstport"}

	typeNames        = []string{"ioctype", "indicatortype", "observabletype", "observablekey", "entitytype", "type"}
	threatNames      = []string{"threattype", "threat"}
	malwareNames     = []string{"malwareprintable", "malware", "malwarefamily", "malwarenames", "family", "fkmalware"}
	confidenceNames  = []string{"confidencelevel", "confidence", "confidencescore"}
	firstNames       = []string{"firstseen", "firstseendate"}
	lastNames        = []string{"lastseen", "lastseendate", "lastonline"}
	untilNames       = []string{"validuntil", "expirationdatetime", "expirationtime", "expiration", "expires"}
	addedNames       = []string{"dateadded", "added", "timegenerated"}
	compromisedNames = []string{"iscompromised", "compromised"}
	tagNames         = []string{"tags", "tag"}
)

// readHeader finds the columns of a header. It says false where no name is that
// of a column of values.
func readHeader(cells [][]byte) (layout, bool) {
	if len(cells) > 1000 {
		return layout{}, false
	}
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = strings.TrimSuffix(plain(string(c)), "utc")
	}
	at := func(wanted []string) int {
		for _, w := range wanted {
			if i := slices.Index(names, w); i >= 0 {
				return i
			}
		}
		return none
	}
	l := layout{
		port: at(portNames), typ: at(typeNames), threat: at(threatNames), confidence: at(confidenceNames),
		compromised: at(compromisedNames), tags: at(tagNames), first: at(firstNames), last: at(lastNames), until: at(untilNames),
		added: at(addedNames), action: at([]string{"action"}), active: at([]string{"active"}), width: len(cells),
	}
	for _, m := range malwareNames {
		if i := slices.Index(names, m); i >= 0 {
			l.malware = append(l.malware, i)
		}
	}
	value := at(valueNames)
	if value != none && names[value] == "indicator" && l.typ == none {
		// Indicator,Data,Note: the indicator's type, and then its value.
		if data := slices.Index(names, "data"); data >= 0 {
			l.typ, value = value, data
		}
	}
	if value != none {
		l.values = []column{{value, ""}}
		return l, true
	}
	add := func(typ string, wanted []string) {
		for i, n := range names {
			if slices.Contains(wanted, n) {
				l.values = append(l.values, column{i, typ})
			}
		}
	}
	add("ip", addressNames)
	addresses := len(l.values) > 0
	add("domain", domainNames)
	if !addresses {
		add("hostname", hostNames)
	}
	add("", otherNames)
	slices.SortFunc(l.values, func(a, b column) int { return a.n - b.n })
	for i := range l.values {
		if v := &l.values[i]; v.typ == "" {
			v.typ = names[v.n]
			switch {
			case v.typ == "filehashvalue":
				v.typ = "hash"
			case slices.Contains(names, "listingreason"):
				v.typ = "certhash" // SSLBL lists certificates
			}
		}
	}
	l.typ = none // its word cannot be that of several columns
	return l, len(l.values) > 0
}

// delimiters are tried for a header in this order.
var delimiters = []byte{',', ';', '\t', '|'}

// splitHeader finds the delimiter with which a line is a header. A line with an
// indicator in one of its cells is none, even if another says domain.
func splitHeader(line []byte) (l layout, delim byte, ok bool) {
	for _, d := range delimiters {
		c := recordReader{delim: d}
		c.split(line)
		h, found := readHeader(c.cells)
		if found && (!ok || len(c.cells) > l.width) && !slices.ContainsFunc(c.cells, holdsIndicator) {
			l, delim, ok = h, d, true
		}
	}
	return l, delim, ok
}

// holdsIndicator says that a cell is an indicator, matched or not.
func holdsIndicator(cell []byte) bool {
	_, err := ioc.Parse(string(cell))
	return err == nil || notMatched(err) != ""
}

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

// emit gives the entries of one record: one for each column of values that is
// not empty, or a rejected one where all are.
func (r *rows) emit(cells [][]byte, line int, emit func(*Entry)) {
	e := &r.entry
	*e = newEntry(line)
	e.Type = r.word(cells, r.typ)
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
			note(emit, line, string(text), "date not readable")
		}
		*d.date = date
	}
	if a := r.cell(cells, r.action); bytes.EqualFold(a, []byte("allowed")) || bytes.EqualFold(a, []byte("allow")) {
		e.Fate, e.Reason = Skipped, "allowed: an exception, not an indicator"
	}
	if bytes.EqualFold(r.cell(cells, r.active), []byte("false")) {
		e.Fate, e.Reason = Skipped, "not active"
	}
	found := false
	for _, v := range r.values {
		text := r.cell(cells, v.n)
		if isNone(string(text)) {
			continue
		}
		found = true
		e.Value = text
		if v.typ != "" {
			e.Type = v.typ
		}
		emit(e)
	}
	if !found {
		reject(emit, line, show(cells), "no value")
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

func reject(emit func(*Entry), line int, text, reason string) {
	e := newEntry(line)
	e.Fate, e.Value, e.Reason = Rejected, []byte(text), reason
	emit(&e)
}

func note(emit func(*Entry), line int, text, reason string) {
	e := newEntry(line)
	e.Fate, e.Value, e.Reason = Noted, []byte(text), reason
	emit(&e)
}
