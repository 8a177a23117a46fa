package formats

import "github.com/iocsweep/iocsweep/formats/mem"

// csvPlaces are positions in text of the separators that are wanted of each row, by
// separator: those of one stand close together.
type csvPlaces struct {
	at     []uint32
	stride int // how far apart the separators are, and how many rows there is room for
}

// reserve makes room for rows of which each has stops separators, and keeps what
// it has of the first ones.
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

// of is where a separator stands, for each row.
func (p *csvPlaces) of(stop int) []uint32 { return p.at[stop*p.stride:][:p.stride] }

// from is where the first separator stands in rows from one on; those of the others
// follow as far apart as ever.
func (p *csvPlaces) from(row int) []uint32 { return p.at[min(row, len(p.at)):] }

// put sets the places of a row.
func (p *csvPlaces) put(row int, places []uint32) {
	for k, at := range places {
		p.at[k*p.stride+row] = at
	}
}

// room has a place for each separator that is wanted of one record.
func (r *csvReader) room(s *csvStops) []uint32 {
	r.out = mem.Grow(r.out[:0], len(s.ords))
	return r.out[:len(s.ords)]
}
