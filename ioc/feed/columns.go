package feed

import (
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// none is the number of a column that a feed lacks.
const none = -1

// A layout says what the columns of a table hold. Columns go by number from
// 0; none stands for a column that the table lacks.
type layout struct {
	values []column // several where a row spreads its value over columns
	port   int

	typ, threat, confidence, compromised, tags int
	malware                                    []int // the first that is not empty counts
	first, last, until, added                  int
	action                                     int
	standing                                   []standing
	width                                      int // columns in all

	// others hold values if the column that is called so holds none: in
	// "#ip,ioc" of some feeds ioc is a sentence. Their types are their own.
	others []column
	length int // of the network whose address is the value

	scanned []column // names of the provider of the address, which are counted

	bare bool // there is no header
	// beside means that defanged values are taken from the other columns too: nobody
	// defangs what is no indicator.
	beside bool
	full   bool // every cell is a value; values are none

	language int // of the patterns that are the values
}

// A column holds values; typ is what its name says of them, "" for nothing.
type column struct {
	n   int
	typ string
}

// A standing is a column that says whether a row still counts.
type standing struct {
	n      int
	ended  int8     // the truth of the cell for which it does not
	reason string   // why not
	words  []string // in place of ended, the words for which it does not
}

// standings are such columns by name. MISP's to_ids says that an attribute is for
// detection.
var standings = map[string]standing{
	"whitelisted": {ended: 1, reason: "whitelisted"}, "iswhitelisted": {ended: 1, reason: "whitelisted"},
	"allowlisted": {ended: 1, reason: "whitelisted"}, "isallowlisted": {ended: 1, reason: "whitelisted"},
	"falsepositive": {ended: 1, reason: "false positive"}, "isfalsepositive": {ended: 1, reason: "false positive"},
	"verdict": {words: harmless}, "status": {words: harmless},
	"active": {ended: 0, reason: "not active"}, "isactive": {ended: 0, reason: "not active"},
	"deleted": {ended: 1, reason: "deleted"}, "isdeleted": {ended: 1, reason: "deleted"},
	"revoked": {ended: 1, reason: "revoked"}, "isrevoked": {ended: 1, reason: "revoked"},
	"toids": {ended: 0, reason: "to_ids is false"},
}

// harmless are the words of a verdict or status for something that is no threat, or no
// longer one. Offline is none of them: the server was a threat.
var harmless = []string{"benign", "clean", "harmless", "false positive", "false_positive", "false-positive", "falsepositive", "falsepos",
	"whitelisted", "allowlisted", "revoked", "inactive"}

// ends reports whether a row with this cell does not count, and why.
func (s *standing) ends(cell []byte) (reason string, ok bool) {
	if s.words == nil {
		return s.reason, truth(string(cell)) == s.ended
	}
	for _, w := range s.words {
		if len(cell) == len(w) && strings.EqualFold(string(cell), w) {
			return "by its own word " + w, true
		}
	}
	return "", false
}

// Names of columns, in the form that plain gives them and without a final utc;
// the better name first where a table may have several.
var (
	valueNames   = []string{"iocvalue", "ioc", "indicatorvalue", "observablevalue", "atomvalue", "indicator", "observable", "value", "data", "indicators", "iocs", "values", "artifact"}
	addressNames = []string{"ipaddress", "ip", "ipstr", "ipv4", "ipv6", "ips", "dstip", "networkip", "networkdestinationip", "networksourceip", "cidr", "network", "subnet", "netblock", "ioip", "address", "networkcidrblock", "networkdestinationcidrblock", "networksourcecidrblock", "emailsourceipaddress",
		"networkipv4", "networkipv6", "networkdestinationipv4", "networkdestinationipv6", "networksourceipv4", "networksourceipv6",
		"ipaddresses", "ipv4s", "ipv6s", "ipv4address", "ipv6address", "ipv4addresses", "ipv6addresses", "cidrs", "subnets", "networks"}
	domainNames = []string{"domain", "domainname", "fqdn", "domains", "domainnames", "fqdns"}
	hostNames   = []string{"hostname", "host", "hostnames", "hosts"} // beside an address or a URL it is only theirs
	otherNames  = []string{"url", "uri", "urls", "uris", "md5s", "sha1s", "sha256s", "md5", "sha1", "sha256", "md5hash", "sha1hash", "sha256hash", "filehash", "filehashvalue", "hash", "filehashes", "hashes", "hashmd5", "hashsha1", "hashsha256", "ja3md5", "ja3"}
	portNames   = []string{"port", "dstport"}

	typeNames        = []string{"ioctype", "indicatortype", "observabletype", "atomtype", "observablekey", "entitytype", "type", "types"}
	threatNames      = []string{"threattype", "threat", "threattypes"}
	malwareNames     = []string{"malwareprintable", "malware", "malwarefamily", "malwarenames", "family", "fkmalware", "malwarefamilies", "malwarefamilynames", "signature"}
	confidenceNames  = []string{"confidencelevel", "confidence", "confidencescore"}
	firstNames       = []string{"firstseen", "firstseendate"}
	lastNames        = []string{"lastseen", "lastseendate", "lastonline"}
	untilNames       = []string{"validuntil", "expirationdatetime", "expirationtime", "expiration", "expires"}
	addedNames       = []string{"dateadded", "added", "timegenerated"}
	compromisedNames = []string{"iscompromised", "compromised"}
	tagNames         = []string{"tags", "tag"}
)

// readHeader finds the columns of a header. It returns false if none of them is named as
// a column of values.
func readHeader(cells [][]byte) (layout, bool) {
	if len(cells) > 1000 {
		return detailLayout(nil), false
	}
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = strings.TrimSuffix(plain(string(c)), "utc")
	}
	l := detailLayout(names)
	if !l.findShodan(names) && !l.findTheHive(names) && !(isIntelMQ(cells) && l.findIntelMQ(names)) {
		l.findValues(names)
	}
	return l, len(l.values) > 0
}

// rawCells are texts as the cells of a record.
func rawCells(cells []string) [][]byte {
	raw := make([][]byte, len(cells))
	for i, c := range cells {
		raw[i] = []byte(c)
	}
	return raw
}

// detailLayout finds the columns that say something of the values, which are
// still to be found.
func detailLayout(names []string) layout {
	at := func(wanted []string) int { return firstNamed(names, wanted) }
	l := layout{
		port: at(portNames), typ: at(typeNames), threat: at(threatNames), confidence: at(confidenceNames),
		compromised: at(compromisedNames), tags: at(tagNames), first: at(firstNames), last: at(lastNames), until: at(untilNames),
		added: at(addedNames), action: at([]string{"action"}), width: len(names), length: none, language: none,
	}
	for i, n := range names {
		if s, ok := standings[n]; ok {
			s.n = i
			l.standing = append(l.standing, s)
		}
	}
	for _, m := range malwareNames {
		if i := slices.Index(names, m); i >= 0 {
			l.malware = append(l.malware, i)
		}
	}
	return l
}

// firstNamed is the column with the first of the wanted names that one has.
func firstNamed(names, wanted []string) int {
	for _, w := range wanted {
		if i := slices.Index(names, w); i >= 0 {
			return i
		}
	}
	return none
}

// findShodan takes the addresses of a table of Shodan's; false if it is none.
func (l *layout) findShodan(names []string) bool {
	if !isShodan(names) {
		return false
	}
	ip := slices.Index(names, "ipstr")
	l.values, l.typ = []column{{ip, "ip"}}, none
	l.scanned = slices.DeleteFunc(namedColumns(names, true), func(c column) bool { return c.n == ip })
	return true
}

// findTheHive takes the values of a table of TheHive's observables, of which ioc
// says whether they are indicators; false if it is none.
func (l *layout) findTheHive(names []string) bool {
	typ, data := slices.Index(names, "datatype"), slices.Index(names, "data")
	if typ < 0 || data < 0 {
		return false
	}
	l.values, l.typ = []column{{data, ""}}, typ
	if ioc := slices.Index(names, "ioc"); ioc >= 0 {
		l.standing = append(l.standing, standing{n: ioc, ended: 0, reason: "ioc is false"})
	}
	return true
}

// findIntelMQ takes the values of a table of IntelMQ's events, whose source is the attacker's
// unless the class of the event says that it is a victim; false if it has none. Beside an
// address, its network is that which is routed, with all who are in it.
func (l *layout) findIntelMQ(names []string) bool {
	if firstNamed(names, valueNames) != none {
		return false
	}
	at := func(name string) int { return slices.Index(names, name) }
	class := at("classificationtype")
	for _, c := range []struct{ name, typ string }{{"sourceip", "ip"}, {"sourcenetwork", "cidr"}, {"sourcefqdn", "domain"}, {"sourceurl", "url"},
		{"malwarehashmd5", "md5"}, {"malwarehashsha1", "sha1"}, {"malwarehashsha256", "sha256"}} {
		if n := at(c.name); n >= 0 && (c.typ != "cidr" || at("sourceip") < 0) {
			l.values = append(l.values, column{n, c.typ})
		}
	}
	if len(l.values) == 0 {
		return false
	}
	l.typ, l.threat, l.port, l.first = none, class, at("sourceport"), at("timesource")
	if n := at("malwarename"); n >= 0 {
		l.malware = []int{n}
	}
	l.standing = append(l.standing, standing{n: class, words: victims})
	return true
}

// victims are IntelMQ's classes of events whose source is a victim, or no threat.
var victims = []string{"infected-system", "system-compromise", "application-compromise", "vulnerable-system", "weak-crypto", "ddos-amplifier",
	"potentially-unwanted-accessible", "information-disclosure", "data-leak", "data-loss", "misconfiguration", "test"}

// findValues takes the column that is named for values of any type, or else all
// that are named for one type.
func (l *layout) findValues(names []string) {
	value := firstNamed(names, valueNames)
	if pattern := slices.Index(names, "pattern"); value == none && pattern >= 0 && slices.Contains(names, "patterntype") {
		// STIX indicators, as OpenCTI and Sekoia export them: the name is often the value, too.
		l.values, l.language, l.typ = []column{{pattern, ""}}, slices.Index(names, "patterntype"), none
		return
	}
	if value != none && names[value] == "indicator" && l.typ == none {
		// Indicator,Data,Note: the indicator's type, and then its value.
		if data := slices.Index(names, "data"); data >= 0 {
			l.typ, value = value, data
		}
	}
	l.others = namedColumns(names, false)
	if value != none {
		l.values = []column{{value, ""}}
		for _, c := range l.others { // of the same file, whose SHA-256 may be the value
			if c.typ == "md5" || c.typ == "sha1" || c.typ == "sha256" {
				l.values = append(l.values, c)
			}
		}
		return
	}
	l.useOthers()
	if start, length := slices.Index(names, "start"), slices.Index(names, "netblock"); start >= 0 && length >= 0 {
		// DShield's Start, End, Netblock: an address, and how long its network is.
		l.values, l.length = []column{{start, "cidr"}}, length
	}
}

// isShodan reports whether columns are those of Shodan. There the names beside an address
// are its provider's.
func isShodan(names []string) bool {
	has := func(name string) bool { return slices.Contains(names, name) }
	return has("ipstr") && has("hostnames") && (has("isp") || has("asn") || has("org"))
}

// uses reports whether the layout has a use for a column.
func (l *layout) uses(n int) bool {
	return slices.Contains([]int{l.port, l.typ, l.threat, l.confidence, l.compromised, l.tags, l.first, l.last, l.until, l.added, l.action, l.length, l.language}, n) ||
		slices.Contains(l.malware, n) || slices.ContainsFunc(l.values, func(c column) bool { return c.n == n }) ||
		slices.ContainsFunc(l.standing, func(s standing) bool { return s.n == n }) || slices.ContainsFunc(l.scanned, func(c column) bool { return c.n == n })
}

// useOthers takes the values from the columns that are named for a type.
func (l *layout) useOthers() {
	l.values, l.others = l.others, nil
	l.typ = none // its word cannot be that of several columns
}

// namedColumns finds the columns whose names say of what type their values are;
// of hosts beside an address or a URL only if all are asked for.
func namedColumns(names []string, all bool) (values []column) {
	add := func(typ string, wanted []string) {
		for i, n := range names {
			if slices.Contains(wanted, n) {
				values = append(values, column{i, typ})
			}
		}
	}
	add("ip", addressNames)
	addresses := len(values) > 0
	if addresses || !slices.Contains(names, "asname") {
		add("domain", domainNames) // else it is that of a network's owner
	}
	if all || !addresses && !slices.Contains(names, "url") {
		add("hostname", hostNames)
	}
	add("", otherNames)
	for i, n := range names {
		if namesServer(n) {
			values = append(values, column{i, anyType})
		} else if typ, ok := roleType(n); ok {
			values = append(values, column{i, typ})
		}
	}
	slices.SortFunc(values, func(a, b column) int { return a.n - b.n })
	for i := range values {
		if v := &values[i]; v.typ == "" {
			v.typ = names[v.n]
			switch {
			case strings.HasPrefix(v.typ, "filehash"), strings.HasPrefix(v.typ, "hash"):
				v.typ = "hash"
			case slices.Contains(names, "listingreason"):
				v.typ = "certhash" // SSLBL lists certificates
			}
		}
	}
	return values
}

// serverNames are what the servers of a malware are called, whatever they are
// known by.
var serverNames = []string{"c2", "c2s", "c2server", "c2servers", "c2ip", "c2ips", "c2domain", "c2domains", "c2url", "c2urls", "c2host", "c2hosts",
	"c2address", "c2addresses", "cnc", "cncs", "cncserver", "cncservers", "cncip", "cncips", "cncdomain", "cncdomains", "cncurl", "cncurls"}

// serverWords may stand before such a name: "Listener/C2 URL". Others may be the
// value itself, as in "evil.example C2 server".
var serverWords = []string{"", "listener", "malware", "implant", "beacon", "cobaltstrike", "bot", "botnet", "rat", "attacker", "actor", "primary", "main",
	"secondary", "backup", "fallback", "embedded", "hardcoded", "configured", "config", "extracted", "associated", "observed", "known"}

// namesServer reports whether a column is called so.
func namesServer(name string) bool {
	return slices.ContainsFunc(serverNames, func(s string) bool {
		word, ok := strings.CutSuffix(name, s)
		return ok && slices.Contains(serverWords, word)
	})
}

// roleType returns the type in the name of a column that says with it that its values are
// an attacker's, "Phishing URL", of which file the hash is, "payload_md5", or of which of
// two types they are, "Domain/IP".
func roleType(name string) (typ string, ok bool) {
	switch name {
	case "domainip", "ipdomain", "domainorip", "ipordomain", "domainsips", "ipsdomains":
		return anyType, true
	}
	for _, part := range [...]string{"file", "sample", "loader", "payload", "dropper", "implant", "malware"} {
		if rest, ok := strings.CutPrefix(name, part); ok && slices.Contains([]string{"md5", "sha1", "sha256"}, rest) {
			return rest, true
		}
	}
	for _, role := range attackers {
		if rest, ok := strings.CutPrefix(name, role); ok {
			switch {
			case slices.Contains([]string{"ip", "ips", "ipaddress", "ipaddresses", "ipv4", "ipv6"}, rest):
				return "ip", true
			case slices.Contains(domainNames, rest):
				return "domain", true
			case rest == "url" || rest == "urls":
				return "url", true
			}
		}
	}
	return "", false
}

// anyType is a word for a type that leaves it to the value.
const anyType = "-"

// readNames finds the columns of objects: those of a header, and servers, which
// stand beside a column of values of any type too.
func readNames(names [][]byte) (layout, bool) {
	l, ok := readHeader(names)
	if len(names) > maxColumns {
		return l, ok
	}
	for n, name := range names {
		if namesServer(plain(string(name))) && !l.uses(n) {
			l.values, ok = append(l.values, column{n, anyType}), true
		}
	}
	return l, ok
}

// delimiters are tried for a header in this order.
var delimiters = []byte{',', ';', '\t', '|'}

// splitHeader finds the delimiter with which a line is a header. A line with an
// indicator in one of its cells is none, even if another says domain.
func splitHeader(line []byte) (l layout, delim byte, ok bool) {
	for _, d := range delimiters {
		c := recordReader{delim: d}
		c.split(line)
		h, found := readHeader(c.cells)
		held := holdsIndicator
		if isIntelMQ(c.cells) {
			held = func(cell []byte) bool { return holdsIndicator(cell) && !partedName().Match(cell) } // malware.name
		}
		if found && (!ok || len(c.cells) > l.width) && !slices.ContainsFunc(c.cells, held) {
			l, delim, ok = h, d, true
		}
	}
	return l, delim, ok
}

// isIntelMQ reports whether a header is one of IntelMQ's. Elsewhere a column called
// classification_type stands beside values, and source_url is where they come from.
func isIntelMQ(header [][]byte) bool {
	return slices.ContainsFunc(header, func(cell []byte) bool { return string(cell) == "classification.type" })
}

// holdsIndicator reports whether a cell is an indicator, matched or not.
func holdsIndicator(cell []byte) bool {
	_, err := ioc.Parse(string(cell))
	return err == nil || notMatched(err) != ""
}
