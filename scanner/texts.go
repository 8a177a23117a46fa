package scanner

import "strings"

// texts makes strings of bytes, many to a piece of memory. A string keeps its
// whole piece alive: what outlives the row in hand must be cloned.
type texts struct{ piece strings.Builder }

const pieceSize = 32 << 10

func (t *texts) add(b []byte) string {
	if t.piece.Cap()-t.piece.Len() < len(b) {
		t.piece = strings.Builder{} // the old piece belongs to its strings
		t.piece.Grow(max(pieceSize, len(b)))
	}
	from := t.piece.Len()
	t.piece.Write(b)
	return t.piece.String()[from:]
}
