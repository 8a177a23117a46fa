package main

import (
	"fmt"
	"strings"

	"github.com/iocsweep/iocsweep/ioc/allow"
	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/spf13/cobra"
)

func (a *app) iocCheck() *cobra.Command {
	var f feedFlags
	var allowed []string
	c := &cobra.Command{
		Use:   "check FEED...",
		Short: "Say what indicator sources hold, and what of it cannot be used",
		Long: `Reads indicator sources and reports counts by type, duplicates merged, every
rejected line with its reason, and warnings: private or reserved addresses,
suffixes that everyone shares, over-broad networks, expired indicators. With
--allow, how many of the indicators each allow list would suppress, with a
warning where that is more than 5 % of a source.`,
		RunE: func(c *cobra.Command, paths []string) error {
			f.iocs = append(f.iocs, paths...)
			lists, left, err := allow.Open(allowed)
			if err != nil {
				return usage(fmt.Errorf("--allow: %w", err))
			}
			list, reports, err := f.read(a)
			if reports == nil && err != nil {
				return usage(err)
			}
			broken := false
			var b strings.Builder
			for i := range reports {
				broken = broken || reports[i].Err != nil
				if i > 0 {
					b.WriteByte('\n')
				}
				feedReport(&b, &reports[i])
			}
			allowReports(&b, lists, left, list)
			compromisedReport(&b, list, f.compromised)
			alikeReport(&b, list.Set())
			if _, werr := fmt.Fprint(a.out, b.String()); werr != nil {
				return outputError(werr)
			}
			f.where.said(a)
			if err != nil {
				return usage(err)
			}
			return partial(broken)
		},
	}
	fs := flags{c.Flags()}
	f.register(fs)
	fs.StringArrayVar(&allowed, "allow", nil, allowUsage)
	return c
}

// feedReport lays out what became of one source.
func feedReport(b *strings.Builder, r *feed.Report) {
	fmt.Fprintf(b, "%s\n", scanner.Printable(r.Path))
	if r.Kind != "" {
		fmt.Fprintf(b, "  kind       %s\n", r.Kind)
	}
	feedDates(b, r)
	fmt.Fprintf(b, "  taken      %s\n", counted(r.Taken, r.ByType))
	fmt.Fprintf(b, "  merged     %s\n", counted(r.Merged, r.Repeats))
	fmt.Fprintf(b, "  skipped    %s\n", number(r.Skipped))
	fmt.Fprintf(b, "  rejected   %s\n", number(r.Rejected))
	for _, dropped := range []struct {
		why string
		n   int
	}{{"too weak", r.Weak}, {"ended", r.Ended}, {"too old", r.Old}, {"left out", r.Innocent}} {
		if dropped.n > 0 {
			fmt.Fprintf(b, "  %-10s %s\n", dropped.why, number(dropped.n))
		}
	}
	feedReasons(b, r)
	for _, x := range r.Rejects {
		fmt.Fprintf(b, "  %s:%d: %s: %s\n", scanner.Printable(r.Path), x.Line, scanner.Printable(x.Text), scanner.Printable(x.Reason))
	}
	for _, x := range r.Warnings {
		fmt.Fprintf(b, "  warning: %s:%d: %s: %s\n", scanner.Printable(r.Path), x.Line, scanner.Printable(x.Text), scanner.Printable(x.Reason))
	}
	if r.Unlisted > 0 {
		fmt.Fprintf(b, "  and %s more lines like these\n", number(r.Unlisted))
	}
	if r.Err != nil {
		fmt.Fprintf(b, "  broken off: %s\n", printableError(r.Err))
	}
}

func (a *app) iocExport() *cobra.Command {
	var f feedFlags
	var format string
	c := &cobra.Command{
		Use:   "export FEED...",
		Short: "Write the merged, normalised indicators as JSONL or CSV",
		RunE: func(c *cobra.Command, paths []string) error {
			if err := oneOf("--format", format, "jsonl", "csv"); err != nil {
				return usage(err)
			}
			f.iocs = append(f.iocs, paths...)
			list, reports, err := f.read(a)
			if err != nil {
				return usage(err)
			}
			write := feed.WriteJSONL
			if format == "csv" {
				write = feed.WriteCSV
			}
			if err := write(a.out, list.All()); err != nil {
				return outputError(err)
			}
			f.where.said(a)
			return partial(a.saidOfFeeds(reports, false))
		},
	}
	c.Flags().StringVar(&format, "format", "jsonl", "jsonl or csv")
	f.registerKind(flags{c.Flags()})
	return c
}
