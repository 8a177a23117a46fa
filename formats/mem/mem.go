// Package mem makes memory that is written soon after.
package mem

// Make makes a slice of n zeros, all of which are about to be written. Its
// memory is asked for at once, and in large pages where there is much of it: to
// be given it page by page, when each is first touched, takes several times as
// long, and on a virtual machine longer than most of what is done with it. Where
// the system does not know how, it is a plain make.
func Make[T any](n int) []T {
	s := make([]T, n)
	back(s)
	return s
}

// Grow returns s with room for n more elements. Where it has none it doubles:
// what scans keep settles within a few blocks, and each step on the way there is
// memory for nothing.
func Grow[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	return append(Make[T](max(2*cap(s), len(s)+n))[:0], s...)
}
