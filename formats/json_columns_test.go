package formats

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// A table that is written column by column has a record for each row; what only
// resembles one stays a record.
func TestJSONByColumn(t *testing.T) {
	long := strings.Repeat("x", headSize) // the second column is not in the head
	for _, c := range []struct{ name, text, want string }{
		{"by index", `{"time":{"0":"t","1":"u"},"a":{"0":"1","1":null}}`, "t|1,u|"},
		{"lists", `{"time":["t","u"],"a":[1,"\"2\""],"other":[{"x":1},[2]]}`, `t|1,u|"2"`},
		{"on many lines", "\ufeff{\n \"time\": [\n  \"t\"\n ],\n \"a\": [\n  NaN\n ],\n \"o\": [{\n \"x\": 1}]\n}\n", "t|"},
		{"long", `{"time":["t","` + long + `"],"a":["1","2"]}`, "t|1," + long + "|2"},
		{"a long cell in the first row", `{"time":["t","u"],"x":["` + long + `","v"],"a":["1","2"]}`, "t|1,u|2"},
		{"other lengths", `{"time":["t","u"],"a":["1"]}`, `["t","u"]|["1"]`},
		{"a longer column behind", `{"time":["t"],"a":["1","2"]}`, `["t"]|["1","2"]`},
		{"one record inside", `{"time":{"total":1,"a":[{"x":1}]},"a":{"total":2,"a":2}}`, `{"total":1,"a":[{"x":1}]}|{"total":2,"a":2}`},
		{"no rows", `{"time":[],"a":[]}`, "[]|[]"},
		{"other index", `{"time":{"0":"t"},"a":{"1":"1"}}`, `{"0":"t"}|{"1":"1"}`},
		{"another table", `{"time":["t","u"],"x":["1","2"]}`, `["t","u"]|`},
		{"a plain value", `{"time":["t","u"],"a":"1"}`, `["t","u"]|1`},
		{"a plain value far behind", `{"time":["t"],"a":["1"],` + strings.Repeat(`"x":["2"],`, maxSample) + `"z":"3"}`, `["t"]|["1"]`},
		{"lines", "{\"time\":[\"t\"],\"a\":[\"1\"]}\n{\"time\":[\"u\"],\"a\":[\"2\"]}", `["t"]|["1"],["u"]|["2"]`},
		{"one line by columns", "{\"time\":[\"t\"],\"a\":[\"1\"]}\n" + strings.Repeat("{\"time\":\"u\",\"a\":\"2\"}\n", headSize/20), `["t"]|["1"]` + strings.Repeat(",u|2", headSize/20)},
		{"a long name", `{"` + long + `":[` + strings.Repeat("1,", 5) + `1],"time":["t","u","v","w","x","y"],"a":["1","2","3","4","5","6"]}`, `["t","u","v","w","x","y"]|["1","2","3","4","5","6"]`},
		{"too large", `{"time":["t","` + long + long + `"],"a":["1","2"]}`, ""},
	} {
		for _, stream := range []bool{false, true} {
			in := Bytes("x", []byte(c.text))
			if stream {
				in = Stdin(io.MultiReader(strings.NewReader(c.text)))
			}
			src, err := Open(in, Options{Table: timedTable, MaxRecord: headSize + 100})
			if err != nil {
				t.Fatal(c.name, err)
			}
			r := src.NewReader(Want{Late: [][]Column{{{N: -1, Name: "time"}, {N: -1, Name: "a"}}}})
			var rows []string
			for {
				b, err := r.Next()
				if err != nil {
					break
				}
				for row := range uint32(b.Rows) {
					g, err := r.Fetch(0, []uint32{row})
					if err != nil {
						t.Fatal(c.name, err)
					}
					rows = append(rows, fmt.Sprintf("%s|%s", g.Cell(0, 0), g.Cell(0, 1)))
				}
			}
			if got := strings.Join(rows, ","); got != c.want {
				t.Errorf("%s, stream %v: %.200q, want %.200q", c.name, stream, got, c.want)
			}
			if strings.HasPrefix(c.want, "t|") && !slices.Contains(src.Info().Parts[0].Columns, "a") {
				t.Errorf("%s, stream %v: columns %.200q", c.name, stream, src.Info().Parts[0].Columns)
			}
			if turned := len(src.Info().Notes) > 0; turned != strings.HasPrefix(c.want, "t|") {
				t.Errorf("%s, stream %v: %q", c.name, stream, src.Info().Notes)
			}
			src.Close()
		}
	}
}
