package scanner

import (
	"unsafe"

	"github.com/iocsweep/iocsweep/formats/mem"
)

// texts makes strings of bytes, many to a piece of memory. A string keeps its
// whole piece alive: what outlives the row in hand must be cloned.
type texts struct{ piece []byte }

const pieceSize = 64 << 10

func (t *texts) add(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if cap(t.piece)-len(t.piece) < len(b) {
		t.piece = mem.Make[byte](max(pieceSize, len(b)))[:0] // the old piece belongs to its strings
	}
	from := len(t.piece)
	t.piece = append(t.piece, b...)
	return unsafe.String(&t.piece[from], len(b)) // nothing writes there again
}

// borrow makes a string of b without a copy. It changes when b is written again, as the
// cells of a row are once the next rows are read: what outlives the row has to be
// cloned. A map must not be assigned to under a borrowed key, even one that it has:
// assignment replaces the key.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// bytesOf lends the bytes of a text to who only reads them.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
