package table

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"unsafe"
)

// outcome is how a table says whether traffic went through.
type outcome struct {
	terms    []Term // columns with a vendor's words
	allowed  []string
	blocked  []string
	failed   []string
	negation []string
	code     string // of a DNS answer, with answers
	answers  string
}

func (p *parser) outcome(word []string, rest string) error {
	o := &p.t.outcome
	if len(word) == 1 {
		lists := map[string]*[]string{"allowed": &o.allowed, "blocked": &o.blocked, "failed": &o.failed, "negation": &o.negation}
		list, ok := lists[word[0]]
		if !ok {
			return fmt.Errorf("unknown outcome %q: want allowed, blocked, failed or negation", word[0])
		}
		*list = append(*list, strings.Fields(strings.ToLower(rest))...)
		return nil
	}
	if args, ok := strings.CutPrefix(rest, "dns("); ok {
		columns := splitTop(strings.TrimSuffix(args, ")"), ',')
		if len(columns) != 2 || !strings.HasSuffix(args, ")") {
			return fmt.Errorf("%q: want dns(CODE, ANSWERS)", rest)
		}
		o.code, o.answers = columns[0], columns[1]
		p.want(columns...)
		p.use(columns...)
		return nil
	}
	terms, err := p.terms(rest, ',')
	for _, t := range terms {
		p.use(t.Column)
	}
	o.terms = terms
	return err
}

// read returns what became of the event: allowed, blocked, failed, resolved,
// not-resolved or unknown.
func (o *outcome) read(r *Row) string {
	if o.code != "" {
		code, answers := strings.TrimSpace(r.cell(o.code)), strings.TrimSpace(r.cell(o.answers))
		switch {
		case code == "", strings.EqualFold(code, "NA"), placeholder(code):
			return "unknown"
		case r.noError(code) && hasElement(answers):
			return "resolved"
		}
		return "not-resolved"
	}
	for _, t := range o.terms {
		text, _ := t.Value(r)
		a, known := r.recall(unsafe.Pointer(o), text)
		s := ""
		if known {
			s = a.word
		} else if s = o.word(text); a != nil {
			a.word = s
		}
		if s != "unknown" {
			return s
		}
	}
	return "unknown"
}

// noError reports whether a response code is 0.
func (r *Row) noError(code string) bool {
	a, known := r.recall(unsafe.Pointer(&rcodes), code)
	if known {
		return a.word == "0"
	}
	word := ResponseCode(code)
	if a != nil {
		a.word = strings.Clone(word)
	}
	return word == "0"
}

// word reads a vendor's text. Whole words count, so that "unblocked" is not
// blocked; words that disagree and words after a negation say nothing.
func (o *outcome) word(text string) string {
	result := "unknown"
	for w := range words(text) {
		var s string
		switch {
		case slices.Contains(o.negation, w):
			return "unknown"
		case slices.Contains(o.allowed, w):
			s = "allowed"
		case slices.Contains(o.blocked, w):
			s = "blocked"
		case slices.Contains(o.failed, w):
			s = "failed"
		default:
			continue
		}
		if result != "unknown" && result != s {
			return "unknown"
		}
		result = s
	}
	return result
}

// words yields the lower-case words of a text: runs of ASCII letters, cut
// where a capital follows a small letter (ConnectionSuccess).
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := -1
		for i := 0; i <= len(text); i++ {
			letter := i < len(text) && (text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z')
			hump := letter && start >= 0 && i > start && text[i] <= 'Z' && text[i-1] >= 'a'
			if start >= 0 && (!letter || hump) {
				if !yield(strings.ToLower(text[start:i])) {
					return
				}
				start = -1
			}
			if letter && start < 0 {
				start = i
			}
		}
	}
}
