package scanner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// hitRecord is the hit record as JSON.
type hitRecord struct {
	Schema    int             `json:"schema"`
	ID        string          `json:"id"`
	Table     string          `json:"table"`
	Time      *string         `json:"time"`
	TimeBasis string          `json:"time_basis"`
	Indicator indicatorRecord `json:"indicator"`
	Also      []struct {
		Type, Value, Class string
	} `json:"also"`
	Matches []struct {
		Column, Role, Value, Class string
	} `json:"matches"`
	Hunt         bool                       `json:"hunt"`
	Life         string                     `json:"life"`
	Who          map[string]json.RawMessage `json:"who"`
	Row          orderedCells               `json:"row"`
	Labels       []string                   `json:"labels"`
	Reasons      []reasonRecord             `json:"reasons"`
	SuppressedBy []string                   `json:"suppressed_by"`
	Source       struct {
		File   string  `json:"file"`
		Member *string `json:"member"`
		Record int64   `json:"record"`
		Line   *int64  `json:"line"`
		Group  *int    `json:"group"`
	} `json:"source"`
}

type reasonRecord struct {
	Rule       string `json:"rule"`
	Predicates []struct {
		Predicate string   `json:"predicate"`
		Value     rule.Tri `json:"value"`
	} `json:"predicates"`
}

type indicatorRecord struct {
	Type        string   `json:"type"`
	Value       string   `json:"value"`
	ThreatType  *string  `json:"threat_type"`
	Malware     *string  `json:"malware"`
	Confidence  *int     `json:"confidence"`
	FirstSeen   *string  `json:"first_seen"`
	LastSeen    *string  `json:"last_seen"`
	ValidUntil  *string  `json:"valid_until"`
	Compromised *bool    `json:"compromised"`
	Tags        []string `json:"tags"`
	Feeds       []string `json:"feeds"`
}

// orderedCells keeps the order of an object's members.
type orderedCells []Cell

func (o *orderedCells) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("row is no object")
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		var value string
		if err := d.Decode(&value); err != nil || !ok {
			return fmt.Errorf("row has a cell that is no text")
		}
		*o = append(*o, Cell{name, value})
	}
	return nil
}

// Decode reads one hit as JSONL wrote it. The hit's table is looked up by name
// in tables, and is a generic one of that name if they lack it; encoding the hit again gives the same line.
func Decode(line []byte, tables []*table.Table) (*Hit, error) {
	var r hitRecord
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, fmt.Errorf("read hit: %w", err)
	}
	if r.Schema != Schema {
		return nil, fmt.Errorf("read hit: schema %d, not %d", r.Schema, Schema)
	}
	h := &Hit{ID: r.ID, Table: table.ByName(tables, r.Table), TimeBasis: r.TimeBasis, Hunt: r.Hunt, Life: r.Life,
		Row: r.Row, Labels: r.Labels, SuppressedBy: r.SuppressedBy}
	if h.Table == nil { // a sweep of unknown tables found it
		h.Table = table.Generic(nil, false)
		h.Table.Name = r.Table
	}
	if r.Time != nil {
		t := clock.Parse(*r.Time, clock.None, nil)
		if t.Status != clock.OK {
			return nil, fmt.Errorf("read hit: time %q", *r.Time)
		}
		h.Time, h.HasTime = t.Time, true
	}
	var err error
	if h.Indicator, err = r.Indicator.indicator(); err != nil {
		return nil, err
	}
	for _, a := range r.Also {
		i, err := indicatorRecord{Type: a.Type, Value: a.Value}.indicator()
		if err != nil {
			return nil, err
		}
		c, err := parseClass(a.Class)
		if err != nil {
			return nil, err
		}
		h.Also = append(h.Also, Also{i, c})
	}
	for _, m := range r.Matches {
		c, err := parseClass(m.Class)
		if err != nil {
			return nil, err
		}
		h.Matches = append(h.Matches, Match{Column: m.Column, Role: m.Role, Value: m.Value, Class: c, port: -1})
	}
	if len(h.Matches) == 0 {
		return nil, fmt.Errorf("read hit: no matches")
	}
	for name, raw := range r.Who {
		var v any
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("read hit: who.%s: %w", name, err)
		}
		if v != nil {
			setWho(&h.Who, name, fmt.Sprint(v))
		}
	}
	for _, x := range r.Reasons {
		reason := Reason{Rule: x.Rule}
		for _, p := range x.Predicates {
			reason.Predicates = append(reason.Predicates, rule.Truth(p))
		}
		h.Reasons = append(h.Reasons, reason)
	}
	h.Source = Source{Input: formats.Input{Path: r.Source.File}, Record: r.Source.Record, Group: -1}
	if r.Source.Member != nil {
		h.Source.Input.Member = *r.Source.Member
	}
	if r.Source.Line != nil {
		h.Source.Line = *r.Source.Line
	}
	if r.Source.Group != nil {
		h.Source.Group = *r.Source.Group
	}
	return h, nil
}

func (r indicatorRecord) indicator() (*ioc.Indicator, error) {
	i := &ioc.Indicator{Value: r.Value, Details: ioc.NoDetails(), Feeds: r.Feeds}
	i.Tags = r.Tags
	var err error
	switch r.Type {
	case ioc.Domain.String():
		i.Type = ioc.Domain
	case ioc.URL.String():
		i.Type = ioc.URL
		if normal, ok := ioc.AppendURL(nil, []byte(r.Value)); !ok || string(normal) != r.Value {
			err = fmt.Errorf("URL %q is not in normal form", r.Value)
		}
	case ioc.Hash.String():
		i.Type = ioc.Hash
		if h, perr := ioc.Parse(r.Value); perr != nil || h.Type != ioc.Hash || h.Value != r.Value {
			err = fmt.Errorf("%q is not a hash", r.Value)
		}
	case ioc.IP.String():
		i.Type = ioc.IP
		var a netip.Addr
		if a, err = netip.ParseAddr(r.Value); err == nil {
			i.Prefix = netip.PrefixFrom(a, a.BitLen())
		}
	case ioc.IPPort.String():
		i.Type = ioc.IPPort
		var a netip.AddrPort
		if a, err = netip.ParseAddrPort(r.Value); err == nil {
			i.Prefix, i.Port = netip.PrefixFrom(a.Addr(), a.Addr().BitLen()), a.Port()
		}
	case ioc.CIDR.String():
		i.Type = ioc.CIDR
		i.Prefix, err = netip.ParsePrefix(r.Value)
	default:
		err = fmt.Errorf("indicator type %q", r.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("read hit: %w", err)
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	i.ThreatType, i.Malware = text(r.ThreatType), text(r.Malware)
	if r.Confidence != nil {
		i.Confidence = *r.Confidence
	}
	for _, d := range []struct {
		to   *ioc.Date
		text string
	}{{&i.FirstSeen, text(r.FirstSeen)}, {&i.LastSeen, text(r.LastSeen)}, {&i.ValidUntil, text(r.ValidUntil)}} {
		if d.text == "" {
			continue
		}
		if *d.to, err = ioc.ParseDate(d.text); err != nil {
			return nil, fmt.Errorf("read hit: %w", err)
		}
	}
	if r.Compromised != nil {
		i.Compromised = 0
		if *r.Compromised {
			i.Compromised = 1
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
	return 0, fmt.Errorf("read hit: class %s", strconv.Quote(strings.ToValidUTF8(s, "?")))
}
