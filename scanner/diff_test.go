package scanner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	apq "github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/parquet-go/parquet-go"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// diffRows is how many rows each table has: a few of every planted spelling,
// and enough text for a dictionary to overflow.
func diffRows() int64 {
	if raced || testing.Short() {
		return 300
	}
	return 600
}

var diffFeed = &gen.Feed{Seed: 3, N: 2000}

// generated returns rows that live on.
func generated(t *gen.Table, n int64, hits, near float64) (rows []*gen.Row) {
	for r := range gen.Rows(t, n, gen.Options{Seed: 3, Feed: diffFeed, Hits: hits, Near: near}) {
		rows = append(rows, r.Clone())
	}
	return rows
}

// generatedSet is the feed of the generated rows, read as ThreatFox gives it.
func generatedSet(t testing.TB) *ioc.Set {
	t.Helper()
	var b bytes.Buffer
	if err := diffFeed.WriteThreatFox(&b); err != nil {
		t.Fatal(err)
	}
	list, _, err := feed.Read([]feed.Source{{Path: "feed.csv",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(&b), nil }}}, feed.Options{})
	if err != nil || list.Len() != diffFeed.N {
		t.Fatalf("%d indicators: %v", list.Len(), err)
	}
	return list.Set()
}

// written returns the rows in one format.
func written(t testing.TB, rows []*gen.Row, open func(io.Writer) (gen.Writer, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asCSV(t testing.TB, rows []*gen.Row, o gen.CSVOptions) []byte {
	return written(t, rows, func(w io.Writer) (gen.Writer, error) { return gen.NewCSV(w, rows[0].Table, o), nil })
}

func asJSONL(t testing.TB, rows []*gen.Row, o gen.JSONOptions) []byte {
	return written(t, rows, func(w io.Writer) (gen.Writer, error) { return gen.NewJSONL(w, rows[0].Table, o), nil })
}

func asParquet(t testing.TB, rows []*gen.Row, o gen.ParquetOptions) []byte {
	return written(t, rows, func(w io.Writer) (gen.Writer, error) { return gen.NewParquet(w, rows[0].Table, o) })
}

func asArrow(t testing.TB, rows []*gen.Row, o gen.ArrowOptions) []byte {
	return written(t, rows, func(w io.Writer) (gen.Writer, error) { return gen.NewArrow(w, rows[0].Table, o) })
}

// asArray puts the objects of JSON Lines into one array.
func asArray(jsonl []byte) []byte {
	return []byte("[\n" + strings.Join(lines(string(jsonl)), ",\n") + "\n]\n")
}

// asAnswer is the rows as the Log Analytics query API answers them, times as
// text and all else by its type.
func asAnswer(t testing.TB, rows []*gen.Row) []byte {
	t.Helper()
	columns, records := []map[string]string{}, [][]any{}
	for _, c := range rows[0].Table.Columns {
		columns = append(columns, map[string]string{"name": c.Name, "type": "string"})
	}
	for _, r := range rows {
		record := make([]any, len(columns))
		for i, c := range r.Table.Columns {
			switch cell := string(r.Cell(i)); {
			case cell == "":
			case c.Type == gen.Int, c.Type == gen.Long, c.Type == gen.Real, c.Type == gen.Bool:
				record[i] = json.RawMessage(cell)
			default:
				record[i] = cell
			}
		}
		records = append(records, record)
	}
	b, err := json.Marshal(map[string]any{"tables": []any{map[string]any{"name": "PrimaryResult", "columns": columns, "rows": records}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// batches reads an Arrow stream back.
func batches(t testing.TB, stream []byte) (*arrow.Schema, []arrow.Record) {
	t.Helper()
	r, err := ipc.NewReader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	var list []arrow.Record
	for r.Next() {
		r.Record().Retain()
		list = append(list, r.Record())
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return r.Schema(), list
}

// asOtherParquet is Parquet from a second writer.
func asOtherParquet(t testing.TB, stream []byte, group int64, o ...apq.WriterProperty) []byte {
	t.Helper()
	schema, list := batches(t, stream)
	var b bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &b, apq.NewWriterProperties(append(o, apq.WithMaxRowGroupLength(group))...), pqarrow.NewArrowWriterProperties())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// everyFormat writes rows in all formats. What all of them carry is the same
// text: times in ISO form with seven digits, numbers, and JSON text.
func everyFormat(t testing.TB, rows []*gen.Row) map[string]func() formats.Input {
	t.Helper()
	stream := asArrow(t, rows, gen.ArrowOptions{Stream: true, Batch: 130})
	flat := asJSONL(t, rows, gen.JSONOptions{Style: gen.Bare})
	files := map[string][]byte{
		"comma.csv":         asCSV(t, rows, gen.CSVOptions{}),
		"semicolon.csv":     asCSV(t, rows, gen.CSVOptions{Delimiter: ';', QuoteAll: true, CRLF: true, BOM: true}),
		"bare.jsonl":        flat,
		"flat.jsonl":        asJSONL(t, rows, gen.JSONOptions{Style: gen.Flat, Objects: true}),
		"stream.jsonl":      asJSONL(t, rows, gen.JSONOptions{Style: gen.Envelope, CRLF: true}),
		"array.json":        asArray(flat),
		"answer.json":       asAnswer(t, rows),
		"file.arrow":        asArrow(t, rows, gen.ArrowOptions{Batch: 170}),
		"dictionary.arrow":  asArrow(t, rows, gen.ArrowOptions{Dictionary: true}),
		"stream.arrows":     stream,
		"dictionary.arrows": asArrow(t, rows, gen.ArrowOptions{Stream: true, Dictionary: true, Batch: 250}),
		"zstd.parquet":      asParquet(t, rows, gen.ParquetOptions{Group: 250}),
		"overflow.parquet":  asParquet(t, rows, gen.ParquetOptions{Encoding: gen.Overflow, Codec: "snappy", V1: true}),
		"plain.parquet":     asParquet(t, rows, gen.ParquetOptions{Encoding: gen.Plain, Codec: "none", Group: 90}),
		"text.parquet":      asParquet(t, rows, gen.ParquetOptions{Unit: "text", Codec: "gzip", Group: 400}),
		"other.parquet":     asOtherParquet(t, stream, 200, apq.WithCompression(compress.Codecs.Zstd)),
		"other-plain.parquet": asOtherParquet(t, stream, 1000, apq.WithDictionaryDefault(false),
			apq.WithDataPageSize(2000), apq.WithCompression(compress.Codecs.Snappy)),
		"other-overflow.parquet": asOtherParquet(t, stream, 350, apq.WithDictionaryPageSizeLimit(2000),
			apq.WithDataPageSize(1500), apq.WithBatchSize(50), apq.WithDataPageVersion(apq.DataPageV2)),
	}
	inputs := map[string]func() formats.Input{}
	for name, b := range files {
		inputs[name] = func() formats.Input { return formats.Bytes(name, b) }
	}
	inputs["records"] = func() formats.Input {
		schema, list := batches(t, stream)
		return formats.Records("records", schema, func() (arrow.Record, error) {
			if len(list) == 0 {
				return nil, io.EOF
			}
			r := list[0]
			list = list[1:]
			return r, nil
		})
	}
	return inputs
}

// unsourced takes what differs between files off a hit: the source, but for
// the number of the record.
func unsourced(t testing.TB, line string) string {
	t.Helper()
	at := strings.LastIndex(line, `,"source":{`)
	if at < 0 {
		t.Fatalf("no source: %s", line)
	}
	_, number, _ := strings.Cut(line[at:], `"record":`)
	number, _, _ = strings.Cut(number, ",")
	return number + " " + line[:at]
}

// The same rows give the same hits in every format, and with every number of
// workers and size of blocks.
func TestOneTruthManyFormats(t *testing.T) {
	set := generatedSet(t)
	for _, gt := range gen.Tables {
		t.Run(gt.Name, func(t *testing.T) {
			rows := generated(gt, diffRows(), 0.15, 0.15)
			inputs := everyFormat(t, rows)
			var want []string
			for i, name := range slices.Sorted(maps.Keys(inputs)) {
				got := sameWithAllWorkers(t, set, name, inputs[name])
				for k := range got {
					got[k] = unsourced(t, got[k])
				}
				if i == 0 {
					want = got
					continue
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %d hits, want %d%s", name, len(got), len(want), firstDifference(got, want))
				}
			}
			checkTruth(t, rows, want)
		})
	}
}

// sameWithAllWorkers scans a file in all ways that must not show, and returns its hits.
func sameWithAllWorkers(t *testing.T, set *ioc.Set, name string, input func() formats.Input) []string {
	t.Helper()
	var want []string
	blocks := []int{0, 5000, 300}
	if strings.Contains(name, "arrow") || name == "records" {
		blocks = blocks[:1] // record batches are what they are
	}
	for _, workers := range []int{1, 2, 7} {
		for i, block := range blocks {
			if (raced || testing.Short()) && i != workers%len(blocks) {
				continue // one size for each number of workers
			}
			s := &Scan{Indicators: set, Threads: workers, Warn: func(err error) { t.Errorf("%s: %v", name, err) }}
			s.Formats.BlockSize = block
			got, sum := sweep(t, s, input())
			if sum.Records != diffRows() || sum.Rejected != 0 || !sum.Complete() || sum.Hits != int64(len(got)) {
				t.Fatalf("%s, %d workers, blocks of %d: %d records, %d rejected, %d hits of %d", name, workers, block, sum.Records, sum.Rejected, sum.Hits, len(got))
			}
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s, %d workers, blocks of %d: other bytes%s", name, workers, block, firstDifference(got, want))
			}
		}
	}
	return want
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("\ngot  %s\nwant %s", got[i], want[i])
		}
	}
	return ""
}

// decoded reads hits that unsourced has shortened.
func decoded(t testing.TB, line string) (record int64, h *Hit) {
	t.Helper()
	number, text, _ := strings.Cut(line, " ")
	record, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if h, err = Decode([]byte(text+"}"), table.Builtin()); err != nil {
		t.Fatal(err)
	}
	return record, h
}

// checkTruth holds hits against what was planted: all of it is found as what
// it is, and in no other row anything.
func checkTruth(t *testing.T, rows []*gen.Row, hits []string) {
	t.Helper()
	found := map[int64][]string{}
	for _, line := range hits {
		record, h := decoded(t, line)
		for _, m := range h.Matches {
			found[record] = append(found[record], fmt.Sprint(m.Column, "=", m.Value, " ", h.Indicator.Value, " ", m.Class))
		}
	}
	planted, near := 0, 0
	for _, r := range rows {
		var want []string
		for _, p := range r.Truth {
			if p.Hit == gen.Yes {
				want = append(want, fmt.Sprint(p.Column, "=", p.Value, " ", p.Indicator, " ", p.Class))
				planted++
			} else {
				near++
			}
		}
		if got := found[r.N]; !slices.Equal(got, want) {
			t.Errorf("record %d: got %q, want %q", r.N, got, want)
		}
	}
	if planted < len(rows)/10 || near < len(rows)/10 {
		t.Errorf("only %d values planted and %d near misses", planted, near)
	}
}

// Free text is searched with deep columns: then what was planted there is
// found, and still no near miss.
func TestTruthOfText(t *testing.T) {
	set := generatedSet(t)
	for _, gt := range gen.Tables {
		t.Run(gt.Name, func(t *testing.T) {
			rows := generated(gt, diffRows(), 0.4, 0.3)
			got, _ := sweep(t, &Scan{Indicators: set, Columns: ColumnsDeep}, formats.Bytes("x.csv", asCSV(t, rows, gen.CSVOptions{})))
			type place struct {
				record                 int64
				column, value, ioc, is string
			}
			found := map[place]bool{}
			records := map[int64]bool{}
			for _, line := range got {
				record, h := decoded(t, unsourced(t, line))
				records[record] = true
				for _, m := range h.Matches {
					found[place{record, m.Column, m.Value, h.Indicator.Value, m.Class.String()}] = true
				}
			}
			deep := 0
			for _, r := range rows {
				want := false
				for _, p := range r.Truth {
					if p.Hit == gen.Deep {
						deep++
					}
					if p.Hit == gen.No {
						continue
					}
					want = true
					if !found[place{r.N, p.Column, p.Value, p.Indicator, p.Class}] {
						t.Errorf("record %d: %+v is not found", r.N, p)
					}
				}
				if records[r.N] != want {
					t.Errorf("record %d: hit %v, want %v (%+v)", r.N, records[r.N], want, r.Truth)
				}
			}
			if deep == 0 {
				t.Error("nothing was planted in text")
			}
		})
	}
}

// Each product's own spelling of times gives the same events: only the text of
// times and what was assumed about it differ.
func TestNativeSpellings(t *testing.T) {
	set := generatedSet(t)
	for _, gt := range gen.Tables {
		t.Run(gt.Name, func(t *testing.T) {
			rows := generated(gt, diffRows(), 0.3, 0.1)
			var want []string
			for i, b := range [][]byte{
				asParquet(t, rows, gen.ParquetOptions{Unit: "ms"}),
				asParquet(t, rows, gen.ParquetOptions{Unit: "us"}),
				asCSV(t, rows, gen.NativeCSV(gt)),
				asJSONL(t, rows, gen.NativeJSONL(gt)),
				asJSONL(t, rows, gen.JSONOptions{Times: gen.Trimmed}),
			} {
				lines, _ := sweep(t, &Scan{Indicators: set}, formats.Bytes("x", b))
				var got []string
				for _, line := range lines {
					record, h := decoded(t, unsourced(t, line))
					column, _, _ := strings.Cut(h.TimeBasis, ":")
					got = append(got, fmt.Sprint(record, " ", h.ID, " ", h.Time.Milli(), " ", column, " ", h.Life, " ", short(t, line)))
				}
				slices.Sort(got)
				if i == 0 {
					want = got
				}
				if len(got) < len(rows)/10 || !slices.Equal(got, want) {
					t.Errorf("spelling %d: %d hits, want %d%s", i, len(got), len(want), firstDifference(got, want))
				}
			}
		})
	}
}

// What the head of a JSON stream does not show is read all the same: the port
// that makes an ip:port agree, cells to print, and what rules ask for.
func TestColumnsBehindTheHead(t *testing.T) {
	x, err := rule.Inline(1, "destination_port = 81 AND SourceUserName = 'scan'")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for range 500 {
		rows = append(rows, `{`+csl+`,"SourceIP":"10.0.0.1","DestinationIP":"10.0.0.2"}`)
	}
	rows = append(rows, `{`+csl+`,"SourceIP":"10.0.0.1","DestinationIP":"1.2.3.4","DestinationPort":80,"RequestURL":"1.2.3.4/x"}`,
		`{`+csl+`,"SourceIP":"10.0.0.1","DestinationIP":"1.2.3.4","DestinationPort":81,"SourceUserName":"scan"}`)
	s := &Scan{Indicators: indicators(t, "1.2.3.4:80"), Rules: []*rule.Rule{x}}
	got, sum := sweep(t, s, jsonl("x.jsonl", rows...))
	if sum.Suppressed != 1 || len(got) != 1 {
		t.Fatalf("%d hits, %d suppressed", len(got), sum.Suppressed)
	}
	if want := "1.2.3.4:80 DestinationIP=1.2.3.4(dst,ip:port) RequestURL=1.2.3.4/x(dst,ip:port)"; short(t, got[0]) != want ||
		!strings.Contains(got[0], `"RequestURL":"1.2.3.4/x"`) {
		t.Errorf("got %s", got[0])
	}
}

// A page that is damaged costs its cells and is said to be lost; the rows that
// matched are hits all the same, and the scan goes on.
func TestDamagedLateColumn(t *testing.T) {
	set := generatedSet(t)
	rows := generated(gen.DeviceNetworkEvents, 400, 0.3, 0)
	file := asParquet(t, rows, gen.ParquetOptions{Encoding: gen.Plain, Codec: "none", Group: 200})
	whole, _ := sweep(t, &Scan{Indicators: set, Order: AsFound}, formats.Bytes("x.parquet", file))

	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(file)
	at := f.Metadata().RowGroups[0].Columns[gen.DeviceNetworkEvents.Column("DeviceName")].MetaData.DataPageOffset
	copy(damaged[at:], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")
	for _, detail := range []RowDetail{RowTriage, RowAll} {
		var warned []string
		s := &Scan{Indicators: set, Order: AsFound, Row: detail, Threads: 3, Warn: func(err error) { warned = append(warned, err.Error()) }}
		got, sum := sweep(t, s, formats.Bytes("x.parquet", damaged), formats.Bytes("y.parquet", file))
		if len(got) != 2*len(whole) || sum.Complete() || sum.Files[0].Status != Partial || sum.Files[1].Status != Complete {
			t.Fatalf("%d hits, want %d; %+v", len(got), 2*len(whole), sum.Files[0])
		}
		if len(warned) != 1 || !strings.Contains(warned[0], "group 0") || !strings.Contains(warned[0], "DeviceName") {
			t.Errorf("warnings: %q", warned)
		}
		for _, line := range got {
			lost := strings.Contains(line, `"file":"x.parquet"`) && strings.HasSuffix(line, `"group":0}}`)
			_, h := decoded(t, unsourced(t, line))
			n := slices.IndexFunc(h.Row, func(c Cell) bool { return c.Name == "DeviceName" })
			if there := n >= 0 && h.Row[n].Value != ""; there == lost {
				t.Errorf("device's name there: %v: %s", there, line)
			}
		}
	}
}
