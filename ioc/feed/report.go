package feed

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// report is prose that names indicators: a blog, a mail, an advisory, in plain
// text, Markdown, AsciiDoc, HTML or as it was mailed.
//
//	The loader at hxxp://203[.]0[.]113[.]7/mirai asks cnc(dot)example[.]net.
//	| C2 | evil.example.net |
//	- 198.51.100.4
//
// A defanged value is an indicator wherever it stands, and so is a hash. A value that is
// not defanged is one only in a table, a list or code: elsewhere it is as likely the name
// of a product or of the author's own site. Names of files and versions are no
// indicators, and neither are URLs that are not defanged: they lead to other reports. In
// an item of a list with several words only the first counts. Behind a label that says
// what follows, a value is an indicator too:
//
//	C2 IP: 198.51.100.4:443
//
// A value that would be an indicator in another place is counted as skipped.
var report = Kind{Name: "text", Sniff: sniffReport, Read: func(r io.Reader, emit func(*Entry)) error { return readReport(r, false, emit) }}

// reportAll takes all that parses, wherever it stands. It has to be asked for.
var reportAll = Kind{Name: "text-all", Sniff: func([]byte) bool { return false },
	Read: func(r io.Reader, emit func(*Entry)) error { return readReport(r, true, emit) }}

// isAsciiDoc reports whether a text is AsciiDoc, of which half the lines may be
// values: it begins with a title, or has a table.
//
//	= Mirai -- Indicators of Compromise
//	|===
//	|SHA-1 |Description
func isAsciiDoc(head []byte) bool {
	title, begun, table := false, false, false
	sampleLines(head, func(line []byte) bool {
		line = bytes.TrimSpace(line)
		if !begun && len(line) > 0 && line[0] != ':' && !bytes.HasPrefix(line, []byte("//")) {
			begun, title = true, bytes.HasPrefix(line, []byte("= "))
		}
		table = bytes.HasPrefix(line, []byte("|==="))
		return !title && !table
	})
	return title || table
}

// isReport reports whether a text is a report, whatever most of its lines hold: AsciiDoc, or
// Markdown with a block of code or several tables.
func isReport(head []byte) bool {
	fenced := isAsciiDoc(head)
	sampleLines(head, func(line []byte) bool {
		fenced = fenced || bytes.HasPrefix(line, []byte("```"))
		return !fenced
	})
	return fenced || markdownTables(head) > 1
}

// markdownTables counts the tables of Markdown by the line below their headings:
//
//	| IP | Role |
//	|----|:----:|
func markdownTables(head []byte) (n int) {
	sampleLines(head, func(line []byte) bool {
		if line = bytes.TrimSpace(line); len(line) > 2 && line[0] == '|' && len(bytes.Trim(line, "|-: \t")) == 0 && bytes.IndexByte(line, '-') >= 0 {
			n++
		}
		return true
	})
	return n
}

func sniffReport(head []byte) bool {
	if startsJSON(head) || startsTag(head) && !isHTML(head) {
		return false
	}
	found := false
	readReport(bytes.NewReader(head), false, func(e *Entry) {
		if e.Fate == Usable {
			_, err := ioc.Parse(string(e.Value))
			found = found || err == nil
		}
	})
	return found
}

// countProse counts the values in the prose of head that are not defanged.
func countProse(head []byte) (n int) {
	readReport(bytes.NewReader(head), false, func(e *Entry) {
		if e.Reason == inProse {
			n++
		}
	})
	return n
}

func readReport(r io.Reader, all bool, emit func(*Entry)) error {
	b := buffered(r)
	head, _ := b.Peek(headSize) // a read error comes again
	t := prose{all: all, adoc: isAsciiDoc(head), emit: emit}
	switch {
	case isHTML(head):
		return t.html(b)
	case isMail(head):
		return t.mail(b)
	}
	return t.plain(b)
}

// prose takes indicators out of pieces of text.
type prose struct {
	all    bool
	quiet  bool     // what is not defanged is not counted
	adoc   bool     // it is AsciiDoc
	fenced bool     // in a block of code
	row    []string // the last one of a table
	urls   []int    // columns of the table in hand, see urlColumns
	emit   func(*Entry)
}

func (t *prose) plain(r io.Reader) error {
	return newLineReader(r).each(t.emit, func(line []byte, no int) {
		t.line(string(line), no)
	})
}

// itemLabel is what may stand before the value in an item of a list: "C2: ".
var itemLabel = lazily(`^(?:[\pL\pN()/_-]+[ \t]){0,3}[\pL\pN()/_-]+:[ \t]+`)

var listMarker = lazily(`^(?:[-*+•·]|\d{1,3}[.)])\s+`)

// line reads one line of text or Markdown.
func (t *prose) line(text string, no int) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "?"))
	if strings.HasPrefix(text, "```") || strings.HasPrefix(text, "~~~") || t.adoc && (text == "----" || text == "....") {
		t.fenced = !t.fenced
		return
	}
	text = strings.TrimLeft(text, "> \t") // quoted mail
	if cells := strings.Split(text, "|"); len(cells) > 2 || t.adoc && cells[0] == "" && len(cells) == 2 {
		t.cells(cells, no)
		return
	}
	t.row, t.urls = nil, nil
	item := listMarker().ReplaceAllString(text, "")
	if rest, ok := t.labelled(item, no); ok {
		t.codes(rest, no)
		return
	}
	switch {
	case t.fenced || strings.IndexFunc(text, isBlank) < 0:
		t.text(item, no, true)
	case item != text:
		t.item(item, no)
	default:
		t.codes(text, no)
	}
}

// cells reads a row of a table.
func (t *prose) cells(cells []string, no int) {
	if url, ok := onlyURL(cells); ok {
		give(t.emit, no, url)
		return
	}
	raw := rawCells(cells)
	if isUnderline(raw) {
		t.urls = urlColumns(rawCells(t.row))
		return
	}
	t.row = cells
	for n, c := range cells {
		if slices.Contains(t.urls, n) {
			if url, ok := onlyURL([]string{c}); ok {
				give(t.emit, no, url)
				continue
			}
		}
		if t.adoc {
			c = strings.ReplaceAll(c, "[`", " ") // of a link: {vt-url}6cc1…[`6cc1…`]
		}
		t.text(c, no, true)
	}
}

// urlColumns are the columns of a report's table whose URLs are indicators though they
// are not defanged: the first one, which the rows are about, and those of servers. Any
// other is as likely one of links.
func urlColumns(heading [][]byte) (urls []int) {
	l, _ := readHeader(heading)
	first := slices.IndexFunc(heading, func(c []byte) bool { return len(bytes.TrimSpace(c)) > 0 })
	for _, v := range l.values {
		if v.n == first || v.typ == anyType {
			urls = append(urls, v.n)
		}
	}
	return urls
}

// onlyURL is the URL that is all that a row of a table holds: what refers to something
// says to what.
func onlyURL(cells []string) (url string, ok bool) {
	for _, c := range cells {
		if c = strings.Trim(c, " \t`"); c != "" && url != "" {
			return "", false
		}
		url += c
	}
	i, err := ioc.Parse(url)
	return url, err == nil && i.Type == ioc.URL || notMatched(err) == hostOnly
}

// item reads an item of a list. It is about the value that it begins with; the rest is
// prose.
func (t *prose) item(text string, no int) {
	text = strings.TrimSpace(text)
	if strings.IndexFunc(text, isBlank) < 0 {
		t.text(text, no, true)
		return
	}
	if rest, ok := t.labelled(text, no); ok {
		t.codes(rest, no)
		return
	}
	label := itemLabel().FindString(text)
	value, rest := text[len(label):], ""
	if end := strings.IndexFunc(value, isBlank); end > 0 {
		value, rest = value[:end], value[end:]
	}
	value = strings.Trim(value, around)
	if i, err := ioc.Parse(value); err == nil && ioc.Refang(value) == value && i.Type != ioc.URL {
		t.token(value, no, true)
		text = label + rest
	}
	t.codes(text, no)
}

// codes reads prose with `code` in it.
func (t *prose) codes(text string, no int) {
	for i, part := range strings.Split(text, "`") {
		t.text(part, no, i%2 == 1)
	}
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\u00a0' }

var (
	// spacedDot is a dot in brackets with blanks around or in them.
	spacedDot = lazily(`(?i)\s*([\[({<])\s*(\.|,|dot|punkt|punto)\s*([\])}>])\s*`)
	// spelledDots is a text with the dots written as words, or with blanks on
	// both sides.
	spelledDots = lazily(`(?i)[a-z0-9-]+(?:\s+(?:dot|\.)\s+[a-z0-9-]+)+`)
)

// text takes the values of a piece of text. With bare, as in a table, list or code, they
// need not be defanged.
func (t *prose) text(s string, no int, bare bool) {
	s = spacedDot().ReplaceAllString(s, "$1$2$3")
	s = strings.NewReplacer("](", " ", "\u00a0", " ").Replace(s)
	for _, m := range spelledDots().FindAllString(s, -1) {
		if i, err := ioc.Parse(m); err == nil && (i.Type != ioc.Domain || !looksLikeFile(i.Value)) {
			give(t.emit, no, m)
		}
	}
	if bare && strings.Count(s, ",") == 3 && strings.IndexFunc(strings.TrimSpace(s), isBlank) < 0 {
		if i, err := ioc.Parse(strings.TrimSpace(s)); err == nil && i.Type == ioc.IP {
			give(t.emit, no, s) // 176,65,139,7
			return
		}
	}
	for word := range strings.FieldsSeq(s) {
		for token := range strings.SplitSeq(word, ",") {
			if strings.Contains(word, "[,]") {
				token = word
			}
			t.piped(token, no, bare)
			if token == word {
				break
			}
		}
	}
}

// piped reads values with a bar between them, evil[.]example|203.0.113[.]7, between
// the signs that keep AsciiDoc from reading them, +203.0.113.7+, or not. A URL may
// have a bar of its own.
func (t *prose) piped(s string, no int, bare bool) {
	if i := strings.IndexAny(s, `"'`); i > 0 && s[i-1] == '=' {
		// An attribute of a tag: src="hxxps://evil[.]example/a.js"></script>
		value, rest, _ := strings.Cut(s[i+1:], s[i:i+1])
		if isDefanged(value) {
			t.token(value, no, bare)
			t.piped(strings.TrimLeft(rest, around), no, bare)
			return
		}
	}
	item := strings.TrimLeft(s, "-–—") // of a list, without a blank
	if strings.HasPrefix(s, "--") && strings.EqualFold(ioc.Refang(item), item) {
		return // an option of a command: --web.page
	}
	s = item
	if s = trimAround(s); len(s) > 2 && s[0] == '+' && s[len(s)-1] == '+' {
		s = strings.Trim(s, "+")
	}
	if strings.IndexByte(s, '|') < 0 || strings.Contains(s, "//") {
		t.token(s, no, bare)
		return
	}
	values := strings.Split(s, "|")
	if balanced(s) && slices.ContainsFunc(values, func(v string) bool { return !balanced(v) }) {
		t.token(s, no, bare) // lib[MD|MT].lib
		return
	}
	for _, value := range values {
		t.token(value, no, bare)
	}
}

// balanced reports whether a text has as many opening brackets as closing ones.
func balanced(s string) bool { return strings.Count(s, "[") == strings.Count(s, "]") }

// around are what stands around a value in prose.
const around = "\"'`“”‘’«»<>(){};:!?*_|=,…"

// trimAround cuts off what stands around a value. A bracket stays that is closed inside:
// (1).zip is not 1).zip.
func trimAround(s string) string {
	s = strings.TrimRight(s, around+".")
	t := strings.TrimLeft(s, around)
	if n := len(s) - len(t); n > 0 {
		if k := strings.IndexByte("(<{", s[n-1]); k >= 0 && strings.Count(t, ")>}"[k:k+1]) > strings.Count(t, "(<{"[k:k+1]) {
			return s[n-1:]
		}
	}
	return t
}

func (t *prose) token(s string, no int, bare bool) {
	if part := t.value(s, no, bare, false); part != "" {
		t.value(part, no, bare, true)
	}
}

// value takes a token that is a value. If it holds one instead, that is returned, but not
// from inside another: a line of thousands of = would be read as often.
func (t *prose) value(s string, no int, bare, inside bool) (part string) {
	s = trimAround(s)
	if !balanced(s) && !strings.Contains(s, "[.") && !strings.Contains(s, ".]") {
		s = strings.Trim(s, "[]")
	}
	if len(s) < 4 || len(s) > 4096 || strings.IndexByte(s, '.') < 0 && strings.IndexByte(s, ':') < 0 && ioc.Refang(s) == s && len(s) < 32 {
		return
	}
	defanged := !strings.EqualFold(ioc.Refang(s), s)
	i, err := ioc.Parse(s)
	hash := err == nil && i.Type == ioc.Hash
	if !defanged && !bare && !t.all && !hash {
		if err == nil && (i.Type != ioc.URL || onAddress(s)) && !t.quiet && (i.Type != ioc.Domain || !notAName(i.Value)) {
			skipped(t.emit, no, s, inProse)
		}
		return
	}
	switch {
	case err != nil && notMatched(err) == "":
		if !inside {
			part = defangedPart(s)
		}
		if part == "" && isDefanged(s) && !errors.Is(err, ioc.ErrSingleLabel) {
			reject(t.emit, no, s, refusal(err))
		}
		return // a word
	case err == nil && i.Type == ioc.Domain && !defanged && looksLikeVersion(i.Value):
		skipped(t.emit, no, s, "version number")
		return
	case err == nil && i.Type == ioc.Domain && (!defanged || strings.Contains(s, `\.`)) && looksLikeFile(i.Value):
		// HKCR\.enc is no more a name than main.py
		skipped(t.emit, no, s, nameOfFile)
		return
	case err == nil && i.Type == ioc.URL && !defanged && !t.all && !onAddress(s):
		skipped(t.emit, no, s, plainURL)
		return
	case err == nil && i.Type == ioc.Domain && !defanged && looksLikePackage(i.Value):
		skipped(t.emit, no, s, "name of a package")
		return
	}
	give(t.emit, no, s)
	return ""
}

// isDefanged reports whether a token that cannot be read was written to be no link, as
// [redacted]evil[.]example, and is no expression for a search, as \w+[.]exe.
func isDefanged(s string) bool {
	lower := strings.ToLower(s)
	if strings.ContainsAny(s, `\*+^$`) {
		return false
	}
	return strings.Contains(s, "[.]") || strings.Contains(lower, "[dot]") || strings.HasPrefix(lower, "hxxp") && strings.Contains(s, "//")
}

// defangedPart is the value in a token that holds more: what a setting, a parameter or a
// call has, or what something is said of. It is "" if there is none. What a browser calls
// blob:hxxps://… is no URL that it asks for.
//
//	GatewayAddress=evil[.]example:2145
//	fetch('hxxps://evil[.]example/a
//	evil[.]example's
func defangedPart(s string) string {
	if url := insideURL().FindStringSubmatch(s); url != nil && !strings.Contains(strings.ToLower(s), "blob:") {
		return url[1]
	}
	part := owner().ReplaceAllString(s, "")
	if dot := bracketDot().FindStringIndex(part); dot != nil {
		if key := strings.LastIndexByte(part[:dot[0]], '='); key >= 0 && !strings.Contains(part[:key], "/") {
			part = part[key+1:]
		}
	}
	if part == s || !isDefanged(part) {
		return ""
	}
	return part
}

var (
	insideURL  = lazily(`(?i)^.*[=:('"\[{>](hxxp.*)`)
	owner      = lazily(`['\x{2019}]s$`)
	bracketDot = lazily(`(?i)\[(?:\.|dot)\]`)
)

// Reasons for which values of a report are skipped.
const (
	inProse  = "not defanged, in prose: --iocs-format text-all takes it"
	plainURL = "URL that is not defanged: --iocs-format text-all takes it"
)

// notAName reports whether something like a name in prose is rather something else: a
// file, a version or a package.
func notAName(name string) bool {
	return looksLikeVersion(name) || looksLikeFile(name) || looksLikePackage(name)
}

// onAddress reports whether the host of a URL is an address: no report links to one.
func onAddress(url string) bool {
	host, err := ioc.ParseURLHost(url, true)
	return err == nil && (host.Type == ioc.IP || host.Type == ioc.IPPort)
}
