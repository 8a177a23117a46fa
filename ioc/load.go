package ioc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A Loader makes a List of its parts. Nothing in them is trusted: what a list
// could not hold is an error. The zero Loader is empty and ready.
//
//	Add(words…, tags…, paths…, notes…), then Append(Decode(records))…
//
// Add and Append are called in the order of the parts; Decode by any number of
// goroutines at once.
type Loader struct {
	list  List
	part  Part // of the last block
	short bool // the last block of records was not full
	doubt []uint32
}

// List returns the list, which is the caller's from then on.
func (b *Loader) List() *List { return &b.list }

// Doubtful are the numbers of the records that are not plain: those that only
// ParseBroad takes, or that have Warnings, are among them.
func (b *Loader) Doubtful() []uint32 { return b.doubt }

var (
	errCut  = errors.New("ends early")
	errMore = errors.New("has more than its items")
)

// Add takes a block of words, tags, paths or notes.
func (b *Loader) Add(p Part, items int, raw []byte) error {
	if p < PartWords || p > PartNotes || p < b.part {
		return fmt.Errorf("%s out of place", p)
	}
	b.part = p
	c := columns{rest: raw}
	l := &b.list
	switch p {
	case PartWords, PartPaths:
		names := &l.words
		if p == PartPaths {
			names = &l.paths
		}
		for range items {
			text := string(c.take(int(c.uvarint(uint64(len(c.rest))))))
			if c.err != nil {
				return c.err
			}
			if have := len(names.all); text == "" || int(names.id(text)) < have {
				return errors.New("a text is empty or there twice")
			}
		}
	case PartTags:
		var tags []string
		for range items {
			tags = tags[:0]
			for range c.uvarint(maxTags) {
				if id := c.uvarint(uint64(max(len(l.words.all), 1) - 1)); id > 0 {
					tags = append(tags, l.words.text(uint32(id)))
				}
			}
			have := len(l.tags.all)
			if c.err != nil {
				return c.err
			}
			if len(tags) == 0 || int(l.tags.id(tags)) < have {
				return errors.New("a list of tags is empty or there twice")
			}
		}
	case PartNotes:
		return b.addNotes(items, raw)
	}
	return c.end()
}

func (b *Loader) addNotes(items int, raw []byte) error {
	switch {
	case len(raw) < noteLen*items:
		return errCut
	case len(raw) > noteLen*items:
		return errMore
	}
	l := &b.list
	word := func(column, n int) uint32 { return binary.LittleEndian.Uint32(raw[4*(column*items+n):]) }
	single := func(column, n int) int8 { return int8(raw[(9*4+column)*items+n]) }
	for i := range items {
		n := note{threat: word(0, i), malware: word(1, i), tags: word(2, i), confidence: single(3, i), compromised: single(4, i)}
		dated := false
		for k := range 3 {
			n.low[k], n.nsec[k], n.high[k] = word(3+k, i), word(6+k, i), single(k, i)
			d := n.date(k)
			if d.kind > instantDate || d.kind == noDate && d != (Date{}) || d.nsec >= 1e9 || d.sec < -maxDateSec ||
				d.kind == dayDate && (d.nsec != 0 || d.sec%(24*60*60) != 0) {
				return fmt.Errorf("note %d: no date", i)
			}
			dated = dated || d.kind != noDate
		}
		if n.threat >= uint32(max(1, len(l.words.all))) || n.malware >= uint32(max(1, len(l.words.all))) || n.tags >= uint32(max(1, len(l.tags.all))) ||
			n.confidence < -1 || n.confidence > 100 || n.compromised < -1 || n.compromised > 1 || n == noNote {
			return fmt.Errorf("note %d: out of range", i)
		}
		*l.notes.grow() = n
		if !dated {
			if l.shared == nil {
				l.shared = map[note]uint32{}
			}
			l.shared[n] = uint32(l.notes.n)
		}
	}
	return nil
}

// Append adds a block of records behind all others.
func (b *Loader) Append(r *Records) error {
	l := &b.list
	switch {
	case b.short:
		return errors.New("a block that is not the last is not full")
	case int64(r.maxNote) > int64(l.notes.n):
		return fmt.Errorf("note %d of %d", r.maxNote, l.notes.n)
	case int64(r.maxPath) > int64(max(len(l.paths.all), 1)-1):
		return fmt.Errorf("path %d of %d", r.maxPath, len(l.paths.all))
	case uint64(len(l.spots)+len(r.spots)) >= spread || uint64(l.records.n+r.n) >= 1<<32-1:
		return errors.New("more than a list can hold")
	}
	b.part, b.short = PartRecords, r.n < blockRecords
	base := uint64(len(l.text.blocks)) << blockShift
	if base > 0 {
		for _, page := range r.pages {
			for i := range page {
				if k := &page[i].key; hasText(*k) {
					*k += base
				}
			}
		}
	}
	spots := uint32(len(l.spots))
	for _, n := range r.spread {
		r.at(int(n)).line += spots
	}
	for i := range r.spots {
		r.spots[i].next += spots
		r.spots[i].last += spots
	}
	from := uint32(l.records.n)
	for _, x := range r.runs {
		if last := len(l.runs) - 1; last < 0 || l.runs[last].path != x.path {
			l.runs = append(l.runs, run{x.from + from, x.path})
		}
	}
	for _, n := range r.doubt {
		b.doubt = append(b.doubt, n+from)
	}
	for t := range r.counts {
		l.counts[t] += r.counts[t]
	}
	l.text.blocks = append(l.text.blocks, r.text...)
	l.spots = append(l.spots, r.spots...)
	l.records.pages = append(l.records.pages, r.pages...)
	l.records.n += r.n
	return nil
}

// columns takes columns off the beginning of a block. After an error all are
// empty and all numbers 0.
type columns struct {
	rest []byte
	err  error
}

func (c *columns) take(n int) []byte {
	if n > len(c.rest) {
		c.fail(errCut)
		return nil
	}
	t := c.rest[:n]
	c.rest = c.rest[n:]
	return t
}

func (c *columns) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.rest = nil
}

// uvarint reads a number up to most.
func (c *columns) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(c.rest)
	switch {
	case n <= 0:
		c.fail(errCut)
		return 0
	case v > most:
		c.fail(errors.New("number out of range"))
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

// varint reads a number of at most 40 bits.
func (c *columns) varint() int64 {
	if len(c.rest) > 0 && c.rest[0] < 0x80 { // nearly all
		v := c.rest[0]
		c.rest = c.rest[1:]
		return int64(v>>1) ^ -int64(v&1)
	}
	v, n := binary.Varint(c.rest)
	if n <= 0 || v < -1<<40 || v > 1<<40 {
		c.fail(errCut)
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *columns) end() error {
	if c.err == nil && len(c.rest) > 0 {
		return errMore
	}
	return c.err
}
