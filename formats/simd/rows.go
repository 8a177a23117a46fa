package simd

import (
	"math/bits"
	"unsafe"
)

// A Row is a record of delimited text: where it starts, and its line break.
type Row struct{ Start, End uint32 }

// Stops says which separators of a record are wanted. It is for one goroutine.
type Stops struct {
	ords   []int    // their numbers, then none
	width  int      // cells of a record
	places []uint16 // of the separators of the record at hand
}

// none stands behind the last of Stops.ords, and is larger than any of them.
const none = int(^uint(0) >> 1)

// maxPlaces is the number of bytes that Stops.places can tell apart.
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
// takes those that start before end and have width cells: it fills rows, and sets
// bounds[k*stride+i] to the place of the wanted separator k in rows[i]. It stops at a
// record that has another number of cells or is empty, whose line break is not in nls,
// that a kernel cannot take, or for which there is no room in rows or bounds. It returns
// the number of records taken and where the next one starts.
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

// Cells finds the cells of one column that are neither empty nor null. It leaves them
// in cells, and the numbers of their rows in holders, and returns how many there are and
// whether one of them begins with a quote. A cell starts behind its row's place in
// starts, or at the start of the row if starts is nil. It ends at the row's place in
// ends, or at the end of the row if that comes first. Rows stand in the order of data.
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

// cellsGo is Cells for rows whose numbers begin at number.
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
