package ioc

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// sieveSets are sets of the kinds that a sieve is made for.
func sieveSets(t testing.TB) []*Set {
	var sets []*Set
	for _, values := range [][]string{
		{"176.65.139.7", "tvt.miraibotnet.su"},
		{"176.65.139.7:23", "10.0.1.0"},
		{"8.8.0.200", "76.65.139.7"},
		{"[2a0e:97c0:c7:2f70::1]:443", "zuvrapestoske4.top", "2001:db8:5::"},
		{"xn--bcher-kva.example", "ab--icdef.com", "0xabcdefg.test"},
		{"http://176.65.139.7/bins/x", "http://cdn.miraibotnet.su/x?y=1", "9b2d5bd3e2a5b1e6dd6bbb1d4bf2a1a7"},
	} {
		s := NewSet(parseAll(t, values...))
		if s.Sieve() == nil {
			t.Fatalf("%v: no sieve", values)
		}
		sets = append(sets, s)
	}
	return sets
}

// finds reports whether some kind of look-up finds something in a cell, or in the JSON
// that is one.
func finds(s *Set, cell []byte) bool {
	var dst []Candidate
	for k := range kindNames {
		dst = s.In(Kind(k), cell, s.Match(Kind(k), cell, dst))
	}
	members := []Member{{Key: "query", Kind: KindDomain}, {Key: "host", Kind: KindURL}}
	return len(s.HasAny(cell, dst)) > 0 || len(s.MatchJSON(members, true, cell, nil)) > 0
}

// holdsSign reports whether a sieve lets a text through.
func holdsSign(t testing.TB, v *Sieve, text []byte) bool {
	at, ok := v.Find(text, nil)
	for i := range at {
		if int(at[i]) >= len(text) || i > 0 && at[i] <= at[i-1] {
			t.Fatalf("%q: places %v", text, at)
		}
	}
	return !ok || len(at) > 0
}

// checkSieve asks of a sieve what it is for: what is found in a cell shows in its text,
// however that is escaped.
func checkSieve(t testing.TB, s *Set, v *Sieve, cell []byte) {
	if !finds(s, cell) {
		return
	}
	if !holdsSign(t, v, cell) {
		t.Fatalf("%q is found, and not seen", cell)
	}
	r := rand.New(rand.NewPCG(uint64(len(cell)), 3))
	text := cell
	for range 2 { // JSON, and JSON inside JSON
		if text = escaped(r, text); !holdsSign(t, v, text) {
			t.Fatalf("%q is found, and not seen as %q", cell, text)
		}
	}
}

// escaped is a text as JSON strings have it, with some escapes that need not be.
func escaped(r *rand.Rand, text []byte) []byte {
	var out []byte
	for _, c := range string(text) {
		switch {
		case r.IntN(12) == 0 && c < 0x10000:
			out = append(out, `\u`...)
			out = append(out, hex.EncodeToString([]byte{byte(c >> 8), byte(c)})...)
		case c == '"', c == '\\', c == '/' && r.IntN(2) == 0:
			out = append(out, '\\', byte(c))
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\b':
			out = append(out, `\b`...)
		default:
			out = utf8.AppendRune(out, c)
		}
	}
	return out
}

// percented is a cell some bytes of which are escaped as in URLs, those of one
// character or not.
func percented(r *rand.Rand, cell []byte) []byte {
	var out []byte
	for _, b := range cell {
		if r.IntN(8) == 0 {
			out = append(out, '%', "0123456789ABCDEF"[b>>4], "0123456789abcdef"[b&15])
			continue
		}
		out = append(out, b)
	}
	return out
}

// sievePieces are what the cells of FuzzSieve are made of.
var sievePieces = strings.Split("176 65 139 7 23 .|.|.|:|/|//|@|(|)|[|]|%|,|;|=| |\t|\"|\\|\n|\b|0|00|0x|0X|x|u|a|b|f|A"+
	"|176.65.139.7|176.065.139.007|2957085447|0xb0418b07|b0418b07|0260.0101.0213.07|176.65.35591|176.4295431|026020305407|0260.65.139.7|0xb0.65.139.7|0x8b.7|.07"+
	"|::ffff:|::FFFF:B041:8B07|b041:8b07|2a0e:97c0:c7:2f70::1|2A0E:97C0:00C7:2F70:0:0:0:1|0:0:0:0:0:ffff:|2001:db8:5::|2001:db8:0005:0:0:0:0:0|a00:100|0a00:0100|010.000.001.000|10.0.1.0|10.256"+
	"|tvt|miraibotnet|su|cdn|.miraibotnet.su|(3)tvt(11)miraibotnet(2)su(0)|TVT.MiraiBotNet.SU.|zuvrapestoske4.top|xn--bcher-kva|bücher|BÜCHER.example|ab--İcdef.com|ab--\u212A|example|com"+
	"|\u3002|\uFF0E|\uFF54|\u00AD|\u200B|®|\u2122|\u0130|\xff|\xc3|%2E|%6d|%3A|%2F%2F|http%3A%2F%2F|http://|HTTPS://|hxxp://|ftp:|user:pw@|url=|/bins/x|/x?y=1|?|#|-|_"+
	"|12:|1:|76|76.65.139.7|076.065.139.007|0114.|8.8.0.200|0x4c|00:|{\"query\":\"|{\"host\":\"|\"}|9b2d5bd3e2a5b1e6dd6bbb1d4bf2a1a7|9B2D5BD3E2A5B1E6DD6BBB1D4BF2A1A7|in-addr.arpa|%20|%C2|%E2|%EF%BD|%AD|\xAD|\x80\x8b|\xBD\x89|%40|%25|%31|\\u0031|\\u002e|\\b|\\f", "|")

// FuzzSieve holds the sieve against the look-ups: what these find it never hides.
func FuzzSieve(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 40 {
		pieces := make([]byte, 1+r.IntN(8))
		for i := range pieces {
			pieces[i] = byte(r.IntN(len(sievePieces)))
		}
		f.Add(pieces, []byte("x"))
	}
	f.Add([]byte{}, []byte("http://0xb0.65.0213.7/"))
	sets := sieveSets(f)
	var sieves []*Sieve
	for _, s := range sets {
		sieves = append(sieves, s.Sieve())
	}
	f.Fuzz(func(t *testing.T, pieces, cell []byte) {
		for _, p := range pieces {
			cell = append(cell, sievePieces[int(p)%len(sievePieces)]...)
		}
		for i, s := range sets {
			checkSieve(t, s, sieves[i], cell)
		}
	})
}

// TestSievePieces is FuzzSieve on cells by chance alone: there are so many ways to
// put the pieces together that coverage does not lead to those that matter.
func TestSievePieces(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	found, sieveCells := 0, 20000
	if testing.Short() {
		sieveCells = 2000
	}
	for i, s := range sieveSets(t) {
		v := s.Sieve()
		for range sieveCells {
			var cell []byte
			for range 1 + r.IntN(7) {
				cell = append(cell, sievePieces[r.IntN(len(sievePieces))]...)
			}
			if finds(s, cell) {
				found++
				checkSieve(t, s, v, percented(r, cell))
			}
			checkSieve(t, s, v, cell)
		}
		if found < (i+1)*sieveCells/100 {
			t.Errorf("set %d: %d cells hold something", i, found)
		}
	}
}

// TestSieveCases are cells, or texts that stand for one, that have one sign only.
func TestSieveCases(t *testing.T) {
	for i, texts := range [][]string{0: {
		"http://tvt.mirai%62otnet.su/", "(3)tvt(11)MIRAIBOTNET(2)su(0)",
		`\b0xb0418b07/x`, `\f0xb0418b07/x`, `\u00200260.0101.0213.07/x`, `\u000a0xb0418b07/x`,
		"http%3A%2F%2Fuser%400260.0101.0213.07%2F", "http%3a%2f%2f0xb0418b07%2f", "http%3a%2f%2f0260.0101.0213.07%2f",
		"see 1..176.065.139.007 and", "(.176.065.139.007.)", "1:176.065.139.007", "http:0260.0101.0213.07/", "http://0Xb0418b07/", "http://0XB0.0X41.0X8B.0X7/", "http://0xb0.65.0213.7./",
		"http://00000000000000000260.00000000000000000101.00000000000000000000213.0000000000000000000000000000000007/",
		"http://0x0000000000000000000000000000000000000000000000000000000000000000000000000000000000b0418b07/",
		"http://0260.0x41.35591/", "http://0xb0.020305407/", "176.065.139.007:23", "tvt\u3002mirai\u00adbotnet\u3002su",
		"http://tvt.mirai%C2\xADbotnet.su/", "http://tvt.m%EF\xBD\x89raibotnet.su/", "http://tvt.mirai%E2\x80\x8Bbotnet.su/", "http://tvt.m\xEF%BD\x89raibotnet.su/x",
		"®,tvt.mirai\u00adbotnet.su", "tvt.mirai\u200bbotnet.su",
	}, 3: {
		"http%3A%2F%2F[2a0e%3A97c0%3Ac7%3A2f70%3A%3A1]%2F", "http://[2001:0db8:05::]/", "2001:DB8:5:0::",
	}, 4: {"www.0xABCDEFG.test", "B\u00fccher.example"}} {
		s := sieveSets(t)[i]
		for _, text := range texts {
			cell := appendJSONString(nil, []byte(text))
			if !finds(s, cell) {
				t.Errorf("%q is not found", cell)
			}
			if !holdsSign(t, s.Sieve(), []byte(text)) {
				t.Errorf("%q is not seen", text)
			}
			checkSieve(t, s, s.Sieve(), cell)
		}
	}
}

// TestSieveVectors puts every cell of the test vectors through the sieve.
func TestSieveVectors(t *testing.T) {
	cells, found := 0, 0
	for _, s := range sieveSets(t) {
		v := s.Sieve()
		for _, file := range []string{"ip_cells.tsv", "domains.tsv", "url_hosts.tsv", "defang.tsv", "has_vs_suffix.tsv"} {
			for _, row := range vectors(t, file, 13) {
				for _, cell := range row {
					cells++
					if finds(s, []byte(cell)) {
						found++
					}
					checkSieve(t, s, v, []byte(cell))
				}
			}
		}
	}
	if found < 100 {
		t.Errorf("%d of %d cells hold something", found, cells)
	}
}

// TestSieveSpellings writes addresses in every way that is one, at random.
func TestSieveSpellings(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for range 3000 {
		a := netip.AddrFrom4([4]byte{byte(1 + r.IntN(255)), byte(r.IntN(256)), byte(r.IntN(256) * r.IntN(2)), byte(r.IntN(256) * r.IntN(2))})
		if r.IntN(3) == 0 {
			b := a.As16()
			for i := range 8 {
				if b[2*i] = byte(r.IntN(256)); r.IntN(3) == 0 {
					b[2*i] = 0
				}
				if b[2*i+1] = byte(r.IntN(256)); r.IntN(3) == 0 {
					b[2*i], b[2*i+1] = 0, byte(r.IntN(2))
				}
			}
			a = netip.AddrFrom16(b)
		}
		s := NewSet(parseAll(t, a.String()))
		v := s.Sieve()
		if v == nil {
			continue
		}
		for range 20 {
			cell := spelling(r, a)
			if got := s.Match(KindURL, []byte(cell), nil); len(got) == 0 {
				t.Fatalf("%v: not found as %q", a, cell)
			}
			if !holdsSign(t, v, []byte(cell)) {
				t.Fatalf("%v: not seen as %q", a, cell)
			}
		}
	}
}

// spelling is a URL with an address in one of its spellings.
func spelling(r *rand.Rand, a netip.Addr) string {
	number := func(v uint64) string {
		switch zeros := strings.Repeat("0", r.IntN(3)); r.IntN(3) {
		case 0:
			return "0x" + zeros + string(appendBase(nil, v, 16))
		case 1:
			return "0" + zeros + string(appendBase(nil, v, 8))
		}
		return string(appendBase(nil, v, 10))
	}
	group := func(v uint64) string {
		s := string(appendBase(nil, v, 16))
		if s = strings.Repeat("0", r.IntN(5-len(s))) + s; r.IntN(2) == 0 {
			s = strings.ToUpper(s)
		}
		return s
	}
	if a.Is4() && r.IntN(2) == 0 {
		v, parts := uint64(value4(a)), 1+r.IntN(4)
		var s []string
		for i := range parts - 1 {
			s = append(s, number(v>>(24-8*i)&255))
		}
		return "http://" + strings.Join(append(s, number(v&(1<<(40-8*parts)-1))), ".") + "/x"
	}
	b := a.As16()
	if a.Is4() {
		b = netip.AddrFrom16(b).As16() // mapped
	}
	var groups []string
	for i := 0; i < 16; i += 2 {
		if i == 12 && r.IntN(3) == 0 {
			groups = append(groups, netip.AddrFrom4([4]byte(b[12:])).String())
			break
		}
		groups = append(groups, group(uint64(b[i])<<8|uint64(b[i+1])))
	}
	// One run of zeros may be left out.
	for from := range groups {
		to := from
		for to < len(groups) && strings.Trim(groups[to], "0") == "" {
			to++
		}
		if to > from && r.IntN(2) == 0 {
			return "http://[" + strings.Join(groups[:from], ":") + "::" + strings.Join(groups[to:], ":") + "]/x"
		}
	}
	return "http://[" + strings.Join(groups, ":") + "]/x"
}

func appendBase(dst []byte, v uint64, base int) []byte {
	const digits = "0123456789abcdef"
	if v >= uint64(base) {
		dst = appendBase(dst, v/uint64(base), base)
	}
	return append(dst, digits[v%uint64(base)])
}

// TestKeepsLabel asks what names make of each character that is said to keep its
// label from being ASCII.
func TestKeepsLabel(t *testing.T) {
	n := 0
	for r := rune(utf8.RuneSelf); r <= utf8.MaxRune; r++ {
		if !keepsLabel([]byte(string(r))) {
			continue
		}
		n++
		for _, around := range [][2]string{{"", ""}, {"a", "b"}, {"a", ""}, {"", "b"}, {"ab--", "c"}, {"-", "-"}, {"1", "\xff"}} {
			name, q := appendName(nil, []byte(around[0]+string(r)+around[1]+".example"))
			label, rest, ok := bytes.Cut(name, []byte("."))
			if q != badName && (!ok || string(rest) != "example" || isASCII(label) && !bytes.HasPrefix(label, []byte("xn--"))) {
				t.Errorf("%U between %q: %q", r, around, name)
			}
		}
	}
	for _, bad := range []string{"\xc0\x80", "\xc1\xbf", "\xc3", "\xe2\x82", "\xf8\x80\x80\x80\x80"} {
		if !keepsLabel([]byte(bad)) {
			t.Errorf("%q", bad)
		}
	}
	if n < 40000 {
		t.Errorf("%d characters", n)
	}
}

// Ordinary records are turned away, and what is not worth sieving is not sieved.
func TestSieveTurnsAway(t *testing.T) {
	for i, s := range sieveSets(t) {
		for _, text := range []string{
			`TRAFFIC,2025-04-01T02:13:07.0644670Z,"4/1/2025, 2:13:07.082 AM",10.0.0.5,176.65.139.8,https://host.example/a%20b%2Fc,ActionFlags=0x400000000000`,
			`{"RemoteIP":"176.65.138.7","InitiatingProcessVersionInfoProductName":"Microsoft® Windows®","CommandLine":"a \u0026\u003c \\\"b\\\"","Name":"tvt.miraibot.net"}`,
			strings.Repeat("x", 200) + "\n",
		} {
			at, ok := s.Sieve().Find([]byte(text), nil)
			for len(at) > 0 && s.Sieve().idn && text[at[0]] >= utf8.RuneSelf {
				at = at[1:]
			}
			if !ok || len(at) > 0 {
				t.Errorf("set %d: %q is looked at for %v", i, text, at)
			}
		}
	}
	for _, values := range [][]string{{"10.0.0.0/8"}, {"t.co"}, {"fe80::1"}, {"0.0.0.1"}, {"1.0.0.1"}, {"176.65.0.0"}} {
		if NewSet(parseAll(t, values...)).Sieve() != nil {
			t.Errorf("%v: a sieve, though nothing shows it for sure", values)
		}
	}
	var many []string
	for i := range maxSieved + 1 {
		many = append(many, "label"+string(appendBase(nil, uint64(i), 10))+".example")
	}
	if NewSet(parseAll(t, many...)).Sieve() != nil {
		t.Errorf("a sieve for %d names", len(many))
	}
	// A text of nothing but signs is not worth it.
	text := []byte(strings.Repeat("tvt.miraibotnet.su\n", 1000))
	if _, ok := sieveSets(t)[0].Sieve().Find(text, nil); ok {
		t.Error("all records of a text, one by one")
	}
}

// A sieve gives the same places at every level, and allocates nothing.
func TestSieveLevels(t *testing.T) {
	s := sieveSets(t)[0]
	v := s.Sieve()
	text := []byte(strings.Repeat("a,b,10.0.0.1,x.example\n", 997) + "tvt.miraibotnet.su\n" + strings.Repeat("c;d\n", 50) + "x 176.65.139.7")
	for cut := range 150 {
		text := text[cut%3 : len(text)-cut/2]
		var want []uint32
		for _, l := range simd.Levels() {
			before := simd.Use(l)
			got, ok := v.Find(text, nil)
			simd.Use(before)
			if !ok || l > simd.Go && string(appendWords(nil, got)) != string(appendWords(nil, want)) {
				t.Fatalf("%v: %v %v, want %v", l, got, ok, want)
			}
			want = got
		}
		if n := bytes.Count(text, []byte("miraibotnet")) + bytes.Count(text, []byte(".65.139.7")); len(want) != n {
			t.Fatalf("%d places, want %d", len(want), n)
		}
	}
	dst := make([]uint32, 0, 100)
	if n := testing.AllocsPerRun(10, func() { v.Find(text, dst) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func appendWords(dst []byte, words []uint32) []byte {
	for _, w := range words {
		dst = append(dst, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	return dst
}
