//go:build (!amd64 && !arm64) || purego

package simd

// levels are those of this processor.
var levels = []Level{Go}

func csv(data []byte, _ int, sep byte, seps, nls, quotes, crs []uint64) {
	csvGo(data, sep, seps, nls, quotes, crs)
}

func json(data []byte, _ int, escaped uint64, quotes, slashes, nls []uint64) uint64 {
	return jsonGo(data, escaped, quotes, slashes, nls)
}

func markLiterals(data []byte, l *Literals, marks []uint64) { markLiteralsGo(data, l, marks) }
