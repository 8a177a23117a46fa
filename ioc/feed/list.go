package feed

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// plainList is one indicator a line, with what people write around it:
//
//	203.0.113.7                    # comment
//	198.51.100.0/24 ; SBL12345
//	192.0.2.9<TAB>11
//	evil[.]example,
//	0.0.0.0 evil.example www.evil.example
//	/bins/mirai.arm7
//	203.0.113.7:scanner
//	203.0.113.7:443 Mirai          where all lines begin with an indicator
//	203.0.113.7 8080               where all lines have a port
//	203.0.113.7 - Mirai            where most lines are values alone
//
// Lines that begin with #, ; or // are comments. The last is the path of a
// URL, as trail lists have them: skipped.
var plainList = Kind{Name: "list", Sniff: sniffList, Read: readList, pieces: listInPieces}

// sniffList wants indicators in at least half of the first lines; or one word in each,
// since a list is one however many of its lines are wrong; or an indicator at the
// beginning of each, with remarks or ports behind. A feed of comments alone is an empty
// list. Several values a line are a table.
func sniffList(head []byte) bool {
	if startsJSON(head) || startsTag(head) || startsZeek(head) {
		return false
	}
	if width, _ := fullTable(head, firstLine(head)); width > 0 || isReport(head) {
		return false
	}
	n := countList(head)
	return n.good*2 >= n.all || n.words == n.all && (n.sure > 0 || n.broad == n.all) || tailOf(head) != noTail && !sniffBareCSV(head)
}

// A listCount says what the first 100 lines of a feed are that are no comments.
type listCount struct {
	all   int
	good  int // hold something that is an indicator, matched or not
	sure  int // of good, those that could not as well be names of files
	broad int // are a public suffix or a single label
	words int // are one word, or good
}

func countList(head []byte) (n listCount) {
	sampleLines(head, func(line []byte) bool {
		before := n.all
		listLine(line, 0, func(e *Entry) {
			if n.all > before {
				return // the further names of a hosts line
			}
			n.all++
			n.add(e)
		})
		return n.all < maxSample
	})
	return n
}

// add counts what a line holds.
func (n *listCount) add(e *Entry) {
	value := string(e.Value)
	i, err := ioc.Parse(value)
	suffix := errors.Is(err, ioc.ErrPublicSuffix)
	good := e.Fate == Skipped || err == nil || notMatched(err) != "" && oneValue(value) || suffix || rangeNetworks(value) != nil
	if good {
		n.good++
	}
	if good && !suffix && !errors.Is(err, ioc.ErrFileName) && (err != nil || i.Type != ioc.Domain || !looksLikeFile(i.Value)) {
		n.sure++
	}
	if suffix || errors.Is(err, ioc.ErrSingleLabel) {
		n.broad++
	}
	if good || !strings.ContainsAny(strings.TrimRight(value, ","), " \t\u00a0,|=") {
		n.words++
	}
}

// oneValue tells a URL from a row of a table that holds one in a cell.
func oneValue(text string) bool {
	before, _, _ := strings.Cut(text, "/")
	return !strings.ContainsAny(before, ",; \t=|")
}

func readList(r io.Reader, emit func(*Entry)) error {
	b := buffered(r)
	return readLines(newLineReader(b), listLineOf(b), emit)
}

// listLineOf returns what reads the lines of a list that is about to be read.
func listLineOf(b *bufio.Reader) func(line []byte, no int, emit func(*Entry)) {
	head, _ := b.Peek(headSize) // a read error comes again
	switch tailOf(head) {
	case remarks:
		return remarkLine
	case ports:
		return portLine
	}
	return mixedLine
}

// mixedLine emits what a line holds of a list in which few have remarks.
func mixedLine(line []byte, no int, emit func(*Entry)) {
	bare := cutComment(bytes.TrimSpace(line))
	if i := bytes.IndexByte(bare, ' '); i < 0 || isHostsAddress(bare[:i]) {
		listLine(line, no, emit) // nearly all
		return
	}
	if value, rest := leadingValue(bare); value != nil {
		giveWithRemark(value, rest, no, emit)
		return
	}
	if len(bare) < 2 || bare[0] != '|' || bare[len(bare)-1] != '|' || saysHarmless(string(bare)) || !tableRow(bare, no, emit) {
		listLine(line, no, emit)
	}
}

// tableRow emits the values in a row of Markdown's, of a table that follows the list, as
// those of a report; false if there are none.
func tableRow(row []byte, no int, emit func(*Entry)) (found bool) {
	t := prose{emit: func(e *Entry) {
		found = true
		emit(e)
	}}
	t.cells(strings.Split(strings.ToValidUTF8(string(row), "?"), "|"), no)
	return found
}

// leadingValue splits a line with words round a value: a remark that cutRemark knows,
// any words behind a hash or what is defanged, a label such as "SHA256 = ", and the
// name of the file whose hash it is.
// value is nil where there is no such value, where the line is one as a whole, as
// evil[.]example [.]net, and where the words say that it is harmless.
func leadingValue(line []byte) (value, rest []byte) {
	text := string(line)
	if _, err := ioc.Parse(text); err == nil || rangeNetworks(text) != nil || saysHarmless(text) {
		return nil, nil
	}
	if value, rest = cutRemark(line); len(rest) > 0 {
		return value, rest
	}
	if c, attacker, labelled, ok := cutLabel(strings.Replace(text, " =", ":", 1)); ok {
		bare := strings.TrimSpace(labelled)
		if oneWord(bare) && isLabelled(bare, c) && labelDoubt(bare, c, attacker) == "" {
			return []byte(bare), nil
		}
	}
	first, remark, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
	if remark = strings.TrimSpace(remark); goesOn(remark) || isLength(remark) {
		return nil, nil
	}
	if value, behind := behindFile(first, remark); value != "" {
		return []byte(value), []byte(behind)
	}
	first = strings.Trim(first, around)
	i, err := ioc.Parse(first)
	if err != nil || i.Type != ioc.Hash && strings.EqualFold(ioc.Refang(first), strings.TrimSuffix(first, ".")) {
		return nil, nil
	}
	return []byte(first), []byte(remark)
}

// behindFile cuts the value of a file off what follows its name or ending: its hash,
// or where it lay. value is "" without one.
//
//	.dll 6cc175b9c0f1b6a831c399e269772661 pw = abc
//	.url https://evil.example/a.zip
func behindFile(name, text string) (value, rest string) {
	value, rest, _ = strings.Cut(text, " ")
	i, err := ioc.Parse(value)
	ending := len(name) > 1 && len(name) <= len(".torrent") && strings.LastIndexByte(name, '.') == 0
	if err == nil && (i.Type == ioc.Hash && (ending || looksLikeFile(strings.ToLower(name))) || i.Type == ioc.URL && ending) {
		return value, strings.TrimSpace(rest)
	}
	return "", ""
}

// saysHarmless reports whether one of the words round a value calls it so.
func saysHarmless(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "false positive") || slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool { return r < 'a' && r != '-' || r > 'z' }), func(w string) bool {
		return w == "legitimate" || w == "legit" || slices.Contains(harmless, w)
	})
}

// isLength reports whether a text is the length of the network before it: /24.
func isLength(text string) bool { return len(text) > 1 && text[0] == '/' && text[1]-'0' <= 9 }

func oneWord(text string) bool { return text != "" && !strings.ContainsAny(text, " \t") }

// giveWithRemark emits a value, and what is defanged in the remark behind it.
func giveWithRemark(value, remark []byte, no int, emit func(*Entry)) {
	give(emit, no, string(value))
	t := prose{emit: emit}
	t.text(strings.ToValidUTF8(string(remark), "?"), no, false)
}

func listInPieces(r *reading, in *bufio.Reader) error {
	take := listLineOf(in)
	rest, err := r.inPieces(in, 0, func(p *piece) bool {
		for line, no := range p.lines {
			// Most lines are an indicator and nothing else.
			if i, ok := ioc.ParsePlain(line); !ok || !p.batch.Add(&i, no, nil) {
				take(line, no, p.take)
			}
		}
		return true
	}, func(*piece) {})
	if rest != nil {
		return readLines(rest, take, r.take)
	}
	return err
}

func readLines(lines *lineReader, take func([]byte, int, func(*Entry)), emit func(*Entry)) error {
	return lines.each(emit, func(line []byte, no int) { take(line, no, emit) })
}

// listLine emits what one line holds: nothing for a comment, several names for
// a hosts line.
func listLine(line []byte, no int, emit func(*Entry)) {
	line = cutComment(bytes.TrimSpace(line))
	if len(line) == 0 {
		return
	}
	e := newEntry(no)
	if line[0] == '/' && !bytes.ContainsAny(line, " \t") {
		e.Value, e.Fate, e.Reason = line, Skipped, "URL path"
		emit(&e)
		return
	}
	// A count after a tab: 192.0.2.9<TAB>11.
	if i := bytes.IndexByte(line, '\t'); i > 0 {
		if count := bytes.TrimSpace(line[i:]); len(bytes.Trim(count, "0123456789")) == 0 {
			line = bytes.TrimSpace(line[:i])
		}
	}
	line = cutWord(line)
	if i := bytes.IndexAny(line, " \t"); i > 0 && isHostsAddress(line[:i]) {
		names, _, _ := bytes.Cut(line[i:], []byte("#")) // no name has one
		for name := range bytes.FieldsSeq(names) {
			e.Value = name
			e.Fate, e.Reason = Usable, ""
			if isOwnName(string(name)) {
				e.Fate, e.Reason = Skipped, "name of the hosts file's own machine"
			}
			emit(&e)
		}
		return
	}
	e.Value = line
	emit(&e)
}

// cutWord takes off a word behind an address or a hash, as Wazuh's lists and ClamAV's
// databases of hashes have it: 203.0.113.7:scanner, 6cc1…:mirai, 6cc1…:68:Win.Mirai. It
// takes off nothing that is an indicator of its own: such a line is rejected.
func cutWord(line []byte) []byte {
	i := bytes.IndexByte(line, ':')
	if i < len("1.1.1.1") || i+1 == len(line) || bytes.ContainsAny(line, " \t") {
		return line
	}
	value, err := ioc.Parse(string(line[:i]))
	if first := line[i+1] | 0x20; err != nil || value.Type != ioc.Hash && (value.Type != ioc.IP || first < 'a' || first > 'z') {
		return line
	}
	switch word, err := ioc.Parse(string(line[i+1:])); {
	case err == nil && (value.Type == ioc.IP || word.Type == ioc.Hash), errors.Is(err, ioc.ErrEmail):
		return line
	}
	return line[:i]
}

// cutComment takes off what follows the value: all of a comment line, and what
// stands behind a semicolon that is no part of a URL, or behind a # or // with a
// blank before it.
func cutComment(line []byte) []byte {
	if len(line) == 0 || line[0] == '#' || line[0] == ';' || bytes.HasPrefix(line, []byte("//")) {
		return nil
	}
	// Names and addresses have none of these: most lines are done here.
	if bytes.IndexByte(line, '#') < 0 && bytes.IndexByte(line, ';') < 0 && bytes.IndexByte(line, '/') < 0 {
		return line
	}
	for i := 1; i < len(line); i++ {
		blank := line[i-1] == ' ' || line[i-1] == '\t'
		switch {
		case line[i] == ';' && !isEntity(line[:i]) && !isParameter(line[:i], line[i+1:]),
			line[i] == '#' && blank,
			line[i] == '/' && blank && i+1 < len(line) && line[i+1] == '/':
			return bytes.TrimSpace(line[:i])
		}
	}
	return line
}

// isEntity reports whether text ends in the &#46 of an HTML entity, which is a way to
// defang a dot.
func isEntity(text []byte) bool {
	i := bytes.LastIndexByte(text, '&')
	return i >= 0 && len(text)-i <= 8 && !bytes.ContainsAny(text[i:], " \t;")
}

// isParameter reports whether a semicolon stands within a URL, as in
// http://evil.example/login;jsessionid=1 and http://evil.example/..;/admin. To cut
// it there would leave an address that the whole one does not lie below.
func isParameter(url, rest []byte) bool {
	if !bytes.Contains(url, []byte("//")) || bytes.ContainsAny(url, " \t") {
		return false
	}
	if i := bytes.IndexAny(rest, " \t;"); i >= 0 {
		rest = rest[:i]
	}
	named := bytes.IndexByte(rest, '=') > 0 || bytes.HasPrefix(rest, []byte("/"))
	return named && !bytes.Contains(rest, []byte("//"))
}

// hostsAddresses are what a hosts file maps a name to so that nobody reaches it,
// and those of its own preamble.
var hostsAddresses = []string{"0.0.0.0", "127.0.0.1", "127.0.1.1", "::", "::1", "0:0:0:0:0:0:0:1", "255.255.255.255", "fe80::1%lo0",
	"fe00::0", "ff00::0", "ff02::1", "ff02::2", "ff02::3"}

func isHostsAddress(field []byte) bool {
	if len(field) > 15 || field[0] != '0' && field[0] != '1' && field[0] != ':' && field[0] != '2' && field[0] != 'f' {
		return false
	}
	return slices.Contains(hostsAddresses, string(field))
}

// isOwnName reports whether a hosts line only names the machine itself.
func isOwnName(name string) bool {
	switch strings.ToLower(name) {
	case "localhost", "localhost.localdomain", "local", "broadcasthost", "0.0.0.0", "ip6-localhost", "ip6-loopback", "ip6-localnet",
		"ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts":
		return true
	}
	return false
}
