package scanner

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Whatever bytes stand in a file, a scan of it ends without a panic and
// accounts for its records: a hit is one of them, a rejected one is written
// out, no record is both read and lost, and the same bytes give the same hits
// with one worker as with several.
//
// Run it with -fuzzminimizetime 1x: the seeds are large, and workers that race
// for blocks make coverage waver, so that shrinking inputs takes all the time.
func FuzzScan(f *testing.F) {
	for _, gt := range gen.Tables {
		rows := generated(gt, 12, 0.8, 0.1)
		f.Add(asCSV(f, rows, gen.NativeCSV(gt)), uint16(300))
		f.Add(asJSONL(f, rows, gen.NativeJSONL(gt)), uint16(64))
		f.Add(asArray(asJSONL(f, rows, gen.JSONOptions{})), uint16(5000))
		f.Add(asAnswer(f, rows), uint16(77))
		f.Add(asArrow(f, rows, gen.ArrowOptions{Stream: true, Batch: 5}), uint16(0))
		f.Add(asArrow(f, rows, gen.ArrowOptions{Dictionary: true}), uint16(0))
		f.Add(asParquet(f, rows, gen.ParquetOptions{Codec: "none", Group: 5}), uint16(0))
		f.Add(asParquet(f, rows, gen.ParquetOptions{Encoding: gen.Overflow, DictionaryBytes: 100, PageBytes: 100}), uint16(24))
	}
	for _, text := range []string{
		"", "\n\n", "{", "[", "TimeGenerated,SourceIP,DestinationIP,DeviceVendor\n4/1/2025,1.2.3.4,\"1.2.3.4\nx", "\xef\xbb\xbf{}\n",
		`{` + csl + `,"DestinationIP":"1.2.3.4"}` + "\n{\"broken\n" + `{` + dns + `,"Name":"a.evil.test"}`,
		`{` + dne + `,"RemoteIP":"1.2.3.4","AdditionalFields":"{\"answers\":\"[\\\"evil.test\\\",\\\"1.2.3.4\\\"]\"}"}`,
		`{"records":[{"category":"AdvancedHunting-DnsEvents","properties":{"Name":"evil.test"}},{"category":"x"}]}`,
	} {
		f.Add([]byte(text), uint16(1))
	}
	var rules []*rule.Rule
	for i, expr := range []string{
		"source_ip = '10.0.0.5' OR destination_port BETWEEN 20 AND 30",
		"process.command_line LIKE '%nc -z%' AND timestamp BETWEEN '2025-04-01 02:00:00' AND '2025-04-01 04:00:00'",
		"NOT (who.peer IS NULL) AND who.outcome = 'blocked'",
	} {
		x, err := rule.Inline(i+1, expr)
		if err != nil {
			f.Fatal(err)
		}
		rules = append(rules, x)
	}
	values := []string{"1.2.3.4", "1.2.3.4:80", "1.2.0.0/16", "evil.test", "2001:db8::1", "::/1", "xn--bcher-kva.example"}
	for i := range 60 {
		values = append(values, diffFeed.At(i).Value)
	}
	set := indicators(f, values...)

	f.Fuzz(func(t *testing.T, file []byte, block uint16) {
		var first []string
		for _, workers := range []int{1, 3} {
			var rejects, suppressed bytes.Buffer
			s := &Scan{Indicators: set, Rules: rules, Columns: ColumnsDeep, Row: RowAll, Threads: workers,
				Rejects: &rejects, Suppressed: &suppressed}
			s.Formats.BlockSize = int(block)
			var out bytes.Buffer
			s.Output = &out
			sum, err := s.Run(context.Background(), []formats.Input{formats.Bytes("x", file)})
			if sum == nil {
				t.Fatal(err)
			}
			r := sum.Files[0]
			hits := lines(out.String())
			if r.Rejected > r.Records || r.Other > r.Records || r.Hits != int64(len(hits)) || r.Suppressed != int64(len(lines(suppressed.String()))) {
				t.Fatalf("%d hits in %+v", len(hits), r)
			}
			lost := map[int64]bool{}
			d := json.NewDecoder(&rejects)
			for {
				var bad struct{ Record *int64 }
				if err := d.Decode(&bad); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				if bad.Record != nil {
					lost[*bad.Record] = true
				}
			}
			if int64(len(lost)) > r.Records+1 { // what is not there has a number too
				t.Fatalf("%d records rejected of %d", len(lost), r.Records)
			}
			for _, line := range append(hits, lines(suppressed.String())...) {
				h, err := Decode([]byte(line), table.Builtin())
				if err != nil {
					t.Fatalf("%v: %s", err, line)
				}
				if h.Source.Record < 1 && r.Status == Complete || h.Source.Record > r.Records {
					t.Fatalf("a hit in record %d of %d: %s", h.Source.Record, r.Records, line)
				}
			}
			if r.Status == Complete && r.Rejected > 0 {
				t.Fatalf("looks clean: %+v", r)
			}
			if workers == 1 {
				first = hits
			} else if !slices.Equal(hits, first) {
				t.Fatalf("%d workers: %d hits, not %d%s", workers, len(hits), len(first), firstDifference(hits, first))
			}
		}
	})
}
