package formats

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

type eventRow struct {
	Offset int64  `parquet:"offset"`
	Body   []byte `parquet:"body"`
}

type envelopeRow struct {
	Category   string `parquet:"category"`
	Properties string `parquet:"properties"`
}

type recordRow struct {
	Time string `parquet:"time"`
	A    string `parquet:"a"`
}

type pairRow struct {
	Body  string `parquet:"body"`
	Other string `parquet:"other"`
}

type nestedRow struct {
	Category   string    `parquet:"category"`
	Properties recordRow `parquet:"properties"`
}

type messageRow struct {
	Time    string `parquet:"time"`
	A       string `parquet:"a"`
	Message string `parquet:"message"`
}

// Records that a column of Parquet holds as JSON, or as a struct, are read where the columns
// show no table.
func TestParquetEvents(t *testing.T) {
	one, two := `{"time":"t","a":"1"}`, `{"time":"t","a":"2"}`
	var many []eventRow
	var numbers []string
	for i := range 3 * eventRows {
		numbers = append(numbers, fmt.Sprint(i))
		many = append(many, eventRow{int64(i), fmt.Appendf(nil, `{"time":"t","a":"%d"}`, i)})
	}
	tests := []struct {
		name    string
		file    []byte
		want    string // cells of a, by row
		rejects int
	}{
		{"events", writeParquet(t, []eventRow{{7, []byte(one)}, {8, []byte(two)}, {9, nil}}, 2), "1,2,", 0},
		{"batches", writeParquet(t, []eventRow{{7, []byte(`{"records":[` + one + `,` + two + `]}`)}, {8, []byte(`[` + two + `]`)}}, 1), "1,2,2", 0},
		{"many", writeParquet(t, many, 300, parquet.PageBufferSize(200)), strings.Join(numbers, ","), 0},
		{"broken", writeParquet(t, []eventRow{{7, []byte(one)}, {8, []byte(two[:9])}}, 2), "1", 1},
		{"envelope", writeParquet(t, []envelopeRow{{"x", one}, {"y", two}}, 2), "1,2", 0},
		{"nested", writeParquet(t, []nestedRow{{"x", recordRow{"t", "1"}}, {"y", recordRow{"t", "2"}}}, 2), "1,2", 0},
		{"two columns", writeParquet(t, []pairRow{{one, two}, {one, ""}, {two, two}}, 2), "1,2,1,2", 0},
		{"records", writeParquet(t, []messageRow{{"t", "0", one}}, 1), "0", 0},
		{"unknown", writeParquet(t, []eventRow{{7, []byte(`{"a":"1"}`)}}, 1), "", 0},
	}
	for _, test := range tests {
		for _, block := range []int{64, 0} {
			o := Options{BlockSize: block, Table: timedTable}
			format := Format{Open: func(*Content, Options) (Source, error) {
				c := &Content{At: bytes.NewReader(test.file), Len: int64(len(test.file)), Close: func() error { return nil }}
				return openParquet(c, o)
			}}
			var got []string
			var seen jsonSeen
			src, err := format.Open(nil, o)
			switch {
			case err != nil:
				t.Fatal(err)
			case src.Info().Format == "jsonl":
				seen = readJSON(t, format, &Content{}, o, "a")
			default:
				seen.rows = columnOf(t, src, "a")
			}
			for _, row := range seen.rows {
				got = append(got, row[0])
			}
			if g := strings.Join(got, ","); g != test.want || len(seen.rejects) != test.rejects || seen.err != nil {
				t.Errorf("%s, block %d: %q, rejects %q, %v\nwant %q and %d rejects", test.name, block, g, seen.rejects, seen.err, test.want, test.rejects)
			}
		}
	}
}

// columnOf returns the cells of a column, by row.
func columnOf(t *testing.T, src Source, column string) (rows [][]string) {
	t.Helper()
	all := Want{Late: [][]Column{{{column, -1}}}}
	r := src.NewReader(all)
	for {
		b, err := r.Next()
		if err != nil {
			return rows
		}
		for row := range b.Rows {
			g, err := r.Fetch(0, []uint32{uint32(row)})
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, []string{string(g.Cell(0, 0))})
		}
	}
}

// Columns are looked at one by one: a record may have thousands, and lines of all of them
// for each would take minutes.
func TestEventColumnsMany(t *testing.T) {
	names, cells := make([]string, 2000), make([]string, 2000)
	for i := range names {
		names[i], cells[i] = fmt.Sprintf("c%d", i), `{"x":"`+strings.Repeat("y", 40)+`"}`
	}
	start := time.Now()
	if e := newEventColumns(names, slices.Repeat([][]string{cells}, maxSample), Options{Table: timedTable}); len(e.hold) > 0 {
		t.Errorf("columns %d hold records", e.hold)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// Few records are read at a time if they are large.
func TestRecordReaderLarge(t *testing.T) {
	rows := make([]eventRow, eventRows)
	for i := range rows {
		rows[i] = eventRow{int64(i), fmt.Appendf(nil, `{"time":"t","a":"%s"}`, strings.Repeat("x", 100_000))}
	}
	file := writeParquet(t, rows, len(rows))
	src, err := openParquet(&Content{At: bytes.NewReader(file), Len: int64(len(file)), Close: func() error { return nil }}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := src.Info().Parts[0].Columns
	r := &recordReader{r: src.NewReader(Want{Late: [][]Column{allColumns(names)}}), columns: eventColumns{names: names, hold: []int{1}}}
	for err = r.step(); err == nil; err = r.step() {
		if len(r.out) > 1<<20 {
			t.Fatalf("%d bytes at a time", len(r.out))
		}
		r.out = r.out[:0]
	}
	if err != io.EOF {
		t.Error(err)
	}
}
