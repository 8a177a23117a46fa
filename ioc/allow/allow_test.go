package allow

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/ioc"
)

// list makes a warninglist of entries.
func list(t testing.TB, kind Type, entries ...string) *List {
	t.Helper()
	l, err := Read(strings.NewReader(warninglistJSON(kind, entries)), "list.json")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func warninglistJSON(kind Type, entries []string) string {
	b, err := json.Marshal(map[string]any{"name": "L", "type": kind, "version": 1, "description": "d", "list": entries})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestAnswers(t *testing.T) {
	plain, err := Read(strings.NewReader("# ours\nCorp.Example ; head office\n*.cdn.example\n198.51.100.0/24\t12\n203[.]0[.]113[.]7\n192.0.2.1:443\n"), "own.txt")
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string]*List{
		"string":    list(t, String, "example.com", ".dot.example", "AAA", "192.0.2.7", "192.0.2.8:80", "198.51.100.0/24"),
		"hostname":  list(t, Hostname, ".example.com", "Sub.Example.NET.", "192.0.2.7"),
		"substring": list(t, Substring, "Virus.example", "tria.", "192.0.2."),
		"cidr":      list(t, CIDR, "192.0.2.0/24", "198.51.100.7", "2001:DB8::/32", "10.1.2.3/8", "::ffff:203.0.113.0/120"),
		"regex":     list(t, Regex, `/^www\d+\.example\.com$/i`, `^192\.0\.2\.`),
		"plain":     plain,
	}
	for _, c := range []struct {
		list, value, indicator string // value: an address or a name; "" asks for the indicator itself
		want                   Answer
	}{
		{"string", "example.com", "example.com", Yes},
		{"string", "www.example.com", "example.com", No},
		{"string", "", "example.com", Yes},
		{"string", "dot.example", "dot.example", Yes},
		{"string", "x.dot.example", "dot.example", No},
		{"string", "aaa", "aaa", Yes},
		{"string", "x.aaa", "x.aaa", No},
		{"string", "192.0.2.7", "", Yes},
		{"string", "192.0.2.70", "", No},
		{"string", "", "192.0.2.7:23", Yes},
		{"string", "", "192.0.2.8:80", Yes},
		{"string", "", "192.0.2.8:81", No},
		{"string", "", "198.51.100.0/24", Yes},
		{"string", "198.51.100.9", "", No},

		{"hostname", "example.com", "example.com", Yes},
		{"hostname", "a.b.example.com", "example.com", Yes},
		{"hostname", "a.b.example.com", "b.example.com", Above},
		{"hostname", "", "b.example.com", Above},
		{"hostname", "sub.example.net", "example.net", Yes},
		{"hostname", "x.sub.example.net", "example.net", Yes},
		{"hostname", "example.net", "example.net", No},
		{"hostname", "", "example.net", No},
		{"hostname", "notexample.com", "notexample.com", No},
		{"hostname", "example.com", "notexample.com", Yes},
		{"hostname", "example.com.evil.net", "evil.net", No},
		{"hostname", "192.0.2.7", "", Yes},

		{"substring", "virus.example", "virus.example", Yes},
		{"substring", "notvirus.example.org", "example.org", Yes},
		{"substring", "tria", "tria", No},
		{"substring", "192.0.2.250", "", Yes},
		{"substring", "", "192.0.2.0/24", Yes},

		{"cidr", "192.0.2.255", "", Yes},
		{"cidr", "192.0.3.0", "", No},
		{"cidr", "198.51.100.7", "", Yes},
		{"cidr", "198.51.100.8", "", No},
		{"cidr", "2001:db8::1", "", Yes},
		{"cidr", "10.200.0.1", "", Yes},
		{"cidr", "203.0.113.9", "", Yes},
		{"cidr", "::ffff:203.0.113.9", "", Yes},
		{"cidr", "", "192.0.2.9:23", Yes},
		{"cidr", "", "192.0.2.128/25", Yes},
		{"cidr", "", "192.0.0.0/16", No},
		{"cidr", "192.0.2.1.example", "example", No},

		{"regex", "www12.example.com", "example.com", Yes},
		{"regex", "www.example.com", "example.com", No},
		{"regex", "192.0.2.5", "", Yes},

		{"plain", "x.corp.example", "corp.example", Yes},
		{"plain", "x.corp.example", "x.corp.example", Above},
		{"plain", "cdn.example", "cdn.example", Yes},
		{"plain", "198.51.100.1", "", Yes},
		{"plain", "203.0.113.7", "", Yes},
		{"plain", "192.0.2.1", "", No},
		{"plain", "", "192.0.2.1:443", Yes},
		{"plain", "", "192.0.2.1:80", No},
	} {
		l := lists[c.list]
		var got Answer
		if c.value == "" {
			i, err := ioc.ParseBroad(c.indicator)
			if err != nil {
				t.Fatal(err)
			}
			got = l.Has(&i)
		} else if a, err := netip.ParseAddr(c.value); err == nil {
			got = l.HasAddr(a)
		} else {
			got = l.HasName([]byte(c.value), c.indicator)
		}
		if got != c.want {
			t.Errorf("%s: %q by %q: %d, want %d", c.list, c.value, c.indicator, got, c.want)
		}
	}
}

// Lists are for the kinds of values that their matching_attributes name.
func TestMatchingAttributes(t *testing.T) {
	name, addr := []byte("a.example"), netip.MustParseAddr("192.0.2.7")
	for _, c := range []struct {
		attributes   string
		names, addrs Answer
	}{
		{`[]`, Yes, Yes}, {`null`, Yes, Yes}, {`["ALL"]`, Yes, Yes}, {`["domain|ip"]`, Yes, Yes},
		{`["domain"]`, Yes, No}, {`["hostname","url"]`, Yes, No}, {`["hostname|port"]`, Yes, No},
		{`["ip-src"]`, No, Yes}, {`["md5","ip-dst|port"]`, No, Yes},
	} {
		l, err := Read(strings.NewReader(`{"list":["a.example","192.0.2.7"],"matching_attributes":`+c.attributes+`,"type":"string"}`), "x/own.json")
		if err != nil {
			t.Fatal(err)
		}
		if n, a := l.HasName(name, "a.example"), l.HasAddr(addr); n != c.names || a != c.addrs {
			t.Errorf("%s: %d %d", c.attributes, n, a)
		}
		if skipped := l.Skipped[errOtherKind.Error()]; l.Entries+skipped != 2 || l.Name != "own.json" {
			t.Errorf("%s: %d entries, %d skipped, %q", c.attributes, l.Entries, skipped, l.Name)
		}
	}
}

// What a list answers is what going through its entries one by one gives.
func TestOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	labels := []string{"a", "b", "ab", "c-d", "com"}
	name := func() string {
		parts := make([]string, 1+r.IntN(4))
		for i := range parts {
			parts[i] = labels[r.IntN(len(labels))]
		}
		return strings.Join(parts, ".")
	}
	addr := func() netip.Addr {
		if r.IntN(3) == 0 {
			a := [16]byte{0x20, 1, 15: byte(r.IntN(4))}
			return netip.AddrFrom16(a)
		}
		return netip.AddrFrom4([4]byte{192, byte(r.IntN(2)), byte(r.IntN(3)), byte(r.IntN(4))})
	}
	some := func(f func() string) (list []string) {
		for range 1 + r.IntN(6) {
			list = append(list, f())
		}
		return list
	}
	prefix := func() string {
		a := addr()
		bits := a.BitLen() - r.IntN(24)
		if bits == a.BitLen() {
			return a.String()
		}
		return fmt.Sprintf("%v/%d", a, bits)
	}
	part := func() string { n := name() + "." + name(); at := r.IntN(len(n) - 2); return n[at : at+3] }
	for range 600 {
		indicator := name()
		value := indicator
		if r.IntN(3) > 0 {
			value = name() + "." + indicator
		}
		a := addr()
		for _, kind := range []Type{String, Hostname, Substring, CIDR, Regex} {
			entries := some(map[Type]func() string{String: name, Hostname: name, Substring: part, CIDR: prefix,
				Regex: func() string { return regexp.QuoteMeta(part()) + "$" }}[kind])
			l, err := Read(strings.NewReader(warninglistJSON(kind, entries)), "l")
			if err != nil {
				continue // all of it single labels
			}
			wantName, wantAddr := slow(kind, entries, value, indicator), slow(kind, entries, a.String(), "")
			if got := l.HasName([]byte(value), indicator); got != wantName {
				t.Fatalf("%s %q: %s by %s: %d, want %d", kind, entries, value, indicator, got, wantName)
			}
			if got := l.HasAddr(a); got != wantAddr {
				t.Fatalf("%s %q: %v: %d, want %d", kind, entries, a, got, wantAddr)
			}
		}
	}
}

// slow goes through the entries.
func slow(kind Type, entries []string, value, indicator string) Answer {
	longest := ""
	for _, e := range entries {
		e = strings.ToLower(e)
		yes := false
		switch kind {
		case String:
			yes = value == e
		case Substring:
			yes = strings.Contains(value, e)
		case Regex:
			yes = regexp.MustCompile(e).MatchString(value)
		case CIDR:
			if a, err := netip.ParseAddr(value); err == nil {
				if !strings.Contains(e, "/") {
					yes = a == netip.MustParseAddr(e)
				} else {
					yes = netip.MustParsePrefix(e).Contains(a)
				}
			}
		case Hostname:
			// A single label is not taken.
			if strings.Contains(e, ".") && (value == e || strings.HasSuffix(value, "."+e)) && len(e) > len(longest) {
				longest = e
			}
		}
		if yes {
			return Yes
		}
	}
	switch {
	case longest == "":
		return No
	case strings.HasSuffix(indicator, "."+longest):
		return Above
	}
	return Yes
}

func TestSubstrings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	text := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ab"[r.IntN(2)]
		}
		return string(b)
	}
	for range 2000 {
		var s substrings
		var parts []string
		for range 1 + r.IntN(5) {
			parts = append(parts, text(1+r.IntN(7)))
			s.add(parts[len(parts)-1])
		}
		s.close()
		value, want := text(r.IntN(20)), false
		for _, p := range parts {
			want = want || strings.Contains(value, p)
		}
		if got := s.in([]byte(value)); got != want {
			t.Fatalf("%q in %q: %v", parts, value, got)
		}
	}
}

// Asking costs no allocation; with expressions one, for the text.
func TestAllocations(t *testing.T) {
	name, addr := []byte("a.b.example.com"), netip.MustParseAddr("192.0.2.7")
	for _, kind := range []Type{String, Hostname, Substring, CIDR, Regex} {
		entry := map[Type]string{CIDR: "198.51.100.0/24", Regex: `^x\.y$`}[kind]
		if entry == "" {
			entry = "evil.net"
		}
		l := list(t, kind, entry)
		if n := testing.AllocsPerRun(100, func() {
			if l.HasName(name, "example.com") != No || l.HasAddr(addr) != No {
				t.Error("on the list")
			}
		}); n > 2 || n > 0 && kind != Regex {
			t.Errorf("%s: %v allocations", kind, n)
		}
	}
}

func BenchmarkHas(b *testing.B) {
	entries := make([]string, 100_000)
	for _, kind := range []Type{Hostname, CIDR, Substring} {
		for i := range entries {
			if entries[i] = fmt.Sprintf("h%d.z%d.example", i*7919, i%97); kind == CIDR {
				entries[i] = netip.AddrFrom4([4]byte{byte(i >> 16), byte(i >> 8), byte(i), 1}).String()
			}
		}
		some := entries
		if kind == Substring {
			some = entries[:5000]
		}
		text := warninglistJSON(kind, some)
		b.Run(fmt.Sprintf("read/type=%s/entries=%d", kind, len(some)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(strings.NewReader(text), "l"); err != nil {
					b.Fatal(err)
				}
			}
		})
		l := list(b, kind, some...)
		name, addr := []byte("host-0117.branch.z9.example"), netip.MustParseAddr("192.0.2.7")
		b.Run(fmt.Sprintf("ask/type=%s/entries=%d", kind, len(some)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if l.HasName(name, "example") == Yes || l.HasAddr(addr) == Yes {
					b.Fatal("on the list")
				}
			}
		})
	}
}

func TestHashes(t *testing.T) {
	const empty = "d41d8cd98f00b204e9800998ecf8427e" // of nothing
	i, err := ioc.Parse(strings.ToUpper(empty))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Answer{
		empty + "\n":           Yes,
		"0" + empty[1:] + "\n": No,
		`{"type":"string","matching_attributes":["md5"],"list":["` + strings.ToUpper(empty) + `"]}`: Yes,
		`{"type":"string","matching_attributes":["md5"],"list":["0` + empty[1:] + `"]}`:             No,
		`{"type":"string","matching_attributes":["domain","md5"],"list":["a.example"]}`:             No,
		`{"type":"regex","matching_attributes":["domain"],"list":["^d41d8"]}`:                       No,
		`{"type":"regex","list":["^d41d8"]}`:                                                        Yes,
	} {
		l, err := Read(strings.NewReader(text), "own")
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Has(&i); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}
