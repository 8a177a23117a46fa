package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit statuses, as the manual lists them.
const (
	statusOK          = 0
	statusHits        = 1 // only under --exit-code
	statusUsage       = 2
	statusPartial     = 3
	statusFailed      = 4
	statusPartialHits = 5 // only under --exit-code
	statusInterrupted = 130
)

// A statusError ends the command with a status of its own. A nil Err means
// that everything worth saying has been said.
type statusError struct {
	Status int
	Err    error
}

func (e *statusError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	return e.Err.Error()
}

func (e *statusError) Unwrap() error { return e.Err }

// usage makes an error that ends the command with status 2.
func usage(err error) error { return &statusError{statusUsage, err} }

// partial is the error of a command that has done its work and said what it could not
// read, if there was anything.
func partial(is bool) error {
	if !is {
		return nil
	}
	return &statusError{statusPartial, nil}
}

// outputError maps a failed write to an exit status.
func outputError(err error) error {
	switch {
	case isClosedPipe(err):
		return nil
	case errors.Is(err, context.Canceled):
		return &statusError{statusInterrupted, errors.New("interrupted")}
	}
	return &statusError{statusFailed, err}
}

// app is what the commands share: the streams of the process.
type app struct {
	in       io.Reader
	out, err io.Writer
}

// warnf prints one line to standard error.
func (a *app) warnf(format string, args ...any) {
	fmt.Fprintf(a.err, "iocsweep: "+format+"\n", args...)
}

// result prints what a command has to say. The command ends with end, unless that could
// not be written.
func (a *app) result(text string, end error) error {
	if _, err := io.WriteString(a.out, text); err != nil {
		return outputError(err)
	}
	return end
}

// run is the command: it returns the exit status.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	// A reader that has seen enough is an error of the write, not a signal.
	signal.Ignore(syscall.SIGPIPE)
	a := &app{in, out, errw}
	root := a.root(args)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.ExecuteContext(context.Background())
	var status *statusError
	if write := (*fs.PathError)(nil); errors.As(err, &write) && !errors.As(err, &status) {
		err = outputError(err) // of a completion script, which cobra writes
	}
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &status):
		if status.Err != nil {
			a.warnf("%v", printableError(status.Err))
		}
		return status.Status
	}
	// What cobra finds wrong with the command line.
	a.warnf("%v", printableError(err))
	a.warnf("run 'iocsweep help' for the manual")
	return statusUsage
}

// interrupts returns a context that the first interrupt ends, so that what is under
// way ends in order; the second ends the process at once. Where none is in force,
// the first does: nothing is lost then. A session that breaks off is one, unless
// whoever started the process has it ignored (nohup).
func interrupts(ctx context.Context) (_ context.Context, stop context.CancelFunc) {
	signals := []os.Signal{syscall.SIGTERM}
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signals = append(signals, s)
		}
	}
	ctx, stop = signal.NotifyContext(ctx, signals...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// root is the tree of commands for args. Where these begin with the name of a
// command, it is built alone: all of them take longer than to sweep a small file.
func (a *app) root(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "iocsweep",
		Short:         "Sweep exported logs for indicators of compromise, offline",
		Long:          manual(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
	}
	asked := root.Flags().Bool("version", false, "what the command version shows")
	root.RunE = func(c *cobra.Command, _ []string) error {
		if *asked {
			return a.showVersion()
		}
		return c.Help()
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	commands := []struct {
		name string
		make func() *cobra.Command
	}{{"scan", a.scan}, {"inspect", a.inspect}, {"ioc", a.ioc}, {"exclude", a.exclude}, {"explain", a.explain}, {"tables", a.tables}, {"version", a.version}}
	for _, c := range commands {
		if len(args) > 0 && args[0] == c.name {
			root.CompletionOptions.DisableDefaultCmd = true
			root.AddCommand(c.make())
			return root
		}
	}
	for _, c := range commands {
		root.AddCommand(c.make())
	}
	root.InitDefaultCompletionCmd(args...)
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.RunE = needCommand // else an unknown shell is help, and status 0
	}
	return root
}

func (a *app) ioc() *cobra.Command {
	c := &cobra.Command{Use: "ioc", Short: "Check and convert indicator sources", Args: cobra.NoArgs, RunE: needCommand}
	c.AddCommand(a.iocCheck(), a.iocExport(), a.iocDiff(), a.iocReport(), a.iocImportRules(), a.iocPack(), a.iocVerify(), a.iocKeygen())
	return c
}

func (a *app) exclude() *cobra.Command {
	c := &cobra.Command{Use: "exclude", Short: "Check and try exclusion rules", Args: cobra.NoArgs, RunE: needCommand}
	c.AddCommand(a.excludeCheck(), a.excludeTest(), a.excludePresets())
	return c
}

func needCommand(c *cobra.Command, _ []string) error {
	return usage(fmt.Errorf("%s needs a command: see %s --help", c.Name(), c.CommandPath()))
}
