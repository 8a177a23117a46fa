package feed

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// An Exclusion is what a rule page says of hits that are no concern. Its texts
// are valid UTF-8 of one line each, and may hold control characters.
type Exclusion struct {
	Line        int    // of the sentence, from 1
	Scenario    string // what the page calls it, "" if it does not
	Description string
	Sentence    string // "Exclude traffic to … (e.g., destination_ip = '10.10.10.10') or …"
	// Expressions are the parts of the sentence that may be expressions: what
	// stands in brackets or is code, else all from the first comparison on.
	// None where it is but prose.
	Expressions []string
}

// Bounds of the exclusions of a page.
const (
	maxExclusions = 1000
	maxSentence   = 16 << 10 // bytes
)

var errManyExclusions = fmt.Errorf("more than %d exclusions", maxExclusions)

// Exclusions reads the exclusions of a rule page:
//
//	Scenario: Log Collection Using nc with a SIEM Server
//	Description: A log collection agent uses nc to send logs to a SIEM server.
//	Filter/Exclusion: Exclude traffic to known SIEM addresses (e.g., destination_ip = '10.10.10.10').
//
// They are proposals of somebody who does not know the network, and nothing
// applies them. The error names the path; what stood before it is returned.
func Exclusions(s Source) ([]Exclusion, error) {
	f, err := s.Open()
	if err != nil {
		return nil, fmt.Errorf("read exclusions: %w", err)
	}
	defer f.Close()
	b, _, done, err := unpack(f)
	defer done()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path, err)
	}
	list, err := readExclusions(io.LimitReader(b, maxPage+1))
	return list, InFile(s.Path, err)
}

// exclusionLabel is a label of a page, plain, in bold or in a list.
var exclusionLabel = lazily(`(?i)^[-*+#>\s]*(scenario|description|filter\s*/\s*exclusions?|filters?|exclusions?)\s*(?:\d{1,3}\s*)?[*_]*:[*_]*\s*(.*)$`)

func readExclusions(r io.Reader) (list []Exclusion, err error) {
	var e Exclusion
	var into *string // what a line without label goes on with
	end := func() error {
		if e.Sentence != "" {
			if len(list) == maxExclusions {
				return errManyExclusions
			}
			e.Expressions = expressions(e.Sentence)
			list = append(list, e)
		}
		e.Sentence, into = "", nil
		return nil
	}
	size := 0
	lines := newLineReader(r)
	var many error
	err = lines.each(func(*Entry) {}, func(line []byte, no int) {
		size += len(line) + 1
		if many != nil {
			return
		}
		text := strings.TrimSpace(strings.ToValidUTF8(string(line), "\ufffd"))
		m := exclusionLabel().FindStringSubmatch(text)
		switch {
		case text == "":
			into = nil
		case m != nil:
			many = end()
			switch m[1][0] | 0x20 {
			case 's':
				e = Exclusion{Scenario: m[2]}
				into = &e.Scenario
			case 'd':
				e.Description = m[2]
				into = &e.Description
			default:
				e.Line, e.Sentence = no, m[2]
				into = &e.Sentence
			}
		case into != nil && len(*into)+len(text) < maxSentence:
			*into += " " + text
		}
	})
	switch {
	case many != nil:
		return list, many
	case size > maxPage:
		return list, errors.New("page longer than 16 MiB")
	case err == nil:
		err = end() // what an error cuts off would be half a sentence
	}
	return list, err
}

var (
	// example is how a page leads in an expression.
	example = lazily(`(?i)^(?:(?:e\.?g\.?|i\.?e\.?|for example|for instance|such as|like)\s*[,:]?\s*)+`)
	// comparing is where an expression begins.
	comparing = lazily(`(?i)[a-z_][a-z0-9_.]*\s*(?:==?|!=|<>|<=|>=|<|>|\b(?:not\s+)?(?:like|in\s*\(|between|regexp|contains)\b|\bis\s+(?:not\s+)?null\b|\b(?:not\s+)?in\s*\()`)
	quotes    = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "&#39;", "'", "&quot;", `"`, "&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// expressions returns the parts of a sentence that may be expressions.
func expressions(s string) (list []string) {
	s = quotes.Replace(s)
	give := func(text string) {
		text = strings.TrimSpace(example().ReplaceAllString(strings.TrimSpace(text), ""))
		text = strings.TrimSpace(strings.Trim(text, "`"))
		if comparing().MatchString(text) {
			list = append(list, text)
		}
	}
	rest := s
	if at := comparing().FindStringIndex(s); at != nil && !strings.ContainsAny(s[:at[0]], "(`") {
		// What a sentence without brackets compares goes to its end.
		give(strings.TrimRight(s[at[0]:], ". "))
		return list
	}
	for len(rest) > 0 {
		open := strings.IndexAny(rest, "(`")
		if open < 0 {
			return list
		}
		size := closing(rest[open:])
		if size < 0 {
			return list
		}
		give(rest[open+1 : open+size-1])
		rest = rest[open+size:]
	}
	return list
}

// closing returns the length of a part in brackets or code, with both ends; -1
// where it has no end. Brackets within quotes do not count.
func closing(s string) int {
	if s[0] == '`' {
		if n := strings.IndexByte(s[1:], '`'); n >= 0 {
			return n + 2
		}
		return -1
	}
	depth, quote := 0, byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"', c == '\'' && i > 0 && strings.IndexByte(" (=,`", s[i-1]) >= 0:
			quote = c // but not an apostrophe
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}
