package scanner

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// maxHitLine is the longest line that can be a hit.
const maxHitLine = 64 << 20

// ReadHits yields the hits that JSONL wrote, or in the place of one the error
// why a line is none, with its number. An error of r itself, or of a line that
// is too long, is the last.
func ReadHits(r io.Reader, tables []*table.Table) iter.Seq2[*Hit, error] {
	return func(yield func(*Hit, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		var long []byte
		for n := 1; ; n++ {
			line, err := in.ReadSlice('\n')
			for long = long[:0]; errors.Is(err, bufio.ErrBufferFull); {
				if long = append(long, line...); len(long) > maxHitLine {
					yield(nil, fmt.Errorf("line %d: over %d bytes", n, maxHitLine))
					return
				}
				line, err = in.ReadSlice('\n')
			}
			if len(long) > 0 {
				line = append(long, line...)
			}
			if err != nil && err != io.EOF {
				yield(nil, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if len(bytes.TrimSpace(line)) > 0 {
				h, bad := Decode(line, tables)
				if bad != nil {
					bad = fmt.Errorf("line %d: %w", n, bad)
				}
				if !yield(h, bad) {
					return
				}
			}
			if err == io.EOF {
				return
			}
		}
	}
}

// Decode reads one hit as JSONL wrote it. The hit's table is looked up by name
// in tables, and is a generic one of that name if they lack it; encoding the hit
// again gives the same line. Keys that are not known are passed over. The texts
// of the hit are pieces of a copy of the line.
func Decode(line []byte, tables []*table.Table) (*Hit, error) {
	if !json.Valid(line) {
		return nil, fmt.Errorf("read hit: %w", json.Unmarshal(line, new(json.RawMessage)))
	}
	return decode(line, tables)
}

// decode is Decode of a line that is known to be JSON. Half the time goes into
// finding that out.
func decode(line []byte, tables []*table.Table) (*Hit, error) {
	d := hitReader{jsonText: jsonText{s: string(line)}, h: &Hit{Source: Source{Group: -1}}}
	if d.peek() != '{' {
		return nil, errors.New("read hit: no object")
	}
	if err := d.object("hit", d.field); err != nil {
		return nil, fmt.Errorf("read hit: %w", err)
	}
	h := d.h
	switch {
	case d.schema != Schema:
		return nil, fmt.Errorf("read hit: schema %d, not %d", d.schema, Schema)
	case h.Indicator == nil:
		return nil, errors.New("read hit: no indicator")
	case len(h.Matches) == 0:
		return nil, errors.New("read hit: no matches")
	}
	if h.Table = table.ByName(tables, d.table); h.Table == nil { // a sweep of unknown tables found it
		h.Table = table.Generic(nil, false)
		h.Table.Name = d.table
	}
	return h, nil
}

// A hitReader reads the fields of a hit record.
type hitReader struct {
	jsonText
	h      *Hit
	schema int64
	table  string
}

func (d *hitReader) field(key string) (err error) {
	h := d.h
	switch key {
	case "schema":
		return d.number(key, &d.schema)
	case "id":
		return d.text(key, &h.ID)
	case "table":
		return d.text(key, &d.table)
	case "time":
		if h.HasTime = false; d.null() {
			return nil
		}
		var text string
		if err := d.text(key, &text); err != nil {
			return err
		}
		t := clock.Parse(text, clock.None, nil)
		if t.Status != clock.OK {
			return fmt.Errorf("time %q", text)
		}
		h.Time, h.HasTime = t.Time, true
	case "time_basis":
		return d.text(key, &h.TimeBasis)
	case "indicator":
		h.Indicator, _, err = d.indicator(key)
	case "also":
		h.Also = nil
		return d.list(key, func() error {
			i, class, err := d.indicator(key)
			if err != nil {
				return err
			}
			c, err := parseClass(class)
			h.Also = append(h.Also, Also{i, c})
			return err
		})
	case "matches":
		h.Matches = nil
		return d.list(key, d.match)
	case "hunt":
		return d.truth(key, &h.Hunt)
	case "life":
		return d.text(key, &h.Life)
	case "who":
		answers := h.Who.Answers()
		return d.object(key, func(name string) error { return d.answer(answers[:], name) })
	case "row":
		h.Row = nil
		return d.object(key, func(name string) error {
			if d.peek() != '"' {
				return errors.New("row has a cell that is no text")
			}
			h.Row = append(h.Row, Cell{name, d.quoted()})
			return nil
		})
	case "labels":
		if h.Labels = nil; d.null() {
			return nil
		}
		if h.Labels, err = d.texts(key); h.Labels == nil {
			h.Labels = []string{} // none, but asked for
		}
	case "reasons":
		h.Reasons = nil
		return d.list(key, d.reason)
	case "suppressed_by":
		h.SuppressedBy, err = d.texts(key)
	case "source":
		return d.object(key, d.source)
	default:
		d.skip()
	}
	return err
}

// An indicatorRecord is an indicator as the hit record has it.
type indicatorRecord struct {
	kind, value                     string
	threatType, malware             string
	confidence                      int64 // ioc.NoDetails has that of none
	firstSeen, lastSeen, validUntil string
	compromised                     int8
	tags, feeds                     []string
}

func newIndicatorRecord() indicatorRecord {
	none := ioc.NoDetails()
	return indicatorRecord{confidence: int64(none.Confidence), compromised: none.Compromised}
}

// indicator reads an indicator and, of one in also, its class.
func (d *hitReader) indicator(what string) (i *ioc.Indicator, class string, err error) {
	r := newIndicatorRecord()
	err = d.object(what, func(key string) (err error) {
		switch key {
		case "type":
			return d.text(key, &r.kind)
		case "value":
			return d.text(key, &r.value)
		case "class":
			return d.text(key, &class)
		case "threat_type":
			return d.text(key, &r.threatType)
		case "malware":
			return d.text(key, &r.malware)
		case "confidence":
			return d.number(key, &r.confidence)
		case "first_seen":
			return d.text(key, &r.firstSeen)
		case "last_seen":
			return d.text(key, &r.lastSeen)
		case "valid_until":
			return d.text(key, &r.validUntil)
		case "compromised":
			if d.null() {
				return nil
			}
			var yes bool
			err = d.truth(key, &yes)
			if r.compromised = 0; yes {
				r.compromised = 1
			}
		case "tags":
			r.tags, err = d.texts(key)
		case "feeds":
			r.feeds, err = d.texts(key)
		default:
			d.skip()
		}
		return err
	})
	if err == nil {
		i, err = r.indicator()
	}
	return i, class, err
}

func (d *hitReader) match() error {
	m := Match{port: -1}
	var class string
	err := d.object("matches", func(key string) error {
		switch key {
		case "column":
			return d.text(key, &m.Column)
		case "role":
			return d.text(key, &m.Role)
		case "value":
			return d.text(key, &m.Value)
		case "class":
			return d.text(key, &class)
		}
		d.skip()
		return nil
	})
	if err == nil {
		m.Class, err = parseClass(class)
	}
	d.h.Matches = append(d.h.Matches, m)
	return err
}

// answer reads a member of who, which is a text or a number. Names that are not among
// the answers are passed over.
func (d *hitReader) answer(answers []table.Answer, key string) error {
	var value string
	switch c := d.peek(); {
	case d.null():
		return nil
	case c == '"':
		value = d.quoted()
	case c == '-', '0' <= c && c <= '9':
		value = d.word()
	default:
		return fmt.Errorf("who.%s is neither a text nor a number", key)
	}
	for _, a := range answers {
		switch {
		case a.Name != key:
		case a.Number == nil:
			*a.Text = value
		default:
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				*a.Number = table.Number{N: n, Known: true}
			}
		}
	}
	return nil
}

func (d *hitReader) reason() error {
	var r Reason
	err := d.object("reasons", func(key string) error {
		switch key {
		case "rule":
			return d.text(key, &r.Rule)
		case "predicates":
			return d.list(key, func() error {
				var p rule.Truth
				err := d.object(key, func(key string) error {
					switch key {
					case "predicate":
						return d.text(key, &p.Predicate)
					case "value":
						var word string
						if err := d.text(key, &word); err != nil {
							return err
						}
						return p.Value.UnmarshalText([]byte(word))
					}
					d.skip()
					return nil
				})
				r.Predicates = append(r.Predicates, p)
				return err
			})
		}
		d.skip()
		return nil
	})
	d.h.Reasons = append(d.h.Reasons, r)
	return err
}

func (d *hitReader) source(key string) error {
	s := &d.h.Source
	switch key {
	case "file":
		return d.text(key, &s.Input.Path)
	case "member":
		return d.text(key, &s.Input.Member)
	case "record":
		return d.number(key, &s.Record)
	case "line":
		return d.number(key, &s.Line)
	case "group":
		n := int64(-1)
		err := d.number(key, &n)
		s.Group = int(n)
		return err
	}
	d.skip()
	return nil
}

func (r indicatorRecord) indicator() (*ioc.Indicator, error) {
	i := &ioc.Indicator{Value: r.value, Details: ioc.NoDetails(), Feeds: r.feeds}
	i.Tags = r.tags
	var err error
	switch r.kind {
	case ioc.Domain.String():
		i.Type = ioc.Domain
	case ioc.URL.String():
		i.Type = ioc.URL
		if normal, ok := ioc.AppendURL(nil, []byte(r.value)); !ok || string(normal) != r.value {
			err = fmt.Errorf("URL %q is not in normal form", r.value)
		}
	case ioc.Hash.String():
		i.Type = ioc.Hash
		if h, perr := ioc.Parse(r.value); perr != nil || h.Type != ioc.Hash || h.Value != r.value {
			err = fmt.Errorf("%q is not a hash", r.value)
		}
	case ioc.IP.String():
		i.Type = ioc.IP
		var a netip.Addr
		if a, err = netip.ParseAddr(r.value); err == nil {
			i.Prefix = netip.PrefixFrom(a, a.BitLen())
		}
	case ioc.IPPort.String():
		i.Type = ioc.IPPort
		var a netip.AddrPort
		if a, err = netip.ParseAddrPort(r.value); err == nil {
			i.Prefix, i.Port = netip.PrefixFrom(a.Addr(), a.Addr().BitLen()), a.Port()
		}
	case ioc.CIDR.String():
		i.Type = ioc.CIDR
		i.Prefix, err = netip.ParsePrefix(r.value)
	default:
		err = fmt.Errorf("indicator type %q", r.kind)
	}
	if err != nil {
		return nil, err
	}
	i.ThreatType, i.Malware, i.Confidence, i.Compromised = r.threatType, r.malware, int(r.confidence), r.compromised
	for _, d := range []struct {
		to   *ioc.Date
		text string
	}{{&i.FirstSeen, r.firstSeen}, {&i.LastSeen, r.lastSeen}, {&i.ValidUntil, r.validUntil}} {
		if d.text == "" {
			continue
		}
		if *d.to, err = ioc.ParseDate(d.text); err != nil {
			return nil, err
		}
	}
	return i, nil
}

func parseClass(s string) (Class, error) {
	for c, name := range classNames {
		if name == s {
			return Class(c), nil
		}
	}
	return 0, fmt.Errorf("class %s", strconv.Quote(strings.ToValidUTF8(s, "?")))
}
