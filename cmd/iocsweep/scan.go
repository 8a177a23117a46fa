package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/spf13/cobra"
)

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
	f.register(flags{c.Flags()})
	return c
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
		var broken error
		if stdin, done, broken, err = spooled(stdin, run.flags.tmp); err != nil {
			return nil, nil, outputError(err)
		}
		if broken != nil {
			a.warnf("-: %v", printableError(broken))
			run.partial = true
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
	limitMemory(s.Memory, run.indicators.Bytes() < smallHeap && len(s.Allow)+len(s.Label)+len(f.ruleFlags.lists) == 0 && run.parity == nil)
	s.Stats = new(scanner.Stats)
	bar := a.newProgress(f, s.Stats, inputs)
	if bar != nil && isTerminal(s.Output) {
		s.Output = &besideBar{bar, s.Output}
	}
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
	case errors.Is(err, scanner.ErrSpill):
		return &statusError{statusFailed, fmt.Errorf("%w: give another folder with --tmp, or hold more in memory with --memory", err)}
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
	case hits:
		return &statusError{statusPartialHits, nil}
	}
	return partial(!run.complete())
}
