package formats

import (
	"io/fs"
	"os"
	"syscall"
)

// idOf returns what tells a file from all others, false where nothing does: some
// file systems give all their files the same number.
func idOf(f *os.File, st fs.FileInfo) (fileID, bool) {
	var info syscall.ByHandleFileInformation
	if err := syscall.GetFileInformationByHandle(syscall.Handle(f.Fd()), &info); err != nil {
		return fileID{}, false
	}
	index := uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow)
	if index == 0 || index == 1<<64-1 {
		return fileID{}, false
	}
	return fileID{uint64(info.VolumeSerialNumber), index, st.Size(), st.ModTime().UnixNano()}, true
}
