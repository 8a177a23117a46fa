package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// readColumns decodes, for every row, all columns that a hit of the table
// shows. It is the limit for a scan of Parquet with hits everywhere, which has
// to print most of them.
func readColumns(file, name string, threads int) (sample, error) {
	return readTable(file, name, threads, func(t *table.Table, columns []string) formats.Want {
		return formats.Want{Keys: printed(t, columns)}
	}, 0)
}

// readLate decodes what a scan that has a hit in one of some rows decodes at
// most: for every row the columns that are matched, for the rows with a hit those
// that it shows, the matched ones again among them. Beside readColumns it says
// whether late columns cost more than they save.
func readLate(file, name string, threads, every int) (sample, error) {
	return readTable(file, name, threads, func(t *table.Table, columns []string) formats.Want {
		return formats.Want{Keys: columnsOf(columns, matched(t)), Late: [][]formats.Column{printed(t, columns)}}
	}, every)
}

// readTable decodes what want makes of a table and the columns of a file, and of
// one in every rows the late columns, unless that is 0.
func readTable(file, name string, threads int, want func(*table.Table, []string) formats.Want, every int) (sample, error) {
	t := table.ByName(table.Builtin(), name)
	if t == nil {
		return sample{}, fmt.Errorf("%s is no table", name)
	}
	inputs, errs := formats.Walk([]string{file}, nil)
	if len(errs) > 0 {
		return sample{}, errors.Join(errs...)
	}
	before := spent()
	start := time.Now()
	src, err := formats.Open(inputs[0], formats.Options{})
	if err != nil {
		return sample{}, err
	}
	defer src.Close()
	w := want(t, src.Info().Parts[0].Columns)
	errs = make([]error, threads)
	var wait sync.WaitGroup
	for i := range threads {
		wait.Go(func() { errs[i] = drain(src.NewReader(w), every) })
	}
	wait.Wait()
	took := time.Since(start)
	return sample{Wall: took, CPU: spent() - before}, errors.Join(errs...)
}

// matched are the columns of a table that are matched by default.
func matched(t *table.Table) (names []string) {
	for _, k := range t.KeysAt(table.Wide) {
		names = append(names, k.Column)
	}
	return names
}

// printed are the columns of a file that hits show by default.
func printed(t *table.Table, file []string) []formats.Column {
	return columnsOf(file, slices.Concat(t.Hunt, t.Triage, matched(t)))
}

// columnsOf are those columns of a file that are among names, in their order.
func columnsOf(file, names []string) (list []formats.Column) {
	seen := map[int]bool{}
	for _, n := range names {
		if i := slices.Index(file, n); i >= 0 && !seen[i] {
			seen[i] = true
			list = append(list, formats.Column{Name: n, N: i})
		}
	}
	return list
}

// shownOf are the columns that hits of a generated table show by default.
func shownOf(name string) (names []string) {
	var file []string
	for _, c := range gen.TableByName(name).Columns {
		file = append(file, c.Name)
	}
	for _, c := range printed(table.ByName(table.Builtin(), name), file) {
		names = append(names, c.Name)
	}
	return names
}

// drain reads every cell of the keys, and of one in every rows the late cells.
func drain(r formats.Reader, every int) error {
	var all, rows []uint32
	var refs []formats.Ref
	sum := 0
	for {
		b, err := r.Next()
		if err == io.EOF {
			sink.Add(int64(sum))
			return nil
		}
		if err != nil {
			return err
		}
		for run, err := range r.Runs() {
			if err != nil {
				return err
			}
			for i := len(all); i < len(run.Cells); i++ {
				all = append(all, uint32(i))
			}
			if refs, err = run.Rows(all[:len(run.Cells)], refs[:0]); err != nil {
				return err
			}
			for _, ref := range refs {
				sum += int(run.Cells[ref.Cell].Len)
			}
		}
		if every == 0 {
			continue
		}
		rows = rows[:0]
		for row := 0; row < b.Rows; row += every {
			rows = append(rows, uint32(row))
		}
		for some := range slices.Chunk(rows, fetched) {
			grid, err := r.Fetch(0, some)
			if err != nil {
				return err
			}
			for i := range some {
				for c := range grid.Cols {
					sum += len(grid.Cell(i, c))
				}
			}
		}
	}
}

// fetched is how many rows' late cells are asked for at once, as a scan does (its
// batch).
const fetched = 512
