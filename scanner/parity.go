package scanner

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// maxParityRows bounds the rows of a portal's result that a scan is compared
// with: about 100 bytes of memory are kept of each. Portals return fewer.
var maxParityRows int64 = 1_000_000 // changed by tests

// maxParityExamples is how many rows of each kind are shown.
const maxParityExamples = 20

// A Parity compares what a scan finds with what the portal returned for the
// KQL hunt of one table. Rows are the same if the hunt's projected columns are,
// in normal form; a row that is there several times counts as often.
//
// [NewParity] reads the portal's rows and takes over the scan's Each, then the
// scan runs, then Finish says why rows differ. It belongs to one goroutine.
type Parity struct {
	Table       *table.Table
	Portal      int64 // rows of the portal's result
	Both        int64
	OnlyPortal  int64
	OnlyScan    int64
	OtherTables int64     // rows that the scan found in other tables: not compared
	PortalWhy   []*Differ // in the order in which they were met
	ScanWhy     []*Differ
	Notes       []string // what reading the portal's result took for granted
	Lacking     []string // exports, the first few, that lack a column of the hunt's projection

	s       *Scan
	file    formats.Input
	rows    map[rowKey]*rowCount
	period  Period   // of the portal's rows
	pending *Hit     // the hits of one row are one: the one that the hunt has too, if any
	names   []string // of the last hit's columns
	project *projection
}

// Differ is one reason why rows are on one side only.
type Differ struct {
	Reason   string
	Rows     int64
	Examples []ParityRow // a few
}

// A ParityRow shows where a row is and what the hunt projects of it.
type ParityRow struct {
	Input  formats.Input
	Record int64 // from 1
	Cells  []Cell
}

// rowKey is a row in normal form, hashed: half of a SHA-256.
type rowKey [16]byte

// rowCount is how often a row is in the portal's result, how often the scan
// has found it and how often the exports have it.
type rowCount struct{ portal, found, exported int64 }

func keyOf(p *projection, cells []string, when clock.Time, timed bool) (k rowKey) {
	var buf [512]byte
	sum := sha256.Sum256(p.appendRow(buf[:0], cells, when, timed))
	copy(k[:], sum[:])
	return k
}

// NewParity reads a portal's result and prepares the scan to be compared with
// it: its hits go nowhere else. Rules and allow lists have no part in a hunt,
// so the scan must have none.
func NewParity(ctx context.Context, s *Scan, file formats.Input) (*Parity, error) {
	if len(s.Rules) > 0 || len(s.Allow) > 0 {
		return nil, errors.New("hunts have no exclusions: rules and allow lists cannot be compared with them")
	}
	p := &Parity{s: s, file: file, rows: map[rowKey]*rowCount{}}
	report, plan, err := p.reader(func(row *wholeRow) error {
		if p.Portal++; p.Portal > maxParityRows {
			return fmt.Errorf("over %d rows: compare a shorter time", maxParityRows)
		}
		p.countOf(row.key).portal++
		if row.when.ok {
			p.period.widen(row.when.time)
		}
		return nil
	}).read(ctx, file)
	if err != nil {
		return nil, named(file, err)
	}
	if plan == nil {
		return nil, fmt.Errorf("%s: %s", file, report.Reason)
	}
	if p.Table, err = plan.hunted(report.Format); err == nil && report.Status != Complete {
		err = errors.New(report.Reason)
	}
	if err == nil && report.Records != p.Portal {
		err = errors.New("it holds rows of several tables")
	}
	if err != nil {
		return nil, named(file, err)
	}
	p.Notes = report.Notes
	s.Output, s.Suppressed, s.Groups, s.Order, s.Row = nil, nil, nil, AsFound, RowHunt
	s.Each = p.each
	return p, nil
}

// reader reads the portal's rows, which the flags about the exports' format do
// not concern.
func (p *Parity) reader(each func(*wholeRow) error) *rowReader {
	s := *p.s
	s.Formats.Format, s.Formats.Header = "", nil
	return &rowReader{s: &s, each: each}
}

func (p *Parity) countOf(k rowKey) *rowCount {
	c := p.rows[k]
	if c == nil {
		c = &rowCount{}
		p.rows[k] = c
	}
	return c
}

// each gathers the hits of a row, which follow each other in input order.
func (p *Parity) each(h *Hit) error {
	if q := p.pending; q != nil {
		if q.Source.Record == h.Source.Record && q.Source.Input.String() == h.Source.Input.String() {
			if h.Hunt && !q.Hunt {
				p.pending = h
			}
			return nil
		}
		p.take()
	}
	p.pending = h
	return nil
}

// take counts the row in hand.
func (p *Parity) take() {
	h := p.pending
	p.pending = nil
	if h == nil {
		return
	}
	if !strings.EqualFold(h.Table.Name, p.Table.Name) {
		p.OtherTables++
		return
	}
	cells := make([]string, len(h.Row))
	same := p.project != nil && len(p.names) == len(h.Row)
	for i, c := range h.Row {
		cells[i] = c.Value
		same = same && p.names[i] == c.Name
	}
	if !same { // as a rule once: a table's hits all show the same columns
		p.names = p.names[:0]
		for _, c := range h.Row {
			p.names = append(p.names, c.Name)
		}
		project := newProjection(p.Table, table.NewColumns(p.names, nil))
		p.project = &project
	}
	c := p.rows[keyOf(p.project, cells, h.Time, h.HasTime)]
	if c != nil {
		if c.found++; c.found <= c.portal {
			p.Both++
			return
		}
	}
	p.OnlyScan++
	differ(&p.ScanWhy, p.whyFound(h, c != nil), ParityRow{h.Source.Input, h.Source.Record, h.Row})
}

// differ counts a row under its reason.
func differ(list *[]*Differ, reason string, row ParityRow) {
	shown := 0
	var d *Differ
	for _, x := range *list {
		shown += len(x.Examples)
		if x.Reason == reason {
			d = x
		}
	}
	if d == nil {
		d = &Differ{Reason: reason}
		*list = append(*list, d)
	}
	d.Rows++
	if shown < maxParityExamples {
		row.Cells = slices.Clone(row.Cells)
		d.Examples = append(d.Examples, row)
	}
}

// Identical reports whether both sides have the same rows.
func (p *Parity) Identical() bool { return p.OnlyPortal == 0 && p.OnlyScan == 0 }

// Finish completes the comparison once the scan has run. Where the portal has
// rows that the scan has not, the exports are read once more, to see whether
// these rows are in them.
func (p *Parity) Finish(ctx context.Context, exports []formats.Input) error {
	p.take()
	p.OnlyPortal = p.Portal - p.Both
	if p.OnlyPortal == 0 {
		return nil
	}
	all := &rowReader{s: p.s, each: func(row *wholeRow) error {
		if c := p.rows[row.key]; c != nil {
			c.exported++
		}
		return nil
	}}
	for _, in := range exports {
		report, plan, err := all.read(ctx, in)
		if err != nil {
			return err
		}
		if plan != nil && (len(plan.tables) == 1 || plan.timeline) && plan.tables[0] == p.Table && len(p.Lacking) < maxProblems {
			if column := plan.lacks(p.Table, report.Format); column != "" {
				p.Lacking = append(p.Lacking, fmt.Sprintf("%s lacks the column %s", in, column))
			}
		}
	}
	_, _, err := p.reader(func(row *wholeRow) error {
		c := p.rows[row.key]
		if c == nil {
			return errors.New("it has changed since it was read first")
		}
		if c.portal--; c.portal < c.found {
			return nil // as many as the scan has found
		}
		reason := p.whyMissed(row, c.exported > c.found)
		c.exported--
		var cells []Cell
		for _, column := range p.Table.Hunt {
			cell, _ := row.row.Get(column)
			cells = append(cells, Cell{column, strings.Clone(cell)})
		}
		differ(&p.PortalWhy, reason, ParityRow{p.file, row.record, cells})
		return nil
	}).read(ctx, p.file)
	if err != nil {
		return named(p.file, err)
	}
	return nil
}
