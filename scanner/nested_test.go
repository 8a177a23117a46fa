package scanner

import (
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/iocsweep/iocsweep/formats"
)

// A dynamic column that an export has as a struct is matched like one that it
// has as JSON text. Where it cannot be read, the run does not pass for complete;
// what is nested and not matched does no harm.
func TestNestedColumns(t *testing.T) {
	text := arrow.BinaryTypes.String
	object := arrow.StructOf(arrow.Field{Name: "query", Type: text}, arrow.Field{Name: "answers", Type: arrow.ListOf(text)})
	union := arrow.SparseUnionOf([]arrow.Field{{Name: "x", Type: text}}, []arrow.UnionTypeCode{0})
	cell := func(t arrow.DataType) arrow.Array {
		mem := memory.NewGoAllocator()
		if t == union {
			b := array.NewSparseUnionBuilder(mem, union)
			b.Append(0)
			b.Child(0).(*array.StringBuilder).Append("x.example")
			return b.NewArray()
		}
		arr, _, err := array.FromJSON(mem, t, strings.NewReader(`[{"query":"x.evil.example","answers":["192.0.2.7"]}]`))
		if err != nil {
			panic(err)
		}
		return arr
	}
	for _, tt := range []struct {
		name   string
		column string
		typ    arrow.DataType
		want   string
		status Status
	}{
		{"struct", "AdditionalFields", object, "AdditionalFields.query x.evil.example", Complete},
		{"union", "AdditionalFields", union, "", Partial},
		{"union that is not matched", "Other", union, "", Complete},
	} {
		t.Run(tt.name, func(t *testing.T) {
			schema := arrow.NewSchema([]arrow.Field{{Name: "Timestamp", Type: text}, {Name: "DeviceName", Type: text},
				{Name: "ActionType", Type: text}, {Name: "RemoteIP", Type: text}, {Name: tt.column, Type: tt.typ}}, nil)
			b := array.NewRecordBuilder(memory.NewGoAllocator(), arrow.NewSchema(schema.Fields()[:4], nil))
			if err := b.UnmarshalJSON([]byte(`{"Timestamp":"2026-05-21T08:14:03Z","DeviceName":"dc","ActionType":"DnsConnectionInspected","RemoteIP":"10.0.0.53"}`)); err != nil {
				t.Fatal(err)
			}
			rec := array.NewRecord(schema, append(b.NewRecord().Columns(), cell(tt.typ)), 1)
			given := false
			in := formats.Records("sensor", schema, func() (arrow.Record, error) {
				if given {
					return nil, io.EOF
				}
				given = true
				return rec, nil
			})
			var got []string
			s := &Scan{Indicators: indicators(t, "evil.example"), Each: func(h *Hit) error {
				got = append(got, h.Matches[0].Column+" "+h.Matches[0].Value)
				return nil
			}}
			sum, err := s.Run(t.Context(), []formats.Input{in})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(got, ", ") != tt.want || sum.Files[0].Status != tt.status {
				t.Errorf("got %q, %v %s; want %q, %v", got, sum.Files[0].Status, sum.Files[0].Reason, tt.want, tt.status)
			}
		})
	}
}

// A document whose first table is of no use may have one of use behind it, far
// from its beginning.
func TestLaterTable(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"tables":[{"name":"A","columns":[{"name":"X","type":"string"}],"rows":[["0"]`)
	for range 20000 {
		b.WriteString(`,["nothing to be found here"]`)
	}
	end := `]}]}`
	late := `]},{"name":"B","columns":[{"name":"TimeGenerated"},{"name":"SourceIP"},{"name":"DestinationIP"},{"name":"DeviceVendor"}],` +
		`"rows":[["2026-05-21T08:14:03Z","10.0.0.5","192.0.2.7","x"]]}]}`
	for _, tt := range []struct {
		name, end string
		hits      int
		status    Status
	}{{"one behind", late, 1, Complete}, {"none", end, 0, Unknown}} {
		got := 0
		s := &Scan{Indicators: indicators(t, "192.0.2.7"), Each: func(*Hit) error { got++; return nil }}
		sum, err := s.Run(t.Context(), []formats.Input{formats.Bytes("x.json", []byte(b.String()+tt.end))})
		if err != nil && tt.status == Complete {
			t.Fatal(err)
		}
		if got != tt.hits || sum.Files[0].Status != tt.status {
			t.Errorf("%s: %d hits, %v %s; want %d, %v", tt.name, got, sum.Files[0].Status, sum.Files[0].Reason, tt.hits, tt.status)
		}
	}
}
