package formats

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// The functions here step over JSON text from position to position. They look
// at b[p:end] alone, but load eight bytes at a time: b must reach jsonPad bytes
// beyond end (whatever those hold).
const jsonPad = 8

// jsonMaxDepth bounds how deep objects and arrays may nest. Real records nest
// three or four levels; the bound keeps hostile ones off the stack.
const jsonMaxDepth = 512

// A jsonFault says what is wrong with a piece of JSON text; zero is nothing.
type jsonFault uint8

const (
	jsonOK jsonFault = iota // for the others see jsonFaults
	jsonEnds
	jsonNoKey
	jsonNoColon
	jsonNoValue
	jsonNoComma
	jsonOpenString
	jsonBadNumber
	jsonBadWord
	jsonTooDeep
	jsonTrailing
	jsonNotObject
	jsonNotRow
	jsonMismatch
)

var jsonFaults = [...]string{
	jsonOK:         "",
	jsonEnds:       "ends early",
	jsonNoKey:      "want a key in quotes",
	jsonNoColon:    "want a colon after the key",
	jsonNoValue:    "want a value",
	jsonNoComma:    "want a comma or the closing bracket",
	jsonOpenString: "string never ends",
	jsonBadNumber:  "bad number",
	jsonBadWord:    "want true, false or null",
	jsonTooDeep:    "nested more than 512 deep",
	jsonTrailing:   "more text after the record",
	jsonNotObject:  "not an object",
	jsonNotRow:     "neither an object nor an array",
	jsonMismatch:   "brackets do not match",
}

// jsonError is a fault and where in its record it is.
type jsonError struct {
	fault jsonFault
	at    int // bytes from the start of the record
}

func (e *jsonError) Error() string {
	return ErrSyntax.Error() + ": " + jsonFaults[e.fault] + " at byte " + strconv.Itoa(e.at+1) + " of the record"
}

func (e *jsonError) Unwrap() error { return ErrSyntax }

const (
	swarOnes  = 0x0101010101010101
	swarHighs = 0x8080808080808080
)

// jsonQuote returns where the string ends that began before p: the position of
// its closing quote, or -1. Only quotes are looked for, since a backslash
// matters to the structure only before a quote. Whether escapes are well-formed
// matters to no one but a reader of the cell.
func jsonQuote(b []byte, p, end int) int {
	for from := p; p < end; {
		x := binary.LittleEndian.Uint64(b[p:]) ^ ('"' * swarOnes)
		x = (x - swarOnes) &^ x & swarHighs
		if x == 0 {
			p += 8
			continue
		}
		p += bits.TrailingZeros64(x) >> 3
		if p >= end {
			return -1
		}
		if p == from || b[p-1] != '\\' || !jsonEscaped(b[from:p]) {
			return p
		}
		p++
	}
	return -1
}

// jsonEscaped reports whether s ends in an odd number of backslashes. It walks
// back no further than to the quote before, so a string costs no more than its
// length however many backslashes it has.
func jsonEscaped(s []byte) bool {
	n := len(s)
	for n > 0 && s[n-1] == '\\' {
		n--
	}
	return (len(s)-n)&1 != 0
}

// jsonSpace returns the position of the first byte from p on that is no white space, end
// without one.
func jsonSpace(b []byte, p, end int) int {
	for p < end && (b[p] == ' ' || b[p] == '\n' || b[p] == '\t' || b[p] == '\r') {
		p++
	}
	return p
}

// jsonSkip steps over the value at p. It returns the position behind it, or
// that of a fault.
func jsonSkip(b []byte, p, end, depth int) (int, jsonFault) {
	if p >= end {
		return end, jsonEnds
	}
	switch c := b[p]; c {
	case '"':
		q := jsonQuote(b, p+1, end)
		if q < 0 {
			return p, jsonOpenString
		}
		return q + 1, jsonOK
	case '{':
		return jsonSkipObject(b, p, end, depth)
	case '[':
		return jsonSkipArray(b, p, end, depth)
	case 't', 'n', 'f', 'N', 'I':
		return jsonWord(b, p, end)
	default:
		return jsonNumber(b, p, end)
	}
}

// jsonWord steps over true, false, null and what Python writes for numbers that
// are none: NaN, Infinity, -Infinity.
func jsonWord(b []byte, p, end int) (int, jsonFault) {
	if end-p >= 4 {
		switch s := string(b[p : p+4]); {
		case s == "true", s == "null":
			return p + 4, jsonOK
		case s == "fals" && end-p >= 5 && b[p+4] == 'e':
			return p + 5, jsonOK
		}
	}
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if end-p >= len(word) && string(b[p:p+len(word)]) == word {
			return p + len(word), jsonOK
		}
	}
	return p, jsonBadWord
}

// jsonNull reports whether a value, not empty, is null or one of Python's words for
// numbers that are none.
func jsonNull(value []byte) bool {
	switch value[0] {
	case 'n', 'N', 'I':
		return true
	case '-':
		return len(value) > 1 && value[1] == 'I'
	}
	return false
}

// jsonNumber steps over a number.
func jsonNumber(b []byte, p, end int) (int, jsonFault) {
	start := p
	if p < end && b[p] == '-' {
		p++
	}
	switch {
	case p < end && b[p] == '0':
		p++
	case p < end && '1' <= b[p] && b[p] <= '9':
		p = jsonDigits(b, p, end)
	case p > start:
		if q, fault := jsonWord(b, start, end); fault == jsonOK {
			return q, jsonOK
		}
		return start, jsonBadNumber
	default:
		return start, jsonNoValue
	}
	if p < end && b[p] == '.' {
		q := jsonDigits(b, p+1, end)
		if q == p+1 {
			return start, jsonBadNumber
		}
		p = q
	}
	if p < end && b[p]|0x20 == 'e' {
		p++
		if p < end && (b[p] == '+' || b[p] == '-') {
			p++
		}
		q := jsonDigits(b, p, end)
		if q == p {
			return start, jsonBadNumber
		}
		p = q
	}
	return p, jsonOK
}

func jsonDigits(b []byte, p, end int) int {
	for p < end && b[p]-'0' <= 9 {
		p++
	}
	return p
}

func jsonSkipObject(b []byte, p, end, depth int) (int, jsonFault) {
	if depth >= jsonMaxDepth {
		return p, jsonTooDeep
	}
	p = jsonSpace(b, p+1, end)
	if p < end && b[p] == '}' {
		return p + 1, jsonOK
	}
	for {
		if p >= end {
			return end, jsonEnds
		}
		if b[p] != '"' {
			return p, jsonNoKey
		}
		q := jsonQuote(b, p+1, end)
		if q < 0 {
			return p, jsonOpenString
		}
		p = jsonSpace(b, q+1, end)
		if p >= end {
			return end, jsonEnds
		}
		if b[p] != ':' {
			return p, jsonNoColon
		}
		p = jsonSpace(b, p+1, end)
		var fault jsonFault
		if p, fault = jsonSkip(b, p, end, depth+1); fault != jsonOK {
			return p, fault
		}
		p = jsonSpace(b, p, end)
		if p >= end {
			return end, jsonEnds
		}
		switch b[p] {
		case ',':
			p = jsonSpace(b, p+1, end)
		case '}':
			return p + 1, jsonOK
		default:
			return p, jsonNoComma
		}
	}
}

func jsonSkipArray(b []byte, p, end, depth int) (int, jsonFault) {
	if depth >= jsonMaxDepth {
		return p, jsonTooDeep
	}
	p = jsonSpace(b, p+1, end)
	if p < end && b[p] == ']' {
		return p + 1, jsonOK
	}
	for {
		var fault jsonFault
		if p, fault = jsonSkip(b, p, end, depth+1); fault != jsonOK {
			return p, fault
		}
		p = jsonSpace(b, p, end)
		if p >= end {
			return end, jsonEnds
		}
		switch b[p] {
		case ',':
			p = jsonSpace(b, p+1, end)
		case ']':
			return p + 1, jsonOK
		default:
			return p, jsonNoComma
		}
	}
}

// jsonUnquote appends the text that s, the inside of a JSON string, stands for.
// Lone surrogates become U+FFFD as in encoding/json; an escape that JSON does
// not know stays as it is, so that nothing of a cell is lost.
func jsonUnquote(dst, s []byte) []byte {
	if len(s) >= 32 { // JSON text in a string: nothing but quotes is escaped
		dst = slices.Grow(dst, len(s)+simd.Slack)
		if n, ok := simd.Unescape(dst[len(dst):cap(dst)], s); ok {
			return dst[:len(dst)+n]
		}
	}
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		c := s[i+1]
		switch c {
		case '"', '\\', '/':
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, ok := jsonHex(s[i:])
			if !ok {
				dst, s = append(dst, s[i:i+2]...), s[i+2:]
				continue
			}
			s = s[i+6:]
			if utf16.IsSurrogate(r) {
				low, ok := jsonHex(s)
				if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
					s = s[6:]
				} else {
					r = utf8.RuneError
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		default:
			dst = append(dst, '\\')
		}
		dst, s = append(dst, c), s[i+2:]
	}
}

// jsonHex reads \uXXXX at the start of s.
func jsonHex(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
