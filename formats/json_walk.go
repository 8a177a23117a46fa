package formats

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
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
	names []string // bare names of the wanted columns, without repetition
	keys  []jsonKey
	ids   [2]map[string]int32 // raw key to index in keys, by level
	vals  [2][]jsonValue      // by level (1: within properties), then by name
	text  []byte              // a properties member that was JSON text in a string
	name  []byte              // scratch for an escaped key

	envelope bool // the record has properties, found in vals[1]
	inText   bool // what is read lies in text
	nested   bool // a member records may hold records
	recOff   int  // that member's value, an array; 0 without one
	recEnd   int
}

type jsonKey struct {
	glue    string // from behind the comma or brace up to the value: `"RemoteIP":`
	n       int    // its length; jsonNever for keys that cannot be predicted
	slot    int32  // index into names, -1 for a key nobody asked for
	next    int32  // the key that followed last time
	role    jsonRole
	relearn uint8 // how often glue has changed
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
		0:        {n: jsonNever, slot: -1, next: jsonLost},
		1:        {n: jsonNever, slot: -1, next: jsonLost},
		jsonLost: {n: jsonNever, slot: -1, next: jsonLost},
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
	prev := int32(level)
	for {
		id := w.keys[prev].next
		k := &w.keys[id]
		if n := k.n; n < end-p && string(b[p:p+n]) == k.glue {
			p += n
		} else {
			var fault jsonFault
			if p, id, fault = w.key(b, p, end, level, prev); fault != jsonOK {
				return p, fault
			}
			k = &w.keys[id]
		}
		prev = id

		start := p
		if b[p] == '"' && k.role == jsonPlain {
			// Most cells are short: look for the end in the first eight bytes
			// without a call. What is before them is a quote, no backslash.
			q := p + 1
			x := binary.LittleEndian.Uint64(b[q:]) ^ ('"' * swarOnes)
			x = (x - swarOnes) &^ x & swarHighs
			q += bits.TrailingZeros64(x) >> 3
			if x == 0 || b[q-1] == '\\' || q >= end {
				if q = jsonQuote(b, p+1, end); q < 0 {
					return start, jsonOpenString
				}
			}
			p = q + 1
			if k.slot >= 0 {
				vals[k.slot] = jsonValue{uint32(start + 1), uint32(q - start - 1), w.mark(jsonSet | jsonString)}
			}
		} else {
			slot, fault := k.slot, jsonOK
			if k.role == jsonPlain {
				p, fault = jsonSkip(b, p, end, level+1)
			} else {
				p, fault = w.special(b, p, end, k.role)
			}
			if fault != jsonOK {
				return p, fault
			}
			if slot >= 0 {
				vals[slot] = w.plain(b, start, p)
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
	q := jsonQuote(b, p+1, end)
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
		k.glue, k.n = string(b[from:p]), p-from
		k.relearn++
	}
	w.keys[prev].next = id
	if prev == jsonLost {
		w.keys[prev].next = jsonLost
	}
	return p, id, jsonOK
}

// learn takes up a key that has not been seen before.
func (w *jsonWalker) learn(raw []byte, level int) int32 {
	w.name = jsonUnquote(w.name[:0], raw)
	bare, _ := BareName(string(w.name))
	k := jsonKey{n: jsonNever, slot: w.slot(bare), next: jsonLost}
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
		q := jsonQuote(b, p+1, end)
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

// append adds the text of a value of the record in b to dst.
func (w *jsonWalker) append(dst, b []byte, v jsonValue) []byte {
	if v.kind&jsonInText != 0 {
		b = w.text
	}
	s := b[v.off : v.off+v.len]
	if v.kind&jsonString != 0 && bytes.IndexByte(s, '\\') >= 0 {
		return jsonUnquote(dst, s)
	}
	return append(dst, s...)
}
