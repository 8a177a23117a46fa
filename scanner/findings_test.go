package scanner

import (
	"reflect"
	"testing"
	"testing/quick"
)

// What is written is what is read, whatever fields findings have; and what is
// cut off or changed is noticed or read as something, never more than that.
func TestFindings(t *testing.T) {
	back := func(list []finding) bool {
		raw := appendFindings(nil, list)
		got, err := readFindings(raw)
		if err != nil {
			t.Log(err)
			return false
		}
		for n := range raw {
			if _, err := readFindings(raw[:n]); err == nil {
				t.Logf("%d of %d bytes are taken for the whole", n, len(raw))
				return false
			}
			damaged := append([]byte(nil), raw...)
			damaged[n] ^= 0x55
			readFindings(damaged)
		}
		return reflect.DeepEqual(withoutEmpty(got), withoutEmpty(list))
	}
	if err := quick.Check(back, &quick.Config{MaxCount: 60, MaxCountScale: 0}); err != nil {
		t.Error(err)
	}
}

// withoutEmpty makes empty lists nil, which mean the same.
func withoutEmpty(list []finding) []finding {
	for i := range list {
		f := &list[i]
		if len(f.Cells) == 0 {
			f.Cells = nil
		}
		if len(f.All) == 0 {
			f.All = nil
		}
		if len(f.Elements) == 0 {
			f.Elements = nil
		}
		for n := range f.Elements {
			if len(f.Elements[n].Cands) == 0 {
				f.Elements[n].Cands = nil
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}
