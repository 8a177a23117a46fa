package table

import (
	"slices"
	"strings"
)

// Compare is how a rule compares a value with a literal.
type Compare uint8

// The comparisons. Text is without regard to case.
const (
	CompareText      Compare = iota
	CompareNumber            // as numbers
	CompareTime              // as instants
	CompareAddr              // as addresses; a CIDR may stand on the right
	CompareAddrs             // any element of a list, each as an address or a name
	CompareHost              // whole name, or first label
	CompareName              // DNS name: without regard to case and final dot
	CompareProcess           // base name, with or without .exe
	ComparePath              // whole path; a literal without separators compares the base name
	CompareUser              // name, DOMAIN\name or name@domain
	CompareProtocol          // tcp, TcpV4 and 6 are one
	CompareDNSType           // 28 and AAAA are one
	CompareRCode             // 3 and NXDOMAIN are one
	CompareDirection         // the table's words for a direction
)

var compareByName = map[string]Compare{"text": CompareText, "number": CompareNumber, "time": CompareTime,
	"address": CompareAddr, "addresses": CompareAddrs, "host": CompareHost, "name": CompareName,
	"process": CompareProcess, "path": ComparePath, "user": CompareUser, "protocol": CompareProtocol,
	"dnstype": CompareDNSType, "rcode": CompareRCode, "direction": CompareDirection}

// A Source is one value of a field, which is what a name in a rule stands for in one
// table.
type Source struct {
	Term
	Compare Compare
	Domain  string // CompareUser: column of the account's domain, "" without one
}

// foldName makes names comparable: lower case, . and _ are one.
func foldName(s string) string { return strings.ReplaceAll(strings.ToLower(s), ".", "_") }

// Field returns what a name in a rule stands for, as alternatives: a native column, a
// member of a JSON column (AdditionalFields.query), a who field (who.host, or bare
// direction), or an alias. Names compare without regard to case, . and _ are one, and a
// native column wins over an alias. The preferred time column and the aliases of the
// event time stand for the event time of the hit.
func (t *Table) Field(name string) (values []Source, ok bool) {
	folded := foldName(name)
	if w, ok := strings.CutPrefix(folded, "who_"); ok {
		if n, ok := whoNumber(w); ok {
			return []Source{whoSource(n)}, true
		}
		return nil, false
	}
	if c, ok := t.native.folded(name); ok {
		return []Source{t.source(Term{Column: c.name})}, true
	}
	if head, member, ok := strings.Cut(name, "."); ok && member != "" {
		if c, ok := t.native.folded(head); ok && c.holds == "json" {
			return []Source{t.source(Term{Column: c.name, Member: member})}, true
		}
	}
	if c, ok := t.native.get(folded); ok { // process.name is process_name
		return []Source{t.source(Term{Column: c.name})}, true
	}
	for _, c := range t.dotted {
		if foldName(c) == folded {
			return []Source{t.source(Term{Column: c})}, true
		}
	}
	if folded == "direction" {
		return []Source{whoSource(whoDirection)}, true
	}
	terms, ok := t.alias.get(folded)
	for _, term := range terms {
		if term.Func == WhoField {
			n, _ := whoNumber(term.Column)
			values = append(values, whoSource(n))
			continue
		}
		term.Column = t.spelled(term.Column)
		values = append(values, t.source(term))
	}
	return values, ok
}

func (t *Table) spelled(column string) string {
	if c, ok := t.native.folded(column); ok {
		return c.name
	}
	return column
}

// source says how the value of a term compares.
func (t *Table) source(term Term) Source {
	s := Source{Term: term}
	if term.Func == EventTime || term.Func == Plain && term.Member == "" && strings.EqualFold(term.Column, t.Times[0]) {
		return Source{Term: Term{Func: EventTime, When: term.When}, Compare: CompareTime}
	}
	if term.Func == HostOf {
		s.Compare = CompareName
		return s
	}
	key := strings.ToLower(term.Column)
	if term.Member != "" {
		key += "." + strings.ToLower(term.Member)
	}
	if c, ok := t.compare.get(key); ok {
		s.Compare, s.Domain = c, t.userDomain.at(key)
		return s
	}
	if term.Member != "" {
		if k := t.Key(term.Column); k != nil {
			for _, m := range k.JSON {
				if strings.EqualFold(m.Key, term.Member) {
					s.Compare = compareKind(m.Kind.String())
				}
			}
		}
		return s
	}
	s.Compare = compareKind(t.native.at(key).holds)
	return s
}

func compareKind(holds string) Compare {
	switch holds {
	case "ip":
		return CompareAddr
	case "ip-list", "list":
		return CompareAddrs
	case "host":
		return CompareHost
	case "domain":
		return CompareName
	case "int", "long", "real":
		return CompareNumber
	case "time":
		return CompareTime
	case "email-or-name":
		return CompareUser
	}
	return CompareText
}

func whoSource(n int) Source {
	s := Source{Term: Term{Func: WhoField, Column: whoNames[n]}}
	switch n {
	case whoIP, whoPeer:
		s.Compare = CompareAddr
	case whoHost:
		s.Compare = CompareHost
	case whoPeerName:
		s.Compare = CompareName
	case whoUser:
		s.Compare = CompareUser
	case whoProcess:
		s.Compare = CompareProcess
	case whoProtocol:
		s.Compare = CompareProtocol
	case whoPeerPort, whoBytesIn, whoBytesOut:
		s.Compare = CompareNumber
	case whoDirection:
		s.Compare = CompareDirection
	}
	return s
}

// FieldNames returns every name that rules may use in this table, as spelled
// in the definition: native columns, aliases, who fields.
func (t *Table) FieldNames() []string {
	names := append(slices.Clone(t.names), t.aliasNames...)
	names = append(names, "direction")
	for _, n := range whoNames {
		names = append(names, "who."+n)
	}
	return names
}
