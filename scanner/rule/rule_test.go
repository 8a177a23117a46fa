package rule

import (
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

var (
	builtinTables = table.Builtin()
	csl, dne, dns = builtinTables[0], builtinTables[1], builtinTables[2]
)

// context makes a hit's context from a table and name, cell pairs. A time is
// taken from the preferred time column.
func context(t *table.Table, pairs ...string) *Context {
	var names, cells []string
	for i := 0; i < len(pairs); i += 2 {
		names, cells = append(names, pairs[i]), append(cells, pairs[i+1])
	}
	c := &Context{Table: t, Row: &table.Row{Columns: table.NewColumns(names, nil), Cells: cells}}
	c.Direction = t.Direction(c.Row)
	who := t.Who(c.Row, c.Direction, nil)
	c.Who = &who
	for _, column := range t.Times {
		text, _ := c.Row.Get(column)
		if r := clock.Parse(text, clock.None, nil); r.Status == clock.OK && !c.TimeKnown {
			c.Time, c.TimeKnown = r.Time, true
		}
	}
	return c
}

func inline(t testing.TB, text string) *Rule {
	t.Helper()
	r, err := Inline(1, text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEval(t *testing.T) {
	fw := context(csl, "TimeGenerated", "2025-04-01T03:00:00Z", "SourceIP", "10.0.0.5", "DestinationIP", "::ffff:10.10.10.10", "DestinationPort", "3778",
		"SourceUserName", `CORP\alice`, "DestinationUserName", "", "Protocol", "6", "RemotePort", "9", "Message", "it's", "Computer", "fw1.corp.example",
		"SourceProcessName", `C:\tools\NC.exe`, "ProcessName", "", "StartTime", "2025-04-01T02:00:00Z", "EndTime", "04/05/2025 2:00", "CommunicationDirection", "1", "LogSeverity", "10")
	out := context(dne, "Timestamp", "", "TimeGenerated", "2025-04-01T04:00:00.0000000Z", "ActionType", "ConnectionSuccess", "DeviceName", "cam-gw.corp.example",
		"LocalIP", "10.0.0.5", "LocalPort", "5000", "RemoteIP", "176.65.139.7", "RemotePort", "23", "RemoteUrl", "http://TVT.miraibotnet.su/x", "Protocol", "TcpV4",
		"InitiatingProcessFileName", "busybox", "InitiatingProcessCommandLine", "busybox nc -z 192.168.1.100 22", "InitiatingProcessAccountName", "alice",
		"InitiatingProcessAccountDomain", "corp", "InitiatingProcessFolderPath", "/usr/bin/busybox",
		"AdditionalFields", `{"qtype_name":"AAAA","answers":"[\"1.2.3.4\",\"::ffff:5.6.7.8\"]","rcode_name":"NXDOMAIN","query":"a.example"}`)
	in := context(dne, "ActionType", "InboundConnectionAccepted", "LocalIP", "10.0.0.5", "RemoteIP", "176.65.139.7")
	seen := context(dne, "ActionType", "ConnectionAttempt", "LocalIP", "10.0.0.5", "RemoteIP", "176.65.139.7")
	name := context(dns, "TimeGenerated", "nonsense", "Name", "x.tvt.miraibotnet.su.", "IPAddresses", "1.1.1.1, 176.65.139.7", "QueryType", "28", "ResultCode", "3", "ClientIP", "")
	for _, c := range []struct {
		hit  *Context
		when string
		want Tri
	}{
		// addresses by value, under any name
		{fw, `destination_ip = '10.10.10.10'`, True},
		{fw, `DestinationIP == "10.10.10.10"`, True},
		{fw, `destination_ip = '10.10.0.0/16'`, True},
		{fw, `destination_ip = '::ffff:10.10.0.0/112'`, True},
		{fw, `destination_ip IN ('1.1.1.1', '10.0.0.0/8')`, True},
		{fw, `destination_ip != '10.10.10.0/24'`, False},
		{fw, `destination_ip NOT IN ('10.10.11.0/24')`, True},
		{fw, `source_ip BETWEEN '10.0.0.1' AND '10.0.0.9'`, True},
		{fw, `source_ip LIKE '10.0.%'`, True},
		{fw, `destination_ip LIKE '10.10.%'`, True},
		{out, `destination_ip = '176.65.139.7' AND source_ip = '10.0.0.5'`, True},
		{in, `source.ip = '176.65.139.7' AND dst_ip = '10.0.0.5'`, True},
		{seen, `source_ip = '10.0.0.5'`, Unknown},
		{seen, `source_ip != '10.0.0.5'`, Unknown},
		{seen, `remote_ip = '176.65.139.7'`, True},
		{name, `destination_ip = '176.65.139.7'`, Unknown},
		{name, `dns.resolved_ip = '176.65.139.0/24'`, True},
		{name, `dns.resolved_ip != '8.8.8.8'`, True},
		{name, `dns.resolved_ip != '1.1.1.1'`, False},
		{out, `answers = '5.6.7.8'`, True},
		// numbers
		{fw, `destination_port = 3778`, True},
		{fw, `destination_port = '03778'`, True},
		{fw, `destination_port > 443`, True},
		{fw, `destination_port BETWEEN 1 AND 1024`, False},
		{fw, `RemotePort < 10`, True},
		{fw, `LogSeverity > '9'`, True},
		{fw, `DestinationPort = 'x'`, False},
		{fw, `LogSeverity = 10.0`, True},
		// text
		{fw, `Message = 'IT''S'`, True},
		{fw, `message = "it's"`, True},
		{fw, `Message LIKE '_T%S'`, True},
		{fw, `Message <> 'x'`, True},
		// three values
		{fw, `process.command_line LIKE '%'`, Unknown},
		{fw, `NOT process.command_line LIKE '%'`, Unknown},
		{fw, `process.command_line LIKE '%' OR destination_port = 3778`, True},
		{fw, `process.command_line LIKE '%' AND destination_port = 1`, False},
		{fw, `DestinationUserName = ''`, Unknown},
		{fw, `DestinationUserName IS NULL`, True},
		{fw, `DestinationUserName IS NOT NULL`, False},
		{fw, `FileName IS NULL`, Unknown},
		{fw, `SourceIP IS NULL`, False},
		{fw, `process.user IS NULL`, False},
		{fw, `process.command_line IS NULL`, Unknown},
		{name, `source_ip IS NULL`, True},
		{fw, `who.command_line IS NULL`, Unknown},
		// several columns
		{fw, `process.name = 'nc'`, True},
		{fw, `process.name != 'nc'`, False},
		{fw, `user = 'bob'`, False},
		{fw, `user != 'bob'`, True},
		// kinds
		{fw, `process.name IN ('ncat.exe', 'nc.exe')`, True},
		{fw, `process.name LIKE 'n_'`, True},
		{fw, `process.name = '/usr/bin/nc'`, True},
		{fw, `process.name = 'nca'`, False},
		{out, `Image = 'busybox.exe'`, True},
		{out, `Image = '/bin/busybox'`, False},
		{out, `Image LIKE '%/bin/busybox'`, True},
		{fw, `user = 'alice'`, True},
		{fw, `user = 'corp\alice'`, True},
		{fw, `user = 'alice@corp.example'`, True},
		{fw, `user = 'other\alice'`, False},
		{out, `user = 'CORP\Alice'`, True},
		{out, `user = 'other\alice'`, False},
		{fw, `host = 'FW1'`, True},
		{fw, `host = 'fw1.corp.example'`, True},
		{fw, `host = 'fw'`, False},
		{out, `host = 'cam-gw'`, True},
		{out, `url.domain = 'tvt.miraibotnet.su'`, True},
		{name, `domain = 'X.tvt.miraibotnet.su'`, True},
		{name, `domain LIKE '%.miraibotnet.su'`, True},
		{fw, `protocol = 'tcp'`, True},
		{out, `protocol IN ('udp', '6')`, True},
		{out, `dns.question.type = 28`, True},
		{name, `dns.question.type = 'aaaa'`, True},
		{name, `dns.response_code = 'NXDOMAIN'`, True},
		{out, `dns.response_code = 3`, True},
		{out, `dns.response_code = 'NOERROR'`, False},
		{fw, `network.direction = 'outbound'`, True},
		{fw, `direction = 'outbound'`, True},
		{in, `direction = 'inbound' AND who.direction = 'in'`, True},
		{seen, `direction = 'unknown'`, True},
		{out, `direction = 1 AND network.direction IN ('egress', 0)`, True},
		{out, `direction != 1`, False},
		{out, `direction = 'ingress' OR direction = 'xyzzy'`, False},
		{name, `direction = 1 AND direction != 'in'`, True},
		{out, `who.host = 'cam-gw' AND who.peer = '176.65.0.0/16' AND who.peer_port = 23`, True},
		{out, `who.outcome = 'ALLOWED'`, True},
		{seen, `who.host = 'x'`, Unknown},
		{out, `AdditionalFields.query = 'a.example'`, True},
		{out, `AdditionalFields.nothing = 'x'`, Unknown},
		// times
		{fw, `timestamp BETWEEN '2025-04-01 02:00:00' AND '2025-04-01 04:00:00'`, True},
		{out, `timestamp BETWEEN '2025-04-01 02:00:00' AND '2025-04-01 04:00:00'`, True},
		{out, `timestamp > datetime(2025-04-01T04:00:00Z)`, False},
		{out, `Timestamp >= datetime('2025-04-01 04:00')`, True},
		{out, `Timestamp IS NULL`, False},
		{name, `timestamp > '2000-01-01'`, Unknown},
		{in, `timestamp IS NULL`, Unknown},
		{fw, `event.start = '2025-04-01T04:00:00+02:00'`, True},
		{fw, `EndTime > '2000-01-01'`, Unknown},
		// precedence
		{fw, `Message = 'x' AND Message = 'y' OR Message = 'it''s'`, True},
		{fw, `NOT Message = 'x' AND Message = 'it''s'`, True},
		{fw, `NOT (Message = 'x' OR Message = 'it''s')`, False},
	} {
		r := inline(t, c.when)
		if err := r.Check(table.Builtin()); err != nil {
			t.Errorf("%s: %v", c.when, err)
		}
		if got := r.Eval(c.hit); got != c.want {
			t.Errorf("%s: %s: got %s, want %s", c.hit.Table.Name, c.when, got, c.want)
		}
	}
}

// TestLogic goes through all two-operand combinations of the three values.
func TestLogic(t *testing.T) {
	// Predicates with each value on the row of the test.
	hit := context(csl, "Message", "m")
	pred := map[Tri]string{True: "Message = 'm'", False: "Message = 'x'", Unknown: "FileName = 'x'"}
	values := []Tri{False, Unknown, True}
	and := [3][3]Tri{{False, False, False}, {False, Unknown, Unknown}, {False, Unknown, True}}
	or := [3][3]Tri{{False, Unknown, True}, {Unknown, Unknown, True}, {True, True, True}}
	not := [3]Tri{True, Unknown, False}
	for i, a := range values {
		if got := inline(t, "NOT "+pred[a]).Eval(hit); got != not[i] || a.Not() != not[i] {
			t.Errorf("NOT %s: %s", a, got)
		}
		for j, b := range values {
			if got := inline(t, pred[a]+" AND "+pred[b]).Eval(hit); got != and[i][j] || a.And(b) != and[i][j] {
				t.Errorf("%s AND %s: %s, want %s", a, b, got, and[i][j])
			}
			if got := inline(t, pred[a]+" OR "+pred[b]).Eval(hit); got != or[i][j] || a.Or(b) != or[i][j] {
				t.Errorf("%s OR %s: %s, want %s", a, b, got, or[i][j])
			}
			if got := inline(t, "NOT ("+pred[a]+" AND "+pred[b]+")").Eval(hit); got != and[i][j].Not() {
				t.Errorf("NOT (%s AND %s): %s", a, b, got)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ when, want string }{
		{`proces.name = 'nc'`, "--exclude:1: rule \"--exclude:1\": column 1: unknown field \"proces.name\": did you mean \"process.name\"?\n    proces.name = 'nc'\n    ^"},
		{"SourceIP = '1.1.1.1'\n  AND destinaton_ip = '2.2.2.2'", "column 7: unknown field \"destinaton_ip\": did you mean \"destination_ip\"?\n      AND destinaton_ip = '2.2.2.2'\n          ^"},
		{`who.nobody = 'x'`, `unknown field "who.nobody"`},
		{`qqqqqqqqqqqqqqqqqqqq = 'x'`, `unknown field "qqqqqqqqqqqqqqqqqqqq"` + "\n"},
		{`timestamp > 'yesterday'`, `column 13: "yesterday" is not a time`},
		{`timestamp > '01/02/2025'`, `leaves the order of day and month open`},
		{`timestamp BETWEEN '2025-04-01' AND '2025-02-30'`, `"2025-02-30" is not a time`},
	} {
		err := inline(t, c.when).Check(table.Builtin())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.when, err, c.want)
		}
	}
	r := inline(t, `SourceIP = '1.1.1.1'`)
	r.Tables = []string{"CommonSecurityLogs"}
	if err := r.Check(table.Builtin()); err == nil || !strings.Contains(err.Error(), `did you mean "CommonSecurityLog"?`) {
		t.Errorf("unknown table: %v", err)
	}
}

func TestTables(t *testing.T) {
	r := inline(t, `Message = 'm'`)
	r.Tables = []string{"commonsecuritylog"}
	if got := r.Eval(context(csl, "Message", "m")); got != True {
		t.Errorf("its table: %s", got)
	}
	if got := r.Eval(context(dns, "Message", "m")); got != Unknown {
		t.Errorf("another table: %s", got)
	}
	if got := strings.Join(inline(t, `source_ip = '1.1.1.1' AND user = 'x' AND who.host = 'y' AND timestamp > '2025-01-01'`).Columns(dne), " "); got != "LocalIP RemoteIP InitiatingProcessAccountName InitiatingProcessAccountDomain Timestamp TimeGenerated" {
		t.Errorf("columns: %s", got)
	}
}

// A long cell is not copied to see that it is not equal to a text, and case
// folds as everywhere.
func TestTextEquals(t *testing.T) {
	long := &cell{table: csl, text: strings.Repeat("a", 1<<20)}
	short := newLiteral("b", false, 0)
	if n := testing.AllocsPerRun(10, func() { long.equals(&short) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	for _, c := range []struct {
		text, literal string
		want          Tri
	}{
		{"ÜNÏ\u212a", "ünïk", True},
		{"\xff", "\ufffd", False},
		{"a", "ab", False},
		{"ſS", "sſ", True},
	} {
		l := newLiteral(c.literal, false, 0)
		if got := (&cell{table: csl, text: c.text}).equals(&l); got != c.want {
			t.Errorf("%q = %q is %s", c.text, c.literal, got)
		}
	}
}
