// Package cached reads files that the system has in memory already, as it has those that
// are swept again and those that were just copied here.
package cached

import "os"

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
func ReadAt(f *os.File, p []byte, off int64) (n int, err error) {
	n, told := resident(f, p, off)
	size := short
	if told {
		size = len(p)
	}
	for err == nil && n < len(p) {
		var m int
		m, err = f.ReadAt(p[n:min(n+size, len(p))], off+int64(n))
		n += m
	}
	return n, err
}

// short is how much is copied well within 20 µs, in bytes.
const short = 32 << 10
