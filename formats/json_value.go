package formats

import (
	"bytes"
	"fmt"
)

// value steps over the value at pos by its brackets alone. A value that is too
// large is noted and ends the block; then c.gap is how many bytes of it were dropped.
func (c *jsonCutter) value() jsonFault {
	var kinds [jsonMaxDepth / 64]uint64 // which open brackets are [
	depth, deepest := 0, 0
	start, first := c.pos, c.buf[c.pos]
	open := false // p is within a string that the buffer does not hold whole
	for p := start; ; {
		if p >= len(c.buf) || open {
			if p-start > c.max || len(c.buf)-start > c.max {
				p = c.drop(start, p, open)
			}
			if !c.more() {
				c.truncated()
				return jsonEnds
			}
		}
		fault := jsonOK
		closed := false
		b, n := c.buf[:len(c.buf)+jsonPad], len(c.buf)
	scan:
		for p < n {
			ch := b[p]
			switch {
			case ch == '"' || open:
				if !open {
					p++
				}
				q := jsonQuote(b, p, n)
				if open = q < 0; open {
					break scan
				}
				p = q + 1
				if depth == 0 {
					closed = true
					break scan
				}
				if p < n && !jsonFollows(b[p]) {
					fault = jsonNoComma
					break scan
				}
			case ch|0x20 == '{':
				if depth < jsonMaxDepth {
					kinds[depth/64] &^= 1 << (depth % 64)
					if ch == '[' {
						kinds[depth/64] |= 1 << (depth % 64)
					}
				}
				depth++
				deepest = max(deepest, depth)
				p++
			case ch|0x20 == '}':
				depth--
				p++
				if depth < jsonMaxDepth && (kinds[depth/64]>>(depth%64)&1 != 0) != (ch == ']') {
					fault, closed = jsonMismatch, true
					break scan
				}
				if depth == 0 {
					closed = true
					break scan
				}
			default:
				p++
			}
		}
		if !closed && fault == jsonOK {
			continue
		}
		if p-start > c.max {
			p = c.drop(start, p, false)
		}
		if !closed {
			return c.resync(start, p, first)
		}
		c.pos = p
		if fault == jsonOK && deepest > jsonMaxDepth {
			fault = jsonTooDeep
		}
		return fault
	}
}

// jsonFollows reports whether a byte may stand behind a string.
func jsonFollows(b byte) bool {
	switch b {
	case ',', ':', '}', ']', ' ', '\n', '\r', '\t':
		return true
	}
	return false
}

// drop forgets buf[start:p] of a value that is too large, ends the block before the
// value, and returns where the rest of it now is. open means that all that was read is
// inside a string: then all is forgotten, except a backslash that escapes what follows.
func (c *jsonCutter) drop(start, p int, open bool) int {
	if c.gap == 0 {
		raw := bytes.Clone(c.buf[start : start+min(c.max, maxRaw)])
		c.notes = append(c.notes, jsonNote{off: start, raw: raw, record: true, err: fmt.Errorf("%w: more than %d bytes", ErrTooLarge, c.max)})
	}
	c.stop, c.textEnd = true, start
	if open {
		p = len(c.buf)
		if jsonEscaped(c.buf[start:p]) {
			p--
		}
	}
	c.gapLines += bytes.Count(c.buf[start:p], []byte{'\n'})
	c.gap += p - start
	c.buf = c.buf[:start+copy(c.buf[start:], c.buf[p:])]
	return start
}

// resync looks for the next record after a broken one that began with first: for `},{`
// or `],[`, with any white space. Then pos is at the comma.
func (c *jsonCutter) resync(start, p int, first byte) jsonFault {
	seen := 0 // how many bytes of that pattern stand before p
	at := p   // where the comma is, once seen is 2
	for ; ; p++ {
		if p == len(c.buf) {
			if p-start > c.max {
				end := p
				if seen == 2 {
					end = at // the comma stays
				}
				p -= end - start
				at = c.drop(start, end, false)
			}
			if !c.more() {
				c.truncated()
				return jsonEnds
			}
		}
		switch b := c.buf[p]; {
		case b == first+2: // the closing bracket, in ASCII
			seen = 1
		case b == ',' && seen == 1:
			seen, at = 2, p
		case b == first && seen == 2:
			if at-start > c.max {
				at = c.drop(start, at, false)
			}
			c.pos = at
			return jsonNoComma
		case b != ' ' && b != '\n' && b != '\t' && b != '\r':
			seen = 0
		}
	}
}
