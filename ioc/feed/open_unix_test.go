//go:build unix

package feed

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"feeds/b.txt", "feeds/below/a.txt", "feeds/.git/config"} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("198.51.100.7\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "feeds", "feeds/c.txt": "b.txt"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, root := range []string{"feeds", "feeds/", "link", "link/"} {
		sources, err := Files(filepath.Join(dir) + "/" + root)
		var got []string
		for _, s := range sources {
			got = append(got, strings.TrimPrefix(s.Path, dir+"/"))
		}
		root = strings.TrimSuffix(root, "/")
		if want := root + "/b.txt " + root + "/below/a.txt " + root + "/c.txt"; err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v", root, got, err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "feeds/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Files(filepath.Join(dir, "feeds")); err == nil || !strings.Contains(err.Error(), "pipe: a pipe or device in a folder is not read") {
		t.Error(err)
	}
}
