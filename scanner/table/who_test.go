package table

import (
	"encoding/json"
	"net/netip"
	"testing"
)

func TestDirection(t *testing.T) {
	csl, dne, dns := builtins(t)
	for _, c := range []struct {
		name string
		t    *Table
		row  *Row
		want Direction
	}{
		{"success", dne, row("ActionType", "ConnectionSuccess"), Outbound},
		{"request aggregated", dne, row("ActionType", "ConnectionRequestAggregatedReport"), Outbound},
		{"case", dne, row("actiontype", "connectionfailed"), Outbound},
		{"accepted", dne, row("ActionType", "InboundConnectionAccepted"), Inbound},
		{"attempt", dne, row("ActionType", "InboundConnectionAttempt"), Inbound},
		{"sensor attempt", dne, row("ActionType", "ConnectionAttempt"), Unknown},
		{"sensor acknowledged", dne, row("ActionType", "ConnectionAcknowledged"), Unknown},
		{"found", dne, row("ActionType", "ConnectionFound"), Unknown},
		{"listening", dne, row("ActionType", "ListeningConnectionCreated"), Unknown},
		{"inspected out", dne, row("ActionType", "DnsConnectionInspected", "AdditionalFields", `{"direction":"Out"}`), Outbound},
		{"inspected in, as text", dne, row("ActionType", "HttpConnectionInspected", "AdditionalFields", `"{\"direction\":\"In\"}"`), Inbound},
		{"inspected, unsaid", dne, row("ActionType", "DnsConnectionInspected", "AdditionalFields", `{}`), Unknown},
		{"only inspected rows are asked", dne, row("ActionType", "ConnectionFound", "AdditionalFields", `{"direction":"In"}`), Unknown},
		{"number 0", csl, row("CommunicationDirection", "0", "SourceIP", "10.0.0.5", "DestinationIP", "176.65.139.7"), Inbound},
		{"number 1", csl, row("CommunicationDirection", "1"), Outbound},
		{"word", csl, row("CommunicationDirection", "Inbound"), Inbound},
		{"odd word goes by scope", csl, row("CommunicationDirection", "None", "SourceIP", "10.0.0.5", "DestinationIP", "176.65.139.7"), Outbound},
		{"private to public", csl, row("SourceIP", "192.168.1.1", "DestinationIP", "::ffff:176.65.139.7"), Outbound},
		{"public to private", csl, row("SourceIP", "176.65.139.7", "DestinationIP", "fd00::1"), Inbound},
		{"private to private", csl, row("SourceIP", "10.1.1.1", "DestinationIP", "172.16.0.1"), Internal},
		{"public to public", csl, row("SourceIP", "8.8.8.8", "DestinationIP", "176.65.139.7"), Unknown},
		{"one side", csl, row("SourceIP", "10.1.1.1"), Unknown},
		{"multicast", csl, row("SourceIP", "10.1.1.1", "DestinationIP", "224.0.0.251"), Unknown},
		{"labelled IPv6", csl, row("DeviceCustomIPv6Address2", "fd00::5", "DeviceCustomIPv6Address2Label", "Source IPv6 Address", "DestinationIP", "2001:4860::1"), Outbound},
		{"dns", dns, row("Name", "x.example"), Outbound},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.t.Direction(c.row); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestRole(t *testing.T) {
	csl, dne, _ := builtins(t)
	for _, c := range []struct {
		name   string
		t      *Table
		column string
		row    *Row
		d      Direction
		want   string
	}{
		{"remote out", dne, "RemoteIP", row(), Outbound, "dst"},
		{"remote in", dne, "RemoteIP", row(), Inbound, "src"},
		{"local out", dne, "LocalIP", row(), Outbound, "src"},
		{"local in", dne, "LocalIP", row(), Inbound, "dst"},
		{"remote unknown", dne, "RemoteIP", row(), Unknown, "remote"},
		{"firewall's remote stays", csl, "RemoteIP", row(), Outbound, "remote"},
		{"label source", csl, "DeviceCustomIPv6Address2", row("DeviceCustomIPv6Address2Label", "Source IPv6 Address"), Unknown, "src"},
		{"label dst", csl, "DeviceCustomIPv6Address3", row("DeviceCustomIPv6Address3Label", "dstIPv6"), Unknown, "dst"},
		{"label of both", csl, "DeviceCustomString1", row("DeviceCustomString1Label", "Source or Destination"), Unknown, "any"},
		{"no label", csl, "DeviceCustomString1", row(), Unknown, "any"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.t.Role(c.t.Key(c.column), c.row, c.d); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestOutcome goes through what devices really write.
func TestOutcome(t *testing.T) {
	csl, dne, dns := builtins(t)
	for _, c := range []struct{ column, text, want string }{
		{"DeviceAction", "allow", "allowed"},
		{"DeviceAction", "Accept", "allowed"},
		{"DeviceAction", "permitted", "allowed"},
		{"DeviceAction", "Pass", "allowed"},
		{"DeviceAction", "Built", "allowed"},
		{"DeviceAction", "SUCCESS", "allowed"},
		{"DeviceAction", "deny", "blocked"},
		{"DeviceAction", "Denied", "blocked"},
		{"DeviceAction", "drop-icmp", "blocked"},
		{"DeviceAction", "Block", "blocked"},
		{"DeviceAction", "Blocked", "blocked"},
		{"DeviceAction", "block_url", "blocked"},
		{"DeviceAction", "reset-both", "blocked"},
		{"DeviceAction", "reject", "blocked"},
		{"DeviceAction", "Prevent", "blocked"},
		{"DeviceAction", "failed", "failed"},
		{"DeviceAction", "failure", "failed"},
		{"DeviceAction", "timeout", "failed"},
		{"DeviceAction", "IsBlocked", "blocked"},
		{"DeviceAction", "TCPBlocked", "unknown"},
		{"DeviceAction", "allowed, then blocked", "unknown"},
		{"DeviceAction", "allowed; allow", "allowed"},
		{"DeviceAction", "not blocked", "unknown"},
		{"DeviceAction", "not allowed", "unknown"},
		{"DeviceAction", "unblock", "unknown"},
		{"DeviceAction", "Unblocked", "unknown"},
		{"DeviceAction", "un-blocked", "unknown"},
		{"DeviceAction", "unsuccessful", "unknown"},
		{"DeviceAction", "failed to block", "unknown"},
		{"DeviceAction", "password changed", "unknown"},
		{"DeviceAction", "alert", "unknown"},
		{"DeviceAction", "REDIRECT", "unknown"},
		{"DeviceAction", "NXDOMAIN", "unknown"},
		{"DeviceAction", "QUARANTINED", "unknown"},
		{"DeviceAction", "Monitor", "unknown"},
		{"DeviceAction", "Invalid IPV4 address length", "unknown"},
		{"DeviceAction", "3", "unknown"},
		{"DeviceAction", "Log", "unknown"},
		{"SimplifiedDeviceAction", "Deny", "blocked"},
		{"ActionType", "ConnectionSuccess", "allowed"},
		{"ActionType", "ConnectionSuccessAggregatedReport", "allowed"},
		{"ActionType", "InboundConnectionAccepted", "allowed"},
		{"ActionType", "ConnectionFound", "allowed"},
		{"ActionType", "ConnectionAcknowledged", "allowed"},
		{"ActionType", "ConnectionFailed", "failed"},
		{"ActionType", "InboundConnectionBlocked", "blocked"},
		{"ActionType", "ConnectionRequest", "unknown"},
		{"ActionType", "DnsConnectionInspected", "unknown"},
		{"ResultCode", "0", "not-resolved"},
		{"ResultCode", "3", "not-resolved"},
		{"ResultCode", "-", "unknown"},
		{"ResultCode", " na ", "unknown"},
		{"ResultCode", "", "unknown"},
		{"IPAddresses", "1.2.3.4", "unknown"},
	} {
		d := map[string]*Table{"ActionType": dne, "ResultCode": dns, "IPAddresses": dns}[c.column]
		if d == nil {
			d = csl
		}
		if got := whoOf(d, row(c.column, c.text), nil).Outcome; got != c.want {
			t.Errorf("%s %q: got %s, want %s", c.column, c.text, got, c.want)
		}
	}
	for answers, want := range map[string]string{"1.2.3.4": "resolved", `["1.2.3.4"]`: "resolved", "[]": "not-resolved", `[""]`: "not-resolved", " ,; ": "not-resolved"} {
		for _, code := range []string{"0", "NOERROR", "0.0"} {
			if got := whoOf(dns, row("ResultCode", code, "IPAddresses", answers), nil).Outcome; got != want {
				t.Errorf("code %s, answers %s: got %s, want %s", code, answers, got, want)
			}
		}
	}
	for _, none := range []string{"-", "N/A", "n/a", "-,-", "[]", `["-"]`, " , "} {
		if got := whoOf(dns, row("ResultCode", "0", "IPAddresses", none), nil).Outcome; got != "not-resolved" {
			t.Errorf("answers %q: got %s", none, got)
		}
	}
	if got := whoOf(csl, row("DeviceAction", "alert", "SimplifiedDeviceAction", "Deny"), nil).Outcome; got != "blocked" {
		t.Errorf("second column: got %s", got)
	}
}

func at(column, role, addr string) []Element {
	e := Element{Column: column, Role: role, Port: -1}
	if addr != "" {
		e.Addr = netip.MustParseAddr(addr)
	}
	return []Element{e}
}

func TestWho(t *testing.T) {
	csl, dne, dns := builtins(t)
	n := func(v int64) Number { return Number{v, true} }
	fw := []string{"SourceIP", "10.0.0.5", "SourcePort", "51514", "SourceHostName", "cam", "SourceUserName", "bob",
		"DestinationIP", "176.65.139.7", "DestinationPort", "3778", "DestinationHostName", "tvt.miraibotnet.su", "DestinationUserName", "eve",
		"Protocol", "6", "DeviceAction", "deny", "SentBytes", "10", "ReceivedBytes", "20", "ProcessName", "fwd"}
	in := []string{"SourceIP", "176.65.139.7", "SourcePort", "4000", "SourceHostName", "bad.example", "SourceUserName", "eve",
		"DestinationIP", "10.0.0.8", "DestinationPort", "23", "DestinationHostName", "web", "DestinationUserName", "root", "Protocol", "TCP"}
	ep := []string{"DeviceName", "cam-gw", "ActionType", "ConnectionSuccess", "LocalIP", "10.0.0.5", "LocalPort", "5000",
		"RemoteIP", "::ffff:176.65.139.7", "RemotePort", "3778", "RemoteUrl", "http://tvt.miraibotnet.su:3778/x", "Protocol", "TcpV4",
		"InitiatingProcessFileName", "busybox", "InitiatingProcessCommandLine", "busybox nc", "InitiatingProcessAccountName", "root"}
	for _, c := range []struct {
		name string
		t    *Table
		row  *Row
		m    []Element
		want Who
	}{
		{"outbound through a firewall", csl, row(fw...), at("DestinationIP", "dst", "176.65.139.7"),
			Who{Host: "cam", IP: "10.0.0.5", User: "bob", Process: "fwd", Peer: "176.65.139.7", PeerName: "tvt.miraibotnet.su",
				PeerPort: n(3778), Protocol: "tcp", BytesOut: n(10), BytesIn: n(20), Direction: "outbound", Outcome: "blocked"}},
		{"inbound", csl, row(in...), at("SourceIP", "src", "176.65.139.7"),
			Who{Host: "web", IP: "10.0.0.8", User: "root", Peer: "176.65.139.7", PeerName: "bad.example",
				PeerPort: n(4000), Protocol: "tcp", Direction: "inbound", Outcome: "unknown"}},
		{"pivot on the inside address", csl, row(fw...), at("SourceIP", "src", "10.0.0.5"),
			Who{Host: "cam", IP: "10.0.0.5", User: "bob", Process: "fwd", Peer: "176.65.139.7", PeerName: "tvt.miraibotnet.su",
				PeerPort: n(3778), Protocol: "tcp", BytesOut: n(10), BytesIn: n(20), Direction: "outbound", Outcome: "blocked"}},
		{"both public: the side that did not match", csl, row("SourceIP", "8.8.8.8", "DestinationIP", "176.65.139.7", "DestinationPort", "80"),
			at("DestinationIP", "dst", "176.65.139.7"),
			Who{Host: "8.8.8.8", IP: "8.8.8.8", Peer: "176.65.139.7", PeerPort: n(80), Direction: "unknown", Outcome: "unknown"}},
		{"both public, the source matched", csl, row("SourceIP", "176.65.139.7", "DestinationIP", "8.8.8.8", "DestinationPort", "80"),
			at("SourceIP", "src", "176.65.139.7"),
			Who{IP: "8.8.8.8", Peer: "176.65.139.7", Direction: "unknown", Outcome: "unknown"}},
		{"translated destination is the peer", csl, row("SourceIP", "10.0.0.5", "DestinationIP", "10.0.0.1", "DestinationTranslatedAddress", "176.65.139.7", "DestinationTranslatedPort", "23"),
			at("DestinationTranslatedAddress", "dst-nat", "176.65.139.7"),
			Who{Host: "10.0.0.5", IP: "10.0.0.5", Peer: "176.65.139.7", PeerPort: n(23), Direction: "internal", Outcome: "unknown"}},
		{"a proxied name has no address of its own", csl, row("SourceIP", "10.0.0.5", "DestinationIP", "10.0.0.9", "DestinationPort", "8080", "RequestURL", "http://tvt.miraibotnet.su/x"),
			at("RequestURL", "dst", ""),
			Who{Host: "10.0.0.5", IP: "10.0.0.5", Peer: "10.0.0.9", PeerName: "tvt.miraibotnet.su", PeerPort: n(8080), Direction: "internal", Outcome: "unknown"}},
		{"what is remote is the peer", csl, row("SourceIP", "10.0.0.5", "DestinationIP", "10.0.0.1", "RemoteIP", "176.65.139.7", "RemotePort", "3778"),
			at("RemoteIP", "remote", "176.65.139.7"),
			Who{Host: "10.0.0.5", IP: "10.0.0.5", Peer: "176.65.139.7", PeerPort: n(3778), Direction: "internal", Outcome: "unknown"}},
		{"what is remote is the inside party itself", csl, row("SourceIP", "10.0.0.5", "DestinationIP", "8.8.8.8", "RemoteIP", "10.0.0.5"),
			at("RemoteIP", "remote", "10.0.0.5"),
			Who{Host: "10.0.0.5", IP: "10.0.0.5", Peer: "8.8.8.8", Direction: "outbound", Outcome: "unknown"}},
		{"an enrichment is no peer", csl, row("SourceIP", "10.0.0.5", "DestinationIP", "8.8.8.8", "MaliciousIP", "176.65.139.7"),
			at("MaliciousIP", "enrichment", "176.65.139.7"),
			Who{Host: "10.0.0.5", IP: "10.0.0.5", Peer: "8.8.8.8", Direction: "outbound", Outcome: "unknown"}},
		{"endpoint", dne, row(ep...), at("RemoteIP", "dst", "176.65.139.7"),
			Who{Host: "cam-gw", IP: "10.0.0.5", User: "root", Process: "busybox", CommandLine: "busybox nc", Peer: "176.65.139.7",
				PeerName: "tvt.miraibotnet.su", PeerPort: n(3778), Protocol: "tcp", Direction: "outbound", Outcome: "allowed"}},
		{"sensor's host is not the party", dne, row("DeviceName", "sensor", "ActionType", "ConnectionAttempt", "RemoteIP", "176.65.139.7"), nil,
			Who{Peer: "176.65.139.7", Direction: "unknown", Outcome: "unknown"}},
		{"domain account and inspected query", dne, row("DeviceName", "pc", "ActionType", "DnsConnectionInspected", "InitiatingProcessAccountDomain", "corp",
			"InitiatingProcessAccountName", "alice", "AdditionalFields", `{"direction":"Out","query":"tvt.miraibotnet.su"}`), nil,
			Who{Host: "pc", User: `corp\alice`, PeerName: "tvt.miraibotnet.su", Direction: "outbound", Outcome: "unknown"}},
		{"a name behind an address", csl, row("SourceIP", "10.0.0.5", "DestinationIP", "176.65.139.7", "DestinationHostName", "176.65.139.7", "RequestURL", "http://tvt.miraibotnet.su/x"),
			at("DestinationIP", "dst", "176.65.139.7"),
			Who{Host: "10.0.0.5", IP: "10.0.0.5", Peer: "176.65.139.7", PeerName: "tvt.miraibotnet.su", Direction: "outbound", Outcome: "unknown"}},
		{"an inspected name behind an address", dne, row("DeviceName", "pc", "RemoteUrl", "http://176.65.139.7/x", "AdditionalFields", `{"server_name":"tvt.miraibotnet.su"}`), nil,
			Who{Host: "pc", PeerName: "tvt.miraibotnet.su", Direction: "unknown", Outcome: "unknown"}},
		{"placeholders", dne, row("DeviceName", "pc", "RemoteUrl", "N/A", "InitiatingProcessAccountDomain", "corp", "InitiatingProcessAccountName", "-"), nil,
			Who{Host: "pc", Direction: "unknown", Outcome: "unknown"}},
		{"an account of no domain", dne, row("DeviceName", "pc", "RemoteUrl", "N/A", "InitiatingProcessAccountDomain", "N/A", "InitiatingProcessAccountName", "root",
			"AdditionalFields", `{"query":"tvt.miraibotnet.su"}`), nil,
			Who{Host: "pc", User: "root", PeerName: "tvt.miraibotnet.su", Direction: "unknown", Outcome: "unknown"}},
		{"no name but addresses", csl, row("SourceIP", "10.0.0.5", "DestinationIP", "176.65.139.7", "DestinationHostName", "176.65.139.7", "RequestURL", "http://176.65.139.7/x"),
			at("DestinationIP", "dst", "176.65.139.7"),
			Who{Host: "10.0.0.5", IP: "10.0.0.5", Peer: "176.65.139.7", Direction: "outbound", Outcome: "unknown"}},
		{"dns answer", dns, row("Computer", "dns1", "ClientIP", "10.0.0.5", "Name", "tvt.miraibotnet.su", "IPAddresses", "8.8.8.8,176.65.139.7", "ResultCode", "0"),
			at("IPAddresses", "answer", "176.65.139.7"),
			Who{IP: "10.0.0.5", Peer: "176.65.139.7", PeerName: "tvt.miraibotnet.su", Protocol: "dns", Direction: "outbound", Outcome: "resolved"}},
		{"dns name", dns, row("Computer", "dns1", "ClientIP", "10.0.0.5", "Name", "tvt.miraibotnet.su", "IPAddresses", "8.8.8.8", "ResultCode", "3"),
			at("Name", "query", ""),
			Who{IP: "10.0.0.5", PeerName: "tvt.miraibotnet.su", Protocol: "dns", Direction: "outbound", Outcome: "not-resolved"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := whoOf(c.t, c.row, c.m); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
	b, err := json.Marshal([]Number{{}, {23, true}})
	if err != nil || string(b) != "[null,23]" {
		t.Errorf("numbers as JSON: %s, %v", b, err)
	}
}

// TestAliases checks field_aliases: each name leads to the right columns.
func TestAliases(t *testing.T) {
	csl, dne, dns := builtins(t)
	for _, c := range []struct {
		t          *Table
		name, want string
	}{
		{csl, "timestamp", "event-time"}, {dne, "timestamp", "event-time"}, {dns, "@timestamp", "event-time"},
		{dne, "TimeGenerated", "TimeGenerated"}, {csl, "TimeGenerated", "event-time"},
		{csl, "source_ip", "SourceIP"}, {dne, "source.ip", "LocalIP@out RemoteIP@in"}, {dns, "SRC", "ClientIP"},
		{dne, "dst_port", "RemotePort@out LocalPort@in"}, {dns, "destination_ip", "-"},
		{csl, "process.name", "SourceProcessName DestinationProcessName ProcessName"}, {csl, "ProcessName", "ProcessName"},
		{dne, "process_command_line", "InitiatingProcessCommandLine"}, {csl, "process.command_line", "-"},
		{csl, "host", "Computer DeviceName"}, {csl, "url.domain", "host(RequestURL) DestinationHostName"},
		{dne, "domain", "AdditionalFields.query"}, {dne, "AdditionalFields.SignatureName", "AdditionalFields.SignatureName"},
		{dns, "dns.resolved_ip", "IPAddresses"}, {csl, "message", "Message"}, {csl, "EventMessage", "Message Activity"},
		{csl, "direction", "who.direction"}, {csl, "network.direction", "CommunicationDirection"}, {dns, "who.peer_port", "who.peer_port"},
		{dne, "Image", "InitiatingProcessFolderPath"}, {csl, "who.nobody", "-"}, {csl, "proces.name", "-"},
	} {
		got := ""
		values, ok := c.t.Field(c.name)
		for _, v := range values {
			got += " " + v.String()
		}
		if !ok {
			got = " -"
		}
		if got != " "+c.want {
			t.Errorf("%s %s: got%s, want %s", c.t.Name, c.name, got, c.want)
		}
	}
}

func whoOf(t *Table, r *Row, m []Element) Who { return t.Who(r, t.Direction(r), m) }
