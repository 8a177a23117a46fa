package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// maxNoHits is after how many lines without a single hit a file is given up.
const maxNoHits = 1000

// readHits hands on the hits of a file, which scan wrote as JSONL. Lines that
// are no hits are named, and make broken; a file of nothing else is an error.
func (a *app) readHits(path string, tables []*table.Table, add func(*scanner.Hit)) (broken bool, err error) {
	in := a.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return false, err
		}
		defer f.Close()
		in = io.Reader(f)
	}
	var before []error // what stands before the first hit: of a file without hits one says enough
	hits, bad := 0, int64(0)
	warn := func(err error) { a.warnf("%s: %s", scanner.Printable(path), printableError(err)) }
	for h, err := range scanner.ReadHits(in, tables) {
		if err == nil {
			for _, err := range before {
				warn(err)
			}
			before = nil
			hits++
			add(h)
			continue
		}
		switch bad++; {
		case hits == 0 && bad == maxNoHits:
			return false, noHits(path, before[0])
		case bad > maxShown:
		case hits == 0:
			before = append(before, err)
		default:
			warn(err)
		}
	}
	if hits == 0 && bad > 0 {
		return false, noHits(path, before[0])
	}
	if bad > maxShown {
		a.warnf("%s: %s in all are no hits", scanner.Printable(path), count(bad, "line"))
	}
	return bad > 0, nil
}

// noHits refuses a file; err is what is wrong with its first line.
func noHits(path string, err error) error {
	return fmt.Errorf("%s: no hits in it: %w: want what scan --format jsonl or --suppressed writes", path, err)
}

// errNoHits asks for a file of hits.
var errNoHits = errors.New("no hits to read: give the JSONL of an earlier scan with --hits")
