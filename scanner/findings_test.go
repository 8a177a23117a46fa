package scanner

import (
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"testing/quick"
)

// What is written is what is read, whatever fields findings have; and what is
// cut off or changed is noticed or read as something, never more than that.
func TestFindings(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	back := func(list []finding) bool {
		var raw []byte
		ends := map[int]bool{0: true} // where a finding ends
		for i := range list {
			raw = appendFinding(raw, &list[i])
			ends[len(raw)] = true
		}
		got, err := readFindings(raw)
		if err != nil {
			t.Log(err)
			return false
		}
		for range min(len(raw), 100) {
			n := r.IntN(len(raw))
			if _, err := readFindings(raw[:n]); err == nil && !ends[n] {
				t.Logf("%d of %d bytes are taken for the whole", n, len(raw))
				return false
			}
			damaged := append([]byte(nil), raw...)
			damaged[n] ^= 0x55
			_, _ = readFindings(damaged)
		}
		return reflect.DeepEqual(withoutEmpty(got), withoutEmpty(list))
	}
	if err := quick.Check(back, &quick.Config{MaxCount: 60}); err != nil {
		t.Error(err)
	}
}

// readFindings copies all findings out of their form.
func readFindings(raw []byte) (list []finding, err error) {
	var r findingReader
	r.Reset(raw)
	for {
		some, err := r.next()
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return list, err
		}
		for _, f := range some {
			f.Cells, f.All, f.Elements = slices.Clone(f.Cells), slices.Clone(f.All), slices.Clone(f.Elements)
			for n := range f.Elements {
				f.Elements[n].Cands = slices.Clone(f.Elements[n].Cands)
			}
			list = append(list, f)
		}
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
