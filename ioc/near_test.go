package ioc

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	for _, c := range []struct {
		value, indicator, want string // kind and what is shared
	}{
		{"176.65.139.70", "176.65.139.7", "same-network 176.65.139.0/24"},
		{"176.65.139.70", "176.65.139.7:23", "same-network 176.65.139.0/24"},
		{"176.65.138.7", "176.65.139.7", ""},
		{"2001:db8::1", "2001:db8::ffff", "same-network 2001:db8::/64"},
		{"2001:db8:0:1::1", "2001:db8::1", ""},
		{"176.65.139.70", "176.65.139.0/26", ""},
		{"mytvt.evil.example", "tvt.evil.example", "no-label-boundary "},
		{"evil.example", "tvt.evil.example", "below "},
		{"tvt.evil.example.bank.example", "tvt.evil.example", "inside "},
		{"www.evil.example", "tvt.evil.example", "same-registrable-domain evil.example"},
		{"a.duckdns.org", "bcd.duckdns.org", ""}, // everyone's
		{"evol.example", "evil.example", "one-edit "},
		{"evill.example", "evil.example", "one-edit "},
		{"evl.example", "evil.example", "one-edit "},
		{"cdn.evol.example", "evil.example", "one-edit "},
		{"paypa1.example", "paypal.example", "look-alike "},
		{"rnail.example", "mail.example", "look-alike "},
		{"www.rnail.example", "mail.example", "look-alike "},
		{"p\u0430yp\u0430l.example", "paypal.example", "look-alike "}, // Cyrillic
		{"p\u00e4ypal.example", "paypal.example", "look-alike "},
		{"paypal.example", "xn--pypal-4ve.example", "look-alike "},
		{"paypal.example", "paypal.example", ""},
		{"unrelated.test", "paypal.example", ""},
	} {
		i, err := Parse(c.indicator)
		if err != nil {
			t.Fatal(err)
		}
		addr, _, _ := ParseAddr([]byte(c.value))
		name, _ := AppendDomain(nil, []byte(c.value))
		got := ""
		list, more := NewSet([]Indicator{i}).Near(addr, string(name), func(*Indicator) bool { return false }, 5)
		if len(list) > 0 {
			got = list[0].Kind.String() + " " + list[0].Shared
			if list[0].Why() == "" {
				t.Errorf("%s, %s: no reason", c.value, c.indicator)
			}
		}
		if got != c.want || more != 0 {
			t.Errorf("%s, %s: got %q and %d more, want %q", c.value, c.indicator, got, more, c.want)
		}
	}
}

// What is listed is bounded, the closest first, and the rest is counted.
func TestNearIsBounded(t *testing.T) {
	var list []Indicator
	for _, text := range []string{"a.evil.example", "b.evil.example", "c.evil.example", "exil.example", "evil1.example", "1.2.3.4"} {
		i, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, i)
	}
	skip := func(i *Indicator) bool { return i.Value == "b.evil.example" }
	near, more := NewSet(list).Near(netip.Addr{}, "evil.example", skip, 3)
	var got []string
	for _, n := range near {
		got = append(got, n.Indicator.Value)
	}
	if s := strings.Join(got, " "); s != "exil.example evil1.example a.evil.example" || more != 1 {
		t.Errorf("got %s and %d more", s, more)
	}
}

// oneEdit agrees with the distance worked out by its definition.
func TestOneEdit(t *testing.T) {
	var distance func(a, b string) int
	distance = func(a, b string) int {
		switch {
		case a == "" || b == "":
			return len(a) + len(b)
		case a[0] == b[0]:
			return distance(a[1:], b[1:])
		}
		return 1 + min(distance(a[1:], b), distance(a, b[1:]), distance(a[1:], b[1:]))
	}
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, r.IntN(6))
		for i := range b {
			b[i] = "ab."[r.IntN(3)]
		}
		return string(b)
	}
	ones := 0
	for range 20_000 {
		a, b := word(), word()
		want := distance(a, b) == 1
		if oneEdit(a, b) != want {
			t.Fatalf("%q, %q: want %v", a, b, want)
		}
		if want {
			ones++
		}
	}
	if ones < 1000 {
		t.Errorf("only %d pairs are one edit apart", ones)
	}
}

// Every character of the table stands there once, is a lower-case letter or
// digit, and looks like something else. A skeleton is its own skeleton.
func TestLookAlikes(t *testing.T) {
	seen := map[rune]bool{}
	for line := range strings.Lines(strings.TrimSpace(lookAlikes)) {
		latin, like, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || len(latin) > 2 {
			t.Errorf("%q", line)
		}
		for _, r := range like {
			if seen[r] || strings.ToLower(string(r)) != string(r) {
				t.Errorf("%c stands there twice or is a capital", r)
			}
			seen[r] = true
			if s := skeleton(string(r) + ".example"); s != skeleton(latin+".exarnple") {
				t.Errorf("%c: %s", r, s)
			}
		}
	}
	if a, b := skeleton("\u0442est.example"), skeleton("test.example"); a != b {
		t.Errorf("%s is not %s", a, b)
	}
	if len(seen) < 80 {
		t.Errorf("%d characters", len(seen))
	}
}

func FuzzSkeleton(f *testing.F) {
	for _, s := range []string{"paypa1.example", "xn--pypal-4ve.example", "M0m.example", "\u00e4\u0430\xff", "xn--", "xn--xn--.xn--a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(strings.ToLower(s), "xn--") {
			skeleton(s) // what an A-label stands for may look like one
			return
		}
		if a, b := skeleton(s), skeleton(skeleton(s)); a != b && !strings.Contains(a, "xn--") {
			t.Errorf("%q: %q, then %q", s, a, b)
		}
	})
}
