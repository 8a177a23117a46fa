package scanner

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
)

// asFiltered rewrites a Parquet file in one group of small pages, with a Bloom
// filter for each of some columns.
func asFiltered(t testing.TB, file []byte, columns ...string) []byte {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var filters []parquet.BloomFilterColumn
	for _, c := range columns {
		filters = append(filters, parquet.SplitBlockFilter(10, c))
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[any](&out, f.Schema(), parquet.PageBufferSize(2000), parquet.BloomFilters(filters...))
	for _, g := range f.RowGroups() {
		if _, err := parquet.CopyRows(w, g.Rows()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// KQL's in compares text, so that a file may prove by ranges and filters that
// it holds none of a few addresses. It finds what is found without.
func TestKQLProofs(t *testing.T) {
	set := generatedSet(t)
	gt := gen.TableByName("CommonSecurityLog")
	rows := generated(gt, 2*diffRows(), 0.4, 0.1)
	plain := asParquet(t, rows, gen.ParquetOptions{})
	filtered := asFiltered(t, plain, "SourceIP", "DestinationIP")
	// Each indicator that hits, with two that may not.
	all, _ := sweep(t, &Scan{Indicators: set, KQL: true, Columns: ColumnsHunt}, formats.Bytes("x.csv", asCSV(t, rows, gen.CSVOptions{})))
	indicators := slices.Collect(set.All())
	hits := 0
	for n := 0; n < len(all); n++ {
		_, h := decoded(t, unsourced(t, all[n]))
		at := slices.IndexFunc(indicators, func(i ioc.Indicator) bool { return i.Value == h.Indicator.Value })
		list := indicators[at:min(at+3, len(indicators))]
		var want []string
		for i, file := range [][]byte{asCSV(t, rows, gen.CSVOptions{}), plain, filtered} {
			for _, workers := range []int{1, 3} {
				s := &Scan{Indicators: ioc.NewSet(slices.Clone(list)), KQL: true, Columns: ColumnsHunt, Threads: workers}
				name := "x.parquet"
				if i == 0 {
					name = "x.csv"
				} else {
					s.Formats.BlockSize = 8 * 100
				}
				got, _ := sweep(t, s, formats.Bytes(name, file))
				for k := range got {
					got[k] = unsourced(t, got[k])
				}
				if want == nil {
					want = append([]string{}, got...)
					hits += len(got)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%v: file %d has %d hits, want %d%s", list, i, len(got), len(want), firstDifference(got, want))
				}
			}
		}
	}
	if hits == 0 {
		t.Error("no hit proves nothing")
	}
}

// A file of one group is shared by several workers. Their number, and the size
// of the pieces, does not show.
func TestOneGroup(t *testing.T) {
	set := generatedSet(t)
	for _, gt := range gen.Tables {
		for _, hits := range []float64{0.01, 0.3} {
			rows := generated(gt, 4*diffRows(), hits, 0.1)
			file := asParquet(t, rows, gen.ParquetOptions{Group: 1 << 20, PageBytes: 3000})
			var want []string
			for _, size := range []int{0, 8 * 500, 8 * 70} {
				for _, workers := range []int{1, 2, 7} {
					for _, order := range []Order{AsFound, Newest} {
						s := &Scan{Indicators: set, Threads: workers, Order: order, Warn: func(err error) { t.Error(err) }}
						s.Formats.BlockSize = size
						got, sum := sweep(t, s, formats.Bytes("x.parquet", file))
						if !sum.Complete() || sum.Records != 4*diffRows() {
							t.Fatalf("%d records", sum.Records)
						}
						if order != AsFound {
							slices.SortStableFunc(got, func(a, b string) int { return cmp.Compare(record(t, a), record(t, b)) })
						}
						if want == nil {
							want = got
						}
						if !slices.Equal(got, want) {
							t.Fatalf("%s, pieces of %d rows, %d workers: other bytes%s", gt.Name, size/8, workers, firstDifference(got, want))
						}
					}
				}
			}
			if len(want) == 0 {
				t.Errorf("%s: no hits", gt.Name)
			}
		}
	}
}

// record is the number of a hit's record.
func record(t testing.TB, line string) (n int64) {
	t.Helper()
	if _, err := fmt.Sscan(unsourced(t, line), &n); err != nil {
		t.Fatal(err)
	}
	return n
}
