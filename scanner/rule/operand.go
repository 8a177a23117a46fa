package rule

import (
	"slices"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Func is a function of the rule language.
type Func uint8

// The functions.
const (
	NoFunc    Func = iota // a field as it is
	Lower                 // lower case
	TimeOfDay             // the time of day of a time, in the rule's zone
	DayOfWeek             // its day of the week
	Host                  // the host of a URL, host:port or name
	BaseName              // what follows the last / or \
	Coalesce              // the first argument that has a value
)

var funcNames = [...]string{Lower: "lower", TimeOfDay: "time_of_day", DayOfWeek: "day_of_week", Host: "host",
	BaseName: "basename", Coalesce: "coalesce"}

// An Operand is what stands on the left of a predicate: a field, or a function
// of fields.
type Operand struct {
	Func  Func
	Field string    // of NoFunc: the name of a field
	Args  []Operand // of functions: one; two or more for Coalesce
	Value *Literal  // a text in place of a field: only the last argument of Coalesce

	at int // byte of the expression
}

// fields yields the fields of an operand from left to right.
func (o *Operand) fields(yield func(*Operand) bool) { o.walk(yield) }

func (o *Operand) walk(yield func(*Operand) bool) bool {
	switch {
	case o.Value != nil:
		return true
	case o.Func == NoFunc:
		return yield(o)
	}
	for i := range o.Args {
		if !o.Args[i].walk(yield) {
			return false
		}
	}
	return true
}

// String is the operand as Parse reads it.
func (o *Operand) String() string {
	var b strings.Builder
	o.print(&b)
	return b.String()
}

func (o *Operand) print(b *strings.Builder) {
	switch {
	case o.Value != nil:
		b.WriteString(o.Value.String())
		return
	case o.Func == NoFunc:
		b.WriteString(o.Field)
		return
	}
	b.WriteString(funcNames[o.Func] + "(")
	for i := range o.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		o.Args[i].print(b)
	}
	b.WriteByte(')')
}

// Ways to compare that only rules have; the rest are those of package table.
const (
	compareTimeOfDay table.Compare = 128 + iota // ticks since midnight
	compareWeekday                              // 1, Monday, to 7
	compareIndicator                            // the value of an indicator
)

// cell is the value of one place in one hit.
type cell struct {
	table   *table.Table
	compare table.Compare
	text    string
	domain  string     // of an account
	time    clock.Time // of an event, a time of day, or a day of the week
	hasTime bool
}

// state says whether a place has a value, and if not, why.
type state uint8

const (
	absent  state = iota // there is no such place: the input lacks the column, or the direction picks another
	empty                // the place is there, and nothing is in it
	blank                // one of the two: a hit that was read back does not say which
	untold               // nothing is known: a hit that was read back does not show it
	present              // it has a value
)

// operand is an Operand bound to a table.
type operand struct {
	fn    Func
	args  []operand
	value *Literal
	table *table.Table // nil where there are no rows, only indicators
	zone  *time.Location
	at    []source // of a field; none: the table lacks it
}

func bindOperand(o *Operand, t *table.Table, zone *time.Location, find finder) operand {
	b := operand{fn: o.Func, value: o.Value, table: t, zone: zone}
	if o.Func == NoFunc {
		if o.Value == nil {
			b.at, _ = find(o.Field)
		}
		return b
	}
	for i := range o.Args {
		b.args = append(b.args, bindOperand(&o.Args[i], t, zone, find))
	}
	return b
}

// places counts the places of an operand in one hit.
func (o *operand) places(c *Context) int {
	switch {
	case o.value != nil:
		return 1
	case o.fn == Coalesce:
		if a, _ := o.first(c); a != nil {
			return a.places(c)
		}
		return 1
	case o.fn != NoFunc:
		return o.args[0].places(c)
	case len(o.at) == 1 && o.at[0].own != notOwn:
		return max(o.at[0].own.count(c), 1)
	}
	return len(o.at)
}

// first is the argument of Coalesce that has a value; if none has, nil and the
// strongest of what its arguments say.
func (o *operand) first(c *Context) (a *operand, s state) {
	for i := range o.args {
		a := &o.args[i]
		for n := range a.places(c) {
			_, one := a.place(c, n)
			s = max(s, one)
		}
		switch s {
		case present:
			return a, s
		case untold: // nobody can say whether it had one
			return nil, s
		}
	}
	return nil, s
}

// place reads one of them.
func (o *operand) place(c *Context, n int) (x cell, s state) {
	switch {
	case o.value != nil:
		return cell{table: o.table, text: o.value.Text}, present
	case o.fn == Coalesce:
		a, s := o.first(c)
		if a != nil {
			return a.place(c, n)
		}
		return cell{table: o.table}, s
	case o.fn != NoFunc:
		x, s = o.args[0].place(c, n)
		if s == present {
			s = o.apply(&x)
		}
		return x, s
	case o.at[0].own != notOwn:
		return o.at[0].own.get(c, n)
	}
	return o.at[n].get(o.table, c)
}

// apply makes the function's value of its argument's.
func (o *operand) apply(x *cell) state {
	switch o.fn {
	case Lower:
		x.text = strings.ToLower(x.text)
	case Host:
		h, ok := ioc.AppendHost(nil, []byte(x.text))
		switch {
		case !ok:
			x.text = ""
		case h.Addr.IsValid():
			x.text = h.Addr.String()
		default:
			x.text = string(h.Name)
		}
		x.compare = table.CompareName
	case BaseName:
		x.text, x.compare = baseName(x.text), table.CompareText
	case TimeOfDay, DayOfWeek:
		when, ok := x.instant()
		x.hasTime, x.text = ok, "" // a text that is no time has none, to LIKE as well
		if ok {
			wall := when.Std().In(o.zone)
			if o.fn == TimeOfDay {
				h, m, s := wall.Clock()
				x.time = clock.Time(h*3600+m*60+s)*clock.Second + clock.Time(wall.Nanosecond()/100)
				x.text = wall.Format(time.TimeOnly)
			} else {
				x.time = clock.Time(wall.Weekday()+6)%7 + 1
				x.text = wall.Weekday().String()
			}
		}
		x.compare = compareTimeOfDay
		if o.fn == DayOfWeek {
			x.compare = compareWeekday
		}
	}
	if x.text == "" {
		return empty
	}
	return present
}

// instant is the cell as a time: that of the event, or of another time column
// if the order of its day and month is not open.
func (x *cell) instant() (clock.Time, bool) {
	if x.hasTime {
		return x.time, true
	}
	r := clock.Parse(x.text, clock.None, nil)
	return r.Time, r.Status == clock.OK
}

// compares lists how the values of an operand compare, each way once.
func (o *operand) compares() []table.Compare {
	switch {
	case o.value != nil:
		return []table.Compare{table.CompareText}
	case o.fn == TimeOfDay:
		return []table.Compare{compareTimeOfDay}
	case o.fn == DayOfWeek:
		return []table.Compare{compareWeekday}
	case o.fn == Host:
		return []table.Compare{table.CompareName}
	case o.fn == BaseName:
		return []table.Compare{table.CompareText}
	}
	var list []table.Compare
	for i := range o.args {
		list = append(list, o.args[i].compares()...)
	}
	for i := range o.at {
		list = append(list, o.at[i].Compare)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// sources lists the places that an operand may look at.
func (o *operand) sources(list []source) []source {
	list = append(list, o.at...)
	for i := range o.args {
		list = o.args[i].sources(list)
	}
	return list
}

// falls reports whether the operand falls back to a text, and so has a value always.
func (o *operand) falls() bool {
	return o.value != nil || slices.ContainsFunc(o.args, func(a operand) bool { return a.falls() })
}
