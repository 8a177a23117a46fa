package formats

import (
	"fmt"
	"testing"
)

// Columns are found by their names, in any case and without what the portal adds,
// more than once if that is asked for, and those that are not there are empty.
func TestColumnsByName(t *testing.T) {
	type row struct {
		Time     string `parquet:"TimeGenerated"`
		RemoteIP string
		Port     string
	}
	rows := []row{{"2025-04-01", "10.0.0.5", "23"}, {"2025-04-02", "10.0.0.6", ""}}
	for name, text := range map[string]string{
		"csv":                  "TimeGenerated [UTC],RemoteIP,Port\n2025-04-01,10.0.0.5,23\n2025-04-02,10.0.0.6,\n",
		"csv, more at once":    "\"TimeGenerated [UTC]\",RemoteIP,Port,RemoteIP\n2025-04-01,10.0.0.5,23,x\n2025-04-02,10.0.0.6,,y\n",
		"csv with backslashes": "TimeGenerated,RemoteIP,Port,Note\n2025-04-01,10.0.0.5,23,\"a \\\"b\\\"\"\n2025-04-02,10.0.0.6,,\n",
		"jsonl":                `{"TimeGenerated [UTC]":"2025-04-01","RemoteIP":"10.0.0.5","Port":23}` + "\n" + `{"TimeGenerated [UTC]":"2025-04-02","RemoteIP":"10.0.0.6"}` + "\n",
		"json":                 `[{"TimeGenerated":"2025-04-01","RemoteIP":"10.0.0.5","Port":23},{"TimeGenerated":"2025-04-02","RemoteIP":"10.0.0.6","Port":null}]`,
		"rows by position":     `{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"RemoteIP","type":"string"},{"name":"Port","type":"int"}],"rows":[["2025-04-01","10.0.0.5",23],["2025-04-02","10.0.0.6",null]]}]}`,
		"parquet":              string(writeParquet(t, rows, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(Bytes("x", []byte(text)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			named := func(names ...string) (list []Column) {
				for _, n := range names {
					list = append(list, Column{Name: n, N: -1})
				}
				return list
			}
			r := s.NewReader(Want{Keys: named("remoteip", "Nobody", "timegenerated"), Late: [][]Column{named("PORT", "RemoteIP", "Nobody", "Port", "TimeGenerated [UTC]")}})
			var got []string
			for {
				b, err := r.Next()
				if err != nil {
					break
				}
				keys := make([][3]string, b.Rows)
				for run, err := range r.Runs() {
					if err != nil {
						t.Fatal(err)
					}
					all := make([]uint32, len(run.Cells))
					for i := range all {
						all[i] = uint32(i)
					}
					refs, err := run.Rows(all, nil)
					if err != nil {
						t.Fatal(err)
					}
					for _, ref := range refs {
						keys[ref.Row][run.Key] = string(run.Cell(int(ref.Cell)))
					}
				}
				for i := range b.Rows {
					g, err := r.Fetch(0, []uint32{uint32(i)})
					if err != nil {
						t.Fatal(err)
					}
					cells := make([]string, 5)
					for j := range cells {
						cells[j] = string(g.Cell(0, j))
					}
					got = append(got, fmt.Sprintf("%q %q", keys[i], cells))
				}
			}
			want := []string{`["10.0.0.5" "" "2025-04-01"] ["23" "10.0.0.5" "" "23" "2025-04-01"]`, `["10.0.0.6" "" "2025-04-02"] ["" "10.0.0.6" "" "" "2025-04-02"]`}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}
