package mem

import (
	"os"
	"syscall"
	"unsafe"
)

// populateWrite is MADV_POPULATE_WRITE, of Linux 5.14.
const populateWrite = 23

// hugePage is the size of memory of which the system may make one page.
const hugePage = 2 << 20

func back[T any](words []T) {
	var word T
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*int(unsafe.Sizeof(word)))
	if whole := within(raw, hugePage); len(whole) > 0 {
		_ = syscall.Madvise(whole, syscall.MADV_HUGEPAGE)
	}
	if whole := within(raw, os.Getpagesize()); len(whole) >= few {
		_ = syscall.Madvise(whole, populateWrite)
	}
}

// few bytes are not worth asking for.
const few = 32 << 10

// within cuts memory to whole pages of a size.
func within(raw []byte, size int) []byte {
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(raw))) & uintptr(size-1))
	if skip >= len(raw) {
		return nil
	}
	raw = raw[skip:]
	return raw[:len(raw)&^(size-1)]
}
