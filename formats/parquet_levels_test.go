package formats

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
)

// TestNullMap walks levels in runs of both kinds, whole and cut off, row by row,
// in leaps and back again, beside the levels as they are.
func TestNullMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		stored, levels := randomLevels(rng)
		before := make([]int, len(levels)+1)
		for i, l := range levels {
			before[i+1] = before[i] + int(l)
		}
		var nulls nullBits
		if err := nulls.fill(nullMap{h: newHybrid(stored, 1)}, len(levels)); err != nil {
			t.Fatal(err)
		}
		for _, leap := range []int{1, 3, 20, 200} {
			codes := newHybrid(stored, 1) // any numbers will do
			taken := 0
			for row := 0; row < len(levels); row += rng.IntN(leap) + 1 {
				for _, row := range []int{row, rng.IntN(len(levels))} {
					if ord, there := nulls.value(row); ord != before[row] || there != (levels[row] == 1) {
						t.Fatalf("row %d of %d: %d, %v, want %d, %v", row, len(levels), ord, there, before[row], levels[row] == 1)
					}
				}
				if code, ok := codes.to(row - taken); !ok || code != levels[row] {
					t.Fatalf("code %d of %d: %d, %v", row, len(levels), code, ok)
				}
				taken = row
			}
			rows := len(levels)
			if rows > 0 {
				rows = rng.IntN(rows) // the memory is used for fewer rows, then for more
			}
			if err := nulls.fill(nullMap{h: newHybrid(stored, 1)}, rows); err != nil {
				t.Fatal(err)
			}
			if err := nulls.fill(nullMap{h: newHybrid(stored, 1)}, len(levels)+8); err != nil || nulls.rows != len(levels) {
				t.Fatalf("%d levels, %v, want %d", nulls.rows, err, len(levels))
			}
			if err := nulls.fill(nullMap{h: newHybrid(stored, 1)}, len(levels)); err != nil {
				t.Fatal(err)
			}
			if n, err := newHybrid(stored, 1).ones(len(levels)); err != nil || n != before[len(levels)] {
				t.Fatalf("%d ones, %v, want %d", n, err, before[len(levels)])
			}
		}
	}
}

// A run of five bytes may stand for any number of rows: memory for them is bounded.
func TestNullBitsBounded(t *testing.T) {
	run := append(binary.AppendUvarint(nil, 1<<31), 1)
	var nulls nullBits
	if err := nulls.fill(nullMap{h: newHybrid(run, 1)}, maxPageValues+1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
	if err := nulls.fill(nullMap{h: newHybrid(run, 1)}, maxPageValues); err != nil {
		t.Error(err)
	}
	if ord, there := nulls.value(maxPageValues - 1); ord != maxPageValues-1 || !there {
		t.Errorf("%d, %v", ord, there)
	}
}

// randomLevels makes runs of levels, as stored and one by one.
func randomLevels(rng *rand.Rand) (stored []byte, levels []uint32) {
	for range 1 + rng.IntN(8) {
		if rng.IntN(2) == 0 {
			n := rng.IntN(300)
			bit := rng.Uint32N(2)
			stored = append(binary.AppendUvarint(stored, uint64(n)<<1), byte(bit))
			for range n {
				levels = append(levels, bit)
			}
			continue
		}
		groups := 1 + rng.IntN(30)
		stored = binary.AppendUvarint(stored, uint64(groups)<<1|1)
		for range groups {
			b := byte(rng.Uint32())
			stored = append(stored, b)
			for i := range 8 {
				levels = append(levels, uint32(b>>i&1))
			}
		}
	}
	return stored, levels
}
