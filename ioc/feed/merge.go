package feed

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// maxPlaces bounds the Feeds of one indicator, for feeds that repeat one line
// for ever.
const maxPlaces = 100

// A merger collects indicators, each once.
type merger struct {
	list []ioc.Indicator
	from []uint32 // the source that had it first

	// Indicators by the hash of their value, which is their identity: no two
	// types share a normal form. A value whose hash another one holds goes to
	// clash. Hashes and not strings, because a map of ten million strings
	// costs as much as the strings.
	seed   maphash.Seed
	byHash map[uint64]uint32
	clash  map[string]uint32
}

func newMerger() *merger {
	return &merger{seed: maphash.MakeSeed(), byHash: map[uint64]uint32{}, clash: map[string]uint32{}}
}

// add merges an indicator in and says whether it is new.
func (m *merger) add(i ioc.Indicator, source int) bool {
	h := maphash.String(m.seed, i.Value)
	n, taken := m.byHash[h]
	if taken && m.list[n].Value != i.Value {
		n, taken = m.clash[i.Value]
		if !taken {
			m.clash[i.Value] = uint32(len(m.list))
		}
	} else if !taken {
		m.byHash[h] = uint32(len(m.list))
	}
	if taken {
		merge(&m.list[n], &i)
		return false
	}
	m.list = append(m.list, i)
	m.from = append(m.from, uint32(source))
	return true
}

// merge adds to an indicator what another place says of it.
func merge(to, more *ioc.Indicator) {
	if to.ThreatType == "" {
		to.ThreatType = more.ThreatType
	}
	if to.Malware == "" {
		to.Malware = more.Malware
	}
	to.Confidence = max(to.Confidence, more.Confidence)
	to.Compromised = max(to.Compromised, more.Compromised) // yes 1, no 0, not said -1
	if d := more.FirstSeen; !d.IsZero() && (to.FirstSeen.IsZero() || d.Time.Before(to.FirstSeen.Time)) {
		to.FirstSeen = d
	}
	if d := more.LastSeen; !d.IsZero() && (to.LastSeen.IsZero() || d.Time.After(to.LastSeen.Time)) {
		to.LastSeen = d
	}
	// No end is later than any end.
	if d := more.ValidUntil; d.IsZero() {
		to.ValidUntil = d
	} else if !to.ValidUntil.IsZero() && d.Time.After(to.ValidUntil.Time) {
		to.ValidUntil = d
	}
	to.Tags = unite(to.Tags, more.Tags, maxTags)
	to.Feeds = unite(to.Feeds, more.Feeds, maxPlaces)
}

// unite appends what of more is not in list yet, up to a number of most. The
// list's own memory is not written to.
func unite(list, more []string, most int) []string {
	list = slices.Clip(list)
	for _, s := range more {
		if len(list) >= most {
			break
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// unique is a list without repeats.
func unique(list []string) []string {
	for i := range list {
		if slices.Contains(list[:i], list[i]) {
			return unite(nil, list, maxTags)
		}
	}
	return list
}

// strong drops the indicators that are too weak and counts them for the feed
// that had them first.
func (m *merger) strong(least int, reports []Report) []ioc.Indicator {
	if least <= 0 {
		return m.list
	}
	kept := m.list[:0]
	for n, i := range m.list {
		if i.Confidence >= 0 && i.Confidence < least {
			reports[m.from[n]].Weak++
			continue
		}
		kept = append(kept, i)
	}
	clear(m.list[len(kept):])
	return kept
}

// places makes the Feeds of new indicators, a thousand at a time: one small
// string and one slice each would cost more than the indicator's name.
type places struct {
	prefix string
	text   strings.Builder
	slots  []string
}

// at returns path:line as a list of its own.
func (p *places) at(line int) []string {
	if len(p.slots) == cap(p.slots) {
		p.slots = make([]string, 0, 1024)
	}
	if p.text.Cap()-p.text.Len() < len(p.prefix)+20 {
		// Strings cut from the old builder keep its memory.
		p.text = strings.Builder{}
		p.text.Grow(max(16<<10, len(p.prefix)+20))
	}
	start := p.text.Len()
	p.text.WriteString(p.prefix)
	p.text.WriteString(strconv.Itoa(line))
	n := len(p.slots)
	p.slots = append(p.slots, p.text.String()[start:])
	return p.slots[n : n+1 : n+1]
}
