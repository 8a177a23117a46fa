package scanner

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/scanner/table"
)

// CSVHeader is the first line of the CSV format, written even with no hits.
func CSVHeader() []byte {
	names := []string{"schema", "id", "table", "time", "time_basis",
		"indicator.type", "indicator.value", "indicator.threat_type", "indicator.malware", "indicator.confidence",
		"indicator.first_seen", "indicator.last_seen", "indicator.valid_until", "indicator.compromised",
		"indicator.tags", "indicator.feeds",
		"also.value", "matches.column", "matches.role", "matches.value", "matches.class", "hunt", "life"}
	for _, a := range new(table.Who).Answers() {
		names = append(names, "who."+a.Name)
	}
	names = append(names, "row", "source.file", "source.member", "source.record", "source.line", "source.group")
	return []byte(strings.Join(names, ",") + "\r\n")
}

// CSVLabelsHeader is the first line where hits have labels: one column more, at
// the end.
func CSVLabelsHeader() []byte {
	return append(bytes.TrimSuffix(CSVHeader(), []byte("\r\n")), ",labels\r\n"...)
}

// CSV appends a hit as one CSV record: every scalar of the hit record under
// its dotted name, lists joined by | (a | inside a value is \|), and the row
// as one JSON cell. Cells that a spreadsheet would run as a formula start
// with an apostrophe.
func CSV(dst []byte, h *Hit) []byte {
	text := func(s string) { dst = append(appendCSVCell(dst, s), ',') }
	number := func(n int64, ok bool) {
		if ok {
			dst = strconv.AppendInt(dst, n, 10)
		}
		dst = append(dst, ',')
	}
	list := func(n int, at func(i int) string) { text(csvList(n, at)) }
	number(Schema, true)
	text(h.ID)
	text(h.Table.Name)
	if h.HasTime {
		dst = append(dst, h.Time.String()...)
	}
	dst = append(dst, ',')
	text(h.TimeBasis)

	i := h.Indicator
	text(i.Type.String())
	text(i.Value)
	text(i.ThreatType)
	text(i.Malware)
	number(int64(i.Confidence), i.Confidence >= 0)
	text(i.FirstSeen.String())
	text(i.LastSeen.String())
	text(i.ValidUntil.String())
	if c := compromised(i); c != "null" {
		dst = append(dst, c...)
	}
	dst = append(dst, ',')
	list(len(i.Tags), func(n int) string { return i.Tags[n] })
	list(len(i.Feeds), func(n int) string { return i.Feeds[n] })

	list(len(h.Also), func(n int) string { return h.Also[n].Indicator.Value })
	list(len(h.Matches), func(n int) string { return h.Matches[n].Column })
	list(len(h.Matches), func(n int) string { return h.Matches[n].Role })
	list(len(h.Matches), func(n int) string { return h.Matches[n].Value })
	list(len(h.Matches), func(n int) string { return h.Matches[n].Class.String() })
	dst = strconv.AppendBool(dst, h.Hunt)
	dst = append(dst, ',')
	text(h.Life)
	for _, a := range h.Who.Answers() {
		if a.Number != nil {
			number(a.Number.N, a.Number.Known)
		} else {
			text(*a.Text)
		}
	}
	text(string(appendRow(nil, h.Row)))
	text(h.Source.Input.Path)
	text(h.Source.Input.Member)
	number(h.Source.Record, true)
	number(h.Source.Line, h.Source.Line > 0)
	if h.Source.Group >= 0 {
		dst = strconv.AppendInt(dst, int64(h.Source.Group), 10)
	}
	if h.Labels != nil {
		dst = append(dst, ',')
		list(len(h.Labels), func(n int) string { return h.Labels[n] })
		dst = dst[:len(dst)-1] // the comma
	}
	return append(dst, '\r', '\n')
}

// csvList is n texts joined by |; a | inside one is \|.
func csvList(n int, at func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(strings.ReplaceAll(at(i), "|", `\|`))
	}
	return b.String()
}

// appendCSVCell appends a cell, quoted where it has to be. What a spreadsheet would run as a
// formula begins with an apostrophe.
func appendCSVCell(dst []byte, s string) []byte {
	formula := s != "" && strings.IndexByte("=+-@\t\r\n", s[0]) >= 0
	if !formula && !strings.ContainsAny(s, ",\"\r\n") {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	if formula {
		dst = append(dst, '\'')
	}
	for i := range len(s) {
		if s[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}
