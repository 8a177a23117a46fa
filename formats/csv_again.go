package formats

import (
	"bytes"
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

// otherHeaders reports the rows that are headers of other columns than those of the
// file: exports that were put one behind the other. What follows them is read as if
// it had the file's columns. A header that is like the file's does no harm.
func (r *csvReader) otherHeaders() {
	for i, w := range r.rows {
		if startsName[r.buf[w.Start]] && r.isOtherHeader(w) {
			raw := r.buf[w.Start:min(w.End, w.Start+maxRaw)]
			r.rejects = append(r.rejects, Reject{Pos: r.pos(i, int(w.Start)), Err: ErrOtherHeader, Raw: bytes.Clone(raw), Matched: true})
		}
	}
}

// isOtherHeader says that all cells of a row are names of columns, or empty, and
// some are names of the file's, two or one of a time, but not all are where they are
// there.
func (r *csvReader) isOtherHeader(w simd.Row) bool {
	if first, _ := r.nameIn(w, w.Start); first != "" && first == string(r.noName) {
		return false // many rows begin alike
	}
	n := 0
	for from := w.Start; ; n++ {
		name, to := r.nameIn(w, from)
		if name != "" && !(startsName[name[0]] && isColumnName(name)) {
			if n == 0 {
				r.noName = append(r.noName[:0], name...)
			}
			return false
		}
		if from = to + 1; to >= w.End {
			break
		}
	}
	columns := r.s.part.Columns
	known, same := 0, n+1 == len(columns)
	for from, i := w.Start, 0; i <= n; i++ {
		name, to := r.nameIn(w, from)
		same = same && strings.EqualFold(name, columns[i])
		bare, _ := BareName(name)
		for _, c := range columns {
			if own, _ := BareName(c); own != "" && strings.EqualFold(own, bare) {
				if known++; strings.Contains(strings.ToLower(own), "time") {
					known++
				}
				break
			}
		}
		from = to + 1
	}
	return n > 0 && known > 1 && !same
}

// nameIn is the cell of a row that begins at from, without quotes, blanks and byte
// order mark, and where it ends. It lives as long as the block.
func (r *csvReader) nameIn(w simd.Row, from uint32) (name string, to uint32) {
	to = r.nextSep(from, w.End)
	cell := bytes.TrimSpace(bytes.TrimPrefix(r.buf[from:to], []byte(utf8BOM)))
	if n := len(cell); n > 1 && cell[0] == '"' && cell[n-1] == '"' {
		cell = cell[1 : n-1]
	}
	return unsafe.String(unsafe.SliceData(cell), len(cell)), to
}
