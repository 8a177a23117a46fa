package scanner

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/clock"
)

// What waits stays in memory until the share is full, and is written from there
// on.
func TestDatesKeep(t *testing.T) {
	d := &dates{share: 100, tempFile: tempFile{dir: t.TempDir()}}
	defer func() { _ = d.file.Close() }()
	keep := func(room int, text string) (b dateBlock, given bool) {
		t.Helper()
		w := &worker{waiting: append(make([]byte, 0, room), text...)}
		b, err := d.keep(w)
		if err != nil {
			t.Fatal(err)
		}
		return b, w.waiting == nil
	}
	for n, c := range []struct {
		room          int
		text          string
		given, filed  bool
		bytes, behind int
	}{
		{60, strings.Repeat("a", 50), true, false, 60, 0},
		{400, strings.Repeat("b", 20), false, false, 80, 0}, // a copy: too large a buffer for it
		{0, "", false, false, 80, 0},
		{40, strings.Repeat("c", 30), false, true, 80, 30},
		{10, strings.Repeat("d", 10), true, false, 90, 30},
		{500, strings.Repeat("e", 40), false, true, 90, 70},
	} {
		b, given := keep(c.room, c.text)
		if given != c.given && c.text != "" || d.bytes != c.bytes || int(d.size) != c.behind || (b.findings == nil) != (c.filed || c.text == "") {
			t.Errorf("block %d: %+v, given away %v, %d bytes in memory, %d in the file", n, b, given, d.bytes, d.size)
		}
		if c.filed {
			b.findings = make([]byte, b.at.end-b.at.off)
			if _, err := d.file.ReadAt(b.findings, b.at.off); err != nil {
				t.Fatal(err)
			}
		}
		if string(b.findings) != c.text {
			t.Errorf("block %d: %q, want %q", n, b.findings, c.text)
		}
	}
}

// A temporary file that cannot be made or written is an error, and what the block
// showed of its dates is not forgotten over it.
func TestDatesKeepFails(t *testing.T) {
	closed, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	missing := filepath.Join(t.TempDir(), "missing")
	for name, d := range map[string]*dates{"no folder": {tempFile: tempFile{dir: missing}}, "no space": {tempFile: tempFile{file: closed}}} {
		d.blocks = map[int]dateBlock{}
		d.decide([]dateColumn{{key: 0}})
		w := &worker{waiting: bytes.Repeat([]byte("x"), 10)}
		w.now.evidence = []clock.Order{clock.DMY}
		if err := d.put(w, 0); err == nil || !strings.HasPrefix(err.Error(), "spill hits: ") {
			t.Errorf("%s: %v", name, err)
		}
		if c := d.column(0); c.order != clock.DMY || !c.proven {
			t.Errorf("%s: %v %v", name, c.order, c.proven)
		}
	}

	var file strings.Builder
	file.WriteString("TimeGenerated,DeviceVendor,DestinationIP\n")
	for n := range 100 {
		fmt.Fprintf(&file, "5/%d/2026 8:00:00,x,1.2.3.4\n", n%12+1)
	}
	for _, workers := range []int{1, 4} {
		var out bytes.Buffer
		s := &Scan{Indicators: indicators(t, "1.2.3.4"), Threads: workers, Order: AsFound, Memory: 1, Output: &out, Encode: JSONL}
		s.Formats = formats.Options{BlockSize: 64, TempDir: missing}
		if _, err := s.Run(context.Background(), []formats.Input{formats.Bytes("x.csv", []byte(file.String()))}); err == nil || !strings.Contains(err.Error(), "spill") {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
}

// Only times that a decision about the order of dates can make readable are kept.
func TestSpansKeepAmbiguousTimes(t *testing.T) {
	long := strings.Repeat("x", 1<<16)
	var rows []string
	for _, when := range []string{long, "never", "4/1/2025 10:00", "13/1/2025 10:00"} {
		rows = append(rows, fmt.Sprintf(`{"Type":"DnsEvents","TimeGenerated":%q,"Name":"c2.example"}`, when))
	}
	s := Scan{Indicators: indicators(t, "c2.example"), Threads: 1, Formats: formats.Options{BlockSize: 1}}
	r, err := s.prepare(t.Context(), []formats.Input{jsonl("x.jsonl", rows...)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.out.close()
	defer r.stop(nil)
	in := r.inputs[0]
	r.openInput(in)
	for _, cell := range []string{long, "never", "4/1/2025 10:00", ""} {
		in.span(0, []byte(cell))
	}
	if len(in.spans) != 1 || in.spans[0].cell != "4/1/2025 10:00" {
		t.Errorf("%d times wait", len(in.spans))
	}
}
