package formats

import "strings"

// Event Hubs Capture writes each event as a record of its own, in which what was sent is
// the body. Flume and others do the same:
//
//	SequenceNumber long, Offset string, EnqueuedTimeUtc string,
//	SystemProperties map, Properties map, Body ["null","bytes"]
//
// What eventLines makes of the body are the lines; what else stands in an event is the
// transport's.
//
// An avroPlan says how the records of a container become lines.
type avroPlan struct {
	root  *avroType
	event bool // they are events
	body  int  // field with the body, if root is a record
}

// avroEventFields are the fields of an event beside its body, in lower case. A record
// with any other is one of columns, which happens to have one of the name Body.
var avroEventFields = map[string]bool{
	"sequencenumber": true, "offset": true, "enqueuedtimeutc": true, "systemproperties": true, "properties": true,
	"partitionkey": true, "partitionid": true, "headers": true,
}

func planAvro(root *avroType) avroPlan {
	p := avroPlan{root: root, body: -1}
	if root.kind != avroRecord {
		p.event = root.isText()
		return p
	}
	for i, f := range root.fields {
		switch name := strings.ToLower(f.name); {
		case name == "body" && p.body < 0 && f.isText():
			p.body = i
		case !avroEventFields[name]:
			return p
		}
	}
	p.event = p.body >= 0
	return p
}

// isText reports whether a type is bytes or a string, or null beside it.
func (t *avroType) isText() bool {
	switch t.kind {
	case avroBytes, avroString:
		return true
	case avroUnion:
		n := 0
		for _, of := range t.union {
			if of.kind != avroNull && of.kind != avroBytes && of.kind != avroString {
				return false
			}
			if of.kind != avroNull {
				n++
			}
		}
		return n > 0
	}
	return false
}
