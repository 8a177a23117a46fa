package scanner

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/rule"
)

func nearText(n *NearMisses) string {
	var b strings.Builder
	for _, m := range n.List() {
		fmt.Fprintf(&b, "%s.%s %s ~ %s+%d x%d %s:%d\n", m.Table, m.Column, m.Value, m.Indicator.Value, m.More, m.Rows, m.First.Input, m.First.Record)
	}
	fmt.Fprintf(&b, "others %d", n.Others)
	return b.String()
}

// Near misses are those that a look at every row and indicator finds, with any
// number of workers and any size of blocks.
func TestNearMisses(t *testing.T) {
	set := indicators(t, "1.2.3.4:9", "1.2.3.5", "5.6.7.0/24", "2001:db8::1", "a.evil.test", "b.evil.test")
	rows := []string{
		`{` + csl + `,"SourceIP":"1.2.3.77","DestinationIP":"1.2.3.4","DestinationPort":9}`,
		`{` + csl + `,"SourceIP":"::ffff:1.2.3.77","DestinationIP":"1.2.3.4","DestinationPort":80}`,
		`{` + csl + `,"DestinationIP":"1.2.3.4"}`,
		`{` + csl + `,"DestinationIP":"5.6.7.8","RequestURL":"http://x.evil.test/a"}`,
		`{` + csl + `,"DestinationIP":"9.9.9.9","DestinationHostName":"good.test","Message":"1.2.3.99"}`,
		`{` + dns + `,"Name":"evil.test","IPAddresses":"8.8.8.8, 2001:db8::2;1.2.3.6"}`,
		`{` + dns + `,"Name":"X.Evil.Test."}`,
		`{` + dns + `,"Name":"y.a.evil.test"}`,
		`{"Type":"Heartbeat","Name":"q.evil.test","SourceIP":"1.2.3.88"}`,
	}
	const want = `CommonSecurityLog.DestinationIP 1.2.3.4 ~ 1.2.3.4:9+0 x1 a.jsonl:3
CommonSecurityLog.DestinationIP 1.2.3.4:80 ~ 1.2.3.4:9+0 x1 a.jsonl:2
CommonSecurityLog.RequestURL x.evil.test ~ a.evil.test+1 x1 a.jsonl:4
CommonSecurityLog.SourceIP 1.2.3.77 ~ 1.2.3.4:9+1 x2 a.jsonl:1
DnsEvents.IPAddresses 1.2.3.6 ~ 1.2.3.4:9+1 x1 a.jsonl:6
DnsEvents.IPAddresses 2001:db8::2 ~ 2001:db8::1+0 x1 a.jsonl:6
DnsEvents.Name evil.test ~ a.evil.test+1 x1 a.jsonl:6
DnsEvents.Name x.evil.test ~ a.evil.test+1 x1 a.jsonl:7
others 0`
	for _, threads := range []int{1, 7} {
		for _, size := range []int{64, 1 << 20} {
			s := &Scan{Indicators: set, Ports: PortStrict, Near: NewNearMisses(), Threads: threads, Formats: formats.Options{BlockSize: size}}
			if _, err := s.Run(context.Background(), []formats.Input{jsonl("a.jsonl", rows...)}); err != nil {
				t.Fatal(err)
			}
			if got := nearText(s.Near); got != want {
				t.Errorf("%d workers, blocks of %d: got\n%s\nwant\n%s", threads, size, got, want)
			}
		}
	}
}

// A log full of near misses fills no memory, and what is kept does not depend
// on the workers.
func TestNearMissesAreBounded(t *testing.T) {
	var rows []string
	for n := range 6 * maxNearMisses {
		rows = append(rows, fmt.Sprintf(`{%s,"Name":"n%04d.evil.test"}`, dns, n*7919%(3*maxNearMisses)))
	}
	var last string
	for _, threads := range []int{1, 5} {
		s := &Scan{Indicators: indicators(t, "a.evil.test"), Near: NewNearMisses(), Threads: threads, Formats: formats.Options{BlockSize: 4096}}
		if _, err := s.Run(context.Background(), []formats.Input{jsonl("a.jsonl", rows...)}); err != nil {
			t.Fatal(err)
		}
		list := s.Near.List()
		if len(list) != maxNearMisses || list[0].Value != "n0000.evil.test" || list[0].Rows != 2 || s.Near.Others != 4*maxNearMisses {
			t.Errorf("%d workers: %d near misses, %d others", threads, len(list), s.Near.Others)
		}
		if text := nearText(s.Near); last != "" && text != last {
			t.Error("the number of workers shows")
		} else {
			last = text
		}
	}
}

// A Parquet file is read past its proofs where near misses are wanted.
func TestNearMissesOfParquet(t *testing.T) {
	list := map[string]string{}
	for _, format := range []string{"csv", "jsonl", "parquet"} {
		inputs, errs := formats.Walk([]string{"../testdata/mirai/" + format}, nil)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		s := &Scan{Indicators: indicators(t, "176.65.139.7:3778", "tvt.miraibotnet.su", "198.51.100.77:23"), Near: NewNearMisses(), Ports: PortStrict}
		if _, err := s.Run(context.Background(), inputs); err != nil {
			t.Fatal(err)
		}
		list[format] = strings.ReplaceAll(nearText(s.Near), format, "*")
	}
	if list["csv"] != list["jsonl"] || list["csv"] != list["parquet"] || strings.Count(list["csv"], "\n") < 10 {
		t.Errorf("%s\n%s\n%s", list["csv"], list["jsonl"], list["parquet"])
	}
}

func TestMet(t *testing.T) {
	set := indicators(t, "1.2.3.4:9", "1.2.3.4:10", "1.2.3.4", "5.6.7.0/24", "2001:db8::1", "evil.test", "a.evil.test", "9.9.9.9", "8.8.8.8", "7.0.0.0/8")
	rows := jsonl("a.jsonl", `{`+csl+`,"DestinationIP":"1.2.3.4","DestinationPort":9}`, `{`+csl+`,"DestinationIP":"5.6.7.8"}`,
		`{`+dns+`,"Name":"x.a.evil.test","IPAddresses":"2001:db8::1"}`, `{`+csl+`,"DestinationIP":"8.8.8.8","DeviceVendor":"quiet"}`)
	x, err := rule.Inline(1, "DestinationIP = '8.8.8.8'")
	if err != nil {
		t.Fatal(err)
	}
	s := &Scan{Indicators: set, Met: set.Met(), MetSuppressed: set.Met(), Rules: []*rule.Rule{x}, Ports: PortStrict}
	if _, err := s.Run(context.Background(), []formats.Input{rows}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, suppressed := range s.Met.Missing(s.MetSuppressed) {
		got = append(got, fmt.Sprintf("%s %v", i.Value, suppressed))
	}
	if text := strings.Join(got, ", "); text != "1.2.3.4:10 false, 9.9.9.9 false, 8.8.8.8 true, 7.0.0.0/8 false" || s.Met.Len() != 6 {
		t.Errorf("%s; %d met", text, s.Met.Len())
	}
	none := ioc.NewSet(nil).Met()
	none.Add(&ioc.Indicator{Type: ioc.Domain, Value: "evil.test"}) // not of the set
	if none.Len() != 0 {
		t.Error("met what the set does not hold")
	}
}
