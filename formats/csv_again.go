package formats

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// startsName are the bytes with which a column's name may begin, or a quote.
var startsName = func() (t [256]bool) {
	for i := range t {
		c := byte(i)
		t[i] = c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' || c == '@' || c == '"' || c >= 0x80
	}
	return t
}()

// headersAgain finds the rows that are headers, as where exports were put one behind the
// other. A header like the file's own is no record. Rows behind a header with other
// columns are still read by the file's own, and that is reported.
func (r *csvReader) headersAgain() {
	r.headers = r.headers[:0]
	rejects := len(r.rejects)
	for i, w := range r.rows {
		if !startsName[r.buf[w.Start]] {
			continue
		}
		switch other, same := r.headerIn(w); {
		case same:
			r.headers = append(r.headers, i)
		case other:
			raw := r.buf[w.Start:min(w.End, w.Start+maxRaw)]
			r.rejects = append(r.rejects, Reject{Pos: r.pos(i, int(w.Start)), Err: ErrOtherHeader, Raw: bytes.Clone(raw), Matched: true})
		}
	}
	if rejects < len(r.rejects) { // in the order of the file, wherever blocks end
		slices.SortStableFunc(r.rejects, func(a, b Reject) int { return cmp.Compare(a.Pos.Offset, b.Pos.Offset) })
	}
	if len(r.headers) > 0 {
		r.oneLine = false // their lines are there
		r.dropRows(r.headers)
		r.s.headers.Add(int64(len(r.headers)))
	}
}

// dropRows takes the rows with these numbers, ascending, out of the block, with the
// warnings about them. Later rows and rejects get the numbers that they have without.
func (r *csvReader) dropRows(rows []int) {
	to := rows[0]
	for k, row := range rows {
		end := len(r.rows)
		if k+1 < len(rows) {
			end = rows[k+1]
		}
		for stop := range r.stops.ords {
			at := r.places.of(stop)
			copy(at[to:], at[row+1:end])
		}
		to += copy(r.rows[to:], r.rows[row+1:end])
	}
	r.rows = r.rows[:to]
	kept := r.rejects[:0]
	for _, bad := range r.rejects {
		before, dropped := slices.BinarySearch(rows, int(bad.Pos.Record))
		if !(dropped && bad.Matched) {
			bad.Pos.Record -= int64(before)
			kept = append(kept, bad)
		}
	}
	r.rejects = kept
}

// headerIn reports whether a row is a header: all its cells are names of columns, or
// empty, and two of them are names of the file's columns, or one that names a time. It
// is the same header as the file's if every name stands where it does there, else
// another one.
func (r *csvReader) headerIn(w simd.Row) (other, same bool) {
	if first, _ := r.nameIn(w, w.Start); first != "" && first == string(r.noName) {
		return false, false // many rows begin alike
	}
	n := 0
	for from := w.Start; ; n++ {
		name, to := r.nameIn(w, from)
		if name != "" && !(startsName[name[0]] && isColumnName(name)) {
			if n == 0 {
				r.noName = append(r.noName[:0], name...)
			}
			return false, false
		}
		if from = to + 1; to >= w.End {
			break
		}
	}
	columns := r.s.part.Columns
	if len(columns) == n+2 && columns[0] == "" {
		columns = columns[1:] // the numbers of rows, which no header names
	}
	known := 0
	same = n+1 == len(columns)
	for from, i := w.Start, 0; i <= n; i++ {
		name, to := r.nameIn(w, from)
		same = same && strings.EqualFold(name, columns[i])
		bare := BareName(name)
		for _, c := range columns {
			if own := BareName(c); own != "" && strings.EqualFold(own, bare) {
				if known++; strings.Contains(strings.ToLower(own), "time") {
					known++
				}
				break
			}
		}
		from = to + 1
	}
	header := n > 0 && known > 1
	return header && !same, header && same
}

// againNote says that n lines are not counted, because they repeat the header.
func againNote(n int64) string {
	if n == 1 {
		return "its header stands among its records again: that line is not counted"
	}
	return fmt.Sprintf("its header stands among its records again: those %d lines are not counted", n)
}

// nameIn returns the cell of a row that begins at from, without quotes, blanks and byte
// order mark, and where the cell ends. name lives as long as the block.
func (r *csvReader) nameIn(w simd.Row, from uint32) (name string, to uint32) {
	to = r.nextSep(from, w.End)
	cell := bytes.TrimSpace(bytes.TrimPrefix(r.buf[from:to], []byte(utf8BOM)))
	if n := len(cell); n > 1 && cell[0] == '"' && cell[n-1] == '"' {
		cell = cell[1 : n-1]
	}
	return unsafe.String(unsafe.SliceData(cell), len(cell)), to
}
