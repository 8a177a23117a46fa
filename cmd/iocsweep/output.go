package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner"
	"golang.org/x/term"
)

// outputs are the files that a scan writes.
type outputs struct {
	app     *app
	flags   *scanFlags
	scan    *scanner.Scan
	format  string
	files   []*outputFile
	hits    *outputFile // nil: standard output
	summary *outputFile
	text    io.Writer // where the summary format goes
	met     bool      // the reports list what was not met
}

// An outputFile is checked before the scan and opened when it begins.
type outputFile struct {
	flag, path string
	file       *os.File
}

// outputs checks the output flags and prepares the scan for them. Nothing is
// opened yet.
func (a *app) outputs(f *scanFlags, s *scanner.Scan) (*outputs, error) {
	o := &outputs{app: a, flags: f, scan: s}
	if f.output == "-" {
		f.output = "" // where hits go without it
	}
	var rejects, suppressed *outputFile
	for _, file := range []struct {
		flag, path string
		to         **outputFile
	}{
		{"--output", f.output, &o.hits},
		{"--suppressed", f.suppressed, &suppressed},
		{"--rejects", f.rejects, &rejects},
		{"--summary", f.summary, &o.summary},
	} {
		var err error
		if *file.to, err = o.add(file.flag, file.path); err != nil {
			return nil, err
		}
	}
	if suppressed != nil {
		s.Suppressed = &lateWriter{suppressed}
	}
	if rejects != nil {
		s.Rejects = &lateWriter{rejects}
	}
	if err := o.setFormat(); err != nil {
		return nil, err
	}
	o.met = o.format == "summary" || o.summary != nil
	if o.met || !f.quiet {
		s.Repeats = new(scanner.Repeats)
	}
	return o, nil
}

// add checks the file that a flag names, which is nil where it names none.
func (o *outputs) add(flag, path string) (*outputFile, error) {
	switch path {
	case "":
		return nil, nil
	case "-":
		return nil, fmt.Errorf("%s -: only hits can go to standard output", flag)
	}
	if err := mayWrite(flag, path, o.flags.clobber); err != nil {
		return nil, err
	}
	for _, other := range o.files {
		if sameOutput(other.path, path) && !strings.EqualFold(path, os.DevNull) {
			return nil, fmt.Errorf("%s and %s are the same file", other.flag, flag)
		}
	}
	file := &outputFile{flag: flag, path: path}
	o.files = append(o.files, file)
	return file, nil
}

// setFormat has the scan write its hits, or group them, as --format says.
func (o *outputs) setFormat() (err error) {
	if o.format = o.flags.format; o.format == "" {
		o.format = o.defaultFormat()
	}
	var out io.Writer = o.app.out
	if o.hits != nil {
		out = &lateWriter{o.hits}
	}
	s, by := o.scan, o.flags.by
	switch o.format {
	case "jsonl":
		s.Output = out
	case "csv":
		s.Output, s.Encode, s.Header = out, scanner.CSV, scanner.CSVHeader()
		if len(s.Label) > 0 {
			s.Header = scanner.CSVLabelsHeader()
		}
	case "table":
		s.Output, s.Encode, s.Header = out, scanner.TableText, scanner.TableHeader()
	case "summary":
		o.text = out
		if s.Groups, err = scanner.NewGroups(by); err != nil {
			return fmt.Errorf("--by: %w", err)
		}
	default:
		return oneOf("--format", o.format, "summary", "table", "jsonl", "csv")
	}
	if len(by) > 0 && o.format != "summary" {
		return errors.New("--by is for --format summary")
	}
	return nil
}

// sameOutput reports whether two paths lead to one file, or will when it is there.
func sameOutput(a, b string) bool {
	if x, err := os.Stat(a); err == nil && formats.Regular(x.Mode()) {
		y, err := os.Stat(b)
		return err == nil && os.SameFile(x, y)
	}
	a, b = placeOf(a), placeOf(b)
	return a == b || foldsNames && strings.EqualFold(a, b)
}

// placeOf is where a file will be that is not there yet: links lead there, also one
// that leads to nothing so far.
func placeOf(path string) string {
	for range 16 { // as many as any system follows, or nearly
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// defaultFormat is what an unset --format means.
func (o *outputs) defaultFormat() string {
	switch strings.ToLower(filepath.Ext(o.flags.output)) {
	case ".csv":
		return "csv"
	case ".jsonl", ".ndjson", ".json":
		return "jsonl"
	case ".txt":
		return "summary"
	}
	if o.hits == nil && isTerminal(o.app.out) {
		return "summary"
	}
	return "jsonl"
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// open creates the files. What the scan reads is never overwritten, whatever
// the flags. Until all are open none is truncated: if one cannot be written, what
// was there before is there still, and nothing new.
func (o *outputs) open(reads []string) (err error) {
	for _, f := range o.files {
		fi, err := os.Stat(f.path)
		if err != nil || !formats.Regular(fi.Mode()) {
			continue
		}
		for _, in := range reads {
			if other, err := os.Stat(in); err == nil && os.SameFile(fi, other) {
				return fmt.Errorf("%s: %s is an input", f.flag, f.path)
			}
		}
	}
	var old, made []*outputFile
	defer func() {
		if err != nil {
			discard(old, made)
		}
	}()
	for _, f := range o.files {
		mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
		fi, missing := os.Stat(f.path)
		if missing == nil {
			mode = os.O_WRONLY
		}
		if f.file, err = os.OpenFile(f.path, mode, 0o644); err != nil {
			return fmt.Errorf("%s: %w", f.flag, err)
		}
		switch {
		case missing != nil:
			made = append(made, f)
		case formats.Regular(fi.Mode()):
			old = append(old, f)
		}
	}
	for _, f := range old {
		if err := f.file.Truncate(0); err != nil {
			return fmt.Errorf("%s: %w", f.flag, err)
		}
	}
	return nil
}

// discard closes files that will not be written, and removes those that were made
// for it.
func discard(old, made []*outputFile) {
	for _, f := range old {
		_ = f.file.Close()
	}
	for _, f := range made {
		_ = f.file.Close()
		_ = os.Remove(f.path)
	}
}

// lateWriter writes to a file that is opened after the writer was handed out.
type lateWriter struct{ to *outputFile }

// Write returns a closed pipe as such for hits only, of which a reader may have seen
// enough. Other files are asked for whole, and the scan ends where one of them
// cannot be written.
func (l *lateWriter) Write(b []byte) (int, error) {
	n, err := l.to.file.Write(b)
	if isClosedPipe(err) && l.to.flag != "--output" {
		err = errors.New(err.Error())
	}
	return n, err
}

// close writes the reports, if there is anything to report, and closes the files.
func (o *outputs) close(run *scanReport) (errs []error) {
	if o.format == "summary" && run.sum != nil {
		escapes := takesEscapes(o.app.out)
		color := o.flags.color == "always" ||
			o.flags.color == "auto" && o.hits == nil && isTerminal(o.app.out) && escapes && os.Getenv("NO_COLOR") == ""
		_, err := io.WriteString(o.text, run.text(color))
		errs = append(errs, err)
	}
	if o.summary != nil && run.sum != nil {
		_, err := (&lateWriter{o.summary}).Write(run.json())
		errs = append(errs, err)
	}
	for _, f := range o.files {
		if err := f.file.Close(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.flag, err))
		}
	}
	return errs
}
