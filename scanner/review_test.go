package scanner

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Of records some of which name their table, in an envelope or not, the others are taken by
// their columns, whichever come first and however many there are of each.
func TestNamedAndUnnamedInOneStream(t *testing.T) {
	const (
		envelope = `{"category":"AdvancedHunting-DeviceNetworkEvents","properties":{"Timestamp":"2025-04-01T02:13:07Z","RemoteIP":"198.51.100.7","RemotePort":22,"DeviceName":"pc"}}`
		foreign  = `{"category":"AdvancedHunting-DeviceRegistryEvents","properties":{"Timestamp":"2025-04-01T02:13:07Z","RegistryKey":"x","RemoteIP":"198.51.100.7"}}`
		typed    = `{"TimeGenerated":"2025-04-01T02:13:07Z","Type":"DnsEvents","Name":"c2.example","ClientIP":"10.0.0.5"}`
		csl      = `{"TimeGenerated":"2025-04-01T02:13:07Z","DeviceVendor":"x","SourceIP":"10.0.0.5","DestinationIP":"198.51.100.7"}`
		sparse   = `{"Timestamp":"2025-04-01T02:13:07Z","RemoteIP":"198.51.100.7"}`
		nothing  = `{"Timestamp":"2025-04-01T02:13:07Z","RegistryKey":"x","Owner":"198.51.100.7"}`
	)
	const dne, firewall, dns = "DeviceNetworkEvents", "CommonSecurityLog", "DnsEvents"
	for _, tt := range []struct {
		name  string
		kinds []string
		hits  map[string]int // by table, of each kind
	}{
		{"envelopes first", []string{envelope, csl}, map[string]int{dne: 1, firewall: 1}},
		{"envelopes last", []string{csl, envelope}, map[string]int{dne: 1, firewall: 1}},
		{"envelopes of a table that is not swept for", []string{foreign, csl}, map[string]int{firewall: 1}},
		{"a type", []string{typed, csl, envelope}, map[string]int{dne: 1, firewall: 1, dns: 1}},
		{"few columns", []string{envelope, sparse}, map[string]int{dne: 2}},
		{"columns of no table", []string{envelope, nothing}, map[string]int{dne: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, each := range []int{2, 100} { // all in what tells the table, and not
				for _, size := range []int{0, 500} {
					got, sum := sweepKinds(t, tt.kinds, each, size)
					for name, n := range tt.hits {
						if got[name] != n*each {
							t.Errorf("%d of each, blocks of %d: %d hits of %s, want %d", each, size, got[name], name, n*each)
						}
					}
					if len(got) != len(tt.hits) || sum.Records != int64(each*len(tt.kinds)) {
						t.Errorf("%d of each, blocks of %d: hits by table %v, %d records", each, size, got, sum.Records)
					}
				}
			}
		})
	}
}

// sweepKinds sweeps a stream that has each kind of record a number of times, one kind behind
// the other, and counts the hits by table.
func sweepKinds(t *testing.T, kinds []string, each, blockSize int) (byTable map[string]int, sum *Summary) {
	t.Helper()
	var text []string
	for _, kind := range kinds {
		text = append(text, slices.Repeat([]string{kind}, each)...)
	}
	s := &Scan{Indicators: indicators(t, "198.51.100.7", "c2.example"), Threads: 2}
	s.Formats.BlockSize = blockSize
	hits, sum := sweep(t, s, jsonl("x.jsonl", text...))
	byTable = map[string]int{}
	for _, line := range hits {
		h, err := Decode([]byte(line), table.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		byTable[h.Table.Name]++
	}
	return byTable, sum
}

// Of records none of which names its table each is taken by its columns, if these include
// all that the table of the first has of them.
func TestUnnamedInOneStream(t *testing.T) {
	const (
		dns    = `{"TimeGenerated":"2025-04-01T02:13:07Z","Computer":"dc","ClientIP":"10.0.0.5","Name":"c2.example","SubType":"LookupQuery"}`
		csl    = `{"TimeGenerated":"2025-04-01T02:13:07Z","DeviceVendor":"x","SourceIP":"10.0.0.5","DestinationIP":"198.51.100.7"}`
		dne    = `{"Timestamp":"2025-04-01T02:13:07Z","DeviceName":"pc","ActionType":"ConnectionSuccess","LocalIP":"10.0.0.5","RemoteIP":"198.51.100.7","RemoteUrl":"c2.example"}`
		joined = `{"Timestamp":"2025-04-01T02:13:07Z","RemoteUrl":"c2.example","DeviceVendor":"x","DeviceProduct":"y","DeviceAction":"z","SourceIP":"10.0.0.5","DestinationIP":"10.0.0.6"}`
		named  = `{"TimeGenerated":"2025-04-01T02:13:07Z","Type":"CommonSecurityLog","DeviceVendor":"x","SourceIP":"10.0.0.5","DestinationIP":"198.51.100.7"}`
		sparse = `{"TimeGenerated":"2025-04-01T02:13:07Z","Name":"c2.example","DestinationIP":"198.51.100.7"}`
	)
	for _, tt := range []struct {
		name  string
		kinds []string
		hits  map[string]int // by table, of each kind
	}{
		{"names first", []string{dns, csl}, map[string]int{"DnsEvents": 1, "CommonSecurityLog": 1}},
		{"names last", []string{csl, dns}, map[string]int{"DnsEvents": 1, "CommonSecurityLog": 1}},
		{"three tables", []string{dne, dns, csl}, map[string]int{"DeviceNetworkEvents": 2, "DnsEvents": 1, "CommonSecurityLog": 1}},
		{"a column of both", []string{csl, dne}, map[string]int{"DeviceNetworkEvents": 2, "CommonSecurityLog": 1}},
		{"columns of another table beside its own", []string{dne, joined}, map[string]int{"DeviceNetworkEvents": 3}},
		{"columns that tell of no table", []string{dns, sparse}, map[string]int{"DnsEvents": 2}},
		{"the table named further on", []string{dns, named}, map[string]int{"DnsEvents": 1, "CommonSecurityLog": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{0, 500} {
				got, sum := sweepKinds(t, tt.kinds, 100, size)
				for name, n := range tt.hits {
					if got[name] != n*100 {
						t.Errorf("blocks of %d: %d hits of %s, want %d", size, got[name], name, n*100)
					}
				}
				if len(got) != len(tt.hits) || sum.Records != int64(100*len(tt.kinds)) || len(sum.Absent) != 3-len(tt.hits) {
					t.Errorf("blocks of %d: hits by table %v, %d records, %d tables absent", size, got, sum.Records, len(sum.Absent))
				}
			}
		})
	}
}

// Streams name the table of a record in Type or in category, and one stream
// may hold both kinds.
func TestTypeAndCategoryInOneStream(t *testing.T) {
	in := jsonl("both.jsonl",
		`{"category":"AdvancedHunting-DeviceNetworkEvents","properties":{"RemoteIP":"10.9.9.9","Timestamp":"2025-04-01T02:13:07Z","AdditionalFields":{"query":"c2.example"}}}`,
		`{"TimeGenerated":"2025-04-01T02:13:07Z","Type":"CommonSecurityLog","DestinationIP":"198.51.100.7"}`,
		`{"category":"AdvancedHunting-DeviceRegistryEvents","properties":{"RemoteIP":"198.51.100.7"}}`,
		`{"TimeGenerated":"2025-04-01T02:13:07Z","Type":"DnsEvents","Name":"c2.example","category":"AdvancedHunting-DeviceRegistryEvents"}`)
	hits, sum := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7", "c2.example"), Order: AsFound}, in)
	want := []string{
		"c2.example AdditionalFields.query=c2.example(any,domain)",
		"198.51.100.7 DestinationIP=198.51.100.7(dst,ip)",
		"c2.example Name=c2.example(query,domain)",
	}
	var got []string
	for _, h := range hits {
		got = append(got, short(t, h))
	}
	if !slices.Equal(got, want) {
		t.Errorf("hits\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	f := sum.Files[0]
	if f.Table != "CommonSecurityLog+DeviceNetworkEvents+DnsEvents" || f.Other != 1 || f.Records != 4 {
		t.Errorf("table %s, %d records, %d of other tables", f.Table, f.Records, f.Other)
	}
}

// A union in one CSV file may show its second table long after the first
// records.
func TestUnionShowsItselfLate(t *testing.T) {
	tests := []struct {
		name   string
		header string
		first  string // repeated
		last   string
		hit    string
		other  int64
	}{
		{"two known tables", "TimeGenerated,Type,DestinationIP,DeviceVendor,Name,SubType",
			"2025-04-01T02:13:07Z,CommonSecurityLog,192.0.2.1,PAN,,",
			"2025-04-01T02:13:07Z,DnsEvents,,,c2.example,LookupQuery",
			"c2.example Name=c2.example(query,domain)", 0},
		{"an unknown one first", "TimeGenerated,Type,DestinationIP,DeviceVendor,SyslogMessage",
			"2025-04-01T02:13:07Z,Syslog,,,hello",
			"2025-04-01T02:13:07Z,CommonSecurityLog,198.51.100.7,PAN,",
			"198.51.100.7 DestinationIP=198.51.100.7(dst,ip)", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.header + "\n" + strings.Repeat(tt.first+"\n", 200) + tt.last + "\n"
			hits, sum := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7", "c2.example")}, formats.Bytes("union.csv", []byte(text)))
			if len(hits) != 1 || short(t, hits[0]) != tt.hit {
				t.Fatalf("hits %v, want %s", hits, tt.hit)
			}
			if got := sum.Files[0].Other; got != tt.other {
				t.Errorf("%d records of other tables, want %d", got, tt.other)
			}
		})
	}
}

// A cell that a broken record has shifted into Type is no reason to drop the row.
func TestShiftedTypeCell(t *testing.T) {
	text := "TimeGenerated,DeviceVendor,DestinationIP,Message,Type\n" +
		strings.Repeat("2025-04-01T02:13:07Z,PAN,192.0.2.1,m,CommonSecurityLog\n", 100) +
		"2025-04-01T02:13:07Z,PAN,198.51.100.7,one,two,CommonSecurityLog\n"
	hits, _ := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7")}, formats.Bytes("csl.csv", []byte(text)))
	if len(hits) != 1 {
		t.Errorf("%d hits, want 1", len(hits))
	}
}

func TestPortCells(t *testing.T) {
	for cell, want := range map[string]int{`"3778"`: 3778, ` "23"`: 23, `"`: -1, `""`: -1, "3778": 3778, "3778.0": 3778, " 3778 ": 3778, "3778.000": 3778, "3778.5": -1, "": -1, "70000": -1, "-1": -1, "http": -1} {
		if got := parsePort(cell); got != want {
			t.Errorf("parsePort(%q) = %d, want %d", cell, got, want)
		}
	}
	hits, _ := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7:3778")},
		formats.Bytes("dne.csv", []byte("Timestamp,RemoteIP,RemotePort,InitiatingProcessFileName\n2025-04-01T02:13:07Z,198.51.100.7,3778.0,nc\n")))
	if len(hits) != 1 || short(t, hits[0]) != "198.51.100.7:3778 RemoteIP=198.51.100.7(remote,ip:port)" {
		t.Errorf("hits %v", hits)
	}
}

// The row has the definition's columns in the definition's order, whichever
// of them matched.
func TestRowOrder(t *testing.T) {
	text := "Message,MaliciousIP,RequestURL,DestinationIP,DeviceVendor,TimeGenerated\n" +
		"to 198.51.100.7,198.51.100.7,http://198.51.100.7/x,192.0.2.1,PAN,2025-04-01T02:13:07Z\n"
	hits, _ := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7"), Columns: ColumnsDeep}, formats.Bytes("csl.csv", []byte(text)))
	if len(hits) != 1 {
		t.Fatalf("%d hits, want 1", len(hits))
	}
	h, err := Decode([]byte(hits[0]), table.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range h.Row {
		names = append(names, c.Name)
	}
	want := "TimeGenerated SourceIP DestinationIP DestinationPort DeviceAction Activity DeviceVendor DeviceProduct SourcePort SourceHostName " +
		"SourceUserName DestinationHostName RequestURL Protocol ApplicationProtocol SentBytes ReceivedBytes SourceTranslatedAddress " +
		"DestinationTranslatedAddress DeviceEventClassID LogSeverity Computer MaliciousIP Message"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("row %s\nwant %s", got, want)
	}
}

// What somebody sends to be logged must not make a log look like something else.
func TestStrayNUL(t *testing.T) {
	text := "TimeGenerated,DeviceVendor,DestinationIP,Activity\n2025-04-01T02:13:07Z,PAN,198.51.100.7,a\x00b\n"
	hits, _ := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7")}, formats.Bytes("csl.csv", []byte(text)))
	if len(hits) != 1 {
		t.Errorf("%d hits, want 1", len(hits))
	}
}

func TestEmptyFile(t *testing.T) {
	full := jsonl("csl.jsonl", `{"TimeGenerated":"2025-04-01T02:13:07Z","Type":"CommonSecurityLog","DestinationIP":"198.51.100.7"}`)
	for _, tt := range []struct {
		name     string
		named    bool
		complete bool
	}{{"named", true, false}, {"met in a folder", false, true}} {
		t.Run(tt.name, func(t *testing.T) {
			empty := formats.Bytes("empty.csv", nil)
			empty.Named = tt.named
			var warned []string
			_, sum := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7"), Warn: func(err error) { warned = append(warned, err.Error()) }}, empty, full)
			if sum.Complete() != tt.complete {
				t.Errorf("complete %v, want %v", sum.Complete(), tt.complete)
			}
			if named := slices.Equal(warned, []string{"empty.csv: empty file"}); named != tt.named {
				t.Errorf("warnings %q", warned)
			}
		})
	}
}

// Errors of a whole input bear its name.
func TestTruncatedArchiveIsNamed(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("TimeGenerated,DestinationIP,DeviceVendor\n" + strings.Repeat("2025-04-01T02:13:07Z,198.51.100.7,PAN\n", 50))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var warned []string
	s := &Scan{Indicators: indicators(t, "198.51.100.7"), Warn: func(err error) { warned = append(warned, err.Error()) }}
	hits, sum := sweep(t, s, formats.Bytes("cut.gz", packed.Bytes()[:packed.Len()-6]))
	if len(hits) != 50 || sum.Complete() {
		t.Errorf("%d hits, complete %v", len(hits), sum.Complete())
	}
	if len(warned) != 1 || !strings.HasPrefix(warned[0], "cut.gz: ") {
		t.Errorf("warnings %q", warned)
	}
}

// What a file leaves open is said, and its span is known all the same.
func TestNotes(t *testing.T) {
	row := ",198.51.100.7,PAN\n"
	tests := []struct {
		name, text string
		order      clock.Order
		note       string // "" for none
		first      string
	}{
		{"open order, portal", "TimeGenerated [UTC],DestinationIP,DeviceVendor\n" + `"4/1/2025, 2:13:07 AM"` + row, clock.None,
			"read as mdy", "2025-04-01T02:13:07.0000000Z"},
		{"open order", "TimeGenerated,DestinationIP,DeviceVendor\n01/04/2025 02:13:07" + row, clock.None, "are null; give --date-order", ""},
		{"given order", "TimeGenerated,DestinationIP,DeviceVendor\n01/04/2025 02:13:07" + row, clock.DMY, "", "2025-04-01T02:13:07.0000000Z"},
		{"given order disproved", "TimeGenerated,DestinationIP,DeviceVendor\n13/04/2025 02:13:07" + row, clock.MDY, "dates are written dmy, not mdy", "2025-04-13T02:13:07.0000000Z"},
		{"proven order", "TimeGenerated,DestinationIP,DeviceVendor\n13/04/2025 02:13:07" + row, clock.None, "", "2025-04-13T02:13:07.0000000Z"},
		{"two orders", "TimeGenerated,DestinationIP,DeviceVendor\n4/1/2025 02:13:07" + row + "13/4/2025 02:13:07" + row + "4/13/2025 02:13:07" + row, clock.None,
			"TimeGenerated: dates contradict each other: 13/4/2025 02:13:07 reads dmy only, 4/13/2025 02:13:07 mdy only; where both are possible it is dmy", "2025-01-04T02:13:07.0000000Z"},
		{"another order far behind", "TimeGenerated,DestinationIP,DeviceVendor\n" + strings.Repeat("13/4/2025 02:13:07,192.0.2.1,PAN\n", 1000) + "4/13/2025 02:13:07" + row + strings.Repeat("13/4/2025 02:13:07,192.0.2.1,PAN\n", 1000), clock.None,
			"TimeGenerated: a date reads mdy only, though dmy is what others prove", "2025-04-13T02:13:07.0000000Z"},
		{"another order at the end", "TimeGenerated,DestinationIP,DeviceVendor\n" + strings.Repeat("13/4/2025 02:13:07,192.0.2.1,PAN\n", 1000) + "4/13/2025 02:13:07,192.0.2.1,PAN\n", clock.None,
			"TimeGenerated: a date reads mdy only, though dmy is what others prove", "2025-04-13T02:13:07.0000000Z"},
		{"unknown zone", "TimeGenerated [Mars Time],DestinationIP,DeviceVendor\n2025-04-01 02:13:07" + row, clock.None, "unknown time zone", "2025-04-01T02:13:07.0000000Z"},
		{"cut off", "TimeGenerated,DestinationIP,DeviceVendor\n" + strings.Repeat("2025-04-01T02:13:07Z,192.0.2.1,PAN\n", 10_000), clock.None,
			"exactly 10000 records", "2025-04-01T02:13:07.0000000Z"},
		{"not cut off", "TimeGenerated,DestinationIP,DeviceVendor\n" + strings.Repeat("2025-04-01T02:13:07Z,192.0.2.1,PAN\n", 9_999), clock.None,
			"", "2025-04-01T02:13:07.0000000Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, sum := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7"), DateOrder: tt.order}, formats.Bytes("csl.csv", []byte(tt.text)))
			f := sum.Files[0]
			notes := strings.Join(f.Notes, "\n")
			if tt.note == "" && notes != "" || !strings.Contains(notes, tt.note) {
				t.Errorf("notes %q, want %q", notes, tt.note)
			}
			first := ""
			if f.Timed {
				first = f.First.String()
			}
			if first != tt.first {
				t.Errorf("first time %q, want %q", first, tt.first)
			}
		})
	}
}

// The order of dates is found out though the first records have no time.
func TestDatesAfterEmptyTimes(t *testing.T) {
	for _, tt := range []struct{ name, header, last, want string }{
		{"proven later", "TimeGenerated", `"4/21/2025, 2:13:07 AM"`, "2025-04-01T02:13:07.0000000Z TimeGenerated:mdy+zone-assumed-utc"},
		{"never proven, portal", "TimeGenerated [UTC]", `"4/2/2025, 2:13:07 AM"`, "2025-04-01T02:13:07.0000000Z TimeGenerated:mdy-assumed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.header + ",DestinationIP,DeviceVendor\n" + strings.Repeat(",192.0.2.1,PAN\n", 100) +
				"\"4/1/2025, 2:13:07 AM\",198.51.100.7,PAN\n" + tt.last + ",192.0.2.1,PAN\n"
			hits, _ := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7")}, formats.Bytes("csl.csv", []byte(text)))
			if len(hits) != 1 {
				t.Fatalf("%d hits, want 1", len(hits))
			}
			h, err := Decode([]byte(hits[0]), table.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			if got := h.Time.String() + " " + h.TimeBasis; !h.HasTime || got != tt.want {
				t.Errorf("time %s, want %s", got, tt.want)
			}
		})
	}
}

// A strict scan counts what stands before the bad record, in the files and in groups.
func TestStrictCounts(t *testing.T) {
	hit := `{"TimeGenerated":"2025-04-01T02:13:07Z","Type":"CommonSecurityLog","DestinationIP":"198.51.100.7"}`
	for _, threads := range []int{1, 4} {
		groups, err := NewGroups([]string{"indicator"})
		if err != nil {
			t.Fatal(err)
		}
		s := &Scan{Indicators: indicators(t, "198.51.100.7"), Strict: true, Threads: threads, Groups: groups}
		hits, sum := sweep(t, s,
			jsonl("good.jsonl", hit), jsonl("bad.jsonl", hit, "{", hit, hit), jsonl("more.jsonl", hit), jsonl("worse.jsonl", "{"))
		if len(hits) != 2 || sum.Hits != 2 || sum.Records != 3 || sum.Rejected != 1 {
			t.Errorf("%d hits written, %d counted, %d records, %d rejected", len(hits), sum.Hits, sum.Records, sum.Rejected)
		}
		for g := range groups.All() {
			if g.Count != 2 {
				t.Errorf("%d hits in a group", g.Count)
			}
		}
		for i, want := range []Status{Complete, Unfinished, Unfinished, Unfinished} {
			if f := sum.Files[i]; f.Status != want || i > 1 && f.Records > 0 {
				t.Errorf("%s: %s, %d records", f.Input, f.Status, f.Records)
			}
		}
	}
}

// Cells behind a quote that a backslash escapes may stand in other columns: an
// address that is not seen there is not passed over in silence.
func TestEscapedQuotesArePartial(t *testing.T) {
	const header, row = "TimeGenerated,Activity,SourceIP,DestinationIP,DeviceVendor\n", "2026-05-02T00:00:05Z,x,10.0.0.5,192.0.2.1,y\n"
	for _, c := range []struct {
		before int // rows
		want   Status
		hits   int64
	}{{0, Complete, 1}, {2000, Partial, 0}} {
		text := header + strings.Repeat(row, c.before) + `2026-05-02T00:00:06Z,"a \"b\", c",10.0.0.5,198.51.100.7,y` + "\n"
		_, sum := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7")}, formats.Bytes("spark.csv", []byte(text)))
		if f := sum.Files[0]; f.Status != c.want || f.Hits != c.hits {
			t.Errorf("behind %d rows: %s (%s), %d hits", c.before, f.Status, f.Reason, f.Hits)
		}
	}
}

// An archive that is not read may hold hits: it is never passed over in silence.
func TestPackedIsUnreadable(t *testing.T) {
	full := jsonl("csl.jsonl", `{"TimeGenerated":"2025-04-01T02:13:07Z","Type":"CommonSecurityLog","DestinationIP":"198.51.100.7"}`)
	tar := make([]byte, 1024)
	copy(tar, "csl.csv")
	copy(tar[257:], "ustar\x0000")
	for _, tt := range []struct {
		name, head string
		status     Status
	}{
		{"tar", string(tar), Unreadable},
		{"7-Zip", "7z\xbc\xaf\x27\x1c\x00\x04", Unreadable},
		{"Avro", "Obj\x01\x04", Unreadable},
		{"PDF", "%PDF-1.7\n", Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := formats.Bytes("folder/file", []byte(tt.head))
			in.Named = false
			warned := 0
			_, sum := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7"), Warn: func(error) { warned++ }}, in, full)
			packed := tt.status == Unreadable
			if sum.Files[0].Status != tt.status || sum.Complete() == packed || (warned == 1) != packed {
				t.Errorf("status %s, complete %v, %d warnings", sum.Files[0].Status, sum.Complete(), warned)
			}
		})
	}
}

// A document that begins with a record that is too large to be read may be of any table,
// and so is missing, also in a folder. With --table the others are read.
func TestLargeFirstRecord(t *testing.T) {
	const hit = `{"TimeGenerated":"2025-04-01T02:13:07Z","DestinationIP":"198.51.100.7"}`
	long := `"RawEventData":"` + strings.Repeat("x", 9<<20) + `"`
	full := jsonl("csl.jsonl", `{"TimeGenerated":"2025-04-01T02:13:07Z","Type":"CommonSecurityLog","DestinationIP":"198.51.100.7"}`)
	for _, tt := range []struct {
		name, text, table string
		max               int
		status            Status
		hits              int64
	}{
		{"read", "[{" + long + "," + hit[1:] + "," + hit + "]", "", 0, Complete, 2},
		{"too large", "[{" + long + "," + hit[1:] + "," + hit + "]", "", 1 << 20, Unreadable, 0},
		{"too large, of a table", "[{" + long + "," + hit[1:] + "," + hit + "]", "CommonSecurityLog", 1 << 20, Partial, 1},
		{"something else", `{"log":{` + long + `}}`, "", 1 << 20, Unknown, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := formats.Bytes("folder/file", []byte(tt.text))
			in.Named = false
			s := &Scan{Indicators: indicators(t, "198.51.100.7"), Table: tt.table}
			s.Formats.MaxRecord = tt.max
			_, sum := sweep(t, s, in, full)
			if f := sum.Files[0]; f.Status != tt.status || f.Hits != tt.hits {
				t.Errorf("%s (%s), %d hits", f.Status, f.Reason, f.Hits)
			}
		})
	}
}
