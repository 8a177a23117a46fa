package feed

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// costly reads a feed once and fails if that takes more memory than MiB in all,
// or more than some seconds.
func costly(t *testing.T, s Source, format string, mib uint64) ([]string, Report, error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	list, reports, err := Read([]Source{s}, Options{Format: format})
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > mib {
		t.Errorf("%s: %d MiB allocated, want at most %d", format, got, mib)
	}
	if took > 20*time.Second {
		t.Errorf("%s: took %v", format, took)
	}
	var values []string
	for i := range list.All() {
		values = append(values, i.Value)
	}
	return values, reports[0], err
}

// Entities that stand for others, which stand for others, are not expanded.
func TestEntityBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<!DOCTYPE x [\n<!ENTITY a0 \"evil.example.org\">\n")
	for n := 1; n < 20; n++ {
		fmt.Fprintf(&b, "<!ENTITY a%d \"%s\">\n", n, strings.Repeat(fmt.Sprintf("&a%d;", n-1), 10))
	}
	item := func(value string) string {
		return "<IndicatorItem condition=\"is\"><Context search=\"Network/DNS\"/><Content>" + value + "</Content></IndicatorItem>\n"
	}
	b.WriteString("]>\n<OpenIOC>\n" + item("a.example.net") + item("&a19;") + "</OpenIOC>\n")
	got, r, err := costly(t, of(b.String()), "", 8)
	if err != nil || len(got) != 1 || r.Kind != "openioc" || r.Err == nil || r.Err.Error() != "feed:26: XML: invalid character entity &a19;" {
		t.Errorf("%q, %v, %v", got, err, r.Err)
	}
}

// Nesting ends with an error wherever it is: round the records of a document,
// in them, and in what stands beside them.
func TestDeepJSON(t *testing.T) {
	deep := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	const good = `{"ioc_value":"a.example.net","ioc_type":"domain","type":"domain","value":"a.example.net","to_ids":true}`
	for _, tt := range []struct{ name, format, text, want string }{
		{"around", "misp", `{"Attribute":[` + good + `],"x":` + deep("[", "]", 100_000) + `}`, "nested more than 100 deep"},
		{"objects around", "stix", deep(`{"a":`, "}", 100_000), "nested more than 100 deep"},
		{"in a record", "misp", `{"Attribute":[` + good + `,{"x":` + deep("[", "]", 100_000) + `}]}`, "depth"},
		{"in an object", "json", `[` + good + `,{"value":` + deep("[", "]", 100_000) + `}]`, "depth"},
		{"in an export", "threatfox-json", `{"1":[` + good + `,{"x":` + deep("[", "]", 100_000) + `}]}`, "depth"},
		{"on a line", "threatfox-jsonl", `{"ioc":"a.example.net"}` + "\n" + `{"ioc":` + deep("[", "]", 200_000) + "}\n", ""},
		{"bundles", "stix", strings.Repeat(`{"type":"bundle","pad":"`+strings.Repeat("x", 90)+`","objects":[`, 3000) + strings.Repeat("]}", 3000), ""},
	} {
		_, r, err := costly(t, of(tt.text), tt.format, 200)
		if tt.want == "" {
			if r.Rejected != 1 {
				t.Errorf("%s: %+v, %v", tt.name, r, err)
			}
			continue
		}
		if r.Err == nil || !strings.Contains(r.Err.Error(), tt.want) || !strings.HasPrefix(r.Err.Error(), "feed:1: ") {
			t.Errorf("%s: %v", tt.name, r.Err)
		}
	}
}

// Each part of a line may be looked at as an indicator: what it costs to refang one has to
// go by its length.
func TestBracketedLines(t *testing.T) {
	for _, sign := range []string{"]", "[", "]."} {
		line := strings.Repeat(sign, 3000/len(sign)) + "00.x\n"
		values, _, err := costly(t, of(strings.Repeat("a.example.net\n", 50)+strings.Repeat(line, 400)), "", 200)
		if err != nil || len(values) != 1 || values[0] != "a.example.net" {
			t.Errorf("%s: %q, %v", sign, values, err)
		}
	}
}

// A line, object or element without end is cut off, whatever the kind.
func TestEndlessLines(t *testing.T) {
	starts := map[string]string{
		"misp": `{"Attribute":[{"value":"`, "stix": `{"objects":[{"type":"`, "json": `[{"value":"`, "threatfox-json": `{"1":[{"ioc_value":"`,
		"threatfox-api": `{"data":[{"ioc":"`, "threatfox-jsonl": `{"ioc":"`, "jsonl": `{"type":"domain","value":"`,
		"openioc": `<OpenIOC><IndicatorItem condition="`, "csv": "ioc,type\n", "threatfox-csv": `"`, "rpz": "$TTL 3\n", "unbound": `local-zone: "`,
		"zeek-intel": "#fields\tindicator\tindicator_type\n", "text": "<html><body><p>",
	}
	for _, kind := range Names() {
		left := int64(maxObject + 1<<20)
		if kind == "rule-page" {
			left = maxPage + 1<<20
		}
		s := Source{Path: "feed", Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader(starts[kind]), io.LimitReader(letters{}, left))), nil
		}}
		got, r, err := costly(t, s, kind, 100)
		if len(got) > 0 || err == nil && r.Err == nil && r.Rejected == 0 {
			t.Errorf("%s: %d indicators, %v, %+v", kind, len(got), err, r)
		}
	}
}

// letters is text without end.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// Rows and objects of very many columns cost no more than their bytes.
func TestManyColumns(t *testing.T) {
	wide := strings.Repeat("x,", 200)
	got, r, err := costly(t, of("ioc,"+wide+"\na.example.net,"+strings.Repeat(",", 400_000)+"\nb.example.net\n"), "csv", 100)
	if err != nil || len(got) != 2 {
		t.Errorf("%q, %v, %+v", got, err, r)
	}
	var b strings.Builder
	b.WriteString("[{\"ioc\":\"a.example.net\"}")
	for n := range 7 {
		b.WriteString(",\n{\"ioc\":\"b.example.net\"")
		for m := range 4100 {
			fmt.Fprintf(&b, ",\"k%d.%d\":1", n, m)
		}
		b.WriteByte('}')
	}
	b.WriteString("]")
	got, r, err = costly(t, of(b.String()), "json", 300)
	if err != nil || len(got) != 1 || r.Reasons["more than 4096 columns"] != 7 {
		t.Errorf("%q, %v, %v", got, err, r.Reasons)
	}
}

// A token of a report is not read once for each sign in it, and letters that grow in lower
// case move nothing.
func TestValuesInTokens(t *testing.T) {
	line := func(token string) string { return "see " + token + " here\n" }
	for _, tt := range []struct{ name, token string }{
		{"settings", strings.Repeat("x=", 2000) + "[.]"},
		{"owners", "x[.]" + strings.Repeat("'s", 2000)},
		{"owners with signs", "x[.]" + strings.Repeat("'s!", 1300)},
	} {
		start := time.Now()
		got, _, err := costly(t, of("Seen at a[.]example[.]net.\n"+strings.Repeat(line(tt.token), 200)), "text", 200)
		if took := time.Since(start); err != nil || len(got) != 1 || took > 5*time.Second {
			t.Errorf("%s: %q, %v, %v", tt.name, got, err, took)
		}
	}
	got, _, err := costly(t, of(line(strings.Repeat("\u023a", 40)+"=hxxp://a[.]example[.]net/a")), "text", 8)
	if err != nil || len(got) != 1 || got[0] != "http://a.example.net/a" {
		t.Errorf("letters that grow: %q, %v", got, err)
	}
}
