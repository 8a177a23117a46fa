package formats

import (
	"encoding/csv"
	"strings"
	"testing"
)

// Records that a column of CSV holds as JSON are read where the columns show no table.
func TestCSVEvents(t *testing.T) {
	one, two := `{"time":"t","a":"1"}`, `{"time":"t","a":"2"}`
	rows := func(records ...[]string) string {
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.WriteAll(records)
		return b.String()
	}
	cut := rows([]string{"x", "body"}, []string{"0", one}, []string{"0", two})
	checkEvents(t, CSV, []eventTest{
		{"Splunk", rows([]string{"_time", "_raw", "host"}, []string{"x", one, "h"}, []string{"x", two, "h"}), "1|,2|", 0},
		{"any name", rows([]string{"offset", "a.Packed"}, []string{"7", one}), "1|", 0},
		{"one column", rows([]string{"Packed"}, []string{one}, []string{two}), "1|,2|", 0},
		{"batches", rows([]string{"x", "body"}, []string{"0", `{"records":[` + one + `,` + two + `]}`}, []string{"0", `[` + one + `]`}), "1|,2|,1|", 0},
		{"envelope", rows([]string{"category", "properties"}, []string{"x", one}, []string{"x", two}), "1|,2|", 0},
		{"envelope in the first column", rows([]string{"properties", "category"}, []string{one, "x"}), "1|", 0},
		{"envelope in a column", rows([]string{"x", "message"}, []string{"0", `{"category":"x","properties":` + one + `}`}), "1|", 0},
		{"the column that has records", rows([]string{"labels", "Line"}, []string{`{"job":"x"}`, one}, []string{`{"job":"x"}`, "started"}), "1|,|", 0},
		{"in several columns", rows([]string{"x", "y"}, []string{"0", one}, []string{two, "0"}, []string{two, one}), "1|,2|,2|,1|", 0},
		{"in the column that mostly has them", rows([]string{"x", "y"}, []string{two, one}, []string{"", one}, []string{two, ""}, []string{"", one}), "1|,2|,1|,2|,1|", 0},
		{"at two times", rows([]string{"x", "y"}, []string{one, `{"time":"u","a":"1"}`}), "1|,1|", 0},
		{"the same record in two columns", rows([]string{"x", "y"}, []string{one, one}, []string{two, `{"a": "2", "time": "T"}`}, []string{two, `{"category":"x","properties":{"time":"t","a":"2"}}`}), "1|,2|,2|", 0},
		{"the same record with more members behind it", rows([]string{"x", "y"}, []string{one, `{"time":"t","a":"1","b":"3"}`}, []string{`{"time":"t","a":"2","b":"4"}`, two}, []string{`{}`, one}), "1|3,2|4,1|", 0},
		{"two columns of one name", rows([]string{"a.body", "body"}, []string{"started", one}, []string{"", two}), "1|,2|", 0},
		{"behind another header", rows([]string{"x", "body"}, []string{"0", one}, []string{"body", "x"}, []string{two, "0"}), "1|,|,2|", 0},
		{"a cell too many before it", rows([]string{"x", "body"}, []string{"0", one}, []string{"0", "7", two}), "1|", 1},
		{"far behind another header", rows([]string{"x", "body"}) + strings.Repeat(rows([]string{"0", one}), maxSample) + rows([]string{"body", "x"}, []string{two, "0"}, []string{"started", "0"}),
			strings.Repeat("1|,", maxSample) + "|,|", 1},
		{"a header with more behind it", rows([]string{"x", "body"}, []string{"0", one}, []string{"x", "body", "b"}, []string{"0", two, "5"}), "1|,|,2|", 0},
		{"lines in cells", rows([]string{"x", "body"}, []string{"0", "{\n\"time\":\"t\",\n\"a\":\"1\"}"}), "1|", 0},
		{"tabs, no quotes", "x\tbody\n0\t" + one + "\n0\t" + two + "\n", "1|,2|", 0},
		{"a title", "All events\n\n" + rows([]string{"x", "y", "body"}, []string{"0", "0", one}, []string{"0", "0", two}), "1|,2|", 0},
		{"broken in an envelope", rows([]string{"category", "properties"}, []string{"x", one}, []string{"x", one[:9]}, []string{"x", ""}), "1|,|", 1},
		{"a line below the header", "offset | body\n-------+-----\n     7 | " + one + "\n", "|,1|", 0},
		{"others among them", rows([]string{"b", "body"}, []string{"7", "started"}, []string{"0", one}, []string{"8", ""}), "|7,1|,|8", 0},
		{"broken", rows([]string{"x", "body"}, []string{"0", one}, []string{"0", one[:9]}), "1|", 1},
		{"cut off", cut[:len(cut)-9], "1|", 1},
		{"a long first record", rows([]string{"x", "body"}, []string{"0", `[{"x":"` + strings.Repeat("y", headSize) + `"},` + one + `]`}, []string{"0", two}), "|,1|,2|", 0},

		// Records that are of a table stay, and so does what is unknown.
		{"records", rows([]string{"time", "a", "body"}, []string{"t", "0", one}), "0|", 0},
		{"unknown", rows([]string{"b", "body"}, []string{"3", `{"a":"1"}`}), "|3", 0},
		// Unless a column has all of them, and more.
		{"packed rows", rows([]string{"time", "a", "Packed"}, []string{"another form", "1", `{"time":"t","a":"1","b":"3"}`}, []string{"t", "2", `{"time":"t","a":"2","b":"4"}`}), "1|3,2|4", 0},
		{"packed rows, and others behind the sample", rows([]string{"time", "a", "Packed"}) + strings.Repeat(rows([]string{"t", "1", `{"time":"t","a":"1","b":"3"}`}), maxSample) +
			rows([]string{"t", "0", `{"time":"t","a":"2","b":"4"}`}, []string{"t", "0", ""}), strings.Repeat("1|3,", maxSample) + "0|,2|4,0|", 0},
		{"packed rows, one cut off behind the sample", rows([]string{"time", "a", "Packed"}) + strings.Repeat(rows([]string{"t", "1", `{"time":"t","a":"1","b":"3"}`}), maxSample) +
			rows([]string{"t", "0", `{"time":"t","a":"0","b`}), strings.Repeat("1|3,", maxSample) + "0|", 1},
		{"packed rows, one of them another", rows([]string{"time", "a", "Packed"}, []string{"t", "1", `{"time":"t","a":"1","b":"3"}`}, []string{"t", "0", `{"time":"t","a":"2","b":"4"}`}), "1|,0|", 0},
		{"packed rows, one of them missing", rows([]string{"time", "a", "Packed"}, []string{"t", "1", `{"time":"t","a":"1","b":"3"}`}, []string{"t", "0", ""}), "1|,0|", 0},
		{"text", rows([]string{"b", "body"}, []string{"3", "a " + one}), "|3", 0},
	})

	// A record that is too long is refused in its place.
	long := strings.Repeat("y", 1<<16)
	for _, text := range []string{
		rows([]string{"x", "body"}, []string{"0", one}, []string{long, two}, []string{"0", two}),
		rows([]string{"x", "body"}, []string{"0", one}, []string{"0", two}, []string{long, two}),
	} {
		o := Options{Table: timedTable, MaxRecord: 1 << 15}
		seen := readJSON(t, Format{Open: func(*Content, Options) (Source, error) { return CSV.Open(jsonContent(text, false), o) }}, jsonContent(text, false), o, "a")
		if len(seen.rows) != 2 || len(seen.rejects) != 1 || seen.err != nil {
			t.Errorf("%q, %d rejects, %v", seen.rows, len(seen.rejects), seen.err)
		}
	}
}
