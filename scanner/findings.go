package scanner

import (
	"encoding/binary"
	"errors"

	"github.com/iocsweep/iocsweep/ioc"
)

// Findings that wait for the order of their dates are written to a file in a
// form of their own: numbers as varints, texts with their lengths, no names.

// appendFindings appends the findings of a block.
func appendFindings(dst []byte, list []finding) []byte {
	number := func(n int64) { dst = binary.AppendVarint(dst, n) }
	text := func(s string) {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	number(int64(len(list)))
	for i := range list {
		f := &list[i]
		for _, n := range [...]int64{int64(f.Table), f.Record, f.Line, int64(f.Group), int64(f.N), int64(len(f.Cells)), int64(len(f.All)), int64(len(f.Elements))} {
			number(n)
		}
		for _, s := range f.Cells {
			text(s)
		}
		for _, c := range f.All {
			text(c.Name)
			text(c.Value)
		}
		for _, e := range f.Elements {
			number(int64(e.Key))
			number(int64(e.Group))
			text(e.Member)
			text(e.Value)
			number(int64(len(e.Cands)))
			for _, c := range e.Cands {
				sub := int64(0)
				if c.Sub {
					sub = 1
				}
				for _, n := range [...]int64{int64(c.Entry), int64(c.Port), int64(c.Off), int64(c.Len), sub} {
					number(n)
				}
			}
		}
	}
	return dst
}

var errFindings = errors.New("temporary file is not what was written")

// readFindings is the inverse of appendFindings. Texts share one piece of
// memory.
func readFindings(raw []byte) ([]finding, error) {
	all, at, bad := string(raw), 0, false
	number := func() int64 {
		n, size := binary.Varint(raw[at:])
		if size <= 0 {
			bad = true
			return 0
		}
		at += size
		return n
	}
	text := func() string {
		n, size := binary.Uvarint(raw[at:])
		if size <= 0 || n > uint64(len(raw)-at-size) {
			bad = true
			return ""
		}
		at += size + int(n)
		return all[at-int(n) : at]
	}
	// count is the number of things that follow, each of at least one byte.
	count := func() int {
		n := number()
		if n < 0 || n > int64(len(raw)-at) {
			bad = true
			return 0
		}
		return int(n)
	}
	list := make([]finding, count())
	for i := range list {
		f := &list[i]
		f.Table, f.Record, f.Line, f.Group, f.N = int(number()), number(), number(), int(number()), int(number())
		cells, fields, elements := count(), count(), count()
		if bad {
			break
		}
		f.Cells = make([]string, cells)
		for n := range f.Cells {
			f.Cells[n] = text()
		}
		if fields > 0 {
			f.All = make([]Cell, fields)
		}
		for n := range f.All {
			f.All[n] = Cell{text(), text()}
		}
		f.Elements = make([]element, elements)
		for n := range f.Elements {
			e := &f.Elements[n]
			e.Key, e.Group = int(number()), int(number())
			e.Member, e.Value = text(), text()
			e.Cands = make([]ioc.Candidate, count())
			for m := range e.Cands {
				e.Cands[m] = ioc.Candidate{Entry: uint32(number()), Port: int32(number()), Off: uint32(number()), Len: uint32(number()), Sub: number() != 0}
			}
		}
	}
	if bad || at != len(raw) {
		return nil, errFindings
	}
	return list, nil
}
