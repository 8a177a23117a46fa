package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/ioc/feed"
)

// TestMain lets the test's own program stand in for those that bench runs, by
// the name under which it is called: iocsweep, which scans as the real one
// does, rg, which finds lines and is slow, and gzip, which fails.
func TestMain(m *testing.M) {
	args := os.Args[1:]
	var err error
	switch filepath.Base(os.Args[0]) {
	case "iocsweep":
		err = standIn(args)
	case "rg":
		err = standInRG(args)
	case "gzip":
		if args[0] != "--version" {
			fmt.Fprintln(os.Stderr, "gzip: out of order")
			os.Exit(2)
		}
		fmt.Println("gzip 0.0")
	default:
		if len(args) > 0 && args[0] == "loaded" {
			os.Exit(run(args, os.Stdin, os.Stdout, os.Stderr))
		}
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// standIn is iocsweep scan -q -i FEED -j N --order input --format jsonl FILE.
func standIn(args []string) error {
	if args[0] == "version" {
		fmt.Println("iocsweep stand-in")
		return nil
	}
	list, _, err := feed.Read([]feed.Source{feed.File(args[3])}, feed.Options{})
	if err != nil {
		return err
	}
	threads, err := strconv.Atoi(args[5])
	if err != nil {
		return err
	}
	_, err = scan(list.Set(), threads, args[10], os.Stdout)
	return err
}

// standInRG is rg --no-config --text --[no-]line-number -F -f LIST FILE.
func standInRG(args []string) error {
	if args[0] == "--version" {
		fmt.Println("ripgrep 0.0")
		return nil
	}
	list, err := os.ReadFile(args[5])
	if err != nil {
		return err
	}
	f, err := os.Open(args[6])
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	found := false
	for n := 1; lines.Scan(); n++ {
		for word := range strings.FieldsSeq(string(list)) {
			if !strings.Contains(lines.Text(), word) {
				continue
			}
			if args[2] == "--line-number" {
				fmt.Printf("%d:", n)
			}
			fmt.Println(lines.Text())
			found = true
			break
		}
	}
	if !found {
		os.Exit(1) // as rg does, and no error
	}
	return lines.Err()
}

// Everything but the real peers: data, jobs, measuring, answers, results.
func TestRun(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights there")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tools, dir, out := t.TempDir(), filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "out")
	for _, name := range []string{"iocsweep", "rg", "gzip"} {
		if err := os.Symlink(self, filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", tools+string(filepath.ListSeparator)+os.Getenv("PATH"))
	args := strings.Fields("-size 200KB -tables dnsevents -formats csv,parquet,csv.gz -iocs 60 -few 20 -many 500 -hits 0.05 -near 0.05 -runs 1 -threads 2 -peers rg,gzip,limits -seed 3")
	args = append(args, "-dir", dir, "-iocsweep", filepath.Join(tools, "iocsweep"), "-out", out)
	var stdout, stderr strings.Builder
	if got := run(args, nil, &stdout, &stderr); got != 0 {
		t.Fatalf("status %d\n%s%s", got, &stdout, &stderr)
	}

	file := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, folder := range []string{dir, out, tools, os.TempDir() + string(filepath.Separator)} {
			if strings.Contains(string(text), folder) {
				t.Errorf("%s names %s, a folder of this machine:\n%s", name, folder, text)
			}
		}
		return string(text)
	}

	jobs := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(file("summary.tsv")), "\n")[1:] {
		c := strings.Split(line, "\t")
		if len(c) != 15 {
			t.Fatalf("line %d: %d cells: %s", i+2, len(c), line)
		}
		kind, _, _ := strings.Cut(c[0], "/")
		jobs[kind]++
		found, missed, wrong := c[11], c[12], c[13]
		switch {
		case kind == "Files", strings.Contains(c[1], "output=none"):
			if found+missed+wrong != "" {
				t.Errorf("an answer to what is not asked: %s", line)
			}
		case strings.Contains(c[1], "peer=iocsweep"):
			if missed != "0" || wrong != "0" {
				t.Errorf("iocsweep's answer: %s", line)
			}
			if none := strings.Contains(c[1], "hits=0/"); found == "" || found == "0" && kind == "Scan" || none && found > "3" {
				t.Errorf("iocsweep found: %s", line)
			}
		case strings.Contains(c[1], "peer=rg"):
			if found == "" || kind == "Scan" && (found == "0" || c[0][len(c[0])-2:] == "60" && missed == "0") {
				t.Errorf("rg's answer: %s", line)
			}
		case found+missed+wrong != "":
			t.Errorf("a limit has an answer: %s", line)
		}
		if c[4] != "1" || c[5] <= "0.000000" {
			t.Errorf("not measured once: %s", line)
		}
	}
	// Scan of csv: iocsweep, with one thread, rg, three limits and one of one thread; of parquet:
	// two and a limit; of csv.gz: one and a limit, for gzip fails; two
	// indicators: one and rg. Start: twice both. Load: a list and a pack. Output: twice hits and none,
	// columns, late columns, and hits unwritten. Files: twice iocsweep, and rg. Indicators: twice few and many.
	for kind, want := range map[string]int{"Scan": 7 + 3 + 2 + 2, "Start": 4, "Load": 2, "Output": 7, "Files": 3, "Indicators": 4} {
		if jobs[kind] != want {
			t.Errorf("%s has %d contenders, want %d", kind, jobs[kind], want)
		}
	}

	table := file("table.txt")
	for _, want := range []string{
		"Scan/table=DnsEvents/format=csv/iocs=60  (", "\n  iocsweep -j 1 ", "\n  separators ", "ratio\n", "gzip: exit status 2: gzip: out of order", "1 runs of each",
	} {
		if !strings.Contains(table, want) || !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	meta := file("meta.txt")
	for _, want := range []string{
		"command: go run ./bench -dir $DIR -few 20", "seed: 3\n", "version of rg: ripgrep 0.0\n", "version of iocsweep: stand-in\n",
		"    rg --no-config --text --no-line-number -F -f $DIR/main/feeds/feed-search.txt $DIR/main/logs/DnsEvents.csv > $TMP/out\n",
		"    (reads the file)\n", "cpu: ",
	} {
		if !strings.Contains(meta, want) {
			t.Errorf("no %q in\n%s", want, meta)
		}
	}
	line := regexp.MustCompile(`^Benchmark(Scan|Start|Load|Output|Files|Indicators)(/[a-z]+=[A-Za-z0-9.]+)+ 1 [1-9][0-9]* ns/op [0-9]+ B/s [0-9]+ cpu-ns/op( [1-9][0-9]* peak-bytes)?$`)
	lines := strings.Split(strings.TrimSpace(file("bench.txt")), "\n")
	if len(lines) != 4+34 {
		t.Errorf("%d lines of benchmarks", len(lines))
	}
	for _, l := range lines[4:] {
		if !line.MatchString(l) {
			t.Errorf("no benchmark: %s", l)
		}
	}
	if n := strings.Count(file("runs.tsv"), "\n"); n != 1+34 {
		t.Errorf("%d lines of runs", n)
	}
	wellFormed(t, file("chart.svg"))

	stderr.Reset()
	if got := run(append(args, "-runs", "3", "-jobs", "^Start.*iocs=60"), nil, &stdout, &stderr); got != 0 || strings.Contains(stderr.String(), "made") {
		t.Errorf("again: status %d\n%s", got, &stderr)
	}
	if text := file("runs.tsv"); strings.Count(text, "\n") != 1+2*3 || strings.Index(text, "rg/threads=1\t1\t") > strings.Index(text, "rg/threads=1\t2\t") {
		t.Errorf("three runs of two contenders:\n%s", text)
	}
}

// What iocsweep cannot do is a failure of the job, and of the run.
func TestFailingJob(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights there")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "gzip")
	if err := os.Symlink(self, broken); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	got := run([]string{"-dir", filepath.Join(t.TempDir(), "data"), "-iocsweep", broken, "-size", "10KB", "-tables", "dnsevents", "-formats", "csv",
		"-iocs", "40", "-jobs", "Scan/.*iocs=40", "-peers", "limits"}, nil, &stdout, &stderr)
	if want := "1 of 1 jobs failed"; got != 1 || !strings.Contains(stderr.String(), want) || !strings.Contains(stdout.String(), "note: Scan/table=DnsEvents") {
		t.Errorf("status %d\n%s%s", got, &stdout, &stderr)
	}
}
