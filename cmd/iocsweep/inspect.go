package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/spf13/cobra"
)

func (a *app) inspect() *cobra.Command {
	var f tableFlags
	c := &cobra.Command{
		Use:   "inspect PATH...",
		Short: "Say what each file is; nothing is matched",
		Long: `Says what each file is: format, compression, table, header, the columns that a
scan would match, the time column and its form, first and last time, records.
Only the time columns are read.`,
		RunE: func(c *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return usage(errors.New("no paths: give files, folders, or - for standard input"))
			}
			s := &scanner.Scan{}
			if err := f.apply(s); err != nil {
				return usage(err)
			}
			inputs, errs := formats.Walk(paths, a.in)
			for _, err := range errs {
				a.warnf("%v", printableError(err))
			}
			if len(inputs) == 0 {
				return usage(errors.New("nothing to inspect: no file under the given paths"))
			}
			bad := len(errs) > 0
			for n := range inputs {
				i, err := s.Inspect(c.Context(), inputs, n)
				if err != nil {
					return &statusError{statusInterrupted, err}
				}
				bad = bad || i.Failed()
				if n > 0 {
					fmt.Fprintln(a.out)
				}
				if _, err := fmt.Fprint(a.out, inspection(i)); err != nil {
					return outputError(err)
				}
			}
			if bad {
				return &statusError{statusPartial, nil}
			}
			return nil
		},
	}
	c.Flags().SortFlags = false
	f.register(c.Flags())
	return c
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
		line("columns", number(int64(len(i.Header)))+": "+scanner.Printable(strings.Join(i.Header, ", ")))
	}
	if len(i.Matched) > 0 {
		line("matched", strings.Join(i.Matched, ", "))
	}
	for _, n := range i.Notes {
		line("note", scanner.Printable(n))
	}
	return b.String()
}
