package table

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
)

// row makes a row from name, cell pairs.
func row(pairs ...string) *Row {
	var names, cells []string
	for i := 0; i < len(pairs); i += 2 {
		names, cells = append(names, pairs[i]), append(cells, pairs[i+1])
	}
	return &Row{Columns: NewColumns(names, nil), Cells: cells}
}

func builtins(t testing.TB) (csl, dne, dns *Table) {
	t.Helper()
	l := Builtin()
	return l[0], l[1], l[2]
}

func TestBuiltin(t *testing.T) {
	csl, dne, dns := builtins(t)
	for _, c := range []struct {
		t       *Table
		native  int
		hunt    string
		kql     string
		hunting string
	}{
		{csl, 164, "TimeGenerated SourceIP DestinationIP DestinationPort DeviceAction Activity", "DestinationIP in SourceIP in", "SourceIP DestinationIP"},
		{dne, 53, "Timestamp DeviceName RemoteIP RemotePort InitiatingProcessFileName ActionType", "RemoteIP in", "RemoteIP"},
		{dns, 29, "TimeGenerated Computer Name IPAddresses QueryType", "Name has_any", "Name"},
	} {
		if got := strings.Join(c.t.Hunt, " "); got != c.hunt {
			t.Errorf("%s hunt: %s, want %s", c.t.Name, got, c.hunt)
		}
		var ops, keys []string
		for _, q := range c.t.KQL {
			op := "in"
			if q.HasAny {
				op = "has_any"
			}
			ops = append(ops, q.Column, op)
		}
		if got := strings.Join(ops, " "); got != c.kql {
			t.Errorf("%s kql: %s, want %s", c.t.Name, got, c.kql)
		}
		for _, k := range c.t.KeysAt(Hunt) {
			keys = append(keys, k.Column)
		}
		if got := strings.Join(keys, " "); got != c.hunting {
			t.Errorf("%s keys: %s, want %s", c.t.Name, got, c.hunting)
		}
		if c.native > 0 && len(c.t.Native()) != c.native {
			t.Errorf("%s has %d native columns, want %d", c.t.Name, len(c.t.Native()), c.native)
		}
		for _, level := range []Level{Hunt, Wide, Deep} {
			used := c.t.Columns(func(k *Key) bool { return k.Level <= level })
			for _, k := range c.t.KeysAt(Deep) {
				printed := slices.Contains(c.t.Hunt, k.Column) || slices.Contains(c.t.Triage, k.Column)
				if (printed || k.Level <= level) && !slices.Contains(used, k.Column) {
					t.Errorf("%s: Columns lacks %s at level %d", c.t.Name, k.Column, level)
				}
			}
		}
		if deep := "Message"; c.t.Holds(deep) != "" && slices.Contains(c.t.Columns(func(k *Key) bool { return k.Level <= Wide }), deep) {
			t.Errorf("%s: Columns has %s without need", c.t.Name, deep)
		}
	}
	if k := dne.Key("additionalfields"); k == nil || len(k.JSON) != 5 || k.JSON[1].Key != "answers" {
		t.Errorf("AdditionalFields: %+v", k)
	}
	if k := csl.Key("RemoteIP"); k.Port != "RemotePort" || k.Level != Wide || k.Role != "remote" {
		t.Errorf("RemoteIP: %+v", k)
	}
}

func TestParseErrors(t *testing.T) {
	const good = "table: T\ntime: When\nWhen time - - - hunt\nAddr ip hunt src Port hunt\nPort int - - - -\n"
	if _, err := Parse("t", strings.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, add, want string }{
		{"unknown kind", "X ipp wide src - -", `t:6: unknown kind "ipp"`},
		{"unknown role", "X ip wide srcc - -", `t:6: unknown role "srcc"`},
		{"unknown level", "X ip wyde src - -", `t:6: unknown level "wyde"`},
		{"unknown print", "X ip wide src - yes", `t:6: unknown print "yes"`},
		{"port is no column", "X ip wide src Prot -", `t:6: "Prot" is not a column of this table`},
		{"label is no column", "X ip wide by:L - -", `t:6: "L" is not a column of this table`},
		{"repeated column", "addr ip wide src - -", `t:6: column addr already stands in line 4`},
		{"short line", "X ip wide", `t:6: a column line has 6 words`},
		{"plain type with level", "X int wide src - -", `t:6: X has level wide but holds int`},
		{"kind without level", "X ip - - - -", `t:6: X holds ip but has no level`},
		{"json kind", "X json(q:dom) wide any - -", `t:6: unknown kind in "q:dom"`},
		{"unknown type", "columns ipp: X", `t:6: unknown type "ipp"`},
		{"unknown line", "colour: red", `t:6: unknown line "colour:"`},
		{"empty line value", "kql:", `t:6: nothing after "kql:"`},
		{"kql operator", "kql: Addr like", `t:6: "Addr like": want COLUMN in`},
		{"who field", "who hosts: Addr", `t:6: who has no field "hosts"`},
		{"who column", "who host: Adr", `t:6: "Adr" is not a column of this table`},
		{"who function", "who host: hostt(Addr)", `t:6: unknown function "hostt"`},
		{"who open function", "who host: host(Addr", `t:6: host( is not closed`},
		{"who condition", "who host: Addr@up", `t:6: unknown condition @up`},
		{"side without sides", "who host: Addr@src", `t:6: Addr@src needs a sides: line`},
		{"scope without sides", "direction: scope", `t:6: direction: scope needs a sides: line`},
		{"rows of another table", "rows: Addr", `t:6: "Addr": want COLUMN is WORD …`},
		{"direction word", "direction: Addr: x = sideways", `t:6: "x = sideways"`},
		{"sides", "sides: up Addr Port", `t:6: "up Addr Port"`},
		{"alias", "alias a b: Addr", `t:6: "a b" cannot be a name`},
		{"alias function", "alias a: matched(Addr)", `t:6: matched(Addr) cannot stand in an alias`},
		{"comparison", "compare hosts: Addr", `t:6: unknown comparison "hosts"`},
		{"comparison's column", "compare process: Adr", `t:6: "Adr" is not a column of this table`},
		{"account's domain", "compare user: Addr/Domain", `t:6: "Domain" is not a column of this table`},
		{"domain of no account", "compare process: Addr/Port", `t:6: Addr/Port: only an account has a domain column`},
		{"alias at one side", "alias a: Addr@src", `t:6: Addr@src: an alias knows only @out and @in`},
		{"outcome of one column", "outcome: dns(Addr)", `t:6: "dns(Addr)": want dns(CODE, ANSWERS)`},
		{"role with a plain type", "X int - src - -", `t:6: X is not matched, so it has no role and no port`},
		{"column with a sign", "X,Y ip wide src - -", `t:6: "X,Y" cannot be a column name`},
		{"outcome", "outcome lost: x", `t:6: unknown outcome "lost"`},
		{"presence", "presence: rare", `t:6: presence "rare": only optional is known`},
		{"second table", "table: U", `t:6: a second table: line`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("t", strings.NewReader(good+c.add+"\n"))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", `no "table: NAME" line`},
		{"definition without end", "table: T\n" + strings.Repeat("# x\n", 1<<20), fmt.Sprintf("definition over %d bytes", maxDefinition)},
		{"name with a sign", "table: T-1\n", `t:1: "T-1" is not a table name`},
		{"no time", "table: T\nAddr ip hunt src - hunt\n", `no "time:" line`},
		{"no key", "table: T\ntime: When\nWhen time - - - hunt\n", "no column holds anything to match"},
	} {
		if _, err := Parse("t", strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// A field compares as its column's kind, its line and the member of its JSON ask.
func TestCompare(t *testing.T) {
	csl, dne, dns := builtins(t)
	unlisted := Generic([]string{"event.time", "src_ip", "Process Name", "User", "computer", "note.text", "SHA256"}, false)
	own, err := Parse("t", strings.NewReader("table: T\ntime: When\nWhen time - - - hunt\nAddr ip hunt src - hunt\nData json(q:domain) wide any - -\nalias a: addr\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		t       *Table
		name    string
		want    string // the term
		compare Compare
		domain  string
	}{
		{csl, "sourceip", "SourceIP", CompareAddr, ""},
		{csl, "SourcePort", "SourcePort", CompareNumber, ""},
		{csl, "SourceUserName", "SourceUserName", CompareUser, "SourceNTDomain"},
		{csl, "SourceNTDomain", "SourceNTDomain", CompareText, ""},
		{csl, "Protocol", "Protocol", CompareProtocol, ""},
		{csl, "CommunicationDirection", "CommunicationDirection", CompareDirection, ""},
		{csl, "StartTime", "StartTime", CompareTime, ""},
		{csl, "timegenerated", "event-time", CompareTime, ""},
		{csl, "DeviceVendor", "DeviceVendor", CompareText, ""},
		{dne, "DeviceName", "DeviceName", CompareHost, ""},
		{dne, "process.name", "InitiatingProcessFileName", CompareProcess, ""},
		{dne, "process.path", "InitiatingProcessFolderPath", ComparePath, ""},
		{dne, "url.domain", "host(RemoteUrl)", CompareName, ""},
		{dne, "additionalfields.query", "AdditionalFields.query", CompareName, ""},
		{dne, "AdditionalFields.Answers", "AdditionalFields.Answers", CompareAddrs, ""},
		{dne, "AdditionalFields.QTYPE", "AdditionalFields.QTYPE", CompareDNSType, ""},
		{dne, "AdditionalFields.rcode_name", "AdditionalFields.rcode_name", CompareRCode, ""},
		{dne, "AdditionalFields.uid", "AdditionalFields.uid", CompareText, ""},
		{dns, "IPAddresses", "IPAddresses", CompareAddrs, ""},
		{dns, "Name", "Name", CompareName, ""},
		{dns, "who.ip", "who.ip", CompareAddr, ""},
		{dns, "who.peer", "who.peer", CompareAddr, ""},
		{dns, "who.peer_name", "who.peer_name", CompareName, ""},
		{dns, "who.host", "who.host", CompareHost, ""},
		{dns, "who.user", "who.user", CompareUser, ""},
		{dns, "who.process", "who.process", CompareProcess, ""},
		{dns, "who.command_line", "who.command_line", CompareText, ""},
		{dns, "who.protocol", "who.protocol", CompareProtocol, ""},
		{dns, "who.peer_port", "who.peer_port", CompareNumber, ""},
		{dns, "who.bytes_in", "who.bytes_in", CompareNumber, ""},
		{dns, "direction", "who.direction", CompareDirection, ""},
		{own, "a", "Addr", CompareAddr, ""},
		{own, "data.Q", "Data.Q", CompareName, ""},
		{unlisted, "event_time", "event-time", CompareTime, ""},
		{unlisted, "timestamp", "event-time", CompareTime, ""},
		{unlisted, "source.ip", "src_ip", CompareAddr, ""},
		{unlisted, "src.ip", "src_ip", CompareAddr, ""},
		{unlisted, "process.name", "Process Name", CompareProcess, ""},
		{unlisted, "user", "User", CompareUser, ""},
		{unlisted, "host", "computer", CompareHost, ""},
		{unlisted, "note_text", "note.text", CompareText, ""},
	} {
		values, ok := c.t.Field(c.name)
		if !ok || len(values) != 1 {
			t.Errorf("%s %s: %v", c.t.Name, c.name, values)
			continue
		}
		if v := values[0]; v.String() != c.want || v.Compare != c.compare || v.Domain != c.domain {
			t.Errorf("%s %s: got %s, %d, domain %q, want %s, %d, domain %q", c.t.Name, c.name, v, v.Compare, v.Domain, c.want, c.compare, c.domain)
		}
	}
}

func TestCodes(t *testing.T) {
	for _, c := range []struct{ text, code, record string }{
		{"NXDOMAIN", "3", "nxdomain"}, {" 3 ", "3", "3"}, {"3.0", "3", "3"}, {"NoError", "0", "noerror"}, {"NOTZONE", "10", "notzone"},
		{"aaaa", "aaaa", "28"}, {" A ", "a", "1"}, {"28", "28", "28"}, {"ALL", "all", "255"}, {"-", "-", "-"}, {"", "", ""},
	} {
		if code, record := ResponseCode(c.text), RecordType(c.text); code != c.code || record != c.record {
			t.Errorf("%q: got code %q, type %q, want %q, %q", c.text, code, record, c.code, c.record)
		}
	}
}

func TestPortColumns(t *testing.T) {
	for address, want := range map[string][]string{
		"SrcIpAddr": {"srcport", "srcportnumber"}, "id.resp_h": {"idrespp"}, "RemoteIP": {"remoteport", "remoteportnumber"},
		"dst-host": {"dstport", "dstportnumber"}, "url": {"port", "portnumber"}, "Switch": nil, "Note": nil,
	} {
		if got := PortColumns(address); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"commonsecuritylog", "devicenetworkevents", "dnsevents", "urlclickevents"} {
		b, err := os.ReadFile(name + ".table")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("table: T\ntime: A\nA time - - - hunt\nB ip hunt src - hunt\nsides: src B A, dst B A\nsides: \nwho peer: matched()@\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse("t", strings.NewReader(text))
		if err != nil {
			return
		}
		r := row("A", "x", "B", "10.0.0.1", "RemoteIP", "1.2.3.4", "ActionType", "ConnectionSuccess")
		whoOf(d, r, []Element{{Column: "B", Role: "src", Addr: netip.MustParseAddr("10.0.0.1"), Port: -1}})
		for _, n := range d.FieldNames() {
			if _, ok := d.Field(n); !ok {
				t.Errorf("field name %q is not a field", n)
			}
		}
		if got, _, err := Detect([]*Table{d}, Evidence{Types: []string{d.Name}}); plainName(d.Name) == d.Name && plausible(d.Name) && (got != d || err != nil) {
			t.Errorf("table %q does not know its own name", d.Name)
		}
	})
}

func TestDetect(t *testing.T) {
	lookups := strings.Fields("Timestamp DeviceId DeviceName ActionType InitiatingProcessFileName AdditionalFields ReportId")
	for _, c := range []struct {
		name string
		d    Evidence
		want string // table, ?unknown, ! for a tie, ~ for too little, or nothing
	}{
		{"type cell", Evidence{Types: []string{"CommonSecurityLog"}}, "CommonSecurityLog"},
		{"type cell in another case", Evidence{Types: []string{"", "dnsevents"}}, "DnsEvents"},
		{"copies", Evidence{Types: []string{"DeviceNetworkEvents_KQL_CL"}}, "DeviceNetworkEvents"},
		{"search job", Evidence{Types: []string{"DnsEvents_SRCH"}}, "DnsEvents"},
		{"restored", Evidence{Types: []string{"CommonSecurityLog_rst"}}, "CommonSecurityLog"},
		{"copy under a name of its own", Evidence{Types: []string{"CSL_Hunt_SRCH"}, Columns: []string{"DeviceVendor", "DestinationIP"}}, "CommonSecurityLog"},
		{"restored under a name of its own", Evidence{Types: []string{"x_rst"}, Columns: []string{"DeviceVendor", "DestinationIP"}}, "CommonSecurityLog"},
		{"custom table", Evidence{Types: []string{"CommonSecurityLog_Aux_CL"}, Columns: []string{"DeviceVendor", "DestinationIP"}}, "CommonSecurityLog"},
		{"copy in the container of its table", Evidence{Types: []string{"Hunt_SRCH"}, Path: "am-dnsevents/x.json"}, "DnsEvents"},
		{"copy without the fingerprint", Evidence{Types: []string{"Hunt_SRCH"}, Columns: []string{"TimeGenerated", "SourceIP", "DestinationIP"}}, "~"},
		{"custom table without the fingerprint", Evidence{Types: []string{"Hunt_CL"}, Columns: []string{"TimeGenerated", "SourceIP", "DestinationIP"}}, "?Hunt_CL"},
		{"copy of something else", Evidence{Types: []string{"Heartbeat_1_SRCH"}, Path: "DnsEvents.csv", Columns: []string{"TimeGenerated", "Computer", "ClientIP"}}, "?Heartbeat_1_SRCH"},
		{"two copies", Evidence{Types: []string{"A_SRCH", "B_SRCH"}, Columns: []string{"DeviceVendor", "DestinationIP"}}, "?A_SRCH"},
		{"category", Evidence{Types: []string{"AdvancedHunting-DeviceNetworkEvents"}}, "DeviceNetworkEvents"},
		{"unknown type beats the columns", Evidence{Types: []string{"Heartbeat"}, Columns: []string{"DeviceVendor", "DestinationIP"}}, "?Heartbeat"},
		{"unknown category", Evidence{Types: []string{"AdvancedHunting-DeviceRegistryEvents"}}, "?DeviceRegistryEvents"},
		{"data export container", Evidence{Path: "x/am-commonsecuritylog/WorkspaceResourceId=/y=2025/PT05M.json"}, "CommonSecurityLog"},
		{"streaming container", Evidence{Path: `c:\x\insights-logs-advancedhunting-devicenetworkevents\PT1H.json`}, "DeviceNetworkEvents"},
		{"partition", Evidence{Path: "out/Type=DnsEvents/2025/a.csv.gz"}, "DnsEvents"},
		{"partition of an unknown table", Evidence{Path: "out/Type=Syslog/a.csv"}, "?Syslog"},
		{"am- is also a folder name", Evidence{Path: "am-backup/x.csv", Columns: []string{"SubType", "IPAddresses"}}, "DnsEvents"},
		{"fingerprint", Evidence{Columns: []string{"devicevendor", "DESTINATIONIP", "x"}}, "CommonSecurityLog"},
		{"fingerprint of Defender", Evidence{Columns: []string{"RemoteIP", "InitiatingProcessFileName"}}, "DeviceNetworkEvents"},
		{"hunt's projection", Evidence{Columns: []string{"TimeGenerated", "Computer", "Name", "IPAddresses", "QueryType"}}, "DnsEvents"},
		{"most shared", Evidence{Columns: []string{"TimeGenerated", "SourceIP", "DestinationIP", "DeviceAction"}}, "CommonSecurityLog"},
		{"one column", Evidence{Columns: []string{"RemoteIP"}}, "DeviceNetworkEvents"},
		{"tie", Evidence{Columns: []string{"TimeGenerated", "SourceIP", "Name"}}, "!"},
		{"tie, but for the file's name", Evidence{Path: "x/DnsEvents.csv", Columns: []string{"TimeGenerated", "SourceIP", "Name"}}, "DnsEvents"},
		{"file of an optional table", Evidence{Path: "DeviceFileEvents_2026-05.csv", Columns: []string{"Timestamp", "SHA256"}}, "DeviceFileEvents"},
		{"columns beat the file's name", Evidence{Path: "DnsEvents.csv", Columns: []string{"DeviceVendor", "DestinationIP"}}, "CommonSecurityLog"},
		{"file's name alone", Evidence{Path: "DnsEvents.csv", Columns: []string{"a", "b"}}, ""},
		{"part of a word", Evidence{Path: "MyDnsEvents.csv", Columns: []string{"TimeGenerated", "SourceIP", "Name"}}, "!"},
		{"folder's name", Evidence{Path: "DnsEvents/package.json", Columns: []string{"name", "version", "main"}}, ""},
		{"two columns of a hunt", Evidence{Columns: []string{"SourceIP", "DestinationIP", "Foo", "Bar", "Baz"}}, "CommonSecurityLog"},
		{"a column of addresses", Evidence{Columns: []string{"DestinationIP", "Foo", "Bar", "Baz"}}, "~"},
		{"addresses and their owners", Evidence{Columns: []string{"SourceIP", "Owner", "Site"}}, "~"},
		{"addresses and their hosts", Evidence{Columns: []string{"SourceIP", "Computer", "SourceHostName", "Message"}}, "CommonSecurityLog"},
		{"addresses, hosts and owners", Evidence{Columns: []string{"SourceIP", "Computer", "Message", "Owner"}}, "~"},
		{"addresses and where they are", Evidence{Columns: []string{"RemoteIP", "Country", "ASN", "Comment", "Foo", "Bar"}}, "~"},
		{"addresses and a time", Evidence{Columns: []string{"Timestamp", "RemoteIP", "Foo", "Bar", "Baz"}}, "DeviceNetworkEvents"},
		{"addresses among much else", Evidence{Columns: strings.Fields("activity protocol destinationip ipaddress owner folder device location request email region size status")}, "~"},
		{"addresses and ports among much else", Evidence{Columns: strings.Fields("RemoteIP RemotePort Verdict Score Owner Folder Device Location Request Email Region Size Status")}, "DeviceNetworkEvents"},
		{"addresses among much else, and a time", Evidence{Columns: strings.Fields("TimeGenerated activity protocol destinationip ipaddress owner folder device location request email region size status")}, "CommonSecurityLog"},
		{"addresses and a port", Evidence{Columns: []string{"RemoteIP", "RemotePort", "Foo", "Bar", "Baz"}}, "DeviceNetworkEvents"},
		{"common words of another table", Evidence{Columns: []string{"Timestamp", "RemoteDeviceName", "RemoteIP", "Name", "Message", "Description", "category", "id"}}, "DeviceNetworkEvents"},
		{"two common words of another table", Evidence{Columns: []string{"Timestamp", "Computer", "RemoteIP", "Name", "ip"}}, "DeviceNetworkEvents"},
		{"logons", Evidence{Columns: []string{"Timestamp", "DeviceId", "DeviceName", "ActionType", "LogonType", "AccountName", "RemoteIP", "RemoteDeviceName", "Protocol", "InitiatingProcessFileName"}}, "DeviceLogonEvents"},
		{"logons joined to connections", Evidence{Columns: []string{"Timestamp", "DeviceName", "ActionType", "LogonType", "AccountName", "RemoteIP", "RemoteUrl"}}, "DeviceNetworkEvents"},
		{"a name among queries", Evidence{Columns: []string{"TimeGenerated", "DnsQuery", "SrcIpAddr", "Name", "DvcHostname"}}, "ASimDnsActivityLogs"},
		{"logons among connections", Evidence{Columns: []string{"Timestamp", "DeviceName", "ActionType", "LogonType", "RemoteIP", "LocalIP", "RemoteUrl", "InitiatingProcessFileName"}}, "DeviceNetworkEvents"},
		{"services", Evidence{Columns: []string{"Name", "DisplayName", "Description", "StartMode", "State", "PathName"}}, ""},
		{"columns of two hunts", Evidence{Columns: []string{"Name", "RemoteIP"}}, "!"},
		{"columns of two hunts, one borne out", Evidence{Columns: []string{"Name", "Foo", "Bar", "RemoteIP", "RemotePort"}}, "DeviceNetworkEvents"},
		{"feed", Evidence{Columns: []string{"first_seen_utc", "ioc_id", "ioc_value", "name"}}, ""},
		{"package.json", Evidence{Columns: []string{"name", "version", "description", "main", "scripts", "license"}}, ""},
		{"no column of a hunt", Evidence{Columns: []string{"TimeGenerated", "ClientIP", "Computer"}}, ""},
		{"no column of a hunt, but all of a table's", Evidence{Columns: strings.Fields("TimeGenerated DeviceProduct RequestURL SourceUserName DeviceAction Message")}, "CommonSecurityLog"},
		{"columns of two tables, none of a hunt", Evidence{Columns: lookups}, "!"},
		{"columns of two tables, but for the file's name", Evidence{Path: "DeviceEvents.csv", Columns: lookups}, "DeviceEvents"},
		{"columns of two tables and one of none", Evidence{Columns: append(slices.Clone(lookups), "Foo")}, ""},
		{"columns of two tables, none of them matched", Evidence{Columns: strings.Fields("Timestamp DeviceId DeviceName ActionType InitiatingProcessFileName ReportId")}, ""},
		{"portal's export without an empty RemoteIP", Evidence{Columns: strings.Fields("Timestamp DeviceName ActionType FileName FolderPath SHA256 ProcessCommandLine RemoteUrl LocalIP FileOriginUrl")}, "DeviceEvents"},
		{"portal's export without an empty FileName", Evidence{Columns: strings.Fields("Timestamp DeviceName ActionType RemoteIP InitiatingProcessFileName AdditionalFields FileOriginUrl")}, "DeviceEvents"},
		{"another column of DeviceEvents that is not matched", Evidence{Columns: strings.Fields("Timestamp DeviceName ActionType RemoteIP InitiatingProcessFileName AccountName")}, "DeviceNetworkEvents"},
		{"nothing", Evidence{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, unknown, err := Detect(Builtin(), c.d)
			got := ""
			switch {
			case errors.Is(err, ErrTie):
				got = "!"
			case errors.Is(err, ErrWeak):
				got = "~"
			case err != nil:
				t.Fatal(err)
			case d != nil:
				got = d.Name
			case unknown != "":
				got = "?" + unknown
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestRow(t *testing.T) {
	r := &Row{Columns: NewColumns([]string{"SourceIP", "Missing", "Unannounced", "Late"}, []bool{true, false, false, true}), Cells: []string{"1.2.3.4", "", "x"}}
	for _, c := range []struct {
		column, cell string
		has          bool
	}{{"sourceip", "1.2.3.4", true}, {"Missing", "", false}, {"Unannounced", "x", true}, {"LATE", "", true}, {"Other", "", false}} {
		if cell, has := r.Get(c.column); cell != c.cell || has != c.has {
			t.Errorf("%s: %q %v", c.column, cell, has)
		}
	}
	if n := testing.AllocsPerRun(100, func() { r.Get("sourceIP") }); n > 0 {
		t.Errorf("Get allocates %v times", n)
	}
}

// A header of one table is not taken for another, nor is a projection of it or
// a list of indicators.
func TestDetectOptional(t *testing.T) {
	for _, d := range Builtin() {
		if got, unknown, err := Detect(Builtin(), Evidence{Columns: d.Native()}); got != d || err != nil {
			t.Errorf("all columns of %s: %v %q %v", d.Name, got, unknown, err)
		}
		if got, _, err := Detect(Builtin(), Evidence{Columns: d.Hunt}); got != d || err != nil {
			t.Errorf("hunt's columns of %s: %v %v", d.Name, got, err)
		}
		for _, e := range []Evidence{{Types: []string{d.Name}}, {Types: []string{"AdvancedHunting-" + d.Name}},
			{Path: "insights-logs-advancedhunting-" + strings.ToLower(d.Name) + "/a.json"}, {Path: "am-" + strings.ToLower(d.Name) + "/a.json"}} {
			for _, o := range Builtin() {
				e.Columns = o.Native()
				if got, _, err := Detect(Builtin(), e); got != d || err != nil {
					t.Errorf("%v %s with the columns of %s: %v %v", e.Types, e.Path, o.Name, got, err)
				}
			}
		}
		if want := len(d.KQL) > 0 && len(d.Times) > 0 && len(d.Fingerprint) > 0; !want {
			t.Errorf("%s lacks a hunt, a time or a fingerprint", d.Name)
		}
	}
	// A timeline that has the columns of all endpoint tables.
	var all []string
	for _, d := range Builtin()[5:] {
		all = append(all, d.Native()...)
	}
	if got, _, err := Detect(Builtin(), Evidence{Columns: append(all, "InitiatingProcessFileName")}); got == nil || got.Name != "DeviceNetworkEvents" || err != nil {
		t.Errorf("timeline: %v %v", got, err)
	}
	for _, columns := range []string{"md5 sha1 sha256", "Timestamp url", "timestamp Url UrlChain", "dateadded url url_status", "FileName SHA256",
		"first_seen_utc sha256_hash md5_hash sha1_hash file_name"} {
		if got, unknown, err := Detect(Builtin(), Evidence{Columns: strings.Fields(columns)}); got != nil || unknown != "" || err != nil {
			t.Errorf("%s: %v %q %v", columns, got, unknown, err)
		}
	}
}

// Names are found under every spelling, the first of those that repeat, however
// many look alike.
func TestColumnsIndex(t *testing.T) {
	names := []string{"", "Url", "url", "DeviceCustomString1", "DeviceCustomString1Label", "DeviceCustomString2Label", "Url"}
	for i := range 3000 {
		names = append(names, fmt.Sprintf("%04d_ends_alike", i))
	}
	c := NewColumns(names, nil)
	first := map[string]int{}
	for i, n := range names {
		if _, ok := first[strings.ToLower(n)]; !ok {
			first[strings.ToLower(n)] = i
		}
	}
	for _, n := range names {
		for _, spelled := range []string{n, strings.ToUpper(n), strings.ToLower(n)} {
			if got, want := c.Index(spelled), first[strings.ToLower(n)]; got != want {
				t.Fatalf("%q is column %d, want %d", spelled, got, want)
			}
		}
	}
	if i := c.Index("3000_ends_alike"); i != -1 {
		t.Errorf("a column that is not there is column %d", i)
	}
}

func TestLikeliest(t *testing.T) {
	tables := Builtin()
	for _, tt := range []struct{ of, columns, want string }{
		{"DeviceNetworkEvents", "Timestamp ActionType FileName FolderPath SHA1", "DeviceFileEvents"},
		{"DeviceNetworkEvents", "Timestamp ActionType FileName MD5 ProcessRemoteSessionIP", "DeviceEvents"},
		{"DeviceNetworkEvents", "Timestamp FileName MD5", ""},                     // one column of a fingerprint
		{"DeviceNetworkEvents", "Timestamp ActionType FileName FolderPath", ""},   // nothing to match
		{"DeviceNetworkEvents", "Timestamp ActionType FileName SHA1 Foo", ""},     // a column of none
		{"DeviceFileEvents", "Timestamp ActionType FileName FolderPath SHA1", ""}, // its own
	} {
		got := ""
		if l := ByName(tables, tt.of).Likeliest(tables, strings.Fields(tt.columns)); l != nil {
			got = l.Name
		}
		if got != tt.want {
			t.Errorf("%s, %s: %q, want %q", tt.of, tt.columns, got, tt.want)
		}
	}
}

func TestClaims(t *testing.T) {
	tables := Builtin()
	columns := NewColumns([]string{"RemoteIP", "ActionType"}, []bool{true, true})
	for _, tt := range []struct {
		table, action string
		want          bool
	}{
		{"DeviceNetworkEvents", "ConnectionFound", true},
		{"DeviceNetworkEvents", "inboundconnectionaccepted", true},
		{"DeviceNetworkEvents", "ListeningConnectionCreated", true},
		{"DeviceNetworkEvents", "NetworkSignatureInspected", true},
		{"DeviceNetworkEvents", "FirewallInboundConnectionBlocked", false}, // of DeviceEvents
		{"DeviceNetworkEvents", "LogonSuccess", false},
		{"DeviceNetworkEvents", "", false},
		{"DeviceLogonEvents", "LogonFailed", true},
		{"DeviceFileEvents", "FileRenamed", true},
		{"DeviceFileEvents", "FileTimestampModificationEvent", false}, // of DeviceEvents
		{"DeviceProcessEvents", "ProcessCreated", true},
		{"DeviceProcessEvents", "ProcessCreatedUsingWmiQuery", false}, // of DeviceEvents
		{"CommonSecurityLog", "ConnectionFound", false},
	} {
		if got := ByName(tables, tt.table).Claims(columns, []string{"198.51.100.7", tt.action}); got != tt.want {
			t.Errorf("%s, %s: %v, want %v", tt.table, tt.action, got, tt.want)
		}
	}
	if ByName(tables, "DeviceNetworkEvents").Claims(NewColumns([]string{"RemoteIP"}, []bool{true}), []string{"ConnectionFound"}) {
		t.Error("a row without that column is claimed")
	}
}

func TestBeside(t *testing.T) {
	tables := Builtin()
	for _, tt := range []struct{ of, columns, want string }{
		{"DeviceNetworkEvents", "Timestamp RemoteIP InitiatingProcessFileName ActionType FileName FolderPath SHA256", "DeviceEvents DeviceFileEvents"},
		{"DeviceNetworkEvents", "Timestamp RemoteIP InitiatingProcessFileName LogonType", "DeviceLogonEvents"},
		{"DeviceNetworkEvents", "Timestamp RemoteIP InitiatingProcessFileName FileName FolderPath Foo", ""}, // no fingerprint
		{"DeviceEvents", "Timestamp RemoteIP InitiatingProcessFileName ActionType FileName FolderPath SHA256 ProcessCommandLine Foo", ""},
	} {
		var got []string
		for _, o := range ByName(tables, tt.of).Beside(tables, strings.Fields(tt.columns)) {
			got = append(got, o.Name)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s, %s: %q, want %q", tt.of, tt.columns, got, tt.want)
		}
	}
}
