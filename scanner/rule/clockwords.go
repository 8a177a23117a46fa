package rule

import (
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/scanner/clock"
)

// parseTimeOfDay reads 22:00, 22:00:30 or 22:00:30.5 as ticks since midnight.
// 24:00 is the end of the day.
func parseTimeOfDay(s string) (clock.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < len("15:04") || s[2] != ':' {
		return 0, false // nearly all literals; a failed time.Parse is dear
	}
	if s == "24:00" || s == "24:00:00" {
		return clock.Day, true
	}
	for _, form := range []string{"15:04", time.TimeOnly} {
		// A fraction may follow the seconds of any form.
		if t, err := time.Parse(form, s); err == nil {
			h, m, sec := t.Clock()
			return clock.Time(h*3600+m*60+sec)*clock.Second + clock.Time(t.Nanosecond()/100), true
		}
	}
	return 0, false
}

// parseWeekday reads Monday or Mon as 1, to Sunday, 7; anything else is 0.
// Numbers are not read: people count from Sunday or Monday, from 0 or 1.
func parseWeekday(s string) int {
	if s = strings.TrimSpace(s); len(s) < 3 || len(s) > len("Wednesday") {
		return 0
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := d.String(); strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return (int(d)+6)%7 + 1
		}
	}
	return 0
}
