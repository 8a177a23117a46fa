package scanner

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
)

// A faultySource has readers that panic at the n-th call of one of their methods, counted
// over all of them.
type faultySource struct {
	formats.Source
	method string
	left   *atomic.Int64
}

func (s faultySource) NewReader(w formats.Want) formats.Reader {
	if s.method == "NewReader" && s.left.Add(-1) == 0 {
		panic("a fault of the test in NewReader")
	}
	w.Spare = nil
	return faultyReader{s.Source.NewReader(w), s}
}

type faultyReader struct {
	formats.Reader
	s faultySource
}

func (r faultyReader) called(method string) {
	if r.s.method == method && r.s.left.Add(-1) == 0 {
		panic("a fault of the test in " + method)
	}
}

func (r faultyReader) Next() (formats.Block, error) {
	r.called("Next")
	b, err := r.Reader.Next()
	r.called("Claimed")
	if r.s.method == "Claimed third" && err == nil && b.Seq == 2 {
		panic("a fault of the test")
	}
	return b, err
}

func (r faultyReader) Runs() iter.Seq2[*formats.Run, error] {
	runs := r.Reader.Runs()
	return func(yield func(*formats.Run, error) bool) {
		r.called("Runs")
		runs(func(run *formats.Run, err error) bool {
			if r.s.method == "Match" && run != nil && r.s.left.Add(-1) == 0 {
				run.Key = 999 // which whoever takes it stumbles over
			}
			return yield(run, err)
		})
	}
}

func (r faultyReader) Fetch(stage int, rows []uint32) (*formats.Grid, error) {
	r.called("Fetch")
	return r.Reader.Fetch(stage, rows)
}

func (r faultyReader) Pos(row uint32) formats.Pos {
	r.called("Pos")
	return r.Reader.Pos(row)
}

func (r faultyReader) Rejects() []formats.Reject {
	r.called("Rejects")
	return r.Reader.Rejects()
}

// openFaulty begins a scan of a file whose readers panic when method is called and left
// has come down to 0.
func openFaulty(t *testing.T, s *Scan, file []byte, method string, left *atomic.Int64) *run {
	t.Helper()
	r, err := s.prepare(t.Context(), []formats.Input{formats.Bytes("x", file)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.stop(nil)
		r.out.close()
	})
	in := r.inputs[0]
	in.state = opening
	r.openInput(in)
	in.src = faultySource{in.src, method, left}
	return r
}

// faultySweep runs a scan of a file that panics at the n-th call of a method of readers, or
// of the encoder. It returns the hits, what is reported of the file, and the warnings.
func faultySweep(t *testing.T, s *Scan, file []byte, method string, n int64) (hits []string, f *FileReport, warned []string) {
	t.Helper()
	left := new(atomic.Int64)
	left.Store(n)
	var out bytes.Buffer
	s.Output, s.Warn = &out, func(err error) { warned = append(warned, err.Error()) }
	if method == "Encode" {
		s.Encode = func(dst []byte, h *Hit) []byte {
			if left.Add(-1) == 0 {
				panic("a fault of the test in Encode")
			}
			return JSONL(dst, h)
		}
	}
	r := openFaulty(t, s, file, method, left)
	var workers sync.WaitGroup
	for range s.Threads {
		w := r.newWorker()
		workers.Go(w.work)
	}
	workers.Wait()
	if err := r.out.finish(); err != nil {
		t.Fatal(err)
	}
	return lines(out.String()), r.summary().Files[0], warned
}

// A panic while a file is read costs at most the block in which it happens: the scan ends,
// all other hits are written as ever, and the file does not pass for one that was read.
func TestFaults(t *testing.T) {
	faultsPanic = false
	defer func() { faultsPanic = true }()
	rows := generated(gen.Tables[1], 1600, 0.2, 0)
	files := map[string][]byte{
		"csv":     asCSV(t, rows, gen.CSVOptions{}),
		"jsonl":   asJSONL(t, rows, gen.JSONOptions{}),
		"parquet": asParquet(t, rows, gen.ParquetOptions{Group: 160}),
		"pieces":  asParquet(t, rows, gen.ParquetOptions{}),
	}
	set := generatedSet(t)
	for name, file := range files {
		for threads, order := range map[int]Order{1: Newest, 3: AsFound} {
			sweep := func(method string, n int64) ([]string, *FileReport, []string) {
				s := &Scan{Indicators: set, Threads: threads, Order: order}
				s.Formats.BlockSize = 24 << 10
				if name == "pieces" {
					s.Formats.BlockSize = 8 * 160
				}
				return faultySweep(t, s, file, method, n)
			}
			whole, _, _ := sweep("", 0)
			if len(whole) < 300 {
				t.Fatalf("%d hits", len(whole))
			}
			for _, method := range []string{"Next", "Claimed", "Runs", "Match", "Fetch", "Pos", "Rejects", "Encode"} {
				t.Run(fmt.Sprintf("%s/%d/%s", name, threads, method), func(t *testing.T) {
					hits, f, warned := sweep(method, 3)
					if f.Status != Partial || !strings.Contains(f.Reason, "internal error at ") || len(warned) != 1 || !strings.Contains(warned[0], f.Reason) {
						t.Errorf("%v, %s; %q", f.Status, f.Reason, warned)
					}
					if block := method == "Runs" || method == "Rejects" || method == "Match"; block && !strings.Contains(f.Reason, "in records ") {
						t.Errorf("no records are named: %s", f.Reason)
					}
					if int(f.Hits) != len(hits) {
						t.Errorf("%d hits are reported, %d written", f.Hits, len(hits))
					}
					at := 0
					for _, h := range hits {
						for at < len(whole) && !same(whole[at], h) {
							at++
						}
						if at++; at > len(whole) {
							t.Fatalf("a hit that is none, or in another place: %.60s", h)
						}
					}
					least := len(whole) * 3 / 4
					switch {
					case method == "Encode":
						least = len(whole) - 1
					case method == "Next" && name == "csv":
						least = 0 // where the next record begins is not known
					}
					if len(hits) < least {
						t.Errorf("%d hits of %d", len(hits), len(whole))
					}
				})
			}
		}
	}
}

// same compares hits, but for the number of a record that stands behind a block that was
// never counted.
func same(a, b string) bool {
	cut := func(s string) string { s, _, _ = strings.Cut(s, `"source":`); return s }
	return cut(a) == cut(b)
}

// A row whose hits could not be made is one of those that could not be read.
func TestFaultRejected(t *testing.T) {
	faultsPanic = false
	defer func() { faultsPanic = true }()
	var rejects bytes.Buffer
	s := &Scan{Indicators: indicators(t, "198.51.100.7"), Order: AsFound, Rejects: &rejects, Encode: func(dst []byte, h *Hit) []byte {
		if h.Source.Record == 2 {
			panic("a fault of the test")
		}
		return JSONL(dst, h)
	}}
	row := `{` + csl + `,"DestinationIP":"198.51.100.7"}`
	hits, _ := sweep(t, s, jsonl("b", row, row, row))
	if want := `{"file":"b","member":null,"record":2,"line":2,"offset":null,"reason":"internal error at `; len(hits) != 2 || !strings.HasPrefix(rejects.String(), want) {
		t.Errorf("%d hits, %s", len(hits), &rejects)
	}
}

// Dates behind a block that was never claimed show their order as those before it do.
func TestFaultBeforeProof(t *testing.T) {
	faultsPanic = false
	defer func() { faultsPanic = true }()
	var file strings.Builder
	for n := range 2000 {
		day := 1 + n%12
		if n > 1900 {
			day = 13
		}
		fmt.Fprintf(&file, `{%s,"TimeGenerated":"%d/5/2026 8:00:00","DestinationIP":"198.51.100.7"}`+"\n", csl, day)
	}
	for _, threads := range []int{1, 3} {
		s := &Scan{Indicators: indicators(t, "198.51.100.7"), Order: AsFound, Threads: threads}
		s.Formats.BlockSize = 8 << 10
		hits, _, _ := faultySweep(t, s, []byte(file.String()), "Claimed", 3)
		if len(hits) < 1800 {
			t.Errorf("%d threads: %d hits", threads, len(hits))
		}
		for _, h := range hits {
			if !strings.Contains(h, `"time":"2026-05-`) {
				t.Errorf("%d threads: %.200s", threads, h)
			}
		}
	}
}

// An input whose only block is lost is still one of its table, and one that cannot be read
// at all does not end the scan.
func TestFaultOfAll(t *testing.T) {
	faultsPanic = false
	defer func() { faultsPanic = true }()
	for method, records := range map[string]int64{"Runs": 1, "NewReader": 0} {
		s := &Scan{Indicators: indicators(t, "198.51.100.7"), Threads: 1}
		hits, f, warned := faultySweep(t, s, []byte(`{`+csl+`,"DestinationIP":"198.51.100.7"}`), method, 1)
		if len(hits) != 0 || f.Status != Partial || f.Records != records || (f.Table == "") != (records == 0) || len(warned) != 1 {
			t.Errorf("%s: %d hits, %+v, %q", method, len(hits), f, warned)
		}
	}
}

// A fault in the account of a rule leaves no lock that others wait for.
func TestFaultInLedger(t *testing.T) {
	w := &worker{run: new(run), removing: []*RuleReport{nil}}
	func() {
		defer func() { _ = recover() }()
		w.enter(new(Hit))
	}()
	if !w.mu.TryLock() {
		t.Error("locked")
	}
}

// What panics may have a whole record to show.
func TestFaultText(t *testing.T) {
	said := newFault(strings.Repeat("\x1b[31mx", 1000), "here").Error()
	if len(said) > 2*maxFaultText || strings.Contains(said, "\x1b") || !strings.HasPrefix(said, "internal error at here: ") {
		t.Errorf("%q", said)
	}
}

// Where records have no number, since a block before them was lost, the order of hits does
// not depend on the workers.
func TestFaultOrder(t *testing.T) {
	faultsPanic = false
	defer func() { faultsPanic = true }()
	var file strings.Builder
	for n := range 400 {
		fmt.Fprintf(&file, `{%s,"TimeGenerated":"2026-05-21T08:00:00Z","SourceIP":"10.0.%d.%d","DestinationIP":"198.51.100.7"}`+"\n", csl, n/100, n%100)
	}
	var want []string
	for _, threads := range []int{1, 8, 8, 8} {
		s := &Scan{Indicators: indicators(t, "198.51.100.7"), Threads: threads}
		s.Formats.BlockSize = 1 << 10
		hits, _, _ := faultySweep(t, s, []byte(file.String()), "Claimed third", 0)
		if want == nil {
			want = hits
		}
		if len(hits) < 380 || !slices.Equal(hits, want) {
			t.Errorf("%d threads: %d hits, in another order", threads, len(hits))
		}
		if n := strings.Count(strings.Join(hits, ""), `"record":0,"line":null`); n < 300 {
			t.Errorf("%d threads: %d hits without a number", threads, n)
		}
	}
}

// A record is explained as it would be without a fault elsewhere, and said to be lost where
// its own block was.
func TestFaultTraced(t *testing.T) {
	faultsPanic = false
	defer func() { faultsPanic = true }()
	row := `{` + csl + `,"DestinationIP":"198.51.100.7"}` + "\n"
	for _, method := range []string{"Runs", "Rejects", "Fetch"} {
		for _, record := range []int64{1, 40} {
			s := &Scan{Indicators: indicators(t, "198.51.100.7"), Threads: 1}
			s.Formats.BlockSize = 10 * len(row)
			left := new(atomic.Int64)
			left.Store(1)
			r := openFaulty(t, s, []byte(strings.Repeat(row, 50)), method, left)
			tr := &Trace{Record: record, Group: -1}
			w := r.newWorker()
			w.trace, w.rowed = tr, true
			w.work()
			if record == 1 && (tr.Found || tr.Bad == nil || !strings.Contains(tr.Bad.Error(), "in records 1 to ")) {
				t.Errorf("%s: %+v", method, tr)
			}
			if record == 40 && (!tr.Found || tr.Bad != nil || len(tr.Hits) != 1 || len(tr.Hits[0].Hit.Row) == 0) {
				t.Errorf("%s: %+v", method, tr)
			}
		}
	}
}

// An input that cannot be opened for a fault is unreadable, and the others are read.
func TestFaultAtOpening(t *testing.T) {
	faultsPanic = false
	defer func() { faultsPanic = true }()
	s := &Scan{Indicators: indicators(t, "198.51.100.7")}
	hits, sum := sweep(t, s, formats.Stdin(brokenReader{}), jsonl("b", `{`+csl+`,"DestinationIP":"198.51.100.7"}`))
	if len(hits) != 1 || sum.Files[0].Status != Unreadable || !strings.Contains(sum.Files[0].Reason, "internal error at ") || sum.Files[1].Status != Complete {
		t.Errorf("%q, %+v, %+v", hits, sum.Files[0], sum.Files[1])
	}
}
