package corpus

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
)

func TestKind(t *testing.T) {
	for file, want := range map[string][2]string{
		"logs/DnsEvents.csv":                 {"DnsEvents", "csv"},
		"/data/logs/DnsEvents.csv.gz":        {"DnsEvents", "csv"},
		"DnsEvents.flat.jsonl.zst":           {"DnsEvents", "jsonl"},
		`C:\logs\DnsEvents.snappy.parquet`:   {"DnsEvents", "parquet"},
		"logs/CommonSecurityLog.flat.jsonl":  {"CommonSecurityLog", "jsonl"},
		"logs.d/v1.2/DeviceNetworkEvents.x":  {"DeviceNetworkEvents", "x"},
		"logs.d/v1.2/DeviceNetworkEvents":    {"DeviceNetworkEvents", ""},
		"logs/DeviceNetworkEvents.plain.xml": {"DeviceNetworkEvents", "xml"},
	} {
		if table, format := Kind(file); table != want[0] || format != want[1] {
			t.Errorf("%s: %s, %s; want %v", file, table, format, want)
		}
	}
}

func TestAddr(t *testing.T) {
	for indicator, want := range map[string]string{
		"45.1.2.3": "45.1.2.3", "45.1.2.3:23": "45.1.2.3", "2a0e::1": "2a0e::1", "[2a0e::1]:443": "2a0e::1",
		"tvt.brafo1.su": "", "1.example": "", "xn--bcher-kva1.com": "",
	} {
		got, ok := Addr(indicator)
		if want == "" {
			want = indicator
			ok = !ok
		}
		if got != want || !ok {
			t.Errorf("%s: %q, %v", indicator, got, ok)
		}
	}
}

const truth = gen.TruthHeader +
	"logs/DnsEvents.csv\t3\tName\ttvt.x1.su\ttvt.x1.su\tdomain\tyes\n" +
	"logs/DnsEvents.csv\t3\tIPAddresses\t45.0.0.1\t45.0.0.1\tip\tyes\n" +
	"logs/DnsEvents.csv\t5\tIPAddresses\t45.0.0.2\t45.0.0.2:23\tip-only\tyes\n" +
	"logs/DnsEvents.csv\t6\tMessage\ttvt.x1.su\ttvt.x1.su\tdomain\tdeep\n" +
	"logs/DnsEvents.csv\t8\tIPAddresses\t45.0.0.3\t45.0.0.2:23\t\tno\n" +
	"logs/DnsEvents.csv\t9\tName\tnottvt.x1.su\ttvt.x1.su\t\tno\n" +
	"logs/DnsEvents.jsonl\t4\tName\ttvt.x1.su\ttvt.x1.su\tdomain\tyes\n" +
	"logs/DeviceNetworkEvents.csv\t7\tAdditionalFields.query\ttvt.x1.su\ttvt.x1.su\tdomain\tyes\n"

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "truth.tsv")
	if err := os.WriteFile(path, []byte(truth), 0o666); err != nil {
		t.Fatal(err)
	}
	dns, hunt := Levels["wide"]["DnsEvents"].All(), Levels["hunt"]["DnsEvents"].All()
	name := func(indicator string) bool { return indicator == "tvt.x1.su" }
	for _, test := range []struct {
		name, file string
		q          Question
		hits, text []int64
	}{
		{"all", "logs/DnsEvents.csv", Question{Columns: dns}, []int64{3, 5}, []int64{6}},
		{"other file", "logs/DnsEvents.jsonl", Question{Columns: dns}, []int64{4}, nil},
		{"member of a column", "logs/DeviceNetworkEvents.csv", Question{Columns: Levels["wide"]["DeviceNetworkEvents"].All()}, []int64{7}, nil},
		{"fewer columns", "logs/DnsEvents.csv", Question{Columns: hunt}, []int64{3}, []int64{3, 5, 6}},
		{"smaller feed", "logs/DnsEvents.csv", Question{Columns: dns, Has: name}, []int64{3}, []int64{6}},
		{"larger feed", "logs/DnsEvents.csv", Question{Columns: dns, HasAddr: func(a [4]byte) bool { return a == [4]byte{45, 0, 0, 3} }}, []int64{3, 5, 8}, []int64{6}},
		{"nothing planted", "logs/DnsEvents.parquet", Question{Columns: dns}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Read(path, test.file, test.q)
			if err != nil {
				t.Fatal(err)
			}
			hits, text := slices.Sorted(maps.Keys(got.Hits)), slices.Sorted(maps.Keys(got.Text))
			if !slices.Equal(hits, test.hits) || !slices.Equal(text, test.text) {
				t.Errorf("hits %v, text %v; want %v, %v", hits, text, test.hits, test.text)
			}
		})
	}
	if err := os.WriteFile(path, []byte(gen.TruthHeader+"logs/DnsEvents.csv\tthree\ta\tb\tc\td\tyes\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, "logs/DnsEvents.csv", Question{}); err == nil || !strings.Contains(err.Error(), "truth.tsv:2: ") {
		t.Errorf("damaged truth: %v", err)
	}
}

func TestScore(t *testing.T) {
	truth := &Truth{Hits: map[int64]bool{3: true, 5: true, 8: true}, Text: map[int64]bool{6: true, 3: true}}
	for _, test := range []struct {
		records []int64
		want    Score
	}{
		{nil, Score{0, 3, 0}},
		{[]int64{3, 5, 8}, Score{3, 0, 0}},
		{[]int64{8, 3, 3, 8, 3}, Score{2, 1, 0}},
		{[]int64{5, 6, 6}, Score{1, 2, 0}},
		{[]int64{5, 7, 9, 7}, Score{1, 2, 2}},
	} {
		if got := truth.Score(test.records); got != test.want {
			t.Errorf("%v: %+v, want %+v", test.records, got, test.want)
		}
	}
}

// Every column in which something is planted to be found is one that peers
// look at.
func TestLevelsHaveAllPlants(t *testing.T) {
	feed := &gen.Feed{Seed: 2, N: 400}
	for _, table := range gen.Tables {
		columns := Levels["wide"][table.Name].All()
		for _, c := range columns {
			if table.Column(c) < 0 {
				t.Errorf("%s has no column %s", table.Name, c)
			}
		}
		for r := range gen.Rows(table, 3000, gen.Options{Seed: 2, Feed: feed, Hits: 1}) {
			for _, p := range r.Truth {
				if c, _, _ := strings.Cut(p.Column, "."); p.Hit == gen.Yes && !slices.Contains(columns, c) {
					t.Fatalf("%s: %+v", table.Name, p)
				}
			}
		}
	}
}
