package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/iocsweep/iocsweep/scanner"
)

// text tells what became of the record in numbered steps, the answer first.
func (e *rowExplanation) text() string {
	p := new(page)
	name := scanner.Printable(e.File)
	if e.Member != nil {
		name += "/" + scanner.Printable(*e.Member)
	}
	p.para("", fmt.Sprintf("%s: record %d of %s", strings.ToUpper(e.Verdict), e.Record, name))
	p.para("", scanner.Printable(e.Answer))
	if e.Verdict == "unread" {
		return p.String()
	}
	steps := 0
	step := func(what, text string) {
		steps++
		p.WriteByte('\n')
		p.para(fmt.Sprintf("%d. ", steps), what+". "+text)
	}
	step("Reading", e.reading())
	if e.Table == nil {
		step("Table", scanner.Printable(e.TableBy)+".")
		return p.String()
	}
	step("Table", fmt.Sprintf("The record is one of %s: %s.", *e.Table, e.TableBy))
	if e.generic {
		step("Columns", "Every column is matched, by what it holds:")
	} else {
		step("Columns", fmt.Sprintf("With %s, these columns of %s are matched:", e.flags, *e.Table))
	}
	e.columnsText(p)
	if e.Time != nil {
		step("Time", e.time())
	}
	if len(e.Tests) > 0 {
		step("Indicators", "What the columns hold, with the port that goes with it:")
		e.testsText(p)
	}
	for i := range e.Hits {
		h := &e.Hits[i]
		step("Hit", e.hitText(h))
		if len(h.Rules) == 0 {
			p.para("   ", "There are no exclusion rules.")
		}
		for n := range h.Rules {
			h.Rules[n].print(p)
		}
		for _, l := range h.Lists {
			p.WriteByte('\n')
			p.para("   ", capital(l.Use)+" list "+l.text()+".")
		}
	}
	return p.String()
}

// formatTitles are the formats as people write them.
var formatTitles = map[string]string{"csv": "CSV", "jsonl": "JSON Lines", "json": "JSON", "parquet": "Parquet", "arrow": "Arrow"}

func (e *rowExplanation) reading() string {
	form := cmp.Or(formatTitles[e.Read.Format], e.Read.Format)
	for _, extra := range []*string{e.Read.Compression, e.Read.Encoding} {
		if extra != nil {
			form += ", " + *extra
		}
	}
	text := fmt.Sprintf("The file was read as %s.", form)
	switch {
	case e.Line != nil:
		text += fmt.Sprintf(" The record starts on line %d and has", *e.Line)
	case e.Group != nil:
		text += fmt.Sprintf(" The record stands in row group %d and has", *e.Group)
	default:
		text += " The record has"
	}
	text += fmt.Sprintf(" %s, of which %d are not empty.", count(e.Read.Cells, "cell"), e.Read.Filled)
	if e.Read.Problem != nil {
		text += " Something was wrong with it, and its cells were matched all the same: " + scanner.Printable(*e.Read.Problem) + "."
	}
	return text
}

func (e *rowExplanation) columnsText(p *page) {
	var empty, absent, left, without []string
	for i := range e.Columns {
		c := &e.Columns[i]
		switch {
		case !c.Matched:
			if c.Value != "" {
				left = append(left, c.Column)
			}
			continue
		case !c.Present:
			absent = append(absent, c.Column)
			continue
		case c.Value == "":
			empty = append(empty, scanner.Printable(c.Column))
			continue
		case e.generic && len(c.Indicators) == 0:
			without = append(without, scanner.Printable(c.Column))
			continue
		}
		p.para("   - ", scanner.Printable(c.Column)+" is "+shown(c.Value))
		c.found(p)
	}
	for _, rest := range []struct {
		what    string
		columns []string
	}{{"Without an indicator: ", without}, {"Empty: ", empty}, {"Not in the file: ", absent}, {"Not matched with these flags, though not empty: ", left}} {
		if len(rest.columns) > 0 {
			p.para("   ", rest.what+strings.Join(rest.columns, ", ")+".")
		}
	}
	for i := range e.Columns {
		if c := &e.Columns[i]; !c.Matched && len(c.Indicators) > 0 {
			p.para("   - ", c.Column+" (not matched: its level is "+c.Level+") is "+shown(c.Value))
			c.found(p)
		}
	}
}

// found says what a column's cell holds, or comes near to.
func (c *rowColumn) found(p *page) {
	if len(c.Indicators) == 0 && len(c.Near) == 0 {
		p.para("     ", "holds no indicator")
	}
	for _, i := range c.Indicators {
		p.para("     ", "holds the indicator "+scanner.Printable(i))
	}
	for _, n := range c.Near {
		p.para("     ", fmt.Sprintf("does not hold, but is near %s %s: %s", n.Type, scanner.Printable(n.Value), n.Why))
	}
}

func (e *rowExplanation) time() string {
	column, assumed, _ := strings.Cut(e.Time.Basis, ":")
	if e.Time.Value == nil {
		return fmt.Sprintf("No time could be read from %s. Such rows are kept.", column)
	}
	text := fmt.Sprintf("%s, from %s.", *e.Time.Value, column)
	if assumed != "" {
		text += " Taken for granted: " + assumed + "."
	}
	if e.Time.Outside {
		text += " That lies outside the window of --from and --to."
	}
	return text
}

func (e *rowExplanation) testsText(p *page) {
	for _, t := range e.Tests {
		result := "no match"
		if t.Match {
			result = "matches, class " + *t.Class
		}
		p.para("   - ", fmt.Sprintf("%s %s: %s. %s: %s.", t.Type, scanner.Printable(t.IOC), result, scanner.Printable(t.Column), scanner.Printable(t.Why)))
	}
}

func (e *rowExplanation) hitText(h *rowHit) string {
	i := h.hit.Indicator
	text := fmt.Sprintf("%s %s", i.Type, scanner.Printable(i.Value))
	var known []string
	if i.Malware != "" {
		known = append(known, scanner.Printable(i.Malware))
	}
	if i.Confidence >= 0 {
		known = append(known, fmt.Sprintf("confidence %d", i.Confidence))
	}
	if len(i.Feeds) > 0 {
		known = append(known, "listed in "+scanner.Printable(strings.Join(i.Feeds, ", ")))
	}
	if len(known) > 0 {
		text += " (" + strings.Join(known, "; ") + ")"
	}
	var other []string
	for _, a := range h.hit.Also {
		other = append(other, scanner.Printable(a.Indicator.Value))
	}
	if len(other) > 0 {
		text += ", which leads before " + strings.Join(other, ", ")
	}
	w := &h.hit.Who
	text += fmt.Sprintf(". Direction %s, outcome %s.", w.Direction, w.Outcome)
	sees := "would not return"
	if h.hit.Hunt {
		sees = "returns"
	}
	if !e.generic {
		text += " The KQL hunt of this table " + sees + " the row for it."
	}
	if n := len(h.hit.SuppressedBy); n > 0 {
		text += " Suppressed by " + scanner.Printable(strings.Join(h.hit.SuppressedBy, ", ")) + "."
	} else if len(h.Rules) > 0 {
		text += " No rule is true, so it is reported."
	}
	return text
}

// print tells how a rule came to its value. Only TRUE excludes.
func (r *rowRule) print(p *page) {
	p.WriteByte('\n')
	name := "Rule " + scanner.Printable(r.Name)
	if !r.Applies {
		p.para("   ", fmt.Sprintf("%s does not apply: it is for %s.", name, strings.Join(r.tables, ", ")))
		return
	}
	effect := "and excludes nothing"
	if r.Value == "TRUE" {
		effect = "and removes the hit"
	}
	p.para("   ", fmt.Sprintf("%s is %s %s. Its reason: %s", name, r.Value, effect, scanner.Printable(r.Reason)))
	for _, s := range r.Steps {
		lead := "   " + strings.Repeat("  ", s.Depth) + fmt.Sprintf("%-7s ", s.Value)
		if s.Joined != nil {
			p.para(lead, *s.Joined)
			continue
		}
		p.para(lead, scanner.Printable(*s.Text))
		p.para(strings.Repeat(" ", len(lead)+2), s.asked())
	}
}

// asked says what the predicate was asked of.
func (s *rowStep) asked() string {
	if len(s.Cells) == 0 {
		return "this table has no such field"
	}
	var parts []string
	for _, c := range s.Cells {
		switch {
		case !c.Present:
		case c.Text == "":
			parts = append(parts, c.Name+" is empty")
		default:
			parts = append(parts, c.Name+" is "+shown(c.Text))
		}
	}
	if len(parts) == 0 {
		return "the record has no such cell"
	}
	return strings.Join(parts, "; ")
}
