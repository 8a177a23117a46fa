package clock

import (
	"time"
)

// maxText is the longest text that can be a time.
const maxText = 80

// Parse reads a time. o is the order of d/d/y dates where the text itself does
// not show it; loc is the zone of texts that carry none, nil for UTC. In a
// gap or overlap of daylight saving time, the text is read as time.Date reads
// it. It does not allocate.
//
// The forms: ISO 8601 with T or blank, y/m/d, d/d/y with AM and PM, day and
// month names (RFC 822, RFC 850, CEF, Defender), epoch numbers in any unit
// that falls into 2000 to 2099, .NET ticks, FILETIME, /Date(ms)/ and
// datetime(…).
func Parse[T string | []byte](text T, o Order, loc *time.Location) Result {
	if r, ok := plain(text); ok {
		return r
	}
	if len(text) > 4*maxText {
		return Result{Status: Bad}
	}
	var buf [maxText]byte
	s, ok := clean(buf[:0], text)
	if !ok {
		return Result{Status: Bad}
	}
	return parse(s, o, loc)
}

// plain reads the form that exports have in nearly all rows, 2006-01-02T15:04:05Z with up
// to seven digits of a fraction, as parse does. It returns false for any other text.
func plain[T string | []byte](s T) (Result, bool) {
	const zone = len("2006-01-02T15:04:05")
	if len(s) <= zone || len(s) == zone+2 || len(s) > zone+9 || s[4] != '-' || s[7] != '-' || s[10] != 'T' ||
		s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' || len(s) > zone+1 && s[zone] != '.' {
		return Result{}, false
	}
	var v [7]int // pairs of digits, from the left
	for i, at := range [...]int{0, 2, 5, 8, 11, 14, 17} {
		a, b := s[at]-'0', s[at+1]-'0'
		if a > 9 || b > 9 {
			return Result{}, false
		}
		v[i] = int(a)*10 + int(b)
	}
	year, month, day, hour, minute, sec := v[0]*100+v[1], v[2], v[3], v[4], v[5], v[6]
	if year == 0 || month == 0 || month > 12 || day == 0 || day > daysIn(year, month) || hour > 23 || minute > 59 || sec > 59 {
		return Result{}, false
	}
	frac, unit := Time(0), Second
	for i := zone + 1; i < len(s)-1; i++ {
		c := s[i] - '0'
		if c > 9 {
			return Result{}, false
		}
		unit /= 10
		frac += Time(c) * unit
	}
	t := Time(daysBefore(year, month, day))*Day + Time(hour*3600+minute*60+sec)*Second + frac
	return Result{Time: t, Zoned: true}, true
}

func parse(s []byte, o Order, loc *time.Location) Result {
	if null(s) {
		return Result{Status: Null}
	}
	if inner, ok := wrapped(s, "/Date(", ")/"); ok {
		p := parser{s: inner}
		return p.number(true)
	}
	if inner, ok := wrapped(s, "datetime(", ")"); ok {
		s = inner
	}
	p := parser{s: s, order: o}
	if p.numeric() {
		return p.number(false)
	}
	if !p.date() {
		return Result{Status: Bad}
	}
	return p.result(loc)
}

// clean takes off the characters that portals, browsers and people leave round a time:
// blanks of all kinds, direction marks, byte order marks.
func clean[T string | []byte](dst []byte, s T) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\t' || c == '\r' || c == '\n':
			c = ' '
		case c < 0x80:
		case c == 0xc2 && i+1 < len(s) && s[i+1] == 0xa0: // no-break space
			i++
			c = ' '
		case c == 0xe2 && i+2 < len(s) && s[i+1] == 0x80 && s[i+2] == 0xaf: // narrow no-break space, before AM and PM
			i += 2
			c = ' '
		case c == 0xe2 && i+2 < len(s) && s[i+1] == 0x80 && (s[i+2] == 0x8e || s[i+2] == 0x8f): // direction marks
			i += 2
			continue
		case c == 0xef && i+2 < len(s) && s[i+1] == 0xbb && s[i+2] == 0xbf: // byte order mark
			i += 2
			continue
		default:
			return nil, false
		}
		if c == ' ' && (len(dst) == 0 || dst[len(dst)-1] == ' ') {
			continue
		}
		if len(dst) == maxText {
			return nil, false
		}
		dst = append(dst, c)
	}
	if n := len(dst); n > 0 && dst[n-1] == ' ' {
		dst = dst[:n-1]
	}
	return dst, true
}

// A parser reads one text from left to right.
type parser struct {
	s     []byte
	i     int
	order Order

	y, m, d int
	sec     int  // of the day
	frac    Time // ticks
	zoned   bool
	offset  int // seconds east of UTC, if zoned
	dated   bool
	proves  Order
	unclear bool
}

func null(s []byte) bool {
	switch len(s) {
	case 0:
		return true
	case 1:
		return s[0] == '-'
	case 3:
		return fold(s, "n/a")
	case 4:
		return fold(s, "null")
	}
	return false
}

func wrapped(s []byte, before, after string) ([]byte, bool) {
	n := len(s) - len(before) - len(after)
	if n <= 0 || !fold(s[:len(before)], before) || !fold(s[len(before)+n:], after) {
		return nil, false
	}
	return s[len(before) : len(before)+n], true
}

// fold compares without regard to ASCII case.
func fold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		d := s[i]
		if c != d && (c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (p *parser) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *parser) eat(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

// int reads at most max digits; n is how many there were.
func (p *parser) int(max int) (v, n int) {
	for n < max && p.i < len(p.s) && isDigit(p.s[p.i]) {
		v = v*10 + int(p.s[p.i]-'0')
		p.i++
		n++
	}
	return v, n
}

// word reads letters.
func (p *parser) word() []byte {
	start := p.i
	for p.i < len(p.s) && 'a' <= p.s[p.i]|0x20 && p.s[p.i]|0x20 <= 'z' {
		p.i++
	}
	return p.s[start:p.i]
}

// date reads the date and what follows it.
func (p *parser) date() bool {
	if !isDigit(p.peek()) {
		return p.named()
	}
	a, n := p.int(4)
	switch c := p.peek(); {
	case n == 4 && (c == '-' || c == '/'):
		return p.ymd(a, c)
	case n <= 2 && c == '/':
		return p.slashed(a)
	case n <= 2 && c == '.':
		return p.dotted(a)
	case n <= 2 && (c == ' ' || c == '-'):
		p.i++
		return p.dayMonth(a)
	}
	return false
}

// ymd reads 2025-04-01, 2020/10/16, alone or with a time.
func (p *parser) ymd(y int, sep byte) bool {
	p.i++
	var n, k int
	p.y = y
	p.m, n = p.int(2)
	if n == 0 || !p.eat(sep) {
		return false
	}
	p.d, k = p.int(2)
	if k == 0 || sep == '-' && (n != 2 || k != 2) {
		return false
	}
	if p.i == len(p.s) {
		return true
	}
	if !p.eat('T') && !p.eat('t') {
		p.eat(',')
		if !p.eat(' ') {
			return false
		}
	}
	return p.clock()
}

// slashed reads 2/25/2025, 9:19:25.391 AM and its kind.
func (p *parser) slashed(a int) bool {
	p.i++
	b, n := p.int(2)
	if n == 0 || !p.eat('/') {
		return false
	}
	y, n := p.int(4)
	if n != 4 {
		return false // two digits could be anything
	}
	p.y, p.dated = y, true
	switch {
	case a > 12 && b > 12:
		return false
	case a > 12:
		p.proves, p.d, p.m = DMY, a, b
	case b > 12:
		p.proves, p.m, p.d = MDY, a, b
	case a == b, p.order == MDY:
		p.m, p.d = a, b
	case p.order == DMY:
		p.d, p.m = a, b
	default:
		p.unclear = true
		p.m, p.d = a, b
	}
	return p.afterDate()
}

// dotted reads 01.04.2025, 02:00:00. Locales with dots put the day first.
func (p *parser) dotted(d int) bool {
	p.i++
	var n int
	p.d = d
	if p.m, n = p.int(2); n == 0 || !p.eat('.') {
		return false
	}
	p.eat(' ')
	if p.y, n = p.int(4); n != 4 {
		return false
	}
	return p.afterDate()
}

func (p *parser) afterDate() bool {
	if p.i == len(p.s) {
		return true
	}
	p.eat(',')
	if !p.eat(' ') {
		return false
	}
	return p.clock()
}

var months = [...]string{"january", "february", "march", "april", "may", "june",
	"july", "august", "september", "october", "november", "december"}

var weekdays = [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func month(w []byte) int {
	for i, name := range months {
		if fold(w, name) || fold(w, name[:3]) || i == 8 && fold(w, "sept") {
			return i + 1
		}
	}
	return 0
}

// named reads dates that start with the name of a day or a month.
func (p *parser) named() bool {
	w := p.word()
	for _, name := range weekdays {
		if fold(w, name) || fold(w, name[:3]) {
			p.eat(',')
			if !p.eat(' ') {
				return false
			}
			if isDigit(p.peek()) {
				d, n := p.int(2)
				if n == 0 || !p.eat(' ') && !p.eat('-') {
					return false
				}
				return p.dayMonth(d)
			}
			w = p.word()
			break
		}
	}
	if p.m = month(w); p.m == 0 {
		return false
	}
	p.eat('.')
	if !p.eat(' ') {
		return false
	}
	var n int
	if p.d, n = p.int(2); n == 0 {
		return false
	}
	p.eat(',')
	if !p.eat(' ') {
		return false
	}
	// "Apr 01 02:00:00" of syslog has no year.
	if p.y, n = p.int(4); n != 4 {
		return false
	}
	return p.afterDate()
}

// dayMonth reads the rest of 8 Nov 14 15:05:02 GMT, 08-Nov-14 15:05:02 GMT.
func (p *parser) dayMonth(d int) bool {
	p.d = d
	if p.m = month(p.word()); p.m == 0 || !p.eat(' ') && !p.eat('-') {
		return false
	}
	var n int
	switch p.y, n = p.int(4); {
	case n == 4:
	case n == 2 && p.y < 50: // RFC 2822, 4.3
		p.y += 2000
	case n == 2:
		p.y += 1900
	default:
		return false
	}
	return p.afterDate()
}

// clock reads h:mm[:ss[.fraction]] [AM|PM] [zone] up to the end.
func (p *parser) clock() bool {
	h, n := p.int(2)
	if n == 0 || !p.eat(':') {
		return false
	}
	m, n := p.int(2)
	if n != 2 {
		return false
	}
	s := 0
	if p.eat(':') {
		if s, n = p.int(2); n != 2 {
			return false
		}
		if p.eat('.') || p.i+1 < len(p.s) && p.s[p.i] == ',' && isDigit(p.s[p.i+1]) && p.eat(',') {
			if !p.fraction() {
				return false
			}
		}
	}
	if p.i < len(p.s) {
		if !p.tail(&h) {
			return false
		}
	}
	if h > 23 || m > 59 || s > 59 {
		return false
	}
	p.sec = h*3600 + m*60 + s
	return p.i == len(p.s)
}

// fraction reads up to 7 digits of a second and drops the rest.
func (p *parser) fraction() bool {
	scale, n := Second, 0
	for ; p.i < len(p.s) && isDigit(p.s[p.i]); p.i, n = p.i+1, n+1 {
		if scale > 1 {
			scale /= 10
			p.frac += scale * Time(p.s[p.i]-'0')
		}
	}
	return n > 0
}

// tail reads AM or PM and the zone.
func (p *parser) tail(h *int) bool {
	p.eat(' ')
	if c := p.peek() | 0x20; (c == 'a' || c == 'p') && p.i+1 < len(p.s) {
		at := p.i
		w := p.word()
		dots := false
		if len(w) == 1 && p.eat('.') { // a.m.
			dots = len(p.word()) == 1 && p.eat('.')
		}
		if dots || fold(w, "am") || fold(w, "pm") {
			if *h < 1 || *h > 12 {
				return false
			}
			*h %= 12
			if c == 'p' {
				*h += 12
			}
			if p.i == len(p.s) {
				return true
			}
			if !p.eat(' ') {
				return false
			}
		} else {
			p.i = at
		}
	}
	return p.zone()
}

// zoneWords are the zone words of RFC 822 and what exports write for UTC.
var zoneWords = [...]struct {
	word  string
	hours int
}{{"Z", 0}, {"UTC", 0}, {"GMT", 0}, {"UT", 0}, {"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
	{"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}}

func (p *parser) zone() bool {
	p.zoned = true
	if c := p.peek(); c != '+' && c != '-' {
		w := p.word()
		known := false
		for _, z := range zoneWords {
			if fold(w, z.word) {
				p.offset, known = z.hours*3600, true
			}
		}
		if !known {
			return false
		}
		if c := p.peek(); c != '+' && c != '-' { // GMT+0200
			return p.i == len(p.s)
		}
	}
	sign := 1
	if p.peek() == '-' {
		sign = -1
	}
	p.i++
	h, n := p.int(2)
	if n == 0 {
		return false
	}
	p.eat(':')
	m, n := p.int(2)
	if n == 1 || h > 18 || m > 59 {
		return false
	}
	p.offset = sign * (h*3600 + m*60)
	return p.i == len(p.s)
}

// result makes an instant of the parts that were read. loc is no field of the parser: it
// escapes to the heap, and would take the buffer behind s with it.
func (p *parser) result(loc *time.Location) Result {
	r := Result{Dated: p.dated, Zoned: p.zoned}
	// An unclear date exists in the other order too, since both parts are at most 12.
	if p.y < 1 || p.m < 1 || p.m > 12 || p.d < 1 || p.d > daysIn(p.y, p.m) {
		r.Status = Bad // and proves nothing: 99/1/2025 must not decide for a column
		return r
	}
	if p.unclear {
		r.Status = Ambiguous
		return r
	}
	switch {
	case p.zoned, loc == nil, loc == time.UTC:
		r.Time = Time(daysBefore(p.y, p.m, p.d))*Day + Time(p.sec-p.offset)*Second + p.frac
	default:
		std := time.Date(p.y, time.Month(p.m), p.d, 0, 0, p.sec, 0, loc)
		r.Time = FromStd(std) + p.frac
	}
	if r.Time < 0 || r.Time >= end {
		r.Time, r.Status = 0, Bad
		return r
	}
	r.Proves = p.proves
	return r
}
