package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/spf13/cobra"
)

func (a *app) inspect() *cobra.Command {
	var f tableFlags
	var estimate bool
	var threads int
	c := &cobra.Command{
		Use:   "inspect PATH...",
		Short: "Say what each file is; nothing is matched",
		Long: `Says what each file is: format, compression, table, header, the columns that a
scan would match, the time column and its form, first and last time, records.
Only the time columns are read.

With --estimate it says instead how long a scan will take, after sweeping a part
of the largest file of each kind.`,
		RunE: func(c *cobra.Command, paths []string) error {
			return a.inspectPaths(c.Context(), &f, paths, estimate, threads)
		},
	}
	c.Flags().SortFlags = false
	f.register(flags{c.Flags()})
	c.Flags().BoolVar(&estimate, "estimate", false, "say how long a scan will take")
	c.Flags().IntVarP(&threads, "threads", "j", 0, "`N` workers of that scan (0: all cores)")
	return c
}

// inspectPaths prints what each file under some paths is, or, with estimate, how long a
// scan of them will take with so many threads.
func (a *app) inspectPaths(ctx context.Context, f *tableFlags, paths []string, estimate bool, threads int) error {
	if len(paths) == 0 {
		return usage(errors.New("no paths: give files, folders, or - for standard input"))
	}
	s := &scanner.Scan{}
	if err := f.apply(s); err != nil {
		return usage(err)
	}
	ctx, stop := interrupts(ctx)
	defer stop()
	inputs, errs := formats.Walk(paths, interruptible(ctx, a.in))
	for _, err := range errs {
		a.warnf("%v", printableError(err))
	}
	if len(inputs) == 0 {
		return usage(errors.New("nothing to inspect: no file under the given paths"))
	}
	if estimate {
		s.Threads = threads
		return a.estimate(ctx, s, inputs, len(errs) > 0)
	}
	bad := len(errs) > 0
	between := ""
	for i, err := range s.Inspect(ctx, inputs) {
		if ctx.Err() != nil { // what that ended is no fault of the input
			return outputError(ctx.Err())
		}
		if err != nil {
			return usage(err)
		}
		bad = bad || i.Failed()
		if _, err := fmt.Fprint(a.out, between+inspection(i)); err != nil {
			return outputError(err)
		}
		between = "\n"
	}
	return partial(bad)
}

// estimate prints how long a scan will take.
func (a *app) estimate(ctx context.Context, s *scanner.Scan, inputs []formats.Input, bad bool) error {
	e, err := s.Estimate(ctx, inputs)
	switch {
	case errors.Is(err, context.Canceled):
		return outputError(err)
	case err != nil:
		return usage(err)
	}
	var b strings.Builder
	for _, k := range e.Kinds {
		form := k.Format
		if k.Compression != "" {
			form += ", " + k.Compression
		}
		fmt.Fprintf(&b, "%s (%s): %s, %.3f GB", k.Table, form, count(k.Files, "file"), float64(k.Bytes)/1e9)
		switch {
		case k.Bare:
			b.WriteString(": there is no record in the largest\n")
		case k.Rate > 0:
			fmt.Fprintf(&b, " at %.2f GB/s\n", k.Rate/1e9)
		default:
			b.WriteString(" too slow to tell in half a second: not in the sum\n")
		}
	}
	if e.Skipped > 0 {
		fmt.Fprintf(&b, "not scanned: %s\n", count(e.Skipped, "file"))
	}
	fmt.Fprintf(&b, "about %s with %s, and the time to load the indicators\n", roughly(e.Time), count(e.Threads, "worker"))
	return a.result(b.String(), partial(bad))
}

// roughly leaves a duration the digits that an estimate has.
func roughly(d time.Duration) time.Duration {
	for unit := time.Millisecond; ; unit *= 10 {
		if d < 100*unit || unit == 100*time.Second {
			return d.Round(unit)
		}
	}
}

// inspection lays out what one input is.
func inspection(i *scanner.Inspection) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-9s %s\n", name, value)
		}
	}
	b.WriteString(scanner.Printable(i.Input.String()) + "\n")
	form := i.Format
	for _, extra := range []string{i.Compression, i.Encoding} {
		if extra != "" {
			form += ", " + extra
		}
	}
	if i.Delimiter != 0 && i.Delimiter != ',' {
		form += fmt.Sprintf(", separated by %q", i.Delimiter)
	}
	line("format", form)
	line("table", i.Table)
	status := string(i.Status)
	if i.Reason != "" {
		status += ": " + scanner.Printable(i.Reason)
	}
	line("status", status)
	if i.Format != "" {
		records := number(i.Records)
		if i.Rejected > 0 {
			records += fmt.Sprintf(", %s could not be read", number(i.Rejected))
		}
		if i.Repaired > 0 {
			records += fmt.Sprintf(", %s ragged or repaired", number(i.Repaired))
		}
		line("records", records)
	}
	if len(i.OtherTables) > 0 {
		line("other", fmt.Sprintf("%s of %s", count(i.Other, "record"), scanner.Printable(strings.Join(i.OtherTables, ", "))))
	}
	if i.TimeColumn != "" {
		form := i.TimeForm
		if form == "" {
			form = "no time that could be read"
		}
		line("time", fmt.Sprintf("%s: %s", scanner.Printable(i.TimeColumn), form))
	}
	if i.Timed {
		line("first", i.First.String())
		line("last", i.Last.String())
	}
	if len(i.Header) > 0 {
		line("columns", number(len(i.Header))+": "+scanner.Printable(strings.Join(i.Header, ", ")))
	}
	if len(i.Matched) > 0 {
		line("matched", strings.Join(i.Matched, ", "))
	}
	for _, n := range i.Notes {
		line("note", scanner.Printable(n))
	}
	return b.String()
}
