// Package ioc holds indicators of compromise: what they are, how their many
// spellings are brought to one normal form, and the immutable [Set] in which
// cells of a log are looked up. It knows nothing of files and columns.
//
// An [Indicator] says all that is known of one thing to look for, and is what
// programs work with. Millions of them are kept in a [List], in a few dozen
// bytes each, and made anew when asked for. A List gives the Set:
//
//	text → Parse → Indicator → List → Set → Match → Indicator
//
// A Set gives [Candidate]s for a cell, each with the number of an entry;
// [Set.Indicators] makes the indicators of an entry. Before cells are matched,
// [Screen] drops those that surely hold nothing, and a [Sieve] whole records.
//
// Where to start reading: parse.go (what an indicator may look like), list.go, set.go
// and build.go, match.go (what a cell holds). addr.go, domain.go, host.go, url.go and
// hash.go bring one kind of value to normal form; text.go and json.go find values in
// text and JSON. screen.go and sieve.go only make it faster.
package ioc

import (
	"net/netip"
	"slices"
	"strings"
)

// Type is what an indicator is.
type Type uint8

// The types that the engine matches.
const (
	IP     Type = iota // one address
	IPPort             // an address with a port
	CIDR               // a network
	Domain             // a name and everything below it
	URL                // a page or file, and everything below it
	Hash               // a file by its MD5, SHA-1 or SHA-256
)

const types = 6

// String is the type as reports print it.
func (t Type) String() string {
	return typeNames[t]
}

var typeNames = [types]string{"ip", "ip:port", "cidr", "domain", "url", "hash"}

// An Indicator is one thing to look for, with what its sources say of it.
type Indicator struct {
	Type   Type
	Value  string       // normal form: RFC 5952, [v6]:port, lower-case A-labels without final dot, as AppendURL gives it, lower-case digits
	Prefix netip.Prefix // IP and IPPort: the address as a full-length prefix; CIDR: the masked network
	Port   uint16       // IPPort only

	Details
	Feeds []string // where it was read, as path:line, in that order
}

// Details are what sources say of an indicator.
type Details struct {
	ThreatType string
	Malware    string
	Confidence int // 0 to 100, -1 where no source gives one
	FirstSeen  Date
	LastSeen   Date
	ValidUntil Date
	// Compromised is whether the host is a hacked legitimate one: 1 yes, 0 no, -1 not said.
	Compromised int8
	Tags        []string // in feed order, without repeats
}

// NoDetails returns the details of an indicator about which nothing else is known.
func NoDetails() Details { return Details{Confidence: -1, Compromised: -1} }

// Clone returns a copy of an indicator that does not live long, as [Set.Pick] gives it.
// The copy has memory of its own, except for the Details, which live with the list.
func (i *Indicator) Clone() Indicator {
	c := *i
	c.Value = strings.Clone(i.Value)
	c.Feeds = slices.Clone(i.Feeds)
	for n, f := range c.Feeds {
		c.Feeds[n] = strings.Clone(f)
	}
	return c
}

// Addr returns the address of an IP or IPPort indicator.
func (i *Indicator) Addr() netip.Addr { return i.Prefix.Addr() }
