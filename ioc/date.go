package ioc

import (
	"cmp"
	"fmt"
	"time"
)

// A Date is a day or an instant in UTC, with the precision that its source
// gave it. It has no text of its own, so that millions of them are cheap:
// String makes it. The zero Date means none.
type Date struct {
	sec  int64 // since 1970
	nsec int32
	kind dateKind
}

type dateKind uint8

const (
	noDate dateKind = iota
	dayDate
	instantDate
)

// maxDateSec bounds the seconds of a Date, so that 40 bits hold them.
const maxDateSec = 1<<39 - 1

// Day is the day of t, which is printed as 2026-05-20 and compares as its
// first moment.
func Day(t time.Time) Date {
	y, m, d := t.Date()
	return makeDate(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), dayDate)
}

// Instant is the moment t, which is printed as 2026-05-20T04:01:14Z, with a
// fraction of the second where there is one.
func Instant(t time.Time) Date { return makeDate(t, instantDate) }

// makeDate gives the zero Date for times some ten thousand years away, which
// no feed means.
func makeDate(t time.Time, kind dateKind) Date {
	sec := t.Unix()
	if sec < -maxDateSec || sec > maxDateSec {
		return Date{}
	}
	return Date{sec, int32(t.Nanosecond()), kind}
}

// ParseDate reads what String writes.
func ParseDate(text string) (Date, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return Day(t), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: want the form of 2026-05-20 or 2026-05-20T04:01:14Z", text)
	}
	return Instant(t), nil
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d.kind == noDate }

// Time is the date as a moment, in UTC; the zero Time if there is none.
func (d Date) Time() time.Time {
	if d.kind == noDate {
		return time.Time{}
	}
	return time.Unix(d.sec, int64(d.nsec)).UTC()
}

// Compare orders dates by their moment, -1 if d is before e. A day and the
// instant at which it begins are the same to it.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.sec, e.sec), cmp.Compare(d.nsec, e.nsec))
}

// String is the date as reports print it, in the precision of its source; ""
// if there is none.
func (d Date) String() string { return string(d.AppendTo(nil)) }

// AppendTo appends what String returns.
func (d Date) AppendTo(dst []byte) []byte {
	switch d.kind {
	case dayDate:
		return d.Time().AppendFormat(dst, time.DateOnly)
	case instantDate:
		return d.Time().AppendFormat(dst, time.RFC3339Nano)
	}
	return dst
}
