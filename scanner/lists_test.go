package scanner

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/allow"
	"github.com/iocsweep/iocsweep/scanner/table"
)

func allowList(t testing.TB, name, text string) *allow.List {
	t.Helper()
	l, err := allow.Read(strings.NewReader(text), name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What a list decides about a hit is decided on the elements that matched: all
// of them. An entry above the indicator is counted apart.
func TestAllow(t *testing.T) {
	for _, c := range []struct {
		name, indicators, list string
		url, message           string // cells of the row
		kept                   int    // hits
		suppressed, above      int64
	}{
		{"a name below", "example.com", "example.com", "http://a.example.com/", "", 0, 1, 0},
		{"an entry below the indicator", "example.com", "cdn.example.com", "x.cdn.example.com", "", 0, 1, 0},
		{"another name below the indicator", "example.com", "cdn.example.com", "example.com", "", 1, 0, 0},
		{"an entry above the indicator", "evil.example.com", "example.com", "evil.example.com", "", 0, 1, 1},
		{"the rest of a URL decides nothing", "evil.net", "harmless.example", "http://evil.net/?u=harmless.example", "", 1, 0, 0},
		{"nor does its user", "evil.net", "harmless.example", "http://harmless.example@evil.net/", "", 1, 0, 0},
		{"two elements, one on the list", "example.com", "cdn.example.com", "cdn.example.com", "seen at www.example.com today", 1, 0, 0},
		{"two elements, both on the list", "example.com", "example.com", "cdn.example.com", "seen at www.example.com today", 0, 1, 0},
		{"an address in a network", "198.51.100.7", "198.51.100.0/24", "http://198.51.100.7:8080/x", "", 0, 1, 0},
		{"an address with a port by its address", "198.51.100.7:8080", "198.51.100.7", "http://198.51.100.7:8080/x", "", 0, 1, 0},
		{"an indicator with its port", "198.51.100.7:8080", "198.51.100.7:8080", "http://198.51.100.7:8080/x", "", 0, 1, 0},
		{"one port of two", "198.51.100.7:8080,198.51.100.7:666", "198.51.100.7:8080", "http://198.51.100.7:8080/x", "", 1, 0, 0},
		{"a network indicator, an address on the list", "198.51.100.0/24", "198.51.100.7", "http://198.51.100.7/", "", 0, 1, 0},
		{"a network indicator, another address", "198.51.100.0/24", "198.51.100.7", "http://198.51.100.8/", "", 1, 0, 0},
		{"a URL", "http://evil.net/x", "http://evil.net/x", "http://evil.net/x/y", "", 0, 1, 0},
		{"another URL of the host", "http://evil.net/x", "http://evil.net/y", "http://evil.net/x/y", "", 1, 0, 0},
		{"a URL by its host", "http://evil.net/x", "evil.net", "http://evil.net/x", "", 0, 1, 1},
		{"a URL by a list for domains", "http://evil.net/x", `{"type":"hostname","matching_attributes":["domain"],"list":["evil.net"]}`, "http://evil.net/x", "", 1, 0, 0},
		{"mapped", "198.51.100.7", "198.51.100.0/24", "http://[::ffff:198.51.100.7]/", "", 0, 1, 0},
		{"a string is the value alone", "example.com", `{"type":"string","list":["www.example.com"]}`, "x.www.example.com", "", 1, 0, 0},
		{"a string that is the indicator", "example.com", `{"type":"string","list":["example.com"]}`, "x.www.example.com", "", 0, 1, 0},
		{"a string that is the narrower of two indicators", "example.com,www.example.com", `{"type":"string","list":["www.example.com"]}`, "x.www.example.com", "", 1, 0, 0},
		{"a list for other values", "example.com", `{"type":"string","matching_attributes":["ip-src"],"list":["example.com","10.9.9.9"]}`, "example.com", "", 1, 0, 0},
	} {
		var list []ioc.Indicator
		for _, text := range strings.Split(c.indicators, ",") {
			i, err := ioc.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, i)
		}
		row := fmt.Sprintf("Type,RequestURL,Message\nCommonSecurityLog,%s,%s\n", c.url, c.message)
		var hits, gone bytes.Buffer
		s := &Scan{Indicators: ioc.NewSet(list), Columns: ColumnsDeep, Allow: []*allow.List{allowList(t, "own", c.list)}, Output: &hits, Suppressed: &gone}
		sum, err := s.Run(t.Context(), []formats.Input{formats.Bytes("x.csv", []byte(row))})
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(hits.Bytes(), []byte("\n")); n != c.kept || sum.Suppressed != c.suppressed || sum.Lists[0].Above != c.above {
			t.Errorf("%s: %d kept, %d suppressed, %d above", c.name, n, sum.Suppressed, sum.Lists[0].Above)
		}
		if ends := bytes.Count(gone.Bytes(), []byte(`"suppressed_by":["allow:own"]}`+"\n")); ends != int(c.suppressed) {
			t.Errorf("%s: written out: %s", c.name, &gone)
		}
		if x := sum.Rules[0]; x.Name != "allow:own" || x.Suppressed != c.suppressed || x.Reason == "" {
			t.Errorf("%s: ledger %+v", c.name, x)
		}
	}
}

// What is asked about is what matched, however the cell is written: names may
// hold signs at which the host of a URL would end.
func TestAllowOtherHost(t *testing.T) {
	i, _ := ioc.Parse("evil.net")
	list := allowList(t, "own", "harmless.example\nnotevil.net\nharmless.evil.net\n192.0.2.0/24\n")
	row := "Type,Name\nDnsEvents,harmless.example#.evil.net\nDnsEvents,notevil.net#.evil.net\nDnsEvents,x.harmless.evil.net\n"
	s := &Scan{Indicators: ioc.NewSet([]ioc.Indicator{i}), Allow: []*allow.List{list}, Output: io.Discard}
	sum, err := s.Run(t.Context(), []formats.Input{formats.Bytes("x.csv", []byte(row))})
	if err != nil || sum.Hits != 2 || sum.Suppressed != 1 {
		t.Errorf("%d kept, %d suppressed, %v", sum.Hits, sum.Suppressed, err)
	}
	a, _ := ioc.Parse("198.51.100.7")
	m := Match{Class: ClassIP, addr: netip.MustParseAddr("192.0.2.1")}
	if answer := elementOn(list, &Hit{Indicator: &a}, &m, nil); answer != allow.No {
		t.Errorf("an address that is not the indicator's: %d", answer)
	}
}

// Several lists may share in a row, and each is named.
func TestAllowTogether(t *testing.T) {
	one, two := allowList(t, "one", "a.example.com\n"), allowList(t, "two", "b.example.com\n")
	i, _ := ioc.Parse("example.com")
	row := "Type,RequestURL,Message\nCommonSecurityLog,a.example.com,from b.example.com\n"
	for _, c := range []struct {
		lists []*allow.List
		by    []string
	}{{[]*allow.List{one}, nil}, {[]*allow.List{two}, nil}, {[]*allow.List{two, one}, []string{"allow:two", "allow:one"}}} {
		var gone bytes.Buffer
		s := &Scan{Indicators: ioc.NewSet([]ioc.Indicator{i}), Columns: ColumnsDeep, Allow: c.lists, Output: io.Discard, Suppressed: &gone}
		_, err := s.Run(t.Context(), []formats.Input{formats.Bytes("x.csv", []byte(row))})
		if err != nil {
			t.Fatal(err)
		}
		var by []string
		if gone.Len() > 0 {
			h, err := Decode(gone.Bytes(), table.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			by = h.SuppressedBy
		}
		if !slices.Equal(by, c.by) {
			t.Errorf("%d lists: by %q, want %q", len(c.lists), by, c.by)
		}
	}
}

// Labels remove nothing, come in the order of the lists and survive all ways of
// writing and reading a hit; without label lists there is no such key.
func TestLabels(t *testing.T) {
	dynamic, cloud := allowList(t, "dynamic", "duckdns.org\n"), allowList(t, "cloud|x", "198.51.100.0/24\n")
	a, _ := ioc.Parse("evil.duckdns.org")
	b, _ := ioc.Parse("198.51.100.7")
	row := "Type,RequestURL\nCommonSecurityLog,evil.duckdns.org\nCommonSecurityLog,198.51.100.7\n"
	run := func(labels []*allow.List, encode Encoder, each bool) (string, [][]string, *Summary) {
		var out bytes.Buffer
		var got [][]string
		s := &Scan{Indicators: ioc.NewSet([]ioc.Indicator{a, b}), Label: labels, Order: AsFound, Encode: encode}
		if each {
			s.Each = func(h *Hit) error { got = append(got, h.Labels); return nil }
		} else {
			s.Output = &out
		}
		sum, err := s.Run(t.Context(), []formats.Input{formats.Bytes("x.csv", []byte(row))})
		if err != nil {
			t.Fatal(err)
		}
		return out.String(), got, sum
	}
	both := []*allow.List{dynamic, cloud}
	text, _, sum := run(both, JSONL, false)
	lines := strings.Split(text, "\n")
	if !strings.HasSuffix(lines[0], `},"labels":["dynamic"]}`) || !strings.HasSuffix(lines[1], `},"labels":["cloud|x"]}`) {
		t.Errorf("JSONL %s", text)
	}
	if sum.Hits != 2 || sum.Suppressed != 0 || sum.Lists[0].Hits != 1 || sum.Lists[1].Hits != 1 || !sum.Lists[0].Label || len(sum.Rules) != 0 {
		t.Errorf("summary %+v", sum.Lists)
	}
	if text, _, _ := run(both[:1], JSONL, false); !strings.HasSuffix(strings.Split(text, "\n")[1], `},"labels":[]}`) {
		t.Errorf("no label: %s", text)
	}
	if text, _, _ := run(nil, JSONL, false); strings.Contains(text, "labels") {
		t.Errorf("without lists: %s", text)
	}
	if _, got, _ := run(both, nil, true); !reflect.DeepEqual(got, [][]string{{"dynamic"}, {"cloud|x"}}) {
		t.Errorf("each %q", got)
	}
	text, _, _ = run(both, CSV, false)
	if !strings.HasSuffix(text, `,cloud\|x`+"\r\n") || !strings.HasSuffix(string(CSVLabelsHeader()), "source.group,labels\r\n") {
		t.Errorf("CSV %s", text)
	}
	plain, _, _ := run(nil, CSV, false)
	if strings.Split(text, "\r\n")[0] != strings.Split(plain, "\r\n")[0]+",dynamic" {
		t.Errorf("CSV with labels differs in more than the last column:\n%s%s", text, plain)
	}
}

// A hit that no list has costs no memory.
func TestListsAllocate(t *testing.T) {
	w := &worker{run: &run{Scan: &Scan{Allow: []*allow.List{allowList(t, "own", "example.org\n192.0.2.0/24\n")}}}}
	i, _ := ioc.Parse("example.com")
	h := &Hit{Indicator: &i, Matches: []Match{{Value: "http://www.example.com/x", Class: ClassSubdomain}, {Value: "example.com", Class: ClassDomain}}}
	if n := testing.AllocsPerRun(100, func() { w.lists(h) }); n > 0 || len(h.SuppressedBy) > 0 {
		t.Errorf("%v allocations, %q", n, h.SuppressedBy)
	}
}
