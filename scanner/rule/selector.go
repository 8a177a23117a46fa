package rule

import (
	"fmt"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A Selector picks indicators with the expressions of rules: over their own
// fields, which need no "indicator." before them.
//
//	malware = 'Mirai' AND threat_type = 'botnet_cc' AND confidence >= 75
//
// As in rules, what a feed does not say is unknown, and only what is true is
// picked. It is immutable and safe for concurrent use.
type Selector struct{ program *program }

// Select reads the expression of a selector. What it says of files is relative
// to the working directory.
func Select(text string) (*Selector, error) {
	e, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if err := new(lists).resolve(e, text); err != nil {
		return nil, err
	}
	var names []string
	for _, name := range ownNames(true) {
		names = append(names, strings.TrimPrefix(name, "indicator."))
	}
	for p := range e.predicates {
		if bad := checkPredicate(p, []finder{indicatorField}, func() []string { return names }); bad != nil {
			if strings.HasPrefix(bad.msg, "unknown field") {
				bad.msg = fmt.Sprintf("%s (of an indicator there are %s)", bad.msg, strings.Join(names, ", "))
			}
			return nil, &SyntaxError{Text: text, At: bad.at, Msg: bad.msg}
		}
	}
	return &Selector{bind(e, nil, time.UTC, indicatorField)}, nil
}

// indicatorField finds the fields of an indicator.
func indicatorField(name string) ([]source, bool) {
	if !strings.HasPrefix(strings.ToLower(name), "indicator.") {
		name = "indicator." + name
	}
	s, ok := ownField(name)
	if !ok || s.own >= ownClass {
		return nil, false
	}
	return []source{s}, true
}

// Match says whether an indicator is picked.
func (s *Selector) Match(i *ioc.Indicator) bool {
	c := Context{Table: noTable, Indicator: i}
	return s.program.eval(&c) == True
}

// noTable stands for the table where there is no row.
var noTable = new(table.Table)
