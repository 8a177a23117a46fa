package formats

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	apq "github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// Whether the repeated part of a list is its element or only holds it is said by
// names, and a map by what it is called, or by those of its parts.
func TestParquetNestedNames(t *testing.T) {
	leaf := func(name string) pqElement {
		return pqElement{name: name, hasPhys: true, phys: format.ByteArray, rep: format.Optional}
	}
	old := func(c deprecated.ConvertedType) pqElement { return pqElement{hasConv: true, converted: c} }
	for _, c := range []struct {
		name  string
		outer pqElement // of a column called Tags
		inner string    // name of its repeated part
		parts string    // of that
		want  nodeKind
		kid   nodeKind
	}{
		{"list", pqElement{logical: logicalList}, "list", "element", nodeList, nodeEntry},
		{"list of any name", pqElement{logical: logicalList}, "bag", "array_element", nodeList, nodeEntry},
		{"old list", old(deprecated.List), "bag", "item", nodeList, nodeEntry},
		{"list without wrapper", pqElement{logical: logicalList}, "array", "v", nodeList, nodeStruct},
		{"list without wrapper, of Thrift", old(deprecated.List), "Tags_tuple", "v", nodeList, nodeStruct},
		{"list of pairs", pqElement{logical: logicalList}, "list", "key value", nodeList, nodeStruct},
		{"no list", pqElement{}, "list", "element", nodeStruct, nodeStruct},
		{"map", pqElement{logical: logicalMap}, "entries", "k v", nodeMap, nodeStruct},
		{"old map", old(deprecated.Map), "map", "k v", nodeMap, nodeStruct},
		{"older map", old(deprecated.MapKeyValue), "map", "k v", nodeMap, nodeStruct},
		{"map that does not say so", pqElement{}, "key_value", "key value", nodeMap, nodeStruct},
		{"map of keys alone", pqElement{logical: logicalMap}, "key_value", "key", nodeStruct, nodeStruct},
		{"pairs that are no map", pqElement{}, "entries", "k v", nodeStruct, nodeStruct},
	} {
		outer := c.outer
		outer.name, outer.children = "Tags", 1
		parts := strings.Fields(c.parts)
		sub := []pqElement{outer, {name: c.inner, rep: format.Repeated, children: int32(len(parts))}}
		for _, p := range parts {
			sub = append(sub, leaf(p))
		}
		tree := newTree(sub)
		if tree == nil {
			t.Errorf("%s: not read", c.name)
			continue
		}
		if got, kid := tree.root.kind, tree.root.kids[0].kind; got != c.want || kid != c.kid {
			t.Errorf("%s: kinds %d, %d, want %d, %d", c.name, got, kid, c.want, c.kid)
		}
	}
}

// nestedRows are cells of one nested column each, as JSON and as they are to be
// printed: without nulls in structs, and nothing for a null.
var nestedRows = [][2]string{
	{`{"query":"x.example","answers":["192.0.2.7",null,"192.0.2.8"],"more":{"n":7,"deep":[{"k":"a","v":[1,2]},{"k":null,"v":[]}]}}`,
		`{"query":"x.example","answers":["192.0.2.7",null,"192.0.2.8"],"more":{"n":7,"deep":[{"k":"a","v":[1,2]},{"v":[]}]}}`},
	{`null`, ``},
	{`{"query":null,"answers":null,"more":null}`, `{}`},
	{`{"query":"","answers":[],"more":{"n":null,"deep":null}}`, `{"query":"","answers":[],"more":{}}`},
	{`{"query":"a \"b\"\n","answers":[null],"more":{"n":-1,"deep":[]}}`, `{"query":"a \"b\"\n","answers":[null],"more":{"n":-1,"deep":[]}}`},
	{`{"query":"y","answers":["1"],"more":{"n":0,"deep":[null,{"k":"z","v":null},{"k":"z","v":[null,5]}]}}`,
		`{"query":"y","answers":["1"],"more":{"n":0,"deep":[null,{"k":"z"},{"k":"z","v":[null,5]}]}}`},
}

// nestedBatch has n rows of the above between two plain columns, and a map.
func nestedBatch(t testing.TB, n int) (*arrow.Schema, arrow.Record, [][]string) {
	text, list := arrow.BinaryTypes.String, func(t arrow.DataType) arrow.DataType { return arrow.ListOf(t) }
	object := func(names string, types ...arrow.DataType) arrow.DataType {
		var f []arrow.Field
		for i, name := range strings.Fields(names) {
			f = append(f, arrow.Field{Name: name, Type: types[i], Nullable: true})
		}
		return arrow.StructOf(f...)
	}
	deep := object("k v", text, list(arrow.PrimitiveTypes.Int32))
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Before", Type: text},
		{Name: "Fields", Type: object("query answers more", text, list(text), object("n deep", arrow.PrimitiveTypes.Int64, list(deep))), Nullable: true},
		{Name: "Map", Type: arrow.MapOf(text, arrow.PrimitiveTypes.Int32), Nullable: true},
		{Name: "Bare", Type: arrow.StructOf(arrow.Field{Name: "x", Type: text}, arrow.Field{Name: "y", Type: arrow.PrimitiveTypes.Uint16})},
		{Name: "After", Type: text, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	var want [][]string
	for i := range n {
		row := nestedRows[i%len(nestedRows)]
		m, pairs := "null", ""
		if i%3 == 1 {
			m, pairs = fmt.Sprintf(`[{"key":"a","value":%d},{"key":"b","value":null}]`, i), fmt.Sprintf(`{"a":%d,"b":null}`, i)
		} else if i%3 == 2 {
			m, pairs = "[]", "{}"
		}
		bare := fmt.Sprintf(`{"x":"%d.example","y":%d}`, i, i%65536)
		line := fmt.Sprintf(`{"Before":"r%d","Fields":%s,"Map":%s,"Bare":%s,"After":"e"}`, i, row[0], m, bare)
		if err := b.UnmarshalJSON([]byte(line)); err != nil {
			t.Fatal(line, err)
		}
		want = append(want, []string{fmt.Sprint("r", i), row[1], pairs, bare, "e"})
	}
	return schema, b.NewRecord(), want
}

// The same nested values read the same from Arrow and from Parquet, whatever
// the pages, and in pieces.
func TestNestedCells(t *testing.T) {
	const n = 700
	schema, rec, want := nestedBatch(t, n)
	for _, file := range []bool{true, false} {
		t.Run(fmt.Sprintf("arrow/file=%v", file), func(t *testing.T) {
			s, err := Open(Bytes("t.arrow", writeArrow(t, file, schema, []arrow.Record{rec})), Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			compareCells(t, s, want, 1)
		})
	}
	small := []apq.WriterProperty{apq.WithDataPageSize(200), apq.WithBatchSize(16)}
	for name, opts := range map[string][]apq.WriterProperty{
		"v1":     {apq.WithDataPageVersion(apq.DataPageV1)},
		"v2":     {apq.WithDataPageVersion(apq.DataPageV2)},
		"plain":  {apq.WithDictionaryDefault(false)},
		"zstd":   {apq.WithCompression(compress.Codecs.Zstd), apq.WithDataPageVersion(apq.DataPageV2)},
		"groups": {apq.WithMaxRowGroupLength(150)},
	} {
		t.Run("parquet/"+name, func(t *testing.T) {
			file := writePQArrow(t, schema, []arrow.Record{rec}, false, append(opts, small...)...)
			for _, o := range []Options{{}, {BlockSize: 512}} {
				s, err := Parquet.Open(contentOf("t.parquet", bytes.NewReader(file), int64(len(file))), o)
				if err != nil {
					t.Fatal(err)
				}
				if notes := s.Info().Notes; notes != nil {
					t.Errorf("notes %q", notes)
				}
				compareCells(t, s, want, 1)
				s.Close()
			}
		})
	}
}

// The members of what the envelope of a streamed record wraps are columns.
func TestParquetEnvelope(t *testing.T) {
	text := arrow.BinaryTypes.String
	inner := arrow.StructOf(arrow.Field{Name: "RemoteIP", Type: text, Nullable: true},
		arrow.Field{Name: "RemotePort", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		arrow.Field{Name: "Extra", Type: arrow.StructOf(arrow.Field{Name: "a", Type: text, Nullable: true}), Nullable: true})
	for _, tt := range []struct{ beside, columns, cells string }{
		{"category", "category|RemoteIP|RemotePort|Extra", `c|192.0.2.7|80|{"a":"b"}`},
		{"other", "other|properties", `c|{"RemoteIP":"192.0.2.7","RemotePort":80,"Extra":{"a":"b"}}`},
	} {
		schema := arrow.NewSchema([]arrow.Field{{Name: tt.beside, Type: text}, {Name: "properties", Type: inner, Nullable: true}}, nil)
		b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
		for _, p := range []string{`{"RemoteIP":"192.0.2.7","RemotePort":80,"Extra":{"a":"b"}}`, "null"} {
			if err := b.UnmarshalJSON([]byte(`{"` + tt.beside + `":"c","properties":` + p + `}`)); err != nil {
				t.Fatal(err)
			}
		}
		s := mustParquet(t, writePQArrow(t, schema, []arrow.Record{b.NewRecord()}, false))
		if got := strings.Join(s.Info().Parts[0].Columns, "|"); got != tt.columns {
			t.Errorf("columns %s, want %s", got, tt.columns)
		}
		cells := strings.Split(tt.cells, "|")
		compareCells(t, s, [][]string{cells, append([]string{"c"}, make([]string, len(cells)-1)...)}, 1)
	}
}

// Nothing in a batch bounds how many values a list of a fixed size claims.
func TestNestedClaims(t *testing.T) {
	const many = math.MaxInt >> 3
	fixed := arrow.FixedSizeListOf(1, arrow.Null)
	null := array.NewData(arrow.Null, many, []*memory.Buffer{nil}, nil, many, 0)
	inner := array.NewData(fixed, many, []*memory.Buffer{nil}, []arrow.ArrayData{null}, 0, 0)
	offsets := memory.NewBufferBytes([]byte{0, 0, 0, 0, 1, 0, 0, 0})
	list := array.NewListData(array.NewData(arrow.ListOf(fixed), 1, []*memory.Buffer{nil, offsets}, []arrow.ArrayData{inner}, 0, 0))
	if err := checkLists(list); err != nil {
		t.Error(err)
	}
	if got, err := appendArrowJSON(nil, list, 0); err != nil || string(got) != "[[null]]" {
		t.Errorf("%s, %v", got, err)
	}
}
