package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/allow"
	"github.com/iocsweep/iocsweep/scanner"
)

const allowUsage = "`FILE` of what is harmless (a MISP warninglist, or one value a line), or a folder of them, repeatable"

// listFlags say what is known to be harmless.
type listFlags struct {
	allow, label []string
	left         []error // files in folders that are no lists
	lined        bool    // the lists have to know the lines of their entries
}

func (f *listFlags) register(fs flags) {
	fs.StringArrayVar(&f.allow, "allow", nil, allowUsage+"; hits on it are suppressed")
	fs.StringArrayVar(&f.label, "label", nil, "`FILE` as for --allow; hits on it stay and get its name in labels, repeatable")
}

// apply reads the lists.
func (f *listFlags) apply(s *scanner.Scan) error {
	open := allow.Open
	if f.lined {
		open = allow.OpenLined
	}
	for _, use := range []struct {
		flag  string
		paths []string
		to    *[]*allow.List
	}{{"--allow", f.allow, &s.Allow}, {"--label", f.label, &s.Label}} {
		lists, left, err := open(use.paths)
		if err != nil {
			return fmt.Errorf("%s: %w", use.flag, err)
		}
		*use.to = lists
		f.left = append(f.left, left...)
	}
	return nil
}

// saidOfLists prints what of the lists is not used.
func (a *app) saidOfLists(f *listFlags, s *scanner.Scan, quiet bool) {
	if quiet {
		return
	}
	for _, err := range f.left {
		a.warnf("%s: left out", printableError(err))
	}
	for _, l := range slices.Concat(s.Allow, s.Label) {
		if n := l.Unusable(); n > 0 {
			a.warnf("%s: %s of the list cannot be used: see iocsweep ioc check --allow", scanner.Printable(l.Path), entries(n))
		}
	}
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return number(n) + " entries"
}

// suppressors names what suppresses hits in this run.
func (r *scanReport) suppressors() string {
	switch {
	case len(r.scan.Allow) == 0:
		return "rules"
	case len(r.scan.Rules) == 0:
		return "allow lists"
	}
	return "rules and allow lists"
}

// listed says what the lists did beside suppressing.
func (r *scanReport) listed() (out []string) {
	for _, l := range r.sum.Lists {
		name := scanner.Printable(l.List.Name)
		switch {
		case l.Label && l.Hits > 0:
			out = append(out, fmt.Sprintf("List %s labelled %s", name, count(l.Hits, "hit")))
		case l.Label:
			out = append(out, fmt.Sprintf("List %s labelled nothing", name))
		case l.Above > 0:
			out = append(out, fmt.Sprintf("Allow list %s: the entry stands above the indicator in %s that it suppressed", name, count(l.Above, "hit")))
		}
	}
	return out
}

// listJSON is a list in --summary.
type listJSON struct {
	Path       string         `json:"path"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Use        string         `json:"use"`
	Entries    int            `json:"entries"`
	Repeats    int            `json:"repeats"`
	Skipped    int            `json:"skipped"`
	Reasons    map[string]int `json:"reasons"`
	Suppressed int64          `json:"suppressed"`
	Labelled   int64          `json:"labelled"`
	Above      int64          `json:"above_indicator"`
}

func (r *scanReport) listsJSON() []listJSON {
	out := []listJSON{}
	for _, l := range r.sum.Lists {
		j := listJSON{Path: l.List.Path, Name: l.List.Name, Type: string(l.List.Type), Use: "allow", Entries: l.List.Entries,
			Repeats: l.List.Repeats, Skipped: l.List.Unusable(), Reasons: l.List.Skipped, Suppressed: l.Hits, Above: l.Above}
		if l.Label {
			j.Use, j.Labelled, j.Suppressed = "label", l.Hits, 0
		}
		out = append(out, j)
	}
	return out
}

// maxListedShare is the share of a feed in per cent beyond which a list that
// suppresses it is warned of: such a list is better for labels.
const maxListedShare = 5

// allowReports lays out what each list would do to the indicators of the feeds.
func allowReports(b *strings.Builder, lists []*allow.List, left []error, indicators *ioc.List) {
	if len(lists) == 0 || indicators == nil || indicators.Len() == 0 {
		return
	}
	effects := newListEffects(lists, indicators)
	for n, l := range lists {
		listText(b, l)
		effects[n].text(b)
	}
	for _, err := range left {
		fmt.Fprintf(b, "\n%s: left out\n", printableError(err))
	}
}

// A listEffect counts the indicators that an allow list would suppress.
type listEffect struct {
	total listShare
	feeds map[string]*listShare // by path
}

// A listShare is how many of all indicators a list has, and how many of those
// stand below one of its entries.
type listShare struct{ all, listed, above int }

func (s *listShare) add(x listShare) {
	s.all, s.listed, s.above = s.all+x.all, s.listed+x.listed, s.above+x.above
}

func newListEffects(lists []*allow.List, indicators *ioc.List) []listEffect {
	effects := make([]listEffect, len(lists))
	for n := range effects {
		effects[n].feeds = map[string]*listShare{}
	}
	for i := range indicators.All() {
		paths := feedPaths(&i)
		for n, l := range lists {
			effects[n].add(l.Has(&i), paths)
		}
	}
	return effects
}

// add counts one indicator, which feeds at paths have.
func (e *listEffect) add(has allow.Answer, paths []string) {
	s := listShare{all: 1}
	switch has {
	case allow.Yes:
		s.listed = 1
	case allow.Above:
		s.listed, s.above = 1, 1
	}
	e.total.add(s)
	for _, path := range paths {
		if e.feeds[path] == nil {
			e.feeds[path] = new(listShare)
		}
		e.feeds[path].add(s)
	}
}

// listText lays out what a list holds.
func listText(b *strings.Builder, l *allow.List) {
	fmt.Fprintf(b, "\n%s\n  allow list %s\n  type       %s\n", scanner.Printable(l.Path), scanner.Printable(l.Name), l.Type)
	fmt.Fprintf(b, "  entries    %s\n  repeated   %s\n  skipped    %s\n", number(l.Entries), number(l.Repeats), number(l.Unusable()))
	for _, reason := range slices.Sorted(maps.Keys(l.Skipped)) {
		fmt.Fprintf(b, "    %s: %s\n", number(l.Skipped[reason]), scanner.Printable(reason))
	}
	for _, x := range l.Rejects {
		fmt.Fprintf(b, "  %s:%d: %s: %s\n", scanner.Printable(l.Path), x.Line, scanner.Printable(x.Text), scanner.Printable(x.Reason))
	}
}

func (e *listEffect) text(b *strings.Builder) {
	t := e.total
	fmt.Fprintf(b, "  suppresses %s of %s\n", number(t.listed), count(t.all, "indicator"))
	if t.above > 0 {
		fmt.Fprintf(b, "  of these   %s below an entry: such names often belong to somebody else\n", count(t.above, "indicator"))
	}
	for _, path := range slices.Sorted(maps.Keys(e.feeds)) {
		if f := e.feeds[path]; f.listed*100 > f.all*maxListedShare {
			fmt.Fprintf(b, "  warning: suppresses %.1f %% of %s, which is more than %d %%: give it with --label, or find out which of the two is wrong\n",
				100*float64(f.listed)/float64(f.all), scanner.Printable(path), maxListedShare)
		}
	}
}

// feedPaths are the feeds that an indicator is from, each once.
func feedPaths(i *ioc.Indicator) (paths []string) {
	for _, place := range i.Feeds {
		path := place
		if at := strings.LastIndexByte(place, ':'); at >= 0 {
			path = place[:at]
		}
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}
