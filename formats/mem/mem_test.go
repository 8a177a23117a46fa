package mem

import (
	"bytes"
	"testing"
)

// What memory holds stays as it is, wherever it begins and ends.
func TestMake(t *testing.T) {
	room := make([]uint64, 5<<20/8)
	for i := range room {
		room[i] = uint64(i)
	}
	for _, c := range [][2]int{{0, 0}, {0, 1}, {1, 3}, {511, 513}, {7, 1500}, {1, len(room)}, {0, len(room)}, {len(room), len(room)}} {
		got := room[c[0]:c[1]]
		back(got)
		if len(got) != c[1]-c[0] {
			t.Fatalf("%d words of %v", len(got), c)
		}
		for i := range got {
			if got[i] != uint64(c[0]+i) {
				t.Fatalf("%v: word %d is %d", c, i, got[i])
			}
		}
	}
	for _, n := range []int{0, 1, 4095, 4096, 4097, 1 << 20, 5 << 20, 35<<20 + 4097} {
		if s := Make[byte](n); len(s) != n || bytes.Count(s, []byte{0}) != n {
			t.Errorf("no %d zeros", n)
		}
	}
	if s := Make[[3]uint64](1000); len(s) != 1000 || s[999] != [3]uint64{} {
		t.Error("no zeros")
	}
}
