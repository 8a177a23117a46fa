package scanner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// maxHosts is how many hosts an entry of the ledger knows, and maxHostName how much
// of their names, which a log may make as long as its cells.
const (
	maxHosts    = 1000
	maxHostName = 1 << 10
)

// A RuleReport is one entry of the ledger of suppressed hits: what one
// exclusion rule, or one allow list, removed. A hit that several remove stands under each.
type RuleReport struct {
	Name, Reason  string
	Owner, Ticket string
	State         rule.State
	Expires       time.Time // zero: never
	Suppressed    int64
	Alone         int64 // of Suppressed: hits that nothing else removed
	Period              // of the removed hits that have a time

	// Where they were, with counts; hits of a table that names no host stand
	// under its address, or under "" without one. Only the first hosts by name
	// are kept, so that neither memory nor the order of the hits shows.
	hosts map[string]*int64
	last  string // the last of them by name
	more  bool   // there were others
}

// A HostCount is a host and the hits that were removed of it.
type HostCount struct {
	Host string
	Hits int64
}

// A Reason is why one rule removed a hit: its predicates with their values.
type Reason struct {
	Rule       string
	Predicates []rule.Truth
}

// add counts a hit that the entry's rule removes; alone says that no other does.
func (r *RuleReport) add(h *Hit, alone bool) {
	r.Suppressed++
	if alone {
		r.Alone++
	}
	r.join(h.period())
	r.addHost(h.host())
}

func (r *RuleReport) addHost(host string) {
	if len(host) > maxHostName {
		host = strings.ToValidUTF8(host[:maxHostName], "") + "…"
	}
	if n := r.hosts[host]; n != nil { // to assign to it would make host its key
		*n++
		return
	}
	if r.hosts == nil {
		r.hosts = map[string]*int64{}
	}
	if len(r.hosts) == maxHosts {
		r.more = true
		if host >= r.last {
			return
		}
		delete(r.hosts, r.last) // and no host before it has ever been left out
		r.last = ""
	}
	host = strings.Clone(host) // it is a piece of the row's memory
	n := int64(1)
	r.hosts[host] = &n
	if len(r.hosts) < maxHosts {
		return
	}
	for h := range r.hosts {
		r.last = max(r.last, h)
	}
}

// Hosts lists the hosts whose hits were removed, those with most first. more
// says that there were others, whose names come after all of these.
func (r *RuleReport) Hosts() (list []HostCount, more bool) {
	return sortedHosts(r.hosts), r.more
}

// sortedHosts lists hosts by the number of their hits, the largest first, and by name.
func sortedHosts(hits map[string]*int64) (list []HostCount) {
	for host, n := range hits {
		list = append(list, HostCount{host, *n})
	}
	slices.SortFunc(list, func(a, b HostCount) int {
		return cmp.Or(cmp.Compare(b.Hits, a.Hits), strings.Compare(a.Host, b.Host))
	})
	return list
}

// Share is the part of all hits, suppressed ones among them, that the entry
// removed.
func (s *Summary) Share(r *RuleReport) float64 {
	return float64(r.Suppressed) / float64(max(s.Hits+s.Suppressed, 1))
}

// ruleAt is a rule that applies, and where it stands in the ledger.
type ruleAt struct {
	*rule.Rule
	entry *RuleReport
}

// applyRules opens the ledger, of rules and allow lists, and picks the rules that apply.
func (r *run) applyRules() {
	now := r.Now
	if now.IsZero() {
		now = time.Now()
	}
	for _, x := range r.Rules {
		entry := &RuleReport{Name: x.Name, Reason: x.Reason, Owner: x.Owner, Ticket: x.Ticket, State: x.State(now), Expires: x.Expires}
		r.ledger = append(r.ledger, entry)
		if entry.State == rule.Active {
			r.rules = append(r.rules, ruleAt{x, entry})
		}
	}
	for _, l := range r.Allow {
		r.ledger = append(r.ledger, &RuleReport{Name: AllowPrefix + l.Name, Reason: fmt.Sprintf("on the allow list %s (%s)", l.Path, l.Type)})
	}
}

// exclude asks the rules whether they remove a hit, and notes those that do in
// w.removing. t is the definition that the row was read by.
func (w *worker) exclude(t *table.Table, row *table.Row, d table.Direction, h *Hit) {
	context := w.context(t, row, d, h)
	for _, x := range w.rules {
		if x.Eval(&context) == rule.True {
			h.SuppressedBy = append(h.SuppressedBy, x.Name)
			w.removing = append(w.removing, x.entry)
			if w.out.suppressed != nil || w.tracing != nil {
				h.Reasons = append(h.Reasons, Reason{x.Name, x.Trace(&context)})
			}
		}
	}
}

// context is what rules are asked about. It lives until the next hit.
func (w *worker) context(t *table.Table, row *table.Row, d table.Direction, h *Hit) rule.Context {
	w.room.ruled = w.room.ruled[:0]
	for i := range h.Matches {
		m := &h.Matches[i]
		w.room.ruled = append(w.room.ruled, rule.Match{Column: m.Column, Role: m.Role, Value: m.Value, Class: m.Class.String()})
	}
	return rule.Context{Table: t, Row: row, Direction: d, Who: &h.Who, Time: h.Time, TimeKnown: h.HasTime,
		Indicator: h.Indicator, Matches: w.room.ruled}
}

// enter enters a hit in the ledger under all that removes it.
func (w *worker) enter(h *Hit) {
	if len(w.removing) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock() // after a panic too: all others wait
	for _, entry := range w.removing {
		entry.add(h, len(w.removing) == 1)
	}
}

// ruleColumns returns the columns of a table that any rule reads. For the run's own
// tables they are listed once: to do so for each of many small inputs would cost more
// than their rows.
func (r *run) ruleColumns(t *table.Table) []string {
	if list, ok := r.read.Load(t); ok {
		return list.([]string)
	}
	var list []string
	seen := map[string]bool{}
	for _, x := range r.rules {
		for _, column := range x.Columns(t) {
			if !seen[column] {
				seen[column] = true
				list = append(list, column)
			}
		}
	}
	if slices.Contains(r.tables, t) {
		r.read.Store(t, list)
	}
	return list
}
