// Package table knows the tables that are swept: what each of their columns
// holds, which cells say when something happened, and how a record answers "who
// talked to this". A table is data, not code: a text file that [Parse] reads.
// The tables that most sweeps meet come with the program ([Builtin]).
//
// Where to start reading: table.go has the types, parse.go reads a definition, detect.go
// says which table an input is. For a record, a [Row] has its cells, and direction.go,
// outcome.go and who.go answer from them; term.go gets a value out of a row, field.go a
// name that a rule uses. generic.go defines a table for exports of unknown ones.
// builtin.go is made from the .table files.
//
// A line of such a file is a column, a keyed line, or a comment (#). A line
// that starts with a blank continues the one before.
//
//	table: NAME
//	fingerprint: COLUMN …               headers that have all of these are this table
//	presence: optional                  a sweep may lack it, and only its fingerprint shows it
//	time: COLUMN …                      event time, in order of preference, row by row
//	rows: COLUMN is WORD …              rows that are of no other table, whatever else they fill
//	kql: COLUMN in|has_any, …           what the table's KQL hunt reads
//	# column   holds  level  role    port        print
//	RemoteIP   ip     hunt   remote  RemotePort  hunt
//	columns int: COLUMN …               native columns that hold nothing to match
//
// holds is a kind of cell of package ioc (ip, ip-list, host, domain, url,
// url-or-host, url-or-text, email-or-name, kv, text, list, hash),
// json(key:kind,…) for a JSON object with typed members, or a plain type
// (string, int, long, real, bool, time). level is hunt, wide, deep, never, or -
// for columns that are not matched. role is a word of the hit record, or by:COLUMN if
// the text of a label column gives it. port is the column of the paired port.
// print is hunt (the hunt's projection), triage, or -; the order of the lines
// is the order of print.
//
//	compare process: COLUMN …           how a rule compares a column (see [Compare])
//	compare user: COLUMN/DOMAIN …       with the column of the account's domain
//	direction: COLUMN: WORD … = outbound; WORD … = inbound
//	direction: COLUMN if OTHER is WORD …: …
//	direction: scope                    by the addresses of the two sides
//	direction: outbound                 always
//	sides: src COLUMN PORT, dst COLUMN PORT
//	role remote: dst@out, src@in        what a role becomes once the direction is known
//	outcome: COLUMN, …                  with outcome allowed|blocked|failed|negation: WORD …
//	outcome: dns(CODE, ANSWERS)
//	who FIELD: TERM, …                  the first term that is not empty
//	alias NAME, …: TERM | …             a name that rules may use; event-time and who.FIELD too
//
// A WORD may start or end in *. A term is a column, a member of a JSON column
// (AdditionalFields.query), a "literal", or a function:
//
//	host(COLUMN)          the host of a URL, host:port or name
//	protocol(COLUMN)      lower case; 6, TcpV4 and tcp/https are tcp
//	user(DOMAIN, NAME)    DOMAIN\NAME, or the name alone
//	matched()             the matched address of the far side
//	matched(COLUMN)       the first matched address of that column
//	port(peer)            the port that belongs to who.peer
//
// A column may be bound to a condition: @out and @in are the direction, @src
// and @dst say which of the sides is the inside party. A who line may end in
// "unless COLUMN is WORD …", which makes it null.
package table

import (
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// Level is the first value of --columns with which a column is matched.
type Level uint8

// The levels, each containing the ones before. Never is not matched at all.
const (
	Hunt Level = iota
	Wide
	Deep
	Never
)

var levelNames = []string{"hunt", "wide", "deep", "never"}

// String is the level as flags and reports print it.
func (l Level) String() string { return levelNames[l] }

// A Key is a column that can hold an indicator.
type Key struct {
	Column string
	Kind   ioc.Kind     // KindText for a JSON column, whose members are in JSON
	JSON   []ioc.Member // typed members of a JSON object; nil for other columns
	Level  Level        // Hunt, Wide, Deep or Never
	Role   string       // "" if RoleBy names the column that tells
	RoleBy string       // label column (DeviceCustomIPv6Address1Label), "" without one
	Port   string       // column of the paired port, "" without one
}

// A Table is one definition. It is immutable and safe for concurrent use.
type Table struct {
	Name        string
	Fingerprint []string
	Keys        []Key    // in file order
	Times       []string // event time, in order of preference, row by row
	Hunt        []string // the projection of the KQL hunt, in its order
	Triage      []string // what a responder also wants to see, without those of Hunt
	KQL         []KQL    // what the KQL hunt reads
	Optional    bool     // a sweep may lack it, and only its whole fingerprint shows it

	rows       *condition      // of rows that are of no other table; may be nil
	keyAt      lookup[int]     // Keys by column as spelled
	native     lookup[column]  // by folded name
	names      []string        // native columns as spelled, in file order
	dotted     []string        // those of names with a dot in them, as only generic tables have
	alias      lookup[[]Term]  // by folded name; empty slice: the event time
	aliasNames []string        // as spelled, in file order
	compare    lookup[Compare] // by folded column or column.member
	userDomain lookup[string]  // folded user column to its domain column
	direction  []directionRule
	sides      [2]side
	roles      lookup[[]Term]
	outcome    outcome
	who        [whoCount]whoRule
	used       []string // columns that are needed whichever keys are matched; may repeat
}

// KQL is one column that the hunt reads, with its operator.
type KQL struct {
	Column string
	HasAny bool // has_any; in otherwise
}

// column is a native column as its line gives it.
type column struct {
	name  string
	holds string
}

//go:generate go test -run TestBuiltinIsParsed -update-tables .

// Builtin returns the definitions that come with the program: CommonSecurityLog,
// DeviceNetworkEvents and DnsEvents, which every sweep should have, and then
// the optional ones by name. The slice is the caller's.
func Builtin() []*Table {
	list := make([]*Table, len(builtin))
	for i := range builtin {
		list[i] = &builtin[i]
	}
	return list
}

// Add returns list with t added, or in the place of the table of that name.
func Add(list []*Table, t *Table) []*Table {
	out := slices.Clone(list)
	for i, o := range out {
		if strings.EqualFold(o.Name, t.Name) {
			out[i] = t
			return out
		}
	}
	return append(out, t)
}

// ByName returns the table of that name, without regard to case and to the
// suffixes of copies (_CL, _KQL_CL, _SRCH, _RST), or nil.
func ByName(list []*Table, name string) *Table {
	name = plainName(name)
	for _, t := range list {
		if strings.EqualFold(t.Name, name) {
			return t
		}
	}
	return nil
}

// KeysAt returns the keys that are matched at a level, in file order.
func (t *Table) KeysAt(l Level) []Key {
	var keys []Key
	for _, k := range t.Keys {
		if k.Level <= l && k.Level < Never {
			keys = append(keys, k)
		}
	}
	return keys
}

// Key returns the key of a column, or nil. Names compare without regard to case.
func (t *Table) Key(column string) *Key {
	if i, ok := t.keyAt.get(column); ok { // as spelled: so nearly all callers ask
		return &t.Keys[i]
	}
	if c, _ := t.native.folded(column); c.name != column {
		if i, ok := t.keyAt.get(c.name); ok {
			return &t.Keys[i]
		}
	}
	return nil
}

// Columns returns every column that a hit, its role, its time, direction or who needs
// if those keys are matched for which matched is true. They are spelled as in the
// definition and do not repeat. Keys that are neither matched nor printed are left out:
// those of the deep level hold most of a table's bytes. Rules may need other columns,
// and list these themselves.
func (t *Table) Columns(matched func(*Key) bool) []string {
	room := len(t.used) + 3*len(t.Keys)
	list := make([]string, 0, room)
	done := make(map[string]bool, room)
	done[""] = true
	add := func(columns ...string) {
		for _, c := range columns {
			if fold := strings.ToLower(c); !done[fold] {
				done[fold] = true
				list = append(list, t.native.at(fold).name)
			}
		}
	}
	add(t.used...)
	for i := range t.Keys {
		if k := &t.Keys[i]; k.Level < Never && matched(k) {
			add(k.Column, k.Port, k.RoleBy)
		}
	}
	return list
}

// Native returns all columns that the table is known to have, as spelled.
func (t *Table) Native() []string { return t.names }

// Holds returns what a native column holds, in the words of the definition
// (ip, text, int, …), or "" if the table has no such column.
func (t *Table) Holds(column string) string {
	c, _ := t.native.folded(column)
	return c.holds
}
