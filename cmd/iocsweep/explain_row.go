package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// rowExplanation says what became of one record and why. It is what explain
// --row --format json prints.
type rowExplanation struct {
	File    string      `json:"file"`
	Member  *string     `json:"member"`
	Record  int64       `json:"record"`
	Line    *int64      `json:"line"`
	Group   *int        `json:"group"`
	Verdict string      `json:"verdict"` // hit, suppressed, nothing, or unread
	Answer  string      `json:"answer"`  // the verdict in a sentence
	Read    rowReading  `json:"read"`
	Table   *string     `json:"table"`
	TableBy string      `json:"table_by"`
	Columns []rowColumn `json:"columns"`
	Time    *rowTime    `json:"time"` // null where it was not asked for
	Tests   []rowTest   `json:"tests"`
	Hits    []rowHit    `json:"hits"`

	flags   string // what the sweep was given that decides on the columns
	generic bool   // the table is not known
}

type rowReading struct {
	Format      string  `json:"format"`
	Compression *string `json:"compression"`
	Encoding    *string `json:"encoding"`
	Cells       int     `json:"cells"`
	Filled      int     `json:"filled"`
	Problem     *string `json:"problem"`
}

type rowColumn struct {
	Column     string     `json:"column"`
	Holds      string     `json:"holds"`
	Level      string     `json:"level"`
	Matched    bool       `json:"matched"` // the flags have it matched
	Present    bool       `json:"present"` // the file has it
	Value      string     `json:"value"`
	Indicators []string   `json:"indicators"`
	Near       []nearMiss `json:"near"`
}

type rowTime struct {
	Value   *string `json:"value"`
	Basis   string  `json:"basis"`
	Outside bool    `json:"outside_window"`
}

type rowTest struct {
	Column string  `json:"column"`
	Value  string  `json:"value"`
	Type   string  `json:"type"`
	IOC    string  `json:"indicator"`
	Match  bool    `json:"match"`
	Class  *string `json:"class"`
	Why    string  `json:"why"`
}

type rowHit struct {
	Hit   json.RawMessage `json:"hit"`
	Rules []rowRule       `json:"rules"`
	Lists []onList        `json:"lists"` // what has it, of the allow and label lists given
	hit   *scanner.Hit
}

type rowRule struct {
	Name    string    `json:"name"`
	Reason  string    `json:"reason"`
	Applies bool      `json:"applies"`
	Value   string    `json:"value"`
	Steps   []rowStep `json:"steps"`
	tables  []string
}

type rowStep struct {
	Depth  int       `json:"depth"`
	Joined *string   `json:"joined"` // all of, any of, not: of the deeper steps that follow
	Text   *string   `json:"predicate"`
	Value  string    `json:"value"`
	Cells  []rowCell `json:"cells"`
}

type rowCell struct {
	Name    string `json:"name"`
	Text    string `json:"text"`
	Present bool   `json:"present"`
}

// maxRowNear is how many near misses of one cell are told.
const maxRowNear = 3

func explainTrace(tr *scanner.Trace, s *scanner.Scan, f *scanFlags) *rowExplanation {
	in := tr.File.Input
	e := &rowExplanation{File: in.Path, Member: textOrNull(in.Member), Record: tr.Record, TableBy: tr.TableBy,
		Columns: []rowColumn{}, Tests: []rowTest{}, Hits: []rowHit{}}
	e.flags = "--columns " + cmp.Or(f.tableFlags.columns, "wide")
	if s.KQL {
		e.flags = "--match kql"
	}
	if tr.Line > 0 {
		e.Line = &tr.Line
	}
	if tr.Group >= 0 {
		e.Group = &tr.Group
	}
	e.Read = rowReading{Format: tr.File.Format, Compression: textOrNull(tr.File.Compression), Encoding: textOrNull(tr.Encoding), Cells: len(tr.Fields)}
	for _, c := range tr.Fields {
		if c.Value != "" {
			e.Read.Filled++
		}
	}
	if tr.Bad != nil {
		e.Read.Problem = textOrNull(tr.Bad.Error())
	}
	if tr.Table != nil {
		e.Table = &tr.Table.Name
	}
	for _, c := range tr.Columns {
		col := rowColumn{Column: c.Key.Column, Holds: c.Key.Kind.String(), Level: c.Key.Level.String(), Matched: c.Asked, Present: c.Has,
			Value: c.Value, Indicators: append([]string{}, c.Listed...), Near: []nearMiss{}}
		if c.Key.JSON != nil {
			col.Holds = "json"
		}
		if e.generic = tr.Table.Name == table.GenericName; e.generic {
			col.Holds = "any"
		}
		if len(c.Listed) == 0 && c.Asked && c.Value != "" && c.Key.Kind != ioc.KindText {
			v := explainValue(c.Value, s.Indicators)
			if v.kind != ioc.KindText {
				col.Near = v.Near[:min(maxRowNear, len(v.Near))]
			}
		}
		e.Columns = append(e.Columns, col)
	}
	if tr.HasTime {
		e.Time = &rowTime{textOrNull(tr.Time), tr.TimeBasis, tr.Outside}
	}
	for i := range tr.Tests {
		e.Tests = append(e.Tests, testOf(&tr.Tests[i], s))
	}
	for i := range tr.Hits {
		e.Hits = append(e.Hits, hitOf(&tr.Hits[i], s))
	}
	e.conclude(tr)
	return e
}

func testOf(t *scanner.TraceTest, s *scanner.Scan) rowTest {
	r := rowTest{Column: t.Column, Value: t.Value, Type: t.Indicator.Type.String(), IOC: t.Indicator.Value, Match: t.Match}
	if t.Match {
		class := t.Class.String()
		r.Class = &class
	}
	i := t.Indicator
	switch {
	case t.Match && t.Class == scanner.ClassTerm:
		r.Why = "has_any finds the name between signs that are neither letter nor digit"
	case i.Type == ioc.Domain && t.Class == scanner.ClassSubdomain:
		r.Why = "the name lies below it"
	case i.Type == ioc.Domain:
		r.Why = "it is the same name"
	case i.Type == ioc.CIDR:
		r.Why = "the address lies in the network"
	case i.Type == ioc.URL:
		_, r.Why, _ = strings.Cut(whyURL(i.Value, urlForm([]byte(t.Value))), ": ")
	case i.Type == ioc.Hash:
		r.Why = "it is the same hash"
	case i.Type == ioc.IP || s.Ports == scanner.PortIgnore:
		r.Why = "it is the same address"
	default:
		r.Why = portReason(t)
	}
	return r
}

// portReason says how the row's port stands to that of an ip:port indicator.
func portReason(t *scanner.TraceTest) string {
	want := t.Indicator.Port
	switch {
	case t.CellPort == int(want):
		return fmt.Sprintf("it is the same address, and the cell has its port %d", want)
	case t.CellPort >= 0:
		return fmt.Sprintf("it is the same address, but the cell has port %d, not %d", t.CellPort, want)
	case t.Match && t.Class == scanner.ClassIPPort:
		return fmt.Sprintf("it is the same address, and %s has its port %d", cmp.Or(t.Port, "another column"), want)
	case t.Port == "":
		return fmt.Sprintf("it is the same address, but no column has the port, which ought to be %d", want)
	case t.PortText == "":
		return fmt.Sprintf("it is the same address, but %s, which ought to be %d, is empty", t.Port, want)
	}
	return fmt.Sprintf("it is the same address, but %s is %s, not %d", t.Port, t.PortText, want)
}

func hitOf(h *scanner.TraceHit, s *scanner.Scan) rowHit {
	line := scanner.JSONL(nil, h.Hit)
	out := rowHit{Hit: line[:len(line)-1], Rules: []rowRule{}, hit: h.Hit}
	out.Lists, _ = listsOf(s, h.Hit)
	for i := range h.Rules {
		a := &h.Rules[i]
		r := rowRule{Name: a.Rule.Name, Reason: a.Rule.Reason, Applies: a.Applies, Value: a.Value.String(), Steps: []rowStep{}, tables: a.Rule.Tables}
		for _, s := range a.Steps {
			step := rowStep{Depth: s.Depth, Joined: textOrNull(s.Joined), Text: textOrNull(s.Text), Value: s.Value.String(), Cells: []rowCell{}}
			for _, c := range s.Cells {
				step.Cells = append(step.Cells, rowCell{c.Name, c.Text, c.Has})
			}
			r.Steps = append(r.Steps, step)
		}
		out.Rules = append(out.Rules, r)
	}
	return out
}

// conclude is the verdict and the sentence that says it.
func (e *rowExplanation) conclude(tr *scanner.Trace) {
	var kept, removed []string
	for _, h := range e.Hits {
		if len(h.hit.SuppressedBy) == 0 {
			kept = append(kept, h.hit.Indicator.Value)
		}
		for _, name := range h.hit.SuppressedBy {
			if !slices.Contains(removed, name) {
				removed = append(removed, name)
			}
		}
	}
	rules, verb := suppressorNames(removed), "removes"
	if len(removed) > 1 {
		verb = "remove"
	}
	e.Verdict = "nothing"
	switch {
	case !tr.Found && tr.Bad != nil:
		e.Verdict, e.Answer = "unread", "The record could not be read: "+tr.Bad.Error()+"."
	case !tr.Found && (tr.File.Table == "" || tr.File.Records == 0):
		e.Verdict, e.Answer = "unread", fmt.Sprintf("The file could not be read as an export (%s: %s).", tr.File.Status, cmp.Or(tr.File.Reason, "no records"))
	case !tr.Found:
		e.Verdict, e.Answer = "unread", fmt.Sprintf("There is no such record: the file has %s.", count(tr.File.Records, "record"))
	case len(kept) > 0 && len(removed) > 0:
		e.Verdict, e.Answer = "hit", fmt.Sprintf("The sweep reports the record as a hit on %s; a hit on another indicator is suppressed by %s.", strings.Join(kept, " and on "), rules)
	case len(kept) > 0:
		e.Verdict, e.Answer = "hit", fmt.Sprintf("The sweep reports the record as a hit on %s.", strings.Join(kept, " and on "))
	case len(removed) > 0:
		e.Verdict = "suppressed"
		e.Answer = fmt.Sprintf("The record holds an indicator, but the sweep does not report it: %s %s the hit. It is counted there, and --suppressed FILE writes it out.", rules, verb)
	case tr.Table == nil:
		e.Answer = "The sweep passes the record over: it is of no table that is swept for."
	case tr.Outside:
		e.Answer = "The record holds an indicator, but its time lies outside --from and --to, so the sweep does not count it."
	case len(e.Tests) > 0:
		e.Answer = "The record holds the address of an indicator, but not with its port, which --port-match strict asks for."
	default:
		e.Answer = "No column that the sweep matches holds an indicator."
		for _, c := range e.Columns {
			if !c.Matched && len(c.Indicators) > 0 {
				e.Answer += " One that it does not match with these flags does."
				break
			}
		}
	}
}
