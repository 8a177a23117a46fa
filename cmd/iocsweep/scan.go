package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
	"github.com/spf13/cobra"
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

func (a *app) scan() *cobra.Command { return a.scanWith(&scanFlags{}) }

// scanWith is the scan command with its flags in f.
func (a *app) scanWith(f *scanFlags) *cobra.Command {
	c := &cobra.Command{
		Use:     "scan -i FEED [-x RULES] PATH...",
		Aliases: []string{"hunt"},
		Short:   "Sweep exports for indicators",
		Long: `Sweeps the exports under the given paths for the indicators of the feeds and
reports every row that shows one, unless an exclusion rule or an allow list
removes it. Paths are files, folders (walked), or - for standard input.

An allow list removes a hit if all that matched in the row is on it, or the
indicator itself. A name on it stands for what is below it: with duckdns.org on
the list, evil.duckdns.org goes too, and is counted apart.`,
		Example: "  iocsweep scan -i threatfox.csv -x exclusions.yaml exports/",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, paths []string) error {
			return a.runScan(c.Context(), f, paths)
		},
	}
	fs := flags{c.Flags()}
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
	fs.StringVar(&f.from, "from", "", "event `TIME` at or after which rows count")
	fs.StringVar(&f.to, "to", "", "event `TIME` before which rows count")
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
	fs.BoolVar(&f.strict, "strict", false, "stop at the first bad record")
	fs.BoolVar(&f.strictFeeds, "strict-feeds", false, "scan nothing when an indicator source breaks off half-way")
	fs.BoolVar(&f.exitCode, "exit-code", false, "exit 1 when there are hits (5 when something could not be read as well)")
	return c
}

// tableFlags say how inputs are read and which columns are matched.
type tableFlags struct {
	table, inputFormat string
	columns            string
	tableFiles         []string
	header             string
	zone, dateOrder    string
}

func (f *tableFlags) register(fs flagSet) {
	fs.StringVar(&f.table, "table", "", "`NAME` of the table that the inputs hold, instead of detecting it; generic: sweep what no table fits as well")
	fs.StringVar(&f.inputFormat, "input-format", "", "`NAME` of the inputs' format instead of detecting it: "+strings.Join(formatNames(), ", "))
	fs.StringVar(&f.columns, "columns", "", "columns matched: hunt (those of the KQL hunts), wide (all structured ones, default), deep (free text too)")
	fs.StringArrayVar(&f.tableFiles, "table-file", nil, "`FILE` with a table definition to add or replace, repeatable")
	fs.StringVar(&f.header, "header", "", "column `NAME,...` of CSV files without a header, or a file whose first line has them")
	fs.StringVar(&f.zone, "time-zone", "", "zone `NAME` (IANA or Windows) of times that carry none")
	fs.StringVar(&f.dateOrder, "date-order", "", "mdy, dmy or ymd, for dates that leave it open")
}

func formatNames() []string {
	var names []string
	for _, f := range formats.All {
		names = append(names, f.Name)
	}
	return names
}

// apply fills the parts of a scan that say how inputs are read.
func (f *tableFlags) apply(s *scanner.Scan) error {
	s.Tables = table.Builtin()
	for _, path := range f.tableFiles {
		t, err := readTable(path)
		if err != nil {
			return err
		}
		s.Tables = table.Add(s.Tables, t)
	}
	s.Table = f.table
	if f.table != "" && !strings.EqualFold(f.table, table.GenericName) && table.ByName(s.Tables, f.table) == nil {
		var names []string
		for _, t := range s.Tables {
			names = append(names, t.Name)
		}
		return fmt.Errorf("unknown table %q: want one of %s, generic, or a definition with --table-file", f.table, strings.Join(names, ", "))
	}
	if f.inputFormat != "" {
		if err := oneOf("--input-format", f.inputFormat, formatNames()...); err != nil {
			return err
		}
		s.Formats.Format = f.inputFormat
	}
	switch f.columns {
	case "", "wide":
		s.Columns = scanner.ColumnsWide
	case "hunt":
		s.Columns = scanner.ColumnsHunt
	case "deep":
		s.Columns = scanner.ColumnsDeep
	default:
		return oneOf("--columns", f.columns, "hunt", "wide", "deep")
	}
	if f.header != "" {
		names, err := headerNames(f.header)
		if err != nil {
			return err
		}
		s.Formats.Header = names
	}
	if f.zone != "" {
		loc, ok := clock.Zone(f.zone)
		if !ok {
			return fmt.Errorf("--time-zone: unknown zone %q", f.zone)
		}
		s.Zone = loc
	}
	switch f.dateOrder {
	case "":
	case "mdy":
		s.DateOrder = clock.MDY
	case "dmy":
		s.DateOrder = clock.DMY
	case "ymd":
		s.DateOrder = clock.YMD
	default:
		return oneOf("--date-order", f.dateOrder, "mdy", "dmy", "ymd")
	}
	return nil
}

func readTable(path string) (*table.Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return table.Parse(path, f)
}

// headerNames reads --header: names with commas, or a file whose first line has them.
func headerNames(s string) ([]string, error) {
	if !strings.Contains(s, ",") {
		b, err := os.ReadFile(s)
		if err == nil {
			line, _, _ := strings.Cut(strings.TrimPrefix(string(b), "\ufeff"), "\n")
			s = strings.TrimSpace(line)
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("--header: %w", err)
		}
	}
	names := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '\t' || r == ';' })
	for i := range names {
		names[i] = strings.Trim(names[i], ` "`)
	}
	if len(names) == 0 {
		return nil, errors.New("--header: no column names")
	}
	return names, nil
}

func oneOf(flag, value string, allowed ...string) error {
	for _, s := range allowed {
		if s == value {
			return nil
		}
	}
	return fmt.Errorf("%s %q: want %s", flag, value, strings.Join(allowed, ", "))
}

// build makes a scan of the flags. Nothing has been read but rules and tables.
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
	switch f.match {
	case "strict":
	case "kql":
		s.KQL = true
		if f.tableFlags.columns == "wide" || f.tableFlags.columns == "deep" {
			return nil, fmt.Errorf("--match kql reads the hunts' columns only: leave out --columns %s", f.tableFlags.columns)
		}
		s.Columns = scanner.ColumnsHunt
		if f.compromised == "exact" {
			return nil, errors.New("--match kql returns what the hunts return: leave out --compromised exact")
		}
	default:
		return nil, oneOf("--match", f.match, "strict", "kql")
	}
	s.CompromisedExact = f.compromised == "exact"
	switch f.ports {
	case "prefer":
	case "strict":
		s.Ports = scanner.PortStrict
	case "ignore":
		s.Ports = scanner.PortIgnore
	default:
		return nil, oneOf("--port-match", f.ports, "prefer", "strict", "ignore")
	}
	switch f.row {
	case "triage":
	case "hunt":
		s.Row = scanner.RowHunt
	case "all":
		s.Row = scanner.RowAll
	default:
		return nil, oneOf("--row", f.row, "hunt", "triage", "all")
	}
	switch f.order {
	case "newest":
	case "oldest":
		s.Order = scanner.Oldest
	case "input":
		s.Order = scanner.AsFound
	default:
		return nil, oneOf("--order", f.order, "newest", "oldest", "input")
	}
	for _, p := range []struct {
		flag, text string
		to         *clock.Time
		has        *bool
	}{{"--from", f.from, &s.From, &s.HasFrom}, {"--to", f.to, &s.To, &s.HasTo}} {
		if p.text == "" {
			continue
		}
		t, err := clock.ParseFlag(p.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.flag, err)
		}
		*p.to, *p.has = t, true
	}
	if s.HasFrom && s.HasTo && s.From >= s.To {
		return nil, fmt.Errorf("empty time window: --from %s is not before --to %s", f.from, f.to)
	}
	if f.near {
		if s.KQL {
			return nil, errors.New("--near compares parsed addresses and names, which --match kql does not: leave one of them out")
		}
		s.Near = scanner.NewNearMisses()
	}
	memory, err := parseSize(f.memory)
	if err != nil {
		return nil, fmt.Errorf("--memory: %w", err)
	}
	s.Memory = memory
	s.Formats.TempDir = f.tmp
	if f.tmp != "" {
		if fi, err := os.Stat(f.tmp); err != nil {
			return nil, fmt.Errorf("--tmp: %w", err)
		} else if !fi.IsDir() {
			return nil, fmt.Errorf("--tmp: %s is not a folder", f.tmp)
		}
	}
	if err := oneOf("--progress", f.progress, "auto", "always", "never"); err != nil {
		return nil, err
	}
	if err := oneOf("--color", f.color, "auto", "always", "never"); err != nil {
		return nil, err
	}
	if s.Rules, err = f.ruleFlags.read(s.Ruled()); err != nil {
		return nil, err
	}
	if err := f.listFlags.apply(s); err != nil {
		return nil, err
	}
	return s, nil
}

// runScan is the scan command: flags, feeds, inputs, outputs, the sweep, status.
func (a *app) runScan(ctx context.Context, f *scanFlags, paths []string) error {
	s, out, err := a.prepareScan(f, paths)
	if err != nil {
		return usage(err)
	}
	run := &scanReport{flags: f, scan: s, started: time.Now()}
	if before := runtime.GOMAXPROCS(0); f.threads > 0 && f.threads < before {
		// Feeds are read and files unpacked beside the workers: who shares a machine
		// and gives it one core wants no more to be used.
		runtime.GOMAXPROCS(f.threads)
		defer runtime.GOMAXPROCS(before)
	}
	if err := a.readFeeds(run); err != nil {
		return usage(err)
	}
	ctx, stop := interrupts(ctx)
	defer stop()
	inputs, done, err := a.findInputs(ctx, run, paths)
	if err != nil {
		return err
	}
	defer done()
	if err := a.openOutputs(ctx, out, run, paths, inputs); err != nil {
		return err
	}
	err = a.sweep(ctx, run, inputs)
	errs := append([]error{err}, out.close(run)...)
	if run.sum == nil {
		return usage(errors.Join(errs...))
	}
	return a.end(f, run, errs)
}

// prepareScan checks the flags. Nothing has been read but rules, tables and lists,
// and nothing is opened for writing.
func (a *app) prepareScan(f *scanFlags, paths []string) (*scanner.Scan, *outputs, error) {
	if len(paths) == 0 {
		return nil, nil, errors.New("no paths: give files, folders, or - for standard input")
	}
	if slices.Contains(paths, "-") && slices.Contains(f.iocs, "-") {
		return nil, nil, errors.New("standard input can be read only once: it is given as indicators and as export")
	}
	s, err := f.build()
	if err != nil {
		return nil, nil, err
	}
	if err := f.checkParity(paths); err != nil {
		return nil, nil, err
	}
	out, err := a.outputs(f, s)
	return s, out, err
}

// readFeeds loads the indicators, and says what is to be said of feeds and lists.
func (a *app) readFeeds(run *scanReport) error {
	f := run.flags
	// Reading feeds makes hardly any garbage; collecting every time the set
	// has doubled costs a fifth of the time and finds nothing.
	debug.SetGCPercent(400)
	var err error
	if run.indicators, run.feeds, err = f.feedFlags.read(a); err != nil {
		return fmt.Errorf("read indicators: %w", err)
	}
	if err := brokenFeeds(run.feeds); err != nil && f.strictFeeds {
		return fmt.Errorf("--strict-feeds: nothing was scanned: %w", err)
	}
	run.partial = a.saidOfFeeds(run.feeds, f.quiet)
	a.saidOfLists(&f.listFlags, run.scan, f.quiet)
	if !f.quiet {
		f.where.said(a)
	}
	run.scan.Indicators = run.indicators.Set()
	return nil
}

// findInputs finds what is to be scanned. done removes what had to be spooled.
func (a *app) findInputs(ctx context.Context, run *scanReport, paths []string) (inputs []formats.Input, done func(), err error) {
	stdin, done := interruptible(ctx, a.in), func() {}
	if slices.Contains(paths, "-") {
		if stdin, done, err = spooled(stdin, run.flags.tmp); err != nil {
			return nil, nil, &statusError{statusFailed, err}
		}
	}
	inputs, errs := formats.Walk(paths, stdin)
	for _, err := range errs {
		a.warnf("%v", printableError(err))
	}
	if len(inputs) == 0 {
		done()
		return nil, nil, usage(errors.New("nothing to scan: no file under the given paths"))
	}
	run.partial = run.partial || len(errs) > 0
	return inputs, done, nil
}

// openOutputs opens what is written, once nothing but the sweep can fail any more:
// with --clobber an older result is gone then.
func (a *app) openOutputs(ctx context.Context, out *outputs, run *scanReport, paths []string, inputs []formats.Input) error {
	f, s := run.flags, run.scan
	if out.met {
		s.Met, s.MetSuppressed = s.Indicators.Met(), s.Indicators.Met()
	}
	read := slices.Concat(paths, f.iocs, f.rules, f.lists, f.tableFiles)
	for _, in := range inputs {
		read = append(read, in.Path)
	}
	for _, l := range slices.Concat(s.Allow, s.Label) {
		read = append(read, l.Path)
	}
	if f.parity != "" {
		read = append(read, f.parity)
		var err error
		if run.parity, err = a.readParity(ctx, f, s, inputs); err != nil {
			return err
		}
		out.format = "parity"
	}
	if err := out.open(read); err != nil {
		return usage(err)
	}
	return nil
}

// sweep runs the scan, and the comparison if one is asked for.
func (a *app) sweep(ctx context.Context, run *scanReport, inputs []formats.Input) (err error) {
	f, s := run.flags, run.scan
	run.loaded = time.Since(run.started)
	limitMemory(s.Memory, run.indicators.Bytes() < leanFrom/2 && len(s.Allow)+len(s.Label)+len(f.ruleFlags.lists) == 0 && run.parity == nil)
	s.Stats = new(scanner.Stats)
	bar := a.newProgress(f, s.Stats, inputs)
	s.Warn = func(err error) {
		if !f.quiet {
			bar.pause(func() { a.warnf("%v", printableError(err)) })
		}
	}
	run.sum, err = s.Run(ctx, inputs)
	bar.stop()
	run.took = time.Since(run.started)
	if run.parity != nil && err == nil {
		if err = run.parity.Finish(ctx, inputs); err == nil {
			run.compared = true
			err = writeParity(a.out, run.parity)
		}
	}
	// What could not be written is not there, though all was read.
	run.partial = run.partial || err != nil
	return err
}

// end maps what happened to an exit status. The first error is that of the sweep.
func (a *app) end(f *scanFlags, run *scanReport, errs []error) error {
	closed := false // the reader has seen enough
	errs = slices.DeleteFunc(errs, func(err error) bool {
		closed = closed || isClosedPipe(err)
		return err == nil || isClosedPipe(err)
	})
	err := errors.Join(errs...)
	hits := f.exitCode && run.sum.Hits > 0
	if run.parity != nil {
		hits = f.exitCode && !run.parity.Identical()
	}
	switch {
	case errors.Is(err, context.Canceled):
		a.warnf("interrupted: what follows is incomplete")
		a.closing(f, run)
		return &statusError{statusInterrupted, errors.Join(errs[1:]...)}
	case errors.Is(err, scanner.ErrNothing):
		a.closing(f, run)
		return usage(err)
	case err != nil:
		return &statusError{statusFailed, err}
	case closed && hits:
		return &statusError{statusHits, nil}
	case closed:
		return nil
	}
	a.closing(f, run)
	switch {
	case run.complete() && hits:
		return &statusError{statusHits, nil}
	case run.complete():
		return nil
	case hits:
		return &statusError{statusPartialHits, nil}
	}
	return &statusError{statusPartial, nil}
}
