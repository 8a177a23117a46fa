package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
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
	root := a.root()
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
