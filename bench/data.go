package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/iocsweep/iocsweep/bench/corpus"
	"github.com/iocsweep/iocsweep/bench/gen"
)

// paramsFile lies beside a data set and says what it was made of:
//
//	seed 1
//	size 1000000000
//	iocs 100000
//	hits 1e-05
//	near 0.0001
//	file logs/DnsEvents.csv 999918120 5f0c7a1e99b24d03
//
// The last are a file's size and the fingerprint of its first rows, which
// tells data of another version of the generator.
const paramsFile = "params.txt"

// ensure makes a data set, unless the folder has one of the same parameters
// with all the files that are wanted.
func ensure(d *gen.Dataset) error {
	var want []string
	for _, t := range d.Tables {
		for _, format := range d.Formats {
			p, err := fingerprint(d, t, format)
			if err != nil {
				return err
			}
			want = append(want, p)
		}
	}
	head := fmt.Sprintf("seed %d\nsize %d\niocs %d\nhits %v\nnear %v\n", d.Seed, d.Size, d.IOCs, d.Hits, d.Near)
	path := filepath.Join(d.Dir, paramsFile)
	have, err := os.ReadFile(path)
	switch {
	case err == nil:
		if files, ok := strings.CutPrefix(string(have), head); ok && whole(d.Dir, files, want) {
			return nil
		}
	case !errors.Is(err, os.ErrNotExist):
		return err
	default:
		if entries, err := os.ReadDir(d.Dir); err == nil && len(entries) > 0 {
			return fmt.Errorf("%s holds something that is no data set of this program: give another -dir", d.Dir)
		}
	}
	// First what vouches for the files, so that nothing looks whole that was
	// cut short, and with them what follows from them.
	for _, old := range []string{paramsFile, "logs", feedsDir, cutsDir} {
		if err := os.RemoveAll(filepath.Join(d.Dir, old)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(d.Dir, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte("unfinished\n"), 0o666); err != nil {
		return err
	}
	if err := d.Write(); err != nil {
		return err
	}
	text := []byte(head)
	for _, w := range want {
		file, print, _ := strings.Cut(w, " ")
		size, err := synced(filepath.Join(d.Dir, filepath.FromSlash(file)))
		if err != nil {
			return err
		}
		text = fmt.Appendf(text, "file %s %d %s\n", file, size, print)
	}
	return os.WriteFile(path, text, 0o666)
}

// synced brings a file to the disk and returns its size: gigabytes that are
// still to be written would disturb whatever is measured next.
func synced(path string) (size int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err == nil {
		size = info.Size()
	}
	return size, errors.Join(err, f.Sync(), f.Close())
}

// whole reports whether the files that a parameter file lists are there, and
// those that are wanted among them.
func whole(dir, files string, want []string) bool {
	have := map[string]bool{}
	for line := range strings.Lines(files) {
		f := strings.Fields(line)
		if len(f) != 4 {
			return false
		}
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f[1])))
		have[f[1]+" "+f[3]] = err == nil && strconv.FormatInt(info.Size(), 10) == f[2]
	}
	return !slices.ContainsFunc(want, func(w string) bool { return !have[w] })
}

// fingerprint is the name of a file and a hash of its first rows.
func fingerprint(d *gen.Dataset, t *gen.Table, format string) (string, error) {
	h := sha256.New()
	w, err := gen.NewWriter(h, t, format)
	if err != nil {
		return "", err
	}
	for r := range gen.Rows(t, 300, gen.Options{Seed: d.Seed, Feed: &gen.Feed{Seed: d.Seed, N: d.IOCs}, Hits: 0.2, Near: 0.2}) {
		if err := w.Write(r); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("logs/%s.%s %x", t.Name, format, h.Sum(nil)[:8]), w.Close()
}

// feedsDir is where a data set keeps other feeds than the one that was planted.
const feedsDir = "feeds"

// ensure writes the feed, unless it is there.
func (f feedFile) ensure() error {
	if _, err := os.Stat(f.path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o777); err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(f.path), "new-")
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(t, 1<<20)
	if err := errors.Join(f.write(b), b.Flush(), t.Close()); err != nil {
		os.Remove(t.Name())
		return err
	}
	return os.Rename(t.Name(), f.path)
}

// inFeed says what is in a feed of few indicators in their normal form, which
// is read when first asked.
func inFeed(path string) func(indicator string) bool {
	read := sync.OnceValue(func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			panic("bench: a feed that was there is gone: " + err.Error())
		}
		return "\n" + string(text)
	})
	return func(indicator string) bool { return strings.Contains(read(), "\n"+indicator+"\n") }
}

// writeRange writes indicators from to end-1 of a feed, one a line.
func writeRange(f *gen.Feed, from, end int) func(io.Writer) error {
	return func(w io.Writer) error {
		for i := from; i < end; i++ {
			if _, err := io.WriteString(w, f.At(i).Value+"\n"); err != nil {
				return err
			}
		}
		return nil
	}
}

// searchList writes a feed as one would search text for it: the addresses
// without their ports, which stand in columns of their own, and the names.
func searchList(feed string) func(io.Writer) error {
	return func(w io.Writer) error {
		text, err := os.ReadFile(feed)
		if err != nil {
			return err
		}
		for line := range bytes.Lines(text) {
			a, _ := corpus.Addr(string(bytes.TrimSpace(line)))
			if _, err := io.WriteString(w, a+"\n"); err != nil {
				return err
			}
		}
		return nil
	}
}

// writeTwo writes two indicators that are planted in a file, an address and a
// name, as many as the rule page has that it all began with. Where nothing is
// planted, as in very small files, they are the first of the feed.
func writeTwo(w io.Writer, d *gen.Dataset, file string) error {
	var addr, name string
	var hasAddr, hasName bool
	feed := &gen.Feed{Seed: d.Seed, N: d.IOCs}
	for i := 0; i < d.IOCs && (addr == "" || name == ""); i++ {
		if ind := feed.At(i); ind.Kind == gen.Domain {
			name = ind.Value
		} else {
			addr = ind.Value
		}
	}
	table, _ := corpus.Kind(file)
	columns := corpus.Levels["wide"][table].All()
	err := corpus.Lines(filepath.Join(d.Dir, "truth.tsv"), func(l corpus.Line) bool {
		if l.File == file && l.Hit == "yes" && slices.Contains(columns, l.Column) {
			if _, ok := corpus.Addr(l.Indicator); ok && !hasAddr {
				addr, hasAddr = l.Indicator, true
			} else if !ok && !hasName {
				name, hasName = l.Indicator, true
			}
		}
		return !hasAddr || !hasName
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n%s\n", addr, name)
	return err
}
