package table

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/iocsweep/iocsweep/ioc"
)

// Cond is a condition under which a [Term] has a value.
type Cond uint8

// Conditions: the direction of the event, or which side is the inside party.
const (
	Always Cond = iota
	WhenOut
	WhenIn
	WhenSrc
	WhenDst
)

var condNames = [...]string{"", "@out", "@in", "@src", "@dst"}

// Func is what a [Term] does with its column.
type Func uint8

// The functions of the notation; see the package comment.
const (
	Plain Func = iota
	HostOf
	ProtocolOf
	UserOf
	MatchedIn
	PortOfPeer
	Literal
	EventTime
	WhoField
)

// A Term is one place that a value comes from. Several make a fallback list
// (who) or alternatives of which any may hold (aliases).
type Term struct {
	Func   Func
	Column string // column; the text of a Literal; the field of WhoField
	Domain string // UserOf: the column of the account's domain
	Member string // key of a JSON column, "" for the whole cell
	When   Cond
}

// String is the term in the notation of the table files.
func (t Term) String() string {
	s := t.Column
	if t.Member != "" {
		s += "." + t.Member
	}
	switch t.Func {
	case HostOf:
		s = "host(" + s + ")"
	case ProtocolOf:
		s = "protocol(" + s + ")"
	case UserOf:
		s = "user(" + t.Domain + ", " + s + ")"
	case MatchedIn:
		s = "matched(" + s + ")"
	case PortOfPeer:
		s = "port(peer)"
	case Literal:
		s = `"` + s + `"`
	case EventTime:
		s = "event-time"
	case WhoField:
		s = "who." + s
	}
	return s + condNames[t.When]
}

// parseTerm reads one term. Columns are checked by the caller.
func parseTerm(s string) (Term, error) {
	s = strings.TrimSpace(s)
	var t Term
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return Term{Func: Literal, Column: s[1 : len(s)-1]}, nil
	}
	if s == "event-time" {
		return Term{Func: EventTime}, nil
	}
	if f, ok := strings.CutPrefix(s, "who."); ok {
		if _, known := whoNumber(f); !known {
			return t, fmt.Errorf("who has no field %q", f)
		}
		return Term{Func: WhoField, Column: f}, nil
	}
	if body, cond, ok := strings.Cut(s, "@"); ok {
		for c, name := range condNames {
			if c > 0 && name[1:] == cond {
				t.When = Cond(c)
			}
		}
		if t.When == Always {
			return t, fmt.Errorf("unknown condition @%s: want out, in, src or dst", cond)
		}
		s = body
	}
	if name, args, ok := strings.Cut(s, "("); ok {
		args, closed := strings.CutSuffix(args, ")")
		if !closed {
			return t, fmt.Errorf("%s( is not closed", name)
		}
		s = strings.TrimSpace(args)
		switch name {
		case "host":
			t.Func = HostOf
		case "protocol":
			t.Func = ProtocolOf
		case "matched":
			t.Func = MatchedIn
		case "port":
			if s != "peer" {
				return t, fmt.Errorf("port(%s): only port(peer) is known", s)
			}
			return Term{Func: PortOfPeer, When: t.When}, nil
		case "user":
			domain, account, two := strings.Cut(s, ",")
			if !two {
				return t, fmt.Errorf("user wants two columns: the domain and the name")
			}
			t.Func, t.Domain, s = UserOf, strings.TrimSpace(domain), strings.TrimSpace(account)
		default:
			return t, fmt.Errorf("unknown function %q", name)
		}
		if s == "" && t.Func == MatchedIn {
			return t, nil
		}
	}
	t.Column, t.Member, _ = strings.Cut(s, ".")
	if t.Column == "" || strings.ContainsAny(s, " \t()\"@") {
		return t, fmt.Errorf("%q is not a column", s)
	}
	return t, nil
}

// splitTop splits at sep outside parentheses and quotes, and trims the parts.
func splitTop(s string, sep byte) []string {
	var parts []string
	depth, quoted, start := 0, false, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == sep && depth == 0:
			parts = append(parts, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(s[start:]))
}

// Value returns the text that a term has in a row, "" if it has none, and whether the
// input has the column at all. Conditions, and the terms that need a match, are up to
// the caller. The text lives as long as the row's cells do, see Row.Reset.
func (t Term) Value(r *Row) (text string, has bool) {
	if t.Func == Literal {
		return t.Column, true
	}
	if t.Column == "" {
		return "", false
	}
	text, has = r.Get(t.Column)
	if text == "" {
		return "", has
	}
	if t.Member != "" {
		text, _ = r.member(text, t.Member)
	}
	switch t.Func {
	case HostOf:
		if placeholder(text) {
			return "", has // N/A is no host with a path
		}
		text = r.host(text)
	case ProtocolOf:
		text = r.protocol(text)
	case UserOf:
		if d := r.cell(t.Domain); d != "" && text != "" && !placeholder(d) && !placeholder(text) && !strings.ContainsAny(text, `\@`) {
			text = r.join(d, `\`, text)
		}
	}
	return text, has
}

// host is the host of a URL, host:port or name in normal form, "" if there is none.
func (r *Row) host(cell string) string {
	if ioc.IsPlainName(cell) { // as nearly all are
		return cell
	}
	var buf [64]byte
	h, ok := ioc.AppendHost(buf[:0], bytesOf(cell))
	switch {
	case !ok:
		return ""
	case h.Addr.IsValid():
		return r.normalAddr(h.Addr, cell)
	}
	return r.keep(h.Name)
}

// protocol is Protocol for a cell of the row.
func (r *Row) protocol(cell string) string {
	a, known := r.recall(unsafe.Pointer(&protocolNumbers), cell)
	switch {
	case known:
		return a.word
	case a == nil:
		return Protocol(cell)
	}
	a.word = strings.Clone(Protocol(cell))
	return a.word
}

var protocolNumbers = map[string]string{"1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "41": "ipv6",
	"47": "gre", "50": "esp", "51": "ah", "58": "ipv6-icmp", "89": "ospf", "132": "sctp",
	"tcpv4": "tcp", "tcpv6": "tcp", "udpv4": "udp", "udpv6": "udp", "icmpv4": "icmp", "icmpv6": "ipv6-icmp", "icmp6": "ipv6-icmp"}

// Protocol brings the spellings of a transport protocol together: lower case,
// IANA numbers by name (6 is tcp), TcpV4 is tcp, tcp/https is tcp.
func Protocol(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if p, ok := protocolNumbers[s]; ok {
		return p
	}
	if head, _, ok := strings.Cut(s, "/"); ok {
		switch head = strings.TrimSpace(head); head {
		case "tcp", "udp", "icmp", "sctp", "6", "17":
			return Protocol(head)
		}
	}
	return s
}
