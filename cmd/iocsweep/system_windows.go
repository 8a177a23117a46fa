package main

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// foldsNames says that the system tells no file from another by the case of its
// name.
const foldsNames = true

// isClosedPipe reports whether a write failed because nobody reads on.
func isClosedPipe(err error) bool {
	for _, gone := range []error{windows.ERROR_NO_DATA, windows.ERROR_BROKEN_PIPE, windows.ERROR_PIPE_NOT_CONNECTED} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

// takesEscapes says whether escape sequences that are written to w have their
// effect. A console shows them as they are until it is asked to obey them.
func takesEscapes(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return true
	}
	var mode uint32
	console := windows.Handle(f.Fd())
	if windows.GetConsoleMode(console, &mode) != nil {
		return true // what reads a file or pipe may know them
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
