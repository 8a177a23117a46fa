package mem

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// populateWrite is MADV_POPULATE_WRITE, of Linux 5.14.
const populateWrite = 23

// hugePage is the size of memory of which the system may make one page.
const hugePage = 2 << 20

// share is how much memory one goroutine asks for at a time.
const share = 8 << 20

func back[T any](words []T) {
	var word T
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*int(unsafe.Sizeof(word)))
	if whole := within(raw, hugePage); len(whole) > 0 {
		_ = syscall.Madvise(whole, syscall.MADV_HUGEPAGE)
	}
	whole := within(raw, os.Getpagesize())
	if len(whole) < few {
		return
	}
	if len(whole) <= share {
		_ = syscall.Madvise(whole, populateWrite)
		return
	}
	// The system clears what it gives: for hundreds of megabytes that takes
	// long enough to be shared out.
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(whole)/share) {
		wait.Go(func() {
			for at := int(next.Add(share)) - share; at < len(whole); at = int(next.Add(share)) - share {
				_ = syscall.Madvise(whole[at:min(at+share, len(whole))], populateWrite)
			}
		})
	}
	wait.Wait()
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
