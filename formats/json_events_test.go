package formats

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What others have passed on is read where it shows a table and the lines do not.
func TestEvents(t *testing.T) {
	one, two := `{"time":"t","a":"1"}`, `{"time":"t","a":"2"}`
	quoted := func(text string) string { return fmt.Sprintf("%q", text) }
	checkEvents(t, JSONL, []eventTest{
		{"two deep", `{"body":{"category":"x","properties":` + one + `},"n":1}` + "\n" + `{"body":{"category":"x","properties":` + two + `},"n":2}`, "1|,2|", 0},
		{"batch", `{"body":{"records":[` + one + `,{"properties":` + two + `}]},"n":1}` + "\n" + `{"n":2,"body":{"records":[` + one + `]}}`, "1|,2|,1|", 0},
		{"batch as text", `{"body":` + quoted(`{"records":[`+one+`,`+two+`]}`) + `}`, "1|,2|", 0},
		{"text in text", `{"message":` + quoted(`{"properties":`+one+`}`) + `,"b":"0"}`, "1|", 0},
		{"list, and several", `{"message":` + quoted(`[`+one+`]`) + "}\r\n\n" + `{"message":` + quoted(one+"\n"+two) + `}`, "1|,1|,2|", 0},
		{"Splunk", `{"preview":false,"result":{"_time":"x","_raw":` + quoted(one) + `}}`, "1|", 0},
		{"two deep of Splunk", `{"preview":false,"result":{"_raw":` + quoted(`{"body":`+one+`}`) + `}}`, "1|", 0},
		{"Elasticsearch", `{"_source":{"message":"x","event":{"original":` + quoted(one) + `}}}` + "\n" + `{"event.original":` + quoted(two) + `}`, "1|,2|", 0},
		{"two deep of Elasticsearch", `{"_index":"i","_source":{"category":"x","properties":` + one + `}}` + "\n" + `{"_index":"i","_source":` + two + `}`, "1|,2|", 0},
		{"two deep in results of Splunk", `{"preview":false,"result":{"category":"x","properties":` + one + `}}`, "1|", 0},
		{"Splunk's collector", `{"time":7,"event":` + one + `}` + "\n" + `{"time":8,"event":` + quoted(two) + `}`, "1|,2|", 0},
		{"Loki", `{"labels":{},"line":` + quoted(one) + `,"timestamp":"x"}`, "1|", 0},
		{"Loki's answer", `{"status":"success","data":{"resultType":"streams","result":[{"stream":{"job":"x"},"values":[["1743473587482000000",` + quoted(one) + `], [ "1743473587482000001", ` + quoted(two) + `, {}]]}]}}`, "1|,2|", 0},
		{"sent to Loki", `{"streams":[{"stream":{},"values":[["1743473587482000000",` + quoted(`\"x`+"\t") + `],["1743473587482000000",` + quoted(one) + `]]}]}` + "\n" + `{"streams":[{"stream":{"a":"7"},"values":[["1743473587482000000",` + quoted(two) + `]]}]}`, "|,1|,2|", 0},
		{"Loki's answer with a long line", `{"data":{"result":[{"stream":{},"values":[["1743473587482000000",` + quoted(`{"x":`+quoted(strings.Repeat(`"y`, textPiece))+`,"time":"t","a":"2"}`) + `],["1743473587482000000",` + quoted(one) + `]]}]}}`, "2|,1|", 0},
		{"Loki's answer, cut off", `{"data":{"result":[{"stream":{},"values":[["1743473587482000000",` + quoted(one) + `],["1743473587482000000","{\"time\`, "1|", 1},
		{"sent to Loki, with other lines", utf8BOM + "\x1e" + `{"streams":[{"stream":{},"values":[["1743473587482000000",` + quoted(one) + `]]}]}` + "\nconnection lost\n\n" + `{"streams":[{"stream":{},"values":[["1743473587482000000",` + quoted(two) + `]]}]}` + "\n]", "1|,2|", 2},
		{"Google Cloud", `{"jsonPayload":` + one + `,"b":"0"}` + "\n" + `{"textPayload":"x"}`, "1|,|", 0},
		{"text in Google Cloud", `{"textPayload":` + quoted(one) + `}`, "1|", 0},
		{"OpenTelemetry", `{"body":{"stringValue":` + quoted(one) + `}}`, "1|", 0},
		{"Graylog", `{"version":"1.1","short_message":` + quoted(one) + `}`, "1|", 0},
		{"Kafka", `{"offset":7,"value":` + one + `}`, "1|", 0},
		{"many of others first", strings.Repeat(`{"body":{"category":"x","operationName":"y","properties":{"b":"0"}}}`+"\n", maxSample) + `{"body":{"category":"z","properties":` + one + `}}`,
			strings.Repeat("|0,", maxSample) + "1|", 0},
		{"others in Azure's envelope first, with its names further inside", strings.Repeat(`{"category":"x","operationName":"y","properties":{"b":"0","result":{"category":"x","operationName":"y"}}}`+"\n", maxSample) + `{"category":"z","operationName":"y","properties":` + one + `}`,
			strings.Repeat("|0,", maxSample) + "1|", 0},
		{"the least deep", `{"x":{"message":` + quoted(two) + `},"message":` + quoted(one) + `}`, "1|", 0},
		{"behind other objects", `{"x":{"b":"0"},"y":{"message":` + quoted(one) + `}}`, "1|", 0},
		{"others among them", `{"message":"started","b":"7"}` + "\n" + `{"message":` + quoted(one) + "}\nno JSON\n" + `{"b":"8"}`, "|7,1|,|8", 1},
		{"records behind them", strings.Repeat(`{"message":`+quoted(one)+"}\n", maxSample) + `{"time":"t","a":"0","message":` + quoted(two) + "}\n" + `{"message":` + quoted(two) + `}`,
			strings.Repeat("1|,", maxSample) + "0|,2|", 0},
		{"broken", `{"message":` + quoted(one) + "}\n" + `{"message":` + quoted(one[:9]) + `}`, "1|", 1},
		{"more behind it in the line", `{"message":` + quoted(one) + "}\n" + `{"message":` + quoted(one) + `}{"message":` + quoted(two) + `}`, "1|", 1},
		{"byte order mark", utf8BOM + `{"message":` + quoted(one) + `}`, "1|", 0},

		// Lines that are records stay, and so does what is unknown.
		{"records", `{"time":"t","a":"0","message":` + quoted(one) + `}`, "0|", 0},
		{"unknown", `{"b":"3","message":` + quoted(`{"a":"1"}`) + `}`, "|3", 0},
		{"unknown member", `{"b":"3","text":` + quoted(one) + `}`, "|3", 0},
	})
}

// An eventTest is a text with events.
type eventTest struct {
	name, text string
	want       string // cells a|b, by row
	rejects    int
}

// checkEvents reads texts with events in blocks of any size, from files and streams.
func checkEvents(t *testing.T, f Format, tests []eventTest) {
	t.Helper()
	for _, test := range tests {
		for _, block := range []int{1, 7, 64, 0} {
			for _, stream := range []bool{false, true} {
				o := Options{BlockSize: block, Table: timedTable}
				format := f
				format.Open = func(*Content, Options) (Source, error) { return f.Open(jsonContent(test.text, stream), o) }
				seen := readJSON(t, format, jsonContent(test.text, stream), o, "a", "b")
				var got []string
				for _, row := range seen.rows {
					got = append(got, strings.Join(row, "|"))
				}
				if g := strings.Join(got, ","); g != test.want || len(seen.rejects) != test.rejects || seen.err != nil {
					t.Errorf("%s, block %d, stream %v: %q, rejects %q, %v\nwant %q and %d rejects", test.name, block, stream, g, seen.rejects, seen.err, test.want, test.rejects)
				}
			}
		}
	}
}

// Lines that are made of what others hold have no place in the file, and those that are
// too long to be taken apart are refused.
func TestEventPlaces(t *testing.T) {
	one := `{"time":"t","a":"1"}`
	line := `{"message":` + fmt.Sprintf("%q", one) + `}`
	long := `{"x":"` + strings.Repeat("y", 1<<17) + `","message":` + fmt.Sprintf("%q", one) + `}`
	o := Options{Table: timedTable, MaxRecord: 1 << 16}
	src, err := JSONL.Open(jsonContent(line+"\n"+long+"\n"+line, false), o)
	if err != nil {
		t.Fatal(err)
	}
	if want := `["records are read out of \"message\" of each event; what stands beside that is not"]`; fmt.Sprintf("%q", src.Info().Notes) != want {
		t.Errorf("%q", src.Info().Notes)
	}
	r := src.NewReader(Want{})
	rows, rejects := 0, 0
	for {
		b, err := r.Next()
		if err != nil {
			break
		}
		for row := range b.Rows {
			if pos := r.Pos(uint32(row)); pos.Line != -1 || pos.Offset != -1 {
				t.Errorf("%+v", pos)
			}
		}
		rows, rejects = rows+b.Rows, rejects+len(r.Rejects())
	}
	if rows != 2 || rejects != 1 {
		t.Errorf("%d rows, %d rejects", rows, rejects)
	}
}

// Records that are read though they do not show their table beyond doubt stay what they are.
func TestEventsFit(t *testing.T) {
	sent := `"message":"{\"time\":\"t\",\"a\":\"1\"}"}`
	event, fits := `{`+sent, `{"b":"0",`+sent
	hit := func(record string) string { return `{"_id":"1","_source":` + record + `}` }
	o := Options{Table: timedTable, Fits: func(p *Part) bool { return slices.Contains(p.Columns, "b") }}
	tests := []struct{ name, text, want string }{
		{"lines", fits + "\n" + fits, "|0,|0"},
		{"list", "[" + fits + "," + fits + "]", "|0,|0"},
		{"behind events", strings.Repeat(event+"\n", maxSample) + fits, strings.Repeat("1|,", maxSample) + "|0"},
		{"behind events in an envelope", strings.Repeat(hit(event)+"\n", maxSample) + hit(fits) + "\n" + hit(event), strings.Repeat("1|,", maxSample) + "|0,1|"},
		{"no record", event + "\n" + event, "1|,1|"},
	}
	for _, test := range tests {
		if got, seen := readEvents(t, test.text, false, o); got != test.want || seen.err != nil {
			t.Errorf("%s: %q, want %q, %v", test.name, got, test.want, seen.err)
		}
	}
}

// Lines with the same keys are of one kind only if what names their table is the same, too;
// and where the whole text is asked for, all lines stay.
func TestEventsKinds(t *testing.T) {
	line := func(category string) string {
		return `{"category":"` + category + `","a":"0","message":"{\"time\":\"t\",\"a\":\"1\"}"}` + "\n"
	}
	named := func(p *Part) string {
		if n := slices.Index(p.Columns, "category"); n >= 0 && len(p.Sample) > 0 && p.Sample[0][n] == "mine" {
			return "mine"
		}
		return timedTable(p)
	}
	text := strings.Repeat(line("x"), maxSample) + line("mine") + line("y")
	if got, _ := readEvents(t, text, false, Options{Table: named}); got != strings.Repeat("1|,", maxSample)+"0|,1|" {
		t.Errorf("%q", got)
	}
	if got, _ := readEvents(t, line("x"), false, Options{Table: named, Whole: true}); got != "0|" {
		t.Errorf("the whole text: %q", got)
	}
}
