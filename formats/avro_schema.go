package formats

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// An avroType is a type of an Avro schema. Types that are named may stand within
// themselves.
type avroType struct {
	kind    avroKind
	print   printer     // of numbers, bytes and fixed
	size    int         // of fixed, in bytes
	symbols [][]byte    // of an enum, as JSON
	fields  []avroField // of a record
	items   *avroType   // of an array or a map
	union   []*avroType // what a value of a union may be
}

type avroField struct {
	name string
	key  []byte // the name as JSON, and a colon
	*avroType
}

type avroKind uint8

const (
	avroNull avroKind = iota
	avroBool
	avroInt // int and long, which are stored alike
	avroFloat
	avroDouble
	avroBytes
	avroString
	avroFixed
	avroDuration // fixed of 12 bytes: months, days, milliseconds
	avroEnum
	avroRecord
	avroArray
	avroMap
	avroUnion
)

var avroPrimitives = map[string]avroType{
	"null":    {kind: avroNull},
	"boolean": {kind: avroBool},
	"int":     {kind: avroInt, print: printer{kind: printInt}},
	"long":    {kind: avroInt, print: printer{kind: printInt}},
	"float":   {kind: avroFloat},
	"double":  {kind: avroDouble},
	"bytes":   {kind: avroBytes, print: printer{kind: printBytes}},
	"string":  {kind: avroString},
}

// avroTimes are the logical types of numbers. Those that begin with local- have no zone.
var avroTimes = map[string]printer{
	"date":                   {kind: printDate},
	"time-millis":            {kind: printClock, unit: unitMilli},
	"time-micros":            {kind: printClock, unit: unitMicro},
	"timestamp-millis":       {kind: printTime, unit: unitMilli, utc: true},
	"timestamp-micros":       {kind: printTime, unit: unitMicro, utc: true},
	"timestamp-nanos":        {kind: printTime, unit: unitNano, utc: true},
	"local-timestamp-millis": {kind: printTime, unit: unitMilli},
	"local-timestamp-micros": {kind: printTime, unit: unitMicro},
	"local-timestamp-nanos":  {kind: printTime, unit: unitNano},
}

const (
	// maxAvroDepth is how deep types, and values, may lie within each other.
	maxAvroDepth = 256
	// maxAvroName is the longest name, in bytes: each record repeats them.
	maxAvroName = 4096
)

func parseAvroSchema(text []byte) (*avroType, error) {
	if len(text) == 0 {
		return nil, errors.New("there is none")
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		// Old writers give the name of a primitive type without quotes.
		if _, ok := avroPrimitives[string(text)]; !ok {
			return nil, err
		}
		v = string(text)
	}
	s := avroSchema{named: map[string]*avroType{}}
	return s.parse(v, "", maxAvroDepth)
}

// An avroSchema knows the types that have been named so far, by their full names.
type avroSchema struct{ named map[string]*avroType }

// parse reads a type that stands in a namespace.
func (s *avroSchema) parse(v any, space string, depth int) (*avroType, error) {
	if depth == 0 {
		return nil, fmt.Errorf("types are nested more than %d deep", maxAvroDepth)
	}
	switch v := v.(type) {
	case nil:
		return nil, errors.New("a type is missing")
	case string:
		return s.lookUp(v, space)
	case []any:
		t := &avroType{kind: avroUnion}
		for _, each := range v {
			one, err := s.parse(each, space, depth-1)
			if err != nil {
				return nil, err
			}
			t.union = append(t.union, one)
		}
		return t, nil
	case map[string]any:
		return s.object(v, space, depth-1)
	}
	return nil, fmt.Errorf("%v is no type", v)
}

// lookUp finds a primitive type, or one that was named before.
func (s *avroSchema) lookUp(name, space string) (*avroType, error) {
	if t, ok := avroPrimitives[name]; ok {
		return &t, nil
	}
	if t := s.named[avroFullName(name, space)]; t != nil {
		return t, nil
	}
	if t := s.named[name]; t != nil {
		return t, nil
	}
	if len(name) > maxAvroName {
		name = name[:maxAvroName]
	}
	return nil, fmt.Errorf("no type %q", name)
}

func avroFullName(name, space string) string {
	if space == "" || strings.Contains(name, ".") {
		return name
	}
	return space + "." + name
}

// object reads a type that is given as an object.
func (s *avroSchema) object(v map[string]any, space string, depth int) (*avroType, error) {
	kind, ok := v["type"].(string)
	if !ok {
		return s.parse(v["type"], space, depth)
	}
	switch kind {
	case "record", "error", "enum", "fixed":
		t := &avroType{}
		name, _ := v["name"].(string)
		if own, ok := v["namespace"].(string); ok {
			space = own
		}
		name = avroFullName(name, space)
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			space = name[:i]
		}
		s.named[name] = t
		return t, s.define(t, kind, v, space, depth)
	case "array", "map":
		t, of := &avroType{kind: avroArray}, "items"
		if kind == "map" {
			t.kind, of = avroMap, "values"
		}
		var err error
		t.items, err = s.parse(v[of], space, depth)
		return t, err
	}
	t, err := s.lookUp(kind, space)
	if err == nil {
		t = t.logical(v)
	}
	return t, err
}

// define reads what a named type is. It is known by its name before, since it may stand
// within itself.
func (s *avroSchema) define(t *avroType, kind string, v map[string]any, space string, depth int) error {
	switch kind {
	case "enum":
		t.kind = avroEnum
		symbols, _ := v["symbols"].([]any)
		for _, symbol := range symbols {
			text, ok := symbol.(string)
			if !ok || len(text) > maxAvroName {
				return errors.New("an enum has a symbol that is none")
			}
			t.symbols = append(t.symbols, appendJSONString(nil, []byte(text)))
		}
		return nil
	case "fixed":
		size, ok := v["size"].(float64)
		if !ok || size < 0 || size > DefaultMaxRecord {
			return fmt.Errorf("a fixed of the size %v", v["size"])
		}
		t.kind, t.size, t.print = avroFixed, int(size), printer{kind: printBytes}
		*t = *t.logical(v)
		return nil
	}
	t.kind = avroRecord
	fields, ok := v["fields"].([]any)
	if !ok {
		return errors.New("a record has no list of fields")
	}
	for _, each := range fields {
		field, _ := each.(map[string]any)
		name, ok := field["name"].(string)
		if !ok || len(name) > maxAvroName {
			return errors.New("a field has no name")
		}
		of, err := s.parse(field["type"], space, depth)
		if err != nil {
			return err
		}
		t.fields = append(t.fields, avroField{name, append(appendJSONString(nil, []byte(name)), ':'), of})
	}
	return nil
}

// logical returns the type as its logical type says that it is to be read. One that is
// not known, or of another type, says nothing.
func (t *avroType) logical(v map[string]any) *avroType {
	name, _ := v["logicalType"].(string)
	u := *t
	switch t.kind {
	case avroInt:
		if p, ok := avroTimes[name]; ok {
			u.print = p
		}
	case avroBytes, avroFixed:
		scale, _ := v["scale"].(float64)
		switch {
		case name == "decimal" && scale >= 0 && scale <= 4096:
			u.print = printer{kind: printBigDecimal, scale: int(scale)}
		case name == "uuid" && t.size == 16:
			u.print = printer{kind: printUUID}
		case name == "duration" && t.size == 12:
			u.kind = avroDuration
		}
	default:
		return t
	}
	return &u
}
