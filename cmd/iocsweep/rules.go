package main

import (
	"errors"
	"fmt"

	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/table"
	"github.com/spf13/cobra"
)

func (a *app) excludeCheck() *cobra.Command {
	var files []string
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Say what is wrong with exclusion rules",
		Long: `Parses exclusion rules and reports unknown fields, rules that can never be
true, and rules without time or address bound.`,
		RunE: func(c *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return usage(errors.New("no rule files given"))
			}
			tables := table.Builtin()
			for _, path := range files {
				t, err := readTable(path)
				if err != nil {
					return usage(err)
				}
				tables = table.Add(tables, t)
			}
			bad := false
			for _, path := range paths {
				rules, err := readRules(path)
				if err != nil {
					a.warnf("%s", printableError(err))
					bad = true
					continue
				}
				for _, r := range rules {
					if err := r.Check(tables); err != nil {
						a.warnf("%s", printableError(err))
						bad = true
						continue
					}
					lints := r.Lint(tables)
					if len(lints) == 0 {
						fmt.Fprintf(a.out, "%s: %s: ok\n", scanner.Printable(path), scanner.Printable(r.Name))
					}
					for _, l := range lints {
						fmt.Fprintf(a.out, "%s: %s: warning: %s\n", scanner.Printable(path), scanner.Printable(r.Name), scanner.PrintableLines(l))
					}
				}
			}
			if bad {
				return &statusError{statusUsage, nil}
			}
			return nil
		},
	}
	c.Flags().StringArrayVar(&files, "table-file", nil, "`FILE` with a table definition to add or replace, repeatable")
	return c
}
