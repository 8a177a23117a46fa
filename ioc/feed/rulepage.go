package feed

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// rulePage is a page that describes a detection rule: a table of indicators and
// the hunts with the same values in lists.
//
//	Malware Family: Mirai Total IOCs: 2 IOC Types: domain, ip:port
//	| Type | Value | Threat Type | First Seen | Confidence |
//	|---|---|---|---|---|
//	| ip:port | 203[.]0[.]113[.]7:3778 | botnet_cc | 2026-05-20 | 80% |
//	let malicious_ips = dynamic(["203.0.113.7"]);
//
// The table counts. The lists are compared with it, and each value that stands
// in one and not in the other is noted; they give indicators only where the
// page has no table. What is defanged elsewhere is taken as from a report.
var rulePage = Kind{Name: "rule-page", Sniff: sniffRulePage, Read: readRulePage}

// maxPage is the longest page that is read, in bytes.
const maxPage = 16 << 20

func sniffRulePage(head []byte) bool {
	if startsJSON(head) {
		return false
	}
	found := false
	sampleLines(head, func(line []byte) bool {
		if _, ok := pageHeader(string(line)); ok {
			found = true
		}
		found = found || bytes.Contains(line, []byte("dynamic(")) && bytes.HasPrefix(bytes.TrimSpace(line), []byte("let "))
		return !found
	})
	return found
}

// A listed value stands in a list of a page's hunts.
type listed struct {
	value string
	line  int
}

func readRulePage(r io.Reader, emit func(*Entry)) error {
	data, err := io.ReadAll(io.LimitReader(r, maxPage+1))
	lines := strings.Split(string(data), "\n")
	if err != nil {
		// What the error cuts off is not a line.
		lines = lines[:len(lines)-1]
		err = &LineError{len(lines) + 1, err}
	} else if len(data) > maxPage {
		return errors.New("page longer than 16 MiB")
	}
	p := page{words: newInterner(), emit: emit, taken: make([]bool, len(lines))}
	p.read(lines)
	lists := readLists(lines, p.taken)
	p.compare(lists)
	if len(lists) == 0 && p.malware == "" {
		p.report(lines)
	} else {
		p.prose(lines)
	}
	return err
}

// A page collects what the table says, to compare it with the lists.
type page struct {
	words   *interner
	emit    func(*Entry)
	malware string
	total   int // IOCs that the page announces, 0 for none
	totalAt int
	table   []listed
	tabled  bool   // there is a table
	taken   []bool // lines that are of a table or of a list in a hunt
}

func (p *page) read(lines []string) {
	var t *rows
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if _, after, ok := strings.Cut(line, "Malware Family:"); ok && p.malware == "" {
			p.summary(after, i+1)
		}
		cells := pageCells(line)
		p.taken[i] = true
		switch {
		case t == nil || len(cells) < 2:
			t = nil
			if l, ok := pageHeader(line); ok {
				t = &rows{layout: l, words: p.words}
				p.tabled = true
			}
			p.taken[i] = t != nil
		case strings.Trim(line, "|-: \t") == "":
			// the rule under the header
		default:
			t.emit(rawCells(cells), i+1, func(e *Entry) {
				if e.Malware == "" {
					e.Malware = p.malware
				}
				if e.Fate == Usable {
					p.table = append(p.table, listed{string(e.Value), i + 1})
				}
				p.emit(e)
			})
		}
	}
	if p.tabled && p.total > 0 && p.total != len(p.table) {
		note(p.emit, p.totalAt, "Total IOCs: "+strconv.Itoa(p.total), "the table has "+strconv.Itoa(len(p.table))+" indicators")
	}
}

// summary reads "Mirai Total IOCs: 2 IOC Types: domain, ip:port".
func (p *page) summary(text string, line int) {
	name, rest, _ := strings.Cut(text, "Total IOCs:")
	name, _, _ = strings.Cut(name, "IOC Types:")
	p.malware = p.words.word([]byte(strings.Trim(name, " \t*|")))
	if f := strings.Fields(rest); len(f) > 0 {
		if n, err := strconv.Atoi(f[0]); err == nil && n > 0 {
			p.total, p.totalAt = n, line
		}
	}
}

// pageHeader reads the header of a table of indicators: it has a type and a
// value.
func pageHeader(line string) (layout, bool) {
	if len(line) > 1000 || !strings.Contains(line, "|") {
		return layout{}, false
	}
	l, ok := readHeader(rawCells(pageCells(line)))
	return l, ok && l.typ != none
}

// pageCells splits a row of a table at its bars; \| is a bar in a cell.
func pageCells(line string) []string {
	line = strings.TrimSpace(line)
	if !strings.Contains(line, "|") {
		return nil
	}
	line = strings.TrimPrefix(line, "|")
	if strings.HasSuffix(line, "|") && !strings.HasSuffix(line, `\|`) {
		line = line[:len(line)-1]
	}
	var cells []string
	for cell := range strings.SplitSeq(strings.ReplaceAll(line, `\|`, "\x00"), "|") {
		cell = strings.ReplaceAll(cell, "\x00", "|")
		cells = append(cells, strings.Trim(cell, " \t`*"))
	}
	return cells
}

// compare checks the lists against the table, or takes them where there is no
// table.
func (p *page) compare(lists []listed) {
	if !p.tabled {
		seen := map[string]bool{}
		for _, v := range lists {
			// The hunts of a page repeat the same list.
			if seen[v.value] {
				continue
			}
			seen[v.value] = true
			e := newEntry(v.line)
			e.Value, e.Malware = []byte(v.value), p.malware
			p.emit(&e)
		}
		return
	}
	inTable, inLists := map[string]bool{}, map[string]bool{}
	for _, v := range p.table {
		inTable[pageKey(v.value)] = true
	}
	for _, v := range lists {
		key := pageKey(v.value)
		if !inTable[key] && !inLists[key] {
			note(p.emit, v.line, v.value, "in a list of the page's hunts, not in its table")
		}
		inLists[key] = true
	}
	if len(lists) == 0 {
		return
	}
	for _, v := range p.table {
		if key := pageKey(v.value); !inLists[key] {
			inLists[key] = true
			note(p.emit, v.line, v.value, "in the page's table, not in the lists of its hunts")
		}
	}
}

// report takes what stands beside the table of a page without hunts, which is
// as good as any report that has a table of indicators.
func (p *page) report(lines []string) {
	t, _ := p.beside()
	for i, line := range lines {
		if !p.taken[i] && len(line) <= maxLine {
			t.line(line, i+1)
		}
	}
}

// beside returns a reader of what stands beside the table, which leaves out what
// the table has, and the keys of that.
func (p *page) beside() (t *prose, known map[string]bool) {
	known = map[string]bool{}
	for _, v := range p.table {
		known[pageKey(v.value)] = true
	}
	return &prose{emit: func(e *Entry) {
		if e.Fate == Usable && known[pageKey(string(e.Value))] {
			return
		}
		if e.Malware == "" {
			e.Malware = p.malware
		}
		p.emit(e)
	}}, known
}

// prose takes what is defanged elsewhere on the page, as that of a report, but
// for what the table has already. Values that are not defanged are only noted,
// where they fill a cell or an item of a list: on such pages they may as well be
// the names of fields. What the page says of exclusions is no indicator at all.
func (p *page) prose(lines []string) {
	t, known := p.beside()
	t.quiet = true
	for i, line := range lines {
		line = strings.TrimSpace(strings.ToValidUTF8(line, "?"))
		if p.taken[i] || len(line) > maxLine || exclusionLabel().MatchString(line) {
			continue
		}
		t.text(line, i+1, false)
		alone := pageCells(line)
		if item := listMarker().ReplaceAllString(line, ""); len(alone) < 3 && item != line {
			alone = []string{item}
		} else if len(alone) < 3 {
			continue
		}
		for _, value := range alone {
			if ioc.Refang(value) != value || known[pageKey(value)] {
				continue
			}
			if _, err := ioc.Parse(value); err == nil {
				note(p.emit, i+1, value, "outside the page's table, and not defanged: not taken")
			}
		}
	}
}

// pageKey is what a value of the table and one of a list have in common: the
// normal form, without a port, or the text where it is nothing that is matched.
func pageKey(value string) string {
	i, err := ioc.ParseAddrPort(value)
	if err != nil {
		if i, err = ioc.Parse(value); err != nil {
			return strings.ToLower(ioc.Refang(value))
		}
	}
	if i.Type == ioc.IPPort {
		return i.Addr().String()
	}
	return i.Value
}

// readLists returns the strings of all dynamic([...]) of the page's hunts, and
// marks their lines as taken.
func readLists(lines []string, taken []bool) (values []listed) {
	open := false
	for i, line := range lines {
		for rest := line; ; {
			if !open {
				_, after, ok := strings.Cut(rest, "dynamic(")
				if !ok {
					break
				}
				rest, open = after, true
			}
			taken[i] = true
			var got []string
			got, rest, open = kqlStrings(rest)
			for _, v := range got {
				if strings.TrimSpace(v) != "" {
					values = append(values, listed{v, i + 1})
				}
			}
			if open {
				break
			}
		}
	}
	return slices.Clip(values)
}

// kqlStrings reads the strings of a list up to the end of the line or of the
// list.
func kqlStrings(s string) (values []string, rest string, open bool) {
	for len(s) > 0 {
		switch c := s[0]; c {
		case ']', ')':
			return values, s[1:], false
		case '"', '\'':
			end := 1
			var b strings.Builder
			for end < len(s) && s[end] != c {
				if s[end] == '\\' && end+1 < len(s) {
					end++
				}
				b.WriteByte(s[end])
				end++
			}
			values = append(values, b.String())
			s = s[min(end+1, len(s)):]
		default:
			s = s[1:]
		}
	}
	return values, "", true
}
