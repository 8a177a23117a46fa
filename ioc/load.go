package ioc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/iocsweep/iocsweep/formats/mem"
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

// Records are a decoded block of records, whose places in texts and spots are
// still those within the block.
type Records struct {
	n                int
	pages            [][]record
	text             [][]byte
	spread           []uint32 // records with a spot
	spots            []spot
	runs             []run
	counts           [types]int
	doubt            []uint32
	maxNote, maxPath uint32
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
		r.pages[n>>pageShift][n&(pageLen-1)].line += spots
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

// Decode reads a block of records. It keeps nothing of raw.
func (b *Loader) Decode(items int, raw []byte) (*Records, error) {
	if items < 1 || items > blockRecords {
		return nil, fmt.Errorf("%d records in a block", items)
	}
	r := &Records{n: items, pages: make([][]record, (items+pageLen-1)/pageLen)}
	c := columns{rest: raw}
	forms := c.take(items)
	var count [len(formTypes)]int
	for _, f := range forms {
		if int(f) >= len(count) || f == formOdd {
			return nil, errors.New("unknown form of an indicator")
		}
		count[f]++
	}
	lengths := c.take(count[formName] + count[formHash])
	urls := c.take(2 * count[formURL])
	ports := c.take(2 * (count[form4Port] + count[form6Port]))
	bits := c.take(count[formNet4] + count[formNet6])
	addrs := c.take(4 * (count[form4] + count[form4Port] + count[formNet4]))
	if c.err != nil {
		return nil, c.err
	}
	all := mem.Make[record](len(r.pages) * pageLen)
	for i := range r.pages {
		r.pages[i], all = all[:pageLen:pageLen], all[pageLen:]
	}
	at := func(n int) *record { return &r.pages[n>>pageShift][n&(pageLen-1)] }
	note, line := int64(0), int64(0)
	for n := range items {
		note += c.varint()
		if note < 0 || note > 1<<32-1 {
			return nil, errors.New("note out of range")
		}
		at(n).note = uint32(note)
		r.maxNote = max(r.maxNote, uint32(note))
	}
	for n := range items {
		line += c.varint()
		if line < 0 || line >= spread {
			return nil, errors.New("line out of range")
		}
		at(n).line = uint32(line)
	}
	if err := r.places(&c, at); err != nil {
		return nil, err
	}
	text := arenaOf{text: append(mem.Make[byte](len(c.rest))[:0], c.rest...)}
	special := special()
	for n, form := range forms {
		key, plain := uint64(form)<<formShift, true
		switch form {
		case formName:
			name, place := text.take(int(lengths[0]))
			lengths = lengths[1:]
			if _, plain = plainName(name); !plain && !isNormalName(name) {
				return nil, fmt.Errorf("record %d: no name in normal form", n)
			}
			plain = plain && !isSuffix(name)
			key |= uint64(len(name))<<placeBits | place
			r.counts[Domain]++
		case formHash:
			hash, place := text.take(int(lengths[0]))
			lengths = lengths[1:]
			if len(hash) != 16 && len(hash) != 20 && len(hash) != 32 {
				return nil, fmt.Errorf("record %d: no hash", n)
			}
			key |= uint64(len(hash))<<placeBits | place
			plain = false
			r.counts[Hash]++
		case formURL:
			url, place := text.take(int(binary.LittleEndian.Uint16(urls)))
			urls = urls[2:]
			if !isNormalURL(url) {
				return nil, fmt.Errorf("record %d: no URL in normal form", n)
			}
			key |= uint64(len(url))<<placeBits | place
			plain = false
			r.counts[URL]++
		case form4, form4Port, formNet4:
			v := binary.BigEndian.Uint32(addrs)
			addrs = addrs[4:]
			key |= uint64(v)
			plain = !special.may4(v)
			switch form {
			case form4:
				r.counts[IP]++
			case form4Port:
				key |= uint64(binary.LittleEndian.Uint16(ports)) << 32
				ports = ports[2:]
				r.counts[IPPort]++
			case formNet4:
				key |= uint64(bits[0]) << 32
				if p := netip.PrefixFrom(addr4(v), int(bits[0])); bits[0] > 31 || p != p.Masked() {
					return nil, fmt.Errorf("record %d: no network", n)
				}
				bits, plain = bits[1:], false
				r.counts[CIDR]++
			}
		default:
			sixteen, place := text.take(16)
			if sixteen == nil {
				return nil, errCut
			}
			a := netip.AddrFrom16([16]byte(sixteen))
			if a.Is4In6() {
				return nil, fmt.Errorf("record %d: no IPv6 address", n)
			}
			key |= place
			plain = !special.may6(sixteen[0], sixteen[1])
			switch form {
			case form6:
				r.counts[IP]++
			case form6Port:
				key |= uint64(binary.LittleEndian.Uint16(ports)) << placeBits
				ports = ports[2:]
				r.counts[IPPort]++
			case formNet6:
				key |= uint64(bits[0]) << placeBits
				if p := netip.PrefixFrom(a, int(bits[0])); bits[0] > 127 || p != p.Masked() {
					return nil, fmt.Errorf("record %d: no network", n)
				}
				bits, plain = bits[1:], false
				r.counts[CIDR]++
			}
		}
		at(n).key = key
		if !plain {
			r.doubt = append(r.doubt, uint32(n))
		}
	}
	if len(text.text) > text.at {
		return nil, errMore
	}
	r.text = text.blocks
	return r, nil
}

// places reads the runs and the records with more places than one.
func (r *Records) places(c *columns, at func(int) *record) error {
	n := 0
	for range c.uvarint(uint64(r.n)) {
		length, path := int(c.uvarint(uint64(r.n-n))), uint32(c.uvarint(1<<32-1))
		if length == 0 {
			return errors.New("a run of no records")
		}
		r.runs = append(r.runs, run{uint32(n), path})
		r.maxPath = max(r.maxPath, path)
		for k := n; path == 0 && k < n+length; k++ {
			if at(k).line != 0 {
				return errors.New("a line without path")
			}
		}
		n += length
	}
	if n != r.n {
		return errors.New("runs of other records")
	}
	n = 0
	path := 0 // run of n
	for i := range c.uvarint(uint64(r.n)) {
		step := int(c.uvarint(uint64(r.n - 1 - n)))
		if i > 0 && step == 0 {
			return errors.New("more places of the same record")
		}
		n += step
		for path+1 < len(r.runs) && int(r.runs[path+1].from) <= n {
			path++
		}
		more := int(c.uvarint(maxPlaces - 1))
		if c.err != nil {
			return c.err
		}
		first := uint32(len(r.spots))
		r.spots = append(r.spots, spot{place: place{r.runs[path].path, at(n).line}})
		for k := range more {
			p := place{uint32(c.uvarint(1<<32 - 1)), uint32(c.uvarint(spread - 1))}
			if p.path == 0 {
				return errors.New("a place without path")
			}
			r.maxPath = max(r.maxPath, p.path)
			r.spots = append(r.spots, spot{place: p})
			r.spots[int(first)+k].next = first + uint32(k) + 1
		}
		r.spots[first].n, r.spots[first].last = uint32(more+1), first+uint32(more)
		for k := first + 1; k < uint32(len(r.spots)); k++ {
			r.spots[k].n, r.spots[k].last = 1, k
		}
		at(n).line = spread | first
		r.spread = append(r.spread, uint32(n))
	}
	return c.err
}

// arenaOf takes texts off the beginning of one, as blocks of an arena.
type arenaOf struct {
	text   []byte
	at     int
	from   int // where the last block begins
	blocks [][]byte
}

// take returns the next n bytes and their place, nil if there are not so many.
func (a *arenaOf) take(n int) ([]byte, uint64) {
	if n > len(a.text)-a.at {
		return nil, 0
	}
	if len(a.blocks) == 0 || a.at-a.from >= blockLen {
		a.from = a.at
		a.blocks = append(a.blocks, nil)
	}
	last := len(a.blocks) - 1
	place := uint64(last)<<blockShift | uint64(a.at-a.from)
	t := a.text[a.at : a.at+n]
	a.at += n
	a.blocks[last] = a.text[a.from:a.at:a.at]
	return t, place
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
