package ioc

import "sync/atomic"

// A sorter fills an index and the filter that Screen asks. Both are larger than any
// cache. Entered in the order of a list, each key would wait for memory, and several
// workers would have to keep out of each other's way. So the keys are first sorted into
// regions, which fit into a cache, and then each region is filled by one worker.
//
// A region is the slots, and the words of both filters, of all hashes that
// begin with the same bits. Until it is filled its slots hold its keys: from the
// beginning the words that are to become slots, from the end the hashes for the other
// filter, two to a slot. Nearly all find room, since a third of the slots will be free.
//
//	makeSorter
//	makeTray, add and addText, by each worker
//	flush, of all trays
//	fill, of each region by any worker
//	finish, of all trays
type sorter struct {
	index *index
	text  *filter                     // nil if the class has none
	same  func(record, o uint32) bool // have the same key

	bits uint            // there are 1<<bits regions
	used []atomic.Uint64 // by region, slots at the beginning << 32 | slots at the end
}

// regionSlots is how many slots a region has at most: 512 KB. A worker has as much room
// beside, and there is a quarter of it for filters. Smaller regions are filled no faster,
// and sorting into more of them takes longer. Tests have fewer slots; with less than 16,
// regions might share a word of a filter.
var regionSlots = 1 << 16

// leastSlots is how many slots regions have at least if there are several for each worker,
// which keeps all workers busy to the end.
const leastSlots = 1 << 12

func makeSorter(k sorter, workers int) *sorter {
	n := len(k.index.slots)
	for (n-1)>>k.bits >= min(regionSlots, max(leastSlots, n/(4*workers))) {
		k.bits++
	}
	k.used = make([]atomic.Uint64, 1<<k.bits)
	return &k
}

// region returns the first slot of a region, and that of the next one. The last hashes
// of a region may have that one for their home too.
func (k *sorter) region(r int) (lo, hi int) {
	n := uint64(len(k.index.slots))
	return int(uint64(r) * n >> k.bits), int(uint64(r+1) * n >> k.bits)
}

func (k *sorter) regionOf(h uint64) int { return int(uint64(uint32(h)) >> ((32 - k.bits) & 63)) }

// claim takes n slots of a region for words, behind those at its beginning, or with end
// for hashes, before those at its end. ok is false if not so many are free.
func (k *sorter) claim(r, n int, end bool) (at int, ok bool) {
	lo, hi := k.region(r)
	for used := &k.used[r]; ; {
		have := used.Load()
		front, back := int(have>>32), int(uint32(have))
		if front+back+n > hi-lo {
			return 0, false
		}
		at, now := lo+front, have+uint64(n)<<32
		if end {
			at, now = hi-back-n, have+uint64(n)
		}
		if used.CompareAndSwap(have, now) {
			return at, true
		}
	}
}

// A tray is a worker's part in a sorter: it keeps the words and hashes of each
// region until there are enough to be worth writing.
type tray struct {
	*sorter
	words lanes[uint64]
	texts lanes[uint32]
	over  []uint64 // words that found no room in their region
	more  []uint32 // records whose entry is another one
}

// lanes are stretches of n elements each, and how many of them are taken.
type lanes[T any] struct {
	held  []T
	taken []uint16
	n     int
}

func makeLanes[T any](regions, n int) lanes[T] {
	return lanes[T]{make([]T, regions*n), make([]uint16, regions), n}
}

// add adds an element, and reports whether the lane is full.
func (l *lanes[T]) add(r int, element T) bool {
	n := int(l.taken[r])
	l.held[r*l.n+n] = element
	l.taken[r]++
	return n+1 == l.n
}

// take empties a lane.
func (l *lanes[T]) take(r int) []T {
	from, n := r*l.n, l.taken[r]
	l.taken[r] = 0
	return l.held[from:][:n]
}

// laneLen is the slots that are written at once.
const laneLen = 64

func makeTray(k *sorter) *tray {
	t := &tray{sorter: k, words: makeLanes[uint64](len(k.used), laneLen)}
	if k.text != nil {
		t.texts = makeLanes[uint32](len(k.used), 2*laneLen)
	}
	return t
}

// add takes the hash of a record's key.
func (t *tray) add(h uint64, record int) {
	if r := t.regionOf(h); t.words.add(r, h<<32|uint64(record+1)) {
		t.flushWords(r)
	}
}

// addText takes a hash for the filter of what Screen looks for.
func (t *tray) addText(h uint64) {
	if r := t.regionOf(h); t.texts.add(r, uint32(h)) {
		t.flushTexts(r)
	}
}

func (t *tray) flushWords(r int) {
	words := t.words.take(r)
	if at, ok := t.claim(r, len(words), false); ok {
		copy(t.index.slots[at:], words)
		return
	}
	t.over = append(t.over, words...)
}

func (t *tray) flushTexts(r int) {
	texts := t.texts.take(r)
	at, ok := t.claim(r, (len(texts)+1)/2, true)
	if !ok {
		for _, h := range texts {
			t.text.share(uint64(h))
		}
		return
	}
	for i := 0; i < len(texts); i += 2 {
		t.index.slots[at+i/2] = uint64(texts[i]) | uint64(texts[min(i+1, len(texts)-1)])<<32
	}
}

// flush writes what is left.
func (t *tray) flush() {
	for r := range t.words.taken {
		t.flushWords(r)
	}
	for r := range t.texts.taken {
		t.flushTexts(r)
	}
}

// fill fills a region in room, which is all zero before and after.
func (t *tray) fill(r int, room []uint64) {
	lo, hi := t.region(r)
	slots, used := t.index.slots[lo:hi], t.used[r].Load()
	for _, two := range slots[len(slots)-int(uint32(used)):] {
		t.text.set(two)
		t.text.set(two >> 32)
	}
	room = room[:len(slots)]
	for _, word := range slots[:used>>32] {
		t.index.filter.set(word >> 32)
		if !t.put(room, t.index.home(word>>32)-lo, word) {
			t.over = append(t.over, word)
		}
	}
	copy(slots, room)
	clear(room)
}

// finish enters what found no room, once all regions are filled.
func (t *tray) finish() {
	for _, word := range t.over {
		t.index.filter.set(word >> 32)
		if slots := t.index.slots; !t.put(slots, t.index.home(word>>32), word) {
			t.put(slots, 0, word)
		}
	}
}

// put enters a word in the slots from the j-th on. If a record with the same key has an
// entry already, the one that is earlier in the list gets it and the other goes to more,
// in whatever order they come here. It returns false if all slots are taken.
func (t *tray) put(slots []uint64, j int, word uint64) bool {
	for ; j < len(slots); j++ {
		have := slots[j]
		if have == 0 {
			slots[j] = word
			return true
		}
		if have>>32 == word>>32 && t.same(uint32(have)-1, uint32(word)-1) {
			slots[j] = min(have, word)
			t.more = append(t.more, uint32(max(have, word))-1)
			return true
		}
	}
	return false
}
