package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
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

// startsJSON says that a feed begins as a JSON object or array.
func startsJSON(head []byte) bool {
	start := bytes.TrimLeft(head, " \t\r\n")
	return len(start) > 0 && (start[0] == '{' || looksLikeJSONArray(start))
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
	d.scalar = func(stack []level, t json.Token) {
		s, ok := t.(string)
		if !ok || stack[len(stack)-1].key != "date" || slices.ContainsFunc(stack, func(l level) bool { return l.key == "RelatedEvent" }) {
			return
		}
		if date, ok := readDate(s, anyOrder); ok {
			tell(emit, date)
		}
	}
	under := ""
	return d.records(func(key string) bool { under = key; return key == "Attribute" || key == "Object" }, func(raw []byte, line int) {
		if under == "Object" {
			mispObject(raw, line, words, emit)
			return
		}
		mispEntry(raw, line, words, emit)
	})
}

// mispObject reads the attributes of an object, which go with it when it is
// deleted.
func mispObject(raw []byte, line int, words *interner, emit func(*Entry)) {
	var o struct {
		Deleted text `json:"deleted"`
	}
	if json.Unmarshal(raw, &o) != nil {
		reject(emit, line, clip(string(raw)), "not a MISP object")
		return
	}
	err := newDocument(bytes.NewReader(raw)).records(func(key string) bool { return key == "Attribute" }, func(raw []byte, no int) {
		if truth(string(o.Deleted)) == 1 {
			var a mispAttribute
			json.Unmarshal(raw, &a) // what cannot be read is empty
			skipped(emit, line+no-1, string(a.Value), "deleted")
			return
		}
		mispEntry(raw, line+no-1, words, emit)
	})
	if err != nil {
		reject(emit, line, clip(string(raw)), errors.Unwrap(err).Error())
	}
}

func mispEntry(raw []byte, line int, words *interner, emit func(*Entry)) {
	var a mispAttribute
	if err := json.Unmarshal(raw, &a); err != nil {
		reject(emit, line, clip(string(raw)), "not a MISP attribute")
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
		give("ip:port", joinPort(first, second))
	case b == "port":
		give(a, joinPort(first, second)) // a name is matched whatever the port
	case a == "domain" && b == "ip":
		give(a, first)
		give(b, second)
	case a == "filename" && classOf(b) == classHash:
		give(b, second)
	default:
		give(typ, value) // filename|ssdeep and the like
	}
}
