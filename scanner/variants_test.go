package scanner

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/parquet-go/parquet-go"
)

// Columns of joins and of old custom tables give the same hits in all formats.
func TestVariants(t *testing.T) {
	type row struct {
		Timestamp, RemoteIP, RemotePort, InitiatingProcessFileName, LocalIP_s, RemoteIP1, RemotePort1, DeviceName_s string
	}
	rows := []row{
		{"2026-05-20T10:00:00Z", "192.0.2.1", "80", "curl", "10.0.0.5", "198.51.100.7", "443", "pc-1"},
		{"2026-05-20T10:00:01Z", "198.51.100.7", "443", "curl", "10.0.0.6", "192.0.2.1", "80", "pc-2"},
		{"2026-05-20T10:00:02Z", "192.0.2.1", "443", "curl", "198.51.100.7", "192.0.2.1", "80", "pc-3"},
	}
	names := []string{"Timestamp", "RemoteIP", "RemotePort", "InitiatingProcessFileName", "LocalIP_s", "RemoteIP1", "RemotePort1", "DeviceName_s"}
	csv, lines := []string{strings.Join(names, ",")}, []string(nil)
	var columns bytes.Buffer
	w := parquet.NewGenericWriter[row](&columns)
	for _, r := range rows {
		cells := []string{r.Timestamp, r.RemoteIP, r.RemotePort, r.InitiatingProcessFileName, r.LocalIP_s, r.RemoteIP1, r.RemotePort1, r.DeviceName_s}
		csv = append(csv, strings.Join(cells, ","))
		var fields []string
		for i, c := range cells {
			fields = append(fields, `"`+names[i]+`":"`+c+`"`)
		}
		lines = append(lines, "{"+strings.Join(fields, ",")+"}")
	}
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`"pc-1" "RemoteIP1" ip:port`,
		`"pc-2" "RemoteIP" ip:port`,
		`"pc-3" "LocalIP" ip-only`,
	}
	for name, in := range map[string]formats.Input{"csv": formats.Bytes("x", []byte(strings.Join(csv, "\n"))), "jsonl": jsonl("x", lines...),
		"parquet": formats.Bytes("x", columns.Bytes())} {
		var got []string
		s := &Scan{Indicators: indicators(t, "198.51.100.7:443"), Order: AsFound, Each: func(h *Hit) error {
			got = append(got, `"`+h.Who.Host+`" "`+h.Matches[0].Column+`" `+h.Matches[0].Class.String())
			return nil
		}}
		if _, err := s.Run(t.Context(), []formats.Input{in}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// What the first records of a stream lack is matched in later ones, in all formats.
func TestLaterVariants(t *testing.T) {
	for _, c := range []struct{ first, last, want string }{
		{`"Timestamp":"2026-05-20T10:00:00Z","DeviceName":"a","RemoteIP":"10.0.0.1"`, `"RemoteIP1":"198.51.100.7","RemotePort1":"443"`, `"RemoteIP1" ip:port`},
		{`"Type":"CommonSecurityLog_CL","SourceIP_s":"10.0.0.1"`, `"DestinationIP_s":"198.51.100.7","DestinationPort_d":"443"`, `"DestinationIP" ip:port`},
		{`"Type":"CommonSecurityLog_CL","SourceIP":"10.0.0.1"`, `"DestinationIP_s":"198.51.100.7"`, `"DestinationIP" ip-only`},
	} {
		var lines []string
		for range 100 {
			lines = append(lines, "{"+c.first+"}")
		}
		lines = append(lines, "{"+c.first+","+c.last+"}")
		csv := [2]string{}
		for i, line := range []string{lines[0], lines[100]} {
			var names, cells []string
			for _, f := range strings.Split(strings.Trim(line, "{}"), ",") {
				name, cell, _ := strings.Cut(f, `":"`)
				names, cells = append(names, name[1:]), append(cells, strings.Trim(cell, `"`))
			}
			csv[i] = strings.Join(cells, ",")
			if i == 0 {
				csv[i] = strings.Repeat(csv[i]+strings.Repeat(",", strings.Count(c.last, ",")+1)+"\n", 100)
			} else {
				csv[0] = strings.Join(names, ",") + "\n" + csv[0]
			}
		}
		for name, in := range map[string]formats.Input{
			"csv":   formats.Bytes("x", []byte(csv[0]+csv[1])),
			"jsonl": jsonl("x", lines...),
			"json":  formats.Bytes("x", []byte("["+strings.Join(lines, ",\n")+"]")),
		} {
			var got []string
			s := &Scan{Indicators: indicators(t, "198.51.100.7:443"), Order: AsFound, Each: func(h *Hit) error {
				got = append(got, `"`+h.Matches[0].Column+`" `+h.Matches[0].Class.String())
				return nil
			}}
			if _, err := s.Run(t.Context(), []formats.Input{in}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, []string{c.want}) {
				t.Errorf("%s: %s: %q, want %q", name, c.last, got, c.want)
			}
		}
	}
}

// A typed column counts in the rows that lack the plain one, whatever the format.
func TestTypedBesidePlain(t *testing.T) {
	type row struct{ TimeGenerated, SourceIP, SourceIP_s, DestinationIP, DestinationPort, DestinationPort_d string }
	rows := []row{
		{"2026-05-20T10:00:00Z", "", "198.51.100.7", "10.0.0.1", "", ""},
		{"2026-05-20T10:00:01Z", "10.0.0.1", "198.51.100.7", "10.0.0.1", "", ""},
		{"2026-05-20T10:00:02Z", "198.51.100.7", "198.51.100.7", "10.0.0.1", "", ""},
		{"2026-05-20T10:00:03Z", "198.51.100.7", "10.0.0.1", "10.0.0.1", "", ""},
		{"2026-05-20T10:00:04Z", "10.0.0.1", "", "198.51.100.7", "", "443"},
		{"2026-05-20T10:00:05Z", "10.0.0.1", "", "198.51.100.7", "80", "443"},
	}
	csv, lines := []string{"TimeGenerated,SourceIP,SourceIP_s,DestinationIP,DestinationPort,DestinationPort_d"}, []string(nil)
	var columns bytes.Buffer
	w := parquet.NewGenericWriter[row](&columns)
	for _, r := range rows {
		csv = append(csv, strings.Join([]string{r.TimeGenerated, r.SourceIP, r.SourceIP_s, r.DestinationIP, r.DestinationPort, r.DestinationPort_d}, ","))
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 [SourceIP=198.51.100.7] row 198.51.100.7 ip-only",
		"3 [SourceIP=198.51.100.7] row 198.51.100.7 ip-only",
		"4 [SourceIP=198.51.100.7] row 198.51.100.7 ip-only",
		"5 [DestinationIP=198.51.100.7] row 10.0.0.1 ip:port",
		"6 [DestinationIP=198.51.100.7] row 10.0.0.1 ip-only",
	}
	for name, in := range map[string]formats.Input{"csv": formats.Bytes("x", []byte(strings.Join(csv, "\n"))), "jsonl": jsonl("x", lines...),
		"parquet": formats.Bytes("x", columns.Bytes())} {
		var got []string
		s := &Scan{Indicators: indicators(t, "198.51.100.7:443"), Order: AsFound, Each: func(h *Hit) error {
			var at []string
			for _, m := range h.Matches {
				at = append(at, m.Column+"="+m.Value)
			}
			source := ""
			for _, c := range h.Row {
				if c.Name == "SourceIP" {
					source = c.Value
				}
			}
			got = append(got, fmt.Sprint(h.Source.Record, " ", at, " row ", source, " ", h.Matches[0].Class))
			return nil
		}}
		if _, err := s.Run(t.Context(), []formats.Input{in}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// inFormats returns rows, whose fields are all strings, as files of several formats.
func inFormats[T any](t testing.TB, rows []T) map[string]formats.Input {
	var table, columns bytes.Buffer
	var records [][]string
	var lines []string
	for _, r := range rows {
		v := reflect.ValueOf(r)
		names, cells := make([]string, v.NumField()), make([]string, v.NumField())
		for i := range cells {
			names[i], cells[i] = v.Type().Field(i).Name, v.Field(i).String()
		}
		if records == nil {
			records = append(records, names)
		}
		records = append(records, cells)
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	w := parquet.NewGenericWriter[T](&columns)
	_, err := w.Write(rows)
	if err := errors.Join(err, w.Close(), csv.NewWriter(&table).WriteAll(records)); err != nil {
		t.Fatal(err)
	}
	return map[string]formats.Input{"csv": formats.Bytes("x", table.Bytes()), "jsonl": jsonl("x", lines...), "parquet": formats.Bytes("x", columns.Bytes())}
}

// A union of tables that give a column different types has one for each type, and in
// a row one of them has a cell, whatever the format.
func TestUnion(t *testing.T) {
	type row struct {
		Type, TimeGenerated, DeviceVendor, RemoteIP, RemotePort_string, RemotePort_int, InitiatingProcessFileName, AdditionalFields_dynamic, AdditionalFields_string, Foo_string string
	}
	firewall := row{Type: "CommonSecurityLog", TimeGenerated: "2026-05-20T10:00:00Z", DeviceVendor: "x", RemoteIP: "198.51.100.7", RemotePort_string: "443"}
	endpoint := row{Type: "DeviceNetworkEvents", TimeGenerated: "2026-05-20T10:00:01Z", RemoteIP: "198.51.100.7", RemotePort_int: "443", InitiatingProcessFileName: "curl"}
	object, text, other := endpoint, endpoint, endpoint
	object.RemoteIP, object.AdditionalFields_dynamic = "", `{"answers":["198.51.100.7"]}`
	text.RemoteIP, text.AdditionalFields_string = "", `{"answers":"198.51.100.7"}`
	other.RemoteIP, other.Foo_string = "", "198.51.100.7"
	// The firewall's hits do not show the port.
	want := []string{"1  RemoteIP ip:port", "2 443 RemoteIP ip:port", "3 443 AdditionalFields.answers ip-only", "4 443 AdditionalFields.answers ip-only"}
	for name, in := range inFormats(t, []row{firewall, endpoint, object, text, other}) {
		var got []string
		s := &Scan{Indicators: indicators(t, "198.51.100.7:443"), Order: AsFound, Each: func(h *Hit) error {
			port := ""
			for _, c := range h.Row {
				if c.Name == "RemotePort" {
					port = c.Value
				}
			}
			got = append(got, fmt.Sprint(h.Source.Record, " ", port, " ", h.Matches[0].Column, " ", h.Matches[0].Class))
			return nil
		}}
		if _, err := s.Run(t.Context(), []formats.Input{in}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A timeline has the columns of several tables side by side and none that names the
// table of a row. Each row is of the one whose columns it has, whatever the format.
func TestTimeline(t *testing.T) {
	type row struct {
		Timestamp, DeviceName, ActionType, RemoteIP, RemotePort, RemoteUrl, Protocol, InitiatingProcessFileName, FileName, FolderPath, SHA256, SHA1, ProcessCommandLine, AccountName, LogonType, ReportId_long string
	}
	hash := strings.Repeat("ab", 32)
	at := func(r row) row {
		r.Timestamp, r.DeviceName, r.InitiatingProcessFileName, r.ReportId_long = "2026-05-20T10:00:00Z", "pc", "sh", "7"
		return r
	}
	connection := at(row{ActionType: "ConnectionSuccess", RemoteIP: "198.51.100.7", RemotePort: "443", RemoteUrl: "x.example", Protocol: "Tcp"})
	file := at(row{ActionType: "FileCreated", FileName: "a", FolderPath: "/a", SHA256: hash})
	process := at(row{ActionType: "ProcessCreated", FileName: "a", ProcessCommandLine: "a 198.51.100.7", AccountName: "root"})
	logon := at(row{ActionType: "LogonSuccess", RemoteIP: "198.51.100.7", AccountName: "root", LogonType: "Network"})
	joined := at(row{ActionType: "ConnectionSuccess", RemoteIP: "198.51.100.7", RemotePort: "443", RemoteUrl: "x.example", Protocol: "Tcp", FileName: "a", FolderPath: "/a", SHA256: hash})
	short := at(row{ActionType: "FileCreated", FileName: "b", FolderPath: "/b", SHA1: hash[:40]})
	opened := at(row{ActionType: "BrowserLaunchedToOpenUrl", FileName: "a", RemoteUrl: "c2.example"})
	for name, in := range inFormats(t, []row{connection, file, process, logon, joined, opened, short}) {
		for _, tt := range []struct {
			name  string
			table string
			want  []string
		}{
			{"told apart", "", []string{"1 DeviceNetworkEvents RemoteIP", "2 DeviceFileEvents SHA256", "3 DeviceProcessEvents ProcessCommandLine",
				"4 DeviceLogonEvents RemoteIP", "5 DeviceNetworkEvents RemoteIP", "6 DeviceEvents RemoteUrl", "7 DeviceFileEvents SHA1"}},
			{"taken for one", "DeviceNetworkEvents", []string{"1 DeviceNetworkEvents RemoteIP", "4 DeviceNetworkEvents RemoteIP", "5 DeviceNetworkEvents RemoteIP", "6 DeviceNetworkEvents RemoteUrl"}},
		} {
			var got []string
			s := &Scan{Indicators: indicators(t, "198.51.100.7", hash, hash[:40], "c2.example"), Order: AsFound, Table: tt.table, Each: func(h *Hit) error {
				got = append(got, fmt.Sprint(h.Source.Record, " ", h.Table.Name, " ", h.Matches[0].Column))
				return nil
			}}
			sum, err := s.Run(t.Context(), []formats.Input{in})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) || sum.Records != 7 {
				t.Errorf("%s, %s: %q of %d records, want %q", name, tt.name, got, sum.Records, tt.want)
			}
		}
	}
}

// What a join has added to connections does not make them rows of the table that it is
// from where the cells that only connections have are empty.
func TestWidened(t *testing.T) {
	type row struct {
		Timestamp, DeviceName, ActionType, RemoteIP, RemotePort, RemoteUrl, Protocol, InitiatingProcessFileName, LogonType, AccountName, FileName string
	}
	at := func(r row) row {
		r.Timestamp, r.DeviceName, r.RemoteIP, r.RemotePort, r.InitiatingProcessFileName = "2026-05-20T10:00:00Z", "pc", "198.51.100.7", "443", "curl"
		return r
	}
	rows := []row{
		at(row{ActionType: "ConnectionSuccess", RemoteUrl: "x.example", LogonType: "Network", AccountName: "root"}),
		at(row{ActionType: "ConnectionSuccess", LogonType: "Network", AccountName: "root"}),
		at(row{ActionType: "DnsConnectionInspected", LogonType: "Network"}),
		at(row{ActionType: "LogonSuccess", LogonType: "Network", AccountName: "root"}),
		at(row{ActionType: "ConnectionRequest", FileName: "a"}),
		at(row{ActionType: "SmartScreenUrlWarning", FileName: "a"}),
		at(row{LogonType: "Network"}),
	}
	want := []string{"1 DeviceNetworkEvents", "2 DeviceNetworkEvents", "3 DeviceNetworkEvents", "4 DeviceLogonEvents", "5 DeviceNetworkEvents",
		"6 DeviceEvents", "7 DeviceLogonEvents"}
	for name, in := range inFormats(t, rows) {
		var got []string
		s := &Scan{Indicators: indicators(t, "198.51.100.7"), Order: AsFound, Each: func(h *Hit) error {
			got = append(got, fmt.Sprint(h.Source.Record, " ", h.Table.Name))
			return nil
		}}
		if _, err := s.Run(t.Context(), []formats.Input{in}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
