//go:build !windows

package main

import (
	"errors"
	"runtime"
	"syscall"
)

// foldsNames says that the system tells no file from another by the case of its
// name.
const foldsNames = runtime.GOOS == "darwin"

// isClosedPipe reports whether a write failed because nobody reads on.
func isClosedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// takesEscapes says whether escape sequences that are written to w have their
// effect. Terminals of other systems than Windows need not be asked.
func takesEscapes(any) bool { return true }
