package ioc

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func parseAll(t testing.TB, values ...string) []Indicator {
	t.Helper()
	var list []Indicator
	for _, v := range values {
		i, err := Parse(v)
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		list = append(list, i)
	}
	return list
}

// found lists what a cell matches: value@member:port, sorted.
func found(s *Set, k Kind, cell string) string {
	var out []string
	for _, c := range s.Match(k, []byte(cell), nil) {
		for _, i := range s.Indicators(c.Entry) {
			text := i.Value + "@" + cell[c.Off:c.Off+c.Len]
			if c.Port >= 0 {
				text += fmt.Sprint(" port ", c.Port)
			}
			if c.Sub {
				text += " sub"
			}
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func TestMatch(t *testing.T) {
	s := NewSet(parseAll(t, "176.65.139.7:3778", "176.65.139.7", "176.65.0.0/16", "2001:db8::1", "10.0.0.0/8",
		"miraibotnet.su", "tvt.miraibotnet.su", "_x.example.com", "xn--bcher-kva.example"))
	for _, c := range []struct {
		name string
		kind Kind
		cell string
		want string
	}{
		{"all that hold an address", KindIP, "176.65.139.7", "176.65.0.0/16@176.65.139.7; 176.65.139.7:3778@176.65.139.7; 176.65.139.7@176.65.139.7"},
		{"port in the cell", KindIP, "10.1.2.3:80", "10.0.0.0/8@10.1.2.3:80 port 80"},
		{"mapped", KindIP, "::ffff:10.1.2.3", "10.0.0.0/8@::ffff:10.1.2.3"},
		{"IPv6 in another spelling", KindIP, "2001:DB8:0::1", "2001:db8::1@2001:DB8:0::1"},
		{"a name in an address cell", KindIP, "tvt.miraibotnet.su", ""},
		{"an address in a domain cell", KindDomain, "10.1.2.3", ""},
		{"name and parent", KindDomain, "A.tvt.MiraiBotnet.su.", "miraibotnet.su@A.tvt.MiraiBotnet.su. sub; tvt.miraibotnet.su@A.tvt.MiraiBotnet.su. sub"},
		{"an address in a host cell", KindHost, "10.1.2.3:443", "10.0.0.0/8@10.1.2.3:443 port 443"},
		{"url", KindURL, "http://u@tvt.miraibotnet.su:81/x", "miraibotnet.su@http://u@tvt.miraibotnet.su:81/x port 81 sub; tvt.miraibotnet.su@http://u@tvt.miraibotnet.su:81/x port 81"},
		{"bracketed host", KindURL, "[2001:db8::1]:443", "2001:db8::1@[2001:db8::1]:443 port 443"},
		{"list", KindIPList, "1.1.1.1, 10.1.2.3;2001:db8::1", "10.0.0.0/8@10.1.2.3; 2001:db8::1@2001:db8::1"},
		{"JSON array", KindIPList, `["1.1.1.1","10.1.2.3"]`, "10.0.0.0/8@10.1.2.3"},
		{"names count in a list of names only", KindIPList, "x.miraibotnet.su", ""},
		{"list of names", KindList, `["x.miraibotnet.su","10.1.2.3"]`, "10.0.0.0/8@10.1.2.3; miraibotnet.su@x.miraibotnet.su sub"},
		{"mail", KindEmail, "a@b.org; Bot <bot@miraibotnet.su>", "miraibotnet.su@bot@miraibotnet.su"},
		{"a user name is no host", KindEmail, "miraibotnet.su", ""},
		{"text", KindText, "GET http://x.miraibotnet.su/a from 10.1.2.3:99, then 10.1.2.4.", "10.0.0.0/8@10.1.2.3 port 99; 10.0.0.0/8@10.1.2.4; miraibotnet.su@x.miraibotnet.su sub"},
		{"text: longer dotted sequences", KindText, "10.1.2.3.4 v10.1.2.3 10.1.2.3a 110.1.2.3.", ""},
		{"text: prefix length", KindText, "10.1.2.3/24", "10.0.0.0/8@10.1.2.3"},
		{"text: word before IPv6", KindText, "src:2001:db8::1, dst:::1", "2001:db8::1@2001:db8::1"},
		{"text: mapped once", KindText, "to ::ffff:10.1.2.3 now", "10.0.0.0/8@::ffff:10.1.2.3"},
		{"text: word before a quad", KindText, "add:10.1.2.3", "10.0.0.0/8@10.1.2.3"},
		{"text: sibling", KindText, "see a-miraibotnet.su and miraibotnet.su.evil.com", ""},
		{"kv", KindKV, `src=10.1.2.3;request=http://tvt.miraibotnet.su/a\=b;bytesOut=106`, `10.0.0.0/8@10.1.2.3; miraibotnet.su@http://tvt.miraibotnet.su/a\=b sub; tvt.miraibotnet.su@http://tvt.miraibotnet.su/a\=b`},
		{"underscore", KindDomain, "_x.example.com", "_x.example.com@_x.example.com"},
		{"url or text: url", KindURLOrText, "http://tvt.miraibotnet.su/?10.1.2.3", "miraibotnet.su@http://tvt.miraibotnet.su/?10.1.2.3 sub; tvt.miraibotnet.su@http://tvt.miraibotnet.su/?10.1.2.3"},
		{"url or text: no scheme", KindURLOrText, "to=tvt.miraibotnet.su/x", "miraibotnet.su@tvt.miraibotnet.su sub; tvt.miraibotnet.su@tvt.miraibotnet.su"},
		{"url or text: text", KindURLOrText, "came from 10.1.2.3 today", "10.0.0.0/8@10.1.2.3"},
		{"list: brackets of an address", KindIPList, "[2001:db8::1]:443;[10.1.2.3]", "10.0.0.0/8@[10.1.2.3]; 2001:db8::1@[2001:db8::1]:443 port 443"},
		{"list inside JSON text", KindList, `[\"10.1.2.3\",\"miraibotnet.su\"]`, "10.0.0.0/8@10.1.2.3; miraibotnet.su@miraibotnet.su"},
		{"mail: address literal", KindEmail, "bot@[10.1.2.3]", "10.0.0.0/8@bot@[10.1.2.3]"},
		{"url: encoded as a whole", KindURL, "http%3A%2F%2Fmiraibotnet.su%2Fx", "miraibotnet.su@http%3A%2F%2Fmiraibotnet.su%2Fx"},
		{"url: encoded host", KindURL, "http://miraibotnet%2Esu/", "miraibotnet.su@http://miraibotnet%2Esu/"},
		{"url: octal", KindURL, "http://012.01.2.3/", "10.0.0.0/8@http://012.01.2.3/"},
		{"url: padded is octal in a URL", KindURL, "http://012.001.002.003/", "10.0.0.0/8@http://012.001.002.003/"},
		{"url: WebDAV path", KindURL, `\\miraibotnet.su@SSL@8443\x`, `miraibotnet.su@\\miraibotnet.su@SSL@8443\x port 8443`},
		{"url: other scheme keeps its backslash", KindURL, `tcp://miraibotnet.su\@10.1.2.3`, `10.0.0.0/8@tcp://miraibotnet.su\@10.1.2.3`},
		{"host: bare number", KindHost, "167838211", ""},
		{"host: a label of no name on its left", KindHost, "\u2024.miraibotnet.su", "miraibotnet.su@\u2024.miraibotnet.su sub"},
		{"tunnel", KindDomain, "aGk+x=.miraibotnet.su", "miraibotnet.su@aGk+x=.miraibotnet.su sub"},
		{"bytes that are no text", KindDomain, "\xff\xfe.miraibotnet.su", "miraibotnet.su@\xff\xfe.miraibotnet.su sub"},
		{"Windows-1252", KindDomain, "www.b\xfccher.example", "xn--bcher-kva.example@www.b\xfccher.example sub"},
		{"url: Windows-1252", KindURL, "http://b\xdcCHER.example/a", "xn--bcher-kva.example@http://b\xdcCHER.example/a"},
		{"full-width root dot", KindDomain, "miraibotnet.su\u3002", "miraibotnet.su@miraibotnet.su\u3002"},
		{"text: reverse name", KindText, "PTR 3.2.1.10.in-addr.arpa", ""},
		{"text: IPv4 inside IPv6", KindText, "64:ff9b::10.1.2.3 ::10.1.2.3", ""},
		{"text: bracketed with port", KindText, "to [2001:db8::1]:443.", "2001:db8::1@2001:db8::1 port 443"},
		{"text: ends a sentence", KindText, "It was 2001:db8::1. Then miraibotnet.su.", "2001:db8::1@2001:db8::1; miraibotnet.su@miraibotnet.su"},
		{"text: once for many", KindText, strings.Repeat("10.1.2.3 ", 100), "10.0.0.0/8@10.1.2.3"},
		{"kv: value with signs", KindKV, "msg=a;b=c d;10.1.2.3;x=1", "10.0.0.0/8@10.1.2.3"},
		{"kv: no key", KindKV, "from 10.1.2.3", "10.0.0.0/8@10.1.2.3"},
		{"kv: the query is not the host", KindKV, "request=http://example.com/?u=miraibotnet.su", ""},
		{"empty", KindIP, "", ""},
		{"blank", KindText, "  ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(s, c.kind, c.cell); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestMatchJSON(t *testing.T) {
	s := NewSet(parseAll(t, "10.0.0.0/8", "miraibotnet.su"))
	members := []Member{{"query", KindDomain}, {"answers", KindList}, {"host", KindHost}, {"uri", KindURL}}
	for _, c := range []struct {
		name, cell string
		rest       bool
		want       string
	}{
		{"query", `{"direction":"Out","query":"x.miraibotnet.su"}`, false, "query=x.miraibotnet.su"},
		{"answers twice encoded", `{"answers":"[\"x.miraibotnet.su\",\"10.1.2.3\"]"}`, false, "answers=x.miraibotnet.su answers=10.1.2.3"},
		{"answers as array", `{"answers":["1.1.1.1","10.1.2.3"]}`, false, "answers=10.1.2.3"},
		{"text of text", `"{\"query\":\"miraibotnet.su\"}"`, false, "query=miraibotnet.su"},
		{"escaped value", `{"query":"mirai\u0062otnet.su"}`, false, "query=miraibotnet.su"},
		{"escaped key", `{"qu\u0065ry":"miraibotnet.su"}`, false, "query=miraibotnet.su"},
		{"escaped key again", `{"first":{"qu\u0065ry":"a.example"},"qu\u0065ry":"b.example","other":"x","qu\u0065ry":"miraibotnet.su"}`, false, "query=miraibotnet.su"},
		{"pair of escapes", `{"query":"\ud835\uDC26iraibotnet.su"}`, false, "query=𝐦iraibotnet.su"},
		{"half a pair", `{"host":"\ud835","query":"\uD835 x.miraibotnet.su"}`, true, ""},
		{"half a pair before an escape", `{"uri":"http://miraibotnet.su/\ud835\u002f"}`, false, "uri=http://miraibotnet.su/\ufffd/"},
		{"broken escape", `{"uri":"http://miraibotnet.su/\u00zz"}`, false, `uri=http://miraibotnet.su/\u00zz`},
		{"escape that is cut off", `{"uri":"http://miraibotnet.su/\u00`, false, `uri=http://miraibotnet.su/\u00`},
		{"unknown escape", `{"uri":"http://miraibotnet.su/\x"}`, false, `uri=http://miraibotnet.su/\x`},
		{"escaped slashes", `{"uri":"http:\/\/miraibotnet.su\/a"}`, false, "uri=http://miraibotnet.su/a"},
		{"other keys", `{"other":"10.1.2.3"}`, false, ""},
		{"other keys, deep", `{"a":{"b":["10.1.2.3"]}}`, true, "a.b=10.1.2.3"},
		{"key in a value", `{"x":"{\"query\":\"miraibotnet.su\"}"}`, false, ""},
		{"address in quotes", `"10.1.2.3"`, true, `="10.1.2.3"`},
		{"address behind a blank", ` 10.1.2.3`, true, `= 10.1.2.3`},
		{"text in quotes, escaped", `"mirai\u0062otnet.su"`, true, "=miraibotnet.su"},
		{"text in quotes and more", `"x" miraibotnet.su`, true, "=miraibotnet.su"},
		{"cut off", `{"query":"miraibotnet.su`, false, "query=miraibotnet.su"},
		{"empty", `{}`, true, ""},
		{"damage", `{"a":1,"b":,10.1.2.3`, true, "=10.1.2.3"},
		{"deep", strings.Repeat(`{"a":[`, 100) + `"10.1.2.3"`, true, strings.Repeat("a.", 16) + "a=10.1.2.3"},
		{"JSON text below, deep", `{"x":"{\"query\":\"miraibotnet.su\"}"}`, true, "x.query=miraibotnet.su"},
		{"address in brackets", `{"host":"[::ffff:10.1.2.3]:80"}`, false, "host=[::ffff:10.1.2.3]:80"},
		{"IPv4 address in brackets", `{"host":"[10.1.2.3]:80"}`, false, "host=[10.1.2.3]:80"},
		{"IPv4 address as array", `{"host":"[10.1.2.3]"}`, false, "host=10.1.2.3"},
		{"no object", `10.1.2.3`, true, "=10.1.2.3"},
		{"backslashes doubled", `{"direction":"Out","answers":"[\\"x.miraibotnet.su\\",\\"10.1.2.3\\"]","query":"miraibotnet.su"}`, false,
			"answers=x.miraibotnet.su answers=10.1.2.3 query=miraibotnet.su"},
		{"backslashes doubled, deep", `{"a":"say \\"10.1.2.3\\"","path":"c:\\\\x"}`, true, "a=10.1.2.3"},
		{"a backslash that ends a text", `{"a":"c:\\","query":"miraibotnet.su"}`, false, "query=miraibotnet.su"},
		{"damage behind one", `{"query":"miraibotnet.su","a":"c:\\",b}`, false, "query=miraibotnet.su"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out []string
			for _, j := range s.MatchJSON(members, c.rest, []byte(c.cell), nil) {
				out = append(out, j.Key+"="+j.Value)
			}
			if got := strings.Join(out, " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"176[.]65[.]139[.]7:3778", "ip:port 176.65.139.7:3778"},
		{"176.65.139.7", "ip 176.65.139.7"},
		{"::ffff:176.65.139.7", "ip 176.65.139.7"},
		{"176.65.139.7/32", "ip 176.65.139.7"},
		{"176.65.139.9/24", "cidr 176.65.139.0/24"},
		{"[2001:db8::1]:443", "ip:port [2001:db8::1]:443"},
		{"*.Example.com", "domain example.com"},
		{".example.com.", "domain example.com"},
		{"bücher.example", "domain xn--bcher-kva.example"},
		{"tcp://1.2.3.4:23", "ip:port 1.2.3.4:23"},
		{"example.com/", "domain example.com"},
		{"example.com:8080", "domain example.com"},
		{"176.065.139.007", ErrNotIndicator.Error()},
		{"http://example.com/x", "url http://example.com/x"},
		{"hxxps://EXAMPLE[.]com:443/a/./%7Eb?q=%2f#top", "url https://example.com/a/~b?q=%2F"},
		{"http://1.2.3.4:8080/bin", "url http://1.2.3.4:8080/bin"},
		{"http://[2001:DB8::1]/x", "url http://[2001:db8::1]/x"},
		{"example.com/x", "url example.com/x"},
		{"1.2.3.4/bins/mirai.arm7", "url 1.2.3.4/bins/mirai.arm7"},
		{"example.com:8080/@user", "url example.com:8080/@user"},
		{"tcp://1.2.3.4:23/x", "url 1.2.3.4:23/x"},
		{"http://example.com/?id=7", "url http://example.com/?id=7"},
		{"http://server01/x.exe", "url http://server01/x.exe"},
		{"http://example.com/", ErrURLHost.Error()},
		{"https://example.com", ErrURLHost.Error()},
		{"http://example.com/a/../", ErrURLHost.Error()},
		{"/bins/mirai.arm7", ErrURLPath.Error()},
		{"text/html", ErrNotIndicator.Error()},
		{"node.js/express", ErrNotIndicator.Error()},
		{"and/or", ErrNotIndicator.Error()},
		{"3.5/week", ErrNotIndicator.Error()},
		{"2026-01-01,http://example.com/x", ErrNotIndicator.Error()},
		{"http://example.com/x y", ErrNotIndicator.Error()},
		{"foo:///x", ErrNotIndicator.Error()},
		{"http://exa$mple.com/x", ErrNotIndicator.Error()},
		{"http://example.com/" + strings.Repeat("x", maxURL), ErrNotIndicator.Error()},
		{"http://example.com/" + strings.Repeat("\xff", maxURL/2), ErrNotIndicator.Error()}, // longer once it is encoded
		{"a@example.com", ErrEmail.Error()},
		{"44D88612FEA8A8F36DE82E1278ABB02F", "hash 44d88612fea8a8f36de82e1278abb02f"},
		{strings.Repeat("0a", 20), "hash " + strings.Repeat("0a", 20)},
		{strings.Repeat("0a", 32), "hash " + strings.Repeat("0a", 32)},
		{strings.Repeat("0a", 64), ErrHash.Error()},
		{"sha1:" + strings.Repeat("0A", 20), "hash " + strings.Repeat("0a", 20)},
		{"SHA-256=" + strings.Repeat("0a", 32), "hash " + strings.Repeat("0a", 32)},
		{"sha512:" + strings.Repeat("0a", 64), ErrHash.Error()},
		{"imphash:" + strings.Repeat("0a", 16), ErrNotIndicator.Error()},
		{"image@sha256:" + strings.Repeat("0a", 32), ErrEmail.Error()},
		{"sha1:23", ErrSingleLabel.Error()},
		{"md5.example:80", "domain md5.example"},
		{"\xa0176[.]65.139.7\xa0\xa0", "ip 176.65.139.7"},
		{"example.com/à", "url example.com/%C3%A0"},
		{"co.uk", ErrPublicSuffix.Error()},
		{"localhost", ErrSingleLabel.Error()},
		{"duckdns.org", "domain duckdns.org"},
		{"::ffff:176.65.139.9/120", "cidr 176.65.139.0/24"},
		{"::ffff:0:0/95", ErrNotIndicator.Error()},
		{"1.2.3.4/33", ErrNotIndicator.Error()},
		{"1.2.3.0/24,EU", ErrNotIndicator.Error()},
		{"1.2.3.4/24a,EU", "url 1.2.3.4/24a,EU"},
		{"two words", ErrNotIndicator.Error()},
		{"", ErrNotIndicator.Error()},
	} {
		t.Run(c.text, func(t *testing.T) {
			i, err := Parse(c.text)
			got := i.Type.String() + " " + i.Value
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if i, err := ParseAddrPort("2a02:cf40:1::5:40669"); err != nil || i.Value != "[2a02:cf40:1::5]:40669" {
		t.Errorf("IPv6 with a port behind the last colon: %v %v", i, err)
	}
	for text, want := range map[string]string{"1.2.3.4": "", "[2001:db8::1]:80": "[2001:db8::1]:80", "1.2.3.4:x": "", "1.2.3.4:65536": "", "example.com:80": "", "1.2.3.0/24:80": "", ":80": ""} {
		if i, err := ParseAddrPort(text); i.Value != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrNotIndicator) {
			t.Errorf("%s: %q %v, want %q", text, i.Value, err, want)
		}
	}
	if i, err := ParseBroad("su"); err != nil || i.Value != "su" {
		t.Errorf("forced: %v %v", i, err)
	}
}

func TestWarnings(t *testing.T) {
	for text, want := range map[string]string{
		"D41D8CD98F00B204E9800998ECF8427E": "without content", "da39a3ee5e6b4b0d3255bfef95601890afd80708": "",
		"10.1.2.3": "private", "fe80::1": "link-local", "192.0.0.9": "anycast", "255.255.255.255": "broadcast", "2001:0:1::1": "Teredo", "duckdns.org": "suffix", "4.0.0.0/6": "over-broad", "8.8.8.8": "", "example.com": "",
	} {
		w := strings.Join(parseAll(t, text)[0].Warnings(), "; ")
		if !strings.Contains(w, want) || want == "" && w != "" {
			t.Errorf("%s: %q, want %q", text, w, want)
		}
	}
	for text, want := range map[string]string{"co.uk": "public suffix: everyone", "su": "public suffix: everyone", "localhost": "single label"} {
		i := Indicator{Type: Domain, Value: text}
		if w := i.Warnings(); len(w) != 1 || !strings.HasPrefix(w[0], want) {
			t.Errorf("%s: %q, want %q", text, w, want)
		}
	}
}

// names and addresses that lie close to each other.
func randomValue(r *rand.Rand) string {
	label := func() string { return []string{"a", "b", "mirai", "x-y", "_d"}[r.IntN(5)] }
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("198.51.%d.%d", r.IntN(4), r.IntN(8))
	case 1:
		return fmt.Sprintf("198.51.%d.%d:%d", r.IntN(4), r.IntN(8), r.IntN(3))
	case 2:
		return fmt.Sprintf("2001:db8::%d", 1+r.IntN(20))
	}
	n := label() + ".test"
	for range r.IntN(3) {
		n = label() + "." + n
	}
	return n
}

func TestSetAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{1, 2, 50, 500} {
		values := map[string]bool{}
		var list []Indicator
		for range size {
			v := randomValue(r)
			if !values[v] {
				values[v] = true
				list = append(list, parseAll(t, v)...)
			}
		}
		s := NewSet(list)
		for range 5000 {
			cell := randomValue(r)
			kind := KindDomain
			var want []string
			if a, err := netip.ParseAddr(cell); err == nil {
				kind = KindIP
				for v := range values {
					if v == cell || strings.HasPrefix(v, a.String()+":") && a.Is4() {
						want = append(want, v)
					}
				}
			} else if strings.Contains(cell, ":") {
				continue
			} else {
				for v := range values {
					if cell == v || strings.HasSuffix(cell, "."+v) {
						want = append(want, v)
					}
				}
			}
			var got []string
			for _, c := range s.Match(kind, []byte(cell), nil) {
				for _, i := range s.Indicators(c.Entry) {
					got = append(got, i.Value)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%d indicators, %s: got %v, want %v", size, cell, got, want)
			}
		}
	}
}

func TestMatchAllocations(t *testing.T) {
	s := NewSet(parseAll(t, "176.65.139.7", "10.0.0.0/8", "10.1.0.0/16", "tvt.miraibotnet.su", "2001:db8::1", "2001:db8::/32"))
	dst := make([]Candidate, 0, 8)
	for _, c := range []struct {
		kind Kind
		cell string
	}{
		{KindIP, "176.65.139.7"}, {KindIP, "192.0.2.1"}, {KindIP, "2001:db8::2"}, {KindDomain, "x.tvt.miraibotnet.su"},
		{KindDomain, "www.example.com"}, {KindURL, "https://www.example.com:443/x?y"}, {KindHost, "pc-17"},
		{KindIPList, "1.1.1.1, 2.2.2.2"}, {KindText, "from 1.1.1.1 to www.example.com"}, {KindEmail, "a@example.com"},
		{KindIP, "10.1.2.3"}, {KindIP, "2001:db8::1"}, {KindURL, "http://x.tvt.miraibotnet.su:80/"}, {KindURL, "http://tvt%2Emiraibotnet.su/"},
		{KindHost, "10.1.2.3:80"}, {KindEmail, "a@tvt.miraibotnet.su"}, {KindKV, "src=10.1.2.3;request=http://tvt.miraibotnet.su/;n=1"},
		{KindList, `[\"10.1.2.3\",\"tvt.miraibotnet.su\"]`}, {KindText, "from 10.1.2.3 to tvt.miraibotnet.su and 2001:db8::1"},
		{KindURLOrText, "http://www.example.com/"},
	} {
		cell := []byte(c.cell)
		if n := testing.AllocsPerRun(50, func() { dst = s.Match(c.kind, cell, dst[:0]) }); n != 0 {
			t.Errorf("%v %s: %v allocations", c.kind, c.cell, n)
		}
	}
	members := []Member{{"query", KindDomain}}
	cell := []byte(`{"direction":"Out","query":"www.example.com","n":[1,2]}`)
	var js []JSONCandidate
	if n := testing.AllocsPerRun(50, func() { js = s.MatchJSON(members, false, cell, js[:0]) }); n != 0 && !poolForgets {
		t.Errorf("JSON: %v allocations", n)
	}
	cell = []byte(`{"x":{"y":"z\\t"},"answers":"[\"1.1.1.1\",\"www.example.com\"]"}`)
	members[0] = Member{"answers", KindList}
	for _, rest := range []bool{false, true} {
		if n := testing.AllocsPerRun(50, func() { js = s.MatchJSON(members, rest, cell, js[:0]) }); n != 0 && !poolForgets {
			t.Errorf("JSON with escapes, rest %v: %v allocations", rest, n)
		}
	}
	name := make([]byte, 0, 256)
	for _, c := range []string{"http://WWW.example.com:80/x", "10.1.2.3:80", "[2001:db8::1]:80"} {
		cell := []byte(c)
		if n := testing.AllocsPerRun(50, func() { AppendHost(name, cell) }); n != 0 {
			t.Errorf("AppendHost %s: %v allocations", c, n)
		}
	}
}

func FuzzRefang(f *testing.F) {
	for _, s := range []string{"176[.]65[.]139[.]7", "hxxp://a[.]b/", "[[.]]", "a dot b", "hxxp[:]//[2001:db8::1]:80/",
		"http://a.example:/:", "http://a.example:80/x:", "http://a.example/x.#y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 300 {
			return
		}
		once := Refang(s)
		if again := Refang(once); again != once {
			t.Fatalf("%q: %q, then %q", s, once, again)
		}
		// A sign before a fragment is the path's: http://a.example/x.#y. At the end of a
		// text it would be the sentence's.
		if i, err := Parse(s); err == nil && strip(i.Value) == i.Value {
			again, err := Parse(i.Value)
			if err != nil || again.Value != i.Value || again.Type != i.Type {
				t.Fatalf("%q: normal form %q reads as %v %v", s, i.Value, again, err)
			}
		}
	})
}

// FuzzMatch looks for panics, and for members that lie outside their cell.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{"a 10.1.2.3:80 x", `{"query":"a.test","answers":"[\"10.1.2.3\"]"}`, "[2001:db8::1]:1", "user@a.test", "(1)a(4)test(0)"} {
		f.Add([]byte(s))
	}
	for _, s := range []string{"http://%s@a.test/b/c?d=e", "http://a.test/%s;x", "http://%s/", "%s.a.test/b", "[%s]:80/b", `{"query":"%s"}`} {
		f.Add(fmt.Appendf(nil, s, strings.Repeat("%61", 500)))
	}
	s := NewSet(parseAll(f, "10.0.0.0/8", "a.test", "2001:db8::/32", "1.2.3.4:5", "http://a.test/b", "https://averylongnameofahost/x?y", "44d88612fea8a8f36de82e1278abb02f"))
	f.Fuzz(func(t *testing.T, cell []byte) {
		keep := bytes.Clone(cell)
		for k := range Kind(len(kindNames)) {
			for _, c := range s.Match(k, cell, nil) {
				if int(c.Off+c.Len) > len(cell) || c.Len == 0 || len(s.Indicators(c.Entry)) == 0 {
					t.Fatalf("%v: candidate %+v", k, c)
				}
			}
		}
		s.HasAny(cell, nil)
		for _, k := range []Kind{KindIP, KindHash} {
			s.In(k, cell, nil)
		}
		for _, j := range s.MatchJSON([]Member{{"query", KindDomain}, {"answers", KindList}}, true, cell, nil) {
			if j.Value == "" {
				t.Fatalf("candidate %+v", j)
			}
		}
		if !bytes.Equal(cell, keep) {
			t.Fatal("the cell was changed")
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var list []Indicator
	for i := range 100_000 {
		if i%5 < 3 {
			list = append(list, parseAll(b, fmt.Sprintf("c%x.bad%d.example", r.Uint32(), i))...)
		} else {
			list = append(list, parseAll(b, netip.AddrFrom4([4]byte{45, byte(i >> 16), byte(i >> 8), byte(i)}).String())...)
		}
	}
	s := NewSet(list)
	for _, c := range []struct {
		kind Kind
		cell func() string
	}{
		{KindIP, func() string { return fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), r.IntN(256)) }},
		{KindDomain, func() string { return fmt.Sprintf("www%d.host%d.example.com", r.IntN(100), r.IntN(1000)) }},
		{KindURL, func() string { return fmt.Sprintf("https://www%d.example.com/a/b/c?d=%d", r.IntN(100), r.IntN(1000)) }},
	} {
		cells := make([][]byte, 4096)
		for i := range cells {
			cells[i] = []byte(c.cell())
		}
		b.Run("kind="+c.kind.String(), func(b *testing.B) {
			b.ReportAllocs()
			var dst []Candidate
			for i := 0; b.Loop(); i++ {
				dst = s.Match(c.kind, cells[i%len(cells)], dst[:0])
			}
		})
	}
}

func BenchmarkNewSet(b *testing.B) {
	var list []Indicator
	for i := range 100_000 {
		list = append(list, parseAll(b, fmt.Sprintf("c%d.bad.example", i))...)
	}
	b.Run("n=100000", func(b *testing.B) {
		for b.Loop() {
			NewSet(list)
		}
	})
}

// What Expect reads is there for every kind of entry.
func TestPrefetch(t *testing.T) {
	var list []Indicator
	for _, v := range []string{"evil.example", "203.0.113.7", "203.0.113.7:23", "2001:db8::7", "[2001:db8::7]:443", "203.0.113.0/24", "http://evil.example/a", strings.Repeat("0f", 32)} {
		i, err := Parse(v)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, i)
	}
	list = append(list, Indicator{Type: Domain, Value: "odd\x00name"})
	s := NewSet(list)
	var numbers []uint32
	for range 20 {
		for n := range list {
			numbers = append(numbers, uint32(n))
		}
	}
	if s.Prefetch(numbers[:len(list)]) == s.Prefetch(numbers) {
		t.Error("what is said is not read")
	}
}
