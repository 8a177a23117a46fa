package scanner

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner/rule"
)

// swept is what a whole scan says of each record: its hits and suppressed
// hits, line by line.
func swept(t *testing.T, s *Scan, in formats.Input) (map[int64][]string, int64) {
	t.Helper()
	var hits, suppressed bytes.Buffer
	all := *s
	all.Output, all.Suppressed = &hits, &suppressed
	sum, err := all.Run(context.Background(), []formats.Input{in})
	if err != nil {
		t.Fatal(err)
	}
	by := map[int64][]string{}
	for _, line := range append(lines(hits.String()), lines(suppressed.String())...) {
		_, rest, ok := strings.Cut(line, `"record":`)
		var record int64
		if _, err := fmt.Sscanf(rest, "%d,", &record); !ok || err != nil {
			t.Fatalf("no record in %s", line)
		}
		by[record] = append(by[record], line)
	}
	return by, sum.Records
}

// traceAll compares the trace of every record of an input with what a scan
// writes of it, byte for byte.
func traceAll(t *testing.T, s *Scan, in formats.Input) (hits int) {
	t.Helper()
	want, records := swept(t, s, in)
	for n := int64(1); n <= records; n++ {
		tr, err := s.Trace(context.Background(), in, n)
		if err != nil {
			t.Fatal(err)
		}
		if !tr.Found || tr.Table == nil || len(tr.Fields) == 0 {
			t.Fatalf("%s: record %d: not found", in, n)
		}
		left := map[string]int{}
		for _, line := range want[n] {
			left[line]++
		}
		for _, h := range tr.Hits {
			hits++
			line := strings.TrimSuffix(string(JSONL(nil, h.Hit)), "\n")
			if left[line] == 0 {
				t.Errorf("%s: record %d: the trace has a hit that the scan has not:\n%s", in, n, line)
			}
			left[line]--
			for _, a := range h.Rules {
				said := a.Value == rule.True
				if listed := strings.Contains(strings.Join(h.Hit.SuppressedBy, "\n"), a.Rule.Name); said && !listed {
					t.Errorf("%s: record %d: rule %s is %v", in, n, a.Rule.Name, a.Value)
				}
			}
		}
		for line, n := range left {
			if n > 0 {
				t.Errorf("the scan has a hit that the trace has not:\n%s", line)
			}
		}
		holds := false
		for _, c := range tr.Columns {
			holds = holds || c.Asked && len(c.Listed) > 0
		}
		if !holds && len(want[n]) > 0 {
			t.Errorf("%s: record %d is a hit, but no column is said to hold an indicator", in, n)
		}
	}
	tr, err := s.Trace(context.Background(), in, records+1)
	if err != nil || tr.Found || tr.File.Records != records {
		t.Errorf("%s: a record beyond the last: %+v, %v", in, tr, err)
	}
	return hits
}

func TestTraceIsTheScan(t *testing.T) {
	list, _, err := feed.Read([]feed.Source{feed.File("../testdata/mirai/threatfox.csv")}, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("../testdata/mirai/exclusions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rules, err := rule.Load(file, "exclusions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		format string
		scan   Scan
		hits   int // at least
	}{
		{"small blocks", "csv", Scan{Rules: rules, Formats: formats.Options{BlockSize: 300}}, 30},
		{"every column", "jsonl", Scan{Rules: rules, Row: RowAll}, 30},
		{"kql", "parquet", Scan{KQL: true}, 15},
		{"strict ports, deep", "csv", Scan{Rules: rules, Ports: PortStrict, Columns: ColumnsDeep}, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.scan.Indicators = list.Set()
			paths, err := filepath.Glob("../testdata/mirai/" + c.format + "/*")
			if err != nil || len(paths) != 3 {
				t.Fatalf("%d files, %v", len(paths), err)
			}
			hits := 0
			for _, path := range paths {
				in, errs := formats.Walk([]string{path}, nil)
				if len(errs) > 0 {
					t.Fatal(errs)
				}
				hits += traceAll(t, &c.scan, in[0])
			}
			if hits < c.hits {
				t.Errorf("only %d hits", hits)
			}
		})
	}
}

// Hits that wait for the order of their dates, mixed streams, and records that
// are broken.
func TestTraceOfOddInputs(t *testing.T) {
	s := &Scan{Indicators: indicators(t, "1.2.3.4:9", "evil.test"), Formats: formats.Options{BlockSize: 64}}
	var late strings.Builder // no day is above 12, so that all wait to the end
	late.WriteString("TimeGenerated [Local time],DeviceVendor,SourceIP,DestinationIP,DestinationPort\n")
	for n := range 20 {
		fmt.Fprintf(&late, "5/%d/2026 8:00:00,x,10.0.0.%d,1.2.3.4,9\n", n%12+1, n)
	}
	for _, s.Memory = range []int64{0, 1} { // in memory, or spilled
		if n := traceAll(t, s, formats.Bytes("late.csv", []byte(late.String()))); n != 20 {
			t.Errorf("%d hits where dates are late", n)
		}
	}
	mixed := jsonl("mixed.jsonl", `{`+csl+`,"DestinationIP":"1.2.3.4"}`, `{`+dns+`,"Name":"x.evil.test"}`,
		`{`+dne+`,"RemoteUrl":"evil.test","AdditionalFields":"{\"query\":\"evil.test\"}"}`)
	if n := traceAll(t, s, mixed); n != 3 {
		t.Errorf("%d hits in a mixed stream", n)
	}
	odd := jsonl("odd.jsonl", `{`+dns+`,"Name":"x.evil.test"}`, `{"Name":`, `{"Type":"Heartbeat","Name":"evil.test"}`, `{`+dns+`,"Name":"evil.test"}`)
	for n, want := range []string{1: "found", 2: "bad", 3: "other", 4: "found"} {
		if want == "" {
			continue
		}
		tr, err := s.Trace(context.Background(), odd, int64(n))
		if err != nil {
			t.Fatal(err)
		}
		got := "bad"
		switch {
		case tr.Found && tr.Table != nil && len(tr.Hits) == 1:
			got = "found"
		case tr.Found && tr.Table == nil:
			got = "other"
		case tr.Found || tr.Bad == nil || tr.Line != int64(n):
			got = "neither"
		}
		if got != want {
			t.Errorf("record %d: %s, want %s: %+v", n, got, want, tr)
		}
	}
}

// A port that differs and a window are told, though no hit comes of the row.
func TestTraceOfMisses(t *testing.T) {
	row := jsonl("a.jsonl", `{`+csl+`,"TimeGenerated":"2026-05-21T08:00:00Z","DestinationIP":"1.2.3.4","DestinationPort":80,"Message":"evil.test"}`)
	s := &Scan{Indicators: indicators(t, "1.2.3.4:9", "evil.test"), Ports: PortStrict}
	tr, err := s.Trace(context.Background(), row, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Hits) > 0 || len(tr.Tests) != 1 || tr.Tests[0].Match || tr.Tests[0].Port != "DestinationPort" || tr.Tests[0].PortText != "80" {
		t.Errorf("%+v", tr.Tests)
	}
	for _, c := range tr.Columns {
		if c.Key.Column == "Message" && (c.Asked || len(c.Listed) != 1) {
			t.Errorf("%+v", c)
		}
	}
	s = &Scan{Indicators: s.Indicators, HasTo: true, To: 1}
	if tr, err = s.Trace(context.Background(), row, 1); err != nil || !tr.Outside || len(tr.Hits) > 0 || tr.Time == "" {
		t.Errorf("%+v, %v", tr, err)
	}
	if _, err := (&Scan{Indicators: ioc.NewSet(nil)}).Trace(context.Background(), row, 1); err == nil {
		t.Error("no error without indicators")
	}
}

// What is told of a record does not change with those behind it, whose texts are
// made where those of other rows were.
func TestTraceKeeps(t *testing.T) {
	rules, err := rule.Load(strings.NewReader("exclusions:\n  - name: a\n    reason: b\n    tables: [DeviceNetworkEvents]\n    when: \"url.domain = 'x.test' AND who.user = 'a'\"\n"), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	row := func(host, domain, user string) string {
		return `{` + dne + `,"Timestamp":"2026-05-21T08:00:00Z","RemoteIP":"1.2.3.4","RemotePort":80,"RemoteUrl":"http://` + host + `.evil.test/a","InitiatingProcessAccountDomain":"` + domain + `","InitiatingProcessAccountName":"` + user + `"}`
	}
	list := []string{row("zero", "CORP", "alice"), row("first", "CORP", "alice"), row("second", "CORP", "alice"),
		row("a-much-longer-name-of-some-host", "AN-OTHER-DOMAIN", "mallory"), row("b", "C", "d")}
	s := &Scan{Indicators: indicators(t, "evil.test", "1.2.3.4"), Rules: rules}
	told := func(records ...string) (list []string) {
		tr, err := s.Trace(context.Background(), jsonl("a.jsonl", records...), 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range tr.Hits {
			list = append(list, string(JSONL(nil, h.Hit)))
			for _, account := range h.Rules {
				list = append(list, fmt.Sprintf("%+v", account.Steps))
			}
		}
		return list
	}
	want := told(list[:3]...)
	if got := told(list...); len(want) != 4 || !slices.Equal(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}
