package scanner

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

var genericRows = []string{
	`{"EventTime":"2026-05-20T10:00:00Z","Host_Name":"web-1","client_ip":"198.51.100.7","client_port":"4444","user":"ann","note":"x"}`,
	`{"EventTime":"2026-05-20T10:00:01Z","Host_Name":"web-2","client_ip":"10.0.0.1","client_port":"1","user":"","note":"[fw-1] to c2.example: dropped"}`,
	`{"EventTime":"2026-05-20T10:00:02Z","Host_Name":"web-3","client_ip":"10.0.0.1","client_port":"2","user":"bob","note":"{\"a\":{\"b\":\"http://x.c2.example/y\"}}"}`,
	`{"EventTime":"","Host_Name":"","client_ip":"10.0.0.1","client_port":"3","user":"","note":"nothing"}`,
	`{"EventTime":"2026-05-20T10:00:03Z","Host_Name":"web-4","client_ip":"[2001:db8::7]:443","client_port":"","user":"x@c2.example","note":"(3)www(2)c2(7)example(0)"}`,
}

const genericIOCs = "198.51.100.7:4444 c2.example 2001:db8::7"

func genericSweep(t *testing.T, s Scan, in ...formats.Input) ([]*Hit, *Summary) {
	t.Helper()
	s.Indicators, s.Table, s.Order = indicators(t, strings.Fields(genericIOCs)...), "Generic", AsFound
	lines, sum := sweep(t, &s, in...)
	var hits []*Hit
	for _, l := range lines {
		h, err := Decode([]byte(l), table.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		hits = append(hits, h)
	}
	return hits, sum
}

func genericText(h *Hit) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %s:", h.ID, h.Table.Name, h.TimeBasis, h.Who.Host)
	for _, m := range h.Matches {
		fmt.Fprintf(&b, " %s=%s(%v)", m.Column, m.Value, m.Class)
	}
	for _, c := range h.Row {
		fmt.Fprintf(&b, " %s:%s", c.Name, c.Value)
	}
	return b.String()
}

// The same rows of an unknown table give the same hits in every format, with
// one worker and with several, and however small the blocks are.
func TestGenericFormats(t *testing.T) {
	all := rowsAs(t, nil, genericRows)
	var want []string
	for _, name := range []string{"csv", "jsonl", "json", "positional", "envelope", "parquet", "arrow"} {
		in, ok := all[name]
		if !ok {
			t.Fatalf("no %s", name)
		}
		for _, threads := range []int{1, 3} {
			hits, sum := genericSweep(t, Scan{Threads: threads, Formats: formats.Options{BlockSize: 200}}, formats.Bytes("x", in))
			var got []string
			for _, h := range hits {
				got = append(got, genericText(h)[17:])
			}
			if want == nil {
				want = got
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			f := sum.Files[0]
			note := "table not known, swept as generic: time from EventTime, host from Host_Name"
			if f.Table != "generic" || f.Status != Complete || !strings.Contains(strings.Join(f.Notes, "\n"), note) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	if got := strings.Join(want, "\n"); got != `generic EventTime web-1: client_ip=198.51.100.7(ip:port) EventTime:2026-05-20T10:00:00Z Host_Name:web-1 client_ip:198.51.100.7 user:ann
generic EventTime web-2: note=c2.example(domain) EventTime:2026-05-20T10:00:01Z Host_Name:web-2 note:[fw-1] to c2.example: dropped client_ip:10.0.0.1
generic EventTime web-3: note.a.b=http://x.c2.example/y(subdomain) EventTime:2026-05-20T10:00:02Z Host_Name:web-3 note:{"a":{"b":"http://x.c2.example/y"}} user:bob client_ip:10.0.0.1
generic EventTime web-4: client_ip=[2001:db8::7]:443(ip) EventTime:2026-05-20T10:00:03Z Host_Name:web-4 client_ip:[2001:db8::7]:443 user:x@c2.example
generic EventTime web-4: user=c2.example(domain) note=(3)www(2)c2(7)example(0)(subdomain) EventTime:2026-05-20T10:00:03Z Host_Name:web-4 user:x@c2.example note:(3)www(2)c2(7)example(0) client_ip:[2001:db8::7]:443` {
		t.Errorf("got\n%s", got)
	}
}

// What later records bring is swept, and a row has the table that it names.
func TestGenericStream(t *testing.T) {
	rows := []string{
		`{"Type":"Syslog","TimeGenerated":"2026-05-20T10:00:00Z","Computer":"a","SyslogMessage":"nothing"}`,
		`{"Type":"Syslog","TimeGenerated":"2026-05-20T10:00:00Z","Computer":"b","Fresh":{"deep":["c2.example"]}}`,
		`{"Type":"DnsEvents","TimeGenerated":"2026-05-20T10:00:00Z","Computer":"c","Name":"c2.example","Message":"c2.example"}`,
		`{"category":"AdvancedHunting-DeviceRegistryEvents","properties":{"Timestamp":"2026-05-20T10:00:00Z","DeviceName":"d","RemoteIP":"198.51.100.7","RemotePort":4444}}`,
	}
	hits, sum := genericSweep(t, Scan{}, jsonl("x.jsonl", append(rows, strings.Repeat(rows[0]+"\n", 100)+rows[1])...))
	var got []string
	for _, h := range hits {
		got = append(got, fmt.Sprintf("%s %s %s=%s(%v) %s", h.Table.Name, h.Who.Host, h.Matches[0].Column, h.Matches[0].Value, h.Matches[0].Class, h.TimeBasis))
	}
	want := []string{
		"Syslog b Fresh.deep=c2.example(domain) TimeGenerated",
		"DnsEvents  Name=c2.example(domain) TimeGenerated",
		"DeviceRegistryEvents d RemoteIP=198.51.100.7(ip:port) Timestamp",
		"Syslog b Fresh.deep=c2.example(domain) TimeGenerated",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if f := sum.Files[0]; f.Table != "DnsEvents+generic" || f.Other != 0 {
		t.Errorf("%+v", f)
	}
	if _, err := (&Scan{Indicators: indicators(t, "1.2.3.4"), Table: "generic", KQL: true}).Run(context.Background(), []formats.Input{jsonl("x", "{}")}); err == nil {
		t.Error("KQL has no hunt on unknown tables")
	}
}

// What the deep columns of a known table give, the same rows give as an
// unknown one.
func TestGenericFindsAll(t *testing.T) {
	rows := []string{
		`{"Type":"DnsEvents","Name":"(3)www(2)c2(7)example(0)","IPAddresses":"10.0.0.1, ::ffff:198.51.100.7"}`,
		`{"Type":"DnsEvents","Name":"WWW.C2.Example.","ClientIP":"198.51.100.7"}`,
		`{"Type":"CommonSecurityLog","SourceIP":"198.51.100.7:4444","RequestURL":"c2.example/x","SourceHostName":"c2.example"}`,
		`{"Type":"CommonSecurityLog","AdditionalExtensions":"a=1;dst=198.51.100.7;u=http://c2.example:8080/a;b=","Message":"[x] from [2001:db8::7]:443, then"}`,
		`{"Type":"CommonSecurityLog","SourceUserName":"eve@c2.example","RequestURL":"http://%63%32.example/","RequestContext":"https://c2.example"}`,
		`{"Type":"DeviceNetworkEvents","RemoteIP":"2001:db8:0::7","AdditionalFields":"{\"query\":\"c2.example\",\"answers\":\"[\\\"198.51.100.7\\\"]\"}"}`,
		`{"Type":"DeviceNetworkEvents","RemoteUrl":"c2.example:443","InitiatingProcessCommandLine":"curl -x 198.51.100.7:4444 c2.example"}`,
	}
	for _, row := range rows {
		s := &Scan{Indicators: indicators(t, strings.Fields(genericIOCs)...), Columns: ColumnsDeep}
		known, _ := sweep(t, s, jsonl("x.jsonl", row))
		if len(known) == 0 {
			t.Fatalf("no hits in %s", row)
		}
		values := map[string]bool{}
		hits, _ := genericSweep(t, Scan{}, jsonl("x.jsonl", strings.Replace(row, `"Type":"`, `"Type":"Other`, 1)))
		for _, h := range hits {
			values[h.Indicator.Value] = true
			for _, a := range h.Also {
				values[a.Indicator.Value] = true
			}
		}
		for _, l := range known {
			if v := strings.Fields(short(t, l))[0]; !values[v] {
				t.Errorf("generic misses %s in %s", v, row)
			}
		}
	}
}

func FuzzGeneric(f *testing.F) {
	for _, r := range genericRows {
		f.Add([]byte(r))
	}
	f.Add([]byte("a,b\n[[[,{\"\n"))
	f.Add([]byte(`{"tables":[{"name":"T","columns":[{"name":"a"},{"name":"b"}],"rows":[["[","198.51.100.7"],[1,{"x":["c2.example"]}]]}]}`))
	f.Add([]byte("a,b\n\"{\"\"h\"\":\"\"44D88612FEA8A8F36DE82E1278ABB02F\"\"}\",md5=44d88612fea8a8f36de82e1278abb02f;44d88612fea8a8f36de82e1278abb02f0\n"))
	set := indicators(f, append(strings.Fields(genericIOCs), "44d88612fea8a8f36de82e1278abb02f")...)
	f.Fuzz(func(t *testing.T, data []byte) {
		var out [2]bytes.Buffer
		for i, s := range []Scan{{Threads: 1}, {Threads: 3, Formats: formats.Options{BlockSize: 64}}} {
			s.Indicators, s.Table, s.Order, s.Output = set, "generic", AsFound, &out[i]
			if _, err := s.Run(context.Background(), []formats.Input{formats.Bytes("x", data)}); err != nil && !errors.Is(err, ErrNothing) {
				t.Fatal(err)
			}
		}
		if out[0].String() != out[1].String() {
			t.Errorf("one worker\n%s\nseveral, in small blocks\n%s", &out[0], &out[1])
		}
	})
}

// rowsAs writes rows of text cells, given as flat JSON objects with the same
// members, in every format. Those of genericRows have the columns of nil.
func rowsAs(t *testing.T, columns, rows []string) map[string][]byte {
	t.Helper()
	if columns == nil {
		columns = []string{"EventTime", "Host_Name", "client_ip", "client_port", "user", "note"}
	}
	var table [][]string
	for _, r := range rows {
		cells := map[string]string{}
		if err := json.Unmarshal([]byte(r), &cells); err != nil {
			t.Fatal(err)
		}
		var row []string
		for _, c := range columns {
			row = append(row, cells[c])
		}
		table = append(table, row)
	}
	out := map[string][]byte{"jsonl": []byte(strings.Join(rows, "\n") + "\n"), "json": []byte("[" + strings.Join(rows, ",\n") + "]")}
	for _, r := range rows {
		out["envelope"] = append(out["envelope"], `{"properties":`+r+"}\n"...)
	}
	var heads []map[string]string
	for _, c := range columns {
		heads = append(heads, map[string]string{"name": c, "type": "string"})
	}
	var err error
	if out["positional"], err = json.Marshal(map[string]any{"tables": []any{map[string]any{"name": "PrimaryResult", "columns": heads, "rows": table}}}); err != nil {
		t.Fatal(err)
	}

	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if err := w.WriteAll(append([][]string{columns}, table...)); err != nil {
		t.Fatal(err)
	}
	out["csv"] = text.Bytes()

	var fields []arrow.Field
	for _, c := range columns {
		fields = append(fields, arrow.Field{Name: c, Type: arrow.BinaryTypes.String})
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for _, row := range table {
		for i, cell := range row {
			b.Field(i).(*array.StringBuilder).Append(cell)
		}
	}
	record := b.NewRecord()
	defer record.Release()
	var stream bytes.Buffer
	aw := ipc.NewWriter(&stream, ipc.WithSchema(schema))
	if err := errors.Join(aw.Write(record), aw.Close()); err != nil {
		t.Fatal(err)
	}
	out["arrow"] = stream.Bytes()

	var members []reflect.StructField
	for n, c := range columns {
		tag := c
		if n%2 == 0 {
			tag += ",dict"
		}
		members = append(members, reflect.StructField{Name: fmt.Sprintf("F%d", n), Type: reflect.TypeFor[string](), Tag: reflect.StructTag(fmt.Sprintf(`parquet:"%s"`, tag))})
	}
	line := reflect.New(reflect.StructOf(members)).Elem()
	var file bytes.Buffer
	pw := parquet.NewWriter(&file, parquet.SchemaOf(line.Interface()))
	for _, r := range table {
		for n, cell := range r {
			line.Field(n).SetString(cell)
		}
		if err := pw.Write(line.Interface()); err != nil {
			t.Fatal(err)
		}
	}
	if err := pw.Close(); err != nil {
		t.Fatal(err)
	}
	out["parquet"] = file.Bytes()
	return out
}

// The columns of an array are counted in one pass, in whatever order they are asked for.
func TestElements(t *testing.T) {
	const text = `["a,\",b",{"x":[1,2]},[3,4],"c,d"]`
	at := elements{array: []byte(text)}
	for _, c := range []struct{ off, want int }{{2, 0}, {4, 0}, {3, 0}, {9, 0}, {16, 1}, {1, 0}, {26, 2}, {30, 3}, {99, 3}} {
		if got := at.before(c.off); got != c.want {
			t.Errorf("before %d: %d elements, want %d", c.off, got, c.want)
		}
	}
}

// What a record costs grows with its length, not with its square.
func TestGenericCosts(t *testing.T) {
	row := `["2026-05-20T10:00:00Z",["198.51.100.7"` + strings.Repeat(`,"198.51.100.7"`, 60_000) + `]]`
	query := `{"tables":[{"name":"PrimaryResult","columns":[{"name":"event_time","type":"datetime"},{"name":"what","type":"dynamic"}],"rows":[` + row + `]}]}`
	dotted := `{"event_time":"2026-05-20T10:00:00Z","` + strings.Repeat("a.", 500_000) + `a":"198.51.100.7"}`
	for _, in := range []formats.Input{formats.Bytes("query.json", []byte(query)), jsonl("dotted.jsonl", dotted)} {
		start := time.Now()
		hits, _ := genericSweep(t, Scan{}, in)
		if took := time.Since(start); len(hits) == 0 || took > 10*time.Second {
			t.Errorf("%s: %d hits after %v", in, len(hits), took)
		}
	}
}

func TestTooManyTables(t *testing.T) {
	s := Scan{Indicators: indicators(t, "198.51.100.7"), Tables: slices.Repeat(table.Builtin()[:1], maxTables+1)}
	if _, err := s.Run(context.Background(), []formats.Input{jsonl("x.jsonl", genericRows...)}); err == nil || !strings.Contains(err.Error(), "128 table definitions: 127 is the most") {
		t.Error(err)
	}
	s.Tables = s.Tables[:maxTables]
	s.Table = table.GenericName
	if _, err := s.Run(context.Background(), []formats.Input{jsonl("x.jsonl", genericRows...)}); err != nil {
		t.Error(err)
	}
}
