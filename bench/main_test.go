package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGen(t *testing.T) {
	dir := t.TempDir()
	var log strings.Builder
	if got := run([]string{"gen", "-dir", dir, "-size", "200KB", "-tables", "dnsevents", "-formats", "csv,parquet", "-iocs", "40"}, nil, nil, &log); got != 0 {
		t.Fatalf("status %d: %s", got, &log)
	}
	info, err := os.Stat(filepath.Join(dir, "logs", "DnsEvents.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if n := info.Size(); n < 180_000 || n > 220_000 {
		t.Errorf("CSV has %d bytes, asked for 200 KB", n)
	}
	for _, name := range []string{"feed.csv", "feed.txt", "truth.tsv", "logs/DnsEvents.parquet"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestBadUsage(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		args string
		want string
	}{
		{"nothing", "usage"},
		{"gen", "-dir is missing"},
		{"gen -dir " + dir + " -size much", "is no size"},
		{"gen -dir " + dir + " -size -5MB", "is no size"},
		{"gen -dir " + dir + " -tables Syslog", "is no table"},
		{"gen -dir " + dir + " -rows 5 -formats xml", "is no format"},
		{"gen -dir " + dir + " -rows -5", "less than none"},
		{"gen -dir " + dir + " -iocs 99999999999", "have 0 to"},
		{"gen -dir " + dir + " -hits 0.6 -near 0.6", "shares"},
		{"gen -dir " + dir + " more", "is no flag"},
		{"gen -wrong", "flag provided but not defined"},
		{"-wrong", "flag provided but not defined"},
		{"run more", "is no flag"},
		{"-tables Syslog", "is no table"},
		{"-formats xml", "is no format"},
		{"-size much", "is no size"},
		{"-peers awk", "is no peer: have duckdb"},
		{"-jobs (", "missing closing"},
		{"-runs 0", "have 1 or more"},
		{"-threads -1", "have 1 or more"},
		{"-iocs 3", "have 20 to"},
		{"-many 99999999999", "have 20 to"},
		{"-hits 2", "shares"},
		{"-keep -out " + dir, "both say where"},
		{"-list -jobs nothing", "no job matches"},
	} {
		t.Run(test.args, func(t *testing.T) {
			var log strings.Builder
			if got := run(strings.Fields(test.args), nil, nil, &log); got == 0 {
				t.Error("status 0")
			}
			if !strings.Contains(log.String(), test.want) {
				t.Errorf("says %q, want %q in it", &log, test.want)
			}
		})
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"7": 7, "3kb": 3000, "1.5MB": 1_500_000, "2GiB": 2 << 30, "10GB": 10_000_000_000, "1TB": 1e12} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GB", "0", "NaN", "Inf", "1e30GB", "-1"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
}
