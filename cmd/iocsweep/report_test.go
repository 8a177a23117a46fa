package main

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/iocsweep/iocsweep/scanner/rule"
)

// Names do not make lines of their own; what we have laid out in lines stays so.
func TestPrintableError(t *testing.T) {
	name := "a\niocsweep: Everything was read."
	missing := &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
	shown := `open a\niocsweep: Everything was read.: file does not exist`
	_, syntax := rule.Parse("DeviceName = = 'x'")
	for _, c := range []struct {
		err  error
		want string
	}{
		{missing, shown},
		{usage(fmt.Errorf("read indicators: %w", missing)), "read indicators: " + shown},
		{errors.Join(missing, fmt.Errorf("%s: no file", name)), shown + "\n" + `a\niocsweep: Everything was read.: no file`},
		{syntax, syntax.Error()},
		{usage(errors.Join(missing, syntax)), shown + "\n" + syntax.Error()},
	} {
		if got := printableError(c.err); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}
