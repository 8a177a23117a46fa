package feed

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strconv"
)

// threatfoxCSV is ThreatFox's export: a banner and the header as comments, a
// blank after each comma, and a closing comment with the number of entries:
//
//	# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type",…
//	"2026-03-15 04:01:14", "1766764", "202.191.67.71:50003", "ip:port", "botnet_cc", …
//
// Rows that somebody cut out of it, without the banner, are of this kind too.
var threatfoxCSV = Kind{Name: "threatfox-csv", Sniff: sniffThreatFoxCSV, Read: readThreatFoxCSV, pieces: threatfoxInPieces}

// threatfoxHeader is the header where the feed has lost its own.
var threatfoxHeader = []string{"first_seen_utc", "ioc_id", "ioc_value", "ioc_type", "threat_type", "fk_malware", "malware_alias",
	"malware_printable", "last_seen_utc", "confidence_level", "is_compromised", "reference", "tags", "anonymous", "reporter"}

var threatfoxTypes = []string{"ip:port", "domain", "url", "md5_hash", "sha1_hash", "sha256_hash", "sha3_384_hash", "envelope_from", "body_from"}

func sniffThreatFoxCSV(head []byte) bool {
	found := false
	sampleLines(head, func(line []byte) bool {
		line = bytes.TrimSpace(line)
		if _, ok := threatfoxColumns(line); ok {
			found = true
			return false
		}
		return len(line) == 0 || line[0] == '#'
	})
	if found {
		return true
	}
	first := firstLine(head)
	c := recordReader{delim: ','}
	return first != nil && c.split(first) && len(c.cells) == len(threatfoxHeader) && slices.Contains(threatfoxTypes, string(c.cells[3]))
}

// threatfoxColumns reads the header, commented or not.
func threatfoxColumns(line []byte) (layout, bool) {
	line = bytes.TrimLeft(line, "# \t")
	if !bytes.Contains(line, []byte("ioc_value")) || !bytes.Contains(line, []byte("ioc_type")) {
		return layout{}, false
	}
	c := recordReader{delim: ','}
	c.split(line)
	return readHeader(c.cells)
}

func readThreatFoxCSV(r io.Reader, emit func(*Entry)) error {
	return newThreatFoxTable().read(newRecordReader(r, ','), emit)
}

func threatfoxInPieces(r *reading, in *bufio.Reader) error {
	return newThreatFoxTable().readInPieces(newRecordReader(in, ','), in, r)
}

func newThreatFoxTable() *rows {
	l, _ := readHeader(rawCells(threatfoxHeader))
	return &rows{layout: l, words: newInterner(), threatfox: true, promised: none}
}

// isThreatFoxHeader reports whether a record is the header, without its #.
func isThreatFoxHeader(cells [][]byte) bool {
	return slices.ContainsFunc(cells, func(c []byte) bool { return string(c) == "ioc_value" })
}

// comment reads a comment of a ThreatFox export: the header, and at the end how
// many entries the feed had. Fewer mean a file that was cut and put together
// again. Comments of other tables say nothing.
func (r *rows) comment(line []byte, no int) {
	if !r.threatfox {
		return
	}
	if l, ok := threatfoxColumns(line); ok {
		r.layout = l
	}
	if n, ok := bytes.CutPrefix(line, []byte("# Number of entries:")); ok {
		if v, err := strconv.Atoi(string(bytes.TrimSpace(n))); err == nil {
			r.promised, r.promise = v, no
		}
	}
}

// end notes what a comment has promised and the table has not kept.
func (r *rows) end(emit func(*Entry)) {
	if r.promised != none && r.promised != r.entries {
		note(emit, r.promise, "Number of entries: "+strconv.Itoa(r.promised), "the feed has "+strconv.Itoa(r.entries)+" entries")
	}
}
