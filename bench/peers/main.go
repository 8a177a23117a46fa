// Command peers lets other tools do iocsweep's job on a data set that
// go run ./bench gen made, and prints how long they took and what they found.
// It is a module of its own, so that DuckDB's libraries stay out of iocsweep's
// requirements. From its folder:
//
//	go run . -dir DIR [-peers duckdb,go] [-columns hunt|wide] [-match TEXT] [-runs N] [-threads N]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A peer counts the rows of a file that have a hit.
type peer interface {
	count(*job) (rows int64, err error)
}

func main() {
	dir := flag.String("dir", "", "data set made by go run ./bench gen (required)")
	which := flag.String("peers", "duckdb,go", "peers to run")
	level := flag.String("columns", "wide", "hunt: those of the KQL hunts; wide: those that iocsweep matches by default")
	match := flag.String("match", "", "only files whose name contains this")
	runs := flag.Int("runs", 3, "runs of each; the median counts")
	threads := flag.Int("threads", 2, "threads of DuckDB")
	show := flag.Bool("sql", false, "print DuckDB's queries")
	flag.Parse()
	if err := run(*dir, *level, *which, *match, *runs, *threads, *show); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(dir, level, which, match string, runs, threads int, show bool) error {
	jobs, err := findJobs(dir, level)
	if err != nil {
		return err
	}
	addrs, names, err := readFeed(filepath.Join(dir, "feed.txt"))
	if err != nil {
		return err
	}
	fmt.Printf("%-8s %-40s %8s %9s %8s %8s %8s\n", "peer", "file", "MB", "seconds", "GB/s", "found", "truth")
	for name := range strings.SplitSeq(which, ",") {
		start := time.Now()
		var p peer
		switch name {
		case "duckdb":
			d, err := newDuck(threads, addrs, names)
			if err != nil {
				return err
			}
			defer d.db.Close()
			p = d
		case "go":
			p = newLoop(addrs, names)
		default:
			return fmt.Errorf("%q is no peer: have duckdb, go", name)
		}
		fmt.Printf("%-8s %-40s %8s %9.3f\n", name, "(the feed)", "", time.Since(start).Seconds())
		for _, j := range jobs {
			if !strings.Contains(j.file, match) || name == "go" && j.format == "parquet" {
				continue
			}
			if d, ok := p.(*duck); ok && show {
				fmt.Println(d.query(j))
			}
			var took []time.Duration
			var rows int64
			for range max(1, runs) {
				start := time.Now()
				if rows, err = p.count(j); err != nil {
					return fmt.Errorf("%s: %s: %w", name, j.file, err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			s := took[len(took)/2].Seconds()
			fmt.Printf("%-8s %-40s %8.1f %9.3f %8.2f %8d %8d\n", name, j.file, float64(j.size)/1e6, s, float64(j.size)/1e9/s, rows, len(j.truth))
		}
	}
	return nil
}
