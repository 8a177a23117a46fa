//go:build unix

package formats

import (
	"io/fs"
	"os"
	"syscall"
)

// idOf returns the number that tells a file from all others; false if it has none.
func idOf(_ *os.File, st fs.FileInfo) (fileID, bool) {
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok || sys.Ino == 0 {
		return fileID{}, false
	}
	return fileID{uint64(sys.Dev), uint64(sys.Ino), st.Size(), st.ModTime().UnixNano()}, true
}
