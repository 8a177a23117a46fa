//go:build arm64 && !purego

package simd

// levels are those of this processor, slowest first. Every arm64 has NEON.
var levels = []Level{Go, NEON}

// csvNEON is csv for n words.
//
//go:noescape
func csvNEON(data *byte, n int, sep byte, seps, nls, quotes, crs *uint64)

// jsonNEON is json for n words, with quotes that are escaped as well.
//
//go:noescape
func jsonNEON(data *byte, n int, quotes, slashes, nls *uint64)

// literalsNEON is markLiterals for so many words.
//
//go:noescape
func literalsNEON(data *byte, words int, halves *uint8, marks *uint64)

func csv(data []byte, n int, sep byte, seps, nls, quotes, crs []uint64) {
	if level < NEON {
		csvGo(data, sep, seps, nls, quotes, crs)
		return
	}
	csvNEON(&data[0], n, sep, &seps[0], &nls[0], &quotes[0], &crs[0])
}

func json(data []byte, n int, escaped uint64, quotes, slashes, nls []uint64) uint64 {
	if level < NEON {
		return jsonGo(data, escaped, quotes, slashes, nls)
	}
	jsonNEON(&data[0], n, &quotes[0], &slashes[0], &nls[0])
	for w, b := range slashes[:n] {
		if b|escaped != 0 {
			var e uint64
			e, escaped = escapes(b, escaped)
			quotes[w] &^= e
		}
	}
	return escaped
}

func markLiterals(data []byte, l *Literals, marks []uint64) {
	if level < NEON {
		markLiteralsGo(data, l, marks)
		return
	}
	literalsNEON(&data[0], len(marks), &l.lower[0][0], &marks[0])
}
