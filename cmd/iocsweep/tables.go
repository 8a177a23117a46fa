package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/iocsweep/iocsweep/scanner"
	"github.com/spf13/cobra"
)

func (a *app) tables() *cobra.Command {
	var f tableFlags
	c := &cobra.Command{
		Use:   "tables",
		Short: "Show the table definitions in force",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s := &scanner.Scan{}
			if err := f.apply(s); err != nil {
				return usage(err)
			}
			var b strings.Builder
			for n, t := range s.Tables {
				if n > 0 {
					b.WriteByte('\n')
				}
				fmt.Fprintf(&b, "%s\n", t.Name)
				fmt.Fprintf(&b, "  time      %s\n", strings.Join(t.Times, ", "))
				fmt.Fprintf(&b, "  hunt row  %s\n", strings.Join(t.Hunt, ", "))
				fmt.Fprintf(&b, "  triage    %s\n", strings.Join(t.Triage, ", "))
				fmt.Fprintf(&b, "  matched   %s\n\n", strings.Join(s.ColumnsOf(t), ", "))
				rows := [][]string{{"  COLUMN", "HOLDS", "LEVEL", "ROLE", "PORT"}}
				for _, k := range t.Keys {
					role := k.Role
					if k.RoleBy != "" {
						role = "by " + k.RoleBy
					}
					rows = append(rows, []string{"  " + k.Column, t.Holds(k.Column), k.Level.String(), cmp.Or(role, "-"), cmp.Or(k.Port, "-")})
				}
				writeTable(&b, rows)
			}
			return a.result(b.String(), nil)
		},
	}
	c.Flags().SortFlags = false
	f.register(flags{c.Flags()})
	return c
}
