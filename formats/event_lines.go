package formats

import (
	"bytes"
	"encoding/hex"
	"io"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
)

// eventLines turn bodies of events, what was sent, into lines. A body is JSON as a rule: a
// record, {"records":[…]}, or several, in a list or one after the other.
type eventLines struct {
	gzip *gzip.Reader
	text []byte // of a body that was unpacked
	room []byte // a body with what the readers of JSON want behind it
}

// append appends the lines of a body. None goes without notice: a body of nothing is a
// record of nothing, one that is no JSON a line that no reader takes for a record, and so
// rejects with its place. max bounds what a body unpacks to.
func (e *eventLines) append(dst, body []byte, max int) []byte {
	raw := body
	if bytes.HasPrefix(body, []byte("\x1f\x8b\x08")) {
		body = e.unpack(body, max)
	}
	body = fromUTF16(body)
	body = bytes.TrimRight(trimJSONHead(body), " \t\r\n")
	body = bytes.TrimLeft(body, "\x1e \t\r\n")
	switch {
	case len(body) == 0:
		return append(dst, "{}\n"...)
	case body[0] == '[':
		return e.values(dst, body)
	case body[0] != '{':
		return appendNoJSON(dst, raw)
	case isOneLine(body) && !mayBeSeveral(body) && !beginsWithRecords(body):
		return append(append(dst, body...), '\n')
	}
	return e.values(dst, body)
}

func isOneLine(text []byte) bool {
	return bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') < 0
}

// mayBeSeveral reports whether an object may begin behind the end of another. In a
// list, or in a string, they are no values of their own.
func mayBeSeveral(text []byte) bool {
	for at := 1; ; at++ {
		next := bytes.IndexByte(text[at:], '{')
		if next < 0 {
			return false
		}
		at += next
		if bytes.HasSuffix(bytes.TrimRight(text[:at], " \t,\x1e"), []byte{'}'}) {
			return true
		}
	}
}

// beginsWithRecords reports whether text is an object with the key records first.
func beginsWithRecords(text []byte) bool {
	const key = `"records"`
	text, object := bytes.CutPrefix(text, []byte{'{'})
	text = bytes.TrimLeft(text, " \t\r\n")
	return object && len(text) > len(key) && bytes.EqualFold(text[:len(key)], []byte(key))
}

// fromUTF16 returns text in UTF-16 as UTF-8, and anything else as it is.
func fromUTF16(text []byte) []byte {
	if first := text[:min(len(text), 2)]; bytes.IndexByte(first, 0) < 0 && string(first) != "\xff\xfe" && string(first) != "\xfe\xff" {
		return text
	}
	name, mark := encodingOf(text)
	if name != "utf-16le" && name != "utf-16be" {
		return text
	}
	decoded, _ := decoderOf(name).Bytes(text[mark:]) // what is no character is replaced
	return decoded
}

// unpack returns what a body in gzip holds, or the body if it is none or too large.
func (e *eventLines) unpack(body []byte, max int) []byte {
	in := bytes.NewReader(body)
	var err error
	if e.gzip == nil {
		e.gzip, err = gzip.NewReader(in)
	} else {
		err = e.gzip.Reset(in)
	}
	if err != nil {
		return body
	}
	if cap(e.text) > 1<<20 {
		e.text = nil // room that one large body has asked for
	}
	b := bytes.NewBuffer(e.text[:0])
	n, err := b.ReadFrom(io.LimitReader(e.gzip, int64(max)+1))
	e.text = b.Bytes()
	if err != nil || n > int64(max) {
		return body
	}
	return e.text
}

// values appends the JSON values that follow one another in a body, each as a line. Of
// lists, which senders make of records, and {"records":[…]} each element is one: a line
// as long as a batch would hide from those who look at the first what its records are.
func (e *eventLines) values(dst, body []byte) []byte {
	if cap(e.room) > 1<<20 {
		e.room = nil
	}
	e.room = append(append(e.room[:0], body...), make([]byte, jsonPad)...)
	b, end := e.room, len(body)
	for p := 0; p < end; {
		q, fault := jsonSkip(b, p, end, 0)
		if fault != jsonOK {
			return appendFaulty(dst, b, p, end)
		}
		if list := listOf(b, p, q); list > 0 {
			for _, value := range jsonItems(b, '[', list, q) {
				dst = appendOneLine(dst, b[value.off:value.end])
			}
		} else {
			dst = appendOneLine(dst, b[p:q])
		}
		p = jsonSpace(b, q, end)
		for p < end && (b[p] == recordSeparator || b[p] == ',') {
			p = jsonSpace(b, p+1, end)
		}
	}
	return dst
}

// listOf returns where the elements begin of a list of objects, or of {"records":[…]} if
// there is nothing else in it; 0 of any other value. b[p:end] is well-formed.
func listOf(b []byte, p, end int) int {
	if beginsWithRecords(b[p:end]) {
		_, value, next, _ := jsonItem(b, '{', p+1, end)
		if next == end && b[value.off] == '[' && jsonAllObjects(b, int(value.off), int(value.end)) {
			return int(value.off) + 1
		}
	} else if b[p] == '[' && jsonHolds(b, p, end, '{') {
		return p + 1
	}
	return 0
}

// appendFaulty appends b[p:end], which is no JSON from its beginning on. What is whole
// before the fault in a list of records, or in lines each of which is one, is not lost
// with the rest.
func appendFaulty(dst, b []byte, p, end int) []byte {
	list := p
	if beginsWithRecords(b[p:end]) {
		if _, value, _, ok := jsonItem(b, '{', p+1, end); ok {
			list = int(value.off)
		}
	}
	if b[list] == '[' && jsonHolds(b, list, end, '{') {
		next := list
		for _, value := range jsonItems(b, '[', list+1, end) {
			if _, fault := jsonSkip(b, int(value.off), end, 0); fault != jsonOK {
				break
			}
			dst, next = appendOneLine(dst, b[value.off:value.end]), int(value.end)
		}
		return appendOneLine(dst, append([]byte("[ "), b[next:end]...)) // of a list still, and a reject
	}
	var several bool
	text := b[p:end]
	for line := range bytes.SplitSeq(text, []byte{'\n'}) {
		object, _ := sniffObject(bytes.TrimSpace(line))
		several = several || object
	}
	if !several {
		return appendOneLine(dst, text)
	}
	for line := range bytes.SplitSeq(text, []byte{'\n'}) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			dst = appendOneLine(dst, line)
		}
	}
	return dst
}

// appendOneLine appends JSON as a line: line breaks between its tokens become blanks,
// those in strings, where JSON has none, what they should be.
func appendOneLine(dst, text []byte) []byte {
	if isOneLine(text) {
		return append(append(dst, text...), '\n')
	}
	quoted, escaped := false, false
	for _, c := range text {
		switch {
		case c == '\n' && quoted:
			dst = append(dst, '\\', 'n')
		case c == '\r' && quoted:
			dst = append(dst, '\\', 'r')
		case c == '\n' || c == '\r':
			dst = append(dst, ' ')
		default:
			dst = append(dst, c)
		}
		if c == '"' && !escaped {
			quoted = !quoted
		}
		escaped = c == '\\' && !escaped
	}
	return append(dst, '\n')
}

// appendNoJSON appends a body that is no JSON as a string: text as it is, anything else
// in hex, as much of it as a reject keeps.
func appendNoJSON(dst, body []byte) []byte {
	first := body[:min(len(body), maxRaw/2)]
	if utf8.Valid(body) {
		return append(appendJSONString(dst, first), '\n')
	}
	return append(hex.AppendEncode(append(dst, '"'), first), '"', '\n')
}
