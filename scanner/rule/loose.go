package rule

import (
	"slices"
	"strings"
)

// A loose token is a word, a quoted text, a pattern between slashes, or a sign.
type loose struct {
	text   string
	quoted bool // text stood in quotes
	escape bool // in double ones, without @ before them: a backslash may be an escape
	regex  bool // text stood between slashes
	word   bool
}

func (t loose) is(word string) bool { return t.word && strings.EqualFold(t.text, word) }

// looseQuotes are the ends of texts, by how they begin.
var looseQuotes = map[rune]string{'\'': "'", '"': `"`, '‘': "’‘'", '’': "’'", '“': `”“"`, '”': `”"`, '„': `“”"`}

// looseSigns are signs of more than one character, the longest first.
var looseSigns = []string{"===", "=~", "!~", "==", "!=", "<>", "<=", ">=", "&&", "||", ".."}

// looseTokens takes an expression apart. Behind a comparison, and in lists, a
// value without quotes goes on to the next blank.
func looseTokens(text string) (toks []loose) {
	text = strings.TrimRight(strings.TrimSpace(text), "; \t\r\n")
	runes := []rune(text)
	value := false // what comes is the value of a comparison
	plain := false // and has @ before its quotes
	for i := 0; i < len(runes); {
		r := runes[i]
		rest := string(runes[i:min(len(runes), i+3)])
		switch {
		case strings.ContainsRune(" \t\r\n", r):
			i++
			continue
		case !value && (strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "//") || r == '#'):
			for i < len(runes) && runes[i] != '\n' { // a comment
				i++
			}
			continue
		case r == '@' && len(rest) > 1 && looseQuotes[rune(rest[1])] != "":
			plain = true
			i++
			continue
		case looseQuotes[r] != "":
			end := i + 1
			for end < len(runes) && !strings.ContainsRune(looseQuotes[r], runes[end]) {
				end++
			}
			if end == len(runes) {
				return nil
			}
			toks = append(toks, loose{text: string(runes[i+1 : end]), quoted: true, escape: r == '"' && !plain})
			i, value, plain = end+1, false, false
			continue
		case value && r == '/':
			end := i + 1
			for end < len(runes) && (runes[end] != '/' || runes[end-1] == '\\') {
				end++
			}
			if end == len(runes) {
				return nil
			}
			toks = append(toks, loose{text: strings.ReplaceAll(string(runes[i+1:end]), `\/`, "/"), regex: true})
			for i = end + 1; i < len(runes) && runes[i] >= 'a' && runes[i] <= 'z'; i++ { // flags
			}
			value = false
			continue
		case r == '`':
			i++ // round a name
			continue
		}
		if at := slices.IndexFunc(looseSigns, func(s string) bool { return strings.HasPrefix(rest, s) }); at >= 0 {
			sign := looseSigns[at]
			toks = append(toks, loose{text: sign})
			i += len(sign)
			value = sign != "&&" && sign != "||"
			continue
		}
		if strings.ContainsRune("()[]{},=<>!:|~", r) {
			toks = append(toks, loose{text: string(r)})
			value = strings.ContainsRune("=<>:", r) || value && strings.ContainsRune("([{", r)
			i++
			continue
		}
		end := i
		for end < len(runes) && !strings.ContainsRune(" \t\r\n,()[]{}=<>!|~&\"'`", runes[end]) && (value || runes[end] != ':') && (value || string(runes[end:min(len(runes), end+2)]) != "..") {
			end++
		}
		if end == i {
			return nil
		}
		word := string(runes[i:end])
		toks = append(toks, loose{text: word, word: true})
		i = end
		value = slices.Contains([]string{"in", "like", "matches", "regex", "regexp", "has", "contains", "between"}, strings.ToLower(word)) && !value
	}
	return toks
}
