package feed

import (
	"bytes"
	"encoding/json"
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
var jsonObjects = Kind{Name: "json", Sniff: sniffObjects, Read: readObjects}

// maxColumns is how many names an object may have. Tables have dozens.
const maxColumns = 4096

func sniffObjects(head []byte) bool {
	if !startsJSON(head) {
		return false
	}
	found := false
	eachObject(bytes.NewReader(head), func(*Entry) {}, func(raw []byte, _ int) {
		names, _ := objectCells(raw)
		_, ok := readHeader(names)
		found = found || ok
	})
	return found
}

func readObjects(r io.Reader, emit func(*Entry)) error {
	words := newInterner()
	layouts := map[string]*rows{}
	return eachObject(r, emit, func(raw []byte, line int) {
		names, cells := objectCells(raw)
		if names == nil {
			reject(emit, line, clip(string(raw)), "not a JSON object")
			return
		}
		if len(names) > maxColumns {
			reject(emit, line, clip(string(raw[:min(len(raw), 2*maxShown)])), "more than 4096 columns")
			return
		}
		key := string(bytes.Join(names, []byte{0}))
		t := layouts[key]
		if t == nil {
			l, ok := readHeader(names)
			if !ok {
				reject(emit, line, clip(string(raw)), "no value")
				return
			}
			t = &rows{layout: l, words: words, promised: none}
			if len(layouts) < maxReasons {
				layouts[key] = t
			}
		}
		t.emit(cells, line, emit)
	})
}

// eachObject calls object for the elements of all arrays that hold objects,
// wherever they are, or for each line that is an object.
func eachObject(r io.Reader, emit func(*Entry), object func(raw []byte, line int)) error {
	b := buffered(r)
	head, _ := b.Peek(headSize) // a read error comes again
	if keys, oneLine := peekObject(head); oneLine {
		names := make([][]byte, len(keys))
		for i, k := range keys {
			names[i] = []byte(k)
		}
		if _, ok := readHeader(names); ok {
			return eachLine(b, emit, object)
		}
	}
	return newDocument(b).records(func(string) bool { return true }, object)
}

// objectCells returns the names and the scalar values of an object, in order;
// a list of scalars is one value with commas. nil if it is no object; of one
// with more than maxColumns it returns one more.
func objectCells(raw []byte) (names, cells [][]byte) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil
	}
	names = [][]byte{}
	for d.More() && len(names) <= maxColumns {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return nil, nil
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, nil
		}
		var cell text
		if value[0] == '[' {
			var list texts
			if list.UnmarshalJSON(value) == nil {
				cell = text(strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), ","))
			}
		} else if cell.UnmarshalJSON(value) != nil {
			return nil, nil
		}
		names, cells = append(names, []byte(name)), append(cells, []byte(cell))
	}
	return names, cells
}
