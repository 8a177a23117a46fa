// Command bench measures iocsweep beside other tools, and makes the data for it.
//
//	go run ./bench [run] [-size 1GB] [-tables LIST] [-formats LIST] [-iocs N] [-seed N]
//		[-jobs REGEXP] [-peers LIST] [-runs 10] [-threads N] [-out FOLDER | -keep]
//
// makes data in bench/data (or -dir), unless those are there already, builds
// iocsweep, finds the peers that are installed, runs all of them as whole
// processes in turn, checks each answer against what was planted, and prints a
// table for every job. With -out or -keep it also writes
//
//	table.txt    what it prints
//	summary.tsv  the same for programs
//	runs.tsv     every single run
//	bench.txt    every single run as Go's benchmarks are written, for benchstat
//	chart.svg    iocsweep beside its peers
//	meta.txt     the commands, versions, parameters and the machine
//
// -list names the jobs: Scan is the usual sweep, with few indicators beside rg
// and grep; Start takes a file of 10 KB; Load takes such a file with ten million
// indicators, from a list and from a pack; Output has a hit in one row of ten;
// Files has 100 MB in files of 60 KB, and in one file; Indicators has 100 indicators
// and ten million, without the time that reading the feed takes. -before PROGRAM
// measures another iocsweep in turn with this one.
//
//	go run ./bench gen -dir DIR [-size 1GB | -rows N] [-tables LIST] [-formats LIST] [-iocs N] [-hits R] [-near R] [-seed N]
//
// writes a folder of exports, the feed that was planted in them, and the truth;
//
//	go run ./bench gen -mirai testdata/mirai
//
// writes the small example that the documentation uses.
//
// Where to start reading: run.go runs the jobs, job.go says what they are and who takes
// part, data.go makes what they need. process.go, loaded.go and limits.go measure,
// answer.go checks, and report.go and chart.go write.
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
	run  func(args []string, stdin io.Reader, stdout, stderr io.Writer) error
}

// The last is run by bench itself, in a process of its own.
var commands = []command{
	{"run", runBench},
	{"gen", runGen},
	{"loaded", runLoaded},
}

const usage = "usage: bench [run|gen] [flags]; -h after either lists its flags\n"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		args = append([]string{"run"}, args...)
	}
	for _, c := range commands {
		if args[0] == c.name {
			switch err := c.run(args[1:], stdin, stdout, stderr); {
			case errors.Is(err, flag.ErrHelp):
				return 2
			case err != nil:
				fmt.Fprintf(stderr, "bench: %s: %v\n", c.name, err)
				return 1
			}
			return 0
		}
	}
	fmt.Fprint(stderr, usage)
	return 2
}

func runGen(args []string, _ io.Reader, _, stderr io.Writer) error {
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
	if d.Tables, err = parseTables(*tables); err != nil {
		return err
	}
	start := time.Now()
	if err := d.Write(); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%s: done in %.1f s\n", d.Dir, time.Since(start).Seconds())
	return nil
}

// parseTables reads names of tables with commas; none are all of them.
func parseTables(names string) (list []*gen.Table, err error) {
	if names == "" {
		return gen.Tables, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		t := gen.TableByName(name)
		if t == nil {
			return nil, fmt.Errorf("%q is no table", name)
		}
		list = append(list, t)
	}
	return list, nil
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
