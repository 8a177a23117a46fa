package formats

import "github.com/iocsweep/iocsweep/formats/mem"

// csvPlaces are the positions of the wanted separators of all rows: first those of the
// first separator, row by row, then those of the second.
type csvPlaces struct {
	at     []uint32
	stride int // from a separator's first row to the next one's: how many rows there is room for
}

// reserve makes room for the given number of rows, each of stops separators. The
// places of the first keep rows stay.
func (p *csvPlaces) reserve(rows, keep, stops int) {
	if rows <= p.stride && len(p.at) >= stops*p.stride {
		return
	}
	old, stride := p.at, p.stride
	if rows > stride {
		// Not a power of two, or the places of one row would share a set of the cache.
		p.stride = max(rows, 2*stride) | 16
	}
	p.at = mem.Make[uint32](stops * p.stride)
	for k := range min(stops, len(old)/max(stride, 1)) {
		copy(p.at[k*p.stride:], old[k*stride:][:keep])
	}
}

// of returns the places of one separator, by row.
func (p *csvPlaces) of(stop int) []uint32 { return p.at[stop*p.stride:][:p.stride] }

// from returns the places from a row on: first those of the first separator; those of
// the next one begin stride further on.
func (p *csvPlaces) from(row int) []uint32 { return p.at[min(row, len(p.at)):] }

// put sets the places of a row, by separator.
func (p *csvPlaces) put(row int, places []uint32) {
	for k, at := range places {
		p.at[k*p.stride+row] = at
	}
}

// room returns room for the places of the wanted separators of one record. It is used
// again by the next call.
func (r *csvReader) room(s *csvStops) []uint32 {
	r.out = mem.Grow(r.out[:0], len(s.ords))
	return r.out[:len(s.ords)]
}
