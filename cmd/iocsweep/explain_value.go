package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// valueExplanation says how a value fares with a set of indicators. It is what
// explain --format json prints.
type valueExplanation struct {
	Value    string          `json:"value"`
	Refanged *string         `json:"refanged"` // null where the value was not defanged
	Forms    []valueForm     `json:"forms"`
	Matches  []valueMatch    `json:"matches"`
	Near     []nearMiss      `json:"near"`
	NearMore int             `json:"near_more"` // further near misses
	Hits     []valueHit      `json:"hits"`      // what lists do to hits on it; none without lists
	addr     netip.Addr      // as a log's cell
	name     string          // likewise, in normal form
	url      string          // likewise, "" without path or query
	cell     []byte          // the value, refanged
	kind     ioc.Kind        // as which it is matched
	by       map[string]int  // of Matches, by indicator
	kql      map[string]bool // indicators that the KQL operators return
	cands    []ioc.Candidate // of the strict match
}

// valueForm is one normal form, or what is known of it.
type valueForm struct {
	Form string `json:"form"`
	Text string `json:"text"`
}

// valueMatch is one indicator that matches in one of the two modes.
type valueMatch struct {
	Type   string   `json:"type"`
	Value  string   `json:"value"`
	Rule   string   `json:"rule"`
	Strict bool     `json:"strict"` // --match strict returns it
	KQL    bool     `json:"kql"`    // --match kql does, in a column that the hunt reads
	Mode   string   `json:"mode"`   // why the modes differ, "" where they agree
	Feeds  []string `json:"feeds"`
	Lists  []onList `json:"lists"` // what has it, of the allow and label lists given
}

type nearMiss struct {
	Type  string   `json:"type"`
	Value string   `json:"value"`
	Kind  string   `json:"kind"`
	Why   string   `json:"why"`
	Feeds []string `json:"feeds"`
}

// maxNear is how many near misses are listed.
const maxNear = 20

func explainValue(value string, set *ioc.Set) *valueExplanation {
	e := &valueExplanation{Value: value, Forms: []valueForm{}, Matches: []valueMatch{}, Near: []nearMiss{}, Hits: []valueHit{},
		by: map[string]int{}, kql: map[string]bool{}}
	// What is pasted here often comes from a report, where it is defanged.
	if refanged := ioc.Refang(value); refanged != value {
		e.Refanged = &refanged
		value = refanged
	}
	e.cell = []byte(value)
	e.normal()
	e.match(set)
	skip := func(i *ioc.Indicator) bool { _, ok := e.by[matchKey(i)]; return ok }
	for i := range set.All() {
		if i.Type != ioc.URL || skip(&i) {
			continue
		}
		why := nearURL(i.Value, cmp.Or(e.url, urlOfHost(e.addr, e.name)))
		switch {
		case why == "":
		case len(e.Near) == maxNear:
			e.NearMore++
		default:
			e.Near = append(e.Near, nearMiss{i.Type.String(), i.Value, "url", why, feedsOf(&i)})
		}
	}
	near, more := set.Near(e.addr, e.name, skip, maxNear-len(e.Near))
	for _, n := range near {
		i := &n.Indicator
		e.Near = append(e.Near, nearMiss{i.Type.String(), i.Value, n.Kind.String(), n.Why(), feedsOf(i)})
	}
	e.NearMore += more
	return e
}

func matchKey(i *ioc.Indicator) string { return i.Type.String() + " " + i.Value }

func feedsOf(i *ioc.Indicator) []string { return append([]string{}, i.Feeds...) }

// normal finds out what the value is and lists its forms.
func (e *valueExplanation) normal() {
	form := func(name, text string) {
		if text != "" {
			e.Forms = append(e.Forms, valueForm{name, text})
		}
	}
	addr, port, isAddr := ioc.ParseAddr(e.cell)
	host, hasHost := ioc.AppendHost(nil, e.cell)
	name, isName := ioc.AppendDomain(nil, e.cell)
	e.kind = ioc.KindURL
	switch {
	case isHash(string(e.cell)):
		e.kind = ioc.KindHash
		form("as a hash", algorithm(string(e.cell))+" "+strings.ToLower(string(e.cell)))
		return
	case isAddr:
		e.addr = addr
		form("as an address", addr.String()+portText(port))
	case hasHost && host.Addr.IsValid():
		e.addr = host.Addr
		form("host of a URL", host.Addr.String()+portText(host.Port))
	case isName:
		e.name = string(name)
		form("as a name", e.name)
	case hasHost:
		e.name = string(host.Name)
		form("host of a URL", e.name+portText(host.Port))
	default:
		e.kind = ioc.KindText
		form("as text", "neither an address nor a name: what stands in it is looked for")
	}
	e.url = urlForm(e.cell)
	form("as a URL", e.url)
	if e.addr.IsValid() {
		form("set aside for", ioc.Special(e.addr))
		form("its network", ioc.Neighbours(e.addr).String())
	}
	if e.name == "" {
		return
	}
	if u, err := idna.Punycode.ToUnicode(e.name); err == nil && u != e.name {
		form("in Unicode", u)
	}
	form("registrable", ioc.Registrable(e.name))
	if suffix, _ := publicsuffix.PublicSuffix(e.name); suffix == e.name {
		form("public suffix", "the name is one: everyone's names lie below it")
	}
}

// match looks the value up in both modes.
func (e *valueExplanation) match(set *ioc.Set) {
	e.cands = set.Match(e.kind, e.cell, nil)
	kql := set.HasAny(e.cell, set.In(e.kind, e.cell, nil))
	for _, c := range kql {
		for _, i := range set.Indicators(c.Entry) {
			e.kql[matchKey(i)] = true
		}
	}
	for _, c := range e.cands {
		for _, i := range set.Indicators(c.Entry) {
			if _, done := e.by[matchKey(i)]; done {
				continue // text may hold it twice
			}
			m := valueMatch{Type: i.Type.String(), Value: i.Value, Rule: e.ruleOf(i, c), Strict: true, KQL: e.kql[matchKey(i)], Feeds: feedsOf(i)}
			if !m.KQL {
				m.Mode = blindKQL(i, c)
			}
			e.add(i, m)
		}
	}
	for _, c := range kql {
		for _, i := range set.Indicators(c.Entry) {
			if _, done := e.by[matchKey(i)]; done {
				continue
			}
			e.add(i, valueMatch{Type: i.Type.String(), Value: i.Value, Rule: "term: has_any finds it between signs that are neither letter nor digit",
				KQL: true, Mode: "the name is not the indicator's and not below it", Feeds: feedsOf(i)})
		}
	}
}

func (e *valueExplanation) add(i *ioc.Indicator, m valueMatch) {
	e.by[matchKey(i)] = len(e.Matches)
	m.Lists = []onList{}
	e.Matches = append(e.Matches, m)
}

// ruleOf says by which rule a candidate matches, class first.
func (e *valueExplanation) ruleOf(i *ioc.Indicator, c ioc.Candidate) string {
	switch i.Type {
	case ioc.URL:
		return whyURL(i.Value, e.url)
	case ioc.Hash:
		return "hash: the same file"
	case ioc.Domain:
		if c.Sub {
			return "subdomain: ends in the indicator at a label boundary"
		}
		return "domain: the same name"
	case ioc.CIDR:
		return "cidr: the address lies in the network"
	case ioc.IPPort:
		switch {
		case c.Port < 0:
			return "ip:port where the row has that port, else ip-only, which --port-match strict leaves out"
		case int(c.Port) == int(i.Port):
			return "ip:port: address and port agree"
		}
		return fmt.Sprintf("ip-only: the same address, but the port is %d, not %d; --port-match strict leaves it out", c.Port, i.Port)
	}
	return "ip: the same address"
}

// blindKQL says why the KQL operators do not see what strict matching sees.
func blindKQL(i *ioc.Indicator, c ioc.Candidate) string {
	switch i.Type {
	case ioc.URL:
		return "the hunts look for addresses, names and hashes alone"
	case ioc.Hash:
		return "in compares whole texts, and this is not the hash in lower case alone"
	case ioc.CIDR:
		return "the hunts' in compares with single addresses, not with networks"
	case ioc.Domain:
		return "has_any compares text, and this is another spelling"
	}
	if c.Port >= 0 {
		return "in compares whole texts, and this one has a port"
	}
	return "in compares texts, and this is another spelling of the address"
}

func (e *valueExplanation) text() string {
	var b strings.Builder
	line := func(name, text string) { fmt.Fprintf(&b, "  %-17s %s\n", name, text) }
	fmt.Fprintf(&b, "%s\n", scanner.Printable(e.Value))
	if e.Refanged != nil {
		line("refanged", scanner.Printable(*e.Refanged)+" (log cells are not refanged: they are taken as they are)")
	}
	for _, f := range e.Forms {
		line(f.Form, scanner.Printable(f.Text))
	}
	strict := 0
	for _, m := range e.Matches {
		what := fmt.Sprintf("%s %s: %s%s", m.Type, scanner.Printable(m.Value), m.Rule, origin(m.Feeds))
		switch {
		case !m.Strict:
			line("only --match kql", what)
			line("", "not strict: "+m.Mode)
		case !m.KQL:
			line("matches", what)
			line("", "not with --match kql: "+m.Mode)
		default:
			line("matches", what)
		}
		if m.Strict {
			strict++
		}
		for _, l := range m.Lists {
			line(l.Use+" list", l.text())
		}
	}
	if strict == 0 {
		b.WriteString("  matches nothing\n")
	}
	for _, h := range e.Hits {
		line("a hit", h.text())
	}
	for _, n := range e.Near {
		line("near miss", fmt.Sprintf("%s %s: %s%s", n.Type, scanner.Printable(n.Value), n.Why, origin(n.Feeds)))
	}
	if e.NearMore > 0 {
		line("", "… and "+number(e.NearMore)+" more")
	}
	return b.String()
}

func portText(port int) string {
	if port < 0 {
		return ""
	}
	return fmt.Sprintf(", port %d", port)
}

func origin(feeds []string) string {
	if len(feeds) == 0 {
		return ""
	}
	return " (" + scanner.Printable(strings.Join(feeds, ", ")) + ")"
}
