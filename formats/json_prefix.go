package formats

import (
	"bufio"
	"bytes"
)

// What passes lines of JSON on to a file often writes something before each: when it came,
// from where, by which labels.
//
//	Apr  1 02:13:07 fwd azure[123]: {"TimeGenerated":"…","SourceIP":"10.0.0.5"}       syslog
//	2025-04-01T02:13:07+00:00<tab>azure.logs<tab>{"TimeGenerated":"…"}                Fluentd
//	2025-04-01T02:13:07.5Z stdout F {"TimeGenerated":"…"}                             containerd
//	2025-04-01T02:13:07Z {job="azure"} {"TimeGenerated":"…"}                          logcli
//
// The readers are given blanks for it: lines keep their length, and records their places.

// withoutPrefixes blanks what stands before the JSON of each line, if that has records of
// a known table, and reports whether it does.
func (c *Content) withoutPrefixes(o Options) (bool, error) {
	if search := newJSONSearch(o); !search.enabled() || o.Format != "" {
		return false, nil
	}
	head := bytes.Clone(bytes.TrimPrefix(c.Head, []byte(utf8BOM)))
	if len(c.Head) >= headSize {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	objects, others := 0, 0
	for line := range bytes.Lines(head) {
		at := max(jsonBehind(line), 0)
		if object, _ := sniffObject(bytes.TrimSpace(line[at:])); object {
			objects++
		} else if len(bytes.TrimSpace(line)) > 0 {
			others++
		}
		blank(line[:at])
	}
	if objects == 0 || objects < others || !showRecords(head, o) {
		return false, nil
	}
	c.remark("what stands before the JSON of each line is not read")
	c.Stream = &prefixReader{in: bufio.NewReaderSize(c.reader(), headSize)}
	return true, c.readHead()
}

// showRecords reports whether lines, or the events in them, are of a known table.
func showRecords(lines []byte, o Options) bool {
	if linesShowTable(lines, o) {
		return true
	}
	for _, name := range payloadNames(lines) {
		if payloadsShowTable(lines, name, o) {
			return true
		}
	}
	return false
}

// jsonBehind returns where an object begins in a line, -1 if none does. Labels in braces
// have no quote first.
func jsonBehind(line []byte) int {
	for at := 0; ; at++ {
		next := bytes.IndexByte(line[at:], '{')
		if next < 0 {
			return -1
		}
		at += next
		if rest := bytes.TrimLeft(line[at+1:], " \t"); len(rest) > 0 && rest[0] == '"' {
			return at
		}
	}
}

func blank(text []byte) {
	for i := range text {
		text[i] = ' '
	}
}

// A prefixReader blanks what stands before the object of each line. A line without one
// stays, for those who refuse it to see.
type prefixReader struct {
	in     *bufio.Reader
	inside bool // a line that is longer than the buffer of in

	piecewise
}

func (r *prefixReader) Read(p []byte) (int, error) { return r.read(p, r.step) }

func (r *prefixReader) step() error {
	line, err := r.in.ReadSlice('\n')
	from := len(r.out)
	r.out = append(r.out, line...)
	if !r.inside {
		blank(r.out[from:][:max(jsonBehind(line), 0)])
	}
	if r.inside = err == bufio.ErrBufferFull; r.inside {
		return nil
	}
	return err
}
