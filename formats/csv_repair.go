package formats

import (
	"bytes"
	"fmt"
	"slices"
)

// stray repairs the record at at, in which a quoted cell has no end before
// offset lim or the end of the input: the quote that opens it is text, and the
// record ends with its line. What follows is read as if nothing had happened,
// so that a stray quote costs its own line at most, and that is still matched
// on its cells. The outcome depends on the bytes from at on alone, not on the
// blocks into which they are cut.
// A record without such a cell is over the largest size. whole is how far the
// search for an end has judged all quotes.
func (r *csvReader) stray(m *seam, at int, whole int64) (over bool, _ error, err error) {
	lim, clear := at+r.s.t.max, int(max(m.clear-r.base, 0))
	end := min(r.n, lim)
	i, open := at, false
	for i < end {
		if r.buf[i] == '"' {
			c := r.closeIn(i+1, end, clear)
			if open = c < 0; open {
				break
			}
			i = c + 1
		}
		j := bytes.IndexByte(r.buf[i:end], r.sep)
		if j < 0 {
			break
		}
		i += j + 1
	}
	if !open {
		return true, nil, nil
	}
	to := i
	for {
		if j := bytes.IndexByte(r.buf[to:r.n], '\n'); j >= 0 {
			to += j
			break
		}
		if to = r.n; r.eof || to > lim {
			break
		}
		if err := r.grow(2*r.n + 4096); err != nil {
			return false, nil, err
		}
	}
	if to > lim {
		return true, nil, nil
	}
	if r.n >= lim {
		// Runs of quotes count whole.
		back := lim
		for back > i+1 && r.buf[back-1] == '"' {
			back--
		}
		whole = max(whole, r.base+int64(back))
	}
	m.clear = max(m.clear, whole)
	r.cut(at, to)
	return false, ErrOpenQuote, nil
}

// line cuts the record at at after its first physical line.
func (r *csvReader) line(m *seam, at int) error {
	for to := at; ; {
		if j := bytes.IndexByte(r.buf[to:r.n], '\n'); j >= 0 {
			r.cut(at, to+j)
			return nil
		}
		if to = r.n; r.eof {
			r.cut(at, to)
			return nil
		}
		if r.n-at > r.s.t.max {
			return nil
		}
		if err := r.grow(2*r.n + 4096); err != nil {
			return err
		}
	}
}

// Bounds on the work that doubtful records cause.
const (
	doubtLook   = 64 << 10 // a record that would prove a doubt right is at most this long
	doubtBudget = 16       // times the doubtful text may be looked at again
)

// doubt decides about the record from at to the line break at nl, which may be
// two rows that a stray quote has joined, and cuts it after its first line if so.
//
//	a,"b,c          the quote before b was never meant to open
//	d,e,"f"         and the one before f is taken to be text, that behind it closes
//
// A record is doubtful only if it spans several lines and either has a wrong
// number of cells or holds a quote that no writer of CSV leaves bare. So no
// well-formed row of the right width is ever cut. It is cut if at the start of
// one of its later lines a record of the right width can be read (for a record
// that has the right width itself: if its first line has all cells, or more, for
// separators behind the stray quote, and what follows, as a record or as a line, has
// that width). After the cut the rest is read afresh, with multi-line cells and all.
// So no well-formed row of up to doubtLook bytes that starts inside a record
// of wrong width is lost in it either.
//
// Text of nothing but strays could be looked at again for each of its lines.
// Therefore a region of doubtful records has a budget; once that is spent, the
// region is split by lines.
func (r *csvReader) doubt(m *seam, at, nl, cells int) (bool, error) {
	if cells == r.width && !r.holdsBare(at, nl) {
		return false, nil
	}
	first := bytes.IndexByte(r.buf[at:min(nl, r.n)], '\n')
	if first < 0 {
		return false, nil
	}
	first += at
	if err := r.grow(nl + doubtLook + 2); err != nil {
		return false, err
	}
	var joined bool
	var looked int
	if cells == r.width {
		joined, looked = r.joinsTwo(at, first, nl)
	} else {
		joined, looked = r.hidesRow(at, first, nl)
	}
	m.spend(r.base+int64(at), r.base+int64(nl), looked)
	if joined {
		r.cut(at, first)
	}
	return joined, nil
}

// joinsTwo reports whether the record from at to nl, of the right width, is two
// rows or more, the first of which ends at the line break at first. looked is
// how many bytes were read for that.
func (r *csvReader) joinsTwo(at, first, nl int) (yes bool, looked int) {
	one, _ := r.count(at, first, true)
	from := first + 1
	for from < nl && (r.buf[from] == '\n' || r.buf[from] == '\r') {
		from++ // blank lines
	}
	two, end := r.count(from, from+doubtLook, false)
	if two != r.width {
		// The next line may have a stray quote too.
		to := min(nl, r.n)
		if j := bytes.IndexByte(r.buf[min(from, to):to], '\n'); j >= 0 {
			to = from + j
		}
		two, end = r.count(min(from, to), to, true)
	}
	return one >= r.width && two == r.width && r.width > 1, end - at
}

// hidesRow reports whether a record of the right width begins with one of the
// later lines of the record from at to nl, which is of another. Its first line
// ends at first. looked is how many bytes were read for that.
func (r *csvReader) hidesRow(at, first, nl int) (yes bool, looked int) {
	for from := first + 1; from < nl; {
		n, end := r.count(from, from+doubtLook, false)
		if n == r.width {
			return true, looked
		}
		if looked += end - from; looked > 4*doubtLook+nl-at {
			return true, looked // a record so large is no record
		}
		j := bytes.IndexByte(r.buf[from:nl], '\n')
		if j < 0 {
			break
		}
		from += j + 1
	}
	return false, looked
}

// spend takes from the budget what a doubtful record from offset start to end
// has cost: its own bytes and those that were looked at again. A record behind
// the region begins a new one; one that reaches beyond it extends it.
func (m *seam) spend(start, end int64, looked int) {
	if start >= m.region {
		m.region, m.budget = start, 1<<20
	}
	if end > m.region {
		m.budget += doubtBudget * (end - m.region)
		m.region = end
	}
	m.budget -= end - start + int64(looked)
}

// holdsBare says that between at and nl there is a quote that no writer leaves bare.
func (r *csvReader) holdsBare(at, nl int) bool {
	i, _ := slices.BinarySearch(r.bare, at)
	return i < len(r.bare) && r.bare[i] < nl
}

// skipHuge passes over the record at at, which is too large: to the first line
// break behind the largest size. It returns the line breaks passed over.
func (r *csvReader) skipHuge(at int) (lines int, next int64, err error) {
	r.reject(at, min(r.n, at+r.s.t.max), fmt.Errorf("%w: over %d bytes", ErrTooLarge, r.s.t.max), false)
	r.unread++
	if r.scan == nil {
		r.scan = make([]byte, 64<<10)
	}
	off := r.base + int64(at)
	lim := off + int64(r.s.t.max)
	for {
		n, err := r.s.t.read(r.scan, off)
		if err != nil {
			return 0, 0, err
		}
		skip := int(max(0, min(lim-off, int64(n))))
		if j := bytes.IndexByte(r.scan[skip:n], '\n'); j >= 0 {
			return lines + bytes.Count(r.scan[:skip+j+1], []byte{'\n'}), off + int64(skip+j+1), nil
		}
		lines += bytes.Count(r.scan[:n], []byte{'\n'})
		off += int64(n)
		if n < len(r.scan) {
			return lines, off, nil
		}
	}
}
