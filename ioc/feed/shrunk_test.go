package feed

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shrinking empties a file once some of it has been read.
type shrinking struct {
	*whole
	path string
}

func (s *shrinking) Read(p []byte) (int, error) {
	n, err := s.whole.Read(p[:min(len(p), 1000)])
	if n > 0 {
		err = errors.Join(err, os.Truncate(s.path, 0))
	}
	return n, err
}

// A feed that becomes shorter while it is read breaks off: what is left of it is not
// all of it.
func TestShrunkFeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feed.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("203.0.113.7\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := File(path).Open()
	if err != nil {
		t.Fatal(err)
	}
	source := Source{Path: path, Open: func() (io.ReadCloser, error) { return &shrinking{f.(*whole), path}, nil }}
	list, reports, err := Read([]Source{source}, Options{})
	if err != nil || list.Len() != 1 || !errors.Is(reports[0].Err, errShrunk) {
		t.Errorf("%v, %v", err, reports[0].Err)
	}
}
