//go:build cgo

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/bench/corpus"
	"github.com/iocsweep/iocsweep/bench/gen"
)

// dataset makes a small data set and returns its folder.
func dataset(t *testing.T, formats ...string) string {
	t.Helper()
	d := gen.Dataset{Dir: t.TempDir(), Seed: 4, Tables: gen.Tables, Formats: formats, Rows: 3000, IOCs: 500, Hits: 0.1, Near: 0.1}
	if err := d.Write(); err != nil {
		t.Fatal(err)
	}
	return d.Dir
}

// A peer must find most of what is there, and the same in every format, or its
// time would be that of another job.
func TestPeersDoTheJob(t *testing.T) {
	dir := dataset(t, "csv", "jsonl", "flat.jsonl", "parquet", "snappy.parquet")
	addrs, names, err := corpus.ReadFeed(filepath.Join(dir, "feed.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if len(addrs) != 200 || len(names) != 300 {
		t.Fatalf("%d addresses, %d names", len(addrs), len(names))
	}
	d, err := newDuck(2, addrs, names)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	// The parts of the truth that each finds at least: DuckDB compares text.
	peers := []struct {
		name  string
		peer  peer
		least float64
	}{{"duckdb", d, 0.15}, {"go", newLoop(addrs, names), 0.6}}
	for level := range corpus.Levels {
		jobs, err := findJobs(dir, level)
		if err != nil {
			t.Fatal(err)
		}
		if len(jobs) != 15 {
			t.Fatalf("%d files", len(jobs))
		}
		for _, p := range peers {
			first := map[string]int64{} // by table
			for _, j := range jobs {
				if p.name == "go" && j.format == "parquet" {
					continue
				}
				t.Run(p.name+"/"+level+"/"+j.file, func(t *testing.T) {
					n, err := p.peer.count(j)
					if err != nil {
						t.Fatal(err)
					}
					list, err := p.peer.records(j)
					if err != nil {
						t.Fatal(err)
					}
					if s := j.truth.Score(list); int64(len(list)) != n || s.Wrong != 0 || int64(s.Found) != n {
						t.Errorf("%d rows counted, %d numbered, of which %+v", n, len(list), s)
					}
					truth := float64(len(j.truth.Hits))
					if float64(n) > truth || float64(n) < truth*p.least {
						t.Errorf("%d rows, truth has %v", n, truth)
					}
					// DuckDB writes a JSON object anew when it makes text of it,
					// and so sees names that were escaped.
					anew := p.name == "duckdb" && strings.HasSuffix(j.file, ".flat.jsonl")
					if f, ok := first[j.table]; ok && f != n && !(anew && n > f) {
						t.Errorf("%d rows, another format gave %d", n, f)
					}
					if !anew {
						first[j.table] = n
					}
				})
			}
		}
	}
}

// What DuckDB prints is as many records as it counts, with the columns asked for.
func TestDuckDBShows(t *testing.T) {
	dir := dataset(t, "parquet")
	addrs, names, err := corpus.ReadFeed(filepath.Join(dir, "feed.txt"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDuck(2, addrs, names)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	j, err := newJob(filepath.Join(dir, "logs", "DnsEvents.parquet"), "wide")
	if err != nil {
		t.Fatal(err)
	}
	n, err := d.count(j)
	if err != nil || n == 0 {
		t.Fatalf("%d rows, %v", n, err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := d.(*duck).show(j, []string{"TimeGenerated", "Name"}, out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if int64(len(lines)) != n || !strings.HasPrefix(lines[0], `{"TimeGenerated":"`) || !strings.Contains(lines[0], `,"Name":"`) {
		t.Errorf("%d lines, %d counted; the first is %s", len(lines), n, lines[0])
	}
	// And reads columns of all rows, not only of those that hit.
	def := gen.TableByName("DnsEvents")
	at := slices.IndexFunc(def.Columns, func(c gen.Column) bool { return c.Name == "SubType" })
	want := int64(0)
	for r := range gen.Rows(def, 3000, gen.Options{Seed: 4, Feed: &gen.Feed{Seed: 4, N: 500}, Hits: 0.1, Near: 0.1}) {
		want += 2 * int64(len(r.Cell(at)))
	}
	if read, err := d.(*duck).read(j, []string{"SubType", "SubType"}); err != nil || read != want || want == 0 {
		t.Errorf("%d bytes read, %v, want %d", read, err, want)
	}
}

// DuckDB reads the generator's Parquet files to the same cells, whatever
// their codec and encoding.
func TestDuckDBReadsParquet(t *testing.T) {
	d, err := newDuck(2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	for _, table := range gen.Tables {
		var rows []*gen.Row
		for r := range gen.Rows(table, 2500, gen.Options{Seed: 8, Feed: &gen.Feed{Seed: 8, N: 100}, Hits: 0.2, Near: 0.2}) {
			rows = append(rows, r.Clone())
		}
		for _, o := range []gen.ParquetOptions{
			{}, {Codec: "lz4"}, {Codec: "lz4", V1: true}, {Codec: "snappy", V1: true, Encoding: gen.Overflow}, {Codec: "gzip", Encoding: gen.Overflow},
			{Codec: "brotli", Encoding: gen.Plain, Group: 700}, {Codec: "none", Encoding: gen.Overflow},
		} {
			t.Run(fmt.Sprintf("%s/%+v", table.Name, o), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "rows.parquet")
				f, err := os.Create(path)
				if err != nil {
					t.Fatal(err)
				}
				w, err := gen.NewParquet(f, table, o)
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
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				compare(t, d.(*duck), table, rows, path)
			})
		}
	}
}

func compare(t *testing.T, d *duck, table *gen.Table, rows []*gen.Row, path string) {
	t.Helper()
	var cols []string
	for _, c := range table.Columns {
		expr := `"` + c.Name + `"`
		if c.Type == gen.Time {
			expr = "epoch_ns(" + expr + ")"
		}
		cols = append(cols, "coalesce("+expr+"::VARCHAR, '')")
	}
	got, err := d.db.Query("SELECT " + strings.Join(cols, ", ") + " FROM read_parquet(" + quote(path) + ", file_row_number=true) ORDER BY file_row_number")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	cells := make([]string, len(cols))
	into := make([]any, len(cols))
	for i := range cells {
		into[i] = &cells[i]
	}
	n := 0
	for ; got.Next(); n++ {
		if err := got.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, c := range table.Columns {
			want := string(rows[n].Cell(i))
			if c.Type == gen.Time && want != "" {
				want = strconv.FormatInt(rows[n].Ticks(i)/10*1000, 10) // times with zone have microseconds there
			}
			if cells[i] != want {
				t.Fatalf("record %d: %s is %q, want %q", n+1, c.Name, cells[i], want)
			}
		}
	}
	if err := got.Err(); err != nil || n != len(rows) {
		t.Fatalf("%d rows, want %d: %v", n, len(rows), err)
	}
}
