package scanner

import (
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// traceGeneric is traceColumns for a row of a table that is not known, of which
// every column of the record is matched.
func (w *worker) traceGeneric(p *plan, row int) (held bool) {
	tr := w.trace
	at := make(map[string]int, len(tr.Fields)) // columns by folded name
	for _, f := range tr.Fields {
		name, _ := formats.Undecorated(p.trimEnvelope(f.Name))
		if fold := strings.ToLower(name); name != "" {
			if _, again := at[fold]; !again {
				at[fold] = len(tr.Columns)
			}
		}
		tr.Columns = append(tr.Columns, TraceColumn{Key: &table.Key{Column: name, Kind: ioc.KindText, Role: "any", Level: table.Deep}, Value: f.Value, Has: true, Asked: true})
	}
	for _, l := range w.found {
		e := &w.held[l.held]
		k := p.keys[e.Key].groups[e.Group].use(int(p.generic))
		if l.row != uint32(row) || k == nil {
			continue
		}
		held = true
		n, ok := columnOf(at, strings.ToLower(member(k.Column, e.Member)))
		if !ok {
			continue
		}
		for _, x := range e.Cands {
			for _, i := range w.Indicators.Indicators(x.Entry) {
				tr.Columns[n].Listed = append(tr.Columns[n].Listed, i.Type.String()+" "+i.Value)
			}
		}
	}
	return held
}

// member is the name of a member of a column; a whole record is no column.
func member(column, name string) string {
	switch {
	case column == "":
		return name
	case name == "":
		return column
	}
	return column + "." + name
}

// maxNesting bounds how many dots of a name are tried. JSON is not followed as
// deep, but keys may have dots of their own.
const maxNesting = 64

// columnOf finds the column of that name, else the one with the longest name of
// those that a member of this name can be of.
func columnOf(at map[string]int, name string) (n int, ok bool) {
	for range maxNesting {
		if n, ok = at[name]; ok {
			return n, true
		}
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			break
		}
		name = name[:dot]
	}
	return 0, false
}
