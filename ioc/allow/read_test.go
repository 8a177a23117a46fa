package allow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
)

func TestSkipped(t *testing.T) {
	many := make([]string, maxRegexes+5)
	for i := range many {
		many[i] = fmt.Sprintf("^x%d$", i)
	}
	for _, c := range []struct {
		name, text    string
		entries, more int // taken, repeated
		skipped       map[string]int
	}{
		{"plain", "a.example\nA.EXAMPLE\n\nhttp://b.example/x\nexample\nco.uk\n10.0.0.0/33\n0.0.0.0/0\nbad name\n10.0.0.1\n10.0.0.1/32\n0.0.0.0 ads.example localhost\n/path\nx@y.example\nb.example\n",
			5, 2, map[string]int{ioc.ErrSingleLabel.Error(): 1, ioc.ErrPublicSuffix.Error(): 1,
				ioc.ErrNotIndicator.Error() + ": prefix length out of range": 1, errAllAddrs.Error(): 1,
				ioc.ErrNotIndicator.Error(): 1, "name of the hosts file's own machine": 1, "URL path": 1, ioc.ErrEmail.Error(): 1}},
		{"cidr", warninglistJSON(CIDR, []string{"10.0.0.0/8", " 10.1.1.1 ", "Google", "10.0.0.1-10.0.0.9", "10.0.0.1:80", "", "a.example", "::/0", "10.9.9.9/8"}),
			2, 1, map[string]int{errNoAddress.Error(): 3, errWithPort.Error(): 1, errEmpty.Error(): 1, errAllAddrs.Error(): 1}},
		{"substring", warninglistJSON(Substring, []string{"abc", "ABC", "ab", strings.Repeat("x", 5000), "example.org"}),
			2, 1, map[string]int{errShortPart.Error(): 1, errLong.Error(): 1}},
		{"regex", warninglistJSON(Regex, []string{`/^a\.b$/`, `/^a\.b$/`, `/(?=x)y/`, `/x/e`, `/open`, `.*`, `^`, `/[a-z]+\.[a-z0-9]+/`, `^[\d.]+$`, `(x{100}){9}`, `((x{900}))y{1000}z{1000}`, strings.Repeat("a", 2001), `a{9999}`, `x` + strings.Repeat(`\pL`, 30), `#x\.y#iu`, `{z\.z}`}),
			4, 1, map[string]int{"not an expression of RE2: invalid or unsupported Perl syntax": 1, `flag 'e' of an expression`: 1,
				errNoDelimiter.Error(): 1, errWideRegex.Error(): 4, errLargeRegex.Error(): 2, errLongRegex.Error(): 1,
				"not an expression of RE2: invalid repeat count": 1}},
		{"many regexes", warninglistJSON(Regex, many), maxRegexes, 0, map[string]int{errManyRegexes.Error(): 5}},
		{"no texts", `{"type":"hostname","list":[1,null,{"a":["b"]},["x"],true,"a.example"]}`, 1, 0, map[string]int{errNoText.Error(): 5}},
		{"URLs of hosts", `{"type":"string","list":["https://a.example/","b.example"]}`, 1, 0, map[string]int{ioc.ErrURLHost.Error(): 1}},
		{"API", "{\"Warninglist\":{\"id\":\"7\",\"name\":\"Ours\",\"type\":\"hostname\",\"valid_attributes\":\"domain\",\"WarninglistEntry\":[{\"id\":\"1\",\"value\":\"a.example\"},\n" +
			`{"value":"word","comment":{"x":["b.example"]}},{"value":7},{"id":"2"}],"WarninglistType":[{"id":"3","type":"domain"}]}}`, 1, 0,
			map[string]int{ioc.ErrSingleLabel.Error(): 1, errNoText.Error(): 2}},
		{"comments", `{"type":"hostname","list":{"a.example":"of ours","b.example":null,"c.example":["x"]}}`, 3, 0, map[string]int{}},
		{"packed up", "\ufeffa.example\r\nb.example", 2, 0, map[string]int{}},
	} {
		l, err := Read(strings.NewReader(c.text), "l")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if l.Entries != c.entries || l.Repeats != c.more || !reflect.DeepEqual(l.Skipped, c.skipped) {
			t.Errorf("%s: %d entries, %d repeats, skipped %v, want %d, %d, %v", c.name, l.Entries, l.Repeats, l.Skipped, c.entries, c.more, c.skipped)
		}
	}
	l, err := Read(strings.NewReader("a.example\n# x\nnot a name\n"), "l")
	if err != nil || len(l.Rejects) != 1 || l.Rejects[0].Line != 3 || l.Rejects[0].Text != "not a name" {
		t.Errorf("rejects %v, %v", l, err)
	}
	l, err = Read(strings.NewReader("{\"type\":\"cidr\",\n\"list\":[\n\"10.0.0.1\",\n\"word\"]}"), "l")
	if err != nil || len(l.Rejects) != 1 || l.Rejects[0].Line != 4 {
		t.Errorf("rejects %v, %v", l, err)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		is               error
	}{
		{"no JSON", "{\n \"list\": [\n  \"a.example\",\n  b]}", "l:4: invalid character 'b'", nil},
		{"cut off", "{\"type\":\"cidr\",\n\"list\":[\"10.0.0.1\",\n\"10.0.0.", "l:3: JSON ends early", nil},
		{"type", "{\"list\":[\"a.example\"],\n\"type\":\"glob\"}", `l:2: unknown type "glob"`, nil},
		{"no type", `{"list":["a.example"]}`, "l: warninglist without a type", nil},
		{"no list", `{"type":"object","properties":{"list":{}}}`, "without a list", ErrNoList},
		{"twice", "{\"list\":[],\n\"list\":[]}", "l:2: list stands twice", nil},
		{"more", "{\"list\":[\"a.example\"],\"type\":\"string\"}\n{}", "l:1: more after the end", nil},
		{"API, other attributes", `{"Warninglist":{"type":"string","WarninglistEntry":[{"value":"a.example"}],"WarninglistType":[{"type":"email-src"}]}}`, "it is for email-src, which are not matched", ErrNothingUsable},
		{"API, in itself", `{"Warninglist":{"Warninglist":{}}}`, "l:1: Warninglist stands twice", nil},
		{"API, both", `{"list":[],"Warninglist":{"WarninglistEntry":[]}}`, "l:1: WarninglistEntry stands twice", nil},
		{"API, texts", `{"Warninglist":{"WarninglistEntry":["a.example"]}}`, "l:1: want an object in the list", nil},
		{"API, cut off", `{"Warninglist":{"WarninglistEntry":[{"value":"a.ex`, "l:1: JSON ends early", nil},
		{"API, an index", `{"Warninglists":[{"Warninglist":{"id":"7","type":"string"}}]}`, "JSON of another shape", ErrNoList},
		{"list is a number", `{"list":7}`, "l:1: list is neither", nil},
		{"name is a number", `{"name":7}`, "l:1: name is not a text", nil},
		{"attributes", `{"matching_attributes":{}}`, "l:1: matching_attributes is not a list", nil},
		{"attribute", `{"matching_attributes":[7]}`, "l:1: matching_attributes holds", nil},
		{"array", `["a.example",7]`, "JSON of another shape", ErrNoList},
		{"array of words", `["a word", "b.example", "c d"]`, "1 lines hold an address, network or name, 2 do not, the first is line 1: a word", ErrNoList},
		{"lines", `{"a":"b.example"}` + "\n" + `{"a":"c.example"}`, "JSON of another shape", ErrNoList},
		{"lines of networks", `{"ips":["203.0.113.0/24"]}` + "\n" + `{"ips":["198.51.100.0/24"]}`, "JSON of another shape", ErrNoList},
		{"lines with types", `{"type":"indicator"}` + "\n" + `{"type":"indicator"}`, "without a list", ErrNoList},
		{"other", `{"a":[{"b":"c"}]}`, "JSON of another shape", ErrNoList},
		{"deep", `{"a":` + strings.Repeat("[", 100_000), "l:1:", nil},
		{"other attributes", `{"type":"string","matching_attributes":["target-email","email-src"],"list":["a.example"]}`, "it is for target-email, email-src, which are not matched", ErrNothingUsable},
		{"nothing", `{"type":"cidr","list":["word",""]}`, "no usable entry (1 empty, 1 not an address or network)", ErrNothingUsable},
		{"empty list", `{"type":"cidr","list":[]}`, "no usable entry", ErrNothingUsable},
		{"empty", "", "no usable entry", ErrNothingUsable},
		{"comments", "# nothing\n; here\n", "no usable entry", ErrNothingUsable},
		{"prose", "Dear colleague\nplease allow\nour.example\n", "not an allow list: 1 lines hold an address, network or name, 2 do not, the first is line 1: Dear colleague", ErrNoList},
		{"rows", "EU,203.0.113.0/24\nEU,198.51.100.0/24\n", "not an allow list: 0 lines hold an address, network or name, 2 do not, the first is line 1: EU,203.0.113.0/24 (of a table, give the column of values alone)", ErrNoList},
		{"binary", "a.example\x00\x01", "binary data", ErrNoList},
		{"gzip", "\x1f\x8b\x08", "gzip", nil},
	} {
		l, err := Read(strings.NewReader(c.text), "l")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "l:") || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v, %v, want %s", c.name, l, err, c.want)
		}
		if c.is == nil && (errors.Is(err, ErrNoList) || errors.Is(err, ErrNothingUsable)) {
			t.Errorf("%s: %v would be passed over in a folder", c.name, err)
		}
	}
	broken := io.MultiReader(strings.NewReader("a.example\nb.example\n"), iotest.ErrReader(errors.New("disk on fire")))
	if _, err := Read(broken, "l"); err == nil {
		t.Error("a read error is no error")
	}
}

func TestBounds(t *testing.T) {
	b := builder{List: &List{Skipped: map[string]int{}}, seen: map[string]struct{}{}}
	b.Skipped["x"] = maxEntries - 1
	if err := b.plain(strings.NewReader("a.example\nb.example\n")); err != errMany {
		t.Errorf("plain: %v", err)
	}
	b = builder{List: &List{Type: Substring, parts: &substrings{fail: make([]int32, maxParts-3), ends: make([]bool, maxParts-3), edges: map[uint64]int32{}}}, seen: map[string]struct{}{}}
	if err, err2 := b.enter("abc", 1), b.enter("xyz", 2); err != nil || err2 != errManyParts || len(b.parts.fail) > maxParts {
		t.Errorf("substring: %v, %v", err, err2)
	}
	wide := make([]string, 100)
	for i := range wide {
		wide[i] = fmt.Sprintf("^%dx{990}y{990}$", i)
	}
	if l := list(t, Regex, wide...); l.Skipped[errManyRegexes.Error()] == 0 || l.Entries < 40 {
		t.Errorf("regex: %d entries, %v", l.Entries, l.Skipped)
	}
	words := make([]string, maxRejects+10)
	for i := range words {
		words[i] = fmt.Sprint("word ", i)
	}
	if l := list(t, CIDR, append(words, "10.0.0.1")...); len(l.Rejects) != maxRejects || l.Skipped[errNoAddress.Error()] != len(words) {
		t.Errorf("%d rejects", len(l.Rejects))
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lists/a/list.json":  `{"name":"Ours","type":"cidr","list":["10.0.0.1"]}`,
		"lists/b/list.json":  `{"name":"Ours","type":"cidr","list":["10.0.0.2"]}`,
		"lists/mail.json":    `{"name":"Mail","type":"regex","matching_attributes":["email-src"],"list":["/x@/"]}`,
		"lists/schema.json":  `{"type":"object"}`,
		"lists/README.md":    "These are lists.\nRead them.\n",
		"lists/.git/x":       "a.example\n",
		"own.txt":            "a.example\n",
		"empty/.keep":        "",
		"broken/list.json":   `{"type":"cidr","list":["10.0.0.1"`,
		"nothing/list.jsonl": `{"type":"cidr","list":["word"]}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	lists, left, err := Open([]string{"lists", "own.txt", "own.txt"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range lists {
		names = append(names, l.Name)
	}
	second := filepath.Join("lists", "b", "list.json")
	if want := []string{"Ours", "Ours (" + second + ")", "own.txt", "own.txt (own.txt)"}; !reflect.DeepEqual(names, want) {
		t.Errorf("lists %q, want %q", names, want)
	}
	if len(left) != 3 {
		t.Errorf("left out: %v", left)
	}
	for _, path := range []string{"lists/mail.json", "lists/schema.json", "lists/README.md", "empty", "broken", "nothing", "none"} {
		if lists, _, err := Open([]string{path}); err == nil || !strings.Contains(err.Error(), filepath.FromSlash(path)) {
			t.Errorf("%s: %v, %v", path, lists, err)
		}
	}
}

// FuzzRead reads any bytes. Counts add up, names and texts are bounded, and how
// the bytes arrive makes no difference.
func FuzzRead(f *testing.F) {
	for _, kind := range []Type{String, Hostname, Substring, CIDR, Regex} {
		f.Add([]byte(warninglistJSON(kind, []string{".a.example", "10.0.0.0/8", "AAA", "/^(a|b)\\.c$/i", "2001:DB8::/32", "é.example", "\u202e"})))
	}
	f.Add([]byte("# ours\n*.a.example ; x\n10.0.0.0/8\t7\n203[.]0[.]113[.]7:23\n0.0.0.0 b.example\nword\n"))
	f.Add([]byte(`{"list":{"a.example":"x"},"matching_attributes":["domain"],"type":"string","name":"\u001b[31m"}`))
	f.Add([]byte("[2001:db8::1]\n[2001:db8::1]:443\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Read(bytes.NewReader(data), "p")
		again, err2 := Read(iotest.HalfReader(bytes.NewReader(data)), "p")
		if fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatalf("%v, in halves %v", err, err2)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "p:") || len(err.Error()) > 1000 {
				t.Fatalf("error %q", err)
			}
			return
		}
		if l.Entries != again.Entries || l.Repeats != again.Repeats || !reflect.DeepEqual(l.Skipped, again.Skipped) {
			t.Fatalf("%+v, in halves %+v", l, again)
		}
		if len(l.Name) > 200 || strings.ContainsFunc(l.Name, unicode.IsControl) {
			t.Fatalf("name %q", l.Name)
		}
		kept := len(l.exact) + len(l.hosts) + l.nets.Size() + len(l.regexs)
		if l.Type != Substring && kept != l.Entries || l.Entries < 1 {
			t.Fatalf("%d entries, %d kept", l.Entries, kept)
		}
		skipped := 0
		for reason, n := range l.Skipped {
			skipped += n
			if len(reason) > 200 {
				t.Fatalf("reason %q", reason)
			}
		}
		if len(l.Rejects) != min(skipped, maxRejects) {
			t.Fatalf("%d rejects of %d", len(l.Rejects), skipped)
		}
		for _, x := range l.Rejects {
			if x.Line < 1 || len(x.Text) > 200 || !utf8.ValidString(x.Text) {
				t.Fatalf("%+v", x)
			}
		}
		for name := range l.hosts {
			if l.names && l.HasName([]byte("x."+name), name) != Yes {
				t.Fatalf("%s: its own entry is not on it", name)
			}
		}
		for p := range l.nets.All() {
			if l.addrs && l.HasAddr(p.Addr()) != Yes {
				t.Fatalf("%v: its own entry is not on it", p)
			}
		}
	})
}
