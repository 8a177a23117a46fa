package formats

import "testing"

// cellsOf calls each with every cell of a run of a line format and its row.
// None is empty, and rows ascend.
func cellsOf(t testing.TB, run *Run, each func(row uint32, cell string)) {
	t.Helper()
	all := make([]uint32, len(run.Cells))
	for i := range all {
		all[i] = uint32(i)
	}
	refs, err := run.Rows(all, nil)
	if err != nil || len(refs) != len(all) {
		t.Errorf("%d rows of %d cells: %v", len(refs), len(all), err)
	}
	for i, ref := range refs {
		if i > 0 && ref.Row <= refs[i-1].Row {
			t.Errorf("row %d behind row %d", ref.Row, refs[i-1].Row)
		}
		cell := string(run.Cell(int(ref.Cell)))
		if cell == "" {
			t.Error("an empty cell")
		}
		each(ref.Row, cell)
	}
}
