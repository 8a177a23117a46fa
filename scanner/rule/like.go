package rule

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// any1 stands for _ in a run: no text can hold it, since UTF-8 has no 0xff.
const any1 = '\xff'

// A pattern is a compiled LIKE: runs of characters with % between them. Time
// is bounded by text times the longest run, whatever the pattern: % takes the
// earliest fit of the next run, which is never wrong, so nothing is tried twice.
type pattern struct {
	runs []run // the first is anchored at the start, the last at the end
}

type run struct {
	text  string // folded, any1 for _
	holes bool
}

// compile reads a LIKE pattern. Only % and _ are special, and what follows the
// escape character.
func compile(s, escape string) (*pattern, error) {
	var p pattern
	var b strings.Builder
	holes := false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		c := s[i : i+n]
		i += n
		switch {
		case escape != "" && c == escape:
			_, n := utf8.DecodeRuneInString(s[i:])
			next := s[i : i+n]
			if next != "%" && next != "_" && next != escape {
				return nil, errors.New("ESCAPE character stands before neither %, _ nor itself")
			}
			b.WriteString(fold(next))
			i += n
		case r == '%':
			p.runs = append(p.runs, run{b.String(), holes})
			b.Reset()
			holes = false
		case r == '_':
			b.WriteByte(any1)
			holes = true
		default:
			b.WriteString(fold(c))
		}
	}
	p.runs = append(p.runs, run{b.String(), holes})
	return &p, nil
}

// match says whether the whole of a folded text fits.
func (p *pattern) match(s string) bool {
	n, ok := p.runs[0].at(s)
	if len(p.runs) == 1 {
		return ok && n == len(s)
	}
	if !ok {
		return false
	}
	s = s[n:]
	last := len(p.runs) - 1
	for _, r := range p.runs[1:last] {
		n := r.find(s)
		if n < 0 {
			return false
		}
		s = s[n:]
	}
	return p.runs[last].ends(s)
}

// at matches the run at the start of s and returns how many bytes it took.
func (r run) at(s string) (int, bool) {
	if !r.holes {
		return len(r.text), strings.HasPrefix(s, r.text)
	}
	i := 0
	for j := range len(r.text) {
		switch {
		case i == len(s):
			return 0, false
		case r.text[j] == any1:
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
		case s[i] != r.text[j]:
			return 0, false
		default:
			i++
		}
	}
	return i, true
}

// find returns the end of the first place where the run fits, or -1.
func (r run) find(s string) int {
	if !r.holes {
		if i := strings.Index(s, r.text); i >= 0 {
			return i + len(r.text)
		}
		return -1
	}
	for i := 0; i <= len(s); {
		if n, ok := r.at(s[i:]); ok {
			return i + n
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		i += max(n, 1)
	}
	return -1
}

// ends says whether s ends in the run.
func (r run) ends(s string) bool {
	if !r.holes {
		return strings.HasSuffix(s, r.text)
	}
	// The run has a fixed number of characters: count them back from the end.
	count := strings.Count(r.text, string([]byte{any1})) + utf8.RuneCountInString(strings.ReplaceAll(r.text, string([]byte{any1}), ""))
	i := len(s)
	for range count {
		if i == 0 {
			return false
		}
		_, n := utf8.DecodeLastRuneInString(s[:i])
		i -= n
	}
	n, ok := r.at(s[i:])
	return ok && i+n == len(s)
}

// fold brings the letters that Unicode's simple case folding holds equal to
// one of them. Bytes that are not UTF-8 stay as they are.
func fold(s string) string {
	clean := true
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'a' <= c && c <= 'z' {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			b = append(b, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			b = append(b, c)
		} else {
			b = utf8.AppendRune(b, foldRune(r))
		}
		i += n
	}
	return string(b)
}

// foldRune returns the smallest rune of the fold's orbit.
func foldRune(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}
