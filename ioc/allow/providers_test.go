package allow

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// Lists of providers' networks, of networks with their places and of ranks work as they
// are published.
func TestPublished(t *testing.T) {
	for _, c := range []struct {
		name, text       string
		entries, skipped int
		has, hasNot      string // addresses or names, separated by blanks
	}{
		{"AWS", `{"syncToken":"1","prefixes":[{"ip_prefix":"203.0.113.0/24","region":"r"}],"ipv6_prefixes":[{"ipv6_prefix":"2001:db8::/32"}]}`, 2, 0, "203.0.113.7 2001:db8::1", "198.51.100.7"},
		{"Google", `{"prefixes":[{"ipv4Prefix":"203.0.113.0/24"},{"ipv6Prefix":"2001:db8::/32","scope":"s"}]}`, 2, 0, "203.0.113.7 2001:db8::1", ""},
		{"Azure", `{"changeNumber":7,"values":[{"name":"A","properties":{"region":"","addressPrefixes":["203.0.113.0/24","198.51.100.0/25"]}}]}`, 2, 0, "203.0.113.7 198.51.100.7", "198.51.100.200"},
		{"Fastly", `{"addresses":["203.0.113.0/24"],"ipv6_addresses":["2001:db8::/32"]}`, 2, 0, "203.0.113.7", ""},
		{"Cloudflare", `{"result":{"ipv4_cidrs":["203.0.113.0/24"],"ipv6_cidrs":["2001:db8::/32"],"etag":"198.51.100.0/24"},"success":true}`, 2, 0, "203.0.113.7", "198.51.100.7"},
		{"Oracle", `{"regions":[{"region":"r","cidrs":[{"cidr":"203.0.113.0/24","tags":["198.51.100.0/24"]}]}]}`, 1, 0, "203.0.113.7", "198.51.100.7"},
		{"Microsoft 365", `[{"id":1,"urls":["*.corp.example"],"ips":["203.0.113.0/24","0.0.0.0/0"]},{"id":2}]`, 1, 1, "203.0.113.7", "198.51.100.7 corp.example"},
		{"geofeed", "# ours\n203.0.113.0/24,DE,DE-BE,Berlin,\n2001:db8::/32,DE,,,\n198.51.100.0/24,,,,\n", 3, 0, "203.0.113.7 2001:db8::1 198.51.100.7", ""},
		{"ranks", "1,corp.example\r\n2,\"b.example\"\r\n3,co.uk\r\n4294967297,d.example\r\n", 3, 1, "corp.example b.example www.corp.example", "c.example"},
		{"ranks with more", "GlobalRank,TldRank,Domain,TLD\n1,1,corp.example,example\n2,2,b.example,example\n", 2, 1, "corp.example b.example", "example"},
	} {
		l, err := Read(strings.NewReader(c.text), "l.json")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if l.Entries != c.entries || len(l.Rejects) != c.skipped || l.Name != "l.json" {
			t.Errorf("%s: %q, %d entries, rejects %v", c.name, l.Name, l.Entries, l.Rejects)
		}
		checkHas(t, c.name, l, c.has, c.hasNot)
	}
}

// checkHas fails if the list lacks any of some addresses and names, or has any of others,
// between blanks.
func checkHas(t *testing.T, name string, l *List, wanted, others string) {
	t.Helper()
	has := func(text string) bool {
		if a, err := netip.ParseAddr(text); err == nil {
			return l.HasAddr(a) != No
		}
		return l.HasName([]byte(text), text) != No
	}
	for _, text := range strings.Fields(wanted) {
		if !has(text) {
			t.Errorf("%s: no %s", name, text)
		}
	}
	for _, text := range strings.Fields(others) {
		if has(text) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// Feeds given by mistake are no lists: each would hide all hits on it.
func TestFeedsAreNoLists(t *testing.T) {
	for _, text := range []string{
		"ioc,type,malware\n203.0.113.7,ip,Mirai\nevil.example,domain,Mirai\n",
		"203.0.113.7,CN\n203.0.113.8,RU\n",
		"203.0.113.0/24,Mirai\n198.51.100.0/24,Mirai\n",
		"203.0.113.0/24,11\n198.51.100.0/24,12\n",
		"1,203.0.113.7\n2,203.0.113.8\n",
		"1,2,3\n4,5,6\n",
		"1,,evil.example\n2,,c2.example\n",
		"1,evil.example,domain,Mirai\n2,c2.example,domain,Mirai\n",
		"a.example, b.example\n203.0.113.7, 203.0.113.8\n", // half of it would be missed
	} {
		if l, err := Read(strings.NewReader(text), "l"); !errors.Is(err, ErrNoList) {
			t.Errorf("%s: %v, %v", text, l, err)
		}
	}
}

// Other JSON is no list, also if it has addresses under such keys or networks elsewhere.
func TestNotPublished(t *testing.T) {
	for _, text := range []string{
		`{"ips":["203.0.113.7"]}`,
		`[{"indicator":"203.0.113.0/24","type":"CIDR"}]`,
		`{"data":{"cidr":{"x":"203.0.113.0/24"}}}`,
		`[]`,
		`[{"cidr":"203.0.113.0/24","malware":"Mirai"}]`,
		`{"data":[{"ips":["203.0.113.0/24"],"threat":"c2"}]}`,
		`{"threats":[{"addresses":["203.0.113.0/24"]}]}`,
	} {
		if l, err := Read(strings.NewReader(text), "l"); !errors.Is(err, ErrNoList) {
			t.Errorf("%s: %v, %v", text, l, err)
		}
	}
}
