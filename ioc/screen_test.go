package ioc

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/formats/simd"
)

type span struct{ Off, Len uint32 }

// held are sets that hold what a cell may hold: for the address or the name in
// it a set of its own, likewise for every parent of the name.
func held(cell []byte) (sets []*Set) {
	add := func(i Indicator) { sets = append(sets, NewSet([]Indicator{i})) }
	ip := func(a netip.Addr) {
		i := Indicator{Type: IP, Value: a.String(), Prefix: netip.PrefixFrom(a, a.BitLen())}
		add(i)
		i.Type, i.Prefix = CIDR, netip.PrefixFrom(a, a.BitLen()/2).Masked()
		add(i)
	}
	name := func(n []byte) {
		for _, s := range []string{string(n), strings.TrimPrefix(string(n), "www.")} {
			for s != "" {
				add(Indicator{Type: Domain, Value: s})
				_, s, _ = strings.Cut(s, ".")
			}
		}
	}
	if u, ok := AppendURL(nil, cell); ok {
		for n := range u {
			if isNormalURL(u[:n+1]) && (n+1 == len(u) || bytes.IndexByte([]byte("/?"), u[n+1]) >= 0 || u[n] == '/') {
				add(Indicator{Type: URL, Value: string(u[:n+1])})
			}
		}
	}
	for _, run := range bytes.FieldsFunc(cell, func(r rune) bool { return r >= utf8.RuneSelf || !isAlnum(byte(r)) }) {
		if i, err := Parse(string(run)); err == nil && i.Type == Hash {
			add(i)
		}
	}
	for _, part := range append(bytes.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(" ,;\"'[]\\", r) }), cell) {
		if a, _, ok := ParseAddr(part); ok {
			ip(a)
		}
		if n, ok := AppendDomain(nil, part); ok {
			name(n)
		}
		if h, ok := AppendHost(nil, part); ok {
			if h.Addr.IsValid() {
				ip(h.Addr)
			} else {
				name(h.Name)
			}
		}
	}
	return sets
}

// FuzzScreen: what Match finds in a cell, Screen does not turn away, wherever
// in the data the cell lies.
func FuzzScreen(f *testing.F) {
	for _, file := range []string{"ip_cells.tsv", "url_hosts.tsv", "domains.tsv", "has_vs_suffix.tsv", "defang.tsv"} {
		for _, v := range vectors(f, file, 1) {
			f.Add([]byte(v[0]), []byte("x,"), []byte(",the cells that follow"))
		}
	}
	for _, s := range []string{
		"10.0.0.5", "255.255.255.255", "256.1.1.1", "1.2.3.4.5", "01.2.3.4", "1.2.3.4,5.6.7.8", "100.200.100.200 ,10.0.0.5;", "1.2.3.4,5.6.7.8.9",
		"2001:db8::7, 10.0.0.5;::1", "[2001:db8::7]:80", "2001:DB8::1", "::ffff:1.2.3.4", "fe80::1%eth0,1.2.3.4", "1.2.3.4:80", "2001:db8::1:80,x.example", "[\\\"2001:db8::7\\\",\\\"a.example\\\"]", "1:2", "abcd:1.2.3.4", "::", "2001:db8::7/128",
		"http://10.0.0.5/x", "HTTP://User@www.Example.COM:80/a@b", "https://www.example.com?x", "https://www.example.com:8443/x", "HTTPS\x1a//a.example",
		"www.example.com:123@evil.test", "example.com.", " example.com", "a.b.c.d.e.f.g.h.example.com", "averyverylongdomainname.example", "averyverylongname.averyverylongdomainname.example",
		"                a.example", "\"\"\"\"\"\"\"\"\"\"\"\"\"\"a.example", "\u00fcmlautverylonglabel.example", "www.\u00fcmlautverylonglabel.example", "http://%C3%BCmlautverylonglabel.example/",
		"xn--bcher-kva.example", "b\u00fccher.example", "example\u3002com", "(7)example(3)com(0)", "0x7f000001", "http://2130706433/", "localhost", "_dmarc.example.com", "a@example.com",
		"http://evil.example/a/b/../c?x=1", "evil.example/a", "http://localhost/x", "http://averyverylonghostname/x", "http://u@EVIL.example:8080/a%2fb/", "curl -s http://evil.example/a/b;", "http%3A%2F%2Fevil.example%2Fx",
		"44d88612fea8a8f36de82e1278abb02f", "44D88612FEA8A8F36DE82E1278ABB02F", "3395856ce81f2b7382dee72602f798b642f14140", "MD5=44d88612fea8a8f36de82e1278abb02f", "MD5-SUM:44d88612fea8a8f36de82e1278abb02f",
		"275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f", "SHA1=3395856ce81f2b7382dee72602f798b642f14140,MD5=44d88612fea8a8f36de82e1278abb02f", "file.exe of 31 bytes, its hash:.44d88612fea8a8f36de82e1278abb02f",
	} {
		f.Add([]byte(s), []byte(strings.Repeat(".", 20)), []byte(strings.Repeat(".9", 20)))
		f.Add([]byte(s), []byte{}, []byte{})
	}
	fixed := NewSet(parseAll(f, "198.51.100.7", "203.0.113.0/24", "evil.example", "averyverylongdomainname.example", "2001:db8::1"))
	types := NewSet(parseAll(f, "http://evil.example/a", "http://198.51.100.7/x", "https://averyverylongdomainname.example/y?z", "44d88612fea8a8f36de82e1278abb02f"))
	f.Fuzz(func(t *testing.T, cell, before, after []byte) {
		if len(cell) > 400 {
			return
		}
		data := slices.Concat(before, cell, after)
		at := []span{{uint32(len(before)), uint32(len(cell))}}
		for _, s := range append(held(cell), fixed, types) {
			for k := range Kind(len(kindNames)) {
				if got := s.Match(k, cell, nil); len(got) > 0 && len(Screen(s, k, data, at, nil)) == 0 {
					t.Errorf("%v cell %q turned away by a set of %s, which matches %+v", k, cell, s.list.At(0).Value, got)
				}
			}
		}
	})
}

// A character that is not ASCII changes the whole label, so also what stands
// in the last bytes of a name.
func TestAnchorIDN(t *testing.T) {
	for n := 1; n <= 40; n++ {
		for i := range n {
			label := strings.Repeat("a", i) + "\u00fc" + strings.Repeat("b", n-1-i)
			name, ok := AppendDomain(nil, []byte(label+".com"))
			if !ok {
				t.Fatal(label)
			}
			s := NewSet([]Indicator{{Type: Domain, Value: string(name)}})
			for _, cell := range []string{label + ".com", "www." + label + ".com", "x.www." + label + ".com."} {
				if len(s.Match(KindDomain, []byte(cell), nil)) != 1 {
					t.Errorf("%s is not found", cell)
				}
				data := []byte("the cells before,the cells before," + cell + ",the cells behind")
				if len(Screen(s, KindDomain, data, []span{{34, uint32(len(cell))}}, nil)) != 1 {
					t.Errorf("%s is turned away", cell)
				}
			}
		}
	}
}

// An address is found by the bytes of its text.
func TestQuadOf(t *testing.T) {
	check := func(addr uint32) {
		text := addr4(addr).String()
		want, n := simd.QuadAt(append([]byte(text), make([]byte, 16)...), 0, len(text))
		if got := quadOf(addr); n != len(text) || got != want {
			t.Fatalf("%s: %x, want %x", text, got, want)
		}
	}
	edges := []uint32{0, 1, 9, 10, 99, 100, 199, 200, 255}
	for _, a := range edges {
		for _, b := range edges {
			for _, c := range edges {
				for _, d := range edges {
					check(a<<24 | b<<16 | c<<8 | d)
				}
			}
		}
	}
	for n := range uint32(1 << 16) {
		check(n * 0x9e3779b1)
	}
}

// The point of Screen: plain cells that hold nothing go no further.
func TestScreenTurnsAway(t *testing.T) {
	s := NewSet(parseAll(t, "198.51.100.7", "198.51.100.8:80", "10.1.0.0/16", "evil.example", "bad.test",
		"http://evil.example/x", "http://bad.example/y", "44d88612fea8a8f36de82e1278abb02f", "3395856ce81f2b7382dee72602f798b642f14140"))
	for k, cells := range map[Kind]string{
		KindIP:        "10.0.0.5 192.168.100.200 8.8.8.8 255.255.255.255",
		KindIPList:    "10.0.0.5 10.0.0.5,172.16.31.254 1.1.1.1;8.8.4.4,9.9.9.9",
		KindDomain:    "www.example.com a.averyverylongdomainname.example r3---sn-4g5e.gvt1.com example.com. localhost",
		KindHost:      "ws-0017.corp.example FGT-BRANCH host.corp.example:8443",
		KindURL:       "https://www.example.com/index.html?a=b@c http://cdn.example.net:8080/x example.com/path HTTPS://Example.COM",
		KindURLOrText: "https://www.example.com/index.html",
		KindList:      `10.0.0.5,www.example.com ["cdn.example.net","8.8.8.8"] [\"www.greenline.example\",\"176.136.154.127\"] [] localhost`,
		KindHash:      "00000000000000000000000000000000 DA39A3EE5E6B4B0D3255BFEF95601890AFD80709 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 unknown",
	} {
		for cell := range strings.FieldsSeq(cells) {
			data := []byte("sixteen bytes at least," + cell + ",and sixteen bytes behind")
			at := []span{{uint32(strings.Index(string(data), cell)), uint32(len(cell))}}
			if len(Screen(s, k, data, at, nil)) > 0 {
				t.Errorf("%v %s is not turned away", k, cell)
			}
		}
	}
}

func BenchmarkScreen(b *testing.B) {
	var list []Indicator
	for i := range 100_000 {
		list = append(list, parseAll(b, fmt.Sprintf("198.%d.%d.%d", i>>16&1+18, i>>8&255, i&255), fmt.Sprintf("d%d.example%d.test", i, i/4))...)
	}
	s := NewSet(list)
	for _, kind := range []Kind{KindIP, KindIPList, KindDomain, KindURL} {
		var data []byte
		var cells []span
		for i := range 20_000 {
			cell := fmt.Sprintf("10.%d.%d.%d", i*7%200, i*31%256, i*17%250)
			switch kind {
			case KindIPList:
				cell += fmt.Sprintf(",172.16.%d.%d", i*13%256, i*3%256)
			case KindDomain:
				cell = fmt.Sprintf("r%d.name%d.example.com", i%10, i*7919%100000)
			case KindURL:
				cell = fmt.Sprintf("https://www.name%d.example/path/%d", i*7919%100000, i)
			}
			cells = append(cells, span{uint32(len(data)), uint32(len(cell))})
			data = append(append(data, cell...), ',')
		}
		data = append(data, make([]byte, 64)...)
		b.Run("kind="+kind.String()+"/way=screen", func(b *testing.B) {
			b.ReportAllocs()
			var dst []uint32
			for b.Loop() {
				dst = Screen(s, kind, data, cells, dst[:0])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(cells)), "ns/cell")
			b.ReportMetric(float64(len(dst)), "left")
		})
		b.Run("kind="+kind.String()+"/way=match", func(b *testing.B) {
			b.ReportAllocs()
			var dst []Candidate
			for b.Loop() {
				for _, c := range cells {
					dst = s.Match(kind, data[c.Off:c.Off+c.Len], dst[:0])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(cells)), "ns/cell")
		})
	}
}
