// Package feed reads indicators from the shapes in which they are handed round:
// exports of abuse.ch, MISP, STIX, OpenIOC, Zeek, tables, lists and blocklists,
// rule pages, reports in prose, and what this package writes itself.
//
// [Read] takes feeds in order. Each is unpacked, its [Kind] is given or told by its
// content, and the kind turns it into a stream of entries: what each line says, not yet
// parsed. Entries are judged, with the help of package ioc, and the usable ones are
// merged into a list, where the same indicator from several places is one that knows
// all of them.
//
//	Source → unpack → Kind.Read → Entry → judge → settle → ioc.List
//
// Most entries of most feeds are plain: there is nothing to warn of and nothing
// to refang. They take a shorter way ([ioc.ParsePlain]) to the same result. Plain
// lists, which may have millions of lines, are cut into pieces that are parsed
// at the same time and settled in order.
//
// Nothing is dropped silently: each feed has a [Report] that counts the entries
// that were not taken by reason, and lists each line that was refused.
//
// Where to start reading: feed.go is the way of a feed, judge.go that of an entry, and
// kind.go has the list of kinds. Each kind has a file of its own: list.go is the
// simplest. Tables share columns.go and rows.go; csv.go, json.go, objects.go and report.go
// are the readers of whole languages.
package feed

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/pack"
)

// Options says how to read feeds. The zero value detects everything and keeps
// every indicator.
type Options struct {
	Format        string    // name of a Kind for all feeds; "" tells it by content
	ForceBroad    bool      // take public suffixes and single labels too
	URLHosts      bool      // take the host of a URL too: as a domain, an address, or an address with its port
	MinConfidence int       // drop indicators with less confidence; those that have none stay
	Ended         time.Time // drop indicators whose valid_until is before this; zero: none
	Since         time.Time // drop indicators last seen (or first seen, without a last) before this; those without dates stay
	Innocent      bool      // drop indicators that are compromised legitimate sites
	Now           time.Time // what valid_until is compared with; zero: the newest date of the feed itself

	// ForPack reads what WritePack is to write, so that with any options a pack gives
	// what its feeds give: the bytes of each source are summed, names that only
	// ForceBroad takes are in the list although they are refused, and hosts that
	// only URLHosts takes are in Report.Hosts. A source that gives nothing but these
	// is no error.
	ForPack bool

	// VerifyKey is the key by which packs have to be signed; nil takes all.
	VerifyKey ed25519.PublicKey

	general bool // for tests: plain entries take no shorter way
	workers int  // goroutines that parse pieces; 0: as many as there are processors
	piece   int  // bytes of a piece; 0: pieceLen
}

// A Report says what became of one feed. Taken is what it brought; the
// indicators of Read are the sum of Taken less the sums of Weak, Ended, Old and
// Innocent.
type Report struct {
	Path string
	Kind string // name of the Kind, "" if none was found

	Taken    int // indicators that no feed before, and no line before, has given
	Merged   int // entries that repeat a known indicator
	Skipped  int // entries of types that are not matched, or that the feed itself calls no indicators
	Rejected int // entries that could not be used
	Weak     int // of Taken, those dropped for MinConfidence after merging
	Ended    int // and for Ended
	Old      int // and for Since
	Innocent int // and for Innocent

	ByType   map[string]int // Taken by type: ip, ip:port, cidr, domain, url, hash
	Repeats  map[string]int // Merged by type
	Reasons  map[string]int // Skipped and Rejected by reason
	First    map[string]int // line of the first of each reason
	Rejects  []Reject       // in feed order, at most 100,000
	Warnings []Reject       // in feed order, at most 100,000
	Unlisted int            // rejects and warnings beyond that

	Oldest, Newest ioc.Date // first_seen of the usable entries
	From, To       ioc.Date // span of all dates at which the usable entries were seen or added

	// Dated is how fresh the feed is, and DatedBy what says so: "its header",
	// "its objects" or "the file"; zero and "" if nothing does.
	Dated   ioc.Date
	DatedBy string

	Sum   [32]byte   // SHA-256 of the source as it is stored, with Options.ForPack
	Size  int64      // its bytes, likewise
	Hosts *ioc.List  // of its URLs, with ForPack but not URLHosts; nil for none
	Pack  *pack.Pack // of packs: what they say of themselves; List and Hosts are nil

	// Err is what made the feed end early, or the reason why nothing of it was usable.
	Err error
}

// HostOnly is how many URLs were skipped because they have no path, and so name nothing
// but a host. With Options.URLHosts their hosts are taken.
func (r *Report) HostOnly() int { return r.Reasons[hostOnly] }

// InProse is how many values were skipped because they stand in prose and are not
// defanged. The kind text-all takes them.
func (r *Report) InProse() int { return r.Reasons[inProse] }

// PlainURLs is how many URLs of a report were skipped because they are not defanged.
// The kind text-all takes them.
func (r *Report) PlainURLs() int { return r.Reasons[plainURL] }

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
// first met, as [ioc.List.Add] does. The hosts of URLs follow when all feeds are read,
// so that details of a host itself go before those of a page on it.
//
// There is one report for each source. The error joins those of all sources that gave no
// usable indicator or could not be opened or recognised, and of values of FromValues
// that cannot be used; all other sources are read all the same. A feed that breaks off
// after it has given something is no error: its Report has Err.
func Read(sources []Source, o Options) (list *ioc.List, reports []Report, err error) {
	var kind *Kind
	if o.Format != "" {
		if kind, err = find(o.Format); err != nil {
			return nil, nil, err
		}
	}
	list = new(ioc.List)
	reports = make([]Report, len(sources))
	readings := make([]reading, len(sources))
	ends := make([]int, 2*len(sources)) // how many indicators there were behind each source, and behind its hosts
	for i, s := range sources {
		r := &readings[i]
		*r = reading{report: &reports[i], list: list, path: s.Path + ":", judge: judge{options: o}}
		r.report.Path = s.Path
		r.report.ByType, r.report.Repeats = map[string]int{}, map[string]int{}
		r.report.Reasons, r.report.First = map[string]int{}, map[string]int{}
		r.report.Err = r.run(s, kind)
		r.apply(&r.judge)
		r.warnExpired()
		ends[i] = list.Len()
		// The hosts wait; the rest gives up its room.
		*r = reading{report: r.report, list: list, hosts: r.hosts, aside: r.aside, judge: judge{options: o}}
	}
	var errs []error
	for i, s := range sources {
		r := &readings[i]
		r.addHosts()
		// Kinds note some things only when they have read all.
		slices.SortStableFunc(r.report.Warnings, func(a, b Reject) int { return cmp.Compare(a.Line, b.Line) })
		ends[len(sources)+i] = list.Len()
		fatal := r.report.Err
		usable := r.report.Taken+r.report.Merged > 0 || r.aside || r.report.Hosts != nil
		if usable && s.values == nil {
			fatal = nil
		} else if fatal == nil && !usable {
			fatal = fmt.Errorf("%s: %w%s", s.Path, ErrNothingUsable, r.report.summary())
			r.report.Err = fatal
		}
		if fatal != nil {
			errs = append(errs, fatal)
		}
	}
	o.drop(list, reports, ends)
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
	report *Report
	list   *ioc.List
	path   string // with a colon, as the places of its indicators begin
	size   int64  // of the feed in bytes, 0 where it is not known
	dates  span
	told   ioc.Date // the date that the feed gives itself
	ends   []ending
	hosts  hosts
	aside  bool // for a pack: refused names of the feed are in the list

	judge // of entries that are not read in pieces
}

// An ending is a valid_until, to be compared once the newest date is known.
type ending struct {
	line  int
	value string
	until ioc.Date
}

// run reads the feed of a source. The error names its path.
func (r *reading) run(s Source, kind *Kind) (err error) {
	if s.values != nil {
		r.report.Kind = "values"
		return r.values(s.values)
	}
	f, err := s.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	if r.options.ForPack {
		s := newSummed(f)
		f = s
		defer func() {
			if err == nil {
				r.report.Sum, r.report.Size, err = s.sum()
			}
		}()
	}
	b, packed, done, err := unpack(f)
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
	if kind.load == nil && r.options.mustBePack(s.Path) {
		return fmt.Errorf("%s: %w", s.Path, errNoPack)
	}
	if !packed {
		r.size = sizeOf(f)
	}
	head = bytes.Clone(head) // reading on overwrites it
	switch {
	case kind.load != nil:
		err = kind.load(r, b)
	case kind.pieces != nil && !r.options.general:
		err = kind.pieces(r, b)
	default:
		err = kind.Read(b, r.take)
	}
	r.date(kind, head, f)
	return InFile(s.Path, err)
}

// regular reports whether a file can be read from any place and again. Windows calls
// those irregular that a folder in the cloud (OneDrive) keeps on the machine.
func regular(i fs.FileInfo) bool { return i.Mode().Type()&^fs.ModeIrregular == 0 }

// fileInfo is what is known of a file; ok is false of anything else.
func fileInfo(f io.Reader) (info fs.FileInfo, ok bool) {
	s, ok := f.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return nil, false
	}
	info, err := s.Stat()
	return info, err == nil && regular(info)
}

// sizeOf is the size of a file, 0 of anything else.
func sizeOf(f io.Reader) int64 {
	if info, ok := fileInfo(f); ok {
		return info.Size()
	}
	return 0
}

// values reads indicators typed on the command line.
func (r *reading) values(values []string) error {
	var errs []error
	for i, v := range values {
		e := newEntry(i + 1)
		e.Value = []byte(v)
		before := len(r.report.Rejects) + r.report.Skipped
		r.take(&e)
		if len(r.report.Rejects)+r.report.Skipped > before {
			_, err := r.parse(&e)
			errs = append(errs, fmt.Errorf("%s %s: %w", r.report.Path, Clip(v), err))
		}
	}
	return errors.Join(errs...)
}

// maxWaiting is how many plain indicators wait to be merged together.
const maxWaiting = 512

// take counts an entry and merges what it says.
func (r *reading) take(e *Entry) {
	r.judge.take(e)
	if len(r.judge.rest) > 0 || r.judge.batch.Len() >= maxWaiting {
		r.apply(&r.judge)
	}
}

// apply settles what a judge has found, in the order of the feed, and empties the judge.
func (r *reading) apply(j *judge) {
	at := 0
	for i := range j.rest {
		v := &j.rest[i]
		r.merge(j, at, v.after)
		r.settle(v)
		at = v.after
	}
	r.merge(j, at, j.batch.Len())
	r.dates.widen(&j.span)
	j.reset()
}

// merge merges plain indicators of a judge.
func (r *reading) merge(j *judge, from, to int) {
	if from == to {
		return
	}
	r.added(r.list.AddBatch(&j.batch, from, to, r.path))
}

// added counts what became of indicators.
func (r *reading) added(added ioc.Added) {
	for t, n := range added.Fresh {
		r.report.took(ioc.Type(t), n)
	}
	for t, n := range added.Merged {
		r.report.repeated(ioc.Type(t), n)
	}
}

// took counts indicators that are new.
func (r *Report) took(t ioc.Type, n int) {
	if n > 0 {
		r.ByType[t.String()] += n
		r.Taken += n
	}
}

// repeated counts indicators that were known.
func (r *Report) repeated(t ioc.Type, n int) {
	if n > 0 {
		r.Repeats[t.String()] += n
		r.Merged += n
	}
}

// settle carries out the verdict on an entry.
func (r *reading) settle(v *verdict) {
	switch {
	case v.host:
		r.hosts.add(r, v)
		return
	case v.aside:
		v.indicator.Feeds = r.places(v)
		r.list.Add(&v.indicator)
		r.aside = true
	}
	switch v.outcome {
	case Skipped:
		r.report.Skipped++
		r.count(v)
		return
	case Rejected:
		r.report.Rejected++
		r.count(v)
		r.report.Rejects = r.listed(r.report.Rejects, v, v.reason)
		return
	case Noted:
		r.warn(v, v.reason)
		return
	case dated:
		r.told = later(r.told, v.indicator.FirstSeen)
		return
	}
	if v.doubt != "" {
		r.warn(v, v.doubt)
	}
	if !v.indicator.ValidUntil.IsZero() && len(r.ends) < maxListed {
		r.ends = append(r.ends, ending{v.line, v.indicator.Value, v.indicator.ValidUntil})
	}
	v.indicator.Feeds = r.places(v)
	if !r.list.Add(&v.indicator) {
		r.report.repeated(v.indicator.Type, 1)
		return
	}
	r.report.took(v.indicator.Type, 1)
	for _, w := range v.warnings {
		r.warn(v, w)
	}
}

// places are where an entry stands.
func (r *reading) places(v *verdict) []string {
	return append([]string{r.path + strconv.Itoa(v.line)}, v.feeds...)
}

// warnExpired warns of indicators whose valid_until is before Options.Now, or before the
// newest date of the feed.
func (r *reading) warnExpired() {
	r.report.Oldest, r.report.Newest = r.dates.oldest, r.dates.newest
	r.report.From, r.report.To = r.dates.earliest, r.dates.latest
	now := r.options.Now
	if now.IsZero() {
		now = r.dates.latest.Time()
	}
	for _, e := range r.ends {
		if e.until.Time().Before(now) {
			r.warn(&verdict{line: e.line, value: e.value}, "expired")
		}
	}
}

func (r *reading) count(v *verdict) {
	reason := v.reason
	if _, known := r.report.Reasons[reason]; !known && len(r.report.Reasons) >= maxReasons {
		reason = "other reasons"
	}
	if r.report.Reasons[reason]++; r.report.Reasons[reason] == 1 {
		r.report.First[reason] = v.line
	}
}

func (r *reading) warn(v *verdict, reason string) {
	r.report.Warnings = r.listed(r.report.Warnings, v, reason)
}

func (r *reading) listed(to []Reject, v *verdict, reason string) []Reject {
	if len(to) >= maxListed {
		r.report.Unlisted++
		return to
	}
	return append(to, Reject{v.line, Clip(v.value), reason})
}
