// Package rule evaluates exclusion rules: SQL's boolean expressions over the
// columns of a record, the generic names of its table and the fields of who.
//
//	process.command_line LIKE '%nc -z 192.168.1.100%'
//	AND timestamp BETWEEN '2025-04-01 02:00:00' AND '2025-04-01 04:00:00'
//
// Logic is three-valued: a field that the table lacks, or an empty cell, makes
// a predicate [Unknown], and only a rule that is [True] excludes. So a rule
// about command lines can never remove a firewall's row. Text compares without
// regard to case. What a field is decides how it compares: addresses by value
// (a CIDR may stand on the right), numbers as numbers, times as instants,
// processes by base name, and so on; see [table.Compare].
//
// A [Rule] is immutable and safe for concurrent use.
package rule

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Tri is a truth value of three-valued logic.
type Tri int8

// The truth values, in an order in which AND is min and OR is max.
const (
	False   Tri = -1
	Unknown Tri = 0
	True    Tri = 1
)

// String is the value as SQL writes it.
func (t Tri) String() string { return [...]string{"FALSE", "UNKNOWN", "TRUE"}[t+1] }

// Not is SQL's NOT: that of Unknown is Unknown.
func (t Tri) Not() Tri { return -t }

// And is SQL's AND.
func (t Tri) And(u Tri) Tri { return min(t, u) }

// Or is SQL's OR.
func (t Tri) Or(u Tri) Tri { return max(t, u) }

func truth(b bool) Tri {
	if b {
		return True
	}
	return False
}

// A Rule is one exclusion.
type Rule struct {
	Name   string
	Reason string
	Tables []string // the tables it is restricted to; empty for all
	When   *Expr

	text  string   // of the expression, for carets
	at    string   // file:line of the expression
	bound sync.Map // *table.Table to *program
}

// Context is what a rule may look at: one hit.
type Context struct {
	Table     *table.Table
	Row       *table.Row
	Direction table.Direction
	Who       *table.Who
	Time      clock.Time // event time, if TimeKnown
	TimeKnown bool
}

// Inline returns the n-th rule given on the command line, counted from 1. It
// is called --exclude:n, and its reason is its own text.
func Inline(n int, text string) (*Rule, error) {
	at := fmt.Sprintf("--exclude:%d", n)
	r := &Rule{Name: at, Reason: strings.TrimSpace(text), text: text, at: at}
	when, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	r.When = when
	return r, nil
}

// Eval says whether the rule holds for a hit. A rule that is restricted to
// other tables is Unknown.
func (r *Rule) Eval(c *Context) Tri {
	p, ok := r.bound.Load(c.Table)
	if !ok {
		p, _ = r.bound.LoadOrStore(c.Table, r.bind(c.Table))
	}
	return p.(*program).eval(c)
}

// Columns returns the columns of a table that the rule reads, each once. The
// row that Eval sees must have them.
func (r *Rule) Columns(t *table.Table) []string {
	var list []string
	if !r.applies(t) {
		return nil
	}
	add := func(c string) {
		if c != "" && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	for p := range r.When.predicates {
		f, _ := t.Field(p.Field)
		for _, v := range f.Values {
			switch v.Func {
			case table.EventTime:
				for _, c := range t.Times {
					add(c)
				}
			case table.WhoField:
			default:
				add(v.Column)
				add(v.Domain)
			}
		}
	}
	return list
}

func (r *Rule) applies(t *table.Table) bool {
	return len(r.Tables) == 0 || slices.ContainsFunc(r.Tables, func(n string) bool { return table.ByName([]*table.Table{t}, n) != nil })
}

// Check reports what must stop a scan before it begins: a field that no known
// table has, a table that is not known, a time that is none.
func (r *Rule) Check(tables []*table.Table) error {
	for _, name := range r.Tables {
		if table.ByName(tables, name) == nil {
			var known []string
			for _, t := range tables {
				known = append(known, t.Name)
			}
			return fmt.Errorf("%s: rule %q: unknown table %q%s", r.at, r.Name, name, suggest(name, known))
		}
	}
	for p := range r.When.predicates {
		if err := checkPredicate(p, tables); err != nil {
			return fmt.Errorf("%s: rule %q: %w", r.at, r.Name, &SyntaxError{r.text, err.at, err.msg})
		}
	}
	return nil
}

type problem struct {
	at  int
	msg string
}

func checkPredicate(p *Predicate, tables []*table.Table) *problem {
	known := false
	for _, t := range tables {
		f, ok := t.Field(p.Field)
		known = known || ok
		for _, v := range f.Values {
			if v.Compare != table.CompareTime || p.Op == Like || p.Op == Null {
				continue
			}
			for i := range p.Args {
				switch a := &p.Args[i]; {
				case a.timeStatus == clock.Ambiguous:
					return &problem{a.at, fmt.Sprintf("%q leaves the order of day and month open: write 2025-04-01", a.Text)}
				case !a.hasTime:
					return &problem{a.at, fmt.Sprintf("%q is not a time", a.Text)}
				}
			}
		}
	}
	if known {
		return nil
	}
	var names []string
	for _, t := range tables {
		names = append(names, t.FieldNames()...)
	}
	return &problem{p.at, fmt.Sprintf("unknown field %q%s", p.Field, suggest(p.Field, names))}
}

// suggest returns `: did you mean "x"?` for the nearest name, or nothing.
func suggest(name string, known []string) string {
	fold := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), ".", "_") }
	want := fold(name)
	if len(want) > 100 {
		return ""
	}
	best, near, raw := "", len(want)/3+2, 0
	for _, k := range known {
		// Of two names as near, the one that is spelled more alike.
		d, e := distance(want, fold(k)), distance(name, k)
		if d < near || best != "" && d == near && e < raw {
			best, near, raw = k, d, e
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// distance counts the edits between two names, a swap of neighbours as one.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := range len(a) {
		old, last, now := rows[0], rows[1], rows[2]
		now[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			now[j+1] = min(last[j+1]+1, now[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				now[j+1] = min(now[j+1], old[j-1]+1)
			}
		}
		rows = [3][]int{last, now, old}
	}
	return rows[1][len(b)]
}
