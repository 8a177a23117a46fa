//go:build race

package formats

// Under the race detector pools drop what they are given at random.
const raced = true
