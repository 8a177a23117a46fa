package feed

import (
	"errors"
	"fmt"
	"strings"
)

// Limits of a pattern.
const (
	maxPattern      = 1 << 20 // bytes
	maxPatternDepth = 100     // of parentheses
)

// A comparison of a STIX pattern: path op values.
type comparison struct {
	path   string // as written, without blanks: network-traffic:dst_ref.value
	op     string // =, !=, <, <=, >, >=, IN, LIKE, MATCHES, ISSUBSET, ISSUPERSET, EXISTS
	not    bool
	values []string
}

// A patternNode is a comparison, or what AND and OR join.
type patternNode struct {
	and  bool
	subs []*patternNode // nil for a comparison
	comparison
}

// A pattern is the observations of a STIX pattern, without what qualifies them
// and how they follow each other: each alone is worth a look.
type pattern []*patternNode

// parsePattern reads a STIX pattern. See STIX 2.1, section 9.
//
//	pattern     = observation { ( "AND" | "OR" | "FOLLOWEDBY" ) observation }
//	observation = ( "[" or "]" | "(" pattern ")" ) { qualifier }
//	qualifier   = "WITHIN" n "SECONDS" | "REPEATS" n "TIMES" | "START" t "STOP" t
//	or          = and { "OR" and }
//	and         = test { "AND" test }
//	test        = [ "NOT" ] "(" or ")" | path [ "NOT" ] op ( literal | "(" literal { "," literal } ")" ) | "EXISTS" path
func parsePattern(s string) (pattern, error) {
	if len(s) > maxPattern {
		return nil, errors.New("longer than 1 MiB")
	}
	p := patternParser{text: s}
	p.next()
	if err := p.pattern(0); err != nil {
		return nil, err
	}
	if p.kind != patternEnd {
		return nil, p.unexpected("the end")
	}
	return p.found, nil
}

type patternToken uint8

const (
	patternEnd  patternToken = iota
	patternWord              // keyword, number or path
	patternText              // 'quoted', without its quotes and escapes
	patternSign              // one of ( ) [ ] , = != < <= > >=
	patternBad
)

type patternParser struct {
	text  string
	at    int
	kind  patternToken
	token string
	found pattern
}

func (p *patternParser) unexpected(want string) error {
	switch p.kind {
	case patternEnd:
		return fmt.Errorf("want %s before the end", want)
	case patternBad:
		return errors.New("a quote never ends")
	}
	return fmt.Errorf("want %s, not %q", want, Clip(p.token))
}

// next reads the next token.
func (p *patternParser) next() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at == len(p.text) {
		p.kind, p.token = patternEnd, ""
		return
	}
	start := p.at
	switch c := p.text[p.at]; c {
	case '\'':
		p.quoted()
		return
	case '(', ')', ',', '=', '[', ']':
		p.at++
	case '!', '<', '>':
		p.at++
		if p.at < len(p.text) && p.text[p.at] == '=' {
			p.at++
		}
	default:
		p.word()
		if p.kind == patternBad {
			return
		}
		p.kind, p.token = patternWord, p.text[start:p.at]
		return
	}
	p.kind, p.token = patternSign, p.text[start:p.at]
}

// quoted reads 'text', in which \ makes the next character itself.
func (p *patternParser) quoted() {
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '\'':
			p.at++
			p.kind, p.token = patternText, b.String()
			return
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteByte(p.text[p.at])
		default:
			b.WriteByte(c)
		}
	}
	p.kind = patternBad
}

// word reads a keyword, a number, a timestamp t'…' or a path, in which
// 'quoted' parts and [indexes] are: file:hashes.'SHA-256', to_refs[*].value.
func (p *patternParser) word() {
	p.kind = patternWord
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '\'':
			end := strings.IndexByte(p.text[p.at+1:], '\'')
			if end < 0 {
				p.kind, p.at = patternBad, len(p.text)
				return
			}
			p.at += end + 2
		case c == '[':
			end := strings.IndexByte(p.text[p.at:], ']')
			if end < 0 {
				return
			}
			p.at += end + 1
		case strings.IndexByte(" \t\r\n(),=!<>]", c) >= 0:
			return
		default:
			p.at++
		}
	}
}

func (p *patternParser) is(token string) bool {
	return (p.kind == patternSign || p.kind == patternWord) && strings.EqualFold(p.token, token)
}

func (p *patternParser) take(token string) bool {
	if !p.is(token) {
		return false
	}
	p.next()
	return true
}

func (p *patternParser) pattern(depth int) error {
	if depth > maxPatternDepth {
		return errors.New("nested more than 100 deep")
	}
	for {
		switch {
		case p.take("["):
			n, err := p.or(depth + 1)
			if err != nil {
				return err
			}
			if !p.take("]") {
				return p.unexpected("]")
			}
			p.found = append(p.found, n)
		case p.take("("):
			if err := p.pattern(depth + 1); err != nil {
				return err
			}
			if !p.take(")") {
				return p.unexpected(")")
			}
		default:
			return p.unexpected("[")
		}
		if err := p.qualifiers(); err != nil {
			return err
		}
		if !p.take("AND") && !p.take("OR") && !p.take("FOLLOWEDBY") {
			return nil
		}
	}
}

// qualifiers reads over what says when and how often: WITHIN 5 SECONDS.
func (p *patternParser) qualifiers() error {
	for p.is("WITHIN") || p.is("REPEATS") || p.is("START") {
		words := 3
		if p.is("START") {
			words = 4
		}
		for range words {
			if p.kind != patternWord {
				return p.unexpected("the rest of a qualifier")
			}
			p.next()
		}
	}
	return nil
}

func (p *patternParser) or(depth int) (*patternNode, error) {
	return p.joined("OR", false, func() (*patternNode, error) {
		return p.joined("AND", true, func() (*patternNode, error) { return p.test(depth) })
	})
}

// joined reads one or more parts with the word between them.
func (p *patternParser) joined(word string, and bool, part func() (*patternNode, error)) (*patternNode, error) {
	n, err := part()
	if err != nil || !p.is(word) {
		return n, err
	}
	all := &patternNode{and: and, subs: []*patternNode{n}}
	for p.take(word) {
		if n, err = part(); err != nil {
			return nil, err
		}
		all.subs = append(all.subs, n)
	}
	return all, nil
}

func (p *patternParser) test(depth int) (*patternNode, error) {
	if depth > maxPatternDepth {
		return nil, errors.New("nested more than 100 deep")
	}
	not := p.take("NOT")
	if p.take("(") {
		n, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.take(")") {
			return nil, p.unexpected(")")
		}
		if not {
			n = &patternNode{comparison: comparison{op: "NOT", not: true}}
		}
		return n, nil
	}
	return p.comparison(not)
}

func (p *patternParser) comparison(not bool) (*patternNode, error) {
	n := &patternNode{comparison: comparison{not: not}}
	if p.take("EXISTS") {
		n.op = "EXISTS"
	}
	if p.kind != patternWord || !strings.Contains(p.token, ":") {
		return nil, p.unexpected("what is compared, as domain-name:value")
	}
	n.path = p.token
	p.next()
	if n.op != "" {
		return n, nil
	}
	if p.take("NOT") {
		n.not = true
	}
	switch {
	case p.is("IN"), p.is("LIKE"), p.is("MATCHES"), p.is("ISSUBSET"), p.is("ISSUPERSET"):
		n.op = strings.ToUpper(p.token)
	case p.kind == patternSign && strings.ContainsAny(p.token, "=<>"):
		n.op = p.token
	default:
		return nil, p.unexpected("a comparison")
	}
	p.next()
	list := n.op == "IN"
	if list && !p.take("(") {
		return nil, p.unexpected("(")
	}
	for {
		if p.kind != patternText && p.kind != patternWord {
			return nil, p.unexpected("a value")
		}
		n.values = append(n.values, p.token)
		p.next()
		if !list {
			return n, nil
		}
		if p.take(")") {
			return n, nil
		}
		if !p.take(",") {
			return nil, p.unexpected(", or )")
		}
	}
}

// emit gives an entry for each value that a pattern looks for, made of e, and
// one for what it cannot be matched by.
func (p pattern) emit(e *Entry, whole string, emit func(*Entry)) {
	for _, n := range p {
		n.emit(e, whole, emit)
	}
}

func (n *patternNode) emit(e *Entry, whole string, emit func(*Entry)) {
	switch {
	case n.subs == nil:
		n.comparison.emit(e, "", emit)
	case !n.and:
		for _, s := range n.subs {
			s.emit(e, whole, emit)
		}
	default:
		n.emitAll(e, whole, emit)
	}
}

// emitAll gives what is looked for where all parts have to be true. An address goes
// with the port beside it; a part that only says of which type an address is adds
// nothing. Where other parts are left out, more is matched than the pattern asks for,
// which is noted.
func (n *patternNode) emitAll(e *Entry, whole string, emit func(*Entry)) {
	ports := map[string]string{} // by side: dst, src
	var values, others []*patternNode
	for _, s := range n.subs {
		side, what, network := strings.Cut(strings.TrimPrefix(s.path, "network-traffic:"), "_")
		network = network && s.subs == nil && strings.HasPrefix(s.path, "network-traffic:")
		switch {
		case network && what == "port" && s.op == "=" && !s.not:
			ports[side] = s.values[0]
		case network && what == "ref.type", network && s.path == "network-traffic:protocols[*]":
		case s.subs == nil && stixType(s.path) == "":
			others = append(others, s)
		default:
			values = append(values, s)
		}
	}
	if len(values) == 0 {
		for _, s := range n.subs {
			if s.subs == nil {
				s.comparison.emit(e, "", emit)
				return // one line says enough of it
			}
		}
		return
	}
	if len(others) > 0 {
		note(emit, e.Line, Clip(whole), "the pattern asks for more than is matched: "+Clean(others[0].path))
	}
	used := false
	for _, s := range values {
		if s.subs != nil {
			s.emit(e, whole, emit)
			continue
		}
		side, _, _ := strings.Cut(strings.TrimPrefix(s.path, "network-traffic:"), "_")
		if strings.HasPrefix(s.path, "ipv4-addr:") || strings.HasPrefix(s.path, "ipv6-addr:") {
			// An address alone has no side: it is that of the port there is.
			if side = "dst"; ports[side] == "" {
				side = "src"
			}
		}
		port := ports[side]
		used = used || port != "" && s.op != "ISSUBSET"
		s.comparison.emit(e, port, emit)
	}
	if len(ports) > 0 && !used {
		note(emit, e.Line, Clip(whole), "the pattern asks for more than is matched: a port")
	}
}

// stixType is the word for the type of what stands at a path, "" for what is
// neither matched nor counted by type.
func stixType(path string) string {
	object, property, _ := strings.Cut(path, ":")
	switch {
	case object == "ipv4-addr" || object == "ipv6-addr":
		if property == "value" {
			return "ip"
		}
	case object == "domain-name":
		switch {
		case property == "value":
			return "domain"
		case strings.HasPrefix(property, "resolves_to_refs"):
			return "ip"
		}
	case object == "url" && property == "value":
		return "url"
	case object == "network-traffic":
		switch property {
		case "dst_ref.value", "src_ref.value":
			return "host" // an address or a name
		case "dst_ip", "src_ip": // as Sekoia has it
			return "ip"
		}
	case object == "email-addr" && property == "value":
		return "email"
	case strings.Contains(property, "hashes."):
		// MISP and others write SHA256 where the standard has 'SHA-256'.
		algorithm := plain(property[strings.LastIndexByte(property, '.')+1:])
		if object == "file" && (algorithm == "md5" || algorithm == "sha1" || algorithm == "sha256") && strings.HasPrefix(property, "hashes.") {
			return "hash"
		}
		return "otherhash"
	}
	return ""
}

// emit gives the entries of one comparison; port goes with an address.
func (c *comparison) emit(e *Entry, port string, emit func(*Entry)) {
	typ := stixType(c.path)
	text := strings.TrimSpace(c.path + " " + c.op + " " + strings.Join(c.values, ", "))
	skip := func(reason string) { skipped(emit, e.Line, text, reason) }
	switch {
	case c.not || c.op == "!=" || c.op == "NOT":
		skip("pattern that excludes")
		return
	case typ == "":
		object, _, _ := strings.Cut(c.path, ":")
		skip("pattern on " + Clean(object))
		return
	}
	values := c.values
	switch c.op {
	case "=", "IN":
	case "ISSUBSET":
		typ = "cidr"
	case "LIKE":
		// %.evil.example is the name and what is below it; other wildcards
		// have no counterpart.
		name, ok := strings.CutPrefix(values[0], "%.")
		if !ok && !strings.ContainsAny(values[0], "%_") {
			name, ok = values[0], true
		}
		if !ok || strings.ContainsAny(name, "%_") {
			skip("pattern with LIKE")
			return
		}
		values = []string{name}
	default:
		skip("pattern with " + Clean(c.op))
		return
	}
	for _, v := range values {
		e.Fate, e.Reason = Usable, ""
		e.Type, e.Value, e.Port = typ, []byte(v), []byte(port)
		if typ == "host" {
			e.Type = "" // its value says which of both it is
		}
		emit(e)
	}
	e.Port = nil
}
