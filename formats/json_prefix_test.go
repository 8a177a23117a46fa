package formats

import (
	"fmt"
	"strings"
	"testing"
)

// Lines of JSON with something before each are read as JSON Lines, with their places.
func TestPrefixes(t *testing.T) {
	one, two := `{"time":"t","a":"1"}`, `{"time":"t","a":"2"}`
	const syslog, labels = `Apr  1 02:13:07 fwd azure[123]: `, `2025-04-01T02:13:07Z {job="x"} `
	tests := []struct {
		name, text string
		want       string // a:line, by row; "" if the text is none such
		rejects    int
	}{
		{"syslog", syslog + one + "\n" + syslog + two + "\n", "1:1 2:2", 0},
		{"tabs", "2025-04-01T02:13:07Z\tazure\t" + one + "\r\n\r\n2025-04-01T02:13:08Z\tazure\t" + two, "1:1 2:3", 0},
		{"labels", labels + one + "\n" + labels + two, "1:1 2:2", 0},
		{"byte order mark", utf8BOM + syslog + one + "\n" + syslog + two + "\n", "1:1 2:2", 0},
		{"long", syslog + `{"time":"t","b":"` + strings.Repeat("x", 2*headSize) + `"}` + "\n" + syslog + two + "\n", "", 0},
		{"long behind others", syslog + one + "\n" + syslog + `{"a":"3","time":"t","b":"` + strings.Repeat(`{\"`, headSize) + `"}` + "\n" + syslog + two + "\n", "1:1 3:2 2:3", 0},
		{"other lines", syslog + one + "\n" + syslog + "started, up\n" + one + "\n" + syslog + two[:9] + "\n" + syslog + `{"x":` + one + "\n" + strings.Repeat(syslog+two+"\n", 2), "1:1 1:3 2:6 2:7", 3},
		{"events", syslog + `{"message":` + fmt.Sprintf("%q", one) + "}\n", "1:0", 0},
		{"no table", syslog + `{"a":"1"}` + "\n" + syslog + `{"a":"2"}` + "\n", "", 0},
		{"more text", syslog + "started\n" + syslog + "stopped\n" + syslog + one + "\n", "", 0},
		{"text behind", syslog + one + " and more\n", "", 0},
		{"CSV", "x,time,a\n" + `7,t,5` + "\n", "", 0},
		{"CSV with records at its end", "x\ttime\ta\tb\n" + "7\tt\t5\t" + one + "\n", "", 0},
	}
	for _, test := range tests {
		for _, block := range []int{1, 64, 0} {
			for _, stream := range []bool{false, true} {
				o := Options{BlockSize: block, Table: timedTable}
				format := Format{Open: func(*Content, Options) (Source, error) {
					c := jsonContent(test.text, stream)
					f, err := formatOf(c, o)
					if err != nil {
						return nil, err
					}
					return f.Open(c, o)
				}}
				if src, err := format.Open(nil, o); err != nil || src.Info().Format != "jsonl" {
					if test.want != "" {
						t.Errorf("%s, stream %v: not read as lines of JSON, %v", test.name, stream, err)
					}
					continue
				}
				seen := readJSON(t, format, jsonContent(test.text, stream), o, "a")
				var got []string
				for i, row := range seen.rows {
					got = append(got, fmt.Sprintf("%s:%d", row[0], seen.lines[i]))
				}
				if g := strings.Join(got, " "); g != test.want || len(seen.rejects) != test.rejects || seen.err != nil {
					t.Errorf("%s, block %d, stream %v: %q, rejects %.99q, %v\nwant %q and %d rejects", test.name, block, stream, g, seen.rejects, seen.err, test.want, test.rejects)
				}
			}
		}
	}
}
