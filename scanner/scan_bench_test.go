package scanner

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
)

// benchFeed is what benchmarks look for.
var benchFeed = &gen.Feed{Seed: 5, N: 100_000}

var benchSet = sync.OnceValue(func() *ioc.Set {
	var list []ioc.Indicator
	for i := range benchFeed.N {
		ind, err := ioc.Parse(benchFeed.At(i).Value)
		if err != nil {
			panic(err) // our own feed
		}
		list = append(list, ind)
	}
	return ioc.NewSet(list)
})

// benchFile is size bytes of a table in one format, or somewhat more; hits of
// a thousand rows hold an indicator.
func benchFile(t testing.TB, gt *gen.Table, format string, size, hits int) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := gen.NewWriter(&file, gt, format)
	if err != nil {
		t.Fatal(err)
	}
	// A Parquet writer holds its rows back, so the rows are counted: their
	// size as CSV, of which Parquet is a fraction.
	var text bytes.Buffer
	ruler := gen.NewCSV(&text, gt, gen.CSVOptions{})
	total := 0
	for r := range gen.Rows(gt, -1, gen.Options{Seed: 5, Feed: benchFeed, Hits: float64(hits) / 1000}) {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
		if err := ruler.Write(r); err != nil {
			t.Fatal(err)
		}
		if r.N%1000 == 0 {
			total += text.Len()
			text.Reset()
			if total >= size {
				break
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// A file of 16 MiB as CSV in memory against 100,000 indicators; hits are per
// thousand rows. Bytes are those of the file in its own format.
func BenchmarkScan(b *testing.B) {
	for _, format := range []string{"csv", "jsonl", "parquet"} {
		for _, gt := range gen.Tables {
			for _, hits := range []int{0, 1, 100} {
				var file []byte
				for _, workers := range []int{1, 2} {
					b.Run(fmt.Sprintf("format=%s/table=%s/hits=%d/workers=%d", format, gt.Name, hits, workers), func(b *testing.B) {
						if file == nil {
							file = benchFile(b, gt, format, 16<<20, hits)
						}
						s := &Scan{Indicators: benchSet(), Threads: workers, Output: io.Discard}
						in := []formats.Input{formats.Bytes("x."+format, file)}
						b.SetBytes(int64(len(file)))
						b.ReportAllocs()
						for b.Loop() {
							sum, err := s.Run(context.Background(), in)
							if err != nil || !sum.Complete() || (sum.Hits > 0) != (hits > 0) {
								b.Fatalf("%d hits: %v", sum.Hits, err)
							}
						}
					})
				}
			}
		}
	}
}

// A block that holds no hit costs a worker no memory, once its buffers have
// grown.
func TestBlockAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector makes pools forget, and JSON cells are walked with what a pool keeps")
	}
	for _, format := range []string{"csv", "flat.jsonl", "parquet"} {
		for _, gt := range gen.Tables {
			t.Run(format+"/"+gt.Name, func(t *testing.T) {
				var file []byte
				if format == "parquet" {
					rows := generated(gt, 9000, 0, 0)
					file = asParquet(t, rows, gen.ParquetOptions{Group: 50})
				} else {
					file = benchFile(t, gt, format, 2<<20, 0)
				}
				// With the order of dates given: else what blocks show of it is
				// kept until it is proven.
				s := &Scan{Indicators: benchSet(), Threads: 1, Output: io.Discard, DateOrder: clock.MDY}
				s.Formats.BlockSize = 8 << 10
				r, err := s.prepare(t.Context(), []formats.Input{formats.Bytes("x", file)})
				if err != nil {
					t.Fatal(err)
				}
				defer r.out.close()
				defer r.stop(nil)
				in := r.take()
				if in == nil {
					t.Fatalf("not opened: %+v", r.inputs[0].report)
				}
				w := r.newWorker()
				if err := w.reset(in); err != nil {
					t.Fatal(err)
				}
				block := func() {
					b, err := w.reader.Next()
					if err != nil {
						t.Fatal(err)
					}
					if err := w.block(in, b); err != nil {
						t.Fatal(err)
					}
				}
				for range 60 { // the chain of blocks and the buffers grow
					block()
				}
				if n := testing.AllocsPerRun(100, block); n > 0 {
					t.Errorf("%v allocations per block", n)
				}
			})
		}
	}
}
