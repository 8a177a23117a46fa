package scanner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
)

// unsifted makes a set for which there is no sieve: it holds a network more, of
// which no test has an address.
func unsifted(t testing.TB, values ...string) *ioc.Set {
	t.Helper()
	set := indicators(t, append(slices.Clone(values), "192.0.2.96/30")...)
	if set.Sieve() != nil {
		t.Fatal("a sieve for a network")
	}
	return set
}

// siftAlways makes scans sift at every level for the time of a test.
func siftAlways(t testing.TB) {
	before := siftSlowly
	siftSlowly = true
	t.Cleanup(func() { siftSlowly = before })
}

// allSaid is all that a scan says: its hits, what it could not read, and its report,
// as sorted lines, since several workers may reject in any order.
func allSaid(t testing.TB, s Scan, in formats.Input) string {
	t.Helper()
	var out, rejects bytes.Buffer
	s.Output, s.Rejects = &out, &rejects
	var warned []string
	s.Warn = func(err error) { warned = append(warned, err.Error()) }
	sum, err := s.Run(context.Background(), []formats.Input{in})
	if sum == nil {
		t.Fatal(err)
	}
	report, err := json.Marshal(sum.Files)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(warned)
	said := lines(fmt.Sprintf("%s\n%s\n%s\n%q", out.String(), rejects.String(), report, warned))
	slices.Sort(said)
	return strings.Join(said, "\n")
}

// sameSifted scans a file with a sieve and without, and returns the hits.
func sameSifted(t testing.TB, s Scan, file []byte, values ...string) []string {
	t.Helper()
	siftAlways(t)
	var hits []string
	in := func() formats.Input { return formats.Bytes("x", file) }
	s.Indicators = unsifted(t, values...)
	want := allSaid(t, s, in())
	for _, line := range lines(want) {
		if strings.HasPrefix(line, `{"schema":1,"id"`) {
			hits = append(hits, line)
		}
	}
	if s.Indicators = indicators(t, values...); s.Indicators.Sieve() == nil {
		t.Fatalf("%v: no sieve", values)
	}
	if got := allSaid(t, s, in()); got != want {
		t.Fatalf("%v\nsifted  %s\nwant    %s", values, got, want)
	}
	return hits
}

// Files of every table and text format give the same with a sieve: hits, counts,
// positions and what could not be read.
func TestSift(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	found, tries := 0, 4
	if raced || testing.Short() {
		tries = 1
	}
	for _, gt := range gen.Tables {
		rows := generated(gt, 120, 0.3, 0.1)
		var values []string
		for _, row := range rows {
			for _, p := range row.Truth {
				if p.Hit == gen.Yes && !slices.Contains(values, p.Indicator) {
					values = append(values, p.Indicator)
				}
			}
		}
		files := map[string][]byte{
			"csv":       asCSV(t, rows, gen.NativeCSV(gt)),
			"jsonl":     asJSONL(t, rows, gen.NativeJSONL(gt)),
			"flat":      asJSONL(t, rows, gen.JSONOptions{}),
			"array":     asArray(asJSONL(t, rows, gen.JSONOptions{})),
			"answer":    asAnswer(t, rows),
			"torn.csv":  torn(r, asCSV(t, rows, gen.NativeCSV(gt))),
			"torn.json": torn(r, asJSONL(t, rows, gen.NativeJSONL(gt))),
		}
		for _, file := range files {
			for range tries {
				two := []string{values[r.IntN(len(values))], values[r.IntN(len(values))]}
				if indicators(t, two...).Sieve() == nil {
					continue
				}
				s := Scan{Threads: 1 + r.IntN(3), Columns: []Columns{ColumnsWide, ColumnsHunt, ColumnsDeep}[r.IntN(3)]}
				s.Formats.BlockSize = []int{0, 1, 63, 700, 5000}[r.IntN(5)]
				switch r.IntN(4) {
				case 0:
					s.KQL, s.Columns = true, ColumnsHunt
				case 1:
					s.Table = "generic"
				}
				if len(sameSifted(t, s, file, two...)) > 0 {
					found++
				}
			}
		}
	}
	if found < 4*tries {
		t.Errorf("%d scans have hits", found)
	}
}

// torn is a file with quotes, line breaks and other bytes where none belong.
func torn(r *rand.Rand, file []byte) []byte {
	file = bytes.Clone(file)
	for range 30 {
		at := len(file)/10 + r.IntN(len(file)-len(file)/10)
		switch r.IntN(3) {
		case 0:
			file[at] = "\"\n,{}\\\r\xff"[r.IntN(8)]
		case 1:
			file = slices.Insert(file, at, []byte("\"\n,}\xe2\x80")[r.IntN(6)])
		default:
			file = slices.Delete(file, at, min(len(file), at+1+r.IntN(20)))
		}
	}
	return file
}

// FuzzSift holds scans with a sieve against those without, whatever the file.
func FuzzSift(f *testing.F) {
	for _, gt := range gen.Tables {
		rows := generated(gt, 6, 0.8, 0.1)
		f.Add(asCSV(f, rows, gen.NativeCSV(gt)), uint16(300))
		f.Add(asJSONL(f, rows, gen.NativeJSONL(gt)), uint16(64))
		f.Add(asArray(asJSONL(f, rows, gen.JSONOptions{})), uint16(5000))
	}
	for _, text := range []string{
		"TimeGenerated,SourceIP,DestinationIP,RequestURL,DeviceVendor\n4/1/2025,1.2.3.4,\"1.2.3.4\nx\n5,::ffff:102:304,x,http://0x1020304/,y\n",
		`{` + csl + `,"DestinationIP":"1.2.3.4"}` + "\n{\"broken\n" + `{` + dns + `,"Name":"a.\u0065vil.test"}` + "\n" + `{` + dns + `,"Name":"a.\uFF45vil.test"}`,
		`{` + dne + `,"RemoteIP":"001.002.003.004","AdditionalFields":"{\"answers\":\"[\\\"evil.test\\\",\\\"1.2.3.4\\\"]\"}"}`,
		`{"records":[{"category":"AdvancedHunting-DnsEvents","properties":{"Name":"evil.test"}},{"category":"x"}]}`,
	} {
		f.Add([]byte(text), uint16(1))
	}
	f.Fuzz(func(t *testing.T, file []byte, block uint16) {
		s := Scan{Columns: ColumnsDeep, Row: RowAll, Threads: 2}
		s.Formats.BlockSize = int(block)
		sameSifted(t, s, file, "1.2.3.4", "www.evil.test", "evil.test")
	})
}
