package table

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMember(t *testing.T) {
	for _, c := range []struct {
		cell, key, value string
		has              bool
	}{
		{`{"query":"a.example"}`, "query", "a.example", true},
		{` { "a" : 1 , "query" : "x" } `, "query", "x", true},
		{`{"Query":"x"}`, "query", "x", true},
		{`{"QUERY":"x","Query":"y"}`, "query", "x", true}, // the least of the spellings
		{`{"QUERY":"x","query":"y"}`, "query", "y", true},
		{`{"query":"x","query":"y"}`, "query", "y", true},
		{`{"que\u0072y":"x"}`, "query", "x", true},
		{`{"query":"a\"b\\"}`, "query", `a"b\`, true},
		{`{"query":null}`, "query", "", false},
		{`{"query":"","n":2}`, "query", "", true},
		{`{"n":-1.5e3,"b":true}`, "n", "-1.5e3", true},
		{`{"n":-1.5e3,"b":true}`, "b", "true", true},
		{`{"a":{"query":"inner"},"query":["x",{"y":"]}"}]}`, "query", `["x",{"y":"]}"}]`, true},
		{`{"a":{"query":"inner"}}`, "query", "", false},
		{`"{\"query\":\"x\"}"`, "query", "x", true},
		{`" {\"a\":{},\"query\":\"x\"} "`, "query", "x", true},
		{`"{\"query\":\"x\"}`, "query", "", false},
		{`{"a":"` + strings.Repeat("b", maxJSON-20) + `","query":"x"}`, "query", "x", true},
		{`{"a":"` + strings.Repeat("b", maxJSON-19) + `","query":"x"}`, "query", "", false},
		{`{}`, "query", "", false},
		{`{"query":"x"`, "query", "", false},
		{`{"query":"x"}}`, "query", "", false},
		{`["query"]`, "query", "", false},
		{`{"query":"[\\"x\\"]"}`, "query", `["x"]`, true}, // backslashes doubled
		{`{"query":"c:\\"}`, "query", `c:\`, true},
		{``, "query", "", false},
	} {
		if value, has := memberOf(c.cell, c.key); value != c.value || has != c.has {
			t.Errorf("%s of %.60s: %q %v, want %q %v", c.key, c.cell, value, has, c.value, c.has)
		}
	}
}

// What is found is what encoding/json finds, with whatever is thrown together.
func TestMemberAsJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{`{`, `}`, `[`, `]`, `,`, `:`, ` `, `"a"`, `"b"`, `"\u0061"`, `"x\"}"`, `"\n\\"`, `"\x"`, `"\"`, `null`, `1`, `"\ud800"`, "\"\xff\"", `{"a":1}`, `{"b":[{},"]"]}`, `true`, `-1`, `01`, `-`, `0.25`, `1.`, `.5`, `-0`, `["a",1]`, `[]`, `,"c":`, `:"b",`, "\"\x01\"",
		`"a text of some length"`, `"one with \" and \\ in it"`, `"its last is \\"`, `"by number \u0061 too"`, `"\u00e"`, `"\u+0e9"`, `"\u00_9"`, "\"\u00e9\"", `,"\u00e9":1`, ",\"\u00e9\":", "\"a \x01 in a long one\"", "\"\u00e9 in a long one\"",
		`{"x":{"y":[1,{"z":"w"}],"":{}},"q":[]}`, `[[[[[[[[[[1]]]]]]]]]]`, `{"x":`, `[{`, `}]`}
	objects := 0
	for range 200_000 {
		var b strings.Builder
		b.WriteString(`{"a":`)
		for range r.IntN(7) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		b.WriteString(`}`)
		cell := b.String()
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(cell), &want) != nil {
			want = nil
		} else {
			objects++
		}
		for _, key := range []string{"a", "b"} {
			value, has := memberOf(cell, key)
			raw, ok := want[key]
			ok = ok && string(raw) != "null"
			text := string(raw)
			if ok && raw[0] == '"' {
				_ = json.Unmarshal(raw, &text)
			}
			if !ok {
				text = ""
			}
			if has != ok || value != text {
				t.Fatalf("%s of %s: %q %v, want %q %v", key, cell, value, has, text, ok)
			}
		}
	}
	if objects < 1000 {
		t.Errorf("only %d objects", objects)
	}
}

func memberOf(cell, key string) (value string, has bool) {
	var o object
	o.read(cell)
	return o.member(key)
}
