//go:build race

package scanner

// The race detector makes everything some ten times slower.
const raced = true
