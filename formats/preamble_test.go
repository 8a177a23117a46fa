package formats

import (
	"fmt"
	"strings"
	"testing"
)

func TestPreamble(t *testing.T) {
	records := `{"time":"t","a":"1"}` + "\n" + `{"time":"t","a":"2"}` + "\n"
	array := "[\n {\"time\": \"t\", \"a\": \"1\"},\n {\"time\": \"t\", \"a\": \"2\"}\n]\n"
	answer := `{"tables":[{"name":"P","columns":[{"name":"time"},{"name":"a"}],"rows":[["t","1"],["t","2"]]}]}`
	warning := "WARNING: Command group 'monitor' is in preview, and may change.\n"
	http := "HTTP/1.1 200 OK\r\nDate: Tue, 20 May 2026 08:00:00 GMT\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
	transcript := strings.Repeat("*", 22) + "\r\nWindows PowerShell transcript start\r\nStart time: 20260521080000\r\nPSVersion: 5.1.19041.1\r\n" + strings.Repeat("*", 22) + "\r\n"
	tests := []struct {
		name, text string
		format     string // "" where nothing is skipped
		lines      string // of the rows
		note       string
	}{
		{"warning, array", warning + array, "json", "[3 4]", "a line of text above the JSON, not read"},
		{"warning, lines", warning + records, "jsonl", "[2 3]", "a line of text above the JSON, not read"},
		{"warning, one line", warning + `{"time":"t","a":"1"}`, "jsonl", "[2]", "a line of text above the JSON, not read"},
		{"HTTP, query answer", http + answer, "json", "[5 5]", "4 lines of text above the JSON, not read"},
		{"HTTP, wrapped", http + `{"data":[{"time":"t","a":"1"}]}`, "json", "[5]", "4 lines of text above the JSON, not read"},
		{"transcript", transcript + array, "json", "[7 8]", "5 lines of text above the JSON, not read"},
		{"report", "\ufeffReport generated 2026-05-21 08:00:00\n\n" + array, "json", "[4 5]", "2 lines of text above the JSON, not read"},
		{"frames", warning + `[{"FrameType":"DataSetHeader"},{"FrameType":"DataTable","TableKind":"PrimaryResult","Columns":[{"ColumnName":"time"},{"ColumnName":"a"}],"Rows":[["t","1"]]}]`, "json", "[2]", "a line of text above the JSON, not read"},
		{"20 lines", strings.Repeat(warning, 20) + array, "json", "[22 23]", "20 lines of text above the JSON, not read"},

		{"21 lines", strings.Repeat(warning, 21) + array, "", "", ""},
		{"a long line", strings.Repeat("x", 5000) + "\n" + array, "", "", ""},
		{"white space", "\n\n" + array, "", "", ""},
		{"records of no table", warning + `{"x":1}` + "\n" + `{"x":2}`, "", "", ""},
		{"no JSON", warning + "[INFO] started\n" + array, "", "", ""},
		{"cut out of a larger file", `x","a":"0"}` + "\n" + records, "", "", ""},
		{"cut out of an array", "  \"a\": \"0\"\n" + records, "", "", ""},
		{"table above", "time,a,b\nt,1,2\n" + records, "", "", ""},
		{"address above", "connected to (20.1.2.3) port 443\n" + records, "", "", ""},
		{"address and port above", "proxy=20.1.2.3:8080\n" + records, "", "", ""},
		{"log above", "2026-05-21T08:00:00Z started\n" + records, "", "", ""},
		{"syslog above", "May 21 08:00:00 gw started\n" + records, "", "", ""},
	}
	for _, test := range tests {
		for _, block := range []int{1, 7, 64, 0} {
			for _, stream := range []bool{false, true} {
				o := Options{BlockSize: block, Table: timedTable}
				c := jsonContent(test.text, stream)
				f := c.preambled(o)
				if f == nil {
					if test.format != "" {
						t.Errorf("%s: not skipped", test.name)
					}
					continue
				}
				var src Source
				format := *f
				format.Open = func(c *Content, o Options) (Source, error) {
					c.preambled(o)
					var err error
					src, err = f.Open(c, o)
					return src, err
				}
				seen := readJSON(t, format, c, o, "a", "time")
				if info := src.Info(); info.Format != test.format || len(info.Notes) == 0 || info.Notes[0] != test.note {
					t.Errorf("%s: %s, notes %q", test.name, info.Format, info.Notes)
				}
				if got := fmt.Sprint(seen.lines); got != test.lines || len(seen.rejects) > 0 || seen.err != nil || seen.total != len(seen.rows) {
					t.Errorf("%s, block %d, stream %v: rows at lines %s, %d records, rejects %q, %v", test.name, block, stream, got, seen.total, seen.rejects, seen.err)
				}
				for i, row := range seen.rows {
					if row[0] != fmt.Sprint(i+1) || test.text[seen.offsets[i]:seen.offsets[i]+int64(len(seen.raw[i]))] != seen.raw[i] {
						t.Errorf("%s: row %q, raw %q at %d", test.name, row, seen.raw[i], seen.offsets[i])
					}
				}
				if n := int64(strings.Count(test.text, "\n")); seen.breaks != n {
					t.Errorf("%s: %d line breaks, want %d", test.name, seen.breaks, n)
				}
			}
		}
	}
}
