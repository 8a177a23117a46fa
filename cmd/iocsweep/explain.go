package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// notExplained are the flags of scan that decide nothing about a value or a
// record: explain has all others.
var notExplained = []string{"output", "format", "clobber", "by", "row", "order", "suppressed", "rejects", "summary", "threads",
	"progress", "quiet", "verbose", "stats", "color", "strict", "exit-code", "near", "parity", "strict-feeds"}

func (a *app) explain() *cobra.Command {
	f := &scanFlags{}
	var format, row string
	c := &cobra.Command{
		Use:   "explain (VALUE | --row FILE:RECORD) -i FEED [-x RULES]",
		Short: "Say which indicators match a value, by which rule, and the near misses; or what becomes of a record",
		Long: `Says what the normal forms of a value are, which indicators match it and by
which rule, and which come near it without matching, and why.

With --allow and --label it says which entries of these lists cover what
matches, and whether they would suppress or label the hit.

With --row it takes one record of an export, counted from 1, through the sweep
and says what each step decides: reading, table, columns, indicators, ports,
and rules with the value of every predicate. The result is a hit, a suppressed
hit or nothing. The flags of scan that decide on this apply. A member of an
archive is named as in hits: logs.zip/net.csv:17.`,
		Example: "  iocsweep explain 'tvt[.]miraibotnet[.]su' -i threatfox.csv\n" +
			"  iocsweep explain --row exports/net.csv:17 -i threatfox.csv -x exclusions.yaml",
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case row == "" && len(args) != 1:
				return usage(errors.New("explain needs one value, or a record with --row"))
			case row != "" && len(args) > 0:
				return usage(errors.New("explain takes a value or --row, not both"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("--format", format, "text", "json"); err != nil {
				return usage(err)
			}
			f.listFlags.lined = true
			if row != "" {
				return a.explainRow(c.Context(), f, row, format)
			}
			return a.explainCell(f, args[0], format)
		},
	}
	c.Flags().SortFlags = false
	a.scanWith(f).Flags().VisitAll(func(one *pflag.Flag) {
		if !slices.Contains(notExplained, one.Name) {
			c.Flags().AddFlag(one)
		}
	})
	c.Flags().StringVar(&row, "row", "", "explain a record, `FILE:RECORD`, in place of a value")
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

// explainCell says how a value would fare as a cell of a log.
func (a *app) explainCell(f *scanFlags, value, format string) error {
	list, broken, err := a.explainFeeds(&f.feedFlags)
	if err != nil {
		return err
	}
	var s scanner.Scan
	if err := f.listFlags.apply(&s); err != nil {
		return usage(err)
	}
	a.saidOfLists(&f.listFlags, &s, false)
	set := list.Set()
	e := explainValue(value, set)
	e.onLists(&s, set)
	if err := a.explained(format, func() string { return a.folded(e.text(), 20) }, e); err != nil {
		return err
	}
	return partial(broken)
}

// explainFeeds reads the indicators of an explanation, and says whether a source broke
// off half-way.
func (a *app) explainFeeds(f *feedFlags) (list *ioc.List, broken bool, err error) {
	list, reports, err := f.read(a)
	if err != nil {
		return nil, false, usage(fmt.Errorf("read indicators: %w", err))
	}
	broken = a.saidOfFeeds(reports, true)
	f.where.said(a)
	return list, broken, nil
}

// explained prints an explanation for people or for programs.
func (a *app) explained(format string, text func() string, v any) error {
	out := ""
	if format == "json" {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			panic("iocsweep: " + err.Error())
		}
		out = string(escaped(b)) + "\n"
	} else {
		out = text()
	}
	return a.result(out, nil)
}

// escaped is JSON with every character escaped that could drive a terminal.
func escaped(b []byte) []byte {
	var out []byte
	for _, r := range string(b) {
		switch text := string(r); {
		case r < 0x7f || scanner.Printable(text) == text:
			out = append(out, text...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// explainRow takes one record through the sweep. The status is 3 where the
// record is not there or could not be read, or a source of indicators broke off.
func (a *app) explainRow(ctx context.Context, f *scanFlags, row, format string) error {
	s, err := f.build()
	if err != nil {
		return usage(err)
	}
	in, record, err := recordOf(row)
	if err != nil {
		return usage(fmt.Errorf("--row %s: %w", row, err))
	}
	list, broken, err := a.explainFeeds(&f.feedFlags)
	if err != nil {
		return err
	}
	s.Indicators = list.Set()
	ctx, stop := interrupts(ctx)
	defer stop()
	tr, err := s.Trace(ctx, in, record)
	if errors.Is(err, context.Canceled) {
		return outputError(err)
	} else if err != nil {
		return usage(err)
	}
	a.saidOfLists(&f.listFlags, s, false)
	e := explainTrace(tr, s, f)
	if err := a.explained(format, e.text, e); err != nil {
		return err
	}
	return partial(!tr.Found || broken)
}

// recordOf reads FILE:RECORD. FILE may be the member of an archive, after its
// path.
func recordOf(text string) (formats.Input, int64, error) {
	none := formats.Input{}
	i := strings.LastIndexByte(text, ':')
	if i < 1 {
		return none, 0, errors.New("want FILE:RECORD")
	}
	path := text[:i]
	record, err := strconv.ParseInt(text[i+1:], 10, 64)
	if err != nil || record < 1 {
		return none, 0, fmt.Errorf("%q is no number of a record, which count from 1", text[i+1:])
	}
	file := path
	for file != "" {
		fi, err := os.Stat(file)
		if err == nil && fi.IsDir() {
			return none, 0, errors.New("no such file: a folder has no records")
		}
		if err == nil {
			break
		}
		file = file[:max(strings.LastIndexAny(file, `/\`), 0)]
	}
	if file == "" {
		return none, 0, errors.New("no such file")
	}
	inputs, errs := formats.Walk([]string{file}, nil)
	var names []string
	for _, in := range inputs {
		if in.String() == path || len(inputs) == 1 && file == path {
			return in, record, nil
		}
		names = append(names, in.String())
	}
	if len(errs) > 0 {
		return none, 0, errs[0]
	}
	const most = 10
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return none, 0, fmt.Errorf("no such file; there are %s", strings.Join(names, ", "))
}
