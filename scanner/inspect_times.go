package scanner

import (
	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/clock"
)

// inspectedTimes is what the cells of one time column turn out to hold. Which of
// the numbers in d/d/y dates is the day may only show at the end, so both readings
// are kept until then.
type inspectedTimes struct {
	timeColumn
	full   string // the column as in the file, and
	bare   string // without its zone
	n      int    // of plan.times
	mdy    Period
	dmy    Period
	form   string // the first time that could be read; "" if there is none
	zoned  bool   // and it says its zone
	dated  bool   // d/d/y dates were met
	proven clock.Order
	proof  string // the cell that proved it; "" once another has contradicted it
}

// timeCells lists the time columns that an input has, in order of preference, and
// how they are asked for.
func (p *plan) timeCells(names []name, info formats.Info) (columns []inspectedTimes, want formats.Want) {
	list := typedNames(names, p.tables)
	for i := range p.times {
		n, ok := findTyped(names, list, p.times[i].name)
		if !ok {
			continue
		}
		c := formats.Column{Name: n.bare, N: n.n}
		if isJSON(info.Format) {
			c.N = -1
		}
		want.Keys = append(want.Keys, c)
		columns = append(columns, inspectedTimes{timeColumn: p.times[i], full: n.full, bare: n.bare, n: i})
	}
	return columns, want
}

// add reads one cell. A note is returned where it proves another order than an
// earlier one.
func (c *inspectedTimes) add(cell []byte) (note string) {
	m := clock.Parse(cell, clock.MDY, c.loc)
	if m.Status != clock.OK {
		return ""
	}
	if c.form == "" {
		c.form, c.zoned = Printable(string(cell)), m.Zoned
	}
	c.mdy.widen(m.Time)
	if !m.Dated {
		c.dmy.widen(m.Time)
		return ""
	}
	c.dated = true
	if d := clock.Parse(cell, clock.DMY, c.loc); d.Status == clock.OK {
		c.dmy.widen(d.Time)
	}
	switch {
	case m.Proves == clock.None || m.Proves == c.proven:
	case c.proven == clock.None:
		c.proven, c.proof = m.Proves, string(cell)
	case c.proof != "":
		note = contradiction(c.name, c.proof, c.proven, string(cell), m.Proves)
		c.proof = ""
	}
	return note
}

// describe says what the column's times look like, and in which order their dates
// are read: None where that is not known or does not matter.
func (c *inspectedTimes) describe(p *plan, out *Inspection) {
	out.TimeColumn, out.TimeForm, out.Order = Printable(c.bare), c.form, c.proven
	d := p.dates[c.n]
	switch {
	case !c.dated:
	case d.order != clock.None && !d.proven:
		out.Order = d.order
		out.TimeForm += ", order " + out.Order.String() + " as given"
	case c.proven != clock.None:
		out.TimeForm += ", order " + out.Order.String() + " as the data prove"
	case d.utc:
		out.Order = clock.MDY
		out.TimeForm += ", order mdy assumed"
	default:
		out.TimeForm += ", order of day and month unknown: give --date-order"
		return
	}
	if c.assumed && !c.zoned {
		out.TimeForm += ", no zone: taken as UTC"
	}
}

// period is that of the column's times under an order of d/d/y dates. ok is false
// where such dates were met and their order is not known.
func (c *inspectedTimes) period(order clock.Order) (p Period, ok bool) {
	switch {
	case order == clock.DMY:
		return c.dmy, true
	case c.dated && order == clock.None:
		return p, false
	}
	return c.mdy, true
}
