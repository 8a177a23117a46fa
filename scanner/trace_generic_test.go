package scanner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
)

// A record of an unknown table is explained in the same words whatever its
// format: all of its columns, and which of them hold an indicator.
func TestTraceGeneric(t *testing.T) {
	want := map[int64]string{
		1: "client_ip=[ip:port 198.51.100.7:4444] client_ip:ip:port",
		3: "note=[domain c2.example] note.a.b:subdomain",
		4: "",
		5: "client_ip=[ip 2001:db8::7] user=[domain c2.example] note=[domain c2.example] client_ip:ip user:domain note:subdomain",
	}
	all := rowsAs(t, nil, genericRows)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for record, want := range want {
			s := &Scan{Indicators: indicators(t, strings.Fields(genericIOCs)...), Table: "generic"}
			tr, err := s.Trace(context.Background(), formats.Bytes("x", all[name]), record)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			columns := 0
			for _, c := range tr.Columns {
				if columns++; len(c.Listed) > 0 {
					got = append(got, fmt.Sprint(c.Key.Column, "=", c.Listed))
				}
			}
			for _, x := range tr.Tests {
				got = append(got, x.Column+":"+x.Class.String())
			}
			if text := strings.Join(got, " "); text != want || columns != 6 || !strings.Contains(tr.TableBy, "no known table") {
				t.Errorf("%s, record %d: %s, want %s; %d columns, %s", name, record, text, want, columns, tr.TableBy)
			}
		}
	}
	if n, ok := columnOf(map[string]int{"a": 1, "a.b": 2}, "a.b.c.d"); !ok || n != 2 {
		t.Error(n, ok)
	}
	if _, ok := columnOf(map[string]int{"a": 1}, "ab.c"); ok {
		t.Error("ab is not a")
	}
	if _, ok := columnOf(map[string]int{"a": 1}, "a"+strings.Repeat(".", 1<<20)); ok {
		t.Error("no end of dots")
	}
}
