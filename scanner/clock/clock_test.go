package clock

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// vectors reads a vector file: a header row, tabs, \uXXXX and \t escapes.
func vectors(t *testing.T, name string) [][]string {
	t.Helper()
	b, err := os.ReadFile("../../testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")[1:] {
		cells := strings.Split(line, "\t")
		for i, c := range cells {
			if u, err := strconv.Unquote(`"` + strings.ReplaceAll(c, `"`, `\"`) + `"`); err == nil {
				cells[i] = u
			}
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestVectors(t *testing.T) {
	orders := map[string]Order{"": None, "mdy": MDY, "dmy": DMY, "ymd": YMD}
	rows := vectors(t, "datetime.tsv")
	if len(rows) < 50 {
		t.Fatalf("only %d vectors", len(rows))
	}
	for _, v := range rows {
		t.Run(v[0]+"/"+v[1], func(t *testing.T) {
			r := Parse(v[0], orders[v[1]], nil)
			got := map[Status]string{Null: "NULL", Ambiguous: "AMBIGUOUS", Bad: "REJECT"}[r.Status]
			if r.Status == OK {
				got = r.Time.String()
			}
			if got != v[2] {
				t.Errorf("got %s, want %s", got, v[2])
			}
		})
	}
}

func TestParseDetails(t *testing.T) {
	berlin, _ := Zone("W. Europe Standard Time")
	for _, c := range []struct {
		name, text string
		order      Order
		loc        *time.Location
		want       Result
		printed    string
	}{
		{"zone of the header", "4/1/2025, 2:00:00 AM", MDY, berlin, Result{Dated: true}, "2025-04-01T00:00:00.0000000Z"},
		{"its own zone wins", "2025-04-01T02:00:00Z", None, berlin, Result{Zoned: true}, "2025-04-01T02:00:00.0000000Z"},
		{"proves day first", "13/1/2025, 2:00:00", None, nil, Result{Dated: true, Proves: DMY}, "2025-01-13T02:00:00.0000000Z"},
		{"proves month first", "1/13/2025, 2:00:00", DMY, nil, Result{Dated: true, Proves: MDY}, "2025-01-13T02:00:00.0000000Z"},
		{"both readings agree", "4/4/2025", None, nil, Result{Dated: true}, "2025-04-04T00:00:00.0000000Z"},
		{"unclear", "4/1/2025", None, nil, Result{Status: Ambiguous, Dated: true}, ""},
		{"dots put the day first", "01.04.2025, 02:00:00", None, nil, Result{}, "2025-04-01T02:00:00.0000000Z"},
		{"number has a zone", "1743472800", None, berlin, Result{Zoned: true}, "2025-04-01T02:00:00.0000000Z"},
		{"dashes with the year last", "12-02-2022", None, nil, Result{Status: Bad}, ""},
		{"two-digit year", "4/1/25", MDY, nil, Result{Status: Bad}, ""},
		{"no such day proves nothing", "2/30/2025", None, nil, Result{Status: Bad, Dated: true}, ""},
		{"a number out of range proves nothing", "99/1/2025", None, nil, Result{Status: Bad, Dated: true}, ""},
		{"clocks go forward", "2025-03-30 02:30:00", None, berlin, Result{}, "2025-03-30T01:30:00.0000000Z"},
		{"clocks go back", "2025-10-26 02:30:00", None, berlin, Result{}, "2025-10-26T01:30:00.0000000Z"},
		{"last tick", "9999-12-31T23:59:59.9999999Z", None, nil, Result{Zoned: true}, "9999-12-31T23:59:59.9999999Z"},
		{"before year 1", "0001-01-01T00:00:00+01:00", None, nil, Result{Status: Bad, Zoned: true}, ""},
		{"offset in a word", "2025-04-01 04:00:00 GMT+02:00", None, nil, Result{Zoned: true}, "2025-04-01T02:00:00.0000000Z"},
		{"a.m.", "1/13/2025, 2:00:00 a.m.", None, nil, Result{Dated: true, Proves: MDY}, "2025-01-13T02:00:00.0000000Z"},
		{"no month 0", "2025-00-10 02:00:00", None, nil, Result{Status: Bad}, ""},
		{"no month 13", "2025-13-10 02:00:00", None, nil, Result{Status: Bad}, ""},
		{"no day 0", "2025-04-00 02:00:00", None, nil, Result{Status: Bad}, ""},
		{"no year 0", "0000-04-01 02:00:00", None, nil, Result{Status: Bad}, ""},
		{"west of Greenwich", "2025-04-01T02:00:00-05:30", None, nil, Result{Zoned: true}, "2025-04-01T07:30:00.0000000Z"},
		{"west in a word", "2025-04-01 02:00:00 EST", None, nil, Result{Zoned: true}, "2025-04-01T07:00:00.0000000Z"},
		{"no such offset", "2025-04-01T02:00:00+19:00", None, nil, Result{Status: Bad}, ""},
		{"an offset of one digit in minutes", "2025-04-01T02:00:00+02:0", None, nil, Result{Status: Bad}, ""},
		{"a browser's clock", "Tue Apr 01 2025 04:00:00 GMT+0200", None, nil, Result{Zoned: true}, "2025-04-01T02:00:00.0000000Z"},
		{"a century in two digits", "8 Nov 49 15:05", None, nil, Result{}, "2049-11-08T15:05:00.0000000Z"},
		{"the century before", "8 Nov 50 15:05", None, nil, Result{}, "1950-11-08T15:05:00.0000000Z"},
		{"four digits with a month's name", "8 Nov 2014 15:05", None, nil, Result{}, "2014-11-08T15:05:00.0000000Z"},
		{"dots and three digits", "123.04.2025", None, nil, Result{Status: Bad}, ""},
		{"the twelfth of a month is no proof", "12/4/2025", None, nil, Result{Status: Ambiguous, Dated: true}, ""},
		{"nor is the twelfth month", "4/12/2025", None, nil, Result{Status: Ambiguous, Dated: true}, ""},
		{"the twelfth of a month, day first", "12/4/2025", DMY, nil, Result{Dated: true}, "2025-04-12T00:00:00.0000000Z"},
		{"the twelfth month beside a proof", "12/13/2025", None, nil, Result{Dated: true, Proves: MDY}, "2025-12-13T00:00:00.0000000Z"},
		{"the twelfth month beside a proof, day first", "13/12/2025", None, nil, Result{Dated: true, Proves: DMY}, "2025-12-13T00:00:00.0000000Z"},
		{"a comma before the fraction", "2025-04-01 02:00:00,391", None, nil, Result{}, "2025-04-01T02:00:00.3910000Z"},
		{"last minute of the day", "4/13/2025 11:59:59 PM", None, nil, Result{Dated: true, Proves: MDY}, "2025-04-13T23:59:59.0000000Z"},
		{"zone behind PM", "4/13/2025 11:59:59 PM -0100", None, nil, Result{Dated: true, Zoned: true, Proves: MDY}, "2025-04-14T00:59:59.0000000Z"},
		{"zone that begins like PM", "2025-04-01 02:00:00 PDT", None, nil, Result{Zoned: true}, "2025-04-01T09:00:00.0000000Z"},
		{"hour 0 of twelve", "4/13/2025 0:00 AM", None, nil, Result{Status: Bad}, ""},
		{"minute 60", "2025-04-01 02:60:00", None, nil, Result{Status: Bad}, ""},
		{"byte order mark", "\ufeff2025-04-01", None, nil, Result{}, "2025-04-01T00:00:00.0000000Z"},
		{"direction marks", "\u200e4\u200f/13/2025", None, nil, Result{Dated: true, Proves: MDY}, "2025-04-13T00:00:00.0000000Z"},
		{"no-break spaces", "2025-04-01\u00a0\u00a002:00:00", None, nil, Result{}, "2025-04-01T02:00:00.0000000Z"},
		{"blanks around", " \t2025-04-01\r\n", None, nil, Result{}, "2025-04-01T00:00:00.0000000Z"},
		{"many blanks", strings.Repeat(" ", 100) + "2025-04-01", None, nil, Result{}, "2025-04-01T00:00:00.0000000Z"},
		{"an offset for display", "/Date(1743472800391+0200)/", None, nil, Result{Zoned: true}, "2025-04-01T02:00:00.3910000Z"},
		{"seconds where milliseconds are said", "/Date(1743472800)/", None, nil, Result{Status: Bad}, ""},
		{"fraction of a millisecond", "1743472800391.5", None, nil, Result{Zoned: true}, "2025-04-01T02:00:00.3915000Z"},
		{"a number with an end", "1743472800.", None, nil, Result{Status: Bad}, ""},
		{"twenty digits", "17434728003910000000", None, nil, Result{Status: Bad}, ""},
		{"first second of the numbers", "946684800", None, nil, Result{Zoned: true}, "2000-01-01T00:00:00.0000000Z"},
		{"the second before", "946684799", None, nil, Result{Status: Bad}, ""},
		{"last second of the numbers", "4102444799", None, nil, Result{Zoned: true}, "2099-12-31T23:59:59.0000000Z"},
		{"the second after", "4102444800", None, nil, Result{Status: Bad}, ""},
		{"trailing text", "2025-04-01T02:00:00Zx", None, nil, Result{Status: Bad, Zoned: true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Parse(c.text, c.order, c.loc)
			if got.Status == OK && got.Time.String() != c.printed {
				t.Errorf("got %v, want %s", got.Time, c.printed)
			}
			got.Time = 0
			if c.want.Status == Bad {
				got.Zoned = c.want.Zoned
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// The calendar is that of the standard library, in all its years: leap days
// and the ends of centuries among the first and last days of months.
func TestCalendar(t *testing.T) {
	for year := 1; year <= 9999; year++ {
		for m := time.January; m <= time.December; m++ {
			first, last := time.Date(year, m, 1, 0, 0, 0, 0, time.UTC), time.Date(year, m+1, 0, 23, 59, 59, 0, time.UTC)
			for _, day := range []time.Time{first, last} {
				text := day.Format("2006-01-02 15:04:05")
				r, want := Parse(text, None, nil), day.Format("2006-01-02T15:04:05.0000000Z")
				if r.Status != OK || r.Time != FromStd(day) || r.Time.String() != want {
					t.Fatalf("%s: got %+v, printed as %s", text, r, r.Time)
				}
			}
			if r := Parse(last.Format("2006-01-")+strconv.Itoa(last.Day()+1), None, nil); r.Status != Bad {
				t.Fatalf("%s has a day %d: %+v", last.Format("January 2006"), last.Day()+1, r)
			}
		}
	}
}

func TestZone(t *testing.T) {
	at := time.Date(2023, 7, 1, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]int{
		"UTC": 0, "Europe/Berlin": 2, "W. Europe Standard Time": 2, "Pacific Standard Time": -7,
		"Pacific Time (US and Canada)": -7, "Pacific Time (US and Canada) Tijuana": -7,
		"(UTC-08:00) Pacific Time (US & Canada)": -7, "Eastern Time (US and Canada)": -4,
		"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna": 2, "UTC+02:00": 2, "-0500": -5,
	} {
		loc, ok := Zone(name)
		if !ok {
			t.Errorf("%s: unknown", name)
			continue
		}
		if _, off := at.In(loc).Zone(); off != want*3600 {
			t.Errorf("%s: %d s east in summer, want %d h", name, off, want)
		}
	}
	for _, name := range []string{"", "local", "Nowhere Standard Time", "EST", "../../etc/passwd", "UTC+99"} {
		if _, ok := Zone(name); ok {
			t.Errorf("%q: known", name)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(zonesFile), "\n")[1:] {
		for _, name := range strings.Split(line, "\t") {
			if _, ok := Zone(name); !ok {
				t.Errorf("%s: unknown", name)
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	for _, text := range []string{"2025-04-01T02:00:00.1234567Z", "4/1/2025, 2:00:00.391 AM", "1743472800391"} {
		b := []byte(text)
		if n := testing.AllocsPerRun(100, func() { Parse(b, MDY, nil) }); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

// What is read at once is what the parser reads, for texts near the plain form.
func TestPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	digits, taken := "0123456789", 0
	for range 200_000 {
		text := []byte("20yy-mM-dDThH:nN:sS.fffffffffZ")
		for i, c := range text {
			switch c {
			case 'y', 'M', 'D', 'H', 'N', 'S', 'f':
				text[i] = digits[rng.IntN(10)]
			case 'm', 'd', 'h', 'n', 's':
				text[i] = digits[rng.IntN(5)]
			}
		}
		n := len(text) - 1 - rng.IntN(11) // with some of the fraction
		text = append(text[:n], 'Z')
		for range rng.IntN(3) {
			text[rng.IntN(len(text))] = "0123456789-:.TZ "[rng.IntN(16)]
		}
		if r, ok := plain(text); ok {
			taken++
			if want := parse(text, None, nil); r != want {
				t.Fatalf("%s: %+v, want %+v", text, r, want)
			}
		}
	}
	if taken < 2_000 {
		t.Fatalf("only %d were read", taken)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2025-04-01T02:00:00.1234567Z", "4/1/2025, 2:00 PM", "8 Nov 14 15:05", "/Date(1)/", "1743472800.391", "datetime(2025-02-30)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range []Order{None, MDY, DMY} {
			r := Parse(s, o, nil)
			if at, ok := plain(s); ok && at != parse([]byte(s), o, nil) {
				t.Fatalf("%q: %+v at once, %+v by the parser", s, at, parse([]byte(s), o, nil))
			}
			if r != Parse([]byte(s), o, nil) {
				t.Fatal("bytes and string differ")
			}
			if r.Status != OK {
				if r.Time != 0 {
					t.Fatal("a time without OK")
				}
				continue
			}
			again := Parse(r.Time.String(), None, nil)
			if again.Status != OK || again.Time != r.Time {
				t.Fatalf("%q: %v reads back as %v", s, r.Time, again)
			}
			if FromStd(r.Time.Std()) != r.Time {
				t.Fatalf("%q: %v is not its standard time", s, r.Time)
			}
		}
		if want, err := time.Parse(time.RFC3339Nano, s); err == nil && want.Year() > 1 && want.Year() < 9999 && !strings.Contains(s, ",") {
			if r := Parse(s, None, nil); r.Status != OK || r.Time != FromStd(want) {
				t.Fatalf("%q: got %v, want %v", s, r, want)
			}
		}
	})
}
