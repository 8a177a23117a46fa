package table

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
)

// Who answers "who talked to this" in the same words for all tables. An empty
// string is null: the row does not say.
type Who struct {
	Host, IP, User       string // the inside party
	Process, CommandLine string
	Peer, PeerName       string // the other party: its address, its name
	PeerPort             Number
	Protocol             string // lower case
	BytesOut, BytesIn    Number // from the vendor's view: sent and received
	Direction            string // outbound, inbound, internal, unknown
	Outcome              string // allowed, blocked, failed, resolved, not-resolved, unknown
}

// A Number may be missing. The zero value is null.
type Number struct {
	N     int64
	Known bool
}

// MarshalJSON gives the number or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, n.N, 10), nil
}

// String is the number in decimal, "" for null.
func (n Number) String() string {
	if !n.Known {
		return ""
	}
	return strconv.FormatInt(n.N, 10)
}

const (
	whoHost = iota
	whoIP
	whoUser
	whoProcess
	whoCommandLine
	whoPeer
	whoPeerName
	whoPeerPort
	whoProtocol
	whoBytesOut
	whoBytesIn
	whoDirection
	whoOutcome
	whoCount
)

// An Answer is one field of a Who under its name in the hit record: a text or a number.
type Answer struct {
	Name   string
	Text   *string // nil for a number
	Number *Number // nil for a text
}

// String is the answer as text, "" for null.
func (a Answer) String() string {
	if a.Number != nil {
		return a.Number.String()
	}
	return *a.Text
}

// Answers are all fields in the order of the hit record. Through them w is read and set.
func (w *Who) Answers() [13]Answer {
	return [...]Answer{
		whoHost:        {"host", &w.Host, nil},
		whoIP:          {"ip", &w.IP, nil},
		whoUser:        {"user", &w.User, nil},
		whoProcess:     {"process", &w.Process, nil},
		whoCommandLine: {"command_line", &w.CommandLine, nil},
		whoPeer:        {"peer", &w.Peer, nil},
		whoPeerName:    {"peer_name", &w.PeerName, nil},
		whoPeerPort:    {"peer_port", nil, &w.PeerPort},
		whoProtocol:    {"protocol", &w.Protocol, nil},
		whoBytesOut:    {"bytes_out", nil, &w.BytesOut},
		whoBytesIn:     {"bytes_in", nil, &w.BytesIn},
		whoDirection:   {"direction", &w.Direction, nil},
		whoOutcome:     {"outcome", &w.Outcome, nil},
	}
}

var whoNames = func() (names [whoCount]string) {
	for i, a := range new(Who).Answers() {
		names[i] = a.Name
	}
	return names
}()

func whoNumber(name string) (int, bool) {
	for i, n := range whoNames {
		if strings.EqualFold(n, name) {
			return i, true
		}
	}
	return 0, false
}

// Get returns a field by its name in the hit record as text, "" for null.
func (w *Who) Get(name string) string {
	i, ok := whoNumber(name)
	if !ok {
		return ""
	}
	return w.Answers()[i].String()
}

// An Element is one cell, or member of a cell, in which the indicator was found.
type Element struct {
	Column string     // bare column, without the member
	Role   string     // as Table.Role gives it
	Addr   netip.Addr // the address, if it is one
	Port   int        // port within the cell, -1 if none
}

// A whoRule is one "who" line.
type whoRule struct {
	terms  []whoTerm
	unless *condition
}

// A whoTerm is a term with what the table says of its column, so that a row
// costs no search for it.
type whoTerm struct {
	Term
	port string // column of the port that belongs to it, "" without one
	side int    // the side whose address the column has: 0 source, 1 destination, -1 neither
}

func (p *parser) who(field, rest string) error {
	n, ok := whoNumber(field)
	if !ok || n == whoDirection || n == whoOutcome {
		return fmt.Errorf("who has no field %q to define", field)
	}
	var w whoRule
	if head, cond, conditional := strings.Cut(rest, " unless "); conditional {
		c, err := p.condition(cond)
		if err != nil {
			return err
		}
		rest, w.unless = head, c
	}
	terms, err := p.terms(rest, ',')
	if err != nil {
		return err
	}
	for _, t := range terms {
		if t.Func == EventTime || t.Func == WhoField {
			return fmt.Errorf("%s cannot stand here", t)
		}
		if t.When == WhenSrc || t.When == WhenDst {
			p.check(func() error {
				if p.t.sides[0].addr == "" {
					return fmt.Errorf("%s needs a sides: line", t)
				}
				return nil
			})
		}
		if t.Func != Literal {
			p.use(t.Column, t.Domain)
		}
	}
	for _, t := range terms {
		w.terms = append(w.terms, whoTerm{Term: t})
	}
	p.t.who[n] = w
	return nil
}

// settle sets port and side of the terms, once all lines are read.
func (w *whoRule) settle(t *Table) {
	for i := range w.terms {
		x := &w.terms[i]
		if k := t.Key(x.Column); k != nil {
			x.port = k.Port
		}
		x.side = -1
		for n, s := range t.sides {
			if s.addr != "" && x.Func == Plain && x.Member == "" && strings.EqualFold(x.Column, s.addr) {
				x.side = n
			}
		}
	}
}

// asking is what is known while one row's Who is worked out.
type asking struct {
	t         *Table
	r         *Row
	matches   []Element
	direction Direction
	addr      [2]netip.Addr // of the sides
	inside    int           // which side is the inside party
	peerPort  string
	wantPort  bool // find the port of the next value as well
	normal    bool // the value that was found last is an address in normal form
}

// Who answers for one row. d is its t.Direction, and matches are its elements that
// matched, in their order. The texts live as long as the row's cells do, see Row.Reset.
func (t *Table) Who(r *Row, d Direction, matches []Element) Who {
	a := asking{t: t, r: r, matches: matches, direction: d}
	if t.sides[0].addr != "" {
		a.addr = [2]netip.Addr{t.sideAddr(r, 0), t.sideAddr(r, 1)}
		a.inside = a.insideParty()
	}
	text := func(n int) string {
		s, _ := a.first(n)
		return s
	}
	w := Who{Host: text(whoHost), User: text(whoUser), Process: text(whoProcess),
		CommandLine: text(whoCommandLine), Protocol: text(whoProtocol),
		Direction: a.direction.String(), Outcome: t.outcome.read(r)}
	w.IP = a.inNormalForm(text(whoIP))
	a.wantPort = true
	w.Peer, a.peerPort = a.first(whoPeer)
	w.Peer = a.inNormalForm(w.Peer)
	a.wantPort = false
	w.PeerName = text(whoPeerName)
	w.PeerPort = number(text(whoPeerPort), 65535)
	w.BytesOut, w.BytesIn = number(text(whoBytesOut), 0), number(text(whoBytesIn), 0)
	return w
}

// inNormalForm brings an address that was just found to normal form.
func (a *asking) inNormalForm(text string) string {
	if text == "" || a.normal || ioc.IsNormal4(text) {
		return text
	}
	if addr, _, ok := ioc.ParseAddr(bytesOf(text)); ok {
		return a.r.normalAddr(addr, text)
	}
	return text
}

// normalAddr is an address in normal form: the text that it was read from, if
// that is one.
func (r *Row) normalAddr(a netip.Addr, text string) string {
	if ioc.IsNormal4(text) {
		return text
	}
	var buf [64]byte
	normal := a.AppendTo(buf[:0])
	if string(normal) == text {
		return text
	}
	return r.keep(normal)
}

// number reads a count. limit 0 means none.
func number(s string, limit int64) Number {
	if s = strings.TrimSpace(s); s == "" {
		return Number{} // most often, and an error is costly to make
	}
	n, err := parseInt(s)
	if err != nil {
		// JSON and spreadsheets print 23 as 23.0.
		whole, zeros, ok := strings.Cut(s, ".")
		if !ok || strings.Trim(zeros, "0") != "" {
			return Number{}
		}
		if n, err = strconv.ParseInt(whole, 10, 64); err != nil {
			return Number{}
		}
	}
	if n < 0 || limit > 0 && n > limit {
		return Number{}
	}
	return Number{n, true}
}

// parseInt is strconv.ParseInt in base 10, and faster for what most numbers are.
func parseInt(s string) (int64, error) {
	n := int64(0)
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 || i == 18 {
			return strconv.ParseInt(s, 10, 64)
		}
		n = n*10 + int64(d)
	}
	return n, nil
}

// first returns the first value of a who line, with the port that belongs to it if
// a.wantPort. An address in a column of names is no name.
func (a *asking) first(field int) (text, port string) {
	w := &a.t.who[field]
	if w.unless != nil && w.unless.holds(a.r) {
		return "", ""
	}
	for i := range w.terms {
		t := &w.terms[i]
		switch t.When {
		case WhenSrc, WhenDst:
			if a.inside != int(t.When-WhenSrc) {
				continue
			}
		default:
			if met, known := t.When.holds(a.direction); !met || !known {
				continue
			}
		}
		a.normal = false
		switch t.Func {
		case MatchedIn:
			text, port = a.matched(t.Column)
		case PortOfPeer:
			text = a.peerPort
		default:
			text, port = a.plain(t)
		}
		if text != "" && (text[0] <= ' ' || text[len(text)-1] <= ' ' || text[0]|text[len(text)-1] >= utf8.RuneSelf) {
			text = strings.TrimSpace(text)
		}
		if text == "" || placeholder(text) || field == whoPeerName && isAddr(text) {
			continue
		}
		return text, port
	}
	return "", ""
}

// isAddr reports whether a text is an address.
func isAddr(text string) bool {
	_, _, ok := ioc.ParseAddr(bytesOf(text))
	return ok
}

// plain is the value of a term. A side's column stands for the side's address,
// wherever the row holds it.
func (a *asking) plain(t *whoTerm) (text, port string) {
	if t.side >= 0 && a.addr[t.side].IsValid() {
		if a.wantPort {
			port = a.r.cell(a.t.sides[t.side].port)
		}
		a.normal = true
		return a.r.normalAddr(a.addr[t.side], a.r.cell(t.Column)), port
	}
	text, _ = t.Value(a.r)
	if t.port != "" && a.wantPort {
		port = a.r.cell(t.port)
	}
	return text, port
}

// matched is the first matched address: of a column, or, without one, of the
// far side. An address on the inside party's own side is not its peer, and an
// enrichment or a reporter is no party at all.
func (a *asking) matched(column string) (text, port string) {
	for _, e := range a.matches {
		if !e.Addr.IsValid() || column != "" && !strings.EqualFold(e.Column, column) {
			continue
		}
		if column == "" && !a.far(e) {
			continue
		}
		if a.wantPort {
			port = a.portOf(e)
		}
		a.normal = true
		return a.r.normalAddr(e.Addr.Unmap(), a.r.cell(e.Column)), port
	}
	return "", ""
}

// far reports whether a matched element is on the other side, or has the role remote and
// is the address of neither side.
func (a *asking) far(e Element) bool {
	n := a.sideOf(e)
	return n == 1-a.inside || n < 0 && e.Role == "remote"
}

// portOf is the port that belongs to a matched element.
func (a *asking) portOf(e Element) string {
	if e.Port >= 0 {
		return strconv.Itoa(e.Port)
	}
	if k := a.t.Key(e.Column); k != nil && k.Port != "" {
		return a.r.cell(k.Port)
	}
	return ""
}

// sideOf returns the side (0 source, 1 destination) on which a matched element is,
// -1 if on neither.
func (a *asking) sideOf(e Element) int {
	switch e.Role {
	case "src", "src-nat":
		return 0
	case "dst", "dst-nat":
		return 1
	}
	if e.Addr.IsValid() {
		for n, addr := range a.addr {
			if e.Addr.Unmap() == addr {
				return n
			}
		}
	}
	return -1
}

// insideParty picks the private side; if both or neither are private, the side
// that did not match; then the one that the direction says; then the source.
func (a *asking) insideParty() int {
	src, dst := reach(a.addr[0]) == inner, reach(a.addr[1]) == inner
	if src != dst {
		if src {
			return 0
		}
		return 1
	}
	var hit [2]bool
	for _, e := range a.matches {
		if n := a.sideOf(e); n >= 0 {
			hit[n] = true
		}
	}
	switch {
	case hit[0] != hit[1] && hit[0]:
		return 1
	case hit[0] != hit[1]:
		return 0
	case a.direction == Inbound:
		return 1
	}
	return 0
}
