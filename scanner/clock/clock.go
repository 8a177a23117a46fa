// Package clock reads the many spellings of time that exports use and keeps
// instants at the precision of KQL's datetime: 100 ns ticks, years 1 to 9999,
// always UTC. Nothing is guessed silently: a [Result] says whether the text
// carried a zone and whether the order of day and month was needed.
//
// Where to start reading: Parse in parse.go, whose parser goes through a text from left
// to right. epoch.go reads numbers, zone.go the names of zones, clock.go has the types
// and the calendar.
package clock

import (
	"fmt"
	"time"
)

// Time is an instant in ticks of 100 ns since 0001-01-01 00:00 UTC.
type Time int64

// Ticks in a second and in a day.
const (
	Second Time = 10_000_000
	Day         = 86_400 * Second
)

const (
	unixEpoch     Time = 621_355_968_000_000_000   // 1970-01-01
	filetimeEpoch Time = 504_911_232_000_000_000   // 1601-01-01
	end           Time = 3_155_378_976_000_000_000 // 10000-01-01, after the last instant
)

// FromStd returns t, rounded down to ticks.
func FromStd(t time.Time) Time {
	return unixEpoch + Time(t.Unix())*Second + Time(t.Nanosecond()/100)
}

// Std is the instant as a standard time in UTC.
func (t Time) Std() time.Time {
	d := t - unixEpoch
	s, n := d/Second, d%Second
	return time.Unix(int64(s), int64(n)*100).UTC()
}

// String prints 2006-01-02T15:04:05.0000000Z, as Log Analytics exports do.
func (t Time) String() string { return string(t.Append(nil)) }

// Append appends what String returns.
func (t Time) Append(dst []byte) []byte {
	days, rest := int(t/Day), t%Day
	y, m, d := civil(days)
	sec, frac := int(rest/Second), int(rest%Second)
	text := [28]byte([]byte("0000-00-00T00:00:00.0000000Z"))
	put := func(at, n int) { text[at], text[at+1] = byte('0'+n/10), byte('0'+n%10) }
	put(0, y/100)
	put(2, y%100)
	put(5, m)
	put(8, d)
	put(11, sec/3600)
	put(14, sec/60%60)
	put(17, sec%60)
	put(20, frac/100_000)
	put(22, frac/1000%100)
	put(24, frac/10%100)
	text[26] = byte('0' + frac%10)
	return append(dst, text[:]...)
}

// Milli is the instant rounded down to milliseconds.
func (t Time) Milli() Time { return t - t%10_000 }

// daysBefore returns the days from 0001-01-01 to a date of the proleptic
// Gregorian calendar.
func daysBefore(y, m, d int) int {
	// Years from March, so that the leap day is the last: Howard Hinnant's
	// days_from_civil, shifted to year 1.
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146_097 + doe - 306
}

// civil returns the date that is so many days after 0001-01-01: the inverse of daysBefore.
func civil(days int) (y, m, d int) {
	days += 306
	era := days / 146_097
	doe := days - era*146_097
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	y = yoe + era*400
	if m > 12 {
		m -= 12
		y++
	}
	return y, m, d
}

// daysIn returns the number of days in a month.
func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// Order is the order of the parts of a date such as 4/1/2025.
type Order uint8

// The orders. YMD dates show it themselves; it is here for completeness of flags.
const (
	None Order = iota // not known
	MDY
	DMY
	YMD
)

// String is the order as flags and reports write it.
func (o Order) String() string { return [...]string{"none", "mdy", "dmy", "ymd"}[o] }

// Status says what became of a text.
type Status uint8

// The outcomes of Parse.
const (
	OK        Status = iota
	Null             // no time: empty, null, -, N/A
	Ambiguous        // a d/d/y date, and neither it nor the given order tells day from month
	Bad              // not a time
)

// Result is what Parse reads. Time is set only with OK.
type Result struct {
	Time   Time
	Status Status
	Zoned  bool  // the text itself says which zone it is: Z, an offset, an epoch number
	Dated  bool  // it is a d/d/y date, whose order matters
	Proves Order // the order that this text alone proves: a part over 12
}

// ParseFlag reads a time given on the command line: ISO 8601, with a space or
// T, a date alone, or any other form that needs no date order. A time without zone is
// UTC.
func ParseFlag(s string) (Time, error) {
	r := Parse(s, None, nil)
	switch r.Status {
	case OK:
		return r.Time, nil
	case Ambiguous:
		return 0, fmt.Errorf("%q leaves the order of day and month open: write 2025-04-01", s)
	}
	return 0, fmt.Errorf("%q is no time: write 2025-04-01 or 2025-04-01T02:00:00Z", s)
}
