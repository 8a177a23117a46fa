package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Hits that go to the terminal on which the bar is begin on lines of their own.
func TestHitsBesideProgress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dne.csv")
	log := "Timestamp,DeviceName,ActionType,RemoteIP,RemotePort\n2026-05-21T08:14:03Z,cam,ConnectionSuccess,192.0.2.77,23\n"
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"jsonl", "csv", "table"} {
		for _, order := range []string{"newest", "input"} {
			got := onTerminal(t, "scan", "--ioc", "192.0.2.77", "--format", format, "--order", order, path)
			if !strings.Contains(got, "0%") {
				t.Errorf("%s, %s: no bar in %q", format, order, got)
			}
			first := map[string]string{"jsonl": `{"schema"`, "csv": "schema,", "table": "TIME "}[format]
			if before, _, ok := strings.Cut(got, first); !ok || !strings.HasSuffix(before, "\r") {
				t.Errorf("%s, %s: got %q", format, order, got)
			}
		}
	}
}

// onTerminal returns what a command writes to a terminal of its own.
func onTerminal(t *testing.T, args ...string) string {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("this system gives no terminal: ", err)
	}
	defer screen.Close()
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("this system gives no terminal: ", err)
	}
	seen := make(chan string)
	go func() {
		b, _ := io.ReadAll(screen) // ends with an error when the last writer has gone
		seen <- string(b)
	}()
	c := exec.Command("iocsweep", args...)
	c.Stdout, c.Stderr = tty, tty
	err = c.Run()
	tty.Close()
	got := <-seen
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, got)
	}
	return got
}
