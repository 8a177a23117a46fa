package ioc

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"
)

var updateSuffixes = flag.Bool("update-suffixes", false, "write suffixes.bin")

// suffixRules returns the rules of package publicsuffix, which its tests have
// as text.
func suffixRules(t *testing.T) []string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "golang.org/x/net/publicsuffix").Output()
	if err != nil {
		t.Skip("no go command:", err)
	}
	b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "table_test.go"))
	if err != nil {
		t.Skip(err)
	}
	text, _, _ := strings.Cut(string(b), "\n}\n")
	var rules []string
	for _, m := range regexp.MustCompile(`(?m)^\t"(.+)",$`).FindAllStringSubmatch(text, -1) {
		rules = append(rules, m[1])
	}
	if len(rules) < 5000 {
		t.Fatalf("%d rules", len(rules))
	}
	return rules
}

// The filter is that of the rules, and lets all of them pass.
func TestSuffixFilter(t *testing.T) {
	rules := suffixRules(t)
	filter := make([]byte, 1<<suffixBits/8)
	set := func(h uint64) {
		for _, bit := range []uint64{h >> (64 - suffixBits), h << suffixBits >> (64 - suffixBits)} {
			filter[bit>>3] |= 1 << (bit & 7)
		}
	}
	for _, r := range rules {
		if base, ok := strings.CutPrefix(r, "*."); ok {
			set(^suffixHash([]byte(base)))
		} else if !strings.HasPrefix(r, "!") {
			set(suffixHash([]byte(r)))
		}
	}
	file := publicsuffix.List.String() + "\n" + string(filter)
	if *updateSuffixes {
		if err := os.WriteFile("suffixes.bin", []byte(file), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if suffixFile != file {
		t.Fatal("suffixes.bin is not of this version of golang.org/x/net: run go generate ./ioc")
	}
	for _, r := range rules {
		name := strings.NewReplacer("*", "any", "!", "").Replace(r)
		if suffix, _ := publicsuffix.PublicSuffix(name); suffix == name && strings.Contains(name, ".") && !maybeSuffix([]byte(name), strings.IndexByte(name, '.')) {
			t.Fatalf("%s does not pass", name)
		}
	}
	passed := 0
	for _, r := range rules {
		if maybeSuffix([]byte("bot17."+strings.TrimLeft(r, "*.!")), 5) {
			passed++
		}
	}
	if passed > len(rules)/20 {
		t.Errorf("%d of %d other names pass", passed, len(rules))
	}
}
