package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestManual: the package comment names all commands, and help prints the rest of it.
func TestManual(t *testing.T) {
	a := &app{in: strings.NewReader(""), out: io.Discard, err: io.Discard}
	var commands []*cobra.Command
	for _, sub := range a.root(nil).Commands() {
		if sub.Name() == "ioc" || sub.Name() == "exclude" {
			commands = append(commands, sub.Commands()...)
		} else if !sub.Hidden {
			commands = append(commands, sub)
		}
	}
	for _, c := range commands {
		if name := strings.TrimPrefix(c.CommandPath(), "iocsweep "); !strings.Contains(docSource, "\n\t"+name+" ") {
			t.Errorf("the manual does not name the command %s", name)
		}
	}
	text := manual()
	for _, want := range []string{"Iocsweep sweeps", "\n  iocsweep scan -i FEED", "\nExit status:\n\n  0    everything was read\n", "ever touches a network."} {
		if !strings.Contains(text, want) {
			t.Errorf("help lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "import (") || strings.Contains(text, "# ") {
		t.Errorf("help is\n%s", text)
	}
}

// A command that is built alone is the same as among all of them.
func TestRootOfOne(t *testing.T) {
	a := &app{in: strings.NewReader(""), err: io.Discard}
	show := func(root *cobra.Command, args []string) string {
		var out strings.Builder
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs(args)
		if err := root.Execute(); err != nil {
			out.WriteString(err.Error())
		}
		return out.String()
	}
	for _, c := range a.root(nil).Commands() {
		if c.Name() == "completion" {
			continue // it tells of all
		}
		for _, rest := range [][]string{{"--help"}, {"-h", "x"}, {"--no-such-flag"}, {"check", "--help"}, {"chek"}, {"help"}} {
			args := append([]string{c.Name()}, rest...)
			if c.Name() == "scan" && len(rest) == 1 && rest[0] == "help" {
				continue // a path
			}
			if got, want := show(a.root(args), args), show(a.root(nil), args); got != want {
				t.Errorf("%q:\n%s\nwant\n%s", args, got, want)
			}
		}
		if n := len(a.root([]string{c.Name()}).Commands()); n != 1 {
			t.Errorf("%d commands are built for %s", n, c.Name())
		}
	}
}
