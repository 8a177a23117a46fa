package rule

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Expressions as the rule pages of others have them: each is refused at its
// place, and what is offered in its stead means the same and can be pasted.
func TestRewrite(t *testing.T) {
	for _, c := range []struct {
		text string
		at   int    // column
		try  string // "" where nothing is offered
	}{
		// Elastic: KQL and EQL.
		{`process.name:nc`, 13, `process.name = 'nc'`},
		{`process.name:*nc*`, 13, `process.name CONTAINS 'nc'`},
		{`process.name : "nc_*"`, 14, `process.name STARTS WITH 'nc_'`},
		{`process.name : "a*b"`, 14, `process.name REGEXP '^a.*b$'`},
		{`process.name: *`, 13, `process.name IS NOT NULL`},
		{`_exists_:process.name`, 9, `process.name IS NOT NULL`},
		{`NOT user.name : "root"`, 15, `NOT user.name = 'root'`},
		{`user.name: root and not process.name: (nc or ncat)`, 10, `user.name = 'root' AND NOT process.name IN ('nc', 'ncat')`},
		{`process where process.name == "n*" and process.args : ("-e", "-c")`, 9,
			`process.name = 'n*' AND (process.command_line REGEXP '(^|\s)-e(\s|$)' OR process.command_line REGEXP '(^|\s)-c(\s|$)')`},
		{`process.name in~ ("nc", "ncat")`, 16, `process.name IN ('nc', 'ncat')`},
		{`process.name like~ "nc*"`, 18, `process.name STARTS WITH 'nc'`},
		{`process.name like ("nc*", "ncat")`, 19, `process.name STARTS WITH 'nc' OR process.name = 'ncat'`},
		{`process.command_line regex~ "nc.*"`, 22, `process.command_line REGEXP 'nc.*'`},
		{`cidrMatch(source.ip, "10.0.0.0/8", "192.168.0.0/16")`, 1, `source.ip IN ('10.0.0.0/8', '192.168.0.0/16')`},
		{`startsWith~(process.name, "nc")`, 11, `process.name STARTS WITH 'nc'`},
		{`source.ip != 10.0.0.0/8`, 14, `source.ip != '10.0.0.0/8'`},
		{`cmdline matches /x\/y/i`, 9, `process.command_line REGEXP 'x/y'`},
		{`process.name =~ /nc.*/`, 14, `process.name REGEXP 'nc.*'`},
		// Sentinel: KQL of the other kind.
		{`ProcessCommandLine has "n.c"`, 20, `ProcessCommandLine REGEXP '\bn\.c\b'`},
		{`ProcessCommandLine has "-e" or ProcessCommandLine hasprefix "c:\"`, 20, `ProcessCommandLine REGEXP '-e\b' OR ProcessCommandLine REGEXP '\bc:\\'`},
		{`ProcessCommandLine !has "nc"`, 20, `ProcessCommandLine NOT REGEXP '\bnc\b'`},
		{`ProcessCommandLine has_any ("nc", "ncat")`, 20, `ProcessCommandLine REGEXP '\bnc\b' OR ProcessCommandLine REGEXP '\bncat\b'`},
		{`ProcessCommandLine !contains "nc"`, 20, `ProcessCommandLine NOT CONTAINS 'nc'`},
		{`FileName startswith "nc"`, 10, `FileName STARTS WITH 'nc'`},
		{`FileName !startswith "nc" or FileName !endswith ".exe"`, 10, `FileName NOT STARTS WITH 'nc' OR FileName NOT ENDS WITH '.exe'`},
		{`FileName !in~ ("a", "b")`, 10, `FileName NOT IN ('a', 'b')`},
		{`FileName =~ "nc"`, 10, `FileName = 'nc'`},
		{`FileName !~ "nc"`, 10, `FileName != 'nc'`},
		{`CommandLine matches regex "nc.*"`, 13, `CommandLine REGEXP 'nc.*'`},
		{`isnotempty(RemoteIP) and ipv4_is_in_range(RemoteIP, "10.0.0.0/8")`, 1, `RemoteIP IS NOT NULL AND RemoteIP = '10.0.0.0/8'`},
		{`| where tolower(DeviceName) == "cam-gw"`, 1, `DeviceName = 'cam-gw'`},
		{`TimeGenerated between (datetime(2026-05-20) .. datetime(2026-05-21))`, 23, `TimeGenerated BETWEEN '2026-05-20' AND '2026-05-21'`},
		{`DeviceName in ["a", "b"]`, 15, `DeviceName IN ('a', 'b')`},
		{`user.name IN {"a"}`, 14, `user.name = 'a'`},
		{`process.name == ("nc", "ncat")`, 17, `process.name IN ('nc', 'ncat')`},
		{`FolderPath startswith "c:\\Users\\" or FileName =~ 'c:\\x'`, 12, `FolderPath STARTS WITH 'c:\Users\' OR FileName = 'c:\\x'`},
		{`| where CommandLine endswith "\\nc.exe"`, 1, `CommandLine ENDS WITH '\nc.exe'`},
		{`CommandLine contains "c:\Users\\x" and x =~ "\\y"`, 42, `CommandLine CONTAINS 'c:\Users\\x' AND x = '\\y'`},
		{`CommandLine !contains @"c:\Users\"`, 13, `CommandLine NOT CONTAINS 'c:\Users\'`},
		{`CommandLine matches regex @'^\d+$'`, 13, `CommandLine REGEXP '^\d+$'`},
		{`FolderPath : ("?:\\Users\\*", "?:\\a.exe")`, 12, `FolderPath REGEXP '^.:\\Users\\.*$' OR FolderPath REGEXP '^.:\\a\.exe$'`},
		{`process.args : ("/tmp/*", "*.sh", "*x*", "a*b") and process.args == "a*"`, 14,
			`(process.command_line REGEXP '(^|\s)/tmp/' OR process.command_line REGEXP '\.sh(\s|$)' OR process.command_line REGEXP 'x' OR process.command_line REGEXP '(^|\s)a\S*b(\s|$)') AND process.command_line REGEXP '(^|\s)a\*(\s|$)'`},
		{`url : "http://x/?a*"`, 5, `url STARTS WITH 'http://x/?a'`},
		{`a == 1 and ipv4_is_private(RemoteIP)`, 12, `a = 1 AND RemoteIP IN ('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16')`},
		{`ipv4_is_private(RemoteIP, "x")`, 1, ""},
		// What is true of less is not negated.
		{`not(ipv4_is_private(RemoteIP))`, 5, ""},
		{`not (DeviceName in (known, devices))`, 21, ""},
		{`NOT (NOT (DeviceName in [known, devices]))`, 25, `NOT NOT DeviceName IN ('known', 'devices')`},
		{`FileName : "a?c*" and x == 1`, 10, `FileName STARTS WITH 'a?c' AND x = 1`},
		{`not FileName : "a?c*"`, 14, ""},
		{`not process.args : "-e"`, 18, ""},
		{`FolderPath !startswith 'c:\\Users\\'`, 12, ""},
		{`process.args : "nc -z"`, 14, ""},
		{`FileName like~ ("a%b*", "*c_d*")`, 14, `FileName STARTS WITH 'a%b' OR FileName CONTAINS 'c_d'`},
		{`wildcard(FileName, "*a_b*")`, 1, `FileName CONTAINS 'a_b'`},
		// Words that are defined elsewhere are no texts.
		{`DeviceName !in (knowndevices)`, 12, ""},
		{`DeviceName !in~ (known, devices)`, 12, ""},
		{`RemoteUrl has_any (domains)`, 11, ""},
		{`RemoteIP in (ours)`, 14, ""},
		{`DeviceName == Compromised.DeviceName`, 15, ""},
		{`Total >= threshold and FileName =~ "nc"`, 10, ""},
		{`TimeGenerated between (from .. to)`, 23, ""},
		{`user IN (root, admin)`, 10, `user IN ('root', 'admin')`},
		{`host =~ cam-gw`, 6, `host = 'cam-gw'`},
		{`a == true and b =~ 'x'`, 17, `a = 'true' AND b = 'x'`},
		// Sigma and Splunk.
		{`Image|endswith: '\nc.exe'`, 6, `Image ENDS WITH '\nc.exe'`},
		{`CommandLine|contains|all: 'nc'`, 12, `CommandLine CONTAINS 'nc'`},
		{`CommandLine|contains|all: ['nc', '-e']`, 12, ""},
		{`selection and not filter`, 11, ""},
		{`user=root dest_port=443`, 6, ""},
		{`Processes.process_name=nc.exe`, 24, `process.name = 'nc.exe'`},
		{`user!="ad*" AND src_ip=10.1.2.3`, 24, `user NOT STARTS WITH 'ad' AND src_ip = '10.1.2.3'`},
		// SQL and what people write by hand.
		{`process.name == “nc”`, 17, `process.name = 'nc'`},
		{`process.name = ‘it’ && user = "O'Neil"`, 16, `process.name = 'it' AND user = 'O''Neil'`},
		{`a = "x" || !(b = "y" and c = "z")`, 9, `a = 'x' OR NOT (b = 'y' AND c = 'z')`},
		{"`process.name` = 'nc'", 1, `process.name = 'nc'`},
		{`[process.name] = 'nc'`, 1, `process.name = 'nc'`},
		{`"process.name" = 'nc'`, 1, `process.name = 'nc'`},
		{`'root' = user`, 1, `user = 'root'`},
		{`"nc" in process.name`, 1, ""},
		{`user.name is not "root"`, 18, `user.name != 'root'`},
		{`user.name != null`, 14, `user.name IS NOT NULL`},
		{`process.name = 'nc'; -- comment`, 20, ""},
		{`process.name = 'nc' -- comment`, 21, `process.name = 'nc'`},
		{"process.name:nc # scanners\nand user.name:root", 13, `process.name = 'nc' AND user.name = 'root'`},
		{`user.name:(not root)`, 10, ""},
		{`user.name:(root and admin)`, 10, ""},
		{`user.name:(root admin)`, 10, ""},
		{`user.name:("and" or root)`, 10, `user.name IN ('and', 'root')`},
		{`WHERE process.name = 'nc';`, 7, `process.name = 'nc'`},
		{`process.name equals nc`, 14, `process.name = 'nc'`},
		{`destination.port : 443 and bytes : 1.5`, 18, `destination.port = 443 AND bytes = 1.5`},
		{`process.name = 'nc' and`, 24, ""},
		{`process.name = 'nc' XOR user = 'root'`, 21, ""},
		{`timestamp > ago(1d)`, 13, ""},
		{`process.name = 'it's'`, 20, ""},
		{`process.name = 'nc')`, 20, ""},
		{`1 of selection*`, 1, ""},
		{"a : '\xff'", 6, ""},
	} {
		_, err := Parse(c.text)
		var at *SyntaxError
		if !errors.As(err, &at) {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if at.Try != c.try || !strings.HasPrefix(at.Error(), fmt.Sprintf("column %d:", c.at)) {
			t.Errorf("%s: %s\noffered %q, want %q at column %d", c.text, at, at.Try, c.try, c.at)
		}
		if c.try == "" {
			continue
		}
		e, err := Parse(c.try)
		if err != nil || e.String() != c.try || !strings.HasSuffix(at.Error(), "\n  write:\n    "+c.try) {
			t.Errorf("%s: %s does not stand for itself: %v", c.text, c.try, err)
		}
	}
	if at := new(SyntaxError); !errors.As(second(Parse("a : 'x' AND "+strings.Repeat("b = 'y' AND ", 1000)+"c = 'z'")), &at) || at.Try != "" {
		t.Errorf("a long expression: %v", at)
	}
}

func second(_ *Expr, err error) error { return err }

// Whatever is offered can be pasted, and nothing is offered for what is right.
func FuzzRewrite(f *testing.F) {
	for _, s := range []string{`a:b`, `a|b|c:'d'`, `_exists_:`, `f(`, `contains(a,"b"`, `[a`, `a in {`, `a between (1 .. 2)`, `a : (b or c) && !(d ~ /e/i)`,
		`process where a : "*"`, "“", "a = ‘", `a in (1,2`, `!`, `'x' = y`, `a matches regex /(/`, `a != * or b != null`, `a not like "b*c"`, "a:\x00\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		try := rewrite(s)
		if try == "" {
			return
		}
		e, err := Parse(try)
		if err != nil || e.String() != try {
			t.Errorf("%q: %q: %v", s, try, err)
		}
	})
}
