package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A jsonTable is what a document says about a table before its rows:
//
//	{"name":"PrimaryResult","columns":[{"name":"Name","type":"string"}],"rows":[["x.example"]]}
//	{"FrameType":"DataTable","TableKind":"PrimaryResult","Columns":[{"ColumnName":"Name"}],"Rows":[…]}
type jsonTable struct {
	name, kind, id string
	columns        []string
}

// maxRemarks bounds the remarks about one document.
const maxRemarks = 8

// memberKey reads the key at pos, which begins with b, and its colon. Then pos is at the
// value, whose first byte is value. ok is false if there is no key, or no value.
func (c *jsonCutter) memberKey(b byte) (key []byte, value byte, ok bool) {
	if b != '"' {
		c.syntax(jsonNoKey, false)
		c.token()
		c.top().start = -1
		return nil, 0, false
	}
	at := c.pos
	if c.value(); c.done || c.gap > 0 {
		return nil, 0, false
	}
	key = bytes.Clone(c.buf[at+1 : c.pos-1])
	if b, ok = c.peek(); !ok {
		return nil, 0, false
	}
	if b != ':' {
		c.syntax(jsonNoColon, false)
		c.top().start = -1
		return nil, 0, false
	}
	c.pos++
	value, ok = c.peek()
	return key, value, ok
}

// member reads a member of an object, whose key begins with b at pos, and decides what
// to do with its value.
func (c *jsonCutter) member(b byte) {
	at := c.pos
	key, b, ok := c.memberKey(b)
	if !ok {
		return
	}
	f := c.top()
	f.members++
	switch {
	case f.byKey && b == '{':
		c.row(f.part)
		return
	case f.byKey:
		c.garbage(jsonNotObject)
		return
	}
	role := wrapperOf(jsonUnquote(nil, key))
	if strings.EqualFold(string(key), "records") {
		role = wrapsObjects
	}
	if role == wrapsNothing && b == '[' && mayWrapRows(key) && c.searching() && c.search.knows(f.table.columns) {
		if inner, ok := c.firstInside(); ok && inner == '[' {
			role = wrapsRows
		}
	}
	if b == '[' && c.enterArray(role, key) || (b == '[' || b == '{') && c.descend(role, key, at) {
		return
	}
	start := c.pos
	if b == '{' || b == '[' || b == '"' {
		fault := c.value()
		c.tooLarge = c.tooLarge || c.gap > 0 && f.start >= 0 && (b == '"' || isEnvelope(key))
		if c.done {
			return
		} else if c.gap > 0 {
			f.start = -1
			return
		} else if fault != jsonOK && f.start < 0 {
			c.note(start, c.pos, false, false, fmt.Errorf("%w: %s", ErrSyntax, jsonFaults[fault]))
		}
	} else {
		c.token()
	}
	if f.unwrapped && b == '{' && c.gap == 0 && jsonFails(c.buf[:len(c.buf)+jsonPad], start, c.pos) {
		f.failed = true
	}
	if c.learn(f, role, start); f.start >= 0 && c.base+int64(c.pos)-f.start > int64(c.max) {
		c.note(int(f.start-c.base), c.pos, false, true, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, c.max))
		f.start, c.stop, c.tooLarge = -1, true, true
	}
}

// enterArray goes into the array at pos, the value of a key, if that is a list of
// records, rows or tables, and reports whether it is.
func (c *jsonCutter) enterArray(role wrapper, key []byte) bool {
	f := c.top()
	inner, ok := c.firstInside()
	if !ok {
		return false
	}
	switch {
	case role == wrapsObjects && (inner == '{' || inner == ']') && len(c.stack) == 2:
		f.start = -1
		c.markWrapping()
		next := jsonFrame{kind: jsonList, start: -1}
		if strings.EqualFold(string(key), "tables") {
			next.kind = jsonTableList
		} else if len(f.table.columns) > 0 {
			next.part = c.newPart(f.table)
		}
		c.push(next)
		return true
	case role == wrapsRows && (inner == '[' || inner == '{' || inner == ']'):
		t := f.table
		h, piece := c.headers[t.id]
		if piece = piece && t.columns == nil; piece {
			t = h
		}
		if t.columns == nil {
			f.rowsFirst = true
			return false
		}
		f.start = -1
		if t.kind != "" && !strings.EqualFold(t.kind, "PrimaryResult") {
			c.remark(fmt.Sprintf("table %s (%s) tells of the query and is not read", t.name, t.kind))
			return false
		}
		part := c.pieces[t.id]
		if !piece || part == nil {
			part = c.newPart(t)
		}
		if piece {
			c.pieces[t.id] = part
		}
		c.markWrapping()
		c.push(jsonFrame{kind: jsonRowList, start: -1, part: part})
		return true
	}
	return false
}

// firstInside returns the first byte within the array at pos.
func (c *jsonCutter) firstInside() (byte, bool) {
	at := c.pos
	c.pos++
	b, ok := c.peek()
	c.pos = at
	return b, ok
}

// firstKeyIs reports whether the first key of the object at pos is name, in any case.
func (c *jsonCutter) firstKeyIs(name string) bool {
	at := c.pos
	defer func() { c.pos = at }()
	c.pos++
	if b, ok := c.peek(); !ok || b != '"' {
		return false
	}
	for len(c.buf)-c.pos < len(name)+2 && c.more() {
	}
	rest := c.buf[c.pos+1:]
	return len(rest) > len(name) && strings.EqualFold(string(rest[:len(name)]), name) && rest[len(name)] == '"'
}

// learn takes up what a member says about its object; its value is at start.
func (c *jsonCutter) learn(f *jsonFrame, role wrapper, start int) {
	value := c.buf[start:c.pos]
	switch role {
	case wrapsColumns:
		if f.table.columns == nil {
			f.table.columns = jsonColumnNames(value)
		}
	case wrapsMeta:
		if names := jsonColumnNames(value); f.table.columns == nil && c.search.knows(names) {
			f.table.columns = names
		}
	case wrapsName:
		f.table.name = jsonText(value)
	case wrapsKind:
		f.table.kind = jsonText(value)
	case wrapsID:
		f.table.id = jsonText(value)
	case wrapsError:
		f.failed = f.failed || len(value) > 0 && (value[0] == '{' || value[0] == '[' && len(value) > 2)
	case wrapsHasErrors:
		f.failed = f.failed || string(value) == "true"
	}
}

// closeObject ends an object at its bracket. It is a record if nothing in it was a
// wrapper.
func (c *jsonCutter) closeObject() {
	f := *c.top()
	switch {
	case f.start >= 0 && !(f.failed && f.members == 1) && !(f.rowsFirst && f.table.columns != nil):
		part, start := c.loosePart(), int(f.start-c.base)
		if !c.switchTo(part) {
			// The next block begins with this object.
			c.stack = c.stack[:len(c.stack)-1]
			c.pos = start
			return
		}
		c.pop()
		if c.pos-start > c.max {
			c.note(start, c.pos, false, true, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, c.max))
			return
		}
		c.rows = append(c.rows, jsonRow{uint32(start), uint32(c.pos)})
		return
	case f.rowsFirst:
		c.note(c.pos, c.pos+1, false, false, fmt.Errorf("%w: %w and are not read", ErrSyntax, ErrRowsFirst))
	}
	if f.failed {
		c.note(c.pos, c.pos+1, false, false, ErrPartial)
	}
	if f.table.id != "" && f.table.columns != nil {
		if len(c.headers) < 1024 {
			c.headers[f.table.id] = f.table
		}
	}
	c.pop()
}

// enterObject goes into the object at pos. start is its offset if it may itself be a
// record, else -1.
func (c *jsonCutter) enterObject(start int64) {
	f := jsonFrame{kind: jsonMembers, start: start, unwrapped: c.top().unwrapped}
	if c.searching() {
		b, end, _ := c.extent(c.pos, jsonWindow)
		if name := c.search.keyed(b, c.pos+1, end); name != "" {
			f.start, f.byKey, f.part = -1, true, c.tablePart(name)
			c.markWrapping()
		}
	}
	c.push(f)
}

// descend goes into the value at pos, that of a member whose key is at keyAt, and
// reports whether it does: records of a known table are in it, and the object round it is
// no such record itself.
func (c *jsonCutter) descend(role wrapper, key []byte, keyAt int) bool {
	f := c.top()
	if !c.search.enabled() || role != wrapsNothing && role != wrapsObjects && (role != wrapsRows || f.table.columns != nil) || f.record == jsonRecord {
		return false
	}
	if !c.searching() {
		c.passOver(key)
		return false
	}
	b, end, cut := c.extent(c.pos, jsonWindow)
	bracket := b[c.pos]
	c.search.loneRecord = false
	envelope, settled := c.search.envelope, c.search.settled
	what, name := c.search.find(b, bracket, c.pos+1, end, jsonNesting)
	if what == holdsNothing && cut && !c.search.loneRecord && firstBreaksOff(b, bracket, c.pos+1, end) && c.search.affords(2*jsonFar) {
		looked := c.search.looked
		b, end, cut = c.extent(c.pos, jsonFar)
		c.search.loneRecord = false
		if what, name = c.search.find(b, bracket, c.pos+1, end, jsonNesting); what != holdsNothing {
			c.search.looked = looked // what is inside is to be looked at as well
		}
	}
	switch {
	case what == holdsNothing:
		if bracket == '{' {
			name = c.search.tableOf(b, []jsonRow{{uint32(c.pos), uint32(end)}})
		}
		if name != "" && f.start < 0 {
			c.takeLone(name, keyAt)
			return true
		}
		c.search.misses++
		// A record that is not taken from here says nothing of envelopes: the value may
		// be one, of the record that has it as a member.
		c.search.envelope, c.search.settled = envelope, settled
		if name != "" || c.search.loneRecord || cut && c.search.mayHoldMore(b, bracket, c.pos+1, end) {
			c.passOver(key)
		}
		return false
	case f.start >= 0 && c.isRecord(f):
		c.search.misses++
		return false
	}
	c.search.misses = 0
	c.markWrapping()
	if bracket == '[' {
		c.remark(fmt.Sprintf("records are read out of %q; what stands beside that is not", jsonUnquote(nil, key)))
	}
	f.unwrapped, f.start = true, -1
	f.rowsFirst = f.rowsFirst && role != wrapsRows
	switch {
	case what == holdsRecords:
		c.push(jsonFrame{kind: jsonList, start: -1, part: c.tablePart(name)})
	case bracket == '[':
		c.push(jsonFrame{kind: jsonTableList, start: -1, unwrapped: true})
	default:
		c.enterObject(-1)
	}
	return true
}

// loneTable names the table of which the object at pos is a record itself, among
// objects that have records inside; "" if it is none.
func (c *jsonCutter) loneTable(f *jsonFrame) string {
	if !f.unwrapped || !c.searching() {
		return ""
	}
	b, end, _ := c.extent(c.pos, jsonWindow)
	return c.search.tableOf(b, []jsonRow{{uint32(c.pos), uint32(end)}})
}

// takeLone takes the member at pos, whose key is at keyAt, as a record of a table.
func (c *jsonCutter) takeLone(name string, keyAt int) {
	c.search.misses = 0
	part := c.tablePart(name)
	if !c.switchTo(part) {
		c.pos = keyAt // the next block begins with it
		c.top().members--
		return
	}
	c.row(part)
}

// markWrapping notes that the document wraps records, and so is none itself. From then
// on it matters what in it was stepped over.
func (c *jsonCutter) markWrapping() {
	if !c.wrapsRecords && c.unsearched != nil {
		c.note(c.pos, c.pos, false, false, c.unsearched)
	}
	c.wrapsRecords = true
}

// passOver notes that the value at pos, that of key, is stepped over and may have
// records. It is reported if the document wraps records, now or later: a document that
// wraps none is a record itself.
func (c *jsonCutter) passOver(key []byte) {
	if c.unsearched != nil {
		return
	}
	c.unsearched = fmt.Errorf("%w: %q", ErrUnsearched, jsonUnquote(nil, key))
	if c.wrapsRecords {
		c.note(c.pos, c.pos, false, false, c.unsearched)
	}
}

// wrapped reports whether the objects of an array, the first of which is at pos,
// are no records but have some inside.
func (c *jsonCutter) wrapped() bool {
	if !c.searching() {
		return false
	}
	b, end := c.window(c.pos, jsonWindow)
	what, _ := c.search.find(b, '[', c.pos, end, jsonNesting)
	if what == holdsNothing && end == c.pos+jsonWindow && firstBreaksOff(b, '[', c.pos, end) && c.search.affords(2*jsonFar) {
		looked := c.search.looked
		b, end = c.window(c.pos, jsonFar)
		if what, _ = c.search.find(b, '[', c.pos, end, jsonNesting); what == holdsInside {
			c.search.looked = looked // as in descend
		}
	}
	return what == holdsInside
}

// isRecord reports whether an object that may be a record itself has the columns
// of a table.
func (c *jsonCutter) isRecord(f *jsonFrame) bool {
	if f.record == jsonUnasked {
		f.record = jsonNoRecord
		p := int(f.start - c.base)
		if b, end, _ := c.extent(p, jsonWindow); c.search.tableOf(b, []jsonRow{{uint32(p), uint32(end)}}) != "" {
			f.record = jsonRecord
		}
	}
	return f.record == jsonRecord
}

// searching reports whether records are searched for in what comes next.
func (c *jsonCutter) searching() bool {
	c.search.at = c.base + int64(c.pos)
	return c.search.active()
}

// window returns the text from p on that a search may look at, wide bytes at most:
// b[p:end], with jsonPad bytes behind it. How far it goes does not depend on the size
// of blocks.
func (c *jsonCutter) window(p, wide int) (b []byte, end int) {
	for len(c.buf)-p < wide && c.more() {
	}
	end = min(len(c.buf), p+wide)
	return c.buf[:end+jsonPad], end
}

// extent is window for the value at p alone. cut means that the window may end before
// the value does.
func (c *jsonCutter) extent(p, wide int) (b []byte, end int, cut bool) {
	b, end = c.window(p, wide)
	if q, fault := jsonSkip(b, p, end, 0); fault == jsonOK {
		return b, q, false
	}
	return b, end, end == p+wide
}

// tablePart returns the part of the records of a table that were searched for.
func (c *jsonCutter) tablePart(name string) *Part {
	part := c.tableParts[name]
	if part == nil {
		part = c.newPart(jsonTable{})
		c.tableParts[name] = part
	}
	return part
}

func (c *jsonCutter) remark(text string) {
	if len(c.remarks) < maxRemarks && !slices.Contains(c.remarks, text) {
		c.remarks = append(c.remarks, text)
	}
}

// jsonText returns the text of a string, any other value as it stands.
func jsonText(value []byte) string {
	if len(value) > 1 && value[0] == '"' {
		return string(jsonUnquote(nil, value[1:len(value)-1]))
	}
	return string(value)
}

// jsonColumnNames reads the column list of a table or schema, of objects or of
// names alone; nil if the value is none.
func jsonColumnNames(value []byte) []string {
	var plain []string
	if json.Unmarshal(value, &plain) == nil && plain != nil {
		return plain
	}
	var columns []struct {
		Name, ColumnName string
	}
	if json.Unmarshal(value, &columns) != nil {
		return nil
	}
	names := []string{}
	for _, col := range columns {
		if col.ColumnName != "" {
			col.Name = col.ColumnName
		}
		names = append(names, col.Name)
	}
	return names
}

// newPart returns the part of a table that begins: a part that the first pass has made
// of the head, if there is one left, else a new one.
func (c *jsonCutter) newPart(t jsonTable) *Part {
	if c.partsMade++; c.partsMade <= len(c.tables) {
		return c.tables[c.partsMade-1]
	}
	part := &Part{Name: t.name, Columns: t.columns}
	c.tables = append(c.tables, part)
	c.unsampled = append(c.unsampled, part)
	return part
}

// loosePart returns the part of the records that are in no table.
func (c *jsonCutter) loosePart() *Part {
	if c.objects == nil {
		c.objects = &Part{}
		c.unsampled = append(c.unsampled, c.objects)
	}
	return c.objects
}
