package table

import (
	"strings"
	"testing"
)

// A name in any case finds what its lower-case form finds.
func TestLookupFolded(t *testing.T) {
	m := map[string]int{}
	for i, k := range []string{"", "a", "ab", "abc", "b", "remoteip", "remoteipx", "remote_ip", "zz", "k", "straße", "é"} {
		m[k] = i + 1
	}
	l := lookupOf(m)
	for _, name := range []string{"", "A", "AB", "aB", "ABC", "abcd", "B", "RemoteIP", "REMOTEIPX", "Remote_IP", "RemoteI", "Z", "ZZ", "ZZZ", "\u212a", "STRAßE", "É", "[", "_"} {
		wantV, wantOK := l.get(strings.ToLower(name))
		if v, ok := l.folded(name); v != wantV || ok != wantOK {
			t.Errorf("%q: %d %v, want %d %v", name, v, ok, wantV, wantOK)
		}
	}
	if n := testing.AllocsPerRun(100, func() { l.folded("RemoteIPAddressOfSomethingWithALongName") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
