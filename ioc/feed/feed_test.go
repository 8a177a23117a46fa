package feed

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"github.com/iocsweep/iocsweep/ioc"
)

// of is a source that holds text under the name feed.
func of(text string) Source {
	return Source{Path: "feed", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

// read is Read, done in every way there is: by the short ways and without them,
// at once and in pieces. The results must be the same.
func read(t testing.TB, sources []Source, o Options) ([]ioc.Indicator, []Report, error) {
	t.Helper()
	return readBy(t, sources, o, []int{1, 64, 4096}, []int{1, 3})
}

func readBy(t testing.TB, sources []Source, o Options, pieces, workers []int) ([]ioc.Indicator, []Report, error) {
	t.Helper()
	list, reports, err := Read(sources, o)
	var all []ioc.Indicator
	if list != nil {
		all = slices.Collect(list.All())
	}
	o.general = true
	same(t, "by the general way", all, reports, err, sources, o)
	o.general = false
	for _, p := range pieces {
		for _, w := range workers {
			o.piece, o.workers = p, w
			same(t, fmt.Sprintf("in pieces of %d bytes by %d", p, w), all, reports, err, sources, o)
		}
	}
	return all, reports, err
}

func same(t testing.TB, how string, all []ioc.Indicator, reports []Report, err error, sources []Source, o Options) {
	t.Helper()
	list, moreReports, moreErr := Read(sources, o)
	if err != nil && fmt.Sprint(err) != fmt.Sprint(moreErr) {
		t.Fatalf("%s: error %v, want %v", how, moreErr, err)
	}
	if list == nil {
		return
	}
	if more := slices.Collect(list.All()); !reflect.DeepEqual(more, all) {
		t.Fatalf("%s:\n%s\nwant:\n%s", how, lines(more), lines(all))
	}
	for i := range reports {
		a, b := reports[i], moreReports[i]
		if fmt.Sprint(a.Err) != fmt.Sprint(b.Err) {
			t.Fatalf("%s: error of %s %v, want %v", how, a.Path, b.Err, a.Err)
		}
		a.Err, b.Err = nil, nil
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%s:\n%+v\nwant:\n%+v", how, b, a)
		}
	}
}

// lines shows indicators one a line, with all that is known of them.
func lines(list []ioc.Indicator) string {
	var b strings.Builder
	for i := range list {
		v := &list[i]
		fmt.Fprintf(&b, "%s %s", v.Type, v.Value)
		for _, f := range []struct{ name, text string }{
			{"threat", v.ThreatType}, {"malware", v.Malware}, {"first", v.FirstSeen.String()}, {"last", v.LastSeen.String()}, {"until", v.ValidUntil.String()},
			{"tags", strings.Join(v.Tags, ",")}, {"at", strings.Join(v.Feeds, ",")},
		} {
			if f.text != "" {
				fmt.Fprintf(&b, " %s=%s", f.name, strings.ReplaceAll(f.text, "testdata/", ""))
			}
		}
		if v.Confidence >= 0 {
			fmt.Fprintf(&b, " confidence=%d", v.Confidence)
		}
		if v.Compromised >= 0 {
			fmt.Fprintf(&b, " compromised=%d", v.Compromised)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// faults shows rejects or warnings one a line, but for those that say that an
// address is reserved: all addresses of these tests are.
func faults(list []Reject) string {
	var b strings.Builder
	for _, r := range list {
		if strings.Contains(r.Reason, "documentation") || strings.Contains(r.Reason, "private") {
			continue
		}
		fmt.Fprintf(&b, "%d %s: %s\n", r.Line, r.Text, r.Reason)
	}
	return b.String()
}

func compare(t *testing.T, what, got, want string) {
	t.Helper()
	if want = strings.TrimLeft(want, "\n"); got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

func TestKinds(t *testing.T) {
	tests := []struct {
		file, kind              string
		want, rejects, warnings string
		reasons                 string
	}{
		{"threatfox.csv", "threatfox-csv", `
ip:port 203.0.113.71:50003 threat=botnet_cc malware=ExampleC2 first=2026-03-15T04:01:14Z tags=ExampleC2,AS64500 at=threatfox.csv:6 confidence=100 compromised=0
ip:port [2a02:cf40:1::5]:40669 threat=botnet_cc malware=Mirai first=2026-03-15T03:58:00Z last=2026-03-15T04:10:00Z tags=mirai at=threatfox.csv:7 confidence=75 compromised=0
domain shop.example.org threat=payload_delivery malware=ClearFake first=2026-03-14T22:12:31Z at=threatfox.csv:8 confidence=50 compromised=1
url http://shop.example.org/a,b/i threat=payload_delivery malware=ClearFake first=2026-03-14T22:12:30Z at=threatfox.csv:9 confidence=50 compromised=1
hash 0123456789abcdef0123456789abcdef threat=payload malware=Mirai first=2026-03-14T22:12:29Z at=threatfox.csv:10 confidence=50 compromised=0
`, "", "", "map[]"},
		{"threatfox.json", "threatfox-json", `
ip:port 203.0.113.71:50003 threat=botnet_cc malware=ExampleC2 first=2026-03-15T04:01:14Z tags=ExampleC2,AS64500 at=threatfox.json:3 confidence=100 compromised=0
domain shop.example.org threat=payload_delivery malware=js.clearfake first=2026-03-14T22:12:31Z last=2026-03-15T00:00:00Z at=threatfox.json:21 confidence=50 compromised=1
url http://shop.example.org/i at=threatfox.json:34
`, "", "", "map[]"},
		{"threatfox-api.json", "threatfox-api", `
ip:port [2a02:cf40:1::5]:40669 malware=win.example_stealer first=2022-08-05T11:40:15Z tags=ExampleStealer,v6 at=threatfox-api.json:4
domain evil.example.net malware=Mirai at=threatfox-api.json:6 confidence=80
`, "7 {\"id\": \"841510\", \"ioc_type\": \"domain\"}: no value\n", "", "map[no value:1]"},
		{"threatfox.jsonl", "threatfox-jsonl", `
ip:port [2a02:cf40:1::5]:40669 malware=win.example_stealer first=2022-08-05T11:40:15Z tags=ExampleStealer at=threatfox.jsonl:1
domain evil.example.net at=threatfox.jsonl:3 confidence=80
`, "2 {\"id\":\"841509\",\"ioc\":\"evil.example.net\",\"ioc_type\":\"domain\": not a JSON object\n", "", "map[not a JSON object:1]"},
		{"list.txt", "list", `
ip 203.0.113.1 at=list.txt:1
ip 203.0.113.2 at=list.txt:6
ip 203.0.113.3 at=list.txt:7
cidr 198.51.100.0/24 at=list.txt:8
domain evil.example.net at=list.txt:9,list.txt:20
domain evil.example.org at=list.txt:10
url http://evil.example.org/x.sh at=list.txt:11
domain wide.example.com at=list.txt:12
domain spaced.example.com at=list.txt:13
domain hosts-a.example.net at=list.txt:14
domain hosts-b.example.net at=list.txt:14
domain below.example.net at=list.txt:16
ip 10.1.2.3 at=list.txt:19
ip:port 203.0.113.2:8080 at=list.txt:23
hash 0123456789abcdef0123456789abcdef at=list.txt:24
domain last.example.net at=list.txt:26
`, `18 203.0.113.9 203.0.113.10: not an indicator
21 co.uk: public suffix
22 beacon: single label
`, "", "map[URL path:1 mail address:1 name of the hosts file's own machine:1 not an indicator:1 public suffix:1 single label:1]"},
		{"typed.csv", "csv", `
domain first.example.net malware=Example, with comma first=2021-01-28 at=typed.csv:2
ip 203.0.113.5 first=2021-02-03 at=typed.csv:3
hash 0123456789abcdef0123456789abcdef malware=two lines first=2021-02-05 at=typed.csv:5
domain second.example.net first=2021-02-06 at=typed.csv:8
`, "7 ,,,,,,: no value\n", "1 other.example.net: not taken from column C2Domain: 1 of the first 6 records have what would be an indicator there\n", "map[no value:1 type process:1]"},
		{"expiring.csv", "csv", `
ip 203.0.113.20 last=2026-01-02 until=2025-12-31T23:59:59Z at=expiring.csv:2
ip 203.0.113.21 last=2026-01-03 at=expiring.csv:3 confidence=90
`, "", "2 203.0.113.20: expired\n", "map[]"},
		{"defender.csv", "csv", `
ip 203.0.113.30 until=2026-12-31T00:00:00Z at=defender.csv:2
hash 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef at=defender.csv:4
`, "", "", "map[allowed: an exception, not an indicator:1]"},
		{"spread.csv", "csv", `
domain c2.example.net threat=C2 at=spread.csv:2 confidence=100
ip 203.0.113.40 threat=C2 at=spread.csv:2 confidence=100
url https://c2.example.net/x threat=C2 at=spread.csv:2 confidence=100
`, "", "", "map[not active:1]"},
		{"bare.csv", "csv-noheader", `
domain phish.example.net first=2026-08-16T01:04:58Z at=bare.csv:1
url https://phish.example.net/login first=2026-08-16T01:05:58Z at=bare.csv:2
ip 203.0.113.50 first=2026-08-16T01:06:58Z at=bare.csv:3
`, "", "", "map[]"},
		{"misp.json", "misp", `
ip 203.0.113.7 tags=mirai,botnet at=misp.json:5
ip:port 203.0.113.8:23 first=2026-05-19T10:00:00Z at=misp.json:6
ip:port [2001:db8::8]:443 at=misp.json:7
domain evil.example.net at=misp.json:8
ip 203.0.113.9 at=misp.json:8
domain cnc.example.net at=misp.json:9
url http://203.0.113.7/mirai.arm7 at=misp.json:12
hash 8764605c6f388c89096b534d33565802 at=misp.json:13
domain object.example.net at=misp.json:19
`, "15 \"odd\": not a MISP attribute\n", "9 cnc.example.net:5555: a name is matched whatever the port\n",
			"map[deleted:1 not a MISP attribute:1 to_ids is false:1 type text:1]"},
		{"stix20.json", "stix", `
ip 203.0.113.7 tags=malicious-activity,mirai at=stix20.json:3
ip:port 203.0.113.8:23 at=stix20.json:4
domain evil.example.net at=stix20.json:5
domain a.example.net at=stix20.json:5
domain b.example.net at=stix20.json:5
hash 7fa3abc229fd3cb9a0a6f07d9da15e35528c630d0ad5902d5422b305cae7eaa4 at=stix20.json:6
url http://203.0.113.7/it's at=stix20.json:6
domain both.example.net at=stix20.json:7
domain like.example.net at=stix20.json:8
cidr 198.51.100.0/24 at=stix20.json:10
`, "13 [ipv4-addr:value = '203.0.113.97': pattern not readable: want ] before the end\n",
			"7 [domain-name:value = 'both.example.net' AND file:name = 'x']: the pattern asks for more than is matched: file:name\n",
			"map[no indicator: identity:1 pattern in yara:1 pattern not readable: want ] before the end:1 pattern on mutex:1 pattern that excludes:2 pattern with LIKE:1 pattern with MATCHES:1 revoked:1]"},
		{"stix21.jsonl", "stix", `
domain evil.example.net threat=malicious-activity until=2026-02-01T00:00:00Z at=stix21.jsonl:1 confidence=55
ip 2001:db8::7 at=stix21.jsonl:2
`, "", "1 evil.example.net: expired\n", "map[no indicator: ipv4-addr:1]"},
		{"upload.json", "stix", "ip 203.0.113.7 at=upload.json:4\n", "", "", "map[]"},
		{"openioc.ioc", "openioc", `
domain evil.example.net at=openioc.ioc:6
ip 203.0.113.7 at=openioc.ioc:10
domain uri.example.net at=openioc.ioc:14
hash f6fafb7c30b1114befc93f39d0698560 at=openioc.ioc:18
`, "", "", "map[item on Network/String:1 item on RegistryItem/Path:1 item that excludes:1 item with condition matches:1]"},
		{"suricata.rules", "suricata", `
ip 45.9.148.1 threat=misc-attack tags=Poor reputation (group 1) at=suricata.rules:3
ip 45.9.148.2 threat=misc-attack tags=Poor reputation (group 1) at=suricata.rules:3
cidr 45.9.149.0/24 threat=misc-attack tags=Poor reputation (group 1) at=suricata.rules:3
ip:port 45.9.150.1:443 tags=C2 of Mirai at=suricata.rules:4
ip:port 45.9.150.2:443 tags=C2 of Mirai at=suricata.rules:4
ip:port [2a02:cf40::1]:8443 at=suricata.rules:5
ip 45.9.152.1 tags=two ports at=suricata.rules:6
`, "10 45.9.155.300: not an indicator\n", "", "map[allowed: an exception, not an indicator:1 not an indicator:1 private address in a rule:1 rule that is turned off:1 rule without addresses:1]"},
		{"exit-addresses", "tor-exits", `
ip 45.9.148.3 last=2026-05-20T12:05:06Z at=exit-addresses:4
ip 45.9.148.4 last=2026-05-20T12:06:07Z at=exit-addresses:8
ip 45.9.148.5 last=2026-05-20T12:07:08Z at=exit-addresses:9
`, "", "", "map[]"},
		{"zeek.intel", "zeek-intel", `
ip 203.0.113.7 tags=somebody at=zeek.intel:2
domain evil.example.net tags=somebody at=zeek.intel:3
cidr 198.51.100.0/24 at=zeek.intel:4
url evil.example.net/x tags=somebody at=zeek.intel:5
`, "6 -\tIntel::DOMAIN\tsomebody\tF: no value\n", "", "map[no value:1 type FILE_NAME:1]"},
		{"adblock.txt", "adblock", `
domain evil.example.net at=adblock.txt:3
domain wide.example.net at=adblock.txt:4
domain star.example.net at=adblock.txt:5
ip 203.0.113.7 at=adblock.txt:6
url http://203.0.113.7/x at=adblock.txt:11
domain plain.example.net at=adblock.txt:13
domain hosts.example.net at=adblock.txt:14
`, "", "", "map[allowed: an exception, not an indicator:1 regular expression:1 rule about the content of pages:1 rule for certain pages:1 wildcard:1]"},
		{"dnsmasq.conf", "dnsmasq", `
domain evil.example.net at=dnsmasq.conf:2
domain a.example.net at=dnsmasq.conf:3
domain b.example.net at=dnsmasq.conf:3
domain c.example.net at=dnsmasq.conf:4
domain d.example.net at=dnsmasq.conf:6
domain plain.example.net at=dnsmasq.conf:7
`, "", "", "map[asks another server, blocks nothing:1]"},
		{"unbound.conf", "unbound", `
domain evil.example.net at=unbound.conf:3
domain a.example.net at=unbound.conf:4,unbound.conf:5
`, "", "", "map[allowed: an exception, not an indicator:1]"},
		{"rpz.zone", "rpz", `
domain evil.example.net at=rpz.zone:5,rpz.zone:6
domain ttl.example.net at=rpz.zone:7
domain full.example.net at=rpz.zone:9
ip 203.0.113.7 at=rpz.zone:11
cidr 198.51.100.0/24 at=rpz.zone:12
cidr 2001:db8::/48 at=rpz.zone:13
`, "15 99.7.113.0.203.rpz-ip: not an indicator\n", "", "map[allowed: an exception, not an indicator:1 not an indicator:1 rule about who asks or answers:1]"},
		{"feodo.json", "json", `
ip:port 203.0.113.7:8080 malware=Emotet first=2026-05-01T10:00:00Z last=2026-05-20 at=feodo.json:2
ip:port 203.0.113.8:443 malware=Mirai first=2026-05-02T10:00:00Z at=feodo.json:3
`, "4 {\"note\": \"no address\"}: no value\n", "", "map[no value:1]"},
		{"microsoft.json", "json", `
domain evil.example.net threat=Phishing first=2020-09-29T08:01:39Z at=microsoft.json:1
hash 196203ebe949fe0710c4f5627d8b60918a655c7b10532c18b701ab6d23c14264 threat=Malware first=2020-09-28T16:40:49Z at=microsoft.json:2
`, "", "", "map[]"},
		{"sslbl.csv", "csv", `
ip:port 203.0.113.7:443 first=2026-05-20T04:11:02Z at=sslbl.csv:5
ip:port 203.0.113.8:8443 first=2026-05-20T05:11:02Z at=sslbl.csv:6
`, "", "", "map[]"},
		{"report.md", "text", `
ip 203.0.113.7 at=report.md:5
domain cnc.example.net at=report.md:5
url http://203.0.113.7/mirai.arm7 at=report.md:5
ip 203.0.113.8 at=report.md:6
domain table.example.net at=report.md:10
ip 198.51.100.4 at=report.md:12
domain alone.example.net at=report.md:13
domain code.example.net at=report.md:14
ip 203.0.113.9 at=report.md:17
hash 8764605c6f388c89096b534d33565802 at=report.md:18
`, "", "", "map[name of a file:2 not defanged, in prose: --iocs-format text-all takes it:2]"},
		{"report.html", "text", `
domain bold.example.net at=report.html:5
ip 203.0.113.7 at=report.html:7
domain entity.example.net at=report.html:8
`, "", "", "map[not defanged, in prose: --iocs-format text-all takes it:1]"},
		{"page.txt", "rule-page", `
ip:port 203.0.113.7:3778 threat=botnet_cc malware=Gafgyt first=2026-05-20 at=page.txt:6 confidence=80
domain cnc.example.net threat=payload_delivery malware=Gafgyt first=2026-05-20 at=page.txt:7 confidence=100
url http://cnc.example.net/a%7Cb threat=payload_delivery malware=Gafgyt first=2026-05-21 at=page.txt:8 confidence=100
`, "", "7 cnc.example.net: in the page's table, not in the lists of its hunts\n8 hxxp://cnc.example.net/a|b: in the page's table, not in the lists of its hunts\n10 203.0.113.8: in a list of the page's hunts, not in its table\n", "map[]"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			path := "testdata/" + tt.file
			list, reports, err := read(t, []Source{File(path)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			r := &reports[0]
			if r.Kind != tt.kind {
				t.Errorf("kind %s, want %s", r.Kind, tt.kind)
			}
			compare(t, "indicators", lines(list), tt.want)
			compare(t, "rejects", faults(r.Rejects), tt.rejects)
			compare(t, "warnings", faults(r.Warnings), tt.warnings)
			compare(t, "reasons", fmt.Sprint(r.Reasons), tt.reasons)
			if r.Taken != len(list) || r.Err != nil {
				t.Errorf("taken %d of %d, error %v", r.Taken, len(list), r.Err)
			}

			// The kind that is told by content is the kind that may be forced.
			forced, _, err := read(t, []Source{File(path)}, Options{Format: tt.kind})
			if err != nil || lines(forced) != lines(list) {
				t.Errorf("forced: %v\n%s", err, lines(forced))
			}
		})
	}
}

// Tables that are read in pieces go on line by line where they have to, and
// lists after a line that is too long.
func TestPieces(t *testing.T) {
	var rows, fox, list strings.Builder
	for n := range 400 {
		fmt.Fprintf(&rows, "h%d.example.net,\"note, %d\"\n", n%390, n)
		fmt.Fprintf(&fox, "\"2026-03-15 04:01:14\", \"1\", \"45.1.2.%d:80\", \"ip:port\", \"botnet_cc\", \"win.x\", \"None\", \"X\", \"\", \"100\", \"False\", \"None\", \"X\", \"0\", \"y\"\n", n%250)
		fmt.Fprintf(&list, "h%d.example.net\n45.1.2.%d:%d\r\n\n# comment\nevil[.]h%d.example.net\n10.0.0.%d\n", n%390, n%256, n%300, n, n%256)
	}
	long := strings.Repeat("x", maxLine+10)
	tests := []struct{ name, text string }{
		{"cell of two lines", "ioc,note\n" + rows.String() + "two.example.net,\"one\ntwo\"\n" + rows.String()},
		{"cell of two lines first", "ioc,note\ntwo.example.net,\"one\ntwo\"\n" + rows.String()},
		{"header of two lines", "ioc,\"no\nte\"\n" + rows.String()},
		{"stray quote", "ioc,note\n" + rows.String() + "two.example.net,\"one\n" + strings.Repeat(rows.String(), 2)},
		{"stray quote first", "ioc,note\ntwo.example.net,\"one\n" + rows.String()},
		{"stray quote at the end", "ioc,note\n" + rows.String() + "two.example.net,\"one\n"},
		{"without last line break", "ioc,note\n" + rows.String() + "last.example.net,x"},
		{"long line", "ioc,note\n" + rows.String() + long + "\n" + rows.String()},
		{"long line first", "ioc,note\n" + long + "\n" + rows.String()},
		{"long line last", "ioc,note\n" + rows.String() + long},
		{"longest line", "ioc,note\n" + rows.String() + long[:maxLine-1] + "\n" + rows.String()},
		{"longest line last", "ioc,note\n" + rows.String() + long[:maxLine]},
		{"without header", rows.String()},
		{"header only", "ioc,note\n"},
		{"comments", "# a\nioc,note\n" + rows.String() + "# b\n#\n" + rows.String()},
		{"ThreatFox", fox.String() + "# Number of entries: 400\n"},
		{"ThreatFox cut", fox.String() + "# Number of entries: 4\n" + fox.String() + "# Number of entries: 801\n#\n"},
		{"ThreatFox twice", fox.String() + "# \"ioc_value\",\"ioc_type\",\"first_seen_utc\"\n\"h.example.net\",\"domain\",\"2026-03-15\"\n"},
		{"ThreatFox with headers", fox.String() + "\"ioc_type\",\"ioc_value\"\n\"domain\",\"h.example.net\"\n"},
		{"list", list.String()},
		{"list with a long line", list.String() + long + "\n" + list.String()},
		{"list with a long line last", list.String() + long},
		{"list with the longest line", list.String() + long[:maxLine-1] + "\n" + list.String()},
		{"list without last line break", list.String() + "h.example.net"},
		{"list of hosts", strings.Repeat("0.0.0.0 a.example.net b.example.net\n", 100)},
		{"list with remarks", list.String() + "h.example.net - down\n" + list.String()},
		{"titles", "SHA256\n" + strings.Repeat(sha256Hash+"\n", 400) + "f.example.net\nIPs:\n" + strings.Repeat("45.1.2.3\n", 400) + "45.1.2.4 - down\nURLs\n" + strings.Repeat("http://h.example.net/\n", 400)},
		{"NULs", list.String() + "a\x00.example.net\n\x00\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{}
			if tt.name == "NULs" {
				o.Format = "list" // nobody would guess it
			}
			list, _, err := readBy(t, []Source{of(tt.text)}, o, []int{1000, pieceLen}, []int{1, 2})
			if err != nil && tt.name != "header only" || err == nil && len(list) == 0 {
				t.Errorf("%d indicators, error %v", len(list), err)
			}
			failing := Source{Path: "feed", Open: func() (io.ReadCloser, error) {
				return io.NopCloser(io.MultiReader(strings.NewReader(tt.text), iotest.ErrReader(errors.New("disk gone")))), nil
			}}
			readBy(t, []Source{failing}, o, []int{5000}, []int{2})
		})
	}
}

// All wrappings of a feed give the same indicators at the same lines.
func TestWrappings(t *testing.T) {
	plain, err := os.ReadFile("testdata/threatfox.csv")
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := read(t, []Source{of(string(plain))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	sixteen := func(order string) []byte {
		var b []byte
		for _, u := range utf16.Encode([]rune(string(plain))) {
			if order == "le" {
				b = append(b, byte(u), byte(u>>8))
			} else {
				b = append(b, byte(u>>8), byte(u))
			}
		}
		return b
	}
	var gz, zs bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write(plain[:300])
	g.Close() // a second member follows
	g = gzip.NewWriter(&gz)
	g.Write(plain[300:])
	g.Close()
	z, _ := zstd.NewWriter(&zs)
	z.Write(plain)
	z.Close()
	tests := []struct {
		name string
		data []byte
	}{
		{"byte order mark", append([]byte("\ufeff"), plain...)},
		{"gzip", gz.Bytes()},
		{"zstd", zs.Bytes()},
		{"UTF-16LE", append([]byte{0xff, 0xfe}, sixteen("le")...)},
		{"UTF-16BE", append([]byte{0xfe, 0xff}, sixteen("be")...)},
		{"UTF-16LE without mark", sixteen("le")},
		{"UTF-16BE without mark", sixteen("be")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := read(t, []Source{of(string(tt.data))}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "indicators", lines(got), lines(want))
		})
	}
	t.Run("bzip2", func(t *testing.T) {
		// 203.0.113.7 and evil.example.net, packed by bzip2(1).
		data, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWaJwAhcAAAXZgAAQAAF4gCInRUAgACKaNHqaNPU9QoaaYACBhubENEC10Dl0V512vxdyRThQkKJwAhc=")
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := read(t, []Source{of(string(data))}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "indicators", lines(got), "ip 203.0.113.7 at=feed:1\ndomain evil.example.net at=feed:2\n")
	})
}

// A zip archive is read for its one file; what macOS puts beside it is none.
func TestZip(t *testing.T) {
	archive := func(names ...string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range names {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(name, "/") {
				io.WriteString(w, "203.0.113.7\nevil.example.net\n")
			}
		}
		z.Close()
		return b.String()
	}
	locked := []byte(archive("a.txt"))
	central := bytes.Index(locked, []byte("PK\x01\x02"))
	locked[6], locked[central+8] = locked[6]|1, locked[central+8]|1
	for _, tt := range []struct{ name, data, err string }{
		{"one file", archive("a.txt"), ""},
		{"in a folder, packed on macOS", archive("x/", "x/a.txt", "__MACOSX/x/._a.txt"), ""},
		{"two files", archive("a.txt", "b.txt"), "zip archive of several files: unpack it first"},
		{"no file", archive("x/"), "zip archive without a file"},
		{"password", string(locked), "zip archive with a password: unpack it first"},
		{"cut off", archive("a.txt")[:60], "zip: not a valid zip file"},
	} {
		got, _, err := read(t, []Source{of(tt.data)}, Options{})
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		compare(t, tt.name, lines(got), "ip 203.0.113.7 at=feed:1\ndomain evil.example.net at=feed:2\n")
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"JSON of logs", `[{"name":"x","count":1}]`, "JSON of another shape"},
		{"XML", `<?xml version="1.0"?><x/>`, "XML or HTML"},
		{"XML of what is defanged", "<x>\na[.]example[.]net\n</x>\n", "XML or HTML"},
		{"STIX 1", `<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1"><Address_Value>45.9.148.3##comma##45.9.148.4</Address_Value>` + "\n", "STIX 1 is not read; STIX 2, or a list of its values, is"},
		{"MISP without attributes", "{\n \"Event\": {\"Attribute\": []}}", "no usable indicator"},
		{"STIX without indicators", `{"type":"bundle","objects":[{"type":"identity","id":"identity--1"}]}`, "no usable indicator (1 no indicator: identity)"},
		{"prose", "On Monday we saw it answer.\nIt was gone by noon.\nSee www.example.com for more.\n", "text in which 0 of the first 3 lines hold an indicator; 1 in prose, not defanged: --iocs-format text-all takes all"},
		{"zip", "PK\x03\x04....", "zip"},
		{"binary", "MZ\x90\x00\x03\x00\x00\x00\x04", "binary data"},
		{"empty", "", "no usable indicator"},
		{"STIX 1 as JSON", `{"id":"X:STIXPackage-1","version":"1.1.1","stix_header":{"title":"x"},"indicators":[{"observable":{"object":{"properties":{"address_value":"45.9.148.3"}}}}]}`, "STIX 1 is not read; STIX 2, or a list of its values, is"},
		{"comments", "# nothing\n# here\n", "no usable indicator"},
		{"other hashes only", "0123456789abcdef0123456789abcdef0123456789abcdef01234567\n", "no usable indicator (1 hash that is not the MD5, SHA-1 or SHA-256 of a file)"},
		{"API says no", `{"query_status": "no_result", "data": "Your search did not yield any results"}`, `query_status is "no_result"`},
		{"broken gzip", "\x1f\x8bxx", "gzip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, reports, err := read(t, []Source{of(tt.text)}, Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "feed:") {
				t.Errorf("error %v, want one about %q", err, tt.want)
			}
			if len(list) != 0 || reports[0].Err == nil {
				t.Errorf("%d indicators, report error %v", len(list), reports[0].Err)
			}
		})
	}
	if _, _, err := read(t, []Source{of("203.0.113.7\n")}, Options{Format: "guess"}); err == nil || !strings.Contains(err.Error(), `"guess": want one of pack, rule-page, threatfox-csv`) {
		t.Errorf("unknown format: %v", err)
	}
	_, _, err := read(t, []Source{File("testdata/absent.txt")}, Options{})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
	// What is refused as a list can be forced to be one.
	list, reports, err := read(t, []Source{of("one two three\nfour five six\nb.example.net\n")}, Options{Format: "list"})
	if err != nil || len(list) != 1 || reports[0].Rejected != 2 {
		t.Errorf("forced list: %v, %v", lines(list), err)
	}
}

func TestBreaksOff(t *testing.T) {
	var gz bytes.Buffer
	g := gzip.NewWriter(&gz)
	for n := range 5000 {
		fmt.Fprintf(g, "host-%d.example.net # %x\n", n, n*7919)
	}
	g.Close()
	tests := []struct{ name, text, last, want string }{
		{"JSON export", `{"1":[{"ioc_value":"a.example.net","ioc_type":"domain"}],` + "\n" + `"2":[{"ioc_value":"b.exam`, "a.example.net", "feed:2: JSON ends early"},
		{"JSON syntax", `{"1":[{"ioc_value":"a.example.net","ioc_type":"domain"}],` + "\n\n" + `"2":[{"ioc_value":;`, "a.example.net", "feed:3: invalid character"},
		{"gzip", gz.String()[:gz.Len()/2], "", "unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, reports, err := read(t, []Source{of(tt.text)}, Options{})
			if err != nil || len(list) == 0 {
				t.Fatalf("%d indicators, error %v", len(list), err)
			}
			if got := reports[0].Err; got == nil || !strings.Contains(got.Error(), tt.want) {
				t.Errorf("report error %v, want %q", got, tt.want)
			}
			if last := list[len(list)-1].Value; tt.last != "" && last != tt.last {
				t.Errorf("last is %s, want %s", last, tt.last)
			}
		})
	}

	// Half a name is another name: what an error cuts off is not taken.
	cut := Source{Path: "feed", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("a.example.net\nb.example.co"), iotest.ErrReader(errors.New("disk gone")))), nil
	}}
	list, reports, err := read(t, []Source{cut}, Options{})
	if err != nil || lines(list) != "domain a.example.net at=feed:1\n" || reports[0].Err == nil || reports[0].Err.Error() != "feed:2: disk gone" {
		t.Errorf("%s%v, %v", lines(list), err, reports[0].Err)
	}
}

func TestMerge(t *testing.T) {
	first := `{"type":"ip","value":"203.0.113.7","confidence":30,"first_seen":"2026-05-20","last_seen":"2026-06-01","valid_until":"2026-07-01","compromised":false,"tags":["b","a","b"]}
{"type":"domain","value":"x.example.net","confidence":10}
{"type":"domain","value":"y.example.net"}
`
	second := `{"type":"ip","value":"203[.]0[.]113[.]7","confidence":80,"malware":"Mirai","threat_type":"botnet_cc","first_seen":"2026-05-19T23:00:00Z","last_seen":"2026-05-30","valid_until":"2026-08-01","compromised":true,"tags":["c","a"]}
{"type":"ip","value":"203.0.113.7","confidence":5,"malware":"Gafgyt","first_seen":"2026-06-19","valid_until":"2026-07-15"}
`
	third := "203.0.113.7\n"
	source := func(path, text string) Source { s := of(text); s.Path = path; return s }
	all := []Source{source("a.jsonl", first), source("b.jsonl", second), source("c.txt", third)}

	list, reports, err := read(t, all[:2], Options{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "two feeds", lines(list), `
ip 203.0.113.7 threat=botnet_cc malware=Mirai first=2026-05-19T23:00:00Z last=2026-06-01 until=2026-08-01 tags=b,a,c at=a.jsonl:1,b.jsonl:1,b.jsonl:2 confidence=80 compromised=1
domain x.example.net at=a.jsonl:2 confidence=10
domain y.example.net at=a.jsonl:3
`)
	if r := reports[1]; r.Taken != 0 || r.Merged != 2 || reports[0].Taken != 3 || reports[0].ByType["domain"] != 2 {
		t.Errorf("reports %+v", reports)
	}
	if r := reports[1]; r.Oldest.String() != "2026-05-19T23:00:00Z" || r.Newest.String() != "2026-06-19" {
		t.Errorf("span %s to %s", r.Oldest.String(), r.Newest.String())
	}

	// A place that gives no end means no end.
	list, _, _ = read(t, all, Options{})
	if d := list[0].ValidUntil; !d.IsZero() {
		t.Errorf("ends %s with a place that gives no end", d)
	}

	// The merged confidence decides, and who has none stays.
	list, reports, _ = read(t, all, Options{MinConfidence: 50})
	compare(t, "strong", lines(list), `
ip 203.0.113.7 threat=botnet_cc malware=Mirai first=2026-05-19T23:00:00Z last=2026-06-01 tags=b,a,c at=a.jsonl:1,b.jsonl:1,b.jsonl:2,c.txt:1 confidence=80 compromised=1
domain y.example.net at=a.jsonl:3
`)
	if reports[0].Weak != 1 || reports[1].Weak != 0 {
		t.Errorf("weak %d, %d", reports[0].Weak, reports[1].Weak)
	}
}

func TestMergeBounds(t *testing.T) {
	list, reports, err := read(t, []Source{of(strings.Repeat("203.0.113.7\n", 1000))}, Options{})
	if err != nil || len(list) != 1 || reports[0].Merged != 999 || len(list[0].Feeds) != maxPlaces {
		t.Errorf("%d indicators, %d merged, %d places, %v", len(list), reports[0].Merged, len(list[0].Feeds), err)
	}
	var tags []string
	for n := range 1000 {
		tags = append(tags, fmt.Sprint("tag", n))
	}
	list, _, err = read(t, []Source{of("ioc,tags\n203.0.113.7,\"" + strings.Join(tags, ",") + "\"\n")}, Options{})
	if err != nil || len(list[0].Tags) != maxTags {
		t.Errorf("%d tags, %v", len(list[0].Tags), err)
	}
}

func TestValues(t *testing.T) {
	list, reports, err := read(t, []Source{FromValues([]string{"203[.]0[.]113[.]7:23", "Evil.example.net"})}, Options{})
	if err != nil || reports[0].Kind != "values" {
		t.Fatal(err)
	}
	compare(t, "values", lines(list), "ip:port 203.0.113.7:23 at=--ioc:1\ndomain evil.example.net at=--ioc:2\n")
	for _, bad := range []string{"com", "beacon", "203.0.113.300", "hxxp://evil.example.net/", "0123456789abcdef0123456789abcdef0123456789abcdef01234567", "/x", ""} {
		if _, _, err := read(t, []Source{FromValues([]string{"a.example.net", bad})}, Options{}); err == nil || !strings.Contains(err.Error(), "--ioc "+bad+": ") {
			t.Errorf("%q: error %v", bad, err)
		}
	}
	list, _, err = read(t, []Source{FromValues([]string{"com", "beacon"})}, Options{ForceBroad: true})
	if err != nil || len(list) != 2 {
		t.Errorf("forced: %v %v", lines(list), err)
	}
}

func TestWarnings(t *testing.T) {
	const text = `value,type,first_seen,valid_until
10.0.0.7,ip,2026-05-01,2026-05-10
evil.duckdns.org,domain,2026-05-20,
duckdns.org,domain,2026-05-20,
0.0.0.0/5,cidr,soon,
evil.example.net:8080,domain,,
203.0.113.7,hostname,,
http://evil.example.net/x,domain,,
`
	_, reports, err := read(t, []Source{of(text)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range reports[0].Warnings {
		reason, _, _ := strings.Cut(w.Reason, ":")
		got = append(got, fmt.Sprintf("%d %s: %s", w.Line, w.Text, reason))
	}
	for _, want := range []string{"2 10.0.0.7: expired", "5 soon: date not readable", "6 evil.example.net:8080: a name is matched whatever the port",
		"7 203.0.113.7: typed as a name, read as an address", "8 http://evil.example.net/x: typed as a name, read as a URL"} {
		if !slices.Contains(got, want) {
			t.Errorf("no warning %q in %q", want, got)
		}
	}
	for _, line := range []string{"2 10.0.0.7", "4 duckdns.org", "5 0.0.0.0/5"} {
		if !slices.ContainsFunc(got, func(w string) bool { return strings.HasPrefix(w, line) && !strings.HasSuffix(w, "expired") }) {
			t.Errorf("no warning for %q in %q", line, got)
		}
	}
	if slices.ContainsFunc(got, func(w string) bool { return strings.HasPrefix(w, "3 ") }) {
		t.Errorf("a warning for line 3 in %q", got)
	}
	if !slices.IsSortedFunc(reports[0].Warnings, func(a, b Reject) int { return a.Line - b.Line }) {
		t.Errorf("warnings are not in feed order: %q", got)
	}

	// Before its end nothing has expired.
	_, reports, _ = read(t, []Source{of(text)}, Options{Now: time.Date(2026, 5, 9, 0, 0, 0, 0, time.UTC)})
	for _, w := range reports[0].Warnings {
		if w.Reason == "expired" {
			t.Errorf("expired on 9 May: %v", w)
		}
	}
}

func TestRulePageWithoutTable(t *testing.T) {
	list, reports, err := read(t, []Source{of("Malware Family: Mirai\nlet ips = dynamic(['203.0.113.7','203.0.113.8']);\nlet ips = dynamic(['203.0.113.7']);\nlet names = dynamic([\"evil.example.net\"]); T | where A == \"x\"\n")}, Options{})
	if err != nil || reports[0].Kind != "rule-page" {
		t.Fatal(err, reports[0].Kind)
	}
	compare(t, "indicators", lines(list), "ip 203.0.113.7 malware=Mirai at=feed:2\nip 203.0.113.8 malware=Mirai at=feed:2\ndomain evil.example.net malware=Mirai at=feed:4\n")
}

func TestRulePageTotal(t *testing.T) {
	_, reports, err := read(t, []Source{of("Malware Family: Mirai Total IOCs: 40 IOC Types: domain\n| Type | Value |\n|---|---|\n| domain | a.example.net |\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "warnings", faults(reports[0].Warnings), "1 Total IOCs: 40: the table has 1 indicators\n")
}

// A rule page that is a report as well: what is defanged counts wherever it
// stands, what is not is named, and the exclusions are neither.
func TestRulePageWithProse(t *testing.T) {
	list, reports, err := read(t, []Source{of(`The loader at 203[.]0[.]114[.]8 asks cnc[.]example[.]net, as 203[.]0[.]114[.]7 did; see www.example.com.
Malware Family: Mirai Total IOCs: 1 IOC Types: ip:port
| Type | Value |
|---|---|
| ip:port | 203[.]0[.]114[.]7:3778 |
let ips = dynamic(["203[.]0[.]114[.]7",
  "203[.]0[.]114[.]9"]);
| Field | Meaning | Sample |
| process.name | its name | 203.0.114.20 |
- 203.0.114.21
- seen at 203.0.114.22
Filter/Exclusion: Exclude 10[.]10[.]10[.]10 (e.g., destination_ip = '10.10.10.10').
`)}, Options{})
	if err != nil || reports[0].Kind != "rule-page" {
		t.Fatal(err, reports[0].Kind)
	}
	compare(t, "indicators", lines(list), "ip:port 203.0.114.7:3778 malware=Mirai at=feed:5\nip 203.0.114.8 malware=Mirai at=feed:1\n"+
		"domain cnc.example.net malware=Mirai at=feed:1\n")
	compare(t, "warnings", faults(reports[0].Warnings), "7 203[.]0[.]114[.]9: in a list of the page's hunts, not in its table\n"+
		"9 process.name: outside the page's table, and not defanged: not taken\n9 203.0.114.20: outside the page's table, and not defanged: not taken\n"+
		"10 203.0.114.21: outside the page's table, and not defanged: not taken\n")
}

func TestSTIXPorts(t *testing.T) {
	for _, tt := range []struct{ pattern, want, warning string }{
		{"[ipv4-addr:value = '203.0.114.7' AND network-traffic:dst_port = 23]", "ip:port 203.0.114.7:23", ""},
		{"[network-traffic:src_port = '24' AND ipv6-addr:value IN ('2001:db8:9::1', '2001:db8:9::2')]", "ip:port [2001:db8:9::1]:24 ip:port [2001:db8:9::2]:24", ""},
		{"[ipv4-addr:value = '203.0.114.7' AND network-traffic:src_port = 9 AND network-traffic:dst_port = 23]", "ip:port 203.0.114.7:23", ""},
		{"[network-traffic:dst_ref.value = '203.0.114.7' AND network-traffic:src_port = 9]", "ip 203.0.114.7", "a port"},
		{"[domain-name:value = 'a.example.net' AND network-traffic:dst_port = 23]", "domain a.example.net", "a port"},
		{"[ipv4-addr:value = '203.0.114.7' AND network-traffic:dst_port > 23]", "ip 203.0.114.7", "more than is matched: network-traffic:dst_port"},
		{"[ipv4-addr:value ISSUBSET '203.0.114.0/24' AND network-traffic:dst_port = 23]", "cidr 203.0.114.0/24", "a port"},
		{"[ipv4-addr:value = '203.0.114.7'] AND [network-traffic:dst_port = 23]", "ip 203.0.114.7", ""},
	} {
		text, _ := json.Marshal(tt.pattern)
		list, reports, err := read(t, []Source{of(`{"type":"bundle","objects":[{"type":"indicator","pattern":` + string(text) + `}]}`)}, Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		var got []string
		for _, i := range list {
			got = append(got, i.Type.String()+" "+i.Value)
		}
		compare(t, tt.pattern, strings.Join(got, " "), tt.want)
		if w := faults(reports[0].Warnings); tt.warning == "" && w != "" || !strings.Contains(w, tt.warning) {
			t.Errorf("%s: warnings %q, want %q", tt.pattern, w, tt.warning)
		}
	}
}

// What a pattern excludes is no indicator, however it says so, and what it only
// resembles is none either.
func TestSTIXPatterns(t *testing.T) {
	const kept = "domain-name:value = 'kept.example.net'"
	for _, tt := range []struct{ pattern, want, reasons string }{
		{"[" + kept + " OR ipv4-addr:value != '203.0.114.7']", "", "pattern that excludes:1"},
		{"[" + kept + " OR ipv4-addr:value NOT = '203.0.114.7']", "", "pattern that excludes:1"},
		{"[" + kept + " OR NOT ipv4-addr:value = '203.0.114.7']", "", "pattern that excludes:1"},
		{"[" + kept + " OR ipv4-addr:value NOT IN ('203.0.114.7', '203.0.114.8')]", "", "pattern that excludes:1"},
		{"[" + kept + " OR ipv4-addr:value NOT ISSUBSET '203.0.114.0/24']", "", "pattern that excludes:1"},
		{"[" + kept + " OR NOT (ipv4-addr:value = '203.0.114.7' AND domain-name:value = 'a.example.net')]", "", "pattern that excludes:1"},
		{"[" + kept + " AND domain-name:value != 'a.example.net']", "", "pattern that excludes:1"},
		{"[" + kept + " OR EXISTS ipv4-addr:value]", "", "pattern with EXISTS:1"},
		{"[" + kept + " OR domain-name:value MATCHES '^a.example.net$']", "", "pattern with MATCHES:1"},
		{"[" + kept + " OR domain-name:value LIKE '%a.example.net']", "", "pattern with LIKE:1"},
		{"[" + kept + " OR domain-name:value LIKE '%.a_b.example.net']", "", "pattern with LIKE:1"},
		{"[" + kept + " OR domain-name:value LIKE '%.a.example.net']", " domain a.example.net", ""},
		{"[" + kept + " OR domain-name:value LIKE 'a.example.net']", " domain a.example.net", ""},
		{"[" + kept + " OR domain-name:resolves_to_refs[*].value = '203.0.114.7']", " ip 203.0.114.7", ""},
		{"[" + kept + " OR network-traffic:dst_ref.value = 'a.example.net']", " domain a.example.net", ""},
		{"[" + kept + " OR network-traffic:dst_ip = '203.0.114.7' AND network-traffic:dst_port = 443]", " ip:port 203.0.114.7:443", ""},
		{kept + "]", "", ""},
		{kept, "", ""},
		{"[" + kept + " OR process:name = 'nc']", "", "pattern on process:1"},
		{"[" + kept + "] FOLLOWEDBY ([ipv4-addr:value = '203.0.114.7'] WITHIN 5 SECONDS)", " ip 203.0.114.7", ""},
		{"[" + kept + "] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z' OR [ipv4-addr:value = '203.0.114.7'] REPEATS 5 TIMES", " ip 203.0.114.7", ""},
		{"[" + kept + " OR ipv4-addr:value == ]", "!", "want a value"},
		{"[" + kept + " OR ipv4-addr:value IN '203.0.114.7']", "!", "want (,"},
		{"[" + kept + " OR ipv4-addr:value IN ('203.0.114.7' '203.0.114.8')]", "!", "want , or )"},
		{"[" + kept + " OR ipv4-addr:value = '203.0.114.7]", "!", "a quote never ends"},
		{"[(" + kept + "]", "!", "want )"},
		{"[" + kept, "!", "want ]"},
		{"(" + kept + ")", "!", "want ["},
		{"[" + kept + "] [", "!", "want the end"},
	} {
		text, _ := json.Marshal(tt.pattern)
		list, reports, err := read(t, []Source{of(`{"type":"bundle","objects":[{"type":"indicator","pattern":` + string(text) + `},{"type":"indicator","pattern":"[domain-name:value = 'last.example.net']"}]}`)}, Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		var got []string
		for _, i := range list {
			got = append(got, i.Type.String()+" "+i.Value)
		}
		want := "domain kept.example.net" + tt.want + " domain last.example.net"
		if tt.want == "!" {
			want = "domain last.example.net"
		}
		compare(t, tt.pattern, strings.Join(got, " "), want)
		if r := fmt.Sprint(reports[0].Reasons) + faults(reports[0].Rejects); tt.reasons == "" && r != "map[]" || !strings.Contains(r, tt.reasons) {
			t.Errorf("%s: left out for %q, want %q", tt.pattern, r, tt.reasons)
		}
	}
}

// A list within a block of code is a report, whose address of origin is none.
func TestFencedList(t *testing.T) {
	list, reports, err := read(t, []Source{of("Published at [https://blog.example.org/x](https://blog.example.org/x)\n```\na[.]example[.]net:17\nb.example.net\n```\n| Affected |\n| since 3.3.x | v2.0.rc | `4.4.4` |\n")}, Options{})
	if err != nil || reports[0].Kind != "text" || reports[0].Rejected != 0 {
		t.Fatalf("%v, %+v", err, reports[0])
	}
	compare(t, "indicators", lines(list), "domain a.example.net at=feed:3\ndomain b.example.net at=feed:4\n")
	if reports[0].Reasons["version number"] != 2 {
		t.Errorf("%v", reports[0].Reasons)
	}
}

func TestThreatFoxWithoutBanner(t *testing.T) {
	row := `"2026-03-15 04:01:14", "1001", "203.0.113.71:50003", "ip:port", "botnet_cc", "win.x", "None", "X", "", "100", "False", "None", "X", "0", "somebody"` + "\n"
	list, reports, err := read(t, []Source{of(row)}, Options{})
	if err != nil || reports[0].Kind != "threatfox-csv" {
		t.Fatal(err, reports[0].Kind)
	}
	compare(t, "indicators", lines(list), "ip:port 203.0.113.71:50003 threat=botnet_cc malware=X first=2026-03-15T04:01:14Z tags=X at=feed:1 confidence=100 compromised=0\n")

	// The closing line tells that rows are missing.
	_, reports, _ = read(t, []Source{of(row + "# Number of entries: 3\n")}, Options{})
	compare(t, "warnings", faults(reports[0].Warnings), "2 Number of entries: 3: the feed has 1 entries\n")
}

// A stray quote and a line of 100 MB cost one line each.
func TestHostileLines(t *testing.T) {
	long := &repeated{n: 100 << 20}
	feed := Source{Path: "feed", Open: func() (io.ReadCloser, error) {
		long.left = long.n
		return io.NopCloser(io.MultiReader(strings.NewReader("a.example.net\n"), long, strings.NewReader("\nb.example.net\n"))), nil
	}}
	for _, format := range []string{"list", "threatfox-jsonl"} {
		list, reports, _ := readBy(t, []Source{feed}, Options{Format: format}, []int{pieceLen}, []int{2})
		r := reports[0]
		if i := slices.IndexFunc(r.Rejects, func(r Reject) bool { return r.Line == 2 && r.Reason == errLongLine.Error() && len(r.Text) <= maxShown }); i < 0 {
			t.Errorf("%s: no reject for the long line in %v", format, r.Rejects)
		}
		if format == "list" && lines(list) != "domain a.example.net at=feed:1\ndomain b.example.net at=feed:3\n" {
			t.Errorf("%s", lines(list))
		}
	}

	var b strings.Builder
	b.WriteString("ioc,note\na.example.net,\"never closed\n")
	for n := range 500 {
		fmt.Fprintf(&b, "h%d.example.net,fine\n", n)
	}
	list, reports, err := read(t, []Source{of(b.String())}, Options{})
	if err != nil || len(list) != 501 || reports[0].Rejected != 0 {
		t.Errorf("%d indicators, %d rejected, error %v", len(list), reports[0].Rejected, err)
	}

	// An object without end is an error, not memory.
	feed.Open = func() (io.ReadCloser, error) {
		long.left = long.n
		return io.NopCloser(io.MultiReader(strings.NewReader(`{"1":[{"ioc_value":"a.example.net","ioc_type":"domain"}],"2":[{"ioc_value":"`), long)), nil
	}
	_, reports, err = readBy(t, []Source{feed}, Options{}, nil, nil)
	if err != nil || !errors.Is(reports[0].Err, errLongObject) {
		t.Errorf("endless object: %v, %v", err, reports[0].Err)
	}
}

// repeated is a reader of left times the letter a.
type repeated struct{ n, left int }

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), r.left)
	for i := range p[:n] {
		p[i] = 'a'
	}
	r.left -= n
	return n, nil
}

func TestLineNumbersOfLongJSON(t *testing.T) {
	// Objects that straddle the decoder's buffers all keep their lines.
	var b strings.Builder
	b.WriteString("{\n")
	for n := range 3000 {
		fmt.Fprintf(&b, "\"%d\": [\n{\n\"ioc_value\": \"h%d.example.net\",\n\"pad\": \"%s\",\n\"ioc_type\": \"domain\"\n}\n],\n", n, n, strings.Repeat("x", n%97))
	}
	b.WriteString("\"9\": []\n}\n")
	list, _, err := read(t, []Source{of(b.String())}, Options{})
	if err != nil || len(list) != 3000 {
		t.Fatal(len(list), err)
	}
	for n := range list {
		if want := fmt.Sprintf("feed:%d", 3+7*n); list[n].Feeds[0] != want {
			t.Fatalf("object %d is at %s, want %s", n, list[n].Feeds[0], want)
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	names := Names()
	for i, n := range names {
		if slices.Contains(names[:i], n) || n == "" || strings.ToLower(n) != n {
			t.Errorf("name %q", n)
		}
	}
}
