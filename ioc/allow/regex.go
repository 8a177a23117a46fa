package allow

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Bounds of a regex list: in expressions, bytes of one, and instructions of one
// and of all when compiled. Every value that is looked up runs through all.
const (
	maxRegexes     = 1_000
	maxRegexLen    = 2_000
	maxProgram     = 2_000
	maxAllPrograms = 100_000
)

var (
	errLongRegex   = errors.New("expression longer than 2,000 bytes")
	errLargeRegex  = errors.New("expression larger than 2,000 steps when its repeats are written out")
	errWideRegex   = errors.New("expression that matches nearly everything")
	errNoDelimiter = errors.New("expression without its closing delimiter")
)

// compileRegex compiles an expression as MISP has them, for PHP: between
// delimiters, with flags behind. One without delimiters is taken as it is.
//
//	/^(soc|abuse)\@.*$/i   #^www\.#   ^www\.
//
// size is the number of instructions, about.
func compileRegex(text string) (x *regexp.Regexp, size int, err error) {
	if len(text) > maxRegexLen {
		return nil, 0, errLongRegex
	}
	if text, err = goRegex(text); err != nil {
		return nil, 0, err
	}
	// Repeats are written out when compiled: what that comes to is known before.
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, 0, regexError(err)
	}
	if size = program(tree); size > maxProgram {
		return nil, 0, errLargeRegex
	}
	if x, err = regexp.Compile(text); err != nil {
		return nil, 0, regexError(err)
	}
	if wide(x) {
		return nil, 0, errWideRegex
	}
	return x, size, nil
}

// wide reports whether an expression matches what nobody can have meant: nothing at
// all, a name that does not exist, or two addresses that have nothing in common.
func wide(x *regexp.Regexp) bool {
	return x.MatchString("") || x.MatchString("k3x9q-7z0w.q5v") || x.MatchString("198.18.239.251") && x.MatchString("233.252.0.77")
}

// regexError is an error without the expression, which may be anything.
func regexError(err error) error {
	var e *syntax.Error
	if errors.As(err, &e) {
		return fmt.Errorf("not an expression of RE2: %s", string(e.Code))
	}
	return errors.New("not an expression of RE2")
}

// goRegex takes off PHP's delimiters and writes its flags as Go has them.
func goRegex(text string) (string, error) {
	if text == "" || strings.IndexByte("/#~@!%{", text[0]) < 0 {
		return text, nil
	}
	shut := text[:1]
	if shut == "{" {
		shut = "}"
	}
	end := strings.LastIndex(text, shut)
	if end == 0 {
		return "", errNoDelimiter
	}
	body, flags := text[1:end], ""
	for _, f := range text[end+1:] {
		switch f {
		case 'i', 'm', 's', 'U':
			flags += string(f)
		case 'u', 'D': // UTF-8, and $ at the very end alone: so it is here
		default:
			return "", fmt.Errorf("flag %q of an expression", f)
		}
	}
	if flags != "" {
		body = "(?" + flags + ":" + body + ")"
	}
	return body, nil
}

// program estimates how many instructions an expression has when compiled. Large
// classes of characters count for several: it stands for memory too.
func program(x *syntax.Regexp) int {
	n := 1
	switch x.Op {
	case syntax.OpLiteral:
		n = len(x.Rune)
	case syntax.OpCharClass:
		n = 1 + len(x.Rune)/8 // \pL has hundreds of ranges
	case syntax.OpRepeat, syntax.OpConcat:
		n = 0
	}
	for _, sub := range x.Sub {
		n += program(sub)
	}
	if x.Op == syntax.OpRepeat {
		n *= max(x.Min, x.Max, 1)
	}
	return n
}
