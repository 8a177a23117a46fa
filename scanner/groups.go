package scanner

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// GroupFields are the names that Groups may group by.
var GroupFields = []string{"indicator", "host", "user", "process", "table", "day"}

// maxGroups and maxGroupBytes bound the memory of a summary, whatever the logs
// hold: the first groups by their values are kept, so that the number of workers
// does not show. The hits of others are counted together.
const (
	maxGroups     = 200_000
	maxGroupBytes = 64 << 20 // of their values

	// What a worker gathers before it adds that to the groups of all.
	maxOwnGroups     = 4096
	maxOwnGroupBytes = 1 << 20
)

// maxPorts is how many different ports a group lists.
const maxPorts = 16

// Groups counts hits by some of their fields. It belongs to one goroutine;
// merge adds up those of several.
type Groups struct {
	By     []string          // of GroupFields
	groups map[string]*Group // by their values, a NUL between each two
	bytes  int               // of their keys
	full   bool              // some have been dropped: those from end on
	end    string            // neither this key nor one beyond it is among the first
	Others int64             // hits of groups beyond the bound; complete after Len

	// Of the hit that is being added: most hits are of groups that are there, and
	// cost no memory.
	key  []byte
	ends []int // of its values in the key
	port [1]uint16
}

// A Group is a line of the summary.
type Group struct {
	Values           []string // of Groups.By, "" where the table cannot say
	Count            int64
	Period           // of the hits that have a time
	Allowed, Blocked int64
	Ports            []uint16 // peer ports, ascending, at most 16
	MorePorts        bool
}

// NewGroups returns empty groups by the given fields.
func NewGroups(by []string) (*Groups, error) {
	if len(by) == 0 {
		by = []string{"indicator", "host"}
	}
	for _, f := range by {
		if !slices.Contains(GroupFields, f) {
			return nil, fmt.Errorf("group by %q: not one of %s", f, strings.Join(GroupFields, ", "))
		}
	}
	return &Groups{By: by, groups: map[string]*Group{}}, nil
}

// empty returns groups of the same kind for a worker.
func (g *Groups) empty() *Groups { return &Groups{By: g.By, groups: map[string]*Group{}} }

func (g *Groups) add(h *Hit) {
	one := Group{Count: 1, Period: h.period()}
	switch h.Who.Outcome {
	case "allowed", "resolved":
		one.Allowed = 1
	case "blocked", "failed", "not-resolved":
		one.Blocked = 1
	}
	if p := h.Who.PeerPort; p.Known {
		g.port[0] = uint16(p.N)
		one.Ports = g.port[:]
	}
	g.key, g.ends = g.key[:0], g.ends[:0]
	for i, f := range g.By {
		if i > 0 {
			g.key = append(g.key, 0)
		}
		g.key = append(g.key, groupValue(f, h)...)
		g.ends = append(g.ends, len(g.key))
	}
	g.put(&one)
}

// put adds to the group of g.key.
func (g *Groups) put(o *Group) {
	if have := g.groups[string(g.key)]; have != nil {
		have.add(o)
		return
	}
	if g.full && string(g.key) >= g.end {
		g.Others += o.Count
		return
	}
	key, from := string(g.key), 0 // what it is made of is a piece of the row's memory
	fresh := *o
	fresh.Ports = slices.Clone(o.Ports)
	fresh.Values = make([]string, 0, len(g.ends))
	for _, end := range g.ends {
		fresh.Values = append(fresh.Values, key[from:end])
		from = end + 1
	}
	g.enter(key, &fresh)
}

// enter adds a group that is not there.
func (g *Groups) enter(key string, o *Group) {
	g.groups[key] = o
	g.bytes += len(key)
	if len(g.groups) > maxGroups+maxGroups/4 || g.bytes > maxGroupBytes+maxGroupBytes/4 {
		g.cut()
	}
}

// large reports whether g is more than a worker should keep for itself.
func (g *Groups) large() bool {
	return len(g.groups) >= maxOwnGroups || g.bytes >= maxOwnGroupBytes
}

// add adds up two groups of the same values.
func (g *Group) add(o *Group) {
	g.Count += o.Count
	g.Allowed += o.Allowed
	g.Blocked += o.Blocked
	g.join(o.Period)
	for _, p := range o.Ports {
		i, found := slices.BinarySearch(g.Ports, p)
		if found {
			continue
		}
		// The smallest ports are kept, so that the order of merging does not show.
		g.Ports = slices.Insert(g.Ports, i, p)
		if len(g.Ports) > maxPorts {
			g.Ports = g.Ports[:maxPorts]
			g.MorePorts = true
		}
	}
	g.MorePorts = g.MorePorts || o.MorePorts
}

// cut leaves the first groups. What has been dropped once can never be among them
// again, so the counts of those that stay are exact.
func (g *Groups) cut() {
	if len(g.groups) <= maxGroups && g.bytes <= maxGroupBytes {
		return
	}
	keys := slices.Sorted(maps.Keys(g.groups))
	kept := 0
	for n := 0; kept < min(len(keys), maxGroups) && n+len(keys[kept]) <= maxGroupBytes; kept++ {
		n += len(keys[kept])
	}
	for _, k := range keys[kept:] {
		g.Others += g.groups[k].Count
		g.bytes -= len(k)
		delete(g.groups, k)
	}
	// Not from the last that is kept on: a short key may still find room before a long one.
	g.full, g.end = true, keys[kept]
}

// merge adds up what o has, whose groups are g's from then on.
func (g *Groups) merge(o *Groups) {
	if len(g.groups) == 0 && g.Others == 0 {
		g.groups, g.bytes, g.full, g.end, g.Others = o.groups, o.bytes, o.full, o.end, o.Others
		return
	}
	for key, one := range o.groups {
		switch have := g.groups[key]; {
		case have != nil:
			have.add(one)
		case g.full && key >= g.end:
			g.Others += one.Count
		default:
			g.enter(key, one)
		}
	}
	g.Others += o.Others
}

// Len is how many groups there are.
func (g *Groups) Len() int {
	g.cut()
	return len(g.groups)
}

// All yields the groups in no order.
func (g *Groups) All() iter.Seq[*Group] {
	g.cut()
	return maps.Values(g.groups)
}

// Largest returns the n largest groups, which are few, in order: equal ones by
// their values.
func (g *Groups) Largest(n int) []*Group {
	before := func(a, b *Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), slices.Compare(a.Values, b.Values))
	}
	list := make([]*Group, 0, n+1)
	for one := range g.All() {
		if len(list) == n && (n == 0 || before(list[n-1], one) < 0) {
			continue
		}
		i, _ := slices.BinarySearchFunc(list, one, before)
		list = slices.Insert(list, i, one)
		list = list[:min(len(list), n)]
	}
	return list
}

// groupValue is what a hit has in one of GroupFields, "" where its table cannot say.
func groupValue(field string, h *Hit) string {
	switch field {
	case "indicator":
		return h.Indicator.Value
	case "host":
		return h.host()
	case "user":
		return h.Who.User
	case "process":
		return h.Who.Process
	case "table":
		return h.Table.Name
	}
	if h.HasTime {
		return h.Time.String()[:len("2006-01-02")]
	}
	return ""
}

// host is where a hit happened. A table that knows no host name still knows the address.
func (h *Hit) host() string { return cmp.Or(h.Who.Host, h.Who.IP) }
