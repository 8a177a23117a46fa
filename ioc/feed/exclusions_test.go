package feed

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestExpressions(t *testing.T) {
	for _, tt := range []struct {
		sentence string
		want     []string
	}{
		{"Exclude traffic to known addresses (e.g., destination_ip = '10.10.10.10') or tools.", []string{"destination_ip = '10.10.10.10'"}},
		{"Exclude a (e.g. user = 'root' OR user = 'admin') or b (for example, x LIKE '%a)%').", []string{"user = 'root' OR user = 'admin'", "x LIKE '%a)%'"}},
		{"Exclude when process.name = “nc” AND process.args NOT LIKE “%backup%”.", []string{`process.name = "nc" AND process.args NOT LIKE "%backup%"`}},
		{"`a.b IN ('x', 'y')` and `c`", []string{"a.b IN ('x', 'y')"}},
		{"Don't look at it (e.g., a BETWEEN 1 AND (2))", []string{"a BETWEEN 1 AND (2)"}},
		{"Exclude known tools (e.g., nmap, tcpdump).", nil},
		{"Exclude known tools (e.g.,", nil},
		{"Exclude known tools (e.g., user = 'a'", nil},
		{"Exclude `user = 'a'", nil},
		{"", nil},
	} {
		if got := expressions(tt.sentence); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.sentence, got, tt.want)
		}
	}
}

func TestExclusions(t *testing.T) {
	page := "# Rule\r\n\r\n**Scenario:** one\r\n**Description:** of\r\n two lines\r\n- **Filter/Exclusion:** Exclude (e.g.,\r\nuser = 'a')\r\n\r\nnot this\r\n" +
		"Scenario 2: two\nFilters: none\nExclusion: user = 'b'\n"
	list, err := Exclusions(of(page))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, strings.Join(append([]string{e.Scenario, e.Description, e.Sentence}, e.Expressions...), "|"))
	}
	want := []string{"one|of two lines|Exclude (e.g., user = 'a')|user = 'a'", "two||none", "two||user = 'b'|user = 'b'"}
	if !slices.Equal(got, want) || list[0].Line != 6 || list[2].Line != 12 {
		t.Errorf("got %q, want %q; lines %d, %d", got, want, list[0].Line, list[2].Line)
	}
}

func TestExclusionsAreBounded(t *testing.T) {
	if list, err := Exclusions(of(strings.Repeat("Filter: x\n", maxExclusions+1))); !errors.Is(err, errManyExclusions) || len(list) != maxExclusions {
		t.Errorf("%d, %v", len(list), err)
	}
	if list, err := Exclusions(of("Filter: x\n" + strings.Repeat("y y y y y\n", 10_000))); err != nil || len(list) != 1 || len(list[0].Sentence) > maxSentence {
		t.Errorf("%d, %v", len(list), err)
	}
	broken := Source{Path: "page", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("Filter: x\nFilter: y\nand half of\n a line"), iotest.ErrReader(io.ErrUnexpectedEOF))), nil
	}}
	if list, err := Exclusions(broken); err == nil || err.Error() != "page:4: unexpected EOF" || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}
