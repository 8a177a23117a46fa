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
