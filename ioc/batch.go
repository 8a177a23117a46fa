package ioc

import "slices"

// A Batch is a stretch of a feed, parsed apart from the List that it goes
// into, so that several goroutines can parse at once. It is filled by one
// goroutine. The zero Batch is empty and ready.
type Batch struct {
	items   []item
	text    []byte // names, hashes and IPv6 addresses, in the order of items
	details []Details
}

// An item is a record before it has a number.
type item struct {
	key     uint64
	hash    uint32
	line    uint32
	text    uint32 // where it begins
	details uint32 // number in Batch.details plus one; 0 for NoDetails
}

// Len is the number of indicators.
func (b *Batch) Len() int { return len(b.items) }

// Grow makes room for that many more indicators, and that many more bytes of their names,
// hashes and IPv6 addresses.
func (b *Batch) Grow(indicators, text int) {
	b.items, b.text = slices.Grow(b.items, indicators), slices.Grow(b.text, text)
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() { b.items, b.text, b.details = b.items[:0], b.text[:0], b.details[:0] }

// Add adds an indicator that was read on a line, with its details; nil means NoDetails.
// It returns false if the line's number is too large: then the indicator has to be added
// to the List itself.
func (b *Batch) Add(p *Plain, line int, d *Details) bool {
	if line <= 0 || int64(line) >= spread {
		return false
	}
	i := item{key: p.key, line: uint32(line), text: uint32(len(b.text))}
	b.text = p.appendText(b.text)
	i.hash = hashOf(p.key, b.text[i.text:])
	if d != nil {
		b.details = append(b.details, *d)
		i.details = uint32(len(b.details))
	}
	b.items = append(b.items, i)
	return true
}

// Added says what became of indicators that were added.
type Added struct {
	Fresh  [types]int // by type: how many were not in the list
	Merged [types]int // by type: how many were
}

func (a *Added) count(t Type, fresh bool) {
	if fresh {
		a.Fresh[t]++
	} else {
		a.Merged[t]++
	}
}

// AddBatch adds the indicators from to to-1 of a batch as Add does. They stand
// in path, which ends in a colon.
func (l *List) AddBatch(b *Batch, from, to int, path string) Added {
	const ahead = 32
	var sum Added
	p := place{path: l.paths.id(path)}
	fetched := uint64(0)
	for ; from < to; from += ahead {
		group := b.items[from:min(from+ahead, to)]
		if t := &l.lookup; t.used+len(group) > t.limit {
			l.Grow(len(group))
		}
		// The table is larger than any cache: every slot is fetched before the
		// first is needed, so that the waits for memory overlap.
		for k := range group {
			fetched += l.lookup.slots[l.lookup.home(group[k].hash)]
		}
		for k := range group {
			i := &group[k]
			var text []byte
			if hasText(i.key) {
				text = b.text[i.text:][:textLen(i.key)]
			}
			note := uint32(0)
			if i.details > 0 {
				note = l.note(&b.details[i.details-1])
			}
			p.line = i.line
			_, fresh := l.add(i.hash, i.key, text, note, p)
			sum.count(l.typeOf(i.key), fresh)
		}
	}
	l.lookup.fetched += fetched
	return sum
}
