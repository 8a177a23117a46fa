package feed

import (
	"bytes"
	"io"
	"strings"
)

// torExits is Tor's list of the addresses from which its exits were seen to come:
//
//	ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
//	Published 2026-05-20 10:11:12
//	LastStatus 2026-05-20 12:00:00
//	ExitAddress 203.0.113.7 2026-05-20 12:05:06
//
// Archives of it begin with @type and Downloaded. The time behind an address is
// when it was last seen. What identifies a node is no hash of a file.
var torExits = Kind{Name: "tor-exits", Sniff: sniffTorExits, Read: readTorExits}

func sniffTorExits(head []byte) bool {
	nodes, addresses := 0, 0
	sampleLines(head, func(line []byte) bool {
		switch {
		case bytes.HasPrefix(line, []byte("ExitNode ")):
			nodes++
		case bytes.HasPrefix(line, []byte("ExitAddress ")):
			addresses++
		}
		return nodes == 0 || addresses == 0
	})
	first := firstLine(head)
	return nodes > 0 && addresses > 0 && (bytes.HasPrefix(first, []byte("ExitNode ")) || bytes.HasPrefix(first, []byte("@type tordnsel ")))
}

func readTorExits(r io.Reader, emit func(*Entry)) error {
	return newLineReader(r).each(emit, func(line []byte, no int) {
		word, rest, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		switch word {
		case "", "@type", "Downloaded", "ExitNode", "Published", "LastStatus":
		case "ExitAddress":
			e := newEntry(no)
			value, seen, _ := strings.Cut(rest, " ")
			e.Value, e.Type, e.LastSeen = []byte(value), "ip", text(seen).date(no, emit)
			emit(&e)
		default:
			reject(emit, no, string(line), "not a line of Tor's list")
		}
	})
}
