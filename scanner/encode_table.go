package scanner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// TableHeader is the first line of the table format.
func TableHeader() []byte {
	return []byte(tableLine("TIME", "TABLE", "INDICATOR", "CLASS", "WHO", "PEER", "DIRECTION", "OUTCOME", "SOURCE"))
}

// TableText appends a hit as one line for reading in a terminal. Columns are
// padded to usual widths; a longer value pushes its line, nothing is cut off.
func TableText(dst []byte, h *Hit) []byte {
	when := "-"
	if h.HasTime {
		when = strings.Replace(h.Time.String()[:19], "T", " ", 1)
	}
	place := h.Source.Input.String()
	switch {
	case h.Source.Line > 0:
		place = fmt.Sprintf("%s:%d", place, h.Source.Line)
	case h.Source.Group >= 0:
		place = fmt.Sprintf("%s:group %d:row %d", place, h.Source.Group, h.Source.Record)
	}
	w := &h.Who
	who := strings.Join(nonEmpty(w.Host, w.IP, w.User, w.Process), " ")
	peer := cmp.Or(w.Peer, w.PeerName, "-")
	if w.PeerPort.Known {
		if strings.Contains(peer, ":") {
			peer = "[" + peer + "]"
		}
		peer += ":" + w.PeerPort.String()
	}
	return append(dst, tableLine(when, h.Table.Name, h.Indicator.Value, h.Matches[0].Class.String(),
		cmp.Or(who, "-"), peer, cmp.Or(w.Direction, "-"), cmp.Or(w.Outcome, "-"), place)...)
}

func tableLine(cells ...string) string {
	widths := [...]int{19, 19, 28, 9, 30, 24, 9, 12, 0}
	var b strings.Builder
	for i, c := range cells {
		c = Printable(c)
		if i == len(cells)-1 {
			b.WriteString(c)
			break
		}
		fmt.Fprintf(&b, "%-*s  ", widths[i], c)
	}
	b.WriteByte('\n')
	return b.String()
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}
