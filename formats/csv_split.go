package formats

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"

	"github.com/iocsweep/iocsweep/formats/mem"
	"github.com/iocsweep/iocsweep/formats/simd"
)

// walk goes through the record at at, by the masks alone. It sets out[i] to the
// position of the separator with number ords[i], or of the line break if the
// record has fewer. It returns how many separators there are and where the line
// break stands: -1 if that is not in the words before limit.
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
// number of line breaks they span. It moves m to the next record. In a trial
// nothing but m.next is known: it ends with errUnsettled where more must be known
// of the text before the block, and where reading would take long.
func (r *csvReader) split(m *seam, end int, trial bool) (lines int, err error) {
	at, out := r.first, r.room(r.stops)
	sound := true // no record was repaired, so that lines is right
	var repaired error
	r.cutTo = -1
	for at < end {
		if r.cutTo < at && m.budget < 0 && r.base+int64(at) < m.region {
			if err := r.cutLine(at); err != nil {
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
		limit := r.limit
		if r.cutTo >= at {
			limit = r.cutTo/64 + 1 // its bits stand, though not those behind it
			sound = false
		}
		seps, nl := r.walk(at, limit, r.stops.ords, out)
		if nl < 0 || nl-at > r.s.t.max {
			if trial {
				return 0, errUnsettled
			}
			var over bool
			if nl >= 0 {
				over, repaired, err = r.repairStray(m, at, 0)
			} else {
				over, repaired, err = r.more(m, at, repaired)
			}
			if err != nil {
				return 0, err
			}
			sound = sound && repaired == nil
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
		if (len(r.bare) > 0 || seps+1 != r.width) && repaired == nil && r.width > 0 {
			cut, err := r.cutJoined(m, at, nl, seps+1)
			if err != nil {
				return 0, err
			}
			if trial && m.region != 0 {
				return 0, errUnsettled
			}
			if cut {
				repaired, sound = ErrBareQuote, false
				continue
			}
		}
		stop := nl
		if stop > at && r.buf[stop-1] == '\r' {
			stop--
		}
		if stop > at { // not blank
			r.rejectOdd(at, stop, nl, seps+1, repaired)
			r.places.reserve(len(r.rows)+1, len(r.rows), len(out))
			r.places.put(len(r.rows), out)
			r.rows = append(r.rows, simd.Row{Start: uint32(at), End: uint32(stop)})
		}
		repaired = nil
		if nl >= r.n {
			at = r.n
			break
		}
		at = min(nl+1, r.n)
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

// hiddenFrom counts the line breaks inside quotes between at and the end of the
// resolved words.
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

// plain reports whether a record at at needs no closer look if its line break is in
// the words before limit and it has as many cells as the header.
func (r *csvReader) plain(m *seam, at int) bool {
	return len(r.bare) == 0 && r.cutTo < at && r.width > 1 && r.n <= r.s.t.max && (m.budget >= 0 || r.base+int64(at) >= m.region)
}

// take makes rows of the plain records from at on that start before end. It returns
// where the next record starts: the first that needs a closer look, or one behind end.
func (r *csvReader) take(at, end int) int {
	for {
		rows := len(r.rows)
		r.rows = mem.Grow(r.rows, 64)
		room := r.rows[rows:cap(r.rows)]
		r.places.reserve(cap(r.rows), rows, len(r.stops.ords))
		n, next := r.stops.Rows(r.seps[:r.limit], r.nls[:r.limit], at, end, room, r.places.from(rows), r.places.stride)
		r.rows = r.rows[:rows+n]
		for i := rows; i < len(r.rows); i++ {
			if w := &r.rows[i]; r.buf[w.End-1] == '\r' {
				w.End--
			}
		}
		// The end of the input counts as a line break.
		if at = min(next, r.n); n < len(room) {
			return at
		}
	}
}

// rejectOdd reports the record from at to stop, whose line break stands at nl, if
// something is wrong with it: it was repaired, it has another number of cells than the
// header, or it may be several records. Its cells are matched all the same.
func (r *csvReader) rejectOdd(at, stop, nl, cells int, repaired error) {
	err := repaired
	switch {
	case err != nil:
	case cells != r.width, cells > len(r.s.part.Columns) && !endsEmpty(r.buf[at:stop], r.sep):
		err = fmt.Errorf("%w: has %d cells, header has %d", ErrRagged, cells, len(r.s.part.Columns))
	case r.holdsBare(at, nl):
		if n := bytes.Count(r.buf[at:stop], []byte{'\n'}); n > 0 {
			r.reject(at, stop, fmt.Errorf("%w in a record of %d lines", ErrBareQuote, n+1), true)
		}
		return
	default:
		return
	}
	switch {
	case bytes.Contains(r.buf[at:stop], hole[:]):
		err = ErrHole
	case nl >= r.n && r.cutOff(r.buf[at:stop], cells, repaired):
		err = fmt.Errorf("%w, %w", err, ErrNoLineEnd)
	}
	r.reject(at, stop, r.addEscaped(err, at, stop), true)
}

// cutOff reports whether no writer leaves such a record without a line end. A single cell
// is as often what a page or a shell has put below the records, and what has a blank
// behind each separator is a sentence: Generated on Friday, November 27, 2026.
func (r *csvReader) cutOff(record []byte, cells int, repaired error) bool {
	sentence := bytes.IndexByte(record, '"') < 0 && bytes.Count(record, []byte{r.sep, ' '}) == cells-1
	return errors.Is(repaired, ErrOpenQuote) || cells > 1 && cells < r.width && !sentence
}

// hole is what a file system gives for a sector that was not written, or not copied.
var hole [512]byte

// endsEmpty reports whether the last cell of a record is empty.
func endsEmpty(record []byte, sep byte) bool {
	record = bytes.TrimSuffix(record, []byte(`""`))
	return len(record) > 0 && record[len(record)-1] == sep
}

// lineBreaks counts those between the block's first record and at.
func (r *csvReader) lineBreaks(at int) int {
	return bytes.Count(r.buf[r.first:min(at, r.n)], []byte{'\n'})
}

// more resolves further text for the record at at, whose end is not known. If there is
// no such text it settles the matter: over means that the record is too large, and the
// second result, repaired unless it says more, that it was cut at a stray quote.
func (r *csvReader) more(m *seam, at int, repaired error) (over bool, _ error, err error) {
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
	if r.limit*64-at > r.s.t.max {
		return r.repairStray(m, at, 0)
	}
	return false, repaired, r.grow(r.n + max(4096, min(r.n-at, r.s.t.max+128)))
}

// closable is more for a record whose resolved text ends inside quotes.
func (r *csvReader) closable(m *seam, at int, repaired error) (over bool, _ error, err error) {
	lim := r.base + int64(at) + int64(r.s.t.max)
	from := r.base + int64(r.limit*64)
	if r.skip {
		from++
	}
	c, whole := int64(-1), int64(0)
	if from < m.clear {
		if c, err = r.closeRun(from, lim); err != nil {
			return false, nil, err
		}
	}
	if c < 0 {
		if c, whole, err = r.closer(max(from, m.clear), lim); err != nil {
			return false, nil, err
		}
	}
	if c < 0 {
		return r.repairStray(m, at, whole)
	}
	if err := r.grow(int(c-r.base) + 128); err != nil {
		return false, nil, err
	}
	// On through the text, at least to that quote.
	r.resolve(min(r.resolvable(), int(c-r.base)/64+1))
	return false, repaired, nil
}
