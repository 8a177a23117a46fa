package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// tools are the programs that take part, by path; empty are those that are not
// there or not wanted.
type tools struct {
	measure    string // runs the others
	iocsweep   string
	before     string // another iocsweep, to be compared with
	duckdb     string // both of these are bench/peers
	goLoop     string
	rg         string
	grep       string
	gzip       string
	clickhouse []string // with the arguments that make it clickhouse-local
	versions   []string // a line for each that has one
}

// toolNames are what -peers chooses from; iocsweep always takes part.
var toolNames = []string{"duckdb", "go", "rg", "grep", "gzip", "clickhouse", "limits"}

// find builds iocsweep and those peers that are ours, and looks for the others.
// What is not there is said and left out.
func (b *bench) find(ctx context.Context) error {
	t := &b.tools
	if b.o.list { // names are all that is needed
		*t = tools{iocsweep: "iocsweep", before: b.o.before, clickhouse: []string{"clickhouse"}}
		for name, path := range map[string]*string{"duckdb": &t.duckdb, "go": &t.goLoop, "rg": &t.rg, "grep": &t.grep, "gzip": &t.gzip} {
			if b.o.has(name) {
				*path = name
			}
		}
		if !b.o.has("clickhouse") {
			t.clickhouse = nil
		}
		return nil
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/iocsweep/iocsweep").Output()
	if err != nil {
		return fmt.Errorf("find the module, in whose folder this is to be run: %w", err)
	}
	b.root = string(bytes.TrimSpace(root))
	t.measure = b.executable("measure")
	if err := b.build(ctx, t.measure, ".", "./bench/measure", false); err != nil {
		return err
	}
	t.iocsweep, t.before = b.o.iocsweep, b.o.before
	if t.iocsweep == "" {
		t.iocsweep = b.executable("iocsweep")
		if err := b.build(ctx, t.iocsweep, ".", "./cmd/iocsweep", false); err != nil {
			return err
		}
	}
	t.version("iocsweep", t.iocsweep, "version")
	if t.before != "" {
		t.version("before", t.before, "version")
	}
	if b.o.has("duckdb") || b.o.has("go") {
		b.peers(ctx)
	}
	for _, p := range []struct {
		name string
		path *string
	}{{"rg", &t.rg}, {"grep", &t.grep}, {"gzip", &t.gzip}} {
		if b.o.has(p.name) {
			if path := b.look(p.name); path != "" && t.version(p.name, path, "--version") {
				*p.path = path
			}
		}
	}
	if b.o.has("clickhouse") {
		if path, err := exec.LookPath("clickhouse-local"); err == nil {
			t.clickhouse = []string{path, "--multiquery"}
		} else if path := b.look("clickhouse"); path != "" {
			t.clickhouse = []string{path, "local", "--multiquery"}
		}
		if t.clickhouse != nil {
			t.version("clickhouse", t.clickhouse[0], append(t.clickhouse[1:len(t.clickhouse)-1:len(t.clickhouse)-1], "--version")...)
		}
	}
	return nil
}

func (b *bench) look(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		b.note("%s is not installed", name)
	}
	return path
}

// executable is where a program that is built here goes.
func (b *bench) executable(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(b.tmp, name)
}

// build compiles a program of this repository, from a folder of it.
func (b *bench) build(ctx context.Context, out, folder, pkg string, cgo bool) error {
	c := exec.CommandContext(ctx, "go", "build", "-o", out, pkg)
	c.Dir = filepath.Join(b.root, filepath.FromSlash(folder))
	c.Env = append(os.Environ(), "CGO_ENABLED="+map[bool]string{false: "0", true: "1"}[cgo])
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("build %s: %w%s", filepath.Base(out), err, lastLine(stderr.String()))
	}
	return nil
}

// peers builds bench/peers, with DuckDB if that can be had.
func (b *bench) peers(ctx context.Context) {
	path := b.executable("peers")
	if b.o.has("duckdb") {
		err := b.build(ctx, path, "bench/peers", ".", true)
		if err == nil && b.tools.version("duckdb", path, "-peers", "duckdb", "-version") {
			b.tools.duckdb = path
		} else {
			b.note("duckdb could not be built: %v", err)
		}
	}
	if !b.o.has("go") {
		return
	}
	if b.tools.duckdb == "" {
		if err := b.build(ctx, path, "bench/peers", ".", false); err != nil {
			b.note("the Go loop could not be built: %v", err)
			return
		}
	}
	b.tools.goLoop = path
}

// version asks a program for its version, whose first line is kept. It says
// whether the program could be run at all: some have no such flag.
func (t *tools) version(name, path string, args ...string) bool {
	out, err := exec.Command(path, args...).Output()
	if _, ran := err.(*exec.ExitError); err != nil && !ran {
		return false
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	t.versions = append(t.versions, "version of "+name+": "+strings.TrimPrefix(line, name+" "))
	return true
}
