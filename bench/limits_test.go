package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
)

// A limit reads the whole file, also one that ends within a word or a block.
func TestLimits(t *testing.T) {
	for _, size := range []int{0, 1, 63, 64, 65, limitBlock, limitBlock + 1, 3*limitBlock + 100} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, make([]byte, size), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, l := range limits {
			for _, threads := range []int{1, 3} {
				seen := sink.Load()
				s, err := l.run(path, threads)
				if err != nil || s.Wall <= 0 {
					t.Errorf("%s of %d bytes: %+v, %v", l.name, size, s, err)
				}
				if n := sink.Load() - seen; l.name == "read" && n != int64((size+63)&^63) {
					t.Errorf("read %d of %d bytes", n, size)
				}
			}
		}
	}
	if _, err := limits[0].run(filepath.Join(t.TempDir(), "nothing"), 1); err == nil {
		t.Error("no error for a file that is not there")
	}
}

func TestReadColumns(t *testing.T) {
	d := &gen.Dataset{Dir: t.TempDir(), Seed: 1, Tables: gen.Tables, Formats: []string{"parquet"}, Rows: 500, IOCs: 100, Hits: 0.1}
	if err := d.Write(); err != nil {
		t.Fatal(err)
	}
	for _, table := range gen.Tables {
		seen := sink.Load()
		if s, err := readColumns(filepath.Join(d.Dir, "logs", table.Name+".parquet"), table.Name, 2); err != nil || s.Wall <= 0 {
			t.Errorf("%s: %+v, %v", table.Name, s, err)
		}
		// A row that is shown has some tens of bytes at least.
		if n := sink.Load() - seen; n < 500*50 {
			t.Errorf("%s: %d bytes", table.Name, n)
		}
	}
}
