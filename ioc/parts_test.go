package ioc

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A block is what Parts emits.
type block struct {
	part  Part
	items int
	raw   []byte
}

func parts(t testing.TB, l *List) (all []block) {
	t.Helper()
	err := l.Parts(func(p Part, items int, raw []byte) error {
		all = append(all, block{p, items, raw})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func loaded(all []block) (*List, []uint32, error) {
	var b Loader
	for _, x := range all {
		if x.part != PartRecords {
			if err := b.Add(x.part, x.items, slices.Clone(x.raw)); err != nil {
				return nil, nil, err
			}
			continue
		}
		r, err := b.Decode(x.items, slices.Clone(x.raw))
		if err == nil {
			err = b.Append(r)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return b.List(), b.Doubtful(), nil
}

// A list is the same behind its parts, to look at, to add to and to store.
func TestParts(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := new(List)
		for range r.IntN(3000) {
			i := randomIndicator(t, r)
			l.Add(&i)
		}
		if seed == 7 { // more than a block
			for n := range blockRecords + 10 {
				l.Add(&Indicator{Type: Domain, Value: fmt.Sprintf("n%d.example", n), Details: NoDetails(), Feeds: []string{fmt.Sprintf("f%d:%d", n/50000, n+1)}})
			}
		}
		want, stored := slices.Collect(l.All()), parts(t, l)
		got, _, err := loaded(stored)
		if err != nil {
			t.Fatal(seed, err)
		}
		if all := slices.Collect(got.All()); !reflect.DeepEqual(all, want) {
			t.Fatalf("seed %d: %d indicators differ from %d", seed, len(all), len(want))
		}
		for ty := range Type(types) {
			if got.Count(ty) != l.Count(ty) {
				t.Errorf("seed %d: %d of type %s, want %d", seed, got.Count(ty), ty, l.Count(ty))
			}
		}
		if again := parts(t, got); !reflect.DeepEqual(again, stored) {
			t.Errorf("seed %d: stored again, its parts differ", seed)
		}
		for range 300 {
			i := randomIndicator(t, r)
			if l.Add(&i) != got.Add(&i) {
				t.Fatalf("seed %d: %s is new to one", seed, i.Value)
			}
		}
		if !reflect.DeepEqual(slices.Collect(got.All()), slices.Collect(l.All())) {
			t.Fatalf("seed %d: added to, the lists differ", seed)
		}
	}
}

// What a feed no longer has is not in the parts.
func TestPartsForget(t *testing.T) {
	l := NewList(Indicator{Type: Domain, Value: "a.example", Details: Details{Malware: "Gone", Confidence: 1, Compromised: -1, Tags: []string{"gone-too"}}, Feeds: []string{"gone.txt:1"}},
		Indicator{Type: Domain, Value: "b.example", Details: NoDetails(), Feeds: []string{"kept.txt:2"}})
	l.DeleteFunc(func(n int, _ *Details) bool { return n == 0 })
	for _, b := range parts(t, l) {
		if strings.Contains(strings.ToLower(string(b.raw)), "gone") {
			t.Errorf("%s: %q", b.part, b.raw)
		}
	}
}

// The example of Part.
func TestPartsExample(t *testing.T) {
	sock, _ := Parse("203.0.113.7:23")
	name, _ := Parse("evil.example")
	sock.Feeds, name.Feeds = []string{"a.txt:12"}, []string{"a.txt:13"}
	all := parts(t, NewList(sock, name))
	want, _ := hex.DecodeString(strings.ReplaceAll("02 00  0c  17 00  cb 00 71 07  00 00  18 02  01 02 01  00", " ", ""))
	if last := all[len(all)-1]; !bytes.Equal(last.raw, append(want, "evil.example"...)) {
		t.Errorf("%x", last.raw)
	}
}

func TestPartsDoubtful(t *testing.T) {
	l := new(List)
	for _, text := range []string{"9.9.9.9", "10.0.0.1", "evil.example", "2a0e::1", "fe80::1", "com", "co.uk", "duckdns.org", "9.9.0.0/16", "x", "9.9.9.9:5", "192.168.0.1:5"} {
		i, err := ParseBroad(text)
		if err != nil {
			t.Fatal(err)
		}
		l.Add(&i)
	}
	_, doubt, err := loaded(parts(t, l))
	if want := []uint32{1, 4, 5, 6, 7, 8, 9, 11}; err != nil || !slices.Equal(doubt, want) {
		t.Errorf("%v %v, want %v", doubt, err, want)
	}
}

// What a list cannot hold is not loaded.
func TestLoaderRefuses(t *testing.T) {
	record := func(hexed, text string) []block {
		raw, err := hex.DecodeString(strings.ReplaceAll(hexed, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return []block{{PartPaths, 1, []byte("\x02a:")}, {PartRecords, 1, append(raw, text...)}}
	}
	if _, _, err := loaded(record("00 0c 00 02 01 01 01 00", "evil.example")); err != nil {
		t.Fatal(err)
	}
	for name, all := range map[string][]block{
		"capitals":          record("00 0c 00 02 01 01 01 00", "Evil.example"),
		"an address":        record("00 07 00 02 01 01 01 00", "1.2.3.4"),
		"a name too long":   record("00 0d 00 02 01 01 01 00", "evil.example"),
		"more text":         record("00 0b 00 02 01 01 01 00", "evil.example"),
		"no name":           record("00 00 00 02 01 01 01 00", ""),
		"a form":            record("07 00 02 01 01 01 00", ""),
		"a note":            record("00 0c 02 02 01 01 01 00", "evil.example"),
		"a line below zero": record("00 0c 00 01 01 01 01 00", "evil.example"),
		"a path":            record("00 0c 00 02 01 01 02 00", "evil.example"),
		"a line, no path":   record("00 0c 00 02 01 01 00 00", "evil.example"),
		"no run":            record("00 0c 00 02 00 00", "evil.example"),
		"an odd scheme":     record("08 15 00 00 02 01 01 01 00", ".exa://evil.example/a"),
		"an odd host":       record("08 0e 00 00 02 01 01 01 00", "ev!l.example/a"),
		"a run too long":    record("00 0c 00 02 01 02 01 00", "evil.example"),
		"mapped":            record("03 00 02 01 01 01 00", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x01\x02\x03\x04"),
		"a network's host":  record("05 18 01020304 00 02 01 01 01 00", ""),
		"a network of one":  record("05 20 01020304 00 02 01 01 01 00", ""),
		"a path twice":      {{PartPaths, 2, []byte("\x02a:\x02a:")}},
		"words after paths": {{PartPaths, 1, []byte("\x02a:")}, {PartWords, 1, []byte("\x01a")}},
		"a tag":             {{PartWords, 1, []byte("\x01a")}, {PartTags, 1, []byte("\x01\x02")}},
		"a date":            {{PartNotes, 1, append(append(make([]byte, 24), 0, 0, 0, 0xc0), make([]byte, 13)...)}},
		"confidence":        {{PartNotes, 1, append(make([]byte, 39), 101, 0)}},
	} {
		if l, _, err := loaded(all); err == nil {
			t.Errorf("%s: loaded as %v", name, slices.Collect(l.All()))
		}
	}
}

// Merge is Add of all.
func TestMerge(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		a, b, want := new(List), new(List), new(List)
		for _, l := range []*List{a, b} {
			for range r.IntN(500) {
				i := randomIndicator(t, r)
				l.Add(&i)
			}
		}
		for i := range a.All() {
			want.Add(&i)
		}
		var sum Added
		for i := range b.All() {
			if want.Add(&i) {
				sum.Fresh[i.Type]++
			} else {
				sum.Merged[i.Type]++
			}
		}
		if got := a.Merge(b); got != sum {
			t.Errorf("seed %d: %v, want %v", seed, got, sum)
		}
		if !reflect.DeepEqual(slices.Collect(a.All()), slices.Collect(want.All())) {
			t.Errorf("seed %d: lists differ", seed)
		}
	}
}

// FuzzLoader loads blocks that nobody has stored. What loads is a list that
// can be stored, and is then the same.
func FuzzLoader(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 3))
	for range 4 {
		l := new(List)
		for range 20 {
			i := randomIndicator(f, r)
			l.Add(&i)
		}
		raw := map[Part][]byte{}
		items := map[Part]uint16{}
		for _, b := range parts(f, l) {
			raw[b.part], items[b.part] = b.raw, uint16(b.items)
		}
		f.Add(items[PartWords], raw[PartWords], items[PartTags], raw[PartTags], items[PartPaths], raw[PartPaths], items[PartNotes], raw[PartNotes], items[PartRecords], raw[PartRecords])
	}
	f.Fuzz(func(t *testing.T, words uint16, w []byte, tags uint16, g []byte, paths uint16, p []byte, notes uint16, n []byte, records uint16, r []byte) {
		l, _, err := loaded([]block{{PartWords, int(words), w}, {PartTags, int(tags), g}, {PartPaths, int(paths), p}, {PartNotes, int(notes), n}, {PartRecords, int(records), r}})
		if err != nil {
			return
		}
		want := slices.Collect(l.All())
		for i := range want {
			x := &want[i]
			if x.Type == IPPort {
				continue // Parse reads no port of 0
			}
			parse := ParseBroad
			if x.Type == URL { // what a feed calls a URL, without its defanging
				parse = func(s string) (Indicator, error) { return parseURL(s, true) }
			}
			if again, err := parse(x.Value); err != nil || again.Value != x.Value || again.Prefix != x.Prefix {
				t.Fatalf("%q %v: %v", x.Value, x.Prefix, err)
			}
		}
		again, _, err := loaded(parts(t, l))
		if err != nil || !reflect.DeepEqual(slices.Collect(again.All()), want) {
			t.Fatalf("stored again: %v", err)
		}
		l.Set().Match(KindURL, []byte("http://evil.example/"), nil)
	})
}
