package feed

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxShown is how many bytes of a feed's text a Reject or an error shows.
const maxShown = 200

// Clip makes hostile text fit to be kept: valid UTF-8 of at most 200 bytes,
// with an ellipsis where something was cut off. It may hold control characters.
func Clip(s string) string {
	if len(s) > maxShown {
		return strings.ToValidUTF8(cutText(s, maxShown-len("…")), "?") + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// cutText returns at most that many bytes of a longer text, and whole characters.
func cutText(s string, most int) string {
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.Clone(s[:most]) // the text must not hold a whole long line in memory
}

// maxMeta is the longest malware name, threat type or tag that is kept.
const maxMeta = 200

// Clean takes the characters that could drive a terminal or break a line out of a feed's
// descriptive text: control, bidirectional and other invisible ones. The rest stays as
// it is, cut at maxMeta bytes.
func Clean(s string) string {
	plain := len(s) <= maxMeta
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if !plain {
		s = strings.Map(shown, s)
		if len(s) > maxMeta {
			s = cutText(s, maxMeta)
		}
	}
	return strings.TrimSpace(s)
}

// shown maps characters that do not show to blanks or to nothing.
func shown(r rune) rune {
	switch {
	case r == utf8.RuneError:
		return '?'
	case r == '\t' || r == '\n' || r == '\r' || r == '\u00a0' || r == '\u2028' || r == '\u2029':
		return ' '
	case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// An interner keeps one copy of each of the few names and lists of tags that a
// feed repeats in every line.
type interner struct {
	words map[string]string
	lists map[string][]string
}

func newInterner() *interner {
	return &interner{map[string]string{}, map[string][]string{}}
}

// maxInterned bounds an interner, for feeds in which nothing repeats.
const maxInterned = 1 << 16

// word returns the cleaned text of a cell, or "" where the feed means none.
func (n *interner) word(cell []byte) string {
	if s, ok := n.words[string(cell)]; ok {
		return s
	}
	s := Clean(string(cell))
	if isNone(s) {
		s = ""
	}
	if len(n.words) < maxInterned && len(cell) <= maxMeta {
		n.words[string(cell)] = s
	}
	return s
}

// tags splits a cell at its commas. A JSON array of strings, as portals put
// into a cell, loses its brackets and quotes.
func (n *interner) tags(cell []byte) []string {
	if list, ok := n.lists[string(cell)]; ok {
		return list
	}
	list := n.splitTags(string(cell))
	if len(n.lists) < maxInterned && len(cell) <= maxMeta {
		n.lists[string(cell)] = list
	}
	return list
}

// isNone reports whether a cell is a way of writing nothing.
func isNone(s string) bool {
	switch s {
	case "", "-", "None", "none", "null", "NULL", "N/A", "n/a", "nan", "NaN":
		return true
	}
	return false
}

// maxTags bounds the tags of one indicator.
const maxTags = 256

func (n *interner) splitTags(cell string) []string {
	cell = strings.TrimSpace(cell)
	if isNone(cell) {
		return nil
	}
	array := len(cell) >= 2 && cell[0] == '[' && cell[len(cell)-1] == ']'
	if array {
		cell = cell[1 : len(cell)-1]
	}
	var tags []string
	for part := range strings.SplitSeq(cell, ",") {
		part = strings.TrimSpace(part)
		if array {
			part = strings.Trim(part, `"`)
		}
		if t := n.word([]byte(part)); t != "" {
			tags = append(tags, t)
		}
		if len(tags) == maxTags {
			break
		}
	}
	return tags
}

// truth reads a yes or no: 1, 0, or -1 if the cell says neither.
func truth(s string) int8 {
	switch s {
	case "True", "true", "1":
		return 1
	case "False", "false", "0":
		return 0
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "1":
		return 1
	case "false", "no", "0":
		return 0
	}
	return -1
}

// confidence reads 80, 80% or 80.0: 0 to 100, or -1 where the cell is no such
// number. Words and fractions of one have no agreed meaning.
func confidence(s string) int {
	if len(s) == 2 && s[0]-'0' <= 9 && s[1]-'0' <= 9 {
		return int(s[0]-'0')*10 + int(s[1]-'0')
	}
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "%"))
	if whole, frac, ok := strings.Cut(s, "."); ok && strings.Trim(frac, "0") == "" {
		s = whole
	}
	if s == "" || len(s) > 3 {
		return -1
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	if n > 100 {
		return -1
	}
	return n
}
