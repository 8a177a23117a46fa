package feed

import (
	"bytes"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Lists of names in the languages of what blocks them. Lines that are not in
// the list's own language are read as those of a plain list: the languages are
// mixed a lot.
var (
	// adblock is for browsers: ||evil.example^, and @@ before what is let through.
	adblock = blocklist("adblock", func(*zone) lineReaderOf { return adblockLine })
	// dnsmasq is address=/evil.example/0.0.0.0, and server= and local= with no
	// address behind.
	dnsmasq = blocklist("dnsmasq", func(*zone) lineReaderOf { return dnsmasqLine })
	// unbound is local-zone: "evil.example." always_null.
	unbound = blocklist("unbound", func(*zone) lineReaderOf { return unboundLine })
	// rpz is a zone of a name server's response policy: evil.example CNAME .
	rpz = blocklist("rpz", func(z *zone) lineReaderOf { return z.line })
)

// letThrough is why what a list excepts is no indicator.
const letThrough = "allowed: an exception, not an indicator"

// A lineReaderOf emits what a trimmed line that is not blank says, nothing for
// a comment. It says false of a line that is not in its language; own is true
// if no other list has such lines.
type lineReaderOf func(line []byte, no int, emit func(*Entry)) (ok, own bool)

// A zone is what lines of a zone file say of those that follow.
type zone struct {
	origin string
	open   int // fields that may follow of an SOA record in parentheses
}

func blocklist(name string, language func(*zone) lineReaderOf) Kind {
	return Kind{
		Name: name,
		Sniff: func(head []byte) bool {
			read, known, lines := language(new(zone)), 0, 0
			sampleLines(head, func(line []byte) bool {
				if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
					return true
				}
				said := false
				ok, own := read(line, 0, func(*Entry) { said = true })
				if ok && !said {
					return true // a banner may be longer than the list
				}
				lines++
				if own {
					known++
				}
				return lines < maxSample
			})
			return known > 0 && known*2 >= lines && markdownTables(head) == 0
		},
		Read: func(r io.Reader, emit func(*Entry)) error {
			read := language(new(zone))
			return newLineReader(r).each(emit, func(line []byte, no int) {
				if line = bytes.TrimSpace(line); len(line) == 0 {
					return
				}
				if ok, _ := read(line, no, emit); !ok {
					listLine(line, no, emit)
				}
			})
		},
	}
}

func adblockLine(line []byte, no int, emit func(*Entry)) (ok, own bool) {
	s := string(line)
	switch {
	case s[0] == '!', s[0] == '[' && s[len(s)-1] == ']' && strings.Contains(strings.ToLower(s), "ad"):
		return true, false
	case strings.HasPrefix(s, "@@"):
		skipped(emit, no, s, letThrough)
		return true, true
	case strings.Contains(s, "##"), strings.Contains(s, "#@#"), strings.Contains(s, "#?#"):
		skipped(emit, no, s, "rule about the content of pages")
		return true, true
	case len(s) > 2 && s[0] == '/' && s[len(s)-1] == '/':
		skipped(emit, no, s, "regular expression")
		return true, false
	case s[0] != '|', strings.Contains(s, " |"):
		return false, false // or a row of a table in a report
	}
	s, options, _ := strings.Cut(s, "$")
	value := strings.TrimRight(strings.TrimLeft(s, "|"), "|^")
	// "|evil.example" is a row of a table too.
	own = strings.HasPrefix(s, "||") || strings.Contains(s, "://") || s[len(s)-1] == '^'
	switch {
	case strings.Contains(options, "domain=") || strings.Contains(options, "badfilter"):
		skipped(emit, no, s, "rule for certain pages")
	case strings.ContainsAny(strings.TrimPrefix(value, "*."), "*^"):
		skipped(emit, no, s, "wildcard")
	default:
		give(emit, no, value)
	}
	return true, own
}

func dnsmasqLine(line []byte, no int, emit func(*Entry)) (ok, own bool) {
	key, rest, found := bytes.Cut(line, []byte("=/"))
	if !found {
		return line[0] == '#', false
	}
	switch strings.TrimSpace(string(key)) {
	case "address", "server", "local", "ipset", "nftset":
	default:
		return false, false
	}
	end := bytes.LastIndexByte(rest, '/')
	if end < 0 {
		return false, false
	}
	if string(key) == "server" && string(bytes.TrimSpace(rest[end+1:])) == "#" {
		// A name below a blocked one that the usual servers are asked for.
		skipped(emit, no, string(rest[:end]), letThrough)
		return true, true
	}
	to, _, _ := bytes.Cut(rest[end+1:], []byte("#"))
	for name := range strings.SplitSeq(string(rest[:end]), "/") {
		a, err := netip.ParseAddr(string(bytes.TrimSpace(to)))
		if name == "" {
			continue
		}
		if err == nil && !a.IsUnspecified() && !a.IsLoopback() && string(key) != "address" {
			skipped(emit, no, name, "asks another server, blocks nothing")
			continue
		}
		give(emit, no, name)
	}
	return true, true
}

func unboundLine(line []byte, no int, emit func(*Entry)) (ok, own bool) {
	key, rest, found := bytes.Cut(line, []byte(":"))
	if !found {
		return line[0] == '#', false
	}
	fields := strings.Fields(strings.ReplaceAll(string(rest), `"`, " "))
	switch string(key) {
	case "local-zone", "local-data":
	case "server":
		return len(fields) == 0, false
	default:
		return false, false
	}
	switch {
	case len(fields) == 0:
		reject(emit, no, string(line), "no value")
	case len(fields) > 1 && slices.Contains([]string{"transparent", "typetransparent", "always_transparent", "nodefault"}, fields[1]):
		skipped(emit, no, fields[0], letThrough)
	default:
		give(emit, no, fields[0])
	}
	return true, true
}

// line reads a line of a zone: owner [ttl] [IN] CNAME target. Owners that are
// addresses stand reversed: 32.7.113.0.203.rpz-ip is 203.0.113.7/32.
func (z *zone) line(line []byte, no int, emit func(*Entry)) (ok, own bool) {
	text, _, _ := strings.Cut(string(line), ";")
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return true, false
	}
	if len(fields) <= z.open {
		if z.open -= len(fields); strings.Contains(text, ")") {
			z.open = 0
		}
		return true, false
	}
	z.open = 0
	first := strings.ToUpper(fields[0])
	switch {
	case first == "$ORIGIN":
		if len(fields) > 1 {
			z.origin = "." + strings.ToLower(strings.TrimSuffix(fields[1], "."))
		}
		return true, false
	case first == "$TTL", first == "NS" && len(fields) == 2: // without an owner, that of the line before
		return true, false
	case first == "@":
		z.parenthesis(text)
		return true, false
	}
	kind := 1
	for kind < len(fields) && (strings.EqualFold(fields[kind], "IN") || isTTL(fields[kind])) {
		kind++
	}
	if kind >= len(fields) {
		return false, false
	}
	owner := strings.ToLower(fields[0])
	switch strings.ToUpper(fields[kind]) {
	case "SOA":
		z.origin = "." + strings.TrimSuffix(owner, ".")
		z.parenthesis(text)
		return true, false
	case "NS":
		return true, false
	case "CNAME", "A", "AAAA", "TXT":
	default:
		return false, false
	}
	if absolute, ok := strings.CutSuffix(owner, "."); ok {
		owner = absolute
		if z.origin != "" {
			owner = strings.TrimSuffix(owner, z.origin)
		}
	}
	target := ""
	if kind+1 < len(fields) {
		target = strings.ToLower(fields[kind+1])
	}
	switch {
	case target == "rpz-passthru." || target == "rpz-passthru":
		skipped(emit, no, owner, letThrough)
	case strings.HasSuffix(owner, ".rpz-ip"):
		if p, ok := reversedPrefix(strings.TrimSuffix(owner, ".rpz-ip")); ok {
			give(emit, no, p)
		} else {
			reject(emit, no, owner, "not an indicator")
		}
	case strings.HasSuffix(owner, ".rpz-client-ip"), strings.HasSuffix(owner, ".rpz-nsip"), strings.HasSuffix(owner, ".rpz-nsdname"):
		skipped(emit, no, owner, "rule about who asks or answers")
	default:
		give(emit, no, strings.TrimPrefix(owner, "*."))
	}
	return true, true
}

// parenthesis notes one that stays open behind the first line of an SOA record.
// The record has seven fields, and what closes them may be an eighth.
func (z *zone) parenthesis(text string) {
	if before, after, found := strings.Cut(text, "("); found && !strings.Contains(after, ")") {
		fields := strings.Fields(before + " " + after)
		soa := slices.IndexFunc(fields, func(f string) bool { return strings.EqualFold(f, "SOA") })
		if soa >= 0 {
			z.open = max(0, 8-(len(fields)-soa-1))
		}
	}
}

// isTTL reports whether a field is a number of seconds or, as in 1h30m, of
// longer units.
func isTTL(s string) bool {
	return s[0] >= '0' && s[0] <= '9' && strings.Trim(s, "0123456789smhdwSMHDW") == ""
}

// reversedPrefix reads a network as owners of a policy zone have it: its length
// and its parts from the last, zz for the longest run of zeros.
func reversedPrefix(s string) (string, bool) {
	parts := strings.Split(s, ".")
	length, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 2 {
		return "", false
	}
	var b strings.Builder
	between := byte(':')
	if len(parts) == 5 && !strings.Contains(s, "zz") {
		between = '.'
	}
	for i := len(parts) - 1; i > 0; i-- {
		switch {
		case parts[i] == "zz" && (i == len(parts)-1 || i == 1):
			b.WriteString("::")
		case parts[i] == "zz":
			b.WriteString(":")
		default:
			b.WriteString(parts[i])
		}
		if i > 1 && parts[i] != "zz" {
			b.WriteByte(between)
		}
	}
	text := strings.Replace(b.String(), ":::", "::", 1)
	a, err := netip.ParseAddr(text)
	if err != nil || length < 0 || length > a.BitLen() {
		return "", false
	}
	if length == a.BitLen() {
		return a.String(), true
	}
	return a.String() + "/" + strconv.Itoa(length), true
}
