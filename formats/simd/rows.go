package simd

import (
	"math/bits"
	"unsafe"
)

// A Row is a record of delimited text: where it starts, and its line break.
type Row struct{ Start, End uint32 }

// Stops are the separators of a record that are wanted. It is for one goroutine.
type Stops struct {
	ords   []int // their numbers, and none
	width  int
	places []uint16 // of the separators of the record in hand
}

// none stands behind the last number, and is larger than all.
const none = int(^uint(0) >> 1)

// maxPlaces is how many bytes of a record the places of its separators reach.
const maxPlaces = 1 << 16

// NewStops wants the separators whose numbers in a record, from 1, stand in ords,
// ascending. A record has width cells: separator width is the line break.
func NewStops(ords []int, width int) *Stops {
	s := &Stops{width: width, ords: make([]int, 0, len(ords)+1)}
	for _, o := range ords {
		if o <= width {
			s.ords = append(s.ords, o)
		}
	}
	s.ords = append(s.ords, none)
	if width >= 0 && width <= maxPlaces {
		s.places = make([]uint16, width+64) // a word's are written as 64, however many it has
	}
	return s
}

// Rows goes through records by their separators and line breaks, as CSV has
// found them, with those inside quotes taken out. From the record at at on, it
// takes those that start before end and have as many cells as they should: it fills
// rows, and sets bounds[k*stride+i] to the place of the wanted separator k in rows[i].
// It stops at a record that has another number of cells or none, whose line break is
// not in nls, that takes a look at each of its cells, or for which there is no room
// in rows or bounds, and returns the number of records and where that one starts.
func (s *Stops) Rows(seps, nls []uint64, at, end int, rows []Row, bounds []uint32, stride int) (n, next int) {
	most := len(rows)
	if stops := len(s.ords) - 1; stops > 0 {
		most = min(most, stride, len(bounds)-(stops-1)*stride)
	}
	if most <= 0 || len(seps) == 0 || at < 0 {
		return 0, at
	}
	return takeRows(s, seps, nls[:len(seps)], at, end, rows[:most], bounds, stride)
}

func rowsGo(s *Stops, seps, nls []uint64, at, end int, rows []Row, bounds []uint32, stride int) (n, next int) {
	for n < len(rows) && at < end {
		w := at >> 6
		if w >= len(seps) {
			break
		}
		from := ^uint64(0) << uint(at&63)
		x, l := seps[w]&from, nls[w]&from
		seen, k, to := 0, 0, n
		for {
			if l != 0 {
				x &= l&-l - 1
			}
			total := seen + bits.OnesCount64(x)
			for done := seen; s.ords[k] <= total; k++ {
				for ; done+1 < s.ords[k]; done++ {
					x &= x - 1
				}
				bounds[to] = uint32(w<<6 + bits.TrailingZeros64(x))
				to += stride
			}
			seen = total
			if l != 0 {
				break
			}
			if w++; w >= len(seps) {
				return n, at
			}
			x, l = seps[w], nls[w]
		}
		nl := w<<6 + bits.TrailingZeros64(l)
		if seen+1 != s.width || nl == at {
			break
		}
		if s.ords[k] == s.width {
			bounds[to] = uint32(nl)
		}
		rows[n] = Row{uint32(at), uint32(nl)}
		n++
		at = nl + 1
	}
	return n, at
}

// Cells finds the cells of one column that are neither empty nor null, and leaves
// them in cells, and in holders which of the rows they are of. A cell starts behind
// the place in starts, or where its row does if starts is nil, and ends at the one in
// ends or where its row does. Rows stand in the order of data. It returns how many there are, and whether one of them
// begins with a quote.
func Cells[C ~struct{ Off, Len uint32 }](data []byte, rows []Row, starts, ends []uint32, cells []C, holders []uint32) (n int, quoted bool) {
	if len(rows) == 0 {
		return 0, false
	}
	if starts != nil {
		starts = starts[:len(rows)]
	}
	cells = cells[:len(rows)]
	spans := unsafe.Slice((*Span)(unsafe.Pointer(&cells[0])), len(cells))
	return takeCells(data, rows, starts, ends[:len(rows)], spans, holders[:len(rows)])
}

// cellsGo is Cells for rows of which the first has a number.
func cellsGo(data []byte, rows []Row, number int, starts, ends []uint32, cells []Span, holders []uint32) (n int, quoted bool) {
	ends = ends[:len(rows)]
	for i, w := range rows {
		from, to := w.Start, min(ends[i], w.End)
		if starts != nil {
			from = starts[i] + 1
		}
		if from >= to {
			continue
		}
		switch data[from] {
		case '"':
			quoted = true
		case 'n':
			if to-from == 4 && string(data[from:to]) == "null" {
				continue
			}
		}
		cells[n], holders[n] = Span{from, to - from}, uint32(number+i)
		n++
	}
	return n, quoted
}
