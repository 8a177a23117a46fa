package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/iocsweep/iocsweep/bench/corpus"
)

// A job is one file to be searched for the indicators of a feed.
type job struct {
	path   string // of the file
	file   string // as the truth names it
	table  string
	format string // csv, jsonl or parquet
	corpus.Columns
	size  int64
	truth *corpus.Truth // nil where no one asks
}

// newJob makes a job of a file, which is named after its table and format, to
// be searched in the columns of a level.
func newJob(path, level string) (*job, error) {
	if corpus.Levels[level] == nil {
		return nil, fmt.Errorf("%q is no level of columns: have hunt, wide", level)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	j := &job{path: path, file: "logs/" + filepath.Base(path), size: info.Size()}
	j.table, j.format = corpus.Kind(path)
	cols, known := corpus.Levels[level][j.table]
	if j.format != "csv" && j.format != "jsonl" && j.format != "parquet" || !known || compressed(path) {
		return nil, fmt.Errorf("%s: %w", path, errNoJob)
	}
	j.Columns = cols
	return j, nil
}

var errNoJob = errors.New("no table or format that peers read")

func compressed(path string) bool {
	ext := filepath.Ext(path)
	return ext == ".gz" || ext == ".zst"
}

// findJobs lists the files of a data set that peers can read.
func findJobs(dir, level string) ([]*job, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "logs"))
	if err != nil {
		return nil, err
	}
	var jobs []*job
	for _, e := range entries {
		j, err := newJob(filepath.Join(dir, "logs", e.Name()), level)
		if errors.Is(err, errNoJob) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if j.truth, err = corpus.Read(filepath.Join(dir, "truth.tsv"), j.file, corpus.Question{Columns: j.All()}); err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}
