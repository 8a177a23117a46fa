package scanner

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// What the ledger says of hosts does not depend on the order of the hits, also
// where there are more hosts than it keeps.
func TestLedgerHosts(t *testing.T) {
	for _, n := range []int{0, 1, maxHosts - 1, maxHosts, maxHosts + 1, 2 * maxHosts} {
		var hits []string
		counts := map[string]int64{}
		for i := range 3 * n {
			host := fmt.Sprintf("host-%05d", i*i%max(n, 1))
			hits = append(hits, host)
			counts[host]++
		}
		names := make([]string, 0, len(counts))
		for name := range counts {
			names = append(names, name)
		}
		slices.Sort(names)
		var want []HostCount
		for i, name := range names {
			if i < maxHosts {
				want = append(want, HostCount{name, counts[name]})
			}
		}
		slices.SortStableFunc(want, func(a, b HostCount) int { return int(b.Hits - a.Hits) })
		r := rand.New(rand.NewPCG(1, uint64(n)))
		for range 3 {
			r.Shuffle(len(hits), func(i, j int) { hits[i], hits[j] = hits[j], hits[i] })
			var entry RuleReport
			for _, h := range hits {
				entry.addHost(h)
			}
			got, more := entry.Hosts()
			if !reflect.DeepEqual(got, want) || more != (len(counts) > maxHosts) {
				t.Fatalf("%d hosts: %d, more %v, want %d", n, len(got), more, len(want))
			}
		}
	}
}

// Names as long as a cell may be are not kept whole.
func TestLedgerLongHosts(t *testing.T) {
	var entry RuleReport
	long := strings.Repeat("ä", 1<<20)
	for i := range 10 {
		entry.addHost(fmt.Sprint(i, long))
		entry.addHost(fmt.Sprint(i, long, "x"))
	}
	list, more := entry.Hosts()
	if len(list) != 10 || more || list[0].Hits != 2 {
		t.Fatalf("%d hosts, more %v, %d hits", len(list), more, list[0].Hits)
	}
	if name := list[0].Host; len(name) > maxHostName+len("…") || !strings.HasPrefix(name, "0ää") || !strings.HasSuffix(name, "ä…") {
		t.Errorf("%d bytes, …%s", len(name), name[len(name)-5:])
	}
}

// The cells of a row live until the next rows are read; what the ledger knows is
// for longer.
func TestLedgerHostsOfScan(t *testing.T) {
	x, err := rule.Inline(1, "Name LIKE '%evil.example'")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for i := range 400 {
		rows = append(rows, fmt.Sprintf(`{"Type":"DnsEvents","TimeGenerated":"2026-05-20T10:00:00Z","Computer":"dns-%d","Name":"a.evil.example","ClientIP":"10.0.0.%d"}`, i%200, i%7))
	}
	for _, size := range []int{64, 1000, 1 << 20} {
		s := &Scan{Indicators: indicators(t, "evil.example"), Rules: []*rule.Rule{x}, Threads: 2}
		s.Formats.BlockSize = size
		sum, err := s.Run(context.Background(), []formats.Input{jsonl("x.jsonl", rows...)})
		if err != nil {
			t.Fatal(err)
		}
		hosts, _ := sum.Rules[0].Hosts()
		if len(hosts) != 7 {
			t.Fatalf("blocks of %d: %v", size, hosts)
		}
		for _, h := range hosts {
			if h.Hits < 57 || h.Hits > 58 || !strings.HasPrefix(h.Host, "10.0.0.") {
				t.Errorf("blocks of %d: %v", size, h)
			}
		}
	}
}

// ruledLog has rows of two tables that the rules below tell apart.
func ruledLog() string {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, `{"Type":"CommonSecurityLog","TimeGenerated":"2026-05-%02dT%02d:00:00Z","DeviceVendor":"x","SourceIP":"10.0.%d.%d","DestinationIP":"1.2.3.4","DestinationPort":%d,`+
			`"SourceUserName":"%s","DestinationUserName":"%s","DeviceCustomString2":"%s","DeviceAction":"%s"}`+"\n",
			1+i%28, i%24, i%3, i, 20+i%5, [...]string{"", "alice", "bob"}[i%3], [...]string{"carol", ""}[i%2], [...]string{"guest", "", ""}[i%3], [...]string{"allow", "deny", ""}[i%3])
		fmt.Fprintf(&b, `{"Type":"DeviceNetworkEvents","Timestamp":"2026-05-%02dT%02d:30:00Z","ActionType":"%s","DeviceName":"pc-%d","RemoteIP":"1.2.3.4","LocalIP":"10.0.0.%d",`+
			`"InitiatingProcessFileName":"%s","InitiatingProcessParentFileName":"%s","InitiatingProcessId":%d}`+"\n",
			1+i%28, i%24, [...]string{"ConnectionSuccess", "ConnectionFailed", "InboundConnectionAccepted"}[i%3], i%7, i, [...]string{"nc.exe", "curl"}[i%2], [...]string{"", "sh", "cmd.exe"}[i%3], i)
	}
	return b.String()
}

var ruledExpressions = []string{
	"user = 'alice'", "user != 'alice'", "user IS NULL", "DeviceCustomString2 = 'guest'", "DeviceCustomString2 != 'guest' AND SourceUserName = 'bob'",
	"coalesce(DestinationUserName, SourceUserName) = 'bob'", "NOT DestinationUserName LIKE 'c%'", "process.parent.name IN ('sh', 'cmd')",
	"process.pid < 30 OR user = 'carol'", "NOT (process.pid >= 30 AND process.name = 'nc')", "time_of_day(timestamp) BETWEEN '22:00' AND '03:00'",
	"who.outcome IN ('blocked', 'failed')", "match.role = 'src'", "destination_ip = '1.2.3.4' AND source_ip = '10.0.0.0/29'", "indicator.value = '1.2.3.4' AND process.name = 'curl'",
	"timestamp < '2026-05-10' AND DestinationPort IN (20, 23)", "LocalPort IS NULL OR process.pid = 7",
}

func ruledScan(t testing.TB, rules []*rule.Rule, row RowDetail, out, gone io.Writer, threads int) *Summary {
	t.Helper()
	i, err := ioc.Parse("1.2.3.4")
	if err != nil {
		t.Fatal(err)
	}
	in := formats.Bytes("log.jsonl", []byte(ruledLog()))
	s := Scan{Indicators: ioc.NewSet([]ioc.Indicator{i}), Rules: rules, Row: row, Output: out, Suppressed: gone, Threads: threads}
	sum, err := s.Run(context.Background(), []formats.Input{in})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestTrial: tried on the hits of a scan without them, rules remove what they
// remove in a scan, and where they cannot know they say so: no more, no less.
func TestTrial(t *testing.T) {
	var rules []*rule.Rule
	for i, text := range ruledExpressions {
		x, err := rule.Inline(i+1, text)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, x)
	}
	sum := ruledScan(t, rules, RowTriage, nil, nil, 2)
	undecided := int64(0)
	for _, row := range []RowDetail{RowAll, RowTriage, RowHunt} {
		var hits bytes.Buffer
		all := ruledScan(t, nil, row, &hits, nil, 1)
		trial := NewTrial(rules, time.Now())
		for h, err := range ReadHits(&hits, table.Builtin()) {
			if err != nil {
				t.Fatal(err)
			}
			trial.Add(h)
		}
		if trial.Hits != all.Hits || all.Hits != 120 {
			t.Fatalf("%d hits tried of %d", trial.Hits, all.Hits)
		}
		for i, x := range trial.Rules {
			want, got := sum.Rules[i].Suppressed, x.Removed.Suppressed
			null := strings.Contains(x.Rule.Name, "IS NULL") || strings.Contains(ruledExpressions[i], "IS NULL")
			switch {
			case row == RowAll && !null && (got != want || x.Undecided != 0):
				t.Errorf("%s with whole rows: removes %d and %d undecided, a scan %d", ruledExpressions[i], got, x.Undecided, want)
			case got > want || got+x.Undecided < want:
				t.Errorf("%s with rows %d: removes %d and %d undecided, a scan %d", ruledExpressions[i], row, got, x.Undecided, want)
			case (x.Undecided > 0) != (len(x.Columns)+len(x.Blank) > 0):
				t.Errorf("%s: %d undecided for want of %v and %v", ruledExpressions[i], x.Undecided, x.Columns, x.Blank)
			case row == RowAll && len(x.Columns) > 0:
				t.Errorf("%s with whole rows: %v are not shown", ruledExpressions[i], x.Columns)
			}
			undecided += x.Undecided
		}
		if row == RowAll && (trial.Removed < sum.Suppressed-1 || trial.Removed+trial.Undecided > trial.Hits) {
			t.Errorf("all: %d removed, %d undecided, a scan %d", trial.Removed, trial.Undecided, sum.Suppressed)
		}
	}
	if undecided == 0 {
		t.Error("the rules try too little")
	}
}

// The ledger and the suppressed hits are the same with any number of workers,
// and its counts are those of the hits written out.
func TestLedger(t *testing.T) {
	load := func() (rules []*rule.Rule) {
		for i, text := range ruledExpressions {
			x, err := rule.Inline(i+1, text)
			if err != nil {
				t.Fatal(err)
			}
			rules = append(rules, x)
		}
		rules[0].Expires = time.Unix(0, 0)
		rules[1].Disabled = true
		return rules
	}
	var first string
	for _, threads := range []int{1, 3} {
		var gone bytes.Buffer
		sum := ruledScan(t, load(), RowTriage, io.Discard, &gone, threads)
		text := fmt.Sprintf("%s\n%d", &gone, sum.Suppressed)
		counts := map[string]int64{}
		alone := map[string]int64{}
		for h, err := range ReadHits(bytes.NewReader(gone.Bytes()), table.Builtin()) {
			if err != nil {
				t.Fatal(err)
			}
			for i, name := range h.SuppressedBy {
				counts[name]++
				if len(h.SuppressedBy) == 1 {
					alone[name]++
				}
				if h.Reasons[i].Rule != name || len(h.Reasons[i].Predicates) == 0 {
					t.Errorf("%s: %+v", name, h.Reasons[i])
				}
			}
			if len(h.Reasons) != len(h.SuppressedBy) || len(h.Reasons) == 0 {
				t.Errorf("%d reasons of %v", len(h.Reasons), h.SuppressedBy)
			}
			if again := JSONL(nil, h); !bytes.Contains(gone.Bytes(), again) {
				t.Errorf("is written again as %s", again)
			}
		}
		for i := range sum.Rules {
			x := &sum.Rules[i]
			hosts, more := x.Hosts()
			text += fmt.Sprint(x.Name, x.State, x.Suppressed, x.Alone, x.First, x.Last, x.Timed, hosts, more, "\n")
			if x.Suppressed != counts[x.Name] || x.Alone != alone[x.Name] {
				t.Errorf("%s: %d and %d alone, written out %d and %d", x.Name, x.Suppressed, x.Alone, counts[x.Name], alone[x.Name])
			}
			at := int64(0)
			for _, h := range hosts {
				at += h.Hits
			}
			if at != x.Suppressed {
				t.Errorf("%s: %d on hosts, %d in all", x.Name, at, x.Suppressed)
			}
		}
		if sum.Rules[0].State != rule.Expired || sum.Rules[1].State != rule.Disabled || sum.Rules[0].Suppressed+sum.Rules[1].Suppressed != 0 {
			t.Errorf("rules that do not apply: %+v %+v", sum.Rules[0], sum.Rules[1])
		}
		if first == "" {
			first = text
		} else if text != first {
			t.Errorf("%d workers give another ledger:\n%s\nnot\n%s", threads, text, first)
		}
	}
}

func TestReadHits(t *testing.T) {
	read := func(text string) (hits int, errs []string) {
		for h, err := range ReadHits(strings.NewReader(text), table.Builtin()) {
			if err != nil {
				errs = append(errs, err.Error())
			} else if h != nil {
				hits++
			}
		}
		return hits, errs
	}
	var out bytes.Buffer
	ruledScan(t, nil, RowAll, &out, nil, 1)
	good, _, _ := strings.Cut(out.String(), "\n")
	long := strings.Replace(good, `"row":{`, `"row":{"x":"`+strings.Repeat("y", 200<<10)+`",`, 1)
	hits, errs := read("\n" + good + "\r\n{\n" + long + "\nnull\n" + good)
	if hits != 3 || len(errs) != 2 || !strings.HasPrefix(errs[0], "line 3: read hit") || !strings.HasPrefix(errs[1], "line 5: read hit: no object") {
		t.Errorf("%d hits, %q", hits, errs)
	}
	if hits, errs := read(""); hits != 0 || errs != nil {
		t.Errorf("nothing: %d hits, %q", hits, errs)
	}
}

// What comes as the hits of an earlier scan may be anything.
func FuzzHits(f *testing.F) {
	var out bytes.Buffer
	ruledScan(f, nil, RowTriage, &out, nil, 1)
	lines := strings.SplitAfterN(out.String(), "\n", 4)
	f.Add(lines[0] + lines[1])
	f.Add(strings.Replace(lines[0], `"row":{`, `"row":[1,2],"x":{`, 1))
	f.Add(strings.Replace(lines[0], `"row":{`, `"row":{"a":1,`, 1))
	f.Add(strings.Replace(lines[0], `"who":{`, `"who":{"peer_port":-1e99,"direction":"internal","host":{},`, 1))
	f.Add(strings.Replace(lines[1], `"tags":[]`, `"tags":["a"],"first_seen":"0000-01-01"`, 1) + `null` + "\n{}\n")
	var rules []*rule.Rule
	for i, text := range ruledExpressions {
		x, err := rule.Inline(i+1, text)
		if err != nil {
			f.Fatal(err)
		}
		rules = append(rules, x)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trial := NewTrial(rules, time.Now())
		for h, err := range ReadHits(strings.NewReader(text), table.Builtin()) {
			if err != nil {
				continue
			}
			trial.Add(h)
			again, err := Decode(JSONL(nil, h), table.Builtin())
			if err != nil || again.ID != strings.ToValidUTF8(h.ID, "\ufffd") {
				t.Errorf("%q is written as what is no hit: %v", text, err)
			}
		}
		if trial.Removed+trial.Undecided > trial.Hits {
			t.Errorf("%d removed and %d undecided of %d", trial.Removed, trial.Undecided, trial.Hits)
		}
	})
}

// BenchmarkRules: rules are asked of nothing but rows that hold an indicator.
func BenchmarkRules(b *testing.B) {
	for _, gt := range gen.Tables {
		file := benchFile(b, gt, "csv", 64<<20, 0)
		in := []formats.Input{formats.Bytes("x.csv", file)}
		for _, n := range []int{0, 200} {
			var rules []*rule.Rule
			for i := range n {
				x, err := rule.Inline(i+1, fmt.Sprintf("source_ip = '10.0.0.%d' AND process.command_line REGEXP '%d'", i, i))
				if err != nil {
					b.Fatal(err)
				}
				rules = append(rules, x)
			}
			b.Run(fmt.Sprintf("table=%s/rules=%d", gt.Name, n), func(b *testing.B) {
				s := &Scan{Indicators: benchSet(), Rules: rules, Threads: 1, Output: io.Discard}
				b.SetBytes(int64(len(file)))
				b.ReportAllocs()
				for b.Loop() {
					if sum, err := s.Run(context.Background(), in); err != nil || sum.Hits > 0 {
						b.Fatalf("%d hits: %v", sum.Hits, err)
					}
				}
			})
		}
	}
}
