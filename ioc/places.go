package ioc

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A place is where an indicator was read: the number of a path in List.paths and
// a line, 0 for a text that has none. The zero place is none.
type place struct{ path, line uint32 }

// A run says that the records from one on, up to the next run, have the same path. Most
// records have one place, and all those of a feed have the same path, so a record itself
// has only a line. If it has more places, its line is the mark spread and the number of
// a spot.
type run struct{ from, path uint32 }

const spread = 1 << 31

// A spot is one of several places of a record. The first one says how many
// there are and which is the last.
type spot struct {
	place
	next    uint32
	n, last uint32
}

// maxPlaces bounds the places of one indicator, for feeds that repeat one line
// for ever.
const maxPlaces = 100

// placeOf numbers the path of path:line. A text of another form is a path
// without line.
func (l *List) placeOf(f string) place {
	if colon := strings.LastIndexByte(f, ':'); colon >= 0 {
		if n, err := strconv.ParseUint(f[colon+1:], 10, 31); err == nil && n > 0 && isDigit(f[colon+1]) && f[colon+1] != '0' {
			return place{l.paths.id(f[:colon+1]), uint32(n)}
		}
	}
	return place{l.paths.id(f), 0}
}

func (l *List) firstPlace(i *Indicator) place {
	if len(i.Feeds) == 0 {
		return place{}
	}
	return l.placeOf(i.Feeds[0])
}

// addPlaces adds all places of an indicator but the first.
func (l *List) addPlaces(n int, i *Indicator) {
	for k := 1; k < min(len(i.Feeds), maxPlaces); k++ {
		l.addPlace(n, l.placeOf(i.Feeds[k]))
	}
}

// addPlace adds a place to a record unless it has it.
func (l *List) addPlace(n int, p place) {
	if p.path == 0 {
		return
	}
	r := l.records.at(n)
	if r.line&spread == 0 {
		first := place{l.pathOf(n), r.line}
		if first == p {
			return
		}
		if first.path == 0 {
			// It had no place. The run's path is none of this record's.
			r.line = spread | l.newSpot(p)
			return
		}
		r.line = spread | l.newSpot(first)
	}
	first := r.line &^ spread
	for at, k := first, uint32(0); k < l.spots[first].n; at, k = l.spots[at].next, k+1 {
		if l.spots[first].n >= maxPlaces || l.spots[at].place == p {
			return
		}
	}
	more := l.newSpot(p)
	head := &l.spots[first]
	l.spots[head.last].next = more
	head.last = more
	head.n++
}

func (l *List) newSpot(p place) uint32 {
	at := uint32(len(l.spots))
	l.spots = append(l.spots, spot{place: p, n: 1, last: at})
	return at
}

// pathOf is the path of a record that stands in one place.
func (l *List) pathOf(n int) uint32 {
	last := len(l.runs) - 1
	if last < 0 {
		return 0
	}
	if int(l.runs[last].from) <= n {
		return l.runs[last].path
	}
	return l.runs[sort.Search(len(l.runs), func(i int) bool { return int(l.runs[i].from) > n })-1].path
}

// feeds appends the places of a record, as Indicator.Feeds has them, to list,
// and the texts that it makes to text, and returns both.
func (l *List) feeds(n int, list []string, text []byte) ([]string, []byte) {
	line := l.records.at(n).line
	if line&spread == 0 {
		p := place{l.pathOf(n), line}
		if p.path == 0 {
			return list, text
		}
		var s string
		s, text = l.placeText(p, text)
		return append(list, s), text
	}
	at := line &^ spread
	list = slices.Grow(list, int(l.spots[at].n))
	for range l.spots[at].n {
		var s string
		s, text = l.placeText(l.spots[at].place, text)
		list = append(list, s)
		at = l.spots[at].next
	}
	return list, text
}

func (l *List) placeText(p place, text []byte) (string, []byte) {
	path := l.paths.text(p.path)
	if p.line == 0 {
		return path, text
	}
	from := len(text)
	text = strconv.AppendUint(append(text, path...), uint64(p.line), 10)
	return textFrom(text, from), text
}
