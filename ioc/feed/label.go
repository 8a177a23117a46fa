package feed

import (
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// valueLabel is what may stand before a value in a line of its own: "C2 IP: ",
// "**Domain:** ".
var valueLabel = lazily(`^[*_]{0,2}((?:[\pL\pN()/_&-]+[ \t]){0,3}[\pL\pN()/_&-]+)[*_]{0,2}[ \t]*:[*_]{0,2}[ \t]*`)

// maxLabel is within how many bytes the colon of a label stands.
const maxLabel = 64

// labelWords are labels that say of what type the value is, as plain gives them.
// Host and server are not among them: as often as not they are the victim's.
var labelWords = map[string]class{
	"ip": classAddr, "ips": classAddr, "ipaddress": classAddr, "ipaddresses": classAddr, "ipv4": classAddr, "ipv6": classAddr, "ipport": classAddr,
	"domain": className, "domains": className, "domainname": className, "domainnames": className, "fqdn": className, "fqdns": className,
	"url": classURL, "urls": classURL, "uri": classURL, "uris": classURL,
	"hash": classHash, "hashes": classHash, "filehash": classHash, "filehashes": classHash, "md5": classHash, "sha1": classHash, "sha256": classHash,
	"ioc": classAny, "iocs": classAny, "indicator": classAny, "indicators": classAny,
}

// labelRoles are what may stand beside such a word, or alone, to say that the
// value is the attacker's.
var labelRoles = append([]string{"c2", "cnc", "cc", "candc"}, attackers...)

// labelClass reads a label, and reports whether it names an attacker. ok is false if the
// label does not say that an indicator follows.
func labelClass(label string) (c class, attacker, ok bool) {
	word := plain(label)
	if c, ok := labelWords[word]; ok {
		return c, false, true
	}
	for _, role := range labelRoles {
		rest, before := strings.CutPrefix(word, role)
		if !before {
			rest, before = strings.CutSuffix(word, role)
		}
		if c, ok := labelWords[rest]; before && ok {
			return c, true, true
		}
		if before && strings.HasPrefix(role, "c") && (rest == "" || rest == "server" || rest == "servers" || rest == "host" || rest == "hosts") {
			return classAny, true, true
		}
	}
	return classOther, false, false
}

// cutLabel cuts off the label that a text begins with. ok is false if there is none that
// says that an indicator follows.
func cutLabel(text string) (c class, attacker bool, rest string, ok bool) {
	if strings.IndexByte(text[:min(len(text), maxLabel)], ':') < 0 {
		return c, false, text, false
	}
	m := valueLabel().FindStringSubmatch(text)
	if m == nil {
		return c, false, text, false
	}
	c, attacker, ok = labelClass(m[1])
	return c, attacker, text[len(m[0]):], ok
}

// labelled takes the values behind a label, one or several with commas, and returns the
// text behind them. ok is false if there is no value, or a sentence about it: "C2 IP:
// 203.0.113.7 is our proxy". Behind a label that names no attacker there may be nothing
// but values: as often it is about the victim's own.
func (t *prose) labelled(text string, no int) (rest string, ok bool) {
	c, attacker, rest, ok := cutLabel(text)
	if !ok {
		return text, false
	}
	var values []string
	for more := true; more; {
		var value, next string
		if value, next, more = cutValue(rest, c); !isLabelled(value, c) {
			break
		}
		values, rest = append(values, value), next
	}
	if len(values) == 0 || goesOn(rest) || !attacker && rest != "" {
		return text, false
	}
	for _, value := range values {
		t.labelledValue(value, c, attacker, no)
	}
	return rest, true
}

// labelledValue takes a value behind a label, or counts it.
func (t *prose) labelledValue(value string, c class, attacker bool, no int) {
	if reason := labelDoubt(value, c, attacker); reason != "" && !t.all {
		if !t.quiet {
			skipped(t.emit, no, value, reason)
		}
		return
	}
	e := newEntry(no)
	e.Value = []byte(value)
	if c == classURL {
		e.Type = "url"
	}
	t.emit(&e)
}

// labelDoubt returns why a value behind a label is not taken, "" if it is. A value that
// is not defanged may be a reference, or the victim's.
func labelDoubt(value string, c class, attacker bool) string {
	i, err := ioc.Parse(value)
	switch {
	case !strings.EqualFold(ioc.Refang(value), value):
		return ""
	case i.Type == ioc.URL && err == nil, notMatched(err) == hostOnly:
		host, err := ioc.ParseURLHost(value, true)
		if !attacker && !onAddress(value) || err == nil && ofTheHouse(&host) {
			return plainURL
		}
	case err == nil && (ofTheHouse(&i) || i.Type == ioc.Domain && c == className && !attacker):
		return inProse
	}
	return ""
}

// houseEndings are those of ownEndings that are of private networks.
var houseEndings = []string{"local", "lan", "internal", "intranet", "corp", "home", "localdomain"}

// ofTheHouse reports whether an address is set aside, or a name is of a private network:
// such a value is no evidence of an attacker. Addresses for documentation do not count,
// since they are nobody's.
func ofTheHouse(i *ioc.Indicator) bool {
	switch i.Type {
	case ioc.Domain:
		return slices.Contains(houseEndings, i.Value[strings.LastIndexByte(i.Value, '.')+1:])
	case ioc.IP, ioc.IPPort, ioc.CIDR:
		purpose := ioc.Special(i.Addr())
		return purpose != "" && purpose != "documentation"
	}
	return false
}

// cutValue cuts off the value that a text begins with. more means that a comma, a
// semicolon or "and" follows. Such a sign without a blank behind it is part of a URL.
func cutValue(text string, c class) (value, rest string, more bool) {
	stops := ",; \t\u00a0"
	if c == classURL {
		stops = " \t\u00a0"
	}
	end := strings.IndexAny(text, stops)
	if end < 0 {
		end = len(text)
	}
	value, rest = text[:end], strings.TrimLeft(text[end:], " \t\u00a0")
	more = strings.HasSuffix(value, ",") || strings.HasSuffix(value, ";") || strings.HasPrefix(rest, ",") || strings.HasPrefix(rest, ";")
	rest, joined := strings.CutPrefix(strings.TrimLeft(rest, ",; \t\u00a0"), "and ")
	return strings.TrimRight(strings.Trim(value, around), "."), rest, more || joined
}

// isLabelled reports whether a value is what its label says.
func isLabelled(value string, c class) bool {
	i, err := ioc.Parse(value)
	switch {
	case err != nil:
		return c == classURL && notMatched(err) == hostOnly || c == classHash && notMatched(err) == otherHash
	case c == classAny:
		return i.Type != ioc.Domain || !looksLikeFile(i.Value)
	}
	return fits(i.Type, c)
}
