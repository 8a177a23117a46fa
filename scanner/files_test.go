package scanner

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
)

// smallFiles are n exports alike, of each kind in turn, each with a hit.
func smallFiles(n int) []formats.Input {
	var csv, jsonl strings.Builder
	csv.WriteString("TimeGenerated,Name,IPAddresses,SubType,Computer\n")
	for i := range 64 {
		name := fmt.Sprintf("%s.host%d.example", strings.Repeat("long", 60), i)
		answer := "10.0.0.1"
		if i == 7 {
			answer = "192.0.2.7"
		}
		fmt.Fprintf(&csv, "2026-05-20 10:00:00,%s,%s,LookupQuery,dc01\n", name, answer)
		fmt.Fprintf(&jsonl, `{"TimeGenerated":"2026-05-20T10:00:00Z","Name":%q,"IPAddresses":%q,"Result":"Success","Computer":"dc01"}`+"\n", name, answer)
	}
	inputs := make([]formats.Input, n)
	for i := range inputs {
		inputs[i] = formats.Bytes(fmt.Sprintf("%d.csv", i), []byte(csv.String()))
		if i%2 == 1 {
			inputs[i] = formats.Bytes(fmt.Sprintf("%d.jsonl", i), []byte(jsonl.String()))
		}
	}
	return inputs
}

func heapNow() (held, allocated uint64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, m.TotalAlloc
}

// TestFilesAreForgotten: a folder has thousands of files, and what they were told by
// is not held until the last has been read, nor where hits wait to be put in order.
func TestFilesAreForgotten(t *testing.T) {
	if raced {
		t.Skip("the race detector holds memory of its own")
	}
	const n = 200
	for _, order := range []Order{AsFound, Newest} {
		inputs := smallFiles(n)
		before, _ := heapNow()
		hits, held := 0, uint64(0)
		s := &Scan{Indicators: indicators(t, "192.0.2.7"), Threads: 1, Order: order, Memory: 64 << 20}
		s.Each = func(*Hit) error {
			if hits++; hits == n {
				held, _ = heapNow()
			}
			return nil
		}
		if _, err := s.Run(context.Background(), inputs); err != nil || hits != n {
			t.Fatal(err, hits)
		}
		if grown := int64(held) - int64(before); grown > n*10<<10 {
			t.Errorf("%v: %d KB held for each of %d files that have been read", order, grown>>10/n, n)
		}
		runtime.KeepAlive(inputs)
	}
}

// TestSmallFilesCostLittle: to open an export and see what it is takes no more than a
// few times its own size.
func TestSmallFilesCostLittle(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates, too")
	}
	const n = 40
	for kind, most := range map[int]uint64{0: 250 << 10, 1: 400 << 10} {
		var inputs []formats.Input
		for i, in := range smallFiles(2 * n) {
			if i%2 == kind {
				inputs = append(inputs, in)
			}
		}
		s := &Scan{Indicators: indicators(t, "192.0.2.7"), Threads: 1, Order: AsFound, Each: func(*Hit) error { return nil }}
		_, before := heapNow()
		if _, err := s.Run(context.Background(), inputs); err != nil {
			t.Fatal(err)
		}
		_, after := heapNow()
		if each := (after - before) / n; each > most {
			t.Errorf("%s: %d KB allocated for a file of %d KB", inputs[0].Path, each>>10, 64*300>>10)
		}
	}
}

// tinyFiles are n exports with the same text.
func tinyFiles(n int, text string) []formats.Input {
	inputs := make([]formats.Input, n)
	for i := range inputs {
		inputs[i] = formats.Bytes(fmt.Sprintf("%d.log", i), []byte(text))
	}
	return inputs
}

// TestGenericFilesCostLittle: what is made of the columns of an unknown table is made
// once for exports that have the same.
func TestGenericFilesCostLittle(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates, too")
	}
	const n = 100
	inputs := tinyFiles(n, `{"event_time":"2026-05-20T10:00:00Z","hostname":"web-1","addr":"192.0.2.7"}`+"\n")
	before, allocatedBefore := heapNow()
	hits, held := 0, uint64(0)
	s := &Scan{Indicators: indicators(t, "192.0.2.7"), Table: "generic", Threads: 1}
	s.Each = func(*Hit) error {
		if hits++; hits == n {
			held, _ = heapNow()
		}
		return nil
	}
	if _, err := s.Run(context.Background(), inputs); err != nil || hits != n {
		t.Fatal(err, hits)
	}
	_, allocated := heapNow()
	if each := (allocated - allocatedBefore) / n; each > 350<<10 {
		t.Errorf("%d KB allocated for each file", each>>10)
	}
	if grown := int64(held) - int64(before); grown > n*20<<10 {
		t.Errorf("%d KB held for each file that has been read", grown>>10/n)
	}
	runtime.KeepAlive(inputs)
}

// TestInspectManyFiles: what an input costs to inspect does not grow with how many
// there are.
func TestInspectManyFiles(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates, too")
	}
	each := func(n int) uint64 {
		inputs, got := tinyFiles(n, "TimeGenerated,Name,IPAddresses,SubType\n2026-05-20 10:00:00,a.example,192.0.2.7,LookupQuery\n"), 0
		_, before := heapNow()
		for i, err := range (&Scan{}).Inspect(context.Background(), inputs) {
			if err != nil || i.Status != Complete || i.Records != 1 || i.Input.Path != inputs[got].Path {
				t.Fatal(err, i)
			}
			got++
		}
		_, after := heapNow()
		if got != n {
			t.Fatalf("%d of %d files inspected", got, n)
		}
		return (after - before) / uint64(n)
	}
	if few, many := each(100), each(1000); many > few*3/2 {
		t.Errorf("%d bytes allocated for each of 100 files, %d for each of 1000", few, many)
	}
}
