package formats

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/iocsweep/iocsweep/formats/mem"
	"github.com/iocsweep/iocsweep/formats/simd"
)

// walk goes through the record at at, by bits alone. It sets out[i] to the
// position of the separator with number ords[i], or of the record's end where
// there are fewer, and returns how many there are and where the line break
// stands: -1 if that is not in the words before limit.
func (r *csvReader) walk(at, limit int, ords []int, out []uint32) (seps, nl int) {
	w := at >> 6
	if w >= limit {
		return 0, -1
	}
	ss, ls := r.seps[:limit], r.nls[:limit]
	from := ^uint64(0) << uint(at&63)
	s, l := ss[w]&from, ls[w]&from
	k, next := 0, int(^uint(0)>>1)
	if len(ords) > 0 {
		next = ords[0]
	}
	for {
		if l != 0 {
			s &= l&-l - 1
		}
		c := bits.OnesCount64(s)
		for done := seps; next <= seps+c; {
			for ; done+1 < next; done++ {
				s &= s - 1
			}
			out[k] = uint32(w<<6 + bits.TrailingZeros64(s))
			if k++; k == len(ords) {
				next = int(^uint(0) >> 1)
			} else {
				next = ords[k]
			}
		}
		seps += c
		if l != 0 {
			nl = w<<6 + bits.TrailingZeros64(l)
			for ; k < len(ords); k++ {
				out[k] = uint32(nl)
			}
			return seps, nl
		}
		if w++; w >= len(ss) {
			return seps, -1
		}
		s, l = ss[w], ls[w]
	}
}

// errUnsettled ends a trial.
var errUnsettled = errors.New("formats: depends on what stands before")

// split makes rows of the records that start before end, and returns the
// number of line breaks they span. It moves m to the next record. A trial, for
// which nothing but m.next is known, ends with errUnsettled at text that is
// read in the light of what stands before it, and at what takes long.
func (r *csvReader) split(m *seam, end int, trial bool) (lines int, err error) {
	at, stops := r.first, len(r.stops.ords)
	sound := true // what is in quotes is known for sure, so that lines is right
	var repaired error
	r.cutTo = -1
	for at < end {
		if r.cutTo < at && m.budget < 0 && r.base+int64(at) < m.region {
			if err := r.line(m, at); err != nil {
				return 0, err
			}
		}
		if repaired == nil && r.plain(m, at) {
			rows := len(r.rows)
			if at = r.take(at, end); len(r.rows) > rows {
				if lines += len(r.rows) - rows; at == r.n && r.buf[at-1] != '\n' {
					lines--
				}
			}
			if at >= end {
				break
			}
		}
		r.bounds = mem.Grow(r.bounds, stops)
		n := len(r.bounds)
		r.bounds = r.bounds[:n+stops]
		limit := r.limit
		if r.cutTo >= at {
			limit = r.cutTo/64 + 1 // its bits stand, though not those behind it
			sound = false
		}
		seps, nl := r.walk(at, limit, r.stops.ords, r.bounds[n:])
		if nl < 0 || nl-at > r.s.t.max {
			r.bounds = r.bounds[:n]
			if trial {
				return 0, errUnsettled
			}
			var over bool
			if nl >= 0 {
				over, repaired, err = r.stray(m, at, 0)
			} else {
				over, repaired, err = r.more(m, at, repaired)
			}
			sound = sound && repaired == nil
			if err != nil {
				return 0, err
			}
			if over {
				skipped, next, err := r.skipHuge(at)
				if err != nil {
					return 0, err
				}
				m.next = next
				return r.lineBreaks(at) + skipped, nil
			}
			continue
		}
		if len(r.bare) > 0 || seps+1 != r.width {
			if repaired == nil && r.width > 0 {
				doubt, err := r.doubt(m, at, nl, seps+1)
				if err != nil {
					return 0, err
				}
				if trial && m.region != 0 {
					return 0, errUnsettled
				}
				if doubt {
					r.bounds = r.bounds[:n]
					repaired, sound = ErrBareQuote, false
					continue
				}
			}
		}
		stop := nl
		if stop > at && r.buf[stop-1] == '\r' {
			stop--
		}
		next := min(nl+1, r.n)
		switch {
		case stop == at: // blank
			r.bounds = r.bounds[:n]
		default:
			if repaired != nil {
				r.reject(at, stop, r.shifted(repaired, at, stop), true)
			} else if seps+1 != r.width {
				err := fmt.Errorf("%w: has %d cells, header has %d", ErrRagged, seps+1, r.width)
				r.reject(at, stop, r.shifted(err, at, stop), true)
			} else if n := bytes.Count(r.buf[at:stop], []byte{'\n'}); n > 0 && r.holdsBare(at, nl) {
				r.reject(at, stop, fmt.Errorf("%w in a record of %d lines", ErrBareQuote, n+1), true)
			}
			r.rows = append(r.rows, simd.Row{Start: uint32(at), End: uint32(stop)})
		}
		repaired = nil
		if nl >= r.n {
			at = r.n
			break
		}
		at = next
		lines++
	}
	m.next = r.base + int64(at)
	if !sound {
		return r.lineBreaks(at), nil
	}
	if r.hidden >= r.first {
		lines += r.breaks - r.hiddenFrom(at)
	}
	return lines, nil
}

// hiddenFrom counts the line breaks inside quotes between at and the end of what is
// resolved.
func (r *csvReader) hiddenFrom(at int) int {
	if at >= r.limit*64 {
		return 0
	}
	n := bytes.Count(r.buf[at:min(r.limit*64, r.n)], []byte{'\n'})
	for w := at / 64; w < r.limit; w++ {
		l := r.nls[w]
		if w == at/64 {
			l &= ^uint64(0) << uint(at&63)
		}
		n -= bits.OnesCount64(l)
	}
	if r.eof && r.n/64 < r.limit && at <= r.n {
		n++ // the end of the input counts, too
	}
	return n
}

// plain says that a record at at which has its line break in the words before
// limit and as many cells as the header needs no closer look.
func (r *csvReader) plain(m *seam, at int) bool {
	return len(r.bare) == 0 && r.cutTo < at && r.width > 1 && r.n <= r.s.t.max && (m.budget >= 0 || r.base+int64(at) >= m.region)
}

// take makes rows of the plain records from at on that start before end, up to
// one that is to be looked at, whose place it returns.
func (r *csvReader) take(at, end int) int {
	stops := len(r.stops.ords)
	for {
		rows, bounds := len(r.rows), len(r.bounds)
		r.rows = mem.Grow(r.rows, 64)
		most := cap(r.rows) - rows
		r.bounds = mem.Grow(r.bounds, (most+1)*stops)
		n, next := simd.Rows(r.seps[:r.limit], r.nls[:r.limit], at, end, r.stops.ended, r.width, r.rows[rows:cap(r.rows)], r.bounds[bounds:cap(r.bounds)])
		r.rows, r.bounds = r.rows[:rows+n], r.bounds[:bounds+n*stops]
		for i := rows; i < len(r.rows); i++ {
			if w := &r.rows[i]; r.buf[w.End-1] == '\r' {
				w.End--
			}
		}
		// The end of the input counts as a line break.
		if at = min(next, r.n); n < most {
			return at
		}
	}
}

// lineBreaks counts those between the block's first record and at.
func (r *csvReader) lineBreaks(at int) int {
	return bytes.Count(r.buf[r.first:min(at, r.n)], []byte{'\n'})
}

// more resolves further text for the record at at, whose end is not known. It
// settles what is to be done when there is none: over says that the record is
// too large, repaired that it was cut at a stray quote.
func (r *csvReader) more(m *seam, at int, repaired error) (over bool, _ error, err error) {
	maxi := r.s.t.max
	if r.in && r.base+int64(r.limit*64) < m.clear {
		return r.closable(m, at, repaired)
	}
	if last := r.resolvable(); r.limit < last {
		// Little by little: a repair has to resolve again what lies behind.
		r.resolve(min(last, r.limit+max(16, r.limit-at/64)))
		return false, repaired, nil
	}
	if r.in {
		return r.closable(m, at, repaired)
	}
	if r.limit*64-at > maxi {
		return r.stray(m, at, 0)
	}
	return false, repaired, r.grow(r.n + max(4096, min(r.n-at, maxi+128)))
}

// closable is more for a record of which the resolved text ends inside quotes.
func (r *csvReader) closable(m *seam, at int, repaired error) (over bool, _ error, err error) {
	lim := r.base + int64(at) + int64(r.s.t.max)
	from := r.base + int64(r.limit*64)
	if r.skip {
		from++
	}
	c, whole, err := r.closer(max(from, m.clear), lim)
	if err != nil {
		return false, nil, err
	}
	if c < 0 {
		return r.stray(m, at, whole)
	}
	if err := r.grow(int(c-r.base) + 128); err != nil {
		return false, nil, err
	}
	// On through the text, at least to that quote.
	r.resolve(min(r.resolvable(), int(c-r.base)/64+1))
	return false, repaired, nil
}

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
	var yes bool
	looked := 0
	if cells == r.width {
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
		looked = end - at
		yes = one >= r.width && two == r.width && r.width > 1
	} else {
		for from := first + 1; from < nl; {
			n, end := r.count(from, from+doubtLook, false)
			if yes = n == r.width; yes {
				break
			}
			if looked += end - from; looked > 4*doubtLook+nl-at {
				yes = true // a record so large is no record
				break
			}
			j := bytes.IndexByte(r.buf[from:nl], '\n')
			if j < 0 {
				break
			}
			from += j + 1
		}
	}
	start, end := r.base+int64(at), r.base+int64(nl)
	if start >= m.region {
		m.region, m.budget = start, 1<<20
	}
	if end > m.region {
		m.budget += doubtBudget * (end - m.region)
		m.region = end
	}
	m.budget -= int64(nl-at) + int64(looked)
	if yes {
		r.cut(at, first)
	}
	return yes, nil
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
