package feed

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// suricata is a file of rules of Suricata or Snort. Of a rule the addresses in
// its header are taken, of both sides, with the port where it names one for that
// side:
//
//	alert tcp $HOME_NET any -> [203.0.113.7,!203.0.113.8,198.51.100.0/24] 443 (msg:"C2 of Mirai"; classtype:trojan-activity; sid:1;)
//
// Its message is a tag, its class the threat type. Of the content that a rule
// looks for nothing is taken.
var suricata = blocklist("suricata", func(*zone) lineReaderOf {
	words := newInterner()
	return func(line []byte, no int, emit func(*Entry)) (ok, own bool) {
		return suricataLine(line, no, words, emit)
	}
})

// A rule of seven words: what to do, the protocol, from where and from which
// port, the direction, to where and to which port.
const (
	ruleAction = iota
	ruleProtocol
	ruleFrom
	ruleFromPort
	ruleDirection
	ruleTo
	ruleToPort
	ruleWords
)

func suricataLine(line []byte, no int, words *interner, emit func(*Entry)) (ok, own bool) {
	off := line[0] == '#'
	header, options, _ := strings.Cut(strings.TrimLeft(string(line), "# \t"), "(")
	h := ruleHeader(header)
	if len(h) != ruleWords || !slices.Contains([]string{"->", "<>", "<-"}, h[ruleDirection]) {
		return off, false
	}
	switch h[ruleAction] {
	case "alert", "drop", "sdrop", "block", "reject", "rejectsrc", "rejectdst", "rejectboth", "log":
	case "pass":
		skipped(emit, no, string(line), "allowed: an exception, not an indicator")
		return true, true
	default:
		return off, false
	}
	if off {
		skipped(emit, no, string(line), "rule that is turned off")
		return true, true
	}
	e := newEntry(no)
	if msg := words.word([]byte(ruleOption(options, "msg:"))); msg != "" {
		e.Tags = []string{msg}
	}
	e.ThreatType = words.word([]byte(ruleOption(options, "classtype:")))
	found := ruleSide(e, h[ruleFrom], h[ruleFromPort], emit)
	if !ruleSide(e, h[ruleTo], h[ruleToPort], emit) && !found {
		skipped(emit, no, string(line), "rule without addresses")
	}
	return true, true
}

// ruleHeader splits a header at the blanks that are not in brackets.
func ruleHeader(text string) (words []string) {
	depth, from := 0, 0
	for i := 0; i <= len(text) && len(words) <= ruleWords; i++ {
		switch {
		case i == len(text) || depth == 0 && (text[i] == ' ' || text[i] == '\t'):
			if i > from {
				words = append(words, text[from:i])
			}
			from = i + 1
		case text[i] == '[':
			depth++
		case text[i] == ']':
			depth--
		}
	}
	return words
}

// ruleOption returns the value of an option, without its quotes.
func ruleOption(options, name string) string {
	_, value, _ := strings.Cut(options, name)
	value = strings.TrimLeft(value, " ")
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		value, _, _ = strings.Cut(quoted, `"`)
		return value
	}
	value, _, _ = strings.Cut(value, ";")
	return value
}

// ruleSide emits the addresses of one side of a rule, and says whether there are
// any.
func ruleSide(e Entry, addresses, port string, emit func(*Entry)) (found bool) {
	if port = strings.Trim(port, "[]"); port != "" && strings.Trim(port, "0123456789") == "" {
		e.Port = []byte(port)
	}
	for _, a := range ruleMembers(addresses) {
		found = true
		e.Value = []byte(a)
		e.Fate, e.Reason = ruleFate(a)
		emit(&e)
	}
	return found
}

// ruleFate says what becomes of an address in a rule. One that is set aside is of
// the house that the rule guards, and the widest networks only say everywhere.
func ruleFate(address string) (Fate, string) {
	i, err := ioc.Parse(address)
	widest := 8
	if i.Prefix.Addr().Is6() {
		widest = 16
	}
	switch {
	case err != nil || !fits(i.Type, classAddr):
		return Rejected, "not an indicator"
	case i.Prefix.Bits() < widest:
		return Skipped, fmt.Sprintf("network in a rule that is wider than /%d", widest)
	case ofTheHouse(&i):
		return Skipped, ioc.Special(i.Addr()) + " address in a rule"
	}
	return Usable, ""
}

// ruleMembers returns the members of a list, and of lists in it, which are
// neither denied nor variables.
func ruleMembers(list string) (members []string) {
	depth, denied, from := 0, 0, 0 // denied is how deep the list stands that is
	for i := 0; i <= len(list); i++ {
		if i < len(list) && strings.IndexByte("[],", list[i]) < 0 {
			continue
		}
		word := strings.TrimSpace(list[from:i])
		from = i + 1
		if word != "" && word != "any" && word[0] != '!' && word[0] != '$' && denied == 0 {
			members = append(members, word)
		}
		switch {
		case i == len(list):
		case list[i] == '[':
			if depth++; word == "!" && denied == 0 {
				denied = depth
			}
		case list[i] == ']':
			if denied == depth {
				denied = 0
			}
			depth--
		}
	}
	return members
}
