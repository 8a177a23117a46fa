package ioc

import "github.com/iocsweep/iocsweep/formats/simd"

// jsonKeys are the keys that cells of one column were seen to have, so that
// members nobody wants are stepped over many at a time: cells of one kind of
// event have the same keys in the same order.
type jsonKeys struct {
	of      []Member         // the typed ones
	list    []simd.Key       // by number; 0 stands for none
	more    []jsonKey        // by number, too
	numbers map[string]int32 // by glue

	// The cell that is being walked, and what is behind it.
	room                   []byte
	quotes, slashes, lines []uint64 // quotes is empty where the cell is not to be stepped over
	none                   [1]simd.Value
}

type jsonKey struct {
	glue  string // `"query":` and white space, as simd.Key has it
	key   int    // length of the key in it
	kind  Kind
	typed bool
}

const (
	maxJSONKeys = 1024 // remembered, so that hostile cells cannot fill memory
	minStepped  = 64   // bytes of a cell that is worth it
)

// begin turns to a cell. Bytes behind it may be read, up to its capacity.
func (k *jsonKeys) begin(members []Member, cell []byte) {
	words := (len(cell) + 63) / 64
	if k.quotes = k.quotes[:0]; len(cell) < minStepped || cap(cell) < 64*words {
		return
	}
	if len(members) != len(k.of) || len(members) > 0 && &members[0] != &k.of[0] || k.numbers == nil {
		k.of, k.list, k.more, k.numbers = members, []simd.Key{simd.NewKey(-1, 0)}, []jsonKey{{}}, map[string]int32{}
	}
	for len(k.slashes) < words {
		k.slashes, k.lines = append(k.slashes, 0), append(k.lines, 0)
	}
	if cap(k.quotes) < words+3 {
		k.quotes = make([]uint64, 2*words+3)
	}
	k.quotes = k.quotes[:words+3]
	clear(k.quotes[words:])
	k.room = cell[:cap(cell)]
	simd.JSON(k.room[:64*words], 0, k.quotes[:words], k.slashes[:words], k.lines[:words])
}

// step steps over members from at on, where a key stands behind prev, that are
// strings, numbers, true, false or null and not typed. It returns where it stopped,
// behind a value or at at, and the last key before that.
func (k *jsonKeys) step(at, end int, prev int32) (int, int32) {
	to, prev := simd.Members(k.room, k.quotes, at-1, end, k.list, prev, k.none[:])
	switch {
	case to < at:
		return at, prev
	case k.room[to-1] != '"': // it may be the beginning of some other word
		to += wordEnd(k.room[to:end])
	}
	return to, prev
}

// expected returns the key that c begins with, if it is one of those that came
// behind prev before.
func (k *jsonKeys) expected(c []byte, prev int32) (number int32, ok bool) {
	for _, n := range k.list[prev].Followers() {
		if glue := k.more[n].glue; n > 0 && len(glue) <= len(c) && string(c[:len(glue)]) == glue {
			k.list[prev].Expect(n)
			return n, true
		}
	}
	return 0, false
}

// absent returns where the string ends, before end, of which the inside begins at
// from, if it surely holds nothing of a kind; 0 if it may. Most values are turned
// away so: they need be neither decoded nor put in their place.
func (k *jsonKeys) absent(s *Set, kind Kind, from, end int) int {
	to := simd.Next(k.quotes, from, end)
	switch {
	case to < 0:
		return 0
	case to == from:
		return to
	case kind == KindList:
		if !s.absentMembers(k.room, from, to) {
			return 0
		}
	case !isAlnum(k.room[from]) || simd.Next(k.slashes, from, to) >= 0 || !s.absent(kind, k.room, from, to):
		return 0 // JSON may be in it, and an escape may be part of a name
	}
	return to
}

// learn returns the number of a key of which the glue is all that comes before
// its value, 0 if it is not remembered.
func (k *jsonKeys) learn(prev int32, glue []byte, key int, kind Kind, typed bool) int32 {
	n, ok := k.numbers[string(glue)]
	if !ok {
		if len(k.list) >= maxJSONKeys || len(glue) > 64 {
			return 0
		}
		n = int32(len(k.list))
		fresh := simd.NewKey(-1, 0)
		if !typed {
			fresh.Stick(string(glue))
		}
		k.list, k.more = append(k.list, fresh), append(k.more, jsonKey{string(glue), key, kind, typed})
		k.numbers[string(glue)] = n
	}
	k.list[prev].Expect(n)
	return n
}
