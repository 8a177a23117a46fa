package formats

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestJSONShapes(t *testing.T) {
	record := `{"a":"1","b":{"x":[1,"]"]}}`
	tests := []struct {
		name, text string
		want       string // part:line:a|b|category
		rejects    int    // unless matched
		matched    int
		err        error
	}{
		{"array", `[` + record + `,` + "\n  " + `{"a":"2"}]`, `:1:1|{"x":[1,"]"]}|,:2:2||`, 0, 0, nil},
		{"pretty array", "[\n  {\n    \"a\": \"1\",\n    \"b [UTC]\": 2\n  },\n  {\n    \"a\": \"3\"\n  }\n]\n", ":2:1|2|,:6:3||", 0, 0, nil},
		{"byte order mark", "\ufeff[{\"a\":1}]", ":1:1||", 0, 0, nil},
		{"empty array", "[]", "", 0, 0, nil},
		{"value", "{\n\"@odata.context\":\"x\",\"value\":[\n{\"a\":1}\n,{\"a\":2}],\"nextLink\":\"y\"}", ":3:1||,:4:2||", 0, 0, nil},
		{"records", "{\"records\":\n[{\"category\":\"c\",\"properties\":{\"a\":1}}]}", ":2:1||c", 0, 0, nil},
		{"query answer", `{"tables":[{"name":"PrimaryResult","columns":[{"name":"b","type":"string"},{"name":"a","type":"int"}],"rows":[["x\ty",1],[null,2]]}]}`, "PrimaryResult:1:1|x\ty|,PrimaryResult:1:2||", 0, 0, nil},
		{"query answer without rows", `{"tables":[{"name":"PrimaryResult","columns":[{"name":"a"}],"rows":[]}]}`, "", 0, 0, nil},
		{"partial query answer", `{"tables":[{"name":"P","columns":[{"name":"a"}],"rows":[[1]]}],"error":{"code":"PartialError"}}`, "P:1:1||", 1, 0, ErrPartial},
		{"failed query", `{"error":{"code":"BadArgument"}}`, "", 1, 0, ErrPartial},
		{"ragged rows", `{"tables":[{"name":"P","columns":[{"name":"a"},{"name":"b"}],"rows":[[1],[1,2,3]]}]}`, "P:1:1||,P:1:1|2|", 0, 2, ErrRagged},
		{"two tables", `{"tables":[{"name":"P","columns":[{"name":"a"}],"rows":[[1]]},{"name":"Q","columns":[{"name":"b"}],"rows":[[2]]}]}`, "P:1:1||,Q:1:|2|", 0, 0, nil},
		{"rows before columns", `{"tables":[{"rows":[[1]],"name":"P","columns":[{"name":"a"}]}]}`, "", 1, 0, ErrSyntax},
		{"hunting", `{"Stats":{"x":[{}]},"Schema":[{"Name":"a","Type":"String"}],"Results":[{"a":1},{"a":2,"b":3}]}`, ":1:1||,:1:2|3|", 0, 0, nil},
		{"graph", `{"schema":[{"name":"a","type":"String"}],"results":[{"a":1}]}`, ":1:1||", 0, 0, nil},
		{"kusto v1", `{"Tables":[{"TableName":"Table_0","Columns":[{"ColumnName":"a","DataType":"String"}],"Rows":[["1"]]}]}`, "Table_0:1:1||", 0, 0, nil},
		{"kusto v2", `[{"FrameType":"DataSetHeader","IsProgressive":false},{"FrameType":"DataTable","TableId":0,"TableKind":"QueryProperties","TableName":"@ExtendedProperties","Columns":[{"ColumnName":"a"}],"Rows":[[9]]},` +
			"\n" + `{"FrameType":"DataTable","TableKind":"PrimaryResult","TableName":"PrimaryResult","Columns":[{"ColumnName":"a"}],"Rows":[[1]]},{"FrameType":"DataSetCompletion","HasErrors":false}]`, "PrimaryResult:2:1||", 0, 0, nil},
		{"kusto v2 with errors", `[{"FrameType":"DataTable","TableKind":"PrimaryResult","TableName":"P","Columns":[{"ColumnName":"a"}],"Rows":[[1],{"OneApiErrors":[{}]}]},{"FrameType":"DataSetCompletion","HasErrors":true}]`, "P:1:1||", 2, 0, ErrPartial},
		{"kusto v2 in pieces", `[{"FrameType":"TableHeader","TableId":1,"TableKind":"PrimaryResult","TableName":"P","Columns":[{"ColumnName":"a"}]},{"FrameType":"TableFragment","TableId":1,"Rows":[[1]]},{"FrameType":"TableFragment","TableId":1,"Rows":[[2]]}]`, "P:1:1||,P:1:2||", 0, 0, nil},
		{"one object", "{\n \"a\": 1,\n \"b\": [[2]]\n}", ":1:1|[[2]]|", 0, 0, nil},
		{"objects one after the other", "{\n\"a\":1\n}\n{\n\"a\":2\n}{\"a\":3}", ":1:1||,:4:2||,:6:3||", 0, 0, nil},
		{"objects with commas", "{\"a\":1\n},\n{\"a\":2}", ":1:1||,:3:2||", 0, 1, ErrSyntax},
		{"several documents", `{"value":[{"a":1}]}` + "\n" + `[{"a":2}]`, ":1:1||,:2:2||", 0, 0, nil},
		{"numbers that are none", `[{"a":NaN,"b":-Infinity},{"a":1,"b":Infinity}]`, ":1:||,:1:1||", 0, 0, nil},
		{"rows with numbers that are none", `{"tables":[{"name":"P","columns":[{"name":"a"},{"name":"b"}],"rows":[[NaN,1],[2,-Infinity]]}]}`, "P:1:|1|,P:1:2||", 0, 0, nil},
		{"trailing comma", `[{"a":1},]`, ":1:1||", 0, 1, ErrSyntax},
		{"missing comma", `[{"a":1} {"a":2}]`, ":1:1||,:1:2||", 0, 1, ErrSyntax},
		{"no record among records", `[{"a":1},7,"x",[2],{"a":3}]`, ":1:1||,:1:3||", 3, 0, ErrSyntax},
		{"broken record", `[{"a":1},{"a":},{"a":3}]`, ":1:1||,:1:3||", 1, 0, ErrSyntax},
		{"wrong bracket", `[{"a":[1},{"a":3}]`, ":1:3||", 1, 0, ErrSyntax},
		{"string never ends", `[{"a":"1},{"a":"2"},{"a":"3"}]`, ":1:3||", 1, 0, ErrSyntax},
		{"truncated", `[{"a":1},` + "\n" + `{"a":2`, ":1:1||", 0, 0, ErrTruncated},
		{"truncated between", `{"value":[{"a":1}`, ":1:1||", 0, 0, ErrTruncated},
		{"text behind", `[{"a":1}] x y`, ":1:1||", 1, 0, ErrSyntax},
		{"text behind, then more", "[{\"a\":1}] x y\n{\"a\":2}", ":1:1||,:2:2||", 1, 0, ErrSyntax},
		{"too large", `[{"a":1},{"a":"` + strings.Repeat("\\\"\n", 300) + `"},` + "\n" + `{"a":2}]`, ":1:1||,:302:2||", 1, 0, ErrTooLarge},
		{"too large by nesting", `[{"a":1},{"a":[` + strings.Repeat("[],", 300) + `1]},` + "\n" + `{"a":2}]`, ":1:1||,:2:2||", 1, 0, ErrTooLarge},
		{"too deep", `[{"a":1},` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `,{"a":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}]`, ":1:1||", 2, 0, ErrSyntax},
		{"huge number", `[{"a":1` + strings.Repeat("0", 400) + `}]`, ":1:1" + strings.Repeat("0", 400) + "||", 0, 0, nil},
	}
	for _, test := range tests {
		for _, block := range []int{1, 7, 64, 0} {
			for _, stream := range []bool{false, true} {
				limit := 0
				if strings.HasPrefix(test.name, "too large") {
					limit = 200
				}
				seen := readJSON(t, JSON, jsonContent(test.text, stream), Options{BlockSize: block, MaxRecord: limit}, "a", "b", "category")
				var got []string
				for i, row := range seen.rows {
					got = append(got, fmt.Sprintf("%s:%d:%s", seen.parts[i], seen.lines[i], strings.Join(row, "|")))
				}
				lost, matched := 0, 0
				for i, r := range seen.rejects {
					if !errors.Is(seen.errs[i], test.err) {
						t.Errorf("%s: reject %q: %v", test.name, r, seen.errs[i])
					}
					if strings.Contains(r, ":true:") {
						matched++
					} else {
						lost++
					}
				}
				if g := strings.Join(got, ","); g != test.want || lost != test.rejects || matched != test.matched {
					t.Errorf("%s, block %d, stream %v: %q, rejects %q, %v\nwant %q and %d+%d rejects", test.name, block, stream, g, seen.rejects, seen.err, test.want, test.rejects, test.matched)
				}
				if (test.err == ErrTruncated) != (seen.err != nil) || seen.err != nil && !errors.Is(seen.err, ErrTruncated) {
					t.Errorf("%s: ended with %v", test.name, seen.err)
				}
				if fmt.Sprint(seen.late) != fmt.Sprint(seen.rows) {
					t.Errorf("%s: late %q, keys %q", test.name, seen.late, seen.rows)
				}
				if n := int64(strings.Count(test.text, "\n")); seen.breaks != n {
					t.Errorf("%s: %d line breaks, want %d", test.name, seen.breaks, n)
				}
				if !stream && seen.size != int64(len(test.text)) {
					t.Errorf("%s, block %d: blocks account for %d of %d bytes", test.name, block, seen.size, len(test.text))
				}
				for i, raw := range seen.raw {
					if off := seen.offsets[i]; test.text[off:off+int64(len(raw))] != raw {
						t.Errorf("%s: offset %d does not lead to %q", test.name, off, raw)
					}
				}
			}
		}
	}
}

func TestJSONTruncatedPosition(t *testing.T) {
	seen := readJSON(t, JSON, jsonContent("[\n{\"a\":1},\n{\"a\":", false), Options{}, "a")
	if got := fmt.Sprint(seen.err); got != "x.json:3: input ends early: the JSON document is not closed" {
		t.Error(got)
	}
}

func TestJSONParts(t *testing.T) {
	text := `{"tables":[{"name":"P","columns":[{"name":"a"},{"name":"a"}],"rows":[[1,null],["x",true]]},{"name":"Q","columns":[{"name":"b"}],"rows":[]}]}`
	for _, stream := range []bool{false, true} {
		src, err := JSON.Open(jsonContent(text, stream), Options{})
		if err != nil {
			t.Fatal(err)
		}
		parts := src.Info().Parts
		if len(parts) != 2 || fmt.Sprintf("%s %q %q", parts[0].Name, parts[0].Columns, parts[0].Sample) != `P ["a" "a"] [["1" ""] ["x" "true"]]` || parts[1].Name != "Q" {
			t.Fatalf("%+v", parts)
		}
		r := src.NewReader(Want{})
		b, err := r.Next()
		if err != nil || b.Part != parts[0] || b.Rows != 2 {
			t.Fatal(b, err)
		}
		fields, _ := r.Record(1)
		if got := fmt.Sprintf("%q", fields); got != `[{"a" "x"} {"a" "true"}]` {
			t.Error(got)
		}
	}
}

// A table far behind the first block is published with its first block.
func TestJSONLatePart(t *testing.T) {
	text := `{"tables":[{"name":"P","columns":[{"name":"a"}],"rows":[` + strings.Repeat("[1],\n", 50000) + `[1]]},{"name":"Q","columns":[{"name":"b"}],"rows":[[2]]}]}`
	src, err := JSON.Open(jsonContent(text, false), Options{BlockSize: 4096})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(src.Info().Parts); n != 1 {
		t.Fatalf("%d parts in the head", n)
	}
	r := src.NewReader(Want{Keys: []Column{{"b", -1}}})
	rows := map[string]int{}
	for {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows[b.Part.Name] += b.Rows
		if b.Part.Name == "Q" && b.Rows > 0 && (len(b.Part.Sample) != 1 || b.Part.Sample[0][0] != "2") {
			t.Errorf("sample %q", b.Part.Sample)
		}
	}
	if rows["P"] != 50001 || rows["Q"] != 1 {
		t.Error(rows)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`[{"a":"1","b":[{"a":"2"}]},{"a":null}]`, byte(3), false)
	f.Add("{\"value\":[\n{\"a\":\"1\\\\\"},{\"b\":2}],\"x\":1}", byte(1), true)
	f.Add(`{"tables":[{"name":"P","columns":[{"name":"a"}],"rows":[["x"],[2]]}]}`, byte(9), false)
	f.Add(`[{"FrameType":"DataTable","Columns":[{"ColumnName":"a"}],"Rows":[[1]]}] x {`, byte(1), true)
	f.Add(`[{"a":"1},{"a":"2"},{"a":"3"}]}`, byte(20), true)
	f.Add("{0 ", byte(0), true)
	f.Add("[] , x\n{\"a\":1}", byte(0), true)
	f.Fuzz(func(t *testing.T, text string, block byte, stream bool) {
		keys := []string{"a", "b"}
		o := Options{BlockSize: int(block%64) + 1, MaxRecord: 1 << 20}
		seen := readJSON(t, JSON, jsonContent(text, stream), o, keys...)
		if fmt.Sprintf("%q", seen.late) != fmt.Sprintf("%q", seen.rows) {
			t.Fatalf("late %q, keys %q", seen.late, seen.rows)
		}
		whole := readJSON(t, JSON, jsonContent(text, !stream), Options{MaxRecord: 1 << 20}, keys...)
		if fmt.Sprintf("%q %q %v %v", whole.rows, whole.rejects, whole.lines, whole.records) != fmt.Sprintf("%q %q %v %v", seen.rows, seen.rejects, seen.lines, seen.records) {
			t.Fatalf("blocks of %d: %q, rejects %q %v; whole: %q, rejects %q %v", o.BlockSize, seen.rows, seen.rejects, seen.lines, whole.rows, whole.rejects, whole.lines)
		}
		// An array of flat records is what encoding/json reads in it.
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var records []map[string]any
		lower := strings.ToLower(text)
		if !json.Valid([]byte(text)) || d.Decode(&records) != nil || lower != text || strings.ContainsAny(text, "\\\ufffd") ||
			strings.Contains(lower, "records") || strings.Contains(lower, "frametype") || strings.ToValidUTF8(text, "") != text {
			return
		}
		if strings.Contains(text, "null") || strings.Contains(text, ` "`) || strings.Contains(text, `" `) || strings.Count(lower, "properties") > 1 {
			return
		}
		if len(records) != len(seen.rows) || len(seen.rejects) > 0 || seen.err != nil {
			t.Fatalf("%d rows, want %d; rejects %q, %v", len(seen.rows), len(records), seen.rejects, seen.err)
		}
		for i, record := range records {
			for j, key := range keys {
				if want, ok := wantJSONRow(record, key); ok && want != seen.rows[i][j] {
					t.Fatalf("row %d: %s is %q, want %q", i, key, seen.rows[i][j], want)
				}
			}
		}
	})
}

func TestJSONAllocations(t *testing.T) {
	text := "[" + strings.ReplaceAll(flatRecords(2000), "}\n", "},\n") + "{}]"
	src, err := JSON.Open(jsonContent(text, false), Options{BlockSize: 16 << 10})
	if err != nil {
		t.Fatal(err)
	}
	r := src.NewReader(Want{Keys: []Column{{"SourceIP", -1}, {"Column7", -1}}})
	next := func() {
		if b, err := r.Next(); err != nil || b.Rows == 0 {
			t.Fatal(b, err)
		}
	}
	for range 5 {
		next()
	}
	if n := testing.AllocsPerRun(40, next); n != 0 {
		t.Errorf("%v allocations per block", n)
	}
}

// Readers of one source share its records without loss.
func TestJSONManyReaders(t *testing.T) {
	lines := flatRecords(3000)
	document := "[" + strings.ReplaceAll(lines, "}\n", "},\n") + "{}]"
	for _, test := range []struct {
		format Format
		text   string
		rows   int64
	}{{JSONL, lines, 3000}, {JSON, document, 3001}} {
		for _, stream := range []bool{false, true} {
			src, err := test.format.Open(jsonContent(test.text, stream), Options{BlockSize: 4096})
			if err != nil {
				t.Fatal(err)
			}
			var rows atomic.Int64
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					r := src.NewReader(Want{Keys: []Column{{"SourceIP", -1}}})
					for {
						b, err := r.Next()
						if err != nil {
							if err != io.EOF {
								t.Error(err)
							}
							return
						}
						rows.Add(int64(b.Rows))
						if b.Part != src.Info().Parts[0] {
							t.Error("a part of its own")
						}
					}
				})
			}
			wg.Wait()
			if rows.Load() != test.rows {
				t.Errorf("%s: %d rows, want %d", test.format.Name, rows.Load(), test.rows)
			}
		}
	}
}

func BenchmarkJSON(b *testing.B) {
	text := "[" + strings.ReplaceAll(flatRecords(10000), "}\n", "},\n") + "{}]"
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		src, err := JSON.Open(jsonContent(text, false), Options{})
		if err != nil {
			b.Fatal(err)
		}
		r := src.NewReader(Want{Keys: []Column{{"SourceIP", -1}, {"DestinationIP", -1}}})
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}
