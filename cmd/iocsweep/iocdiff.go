package main

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/spf13/cobra"
)

func (a *app) iocDiff() *cobra.Command {
	var f feedFlags
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say which indicators a newer source has gained and lost",
		Long: `Reads two indicator sources and prints what only one of them has: a line
with + for each indicator of NEW that OLD lacks, with - for the other way
round, sorted, and the counts on standard error.`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, paths []string) error {
			var lists [2]*ioc.List
			broken := false
			for i, path := range paths {
				f.iocs = []string{path}
				list, reports, err := f.read(a)
				if err != nil {
					return usage(err)
				}
				lists[i] = list
				broken = a.saidOfFeeds(reports, true) || broken
				f.where.said(a)
			}
			lost, gained := onlyIn(lists[0], lists[1]), onlyIn(lists[1], lists[0])
			w := bufio.NewWriter(a.out)
			for _, side := range []struct {
				sign  byte
				lines []string
			}{{'-', lost}, {'+', gained}} {
				for _, line := range side.lines {
					fmt.Fprintf(w, "%c %s\n", side.sign, line)
				}
			}
			if err := w.Flush(); err != nil {
				return outputError(err)
			}
			a.warnf("%s gained, %s lost, %s in both", number(len(gained)), number(len(lost)), number(lists[1].Len()-len(gained)))
			return partial(broken)
		},
	}
	f.registerKind(flags{c.Flags()})
	return c
}

// onlyIn lists the indicators of a list that another lacks, as type and value,
// sorted.
func onlyIn(list, other *ioc.List) (lines []string) {
	has := make(map[string]struct{}, other.Len())
	for i := range other.All() {
		has[i.Value] = struct{}{}
	}
	for i := range list.All() {
		// The normal form of a value says its type.
		if _, ok := has[i.Value]; !ok {
			lines = append(lines, i.Type.String()+" "+strings.Clone(i.Value))
		}
	}
	slices.Sort(lines)
	return lines
}
