package ioc

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
)

// A Part is a kind of the parts in which a List is stored. They come in the
// order of their numbers, each kind as one or more blocks of so many items.
// Numbers of words, lists of tags, paths and notes begin at 1; 0 is none. All
// of them are numbered in the order in which the records come to them, so that
// equal lists have equal parts. v is a varint of encoding/binary, s a varint
// with sign; columns stand one behind the other.
//
//	words    of each its length (v) and bytes: threat types, malware, tags
//	tags     of each how many words (v), and their numbers (v)
//	paths    as words: what stands before the number of a line
//	notes    columns: threat, malware, tags; of first_seen, last_seen and
//	         valid_until the lower half of the seconds, then the nanoseconds
//	         with the kind in the top two bits; all of 4 bytes, little-endian;
//	         the upper 8 bits of the three seconds; confidence; compromised
//	records  columns: form; length of each name and of each hash; length of each
//	         URL (2 bytes, little-endian); port of what has one (likewise); prefix length of each network; IPv4 addresses (4
//	         bytes); note, as difference from the one before (s); line, likewise;
//	         the runs of records with the same path: how many (v), of each the
//	         number of records (v) and the path (v); the records with more
//	         places: how many (v), of each how many records after the last such
//	         (v), how many more places (v), and their paths and lines (v); then
//	         the names, URLs, hashes and IPv6 addresses of 16 bytes, in the order
//	         of records
//
// The names 203.0.113.7:23 (line 12 of a.txt) and evil.example (line 13), of
// which nothing else is known, are one record block:
//
//	02 00  0c  17 00  cb 00 71 07  00 00  18 02  01 02 01  00  evil.example
type Part uint8

// The parts of a List.
const (
	PartWords Part = 1 + iota
	PartTags
	PartPaths
	PartNotes
	PartRecords
)

// String is the part as errors name it.
func (p Part) String() string {
	names := [...]string{"info", "words", "tags", "paths", "notes", "records"}
	if int(p) < len(names) {
		return names[p]
	}
	return fmt.Sprintf("part %d", uint8(p))
}

// Items of a block. All blocks of records but the last are full.
const (
	blockRecords = 1 << blockBits
	blockBits    = 16
	blockBytes   = 1 << 20 // from which on a block of words, tags or paths is full
)

// Parts stores the list: it calls emit for each block, which may keep raw. It
// fails where emit does, and at an indicator that is in no normal form.
func (l *List) Parts(emit func(p Part, items int, raw []byte) error) error {
	s := storing{list: l, emit: emit,
		wordTo: make([]uint32, len(l.words.all)+1), tagsTo: make([]uint32, len(l.tags.all)+1),
		paths: renumbering{to: make([]uint32, len(l.paths.all)+1)}, notes: renumbering{to: make([]uint32, l.notes.n+1)}}
	s.number()
	for _, part := range []func() error{s.storeWords, s.storeTags, s.storePaths, s.storeNotes, s.storeRecords} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// A renumbering numbers things in the order in which they are met.
type renumbering struct {
	to  []uint32 // new numbers by old; 0: not met
	old []uint32 // old numbers by new, less one
}

// meet numbers a thing that has no number yet, and reports whether it had none.
func (r *renumbering) meet(old uint32) (first bool) {
	if old == 0 || r.to[old] != 0 {
		return false
	}
	r.old = append(r.old, old)
	r.to[old] = uint32(len(r.old))
	return true
}

// A storing is a list being stored.
type storing struct {
	list         *List
	emit         func(Part, int, []byte) error
	words        nameList // in the new order; tags are among them
	tags         tagLists // in the new order; some old numbers have equal ones
	wordTo       []uint32 // new numbers by old
	tagsTo       []uint32
	paths, notes renumbering
}

// number goes through all that records say.
func (s *storing) number() {
	l := s.list
	for n := range l.Len() {
		r := l.records.at(n)
		for p := range l.placesOf(n) {
			s.paths.meet(p.path)
		}
		if !s.notes.meet(r.note) {
			continue
		}
		note := l.notes.at(int(r.note) - 1)
		s.wordTo[note.threat] = s.words.id(l.words.text(note.threat))
		s.wordTo[note.malware] = s.words.id(l.words.text(note.malware))
		if note.tags != 0 && s.tagsTo[note.tags] == 0 {
			tags := l.tags.list(note.tags)
			s.tagsTo[note.tags] = s.tags.id(tags)
			for _, tag := range tags {
				s.words.id(tag)
			}
		}
	}
}

func (s *storing) storeWords() error {
	return s.blocks(PartWords, max(1, len(s.words.all))-1, func(raw []byte, n int) []byte {
		return appendText(raw, s.words.all[n+1])
	})
}

func (s *storing) storePaths() error {
	return s.blocks(PartPaths, len(s.paths.old), func(raw []byte, n int) []byte {
		return appendText(raw, s.list.paths.text(s.paths.old[n]))
	})
}

func appendText(raw []byte, text string) []byte {
	return append(binary.AppendUvarint(raw, uint64(len(text))), text...)
}

func (s *storing) storeTags() error {
	return s.blocks(PartTags, max(1, len(s.tags.all))-1, func(raw []byte, n int) []byte {
		tags := s.tags.list(uint32(n + 1))
		raw = binary.AppendUvarint(raw, uint64(len(tags)))
		for _, tag := range tags {
			raw = binary.AppendUvarint(raw, uint64(s.words.id(tag)))
		}
		return raw
	})
}

// blocks emits n items in blocks of some bytes.
func (s *storing) blocks(p Part, n int, item func(raw []byte, n int) []byte) error {
	var raw []byte
	from := 0
	for i := range n {
		raw = item(raw, i)
		if len(raw) >= blockBytes || i == n-1 {
			if err := s.emit(p, i+1-from, raw); err != nil {
				return err
			}
			raw, from = nil, i+1
		}
	}
	return nil
}

// noteLen is the bytes of a stored note.
const noteLen = 9*4 + 5

func (s *storing) storeNotes() error {
	for from := 0; from < len(s.notes.old); from += blockRecords {
		old := s.notes.old[from:min(from+blockRecords, len(s.notes.old))]
		raw := make([]byte, 0, noteLen*len(old))
		words := func(of func(*note) uint32) {
			for _, n := range old {
				raw = binary.LittleEndian.AppendUint32(raw, of(s.list.notes.at(int(n)-1)))
			}
		}
		bytes := func(of func(*note) int8) {
			for _, n := range old {
				raw = append(raw, byte(of(s.list.notes.at(int(n)-1))))
			}
		}
		words(func(n *note) uint32 { return s.wordTo[n.threat] })
		words(func(n *note) uint32 { return s.wordTo[n.malware] })
		words(func(n *note) uint32 { return s.tagsTo[n.tags] })
		for k := range 3 {
			words(func(n *note) uint32 { return n.low[k] })
		}
		for k := range 3 {
			words(func(n *note) uint32 { return n.nsec[k] })
		}
		for k := range 3 {
			bytes(func(n *note) int8 { return n.high[k] })
		}
		bytes(func(n *note) int8 { return n.confidence })
		bytes(func(n *note) int8 { return n.compromised })
		if err := s.emit(PartNotes, len(old), raw); err != nil {
			return err
		}
	}
	return nil
}

func (s *storing) storeRecords() error {
	for from := 0; from < s.list.Len(); from += blockRecords {
		raw, err := s.records(from, min(from+blockRecords, s.list.Len()))
		if err != nil {
			return err
		}
		if err := s.emit(PartRecords, min(blockRecords, s.list.Len()-from), raw); err != nil {
			return err
		}
	}
	return nil
}

// records stores the records from to to-1.
func (s *storing) records(from, to int) ([]byte, error) {
	var c recordColumns
	for n := from; n < to; n++ {
		r := s.list.records.at(n)
		if err := c.addKey(s.list, r.key); err != nil {
			return nil, fmt.Errorf("store indicators: %w", err)
		}
		c.addNote(int64(s.notes.to[r.note]))
		c.addPlaces(n-from, s.list.placesOf(n), s.paths.to)
	}
	raw := c.bytes()
	if len(raw) > math.MaxInt32 {
		return nil, fmt.Errorf("store indicators: %d bytes for %d indicators", len(raw), to-from)
	}
	return raw, nil
}

// placesOf yields the places of a record; of one without, the zero place.
func (l *List) placesOf(n int) iter.Seq[place] {
	return func(yield func(place) bool) {
		line := l.records.at(n).line
		if line&spread == 0 {
			yield(place{l.pathOf(n), line})
			return
		}
		at := line &^ spread
		for range l.spots[at].n {
			if !yield(l.spots[at].place) {
				return
			}
			at = l.spots[at].next
		}
	}
}

// isNormalName reports whether a name is what ParseBroad makes of it.
func isNormalName(name []byte) bool {
	if len(name) > maxName {
		return false
	}
	if _, plain := plainName(name); plain {
		return true
	}
	i, err := ParseBroad(string(name))
	return err == nil && i.Type == Domain && i.Value == string(name)
}
