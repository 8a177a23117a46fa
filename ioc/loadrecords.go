package ioc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/iocsweep/iocsweep/formats/mem"
)

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

func (r *Records) at(n int) *record { return &r.pages[n>>pageShift][n&(pageLen-1)] }

// Decode reads a block of records. It keeps nothing of raw.
func (b *Loader) Decode(items int, raw []byte) (*Records, error) {
	if items < 1 || items > blockRecords {
		return nil, fmt.Errorf("%d records in a block", items)
	}
	r := &Records{n: items, pages: make([][]record, (items+pageLen-1)/pageLen)}
	c := columns{rest: raw}
	k, err := r.keyColumns(&c)
	if err != nil {
		return nil, err
	}
	all := mem.Make[record](len(r.pages) * pageLen)
	for i := range r.pages {
		r.pages[i], all = all[:pageLen:pageLen], all[pageLen:]
	}
	if err := r.notes(&c); err != nil {
		return nil, err
	}
	if err := r.lines(&c); err != nil {
		return nil, err
	}
	if err := r.places(&c); err != nil {
		return nil, err
	}
	k.text = arenaOf{text: append(mem.Make[byte](len(c.rest))[:0], c.rest...)}
	if err := r.keys(k); err != nil {
		return nil, err
	}
	r.text = k.text.blocks
	return r, nil
}

// keyColumns takes the columns of which keys are made, all but the texts, and
// counts the types. How long the columns are follows from the first one.
func (r *Records) keyColumns(c *columns) (*keyColumns, error) {
	k := &keyColumns{forms: c.take(r.n), special: special()}
	var count [len(formTypes)]int
	for _, f := range k.forms {
		if int(f) >= len(count) || f == formOdd {
			return nil, errors.New("unknown form of an indicator")
		}
		count[f]++
	}
	for form, n := range count {
		r.counts[formTypes[form]] += n
	}
	k.lengths = c.take(count[formName] + count[formHash])
	k.urls = c.take(2 * count[formURL])
	k.ports = c.take(2 * (count[form4Port] + count[form6Port]))
	k.bits = c.take(count[formNet4] + count[formNet6])
	k.addrs = c.take(4 * (count[form4] + count[form4Port] + count[formNet4]))
	return k, c.err
}

// notes reads the numbers of the notes.
func (r *Records) notes(c *columns) error {
	note := int64(0)
	for n := range r.n {
		note += c.varint()
		if note < 0 || note > 1<<32-1 {
			return errors.New("note out of range")
		}
		r.at(n).note = uint32(note)
		r.maxNote = max(r.maxNote, uint32(note))
	}
	return nil
}

// lines reads the line of the first place of each record.
func (r *Records) lines(c *columns) error {
	line := int64(0)
	for n := range r.n {
		line += c.varint()
		if line < 0 || line >= spread {
			return errors.New("line out of range")
		}
		r.at(n).line = uint32(line)
	}
	return nil
}

// places reads the runs and the records with more places than one.
func (r *Records) places(c *columns) error {
	n := 0
	for range c.uvarint(uint64(r.n)) {
		length, path := int(c.uvarint(uint64(r.n-n))), uint32(c.uvarint(1<<32-1))
		if length == 0 {
			return errors.New("a run of no records")
		}
		r.runs = append(r.runs, run{uint32(n), path})
		r.maxPath = max(r.maxPath, path)
		for k := n; path == 0 && k < n+length; k++ {
			if r.at(k).line != 0 {
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
		r.spots = append(r.spots, spot{place: place{r.runs[path].path, r.at(n).line}})
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
		r.at(n).line = spread | first
		r.spread = append(r.spread, uint32(n))
	}
	return c.err
}

// keys makes the keys of all records, whose texts have to end with the block.
func (r *Records) keys(k *keyColumns) error {
	for n := range r.n {
		key, plain, err := k.key(n)
		if err != nil {
			return err
		}
		r.at(n).key = key
		if !plain {
			r.doubt = append(r.doubt, uint32(n))
		}
	}
	if len(k.text.text) > k.text.at {
		return errMore
	}
	return nil
}

// keyColumns are the columns of which keys are made. All but forms begin with
// what the next record that has such a thing takes off.
type keyColumns struct {
	forms   []byte
	lengths []byte // of names and hashes
	urls    []byte // lengths of URLs, 2 bytes each
	ports   []byte // 2 bytes each
	bits    []byte // prefix lengths of networks
	addrs   []byte // IPv4 addresses, 4 bytes each
	text    arenaOf
	special *specialNets
	n       int // number of the record whose key is made
}

// key makes the key of record n. plain says for sure that the record has no
// warnings and is nothing that only ParseBroad takes.
func (k *keyColumns) key(n int) (key uint64, plain bool, err error) {
	k.n = n
	form := k.forms[n]
	switch form {
	case formName:
		key, plain, err = k.name()
	case formHash:
		key, err = k.hash()
	case formURL:
		key, err = k.url()
	case form4, form4Port, formNet4:
		key, plain, err = k.address4(form)
	default:
		key, plain, err = k.address6(form)
	}
	return uint64(form)<<formShift | key, plain, err
}

func (k *keyColumns) name() (key uint64, plain bool, err error) {
	name, place := k.text.take(k.length())
	dot, plain := plainName(name)
	if !plain && !isNormalName(name) {
		return 0, false, k.no("name in normal form")
	}
	return uint64(len(name))<<placeBits | place, plain && !isSuffix(name, dot), nil
}

func (k *keyColumns) hash() (key uint64, err error) {
	hash, place := k.text.take(k.length())
	if len(hash) != 16 && len(hash) != 20 && len(hash) != 32 {
		return 0, k.no("hash")
	}
	return uint64(len(hash))<<placeBits | place, nil
}

func (k *keyColumns) url() (key uint64, err error) {
	url, place := k.text.take(int(binary.LittleEndian.Uint16(k.urls)))
	k.urls = k.urls[2:]
	if !isNormalURL(url) {
		return 0, k.no("URL in normal form")
	}
	return uint64(len(url))<<placeBits | place, nil
}

func (k *keyColumns) address4(form byte) (key uint64, plain bool, err error) {
	v := binary.BigEndian.Uint32(k.addrs)
	k.addrs = k.addrs[4:]
	key, plain = uint64(v), !k.special.may4(v)
	switch form {
	case form4Port:
		key |= k.port() << 32
	case formNet4:
		var length uint64
		length, err = k.prefixLength(addr4(v))
		key, plain = key|length<<32, false
	}
	return key, plain, err
}

func (k *keyColumns) address6(form byte) (key uint64, plain bool, err error) {
	b, place := k.text.take(16)
	if b == nil {
		return 0, false, errCut
	}
	a := netip.AddrFrom16([16]byte(b))
	if a.Is4In6() {
		return 0, false, k.no("IPv6 address")
	}
	key, plain = place, !k.special.may6(b[0], b[1])
	switch form {
	case form6Port:
		key |= k.port() << placeBits
	case formNet6:
		var length uint64
		length, err = k.prefixLength(a)
		key, plain = key|length<<placeBits, false
	}
	return key, plain, err
}

// length takes off the length of a name or hash.
func (k *keyColumns) length() int {
	n := k.lengths[0]
	k.lengths = k.lengths[1:]
	return int(n)
}

func (k *keyColumns) port() uint64 {
	port := binary.LittleEndian.Uint16(k.ports)
	k.ports = k.ports[2:]
	return uint64(port)
}

// prefixLength takes off the prefix length of the network that begins with a.
// One that holds a alone is an address, and no network in normal form.
func (k *keyColumns) prefixLength(a netip.Addr) (uint64, error) {
	bits := int(k.bits[0])
	k.bits = k.bits[1:]
	if p := netip.PrefixFrom(a, bits); bits >= a.BitLen() || p != p.Masked() {
		return 0, k.no("network")
	}
	return uint64(bits), nil
}

// no is the error of a record that should be something and is not.
func (k *keyColumns) no(what string) error { return fmt.Errorf("record %d: no %s", k.n, what) }

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
