// Package cached reads files that the system has in memory already, as it has those that
// are swept again and those that were just copied here.
package cached

import (
	"io"
	"os"
	"time"
)

// ReadAt is f.ReadAt, and takes less of the machine where the bytes are in the page cache.
//
// While a goroutine is in a system call for more than 20 µs, the runtime gives its
// processor away and wakes a thread to use it. Copying a mebibyte takes ten times as
// long, so that happens with every read of a sweep; where each core has a worker, the
// thread finds nothing to do and keeps a worker from its core meanwhile. On two cores
// that is a seventh of the time for CSV. So what is in the cache is asked for in a call
// that cannot wait for a disk and that the runtime is not told of, and the rest in the
// usual way. Where the system does not say what it has, pieces are read that are copied
// in less than those 20 µs. No one must close f at the same time.
func ReadAt(f *os.File, p []byte, off int64) (int, error) {
	n, told := resident(f, p, off)
	size := short
	if told {
		size = len(p)
	}
	m, err := inPieces(f, p[n:], off+int64(n), size)
	return n + m, err
}

const (
	short = 32 << 10              // bytes that are copied well within 20 µs
	slow  = 50 * time.Microsecond // what they take that come from elsewhere, at least
)

// inPieces reads pieces of a size until one is slow, as from a shared folder, which asks
// somewhere for each: then all the rest at once.
func inPieces(f io.ReaderAt, p []byte, off int64, size int) (n int, err error) {
	for err == nil && n < len(p) {
		var m int
		start := time.Now()
		m, err = f.ReadAt(p[n:min(n+size, len(p))], off+int64(n))
		if n += m; time.Since(start) > slow {
			size = len(p)
		}
	}
	return n, err
}
