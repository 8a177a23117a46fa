package table

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxJSON bounds the cells that Member looks into: it runs on hits only, but a
// hostile cell must not cost a second.
const maxJSON = 1 << 20

// Member returns the value of a key of a JSON object cell as text: strings
// unquoted, numbers and booleans as written, arrays and objects as JSON. The
// cell may be JSON text within a JSON string. Keys compare exactly first, then
// without regard to case. has is false if the key is missing or null.
func Member(cell, key string) (value string, has bool) { return memberOf(members(cell), key) }

func memberOf(object map[string]json.RawMessage, key string) (value string, has bool) {
	raw, ok := object[key]
	if !ok {
		// In order of the keys, so that the answer does not depend on the map.
		best := ""
		for k := range object {
			if strings.EqualFold(k, key) && (best == "" || k < best) {
				best, raw = k, object[k]
			}
		}
	}
	return jsonText(raw)
}

func members(cell string) map[string]json.RawMessage {
	cell = strings.TrimSpace(cell)
	if len(cell) > maxJSON {
		return nil
	}
	if strings.HasPrefix(cell, `"`) {
		var inner string
		if json.Unmarshal([]byte(cell), &inner) != nil {
			return nil
		}
		cell = strings.TrimSpace(inner)
	}
	if !strings.HasPrefix(cell, "{") {
		return nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(cell), &object) != nil {
		return nil
	}
	return object
}

func jsonText(raw json.RawMessage) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return "", false
	}
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return "", false
		}
		return s, true
	}
	return string(raw), true
}

// List splits a cell that holds several values: a JSON array, or parts
// separated by comma, semicolon or space. Elements are trimmed; empty ones are
// left out. It returns nil for an empty cell.
func List(cell string) []string {
	cell = strings.TrimSpace(cell)
	if strings.HasPrefix(cell, "[") && len(cell) <= maxJSON {
		var raw []json.RawMessage
		if json.Unmarshal([]byte(cell), &raw) == nil {
			var list []string
			for _, r := range raw {
				if s, ok := jsonText(r); ok && s != "" {
					list = append(list, s)
				}
			}
			return list
		}
	}
	return strings.FieldsFunc(cell, func(r rune) bool {
		return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r'
	})
}
