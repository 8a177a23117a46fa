// Command peers lets other tools do iocsweep's job on a data set that
// go run ./bench gen made. It is a module of its own, so that DuckDB's
// libraries stay out of iocsweep's requirements; built without cgo it has only
// the plain Go loop. From its folder,
//
//	go run . -dir DIR [-peers duckdb,go] [-columns hunt|wide] [-match TEXT] [-runs N] [-threads N] [-sql]
//
// prints how long they take for each file, reading the feed left out, and what
// they find. As one peer of go run ./bench it runs once,
//
//	peers -file FILE -feed FEED -peers NAME [-columns LEVEL] [-threads N] [-records | -show COLUMN,… | -read COLUMN,…]
//
// and prints how many rows have a hit. With -records it prints the numbers of
// those records, for checking the answer and not for timing: DuckDB is free to
// lose the order of rows while it counts, and not while it numbers them. With
// -show DuckDB writes those rows out, as lines of JSON with the columns named; with
// -read it searches for nothing and reads these columns of all rows, as text.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/bench/corpus"
)

// A peer searches files for the indicators that it was made with.
type peer interface {
	// count returns the number of rows that have a hit, as fast as it can be had.
	count(*job) (rows int64, err error)
	// records returns the numbers of those rows, from 1 and ascending, however
	// long that takes.
	records(*job) ([]int64, error)
	version() (string, error)
	close()
}

// newPeer makes the peer of that name.
func newPeer(name string, threads int, addrs, names []string) (peer, error) {
	switch name {
	case "duckdb":
		return newDuck(threads, addrs, names)
	case "go":
		return newLoop(addrs, names), nil
	}
	return nil, fmt.Errorf("%q is no peer: have duckdb, go", name)
}

// options are the flags.
type options struct {
	dir, file, feed, peers, level, match, show, read string
	runs, threads                                    int
	sql, records, version                            bool
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "", "data set made by go run ./bench gen")
	flag.StringVar(&o.file, "file", "", "one file of a data set, to be searched once, in place of -dir")
	flag.StringVar(&o.feed, "feed", "", "plain list of indicators (default: the data set's feed.txt)")
	flag.StringVar(&o.peers, "peers", "duckdb,go", "peers to run")
	flag.StringVar(&o.level, "columns", "wide", "hunt: those of the KQL hunts; wide: those that iocsweep matches by default")
	flag.StringVar(&o.match, "match", "", "only files whose name contains this")
	flag.IntVar(&o.runs, "runs", 3, "runs of each; the median counts")
	flag.IntVar(&o.threads, "threads", 2, "threads of DuckDB")
	flag.BoolVar(&o.sql, "sql", false, "print DuckDB's queries")
	flag.BoolVar(&o.records, "records", false, "with -file: print the numbers of the records that have a hit, not how many they are")
	flag.StringVar(&o.show, "show", "", "with -file: columns, separated by commas, in which to print the records that have a hit, as JSON")
	flag.StringVar(&o.read, "read", "", "with -file: columns, separated by commas, to read in all records and print how many bytes they have; no feed is read")
	flag.BoolVar(&o.version, "version", false, "print the versions of the peers")
	flag.Parse()
	if err := run(o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(o options, w io.Writer) error {
	switch {
	case o.version:
		return versions(o, w)
	case o.file != "":
		return once(o, w)
	case o.dir != "":
		return table(o, w)
	}
	return errors.New("-dir or -file is missing")
}

func versions(o options, w io.Writer) error {
	for name := range strings.SplitSeq(o.peers, ",") {
		p, err := newPeer(name, o.threads, nil, nil)
		if err != nil {
			return err
		}
		v, err := p.version()
		p.close()
		if err != nil {
			return err
		}
		fmt.Fprintln(w, name, v)
	}
	return nil
}

// once searches one file.
func once(o options, w io.Writer) error {
	j, err := newJob(o.file, o.level)
	if err != nil {
		return err
	}
	var addrs, names []string
	if o.read == "" {
		if addrs, names, err = corpus.ReadFeed(o.feed); err != nil {
			return err
		}
	}
	p, err := newPeer(o.peers, o.threads, addrs, names)
	if err != nil {
		return err
	}
	defer p.close()
	if o.read != "" {
		reads, can := p.(interface {
			read(*job, []string) (int64, error)
		})
		if !can {
			return fmt.Errorf("%s does not read columns alone", o.peers)
		}
		n, err := reads.read(j, strings.Split(o.read, ","))
		fmt.Fprintln(w, n)
		return err
	}
	if o.show != "" {
		shows, can := p.(interface {
			show(*job, []string, string) error
		})
		if !can {
			return fmt.Errorf("%s does not print records", o.peers)
		}
		return shows.show(j, strings.Split(o.show, ","), "/dev/stdout")
	}
	if !o.records {
		n, err := p.count(j)
		fmt.Fprintln(w, n)
		return err
	}
	list, err := p.records(j)
	b := bufio.NewWriter(w)
	for _, n := range list {
		fmt.Fprintln(b, n)
	}
	return errors.Join(err, b.Flush())
}

// table searches the files of a data set and prints a line for each.
func table(o options, w io.Writer) error {
	jobs, err := findJobs(o.dir, o.level)
	if err != nil {
		return err
	}
	if o.feed == "" {
		o.feed = filepath.Join(o.dir, "feed.txt")
	}
	addrs, names, err := corpus.ReadFeed(o.feed)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%-8s %-40s %8s %9s %8s %8s %8s\n", "peer", "file", "MB", "seconds", "GB/s", "found", "truth")
	for name := range strings.SplitSeq(o.peers, ",") {
		start := time.Now()
		p, err := newPeer(name, o.threads, addrs, names)
		if err != nil {
			return err
		}
		defer p.close()
		fmt.Fprintf(w, "%-8s %-40s %8s %9.3f\n", name, "(the feed)", "", time.Since(start).Seconds())
		for _, j := range jobs {
			if !strings.Contains(j.file, o.match) || name == "go" && j.format == "parquet" {
				continue
			}
			if d, ok := p.(interface{ sql(*job) string }); ok && o.sql {
				fmt.Fprintln(w, d.sql(j))
			}
			var took []time.Duration
			var rows int64
			for range max(1, o.runs) {
				start := time.Now()
				if rows, err = p.count(j); err != nil {
					return fmt.Errorf("%s: %s: %w", name, j.file, err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			s := took[len(took)/2].Seconds()
			fmt.Fprintf(w, "%-8s %-40s %8.1f %9.3f %8.2f %8d %8d\n", name, j.file, float64(j.size)/1e6, s, float64(j.size)/1e9/s, rows, len(j.truth.Hits))
		}
	}
	return nil
}
