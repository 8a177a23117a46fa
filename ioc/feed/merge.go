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
	// Indicators in the order met, chunkLen to a chunk: a slice that grows
	// would copy the quarter of a kilobyte that each has several times over.
	chunks [][]ioc.Indicator
	from   []uint32 // the source that had it first; its length is their number

	// Indicators by the hash of their value, which is their identity: no two
	// types share a normal form. A value whose hash another one holds goes to
	// clash. Hashes and not strings, because a map of ten million strings
	// costs as much as the strings.
	seed   maphash.Seed
	byHash map[uint64]uint32
	clash  map[string]uint32
}

const chunkLen = 1 << 12

// at returns the n-th indicator.
func (m *merger) at(n uint32) *ioc.Indicator { return &m.chunks[n/chunkLen][n%chunkLen] }

func newMerger() *merger {
	return &merger{seed: maphash.MakeSeed(), byHash: map[uint64]uint32{}, clash: map[string]uint32{}}
}

// add merges an indicator in and says whether it is new.
func (m *merger) add(i ioc.Indicator, source int) bool {
	h := maphash.String(m.seed, i.Value)
	next := uint32(len(m.from))
	n, taken := m.byHash[h]
	if taken && m.at(n).Value != i.Value {
		n, taken = m.clash[i.Value]
		if !taken {
			m.clash[i.Value] = next
		}
	} else if !taken {
		m.byHash[h] = next
	}
	if taken {
		merge(m.at(n), &i)
		return false
	}
	if next%chunkLen == 0 {
		m.chunks = append(m.chunks, nil)
	}
	last := &m.chunks[len(m.chunks)-1]
	*last = append(*last, i)
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

// strong returns the indicators but for those that are too weak, which it
// counts for the feed that had them first. The merger is used up.
func (m *merger) strong(least int, reports []Report) []ioc.Indicator {
	list := make([]ioc.Indicator, 0, len(m.from))
	for c, chunk := range m.chunks {
		for n := range chunk {
			if i := &chunk[n]; i.Confidence < 0 || i.Confidence >= least {
				list = append(list, *i)
			} else {
				reports[m.from[c*chunkLen+n]].Weak++
			}
		}
		m.chunks[c] = nil // may be freed while the next is copied
	}
	return list
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
