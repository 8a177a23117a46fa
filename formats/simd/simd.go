// Package simd finds the bytes that give text its structure, 64 at a time: bit
// i of word w says that byte 64*w+i is one. It uses AVX-512 or AVX2 where the
// processor has them; plain Go gives the same words everywhere else, and with
// the build tag purego.
package simd

//go:generate go run -modfile=../../.ci/tools.mod gen.go -out kernels_amd64.s -stubs kernels_amd64.go -pkg simd

// A Level is a way to find them.
type Level uint8

// The levels, slowest first.
const (
	Go Level = iota
	AVX2
	AVX512
)

// String is the level's name.
func (l Level) String() string { return [...]string{"go", "avx2", "avx512"}[l] }

// level is the one in use.
var level = best

// Best is the fastest level of this processor.
func Best() Level { return best }

// Use makes all calls that follow use a level, at most Best, and returns the
// one before. It is for tests and benchmarks, and not to be called while other
// goroutines use the package.
func Use(l Level) (before Level) {
	before, level = level, min(l, best)
	return before
}

// CSV finds separators, line breaks and quotes: seps, nls and quotes have a
// word for each 64 bytes of data, whose length is a multiple of 64.
func CSV(data []byte, sep byte, seps, nls, quotes []uint64) {
	n := len(seps)
	if n == 0 {
		return
	}
	_, _, _ = data[64*n-1], nls[n-1], quotes[n-1]
	csv(data, n, sep, seps, nls, quotes)
}

// JSON finds line breaks, and quotes that no backslash escapes. escaped is 1
// if one before data escapes its first byte, and the result the same for the
// byte behind data. Lengths are as in CSV.
func JSON(data []byte, escaped uint64, quotes, nls []uint64) uint64 {
	n := len(quotes)
	if n == 0 {
		return escaped
	}
	_, _ = data[64*n-1], nls[n-1]
	return json(data, n, escaped&1, quotes, nls)
}
