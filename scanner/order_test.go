package scanner

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/iocsweep/iocsweep/formats"
)

func TestSorter(t *testing.T) {
	for _, share := range []int{1 << 20, 64 << 20} { // spilled in several runs, or not at all
		t.Run(fmt.Sprint("share=", share), func(t *testing.T) {
			dir := t.TempDir()
			s := newSorter(dir, share)
			defer s.close()
			piles := []pile{{to: s}, {to: s}, {to: s}}
			r := rand.New(rand.NewPCG(1, 2))
			type one struct {
				key
				text string
			}
			var want []one
			for i := range 20_000 {
				k := key{time: r.Int64N(50) - 25, input: int32(r.IntN(3)), record: r.Int64N(100), n: int32(i)}
				if r.IntN(10) == 0 {
					k.time = noTime
				}
				noise := make([]byte, r.IntN(300)) // which does not get shorter by packing
				if i%1000 == 0 {
					noise = make([]byte, frameSize-20+r.IntN(4*frameSize)) // longer than a frame, or just not
				}
				for n := range noise {
					noise[n] = byte(r.Uint32())
				}
				w := one{k, fmt.Sprintf("%d %s", i, noise)}
				want = append(want, w)
				p := &piles[r.IntN(len(piles))]
				p.payload = append(p.payload, w.text...)
				if err := p.end(k); err != nil {
					t.Fatal(err)
				}
			}
			for i := range piles {
				if err := piles[i].flush(); err != nil {
					t.Fatal(err)
				}
			}
			if spilled := len(s.runs) > 0; spilled != (share == 1<<20) {
				t.Fatalf("%d runs spilled", len(s.runs))
			}
			slices.SortFunc(want, func(a, b one) int { return a.compare(b.key) })
			n := 0
			err := s.flush(func(k key, payload []byte) error {
				if k != want[n].key || string(payload) != want[n].text {
					return fmt.Errorf("item %d: got %+v, want %+v", n, k, want[n].key)
				}
				n++
				return nil
			})
			if err != nil || n != len(want) {
				t.Fatalf("%d of %d items: %v", n, len(want), err)
			}
			s.close()
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// Hits as large as records may be, but that pack well, are merged a piece at a time.
func TestSorterLargeHits(t *testing.T) {
	const hits, size = 100, 4 << 20
	s := newSorter(t.TempDir(), 64<<20)
	defer s.close()
	p := pile{to: s}
	for i := range hits {
		p.payload = append(p.payload, make([]byte, size)...)
		if err := p.end(key{record: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	p = pile{}
	n := 0
	err := s.flush(func(k key, payload []byte) error {
		if k.record != int64(n) || len(payload) != size {
			return fmt.Errorf("item %d: got %+v, %d bytes", n, k, len(payload))
		}
		if n++; n == hits/2 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if held := m.HeapAlloc >> 20; held > 100 {
				t.Errorf("%d MiB held while hits are merged", held)
			}
		}
		return nil
	})
	if err != nil || n != hits {
		t.Errorf("%d hits: %v", n, err)
	}
}

func TestSorterCannotSpill(t *testing.T) {
	s := newSorter("/no/such/folder", 1000)
	p := pile{to: s}
	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		p.payload = append(p.payload, make([]byte, 1000)...)
		err = p.end(key{record: int64(i)})
	}
	if err == nil {
		t.Fatal("no error")
	}
	if s.flush(func(key, []byte) error { return nil }) == nil {
		t.Fatal("the loss is forgotten at the end")
	}
}

func TestSequence(t *testing.T) {
	for _, share := range []int{0, 100, 1 << 20} { // everything that waits is spilled, or some, or nothing
		var got []string
		s := newSequence(t.TempDir(), share, func(p []byte) error { got = append(got, string(p)); return nil })
		defer s.close()
		type piece struct {
			ticket
			part int
		}
		var want []string
		parts := map[ticket]int{}
		var left []ticket // one for each part
		for in := range 3 {
			for seq := range 40 {
				b := ticket{in, seq}
				for n := range 1 + seq%4 {
					left = append(left, b)
					if seq%3 != 0 { // empty blocks take their turn too
						want = append(want, fmt.Sprint(piece{b, n}))
					}
				}
			}
		}
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
		var payload []byte
		for i, b := range left {
			n := parts[b]
			parts[b]++
			if payload = payload[:0]; b.seq%3 != 0 {
				payload = fmt.Append(payload, piece{b, n})
			}
			var err error
			if payload, err = s.put(b, payload, n == b.seq%4); err != nil {
				t.Fatal(err)
			}
			if i == 60 {
				for in := range 3 {
					if err := s.end(in, 40); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("share %d: got %v, want %v", share, got, want)
		}
		if s.inMem != 0 {
			t.Errorf("share %d: %d bytes are left", share, s.inMem)
		}
	}
}

// Any number of workers may put at once: one at a time hands on, in order, and
// nobody waits for it but where the memory is full.
func TestSequenceConcurrent(t *testing.T) {
	for _, share := range []int{0, 1000, 1 << 20} {
		const workers, blocks, parts = 5, 300, 7
		var got []string
		var within atomic.Int32
		s := newSequence(t.TempDir(), share, func(p []byte) error {
			if within.Add(1) != 1 {
				t.Error("two hand on at once")
			}
			got = append(got, string(p))
			runtime.Gosched()
			within.Add(-1)
			return nil
		})
		defer s.close()
		var next atomic.Int32
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				var payload []byte
				for seq := int(next.Add(1)) - 1; seq < blocks; seq = int(next.Add(1)) - 1 {
					for n := range parts {
						var err error
						if payload, err = s.put(ticket{0, seq}, fmt.Appendf(payload[:0], "%d.%d", seq, n), n == parts-1); err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		wg.Wait()
		if err := s.end(0, blocks); err != nil {
			t.Fatal(err)
		}
		var want []string
		for seq := range blocks {
			for n := range parts {
				want = append(want, fmt.Sprintf("%d.%d", seq, n))
			}
		}
		if !slices.Equal(got, want) || s.inMem != 0 || s.busy {
			t.Errorf("share %d: got %v, want %v; %d bytes are left", share, got, want, s.inMem)
		}
	}
}

// An output that fails ends it for all, those that wait for memory too.
func TestSequenceFails(t *testing.T) {
	full := errors.New("disk full")
	s := newSequence(t.TempDir(), 100, func([]byte) error { return full })
	defer s.close()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			var err error
			for err == nil {
				_, err = s.put(ticket{0, w}, make([]byte, 40), false)
			}
			if !errors.Is(err, full) {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
}

// A panic of who takes the hits is an error to all, and none of them waits.
func TestSequencePanics(t *testing.T) {
	faultsPanic = false
	defer func() { faultsPanic = true }()
	s := newSequence(t.TempDir(), 100, func([]byte) error { panic("taker") })
	for n := range 3 {
		if _, err := s.put(ticket{0, n}, []byte("x"), true); err == nil || !strings.Contains(err.Error(), "taker") {
			t.Errorf("%d: %v", n, err)
		}
	}
	if err := s.flush(); err == nil {
		t.Error("no error")
	}
}

// After an interrupt there are gaps; what waits still comes out, in order.
func TestSequenceGaps(t *testing.T) {
	var got []string
	s := newSequence(t.TempDir(), 1<<20, func(p []byte) error { got = append(got, string(p)); return nil })
	for _, b := range []ticket{{1, 4}, {0, 2}, {0, 0}, {1, 2}} {
		if _, err := s.put(b, []byte(fmt.Sprint(b)), b.seq != 2); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"{0 0}", "{0 2}", "{1 2}", "{1 4}"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// claims is a reader whose Next is all there is.
type claims struct {
	formats.Reader
	next func() (formats.Block, error)
}

func (c claims) Next() (formats.Block, error) { return c.next() }

// claimBlock counts a block.
func claimBlock(c *chain, b formats.Block) {
	_, _ = c.claim(claims{next: func() (formats.Block, error) { return b, nil }})
}

func TestChain(t *testing.T) {
	c := newChain()
	order := rand.New(rand.NewPCG(3, 4)).Perm(200)
	var wg sync.WaitGroup
	for _, seq := range order {
		if seq == 0 {
			continue // a block asks only once it has been counted itself
		}
		wg.Go(func() {
			b, ok := c.before(seq)
			if !ok || b.records != int64(seq*(seq-1)/2) || b.lines != int64(2*seq+1) {
				t.Errorf("block %d: %+v %v", seq, b, ok)
			}
		})
	}
	for _, seq := range order {
		claimBlock(c, formats.Block{Seq: seq, Records: seq, Lines: 2, Line: 1})
	}
	wg.Wait()
	if c.blocks() != 200 || c.total() != (base{199 * 100, 400}) {
		t.Errorf("%d blocks, %+v", c.blocks(), c.total())
	}
}

// A block that is never counted releases those who wait for it, but not before
// the blocks that other workers have in hand are counted: what a hit says must
// not hang on who comes first.
func TestChainBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChain()
		hold := make(chan formats.Block)
		go func() { _, _ = c.claim(claims{next: func() (formats.Block, error) { return <-hold, nil }}) }()
		synctest.Wait()
		claimBlock(c, formats.Block{Seq: 1, Records: 7, Line: -1})
		claimBlock(c, formats.Block{Seq: 3, Records: 9, Line: -1})
		if _, err := c.claim(claims{next: func() (formats.Block, error) { return formats.Block{}, io.ErrUnexpectedEOF }}); err == nil {
			t.Error("the error is lost")
		}
		got := map[int]bool{}
		var mu sync.Mutex
		for _, seq := range []int{1, 3} {
			go func() {
				_, ok := c.before(seq)
				mu.Lock()
				got[seq] = ok
				mu.Unlock()
			}()
		}
		synctest.Wait()
		if len(got) > 0 {
			t.Errorf("block 0 was not waited for: %v", got)
		}
		hold <- formats.Block{Seq: 0, Records: 5, Line: -1}
		synctest.Wait()
		if !got[1] || got[3] || len(got) != 2 {
			t.Errorf("want block 1 numbered and block 3 not, got %v", got)
		}
		if b, ok := c.before(2); !ok || b.records != 12 {
			t.Errorf("what is known is forgotten: %+v %v", b, ok)
		}
	})
}

// brokenReader panics when it is read.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { panic("broken reader") }

// An input that panics as it is opened is told by its panic, not by a lock that is
// not held.
func TestTakePanics(t *testing.T) {
	s := Scan{Indicators: indicators(t, "198.51.100.7")}
	r, err := s.prepare(t.Context(), []formats.Input{formats.Stdin(brokenReader{})})
	if err != nil {
		t.Fatal(err)
	}
	defer r.out.close()
	defer r.stop(nil)
	defer func() {
		if p := recover(); p != "broken reader" {
			t.Errorf("panic %v", p)
		}
	}()
	r.take()
}
