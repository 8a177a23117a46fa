package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/rule"
)

// maxLedgerHosts is how many hosts a line of the ledger names.
const maxLedgerHosts = 5

// ledger says what each rule removed. Rules that removed nothing and rules
// that removed over half of all hits are called out.
func (r *scanReport) ledger(all bool) []string {
	shown := maxNamed
	if all {
		shown = maxShown
	}
	var out []string
	idle := 0
	for i := range r.sum.Rules {
		x := &r.sum.Rules[i]
		name := scanner.Printable(x.Name)
		switch {
		case x.State == rule.Expired:
			out = append(out, fmt.Sprintf("Rule %s expired at %s and did not apply: %s", name, x.Expires.UTC().Format(time.RFC3339), scanner.Printable(x.Reason)))
		case x.State == rule.Disabled:
			out = append(out, fmt.Sprintf("Rule %s is disabled and did not apply", name))
		case x.Suppressed == 0:
			if idle++; idle <= shown {
				out = append(out, fmt.Sprintf("Rule %s suppressed nothing", name))
			}
		default:
			out = append(out, fmt.Sprintf("Rule %s suppressed %s: %s", name, count(x.Suppressed, "hit"), scanner.Printable(x.Reason)))
			share := r.sum.Share(x)
			out = append(out, fmt.Sprintf("  %.1f%% of all hits%s; on %s", 100*share, span(x), hostNames(x.Hosts())))
			if share > 0.5 {
				out = append(out, fmt.Sprintf("  OVER HALF of all hits were removed by rule %s: --suppressed FILE shows them", name))
			}
		}
	}
	if n := idle - shown; n > 0 {
		out = append(out, fmt.Sprintf("%s suppressed nothing as well: --summary names them", count(n, "more rule")))
	}
	return out
}

// span is when the removed hits happened.
func span(x *scanner.RuleReport) string {
	switch {
	case !x.Timed:
		return ""
	case x.First == x.Last:
		return ", at " + seconds(x.First) + " UTC"
	}
	return ", from " + seconds(x.First) + " to " + seconds(x.Last) + " UTC"
}

// hostNames names the first of a list; more says that there are others than it has.
func hostNames(list []scanner.HostCount, more bool) string {
	var names []string
	for i, h := range list {
		if i == maxLedgerHosts {
			text := fmt.Sprintf("%s more", number(len(list)-i))
			if more {
				text = "over " + text
			}
			names = append(names, text)
			break
		}
		names = append(names, fmt.Sprintf("%s (%s)", cmp.Or(scanner.Printable(h.Host), "no host named"), number(h.Hits)))
	}
	return strings.Join(names, ", ")
}

// ruleJSON is a rule's entry of the ledger in --summary.
type ruleJSON struct {
	Name       string         `json:"name"`
	Reason     string         `json:"reason"`
	Owner      *string        `json:"owner"`
	Ticket     *string        `json:"ticket"`
	State      string         `json:"state"`
	Expires    *string        `json:"expires"`
	Suppressed int64          `json:"suppressed"`
	Alone      int64          `json:"suppressed_alone"`
	Share      float64        `json:"share"`
	First      *string        `json:"first_time"`
	Last       *string        `json:"last_time"`
	Hosts      []ruleHostJSON `json:"hosts"`
	MoreHosts  bool           `json:"more_hosts"`
}

type ruleHostJSON struct {
	Host string `json:"host"`
	Hits int64  `json:"hits"`
}

func (r *scanReport) ruleJSON(x *scanner.RuleReport) ruleJSON {
	j := ruleJSON{Name: x.Name, Reason: x.Reason, Owner: textOrNull(x.Owner), Ticket: textOrNull(x.Ticket), State: string(x.State),
		Suppressed: x.Suppressed, Alone: x.Alone, Share: float64(int64(r.sum.Share(x)*1e6+0.5)) / 1e6, Hosts: []ruleHostJSON{}}
	if !x.Expires.IsZero() {
		j.Expires = textOrNull(x.Expires.UTC().Format(time.RFC3339))
	}
	if x.Timed {
		j.First, j.Last = textOrNull(x.First.String()), textOrNull(x.Last.String())
	}
	list, more := x.Hosts()
	for _, h := range list {
		j.Hosts = append(j.Hosts, ruleHostJSON(h))
	}
	j.MoreHosts = more
	return j
}
