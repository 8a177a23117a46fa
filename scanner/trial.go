package scanner

import (
	"slices"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A Trial finds out what rules would remove from hits of an earlier scan. It
// belongs to one goroutine.
type Trial struct {
	Rules     []*TrialRule
	Hits      int64
	Removed   int64 // by any rule
	Undecided int64 // by none, but by some if their rows held what they do not show
	Period          // of the hits that have a time
}

// TrialRule is what one rule would remove, were it active: one that is not has
// no part in what all remove.
type TrialRule struct {
	Rule      *rule.Rule
	State     rule.State
	Removed   RuleReport
	Groups    *Groups  // of what it would remove, by indicator and host
	Undecided int64    // hits whose rows do not show what the rule asks for
	Columns   []string // that they do not show, sorted
	Blank     []string // that they show no value of, and their exports may lack, sorted
}

// NewTrial begins a trial of rules as they are at a time.
func NewTrial(rules []*rule.Rule, now time.Time) *Trial {
	t := &Trial{}
	for _, x := range rules {
		g, err := NewGroups(nil)
		if err != nil {
			panic("scanner: " + err.Error())
		}
		t.Rules = append(t.Rules, &TrialRule{Rule: x, State: x.State(now), Removed: RuleReport{Name: x.Name, Reason: x.Reason}, Groups: g})
	}
	return t
}

// Add tries a hit that was read back. Rules are evaluated as in a scan, except that
// nothing is known of columns that the hit does not show, which is not the same as
// an empty cell.
func (t *Trial) Add(h *Hit) {
	names, cells := make([]string, len(h.Row)), make([]string, len(h.Row))
	for i, c := range h.Row {
		names[i], cells[i] = c.Name, c.Value
	}
	row := &table.Row{Columns: table.NewColumns(names, nil), Cells: cells}
	c := &rule.Context{Table: h.Table, Row: row, Who: &h.Who, Time: h.Time, TimeKnown: h.HasTime, Indicator: h.Indicator,
		ReadBack: true, WholeRow: showsAll(h, names)}
	if d, ok := h.Table.DirectionWord(h.Who.Direction); ok {
		c.Direction = d
	}
	for i := range h.Matches {
		m := &h.Matches[i]
		c.Matches = append(c.Matches, rule.Match{Column: m.Column, Role: m.Role, Value: m.Value, Class: m.Class.String()})
	}
	t.Hits++
	t.join(h.period())
	var removing []*TrialRule
	active, undecided := 0, false
	for _, x := range t.Rules {
		if x.Rule.Eval(c) == rule.True {
			removing = append(removing, x)
			if x.State == rule.Active {
				active++
			}
			continue
		}
		could, hidden, blank := x.Rule.Could(c)
		if !could {
			continue
		}
		x.Undecided++
		undecided = undecided || x.State == rule.Active
		x.Columns, x.Blank = withNames(x.Columns, hidden), withNames(x.Blank, blank)
	}
	for _, x := range removing {
		x.Removed.add(h, active == 0 || active == 1 && x.State == rule.Active)
		x.Groups.add(h)
	}
	switch {
	case active > 0:
		t.Removed++
	case undecided:
		t.Undecided++
	}
}

// withNames adds names to a sorted list of them.
func withNames(list, names []string) []string {
	for _, name := range names {
		if at, ok := slices.BinarySearch(list, name); !ok {
			list = slices.Insert(list, at, name)
		}
	}
	return list
}

// showsAll reports whether a hit shows all of its row that is not empty, as --row
// all has it: it lacks a column of the projection, which other hits show even
// if it is empty, or has one that the projection has not. shown are the columns of the row.
func showsAll(h *Hit, shown []string) bool {
	if slices.ContainsFunc(h.Table.Hunt, func(column string) bool { return !hasName(shown, column) }) {
		return true
	}
	return slices.ContainsFunc(shown, func(column string) bool {
		matched := slices.ContainsFunc(h.Matches, func(m Match) bool {
			name, _, _ := strings.Cut(m.Column, ".")
			return strings.EqualFold(name, column)
		})
		return !matched && !hasName(h.Table.Hunt, column) && !hasName(h.Table.Triage, column)
	})
}
