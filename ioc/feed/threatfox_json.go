package feed

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// threatfoxExport is ThreatFox's JSON export, an object of arrays by number:
//
//	{"1856791":[{"ioc_value":"…","ioc_type":"domain","confidence_level":100,"tags":"vidar",…}],…}
var threatfoxExport = Kind{Name: "threatfox-json", Sniff: sniffThreatFoxExport, Read: readThreatFoxExport}

func sniffThreatFoxExport(head []byte) bool {
	rest := trimHead(head)
	rest, ok := bytes.CutPrefix(rest, []byte("{"))
	if !ok {
		return false
	}
	rest = trimHead(rest)
	if rest, ok = bytes.CutPrefix(rest, []byte(`"`)); !ok {
		return false
	}
	key, rest, ok := bytes.Cut(rest, []byte(`"`))
	if !ok || len(key) == 0 || len(bytes.Trim(key, "0123456789")) > 0 {
		return false
	}
	rest = bytes.TrimLeft(rest, " \t\r\n:")
	return len(rest) > 0 && rest[0] == '[' && bytes.Contains(rest, []byte(`"ioc_value"`))
}

func readThreatFoxExport(r io.Reader, emit func(*Entry)) error {
	d := newDocument(r)
	words := newInterner()
	if err := d.want('{'); err != nil {
		return err
	}
	for d.More() {
		if _, err := d.Token(); err != nil {
			return d.fail(err)
		}
		if err := d.want('['); err != nil {
			return err
		}
		if err := d.entries(words, emit); err != nil {
			return err
		}
	}
	return d.want('}')
}

// entries reads the objects of an array, one entry each, to its end. The
// opening bracket has been read.
func (d *document) entries(w *interner, emit func(*Entry)) error {
	err := d.elements(func(raw []byte, line int) { threatfoxObject(raw, line, w, emit) })
	if err != nil {
		return err
	}
	return d.want(']')
}

// threatfoxJSON has the names of both the export and the API.
type threatfoxJSON struct {
	Value     text  `json:"ioc_value"`
	IOC       text  `json:"ioc"`
	Type      text  `json:"ioc_type"`
	Threat    text  `json:"threat_type"`
	Printable text  `json:"malware_printable"`
	Malware   text  `json:"malware"`
	Key       text  `json:"fk_malware"`
	Level     text  `json:"confidence_level"`
	FirstUTC  text  `json:"first_seen_utc"`
	First     text  `json:"first_seen"`
	LastUTC   text  `json:"last_seen_utc"`
	Last      text  `json:"last_seen"`
	Hacked    text  `json:"is_compromised"`
	Tags      texts `json:"tags"`
}

// threatfoxObject emits the entry of one object of ThreatFox.
func threatfoxObject(raw []byte, line int, w *interner, emit func(*Entry)) {
	var o threatfoxJSON
	if err := json.Unmarshal(raw, &o); err != nil {
		reject(emit, line, string(raw), "not a ThreatFox object")
		return
	}
	e := newEntry(line)
	e.Value = []byte(firstText(o.Value, o.IOC))
	if isNone(string(e.Value)) {
		reject(emit, line, string(raw[:min(len(raw), 2*maxShown)]), "no value")
		return
	}
	e.Type = w.word([]byte(o.Type))
	e.ThreatType = w.word([]byte(o.Threat))
	e.Malware = w.word([]byte(firstText(o.Printable, o.Key, o.Malware)))
	e.Confidence = confidence(string(o.Level))
	e.FirstSeen = firstText(o.FirstUTC, o.First).date(line, emit)
	e.LastSeen = firstText(o.LastUTC, o.Last).date(line, emit)
	e.Compromised = truth(string(o.Hacked))
	e.Tags = o.Tags.words(w)
	emit(&e)
}

// firstText returns the first text that says something.
func firstText(list ...text) text {
	for _, t := range list {
		if !isNone(strings.TrimSpace(string(t))) {
			return t
		}
	}
	return ""
}

// hasThreatFoxKeys reports whether an object of those keys is an indicator of
// ThreatFox.
func hasThreatFoxKeys(keys []string) bool {
	return slices.Contains(keys, "ioc_type") && (slices.Contains(keys, "ioc") || slices.Contains(keys, "ioc_value"))
}
