package table

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unsafe"

	"github.com/iocsweep/iocsweep/ioc"
)

// Direction is where an event's traffic goes, seen from the inside party.
type Direction uint8

// The directions. Unknown is the zero value: nothing is guessed.
const (
	Unknown Direction = iota
	Outbound
	Inbound
	Internal
)

var directionNames = [...]string{"unknown", "outbound", "inbound", "internal"}

// String is the direction as the hit record shows it.
func (d Direction) String() string { return directionNames[d] }

func parseDirection(s string) (Direction, bool) {
	i := slices.Index(directionNames[:], strings.TrimSpace(s))
	return Direction(max(i, 0)), i > 0
}

// holds returns whether a condition on the direction is met; the second result is
// false if that cannot be known.
func (c Cond) holds(d Direction) (bool, bool) {
	switch c {
	case WhenOut:
		return d == Outbound, d == Outbound || d == Inbound
	case WhenIn:
		return d == Inbound, d == Outbound || d == Inbound
	}
	return true, true
}

// A directionRule is one "direction:" line.
type directionRule struct {
	always Direction
	scope  bool
	term   Term
	only   *condition
	words  []wordList
}

type wordList struct {
	words     []string
	direction Direction
}

// A condition is "COLUMN is WORD …".
type condition struct {
	column string
	words  []string
}

func (c *condition) holds(r *Row) bool {
	cell := r.cell(c.column)
	a, known := r.recall(unsafe.Pointer(c), cell)
	if known {
		return a.said != 0
	}
	holds := matchesAny(c.words, cell)
	if a != nil {
		a.said = 0
		if holds {
			a.said = 1
		}
	}
	return holds
}

// A side is one end of a connection.
type side struct{ addr, port string }

func (p *parser) condition(s string) (*condition, error) {
	column, words, ok := strings.Cut(strings.TrimSpace(s), " is ")
	list := strings.Fields(words)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("%q: want COLUMN is WORD …", s)
	}
	column = strings.TrimSpace(column)
	p.want(column)
	p.use(column)
	return &condition{column, list}, nil
}

func (p *parser) direction(rest string) error {
	if rest == "scope" {
		p.check(func() error {
			if p.t.sides[0].addr == "" {
				return errors.New("direction: scope needs a sides: line")
			}
			return nil
		})
		p.t.direction = append(p.t.direction, directionRule{scope: true})
		return nil
	}
	if d, ok := parseDirection(rest); ok {
		p.t.direction = append(p.t.direction, directionRule{always: d})
		return nil
	}
	head, lists, ok := strings.Cut(rest, ":")
	if !ok {
		return fmt.Errorf("%q: want COLUMN: WORD … = outbound; …, scope, or a direction", rest)
	}
	var x directionRule
	term, cond, conditional := strings.Cut(head, " if ")
	if conditional {
		c, err := p.condition(cond)
		if err != nil {
			return err
		}
		x.only = c
	}
	terms, err := p.terms(term, ',')
	if err != nil {
		return err
	}
	if len(terms) != 1 || terms[0].Func != Plain || terms[0].When != Always {
		return fmt.Errorf("%q: want one column", term)
	}
	x.term = terms[0]
	p.use(x.term.Column)
	for part := range strings.SplitSeq(lists, ";") {
		words, name, _ := strings.Cut(part, "=")
		d, ok := parseDirection(name)
		if !ok || len(strings.Fields(words)) == 0 {
			return fmt.Errorf("%q: want WORD … = outbound, inbound or internal", strings.TrimSpace(part))
		}
		x.words = append(x.words, wordList{strings.Fields(words), d})
	}
	p.t.direction = append(p.t.direction, x)
	return nil
}

func (p *parser) sides(rest string) error {
	for _, part := range splitTop(rest, ',') {
		w := strings.Fields(part)
		i := -1
		if len(w) == 3 {
			i = slices.Index([]string{"src", "dst"}, w[0])
		}
		if i < 0 {
			return fmt.Errorf("%q: want src COLUMN PORT or dst COLUMN PORT", part)
		}
		p.want(w[1], w[2])
		p.use(w[1], w[2])
		p.t.sides[i] = side{w[1], w[2]}
	}
	if p.t.sides[0].addr == "" || p.t.sides[1].addr == "" {
		return errors.New("sides wants both src and dst")
	}
	return nil
}

func (p *parser) role(name, rest string) error {
	if !slices.Contains(roles, name) {
		return fmt.Errorf("unknown role %q", name)
	}
	for _, part := range splitTop(rest, ',') {
		role, cond, _ := strings.Cut(part, "@")
		t := Term{Column: role}
		switch cond {
		case "out":
			t.When = WhenOut
		case "in":
			t.When = WhenIn
		default:
			return fmt.Errorf("%q: want ROLE@out or ROLE@in", part)
		}
		if !slices.Contains(roles, role) {
			return fmt.Errorf("unknown role %q", role)
		}
		p.roles[name] = append(p.roles[name], t)
	}
	return nil
}

// matchesAny compares a cell with words that may start or end in *, without
// regard to case.
func matchesAny(words []string, cell string) bool {
	cell = strings.TrimSpace(cell)
	for _, w := range words {
		tail, open := strings.CutPrefix(w, "*")
		head, wide := strings.CutSuffix(tail, "*")
		n := len(cell)
		switch {
		case n < len(head):
		case open && wide:
			if strings.Contains(strings.ToLower(cell), strings.ToLower(head)) {
				return true
			}
		case open:
			if strings.EqualFold(cell[n-len(head):], head) {
				return true
			}
		case wide:
			if strings.EqualFold(cell[:len(head)], head) {
				return true
			}
		case strings.EqualFold(cell, head):
			return true
		}
	}
	return false
}

// Direction says where the traffic of a row went.
func (t *Table) Direction(r *Row) Direction {
	for i := range t.direction {
		x := &t.direction[i]
		switch {
		case x.scope:
			if d := scope(t.sideAddr(r, 0), t.sideAddr(r, 1)); d != Unknown {
				return d
			}
		case x.always != Unknown:
			return x.always
		case x.only != nil && !x.only.holds(r):
		default:
			text, _ := x.term.Value(r)
			if d := x.readIn(r, text); d != Unknown {
				return d
			}
		}
	}
	return Unknown
}

// readIn is read, with the answers that the row remembers.
func (x *directionRule) readIn(r *Row, text string) Direction {
	a, known := r.recall(unsafe.Pointer(x), text)
	if known {
		return Direction(a.said)
	}
	d := x.read(text)
	if a != nil {
		a.said = uint8(d)
	}
	return d
}

func (x *directionRule) read(text string) Direction {
	if text == "" {
		return Unknown
	}
	for _, l := range x.words {
		if matchesAny(l.words, text) {
			return l.direction
		}
	}
	return Unknown
}

// directionWords are what CEF and firewalls call a direction. A rule that uses
// one of them is written once for all tables.
var directionWords = map[string]Direction{
	"0": Inbound, "in": Inbound, "incoming": Inbound, "ingress": Inbound,
	"1": Outbound, "out": Outbound, "outgoing": Outbound, "egress": Outbound,
	"lateral": Internal, "intrazone": Internal,
}

// DirectionWord reads a cell or a rule's word as a direction: as a word of the
// hit record, with the table's own words (ConnectionSuccess), or as one that
// is common elsewhere (1, egress).
func (t *Table) DirectionWord(s string) (Direction, bool) {
	lower := strings.ToLower(strings.TrimSpace(s))
	if i := slices.Index(directionNames[:], lower); i >= 0 {
		return Direction(i), i > 0
	}
	for i := range t.direction {
		for _, l := range t.direction[i].words {
			// "*" stands for any cell that is not empty, and is no word.
			if !slices.Contains(l.words, "*") && matchesAny(l.words, s) {
				return l.direction, true
			}
		}
	}
	d, ok := directionWords[lower]
	return d, ok
}

func scope(src, dst netip.Addr) Direction {
	switch a, b := reach(src), reach(dst); {
	case a == inner && b == outer:
		return Outbound
	case a == outer && b == inner:
		return Inbound
	case a == inner && b == inner:
		return Internal
	}
	return Unknown
}

const (
	nowhere = iota // no address, unspecified, multicast, broadcast
	inner
	outer
)

var shared = netip.MustParsePrefix("100.64.0.0/10")

func reach(a netip.Addr) int {
	switch {
	case !a.IsValid(), a.IsUnspecified(), a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return nowhere
	case a.IsPrivate(), a.IsLoopback(), a.IsLinkLocalUnicast(), shared.Contains(a):
		return inner
	}
	return outer
}

// sideAddr is the address of a side: its column, else the labelled column
// (DeviceCustomIPv6Address2 "Source IPv6 Address") that stands in for it.
func (t *Table) sideAddr(r *Row, n int) netip.Addr {
	if t.sides[n].addr == "" {
		return netip.Addr{}
	}
	if a, _, ok := ioc.ParseAddr(bytesOf(r.cell(t.sides[n].addr))); ok {
		return a
	}
	for i := range t.Keys {
		k := &t.Keys[i]
		if !k.labelled() || labelRole(r.cell(k.RoleBy)) != sideNames[n] {
			continue
		}
		if a, _, ok := ioc.ParseAddr(bytesOf(r.cell(k.Column))); ok {
			return a
		}
	}
	return netip.Addr{}
}

// labelled reports whether a key's address may stand in for a side's.
func (k *Key) labelled() bool { return k.RoleBy != "" && k.Kind == ioc.KindIP }

var sideNames = [2]string{"src", "dst"}

// Role is the role of a key's column in one row: from its label where the
// definition says so (source is src, destination dst, anything else any), and
// remote and local as src and dst where the table maps them and the direction
// is known.
func (t *Table) Role(k *Key, r *Row, d Direction) string {
	role := k.Role
	if k.RoleBy != "" {
		role = labelRole(r.cell(k.RoleBy))
	}
	for _, m := range t.roles.at(role) {
		if met, known := m.When.holds(d); met && known {
			return m.Column
		}
	}
	return role
}

// labelRole reads a label such as "Source IPv6 Address" or "dstHost".
func labelRole(label string) string {
	label = strings.ToLower(label)
	src := strings.Contains(label, "source") || strings.Contains(label, "src")
	dst := strings.Contains(label, "dest") || strings.Contains(label, "dst")
	switch {
	case src && !dst:
		return "src"
	case dst && !src:
		return "dst"
	}
	return "any"
}
