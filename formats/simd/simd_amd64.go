//go:build amd64 && !purego

package simd

import (
	"math"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// levels are those of this processor, slowest first.
var levels = func() []Level {
	all := []Level{Go, AVX2, AVX512, VBMI2}
	switch x := &cpu.X86; {
	case !x.HasAVX2 || !x.HasBMI1 || !x.HasPOPCNT:
		return all[:1]
	case !x.HasAVX512F || !x.HasAVX512BW || !x.HasBMI2:
		return all[:2]
	case !x.HasAVX512VBMI2 || !x.HasAVX512VL || !x.HasAVX512VPCLMULQDQ || !x.HasPCLMULQDQ:
		return all[:3]
	}
	return all
}()

func csv(data []byte, n int, sep byte, seps, nls, quotes, crs []uint64) {
	switch level {
	case AVX512, VBMI2:
		csvAVX512(&data[0], n, sep, &seps[0], &nls[0], &quotes[0], &crs[0])
	case AVX2:
		csvAVX2(&data[0], n, sep, &seps[0], &nls[0], &quotes[0], &crs[0])
	default:
		csvGo(data, sep, seps, nls, quotes, crs)
	}
}

func json(data []byte, n int, escaped uint64, quotes, slashes, nls []uint64) uint64 {
	switch level {
	case AVX512, VBMI2:
		return jsonAVX512(&data[0], n, escaped, &quotes[0], &slashes[0], &nls[0])
	case AVX2:
		return jsonAVX2(&data[0], n, escaped, &quotes[0], &slashes[0], &nls[0])
	}
	return jsonGo(data, escaped, quotes, slashes, nls)
}

func hide(seps, nls, quotes, crs []uint64, w, to int, state *Quoting) int {
	if level < AVX2 || !cpu.X86.HasPCLMULQDQ {
		return hideGo(seps, nls, quotes, crs, w, to, state)
	}
	for level >= VBMI2 {
		w = hideVPCLMUL(&seps[0], &nls[0], &quotes[0], &crs[0], w, to, &state.In)
		end := w + 8
		if end > to {
			break
		}
		if w = hideCLMUL(&seps[0], &nls[0], &quotes[0], &crs[0], w, end, &state.In); w < end {
			return w
		}
	}
	return hideCLMUL(&seps[0], &nls[0], &quotes[0], &crs[0], w, to, &state.In)
}

func takeRows(s *Stops, seps, nls []uint64, at, end int, rows []Row, bounds []uint32, stride int) (n, next int) {
	var none uint32
	to := &none
	if len(bounds) > 0 {
		to = &bounds[0]
	}
	switch {
	case level >= VBMI2 && len(s.places) > 0:
		return rowsVBMI2(&seps[0], &nls[0], len(seps), at, end, &s.ords[0], s.width, &rows[0].Start, len(rows), to, 4*stride, &s.places[0])
	case level >= AVX512:
		return rowsBMI2(&seps[0], &nls[0], len(seps), at, end, &s.ords[0], s.width, &rows[0].Start, len(rows), to, 4*stride)
	}
	return rowsGo(s, seps, nls, at, end, rows, bounds, stride)
}

func takeCells(data []byte, rows []Row, starts, ends []uint32, cells []Span, holders []uint32) (n int, quoted bool) {
	if level < AVX512 || len(data) > math.MaxInt32 {
		return cellsGo(data, rows, 0, starts, ends, cells, holders)
	}
	// The kernel takes 16 rows at once, and reads four bytes of a cell, at places that
	// are signed to it.
	lot := len(rows) / 16
	for lot > 0 && int(rows[16*lot-1].End)+3 > len(data) {
		lot--
	}
	if lot > 0 {
		var first uint64
		n, first = cellsAVX512(&data[0], &rows[0].Start, unsafe.SliceData(starts), &ends[0], lot, &cells[0].Off, &holders[0])
		quoted = first != 0
	}
	if lot *= 16; lot < len(rows) {
		if starts != nil {
			starts = starts[lot:]
		}
		more, first := cellsGo(data, rows[lot:], lot, starts, ends[lot:], cells[n:], holders[n:])
		n, quoted = n+more, quoted || first
	}
	return n, quoted
}

func members(b []byte, quotes []uint64, p, end int, keys []Key, prev int32, vals []Value) (next int, last int32) {
	if level < AVX2 || !cpu.X86.HasBMI2 {
		return membersGo(b, quotes, p, end, keys, prev, vals)
	}
	kernel := membersAVX2
	if level >= AVX512 {
		kernel = membersAVX512
	}
	next, at := kernel(&b[0], &quotes[0], p, end, &keys[0].glue[0], int(prev*keySize), &vals[0].Off)
	return next, int32(at) / keySize
}

func markLiterals(data []byte, l *Literals, marks []uint64) {
	switch level {
	case AVX512, VBMI2:
		literalsAVX512(&data[0], len(marks), &l.lower[0][0], &marks[0])
	case AVX2:
		literalsAVX2(&data[0], len(marks), &l.lower[0][0], &marks[0])
	default:
		markLiteralsGo(data, l, marks)
	}
}

func screenQuads(s *Quads, data []byte, cells []Span, list bool, dst []uint32) int {
	if level < AVX2 || !cpu.X86.HasBMI2 || len(data) == 0 {
		return screenQuadsGo(s, data, cells, list, dst)
	}
	return quadsAVX2((*byte)(unsafe.Pointer(s)), &data[0], len(data), &cells[0].Off, len(cells), list, &dst[0])
}

// packs reports whether the kernels that drop bytes from a vector, or make room for more,
// are in use.
func packs() bool { return level >= VBMI2 }

func undouble(dst, src []byte) (n int, ok bool) {
	if !packs() {
		return undoubleGo(dst, src)
	}
	n, bad := undoubleVBMI2(&dst[0], &src[0], len(src))
	return n, bad == 0
}

func unescape(dst, src []byte) (n int, ok bool) {
	if !packs() {
		return unescapeGo(dst, src)
	}
	n, bad := unescapeVBMI2(&dst[0], &src[0], len(src))
	return n, bad == 0
}

func writeFields(dst []byte, fields []Field, texts []string) (n, done int) {
	if !packs() {
		return 0, 0
	}
	return fieldsVBMI2(&dst[0], len(dst), (*byte)(unsafe.Pointer(&fields[0])), len(fields), unsafe.SliceData(texts), len(texts))
}
