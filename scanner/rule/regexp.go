package rule

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Limits of REGEXP. The engine is linear in pattern times text, so both are
// bounded.
const (
	maxRegexp      = 1000     // bytes of a pattern
	maxRegexpSteps = 5000     // instructions of its program: x{1000} has a thousand
	maxRegexpText  = 64 << 10 // bytes of a cell that is searched
)

// compileRegexp reads a pattern of RE2. It matches anywhere in a text and, as
// all text does, without regard to case.
func compileRegexp(s string) (*regexp.Regexp, error) {
	if len(s) > maxRegexp {
		return nil, fmt.Errorf("REGEXP pattern over %d bytes", maxRegexp)
	}
	tree, err := syntax.Parse(s, syntax.Perl|syntax.FoldCase)
	if err != nil {
		return nil, fmt.Errorf("REGEXP: %s: RE2 syntax is wanted, without back references and look-around", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, fmt.Errorf("REGEXP: %w", err)
	}
	if len(program.Inst) > maxRegexpSteps {
		return nil, fmt.Errorf("REGEXP pattern of %d steps: over %d", len(program.Inst), maxRegexpSteps)
	}
	return regexp.Compile("(?i)" + s)
}

// regexp searches the cell. Nothing is said of one that is too long.
func (x *cell) regexp(re *regexp.Regexp) Tri {
	if len(x.text) > maxRegexpText {
		return Unknown
	}
	return truth(re.MatchString(x.text))
}

// holdsAlways reports whether a pattern is found in every text that is not empty.
func holdsAlways(s string) bool {
	tree, err := syntax.Parse(s, syntax.Perl)
	return err == nil && always(tree.Simplify())
}

func always(e *syntax.Regexp) bool {
	switch e.Op {
	case syntax.OpEmptyMatch, syntax.OpStar, syntax.OpQuest, syntax.OpBeginText, syntax.OpEndText:
		// Alone, or at either end of what holds always. ^$ is the exception,
		// and a concatenation looks out for it.
		return true
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpPlus, syntax.OpCapture:
		return always(e.Sub[0])
	case syntax.OpRepeat:
		return e.Min == 0 || e.Min == 1 && always(e.Sub[0])
	case syntax.OpAlternate:
		return slices.ContainsFunc(e.Sub, always)
	case syntax.OpConcat:
		begin, end, wide, single := false, false, false, 0
		for _, sub := range e.Sub {
			switch sub.Op {
			case syntax.OpBeginText:
				begin = true
			case syntax.OpEndText:
				end = true
			case syntax.OpStar:
				wide = wide || sub.Sub[0].Op == syntax.OpAnyChar || sub.Sub[0].Op == syntax.OpAnyCharNotNL
			case syntax.OpEmptyMatch, syntax.OpQuest:
			case syntax.OpPlus:
				single++
				wide = wide || always(sub.Sub[0])
				if !always(sub.Sub[0]) {
					return false
				}
			case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
				single++
			default:
				return false
			}
		}
		return single <= 1 && (!(begin && end) || wide)
	}
	return false
}
