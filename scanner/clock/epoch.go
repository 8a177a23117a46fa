package clock

// numeric reports whether the text is a number of more than four characters: digits,
// perhaps with a fraction.
func (p *parser) numeric() bool {
	dot := false
	for i, c := range p.s {
		switch {
		case isDigit(c):
		case c == '.' && !dot && i > 0 && i < len(p.s)-1:
			dot = true
		default:
			return false
		}
	}
	return len(p.s) > 4 // four digits could be a year; no epoch is that short
}

// units are those that a bare number may count. A number means the one unit by which it
// falls into 2000 to 2099: for those years the ranges of numbers do not overlap.
var units = [...]struct {
	perTick, ticks Time // a unit is ticks ticks, or 1/perTick of one
	epoch          Time
}{
	{1, Second, unixEpoch}, // seconds
	{1, 10_000, unixEpoch}, // milliseconds
	{1, 10, unixEpoch},     // microseconds
	{100, 1, unixEpoch},    // nanoseconds
	{1, 1, 0},              // .NET ticks
	{1, 1, filetimeEpoch},  // Windows FILETIME
}

const (
	year2000 Time = 630_822_816_000_000_000
	year2100 Time = 662_380_416_000_000_000
)

// number reads an epoch number. With milliseconds it can only count these, as the
// wrapper /Date(…)/ says.
func (p *parser) number(milliseconds bool) Result {
	var v int64
	n := 0
	for p.i < len(p.s) && isDigit(p.s[p.i]) {
		if n++; n > 19 || v > 900_000_000_000_000_000 {
			return Result{Status: Bad}
		}
		v = v*10 + int64(p.s[p.i]-'0')
		p.i++
	}
	if p.eat('.') && !p.fraction() {
		return Result{Status: Bad}
	}
	if milliseconds && p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
		p.i = len(p.s) // /Date(ms+0200)/: the offset is for display
	}
	if p.i != len(p.s) || n == 0 {
		return Result{Status: Bad}
	}
	for i, u := range units {
		if milliseconds && i != 1 {
			continue
		}
		if Time(v) > (year2100-u.epoch)/u.ticks*u.perTick {
			continue
		}
		t := u.epoch + Time(v)/u.perTick*u.ticks + p.frac/(Second/u.ticks)/u.perTick
		if t >= year2000 && t < year2100 {
			return Result{Time: t, Zoned: true}
		}
	}
	return Result{Status: Bad}
}
