package feed

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
)

// remarked says that each of the first lines of a list is an indicator, behind
// which a remark may follow:
//
//	203.0.113.7 - C2 server
//	203.0.113.7:443 Mirai
//	evil.example
//
// One line that is not so makes it prose, for which a value at the beginning of
// a line is no evidence. So does a private address: it is a log of the house.
func remarked(head []byte) bool {
	all, remarks := 0, 0
	sampleLines(head, func(line []byte) bool {
		if line = cutComment(bytes.TrimSpace(line)); len(line) == 0 {
			return true
		}
		value, remark := cutRemark(line)
		if value == nil {
			all, remarks = 0, 0
			return false
		}
		all++
		if len(remark) > 0 {
			remarks++
		}
		return all < maxSample
	})
	return remarks > 0
}

// cutRemark splits a line at the end of the indicator with which it begins.
// value is nil where it does not, or where what follows is rather a second
// value, the rest of a sentence, or of a line of a log.
func cutRemark(line []byte) (value, remark []byte) {
	end := bytes.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	value, remark = line[:end], bytes.TrimSpace(line[end:])
	i, err := ioc.Parse(string(value))
	if err != nil || !isValue(string(value)) || i.Type == ioc.Domain && notAName(i.Value) || i.Type != ioc.Domain && i.Addr().IsPrivate() ||
		len(remark) > 0 && !isRemark(string(remark)) {
		return nil, nil
	}
	return value, remark
}

// isRemark says that a text is what people write behind a value: set off by a
// sign, or a few words of which the first is a name or a number.
func isRemark(text string) bool {
	words := strings.Fields(strings.TrimLeft(text, "-–—|:(=>, \t"))
	if len(words) == 0 || strings.ContainsRune(text, '"') {
		return false
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	switch {
	case isValue(strings.Trim(words[0], around)), goesOn(text), words[0] == "and", words[0] == "or":
		return false
	case !strings.HasPrefix(text, words[0]):
		return len(words) <= 20
	case unicode.IsUpper(first) || unicode.IsDigit(first):
		return len(words) <= 6
	}
	return len(words) <= 2
}

// goesOn says that a text is the rest of a sentence about the value before it.
func goesOn(text string) bool {
	word, _, _ := strings.Cut(text, " ")
	return slices.Contains([]string{"is", "was", "are", "were", "has", "had"}, word)
}

// remarkLine emits what a line of a list with remarks holds. A remark is prose.
func remarkLine(line []byte, no int, emit func(*Entry)) {
	value, remark := cutRemark(cutComment(bytes.TrimSpace(line)))
	if len(remark) == 0 {
		listLine(line, no, emit)
		return
	}
	give(emit, no, string(value))
	t := prose{emit: emit}
	t.text(strings.ToValidUTF8(string(remark), "?"), no, false)
}
