//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk: what was read and found stands in the summary though the hits could
// not be written.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no device that is full")
	}
	dir := t.TempDir()
	path, summary := filepath.Join(dir, "dne.csv"), filepath.Join(dir, "summary.json")
	if err := os.WriteFile(path, []byte(endpointHeader+"2026-05-21T08:00:00Z,pc,ConnectionSuccess,176.65.139.7,3778,,10.0.0.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, order := range []string{"newest", "input"} {
		c := exec.Command("iocsweep", "scan", "--order", order, "--ioc", "176.65.139.7", "-o", "/dev/full", "--clobber", "--summary", summary, path)
		var stderr bytes.Buffer
		c.Stderr = &stderr
		if err := c.Run(); c.ProcessState.ExitCode() != statusFailed || !strings.Contains(stderr.String(), "no space left") {
			t.Errorf("%s: %v, standard error %q", order, err, stderr.String())
		}
		checkPartial(t, summary)
	}
}

// TestInterrupt: SIGINT writes the hits so far, in order, then ends with 130.
func TestInterrupt(t *testing.T) {
	c := exec.Command("iocsweep", "scan", "--ioc", "176.65.139.7", "-")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timeout := time.AfterFunc(15*time.Second, func() { c.Process.Kill() })
	defer timeout.Stop()
	// More than a block, so that some of it is scanned while the rest waits.
	text := endpointHeader +
		"2026-05-21T08:00:00Z,pc,ConnectionSuccess,176.65.139.7,3778,,10.0.0.5\n" +
		"2026-05-21T09:00:00Z,pc,ConnectionSuccess,176.65.139.7,3778,,10.0.0.5\n" +
		strings.Repeat("2026-05-21T08:00:00Z,pc,ConnectionSuccess,203.0.113.1,3778,,10.0.0.5\n", 100000)
	if _, err := io.WriteString(in, text); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = c.Wait()
	in.Close()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Fatalf("%v, want exit status 130; standard error %q", err, stderr.String())
	}
	if !strings.Contains(stderr.String(), "interrupted") || strings.Contains(stderr.String(), "context canceled") {
		t.Errorf("standard error does not say so, or blames the input: %q", stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "T09:00:00") || !strings.Contains(lines[1], "T08:00:00") {
		t.Errorf("hits so far: %q", stdout.String())
	}
}

// TestPipesLendNoHeader: what can be read only once is read in its own turn, not
// to find a header for another.
func TestPipesLendNoHeader(t *testing.T) {
	row := "2026-05-21T08:00:00Z,pc,ConnectionSuccess,176.65.139.7,3778,,10.0.0.5\n"
	c := exec.Command("iocsweep", "scan", "--ioc", "176.65.139.7", "/dev/fd/3", "/dev/fd/4")
	for _, text := range []string{row, endpointHeader + row} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		w.Close()
		c.ExtraFiles = append(c.ExtraFiles, r)
	}
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); c.ProcessState.ExitCode() != 3 {
		t.Errorf("%v, standard error %q", err, stderr.String())
	}
	if got := stdout.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"file":"/dev/fd/4"`) {
		t.Errorf("hits %q", got)
	}
	if !strings.Contains(stderr.String(), "/dev/fd/3: no header") {
		t.Errorf("standard error %q", stderr.String())
	}
}

// TestInterruptOfFeeds: while indicators are read there is nothing to end in order.
func TestInterruptOfFeeds(t *testing.T) {
	for _, args := range [][]string{{"scan", "-i", "-", "."}, {"ioc", "check", "-"}, {"ioc", "export", "-"}, {"ioc", "pack", "-o", filepath.Join(t.TempDir(), "x.iocpack"), "-"}} {
		for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			c := exec.Command("iocsweep", args...)
			in, err := c.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			timeout := time.AfterFunc(15*time.Second, func() { c.Process.Kill() })
			// More than a pipe holds: once it is written, the feed is being read.
			if _, err := io.WriteString(in, strings.Repeat("198.51.100.7\n", 20000)); err != nil {
				t.Fatal(err)
			}
			if err := c.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			err = c.Wait()
			timeout.Stop()
			in.Close()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != sig {
				t.Errorf("%v, %v: %v", args, sig, err)
			}
		}
	}
}

// TestWriteWholeInterrupted: what an interrupt leaves is the file as it was.
func TestWriteWholeInterrupted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := writeWhole(t.Context(), path, 0o644, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			return err
		}
		for range 1000 {
			time.Sleep(10 * time.Millisecond)
			if _, err := io.WriteString(w, "rest"); err != nil {
				return err
			}
		}
		return nil
	})
	var status *statusError
	if !errors.As(outputError(err), &status) || status.Status != statusInterrupted {
		t.Errorf("%v", err)
	}
	text, _ := os.ReadFile(path)
	if files, _ := os.ReadDir(dir); len(files) != 1 || string(text) != "before" {
		t.Errorf("%d files, %q", len(files), text)
	}
}

// TestFullTemp: hits that find no room in the temporary folder say which flags give
// them some.
func TestFullTemp(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "dne.csv")
	rows := strings.Repeat("2026-05-21T08:00:00Z,pc,ConnectionSuccess,176.65.139.7,3778,,10.0.0.5\n", 5000)
	if err := os.WriteFile(path, []byte(endpointHeader+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	// No file may grow, as on a full disk; standard output is a pipe.
	c := exec.Command("sh", "-c", `trap "" XFSZ; ulimit -f 0; exec iocsweep scan --memory 1 --tmp "$1" --ioc 176.65.139.7 "$2"`, "sh", dir, path)
	var stderr bytes.Buffer
	c.Stdout, c.Stderr = &bytes.Buffer{}, &stderr
	c.Run()
	if c.ProcessState.ExitCode() != statusFailed || !strings.Contains(stderr.String(), "give another folder with --tmp, or hold more in memory with --memory") {
		t.Errorf("%v, standard error %q", c.ProcessState, stderr.String())
	}
}

// waiting starts a command that has read text from standard input and waits for
// more. It must not take longer than 15 seconds.
func waiting(t *testing.T, text string, c *exec.Cmd) (in io.WriteCloser, stderr *bytes.Buffer) {
	t.Helper()
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr = new(bytes.Buffer)
	c.Stderr = stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timeout := time.AfterFunc(15*time.Second, func() { c.Process.Kill() })
	t.Cleanup(func() { timeout.Stop(); in.Close() })
	if _, err := io.WriteString(in, text); err != nil {
		t.Fatal(err)
	}
	settle(c.Process.Pid)
	return in, stderr
}

// settle waits until a process does nothing any more: on Linux, until none of its threads
// has wanted a core for a while, however long it takes to get one.
func settle(pid int) {
	if runtime.GOOS != "linux" {
		time.Sleep(500 * time.Millisecond)
		return
	}
	for quiet := 0; quiet < 10; quiet++ {
		time.Sleep(20 * time.Millisecond)
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		for _, thread := range threads {
			stat, _ := os.ReadFile(thread)
			if _, state, _ := bytes.Cut(stat, []byte(") ")); !bytes.HasPrefix(state, []byte("S")) {
				quiet = -1
			}
		}
	}
}

// TestInterruptOfPipes: whatever waits for a pipe ends when it is interrupted, also by
// the end of its session, and says nothing bad of the input.
func TestInterruptOfPipes(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	signals := []os.Signal{os.Interrupt}
	if !signal.Ignored(syscall.SIGHUP) { // else these tests run under nohup, and the command goes on
		signals = append(signals, syscall.SIGHUP)
	}
	for _, test := range []struct {
		text string
		args []string
	}{
		{endpointHeader, []string{"scan", "--ioc", "176.65.139.7", "-"}},
		{"PK\x03\x04", []string{"scan", "--ioc", "176.65.139.7", "--tmp", dir, "-"}},
		{"", []string{"scan", "--ioc", "176.65.139.7", fifo}},
		{endpointHeader, []string{"inspect", "-"}},
		{"PK\x03\x04", []string{"inspect", "-"}},
		{"", []string{"inspect", fifo}},
	} {
		for _, sig := range signals {
			c := exec.Command("iocsweep", test.args...)
			_, stderr := waiting(t, test.text, c)
			if err := c.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			c.Wait()
			if c.ProcessState.ExitCode() != statusInterrupted || !strings.Contains(stderr.String(), "interrupted") || strings.Contains(stderr.String(), "context") {
				t.Errorf("%v, %v: %v, standard error %q", test.args, sig, c.ProcessState, stderr)
			}
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files are left beside the pipe", len(files)-1)
	}
}

// TestEstimateOfPipe: how long a pipe will take is not tried, which would take away what
// a scan is to read.
func TestEstimateOfPipe(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("iocsweep", "inspect", "--estimate", fifo)
	timeout := time.AfterFunc(15*time.Second, func() { c.Process.Kill() })
	defer timeout.Stop()
	if out, err := c.Output(); err != nil || !strings.HasPrefix(string(out), "not scanned: 1 file\n") {
		t.Errorf("%v, %q", err, out)
	}
}

// TestIgnoredHangup: with nohup a sweep outlives its session.
func TestIgnoredHangup(t *testing.T) {
	c := exec.Command("sh", "-c", `trap "" HUP; exec iocsweep scan --ioc 176.65.139.7 -`)
	in, stderr := waiting(t, endpointHeader, c)
	if err := c.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	if _, err := io.WriteString(in, "2026-05-21T08:00:00Z,pc,ConnectionSuccess,176.65.139.7,3778,,10.0.0.5\n"); err != nil {
		t.Error(err)
	}
	in.Close()
	if err := c.Wait(); err != nil || !strings.Contains(stderr.String(), "1 hit on 1 indicator") {
		t.Errorf("%v, standard error %q", err, stderr)
	}
}

// TestKilledSpool: not even a kill leaves behind what was spooled.
func TestKilledSpool(t *testing.T) {
	dir := t.TempDir()
	c := exec.Command("iocsweep", "scan", "--ioc", "176.65.139.7", "--tmp", dir, "-")
	waiting(t, "PK\x03\x04", c)
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%s is left", files[0].Name())
	}
}

// TestSideReaderGone: a reader that has seen enough of the rejects ends the sweep
// before all hits are written, so that is not done quietly.
func TestSideReaderGone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "dne.csv")
	if err := os.WriteFile(path, []byte(endpointHeader+"2026-05-21T08:00:00Z,\"pc"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--rejects", "--summary"} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		c := exec.Command("iocsweep", "scan", "--ioc", "176.65.139.7", flag, "/dev/fd/3", path)
		c.ExtraFiles = []*os.File{w}
		var stderr bytes.Buffer
		c.Stderr = &stderr
		c.Run()
		w.Close()
		if c.ProcessState.ExitCode() != statusFailed || !strings.Contains(stderr.String(), "/dev/fd/3: broken pipe") {
			t.Errorf("%s: %v, standard error %q", flag, c.ProcessState, stderr.String())
		}
	}
}

// TestCompletionOutput: a completion script that cannot be written is no wrong use of
// the command, and a reader that has seen enough of it no fault.
func TestCompletionOutput(t *testing.T) {
	r, gone, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer gone.Close()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no device that is full")
	}
	defer full.Close()
	for _, test := range []struct {
		out    *os.File
		status int
		want   string
	}{{gone, statusOK, ""}, {full, statusFailed, "iocsweep: write /dev/stdout: no space left on device\n"}} {
		c := exec.Command("iocsweep", "completion", "bash")
		var stderr bytes.Buffer
		c.Stdout, c.Stderr = test.out, &stderr
		c.Run()
		if c.ProcessState.ExitCode() != test.status || stderr.String() != test.want {
			t.Errorf("%v, want status %d; standard error %q", c.ProcessState, test.status, stderr.String())
		}
	}
}
