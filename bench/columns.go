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
	want := printed(t, src.Info().Parts[0].Columns)
	errs = make([]error, threads)
	var wait sync.WaitGroup
	for i := range threads {
		wait.Go(func() { errs[i] = drain(src.NewReader(formats.Want{Keys: want})) })
	}
	wait.Wait()
	took := time.Since(start)
	return sample{Wall: took, CPU: spent() - before}, errors.Join(errs...)
}

// printed are the columns of a file that hits show by default.
func printed(t *table.Table, file []string) (list []formats.Column) {
	names := slices.Concat(t.Hunt, t.Triage)
	for _, k := range t.Keys {
		if k.Level <= table.Wide {
			names = append(names, k.Column)
		}
	}
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

// drain reads every cell of every row.
func drain(r formats.Reader) error {
	var all []uint32
	var refs []formats.Ref
	sum := 0
	for {
		_, err := r.Next()
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
	}
}
