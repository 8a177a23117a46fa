package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// What came of an archive before standard input could not be read any more is
// scanned; that it broke off is said.
func TestSpoolBreaksOff(t *testing.T) {
	broken := errors.New("input/output error")
	r := io.MultiReader(strings.NewReader("PK\x03\x04 and so on"), iotest.ErrReader(broken))
	in, done, got, err := spooled(r, t.TempDir())
	if err != nil || got != broken {
		t.Fatalf("%v, %v", got, err)
	}
	defer done()
	if text, err := io.ReadAll(in); string(text) != "PK\x03\x04 and so on" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

// A key is made with both of its halves or not at all: a half that is left would be
// in the way of the next try.
func TestKeygenHalf(t *testing.T) {
	dir := t.TempDir()
	// As long as a name may be, so that there is no room for .pub behind it.
	path := filepath.Join(dir, strings.Repeat("k", 253))
	if status := run([]string{"ioc", "keygen", "-o", path}, strings.NewReader(""), io.Discard, io.Discard); status != statusFailed {
		t.Errorf("status %d", status)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d files are left", len(files))
	}
}
