package scanner

import "sync"

// recent keeps the last few things of a kind that were made. Exports often come as many
// small files that are alike, and planning one took as long as all else, so they share
// what was made for the first.
type recent[T any] struct {
	mu   sync.Mutex
	made []T
	next int // to be replaced, of maxRecent
}

const maxRecent = 16

// find returns the one that fits, and whether there is one. Several inputs may look
// at the same time and find none: each then makes its own.
func (r *recent[T]) find(fits func(*T) bool) (one T, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.made {
		if fits(&r.made[i]) {
			return r.made[i], true
		}
	}
	return one, false
}

// keep adds one, in the place of the oldest where there are enough.
func (r *recent[T]) keep(one T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.made) < maxRecent {
		r.made = append(r.made, one)
		return
	}
	r.made[r.next%maxRecent] = one
	r.next++
}
