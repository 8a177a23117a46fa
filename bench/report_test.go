package main

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/iocsweep/iocsweep/bench/corpus"
)

// sampleReport has one job with two contenders and a limit.
func sampleReport() *report {
	j := &job{name: "Scan/table=DnsEvents/format=csv/iocs=100000", file: "logs/DnsEvents.csv", table: "DnsEvents", format: "csv"}
	contend := func(tool, label string, score *corpus.Score, ms ...int) *row {
		runs := took(ms...)
		for i := range runs {
			runs[i].CPU, runs[i].Peak = 2*runs[i].Wall, 50_000_000
		}
		return &row{contender: &contender{tool: tool, label: label, keys: "peer=" + label + "/threads=2", command: []string{"/x/" + label, "it's", "$A"}}, score: score, runs: runs}
	}
	return &report{
		machine: machine{cpu: "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz <&>", cores: 2, memory: 8e9, os: "Linux 6"},
		date:    time.Date(2026, 5, 22, 1, 2, 3, 0, time.UTC), options: &options{runs: 3, threads: 2, size: "1GB"},
		results: []*result{{job: j, size: 1e9, rows: []*row{
			contend("iocsweep", "iocsweep", &corpus.Score{Found: 58}, 300, 250, 280),
			contend("rg", "rg", &corpus.Score{Found: 40, Missed: 18, Wrong: 7}, 3000, 2500, 2800),
			contend("limits", "separators", nil, 140, 100, 125),
		}}},
	}
}

func TestTable(t *testing.T) {
	want := `Scan/table=DnsEvents/format=csv/iocs=100000  (1.00 GB)
                              wall            min..max       CPU    memory     GB/s    found  missed   wrong   ratio
  iocsweep                  280 ms      250 ms..300 ms    560 ms     50 MB     3.57       58       0       0   1.00x
  rg                        2.80 s      2.50 s..3.00 s    5.60 s     50 MB     0.36       40      18       7   10.0x
  separators                125 ms      100 ms..140 ms    250 ms     50 MB     8.00        -       -       -   0.45x
`
	if got := sampleReport().results[0].table(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestSummary(t *testing.T) {
	want := "Scan/table=DnsEvents/format=csv/iocs=100000\tpeer=rg/threads=2\tlogs/DnsEvents.csv\t1000000000\t3\t" +
		"2.800000\t2.500000\t3.000000\t5.600000\t50000000\t0.3571\t40\t18\t7\t10.0000\n"
	if got := sampleReport().summary(); !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

func TestChart(t *testing.T) {
	r := sampleReport()
	svg := r.chart()
	wellFormed(t, svg)
	// iocsweep's bar takes 3.57 of 8 GB/s, and its share of the room.
	for _, want := range []string{`width="76.8" height="15" class="us"`, `class="limit"`, ">DnsEvents<", ">csv, 100,000 indicators<", "&lt;&amp;&gt;", "prefers-color-scheme: dark"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
	if n := strings.Count(svg, "<rect"); n != 2 {
		t.Errorf("%d bars, want 2", n)
	}
	r.results = nil
	wellFormed(t, r.chart())
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
	}
}

func TestLine(t *testing.T) {
	c := sampleReport().results[0].rows[1].contender
	if got, want := c.line(), `rg 'it'\''s' '$A' > $TMP/out`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	c.nowhere = true
	if got := c.line(); !strings.HasSuffix(got, "> /dev/null") && !strings.HasSuffix(got, "> NUL") {
		t.Error(got)
	}
}

func TestFolder(t *testing.T) {
	for cpu, want := range map[string]string{
		"Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz": "intel-xeon-e5-2680-v4",
		"AMD EPYC 9B14": "amd-epyc-9b14",
		"AMD EPYC":      "amd-epyc",
		"Apple M3 Pro":  "apple-m3-pro",
		"AMD Ryzen 9 7950X 16-Core Processor             ": "amd-ryzen-9-7950x-16",
		"arm64": "arm64",
	} {
		if got := (machine{cpu: cpu}).slug(); got != want {
			t.Errorf("%s: %s, want %s", cpu, got, want)
		}
	}
	if got := sampleReport().folder(); got != "2026-05-22-intel-xeon-e5-2680-v4" {
		t.Error(got)
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		345 * time.Microsecond: "0.34 ms", 9874 * time.Microsecond: "9.87 ms", 98740 * time.Microsecond: "98.7 ms",
		987 * time.Millisecond: "987 ms", 1234 * time.Millisecond: "1.23 s", 61234 * time.Millisecond: "61.2 s",
	} {
		if got := seconds(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
