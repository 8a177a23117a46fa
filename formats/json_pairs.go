package formats

import (
	"bufio"
	"bytes"
	"io"
)

// Loki answers queries, and is sent logs, as pairs of a time and a line:
//
//	{"status":"success","data":{"resultType":"streams","result":[
//	  {"stream":{"job":"azure"},"values":[["1743473587482000000","{\"TimeGenerated\":\"…\"}"],…]}]}}
//	{"streams":[{"stream":{},"values":[["1743473587482000000","{\"TimeGenerated\":\"…\"}"]]}]}
//
// A stream may have thousands of them, and so the text is taken apart pair by pair: each
// becomes the event that logcli writes for it.
const pairLine = "line"

// pairDigits is how many digits a time in nanoseconds has, from 2001 on.
const pairDigits = 19

// mayHavePairs reports whether the text that begins with head may be of Loki.
func mayHavePairs(head []byte) bool {
	return bytes.Contains(head, []byte(`"stream`)) && bytes.Contains(head, []byte(`"values"`))
}

// pairsShowTable reports whether the pairs in head hold records of a known table.
func pairsShowTable(head []byte, o Options) bool {
	lines, _ := io.ReadAll(newPairReader(bytes.NewReader(head), o)) // the head breaks it off
	return payloadsShowTable(lines, pairLine, o)
}

// A pairReader reads the pairs in a document, each as a line.
type pairReader struct {
	in    *bufio.Reader
	max   int
	depth int    // of brackets
	last  byte   // that is no white space
	stamp bool   // a pair has begun, with its time
	text  []byte // a string

	piecewise
}

func newPairReader(in io.Reader, o Options) *pairReader {
	return &pairReader{in: withoutMark(in), max: o.maxRecord()}
}

func (r *pairReader) Read(p []byte) (int, error) { return r.read(p, r.step) }

// step reads a byte, or a string. What is cut off is a line that is no object.
func (r *pairReader) step() error {
	c, err := r.in.ReadByte()
	if err == io.EOF && r.depth > 0 {
		r.out = appendNoJSON(r.out, []byte(ErrTruncated.Error()))
		r.depth = 0
		return nil
	}
	if err != nil {
		return err
	}
	switch c {
	case ' ', '\t', '\r', '\n':
		return nil
	}
	if r.depth == 0 && c != '{' && c != '[' && c != ',' && c != recordSeparator {
		return r.other(c)
	}
	switch c {
	case '"':
		if err := r.quoted(); err == io.EOF {
			return nil // which is met again
		} else if err != nil {
			return err
		}
		if r.stamp && r.last == ',' {
			r.out = append(append(append(r.out, `{"`+pairLine+`":"`...), r.text...), "\"}\n"...)
		}
		r.stamp = r.last == '[' && len(r.text) == pairDigits && len(bytes.Trim(r.text, "0123456789")) == 0
	case '[', '{':
		r.depth++
	case ']', '}':
		r.depth--
	}
	if c != ',' && c != '"' {
		r.stamp = false
	}
	r.last = c
	return nil
}

// other reads what is left of a line that begins with c and is no document: it is no
// object either.
func (r *pairReader) other(c byte) error {
	r.text = append(r.text[:0], c)
	err := bufio.ErrBufferFull
	for err == bufio.ErrBufferFull {
		var more []byte
		more, err = r.in.ReadSlice('\n')
		r.text = append(r.text, more[:min(len(more), max(maxRaw-len(r.text), 0))]...)
	}
	r.out = appendNoJSON(r.out, bytes.TrimSpace(r.text))
	return err
}

// quoted reads a string, behind its first quote, as it is written. One that is too long
// ends early, and is no JSON.
func (r *pairReader) quoted() error {
	r.text = r.text[:0]
	for {
		more, err := r.in.ReadSlice('"')
		if r.text = append(r.text, more...); len(r.text) > r.max {
			r.text = r.text[:r.max]
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return err
		}
		text := r.text[:len(r.text)-1]
		if (len(text)-len(bytes.TrimRight(text, `\`)))%2 == 0 {
			r.text = text
			return nil
		}
	}
}
