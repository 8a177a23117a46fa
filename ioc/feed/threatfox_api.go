package feed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// threatfoxAPI is the answer of ThreatFox's API:
//
//	{"query_status":"ok","data":[{"id":"841508","ioc":"…:40669","ioc_type":"ip:port",…},…]}
//
// and its data alone, an array. Of a query for one indicator data is that object.
var threatfoxAPI = Kind{Name: "threatfox-api", Sniff: sniffThreatFoxAPI, Read: readThreatFoxAPI}

func sniffThreatFoxAPI(head []byte) bool {
	if list, ok := bytes.CutPrefix(trimHead(head), []byte("[")); ok {
		keys, _ := peekObject(list)
		return hasThreatFoxKeys(keys)
	}
	keys, _ := peekObject(head)
	// URLhaus and MalwareBazaar answer in the same envelope.
	return slices.Contains(keys, "query_status") &&
		(bytes.Contains(head, []byte(`"ioc`)) || !bytes.Contains(head, []byte(`"url`)) && !bytes.Contains(head, []byte(`"sha256_hash"`)))
}

func readThreatFoxAPI(r io.Reader, emit func(*Entry)) error {
	b := buffered(r)
	d := newDocument(b)
	words := newInterner()
	head, _ := b.Peek(headSize) // a read error comes again
	if bytes.HasPrefix(trimHead(head), []byte("[")) {
		if err := d.want('['); err != nil {
			return err
		}
		return d.entries(words, emit)
	}
	if err := d.want('{'); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return d.fail(err)
		}
		value, err := d.Token()
		if err != nil {
			return d.fail(err)
		}
		switch {
		case key == "query_status" && value != "ok":
			return &LineError{d.line(), fmt.Errorf("the query was not answered: query_status is %q", Clip(fmt.Sprint(value)))}
		case key == "data" && value == json.Delim('['):
			err = d.entries(words, emit)
		case key == "data" && value == json.Delim('{'):
			err = d.entry(words, emit)
		default: // of a search without result, data is a sentence
			err = d.skip(value)
		}
		if err != nil {
			return err
		}
	}
	return d.want('}')
}

// entry reads an object, whose opening bracket has been read, as one entry.
func (d *document) entry(w *interner, emit func(*Entry)) error {
	line := d.line()
	object := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return d.fail(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return d.fail(err)
		}
		object[key.(string)] = value
	}
	if raw, err := json.Marshal(object); err == nil {
		threatfoxObject(raw, line, w, emit)
	}
	return d.want('}')
}

// threatfoxLines is one object of ThreatFox's API or export a line.
var threatfoxLines = Kind{Name: "threatfox-jsonl", Sniff: sniffThreatFoxLines, Read: readThreatFoxLines}

func sniffThreatFoxLines(head []byte) bool {
	keys, oneLine := peekObject(head)
	return oneLine && hasThreatFoxKeys(keys)
}

func readThreatFoxLines(r io.Reader, emit func(*Entry)) error {
	words := newInterner()
	return eachLine(r, emit, func(raw []byte, line int) {
		threatfoxObject(raw, line, words, emit)
	})
}
