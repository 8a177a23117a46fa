package feed

import (
	"strconv"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
)

// A dayOrder says how 4/1/2025 is meant.
type dayOrder uint8

const (
	anyOrder dayOrder = iota // not known: a part over 12 decides, and where there is none it is no date
	monthFirst
	dayFirst
	noOrder // as anyOrder, but that such a date is none has been said
)

// readDate reads the dates that feeds write: 2026-05-20, 2026-05-20 04:01:14
// with or without UTC, a zone or a fraction, and with slashes or dots
// 5/20/2026, 20.05.2026, 5/20/26 13:34, "1/1/2027, 12:00:00 AM"; 20 May 2026,
// 20260520, and seconds, milliseconds or microseconds since 1970. What has no
// zone is UTC. An empty cell, and a year from 9999 on, which portals write for
// "never", give the zero Date and true.
func readDate(s string, o dayOrder) (d ioc.Date, ok bool) {
	if d, ok = plainDate(s); ok {
		return d, true
	}
	s = strings.TrimSpace(Clean(s))
	if isNone(s) || strings.EqualFold(s, "never") {
		return d, true
	}
	if d, ok = epoch(s); ok {
		return d, true
	}
	if len(s) > 64 {
		return d, false
	}
	date, clock, timed := cutDate(s)
	y, m, day, ok := readDay(date, o)
	if !ok {
		if o == noOrder && hasTwoReadings(s) {
			return d, true
		}
		d = wordDate(s)
		return d, !d.IsZero()
	}
	if y >= 9999 {
		return d, true
	}
	t := time.Date(y, time.Month(m), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day || int(t.Month()) != m {
		return d, false
	}
	if !timed {
		return ioc.Day(t), true
	}
	since, ok := readClock(clock)
	if !ok {
		return d, false
	}
	return ioc.Instant(t.Add(since)), true
}

// epoch reads a date that is a number. The units do not overlap in this century.
func epoch(s string) (d ioc.Date, ok bool) {
	n, ok := digits64(s, 16)
	switch {
	case !ok:
	case len(s) == 8:
		return plainDate(s[:4] + "-" + s[4:6] + "-" + s[6:])
	case len(s) == 9, len(s) == 10:
		return ioc.Instant(time.Unix(n, 0).UTC()), true
	case len(s) == 12, len(s) == 13:
		return ioc.Instant(time.UnixMilli(n).UTC()), true
	case len(s) == 15, len(s) == 16:
		return ioc.Instant(time.UnixMicro(n).UTC()), true
	}
	return d, false
}

// plainDate reads the forms that most feeds have, 2026-05-20 and 2026-05-20
// 04:01:14, as the rest of readDate would.
func plainDate(s string) (d ioc.Date, ok bool) {
	const form = "0000-00-00 00:00:00"
	if len(s) != len(form) && len(s) != len(time.DateOnly) {
		return d, false
	}
	for i := range len(s) {
		if f := form[i]; f == '0' && s[i]-'0' > 9 || f != '0' && s[i] != f && (f != ' ' || s[i] != 'T') {
			return d, false
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	y, m, day := two(0)*100+two(2), two(5), two(8)
	t := time.Date(y, time.Month(m), day, 0, 0, 0, 0, time.UTC)
	if y >= 9999 || m < 1 || m > 12 || day < 1 || t.Day() != day {
		return d, false
	}
	if len(s) == len(time.DateOnly) {
		return ioc.Day(t), true
	}
	h, mi, sec := two(11), two(14), two(17)
	if h > 23 || mi > 59 || sec > 59 {
		return d, false
	}
	return ioc.Instant(t.Add(time.Duration(h*3600+mi*60+sec) * time.Second)), true
}

// cutDate splits 2026-05-20T04:01:14Z, "2026-05-20 04:01" and "5/20/2026, 4:01
// AM" at the start of the time.
func cutDate(s string) (date, clock string, timed bool) {
	i := strings.IndexAny(s, "Tt ,")
	if i < 0 {
		return s, "", false
	}
	clock = strings.TrimLeft(s[i+1:], " ")
	return s[:i], clock, clock != ""
}

func readDay(s string, o dayOrder) (y, m, d int, ok bool) {
	a, b, c, ok := threeParts(s)
	if !ok {
		return 0, 0, 0, false
	}
	n := [3]int{}
	for i, part := range []string{a, b, c} {
		if n[i], ok = digits(part, 5); !ok {
			return 0, 0, 0, false
		}
	}
	switch {
	case len(a) == 4:
		y, m, d = n[0], n[1], n[2]
	case len(c) == 2:
		n[2] += 2000
		fallthrough
	case len(c) >= 4:
		y, m, d = n[2], n[0], n[1]
		open := o == anyOrder || o == noOrder
		if o == dayFirst || open && n[0] > 12 || strings.Contains(s, ".") {
			m, d = d, m
		}
		if open && y < 9999 && hasTwoReadings(s) {
			return 0, 0, 0, false
		}
	default:
		return 0, 0, 0, false
	}
	return y, m, d, m >= 1 && m <= 12 && d >= 1 && d <= 31
}

// hasTwoReadings reports whether a date may be month/day/year as well as
// day/month/year, and that these are two days.
func hasTwoReadings(s string) bool {
	date, _, _ := cutDate(strings.TrimSpace(s))
	a, b, c, ok := threeParts(date)
	if !ok || len(a) == 4 || len(c) < 2 || strings.Contains(date, ".") {
		return false
	}
	first, ok1 := digits(a, 2)
	second, ok2 := digits(b, 2)
	return ok1 && ok2 && first <= 12 && second <= 12 && first != second
}

// twoReadings is the reason for which such dates are left out.
const twoReadings = "dates that may be month/day/year or day/month/year: left out"

// dateFault says why a date cannot be read.
func dateFault(s string) string {
	if hasTwoReadings(s) {
		return twoReadings
	}
	return "date not readable"
}

// threeParts splits a date at its two equal separators.
func threeParts(s string) (a, b, c string, ok bool) {
	i := strings.IndexAny(s, "-/.")
	if i < 1 {
		return "", "", "", false
	}
	sep := s[i : i+1]
	a = s[:i]
	b, c, ok = strings.Cut(s[i+1:], sep)
	return a, b, c, ok && b != "" && c != "" && len(b) <= 2
}

// digits reads a number of 1 to most digits, which are 9 at most.
func digits(s string, most int) (int, bool) {
	n, ok := digits64(s, most)
	return int(n), ok
}

// digits64 reads a number of 1 to most digits.
func digits64(s string, most int) (int64, bool) {
	if s == "" || len(s) > most || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// readClock reads 04:01, 4:01:14.25 PM, 04:01:14Z, 04:01:14+02:00, 04:01 UTC
// and gives the time since midnight UTC, negative where the zone says so.
func readClock(s string) (time.Duration, bool) {
	s, offset, ok := cutZone(s)
	if !ok {
		return 0, false
	}
	half := 0
	if n := len(s); n > 2 && (s[n-1] == 'M' || s[n-1] == 'm') {
		switch strings.ToUpper(s[n-2:]) {
		case "AM":
			half = 1
		case "PM":
			half = 2
		}
		s = strings.TrimRight(s[:n-2], " ")
	}
	s, frac, _ := strings.Cut(s, ".")
	hour, rest, ok := strings.Cut(s, ":")
	if !ok {
		return 0, false
	}
	minute, second, _ := strings.Cut(rest, ":")
	h, ok1 := digits(hour, 2)
	m, ok2 := digits(minute, 2)
	sec, ok3 := 0, true
	if second != "" {
		sec, ok3 = digits(second, 2)
	}
	var nanos int
	ok4 := true
	if frac != "" {
		if len(frac) > 9 {
			frac = frac[:9]
		}
		nanos, ok4 = digits(frac+strings.Repeat("0", 9-len(frac)), 9)
	}
	if !ok1 || !ok2 || !ok3 || !ok4 || h > 23 || m > 59 || sec > 59 || half > 0 && (h < 1 || h > 12) {
		return 0, false
	}
	if half > 0 {
		h %= 12
		h += 12 * (half - 1)
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second + time.Duration(nanos) - offset, true
}

// cutZone takes the zone off a time of day: Z, UTC, GMT, +02:00, -0500.
func cutZone(s string) (clock string, offset time.Duration, ok bool) {
	for _, utc := range []string{"Z", "z", "UTC", "GMT"} {
		if c, found := strings.CutSuffix(s, utc); found {
			return strings.TrimRight(c, " "), 0, true
		}
	}
	i := strings.LastIndexAny(s, "+-")
	if i < 0 {
		return s, 0, true
	}
	zone := strings.Replace(s[i+1:], ":", "", 1)
	n, ok := digits(zone, 4)
	if !ok || len(zone) != 4 || n/100 > 14 || n%100 > 59 {
		return "", 0, false
	}
	offset = time.Duration(n/100)*time.Hour + time.Duration(n%100)*time.Minute
	if s[i] == '-' {
		offset = -offset
	}
	return strings.TrimRight(s[:i], " "), offset, true
}

// provenOrder returns the order that a date with slashes proves, if any.
func provenOrder(s string) dayOrder {
	date, _, _ := cutDate(strings.TrimSpace(s))
	a, b, c, ok := threeParts(date)
	if !ok || len(a) == 4 || len(c) < 2 || !strings.Contains(date, "/") && !strings.Contains(date, "-") {
		return anyOrder
	}
	first, ok1 := digits(a, 2)
	second, ok2 := digits(b, 2)
	switch {
	case ok1 && ok2 && first > 12 && second <= 12:
		return dayFirst
	case ok1 && ok2 && second > 12 && first <= 12:
		return monthFirst
	}
	return anyOrder
}
