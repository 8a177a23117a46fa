package scanner

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// What a tally of written hits has as met and unmet is what the scan that wrote
// them has noted, and its counts are those of going through the lines.
func TestTallyAsScan(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	texts := []string{"example.com", "www.example.com", "198.51.100.7", "198.51.100.7:23", "198.51.100.7:80", "198.51.100.0/24", "2001:db8::7",
		"http://www.example.com/x", "evil.example", "192.0.2.1"}
	values := []string{"http://www.example.com/x/y", "example.com", "198.51.100.7", "198.51.100.9", "[2001:db8::7]:80", "good.example", "http://a.evil.example/"}
	x, err := rule.Inline(1, "source_ip = '10.0.0.3'")
	if err != nil {
		t.Fatal(err)
	}
	onlySuppressed := 0
	for range 60 {
		var list []ioc.Indicator
		for _, text := range texts {
			i, err := ioc.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if r.IntN(4) > 0 {
				list = append(list, i)
			}
		}
		if len(list) == 0 {
			continue
		}
		var rows strings.Builder
		rows.WriteString("Type,TimeGenerated,SourceIP,DestinationIP,DestinationPort,RequestURL\n")
		for n := range 1 + r.IntN(12) {
			fmt.Fprintf(&rows, "CommonSecurityLog,2026-05-21T08:%02d:00Z,10.0.0.%d,%s,%d,%s\n", n, r.IntN(4),
				[]string{"198.51.100.7", "192.0.2.9", ""}[r.IntN(3)], 23+r.IntN(2)*57, values[r.IntN(len(values))])
		}
		set := ioc.NewSet(list)
		var kept, gone bytes.Buffer
		s := &Scan{Indicators: set, Rules: []*rule.Rule{x}, Output: &kept, Suppressed: &gone, Met: set.Met(), MetSuppressed: set.Met()}
		sum, err := s.Run(t.Context(), []formats.Input{formats.Bytes("x.csv", []byte(rows.String()))})
		if err != nil {
			t.Fatal(err)
		}
		tally := NewTally(ioc.NewList(list...))
		counts := map[string]int64{}
		for _, text := range []string{kept.String(), gone.String()} {
			for h, err := range ReadHits(strings.NewReader(text), table.Builtin()) {
				if err != nil {
					t.Fatal(err)
				}
				tally.Add(h)
				for n, i := range append([]*ioc.Indicator{h.Indicator}, alsoOf(h)...) {
					counts[fmt.Sprintf("%s%v%v", i.Value, len(h.SuppressedBy) > 0, len(h.SuppressedBy) == 0 && n > 0)]++
				}
			}
		}
		if tally.Hits != sum.Hits || tally.Suppressed != sum.Suppressed || tally.Foreign != 0 || len(tally.NotListed()) != 0 {
			t.Fatalf("%d hits, %d suppressed, %d foreign; want %d, %d", tally.Hits, tally.Suppressed, tally.Foreign, sum.Hits, sum.Suppressed)
		}
		var want, got []string
		for i, suppressed := range s.Met.Missing(s.MetSuppressed) {
			want = append(want, fmt.Sprint(i.Value, suppressed))
			if suppressed {
				onlySuppressed++
			}
		}
		for of := ioc.IP; of <= ioc.Hash; of++ {
			for x := range tally.Unmet(of) {
				got = append(got, fmt.Sprint(x.Indicator.Value, x.Suppressed > 0))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Fatalf("unmet %q, the scan has %q", got, want)
		}
		all := 0
		for x := range tally.All() {
			all++
			v := x.Indicator.Value
			if x.Hits != counts[v+"falsefalse"] || x.Beside != counts[v+"falsetrue"] || x.Suppressed != counts[v+"truefalse"] {
				t.Fatalf("%s: %d, %d, %d of %v", v, x.Hits, x.Beside, x.Suppressed, counts)
			}
			hosts := int64(0)
			for _, h := range x.Hosts() {
				hosts += h.Hits
			}
			if hosts != x.Hits+x.Beside || x.MoreHosts {
				t.Fatalf("%s: hosts with %d hits, has %d and %d", v, hosts, x.Hits, x.Beside)
			}
		}
		if all != len(list) {
			t.Fatalf("%d of %d indicators", all, len(list))
		}
	}
	if onlySuppressed == 0 {
		t.Error("no indicator was met by suppressed hits alone")
	}
}

func alsoOf(h *Hit) (list []*ioc.Indicator) {
	for _, a := range h.Also {
		list = append(list, a.Indicator)
	}
	return list
}

// The texts of all that is kept are bounded too.
func TestTallyText(t *testing.T) {
	defer func(n int) { maxTallyText = n }(maxTallyText)
	maxTallyText = 100
	own, _ := ioc.Parse("own.example")
	tally := NewTally(ioc.NewList(own))
	add := func(value, host string) {
		tally.Add(&Hit{Table: table.Builtin()[0], Indicator: &ioc.Indicator{Type: ioc.Domain, Value: value}, Who: table.Who{Host: host}})
	}
	add("own.example", strings.Repeat("h", 101))
	add(strings.Repeat("a", 60), "h")
	add("other.example", "h")
	if x := tally.Met(ioc.Domain)[0]; x.Hits != 1 || !x.MoreHosts || tally.Foreign != 2 || tally.Others != 1 {
		t.Errorf("%+v, %+v", x, tally)
	}
}

// Indicators that the list lacks are named, all are bounded, and what hosts are
// called reaches neither a terminal nor a spreadsheet.
func TestTallyForeign(t *testing.T) {
	defer func(h, f int) { maxTallyHosts, maxForeign = h, f }(maxTallyHosts, maxForeign)
	maxTallyHosts, maxForeign = 2, 1
	own, _ := ioc.Parse("own.example")
	tally := NewTally(ioc.NewList(own))
	hit := func(value, host string) *Hit {
		i, err := ioc.Parse(value)
		if err != nil {
			t.Fatal(err)
		}
		return &Hit{Table: table.Builtin()[0], Indicator: &i, Who: table.Who{Host: host}}
	}
	for _, host := range []string{"=cmd|\x1b[2J", "b", "c", "b"} {
		tally.Add(hit("own.example", host))
	}
	tally.Add(hit("192.0.2.1", "a"))
	tally.Add(hit("192.0.2.1", "a"))
	tally.Add(hit("192.0.2.0/24", "a"))
	if list := tally.NotListed(); tally.Foreign != 3 || tally.Others != 1 || len(list) != 1 || list[0].Hits != 2 || !list[0].MoreHosts || list[0].Listed {
		t.Errorf("%+v, %+v", tally, list)
	}
	x := tally.Met(ioc.Domain)[0]
	if x.Hits != 4 || !x.MoreHosts || len(x.Hosts()) != 2 {
		t.Errorf("%+v", x)
	}
	var j struct {
		Value string
		Hosts []struct{ Host string }
	}
	line := TallyJSONL(nil, x)
	if err := json.Unmarshal(line, &j); err != nil || j.Value != "own.example" || j.Hosts[1].Host != "=cmd|\x1b[2J" || bytes.IndexByte(line, 0x1b) >= 0 {
		t.Errorf("%s: %v", line, err)
	}
	text := TallyCSV(TallyCSVHeader(), x)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 2 || bytes.IndexByte(text, 0x1b) >= 0 || rows[1][9] != `b|=cmd\|\x1b[2J` {
		t.Errorf("%q: %v", rows, err)
	}
}
