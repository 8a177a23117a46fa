package feed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDated(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"abuse.ch", "#####\n# Last updated: 2026-03-15 04:51:02 UTC   #\n#\n1.2.3.4\n", "2026-03-15T04:51:02Z its header"},
		{"word for the month", "# Last modified: So 24. Jul 08:00:12 UTC 2022\na.example.net\n", "2022-07-24T08:00:12Z its header"},
		{"month first", "# Date: March 5, 2022\na.example.net\n", "2022-03-05 its header"},
		{"zone not known", "# Date: 15 Sept 2022 10:00:00 CEST\na.example.net\n", "2022-09-15 its header"},
		{"no such day", "# Date: 31 Feb 2022\na.example.net\n", " "},
		{"latest counts", "# Created: 2020-01-01\n# Updated: 2026-08-22T18:10:19+02:00\n# Expires: 2030-01-01\na.example.net\n", "2026-08-22T16:10:19Z its header"},
		{"only at the top", "a.example.net\n# Updated: 2026-08-22\nb.example.net\n", " "},
		{"no word for it", "# seen since 2026-08-22\na.example.net\n", " "},
		{"when it is due", "# Next update: 2026-08-22\na.example.net\n", " "},
		{"adblock", "[Adblock Plus 2.0]\n! Title: x\n! Version: 2026-08-22\n||a.example.net^\n||b.example.net^\n||c.example.net^\n||d.example.net^\n||e.example.net^\n", "2026-08-22 its header"},
		{"zone", "$TTL 300\n@ SOA localhost. root.localhost. 2026081503 3600 900 86400 300\na.example.net CNAME .\nb.example.net CNAME .\nc.example.net CNAME .\n", "2026-08-15 its header"},
		{"serial that is no date", "$TTL 300\n@ SOA localhost. root.localhost. 2026991503 3600 900 86400 300\na.example.net CNAME .\nb.example.net CNAME .\nc.example.net CNAME .\n", " "},
		{"OpenIOC", `<ioc id="1" last-modified="2014-09-03T19:35:19" xmlns="http://schemas.mandiant.com/2010/ioc"><IndicatorItem condition="is"><Context search="Network/DNS"/><Content>a.example.net</Content></IndicatorItem></ioc>`, "2014-09-03T19:35:19Z its header"},
		{"MISP", `{"Event":{"RelatedEvent":[{"Event":{"date":"2027-01-01"}}],"Attribute":[{"type":"domain","value":"a.example.net"}],"date":"2026-05-20"}}`, "2026-05-20 its objects"},
		{"MISP events", `{"response":[{"Event":{"date":"2026-05-20","Attribute":[{"type":"domain","value":"a.example.net"}]}},{"Event":{"date":"2026-05-19","Attribute":[]}}]}`, "2026-05-20 its objects"},
		{"STIX", `{"type":"bundle","objects":[{"type":"report","modified":"2026-05-21T00:00:00Z"},{"type":"indicator","created":"2026-05-20T00:00:00Z","pattern":"[domain-name:value = 'a.example.net']"}]}`, "2026-05-21T00:00:00Z its objects"},
		{"STIX without", `{"type":"bundle","objects":[{"type":"indicator","pattern":"[domain-name:value = 'a.example.net']"}]}`, " "},
	} {
		_, reports, err := read(t, []Source{of(tt.text)}, Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		got := " "
		if r := reports[0]; !r.Dated.IsZero() {
			got = r.Dated.String() + " " + r.DatedBy
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A feed that says nothing is as fresh as its file.
func TestDatedByFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feed.txt")
	if err := os.WriteFile(path, []byte("a.example.net\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 20, 4, 1, 14, 5000, time.UTC)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	_, reports, err := Read([]Source{File(path)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := reports[0].Dated.String() + " " + reports[0].DatedBy; got != "2026-05-20T04:01:14Z the file" {
		t.Error(got)
	}
}

// The first line of each reason is kept, and what was merged by type.
func TestReasonsHaveLines(t *testing.T) {
	_, reports, err := read(t, []Source{of(strings.Repeat("a.example.net\n1.2.3.4\nco.uk\n", 3))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := reports[0]
	if r.First["public suffix"] != 3 || r.Reasons["public suffix"] != 3 || r.Repeats["domain"] != 2 || r.Repeats["ip"] != 2 || r.Merged != 4 {
		t.Errorf("%+v", r)
	}
}
