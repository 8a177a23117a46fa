package ioc

import "testing"

// What back is given stays as it is, wherever it begins and ends.
func TestBack(t *testing.T) {
	room := make([]uint64, 5<<20/8)
	for i := range room {
		room[i] = uint64(i)
	}
	for _, c := range [][2]int{{0, 0}, {0, 1}, {1, 3}, {511, 513}, {7, 1500}, {1, len(room)}, {0, len(room)}, {len(room), len(room)}} {
		got := back(room[c[0]:c[1]])
		if len(got) != c[1]-c[0] {
			t.Fatalf("%d words of %v", len(got), c)
		}
		for i := range got {
			if got[i] != uint64(c[0]+i) {
				t.Fatalf("%v: word %d is %d", c, i, got[i])
			}
		}
	}
	if back([]record(nil)) != nil || len(back(make([]byte, 3))) != 3 {
		t.Error("short and nil slices are not given back")
	}
}
