package scanner

import (
	"errors"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/wire"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Hits that wait for their place in the order are kept in the form of package
// wire: a third of what they are as JSONL, for the names in them are known. They
// are encoded when they are written.

// appendHit appends a hit of a table, index into p.tables. If it has a shape its
// cells are those of row.
func appendHit(dst []byte, table int, p *plan, row []string, s shape, h *Hit) []byte {
	dst = wire.AppendNumber(dst, int64(table))
	if dst = wire.AppendBool(dst, s.projected); s.projected {
		dst = wire.AppendNumber(dst, int64(s.more))
		for c := range p.projections[table].columns(s) {
			dst = wire.AppendText(dst, cellAt(row, c.at))
		}
	} else {
		dst = wire.AppendNumber(wire.AppendText(dst, h.Table.Name), int64(len(h.Row)))
		for _, c := range h.Row {
			dst = wire.AppendText(wire.AppendText(dst, c.Name), c.Value)
		}
	}
	dst = wire.AppendText(dst, h.ID)
	if dst = wire.AppendBool(dst, h.HasTime); h.HasTime {
		dst = wire.AppendNumber(dst, int64(h.Time))
	}
	dst = wire.AppendText(dst, h.TimeBasis)
	dst = h.Indicator.AppendWire(dst)
	dst = wire.AppendNumber(dst, int64(len(h.Also)))
	for _, a := range h.Also {
		dst = append(a.Indicator.AppendWire(dst), byte(a.Class))
	}
	dst = wire.AppendNumber(dst, int64(len(h.Matches)))
	for i := range h.Matches {
		m := &h.Matches[i]
		dst = wire.AppendText(wire.AppendText(dst, m.Column), m.Role)
		dst = append(wire.AppendText(dst, m.Value), byte(m.Class))
	}
	dst = wire.AppendBool(dst, h.Hunt)
	dst = wire.AppendText(dst, h.Life)
	for _, a := range h.Who.Answers() {
		if n := a.Number; n == nil {
			dst = wire.AppendText(dst, *a.Text)
		} else if dst = wire.AppendBool(dst, n.Known); n.Known {
			dst = wire.AppendNumber(dst, n.N)
		}
	}
	dst = wire.AppendNumber(wire.AppendNumber(dst, h.Source.Record), h.Source.Line)
	dst = wire.AppendNumber(dst, int64(h.Source.Group))
	if dst = wire.AppendBool(dst, h.Labels != nil); h.Labels != nil {
		dst = wire.AppendTexts(dst, h.Labels)
	}
	return dst
}

var errWaiting = errors.New("waiting hits are not what was written")

// A waitingReader takes apart what appendHit wrote. All its memory is used again
// for the next hit.
type waitingReader struct {
	run        *run
	wire       wire.Reader
	hit        Hit
	indicators []*ioc.Indicator // of hit, the leading one first
	labels     []string
	named      table.Table // what a table that is swept without a definition was called

	of     *projection // of the hit's row, which is of a shape; nil if hit has it
	as     shape
	texts  []string // of its cells
	fields rowFields
}

func newWaitingReader(r *run) *waitingReader {
	return &waitingReader{run: r, labels: []string{}} // not nil even for none
}

// read returns the hit of an input. It lives until the next one is read or
// something is written where it stood.
func (r *waitingReader) read(input int32, raw []byte) (*Hit, error) {
	if err := r.take(input, raw); err != nil {
		return nil, err
	}
	if r.of != nil {
		n := 0
		for c := range r.of.columns(r.as) {
			r.hit.Row = append(r.hit.Row, Cell{c.name, r.texts[n]})
			n++
		}
	}
	return &r.hit, nil
}

// line appends the hit of an input as JSONL does.
func (r *waitingReader) line(dst []byte, input int32, raw []byte) ([]byte, error) {
	if err := r.take(input, raw); err != nil {
		return dst, err
	}
	if r.of == nil {
		return JSONL(dst, &r.hit), nil
	}
	return jsonlOf(dst, &r.hit, r.fields.turn(r.of, r.as, true), r.texts), nil
}

// takeRow reads the table of a hit, and its row, or the texts of one that has a shape.
func (r *waitingReader) takeRow(p *plan) error {
	w, h := &r.wire, &r.hit
	at := int(w.Number())
	if at < 0 || at >= len(p.tables) {
		return errWaiting
	}
	h.Table, h.Row = p.tables[at], h.Row[:0]
	r.of, r.texts = nil, r.texts[:0]
	if !w.Bool() {
		if name := w.Text(); name != h.Table.Name {
			r.named = *h.Table
			r.named.Name = name
			h.Table = &r.named
		}
		for n := w.Count(); n > 0 && !w.Bad(); n-- {
			h.Row = append(h.Row, Cell{w.Text(), w.Text()})
		}
		return nil
	}
	more := uint64(w.Number())
	if at >= len(p.projections) || more>>len(p.projections[at].more) != 0 {
		return errWaiting
	}
	r.of, r.as = &p.projections[at], shape{true, more}
	for range r.of.columns(r.as) {
		r.texts = append(r.texts, w.Text())
	}
	return nil
}

// take reads the hit of an input, but not the row that has a shape.
func (r *waitingReader) take(input int32, raw []byte) error {
	w, h := &r.wire, &r.hit
	w.Reset(raw)
	if err := r.takeRow(r.run.inputs[input].plan); err != nil {
		return err
	}
	h.ID, h.Time = w.Text(), 0
	if h.HasTime = w.Bool(); h.HasTime {
		h.Time = clock.Time(w.Number())
	}
	h.TimeBasis = w.Text()
	taken := 0
	indicator := func() *ioc.Indicator {
		if taken == len(r.indicators) {
			r.indicators = append(r.indicators, new(ioc.Indicator))
		}
		i := r.indicators[taken]
		taken++
		i.ReadWire(w)
		return i
	}
	class := func() Class {
		c := w.Byte()
		if int(c) >= len(classNames) {
			w.Fail()
			return 0
		}
		return Class(c)
	}
	h.Indicator, h.Also, h.Matches = indicator(), h.Also[:0], h.Matches[:0]
	for n := w.Count(); n > 0 && !w.Bad(); n-- {
		h.Also = append(h.Also, Also{indicator(), class()})
	}
	for n := w.Count(); n > 0 && !w.Bad(); n-- {
		h.Matches = append(h.Matches, Match{Column: w.Text(), Role: w.Text(), Value: w.Text(), Class: class()})
	}
	h.Hunt, h.Life = w.Bool(), w.Text()
	for _, a := range h.Who.Answers() {
		if a.Number == nil {
			*a.Text = w.Text()
		} else if *a.Number = (table.Number{}); w.Bool() {
			*a.Number = table.Number{N: w.Number(), Known: true}
		}
	}
	h.Source = Source{Input: r.run.inputs[input].in, Record: w.Number(), Line: w.Number(), Group: int(w.Number())}
	if h.Labels = nil; w.Bool() {
		r.labels = w.Texts(r.labels[:0])
		h.Labels = r.labels
	}
	if w.Bad() || w.More() {
		return errWaiting
	}
	return nil
}
