//go:build unix

package formats

import (
	"io/fs"
	"os"
	"syscall"
)

// idOf returns what tells a file from all others, false where nothing does.
func idOf(_ *os.File, st fs.FileInfo) (fileID, bool) {
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok || sys.Ino == 0 {
		return fileID{}, false
	}
	return fileID{uint64(sys.Dev), uint64(sys.Ino), st.Size(), st.ModTime().UnixNano()}, true
}
