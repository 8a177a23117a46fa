package formats

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A path that Windows is to take as it is has no slashes.
func TestWalkVerbatim(t *testing.T) {
	tree(t, map[string]string{"logs/sub/a.csv": logText})
	whole, err := filepath.Abs("logs")
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{`\\?\` + whole, `\\?\` + whole + `\`} {
		got, errs := Walk([]string{root}, nil)
		if names(got) != `\\?\`+whole+`\sub\a.csv` || errs != nil {
			t.Errorf("%s: got %s, %v", root, names(got), errs)
		}
	}
}

// A junction is a link: what it leads to outside is reported, not passed over.
func TestWalkJunction(t *testing.T) {
	tree(t, map[string]string{"in/sub/a.csv": logText, "out/b.csv": logText})
	for link, to := range map[string]string{`in\again`: `in\sub`, `in\out`: "out"} {
		if text, err := exec.Command("cmd", "/c", "mklink", "/J", link, to).CombinedOutput(); err != nil {
			t.Skipf("no junctions here: %v: %s", err, text)
		}
		if _, err := os.Lstat(link); err != nil {
			t.Skipf("no junctions here: %v", err)
		}
	}
	got, errs := Walk([]string{"in"}, nil)
	if names(got) != "in/sub/a.csv" || len(errs) != 1 || !errors.Is(errs[0], errLinked) {
		t.Errorf("got %s, %v", names(got), errs)
	}
}
