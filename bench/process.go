package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A sample is one run of a contender.
type sample struct {
	Wall time.Duration `json:"wall"`
	CPU  time.Duration `json:"cpu"`  // user and system, of all threads
	Peak int64         `json:"peak"` // most memory that was resident, in bytes; 0 if unknown
}

// process runs a command once, with its output in a file, through bench/measure.
// An exit status other than 0 is an error unless it is among ok.
func (b *bench) process(ctx context.Context, command []string, out string, ok ...int) (s sample, err error) {
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, b.tools.measure, append([]string{out}, command...)...)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return s, fmt.Errorf("%s: %w%s", name(command), err, lastLine(stderr.String()))
	}
	var status int
	if _, err := fmt.Fscan(&stdout, &s.Wall, &s.CPU, &s.Peak, &status); err != nil {
		return s, fmt.Errorf("%s: %w", name(command), err)
	}
	if status != 0 && !slices.Contains(ok, status) {
		return s, fmt.Errorf("%s: exit status %d%s", name(command), status, lastLine(stderr.String()))
	}
	return s, nil
}

// lastLine is what a tool said last, as the end of an error's text.
func lastLine(stderr string) string {
	stderr = strings.TrimSpace(stderr)
	if stderr == "" {
		return ""
	}
	return ": " + stderr[strings.LastIndexByte(stderr, '\n')+1:]
}
