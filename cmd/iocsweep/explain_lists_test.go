package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/allow"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// What explain says of lists is what a scan does to a row that holds the value.
func TestExplainListsAsScan(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	indicators := []string{"example.com", "www.example.com", "198.51.100.7", "198.51.100.7:8080", "198.51.100.7:23", "198.51.100.0/24",
		"http://www.example.com/x", "evil.duckdns.org"}
	entries := []string{"example.com", "www.example.com", "duckdns.org", "198.51.100.7", "198.51.100.7:8080", "198.51.100.0/25", "198.51.0.0/16",
		"http://www.example.com/x", "other.example"}
	values := []string{"http://198.51.100.7:8080/", "http://198.51.100.9:8080/", "http://www.example.com/x/y", "https://www.example.com/", "example.com",
		"evil.duckdns.org", "a.www.example.com"}
	some := func(from []string) []string {
		list := slices.Clone(from)
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list[:1+r.IntN(4)]
	}
	list := func(name string) *allow.List {
		l, err := allow.Read(strings.NewReader(strings.Join(some(entries), "\n")), name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	met := map[string]int{}
	for range 400 {
		var feed []ioc.Indicator
		for _, text := range some(indicators) {
			i, err := ioc.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			feed = append(feed, i)
		}
		value := values[r.IntN(len(values))]
		var kept, gone bytes.Buffer
		s := scanner.Scan{Indicators: ioc.NewSet(feed), Allow: []*allow.List{list("one"), list("two")}, Label: []*allow.List{list("three")},
			Output: &kept, Suppressed: &gone, Threads: 1}
		row := fmt.Sprintf("Type,RequestURL\nCommonSecurityLog,%s\n", value)
		if _, err := s.Run(t.Context(), []formats.Input{formats.Bytes("x.csv", []byte(row))}); err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range bytes.Lines(append(kept.Bytes(), gone.Bytes()...)) {
			h, err := scanner.Decode(line, table.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprint(h.Indicator.Value, h.SuppressedBy, h.Labels))
		}
		e := explainValue(value, s.Indicators)
		e.onLists(&s, s.Indicators)
		var got []string
		for _, h := range e.Hits {
			got = append(got, fmt.Sprint(h.Value, h.SuppressedBy, h.Labels))
			met[fmt.Sprintf("suppressed %v", h.Suppressed)]++
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s: %q, a scan has %q (indicators %v)", value, got, want, feed)
		}
		for _, m := range e.Matches {
			for _, l := range m.Lists {
				if l.Entry == "" || l.Of == "" {
					t.Errorf("%s: %+v", value, l)
				}
			}
		}
	}
	if met["suppressed true"] < 20 || met["suppressed false"] < 20 {
		t.Errorf("hits met: %v", met)
	}
}
