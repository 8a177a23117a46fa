package feed

import (
	"bytes"
	"errors"
	"net"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// A judge decides what becomes of entries. It changes nothing but itself, so
// that several can work on the pieces of one feed. It puts plain indicators into its
// batch, and keeps a verdict on each other entry.
type judge struct {
	options Options
	batch   ioc.Batch
	rest    []verdict
	span    span
}

// A verdict is what becomes of an entry that is not plain.
type verdict struct {
	after int // plain indicators of the batch that stand before it

	line    int
	value   string // the entry's
	outcome Fate
	reason  string // for all but Usable

	host      bool          // of a URL: waits until all feeds are read
	aside     bool          // refused, but for a pack the list has it all the same
	indicator ioc.Indicator // without Feeds
	feeds     []string      // where the feed had it from
	doubt     string        // a warning, "" for none
	warnings  []string      // those that are given the first time only
}

// A span is the time that dates cover.
type span struct {
	oldest, newest ioc.Date // of first_seen; of equals the first
	// Of all dates of sighting.
	earliest, latest ioc.Date
}

func (s *span) add(e *Entry) {
	if d := e.FirstSeen; !d.IsZero() {
		s.first(d, d)
	}
	for _, d := range [...]ioc.Date{e.FirstSeen, e.LastSeen, e.Added} {
		s.sighted(d)
	}
}

func (s *span) first(oldest, newest ioc.Date) {
	if s.oldest.IsZero() || oldest.Compare(s.oldest) < 0 {
		s.oldest = oldest
	}
	if s.newest.IsZero() || newest.Compare(s.newest) > 0 {
		s.newest = newest
	}
}

func (s *span) sighted(d ioc.Date) {
	switch {
	case d.IsZero():
	case s.latest.IsZero():
		s.earliest, s.latest = d, d
	case d.Compare(s.latest) > 0:
		s.latest = d
	case d.Compare(s.earliest) < 0:
		s.earliest = d
	}
}

// widen adds the span of what follows.
func (s *span) widen(next *span) {
	if !next.oldest.IsZero() {
		s.first(next.oldest, next.newest)
	}
	s.sighted(next.earliest)
	s.sighted(next.latest)
}

func (j *judge) reset() {
	j.batch.Reset()
	clear(j.rest)
	j.rest, j.span = j.rest[:0], span{}
}

// take judges an entry.
func (j *judge) take(e *Entry) {
	if e.Fate == Usable && !j.options.general && j.plain(e) {
		j.span.add(e)
		return
	}
	if e.Fate == Usable && (j.ranged(e) || e.loose && j.several(e)) {
		return
	}
	v := j.weigh(e)
	v.after = j.batch.Len()
	if v.outcome == Usable {
		j.span.add(e)
	}
	if o := j.options; o.ForPack && v.outcome == Rejected && (v.reason == publicSuffix || v.reason == singleLabel) {
		o.ForceBroad = true
		if broad := (&judge{options: o}).weigh(e); broad.outcome == Usable {
			v.aside, v.indicator, v.feeds = true, broad.indicator, broad.feeds
		}
	}
	page := v.outcome == Usable && v.indicator.Type == ioc.URL || v.outcome != Usable && v.reason == hostOnly
	if v.outcome == Usable || !page || !j.options.URLHosts {
		j.rest = append(j.rest, v)
	}
	if page && (j.options.URLHosts || j.options.ForPack) {
		j.takeHost(e, v)
	}
}

// ranged judges the networks of an entry that is a range of addresses.
func (j *judge) ranged(e *Entry) bool {
	if c := classOf(e.Type); c != classAny && c != classAddr {
		return false
	}
	networks := rangeNetworks(string(e.Value))
	value := e.Value
	for _, n := range networks {
		e.Value = []byte(n)
		j.take(e)
	}
	e.Value = value
	return len(networks) > 0
}

// several judges the values of a cell that holds more than one: the hashes of one
// file, or names of servers, each with the path that is asked for there.
//
//	6cc1…,7cc1…,8cc1…
//	evil.example,/gate.php,203.0.113.7,/gate.php
//
// Where the cell may hold anything, names of files are the hashes'.
func (j *judge) several(e *Entry) bool {
	c := classOf(e.Type)
	if c >= classOtherHash || c == classURL || !bytes.ContainsAny(e.Value, ",;| \n") {
		return false
	}
	if _, err := ioc.Parse(string(e.Value)); err == nil {
		return false // a URL with a comma
	}
	var values, files, others [][]byte
	for value := range bytes.FieldsFuncSeq(e.Value, func(r rune) bool { return strings.ContainsRune(",;| \t\r\n", r) }) {
		i, err := ioc.Parse(string(value))
		switch {
		case isNone(string(value)), isHostsAddress(value), value[0] == '/' && !isLength(string(value)):
		case err == nil && i.Type == ioc.IP && strings.HasPrefix(i.Value, "255."):
			return false // 203.0.113.0 255.255.255.0
		case c == classAny && namesFile(value):
			files = append(files, value)
		case errors.Is(err, ioc.ErrHash) && (c == classAny || c == classHash):
			others = append(others, value) // the SHA-512 of the file
		case err == nil && (fits(i.Type, c) || c == className && fits(i.Type, classAddr)):
			values = append(values, value)
		default:
			return false
		}
	}
	if len(values) == 0 {
		return false
	}
	whole := *e
	for _, e.Value = range values {
		j.take(e)
	}
	e.Fate, e.Reason = Skipped, nameOfFile
	for _, e.Value = range files {
		j.take(e)
	}
	e.Reason = otherHash
	for _, e.Value = range others {
		j.take(e)
	}
	*e = whole
	return true
}

// takeHost judges the host of an entry that is a URL. One that is refused is
// only noted if the URL itself is taken.
func (j *judge) takeHost(e *Entry, v verdict) {
	i, err := ioc.ParseURLHost(v.value, j.options.ForceBroad)
	if j.options.URLHosts {
		switch {
		case err == nil:
			j.span.add(e)
		case v.outcome == Usable:
			v.outcome, v.reason = Noted, hostNotTaken+refusal(err)
			j.rest = append(j.rest, v)
		default:
			v.outcome, v.reason = Rejected, refusal(err)
			j.rest = append(j.rest, v)
		}
	}
	if err != nil && j.options.ForPack {
		i, err = ioc.ParseURLHost(v.value, true)
	}
	if err == nil {
		i.Details = e.Details
		j.rest = append(j.rest, verdict{after: v.after, line: v.line, value: v.value, outcome: Usable, host: true, indicator: i, feeds: e.Feeds})
	}
}

// plain takes an entry whose value is plain and of the type that its word says.
// False means that it has to be judged.
func (j *judge) plain(e *Entry) bool {
	if len(e.Feeds) > 0 || !e.ValidUntil.IsZero() {
		return false
	}
	c := classOf(e.Type)
	var p ioc.Plain
	var ok bool
	switch c {
	case classAny, classAddr, className, classHash:
		p, ok = ioc.ParsePlain(e.Value)
	case classSock:
		if p, ok = ioc.ParsePlainAddrPort(e.Value); !ok && bytes.IndexByte(e.Value, ':') < 0 {
			p, ok = ioc.ParsePlain(e.Value)
		}
	}
	if !ok || !fits(p.Type(), c) {
		return false
	}
	if p.Type() == ioc.IP && len(e.Port) > 0 {
		port, ok := plainPort(e.Port)
		if !ok {
			return false
		}
		if port != 0 {
			p = p.WithPort(port)
		}
	}
	var d *ioc.Details
	if hasDetails(&e.Details) {
		d = &e.Details
	}
	return j.batch.Add(&p, e.Line, d)
}

// fits reports whether an indicator is of the type that a feed's word says.
func fits(t ioc.Type, c class) bool {
	switch c {
	case classAny:
		return true
	case className:
		return t == ioc.Domain
	case classHash:
		return t == ioc.Hash
	case classURL:
		return t == ioc.URL
	}
	return t != ioc.Domain && t != ioc.Hash && t != ioc.URL
}

// hasDetails reports whether a feed says more of an indicator than its value.
func hasDetails(d *ioc.Details) bool {
	return d.ThreatType != "" || d.Malware != "" || d.Confidence >= 0 || d.Compromised >= 0 || len(d.Tags) > 0 ||
		!d.FirstSeen.IsZero() || !d.LastSeen.IsZero() || !d.ValidUntil.IsZero()
}

// plainPort reads a port of at most five digits, 0 without any.
func plainPort(text []byte) (port uint16, ok bool) {
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' || len(text) > 5 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return uint16(n), n <= 0xffff
}

// weigh judges an entry by the general rules.
func (j *judge) weigh(e *Entry) verdict {
	v := verdict{line: e.Line, value: string(e.Value), outcome: e.Fate, reason: e.Reason}
	if e.Fate != Usable {
		v.indicator.FirstSeen = e.Added // of a date that the feed gives itself
		return v
	}
	skip := func(reason string) verdict {
		v.outcome, v.reason = Skipped, reason
		return v
	}
	c := classOf(e.Type)
	switch c {
	case classOtherHash:
		return skip(otherHash)
	case classMail:
		return skip("mail address")
	case classOther:
		if !e.loose || !allowsValue(e.Type, v.value) {
			return skip("type " + Clean(e.Type))
		}
		c, v.doubt = classAny, "type not known, taken by its value: "+Clean(e.Type)
	}
	i, err := j.parse(e)
	if c == classHash && (err != nil || i.Type != ioc.Hash) {
		return skip(otherHash)
	}
	if err != nil {
		if what := notMatched(err); what != "" {
			return skip(what)
		}
		v.outcome, v.reason = Rejected, refusal(err)
		return v
	}
	switch {
	case c == classURL && i.Type != ioc.URL && i.Type != ioc.Hash:
		return skip(hostOnly)
	case !fits(i.Type, c):
		v.doubt = "typed as " + c.noun() + ", read as " + noun(i.Type)
	case i.Type == ioc.Domain && strings.IndexByte(v.value, ':') > 0 && !strings.Contains(v.value, "://"):
		v.doubt = "a name is matched whatever the port"
	}
	i.Details = e.Details
	v.indicator, v.feeds, v.warnings = i, e.Feeds, i.Warnings()
	return v
}

// noun is how a message calls a value of the class.
func (c class) noun() string {
	switch c {
	case className:
		return "a name"
	case classURL:
		return "a URL"
	}
	return "an address"
}

func noun(t ioc.Type) string {
	switch t {
	case ioc.Domain:
		return "a domain"
	case ioc.URL:
		return "a URL"
	case ioc.Hash:
		return "a hash"
	}
	return "an address"
}

// parse reads the value as its type has it.
func (j *judge) parse(e *Entry) (ioc.Indicator, error) {
	value := string(e.Value)
	if classOf(e.Type) == classSock {
		if i, err := ioc.ParseAddrPort(value); err == nil {
			return i, nil
		}
	}
	parse := ioc.Parse
	if classOf(e.Type) == classURL {
		if i, err := ioc.ParseURL(value); err == nil || !errors.Is(err, ioc.ErrNotIndicator) {
			return i, err
		}
	}
	if j.options.ForceBroad {
		parse = ioc.ParseBroad
	}
	i, err := parse(value)
	if err == nil && i.Type == ioc.IP && len(e.Port) > 0 {
		// A port of zero, or none that can be read, leaves the address.
		if p, err := ioc.Parse(net.JoinHostPort(i.Value, strings.TrimSpace(string(e.Port)))); err == nil && p.Type == ioc.IPPort && p.Port != 0 {
			return p, nil
		}
	}
	return i, err
}

// Reasons for which names are refused.
const (
	publicSuffix = "public suffix"
	singleLabel  = "single label"
	hostNotTaken = "host not taken: " // before one of them
)

// Reasons for which URLs and hashes are skipped.
const (
	hostOnly  = "URL without a path: --url-hosts takes its host"
	otherHash = "hash that is not the MD5, SHA-1 or SHA-256 of a file"
)

// notMatched names the type of an indicator that is read but not matched, ""
// for any other error.
func notMatched(err error) string {
	switch {
	case errors.Is(err, ioc.ErrURLHost):
		return hostOnly
	case errors.Is(err, ioc.ErrURLPath):
		return "URL path"
	case errors.Is(err, ioc.ErrHash):
		return otherHash
	case errors.Is(err, ioc.ErrEmail):
		return "mail address"
	case errors.Is(err, ioc.ErrFileName):
		return nameOfFile
	}
	return ""
}

// refusal is the reason of a rejected value, without the value: reasons are
// counted.
func refusal(err error) string {
	switch {
	case errors.Is(err, ioc.ErrPublicSuffix):
		return publicSuffix
	case errors.Is(err, ioc.ErrSingleLabel):
		return singleLabel
	}
	return "not an indicator"
}
