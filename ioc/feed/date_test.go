package feed

import (
	"strings"
	"testing"
)

func TestReadDate(t *testing.T) {
	tests := []struct {
		text  string
		order dayOrder
		want  string // "" for none, ! for an error
	}{
		{"2026-05-20", anyOrder, "2026-05-20"},
		{"2026-03-15 04:01:14", anyOrder, "2026-03-15T04:01:14Z"},
		{"2022-08-05 11:40:15 UTC", anyOrder, "2022-08-05T11:40:15Z"},
		{"2026-03-15T04:01:14.25Z", anyOrder, "2026-03-15T04:01:14.25Z"},
		{"2026-03-15T04:01:14+02:00", anyOrder, "2026-03-15T02:01:14Z"},
		{"2026-03-15T23:30:00-0500", anyOrder, "2026-03-16T04:30:00Z"},
		{"2026-03-15T04:01", anyOrder, "2026-03-15T04:01:00Z"},
		{"2020/10/16 0:00:01", anyOrder, "2020-10-16T00:00:01Z"},
		{"5/28/2021", anyOrder, "2021-05-28"},
		{"28/5/2021", anyOrder, "2021-05-28"},
		{"4/1/2025", anyOrder, "!"},
		{"4/1/2025, 7:31:16 AM", anyOrder, "!"},
		{"04-01-25", anyOrder, "!"},
		{"4/4/2025", anyOrder, "2025-04-04"},
		{"12/1/9999", anyOrder, ""},
		{"4/1/2025", monthFirst, "2025-04-01"},
		{"4/1/2025", dayFirst, "2025-01-04"},
		{"20.05.2026", anyOrder, "2026-05-20"},
		{"1/21/21 13:34", monthFirst, "2021-01-21T13:34:00Z"},
		{"6/27/2023, 7:31:16 AM", monthFirst, "2023-06-27T07:31:16Z"},
		{"6/27/2023, 12:00:00 AM", monthFirst, "2023-06-27T00:00:00Z"},
		{"6/27/2023, 12:00:00 PM", monthFirst, "2023-06-27T12:00:00Z"},
		{"\u200e2026-05-20\u00a0", anyOrder, "2026-05-20"},
		{"1/1/10000, 12:00:00 AM", monthFirst, ""},
		{"9999-12-31T23:59:59Z", anyOrder, ""},
		{"", anyOrder, ""},
		{"None", anyOrder, ""},
		{"28/5/2021", monthFirst, "!"},
		{"2026-02-30", anyOrder, "!"},
		{"2026-13-01", anyOrder, "!"},
		{"2026-05-20 24:00:00", anyOrder, "!"},
		{"2026-05-20 14:00:00 PM", anyOrder, "!"},
		{"2026-05-20 14:00:00 +99:00", anyOrder, "!"},
		{"5/20", anyOrder, "!"},
		{"yesterday", anyOrder, "!"},
		{"1779235200", anyOrder, "2026-05-20T00:00:00Z"},
		{"1779235200391", anyOrder, "2026-05-20T00:00:00.391Z"},
		{"1779235200391123", anyOrder, "2026-05-20T00:00:00.391123Z"},
		{"17792352003", anyOrder, "!"},
		{"20260520", anyOrder, "2026-05-20"},
		{"20261320", anyOrder, "!"},
		{"2026-03-15T04:01:14.1234567891234Z", anyOrder, "2026-03-15T04:01:14.123456789Z"},
		{"2026-03-15T04:01:14.x", anyOrder, "!"},
		{"2026-03-15 04:01:60", anyOrder, "!"},
		{"2026-03-15 04:60", anyOrder, "!"},
		{"2026-03-15 23:59:59", anyOrder, "2026-03-15T23:59:59Z"},
		{"2026-00-15", anyOrder, "!"},
		{"2026-03-00", anyOrder, "!"},
		{"12/12/2025", anyOrder, "2025-12-12"},
		{"12/13/2025", anyOrder, "2025-12-13"},
		{"13/12/2025", anyOrder, "2025-12-13"},
		{"13/13/2025", anyOrder, "!"},
		{"5/x/2025", monthFirst, "!"},
		{"5/1/202", monthFirst, "!"},
		{"2026-03-15" + strings.Repeat(" ", 60) + "04:01", anyOrder, "!"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			d, ok := readDate(tt.text, tt.order)
			got := d.String()
			if !ok {
				got = "!"
			}
			if got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			// The text that is printed means the same instant.
			if again, ok := readDate(d.String(), anyOrder); !ok || again != d {
				t.Errorf("%q reads as %v", d.String(), again)
			}
		})
	}
}

func TestDayOrderOfTable(t *testing.T) {
	list, _, err := read(t, []Source{of("ioc;first_seen\na.example.net;04/01/2025\nb.example.net;31/01/2025\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "proved by the second row", lines(list),
		"domain a.example.net first=2025-01-04 at=feed:2\ndomain b.example.net first=2025-01-31 at=feed:3\n")
	late := "ioc;first_seen\n" + strings.Repeat("a.example.net;04/01/2025\n", 2*maxSample)
	list, reports, _ := read(t, []Source{of(late + "b.example.net;31/01/2025\n")}, Options{})
	compare(t, "proved by a late row", list[0].FirstSeen.String(), "2025-01-04")
	compare(t, "warnings", faults(reports[0].Warnings), "")
	list, reports, _ = read(t, []Source{of("ioc;first_seen\na.example.net;04/01/2025\nb.example.net;04/04/2025\nc.example.net;05/01/2025\n")}, Options{})
	compare(t, "not proved", lines(list), "domain a.example.net at=feed:2\ndomain b.example.net first=2025-04-04 at=feed:3\ndomain c.example.net at=feed:4\n")
	compare(t, "warning", faults(reports[0].Warnings), "2 04/01/2025: dates that may be month/day/year or day/month/year: left out\n")
	list, reports, _ = read(t, []Source{of("ioc,FirstSeen [UTC]\na.example.net,\"4/1/2025, 1:02:03 AM\"\n")}, Options{})
	compare(t, "a portal's", lines(list), "domain a.example.net first=2025-04-01T01:02:03Z at=feed:2\n")
	compare(t, "warning", faults(reports[0].Warnings), "2 4/1/2025, 1:02:03 AM: dates taken as month/day/year\n")
	_, reports, _ = read(t, []Source{of(`[{"ioc":"a.example.net","first_seen":"04/01/2025"}]`)}, Options{})
	compare(t, "warning", faults(reports[0].Warnings), "1 04/01/2025: dates that may be month/day/year or day/month/year: left out\n")
}

func TestConfidence(t *testing.T) {
	for text, want := range map[string]int{"80": 80, "80%": 80, " 100 % ": 100, "80.0": 80, "0": 0, "": -1, "high": -1, "0.8": -1, "101": -1, "-5": -1, "1000": -1} {
		if got := confidence(text); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
}
