package feed

import (
	"cmp"

	"github.com/iocsweep/iocsweep/ioc"
)

// drop leaves out of the list what the options do not want, once all is merged.
// ends are those of Read: how many indicators there were behind each source, and
// then behind the hosts of each.
func (o *Options) drop(list *ioc.List, reports []Report, ends []int) {
	if o.MinConfidence <= 0 && o.Ended.IsZero() && o.Since.IsZero() && !o.Innocent {
		return
	}
	at := 0
	list.DeleteFunc(func(n int, d *ioc.Details) bool {
		for n >= ends[at] {
			at++
		}
		r := &reports[at%len(reports)]
		if o.ForPack && !o.ForceBroad && list.Broad(n) {
			r = new(Report) // it is refused there, not taken
		}
		return o.drops(d, r)
	})
	for i := range reports {
		if hosts := reports[i].Hosts; hosts != nil {
			hosts.DeleteFunc(func(_ int, d *ioc.Details) bool { return o.drops(d, new(Report)) })
		}
	}
}

// drops reports whether an indicator is left out, and counts it.
func (o *Options) drops(d *ioc.Details, r *Report) bool {
	switch seen := cmp.Or(d.LastSeen, d.FirstSeen); {
	case d.Confidence >= 0 && d.Confidence < o.MinConfidence:
		r.Weak++
	case !o.Ended.IsZero() && !d.ValidUntil.IsZero() && d.ValidUntil.Time().Before(o.Ended):
		r.Ended++
	case !o.Since.IsZero() && !seen.IsZero() && seen.Time().Before(o.Since):
		r.Old++
	case o.Innocent && d.Compromised == 1:
		r.Innocent++
	default:
		return false
	}
	return true
}
