package feed

import (
	"encoding/json"
	"io"
	"slices"
)

// exported is what WriteJSONL writes. The feeds that its indicators came from
// are kept behind the place in the file itself.
var exported = Kind{Name: "jsonl", Sniff: sniffExported, Read: readExported}

func sniffExported(head []byte) bool {
	keys, oneLine := peekObject(head)
	return oneLine && slices.Contains(keys, "type") && slices.Contains(keys, "value") &&
		!slices.ContainsFunc(keys, func(k string) bool { return standings[plain(k)].reason != "" }) // else it is somebody else's
}

// maxPlaces bounds the places that an indicator brings: a list keeps no more.
const maxPlaces = 100

type exportedJSON struct {
	Type        text  `json:"type"`
	Value       text  `json:"value"`
	Threat      text  `json:"threat_type"`
	Malware     text  `json:"malware"`
	Confidence  text  `json:"confidence"`
	First       text  `json:"first_seen"`
	Last        text  `json:"last_seen"`
	Until       text  `json:"valid_until"`
	Compromised text  `json:"compromised"`
	Tags        texts `json:"tags"`
	Feeds       texts `json:"feeds"`
}

func readExported(r io.Reader, emit func(*Entry)) error {
	words := newInterner()
	return eachLine(r, emit, func(raw []byte, line int) {
		var o exportedJSON
		if err := json.Unmarshal(raw, &o); err != nil || isNone(string(o.Value)) {
			reject(emit, line, string(raw[:min(len(raw), 2*maxShown)]), "no value")
			return
		}
		e := newEntry(line)
		e.Value = []byte(o.Value)
		e.Type = words.word([]byte(o.Type))
		e.ThreatType = words.word([]byte(o.Threat))
		e.Malware = words.word([]byte(o.Malware))
		e.Confidence = confidence(string(o.Confidence))
		e.FirstSeen = o.First.date(line, emit)
		e.LastSeen = o.Last.date(line, emit)
		e.ValidUntil = o.Until.date(line, emit)
		e.Compromised = truth(string(o.Compromised))
		e.Tags = o.Tags.words(words)
		for _, f := range o.Feeds {
			if f = Clean(f); f != "" && len(e.Feeds) < maxPlaces {
				e.Feeds = append(e.Feeds, f)
			}
		}
		emit(&e)
	})
}
