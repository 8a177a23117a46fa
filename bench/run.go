package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/bench/corpus"
	"github.com/iocsweep/iocsweep/bench/gen"
)

// options are the flags of run.
type options struct {
	dir              string
	size             string
	tables, formats  string
	iocs, few, many  int
	hits, near       float64
	seed             uint64
	runs, threads    int
	slow             time.Duration
	jobs, peers      string
	iocsweep, before string
	out              string
	keep, list       bool

	wanted map[string]bool // by name of tool
	given  []string        // flags as typed, without those that only name folders here
}

// has reports whether a tool is to take part.
func (o *options) has(tool string) bool { return o.wanted[tool] }

// What is planted in data sets that have a hit in many rows, and the size of
// the file that shows how long starting takes.
const (
	outputHits = 0.1
	smallSize  = 10_000
)

func (o *options) parse(args []string, stderr io.Writer) error {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.dir, "dir", "bench/data", "folder of the data, which are made if they are not there")
	f.StringVar(&o.size, "size", "1GB", "size of each table as CSV; the other formats hold the same rows")
	f.StringVar(&o.tables, "tables", "", "tables, separated by commas (default: all three)")
	f.StringVar(&o.formats, "formats", "csv,jsonl,parquet,snappy.parquet,csv.gz", "formats, separated by commas")
	f.IntVar(&o.iocs, "iocs", 100_000, "number of indicators")
	f.IntVar(&o.few, "few", 100, "number of indicators that many are compared with")
	f.IntVar(&o.many, "many", 10_000_000, "number of indicators that are many")
	f.Float64Var(&o.hits, "hits", 1e-5, "share of rows with a hit")
	f.Float64Var(&o.near, "near", 1e-4, "share of rows with a near miss")
	f.Uint64Var(&o.seed, "seed", 1, "same seed, same data")
	f.IntVar(&o.runs, "runs", 10, "runs of each contender, after one that warms up")
	f.IntVar(&o.threads, "threads", runtime.GOMAXPROCS(0), "threads of each tool that takes a number")
	f.DurationVar(&o.slow, "slow", 20*time.Second, "what takes longer than this is run three times at most")
	f.StringVar(&o.jobs, "jobs", "", "`REGEXP`: only jobs whose names match")
	f.StringVar(&o.peers, "peers", strings.Join(toolNames, ","), "who takes part beside iocsweep, if it is there")
	f.StringVar(&o.iocsweep, "iocsweep", "", "`PROGRAM` to measure, in place of one that is built")
	f.StringVar(&o.before, "before", "", "another iocsweep `PROGRAM` to compare it with")
	f.StringVar(&o.out, "out", "", "`FOLDER` to write the results to as well")
	f.BoolVar(&o.keep, "keep", false, "write the results to bench/runs, into a folder named after the day and the machine")
	f.BoolVar(&o.list, "list", false, "print the jobs with their contenders, and measure nothing")
	if err := f.Parse(args); err != nil {
		return flag.ErrHelp
	}
	f.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "dir", "out", "keep", "iocsweep", "before":
		default:
			o.given = append(o.given, fmt.Sprintf("-%s %s", f.Name, f.Value))
		}
	})
	switch {
	case f.NArg() > 0:
		return fmt.Errorf("%q is no flag", f.Arg(0))
	case o.runs < 1 || o.threads < 1:
		return errors.New("-runs and -threads: have 1 or more")
	case o.iocs < 20 || o.few < 20 || o.many < 20 || max(2*o.iocs, o.few, o.many) > 1<<25:
		return fmt.Errorf("-iocs, -few and -many: have 20 to %d", 1<<24)
	case !(o.hits >= 0 && o.near >= 0 && o.hits+o.near <= 1):
		return errors.New("-hits and -near are shares of all rows: from 0 to 1 together")
	case o.keep && o.out != "":
		return errors.New("-keep and -out both say where results go")
	}
	o.wanted = map[string]bool{}
	for name := range strings.SplitSeq(o.peers, ",") {
		if name != "" && !slices.Contains(toolNames, name) {
			return fmt.Errorf("%q is no peer: have %s", name, strings.Join(toolNames, ", "))
		}
		o.wanted[name] = true
	}
	return nil
}

// bench is one run of the program.
type bench struct {
	o      options
	stderr io.Writer
	self   string // this program
	root   string // the repository's folder
	tmp    string
	tools  tools
	// The data sets: the usual one, one with hits in many rows, and one of a
	// few rows.
	main, heavy, small *gen.Dataset
	ready              map[*gen.Dataset]bool
	loaded             map[string]*loaded // processes, by the feed that they hold
	notes              []string
}

// note says what is left out and why, at once and again with the results.
func (b *bench) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
	fmt.Fprintf(b.stderr, "bench: "+format+"\n", args...)
}

// runBench is the run command.
func runBench(args []string, _ io.Reader, stdout, stderr io.Writer) (err error) {
	b := &bench{stderr: stderr, ready: map[*gen.Dataset]bool{}, loaded: map[string]*loaded{}}
	if err := b.o.parse(args, stderr); err != nil {
		return err
	}
	match, err := regexp.Compile(b.o.jobs)
	if err != nil {
		return fmt.Errorf("-jobs: %w", err)
	}
	if b.o.dir, err = filepath.Abs(b.o.dir); err != nil {
		return err
	}
	if err := b.plan(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.tmp, err = os.MkdirTemp("", "iocsweep-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.tmp)
	if err := b.find(ctx); err != nil {
		return err
	}
	jobs := b.list(match)
	if len(jobs) == 0 {
		return fmt.Errorf("no job matches %q", b.o.jobs)
	}
	if b.o.list {
		return printJobs(stdout, jobs)
	}
	r := &report{machine: thisMachine(), date: time.Now(), options: &b.o, commit: commit(), tools: b.tools.versions}
	fmt.Fprint(stdout, r.head())
	defer func() {
		for _, p := range b.loaded {
			err = errors.Join(err, p.close())
		}
	}()
	failed, err := b.measureAll(ctx, jobs, r, stdout)
	if err != nil {
		return err
	}
	r.notes = b.notes
	fmt.Fprint(stdout, r.foot())
	if b.o.keep {
		b.o.out = filepath.Join("bench", "runs", r.folder())
	}
	if b.o.out != "" {
		if err := r.write(b.o.out, b.symbols()); err != nil {
			return err
		}
		fmt.Fprintf(stderr, "bench: results are in %s\n", b.o.out)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d jobs failed", failed, len(jobs))
	}
	return nil
}

// measureAll does the jobs and prints the table of each. It returns how many failed; the
// error is that of an interrupt.
func (b *bench) measureAll(ctx context.Context, jobs []*job, r *report, stdout io.Writer) (failed int, err error) {
	for i, j := range jobs {
		fmt.Fprintf(b.stderr, "bench: %d of %d: %s\n", i+1, len(jobs), j.name)
		res, err := b.measure(ctx, j)
		if ctx.Err() != nil {
			return failed, errors.New("interrupted")
		}
		if err != nil {
			b.note("%s: %v", j.name, err)
			failed++
			continue
		}
		r.results = append(r.results, res)
		fmt.Fprint(stdout, "\n", res.table())
	}
	return failed, nil
}

// plan says what the data sets hold.
func (b *bench) plan() error {
	tables, err := parseTables(b.o.tables)
	if err != nil {
		return err
	}
	size, err := parseSize(b.o.size)
	if err != nil {
		return err
	}
	formats := strings.Split(b.o.formats, ",")
	for _, f := range formats {
		if _, err := gen.NewWriter(io.Discard, tables[0], f); err != nil {
			return err
		}
	}
	log := func(format string, args ...any) { fmt.Fprintf(b.stderr, "bench: made "+format+"\n", args...) }
	set := func(name string, size int64, hits, near float64, formats ...string) *gen.Dataset {
		return &gen.Dataset{Dir: filepath.Join(b.o.dir, name), Seed: b.o.seed, Tables: tables, Formats: formats, Size: size,
			IOCs: b.o.iocs, Hits: hits, Near: near, Log: log}
	}
	b.main = set("main", size, b.o.hits, b.o.near, formats...)
	b.small = set("small", smallSize, outputHits, outputHits, "csv")
	b.small.Tables = tables[:1]
	b.heavy = set("heavy", size, outputHits, b.o.near, slices.DeleteFunc(slices.Clone(formats), func(f string) bool {
		return f != "csv" && f != "jsonl" && f != "parquet"
	})...)
	return nil
}

func printJobs(w io.Writer, jobs []*job) error {
	for _, j := range jobs {
		for _, c := range j.contenders {
			if _, err := fmt.Fprintf(w, "%s/%s\n", j.name, c.keys); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepare makes what a job reads.
func (b *bench) prepare(j *job) error {
	if !b.ready[j.data] {
		if err := ensure(j.data); err != nil {
			return err
		}
		b.ready[j.data] = true
		debug.FreeOSMemory() // the tools want the room
	}
	for _, f := range j.feeds {
		if err := f.ensure(); err != nil {
			return err
		}
	}
	if j.cut != nil {
		return j.cut.ensure()
	}
	return nil
}

// measure does a job: a round that warms up and checks the answers, then the
// rounds that count, in each of which every contender runs once, in another order. A
// peer that fails is left out, and said.
func (b *bench) measure(ctx context.Context, j *job) (*result, error) {
	if err := b.prepare(j); err != nil {
		return nil, err
	}
	info, err := os.Stat(j.path())
	if err != nil {
		return nil, err
	}
	res := &result{job: j, size: info.Size()}
	for i, c := range j.contenders {
		s, score, err := b.warm(ctx, j, c)
		switch {
		case err == nil:
			res.rows = append(res.rows, &row{contender: c, score: score, rounds: b.rounds(s)})
		case i == 0:
			return nil, err
		default:
			b.note("%s/%s is left out: %v", j.name, c.keys, err)
		}
	}
	// In the order of the list each would always run behind the same one, and find memory
	// and caches as that one leaves them.
	order := rand.New(rand.NewPCG(b.o.seed, 0))
	for round := range b.o.runs {
		for _, i := range order.Perm(len(res.rows)) {
			r := res.rows[i]
			if round >= r.rounds {
				continue
			}
			s, err := b.once(ctx, r.contender)
			switch {
			case err == nil:
				r.runs = append(r.runs, s)
			case i == 0 || ctx.Err() != nil:
				return nil, err
			default:
				b.note("%s/%s is left out: %v", j.name, r.keys, err)
				r.rounds = 0
			}
		}
	}
	res.rows = slices.DeleteFunc(res.rows, func(r *row) bool { return r.rounds == 0 })
	return res, nil
}

// rounds is how often a contender runs that took so long to warm up.
func (b *bench) rounds(s sample) int {
	if s.Wall > b.o.slow {
		return min(3, b.o.runs)
	}
	return b.o.runs
}

func (b *bench) outFile() string { return filepath.Join(b.tmp, "out") }

func (b *bench) once(ctx context.Context, c *contender) (sample, error) {
	out := b.outFile()
	if c.nowhere {
		out = os.DevNull
	}
	if c.inside != nil {
		return c.inside(ctx, out)
	}
	return b.process(ctx, c.command, out, c.ok...)
}

func (b *bench) warm(ctx context.Context, j *job, c *contender) (sample, *corpus.Score, error) {
	s, err := b.once(ctx, c)
	if err != nil || c.answer == nil {
		return s, nil, err
	}
	truth, err := corpus.Read(filepath.Join(j.data.Dir, "truth.tsv"), j.file, c.question)
	if err != nil {
		return s, nil, err
	}
	score, err := b.score(ctx, c, b.outFile(), truth)
	return s, score, err
}

// loadedScan scans a file in the process that holds a feed, which is started
// when first needed.
func (b *bench) loadedScan(ctx context.Context, feed, file, out string) (sample, error) {
	p := b.loaded[feed]
	if p == nil {
		var err error
		if p, err = b.load(ctx, feed, b.o.threads); err != nil {
			return sample{}, err
		}
		b.loaded[feed] = p
	}
	return p.scan(file, out)
}
