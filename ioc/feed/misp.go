package feed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// misp is an event of MISP as feeds, the API and PyMISP write it, or several:
//
//	{"Event":{"info":"…","Attribute":[{"type":"ip-dst|port","to_ids":true,"value":"203.0.113.7|443",…}],
//		"Object":[{"name":"domain-ip","Attribute":[…]}]}}
//	{"response":[{"Event":{…}}]}
//
// Attributes are taken wherever they stand, those of objects too. An attribute
// that is not for detection (to_ids) or deleted, by itself or with its object,
// is skipped. Of a composite both parts are taken, but for file names; of a
// sample its hash. The date of an event is that of the feed.
var misp = Kind{Name: "misp", Sniff: sniffMISP, Read: readMISP}

func sniffMISP(head []byte) bool {
	return startsJSON(head) && bytes.Contains(head, []byte(`"Attribute"`)) &&
		(bytes.Contains(head, []byte(`"to_ids"`)) || bytes.Contains(head, []byte(`"Event"`)))
}

// A mispAttribute is what is read of an attribute. See MISP's core format,
// section 2.4.
type mispAttribute struct {
	Type      text `json:"type"`
	Value     text `json:"value"`
	ToIDs     text `json:"to_ids"`
	Deleted   text `json:"deleted"`
	Timestamp text `json:"timestamp"`
	First     text `json:"first_seen"`
	Last      text `json:"last_seen"`
	Tags      []struct {
		Name text `json:"name"`
	} `json:"Tag"`
}

func readMISP(r io.Reader, emit func(*Entry)) error {
	words := newInterner()
	d := newDocument(r)
	o := mispObject{read: func(raw []byte, line int) { mispEntry(raw, line, words, emit) }, emit: emit}
	defer o.end()
	d.scalar = func(stack []level, t json.Token) {
		key := stack[len(stack)-1].key
		if key == "deleted" && withinObject(stack[:len(stack)-1]) {
			o.deleted = truth(fmt.Sprint(t)) == 1
			return
		}
		s, ok := t.(string)
		if !ok || key != "date" || slices.ContainsFunc(stack, func(l level) bool { return l.key == "RelatedEvent" }) {
			return
		}
		if date, ok := readDate(s, anyOrder); ok {
			tell(emit, date)
		}
	}
	d.closed = func(stack []level) {
		if withinObject(stack) {
			o.end()
		}
	}
	return d.records(func(key string) bool { return key == "Attribute" }, func(raw []byte, line int) {
		if withinObject(d.stack[:max(0, len(d.stack)-2)]) {
			o.add(raw, line)
			return
		}
		o.read(raw, line)
	})
}

// withinObject reports whether a level is that of the objects of an event.
func withinObject(stack []level) bool {
	n := len(stack)
	return n >= 2 && !stack[n-1].object && stack[n-2].key == "Object"
}

// A mispObject keeps the attributes of an object until all of it has been seen:
// they go with it when it is deleted.
type mispObject struct {
	deleted bool
	held    []mispHeld
	size    int // of what is held, in bytes
	read    func(raw []byte, line int)
	emit    func(*Entry)
}

type mispHeld struct {
	raw  []byte
	line int
}

func (o *mispObject) add(raw []byte, line int) {
	if o.size += len(raw); o.size > maxObject {
		deleted := o.deleted
		o.end() // too much to be kept: only a word before counts
		o.deleted = deleted
	}
	o.held = append(o.held, mispHeld{bytes.Clone(raw), line})
}

// end reads what is held.
func (o *mispObject) end() {
	for _, h := range o.held {
		if !o.deleted {
			o.read(h.raw, h.line)
			continue
		}
		var a mispAttribute
		json.Unmarshal(h.raw, &a) // what cannot be read is empty
		skipped(o.emit, h.line, string(a.Value), "deleted")
	}
	o.held, o.size, o.deleted = o.held[:0], 0, false
}

func mispEntry(raw []byte, line int, words *interner, emit func(*Entry)) {
	var a mispAttribute
	if err := json.Unmarshal(raw, &a); err != nil {
		reject(emit, line, Clip(string(raw)), "not a MISP attribute")
		return
	}
	switch {
	case truth(string(a.Deleted)) == 1:
		skipped(emit, line, string(a.Value), "deleted")
		return
	case truth(string(a.ToIDs)) == 0:
		skipped(emit, line, string(a.Value), "to_ids is false")
		return
	}
	e := newEntry(line)
	e.Type = words.word([]byte(a.Type))
	e.FirstSeen, e.LastSeen = a.First.date(line, emit), a.Last.date(line, emit)
	if sec, err := strconv.ParseInt(string(a.Timestamp), 10, 40); err == nil && sec > 0 {
		e.Added, _ = readDate(time.Unix(sec, 0).UTC().Format(time.RFC3339), anyOrder)
	}
	for _, t := range a.Tags {
		if s := words.word([]byte(t.Name)); s != "" && len(e.Tags) < maxTags {
			e.Tags = append(e.Tags, s)
		}
	}
	mispValue(&e, string(a.Value), emit)
}

// mispValue emits what an attribute of the entry's type holds.
func mispValue(e *Entry, value string, emit func(*Entry)) {
	give := func(typ, value string) {
		e.Type, e.Value = typ, []byte(value)
		emit(e)
	}
	typ := e.Type
	first, second, composite := strings.Cut(value, "|")
	if typ == "malware-sample" {
		typ = "filename|md5"
	}
	if !composite || !strings.Contains(typ, "|") {
		give(typ, value)
		return
	}
	switch a, b, _ := strings.Cut(typ, "|"); {
	case b == "port" && strings.HasPrefix(a, "ip-"):
		give("ip:port", net.JoinHostPort(first, second))
	case b == "port":
		give(a, net.JoinHostPort(first, second)) // a name is matched whatever the port
	case a == "domain" && b == "ip":
		give(a, first)
		give(b, second)
	case a == "filename" && classOf(b) == classHash:
		give(b, second)
	default:
		give(typ, value) // filename|ssdeep and the like
	}
}
