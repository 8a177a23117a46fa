package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// jsonObjects is JSON whose objects have the names of a table's columns: an
// array, arrays within an object, or an object a line.
//
//	[{"ip_address":"203.0.113.7","port":443,"status":"online","first_seen":"…","malware":"Emotet"}]
//	{"Covid19Indicators":[{"FirstSeen":"…","Indicator":"evil.example","IndicatorType":"hostname"}]}
//	{"3796546":[{"dateadded":"…","url":"http://evil.example/x","threat":"malware_download","tags":["elf"]}]}
//	["203.0.113.7","evil.example"]
//	{"ips":["203.0.113.7","203.0.113.8"],"domains":["evil.example"]}
//
//	{"tables":[{"columns":[{"name":"NetworkIP","type":"string"},…],"rows":[["203.0.113.7",…],…]}]}
//
//	[{"malware":"Mirai","c2":["203.0.113.7:443"]}]
//
//	{"preview":false,"offset":0,"result":{"ip":"203.0.113.7"}}
//
// An object without such names is looked into, and so is one under such a name:
// pulses of OTX hold their indicators. What would be one under another name is
// counted.
var jsonObjects = Kind{Name: "json", Sniff: sniffObjects, Read: readObjects}

// maxColumns is how many names an object may have. Tables have dozens.
const maxColumns = 4096

func sniffObjects(head []byte) bool {
	if !startsJSON(head) {
		return false
	}
	found := false
	o := &objects{words: newInterner(), layouts: map[string]*rows{}, emit: func(e *Entry) { found = found || isEntry(e) }}
	o.read(bytes.NewReader(head)) // the head may be cut anywhere
	return found
}

func readObjects(r io.Reader, emit func(*Entry)) error {
	o := &objects{words: newInterner(), layouts: map[string]*rows{}, emit: emit}
	err := o.read(r)
	o.noteUntaken()
	return err
}

// objects reads the elements of all arrays of a document.
type objects struct {
	words   *interner
	layouts map[string]*rows // by the names of an object
	emit    func(*Entry)
	depth   int // objects around the document
	// Of a query's answer: the names of the columns of the rows to come.
	columns [][]byte
	scanned bool // addresses that were looked at: the names of their providers are none
	looked  int  // objects that were looked through for what is not taken
	untaken []untaken
}

// An untaken is what stands under a name that is not known.
type untaken struct {
	name, value string // value is the first
	line, n     int
}

// maxInside is how deep objects with indicators may stand in the elements of
// arrays. Each level is read anew.
const maxInside = 3

func (o *objects) read(r io.Reader) error {
	b := buffered(r)
	head, _ := b.Peek(headSize) // a read error comes again
	o.scanned = scanned(head)
	if keys, oneLine := peekObject(head); oneLine && o.depth == 0 {
		first, _, _ := bytes.Cut(trimHead(head), []byte("\n"))
		if _, ok := readNames(rawCells(keys)); ok || ecsFields(first) != nil || enveloped(first) != nil {
			return eachLine(b, o.emit, o.object)
		}
	}
	return o.document(b, 1)
}

// scanned reports whether a document has the names of Shodan's objects.
func scanned(head []byte) bool {
	var names []string
	for _, name := range []string{"ip_str", "hostnames", "isp", "asn", "org"} {
		if bytes.Contains(head, []byte(`"`+name+`"`)) {
			names = append(names, plain(name))
		}
	}
	return isShodan(names)
}

// document reads a document whose first line has that number.
func (o *objects) document(r io.Reader, first int) error {
	key := "" // of the array at hand
	wanted := func(k string) bool {
		key = strings.ToLower(k)
		if key == "columns" {
			o.columns = nil
		}
		return true
	}
	d := newDocument(r)
	d.scalar = func(stack []level, t json.Token) {
		if value, ok := t.(string); ok && o.depth == 0 {
			o.leave(stack[len(stack)-1].key, value, d.line()+first-1)
		}
	}
	return d.records(wanted, func(raw []byte, line int) {
		switch line += first - 1; {
		case raw[0] == '{' && key == "columns" && o.column(raw):
		case raw[0] == '[' && key == "rows" && o.columns != nil:
			o.row(raw, line)
		case raw[0] == '{':
			o.object(raw, line)
		default:
			o.scalar(raw, key, line)
		}
	})
}

// column notes the name of a column of a query's answer.
func (o *objects) column(raw []byte) bool {
	var c struct {
		Name   text `json:"name"`
		Column text `json:"ColumnName"`
	}
	json.Unmarshal(raw, &c) // what has no name is none
	name := firstText(c.Name, c.Column)
	if name == "" || len(o.columns) == maxColumns {
		return false
	}
	o.columns = append(o.columns, []byte(name))
	return true
}

// row reads a row of a query's answer.
func (o *objects) row(raw []byte, line int) {
	var values []text
	t := o.layout(o.columns)
	if json.Unmarshal(raw, &values) != nil || t == nil {
		reject(o.emit, line, Clip(string(raw)), "no value")
		return
	}
	cells := make([][]byte, len(values))
	for i, v := range values {
		cells[i] = []byte(v)
	}
	t.emit(cells, line, o.emit)
}

// layout returns the reader of objects with those names, nil where none is that
// of a column of values.
func (o *objects) layout(names [][]byte) *rows {
	key := string(bytes.Join(names, []byte{0}))
	t := o.layouts[key]
	if t == nil {
		l, ok := readNames(names)
		if !ok {
			return nil
		}
		t = &rows{layout: l, words: o.words, promised: none}
		if len(o.layouts) < maxReasons {
			o.layouts[key] = t
		}
	}
	return t
}

// otherList is what a list is that is not called as a column of values would be.
const otherList = "in a list of another name: "

// isEntry reports whether an entry is what an object or a list of values has given.
func isEntry(e *Entry) bool {
	return e.Fate == Usable || e.Fate == Skipped && !strings.HasPrefix(e.Reason, otherList)
}

// scalar reads an element of an array that is no object: an indicator, where
// the array is the document or is called as a column of values would be.
func (o *objects) scalar(raw []byte, key string, line int) {
	var value text
	if raw[0] == '[' || value.UnmarshalJSON(raw) != nil {
		reject(o.emit, line, Clip(string(raw)), "not a JSON object")
		return
	}
	l, ok := readNames([][]byte{[]byte(key)})
	switch {
	case ok && o.scanned && l.values[0].typ != "ip" && l.values[0].typ != anyType:
		skipped(o.emit, line, string(value), ofScanned)
	case key != "" && !ok:
		// References lead to reports, and tags are words.
		if holdsIndicator([]byte(value)) {
			skipped(o.emit, line, string(value), otherList+Clean(key))
		}
	case isNone(string(value)):
		reject(o.emit, line, Clip(string(raw)), "no value")
	default:
		e := newEntry(line)
		e.Value = []byte(value)
		if ok {
			e.Type = l.values[0].typ
		}
		o.emit(&e)
	}
}

// object reads one object.
func (o *objects) object(raw []byte, line int) {
	names, cells, lists, inner := objectCells(raw)
	if names == nil {
		reject(o.emit, line, Clip(string(raw)), "not a JSON object")
		return
	}
	if len(names) > maxColumns {
		reject(o.emit, line, Clip(string(raw[:min(len(raw), 2*maxShown)])), "more than 4096 columns")
		return
	}
	t := o.layout(names)
	if t == nil {
		if inside := enveloped(raw); inside != nil {
			o.object(inside, line)
			return
		}
		if !o.within(raw, line) {
			reject(o.emit, line, Clip(string(raw)), "no value")
			return
		}
		l := bareLayout(0)
		o.leaveOthers(&l, names, cells, lists, inner, true, line)
		return
	}
	for _, v := range t.values {
		if v.typ == anyType && truth(string(cells[v.n])) >= 0 {
			cells[v.n], lists[v.n] = nil, nil // whether it is one
		}
	}
	full := func(v column) bool { return !isNone(string(cells[v.n])) }
	none := !slices.ContainsFunc(t.values, full)
	// A list of objects counts as empty here. Beside pages a host is only theirs;
	// whatever else has a value counts too.
	hollow := func(v column) bool { return lists[v.n] != nil && len(lists[v.n]) == 0 }
	own := func(v column) bool { return full(v) && !hollow(v) && v.typ != "hostname" }
	inside := false
	for _, v := range t.values {
		inside = isObject(inner[v.n]) && o.below(inner[v.n], line) || inside
	}
	arrays := none && !inside || slices.ContainsFunc(t.values, hollow)
	inside = arrays && o.within(raw, line) || inside
	o.leaveOthers(&t.layout, names, cells, lists, inner, arrays, line)
	switch {
	case inside && !slices.ContainsFunc(t.values, own):
	case none:
		reject(o.emit, line, Clip(string(raw)), "no value")
	case slices.ContainsFunc(t.values, func(v column) bool { return len(lists[v.n]) > 1 }):
		t.each(cells, lists, line, o.emit)
	default:
		t.emit(cells, line, o.emit)
	}
}

// leaveOthers counts what stands in an object under names that are not known, but
// for what stands in its arrays where those have been read. Only the first objects
// are looked at: the others are like them.
func (o *objects) leaveOthers(l *layout, names, cells [][]byte, lists [][]string, inner [][]byte, arrays bool, line int) {
	if o.looked++; o.looked > maxSample {
		return
	}
	for n, name := range names {
		switch {
		case l.uses(n), slices.Contains(hostNames, plain(string(name))): // that of the value
		case lists[n] == nil && inner[n] == nil:
			o.leave(string(name), string(cells[n]), line)
		case arrays:
		case inner[n] != nil:
			d := json.NewDecoder(bytes.NewReader(inner[n]))
			for token, err := d.Token(); err == nil; token, err = d.Token() {
				value, _ := token.(string)
				o.leave(string(name), value, line)
			}
		default:
			for _, value := range lists[n] {
				o.leave(string(name), value, line)
			}
		}
	}
}

// leave counts a value that is not taken, if it is one.
func (o *objects) leave(name, value string, line int) {
	if !isValue(value) {
		return
	}
	for i := range o.untaken {
		if u := &o.untaken[i]; u.name == name {
			u.n++
			return
		}
	}
	if len(o.untaken) < maxReasons {
		o.untaken = append(o.untaken, untaken{name, Clip(value), line, 1})
	}
}

// noteUntaken warns of what was not taken.
func (o *objects) noteUntaken() {
	for _, u := range o.untaken {
		note(o.emit, u.line, u.value, fmt.Sprintf("not taken from %s: %d there would be indicators, in the first %d objects", Clean(u.name), u.n, maxSample))
	}
}

func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }

// below reads an object under the name of a value, its arrays and what it has of
// values itself, and says whether there was anything in it.
func (o *objects) below(raw []byte, line int) bool {
	found := o.within(raw, line)
	names, cells, lists, inner := objectCells(raw)
	if len(names) > maxColumns {
		return found
	}
	t := o.layout(names)
	for n := range cells {
		if lists[n] != nil || inner[n] != nil {
			cells[n] = nil
		}
	}
	if t == nil || !slices.ContainsFunc(t.values, func(v column) bool { return !isNone(string(cells[v.n])) }) {
		return found
	}
	t.emit(cells, line, o.emit)
	return true
}

// within reads the arrays within an object that has no value itself, and says
// whether there was anything in them.
func (o *objects) within(raw []byte, line int) (found bool) {
	if o.depth < maxInside {
		emit := o.emit
		o.emit = func(e *Entry) {
			found = found || isEntry(e)
			emit(e)
		}
		o.depth++
		err := o.document(bytes.NewReader(raw), line)
		o.depth--
		o.emit = emit
		if err != nil {
			reject(o.emit, line, Clip(string(raw)), errors.Unwrap(err).Error())
			return true
		}
	}
	return found
}

// objectCells returns the names and the scalar values of an object, in order;
// a list of scalars is one value with commas, and by itself in lists; an object,
// or a list of such, is in inner. nil if it is no object; of one with more than
// maxColumns it returns one more.
func objectCells(raw []byte) (names, cells [][]byte, lists [][]string, inner [][]byte) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, nil, nil
	}
	names = [][]byte{}
	for d.More() && len(names) <= maxColumns {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return nil, nil, nil, nil
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, nil, nil, nil
		}
		var cell text
		var list texts
		var in []byte
		if value[0] == '[' {
			if list.UnmarshalJSON(value) == nil {
				list = append(texts{}, slices.DeleteFunc(list, func(s string) bool { return s == "" })...)
				cell = text(strings.Join(list, ","))
			}
		} else if cell.UnmarshalJSON(value) != nil {
			return nil, nil, nil, nil
		}
		if value[0] == '{' || list != nil && len(list) == 0 {
			in = value
		}
		names, cells, lists, inner = append(names, []byte(name)), append(cells, []byte(cell)), append(lists, list), append(inner, in)
	}
	return names, cells, lists, inner
}
