package ioc

import (
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
)

// recordColumns are the columns of a block of records that is being stored, in
// the order in which the comment of Part has them. The zero value is an empty
// block.
type recordColumns struct {
	forms, lengths, urls, ports, bits, addrs, notes, lines, runs, more, texts []byte

	runCount, moreCount uint64

	// Of the last record, to which the next one is a difference.
	note, line int64

	runPath uint64 // path of the run that is not yet in runs
	runLen  uint64 // records in it
	moreAt  int    // the last record with more places
}

// addKey stores what a record is.
func (c *recordColumns) addKey(l *List, key uint64) error {
	form := key >> formShift
	c.forms = append(c.forms, byte(form))
	switch form {
	case formName:
		name := l.textAt(key)
		if !isNormalName(name) {
			return notNormal(string(name))
		}
		c.lengths = append(c.lengths, byte(len(name)))
		c.texts = append(c.texts, name...)
	case formHash:
		hash := l.textAt(key)
		c.lengths = append(c.lengths, byte(len(hash)))
		c.texts = append(c.texts, hash...)
	case formURL:
		url := l.textAt(key)
		if !isNormalURL(url) { // its length fits, too
			return notNormal(string(url))
		}
		c.urls = binary.LittleEndian.AppendUint16(c.urls, uint16(len(url)))
		c.texts = append(c.texts, url...)
	case form4Port:
		c.ports = binary.LittleEndian.AppendUint16(c.ports, uint16(key>>32))
	case form6Port:
		c.ports = binary.LittleEndian.AppendUint16(c.ports, uint16(key>>placeBits))
	case formNet4:
		c.bits = append(c.bits, byte(key>>32))
	case formNet6:
		c.bits = append(c.bits, byte(key>>placeBits))
	case formOdd:
		return notNormal(l.oddOf(key).Value)
	}
	switch form {
	case form4, form4Port, formNet4:
		c.addrs = binary.BigEndian.AppendUint32(c.addrs, uint32(key))
	case form6, form6Port, formNet6:
		c.texts = append(c.texts, l.text.at(key&placeMask, 16)...)
	}
	return nil
}

func notNormal(value string) error { return fmt.Errorf("%q is in no normal form", value) }

// addNote stores the number of a record's note.
func (c *recordColumns) addNote(note int64) {
	c.notes = binary.AppendVarint(c.notes, note-c.note)
	c.note = note
}

// addPlaces stores the places of record n of the block. paths are the numbers
// under which paths are stored, by those in the list.
func (c *recordColumns) addPlaces(n int, places iter.Seq[place], paths []uint32) {
	var more []byte
	count := uint64(0)
	for p := range places {
		path, line := uint64(paths[p.path]), p.line
		if count++; count == 1 {
			c.addPlace(path, int64(line))
			continue
		}
		more = appendPair(more, path, uint64(line))
	}
	if count > 1 {
		c.more = append(appendPair(c.more, uint64(n-c.moreAt), count-1), more...)
		c.moreAt = n
		c.moreCount++
	}
}

// addPlace stores the first place of a record, or that it has none.
func (c *recordColumns) addPlace(path uint64, line int64) {
	c.lines = binary.AppendVarint(c.lines, line-c.line)
	c.line = line
	if path != c.runPath {
		c.endRun()
		c.runPath = path
	}
	c.runLen++
}

// endRun stores the run of records with the same path, if there is one.
func (c *recordColumns) endRun() {
	if c.runLen > 0 {
		c.runs = appendPair(c.runs, c.runLen, c.runPath)
		c.runLen = 0
		c.runCount++
	}
}

// bytes is the block. No more records can be added.
func (c *recordColumns) bytes() []byte {
	c.endRun()
	return slices.Concat(c.forms, c.lengths, c.urls, c.ports, c.bits, c.addrs, c.notes, c.lines,
		binary.AppendUvarint(nil, c.runCount), c.runs, binary.AppendUvarint(nil, c.moreCount), c.more, c.texts)
}

func appendPair(dst []byte, a, b uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, a), b)
}
