//go:build !cgo

package main

import "errors"

// Without cgo there is no DuckDB, and the other peers can be had all the same.
func newDuck(threads int, addrs, names []string) (peer, error) {
	return nil, errors.New("built without cgo, which DuckDB needs")
}
