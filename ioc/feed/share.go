package feed

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// Unpack returns the text of a file that is read as feeds are: decompressed
// (gzip, zstd, bzip2, a zip archive of one file), in UTF-8, without byte order
// mark. done frees what unpacking holds, not r, and may be called with an error
// too.
func Unpack(r io.Reader) (text *bufio.Reader, done func(), err error) {
	text, _, done, err = unpack(r)
	return text, done, err
}

// Lines calls value for what each line of a plain list holds, as the kind
// "list" takes it: nothing for a comment, each name of a hosts line. The text
// lives until value returns. skip says why it is no value, "" if it is one. A word
// behind an address or hash and a colon stays: it may be a port's or a malware's.
// The error, a [LineError], is one that ends the list early.
func Lines(r io.Reader, value func(text []byte, line int, skip string)) error {
	b := buffered(r)
	take := listLineOf(b)
	return readLines(newLineReader(b), func(line []byte, no int, emit func(*Entry)) {
		if bare := cutComment(bytes.TrimSpace(line)); len(cutWord(bare)) < len(bare) {
			value(bare, no, "")
			return
		}
		take(line, no, emit)
	}, func(e *Entry) { value(e.Value, e.Line, e.Reason) })
}

// Networks returns a range of addresses, 203.0.113.4-203.0.113.9, as the fewest networks
// that are the same addresses. It gives nil for all else.
func Networks(text string) []string { return rangeNetworks(text) }

// Exceptions are what the lists of those who block names let through. The zero value is
// for the first line of a list.
type Exceptions struct{ zone zone }

// Of returns what a line lets through:
//
//	good.example CNAME rpz-passthru.          a policy zone
//	*.good.example CNAME rpz-passthru.
//	24.0.113.0.203.rpz-ip CNAME rpz-passthru.
//	server=/good.example/#                    dnsmasq
//	local-zone: "good.example" transparent    unbound
//
// below is true if that holds for everything below the names, too, as in all but the
// first. aside is true of a line that says nothing of its own, as a zone's SOA record. All
// lines are wanted, in order: names may be given within a zone.
func (x *Exceptions) Of(line string) (values []string, below, aside bool) {
	if line = strings.TrimSpace(line); line == "" {
		return nil, false, true
	}
	for n, read := range []lineReaderOf{dnsmasqLine, unboundLine, x.zone.line} {
		said := false
		ok, _ := read([]byte(line), 0, func(e *Entry) {
			if said = true; e.Reason == letThrough {
				values = appendOwner(values, string(e.Value))
			}
		})
		if ok {
			return values, n < 2 || strings.HasPrefix(line, "*."), !said
		}
	}
	return nil, false, false
}

// appendOwner appends what the owner of a record, or the names between slashes, stand
// for. Rules about who asks or who answers let no name through.
func appendOwner(dst []string, owner string) []string {
	if reversed, ok := strings.CutSuffix(owner, ".rpz-ip"); ok {
		if p, ok := reversedPrefix(reversed); ok {
			dst = append(dst, p)
		}
		return dst
	}
	if i := strings.LastIndexByte(owner, '.'); i >= 0 && strings.HasPrefix(owner[i+1:], "rpz-") {
		return dst
	}
	return append(dst, strings.FieldsFunc(owner, func(r rune) bool { return r == '/' })...)
}
