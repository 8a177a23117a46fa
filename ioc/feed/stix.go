package feed

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// stix is STIX 2.0 and 2.1 in all its envelopes: a bundle, a page of TAXII, a
// bare array, the body of Sentinel's upload API, one object alone or one a line.
//
//	{"type":"bundle","objects":[{"type":"indicator","pattern":"[domain-name:value = 'evil.example']",…}]}
//	{"more":false,"objects":[…]}
//	{"sourcesystem":"…","indicators":[…]}
//
// Only indicators are taken. Observations and what else a bundle holds are
// counted as skipped. The feed is as fresh as its object that was last modified.
var stix = Kind{Name: "stix", Sniff: sniffSTIX, Read: readSTIX}

func sniffSTIX(head []byte) bool {
	if !startsJSON(head) {
		return false
	}
	flat := bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, head)
	// A bundle with its keys in order of the alphabet says last what it is.
	return bytes.Contains(flat, []byte(`"type":"bundle"`)) || bytes.HasPrefix(flat, []byte(`{"id":"bundle--`)) ||
		bytes.Contains(flat, []byte(`"type":"indicator"`)) && bytes.Contains(flat, []byte(`"pattern":`)) ||
		bytes.Contains(flat, []byte(`"spec_version":"2.`)) && bytes.Contains(flat, []byte(`"id":"`))
}

// A stixObject is what is read of an object.
type stixObject struct {
	Type       text  `json:"type"`
	Pattern    text  `json:"pattern"`
	Language   text  `json:"pattern_type"`
	Revoked    text  `json:"revoked"`
	Confidence text  `json:"confidence"`
	From       text  `json:"valid_from"`
	Until      text  `json:"valid_until"`
	Created    text  `json:"created"`
	Modified   text  `json:"modified"`
	Labels     texts `json:"labels"`
	Kinds      texts `json:"indicator_types"`

	Objects json.RawMessage `json:"objects"` // of a bundle on a line of its own
}

func readSTIX(r io.Reader, emit func(*Entry)) error {
	s := stixReader{words: newInterner(), emit: emit}
	defer func() { tell(emit, s.newest) }()
	object := func(raw []byte, line int) { s.object(raw, line, 0) }
	b := buffered(r)
	head, _ := b.Peek(headSize) // a read error comes again
	// Objects without an envelope may be of any type: a file of them often begins with what
	// the indicators are about.
	keys, oneLine := peekObject(head)
	has := func(key string) bool { return slices.Contains(keys, key) }
	envelope := func(key string) bool {
		return key == "objects" || key == "indicators" || key == "stixobjects" || key == "STIX"
	}
	if !slices.ContainsFunc(keys, envelope) && (has("pattern") || has("type") && has("id")) {
		if oneLine {
			return eachLine(b, emit, object)
		}
		return newDocument(b).each(object)
	}
	wanted := func(key string) bool { return key == "" || key == "value" || envelope(key) }
	return newDocument(b).records(wanted, object)
}

// maxBundles is how deep bundles may stand in bundles. Each level is read anew.
const maxBundles = 3

// A stixReader reads the objects of a feed.
type stixReader struct {
	words  *interner
	newest ioc.Date // at which one was made or modified
	emit   func(*Entry)
}

// object reads an object that lies in so many bundles beside that of the feed.
func (s *stixReader) object(raw []byte, line, depth int) {
	var o stixObject
	if err := json.Unmarshal(raw, &o); err != nil || o.Type == "" {
		reject(s.emit, line, Clip(string(raw)), "not a STIX object")
		return
	}
	made, _ := readDate(string(firstText(o.Modified, o.Created)), anyOrder)
	s.newest = later(s.newest, made)
	switch {
	case o.Type == "bundle" && depth == maxBundles:
		reject(s.emit, line, Clip(string(raw[:min(len(raw), 2*maxShown)])), "bundles nested more than 3 deep")
		return
	case o.Type == "bundle":
		var inner []json.RawMessage
		json.Unmarshal(o.Objects, &inner) // what is no list has none
		for _, raw := range inner {
			s.object(raw, line, depth+1)
		}
		return
	case o.Type != "indicator":
		skipped(s.emit, line, string(o.Type), "no indicator: "+Clean(string(o.Type)))
		return
	case truth(string(o.Revoked)) == 1:
		skipped(s.emit, line, string(o.Pattern), "revoked")
		return
	case o.Language != "" && o.Language != "stix":
		skipped(s.emit, line, string(o.Pattern), "pattern in "+Clean(string(o.Language)))
		return
	}
	p, err := parsePattern(string(o.Pattern))
	if err != nil && strings.Trim(string(o.Pattern[:min(1, len(o.Pattern))]), "[(") != "" {
		// Elastic's lack the bracket: file:hashes.'SHA256' = '…']
		if whole, err2 := parsePattern("[" + strings.TrimSuffix(string(o.Pattern), "]") + "]"); err2 == nil {
			p, err = whole, nil
		}
	}
	if err != nil {
		reject(s.emit, line, string(o.Pattern), "pattern not readable: "+err.Error())
		return
	}
	e := newEntry(line)
	e.Confidence = confidence(string(o.Confidence))
	e.ValidUntil = o.Until.date(line, s.emit)
	e.Added = firstText(o.Modified, o.Created, o.From).date(line, s.emit)
	e.Tags = o.Labels.words(s.words)
	if kinds := o.Kinds.words(s.words); len(kinds) > 0 {
		e.ThreatType = kinds[0]
	}
	p.emit(&e, string(o.Pattern), s.emit)
}
