// Package mem makes memory that is written soon after.
package mem

// Make makes a slice of n zeros, all of which are about to be written. It has the
// system provide the memory at once, and in large pages if it is much. Provided page by
// page, as each is first touched, memory takes several times as long, and on a virtual
// machine longer than most work that is done with it. On systems other than Linux it is
// a plain make.
func Make[T any](n int) []T {
	s := make([]T, n)
	back(s)
	return s
}

// Grow returns s with room for n more elements. If there is none it doubles the
// capacity: what scans keep reaches its size within a few blocks, and all memory on the
// way there is made for nothing.
func Grow[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	return append(Make[T](max(2*cap(s), len(s)+n))[:0], s...)
}
