// Command bench makes data for benchmarks and tests.
//
//	go run ./bench gen -dir DIR [-size 1GB | -rows N] [-tables LIST] [-formats LIST] [-iocs N] [-hits R] [-near R] [-seed N]
//
// writes a folder of exports, the feed that was planted in them, and the truth;
//
//	go run ./bench gen -mirai testdata/mirai
//
// writes the small example that the documentation uses.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/bench/gen"
)

// A command is one thing that bench does; args are those after its name.
type command struct {
	name string
	run  func(args []string, stderr io.Writer) error
}

var commands = []command{
	{"gen", runGen},
}

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	for _, c := range commands {
		if len(args) > 0 && args[0] == c.name {
			switch err := c.run(args[1:], stderr); {
			case errors.Is(err, flag.ErrHelp):
				return 2
			case err != nil:
				fmt.Fprintf(stderr, "bench: %s: %v\n", c.name, err)
				return 1
			}
			return 0
		}
	}
	names := make([]string, len(commands))
	for i, c := range commands {
		names[i] = c.name
	}
	fmt.Fprintf(stderr, "usage: bench %s [flags]\n", strings.Join(names, "|"))
	return 2
}

func runGen(args []string, stderr io.Writer) error {
	d := gen.Dataset{Log: func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }}
	f := flag.NewFlagSet("gen", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&d.Dir, "dir", "", "folder to write (required)")
	size := f.String("size", "100MB", "size of each table as CSV; the other formats hold the same rows")
	f.Int64Var(&d.Rows, "rows", 0, "number of rows of each table, in place of -size")
	tables := f.String("tables", "", "tables, separated by commas (default: all three)")
	formats := f.String("formats", "csv,jsonl", "formats, separated by commas: "+strings.Join(gen.Formats, ", ")+", and .gz or .zst after csv and jsonl")
	f.IntVar(&d.IOCs, "iocs", 100_000, "number of indicators")
	f.Float64Var(&d.Hits, "hits", 1e-5, "share of rows with a hit")
	f.Float64Var(&d.Near, "near", 1e-4, "share of rows with a near miss")
	f.Uint64Var(&d.Seed, "seed", 1, "same seed, same bytes")
	mirai := f.String("mirai", "", "folder to write the documentation's example to, in place of everything else")
	if err := f.Parse(args); err != nil {
		return flag.ErrHelp
	}
	if *mirai != "" {
		return gen.WriteMirai(*mirai)
	}
	switch {
	case d.Dir == "":
		return errors.New("-dir is missing")
	case f.NArg() > 0:
		return fmt.Errorf("%q is no flag", f.Arg(0))
	case d.IOCs < 0 || d.IOCs > 1<<25:
		return fmt.Errorf("-iocs %d: have 0 to %d", d.IOCs, 1<<25)
	case d.Rows < 0:
		return fmt.Errorf("-rows %d: less than none", d.Rows)
	case !(d.Hits >= 0 && d.Near >= 0 && d.Hits+d.Near <= 1):
		return errors.New("-hits and -near are shares of all rows: from 0 to 1 together")
	}
	var err error
	if d.Size, err = parseSize(*size); err != nil {
		return err
	}
	d.Formats = strings.Split(*formats, ",")
	d.Tables = gen.Tables
	if *tables != "" {
		d.Tables = nil
		for name := range strings.SplitSeq(*tables, ",") {
			t := gen.TableByName(name)
			if t == nil {
				return fmt.Errorf("%q is no table", name)
			}
			d.Tables = append(d.Tables, t)
		}
	}
	start := time.Now()
	if err := d.Write(); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%s: done in %.1f s\n", d.Dir, time.Since(start).Seconds())
	return nil
}

// parseSize reads 300MB, 10GB or a number of bytes.
func parseSize(s string) (int64, error) {
	number, factor := strings.ToUpper(s), float64(1)
	for _, u := range []struct {
		name string
		size float64
	}{{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"KIB", 1 << 10}, {"MIB", 1 << 20}, {"GIB", 1 << 30}} {
		if n, ok := strings.CutSuffix(number, u.name); ok {
			number, factor = n, u.size
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n > 0 && n*factor < 1e18) {
		return 0, fmt.Errorf("%q is no size: write 300MB or 10GB", s)
	}
	return int64(n * factor), nil
}
