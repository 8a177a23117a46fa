package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/spf13/cobra"
)

func (a *app) explain() *cobra.Command {
	var f feedFlags
	var format string
	c := &cobra.Command{
		Use:   "explain VALUE -i FEED",
		Short: "Say which indicators match a value, by which rule, and the near misses",
		Long: `Says what the normal forms of a value are, which indicators match it and by
which rule, and which come near it without matching, and why.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("explain needs one value"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("--format", format, "text", "json"); err != nil {
				return usage(err)
			}
			list, err := a.explainFeeds(&f)
			if err != nil {
				return err
			}
			e := explainValue(args[0], list.Set())
			return a.explained(format, e.text, e)
		},
	}
	c.Flags().SortFlags = false
	f.register(c.Flags())
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

// explainFeeds reads the indicators of an explanation.
func (a *app) explainFeeds(f *feedFlags) (*ioc.List, error) {
	list, reports, err := f.read(a)
	if err != nil {
		return nil, usage(fmt.Errorf("read indicators: %w", err))
	}
	a.saidOfFeeds(reports, true)
	f.where.said(a)
	return list, nil
}

// explained prints an explanation for people or for programs.
func (a *app) explained(format string, text func() string, v any) error {
	out := ""
	if format == "json" {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			panic("iocsweep: " + err.Error())
		}
		out = string(b) + "\n"
	} else {
		out = text()
	}
	if _, err := io.WriteString(a.out, out); err != nil {
		return outputError(err)
	}
	return nil
}
