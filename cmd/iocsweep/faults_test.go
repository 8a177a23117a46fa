package main

import (
	"errors"
	"io"
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
