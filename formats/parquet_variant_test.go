package formats

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/parquet-go/parquet-go/variant"
)

// variantRows are values and what they are printed as.
func variantRows() (rows []variant.Value, want [][]string) {
	at := time.Date(2026, 5, 20, 2, 0, 0, 123456000, time.UTC)
	add := func(v variant.Value, text string) {
		rows = append(rows, v)
		want = append(want, []string{fmt.Sprint("r", len(rows)-1), text})
	}
	obj := func(fields ...variant.Field) variant.Value { return variant.MakeObject(fields) }
	list := func(v ...variant.Value) variant.Value { return variant.MakeArray(v) }
	str := variant.String
	add(obj(variant.Field{Name: "answers", Value: list(str("192.0.2.7"), variant.Null(), str("192.0.2.8"))}, variant.Field{Name: "query", Value: str("x.example")}),
		`{"answers":["192.0.2.7",null,"192.0.2.8"],"query":"x.example"}`)
	add(str("192.0.2.7"), "192.0.2.7")
	add(variant.Null(), "")
	add(str(strings.Repeat("long ", 20)+`"`), strings.Repeat("long ", 20)+`"`)
	add(obj(variant.Field{Name: "more", Value: obj(variant.Field{Name: "ip", Value: str("2001:db8::1")})},
		variant.Field{Name: "none", Value: variant.Null()}, variant.Field{Name: "query", Value: variant.Int64(7)}),
		`{"more":{"ip":"2001:db8::1"},"none":null,"query":7}`)
	add(list(variant.Bool(true), variant.Bool(false), variant.Int8(-8), variant.Int16(-1600), variant.Int32(1<<30), variant.Int64(-1<<40), variant.Double(0.5), variant.Float(22)),
		`[true,false,-8,-1600,1073741824,-1099511627776,0.5,22]`)
	add(list(variant.Decimal4(-12345, 2), variant.Decimal8(1, 4), variant.Decimal16([16]byte{0: 57, 1: 48}, 0)), `[-123.45,0.0001,12345]`)
	add(list(variant.Date(20593), variant.Timestamp(at.UnixMicro()), variant.TimestampNTZ(at.UnixMicro()), variant.TimestampNanos(at.UnixNano()), variant.TimestampNTZNanos(at.UnixNano()), variant.Time(7200e6)),
		`["2026-05-20","2026-05-20T02:00:00.1234560Z","2026-05-20T02:00:00.1234560","2026-05-20T02:00:00.1234560Z","2026-05-20T02:00:00.1234560","02:00:00.0000000"]`)
	add(list(variant.Binary([]byte{0xff, 1}), variant.UUID(uuid.MustParse("5f1c9c34-7a0e-4d7b-9f62-3b0a6f1e2d58")), list(), obj()),
		`["ff01","5f1c9c34-7a0e-4d7b-9f62-3b0a6f1e2d58",[],{}]`)
	var many []variant.Value
	for range 300 { // more than one byte counts
		many = append(many, str("a"))
	}
	add(list(many...), "["+strings.Repeat(`"a",`, 299)+`"a"]`)
	return rows, want
}

// writeVariants writes values as a column of variants of some kind.
func writeVariants(t testing.TB, node parquet.Node, rows []rawVariant) []byte {
	t.Helper()
	type record struct {
		Row  string `parquet:"Row"`
		Data any    `parquet:"Data"`
	}
	schema := parquet.NewSchema("t", parquet.Group{"Row": parquet.String(), "Data": node})
	var b bytes.Buffer
	w := parquet.NewGenericWriter[record](&b, schema, parquet.PageBufferSize(300))
	for i, v := range rows {
		if _, err := w.Write([]record{{fmt.Sprint("r", i), v}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A variant reads as the JSON text that others export, shredded or not.
func TestParquetVariant(t *testing.T) {
	rows, want := variantRows()
	shredded := func(n parquet.Node) parquet.Node {
		n, err := parquet.ShreddedVariant(n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, node := range map[string]parquet.Node{
		"whole":       parquet.Variant(),
		"text":        shredded(parquet.String()),
		"list":        shredded(parquet.List(parquet.String())),
		"object":      shredded(parquet.Group{"query": parquet.String(), "answers": parquet.List(parquet.String())}),
		"deep":        shredded(parquet.Group{"more": parquet.Group{"ip": parquet.String()}}),
		"unannotated": parquet.Group{"value": parquet.Leaf(parquet.ByteArrayType), "metadata": parquet.Leaf(parquet.ByteArrayType)},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustParquet(t, writeVariants(t, parquet.Optional(node), encoded(rows)))
			compareVariants(t, readCells(t, s, 1), want)
		})
	}
}

// A group that has what a variant has, and does not say that it is one, is read as
// the group that it is where its metadata are those of no variant.
func TestParquetPair(t *testing.T) {
	bytesOf := func() parquet.Node { return parquet.Optional(parquet.Leaf(parquet.ByteArrayType)) }
	node := parquet.Group{"value": bytesOf(), "metadata": bytesOf()}
	rows := encoded([]variant.Value{variant.String("192.0.2.7")})
	want := [][]string{{"r0", "192.0.2.7"}}
	text := func(s string) []byte { return []byte(s) }
	for _, r := range []struct {
		metadata, value []byte
		cell            string
	}{
		{text("text/plain"), text("192.0.2.8 asks x.example"), `{"metadata":"text/plain","value":"192.0.2.8 asks x.example"}`},
		{text("\x01 " + strings.Repeat("long ", 20)), text("192.0.2.9"), `{"metadata":"\u0001 ` + strings.Repeat("long ", 20) + `","value":"192.0.2.9"}`},
		{text("\x02\xff"), text(""), `{"metadata":"02ff","value":""}`},
		{nil, text("192.0.2.10"), `{"value":"192.0.2.10"}`},
	} {
		rows = append(rows, rawVariant{r.metadata, r.value})
		want = append(want, []string{fmt.Sprint("r", len(want)), r.cell})
	}
	s := mustParquet(t, writeVariants(t, node, rows))
	compareVariants(t, readCells(t, s, 1), want)
}

// All columns of a variant are read: with one of a name that another has it is
// a struct.
func TestVariantOf(t *testing.T) {
	leaves := []pqColumn{{phys: format.ByteArray, print: printer{kind: printBytes}}}
	for names, want := range map[string]bool{"metadata": true, "value metadata": true, "metadata value typed_value": true,
		"metadata value value": false, "metadata metadata value": false, "metadata typed_value typed_value": false, "metadata more": false} {
		var kids []pqNode
		for name := range strings.FieldsSeq(names) {
			kids = append(kids, pqNode{name: name})
		}
		if _, ok := variantOf(kids, leaves); ok != want {
			t.Errorf("%s: %v", names, ok)
		}
	}
}

// A rawVariant is an encoded value.
type rawVariant struct {
	Metadata []byte `parquet:"metadata"`
	Value    []byte `parquet:"value"`
}

func encoded(rows []variant.Value) (raw []rawVariant) {
	for _, v := range rows {
		var m variant.MetadataBuilder
		value := variant.Encode(&m, v)
		_, metadata := m.Build()
		raw = append(raw, rawVariant{metadata, value})
	}
	return raw
}

// compareVariants compares cells whatever the order of members: what has a
// column comes first.
func compareVariants(t *testing.T, got, want [][]string) {
	t.Helper()
	for i := range want {
		g, w := got[i][0], want[i][1] // columns are in order of their names
		if g != w && sortedBytes(g) != sortedBytes(w) || got[i][1] != want[i][0] {
			t.Errorf("row %d: %q, want %q", i, got[i], want[i])
		}
	}
}

func sortedBytes(s string) string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '{' || r == '}' })
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// Nothing in a variant may panic, or make more of it than its bytes hold.
func TestParquetVariantDamaged(t *testing.T) {
	rows, _ := variantRows()
	for _, r := range encoded(rows) {
		metadata, value := r.Metadata, r.Value
		for i := range value {
			for _, x := range []byte{0, 1, 0x7f, 0xff} {
				b := bytes.Clone(value)
				b[i] ^= x
				printVariant(metadata, b)
			}
			if _, err := printVariant(metadata, value[:i]); !errors.Is(err, ErrCorrupt) {
				t.Errorf("cut at %d of %x: %v", i, value, err)
			}
		}
		for i := range metadata {
			b := bytes.Clone(metadata)
			b[i] ^= 0xff
			printVariant(b, value)
		}
	}
	// Arrays of 255 values that are all the array itself, or the one before.
	self := append([]byte{3, 255}, make([]byte, 256)...)
	if _, err := printVariant([]byte{1, 0, 0}, append(self, self...)); err == nil {
		t.Error("an array that repeats its values without end")
	}
}

func printVariant(metadata, value []byte) ([]byte, error) {
	var m variantNames
	if err := m.read(metadata); err != nil {
		return nil, err
	}
	m.left = len(value)
	return m.append(nil, value, false, 0)
}
