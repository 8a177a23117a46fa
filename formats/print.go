package formats

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"
)

// A printer turns one stored value of a typed column (Parquet, Arrow) into the
// text that a person would read, and that a CSV export of the same table has:
// times as 2025-04-01T02:00:00.1234567Z with seven digits, without Z where the
// column is not in UTC; floats in the shortest form that gives the same number
// (22, not 22.0; an exponent only below 1e-6 and from 1e21, as JSON has it);
// decimals with all digits of their scale; bytes as text if they are valid
// UTF-8, else in hex.
type printer struct {
	kind  printKind
	unit  timeUnit
	utc   bool
	scale int
	width int // bytes of a value as stored; 0 where they vary
}

type printKind uint8

const (
	printText printKind = iota // bytes that are text by declaration
	printBytes
	printBool // one byte, 0 or 1
	printInt
	printUint
	printDecimal
	printBigDecimal // two's complement, big-endian
	printFloat16
	printFloat32
	printFloat64
	printDate  // days since 1970
	printClock // time of day
	printTime  // since 1970
	printInt96 // nanoseconds of the day, Julian day
	printUUID
)

// A timeUnit is the number of units in a second.
type timeUnit int64

const (
	unitSecond timeUnit = 1
	unitMilli  timeUnit = 1e3
	unitMicro  timeUnit = 1e6
	unitNano   timeUnit = 1e9
)

// asIs reports whether values are text as they are stored.
func (p *printer) asIs() bool { return p.kind == printText }

// quoted reports whether values are in quotes in JSON.
func (p *printer) quoted() bool {
	switch p.kind {
	case printBool, printInt, printUint, printDecimal, printBigDecimal, printFloat16, printFloat32, printFloat64:
		return false
	}
	return true
}

// append prints the stored form v, little-endian for numbers.
func (p *printer) append(dst, v []byte) []byte {
	switch p.kind {
	case printText:
		return append(dst, v...)
	case printBytes:
		return appendBytes(dst, v)
	case printBigDecimal:
		return appendDecimal(dst, bigDecimal(v), p.scale)
	case printUUID:
		return appendUUID(dst, v)
	case printInt96:
		if len(v) < 12 {
			return dst
		}
		const julian1970 = 2440588
		days := int64(binary.LittleEndian.Uint32(v[8:])) - julian1970
		nanos := int64(binary.LittleEndian.Uint64(v))
		// The nanoseconds may lie outside the day: carry them over.
		const perDay = 86400 * 1e9
		days += floorDiv(nanos, perDay)
		return appendDateTime(dst, days, nanos-floorDiv(nanos, perDay)*perDay, true)
	case printFloat16:
		if len(v) < 2 {
			return dst
		}
		return appendFloat(dst, float64(float16(binary.LittleEndian.Uint16(v))), 32)
	}
	var n int64
	switch len(v) {
	case 1:
		n = int64(int8(v[0]))
	case 2:
		n = int64(int16(binary.LittleEndian.Uint16(v)))
	case 4:
		n = int64(int32(binary.LittleEndian.Uint32(v)))
	case 8:
		n = int64(binary.LittleEndian.Uint64(v))
	default:
		return dst
	}
	return p.appendInt(dst, n)
}

// appendInt prints a value that is stored as an integer, sign-extended.
func (p *printer) appendInt(dst []byte, n int64) []byte {
	switch p.kind {
	case printBool:
		return strconv.AppendBool(dst, n != 0)
	case printUint:
		switch p.width {
		case 1:
			n &= math.MaxUint8
		case 2:
			n &= math.MaxUint16
		case 4:
			n &= math.MaxUint32
		}
		return strconv.AppendUint(dst, uint64(n), 10)
	case printDecimal:
		return appendDecimal(dst, strconv.AppendInt(nil, n, 10), p.scale)
	case printFloat32:
		return appendFloat(dst, float64(math.Float32frombits(uint32(n))), 32)
	case printFloat64:
		return appendFloat(dst, math.Float64frombits(uint64(n)), 64)
	case printDate:
		return appendDate(dst, n)
	case printClock:
		u := int64(p.unit)
		if n < 0 || n/u >= 86400 {
			return strconv.AppendInt(dst, n, 10)
		}
		dst = appendClock(dst, n/u, n%u*(1e9/u))
		if p.utc {
			dst = append(dst, 'Z')
		}
		return dst
	case printTime:
		u := int64(p.unit)
		sec := floorDiv(n, u)
		nanos := (n - sec*u) * (1e9 / u)
		days := floorDiv(sec, 86400)
		return appendDateTime(dst, days, (sec-days*86400)*1e9+nanos, p.utc)
	}
	return strconv.AppendInt(dst, n, 10)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// appendDateTime prints days since 1970 and nanoseconds of the day.
func appendDateTime(dst []byte, days, nanos int64, utc bool) []byte {
	dst = appendDate(dst, days)
	dst = append(dst, 'T')
	dst = appendClock(dst, nanos/1e9, nanos%1e9)
	if utc {
		dst = append(dst, 'Z')
	}
	return dst
}

// appendDate prints days since 1970 as yyyy-mm-dd in the Gregorian calendar.
// Years beyond four digits have as many as they need, and a sign.
func appendDate(dst []byte, days int64) []byte {
	// Eras of 400 years from 0000-03-01, so that leap days come last.
	days += 719468
	era := floorDiv(days, 146097)
	d := days - era*146097
	y := (d - d/1460 + d/36524 - d/146096) / 365
	doy := d - (365*y + y/4 - y/100)
	mp := (5*doy + 2) / 153
	day := doy - (153*mp+2)/5 + 1
	month := mp + 3
	if month > 12 {
		month -= 12
	}
	year := y + era*400
	if month <= 2 {
		year++
	}
	switch {
	case year < 0:
		dst = append(dst, '-')
		year = -year
	case year > 9999:
		dst = append(dst, '+')
	}
	for n := int64(1000); n > 1 && year < n; n /= 10 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendInt(dst, year, 10)
	dst = append(dst, '-')
	dst = appendPad(dst, month, 2)
	dst = append(dst, '-')
	return appendPad(dst, day, 2)
}

func appendClock(dst []byte, sec, nanos int64) []byte {
	dst = appendPad(dst, sec/3600, 2)
	dst = append(dst, ':')
	dst = appendPad(dst, sec/60%60, 2)
	dst = append(dst, ':')
	dst = appendPad(dst, sec%60, 2)
	dst = append(dst, '.')
	return appendPad(dst, nanos/100, 7)
}

// appendPad prints n in exactly width digits.
func appendPad(dst []byte, n int64, width int) []byte {
	var b [8]byte
	for i := width - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, b[:width]...)
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	form := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) && !math.IsInf(f, 0) {
		form = 'e'
	}
	return strconv.AppendFloat(dst, f, form, -1, bits)
}

func float16(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp, man := uint32(h>>10)&31, uint32(h)&1023
	switch exp {
	case 0:
		f := float32(man) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | man<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | man<<13)
}

// maxDecimal is how many bytes a number has at most.
const maxDecimal = 4096

// bigDecimal returns the digits of a big-endian two's complement number, with
// its sign. Numbers of more than 4 KiB are no numbers: they stay in hex.
func bigDecimal(v []byte) []byte {
	if len(v) > maxDecimal {
		return hex.AppendEncode(nil, v)
	}
	n := new(big.Int).SetBytes(v)
	if len(v) > 0 && v[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(v))*8))
	}
	return n.Append(nil, 10)
}

// appendDecimal puts the decimal point into digits.
func appendDecimal(dst, digits []byte, scale int) []byte {
	if scale <= 0 || scale > 4096 {
		return append(dst, digits...)
	}
	if len(digits) > 0 && digits[0] == '-' {
		dst = append(dst, '-')
		digits = digits[1:]
	}
	n := len(digits) - scale
	if n <= 0 {
		dst = append(dst, '0', '.')
		for range -n {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:n]...)
	dst = append(dst, '.')
	return append(dst, digits[n:]...)
}

func appendBytes(dst, v []byte) []byte {
	if utf8.Valid(v) {
		return append(dst, v...)
	}
	return hex.AppendEncode(dst, v)
}

func appendUUID(dst, v []byte) []byte {
	if len(v) != 16 {
		return appendBytes(dst, v)
	}
	dst = hex.AppendEncode(dst, v[:4])
	for i := 4; i < 10; i += 2 {
		dst = append(dst, '-')
		dst = hex.AppendEncode(dst, v[i:i+2])
	}
	dst = append(dst, '-')
	return hex.AppendEncode(dst, v[10:])
}

// appendJSONString prints text as a JSON string. Only what JSON demands is
// escaped, so that addresses and names stand as they are.
func appendJSONString(dst, v []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range v {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
