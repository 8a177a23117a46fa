package scanner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/scanner/clock"
)

// GroupFields are the names that Groups may group by.
var GroupFields = []string{"indicator", "host", "user", "process", "table", "day"}

// maxGroups and maxGroupBytes bound the memory of a summary, whatever the logs
// hold: the first groups by their values are kept, so that the number of workers
// does not show. The hits of others are counted together.
const (
	maxGroups     = 200_000
	maxGroupBytes = 64 << 20 // of their values
)

// maxPorts is how many different ports a group lists.
const maxPorts = 16

// Groups counts hits by some of their fields. It belongs to one goroutine;
// merge adds up those of several.
type Groups struct {
	By     []string // of GroupFields
	groups map[string]*Group
	bytes  int    // of their keys
	full   bool   // some have been dropped: those beyond last
	last   string // no key beyond it is among the first
	Others int64  // hits of groups beyond the bound; complete after List
}

// A Group is a line of the summary.
type Group struct {
	Values           []string // of Groups.By, "" where the table cannot say
	Count            int64
	First, Last      clock.Time // of the hits that have a time
	Timed            bool
	Allowed, Blocked int64
	Ports            []string // peer ports, ascending, at most 16
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

func (g *Groups) add(h *Hit) {
	values := make([]string, len(g.By))
	for i, f := range g.By {
		values[i] = groupValue(f, h)
	}
	one := &Group{Values: values, Count: 1, First: h.Time, Last: h.Time, Timed: h.HasTime}
	switch h.Who.Outcome {
	case "allowed", "resolved":
		one.Allowed = 1
	case "blocked", "failed", "not-resolved":
		one.Blocked = 1
	}
	if p := h.Who.PeerPort; p.Known {
		one.Ports = []string{p.String()}
	}
	g.put(one)
}

func (g *Groups) put(o *Group) {
	k := strings.Join(o.Values, "\x00")
	have, ok := g.groups[k]
	if !ok {
		if g.full && k > g.last {
			g.Others += o.Count
			return
		}
		for i, v := range o.Values {
			o.Values[i] = strings.Clone(v) // it is a piece of the row's memory
		}
		g.groups[strings.Join(o.Values, "\x00")] = o // k may be the one value itself
		g.bytes += len(k)
		if len(g.groups) > 2*maxGroups || g.bytes > 2*maxGroupBytes {
			g.cut()
		}
		return
	}
	have.Count += o.Count
	have.Allowed += o.Allowed
	have.Blocked += o.Blocked
	if o.Timed {
		if !have.Timed {
			have.First, have.Last, have.Timed = o.First, o.Last, true
		}
		have.First, have.Last = min(have.First, o.First), max(have.Last, o.Last)
	}
	for _, p := range o.Ports {
		i, found := slices.BinarySearchFunc(have.Ports, p, comparePorts)
		if found {
			continue
		}
		// The smallest ports are kept, so that the order of merging does not show.
		have.Ports = slices.Insert(have.Ports, i, p)
		if len(have.Ports) > maxPorts {
			have.Ports = have.Ports[:maxPorts]
			have.MorePorts = true
		}
	}
	have.MorePorts = have.MorePorts || o.MorePorts
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
	g.full, g.last = true, ""
	if kept > 0 {
		g.last = keys[kept-1]
	}
}

func comparePorts(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func (g *Groups) merge(o *Groups) {
	for _, one := range o.groups {
		g.put(one)
	}
	g.Others += o.Others
}

// List returns the groups, the largest first, equal ones by their values.
func (g *Groups) List() []*Group {
	g.cut()
	list := make([]*Group, 0, len(g.groups))
	for _, one := range g.groups {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), slices.Compare(a.Values, b.Values))
	})
	return list
}

func groupValue(field string, h *Hit) string {
	switch field {
	case "indicator":
		return h.Indicator.Value
	case "table":
		return h.Table.Name
	case "day":
		if h.HasTime {
			return h.Time.String()[:10]
		}
		return ""
	}
	var ip string
	for _, f := range whoFields(&h.Who) {
		if f.name == field && f.value != "" {
			return f.value
		}
		if f.name == "ip" {
			ip = f.value
		}
	}
	if field == "host" {
		// A table that knows no host name still knows who it was.
		return ip
	}
	return ""
}
