package formats

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// A jsonWalker takes wanted members out of records, one after the other.
//
// Records of one export have nearly always the same keys in the same order.
// The walker therefore remembers, for each key, which one followed it last
// time, and with which white space: the next key is first compared with that
// text as a whole (`"RemoteIP":`), and only if it differs looked up.
//
//	{"Type":"DnsEvents","properties":{"Name":"x","ClientIP":"10.0.0.5"}}
//	 ^ keys[0] -> Type -> properties   ^ keys[1] -> Name -> ClientIP
type jsonWalker struct {
	names []string   // bare names of the wanted columns, without repetition
	marks *jsonMarks // of the text that records lie in; nil where there are none
	keys  []jsonKey
	ids   [2]map[string]int32 // raw key to index in keys, by level
	vals  [2][]jsonValue      // by level (1: within properties), then by name
	met   []int32             // slots that some record had: the others hold nothing
	text  []byte              // a properties member that was JSON text in a string
	name  []byte              // scratch for an escaped key

	envelope bool // the record has properties, found in vals[1]
	inText   bool // what is read lies in text
	nested   bool // a member records may hold records
	recOff   int  // that member's value, an array; 0 without one
	recEnd   int
}

type jsonKey struct {
	glue    string // from behind the comma or brace up to the value, as last seen: `"RemoteIP":`
	n       int    // its length; jsonNever for keys that cannot be predicted
	head    uint64 // its first eight bytes,
	mask    uint64 // as far as it has so many
	tail    uint64 // its last eight bytes, if it has more
	middle  [4]uint64
	slot    int32 // index into names, -1 for a key nobody asked for
	next    int32 // the key that followed last time
	other   int32 // and the one that followed before, where that was another
	role    jsonRole
	relearn uint8 // how often glue has changed
}

// stick sets what comes before values of the key.
func (k *jsonKey) stick(glue string) {
	k.glue, k.n = glue, len(glue)
	var head [8]byte
	n := copy(head[:], glue)
	k.head, k.mask = binary.LittleEndian.Uint64(head[:]), 1<<(8*n)-1
	if k.n > 8 {
		b := []byte(glue)
		k.tail = binary.LittleEndian.Uint64(b[k.n-8:])
		for i := range min(len(k.middle), k.n/8-1) {
			k.middle[i] = binary.LittleEndian.Uint64(b[8+8*i:])
		}
	}
}

// at says that the key, of which the head has been seen at b[p], stands there
// whole, with a value before end. Words are compared, not strings: a call for
// each member would cost more than all else.
func (k *jsonKey) at(b []byte, p, end int) bool {
	n := k.n
	if n >= end-p {
		return false
	}
	if n <= 8 {
		return true
	}
	if n > 8*(len(k.middle)+2) {
		return string(b[p:p+n]) == k.glue
	}
	c := b[p : p+n]
	if binary.LittleEndian.Uint64(c[n-8:]) != k.tail {
		return false
	}
	for i := 8; i < n-8; i += 8 {
		if binary.LittleEndian.Uint64(c[i:]) != k.middle[i>>3-1] {
			return false
		}
	}
	return true
}

type jsonRole uint8

const (
	jsonPlain jsonRole = iota
	jsonProperties
	jsonRecords
)

const (
	jsonLost     = 2 // index of the key that stands for those that are not remembered
	jsonNever    = math.MaxInt
	jsonMaxKeys  = 4096 // keys remembered, so that hostile records cannot fill memory
	jsonLongKey  = 256
	jsonRelearns = 32
)

// A jsonValue is where a value was found in its record.
type jsonValue struct {
	off, len uint32
	kind     jsonKind
}

type jsonKind uint8

const (
	jsonSet    jsonKind = 1 << iota // the record has the member
	jsonString                      // off and len are the inside of a string
	jsonInText                      // they are positions in the walker's text
)

func newJSONWalker(names []string) *jsonWalker {
	w := &jsonWalker{names: names, nested: true}
	for level := range w.vals {
		w.vals[level] = make([]jsonValue, len(names))
		w.ids[level] = map[string]int32{}
	}
	w.keys = []jsonKey{
		0:        {n: jsonNever, slot: -1, next: jsonLost, other: jsonLost},
		1:        {n: jsonNever, slot: -1, next: jsonLost, other: jsonLost},
		jsonLost: {n: jsonNever, slot: -1, next: jsonLost, other: jsonLost},
	}
	return w
}

// record walks the object at b[p:end], which must fill that range.
func (w *jsonWalker) record(b []byte, p, end int) (int, jsonFault) {
	clear(w.vals[0])
	w.envelope, w.inText, w.recOff = false, false, 0
	if p >= end || b[p] != '{' {
		return p, jsonNotObject
	}
	q, fault := w.object(b, p, end, 0)
	if fault != jsonOK {
		return q, fault
	}
	if q = jsonSpace(b, q, end); q < end {
		return q, jsonTrailing
	}
	return q, jsonOK
}

// value returns what the record has under names[slot].
func (w *jsonWalker) value(slot int) jsonValue {
	if w.envelope && w.vals[1][slot].kind != 0 {
		return w.vals[1][slot]
	}
	return w.vals[0][slot]
}

func (w *jsonWalker) object(b []byte, p, end, level int) (int, jsonFault) {
	p++
	if p < end && b[p] != '"' {
		p = jsonSpace(b, p, end)
		if p < end && b[p] == '}' {
			return p + 1, jsonOK
		}
	}
	vals := w.vals[level]
	var quotes []uint64 // empty: look at the bytes
	if w.marks != nil && !w.inText {
		quotes = w.marks.quotes
	}
	prev := int32(level)
	for {
		before := &w.keys[prev]
		id := before.next
		k := &w.keys[id]
		first := binary.LittleEndian.Uint64(b[p:])
		if first&k.mask == k.head && k.at(b, p, end) {
			p += k.n
		} else if k = &w.keys[before.other]; first&k.mask == k.head && k.at(b, p, end) {
			id = before.other
			before.next, before.other = id, before.next
			p += k.n
		} else {
			var fault jsonFault
			if p, id, fault = w.key(b, p, end, level, prev); fault != jsonOK {
				return p, fault
			}
			k = &w.keys[id]
		}
		prev = id
		if b[p] <= ' ' { // more white space than last time
			if p = jsonSpace(b, p, end); p >= end {
				return end, jsonEnds
			}
		}

		if k.role != jsonPlain {
			start, slot := p, k.slot
			var fault jsonFault
			if p, fault = w.special(b, p, end, k.role); fault != jsonOK {
				return p, fault
			}
			if slot >= 0 {
				vals[slot] = w.plain(b, start, p)
			}
		} else if b[p] == '"' {
			// Most strings end in the word in which they begin.
			q, at := p+1, (p+1)>>6
			if at < len(quotes) && quotes[at]>>uint(q&63) != 0 {
				q += bits.TrailingZeros64(quotes[at] >> uint(q&63))
			} else {
				q = w.quote(b, q, end)
			}
			if uint(q) >= uint(end) {
				return p, jsonOpenString
			}
			if k.slot >= 0 {
				vals[k.slot] = jsonValue{uint32(p + 1), uint32(q - p - 1), w.mark(jsonSet | jsonString)}
			}
			p = q + 1
		} else if binary.LittleEndian.Uint32(b[p:]) == jsonNull && p+4 <= end {
			if p += 4; k.slot >= 0 {
				vals[k.slot] = jsonValue{kind: jsonSet}
			}
		} else if n := jsonInteger(binary.LittleEndian.Uint64(b[p:])); n > 0 && n < end-p && (b[p+n] == ',' || b[p+n] == '}') {
			if k.slot >= 0 {
				vals[k.slot] = jsonValue{uint32(p), uint32(n), w.mark(jsonSet)}
			}
			p += n
		} else {
			start := p
			var fault jsonFault
			if p, fault = jsonSkip(b, p, end, level+1); fault != jsonOK {
				return p, fault
			}
			if k.slot >= 0 {
				vals[k.slot] = w.plain(b, start, p)
			}
		}

		if p < end && b[p] == ',' {
			p++
			continue
		}
		p = jsonSpace(b, p, end)
		switch {
		case p >= end:
			return end, jsonEnds
		case b[p] == ',':
			p++
		case b[p] == '}':
			return p + 1, jsonOK
		default:
			return p, jsonNoComma
		}
	}
}

const jsonNull = 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24

// quote returns where the string ends that began before p, or -1.
func (w *jsonWalker) quote(b []byte, p, end int) int {
	if w.marks == nil || w.inText {
		return jsonQuote(b, p, end)
	}
	return next(w.marks.quotes, p, end)
}

func (w *jsonWalker) mark(kind jsonKind) jsonKind {
	if w.inText {
		kind |= jsonInText
	}
	return kind
}

// plain is the value at b[p:q], already stepped over.
func (w *jsonWalker) plain(b []byte, p, q int) jsonValue {
	switch b[p] {
	case '"':
		return jsonValue{uint32(p + 1), uint32(q - p - 2), w.mark(jsonSet | jsonString)}
	case 'n':
		return jsonValue{kind: jsonSet}
	}
	return jsonValue{uint32(p), uint32(q - p), w.mark(jsonSet)}
}

// key reads a key that was not the predicted one and returns the position of
// its value.
func (w *jsonWalker) key(b []byte, p, end, level int, prev int32) (int, int32, jsonFault) {
	from := p
	p = jsonSpace(b, p, end)
	if p >= end {
		return end, 0, jsonEnds
	}
	if b[p] != '"' {
		return p, 0, jsonNoKey
	}
	q := w.quote(b, p+1, end)
	if q < 0 {
		return p, 0, jsonOpenString
	}
	raw := b[p+1 : q]
	p = jsonSpace(b, q+1, end)
	if p >= end {
		return end, 0, jsonEnds
	}
	if b[p] != ':' {
		return p, 0, jsonNoColon
	}
	p = jsonSpace(b, p+1, end)
	if p >= end {
		return end, 0, jsonEnds
	}
	id, ok := w.ids[level][string(raw)]
	if !ok {
		id = w.learn(raw, level)
	}
	if id == jsonLost {
		return p, id, jsonOK
	}
	if k := &w.keys[id]; string(b[from:p]) != k.glue && k.relearn < jsonRelearns && p-from < 2*jsonLongKey {
		k.stick(string(b[from:p]))
		k.relearn++
	}
	if before := &w.keys[prev]; prev != jsonLost && before.next != id {
		before.next, before.other = id, before.next
	}
	return p, id, jsonOK
}

// learn takes up a key that has not been seen before.
func (w *jsonWalker) learn(raw []byte, level int) int32 {
	w.name = jsonUnquote(w.name[:0], raw)
	bare, _ := BareName(string(w.name))
	k := jsonKey{n: jsonNever, slot: w.slot(bare), next: jsonLost, other: jsonLost}
	w.meet(k.slot)
	if level == 0 {
		switch {
		case strings.EqualFold(bare, "properties"):
			k.role = jsonProperties
		case strings.EqualFold(bare, "records") && w.nested:
			k.role = jsonRecords
		}
	}
	if len(w.keys) >= jsonMaxKeys || len(raw) > jsonLongKey {
		w.keys[jsonLost] = k
		return jsonLost
	}
	id := int32(len(w.keys))
	w.keys = append(w.keys, k)
	w.ids[level][string(raw)] = id
	return id
}

func (w *jsonWalker) slot(bare string) int32 {
	for i, name := range w.names {
		if strings.EqualFold(name, bare) {
			return int32(i)
		}
	}
	return -1
}

// meet notes that records may hold something in a slot.
func (w *jsonWalker) meet(slot int32) {
	if slot >= 0 && !slices.Contains(w.met, slot) {
		w.met = append(w.met, slot)
	}
}

// special steps over the value of a member that may hold columns or records.
func (w *jsonWalker) special(b []byte, p, end int, role jsonRole) (int, jsonFault) {
	if role == jsonRecords {
		q, fault := jsonSkip(b, p, end, 1)
		w.recOff = 0
		if fault == jsonOK && b[p] == '[' {
			w.recOff, w.recEnd = p, q
		}
		return q, fault
	}
	w.envelope = false
	switch b[p] {
	case '{':
		clear(w.vals[1])
		w.envelope = true
		return w.object(b, p, end, 1)
	case '"':
		q := w.quote(b, p+1, end)
		if q < 0 {
			return p, jsonOpenString
		}
		w.textual(b[p+1 : q])
		return q + 1, jsonOK
	}
	return jsonSkip(b, p, end, 1)
}

// textual takes properties out of a string that holds them as JSON text. Any
// other string is an ordinary cell.
func (w *jsonWalker) textual(s []byte) {
	if i := jsonSpace(s, 0, len(s)); i == len(s) || s[i] != '{' {
		return
	}
	w.text = jsonUnquote(w.text[:0], s)
	n := len(w.text)
	w.text = append(w.text, make([]byte, jsonPad)...)
	p := jsonSpace(w.text, 0, n)
	q, fault := jsonSkip(w.text, p, n, 1)
	if fault != jsonOK || jsonSpace(w.text, q, n) != n {
		return
	}
	clear(w.vals[1])
	w.inText = true
	w.object(w.text, p, n, 1)
	w.inText, w.envelope = false, true
}

// tuple walks the array at b[p:end], a row whose i-th value goes to slot at[i].
// n is the number of its values.
func (w *jsonWalker) tuple(b []byte, p, end int, at []int32) (q, n int, fault jsonFault) {
	clear(w.vals[0])
	w.envelope, w.inText, w.recOff = false, false, 0
	if p = jsonSpace(b, p+1, end); p < end && b[p] == ']' {
		p++
	} else {
		for closed := false; !closed; {
			start := p
			if p, fault = jsonSkip(b, p, end, 1); fault != jsonOK {
				return p, n, fault
			}
			if n < len(at) && at[n] >= 0 {
				w.vals[0][at[n]] = w.plain(b, start, p)
			}
			n++
			p = jsonSpace(b, p, end)
			switch {
			case p >= end:
				return end, n, jsonEnds
			case b[p] == ',':
				p = jsonSpace(b, p+1, end)
			case b[p] == ']':
				p, closed = p+1, true
			default:
				return p, n, jsonNoComma
			}
		}
	}
	if p = jsonSpace(b, p, end); p < end {
		return p, n, jsonTrailing
	}
	return p, n, jsonOK
}

// escaped says that the text of a value is not what stands in the record.
func (w *jsonWalker) escaped(b []byte, v jsonValue) bool {
	if v.kind&jsonString == 0 {
		return false
	}
	if w.marks == nil || v.kind&jsonInText != 0 {
		return bytes.IndexByte(b[v.off:v.off+v.len], '\\') >= 0
	}
	return next(w.marks.slashes, int(v.off), int(v.off+v.len)) >= 0
}

// append adds the text of a value of the record in b to dst.
func (w *jsonWalker) append(dst, b []byte, v jsonValue) []byte {
	if v.kind&jsonInText != 0 {
		b = w.text
	}
	s := b[v.off : v.off+v.len]
	if w.escaped(b, v) {
		return jsonUnquote(dst, s)
	}
	return append(dst, s...)
}
