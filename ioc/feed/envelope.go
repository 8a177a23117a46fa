package feed

import (
	"bytes"
	"encoding/json"
)

// enveloped is the object that stands in the place of the one around it, in what
// Splunk and Elasticsearch export, nil where that has no names of a table:
//
//	{"preview":false,"offset":0,"result":{"ip":"203.0.113.7"}}
//	{"_index":"iocs","_source":{"ip":"203.0.113.7"}}
func enveloped(raw []byte) []byte {
	if flat := ecsIndicator(raw); flat != nil {
		return flat
	}
	var outer struct {
		Result json.RawMessage `json:"result"`
		Source json.RawMessage `json:"_source"`
	}
	if json.Unmarshal(raw, &outer) != nil {
		return nil
	}
	for _, inside := range []json.RawMessage{outer.Result, outer.Source} {
		if !isObject(inside) {
			continue
		}
		if flat := ecsIndicator(inside); flat != nil {
			return flat
		}
		if names, _, _, _ := objectCells(inside); len(names) <= maxColumns {
			if _, ok := readNames(names); ok {
				return inside
			}
		}
	}
	return nil
}

// ecsFields are the fields of an indicator in Elastic's Common Schema, nil if raw is none.
func ecsFields(raw []byte) map[string]json.RawMessage {
	if !bytes.Contains(raw, []byte(`"threat"`)) || !bytes.Contains(raw, []byte(`"indicator"`)) {
		return nil
	}
	var ecs struct {
		Threat struct {
			Indicator map[string]json.RawMessage `json:"indicator"`
		} `json:"threat"`
	}
	if json.Unmarshal(raw, &ecs) != nil {
		return nil
	}
	return ecs.Threat.Indicator
}

// ecsIndicator is such an indicator as an object with the names of a table, nil if it has
// none of the values that are matched.
//
//	{"threat":{"indicator":{"type":"ipv4-addr","ip":"203.0.113.7","port":443}}}
//	{"threat":{"indicator":{"type":"file","file":{"hash":{"md5":"6cc1…"}}}}}
func ecsIndicator(raw []byte) []byte {
	i, flat := ecsFields(raw), map[string]json.RawMessage{}
	take := func(from map[string]json.RawMessage, names ...string) (found bool) {
		for _, name := range names {
			if value := from[name]; len(value) > 0 && value[0] != '{' && value[0] != 'n' {
				flat[name], found = value, true
			}
		}
		return found
	}
	var file struct {
		Hash map[string]json.RawMessage `json:"hash"`
	}
	var url map[string]json.RawMessage
	json.Unmarshal(i["file"], &file) // what is no object has no names
	json.Unmarshal(i["url"], &url)
	found := take(i, "ip", "domain", "url")
	found = take(file.Hash, "md5", "sha1", "sha256") || found
	for _, name := range []string{"original", "full"} {
		if value := url[name]; len(value) > 0 && value[0] == '"' {
			flat["url"], found = value, true
		}
	}
	if !found {
		return nil
	}
	take(i, "port", "confidence", "first_seen", "last_seen", "tags")
	object, _ := json.Marshal(flat) // what was read can be written
	return object
}
