package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/iocsweep/iocsweep/bench/gen"
)

// A data set is made again only if other parameters, other files or another
// generator want it.
func TestEnsure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	made := 0
	set := func(change func(*gen.Dataset)) *gen.Dataset {
		d := &gen.Dataset{Dir: dir, Seed: 1, Tables: gen.Tables[:2], Formats: []string{"csv", "parquet"}, Size: 30_000, IOCs: 100, Hits: 0.1, Near: 0.1,
			Log: func(string, ...any) { made++ }}
		if change != nil {
			change(d)
		}
		return d
	}
	edit := func(name, old, new string) {
		t.Helper()
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("%s: no %q in it: %v", name, old, err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name   string
		before func()
		change func(*gen.Dataset)
		want   int // files made
	}{
		{"first", nil, nil, 4},
		{"again", nil, nil, 0},
		{"fewer", nil, func(d *gen.Dataset) { d.Tables, d.Formats = gen.Tables[1:2], []string{"csv"} }, 0},
		{"more formats", nil, func(d *gen.Dataset) { d.Formats = []string{"csv", "parquet", "jsonl"} }, 6},
		{"other size", nil, func(d *gen.Dataset) { d.Size = 40_000 }, 4},
		{"other seed", nil, func(d *gen.Dataset) { d.Seed = 2 }, 4},
		{"back", nil, nil, 4},
		{"file cut short", func() { edit("logs/CommonSecurityLog.csv", "\n", "") }, nil, 4},
		{"file gone", func() { os.Remove(filepath.Join(dir, "logs", "CommonSecurityLog.parquet")) }, nil, 4},
		{"other generator", func() { edit(paramsFile, "CommonSecurityLog.csv ", "CommonSecurityLog.csv 0") }, nil, 4},
		{"cut short itself", func() { os.WriteFile(filepath.Join(dir, paramsFile), []byte("unfinished\n"), 0o666) }, nil, 4},
		{"again at last", nil, nil, 0},
	} {
		if test.before != nil {
			test.before()
		}
		made = 0
		if err := ensure(set(test.change)); err != nil || made != test.want {
			t.Errorf("%s: made %d files, want %d: %v", test.name, made, test.want, err)
		}
	}

	stranger := t.TempDir()
	if err := os.WriteFile(filepath.Join(stranger, "thesis.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := ensure(set(func(d *gen.Dataset) { d.Dir = stranger })); err == nil || !strings.Contains(err.Error(), "give another -dir") {
		t.Errorf("a folder with something else: %v", err)
	}
}

func TestFeeds(t *testing.T) {
	d := &gen.Dataset{Dir: t.TempDir(), Seed: 1, Tables: gen.Tables[2:], Formats: []string{"csv"}, Rows: 300, IOCs: 100, Hits: 0.2}
	if err := d.Write(); err != nil {
		t.Fatal(err)
	}
	read := func(path string) []string {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(text))
	}
	j := &job{data: d, file: "logs/DnsEvents.csv", table: "DnsEvents"}
	b := &bench{o: options{threads: 1}, tools: tools{iocsweep: "iocsweep", rg: "rg"}}
	b.twoJob(j)
	for _, f := range j.feeds {
		if err := f.ensure(); err != nil {
			t.Fatal(err)
		}
	}
	two, search := read(j.feeds[0].path), read(j.feeds[1].path)
	if len(two) != 2 || len(search) != 2 || two[1] != search[1] || !strings.HasPrefix(strings.TrimPrefix(two[0], "["), search[0]) {
		t.Fatalf("feeds %q and %q", two, search)
	}
	all := read(filepath.Join(d.Dir, "feed.txt"))
	for _, ind := range all {
		if has := j.contenders[0].question.Has(ind); has != (ind == two[0] || ind == two[1]) {
			t.Errorf("%s: %v", ind, has)
		}
	}
	if strings.Count(strings.Join(all, " "), two[0]) != 1 {
		t.Errorf("%s is not of the feed", two[0])
	}

	// What is there stays.
	before, err := os.Stat(j.feeds[0].path)
	if err != nil {
		t.Fatal(err)
	}
	old := before.ModTime().Add(-time.Hour)
	if err := os.Chtimes(j.feeds[0].path, old, old); err != nil {
		t.Fatal(err)
	}
	if err := j.feeds[0].ensure(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(j.feeds[0].path); err != nil || !after.ModTime().Equal(old) {
		t.Errorf("written again: %v", err)
	}
}
