package ioc

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestAlikes(t *testing.T) {
	values := []string{"www.evil.example.net", "evil.example.net", "a.b.evil.example.net", "203.0.113.7", "203.0.113.7:443", "203.0.113.8:443",
		"203.0.113.0/24", "203.0.0.0/16", "198.51.100.4", "apple.example.org", "xn--pple-43d.example.org", "xn--mnchen-3ya.example", "munchen.example",
		"2001:db8::7", "[2001:db8::7]:80", "2001:db8::/32", "notevil.example.net"}
	list := new(List)
	for _, v := range values {
		i, err := Parse(v)
		if err != nil {
			t.Fatal(v, err)
		}
		list.Add(&i)
	}
	var got []string
	for a := range list.Set().Alikes() {
		got = append(got, fmt.Sprintf("%s: %s: %s", a.Indicator.Value, a.Likeness, a.Other.Value))
	}
	want := []string{
		"www.evil.example.net: www beside the name itself: evil.example.net",
		"a.b.evil.example.net: below another domain: evil.example.net",
		"203.0.113.7: within a network: 203.0.113.0/24",
		"203.0.113.7:443: ip:port beside the address itself: 203.0.113.7",
		"203.0.113.7:443: within a network: 203.0.113.0/24",
		"203.0.113.8:443: within a network: 203.0.113.0/24",
		"203.0.113.0/24: within a network: 203.0.0.0/16",
		"xn--pple-43d.example.org: spelled to look like another: apple.example.org",
		"xn--mnchen-3ya.example: spelled to look like another: munchen.example",
		"2001:db8::7: within a network: 2001:db8::/32",
		"[2001:db8::7]:80: ip:port beside the address itself: 2001:db8::7",
		"[2001:db8::7]:80: within a network: 2001:db8::/32",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for range list.Set().Alikes() {
		break // a caller may have seen enough
	}
}

// Two spellings of a name that is not held itself look like each other.
func TestAlikesAmongThemselves(t *testing.T) {
	list := new(List)
	for _, v := range []string{"b\u0430nk.example.org", "b\u00e4nk.example.org", "tank.example.org"} {
		i, err := Parse(v)
		if err != nil {
			t.Fatal(v, err)
		}
		list.Add(&i)
	}
	var got []string
	for a := range list.Set().Alikes() {
		got = append(got, inLatin(a.Indicator.Value)+" "+a.Likeness.String()+" "+inLatin(a.Other.Value))
	}
	if want := []string{"bank.example.org spelled to look like another bank.example.org"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is found is what comparing all with all finds.
func TestAlikesOfMany(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	list := new(List)
	for range 300 {
		var text string
		switch r.IntN(4) {
		case 0:
			text = strings.Repeat("www.", r.IntN(2)) + strings.Repeat(string('a'+rune(r.IntN(3)))+".", r.IntN(3)) + "example.net"
		case 1:
			text = fmt.Sprintf("203.0.113.%d", r.IntN(40))
		case 2:
			text = fmt.Sprintf("203.0.113.%d:%d", r.IntN(40), 1+r.IntN(2))
		case 3:
			text = netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(r.IntN(40))}), 26+r.IntN(6)).Masked().String()
		}
		i, err := Parse(text)
		if err != nil {
			t.Fatal(text, err)
		}
		list.Add(&i)
	}
	var got, want []string
	for a := range list.Set().Alikes() {
		got = append(got, fmt.Sprintf("%s %s", a.Indicator.Value, a.Likeness))
	}
	for i := range list.All() {
		var is [Likenesses]bool
		for o := range list.All() {
			switch {
			case i.Type == Domain && o.Type == Domain && i.Value == "www."+o.Value:
				is[WWW] = true
			case i.Type == Domain && o.Type == Domain && strings.HasSuffix(i.Value, "."+o.Value):
				is[Below] = true
			case i.Type == IPPort && o.Type == IP && i.Addr() == o.Addr():
				is[WithPort] = true
			case i.Type != Domain && o.Type == CIDR && o.Prefix.Overlaps(i.Prefix) && (i.Type != CIDR || o.Prefix.Bits() < i.Prefix.Bits()):
				is[Within] = true
			}
		}
		for l, yes := range is {
			if yes {
				want = append(want, fmt.Sprintf("%s %s", i.Value, Likeness(l)))
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %d, want %d\n%s\n\n%s", len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(want) < 100 {
		t.Fatalf("only %d likenesses: the test says little", len(want))
	}
}

// TestAlikesOfOneAddress: what an indicator costs does not grow with how many there are
// of its address.
func TestAlikesOfOneAddress(t *testing.T) {
	each := func(n int) float64 {
		list := new(List)
		for port := range n {
			i, err := Parse(fmt.Sprintf("203.0.113.7:%d", port+1))
			if err != nil {
				t.Fatal(err)
			}
			list.Add(&i)
		}
		i, err := Parse("203.0.113.7")
		if err != nil {
			t.Fatal(err)
		}
		list.Add(&i)
		set := list.Set()
		return testing.AllocsPerRun(1, func() {
			found := 0
			for a := range set.Alikes() {
				if a.Likeness != WithPort || a.Other.Value != "203.0.113.7" {
					t.Fatal(a)
				}
				found++
			}
			if found != n {
				t.Fatalf("%d of %d", found, n)
			}
		}) / float64(n)
	}
	if few, many := each(50), each(1000); many > 2*few {
		t.Errorf("%v allocations for each of 50 ports, %v for each of 1000", few, many)
	}
}
