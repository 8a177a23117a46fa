package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// What a walker remembers of keys never changes what it finds, however little it
// may remember: records of several kinds, with keys that come and go, in any order,
// against encoding/json.
func TestWalkerLimits(t *testing.T) {
	wanted := []string{"SourceIP", "Name", "k3", "k17"}
	var text bytes.Buffer
	var want [][]string
	r := rand.New(rand.NewPCG(5, 6))
	for n := range 3000 {
		var members []string
		for k := range 24 {
			if r.IntN(3) > 0 {
				members = append(members, fmt.Sprintf(`"k%d":%s`, k, []string{`"v"`, "null", "12", "true", `"a\"b"`, "[1,{}]", `{"SourceIP":"x"}`}[r.IntN(7)]))
			}
		}
		members = append(members, fmt.Sprintf(`"SourceIP":"10.0.0.%d"`, n%250), fmt.Sprintf(`"Name" : "n%d"`, n%7))
		if n%3 == 0 {
			r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		}
		line := "{" + strings.Join(members, ",") + "}"
		var record map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		cells := make([]string, len(wanted))
		for i, name := range wanted {
			raw := record[name]
			switch {
			case len(raw) > 0 && raw[0] == '"':
				if err := json.Unmarshal(raw, &cells[i]); err != nil {
					t.Fatal(err)
				}
			case string(raw) != "null":
				cells[i] = string(raw)
			}
		}
		want = append(want, cells)
		fmt.Fprintln(&text, line)
	}
	for _, bounds := range []jsonBounds{{4096, 1024}, {4096, 0}, {4096, 20}, {8, 5}, {0, 0}} {
		w := newJSONWalker(wanted, "properties")
		w.bounds = bounds
		b := append(text.Bytes(), make([]byte, jsonPad)...)
		var marks jsonMarks
		marks.fill(text.Bytes())
		w.marks = &marks
		p := 0
		for n, cells := range want {
			end := p + bytes.IndexByte(b[p:], '\n')
			if _, fault := w.record(b, p, end); fault != jsonOK {
				t.Fatalf("%+v: record %d: %s", bounds, n, jsonFaults[fault])
			}
			got := make([]string, len(wanted))
			for i := range wanted {
				got[i] = string(w.append(nil, b, w.value(i)))
			}
			if !slices.Equal(got, cells) {
				t.Fatalf("%+v: record %d: %q, want %q: %s", bounds, n, got, cells, b[p:end])
			}
			p = end + 1
		}
		if len(w.after) > bounds.steps || len(w.ids[0])+len(w.ids[1]) > bounds.keys {
			t.Errorf("%+v: %d steps, %d keys", bounds, len(w.after), len(w.ids[0])+len(w.ids[1]))
		}
	}
}

// Of members whose names differ in nothing but case the last counts, however many
// there are.
func TestManyFields(t *testing.T) {
	names := []string{"a", "A", "ab", "aB", "s", "ſ", "k", "\u212a", "é", "É", "\xff", "\xfe", ""}
	for n := range 500 {
		names = append(names, fmt.Sprintf("n%d", n/2), fmt.Sprintf("N%d", n/2))
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		f := jsonFields{envelope: "properties"}
		type field struct {
			name, value string
			level       int
			dropped     bool
		}
		var want []field
		for i := range 20 + r.IntN(400) {
			x := field{names[r.IntN(len(names))], fmt.Sprint(i), r.IntN(2), false}
			for k := range want {
				if old := &want[k]; !old.dropped && len(old.name) == len(x.name) && strings.EqualFold(old.name, x.name) {
					x.dropped = old.level > x.level
					old.dropped = !x.dropped
				}
			}
			want = append(want, x)
			f.add([]byte(x.name), []byte(`"`+x.value+`"`), x.level)
		}
		want = slices.DeleteFunc(want, func(x field) bool { return x.dropped })
		got := f.list()
		if len(got) != len(want) {
			t.Fatalf("%d fields, want %d", len(got), len(want))
		}
		for i, x := range want {
			if string(got[i].Value) != x.value || len(got[i].Name) != len(jsonUnquote(nil, []byte(x.name))) {
				t.Errorf("field %d: %s is %s, want %s of %s", i, got[i].Name, got[i].Value, x.value, x.name)
			}
		}
	}
}
