package ioc

import (
	"os"
	"syscall"
	"unsafe"
)

// populateWrite is MADV_POPULATE_WRITE, of Linux 5.14.
const populateWrite = 23

// hugePage is the size of memory of which the system may make one page.
const hugePage = 2 << 20

// back asks the system for all the memory behind words that are about to be
// written, and for large pages where there are many words: to be given it page
// by page, when each is first touched, takes several times as long, and on a
// virtual machine longer than all else that is done with it. Where the system
// does not know how, it goes on as ever.
func back[T any](words []T) []T {
	var word T
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*int(unsafe.Sizeof(word)))
	if whole := within(raw, hugePage); len(whole) > 0 {
		_ = syscall.Madvise(whole, syscall.MADV_HUGEPAGE)
	}
	if whole := within(raw, os.Getpagesize()); len(whole) > 0 {
		_ = syscall.Madvise(whole, populateWrite)
	}
	return words
}

// within cuts memory to whole pages of a size.
func within(raw []byte, size int) []byte {
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(raw))) & uintptr(size-1))
	if skip >= len(raw) {
		return nil
	}
	raw = raw[skip:]
	return raw[:len(raw)&^(size-1)]
}
