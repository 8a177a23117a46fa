package rule

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// sample is a hit with something in most places.
func sample() *Context {
	c := context(dne, "Timestamp", "2025-03-31T22:30:00.5Z", "ActionType", "ConnectionSuccess", "DeviceName", "cam-gw.corp.example", "LocalIP", "10.0.0.5",
		"RemoteIP", "::ffff:176.65.139.7", "RemotePort", "23", "RemoteUrl", "hxxp", "Protocol", "TcpV4", "InitiatingProcessFileName", "busybox",
		"InitiatingProcessCommandLine", `busybox nc -z 192.168.1.100 22`, "InitiatingProcessFolderPath", `C:\tools/sub\NC.exe`,
		"InitiatingProcessAccountName", "alice", "InitiatingProcessAccountDomain", "corp", "InitiatingProcessParentFileName", "")
	date, _ := ioc.ParseDate("2025-03-01")
	c.Indicator = &ioc.Indicator{Type: ioc.IPPort, Value: "176.65.139.7:3778", Feeds: []string{"feeds/mirai.csv:12", "x.txt:1"},
		Details: ioc.Details{Malware: "Mirai", ThreatType: "botnet_cc", Confidence: 80, FirstSeen: date, Compromised: 0, Tags: []string{"iot", "Elf"}}}
	c.Matches = []Match{{"RemoteIP", "dst", "::ffff:176.65.139.7", "ip-only"}, {"RemoteUrl", "dst", "176.65.139.7:3778", "ip:port"}}
	return c
}

// TestDirectionOfPresence has a table whose direction follows from a cell that
// is there, whatever it holds: that makes no word a direction.
func TestDirectionOfPresence(t *testing.T) {
	files := builtinTables[slices.IndexFunc(builtinTables, func(t *table.Table) bool { return t.Name == "DeviceFileEvents" })]
	fetched := context(files, "FileOriginIP", "176.65.139.7")
	copied := context(files, "RequestProtocol", "SMB")
	neither := context(files, "DeviceName", "pc")
	for _, c := range []struct {
		hit  *Context
		when string
		want Tri
	}{
		{fetched, `direction = 'outbound'`, True},
		{fetched, `direction IN ('inbound', 'internal', 'unknown', 'x')`, False},
		{copied, `who.direction = 'in' AND direction = 0`, True},
		{copied, `direction = 'outbound'`, False},
		{neither, `direction = 'unknown'`, True},
		{neither, `direction = 'inbound' OR direction = 'outbound'`, False},
	} {
		if got := inline(t, c.when).Eval(c.hit); got != c.want {
			t.Errorf("%s: got %v, want %v", c.when, got, c.want)
		}
	}
}

func TestLanguage(t *testing.T) {
	hit := sample()
	url := context(csl, "RequestURL", "https://User@EVIL.example:8443/a/b.bin?x", "DestinationHostName", "")
	addr := context(csl, "RequestURL", "http://2957085447/x", "SourceUserName", "", "DestinationUserName", "bob")
	bare := context(dns, "Name", "x.example", "TimeGenerated", "")
	bare.Indicator = &ioc.Indicator{Type: ioc.Domain, Value: "xn--bcher-kva.example", Details: ioc.NoDetails()}
	inward := context(csl, "CommunicationDirection", "0")
	net := context(dns, "Name", "x.example")
	net.Indicator = &ioc.Indicator{Type: ioc.CIDR, Value: "10.1.0.0/16", Details: ioc.NoDetails()}
	answers := context(dns, "IPAddresses", `["198.51.100.7","::ffff:10.0.0.5","cdn.example"]`, "QueryType", "AAAA", "ResultCode", "3")
	plain := context(dns, "IPAddresses", "198.51.100.7, 203.0.113.9")
	mail := context(csl, "SourceUserName", "bob@corp.example", "Protocol", "17", "SourceIP", "2001:db8:0:0::7", "SourcePort", "")
	soon := context(dns, "Name", "x.example", "TimeGenerated", "soon")
	for _, c := range []struct {
		hit  *Context
		when string
		want Tri
	}{
		{hit, `process.command_line CONTAINS 'NC -z'`, True},
		{hit, `process.command_line CONTAINS '%'`, False},
		{hit, `process.command_line NOT CONTAINS 'wget'`, True},
		{hit, `process.command_line STARTS WITH 'Busybox '`, True},
		{hit, `process.command_line STARTS WITH 'nc'`, False},
		{hit, `process.command_line ENDS WITH ' 22'`, True},
		{hit, `process.parent.name CONTAINS 'x'`, Unknown},
		{hit, `process.parent.name NOT REGEXP 'x'`, Unknown},
		{hit, `process.command_line REGEXP '\bNC( -\w+)* 192\.168\.1\.100\b'`, True},
		{hit, `process.command_line REGEXP '^nc'`, False},
		{hit, `process.command_line REGEXP '(?-i)\bNC\b'`, False},
		{hit, `process.command_line NOT REGEXP '[;|&]'`, True},
		{hit, `destination_ip STARTS WITH '176.65.'`, True},
		// each in the spellings of its kind
		{answers, `answers LIKE '10.0.%'`, True},
		{answers, `answers LIKE '::ffff:10.%'`, True},
		{answers, `answers LIKE 'CDN.%'`, True},
		{answers, `answers LIKE '10.1.%'`, False},
		{answers, `answers = '10.0.0.0/24'`, True},
		{answers, `answers = '10.0.1.0/24'`, False},
		{answers, `answers = 'cdn.example.'`, True},
		{answers, `answers IN ('192.0.2.1', '198.51.100.7')`, True},
		{answers, `answers BETWEEN '10.0.0.0' AND '10.0.0.9'`, True},
		{answers, `answers NOT BETWEEN '198.51.0.0' AND '198.52.0.0'`, False},
		{answers, `answers > '198.0.0.0'`, True},
		{answers, `answers < '9.0.0.0'`, Unknown}, // the name might be anywhere
		{answers, `answers >= 'cdn.example'`, Unknown},
		{plain, `answers NOT BETWEEN '10.0.0.0' AND '10.255.255.255'`, True},
		{plain, `answers < '9.0.0.0' OR answers BETWEEN '9.0.0.0' AND '10.0.0.0'`, False},
		{answers, `dns.question.type = '28'`, True},
		{answers, `dns.question.type = 'A'`, False},
		{answers, `dns.response_code = 'NXDOMAIN'`, True},
		{answers, `dns.response_code = 0`, False},
		{hit, `protocol LIKE 'tc_'`, True},
		{hit, `protocol LIKE 'udp'`, False},
		{mail, `protocol STARTS WITH 'ud'`, True},
		{mail, `protocol = 'UdpV6'`, True},
		{mail, `SourceIP LIKE '2001:db8::%'`, True},
		{mail, `SourceIP < '2001:db8::8' AND SourceIP > '2001:db8::6'`, True},
		{mail, `SourceIP < '203.0.113.1'`, Unknown},
		{mail, `SourcePort < 1024`, Unknown},
		{mail, `SourceUserName = 'BOB'`, True},
		{mail, `SourceUserName = 'CORP\bob'`, True},
		{mail, `SourceUserName = 'bob@Corp.Example'`, True},
		{mail, `SourceUserName = 'bob@corp.test'`, False},
		{mail, `SourceUserName = 'OTHER\bob'`, False},
		{mail, `SourceUserName = 'bobby@corp.example'`, False},
		// functions
		{hit, `lower(process.name) = 'BUSYBOX.exe'`, True},
		{hit, `basename(process.path) = 'nc.exe'`, True},
		{hit, `basename(process.path) = 'nc'`, False},
		{hit, `basename(process.path) != 'nc'`, True},
		{url, `basename(process.path) = 'nc'`, Unknown},
		{hit, `lower(basename(process.path)) LIKE 'nc.%'`, True},
		{url, `host(url) = 'evil.example'`, True},
		{url, `host(url) LIKE '%.example'`, True},
		{url, `host(RequestURL) IN ('a.example', 'evil.EXAMPLE.')`, True},
		{addr, `host(url) = '176.65.139.0/24'`, True},
		{addr, `host(url) != '176.65.139.7'`, False},
		{url, `host(url) = '176.65.139.7'`, False},
		{url, `host(destination.domain) IS NULL`, True},
		{url, `coalesce(DestinationHostName, 'none') = 'none'`, True},
		{url, `coalesce(DestinationHostName, host(url)) = 'evil.example'`, True},
		{addr, `coalesce(user, SourceIP) = 'CORP\bob'`, True},
		{addr, `coalesce(SourceUserName, DestinationUserName) IS NULL`, False},
		{addr, `coalesce(SourceUserName, FileName) IS NULL`, True},
		{url, `coalesce(FileName, FilePath) IS NULL`, Unknown},
		{url, `coalesce(FileName, FilePath) = 'x'`, Unknown},
		// time of day, days
		{hit, `time_of_day(timestamp) BETWEEN '22:00' AND '04:00'`, True},
		{hit, `time_of_day(timestamp) BETWEEN '23:00' AND '04:00'`, False},
		{hit, `time_of_day(timestamp) NOT BETWEEN '23:00' AND '04:00'`, True},
		{hit, `time_of_day(timestamp) BETWEEN '04:00' AND '22:30'`, False},
		{hit, `time_of_day(timestamp) BETWEEN '04:00' AND '22:30:01'`, True},
		{hit, `time_of_day(timestamp) = '22:30:00.5'`, True},
		{hit, `time_of_day(timestamp) < '24:00'`, True},
		{hit, `time_of_day(timestamp) IN ('22:30:00.5', '01:00')`, True},
		{hit, `time_of_day(timestamp) LIKE '22:30:%'`, True},
		{hit, `day_of_week(timestamp) = 'Mon'`, True},
		{hit, `day_of_week(timestamp) IN ('saturday', 'Sunday')`, False},
		{hit, `day_of_week(timestamp) BETWEEN 'Sun' AND 'Mon'`, True},
		{hit, `day_of_week(timestamp) BETWEEN 'Tue' AND 'Sun'`, False},
		{hit, `day_of_week(timestamp) != 'Tuesday'`, True},
		{bare, `time_of_day(timestamp) < '12:00'`, Unknown},
		{bare, `day_of_week(timestamp) != 'Mon'`, Unknown},
		{bare, `timestamp IS NULL`, True},
		{net, `timestamp IS NULL`, Unknown},
		{soon, `timestamp IS NULL`, False},
		{soon, `time_of_day(timestamp) NOT BETWEEN '02:00' AND '04:00'`, Unknown},
		{soon, `time_of_day(timestamp) NOT LIKE '02:%'`, Unknown},
		{soon, `time_of_day(timestamp) STARTS WITH 'so'`, Unknown},
		{soon, `time_of_day(timestamp) NOT REGEXP '^02'`, Unknown},
		{soon, `day_of_week(timestamp) IS NULL`, True},
		// the hit's own fields
		{hit, `indicator.type = 'IP:port' AND indicator.malware = 'mirai' AND indicator.threat_type = 'botnet_cc'`, True},
		{hit, `indicator.confidence BETWEEN 50 AND 80`, True},
		{bare, `indicator.confidence < 50`, Unknown},
		{bare, `indicator.confidence IS NULL`, True},
		{bare, `indicator.tags IS NULL AND indicator.malware IS NULL AND indicator.first_seen IS NULL`, True},
		{hit, `indicator.tags = 'ELF'`, True},
		{hit, `indicator.tags != 'elf'`, False},
		{hit, `indicator.tags IN ('x', 'y')`, False},
		{hit, `indicator.feeds = 'mirai.csv'`, True},
		{hit, `indicator.feeds = 'feeds/mirai.csv'`, True},
		{hit, `indicator.compromised = false`, True},
		{hit, `indicator.first_seen < '2025-04-01'`, True},
		{hit, `indicator.value = '176.65.139.7'`, True},
		{hit, `indicator.value = '176.65.0.0/16'`, True},
		{hit, `indicator.value = '176.65.139.7:3778'`, True},
		{hit, `indicator.value = '[::ffff:176.65.139.7]:3778'`, True},
		{hit, `indicator.value = '176.65.139.7:80'`, False},
		{hit, `indicator.value = 'evil.example'`, False},
		{bare, `indicator.value = 'Bücher.example.'`, True},
		{bare, `indicator.value = '10.0.0.0/8'`, False},
		{net, `indicator.value = '10.0.0.0/8'`, True},
		{net, `indicator.value = '10.1.0.0/16'`, True},
		{net, `indicator.value = '10.1.0.0/17'`, False},
		{net, `indicator.value = '10.1.0.1'`, False},
		{hit, `match.class = 'ip-only'`, True},
		{hit, `match.class != 'ip-only'`, False},
		{hit, `match.column = 'RemoteIP' AND match.role = 'dst' AND match.value = '176.65.139.7'`, True},
		{hit, `match.role = 'src'`, False},
		{bare, `match.role = 'src'`, Unknown},
		{hit, `who.host = 'cam-gw' AND who.process = 'busybox' AND who.command_line CONTAINS 'nc -z'`, True},
		// lists from files
		{hit, `source_ip IN FILE 'testdata/nets.txt'`, True},
		{hit, `destination_ip IN FILE 'testdata/nets.txt'`, False},
		{hit, `destination_ip NOT IN FILE 'testdata/nets.txt'`, True},
		{hit, `process.parent.name IN FILE 'testdata/names.txt'`, Unknown},
		{hit, `basename(process.path) IN FILE 'testdata/names.txt'`, True},
		{inward, `CommunicationDirection IN FILE 'testdata/directions.txt'`, True},
		{inward, `direction IN FILE 'testdata/directions.txt'`, True},
		{inward, `CommunicationDirection IN ('in')`, True},
	} {
		r := inline(t, c.when)
		if err := r.Check(builtinTables); err != nil {
			t.Errorf("%s: %v", c.when, err)
		}
		if got := r.Eval(c.hit); got != c.want {
			t.Errorf("%s: got %s, want %s", c.when, got, c.want)
		}
		again := inline(t, r.When.String())
		if got := again.Eval(c.hit); got != c.want {
			t.Errorf("%s, printed as %s: got %s, want %s", c.when, r.When, got, c.want)
		}
	}
	long := context(dne, "InitiatingProcessCommandLine", strings.Repeat("x", maxRegexpText+1))
	for _, when := range []string{`CommandLine REGEXP 'x'`, `CommandLine NOT REGEXP 'x'`} {
		if got := inline(t, when).Eval(long); got != Unknown {
			t.Errorf("%s of a cell that is too long: %s", when, got)
		}
	}
}

// TestLogicOfAll goes through all pairs of predicates of all operators with
// each value that they can have.
func TestLogicOfAll(t *testing.T) {
	hit := sample()
	var preds []string
	for op, forms := range map[string][3]string{ // true, false, unknown
		"=":           {`host = 'cam-gw'`, `host = 'x'`, `AdditionalFields.a = 'x'`},
		"!=":          {`host != 'x'`, `host != 'cam-gw'`, `AdditionalFields.a != 'x'`},
		"<":           {`RemotePort < 24`, `RemotePort < 23`, `LocalPort < 5`},
		"BETWEEN":     {`RemotePort BETWEEN 1 AND 23`, `RemotePort BETWEEN 24 AND 99`, `LocalPort BETWEEN 1 AND 2`},
		"LIKE":        {`host LIKE 'cam%'`, `host LIKE 'x%'`, `AdditionalFields.a LIKE '%'`},
		"IN":          {`host IN ('x', 'cam-gw')`, `host IN ('x', 'y')`, `AdditionalFields.a IN ('x', 'y')`},
		"IN FILE":     {`source_ip IN FILE 'testdata/nets.txt'`, `remote_ip IN FILE 'testdata/nets.txt'`, `answers IN FILE 'testdata/nets.txt'`},
		"IS NULL":     {`process.parent.name IS NULL`, `host IS NULL`, `LocalPort IS NULL`},
		"IS NOT NULL": {`host IS NOT NULL`, `process.parent.name IS NOT NULL`, `LocalPort IS NOT NULL`},
		"REGEXP":      {`host REGEXP '^cam'`, `host REGEXP 'x$'`, `AdditionalFields.a REGEXP 'x'`},
		"CONTAINS":    {`host CONTAINS 'am'`, `host CONTAINS 'zz'`, `AdditionalFields.a CONTAINS 'x'`},
		"STARTS WITH": {`host STARTS WITH 'cam'`, `host STARTS WITH 'am'`, `AdditionalFields.a STARTS WITH 'x'`},
		"ENDS WITH":   {`host ENDS WITH 'example'`, `host ENDS WITH 'am'`, `AdditionalFields.a ENDS WITH 'x'`},
		"function":    {`time_of_day(timestamp) > '22:00'`, `day_of_week(timestamp) = 'Fri'`, `coalesce(LocalPort, AdditionalFields.a) = 1`},
	} {
		for i, want := range []Tri{True, False, Unknown} {
			if got := inline(t, forms[i]).Eval(hit); got != want {
				t.Errorf("%s: %s: got %s, want %s", op, forms[i], got, want)
			}
			preds = append(preds, forms[i])
		}
	}
	value := func(s string) Tri { return inline(t, s).Eval(hit) }
	number := map[Tri]int{False: 0, Unknown: 1, True: 2}
	and := [3][3]Tri{{False, False, False}, {False, Unknown, Unknown}, {False, Unknown, True}}
	or := [3][3]Tri{{False, Unknown, True}, {Unknown, Unknown, True}, {True, True, True}}
	not := [3]Tri{True, Unknown, False}
	for _, a := range preds {
		x := number[value(a)]
		if got := value("NOT " + a); got != not[x] {
			t.Errorf("NOT %s: %s", a, got)
		}
		for _, b := range preds {
			y := number[value(b)]
			for text, want := range map[string]Tri{
				"%s AND %s": and[x][y], "%s OR %s": or[x][y], "NOT (%s AND %s)": not[and[x][y]+1], "NOT %s OR NOT %s": not[and[x][y]+1],
				"NOT (%s OR %s)": not[or[x][y]+1], "NOT %s AND %s": and[number[not[x]]][y], "%s OR NOT %s": or[x][number[not[y]]],
			} {
				when := fmt.Sprintf(text, a, b)
				if got := value(when); got != want {
					t.Errorf("%s: %s, want %s", when, got, want)
				}
			}
		}
	}
}

// TestListIndex: a list of a file says what the same list in parentheses says.
func TestListIndex(t *testing.T) {
	cells := []string{"", "10.0.0.5", "10.0.0.6", "::ffff:10.1.1.1", "172.20.0.1", "2001:DB8::1", "198.51.100.7", "198.51.100.8", "fw1", "FW1.corp.example.", "nc",
		`C:\x\nc.exe`, "bob", `CORP\bob`, `other\bob`, "bob@corp.example", "evil.example", "x.evil.example", "42", "42.0", "43", "xn--bcher-kva.example",
		"17", "udp", "28", "3", "x=y", "1.1.1.1, 10.9.9.9", "evil.example, x", "/usr/bin/nc", "10.0.0.0/8", "198.51.100.0/28"}
	kinds := []table.Compare{table.CompareText, table.CompareNumber, table.CompareAddr, table.CompareAddrs, table.CompareHost, table.CompareName,
		table.CompareProcess, table.ComparePath, table.CompareUser, table.CompareProtocol, table.CompareDNSType, table.CompareRCode, compareIndicator}
	met := map[Tri]int{}
	for _, path := range []string{"testdata/nets.txt", "testdata/names.txt"} {
		l, err := readList(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range kinds {
			for _, text := range cells {
				x := &cell{table: dne, compare: c, text: text}
				want := False
				for i := range l.values {
					want = want.Or(x.equals(&l.values[i]))
				}
				if got := l.holds(x); got != want {
					t.Errorf("%s: %q as %d: %s, one by one %s", path, text, c, got, want)
				}
				met[want]++
			}
		}
	}
	if met[True] < 50 || met[Unknown] == 0 {
		t.Errorf("the cells try too little: %v", met)
	}
}

func TestListFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty.txt": "# nothing\n\n", "long.txt": strings.Repeat("x", maxListValue+1) + "\n", "longer.txt": strings.Repeat("x", 5*maxListValue),
		"bytes.txt": "a\n\xff\n", "many.txt": strings.Repeat("1\n", maxListValues+1), "nets.txt": "\ufeff10.0.0.0/8\r\n",
		"rules.yaml": "exclusions:\n  - name: a\n    reason: b\n    when: source_ip IN FILE 'nets.txt'\n",
		"much.txt":   strings.Repeat("1\n", maxListValues), "much.yaml": "exclusions:\n  - name: a\n    reason: b\n    when: user IN FILE 'much.txt' OR host IN FILE 'much.txt'\n" +
			"  - name: c\n    reason: b\n    when: source_ip IN FILE 'nets.txt'\n",
		"bad.yaml": "exclusions:\n  - name: a\n    reason: b\n    when: source_ip IN FILE 'nowhere.txt'\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, want string }{
		{"empty.txt", "a list without values"}, {"long.txt", "long.txt:1: value over 1024 bytes"}, {"longer.txt", "longer.txt:1: value over 1024 bytes"},
		{"bytes.txt", "bytes.txt:2: not UTF-8"}, {"many.txt", "over 50000 values"}, {".", "is not a regular file"}, {"gone", syscall.Errno(2).Error()},
	} {
		_, err := readList(filepath.Join(dir, c.name))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	load := func(name string) ([]*Rule, error) {
		path := filepath.Join(dir, name)
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return Load(f, path)
	}
	rules, err := load("rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := rules[0].Eval(sample()); got != True {
		t.Errorf("a list beside the rule file: %s", got)
	}
	if got := rules[0].Files(); len(got) != 1 || got[0] != filepath.Join(dir, "nets.txt") {
		t.Errorf("files: %q", got)
	}
	if _, err := load("much.yaml"); err == nil || !strings.Contains(err.Error(), `rule "c": column 19: `) || !strings.Contains(err.Error(), "over 50000 values in the lists") {
		t.Errorf("lists that are too long together: %v", err)
	}
	if _, err := load("bad.yaml"); err == nil || !strings.Contains(err.Error(), "column 19") || !strings.Contains(err.Error(), "nowhere.txt") {
		t.Errorf("a list that is not there: %v", err)
	}
}

func TestZone(t *testing.T) {
	// 22:30:00.5 UTC on 31 March is 00:30:00.5 on 1 April in Berlin, in summer.
	hit := sample()
	for _, c := range []struct {
		when string
		want Tri
	}{
		{`time_of_day(timestamp) BETWEEN '00:30' AND '00:31'`, True},
		{`day_of_week(timestamp) = 'Tuesday'`, True},
		{`timestamp BETWEEN '2025-04-01 00:00' AND '2025-04-01 01:00'`, True},
		{`timestamp > '2025-03-31T23:00:00Z'`, False},
	} {
		rules, err := Load(strings.NewReader("exclusions:\n  - name: a\n    reason: b\n    time_zone: Europe/Berlin\n    when: "+c.when+"\n"), "x")
		if err != nil {
			t.Fatal(err)
		}
		if got := rules[0].Eval(hit); got != c.want {
			t.Errorf("%s: %s", c.when, got)
		}
	}
}

func TestLifecycle(t *testing.T) {
	const file = "exclusions:\n  - name: a\n    reason: b\n    when: host = 'x'\n"
	load := func(more string) (*Rule, error) {
		rules, err := Load(strings.NewReader(file+more), "x.yaml")
		if err != nil {
			return nil, err
		}
		return rules[0], nil
	}
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		more string
		want State
	}{
		{"", Active},
		{"    enabled: true\n    owner: net\n    ticket: 1042\n    risk: some\n", Active},
		{"    enabled: false\n", Disabled},
		{"    expires: 2025-12-31\n", Expired},
		{"    expires: 2026-01-01\n", Active},
		{"    expires: 2026-01-01 12:00\n", Expired},
		{"    expires: '2026-01-01T12:00:01Z'\n", Active},
		{"    expires: 2026-01-01 13:00\n    time_zone: Europe/Berlin\n", Expired},
		{"    time_zone: UTC-12:00\n    expires: 2025-12-31\n", Expired},
		{"    time_zone: UTC-13:00\n    expires: 2025-12-31\n", Active},
		{"    enabled: false\n    expires: 2020-01-01\n", Disabled},
	} {
		r, err := load(c.more)
		if err != nil {
			t.Errorf("%q: %v", c.more, err)
			continue
		}
		if got := r.State(now); got != c.want {
			t.Errorf("%q: %s, want %s", c.more, got, c.want)
		}
	}
	r, err := load("    owner: network team\n    ticket: 1042\n    risk: 'hides: much'\n")
	if err != nil || r.Owner != "network team" || r.Ticket != "1042" || r.Risk != "hides: much" {
		t.Errorf("%+v %v", r, err)
	}
	for _, c := range []struct{ more, want string }{
		{"    enabled: maybe\n", "x.yaml:5: enabled is true or false"},
		{"    expires: soon\n", `x.yaml:5: expires: "soon" is not a time`},
		{"    expires: 01/02/2026\n", `x.yaml:5: expires: "01/02/2026" is not a time`},
		{"    time_zone: Moon\n", `x.yaml:5: unknown time zone "Moon"`},
		{"    expire: 2026-01-01\n", `did you mean "expires"?`},
		{"    owner: [a]\n", "owner is not text"},
	} {
		if _, err := load(c.more); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.more, err, c.want)
		}
	}
}

func TestTrace(t *testing.T) {
	r := inline(t, `host = 'cam-gw' OR (user = 'x' AND NOT process.parent.name LIKE '%') OR source_ip NOT IN FILE 'testdata/nets.txt'`)
	var got []string
	for _, x := range r.Trace(sample()) {
		got = append(got, x.Predicate+" is "+x.Value.String())
	}
	want := "host = 'cam-gw' is TRUE; user = 'x' is FALSE; process.parent.name LIKE '%' is UNKNOWN; source_ip NOT IN FILE 'testdata/nets.txt' is FALSE"
	if strings.Join(got, "; ") != want {
		t.Errorf("got %s", strings.Join(got, "; "))
	}
	r.Tables = []string{"DnsEvents"}
	r.bound.Clear()
	if got := r.Trace(sample()); got != nil {
		t.Errorf("a rule for another table: %v", got)
	}
}

// A hit that was read back says nothing of the columns that it does not show.
func TestReadBack(t *testing.T) {
	row := context(csl, "SourceIP", "10.0.0.5", "DestinationIP", "1.2.3.4", "SourceUserName", "alice", "DeviceAction", "")
	row.ReadBack = true
	for _, c := range []struct {
		when  string
		whole bool
		want  Tri
	}{
		{`source_ip = '10.0.0.5'`, false, True},
		{`user = 'alice'`, false, True},
		{`user = 'bob'`, false, Unknown}, // DestinationUserName is not shown
		{`user = 'bob'`, true, False},
		{`user != 'bob'`, false, Unknown},
		{`user != 'bob'`, true, True},
		{`Message IS NULL`, false, Unknown},
		{`Message IS NULL`, true, Unknown}, // the file may not have had it
		{`coalesce(Message, SourceUserName) = 'alice'`, false, Unknown},
		{`coalesce(Message, SourceUserName) = 'alice'`, true, True},
		{`timestamp IS NULL`, false, Unknown},
	} {
		row.WholeRow = c.whole
		if got := inline(t, c.when).Eval(row); got != c.want {
			t.Errorf("%s, whole %v: %s, want %s", c.when, c.whole, got, c.want)
		}
	}
}

// A rule that is not true of a hit that was read back could have been true of its
// row, where what is not shown would have to say so, under NOT as well.
func TestCould(t *testing.T) {
	row := context(csl, "SourceIP", "10.0.0.5", "DestinationIP", "1.2.3.4", "SourceUserName", "alice", "Activity", "")
	row.ReadBack = true
	for _, c := range []struct {
		when  string
		could bool
		want  string // the columns, behind a slash those that are blank
	}{
		{`Message = 'x'`, true, "Message"},
		{`NOT Message = 'x'`, true, "Message"},
		{`NOT NOT Message = 'x'`, true, "Message"},
		{`Message = 'x' AND NOT FileName = 'y'`, true, "FileName Message"},
		{`Message = 'x' AND source_ip = '10.0.0.6'`, false, ""},
		{`NOT (Message = 'x' OR source_ip = '10.0.0.5')`, false, ""},
		{`NOT (Message = 'x' AND source_ip = '10.0.0.5')`, true, "Message"},
		{`NOT source_ip = '10.0.0.5'`, false, ""},
		{`Message = 'x' OR source_ip = '10.0.0.6'`, true, "Message"},
		{`Activity = 'x'`, false, ""},
		{`Activity IS NULL AND Message IS NULL`, true, "Message / Activity"},
	} {
		could, hidden, blank := inline(t, c.when).Could(row)
		if len(blank) > 0 {
			hidden = append(append(hidden, "/"), blank...)
		}
		if got := strings.Join(hidden, " "); could != c.could || got != c.want {
			t.Errorf("%s: %v, %s, want %v, %s", c.when, could, got, c.could, c.want)
		}
	}
}
