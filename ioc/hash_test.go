package ioc

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	eicarMD5    = "44d88612fea8a8f36de82e1278abb02f"
	eicarSHA1   = "3395856ce81f2b7382dee72602f798b642f14140"
	eicarSHA256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
)

func TestMatchHash(t *testing.T) {
	s := NewSet(parseAll(t, eicarMD5, eicarSHA1, eicarSHA256, "evil.example"))
	for _, c := range []struct{ name, cell, want string }{
		{"MD5", eicarMD5, eicarMD5 + "@" + eicarMD5},
		{"capitals", strings.ToUpper(eicarSHA1), eicarSHA1 + "@" + strings.ToUpper(eicarSHA1)},
		{"SHA-256", eicarSHA256, eicarSHA256 + "@" + eicarSHA256},
		{"several", "SHA256=" + eicarSHA256 + ",MD5=" + eicarMD5, eicarSHA256 + "@" + eicarSHA256 + "; " + eicarMD5 + "@" + eicarMD5},
		{"named", "sha1:" + eicarSHA1, eicarSHA1 + "@" + eicarSHA1},
		{"JSON", `["` + eicarMD5 + `"]`, eicarMD5 + "@" + eicarMD5},
		{"as long as another", "MD5-SUM=" + eicarMD5, eicarMD5 + "@" + eicarMD5},
		{"underscore", "md5_" + eicarMD5, eicarMD5 + "@" + eicarMD5},
		{"part of a longer one", eicarMD5 + "00", ""},
		{"end of a word", "x" + eicarMD5, ""},
		{"another", strings.Repeat("0", 32), ""},
		{"same beginning", eicarMD5[:16] + strings.Repeat("0", 16), ""},
		{"empty", "", ""},
		{"name", "evil.example", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(s, KindHash, c.cell); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for _, k := range []Kind{KindURL, KindDomain, KindIP, KindList} {
				if got := found(s, k, c.cell); got != "" && c.name != "name" {
					t.Errorf("%v: got %s", k, got)
				}
			}
			for _, k := range []Kind{KindText, KindKV, KindURLOrText} {
				if got := found(s, k, c.cell); got != c.want && c.name != "name" {
					t.Errorf("%v: got  %s\nwant %s", k, got, c.want)
				}
			}
		})
	}
}

var hashRun = regexp.MustCompile(`[0-9A-Za-z]+`)

// slowHashes finds hashes with a map and a regular expression.
func slowHashes(held map[string]bool, cell string) (out []string) {
	for _, run := range hashRun.FindAllString(cell, -1) {
		if held[strings.ToLower(run)] {
			out = append(out, strings.ToLower(run)+"@"+run)
		}
	}
	slices.Sort(out)
	return out
}

// FuzzHash compares look-ups, behind Screen, with a map.
func FuzzHash(f *testing.F) {
	for _, s := range []string{eicarMD5, "MD5=" + eicarMD5 + ";SHA1=" + strings.ToUpper(eicarSHA1), eicarSHA256 + eicarMD5, "MD5-SUM=" + eicarMD5, "\xff" + eicarMD5 + "`"} {
		f.Add(eicarMD5+" "+eicarSHA1, s)
		f.Add(eicarSHA256, s)
	}
	f.Fuzz(func(t *testing.T, values, cell string) {
		held := map[string]bool{}
		var list []Indicator
		for _, v := range strings.Fields(values) {
			if i, err := Parse(v); err == nil && i.Type == Hash {
				held[i.Value] = true
				list = append(list, i)
			}
		}
		checkHashes(t, NewSet(list), held, cell)
	})
}

func checkHashes(t *testing.T, s *Set, held map[string]bool, cell string) {
	t.Helper()
	want := strings.Join(slowHashes(held, cell), "; ")
	if got := found(s, KindHash, cell); got != want {
		t.Fatalf("%q: got %s, want %s", cell, got, want)
	}
	if maybe := Screen(s, KindHash, []byte(cell), []span{{0, uint32(len(cell))}}, nil); want != "" && len(maybe) == 0 {
		t.Fatalf("%q is turned away", cell)
	}
	in := ""
	if held[cell] {
		in = cell
	}
	if got := s.In(KindHash, []byte(cell), nil); len(got) == 1 != (in != "") || in != "" && (s.Indicators(got[0].Entry)[0].Value != in || int(got[0].Len) != len(cell)) {
		t.Fatalf("%q: in gives %v, want %q", cell, got, in)
	}
	if strings.ContainsAny(cell, `{["\\`) {
		return // JSON, or what looks like it
	}
	want = strings.Join(slices.Compact(slowHashes(held, cell)), "; ")
	for _, wrap := range []string{"%s", `"%s"`, `{"a":[1,{"b":"%s"}]}`, `{"a":"{\"b\":\"%s\"}"}`, `[fw-1] %s`} {
		if got := hashesIn(s, fmt.Sprintf(wrap, cell)); got != want {
			t.Fatalf("%q in %s: got %s, want %s", cell, wrap, got, want)
		}
	}
}

// hashesIn is what a walk of a cell of which nothing is known finds of hashes,
// each spelling once.
func hashesIn(s *Set, cell string) string {
	var out []string
	for _, c := range s.MatchJSON(nil, true, []byte(cell), nil) {
		if i := s.Indicators(c.Entry)[0]; i.Type == Hash {
			out = append(out, i.Value+"@"+c.Value)
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), "; ")
}

// Text, and JSON of which all is text, is searched for hashes and all else.
func TestHashesInText(t *testing.T) {
	s := NewSet(parseAll(t, eicarMD5, eicarSHA1, eicarSHA256, "evil.example", "198.51.100.7"))
	for _, c := range []struct{ name, cell, want string }{
		{"hash", eicarSHA256, "=" + eicarSHA256},
		{"digits alone", `{"n":` + strings.Repeat("1", 32) + `}`, ""},
		{"text", "quarantined x.exe (sha1:" + strings.ToUpper(eicarSHA1) + "), from 198.51.100.7", "=198.51.100.7 =" + strings.ToUpper(eicarSHA1)},
		{"name of a file", `C:\Temp\` + eicarMD5 + `.bin`, "=" + eicarMD5},
		{"page", "http://evil.example/d/" + eicarSHA256 + "?a=1", "=http://evil.example/d/" + eicarSHA256 + "?a=1 =" + eicarSHA256},
		{"members", `{"File":{"Hashes":["x","` + eicarMD5 + `"]},"host":"evil.example"}`, "File.Hashes=" + eicarMD5 + " host=evil.example"},
		{"JSON in JSON", `{"a":"{\"b\":\"MD5=` + eicarMD5 + `\"}"}`, "a.b=" + eicarMD5},
		{"SHA-1 inside a SHA-256", eicarSHA1 + strings.Repeat("0", 24), ""},
		{"MD5 inside a word", "z" + eicarMD5 + " " + eicarMD5 + "z", ""},
		{"behind a long word", strings.Repeat("0", 100) + "g-" + eicarMD5, "=" + eicarMD5},
		{"behind a long word that ends in digits", "g" + strings.Repeat("0", 100) + "-" + eicarMD5, "=" + eicarMD5},
		{"side by side", eicarMD5 + "," + eicarSHA1 + ";" + eicarMD5, "=" + eicarMD5 + " =" + eicarSHA1},
		{"over and over", strings.Repeat(eicarMD5+" ", 5000), "=" + eicarMD5},
		{"broken off", `{"a":"` + eicarMD5, "a=" + eicarMD5},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, m := range s.MatchJSON(nil, true, []byte(c.cell), nil) {
				got = append(got, m.Key+"="+m.Value)
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
			for _, m := range s.MatchJSON([]Member{{"h", KindDomain}}, false, []byte(c.cell), nil) {
				t.Errorf("without rest: %s", m.Value)
			}
		})
	}
	if poolForgets {
		return
	}
	cell := []byte(`{"a":"` + strings.Repeat("0", 64) + `","b":"nothing here but ` + strings.Repeat("ab", 16) + `"}`)
	var dst []JSONCandidate
	if n := testing.AllocsPerRun(50, func() { dst = s.MatchJSON(nil, true, cell, dst[:0]) }); n != 0 || len(dst) != 0 {
		t.Errorf("%v allocations, %v found", n, dst)
	}
}

// A large set, in which hashes share their first digits.
func TestHashesAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	digits := func() string {
		n := [...]int{32, 40, 64}[r.IntN(3)]
		return fmt.Sprintf("%016x%0*x", r.IntN(2000), n-16, r.Uint64())
	}
	held := map[string]bool{}
	var l List
	for range 9000 { // enough for several builders
		i, err := Parse(digits())
		if err != nil {
			t.Fatal(err)
		}
		if fresh := l.Add(&i); fresh == held[i.Value] {
			t.Fatalf("%s: fresh %v", i.Value, fresh)
		}
		held[i.Value] = true
	}
	if l.Count(Hash) != len(held) {
		t.Fatalf("%d hashes, want %d", l.Count(Hash), len(held))
	}
	s := l.Set()
	n := 0
	for v := range held {
		if n++; n%2 == 0 {
			v = strings.ToUpper(v)
		}
		checkHashes(t, s, held, v)
		checkHashes(t, s, held, digits())
		checkHashes(t, s, held, "SHA256="+digits()+",MD5="+v)
	}
}

// Columns of hashes are read for every row.
func TestScreenHashAllocates(t *testing.T) {
	if poolForgets {
		t.Skip("the race detector allocates")
	}
	s := NewSet(parseAll(t, eicarMD5, eicarSHA1, eicarSHA256))
	data := []byte(strings.Repeat("0", 32) + strings.Repeat("1", 64) + "MD5=" + strings.Repeat("2", 32))
	cells := []span{{0, 32}, {32, 64}, {96, 36}}
	var dst []uint32
	var got []Candidate
	if n := testing.AllocsPerRun(100, func() {
		dst = Screen(s, KindHash, data, cells, dst[:0])
		got = s.Match(KindHash, data[96:], got[:0])
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if !slices.Equal(dst, []uint32{2}) || len(got) != 0 {
		t.Errorf("left %v, matched %v", dst, got)
	}
}

func BenchmarkScreenHash(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string {
		return fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())[:n]
	}
	var list []Indicator
	for range 100_000 {
		list = append(list, Indicator{Type: Hash, Value: digits(64)})
	}
	s := NewSet(list)
	for _, n := range []int{32, 40, 64} {
		var data []byte
		var cells []span
		for range 20_000 {
			cells = append(cells, span{uint32(len(data)), uint32(n)})
			data = append(append(data, digits(n)...), ',')
		}
		b.Run(fmt.Sprint("digits=", n), func(b *testing.B) {
			b.ReportAllocs()
			var dst []uint32
			for b.Loop() {
				dst = Screen(s, KindHash, data, cells, dst[:0])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(cells)), "ns/cell")
			b.ReportMetric(float64(len(dst)), "left")
		})
	}
}
