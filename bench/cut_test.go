package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
)

// The parts have all lines of the export, each with its header.
func TestCut(t *testing.T) {
	for _, ext := range []string{"csv", "jsonl"} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "logs"), 0o777); err != nil {
			t.Fatal(err)
		}
		header, rows := "", new(strings.Builder)
		if ext == "csv" {
			header = "Name,IPAddresses\n"
		}
		for i := range 9000 {
			fmt.Fprintf(rows, "host%d.example,10.0.0.1\n", i)
		}
		j := &job{data: &gen.Dataset{Dir: dir}, file: "logs/DnsEvents." + ext}
		if err := os.WriteFile(j.path(), []byte(header+rows.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		c := newCut(j)
		for range 2 { // the second time it is there
			if err := c.ensure(); err != nil {
				t.Fatal(err)
			}
		}
		whole, err := os.ReadFile(c.whole)
		if err != nil || string(whole) != header+rows.String() {
			t.Errorf("%s: the whole has %d bytes, want %d (%v)", ext, len(whole), len(header)+rows.Len(), err)
		}
		parts, err := filepath.Glob(filepath.Join(c.parts, "*."+ext))
		if err != nil || len(parts) != 4 {
			t.Fatal(parts, err)
		}
		all := ""
		for _, p := range parts {
			text, err := os.ReadFile(p)
			part, ok := strings.CutPrefix(string(text), header)
			if err != nil || !ok {
				t.Fatal(p, err)
			}
			all += part
		}
		if all != rows.String() {
			t.Errorf("%s: the parts have %d bytes, want %d", ext, len(all), rows.Len())
		}
	}
}
