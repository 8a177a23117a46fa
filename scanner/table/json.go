package table

import (
	"bytes"
	"encoding/json"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
)

// maxJSON bounds the cells that are taken apart: it runs on hits only, but a
// hostile cell must not cost a second.
const maxJSON = 1 << 20

// An object is a JSON object cell taken apart.
type object struct {
	cell    string
	members []member
}

type member struct{ key, raw string }

// read takes a cell apart, which may be JSON text within a JSON string. One that is no
// valid JSON object has no members.
func (o *object) read(cell string) {
	o.cell, o.members = cell, o.members[:0]
	cell = strings.TrimSpace(cell)
	if len(cell) > maxJSON {
		return
	}
	if strings.HasPrefix(cell, `"`) {
		var inner string
		if json.Unmarshal([]byte(cell), &inner) != nil {
			return
		}
		cell = strings.TrimSpace(inner)
	}
	if o.flat(cell) {
		return
	}
	o.members = o.members[:0]
	if !strings.HasPrefix(cell, "{") {
		return
	}
	if undone := ioc.UndoubledJSON([]byte(cell)); undone != nil {
		cell = string(undone)
	} else if !json.Valid([]byte(cell)) {
		return
	}
	// What is valid needs no second look: only its tokens are told apart.
	for i := skipBlank(cell, 1); cell[i] != '}'; i = skipBlank(cell, i) {
		if cell[i] == ',' {
			i = skipBlank(cell, i+1)
		}
		end := tokenEnd(cell, i)
		key, _ := jsonText(cell[i:end])
		i = skipBlank(cell, skipBlank(cell, end)+1)
		end = tokenEnd(cell, i)
		o.members = append(o.members, member{key, cell[i:end]})
		i = end
	}
}

// flat takes a cell apart that is an object of plain values, without blanks, as
// services write them. It returns false for anything else, valid or not.
func (o *object) flat(s string) bool {
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return false
	}
	for i := 1; ; i++ {
		end := plainText(s, i)
		if end < 0 || s[end] != ':' { // the brace at the end is no colon
			return false
		}
		key := s[i+1 : end-1]
		if !plainKey(key) {
			return false
		}
		i = end + 1
		if end = plainValue(s, i, maxPlain); end < 0 {
			return false
		}
		o.members = append(o.members, member{key, s[i:end]})
		switch i = end; {
		case i == len(s)-1:
			return true
		case s[i] != ',':
			return false
		}
	}
}

// maxPlain is how deep plain lists and objects are followed.
const maxPlain = 8

// plainValue returns where the plain value ends that starts at s[i], or -1: a
// text, number, true, false or null, or a list or object of plain values. The brace
// of the object that it stands in follows at the latest.
func plainValue(s string, i, depth int) int {
	switch s[i] {
	case '"':
		return plainText(s, i)
	case '[', '{':
		if depth == 0 {
			return -1
		}
		end := plainMany(s, i, depth-1)
		if end == len(s) { // the brace was its own
			return -1
		}
		return end
	}
	end := i
	for s[end] != ',' && s[end] != '}' && s[end] != ']' {
		end++
	}
	if !plainWord(s[i:end]) {
		return -1
	}
	return end
}

// plainMany is plainValue for a list or an object.
func plainMany(s string, i, depth int) int {
	named, closing := s[i] == '{', s[i]+2
	if i++; i < len(s) && s[i] == closing {
		return i + 1
	}
	for i < len(s) {
		if named {
			if i = plainText(s, i); i < 0 || s[i] != ':' {
				return -1
			}
			i++
		}
		end := plainValue(s, i, depth)
		switch {
		case end < 0:
			return -1
		case s[end] == closing:
			return end + 1
		case s[end] != ',':
			return -1
		}
		i = end + 1
	}
	return -1
}

// plainKey reports whether the inside of a key is the key: nothing in it is
// escaped, and it is ASCII, as services' keys are.
func plainKey(key string) bool {
	for i := range len(key) {
		if key[i] == '\\' || key[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// plainText returns where the text ends that starts at s[i], behind its quote,
// or -1 if it is no text. It ends before the last byte of s.
func plainText(s string, i int) int {
	if s[i] != '"' {
		return -1
	}
	for i++; i < len(s)-1; i++ {
		for i+8 < len(s) {
			other := notPlain(s, i)
			if other == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(other) >> 3
			break
		}
		switch c := s[i]; {
		case c == '"':
			if i == len(s)-1 {
				return -1
			}
			return i + 1
		case c == '\\':
			if i++; i >= len(s)-1 {
				return -1
			}
			switch s[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if i+4 >= len(s) || !isHex4(s[i+1:i+5]) {
					return -1
				}
				i += 4
			default:
				return -1
			}
		case c < ' ':
			return -1
		}
	}
	return -1
}

// isHex4 reports whether a text is the four digits of a character's number.
func isHex4(s string) bool {
	_, err := strconv.ParseUint(s, 16, 16)
	return err == nil
}

// notPlain has, of the eight bytes of s from i on, the top bit of the first one
// that is a quote, a backslash or a control, and of no byte before that; 0 if there
// is none.
func notPlain(s string, i int) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	b := s[i : i+8]
	x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
	quote, slash := x^'"'*ones, x^'\\'*ones
	return ((x-' '*ones)&^x | (quote-ones)&^quote | (slash-ones)&^slash) & tops
}

// plainWord reports whether a JSON value is true, false, null or a number without
// exponent.
func plainWord(s string) bool {
	if s == "true" || s == "false" || s == "null" {
		return true
	}
	s = strings.TrimPrefix(s, "-")
	whole, part, broken := strings.Cut(s, ".")
	return digits(whole) && (whole[0] != '0' || len(whole) == 1) && (!broken || digits(part))
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func skipBlank(s string, i int) int {
	for s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r' {
		i++
	}
	return i
}

// tokenEnd returns where the JSON value ends that starts at s[i].
func tokenEnd(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of what the value stands in
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// member returns the value of a key as text: strings unquoted, numbers and booleans as
// written, arrays and objects as JSON. Keys compare exactly first, then without regard
// to case; of equal keys the last counts. has is false if the key is missing or null.
func (o *object) member(key string) (value string, has bool) {
	best := -1
	for i, m := range o.members {
		if m.key != "" && key != "" && m.key[0]|key[0] < utf8.RuneSelf && (m.key[0]^key[0])&^0x20 != 0 {
			continue // they begin with different letters
		}
		switch {
		case m.key == key, best >= 0 && m.key == o.members[best].key:
			best = i
		case best >= 0 && o.members[best].key == key:
		case strings.EqualFold(m.key, key) && (best < 0 || m.key < o.members[best].key):
			best = i // the least key, so that the order of the file does not matter
		}
	}
	if best < 0 {
		return "", false
	}
	return jsonText(o.members[best].raw)
}

// jsonText is a valid JSON value as text.
func jsonText(raw string) (string, bool) {
	switch {
	case raw == "null":
		return "", false
	case raw[0] != '"':
		return raw, true
	}
	if inner := raw[1 : len(raw)-1]; strings.IndexByte(inner, '\\') < 0 && utf8.ValidString(inner) {
		return inner, true
	}
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil {
		return "", false
	}
	return s, true
}

// List splits a cell that holds several values: a JSON array, or parts
// separated by comma, semicolon or space. Elements are trimmed; empty ones are
// left out. It returns nil for an empty cell.
func List(cell string) []string {
	cell = strings.TrimSpace(cell)
	if strings.HasPrefix(cell, "[") && len(cell) <= maxJSON {
		var raw []json.RawMessage
		if json.Unmarshal([]byte(cell), &raw) == nil {
			var list []string
			for _, r := range raw {
				if s, ok := jsonText(string(bytes.TrimSpace(r))); ok && s != "" {
					list = append(list, s)
				}
			}
			return list
		}
	}
	return strings.FieldsFunc(cell, separates)
}

// separates reports whether a character stands between the parts of a list.
func separates(r rune) bool {
	return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r'
}

// hasElement reports whether List finds something other than placeholders.
func hasElement(cell string) bool {
	something := func(part string) bool { return !placeholder(part) }
	if strings.HasPrefix(cell, "[") {
		return slices.ContainsFunc(List(cell), something)
	}
	from := 0
	for i := 0; i <= len(cell); i++ {
		if i < len(cell) && !separates(rune(cell[i])) {
			continue
		}
		if part := cell[from:i]; part != "" && something(part) {
			return true
		}
		from = i + 1
	}
	return false
}

// placeholder reports whether a text stands for nothing, as firewalls and portals
// write it.
func placeholder(s string) bool { return s == "-" || len(s) == 3 && strings.EqualFold(s, "N/A") }
