package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the wanted output of scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"iocsweep": main})
}

// The scripts in testdata/script hold inputs, command and wanted output in
// one file each: one script per promise.
func TestScripts(t *testing.T) {
	mirai, err := filepath.Abs("../../testdata/mirai")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("../../testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if testing.Short() { // under the race detector: feeds and rules are read there in their own packages
		scripts = slices.DeleteFunc(scripts, func(path string) bool {
			return slices.ContainsFunc([]string{"feed_", "ioc_", "exclude_", "explain", "import_"}, func(prefix string) bool {
				return strings.HasPrefix(filepath.Base(path), prefix)
			})
		})
	}
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"avro":  captureLines,
			"gzip":  gzipFile,
			"zip":   zipFiles,
			"cut":   cutFile,
			"lines": countLines,
			// status N command…: run it and compare its exit status.
			"status": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 {
					ts.Fatalf("usage: status N command...")
				}
				err := ts.Exec(args[1], args[2:]...)
				got := 0
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					got = exit.ExitCode()
				} else if err != nil {
					ts.Fatalf("%v", err)
				}
				if strconv.Itoa(got) != args[0] {
					ts.Fatalf("exit status %d, want %s", got, args[0])
				}
			},
			"breakoff": breakOff,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("MIRAI", mirai)
			e.Setenv("ROOT", filepath.Dir(filepath.Dir(mirai)))
			e.Setenv("GORACE", os.Getenv("GORACE"))
			return nil
		},
	})
}

// README's first command is what a newcomer types.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^go run \./cmd/iocsweep (scan .*)$`).FindSubmatch(readme)
	if line == nil {
		t.Fatal("README has no line that starts with go run ./cmd/iocsweep scan")
	}
	t.Chdir("../..")
	var out, errs bytes.Buffer
	if status := run(strings.Fields(string(line[1])), nil, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	if !strings.Contains(string(readme), strings.TrimSpace(out.String())) {
		t.Errorf("README shows other output than the command prints:\n%s", &out)
	}
}

// Every flag of scan is explained where its users look: in the help text.
func TestHelpNamesFlags(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run([]string{"scan", "--help"}, nil, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	for _, name := range []string{"iocs", "ioc", "exclude-rules", "exclude", "output", "format", "clobber", "by", "table",
		"input-format", "columns", "match", "port-match", "from", "to", "time-zone", "date-order", "min-confidence", "row",
		"order", "suppressed", "rejects", "summary", "threads", "memory", "tmp", "progress", "quiet", "verbose", "color",
		"strict", "exit-code", "iocs-format", "url-hosts", "force-broad", "header", "table-file", "allow", "label", "iocs-where", "preset", "compromised", "near", "strict-feeds", "verify-key"} {
		if !strings.Contains(out.String(), "--"+name+" ") && !strings.Contains(out.String(), "--"+name+"\n") {
			t.Errorf("--%s is not explained", name)
		}
	}
	for _, short := range []string{"  -f,", "  -t,"} {
		if strings.Contains(out.String(), short) {
			t.Errorf("%s is taken", short)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"256MiB": 256 << 20, "1GB": 1e9, "65536": 65536, "1.5k": 1536, " 2 GiB ": 2 << 30, "10b": 10} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q: got %d %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "-1", "0", "MiB", "1 2", "1e30", "NaN", "inf", "0.5B"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: got %d", text, got)
		}
	}
}

// README shows what explain says of a suppressed record, in 80 columns.
func TestREADMEExplains(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^iocsweep (explain --row .*)$`).FindSubmatch(readme)
	if line == nil {
		t.Fatal("README has no line that starts with iocsweep explain --row")
	}
	t.Chdir("../..")
	var out, errs bytes.Buffer
	if status := run(strings.Fields(string(line[1])), nil, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	if !strings.HasPrefix(out.String(), "SUPPRESSED") || !strings.Contains(string(readme), strings.TrimSpace(out.String())) {
		t.Errorf("README shows other output than the command prints:\n%s", &out)
	}
	for l := range strings.Lines(out.String()) {
		if len([]rune(strings.TrimSpace(l))) > pageWidth {
			t.Errorf("wider than a terminal: %s", l)
		}
	}
}
