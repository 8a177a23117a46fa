package ioc

import (
	"slices"
	"testing"
)

// Of every type, what was added is met and nothing else, whatever shares its
// entry.
func TestMetTypes(t *testing.T) {
	all := parseAll(t, "198.51.100.7", "198.51.100.7:23", "198.51.100.0/24", "2001:db8::7", "[2001:db8::7]:23", "2001:db8::/32",
		"evil.example", "a.evil.example", "http://evil.example/a", "https://evil.example/a", "http://evil.example:8080/a", "evil.example/a",
		eicarMD5, eicarSHA1, eicarSHA256)
	s := NewSet(all)
	for n := range all {
		m := s.Met()
		m.Add(&all[n])
		var missing []string
		for i := range m.Missing(s.Met()) {
			missing = append(missing, i.Value)
		}
		if m.Len() != 1 || len(missing) != len(all)-1 || slices.Contains(missing, all[n].Value) {
			t.Errorf("%s: %d met, %d missing", all[n].Value, m.Len(), len(missing))
		}
		for _, list := range [][]Indicator{nil, all[:n], all[n+1:]} {
			other := NewSet(list).Met()
			if other.Add(&all[n]); other.Len() != 0 {
				t.Errorf("%s: met by a set that does not hold it", all[n].Value)
			}
		}
	}
}

// Every type of indicator is found under its own number, and one that the set
// lacks under none.
func TestFind(t *testing.T) {
	texts := []string{"192.0.2.1", "192.0.2.1:80", "192.0.2.1:81", "2001:db8::1", "[2001:db8::1]:80", "192.0.2.0/24", "2001:db8::/32", "a.example",
		"b.a.example", "http://a.example/x", "https://a.example/x", "a.example/x", "http://a.example:8080/x?q=1", "http://192.0.2.1/x",
		"d41d8cd98f00b204e9800998ecf8427f", "da39a3ee5e6b4b0d3255bfef95601890afd80701", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b851"}
	var list []Indicator
	for _, text := range texts {
		i, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, i)
	}
	set := NewSet(list)
	met := set.Met()
	for n := range list {
		if got, ok := set.Find(&list[n]); !ok || set.list.At(got).Value != list[n].Value {
			t.Errorf("%s: %d, %v", list[n].Value, got, ok)
		}
		met.Add(&list[n])
		if met.Len() != n+1 {
			t.Errorf("%s: %d met, want %d", list[n].Value, met.Len(), n+1)
		}
		others := NewSet(slices.Delete(slices.Clone(list), n, n+1))
		if got, ok := others.Find(&list[n]); ok {
			t.Errorf("%s is found in a set without it, as %s", list[n].Value, others.list.At(got).Value)
		}
		if got, ok := NewSet(list[n : n+1]).Find(&list[(n+1)%len(list)]); ok {
			t.Errorf("%s is found in the set of %s: %d", list[(n+1)%len(list)].Value, list[n].Value, got)
		}
	}
}
