package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner"
)

// A loaded process has read a feed and scans files when it is told to, so that a scan
// can be timed without the reading of its feed. With ten million indicators the feed
// takes many times longer than a file of 1 GB, and subtracting the one from the sum
// would leave mostly noise.
type loaded struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// load starts a process and returns once it has read its feed.
func (b *bench) load(ctx context.Context, feed string, threads int) (*loaded, error) {
	p := &loaded{cmd: exec.CommandContext(ctx, b.self, "loaded", "-feed", feed, "-threads", fmt.Sprint(threads))}
	p.cmd.Stderr = b.stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if line, err := p.out.ReadString('\n'); err != nil || line != "ready\n" {
		return nil, errors.Join(fmt.Errorf("%s: not loaded", feed), p.close())
	}
	return p, nil
}

func (p *loaded) scan(file, out string) (s sample, err error) {
	if _, err := fmt.Fprintf(p.in, "%s\t%s\n", file, out); err != nil {
		return s, err
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	return s, json.Unmarshal(line, &s)
}

func (p *loaded) close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }

// runLoaded is the process: loaded -feed FEED -threads N. Each line of its
// input names a file to scan and one for the hits.
func runLoaded(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("loaded", flag.ContinueOnError)
	f.SetOutput(stderr)
	path := f.String("feed", "", "plain list of indicators")
	threads := f.Int("threads", 1, "workers")
	if err := f.Parse(args); err != nil {
		return flag.ErrHelp
	}
	list, _, err := feed.Read([]feed.Source{feed.File(*path)}, feed.Options{})
	if err != nil {
		return err
	}
	set := list.Set()
	list = nil
	debug.FreeOSMemory() // or the first scan pays for what reading left behind
	if _, err := fmt.Fprintln(stdout, "ready"); err != nil {
		return err
	}
	lines := bufio.NewScanner(stdin)
	for lines.Scan() {
		file, out, _ := strings.Cut(lines.Text(), "\t")
		s, err := scanOnto(set, *threads, file, out)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(stdout).Encode(s); err != nil {
			return err
		}
	}
	return lines.Err()
}

func scanOnto(set *ioc.Set, threads int, file, out string) (sample, error) {
	w, err := os.Create(out)
	if err != nil {
		return sample{}, err
	}
	runtime.GC()
	s, err := scan(set, threads, file, w)
	return s, errors.Join(err, w.Close())
}

// scan does what iocsweep scan --order input --format jsonl does behind its
// feed.
func scan(set *ioc.Set, threads int, file string, w io.Writer) (sample, error) {
	before := spent()
	start := time.Now()
	inputs, errs := formats.Walk([]string{file}, nil)
	if len(errs) > 0 {
		return sample{}, errors.Join(errs...)
	}
	s := scanner.Scan{Indicators: set, Threads: threads, Order: scanner.AsFound, Output: w}
	sum, err := s.Run(context.Background(), inputs)
	if err != nil {
		return sample{}, err
	}
	if !sum.Complete() {
		return sample{}, fmt.Errorf("%s: not read whole", file)
	}
	took := time.Since(start)
	// The peak is read here and not by whoever waits for this process, to
	// whom that of his own would be counted too.
	kib, _ := strconv.ParseInt(strings.TrimSuffix(field("/proc/self/status", "VmHWM"), " kB"), 10, 64)
	return sample{took, spent() - before, kib * 1024}, nil
}
