package main

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// scanReport is what a scan has to say of itself at its end.
type scanReport struct {
	sum        *scanner.Summary
	feeds      []feed.Report
	indicators *ioc.List
	flags      *scanFlags
	scan       *scanner.Scan
	started    time.Time
	took       time.Duration
	loaded     time.Duration   // of took, until the indicators were there
	partial    bool            // something beside the inputs could not be read whole, or the sweep failed
	parity     *scanner.Parity // what takes the place of hits, nil without --parity
	compared   bool            // the comparison is complete
}

// complete reports whether nothing which could hold a hit was left unread.
func (r *scanReport) complete() bool { return !r.partial && r.sum.Complete() && r.scanned() > 0 }

// scanned counts the inputs that were read as exports of a known table.
func (r *scanReport) scanned() int {
	n := 0
	for _, f := range r.sum.Files {
		if f.Scanned() {
			n++
		}
	}
	return n
}

// saidOfFeeds prints what a user must know of the indicator sources, and says
// whether one broke off half-way.
func (a *app) saidOfFeeds(reports []feed.Report, quiet bool) (broken bool) {
	for _, r := range reports {
		if r.Err != nil {
			broken = true
			a.warnf("%s: %s: what came before is used", scanner.Printable(r.Path), printableError(r.Err))
		}
		if quiet {
			continue
		}
		if r.Rejected > 0 {
			a.warnf("%s: %s rejected: see iocsweep ioc check", scanner.Printable(r.Path), count(r.Rejected, "line"))
		}
		if n := r.HostOnly(); n > 0 {
			a.warnf("%s: %s without a path left out: --url-hosts takes the hosts of URLs", scanner.Printable(r.Path), count(n, "URL"))
		}
		if n := r.PlainURLs(); n > 0 {
			a.warnf("%s: %s left out, not defanged: --iocs-format text-all takes all", scanner.Printable(r.Path), count(n, "URL"))
		}
		if n := r.InProse(); n > 0 {
			a.warnf("%s: %s in prose left out, not defanged: --iocs-format text-all takes all", scanner.Printable(r.Path), count(n, "value"))
		}
		for _, dropped := range []struct {
			n    int
			flag string
		}{{r.Weak, "--min-confidence"}, {r.Ended, "--active-only"}, {r.Old, "--max-age"}, {r.Innocent, "--compromised skip"}} {
			if dropped.n > 0 {
				a.warnf("%s: %s dropped for %s", scanner.Printable(r.Path), count(dropped.n, "indicator"), dropped.flag)
			}
		}
	}
	return broken
}

// verdict is the answer in a sentence.
func (r *scanReport) verdict() string {
	s := r.sum
	if r.scanned() == 0 {
		return "NOTHING WAS SCANNED: no file could be read as an export of a known table."
	}
	var b strings.Builder
	switch {
	case s.Hits > 0:
		fmt.Fprintf(&b, "%s on %s", count(s.Hits, "hit"), count(r.indicators.Len(), "indicator"))
		if s.Groups != nil {
			met := map[string]bool{}
			if i := slices.Index(s.Groups.By, "indicator"); i >= 0 {
				for g := range s.Groups.All() {
					met[g.Values[i]] = true
				}
				b.Reset()
				fmt.Fprintf(&b, "%s on %d of %s", count(s.Hits, "hit"), len(met), count(r.indicators.Len(), "indicator"))
			}
		}
	default:
		fmt.Fprintf(&b, "No hits for %s", count(r.indicators.Len(), "indicator"))
	}
	if s.Suppressed > 0 {
		fmt.Fprintf(&b, " (%s suppressed by %s)", number(s.Suppressed), r.suppressors())
	}
	fmt.Fprintf(&b, " in %s of %s.", count(r.records(), "record"), count(r.scanned(), "file"))
	if r.complete() {
		b.WriteString(" Everything was read.")
	} else {
		b.WriteString(" COVERAGE IS PARTIAL: not everything could be read.")
	}
	return b.String()
}

// repeats says how many hits are counted more than once, "" if none is.
func (r *scanReport) repeats() string {
	n := r.scan.Repeats
	if n == nil || n.Hits == 0 {
		return ""
	}
	show := "show"
	if n.Hits == 1 {
		show = "shows"
	}
	return fmt.Sprintf("%s of these hits %s what another one shows (same id): exports overlap, or records were delivered more than once.", number(n.Hits), show)
}

// records counts those of the tables that were swept.
func (r *scanReport) records() (n int64) {
	for _, f := range r.sum.Files {
		if f.Table != "" {
			n += f.Records - f.Other
		}
	}
	return n
}

// text is the summary format.
func (r *scanReport) text(color bool) string {
	var b strings.Builder
	verdict := r.verdict()
	if color {
		code := "32" // green
		switch {
		case r.sum.Hits > 0:
			code = "31"
		case !r.complete():
			code = "33"
		}
		verdict = "\x1b[1;" + code + "m" + verdict + "\x1b[0m"
	}
	b.WriteString(verdict + "\n")
	if p := r.sum.Period(); p.Timed {
		fmt.Fprintf(&b, "The records span %s UTC to %s UTC.\n", seconds(p.First), seconds(p.Last))
	}
	if text := r.repeats(); text != "" {
		b.WriteString(text + "\n")
	}
	if g := r.sum.Groups; g != nil && r.sum.Hits > 0 {
		b.WriteByte('\n')
		r.groups(&b, g)
	}
	r.unmet(&b)
	r.nearMisses(&b)
	b.WriteByte('\n')
	r.coverage(&b)
	if r.sum.Hits > 0 {
		b.WriteString("\nEvery row: the same command with --format jsonl (or csv, table), or -o hits.jsonl.\n")
	}
	return b.String()
}

// maxNamed is how many files of each kind are named beside results of other
// formats than the summary.
const maxNamed = 5

// maxShown is how many groups and files a summary lists.
const maxShown = 40

func (r *scanReport) groups(b *strings.Builder, g *scanner.Groups) {
	head := []string{"HITS"}
	for _, f := range g.By {
		head = append(head, strings.ToUpper(f))
	}
	head = append(head, "FIRST", "LAST", "ALLOWED", "BLOCKED", "PORTS")
	rows := [][]string{head}
	for _, one := range g.Largest(maxShown) {
		cells, first, last := groupCells(one)
		rows = append(rows, append(cells, first, last, number(one.Allowed), number(one.Blocked), ports(one)))
	}
	writeTable(b, rows)
	if n := g.Len() - maxShown; n > 0 {
		fmt.Fprintf(b, "… and %s more groups: --format jsonl has every row\n", number(n))
	}
	if g.Others > 0 {
		fmt.Fprintf(b, "%s in groups beyond the first ones that fit in memory\n", count(g.Others, "hit"))
	}
}

// groupCells are the count and the values of a group as a table has them, and its times.
func groupCells(g *scanner.Group) (cells []string, first, last string) {
	cells = []string{number(g.Count)}
	for _, v := range g.Values {
		cells = append(cells, cmp.Or(scanner.Printable(v), "-"))
	}
	if !g.Timed {
		return cells, "-", "-"
	}
	return cells, seconds(g.First), seconds(g.Last)
}

// ports lists the peer ports of a group.
func ports(g *scanner.Group) string {
	var list []string
	for _, p := range g.Ports {
		list = append(list, strconv.Itoa(int(p)))
	}
	if g.MorePorts {
		list = append(list, "…")
	}
	return cmp.Or(strings.Join(list, " "), "-")
}

// coverage says what was read, what was not, and which tables were not there.
func (r *scanReport) coverage(b *strings.Builder) {
	type tally struct {
		files   int
		records int64
	}
	tables := map[string]*tally{}
	var names []string
	for _, f := range r.sum.Files {
		if f.Table == "" {
			continue
		}
		if tables[f.Table] == nil {
			tables[f.Table] = &tally{}
			names = append(names, f.Table)
		}
		tables[f.Table].files++
		tables[f.Table].records += f.Records - f.Other
	}
	slices.Sort(names)
	b.WriteString("Read:\n")
	for _, n := range names {
		fmt.Fprintf(b, "  %s: %s in %s\n", n, count(tables[n].records, "record"), count(tables[n].files, "file"))
	}
	if len(names) == 0 {
		b.WriteString("  nothing\n")
	}
	for _, line := range r.remarks(true) {
		b.WriteString(line + "\n")
	}
}

// remarks are what a reader of the result must know beside the hits.
func (r *scanReport) remarks(all bool) []string {
	var out []string
	for _, class := range []struct {
		what string
		is   func(*scanner.FileReport) bool
	}{
		{"Not read whole", func(f *scanner.FileReport) bool {
			return f.Status == scanner.Partial || f.Status == scanner.Unreadable || f.Status == scanner.Unfinished
		}},
		{"No export of a table to sweep", func(f *scanner.FileReport) bool {
			return f.Status == scanner.Unknown || f.Status == scanner.Empty
		}},
	} {
		met, listed := 0, 0
		for _, f := range r.sum.Files {
			if !class.is(f) {
				continue
			}
			met++
			if all && listed < maxShown || listed < maxNamed {
				listed++
				out = append(out, fmt.Sprintf("%s: %s: %s (%s)", class.what, scanner.Printable(f.Input.String()), f.Status, scanner.Printable(f.Reason)))
			}
		}
		if n := met - listed; n > 0 {
			out = append(out, fmt.Sprintf("%s: %s, which --format summary and --summary name", class.what, count(n, "file")))
		}
	}
	if r.flags.table == "" && slices.ContainsFunc(r.sum.Files, func(f *scanner.FileReport) bool { return f.Status == scanner.Unknown && f.Format != "" }) {
		out = append(out, "--table generic sweeps exports of unknown tables, too")
	}
	var others int64
	for _, f := range r.sum.Files {
		if f.Table != "" {
			others += f.Other
		}
		if f.Repaired > 0 && all {
			out = append(out, fmt.Sprintf("%s: %s ragged or repaired, matched all the same", scanner.Printable(f.Input.String()), count(f.Repaired, "record")))
		}
		if f.BadTimes > 0 {
			out = append(out, fmt.Sprintf("%s: the time of %s could not be read", scanner.Printable(f.Input.String()), count(f.BadTimes, "hit")))
		}
	}
	out = append(out, r.notes()...)
	if others > 0 {
		out = append(out, fmt.Sprintf("%s of tables that were not asked for or are not known", count(others, "record")))
	}
	if r.scanned() > 0 {
		out = append(out, r.absent()...)
	}
	if !all && r.scan.Near != nil {
		out = append(out, r.nearCount())
	}
	out = append(out, r.ledger(all)...)
	out = append(out, r.listed()...)
	if n := r.sum.Below; n > 0 {
		out = append(out, number(n)+" matches below compromised sites left out for --compromised exact")
	}
	return out
}

// notes are what files gave cause to say. What a folder of like exports says
// in each of its files is said once.
func (r *scanReport) notes() []string {
	type note struct {
		file string
		more int64
	}
	met := map[string]*note{}
	var texts []string
	for _, f := range r.sum.Files {
		for _, text := range f.Notes {
			if n := met[text]; n != nil {
				n.more++
				continue
			}
			met[text] = &note{file: f.Input.String()}
			texts = append(texts, text)
		}
	}
	var out []string
	for i, text := range texts {
		if i == maxShown {
			out = append(out, fmt.Sprintf("%s, which --summary lists", count(len(texts)-i, "more note")))
			break
		}
		name := scanner.Printable(met[text].file)
		if n := met[text].more; n > 0 {
			name += " and " + count(n, "more file")
		}
		out = append(out, name+": "+scanner.Printable(text))
	}
	return out
}

// absent names the tables of which no export was there, and what that means
// for the indicators.
func (r *scanReport) absent() []string {
	var out []string
	domains := r.indicators.Count(ioc.Domain)
	addresses := r.indicators.Count(ioc.IP) + r.indicators.Count(ioc.IPPort) + r.indicators.Count(ioc.CIDR)
	for _, t := range r.sum.Absent {
		var rest []string
		for _, o := range r.sum.Tables {
			if !slices.Contains(r.sum.Absent, o) {
				rest = append(rest, o.Name)
			}
		}
		line := "no " + t.Name + " export was given"
		n, kind := addresses, "address indicator"
		if slices.ContainsFunc(t.KQL, func(q table.KQL) bool { return q.HasAny }) {
			n, kind = domains, "domain indicator"
		}
		if n > 0 && len(rest) > 0 {
			line += fmt.Sprintf(": %s could match only in %s", count(n, kind), strings.Join(rest, " and "))
		}
		out = append(out, line)
	}
	return out
}

// stats says where the time went: the workers' in per cent, with what is left
// spent waiting.
func (r *scanReport) stats() string {
	threads := r.scan.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	swept := r.took - r.loaded
	all := swept * time.Duration(threads)
	var b strings.Builder
	n := r.scan.Stats.Bytes.Load()
	fmt.Fprintf(&b, "stats: indicators loaded in %.3f s; %.3f GB swept in %.3f s (%.2f GB/s) by %s:", r.loaded.Seconds(),
		float64(n)/1e9, swept.Seconds(), float64(n)/1e9/max(swept.Seconds(), 1e-9), count(threads, "worker"))
	left := all
	for _, c := range r.scan.Stats.Costs() {
		left -= c.Time
		fmt.Fprintf(&b, " %s %.1f%%,", c.What, share(c.Time, all))
	}
	fmt.Fprintf(&b, " waiting %.1f%%", share(max(left, 0), all))
	return b.String()
}

func share(part, all time.Duration) float64 { return 100 * float64(part) / float64(max(all, 1)) }

// closing prints the end of a scan to standard error.
func (a *app) closing(f *scanFlags, r *scanReport) {
	if f.stats {
		a.warnf("%s", r.stats())
	}
	if f.verbose {
		for _, file := range r.sum.Files {
			a.warnf("%s: %s: %s %s, %s, %s, %s%s", scanner.Printable(file.Input.String()), file.Status, cmp.Or(file.Format, "-"), cmp.Or(file.Table, "-"),
				count(file.Records, "record"), count(file.Rejected, "rejected record"), count(file.Hits, "hit"), reason(file.Reason))
		}
	}
	if r.scan.Groups != nil && f.output == "" {
		return // the summary on standard output says it all
	}
	if f.quiet {
		// Quiet is not silent about what makes the result incomplete.
		named := 0
		for _, file := range r.sum.Files {
			if file.Failed() {
				if named++; named <= maxShown {
					a.warnf("%s: %s%s", scanner.Printable(file.Input.String()), file.Status, reason(file.Reason))
				}
			}
		}
		if n := named - maxShown; n > 0 {
			a.warnf("%s more", count(n, "file"))
		}
		return
	}
	a.warnf("%s", r.verdict())
	if text := r.repeats(); text != "" {
		a.warnf("%s", text)
	}
	for _, line := range r.remarks(false) {
		a.warnf("%s", line)
	}
	if f.verbose {
		a.warnf("took %v", r.took.Round(time.Millisecond))
	}
}

func reason(s string) string {
	if s == "" {
		return ""
	}
	return " (" + scanner.Printable(s) + ")"
}
