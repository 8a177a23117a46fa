package feed

import (
	"bytes"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// A tail is what follows the values on the lines of a list.
type tail uint8

const (
	noTail  tail = iota
	remarks      // of some lines
	ports        // of all lines
)

// tailOf returns what follows the values of a list if each of its first lines begins with
// an indicator. Remarks:
//
//	203.0.113.7 - C2 server
//	203.0.113.7:443 Mirai
//	198.51.100.4 botnet
//	evil.example
//
// or, if each line has one, ports:
//
//	203.0.113.7 8080
//
// A single other line makes the text something else: prose, an inventory, a log, in
// which a value at the beginning of a line shows nothing. So does an address that is set
// aside.
func tailOf(head []byte) tail {
	all, remarked, ported := 0, 0, 0
	sampleLines(head, func(line []byte) bool {
		if line = cutComment(bytes.TrimSpace(line)); len(line) == 0 {
			return true
		}
		all++
		value, remark := cutRemark(line)
		if len(remark) > 0 {
			remarked++
		}
		_, port := cutPort(line)
		if port != nil {
			ported++
		}
		if value == nil && port == nil {
			remarked, ported = 0, -maxSample
		}
		return (value != nil || port != nil) && all < maxSample
	})
	switch {
	case ported > 0 && ported == all:
		return ports
	case ported == 0 && remarked > 0:
		return remarks
	}
	return noTail
}

// cutPort splits a line that is an address, a blank and a port. What follows a tab
// is a count.
func cutPort(line []byte) (value, port []byte) {
	value, port, _ = bytes.Cut(line, []byte(" "))
	port = bytes.TrimLeft(port, " ")
	n, ok := plainPort(port)
	i, err := ioc.Parse(string(value))
	if !ok || n == 0 || err != nil || i.Type != ioc.IP || ofTheHouse(&i) {
		return nil, nil
	}
	return value, port
}

// cutRemark splits a line at the end of the indicator that it begins with. value is nil
// if it begins with none, or if the rest is no remark.
func cutRemark(line []byte) (value, remark []byte) {
	end := bytes.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	value, remark = line[:end], bytes.TrimSpace(line[end:])
	i, err := ioc.Parse(string(value))
	if err != nil || !isValue(string(value)) || i.Type == ioc.Domain && notAName(i.Value) || ofTheHouse(&i) ||
		len(remark) > 0 && !isRemark(string(remark), i.Type == ioc.IPPort) {
		return nil, nil
	}
	return value, remark
}

// isRemark reports whether a text is such as people write behind an indicator: one behind
// a sign, or a few words, one of which is about an attack if the value has no port. Two
// dashes are from the log of a web server, and a number may be a port.
func isRemark(text string, port bool) bool {
	words := strings.Fields(strings.TrimLeft(text, "-–—|:( \t"))
	if len(words) == 0 || strings.ContainsRune(text, '"') || strings.HasPrefix(text, "- -") {
		return false
	}
	switch {
	case isValue(strings.Trim(words[0], around)), goesOn(text), words[0] == "and", words[0] == "or":
		return false
	case !port && strings.Trim(words[0], "0123456789") == "":
		return false
	case !strings.HasPrefix(text, words[0]):
		return len(words) <= 20
	case slices.ContainsFunc(words, isLogWord):
		return false
	}
	return len(words) <= 6 && (port || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(attackWords, plain(w)) }))
}

// attackWords say that a remark is about an attacker.
var attackWords = []string{"c2", "cnc", "botnet", "malware", "phishing", "scanner", "malicious"}

// isLogWord reports whether a word is of a log or of a list of connections, as
// TCP_MISS/200.
func isLogWord(word string) bool {
	return strings.IndexByte(word, '/') >= 0 || slices.Contains(logWords, plain(word))
}

var logWords = []string{"established", "listen", "listening", "timewait", "closewait", "synsent", "synrecv", "synreceived", "finwait1", "finwait2", "lastack", "closing",
	"open", "closed", "filtered", "up", "down", "get", "post", "put", "head", "options", "connect", "tcp", "udp"}

// goesOn reports whether a text is the rest of a sentence about the value before it.
func goesOn(text string) bool {
	word, _, _ := strings.Cut(text, " ")
	return slices.Contains([]string{"is", "was", "are", "were", "has", "had"}, word)
}

// portLine emits what a line of a list with a column of ports holds.
func portLine(line []byte, no int, emit func(*Entry)) {
	value, port := cutPort(cutComment(bytes.TrimSpace(line)))
	if port == nil {
		listLine(line, no, emit)
		return
	}
	e := newEntry(no)
	e.Value, e.Port = value, port
	emit(&e)
}

// remarkLine emits what a line of a list with remarks holds. A remark is prose.
func remarkLine(line []byte, no int, emit func(*Entry)) {
	value, remark := cutRemark(cutComment(bytes.TrimSpace(line)))
	if len(remark) == 0 {
		listLine(line, no, emit)
		return
	}
	giveWithRemark(value, remark, no, emit)
}
