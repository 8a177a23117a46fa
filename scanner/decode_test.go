package scanner

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/scanner/table"
)

// decodable are lines as JSONL writes them, with all that a hit can have.
var decodable = []string{
	`{"schema":1,"id":"016c8a473d438b28","table":"CommonSecurityLog","time":"2026-05-21T08:14:03.0000000Z","time_basis":"TimeGenerated","indicator":{"type":"ip:port","value":"176.65.139.7:23","threat_type":"botnet_cc","malware":"Mirai","confidence":80,"first_seen":"2026-05-20","last_seen":"2026-05-20T01:02:03Z","valid_until":null,"compromised":true,"tags":["a","b\"c"],"feeds":["m.csv:12"]},"also":[{"type":"domain","value":"a.example","class":"subdomain"},{"type":"cidr","value":"10.0.0.0/8","class":"cidr"}],"matches":[{"column":"DestinationIP","role":"dst","value":"\u001b😀\\176","class":"ip-only"}],"hunt":true,"life":"unknown","who":{"host":"h","ip":null,"user":null,"process":null,"command_line":"x \"y\" \u202e","peer":"176.65.139.7","peer_name":null,"peer_port":23,"protocol":null,"bytes_out":0,"bytes_in":9223372036854775807,"direction":"outbound","outcome":"unknown"},"row":{"TimeGenerated":"2026-05-21T08:14:03Z","X":"","X":"again","ä":"ä"},"source":{"file":"l.csv","member":"m","record":1,"line":2,"group":3},"labels":[],"reasons":[{"rule":"r","predicates":[{"predicate":"a = 1","value":"TRUE"},{"predicate":"b","value":"UNKNOWN"}]}],"suppressed_by":["r"]}`,
	`{"schema":1,"id":"","table":"Other","time":null,"time_basis":"","indicator":{"type":"url","value":"http://a.example/x","threat_type":null,"malware":null,"confidence":null,"first_seen":null,"last_seen":null,"valid_until":null,"compromised":null,"tags":[],"feeds":[]},"also":[],"matches":[{"column":"c","role":"-","value":"v","class":"url"}],"hunt":false,"life":"unknown","who":{"host":null,"ip":null,"user":null,"process":null,"command_line":null,"peer":null,"peer_name":null,"peer_port":null,"protocol":null,"bytes_out":null,"bytes_in":null,"direction":null,"outcome":null},"row":{},"source":{"file":"f","member":null,"record":0,"line":null,"group":null},"labels":["a","b"]}`,
}

// Reading a line and writing it again gives the line, laid out and spelled as
// it may be.
func TestDecodeAgain(t *testing.T) {
	tables := table.Builtin()
	for _, line := range decodable {
		var wide bytes.Buffer
		if err := json.Indent(&wide, []byte(line), "\t", "  "); err != nil {
			t.Fatal(err)
		}
		more := strings.Replace(line, `"hunt":`, `"more":{"a":[1,{"b":"]}\\"},null,-1.5e3,true],"c":{}},"hunt":`, 1)
		moved := strings.Replace(strings.Replace(line, `{"schema":1,`, "{", 1), `"source":`, `"schema":1,"source":`, 1)
		for _, text := range []string{line, wide.String(), more, moved} {
			h, err := Decode([]byte(text), tables)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if again := string(JSONL(nil, h)); again != line+"\n" {
				t.Errorf("%s\ngives %s", text, again)
			}
		}
	}
	for _, bad := range []struct{ from, to, err string }{
		{`"schema":1`, `"schema":2`, "schema 2, not 1"},
		{`"schema":1`, `"schema":1.5`, "schema is no whole number"},
		{`"schema":1`, `"schema":{}`, "schema is no whole number"},
		{`"hunt":true`, `"hunt":1`, "hunt is neither true nor false"},
		{`"row":{`, `"row":{"a":1,`, "row has a cell that is no text"},
		{`"row":{`, `"row":{"a":null,`, "row has a cell that is no text"},
		{`"who":{`, `"who":{"host":[],`, "who.host is neither a text nor a number"},
		{`"matches":[`, `"matches":{},"x":[`, "matches is no list"},
		{`"matches":[`, `"x":[`, "no matches"},
		{`"indicator":{`, `"x":{`, "no indicator"},
		{`"class":"ip-only"`, `"class":"\u001b"`, `class "\x1b"`},
		{`"value":"176.65.139.7:23"`, `"value":"176.65.139.7"`, "not an ip:port"},
		{`"time":"2026`, `"time":"x2026`, "time"},
		{`"id":"016c8a473d438b28"`, `"id":7`, "id is no text"},
		{`"source":{`, `"source":[{`, "invalid character"},
	} {
		text := strings.Replace(decodable[0], bad.from, bad.to, 1)
		if _, err := Decode([]byte(text), tables); err == nil || !strings.HasPrefix(err.Error(), "read hit: ") || !strings.Contains(err.Error(), bad.err) {
			t.Errorf("%s: %v, want %s", bad.to, err, bad.err)
		}
	}
}

// No line is too much for it, what it reads can be written and read again, and
// a text is that which encoding/json reads.
func FuzzDecode(f *testing.F) {
	for _, line := range decodable {
		f.Add([]byte(line), "a\x1b\u202e\xff\\\"")
	}
	for _, line := range []string{"", "null", "{}", "[1]", "1", `{"schema":1}`, `{"schema":null,"matches":{}}`, `{"row":[]}`, "\xff", `{"a":"\xff"}`, `{"also":[{}]}`} {
		f.Add([]byte(line), `\ud83d`)
	}
	tables := table.Builtin()
	f.Fuzz(func(t *testing.T, line []byte, text string) {
		if h, err := Decode(line, tables); err == nil {
			again := JSONL(nil, h)
			back, err := Decode(again, tables)
			if err != nil || !bytes.Equal(JSONL(nil, back), again) {
				t.Fatalf("%s: again %s: %v", line, again, err)
			}
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, quoted := range [][]byte{quoted, []byte(`"` + text + `"`)} {
			var want string
			if json.Unmarshal(quoted, &want) != nil {
				continue
			}
			h, err := Decode(bytes.Replace([]byte(decodable[0]), []byte(`"row":{`), append(append([]byte(`"row":{"x":`), quoted...), ','), 1), tables)
			if err != nil || h.Row[0].Value != want {
				t.Fatalf("%s: %v, want %q", quoted, err, want)
			}
		}
	})
}
