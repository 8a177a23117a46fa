//go:build !amd64 || purego

package simd

// Here are the functions for which only amd64 has kernels.

func hide(seps, nls, quotes, crs []uint64, w, to int, state *Quoting) int {
	return hideGo(seps, nls, quotes, crs, w, to, state)
}

func takeRows(s *Stops, seps, nls []uint64, at, end int, rows []Row, bounds []uint32, stride int) (n, next int) {
	return rowsGo(s, seps, nls, at, end, rows, bounds, stride)
}

func takeCells(data []byte, rows []Row, starts, ends []uint32, cells []Span, holders []uint32) (n int, quoted bool) {
	return cellsGo(data, rows, 0, starts, ends, cells, holders)
}

func members(b []byte, quotes []uint64, p, end int, keys []Key, prev int32, vals []Value) (next int, last int32) {
	return membersGo(b, quotes, p, end, keys, prev, vals)
}

func screenQuads(s *Quads, data []byte, cells []Span, list bool, dst []uint32) int {
	return screenQuadsGo(s, data, cells, list, dst)
}

func packs() bool { return false }

func undouble(dst, src []byte) (n int, ok bool) { return undoubleGo(dst, src) }

func unescape(dst, src []byte) (n int, ok bool) { return unescapeGo(dst, src) }

func writeFields([]byte, []Field, []string) (n, done int) { return 0, 0 }
