package formats

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// arrowReadable reports whether cells of a type can be printed: plain values, and
// lists, structs and maps of such types, within the bounds of nested Parquet columns.
func arrowReadable(t arrow.DataType) bool {
	leaves := 0
	return arrowNested(t, 0, &leaves)
}

func arrowNested(t arrow.DataType, depth int, leaves *int) bool {
	if depth > maxTreeDepth {
		return false
	}
	switch t.(type) {
	case *arrow.ListViewType, *arrow.LargeListViewType:
		// Their values may overlap, so those within others could be endless.
		if depth > 0 {
			return false
		}
	}
	switch t := t.(type) {
	case arrow.UnionType, *arrow.RunEndEncodedType:
		return false
	case *arrow.StructType:
		for _, f := range t.Fields() {
			if !arrowNested(f.Type, depth+1, leaves) {
				return false
			}
		}
		return t.NumFields() > 0
	case *arrow.DictionaryType:
		if _, nested := t.ValueType.(arrow.NestedType); nested {
			return false // one value could be there a thousand times
		}
		return arrowNested(t.ValueType, depth+1, leaves)
	case arrow.ExtensionType:
		return arrowNested(t.StorageType(), depth+1, leaves)
	case arrow.ListLikeType:
		return arrowNested(t.Elem(), depth+1, leaves)
	}
	*leaves++
	return *leaves <= maxTreeLeaves
}

// checkLists makes sure that no two lists of an array, or of an array inside it, have
// values in common. Then printing them all takes no more than there are values.
func checkLists(arr arrow.Array) error {
	switch a := storage(arr).(type) {
	case *array.Struct:
		for j := range a.NumField() {
			if err := checkLists(a.Field(j)); err != nil {
				return err
			}
		}
	case *array.ListView, *array.LargeListView:
	case *array.FixedSizeList: // they cannot; the loop below would have no bound, since nothing bounds their number
		return checkLists(a.ListValues())
	case array.ListLike:
		last := int64(0)
		for i := range a.Len() {
			lo, hi := a.ValueOffsets(i)
			if lo < last || hi < lo {
				return errValues
			}
			last = hi
		}
		if last > int64(a.ListValues().Len()) {
			return errValues
		}
		return checkLists(a.ListValues())
	}
	return nil
}

// appendArrowJSON prints one value, a member of another, as JSON.
func appendArrowJSON(dst []byte, arr arrow.Array, i int) ([]byte, error) {
	arr = storage(arr)
	switch {
	case i >= arr.Len():
		return dst, errValues
	case int64(len(dst)) > arrowPiece+DefaultMaxRecord:
		return dst, fmt.Errorf("%w: nested value", ErrTooLarge)
	}
	if arr.IsNull(i) || arr.DataType().ID() == arrow.NULL { // the library calls no value of that type null
		return append(dst, "null"...), nil
	}
	switch a := arr.(type) {
	case *array.Struct:
		return appendArrowStruct(dst, a, i)
	case *array.Dictionary:
		c := a.GetValueIndex(i)
		if c < 0 {
			return dst, errCode
		}
		return appendArrowJSON(dst, a.Dictionary(), c)
	case array.ListLike:
		return appendArrowList(dst, a, i)
	}
	switch arr.DataType().ID() {
	case arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64,
		arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL128, arrow.DECIMAL256:
		return appendArrow(dst, arr, i, false)
	}
	text, err := appendArrow(nil, arr, i, false)
	if err != nil {
		return dst, err
	}
	return appendJSONString(dst, text), nil
}

// appendArrowStruct prints a struct as a JSON object, without what is null in it.
func appendArrowStruct(dst []byte, a *array.Struct, i int) ([]byte, error) {
	t := a.DataType().(*arrow.StructType)
	dst = append(dst, '{')
	for j, n := 0, 0; j < a.NumField(); j++ {
		field := a.Field(j)
		if i < field.Len() && field.IsNull(i) {
			continue
		}
		if n++; n > 1 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, []byte(t.Field(j).Name)), ':')
		var err error
		if dst, err = appendArrowJSON(dst, field, i); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// appendArrowList prints a list as a JSON array, a map as an object.
func appendArrowList(dst []byte, a array.ListLike, i int) ([]byte, error) {
	values := storage(a.ListValues())
	lo, hi := a.ValueOffsets(i)
	if lo < 0 || hi < lo || hi > int64(values.Len()) {
		return dst, errValues
	}
	pairs, _ := values.(*array.Struct)
	if _, ok := a.(*array.Map); !ok || pairs == nil || pairs.NumField() != 2 {
		pairs = nil
	}
	ends := [2]byte{'[', ']'}
	if pairs != nil {
		ends = [2]byte{'{', '}'}
	}
	var err error
	dst = append(dst, ends[0])
	for j := int(lo); j < int(hi); j++ {
		if j > int(lo) {
			dst = append(dst, ',')
		}
		if pairs == nil {
			if dst, err = appendArrowJSON(dst, values, j); err != nil {
				return dst, err
			}
			continue
		}
		key, err := appendArrowJSON(nil, pairs.Field(0), j)
		if err != nil {
			return dst, err
		}
		if key[0] != '"' {
			key = appendJSONString(nil, key)
		}
		dst = append(append(dst, key...), ':')
		if dst, err = appendArrowJSON(dst, pairs.Field(1), j); err != nil {
			return dst, err
		}
	}
	return append(dst, ends[1]), nil
}
