package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A trial reads on a terminal, however long the names of hosts are: nothing of
// them is cut, and the times that do not fit stand below.
func TestTrialWidth(t *testing.T) {
	x, err := rule.Inline(1, "source_ip = '10.0.0.5'")
	if err != nil {
		t.Fatal(err)
	}
	i, err := ioc.Parse("203.0.113.80")
	if err != nil {
		t.Fatal(err)
	}
	when, err := clock.ParseFlag("2026-05-20T02:05:00Z")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"a", "backup-01.branch.example", strings.Repeat("long-", 30) + "\x1b"} {
		trial := scanner.NewTrial([]*rule.Rule{x}, time.Now())
		trial.Add(&scanner.Hit{Table: table.ByName(table.Builtin(), "CommonSecurityLog"), Indicator: &i, Time: when, HasTime: true,
			Who: table.Who{Host: host}, Row: []scanner.Cell{{Name: "SourceIP", Value: "10.0.0.5"}}, Matches: []scanner.Match{{Column: "DestinationIP"}}})
		out := trialText(trial)
		for line := range strings.Lines(out) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > pageWidth {
				t.Errorf("%q: %d columns: %s", host, n, line)
			}
		}
		joined := strings.NewReplacer("\n", "", " ", "").Replace(out)
		if !strings.Contains(joined, scanner.Printable(host)) || strings.Count(out, "2026-05-20 02:05:00") != 3 || strings.Contains(out, "FIRST") != (host == "a") {
			t.Errorf("%q:\n%s", host, out)
		}
	}
}
