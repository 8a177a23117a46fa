// Package allow holds lists of values that are known to be harmless: MISP warninglists
// and plain lists of one's own. A hit on a value that is on such a list can be
// suppressed, or labelled.
//
//	file → Read → List → HasName, HasAddr, Has → Answer
//
// A list is asked about two things: the element of a row that matched, and the
// indicator that it matched. Both are in normal form (lower case, A-labels, RFC
// 5952), and so are the entries. Of a URL in a cell only the host counts, since whoever
// made the URL chose the rest.
//
// What an entry covers depends on the list's [Type], as MISP has it. Names below
// a harmless one often belong to somebody else: with duckdns.org on a list of
// hostnames, a hit on the indicator evil.duckdns.org is covered too, but is
// answered with [Above], so that it can be told and counted.
//
// Where to start reading: read.go and misp.go make a List, allow.go asks it, and
// entry.go says by which entry it has answered.
package allow

import (
	"bytes"
	"net/netip"
	"regexp"

	"github.com/gaissmai/bart"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
)

// A Type says what an entry of a list covers.
type Type string

// The types. All but the last are those of MISP.
const (
	String    Type = "string"    // the value itself
	Hostname  Type = "hostname"  // a name and everything below it
	Substring Type = "substring" // every value that has the entry in it
	CIDR      Type = "cidr"      // every address in a network
	Regex     Type = "regex"     // every value in which the expression is found
	Plain     Type = "plain"     // as Hostname or CIDR, whichever an entry is; an address with a port as String
)

// An Answer is what a list says of a value.
type Answer uint8

// The answers.
const (
	No    Answer = iota // the list does not have it
	Yes                 // the list has it
	Above               // by an entry above the indicator, which may be wrong about it
)

// A List is one list. It never changes once read and may be used by any number
// of goroutines.
type List struct {
	Path    string
	Name    string // what the list calls itself, or the name of its file; no control characters, at most 200 bytes
	Type    Type
	Entries int            // usable ones, each once
	Repeats int            // entries that were there before
	Skipped map[string]int // entries that cannot be used, by reason
	Rejects []feed.Reject  // the first 1,000 of them

	names, addrs, urls, hashes bool // what the list is for, by its matching_attributes

	exact  map[string]struct{} // String; of Plain addresses with a port, URLs and hashes
	hosts  map[string]struct{} // Hostname, Plain
	nets   bart.Lite           // CIDR, Plain, and addresses in Hostname
	parts  *substrings         // Substring
	regexs []*regexp.Regexp    // Regex

	regexTexts []string       // of regexs, as the file has them
	lines      map[string]int // of entries, by entryKind.key; nil unless they are wanted
}

// Unusable is how many entries cannot be used.
func (l *List) Unusable() (n int) {
	for _, m := range l.Skipped {
		n += m
	}
	return n
}

// HasName answers for a name, in normal form, that was found by a domain indicator.
func (l *List) HasName(name []byte, indicator string) Answer {
	if !l.names {
		return No
	}
	for at := name; len(l.hosts) > 0; {
		if _, ok := l.hosts[string(at)]; ok {
			// The longest entry answers: all others are above it.
			if above(at, indicator) {
				return Above
			}
			return Yes
		}
		dot := bytes.IndexByte(at, '.')
		if dot < 0 {
			break
		}
		at = at[dot+1:]
	}
	return l.text(name)
}

// above reports whether a name stands above another.
func above(name []byte, other string) bool {
	n := len(other) - len(name)
	return n > 0 && other[n-1] == '.' && other[n:] == string(name)
}

// HasAddr answers for an address.
func (l *List) HasAddr(a netip.Addr) Answer {
	if !l.addrs {
		return No
	}
	a = a.Unmap().WithZone("")
	if l.nets.Contains(a) {
		return Yes
	}
	var buf [64]byte
	return l.text(a.AppendTo(buf[:0]))
}

// Has answers for an indicator with all that it matches: an address with a port also by
// the address alone, a network by one that holds all of it, a URL also by its host,
// which stands above it.
func (l *List) Has(i *ioc.Indicator) Answer {
	switch i.Type {
	case ioc.Domain:
		return l.HasName([]byte(i.Value), i.Value)
	case ioc.IP:
		return l.HasAddr(i.Addr())
	case ioc.IPPort:
		if answer := l.HasAddr(i.Addr()); answer != No {
			return answer
		}
	case ioc.CIDR:
		if l.addrs && l.nets.LookupPrefix(i.Prefix) {
			return Yes
		}
	case ioc.URL:
		if host, ok := ioc.AppendHost(nil, []byte(i.Value)); ok && l.urls {
			if host.Addr.IsValid() && l.HasAddr(host.Addr) != No || !host.Addr.IsValid() && l.HasName(host.Name, "") != No {
				return Above
			}
		}
	}
	if !l.wants(i.Type) {
		return No
	}
	return l.text([]byte(i.Value))
}

// text looks a value up as the text that it is.
func (l *List) text(value []byte) Answer {
	if _, ok := l.exact[string(value)]; ok || l.parts != nil && l.parts.in(value) {
		return Yes
	}
	if len(l.regexs) == 0 {
		return No
	}
	return l.found(string(value)) // a copy, so that the others need none
}

// found says whether an expression is found in a value.
func (l *List) found(value string) Answer {
	for _, x := range l.regexs {
		if x.MatchString(value) {
			return Yes
		}
	}
	return No
}
