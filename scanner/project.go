package scanner

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"slices"

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A projection says which cells of a row the hits of one table show, and which
// make their IDs. It is made once for an input, so that a hit costs no look at
// a name.
type projection struct {
	table *table.Table
	hunt  []shown // the hunt's projected columns
	more  []shown // those that are for triage or may match, in the definition's order
	ids   []idCell
}

// A shown column has its cell at a place of a finding's cells, -1 for one that
// the input lacks.
type shown struct {
	name   string
	at     int
	triage bool
}

type idCell struct {
	at   int
	key  *table.Key // nil for a column that holds no address or name
	time bool
}

func newProjection(t *table.Table, columns *table.Columns) projection {
	p := projection{table: t}
	for _, c := range t.Hunt {
		at := columns.Index(c)
		p.ids = append(p.ids, idCell{at, t.Key(c), slices.Contains(t.Times, c)})
		if !slices.ContainsFunc(p.hunt, func(s shown) bool { return s.name == c }) {
			p.hunt = append(p.hunt, shown{c, at, false})
		}
	}
	for _, c := range t.Native() {
		triage := slices.Contains(t.Triage, c)
		if !slices.Contains(t.Hunt, c) && (triage || t.Key(c) != nil) {
			p.more = append(p.more, shown{c, columns.Index(c), triage})
		}
	}
	return p
}

func cellAt(cells []string, at int) string {
	if at < 0 || at >= len(cells) {
		return ""
	}
	return cells[at]
}

// A shape is which of a projection's columns a hit shows beside those that all
// hits of the run do.
type shape struct {
	projected bool   // false: the names of the cells say it, and nothing else
	extra     uint64 // bit n: more[n]
}

// cells appends those that a hit shows, in the definition's order, so that
// equal tables give equal columns.
func (p *projection) cells(out []Cell, row []string, h *Hit, huntOnly bool) ([]Cell, shape) {
	for _, s := range p.hunt {
		out = append(out, Cell{s.name, cellAt(row, s.at)})
	}
	if huntOnly {
		return out, shape{projected: true}
	}
	var extra uint64
	for n, s := range p.more {
		if s.triage || h.matched(s.name) {
			if out = append(out, Cell{s.name, cellAt(row, s.at)}); !s.triage {
				extra |= 1 << n
			}
		}
	}
	return out, shape{len(p.more) <= 64, extra}
}

// names are those of the cells of a shape.
func (p *projection) names(huntOnly bool, extra uint64) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, s := range p.hunt {
			if !yield(s.name) {
				return
			}
		}
		for n, s := range p.more {
			if !huntOnly && (s.triage || extra>>n&1 != 0) && !yield(s.name) {
				return
			}
		}
	}
}

// matched says that a column has one of the hit's matches, itself or a member
// of its JSON.
func (h *Hit) matched(column string) bool {
	n := len(column)
	for i := range h.Matches {
		c := h.Matches[i].Column
		if (len(c) == n || len(c) > n && c[n] == '.') && c[:n] == column {
			return true
		}
	}
	return false
}

// identity is the hit's ID: the row as appendRow has it and the leading
// indicator. Exports and formats that spell the same event differently agree
// on it. It lives as long as the row.
func (p *projection) identity(row []string, h *Hit, room *room) string {
	var buf [512]byte
	b := p.appendRow(buf[:0], row, h.Time, h.HasTime, room)
	b = append(append(b, h.Indicator.Type.String()...), 0)
	b = append(append(b, h.Indicator.Value...), 0)
	sum := sha256.Sum256(b)
	from := len(room.ids)
	room.ids = hex.AppendEncode(room.ids, sum[:8])
	return borrow(room.ids[from:])
}

// appendRow appends what makes a row the same in every export: the table, the
// time cut to milliseconds and the hunt's projected columns in normal form.
func (p *projection) appendRow(b []byte, row []string, when clock.Time, timed bool, room *room) []byte {
	b = append(append(b, p.table.Name...), 0)
	if timed {
		b = when.Milli().Append(b)
	}
	b = append(b, 0)
	for _, c := range p.ids {
		cell := cellAt(row, c.at)
		switch {
		case !c.time:
			b = append(appendNormal(b, c.key, cell, room), 0)
		case !timed:
			b = append(append(b, cell...), 0)
		}
	}
	return b
}
