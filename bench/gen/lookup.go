package gen

var dn = struct {
	tenant, system, time, computer, event, sub, client, name, query, addrs, result, code, task, message, malicious,
	threat, description, confidence, severity, country, lat, long, kind, resource int
}{
	tenant: col(dnsEvents, "TenantId"), system: col(dnsEvents, "SourceSystem"), time: col(dnsEvents, "TimeGenerated"),
	computer: col(dnsEvents, "Computer"), event: col(dnsEvents, "EventId"), sub: col(dnsEvents, "SubType"),
	client: col(dnsEvents, "ClientIP"), name: col(dnsEvents, "Name"), query: col(dnsEvents, "QueryType"),
	addrs: col(dnsEvents, "IPAddresses"), result: col(dnsEvents, "Result"), code: col(dnsEvents, "ResultCode"),
	task: col(dnsEvents, "TaskCategory"), message: col(dnsEvents, "Message"), malicious: col(dnsEvents, "MaliciousIP"),
	threat: col(dnsEvents, "IndicatorThreatType"), description: col(dnsEvents, "Description"),
	confidence: col(dnsEvents, "Confidence"), severity: col(dnsEvents, "Severity"), country: col(dnsEvents, "RemoteIPCountry"),
	lat: col(dnsEvents, "RemoteIPLatitude"), long: col(dnsEvents, "RemoteIPLongitude"),
	kind: col(dnsEvents, "Type"), resource: col(dnsEvents, "_ResourceId"),
}

// fillLookup makes a row of DnsEvents: mostly answered look-ups, some
// failures, a few dynamic registrations.
func fillLookup(m *maker, r *Row) {
	t := m.tick(1e4)
	r.str(dn.tenant, tenant)
	r.str(dn.system, "OpsManager")
	r.time(dn.time, t)
	r.str(dn.computer, m.pools.servers[m.skewed(len(m.pools.servers))])
	r.str(dn.kind, "DnsEvents")
	r.str(dn.resource, resource)
	host := m.host()
	r.str(dn.client, m.pools.inside[host])
	if m.chance(30) {
		r.num(dn.event, 519)
		r.str(dn.sub, "DynamicRegistration")
		r.str(dn.name, m.pools.hosts[host])
		r.copy(dn.addrs, dn.client)
		r.str(dn.query, "A")
		r.str(dn.task, "DYN_UPDATE")
		r.str(dn.message, "Dynamic update, \"secure\", zone corp.example")
		return
	}
	r.num(dn.event, 257)
	r.str(dn.sub, "LookupQuery")
	r.str(dn.task, "LOOK_UP")
	r.str(dn.query, [...]string{"A", "A", "A", "AAAA", "1", "28", "HTTPS", "PTR"}[m.n(8)])
	m.queryName(r, host)
	switch {
	case m.chance(120):
		r.num(dn.code, 3)
		r.str(dn.result, "NXDOMAIN")
		return
	case m.chance(10):
		r.num(dn.code, 2)
		r.str(dn.result, "SERVFAIL")
		return
	}
	r.num(dn.code, 0)
	r.str(dn.result, "Success")
	from := len(r.buf)
	for i := range 1 + m.skewed(6) {
		if i > 0 {
			r.buf = append(r.buf, ", "...)
		}
		r.buf = append(r.buf, m.public()...)
	}
	r.set(dn.addrs, from)
	if m.chance(2) { // what the service listed when the row arrived
		r.str(dn.malicious, "104.16.99.1")
		r.str(dn.threat, "Botnet")
		r.str(dn.description, "Seen in mail campaigns, \"low\" volume")
		r.str(dn.confidence, "75")
		r.num(dn.severity, 2)
		r.str(dn.country, "United States")
		r.real(dn.lat, 3775)
		r.real(dn.long, 9782)
	}
}

func (m *maker) queryName(r *Row, host int) {
	from := len(r.buf)
	switch k := m.n(100); {
	case k < 70:
		r.buf = append(r.buf, m.domain()...)
	case k < 80: // a name of its own for every look-up
		r.buf = append(append(m.fresh(r.buf), '.'), m.domain()...)
	case k < 90:
		r.buf = append(r.buf, m.pools.hosts[m.host()]...)
	case k < 94: // letters cased at random against forged answers
		for i, c := range []byte(m.domain()) {
			if 'a' <= c && c <= 'z' && i&1 == 0 {
				c -= 'a' - 'A'
			}
			r.buf = append(r.buf, c)
		}
	case k < 97:
		r.buf = append(append(r.buf, m.domain()...), '.')
	default:
		b := m.pools.inside[host]
		for end := len(b); end > 0; { // the four parts from the right
			i := end
			for i > 0 && b[i-1] != '.' {
				i--
			}
			r.buf = append(append(r.buf, b[i:end]...), '.')
			end = i - 1
		}
		r.buf = append(r.buf, "in-addr.arpa"...)
	}
	r.set(dn.name, from)
}
