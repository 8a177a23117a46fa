package rule

import (
	"fmt"
	"slices"
	"time"

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A Warning is what a careful reader of a rule would object to.
type Warning struct {
	Lint string // what is looked for: unknown-field, never-true, …
	Rule string // the rule's name
	At   string // where it stands, as file:line
	Text string // a sentence about it
}

// String is the warning with the rule and where it stands.
func (w Warning) String() string { return fmt.Sprintf("%s: rule %q: %s", w.At, w.Rule, w.Text) }

// The lints, in the order in which they are looked for.
const (
	UnknownField = "unknown-field" // what Check refuses
	NotActive    = "not-active"    // disabled or expired
	NeverTrue    = "never-true"
	AlwaysTrue   = "always-true"
	OrNotEqual   = "or-not-equal" // != joined with OR
	Unbounded    = "unbounded"    // neither in time nor to an address
	AccountOnly  = "account-only"
	OtherSide    = "other-side" // on a firewall, removes what has the indicator at the other end
	WholeHost    = "whole-host" // removes all that a host says
	LooseLike    = "loose-like" // LIKE '%…%' without word edges
	Wildcard     = "wildcard"   // * or % in what is compared with =
	OutsideSpan  = "outside-span"
	Shadowed     = "shadowed" // by another rule that removes the same
)

// A Reader looks at rules as a careful reader would.
type Reader struct {
	Tables      []*table.Table
	Now         time.Time // what rules expire against; zero: none is expired
	First, Last clock.Time
	HasFirst    bool // First is where the data begin
	HasLast     bool // Last is where they end

	// Unfinished says, once Lint has returned, that there were too many rules
	// to find all that others shadow.
	Unfinished bool

	work     int
	analyses map[*table.Table]*analysis
}

// Lint returns what there is to say of each rule, in their order; nothing for
// a rule that looks sound.
func (r *Reader) Lint(rules []*Rule) [][]Warning {
	out := make([][]Warning, len(rules))
	alternatives := make([][]branch, len(rules))
	for i, x := range rules {
		l := lint{Reader: r, rule: x}
		out[i] = l.all()
		if !l.never && (len(out[i]) == 0 || out[i][0].Lint != UnknownField) {
			alternatives[i], _ = branches(x.When)
		}
	}
	r.work, r.Unfinished, r.analyses = 0, false, map[*table.Table]*analysis{}
	for i, x := range rules {
		for j, y := range rules {
			if !r.spend(1) {
				return out
			}
			if i == j || r.inactive(x) || r.inactive(y) || !r.shadows(y, alternatives[j], x, alternatives[i]) {
				continue
			}
			if j > i && r.shadows(x, alternatives[i], y, alternatives[j]) {
				continue // each removes what the other does: the later one is to go
			}
			l := lint{rule: x}
			l.say(Shadowed, "is shadowed by rule %q: all that it removes is removed by that one too", y.Name)
			out[i] = append(out[i], l.list...)
			break
		}
	}
	return out
}

func (r *Reader) inactive(x *Rule) bool { return x.State(r.Now) != Active }

// lint looks at one rule.
type lint struct {
	*Reader
	rule  *Rule
	list  []Warning
	never bool // it can never be true
}

func (l *lint) say(name, format string, args ...any) {
	l.list = append(l.list, Warning{name, l.rule.Name, l.rule.at, fmt.Sprintf(format, args...)})
}

func (l *lint) all() []Warning {
	if err := l.rule.Check(l.Tables); err != nil {
		return []Warning{{UnknownField, l.rule.Name, l.rule.at, err.Error()}}
	}
	switch l.rule.State(l.Now) {
	case Disabled:
		l.say(NotActive, "is disabled: it removes nothing")
	case Expired:
		l.say(NotActive, "has expired at %s: it removes nothing", l.rule.Expires.UTC().Format(time.RFC3339))
	}
	possible, certain, known, why, alien := false, true, false, "", false
	ways, whole := branches(l.rule.When)
	for _, t := range l.Tables {
		if !l.rule.applies(t) {
			continue
		}
		a := l.in(t)
		o := a.can(l.rule.When)
		possible = possible || o.be && (!whole || slices.ContainsFunc(ways, a.possible))
		if !a.lacks(l.rule.When) {
			certain, known = certain && o.be && !o.fail && !o.open, true
		}
		if why == "" || alien && a.why != "" && !a.alien {
			// That other tables have no such field is the rule's business.
			why, alien = a.why, a.alien
		}
	}
	for p := range l.rule.When.predicates {
		l.wildcard(p)
	}
	if l.never = !possible; l.never {
		l.say(NeverTrue, "can never be true: %s", why)
		return l.list
	}
	if certain && known {
		l.say(AlwaysTrue, "is true of every row that has its fields: it removes all of them")
	}
	l.orNotEqual(l.rule.When, false)
	if whole {
		l.bounds(ways)
		l.accounts(ways)
		l.sides(ways)
		l.window(ways)
	}
	for p, not := range l.rule.When.polarity {
		if p.Not == not {
			l.loose(p)
		}
	}
	return l.list
}

// in looks at the rule in one table.
func (l *lint) in(t *table.Table) *analysis {
	return &analysis{table: t, zone: l.rule.zone(), find: fieldsOf(t)}
}

// A branch is one way in which an expression becomes true: all its predicates
// hold. Negations have been moved into them.
type branch []*Predicate

// maxBranches bounds how many ways of a rule are looked at.
const maxBranches = 64

// branches lists the ways of an expression; ok is false where there are too
// many.
func branches(e *Expr) (list []branch, ok bool) { return expand(e, false) }

func expand(e *Expr, not bool) ([]branch, bool) {
	kids, sum := e.Or, true
	switch {
	case e.Pred != nil:
		p := *e.Pred
		p.Not = p.Not != not
		return []branch{{&p}}, true
	case e.Not != nil:
		return expand(e.Not, !not)
	case e.And != nil:
		kids, sum = e.And, false
	}
	list := []branch{nil}
	if sum != not {
		list = nil
	}
	for _, kid := range kids {
		more, ok := expand(kid, not)
		if !ok {
			return nil, false
		}
		if sum != not {
			list = append(list, more...)
		} else {
			var product []branch
			for _, a := range list {
				for _, b := range more {
					product = append(product, append(a[:len(a):len(a)], b...))
				}
				if len(product) > maxBranches {
					return nil, false
				}
			}
			list = product
		}
		if len(list) > maxBranches {
			return nil, false
		}
	}
	return list, true
}
