package ioc

import (
	"encoding/binary"
	"iter"
	"slices"
)

// maxTags bounds the tags of one indicator.
const maxTags = 256

// A note is the Details of a record in 44 bytes: names by number, and the
// dates' seconds in 40 bits.
type note struct {
	threat, malware, tags uint32

	// first_seen, last_seen, valid_until
	low  [3]uint32
	nsec [3]uint32 // and the kind in the top two bits
	high [3]int8

	confidence  int8
	compromised int8
}

// noNote is NoDetails. It has number 0 and is not stored.
var noNote = note{confidence: -1, compromised: -1}

const kindShift = 30

func (n *note) date(k int) Date {
	return Date{int64(n.high[k])<<32 | int64(n.low[k]), int32(n.nsec[k] & (1<<kindShift - 1)), dateKind(n.nsec[k] >> kindShift)}
}

func (n *note) setDate(k int, d Date) {
	n.high[k], n.low[k] = int8(d.sec>>32), uint32(d.sec)
	n.nsec[k] = uint32(d.nsec) | uint32(d.kind)<<kindShift
}

// note returns the number of the note that holds these details.
func (l *List) note(d *Details) uint32 {
	n := note{
		threat:      l.words.id(d.ThreatType),
		malware:     l.words.id(d.Malware),
		tags:        l.tags.id(d.Tags),
		confidence:  int8(max(-1, min(d.Confidence, 100))),
		compromised: max(-1, min(d.Compromised, 1)),
	}
	for k, date := range [...]Date{d.FirstSeen, d.LastSeen, d.ValidUntil} {
		n.setDate(k, date)
	}
	return l.noteID(n)
}

// noteID numbers a note. Notes without dates are few, and shared by many records. Notes
// with dates seldom repeat, except one behind the other.
func (l *List) noteID(n note) uint32 {
	if n == noNote {
		return 0
	}
	if n.nsec[0]|n.nsec[1]|n.nsec[2] != 0 {
		if last := l.notes.n; last == 0 || *l.notes.at(last - 1) != n {
			*l.notes.grow() = n
		}
		return uint32(l.notes.n)
	}
	id, ok := l.shared[n]
	if !ok {
		if l.shared == nil {
			l.shared = map[note]uint32{}
		}
		*l.notes.grow() = n
		id = uint32(l.notes.n)
		l.shared[n] = id
	}
	return id
}

func (l *List) noteAt(id uint32) note {
	if id == 0 {
		return noNote
	}
	return *l.notes.at(int(id) - 1)
}

func (l *List) details(id uint32) Details {
	n := l.noteAt(id)
	return Details{
		ThreatType:  l.words.text(n.threat),
		Malware:     l.words.text(n.malware),
		Confidence:  int(n.confidence),
		FirstSeen:   n.date(0),
		LastSeen:    n.date(1),
		ValidUntil:  n.date(2),
		Compromised: n.compromised,
		Tags:        l.tags.list(n.tags),
	}
}

// HasDetails reports whether some indicator has details.
func (l *List) HasDetails() bool { return l.notes.n > 0 }

// Details returns the number of each indicator with its details.
func (l *List) Details() iter.Seq2[int, Details] {
	return func(yield func(int, Details) bool) {
		for n := range l.Len() {
			if !yield(n, l.details(l.records.at(n).note)) {
				return
			}
		}
	}
}

// mergeNotes returns the number of the note into which two notes merge, see List.Add.
func (l *List) mergeNotes(to, more uint32) uint32 {
	n, m := l.noteAt(to), l.noteAt(more)
	was := n
	if n.threat == 0 {
		n.threat = m.threat
	}
	if n.malware == 0 {
		n.malware = m.malware
	}
	n.confidence = max(n.confidence, m.confidence)
	n.compromised = max(n.compromised, m.compromised) // yes 1, no 0, not said -1
	if d, have := m.date(0), n.date(0); !d.IsZero() && (have.IsZero() || d.Compare(have) < 0) {
		n.setDate(0, d)
	}
	if d, have := m.date(1), n.date(1); !d.IsZero() && (have.IsZero() || d.Compare(have) > 0) {
		n.setDate(1, d)
	}
	// No end is later than any end.
	if d, have := m.date(2), n.date(2); d.IsZero() || !have.IsZero() && d.Compare(have) > 0 {
		n.setDate(2, d)
	}
	if m.tags != n.tags {
		n.tags = l.tags.id(unite(l.tags.list(n.tags), l.tags.list(m.tags)))
	}
	if n == was {
		return to
	}
	return l.noteID(n)
}

// unite appends the members of more that list does not have, up to maxTags in all. The
// list's own memory is not written to.
func unite(list, more []string) []string {
	list = slices.Clip(list)
	for _, s := range more {
		if len(list) >= maxTags {
			break
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// A nameList numbers names that repeat; 0 is the empty one.
type nameList struct {
	ids map[string]uint32
	all []string
}

func (w *nameList) id(s string) uint32 {
	if s == "" {
		return 0
	}
	id, ok := w.ids[s]
	if !ok {
		if w.ids == nil {
			w.ids, w.all = map[string]uint32{}, []string{""}
		}
		id = uint32(len(w.all))
		w.ids[s] = id
		w.all = append(w.all, s)
	}
	return id
}

func (w *nameList) text(id uint32) string {
	if id == 0 {
		return ""
	}
	return w.all[id]
}

// A tagLists numbers lists of tags; 0 is the empty one.
type tagLists struct {
	ids map[string]uint32 // by all tags, with the length before each
	all [][]string
	key []byte
}

func (t *tagLists) id(tags []string) uint32 {
	if len(tags) == 0 {
		return 0
	}
	t.key = t.key[:0]
	for _, s := range tags {
		t.key = append(binary.AppendUvarint(t.key, uint64(len(s))), s...)
	}
	id, ok := t.ids[string(t.key)]
	if !ok {
		if t.ids == nil {
			t.ids, t.all = map[string]uint32{}, [][]string{nil}
		}
		id = uint32(len(t.all))
		t.ids[string(t.key)] = id
		t.all = append(t.all, unique(tags))
	}
	return id
}

func (t *tagLists) list(id uint32) []string {
	if id == 0 {
		return nil
	}
	return t.all[id]
}

// unique is a copy of a list without repeats.
func unique(list []string) []string { return unite(nil, list) }
