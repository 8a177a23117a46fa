package formats

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
)

// What takes events from a hub, a queue or a log file and passes them on writes a line
// for each, and in one member of it what had been sent, as JSON or as the text of it:
//
//	{"body":{"category":"AdvancedHunting-DeviceNetworkEvents","properties":{…}},"x-opt-offset":"7"}
//	{"body":"{\"records\":[{\"time\":\"…\",\"properties\":{…}}]}"}
//	{"@timestamp":"…","message":"{\"time\":\"…\",\"category\":\"…\"}"}      Filebeat, Logstash
//	{"preview":false,"result":{"_raw":"{\"TimeGenerated\":\"…\"}"}}         Splunk
//	{"_source":{"event":{"original":"{\"TimeGenerated\":\"…\"}"}}}          Elasticsearch
//	{"_source":{"time":"…","category":"…","properties":{…}}}                Elasticsearch
//	{"time":1743473587,"sourcetype":"…","event":{"category":"…",…}}         Splunk's collector
//	{"labels":{},"line":"{\"TimeGenerated\":\"…\"}"}                        Loki, Grafana
//	{"logName":"…","jsonPayload":{"TimeGenerated":"…"}}                     Google Cloud
//	{"logRecords":[{"body":{"stringValue":"{\"TimeGenerated\":\"…\"}"}}]}   OpenTelemetry
//	{"version":"1.1","short_message":"{\"TimeGenerated\":\"…\"}"}           Graylog
//	{"topic":"…","offset":7,"value":{"TimeGenerated":"…"}}                  Kafka
//
// Where neither the lines nor what lies in them as objects are records of a known table,
// and what was sent is, the lines are replaced by that while they are read, as those of
// an Avro container are. The first by which a table shows is the one: what holds others
// stands behind them.
var jsonPayloads = []string{"body", "message", "_raw", "original", "payload", "log",
	"event", "line", "jsonPayload", "textPayload", "stringValue", "value", "short_message", "result", "_source"}

// payloadNesting is how many objects may lie round what was sent, that of the line
// included.
const payloadNesting = 3

// eventHead is how much is looked at, in bytes, where the first 64 KiB have few events
// whole. A hub takes batches of a megabyte; as text in JSON they are somewhat longer.
const eventHead = 2 << 20

// takeEvents makes what was sent the lines of c if that shows records of a known table,
// and reports whether it has. It is for lines and documents that show none themselves, or
// that have records in an envelope, and not only these: see holdsOthers.
func (c *Content) takeEvents(envelope string, o Options) (bool, error) {
	if search := newJSONSearch(o); c.payload != "" || c.avro != nil || !search.enabled() {
		return false, nil
	}
	head, inLines := c.Head, sniffJSONL(c.Head)
	names := payloadNames(head)
	if envelope != "" {
		names = []string{envelope}
	}
	if len(names) > 0 && len(head) >= headSize && (!inLines || bytes.Count(head, []byte{'\n'}) < fewRecords) {
		var err error
		if head, err = c.far(eventHead); err != nil {
			return false, err
		}
		inLines = sniffJSONL(head)
	}
	for _, name := range names {
		if inLines && eventsShowTable(head, name, o) {
			return true, c.replaceBy(name, c.reader(), o)
		}
	}
	if len(names) > 0 {
		if name := payloadOfElements(head, names, o); name != "" {
			return true, c.replaceBy(name, newElementReader(c.reader(), []string{name}, o), o)
		}
	}
	if mayHavePairs(head) && pairsShowTable(head, o) {
		return true, c.replaceBy(pairLine, newPairReader(c.reader(), o), o)
	}
	return false, nil
}

// isTable reports whether the records of a part are of a known table, beyond doubt or not.
func (o *Options) isTable(p *Part) bool {
	return o.Table(p) != "" || o.Fits != nil && o.Fits(p)
}

// replaceBy makes what the members of a name hold, in events that lines has one a line,
// the lines of c.
func (c *Content) replaceBy(name string, lines io.Reader, o Options) error {
	c.replaced(name)
	c.Stream = &eventReader{in: bufio.NewReaderSize(lines, textPiece), name: name, max: o.maxRecord(), options: o}
	c.preamble = 0 // the lines of it remain, and are no objects
	return c.readHead()
}

// payloadNames returns those of jsonPayloads that head has anywhere.
func payloadNames(head []byte) (names []string) {
	lower := bytes.ToLower(head)
	for _, name := range jsonPayloads {
		if bytes.Contains(lower, []byte(strings.ToLower(name))) {
			names = append(names, name)
		}
	}
	return names
}

// far returns the first n bytes of c, or all if these are fewer. It leaves them there.
func (c *Content) far(n int64) ([]byte, error) {
	if c.At != nil {
		head := make([]byte, min(n, c.Len))
		_, err := io.ReadFull(io.NewSectionReader(c.At, 0, c.Len), head)
		return head, err
	}
	head, err := io.ReadAll(io.LimitReader(c.Stream, n))
	c.Stream = io.MultiReader(bytes.NewReader(head), endsWith(c.Stream, err))
	return head, nil
}

// eventsShowTable reports whether the members of a name, in the lines of head, hold
// records of a known table.
func eventsShowTable(head []byte, name string, o Options) bool {
	if len(head) >= headSize {
		head = head[:bytes.LastIndexByte(head, '\n')+1] // without the line that it cuts off
	}
	return payloadsShowTable(trimJSONHead(head), name, o)
}

// payloadsShowTable is eventsShowTable for lines that are whole.
func payloadsShowTable(text []byte, name string, o Options) bool {
	var e eventLines
	var lines []byte
	found := false
	for line := range bytes.Lines(text) {
		if payload, _ := payloadOf(line, name); payload != nil {
			lines, found = e.append(lines, payload, o.maxRecord()), true
		}
	}
	if !found {
		return false
	}
	shows, may := linesShow(lines, o)
	if may && !shows {
		_, own := linesShow(text, o)
		return !own
	}
	return shows
}

// linesShowTable reports whether lines hold records of a known table, or may do so further
// on.
func linesShowTable(lines []byte, o Options) bool {
	shows, may := linesShow(lines, o)
	return shows || may
}

// linesShow reports whether lines hold records of a known table, and whether they may do
// so further on.
func linesShow(lines []byte, o Options) (shows, may bool) {
	search := newJSONSearch(o)
	part, wrapped := search.lines(lines)
	if wrapped {
		return true, false
	}
	return o.Table(part) != "", ofAzure(part)
}

// ofAzure reports whether a part has the envelope of Azure's logs, which has records of all
// kinds in batches of each. What has it itself holds none of others with it.
func ofAzure(p *Part) bool { return hasColumn(p, "category") && hasColumn(p, "operationName") }

// hasColumn reports whether a part has a column, in any case.
func hasColumn(p *Part, name string) bool {
	return slices.ContainsFunc(p.Columns, func(c string) bool { return strings.EqualFold(c, name) })
}

// holdsOthers reports whether what an envelope holds in lines, some of which are records
// in it, is not so in all: to who reads it as the columns of a record, a list in it, broken
// text and a record in an envelope of its own are records of nothing.
func holdsOthers(lines []byte, envelope string, o Options) bool {
	n := 0
	for line := range bytes.Lines(trimJSONHead(lines)) {
		payload, _ := payloadOf(line, envelope)
		if payload == nil {
			continue
		}
		b, end := padded(payload), len(payload)
		if q, fault := jsonSkip(b, 0, end, 0); fault != jsonOK || q != end || listOf(b, 0, q) > 0 {
			return true
		}
		if n++; n > maxSample {
			continue
		}
		if record := []jsonRow{{0, uint32(end)}}; o.Table(jsonSample(b, record, "")) == "" && o.Table(jsonSample(b, record, jsonEnvelopes[0])) != "" {
			return true
		}
	}
	return false
}

// payloadOf returns what the member of a name has that lies least deep in the object of
// a line, if that is an object, a list, or the text of one; nil if it is not. object is
// that of the line, with jsonPad bytes behind it.
func payloadOf(line []byte, name string) (payload, object []byte) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] != '{' || !containsFold(line, name) {
		return nil, nil
	}
	b := padded(line)
	if q, fault := jsonSkip(b, 0, len(line), 0); fault != jsonOK || q != len(line) {
		return nil, nil
	}
	for depth := range payloadNesting {
		if payload := payloadIn(b, 0, len(line), name, depth); payload != nil {
			return payload, b
		}
	}
	return nil, nil
}

// payloadIn is payloadOf for the members of objects that lie that deep in b[p:end].
func payloadIn(b []byte, p, end int, name string, depth int) []byte {
	for key, value := range jsonItems(b, '{', p+1, end) {
		v := b[value.off:value.end]
		if depth > 0 {
			if v[0] != '{' {
				continue
			}
			if payload := payloadIn(b, int(value.off), int(value.end), name, depth-1); payload != nil {
				return payload
			}
			continue
		}
		if !isPayload(string(key), name) {
			continue
		}
		if v[0] == '"' {
			v = bytes.TrimSpace(jsonUnquote(nil, v[1:len(v)-1]))
		}
		if len(v) > 0 && (v[0] == '{' || v[0] == '[') {
			return v
		}
	}
	return nil
}

// containsFold reports whether text has a name of ASCII in it, in any case.
func containsFold(text []byte, name string) bool {
	return bytes.Contains(text, []byte(name)) || bytes.Contains(bytes.ToLower(text), bytes.ToLower([]byte(name)))
}

// An eventReader reads lines, and gives for each what was sent as lines of its own. A
// line that has none stays as it is, whatever it is, and so does a record of a known
// table: CommonSecurityLog and DnsEvents have a Message.
type eventReader struct {
	in      *bufio.Reader
	name    string // of jsonPayloads
	max     int    // bytes of a line that is taken apart
	options Options
	event   eventLines

	kind, other []byte // of the line looked at last, see appendKind
	known       bool   // it is a record of a known table,
	envelope    string // in this member

	line  []byte
	began bool
	piecewise
}

func (r *eventReader) Read(p []byte) (int, error) { return r.read(p, r.step) }

// step reads a line. Of one that is too long to be taken apart it reads a part: all
// parts are passed on, for those who refuse the line to see.
func (r *eventReader) step() error {
	if cap(r.line) > 1<<20 {
		r.line = nil
	}
	r.line = r.line[:0]
	var more []byte
	err := bufio.ErrBufferFull
	for err == bufio.ErrBufferFull && len(r.line) <= r.max {
		more, err = r.in.ReadSlice('\n')
		r.line = append(r.line, more...)
	}
	if !r.began {
		r.line, r.began = bytes.TrimPrefix(r.line, []byte(utf8BOM)), true
	}
	payload, object := payloadOf(r.line, r.name)
	if payload != nil && !r.isRecord(object) {
		r.out = r.event.append(r.out, payload, r.max)
	} else if inner := r.inner(object); inner != nil {
		r.out = append(append(r.out, inner...), '\n')
	} else {
		r.out = append(r.out, r.line...)
	}
	if err == bufio.ErrBufferFull {
		return nil
	}
	return err
}

// isRecord reports whether the object of a line, with jsonPad bytes behind it, is a record
// of a known table itself, without what was sent. Lines of one kind come one after the
// other, and are all the same.
func (r *eventReader) isRecord(object []byte) bool {
	end := len(object) - jsonPad
	r.other = appendKind(r.other[:0], object, 0, end, payloadNesting)
	if !bytes.Equal(r.kind, r.other) {
		r.kind, r.other = r.other, r.kind
		i := slices.IndexFunc(jsonEnvelopes, func(envelope string) bool {
			return envelope != r.name && r.options.isTable(jsonSample(object, []jsonRow{{0, uint32(end)}}, envelope))
		})
		if r.known = i >= 0; r.known {
			r.envelope = jsonEnvelopes[i]
		}
	}
	return r.known
}

// inner returns the record that a line's object has in its envelope, nil if the lines of
// events are read as having that envelope, too.
func (r *eventReader) inner(object []byte) []byte {
	if object == nil || r.envelope == jsonEnvelopes[0] {
		return nil
	}
	for key, value := range jsonItems(object, '{', 1, len(object)-jsonPad) {
		if strings.EqualFold(string(key), r.envelope) && object[value.off] == '{' {
			return object[value.off:value.end]
		}
	}
	return nil
}

// appendKind appends what tells the kind of the object b[p:end]: its keys, those in its
// envelopes down to a depth, and what names its table.
func appendKind(dst, b []byte, p, end, depth int) []byte {
	for key, value := range jsonItems(b, '{', p+1, end) {
		dst = append(append(dst, key...), ',')
		is := func(name string) bool { return strings.EqualFold(string(key), name) }
		switch {
		case is("type") || is("category"):
			dst = append(dst, b[value.off:value.end]...)
		case depth > 0 && b[value.off] == '{' && slices.ContainsFunc(jsonEnvelopes, is):
			dst = append(appendKind(append(dst, '{'), b, int(value.off), int(value.end), depth-1), '}')
		}
	}
	return dst
}

// replaced notes that lines are replaced by what they hold in a member of that name.
func (c *Content) replaced(name string) {
	c.payload = name
	c.remark("records are read out of %q of each event; what stands beside that is not", name)
}
