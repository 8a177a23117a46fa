package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
	"github.com/spf13/cobra"
)

// ruleFlags say which rules a scan applies.
type ruleFlags struct {
	rules, exclude []string
	presets        []string
	lists          []string // files that the rules take lists from, once they are read
}

func (f *ruleFlags) register(fs flags) {
	fs.StringArrayVarP(&f.rules, "exclude-rules", "x", nil, "exclusion rules `FILE` (YAML), repeatable")
	fs.StringArrayVar(&f.exclude, "exclude", nil, "one exclusion `EXPR`ession, repeatable")
	fs.StringArrayVar(&f.presets, "preset", nil, "exclusion rules that come with the program, by `NAME`, repeatable: see iocsweep exclude presets")
}

// read loads the rules in the order of files, presets and expressions.
func (f *ruleFlags) read(tables []*table.Table) ([]*rule.Rule, error) {
	var list []*rule.Rule
	for _, path := range f.rules {
		rules, err := readRules(path)
		if err != nil {
			return nil, err
		}
		list = append(list, rules...)
	}
	done := map[string]bool{}
	for _, name := range f.presets {
		rules, err := rule.Preset(name)
		if err != nil {
			return nil, fmt.Errorf("--preset: %w", err)
		}
		if !done[name] {
			list = append(list, rules...)
		}
		done[name] = true
	}
	for i, text := range f.exclude {
		x, err := rule.Inline(i+1, text)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	for _, x := range list {
		if err := x.Check(tables); err != nil {
			return nil, err
		}
		f.lists = append(f.lists, x.Files()...)
	}
	return list, nil
}

func readRules(path string) ([]*rule.Rule, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return rule.Load(f, path)
}

func (a *app) excludeCheck() *cobra.Command {
	var files []string
	var hits, from, to string
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Say what is wrong with exclusion rules",
		Long: `Parses exclusion rules and says what a careful reader would object to: unknown
fields, rules that can never be false or never be true, rules without time or
address bound, != joined with OR, patterns without word edges, accounts alone,
rules that remove attacks on an address, rules that others shadow, rules that
have expired. With --hits, or --from and --to, also times outside the data's.`,
		RunE: func(c *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return usage(errors.New("no rule files given"))
			}
			tables, err := readTables(files)
			if err != nil {
				return usage(err)
			}
			reader := &rule.Reader{Tables: tables, Now: time.Now()}
			if reader.First, reader.HasFirst, err = timeFlag("--from", from); err != nil {
				return usage(err)
			}
			if reader.Last, reader.HasLast, err = timeFlag("--to", to); err != nil {
				return usage(err)
			}
			broken := false
			if hits != "" {
				trial := scanner.NewTrial(nil, reader.Now)
				if broken, err = a.readHits(hits, tables, trial.Add); err != nil {
					return usage(err)
				}
				if trial.Timed {
					reader.First, reader.Last, reader.HasFirst, reader.HasLast = trial.First, trial.Last, true, true
				}
			}
			return a.checkRules(reader, paths, broken)
		},
	}
	fs := flags{c.Flags()}
	fs.SortFlags = false
	fs.StringVar(&hits, "hits", "", "hits of an earlier scan `FILE`, as JSONL: what times the data have")
	fs.StringVar(&from, "from", "", "`TIME` at which the data begin")
	fs.StringVar(&to, "to", "", "`TIME` at which the data end")
	fs.StringArrayVar(&files, "table-file", nil, tableFileUsage)
	return c
}

// checkRules reads rule files and prints what is to be said of each rule.
func (a *app) checkRules(reader *rule.Reader, paths []string, broken bool) error {
	bad, unfinished := false, false
	var b strings.Builder
	for _, path := range paths {
		rules, err := readRules(path)
		if err != nil {
			a.warnf("%s", printableError(err))
			bad = true
			continue
		}
		found := reader.Lint(rules)
		unfinished = unfinished || reader.Unfinished
		for i, warnings := range found {
			name := scanner.Printable(rules[i].Name)
			if len(warnings) == 0 {
				fmt.Fprintf(&b, "%s: %s: ok\n", scanner.Printable(path), name)
			}
			for _, w := range warnings {
				if w.Lint == rule.UnknownField {
					a.warnf("%s", scanner.PrintableLines(w.Text))
					bad = true
					continue
				}
				fmt.Fprintf(&b, "%s: %s: warning: %s (%s)\n", scanner.Printable(w.At), name, scanner.Printable(w.Text), w.Lint)
			}
		}
	}
	if _, err := fmt.Fprint(a.out, a.folded(b.String(), 4)); err != nil {
		return outputError(err)
	}
	if unfinished {
		a.warnf("too many rules to find all that others shadow")
	}
	if bad {
		return &statusError{statusUsage, nil}
	}
	return partial(broken)
}

func (a *app) excludePresets() *cobra.Command {
	return &cobra.Command{
		Use:   "presets",
		Short: "Show the exclusion rules that come with the program",
		Long: `Shows the exclusion rules that come with the program, each with what it may
hide. None applies until scan is given its name with --preset.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var b strings.Builder
			for i, name := range rule.Presets() {
				rules, err := rule.Preset(name)
				if err != nil {
					return err
				}
				if i > 0 {
					b.WriteByte('\n')
				}
				b.WriteString(name + "\n")
				for _, r := range rules {
					fmt.Fprintf(&b, "  %s\n    reason  %s\n    risk    %s\n", r.Name, r.Reason, r.Risk)
					if len(r.Tables) > 0 {
						fmt.Fprintf(&b, "    tables  %s\n", strings.Join(r.Tables, ", "))
					}
					fmt.Fprintf(&b, "    when    %s\n", r.When)
				}
			}
			return a.result(b.String(), nil)
		},
	}
}
