package formats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// jsonContent is text as Open would hand it to a format.
func jsonContent(text string, stream bool) *Content {
	head := []byte(text[:min(len(text), headSize)])
	c := &Content{Input: Input{Path: "x.json"}, Size: int64(len(text)), Head: head, Close: func() error { return nil }}
	if stream {
		c.Stream = strings.NewReader(text)
	} else {
		c.At, c.Len = strings.NewReader(text), int64(len(text))
	}
	return c
}

// A jsonSeen is what a test reads from a source.
type jsonSeen struct {
	rows    [][]string // key cells
	late    [][]string
	raw     []string
	lines   []int64 // from 1
	records []int64
	parts   []string
	rejects []string
	offsets []int64
	errs    []error
	total   int
	breaks  int64
	size    int64
	err     error
}

// readJSON reads a whole source: the wanted columns both as keys and late. It reads
// it again with a sift, where it can be.
func readJSON(t testing.TB, f Format, c *Content, o Options, columns ...string) jsonSeen {
	t.Helper()
	seen := readJSONBy(t, f, c, o, nil, columns...)
	if c.At == nil {
		return seen
	}
	const sign = '3'
	sifted := readJSONBy(t, f, c, o, siftFor(sign), columns...)
	for i, row := range sifted.rows {
		for k, cell := range row {
			if cell != seen.rows[i][k] && (cell != "" || k == 1 || strings.ContainsRune(seen.raw[i], sign)) {
				t.Fatalf("%q, key %d: %q, want %q", seen.raw[i], k, cell, seen.rows[i][k])
			}
		}
	}
	rows := sifted.rows
	if sifted.rows = seen.rows; !reflect.DeepEqual(sifted, seen) || len(rows) != len(seen.rows) {
		t.Fatalf("sifted %+v\nwant %+v", sifted, seen)
	}
	return seen
}

// readJSONBy reads a source by a sift for all keys but the second.
func readJSONBy(t testing.TB, f Format, c *Content, o Options, sift func([]byte, []uint32) ([]uint32, bool), columns ...string) jsonSeen {
	t.Helper()
	src, err := f.Open(c, o)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var want Want
	for _, name := range columns {
		want.Keys = append(want.Keys, Column{name, -1})
	}
	want.Late = [][]Column{want.Keys}
	if want.Sift = sift; sift != nil {
		for k := range columns {
			want.Sifted = append(want.Sifted, k != 1)
		}
	}
	r := src.NewReader(want)
	var seen jsonSeen
	seq := 0
	for {
		b, err := r.Next()
		if err != nil {
			if err != io.EOF {
				seen.err = err
			}
			break
		}
		if b.Seq != seq || b.Part == nil {
			t.Fatalf("block %d has seq %d, part %v", seq, b.Seq, b.Part)
		}
		seq++
		first := len(seen.rows)
		for range b.Rows {
			seen.rows = append(seen.rows, make([]string, len(columns)))
		}
		for run, err := range r.Runs() {
			if err != nil {
				t.Fatal(err)
			}
			cellsOf(t, run, func(row uint32, cell string) { seen.rows[first+int(row)][run.Key] = cell })
		}
		var all []uint32
		for i := range b.Rows {
			all = append(all, uint32(i))
		}
		g, err := r.Fetch(0, all)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows {
			var row []string
			for j := range columns {
				row = append(row, string(g.Cell(i, j)))
			}
			seen.late = append(seen.late, row)
			seen.raw = append(seen.raw, string(r.Raw(uint32(i))))
			pos := r.Pos(uint32(i))
			seen.lines = append(seen.lines, pos.Line+seen.breaks+1)
			seen.records = append(seen.records, pos.Record+int64(seen.total)+1)
			seen.offsets = append(seen.offsets, pos.Offset)
			seen.parts = append(seen.parts, b.Part.Name)
		}
		for _, j := range r.Rejects() {
			seen.rejects = append(seen.rejects, fmt.Sprintf("%d:%d:%v:%s", j.Pos.Line+seen.breaks+1, j.Pos.Offset, j.Matched, j.Raw))
			seen.errs = append(seen.errs, j.Err)
		}
		if b.Line >= 0 && b.Line != seen.breaks {
			t.Fatalf("block starts after %d lines, want %d", b.Line, seen.breaks)
		}
		seen.total += b.Records
		seen.breaks += int64(b.Lines)
		seen.size += b.Size
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatalf("after the end: %v", err)
	}
	return seen
}

func TestJSONLShapes(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct {
		name, text string
		want       string // rows: cells a|b|category, by line
		rejects    int
	}{
		{"flat", `{"a":"1","b":2}` + "\n" + `{"b":"4","a":"3"}`, "1:1|2|,2:3|4|", 0},
		{"crlf, blank lines", "{\"a\":\"1\"}\r\n\r\n\n{\"b\":\"2\"}\r\n", "1:1||,4:|2|", 0},
		{"spaces", ` { "a" : "1" , "b" : [ 1 , 2 ] } `, "1:1|[ 1 , 2 ]|", 0},
		{"spaces come and go", `{"a":"1","b":2}` + "\n" + `{"a": "3", "b":  4}` + "\n" + `{ "a":"5","b":6 }` + "\n" + `{"a" :7,"b":` + "\t8}", "1:1|2|,2:3|4|,3:5|6|,4:7|8|", 0},
		{"any case and zone suffix", `{"A":"1","B [UTC]":"2"}`, "1:1|2|", 0},
		{"escaped key and cell", `{"\u0061":"x\"\\\u00e9\ud83d\ude00\ud800"}`, "1:x\"\\é😀\ufffd||", 0},
		{"words and numbers", `{"a":true,"b":-1.5e+10,"category":null}`, "1:true|-1.5e+10|", 0},
		{"numbers that are none", `{"a":NaN,"b":Infinity,"category":-Infinity}` + "\n" + `{"a":"NaN","b":[NaN,{"x":-Infinity}]}` + "\n" + `{"properties":{"a":NaN,"b":1}}`, "1:||,2:NaN|[NaN,{\"x\":-Infinity}]|,3:|1|", 0},
		{"no words", `{"a":Nan}` + "\n" + `{"a":-Inf}` + "\n" + `{"a":-}` + "\n" + `{"a":+Infinity}` + "\n" + `{"a":NaN1}` + "\n" + `{"a":Infinit` + "\n" + `{"a":nan}`, "", 7},
		{"huge number", `{"a":123456789012345678901234567890.5}`, "1:123456789012345678901234567890.5||", 0},
		{"objects stay raw", `{"a":{"x":[1,"}"]},"b":"{\"q\":1}"}`, `1:{"x":[1,"}"]}|{"q":1}|`, 0},
		{"duplicate key", `{"a":"1","a":"2"}`, "1:2||", 0},
		{"envelope", `{"category":"c","b":"out","properties":{"a":"1","b":"in"}}`, "1:1|in|c", 0},
		{"envelope, properties first", `{"properties":{"a":"1","b":"in"},"b":"out","category":"c"}`, "1:1|in|c", 0},
		{"envelope as text", `{"category":"c","properties":"{\"a\":\"1\\n\",\"b\":{}}"}`, "1:1\n|{}|c", 0},
		{"properties as plain text", `{"a":"1","properties":"{oops"}`, "1:1||", 0},
		{"records", `{"records":[{"a":"1"},{"category":"c","properties":{"b":"2"}}]}` + "\n" + `{"a":"3"}`, "1:1||,1:|2|c,2:3||", 0},
		{"no records", `{"records":[]}`, "", 0},
		{"records of numbers are a cell", `{"a":"1","records":[1]}`, "1:1||", 0},
		{"no comma below", `{"a":[1 2]}` + "\n" + `{"a":{"x":1 "y":2}}` + "\n" + `{"a":{"x" 1}}` + "\n" + `{"a":"3"}`, "4:3||", 3},
		{"no end below", `{"a":[1,2}` + "\n" + `{"a":{"x":1]}` + "\n" + `{"a":[1,]}` + "\n" + `{"a":"3"}`, "4:3||", 3},
		{"numbers that break off", `{"a":1.}` + "\n" + `{"a":1e}` + "\n" + `{"a":1e+}` + "\n" + `{"a":.5}` + "\n" + `{"a":1.5E-3}`, "5:1.5E-3||", 4},
		{"malformed", `{"a":"1"}` + "\n" + `{"a":"2"` + "\n" + `{"a":"3"}`, "1:1||,3:3||", 1},
		{"string never ends", `{"a":"1` + "\n" + `","b":"2"}` + "\n" + `{"a":"3"}`, "3:3||", 2},
		{"no object", "[1]\n7\n{\"a\":\"1\"}", "3:1||", 2},
		{"text behind", `{"a":"1"} {"a":"2"}`, "", 1},
		{"too large", `{"a":"1"}` + "\n" + `{"a":"` + long + `"}` + "\n" + `{"a":"2"}`, "1:1||,3:2||", 1},
		{"too deep", strings.Repeat(`{"a":`, 600) + "\n{\"a\":\"1\"}", "2:1||", 1},
		{"byte order mark", "\ufeff{\"a\":\"1\"}", "1:1||", 0},
		{"cut out of a larger file", `x","b":"0"}` + "\n" + `{"a":"1"}` + "\n" + `{"a":"2"}`, "2:1||,3:2||", 1},
		// Records of which many members are stepped over at a time.
		{"long", strings.Repeat(many(`{"a":"1","b":2`)+`,"category":null}`+"\n", 3), "1:1|2|,2:1|2|,3:1|2|", 0},
		{"long, one like no other", many(`{"a":"1"`) + "}\n" + many(`{"a":"1"`) + "}\n" + many(`{"a":12345678`) + `,"b":tru}` + "\n" + many(`{"a":"1","a":"2"`) + "}", "1:1||,2:1||,4:2||", 1},
		{"long envelope", strings.Repeat(many(`{"category":"c","properties":`+many(`{"a":"1","b":"in"`)+"}")+"}\n", 3), "1:1|in|c,2:1|in|c,3:1|in|c", 0},
		{"long envelope as text", strings.Repeat(many(`{"category":"c","b":"out","properties":"`+strings.ReplaceAll(many(`{"a":"1","b":"in"`), `"`, `\"`)+`}"`)+"}\n", 3), "1:1|in|c,2:1|in|c,3:1|in|c", 0},
	}
	for _, test := range tests {
		for _, block := range []int{1, 7, 64, 0} {
			for _, stream := range []bool{false, true} {
				limit := 200
				if test.name == "too deep" || strings.HasPrefix(test.name, "long") {
					limit = 0
				}
				seen := readJSON(t, JSONL, jsonContent(test.text, stream), Options{BlockSize: block, MaxRecord: limit}, "a", "b", "category")
				var got []string
				for i, row := range seen.rows {
					got = append(got, fmt.Sprintf("%d:%s", seen.lines[i], strings.Join(row, "|")))
				}
				if g := strings.Join(got, ","); g != test.want || len(seen.rejects) != test.rejects || seen.err != nil {
					t.Errorf("%s, block %d, stream %v: %q, rejects %q, %v\nwant %q and %d rejects", test.name, block, stream, g, seen.rejects, seen.err, test.want, test.rejects)
				}
				if fmt.Sprint(seen.late) != fmt.Sprint(seen.rows) {
					t.Errorf("%s: late %q, keys %q", test.name, seen.late, seen.rows)
				}
				if seen.total != len(seen.rows)+test.rejects {
					t.Errorf("%s: %d records", test.name, seen.total)
				}
				if !stream && seen.size != int64(len(test.text)) {
					t.Errorf("%s: blocks account for %d of %d bytes", test.name, seen.size, len(test.text))
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

// many adds members to an object that nobody asks for.
func many(object string) string {
	for i := range 12 {
		object += fmt.Sprintf(`,"member%d":%s`, i, []string{`"text"`, `17`, `null`, `"` + strings.Repeat("long ", 20) + `"`}[i%4])
	}
	return object
}

// Text in quotes is what encoding/json makes of it; what that refuses stays.
func TestJSONUnquote(t *testing.T) {
	for inside, want := range map[string]string{
		`a\"b\\c\/d`: `a"b\c/d`, `\b\f\n\r\t`: "\b\f\n\r\t", `\u00e9\u00E9`: "éé", `\ud83d\ude00!`: "😀!",
		`\ud83d`: "\ufffd", `\ud83dx`: "\ufffdx", `\ud83d\u0041`: "\ufffdA", `\ud83d\ud83d\ude00`: "\ufffd😀", `\ude00\ud83d`: "\ufffd\ufffd",
	} {
		for _, pad := range []string{"", strings.Repeat("long ", 8)} {
			var std string
			if err := json.Unmarshal([]byte(`"`+pad+inside+pad+`"`), &std); err != nil || std != pad+want+pad {
				t.Fatalf("%s: encoding/json gives %q, %v", inside, std, err)
			}
			if got := string(jsonUnquote([]byte("kept "), []byte(pad+inside+pad))); got != "kept "+std {
				t.Errorf("%s: got %q, want %q", pad+inside+pad, got, std)
			}
		}
	}
	for _, inside := range []string{`\x`, `\u00zz`, `\u00`, `\u`, `\U0041`, `a\`} {
		if got := string(jsonUnquote(nil, []byte(inside+" and more"))); got != inside+" and more" {
			t.Errorf("%s: got %q", inside, got)
		}
		if got := string(jsonUnquote(nil, []byte(inside))); got != inside {
			t.Errorf("%s at the end: got %q", inside, got)
		}
	}
}

func TestJSONLRejects(t *testing.T) {
	text := "{\"a\":1}\n{\"a\":tru}\n\n{\"a\":\"" + strings.Repeat("x", 100) + "\"}\n{\"a\":2}\n"
	seen := readJSON(t, JSONL, jsonContent(text, false), Options{MaxRecord: 64}, "a")
	if len(seen.rejects) != 2 || fmt.Sprint(seen.records) != "[1 4]" || fmt.Sprint(seen.lines) != "[1 5]" {
		t.Fatalf("rejects %q, records %v, lines %v", seen.rejects, seen.records, seen.lines)
	}
	if want := `2:8:false:{"a":tru}`; seen.rejects[0] != want {
		t.Errorf("reject %q, want %q", seen.rejects[0], want)
	}
	if err := seen.errs[0]; !errors.Is(err, ErrSyntax) || !strings.Contains(err.Error(), "want true, false or null at byte 6") {
		t.Error(err)
	}
	if !strings.HasPrefix(seen.rejects[1], "4:19:false:") || !errors.Is(seen.errs[1], ErrTooLarge) {
		t.Errorf("reject %q, %v", seen.rejects[1], seen.errs[1])
	}
}

func TestJSONLPart(t *testing.T) {
	text := `{"time":"t1","category":"c","properties":{"A":"1","B":2}}` + "\n" +
		`{"time":"t2","properties":{"B":3,"C [UTC]":null}}` + "\n" + `{"broken`
	src, err := JSONL.Open(jsonContent(text, false), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := src.Info().Parts[0]
	if got := fmt.Sprintf("%q", p.Columns); got != `["A" "B" "C [UTC]" "time" "category"]` {
		t.Error(got)
	}
	if got := fmt.Sprintf("%q", p.Sample); got != `[["1" "2" "" "t1" "c"] ["" "3" "" "t2" ""]]` {
		t.Error(got)
	}
	r := src.NewReader(Want{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	fields, err := r.Record(1)
	if got := fmt.Sprintf("%q", fields); got != `[{"time" "t2"} {"B" "3"} {"C [UTC]" ""}]` || err != nil {
		t.Error(got, err)
	}
}

func TestJSONLSniff(t *testing.T) {
	tests := []struct {
		name, head  string
		jsonl, json bool
	}{
		{"record", `{"a":1}`, true, true},
		{"two", "{\"a\":1}\r\n{", true, true},
		{"records line", `{"records":[{"a":1}]}` + "\n", true, true},
		{"pretty", "{\n\"a\":1}", false, true},
		{"array", `[{"a":1}]`, false, true},
		{"query answer", `{"tables":[{"name":"PrimaryResult"}]}`, false, true},
		{"value", `{"value":[{"a":1}]}`, false, true},
		{"value is a cell", `{"value":[1],"a":2}`, true, true},
		{"hunting", `{"Stats":{},"Schema":[{"Name":"a"}],"Results":[]}`, false, true},
		{"one table", `{"columns":[{"name":"a"}],"rows":[[1]]}`, false, true},
		{"failure", `{"error":{"code":"x"}}`, false, true},
		{"mark", "\ufeff{\"a\":1}\n", true, true},
		{"csv", "a,b\n", false, false},
		{"braces", "{EB79061A}", false, false},
		{"cut out of a larger file", "e\":\"x\"}\n{\"a\":1}\r\n\r\n{\"a\":2}", true, false},
		{"first line broken", "{\"a\" 1}\n{\"a\":1}\n{\"a\":2}\n", true, true},
		{"list with an object a line", "[\n{\"a\":1},\n{\"b\":2}\n]", false, true},
		{"object with an object a line", "{\"x\":[\n{\"a\":1}\n,{\"b\":2}\n]}", false, true},
		{"query answers and objects", "{\"value\":[{\"a\":1}]}\n{\"a\":1}\n{\"b\":2}\n", false, true},
		{"empty objects among text", "x,y\n\"z\n{}\n{}\n\",1\n", false, false},
		{"objects among text", "x\n{\"a\":1}\ny\n{\"a\":1}\n", false, false},
		{"line longer than the head", `{"a":"` + strings.Repeat("x", headSize-6), false, true},
	}
	for _, test := range tests {
		if got := JSONL.Sniff([]byte(test.head)); got != test.jsonl {
			t.Errorf("%s: jsonl %v", test.name, got)
		}
		if got := sniffJSON([]byte(test.head)); got != test.json {
			t.Errorf("%s: json %v", test.name, got)
		}
	}
}

// blankJSON empties all strings, so that what is left is the structure.
// encoding/json refuses control bytes and unknown escapes in strings; to this
// package they are part of a cell.
func blankJSON(line []byte) []byte {
	var out []byte
	for i := 0; i < len(line); i++ {
		out = append(out, line[i])
		if line[i] != '"' {
			continue
		}
		for i++; i < len(line) && line[i] != '"'; i++ {
			if line[i] == '\\' {
				i++
			}
		}
		if i < len(line) {
			out = append(out, '"')
		}
	}
	return out
}

// jsonCell is the cell that a decoded value stands for; ok is false where the
// text is not known from the value alone.
func jsonCell(v any) (cell string, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

// wantJSONRow is what encoding/json finds under key in a record.
func wantJSONRow(record map[string]any, key string) (string, bool) {
	in, _ := record["properties"].(map[string]any)
	if text, ok := record["properties"].(string); ok {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if d.Decode(&in) != nil || d.More() {
			in = nil
			if json.Valid(blankJSON([]byte(text))) {
				return "", false // only a string in it is odd, as a line break makes one
			}
		}
	}
	if v, ok := in[key]; ok {
		return jsonCell(v)
	}
	return jsonCell(record[key])
}

func FuzzJSONL(f *testing.F) {
	f.Add(`{"a":"1","b":"x\ny"}`+"\n"+`{"b":2.5,"a":null}`, byte(5), false)
	f.Add(`{"category":"c","properties":{"a":"1"}}`+"\r\n\r\n"+`{"a":[1,{"b":2}],"b":"\ud800\udc00"}`, byte(1), true)
	f.Add(`{"a":1,}`+"\n"+`{"a" 1}`+"\n"+`{"a":01}`+"\n"+`{"a":"\\"}`, byte(64), true)
	f.Add(`{"records":[{"a":"1"},{"b":{}}]}`+"\nx", byte(3), false)
	f.Add(strings.Repeat(many(`{"a":"1","b":2`)+"}\n", 4), byte(0), false)
	f.Add(strings.Repeat(`{"category":"c","properties":"`+strings.ReplaceAll(many(`{"a":"1","b":2`), `"`, `\"`)+`}"}`+"\n", 3), byte(100), true)
	f.Add(`{"category":"c","properties":"{\"a\":\"1\",\"b\":\"x\ny\"}"}`, byte(33), false)
	f.Fuzz(func(t *testing.T, text string, block byte, stream bool) {
		if strings.HasPrefix(text, utf8BOM) {
			return
		}
		keys := []string{"a", "b"}
		seen := readJSON(t, JSONL, jsonContent(text, stream), Options{BlockSize: int(block) + 1}, keys...)
		if seen.err != nil {
			t.Fatal(seen.err)
		}
		if fmt.Sprintf("%q", seen.late) != fmt.Sprintf("%q", seen.rows) {
			t.Fatalf("late %q, keys %q", seen.late, seen.rows)
		}
		if strings.Contains(text, "NaN") || strings.Contains(text, "Infinity") {
			return // not JSON to encoding/json
		}
		row, rejects := 0, 0
		var off int64
		for n, line := range strings.SplitAfter(text, "\n") {
			at := off
			off += int64(len(line))
			line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
			trimmed := strings.Trim(line, " \t\r")
			if trimmed == "" {
				continue
			}
			blank := blankJSON([]byte(trimmed))
			if blank[0] != '{' || !json.Valid(blank) {
				rejects++
				continue
			}
			d := json.NewDecoder(strings.NewReader(trimmed))
			d.UseNumber()
			var record map[string]any
			exact := d.Decode(&record) == nil && len(record) > 0
			// Keys that differ in case, escapes or decoration are one column here
			// and two there; so are several envelopes.
			lower := strings.ToLower(trimmed)
			if strings.Contains(lower, "records") || strings.Contains(lower, `\u`) {
				return
			}
			exact = exact && strings.Count(lower, "properties") < 2 && lower == trimmed &&
				!strings.Contains(lower, ` "`) && !strings.Contains(lower, `" `) && !strings.ContainsAny(lower, "[]") && bytes.Equal([]byte(strings.ToValidUTF8(trimmed, "")), []byte(trimmed))
			if row >= len(seen.rows) {
				t.Fatalf("line %d: no row", n+1)
			}
			if seen.lines[row] != int64(n+1) || seen.offsets[row] < at || seen.offsets[row] >= off {
				t.Fatalf("line %d: row says line %d, offset %d", n+1, seen.lines[row], seen.offsets[row])
			}
			if exact {
				for i, key := range keys {
					if want, ok := wantJSONRow(record, key); ok && seen.rows[row][i] != want {
						t.Fatalf("line %d: %s is %q, want %q", n+1, key, seen.rows[row][i], want)
					}
				}
			}
			row++
		}
		if row != len(seen.rows) || rejects != len(seen.rejects) {
			t.Fatalf("%d rows and %d rejects, want %d and %d", len(seen.rows), len(seen.rejects), row, rejects)
		}
	})
}

// flatRecords is n lines of about 700 bytes with 40 members.
func flatRecords(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"TenantId":"00000000-0000-0000-0000-00000000000a","TimeGenerated":"2025-04-01T02:13:%02d.4820000Z"`, i%60)
		for j := range 34 {
			fmt.Fprintf(&b, `,"Column%d":"%d"`, j, i*j%1000)
		}
		fmt.Fprintf(&b, `,"SourceIP":"10.0.%d.%d","DestinationIP":"192.0.2.%d","DestinationPort":%d,"Type":"CommonSecurityLog"}`+"\n", i/256%256, i%256, i%200, i%65536)
	}
	return b.String()
}

func TestJSONLAllocations(t *testing.T) {
	text := strings.ReplaceAll(flatRecords(2000), `"Column7":"`, `"Column7":"a\\b`)
	src, err := JSONL.Open(jsonContent(text, false), Options{BlockSize: 16 << 10})
	if err != nil {
		t.Fatal(err)
	}
	r := src.NewReader(Want{Keys: []Column{{"SourceIP", -1}, {"Column7", -1}}})
	// A range loop over Runs would allocate its body, once per block, here.
	each := func(run *Run, err error) bool {
		if len(run.Cells) == 0 || err != nil {
			t.Fatal("no cells", err)
		}
		return true
	}
	next := func() {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		r.Runs()(each)
	}
	for range 5 {
		next()
	}
	if n := testing.AllocsPerRun(40, next); n != 0 {
		t.Errorf("%v allocations per block", n)
	}
}

func BenchmarkJSONL(b *testing.B) {
	text := flatRecords(10000)
	names := []Column{{"SourceIP", -1}, {"DestinationIP", -1}, {"Type", -1}, {"Column3", -1}, {"TimeGenerated", -1}}
	for _, n := range []int{2, 5} {
		b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				src, err := JSONL.Open(jsonContent(text, false), Options{})
				if err != nil {
					b.Fatal(err)
				}
				r := src.NewReader(Want{Keys: names[:n]})
				for {
					if _, err := r.Next(); err != nil {
						break
					}
				}
			}
		})
	}
}
