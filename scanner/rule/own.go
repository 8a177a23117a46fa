package rule

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A Match is where a hit's indicator stood in the row.
type Match struct{ Column, Role, Value, Class string }

// own is a field of the hit itself rather than of its row.
type own uint8

const (
	notOwn own = iota
	ownType
	ownValue
	ownThreatType
	ownMalware
	ownConfidence
	ownFirstSeen
	ownLastSeen
	ownValidUntil
	ownCompromised
	ownTags
	ownFeeds
	ownClass
	ownColumn
	ownRole
	ownMatched
)

// ownFields are the names of the hit's own fields. They win over everything
// that a table defines.
var ownFields = []struct {
	name    string
	own     own
	compare table.Compare
}{
	{"indicator.type", ownType, table.CompareText},
	{"indicator.value", ownValue, compareIndicator},
	{"indicator.threat_type", ownThreatType, table.CompareText},
	{"indicator.malware", ownMalware, table.CompareText},
	{"indicator.confidence", ownConfidence, table.CompareNumber},
	{"indicator.first_seen", ownFirstSeen, table.CompareTime},
	{"indicator.last_seen", ownLastSeen, table.CompareTime},
	{"indicator.valid_until", ownValidUntil, table.CompareTime},
	{"indicator.compromised", ownCompromised, table.CompareText},
	{"indicator.tags", ownTags, table.CompareText},
	{"indicator.feeds", ownFeeds, table.ComparePath},
	{"match.class", ownClass, table.CompareText},
	{"match.column", ownColumn, table.CompareText},
	{"match.role", ownRole, table.CompareText},
	{"match.value", ownMatched, table.CompareName},
}

// ownWords are the only values that some of those fields can have, whoWords those that
// some of who can have.
var (
	ownWords = map[own][]string{
		ownType:        {"ip", "ip:port", "cidr", "domain", "url", "hash"},
		ownCompromised: {"true", "false"},
		ownClass:       {"url", "hash", "ip:port", "ip", "cidr", "ip-only", "domain", "subdomain", "term"},
	}
	whoWords = map[string][]string{
		"direction": {"outbound", "inbound", "internal", "unknown"},
		"outcome":   {"allowed", "blocked", "failed", "resolved", "not-resolved", "unknown"},
	}
)

// words are the values that an operand can have; nil where it may hold others.
func (o *operand) words() []string {
	if o.fn != NoFunc || len(o.at) != 1 {
		return nil
	}
	s := &o.at[0]
	if s.Func == table.WhoField {
		return whoWords[s.Column]
	}
	return ownWords[s.own]
}

// synonyms are other spellings of the hit's own fields.
var synonyms = map[string]string{"indicator.tag": "indicator.tags", "indicator.feed": "indicator.feeds"}

// ownField looks up a name of a hit's own field.
func ownField(name string) (source, bool) {
	name = strings.ToLower(name)
	if s, ok := synonyms[name]; ok {
		name = s
	}
	for _, f := range ownFields {
		if f.name == name {
			return source{Source: table.Source{Compare: f.compare}, own: f.own}, true
		}
	}
	return source{}, false
}

// ownNames are the names of ownFields, those of indicators alone if asked.
func ownNames(indicators bool) []string {
	var names []string
	for _, f := range ownFields {
		if f.own < ownClass || !indicators {
			names = append(names, f.name)
		}
	}
	return names
}

// count is how many values a field has in a hit.
func (f own) count(c *Context) int {
	switch {
	case f >= ownClass:
		return len(c.Matches)
	case c.Indicator == nil:
		return 0
	}
	switch f {
	case ownTags:
		return len(c.Indicator.Tags)
	case ownFeeds:
		return len(c.Indicator.Feeds)
	}
	return 1
}

// get reads the n-th of them. A hit's own field is never absent.
func (f own) get(c *Context, n int) (x cell, s state) {
	x = cell{table: c.Table, compare: ownFields[f-1].compare}
	if n < f.count(c) {
		f.read(c, n, &x)
	}
	if x.text == "" {
		return x, empty
	}
	return x, present
}

func (f own) read(c *Context, n int, x *cell) {
	i := c.Indicator
	date := func(d ioc.Date) {
		if !d.IsZero() {
			x.text, x.time, x.hasTime = d.String(), clock.FromStd(d.Time()), true
		}
	}
	switch f {
	case ownType:
		x.text = i.Type.String()
	case ownValue:
		x.text = i.Value
	case ownThreatType:
		x.text = i.ThreatType
	case ownMalware:
		x.text = i.Malware
	case ownConfidence:
		if i.Confidence >= 0 {
			x.text = strconv.Itoa(i.Confidence)
		}
	case ownFirstSeen:
		date(i.FirstSeen)
	case ownLastSeen:
		date(i.LastSeen)
	case ownValidUntil:
		date(i.ValidUntil)
	case ownCompromised:
		switch i.Compromised {
		case 0:
			x.text = "false"
		case 1:
			x.text = "true"
		}
	case ownTags:
		x.text = i.Tags[n]
	case ownFeeds:
		// The file alone: nobody means a line of it.
		x.text = i.Feeds[n]
		if at := strings.LastIndexByte(x.text, ':'); at > 0 {
			x.text = x.text[:at]
		}
	case ownClass:
		x.text = c.Matches[n].Class
	case ownColumn:
		x.text = c.Matches[n].Column
	case ownRole:
		x.text = c.Matches[n].Role
	case ownMatched:
		x.text = c.Matches[n].Value
	}
}

// indicatorEquals compares the value of an indicator: addresses and networks
// by the address in it, whatever its port; a network on the right holds
// everything inside it; a port on the right has to be the same; names by their
// normal form.
func indicatorEquals(value string, l *Literal) bool {
	if !l.addr.IsValid() && !l.prefix.IsValid() {
		if a, port, ok := ioc.ParseAddr([]byte(l.Text)); ok {
			b, other, ok := ioc.ParseAddr([]byte(value))
			return ok && a == b && port == other
		}
		return fold(value) == l.fold || sameName(fold(value), l.fold) || sameDomain(value, l.Text)
	}
	want := l.prefix
	if l.addr.IsValid() {
		want = wholePrefix(l.addr)
	}
	have, err := netip.ParsePrefix(value)
	ok := err == nil
	if a, isAddr := address(value); isAddr {
		have, ok = wholePrefix(a), true
	}
	return ok && want.Bits() <= have.Bits() && want.Contains(have.Addr())
}

func wholePrefix(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }
