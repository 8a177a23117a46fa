package scanner

import (
	"fmt"
	"slices"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc/allow"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// everything is an encoder that leaves out nothing of a hit.
func everything(dst []byte, h *Hit) []byte {
	dst = fmt.Appendf(dst, "%q %q %v %v %q %+v", h.ID, h.Table.Name, h.Time, h.HasTime, h.TimeBasis, *h.Indicator)
	for _, a := range h.Also {
		dst = fmt.Appendf(dst, " also %+v %v", *a.Indicator, a.Class)
	}
	for _, m := range h.Matches {
		dst = fmt.Appendf(dst, " %q %q %q %v", m.Column, m.Role, m.Value, m.Class)
	}
	return fmt.Appendf(dst, " %v %q %+v %q %+v %q %v\n", h.Hunt, h.Life, h.Who, h.Row, h.Source, h.Labels, h.Labels == nil)
}

// A hit that waited for its place is the hit that is written at once.
func TestWaitingHits(t *testing.T) {
	in := []formats.Input{
		jsonl("a.jsonl",
			`{`+csl+`,"TimeGenerated":"2026-05-20T10:00:00.5Z","DestinationIP":"1.2.3.4","DestinationPort":80,"SourceIP":"2001:db8::1","Activity":"a\"\\\u0000b","SentBytes":17,"MaliciousIP":"1.2.3.4"}`,
			`{`+csl+`,"TimeGenerated":"never","DestinationIP":"1.2.3.4","DestinationPort":81,"SourceUserName":"ann"}`,
			`{`+dns+`,"TimeGenerated":"2026-05-20T11:00:00Z","Name":"x.evil.test","IPAddresses":"1.2.9.9, 1.2.3.4"}`,
			`{`+dns+`,"Name":"evil.test","Computer":"pc"}`),
		jsonl("b.jsonl", `{"Kind":"other","when":"2026-05-20T09:00:00Z","to":{"ip":"1.2.3.4","name":"evil.test"}}`),
	}
	for _, as := range []Scan{
		{},
		{Row: RowHunt},
		{Row: RowAll},
		{Table: "Generic"},
		{Table: "Generic", Row: RowAll},
		{Label: []*allow.List{allowList(t, "seen", "1.2.3.4\n")}},
		{KQL: true, Columns: ColumnsHunt},
		{Columns: ColumnsDeep, Ports: PortIgnore},
	} {
		as.Indicators = indicators(t, "1.2.3.4:80 first=2026-05-20 until=2026-06-01", "1.2.0.0/16", "2001:db8::1", "evil.test", "x.evil.test")
		for _, as.Encode = range []Encoder{everything, nil} { // nil: JSONL
			var want []string
			for _, order := range []Order{AsFound, Newest, Oldest} {
				s := as
				s.Order = order
				got, sum := sweep(t, &s, in...)
				slices.Sort(got)
				if want == nil {
					want = got
				}
				if len(got) < 3 || !slices.Equal(got, want) || int(sum.Hits) != len(want) {
					t.Errorf("%+v: got  %q\nwant %q", as, got, want)
				}
			}
		}
	}
}

// What was changed where it waited is noticed or read as something, never more
// than that; a piece of it is not taken for the whole.
func TestWaitingHitsDamaged(t *testing.T) {
	in := newInput(0, formats.Input{Path: "a"})
	in.plan = &plan{tables: table.Builtin(), latePlan: new(latePlan)}
	reader := newWaitingReader(&run{Scan: &Scan{}, inputs: []*input{in}})
	i := indicators(t, "evil.test").Indicators(0)[0]
	raw := appendHit(nil, 0, nil, nil, shape{}, &Hit{Table: in.plan.tables[0], Indicator: i, Also: []Also{{i, ClassTerm}},
		Matches: []Match{{Column: "Name", Role: "query", Value: "evil.test"}}, Row: []Cell{{"Name", "evil.test"}}, Labels: []string{"seen"}})
	if _, err := reader.read(0, raw); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.read(0, append(slices.Clone(raw), 0)); err == nil {
		t.Error("something behind the hit is passed over")
	}
	for n := range raw {
		if _, err := reader.read(0, raw[:n]); err == nil {
			t.Errorf("%d of %d bytes are taken for the whole", n, len(raw))
		}
		for bit := range 8 {
			damaged := slices.Clone(raw)
			damaged[n] ^= 1 << bit
			_, _ = reader.read(0, damaged)
		}
	}
}
