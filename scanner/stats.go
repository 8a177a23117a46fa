package scanner

import "sync/atomic"

// Stats counts while a scan runs. Its fields may be read at any time.
type Stats struct {
	Bytes   atomic.Int64 // read so far, on disk
	Records atomic.Int64
	Hits    atomic.Int64
	Files   atomic.Int64 // inputs that are done
	Current atomic.Pointer[string]
}
