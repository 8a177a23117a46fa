package gen

import "strconv"

var ep = struct {
	time, id, name, action, remote, remotePort, url, local, localPort, protocol, localType, remoteType,
	sha1, file, size, company, product, version, internal, original, description, pid, cmd, created, folder,
	parent, parentPid, parentCreated, domain, user, sid, upn, integrity, elevation, report, fields, session, remoteSession, rdpName, rdp, group int
}{
	time: col(deviceNetworkEvents, "Timestamp"), id: col(deviceNetworkEvents, "DeviceId"), name: col(deviceNetworkEvents, "DeviceName"),
	action: col(deviceNetworkEvents, "ActionType"), remote: col(deviceNetworkEvents, "RemoteIP"), remotePort: col(deviceNetworkEvents, "RemotePort"),
	url: col(deviceNetworkEvents, "RemoteUrl"), local: col(deviceNetworkEvents, "LocalIP"), localPort: col(deviceNetworkEvents, "LocalPort"),
	protocol: col(deviceNetworkEvents, "Protocol"), localType: col(deviceNetworkEvents, "LocalIPType"), remoteType: col(deviceNetworkEvents, "RemoteIPType"),
	sha1: col(deviceNetworkEvents, "InitiatingProcessSHA1"),
	file: col(deviceNetworkEvents, "InitiatingProcessFileName"), size: col(deviceNetworkEvents, "InitiatingProcessFileSize"),
	company:  col(deviceNetworkEvents, "InitiatingProcessVersionInfoCompanyName"),
	product:  col(deviceNetworkEvents, "InitiatingProcessVersionInfoProductName"),
	version:  col(deviceNetworkEvents, "InitiatingProcessVersionInfoProductVersion"),
	internal: col(deviceNetworkEvents, "InitiatingProcessVersionInfoInternalFileName"),
	original: col(deviceNetworkEvents, "InitiatingProcessVersionInfoOriginalFileName"), description: col(deviceNetworkEvents, "InitiatingProcessVersionInfoFileDescription"),
	pid: col(deviceNetworkEvents, "InitiatingProcessId"), cmd: col(deviceNetworkEvents, "InitiatingProcessCommandLine"),
	created: col(deviceNetworkEvents, "InitiatingProcessCreationTime"), folder: col(deviceNetworkEvents, "InitiatingProcessFolderPath"),
	parent: col(deviceNetworkEvents, "InitiatingProcessParentFileName"), parentPid: col(deviceNetworkEvents, "InitiatingProcessParentId"),
	parentCreated: col(deviceNetworkEvents, "InitiatingProcessParentCreationTime"), domain: col(deviceNetworkEvents, "InitiatingProcessAccountDomain"),
	user: col(deviceNetworkEvents, "InitiatingProcessAccountName"), sid: col(deviceNetworkEvents, "InitiatingProcessAccountSid"),
	upn: col(deviceNetworkEvents, "InitiatingProcessAccountUpn"), integrity: col(deviceNetworkEvents, "InitiatingProcessIntegrityLevel"),
	elevation: col(deviceNetworkEvents, "InitiatingProcessTokenElevation"), report: col(deviceNetworkEvents, "ReportId"),
	fields: col(deviceNetworkEvents, "AdditionalFields"), session: col(deviceNetworkEvents, "InitiatingProcessSessionId"),
	remoteSession: col(deviceNetworkEvents, "IsInitiatingProcessRemoteSession"), rdpName: col(deviceNetworkEvents, "InitiatingProcessRemoteSessionDeviceName"),
	rdp: col(deviceNetworkEvents, "InitiatingProcessRemoteSessionIP"), group: col(deviceNetworkEvents, "MachineGroup"),
}

type program struct{ file, folder, cmd, company, product, parent string }

var programs = [...]program{
	{"svchost.exe", `c:\windows\system32\svchost.exe`, `svchost.exe -k NetworkService -p -s Dnscache`, "Microsoft Corporation", "Microsoft® Windows® Operating System", "services.exe"},
	{"msedge.exe", `c:\program files (x86)\microsoft\edge\application\msedge.exe`, `"msedge.exe" --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-US --service-sandbox-type=none --mojo-platform-channel-handle=2272 /prefetch:3`, "Microsoft Corporation", "Microsoft Edge", "explorer.exe"},
	{"chrome.exe", `c:\program files\google\chrome\application\chrome.exe`, `"chrome.exe" --type=utility --utility-sub-type=network.mojom.NetworkService --lang=de --field-trial-handle=1936,i,1234 --variations-seed-version`, "Google LLC", "Google Chrome", "explorer.exe"},
	{"teams.exe", `c:\program files\windowsapps\msteams\ms-teams.exe`, `"ms-teams.exe" msteams:system-initiated`, "Microsoft Corporation", "Microsoft Teams", "explorer.exe"},
	{"outlook.exe", `c:\program files\microsoft office\root\office16\outlook.exe`, `"OUTLOOK.EXE" `, "Microsoft Corporation", "Microsoft Outlook", "explorer.exe"},
	{"powershell.exe", `c:\windows\system32\windowspowershell\v1.0\powershell.exe`, `powershell.exe -NoProfile -Command "Invoke-WebRequest -Uri 'https://update.corp.example/a,b' | Out-Null"`, "Microsoft Corporation", "Microsoft® Windows® Operating System", "cmd.exe"},
	{"curl", "/usr/bin/curl", "curl -fsS https://mirror.corp.example/repo/key.gpg", "", "", "bash"},
	{"python3.12", "/usr/bin/python3.12", "/usr/bin/python3 /opt/agent/run.py --once", "", "", "systemd"},
	{"sshd", "/usr/sbin/sshd", "sshd: user0007 [priv]", "", "", "sshd"},
	{"mdatp", "/opt/microsoft/mdatp/sbin/wdavdaemon", "/opt/microsoft/mdatp/sbin/wdavdaemon edr 16 15 --log_level info", "", "", "wdavdaemon"},
}

// fillEndpoint makes a row of DeviceNetworkEvents.
func fillEndpoint(m *maker, r *Row) {
	host := m.host()
	t := m.tick(1)
	r.time(ep.time, t)
	from := len(r.buf)
	r.buf = append(r.buf, m.pools.sha1[host]...)
	r.set(ep.id, from)
	r.str(ep.name, m.pools.hosts[host])
	r.str(ep.local, m.pools.inside[host])
	r.num(ep.localPort, m.port())
	r.num(ep.report, int64(m.n(1<<20)))
	r.str(ep.group, "main")
	switch k := m.n(100); {
	case k < 82:
		m.connection(r, host, t)
	case k < 92:
		m.dnsInspected(r, []byte(m.domain()), false, m.domain(), m.public(), m.public())
	case k < 95:
		m.httpInspected(r, m.domain(), "/connecttest.txt")
	case k < 98:
		m.tlsInspected(r, m.domain())
	default:
		m.inspected(r, "NetworkSignatureInspected", m.public(), 80)
		r.str(ep.fields, `{"SignatureName":"HTTP_Client","SignatureMatchedContent":"GET%20/x%2Cy","SamplePacketContent":"[\"GET \\/x HTTP\\/1.1\\r\\n\"]"}`)
	}
}

// connection sets what the sensor of a host writes of connections that it sees being made.
func (m *maker) connection(r *Row, host int, t int64) {
	p := &programs[m.skewed(len(programs))]
	outside := m.public()
	r.str(ep.remote, outside)
	r.str(ep.remoteType, "Public")
	r.num(ep.remotePort, m.service())
	r.str(ep.protocol, "Tcp")
	r.str(ep.localType, "Private")
	switch k := m.n(100); {
	case k < 68:
		r.str(ep.action, "ConnectionSuccess")
	case k < 77:
		r.str(ep.action, "ConnectionFailed")
	case k < 83:
		r.str(ep.action, "ConnectionRequest")
	case k < 92:
		r.str(ep.action, "InboundConnectionAccepted")
		r.str(ep.remote, m.pools.inside[m.host()])
		r.str(ep.remoteType, "Private")
	case k < 95:
		r.str(ep.action, "ListeningConnectionCreated")
		r.null(ep.remote)
		r.null(ep.remotePort)
		r.null(ep.remoteType)
	default: // written for IPv4 sockets opened as IPv6 ones
		r.str(ep.action, "ConnectionFound")
		from := len(r.buf)
		r.buf = append(append(r.buf, "::ffff:"...), "10.20.30.40"...)
		r.set(ep.remote, from)
		r.str(ep.remoteType, "FourToSixMapping")
		from = len(r.buf)
		r.buf = append(append(r.buf, "::ffff:"...), m.pools.inside[host]...)
		r.set(ep.local, from)
		r.str(ep.localType, "FourToSixMapping")
	}
	if m.chance(400) && len(r.Cell(ep.remote)) != 0 {
		from := len(r.buf)
		switch m.n(4) {
		case 0:
			r.buf = append(append(r.buf, "https://"...), m.domain()...)
		case 1:
			r.buf = append(append(append(r.buf, "https://"...), m.domain()...), '/')
			r.buf = m.fresh(r.buf)
		default:
			r.buf = append(r.buf, m.domain()...)
		}
		r.set(ep.url, from)
	}
	m.process(r, p, host, t)
}

// process sets the program that made a connection, and whose it is.
func (m *maker) process(r *Row, p *program, host int, t int64) {
	r.str(ep.sha1, m.sum())
	r.str(ep.file, p.file)
	r.num(ep.size, int64(20000+m.skewed(1<<25)))
	r.num(ep.pid, int64(400+m.n(30000)))
	r.str(ep.cmd, p.cmd)
	r.time(ep.created, t-int64(m.n(1<<30))*1000)
	r.str(ep.folder, p.folder)
	r.str(ep.parent, p.parent)
	r.num(ep.parentPid, int64(4+m.n(2000)))
	r.time(ep.parentCreated, t-int64(1<<30+m.n(1<<30))*2000)
	if p.company == "" {
		r.str(ep.user, "root")
		r.str(ep.fields, `{"InitiatingProcessPosixEffectiveUser":{"Name":"root","PosixUserId":0},"InitiatingProcessPosixProcessGroupId":812}`)
		return
	}
	r.str(ep.company, p.company)
	r.str(ep.product, p.product)
	r.str(ep.version, "10.0.26100.4061")
	r.str(ep.original, p.file)
	r.str(ep.internal, p.file)
	r.str(ep.description, p.product)
	r.str(ep.domain, "corp")
	r.str(ep.user, m.pools.users[host])
	from := len(r.buf)
	r.buf = append(append(r.buf, "S-1-5-21-1004336348-1177238915-682003330-"...), '1')
	r.buf = strconv.AppendInt(r.buf, int64(host), 10)
	r.set(ep.sid, from)
	from = len(r.buf)
	r.buf = append(append(r.buf, m.pools.users[host]...), "@corp.example"...)
	r.set(ep.upn, from)
	r.str(ep.integrity, "Medium")
	r.str(ep.elevation, "TokenElevationTypeDefault")
	r.num(ep.session, 1)
	r.str(ep.remoteSession, "false")
	if m.chance(500) {
		r.str(ep.fields, "{}")
	}
	if m.chance(20) {
		r.str(ep.remoteSession, "true")
		other := m.host()
		r.str(ep.rdpName, m.pools.hosts[other])
		r.str(ep.rdp, m.pools.inside[other])
	}
}

// inspected begins a row that the network sensor wrote: without process,
// protocol or kinds of address.
func (m *maker) inspected(r *Row, action, remote string, port int64) {
	for c := range r.cells {
		switch c {
		case ep.time, ep.id, ep.name, ep.local, ep.localPort, ep.report, ep.group:
		default:
			r.null(c)
		}
	}
	r.str(ep.action, action)
	r.str(ep.remote, remote)
	r.num(ep.remotePort, port)
	r.num(ep.pid, 0)
}

// dnsInspected sets a look-up seen on the wire. The answers are a JSON array
// as text within the JSON text. With escape the first letter of the query is
// written as \u00XX, which is the same JSON.
func (m *maker) dnsInspected(r *Row, query []byte, escape bool, answers ...string) {
	m.inspected(r, "DnsConnectionInspected", "10.0.0.53", 53)
	from := len(r.buf)
	r.buf = append(r.buf, `{"direction":"Out","trans_id":"`...)
	r.buf = strconv.AppendInt(r.buf, int64(m.n(65536)), 10)
	r.buf = append(r.buf, `","query":"`...)
	if escape {
		r.buf = append(r.buf, `\u00`...)
		r.buf = append(r.buf, "0123456789abcdef"[query[0]>>4], "0123456789abcdef"[query[0]&15])
		query = query[1:]
	}
	r.buf = append(r.buf, query...)
	r.buf = append(r.buf, `","qclass":"1","qclass_name":"C_INTERNET","qtype":"1","qtype_name":"A","rcode":"0","uid":"C`...)
	r.buf = m.fresh(r.buf)
	r.buf = append(r.buf, `","rcode_name":"NOERROR","AA":"false","TC":"false","RD":"true","RA":"true","answers":"[`...)
	for i, a := range answers {
		if i > 0 {
			r.buf = append(r.buf, ',')
		}
		r.buf = append(append(append(r.buf, `\"`...), a...), `\"`...)
	}
	r.buf = append(r.buf, `]","TTLs":"[`...)
	for i := range answers {
		if i > 0 {
			r.buf = append(r.buf, ',')
		}
		r.buf = append(strconv.AppendInt(r.buf, int64(30+m.n(600)), 10), ".0"...)
	}
	r.buf = append(r.buf, `]","rejected":"false","ts":"13`...)
	r.buf = strconv.AppendInt(r.buf, m.now/10, 10)
	r.buf = append(r.buf, `"}`...)
	r.set(ep.fields, from)
}

// httpInspected sets a plain HTTP request seen on the wire.
func (m *maker) httpInspected(r *Row, host, uri string) {
	m.inspected(r, "HttpConnectionInspected", m.public(), 80)
	from := len(r.buf)
	r.buf = append(append(r.buf, `{"direction":"Out","host":"`...), host...)
	r.buf = append(r.buf, `","method":"GET","request_body_len":"0","response_body_len":"`...)
	r.buf = strconv.AppendInt(r.buf, int64(m.n(90000)), 10)
	r.buf = append(append(r.buf, `","status_code":"200","status_msg":"OK","tags":"[]","trans_depth":"1","uri":"`...), uri...)
	r.buf = append(r.buf, `","user_agent":"Microsoft NCSI","version":"1.1"}`...)
	r.set(ep.fields, from)
}

// tlsInspected sets a TLS greeting seen on the wire.
func (m *maker) tlsInspected(r *Row, name string) {
	m.inspected(r, "SslConnectionInspected", m.public(), 443)
	from := len(r.buf)
	r.buf = append(append(r.buf, `{"direction":"Out","server_name":"`...), name...)
	r.buf = append(r.buf, `","version":"TLSv12","cipher":"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384","curve":"x25519","resumed":"false","established":"true","next_protocol":"h2"}`...)
	r.set(ep.fields, from)
}
