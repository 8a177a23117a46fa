//go:build linux || darwin

package simd

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"unsafe"
)

// edge returns a copy of s behind which lies memory that can be neither read nor written.
func edge[T any](t *testing.T, s []T) []T {
	t.Helper()
	size, page := len(s)*int(unsafe.Sizeof(*new(T))), os.Getpagesize()
	whole := (size + page - 1) &^ (page - 1)
	b, err := syscall.Mmap(-1, 0, whole+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(b) })
	if err := syscall.Mprotect(b[whole:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	out := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b[whole-size:]))), len(s))
	copy(out, s)
	return out
}

// TestEdge runs every level where what is given to it, and what it fills, ends at
// memory that is not there.
func TestEdge(t *testing.T) {
	all := []string{`,`, `,,,`, `"",`, `"a,b",`, `null,`, `10.0.0.1,`, `"x""y",`, "\n", "\r\n", "\"z\"\r\n", "\"a\nb\",", `"`, `\"`, `\\`, `{"a":"x"`, `,"b":12`}
	for seed := range uint64(80) {
		parts := all
		if seed%2 == 0 {
			parts = all[:10] // well-formed, and no line break in quotes
		}
		r := rand.New(rand.NewPCG(seed, 8))
		var data []byte
		for size := r.IntN(1500); len(data) < size; {
			data = append(data, parts[r.IntN(len(parts))]...)
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			want := runAt(t, data, seed, Go)
			eachLevel(func(l Level) {
				for i, got := range runAt(t, data, seed, l) {
					if !reflect.DeepEqual(got, want[i]) {
						t.Fatalf("%v: result %d is %v, want %v, of %q", l, i, got, want[i], data)
					}
				}
			})
		})
	}
}

// Places beyond 2 GiB, which a gather would take for negative ones, are left to plain Go.
func TestCellsFar(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if strconv.IntSize == 32 {
		t.Skip("there are no such places")
	}
	far := uint32(1 << 31)
	data, err := syscall.Mmap(-1, 0, int(far)+1000, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err) // a machine may not have so much to give
	}
	defer syscall.Munmap(data)
	rows, ends := make([]Row, 32), make([]uint32, 32)
	for i := range rows {
		rows[i] = Row{far + 10*uint32(i), far + 10*uint32(i) + 5}
		ends[i] = rows[i].End
	}
	eachLevel(func(l Level) {
		cells := make([]Span, len(rows))
		n, _ := Cells(data, rows, nil, ends, cells, make([]uint32, len(rows)))
		if n != len(rows) || cells[31] != (Span{rows[31].Start, 5}) {
			t.Errorf("%v: %d cells, the last at %v", l, n, cells[31])
		}
	})
}

// runAt returns what everything in this package gives for some text, at a level.
func runAt(t *testing.T, text []byte, seed uint64, l Level) (got []any) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	before := Use(l)
	defer Use(before)
	r := rand.New(rand.NewPCG(seed, 9))
	data := edge(t, padded(text))
	n := len(data) / 64
	words := func(more int) []uint64 { return edge(t, make([]uint64, n+more)) }

	quotes, slashes, lines := words(0), words(0), words(0)
	escaped := JSON(data, 0, quotes, slashes, lines)
	got = append(got, quotes, slashes, lines, escaped)
	seps, nls, crs := words(1), words(1), words(1)
	marks := words(1)
	CSV(data, ',', seps[:n], nls[:n], marks[:n], crs[:n])
	var q Quoting
	hidden := Hide(seps, nls, marks, crs, 0, n, &q)
	got = append(got, seps, nls, marks, crs, hidden, q)
	seps, nls = edge(t, seps[:n]), edge(t, nls[:n])
	for width := range 5 {
		s := NewStops([]int{1, 2, 4}[:r.IntN(4)], width)
		s.ords, s.places = edge(t, s.ords), edge(t, s.places)
		most, stops := r.IntN(5), len(s.ords)-1
		rows, bounds := edge(t, make([]Row, most+r.IntN(2))), edge(t, make([]uint32, most*stops))
		for at := 0; at < len(data); {
			taken, next := s.Rows(seps, nls, at, len(data), rows, bounds, most)
			for k := range min(stops, most*stops) {
				got = append(got, slices.Clone(bounds[k*most:][:taken]))
			}
			got = append(got, slices.Clone(rows[:taken]), next)
			if at = Next(nls, next, len(data)) + 1; at == 0 {
				break
			}
		}
	}
	return append(got, runCells(t, text, r)...)
}

// runCells is runAt for what goes by the places of cells, and for texts.
func runCells(t *testing.T, text []byte, r *rand.Rand) (got []any) {
	var rows []Row
	var starts, ends []uint32
	var spans []Span
	for at := 0; at < len(text); {
		end := min(at+r.IntN(20), len(text))
		rows = append(rows, Row{uint32(at), uint32(end)})
		from := at + r.IntN(end-at+1)
		starts, ends = append(starts, uint32(from)), append(ends, uint32(from+r.IntN(9)))
		spans = append(spans, Span{uint32(at), uint32(end - at)})
		at = end
	}
	if odd := len(rows) % 16; r.IntN(2) == 0 { // else kernels never take the last ones
		rows, starts, ends, spans = rows[odd:], starts[odd:], ends[odd:], spans[odd:]
	}
	text, rows, starts, ends, spans = edge(t, text), edge(t, rows), edge(t, starts), edge(t, ends), edge(t, spans)
	for _, from := range [][]uint32{nil, starts} {
		cells, holders := edge(t, make([]Span, len(rows))), edge(t, make([]uint32, len(rows)))
		n, quoted := Cells(text, rows, from, ends, cells, holders)
		got = append(got, cells[:n], holders[:n], quoted)
	}
	quads := Quads{Either: new(Halves), Wide: new(Halves), Filter: edge(t, make([]uint64, 16)), Shift: 28}
	kept := edge(t, make([]uint32, len(spans)))
	got = append(got, kept[:quads.Screen(text, spans, r.IntN(2) == 0, kept)])

	for _, write := range []func(dst, src []byte) (int, bool){Undouble, Unescape} {
		src := text[len(text)-min(len(text), r.IntN(200)):]
		dst := edge(t, make([]byte, len(src)+Slack))
		if n, ok := write(dst, src); ok {
			got = append(got, dst[:n])
		}
	}
	// Fields is run for what it reads and writes alone: some levels leave all to others.
	words := unsafe.String(unsafe.SliceData(text), len(text))
	Fields(edge(t, make([]byte, r.IntN(2000))), edge(t, []Field{{words[len(words)/2:], 0}, {words, 1}}), edge(t, []string{words, words[len(words)/3:]}))
	if len(text) >= LiteralLen {
		var l Literals
		for place, b := range text[:LiteralLen] {
			l.Add(0, place, b&0x7f)
		}
		marks := edge(t, make([]uint64, (len(text)-LiteralLen+1)/64))
		l.Mark(text[len(text)-64*len(marks)-LiteralLen+1:], marks)
		got = append(got, marks)
	}
	return append(got, runMembers(t, text)...)
}

// runMembers is runAt for members of JSON, from the first brace on.
func runMembers(t *testing.T, text []byte) []any {
	data := padded(text)
	quotes := edge(t, make([]uint64, len(data)/64+3))
	JSON(data, 0, quotes[:len(data)/64], make([]uint64, len(data)/64), make([]uint64, len(data)/64))
	keys := edge(t, []Key{NewKey(0, 1), NewKey(1, 0)})
	keys[0].Stick(`"b":`)
	keys[1].Stick(`"a":`)
	vals := edge(t, make([]Value, 2))
	var got []any
	for at, b := range text {
		if b == '{' {
			next, last := Members(text, quotes, at, len(text), keys, 0, vals)
			got = append(got, next, last, vals[0], vals[1])
		}
	}
	return got
}
