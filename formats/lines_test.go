package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// contents gives the ways in which the same bytes can be stored.
func contents(data []byte) map[string]*Content {
	head := data[:min(len(data), 64<<10)]
	return map[string]*Content{
		"at":       {At: bytes.NewReader(data), Len: int64(len(data)), Size: int64(len(data)), Head: head},
		"stream":   {Stream: bytes.NewReader(data), Size: -1, Head: head},
		"trickled": {Stream: iotest.OneByteReader(bytes.NewReader(data)), Size: -1, Head: head},
	}
}

// TestLines claims lines with blocks of every size and several readers: each
// line comes once, with its place.
func TestLines(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range 40 {
		b.WriteString(strings.Repeat("x", rnd.IntN(20)))
		b.WriteString([]string{"\n", "\r\n", "\n\n"}[rnd.IntN(3)])
	}
	texts := map[string]string{
		"mixed": b.String(), "no final newline": b.String() + "end", "empty": "", "one": "a", "newlines": "\n\n\n\n",
		"long":    strings.Repeat("y", 300) + "\nz\n",
		"BOM-ish": "0123a\nb\nc",
	}
	for name, text := range texts {
		for _, block := range []int{1, 2, 3, 7, 16, 64, 1000} {
			for how, c := range contents([]byte(text)) {
				for _, readers := range []int{1, 3} {
					t.Run(fmt.Sprintf("%s/%s/block=%d/readers=%d", name, how, block, readers), func(t *testing.T) {
						var start int64
						if name == "BOM-ish" {
							start = 4
						}
						if c.At == nil {
							c.Stream = bytes.NewReader([]byte(text))
							if how == "trickled" {
								c.Stream = iotest.OneByteReader(c.Stream)
							}
							// A stream starts at its first byte, a start lies behind a header.
						}
						src := newText(c, Options{BlockSize: block}, start)
						var mu sync.Mutex
						var blocks []lineBlock
						var wg sync.WaitGroup
						for range readers {
							wg.Go(func() {
								var buf []byte
								for {
									var lb lineBlock
									var err error
									lb, buf, err = src.lines(buf)
									if err == io.EOF {
										return
									}
									if err != nil {
										t.Error(err)
										return
									}
									if at := text[lb.off:]; !strings.HasPrefix(at, string(lb.data)) {
										t.Errorf("block %d: %q is not at %d", lb.seq, lb.data, lb.off)
									}
									lb.data = bytes.Clone(lb.data)
									mu.Lock()
									blocks = append(blocks, lb)
									mu.Unlock()
								}
							})
						}
						wg.Wait()
						slices.SortFunc(blocks, func(a, b lineBlock) int { return a.seq - b.seq })
						var got []byte
						var size int64
						for i, lb := range blocks {
							if lb.seq != i {
								t.Fatalf("block %d has seq %d", i, lb.seq)
							}
							if len(lb.data) > 0 && (lb.off < lb.from || lb.off >= lb.to) {
								t.Errorf("block %d: data at %d, span %d to %d", i, lb.off, lb.from, lb.to)
							}
							got = append(got, lb.data...)
							size += lb.size
						}
						if string(got) != text[start:] {
							t.Errorf("got  %q\nwant %q", got, text[start:])
						}
						if c.At != nil && len(blocks) > 0 && size != int64(len(text)) {
							t.Errorf("blocks account for %d of %d bytes", size, len(text))
						}
					})
				}
			}
		}
	}
}

func TestLinesTooLong(t *testing.T) {
	text := "short\n" + strings.Repeat("x", 100) + "\nnext\n"
	for _, block := range []int{1, 8, 64, 1000} {
		for how, c := range contents([]byte(text)) {
			src := newText(c, Options{BlockSize: block, MaxRecord: 20}, 0)
			var buf, got []byte
			cuts := 0
			for {
				lb, next, err := src.lines(buf)
				if err == io.EOF {
					break
				}
				if buf = next; lb.cut {
					cuts++
					lb.data = append(lb.data, "|"...)
				}
				got = append(got, lb.data...)
			}
			if want := "short\n" + strings.Repeat("x", 20) + "|next\n"; string(got) != want || cuts != 1 {
				t.Errorf("%s, block=%d: %q, %d cuts", how, block, got, cuts)
			}
		}
	}
}

// TestLinesBrokenStream: what came before the error is read, then it is told once.
func TestLinesBrokenStream(t *testing.T) {
	text := "one\ntwo\nthr"
	c := &Content{Stream: io.MultiReader(strings.NewReader(text), iotest.ErrReader(ErrTruncated)), Head: []byte(text)}
	src := newText(c, Options{BlockSize: 4}, 0)
	var buf, got []byte
	var errs int
	for {
		lb, next, err := src.lines(buf)
		if err == io.EOF {
			break
		}
		if err != nil {
			if !errors.Is(err, ErrTruncated) {
				t.Fatal(err)
			}
			errs++
			continue
		}
		buf = next
		got = append(got, lb.data...)
	}
	if string(got) != text || errs != 1 {
		t.Errorf("%q, %d errors", got, errs)
	}
}

// TestLinesMemory: however long a stream, its window holds some blocks of it.
func TestLinesMemory(t *testing.T) {
	const block = 1 << 12
	line := strings.Repeat("x", 99) + "\n"
	src := newText(&Content{Stream: io.LimitReader(&repeat{line: line}, 4<<20), Head: make([]byte, 64<<10)}, Options{BlockSize: block}, 0)
	var buf []byte
	total := 0
	for {
		lb, next, err := src.lines(buf)
		if err == io.EOF {
			break
		}
		buf = next
		total += len(lb.data)
	}
	if total != 4<<20 || cap(src.window.buf) > 256<<10 {
		t.Errorf("read %d bytes, window of %d", total, cap(src.window.buf))
	}
}

type repeat struct {
	line string
	at   int
}

func (r *repeat) Read(p []byte) (n int, err error) {
	for n < len(p) {
		m := copy(p[n:], r.line[r.at:])
		n += m
		r.at = (r.at + m) % len(r.line)
	}
	return n, nil
}
