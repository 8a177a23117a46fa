package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/schollz/progressbar/v3"
)

// progress shows how far a scan has come, by bytes: by files it would look
// hung on a big one. It only polls the scan's counters.
type progress struct {
	mu   sync.Mutex
	bar  *progressbar.ProgressBar
	quit chan struct{}
	done sync.WaitGroup
}

// newProgress starts a bar on standard error where one is wanted. A nil
// progress does nothing.
func (a *app) newProgress(f *scanFlags, stats *scanner.Stats, inputs []formats.Input) *progress {
	if f.quiet || f.progress == "never" || f.progress == "auto" && !isTerminal(a.err) {
		return nil
	}
	total := int64(0)
	seen := map[string]bool{}
	for _, in := range inputs {
		if seen[in.Path] {
			continue
		}
		seen[in.Path] = true
		if fi, err := os.Stat(in.Path); err == nil && formats.Regular(fi.Mode()) {
			total += fi.Size()
		} else {
			total = -1 // how much a pipe brings is not known
			break
		}
	}
	p := &progress{quit: make(chan struct{})}
	p.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(a.err),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionUseANSICodes(f.color != "never" && takesEscapes(a.err)))
	p.done.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-p.quit:
				return
			case <-tick.C:
				p.mu.Lock()
				p.bar.Describe(fmt.Sprintf("%d hits, %d of %d files", stats.Hits.Load(), stats.Files.Load(), len(inputs)))
				n := stats.Bytes.Load()
				if total >= 0 {
					n = min(n, total)
				}
				_ = p.bar.Set64(n)
				p.mu.Unlock()
			}
		}
	})
	return p
}

// pause prints something without the bar in the way.
func (p *progress) pause(print func()) {
	if p == nil {
		print()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.bar.Clear()
	print()
}

// A besideBar is a terminal that shows the bar too.
type besideBar struct {
	bar *progress
	out io.Writer
}

func (b *besideBar) Write(text []byte) (n int, err error) {
	b.bar.pause(func() { n, err = b.out.Write(text) })
	return n, err
}

// stop takes the bar away.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.quit)
	p.done.Wait()
	_ = p.bar.Clear()
}
