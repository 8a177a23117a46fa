//go:build !race

package formats

const raced = false
