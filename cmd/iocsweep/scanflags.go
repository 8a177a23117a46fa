package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/clock"
)

// scanFlags are the flags of scan as typed.
type scanFlags struct {
	feedFlags
	tableFlags
	ruleFlags
	listFlags

	output, format string
	clobber        bool
	by             []string
	match, ports   string
	from, to       string
	row, order     string
	suppressed     string
	rejects        string
	summary        string
	parity         string
	threads        int
	memory         string
	tmp            string
	progress       string
	quiet, verbose bool
	stats          bool
	color          string
	strict         bool
	strictFeeds    bool
	exitCode       bool
	near           bool
}

func (f *scanFlags) register(fs flags) {
	fs.SortFlags = false
	f.feedFlags.register(fs)
	f.ruleFlags.register(fs)
	f.listFlags.register(fs)
	fs.StringVarP(&f.output, "output", "o", "", "write hits to `FILE` instead of standard output")
	fs.StringVar(&f.format, "format", "", "summary, table, jsonl or csv (default: by the suffix of -o, summary on a terminal, else jsonl)")
	fs.BoolVar(&f.clobber, "clobber", false, "overwrite existing output files")
	fs.StringSliceVar(&f.by, "by", nil, "what the summary groups by: "+strings.Join(scanner.GroupFields, ", ")+" (default indicator,host)")
	f.tableFlags.register(fs)
	fs.StringVar(&f.match, "match", "strict", "strict: addresses and label suffixes; kql: what the KQL operators in and has_any return")
	fs.StringVar(&f.ports, "port-match", "prefer", "ip:port indicators: prefer (with and without the port, classed), strict (only with), ignore (as an address)")
	fs.StringVar(&f.from, "from", "", "leave out rows before event `TIME`; those without a time stay")
	fs.StringVar(&f.to, "to", "", "leave out rows at or after event `TIME`; those without a time stay")
	fs.StringVar(&f.row, "row", "triage", "columns shown: hunt, triage or all")
	fs.StringVar(&f.order, "order", "newest", "newest, oldest or input (as found, streamed)")
	fs.StringVar(&f.suppressed, "suppressed", "", "write the hits that rules and allow lists removed to `FILE`, as JSONL")
	fs.StringVar(&f.rejects, "rejects", "", "write the records that could not be read to `FILE`, as JSONL")
	fs.StringVar(&f.summary, "summary", "", "write what was read and found to `FILE`, as JSON")
	fs.StringVar(&f.parity, "parity", "", "compare with the portal's result of a table's KQL hunt in `FILE`, instead of reporting hits")
	fs.IntVarP(&f.threads, "threads", "j", 0, "`N` workers, and no more cores than that (0: all)")
	fs.StringVar(&f.memory, "memory", "256MiB", "`SIZE` of memory for sorting, beyond which hits are spilled")
	fs.StringVar(&f.tmp, "tmp", "", "`DIR` for spilled hits and spooled input (default: the system's)")
	fs.StringVar(&f.progress, "progress", "auto", "auto (on a terminal), always or never")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress, no warnings")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "name every file as it ends")
	fs.BoolVar(&f.stats, "stats", false, "say at the end where the time went")
	fs.StringVar(&f.color, "color", "auto", "auto, always or never")
	fs.BoolVar(&f.near, "near", false, "count near misses too: the same /24 or registrable domain, the right address with another port")
	fs.BoolVar(&f.strict, "strict", false, "stop at the first bad record; one thread sweeps then")
	fs.BoolVar(&f.strictFeeds, "strict-feeds", false, "scan nothing when an indicator source breaks off half-way")
	fs.BoolVar(&f.exitCode, "exit-code", false, "exit 1 when there are hits (5 when something could not be read as well)")
}

// build makes a scan of the flags. Nothing has been read but rules, tables and
// lists. Of several mistakes it reports the first in the order below.
func (f *scanFlags) build() (*scanner.Scan, error) {
	s := &scanner.Scan{Threads: f.threads, Strict: f.strict}
	if err := f.tableFlags.apply(s); err != nil {
		return nil, err
	}
	if err := f.where.parse(); err != nil {
		return nil, err
	}
	if f.threads < 0 {
		return nil, fmt.Errorf("--threads %d: want 0 or more", f.threads)
	}
	for _, apply := range []func(*scanner.Scan) error{
		f.applyMatch, f.applyPorts, f.applyRow, f.applyOrder, f.applyWindow, f.applyNear, f.applySpace,
	} {
		if err := apply(s); err != nil {
			return nil, err
		}
	}
	if err := oneOf("--progress", f.progress, "auto", "always", "never"); err != nil {
		return nil, err
	}
	if err := oneOf("--color", f.color, "auto", "always", "never"); err != nil {
		return nil, err
	}
	var err error
	if s.Rules, err = f.ruleFlags.read(s.Ruled()); err != nil {
		return nil, err
	}
	if err := f.listFlags.apply(s); err != nil {
		return nil, err
	}
	return s, nil
}

// applyMatch is --match, and what --compromised asks of matching.
func (f *scanFlags) applyMatch(s *scanner.Scan) error {
	switch f.match {
	case "strict":
	case "kql":
		s.KQL = true
		if f.tableFlags.columns == "wide" || f.tableFlags.columns == "deep" {
			return fmt.Errorf("--match kql reads the hunts' columns only: leave out --columns %s", f.tableFlags.columns)
		}
		s.Columns = scanner.ColumnsHunt
		if f.compromised == "exact" {
			return errors.New("--match kql returns what the hunts return: leave out --compromised exact")
		}
	default:
		return oneOf("--match", f.match, "strict", "kql")
	}
	s.CompromisedExact = f.compromised == "exact"
	return nil
}

func (f *scanFlags) applyPorts(s *scanner.Scan) error {
	return choose("--port-match", f.ports, &s.Ports, choices[scanner.PortMatch]{
		{"prefer", scanner.PortPrefer}, {"strict", scanner.PortStrict}, {"ignore", scanner.PortIgnore}})
}

func (f *scanFlags) applyRow(s *scanner.Scan) error {
	return choose("--row", f.row, &s.Row, choices[scanner.RowDetail]{
		{"hunt", scanner.RowHunt}, {"triage", scanner.RowTriage}, {"all", scanner.RowAll}})
}

func (f *scanFlags) applyOrder(s *scanner.Scan) error {
	return choose("--order", f.order, &s.Order, choices[scanner.Order]{
		{"newest", scanner.Newest}, {"oldest", scanner.Oldest}, {"input", scanner.AsFound}})
}

// applyWindow is --from and --to.
func (f *scanFlags) applyWindow(s *scanner.Scan) (err error) {
	if s.From, s.HasFrom, err = timeFlag("--from", f.from); err != nil {
		return err
	}
	if s.To, s.HasTo, err = timeFlag("--to", f.to); err != nil {
		return err
	}
	if s.HasFrom && s.HasTo && s.From >= s.To {
		return fmt.Errorf("empty time window: --from %s is not before --to %s", f.from, f.to)
	}
	return nil
}

// timeFlag is the value of a flag that takes a time; given is false where it is
// not set.
func timeFlag(flag, text string) (t clock.Time, given bool, err error) {
	if text == "" {
		return 0, false, nil
	}
	if t, err = clock.ParseFlag(text); err != nil {
		return 0, false, fmt.Errorf("%s: %w", flag, err)
	}
	return t, true, nil
}

func (f *scanFlags) applyNear(s *scanner.Scan) error {
	if !f.near {
		return nil
	}
	if s.KQL {
		return errors.New("--near compares parsed addresses and names, which --match kql does not: leave one of them out")
	}
	s.Near = scanner.NewNearMisses()
	return nil
}

// applySpace is --memory and --tmp: how much is held, and where the rest goes.
func (f *scanFlags) applySpace(s *scanner.Scan) (err error) {
	if s.Memory, err = parseSize(f.memory); err != nil {
		return fmt.Errorf("--memory: %w", err)
	}
	if s.Formats.TempDir = f.tmp; f.tmp == "" {
		return nil
	}
	switch fi, err := os.Stat(f.tmp); {
	case err != nil:
		return fmt.Errorf("--tmp: %w", err)
	case !fi.IsDir():
		return fmt.Errorf("--tmp: %s is not a folder", f.tmp)
	}
	return nil
}
