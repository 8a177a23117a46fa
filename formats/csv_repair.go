package formats

import (
	"bytes"
	"fmt"
	"slices"
)

// repairStray repairs the record at at, in which a quoted cell does not end before the
// largest size of a record or the end of the input: the quote that opens that cell is
// text, and the record ends with its line. What follows is read as if nothing had
// happened. So a stray quote costs its own line at most, and that is still matched on
// its cells. The outcome depends on the bytes from at on alone, not on the blocks into
// which they are cut.
//
// If no cell of the record is like that, the record is too large: over is true. Else
// the second result is ErrOpenQuote. whole is the offset up to which a search for the
// quote that ends the cell has judged all others, 0 if there was none.
func (r *csvReader) repairStray(m *seam, at int, whole int64) (over bool, _ error, err error) {
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

// cutLine cuts the record at at after its first physical line, unless that is longer
// than the largest record.
func (r *csvReader) cutLine(at int) error {
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
	doubtLook   = 64 << 10 // bytes of the longest record that can prove a doubt right
	doubtBudget = 16       // how often doubtful text may be looked at again, on average
)

// cutJoined cuts the record from at to the line break at nl after its first line if it
// is two rows or more that a stray quote has joined, and reports whether it is.
//
//	a,"b,c          the quote before b was never meant to open a cell;
//	d,e,"f"         so the one before f is taken for text, and the one behind f closes
//
// A record is doubtful only if it spans several lines and either has a wrong
// number of cells or holds a quote that no writer of CSV leaves bare. So no
// well-formed row of the right width is ever cut.
//
// A doubtful record of wrong width is cut if a record of the right width can be read
// from the start of one of its later lines. One of the right width is cut if its first
// line alone has that many cells or more (there may be separators behind the stray
// quote), and what follows it, as a record or as a line, has that many. After the cut
// the rest is read afresh, multi-line cells included. So no well-formed row of up to
// doubtLook bytes is lost inside a record of wrong width either.
//
// Text that is nothing but stray quotes could be looked at again for each of its lines.
// Therefore a region of doubtful records has a budget; once that is spent, the
// region is split by lines.
func (r *csvReader) cutJoined(m *seam, at, nl, cells int) (bool, error) {
	if cells == r.width && !r.holdsBare(at, nl) {
		return false, nil
	}
	first := bytes.IndexByte(r.buf[at:min(nl, r.n)], '\n')
	if first < 0 {
		return false, nil
	}
	first += at
	if want := nl + doubtLook + 2; want > r.n {
		// With more to spare than a record has: the next may be in doubt, too, and
		// what is held is copied each time.
		if err := r.grow(want + doubtLook); err != nil {
			return false, err
		}
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
	one, _ := r.countCells(at, first, true)
	from := first + 1
	for from < nl && (r.buf[from] == '\n' || r.buf[from] == '\r') {
		from++ // blank lines
	}
	two, end := r.countCells(from, from+doubtLook, false)
	if two != r.width {
		// The next line may have a stray quote too.
		to := min(nl, r.n)
		if j := bytes.IndexByte(r.buf[min(from, to):to], '\n'); j >= 0 {
			to = from + j
		}
		two, end = r.countCells(min(from, to), to, true)
	}
	return one >= r.width && two == r.width && r.width > 1, end - at
}

// hidesRow reports whether a record of the right width starts at one of the later lines
// of the record from at to nl, which has another width and whose first line ends at
// first. looked is how many bytes were read for that.
func (r *csvReader) hidesRow(at, first, nl int) (yes bool, looked int) {
	for from := first + 1; from < nl; {
		n, end := r.countCells(from, from+doubtLook, false)
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

// spend takes the cost of a doubtful record from offset start to end from the budget:
// its own bytes and those that were looked at again. A record that starts behind the
// region begins a new one; one that reaches beyond the region extends it.
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

// holdsBare reports whether between at and nl there is a quote that no writer leaves
// bare.
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
		r.s.t.pass(r.span, off)
	}
}
