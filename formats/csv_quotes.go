package formats

import (
	"bytes"
	"math/bits"

	"github.com/iocsweep/iocsweep/formats/simd"
)

func lowest(x uint64) int { return bits.TrailingZeros64(x) }

// restart has quotes resolved from at on, where a record starts.
func (r *csvReader) restart(at int) {
	r.limit, r.lo = at/64, ^uint64(0)<<uint(at&63)
	r.in, r.skip, r.delim = false, false, true
	r.hidden, r.breaks = -1, 0
	for len(r.bare) > 0 && r.bare[len(r.bare)-1] >= at {
		r.bare = r.bare[:len(r.bare)-1]
	}
}

// resolve takes separators and line breaks inside quotes out of the words before
// word to. The bytes of well-formed words need no look: there the parity of the
// quotes says what is inside. In such a word each quote that opens follows a
// separator, line break or quote, and each that closes precedes one.
func (r *csvReader) resolve(to int) {
	for w := r.limit; w < to; w++ {
		if r.lo == ^uint64(0) {
			if w = r.wellFormed(w, to); w == to {
				break
			}
		}
		lo := r.lo
		r.lo = ^uint64(0)
		q := r.quotes[w] & lo
		d := r.seps[w] | r.nls[w]
		// Bytes that a quote may follow.
		prev := d << 1
		if lo != ^uint64(0) {
			prev |= lo & -lo // a record starts here
		} else if r.delim {
			prev |= 1
		}
		next := d>>1 | (r.seps[w+1]|r.nls[w+1])<<63
		nextq := r.quotes[w]>>1 | r.quotes[w+1]<<63
		inside, ok := r.byParity(w, q, prev, next, nextq)
		if !ok {
			inside = r.byQuote(w, q, prev, next)
		}
		if h := r.nls[w] & inside; h != 0 {
			r.hidden = w*64 + 63 - bits.LeadingZeros64(h)
			r.breaks += bits.OnesCount64(h)
		}
		r.seps[w] &^= inside
		r.nls[w] &^= inside
		r.delim = d>>63 != 0
	}
	r.limit = max(r.limit, to)
}

// wellFormed resolves the words from w on, up to one that is not well-formed. It
// returns that word, or to.
func (r *csvReader) wellFormed(w, to int) int {
	q := simd.Quoting{Hidden: r.hidden, Breaks: r.breaks}
	switch {
	case r.skip:
		q.Closed = 1 // taken for the end of a cell that opens again
	case r.in:
		q.In = ^uint64(0)
	}
	if r.delim {
		q.Delim = 1
	}
	w = simd.Hide(r.seps, r.nls, r.quotes, r.crs, w, to, &q)
	r.skip = q.Closed != 0 && r.quotes[w]&1 != 0
	r.in, r.delim = q.In != 0 || r.skip, q.Delim != 0
	r.hidden, r.breaks = q.Hidden, q.Breaks
	return w
}

// byParity returns the bits of word w that lie inside quotes, and sets the state behind
// it, if its quotes are well-formed. If not, ok is false and the state stays.
func (r *csvReader) byParity(w int, q, prev, next, nextq uint64) (inside uint64, ok bool) {
	inside = simd.Parity(q)
	if r.in && !r.skip {
		inside = ^inside
	}
	opens, closes := q&inside, q&^inside
	after := closes << 1
	if r.skip {
		after |= 1
	}
	if opens&^(prev|after) != 0 {
		return 0, false
	}
	for left := closes &^ (next | nextq); left != 0; left &= left - 1 {
		if !r.closes(w*64 + lowest(left) + 1) {
			return 0, false
		}
	}
	r.in, r.skip = inside>>63 != 0, false
	if closes>>63 != 0 && nextq>>63 != 0 { // a pair astride two words
		r.in, r.skip = true, true
	}
	return inside, true
}

// byQuote is byParity for words with stray quotes: it looks at one quote after the
// other.
func (r *csvReader) byQuote(w int, q, prev, next uint64) (inside uint64) {
	in, from := r.in, 0
	if r.skip {
		q &^= 1
		r.skip = false
	}
	for ; q != 0; q &= q - 1 {
		i := lowest(q)
		at := w*64 + i
		switch {
		case !in:
			if prev>>uint(i)&1 != 0 {
				in, from = true, i
			}
		case r.quotes[(at+1)/64]>>uint((at+1)&63)&1 != 0:
			if i == 63 {
				r.skip = true
			} else {
				q &= q - 1 // its lowest is this one, the next goes with the loop
			}
		case next>>uint(i)&1 != 0 || r.closes(at+1):
			in = false
			inside |= bitRange(from, i)
		default:
			r.bare = append(r.bare, at)
		}
	}
	if in {
		inside |= bitRange(from, 64)
	}
	r.in = in
	return inside
}

// bitRange has the bits [from, to) set.
func bitRange(from, to int) uint64 {
	return (^uint64(0) >> uint(64-to)) &^ (1<<uint(from) - 1)
}

// closes reports whether a quote before position i, inside quotes, ends its cell.
func (r *csvReader) closes(i int) bool { return closesCell(r.buf[:r.n], i, r.sep, r.eof) }

// closesCell reports whether a quote before position i of b ends its cell. eof means
// that the input ends with b.
func closesCell(b []byte, i int, sep byte, eof bool) bool {
	if i >= len(b) {
		return eof
	}
	switch b[i] {
	case sep, '\n':
		return true
	case '\r':
		return i+1 < len(b) && b[i+1] == '\n' || i+1 == len(b) && eof
	}
	return false
}

// closeIn returns the position of the quote that ends a quoted cell whose text
// starts at i, if it lies before to; else -1. Quotes before clear are known to end no
// cell, except those in the run of quotes that starts at i.
func (r *csvReader) closeIn(i, to, clear int) int {
	b := r.buf[:r.n]
	own := true // i is where the text starts
	for i < to {
		j := bytes.IndexByte(b[i:to], '"')
		if j < 0 {
			return -1
		}
		if (!own || j > 0) && i+j < clear {
			i, own = clear, false
			continue
		}
		own = false
		i += j
		from := i
		for i < to && b[i] == '"' {
			i++
		}
		if (i-from)%2 == 1 && r.closes(i) {
			return i - 1
		}
	}
	return -1
}

// closer returns the offset of the quote that ends a quoted cell, if it lies between
// from, which is inside the cell, and lim. If there is none, at is -1 and all runs of
// quotes before offset whole were judged. It reads the input in small pieces, so that
// a stray quote costs no memory.
func (r *csvReader) closer(from, lim int64) (at, whole int64, err error) {
	if from >= lim {
		return -1, 0, nil // lim may be inside a run, which repairStray sees
	}
	if r.scan == nil {
		r.scan = make([]byte, 64<<10)
	}
	for from < lim {
		n, err := r.s.t.read(r.scan, from)
		if err != nil {
			return -1, from, err
		}
		last := n < len(r.scan)
		p, i := r.scan[:n], 0
		for i < n {
			j := bytes.IndexByte(p[i:], '"')
			if j < 0 {
				i = n
				break
			}
			run := i + j
			i = run
			for i < n && p[i] == '"' {
				i++
			}
			if i+2 > n && !last {
				if run == 0 {
					r.scan = make([]byte, 2*len(r.scan))
				}
				i = run
				break
			}
			if from+int64(i) > lim {
				return -1, from + int64(run), nil
			}
			if (i-run)%2 == 1 && closesCell(p, i, r.sep, last) {
				return from + int64(i) - 1, 0, nil
			}
		}
		from += int64(i)
		if last {
			break
		}
	}
	return -1, lim, nil
}

// closeRun judges the run of quotes at offset from, inside a quoted cell. It returns the
// offset of the run's last quote if that ends the cell before lim, else -1. Quotes that
// are known to end no cell may do so here: if the run began before from with the quote
// that opens the cell, as in "", it is odd where it was even.
func (r *csvReader) closeRun(from, lim int64) (at int64, err error) {
	start := int(from - r.base)
	i := start
	for ; i < r.n && r.buf[i] == '"' && r.base+int64(i) <= lim; i++ {
		if i+3 > r.n {
			if err := r.grow(2*r.n + 4096); err != nil {
				return -1, err
			}
		}
	}
	if (i-start)%2 == 0 || r.base+int64(i) > lim || !r.closes(i) {
		return -1, nil
	}
	return r.base + int64(i) - 1, nil
}

// cut ends the record at start at position to, a line break or the end of the
// input. A quote that opens a cell in it is text if none before to closes that cell.
// The text behind to is resolved anew.
func (r *csvReader) cut(start, to int) {
	r.refill(start/64, max(r.limit, to/64+1), 1<<uint(start&63)-1)
	b := r.buf[:r.n]
	clear := 0
	for i := start; i < to; i++ {
		if b[i] == '"' {
			if end := r.closeIn(i+1, to, clear); end >= 0 {
				r.hide(i, end)
				i = end + 1
			} else {
				clear = to
			}
		}
		j := bytes.IndexByte(b[i:to], r.sep)
		if j < 0 {
			break
		}
		i += j
	}
	r.cutTo = to
	r.restart(min(to+1, r.n))
	if to == r.n {
		r.limit = r.n/64 + 1
	}
}

// hide takes separators and line breaks out of [from, to).
func (r *csvReader) hide(from, to int) {
	for w := from / 64; w <= to/64; w++ {
		x := ^uint64(0)
		if w == from/64 {
			x &= ^uint64(0) << uint(from&63)
		}
		if w == to/64 {
			x &= 1<<uint(to&63) - 1
		}
		r.seps[w] &^= x
		r.nls[w] &^= x
	}
}

// countCells splits the text at at, a line start, as a record and returns its number
// of cells and its end. The number is -1 if the record does not end before to, or is a
// blank line. With oneLine the record ends at to, the end of its line, and a quote that
// none closes before to is text.
func (r *csvReader) countCells(at, to int, oneLine bool) (cells, end int) {
	b := r.buf[:r.n]
	to = min(to, r.n)
	clear := 0
	for i := at; ; i++ {
		cells++
		if i < to && b[i] == '"' {
			c := r.closeIn(i+1, to, clear)
			switch {
			case c >= 0:
				i = c + 1
			case !oneLine:
				return -1, to
			default:
				clear = to
			}
		}
		for i < to && b[i] != r.sep && b[i] != '\n' {
			i++
		}
		if i < to && b[i] == r.sep {
			continue
		}
		if i >= to && !oneLine && !(r.eof && to == r.n) {
			return -1, to
		}
		if line := bytes.TrimSuffix(b[at:i], []byte("\r")); len(line) == 0 {
			return -1, i
		}
		return cells, i
	}
}
