package feed

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// maxObject is how many bytes of a JSON document may pass without one of its
// objects being complete. An indicator has a few hundred.
const maxObject = 8 << 20

var (
	errLongObject = errors.New("JSON object longer than 8 MiB")
	errCutJSON    = errors.New("JSON ends early")
)

// A document reads a JSON document token by token, so that no more than one
// object of it is in memory, and knows the line of each.
type document struct {
	*json.Decoder
	in     *countingReader
	scalar func(stack []level, t json.Token) // for records; may be nil
	closed func(stack []level)               // likewise
	stack  []level                           // that records is in
}

// A countingReader remembers where the line breaks are that its reader has
// read ahead of the decoder, and stops an object without end.
type countingReader struct {
	r      io.Reader
	read   int64   // bytes so far
	left   int     // bytes that may follow before the next mark
	breaks []int64 // offsets of line breaks not yet passed
	lines  int     // line breaks passed
}

func newDocument(r io.Reader) *document {
	in := &countingReader{r: r, left: maxObject}
	return &document{Decoder: json.NewDecoder(in), in: in}
}

func (c *countingReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLongObject
	}
	n, err := c.r.Read(p[:min(len(p), c.left)])
	c.left -= n
	for i, b := range p[:n] {
		if b == '\n' {
			c.breaks = append(c.breaks, c.read+int64(i))
		}
	}
	c.read += int64(n)
	return n, err
}

// line returns the line of a byte, from 1. Offsets must not descend.
func (c *countingReader) line(offset int64) int {
	n := 0
	for n < len(c.breaks) && c.breaks[n] < offset {
		n++
	}
	c.lines += n
	c.breaks = append(c.breaks[:0], c.breaks[n:]...)
	return c.lines + 1
}

// line returns the line that the decoder has come to.
func (d *document) line() int { return d.in.line(d.InputOffset()) }

// fail gives an error its line. A document that ends early says so.
func (d *document) fail(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errCutJSON
	}
	return &LineError{d.line(), err}
}

// want reads one token that must be the delimiter.
func (d *document) want(delim json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return d.fail(err)
	}
	if t != delim {
		return &LineError{d.line(), fmt.Errorf("want %s in the JSON", delim)}
	}
	d.in.left = maxObject
	return nil
}

// skip reads to the end of the value that begins with a token, however deep,
// without keeping it.
func (d *document) skip(t json.Token) error {
	depth := 0
	for {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if t, err = d.Token(); err != nil {
			return d.fail(err)
		}
		d.in.left = maxObject
	}
}

// elements calls object for each element of an array whose opening bracket has
// been read, up to the closing one.
func (d *document) elements(object func(raw []byte, line int)) error {
	for d.More() {
		if err := d.value(object); err != nil {
			return d.fail(err)
		}
	}
	return nil
}

// each calls object for the values of the document, which follow one another.
func (d *document) each(object func(raw []byte, line int)) error {
	for {
		switch err := d.value(object); {
		case err == io.EOF:
			return nil
		case err != nil:
			return d.fail(err)
		}
	}
}

// value calls object for the next value.
func (d *document) value(object func(raw []byte, line int)) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return err
	}
	d.in.left = maxObject
	object(raw, d.in.line(d.InputOffset()-int64(len(raw))))
	return nil
}

// A text is a JSON scalar as text, whatever its type: 100, "100", true, null.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	switch {
	case len(raw) == 0 || raw[0] == 'n' || raw[0] == '{' || raw[0] == '[':
		*t = ""
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*t = text(s)
	default:
		*t = text(raw)
	}
	return nil
}

// texts are tags: an array of strings, or one string with commas.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		var list []text
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, s := range list {
			*t = append(*t, string(s))
		}
		return nil
	}
	var one text
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	*t = strings.Split(string(one), ",")
	return nil
}

// words cleans tags and leaves out empty ones.
func (t texts) words(w *interner) (tags []string) {
	for _, s := range t {
		if s = w.word([]byte(strings.TrimSpace(s))); s != "" && len(tags) < maxTags {
			tags = append(tags, s)
		}
	}
	return tags
}

// date reads a date of a JSON object; one that cannot be read is noted.
func (t text) date(line int, emit func(*Entry)) ioc.Date {
	d, ok := readDate(string(t), anyOrder)
	if !ok {
		note(emit, line, string(t), dateFault(string(t)))
	}
	return d
}

// eachLine calls object for every line that holds a JSON object, and rejects
// the others. Where the last one is the beginning of an object, the feed was
// cut off.
func eachLine(r io.Reader, emit func(*Entry), object func(raw []byte, line int)) error {
	cut := 0 // the last line, if it is but a beginning
	err := newLineReader(r).each(emit, func(line []byte, no int) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return
		}
		cut = 0
		if line[0] != '{' || !json.Valid(line) {
			reject(emit, no, string(line), "not a JSON object")
			if line[0] == '{' && endsEarly(line) {
				cut = no
			}
			return
		}
		object(line, no)
	})
	if err == nil && cut > 0 {
		err = &LineError{cut, errCutJSON}
	}
	return err
}

// endsEarly reports whether a text is the beginning of a JSON value.
func endsEarly(text []byte) bool {
	var value json.RawMessage
	return json.NewDecoder(bytes.NewReader(text)).Decode(&value) == io.ErrUnexpectedEOF
}

// peekObject returns the keys of the JSON object with which a feed begins, as
// far as the head has them, and whether its first line is that object whole.
func peekObject(head []byte) (keys []string, oneLine bool) {
	head = trimHead(head)
	if len(head) == 0 || head[0] != '{' {
		return nil, false
	}
	d := json.NewDecoder(bufio.NewReader(bytes.NewReader(head)))
	d.Token()
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return keys, false
		}
		keys = append(keys, name)
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return keys, false
		}
	}
	if _, err := d.Token(); err != nil {
		return keys, false
	}
	return keys, bytes.IndexByte(head[:d.InputOffset()], '\n') < 0
}
