package formats

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/iocsweep/iocsweep/formats/mem"
)

// A jsonCutter cuts a JSON document into records without understanding them:
// it matches brackets and skips strings, so that one goroutine can feed many.
// It holds the bytes of one block at a time; cut hands them on.
type jsonCutter struct {
	in    io.Reader
	max   int // largest record
	block int // bytes after which a block ends

	buf   []byte // the block's text; capacity reaches jsonPad bytes beyond
	pos   int    // next byte to look at
	base  int64  // offset of buf[0] in the input
	size  int64  // bytes of the input if known, else 0
	lines int64  // line breaks before buf[0]
	carry []byte // read behind the last block
	ended bool   // the input has no more bytes
	err   error  // what ended the document early
	done  bool   // nothing is left to be cut
	skip  int    // bytes of text before the first document

	stack        []jsonFrame
	objects      *Part                // of records that are in no table
	tables       []*Part              // all others; at first those that a pass over the head has met
	partsMade    int                  // how many of tables this pass has met
	unsampled    []*Part              // parts that have no sample yet
	headers      map[string]jsonTable // of tables whose rows come in frames of their own, by id
	pieces       map[string]*Part     // parts of these tables, once rows have come, by id
	remarks      []string             // for Info.Notes
	search       jsonSearch
	tableParts   map[string]*Part // of records that were searched for, by table
	wrapsRecords bool             // the document at hand does
	unsearched   error            // names the first value in it that was stepped over and may have records
	tooLarge     bool             // a record was, and not a document that may hold others

	// The block that is being cut.
	part     *Part
	rows     []jsonRow
	notes    []jsonNote
	textEnd  int  // end of its text if gap > 0
	gap      int  // bytes dropped behind its text, of a record that is too large
	gapLines int  // line breaks among them
	stop     bool // the block is at its end
}

// A jsonFrame is a bracket that is open.
type jsonFrame struct {
	kind      jsonNest
	needComma bool  // one must come before the next element
	sawComma  bool  // one has come, so that an element must follow
	start     int64 // offset of an object that may itself be a record, else -1
	members   int   // of an object, so far
	table     jsonTable
	rowsFirst bool // rows came before the columns
	failed    bool // it says that something went wrong
	judged    bool // of a top-level array: its first element has been looked at
	byKey     bool // the members of an object are records
	unwrapped bool // records were searched for in it, and found
	record    jsonVerdict
	part      *Part // of the records in an array or, with byKey, in an object
}

// A jsonVerdict says whether an object has the columns of a table. It is worked out once
// for an object: to do it again for each member would cost too much.
type jsonVerdict uint8

const (
	jsonUnasked jsonVerdict = iota
	jsonRecord
	jsonNoRecord
)

// A jsonNest says what a bracket holds.
type jsonNest uint8

const (
	jsonTop       jsonNest = iota // documents: there is no bracket
	jsonList                      // records
	jsonRowList                   // rows by position
	jsonTableList                 // tables of a query answer, or frames
	jsonMembers                   // members of an object
)

// A jsonNote is something wrong at a place of the block.
type jsonNote struct {
	off, end int
	raw      []byte // the record's first bytes if they are not in the block's text
	err      error
	matched  bool // what stands there was matched all the same
	record   bool // a record is lost
}

func newJSONCutter(in io.Reader, o Options) *jsonCutter {
	return &jsonCutter{in: in, max: o.maxRecord(), block: o.blockSize(), stack: []jsonFrame{{kind: jsonTop}},
		headers: map[string]jsonTable{}, pieces: map[string]*Part{}, search: newJSONSearch(o), tableParts: map[string]*Part{}}
}

// more reads on into buf. It reports whether there was anything left to read.
func (c *jsonCutter) more() bool {
	if c.ended {
		return false
	}
	n := len(c.buf)
	// Room for little more than a block, so that little is carried over.
	want := c.block + c.block/16 + 512
	if c.size > 0 {
		want = int(min(int64(want), c.size+512))
	}
	if n == 0 && cap(c.buf) < want+jsonPad {
		if c.size > 0 || c.base > 0 {
			c.buf = mem.Make[byte](want + jsonPad)[:0]
		} else {
			c.buf = make([]byte, 0, want+jsonPad) // all there is may be short
		}
	} else if cap(c.buf) < n+jsonPad+max(512, n/8) {
		next := make([]byte, n, 2*n+1024+jsonPad)
		copy(next, c.buf)
		c.buf = next
	}
	for n < cap(c.buf)-jsonPad {
		m, err := c.in.Read(c.buf[n : cap(c.buf)-jsonPad])
		n += m
		if err != nil {
			c.ended = true
			if err != io.EOF {
				c.err = err
			}
			break
		}
	}
	grown := n > len(c.buf)
	c.buf = c.buf[:n]
	return grown
}

// cut finds the records of the next block, in c.rows, and reads them into buf, which it
// may replace by a larger one: text is the block's text. ok is false if no text and no
// dropped record is left.
func (c *jsonCutter) cut(buf []byte) (text []byte, ok bool) {
	c.begin(buf)
	for c.pos < c.skip {
		if c.pos = min(len(c.buf), c.skip); c.pos < c.skip && !c.more() {
			break
		}
	}
	c.skip = 0
	for !c.stop && !c.done {
		c.step()
	}
	end := c.pos
	if c.gap > 0 {
		end = c.textEnd
		c.gapLines += bytes.Count(c.buf[end:c.pos], []byte{'\n'})
	}
	text = c.buf[:end]
	if i := slices.Index(c.unsampled, c.part); i >= 0 && len(c.rows) > 0 {
		c.sample(c.part, text)
		c.unsampled = slices.Delete(c.unsampled, i, i+1)
	}
	if c.part == nil {
		c.part = c.anyPart()
	}
	c.carry = append(c.carry[:0], c.buf[c.pos:]...)
	return text, end > 0 || c.gap > 0
}

// anyPart returns a part for a block without records.
func (c *jsonCutter) anyPart() *Part {
	for _, part := range append([]*Part{c.objects}, c.tables...) {
		if part != nil && !slices.Contains(c.unsampled, part) {
			return part
		}
	}
	return &Part{}
}

// begin starts a block with what was read beyond the last one.
func (c *jsonCutter) begin(buf []byte) {
	n := len(c.carry)
	if cap(buf) < n+jsonPad {
		buf = make([]byte, 0, max(n, min(c.block, 4096))+n/8+512+jsonPad)
	}
	c.buf = append(buf[:0], c.carry...)
	c.pos, c.textEnd, c.gap, c.gapLines, c.stop = 0, 0, 0, 0, false
	c.rows, c.notes = c.rows[:0], c.notes[:0]
	c.part = nil
}

// taken moves base and lines behind the block, and returns its number of line breaks.
func (c *jsonCutter) taken(text []byte) (lines int) {
	lines = bytes.Count(text, []byte{'\n'}) + c.gapLines
	c.lines += int64(lines)
	c.base += int64(c.pos + c.gap)
	return lines
}

// peek skips white space and returns the byte behind it, false at the end of the input.
func (c *jsonCutter) peek() (byte, bool) {
	for {
		c.pos = jsonSpace(c.buf, c.pos, len(c.buf))
		if c.pos < len(c.buf) {
			return c.buf[c.pos], true
		}
		if !c.more() {
			return 0, false
		}
	}
}

func (c *jsonCutter) top() *jsonFrame { return &c.stack[len(c.stack)-1] }

func (c *jsonCutter) push(f jsonFrame) {
	c.stack = append(c.stack, f)
	c.pos++
}

// pop closes the innermost bracket.
func (c *jsonCutter) pop() {
	c.stack = c.stack[:len(c.stack)-1]
	c.top().needComma, c.top().sawComma = true, false
	c.pos++
}

func (c *jsonCutter) note(off, end int, matched, record bool, err error) {
	c.notes = append(c.notes, jsonNote{off: off, end: end, err: err, matched: matched, record: record})
}

// syntax notes that the byte at pos should not be there. The note has a copy of it,
// since the block may end before that byte.
func (c *jsonCutter) syntax(fault jsonFault, matched bool) {
	c.note(c.pos, c.pos, matched, false, fmt.Errorf("%w: %s", ErrSyntax, jsonFaults[fault]))
	c.notes[len(c.notes)-1].raw = bytes.Clone(c.buf[c.pos : c.pos+1])
}

// truncated ends the document at the end of the input.
func (c *jsonCutter) truncated() {
	c.pos = len(c.buf)
	c.done = true
	if c.err == nil {
		c.err = fmt.Errorf("%w: the JSON document is not closed", ErrTruncated)
	}
}

// step looks at one element, member or bracket.
func (c *jsonCutter) step() {
	if len(c.stack) == 1 || c.top().start < 0 {
		c.stop = c.pos >= c.block
	}
	if c.stop {
		return
	}
	b, ok := c.peek()
	f := c.top()
	switch {
	case !ok && f.kind == jsonTop:
		c.done = true
	case !ok:
		c.truncated()
	case b == ',' && f.kind != jsonTop:
		if !f.needComma {
			c.syntax(jsonNoValue, true)
		}
		f.needComma, f.sawComma = false, true
		c.pos++
	case b == '}' && f.kind == jsonMembers, b == ']' && f.kind != jsonMembers && f.kind != jsonTop:
		if f.sawComma {
			c.syntax(jsonNoValue, true)
		}
		if b == '}' {
			c.closeObject()
		} else {
			c.pop()
		}
	default:
		if f.needComma && f.kind != jsonTop && b != '}' && b != ']' {
			c.syntax(jsonNoComma, true)
		}
		f.sawComma = false
		c.element(b)
	}
}

// element looks at an element or a member, which begins with b at pos.
func (c *jsonCutter) element(b byte) {
	f := c.top()
	f.needComma = true
	switch f.kind {
	case jsonTop:
		c.document(b)
	case jsonMembers:
		if !f.byKey || c.switchTo(f.part) {
			c.member(b)
		}
	case jsonTableList:
		if b == '{' {
			if name := c.loneTable(f); name != "" {
				c.row(c.tablePart(name))
			} else {
				c.enterObject(-1)
			}
			return
		}
		c.garbage(jsonNotObject)
	case jsonList:
		if b != '{' {
			c.garbage(jsonNotObject)
			return
		}
		if len(c.stack) == 2 && !f.judged {
			// The first element of a top-level array says what all are.
			if f.judged = true; c.firstKeyIs("FrameType") || c.wrapped() {
				f.kind, f.needComma, f.unwrapped = jsonTableList, false, true
				c.markWrapping()
				return
			}
		}
		c.row(f.part)
	case jsonRowList:
		switch b {
		case '[':
			c.row(f.part)
		case '{':
			c.rowError()
		default:
			c.garbage(jsonNotRow)
		}
	}
}

// document starts a top-level value.
func (c *jsonCutter) document(b byte) {
	c.wrapsRecords, c.unsearched = false, nil
	switch b {
	case '{':
		c.enterObject(c.base + int64(c.pos))
	case '[':
		c.push(jsonFrame{kind: jsonList, start: -1})
	default:
		c.stray()
	}
}

// stray steps over text between or behind documents, up to the next bracket
// that opens one: at the start of a line, or behind a lone comma.
func (c *jsonCutter) stray() {
	start := c.pos
	lone := c.buf[start] == ','
	p := start + 1
	for ; p-start <= c.max; p++ {
		if p == len(c.buf) && !c.more() {
			break
		}
		b := c.buf[p]
		if (b == '{' || b == '[') && (lone || c.buf[p-1] == '\n') {
			break
		}
		lone = lone && (b == ' ' || b == '\t' || b == '\r' || b == '\n')
	}
	c.pos = p
	c.note(start, p, lone, false, fmt.Errorf("%w: text that belongs to no document", ErrSyntax))
}

// garbage steps over an element that is no record.
func (c *jsonCutter) garbage(fault jsonFault) {
	start := c.pos
	if b := c.buf[c.pos]; b == '{' || b == '[' || b == '"' {
		c.value()
	} else {
		c.token()
	}
	if !c.done && c.gap == 0 {
		c.note(start, c.pos, false, true, fmt.Errorf("%w: %s", ErrSyntax, jsonFaults[fault]))
	}
}

// token steps over what is neither string nor bracket.
func (c *jsonCutter) token() {
	for {
		if i := bytes.IndexAny(c.buf[c.pos+1:], ",]}[{\" \t\r\n"); i >= 0 {
			c.pos += 1 + i
			return
		}
		if len(c.buf)-c.pos > c.max || !c.more() {
			c.pos = len(c.buf)
			return
		}
	}
}

// row takes the element at pos as a record of part.
func (c *jsonCutter) row(part *Part) {
	if part == nil {
		part = c.loosePart()
	}
	if !c.switchTo(part) {
		return
	}
	start := c.pos
	fault := c.value()
	c.tooLarge = c.tooLarge || c.gap > 0
	switch {
	case c.done || c.gap > 0:
	case fault != jsonOK:
		c.note(start, c.pos, false, true, fmt.Errorf("%w: %s", ErrSyntax, jsonFaults[fault]))
	default:
		c.rows = append(c.rows, jsonRow{uint32(start), uint32(c.pos)})
	}
}

// switchTo makes part the block's part. If the block has records of another part it
// ends the block instead and returns false.
func (c *jsonCutter) switchTo(part *Part) bool {
	if c.part != nil && c.part != part && len(c.rows) > 0 {
		c.top().needComma = false
		c.stop = true
		return false
	}
	c.part = part
	return true
}

// rowError steps over an object among rows by position: by one a query answer says that
// it broke off.
func (c *jsonCutter) rowError() {
	start := c.pos
	c.value()
	if c.done || c.gap > 0 {
		return
	}
	text := c.buf[start:c.pos]
	if bytes.Contains(text, []byte("OneApiErrors")) || bytes.Contains(text, []byte("Exceptions")) || bytes.Contains(text, []byte("rror")) {
		c.note(start, c.pos, false, false, ErrPartial)
		return
	}
	c.note(start, c.pos, false, true, fmt.Errorf("%w: %s", ErrSyntax, "an object among rows by position"))
}
