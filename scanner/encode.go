package scanner

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/formats/simd"
	"github.com/iocsweep/iocsweep/ioc"
)

// JSONL appends a hit as one line of JSON: SPEC's hit record, all keys always
// present and in a fixed order. labels follow only where they were asked for,
// reasons and suppressed_by only where a rule was true.
func JSONL(dst []byte, h *Hit) []byte {
	return appendAfterRow(appendRow(appendBeforeRow(dst, h), h.Row), h)
}

// jsonlOf is JSONL for a hit whose row is texts under fields: their names are encoded
// once, and the cells need not be gathered first.
func jsonlOf(dst []byte, h *Hit, fields []simd.Field, texts []string) []byte {
	dst = append(appendBeforeRow(dst, h), '{')
	dst = append(appendFields(dst, fields, texts), '}')
	return appendAfterRow(dst, h)
}

// appendBeforeRow appends what stands before the row of a hit.
func appendBeforeRow(dst []byte, h *Hit) []byte {
	dst = append(dst, `{"schema":1,"id":`...)
	dst = appendString(dst, h.ID)
	dst = append(dst, `,"table":`...)
	dst = appendString(dst, h.Table.Name)
	dst = append(dst, `,"time":`...)
	if h.HasTime {
		dst = append(dst, '"')
		dst = h.Time.Append(dst)
		dst = append(dst, '"')
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"time_basis":`...)
	dst = appendString(dst, h.TimeBasis)
	dst = append(dst, `,"indicator":`...)
	dst = appendIndicator(dst, h.Indicator)
	dst = append(dst, `,"also":[`...)
	for i, a := range h.Also {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"type":`...)
		dst = appendString(dst, a.Indicator.Type.String())
		dst = append(dst, `,"value":`...)
		dst = appendString(dst, a.Indicator.Value)
		dst = append(dst, `,"class":`...)
		dst = appendString(dst, a.Class.String())
		dst = append(dst, '}')
	}
	dst = append(dst, `],"matches":[`...)
	for i, m := range h.Matches {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"column":`...)
		dst = appendString(dst, m.Column)
		dst = append(dst, `,"role":`...)
		dst = appendString(dst, m.Role)
		dst = append(dst, `,"value":`...)
		dst = appendString(dst, m.Value)
		dst = append(dst, `,"class":`...)
		dst = appendString(dst, m.Class.String())
		dst = append(dst, '}')
	}
	dst = append(dst, `],"hunt":`...)
	dst = strconv.AppendBool(dst, h.Hunt)
	dst = append(dst, `,"life":`...)
	dst = appendString(dst, h.Life)
	dst = append(dst, `,"who":{`...)
	w := &h.Who
	dst = appendStringOrNull(append(dst, `"host":`...), w.Host)
	dst = appendStringOrNull(append(dst, `,"ip":`...), w.IP)
	dst = appendStringOrNull(append(dst, `,"user":`...), w.User)
	dst = appendStringOrNull(append(dst, `,"process":`...), w.Process)
	dst = appendStringOrNull(append(dst, `,"command_line":`...), w.CommandLine)
	dst = appendStringOrNull(append(dst, `,"peer":`...), w.Peer)
	dst = appendStringOrNull(append(dst, `,"peer_name":`...), w.PeerName)
	dst = appendIntOrNull(append(dst, `,"peer_port":`...), w.PeerPort.N, w.PeerPort.Known)
	dst = appendStringOrNull(append(dst, `,"protocol":`...), w.Protocol)
	dst = appendIntOrNull(append(dst, `,"bytes_out":`...), w.BytesOut.N, w.BytesOut.Known)
	dst = appendIntOrNull(append(dst, `,"bytes_in":`...), w.BytesIn.N, w.BytesIn.Known)
	dst = appendStringOrNull(append(dst, `,"direction":`...), w.Direction)
	dst = appendStringOrNull(append(dst, `,"outcome":`...), w.Outcome)
	return append(dst, `},"row":`...)
}

// appendAfterRow appends what follows the row of a hit.
func appendAfterRow(dst []byte, h *Hit) []byte {
	dst = append(dst, `,"source":{"file":`...)
	dst = appendString(dst, h.Source.Input.Path)
	dst = append(dst, `,"member":`...)
	dst = appendStringOrNull(dst, h.Source.Input.Member)
	dst = append(dst, `,"record":`...)
	dst = strconv.AppendInt(dst, h.Source.Record, 10)
	dst = append(dst, `,"line":`...)
	dst = appendIntOrNull(dst, h.Source.Line, h.Source.Line > 0)
	dst = append(dst, `,"group":`...)
	dst = appendIntOrNull(dst, int64(h.Source.Group), h.Source.Group >= 0)
	dst = append(dst, '}')
	if h.Labels != nil {
		dst = append(dst, `,"labels":`...)
		dst = appendStrings(dst, h.Labels)
	}
	if len(h.Reasons) > 0 {
		dst = append(dst, `,"reasons":`...)
		dst = appendReasons(dst, h.Reasons)
	}
	if len(h.SuppressedBy) > 0 {
		dst = append(dst, `,"suppressed_by":`...)
		dst = appendStrings(dst, h.SuppressedBy)
	}
	return append(dst, '}', '\n')
}

func appendReasons(dst []byte, list []Reason) []byte {
	dst = append(dst, '[')
	for i, r := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"rule":`...)
		dst = appendString(dst, r.Rule)
		dst = append(dst, `,"predicates":[`...)
		for n, p := range r.Predicates {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, `{"predicate":`...)
			dst = appendString(dst, p.Predicate)
			dst = append(dst, `,"value":"`...)
			dst = append(dst, p.Value.String()...)
			dst = append(dst, `"}`...)
		}
		dst = append(dst, `]}`...)
	}
	return append(dst, ']')
}

func appendIndicator(dst []byte, i *ioc.Indicator) []byte {
	dst = append(dst, `{"type":`...)
	dst = appendString(dst, i.Type.String())
	dst = append(dst, `,"value":`...)
	dst = appendString(dst, i.Value)
	dst = append(dst, `,"threat_type":`...)
	dst = appendStringOrNull(dst, i.ThreatType)
	dst = append(dst, `,"malware":`...)
	dst = appendStringOrNull(dst, i.Malware)
	dst = append(dst, `,"confidence":`...)
	dst = appendIntOrNull(dst, int64(i.Confidence), i.Confidence >= 0)
	dst = append(dst, `,"first_seen":`...)
	dst = appendDateOrNull(dst, i.FirstSeen)
	dst = append(dst, `,"last_seen":`...)
	dst = appendDateOrNull(dst, i.LastSeen)
	dst = append(dst, `,"valid_until":`...)
	dst = appendDateOrNull(dst, i.ValidUntil)
	dst = append(dst, `,"compromised":`...)
	dst = append(dst, compromised(i)...)
	dst = append(dst, `,"tags":`...)
	dst = appendStrings(dst, i.Tags)
	dst = append(dst, `,"feeds":`...)
	dst = appendStrings(dst, i.Feeds)
	return append(dst, '}')
}

func appendDateOrNull(dst []byte, d ioc.Date) []byte {
	if d.IsZero() {
		return append(dst, "null"...)
	}
	return append(d.AppendTo(append(dst, '"')), '"')
}

func compromised(i *ioc.Indicator) string {
	switch i.Compromised {
	case 1:
		return "true"
	case 0:
		return "false"
	}
	return "null"
}

// appendRow writes the projected row as one JSON object. Names may repeat
// where the file's do; readers then keep the last, as JSON has it.
func appendRow(dst []byte, row []Cell) []byte {
	dst = append(dst, '{')
	for i, c := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, c.Name)
		dst = append(dst, ':')
		dst = appendString(dst, c.Value)
	}
	return append(dst, '}')
}

// appendFields appends strings behind what stands before them.
func appendFields(dst []byte, fields []simd.Field, texts []string) []byte {
	for len(fields) > 0 {
		dst = slices.Grow(dst, 4<<10) // more than most rows have
		n, done := simd.Fields(dst[len(dst):cap(dst)], fields, texts)
		dst = dst[:len(dst)+n]
		if fields = fields[done:]; len(fields) > 0 {
			f := &fields[0]
			dst = appendString(append(dst, f.Before...), cellAt(texts, f.At))
			fields = fields[1:]
		}
	}
	return dst
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

func appendStringOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return appendString(dst, s)
}

func appendIntOrNull(dst []byte, n int64, ok bool) []byte {
	if !ok {
		return append(dst, "null"...)
	}
	return strconv.AppendInt(dst, n, 10)
}

const hexDigits = "0123456789abcdef"

// appendPlain appends the beginning of s as the inside of a JSON string: bytes
// that such a string holds as they are, and quotes and backslashes behind a
// backslash each. It returns the rest, which begins with something else; for most
// texts there is none.
func appendPlain(dst []byte, s string) ([]byte, string) {
	at, i := len(dst), 0
	dst = slices.Grow(dst, len(s)+8)
	to := dst[at : at+len(s)+8]
	if last := len(s) - 8; last >= 0 {
		for ; i < last; i += 8 {
			x := load8(s, i)
			if otherThanPlain(x) != 0 {
				return appendEscaped(dst[:at+i], s[i:])
			}
			binary.LittleEndian.PutUint64(to[i:], x)
		}
		x := load8(s, last) // the last 8 bytes, overlapping the previous word
		if otherThanPlain(x) != 0 {
			return appendEscaped(dst[:at+i], s[i:])
		}
		binary.LittleEndian.PutUint64(to[last:], x)
	} else {
		x := loadShort(s) | letters<<(8*len(s))
		if otherThanPlain(x) != 0 {
			return appendEscaped(dst[:at], s)
		}
		binary.LittleEndian.PutUint64(to, x)
	}
	return dst[:at+len(s)], ""
}

// appendEscaped is appendPlain for a text that has something to be escaped. It
// takes eight bytes at a time and writes as many: what follows a character that is
// escaped is written over.
func appendEscaped(dst []byte, s string) ([]byte, string) {
	if len(s) > largeText {
		return appendLarge(dst, s)
	}
	at := len(dst)
	dst = slices.Grow(dst, 2*len(s)+8)
	to := dst[at:cap(dst)]
	i, n := 0, 0 // read, written
	for i < len(s) {
		var x uint64
		left := len(s) - i
		switch {
		case left >= 8:
			x, left = load8(s, i), 8
		case len(s) >= 8:
			x = load8(s, len(s)-8)>>(64-8*left) | letters<<(8*left)
		default:
			x = loadShort(s)>>(8*i) | letters<<(8*left)
		}
		binary.LittleEndian.PutUint64(to[n:], x)
		other := otherThanPlain(x)
		if other == 0 {
			i, n = i+left, n+left
			continue
		}
		k := bits.TrailingZeros64(other) >> 3
		i, n = i+k, n+k
		if c := s[i]; c != '"' && c != '\\' {
			break
		}
		to[n], to[n+1] = '\\', s[i]
		i, n = i+1, n+2
	}
	return dst[:at+n], s[i:]
}

// largeText is up to which length room is made for a text twice over.
const largeText = 32 << 10

// appendLarge is appendEscaped for a large text.
func appendLarge(dst []byte, s string) ([]byte, string) {
	for s != "" {
		n := min(len(s), largeText)
		var rest string
		if dst, rest = appendEscaped(dst, s[:n]); rest != "" {
			return dst, s[n-len(rest):]
		}
		s = s[n:]
	}
	return dst, ""
}

// letters are eight bytes that a JSON string holds as they are.
const letters = 0x6161616161616161

// otherThanPlain has the top bit set of the first of eight bytes that a JSON string
// does not hold as it is, and of none before it; 0 if there is no such byte.
func otherThanPlain(x uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quote, slash := x^'"'*ones, x^'\\'*ones
	return (x | (x + ones) | (x - ' '*ones) | (quote-ones)&^quote | (slash-ones)&^slash) & tops
}

// loadShort returns the bytes of a text of at most seven, the first one lowest.
func loadShort(s string) uint64 {
	switch n := len(s); {
	case n >= 4:
		return uint64(load4(s, 0)) | uint64(load4(s, n-4))<<(8*(n-4))
	case n > 0:
		return uint64(s[0]) | uint64(s[n/2])<<(8*(n/2)) | uint64(s[n-1])<<(8*(n-1))
	}
	return 0
}

func load8(s string, at int) uint64 {
	b := s[at : at+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

func load4(s string, at int) uint32 {
	b := s[at : at+4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// appendString appends s as a JSON string. Beyond what JSON asks for, it
// escapes everything that could drive a terminal (C1 controls, bidi and
// zero-width characters, line separators), so that a hit may be looked at with
// cat; bytes that are no UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, `""`...)
	}
	dst, s = appendPlain(append(dst, '"'), s)
	for s != "" {
		if c := s[0]; c < utf8.RuneSelf {
			switch c {
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			if s = s[1:]; s != "" && s[0] >= ' ' && s[0] < utf8.RuneSelf {
				dst, s = appendPlain(dst, s)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, "\ufffd"...)
		case hidden(r) && r <= 0xffff:
			dst = append(dst, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = append(dst, s[:n]...)
		}
		if s = s[n:]; s != "" && s[0] >= ' ' && s[0] < utf8.RuneSelf {
			dst, s = appendPlain(dst, s)
		}
	}
	return append(dst, '"')
}

// hidden reports whether a character beyond ASCII moves the cursor, turns the
// direction of text, or shows nothing at all.
func hidden(r rune) bool {
	switch {
	case r < 0xa0, // C1 controls; callers deal with ASCII
		r == 0xad, r == 0x61c, r == 0x180e, r == 0xfeff,
		r >= 0x200b && r <= 0x200f,
		r >= 0x2028 && r <= 0x202e,
		r >= 0x2060 && r <= 0x206f,
		r >= 0xfff9 && r <= 0xfffb,
		r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}

// Printable returns s with everything that could drive a terminal shown
// instead of sent: \x1b, \n, \u202e, and \xff for bytes that are no UTF-8.
func Printable(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= ' ' && s[i] < 0x7f
	}
	if clean {
		return s
	}
	var dst []byte
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, '\\', 'x', hexDigits[s[i]>>4], hexDigits[s[i]&15])
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < ' ' || r == 0x7f:
			dst = append(dst, '\\', 'x', hexDigits[r>>4], hexDigits[r&15])
		case r > 0x7f && hidden(r):
			dst = append(dst, '\\', 'u')
			if r > 0xffff {
				dst = append(dst, hexDigits[r>>16&15])
			}
			dst = append(dst, hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = append(dst, s[i:i+n]...)
		}
		i += n
	}
	return string(dst)
}

// PrintableLines is Printable for text that we laid out ourselves: its line
// breaks and tabs stay.
func PrintableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		cells := strings.Split(l, "\t")
		for n, c := range cells {
			cells[n] = Printable(c)
		}
		lines[i] = strings.Join(cells, "\t")
	}
	return strings.Join(lines, "\n")
}
