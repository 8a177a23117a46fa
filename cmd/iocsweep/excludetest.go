package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/spf13/cobra"
)

func (a *app) excludeTest() *cobra.Command {
	var hits string
	var files, presets []string
	c := &cobra.Command{
		Use:   "test FILE... --hits HITS",
		Short: "Say what exclusion rules would remove from an earlier result",
		Long: `Reads the hits of an earlier scan (JSONL) and says what each rule would remove
of them, by indicator and host, without a new scan. A hit shows only some
columns of its row. Hits for which a rule needs others are counted apart; those
of a scan with --row all show all columns that are not empty.`,
		RunE: func(c *cobra.Command, paths []string) error {
			f := ruleFlags{rules: paths, presets: presets}
			switch {
			case len(paths) == 0 && len(presets) == 0:
				return usage(errors.New("no rule files given"))
			case hits == "":
				return usage(errNoHits)
			}
			tables, err := readTables(files)
			if err != nil {
				return usage(err)
			}
			rules, err := f.read(tables)
			if err != nil {
				return usage(err)
			}
			trial := scanner.NewTrial(rules, time.Now())
			broken, err := a.readHits(hits, tables, trial.Add)
			if err != nil {
				return usage(err)
			}
			if trial.Hits == 0 {
				return usage(fmt.Errorf("%s: no hits in it", hits))
			}
			return a.result(trialText(trial), partial(broken))
		},
	}
	fs := flags{c.Flags()}
	fs.SortFlags = false
	fs.StringVar(&hits, "hits", "", "hits of an earlier scan `FILE`, as JSONL; - is standard input")
	fs.StringArrayVar(&presets, "preset", nil, "rules that come with the program, by `NAME`, repeatable")
	fs.StringArrayVar(&files, "table-file", nil, tableFileUsage)
	return c
}

// trialText lays out what a trial found.
func trialText(t *scanner.Trial) string {
	b := new(page)
	for _, x := range t.Rules {
		b.para("", scanner.Printable(x.Rule.Name)+": "+scanner.Printable(x.Rule.Reason))
		switch x.State {
		case rule.Expired:
			fmt.Fprintf(b, "  has expired at %s; if it had not:\n", x.Rule.Expires.UTC().Format(time.RFC3339))
		case rule.Disabled:
			b.WriteString("  is disabled; if it were not:\n")
		}
		r := &x.Removed
		if r.Suppressed == 0 {
			fmt.Fprintf(b, "  removes none of %s\n", count(t.Hits, "hit"))
		} else {
			b.para("  ", fmt.Sprintf("removes %s of %s (%.1f%%)%s; %s by it alone", number(r.Suppressed), count(t.Hits, "hit"),
				100*float64(r.Suppressed)/float64(t.Hits), span(r), number(r.Alone)))
			indented(b, x.Groups)
		}
		if x.Undecided > 0 {
			b.para("  ", fmt.Sprintf("CANNOT SAY of %s: %s", count(x.Undecided, "hit"), untold(x)))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "All rules together remove %s of %s; %s stay.\n", number(t.Removed), count(t.Hits, "hit"), number(t.Hits-t.Removed))
	if t.Undecided > 0 {
		fmt.Fprintf(b, "Of those that stay, %s could be removed in a scan: see CANNOT SAY.\n", number(t.Undecided))
	}
	return b.String()
}

// indented lists groups of hits under a rule. Where long names leave no room on
// a line for the times, these stand below.
func indented(b *page, g *scanner.Groups) {
	rows := [][]string{{"HITS", "INDICATOR", "HOST", "FIRST", "LAST"}}
	var times []string
	for _, one := range g.Largest(maxShown) {
		cells, first, last := groupCells(one)
		rows = append(rows, append(cells, first, last))
		times = append(times, first+" to "+last)
	}
	var text strings.Builder
	writeTable(&text, rows)
	const indent = "    "
	head, _, _ := strings.Cut(text.String(), "\n")
	if below := len(head)+len("2006-01-02 15:04:05")-len("LAST")+len(indent) > pageWidth; below {
		for i := range rows {
			rows[i] = rows[i][:3]
		}
		text.Reset()
		writeTable(&text, rows)
		n := 0
		for line := range strings.Lines(text.String()) {
			b.para(indent, strings.TrimSuffix(line, "\n"))
			if n > 0 {
				b.WriteString(indent + "      " + times[n-1] + "\n")
			}
			n++
		}
	} else {
		for line := range strings.Lines(text.String()) {
			b.WriteString(indent + line)
		}
	}
	if n := g.Len() - maxShown; n > 0 {
		fmt.Fprintf(b, "    … and %s more groups\n", number(n))
	}
	if g.Others > 0 {
		fmt.Fprintf(b, "    %s in groups beyond the first ones that fit in memory\n", count(g.Others, "hit"))
	}
}

// untold says what a rule needs to know and hits do not show.
func untold(x *scanner.TrialRule) string {
	var why []string
	if len(x.Columns) > 0 {
		why = append(why, fmt.Sprintf("their rows do not show %s; a scan with --row all does", scanner.Printable(strings.Join(x.Columns, ", "))))
	}
	if len(x.Blank) > 0 {
		why = append(why, fmt.Sprintf("%s may be empty or not in their export at all, which only a scan with the rule can tell",
			scanner.Printable(strings.Join(x.Blank, ", "))))
	}
	return strings.Join(why, "; ")
}
