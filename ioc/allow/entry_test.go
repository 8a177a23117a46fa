package allow

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/ioc"
)

// lined writes lists and opens them with the lines of their entries.
func lined(t testing.TB, name, text string) *List {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	lists, _, err := OpenLined([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	return lists[0]
}

func TestEntryOf(t *testing.T) {
	plain := "# ours\nCorp.Example ; head office\n\n198.51.100.0/24\t12\n203[.]0[.]113[.]7\n192.0.2.1:443\nhttp://evil.example/a\ncorp.example\n"
	misp := func(kind Type, entries ...string) string {
		var quoted []string
		for _, e := range entries {
			quoted = append(quoted, fmt.Sprintf("%q", e))
		}
		return fmt.Sprintf("{\"name\":\"L\",\"type\":%q,\n\"list\":[\n%s\n]}", kind, strings.Join(quoted, ",\n"))
	}
	for _, c := range []struct {
		list, indicator, text string
		line                  int // 0: not on the list
		answer                Answer
	}{
		{plain, "www.corp.example", "corp.example", 2, Above},
		{plain, "corp.example", "corp.example", 2, Yes},
		{plain, "other.example", "", 0, No},
		{plain, "198.51.100.9", "198.51.100.0/24", 4, Yes},
		{plain, "198.51.100.9:80", "198.51.100.0/24", 4, Yes},
		{plain, "198.51.100.128/25", "198.51.100.0/24", 4, Yes},
		{plain, "203.0.113.7:1", "203.0.113.7", 5, Yes},
		{plain, "192.0.2.1:443", "192.0.2.1:443", 6, Yes},
		{plain, "192.0.2.1:80", "", 0, No},
		{plain, "http://evil.example/a", "http://evil.example/a", 7, Yes},
		{plain, "http://x.corp.example/a", "corp.example", 2, Above},
		{plain, "http://203.0.113.7:8080/a", "203.0.113.7", 5, Above},
		{misp(String, "a.example", "b.example"), "b.example", "b.example", 4, Yes},
		{misp(Substring, "Long.Word", "ong"), "x.long.word.example", "ong", 4, Yes},
		{misp(Substring, "long.word", "g.wo"), "x.long.word.example", "g.wo", 4, Yes},
		{misp(Substring, "none", "long.word"), "x.long.word.example", "long.word", 4, Yes},
		{misp(Regex, `/^no\./`, `/^X\./i`), "x.example", `/^X\./i`, 4, Yes},
		{misp(CIDR, "10.0.0.0/8", "10.1.0.0/16"), "10.1.2.3", "10.1.0.0/16", 4, Yes},
	} {
		i, err := ioc.Parse(c.indicator)
		if err != nil {
			t.Fatal(err)
		}
		l := lined(t, "own", c.list)
		if e, answer := l.EntryOf(&i); e != (Entry{c.text, c.line}) || answer != c.answer {
			t.Errorf("%s: %+v, %d: want %s, %d, %d", c.indicator, e, answer, c.text, c.line, c.answer)
		}
	}
}

// The entry that is told answers alone as the list does.
func TestEntryOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	labels := []string{"a", "b", "ab", "c-d", "com"}
	name := func() string {
		parts := make([]string, 2+r.IntN(3))
		for i := range parts {
			parts[i] = labels[r.IntN(len(labels))]
		}
		return strings.Join(parts, ".")
	}
	addr := func() netip.Addr {
		return netip.AddrFrom4([4]byte{192, byte(r.IntN(2)), byte(r.IntN(3)), byte(r.IntN(4))})
	}
	part := func() string { n := name() + "." + name(); at := r.IntN(len(n) - 2); return n[at : at+3] }
	asked := 0
	for range 120 {
		for _, kind := range []Type{String, Hostname, Substring, CIDR, Regex} {
			var entries []string
			for range 1 + r.IntN(6) {
				entries = append(entries, map[Type]func() string{String: name, Hostname: name, Substring: part,
					CIDR: func() string {
						return netip.PrefixFrom(addr(), 32-r.IntN(12)).Masked().String()
					},
					Regex: func() string { return regexp.QuoteMeta(part()) + "$" }}[kind]())
			}
			l, err := Read(strings.NewReader(warninglistJSON(kind, entries)), "l")
			if err != nil {
				continue
			}
			value, indicator, a := name(), name(), addr()
			for _, got := range []told{
				ask(l.EntryOfName([]byte(value), indicator))(l.HasName([]byte(value), indicator), func(l *List) Answer { return l.HasName([]byte(value), indicator) }),
				ask(l.EntryOfAddr(a))(l.HasAddr(a), func(l *List) Answer { return l.HasAddr(a) }),
			} {
				if got.told != got.answer {
					t.Fatalf("%s %q: %s, %v: told %d, want %d", kind, entries, value, a, got.told, got.answer)
				}
				if got.told == No {
					continue
				}
				asked++
				if one := list(t, kind, got.entry.Text); got.again(one) != got.answer {
					t.Fatalf("%s %q: %s, %v: not by %q", kind, entries, value, a, got.entry.Text)
				}
			}
		}
	}
	if asked < 50 {
		t.Errorf("only %d values were on a list", asked)
	}
}

// told is an entry with the answer beside it, and the answer of the list.
type told struct {
	entry        Entry
	told, answer Answer
	again        func(*List) Answer // asks another list the same
}

func ask(e Entry, a Answer) func(Answer, func(*List) Answer) told {
	return func(want Answer, again func(*List) Answer) told { return told{e, a, want, again} }
}
