package feed

import (
	"bufio"
	"bytes"
	"errors"
	"io"
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
//
// Lines that begin with #, ; or // are comments. The last is the path of a
// URL, as trail lists have them: skipped.
var plainList = Kind{Name: "list", Sniff: sniffList, Read: readList, pieces: listInPieces}

// sniffList wants indicators in at least half of the first lines. A feed of
// comments alone is an empty list.
func sniffList(head []byte) bool {
	start := bytes.TrimLeft(head, " \t\r\n")
	if len(start) > 0 && (start[0] == '{' || start[0] == '<' || looksLikeJSONArray(start)) || bytes.HasPrefix(start, []byte("#fields")) || bytes.HasPrefix(start, []byte("#separator")) {
		return false
	}
	fenced := false // a block of code: a report
	sampleLines(head, func(line []byte) bool {
		fenced = fenced || bytes.HasPrefix(line, []byte("```"))
		return !fenced
	})
	good, all := countList(head)
	return !fenced && good*2 >= all
}

// countList counts how many of the first 100 lines that are no comment hold
// something that is an indicator, matched or not.
func countList(head []byte) (good, all int) {
	sampleLines(head, func(line []byte) bool {
		before := all
		listLine(line, 0, func(e *Entry) {
			if all > before {
				return // the further names of a hosts line
			}
			all++
			if e.Fate == Skipped {
				good++
				return
			}
			value := string(e.Value)
			_, err := ioc.Parse(value)
			if err == nil || notMatched(err) != "" && oneValue(value) || errors.Is(err, ioc.ErrPublicSuffix) {
				good++
			}
		})
		return all < maxSample
	})
	return good, all
}

// oneValue tells a URL from a row of a table that holds one in a cell.
func oneValue(text string) bool {
	before, _, _ := strings.Cut(text, "/")
	return !strings.ContainsAny(before, ",; \t=|")
}

func readList(r io.Reader, emit func(*Entry)) error { return readLines(newLineReader(r), emit) }

func listInPieces(r *reading, in *bufio.Reader) error {
	rest, err := r.inPieces(in, 0, func(p *piece) bool {
		for line, no := range p.lines {
			// Most lines are an indicator and nothing else.
			if i, ok := ioc.ParsePlain(line); !ok || !p.batch.Add(&i, no, nil) {
				listLine(line, no, p.take)
			}
		}
		return true
	}, func(*piece) {})
	if rest != nil {
		return readLines(rest, r.take)
	}
	return err
}

func readLines(lines *lineReader, emit func(*Entry)) error {
	return lines.each(emit, func(line []byte, no int) { listLine(line, no, emit) })
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

// cutComment takes off what follows the value: all of a comment line, and what
// stands behind a semicolon or behind a # or // with a blank before it.
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
		case line[i] == ';' && !isEntity(line[:i]),
			line[i] == '#' && blank,
			line[i] == '/' && blank && i+1 < len(line) && line[i+1] == '/':
			return bytes.TrimSpace(line[:i])
		}
	}
	return line
}

// isEntity says that text ends in the &#46 of an HTML entity, which is a way to
// defang a dot.
func isEntity(text []byte) bool {
	i := bytes.LastIndexByte(text, '&')
	return i >= 0 && len(text)-i <= 8 && !bytes.ContainsAny(text[i:], " \t;")
}

// hostsAddresses are what a hosts file maps a name to so that nobody reaches it,
// and those of its own preamble.
var hostsAddresses = []string{"0.0.0.0", "127.0.0.1", "127.0.1.1", "::", "::1", "0:0:0:0:0:0:0:1", "255.255.255.255", "fe80::1%lo0",
	"fe00::0", "ff00::0", "ff02::1", "ff02::2", "ff02::3"}

func isHostsAddress(field []byte) bool {
	if len(field) > 15 || field[0] != '0' && field[0] != '1' && field[0] != ':' && field[0] != '2' && field[0] != 'f' {
		return false
	}
	for _, a := range hostsAddresses {
		if string(field) == a {
			return true
		}
	}
	return false
}

// isOwnName says that a hosts line only names the machine itself.
func isOwnName(name string) bool {
	switch strings.ToLower(name) {
	case "localhost", "localhost.localdomain", "local", "broadcasthost", "0.0.0.0", "ip6-localhost", "ip6-loopback", "ip6-localnet",
		"ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts":
		return true
	}
	return false
}
