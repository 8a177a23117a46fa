package table

import "unsafe"

// memory is what a Row that is used again keeps from record to record.
type memory struct {
	answers [128]answer
	spare   answer // for texts that are not remembered
	text    []byte // of answers that are texts of their own; until the next record
}

// An answer is what one part of a definition makes of one text. Actions,
// protocols and codes are the same few in millions of rows.
type answer struct {
	of   unsafe.Pointer // the part
	n    uint8
	text [maxRemembered]byte
	word string // the answer, as a word that is nobody's cell,
	said uint8  // or as a number
}

// maxKept is how much memory for texts is kept for the next record.
const maxKept = 64 << 10

// maxRemembered is how long a text may be for its answer to be remembered.
const maxRemembered = 46

// recall returns the answer that a part of a definition had for a text.
// Where there is none, known is false and the caller puts it there. It gives nil
// for a Row that is used once.
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

// bytesOf lends the bytes of a text to who only reads them.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
