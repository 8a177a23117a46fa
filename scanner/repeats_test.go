package scanner

import (
	"fmt"
	"slices"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
)

// The same rows in two exports of different formats are repeats, and so is an event that was
// delivered twice; rows that differ in what the hunt projects are not. The number of workers
// does not show.
func TestRepeats(t *testing.T) {
	row := func(n int) string {
		return fmt.Sprintf(`{%s,"TimeGenerated":"2026-05-21T08:14:%02d.123Z","SourceIP":"10.0.0.%d","DestinationIP":"198.51.100.7"}`, csl, n%60, n%200)
	}
	var rows []string
	for n := range 500 {
		rows = append(rows, row(n))
	}
	rows = append(rows, row(7), row(7))
	csv := "TimeGenerated,DeviceVendor,SourceIP,DestinationIP,Type\n" +
		"2026-05-21T08:14:09.1239Z,x,10.0.0.9,198.51.100.7,CommonSecurityLog\n2026-05-21T08:14:09.1249Z,x,10.0.0.9,198.51.100.7,CommonSecurityLog\n"
	for _, threads := range []int{1, 3} {
		s := &Scan{Indicators: indicators(t, "198.51.100.7"), Threads: threads, Repeats: new(Repeats)}
		s.Formats.BlockSize = 1 << 10
		hits, _ := sweep(t, s, jsonl("a.jsonl", rows...), formats.Bytes("b.csv", []byte(csv)))
		if len(hits) != 504 || !s.Repeats.Counted || s.Repeats.Hits != 3 {
			t.Errorf("%d hits, %+v", len(hits), s.Repeats)
		}
	}
}

// Whether there were too many hits to be compared depends on how many there were, not on
// the blocks that they are in or on who found them. Those that a strict scan has found
// behind its bad record are not written, and so it has none to compare.
func TestRepeatsNotCounted(t *testing.T) {
	defer func(n int64) { maxIDs = n }(maxIDs)
	maxIDs = 300
	row := `{` + csl + `,"DestinationIP":"198.51.100.7"}`
	for _, c := range []struct {
		name        string
		rows, files int // a bad record ends the last one if there are less than none
		strict      bool
		counted     bool
	}{
		{"as many as can be", 100, 3, false, true},
		{"too many", 100, 4, false, false},
		{"strict", 100, 3, true, true},
		{"strict, stopped", 100, -3, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, threads := range []int{1, 8} {
				var inputs []formats.Input
				for n := range max(c.files, -c.files) {
					rows := slices.Repeat([]string{row}, c.rows)
					if c.files < 0 && n == -c.files-1 {
						rows = append(rows, `{"`)
					}
					inputs = append(inputs, jsonl(fmt.Sprintf("%d.jsonl", n), rows...))
				}
				s := &Scan{Indicators: indicators(t, "198.51.100.7"), Threads: threads, Strict: c.strict, Repeats: new(Repeats)}
				hits, sum := sweep(t, s, inputs...)
				if int(sum.Hits) != len(hits) || s.Repeats.Counted != c.counted || c.counted && int(s.Repeats.Hits) != len(hits)-1 {
					t.Errorf("%d threads: %d hits, %d are reported, %+v", threads, len(hits), sum.Hits, s.Repeats)
				}
			}
		})
	}
	r := Repeats{ids: [][]uint64{make([]uint64, 200), make([]uint64, 200)}} // of two blocks at the same time
	if r.count(400); r.Counted {
		t.Errorf("%+v", r)
	}
}

func TestRepeatsCount(t *testing.T) {
	for _, c := range []struct {
		ids     [][]uint64
		hits    int64
		want    int64
		counted bool
	}{
		{nil, 0, 0, true},
		{nil, 1, 0, false}, // not gathered, since there were too many
		{[][]uint64{{0}}, 1, 0, true},
		{[][]uint64{{0, 7}, {0, 7, 8, 0}}, 6, 3, true},
		{[][]uint64{{1 << 60, 1, 1<<60 + 1, 1<<59 + 1}}, 4, 0, true}, // which begin at the same place
		{[][]uint64{{1, 2}, {1}}, 4, 0, false},
	} {
		r := Repeats{Hits: 99, ids: c.ids}
		if r.count(c.hits); r.Hits != c.want || r.Counted != c.counted || r.ids != nil {
			t.Errorf("%v: %+v", c.ids, r)
		}
	}
	if got := idBits("0f1e2d3c4b5a6978"); got != 0x0f1e2d3c4b5a6978 {
		t.Errorf("%x", got)
	}
}
