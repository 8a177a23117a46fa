package table

import "unsafe"

// memory is what a Row that is used again keeps from record to record.
type memory struct {
	answers [128]answer // by a hash of part and text
	spare   answer      // for texts that are not remembered
	text    []byte      // texts that were made for answers; they live until the next record
}

// An answer is what one part of a definition makes of one text. Actions,
// protocols and codes are the same few in millions of rows.
type answer struct {
	of   unsafe.Pointer // the part
	n    uint8          // bytes of text
	text [maxRemembered]byte
	word string // the answer, as a word that is no piece of a cell,
	said uint8  // or as a number
}

// maxKept is how many bytes for texts are kept for the next record.
const maxKept = 64 << 10

// maxRemembered is the longest text whose answer is remembered, in bytes.
const maxRemembered = 46

// recall returns the answer that a part of a definition had for a text. If known is
// false there was none, and the caller sets it in a. a is nil for a Row that is used
// once.
func (r *Row) recall(of unsafe.Pointer, text string) (a *answer, known bool) {
	m := r.memory
	if m == nil {
		return nil, false
	}
	if len(text) == 0 || len(text) > maxRemembered {
		return &m.spare, false
	}
	n := len(text)
	h := uint64(n)<<48 | uint64(text[0])<<32 | uint64(text[n/2])<<16 | uint64(text[n-1])
	h = (h ^ uint64(uintptr(of))) * 0x9e3779b97f4a7c15
	a = &m.answers[h>>56%uint64(len(m.answers))]
	if a.of == of && string(a.text[:a.n]) == text {
		return a, true
	}
	a.of, a.n = of, uint8(copy(a.text[:], text))
	return a, false
}

// keep makes a string of b, which lives as long as the record's cells.
func (r *Row) keep(b []byte) string {
	m := r.memory
	if m == nil {
		return string(b)
	}
	from := len(m.text)
	m.text = append(m.text, b...)
	return unsafe.String(unsafe.SliceData(m.text[from:]), len(b))
}

// join is a + sep + b, as keep makes it.
func (r *Row) join(a, sep, b string) string {
	m := r.memory
	if m == nil {
		return a + sep + b
	}
	from := len(m.text)
	m.text = append(append(append(m.text, a...), sep...), b...)
	return unsafe.String(unsafe.SliceData(m.text[from:]), len(m.text)-from)
}

// bytesOf returns the bytes of a text, which must only be read.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
