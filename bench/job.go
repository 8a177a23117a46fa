package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/bench/corpus"
	"github.com/iocsweep/iocsweep/bench/gen"
)

// A job is one question about one file, put to several contenders in turn. Its
// name and a contender's keys make the name of a benchmark:
// Scan/table=DnsEvents/format=csv/iocs=100000 and peer=rg/threads=1.
type job struct {
	name       string
	data       *gen.Dataset
	file       string // as the truth names it: logs/DnsEvents.csv
	format     string // csv, jsonl or parquet, packed or not
	table      string
	feeds      []feedFile   // to be there before it begins, in this order
	cut        *cut         // likewise; nil: none
	contenders []*contender // the others are compared with the first
}

// A feedFile is a feed that is written when it is not there.
type feedFile struct {
	path  string
	write func(io.Writer) error
}

// A contender is one way to do a job: a process, or something that this
// program does itself.
type contender struct {
	tool  string // what -peers selects it by
	label string // in tables, beside others of its job
	keys  string

	command []string // the process; its output goes to a file
	inside  func(ctx context.Context, out string) (sample, error)
	does    string // what inside does, in words
	nowhere bool   // the output goes to the null device
	ok      []int  // exit statuses that are no error, beside 0

	ask      []string // gives the answer, where command does not
	answer   answer   // nil: it gives none
	question corpus.Question
}

func (j *job) path() string { return filepath.Join(j.data.Dir, filepath.FromSlash(j.file)) }

func (j *job) add(c *contender) *contender {
	if c.question.Columns == nil {
		c.question.Columns = corpus.Levels["wide"][j.table].All()
	}
	j.contenders = append(j.contenders, c)
	return c
}

// feed returns the path of a feed beside the job's data.
func (j *job) feed(name string, write func(io.Writer) error) string {
	path := filepath.Join(j.data.Dir, feedsDir, name)
	j.feeds = append(j.feeds, feedFile{path, write})
	return path
}

// planted is the feed that was planted in the job's data.
func (j *job) planted() string { return filepath.Join(j.data.Dir, "feed.txt") }

// search is a feed as one would search text for it.
func (j *job) search(feed string) string {
	return j.feed(strings.TrimSuffix(filepath.Base(feed), ".txt")+"-search.txt", searchList(feed))
}

// list makes the jobs whose names match. The folders of their data sets need
// not exist yet.
func (b *bench) list(match *regexp.Regexp) []*job {
	var jobs []*job
	add := func(name string, d *gen.Dataset, t *gen.Table, format string, fill func(*job)) {
		j := &job{name: name, data: d, file: "logs/" + t.Name + "." + format, table: t.Name}
		_, j.format = corpus.Kind(j.file)
		if match.MatchString(name) {
			fill(j)
			jobs = append(jobs, j)
		}
	}
	o := &b.o
	for _, t := range b.main.Tables {
		for _, format := range b.main.Formats {
			add(fmt.Sprintf("Scan/table=%s/format=%s/iocs=%d", t.Name, format, o.iocs), b.main, t, format, b.scanJob)
		}
	}
	for _, t := range b.main.Tables {
		for _, format := range b.main.Formats {
			if format == "csv" || format == "jsonl" {
				add(fmt.Sprintf("Scan/table=%s/format=%s/iocs=2", t.Name, format), b.main, t, format, b.twoJob)
			}
		}
	}
	for _, t := range b.main.Tables[:1] {
		add(fmt.Sprintf("Start/table=%s/format=csv/iocs=2", t.Name), b.small, t, "csv", b.twoJob)
		add(fmt.Sprintf("Start/table=%s/format=csv/iocs=%d", t.Name, o.iocs), b.small, t, "csv", b.startJob)
		add(fmt.Sprintf("Load/table=%s/format=csv/iocs=%d", t.Name, o.many), b.small, t, "csv", b.loadJob)
	}
	for _, t := range b.main.Tables {
		for _, format := range b.heavy.Formats {
			add(fmt.Sprintf("Output/table=%s/format=%s/iocs=%d", t.Name, format, o.iocs), b.heavy, t, format, b.outputJob)
		}
	}
	for _, t := range b.main.Tables[len(b.main.Tables)-1:] {
		for _, format := range b.main.Formats {
			if format == "csv" || format == "jsonl" {
				add(fmt.Sprintf("Files/table=%s/format=%s/iocs=%d", t.Name, format, o.iocs), b.main, t, format, b.filesJob)
			}
		}
	}
	// Last, for the processes that hold the feeds stay to the end.
	for _, t := range b.main.Tables {
		for _, format := range b.main.Formats {
			if format == "csv" || format == "jsonl" || format == "parquet" {
				add(fmt.Sprintf("Indicators/table=%s/format=%s", t.Name, format), b.main, t, format, b.indicatorsJob)
			}
		}
	}
	return jobs
}

// The kinds of jobs.

// scanJob is the usual sweep.
func (b *bench) scanJob(j *job) {
	feed := j.planted()
	b.iocsweep(j, feed, b.o.threads)
	if strings.HasSuffix(j.file, ".gz") {
		b.gzip(j)
		b.limits(j, b.o.threads, "read")
		return
	}
	if b.o.threads > 1 {
		b.iocsweep(j, feed, 1)
	}
	b.duckdb(j, feed)
	if j.format != "parquet" {
		b.goLoop(j, feed)
	}
	b.clickhouse(j, feed)
	if j.format == "parquet" {
		b.limits(j, b.o.threads, "read")
		return
	}
	split := "structure"
	if j.format == "csv" {
		split = "separators"
		b.rg(j, j.search(feed))
	}
	b.limits(j, b.o.threads, "read", "newlines", split)
	if b.o.threads > 1 {
		b.limits(j, 1, split) // what a second core is worth to who reads and looks at each byte
	}
}

// twoJob has two indicators, so few that searching text for them is fastest.
func (b *bench) twoJob(j *job) {
	feed := j.feed("two-"+filepath.Base(j.file)+".txt", func(w io.Writer) error { return writeTwo(w, j.data, j.file) })
	b.iocsweep(j, feed, b.o.threads)
	search := j.search(feed)
	b.rg(j, search)
	b.grep(j, search)
	for _, c := range j.contenders {
		c.question.Has = inFeed(feed)
	}
}

// startJob takes a file so small that all the time is that of starting.
func (b *bench) startJob(j *job) {
	feed := j.planted()
	b.iocsweep(j, feed, b.o.threads)
	b.duckdb(j, feed)
	b.goLoop(j, feed)
	b.clickhouse(j, feed)
	b.rg(j, j.search(feed))
}

// outputJob has a hit in many rows, beside a feed of the same size of which
// nothing is in the file.
func (b *bench) outputJob(j *job) {
	n := b.o.iocs
	planted := &gen.Feed{Seed: b.o.seed, N: n}
	both := &gen.Feed{Seed: b.o.seed, N: 2 * n}
	b.iocsweep(j, j.planted(), b.o.threads, fmt.Sprintf("hits=%v", outputHits))
	// The indicators that follow in the list: none of them is planted, but an
	// address beside one that is may be among them.
	other := j.feed(fmt.Sprintf("%d-other.txt", n), writeRange(both, n, 2*n))
	for _, c := range b.iocsweep(j, other, b.o.threads, "hits=0") {
		c.question.Has = func(string) bool { return false }
		c.question.HasAddr = func(a [4]byte) bool { return both.HasAddr(a) && !planted.HasAddr(a) }
	}
	if j.format == "parquet" && b.o.has("limits") {
		j.add(&contender{tool: "limits", label: "columns", keys: fmt.Sprintf("peer=columns/threads=%d", b.o.threads),
			does:   "decodes the columns that hits show, in all rows, and does nothing with them",
			inside: func(context.Context, string) (sample, error) { return readColumns(j.path(), j.table, b.o.threads) }})
		j.add(&contender{tool: "limits", label: "late columns", keys: fmt.Sprintf("peer=late/threads=%d", b.o.threads),
			does: "decodes the columns that are matched, in all rows, and those that hits show, in every tenth",
			inside: func(context.Context, string) (sample, error) {
				return readLate(j.path(), j.table, b.o.threads, int(1/outputHits))
			}})
	}
	if j.format == "parquet" {
		for _, c := range b.iocsweep(j, j.planted(), b.o.threads, "output=none") {
			c.nowhere, c.answer = true, nil
		}
	}
	if j.format == "parquet" && b.tools.duckdb != "" {
		shown := strings.Join(shownOf(j.table), ",")
		j.add(&contender{tool: "duckdb", label: "duckdb hits=0.1", keys: fmt.Sprintf("hits=%v/peer=duckdb/threads=%d", outputHits, b.o.threads),
			command: b.duckCommand(j, "-feed", j.planted(), "-show", shown), ask: b.duckCommand(j, "-feed", j.planted(), "-records"), answer: numbers})
		j.add(&contender{tool: "duckdb", label: "duckdb columns", keys: fmt.Sprintf("peer=columns-duckdb/threads=%d", b.o.threads), nowhere: true,
			command: b.duckCommand(j, "-read", shown)})
	}
}

// filesJob has the same rows in a thousand small files and in one. The truth numbers
// the records of the whole export, so that no one is asked for an answer.
func (b *bench) filesJob(j *job) {
	feed := j.planted()
	j.cut = newCut(j)
	j.file = filepath.ToSlash(filepath.Join(cutsDir, filepath.Base(j.file)))
	inFiles := func(c *contender) {
		c.answer = nil
		c.keys, c.label = "in=files/"+c.keys, c.label+" files"
		c.command = append(slices.Clone(c.command[:len(c.command)-1]), j.cut.parts)
	}
	for _, c := range b.iocsweep(j, feed, b.o.threads) {
		inFiles(c)
	}
	for _, c := range b.iocsweep(j, feed, b.o.threads) {
		c.answer, c.keys = nil, "in=one/"+c.keys
	}
	if b.tools.rg != "" {
		b.rg(j, j.search(feed))
		inFiles(j.contenders[len(j.contenders)-1])
	}
}

// indicatorsJob has very few indicators, and very many.
func (b *bench) indicatorsJob(j *job) {
	planted := &gen.Feed{Seed: b.o.seed, N: b.o.iocs}
	for _, n := range []int{b.o.few, b.o.many} {
		feed := &gen.Feed{Seed: b.o.seed, N: n}
		path := j.feed(fmt.Sprintf("%d.txt", n), writeRange(feed, 0, n))
		c := j.add(&contender{tool: "iocsweep", label: fmt.Sprintf("%d indicators", n), keys: fmt.Sprintf("iocs=%d/peer=iocsweep/threads=%d", n, b.o.threads),
			does: "scans as iocsweep does, in a process that has read the feed before", answer: hits,
			inside: func(ctx context.Context, out string) (sample, error) { return b.loadedScan(ctx, path, j.path(), out) }})
		if n < b.o.iocs {
			c.question.Has = inFeed(path)
		}
		c.question.HasAddr = func(a [4]byte) bool { return feed.HasAddr(a) && !planted.HasAddr(a) }
	}
}

// The contenders.

// iocsweep adds the program that is measured and, if there is one, that which
// it is compared with. A variant, such as hits=0, tells them from others of
// the job.
func (b *bench) iocsweep(j *job, feed string, threads int, variant ...string) (added []*contender) {
	for _, p := range []struct{ label, binary string }{{"iocsweep", b.tools.iocsweep}, {"before", b.tools.before}} {
		if p.binary == "" {
			continue
		}
		keys := append(slices.Clone(variant), fmt.Sprintf("peer=%s/threads=%d", p.label, threads))
		label := append([]string{p.label}, variant...)
		if threads != b.o.threads {
			label = append(label, fmt.Sprintf("-j %d", threads))
		}
		added = append(added, j.add(&contender{tool: "iocsweep", label: strings.Join(label, " "), keys: strings.Join(keys, "/"),
			command: []string{p.binary, "scan", "-q", "-i", feed, "-j", fmt.Sprint(threads), "--order", "input", "--format", "jsonl", j.path()},
			answer:  hits}))
	}
	return added
}

func (b *bench) duckdb(j *job, feed string) {
	if b.tools.duckdb == "" {
		return
	}
	j.add(&contender{tool: "duckdb", label: "duckdb", keys: fmt.Sprintf("peer=duckdb/threads=%d", b.o.threads),
		command: b.duckCommand(j, "-feed", feed), ask: b.duckCommand(j, "-feed", feed, "-records"), answer: numbers})
}

// duckCommand is the command by which DuckDB does something with the job's file.
func (b *bench) duckCommand(j *job, args ...string) []string {
	return append([]string{b.tools.duckdb, "-peers", "duckdb", "-threads", fmt.Sprint(b.o.threads), "-file", j.path()}, args...)
}

func (b *bench) goLoop(j *job, feed string) {
	if b.tools.goLoop == "" {
		return
	}
	command := []string{b.tools.goLoop, "-peers", "go", "-feed", feed, "-file", j.path()}
	j.add(&contender{tool: "go", label: "go", keys: "peer=go/threads=1",
		command: command, ask: append(slices.Clone(command), "-records"), answer: numbers})
}

func (b *bench) rg(j *job, list string) {
	if b.tools.rg == "" {
		return
	}
	// One file is searched by one thread.
	j.add(&contender{tool: "rg", label: "rg", keys: "peer=rg/threads=1", ok: []int{1},
		command: []string{b.tools.rg, "--no-config", "--text", "--no-line-number", "-F", "-f", list, j.path()},
		ask:     []string{b.tools.rg, "--no-config", "--text", "--line-number", "-F", "-f", list, j.path()},
		answer:  numberedLines(j.path(), j.format)})
}

func (b *bench) grep(j *job, list string) {
	if b.tools.grep == "" {
		return
	}
	j.add(&contender{tool: "grep", label: "grep", keys: "peer=grep/threads=1", ok: []int{1},
		command: []string{b.tools.grep, "-a", "-F", "-f", list, j.path()},
		ask:     []string{b.tools.grep, "-a", "-n", "-F", "-f", list, j.path()},
		answer:  numberedLines(j.path(), j.format)})
}

func (b *bench) gzip(j *job) {
	if b.tools.gzip == "" {
		return
	}
	j.add(&contender{tool: "gzip", label: "gzip -dc", keys: "peer=gzip/threads=1", nowhere: true,
		command: []string{b.tools.gzip, "-dc", j.path()}})
}

func (b *bench) clickhouse(j *job, feed string) {
	if b.tools.clickhouse == nil {
		return
	}
	query := func(numbered bool) []string {
		return append(slices.Clone(b.tools.clickhouse), "--query", clickhouseQuery(j, feed, b.o.threads, numbered))
	}
	j.add(&contender{tool: "clickhouse", label: "clickhouse", keys: fmt.Sprintf("peer=clickhouse/threads=%d", b.o.threads),
		command: query(false), ask: query(true), answer: numbers})
}

func (b *bench) limits(j *job, threads int, names ...string) {
	if !b.o.has("limits") {
		return
	}
	for _, name := range names {
		l := limits[slices.IndexFunc(limits, func(l limit) bool { return l.name == name })]
		label := l.name
		if threads != b.o.threads {
			label += fmt.Sprintf(" -j %d", threads)
		}
		j.add(&contender{tool: "limits", label: label, keys: fmt.Sprintf("peer=%s/threads=%d", l.name, threads), does: l.does,
			inside: func(context.Context, string) (sample, error) { return l.run(j.path(), threads) }})
	}
}
