package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestHits(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	const hit = `{"schema":1,"row":{"Message":"\"source\":{\"record\":99}"},"source":{"file":"a,\"record\":7.csv","member":null,"record":`
	text := `{"schema":1,"source":{"file":"a.csv","member":null,"record":12,"line":14,"group":null}}` + "\n" +
		strings.Replace(hit, `a,\"record\":7`, long, 1) + `345,"line":1,"group":null}}` + "\n" +
		`{"schema":1,"suppressed":true,"source":{"file":"a.csv","record":345,"line":1}}`
	got, err := hits(strings.NewReader(text))
	if want := []int64{12, 345, 345}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if got, err := hits(strings.NewReader("")); err != nil || len(got) != 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
	if _, err := hits(strings.NewReader("no hit\n")); err == nil {
		t.Error("no error for what is no hit")
	}
}

func TestNumbers(t *testing.T) {
	if got, err := numbers(strings.NewReader("3\r\n17\n5")); err != nil || !slices.Equal(got, []int64{3, 17, 5}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := numbers(strings.NewReader("3\nfive\n")); err == nil {
		t.Error("no error for a word")
	}
}

func TestRecordsOf(t *testing.T) {
	const csv = "a,\"b\nc\",d\n" + // the header, lines 1 and 2
		"1,2,3\n" + // record 1, line 3
		"1,\"2\n\n\"\"x\"\"\n3\",4\n" + // record 2, lines 4 to 7
		"5,\"\"\"\",6\r\n" + // record 3, line 8
		"7,8,9" // record 4, line 9
	for _, test := range []struct{ lines, want []int64 }{
		{[]int64{3}, []int64{1}},
		{[]int64{1, 2}, nil},
		{[]int64{6, 4, 9, 8, 7, 5}, []int64{2, 2, 2, 2, 3, 4}},
		{nil, nil},
	} {
		got, err := recordsOf(strings.NewReader(csv), test.lines)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("lines %v: %v, %v; want %v", test.lines, got, err, test.want)
		}
	}
	if _, err := recordsOf(strings.NewReader(csv), []int64{12}); err == nil {
		t.Error("no error for a line that is not there")
	}
	long := "a\n\"" + strings.Repeat("y\n", 1<<20) + strings.Repeat("\"\"", 1<<20) + "\"\nz\n"
	if got, err := recordsOf(strings.NewReader(long), []int64{2, 1<<20 + 2, 1<<20 + 3}); err != nil || !slices.Equal(got, []int64{1, 1, 2}) {
		t.Errorf("long record: %v, %v", got, err)
	}
}

func TestNumberedLines(t *testing.T) {
	csv := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(csv, []byte("a,b\n1,\"2\n3\"\n4,5\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	const said = "2:1,\"2\n4:4,5:6\n"
	if got, err := numberedLines(csv, "csv")(strings.NewReader(said)); err != nil || !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("csv: %v, %v", got, err)
	}
	if got, err := numberedLines(csv, "jsonl")(strings.NewReader(said)); err != nil || !slices.Equal(got, []int64{2, 4}) {
		t.Errorf("jsonl: %v, %v", got, err)
	}
	if _, err := numberedLines(csv, "csv")(strings.NewReader("binary file matches\n")); err == nil {
		t.Error("no error for a line without a number")
	}
}
