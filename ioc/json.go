package ioc

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// A JSONCandidate is a candidate in a member of a JSON cell.
type JSONCandidate struct {
	Candidate        // Off and Len go by Value's text before it was cut out of a list
	Key       string // the member's key, as in the cell
	Value     string // the member, decoded; of a list the element
}

// MatchJSON looks up the typed members of a cell that holds a JSON object, or
// a JSON string with one inside. A list may be an array or a string that holds
// one: it is decoded twice. With rest, all other values are scanned as text. A
// cell that is no JSON object is scanned as text with rest, else it holds
// nothing. Allocates only where something matches or escapes stand inside.
func (s *Set) MatchJSON(members []Member, rest bool, cell []byte, dst []JSONCandidate) []JSONCandidate {
	return s.matchJSON(members, rest, cell, dst, 0)
}

func (s *Set) matchJSON(members []Member, rest bool, cell []byte, dst []JSONCandidate, depth int) []JSONCandidate {
	c := bytes.TrimSpace(cell)
	switch {
	case len(c) <= 2:
		return dst
	case c[0] == '"' && depth < 2:
		if inner, n := jsonString(c); n == len(c) {
			return s.matchJSON(members, rest, decodeString(nil, inner), dst, depth+1)
		}
		fallthrough
	case c[0] != '{':
		if rest {
			return s.jsonMember(KindText, "", cell, dst)
		}
		return dst
	}
	for i := 1; ; {
		i = skipBlank(c, i)
		if i >= len(c) || c[i] != '"' {
			return dst
		}
		key, n := jsonString(c[i:])
		if n == 0 {
			return dst
		}
		i = skipBlank(c, i+n)
		if i >= len(c) || c[i] != ':' {
			return dst
		}
		i = skipBlank(c, i+1)
		end := skipJSON(c, i)
		if end < 0 {
			end = len(c) // cut off: the rest is still looked at
		}
		value := c[i:end]
		if len(value) > 0 {
			dst = s.jsonValue(members, rest, key, value, dst)
		}
		i = skipBlank(c, end)
		if i >= len(c) || c[i] != ',' {
			return dst
		}
		i++
	}
}

func (s *Set) jsonValue(members []Member, rest bool, key, value []byte, dst []JSONCandidate) []JSONCandidate {
	kind, typed := KindText, false
	for i := range members {
		if len(members[i].Key) == len(key) && equalFold(key, members[i].Key) {
			kind, typed = members[i].Kind, true
			break
		}
	}
	if !typed && !rest {
		return dst
	}
	text := value
	if value[0] == '"' {
		inner, n := jsonString(value)
		if n == 0 {
			inner = value[1:]
		}
		text = inner
		if bytes.IndexByte(inner, '\\') >= 0 {
			text = decodeString(nil, inner)
		}
	}
	if kind == KindList || kind == KindIPList {
		if bytes.IndexByte(text, '\\') >= 0 {
			// An element with escapes inside an array inside a string.
			var list []string
			if json.Unmarshal(text, &list) == nil {
				for _, e := range list {
					dst = s.jsonMember(kind, string(key), []byte(e), dst)
				}
				return dst
			}
		}
	}
	return s.jsonMember(kind, "", text, dst, key...)
}

// jsonMember looks up one decoded member.
func (s *Set) jsonMember(kind Kind, name string, text []byte, dst []JSONCandidate, key ...byte) []JSONCandidate {
	var buf [8]Candidate
	for _, c := range s.Match(kind, text, buf[:0]) {
		if name == "" {
			name = string(key)
		}
		j := JSONCandidate{Candidate: c, Key: name}
		j.Value = string(text[c.Off : c.Off+c.Len])
		dst = append(dst, j)
	}
	return dst
}

func equalFold(b []byte, s string) bool {
	for i := range b {
		x, y := b[i], s[i]
		if x-'A' <= 25 {
			x |= 0x20
		}
		if y-'A' <= 25 {
			y |= 0x20
		}
		if x != y {
			return false
		}
	}
	return true
}

func skipBlank(c []byte, i int) int {
	for i < len(c) && c[i] <= ' ' {
		i++
	}
	return i
}

// jsonString returns what stands between the quotes of the string at the start
// of c, undecoded, and the bytes that it takes; 0 if it does not end.
func jsonString(c []byte) (inner []byte, n int) {
	for i := 1; i < len(c); {
		k := bytes.IndexByte(c[i:], '"')
		if k < 0 {
			return nil, 0
		}
		i += k
		slashes := 0
		for j := i - 1; j > 0 && c[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 {
			return c[1:i], i + 1
		}
		i++
	}
	return nil, 0
}

// skipJSON returns where the value at c[i] ends, -1 if it does not. Depth
// costs no stack.
func skipJSON(c []byte, i int) int {
	depth := 0
	for i < len(c) {
		switch c[i] {
		case '"':
			_, n := jsonString(c[i:])
			if n == 0 {
				return -1
			}
			i += n
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			if depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	if depth > 0 {
		return -1
	}
	return i
}

// decodeString undoes the escapes of a JSON string's inside. What is no escape
// stays as it is.
func decodeString(dst, c []byte) []byte {
	for i := 0; i < len(c); i++ {
		if c[i] != '\\' || i+1 == len(c) {
			dst = append(dst, c[i])
			continue
		}
		i++
		switch c[i] {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			r, n := hex4(c[i+1:])
			if n == 0 {
				dst = append(dst, '\\', 'u')
				continue
			}
			i += n
			if r >= 0xd800 && r < 0xdc00 && i+2 < len(c) && c[i+1] == '\\' && c[i+2] == 'u' {
				if low, n := hex4(c[i+3:]); n > 0 && low >= 0xdc00 && low < 0xe000 {
					r = (r-0xd800)<<10 | (low - 0xdc00) + 0x10000
					i += 2 + n
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c[i])
		}
	}
	return dst
}

func hex4(c []byte) (r rune, n int) {
	if len(c) < 4 {
		return 0, 0
	}
	for _, b := range c[:4] {
		d := unhex[b]
		if d > 15 {
			return 0, 0
		}
		r = r<<4 | rune(d)
	}
	return r, 4
}
