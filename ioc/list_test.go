package ioc

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// A slowList does what a List does, with a map of Indicators.
type slowList struct {
	list []*Indicator
	by   map[string]*Indicator
}

func (s *slowList) add(i Indicator) bool {
	if s.by == nil {
		s.by = map[string]*Indicator{}
	}
	key := i.Type.String() + " " + i.Value
	to := s.by[key]
	if to == nil {
		i.Tags, i.Feeds = slowUnite(nil, i.Tags, 256), slowUnite(nil, i.Feeds, 100)
		s.by[key] = &i
		s.list = append(s.list, &i)
		return true
	}
	if to.ThreatType == "" {
		to.ThreatType = i.ThreatType
	}
	if to.Malware == "" {
		to.Malware = i.Malware
	}
	to.Confidence, to.Compromised = max(to.Confidence, i.Confidence), max(to.Compromised, i.Compromised)
	if !i.FirstSeen.IsZero() && (to.FirstSeen.IsZero() || i.FirstSeen.Time().Before(to.FirstSeen.Time())) {
		to.FirstSeen = i.FirstSeen
	}
	if !i.LastSeen.IsZero() && (to.LastSeen.IsZero() || i.LastSeen.Time().After(to.LastSeen.Time())) {
		to.LastSeen = i.LastSeen
	}
	if i.ValidUntil.IsZero() {
		to.ValidUntil = Date{}
	} else if !to.ValidUntil.IsZero() && i.ValidUntil.Time().After(to.ValidUntil.Time()) {
		to.ValidUntil = i.ValidUntil
	}
	to.Tags, to.Feeds = slowUnite(to.Tags, i.Tags, 256), slowUnite(to.Feeds, i.Feeds, 100)
	return false
}

func slowUnite(list, more []string, most int) []string {
	for _, s := range more {
		if s != "" && len(list) < most && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// randomIndicator is one of few values, with anything said of it.
func randomIndicator(t testing.TB, r *rand.Rand) Indicator {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	i, err := Parse(pick("198.51.100.7", "198.51.100.7:80", "198.51.100.7:81", "198.51.100.0/24", "2001:db8::7", "[2001:db8::7]:80", "2001:db8::/32",
		"evil.example", "a.evil.example", "http://evil.example/a", "https://evil.example/a", "http://evil.example:81/a", "evil.example/a?b", "44d88612fea8a8f36de82e1278abb02f",
		"275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f", fmt.Sprintf("h%d.example", r.IntN(300))))
	if err != nil {
		t.Fatal(err)
	}
	date := func() Date {
		at := time.Date(2026, 5, 20, 0, 0, r.IntN(3)*r.IntN(2), r.IntN(2)*500, time.UTC)
		return [...]Date{{}, Day(at), Instant(at)}[r.IntN(3)]
	}
	if r.IntN(2) == 0 {
		i.Details = Details{ThreatType: pick("", "c2"), Malware: pick("", "Mirai", "Gafgyt"), Confidence: r.IntN(102) - 1, FirstSeen: date(), LastSeen: date(),
			ValidUntil: date(), Compromised: int8(r.IntN(3) - 1)}
		for range r.IntN(3) {
			i.Tags = append(i.Tags, pick("a", "b", "c", "a,b"))
		}
	}
	for range r.IntN(3) {
		i.Feeds = append(i.Feeds, pick("a.txt:1", "a.txt:2", "b.csv:1", "--ioc:1", "a.txt:01", "a.txt:0", "a.txt:-1", "a.txt:+1", "C:\\x", "no line", ":7", "a.txt:2147483647",
			"a.txt:2147483648", "a.txt:99999999999", fmt.Sprint("c.txt:", 1+r.IntN(500))))
	}
	return i
}

func compareLists(t *testing.T, l *List, want []*Indicator) {
	t.Helper()
	if l.Len() != len(want) {
		t.Fatalf("%d indicators, want %d", l.Len(), len(want))
	}
	counts := map[Type]int{}
	n := 0
	for i := range l.All() {
		if len(i.Tags) == 0 {
			i.Tags = nil
		}
		if len(i.Feeds) == 0 {
			i.Feeds = nil
		}
		if !reflect.DeepEqual(&i, want[n]) {
			t.Fatalf("indicator %d is\n%+v\nwant\n%+v", n, i, *want[n])
		}
		counts[i.Type]++
		n++
	}
	for typ := IP; typ <= Hash; typ++ {
		if l.Count(typ) != counts[typ] {
			t.Fatalf("%d of type %s, want %d", l.Count(typ), typ, counts[typ])
		}
	}
}

func TestListAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		var l List
		var slow slowList
		if round%3 == 0 {
			l.Grow(r.IntN(1000))
		}
		for range r.IntN(2000) {
			i := randomIndicator(t, r)
			if l.Add(&i) != slow.add(i) {
				t.Fatalf("%s is new to one of the two lists", i.Value)
			}
		}
		compareLists(t, &l, slow.list)

		weak := func(d *Details) bool { return d.Confidence >= 0 && d.Confidence < 50 }
		was := slices.Clone(slow.list)
		l.DeleteFunc(func(n int, d *Details) bool {
			if d.Confidence != was[n].Confidence {
				t.Fatalf("asked of confidence %d, want %d", d.Confidence, was[n].Confidence)
			}
			return weak(d)
		})
		slow.list = slices.DeleteFunc(slow.list, func(i *Indicator) bool { return weak(&i.Details) })
		for key, i := range slow.by {
			if weak(&i.Details) {
				delete(slow.by, key)
			}
		}
		compareLists(t, &l, slow.list)
		for range 100 {
			i := randomIndicator(t, r)
			l.Add(&i)
			slow.add(i)
		}
		compareLists(t, &l, slow.list)
	}
}

// Batches give what Add gives.
func TestBatch(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var l List
	var slow slowList
	var b Batch
	for range 20 {
		b.Reset()
		n := r.IntN(300)
		var want Added
		for line := range n {
			i := randomIndicator(t, r)
			p, ok := ParsePlain([]byte(i.Value))
			if !ok {
				continue
			}
			d := &i.Details
			if reflect.DeepEqual(*d, NoDetails()) {
				d = nil
			}
			if !b.Add(&p, line+1, d) {
				t.Fatal("not added")
			}
			i.Feeds = []string{fmt.Sprint("feed:", line+1)}
			if slow.add(i) {
				want.Fresh[i.Type]++
			} else {
				want.Merged[i.Type]++
			}
		}
		half := r.IntN(b.Len() + 1)
		got := l.AddBatch(&b, 0, half, "feed:")
		more := l.AddBatch(&b, half, b.Len(), "feed:")
		for typ := range got.Fresh {
			got.Fresh[typ] += more.Fresh[typ]
			got.Merged[typ] += more.Merged[typ]
		}
		if got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	}
	compareLists(t, &l, slow.list)

	p, _ := ParsePlain([]byte("evil.example"))
	last := math.MaxInt32
	if b.Add(&p, 0, nil) || b.Add(&p, last+1, nil) {
		t.Error("a line without place was added")
	}
}

// What is not in normal form is kept as it is.
func TestListOdd(t *testing.T) {
	a := netip.MustParsePrefix("198.51.100.7/32")
	odd := []Indicator{
		{Type: IP, Value: "198.051.100.007", Prefix: a},
		{Type: IP, Value: "no address"},
		{Type: Domain},
		{Type: Domain, Value: strings.Repeat("a", 3<<20)},
		{Type: Domain, Value: "evil.example", Prefix: a},
		{Type: CIDR, Value: "198.51.100.7/24", Prefix: netip.MustParsePrefix("198.51.100.7/24")},
		{Type: CIDR, Value: "198.51.100.7/32", Prefix: a},
		{Type: IP, Value: "198.51.100.0/24", Prefix: netip.MustParsePrefix("198.51.100.0/24")},
		{Type: IP, Value: "198.51.100.7", Prefix: a, Port: 7},
		{Type: IP, Value: "::ffff:198.51.100.7", Prefix: netip.MustParsePrefix("::ffff:198.51.100.7/128")},
	}
	for i := range odd {
		odd[i].Details = NoDetails()
	}
	list := NewList(odd...)
	again := NewList(slices.Concat(odd, odd)...)
	if list.Len() != len(odd) || again.Len() != len(odd) {
		t.Fatalf("%d and %d indicators, want %d", list.Len(), again.Len(), len(odd))
	}
	for n := range odd {
		if got := list.At(n); !reflect.DeepEqual(got, odd[n]) {
			t.Errorf("%+v became %+v", odd[n], got)
		}
	}
	some := NewList(odd[:4]...)
	sum := some.Merge(list)
	if want := (Added{Fresh: [types]int{IP: 3, Domain: 1, CIDR: 2}, Merged: [types]int{IP: 2, Domain: 2}}); sum != want {
		t.Errorf("merged: %v, want %v", sum, want)
	}
	for n := range odd {
		if got := some.At(n); !reflect.DeepEqual(got, odd[n]) {
			t.Errorf("merged, %+v became %+v", odd[n], got)
		}
	}
	set := list.Set()
	for cell, kind := range map[string]Kind{"198.51.100.7": KindIP, "evil.example": KindDomain} {
		if len(set.Match(kind, []byte(cell), nil)) == 0 {
			t.Errorf("%s is not found", cell)
		}
	}

	// Details outside what is documented come back within.
	d := list.At(0)
	d.Confidence, d.Compromised = 1000, -7
	var l List
	l.Add(&d)
	if got := l.At(0); got.Confidence != 100 || got.Compromised != -1 {
		t.Errorf("confidence %d, compromised %d", got.Confidence, got.Compromised)
	}
}

func TestListBounds(t *testing.T) {
	var l List
	i := parseAll(t, "198.51.100.7")[0]
	for n := range 1000 {
		i.Feeds = []string{fmt.Sprint("a:", n+1)}
		i.Tags = []string{fmt.Sprint("tag", n)}
		l.Add(&i)
	}
	got := l.At(0)
	if len(got.Feeds) != maxPlaces || got.Feeds[maxPlaces-1] != "a:100" || len(got.Tags) != maxTags || got.Tags[maxTags-1] != "tag255" {
		t.Errorf("%d places, %d tags: %v", len(got.Feeds), len(got.Tags), got)
	}
}

// A set has the same entries whatever the number of processors, and keeps
// indicators that repeat.
func TestSetProcessors(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var list []Indicator
	for range 300 {
		list = append(list, randomIndicator(t, r))
	}
	for range 20_000 {
		list = append(list, parseAll(t, fmt.Sprintf("45.%d.%d.%d:%d", r.IntN(2), r.IntN(8), r.IntN(256), r.IntN(9)))...)
	}
	one, many := sets(list)
	for n := range list {
		cell, kind := []byte(list[n].Value), KindIP
		switch list[n].Type {
		case Domain:
			kind = KindDomain
		case URL:
			kind = KindURL
		case Hash:
			kind = KindHash
		default:
			cell = []byte(list[n].Addr().String())
		}
		a, b := one.Match(kind, cell, nil), many.Match(kind, cell, nil)
		if !slices.Equal(a, b) {
			t.Fatalf("%s: %v with one processor, %v with more", cell, a, b)
		}
		found := 0
		for _, c := range a {
			x, y := one.Indicators(c.Entry), many.Indicators(c.Entry)
			if !reflect.DeepEqual(x, y) {
				t.Fatalf("%s: %v with one processor, %v with more", cell, x, y)
			}
			for _, i := range x {
				if i.Type == list[n].Type && i.Value == list[n].Value {
					found++
				}
			}
		}
		if found == 0 {
			t.Fatalf("%s is not in its entry", list[n].Value)
		}
	}
	if one.Len() != len(list) {
		t.Errorf("%d indicators of %d", one.Len(), len(list))
	}
}

func sets(list []Indicator) (one, many *Set) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one = NewSet(list)
	runtime.GOMAXPROCS(4)
	return one, NewSet(list)
}

// FuzzPlain holds the short way against Parse.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"45.1.2.3", "45.1.2.3:80", "45.1.2.3:080", "45.1.2.3:65536", "045.1.2.3", "45.1.2", "45.1.2.3.4", "45.1.2.3.evil.example", "10.1.2.3", "45.1.2.3333", "45.1.2.333",
		"evil.example", "Evil.example", "co.uk", "x.co.uk", "city.kawasaki.jp", "x.kawasaki.jp", "x.y.kawasaki.jp", "duckdns.org", "localhost", "a..b", "a.b.", "_x.evil.example", "a_.b-.c1",
		"2a0e:97c0::1", "2a0e:97c0::", "::1", "1:2:3:4:5:6:7:8", "[2a0e:97c0::1]:80", "[2a0e:97c0::1]", "[2a0e:97c0::1]:", "[2a0e:97c0::1]:x", "[2a0e:97c0::1]80", "[2a0e:97c0::1", "2a0e:97c0::1:80", "::ffff:45.1.2.3", "64:ff9b::1", "dead.beef", "a:80",
		"0123456789abcdef0123456789abcdef", "evil.1", "evil.0x1", "xn--bcher-kva.example", strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 126) + "bc"} {
		f.Add([]byte(s))
	}
	check := func(t *testing.T, text []byte, how string, p Plain, want Indicator, err error) {
		if err != nil {
			t.Fatalf("%s %q: %v", how, text, err)
		}
		if w := want.Warnings(); len(w) > 0 {
			t.Fatalf("%s %q: warnings %q", how, text, w)
		}
		var b Batch
		b.Add(&p, 1, nil)
		var l List
		l.AddBatch(&b, 0, 1, "feed:")
		want.Feeds = []string{"feed:1"}
		if got := l.At(0); !reflect.DeepEqual(got, want) || p.Type() != want.Type {
			t.Fatalf("%s %q:\n%+v\nwant\n%+v", how, text, got, want)
		}
		if l.Add(&want) {
			t.Fatalf("%s %q: not the same to the list", how, text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, ok := ParsePlain(text); ok {
			i, err := Parse(string(text))
			check(t, text, "plain", p, i, err)
			if i.Type == IP {
				want, err := Parse(netip.AddrPortFrom(i.Addr(), 443).String())
				check(t, text, "with port", p.WithPort(443), want, err)
			}
		}
		if p, ok := ParsePlainAddrPort(text); ok {
			i, err := ParseAddrPort(string(text))
			check(t, text, "address and port", p, i, err)
		}
	})
}

func TestPlainAllocations(t *testing.T) {
	var b Batch
	b.Grow(10, 100)
	lines := [][]byte{[]byte("45.1.2.3:80"), []byte("c2.evil.example"), []byte("2a0e:97c0::1")}
	if n := testing.AllocsPerRun(100, func() {
		b.Reset()
		for _, line := range lines {
			if p, ok := ParsePlain(line); !ok || !b.Add(&p, 1, nil) {
				t.Fatalf("%s is not plain", line)
			}
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	s := NewSet(parseAll(t, "45.1.2.3", "45.1.2.3:80", "c2.evil.example"))
	e := s.Match(KindIP, []byte("45.1.2.3"), nil)[0].Entry
	var room Picked
	if n := testing.AllocsPerRun(100, func() {
		room.Reset()
		for range 3 {
			s.Pick(e, &room)
		}
	}); n > 0 {
		t.Errorf("%v allocations for indicators that are picked", n)
	}
}

func TestDate(t *testing.T) {
	at := time.Date(2026, 5, 20, 4, 1, 14, 0, time.FixedZone("", 7200))
	for _, tt := range []struct {
		d    Date
		want string
	}{
		{Day(at), "2026-05-20"},
		{Instant(at), "2026-05-20T02:01:14Z"},
		{Instant(at.Add(1500 * time.Microsecond)), "2026-05-20T02:01:14.0015Z"},
		{Instant(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)), "0001-01-01T00:00:00Z"},
		{Day(time.Date(9998, 12, 31, 0, 0, 0, 0, time.UTC)), "9998-12-31"},
	} {
		if got := tt.d.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		if again, err := ParseDate(tt.want); err != nil || again != tt.d {
			t.Errorf("%s reads as %v, %v", tt.want, again, err)
		}
		var n note
		n.setDate(1, tt.d)
		if n.date(1) != tt.d {
			t.Errorf("%s is kept as %s", tt.want, n.date(1))
		}
	}
	if Day(at).Compare(Instant(at)) >= 0 || Instant(at).Compare(Day(at)) <= 0 || Day(at).Compare(Instant(Day(at).Time())) != 0 ||
		Instant(at).Compare(Instant(at.Add(1))) >= 0 {
		t.Error("dates compare wrongly")
	}
	if d := Instant(time.Unix(1<<40, 0)); !d.IsZero() || d.String() != "" || !d.Time().IsZero() {
		t.Errorf("the far future is %v", d)
	}
	for _, text := range []string{"", "2026", "2026-05-20 04:01:14", "2026-02-30"} {
		if d, err := ParseDate(text); err == nil {
			t.Errorf("%q reads as %v", text, d)
		}
	}
}

// What a list says that it takes is about what it takes.
func TestListBytes(t *testing.T) {
	for _, c := range []struct {
		n    int
		text func(i int) string
	}{
		{100_000, func(i int) string { return fmt.Sprintf("name%d.example", i) }},
		{20_000, func(i int) string { return fmt.Sprintf("http://host%d.example/%s", i, strings.Repeat("x", 900)) }},
		{50_000, func(i int) string { return addr4(uint32(45<<24 + i)).String() }},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		l := new(List)
		for i := range c.n {
			p, err := Parse(c.text(i))
			if err != nil {
				t.Fatal(err)
			}
			p.Malware = fmt.Sprintf("family %d", i%1000)
			l.Add(&p)
		}
		s := l.Set()
		runtime.GC()
		runtime.ReadMemStats(&after)
		if got, want := l.Bytes(), int64(after.HeapAlloc)-int64(before.HeapAlloc); got < want/2 || got > 2*want {
			t.Errorf("%d like %s: %d bytes, the heap has grown by %d", c.n, c.text(1), got, want)
		}
		runtime.KeepAlive(s)
	}
}
