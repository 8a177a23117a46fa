package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner"
)

// feedDates lays out how fresh a source is and what time its entries cover.
func feedDates(b *strings.Builder, r *feed.Report) {
	if !r.Dated.IsZero() {
		fmt.Fprintf(b, "  dated      %s (%s)\n", r.Dated, r.DatedBy)
	}
	switch {
	case !r.Oldest.IsZero():
		fmt.Fprintf(b, "  first seen %s to %s\n", r.Oldest, r.Newest)
	case !r.From.IsZero():
		fmt.Fprintf(b, "  entries of %s to %s\n", r.From, r.To)
	}
}

// counted writes a number with its parts by type, as 3 (1 domain, 2 ip).
func counted(n int, byType map[string]int) string {
	var parts []string
	for _, t := range slices.Sorted(maps.Keys(byType)) {
		parts = append(parts, fmt.Sprintf("%s %s", number(byType[t]), t))
	}
	if len(parts) == 0 {
		return number(n)
	}
	return number(n) + " (" + strings.Join(parts, ", ") + ")"
}

// maxWarned is how many different warnings are counted apart: some hold words
// of the feed.
const maxWarned = 20

// feedReasons lays out why entries were not taken, and what is odd about those
// that were, with the line of the first of each.
func feedReasons(b *strings.Builder, r *feed.Report) {
	say := func(n int, reason string, line int) {
		fmt.Fprintf(b, "    %s: %s, first on line %d\n", number(n), scanner.Printable(reason), line)
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
		say(r.Reasons[reason], reason, r.First[reason])
	}
	if len(r.Warnings) == 0 {
		return
	}
	n, first := map[string]int{}, map[string]int{}
	for _, w := range r.Warnings {
		reason := w.Reason
		if n[reason] == 0 && len(n) >= maxWarned {
			reason = "other warnings"
		}
		if n[reason]++; n[reason] == 1 {
			first[reason] = w.Line
		}
	}
	fmt.Fprintf(b, "  warnings   %s\n", number(len(r.Warnings)))
	for _, reason := range slices.Sorted(maps.Keys(n)) {
		say(n[reason], reason, first[reason])
	}
}

// compromisedReport says how many of the indicators are legitimate sites, and
// what becomes of them.
func compromisedReport(b *strings.Builder, list *ioc.List, how string) {
	n := 0
	for i := range list.All() {
		if i.Compromised == 1 {
			n++
		}
	}
	if n == 0 {
		return
	}
	what := "matched like others; --compromised exact or skip narrows them"
	if how == "exact" {
		what = "scan matches their names and not what is below"
	}
	fmt.Fprintf(b, "\ncompromised sites: %s of %s indicators (%s)\n", number(n), number(list.Len()), what)
}

// maxAlike is how many pairs of each likeness are shown.
const maxAlike = 5

// alikeReport lays out which of the indicators of all sources say the same, or
// can be taken for each other.
func alikeReport(b *strings.Builder, set *ioc.Set) {
	var n [ioc.Likenesses]int
	var shown [ioc.Likenesses]strings.Builder
	for a := range set.Alikes() {
		if n[a.Likeness]++; n[a.Likeness] <= maxAlike {
			fmt.Fprintf(&shown[a.Likeness], "    %s%s beside %s%s\n", a.Indicator.Value, origin(a.Indicator.Feeds), a.Other.Value, origin(a.Other.Feeds))
		}
	}
	for l, pairs := range n {
		if pairs == 0 {
			continue
		}
		fmt.Fprintf(b, "\nalike: %s, %s\n%s", number(pairs), ioc.Likeness(l), shown[l].String())
		if pairs > maxAlike {
			fmt.Fprintf(b, "    … and %s more\n", number(pairs-maxAlike))
		}
	}
}
