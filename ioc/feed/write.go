package feed

import (
	"bufio"
	"encoding/csv"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
)

// WriteJSONL writes indicators as one JSON object a line, as appendJSON makes
// them. What it writes can be read as a feed.
func WriteJSONL(w io.Writer, list iter.Seq[ioc.Indicator]) error {
	b := bufio.NewWriterSize(w, headSize)
	var line []byte
	for i := range list {
		line = append(appendJSON(line[:0], &i), '\n')
		if _, err := b.Write(line); err != nil {
			return err
		}
	}
	return b.Flush()
}

// appendJSON appends an indicator as a JSON object with all its keys, in this
// order: type, value, threat_type, malware, confidence, first_seen, last_seen,
// valid_until, compromised, tags, feeds. What is not known is null. Control
// characters and others that do not show are escaped.
func appendJSON(dst []byte, i *ioc.Indicator) []byte {
	dst = appendText(append(dst, `{"type":`...), i.Type.String())
	dst = appendText(append(dst, `,"value":`...), i.Value)
	dst = appendTextOrNull(append(dst, `,"threat_type":`...), i.ThreatType)
	dst = appendTextOrNull(append(dst, `,"malware":`...), i.Malware)
	dst = append(dst, `,"confidence":`...)
	if i.Confidence < 0 {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendInt(dst, int64(i.Confidence), 10)
	}
	dst = appendTextOrNull(append(dst, `,"first_seen":`...), i.FirstSeen.String())
	dst = appendTextOrNull(append(dst, `,"last_seen":`...), i.LastSeen.String())
	dst = appendTextOrNull(append(dst, `,"valid_until":`...), i.ValidUntil.String())
	dst = append(append(dst, `,"compromised":`...), compromised(i, "null")...)
	dst = appendTexts(append(dst, `,"tags":`...), i.Tags)
	dst = appendTexts(append(dst, `,"feeds":`...), i.Feeds)
	return append(dst, '}')
}

func compromised(i *ioc.Indicator, unknown string) string {
	switch i.Compromised {
	case 1:
		return "true"
	case 0:
		return "false"
	}
	return unknown
}

func appendTexts(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for n, s := range list {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, s)
	}
	return append(dst, ']')
}

func appendTextOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return appendText(dst, s)
}

// appendText appends a JSON string.
func appendText(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s { // a byte that is no UTF-8 gives U+FFFD
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r >= ' ' && r < 0x7f:
			dst = append(dst, byte(r))
		case r <= 0xffff && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)):
			dst = append(dst, '\\', 'u', hex[r>>12], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// formulaStarts are the characters with which a spreadsheet takes a cell for a
// formula.
const formulaStarts = "=+-@\t\r"

// WriteCSV writes indicators as a table with a header, in the order of
// appendJSON; tags are joined by commas, feeds by blanks, and what is not known
// is empty. Cells that a spreadsheet would run as a formula have an apostrophe
// before them, and control characters are left out or blanks. What it writes can be read
// as a feed, but for the feeds.
func WriteCSV(w io.Writer, list iter.Seq[ioc.Indicator]) error {
	c := csv.NewWriter(w)
	c.Write([]string{"type", "value", "threat_type", "malware", "confidence", "first_seen", "last_seen", "valid_until", "compromised", "tags", "feeds"})
	for i := range list {
		level := ""
		if i.Confidence >= 0 {
			level = strconv.Itoa(i.Confidence)
		}
		record := []string{i.Type.String(), i.Value, i.ThreatType, i.Malware, level, i.FirstSeen.String(), i.LastSeen.String(), i.ValidUntil.String(),
			compromised(&i, ""), strings.Join(i.Tags, ","), strings.Join(i.Feeds, " ")}
		for k, cell := range record {
			record[k] = tame(cell)
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// tame makes a cell safe in a spreadsheet and on a terminal.
func tame(cell string) string {
	cell = strings.Map(shown, cell)
	if cell != "" && strings.IndexByte(formulaStarts, cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}
