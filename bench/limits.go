package main

import (
	"bytes"
	"errors"
	"io"
	"math/bits"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iocsweep/iocsweep/formats/cached"
	"github.com/iocsweep/iocsweep/formats/simd"
)

// A limit is what the machine can do with the bytes of a file, before anything
// is made of them: no tool that has to look at all bytes is faster.
type limit struct {
	name string
	does string
	// work returns what one thread does with a block, of whole words of 64
	// bytes but for the last; the sums keep the compiler from leaving it out.
	work func() func(block []byte) (sum int)
}

var limits = []limit{
	{"read", "reads the file", func() func([]byte) int { return func(b []byte) int { return len(b) } }},
	{"newlines", "reads the file and counts its line breaks", func() func([]byte) int {
		return func(b []byte) int { return bytes.Count(b, []byte{'\n'}) }
	}},
	{"separators", "reads the file and finds its commas, line breaks, quotes and carriage returns", func() func([]byte) int {
		seps, nls := make([]uint64, limitBlock/64), make([]uint64, limitBlock/64)
		quotes, crs := make([]uint64, limitBlock/64), make([]uint64, limitBlock/64)
		return func(b []byte) int {
			n := len(b) / 64
			simd.CSV(b, ',', seps[:n], nls[:n], quotes[:n], crs[:n])
			return last(seps[:n]) + last(nls[:n]) + last(quotes[:n]) + last(crs[:n])
		}
	}},
	{"structure", "reads the file and finds its line breaks, backslashes, and the quotes that they do not escape", func() func([]byte) int {
		quotes, slashes, nls := make([]uint64, limitBlock/64), make([]uint64, limitBlock/64), make([]uint64, limitBlock/64)
		return func(b []byte) int {
			n := len(b) / 64
			return int(simd.JSON(b, 0, quotes[:n], slashes[:n], nls[:n])) + last(quotes[:n]) + last(slashes[:n]) + last(nls[:n])
		}
	}},
}

func last(masks []uint64) int {
	if len(masks) == 0 {
		return 0
	}
	return bits.OnesCount64(masks[len(masks)-1])
}

// limitBlock is how much a thread reads at once, as iocsweep does: it stays in
// the second-level cache of most machines until the work is done.
const limitBlock = 1 << 20

var sink atomic.Int64

// run measures a limit over a file with a number of threads, which share the
// file block by block.
func (l limit) run(file string, threads int) (sample, error) {
	f, err := os.Open(file)
	if err != nil {
		return sample{}, err
	}
	defer f.Close()
	errs := make([]error, threads)
	before := spent()
	start := time.Now()
	var next atomic.Int64
	var wait sync.WaitGroup
	for i := range threads {
		wait.Go(func() {
			work, buf, sum := l.work(), make([]byte, limitBlock), 0
			for {
				n, err := cached.ReadAt(f, buf, (next.Add(1)-1)*limitBlock)
				if n > 0 {
					whole := (n + 63) &^ 63
					clear(buf[n:whole])
					sum += work(buf[:whole])
				}
				if err != nil {
					if !errors.Is(err, io.EOF) {
						errs[i] = err
					}
					sink.Add(int64(sum))
					return
				}
			}
		})
	}
	wait.Wait()
	took := time.Since(start)
	return sample{Wall: took, CPU: spent() - before}, errors.Join(errs...)
}
