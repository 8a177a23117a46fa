package mem

import (
	"sync"
	"unsafe"
)

// A Slab makes slices that live equally long, as Make does, but many out of one piece of
// memory, since small slices cannot be backed by large pages. A piece is as large as
// half of all pieces before, so that little is wasted if there are few slices, and at
// most 16 MB. Any number of goroutines may use it at once. The zero Slab is ready.
type Slab[T any] struct {
	mu   sync.Mutex
	rest []T
	made int // elements of all pieces
}

// maxPiece is the size of a piece, in bytes.
const maxPiece = 16 << 20

// Make makes a slice of n zeros, with no room behind them.
func (s *Slab[T]) Make(n int) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > len(s.rest) {
		var word T
		piece := max(n, min(s.made/2, maxPiece/int(unsafe.Sizeof(word))))
		s.rest = Make[T](piece)
		s.made += piece
	}
	made := s.rest[:n:n]
	s.rest = s.rest[n:]
	return made
}
