package feed

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/ioc"
)

// BenchmarkLoad reads a feed from a file and builds the set, as a scan does
// before it begins. resident-B/indicator is what then stays in memory.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100_000, 10_000_000} {
		for _, format := range []struct {
			name  string
			write func(*gen.Feed, io.Writer) error
		}{{"list", (*gen.Feed).WriteList}, {"threatfox-csv", (*gen.Feed).WriteThreatFox}, {"pack", writePack}} {
			b.Run(fmt.Sprintf("indicators=%d/format=%s", n, format.name), func(b *testing.B) {
				if n > 1_000_000 && (testing.Short() || format.name == "threatfox-csv") {
					b.Skip("large")
				}
				path := filepath.Join(b.TempDir(), "feed")
				f, err := os.Create(path)
				if err != nil {
					b.Fatal(err)
				}
				if err := format.write(&gen.Feed{Seed: 1, N: n}, f); err != nil {
					b.Fatal(err)
				}
				size, _ := f.Seek(0, io.SeekCurrent)
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				b.SetBytes(size)
				b.ReportAllocs()
				var set *ioc.Set
				for b.Loop() {
					list, _, err := Read([]Source{File(path)}, Options{})
					if err != nil || list.Len() != n {
						b.Fatal(list.Len(), err)
					}
					set = list.Set()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/indicator")
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "resident-B/indicator")
				runtime.KeepAlive(set)
			})
		}
	}
}

func writePack(f *gen.Feed, w io.Writer) error {
	source := Source{Path: "feed", Open: func() (io.ReadCloser, error) {
		r, pipe := io.Pipe()
		go func() { pipe.CloseWithError(f.WriteList(pipe)) }()
		return r, nil
	}}
	list, reports, err := Read([]Source{source}, Options{ForPack: true})
	if err != nil {
		return err
	}
	return WritePack(w, list, reports, nil)
}
