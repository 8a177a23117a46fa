package rule

import "github.com/iocsweep/iocsweep/scanner/table"

// An Account is how a rule comes to its value for one hit.
type Account struct {
	Rule    *Rule
	Applies bool // false for a rule that is made for other tables
	Value   Tri
	Steps   []Step // of the expression, from left to right; none where the rule does not apply
}

// A Step is one part of the expression: a predicate, or the word for the steps
// of a greater depth that follow it.
type Step struct {
	Depth  int    // 0 is the whole expression
	Joined string // "all of", "any of" or "not"; "" for a predicate
	Text   string // the predicate
	Value  Tri
	Cells  []Cell // what the predicate was asked of; none where the table lacks the field
}

// A Cell is one place that a field stands for.
type Cell struct {
	Name string // column, AdditionalFields.query, who.host, event time
	Text string // as exported; a time as it was read
	Has  bool   // false where the input lacks the column, or the direction makes it another
}

// Explain evaluates the rule as Eval does, and says of every predicate what it
// was asked of and what came of it.
func (r *Rule) Explain(c *Context) Account {
	a := Account{Rule: r, Applies: r.applies(c.Table), Value: r.Eval(c)}
	if a.Applies {
		a.Steps = r.program(c.Table).explain(c, 0, nil)
	}
	return a
}

func (p *program) explain(c *Context, depth int, steps []Step) []Step {
	s := Step{Depth: depth, Value: p.eval(c)}
	kids := p.and
	switch {
	case p.test != nil:
		s.Text, s.Cells = p.test.String(), p.test.cells(c)
		return append(steps, s)
	case p.not != nil:
		s.Joined, kids = "not", []*program{p.not}
	case p.and != nil:
		s.Joined = "all of"
	default:
		s.Joined, kids = "any of", p.or
	}
	steps = append(steps, s)
	for _, kid := range kids {
		steps = kid.explain(c, depth+1, steps)
	}
	return steps
}

// cells reads the places of the predicate's fields.
func (t *test) cells(c *Context) []Cell { return t.left.cells(c, nil) }

func (o *operand) cells(c *Context, list []Cell) []Cell {
	for i := range o.args {
		list = o.args[i].cells(c, list)
	}
	if o.value != nil || o.fn != NoFunc || len(o.at) == 0 {
		return list
	}
	for n := range o.places(c) {
		x, has := o.place(c, n)
		at := o.at[min(n, len(o.at)-1)]
		name := at.own.name()
		if at.own == notOwn {
			place := at.Term
			place.When = table.Always // has says whether the direction makes it this place
			name = place.String()
			if at.Func == table.EventTime {
				name = "event time"
			}
		}
		if x.text == "" && x.hasTime {
			x.text = x.time.String()
		}
		list = append(list, Cell{name, x.text, has != absent && has != untold})
	}
	return list
}

// name is the field's name, "" for notOwn.
func (o own) name() string {
	for _, f := range ownFields {
		if f.own == o {
			return f.name
		}
	}
	return ""
}
