package ioc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"iter"
	"net/netip"
	"slices"
	"unsafe"
)

// A List holds indicators, each once, in the order in which they came. It is
// made for millions: an indicator without details takes 16 bytes
// and those of its name, one with dates 44 bytes more. Indicators are made
// anew when asked for. The zero List is empty and ready.
//
// One goroutine fills it; once filled it may be read by many.
type List struct {
	records pages[record]
	text    arena // names, URLs, hashes, and IPv6 addresses of 16 bytes each
	odd     []Indicator
	counts  [types]int

	notes  pages[note] // number 0 means NoDetails and is not stored
	shared map[note]uint32
	words  nameList
	tags   tagLists

	paths  nameList
	runs   []run
	spots  []spot
	lookup table // of all records by identity; made by the first Add
}

// A record is an indicator of a List.
type record struct {
	key  uint64 // what it is, see below
	line uint32 // where it was read: a line, or spread and the number of a spot
	note uint32 // number of the note with its details
}

// A key has its form in the top four bits. What else it holds:
//
//	name     length in 20 bits, place in List.text in 40
//	url      the same
//	hash     the same, of its bytes
//	4, 4port address in 32 bits, above it the port
//	6, 6port place in 40 bits, above it the port
//	net4     address in 32 bits, above it the prefix length
//	net6     place in 40 bits, above it the prefix length
//	odd      number in List.odd: an indicator that is not in normal form, as no
//	         feed gives it
const (
	formName = iota
	form4
	form4Port
	form6
	form6Port
	formNet4
	formNet6
	formOdd
	formURL
	formHash

	formShift = 60
	placeBits = 40
	placeMask = 1<<placeBits - 1
	maxKept   = 1<<(formShift-placeBits) - 1 // longest name or URL
)

// NewList makes a list of indicators. Those that are the same are merged.
func NewList(indicators ...Indicator) *List {
	l := new(List)
	for i := range indicators {
		l.Add(&indicators[i])
	}
	return l
}

// Len is the number of indicators.
func (l *List) Len() int { return l.records.n }

// Bytes estimates the memory that the list takes together with its Set, in bytes.
func (l *List) Bytes() int64 {
	const ofSet = 32 // for each indicator: slots and filters
	n := int64(len(l.records.pages))*pageLen*int64(unsafe.Sizeof(record{})) + int64(len(l.notes.pages))*pageLen*int64(unsafe.Sizeof(note{})) +
		int64(len(l.spots))*int64(unsafe.Sizeof(spot{})) + int64(l.Len())*ofSet
	for _, b := range l.text.blocks {
		n += int64(cap(b))
	}
	const ofText = 64 // beside its bytes: in a list and a map
	for _, names := range [...][]string{l.words.all, l.paths.all} {
		for _, name := range names {
			n += ofText + int64(len(name))
		}
	}
	for _, tags := range l.tags.all {
		n += 2*ofText + int64(len(tags))*16
	}
	return n + int64(len(l.odd))*int64(unsafe.Sizeof(Indicator{}))
}

// Count is the number of indicators of a type.
func (l *List) Count(t Type) int { return l.counts[t] }

// Add adds an indicator, and reports whether it is new. An indicator with the type and
// value of another is merged into that one: first threat type and malware that
// are not empty, highest confidence, earliest first_seen, latest last_seen,
// latest valid_until (none if either has none), compromised if either is, tags
// and places of both in order, at most 256 tags and 100 places.
func (l *List) Add(i *Indicator) bool {
	key, text := l.encode(i)
	n, fresh := l.add(hashOf(key, text), key, text, l.note(&i.Details), l.firstPlace(i))
	l.addPlaces(n, i)
	return fresh
}

// append adds an indicator without looking for others like it.
func (l *List) append(i *Indicator) {
	key, text := l.encode(i)
	l.addPlaces(l.insert(key, text, l.note(&i.Details), l.firstPlace(i)), i)
}

// Grow makes room for n more indicators.
func (l *List) Grow(n int) {
	if l.lookup.slots != nil || l.records.n == 0 {
		l.lookup.grow(n)
		return
	}
	// The list was filled, or cut, without looking for equals.
	l.lookup.grow(l.records.n + n)
	for n := range l.records.n {
		key, text := l.parts(l.records.at(n).key)
		h := hashOf(key, text)
		if slot, found := l.find(h, key, text); !found {
			l.lookup.put(slot, h, n)
		}
	}
}

// At returns the n-th indicator, from 0. Its tags must not be changed.
func (l *List) At(n int) Indicator {
	var i Indicator
	l.fill(n, &i, make([]string, 0, 1), make([]byte, 0, 48))
	i.Feeds = slices.Clip(i.Feeds)
	return i
}

// fill writes the n-th indicator to i. It appends the feeds to feeds and the
// texts that it makes to text, which both belong to the indicator, and returns
// them: where there is room, nothing is allocated.
func (l *List) fill(n int, i *Indicator, feeds []string, text []byte) ([]string, []byte) {
	r := l.records.at(n)
	text = l.identify(r.key, i, text)
	i.Details = l.details(r.note)
	feeds, text = l.feeds(n, feeds, text)
	if len(feeds) > 0 {
		i.Feeds = feeds
	}
	return feeds, text
}

// All returns all indicators in order.
func (l *List) All() iter.Seq[Indicator] {
	return func(yield func(Indicator) bool) {
		for n := range l.Len() {
			if !yield(l.At(n)) {
				return
			}
		}
	}
}

// DeleteFunc removes the indicators for which del is true. n is the number that an
// indicator has before any is removed.
func (l *List) DeleteFunc(del func(n int, d *Details) bool) {
	kept := 0
	runs := l.runs
	l.runs, l.counts = nil, [types]int{}
	at := -1
	for n := range l.Len() {
		for at+1 < len(runs) && int(runs[at+1].from) <= n {
			at++
		}
		r := *l.records.at(n)
		d := l.details(r.note)
		if del(n, &d) {
			continue
		}
		if at >= 0 && (len(l.runs) == 0 || l.runs[len(l.runs)-1].path != runs[at].path) {
			l.runs = append(l.runs, run{uint32(kept), runs[at].path})
		}
		*l.records.at(kept) = r
		l.counts[l.typeOf(r.key)]++
		kept++
	}
	l.records.cut(kept)
	l.lookup = table{}
}

// Broad reports whether the n-th indicator is a name that ParseBroad takes and Parse
// refuses. The del of DeleteFunc may ask it about the number that it is called with.
func (l *List) Broad(n int) bool {
	key := l.records.at(n).key
	if key>>formShift != formName {
		return false
	}
	name := l.textAt(key)
	if dot, plain := plainName(name); plain && !isSuffix(name, dot) {
		return false
	}
	_, err := Parse(string(name))
	return errors.Is(err, ErrPublicSuffix) || errors.Is(err, ErrSingleLabel)
}

// Set returns the set in which cells of a log are looked up. The list belongs
// to the set from then on and must not be changed.
func (l *List) Set() *Set { return newSet(l) }

// add enters a record, or merges it into one with the same key. It returns the number of
// the record. h is hashOf of key and text.
func (l *List) add(h uint32, key uint64, text []byte, note uint32, p place) (n int, fresh bool) {
	t := &l.lookup
	if t.used == t.limit {
		l.Grow(1)
	}
	slot, found := l.find(h, key, text)
	if !found {
		n = l.insert(key, text, note, p)
		t.put(slot, h, n)
		return n, true
	}
	n = t.id(slot)
	r := l.records.at(n)
	if r.note != note {
		r.note = l.mergeNotes(r.note, note)
	}
	l.addPlace(n, p)
	return n, false
}

// insert enters a record behind all others.
func (l *List) insert(key uint64, text []byte, note uint32, p place) (n int) {
	if hasText(key) {
		key |= l.text.add(text)
	}
	n = l.records.n
	if last := len(l.runs) - 1; last < 0 || l.runs[last].path != p.path {
		l.runs = append(l.runs, run{uint32(n), p.path})
	}
	*l.records.grow() = record{key, p.line, note}
	l.counts[l.typeOf(key)]++
	return n
}

// find returns the slot of a record, or the free one where it belongs.
func (l *List) find(h uint32, key uint64, text []byte) (slot int, found bool) {
	t := &l.lookup
	for slot = t.home(h); t.slots[slot] != 0; slot = t.next(slot) {
		if t.hash(slot) == h && l.same(l.records.at(t.id(slot)).key, key, text) {
			return slot, true
		}
	}
	return slot, false
}

// same reports whether a record's key have is that of key and text.
func (l *List) same(have, key uint64, text []byte) bool {
	if hasText(key) {
		return have&^placeMask == key && bytes.Equal(l.text.at(have&placeMask, len(text)), text)
	}
	if key>>formShift == formOdd && have>>formShift == formOdd {
		a, b := l.oddOf(have), l.oddOf(key)
		return a.Type == b.Type && a.Value == b.Value
	}
	return have == key
}

// parts splits the key of a record into one without place, and its text.
func (l *List) parts(key uint64) (uint64, []byte) {
	switch key >> formShift {
	case formName, form6, form6Port, formNet6, formURL, formHash:
		return key &^ placeMask, l.text.at(key&placeMask, textLen(key))
	case formOdd:
		return key, []byte(l.oddOf(key).Value)
	}
	return key, nil
}

// encode returns the key of an indicator, without place, and its text.
func (l *List) encode(i *Indicator) (key uint64, text []byte) {
	key, text, ok := encodeIdentity(i)
	if !ok {
		key = formOdd<<formShift | uint64(len(l.odd))
		l.odd = append(l.odd, Indicator{Type: i.Type, Value: i.Value, Prefix: i.Prefix, Port: i.Port})
		text = []byte(i.Value)
	}
	return key, text
}

// encodeIdentity returns the key of an indicator, without place, and its text; ok is
// false if the indicator is not in normal form.
func encodeIdentity(i *Indicator) (key uint64, text []byte, ok bool) {
	switch i.Type {
	case Domain, URL:
		text = []byte(i.Value)
		if i.Value == "" || len(i.Value) > maxKept || i.Prefix.IsValid() || i.Port != 0 || i.Type == URL && !isNormalURL(text) {
			return 0, nil, false
		}
		if i.Type == URL {
			return textKey(formURL, len(text)), text, true
		}
		return textKey(formName, len(text)), text, true
	case Hash:
		text, ok = appendHash(nil, i.Value)
		if !ok || i.Prefix.IsValid() || i.Port != 0 || i.Value != hex.EncodeToString(text) {
			return 0, nil, false
		}
		return textKey(formHash, len(text)), text, true
	}
	a, length := i.Prefix.Addr(), i.Prefix.Bits()
	if !i.Prefix.IsValid() || (i.Type == CIDR) == i.Prefix.IsSingleIP() || i.Prefix != i.Prefix.Masked() ||
		i.Type != IPPort && i.Port != 0 || i.Value != string(appendTextOf(nil, i.Type, i.Prefix, i.Port)) {
		return 0, nil, false
	}
	if a.Is4() {
		v := uint64(value4(a))
		switch i.Type {
		case IP:
			return form4<<formShift | v, nil, true
		case IPPort:
			return form4Port<<formShift | uint64(i.Port)<<32 | v, nil, true
		}
		return formNet4<<formShift | uint64(length)<<32 | v, nil, true
	}
	b := a.As16()
	switch i.Type {
	case IP:
		return form6 << formShift, b[:], true
	case IPPort:
		return form6Port<<formShift | uint64(i.Port)<<placeBits, b[:], true
	}
	return formNet6<<formShift | uint64(length)<<placeBits, b[:], true
}

// hasText reports whether a key of this form goes with a text.
func hasText(key uint64) bool {
	const forms = 1<<formName | 1<<form6 | 1<<form6Port | 1<<formNet6 | 1<<formURL | 1<<formHash
	return forms>>(key>>formShift)&1 != 0
}

func (l *List) oddOf(key uint64) *Indicator { return &l.odd[key&^(formOdd<<formShift)] }

func textKey(form uint64, length int) uint64 { return form<<formShift | uint64(length)<<placeBits }

// textLen is the length of the text that goes with a key.
func textLen(key uint64) int {
	switch key >> formShift {
	case formName, formURL, formHash:
		return int(key >> placeBits & maxKept)
	}
	return 16
}

// appendTextOf appends the normal form of an address, socket or network.
func appendTextOf(dst []byte, t Type, p netip.Prefix, port uint16) []byte {
	switch t {
	case IP:
		return p.Addr().AppendTo(dst)
	case IPPort:
		return netip.AddrPortFrom(p.Addr(), port).AppendTo(dst)
	}
	return p.AppendTo(dst)
}

// identity is an indicator without its details.
func (l *List) identity(key uint64) (i Indicator) {
	l.identify(key, &i, nil)
	return i
}

// identify writes an indicator without its details to i. It appends the value to
// text, which is the indicator's from then on, and returns that.
func (l *List) identify(key uint64, i *Indicator, text []byte) []byte {
	*i = Indicator{Type: l.typeOf(key)}
	from := len(text)
	switch key >> formShift {
	case formName, formURL:
		text = append(text, l.textAt(key)...)
	case formHash:
		text = hex.AppendEncode(text, l.textAt(key))
	case formOdd:
		*i = *l.oddOf(key)
		return text
	default:
		i.Prefix, i.Port = l.prefixOf(key), portOf(key)
		text = appendTextOf(text, i.Type, i.Prefix, i.Port)
	}
	i.Value = textFrom(text, from)
	return text
}

// is reports whether a record's key is that of an indicator with the type and value of i.
func (l *List) is(key uint64, i *Indicator) bool {
	if l.typeOf(key) != i.Type {
		return false
	}
	var buf [64]byte // for any value except names and URLs
	switch key >> formShift {
	case formName, formURL:
		return string(l.textAt(key)) == i.Value
	case formHash:
		return string(hex.AppendEncode(buf[:0], l.textAt(key))) == i.Value
	case formOdd:
		return l.oddOf(key).Value == i.Value
	}
	return string(appendTextOf(buf[:0], i.Type, l.prefixOf(key), portOf(key))) == i.Value
}

// portOf is the port of a key, 0 without one.
func portOf(key uint64) uint16 {
	switch key >> formShift {
	case form4Port:
		return uint16(key >> 32)
	case form6Port:
		return uint16(key >> placeBits)
	}
	return 0
}

// textFrom is the text of b from from on, in the same memory: nobody may write there
// again.
func textFrom(b []byte, from int) string {
	b = b[from:]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// prefixOf is the address or network of a key.
func (l *List) prefixOf(key uint64) netip.Prefix {
	switch key >> formShift {
	case form4, form4Port:
		return netip.PrefixFrom(addr4(uint32(key)), 32)
	case formNet4:
		return netip.PrefixFrom(addr4(uint32(key)), int(key>>32&0xff))
	case formNet6:
		return netip.PrefixFrom(l.addr6(key), int(key>>placeBits&0xff))
	}
	return netip.PrefixFrom(l.addr6(key), 128)
}

// textAt is the text of a name, URL or hash.
func (l *List) textAt(key uint64) []byte {
	return l.text.at(key&placeMask, int(key>>placeBits&maxKept))
}

func (l *List) addr6(key uint64) netip.Addr {
	return netip.AddrFrom16([16]byte(l.text.at(key&placeMask, 16)))
}

func (l *List) typeOf(key uint64) Type {
	if key>>formShift == formOdd {
		return l.oddOf(key).Type
	}
	return formTypes[key>>formShift]
}

// formTypes has no entry for formOdd.
var formTypes = [...]Type{formName: Domain, formURL: URL, formHash: Hash, form4: IP, form4Port: IPPort, form6: IP, form6Port: IPPort, formNet4: CIDR, formNet6: CIDR}
