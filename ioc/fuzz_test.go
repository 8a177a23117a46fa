package ioc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestHash4(t *testing.T) {
	for _, v := range []uint32{0, 1, 0xB0418B07, 1<<32 - 1} {
		if got, want := hash4(v), hashKey(binary.BigEndian.AppendUint32(nil, v)); got != want {
			t.Errorf("hash4(%x) = %x, want %x", v, got, want)
		}
	}
}

// TestSetShards builds a set that is large enough for shards, twice, and finds
// everything in it again under the same entries.
func TestSetShards(t *testing.T) {
	var list []Indicator
	for i := range 6000 {
		a := netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)})
		b := netip.AddrFrom16([16]byte{0x20, 1, 14: byte(i >> 8), 15: byte(i)})
		list = append(list, parseAll(t, a.String(), fmt.Sprintf("%s:%d", a, i%1000), b.String(), "h"+a.String()+".example")...)
	}
	s, again := NewSet(list), NewSet(list)
	for i := range list {
		kind, cell := KindIP, list[i].Value
		switch list[i].Type {
		case Domain:
			kind = KindDomain
		case IPPort:
			cell = list[i].Addr().String()
		}
		got := s.Match(kind, []byte(cell), nil)
		if len(got) != 1 || !slices.Equal(got, again.Match(kind, []byte(cell), nil)) {
			t.Fatalf("%s: %v", cell, got)
		}
		if !slices.ContainsFunc(s.Indicators(got[0].Entry), func(in *Indicator) bool { return in.Value == list[i].Value }) {
			t.Fatalf("%s: entry %d lacks it", cell, got[0].Entry)
		}
	}
	for i := range 5000 {
		a := netip.AddrFrom4([4]byte{198, 19, byte(i >> 8), byte(i)}).String()
		if got := s.Match(KindIP, []byte(a), s.Match(KindDomain, []byte("h"+a+".example"), nil)); len(got) != 0 {
			t.Fatalf("%s: %v", a, got)
		}
	}
}

// FuzzAddr holds net/netip against the parser: what it takes we take, with
// the same value, and of what we take without port, prefix, quotes and padding
// it takes all.
func FuzzAddr(f *testing.F) {
	for _, row := range vectors(f, "ip_cells.tsv", 39) {
		f.Add(row[0])
	}
	for _, s := range []string{"fe80::1%eth0", "1:2:3:4:5:6:7:8", "::", "1::", "1:2:3:4:5:6:7::", "::1.2.3.4.5", "1:2:3:4:5:6:1.2.3.4", "::ffff:01.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, port, ok := ParseAddr([]byte(s))
		if strings.ContainsRune(s, '%') {
			return // zones may be anything to netip
		}
		want, err := netip.ParseAddr(s)
		if err == nil && (!ok || port != -1 || got != want.Unmap()) {
			t.Fatalf("%q: %v %d %v, want %v", s, got, port, ok, want)
		}
		if err != nil && ok && strings.Trim(s, "0123456789abcdefABCDEF:.") == "" && port < 0 && !padded([]byte(s)) {
			t.Fatalf("%q: read as %v: %v", s, got, err)
		}
		if ok && (got != got.Unmap() || got.Zone() != "" || port > 65535) {
			t.Fatalf("%q: %v %d is not normal", s, got, port)
		}
	})
}

func FuzzDomain(f *testing.F) {
	for _, row := range vectors(f, "domains.tsv", 28) {
		f.Add([]byte(row[0]))
	}
	f.Fuzz(func(t *testing.T, cell []byte) {
		name, ok := AppendDomain([]byte("kept "), cell)
		if !bytes.HasPrefix(name, []byte("kept ")) {
			t.Fatalf("%q: %q", cell, name)
		}
		if name = name[5:]; !ok {
			if len(name) > 0 {
				t.Fatalf("%q: refused, but appended %q", cell, name)
			}
			return
		}
		if len(name) == 0 || len(name) > maxName {
			t.Fatalf("%q: %q", cell, name)
		}
		if !isASCII(name) || bytes.HasPrefix(name, []byte("'")) || bytes.HasSuffix(name, []byte("'")) {
			return // kept raw; or a quote that only stands free after mapping
		}
		if again, ok := AppendDomain(nil, name); !ok || !bytes.Equal(again, name) {
			t.Fatalf("%q: %q, then %q %v", cell, name, again, ok)
		}
	})
}

func FuzzHost(f *testing.F) {
	for _, row := range vectors(f, "url_hosts.tsv", 13) {
		f.Add([]byte(row[0]))
	}
	f.Add([]byte(`\\host@SSL@80\x`))
	f.Add([]byte("http%3A%2F%2Fa.b%2F"))
	f.Add([]byte("http:[::1%25eth0]:80"))
	f.Add([]byte("0x7f.0x1"))
	f.Add([]byte("www.xn--bcher-kva.example"))
	f.Fuzz(func(t *testing.T, cell []byte) {
		h, ok := AppendHost(nil, cell)
		if IsPlainName(string(cell)) && (!ok || !bytes.Equal(h.Name, cell) || h.Port != -1) {
			t.Fatalf("%q: %+v %v of a plain name", cell, h, ok)
		}
		if !ok {
			return
		}
		if h.Port < -1 || h.Port > 65535 || h.Addr.IsValid() == (len(h.Name) > 0) {
			t.Fatalf("%q: %+v", cell, h)
		}
		// The normal form of a host is a host, and stays what it is.
		text := h.Name
		if h.Addr.IsValid() {
			text = h.Addr.AppendTo(nil)
		} else if !isASCII(text) || bytes.ContainsAny(text, "#'") {
			return
		}
		if again, ok := AppendHost(nil, text); !ok || again.Addr != h.Addr || !bytes.Equal(again.Name, h.Name) {
			t.Fatalf("%q: %q, then %+v %v", cell, text, again, ok)
		}
	})
}

// FuzzSet compares look-ups with a walk over all indicators.
func FuzzSet(f *testing.F) {
	f.Add("10.0.0.0/8 10.1.2.3 10.1.2.3:4 a.test b.a.test _c.test ::1 2001:db8::/32", "10.1.2.3")
	f.Add("0.0.0.0/0 10.0.0.0/9 10.0.0.0/31 10.0.0.1", "10.0.0.1")
	f.Add("a.test b.test x.a.test", "y.x.a.test")
	f.Add("::/0 2001:db8::/32 2001:db8::1", "2001:db8::1")
	f.Fuzz(func(t *testing.T, values, cell string) {
		var list []Indicator
		for _, v := range strings.Fields(values) {
			if i, err := ParseBroad(v); err == nil {
				list = append(list, i)
			}
		}
		s := NewSet(list)
		addr, _, isAddr := ParseAddr([]byte(cell))
		name, isName := AppendDomain(nil, []byte(cell))
		for _, k := range []Kind{KindIP, KindDomain} {
			var want, got []string
			for i := range list {
				in := &list[i]
				switch {
				case k == KindIP && in.Type != Domain && isAddr && in.Prefix.Contains(addr),
					k == KindDomain && in.Type == Domain && isName && (string(name) == in.Value || strings.HasSuffix(string(name), "."+in.Value)):
					want = append(want, in.Type.String()+in.Value)
				}
			}
			for _, c := range s.Match(k, []byte(cell), nil) {
				part := s.Indicators(c.Entry)
				if !slices.IsSortedFunc(part, func(a, b *Indicator) int { return strings.Compare(a.Value, b.Value) }) {
					t.Fatalf("entry %d is not sorted", c.Entry)
				}
				for _, i := range part {
					got = append(got, i.Type.String()+i.Value)
				}
			}
			if k == KindDomain && !isName {
				continue // suffixes right of a label that no name has may match
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("%q, %v %q: got %v, want %v", values, k, cell, got, want)
			}
		}
		// has_any finds what has finds.
		want := 0
		seen := map[string]bool{}
		for _, i := range list {
			if i.Type == Domain && !seen[i.Value] && Has([]byte(cell), i.Value) {
				want++
			}
			if i.Type == Domain {
				seen[i.Value] = true
			}
		}
		if got := len(s.HasAny([]byte(cell), nil)); got != want {
			t.Fatalf("%q has_any %q: %d entries, want %d", cell, values, got, want)
		}
	})
}

// What is taken for an address in normal form is one that a parser reads and
// prints like that, and the other way round.
func FuzzIsNormal4(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "01.2.3.4", "1.2.3.256", "1.2.3", "1.2.3.4.", "1..3.4", "0.0.0.0", "255.255.255.255", "1.2.3.4 ", "::1", "1.2.3.4000000000000000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := netip.ParseAddr(s)
		if want := err == nil && a.Is4(); IsNormal4(s) != want {
			t.Errorf("%q: %v, want %v", s, !want, want)
		}
		want := 0
		for n := range min(len(s), 15) + 1 {
			if IsNormal4(s[:n]) && (n == len(s) || !isDigit(s[n])) {
				want = n
			}
		}
		if n := Normal4(s); n != want {
			t.Errorf("%q begins with an address of %d, want %d", s, n, want)
		}
	})
}

// FuzzMatchJSONStepped has cells with room behind them, whose members are
// stepped over many at a time, give what those without give.
func FuzzMatchJSONStepped(f *testing.F) {
	const event = `{"direction":"In","trans_id":12345,"query":"x.evil.example","qclass":"1","rcode":null,"uid":"C1","AA":true,"answers":["198.51.100.7","a.b"],"TTLs":[1,2],"ts":1.5,"host":"evil.example"}`
	f.Add([]byte(event + "\n" + event + "\n" + strings.ReplaceAll(event, `":`, `" : `) + "\n" + event))
	f.Add([]byte(event + "\n" + event[:100] + "\n" + event[50:] + "\n" + strings.ReplaceAll(event, `"In"`, `"I\"n\\"`)))
	f.Add([]byte(event + "\n" + strings.ReplaceAll(event, `"uid":"C1"`, `"uid":{"query":"evil.example","host":"`+strings.Repeat("y", 99)+`"},"uid":"C1"`) + "\n" + strings.Repeat(event, 3)))
	f.Add([]byte(event + "\n" + strings.ReplaceAll(event, `,"q`, `,\"q`) + "\n" + strings.ReplaceAll(event, `"query"`, `"QUERY"`) + "\n" + strings.ReplaceAll(event, `"uid"`, `"u`+strings.Repeat("i", 80)+`d"`)))
	deep := strings.Repeat(`{"direction":`, 31)
	f.Add([]byte(deep + event + "\n" + deep + `{"direction":"` + strings.Repeat("x", 70) + `","trans_id":nulll}}"trans_id":"evil.example","query":"evil.example"`))
	f.Add([]byte(event + "\n" + event + "\n" + deep + `{"direction":{"direction":"` + strings.Repeat("x", 70) + `","trans_id":nulll}}"trans_id":"evil.example","query":"evil.example"`))
	lists := strings.ReplaceAll(event, `["198.51.100.7","a.b"]`, `"[\"2001:db8::7\",\"a.b\",\"198.51.100.7\"]"`)
	f.Add([]byte(lists + "\n" + lists + "\n" + strings.ReplaceAll(lists, "db8::7", "db8::1") + "\n" + strings.ReplaceAll(lists, `"x.evil`, `"{\"query\":\"evil`)))
	s := NewSet(parseAll(f, "evil.example", "198.51.100.7", "2001:db8::1"))
	members := []Member{{"query", KindDomain}, {"host", KindHost}, {"answers", KindList}}
	f.Fuzz(func(t *testing.T, data []byte) {
		room := append(bytes.Clone(data), `","query":"evil.example"}`...) // what is behind a cell is not of it
		room = append(room, make([]byte, 256)...)
		var w walker // not one of those that were used before: a fuzzer wants the same paths each time
		for range 2 {
			at := 0
			for line := range bytes.SplitSeq(data, []byte("\n")) {
				stepped := w.match(s, members, false, room[at:at+len(line)], nil)
				plain := new(walker).match(s, members, false, slices.Clip(bytes.Clone(line)), nil)
				// A line that fills its last 64 bytes is stepped over as well.
				if len(line)%64 > 0 && !reflect.DeepEqual(stepped, plain) {
					t.Fatalf("%q: %v, want %v", line, stepped, plain)
				}
				at += len(line) + 1
			}
		}
	})
}

// Members that nobody wants are stepped over, but for the first of their kind.
func TestStepped(t *testing.T) {
	cell := []byte(`{"direction":"In","trans_id":12345,"qclass":"1","query":"x.evil.example","rcode":null,"uid":"C1"}`)
	room := append(bytes.Clone(cell), make([]byte, 128)...)
	s := NewSet(parseAll(t, "evil.example"))
	members := []Member{{"query", KindDomain}}
	var w walker
	w.s, w.members = s, members
	for range 2 {
		w.begin(members, room[:len(cell)])
		w.whole(cell, 0, scope{exact: true, top: true})
	}
	if len(w.dst) != 2 || len(w.list) != 7 {
		t.Fatalf("%v, %d keys", w.dst, len(w.list))
	}
	to, last := w.step(1, len(cell), 0)
	if rest := string(cell[to:]); !strings.HasPrefix(rest, `,"query"`) || w.more[last].glue != `"qclass":` {
		t.Errorf("stopped at %q, behind %q", rest, w.more[last].glue)
	}
}
