//go:build unix

package formats

import (
	"os"
	"syscall"
	"testing"
)

// A pipe met by a walk is left alone, one given by name is read.
func TestWalkPipe(t *testing.T) {
	tree(t, map[string]string{"in/a.csv": logText})
	if err := syscall.Mkfifo("in/pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	if got, errs := Walk([]string{"in"}, nil); names(got) != "in/a.csv" || errs != nil {
		t.Fatalf("got %s, %v", names(got), errs)
	}
	got, errs := Walk([]string{"in/pipe"}, nil)
	if names(got) != "in/pipe*" || errs != nil {
		t.Fatalf("got %s, %v", names(got), errs)
	}
	go func() {
		if f, err := os.OpenFile("in/pipe", os.O_WRONLY, 0); err == nil {
			f.Write(gz(logText))
			f.Close()
		}
	}()
	c, err := openContent(got[0], Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if text, err := readAll(c); text != logText || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	if c.Size != -1 {
		t.Errorf("size %d", c.Size)
	}
}
