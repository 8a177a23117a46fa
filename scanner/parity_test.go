package scanner

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// csvOf writes a CSV file of rows of cells, the header first.
func csvOf(t testing.TB, name string, rows ...[]string) formats.Input {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return formats.Bytes(name, b.Bytes())
}

// compared runs a scan of one export against a portal's result.
func compared(t testing.TB, s *Scan, portal formats.Input, exports ...formats.Input) *Parity {
	t.Helper()
	ctx := context.Background()
	p, err := NewParity(ctx, s, portal)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(ctx, exports); err != nil {
		t.Fatal(err)
	}
	if err := p.Finish(ctx, exports); err != nil {
		t.Fatal(err)
	}
	return p
}

// said is a comparison in one line: counts, then the first words of the reasons.
func said(p *Parity) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d both", p.Both)
	list := func(who string, rows int64, why []*Differ) {
		if rows > 0 {
			fmt.Fprintf(&b, ", %d only %s", rows, who)
		}
		for _, d := range why {
			reason, _, _ := strings.Cut(d.Reason, ":")
			fmt.Fprintf(&b, " [%d %s]", d.Rows, reason)
			rows -= d.Rows
		}
		if rows != 0 {
			b.WriteString(" reasons do not add up")
		}
	}
	list("portal", p.OnlyPortal, p.PortalWhy)
	list("scan", p.OnlyScan, p.ScanWhy)
	return b.String()
}

// The hunts' semantics as documented: a portal's result made of them is what a
// scan with KQL finds, and where matching by address and label differs the
// comparison says so and why.
func TestParityVectors(t *testing.T) {
	b, err := os.ReadFile("../testdata/vectors/has_vs_suffix.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")[1:]
	if len(all) < 52 {
		t.Fatalf("%d vectors, want 52 at least", len(all))
	}
	for _, line := range all {
		v := strings.Split(line, "\t")
		value, err := strconv.Unquote(`"` + v[0] + `"`) // \uXXXX
		if err != nil {
			t.Fatal(err)
		}
		term, err := strconv.Unquote(`"` + v[1] + `"`)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(value+" has "+term, func(t *testing.T) {
			i, err := ioc.ParseBroad(term)
			if err != nil {
				t.Fatal(err)
			}
			export := [][]string{{"TimeGenerated", "Computer", "Name", "IPAddresses", "QueryType", "ClientIP", "SubType"},
				{"2026-05-21T08:14:03.587Z", "ns1", value, "", "A", "10.0.0.5", "LookupQuery"}}
			portal := [][]string{{"TimeGenerated [UTC]", "Computer", "Name", "IPAddresses", "QueryType"}}
			row := []string{"5/21/2026, 8:14:03.587 AM", "ns1", value, "", "A"}
			hunted, found := v[2] == "yes", v[3] == "yes"
			switch {
			case i.Type == ioc.IP:
				// Of an address the hunts ask in, not has.
				export = [][]string{{"TimeGenerated", "SourceIP", "DestinationIP", "DestinationPort", "DeviceAction", "Activity", "DeviceVendor"},
					{"2026-05-21T08:14:03.587Z", "10.0.0.5", value, "23", "allow", "x", "v"}}
				portal = [][]string{{"TimeGenerated [UTC]", "SourceIP", "DestinationIP", "DestinationPort", "DeviceAction", "Activity"}}
				row = []string{"5/21/2026, 8:14:03.587 AM", "10.0.0.5", value, "23", "allow", "x"}
				hunted = value == term
				found = strings.HasSuffix(strings.TrimSuffix(value, ":23"), ":"+term) || strings.TrimSuffix(value, ":23") == term
			case i.Value != term:
				// Indicators are kept in normal form, and hunts made of them have that.
				hunted = ioc.Has([]byte(value), i.Value)
			}
			if hunted {
				portal = append(portal, row)
			}
			set := ioc.NewSet([]ioc.Indicator{i})
			s := &Scan{Indicators: set, KQL: true, Columns: ColumnsHunt}
			p := compared(t, s, csvOf(t, "portal.csv", portal...), csvOf(t, "export.csv", export...))
			if !p.Identical() || p.Both != int64(len(portal)-1) {
				t.Errorf("as KQL: %s, want %d both", said(p), len(portal)-1)
			}
			want := "0 both"
			switch {
			case hunted && found:
				want = "1 both"
			case hunted:
				want = "0 both, 1 only portal [1 term only]"
			case found && strings.HasPrefix(value, "::ffff:"):
				want = "0 both, 1 only scan [1 mapped IPv6]"
			case found:
				want = "0 both, 1 only scan [1 spelling]"
			}
			s = &Scan{Indicators: set, Columns: ColumnsHunt}
			p = compared(t, s, csvOf(t, "portal.csv", portal...), csvOf(t, "export.csv", export...))
			if got := said(p); got != want {
				t.Errorf("by address and label: %s, want %s", got, want)
			}
		})
	}
}

func TestParityReasons(t *testing.T) {
	header := []string{"TimeGenerated", "SourceIP", "DestinationIP", "DestinationPort", "DeviceAction", "Activity"}
	more := append(header[:len(header):len(header)], "DestinationTranslatedAddress", "DeviceVendor")
	row := func(clock, dst, port string) []string {
		return []string{"2026-05-21T" + clock + "Z", "10.0.0.5", dst, port, "allow", "x"}
	}
	wide := func(row []string, nat string) []string { return append(row[:len(row):len(row)], nat, "v") }
	bad := row("08:00:00", "176.65.139.7", "80")
	noon := clock.Time(0)
	if t, err := clock.ParseFlag("2026-05-21T12:00:00Z"); err == nil {
		noon = t
	}
	other := csvOf(t, "dns.csv", []string{"TimeGenerated", "Computer", "Name", "IPAddresses", "QueryType", "SubType"},
		[]string{"2026-05-21T08:00:00Z", "ns1", "a.example", "176.65.139.7", "A", "LookupQuery"})
	for _, c := range []struct {
		name      string
		indicator string
		set       func(*Scan)
		portal    [][]string
		export    [][]string
		want      string
	}{
		{"same", "176.65.139.7", nil, [][]string{bad}, [][]string{wide(bad, "")}, "1 both"},
		{"times and port of the indicator", "176.65.139.7:23", nil, [][]string{bad}, [][]string{wide(bad, "")}, "1 both"},
		{"port", "176.65.139.7:23", func(s *Scan) { s.Ports = PortStrict }, [][]string{bad}, [][]string{wide(bad, "")}, "0 both, 1 only portal [1 port]"},
		{"port that agrees", "176.65.139.7:80", func(s *Scan) { s.Ports = PortStrict }, [][]string{bad}, [][]string{wide(bad, "")}, "1 both"},
		{"NAT column", "176.65.139.7", nil, nil, [][]string{wide(row("08:00:00", "1.1.1.1", "80"), "176.65.139.7")}, "0 both, 1 only scan [1 other column]"},
		{"mapped", "176.65.139.7", nil, nil, [][]string{wide(row("08:00:00", "::ffff:176.65.139.7", "80"), "")}, "0 both, 1 only scan [1 mapped IPv6]"},
		{"attached port", "176.65.139.7", nil, nil, [][]string{wide(row("08:00:00", "176.65.139.7:80", ""), "")}, "0 both, 1 only scan [1 spelling]"},
		{"network", "176.65.139.0/24", nil, nil, [][]string{wide(bad, "")}, "0 both, 1 only scan [1 network]"},
		{"window", "176.65.139.7", func(s *Scan) { s.From, s.HasFrom = noon, true }, [][]string{bad}, [][]string{wide(bad, "")}, "0 both, 1 only portal [1 time window]"},
		{"portal's window", "176.65.139.7", nil, [][]string{bad}, [][]string{wide(bad, ""), wide(row("09:00:00", "176.65.139.7", "80"), "")}, "1 both, 1 only scan [1 time window]"},
		{"lost by the portal", "176.65.139.7", nil, [][]string{bad, row("10:00:00", "176.65.139.7", "80")},
			[][]string{wide(bad, ""), wide(row("09:00:00", "176.65.139.7", "80"), ""), wide(row("10:00:00", "176.65.139.7", "80"), "")}, "2 both, 1 only scan [1 missing]"},
		{"not exported", "176.65.139.7", nil, [][]string{bad}, [][]string{wide(row("08:00:00", "1.1.1.1", "80"), "")}, "0 both, 1 only portal [1 not exported]"},
		{"exported less often", "176.65.139.7", nil, [][]string{bad, bad}, [][]string{wide(bad, "")}, "1 both, 1 only portal [1 not exported]"},
		{"exported more often", "176.65.139.7", nil, [][]string{bad}, [][]string{wide(bad, ""), wide(bad, "")}, "1 both, 1 only scan [1 more often]"},
		{"no indicator", "176.65.139.8", nil, [][]string{bad}, [][]string{wide(bad, "")}, "0 both, 1 only portal [1 no indicator]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Scan{Indicators: indicators(t, c.indicator)}
			if c.set != nil {
				c.set(s)
			}
			p := compared(t, s, csvOf(t, "portal.csv", append([][]string{header}, c.portal...)...),
				csvOf(t, "export.csv", append([][]string{more}, c.export...)...), other)
			if got := said(p); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if in := strings.HasPrefix(c.indicator, "176.65.139.7") || c.name == "network"; in && c.set == nil && p.OtherTables != 1 {
				t.Errorf("%d rows of other tables, want 1", p.OtherTables)
			}
		})
	}
}

// The comparison of random results, with repeated rows on both sides, against
// maps that count.
func TestParityCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 30 {
		n := r.IntN(200)
		export := [][]string{{"TimeGenerated", "Computer", "Name", "IPAddresses", "QueryType", "SubType"}}
		portal := [][]string{{"TimeGenerated [UTC]", "Computer", "Name", "IPAddresses", "QueryType"}}
		count := map[string]int{}
		both, onlyPortal, onlyScan := 0, 0, 0
		for range n {
			minute, sub := r.IntN(5), r.IntN(3)
			name := fmt.Sprintf("s%d.evil.example", sub)
			if r.IntN(3) > 0 {
				count[fmt.Sprint(minute, sub)]++
				export = append(export, []string{fmt.Sprintf("2026-05-21T14:%02d:00Z", minute), "ns1", name, "", "A", "LookupQuery"})
			} else {
				export = append(export, []string{fmt.Sprintf("2026-05-21T14:%02d:00Z", minute), "ns1", "good.example", "", "A", "LookupQuery"})
			}
		}
		for range r.IntN(200) {
			minute, sub := r.IntN(5), r.IntN(3)
			if k := fmt.Sprint(minute, sub); count[k] > 0 {
				count[k]--
				both++
			} else {
				onlyPortal++
			}
			portal = append(portal, []string{fmt.Sprintf("5/21/2026, 2:%02d:00.000 PM", minute), "ns1", strings.ToUpper(fmt.Sprintf("s%d.evil.example.", sub)), "", "A"})
		}
		for _, left := range count {
			onlyScan += left
		}
		for _, threads := range []int{1, 3} {
			s := &Scan{Indicators: indicators(t, "evil.example"), Threads: threads, KQL: true, Columns: ColumnsHunt}
			p := compared(t, s, csvOf(t, "portal.csv", portal...), csvOf(t, "export.csv", export...))
			if p.Both != int64(both) || p.OnlyPortal != int64(onlyPortal) || p.OnlyScan != int64(onlyScan) {
				t.Fatalf("round %d: %s, want %d, %d, %d", round, said(p), both, onlyPortal, onlyScan)
			}
			if got := said(p); strings.Contains(got, "add up") {
				t.Fatal(got)
			}
			for _, why := range [][]*Differ{p.PortalWhy, p.ScanWhy} {
				shown := 0
				for _, d := range why {
					shown += len(d.Examples)
				}
				if shown > maxParityExamples {
					t.Fatalf("%d examples", shown)
				}
			}
		}
	}
}

func TestParityRefuses(t *testing.T) {
	defer func(n int64) { maxParityRows = n }(maxParityRows)
	maxParityRows = 2
	own, err := table.Parse("own", strings.NewReader("table: Own\nfingerprint: Peer Extra\ntime: When\n"+
		"When time - - - hunt\nPeer ip hunt dst - hunt\nExtra string - - - hunt\n"))
	if err != nil {
		t.Fatal(err)
	}
	header := []string{"TimeGenerated", "Computer", "Name", "IPAddresses", "QueryType"}
	row := []string{"2026-05-21T08:00:00Z", "ns1", "evil.example", "", "A"}
	for _, c := range []struct {
		name, want string
		rows       [][]string
		rules      []*rule.Rule
	}{
		{"fits", "", [][]string{header, row, row}, nil},
		{"rules", "hunts have no exclusions", [][]string{header, row}, []*rule.Rule{{}}},
		{"too many", "over 2 rows", [][]string{header, row, row, row}, nil},
		{"lacks a column", "it lacks the column QueryType", [][]string{header[:4], row[:4]}, nil},
		{"no table", "portal.csv", [][]string{{"a", "b"}, {"1", "2"}}, nil},
		{"table without a hunt", "which no hunt reads", [][]string{{"When", "Peer", "Extra"}, {"2026-05-21T08:00:00Z", "1.1.1.1", ""}}, nil},
		{"hunt of hashes", "", [][]string{{"Timestamp", "DeviceName", "ActionType", "SHA256", "FileName", "FolderPath"}, {"2026-05-21T08:00:00Z", "pc", "FileCreated", "", "a", "b"}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Scan{Indicators: indicators(t, "evil.example"), Rules: c.rules, Tables: table.Add(table.Builtin(), own)}
			_, err := NewParity(context.Background(), s, csvOf(t, "portal.csv", c.rows...))
			if got := fmt.Sprint(err); (err == nil) != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// A portal's result is a file like any other: whatever is in it, the counts
// add up or an error says why there are none.
func FuzzParity(f *testing.F) {
	f.Add([]byte("TimeGenerated [UTC],Computer,Name,IPAddresses,QueryType\n\"5/21/2026, 8:15:03.000 AM\",ns1,x.evil.example,,A\n"))
	f.Add([]byte("TimeGenerated,Computer,Name,IPAddresses,QueryType\n2026-05-21T08:15:03Z,ns1,x.evil.example\n\"13/5/2026, 8:00\",\xff,evil.example-x,\"1.1.1.1,2.2.2.2\",A\n,,,,\n"))
	f.Add([]byte("TimeGenerated,Name,Computer,QueryType,IPAddresses,Type\n,evil.example,,A,,CommonSecurityLog\n1/2/2026,evil.example,,A,,DnsEvents\n"))
	f.Add([]byte(`{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated"},{"name":"Name"}],"rows":[["2026-05-21T08:15:03Z","evil.example"]]}]}`))
	export := []byte("TimeGenerated,Computer,Name,IPAddresses,QueryType,SubType\n2026-05-21T08:15:03Z,ns1,x.evil.example,,A,LookupQuery\n2026-05-21T08:16:03Z,ns1,\xff.evil.example,,A,LookupQuery\n")
	f.Fuzz(func(t *testing.T, portal []byte) {
		ctx := context.Background()
		inputs := []formats.Input{formats.Bytes("dns.csv", export)}
		s := &Scan{Indicators: indicators(t, "evil.example"), KQL: true, Columns: ColumnsHunt, Threads: 1}
		p, err := NewParity(ctx, s, formats.Bytes("portal.csv", portal))
		if err != nil {
			return
		}
		if _, err := s.Run(ctx, inputs); err != nil {
			t.Fatal(err)
		}
		if err := p.Finish(ctx, inputs); err != nil {
			t.Fatal(err)
		}
		if got := said(p); strings.Contains(got, "add up") || p.Both+p.OnlyPortal != p.Portal {
			t.Errorf("%s of %d", got, p.Portal)
		}
	})
}

// A record that was read in spite of its shape is repaired, as in a scan.
func TestParityCountsRepaired(t *testing.T) {
	const text = "TimeGenerated,DeviceVendor,DestinationIP,Activity\n" +
		"2025-04-01T02:13:07Z,PAN,198.51.100.7,a,b,c\n2025-04-01T02:13:08Z,PAN,198.51.100.7,a\n"
	s := Scan{Indicators: indicators(t, "198.51.100.7")}
	x := &rowReader{s: &s, each: func(*wholeRow) error { return nil }}
	report, _, err := x.read(t.Context(), formats.Bytes("csl.csv", []byte(text)))
	if err != nil || report.Repaired != 1 || report.Rejected != 0 || report.Status != Complete {
		t.Errorf("%d repaired, %d rejected, %v, %v", report.Repaired, report.Rejected, report.Status, err)
	}
}

// What is wrong with columns stands before what is wrong with records, however many
// there are.
func TestColumnsBeforeRecords(t *testing.T) {
	in := newInput(0, formats.Bytes("x", nil))
	in.reject(0, 0, &formats.Reject{Pos: formats.Pos{Record: -1}, Err: errors.New("a record")})
	in.failAt(0, 2000, Partial, errors.New("a column"))
	if in.report.Reason != "a column" {
		t.Error(in.report.Reason)
	}
}

// A result of the portal without a header borrows none.
func TestParityWithoutHeader(t *testing.T) {
	s := Scan{Indicators: indicators(t, "198.51.100.7")}
	x := &rowReader{s: &s, each: func(*wholeRow) error { return nil }}
	report, _, err := x.read(t.Context(), formats.Bytes("csl.csv", []byte("2025-04-01T02:13:07Z,PAN,198.51.100.7,a\n2025-04-01T02:13:07Z,PAN,198.51.100.7,a\n")))
	if err != nil || report.Status != Unreadable || !strings.Contains(report.Reason, "no header") {
		t.Errorf("%v: %s, %s", err, report.Status, report.Reason)
	}
}
