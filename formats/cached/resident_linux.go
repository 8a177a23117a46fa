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
// that it does not hold, and returns how much that is. told is false if the file system
// (tmpfs, overlayfs, those of networks) does not say what it holds.
func resident(f *os.File, p []byte, off int64) (n int, told bool) {
	if off < 0 { // -1 would be where f stands
		return 0, true
	}
	fd := f.Fd()
	for n < len(p) {
		part := p[n:min(n+piece, len(p))]
		v := syscall.Iovec{Base: &part[0]}
		v.SetLen(len(part))
		at := off + int64(n)
		m, _, err := syscall.RawSyscall6(unix.SYS_PREADV2, fd, uintptr(unsafe.Pointer(&v)), 1, uintptr(at), uintptr(at>>32), unix.RWF_NOWAIT)
		runtime.KeepAlive(f)
		if err != 0 {
			return n, err == syscall.EAGAIN
		}
		if n += int(m); int(m) < len(part) { // at the end, or the rest is not there
			break
		}
	}
	return n, true
}
