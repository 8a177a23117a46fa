package main

import (
	"fmt"
	"io"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/ioc/feed"
)

// loadJob takes a file so small, and so many indicators, that all the time and
// memory are those of loading them.
func (b *bench) loadJob(j *job) {
	all, planted := &gen.Feed{Seed: b.o.seed, N: b.o.many}, &gen.Feed{Seed: b.o.seed, N: b.o.iocs}
	list := j.feed(fmt.Sprintf("%d.txt", all.N), writeRange(all, 0, all.N))
	packed := j.feed(fmt.Sprintf("%d%s", all.N, feed.PackSuffix), func(w io.Writer) error { return writePack(w, all) })
	for _, f := range []struct{ kind, path string }{{"list", list}, {"pack", packed}} {
		for _, c := range b.iocsweep(j, f.path, b.o.threads, "feed="+f.kind) {
			if all.N < planted.N {
				c.question.Has = inFeed(list)
			}
			c.question.HasAddr = func(a [4]byte) bool { return all.HasAddr(a) && !planted.HasAddr(a) }
		}
	}
}

// writePack writes a feed as a pack.
func writePack(w io.Writer, f *gen.Feed) error {
	source := feed.Source{Path: "feed.txt", Open: func() (io.ReadCloser, error) {
		r, pipe := io.Pipe()
		go func() { pipe.CloseWithError(f.WriteList(pipe)) }()
		return r, nil
	}}
	list, reports, err := feed.Read([]feed.Source{source}, feed.Options{ForPack: true})
	if err != nil {
		return err
	}
	return feed.WritePack(w, list, reports, nil)
}
