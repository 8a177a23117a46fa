// Package ioc holds indicators of compromise: what they are, how their many
// spellings are brought to one normal form, and the immutable [Set] in which
// cells of a log are looked up. It knows nothing of files and columns.
package ioc

import (
	"net/netip"
	"time"
)

// Type is what an indicator is.
type Type uint8

// The types that the engine matches.
const (
	IP     Type = iota // one address
	IPPort             // an address with a port
	CIDR               // a network
	Domain             // a name and everything below it
)

// String is the type as reports print it.
func (t Type) String() string {
	return [...]string{"ip", "ip:port", "cidr", "domain"}[t]
}

// An Indicator is one thing to look for, with what its sources say of it.
type Indicator struct {
	Type   Type
	Value  string       // normal form: RFC 5952, [v6]:port, lower-case A-labels without final dot
	Prefix netip.Prefix // IP and IPPort: the address as a full-length prefix; CIDR: the masked network
	Port   uint16       // IPPort only

	ThreatType string
	Malware    string
	Confidence int // 0 to 100, -1 where no source gives one
	FirstSeen  Date
	LastSeen   Date
	ValidUntil Date
	// Compromised is whether the host is a hacked legitimate one: 1 yes, 0 no, -1 not said.
	Compromised int8
	Tags        []string // in feed order, without repeats
	Feeds       []string // where it stands, as path:line, in the order read
}

// A Date is an instant with the text that gave it, so that reports can keep
// the feed's precision. The zero Date means none.
type Date struct {
	Text string    // as reports print it: 2026-05-20 or 2026-05-20T04:01:14Z
	Time time.Time // UTC
}

// IsZero says that there is no date.
func (d Date) IsZero() bool { return d.Text == "" }

// Addr returns the address of an IP or IPPort indicator.
func (i *Indicator) Addr() netip.Addr { return i.Prefix.Addr() }
