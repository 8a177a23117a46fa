package feed

import (
	"reflect"
	"slices"
	"testing"

	"github.com/iocsweep/iocsweep/ioc"
)

// FuzzEntry judges one entry by the short way and by the general one.
func FuzzEntry(f *testing.F) {
	for _, s := range []struct{ value, typ, port string }{
		{"45.1.2.3", "ip", ""}, {"45.1.2.3", "ip", "80"}, {"45.1.2.3", "ip:port", "0"}, {"45.1.2.3:80", "ip:port", ""}, {"45.1.2.3:80", "ip", "81"},
		{"45.1.2.3", "domain", ""}, {"evil.example", "ip", ""}, {"evil.example", "domain", "80"}, {"evil.example:80", "hostname", ""},
		{"2a0e:97c0::798b:4444", "ip:port", ""}, {"2a0e:97c0::1", "ip:port", "80"}, {"2a0e:97c0::1", "ipv6", "080"}, {"[2a0e:97c0::1]:80", "ip:port", ""},
		{"1:2:3:4:5:6:7:8", "ip:port", ""}, {"1:2:3:4:5:6:7:8:9", "ip:port", ""}, {"45.1.2.3", "", "00080"}, {"45.1.2.3", "", "65536"}, {"45.1.2.3", "", " 80"},
		{"10.1.2.3", "", "80"}, {"co.uk", "", ""}, {"45.1.2.3", "url", ""}, {"evil.example", "process", ""},
	} {
		f.Add([]byte(s.value), s.typ, []byte(s.port), true)
	}
	f.Fuzz(func(t *testing.T, value []byte, typ string, port []byte, said bool) {
		judged := func(general bool) ([]ioc.Indicator, Report) {
			r := reading{report: &Report{ByType: map[string]int{}, Repeats: map[string]int{}, Reasons: map[string]int{}, First: map[string]int{}}, list: new(ioc.List), path: "feed:", judge: judge{options: Options{general: general}}}
			for n := range 2 {
				e := newEntry(n + 1)
				e.Value, e.Type, e.Port = value, typ, port
				if said {
					e.Malware, e.Confidence, e.Tags = "Mirai", 10*n, []string{"a", "a"}
					e.FirstSeen, _ = ioc.ParseDate("2026-05-20")
				}
				r.take(&e)
			}
			r.apply(&r.judge)
			r.warnExpired()
			return slices.Collect(r.list.All()), *r.report
		}
		list, report := judged(false)
		want, wantReport := judged(true)
		if !reflect.DeepEqual(list, want) || !reflect.DeepEqual(report, wantReport) {
			t.Fatalf("%q of type %q, port %q:\n%s%+v\nwant\n%s%+v", value, typ, port, lines(list), report, lines(want), wantReport)
		}
	})
}
