package feed

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/ioc"
)

func allFixtures(t *testing.T) []ioc.Indicator {
	t.Helper()
	var sources []Source
	for _, f := range []string{"threatfox.csv", "threatfox.json", "list.txt", "typed.csv", "expiring.csv", "page.txt"} {
		sources = append(sources, File("testdata/"+f))
	}
	list, _, err := read(t, sources, Options{})
	if err != nil {
		t.Fatal(err)
	}
	list[0].Malware = "quote \" back\\slash \u202e\x1b[31m line\u2028 ü"
	return list
}

func TestWriteJSONL(t *testing.T) {
	const want = `{"type":"ip:port","value":"203.0.113.71:50003","threat_type":"botnet_cc","malware":"ExampleC2","confidence":100,"first_seen":"2026-03-15T04:01:14Z","last_seen":null,"valid_until":null,"compromised":false,"tags":["ExampleC2","AS64500"],"feeds":["testdata/threatfox.csv:6"]}` + "\n"
	list, _, err := read(t, []Source{File("testdata/threatfox.csv")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteJSONL(&b, slices.Values(list[:1])); err != nil {
		t.Fatal(err)
	}
	compare(t, "line", b.String(), want)

	plain := ioc.Indicator{Type: ioc.Domain, Value: "x.example.net", Details: ioc.NoDetails()}
	compare(t, "nothing known", string(appendJSON(nil, &plain)),
		`{"type":"domain","value":"x.example.net","threat_type":null,"malware":null,"confidence":null,"first_seen":null,"last_seen":null,"valid_until":null,"compromised":null,"tags":[],"feeds":[]}`)
}

// What is written is read back as it was, with the place in the file in front
// of the places it came from.
func TestRoundTrip(t *testing.T) {
	list := allFixtures(t)
	var b bytes.Buffer
	if err := WriteJSONL(&b, slices.Values(list)); err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		var o struct{ Malware *string }
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		if n == 0 && *o.Malware != list[0].Malware {
			t.Errorf("malware %q, want %q", *o.Malware, list[0].Malware)
		}
		if strings.ContainsAny(line, "\x1b\u202e\u2028") {
			t.Errorf("raw control characters in %q", line)
		}
	}
	back, reports, err := read(t, []Source{of(b.String())}, Options{})
	if err != nil || reports[0].Kind != "jsonl" || reports[0].Merged+reports[0].Rejected > 0 {
		t.Fatal(err, reports)
	}
	for i := range back {
		back[i].Feeds = back[i].Feeds[1:]
	}
	list[0].Malware = Clean(list[0].Malware)
	compare(t, "read back", lines(back), lines(list))

	var again bytes.Buffer
	if err := WriteJSONL(&again, slices.Values(back)); err != nil {
		t.Fatal(err)
	}
	var first bytes.Buffer
	WriteJSONL(&first, slices.Values(list))
	compare(t, "written again", again.String(), first.String())
}

func TestWriteCSV(t *testing.T) {
	list := allFixtures(t)
	list[1].Malware, list[1].ThreatType = `=HYPERLINK("x")`, "@sum\x1b[0m"
	list[2].Tags = []string{"+1", "-2"}
	var b bytes.Buffer
	if err := WriteCSV(&b, slices.Values(list)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.String(), "type,value,threat_type,malware,confidence,first_seen,last_seen,valid_until,compromised,tags,feeds\n") {
		t.Errorf("header of %q", b.String()[:120])
	}
	records, err := csv.NewReader(bytes.NewReader(b.Bytes())).ReadAll()
	if err != nil || len(records) != len(list)+1 {
		t.Fatal(len(records), err)
	}
	for _, r := range records {
		for _, cell := range r {
			if cell != "" && strings.ContainsRune(formulaStarts, rune(cell[0])) || strings.Contains(cell, "\x1b") {
				t.Errorf("cell %q is raw", cell)
			}
		}
	}
	if got := records[2][3]; got != `'=HYPERLINK("x")` {
		t.Errorf("formula became %q", got)
	}

	// Read back, the table gives all but the places.
	back, reports, err := read(t, []Source{of(b.String())}, Options{})
	if err != nil || reports[0].Kind != "csv" {
		t.Fatal(err, reports[0].Kind)
	}
	for i := range back {
		back[i].Feeds, list[i].Feeds = nil, nil
	}
	list[0].Malware, list[1].ThreatType = Clean(list[0].Malware), Clean(list[1].ThreatType)
	compare(t, "read back", lines(back), lines(list))
}

// full fails as a full disk does.
type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrors(t *testing.T) {
	list := allFixtures(t)
	if err := WriteJSONL(full{}, slices.Values(list)); err != errFull {
		t.Errorf("JSONL: %v", err)
	}
	if err := WriteCSV(full{}, slices.Values(list)); err != errFull {
		t.Errorf("CSV: %v", err)
	}
}
