package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// What a scan reads is never overwritten, and standard input is read once.
func TestScanKeepsWhatItReads(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	log := write("logs/csl.csv", "TimeGenerated,DestinationIP,DeviceVendor\n2025-04-01T02:13:07Z,198.51.100.7,PAN\n")
	feed := write("feed.txt", "198.51.100.7\n")
	rules := write("rules.yaml", "exclusions:\n  - name: a\n    reason: b\n    when: destination_ip = '192.0.2.1'\n")
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"file of a folder", []string{filepath.Dir(log), "-i", feed, "--clobber", "-o", log}, "is an input"},
		{"feed", []string{log, "-i", feed, "--clobber", "--summary", feed}, "is an input"},
		{"rules", []string{log, "-i", feed, "-x", rules, "--clobber", "--rejects", rules}, "is an input"},
		{"standard input twice", []string{"-", "-i", "-"}, "only once"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			status := run(append([]string{"scan"}, tt.args...), strings.NewReader("198.51.100.7\n"), &out, &errs)
			if status != statusUsage || !strings.Contains(errs.String(), tt.want) {
				t.Errorf("status %d, %s", status, errs.String())
			}
		})
	}
	for _, path := range []string{log, feed, rules} {
		if b, err := os.ReadFile(path); err != nil || len(b) == 0 {
			t.Errorf("%s: %d bytes left, %v", path, len(b), err)
		}
	}
}

// A run that could scan nothing says so, in --summary too.
func TestNothingScanned(t *testing.T) {
	dir := t.TempDir()
	log, summary := filepath.Join(dir, "empty.csv"), filepath.Join(dir, "run.json")
	if err := os.WriteFile(log, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	status := run([]string{"scan", "--ioc", "198.51.100.7", "--summary", summary, log}, strings.NewReader(""), &out, &errs)
	if status != statusUsage || !strings.Contains(errs.String(), "NOTHING WAS SCANNED") || strings.Contains(errs.String(), "Everything was read") {
		t.Errorf("status %d, %s", status, errs.String())
	}
	b, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Coverage string
		Files    []struct{ Status string }
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Coverage != "partial" || len(got.Files) != 1 || got.Files[0].Status != "empty" {
		t.Errorf("summary %s", b)
	}
}

// Notes reach a user who does not print the summary, once for all files that
// say the same.
func TestNotesOnStandardError(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.csv", "b.csv", "c.csv"} {
		text := "TimeGenerated [UTC],DestinationIP,DeviceVendor\n\"4/1/2025, 2:13:07 AM\",198.51.100.7,PAN\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	if status := run([]string{"scan", "--ioc", "198.51.100.7", dir}, strings.NewReader(""), &out, &errs); status != statusOK {
		t.Errorf("status %d", status)
	}
	if got := errs.String(); strings.Count(got, "--date-order") != 1 || !strings.Contains(got, "a.csv and 2 more files: TimeGenerated: ") {
		t.Errorf("standard error:\n%s", got)
	}
}

func TestRoughly(t *testing.T) {
	for in, want := range map[time.Duration]string{
		0: "0s", 1234 * time.Microsecond: "1ms", 345 * time.Millisecond: "350ms", 27508 * time.Millisecond: "28s", 3 * time.Hour: "3h0m0s", 5000 * time.Second: "1h23m20s",
	} {
		if got := roughly(in).String(); got != want {
			t.Errorf("%v: got %s, want %s", in, got, want)
		}
	}
}

// coresSeen is a reader that notes how many cores may be used while it is read.
type coresSeen struct {
	text io.Reader
	n    *int
}

func (r coresSeen) Read(p []byte) (int, error) {
	*r.n = runtime.GOMAXPROCS(0)
	return r.text.Read(p)
}

// TestThreadsLimitCores reads indicators, which all cores do, with one thread.
func TestThreadsLimitCores(t *testing.T) {
	before := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(before)
	log := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(log, []byte("TimeGenerated,SourceIP,DestinationIP,DeviceVendor\n2026-05-02T00:00:00Z,198.51.100.7,10.0.0.1,x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for threads, want := range map[string]int{"0": 3, "1": 1, "2": 2, "8": 3} {
		var out, errs strings.Builder
		cores := 0
		status := run([]string{"scan", "-j", threads, "-i", "-", log}, coresSeen{strings.NewReader("198.51.100.7\n"), &cores}, &out, &errs)
		if status != statusOK || cores != want || !strings.Contains(out.String(), "198.51.100.7") {
			t.Errorf("-j %s: status %d with %d cores, want %d: %s%s", threads, status, cores, want, &out, &errs)
		}
		if n := runtime.GOMAXPROCS(0); n != 3 {
			t.Errorf("-j %s: left %d cores", threads, n)
		}
	}
}
