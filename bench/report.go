package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/bench/corpus"
)

// A result is what came of a job.
type result struct {
	job  *job
	size int64 // of the file, in bytes
	rows []*row
}

// A row is one contender's part of it.
type row struct {
	*contender
	score  *corpus.Score // nil: it gives no answer
	rounds int           // how many it takes part in, from the first
	runs   []sample
}

// speed is how fast the file's bytes went by, in GB/s.
func (r *result) speed(w *row) float64 {
	if m := median(of(w.runs, wall)); m > 0 {
		return float64(r.size) / 1e9 / m.Seconds()
	}
	return 0
}

// ratio is how many times longer a contender takes than the first.
func (r *result) ratio(w *row) float64 { return ratio(w.runs, r.rows[0].runs) }

// table is the result as people read it.
func (r *result) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  (%s)\n", r.job.name, bytesText(r.size))
	fmt.Fprintf(&b, "  %-22s %9s %19s %9s %9s %8s %8s %7s %7s %7s\n", "", "wall", "min..max", "CPU", "memory", "GB/s", "found", "missed", "wrong", "ratio")
	for _, w := range r.rows {
		walls := of(w.runs, wall)
		found, missed, wrong := "-", "-", "-"
		if w.score != nil {
			found, missed, wrong = fmt.Sprint(w.score.Found), fmt.Sprint(w.score.Missed), fmt.Sprint(w.score.Wrong)
		}
		memory := "-"
		if peak := most(of(w.runs, peakOf)); peak > 0 {
			memory = bytesText(peak)
		}
		fmt.Fprintf(&b, "  %-22s %9s %19s %9s %9s %8.2f %8s %7s %7s %6sx", w.label, seconds(median(walls)),
			seconds(least(walls))+".."+seconds(most(walls)), seconds(median(of(w.runs, cpu))), memory, r.speed(w), found, missed, wrong, digits3(r.ratio(w)))
		if len(w.runs) != len(r.rows[0].runs) {
			fmt.Fprintf(&b, "  (%d runs)", len(w.runs))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// digits3 has three digits, or two behind a zero.
func digits3(x float64) string {
	switch {
	case x < 0.1:
		return fmt.Sprintf("%.3f", x)
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// seconds has three digits that say something, whatever the unit.
func seconds(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 0.01:
		return fmt.Sprintf("%.2f ms", s*1e3)
	case s < 0.1:
		return fmt.Sprintf("%.1f ms", s*1e3)
	case s < 1:
		return fmt.Sprintf("%.0f ms", s*1e3)
	case s < 10:
		return fmt.Sprintf("%.2f s", s)
	default:
		return fmt.Sprintf("%.1f s", s)
	}
}

func bytesText(n int64) string {
	switch {
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	default:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	}
}

// A report is a whole run of the program.
type report struct {
	machine machine
	date    time.Time
	options *options
	commit  string   // of this repository
	tools   []string // versions
	results []*result
	notes   []string
}

// head says on what and of what the numbers are.
func (r *report) head() string {
	o := r.options
	return fmt.Sprintf("%s, %d threads, %s; %d runs of each, in turn and in changing order\n", r.machine, o.threads, runtime.Version(), o.runs) +
		fmt.Sprintf("data: %s of each table as CSV, %d indicators, seed %d; page cache warm\n", o.size, o.iocs, o.seed)
}

// legend explains the columns of the tables.
const legend = `
wall, CPU: medians of whole processes, from start to end, feeds read and output
written; in Indicators: of the scan alone. memory: the most that was resident.
GB/s: of the file as it lies on the disk. found, missed: records that hold an
indicator in a structured column. wrong: records that were reported and hold
none. ratio: wall time over that of the first line, the median of the rounds.

iocsweep writes every hit with its columns, as JSONL. In Files the same rows, 100
MB of them, are in files of 60 KB (files), and in one.
duckdb counts rows. It compares addresses as text and names by their last
labels, leaves ports and answers in AdditionalFields out, and takes six members
of a list at most. With hits=0.1 it does not count but writes: those rows, in any
order, with the columns that iocsweep's hits show, as JSON. duckdb columns reads
those columns of all rows, as text, and adds up their lengths. iocsweep
output=none has hits=0.1, but writes them to the null device.
go is encoding/csv or encoding/json with maps, one goroutine. It counts rows.
rg and grep print lines that hold an address (without its port) or a name
anywhere, in the spelling of the feed.
gzip -dc writes to the null device.
clickhouse does as duckdb does.
read, newlines, separators, structure are limits of the machine: the file read
by as many threads; and its line breaks counted; or commas, line breaks, quotes
and carriage returns found; or line breaks and quotes that are not escaped. columns decodes
the columns of all rows that hits show; late columns those that are matched, and
of every tenth row those that hits show: what a scan with hits reads.
`

func (r *report) foot() string {
	var b strings.Builder
	b.WriteString(legend)
	for i, n := range r.notes {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

// folder is the name under which a run is kept.
func (r *report) folder() string { return r.date.Format("2006-01-02") + "-" + r.machine.slug() }

// write writes everything that is kept of a run. Nothing of it names folders
// of this machine: symbols stand in their place.
func (r *report) write(dir string, symbols *strings.Replacer) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	table := r.head()
	for _, res := range r.results {
		table += "\n" + res.table()
	}
	for _, f := range []struct{ name, text string }{
		{"table.txt", symbols.Replace(table + r.foot())},
		{"runs.tsv", r.runs()},
		{"summary.tsv", r.summary()},
		{"bench.txt", r.benchmarks()},
		{"chart.svg", r.chart()},
		{"meta.txt", symbols.Replace(r.meta())},
	} {
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// runs is every single run.
func (r *report) runs() string {
	var b strings.Builder
	b.WriteString("job\tcontender\tround\twall_s\tcpu_s\tpeak_bytes\n")
	for _, res := range r.results {
		for _, w := range res.rows {
			for i, s := range w.runs {
				fmt.Fprintf(&b, "%s\t%s\t%d\t%.6f\t%.6f\t%d\n", res.job.name, w.keys, i+1, s.Wall.Seconds(), s.CPU.Seconds(), s.Peak)
			}
		}
	}
	return b.String()
}

// summary is a line for each contender of each job.
func (r *report) summary() string {
	var b strings.Builder
	b.WriteString("job\tcontender\tfile\tbytes\truns\twall_median_s\twall_min_s\twall_max_s\tcpu_median_s\tpeak_bytes\tgb_per_s\tfound\tmissed\twrong\tratio\n")
	for _, res := range r.results {
		for _, w := range res.rows {
			walls := of(w.runs, wall)
			score := "\t\t"
			if w.score != nil {
				score = fmt.Sprintf("%d\t%d\t%d", w.score.Found, w.score.Missed, w.score.Wrong)
			}
			fmt.Fprintf(&b, "%s\t%s\t%s\t%d\t%d\t%.6f\t%.6f\t%.6f\t%.6f\t%d\t%.4f\t%s\t%.4f\n", res.job.name, w.keys, res.job.file, res.size, len(w.runs),
				median(walls).Seconds(), least(walls).Seconds(), most(walls).Seconds(), median(of(w.runs, cpu)).Seconds(),
				most(of(w.runs, peakOf)), res.speed(w), score, res.ratio(w))
		}
	}
	return b.String()
}

// benchmarks is every run in the format of Go's benchmarks, which benchstat
// reads: benchstat -row .name,/table,/format,/iocs -col /peer,/threads bench.txt
func (r *report) benchmarks() string {
	var b strings.Builder
	fmt.Fprintf(&b, "goos: %s\ngoarch: %s\npkg: github.com/iocsweep/iocsweep/bench\ncpu: %s\n", runtime.GOOS, runtime.GOARCH, r.machine.cpu)
	for _, res := range r.results {
		for _, w := range res.rows {
			for _, s := range w.runs {
				fmt.Fprintf(&b, "Benchmark%s/%s 1 %d ns/op %.0f B/s %d cpu-ns/op", res.job.name, w.keys, s.Wall.Nanoseconds(),
					float64(res.size)/s.Wall.Seconds(), s.CPU.Nanoseconds())
				if s.Peak > 0 {
					fmt.Fprintf(&b, " %d peak-bytes", s.Peak)
				}
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

// meta says how the numbers came about.
func (r *report) meta() string {
	var b strings.Builder
	line := func(key string, value any) { fmt.Fprintf(&b, "%s: %v\n", key, value) }
	line("date", r.date.Format(time.DateOnly))
	line("command", "go run ./bench "+strings.Join(append([]string{"-dir $DIR"}, r.options.given...), " "))
	line("cpu", r.machine.cpu)
	line("cores", r.machine.cores)
	line("memory", bytesText(r.machine.memory))
	line("os", r.machine.os)
	line("go", runtime.Version())
	line("commit", r.commit)
	for _, v := range r.tools {
		b.WriteString(v + "\n")
	}
	o := r.options
	line("seed", o.seed)
	line("size", o.size)
	line("indicators", o.iocs)
	line("hits", o.hits)
	line("near misses", o.near)
	line("threads", o.threads)
	line("runs", o.runs)
	b.WriteString("environment of all: LC_ALL=C\n")
	for _, res := range r.results {
		fmt.Fprintf(&b, "\n%s\n", res.job.name)
		for _, w := range res.rows {
			fmt.Fprintf(&b, "  %s\n    %s\n", w.keys, w.line())
		}
	}
	return b.String()
}

// line is what a contender does, as one would type it if it is a command.
func (c *contender) line() string {
	if c.inside != nil {
		return "(" + c.does + ")"
	}
	words := []string{name(c.command)}
	for _, a := range c.command[1:] {
		if strings.ContainsAny(a, " \t\n'\"$&();<>|*?[]\\") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	out := "$TMP/out"
	if c.nowhere {
		out = os.DevNull
	}
	return strings.Join(append(words, ">", out), " ")
}

// name is that of a command's program.
func name(command []string) string { return strings.TrimSuffix(filepath.Base(command[0]), ".exe") }

// symbols stand for the folders of this machine.
func (b *bench) symbols() *strings.Replacer {
	var pairs []string
	for _, p := range [][2]string{{b.tmp, "$TMP"}, {b.o.dir, "$DIR"}, {b.root, "$REPO"}} {
		if p[0] != "" {
			pairs = append(pairs, p[0], p[1])
		}
	}
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		pairs = append(pairs, home, "$HOME")
	}
	return strings.NewReplacer(pairs...)
}
