package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestManual: what help prints is what the package comment says.
func TestManual(t *testing.T) {
	b, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	comment, _, ok := strings.Cut(string(b), "*/")
	if !ok {
		t.Fatal("doc.go has no package comment")
	}
	words := func(s string) string {
		return strings.Join(strings.Fields(regexp.MustCompile(`(?m)^#|^/\*`).ReplaceAllString(s, "")), " ")
	}
	var all strings.Builder
	a := &app{in: strings.NewReader(""), out: &all, err: io.Discard}
	root := a.root(nil)
	for _, sub := range root.Commands() {
		if sub.Hidden || sub.Name() == "ioc" || sub.Name() == "exclude" {
			continue
		}
		if !strings.Contains(words(comment), " "+sub.Name()+" ") {
			t.Errorf("the manual does not name the command %s", sub.Name())
		}
	}
	first, _, _ := strings.Cut(comment, "# Commands")
	_, usage, _ := strings.Cut(first, "# Usage")
	if !strings.Contains(words(manual), words(usage)) {
		t.Errorf("help and package comment differ:\n%s\n%s", words(manual), words(usage))
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
