//go:build race

package ioc

// The race detector makes sync.Pool forget at random, to find races.
const poolForgets = true
