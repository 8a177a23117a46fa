package formats

import (
	"fmt"
	"strings"
	"testing"
)

// The first record of a document shows its table, also where it is larger than the head.
func TestJSONLargeFirstRecord(t *testing.T) {
	text := `"RawEventData":"` + strings.Repeat("x", maxJSONHead+1) + `"`
	small := `{"RemoteIP":"192.0.2.1"}`
	envelope := `{"category":"AdvancedHunting-DeviceNetworkEvents","properties":{` + text + `,"RemoteIP":"192.0.2.1"}}`
	for _, test := range []struct{ name, text, columns string }{
		{"array, text first", `[{` + text + `,"RemoteIP":"192.0.2.1"},` + small + `]`, "RawEventData RemoteIP"},
		{"array, text last", `[{"RemoteIP":"192.0.2.1",` + text + `},` + small + `]`, "RemoteIP RawEventData"},
		{"value", `{"value":[{"RemoteIP":"192.0.2.1",` + text + `}]}`, "RemoteIP RawEventData"},
		{"lines", `{` + text + `,"RemoteIP":"192.0.2.1"}` + "\n" + small, "RawEventData RemoteIP"},
		{"lines, envelope", envelope + "\n" + small, "RawEventData RemoteIP category"},
		{"rows by position", `{"tables":[{"columns":[{"name":"RemoteIP"}],"rows":[["192.0.2.1` + strings.Repeat(" ", maxJSONHead) + `"]]}]}`, "RemoteIP"},
		// What holds a large list or object is no record, as it never was.
		{"a document of something else", `{"log":{` + text + `}}`, ""},
	} {
		for _, packed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/stream=%v", test.name, packed), func(t *testing.T) {
				data := []byte(utf8BOM + test.text)
				if packed {
					data = gz(string(data))
				}
				s, err := Open(Bytes("x.json", data), Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				if got := strings.Join(s.Info().Parts[0].Columns, " "); got != test.columns {
					t.Errorf("columns %q, want %q", got, test.columns)
				}
				if s.Info().Unshown {
					t.Error("said to be too large")
				}
			})
		}
	}
}

// A first record that cannot be read hides what those behind it are.
func TestJSONUnshown(t *testing.T) {
	text := `"RawEventData":"` + strings.Repeat("x", maxJSONHead+1) + `"`
	for _, test := range []struct {
		name, text string
		unshown    bool
	}{
		{"array", `[{` + text + `},{"RemoteIP":"192.0.2.1"}]`, true},
		{"line", `{` + text + `}`, true},
		{"envelope", `{"properties":{` + text + `}}`, true},
		{"something else", `{"log":{` + text + `}}`, false},
		{"behind one that can be read", `[{"RemoteIP":"192.0.2.1"},{` + text + `}]`, false},
		{"before one within the head", `[{"Raw":"` + strings.Repeat("x", 2<<20) + `"},{"RemoteIP":"192.0.2.1"}]`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := Open(Bytes("x.json", []byte(test.text)), Options{MaxRecord: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if got := s.Info().Unshown; got != test.unshown {
				t.Errorf("Unshown is %v", got)
			}
		})
	}
}
