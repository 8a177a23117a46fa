package formats

import (
	"bytes"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// A jsonWalker takes wanted members out of records, one after the other.
//
// Records of one export have nearly always the same keys in the same order.
// The walker therefore remembers, for each key, which keys followed it, and with
// which white space. The next key is first compared with those texts as a whole
// (`"RemoteIP":`), the last one first, and looked up only if it is none of them.
//
//	{"Type":"DnsEvents","properties":{"Name":"x","ClientIP":"10.0.0.5"}}
//	 ^ keys[0] -> Type -> properties   ^ keys[1] -> Name -> ClientIP
//
// A log may have records of several kinds, each with other columns. Which kind a record
// is of shows in all its keys so far, not in the last one alone. So a key counts as
// another one for each sequence of keys that leads to it, as long as these are not too
// many: after two or three keys the kind is known, and the rest can be predicted.
type jsonWalker struct {
	names []string            // bare names of the wanted columns, without repetition
	outer string              // the member in which columns may stand too: the envelope
	marks *jsonMarks          // of the text that records lie in; nil where there are none
	keys  []simd.Key          // by number
	more  []jsonKey           // by number, too: what only the walker needs
	ids   [2]map[string]int32 // by level: from a raw key to its first number
	after map[[2]int32]int32  // from a number and the first number of the key behind it to that key's own number there
	vals  [2][]simd.Value     // by level (1: within outer), then by name
	met   []int32             // slots that some record had: the others hold nothing
	text  []byte              // an envelope that was JSON text in a string
	inner jsonMarks           // of text
	name  []byte              // scratch for an escaped key

	bounds jsonBounds

	envelope bool // the record has an envelope, with its members in vals[1]
	inText   bool // the text that is read is w.text
	nested   bool // a member named records may hold records
	recOff   int  // that member's value, an array; 0 without one
	recEnd   int
}

// A jsonKey is what the walker knows of a key beside its simd.Key.
type jsonKey struct {
	glue    string // as simd.Key has it, of any length; "" for keys that cannot be predicted
	role    jsonRole
	relearn uint8 // how often glue has changed
}

// stick sets the glue of a key: its text with all that stands before its value.
func (w *jsonWalker) stick(id int32, glue string) {
	w.more[id].glue = glue
	if w.more[id].role == jsonPlain {
		w.keys[id].Stick(glue)
	}
}

// A jsonRole says what the value of a key is.
type jsonRole uint8

const (
	jsonPlain    jsonRole = iota // a cell, whatever it is
	jsonEnvelope                 // may have columns as its members
	jsonRecords                  // may be a list of records
	jsonInner                    // a cell unless the record has one whose name shows no envelope
)

const (
	jsonLost     = 2   // number of the key that stands for all that are not remembered
	jsonLongKey  = 256 // bytes of the longest key that is remembered
	jsonRelearns = 32  // how often the glue of a key may change
)

// A jsonBounds is how many keys a walker remembers, so that hostile records cannot fill
// memory, and how many steps from one key to the next, which are to stay in the cache.
type jsonBounds struct{ keys, steps int }

// jsonInText marks values whose places are positions in the walker's text.
const jsonInText = simd.String << 1

func newJSONWalker(names []string, envelope string) *jsonWalker {
	w := &jsonWalker{names: names, outer: envelope, nested: true, after: map[[2]int32]int32{}, bounds: jsonBounds{4096, 1024}}
	for level := range w.vals {
		w.vals[level] = make([]simd.Value, len(names))
		w.ids[level] = map[string]int32{}
	}
	for range jsonLost + 1 {
		w.add(-1, jsonPlain)
	}
	return w
}

// spent reports whether half of what the walker may remember is used up. Then it had
// better begin anew with other records: without room for their keys it reads them at a
// sixth of the speed.
func (w *jsonWalker) spent() bool {
	return len(w.ids[0])+len(w.ids[1]) > w.bounds.keys/2 || len(w.after) > w.bounds.steps/2 ||
		slices.ContainsFunc(w.more, func(k jsonKey) bool { return k.relearn > jsonRelearns/2 })
}

// add adds a number for a key, with nothing known yet of what follows.
func (w *jsonWalker) add(slot int32, role jsonRole) (id int32) {
	id = int32(len(w.keys))
	w.keys = append(w.keys, simd.NewKey(slot, jsonLost))
	w.more = append(w.more, jsonKey{role: role})
	return id
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
func (w *jsonWalker) value(slot int) simd.Value {
	if w.envelope && w.vals[1][slot].Kind != 0 {
		return w.vals[1][slot]
	}
	return w.vals[0][slot]
}

func (w *jsonWalker) object(b []byte, p, end, level int) (int, jsonFault) {
	if q := p + 1; q < end && b[q] != '"' {
		q = jsonSpace(b, q, end)
		if q < end && b[q] == '}' {
			return q + 1, jsonOK
		}
	}
	vals := w.vals[level]
	var quotes []uint64 // empty: look at the bytes
	if marks := w.marked(); marks != nil {
		quotes = marks.quotes
	}
	prev := int32(level)
	for { // p is at the brace or at a comma
		next, last := simd.Members(b, quotes, p, end, w.keys, prev, vals)
		taken := next > p
		if taken {
			p, prev = jsonSpace(b, next, end), last
		}
		if !taken || p < end && b[p] == ',' { // it has stopped before a member
			var fault jsonFault
			if p, prev, fault = w.member(b, p+1, end, level, prev); fault != jsonOK {
				return p, fault
			}
			p = jsonSpace(b, p, end)
		}
		switch {
		case p >= end:
			return end, jsonEnds
		case b[p] == ',':
		case b[p] == '}':
			return p + 1, jsonOK
		default:
			return p, jsonNoComma
		}
	}
}

// member steps over one member and returns the number of its key.
func (w *jsonWalker) member(b []byte, p, end, level int, prev int32) (int, int32, jsonFault) {
	p, id, fault := w.key(b, p, end, level, prev)
	if fault != jsonOK {
		return p, id, fault
	}
	start, slot, role := p, w.keys[id].Slot, w.more[id].role
	if role == jsonPlain || role == jsonInner {
		p, fault = w.skip(b, p, end, level+1)
	} else {
		p, fault = w.special(b, p, end, role)
	}
	// What is round the columns is no cell, even of a column of its name: DnsEvents has
	// one called Result.
	if fault == jsonOK && slot >= 0 && (role != jsonEnvelope || !w.envelope) && (role != jsonInner || w.vals[level][slot].Kind == 0) {
		w.vals[level][slot] = w.plain(b, start, p)
	}
	return p, id, fault
}

// skip steps over the value at b[p], by the marks if it is a string.
func (w *jsonWalker) skip(b []byte, p, end, depth int) (int, jsonFault) {
	if p >= end || b[p] != '"' {
		return jsonSkip(b, p, end, depth)
	}
	q := w.quote(b, p+1, end)
	if q < 0 {
		return p, jsonOpenString
	}
	return q + 1, jsonOK
}

// marked are the marks of what is read; nil where there are none.
func (w *jsonWalker) marked() *jsonMarks {
	if w.inText {
		return &w.inner
	}
	return w.marks
}

// quote returns where the string ends that began before p, or -1.
func (w *jsonWalker) quote(b []byte, p, end int) int {
	if marks := w.marked(); marks != nil {
		return simd.Next(marks.quotes, p, end)
	}
	return jsonQuote(b, p, end)
}

// plain is the value at b[p:q], already stepped over.
func (w *jsonWalker) plain(b []byte, p, q int) simd.Value {
	switch {
	case b[p] == '"':
		return simd.Value{Off: uint32(p + 1), Len: uint32(q - p - 2), Kind: simd.Set | simd.String}
	case jsonNull(b[p:q]):
		return simd.Value{Kind: simd.Set}
	}
	return simd.Value{Off: uint32(p), Len: uint32(q - p), Kind: simd.Set}
}

// key reads a key and returns the position of its value and its number. prev is
// the key before.
func (w *jsonWalker) key(b []byte, p, end, level int, prev int32) (int, int32, jsonFault) {
	before := &w.keys[prev]
	for i, id := range before.Followers() {
		if glue := w.more[id].glue; glue != "" && len(glue) < end-p && string(b[p:p+len(glue)]) == glue {
			if p = jsonSpace(b, p+len(glue), end); p >= end { // more white space than last time
				return end, 0, jsonEnds
			}
			if i > 0 {
				before.Expect(id)
			}
			return p, id, jsonOK
		}
	}
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
	key, ok := w.ids[level][string(raw)]
	if !ok {
		key = w.learn(raw, level)
	}
	if key == jsonLost {
		return p, key, jsonOK
	}
	id := w.behind(prev, key)
	if glue, k := b[from:p], &w.more[id]; string(glue) != k.glue && k.relearn < jsonRelearns && len(glue) < 2*jsonLongKey {
		if string(glue) != w.more[key].glue {
			w.stick(key, string(glue))
		}
		w.stick(id, w.more[key].glue) // mostly the same behind all others
		k.relearn++
	}
	if prev != jsonLost {
		w.keys[prev].Expect(id)
	}
	return p, id, jsonOK
}

// behind returns the number that a key has behind another one. Too many such numbers
// show that keys come in no order, rather than that there are many kinds of records.
// From then on a key that was not predicted has its first number behind every other.
func (w *jsonWalker) behind(prev, key int32) int32 {
	if prev == jsonLost || len(w.after) >= w.bounds.steps {
		return key
	}
	step := [2]int32{prev, key}
	id, ok := w.after[step]
	if !ok {
		id = w.add(w.keys[key].Slot, w.more[key].role)
		w.after[step] = id
	}
	return id
}

// learn takes up a key that has not been seen before.
func (w *jsonWalker) learn(raw []byte, level int) int32 {
	w.name = jsonUnquote(w.name[:0], raw)
	bare := BareName(string(w.name))
	slot, role := w.slot(bare), jsonPlain
	if slot >= 0 && IsInner(string(w.name), bare) {
		role = jsonInner
	}
	w.meet(slot)
	if level == 0 {
		switch {
		case strings.EqualFold(bare, w.outer):
			role = jsonEnvelope
		case strings.EqualFold(bare, "records") && w.nested:
			role = jsonRecords
		}
	}
	if len(w.ids[0])+len(w.ids[1]) >= w.bounds.keys || len(raw) > jsonLongKey {
		w.keys[jsonLost].Slot, w.more[jsonLost].role = slot, role
		return jsonLost
	}
	id := w.add(slot, role)
	w.ids[level][string(raw)] = id
	return id
}

// slot returns the index of a column in names, -1 if it is not wanted.
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

// textual takes an envelope out of a string that holds it as JSON text. Any
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
	w.inner.fill(w.text[:n])
	w.inText = true
	w.object(w.text, p, n, 1)
	for i := range w.vals[1] {
		if v := &w.vals[1][i]; v.Kind != 0 {
			v.Kind |= jsonInText
		}
	}
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

// escaped reports whether a value has escapes: then its text is not what stands in b.
func (w *jsonWalker) escaped(b []byte, v simd.Value) bool {
	if v.Kind&simd.String == 0 {
		return false
	}
	if w.marks == nil || v.Kind&jsonInText != 0 {
		return bytes.IndexByte(b[v.Off:v.Off+v.Len], '\\') >= 0
	}
	return simd.Next(w.marks.slashes, int(v.Off), int(v.Off+v.Len)) >= 0
}

// append adds the text of a value of the record in b to dst.
func (w *jsonWalker) append(dst, b []byte, v simd.Value) []byte {
	if v.Kind&jsonInText != 0 {
		b = w.text
	}
	s := b[v.Off : v.Off+v.Len]
	if w.escaped(b, v) {
		return jsonUnquote(dst, s)
	}
	return append(dst, s...)
}
