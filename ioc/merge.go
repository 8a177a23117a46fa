package ioc

// Merge adds the indicators of another list, in their order, as Add does. An
// empty list takes over the memory of the other, which must not be used any more.
func (l *List) Merge(from *List) Added {
	var sum Added
	if l.Len() == 0 {
		*l = *from
		sum.Fresh = l.counts
		return sum
	}
	l.Grow(from.Len())
	notes := make([]uint32, from.notes.n+1) // by number in from, the number in l; 0: not known yet
	for n := range from.Len() {
		r := from.records.at(n)
		note := notes[r.note]
		if r.note != 0 && note == 0 {
			d := from.details(r.note)
			note = l.note(&d)
			notes[r.note] = note
		}
		key, text := from.parts(r.key)
		if key>>formShift == formOdd {
			i := from.At(n)
			sum.count(i.Type, l.Add(&i))
			continue
		}
		at, first := 0, true
		for p := range from.placesOf(n) {
			p.path = l.paths.id(from.paths.text(p.path))
			if !first {
				l.addPlace(at, p)
				continue
			}
			first = false
			var fresh bool
			at, fresh = l.add(hashOf(key, text), key, text, note, p)
			sum.count(l.typeOf(key), fresh)
		}
	}
	return sum
}
