package scanner

import (
	"net/netip"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Schema is the version of the hit record that encoders write.
const Schema = 1

// Class says in which way a cell matched an indicator.
type Class uint8

// The classes, the most specific first. That order decides which indicator
// leads where several match the same element: a URL says more than the host in
// it, with or without a port. A hash shares its element with nothing.
const (
	ClassURL       Class = iota // the URL itself or one below it
	ClassHash                   // the hash of a file
	ClassIPPort                 // address and port agree
	ClassIP                     // an address
	ClassCIDR                   // an address inside a network
	ClassIPOnly                 // an ip:port indicator whose port differs or is not in the row
	ClassDomain                 // the name itself
	ClassSubdomain              // a name below it
	ClassTerm                   // only what KQL's has_any sees
)

var classNames = [...]string{"url", "hash", "ip:port", "ip", "cidr", "ip-only", "domain", "subdomain", "term"}

// String is the class as reports print it.
func (c Class) String() string { return classNames[c] }

// A Hit is one row that shows one leading indicator.
type Hit struct {
	ID        string       // 16 hex digits: the same event has the same ID in every export and format
	Table     *table.Table // which table the row belongs to
	Time      clock.Time   // event time, if HasTime
	HasTime   bool
	TimeBasis string // the column that gave the time and, after a colon, what was assumed

	Indicator *ioc.Indicator // the leading one
	Also      []Also         // other indicators that match the same elements and lead nowhere in the row
	Matches   []Match        // where it matched, at least one
	Hunt      bool           // whether the table's KQL hunt returns this row for this indicator
	Life      string         // before, active, after or unknown: the event against the indicator's dates
	Who       table.Who

	Row    []Cell // the projection, in the table's or the file's order
	Source Source

	Labels       []string // names of the label lists that have it; nil where there are no such lists
	SuppressedBy []string // names of the rules that were true, and of allow lists that have it; none for a kept hit
	Reasons      []Reason // why the rules were, in the same order; only where suppressed hits are written out
}

// Also is an indicator that matched beside the leading one.
type Also struct {
	Indicator *ioc.Indicator
	Class     Class
}

// Match is one element of the row (a whole cell, or one member of a list, JSON
// value or text) that holds the leading indicator.
type Match struct {
	Column string // AdditionalFields.query for a member of a JSON cell
	Role   string
	Value  string // as exported
	Class  Class

	key  *table.Key // what the column is to the table, in a scan
	addr netip.Addr // the address in Value, if it is one
	port int        // the port in Value, -1 without one
}

// Cell is one cell of the projected row, as exported.
type Cell struct{ Name, Value string }

// Source is where the row was found.
type Source struct {
	Input  formats.Input
	Record int64 // data record, from 1
	Line   int64 // physical line on which it starts, from 1; 0 where lines mean nothing
	Group  int   // Parquet row group from 0; -1 otherwise
}

// An Encoder appends one hit in some output format. It is pure, may be called
// from several goroutines at once, and keeps nothing of the hit, which lives
// until it returns.
type Encoder func(dst []byte, h *Hit) []byte
