package rule

import (
	"strings"
	"syscall"
	"testing"

	"github.com/iocsweep/iocsweep/ioc"
)

func TestSelector(t *testing.T) {
	date := func(s string) ioc.Date {
		d, err := ioc.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	mirai := &ioc.Indicator{Type: ioc.IPPort, Value: "176.65.139.7:3778", Feeds: []string{"a/mirai.csv:3", "--ioc:1"},
		Details: ioc.Details{Malware: "Mirai", ThreatType: "botnet_cc", Confidence: 80, FirstSeen: date("2026-05-20"), Compromised: 1, Tags: []string{"iot", "arm"}}}
	bare := &ioc.Indicator{Type: ioc.Domain, Value: "evil.example", Details: ioc.NoDetails()}
	for _, c := range []struct {
		where string
		both  string // m for mirai, b for bare
	}{
		{"malware = 'mirai' AND threat_type = 'botnet_cc'", "m"},
		{"indicator.malware = 'Mirai'", "m"},
		{"malware IS NULL", "b"},
		{"malware != 'x'", "m"},
		{"NOT malware = 'Mirai'", ""},
		{"malware IS NULL OR malware != 'Mirai'", "b"},
		{"type IN ('domain', 'ip:port')", "mb"},
		{"type = 'domain'", "b"},
		{"value = '176.65.0.0/16'", "m"},
		{"value LIKE '%.example'", "b"},
		{"value = 'EVIL.example.'", "b"},
		{"confidence >= 75", "m"},
		{"confidence < 75", ""},
		{"coalesce(confidence, '0') < 75", "b"},
		{"tags = 'ARM'", "m"},
		{"tags NOT IN ('arm', 'x')", ""},
		{"tag IS NULL", "b"},
		{"first_seen BETWEEN '2026-05-01' AND '2026-05-31'", "m"},
		{"day_of_week(first_seen) = 'Wed'", "m"},
		{"last_seen IS NULL AND valid_until IS NULL", "mb"},
		{"compromised = true", "m"},
		{"feed = 'mirai.csv'", "m"},
		{"feeds = '--ioc'", "m"},
		{"value IN FILE 'testdata/names.txt'", "b"},
		{"lower(malware) STARTS WITH 'mir' AND malware REGEXP 'ai$'", "m"},
	} {
		s, err := Select(c.where)
		if err != nil {
			t.Errorf("%s: %v", c.where, err)
			continue
		}
		got := ""
		if s.Match(mirai) {
			got += "m"
		}
		if s.Match(bare) {
			got += "b"
		}
		if got != c.both {
			t.Errorf("%s picks %q, want %q", c.where, got, c.both)
		}
	}
	for _, c := range []struct{ where, want string }{
		{"malwar = 'x'", `unknown field "malwar": did you mean "malware"? (of an indicator there are type, value,`},
		{"source_ip = '1.2.3.4'", "unknown field"},
		{"match.class = 'ip'", "unknown field"},
		{"indicator.indicator.type = 'ip'", "unknown field"},
		{"first_seen > 'soon'", "is not a time"},
		{"malware = Mirai", "put text in quotes"},
		{"value IN FILE 'nowhere'", syscall.Errno(2).Error()},
		{"", "empty expression"},
	} {
		if _, err := Select(c.where); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.where, err, c.want)
		}
	}
}
