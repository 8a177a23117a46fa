package formats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// What a column's declarations make of a stored value: the newer kind, the
// older kind, and none.
func TestParquetPrinter(t *testing.T) {
	i32 := func(n int32) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }
	i64 := func(n int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }
	f16 := func(n uint16) []byte { return binary.LittleEndian.AppendUint16(nil, n) }
	old := func(phys format.Type, c deprecated.ConvertedType) pqElement {
		return pqElement{phys: phys, hasConv: true, converted: c}
	}
	half := pqElement{phys: format.FixedLenByteArray, width: 2, logical: logicalFloat16}
	for _, c := range []struct {
		name   string
		elem   pqElement
		stored []byte
		want   string
	}{
		{"whole number", pqElement{phys: format.Int32}, i32(-7), "-7"},
		{"without sign", pqElement{phys: format.Int32, logical: logicalInteger, unsigned: true}, i32(-7), "4294967289"},
		{"with sign", pqElement{phys: format.Int32, logical: logicalInteger}, i32(-7), "-7"},
		{"old, without sign", old(format.Int64, deprecated.Uint64), i64(-7), "18446744073709551609"},
		{"old, of 16 bits", old(format.Int32, deprecated.Uint16), i32(65529), "65529"},
		{"date", pqElement{phys: format.Int32, logical: logicalDate}, i32(20179), "2025-04-01"},
		{"old date", old(format.Int32, deprecated.Date), i32(-1), "1969-12-31"},
		{"a date of 64 bits is none", pqElement{phys: format.Int64, logical: logicalDate}, i64(20179), "20179"},
		{"day before March of a century", pqElement{phys: format.Int32, logical: logicalDate}, i32(-25509), "1900-02-28"},
		{"leap day of a century", pqElement{phys: format.Int32, logical: logicalDate}, i32(11016), "2000-02-29"},
		{"year 0", pqElement{phys: format.Int32, logical: logicalDate}, i32(-719528), "0000-01-01"},
		{"year before", pqElement{phys: format.Int32, logical: logicalDate}, i32(-719529), "-0001-12-31"},
		{"year of five digits", pqElement{phys: format.Int32, logical: logicalDate}, i32(2932897), "+10000-01-01"},
		{"time in milliseconds", pqElement{phys: format.Int64, logical: logicalTimestamp, unit: 1, utc: true}, i64(1743472800391), "2025-04-01T02:00:00.3910000Z"},
		{"time in microseconds", pqElement{phys: format.Int64, logical: logicalTimestamp, unit: 2, utc: true}, i64(1743472800391123), "2025-04-01T02:00:00.3911230Z"},
		{"time in nanoseconds", pqElement{phys: format.Int64, logical: logicalTimestamp, unit: 3, utc: true}, i64(1743472800391123456), "2025-04-01T02:00:00.3911234Z"},
		{"time without a zone", pqElement{phys: format.Int64, logical: logicalTimestamp, unit: 1}, i64(1743472800391), "2025-04-01T02:00:00.3910000"},
		{"time before 1970", pqElement{phys: format.Int64, logical: logicalTimestamp, unit: 1, utc: true}, i64(-1), "1969-12-31T23:59:59.9990000Z"},
		{"old time in milliseconds", old(format.Int64, deprecated.TimestampMillis), i64(1743472800391), "2025-04-01T02:00:00.3910000Z"},
		{"old time in microseconds", old(format.Int64, deprecated.TimestampMicros), i64(1743472800391123), "2025-04-01T02:00:00.3911230Z"},
		{"the newer kind wins", pqElement{phys: format.Int64, logical: logicalTimestamp, unit: 2, hasConv: true, converted: deprecated.TimestampMillis}, i64(1743472800391123), "2025-04-01T02:00:00.3911230"},
		{"time of the day", pqElement{phys: format.Int32, logical: logicalTime, unit: 1}, i32(7200391), "02:00:00.3910000"},
		{"time of the day in nanoseconds", pqElement{phys: format.Int64, logical: logicalTime, unit: 3, utc: true}, i64(86399999999999), "23:59:59.9999999Z"},
		{"no time of the day", pqElement{phys: format.Int32, logical: logicalTime, unit: 1}, i32(86400000), "86400000"},
		{"old time of the day", old(format.Int32, deprecated.TimeMillis), i32(7200391), "02:00:00.3910000Z"},
		{"old time of the day in microseconds", old(format.Int64, deprecated.TimeMicros), i64(7200391123), "02:00:00.3911230Z"},
		{"oldest time", pqElement{phys: format.Int96}, append(i64(7200391123456), i32(2440588+20179)...), "2025-04-01T02:00:00.3911234Z"},
		{"oldest time, a day early", pqElement{phys: format.Int96}, append(i64(-1_000_000_000), i32(2440588+20179)...), "2025-03-31T23:59:59.0000000Z"},
		{"decimal", pqElement{phys: format.Int32, logical: logicalDecimal, scale: 2}, i32(-5), "-0.05"},
		{"old decimal", pqElement{phys: format.Int64, scale: 2, hasConv: true, converted: deprecated.Decimal}, i64(12345), "123.45"},
		{"decimal in bytes", pqElement{phys: format.ByteArray, logical: logicalDecimal, scale: 1}, []byte{0xff, 0x38}, "-20.0"},
		{"decimal of fixed bytes", pqElement{phys: format.FixedLenByteArray, width: 3, scale: 3, hasConv: true, converted: deprecated.Decimal}, []byte{1, 0, 0}, "65.536"},
		{"half a float", half, f16(0x3555), "0.33325195"},
		{"half a float, negative", half, f16(0xc400), "-4"},
		{"half a float, smallest", half, f16(0x8001), "-5.9604645e-08"},
		{"half a float, zero", half, f16(0), "0"},
		{"half a float, infinite", half, f16(0x7c00), "+Inf"},
		{"two bytes are no float", pqElement{phys: format.FixedLenByteArray, width: 2}, []byte("ab"), "ab"},
		{"float", pqElement{phys: format.Float}, i32(int32(math.Float32bits(0.1))), "0.1"},
		{"double", pqElement{phys: format.Double}, i64(int64(math.Float64bits(22))), "22"},
		{"small double", pqElement{phys: format.Double}, i64(int64(math.Float64bits(5e-7))), "5e-07"},
		{"large double", pqElement{phys: format.Double}, i64(int64(math.Float64bits(1e20))), "100000000000000000000"},
		{"truth", pqElement{phys: format.Boolean}, []byte{1}, "true"},
		{"text", pqElement{phys: format.ByteArray, logical: logicalString}, []byte("a\xff"), "a\xff"},
		{"old text", old(format.ByteArray, deprecated.UTF8), []byte("a\xff"), "a\xff"},
		{"bytes that are text", pqElement{phys: format.ByteArray}, []byte("a\u00e9"), "a\u00e9"},
		{"bytes that are none", pqElement{phys: format.ByteArray}, []byte("a\xff"), "61ff"},
		{"identifier", pqElement{phys: format.FixedLenByteArray, width: 16, logical: logicalUUID}, []byte("0123456789abcdef"), "30313233-3435-3637-3839-616263646566"},
		{"no identifier", pqElement{phys: format.FixedLenByteArray, width: 4, logical: logicalUUID}, []byte("0123"), "0123"},
	} {
		p := c.elem.printer()
		if got := string(p.append(nil, c.stored)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// Booleans in runs, as pages of version 2 have them.
func TestParquetBooleans(t *testing.T) {
	col := &pqColumn{phys: format.Boolean}
	runs := []byte{5 << 1, 1, 1<<1 | 1, 0b0101_0011, 2 << 1, 0} // five ones, eight bits, two zeros
	body := append(binary.LittleEndian.AppendUint32(nil, uint32(len(runs))), runs...)
	for _, c := range []struct {
		enc  format.Encoding
		body []byte
		n    int
		want string // nothing for an error
	}{
		{format.RLE, body, 15, "[1 1 1 1 1 1 1 0 0 1 0 1 0 0 0]"},
		{format.RLE, body, 7, "[1 1 1 1 1 1 1]"},
		{format.RLE, body, 16, ""},
		{format.RLE, body[:len(body)-1], 15, ""},
		{format.RLE, body[:3], 1, ""},
		{format.Plain, []byte{0b0101_0011, 1}, 9, "[1 1 0 0 1 0 1 0 1]"},
		{format.Plain, []byte{0b0101_0011}, 9, ""},
		{format.DeltaBinaryPacked, body, 15, ""},
	} {
		var v pqValues
		err := v.decode(col, c.enc, c.body, c.n)
		got := ""
		if err == nil {
			got = fmt.Sprint(v.data)
		}
		if got != c.want {
			t.Errorf("%v, %d values of %x: got %s %v, want %s", c.enc, c.n, c.body, got, err, c.want)
		}
	}
}

// fixed has values of one length, which share their beginnings.
type fixed struct {
	ID  [16]byte `parquet:",uuid,delta"`
	Raw [4]byte  `parquet:",delta"`
}

func TestParquetFixedDelta(t *testing.T) {
	rows := make([]fixed, 500)
	for i := range rows {
		rows[i].ID = [16]byte{0: 7, 8: byte(i >> 4), 15: byte(i)}
		rows[i].Raw = [4]byte{'a', 'b', 'a' + byte(i/26%26), 'a' + byte(i%26)}
	}
	for _, version := range []int{1, 2} {
		s := mustParquet(t, writeParquet(t, rows, 300, parquet.DataPageVersion(version), parquet.PageBufferSize(1000)))
		for i, got := range readCells(t, s, 7) {
			id := rows[i].ID
			if want := fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]); got[0] != want || got[1] != string(rows[i].Raw[:]) {
				t.Fatalf("version %d, row %d: %q, want %q and %q", version, i, got, want, rows[i].Raw)
			}
		}
	}
}

// The oldest levels have no runs, and their first value in the highest bit.
func TestParquetPackedLevels(t *testing.T) {
	stored, want := []byte{0b1011_0001, 0b1100_0000}, []uint32{1, 0, 1, 1, 0, 0, 0, 1, 1, 1}
	h, _, err := packedLevels(stored, nil, len(want))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := h.ones(len(want)); n != 6 || err != nil {
		t.Errorf("%d ones, %v", n, err)
	}
	var nulls nullBits
	if err := nulls.fill(nullMap{h: h}, len(want)); err != nil {
		t.Fatal(err)
	}
	got, before := make([]uint32, len(want)), 0
	for row, level := range want {
		if ord, there := nulls.value(row); ord != before || there != (level == 1) {
			t.Errorf("row %d: %d, %v, want %d, %v", row, ord, there, before, level == 1)
		}
		before += int(level)
	}
	if n := h.read(got); n != len(want) || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %d levels: %v, want %v", n, got, want)
	}
	if _, _, err := packedLevels(stored[:1], nil, len(want)); !errors.Is(err, errLevels) {
		t.Errorf("levels that end early: %v", err)
	}
}
