package allow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc/feed"
)

var (
	errLongJSON  = errors.New("warninglist of more than 256 MiB")
	errNoType    = errors.New("warninglist without a type")
	errNoEntries = errors.New("warninglist without a list")
	errShape     = fmt.Errorf("%w: JSON of another shape", ErrNoList)
)

// The attributes of MISP that correspond to what is matched. A list for URLs
// alone is not one for the names in them.
var (
	nameAttributes = []string{"ALL", "domain", "hostname", "domain|ip", "hostname|port"}
	addrAttributes = []string{"ALL", "ip-src", "ip-dst", "ip-src|port", "ip-dst|port", "domain|ip"}
	urlAttributes  = []string{"ALL", "url", "uri", "link"}
	hashAttributes = []string{"ALL", "md5", "sha1", "sha256", "filename|md5", "filename|sha1", "filename|sha256"}
)

// A warninglist is a MISP warninglist as it stands in its file: entries may
// come before the type that says how they are read.
//
//	{"name": "Our names", "type": "hostname", "version": 1, "description": "…",
//	 "matching_attributes": ["domain", "hostname"], "list": ["corp.example"]}
//
// The list may be an object of entries and comments. The API of a MISP answers with
//
//	{"Warninglist": {"name": "Our names", "type": "hostname", "WarninglistEntry": [{"value": "corp.example"}],
//	 "WarninglistType": [{"type": "domain"}]}}
type warninglist struct {
	name, kind string
	attributes []string
	list       []listed
	typeLine   int
}

// listed is an entry with its line.
type listed struct {
	text string
	line int
	bad  bool // no text
}

// A document reads JSON token by token, which does not recurse, and knows the
// line of each.
type document struct {
	*json.Decoder
	data []byte
	at   int // bytes of data whose line breaks are counted
	no   int
}

func newDocument(data []byte) *document {
	return &document{Decoder: json.NewDecoder(bytes.NewReader(data)), data: data}
}

// line is the line of the token read last, from 1.
func (d *document) line() int {
	to := int(d.InputOffset())
	d.no += bytes.Count(d.data[d.at:to], []byte("\n"))
	d.at = to
	return d.no + 1
}

func (d *document) fail(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("JSON ends early")
	}
	return &feed.LineError{Line: d.line(), Err: err}
}

func (d *document) failf(format string, args ...any) error {
	return &feed.LineError{Line: d.line(), Err: fmt.Errorf(format, args...)}
}

// skip reads to the end of the value that begins with a token.
func (d *document) skip(t json.Token) error {
	for depth := 0; ; {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if t, err = d.Token(); err != nil {
			return d.fail(err)
		}
	}
}

// warninglist reads a MISP warninglist, the networks of a provider, or a plain list as an array.
func (b *builder) warninglist(r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, maxJSON+1))
	if err != nil {
		return err
	}
	if len(data) > maxJSON {
		return errLongJSON
	}
	w, err := parseWarninglist(data)
	if errors.Is(err, ErrNoList) {
		if b.ranges(newDocument(data)) == nil {
			return nil
		}
		b.Skipped, b.Rejects = map[string]int{}, nil
		if aerr := b.array(newDocument(data)); aerr != errShape {
			return aerr
		}
	}
	if err != nil {
		return err
	}
	b.Name, b.Type = feed.Clean(w.name), Type(w.kind)
	switch b.Type {
	case String, Hostname, Substring, CIDR, Regex:
	default:
		return &feed.LineError{Line: w.typeLine, Err: fmt.Errorf("unknown type %q of a warninglist: want string, hostname, substring, cidr or regex", feed.Clip(w.kind))}
	}
	has := func(wanted []string) bool {
		return len(w.attributes) == 0 || slices.ContainsFunc(w.attributes, func(a string) bool { return slices.Contains(wanted, a) })
	}
	b.names, b.addrs, b.urls, b.hashes = has(nameAttributes), has(addrAttributes), has(urlAttributes), has(hashAttributes)
	if !b.names && !b.addrs && !b.urls && !b.hashes {
		return fmt.Errorf("%w: it is for %s, which are not matched", ErrNothingUsable, feed.Clip(strings.Join(w.attributes, ", ")))
	}
	for _, e := range w.list {
		err := errNoText
		if !e.bad {
			err = b.enter(e.text, e.line)
		}
		if err != nil {
			b.skip(e.text, e.line, err.Error())
		}
	}
	return nil
}

// parseWarninglist takes a document apart. Keys that are not known are left
// alone, those that are stand once.
func parseWarninglist(data []byte) (*warninglist, error) {
	d := newDocument(data)
	w := new(warninglist)
	t, err := d.Token()
	if err != nil {
		return nil, d.fail(err)
	}
	if t != json.Delim('{') {
		return nil, errShape
	}
	met := map[string]bool{}
	if err := w.object(d, met); err != nil {
		return nil, err
	}
	switch {
	case !met["list"] && !met["type"]:
		return nil, errShape
	case !met["list"]:
		return nil, fmt.Errorf("%w: %w", ErrNoList, errNoEntries)
	case len(w.list) > maxEntries:
		return nil, errMany
	}
	end := d.line()
	if _, err := d.Token(); err != io.EOF {
		return nil, &feed.LineError{Line: end, Err: errors.New("more after the end of the warninglist")}
	}
	if !met["type"] {
		return nil, errNoType
	}
	return w, nil
}

// object reads an object that has begun.
func (w *warninglist) object(d *document, met map[string]bool) error {
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return d.fail(err)
		}
		key, ok := t.(string)
		if !ok {
			return d.failf("want a key in the JSON")
		}
		name := key
		switch key {
		case "WarninglistEntry":
			name = "list"
		case "WarninglistType":
			name = "matching_attributes"
		}
		switch name {
		case "name", "type", "list", "matching_attributes", "Warninglist":
			if met[name] {
				return d.failf("%s stands twice", key)
			}
			met[name] = true
		}
		if key == "Warninglist" {
			if t, err = d.Token(); err == nil && t != json.Delim('{') {
				return d.failf("Warninglist is not an object")
			}
			if err != nil {
				return d.fail(err)
			}
			err = w.object(d, met)
		} else {
			err = w.value(d, key)
		}
		if err != nil {
			return err
		}
	}
	return d.end()
}

// members reads an array of objects, of each the text of a key.
func (w *warninglist) members(d *document, t json.Token, key string, take func(text string, ok bool)) error {
	if t != json.Delim('[') {
		return d.failf("want a list of objects")
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return d.fail(err)
		}
		if t != json.Delim('{') {
			return d.failf("want an object in the list")
		}
		found := false
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return d.fail(err)
			}
			value, err := d.Token()
			if err != nil {
				return d.fail(err)
			}
			text, ok := value.(string)
			if name == key {
				found = true
				take(text, ok)
			}
			if err := d.skip(value); err != nil {
				return err
			}
		}
		if err := d.end(); err != nil {
			return err
		}
		if !found {
			take("", false)
		}
	}
	return d.end()
}

// value reads the value of a key.
func (w *warninglist) value(d *document, key string) error {
	t, err := d.Token()
	if err != nil {
		return d.fail(err)
	}
	switch key {
	case "name", "type":
		s, ok := t.(string)
		if !ok {
			return d.failf("%s is not a text", key)
		}
		if key == "name" {
			w.name = s
		} else {
			w.kind, w.typeLine = s, d.line()
		}
		return nil
	case "matching_attributes":
		if t == nil {
			return nil
		}
		if t != json.Delim('[') {
			return d.failf("matching_attributes is not a list")
		}
		for d.More() {
			t, err := d.Token()
			if err != nil {
				return d.fail(err)
			}
			s, ok := t.(string)
			if !ok {
				return d.failf("matching_attributes holds something that is not a text")
			}
			if len(w.attributes) < 1000 {
				w.attributes = append(w.attributes, s)
			}
		}
		return d.end()
	case "list":
		return w.entries(d, t)
	case "WarninglistEntry":
		return w.members(d, t, "value", func(text string, ok bool) {
			w.list = append(w.list, listed{text: text, line: d.line(), bad: !ok})
		})
	case "WarninglistType":
		return w.members(d, t, "type", func(text string, _ bool) { w.attributes = append(w.attributes, text) })
	}
	return d.skip(t)
}

// entries reads the list: an array of entries, or an object of entries and
// comments.
func (w *warninglist) entries(d *document, t json.Token) error {
	if t != json.Delim('[') && t != json.Delim('{') {
		return d.failf("list is neither a list nor an object")
	}
	for d.More() {
		if len(w.list) == maxEntries {
			return &feed.LineError{Line: d.line(), Err: errMany}
		}
		entry, err := d.Token()
		if err != nil {
			return d.fail(err)
		}
		s, ok := entry.(string)
		e := listed{text: s, line: d.line(), bad: !ok}
		if !ok {
			e.text = feed.Clip(fmt.Sprint(entry))
			if err := d.skip(entry); err != nil {
				return err
			}
		}
		w.list = append(w.list, e)
		if t != json.Delim('{') {
			continue
		}
		comment, err := d.Token()
		if err != nil {
			return d.fail(err)
		}
		if err := d.skip(comment); err != nil {
			return err
		}
	}
	return d.end()
}

// end reads the bracket that closes a list or object.
func (d *document) end() error {
	if _, err := d.Token(); err != nil {
		return d.fail(err)
	}
	return nil
}
