package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
	"github.com/spf13/cobra"
)

func (a *app) iocImportRules() *cobra.Command {
	return &cobra.Command{
		Use:   "import-rules PAGE...",
		Short: "Write the exclusions that rule pages propose as disabled rules",
		Long: `Reads pages that describe detection rules and writes the exclusions that they
propose as a file of rules, for review: every rule is disabled, and none is
applied by a sweep until somebody has set enabled to true. What is no
expression, or names a field that no table has, becomes a comment.`,
		RunE: func(c *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return usage(errors.New("no pages given"))
			}
			var list []pageExclusion
			broken := false
			for _, path := range paths {
				s := feed.File(path)
				if path == "-" {
					s.Open = func() (io.ReadCloser, error) { return io.NopCloser(a.in), nil }
				}
				found, err := feed.Exclusions(s)
				if err != nil && len(found) == 0 {
					return usage(err)
				}
				if err != nil {
					a.warnf("%s: what came before is used", printableError(err))
					broken = true
				}
				for _, e := range found {
					list = append(list, pageExclusion{path, e})
				}
			}
			if len(list) == 0 {
				return usage(fmt.Errorf("%s: no exclusions: a page has them in lines labelled Filter/Exclusion", strings.Join(paths, ", ")))
			}
			text, n := proposed(list, table.Builtin())
			if _, err := io.WriteString(a.out, text); err != nil {
				return outputError(err)
			}
			a.warnf("%s: %s, all disabled; %d of %s without an expression that can be used", count(len(list), "exclusion"),
				count(n.rules, "rule"), n.prose, count(len(list), "sentence"))
			return partial(broken)
		},
	}
}

// A pageExclusion is an exclusion with the page that has it.
type pageExclusion struct {
	path string
	feed.Exclusion
}

// proposals counts what was made of exclusions.
type proposals struct {
	rules int
	prose int // exclusions that gave none
}

// proposed writes exclusions as a file of disabled rules. Texts of the pages
// stand in it on one line each, without control characters.
func proposed(list []pageExclusion, tables []*table.Table) (text string, n proposals) {
	var b strings.Builder
	named := map[string]int{}
	for _, e := range list {
		before := n.rules
		var rules strings.Builder
		fmt.Fprintf(&b, "\n  # %s:%d\n", scanner.Printable(e.path), e.Line)
		for _, said := range []string{e.Scenario, e.Sentence} {
			if said != "" {
				fmt.Fprintf(&b, "  # %s\n", scanner.Printable(said))
			}
		}
		for _, when := range e.Expressions {
			when = scanner.Printable(strings.ReplaceAll(when, "\t", " "))
			if err := usable(when, tables); err != nil {
				fmt.Fprintf(&b, "  # not used: %s\n", when)
				for line := range strings.Lines(err.Error()) {
					fmt.Fprintf(&b, "  #   %s\n", scanner.Printable(strings.TrimRight(line, "\n")))
				}
				continue
			}
			n.rules++
			fmt.Fprintf(&rules, "  - name: %s\n    reason: %q\n    enabled: false\n    when: |-\n      %s\n", ruleName(e.Scenario, named), pageReason(e), when)
		}
		if n.rules == before {
			n.prose++
		}
		b.WriteString(rules.String())
	}
	text = "# Exclusions that pages propose. None is in force: read each, and set enabled to\n# true for what is true of this network.\n"
	if n.rules > 0 {
		text += "exclusions:"
	}
	return text + b.String(), n
}

// usable says what is wrong with an expression.
func usable(text string, tables []*table.Table) error {
	x, err := rule.Inline(1, text)
	if err == nil {
		err = x.Check(tables)
	}
	var syntax *rule.SyntaxError
	if errors.As(err, &syntax) {
		return syntax // without the place, which is that of a flag
	}
	return err
}

// pageReason is why a page proposes an exclusion.
func pageReason(e pageExclusion) string {
	text := e.Description
	if text == "" {
		text = e.Sentence
	}
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return "proposed by a rule page: " + scanner.Printable(text)
}

// ruleName makes a name of a scenario that no rule before has; named counts
// those that were made.
func ruleName(scenario string, named map[string]int) string {
	words := strings.FieldsFunc(strings.ToLower(scenario), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	name := strings.Join(words, "-")
	name = "page-" + strings.TrimRight(name[:min(len(name), 60)], "-")
	if len(words) == 0 {
		name = "page-exclusion"
	}
	for {
		named[name]++
		if named[name] == 1 {
			return name
		}
		name = fmt.Sprintf("%s-%d", name, named[name])
	}
}
