package gen

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/idna"
)

// The checks of this file know nothing of how rows are made: they read the
// cells with net/netip, encoding/json and strings, look every value up in a
// plain map, and compare what they find with the truth.

// slow is a feed as plain maps.
type slow struct {
	addrs map[netip.Addr]Indicator
	names map[string]Indicator
}

func newSlow(t *testing.T, f *Feed) *slow {
	s := &slow{map[netip.Addr]Indicator{}, map[string]Indicator{}}
	for i := range f.N {
		ind := f.At(i)
		if ind.Kind == Domain {
			if o, ok := s.names[ind.Name]; ok {
				t.Fatalf("indicator %d: %s again (%v)", i, ind.Name, o)
			}
			s.names[ind.Name] = ind
			continue
		}
		if o, ok := s.addrs[ind.Addr]; ok {
			t.Fatalf("indicator %d: %s again (%v)", i, ind.Addr, o)
		}
		s.addrs[ind.Addr] = ind
	}
	return s
}

// found is what the slow check reports, in the words of Planted.
type found struct{ column, value, indicator, class string }

func (s *slow) address(column, member, text, pairedPort string) []found {
	text = strings.Trim(text, " \"")
	port := ""
	a, err := netip.ParseAddr(text)
	if err != nil {
		if ap, err := netip.ParseAddrPort(text); err == nil {
			a, port = ap.Addr(), strconv.Itoa(int(ap.Port()))
		} else if parts := strings.Split(text, "."); len(parts) == 4 && len(text) == 15 {
			for i, p := range parts {
				if n, err := strconv.Atoi(p); err == nil && len(p) == 3 {
					parts[i] = strconv.Itoa(n)
				}
			}
			a, _ = netip.ParseAddr(strings.Join(parts, "."))
		}
	}
	ind, ok := s.addrs[a.Unmap().WithZone("")]
	if !ok || !a.IsValid() {
		return nil
	}
	class := "ip"
	if ind.Kind == AddrPort {
		class = "ip-only"
		if want := strconv.Itoa(ind.Port); port == want || pairedPort == want {
			class = "ip:port"
		}
	}
	return []found{{column, member, ind.Value, class}}
}

func (s *slow) name(column, member, text string) []found {
	text = strings.TrimSuffix(text, ".")
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, "(0)") {
		var labels []string
		for rest := text; rest != "(0)"; {
			n, tail, _ := strings.Cut(rest[1:], ")")
			k, err := strconv.Atoi(n)
			if err != nil || k > len(tail) {
				return nil
			}
			labels, rest = append(labels, tail[:k]), tail[k:]
		}
		text = strings.Join(labels, ".")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 }) {
		a, err := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false)).ToASCII(text)
		if err != nil {
			return nil
		}
		text = a
	}
	full := strings.ToLower(text)
	for n := full; ; {
		if ind, ok := s.names[n]; ok {
			return []found{{column, member, ind.Value, pick(n == full, "domain", "subdomain")}}
		}
		_, rest, more := strings.Cut(n, ".")
		if !more {
			return nil
		}
		n = rest
	}
}

// host looks up a host, a host with port, or a URL.
func (s *slow) host(column, text, pairedPort string) []found {
	h := text
	if _, rest, ok := strings.Cut(h, "://"); ok {
		h = rest
	}
	h, _, _ = strings.Cut(h, "/")
	h, _, _ = strings.Cut(h, "?")
	if i := strings.LastIndexByte(h, '@'); i >= 0 {
		h = h[i+1:]
	}
	if f := s.address(column, text, strings.TrimSuffix(strings.TrimPrefix(h, "["), "]"), pairedPort); f != nil {
		return f
	}
	if f := s.address(column, text, h, pairedPort); f != nil {
		return f
	}
	h, _, _ = strings.Cut(h, ":")
	return s.name(column, text, h)
}

func (s *slow) json(column, text string) (out []found) {
	if text == "" {
		return nil
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	if q, ok := m["query"].(string); ok {
		out = append(out, s.name(column+".query", q, q)...)
	}
	for _, k := range []string{"host", "uri", "server_name"} {
		if q, ok := m[k].(string); ok {
			out = append(out, s.host(column+"."+k, q, "")...)
		}
	}
	if list, ok := m["answers"].(string); ok {
		var all []string
		if err := json.Unmarshal([]byte(list), &all); err != nil {
			panic(fmt.Sprintf("%s: %v", list, err))
		}
		for _, a := range all {
			out = append(out, s.address(column+".answers", a, a, "")...)
			out = append(out, s.name(column+".answers", a, a)...)
		}
	}
	return out
}

// wide are the structured columns of each table, as reference tables of
// columns have them: what they hold, and the column of the port.
var wide = map[*Table][][3]string{
	CommonSecurityLog: {
		{"SourceIP", "ip", "SourcePort"}, {"DestinationIP", "ip", "DestinationPort"},
		{"SourceTranslatedAddress", "ip", "SourceTranslatedPort"}, {"DestinationTranslatedAddress", "ip", "DestinationTranslatedPort"},
		{"RemoteIP", "ip", "RemotePort"}, {"DeviceCustomIPv6Address1", "ip", ""}, {"DeviceCustomIPv6Address2", "ip", ""},
		{"DeviceCustomIPv6Address3", "ip", ""}, {"DeviceCustomIPv6Address4", "ip", ""}, {"MaliciousIP", "ip", ""},
		{"SourceHostName", "host", "SourcePort"}, {"DestinationHostName", "host", "DestinationPort"}, {"SourceDnsDomain", "domain", ""},
		{"DestinationDnsDomain", "domain", ""}, {"DestinationNTDomain", "host", ""}, {"RequestURL", "host", "DestinationPort"},
	},
	DeviceNetworkEvents: {
		{"RemoteIP", "ip", "RemotePort"}, {"RemoteUrl", "host", "RemotePort"}, {"LocalIP", "ip", "LocalPort"},
		{"InitiatingProcessRemoteSessionIP", "ip", ""}, {"AdditionalFields", "json", ""},
	},
	DnsEvents: {{"Name", "domain", ""}, {"IPAddresses", "list", ""}, {"ClientIP", "ip", ""}, {"MaliciousIP", "ip", ""}},
}

func (s *slow) row(r *Row) (out []found) {
	for _, k := range wide[r.Table] {
		c := r.Table.Column(k[0])
		cell, port := string(r.Cell(c)), ""
		if k[2] != "" {
			port = string(r.Cell(r.Table.Column(k[2])))
		}
		switch k[1] {
		case "ip":
			out = append(out, s.address(k[0], cell, cell, port)...)
		case "list":
			for m := range strings.SplitSeq(cell, ",") {
				m = strings.TrimSpace(m)
				out = append(out, s.address(k[0], m, m, "")...)
			}
		case "host":
			out = append(out, s.host(k[0], cell, port)...)
		case "domain":
			out = append(out, s.name(k[0], cell, cell)...)
		case "json":
			out = append(out, s.json(k[0], cell)...)
		}
	}
	return out
}

func TestTruth(t *testing.T) {
	for _, n := range []int{1, 20, 2000, 100_000} {
		f := &Feed{Seed: 7, N: n}
		s := newSlow(t, f)
		for _, table := range Tables {
			t.Run(fmt.Sprintf("%s/iocs=%d", table.Name, n), func(t *testing.T) {
				hits, near, deep := 0, 0, 0
				for r := range Rows(table, 6000, Options{Seed: 3, Feed: f, Hits: 0.2, Near: 0.2}) {
					var want []found
					for _, p := range r.Truth {
						switch p.Hit {
						case Yes:
							hits++
							want = append(want, found{p.Column, p.Value, p.Indicator, p.Class})
						case Deep:
							deep++
							c := table.Column(p.Column)
							if !strings.Contains(string(r.Cell(c)), p.Value) {
								t.Fatalf("record %d: %s does not hold %q", r.N, p.Column, p.Value)
							}
						case No:
							near++
						}
					}
					if got := s.row(r); !slices.Equal(got, want) {
						t.Fatalf("record %d:\nrow has %q\ntruth is %q", r.N, got, want)
					}
				}
				if n >= 20 && (hits < 900 || near < 900 || deep == 0) {
					t.Errorf("%d hits, %d near misses, %d in text: too few", hits, near, deep)
				}
			})
		}
	}
}

// Every spelling is met, and innocent rows never hit.
func TestSpellings(t *testing.T) {
	f := &Feed{Seed: 1, N: 4000}
	s := newSlow(t, f)
	for _, table := range Tables {
		t.Run(table.Name, func(t *testing.T) {
			classes := map[string]int{}
			m := newMaker(table, Options{Seed: 5, Feed: f, Hits: 1})
			r := &Row{Table: table, cells: make([]span, len(table.Columns)), ticks: make([]int64, len(table.Columns))}
			for _, p := range slices.Concat(table.hits, table.near) {
				one := *table
				one.hits = []plant{p}
				r.reset()
				table.fill(m, r)
				m.plant(&one, r)
				if len(r.Truth) != 1 {
					t.Errorf("%s: %d planted", p.name, len(r.Truth))
				}
				for _, p := range r.Truth {
					classes[p.Class]++
				}
			}
			for n, r := range count1(Rows(table, 5000, Options{Seed: 5, Feed: f})) {
				if got := s.row(r); len(got) != 0 || len(r.Truth) != 0 {
					t.Fatalf("innocent record %d: %q, %v", n, got, r.Truth)
				}
			}
			for _, c := range []string{"ip", "domain", "subdomain", "term", ""} {
				if classes[c] == 0 {
					t.Errorf("no spelling of class %q", c)
				}
			}
		})
	}
}

func count1(rows func(func(*Row) bool)) func(func(int64, *Row) bool) {
	return func(yield func(int64, *Row) bool) {
		rows(func(r *Row) bool { return yield(r.N, r) })
	}
}

func TestFeed(t *testing.T) {
	for _, n := range []int{1, 7, 20, 45, 100_000} {
		f := &Feed{Seed: 42, N: n}
		kinds := [3]int{}
		seen := map[string]bool{}
		for i := range n {
			ind := f.At(i)
			kinds[ind.Kind]++
			if seen[ind.Value] {
				t.Fatalf("%d: %s again", i, ind.Value)
			}
			seen[ind.Value] = true
			if ind.Kind != Domain && ind.Addr.Is4() && !f.HasAddr(ind.Addr.As4()) {
				t.Fatalf("%d: HasAddr does not know %s", i, ind.Addr)
			}
		}
		if n == 100_000 && kinds != [3]int{60_000, 25_000, 15_000} {
			t.Errorf("kinds %v", kinds)
		}
		if f.HasAddr([4]byte{8, 8, 8, 8}) {
			t.Error("HasAddr knows 8.8.8.8")
		}
	}
	// A feed of one less does not know the last address.
	f := &Feed{Seed: 42, N: 100_000}
	known := 0
	for a := range 1 << 16 {
		if f.HasAddr([4]byte{45, 7, byte(a >> 8), byte(a)}) {
			known++
		}
	}
	if known == 0 || known > 200 { // 30,000 in 2^26 addresses are 29 here
		t.Errorf("HasAddr knows %d addresses of a /16", known)
	}
}

func TestTimes(t *testing.T) {
	for _, ticks := range []int64{0, 1, 17776800000000000, 17776800001234567, 17091648000000000, 17091647999999999, 40000000000000000} {
		want := time.Unix(ticks/1e7, ticks%1e7*100).UTC()
		if got := string(AppendTime(nil, ticks, 7)); got != want.Format("2006-01-02T15:04:05.0000000Z") {
			t.Errorf("%d: %s, want %v", ticks, got, want)
		}
		if got := string(AppendTime(nil, ticks, 0)); got != want.Format("2006-01-02T15:04:05Z") {
			t.Errorf("%d: %s, want %v", ticks, got, want)
		}
		if got := string(trimFraction(AppendTime(nil, ticks, 7))); got != want.Format(time.RFC3339Nano) {
			t.Errorf("%d: %s, want %v", ticks, got, want.Format(time.RFC3339Nano))
		}
		if got := string(appendPortalTime(nil, ticks)); got != want.Format("1/2/2006, 3:04:05.000 PM") {
			t.Errorf("%d: %s, want %v", ticks, got, want.Format("1/2/2006, 3:04:05.000 PM"))
		}
	}
	for day := int64(0); day < 60000; day += 13 {
		y, m, d := civil(day)
		if got, want := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix()/86400, day; got != want {
			t.Fatalf("day %d: %d-%d-%d", day, y, m, d)
		}
	}
}

// Rows cost no allocation unless something is planted.
func TestRowsAllocate(t *testing.T) {
	for _, table := range Tables {
		m := newMaker(table, Options{Seed: 1})
		r := &Row{Table: table, buf: make([]byte, 0, 1<<16), cells: make([]span, len(table.Columns)), ticks: make([]int64, len(table.Columns))}
		if n := testing.AllocsPerRun(200, func() { r.reset(); table.fill(m, r) }); n != 0 {
			t.Errorf("%s: %v allocations a row", table.Name, n)
		}
	}
}
