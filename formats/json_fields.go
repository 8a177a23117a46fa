package formats

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// jsonFields lists all cells of one record. Names and values are copied to
// text, which is reused from record to record.
type jsonFields struct {
	envelope string // name of the member whose members take its place
	text     []byte
	found    []jsonField
	outer    int            // members of an envelope in found[:outer] have been dropped
	places   map[string]int // by folded name, index in found of the one not dropped; empty while they are few
	fields   []Field
	inner    []byte // an envelope that was JSON text in a string
}

// A jsonField is a member of a record.
type jsonField struct {
	name, value Cell // in text
	level       int  // 0 in the record itself, 1 in its envelope
	dropped     bool // another one takes its place
}

// fewFields is the largest number of members among which a name is looked for one by one.
const fewFields = 64

func (f *jsonFields) reset() {
	f.text, f.found, f.outer = f.text[:0], f.found[:0], 0
	clear(f.places)
}

// object adds the members of the object at b[p:end] in file order; those of
// its envelope take the place of that member. It stops at the first fault.
func (f *jsonFields) object(b []byte, p, end, level int) {
	p = jsonSpace(b, p+1, end)
	for p < end && b[p] == '"' {
		q := jsonQuote(b, p+1, end)
		if q < 0 {
			return
		}
		name := b[p+1 : q]
		if p = jsonSpace(b, q+1, end); p >= end || b[p] != ':' {
			return
		}
		p = jsonSpace(b, p+1, end)
		q, fault := jsonSkip(b, p, end, level+1)
		if fault != jsonOK {
			if level == 0 && p < end && b[p] == '{' {
				f.broken(b, name, p, end)
			}
			return
		}
		if level > 0 || !f.unwrap(b, name, p, q) {
			f.add(name, b[p:q], level)
		}
		if p = jsonSpace(b, q, end); p < end && b[p] == ',' {
			p = jsonSpace(b, p+1, end)
		}
	}
}

// unwrap adds the columns of an envelope if that is what the member is.
func (f *jsonFields) unwrap(b, name []byte, p, q int) bool {
	if !f.isEnvelope(name) {
		return false
	}
	// As everywhere, the last of several members of one name counts.
	for i := f.outer; i < len(f.found); i++ {
		f.found[i].dropped = f.found[i].dropped || f.found[i].level > 0
	}
	f.outer = len(f.found)
	switch b[p] {
	case '{':
		f.object(b, p, q, 1)
		return true
	case '"':
		f.inner = jsonUnquote(f.inner[:0], b[p+1:q-1])
		n := len(f.inner)
		f.inner = append(f.inner, make([]byte, jsonPad)...)
		i := jsonSpace(f.inner, 0, n)
		if i == n || f.inner[i] != '{' {
			return false
		}
		if j, fault := jsonSkip(f.inner, i, n, 1); fault == jsonOK && jsonSpace(f.inner, j, n) == n {
			f.object(f.inner, i, n, 1)
			return true
		}
	}
	return false
}

// broken adds what is known of a member whose value is an object that breaks off
// before end: its name or, of an envelope, the members up to there. A record may be
// longer than what is looked at to tell its table.
func (f *jsonFields) broken(b, name []byte, p, end int) {
	if f.isEnvelope(name) {
		f.object(b, p, end, 1)
		return
	}
	f.add(name, []byte("null"), 0)
}

// isEnvelope reports whether name, the inside of a key, is that of the envelope.
func (f *jsonFields) isEnvelope(name []byte) bool {
	if isWord(name) {
		return len(name) == len(f.envelope) && strings.EqualFold(string(name), f.envelope)
	}
	return strings.EqualFold(BareName(string(jsonUnquote(nil, name))), f.envelope)
}

// tuple adds the values of the array at b[p:end] under the names of columns.
func (f *jsonFields) tuple(b []byte, p, end int, columns []string) {
	p = jsonSpace(b, p+1, end)
	for n := 0; p < end && b[p] != ']'; n++ {
		q, fault := jsonSkip(b, p, end, 1)
		if fault != jsonOK {
			return
		}
		var name string
		if n < len(columns) {
			name = columns[n]
		}
		f.value(f.copy(name), b[p:q], 0)
		if p = jsonSpace(b, q, end); p < end && b[p] == ',' {
			p = jsonSpace(b, p+1, end)
		}
	}
}

func (f *jsonFields) copy(s string) Cell {
	c := Cell{uint32(len(f.text)), uint32(len(s))}
	f.text = append(f.text, s...)
	return c
}

// add takes up a member. An earlier one of the same name is gone, unless it is
// one of the envelope and this is not.
func (f *jsonFields) add(name, value []byte, level int) {
	c := Cell{Off: uint32(len(f.text))}
	f.text = jsonUnquote(f.text, name)
	c.Len = uint32(len(f.text)) - c.Off
	dropped := false
	if i := f.place(c); i >= 0 {
		old := &f.found[i]
		dropped = old.level > level
		old.dropped = !dropped
	}
	f.value(c, value, level)
	n := len(f.found) - 1
	if f.found[n].dropped = dropped; !dropped && len(f.places) > 0 {
		f.places[foldName(f.bytes(c))] = n
	}
}

// place returns the index in found of the member of this name that has not been dropped,
// -1 if there is none.
func (f *jsonFields) place(name Cell) int {
	if len(f.found) <= fewFields {
		return slices.IndexFunc(f.found, func(m jsonField) bool {
			return !m.dropped && m.name.Len == name.Len && bytes.EqualFold(f.bytes(m.name), f.bytes(name))
		})
	}
	if len(f.places) == 0 {
		if f.places == nil {
			f.places = map[string]int{}
		}
		for i, m := range f.found {
			if !m.dropped {
				f.places[foldName(f.bytes(m.name))] = i
			}
		}
	}
	if i, ok := f.places[foldName(f.bytes(name))]; ok && !f.found[i].dropped {
		return i
	}
	return -1
}

// foldName returns a key that is the same for names of the same length in bytes that
// differ in case alone.
func foldName(name []byte) string {
	folded := binary.AppendUvarint(make([]byte, 0, len(name)+4), uint64(len(name)))
	for len(name) > 0 {
		r, n := utf8.DecodeRune(name)
		least := r
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			least = min(least, o)
		}
		folded, name = utf8.AppendRune(folded, least), name[n:]
	}
	return string(folded)
}

// value adds a member with its value, as it stands in JSON.
func (f *jsonFields) value(name Cell, value []byte, level int) {
	v := Cell{Off: uint32(len(f.text))}
	switch {
	case value[0] == '"':
		f.text = jsonUnquote(f.text, value[1:len(value)-1])
	case !jsonNull(value):
		f.text = append(f.text, value...)
	}
	v.Len = uint32(len(f.text)) - v.Off
	f.found = append(f.found, jsonField{name: name, value: v, level: level})
}

func (f *jsonFields) bytes(c Cell) []byte { return f.text[c.Off : c.Off+c.Len : c.Off+c.Len] }

// list returns what was found. It lives until the next reset.
func (f *jsonFields) list() []Field {
	f.fields = f.fields[:0]
	for _, m := range f.found {
		if !m.dropped {
			f.fields = append(f.fields, Field{f.bytes(m.name), f.bytes(m.value)})
		}
	}
	return f.fields
}

// jsonSample describes a table by its first records, which lie in b; b reaches
// jsonPad bytes beyond them. Its columns are the members of all these records in the
// order in which they appear, those in the envelope before those round it. A record
// that breaks off gives the members that it has.
func jsonSample(b []byte, rows []jsonRow, envelope string) *Part {
	rows = rows[:min(len(rows), maxSample)]
	f := jsonFields{envelope: envelope}
	var inside, outside []string // names in the envelope, if there is one, and round it
	number := map[string]int{}   // by name: index in inside, or -1-index in outside
	part := &Part{Sample: make([][]string, len(rows))}
	around := make([][]string, len(rows)) // the cells of outside
	for i, row := range rows {
		f.reset()
		f.object(b, int(row.off), int(row.end), 0)
		enveloped := f.enveloped()
		text := string(f.text) // all names and values are pieces of it
		cells, outer := make([]string, len(inside), max(len(inside), len(f.found))), make([]string, len(outside))
		for _, m := range f.found {
			if m.dropped {
				continue
			}
			name, value := text[m.name.Off:][:m.name.Len], text[m.value.Off:][:m.value.Len]
			n, ok := number[name]
			switch {
			case ok && n >= 0:
				cells[n] = value
			case ok:
				outer[-1-n] = value
			case m.level > 0 || !enveloped:
				number[name] = len(inside)
				inside, cells = append(inside, name), append(cells, value)
			default:
				number[name] = -1 - len(outside)
				outside, outer = append(outside, name), append(outer, value)
			}
		}
		part.Sample[i], around[i] = cells, outer
	}
	part.Columns = append(inside, outside...)
	for i, cells := range part.Sample {
		cells = append(cells, make([]string, len(inside)-len(cells))...) // of names that came later
		cells = append(cells, around[i]...)
		part.Sample[i] = append(cells, make([]string, len(part.Columns)-len(cells))...)
	}
	return part
}

// enveloped reports whether the record has an envelope with members.
func (f *jsonFields) enveloped() bool {
	for _, m := range f.found {
		if m.level > 0 {
			return true
		}
	}
	return false
}
