package scanner

import (
	"slices"
	"strconv"

	"github.com/iocsweep/iocsweep/formats/simd"
	"github.com/iocsweep/iocsweep/ioc"
)

// JSONL appends a hit as one line of JSON, the hit record: all keys always
// present and in a fixed order. labels follow only where they were asked for,
// reasons and suppressed_by only where a rule was true.
func JSONL(dst []byte, h *Hit) []byte {
	return appendAfterRow(appendRow(appendBeforeRow(dst, h), h.Row), h)
}

// jsonlOf is JSONL for a hit whose row is texts under fields: their names are encoded
// once, and the cells need not be gathered first.
func jsonlOf(dst []byte, h *Hit, fields []simd.Field, texts []string) []byte {
	dst = append(appendBeforeRow(dst, h), '{')
	dst = append(appendFields(dst, fields, texts), '}')
	return appendAfterRow(dst, h)
}

// appendBeforeRow appends what stands before the row of a hit.
func appendBeforeRow(dst []byte, h *Hit) []byte {
	dst = append(dst, `{"schema":1,"id":`...)
	dst = appendString(dst, h.ID)
	dst = append(dst, `,"table":`...)
	dst = appendString(dst, h.Table.Name)
	dst = append(dst, `,"time":`...)
	if h.HasTime {
		dst = append(dst, '"')
		dst = h.Time.Append(dst)
		dst = append(dst, '"')
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"time_basis":`...)
	dst = appendString(dst, h.TimeBasis)
	dst = append(dst, `,"indicator":`...)
	dst = appendIndicator(dst, h.Indicator)
	dst = append(dst, `,"also":[`...)
	for i, a := range h.Also {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"type":`...)
		dst = appendString(dst, a.Indicator.Type.String())
		dst = append(dst, `,"value":`...)
		dst = appendString(dst, a.Indicator.Value)
		dst = append(dst, `,"class":`...)
		dst = appendString(dst, a.Class.String())
		dst = append(dst, '}')
	}
	dst = append(dst, `],"matches":[`...)
	for i, m := range h.Matches {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"column":`...)
		dst = appendString(dst, m.Column)
		dst = append(dst, `,"role":`...)
		dst = appendString(dst, m.Role)
		dst = append(dst, `,"value":`...)
		dst = appendString(dst, m.Value)
		dst = append(dst, `,"class":`...)
		dst = appendString(dst, m.Class.String())
		dst = append(dst, '}')
	}
	dst = append(dst, `],"hunt":`...)
	dst = strconv.AppendBool(dst, h.Hunt)
	dst = append(dst, `,"life":`...)
	dst = appendString(dst, h.Life)
	dst = append(dst, `,"who":{`...)
	w := &h.Who
	dst = appendStringOrNull(append(dst, `"host":`...), w.Host)
	dst = appendStringOrNull(append(dst, `,"ip":`...), w.IP)
	dst = appendStringOrNull(append(dst, `,"user":`...), w.User)
	dst = appendStringOrNull(append(dst, `,"process":`...), w.Process)
	dst = appendStringOrNull(append(dst, `,"command_line":`...), w.CommandLine)
	dst = appendStringOrNull(append(dst, `,"peer":`...), w.Peer)
	dst = appendStringOrNull(append(dst, `,"peer_name":`...), w.PeerName)
	dst = appendIntOrNull(append(dst, `,"peer_port":`...), w.PeerPort.N, w.PeerPort.Known)
	dst = appendStringOrNull(append(dst, `,"protocol":`...), w.Protocol)
	dst = appendIntOrNull(append(dst, `,"bytes_out":`...), w.BytesOut.N, w.BytesOut.Known)
	dst = appendIntOrNull(append(dst, `,"bytes_in":`...), w.BytesIn.N, w.BytesIn.Known)
	dst = appendStringOrNull(append(dst, `,"direction":`...), w.Direction)
	dst = appendStringOrNull(append(dst, `,"outcome":`...), w.Outcome)
	return append(dst, `},"row":`...)
}

// appendAfterRow appends what follows the row of a hit.
func appendAfterRow(dst []byte, h *Hit) []byte {
	dst = append(dst, `,"source":{"file":`...)
	dst = appendString(dst, h.Source.Input.Path)
	dst = append(dst, `,"member":`...)
	dst = appendStringOrNull(dst, h.Source.Input.Member)
	dst = append(dst, `,"record":`...)
	dst = strconv.AppendInt(dst, h.Source.Record, 10)
	dst = append(dst, `,"line":`...)
	dst = appendIntOrNull(dst, h.Source.Line, h.Source.Line > 0)
	dst = append(dst, `,"group":`...)
	dst = appendIntOrNull(dst, int64(h.Source.Group), h.Source.Group >= 0)
	dst = append(dst, '}')
	if h.Labels != nil {
		dst = append(dst, `,"labels":`...)
		dst = appendStrings(dst, h.Labels)
	}
	if len(h.Reasons) > 0 {
		dst = append(dst, `,"reasons":`...)
		dst = appendReasons(dst, h.Reasons)
	}
	if len(h.SuppressedBy) > 0 {
		dst = append(dst, `,"suppressed_by":`...)
		dst = appendStrings(dst, h.SuppressedBy)
	}
	return append(dst, '}', '\n')
}

func appendReasons(dst []byte, list []Reason) []byte {
	dst = append(dst, '[')
	for i, r := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"rule":`...)
		dst = appendString(dst, r.Rule)
		dst = append(dst, `,"predicates":[`...)
		for n, p := range r.Predicates {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, `{"predicate":`...)
			dst = appendString(dst, p.Predicate)
			dst = append(dst, `,"value":"`...)
			dst = append(dst, p.Value.String()...)
			dst = append(dst, `"}`...)
		}
		dst = append(dst, `]}`...)
	}
	return append(dst, ']')
}

func appendIndicator(dst []byte, i *ioc.Indicator) []byte {
	dst = append(dst, `{"type":`...)
	dst = appendString(dst, i.Type.String())
	dst = append(dst, `,"value":`...)
	dst = appendString(dst, i.Value)
	dst = append(dst, `,"threat_type":`...)
	dst = appendStringOrNull(dst, i.ThreatType)
	dst = append(dst, `,"malware":`...)
	dst = appendStringOrNull(dst, i.Malware)
	dst = append(dst, `,"confidence":`...)
	dst = appendIntOrNull(dst, int64(i.Confidence), i.Confidence >= 0)
	dst = append(dst, `,"first_seen":`...)
	dst = appendDateOrNull(dst, i.FirstSeen)
	dst = append(dst, `,"last_seen":`...)
	dst = appendDateOrNull(dst, i.LastSeen)
	dst = append(dst, `,"valid_until":`...)
	dst = appendDateOrNull(dst, i.ValidUntil)
	dst = append(dst, `,"compromised":`...)
	dst = append(dst, compromised(i)...)
	dst = append(dst, `,"tags":`...)
	dst = appendStrings(dst, i.Tags)
	dst = append(dst, `,"feeds":`...)
	dst = appendStrings(dst, i.Feeds)
	return append(dst, '}')
}

func appendDateOrNull(dst []byte, d ioc.Date) []byte {
	if d.IsZero() {
		return append(dst, "null"...)
	}
	return append(d.AppendTo(append(dst, '"')), '"')
}

func compromised(i *ioc.Indicator) string {
	switch i.Compromised {
	case 1:
		return "true"
	case 0:
		return "false"
	}
	return "null"
}

// appendRow writes the projected row as one JSON object. Names may repeat
// where the file's do; readers then keep the last, as JSON has it.
func appendRow(dst []byte, row []Cell) []byte {
	dst = append(dst, '{')
	for i, c := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, c.Name)
		dst = append(dst, ':')
		dst = appendString(dst, c.Value)
	}
	return append(dst, '}')
}

// appendFields appends strings behind what stands before them.
func appendFields(dst []byte, fields []simd.Field, texts []string) []byte {
	for len(fields) > 0 {
		dst = slices.Grow(dst, 4<<10) // more than most rows have
		n, done := simd.Fields(dst[len(dst):cap(dst)], fields, texts)
		dst = dst[:len(dst)+n]
		if fields = fields[done:]; len(fields) > 0 {
			f := &fields[0]
			dst = appendString(append(dst, f.Before...), cellAt(texts, f.At))
			fields = fields[1:]
		}
	}
	return dst
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

func appendStringOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return appendString(dst, s)
}

func appendIntOrNull(dst []byte, n int64, ok bool) []byte {
	if !ok {
		return append(dst, "null"...)
	}
	return strconv.AppendInt(dst, n, 10)
}
