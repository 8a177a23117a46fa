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
	"sync/atomic"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
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

// UnmarshalText reads what String writes.
func (t *Tri) UnmarshalText(b []byte) error {
	for _, v := range [...]Tri{False, Unknown, True} {
		if v.String() == string(b) {
			*t = v
			return nil
		}
	}
	return fmt.Errorf("%.20q is no truth value", b)
}

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
	Name     string
	Reason   string
	Owner    string         // who answers for it, "" if nobody is named
	Ticket   string         // where it was asked for, "" if not said
	Risk     string         // what it may hide, "" if not said
	Tables   []string       // the tables it is restricted to; empty for all
	Zone     *time.Location // of its times of day and of times that carry none; nil is UTC
	Expires  time.Time      // when it ends; zero: never
	Disabled bool
	When     *Expr

	text  string   // of the expression, for carets
	at    string   // file:line of the expression
	bound sync.Map // *table.Table to *program

	checked atomic.Pointer[[]*table.Table] // the last tables in which all names were found
}

// State says whether a rule applies.
type State string

// The states of a rule.
const (
	Active   State = "active"
	Expired  State = "expired"
	Disabled State = "disabled"
)

// State is the rule's state at a time.
func (r *Rule) State(now time.Time) State {
	switch {
	case r.Disabled:
		return Disabled
	case !r.Expires.IsZero() && !now.Before(r.Expires):
		return Expired
	}
	return Active
}

// Context is what a rule may look at: one hit. Nothing of it is kept.
type Context struct {
	Table     *table.Table
	Row       *table.Row
	Direction table.Direction
	Who       *table.Who
	Time      clock.Time // event time, if TimeKnown
	TimeKnown bool
	Indicator *ioc.Indicator // nil: nothing is known of it
	Matches   []Match

	// ReadBack says that Row is what a hit shows of its row and not the row
	// itself: of columns that it does not show, nothing is known. WholeRow
	// says that it shows all that are not empty.
	ReadBack, WholeRow bool
}

// Inline returns the n-th rule given on the command line, counted from 1. It
// is called --exclude:n, and its reason is its own text.
func Inline(n int, text string) (*Rule, error) {
	at := fmt.Sprintf("--exclude:%d", n)
	r := &Rule{Name: at, Reason: strings.TrimSpace(text), text: text, at: at}
	when, err := Parse(text)
	if err == nil {
		err = new(lists).resolve(when, text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	r.When = when
	return r, nil
}

func (r *Rule) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}

// Eval says whether the rule holds for a hit, whatever its State. A rule that
// is restricted to other tables is Unknown.
func (r *Rule) Eval(c *Context) Tri { return r.program(c.Table).eval(c) }

func (r *Rule) program(t *table.Table) *program {
	p, ok := r.bound.Load(t)
	if !ok {
		bound := r.bind(t)
		bound.columns = bound.read(t)
		p, _ = r.bound.LoadOrStore(t, bound)
	}
	return p.(*program)
}

// A Truth is a predicate as written and its value for one hit.
type Truth struct {
	Predicate string
	Value     Tri
}

// Trace evaluates every predicate of the rule for a hit, from left to right,
// also those that Eval need not look at. There are none for a table that the
// rule is not made for.
func (r *Rule) Trace(c *Context) []Truth {
	var list []Truth
	r.program(c.Table).tests(func(t *test) bool {
		list = append(list, Truth{t.Predicate.String(), t.eval(c)})
		return true
	})
	return list
}

// Columns returns the columns of a table that the rule reads, each once. The
// row that Eval sees must have them. The list must not be changed.
func (r *Rule) Columns(t *table.Table) []string { return r.program(t).columns }

// read lists the columns of a table that the program reads.
func (p *program) read(t *table.Table) (list []string) {
	add := func(c string) {
		if c != "" && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	p.tests(func(x *test) bool {
		for _, v := range x.left.sources(nil) {
			switch {
			case v.own != notOwn, v.Func == table.WhoField:
			case v.Func == table.EventTime:
				for _, c := range t.Times {
					add(c)
				}
			default:
				add(v.Column)
				add(v.Domain)
			}
		}
		return true
	})
	return list
}

func (r *Rule) applies(t *table.Table) bool {
	return len(r.Tables) == 0 || slices.ContainsFunc(r.Tables, func(n string) bool { return table.ByName([]*table.Table{t}, n) != nil })
}
