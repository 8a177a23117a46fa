//go:build amd64 && !purego

package simd

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

var best = func() Level {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT:
		return AVX512
	case cpu.X86.HasAVX2 && cpu.X86.HasBMI1:
		return AVX2
	}
	return Go
}()

func csv(data []byte, n int, sep byte, seps, nls, quotes []uint64) {
	switch level {
	case AVX512:
		csvAVX512(&data[0], n, sep, &seps[0], &nls[0], &quotes[0])
	case AVX2:
		csvAVX2(&data[0], n, sep, &seps[0], &nls[0], &quotes[0])
	default:
		csvGo(data, sep, seps, nls, quotes)
	}
}

func json(data []byte, n int, escaped uint64, quotes, slashes, nls []uint64) uint64 {
	switch level {
	case AVX512:
		return jsonAVX512(&data[0], n, escaped, &quotes[0], &slashes[0], &nls[0])
	case AVX2:
		return jsonAVX2(&data[0], n, escaped, &quotes[0], &slashes[0], &nls[0])
	}
	return jsonGo(data, escaped, quotes, slashes, nls)
}

func hide(seps, nls, quotes []uint64, w, to int, state *Quoting) int {
	if level < AVX2 || !cpu.X86.HasPCLMULQDQ {
		return hideGo(seps, nls, quotes, w, to, state)
	}
	return hideCLMUL(&seps[0], &nls[0], &quotes[0], w, to, &state.In)
}

func takeRows(seps, nls []uint64, at, end int, ords []int, width int, rows []Row, bounds []uint32) (n, next int) {
	if level < AVX512 {
		return rowsGo(seps, nls, at, end, ords, width, rows, bounds)
	}
	var room uint32
	to := &room
	if len(bounds) > 0 {
		to = &bounds[0]
	}
	return rowsBMI2(&seps[0], &nls[0], len(seps), at, end, &ords[0], width, &rows[0].Start, len(rows), to)
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
	case AVX512:
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

// canPack says that the processor can drop bytes from a vector, and make room for
// others.
var canPack = cpu.X86.HasAVX512VBMI2 && cpu.X86.HasAVX512VL && cpu.X86.HasPCLMULQDQ

// packs says that the kernels which do so are in use.
func packs() bool { return level >= AVX512 && canPack }

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
