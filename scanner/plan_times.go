package scanner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A timeColumn says how the times of one column are read.
type timeColumn struct {
	*sayings
	loc     *time.Location // nil: UTC
	assumed bool           // nothing says which zone it is
}

// What a time's basis may say behind the column: the order of its date, by
// clock.Order, whether that was assumed, and whether its zone was.
const (
	orderAssumed = 4
	zoneAssumed  = 8
	maxSaid      = 16
)

// sayings are all that times of a column may say of themselves.
type sayings struct {
	name string // of the column
	said [maxSaid]string
}

// sayingsOf returns the sayings of a column, which inputs share.
func (r *run) sayingsOf(column string) *sayings {
	if made, ok := r.sayings.find(func(s **sayings) bool { return (*s).name == column }); ok {
		return made
	}
	s := &sayings{name: column}
	for i := range s.said {
		var said []string
		if o := clock.Order(i % orderAssumed); o != clock.None {
			said = append(said, o.String())
			if i&orderAssumed != 0 {
				said[0] += "-assumed"
			}
		}
		if i&zoneAssumed != 0 {
			said = append(said, "zone-assumed-utc")
		}
		if s.said[i] = column; said != nil {
			s.said[i] += ":" + strings.Join(said, "+")
		}
	}
	r.sayings.keep(s)
	return s
}

// planTimes works out zone and date order of the time columns. In text, a
// column that the first records leave empty may hold any date later.
func (r *run) planTimes(in *input, p *plan, names []name, text, fixed bool) {
	list := typedNames(names, p.tables)
	for _, t := range p.tables {
		for _, column := range timesOf(t, names, fixed) {
			if slices.ContainsFunc(p.times, func(o timeColumn) bool { return o.name == column }) {
				continue
			}
			n, has := findTyped(names, list, column)
			p.times = append(p.times, r.planTime(in, column, n))
			d := r.planDates(in, column, n)
			if (d.open || text && has && len(n.cells) == 0) && d.order == clock.None {
				d.key = unnumbered
			}
			p.dates = append(p.dates, d)
		}
	}
	if t := p.def[p.part]; fixed && t >= 0 && t != p.generic {
		in.noteTimeless(p.tables[t], names, list)
	}
}

// noteTimeless says that a file whose columns are all known has no time column of
// its table. Something that wrote before each line, such as grep -H or nl, is often
// why: it has become part of the first name.
func (i *input) noteTimeless(t *table.Table, names []name, list []typed) {
	columns := timesOf(t, names, true)
	if !slices.ContainsFunc(columns, func(c string) bool { _, has := findTyped(names, list, c); return has }) {
		i.report.note(fmt.Sprintf("no column %s: its records have no time, and --from and --to keep all of them", strings.Join(columns, " or ")))
	}
}

// unnumbered is the key of a date column that is read for every row until planKeys
// gives it its number.
const unnumbered = -2

// planTime finds the zone of a column's times.
func (r *run) planTime(in *input, column string, n name) timeColumn {
	tc := timeColumn{sayings: r.sayingsOf(column), loc: r.Zone, assumed: r.Zone == nil}
	if n.zone == "" {
		return tc
	}
	loc, known := clock.Zone(n.zone)
	switch {
	case n.zone == "local":
		if r.Zone == nil {
			in.report.note(fmt.Sprintf("%s is local time: taken as UTC; give --time-zone", Printable(n.full)))
		}
	case known:
		tc.loc, tc.assumed = loc, false
	case r.Zone == nil:
		in.report.note(fmt.Sprintf("unknown time zone %q: taken as UTC; give --time-zone", Printable(n.zone)))
	}
	return tc
}

// planDates finds the order of a column's d/d/y dates, as far as the first records
// prove one, and says whether they hold such dates at all.
func (r *run) planDates(in *input, column string, n name) dateColumn {
	d := dateColumn{key: -1, order: r.DateOrder, utc: strings.EqualFold(n.zone, "UTC")}
	for _, cell := range n.cells {
		c := clock.Parse(cell, clock.None, nil)
		d.open = d.open || c.Dated
		if !c.Dated || c.Proves == clock.None {
			continue
		}
		switch {
		case d.order == clock.None:
			d.order, d.proven, d.proof = c.Proves, true, cell
		case d.order == c.Proves, d.torn:
		case d.proven:
			d.torn = true
			in.report.note(contradiction(column, d.proof, d.order, cell, c.Proves))
		default:
			in.report.note(fmt.Sprintf("%s: dates are written %s, not %s", Printable(n.full), c.Proves, d.order))
		}
	}
	return d
}
