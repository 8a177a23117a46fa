// Package feed reads indicators from the shapes in which they are handed round:
// ThreatFox exports, lists, tables, rule pages, and what this package writes
// itself.
//
// [Read] takes feeds in order. Each is unpacked, its [Kind] is told by its
// content or given, and the kind turns it into a stream of entries: what each
// line says, not yet parsed. Entries are parsed by package ioc and merged, so
// that the same indicator from several places is one that knows all of them.
//
//	Source → unpack → Kind.Read → Entry → ioc.Parse → merge → []ioc.Indicator
//
// Nothing is dropped silently: each feed has a [Report] that counts what was
// not taken by reason and lists each line that was refused.
package feed

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
)

// Options says how to read feeds. The zero value detects everything and keeps
// every indicator.
type Options struct {
	Format        string    // name of a Kind for all feeds; "" tells it by content
	ForceBroad    bool      // take public suffixes and single labels too
	MinConfidence int       // drop indicators that are weaker; those that have none stay
	Now           time.Time // what valid_until is compared with; zero: the newest date of the feed itself
}

// A Report says what became of one feed. Taken is what it brought; the
// indicators of Read are the sum of Taken less the sum of Weak.
type Report struct {
	Path string
	Kind string // name of the Kind, "" if none was found

	Taken    int // indicators that no feed before, and no line before, has given
	Merged   int // entries that repeat a known indicator
	Skipped  int // entries of types that are not matched, or that are no indicators by their own word
	Rejected int // entries that could not be used
	Weak     int // of Taken, those dropped for MinConfidence after merging

	ByType   map[string]int // Taken by type: ip, ip:port, cidr, domain
	Reasons  map[string]int // Skipped and Rejected by reason
	Rejects  []Reject       // in feed order, at most 100,000
	Warnings []Reject       // in feed order, at most 100,000
	Unlisted int            // rejects and warnings beyond that

	Oldest, Newest ioc.Date // first_seen of the usable entries

	// Err is what made the feed end early, or why nothing of it was usable.
	Err error
}

// A Reject is a line with what is wrong about it.
type Reject struct {
	Line   int    // from 1
	Text   string // valid UTF-8 of at most 200 bytes; may hold control characters
	Reason string
}

const (
	maxListed  = 100_000
	maxReasons = 64 // reasons that hold a feed's own word are bounded
)

// Read reads feeds and merges their indicators, in the order in which they were
// first met.
//
// Merging: first non-empty malware and threat type, highest confidence, earliest
// first_seen, latest last_seen, latest valid_until (an indicator that one of its
// places gives no end has none), compromised if any says so, else not if any
// says that; tags and places united in order, at most 256 tags and 100 places.
//
// There is one report for each source. The error is set when a source gave no
// usable indicator, could not be opened or recognised, or is a value of
// FromValues that cannot be used; it joins all such errors, and the rest is read
// all the same. A feed that breaks off after it has given something is no
// error: its Report has Err.
func Read(sources []Source, o Options) (list []ioc.Indicator, reports []Report, err error) {
	var kind *Kind
	if o.Format != "" {
		if kind, err = find(o.Format); err != nil {
			return nil, nil, err
		}
	}
	m := newMerger()
	reports = make([]Report, len(sources))
	var errs []error
	for i, s := range sources {
		r := reading{
			merger: m, source: i, options: o, report: &reports[i],
			places: places{prefix: s.Path + ":"},
		}
		r.report.Path = s.Path
		r.report.ByType, r.report.Reasons = map[string]int{}, map[string]int{}
		err := r.run(s, kind)
		r.warnExpired()
		r.report.Err = err
		fatal := err
		if r.report.Taken+r.report.Merged > 0 && s.values == nil {
			fatal = nil
		} else if err == nil && r.report.Taken+r.report.Merged == 0 {
			fatal = fmt.Errorf("%s: %w%s", s.Path, ErrNothingUsable, r.report.summary())
			r.report.Err = fatal
		}
		if fatal != nil {
			errs = append(errs, fatal)
		}
	}
	list = m.strong(o.MinConfidence, reports)
	return list, reports, errors.Join(errs...)
}

// summary says in brackets why a feed gave nothing.
func (r *Report) summary() string {
	if len(r.Reasons) == 0 {
		return ""
	}
	var parts []string
	for reason, n := range r.Reasons {
		parts = append(parts, fmt.Sprintf("%d %s", n, reason))
	}
	slices.Sort(parts)
	if len(parts) > 5 {
		parts = append(parts[:5], "…")
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// A reading is one feed being read.
type reading struct {
	*merger
	source  int
	options Options
	report  *Report
	places  places

	newest time.Time // of all dates of sighting
	ends   []ending
}

// An ending is a valid_until, to be compared once the newest date is known.
type ending struct {
	line  int
	value string
	until time.Time
}

// run reads the feed of a source. The error names its path.
func (r *reading) run(s Source, kind *Kind) error {
	if s.values != nil {
		r.report.Kind = "values"
		return r.values(s.values)
	}
	f, err := s.Open()
	if err != nil {
		return fmt.Errorf("read indicators: %w", err)
	}
	defer f.Close()
	b, done, err := unpack(f)
	defer done()
	if err != nil {
		return fmt.Errorf("%s: %w", s.Path, err)
	}
	head, err := b.Peek(headSize)
	if kind == nil {
		if len(head) == 0 && err != io.EOF {
			return fmt.Errorf("%s: %w", s.Path, err)
		}
		if kind, err = detect(head); err != nil {
			return fmt.Errorf("%s: %w", s.Path, err)
		}
	}
	r.report.Kind = kind.Name
	err = kind.Read(b, r.take)
	var at *LineError
	switch {
	case errors.As(err, &at):
		return fmt.Errorf("%s:%d: %w", s.Path, at.Line, at.Err)
	case err != nil:
		return fmt.Errorf("%s: %w", s.Path, err)
	}
	return nil
}

// values reads indicators typed on the command line.
func (r *reading) values(values []string) error {
	var errs []error
	for i, v := range values {
		e := newEntry(i + 1)
		e.Value = v
		before := len(r.report.Rejects) + r.report.Skipped
		r.take(e)
		if len(r.report.Rejects)+r.report.Skipped > before {
			_, err := r.parse(&e)
			errs = append(errs, fmt.Errorf("%s %s: %w", r.report.Path, clip(v), err))
		}
	}
	return errors.Join(errs...)
}

// take counts an entry and merges what it says.
func (r *reading) take(e Entry) {
	switch e.Fate {
	case Skipped:
		r.skip(e.Reason)
		return
	case Rejected:
		r.reject(&e, e.Reason)
		return
	case Noted:
		r.warn(&e, e.Reason)
		return
	}
	c := classOf(e.Type)
	switch c {
	case classURL:
		r.skip("url")
		return
	case classHash:
		r.skip("hash")
		return
	case classMail:
		r.skip("mail address")
		return
	case classOther:
		r.skip("type " + clean(e.Type))
		return
	}
	i, err := r.parse(&e)
	if err != nil {
		if what := notMatched(err); what != "" {
			r.skip(what)
		} else {
			r.reject(&e, refusal(err))
		}
		return
	}
	switch {
	case i.Type == ioc.Domain && (c == classAddr || c == classSock):
		r.warn(&e, "typed as an address, read as a domain")
	case i.Type != ioc.Domain && c == className:
		r.warn(&e, "typed as a name, read as an address")
	case i.Type == ioc.Domain && strings.IndexByte(e.Value, ':') > 0 && !strings.Contains(e.Value, "://"):
		r.warn(&e, "a name is matched whatever the port")
	}
	i.ThreatType, i.Malware, i.Confidence, i.Compromised, i.Tags = e.ThreatType, e.Malware, e.Confidence, e.Compromised, unique(e.Tags)
	i.FirstSeen, i.LastSeen, i.ValidUntil = e.FirstSeen, e.LastSeen, e.ValidUntil
	i.Feeds = r.places.at(e.Line)
	if len(e.Feeds) > 0 {
		i.Feeds = unite(i.Feeds, e.Feeds, maxPlaces)
	}
	r.dates(&e, &i)
	if !r.add(i, r.source) {
		r.report.Merged++
		return
	}
	r.report.Taken++
	r.report.ByType[i.Type.String()]++
	for _, w := range i.Warnings() {
		r.warn(&e, w)
	}
}

// parse reads the value as its type has it.
func (r *reading) parse(e *Entry) (ioc.Indicator, error) {
	value := e.Value
	if classOf(e.Type) == classSock {
		if i, err := parseSocket(value); err == nil {
			return i, nil
		}
	}
	i, err := r.parseText(value)
	if err == nil && i.Type == ioc.IP && e.Port != "" {
		// A port of zero, or none that can be read, leaves the address.
		if p, err := ioc.Parse(joinPort(i.Value, strings.TrimSpace(e.Port))); err == nil && p.Type == ioc.IPPort && p.Port != 0 {
			return p, nil
		}
	}
	return i, err
}

func (r *reading) parseText(value string) (ioc.Indicator, error) {
	if r.options.ForceBroad {
		return ioc.ParseBroad(value)
	}
	return ioc.Parse(value)
}

var errNoPort = errors.New("no port")

// parseSocket reads a value typed ip:port, which is split at its last colon:
// 2001:db8::5:443 is port 443 of 2001:db8::5.
func parseSocket(value string) (ioc.Indicator, error) {
	text := ioc.Refang(value)
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return ioc.Indicator{}, errNoPort
	}
	i, err := ioc.Parse(joinPort(strings.Trim(text[:colon], "[]"), text[colon+1:]))
	if err == nil && i.Type != ioc.IPPort {
		err = errNoPort
	}
	return i, err
}

func joinPort(host, port string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]:" + port
	}
	return host + ":" + port
}

// dates keeps the span of the feed's dates.
func (r *reading) dates(e *Entry, i *ioc.Indicator) {
	if d := i.FirstSeen; !d.IsZero() {
		if r.report.Oldest.IsZero() || d.Time.Before(r.report.Oldest.Time) {
			r.report.Oldest = d
		}
		if r.report.Newest.IsZero() || d.Time.After(r.report.Newest.Time) {
			r.report.Newest = d
		}
	}
	for _, d := range []ioc.Date{e.FirstSeen, e.LastSeen, e.Added} {
		if !d.IsZero() && d.Time.After(r.newest) {
			r.newest = d.Time
		}
	}
	if !e.ValidUntil.IsZero() && len(r.ends) < maxListed {
		r.ends = append(r.ends, ending{e.Line, i.Value, e.ValidUntil.Time})
	}
}

// warnExpired warns of what had ended by the newest date of the feed, or by
// Options.Now.
func (r *reading) warnExpired() {
	now := r.options.Now
	if now.IsZero() {
		now = r.newest
	}
	for _, e := range r.ends {
		if e.until.Before(now) {
			r.warn(&Entry{Line: e.line, Value: e.value}, "expired")
		}
	}
	// Kinds note some things only when they have read all.
	slices.SortStableFunc(r.report.Warnings, func(a, b Reject) int { return cmp.Compare(a.Line, b.Line) })
}

func (r *reading) count(reason string) {
	if _, known := r.report.Reasons[reason]; !known && len(r.report.Reasons) >= maxReasons {
		reason = "other reasons"
	}
	r.report.Reasons[reason]++
}

func (r *reading) skip(reason string) {
	r.report.Skipped++
	r.count(reason)
}

func (r *reading) reject(e *Entry, reason string) {
	r.report.Rejected++
	r.count(reason)
	r.report.Rejects = r.list(r.report.Rejects, e, reason)
}

func (r *reading) warn(e *Entry, reason string) {
	r.report.Warnings = r.list(r.report.Warnings, e, reason)
}

func (r *reading) list(to []Reject, e *Entry, reason string) []Reject {
	if len(to) >= maxListed {
		r.report.Unlisted++
		return to
	}
	return append(to, Reject{e.Line, clip(e.Value), reason})
}

// notMatched names the type of an indicator that is read but not matched, ""
// for any other error.
func notMatched(err error) string {
	switch {
	case errors.Is(err, ioc.ErrURL):
		return "url"
	case errors.Is(err, ioc.ErrHash):
		return "hash"
	case errors.Is(err, ioc.ErrEmail):
		return "mail address"
	}
	return ""
}

// refusal is the reason of a rejected value, without the value: reasons are
// counted.
func refusal(err error) string {
	switch {
	case errors.Is(err, ioc.ErrPublicSuffix):
		return "public suffix"
	case errors.Is(err, ioc.ErrSingleLabel):
		return "single label"
	}
	return "not an indicator"
}
