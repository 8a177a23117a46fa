package formats

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// readEvents reads text as the format that its first bytes show, and returns the cells
// a|b of its rows.
func readEvents(t *testing.T, text string, stream bool, o Options) (string, jsonSeen) {
	t.Helper()
	format := JSONL
	format.Open = func(*Content, Options) (Source, error) { return openJSONText(text, stream, o) }
	seen := readJSON(t, format, jsonContent(text, stream), o, "a", "b")
	var got []string
	for _, row := range seen.rows {
		got = append(got, strings.Join(row, "|"))
	}
	return strings.Join(got, ","), seen
}

// Events in documents are read as those in lines are.
func TestEventsInDocuments(t *testing.T) {
	one, two := `{"time":"t","a":"1"}`, `{"time":"t","a":"2"}`
	quoted := func(text string) string { return fmt.Sprintf("%q", text) }
	batch := quoted(`{"records":[` + one + `,{"properties":` + two + `}]}`)
	hit := func(text string) string { return `{"_id":"1","_source":{"n":1,"message":` + quoted(text) + `}}` }
	large := quoted(`{"records":[` + one + `,{"x":"` + strings.Repeat("y", 3*headSize) + `","time":"t","a":"2"}]}`)
	tests := []struct {
		name, text string
		want       string // cells a|b, by row
		rejects    int
	}{
		{"text in a list", `[{"body":` + batch + `,"n":1}, {"n":2,"body":` + quoted("["+two+"]") + `}]`, "1|,2|,2|", 0},
		{"indented list", "[\n  {\n    \"n\": 1,\n    \"body\": " + batch + "\n  },\n  {\n    \"body\": " + quoted("["+two+"]") + "\n  }\n]\n", "1|,2|,2|", 0},
		{"two deep in a list", `[{"body":{"category":"x","properties":` + one + `},"n":1},{"body":{"properties":` + two + `},"n":2}]`, "1|,2|", 0},
		{"value", utf8BOM + `{"@odata.context":"x","value":[{"payload":` + quoted(one) + `},{"payload":` + batch + `}]}`, "1|,1|,2|", 0},
		{"Elasticsearch", `{"took":1,"hits":{"total":{"value":2},"hits":[` + hit(one) + `,` + hit(two) + `]}}`, "1|,2|", 0},
		{"Elasticsearch, indented", "{\n\"took\":1,\"hits\":{\n\"hits\":[\n" + hit(one) + ",\n" + hit(two) + "]}}", "1|,2|", 0},
		{"Elasticsearch, pages", strings.Repeat(`{"hits":{"hits":[`+hit(one)+`]}}`+"\n", 3), "1|,1|,1|", 0},
		{"original", `{"hits":[{"_source":{"event":{"original":` + quoted(one) + `}}},{"_source":{"event.original":` + quoted(two) + `}}]}`, "1|,2|", 0},
		{"Splunk", `{"preview":false,"fields":[{"name":"_raw"}],"results":[{"_time":"x","_raw":` + quoted(one) + `},{"_raw":` + quoted(two) + `}]}`, "1|,2|", 0},
		{"indented events", "{\n\"body\":{\n\"properties\":" + one + "}\n}\n{\n\"body\":{\"properties\":\n" + two + "}\n}", "1|,2|", 0},
		{"rows by position", `{"tables":[{"name":"P","columns":[{"name":"n"},{"name":"message"}],"rows":[[1,` + quoted(one) + `],[2,` + batch + `]]}]}`, "1|,1|,2|", 0},
		{"batches among records", `[{"body":` + quoted(one) + `},{"body":` + batch + `}]`, "1|,1|,2|", 0},
		{"batches among records, lines", `{"body":` + quoted(one) + "}\n" + `{"body":` + batch + "}\n", "1|,1|,2|", 0},
		{"broken among records", `[{"body":` + quoted(one) + `},{"body":` + quoted(one[:9]) + `}]`, "1|", 1},
		{"broken among records, lines", `{"body":` + quoted(one) + "}\n" + `{"body":` + quoted(one[:9]) + "}\n", "1|", 1},
		{"others among them", `[{"body":"started","b":"7"},{"body":` + quoted(one) + `}]`, "|7,1|", 0},
		{"broken text", `[{"log":` + quoted(one) + `},{"log":` + quoted(one[:9]) + `},{"log":` + quoted(two) + `}]`, "1|,2|", 1},
		{"broken event", `[{"body":` + quoted(one) + `},{"body":},{"body":` + quoted(two) + `}]`, "1|,2|", 1},
		{"no event", `[{"body":` + quoted(one) + `},7,{"body":` + quoted(two) + `}]`, "1|,2|", 1},
		{"text behind", `[{"body":` + quoted(one) + `}] x y`, "1|", 1},
		{"broken event of a name that is no envelope", `[{"log":` + quoted(one) + `},{"log":},{"log":` + quoted(two) + `}]`, "1|,2|", 1},
		{"no event of such a name", `[{"log":` + quoted(one) + `},7,{"log":` + quoted(two) + `}]`, "1|,2|", 1},
		{"text behind events of such a name", `[{"log":` + quoted(one) + `}] x y`, "1|", 1},
		{"lists as text", `[{"log":` + quoted("["+one+"]") + `},{"log":` + quoted("["+two+"]") + `}]`, "1|,2|", 0},

		{"long first line", `{"body":` + large + "}\n" + `{"body":` + quoted(one) + `}`, "1|,2|,1|", 0},
		{"one long line", `{"body":` + large + `}`, "1|,2|", 0},
		{"long second line", `{"body":"started"}` + "\n" + `{"body":` + large + "}\n" + `{"body":` + quoted(one), "|,1|,2|", 1},
		{"long first line, then broken", `{"body":` + large + "}\n" + `{"body":"x` + "\n" + `{"body":` + quoted(one) + `}` + "\n", "1|,2|,1|", 1},
		{"long first element", `[{"body":` + large + `},{"body":` + quoted(one) + `}]`, "1|,2|,1|", 0},
		{"long first hit", `{"hits":{"hits":[{"_source":{"message":` + large + `}},` + hit(one) + `]}}`, "1|,2|,1|", 0},

		// Records stay, and so does what is unknown.
		{"records", `[{"time":"t","a":"0","message":` + quoted(one) + `}]`, "0|", 0},
		{"records in a list", `{"data":[{"time":"t","a":"0","message":` + quoted(one) + `}]}`, "0|", 0},
		{"unknown", `[{"b":"3","message":` + quoted(`{"a":"1"}`) + `}]`, "|3", 0},
		{"unknown member", `[{"b":"3","text":` + quoted(one) + `}]`, "|3", 0},
		{"unknown, long", `{"b":"3","message":` + quoted(strings.Repeat("x", 2*headSize)) + `}`, "|3", 0},
	}
	for _, test := range tests {
		for _, block := range []int{1, 7, 64, 0} {
			for _, stream := range []bool{false, true} {
				got, seen := readEvents(t, test.text, stream, Options{BlockSize: block, Table: timedTable})
				if got != test.want || len(seen.rejects) != test.rejects || seen.err != nil {
					t.Errorf("%s, block %d, stream %v: %q, rejects %.200q, %v\nwant %q and %d rejects", test.name, block, stream, got, seen.rejects, seen.err, test.want, test.rejects)
				}
			}
		}
	}
}

// A document that breaks off is said to, behind the events that it has; one that is too
// large among them is refused.
func TestEventsCutOff(t *testing.T) {
	o := Options{Table: timedTable, MaxRecord: 1 << 16}
	for _, stream := range []bool{false, true} {
		for _, name := range []string{"body", "log"} { // an envelope is read in its place
			event := `{"` + name + `":` + fmt.Sprintf("%q", `{"time":"t","a":"1"}`) + `}`
			got, seen := readEvents(t, "["+event+","+event+`,{"bo`, stream, o)
			if got != "1|,1|" || seen.err == nil || !strings.Contains(seen.err.Error(), "not closed") {
				t.Errorf("%q, %v", got, seen.err)
			}
			got, seen = readEvents(t, "["+event+`,{"x":"`+strings.Repeat("y", 1<<17)+`"},`+event+"]", stream, o)
			if got != "1|,1|" || len(seen.rejects) != 1 || seen.err != nil {
				t.Errorf("%q, %d rejects, %v", got, len(seen.rejects), seen.err)
			}
		}
	}
}

// An element is given once, however small the pieces are in which it is asked for.
func TestElementReader(t *testing.T) {
	event := `{"body":{"time":"t","a":"1"}}`
	text := "[" + strings.Repeat(event+",\n", 3000) + event + "]"
	got, err := io.ReadAll(newElementReader(strings.NewReader(text), []string{"body"}, Options{Table: timedTable}))
	if want := strings.Repeat(event+"\n", 3001); string(got) != want || err != nil {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
}

// Very many events that hold no records are looked into for a while.
func TestEventSearchEnds(t *testing.T) {
	asked := 0
	o := Options{Table: func(*Part) string { asked++; return "" }}
	text := "{\n" + strings.Repeat(`"x":[{"message":{"y":[{"z":1}]}}],`, 20000) + `"a":1}`
	if got, seen := readEvents(t, text, false, o); got != "1|" || seen.err != nil {
		t.Error(got, seen.err)
	}
	if most := 2*8*jsonMisses + 100*eventMisses; asked > most {
		t.Errorf("asked %d times, more than %d", asked, most)
	}
}

// What events hold does not depend on how the text comes, and a reject is no row.
func FuzzEvents(f *testing.F) {
	f.Add(`[{"log":"{\"time\":1,\"a\":2}"},{"log":"{"},7,{"log":[{"time":1,"a":2}]}] x`, byte(2), false)
	f.Add(`{"columns":["n","message"],"rows":[[1,"{\"time\":1,\"a\":2}"],[2],{"message":3}]}`, byte(4), true)
	f.Add(`{"hits":{"hits":[{"_source":{"event":{"original":"{\"time\":1,\"a\":2}"}}},{"_source":{}}]}}`, byte(1), true)
	f.Add("{\n\"body\":{\"properties\":\n{\"time\":1,\"a\":2}}}\n{\"body\":[}", byte(9), false)
	f.Add("{\"payload\":\"[{\\\"time\\\":1,\\\"a\\\":2}]\"}\n{\"payload\":[]}", byte(3), true)
	f.Fuzz(func(t *testing.T, text string, block byte, stream bool) {
		o := Options{BlockSize: int(block%64) + 1, MaxRecord: 1 << 20, Table: timedTable}
		got, seen := readEvents(t, text, stream, o)
		o.BlockSize = 0
		want, whole := readEvents(t, text, !stream, o)
		if got != want || len(seen.rejects) != len(whole.rejects) || (seen.err == nil) != (whole.err == nil) {
			t.Fatalf("%q, rejects %q, %v; whole: %q, rejects %q, %v", got, seen.rejects, seen.err, want, whole.rejects, whole.err)
		}
	})
}
