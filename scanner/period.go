package scanner

import "github.com/iocsweep/iocsweep/scanner/clock"

// A Period is from the first to the last of some times.
type Period struct {
	First, Last clock.Time
	Timed       bool // there is one
}

// widen makes the period reach to a time.
func (p *Period) widen(t clock.Time) { p.join(Period{t, t, true}) }

// join makes the period reach as far as another.
func (p *Period) join(o Period) {
	switch {
	case !o.Timed:
	case !p.Timed:
		*p = o
	default:
		p.First, p.Last = min(p.First, o.First), max(p.Last, o.Last)
	}
}

// period is the time of a hit, if it has one.
func (h *Hit) period() Period { return Period{h.Time, h.Time, h.HasTime} }
