package formats

// textPiece is about how much of a piecewise text is made at a time, in bytes.
const textPiece = 64 << 10

// A piecewise text is made of something else while it is read.
type piecewise struct {
	out, text []byte // text is what of out has not been read
	err       error  // what follows out
}

// read is the Read of a text to which each step appends in out, until one returns an error.
func (w *piecewise) read(p []byte, step func() error) (int, error) {
	for len(w.text) == 0 {
		if w.err != nil {
			return 0, w.err
		}
		if len(p) == 0 {
			return 0, nil
		}
		if cap(w.out) > 1<<20 {
			w.out = nil // room that one large record has asked for
		}
		w.out = w.out[:0]
		for w.err == nil && len(w.out) < textPiece {
			w.err = step()
		}
		w.text = w.out
	}
	n := copy(p, w.text)
	w.text = w.text[n:]
	return n, nil
}
