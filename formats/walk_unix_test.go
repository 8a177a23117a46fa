//go:build unix

package formats

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
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

// A file comes once, whatever leads to it; the name that it was given by counts.
func TestWalkSameFile(t *testing.T) {
	one := string(zipped(t, zipMember{"x.csv", []byte(logText), zip.Deflate}))
	tree(t, map[string]string{"logs/a.csv": logText, "logs/z.csv": logText, "logs/p.zip": one})
	for link, to := range map[string]string{"logs/b.csv": "a.csv", "logs/q.zip": "p.zip", "more": "logs"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link("logs/a.csv", "logs/c.csv"); err != nil {
		t.Fatal(err)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{[]string{"logs"}, "logs/a.csv logs/p.zip/x.csv logs/z.csv"},
		{[]string{"logs", wd + "/logs", "more"}, "logs/a.csv logs/p.zip/x.csv logs/z.csv"},
		{[]string{"logs/c.csv", "logs"}, "logs/c.csv* logs/p.zip/x.csv logs/z.csv"},
		{[]string{"logs", "more/b.csv"}, "logs/a.csv* logs/p.zip/x.csv logs/z.csv"},
	} {
		if got, errs := Walk(c.paths, nil); names(got) != c.want || errs != nil {
			t.Errorf("%q: got %s, %v", c.paths, names(got), errs)
		}
	}
}

// Who waits for a pipe is let go when the context ends, whether nobody has opened it
// for writing or nobody writes.
func TestPipeUntil(t *testing.T) {
	tree(t, map[string]string{"a.csv": logText})
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", logText} {
		inputs, errs := Walk([]string{"pipe"}, nil)
		if errs != nil {
			t.Fatal(errs)
		}
		if text != "" {
			f, err := os.OpenFile("pipe", os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString(text); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, stop)
		src, err := Open(inputs[0], Options{Until: ctx})
		if err == nil {
			_, err = src.NewReader(Want{}).Next()
			src.Close()
		}
		if text == "" && !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}
