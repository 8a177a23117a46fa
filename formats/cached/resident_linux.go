package cached

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// piece is how much is copied in one call: a collection of garbage cannot begin before
// the call ends.
const piece = 1 << 20

// resident reads into p what the page cache holds of f from off on, up to the first byte
// that it does not hold, and returns how much that is. On file systems that cannot say
// what they hold it is nothing.
func resident(f *os.File, p []byte, off int64) (n int) {
	if off < 0 { // -1 would be where f stands
		return 0
	}
	fd := f.Fd()
	for n < len(p) {
		part := p[n:min(n+piece, len(p))]
		v := syscall.Iovec{Base: &part[0]}
		v.SetLen(len(part))
		at := off + int64(n)
		m, _, err := syscall.RawSyscall6(unix.SYS_PREADV2, fd, uintptr(unsafe.Pointer(&v)), 1, uintptr(at), uintptr(at>>32), unix.RWF_NOWAIT)
		if err != 0 {
			break
		}
		if n += int(m); int(m) < len(part) {
			break
		}
	}
	runtime.KeepAlive(f)
	return n
}
