//go:build !race

package scanner

const raced = false
