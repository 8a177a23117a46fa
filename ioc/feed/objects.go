package feed

import (
	"bytes"
	"encoding/json"
	"errors"
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
// An object without such names is looked into: pulses of OTX hold their
// indicators.
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
	return o.read(r)
}

// objects reads the elements of all arrays of a document.
type objects struct {
	words   *interner
	layouts map[string]*rows // by the names of an object
	emit    func(*Entry)
	depth   int // objects around the document
	// Of a query's answer: the names of the columns of the rows to come.
	columns [][]byte
}

// maxInside is how deep objects with indicators may stand in the elements of
// arrays. Each level is read anew.
const maxInside = 3

func (o *objects) read(r io.Reader) error {
	b := buffered(r)
	head, _ := b.Peek(headSize) // a read error comes again
	if keys, oneLine := peekObject(head); oneLine && o.depth == 0 {
		names := make([][]byte, len(keys))
		for i, k := range keys {
			names[i] = []byte(k)
		}
		if _, ok := readHeader(names); ok {
			return eachLine(b, o.emit, o.object)
		}
	}
	return o.document(b, 1)
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
	return newDocument(r).records(wanted, func(raw []byte, line int) {
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
		reject(o.emit, line, clip(string(raw)), "no value")
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
		l, ok := readHeader(names)
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

// isEntry says that an entry is what an object or a list of values has given.
func isEntry(e *Entry) bool {
	return e.Fate == Usable || e.Fate == Skipped && !strings.HasPrefix(e.Reason, otherList)
}

// scalar reads an element of an array that is no object: an indicator, where
// the array is the document or is called as a column of values would be.
func (o *objects) scalar(raw []byte, key string, line int) {
	var value text
	if raw[0] == '[' || value.UnmarshalJSON(raw) != nil {
		reject(o.emit, line, clip(string(raw)), "not a JSON object")
		return
	}
	l, ok := readHeader([][]byte{[]byte(key)})
	switch {
	case key != "" && !ok:
		// References lead to reports, and tags are words.
		if holdsIndicator([]byte(value)) {
			skipped(o.emit, line, string(value), otherList+clean(key))
		}
	case isNone(string(value)):
		reject(o.emit, line, clip(string(raw)), "no value")
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
	names, cells, lists := objectCells(raw)
	if names == nil {
		reject(o.emit, line, clip(string(raw)), "not a JSON object")
		return
	}
	if len(names) > maxColumns {
		reject(o.emit, line, clip(string(raw[:min(len(raw), 2*maxShown)])), "more than 4096 columns")
		return
	}
	t := o.layout(names)
	if t == nil {
		if !o.inside(raw, line) {
			reject(o.emit, line, clip(string(raw)), "no value")
		}
		return
	}
	full := func(v column) bool { return !isNone(string(cells[v.n])) }
	none := !slices.ContainsFunc(t.values, full)
	// A list of objects counts as empty here. Beside pages a host is only theirs;
	// whatever else has a value counts too.
	hollow := func(v column) bool { return lists[v.n] != nil && len(lists[v.n]) == 0 }
	own := func(v column) bool { return full(v) && !hollow(v) && v.typ != "hostname" }
	inside := (none || slices.ContainsFunc(t.values, hollow)) && o.inside(raw, line)
	switch {
	case inside && !slices.ContainsFunc(t.values, own):
	case none:
		reject(o.emit, line, clip(string(raw)), "no value")
	case slices.ContainsFunc(t.values, func(v column) bool { return len(lists[v.n]) > 1 }):
		t.each(cells, lists, line, o.emit)
	default:
		t.emit(cells, line, o.emit)
	}
}

// each emits the values of an object that has lists of them.
func (r *rows) each(cells [][]byte, lists [][]string, line int, emit func(*Entry)) {
	values := r.values
	defer func() { r.values = values }()
	for _, v := range values {
		r.values = []column{v}
		for _, value := range lists[v.n] {
			cells[v.n] = []byte(value)
			r.emit(cells, line, emit)
		}
		if len(lists[v.n]) == 0 && !isNone(string(cells[v.n])) {
			r.emit(cells, line, emit)
		}
	}
}

// inside reads the arrays within an object that has no value itself, and says
// whether there was anything in them.
func (o *objects) inside(raw []byte, line int) (found bool) {
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
			reject(o.emit, line, clip(string(raw)), errors.Unwrap(err).Error())
			return true
		}
	}
	return found
}

// objectCells returns the names and the scalar values of an object, in order;
// a list of scalars is one value with commas, and by itself in lists. nil if it
// is no object; of one with more than maxColumns it returns one more.
func objectCells(raw []byte) (names, cells [][]byte, lists [][]string) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, nil
	}
	names = [][]byte{}
	for d.More() && len(names) <= maxColumns {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return nil, nil, nil
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, nil, nil
		}
		var cell text
		var list texts
		if value[0] == '[' {
			if list.UnmarshalJSON(value) == nil {
				list = append(texts{}, slices.DeleteFunc(list, func(s string) bool { return s == "" })...)
				cell = text(strings.Join(list, ","))
			}
		} else if cell.UnmarshalJSON(value) != nil {
			return nil, nil, nil
		}
		names, cells, lists = append(names, []byte(name)), append(cells, []byte(cell)), append(lists, list)
	}
	return names, cells, lists
}
