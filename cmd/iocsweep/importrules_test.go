package main

import (
	"io"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// importPage makes rules of a page and reads them, as if all were enabled.
func importPage(t *testing.T, page string) (text string, rules []*rule.Rule, n proposals) {
	t.Helper()
	found, err := feed.Exclusions(feed.Source{Path: "page\x1b.txt", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(page)), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	var list []pageExclusion
	for _, e := range found {
		list = append(list, pageExclusion{"page\x1b.txt", e})
	}
	text, n = proposed(list, table.Builtin())
	if got := strings.Count(text, "\n    enabled: false\n"); got != n.rules {
		t.Fatalf("%d of %d rules are disabled:\n%s", got, n.rules, text)
	}
	if n.rules == 0 {
		return text, nil, n
	}
	rules, err = rule.Load(strings.NewReader(strings.ReplaceAll(text, "    enabled: false\n", "")), "rules.yaml")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return text, rules, n
}

func TestProposedRules(t *testing.T) {
	text, rules, n := importPage(t, `Scenario: A "quoted": name # and more
Description: it's: a - 'test' \ of {yaml}
Filter/Exclusion: Exclude it (e.g., process.command_line LIKE '%nc -z "x" # y: z%') or what is known.
Scenario: A "quoted": name # and more
Filter/Exclusion: destination_ip = '10.10.10.10'
Filter/Exclusion: Exclude known tools.
Filter/Exclusion: Exclude (e.g., nobody.knows = 'x').`)
	if n.rules != 2 || n.prose != 2 || len(rules) != 2 {
		t.Fatalf("%+v, %d rules\n%s", n, len(rules), text)
	}
	if rules[0].Name != "page-a-quoted-name-and-more" || rules[1].Name != "page-a-quoted-name-and-more-2" {
		t.Errorf("%q, %q", rules[0].Name, rules[1].Name)
	}
	if want := `proposed by a rule page: it's: a - 'test' \ of {yaml}`; rules[0].Reason != want {
		t.Errorf("%q, want %q", rules[0].Reason, want)
	}
	if strings.Contains(text, "\x1b") {
		t.Error("a control character is left")
	}
}

// Whatever a page says, what is written can be read, and every rule of it is
// disabled.
func FuzzProposedRules(f *testing.F) {
	f.Add("Scenario: x\nDescription: y\nFilter/Exclusion: (e.g., destination_ip = '10.10.10.10')")
	f.Add("Filter/Exclusion: process.name = \"a\tb\" AND\nuser = 'x'\n\nExclusion: `user = '\u2028'`")
	f.Add("Scenario: \u0085\nFilter: (user = '---') (user = 'a\x00b') (user = '%YAML')")
	f.Fuzz(func(t *testing.T, page string) {
		if strings.Count(page, "[")+strings.Count(page, "{") > 50 || len(page) > 4096 {
			t.Skip() // rule files have bounds of their own
		}
		_, rules, n := importPage(t, page)
		if len(rules) != n.rules {
			t.Fatalf("%d rules, want %d", len(rules), n.rules)
		}
	})
}
