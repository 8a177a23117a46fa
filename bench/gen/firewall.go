package gen

import "strconv"

var fw = struct {
	tenant, system, time, vendor, product, class, severity, original, action, simplified, computer,
	direction, facility, dstPort, dst, devName, message, protocol, srcPort, src, remote, remotePort,
	version, activity, app, count, dstDomain, dstNat, dstNatPort, inIf, outIf, dstHost,
	received, sent, url, agent, context, method, srcHost, srcNat, srcNatPort, srcUser, v6src, v6srcLabel,
	v6dst, v6dstLabel, cn1, cn1Label, extensions, start, end, kind, resource int
	cs, csLabel [6]int
}{
	tenant: col(commonSecurityLog, "TenantId"), system: col(commonSecurityLog, "SourceSystem"),
	time:   col(commonSecurityLog, "TimeGenerated"),
	vendor: col(commonSecurityLog, "DeviceVendor"), product: col(commonSecurityLog, "DeviceProduct"),
	class: col(commonSecurityLog, "DeviceEventClassID"), severity: col(commonSecurityLog, "LogSeverity"),
	original: col(commonSecurityLog, "OriginalLogSeverity"), action: col(commonSecurityLog, "DeviceAction"),
	simplified: col(commonSecurityLog, "SimplifiedDeviceAction"), computer: col(commonSecurityLog, "Computer"),
	direction: col(commonSecurityLog, "CommunicationDirection"), facility: col(commonSecurityLog, "DeviceFacility"),
	dstPort: col(commonSecurityLog, "DestinationPort"), dst: col(commonSecurityLog, "DestinationIP"),
	devName: col(commonSecurityLog, "DeviceName"),
	message: col(commonSecurityLog, "Message"), protocol: col(commonSecurityLog, "Protocol"),
	srcPort: col(commonSecurityLog, "SourcePort"), src: col(commonSecurityLog, "SourceIP"),
	remote: col(commonSecurityLog, "RemoteIP"), remotePort: col(commonSecurityLog, "RemotePort"),
	version: col(commonSecurityLog, "DeviceVersion"), activity: col(commonSecurityLog, "Activity"),
	app: col(commonSecurityLog, "ApplicationProtocol"), count: col(commonSecurityLog, "EventCount"),
	dstDomain: col(commonSecurityLog, "DestinationDnsDomain"),
	dstNat:    col(commonSecurityLog, "DestinationTranslatedAddress"), dstNatPort: col(commonSecurityLog, "DestinationTranslatedPort"),
	inIf: col(commonSecurityLog, "DeviceInboundInterface"), outIf: col(commonSecurityLog, "DeviceOutboundInterface"),
	dstHost:  col(commonSecurityLog, "DestinationHostName"),
	received: col(commonSecurityLog, "ReceivedBytes"), sent: col(commonSecurityLog, "SentBytes"),
	url: col(commonSecurityLog, "RequestURL"), agent: col(commonSecurityLog, "RequestClientApplication"),
	context: col(commonSecurityLog, "RequestContext"), method: col(commonSecurityLog, "RequestMethod"),
	srcHost: col(commonSecurityLog, "SourceHostName"),
	srcNat:  col(commonSecurityLog, "SourceTranslatedAddress"), srcNatPort: col(commonSecurityLog, "SourceTranslatedPort"),
	srcUser: col(commonSecurityLog, "SourceUserName"),
	v6src:   col(commonSecurityLog, "DeviceCustomIPv6Address2"), v6srcLabel: col(commonSecurityLog, "DeviceCustomIPv6Address2Label"),
	v6dst: col(commonSecurityLog, "DeviceCustomIPv6Address3"), v6dstLabel: col(commonSecurityLog, "DeviceCustomIPv6Address3Label"),
	cn1: col(commonSecurityLog, "DeviceCustomNumber1"), cn1Label: col(commonSecurityLog, "DeviceCustomNumber1Label"),
	extensions: col(commonSecurityLog, "AdditionalExtensions"), start: col(commonSecurityLog, "StartTime"),
	end: col(commonSecurityLog, "EndTime"), kind: col(commonSecurityLog, "Type"), resource: col(commonSecurityLog, "_ResourceId"),
	cs: [6]int{
		col(commonSecurityLog, "DeviceCustomString1"), col(commonSecurityLog, "DeviceCustomString2"), col(commonSecurityLog, "DeviceCustomString3"),
		col(commonSecurityLog, "DeviceCustomString4"), col(commonSecurityLog, "DeviceCustomString5"), col(commonSecurityLog, "DeviceCustomString6"),
	},
	csLabel: [6]int{
		col(commonSecurityLog, "DeviceCustomString1Label"), col(commonSecurityLog, "DeviceCustomString2Label"), col(commonSecurityLog, "DeviceCustomString3Label"),
		col(commonSecurityLog, "DeviceCustomString4Label"), col(commonSecurityLog, "DeviceCustomString5Label"), col(commonSecurityLog, "DeviceCustomString6Label"),
	},
}

const (
	tenant   = "5f1c9c34-7a0e-4d7b-9f62-3b0a6f1e2d58"
	resource = "/subscriptions/2b7c1f60-51aa-4a0f-8d55-90e1a4c3b7d2/resourcegroups/rg-logs/providers/microsoft.compute/virtualmachines/cef-01"
)

// fillFirewall makes a row of CommonSecurityLog: one of five products, each
// with the columns that it fills in reality.
func fillFirewall(m *maker, r *Row) {
	t := m.tick(1e4) // the portal exports milliseconds
	r.str(fw.tenant, tenant)
	r.str(fw.system, "OpsManager")
	r.time(fw.time, t)
	r.str(fw.kind, "CommonSecurityLog")
	r.str(fw.resource, resource)

	host := m.host()
	inside, outside := m.pools.inside[host], m.public()
	allowed := !m.chance(150)
	switch k := m.n(100); {
	case k < 10: // someone outside knocks
		r.str(fw.src, outside)
		r.str(fw.dst, inside)
		r.str(fw.direction, "0")
		allowed = m.chance(200)
	case k < 25: // within the company
		r.str(fw.src, inside)
		r.str(fw.dst, m.pools.inside[m.host()])
	default:
		r.str(fw.src, inside)
		r.str(fw.dst, outside)
		r.str(fw.direction, "1")
	}
	r.num(fw.srcPort, m.port())
	r.num(fw.dstPort, m.service())
	switch k := m.n(100); {
	case k < 45:
		m.paloAlto(r, t, allowed)
	case k < 65:
		m.fortigate(r, t, host, allowed)
	case k < 80:
		m.asa(r, allowed)
	case k < 96:
		m.proxy(r, host, allowed)
	default:
		m.mailGateway(r, host)
	}
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func (m *maker) paloAlto(r *Row, t int64, allowed bool) {
	r.str(fw.vendor, "Palo Alto Networks")
	r.str(fw.product, "PAN-OS")
	r.str(fw.version, "11.1.4")
	r.str(fw.class, pick(allowed, "end", "deny"))
	r.str(fw.severity, "3")
	r.str(fw.original, "3")
	r.str(fw.action, pick(allowed, "allow", "deny"))
	r.str(fw.simplified, pick(allowed, "Allow", "Deny"))
	r.str(fw.computer, "fw-edge-01")
	r.str(fw.devName, "fw-edge-01")
	r.str(fw.facility, "user")
	r.str(fw.activity, "TRAFFIC")
	r.str(fw.protocol, pick(m.chance(850), "tcp", "udp"))
	r.str(fw.app, [...]string{"ssl", "web-browsing", "dns", "ms-office365-base", "incomplete", "ntp"}[m.n(6)])
	r.num(fw.count, 1)
	r.copy(fw.remote, fw.dst)
	r.copy(fw.remotePort, fw.dstPort)
	r.str(fw.inIf, "ethernet1/2")
	r.str(fw.outIf, "ethernet1/1")
	r.str(fw.srcNat, "204.13.7.4")
	r.num(fw.srcNatPort, m.port())
	r.copy(fw.dstNat, fw.dst)
	r.copy(fw.dstNatPort, fw.dstPort)
	r.num(fw.received, int64(m.skewed(1<<24)))
	r.num(fw.sent, int64(m.skewed(1<<20)))
	r.num(fw.cn1, int64(m.n(1<<20)))
	r.str(fw.cn1Label, "SessionID")
	for i, s := range [...][2]string{
		{[...]string{"allow-web", "allow-dns", "default deny", "guest, \"cafe\""}[m.n(4)], "Rule"}, {"any", "URL Category"},
		{"trust", "Source Zone"}, {"untrust", "Destination Zone"}, {"default", "Log Profile"}, {"vsys1", "Virtual System"},
	} {
		r.str(fw.cs[i], s[0])
		r.str(fw.csLabel[i], s[1])
	}
	from := len(r.buf)
	r.buf = append(r.buf, "PanOSDstPackets="...)
	r.buf = strconv.AppendInt(r.buf, int64(m.n(900)), 10)
	r.buf = append(r.buf, ";PanOSSessionEndReason="...)
	r.buf = append(r.buf, pick(allowed, "tcp-fin", "policy-deny")...)
	r.buf = append(r.buf, ";PanOSSourceLocation=10.0.0.0-10.255.255.255;PanOSActionFlags=0x400000000000;start="...)
	r.buf = strconv.AppendInt(r.buf, t/1e4, 10)
	r.set(fw.extensions, from)
	r.time(fw.start, t-int64(m.n(60))*ticksPerSecond)
	r.copy(fw.end, fw.time)
}

func (m *maker) fortigate(r *Row, t int64, host int, allowed bool) {
	r.str(fw.vendor, "Fortinet")
	r.str(fw.product, "Fortigate")
	r.str(fw.version, "v7.4.7")
	r.str(fw.class, pick(allowed, "00013", "00014"))
	r.str(fw.severity, "3")
	r.str(fw.action, pick(allowed, "accept", "deny"))
	r.str(fw.simplified, pick(allowed, "Accept", "Deny"))
	r.str(fw.computer, "10.0.0.1")
	r.str(fw.devName, "FGT-BRANCH")
	r.str(fw.activity, "traffic:forward "+pick(allowed, "close", "deny"))
	r.str(fw.protocol, pick(m.chance(850), "6", "17"))
	r.str(fw.app, [...]string{"HTTPS", "DNS", "HTTP", "NTP"}[m.n(4)])
	r.str(fw.inIf, "internal3")
	r.str(fw.outIf, "wan1")
	r.num(fw.received, int64(m.skewed(1<<24)))
	r.num(fw.sent, int64(m.skewed(1<<20)))
	r.str(fw.srcHost, m.pools.hosts[host])
	from := len(r.buf)
	r.buf = append(r.buf, "cat=traffic:forward;FTNTFGTlevel=notice;FTNTFGTpolicyid="...)
	r.buf = strconv.AppendInt(r.buf, int64(m.n(40)), 10)
	r.buf = append(r.buf, `;FTNTFGTpolicyname="lan, to wan";FTNTFGTduration=`...)
	r.buf = strconv.AppendInt(r.buf, int64(m.n(600)), 10)
	r.buf = append(r.buf, ";FTNTFGTeventtime="...)
	r.buf = strconv.AppendInt(r.buf, t*100, 10)
	r.set(fw.extensions, from)
}

func (m *maker) asa(r *Row, allowed bool) {
	r.str(fw.vendor, "Cisco")
	r.str(fw.product, "ASA")
	r.str(fw.class, pick(allowed, "302013", "106023"))
	r.str(fw.severity, pick(allowed, "6", "4"))
	r.str(fw.action, pick(allowed, "Built", "Deny"))
	r.str(fw.simplified, pick(allowed, "Allow", "Deny"))
	r.str(fw.computer, "asa-dc")
	r.str(fw.facility, "local4")
	r.str(fw.protocol, pick(m.chance(850), "TCP", "UDP"))
	r.str(fw.activity, pick(allowed, "Built outbound connection", "Deny by access-group"))
	from := len(r.buf)
	if allowed {
		r.buf = append(r.buf, "Built outbound TCP connection "...)
		r.buf = strconv.AppendInt(r.buf, int64(m.n(1<<24)), 10)
		r.buf = append(r.buf, " for outside:"...)
	} else {
		r.buf = append(r.buf, `Deny tcp by access-group "OUTSIDE_IN", [0x0, 0x0] dst outside:`...)
	}
	r.buf = append(r.buf, r.Cell(fw.dst)...)
	r.buf = append(append(r.buf, '/'), r.Cell(fw.dstPort)...)
	r.buf = append(append(r.buf, " to inside:"...), r.Cell(fw.src)...)
	r.buf = append(append(r.buf, '/'), r.Cell(fw.srcPort)...)
	r.set(fw.message, from)
	r.str(fw.v6srcLabel, "Source IPv6 Address")
	r.str(fw.v6dstLabel, "Destination IPv6 Address")
	if m.chance(40) {
		r.str(fw.v6src, "fe80::1")
		r.str(fw.v6dst, "2001:DB8::A0")
	}
}

func (m *maker) proxy(r *Row, host int, allowed bool) {
	r.str(fw.vendor, "Zscaler")
	r.str(fw.product, "NSSWeblog")
	r.str(fw.version, "5.7")
	r.str(fw.class, pick(allowed, "Allowed", "Blocked"))
	r.str(fw.severity, "3")
	r.str(fw.action, pick(allowed, "Allowed", "Blocked"))
	r.str(fw.simplified, pick(allowed, "Allow", "Deny"))
	r.str(fw.computer, "nss-01")
	r.str(fw.activity, pick(allowed, "Allowed", "Not allowed to browse this category"))
	r.str(fw.app, "HTTPS")
	r.str(fw.method, pick(m.chance(800), "GET", "POST"))
	r.str(fw.agent, m.pools.agents[m.n(len(m.pools.agents))])
	r.str(fw.srcHost, m.pools.hosts[host])
	from := len(r.buf)
	r.buf = append(append(r.buf, m.pools.users[host]...), "@corp.example"...)
	r.set(fw.srcUser, from)
	name := m.domain()
	r.str(fw.dstHost, name)
	r.num(fw.received, int64(m.skewed(1<<24)))
	r.num(fw.sent, int64(m.skewed(1<<20)))
	from = len(r.buf)
	if !m.chance(300) { // this product leaves the scheme out
		r.buf = append(r.buf, "https://"...)
	}
	r.buf = append(append(r.buf, name...), '/')
	r.buf = m.fresh(append(r.buf, [...]string{"index.html?s=", "api/v2/items/", "s/", "collect?tid=UA-1,2&u="}[m.n(4)]...))
	r.set(fw.url, from)
	if m.chance(400) {
		from = len(r.buf)
		r.buf = append(append(append(r.buf, "https://"...), m.domain()...), '/')
		r.set(fw.context, from)
	}
	r.str(fw.cs[0], "General Surfing")
	r.str(fw.csLabel[0], "urlsupercat")
}

// mailGateway rows have what breaks naive splitters: lines and quotes in a cell.
func (m *maker) mailGateway(r *Row, host int) {
	r.str(fw.vendor, "Cisco")
	r.str(fw.product, "C100V Email Security Virtual Appliance")
	r.str(fw.version, "15.0")
	r.str(fw.class, "ESA_CONSOLIDATED_LOG_EVENT")
	r.str(fw.severity, "5")
	r.str(fw.action, "DELIVERED")
	r.str(fw.computer, "esa-01")
	r.str(fw.activity, "Consolidated Log Event")
	r.str(fw.protocol, "tcp")
	from := len(r.buf)
	r.buf = append(append(r.buf, m.pools.users[host]...), "@corp.example"...)
	r.set(fw.srcUser, from)
	from = len(r.buf)
	r.buf = append(r.buf, "Subject: \"Offer, no. "...)
	r.buf = strconv.AppendInt(r.buf, int64(m.n(9000)), 10)
	r.buf = append(r.buf, "\"\r\nFrom: \"Sales, EMEA\" <sales@"...)
	r.buf = append(r.buf, m.domain()...)
	r.buf = append(r.buf, ">\nVerdict: clean, \"\"no url\"\"\n"...)
	r.set(fw.message, from)
}
