package formats

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// timedTable knows tables of columns time and a, or time and b.
func timedTable(p *Part) string {
	for _, name := range []string{"a", "b"} {
		if slices.Contains(p.Columns, "time") && slices.Contains(p.Columns, name) {
			return name
		}
	}
	return ""
}

// openJSONText opens text as the format that its first bytes show.
func openJSONText(text string, stream bool, o Options) (Source, error) {
	c := jsonContent(text, stream)
	if JSONL.Sniff(c.Head) {
		return JSONL.Open(c, o)
	}
	return JSON.Open(c, o)
}

func TestJSONSearch(t *testing.T) {
	one, two := `{"time":"t","a":"1"}`, `{"time":"t","a":"2"}`
	list := "[" + one + "," + two + "]"
	columns, plain := `[{"name":"time"},{"name":"a"}]`, `["time","a"]`
	table := `{"name":"P","columns":` + columns + `,"rows":[["t","1"],["t","2"]]}`
	tests := []struct {
		name, text string
		want       string // cells a|b, by row
		rejects    int
	}{
		{"data", `{"x":1,"data":` + list + `,"y":{"z":[]}}`, "1|,2|", 0},
		{"rows of objects", `{"rows":` + list + `}`, "1|,2|", 0},
		{"ClickHouse, compact", `{"meta":` + columns + `,"data":[["t","1"],["t","2"]],"rows":2}`, "1|,2|", 0},
		{"ClickHouse", `{"meta":` + columns + `,"data":` + list + `,"rows":2}`, "1|,2|", 0},
		{"ES|QL", `{"took":1,"columns":` + columns + `,"values":[["t","1"],["t","2"]]}`, "1|,2|", 0},
		{"SQL of OpenSearch", `{"schema":` + columns + `,"datarows":[["t","1"],["t","2"]],"total":2}`, "1|,2|", 0},
		{"values of records", `{"columns":` + columns + `,"x":{"values":` + list + `}}`, "1|,2|", 0},
		{"meta of others before columns", `{"x":{"meta":[{"name":"x"}],"columns":` + columns + `,"data":[["t","1"],["t","2"]]}}`, "1|,2|", 0},
		{"meta beside records", `{"meta":[{"name":"x"}],"value":` + list + `}`, "1|,2|", 0},
		{"pandas table", `{"schema":{"fields":` + columns + `},"data":` + list + `}`, "1|,2|", 0},
		{"two tables", `{"A":` + list + `,"B":[{"time":"t","b":"3"}],"A2":[` + one + `]}`, "1|,2|,|3,1|", 0},
		{"Logic App", `{"headers":{"a":"b"},"body":{"value":` + list + `}}`, "1|,2|", 0},
		{"batch", `{"responses":[{"id":"1","body":{"tables":[` + table + `]}},{"id":"2","body":{"tables":[` + table + `]}}]}`, "1|,2|,1|,2|", 0},
		{"batch, one failed", `{"responses":[{"id":"1","body":{"tables":[` + table + `]}},{"id":"2","body":{"error":{"code":"x"}}}]}`, "1|,2|", 1},
		{"batch, the first failed", `{"responses":[{"id":"2","body":{"error":{"code":"x"}}},{"id":"1","body":{"value":` + list + `}}]}`, "1|,2|", 1},
		{"list of records", `[{"records":[` + one + `]},{"records":[` + two + `]}]`, "1|,2|", 0},
		{"list of answers", `[{"tables":[` + table + `]}]`, "1|,2|", 0},
		{"properties of an answer", `{"properties":{"tables":[` + table + `]}}`, "1|,2|", 0},
		{"by key", `{"0":` + one + `,"1":` + two + `,"2":{"a":"3"}}`, "1|,2|,3|", 0},
		{"by key, one is none", `{"0":` + one + `,"1":` + two + strings.Repeat(`,"n":`+one, 70) + `,"2":7}`, "1|,2|" + strings.Repeat(",1|", 70), 1},
		{"by key inside", `{"x":{"0":` + one + `,"1":` + two + `}}`, "1|,2|", 0},
		{"split", `{"columns":` + plain + `,"index":[0,1],"data":[["t","1"],["t","2"]]}`, "1|,2|", 0},
		{"columns are names", `{"tables":[{"name":"P","columns":` + plain + `,"rows":[["t","1"]]}]}`, "1|", 0},
		{"result", `[{"offset":0,"result":` + one + `},{"offset":1,"result":` + two + `}]`, "1|,2|", 0},
		{"result, lines", `{"offset":0,"result":` + one + "}\n" + `{"offset":1,"result":` + two + `}`, "1|,2|", 0},
		{"results", `{"results":[{"result":` + one + `}]}`, "1|", 0},
		{"source, lines", `{"_index":"i","_source":` + one + "}\n" + `{"a":"0","_source":` + two + `}`, "1|,2|", 0},
		{"source", `{"hits":{"total":2,"hits":[{"_id":"1","_source":` + one + `},{"_source":` + two + `}]}}`, "1|,2|", 0},
		{"body as text, lines", `{"Offset":1,"Body":` + fmt.Sprintf("%q", one) + `}`, "1|", 0},
		{"result among bare records, lines", one + "\n" + `{"result":` + two + "}\n" + one, "1|,2|,1|", 0},
		{"body as text among bare records", one + "\n" + `{"Offset":1,"Body":` + fmt.Sprintf("%q", two) + `}`, "1|,2|", 0},
		{"bare record with a result", `{"time":"t","a":"1","result":` + two + "}\n" + one, "1|,1|", 0},
		{"properties before result, lines", `{"properties":` + one + `,"result":` + two + "}\n" + two, "1|,2|", 0},
		{"lines of lists", `{"data":` + list + "}\n" + `{"data":[` + one + `]}`, "1|,2|,1|", 0},

		{"a record beside lists", `{"x":` + list + `,"y":` + one + `,"z":{"time":"t","b":"3"}}`, "1|,2|,1|,|3", 0},
		{"an answer is a record", `{"responses":[{"body":{"value":` + list + `}},{"body":` + one + `}]}`, "1|,2|,1|", 0},
		{"a record among answers", `{"x":[{"records":` + list + `},` + one + `]}`, "1|,2|,1|", 0},
		{"many members before", `{"x":` + list + `,"y":{` + strings.Repeat(`"n":{"m":1},`, 100) + `"z":[` + one + `]}}`, "1|,2|,1|", 0},

		// What is a record is none that wraps others, and what is unknown is one.
		{"record with records", "{\n\"x\":" + list + `,"time":"t","a":"0"}`, "0|", 0},
		{"records with records", `[{"time":"t","a":"0","x":` + list + `}]`, "0|", 0},
		{"line with records", `{"time":"t","a":"0","x":` + list + `}`, "0|", 0},
		{"properties and result", `[{"properties":` + one + `,"result":{"time":"t","a":"0"}}]`, "1|", 0},
		{"unknown list", `{"data":[{"a":"1"}],"b":"2"}`, "|2", 0},
		{"unknown result", `{"result":{"a":"1"},"b":"2"}`, "|2", 0},
		{"unknown by key", `{"a":{"x":1},"b":{"y":2}}`, `{"x":1}|{"y":2}`, 0},
		{"one of two by key", `{"b":` + one + `,"a":{"y":2}}`, `{"y":2}|` + one, 0},
		{"split of unknown columns", `{"columns":["x","y"],"data":[[1,2]],"a":3}`, "3|", 0},
	}
	for _, test := range tests {
		for _, block := range []int{1, 7, 64, 0} {
			for _, stream := range []bool{false, true} {
				o := Options{BlockSize: block, Table: timedTable}
				format := JSON
				format.Open = func(*Content, Options) (Source, error) { return openJSONText(test.text, stream, o) }
				seen := readJSON(t, format, jsonContent(test.text, stream), o, "a", "b")
				var got []string
				for _, row := range seen.rows {
					got = append(got, strings.Join(row, "|"))
				}
				if g := strings.Join(got, ","); g != test.want || len(seen.rejects) != test.rejects || seen.err != nil {
					t.Errorf("%s, block %d, stream %v: %q, rejects %q, %v\nwant %q and %d rejects", test.name, block, stream, g, seen.rejects, seen.err, test.want, test.rejects)
				}
				if fmt.Sprint(seen.late) != fmt.Sprint(seen.rows) {
					t.Errorf("%s: late %q, keys %q", test.name, seen.late, seen.rows)
				}
			}
		}
	}
}

// A table that is met again, in other lists, is one part.
func TestJSONSearchParts(t *testing.T) {
	record := `{"time":"t","a":"1"}`
	text := `[{"records":[` + record + `]},{"other":[{"time":"t","b":"2"}]},{"records":[` + record + `]}]`
	src, err := openJSONText(text, false, Options{Table: timedTable})
	if err != nil {
		t.Fatal(err)
	}
	info := src.Info()
	if len(info.Parts) != 2 || fmt.Sprintf("%q %q", info.Parts[0].Sample, info.Parts[1].Sample) != `[["t" "1"]] [["t" "2"]]` {
		t.Errorf("%+v", info.Parts)
	}
	if want := `["records are read out of \"records\"; what stands beside that is not" "records are read out of \"other\"; what stands beside that is not"]`; fmt.Sprintf("%q", info.Notes) != want {
		t.Errorf("%q", info.Notes)
	}
	r := src.NewReader(Want{})
	for {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil || !slices.Contains(info.Parts, b.Part) {
			t.Fatal(b, err)
		}
	}
}

// A document of which every part is wanted stays whole, but for envelopes.
func TestJSONSearchWhole(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":"0","data":[{"time":"t","a":"1"}]}`:                            "[[0]]",
		"{\n\"a\":\"0\",\"body\":{\"data\":[{\"time\":\"t\",\"a\":\"1\"}]}}": "[[0]]",
		`[{"a":"0","records":[{"time":"t","a":"1"}],"x":1}]`:                 "[[1]]", // as ever
		`{"0":{"time":"t","a":"1"},"1":{"time":"t","a":"2"},"a":"0"}`:        "[[0]]",
		`[{"offset":0,"result":{"time":"t","a":"1"}}]`:                       "[[1]]",
		`{"columns":["time","a"],"data":[["t","1"]],"a":"0"}`:                "[[0]]",
	} {
		o := Options{Table: timedTable, Whole: true}
		format := JSON
		format.Open = func(*Content, Options) (Source, error) { return openJSONText(text, false, o) }
		if seen := readJSONBy(t, format, jsonContent(text, false), o, nil, "a"); fmt.Sprint(seen.rows) != want {
			t.Errorf("%s: %q, want %s", text, seen.rows, want)
		}
	}
}

// Where a document wraps records, a value that was not searched to its end may have
// more of them.
func TestJSONSearchUnsearched(t *testing.T) {
	one := `{"time":"t","a":"1"}`
	long := `"m":"` + strings.Repeat("x", jsonFar) + `"`
	script := `"m":"` + strings.Repeat("x", jsonWindow) + `"`
	numbers := strings.Repeat("1,", jsonWindow)
	names := strings.Repeat(`{"name":"x"},`, jsonWindow/8)
	lists := strings.Repeat(`"k":[{"q":0}],`, 3000)
	tests := []struct {
		name, text string
		rows       int
		passed     string
	}{
		{"first record is large", `{"responses":[{"hits":{"hits":[{"_source":` + one + `}]}},{"hits":{"hits":[{"_source":{` + long + `,"time":"t","a":"2"}}]}}]}`, 1, "hits"},
		{"a long text in the first record", `{"responses":[{"hits":{"hits":[{"_source":` + one + `}]}},{"hits":{"hits":[{"_source":{` + script + `,"time":"t","a":"2"}}]}}]}`, 2, ""},
		{"in the first of all", `{"x":1,"hits":{"hits":[{"_id":"1","_source":{` + script + `,"time":"t","a":"2"}},{"_source":` + one + `}]}}`, 2, ""},
		{"a text longer still, behind the columns", `{"x":1,"hits":{"hits":[{"_id":"1","_source":{"time":"t","a":"2",` + long + `}},{"_source":` + one + `}]}}`, 2, ""},
		{"records one after the other", `{"x":1,` + "\n" + `"result":` + one + "}\n" + `{"x":1,` + "\n" + `"result":` + one + `}`, 2, ""},
		{"in a list of documents", `[{"id":1,"rows":[{` + script + `,"time":"t","a":"2"},` + one + `]},{"id":2,"rows":[` + one + `]}]`, 3, ""},
		{"in a list", `{"meta":[{"name":"time"}],"data":[{` + script + `,"time":"t","a":"2"},` + one + `]}`, 2, ""},
		{"text before the records", `{"responses":[{"body":{"value":[` + one + `]}},{"body":{` + long + `,"value":[` + one + `]}}]}`, 1, "body"},
		{"text before the list", `{"data":[` + one + `],"more":{` + long + `,"data":[` + one + `]}}`, 1, "more"},
		{"records come later", `{"more":{` + long + `,"data":[` + one + `]},"data":[` + one + `]}`, 1, "more"},
		{"as an export has them", `{"value":[` + one + `],"more":{` + long + `,"data":[` + one + `]}}`, 1, "more"},
		{"a large record beside lists", `{"data":[` + one + `],"more":{"time":"t","a":"2",` + long + `}}`, 2, ""},
		{"a record before lists", `{"more":` + one + `,"x":1,"data":[` + one + `]}`, 1, "more"},
		{"a record beside what is none", `{"data":[` + one + `],"more":{"x":1,"y":` + one + `}}`, 1, "more"},
		{"numbers", `{"data":[` + one + `],"index":[` + numbers + `1]}`, 1, ""},
		{"names", `{"data":[` + one + `],"meta":[` + names + `{}]}`, 1, ""},
		{"no records elsewhere", `{"x":1,"more":{` + long + `,"data":[` + one + `]}}`, 1, ""},
		{"a record", "{\"time\":\"t\",\n\"a\":\"1\",\"more\":{" + long + `,"data":[` + one + `]}}` + "\n" + `{"data":[` + one + `]}`, 2, ""},
		{"some lists without records", `{"b":[` + one + `],` + lists + `"z":[` + one + `]}`, 2, ""},
		{"many lists without records", `{"b":[` + one + `],` + lists + lists + `"z":[` + one + `]}`, 1, "k"},
		{"many lists before", `{` + lists + lists + `"z":[` + one + `]}`, 1, ""},
	}
	for _, test := range tests {
		for _, block := range []int{7, 0} {
			o := Options{BlockSize: block, Table: timedTable}
			seen := readJSONBy(t, JSON, jsonContent(test.text, false), o, nil, "a")
			want := ""
			if test.passed != "" {
				want = fmt.Sprintf("%v: %q", ErrUnsearched, test.passed)
			}
			got := ""
			for _, err := range seen.errs {
				got += err.Error()
			}
			if len(seen.rows) != test.rows || got != want || seen.err != nil {
				t.Errorf("%s, block %d: %d rows, %q, %v; want %d and %q", test.name, block, len(seen.rows), got, seen.err, test.rows, want)
			}
		}
	}
}

// The columns of lines are those of the envelope that they are read with, also where
// only what is further inside shows it.
func TestJSONSearchDeeperEnvelope(t *testing.T) {
	src, err := openJSONText(`{"offset":7,"result":{"b":2,"x":{"b":3,"x":{"b":4,"result":{"time":"t","a":"1"}}}}}`+"\n", false, Options{Table: timedTable})
	if err != nil {
		t.Fatal(err)
	}
	info := src.Info()
	got := fmt.Sprintf("%s %s %q %q", info.Format, info.Envelope, info.Parts[0].Columns, info.Parts[0].Sample)
	if want := `jsonl result ["b" "x"] [["2" "{\"b\":3,\"x\":{\"b\":4,\"result\":{\"time\":\"t\",\"a\":\"1\"}}}"]]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An envelope's fields take its place in a record, too.
func TestJSONSearchRecord(t *testing.T) {
	src, err := openJSONText(`{"offset":7,"result":{"time":"t","a":"1"}}`, false, Options{Table: timedTable})
	if err != nil {
		t.Fatal(err)
	}
	if e := src.Info().Envelope; e != "result" {
		t.Error(e)
	}
	r := src.NewReader(Want{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	fields, err := r.Record(0)
	if got := fmt.Sprintf("%q", fields); got != `[{"offset" "7"} {"time" "t"} {"a" "1"}]` || err != nil {
		t.Error(got, err)
	}
}

// A document of very many objects that are no records is looked into for a while.
func TestJSONSearchEnds(t *testing.T) {
	asked := 0
	o := Options{Table: func(*Part) string { asked++; return "" }}
	text := "{\n" + strings.Repeat(`"x":[{"y":{"z":1}},{"y":{"z":1}}],`, 20000) + `"a":1}`
	seen := readJSONBy(t, JSON, jsonContent(text, false), o, nil, "a")
	if len(seen.rows) != 1 || seen.err != nil {
		t.Error(len(seen.rows), seen.err)
	}
	if asked > 2*8*jsonMisses+8 { // eight times for each value, in the first pass and the second
		t.Errorf("asked %d times", asked)
	}
}

// What a search costs grows with the document, however its values are nested.
func TestJSONSearchCost(t *testing.T) {
	record := `{"time":"t","a":"1"}`
	members := func(value string) string {
		var b strings.Builder
		for i := range 5000 {
			fmt.Fprintf(&b, `,"a%d":%s`, i, value)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"record with lists":     `{"time":"t","a":"1"` + members(`[`+record+`]`) + `}`,
		"record with deeper":    `{"time":"t","a":"1"` + members(`{"b":[`+record+`]}`) + `}`,
		"deeper":                `{"x":1` + members(`{"b":[`+record+`]}`) + `}`,
		"small records":         strings.Repeat("{\n\"time\":\"t\",\"a\":{\"b\":["+record+"]}}\n", 5000),
		"objects in each other": strings.Repeat(`{"y":{"time":"t","a":"1"},"z":{"x":[`+record+`],"b":`, 500) + "1" + strings.Repeat("}}", 500),
	} {
		var size int64
		o := Options{Table: func(p *Part) string {
			for _, cells := range p.Sample {
				size += int64(len(strings.Join(cells, "")))
			}
			return timedTable(p)
		}}
		src, err := JSON.Open(jsonContent(text, false), o)
		if err != nil {
			t.Fatal(err)
		}
		for r := src.NewReader(Want{}); err == nil; {
			_, err = r.Next()
		}
		s, all := &src.(*jsonSource).cut.search, int64(len(text))
		if err != io.EOF || s.looked > jsonLooks*(all+8*jsonWindow) || size > 2*jsonLooks*(all+8*jsonWindow) {
			t.Errorf("%s: %d bytes looked at of %d, %d shown, %v", name, s.looked, all, size, err)
		}
	}
}

func FuzzJSONSearch(f *testing.F) {
	f.Add(`{"data":[{"time":"t","a":"1"},{"time":"t","a":"2"}],"x":{"y":[{}]}}`, byte(3), false)
	f.Add(`[{"records":[{"time":"t","a":"1"}]},{"error":{"x":1}}]`, byte(1), true)
	f.Add(`{"0":{"time":"t","a":"1"},"1":{"time":"t","b":"2"}}{"0":{"time":"t","a":"1"},"1":{"time":"t","a":"2"}}`, byte(5), false)
	f.Add("{\"columns\":[\"time\",\"a\"],\"data\":[[1,2],[3,4]]}\n{\"result\":{\"time\":1,\"a\":2}}", byte(9), true)
	f.Fuzz(func(t *testing.T, text string, block byte, stream bool) {
		if payloadNames([]byte(text)) != nil {
			t.Skip("events become lines, see FuzzEvents")
		}
		o := Options{BlockSize: int(block%64) + 1, MaxRecord: 1 << 20, Table: timedTable}
		seen := readJSON(t, JSON, jsonContent(text, stream), o, "a", "b")
		if fmt.Sprintf("%q", seen.late) != fmt.Sprintf("%q", seen.rows) {
			t.Fatalf("late %q, keys %q", seen.late, seen.rows)
		}
		o.BlockSize = 0
		whole := readJSON(t, JSON, jsonContent(text, !stream), o, "a", "b")
		if fmt.Sprintf("%q %q %v %v", whole.rows, whole.rejects, whole.lines, whole.records) != fmt.Sprintf("%q %q %v %v", seen.rows, seen.rejects, seen.lines, seen.records) {
			t.Fatalf("%q, rejects %q %v; whole: %q, rejects %q %v", seen.rows, seen.rejects, seen.lines, whole.rows, whole.rejects, whole.lines)
		}
	})
}
