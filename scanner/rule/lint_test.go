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

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// lintOf is what a reader who knows no time has to say of one rule.
func lintOf(r *Rule) []Warning { return (&Reader{Tables: table.Builtin()}).Lint([]*Rule{r})[0] }

// codes are the lints that apply to a rule alone.
func codes(list []Warning) (names []string) {
	for _, w := range list {
		names = append(names, w.Lint)
	}
	return names
}

// TestLints: every lint has a file of its own with rules that have the fault
// and rules that do not.
func TestLints(t *testing.T) {
	lints := []string{UnknownField, NotActive, NeverTrue, AlwaysTrue, OrNotEqual, Unbounded, AccountOnly, OtherSide, WholeHost,
		LooseLike, Wildcard, OutsideSpan, Shadowed}
	files, err := filepath.Glob("../../testdata/exclusions/lint/*.yaml")
	if err != nil || len(files) != len(lints) {
		t.Errorf("%d files for %d lints", len(files), len(lints))
	}
	first, _ := clock.ParseFlag("2025-05-01")
	last, _ := clock.ParseFlag("2025-05-31")
	reader := &Reader{Tables: table.Builtin(), Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), First: first, Last: last, HasFirst: true, HasLast: true}
	for _, lint := range lints {
		path := "../../testdata/exclusions/lint/" + lint + ".yaml"
		f, err := os.Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		rules, err := Load(f, path)
		f.Close()
		if err != nil {
			t.Error(err)
			continue
		}
		counts := map[bool]int{}
		for i, warnings := range reader.Lint(rules) {
			bad := strings.HasPrefix(rules[i].Name, "bad")
			counts[bad]++
			if got := slices.Contains(codes(warnings), lint); got != bad {
				t.Errorf("%s: %s: %v", lint, rules[i].Name, warnings)
			}
			for _, w := range warnings {
				if !strings.Contains(w.String(), rules[i].Name) {
					t.Errorf("%s: %s: does not name the rule: %s", lint, rules[i].Name, w)
				}
			}
		}
		if counts[true] == 0 || counts[false] == 0 {
			t.Errorf("%s: want examples of both kinds", lint)
		}
	}
}

func TestLint(t *testing.T) {
	for _, c := range []struct {
		when   string
		tables []string
		want   string // the lints, with blanks
	}{
		{`destination_ip = '203.0.113.80'`, nil, ""},
		{`process.name = 'nc' AND timestamp > '2025-04-01'`, nil, ""},
		{`user = 'root' OR destination_ip = '203.0.113.80'`, nil, "unbounded account-only"},
		{`destination_ip != '10.0.0.1'`, nil, "unbounded"},
		{`destination_ip LIKE '%'`, nil, "always-true unbounded"},
		{`Message = 'a' AND Message = 'b'`, nil, "never-true"},
		{`Message = 'a' AND (FileName = 'x' AND Message = 'b')`, nil, "never-true"},
		{`process.name = 'nc' AND process.name = 'nc.exe' AND timestamp > '2025-01-01'`, nil, ""},
		{`host = 'cam' AND host = 'cam.corp.example' AND remote_ip = '203.0.113.80'`, nil, ""},
		{`remote_ip = '10.0.0.1' AND remote_ip = '10.0.0.0/8'`, nil, ""},
		{`remote_ip = '10.0.0.1' AND remote_ip = '192.168.0.0/16'`, nil, "never-true"},
		{`SourceIP = '10.0.0.0/8' AND SourceIP = '192.168.0.0/16'`, []string{"CommonSecurityLog"}, "never-true"},
		{`SourceIP = '10.0.0.0/8' AND SourceIP != '10.1.0.0/16'`, nil, "whole-host"},
		{`timestamp > '2025-04-02' AND timestamp < '2025-04-01'`, nil, "never-true"},
		{`RemotePort > 5 AND RemotePort <= 5`, nil, "never-true"},
		{`RemotePort BETWEEN 10 AND 5 OR remote_ip = '10.0.0.1'`, nil, ""},
		{`Message IS NULL AND Message LIKE '% x %'`, nil, "never-true"},
		{`Message = 'a' AND Message != 'A'`, nil, "never-true"},
		{`NOT destination_ip = '10.0.0.1'`, []string{"DnsEvents"}, "never-true"},
		{`answers = '1.1.1.1' AND answers = '2.2.2.2'`, nil, ""},
		{`indicator.value = '203.0.113.80' AND process.name = 'nc'`, nil, ""},
		{`indicator.tags = 'a' AND indicator.tags = 'b' AND remote_ip = '1.1.1.1'`, nil, ""},
		{`lower(Message) = 'a' AND lower(Message) = 'b'`, nil, "never-true"},
		{`lower(Message) = 'a' AND Message = 'b' AND timestamp > '2025-01-01'`, nil, ""},
		{`day_of_week(timestamp) = 'Mon' AND day_of_week(timestamp) = 'Sunday'`, nil, "never-true"},
		{`coalesce(FileName, 'none') = 'none' AND source_ip = '203.0.113.80' AND domain = 'a.example'`, []string{"DnsEvents"}, ""},
		{`coalesce(FileName, FilePath) = 'none' AND source_ip = '203.0.113.80'`, []string{"DnsEvents"}, "never-true"},
		{`user = 'a*' AND remote_ip = '203.0.113.80'`, nil, "wildcard"},
		{`Message LIKE 'a*' AND remote_ip = '203.0.113.80'`, nil, "wildcard"},
		{`Message LIKE '%rm -rf /*' AND remote_ip = '203.0.113.80'`, nil, "loose-like"},
		{`Message STARTS WITH 'a*' AND remote_ip = '203.0.113.80'`, nil, "wildcard"},
		{`Message STARTS WITH '*a' AND remote_ip = '203.0.113.80'`, nil, ""},
		{`host ENDS WITH '*.corp.example' AND remote_ip = '203.0.113.80'`, nil, "wildcard"},
		{`user = '*' AND remote_ip = '203.0.113.80'`, nil, ""},
		{`destination_port = 'ssh'`, nil, "never-true"},
		{`NOT (Message = 'a' OR NOT remote_ip = '203.0.113.80')`, nil, ""},

		// The hit's own words are few.
		{`who.outcome = 'denied' AND remote_ip = '203.0.113.80'`, nil, "never-true"},
		{`who.outcome IN ('denied', 'Blocked') AND remote_ip = '203.0.113.80'`, nil, ""},
		{`who.outcome != 'denied' AND remote_ip = '203.0.113.80'`, nil, ""},
		{`who.outcome != 'denied'`, nil, "always-true unbounded"},
		{`direction = 'sideways' AND remote_ip = '203.0.113.80'`, nil, "never-true"},
		{`direction = 'egress' AND remote_ip = '203.0.113.80'`, nil, ""},
		{`network.direction = 'sideways' AND remote_ip = '203.0.113.80'`, []string{"CommonSecurityLog"}, ""},
		{`network.direction = 'sideways' AND remote_ip = '203.0.113.80'`, []string{"DeviceNetworkEvents"}, "never-true"},
		{`indicator.type = 'ipv4' AND remote_ip = '203.0.113.80'`, nil, "never-true"},
		{`indicator.type = 'IP:port' AND indicator.compromised = true AND remote_ip = '203.0.113.80'`, nil, ""},
		{`match.class = 'ip_only' AND remote_ip = '203.0.113.80'`, nil, "never-true"},

		// Cells that are equal need not be spelled alike.
		{`QueryType = 28 AND QueryType REGEXP 'AAAA' AND remote_ip = '203.0.113.80' OR remote_ip = '203.0.113.81'`, nil, ""},
		{`QueryType = 28 AND QueryType REGEXP 'AAAA'`, nil, "unbounded"},
		{`QueryType = 28 AND QueryType = 'A'`, nil, "never-true"},
		{`protocol = 17 AND protocol >= 'TcpV4'`, nil, "unbounded"},
		{`SourceIP = '203.0.113.80' AND SourceIP STARTS WITH '::ffff:'`, nil, ""},
		{`SourceIP = '203.0.113.80' AND SourceIP < '203.0.113.9'`, []string{"CommonSecurityLog"}, "never-true"},
		{`SourcePort = 80 AND SourcePort STARTS WITH '0'`, nil, "unbounded"},
		{`FileName = 7 AND FileName = '007'`, nil, "unbounded"},
		{`FileName = 7 AND FileName != '7'`, nil, "unbounded"},
		{`FileName = 7 AND FileName > 8`, []string{"CommonSecurityLog"}, "never-true"},
		{`Message = 'a' AND Message STARTS WITH 'b'`, nil, "never-true"},
		{`StartTime = '2025-04-01' AND StartTime ENDS WITH 'T00:00:00Z'`, nil, ""},
		{`SourceDnsDomain = 'bücher.example' AND SourceDnsDomain LIKE 'xn--%'`, nil, "unbounded"},
		{`SourceDnsDomain = 'x.example.' AND SourceDnsDomain < 'x.example.'`, nil, "unbounded"},
		{`SourceUserName = 'bob@corp.example' AND SourceUserName = 'other\bob' AND source_ip = '203.0.113.80'`, nil, ""},
		{`SourceUserName = 'bob@corp.example' AND SourceUserName = 'other\eve'`, nil, "never-true"},
		{`QueryType != 28 OR QueryType NOT CONTAINS 'A'`, nil, "or-not-equal unbounded"},

		// The direction picks one of two columns.
		{`destination_port = 80 AND destination_port = 443`, nil, "never-true"},
		{`source_ip = '203.0.113.80' AND source_ip = '10.0.0.0/8'`, nil, "never-true"},
		{`user = 'a' AND user = 'b' AND source_ip = '203.0.113.80'`, nil, ""},
		{`user IS NULL AND user = 'a'`, nil, "never-true"},
		{`user IS NULL AND user IS NOT NULL`, nil, "never-true"},

		{`Message = 'a' AND NOT Message = 'a'`, nil, "never-true"},
		{`Message = 'a' AND NOT (Message = 'a' OR FileName = 'b')`, nil, "never-true"},
		{`Message = 'a' AND NOT (Message = 'a' AND FileName = 'b')`, nil, "or-not-equal unbounded"},
		{`Message = 'a' AND (Message = 'b' OR Message = 'c')`, nil, "never-true"},
		{`Message = 'a' AND (Message = 'b' OR FileName = 'c')`, nil, "unbounded"},

		// Neither above nor below anything that is there.
		{`source_ip > '10.0.0.0/8'`, nil, "never-true"},
		{`source_ip BETWEEN '10.0.0.0/24' AND '10.0.0.255'`, nil, "never-true"},
		{`source_ip NOT BETWEEN '10.0.0.0/24' AND '10.0.0.255'`, nil, "unbounded"},
		{`NOT destination_port > 'ssh'`, nil, "never-true"},
		{`answers > '10.0.0.0/8'`, []string{"DnsEvents"}, "never-true"},
		{`answers >= 'cdn.example'`, []string{"DnsEvents"}, "never-true"},
		{`answers > '10.0.0.0' AND answers < '9.0.0.0'`, []string{"DnsEvents"}, ""},
		{`answers BETWEEN '9.0.0.0' AND '10.0.0.0'`, nil, ""},
		{`Message > 'ssh'`, nil, "unbounded"},

		// What is always unknown does not make the rest true.
		{`Name != 'a' OR RemotePort = 5`, []string{"DnsEvents"}, "unbounded"},
		{`Name != 'a' OR RemotePort = 5 OR Name != 'b'`, []string{"DnsEvents"}, "or-not-equal unbounded"},
		{`ClientIP = '203.0.113.80' OR ClientIP < '10.0.0.0/8'`, nil, ""},
		{`ClientIP > '203.0.113.80' OR ClientIP <= '203.0.113.80'`, nil, ""},

		{`NOT (protocol < 6 AND protocol >= 17)`, []string{"CommonSecurityLog"}, "unbounded"},

		{`Message = ''`, nil, "never-true"},
		{`Message IN ('', 'a')`, nil, "unbounded"},
		{`Message != ''`, nil, "always-true unbounded"},

		// '5x' is above '10' and below '9'.
		{`FileName BETWEEN '10' AND '9'`, nil, "unbounded"},
		{`FileName BETWEEN 10 AND 9`, nil, "never-true"},
		{`FileName BETWEEN 'b' AND 'a'`, nil, "never-true"},
		{`FileName >= '10.0.0.5' AND FileName <= '007'`, nil, "unbounded"},
	} {
		r := inline(t, c.when)
		r.Tables = c.tables
		if got := strings.Join(codes(lintOf(r)), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.when, got, c.want)
		}
	}
}

// TestFoundRules: what detection pages tell people to exclude is read, or
// refused with a word on what to write.
func TestFoundRules(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`process.name = "nc" AND process.args NOT LIKE "%backup%"`, `unknown field "process.args": did you mean "process.command_line"?`},
		{`process.name != "wuauclt.exe" or process.parent.name != "svchost.exe"`, "AND is meant"},
		{`Message = ''`, "an empty cell is unknown and equals nothing: write Message IS NULL"},
		{`source_ip > '10.0.0.0/8'`, "can never be true: '10.0.0.0/8' has no order among what source_ip holds"},
		{`NOT (Message = 'a' OR Message != 'a')`, "exclude each other"},
		{`indicator.compromised = 'yes'`, "'yes' is not what indicator.compromised holds, which is one of true, false"},
		{`Message NOT LIKE '%'`, "can never be true: Message NOT LIKE '%' holds for no cell"},
		{`Message != 'a' OR Message != 'b'`, "Message != 'a' OR Message != 'b' is true of every row"},
		{`NOT (Message = 'a' AND Message = 'b')`, "Message != 'a' OR Message != 'b' is true of every row"},
		{`Message NOT LIKE '%a%' OR Message NOT LIKE '%b%'`, "is true of all rows but those in which neither holds"},
		{`remote_ip != '10.0.0.0/8' OR remote_ip != '10.1.0.0/16'`, "is true of all rows but those in which neither holds"},
		{`Message != 'a' OR RemoteUrl != 'b'`, "is true of all rows but those in which neither holds"}, // no table has both
		{`FileName != 'a' OR destination_port != 'ssh'`, "is true of all rows but those in which neither holds"},
		{`process.parent_process == "task scheduler"`, `did you mean "process.parent.name"?`},
		{`process.user = 'root' OR process.user = 'admin'`, "most of what Mirai runs is root's"},
		{`destination_ip = '10.10.10.10'`, "mostly its attacks on that address"},
		{`user.name = "admin" AND process.args LIKE "%debug%"`, `did you mean "process.command_line"?`},
		{`process.command_line LIKE '%nc -z 10.0.0.5%'`, "'xnc -z 10.0.0.50'"},
		{`process.name = nc`, "put text in quotes: 'nc'"},
		{`process.name : "nc"`, "process.name = 'nc'"},
		{`process.name =~ "nc"`, "write =: text compares without regard to case"},
		{`process.name == "nc" && user != "root"`, `unexpected "&&": write AND`},
		{`!(user == "root")`, "unexpected !: write NOT"},
		{`process.name = “nc”`, "typographic quote"},
		{`process.command_line has "nc"`, "has is not a comparison here: write CONTAINS"},
		{`process.name startswith "nc"`, "write STARTS WITH"},
		{`process.name matches regex "nc.*"`, "write REGEXP"},
		{`process.name RLIKE 'nc'`, "write REGEXP"},
		{`process.name in~ ("nc")`, "IN have no regard to case anyway"},
		{`SourceIP in [“10.0.0.1”]`, "IN wants a list in parentheses"},
		{`timestamp > ago(1d)`, "a rule has fixed times"},
		{`timestamp > now()`, "a rule has fixed times"},
		{`hour(timestamp) > 22`, "time_of_day(timestamp) BETWEEN"},
		{`tolower(user) = 'root'`, "write lower, or nothing"},
		{`cidrmatch(source_ip, "10.0.0.0/8")`, "write source_ip = '10.0.0.0/8'"},
		{`lowr(user) = 'root'`, `did you mean "lower"?: want one of lower, time_of_day`},
		{`source.ip = 10.0.0.0/8`, "put addresses, times and text in quotes"},
		{`CommonSecurityLog | where x = 'y'`, "a rule is one expression, without pipes"},
		{`process.name = 'nc' | x`, "without pipes"},
		{`[process.name] = 'nc'`, "a field name has no brackets"},
		{`process.name REGEXP 'n(?=c)'`, "RE2 syntax is wanted"},
		{"process.name REGEXP 'zz)|(x'", "unexpected ): `zz)|(x`"},
		{`process.name REGEXP '((a{1000}){1000})'`, "REGEXP"},
		{`process.name REGEXP 'a{1000}a{1000}a{1000}a{1000}a{1000}a{1000}'`, "over 5000"},
		{`time_of_day(host) = '22:00'`, "time_of_day wants a time"},
		{`time_of_day(timestamp) = '10 pm'`, "is not a time of day"},
		{`day_of_week(timestamp) = 1`, "is not a day of the week"},
		{`day_of_week(timestamp) < 'Tue'`, "days have no order"},
		{`day_of_week(timestamp) LIKE 'T%'`, "compare day_of_week with"},
		{`lower(user, host) = 'x'`, "lower takes one field"},
		{`coalesce(user) = 'x'`, "at least two"},
		{`coalesce(user, 'x', host) = 'x'`, "it stands last"},
		{`coalesce('x', host) = 'x'`, "a field name has no quotes"},
		{`lower(lower(lower(lower(lower(lower(lower(lower(lower(lower(user)))))))))) = 'x'`, "nested deeper than 8"},
		{`lower(user = 'x'`, "want , or )"},
		{`lower(user`, "never closed"},
		{`destination_ip = '10.10.10.300'`, "column 18: \"10.10.10.300\" is neither an address nor a network"},
		{`destination_ip IN ('10.0.0.1', '10.0.0.0/33')`, "column 32: \"10.0.0.0/33\" is neither"},
		{`destination_ip = '10.0.0.5:23'`, "a port is a field of its own"},
		{`source_ip = '10.0.0.1-10.0.0.9'`, "is neither an address nor a network"},
		{`source_ip = 'fe80:::1'`, "is neither an address nor a network"},
		{`source_ip = 'proxy.example'`, "can never be true"},
		{`source_ip = '10.0.0.*'`, "a pattern is written source_ip LIKE '10.0.0.%'"},
		{`user STARTS 'x'`, "want WITH after STARTS"},
		{`user IN FILE x`, "the name of a file in quotes"},
		{`user IN FILE 'nowhere'`, syscall.Errno(2).Error()},
		{`timestamp IN FILE 'testdata/nets.txt'`, "IN FILE is for addresses"},
		{`destination_ip IN FILE 'testdata/names.txt'`, "names.txt:2: \"fw1\" is neither an address nor a network"},
	} {
		r, err := Inline(1, c.text)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			for _, w := range lintOf(r) {
				got += w.Text + "\n"
			}
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

// Rules may be many and of many parts: what takes too long is left, and that
// is said.
func TestLintBounds(t *testing.T) {
	var many []*Rule
	for i := range 300 {
		when := fmt.Sprintf("Message = '%d'", i)
		for n := range 6 {
			when += fmt.Sprintf(" AND (FileName = '%d' OR Activity = '%d')", n, i)
		}
		many = append(many, inline(t, when))
	}
	deep := "Message = 'x'"
	for range 190 {
		deep = "Message != 'y' AND (" + deep + ")"
	}
	many = append(many, inline(t, deep), inline(t, strings.Repeat("user = 'x' OR ", 4000)+"user = 'y'"), inline(t, strings.Repeat("user = 'x' AND ", 4000)+"user = 'y'"))
	reader := &Reader{Tables: table.Builtin()}
	start := time.Now()
	reader.Lint(many)
	if took := time.Since(start); !reader.Unfinished || took > time.Minute {
		t.Errorf("took %v, unfinished %v", took, reader.Unfinished)
	}
	if reader.Lint(many[:3]); reader.Unfinished {
		t.Error("three rules are not too many")
	}
}

// A rule that can never be true is told so by the reason that counts, and of no
// other rule that removes as little.
func TestNeverTrueAlone(t *testing.T) {
	never, err := Inline(1, `InitiatingProcessFileName = 'a' AND InitiatingProcessFileName = 'b' AND remote_ip = '203.0.113.80'`)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := Inline(2, `remote_ip = '203.0.113.80'`)
	if err != nil {
		t.Fatal(err)
	}
	got := (&Reader{Tables: table.Builtin()}).Lint([]*Rule{never, wide})[0]
	if len(got) != 1 || got[0].Lint != NeverTrue || !strings.Contains(got[0].Text, "exclude each other") {
		t.Errorf("%v", got)
	}
}

// What a rule shadows is decided by the cells and not by how they are spelled.
func TestShadowed(t *testing.T) {
	for _, c := range []struct {
		narrow, wide string
		want         bool
	}{
		{`protocol = 'tcp' AND remote_ip = '203.0.113.80'`, `protocol = 6`, true},
		{`protocol = 'tcp'`, `protocol LIKE 'tcp%'`, false},
		{`QueryType = 28`, `QueryType BETWEEN 1 AND 30`, false},
		{`RemotePort = 80`, `RemotePort BETWEEN 1 AND 1024`, true},
		{`RemotePort = 80`, `RemotePort LIKE '80'`, false},
		{`process.name = 'nc.exe'`, `process.name ENDS WITH '.exe'`, false},
		{`FileName > '5'`, `FileName > 4`, false},
		{`FileName > 5`, `FileName > 4`, true},
		{`RemotePort != 1024`, `NOT RemotePort <= 1024`, false},
		{`NOT RemotePort <= 1024`, `NOT (RemotePort <= 1024)`, true},
	} {
		got := (&Reader{Tables: table.Builtin()}).Lint([]*Rule{inline(t, c.narrow), inline(t, c.wide)})
		// Of two that remove the same, the later one is called shadowed.
		if slices.Contains(codes(slices.Concat(got...)), Shadowed) != c.want {
			t.Errorf("%s by %s: %v", c.narrow, c.wide, got)
		}
	}
}

// A place is shown within 80 columns, however long the line is.
func TestErrorWidth(t *testing.T) {
	_, err := Parse(strings.Repeat("a = 'x' AND ", 20) + "b : 'y' AND " + strings.Repeat("c = 'z' AND ", 300) + "d = 'w'")
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 3 || len(lines[1]) > 80 || lines[1][strings.IndexByte(lines[2], '^')] != ':' {
		t.Errorf("%s", err)
	}
}
