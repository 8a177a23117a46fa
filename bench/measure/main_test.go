package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestMeasure(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	var stdout, stderr strings.Builder
	if got := run([]string{out, "go", "version"}, &stdout, &stderr); got != 0 {
		t.Fatalf("status %d: %s", got, &stderr)
	}
	var wall, cpu, peak, status int64
	if _, err := fmt.Sscan(stdout.String(), &wall, &cpu, &peak, &status); err != nil {
		t.Fatalf("%q: %v", &stdout, err)
	}
	if wall <= 0 || cpu < 0 || status != 0 || runtime.GOOS == "linux" && (peak < 1e5 || peak > 1e9) {
		t.Errorf("%q", &stdout)
	}
	if text, err := os.ReadFile(out); err != nil || !strings.HasPrefix(string(text), "go version ") {
		t.Errorf("%q, %v", text, err)
	}
	stdout.Reset()
	if got := run([]string{out, "go", "nothing"}, &stdout, &stderr); got != 0 || !strings.HasSuffix(stdout.String(), " 2\n") {
		t.Errorf("status %d, %q: want that of the command", got, &stdout)
	}
}

func TestBadUsage(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "usage"},
		{[]string{out}, "usage"},
		{[]string{filepath.Join(out, "x"), "go"}, "measure: open"},
		{[]string{out, filepath.Join(filepath.Dir(out), "nothing")}, "measure: "},
	} {
		var stdout, stderr strings.Builder
		if got := run(test.args, &stdout, &stderr); got == 0 || !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 {
			t.Errorf("%q: status %d, %q, %q", test.args, got, &stdout, &stderr)
		}
	}
}
