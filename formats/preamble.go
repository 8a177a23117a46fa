package formats

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A preamble is other text above the JSON in the same file: warnings of the program that
// wrote it, the head of a transcript or of an HTTP answer. As many lines and bytes may
// stand above the header of a CSV file.
//
//	WARNING: Command group 'monitor log-analytics' is in preview.
//	[{"TimeGenerated":"2025-04-01T02:13:07.482Z","SourceIP":"10.0.0.5"}]
const (
	maxPreambleLines = 20
	maxPreamble      = 4096
)

// preambled returns the format of JSON that lies behind a preamble and has records of a
// known table, and sets c.preamble to the length of the preamble; nil for anything else.
func (c *Content) preambled(o Options) *Format {
	head := bytes.TrimPrefix(c.Head, []byte(utf8BOM))
	n := preamble(head)
	if n == 0 {
		return nil
	}
	format, search := &JSON, newJSONSearch(Options{Table: o.Table})
	if rest := head[n:]; JSONL.Sniff(rest) {
		if search.lines(rest); !search.settled {
			return nil
		}
		format = &JSONL
	} else if !sniffJSON(rest) || !search.holds(rest) {
		return nil
	}
	c.preamble = n
	return format
}

// preamble returns the length of the lines before the first one that begins as JSON
// does; 0 if there are none or too many, or if one of them may be a record itself.
func preamble(head []byte) int {
	if text := trimJSONHead(head); len(text) == 0 || text[0] == '{' || text[0] == '[' {
		return 0 // white space alone is none
	}
	at, before := 0, ""
	for n := 0; n <= maxPreambleLines && at <= maxPreamble; n++ {
		line, _, whole := bytes.Cut(head[at:], []byte{'\n'})
		if len(line) > 0 && (line[0] == '{' || line[0] == '[') {
			return at
		}
		text := strings.TrimSpace(string(line[:min(len(line), maxPreamble)]))
		if !whole || resemblesRecord(text, before) {
			return 0
		}
		at, before = at+len(line)+1, text
	}
	return 0
}

// resemblesRecord reports whether a line may be a record of a log, a table or JSON, or a
// piece of one. before is the line above it. In doubt a line is a record, since lines
// that are skipped are not matched.
func resemblesRecord(line, before string) bool {
	if line == "" {
		return false
	}
	words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t,;|\"'()<>=", r) })
	switch {
	case strings.ContainsAny(line, "{}") || strings.Contains(line, `":`) || strings.IndexByte(`"],`, line[0]) >= 0:
		return true
	case len(words) > 0 && isValue(words[0]):
		return true // a log begins its lines with a time
	}
	if _, err := time.Parse(time.Stamp, line[:min(len(line), len(time.Stamp))]); err == nil {
		return true
	}
	for _, word := range words {
		_, addr := netip.ParseAddr(word)
		_, port := netip.ParseAddrPort(word)
		if addr == nil || port == nil {
			return true
		}
	}
	for _, sep := range csvSeparators {
		if n := strings.Count(line, string(sep)); n > 1 && n == strings.Count(before, string(sep)) {
			return true
		}
	}
	return false
}

// holds reports whether the document at the start of a head has records of a known table.
func (s *jsonSearch) holds(head []byte) bool {
	end := len(head)
	b := padded(head)
	if b[0] == '{' && s.tableOf(b, []jsonRow{{0, uint32(end)}}) != "" {
		return true
	}
	what, _ := s.find(b, b[0], 1, end, jsonNesting)
	return what != holdsNothing
}

// notes says how the text was changed before it reached a reader, and how much text
// above the JSON is not read.
func (c *Content) notes() []string {
	notes := slices.Clip(c.remarks)
	if c.preamble == 0 {
		return notes
	}
	head := bytes.TrimPrefix(c.Head, []byte(utf8BOM))
	lines := "a line"
	if n := bytes.Count(head[:c.preamble], []byte{'\n'}); n > 1 {
		lines = fmt.Sprintf("%d lines", n)
	}
	return append(notes, lines+" of text above the JSON, not read")
}

// remark adds a note about what was done to the text.
func (c *Content) remark(format string, args ...any) {
	c.remarks = append(slices.Clip(c.remarks), fmt.Sprintf(format, args...))
}
