package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxNesting bounds how deep a document may nest around its records.
const maxNesting = 100

var errDeepJSON = errors.New("JSON nested more than 100 deep")

// A level is an object or array that a document is in.
type level struct {
	object bool
	key    string // of an object: the key whose value comes next, once hasKey
	hasKey bool
}

// records calls object for every element of the arrays that wanted asks for,
// wherever they are in the document: by the key under which they stand, "" for
// an array that stands in another one or at the top. What an element holds is
// not looked into. Several documents may follow one another.
//
//	{"response":[{"Event":{"Attribute":[{…},{…}],"Object":[{"Attribute":[{…}]}]}}]}
//
// d.scalar, if it is there, is called with each scalar around the records and
// the levels at whose last it stands.
//
// d.closed is called with the levels that are left when an object or array has
// ended.
func (d *document) records(wanted func(key string) bool, object func(raw []byte, line int)) error {
	for seen := false; ; seen = true {
		t, err := d.Token()
		if err == io.EOF && seen && len(d.stack) == 0 {
			return nil
		}
		if err != nil {
			return d.fail(err)
		}
		d.in.left = maxObject
		top := d.top()
		if top != nil && top.object && !top.hasKey && t != json.Delim('}') {
			top.key, top.hasKey = t.(string), true
			continue
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if err := d.enter(t == json.Delim('{'), wanted, object); err != nil {
				return err
			}
			continue
		case json.Delim('}'), json.Delim(']'):
			d.stack = d.stack[:len(d.stack)-1]
			if d.closed != nil {
				d.closed(d.stack)
			}
		default:
			if top == nil {
				return &LineError{d.line(), fmt.Errorf("want an object or array in the JSON, not %v", Clip(fmt.Sprint(t)))}
			}
			if d.scalar != nil {
				d.scalar(d.stack, t)
			}
		}
		if top = d.top(); top != nil {
			top.hasKey = false
		}
	}
}

// top is the level that the document is in, nil outside of all.
func (d *document) top() *level {
	if len(d.stack) == 0 {
		return nil
	}
	return &d.stack[len(d.stack)-1]
}

// enter goes into an object or an array, to the end of the elements of one that is wanted.
func (d *document) enter(isObject bool, wanted func(key string) bool, object func(raw []byte, line int)) error {
	if len(d.stack) == maxNesting {
		return &LineError{d.line(), errDeepJSON}
	}
	key := ""
	if top := d.top(); top != nil {
		key = top.key
	}
	d.stack = append(d.stack, level{object: isObject})
	if isObject || !wanted(key) {
		return nil
	}
	return d.elements(object)
}
