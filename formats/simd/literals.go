package simd

// Literals finds the places in a text where one of some short texts, the literals, may
// begin. A literal is in one of eight groups, and counts with its first [LiteralLen]
// bytes or fewer. Of a group only this is known: the lower halves of the bytes that its
// literals have at each place, and for the first two places, which are ASCII, the upper
// halves too. So it finds too many places, more with more literals in one group, but
// never too few. The zero Literals has none.
type Literals struct {
	// By place and half of a byte, the groups that have it there, as bits.
	lower [LiteralLen][16]uint8
	upper [upperLen][16]uint8
}

const (
	// LiteralLen is how many bytes of a literal count.
	LiteralLen = 4
	// upperLen is how many bytes count with both halves. In text that is nearly all
	// digits the other upper halves would tell hardly more, and bytes that are not
	// ASCII may stand there.
	upperLen = 2
)

// Add has literals of a group, below 8, have b at a place. A group has literals only if
// it has a byte at all places.
func (l *Literals) Add(group, place int, b byte) {
	l.lower[place][b&15] |= 1 << group
	if place < upperLen {
		l.upper[place][b>>4] |= 1 << group
	}
}

// Any has literals of a group have any byte from a place on, or from the third if that is
// later.
func (l *Literals) Any(group, place int) {
	for place = max(place, upperLen); place < LiteralLen; place++ {
		for b := range byte(16) {
			l.Add(group, place, b)
		}
	}
}

// Groups returns a bit for each group that may have a literal which begins with b.
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

// Has reports whether literals of a group may have b at a place.
func (l *Literals) Has(group, place int, b byte) bool {
	return l.lower[place][b&15]>>group&1 != 0 && (place >= upperLen || l.upper[place][b>>4]>>group&1 != 0)
}

// Mark sets a bit for each byte of data at which a literal or a UTF-8 character that is
// not ASCII may begin. marks has a word for each 64 bytes, and data must reach
// LiteralLen-1 bytes beyond these.
func (l *Literals) Mark(data []byte, marks []uint64) {
	n := len(marks)
	if n == 0 {
		return
	}
	_ = data[64*n+LiteralLen-2]
	markLiterals(data, l, marks)
}

// MarksQuickly reports whether Mark has a kernel. Without one it takes as long as
// splitting all records.
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
