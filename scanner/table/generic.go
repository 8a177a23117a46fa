package table

import (
	"slices"
	"strings"
)

// GenericName asks for exports of unknown tables to be swept as well, and is
// the name of one that says nothing of itself.
const GenericName = "generic"

// A part is what a column says of a row, as far as its name tells.
type part uint8

const (
	partTime part = iota
	partHost
	partUser
	partProcess
	partCommand
	partAction
	partSource
	partDestination
	partURL
	partCount
)

// guesses are the names of columns in order of preference, in lower case and
// without signs: Event_Time and @timestamp are eventtime and timestamp.
var guesses = [partCount][]string{
	partTime: {"timestamp", "timegenerated", "eventtime", "eventtimestamp", "time", "ts", "datetime", "utctime", "eventstarttime",
		"starttime", "activitydatetime", "createddatetime", "creationtime", "timecreated", "eventcreatedtime", "logtime", "eventdate", "date", "receivedtime"},
	partHost: {"devicename", "computer", "computername", "host", "hostname", "dvchostname", "devicehostname", "machinename", "machine",
		"device", "dvc", "endpointname", "endpoint", "workstation", "workstationname", "servername", "server", "agenthostname", "agentname", "syslogserver"},
	partUser: {"accountupn", "userprincipalname", "accountname", "account", "username", "user", "srcusername", "sourceusername",
		"initiatingprocessaccountname", "subjectusername", "targetusername", "useremail", "userid", "actor", "upn", "identity"},
	partProcess: {"initiatingprocessfilename", "processname", "process", "newprocessname", "image", "filename", "srcprocessname", "appname", "appdisplayname"},
	partCommand: {"processcommandline", "commandline", "initiatingprocesscommandline", "cmdline", "command"},
	partAction: {"actiontype", "action", "deviceaction", "dvcaction", "eventaction", "operation", "operationname", "activity", "eventid",
		"result", "resulttype", "eventresult", "status"},
	partSource: {"sourceip", "srcip", "srcipaddr", "sourceipaddress", "sourceaddress", "clientip", "clientipaddress", "callerip",
		"calleripaddress", "cip", "ipaddress", "localip", "idorigh", "ip"},
	partDestination: {"destinationip", "dstip", "dstipaddr", "destinationipaddress", "destinationaddress", "destip", "remoteip", "serverip", "idresph"},
	partURL:         {"url", "requesturl", "remoteurl", "uri", "requesturi", "query", "dnsquery", "queryname", "domain"},
}

var partAliases = [partCount]string{
	partTime:        "timestamp @timestamp time event.created event.start",
	partHost:        "host host.name hostname computer device",
	partUser:        "user user.name process.user account",
	partProcess:     "process.name process",
	partCommand:     "process.command_line CommandLine",
	partAction:      "action event.action",
	partSource:      "source_ip source.ip src_ip src client.ip",
	partDestination: "destination_ip destination.ip dest_ip dst_ip dst",
	partURL:         "url url.full",
}

// PlainColumn is a column's name in lower case and without signs.
func PlainColumn(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
}

// Generic defines a table of which nothing is known but the columns that an
// export shows. Its time, host and a few more are guessed by name; no column is
// a key, for all are. open says that records may have other columns as well: of
// those, the usual spellings are reckoned with. Empty columns give what rules
// can ask of every such table.
func Generic(columns []string, open bool) *Table {
	g := genericTable{t: &Table{Name: GenericName, Optional: true},
		native: map[string]column{}, alias: map[string][]Term{}, compare: map[string]Compare{}}
	g.guess(columns, open)
	for n := range partCount {
		g.describe(n)
	}
	t := g.t
	t.Times = g.parts[partTime]
	if len(t.Times) == 0 {
		t.Times = []string{"Timestamp"}
		g.add("Timestamp", "time")
	}
	for field, n := range map[int]part{whoHost: partHost, whoUser: partUser, whoProcess: partProcess, whoCommandLine: partCommand} {
		for _, c := range g.parts[n] {
			t.who[field].terms = append(t.who[field].terms, whoTerm{Term: Term{Column: c}, side: -1})
		}
	}
	for n, list := range g.parts {
		t.used = append(t.used, list...)
		if part(n) > partHost {
			t.Triage = append(t.Triage, list...)
		}
	}
	t.used = append(t.used, t.Times...)
	t.Hunt = slices.Concat(t.Times, g.parts[partHost])
	t.native, t.alias, t.compare = lookupOf(g.native), lookupOf(g.alias), lookupOf(g.compare)
	return t
}

// A genericTable is a generic table being made, with what becomes its lookups.
type genericTable struct {
	t       *Table
	native  map[string]column
	alias   map[string][]Term
	compare map[string]Compare
	parts   [partCount][]string // columns in order of preference
}

// add adds a native column.
func (g *genericTable) add(name, holds string) {
	g.native[strings.ToLower(name)] = column{name, holds}
	g.t.names = append(g.t.names, name)
	if strings.Contains(name, ".") {
		g.t.dotted = append(g.t.dotted, name)
	}
}

// knows reports whether a column has been added.
func (g *genericTable) knows(name string) bool { return g.native[strings.ToLower(name)].name != "" }

// guess adds the columns and finds those of each part by their names. If open is set, the
// usual names of which there is no column are added too: records may have them.
func (g *genericTable) guess(columns []string, open bool) {
	byPlain := map[string][]string{}
	for _, c := range columns {
		if c == "" || g.knows(c) {
			continue
		}
		g.add(c, "string")
		byPlain[PlainColumn(c)] = append(byPlain[PlainColumn(c)], c)
	}
	for n, names := range guesses {
		for _, name := range names {
			found := byPlain[name]
			if len(found) == 0 && open {
				found = []string{name}
				if !g.knows(name) {
					g.add(name, "string")
				}
			}
			g.parts[n] = append(g.parts[n], found...)
		}
	}
}

// describe says what the columns of a part hold, how rules compare them, and which other
// names they have for rules.
func (g *genericTable) describe(n part) {
	var terms []Term
	for _, c := range g.parts[n] {
		terms = append(terms, Term{Column: c})
		key := strings.ToLower(c)
		switch n {
		case partTime:
			g.native[key] = column{g.native[key].name, "time"}
		case partHost:
			g.native[key] = column{g.native[key].name, "host"}
		case partSource, partDestination:
			g.native[key] = column{g.native[key].name, "ip"}
		case partProcess:
			g.compare[key] = CompareProcess
		case partUser:
			g.compare[key] = CompareUser
		}
	}
	if n == partTime {
		terms = []Term{{Func: EventTime}}
	}
	for _, name := range strings.Fields(partAliases[n]) {
		g.alias[foldName(name)] = terms
		g.t.aliasNames = append(g.t.aliasNames, name)
	}
}

// Guessed returns which of the given columns of a generic table are the first
// choice for time and host, "" where there is none.
func (t *Table) Guessed(columns []string) (time, host string) {
	pick := func(names []string) string {
		for _, n := range names {
			if i := slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(c, n) }); i >= 0 {
				return columns[i]
			}
		}
		return ""
	}
	var hosts []string
	for _, x := range t.who[whoHost].terms {
		hosts = append(hosts, x.Column)
	}
	return pick(t.Times), pick(hosts)
}

// Shown reports whether a generic hit shows a column that did not match. n is the sort of
// column, by what a responder asks next: one of each sort is enough.
func Shown(name string) (n int, ok bool) {
	name = PlainColumn(name)
	for n := partUser; n < partCount; n++ {
		if slices.Contains(guesses[n], name) {
			return int(n), true
		}
	}
	return 0, false
}

// PortColumns returns the plain names of columns that may hold the port which
// belongs to an address column: SrcIpAddr has SrcPortNumber, id.resp_h id.resp_p.
func PortColumns(address string) []string {
	name := PlainColumn(address)
	if stem, ok := strings.CutSuffix(name, "h"); ok && strings.HasPrefix(name, "id") {
		return []string{stem + "p"}
	}
	for _, suffix := range []string{"ipaddress", "ipaddr", "address", "addr", "ip", "hostname", "host", "fqdn", "url"} {
		if stem, ok := strings.CutSuffix(name, suffix); ok {
			return []string{stem + "port", stem + "portnumber"}
		}
	}
	return nil
}

// TypeName returns the name of a table as a Type or category cell gives it.
func TypeName(cell string) (string, bool) {
	name := typeName(cell)
	return name, plausible(name) && len(name) <= maxTableName
}

// maxTableName bounds what is taken from a cell as a name.
const maxTableName = 128

// IsHost reports whether a column's name is that of a host.
func IsHost(name string) bool { return slices.Contains(guesses[partHost], PlainColumn(name)) }
