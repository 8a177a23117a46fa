package allow

import (
	"errors"
	"strings"
	"testing"
)

// What people write in plain lists beside bare values, and what lists of those who block
// let through.
func TestLines(t *testing.T) {
	for _, c := range []struct {
		name, text       string
		entries, skipped int
		has, hasNot      string // addresses or names, separated by blanks
	}{
		{"adblock", "[Adblock Plus 2.0]\n! Title: ours\n@@||a.example^\n@@||b.example^$important\n@@||c.example^|\n@@|d.example^\n@@|*.e.example^\n@@||203.0.113.7^\n",
			6, 0, "a.example x.a.example b.example x.c.example d.example x.e.example 203.0.113.7", "x.d.example"},
		{"adblock for some requests", "@@||a.example^$script\n@@||b*.example^\n@@||c.*^\n@@||d.example^\n@@/e\\.example/\n", 1, 4, "d.example", "a.example b.example e.example"},
		{"adblock's URLs of hosts", "@@|https://a.example^\n@@|https://b.example/\n@@|https://c.example/x\n@@|http://*.d.example^\n", 3, 1, "a.example b.example", "x.a.example x.b.example c.example d.example"},
		{"adblock that blocks, too", "@@||a.example^\n@@||b.example^\n||c.example^\n", 2, 1, "a.example b.example", "c.example"},
		{"policy zone", "$TTL 1h\n@ IN SOA ns.zone.example. hostmaster.zone.example. (\n 7 ; serial\n 1h 15m 30d 1h )\n NS ns.zone.example.\n" +
			"a.example CNAME rpz-passthru.\n*.a.example 300 IN CNAME rpz-passthru.\n24.0.113.0.203.rpz-ip CNAME rpz-passthru.\n32.7.100.51.198.rpz-client-ip CNAME rpz-passthru.\nb.example CNAME .\nc.example CNAME rpz-passthru.\n",
			4, 2, "a.example x.a.example c.example 203.0.113.7", "x.c.example b.example 198.51.100.7 zone.example"},
		{"policy zone with its name", "zone.example. 300 IN SOA ns.zone.example. hostmaster.zone.example. 1 2 3 4 5\na.example.zone.example. 300 IN CNAME rpz-passthru.\n", 1, 0, "a.example", "zone.example b.zone.example"},
		{"dnsmasq", "server=/a.example/b.example/#\nserver=/c.example/192.0.2.53\n", 2, 1, "a.example x.b.example", "c.example"},
		{"unbound", "server:\nlocal-zone: \"a.example.\" transparent\nlocal-zone: \"b.example\" always_null\n", 1, 2, "a.example x.a.example", "b.example"},
		{"words behind colons", "192.0.2.7\n203.0.113.7:https # ours\n198.51.100.7:\n6cc175b9c0f1b6a831c399e269772661:68:Win.Mirai\n", 2, 2, "192.0.2.7 198.51.100.7", "203.0.113.7"},
		{"ranges", "203.0.113.4-203.0.113.6\n203.0.113.8 - 203.0.113.9\n", 3, 0, "203.0.113.5 203.0.113.8", "203.0.113.3 203.0.113.7"},
		{"URLs of hosts", "https://a.example/\nHTTP://203.0.113.7\nhttps://b.example:8443/\nhttps://user@c.example/\nhxxps://d.example/\nhttps://e[.]example/\n", 2, 4, "a.example x.a.example 203.0.113.7", "b.example c.example d.example e.example"},
		{"array", `["a.example","203.0.113.0/24","A.example","not a name"]`, 2, 1, "x.a.example 203.0.113.7", ""},
		{"GitHub", `{"verifiable_password_authentication":false,"ssh_keys":["x"],"web":["203.0.113.0/24"],"domains":{"website":["*.example"],"web":["192.0.2.0/24"]},"actions":["198.51.100.7/32"]}`, 2, 0, "203.0.113.7 198.51.100.7", "192.0.2.1"},
		{"Datadog", `{"version":7,"agents":{"prefixes_ipv4":["203.0.113.0/24"],"prefixes_ipv6":["2001:db8::/32"]}}`, 2, 0, "203.0.113.7 2001:db8::1", ""},
		{"Zscaler", `{"type":"recommended","hubPrefixes":["203.0.113.0/24"]}`, 1, 0, "203.0.113.7", ""},
	} {
		l, err := Read(strings.NewReader(c.text), "l")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if l.Entries != c.entries || l.Unusable() != c.skipped {
			t.Errorf("%s: %d entries, rejects %v", c.name, l.Entries, l.Rejects)
		}
		checkHas(t, c.name, l, c.has, c.hasNot)
	}
}

// Lists of what is blocked, and reports, would hide all hits on it.
func TestBlocklistsAreNoLists(t *testing.T) {
	for _, text := range []string{
		"||a.example^\n||b.example^\n@@||c.example^\n",
		"a.example CNAME .\nb.example CNAME .\nc.example CNAME rpz-passthru.\n",
		"address=/a.example/0.0.0.0\naddress=/b.example/0.0.0.0\nserver=/c.example/#\n",
		"local-zone: \"a.example\" always_null\n",
		"@@||a.example^\n@@||b.example^\nc.example\n0.0.0.0 d.example\n",
		"[Adblock Plus 2.0]\na.example\n",
		"Seen in May:\n- a[.]example\n- 203.0.113.7\n- b.example\n", // a report
		`{"web":["203.0.113.0/24"],"ssh":["198.51.100.0/24"]}`,      // attacks
	} {
		if l, err := Read(strings.NewReader(text), "l"); !errors.Is(err, ErrNoList) {
			t.Errorf("%s: %v, %v", text, l, err)
		}
	}
}
