package scanner

import (
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// whyFound says why the portal's result lacks a row that the scan has found.
// more says that it has the row, but not as often.
func (p *Parity) whyFound(h *Hit, more bool) string {
	switch {
	case more:
		return "more often: the exports have the row more often than the portal"
	case !h.Hunt:
		return p.whyNotHunted(h)
	case h.HasTime && p.period.Timed && (h.Time < p.period.First || h.Time > p.period.Last):
		return "time window: outside of the times of the portal's rows"
	}
	return "missing: the hunt returns the row, but the portal's result lacks it"
}

// whyNotHunted says which rule of the hunt's operators passes over a match.
func (p *Parity) whyNotHunted(h *Hit) string {
	m := &h.Matches[0]
	column, _, _ := strings.Cut(m.Column, ".")
	for _, q := range p.Table.KQL {
		if q.Column != column {
			continue
		}
		switch h.Indicator.Type {
		case ioc.CIDR:
			return "network: hunts compare single addresses"
		case ioc.URL:
			return "URL: hunts look for addresses, names and hashes only"
		case ioc.Hash:
			if q.HasAny || !holdsHashes(p.Table, q.Column) {
				return "hash: the hunt does not look for hashes in " + q.Column
			}
			return "spelling: in compares text, and the cell spells the hash otherwise or holds more"
		case ioc.Domain:
			if !q.HasAny {
				return "name: the hunt looks for addresses in " + q.Column
			}
			return "spelling: has_any does not see the name as the cell spells it"
		}
		if q.HasAny {
			return "address: the hunt looks for names in " + q.Column
		}
		if m.addr.Is4In6() || strings.Contains(strings.ToLower(m.Value), "::ffff:") {
			return "mapped IPv6: ::ffff:a.b.c.d is another text than a.b.c.d to in"
		}
		return "spelling: in compares text, and the cell spells the address otherwise"
	}
	return "other column: the hunt does not read " + column
}

// whyMissed says why the scan has not found a row of the portal's result.
// exported says that the exports have it.
func (p *Parity) whyMissed(row *wholeRow, exported bool) string {
	s := p.s
	if t := row.when; t.ok && (s.HasFrom && t.time < s.From || s.HasTo && t.time >= s.To) {
		return "time window: outside of --from and --to"
	}
	v := p.view(row)
	switch {
	case !v.hunt && !v.address:
		return "no indicator: none of those given is in the columns that the hunt reads"
	case !exported:
		return "not exported: the exports do not have the row, or not as often"
	case !v.hunt && s.KQL:
		return "spelling: in and has_any do not see the indicator as the cell spells it"
	case !v.address && !s.KQL:
		return "term only: has_any sees the name inside another name or text"
	case v.other:
		return "port: the indicator has another one than the row, or the row none"
	case v.below:
		return "subdomain: the name is below a compromised site (--compromised exact)"
	}
	return "not read: the exports have the row, but it could not be matched there"
}

// A view is what the two ways to match see in the columns that the hunt reads.
type view struct {
	hunt    bool // the hunt's operators see an indicator
	address bool // matching by address and label sees one, whatever follows:
	other   bool // all that it sees have another port under PortStrict,
	below   bool // or some are below a compromised site
}

func (p *Parity) view(row *wholeRow) (v view) {
	s := p.s
	fits := false
	for _, q := range p.Table.KQL {
		cell, _ := row.row.Get(q.Column)
		k := p.Table.Key(q.Column)
		if q.HasAny {
			v.hunt = v.hunt || len(s.Indicators.HasAny([]byte(cell), nil)) > 0
		} else {
			v.hunt = v.hunt || len(s.Indicators.In(k.Kind, []byte(cell), nil)) > 0
		}
		text, _ := row.row.Get(k.Port)
		port := parsePort(text)
		for _, c := range s.Indicators.Match(k.Kind, []byte(cell), nil) {
			v.address = true
			for _, i := range s.Indicators.Indicators(c.Entry) {
				switch {
				case i.Type == ioc.IPPort && s.Ports == PortStrict && int(c.Port) != int(i.Port) && port != int(i.Port):
					v.other = true
				case i.Type == ioc.Domain && c.Sub && s.CompromisedExact && i.Compromised == 1:
					v.below = true
				default:
					fits = true
				}
			}
		}
	}
	if fits {
		v.other, v.below = false, false
	}
	return v
}
