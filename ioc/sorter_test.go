package ioc

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// repeated are indicators of all classes, of which many have the same key and
// differ in what is said of them.
func repeated(t testing.TB, r *rand.Rand, n int) []Indicator {
	var values []string
	for i := range n / 4 {
		switch r.IntN(8) {
		case 0, 1, 2:
			values = append(values, fmt.Sprintf("%s%d.example%d.test", strings.Repeat("n", r.IntN(20)), i, r.IntN(50)))
		case 3:
			values = append(values, netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}).String())
		case 4:
			values = append(values, fmt.Sprintf("198.51.%d.%d:%d", r.IntN(4), r.IntN(256), i))
		case 5:
			values = append(values, fmt.Sprintf("2001:db8::%x:%x", i, r.IntN(1<<16)+1))
		case 6:
			values = append(values, fmt.Sprintf("http://host%d.test/%d", r.IntN(50), i))
		default:
			values = append(values, fmt.Sprintf("%032x", r.Uint64())[:32])
		}
	}
	list := parseAll(t, values...)
	for i := range n - len(list) {
		again := list[r.IntN(len(values))]
		again.Malware = fmt.Sprint("m", i)
		list = append(list, again)
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// sortFinely makes regions so small that most run over, and sets the number of
// processors.
func sortFinely(t testing.TB, slots, processors int) {
	slots, regionSlots = regionSlots, slots
	processors = runtime.GOMAXPROCS(processors)
	t.Cleanup(func() {
		regionSlots = slots
		runtime.GOMAXPROCS(processors)
	})
}

// Whatever the regions and the number of processors, the entry of a key is the
// first of the list, and has all others that have the key.
func TestSetOfRepeated(t *testing.T) {
	list := repeated(t, rand.New(rand.NewPCG(3, 4)), 10_000)
	key := func(i *Indicator) string {
		if i.Type == IPPort {
			return "ip " + i.Addr().String()
		}
		return i.Type.String() + " " + i.Value
	}
	first := map[string]int{}
	all := map[string][]string{}
	for n := range list {
		k := key(&list[n])
		if _, ok := first[k]; !ok {
			first[k] = n
		}
		all[k] = append(all[k], list[n].Value+" "+list[n].Malware)
	}
	kinds := map[Type]Kind{Domain: KindDomain, IP: KindIP, IPPort: KindIP, URL: KindURL, Hash: KindHash}
	for _, c := range []struct{ slots, processors int }{{1 << 16, 1}, {1 << 10, 2}, {64, 4}, {16, 7}} {
		t.Run(fmt.Sprintf("slots=%d/processors=%d", c.slots, c.processors), func(t *testing.T) {
			sortFinely(t, c.slots, c.processors)
			s := NewSet(list)
			for n := range list {
				i := &list[n]
				k, cell := key(i), i.Value
				if i.Type == IPPort {
					cell = i.Addr().String()
				}
				if first[k] != n {
					continue
				}
				data := []byte(strings.Repeat(" ", 16) + cell + strings.Repeat(" ", 16))
				if len(Screen(s, kinds[i.Type], data, []span{{16, uint32(len(cell))}}, nil)) != 1 {
					t.Fatalf("%s is turned away", cell)
				}
				got := s.Match(kinds[i.Type], []byte(cell), nil)
				if len(got) != 1 || int(got[0].Entry) != n {
					t.Fatalf("%s: %+v, want entry %d", cell, got, n)
				}
				var held []string
				for _, i := range s.Indicators(got[0].Entry) {
					held = append(held, i.Value+" "+i.Malware)
				}
				want := all[k]
				slices.Sort(held)
				slices.Sort(want)
				if !slices.Equal(held, want) {
					t.Fatalf("%s: %q, want %q", cell, held, want)
				}
			}
			for n := range 5_000 {
				for kind, cell := range map[Kind]string{
					KindDomain: fmt.Sprintf("absent%d.test", n), KindIP: fmt.Sprintf("192.0.%d.%d", n>>8, n&255), KindHash: fmt.Sprintf("%032x", n), KindURL: fmt.Sprintf("http://host1.test/%dx", n),
				} {
					if got := s.Match(kind, []byte(cell), nil); len(got) > 0 {
						t.Fatalf("%s: %+v", cell, got)
					}
				}
			}
		})
	}
}

// Keys that all belong to the last region fill others too, and the first.
func TestSetOfOneRegion(t *testing.T) {
	var list []Indicator
	var absent []uint32
	for v := uint32(10 << 24); len(absent) < 1000; v++ {
		switch h := uint32(hash4(v)); {
		case h>>28 < 15:
		case len(list) < 10_000:
			list = append(list, Indicator{Type: IP, Value: addr4(v).String(), Prefix: netip.PrefixFrom(addr4(v), 32)})
		default:
			absent = append(absent, v)
		}
	}
	for _, processors := range []int{1, 3} {
		sortFinely(t, 1<<9, processors)
		s := NewSet(list)
		if s.v4.slots[0] == 0 || s.v4.slots[len(s.v4.slots)-1] == 0 {
			t.Error("the slots do not go on at the beginning")
		}
		for n := range list {
			v := value4(list[n].Addr())
			if e, ok := s.find4(v, hash4(v)); !ok || int(e) != n || s.absent4(v) {
				t.Fatalf("%s: entry %d, %v, want %d", list[n].Value, e, ok, n)
			}
			if text := list[n].Value; s.absent(KindIP, []byte(text+strings.Repeat(" ", 16)), 0, len(text)) {
				t.Fatalf("%s is turned away", text)
			}
		}
		for _, v := range absent {
			if e, ok := s.find4(v, hash4(v)); ok {
				t.Fatalf("%v: entry %d", addr4(v), e)
			}
		}
	}
}

// Names that were chosen to have like hashes do not crowd in one place.
func TestSetOfChosenNames(t *testing.T) {
	var list []Indicator
	for n := 0; len(list) < 500; n++ {
		if name := fmt.Sprintf("x%d.example", n); xxhash.Sum64String(name)<<32>>56 == 7 {
			list = append(list, Indicator{Type: Domain, Value: name})
		}
	}
	s := NewSet(list)
	run, longest := 0, 0
	for _, slot := range s.names.slots {
		if run++; slot == 0 {
			run = 0
		}
		longest = max(longest, run)
	}
	if longest > 300 { // by chance, one run in millions
		t.Errorf("%d of %d names stand side by side", longest, len(list))
	}
}

// Filters turn away 98 of 100 absent keys.
func TestFilterRate(t *testing.T) {
	const keys = 100_000
	name := func(n uint32) []byte { return fmt.Appendf(nil, "c%d.bad%d.example", n/7, n) }
	for of, hash := range map[string]func(n uint32) uint64{
		"addresses":            hash4,
		"texts of these":       func(n uint32) uint64 { return quadOf(n).Hash() },
		"names":                func(n uint32) uint64 { return hashKey(name(n)) },
		"anchors":              func(n uint32) uint64 { return anchorOf(name(n)).hash() },
		"beginnings of hashes": func(n uint32) uint64 { return headOf(fmt.Appendf(nil, "%016x%016x", xxhash.Sum64(name(n)), n)) },
	} {
		f := makeFilter(keys)
		for n := range uint32(keys) {
			f.set(hash(45<<24 + n))
		}
		passed := 0
		for n := range uint32(keys) {
			if !f.has(hash(45<<24 + n)) {
				t.Fatalf("%s: number %d is turned away", of, n)
			}
			if f.has(hash(46<<24 + n)) {
				passed++
			}
		}
		if passed > keys/50 {
			t.Errorf("%s: %d of %d absent ones pass", of, passed, keys)
		}
	}
}
