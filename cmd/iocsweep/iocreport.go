package main

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/spf13/cobra"
)

func (a *app) iocReport() *cobra.Command {
	var f feedFlags
	var hits, files []string
	var format string
	c := &cobra.Command{
		Use:   "report FEED... --hits HITS",
		Short: "Say which indicators the hits of an earlier scan show, and which not",
		Long: `Reads indicator sources and the hits of an earlier scan (JSONL), and says by
type which indicators have hits, how many, where and when, which have none, and
which stand in the hits but in no source given. No export is read again. An
indicator has the hits that it leads and those in which it stands beside
another. Hits that scan wrote with --suppressed may be given as well: they are
told apart, and do not make an indicator met.

The text names some of each; --format jsonl and csv have all.`,
		Example: "  iocsweep ioc report threatfox.csv --hits hits.jsonl --hits suppressed.jsonl",
		RunE: func(c *cobra.Command, paths []string) error {
			return a.reportHits(&f, paths, hits, files, format)
		},
	}
	fs := flags{c.Flags()}
	fs.SortFlags = false
	fs.StringArrayVar(&hits, "hits", nil, "hits of an earlier scan `FILE`, as JSONL, repeatable; - is standard input")
	fs.StringVar(&format, "format", "text", "text, jsonl or csv")
	fs.StringArrayVar(&files, "table-file", nil, tableFileUsage)
	f.register(fs)
	return c
}

// reportHits prints a tally of the hits in some files, by the indicators of f and of the
// feeds at paths.
func (a *app) reportHits(f *feedFlags, paths, hits, tableFiles []string, format string) error {
	if err := oneOf("--format", format, "text", "jsonl", "csv"); err != nil {
		return usage(err)
	}
	if len(hits) == 0 {
		return usage(errNoHits)
	}
	for n, path := range hits {
		if slices.Contains(hits[:n], path) {
			return usage(fmt.Errorf("--hits %s is given twice", path))
		}
	}
	if f.iocs = append(f.iocs, paths...); slices.Contains(f.iocs, "-") && slices.Contains(hits, "-") {
		return usage(errors.New("standard input can be read only once: it is given as indicators and as hits"))
	}
	tables, err := readTables(tableFiles)
	if err != nil {
		return usage(err)
	}
	list, reports, err := f.read(a)
	if err != nil {
		return usage(fmt.Errorf("read indicators: %w", err))
	}
	broken := a.saidOfFeeds(reports, false)
	f.where.said(a)
	tally := scanner.NewTally(list)
	for _, path := range hits {
		bad, err := a.readHits(path, tables, tally.Add)
		if err != nil {
			return usage(err)
		}
		broken = broken || bad
	}
	w := bufio.NewWriter(a.out)
	writeTally(w, tally, format)
	if err := w.Flush(); err != nil {
		return outputError(err)
	}
	return partial(broken)
}

// writeTally writes a tally; an error of w is met by its Flush.
func writeTally(w *bufio.Writer, t *scanner.Tally, format string) {
	encode := scanner.TallyJSONL
	switch format {
	case "text":
		w.WriteString(tallyText(t))
		return
	case "csv":
		w.Write(scanner.TallyCSVHeader())
		encode = scanner.TallyCSV
	}
	var line []byte
	for x := range t.All() {
		line = encode(line[:0], x)
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

// tallyText lays out a tally in lines of at most pageWidth, the counts first.
func tallyText(t *scanner.Tally) string {
	p := new(page)
	met, all, hidden := 0, 0, 0
	var parts []string
	for of := ioc.IP; of <= ioc.Hash; of++ {
		list := t.Met(of)
		unmet, only := 0, 0
		q := new(page)
		for x := range t.Unmet(of) {
			if x.Suppressed > 0 {
				only++
			}
			if unmet++; unmet <= maxUnmetShown {
				text := scanner.Printable(x.Indicator.Value)
				if x.Suppressed > 0 {
					text += fmt.Sprintf(" (only in %s)", count(x.Suppressed, "suppressed hit"))
				}
				q.para("    ", text+origin(x.Indicator.Feeds))
			}
		}
		if len(list)+unmet == 0 {
			continue
		}
		met, all, hidden = met+len(list), all+len(list)+unmet, hidden+only
		s := new(page)
		s.para("", fmt.Sprintf("\n%s: %s of %s have hits", of, number(len(list)), number(len(list)+unmet)))
		s.tallied(list)
		if unmet > 0 {
			s.para("  ", "without hits: "+number(unmet))
			s.WriteString(q.String())
			s.rest(unmet - maxUnmetShown)
		}
		parts = append(parts, s.String())
	}
	p.para("", fmt.Sprintf("%s of %s have hits, %s have none%s.", number(met), count(all, "indicator"), number(all-met), onlySuppressed(hidden)))
	text := "The hits: " + number(t.Hits)
	if t.Timed {
		text += ", from " + seconds(t.First) + " to " + seconds(t.Last) + " UTC"
	}
	if t.Suppressed > 0 {
		text += "; and " + count(t.Suppressed, "suppressed one")
	}
	p.para("", text+".")
	for _, part := range parts {
		p.WriteString(part)
	}
	if foreign := t.NotListed(); len(foreign) > 0 {
		p.para("", fmt.Sprintf("\nIn the hits, but in no source given: %s, leading %s", count(len(foreign), "indicator"), count(t.Foreign, "hit")))
		p.tallied(foreign)
		if t.Others > 0 {
			p.para("  ", count(t.Others, "hit")+" of indicators beyond the first ones that fit in memory")
		}
	}
	return p.String()
}

func onlySuppressed(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s of them in suppressed hits only)", number(n))
}

// tallied lists indicators with what they have of the hits.
func (p *page) tallied(list []*scanner.IndicatorTally) {
	for _, x := range list[:min(len(list), maxShown)] {
		i := &x.Indicator
		text := scanner.Printable(i.Value)
		if !x.Listed {
			text = i.Type.String() + " " + text
		}
		if i.Malware != "" {
			text += ", " + scanner.Printable(i.Malware)
		}
		p.para("  ", text+origin(i.Feeds))
		var counts []string
		if x.Hits > 0 {
			counts = append(counts, count(x.Hits, "hit"))
		}
		if x.Beside > 0 {
			counts = append(counts, number(x.Beside)+" beside another indicator")
		}
		if x.Suppressed > 0 {
			counts = append(counts, number(x.Suppressed)+" suppressed")
		}
		text = strings.Join(counts, ", ")
		if x.Timed {
			first, last := seconds(x.First), seconds(x.Last)
			if text += "; "; first != last {
				text += first + " to "
			}
			text += last + " UTC"
		}
		p.para("    ", text)
		if hosts := x.Hosts(); len(hosts) > 0 {
			p.para("    ", "on "+hostNames(hosts, x.MoreHosts))
		}
	}
	p.rest(len(list) - maxShown)
}

// rest says how many are not named.
func (p *page) rest(n int) {
	if n > 0 {
		p.para("    ", fmt.Sprintf("… and %s more: --format jsonl and csv have all", number(n)))
	}
}
