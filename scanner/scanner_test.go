package scanner

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

func indicators(t testing.TB, values ...string) *ioc.Set {
	t.Helper()
	var list []ioc.Indicator
	for _, v := range values {
		value, rest, _ := strings.Cut(v, " ")
		i, err := ioc.Parse(value)
		if err != nil {
			t.Fatal(err)
		}
		i.Feeds = []string{"test:1"}
		for _, f := range strings.Fields(rest) {
			name, date, _ := strings.Cut(f, "=")
			d, err := ioc.ParseDate(date)
			if err != nil {
				t.Fatal(err)
			}
			switch name {
			case "first":
				i.FirstSeen = d
			case "until":
				i.ValidUntil = d
			}
		}
		list = append(list, i)
	}
	return ioc.NewSet(list)
}

// sweep runs a scan and returns its hits as JSON lines.
func sweep(t testing.TB, s *Scan, inputs ...formats.Input) ([]string, *Summary) {
	t.Helper()
	var out bytes.Buffer
	s.Output = &out
	sum, err := s.Run(context.Background(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	return lines(out.String()), sum
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// short tells a hit in a few words: indicator class column=value(role) …
func short(t testing.TB, line string) string {
	t.Helper()
	h, err := Decode([]byte(line), table.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(h.Indicator.Value)
	for _, m := range h.Matches {
		fmt.Fprintf(&b, " %s=%s(%s,%v)", m.Column, m.Value, m.Role, m.Class)
	}
	for _, a := range h.Also {
		fmt.Fprintf(&b, " also %s(%v)", a.Indicator.Value, a.Class)
	}
	return b.String()
}

func jsonl(name string, rows ...string) formats.Input {
	return formats.Bytes(name, []byte(strings.Join(rows, "\n")+"\n"))
}

const (
	csl = `"Type":"CommonSecurityLog","DeviceVendor":"x"`
	dns = `"Type":"DnsEvents","SubType":"LookupQuery"`
	dne = `"Type":"DeviceNetworkEvents"`
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		name string
		iocs []string
		scan Scan
		row  string
		want []string
	}{
		{"address", []string{"1.2.3.4"}, Scan{}, `{` + csl + `,"SourceIP":"10.0.0.1","DestinationIP":"1.2.3.4"}`,
			[]string{"1.2.3.4 DestinationIP=1.2.3.4(dst,ip)"}},
		{"one event for a C2 with three ports", []string{"1.2.3.4:1", "1.2.3.4:2", "1.2.3.4:3"}, Scan{},
			`{` + csl + `,"DestinationIP":"1.2.3.4","DestinationPort":2}`,
			[]string{"1.2.3.4:2 DestinationIP=1.2.3.4(dst,ip:port) also 1.2.3.4:1(ip-only) also 1.2.3.4:3(ip-only)"}},
		{"ip before cidr before ip-only", []string{"1.2.3.4", "1.2.3.0/24", "1.2.0.0/16", "1.2.3.4:9"}, Scan{},
			`{` + csl + `,"DestinationIP":"1.2.3.4","DestinationPort":80}`,
			[]string{"1.2.3.4 DestinationIP=1.2.3.4(dst,ip) also 1.2.3.0/24(cidr) also 1.2.0.0/16(cidr) also 1.2.3.4:9(ip-only)"}},
		{"parent and child domain", []string{"evil.test", "c2.evil.test"}, Scan{},
			`{` + dns + `,"Name":"a.c2.evil.test"}`,
			[]string{"c2.evil.test Name=a.c2.evil.test(query,subdomain) also evil.test(subdomain)"}},
		{"two elements, one indicator", []string{"1.2.3.4"}, Scan{},
			`{` + csl + `,"DestinationIP":"1.2.3.4","DestinationTranslatedAddress":"1.2.3.4"}`,
			[]string{"1.2.3.4 DestinationIP=1.2.3.4(dst,ip) DestinationTranslatedAddress=1.2.3.4(dst-nat,ip)"}},
		{"two indicators, two hits", []string{"1.2.3.4", "5.6.7.8"}, Scan{},
			`{` + csl + `,"SourceIP":"5.6.7.8","DestinationIP":"1.2.3.4"}`,
			[]string{"5.6.7.8 SourceIP=5.6.7.8(src,ip)", "1.2.3.4 DestinationIP=1.2.3.4(dst,ip)"}},
		{"strict ports: other port", []string{"1.2.3.4:9"}, Scan{Ports: PortStrict},
			`{` + csl + `,"DestinationIP":"1.2.3.4","DestinationPort":80}`, nil},
		{"strict ports: no port", []string{"1.2.3.4:9"}, Scan{Ports: PortStrict}, `{` + dns + `,"Name":"x","IPAddresses":"1.2.3.4"}`, nil},
		{"port in the cell", []string{"1.2.3.4:9"}, Scan{Ports: PortStrict}, `{` + csl + `,"DestinationIP":"1.2.3.4:9"}`,
			[]string{"1.2.3.4:9 DestinationIP=1.2.3.4:9(dst,ip:port)"}},
		{"ignored ports", []string{"1.2.3.4:9"}, Scan{Ports: PortIgnore}, `{` + csl + `,"DestinationIP":"1.2.3.4","DestinationPort":80}`,
			[]string{"1.2.3.4:9 DestinationIP=1.2.3.4(dst,ip)"}},
		{"answers of a look-up", []string{"1.2.3.4"}, Scan{}, `{` + dns + `,"Name":"x.test","IPAddresses":"9.9.9.9, 1.2.3.4"}`,
			[]string{"1.2.3.4 IPAddresses=1.2.3.4(answer,ip)"}},
		{"inbound turns the roles", []string{"1.2.3.4"}, Scan{}, `{` + dne + `,"RemoteIP":"1.2.3.4","ActionType":"InboundConnectionAccepted"}`,
			[]string{"1.2.3.4 RemoteIP=1.2.3.4(src,ip)"}},
		{"unknown direction", []string{"1.2.3.4"}, Scan{}, `{` + dne + `,"RemoteIP":"1.2.3.4","ActionType":"ConnectionFound"}`,
			[]string{"1.2.3.4 RemoteIP=1.2.3.4(remote,ip)"}},
		{"free text is deep", []string{"1.2.3.4"}, Scan{}, `{` + csl + `,"SourceIP":"10.0.0.1","Message":"from 1.2.3.4:80"}`, nil},
		{"deep", []string{"1.2.3.4"}, Scan{Columns: ColumnsDeep}, `{` + csl + `,"SourceIP":"10.0.0.1","Message":"from 1.2.3.4:80"}`,
			[]string{"1.2.3.4 Message=1.2.3.4(any,ip)"}},
		{"hashes in text are deep", []string{"44d88612fea8a8f36de82e1278abb02f"}, Scan{}, `{` + csl + `,"SourceIP":"10.0.0.1","AdditionalExtensions":"fileHash=44D88612FEA8A8F36DE82E1278ABB02F;a=b"}`, nil},
		{"hashes in text, deep", []string{"44d88612fea8a8f36de82e1278abb02f"}, Scan{Columns: ColumnsDeep},
			`{` + csl + `,"AdditionalExtensions":"fileHash=44D88612FEA8A8F36DE82E1278ABB02F;a=b","Message":"md5 44d88612fea8a8f36de82e1278abb02f0 (44d88612fea8a8f36de82e1278abb02f)"}`,
			[]string{"44d88612fea8a8f36de82e1278abb02f AdditionalExtensions=44D88612FEA8A8F36DE82E1278ABB02F(any,hash) Message=44d88612fea8a8f36de82e1278abb02f(any,hash)"}},
		{"hashes in JSON, deep", []string{"44d88612fea8a8f36de82e1278abb02f"}, Scan{Columns: ColumnsDeep},
			`{` + dne + `,"RemoteIP":"1.2.3.4","AdditionalFields":"{\"md5\":\"44d88612fea8a8f36de82e1278abb02f\"}"}`,
			[]string{"44d88612fea8a8f36de82e1278abb02f AdditionalFields.md5=44d88612fea8a8f36de82e1278abb02f(any,hash)"}},
		{"hunt columns only", []string{"1.2.3.4"}, Scan{Columns: ColumnsHunt}, `{` + csl + `,"SourceIP":"10.0.0.1","SourceTranslatedAddress":"1.2.3.4"}`, nil},
		{"kql in", []string{"1.2.3.4"}, Scan{KQL: true, Columns: ColumnsHunt}, `{` + csl + `,"SourceIP":"::ffff:1.2.3.4","DestinationIP":"1.2.3.4"}`,
			[]string{"1.2.3.4 DestinationIP=1.2.3.4(dst,ip)"}},
		{"kql in: hashes", []string{"44d88612fea8a8f36de82e1278abb02f", "1.2.3.4"}, Scan{KQL: true, Columns: ColumnsHunt},
			`{"Type":"DeviceFileEvents","SHA1":"44d88612fea8a8f36de82e1278abb02f","MD5":"44D88612FEA8A8F36DE82E1278ABB02F","SHA256":"1.2.3.4"}`,
			[]string{"44d88612fea8a8f36de82e1278abb02f SHA1=44d88612fea8a8f36de82e1278abb02f(file,hash)"}},
		{"kql has_any: URLs are no names", []string{"http://evil.test/x", "evil.test"}, Scan{KQL: true, Columns: ColumnsHunt},
			`{"Type":"UrlClickEvents","Url":"http://evil.test/x"}`, []string{"evil.test Url=http://evil.test/x(dst,term)"}},
		{"kql has_any: term", []string{"evil.test"}, Scan{KQL: true, Columns: ColumnsHunt}, `{` + dns + `,"Name":"not-evil.test"}`,
			[]string{"evil.test Name=not-evil.test(query,term)"}},
		{"kql has_any: subdomain", []string{"evil.test"}, Scan{KQL: true, Columns: ColumnsHunt}, `{` + dns + `,"Name":"a.evil.test"}`,
			[]string{"evil.test Name=a.evil.test(query,subdomain)"}},
		{"case of column names", []string{"1.2.3.4"}, Scan{}, `{` + csl + `,"destinationip":"1.2.3.4"}`,
			[]string{"1.2.3.4 DestinationIP=1.2.3.4(dst,ip)"}},
		{"role by label", []string{"2001:db8::1"}, Scan{}, `{` + csl + `,"SourceIP":"","DeviceCustomIPv6Address2":"2001:DB8::1","DeviceCustomIPv6Address2Label":"Source IPv6 Address"}`,
			[]string{"2001:db8::1 DeviceCustomIPv6Address2=2001:DB8::1(src,ip)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.scan.Indicators = indicators(t, c.iocs...)
			got, _ := sweep(t, &c.scan, jsonl("x.jsonl", c.row))
			var texts []string
			for _, l := range got {
				texts = append(texts, short(t, l))
			}
			if fmt.Sprint(texts) != fmt.Sprint(c.want) {
				t.Errorf("got  %q\nwant %q", texts, c.want)
			}
		})
	}
}

func TestHuntAndLife(t *testing.T) {
	for _, c := range []struct {
		ioc, row   string
		hunt, life string
	}{
		{"1.2.3.4", `{` + csl + `,"TimeGenerated":"2026-05-20T10:00:00Z","DestinationIP":"1.2.3.4"}`, "true", "unknown"},
		{"1.2.3.4 first=2026-05-20", `{` + csl + `,"TimeGenerated":"2026-05-20T10:00:00Z","DestinationIP":"::ffff:1.2.3.4"}`, "false", "active"},
		{"1.2.3.4 first=2026-05-21", `{` + csl + `,"TimeGenerated":"2026-05-20T10:00:00Z","DestinationIP":"1.2.3.4"}`, "true", "before"},
		{"1.2.3.4 until=2026-05-19", `{` + csl + `,"TimeGenerated":"2026-05-20T10:00:00Z","DestinationIP":"1.2.3.4"}`, "true", "after"},
		{"1.2.3.4 until=2026-05-19", `{` + csl + `,"TimeGenerated":"soon","DestinationIP":"1.2.3.4"}`, "true", "unknown"},
		{"evil.test", `{` + dns + `,"TimeGenerated":"2026-05-20T10:00:00Z","Name":"EVIL.test."}`, "true", "unknown"},
		{"xn--bcher-kva.example", `{` + dns + `,"TimeGenerated":"2026-05-20T10:00:00Z","Name":"bücher.example"}`, "false", "unknown"},
		{"44d88612fea8a8f36de82e1278abb02f", `{"Type":"DeviceFileEvents","Timestamp":"2026-05-20T10:00:00Z","MD5":"44d88612fea8a8f36de82e1278abb02f"}`, "true", "unknown"},
		{"44d88612fea8a8f36de82e1278abb02f", `{"Type":"DeviceFileEvents","Timestamp":"2026-05-20T10:00:00Z","SHA256":"44D88612FEA8A8F36DE82E1278ABB02F"}`, "false", "unknown"},
		{"44d88612fea8a8f36de82e1278abb02f", `{"Type":"DeviceFileEvents","Timestamp":"2026-05-20T10:00:00Z","InitiatingProcessMD5":"44d88612fea8a8f36de82e1278abb02f"}`, "false", "unknown"},
		{"evil.test", `{"Type":"UrlClickEvents","Timestamp":"2026-05-20T10:00:00Z","Url":"https://a.evil.test/x"}`, "true", "unknown"},
		{"http://evil.test/x", `{"Type":"UrlClickEvents","Timestamp":"2026-05-20T10:00:00Z","Url":"https://evil.test/x"}`, "false", "unknown"},
		{"1.2.0.0/16", `{` + csl + `,"TimeGenerated":"2026-05-20T10:00:00Z","DestinationIP":"1.2.3.4"}`, "false", "unknown"},
	} {
		got, _ := sweep(t, &Scan{Indicators: indicators(t, c.ioc)}, jsonl("x.jsonl", c.row))
		if len(got) != 1 || !strings.Contains(got[0], `"hunt":`+c.hunt) || !strings.Contains(got[0], `"life":"`+c.life+`"`) {
			t.Errorf("%s on %s: %v", c.ioc, c.row, got)
		}
	}
}

// Of columns that bear one name each is matched.
func TestRepeatedColumns(t *testing.T) {
	text := "TimeGenerated,SourceIP,DestinationIP,DeviceVendor,SourceIP\n2026-05-20T10:00:00Z,10.0.0.1,10.0.0.2,x,1.2.3.4\n2026-05-20T11:00:00Z,1.2.3.4,10.0.0.2,x,10.0.0.1\n"
	got, _ := sweep(t, &Scan{Indicators: indicators(t, "1.2.3.4"), Order: AsFound}, formats.Bytes("x.csv", []byte(text)))
	if len(got) != 2 || short(t, got[0]) != "1.2.3.4 SourceIP=1.2.3.4(src,ip)" || short(t, got[1]) != short(t, got[0]) {
		t.Errorf("%v", got)
	}
}

// A time that is empty or cannot be read falls back to the next column.
func TestEventTime(t *testing.T) {
	const first, second = "2026-05-20T10:00:00Z", "2026-05-20T11:00:00Z"
	for _, c := range []struct{ timestamp, generated, want string }{
		{first, second, `"time":"2026-05-20T10:00:00.0000000Z","time_basis":"Timestamp"`},
		{"", second, `"time":"2026-05-20T11:00:00.0000000Z","time_basis":"TimeGenerated"`},
		{"-", second, `"time":"2026-05-20T11:00:00.0000000Z","time_basis":"TimeGenerated"`},
		{"soon", second, `"time":"2026-05-20T11:00:00.0000000Z","time_basis":"TimeGenerated"`},
		{first, "soon", `"time":"2026-05-20T10:00:00.0000000Z","time_basis":"Timestamp"`},
		{"soon", "", `"time":null,"time_basis":"Timestamp"`},
		{"soon", "later", `"time":null,"time_basis":"Timestamp"`},
		{"2026-05-20 10:00", second, `"time":"2026-05-20T10:00:00.0000000Z","time_basis":"Timestamp:zone-assumed-utc"`},
		{"5/20/2026 10:00", second, `"time":"2026-05-20T10:00:00.0000000Z","time_basis":"Timestamp:mdy+zone-assumed-utc"`},
		{"20/5/2026 10:00", second, `"time":"2026-05-20T10:00:00.0000000Z","time_basis":"Timestamp:dmy+zone-assumed-utc"`},
	} {
		got, _ := sweep(t, &Scan{Indicators: indicators(t, "1.2.3.4")}, jsonl("x.jsonl", `{`+dne+`,"Timestamp":"`+c.timestamp+`","TimeGenerated":"`+c.generated+`","RemoteIP":"1.2.3.4"}`))
		if len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s and %s: want %s in %v", c.timestamp, c.generated, c.want, got)
		}
	}
	// What is given or proven for a column is said of it, and not of times that need no order.
	rows := []string{`{` + dne + `,"Timestamp":"4/1/2026 10:00","RemoteIP":"1.2.3.4"}`, `{` + dne + `,"Timestamp":"4/13/2026 10:00","RemoteIP":"1.2.3.4"}`, `{` + dne + `,"Timestamp":"2026-04-01T10:00:00Z","RemoteIP":"1.2.3.4"}`}
	for _, c := range []struct {
		order clock.Order
		want  [3]string
	}{
		{clock.None, [3]string{`"2026-04-01T10:00:00.0000000Z","time_basis":"Timestamp:mdy+`, `"2026-04-13T10:00:00.0000000Z","time_basis":"Timestamp:mdy+`, `"2026-04-01T10:00:00.0000000Z","time_basis":"Timestamp",`}},
		{clock.DMY, [3]string{`"2026-01-04T10:00:00.0000000Z","time_basis":"Timestamp:zone-`, `"2026-04-13T10:00:00.0000000Z","time_basis":"Timestamp:mdy+`, `"2026-04-01T10:00:00.0000000Z","time_basis":"Timestamp",`}},
	} {
		got, _ := sweep(t, &Scan{Indicators: indicators(t, "1.2.3.4"), Order: AsFound, DateOrder: c.order}, jsonl("x.jsonl", rows...))
		for n, want := range c.want {
			if len(got) != 3 || !strings.Contains(got[n], want) {
				t.Errorf("order %v, row %d: want %s in %v", c.order, n, want, got)
			}
		}
	}
}

// The keys of a hit, in their order, are what scripts rely on.
func TestHitRecord(t *testing.T) {
	got, _ := sweep(t, &Scan{Indicators: indicators(t, "1.2.3.4:80")}, jsonl("x.jsonl",
		`{`+csl+`,"TimeGenerated":"2026-05-20T10:00:00.5Z","DestinationIP":"1.2.3.4","DestinationPort":80,"SourceIP":"10.0.0.1"}`))
	if len(got) != 1 {
		t.Fatal(got)
	}
	d := json.NewDecoder(strings.NewReader(got[0]))
	var keys []string
	depth := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if delim, ok := tok.(json.Delim); ok {
			if delim == '{' || delim == '[' {
				depth++
			} else {
				depth--
			}
			continue
		}
		if s, ok := tok.(string); ok && depth == 1 {
			keys = append(keys, s)
			var skip json.RawMessage
			if err := d.Decode(&skip); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := "[schema id table time time_basis indicator also matches hunt life who row source]"
	if fmt.Sprint(keys) != want {
		t.Errorf("got %v, want %s", keys, want)
	}
	if !strings.Contains(got[0], `"time":"2026-05-20T10:00:00.5000000Z"`) {
		t.Error(got[0])
	}
}

func TestDecodeIsTheInverse(t *testing.T) {
	got, _ := sweep(t, &Scan{Indicators: indicators(t, "1.2.3.4:80 first=2026-05-20", "1.2.0.0/16", "2001:db8::1", "evil.test")},
		jsonl("a.jsonl", `{`+csl+`,"TimeGenerated":"2026-05-20T10:00:00.5Z","DestinationIP":"1.2.3.4","DestinationPort":80,"SourceIP":"2001:db8::1","Activity":"a\"\\\u0000\u202e\ud83d\ude00b"}`,
			`{`+dns+`,"Name":"x.evil.test"}`))
	if len(got) != 3 {
		t.Fatal(got)
	}
	for _, line := range got {
		h, err := Decode([]byte(line), table.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		if again := string(JSONL(nil, h)); again != line+"\n" {
			t.Errorf("got  %swant %s", again, line)
		}
	}
	for _, bad := range []string{"", "{}", `{"schema":2}`, strings.Replace(got[0], `"type":"ip"`, `"type":"url"`, 1)} {
		if _, err := Decode([]byte(bad), table.Builtin()); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}

func manyRows(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		ip := fmt.Sprintf("10.0.%d.%d", i/250%250, i%250)
		if i%7 == 0 {
			ip = "1.2.3.4"
		}
		when := fmt.Sprintf("2026-05-20T10:%02d:%02dZ", i*13%60, i*7%60)
		if i%21 == 0 {
			when = ""
		}
		rows[i] = fmt.Sprintf(`{%s,"TimeGenerated":"%s","SourceIP":"10.0.0.1","DestinationIP":"%s","DestinationPort":%d}`, csl, when, ip, i)
	}
	return rows
}

// The number of workers and the size of blocks never show.
func TestSameBytes(t *testing.T) {
	inputs := []formats.Input{jsonl("a.jsonl", manyRows(900)...), jsonl("b.jsonl", manyRows(5)...), jsonl("c.jsonl", manyRows(400)...)}
	for _, order := range []Order{Newest, Oldest, AsFound} {
		var want string
		for _, workers := range []int{1, 2, 7} {
			for _, block := range []int{0, 300, 5000} {
				s := &Scan{Indicators: indicators(t, "1.2.3.4", "1.2.3.4:7"), Order: order, Threads: workers, Memory: 1 << 16}
				s.Formats.BlockSize = block
				var rejects bytes.Buffer
				s.Rejects = &rejects
				got, sum := sweep(t, s, inputs...)
				text := strings.Join(got, "\n")
				if want == "" {
					want = text
				}
				if text != want {
					t.Fatalf("order %d, %d workers, blocks of %d: other bytes", order, workers, block)
				}
				if sum.Hits != int64(len(got)) || sum.Records != 1305 || !sum.Complete() || len(got) != 129+1+58 {
					t.Fatalf("%d hits of %d, %d records", len(got), sum.Hits, sum.Records)
				}
			}
		}
		last := ""
		for _, l := range lines(want) {
			h, err := Decode([]byte(l), table.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			k := "9" // null times last
			if h.HasTime {
				k = h.Time.String()
			}
			if order == Oldest && k < last {
				t.Fatalf("%s after %s", k, last)
			}
			if order == Newest && last != "" && (last != "9" && h.HasTime && k > last || last == "9" && h.HasTime) {
				t.Fatalf("%s after %s", k, last)
			}
			last = k
		}
	}
}

func TestDates(t *testing.T) {
	row := func(date string) string {
		return `{` + csl + `,"TimeGenerated [UTC]":"` + date + `","DestinationIP":"1.2.3.4"}`
	}
	plain := func(date string) string {
		return `{` + csl + `,"TimeGenerated":"` + date + `","DestinationIP":"1.2.3.4"}`
	}
	filler := func(n int, r string) (rows []string) {
		for range n {
			rows = append(rows, r)
		}
		return rows
	}
	early := filler(200, row("4/1/2025, 2:00:00 AM"))
	for _, c := range []struct {
		name  string
		rows  []string
		order clock.Order
		time  string
		basis string
	}{
		{"proven at once", []string{row("4/1/2025, 2:00:00 AM"), row("4/13/2025, 2:00:00 AM")}, clock.None, `"2025-04-01T02:00:00.0000000Z"`, "TimeGenerated:mdy"},
		{"proven far behind", append(early[:200:200], row("13/1/2025, 2:00:00 AM")), clock.None, `"2025-01-04T02:00:00.0000000Z"`, "TimeGenerated:dmy"},
		{"another order", []string{row("4/13/2025, 2:00:00 AM"), row("13/4/2025, 2:00:00 AM")}, clock.None, `"2025-04-13T02:00:00.0000000Z"`, "TimeGenerated:mdy"},
		{"another order far behind", append(filler(200, row("4/1/2025, 2:00:00 AM")), row("13/4/2025, 2:00:00 AM"), row("4/13/2025, 2:00:00 AM")), clock.None, `"2025-01-04T02:00:00.0000000Z"`, "TimeGenerated:dmy"},
		{"never proven, portal header", early, clock.None, `"2025-04-01T02:00:00.0000000Z"`, "TimeGenerated:mdy-assumed"},
		{"never proven", filler(200, plain("4/1/2025, 2:00:00 AM")), clock.None, "null", "TimeGenerated"},
		{"given", filler(3, row("4/1/2025, 2:00:00 AM")), clock.DMY, `"2025-01-04T02:00:00.0000000Z"`, "TimeGenerated"},
		{"no zone anywhere", []string{plain("2025-04-01 02:00:00")}, clock.None, `"2025-04-01T02:00:00.0000000Z"`, "TimeGenerated:zone-assumed-utc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want []string
			for _, workers := range []int{1, 3} {
				for _, memory := range []int64{1, 1 << 20} { // waiting hits are spilled, or not
					s := &Scan{Indicators: indicators(t, "1.2.3.4"), DateOrder: c.order, Threads: workers, Order: AsFound, Memory: memory}
					s.Formats.BlockSize = 700
					got, sum := sweep(t, s, jsonl("x.jsonl", c.rows...))
					if len(got) != len(c.rows) || sum.Hits != int64(len(c.rows)) {
						t.Fatalf("%d hits for %d rows", len(got), len(c.rows))
					}
					if want == nil {
						want = got
					}
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Fatal("other bytes")
					}
					if !strings.Contains(got[0], `"time":`+c.time+`,"time_basis":"`+c.basis+`"`) {
						t.Error(got[0])
					}
					torn := strings.Contains(c.name, "order") && c.order == clock.None
					if last := got[len(got)-1]; torn && strings.Contains(last, c.basis) {
						t.Errorf("a date of the other order: %s", last)
					}
					if notes := strings.Join(sum.Files[0].Notes, "\n"); torn != (strings.Contains(notes, "contradict") || strings.Contains(notes, "others prove")) {
						t.Errorf("notes %q", notes)
					}
				}
			}
		})
	}
}

func TestWindow(t *testing.T) {
	at := func(s string) clock.Time { return clock.Parse(s, clock.None, nil).Time }
	s := &Scan{Indicators: indicators(t, "1.2.3.4"), HasFrom: true, HasTo: true, From: at("2026-05-20"), To: at("2026-05-21")}
	row := func(date string) string {
		return `{` + csl + `,"TimeGenerated":"` + date + `","DestinationIP":"1.2.3.4"}`
	}
	got, _ := sweep(t, s, jsonl("x.jsonl", row("2026-05-19T23:59:59.9999999Z"), row("2026-05-20T00:00:00Z"), row("2026-05-20T23:59:59.9999999Z"),
		row("2026-05-21T00:00:00Z"), row("4/1/2025"), row("")))
	if len(got) != 4 {
		t.Errorf("%d hits: the window is half-open, and rows without a known time stay", len(got))
	}
	s.From = s.To
	if _, err := s.Run(context.Background(), []formats.Input{jsonl("x.jsonl", row(""))}); err == nil {
		t.Error("an empty window is accepted")
	}
}

func TestRules(t *testing.T) {
	x, err := rule.Inline(1, "source_ip = '10.0.0.1'")
	if err != nil {
		t.Fatal(err)
	}
	var suppressed bytes.Buffer
	s := &Scan{Indicators: indicators(t, "1.2.3.4"), Rules: []*rule.Rule{x}, Suppressed: &suppressed}
	got, sum := sweep(t, s, jsonl("x.jsonl",
		`{`+csl+`,"SourceIP":"10.0.0.1","DestinationIP":"1.2.3.4"}`,
		`{`+csl+`,"SourceIP":"::ffff:10.0.0.1","DestinationIP":"1.2.3.4"}`,
		`{`+csl+`,"SourceIP":"10.0.0.2","DestinationIP":"1.2.3.4"}`))
	if len(got) != 1 || sum.Hits != 1 || sum.Suppressed != 2 || sum.Rules[0].Suppressed != 2 {
		t.Errorf("%d hits, %+v", len(got), sum)
	}
	for _, l := range lines(suppressed.String()) {
		if !strings.HasSuffix(l, `,"suppressed_by":["--exclude:1"]}`) {
			t.Error(l)
		}
	}
}

func TestMixedStream(t *testing.T) {
	s := &Scan{Indicators: indicators(t, "1.2.3.4")}
	rows := []string{
		`{"category":"AdvancedHunting-DeviceNetworkEvents","properties":{"RemoteIP":"1.2.3.4","Timestamp":"2026-05-20T10:00:00Z"}}`,
		`{"category":"AdvancedHunting-DeviceRegistryEvents","properties":{"RemoteIP":"1.2.3.4"}}`,
		`{"category":"AdvancedHunting-DnsEvents","properties":{"IPAddresses":"1.2.3.4","Name":"x"}}`,
	}
	got, sum := sweep(t, s, jsonl("x.jsonl", rows...))
	f := sum.Files[0]
	if len(got) != 2 || f.Table != "DeviceNetworkEvents+DnsEvents" || f.Other != 1 || fmt.Sprint(f.OtherTables) != "[AdvancedHunting-DeviceRegistryEvents]" {
		t.Errorf("%d hits, %+v", len(got), f)
	}
	s.Table = "DnsEvents"
	if _, err := s.Run(context.Background(), []formats.Input{jsonl("x.jsonl", rows...)}); err != nil {
		t.Fatal(err)
	}
}

func TestStrict(t *testing.T) {
	rows := manyRows(400)
	rows[203] = `{"broken`
	rows[300] = `{"broken too`
	var want string
	for _, workers := range []int{1, 4} {
		var rejects bytes.Buffer
		s := &Scan{Indicators: indicators(t, "1.2.3.4"), Strict: true, Order: AsFound, Threads: workers, Rejects: &rejects}
		s.Formats.BlockSize = 400
		got, sum := sweep(t, s, jsonl("a.jsonl", manyRows(20)...), jsonl("b.jsonl", rows...), jsonl("c.jsonl", manyRows(20)...))
		if sum.Complete() || !sum.Stopped {
			t.Error("a strict stop looks complete")
		}
		text := strings.Join(got, "\n")
		if want == "" {
			want = text
		}
		if text != want || len(got) != 3+29 {
			t.Errorf("%d workers: %d hits before the bad record", workers, len(got))
		}
		if l := lines(rejects.String()); len(l) != 1 || !strings.Contains(l[0], `"file":"b.jsonl"`) || !strings.Contains(l[0], `"line":204`) {
			t.Errorf("rejects: %v", l)
		}
	}
}

// What is wrong between records of a document stands behind those before it.
func TestStrictBetweenRecords(t *testing.T) {
	for _, tt := range []struct {
		name   string
		broken int // record, from 0, -1 for none
		comma  int // which record lacks the comma before it
		hits   int
		line   int // of what is named
	}{
		{"a comma is missing", -1, 50, 50, 51},
		{"a record before that", 20, 50, 20, 21},
		{"a record behind that", 80, 50, 50, 51},
		{"the record there", 50, 50, 50, 51},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var text strings.Builder
			for i := range 100 {
				record := `{"TimeGenerated":"2025-04-01T02:13:07Z","Type":"CommonSecurityLog","DestinationIP":"1.2.3.4"}`
				if i == tt.broken {
					record = `{"DestinationIP":!}`
				}
				switch i {
				case 0:
					text.WriteString("[")
				case tt.comma:
					text.WriteString("\n")
				default:
					text.WriteString(",\n")
				}
				text.WriteString(record)
			}
			text.WriteString("]")
			for _, size := range []int{0, 700} {
				for _, workers := range []int{1, 4} {
					var rejects bytes.Buffer
					s := &Scan{Indicators: indicators(t, "1.2.3.4"), Strict: true, Threads: workers, Rejects: &rejects}
					s.Formats.BlockSize = size
					hits, _ := sweep(t, s, formats.Bytes("x.json", []byte(text.String())))
					if len(hits) != tt.hits {
						t.Errorf("%d workers, blocks of %d: %d hits, want %d", workers, size, len(hits), tt.hits)
					}
					if first := lines(rejects.String()); len(first) == 0 || !strings.Contains(first[0], fmt.Sprintf(`"line":%d,`, tt.line)) {
						t.Errorf("%d workers, blocks of %d: rejects %v", workers, size, first)
					}
				}
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	var out bytes.Buffer
	s := &Scan{Indicators: indicators(t, "1.2.3.4"), Output: &out, Threads: 2}
	s.Formats.BlockSize = 200
	n := 0
	r := readerFunc(func(b []byte) (int, error) {
		if n++; n > 2000 {
			stop()
		}
		return copy(b, manyRows(1)[0]+"\n"), nil
	})
	sum, err := s.Run(ctx, []formats.Input{formats.Stdin(r)})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if sum == nil || sum.Complete() || sum.Files[0].Status != Unfinished || len(lines(out.String())) == 0 {
		t.Errorf("%d hits written, %+v", len(lines(out.String())), sum)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// An error of the output ends the scan.
func TestOutputFails(t *testing.T) {
	full := errors.New("disk full")
	for _, order := range []Order{Newest, AsFound} {
		s := &Scan{Indicators: indicators(t, "1.2.3.4"), Order: order, Output: writerFunc(func([]byte) (int, error) { return 0, full })}
		if _, err := s.Run(context.Background(), []formats.Input{jsonl("x.jsonl", manyRows(100)...)}); !errors.Is(err, full) {
			t.Errorf("order %d: error %v", order, err)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// An archive that ends before its first record is not called somebody else's file.
func TestCutShort(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, strings.Join(manyRows(500), "\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := &Scan{Indicators: indicators(t, "1.2.3.4"), Output: io.Discard}
	sum, err := s.Run(context.Background(), []formats.Input{formats.Bytes("x.jsonl.gz", packed.Bytes()[:100])})
	if !errors.Is(err, ErrNothing) || sum.Files[0].Status != Unreadable || !strings.Contains(sum.Files[0].Reason, "ends early") {
		t.Errorf("%v: %+v", err, sum.Files[0])
	}
}

// Why an input is partial does not depend on which worker saw it first.
func TestFirstReason(t *testing.T) {
	in := newInput(0, formats.Input{Path: "a"})
	in.failAt(7, 0, Partial, errors.New("later"))
	in.failAt(2, 1, Partial, errors.New("first"))
	in.failAt(2, 3, Partial, errors.New("next"))
	in.failAt(atEnd, 0, Partial, errors.New("end"))
	if in.report.Reason != "first" {
		t.Error(in.report.Reason)
	}
	in.fail(Unreadable, errors.New("before"))
	in.fail(Partial, errors.New("second before"))
	if in.report.Reason != "before" || in.report.Status != Unreadable {
		t.Errorf("%v: %s", in.report.Status, in.report.Reason)
	}
}

func TestNothing(t *testing.T) {
	one := jsonl("x.jsonl", `{"a":1}`)
	for name, c := range map[string]struct {
		scan   Scan
		inputs []formats.Input
		is     error
	}{
		"no indicators":   {Scan{}, []formats.Input{one}, nil},
		"no inputs":       {Scan{Indicators: indicators(t, "1.2.3.4")}, nil, ErrNothing},
		"no known table":  {Scan{Indicators: indicators(t, "1.2.3.4")}, []formats.Input{one}, ErrNothing},
		"unknown table":   {Scan{Indicators: indicators(t, "1.2.3.4"), Table: "Heartbeat"}, []formats.Input{one}, nil},
		"kql and deep":    {Scan{Indicators: indicators(t, "1.2.3.4"), KQL: true, Columns: ColumnsDeep}, []formats.Input{one}, nil},
		"output and each": {Scan{Indicators: indicators(t, "1.2.3.4"), Output: io.Discard, Each: func(*Hit) error { return nil }}, []formats.Input{one}, nil},
	} {
		_, err := c.scan.Run(context.Background(), c.inputs)
		if err == nil || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// The same event in two formats and spellings has one ID; another does not.
func TestIdentity(t *testing.T) {
	got, _ := sweep(t, &Scan{Indicators: indicators(t, "1.2.3.4"), Order: AsFound}, jsonl("x.jsonl",
		`{`+csl+`,"TimeGenerated":"2026-05-20T10:00:00.1234567Z","SourceIP":"10.0.0.1","DestinationIP":"1.2.3.4","DestinationPort":80}`,
		`{`+csl+`,"TimeGenerated":"2026-05-20 10:00:00.123","SourceIP":"::ffff:10.0.0.1","DestinationIP":" 1.2.3.4 ","DestinationPort":"80"}`,
		`{`+csl+`,"TimeGenerated":"2026-05-20T10:00:00.123Z","SourceIP":"10.0.0.1","DestinationIP":"1.2.3.4","DestinationPort":80.0}`,
		`{`+csl+`,"TimeGenerated":"2026-05-20T10:00:00.123Z","SourceIP":"10.0.0.1","DestinationIP":"1.2.3.4","DestinationPort":"80.00 "}`,
		`{`+csl+`,"TimeGenerated":"2026-05-20T10:00:00.1234567Z","SourceIP":"10.0.0.1","DestinationIP":"1.2.3.4","DestinationPort":81}`))
	var ids []string
	for _, l := range got {
		h, err := Decode([]byte(l), table.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, h.ID)
	}
	if len(ids) != 5 || len(slices.Compact(slices.Clone(ids))) != 2 || ids[3] == ids[4] || len(ids[0]) != 16 {
		t.Error(ids)
	}
}

func TestGroups(t *testing.T) {
	g, err := NewGroups([]string{"indicator", "day"})
	if err != nil {
		t.Fatal(err)
	}
	s := &Scan{Indicators: indicators(t, "1.2.3.4"), Groups: g, Threads: 3}
	s.Formats.BlockSize = 500
	if _, err := s.Run(context.Background(), []formats.Input{jsonl("x.jsonl", manyRows(210)...)}); err != nil {
		t.Fatal(err)
	}
	list := g.Largest(5)
	if len(list) != 2 || g.Len() != 2 || list[0].Count != 20 || list[0].Values[1] != "2026-05-20" || list[1].Values[1] != "" ||
		len(list[0].Ports) != maxPorts || !list[0].MorePorts || list[0].Ports[0] != 7 {
		t.Errorf("%+v %+v", list[0], list[1])
	}
	if _, err := NewGroups([]string{"colour"}); err == nil {
		t.Error("grouped by colour")
	}
}

// A group's span is that of its hits with a time, and ports are counted once.
func TestGroupsOfEachField(t *testing.T) {
	i := indicators(t, "1.2.3.4").Indicators(0)[0]
	at := func(text string) clock.Time { return clock.Parse(text, clock.None, nil).Time }
	hit := func(user, process, ip string, port int64, outcome, when string) *Hit {
		h := &Hit{Table: table.Builtin()[0], Indicator: i}
		h.Who.User, h.Who.Process, h.Who.IP, h.Who.Outcome = user, process, ip, outcome
		h.Who.PeerPort = table.Number{N: port, Known: true}
		h.HasTime = when != ""
		h.Time = at(when)
		return h
	}
	g, err := NewGroups([]string{"user", "process", "table", "host"})
	if err != nil {
		t.Fatal(err)
	}
	g.add(hit("bob", "nc", "10.0.0.5", 23, "allowed", ""))
	g.add(hit("bob", "nc", "10.0.0.5", 22, "blocked", "2025-04-02"))
	g.add(hit("bob", "nc", "10.0.0.5", 23, "failed", "2025-04-01"))
	g.add(hit("bob", "nc", "10.0.0.5", 24, "allowed", "2025-04-03"))
	g.add(hit("bob", "wget", "10.0.0.5", 23, "allowed", "2025-04-01"))
	list := g.Largest(5)
	if len(list) != 2 {
		t.Fatalf("%d groups", len(list))
	}
	one := list[0]
	if got := strings.Join(one.Values, " "); got != "bob nc CommonSecurityLog 10.0.0.5" {
		t.Errorf("values %s", got)
	}
	if one.Count != 4 || one.Allowed != 2 || one.Blocked != 2 || fmt.Sprint(one.Ports) != "[22 23 24]" || one.MorePorts {
		t.Errorf("%+v", one)
	}
	if !one.Timed || one.First != at("2025-04-01") || one.Last != at("2025-04-03") {
		t.Errorf("from %v to %v", one.First, one.Last)
	}
}

// An indicator that stands beside the leading one in several places of a row has
// the class of the place that says most.
func TestAlsoSaysMost(t *testing.T) {
	lead, port, name := &ioc.Indicator{Type: ioc.URL, Value: "http://1.2.3.4/a"}, &ioc.Indicator{Type: ioc.IPPort, Value: "1.2.3.4:80", Port: 80}, &ioc.Indicator{Type: ioc.IPPort, Value: "1.2.3.4:81", Port: 81}
	weak := resolved{found: []Also{{lead, ClassURL}, {port, ClassIPOnly}, {name, ClassIPOnly}}}
	strong := resolved{found: []Also{{lead, ClassURL}, {port, ClassIPPort}}}
	for _, elements := range [][]resolved{{weak, strong}, {strong, weak}, {weak, strong, weak}} {
		r := room{elements: elements}
		r.group()
		if len(r.hits) != 1 || len(r.hits[0].Matches) != len(elements) {
			t.Fatalf("%d hits", len(r.hits))
		}
		if also := r.hits[0].Also; len(also) != 2 || also[0] != (Also{port, ClassIPPort}) || also[1] != (Also{name, ClassIPOnly}) {
			t.Errorf("also %v", also)
		}
	}
}

// A feed may list an address with every port there is, and a row may hold thousands of
// addresses: neither is compared each with each.
func TestManyIndicatorsOfARow(t *testing.T) {
	const many = 100_000
	start := time.Now()
	var r room
	all := make([]Also, many)
	for i := range all {
		all[i] = Also{&ioc.Indicator{Type: ioc.IPPort, Value: fmt.Sprintf("192.0.2.1:%06d", i), Port: uint16(i)}, ClassIPOnly}
	}
	for range 2 {
		r.elements = []resolved{{found: all}, {found: all[:many/2]}}
		r.group()
		if len(r.hits) != 1 || len(r.hits[0].Matches) != 2 || !slices.Equal(r.hits[0].Also, all[1:]) {
			t.Fatalf("%d hits, %d also", len(r.hits), len(r.hits[0].Also))
		}
		r.elements = nil
		for i := range all {
			r.elements = append(r.elements, resolved{found: all[i : i+1]})
		}
		r.elements[0].found = []Also{all[0], all[many-1]} // which leads elsewhere
		r.group()
		if len(r.hits) != many || r.hits[many-1].Indicator != all[many-1].Indicator || len(r.hits[0].Also) != 0 {
			t.Fatalf("%d hits", len(r.hits))
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

// The cells of a row live until the next rows are read; groups are for longer.
func TestGroupsOfOneValue(t *testing.T) {
	var rows []string
	for i := range 300 {
		rows = append(rows, fmt.Sprintf(`{"Type":"DnsEvents","TimeGenerated":"2026-05-20T10:00:00Z","Computer":"host-%d","Name":"a.evil.example","ClientIP":"10.0.0.%d"}`, i%200, i%7))
	}
	for _, size := range []int{64, 1000, 1 << 20} {
		g, err := NewGroups([]string{"host"})
		if err != nil {
			t.Fatal(err)
		}
		s := &Scan{Indicators: indicators(t, "evil.example"), Groups: g, Threads: 2}
		s.Formats.BlockSize = size
		if _, err := s.Run(context.Background(), []formats.Input{jsonl("x.jsonl", rows...)}); err != nil {
			t.Fatal(err)
		}
		list := g.Largest(5)
		if len(list) != 5 || g.Len() != 7 {
			t.Fatalf("blocks of %d: %d of %d groups", size, len(list), g.Len())
		}
		for _, one := range list {
			if one.Count < 42 || one.Count > 43 || !strings.HasPrefix(one.Values[0], "10.0.0.") {
				t.Errorf("blocks of %d: %+v", size, one)
			}
		}
	}
}

// Workers give away what they have counted once it is much.
func TestGroupsOfManyValues(t *testing.T) {
	var rows []string
	for i := range 5 * maxOwnGroups {
		rows = append(rows, fmt.Sprintf(`{"Type":"DnsEvents","TimeGenerated":"2026-05-20T10:00:00Z","Name":"a.evil.example","ClientIP":"10.0.%d.%d"}`, i%(2*maxOwnGroups)/256, i%256))
	}
	for _, threads := range []int{1, 3} {
		g, err := NewGroups([]string{"host"})
		if err != nil {
			t.Fatal(err)
		}
		s := &Scan{Indicators: indicators(t, "evil.example"), Groups: g, Threads: threads}
		s.Formats.BlockSize = 64 << 10
		if _, err := s.Run(context.Background(), []formats.Input{jsonl("x.jsonl", rows...)}); err != nil {
			t.Fatal(err)
		}
		largest := g.Largest(maxOwnGroups + 1)
		if g.Len() != 2*maxOwnGroups || largest[0].Values[0] != "10.0.0.0" || largest[maxOwnGroups-1].Count != 3 || largest[maxOwnGroups].Count != 2 {
			t.Errorf("%d threads: %d groups, %+v", threads, g.Len(), largest[0])
		}
	}
}

// A log full of hosts fills no memory, and which are kept does not depend on the
// order in which they come.
func TestGroupsAreBounded(t *testing.T) {
	long := strings.Repeat("x", maxGroupBytes/100)
	for _, tt := range []struct {
		name, front string
		n, kept     int
	}{
		{"many", "host-", 5 * maxGroups / 2, maxGroups},
		{"long", long, 300, 99},
	} {
		for _, workers := range []int{1, 3} {
			all := &Groups{By: []string{"host"}, groups: map[string]*Group{}}
			for w := range workers {
				g := &Groups{By: all.By, groups: map[string]*Group{}}
				for i := range tt.n {
					if n := (i*7919 + w) % tt.n; n%workers == w || n == 1 {
						g.key = fmt.Appendf(g.key[:0], "%s%06d", tt.front, n)
						g.ends = append(g.ends[:0], len(g.key))
						g.put(&Group{Count: 1})
						if len(g.groups) > 3*maxGroups/2 || g.bytes > 3*maxGroupBytes/2 {
							t.Fatalf("%s, %d workers: %d groups are held, %d bytes of values", tt.name, workers, len(g.groups), g.bytes)
						}
					}
				}
				all.merge(g)
			}
			list := slices.Collect(all.All())
			if len(list) != tt.kept || int(all.Others) != tt.n-tt.kept || all.Largest(1)[0].Count != int64(workers) {
				t.Fatalf("%s, %d workers: %d groups, %d others, the largest has %d", tt.name, workers, len(list), all.Others, all.Largest(1)[0].Count)
			}
			slices.SortFunc(list, func(a, b *Group) int { return strings.Compare(a.Values[0], b.Values[0]) })
			if first, last := list[0].Values[0], list[tt.kept-1].Values[0]; first != tt.front+"000000" || last != fmt.Sprintf("%s%06d", tt.front, tt.kept-1) {
				t.Errorf("%s, %d workers: %s to %s", tt.name, workers, first[len(first)-6:], last[len(last)-6:])
			}
		}
	}
}

// A short group that comes late finds the room that a long one before left.
func TestGroupsOfAllLengths(t *testing.T) {
	a, b, c := "a"+strings.Repeat("x", maxGroupBytes*9/10), "b", "c"+strings.Repeat("x", maxGroupBytes*4/10)
	for _, order := range [][]string{{a, b, c}, {a, c, b}, {c, a, b}} {
		g := &Groups{By: []string{"host"}, groups: map[string]*Group{}}
		for _, k := range order {
			g.key, g.ends = append(g.key[:0], k...), append(g.ends[:0], len(k))
			g.put(&Group{Count: 1})
		}
		if g.Len() != 2 || g.groups[a] == nil || g.groups[b] == nil || g.Others != 1 {
			t.Errorf("%c%c%c: %d groups, %d others", order[0][0], order[1][0], order[2][0], g.Len(), g.Others)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\x1b[31mb": `a\x1b[31mb`, "a\u202eb": `a\u202eb`, "a\nb\tc": `a\nb\tc`, "\xff": `\xff`, "é\u009b": `é\u009b`,
		"\U000e0041": `\ue0041`, "日本": "日本",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestCSVCells(t *testing.T) {
	for in, want := range map[string]string{
		"a": "a", "=1+1": `"'=1+1"`, "+1": `"'+1"`, "@x": `"'@x"`, "-1": `"'-1"`, "a,b": `"a,b"`, `a"b`: `"a""b"`, "\tx": "\"'\tx\"",
	} {
		if got := string(appendCSVCell(nil, in)); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
