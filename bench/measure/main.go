// Command measure runs a command once and prints what it took:
//
//	measure OUT COMMAND [ARGUMENT ...]
//
// The command's output goes to the file OUT. The line printed has the wall
// time and the CPU time in nanoseconds, the most memory that was resident in
// bytes (0 if that cannot be had), and the exit status.
//
// It is a program of its own, and imports little, for Linux counts the memory
// of a process at the moment of the fork as its child's: no tool could show a
// peak below that of whoever starts it.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) < 2 {
		fmt.Fprintln(stderr, "usage: measure OUT COMMAND [ARGUMENT ...]")
		return 2
	}
	// The empty file is there before the clock starts.
	f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		fmt.Fprintln(stderr, "measure:", err)
		return 1
	}
	defer f.Close()
	c := exec.Command(args[1], args[2:]...)
	c.Stdout, c.Stderr = f, stderr
	// grep is several times slower where it has to think of letters.
	c.Env = append(os.Environ(), "LC_ALL=C")
	start := time.Now()
	err = c.Run()
	wall := time.Since(start)
	s := c.ProcessState
	if s == nil {
		fmt.Fprintln(stderr, "measure:", err)
		return 1
	}
	fmt.Fprintln(stdout, wall.Nanoseconds(), (s.UserTime() + s.SystemTime()).Nanoseconds(), peak(s), s.ExitCode())
	return 0
}
