package simd

// Literals tells the places in a text where one of some short texts may begin.
// Of each it knows the first [LiteralLen] bytes, or fewer, in one of eight
// groups: the lower halves of the bytes that the group has at each place, and for the
// first two places, where all are ASCII, the upper halves too. So it tells too many
// places, the more the more texts are in one group, but never too few. The zero
// Literals has no texts.
type Literals struct {
	// At each place, by a half, the groups that have it there.
	lower [LiteralLen][16]uint8
	upper [upperLen][16]uint8
}

const (
	// LiteralLen is how many bytes of a text count.
	LiteralLen = 4
	// upperLen is how many count whole. In what is nearly all digits, the upper
	// halves of the others tell hardly more; and what is not ASCII may follow there.
	upperLen = 2
)

// Add enters that texts of a group, below 8, may have a byte at a place. A
// group has texts only if it has a byte at all places.
func (l *Literals) Add(group, place int, b byte) {
	l.lower[place][b&15] |= 1 << group
	if place < upperLen {
		l.upper[place][b>>4] |= 1 << group
	}
}

// Any enters that texts of a group may have any byte from a place on, at least the
// third.
func (l *Literals) Any(group, place int) {
	for place = max(place, upperLen); place < LiteralLen; place++ {
		for b := range byte(16) {
			l.Add(group, place, b)
		}
	}
}

// Groups returns a bit for each group of which a text may begin with b.
func (l *Literals) Groups(b *[LiteralLen]byte) uint8 {
	groups := ^uint8(0)
	for place, c := range b {
		groups &= l.lower[place][c&15]
		if place < upperLen {
			groups &= l.upper[place][c>>4]
		}
	}
	return groups
}

// Has says that texts of a group may have b at a place, as far as can be told.
func (l *Literals) Has(group, place int, b byte) bool {
	return l.lower[place][b&15]>>group&1 != 0 && (place >= upperLen || l.upper[place][b>>4]>>group&1 != 0)
}

// Mark sets a bit for each byte of data at which a text may begin, or with which a
// character of UTF-8 begins that is not ASCII: marks has a word for each 64 bytes, and data must reach LiteralLen-1
// bytes beyond these.
func (l *Literals) Mark(data []byte, marks []uint64) {
	n := len(marks)
	if n == 0 {
		return
	}
	_ = data[64*n+LiteralLen-2]
	markLiterals(data, l, marks)
}

// MarksQuickly says that a kernel marks literals. Without one it takes as long as to
// split all records.
func MarksQuickly() bool { return level >= NEON }

func markLiteralsGo(data []byte, l *Literals, marks []uint64) {
	for w := range marks {
		chunk := (*[64 + LiteralLen - 1]byte)(data[64*w:])
		var m uint64
		for i := range 64 {
			if chunk[i] >= 0xC0 || l.Groups((*[LiteralLen]byte)(chunk[i:])) != 0 {
				m |= 1 << i
			}
		}
		marks[w] = m
	}
}
