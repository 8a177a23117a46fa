package main

import (
	"fmt"
	"strings"

	"github.com/iocsweep/iocsweep/scanner"
)

// maxUnmet is how many indicators without hits --summary lists. All are counted.
const maxUnmet = 10_000

// maxUnmetShown is how many the summary format names.
const maxUnmetShown = 10

type unmetJSON struct {
	Count      int         `json:"count"`
	Suppressed int         `json:"suppressed_only"` // of count, those that suppressed hits show
	Listed     []unmetItem `json:"listed"`          // the first ones
}

type unmetItem struct {
	Type       string   `json:"type"`
	Value      string   `json:"value"`
	Suppressed bool     `json:"suppressed_only"`
	Feeds      []string `json:"feeds"`
}

// unmetJSON lists the indicators that no kept hit shows, neither leading nor
// beside another.
func (r *scanReport) unmetJSON() unmetJSON {
	u := unmetJSON{Listed: []unmetItem{}}
	for i, suppressed := range r.scan.Met.Missing(r.scan.MetSuppressed) {
		u.Count++
		if suppressed {
			u.Suppressed++
		}
		if len(u.Listed) < maxUnmet {
			u.Listed = append(u.Listed, unmetItem{i.Type.String(), i.Value, suppressed, feedsOf(&i)})
		}
	}
	return u
}

// unmet names the indicators without hits, so that nobody takes their silence
// for granted. Where there are no hits at all the verdict says so of all.
func (r *scanReport) unmet(b *strings.Builder) {
	all := r.indicators.Len()
	missing, hidden := all-r.scan.Met.Len(), 0
	if missing == 0 || r.sum.Hits+r.sum.Suppressed == 0 {
		return
	}
	var named []string
	for i, suppressed := range r.scan.Met.Missing(r.scan.MetSuppressed) {
		value := scanner.Printable(i.Value)
		if suppressed {
			value += " (only in suppressed hits)"
		}
		if len(named) == maxUnmetShown {
			hidden = missing - maxUnmetShown
			break
		}
		named = append(named, value)
	}
	fmt.Fprintf(b, "\nNot met: %s of %s: %s", number(missing), count(all, "indicator"), strings.Join(named, ", "))
	if hidden > 0 {
		fmt.Fprintf(b, " … and %s more: --summary FILE lists them", number(hidden))
	}
	b.WriteByte('\n')
}

type nearJSON struct {
	Rows   int64      `json:"rows"`
	Others int64      `json:"other_rows"` // of rows, those whose values are not listed
	Listed []nearItem `json:"listed"`
}

type nearItem struct {
	Table     string   `json:"table"`
	Column    string   `json:"column"`
	Value     string   `json:"value"`
	Rows      int64    `json:"rows"`
	Type      string   `json:"type"`
	Indicator string   `json:"indicator"`
	More      int      `json:"more_indicators"` // that are as near
	Why       string   `json:"why"`
	Feeds     []string `json:"feeds"`
	File      string   `json:"file"` // and record: the first that shows it
	Record    *int64   `json:"record"`
}

func (r *scanReport) nearJSON() *nearJSON {
	near := r.scan.Near
	if near == nil {
		return nil
	}
	j := &nearJSON{Listed: []nearItem{}}
	for _, m := range near.List() {
		item := nearItem{Table: m.Table, Column: m.Column, Value: m.Value, Rows: m.Rows, Type: m.Indicator.Type.String(), Indicator: m.Indicator.Value,
			More: m.More, Why: m.Why, Feeds: feedsOf(&m.Indicator), File: m.First.Input.String()}
		if m.First.Record > 0 {
			item.Record = &m.First.Record
		}
		j.Rows += m.Rows
		j.Listed = append(j.Listed, item)
	}
	j.Others = near.Others
	j.Rows += near.Others
	return j
}

// nearCount is the line that other formats than the summary have of them.
func (r *scanReport) nearCount() string {
	j := r.nearJSON()
	return fmt.Sprintf("Near misses: %s with %s, which are no hits: --format summary and --summary list them", count(j.Rows, "row"), count(len(j.Listed), "value"))
}

// nearMisses lists values that come near an indicator.
func (r *scanReport) nearMisses(b *strings.Builder) {
	j := r.nearJSON()
	if j == nil {
		return
	}
	if j.Rows == 0 {
		b.WriteString("\nNear misses: none\n")
		return
	}
	fmt.Fprintf(b, "\nNear misses, which are no hits: %s\n", count(j.Rows, "row"))
	rows := [][]string{{"ROWS", "COLUMN", "VALUE", "INDICATOR", "WHY", "FIRST"}}
	for i, n := range j.Listed {
		if i == maxShown {
			break
		}
		indicator := n.Indicator
		if n.More > 0 {
			indicator += fmt.Sprintf(" and %s more", number(n.More))
		}
		first := scanner.Printable(n.File)
		if n.Record != nil {
			first += fmt.Sprintf(":%d", *n.Record)
		}
		why, _, _ := strings.Cut(n.Why, ": ")
		rows = append(rows, []string{number(n.Rows), n.Column, scanner.Printable(n.Value), scanner.Printable(indicator), why, first})
	}
	writeTable(b, rows)
	if n := len(j.Listed) - maxShown; n > 0 {
		fmt.Fprintf(b, "… and %s, which --summary FILE lists\n", count(n, "more value"))
	}
	if j.Others > 0 {
		fmt.Fprintf(b, "%s of values beyond the first ones that are kept apart\n", count(j.Others, "row"))
	}
}
